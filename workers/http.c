/* http.c - POST requests by libcurl on a libuv loop */
#include "workers/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A socket of libcurl's that is watched. */
struct watch {
    uv_poll_t poll;
    struct http *http;
    curl_socket_t socket;
};

struct http_call {
    struct http_call *next, *previous;
    struct http *http;
    CURL *easy;
    struct curl_slist *headers;
    size_t answered;
    http_on_done *on_done;
    void *arg;
};

struct http {
    uv_loop_t *loop;
    struct http_options options;
    CURLM *multi;
    uv_timer_t timer;
    struct http_call *calls;
};

/* ---- libcurl asks the loop ---- */

static void take_done(struct http *http);

static void on_socket_event(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    struct http *http = watch->http;
    int flags = (events & UV_READABLE ? CURL_CSELECT_IN : 0) | (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
    int running;

    curl_multi_socket_action(http->multi, watch->socket, status < 0 ? CURL_CSELECT_ERR : flags, &running);
    take_done(http); /* the watch may be gone */
}

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static struct watch *watch_new(struct http *http, curl_socket_t socket)
{
    struct watch *watch = calloc(1, sizeof(*watch));

    if (watch == NULL || uv_poll_init_socket(http->loop, &watch->poll, socket) < 0) {
        free(watch);
        return NULL;
    }
    watch->http = http;
    watch->socket = socket;
    watch->poll.data = watch;
    return watch;
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *http_arg, void *watch_arg)
{
    struct http *http = http_arg;
    struct watch *watch = watch_arg;
    int events = (what == CURL_POLL_IN || what == CURL_POLL_INOUT ? UV_READABLE : 0) |
                 (what == CURL_POLL_OUT || what == CURL_POLL_INOUT ? UV_WRITABLE : 0);

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch != NULL) {
            uv_poll_stop(&watch->poll); /* at once: libcurl closes the descriptor next */
            uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
        }
        curl_multi_assign(http->multi, socket, NULL);
        return 0;
    }
    if (watch == NULL) {
        watch = watch_new(http, socket);
        if (watch == NULL) {
            return -1;
        }
        curl_multi_assign(http->multi, socket, watch);
    }
    return uv_poll_start(&watch->poll, events, on_socket_event) < 0 ? -1 : 0;
}

static void on_timer(uv_timer_t *timer)
{
    struct http *http = timer->data;
    int running;

    curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    take_done(http);
}

static int on_timeout(CURLM *multi, long timeout_ms, void *http_arg)
{
    struct http *http = http_arg;

    (void)multi;
    if (timeout_ms < 0) {
        uv_timer_stop(&http->timer);
    } else {
        uv_timer_start(&http->timer, on_timer, (uint64_t)timeout_ms, 0);
    }
    return 0;
}

/* ---- requests ---- */

static void call_free(struct http_call *call)
{
    struct http *http = call->http;

    curl_multi_remove_handle(http->multi, call->easy);
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    if (call->previous != NULL) {
        call->previous->next = call->next;
    } else {
        http->calls = call->next;
    }
    if (call->next != NULL) {
        call->next->previous = call->previous;
    }
    free(call);
}

static void take_done(struct http *http)
{
    const CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        struct http_result result = {0};
        struct http_call *call = NULL;
        curl_off_t retry_after = 0;
        long status = 0;

        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(message->easy_handle, CURLINFO_RETRY_AFTER, &retry_after);
        /* Too long an answer is broken off by ourselves: its status stands. */
        if (message->data.result == CURLE_OK || message->data.result == CURLE_WRITE_ERROR) {
            result = (struct http_result){.status = (int)status, .retry_after_s = retry_after};
        }
        if (result.status == 0) {
            result.fault = curl_easy_strerror(message->data.result == CURLE_OK ? CURLE_GOT_NOTHING : message->data.result);
        }
        http_on_done *on_done = call->on_done;
        void *arg = call->arg;
        call_free(call);
        on_done(arg, &result);
    }
}

static size_t on_answer(char *data, size_t size, size_t count, void *arg)
{
    struct http_call *call = arg;

    (void)data;
    call->answered += size * count;
    return call->answered > call->http->options.answer_max ? 0 : size * count;
}

static bool set_options(struct http_call *call, const char *url, const char *body, size_t size)
{
    const struct http_options *options = &call->http->options;
    CURL *easy = call->easy;
    CURLcode rc = CURLE_OK;

#define SET(option, value) (rc = rc == CURLE_OK ? curl_easy_setopt(easy, option, value) : rc)
    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_PROXY, options->proxy != NULL ? options->proxy : "");
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_ms);
    SET(CURLOPT_TIMEOUT_MS, (long)options->total_ms);
    SET(CURLOPT_USERAGENT, options->user_agent);
    SET(CURLOPT_HTTPHEADER, call->headers);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    SET(CURLOPT_POSTFIELDS, body);
    SET(CURLOPT_WRITEFUNCTION, on_answer);
    SET(CURLOPT_WRITEDATA, call);
    SET(CURLOPT_PRIVATE, call);
    if (options->ca_file != NULL) {
        SET(CURLOPT_CAINFO, options->ca_file);
    }
#undef SET
    return rc == CURLE_OK;
}

int http_post(struct http *http, const char *url, const char *const *headers, size_t header_count, const char *body, size_t size,
              http_on_done *on_done, void *arg, struct http_call **ret)
{
    struct http_call *call = calloc(1, sizeof(*call));

    if (call == NULL) {
        return -ENOMEM;
    }
    *call = (struct http_call){.http = http, .on_done = on_done, .arg = arg, .easy = curl_easy_init(), .next = http->calls};
    if (call->next != NULL) {
        call->next->previous = call;
    }
    http->calls = call;
    bool ready = call->easy != NULL && http_url_valid(url);
    for (size_t i = 0; ready && i < header_count; i++) {
        struct curl_slist *grown = curl_slist_append(call->headers, headers[i]);

        ready = grown != NULL;
        call->headers = ready ? grown : call->headers;
    }
    if (!ready || !set_options(call, url, body, size) || curl_multi_add_handle(http->multi, call->easy) != CURLM_OK) {
        call_free(call);
        return http_url_valid(url) ? -ENOMEM : -EINVAL;
    }
    *ret = call;
    return 0;
}

void http_cancel(struct http_call *call)
{
    call_free(call);
}

/* ---- the beginning and the end ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

int http_open(uv_loop_t *loop, const struct http_options *options, struct http **ret)
{
    struct http *http = calloc(1, sizeof(*http));

    if (http == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(http);
        return -ENOMEM;
    }
    http->multi = curl_multi_init();
    if (http->multi == NULL) {
        curl_global_cleanup();
        free(http);
        return -ENOMEM;
    }
    http->loop = loop;
    http->options = *options;
    uv_timer_init(loop, &http->timer);
    http->timer.data = http;
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    *ret = http;
    return 0;
}

void http_close(struct http *http)
{
    struct http_call *next;

    if (http == NULL) {
        return;
    }
    for (struct http_call *call = http->calls; call != NULL; call = next) {
        next = call->next;
        call_free(call);
    }
    curl_multi_cleanup(http->multi);
    curl_global_cleanup();
    uv_close((uv_handle_t *)&http->timer, on_timer_closed);
}

bool http_url_valid(const char *url)
{
    CURLU *parsed = curl_url();
    char *scheme = NULL;
    bool valid = parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
                 curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                 (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);

    curl_free(scheme);
    curl_url_cleanup(parsed);
    return valid;
}
