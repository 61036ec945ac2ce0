/* live_park.c - questions that wait: parked, ended and refused, and the leases that come free with that */
#include "dispatcher/engine/live.h"

#include <string.h>

/* More duties than this that wait to be offered: all idle pulls look for themselves. */
#define WOKEN_MAX 65536

void live_wake_later(struct live *live, uint64_t duty_id)
{
    if (live->parking.counts[PARKED_IDLE] == 0) {
        return;
    }
    if (live->woken.count >= WOKEN_MAX || live_list_add(&live->woken, duty_id) < 0) {
        live->wake_all = true;
    }
}

void live_release(struct engine *engine, uint64_t duty_id)
{
    struct live *live = engine->live;
    struct duty_row duty;

    if (!lease_drop(live->leases, duty_id)) {
        return;
    }
    if (tables_get(&engine->tables, ROW_DUTY, duty_id, &duty)) {
        live_may(live, &duty.unit);
    }
    live->wakes++;
    live_wake_later(live, duty_id);
}

int64_t live_wall_ms(const struct engine *engine, int64_t at_ms)
{
    return at_ms - engine->live->now_ms + engine->live->clock_ms;
}

void live_query(struct engine *engine, struct parked *parked, struct engine_peer *from, struct request *request, struct query *ret)
{
    *from = (struct engine_peer){.peer = parked->peer,
                                 .name = text_of_code(&parked->key),
                                 .person = text_of_code(&parked->person),
                                 .roles = parked->roles,
                                 .unit = parked->unit,
                                 .matters = parked->matters};
    *request = (struct request){.id = {.at = parked->id, .size = parked->id_size}, .is_query = true, .query = parked->query};
    query_init(ret, engine, from, request);
}

/* When no more questions may wait, a key that has many gives one up for another's. */
static void give_way(struct engine *engine, const struct code *key)
{
    struct parked *parked = parked_surplus(&engine->live->parking, key);

    if (parked != NULL) {
        live_refuse(engine, parked, REFUSAL_BUSY, "wait");
    }
}

struct parked *live_park(struct query *query, int64_t wait_ms, bool *ret_repeated)
{
    struct live *live = query->engine->live;
    struct text id = query->request->id;
    uint64_t ask = core_request_hash(query->from->name, id);
    struct code key = {0};
    int rc;

    memcpy(key.s, query->from->name.at, query->from->name.size < CODE_SIZE ? query->from->name.size : CODE_SIZE);
    if (wait_ms > CAP_WAIT_MS) {
        wait_ms = CAP_WAIT_MS;
    }
    query->parked = true;
    struct parked *parked = parked_find(&live->parking, &key, id, ask);
    *ret_repeated = parked != NULL && parked->query == query->request->query;
    if (*ret_repeated) {
        rc = parked_move_peer(&live->parking, parked, query->from->peer);
    } else {
        if (parked != NULL) {
            live_done(query->engine, parked); /* the same id for another question: the sender has given the first one up */
        }
        give_way(query->engine, &key);
        rc = parked_add(&live->parking, query->from, id, ask, live->now_ms + wait_ms, &parked);
    }
    if (rc == 0) {
        parked->query = query->request->query;
        return parked;
    }
    query->parked = false;
    query_refuse(query, REFUSAL_BUSY, "wait");
    return NULL;
}

/* It was woken for a duty, and took another one, or none: those who still wait may want it. */
static void pass_on(struct live *live, const struct parked_pull *pull)
{
    for (uint32_t i = 0; i < pull->found_count; i++) {
        if (pull->found[i] == pull->woken_for) {
            return;
        }
    }
    live_wake_later(live, pull->woken_for);
}

void live_done(struct engine *engine, struct parked *parked)
{
    struct live *live = engine->live;

    if (parked->query == QUERY_PULL && parked->pull.woken_for != 0) {
        pass_on(live, &parked->pull);
    }
    if (parked->query == QUERY_FOLLOW) {
        struct follower *follower = follower_find(&live->followers, &parked->key, &parked->follow.name);

        if (follower != NULL && follower->waiting == parked) {
            follower->waiting = NULL;
        }
    }
    parked_free(&live->parking, parked);
}

void live_refuse(struct engine *engine, struct parked *parked, enum refusal refusal, const char *field)
{
    struct text id = {.at = parked->id, .size = parked->id_size};

    outbox_refuse(&engine->outbox, parked->peer, id, refusal, field);
    live_done(engine, parked);
}
