/* clock.c - limits and clocks 时限 in records: when a clock is due, when its rungs fire, what it has counted (lifecycle 2e)
 *
 * A limit is kept as it was written (so much of a kind of time, from an instant on) beside the due instant that the unit's calendar
 * makes of it, so that another calendar can say anew when it is due (settle.c).
 */
#include "dispatcher/core/judging.h"

#include <assert.h>

struct limit limit_none(void)
{
    return (struct limit){.source = LIMIT_SOURCE_NONE};
}

struct limit limit_at(int64_t from_at, int64_t due_at, enum limit_source source)
{
    return (struct limit){
        .budget_ms = due_at > from_at ? due_at - from_at : 0, .due_at = due_at, .source = source, .from_at = from_at};
}

/* What a calendar makes of a limit as it was written. */
static void set_due(const struct calendar *calendar, struct limit *limit)
{
    struct due due = calendar_due(calendar, limit->from_at, (struct span){limit->kind, limit->amount});
    limit->due_at = instant_within(due.at);
    limit->provisional = due.provisional || limit->source == LIMIT_SOURCE_RECEIPT; /* by the calendar, or by the route */
    limit->budget_ms = calendar_counted(calendar, limit->kind, limit->from_at, limit->due_at);
}

struct limit limit_span(const struct judging *j, struct span span, int32_t unit, int64_t from_at, enum limit_source source)
{
    if (span.amount == 0) {
        return limit_none();
    }
    struct limit limit = {.source = source, .kind = span.kind, .amount = span.amount, .from_at = from_at};
    set_due(district_calendar(j->district, unit), &limit);
    return limit;
}

struct limit limit_policy(const struct judging *j, struct span span, int32_t unit)
{
    return limit_span(j, span, unit, j->now_ms, LIMIT_SOURCE_POLICY);
}

struct limit limit_of(const struct clock_row *clock)
{
    return (struct limit){
        .budget_ms = clock->budget_ms,
        .due_at = clock->due_at,
        .source = (enum limit_source)clock->source,
        .kind = (enum time_kind)clock->time_kind,
        .amount = clock->amount,
        .from_at = clock->from_at,
        .provisional = clock->provisional,
    };
}

struct limit limit_resumed(const struct judging *j, const struct clock_row *clock, struct span floor)
{
    struct limit limit = limit_of(clock);
    int32_t unit = unit_index(j, &clock->unit);
    const struct calendar *calendar = district_calendar(j->district, unit);
    bool working = limit.kind == TIME_KIND_WORKING_HOURS || limit.kind == TIME_KIND_WORKING_DAYS;
    enum time_kind kind = working ? TIME_KIND_WORKING_HOURS : TIME_KIND_NATURAL;
    if (clock->stopped_at > clock->due_at) { /* late by as much as before */
        int64_t late_ms = calendar_counted(calendar, kind, clock->due_at, clock->stopped_at);
        int64_t due_at = calendar_before(calendar, kind, j->now_ms, late_ms);
        return (struct limit){.budget_ms = limit.budget_ms, .due_at = due_at, .source = limit.source, .from_at = limit.from_at};
    }
    int64_t left_ms = calendar_counted(calendar, kind, clock->stopped_at, clock->due_at);
    struct limit rest = limit_span(j, (struct span){kind, left_ms}, unit, j->now_ms, limit.source);
    if (left_ms == 0) {
        rest = limit_at(j->now_ms, j->now_ms, limit.source);
    }
    struct limit least = limit_span(j, floor, unit, j->now_ms, limit.source);
    if (least.due_at > rest.due_at) {
        rest = least;
    }
    /* The budget is what counts from the start of the clock, the time that it stood left out. */
    rest.budget_ms += clock->consumed_ms;
    return rest;
}

struct limit limit_later(const struct limit *a, const struct limit *b)
{
    return a->due_at >= b->due_at ? *a : *b;
}

/* Yellow by share of the budget, or by a span before due; red at the first millisecond after due; the others a span after due. Red
 * is what judges an item at the first instant after due: it cannot be switched off. */
static int64_t rung_at(const struct rungs *of, const struct rung_policy *policy, enum rung rung)
{
    if (rung == RUNG_RED) {
        return of->due_at + 1;
    }
    if (!policy->on) {
        return 0;
    }
    if (rung != RUNG_YELLOW) {
        return calendar_due(of->calendar, of->due_at, policy->span).at;
    }
    if (policy->percent != 0) {
        int64_t left_ms = of->budget_ms - (of->budget_ms * policy->percent + 99) / 100;
        return calendar_before(of->calendar, of->kind, of->due_at, left_ms);
    }
    return calendar_before(of->calendar, policy->span.kind, of->due_at, policy->span.amount);
}

/* Instants of the rungs of a limit of `unit`'s calendar; they live until those of another limit are asked for. */
static const int64_t *rungs_of(struct judging *j, const struct limit *limit, int32_t unit)
{
    struct rungs of = {.calendar = district_calendar(j->district, unit),
                       .kind = limit->kind,
                       .due_at = instant_within(limit->due_at),
                       .budget_ms = limit->budget_ms};
    struct rungs *last = &j->rungs;
    if (last->calendar == of.calendar && last->due_at == of.due_at && last->budget_ms == of.budget_ms && last->kind == of.kind) {
        return last->at;
    }
    for (int rung = 0; rung < RUNG_COUNT && of.due_at != 0; rung++) {
        int64_t at = rung_at(&of, &j->policy->rungs[rung], (enum rung)rung);
        /* What never comes is off; what lies before all time is at its beginning. */
        of.at[rung] = at > INSTANT_MAX ? 0 : at < 0 ? 1 : at;
    }
    *last = of;
    return last->at;
}

/* Sequence of the calendar that a unit's limits are computed with; 0: natural time needs none. */
static uint64_t calendar_id(struct judging *j, const struct limit *limit, int32_t unit)
{
    if (limit->kind == TIME_KIND_NATURAL || unit < 0) {
        return 0;
    }
    const struct district_row *stored = judging_stored(j);
    return stored->last_seq == 0 ? 0 : stored->calendars_from + j->district->units[unit].calendar;
}

void start_clock(struct judging *j, enum clock_kind kind, uint64_t duty, int32_t unit, const struct limit *limit)
{
    struct record *record = emit_for(j, RECORD_CLOCK_STARTED, unit);
    record->head.duty_id = duty;
    struct clock_started_body *body = &record->body.clock_started;
    const int64_t *at = rungs_of(j, limit, unit);
    body->clock = kind;
    body->time_kind = limit->kind;
    body->budget_ms = limit->budget_ms;
    body->source = limit->source;
    body->due_at = instant_within(limit->due_at);
    body->provisional = limit->provisional;
    body->calendar = calendar_id(j, limit, unit);
    body->amount = limit->amount;
    body->from_at = limit->from_at != j->now_ms ? limit->from_at : 0;
    body->yellow_at = at[RUNG_YELLOW];
    body->red_at = at[RUNG_RED];
    body->notice_at = at[RUNG_NOTICE];
    body->bulletin_at = at[RUNG_BULLETIN];
}

void start_policy_clock(struct judging *j, enum clock_kind kind, uint64_t duty, int32_t unit, struct span span)
{
    if (span.amount != 0) {
        struct limit limit = limit_policy(j, span, unit);
        start_clock(j, kind, duty, unit, &limit);
    }
}

bool find_clock(const struct judging *j, uint64_t duty, enum clock_kind kind, bool any, struct clock_row *ret)
{
    for (uint64_t id = j->c.clock_last; id != 0 && tables_get(j->tables, ROW_CLOCK, id, ret); id = ret->prev_of_case) {
        if (ret->duty_id == duty && ret->kind == kind && (any || ret->state == CLOCK_STATE_RUNNING)) {
            return true;
        }
    }
    return false;
}

int64_t clock_consumed(const struct judging *j, const struct clock_row *clock, int64_t until_at)
{
    const struct calendar *calendar = district_calendar(j->district, unit_index(j, &clock->unit));
    return clock->consumed_ms + calendar_counted(calendar, (enum time_kind)clock->time_kind, clock->span_from_at, until_at);
}

void stop_clock_row(struct judging *j, const struct clock_row *clock)
{
    struct clock_stopped_body *body = &emit_clock(j, RECORD_CLOCK_STOPPED, clock)->body.clock_stopped;
    body->clock = (enum clock_kind)clock->kind;
    body->clock_id = clock->clock_id;
    body->due_at = clock->due_at;
    body->consumed_ms = clock_consumed(j, clock, j->now_ms);
    body->elapsed_ms = j->now_ms - clock->started_at;
    body->in_time = clock->due_at == 0 || j->now_ms <= clock->due_at;
    bool of_call = clock->kind == CLOCK_KIND_ARRIVE || clock->kind == CLOCK_KIND_FINISH;
    j->called_late = j->called_late || (of_call && !body->in_time);
}

void stop_clock(struct judging *j, uint64_t duty, enum clock_kind kind)
{
    struct clock_row clock;
    if (find_clock(j, duty, kind, false, &clock)) {
        stop_clock_row(j, &clock);
    }
}

static void void_clock(struct judging *j, const struct clock_row *clock, enum clock_why why)
{
    struct clock_void_body *body = &emit_clock(j, RECORD_CLOCK_VOID, clock)->body.clock_void;
    body->clock = (enum clock_kind)clock->kind;
    body->clock_id = clock->clock_id;
    body->why = why;
}

void end_clocks(struct judging *j, uint64_t duty, uint32_t stopped, enum clock_why why)
{
    struct clock_row clock;
    for (uint64_t id = j->c.clock_last; id != 0 && tables_get(j->tables, ROW_CLOCK, id, &clock); id = clock.prev_of_case) {
        if (clock.duty_id != duty || clock.state != CLOCK_STATE_RUNNING) {
            continue;
        }
        if ((stopped & (UINT32_C(1) << clock.kind)) != 0) {
            stop_clock_row(j, &clock);
            continue;
        }
        if (clock.due_at != 0 && j->now_ms > clock.due_at && why != CLOCK_WHY_WITHDRAWN) {
            stop_clock_row(j, &clock);
            continue;
        }
        void_clock(j, &clock, why);
    }
}

void void_clocks(struct judging *j, uint64_t duty, enum clock_why why)
{
    struct clock_row clock;
    for (uint64_t id = j->c.clock_last; id != 0 && tables_get(j->tables, ROW_CLOCK, id, &clock); id = clock.prev_of_case) {
        bool counts = clock.state == CLOCK_STATE_RUNNING || (clock.state == CLOCK_STATE_STOPPED && clock.kind != CLOCK_KIND_STAGE);
        if (clock.duty_id == duty && counts) {
            void_clock(j, &clock, why);
        }
    }
}

/* What the clock has counted up to now, when its due instant moves; on a stopped clock the time since the stop counts or not. */
static int64_t consumed_at_move(const struct judging *j, const struct clock_row *clock, bool counted)
{
    struct clock_row running = *clock;
    running.span_from_at = clock->stopped_at;
    return counted ? clock_consumed(j, &running, j->now_ms) : clock->consumed_ms;
}

/* A rung that passed while the clock stood is reached now, not late by downtime. */
static int64_t not_before(int64_t rung_at, int64_t now_ms)
{
    return rung_at != 0 && rung_at < now_ms ? now_ms : rung_at;
}

struct clock_due_moved_body *move_due(struct judging *j, const struct clock_row *clock, const struct limit *limit,
                                      enum clock_why why, int32_t unit, bool counted)
{
    struct record *record = emit_clock(j, RECORD_CLOCK_DUE_MOVED, clock);
    int32_t holder = unit >= 0 ? unit : unit_index(j, &clock->unit);
    if (unit >= 0) {
        const struct unit *units = j->district->units;
        record->head.unit = units[unit].code;
        record->head.acct = units[units[unit].accountable].code;
    }
    struct clock_due_moved_body *body = &record->body.clock_due_moved;
    const int64_t *at = rungs_of(j, limit, holder);
    body->clock = (enum clock_kind)clock->kind;
    body->clock_id = clock->clock_id;
    body->due_at = instant_within(limit->due_at);
    body->budget_ms = limit->budget_ms;
    body->yellow_at = not_before(at[RUNG_YELLOW], j->now_ms);
    body->red_at = not_before(at[RUNG_RED], j->now_ms);
    body->notice_at = not_before(at[RUNG_NOTICE], j->now_ms);
    body->bulletin_at = not_before(at[RUNG_BULLETIN], j->now_ms);
    body->why = why;
    body->source = limit->source;
    body->counted = counted;
    body->time_kind = limit->kind;
    body->provisional = limit->provisional;
    body->calendar = calendar_id(j, limit, holder);
    body->consumed_ms = consumed_at_move(j, clock, counted);
    body->amount = limit->amount;
    body->from_at = limit->from_at != j->now_ms ? limit->from_at : 0;
    return body;
}

/* What a running clock has counted at its due instant, as its receipt counts it: the closed spans by their records, the open one by
 * the calendar. A clock that runs on after its due instant (a stop that was taken back) keeps its budget. */
static int64_t counted_at_due(const struct calendar *calendar, const struct clock_row *clock, const struct limit *limit)
{
    if (limit->due_at < clock->span_from_at) {
        return clock->budget_ms;
    }
    return clock->consumed_ms + calendar_counted(calendar, limit->kind, clock->span_from_at, limit->due_at);
}

void core_settled_due(const struct district *district, const struct clock_row *clock, int64_t now_ms, int64_t lead_due_at,
                      struct core_due *ret)
{
    int32_t unit = district_in_service(district, district_unit_find(district, &clock->unit));
    const struct calendar *calendar = district_calendar(district, unit);
    struct limit limit = limit_of(clock);
    if (limit.amount != 0 && limit.due_at >= now_ms) {
        set_due(calendar, &limit);
        if (clock->kind == CLOCK_KIND_SUPPORT && lead_due_at != 0 && limit.due_at > lead_due_at) {
            limit.due_at = lead_due_at;
        }
        if (limit.due_at < now_ms) {
            limit.due_at = clock->due_at;
        }
    }
    limit.budget_ms = counted_at_due(calendar, clock, &limit);
    ret->moves = limit.due_at != clock->due_at || limit.provisional != (clock->provisional != 0);
    ret->rebudgets = !ret->moves && limit.budget_ms != clock->budget_ms;
    ret->due_at = limit.due_at;
    ret->budget_ms = limit.budget_ms;
    ret->provisional = limit.provisional;
}

void rebudget(struct judging *j, const struct clock_row *clock, int64_t budget_ms)
{
    int32_t holder = unit_index(j, &clock->unit);
    struct limit limit = limit_of(clock);
    struct clock_rebudgeted_body *body = &emit_clock(j, RECORD_CLOCK_REBUDGETED, clock)->body.clock_rebudgeted;
    limit.budget_ms = budget_ms;
    body->clock = (enum clock_kind)clock->kind;
    body->clock_id = clock->clock_id;
    body->due_at = clock->due_at;
    body->budget_ms = budget_ms;
    body->budget_before_ms = clock->budget_ms;
    body->yellow_at = not_before(rungs_of(j, &limit, holder)[RUNG_YELLOW], j->now_ms);
    body->calendar = calendar_id(j, &limit, holder);
}
