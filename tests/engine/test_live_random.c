/*
 * test_live_random.c - random days of many workers, against rules that are checked by looking at everything:
 *   - no duty is handed to a worker while another one's lease on it runs;
 *   - what is handed out is open, of a kind, unit and matter that the worker may have, and not claimed by another key;
 *   - an answer without duties comes only when there is none that fits, or time is over and none fits;
 *   - whoever still waits when the engine has nothing to do has nothing that fits: nobody is forgotten;
 *   - followers get every event that they may see, in order, through kills and checkpoints.
 */
#include "dispatcher/engine/live.h"
#include "tests/engine/engine_district.h"
#include "tests/engine/talk.h"
#include "tests/suite.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 5
#define WORKERS 3 /* of each key */
#define STEPS 600
#define DUTIES 4096

struct key {
    const char *name;
    uint32_t roles;
    const char *unit;
    const char *matter; /* or NULL: all */
};

static const struct key keys[KEYS] = {
    {"all", 1u << ROLE_WORKER | 1u << ROLE_LEADER | 1u << ROLE_DISPATCHER, "D", NULL},
    {"s1", 1u << ROLE_WORKER, "S1", NULL},
    {"s2", 1u << ROLE_LEADER, "S2", NULL},
    {"m2", 1u << ROLE_WORKER, "D", "M2"},
    {"lamps", 1u << ROLE_WORKER, "LAMPS", NULL},
};

struct held {
    uint64_t duty_id;
    uint64_t peer; /* who was handed it */
    int64_t until_ms;
};

/* What a worker asked last. */
struct asked {
    bool open;
    int64_t until_ms;
    uint64_t sends;
    char unit[8];
};

struct world {
    struct harness h;
    struct talk talk;
    unsigned seed;
    unsigned ids;
    struct held held[DUTIES];
    size_t held_count;
    struct asked asked[KEYS * WORKERS];
    uint64_t follow_next;
    json_t *events;
    uint32_t handed, empty;
};

static uint32_t pick(struct world *w, uint32_t below)
{
    return (uint32_t)rand_r(&w->seed) % below;
}

static uint64_t peer_of(uint32_t worker)
{
    return 100 + worker;
}

static void be(struct world *w, const struct key *key)
{
    harness_peer(&w->h, key->name, key->roles, key->unit);
    if (key->matter != NULL) {
        w->h.peer_matters.count = 1;
        ck_assert(code_make(key->matter, strlen(key->matter), &w->h.peer_matters.at[0]));
    }
}

static struct held *held_of(struct world *w, uint64_t duty_id)
{
    for (size_t i = 0; i < w->held_count; i++) {
        if (w->held[i].duty_id == duty_id) {
            return &w->held[i];
        }
    }
    return NULL;
}

/* Might this worker's question be answered with this duty? Looked at anew from the rows, by other means than the engine's. */
static bool fits(struct world *w, uint32_t worker, const struct duty_row *duty)
{
    const struct district *district = w->h.district;
    const struct key *key = &keys[worker / WORKERS];
    struct code top = {0};
    struct case_row of;
    const struct held *held = held_of(w, duty->duty_id);
    uint32_t kinds = 0;

    if ((key->roles & (1u << ROLE_WORKER | 1u << ROLE_LEADER)) != 0) {
        kinds |= 1u << DUTY_KIND_LEAD | 1u << DUTY_KIND_SUPPORT | 1u << DUTY_KIND_RESPOND;
    }
    if ((key->roles & (1u << ROLE_DISPATCHER | 1u << ROLE_LEADER)) != 0) {
        kinds |= 1u << DUTY_KIND_RATE;
    }
    if ((key->roles & 1u << ROLE_DISPATCHER) != 0) {
        kinds |= 1u << DUTY_KIND_ROUTE;
    }
    memcpy(top.s, w->asked[worker].unit, strlen(w->asked[worker].unit));
    if ((duty->state != DUTY_STATE_OFFERED && duty->state != DUTY_STATE_SIGNED) || (kinds & 1u << duty->kind) == 0) {
        return false;
    }
    if (!district_acts_for(district, district_unit_find(district, &duty->unit), district_unit_find(district, &top))) {
        return false;
    }
    if (held != NULL && held->until_ms > w->h.clock_ms) {
        return false;
    }
    /* In these days every claim is by the key `claimer`. */
    if (duty->claimed || !tables_get(&w->h.engine->tables, ROW_CASE, duty->case_id, &of)) {
        return false;
    }
    return key->matter == NULL || memcmp(of.dims.matter.s, key->matter, strlen(key->matter)) == 0;
}

/* One that fits, or 0. */
static uint64_t any_fitting(struct world *w, uint32_t worker)
{
    uint64_t ids[256], before = 0;
    size_t count;

    do {
        count = store_ids_before(w->h.engine->store, ROW_DUTY, before, ids, 256);
        for (size_t i = 0; i < count; i++) {
            struct duty_row duty;

            ck_assert(tables_get(&w->h.engine->tables, ROW_DUTY, ids[i], &duty));
            if (fits(w, worker, &duty)) {
                return ids[i];
            }
            before = ids[i];
        }
    } while (count == 256);
    return 0;
}

static void take_duties(struct world *w, uint32_t worker, const json_t *body)
{
    ck_assert_msg(harness_rows(body) > 0 || any_fitting(w, worker) == 0, "worker %u was told that there is nothing, but %llu fits",
                  worker, (unsigned long long)any_fitting(w, worker));
    for (size_t i = 0; i < harness_rows(body); i++) {
        uint64_t duty_id = (uint64_t)harness_row(body, i, "duty");
        struct held *held = held_of(w, duty_id);
        struct duty_row duty;

        ck_assert(tables_get(&w->h.engine->tables, ROW_DUTY, duty_id, &duty));
        ck_assert_msg(fits(w, worker, &duty), "worker %u was handed %llu", worker, (unsigned long long)duty_id);
        if (held == NULL) {
            held = &w->held[w->held_count++];
        }
        ck_assert_uint_lt(w->held_count, DUTIES);
        *held = (struct held){.duty_id = duty_id, .peer = peer_of(worker), .until_ms = harness_row(body, i, "lease_until")};
        w->handed++;
    }
    w->empty += harness_rows(body) == 0;
}

/* Steps until nothing is left to do; takes all answers in the order in which they came. */
static void rest(struct world *w)
{
    talk_rest(&w->talk);
    for (size_t i = 0; i < w->talk.count; i++) {
        struct talk_reply *reply = &w->talk.replies[i];
        const json_t *body = json_object_get(reply->value, "body");

        if (reply->peer >= 100 && reply->peer < 100 + KEYS * WORKERS) {
            uint32_t worker = (uint32_t)reply->peer - 100;

            ck_assert(json_is_true(json_object_get(reply->value, "ok")));
            take_duties(w, worker, body);
            w->asked[worker].open = false;
        } else if (reply->peer == 50 && json_is_true(json_object_get(reply->value, "ok"))) {
            size_t at;
            json_t *row;

            json_array_foreach(json_object_get(body, "rows"), at, row)
            {
                if ((uint64_t)num_of(row, "seq") >= w->follow_next) {
                    json_array_append(w->events, row);
                }
            }
            if ((uint64_t)num_of(body, "next") > w->follow_next) {
                w->follow_next = (uint64_t)num_of(body, "next");
            }
        }
        json_decref(reply->value);
    }
    w->talk.count = 0;
    /* Nobody who waits is forgotten. */
    for (uint32_t worker = 0; worker < KEYS * WORKERS; worker++) {
        if (!w->asked[worker].open) {
            continue;
        }
        ck_assert_int_gt(w->asked[worker].until_ms, w->h.clock_ms);
        ck_assert_msg(any_fitting(w, worker) == 0, "worker %u waits, but %llu fits", worker,
                      (unsigned long long)any_fitting(w, worker));
    }
    if (parked_of_peer(&w->h.engine->live->parking, 50) == NULL) {
        char id[32], body[96];

        harness_peer(&w->h, "watch", 1u << ROLE_LISTENER, "D");
        harness_words(body, sizeof(body), "{'name': 'n', 'wait': 50000, 'count': %u, 'confirm': %llu}", 1 + pick(w, 40),
                      (unsigned long long)(w->follow_next - 1));
        talk_send(&w->talk, 50, harness_words(id, sizeof(id), "f%u", w->ids++), "follow", body);
    }
}

static void command(struct world *w, const char *name, const char *body)
{
    char id[32];

    talk_send(&w->talk, 60, harness_words(id, sizeof(id), "c%u", w->ids++), name, body);
}

static const char *submit_body(struct world *w, char *buffer, size_t size)
{
    static const char *const places[] = {"S1", "S1-C1", "S1-C1-G1", "S2", "S2-C1"};
    uint32_t matter = 1 + pick(w, 3);

    return harness_words(buffer, size,
                         "{'kind': 'complaint', 'matter': 'M%u', 'place': '%s', 'title': 'T', 'text': 'x', 'anonymous': true}",
                         matter, places[pick(w, 5)]);
}

static void submit(struct world *w)
{
    char body[256];

    harness_peer(&w->h, "default", ALL_ROLES, "D");
    command(w, "submit", submit_body(w, body, sizeof(body)));
}

/* Several in one step. */
static void burst(struct world *w)
{
    struct engine_message messages[6];
    uint32_t count = 2 + pick(w, 5);
    char id[32], body[256];

    harness_peer(&w->h, "default", ALL_ROLES, "D");
    for (uint32_t i = 0; i < count; i++) {
        messages[i] = (struct engine_message){
            .from = {.peer = 60, .name = text_of(w->h.peer_name), .roles = w->h.peer_roles, .unit = w->h.peer_unit}};
        messages[i].data = harness_message(harness_words(id, sizeof(id), "c%u", w->ids++), "submit", -1,
                                           submit_body(w, body, sizeof(body)), &messages[i].size);
    }
    for (size_t taken = 0; taken < count;) {
        taken += talk_batch(&w->talk, messages + taken, count - taken);
    }
    for (uint32_t i = 0; i < count; i++) {
        free((void *)messages[i].data);
    }
}

static void pull(struct world *w)
{
    static const char *const below[] = {"D", "S1", "S2", "D", "LAMPS"};
    uint32_t worker = pick(w, KEYS * WORKERS);
    struct asked *asked = &w->asked[worker];
    int64_t wait = pick(w, 3) == 0 ? 0 : 1000 + pick(w, 20000);
    char id[32], body[192];

    if (asked->open) {
        return;
    }
    snprintf(asked->unit, sizeof(asked->unit), "%s", worker / WORKERS == 0 && pick(w, 2) == 0 ? "S1-C1" : below[worker / WORKERS]);
    asked->open = true;
    asked->until_ms = w->h.clock_ms + wait;
    be(w, &keys[worker / WORKERS]);
    harness_words(body, sizeof(body), "{'worker': 'w%u', 'unit': '%s', 'count': %u, 'wait': %lld, 'lease': %u}", worker % WORKERS,
                  asked->unit, 1 + pick(w, 2), (long long)wait, 1 + pick(w, 30000));
    talk_send(&w->talk, peer_of(worker), harness_words(id, sizeof(id), "p%u", w->ids++), "pull", body);
}

static void release(struct world *w)
{
    char id[32], body[128];

    if (w->held_count == 0) {
        return;
    }
    struct held *held = &w->held[pick(w, (uint32_t)w->held_count)];
    if (held->until_ms <= w->h.clock_ms) {
        return;
    }
    uint32_t worker = (uint32_t)held->peer - 100;
    be(w, &keys[worker / WORKERS]);
    harness_words(body, sizeof(body), "{'worker': 'w%u', 'duty': %llu, 'release': true}", worker % WORKERS,
                  (unsigned long long)held->duty_id);
    held->until_ms = 0;
    talk_send(&w->talk, 70, harness_words(id, sizeof(id), "k%u", w->ids++), "keep", body);
}

/* Some duty that was handed out once: signed, answered, claimed or released by people. */
static void act(struct world *w)
{
    static const char *const ways[] = {"{'duty': %llu}", "{'duty': %llu, 'code': 'solved', 'text': 'done'}", "{'duty': %llu}",
                                       "{'duty': %llu}"};
    static const char *const names[] = {"sign", "answer", "claim", "release"};
    uint32_t way = pick(w, 4);
    char body[128];

    if (w->held_count == 0) {
        return;
    }
    const struct held *held = &w->held[pick(w, (uint32_t)w->held_count)];
    if (way == 2 && held->until_ms > w->h.clock_ms) {
        return; /* would be LEASED */
    }
    harness_peer(&w->h, way >= 2 ? "claimer" : "default", ALL_ROLES, "D");
    command(w, names[way], harness_words(body, sizeof(body), ways[way], (unsigned long long)held->duty_id));
}

static void restart(struct world *w)
{
    harness_kill(&w->h);
    w->held_count = 0;
    memset(w->asked, 0, sizeof(w->asked));
    harness_rest(&w->h);
}

static void other_set(struct world *w, char fill)
{
    struct district *older = w->h.district;
    char said[512];

    w->h.district = engine_district_make(fill);
    w->h.district->units[4].deputy = fill % 2 == 0 ? 2 : -1; /* LAMPS acts for S1, or does not */
    ck_assert_int_eq(engine_adopt(w->h.engine, w->h.district, w->h.config, said), 0);
    engine_district_unmake(older);
    /* All that wait are answered: empty, though something may fit by now. */
    talk_rest(&w->talk);
    for (uint32_t worker = 0; worker < KEYS * WORKERS; worker++) {
        json_t *reply = talk_take(&w->talk, peer_of(worker));

        ck_assert_int_eq(reply != NULL, w->asked[worker].open);
        json_decref(reply);
        w->asked[worker].open = false;
    }
}

static void compare_events(struct world *w)
{
    uint64_t from = 1;
    size_t at = 0, i;
    json_t *row;

    for (int n = 0; w->follow_next <= engine_durable_seq(w->h.engine); n++) {
        ck_assert_int_lt(n, 10000);
        rest(w);
    }
    harness_peer(&w->h, "watch", 1u << ROLE_LISTENER, "D");
    for (;;) {
        char id[32], body[64];

        talk_send(&w->talk, 80, harness_words(id, sizeof(id), "e%u", w->ids++), "events",
                  harness_words(body, sizeof(body), "{'from': %llu}", (unsigned long long)from));
        json_t *page = talk_answer(&w->talk, 80);
        json_array_foreach(json_object_get(page, "rows"), i, row)
        {
            ck_assert(json_equal(row, json_array_get(w->events, at++)));
        }
        from = (uint64_t)num_of(page, "next");
        i = harness_rows(page);
        json_decref(page);
        if (i == 0) {
            break;
        }
    }
    ck_assert_uint_eq(at, json_array_size(w->events));
}

START_TEST(random_days)
{
    struct world *w = calloc(1, sizeof(*w));
    char fill = 'b';

    w->seed = (unsigned)_i + 1;
    w->follow_next = 1;
    w->events = json_array();
    harness_begin(&w->h, false);
    talk_begin(&w->talk, &w->h);
    harness_rest(&w->h);
    for (int i = 0; i < STEPS; i++) {
        uint32_t what = pick(w, 100);

        if (what < 4) {
            submit(w);
        } else if (what < 9) {
            burst(w);
        } else if (what < 60) {
            pull(w);
        } else if (what < 70) {
            release(w);
        } else if (what < 85) {
            act(w);
        } else if (what < 95) {
            w->h.clock_ms += pick(w, 3000);
        } else if (what < 97) {
            ck_assert_int_eq(engine_checkpoint(w->h.engine, true), 0);
        } else if (what == 97) {
            restart(w);
        } else if (what == 98) {
            other_set(w, fill = fill < 'y' ? (char)(fill + 1) : 'b');
        }
        rest(w);
    }
    compare_events(w);
    if (_i == 0) {
        printf("first day: %u duties handed out, %u answers without\n", w->handed, w->empty);
    }
    ck_assert_uint_gt(w->handed, 50);
    ck_assert_uint_gt(w->empty, 0);
    json_decref(w->events);
    talk_end(&w->talk);
    harness_end(&w->h);
    free(w);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{random_days, 12}};
    return suite_run(&(struct suite){.name = "live_random", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
