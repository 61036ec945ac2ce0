/* apply_clock.c - records about clocks become rows: budget, ledger of spans, rungs, and the item in the counters */
#include "dispatcher/core/applying.h"
#include "dispatcher/core/metrics.h"
#include "dispatcher/core/rules.h"

#include <string.h>

/* What the counters hold for an item. */
enum { COUNTED_NOT = 0, COUNTED_IN_TIME = 1, COUNTED_LATE = 2 };

void apply_floor(struct applying *a, const struct clock_row *changed_clock, const struct duty_row *changed_duty)
{
    struct clock_row clock;
    struct duty_row duty;
    a->c->rung_floor_at = INT64_MAX;
    for (uint64_t id = a->c->clock_last; id != 0; id = clock.prev_of_case) {
        if (changed_clock != NULL && changed_clock->clock_id == id) {
            clock = *changed_clock;
        } else if (!tables_get(a->tables, ROW_CLOCK, id, &clock)) {
            break;
        }
        if (clock.state == CLOCK_STATE_RUNNING) {
            lower_floor(a->c, core_next_rung_at(&clock));
        }
    }
    for (uint64_t id = a->c->duty_last; id != 0; id = duty.prev_of_case) {
        if (changed_duty != NULL && changed_duty->duty_id == id) {
            duty = *changed_duty;
        } else if (!tables_get(a->tables, ROW_DUTY, id, &duty)) {
            break;
        }
        if (duty.claimed) {
            lower_floor(a->c, duty.claimed_until);
        }
    }
}

/* The duty's inbox place follows its main clock. */
static void set_duty_due(struct applying *a, const struct clock_row *clock)
{
    struct duty_row duty;
    if (clock->duty_id != 0 && tables_get(a->tables, ROW_DUTY, clock->duty_id, &duty) &&
        clock->kind == duty_main_clock((enum duty_kind)duty.kind, duty.call_id != 0)) {
        duty.main_clock = clock->clock_id;
        duty.due_at = clock->due_at;
        tables_put(a->tables, ROW_DUTY, duty.duty_id, &duty);
    }
}

void apply_clock_started(struct applying *a)
{
    const struct record *record = a->record;
    const struct clock_started_body *body = &record->body.clock_started;
    struct clock_row clock;
    memset(&clock, 0, sizeof(clock));
    clock.clock_id = record->seq;
    clock.case_id = record->head.case_id;
    clock.duty_id = record->head.duty_id;
    clock.prev_of_case = a->c->clock_last;
    row_dims(&record->head, &clock.dims);
    clock.unit = record->head.unit;
    clock.acct = record->head.acct;
    clock.kind = (uint8_t)body->clock;
    clock.state = CLOCK_STATE_RUNNING;
    clock.time_kind = (uint8_t)body->time_kind;
    clock.source = (uint8_t)body->source;
    clock.round = record->head.round;
    clock.started_at = record->at_ms;
    clock.span_from_at = record->at_ms;
    clock.due_at = body->due_at;
    clock.budget_ms = body->budget_ms;
    clock.provisional = body->provisional;
    clock.amount = body->amount;
    clock.from_at = body->from_at != 0 ? body->from_at : record->at_ms;
    clock.calendar = body->calendar;
    clock.rung_at[RUNG_YELLOW] = body->yellow_at;
    clock.rung_at[RUNG_RED] = body->red_at;
    clock.rung_at[RUNG_NOTICE] = body->notice_at;
    clock.rung_at[RUNG_BULLETIN] = body->bulletin_at;
    a->c->clock_last = clock.clock_id;
    if (body->clock == CLOCK_KIND_HANDLE) {
        a->c->handle_clock = clock.clock_id;
    } else if (body->clock == CLOCK_KIND_TOTAL && a->c->total_clock == 0) {
        a->c->total_clock = clock.clock_id;
    }
    lower_floor(a->c, core_next_rung_at(&clock));
    tables_put(a->tables, ROW_CLOCK, clock.clock_id, &clock);
    set_duty_due(a, &clock);
}

/* `consumed_ms`: what the clock has counted in all, this span included. */
static void close_span(struct applying *a, struct clock_row *clock, int64_t from_at, bool counted, int64_t consumed_ms)
{
    struct span_row span;
    memset(&span, 0, sizeof(span));
    span.clock_id = clock->clock_id;
    span.prev = clock->span_last;
    span.from_at = from_at;
    span.until_at = a->record->at_ms;
    span.counted = counted;
    span.counted_ms = counted ? consumed_ms - clock->consumed_ms : 0;
    clock->span_last = a->record->seq;
    if (counted) {
        clock->consumed_ms = consumed_ms;
    }
    tables_put(a->tables, ROW_SPAN, a->record->seq, &span);
}

/* The first route replaces the provisional due instant: what fired by that and is still to come by the new one fires anew. */
static void arm_anew(struct clock_row *clock, int64_t now_ms)
{
    for (int rung = 0; rung < RUNG_COUNT; rung++) {
        if (clock->rung_at[rung] > now_ms) {
            clock->fired &= (uint8_t) ~(1u << rung);
        }
    }
}

void apply_clock_due_moved(struct applying *a)
{
    struct clock_row *clock = &a->clock;
    const struct record *record = a->record;
    const struct clock_due_moved_body *body = &record->body.clock_due_moved;
    metrics_count_clock(a->tables, clock, COUNTED_NOT);
    if (clock->state == CLOCK_STATE_STOPPED) { /* takes the stop back */
        metrics_count_duration(a->tables, clock, record->at_ms, false);
        close_span(a, clock, clock->stopped_at, body->counted, body->consumed_ms);
        clock->state = CLOCK_STATE_RUNNING;
        clock->stopped_at = 0;
        clock->in_time = 0;
        clock->span_from_at = record->at_ms;
    }
    bool was_provisional = clock->source == LIMIT_SOURCE_RECEIPT;
    row_dims(&record->head, &clock->dims);
    clock->unit = record->head.unit;
    clock->acct = record->head.acct;
    clock->due_at = body->due_at;
    clock->budget_ms = body->budget_ms;
    clock->source = (uint8_t)body->source;
    clock->time_kind = (uint8_t)body->time_kind;
    clock->provisional = body->provisional;
    clock->amount = body->amount;
    clock->from_at = body->from_at != 0 ? body->from_at : record->at_ms;
    clock->calendar = body->calendar;
    clock->awaited_ms += body->awaited_ms;
    clock->rung_at[RUNG_YELLOW] = body->yellow_at;
    clock->rung_at[RUNG_RED] = body->red_at;
    clock->rung_at[RUNG_NOTICE] = body->notice_at;
    clock->rung_at[RUNG_BULLETIN] = body->bulletin_at;
    if (was_provisional && clock->source != LIMIT_SOURCE_RECEIPT) {
        arm_anew(clock, record->at_ms);
    }
    /* An item whose red rung has fired is late already; a rung fires once, so nothing would say it again. */
    if ((clock->fired & (1u << RUNG_RED)) != 0) {
        metrics_count_clock(a->tables, clock, COUNTED_LATE);
    }
    lower_floor(a->c, core_next_rung_at(clock));
    set_duty_due(a, clock);
}

void apply_clock_stopped(struct applying *a)
{
    struct clock_row *clock = &a->clock;
    const struct clock_stopped_body *body = &a->record->body.clock_stopped;
    close_span(a, clock, clock->span_from_at, true, body->consumed_ms);
    clock->state = CLOCK_STATE_STOPPED;
    clock->stopped_at = a->record->at_ms;
    clock->in_time = body->in_time;
    if (clock->counted == COUNTED_NOT) {
        metrics_count_clock(a->tables, clock, body->in_time ? COUNTED_IN_TIME : COUNTED_LATE);
    }
    metrics_count_duration(a->tables, clock, a->record->at_ms, true);
}

void apply_clock_denied(struct applying *a)
{
    a->clock.in_time = 0;
    metrics_count_clock(a->tables, &a->clock, COUNTED_LATE);
}

void apply_clock_void(struct applying *a)
{
    struct clock_row *clock = &a->clock;
    if (clock->state == CLOCK_STATE_STOPPED) { /* its spans are closed; what it counted counts no more */
        metrics_count_duration(a->tables, clock, a->record->at_ms, false);
    } else {
        close_span(a, clock, clock->span_from_at, false, 0);
    }
    metrics_count_clock(a->tables, clock, COUNTED_NOT);
    metrics_void_clock(a->tables, clock);
    clock->state = CLOCK_STATE_VOID;
    clock->in_time = 0;
    clock->stopped_at = a->record->at_ms;
}

void apply_rung_fired(struct applying *a)
{
    struct clock_row *clock = &a->clock;
    enum rung rung = a->record->body.rung_fired.rung;
    clock->fired |= (uint8_t)(1u << rung);
    if (rung == RUNG_RED) {
        metrics_count_clock(a->tables, clock, COUNTED_LATE);
    }
    apply_floor(a, clock, NULL);
}

void apply_clock_rebudgeted(struct applying *a)
{
    struct clock_row *clock = &a->clock;
    const struct clock_rebudgeted_body *body = &a->record->body.clock_rebudgeted;
    clock->budget_ms = body->budget_ms;
    clock->calendar = body->calendar;
    clock->rung_at[RUNG_YELLOW] = body->yellow_at;
    lower_floor(a->c, core_next_rung_at(clock));
}
