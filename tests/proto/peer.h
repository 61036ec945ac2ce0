/*
 * peer.h - the other side for tests of libhuying: a real ROUTER on a thread of its own that answers as the test says
 */
#ifndef HUYING_TESTS_PROTO_PEER_H
#define HUYING_TESTS_PROTO_PEER_H

#include "proto/reply.h"
#include "proto/request.h"

struct peer;

/* Writes the answer to one request to `out`; leaves it empty for none. `data` are the request's bytes. Called on the peer's thread.
 */
typedef void peer_answer(void *arg, const struct request *request, const void *data, size_t size, struct proto_buffer *out);

struct peer_options {
    const char *url;
    const char *server_secret; /* NULL: plain */
    bool deny;                 /* no key is admitted */
    int deny_first;            /* how many keys are not admitted before all are */
    peer_answer *answer;
    void *arg;
};

struct peer *peer_open(const struct peer_options *options);
struct peer *peer_close(struct peer *peer);

/* Says yes with the request's id as case number. */
void peer_accept(const struct request *request, struct proto_buffer *out);

/* A folder of its own for ipc sockets, and the url of one in it; static memory. */
const char *peer_url(void);

#endif
