/* judging.c - emitting records, walking the chains of a case, duties and clocks in records */
#include "dispatcher/core/judging.h"
#include "dispatcher/core/rules.h"

#include <assert.h>
#include <string.h>

uint64_t next_seq(const struct judging *j)
{
    return j->command->next_seq + j->verdict->count;
}

struct record *emit(struct judging *j, enum record_type type)
{
    assert(j->verdict->count < VERDICT_RECORDS_MAX);
    uint64_t seq = next_seq(j);
    struct record *record = &j->verdict->records[j->verdict->count++];
    memset(record, 0, sizeof(*record));
    record->seq = seq;
    record->at_ms = j->now_ms;
    record->type = type;
    struct record_envelope *head = &record->head;
    if (j->c.case_id != 0) {
        head->case_id = j->c.case_id;
        head->case_prev = j->prev;
        head->round = j->c.round;
        head->call_id = j->call_id;
        head->street = j->c.dims.street;
        head->place_unit = j->c.dims.place;
        head->matter = j->c.dims.matter;
        head->channel = (enum channel)j->c.dims.channel;
        head->kind = (enum case_kind)j->c.dims.kind;
        head->origin = (enum origin)j->c.dims.origin;
        head->urgency = (enum urgency)j->c.dims.urgency;
        head->protected = j->c.dims.is_protected;
        head->upstream = j->c.dims.upstream;
        j->prev = seq;
    }
    return record;
}

struct record *emit_for(struct judging *j, enum record_type type, int32_t unit)
{
    struct record *record = emit(j, type);
    if (unit >= 0) {
        const struct unit *units = j->district->units;
        record->head.unit = units[unit].code;
        record->head.acct = units[units[unit].accountable].code;
    }
    return record;
}

struct record *emit_duty(struct judging *j, enum record_type type, const struct duty_row *duty)
{
    struct record *record = emit(j, type);
    record->head.duty_id = duty->duty_id;
    record->head.call_id = duty->call_id;
    record->head.unit = duty->unit;
    record->head.acct = duty->acct;
    return record;
}

int32_t unit_index(const struct judging *j, const struct code *code)
{
    return code_empty(code) ? -1 : district_unit_find(j->district, code);
}

bool covers(const struct judging *j, int32_t unit)
{
    int32_t top = unit_index(j, &j->command->actor.unit);
    return unit >= 0 && top >= 0 && district_within(j->district, unit, top);
}

bool covers_desk(const struct judging *j)
{
    return covers(j, j->district->desk_unit);
}

bool has_role(const struct judging *j, enum role role)
{
    return (j->command->actor.roles & (UINT32_C(1) << role)) != 0;
}

bool next_open_duty(const struct judging *j, uint64_t *cursor, struct duty_row *ret)
{
    while (*cursor != 0) {
        bool found = view_get(j->view, ROW_DUTY, *cursor, ret);
        *cursor = found ? ret->prev_of_case : 0;
        if (found && duty_open(ret)) {
            return true;
        }
    }
    return false;
}

bool next_call_duty(const struct judging *j, uint64_t *cursor, struct duty_row *ret)
{
    if (*cursor == 0 || !view_get(j->view, ROW_DUTY, *cursor, ret)) {
        return false;
    }
    *cursor = ret->prev_of_call;
    return true;
}

uint64_t offer_duty(struct judging *j, const struct offer *offer)
{
    struct record *record = emit_for(j, RECORD_DUTY_OFFERED, offer->unit);
    record->head.duty_id = record->seq;
    record->body.duty_offered.duty_kind = offer->kind;
    record->body.duty_offered.reason = offer->reason;
    record->body.duty_offered.of_duty = offer->of_duty;
    record->body.duty_offered.reporter = offer->reporter;
    if (offer->creator >= 0) {
        record->body.duty_offered.creator = j->district->units[offer->creator].code;
    }
    return record->seq;
}

struct limit limit_none(void)
{
    return (struct limit){.source = LIMIT_SOURCE_NONE};
}

struct limit limit_policy(const struct judging *j, int64_t span_ms)
{
    return span_ms == 0 ? limit_none() : (struct limit){span_ms, instant_within(j->now_ms + span_ms), LIMIT_SOURCE_POLICY};
}

/* Instants of the rungs for a budget that began at `from` (for a moved due: the instant that makes due - budget). Yellow by share
 * of the budget or by span before due; red at the first millisecond after due; the others a span after red's due. */
static void rungs(const struct judging *j, int64_t budget_ms, int64_t due_at, int64_t ret_at[RUNG_COUNT])
{
    for (int rung = 0; rung < RUNG_COUNT; rung++) {
        const struct rung_policy *policy = &j->policy->rungs[rung];
        ret_at[rung] = 0;
        if (!policy->on || due_at == 0) {
            continue;
        }
        if (rung == RUNG_YELLOW) {
            int64_t left = policy->percent != 0 ? budget_ms - (budget_ms * policy->percent + 99) / 100 : policy->span_ms;
            ret_at[rung] = due_at - left;
        } else if (rung == RUNG_RED) {
            ret_at[rung] = due_at + 1;
        } else {
            ret_at[rung] = due_at + policy->span_ms;
        }
    }
    /* Red is what judges an item at the first instant after due: it cannot be switched off. */
    if (due_at != 0) {
        ret_at[RUNG_RED] = due_at + 1;
    }
    for (int rung = 0; rung < RUNG_COUNT; rung++) {
        if (ret_at[rung] > INSTANT_MAX) {
            ret_at[rung] = 0; /* never comes */
        } else if (ret_at[rung] < 0) {
            ret_at[rung] = 1; /* before all time: at its beginning */
        }
    }
}

void start_clock(struct judging *j, enum clock_kind kind, uint64_t duty, int32_t unit, const struct limit *limit)
{
    int64_t at[RUNG_COUNT];
    struct record *record = emit_for(j, RECORD_CLOCK_STARTED, unit);
    record->head.duty_id = duty;
    struct clock_started_body *body = &record->body.clock_started;
    int64_t due_at = instant_within(limit->due_at);
    rungs(j, limit->budget_ms, due_at, at);
    body->clock = kind;
    body->time_kind = TIME_KIND_NATURAL;
    body->budget_ms = limit->budget_ms;
    body->source = limit->source;
    body->due_at = due_at;
    body->yellow_at = at[RUNG_YELLOW];
    body->red_at = at[RUNG_RED];
    body->notice_at = at[RUNG_NOTICE];
    body->bulletin_at = at[RUNG_BULLETIN];
}

void start_policy_clock(struct judging *j, enum clock_kind kind, uint64_t duty, int32_t unit, int64_t span_ms)
{
    if (span_ms != 0) {
        struct limit limit = limit_policy(j, span_ms);
        start_clock(j, kind, duty, unit, &limit);
    }
}

bool find_clock(const struct judging *j, uint64_t duty, enum clock_kind kind, bool any, struct clock_row *ret)
{
    for (uint64_t id = j->c.clock_last; id != 0 && view_get(j->view, ROW_CLOCK, id, ret); id = ret->prev_of_case) {
        if (ret->duty_id == duty && ret->kind == kind && (any || ret->state == CLOCK_STATE_RUNNING)) {
            return true;
        }
    }
    return false;
}

struct record *emit_clock(struct judging *j, enum record_type type, const struct clock_row *clock)
{
    struct record *record = emit(j, type);
    record->head.duty_id = clock->duty_id;
    record->head.round = clock->round;
    record->head.unit = clock->unit;
    record->head.acct = clock->acct;
    if (clock->duty_id != 0) {
        struct duty_row duty;
        if (view_get(j->view, ROW_DUTY, clock->duty_id, &duty)) {
            record->head.call_id = duty.call_id;
        }
    }
    return record;
}

void stop_clock_row(struct judging *j, const struct clock_row *clock)
{
    struct clock_stopped_body *body = &emit_clock(j, RECORD_CLOCK_STOPPED, clock)->body.clock_stopped;
    body->clock = (enum clock_kind)clock->kind;
    body->clock_id = clock->clock_id;
    body->due_at = clock->due_at;
    body->consumed_ms = clock->consumed_ms + (j->now_ms - clock->span_from_at);
    body->elapsed_ms = j->now_ms - clock->started_at;
    body->in_time = clock->due_at == 0 || j->now_ms <= clock->due_at;
}

void stop_clock(struct judging *j, uint64_t duty, enum clock_kind kind)
{
    struct clock_row clock;
    if (find_clock(j, duty, kind, false, &clock)) {
        stop_clock_row(j, &clock);
    }
}

/* `except`: a kind that this verdict has stopped already (the rows do not know yet), or -1. */
static void end_clocks_but(struct judging *j, uint64_t duty, int except, enum clock_why why)
{
    struct clock_row clock;
    for (uint64_t id = j->c.clock_last; id != 0 && view_get(j->view, ROW_CLOCK, id, &clock); id = clock.prev_of_case) {
        if (clock.duty_id != duty || clock.state != CLOCK_STATE_RUNNING || clock.kind == except) {
            continue;
        }
        if (clock.due_at != 0 && j->now_ms > clock.due_at && why != CLOCK_WHY_WITHDRAWN) {
            stop_clock_row(j, &clock);
            continue;
        }
        struct clock_void_body *body = &emit_clock(j, RECORD_CLOCK_VOID, &clock)->body.clock_void;
        body->clock = (enum clock_kind)clock.kind;
        body->clock_id = clock.clock_id;
        body->why = why;
    }
}

void end_clocks(struct judging *j, uint64_t duty, enum clock_why why)
{
    end_clocks_but(j, duty, -1, why);
}

struct clock_due_moved_body *move_due(struct judging *j, const struct clock_row *clock, const struct limit *limit,
                                      enum clock_why why, int32_t unit)
{
    int64_t at[RUNG_COUNT];
    struct record *record = emit_clock(j, RECORD_CLOCK_DUE_MOVED, clock);
    if (unit >= 0) {
        const struct unit *units = j->district->units;
        record->head.unit = units[unit].code;
        record->head.acct = units[units[unit].accountable].code;
    }
    struct clock_due_moved_body *body = &record->body.clock_due_moved;
    int64_t due_at = instant_within(limit->due_at);
    rungs(j, limit->budget_ms, due_at, at);
    for (int rung = 0; rung < RUNG_COUNT; rung++) {
        if (at[rung] != 0 && at[rung] < j->now_ms) {
            at[rung] = j->now_ms; /* passed while the clock stood: reached now, not late by downtime */
        }
    }
    body->clock = (enum clock_kind)clock->kind;
    body->clock_id = clock->clock_id;
    body->due_at = due_at;
    body->budget_ms = limit->budget_ms;
    body->yellow_at = at[RUNG_YELLOW];
    body->red_at = at[RUNG_RED];
    body->notice_at = at[RUNG_NOTICE];
    body->bulletin_at = at[RUNG_BULLETIN];
    body->why = why;
    body->source = limit->source;
    return body;
}

void finish_duty(struct judging *j, const struct duty_row *duty, struct text text)
{
    struct record *record = emit_duty(j, RECORD_DUTY_DONE, duty);
    record->body.duty_done.duty_kind = (enum duty_kind)duty->kind;
    record->body.duty_done.text = text;
    enum clock_kind judged = duty_main_clock((enum duty_kind)duty->kind, duty->call_id != 0);
    stop_clock(j, duty->duty_id, judged);
    end_clocks_but(j, duty->duty_id, (int)judged, CLOCK_WHY_NOT_NEEDED);
}

void end_duty(struct judging *j, const struct duty_row *duty, enum duty_end reason, enum clock_why why, struct text text)
{
    struct record *record = emit_duty(j, RECORD_DUTY_ENDED, duty);
    record->body.duty_ended.duty_kind = (enum duty_kind)duty->kind;
    record->body.duty_ended.reason = reason;
    record->body.duty_ended.text = text;
    end_clocks(j, duty->duty_id, why);
}
