/* talk.c - several peers talk with one engine, and answers may come later */
#include "tests/engine/talk.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

void talk_begin(struct talk *talk, struct harness *h)
{
    *talk = (struct talk){.h = h};
}

void talk_end(struct talk *talk)
{
    for (size_t i = 0; i < talk->count; i++) {
        json_decref(talk->replies[i].value);
    }
    free(talk->replies);
    *talk = (struct talk){0};
}

static void keep(struct talk *talk, const struct engine_reply *reply)
{
    if (talk->count == talk->capacity) {
        talk->capacity = 2 * talk->capacity + 64;
        talk->replies = realloc(talk->replies, talk->capacity * sizeof(*talk->replies));
        ck_assert_ptr_nonnull(talk->replies);
    }
    talk->replies[talk->count++] = (struct talk_reply){.peer = reply->peer, .value = harness_json(reply->data, reply->size)};
}

static void hear(void *arg, const struct engine_reply *reply)
{
    struct talk *talk = arg;

    if (reply->peer == talk->gone) {
        engine_undelivered(talk->h->engine, reply->peer);
    } else {
        keep(talk, reply);
    }
}

size_t talk_batch(struct talk *talk, const struct engine_message *messages, size_t count)
{
    talk->steps++;
    return harness_step(talk->h, messages, count, hear, talk);
}

void talk_step(struct talk *talk)
{
    talk_batch(talk, NULL, 0);
}

void talk_send(struct talk *talk, uint64_t peer, const char *id, const char *name, const char *json)
{
    const struct harness *h = talk->h;
    size_t size;
    void *data = harness_message(id, name, -1, json, &size);
    struct engine_message message = harness_from(h, peer, data, size);

    for (int i = 0; talk_batch(talk, &message, 1) == 0; i++) {
        ck_assert_int_lt(i, 100000);
    }
    free(data);
}

void talk_rest(struct talk *talk)
{
    const struct harness *h = talk->h;

    for (int i = 0; engine_next_due_ms(h->engine) <= (h->drill ? engine_now_ms(h->engine) : h->clock_ms) ||
                    engine_next_wait_ms(h->engine) <= harness_time(h).steady_ms;
         i++) {
        ck_assert_int_lt(i, 1000000);
        talk_step(talk);
    }
}

void talk_pass(struct talk *talk, int64_t span_ms)
{
    talk->h->clock_ms += span_ms;
    talk_rest(talk);
}

json_t *talk_take(struct talk *talk, uint64_t peer)
{
    for (size_t i = 0; i < talk->count; i++) {
        json_t *value = talk->replies[i].value;

        if (talk->replies[i].peer != peer) {
            continue;
        }
        memmove(&talk->replies[i], &talk->replies[i + 1], (--talk->count - i) * sizeof(*talk->replies));
        return value;
    }
    return NULL;
}

json_t *talk_answer(struct talk *talk, uint64_t peer)
{
    talk_rest(talk);
    json_t *reply = talk_take(talk, peer);
    ck_assert_msg(reply != NULL, "no reply for peer %llu", (unsigned long long)peer);
    ck_assert_msg(json_is_true(json_object_get(reply, "ok")), "%s %s", json_string_value(json_object_get(reply, "code")),
                  json_string_value(json_object_get(reply, "field")));
    json_t *body = json_incref(json_object_get(reply, "body"));
    json_decref(reply);
    return body;
}

void talk_refusal(struct talk *talk, uint64_t peer, const char *code)
{
    talk_rest(talk);
    json_t *reply = talk_take(talk, peer);
    ck_assert_msg(reply != NULL, "no reply for peer %llu", (unsigned long long)peer);
    ck_assert_msg(json_is_false(json_object_get(reply, "ok")), "accepted, not %s", code);
    ck_assert_str_eq(json_string_value(json_object_get(reply, "code")), code);
    json_decref(reply);
}

void talk_silent(struct talk *talk, uint64_t peer)
{
    talk_rest(talk);
    json_t *reply = talk_take(talk, peer);
    if (reply != NULL) {
        char *text = json_dumps(reply, 0);

        ck_abort_msg("a reply: %s", text);
        free(text);
    }
}

void talk_say(struct talk *talk, const char *id, const char *name, const char *json)
{
    const uint64_t peer = 9; /* none that a test waits for */

    talk_send(talk, peer, id, name, json);
    json_decref(talk_answer(talk, peer));
}
