/* client.c - libhuying: ask the dispatcher, and wait for its answer */
#include "proto/client/client.h"

#include "proto/client/connection.h"
#include "proto/client/pending.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <zmq.h>

#define TIMEOUT_MS 10000
#define ATTEMPT_MS 5000
#define PAUSE_MS 20 /* before a refused request is sent again; doubles */
#define PAUSE_MS_MAX 1000
#define RACE_MS 5

/* An answer, or a deadline that passed, that nobody has fetched yet. */
struct completion {
    struct completion *next;
    uint64_t serial;
    uint64_t tag;
    int error;
    uint32_t sends;
    zmq_msg_t message; /* if error is 0 */
};

struct client {
    struct connection connection;
    struct pending pending;
    struct completion *completion_first, *completion_last;
    struct codec_scratch scratch;
    zmq_msg_t message; /* of the reply that the caller borrows */
    char *on_behalf_of;
    int64_t timeout_ms;
    int64_t attempt_ms;
    int64_t timer_at_ms; /* no request needs anything before this instant */
    uint32_t generation; /* up to which all requests have been sent */
    uint64_t jitter_state;
    uint64_t serial; /* of the last request */
};

int client_open(const struct client_options *options, struct client **ret)
{
    struct client *client = calloc(1, sizeof(*client));

    if (client == NULL) {
        return -ENOMEM;
    }
    zmq_msg_init(&client->message);
    client->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS;
    client->attempt_ms = options->attempt_ms > 0 ? options->attempt_ms : ATTEMPT_MS;
    client->timer_at_ms = INT64_MAX;
    if (getrandom(&client->jitter_state, sizeof(client->jitter_state), 0) != (ssize_t)sizeof(client->jitter_state)) {
        client->jitter_state = (uint64_t)connection_now_ms();
    }
    if (options->on_behalf_of != NULL) {
        client->on_behalf_of = strdup(options->on_behalf_of);
        if (client->on_behalf_of == NULL) {
            client_close(client);
            return -ENOMEM;
        }
    }
    int rc = connection_open(options, ZMQ_DEALER, &client->connection);
    if (rc < 0) {
        client_close(client);
        return rc;
    }
    *ret = client;
    return 0;
}

struct client *client_close(struct client *client)
{
    if (client == NULL) {
        return NULL;
    }
    while (client->completion_first != NULL) {
        struct completion *completion = client->completion_first;

        client->completion_first = completion->next;
        zmq_msg_close(&completion->message);
        free(completion);
    }
    zmq_msg_close(&client->message);
    codec_scratch_deinit(&client->scratch);
    pending_deinit(&client->pending);
    connection_close(&client->connection);
    free(client->on_behalf_of);
    free(client);
    return NULL;
}

/* A number in span/2 .. span*3/2, so that many clients do not come back at once. */
static int64_t jitter(struct client *client, int64_t span_ms)
{
    uint64_t x = client->jitter_state;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    client->jitter_state = x == 0 ? 1 : x;
    return span_ms / 2 + (int64_t)(x % (uint64_t)(span_ms + 1));
}

static void arm(struct client *client, const struct pending_entry *entry)
{
    int64_t at_ms = entry->attempt_at_ms < entry->deadline_ms ? entry->attempt_at_ms : entry->deadline_ms;

    if (at_ms < client->timer_at_ms) {
        client->timer_at_ms = at_ms;
    }
}

/* Puts a request on the wire, if there is one; else it waits for the connection. */
static void send_entry(struct client *client, struct pending_entry *entry, int64_t now_ms)
{
    entry->attempt_at_ms = INT64_MAX;
    if (client->connection.up && zmq_send(client->connection.socket, entry->message.data, entry->message.size, ZMQ_DONTWAIT) >= 0) {
        unsigned doublings = entry->sends < 6 ? entry->sends : 6;

        entry->generation = client->connection.generation;
        entry->sends++;
        entry->attempt_at_ms = now_ms + jitter(client, client->attempt_ms << doublings);
    } else {
        entry->generation = 0;
        if (client->connection.up) { /* the socket does not know yet what its monitor said */
            entry->attempt_at_ms = now_ms + RACE_MS;
        }
    }
    arm(client, entry);
}

static bool id_valid(const char *id, size_t size)
{
    if (size == 0 || size > CAP_REQUEST_SIZE) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (id[i] < 0x21 || id[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

static int make_id(char ret[33])
{
    uint8_t bytes[16];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
        return -errno;
    }
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
    }
    return 0;
}

/* Encodes the request, and finds its id in what was encoded. */
static int encode_entry(const struct client *client, const struct client_request *request, struct text id,
                        struct pending_entry *entry)
{
    struct request_head head = {.id = id,
                                .name = text_of(request->name),
                                .has_at = request->has_at,
                                .at_ms = request->at_ms,
                                .on_behalf_of = text_of(client->on_behalf_of)};
    int rc = request_encode(&head, request->body, request->body_size, &entry->message);

    if (rc < 0) {
        return rc;
    }
    if (entry->message.size > CAP_MESSAGE_SIZE) {
        return -EMSGSIZE;
    }
    const char *at = memmem(entry->message.data, entry->message.size, id.at, id.size);
    assert(at != NULL);
    entry->id = (struct text){.at = at, .size = id.size};
    return 0;
}

static int send_request(struct client *client, const struct client_request *request, struct pending_entry **ret)
{
    struct pending_entry *entry;
    int64_t now_ms = connection_now_ms();
    char made[33];
    struct text id = text_of(request->request_id);
    int rc = 0;

    if (request->request_id == NULL) {
        rc = make_id(made);
        if (rc < 0) {
            return rc;
        }
        id = text_of(made);
    } else if (!id_valid(id.at, id.size)) {
        return -EINVAL;
    }
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL) {
        return -ENOMEM;
    }
    entry->serial = ++client->serial;
    entry->tag = request->tag;
    entry->deadline_ms = now_ms + client->timeout_ms;
    rc = encode_entry(client, request, id, entry);
    if (rc == 0) {
        rc = pending_add(&client->pending, entry);
    }
    if (rc < 0) {
        pending_entry_free(entry);
        return rc;
    }
    send_entry(client, entry, now_ms);
    *ret = entry;
    return 0;
}

int client_send(struct client *client, const struct client_request *request)
{
    struct pending_entry *entry;

    return send_request(client, request, &entry);
}

/* Ends a request: its completion waits for client_receive. `message` is moved; NULL with an error. */
static int complete(struct client *client, struct pending_entry *entry, int error, zmq_msg_t *message)
{
    struct completion *completion = calloc(1, sizeof(*completion));

    if (completion == NULL) {
        return -ENOMEM;
    }
    completion->serial = entry->serial;
    completion->tag = entry->tag;
    completion->error = error;
    completion->sends = entry->sends;
    zmq_msg_init(&completion->message);
    if (message != NULL) {
        zmq_msg_move(&completion->message, message);
    }
    if (client->completion_last != NULL) {
        client->completion_last->next = completion;
    } else {
        client->completion_first = completion;
    }
    client->completion_last = completion;
    pending_remove(&client->pending, entry);
    pending_entry_free(entry);
    return 0;
}

/* Requests whose pause or patience is over, or whose deadline has passed. */
static int run_timers(struct client *client, int64_t now_ms)
{
    struct pending_entry *next;

    if (now_ms < client->timer_at_ms) {
        return 0;
    }
    client->timer_at_ms = INT64_MAX;
    for (struct pending_entry *entry = client->pending.first; entry != NULL; entry = next) {
        next = entry->next;
        if (entry->deadline_ms <= now_ms) {
            int rc = complete(client, entry, -ETIMEDOUT, NULL);

            if (rc < 0) {
                return rc;
            }
        } else if (entry->attempt_at_ms <= now_ms) {
            send_entry(client, entry, now_ms);
        } else {
            arm(client, entry);
        }
    }
    return 0;
}

/* After a new handshake: what was sent before it, or never, goes out again in the old order. */
static void send_lost(struct client *client, int64_t now_ms)
{
    if (!client->connection.up || client->generation == client->connection.generation) {
        return;
    }
    client->generation = client->connection.generation;
    for (struct pending_entry *entry = client->pending.first; entry != NULL; entry = entry->next) {
        if (entry->generation != client->generation) {
            send_entry(client, entry, now_ms);
        }
    }
}

static int step(struct client *client)
{
    int64_t now_ms = connection_now_ms();

    connection_update(&client->connection);
    send_lost(client, now_ms);
    while (client->connection.denied != 0 && client->pending.first != NULL) {
        int rc = complete(client, client->pending.first, client->connection.denied, NULL);

        if (rc < 0) {
            return rc;
        }
    }
    client->connection.denied = 0;
    return run_timers(client, now_ms);
}

/* Puts off a request whose refusal says that it may be sent again. False: there is no time left for that. */
static bool put_off(struct client *client, struct pending_entry *entry, int64_t after_ms)
{
    int64_t now_ms = connection_now_ms();
    unsigned doublings = entry->refusals < 6 ? entry->refusals : 6;
    int64_t pause_ms = (int64_t)PAUSE_MS << doublings;

    pause_ms = jitter(client, pause_ms < PAUSE_MS_MAX ? pause_ms : PAUSE_MS_MAX) + after_ms;
    if (now_ms + pause_ms >= entry->deadline_ms) {
        return false;
    }
    entry->refusals++;
    entry->attempt_at_ms = now_ms + pause_ms;
    arm(client, entry);
    return true;
}

/* Takes one message. What cannot be read or belongs to nothing in flight (the answer to a repetition) is dropped. Returns 0, or
 * -EAGAIN when none is there. */
static int take_message(struct client *client)
{
    struct pending_entry *entry;
    struct reply reply;
    zmq_msg_t message;
    int rc = 0;

    zmq_msg_init(&message);
    if (zmq_msg_recv(&message, client->connection.socket, ZMQ_DONTWAIT) < 0) {
        rc = -errno;
    } else if (!zmq_msg_more(&message) &&
               reply_decode(&client->scratch, zmq_msg_data(&message), zmq_msg_size(&message), &reply) == 0) {
        entry = pending_find(&client->pending, reply.id);
        if (entry != NULL && !(!reply.ok && reply.retry && put_off(client, entry, reply.retry_after_ms))) {
            rc = complete(client, entry, 0, &message);
        }
    }
    zmq_msg_close(&message);
    return rc;
}

/* When something has to be done though nothing comes. Whether the connection is there matters only to requests in flight. */
static int64_t next_ms(const struct client *client)
{
    int64_t redial_at_ms = client->pending.count > 0 ? client->connection.redial_at_ms : INT64_MAX;

    return redial_at_ms < client->timer_at_ms ? redial_at_ms : client->timer_at_ms;
}

/* Waits until a request has been completed. Returns 0; -EAGAIN: none until end_ms; -ENOENT: nothing is in flight. */
static int pump(struct client *client, int64_t end_ms)
{
    const struct completion *last = client->completion_last;

    for (;;) {
        int rc = step(client);

        while (rc == 0 && client->completion_last == last) {
            rc = take_message(client);
        }
        if (client->completion_last != last) {
            return 0;
        }
        if (rc != -EAGAIN) {
            return rc;
        }
        if (client->pending.count == 0) {
            return -ENOENT;
        }
        int64_t now_ms = connection_now_ms();
        if (now_ms >= end_ms) {
            return -EAGAIN;
        }
        int64_t until_ms = next_ms(client) < end_ms ? next_ms(client) : end_ms;
        rc = connection_wait(&client->connection, until_ms == INT64_MAX ? -1 : until_ms > now_ms ? until_ms - now_ms : 0);
        if (rc < 0) {
            return rc;
        }
    }
}

/* Hands a completion to the caller; `link` is what points to it. */
static int hand_over(struct client *client, struct completion **link, struct completion *previous, struct client_reply *ret)
{
    struct completion *completion = *link;

    *link = completion->next;
    if (client->completion_last == completion) {
        client->completion_last = previous;
    }
    *ret = (struct client_reply){.tag = completion->tag, .error = completion->error, .sends = completion->sends};
    zmq_msg_move(&client->message, &completion->message);
    zmq_msg_close(&completion->message);
    free(completion);
    return ret->error != 0
               ? 0
               : reply_decode(&client->scratch, zmq_msg_data(&client->message), zmq_msg_size(&client->message), &ret->reply);
}

int client_receive(struct client *client, int64_t timeout_ms, struct client_reply *ret)
{
    if (client->completion_first == NULL) {
        int rc = pump(client, timeout_ms < 0 ? INT64_MAX : connection_now_ms() + timeout_ms);

        if (rc < 0) {
            return rc;
        }
    }
    return hand_over(client, &client->completion_first, NULL, ret);
}

int client_call(struct client *client, const struct client_request *request, struct client_reply *ret)
{
    struct pending_entry *entry;
    int rc = send_request(client, request, &entry);

    if (rc < 0) {
        return rc;
    }
    uint64_t serial = entry->serial;
    do {
        struct completion *previous = NULL;

        for (struct completion **link = &client->completion_first; *link != NULL; link = &(*link)->next) {
            if ((*link)->serial == serial) {
                rc = hand_over(client, link, previous, ret);
                return rc < 0 ? rc : ret->error;
            }
            previous = *link;
        }
        rc = pump(client, INT64_MAX);
    } while (rc == 0);
    return rc;
}

size_t client_in_flight(const struct client *client)
{
    size_t count = client->pending.count;

    for (const struct completion *completion = client->completion_first; completion != NULL; completion = completion->next) {
        count++;
    }
    return count;
}

bool client_connected(const struct client *client)
{
    return client->connection.up;
}

void client_descriptors(struct client *client, int ret[2])
{
    ret[0] = connection_descriptor(client->connection.socket);
    ret[1] = connection_descriptor(client->connection.monitor);
}

int64_t client_wait_ms(struct client *client)
{
    int64_t at_ms = next_ms(client);

    if (client->completion_first != NULL || connection_readable(&client->connection)) {
        return 0;
    }
    if (at_ms == INT64_MAX) {
        return -1;
    }
    int64_t now_ms = connection_now_ms();
    return at_ms > now_ms ? at_ms - now_ms : 0;
}
