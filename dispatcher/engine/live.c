/* live.c - what lives beside the records: leases of pulled duties, questions that wait, followers of events */
#include "dispatcher/engine/live.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- begin and end --------------------------------------------------------------------------------------------------------- */

/* What depends on the units of a district. */
static int make_units(const struct district *district, struct reach_order *order, uint64_t **ret_may, uint32_t **ret_turn)
{
    size_t words = district->unit_count / 64 + 1;
    uint64_t *may = malloc(words * sizeof(*may));
    uint32_t *turn = calloc(district->unit_count + 1, sizeof(*turn));
    int rc = may == NULL || turn == NULL ? -ENOMEM : reach_order_make(district, order);

    if (rc < 0) {
        free(may);
        free(turn);
        return rc;
    }
    memset(may, 0xff, words * sizeof(*may));
    *ret_may = may;
    *ret_turn = turn;
    return 0;
}

int live_open(struct engine *engine)
{
    struct live *live = calloc(1, sizeof(*live));

    if (live == NULL) {
        return -ENOMEM;
    }
    engine->live = live;
    parking_init(&live->parking);
    recent_events_init(&live->recent);
    live->leases = leases_new();
    live->may_all = true;
    int rc = live->leases != NULL ? make_units(engine->district, &live->order, &live->may, &live->turn) : -ENOMEM;
    if (rc == 0) {
        rc = parking_units(&live->parking, engine->district->unit_count);
    }
    return rc == 0 ? followers_load(&live->followers, engine->store, engine->last_seq) : rc;
}

void live_close(struct engine *engine)
{
    struct live *live = engine->live;

    if (live == NULL) {
        return;
    }
    parking_deinit(&live->parking);
    followers_free(&live->followers);
    recent_events_clear(&live->recent);
    leases_free(live->leases);
    reach_order_deinit(&live->order);
    visible_free(&live->places);
    proto_buffer_deinit(&live->page);
    free(live->may);
    free(live->turn);
    free(live->touched.at);
    free(live->dropped.at);
    free(live->woken.at);
    free(live->events);
    free(live->handed);
    free(live);
    engine->live = NULL;
}

/* A question that ends is answered in its turn, with what it has. */
static void end_all(struct live *live)
{
    static const enum parked_queue from[] = {PARKED_PULL, PARKED_IDLE, PARKED_FRESH, PARKED_BEHIND, PARKED_TAIL};

    for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
        struct parked *parked = TAILQ_FIRST(&live->parking.queues[from[i]]), *next;

        for (; parked != NULL; parked = next) {
            next = TAILQ_NEXT(parked, in_queue);
            parked->over = true;
            if (from[i] == PARKED_IDLE) {
                parked_to(&live->parking, parked, PARKED_PULL);
            } else if (from[i] == PARKED_TAIL) {
                parked_to(&live->parking, parked, PARKED_FRESH);
            }
        }
    }
}

int live_adopt(struct engine *engine, const struct district *district)
{
    struct live *live = engine->live;
    struct reach_order order;
    uint64_t *may;
    uint32_t *turn;
    int rc = make_units(district, &order, &may, &turn);

    if (rc < 0) {
        return rc;
    }
    end_all(live);
    rc = parking_units(&live->parking, district->unit_count);
    if (rc < 0) {
        free(may);
        free(turn);
        reach_order_deinit(&order);
        return rc;
    }
    free(live->may);
    free(live->turn);
    reach_order_deinit(&live->order);
    live->order = order;
    live->may = may;
    live->turn = turn;
    live->may_all = true;
    recent_events_clear(&live->recent);
    return 0;
}

/* --- notes of a step --------------------------------------------------------------------------------------------------------- */

void live_begin(struct engine *engine, struct engine_time time)
{
    struct live *live = engine->live;
    struct parked *parked;

    if (time.steady_ms > live->now_ms) {
        live->now_ms = time.steady_ms;
    }
    live->clock_ms = time.clock_ms;
    if (live->followers.begun_ms == 0) {
        live->followers.begun_ms = live->now_ms;
    }
    live->touched.count = live->dropped.count = 0;
    live->event_count = 0;
    live->events_lost = false;
    live->handed_count = 0;
    live->places.count = 0;
    live->places.failed = false;
    while ((parked = parked_first(&live->parking, PARKED_NEW)) != NULL) {
        live_done(engine, parked);
    }
}

/* --- after the step ------------------------------------------------------------------------------------------------------------
 */

/* Adds to each event the units that its case has to do with now; events of one case follow on each other, and share them. */
static void finish_events(struct engine *engine)
{
    struct live *live = engine->live;
    uint64_t case_id = 0;
    uint32_t from = 0, count = 0;

    for (uint32_t i = 0; i < live->event_count; i++) {
        struct recent_event *event = &live->events[i];
        const uint32_t own_from = event->places_from, own_count = event->places_count;

        event->offset = engine->outbox.event_list[i].offset;
        event->size = engine->outbox.event_list[i].size;
        if (event->case_id == 0) {
            continue;
        }
        event->places_from = live->places.count;
        if (event->case_id != case_id) {
            case_id = event->case_id;
            from = live->places.count;
            visible_case(&engine->tables, &live->order, case_id, &live->places);
            count = live->places.count - from;
        } else {
            visible_copy(&live->places, from, count);
        }
        visible_copy(&live->places, own_from, own_count);
        event->places_count = live->places.count - event->places_from;
    }
}

static void keep_events(struct engine *engine)
{
    struct live *live = engine->live;
    uint64_t last = journal_last_seq(engine->journal), records = engine->frames.records;

    if (records == 0) {
        return;
    }
    if (!live_followed(engine) || live->events_lost || live->event_count != engine->outbox.event_count) {
        recent_events_clear(&live->recent);
        parked_unseen(&live->parking);
        return;
    }
    finish_events(engine);
    if (live->places.failed || store_failed(engine->store) < 0) {
        recent_events_clear(&live->recent);
    } else {
        (void)recent_events_add(&live->recent, last - records + 1, last, live->events, live->event_count, live->places.at,
                                live->places.count, &engine->outbox.events);
    }
    parked_unseen(&live->parking);
}

/* Leases that lapsed. Nobody needs to know while no pull waits: a lapsed lease is as good as none. */
static void lapse(struct engine *engine, int64_t *work)
{
    struct live *live = engine->live;
    struct duty_row duty;
    uint64_t duty_id;

    while (*work > 0 && (duty_id = lease_lapsed(live->leases, live->now_ms)) != 0) {
        *work -= LIVE_COST_ROW;
        if (tables_get(&engine->tables, ROW_DUTY, duty_id, &duty)) {
            live_may(live, &duty.unit);
        }
        live->wakes++;
        live_wake_later(live, duty_id);
    }
}

static void wake(struct engine *engine, int64_t *work)
{
    struct live *live = engine->live;
    struct parked *parked;

    if (live->wake_all) {
        live->woken.count = live->woken_next = 0;
        while (*work > 0 && (parked = parked_first(&live->parking, PARKED_IDLE)) != NULL) {
            parked->pull.begun = false;
            parked_to(&live->parking, parked, PARKED_PULL);
            *work -= 1;
        }
        live->wake_all = parked_first(&live->parking, PARKED_IDLE) != NULL;
    }
    while (*work > 0 && live->woken_next < live->woken.count) {
        pull_wake(engine, live->woken.at[live->woken_next++], work);
    }
    if (live->woken_next == live->woken.count) {
        live->woken.count = live->woken_next = 0;
    }
}

static void end_waits(struct engine *engine, int64_t *work)
{
    struct live *live = engine->live;
    struct parked *parked;

    while (*work > 0 && (parked = parked_ended(&live->parking, live->now_ms)) != NULL) {
        *work -= LIVE_COST_REPLY;
        if (parked->query == QUERY_PULL) {
            pull_end(engine, parked);
        } else {
            follow_end(engine, parked);
        }
    }
}

/* What came with the step gets its place. */
static void admit(struct live *live)
{
    struct parked *parked;

    while ((parked = parked_first(&live->parking, PARKED_NEW)) != NULL) {
        parked_to(&live->parking, parked, parked->query == QUERY_PULL ? PARKED_PULL : PARKED_FRESH);
    }
}

void live_durable(struct engine *engine)
{
    struct live *live = engine->live;
    int64_t pulls = LIVE_WORK_PULLS, tail = LIVE_WORK_TAIL, behind = LIVE_WORK_BEHIND;

    for (size_t i = 0; i < live->dropped.count; i++) {
        lease_drop(live->leases, live->dropped.at[i]);
    }
    for (size_t i = 0; i < live->touched.count; i++) {
        live_wake_later(live, live->touched.at[i]);
    }
    keep_events(engine);
    admit(live);
    if (live->parking.counts[PARKED_IDLE] == 0) {
        live->woken.count = live->woken_next = 0;
        live->wake_all = false;
    }
    if (live->parking.count == 0) {
        return;
    }
    lapse(engine, &pulls);
    wake(engine, &pulls);
    pull_run(engine, &pulls);
    end_waits(engine, &tail);
    follow_run_tail(engine, &tail);
    follow_run_behind(engine, &behind);
}

void live_failed(struct engine *engine)
{
    struct parked *parked;

    while ((parked = parked_first(&engine->live->parking, PARKED_NEW)) != NULL) {
        live_refuse(engine, parked, REFUSAL_STORAGE_FAILED, NULL);
    }
}

bool live_busy(const struct engine *engine)
{
    const struct live *live = engine->live;

    return live->parking.counts[PARKED_PULL] > 0 || live->parking.counts[PARKED_FRESH] > 0 ||
           live->parking.counts[PARKED_BEHIND] > 0 || live->parking.unseen > 0 || live->woken.count > 0 ||
           (live->wake_all && live->parking.counts[PARKED_IDLE] > 0);
}

int64_t live_next_ms(const struct engine *engine)
{
    struct live *live = engine->live;
    int64_t at_ms = parked_next_end_ms(&live->parking);

    if (live->parking.counts[PARKED_IDLE] > 0 && lease_next_ms(live->leases) < at_ms) {
        at_ms = lease_next_ms(live->leases);
    }
    return at_ms;
}

void live_gone(struct engine *engine, uint64_t peer)
{
    struct parked *parked;

    while ((parked = parked_of_peer(&engine->live->parking, peer)) != NULL) {
        live_done(engine, parked);
    }
}

void live_undelivered(struct engine *engine, uint64_t peer)
{
    struct live *live = engine->live;

    live_gone(engine, peer);
    for (size_t i = 0; i < live->handed_count; i++) {
        if (live->handed[i].peer == peer) {
            live_release(engine, live->handed[i].duty_id);
        }
    }
}

int live_write(struct engine *engine)
{
    return followers_write(&engine->live->followers, engine->store);
}

void live_written(struct engine *engine)
{
    followers_written(&engine->live->followers);
}

bool live_dirty(const struct engine *engine)
{
    return followers_dirty(&engine->live->followers);
}

uint64_t live_lease(void *arg, uint64_t duty_id)
{
    const struct engine *engine = arg;
    const struct lease *lease = engine->live == NULL ? NULL : lease_find(engine->live->leases, duty_id, engine->live->now_ms);

    return lease == NULL ? 0 : lease->key_hash;
}
