/*
 * http.h - POST requests by libcurl on a libuv loop
 *
 * The one file that knows libcurl's multi interface: its sockets are uv_poll handles, its time is one uv_timer. http and https
 * only, no redirects, no proxies of the environment, TLS 1.2 at least with the system's certificates; what a server answers beyond
 * its status and Retry-After is read up to a bound and thrown away. One thread; spans in ms.
 */
#ifndef HUYING_WORKERS_HTTP_H
#define HUYING_WORKERS_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define HTTP_HEADERS_MAX 8

struct http_options {
    int64_t connect_ms;
    int64_t total_ms;    /* of one request, connecting included */
    size_t answer_max;   /* bytes of an answer that are read */
    const char *ca_file; /* NULL: the system's */
    const char *proxy;   /* NULL: none */
    const char *user_agent;
};

struct http_result {
    int status;            /* 0: no answer came */
    const char *fault;     /* words for why not; static */
    int64_t retry_after_s; /* as the server said, 0: it did not */
};

/* May start another request; must not close. */
typedef void http_on_done(void *arg, const struct http_result *result);

struct http;
struct http_call;

/* Opens on `loop`, which must outlive it. Copies the options but not the texts in them. Returns 0 with *ret, or -ENOMEM. */
int http_open(uv_loop_t *loop, const struct http_options *options, struct http **ret);

/* Sends a body that is the caller's until on_done. `headers` are whole lines without their end. Returns 0 with *ret, or -ENOMEM,
 * -EINVAL: no http url. on_done comes later, once. */
int http_post(struct http *http, const char *url, const char *const *headers, size_t header_count, const char *body, size_t size,
              http_on_done *on_done, void *arg, struct http_call **ret);

/* Breaks a request off; on_done does not come. */
void http_cancel(struct http_call *call);

/* Closes, breaking off what is under way. The memory goes once the loop has run. NULL is allowed. */
void http_close(struct http *http);

/* Is this a url that http_post takes? */
bool http_url_valid(const char *url);

#endif
