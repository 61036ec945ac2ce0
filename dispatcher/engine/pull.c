/*
 * pull.c - pull and keep: duties are handed out to workers.
 *
 * A pull walks round the units that it may serve, from the one behind the unit that was served last, and takes the oldest due duty
 * of each that it may have, until its credit is used up or a whole round gave nothing. So a unit with ten thousand duties keeps
 * none of its neighbours waiting. A walk that is longer than a step may work goes on in the next one from where it is.
 */
#include "dispatcher/core/question.h"
#include "dispatcher/core/rules.h"
#include "dispatcher/engine/live.h"
#include "dispatcher/engine/query_view.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEASE_DEFAULT_MS 60000
#define PAGE_DUTIES 32
/* What one pull may work before the next one has its turn. */
#define SLICE_WORK 4000

static int64_t lease_span(bool given, int64_t lease_ms)
{
    return !given || lease_ms == 0 ? LEASE_DEFAULT_MS : lease_ms < CAP_LEASE_MS ? lease_ms : CAP_LEASE_MS;
}

static uint64_t key_hash(const struct engine_peer *from)
{
    return core_person_hash(from->name, from->person);
}

static bool duty_waits(const struct duty_row *duty)
{
    return duty->state == DUTY_STATE_OFFERED || duty->state == DUTY_STATE_SIGNED;
}

static bool may_see(struct query *query, const struct duty_row *duty)
{
    struct case_row of;

    return tables_get(&query->engine->tables, ROW_CASE, duty->case_id, &of) && query_sees(query, &of);
}

/* Would a command of this key on this duty be anything but refused? */
static bool may_have(struct engine *engine, const struct engine_peer *from, uint32_t kinds, const struct duty_row *duty)
{
    struct case_row of;
    uint64_t hash = key_hash(from);

    if (!duty_waits(duty) || (kinds & UINT32_C(1) << duty->kind) == 0 || (duty->claimed && duty->claimer != hash)) {
        return false;
    }
    if (!tables_get(&engine->tables, ROW_CASE, duty->case_id, &of) || !core_matter_allowed(&from->matters, &of.dims.matter)) {
        return false;
    }
    /* A worker asks for itself: it is not handed what it handled, not even as an importer, which may pass on what others did. */
    bool judges = duty->kind == DUTY_KIND_FOLLOWUP || duty->kind == DUTY_KIND_DECIDE;
    return question_allows(duty, from->roles, engine->now_ms) && !(judges && core_handled(&engine->tables, &of, hash));
}

/* --- the questions -------------------------------------------------------------------------------------------------------------
 */

/* None of the key's roles works on this kind of duty. */
static int refuse_kind(struct query *query, enum duty_kind kind)
{
    return query_refuse(query, REFUSAL_NO_ROLE, enum_name(&role_enum, (int)rules_duty_kind(kind)->named));
}

int query_pull(struct query *query)
{
    const struct pull_query *body = &query->request->query_body.pull;
    uint32_t kinds = rules_role_kinds(query->from->roles);
    int32_t top = query->sight.top;
    bool repeated;

    if ((body->given & PULL_HAS_KIND) != 0) {
        kinds &= UINT32_C(1) << body->kind;
    }
    if (kinds == 0) {
        return refuse_kind(query, (body->given & PULL_HAS_KIND) != 0 ? body->kind : DUTY_KIND_LEAD);
    }
    if ((body->given & PULL_HAS_UNIT) != 0) {
        top = district_unit_find(query->district, &body->unit);
        if (top < 0) {
            return query_refuse(query, REFUSAL_UNKNOWN_UNIT, "unit");
        }
        if (!query_covers(query, &body->unit)) {
            return query_refuse(query, REFUSAL_NOT_YOURS, "unit");
        }
    }
    if (top < 0) {
        return query_refuse(query, REFUSAL_NOT_YOURS, "unit");
    }
    struct parked *parked = live_park(query, body->wait, &repeated);
    if (parked == NULL || repeated) {
        return 0;
    }
    parked->pull = (struct parked_pull){.worker = body->worker, .top = top, .kinds = kinds};
    parked->pull.credit = body->count == 0 ? 1 : body->count < CAP_PULL_CREDIT ? body->count : CAP_PULL_CREDIT;
    parked->pull.lease_ms = lease_span((body->given & PULL_HAS_LEASE) != 0, body->lease);
    return 0;
}

/* The key's own mark on a lease. */
static struct lease make_lease(const struct engine_peer *from, const struct code *worker, uint64_t duty_id, uint64_t ask,
                               int64_t until_ms)
{
    struct lease lease = {
        .duty_id = duty_id, .holder.worker = *worker, .key_hash = key_hash(from), .ask = ask, .until_ms = until_ms};

    memcpy(lease.holder.key.s, from->name.at, from->name.size < CODE_SIZE ? from->name.size : CODE_SIZE);
    return lease;
}

/* Prolongs, gives back, or takes again what a restart of the dispatcher has freed and nobody else has taken since. */
int query_keep(struct query *query, struct proto_buffer *out)
{
    const struct keep_query *body = &query->request->query_body.keep;
    struct engine *engine = query->engine;
    struct live *live = engine->live;
    const struct lease *held = lease_find(live->leases, body->duty_id, live->now_ms);
    int64_t until_ms = live->now_ms + lease_span((body->given & KEEP_HAS_LEASE) != 0, body->lease);
    struct lease lease = make_lease(query->from, &body->worker, body->duty_id, held != NULL ? held->ask : 0, until_ms);
    bool mine = held != NULL && lease_holder_equal(&held->holder, &lease.holder);
    struct keep_reply reply = {.lease_until = body->release ? 0 : live_wall_ms(engine, until_ms)};
    struct duty_row duty;

    /* A worker may always give back what it holds, even if the duty has meanwhile gone out of its reach. */
    if (body->release && mine) {
        live_release(engine, body->duty_id);
        return reply_encode_ok(out, query->request->id, &keep_reply_shape, &reply, CODEC_OMIT_NOTHING);
    }
    if (body->duty_id == 0 || !tables_get(&engine->tables, ROW_DUTY, body->duty_id, &duty) || !may_see(query, &duty)) {
        return query_refuse(query, REFUSAL_NOT_FOUND, "duty");
    }
    if (!query_covers(query, &duty.unit)) {
        return query_refuse(query, REFUSAL_NOT_YOURS, "unit");
    }
    if (held != NULL && !mine) {
        return query_refuse(query, REFUSAL_LEASED, "duty");
    }
    if (body->release) {
        return reply_encode_ok(out, query->request->id, &keep_reply_shape, &reply, CODEC_OMIT_NOTHING);
    }
    if (!duty_waits(&duty) && duty.state != DUTY_STATE_HELD) {
        return query_refuse(query, REFUSAL_BAD_STATE, "duty");
    }
    if (duty.claimed && duty.claimer != lease.key_hash) {
        return query_refuse(query, REFUSAL_LEASED, "duty");
    }
    if ((rules_role_kinds(query->from->roles) & UINT32_C(1) << duty.kind) == 0 ||
        !question_allows(&duty, query->from->roles, engine->now_ms)) {
        return refuse_kind(query, (enum duty_kind)duty.kind);
    }
    int rc = lease_put(live->leases, &lease);
    if (rc == -ENOSPC) {
        return query_refuse(query, REFUSAL_CAP, "lease");
    }
    return rc < 0 ? rc : reply_encode_ok(out, query->request->id, &keep_reply_shape, &reply, CODEC_OMIT_NOTHING);
}

/* --- the walk ------------------------------------------------------------------------------------------------------------------
 */

/* First position from `from` on, below `until`, whose unit may have a duty; `until`: none. */
static uint32_t next_may(const struct live *live, uint32_t from, uint32_t until)
{
    while (from < until) {
        uint64_t word = live->may[from / 64] >> from % 64;

        if (word != 0) {
            from += (uint32_t)__builtin_ctzll(word);
            return from < until ? from : until;
        }
        from = (from / 64 + 1) * 64;
    }
    return until;
}

/* The next unit behind a position within the reach, round and round; REACH_NOWHERE: none has anything. */
static uint32_t next_unit(const struct live *live, const struct reach *reach, uint32_t after, int64_t *work)
{
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < reach->count; i++) {
            const struct reach_range *range = &reach->at[i];
            uint32_t from = range->from;

            if (round == 0 && from <= after) {
                from = after + 1;
            }
            if (from >= range->until) {
                continue;
            }
            uint32_t found = next_may(live, from, range->until);
            *work -= 1 + (found - from) / 256;
            if (found < range->until) {
                return found;
            }
        }
    }
    return REACH_NOWHERE;
}

/* Does the way round from `at` (excluded) to `next` (included) pass `stop`? */
static bool passes(uint32_t at, uint32_t next, uint32_t stop)
{
    return next > at ? stop > at && stop <= next : stop > at || stop <= next;
}

static void take_may(struct live *live, uint32_t position)
{
    live->may[position / 64] &= ~(UINT64_C(1) << position % 64);
    live->may_all = false;
}

/* Looks through one unit from where the walk stands. Gives the duty, or 0: nothing more in here; `*work` below 0: not finished. */
static uint64_t look_in_unit(struct engine *engine, const struct query *query, struct parked_pull *pull, int64_t *work)
{
    struct live *live = engine->live;
    const struct unit *unit = &query->district->units[live->order.unit[pull->at]];
    uint64_t ids[PAGE_DUTIES];
    struct duty_row duty;

    for (;;) {
        size_t count = store_inbox(engine->store, &unit->code, pull->after_due, pull->after_id, ids, PAGE_DUTIES);

        if (count == 0 && pull->after_id == 0 && store_failed(engine->store) == 0) {
            take_may(live, pull->at);
        }
        for (size_t i = 0; i < count; i++) {
            bool leased = lease_find(live->leases, ids[i], live->now_ms) != NULL;

            *work -= 1;
            if (leased && i + 1 < count) {
                continue;
            }
            *work -= LIVE_COST_ROW;
            if (!tables_get(&engine->tables, ROW_DUTY, ids[i], &duty)) {
                return 0;
            }
            pull->after_due = duty.due_at;
            pull->after_id = ids[i];
            if (!leased && may_have(engine, query->from, pull->kinds, &duty)) {
                return ids[i];
            }
        }
        if (count < PAGE_DUTIES || *work < 0) {
            return 0;
        }
    }
}

static bool leave_unit(struct parked_pull *pull)
{
    pull->inside = false;
    return !pull->final;
}

/* Leases a duty to the pull and notes it. False: no more leases can be had. */
static bool hand_out(struct engine *engine, struct parked *parked, const struct query *query, uint64_t duty_id)
{
    struct live *live = engine->live;
    struct parked_pull *pull = &parked->pull;
    struct lease lease = make_lease(query->from, &pull->worker, duty_id, parked->ask, live->now_ms + pull->lease_ms);

    pull->capped = lease_put(live->leases, &lease) < 0;
    if (pull->capped) {
        return false;
    }
    pull->found[pull->found_count++] = duty_id;
    return true;
}

/* Walks on. True: the walk is at its end; false: the work is used up. */
static bool walk(struct engine *engine, struct parked *parked, const struct query *query, const struct reach *reach, int64_t *work)
{
    struct live *live = engine->live;
    struct parked_pull *pull = &parked->pull;

    while (pull->found_count < pull->credit) {
        if (!pull->inside) {
            uint32_t next = next_unit(live, reach, pull->at, work);

            if (next == REACH_NOWHERE) {
                return true;
            }
            pull->final = passes(pull->at, next, pull->stop);
            if (pull->final && pull->stop != next) {
                return true;
            }
            /* Where no other unit has anything, the walk goes on where it stood in this one. */
            if (next != pull->at || !pull->entered) {
                pull->after_due = 0;
                pull->after_id = 0;
            }
            pull->at = next;
            pull->inside = pull->entered = true;
        }
        uint64_t duty_id = look_in_unit(engine, query, pull, work);
        if (duty_id != 0) {
            if (!hand_out(engine, parked, query, duty_id)) {
                return true;
            }
            live->turn[pull->top] = pull->at + 1;
            pull->stop = pull->at;
            pull->final = false;
            leave_unit(pull);
        } else if (*work >= 0 && !leave_unit(pull)) {
            return true;
        }
        if (*work < 0) {
            return pull->found_count > 0; /* what was found does not wait for more */
        }
    }
    return true;
}

/* --- the answers -----------------------------------------------------------------------------------------------------------------
 */

static int write_duty(struct query *query, uint64_t duty_id, struct reply_writer *writer)
{
    struct engine *engine = query->engine;
    const struct lease *lease = lease_find(engine->live->leases, duty_id, engine->live->now_ms);
    struct duty_row duty;
    struct case_row of;
    struct duty_view shown;
    char number[NUMBER_SIZE];

    if (!tables_get(&engine->tables, ROW_DUTY, duty_id, &duty) || !tables_get(&engine->tables, ROW_CASE, duty.case_id, &of)) {
        return -EIO;
    }
    query_view_duty(query, &duty, &of, number, &shown);
    if (lease != NULL) {
        shown.lease_until = live_wall_ms(engine, lease->until_ms);
    }
    return reply_row(writer, &duty_view_shape, &shown, CODEC_OMIT_NOTHING);
}

static int write_duties(struct query *query, const struct parked_pull *pull, struct proto_buffer *out)
{
    struct pull_reply reply = {.now = query->engine->now_ms};
    struct reply_writer writer;
    int rc = reply_begin(&writer, out, query->request->id, &pull_reply_shape, &reply, CODEC_OMIT_NOTHING, 1);

    if (rc == 0) {
        rc = reply_list(&writer, "rows");
    }
    for (uint32_t i = 0; rc == 0 && i < pull->found_count; i++) {
        rc = write_duty(query, pull->found[i], &writer);
    }
    return rc == 0 ? reply_end(&writer) : rc;
}

static int note_handed(struct live *live, const struct parked *parked)
{
    size_t wanted = live->handed_count + parked->pull.found_count;

    if (wanted > live->handed_capacity) {
        struct live_handed *handed = realloc(live->handed, 2 * wanted * sizeof(*handed));

        if (handed == NULL) {
            return -ENOMEM;
        }
        live->handed = handed;
        live->handed_capacity = 2 * wanted;
    }
    for (uint32_t i = 0; i < parked->pull.found_count; i++) {
        live->handed[live->handed_count++] = (struct live_handed){.peer = parked->peer, .duty_id = parked->pull.found[i]};
    }
    return 0;
}

/* Answers with what was found. What could not be read or written is free again, and the worker asks anew. */
static void answer(struct engine *engine, struct parked *parked, struct query *query)
{
    struct proto_buffer *out = outbox_begin(&engine->outbox, parked->peer, query->request->id);
    int rc = out == NULL ? -ENOMEM : note_handed(engine->live, parked);

    if (rc == 0) {
        rc = write_duties(query, &parked->pull, out);
    }
    if (rc == 0) {
        outbox_end(&engine->outbox);
        live_done(engine, parked);
        return;
    }
    if (out != NULL) {
        outbox_cancel(&engine->outbox);
    }
    for (uint32_t i = 0; i < parked->pull.found_count; i++) {
        lease_drop(engine->live->leases, parked->pull.found[i]);
    }
    live_refuse(engine, parked, REFUSAL_STORAGE_FAILED, NULL);
}

/* The same question was answered before, and the answer may have been lost on the way: what it was handed it is told again. */
static bool asked_before(struct engine *engine, struct parked *parked, const struct query *query)
{
    struct parked_pull *pull = &parked->pull;
    struct lease holder = make_lease(query->from, &pull->worker, 0, 0, 0);
    uint64_t duties[CAP_PULL_CREDIT];
    size_t count = lease_asked(engine->live->leases, &holder.holder, parked->ask, engine->live->now_ms, duties, CAP_PULL_CREDIT);

    for (size_t i = 0; i < count; i++) {
        struct duty_row duty;

        if (tables_get(&engine->tables, ROW_DUTY, duties[i], &duty) && may_have(engine, query->from, pull->kinds, &duty)) {
            pull->found[pull->found_count++] = duties[i];
        }
    }
    return pull->found_count > 0;
}

static void begin_walk(struct live *live, struct parked_pull *pull)
{
    uint32_t turn = live->turn[pull->top];

    pull->begun = true;
    pull->wakes = live->wakes;
    pull->at = pull->stop = turn > 0 ? turn - 1 : live->order.count - 1;
    pull->final = false;
    pull->inside = pull->entered = false;
}

static void run_one(struct engine *engine, struct parked *parked, int64_t *work)
{
    struct live *live = engine->live;
    struct parked_pull *pull = &parked->pull;
    int64_t slice = SLICE_WORK;
    struct engine_peer from;
    struct request request;
    struct query query;

    live_query(engine, parked, &from, &request, &query);
    if (parked->over) {
        answer(engine, parked, &query);
        return;
    }
    const struct reach *reach = reach_of(&live->order, pull->top);
    if (reach == NULL) {
        live_refuse(engine, parked, REFUSAL_BUSY, "wait");
        return;
    }
    if (!pull->begun) {
        begin_walk(live, pull);
        if (asked_before(engine, parked, &query)) {
            answer(engine, parked, &query);
            return;
        }
    }
    bool ended = walk(engine, parked, &query, reach, &slice);
    *work -= SLICE_WORK - slice + LIVE_COST_REPLY;
    if (store_failed(engine->store) < 0) {
        return; /* the next step goes back and replays; what was found stays leased to this question */
    }
    if (pull->capped && pull->found_count == 0) {
        live_refuse(engine, parked, REFUSAL_CAP, "lease");
        return;
    }
    if (pull->found_count > 0 || parked->until_ms <= live->now_ms) {
        answer(engine, parked, &query);
        return;
    }
    if (ended) {
        pull->begun = false;
        if (pull->wakes == live->wakes) {
            pull->woken_for = 0; /* somebody else was quicker */
            parked_to(&live->parking, parked, PARKED_IDLE);
            return;
        }
    }
    parked_to(&live->parking, parked, PARKED_PULL);
}

void pull_run(struct engine *engine, int64_t *work)
{
    struct live *live = engine->live;
    struct parked *parked;

    while (*work > 0 && store_failed(engine->store) == 0 && (parked = parked_first(&live->parking, PARKED_PULL)) != NULL) {
        run_one(engine, parked, work);
    }
}

void pull_end(struct engine *engine, struct parked *parked)
{
    struct engine_peer from;
    struct request request;
    struct query query;

    live_query(engine, parked, &from, &request, &query);
    answer(engine, parked, &query);
}

/* --- a duty came up: who waits for it?
 * --------------------------------------------------------------------------------------------- */

static bool fits(struct engine *engine, struct parked *parked, const struct duty_row *duty)
{
    struct engine_peer from;
    struct request request;
    struct query query;

    if ((parked->pull.kinds & UINT32_C(1) << duty->kind) == 0) {
        return false;
    }
    live_query(engine, parked, &from, &request, &query);
    return may_have(engine, &from, parked->pull.kinds, duty);
}

/* The oldest of the idle pulls at one unit that this duty fits; the older of it and `best`. */
static struct parked *oldest_at(struct engine *engine, int32_t unit, const struct duty_row *duty, struct parked *best,
                                int64_t *work)
{
    struct live *live = engine->live;
    struct parked *parked;

    if (live->parking.tops[unit].wants[duty->kind] == 0) {
        return best;
    }
    TAILQ_FOREACH(parked, &live->parking.tops[unit].list, at_top)
    {
        if (best != NULL && best->serial < parked->serial) {
            return best;
        }
        *work -= 1;
        if (fits(engine, parked, duty)) {
            return parked;
        }
    }
    return best;
}

/* The same at a unit and all above it. */
static struct parked *oldest_above(struct engine *engine, int32_t unit, const struct duty_row *duty, struct parked *best,
                                   int64_t *work)
{
    const struct district *district = engine->live->order.district;

    for (; unit >= 0; unit = district->units[unit].parent) {
        best = oldest_at(engine, unit, duty, best, work);
    }
    return best;
}

void pull_wake(struct engine *engine, uint64_t duty_id, int64_t *work)
{
    struct live *live = engine->live;
    const struct district *district = live->order.district;
    struct parked *best = NULL;
    struct duty_row duty;

    if (live->parking.counts[PARKED_IDLE] == 0) {
        return;
    }
    *work -= LIVE_COST_ROW;
    if (!tables_get(&engine->tables, ROW_DUTY, duty_id, &duty) || !duty_waits(&duty) ||
        lease_find(live->leases, duty_id, live->now_ms) != NULL) {
        return;
    }
    int32_t unit = district_unit_find(district, &duty.unit);
    best = oldest_above(engine, unit, &duty, best, work);
    for (; unit >= 0; unit = district->units[unit].parent) {
        best = oldest_above(engine, district->units[unit].seconded_by, &duty, best, work);
        best = oldest_above(engine, district->units[unit].deputy, &duty, best, work);
    }
    if (best != NULL) {
        best->pull.begun = false;
        best->pull.woken_for = duty_id;
        parked_to(&live->parking, best, PARKED_PULL);
    }
}
