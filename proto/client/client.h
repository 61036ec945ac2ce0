/*
 * client.h - libhuying: ask the dispatcher, and wait for its answer
 *
 * A connection reconnects by itself. A request is sent again, under the same request id, when the connection was lost, when no
 * answer came for a while, or when the refusal says `retry` (BUSY), with growing pauses and jitter, until its deadline; a command
 * is so done at most once. Any number may be in flight; they are sent in the order of client_send, but one that is sent again comes
 * later: keep in flight together only what may change places, or name the case by `submitted` and take NOT_FOUND as a reason to ask
 * again. Standing facts: one thread per client; spans and instants in ms; texts are brought to NFC by client_body_from_shape.
 */
#ifndef HUYING_PROTO_CLIENT_CLIENT_H
#define HUYING_PROTO_CLIENT_CLIENT_H

#include "proto/reply.h"
#include "proto/request.h"

struct client;

#define CLIENT_KEY_SIZE 41 /* Z85 text of a CURVE key, terminated */

struct client_options {
    const char *url;                  /* of the request socket, or of the event socket for subscriber_open */
    char server_key[CLIENT_KEY_SIZE]; /* empty: plain, without CURVE */
    char public_key[CLIENT_KEY_SIZE]; /* own pair */
    char secret_key[CLIENT_KEY_SIZE];
    int64_t timeout_ms;       /* deadline of a request with all its repetitions; 0 = 10,000 */
    int64_t attempt_ms;       /* without an answer for so long (jittered, doubling) a request is sent again; 0 = 5,000 */
    const char *on_behalf_of; /* name for whom a gateway acts, or NULL */
};

/* Opens a connection; that nobody answers there shows with the first request. Copies the options. Gives *ret. Returns 0 or a
 * negative errno: -EINVAL: bad url or key; -ENOTSUP: CURVE is not built in. */
int client_open(const struct client_options *options, struct client **ret);

/* Closes it; requests in flight are given up. NULL is allowed; returns NULL. */
struct client *client_close(struct client *client);

struct client_request {
    const char *name; /* command or query, as on the wire */
    bool has_at;      /* drill time: the command carries its instant */
    int64_t at_ms;
    const char *request_id; /* NULL: made here, 128 random bits as hex */
    const void *body;       /* one msgpack map; NULL: an empty one */
    size_t body_size;
    uint64_t tag; /* comes back with the reply */
};

struct client_reply {
    uint64_t tag;
    int error;          /* -ETIMEDOUT: no answer before the deadline, what follows is empty; 0: an answer */
    uint32_t sends;     /* how often it was sent */
    struct reply reply; /* ok, code, field, message, hint, body: borrowed until the next call of receive or call */
};

/* Sends a request and waits for its answer; answers to requests sent before are kept for client_receive. Returns 0 when an answer
 * came, a refusal included; the error of client_reply; -EINTR: a signal came, the answer is left to client_receive; another
 * negative errno. */
int client_call(struct client *client, const struct client_request *request, struct client_reply *ret);

/* Sends a request without waiting. Copies it. Returns 0; -EINVAL: a request id that is not 1-64 printable ASCII; -EEXIST: one that
 * is in flight already; -EMSGSIZE: larger than CAP_MESSAGE_SIZE; -ENOMEM. */
int client_send(struct client *client, const struct client_request *request);

/* Waits at most timeout_ms (-1: until a deadline, 0: not at all) for the answer to any request in flight. Returns 0: *ret is set,
 * look at ret->error; -EAGAIN: nothing came in that time; -ENOENT: nothing is in flight; -EINTR: a signal. */
int client_receive(struct client *client, int64_t timeout_ms, struct client_reply *ret);

/* Number of requests in flight. */
size_t client_in_flight(const struct client *client);

/* Is the connection up (handshake done)? As known by the last call. */
bool client_connected(const struct client *client);

/* Appends a body to `out`: the fields whose bit in `given` is set, texts in NFC. Returns 0, -EILSEQ: a text is not UTF-8; -ENOMEM.
 */
int client_body_from_shape(const struct shape *shape, const void *value, struct proto_buffer *out);

/* For event loops: descriptors to watch for reading (edge-triggered: call client_receive with 0 until -EAGAIN or -ENOENT after each
 * wake-up and after each client_send), and the ms until client_receive wants to be called though nothing came (-1: never). */
void client_descriptors(struct client *client, int ret[2]);
int64_t client_wait_ms(struct client *client);

#endif
