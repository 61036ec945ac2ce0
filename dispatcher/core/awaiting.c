/* awaiting.c - awaiting_call 等待被呼叫单位: a late called unit does not make the lead late (lifecycle 2c, 5.1)
 *
 * A call pauses no clock. Instead the lead is given the time in which at least one called unit of another accountable unit was
 * overdue with its arrival or its result, as far as it has not been given yet: when such a unit stops late, and at the lead's own
 * due instant, before that is red. A step is at least the policy's `awaiting`, so that there is something to do with it; all steps
 * together are cut at one original limit.
 */
#include "dispatcher/core/judging.h"

/* A stretch in which a called unit was overdue. */
struct overdue {
    int64_t from_at, until_at;
    struct code unit;
};

/* The stretch of a clock that counts for the lead, within its own time and up to `until_at`. False: none. */
static bool overdue_of(const struct clock_row *clock, const struct clock_row *handle, int64_t until_at, struct overdue *ret)
{
    bool stands = clock->state == CLOCK_STATE_RUNNING || clock->state == CLOCK_STATE_STOPPED;
    bool of_call = clock->kind == CLOCK_KIND_ARRIVE || clock->kind == CLOCK_KIND_FINISH;
    if (!stands || !of_call || clock->due_at == 0 || code_equal(&clock->acct, &handle->acct)) {
        return false;
    }
    int64_t end_at = clock->state == CLOCK_STATE_STOPPED && clock->stopped_at < until_at ? clock->stopped_at : until_at;
    ret->from_at = clock->due_at > handle->started_at ? clock->due_at : handle->started_at;
    ret->until_at = end_at;
    ret->unit = clock->unit;
    return ret->from_at < ret->until_at;
}

/* The stretch that goes on longest from `from_at` on, or, where none holds there, the one that begins next. */
static bool next_overdue(const struct judging *j, const struct clock_row *handle, int64_t from_at, int64_t until_at,
                         struct overdue *ret)
{
    struct clock_row clock;
    struct overdue one;
    bool found = false;
    for (uint64_t id = j->c.clock_last; id != 0 && tables_get(j->tables, ROW_CLOCK, id, &clock); id = clock.prev_of_case) {
        if (!overdue_of(&clock, handle, until_at, &one) || one.until_at <= from_at) {
            continue;
        }
        one.from_at = one.from_at > from_at ? one.from_at : from_at;
        if (!found || one.from_at < ret->from_at || (one.from_at == ret->from_at && one.until_at > ret->until_at)) {
            *ret = one;
            found = true;
        }
    }
    return found;
}

/* The time in which a clock's limit is counted on: hours, whatever it was written in. */
static enum time_kind counted_in(const struct clock_row *clock)
{
    bool working = clock->time_kind == TIME_KIND_WORKING_HOURS || clock->time_kind == TIME_KIND_WORKING_DAYS;
    return working ? TIME_KIND_WORKING_HOURS : TIME_KIND_NATURAL;
}

/* How long, in the lead's own time, at least one called unit was overdue; *ret_unit: the one that was so last. */
static int64_t overdue_ms(const struct judging *j, const struct clock_row *handle, const struct calendar *calendar,
                          int64_t until_at, struct code *ret_unit)
{
    enum time_kind kind = counted_in(handle);
    struct overdue stretch = {0};
    int64_t sum_ms = 0;
    for (int64_t at = 0; next_overdue(j, handle, at, until_at, &stretch); at = stretch.until_at) {
        sum_ms += calendar_counted(calendar, kind, stretch.from_at, stretch.until_at);
        *ret_unit = stretch.unit;
    }
    return sum_ms;
}

bool await_called(struct judging *j, const struct clock_row *handle, int64_t until_at)
{
    int32_t unit = unit_index(j, &handle->unit);
    const struct calendar *calendar = district_calendar(j->district, unit);
    enum time_kind kind = counted_in(handle);
    struct code awaited = {0};
    int64_t original_ms = handle->budget_ms - handle->awaited_ms, left_ms = original_ms - handle->awaited_ms;
    if (j->policy->awaiting.amount == 0 || handle->due_at == 0) {
        return false;
    }
    int64_t step_ms = overdue_ms(j, handle, calendar, until_at, &awaited) - handle->awaited_ms;
    if (step_ms <= 0 || left_ms <= 0) {
        return false;
    }
    struct limit least = limit_span(j, j->policy->awaiting, unit, handle->due_at, LIMIT_SOURCE_POLICY);
    int64_t least_ms = calendar_counted(calendar, kind, handle->due_at, least.due_at);
    step_ms = step_ms > least_ms ? step_ms : least_ms;
    step_ms = step_ms < left_ms ? step_ms : left_ms;
    struct limit limit = limit_span(j, (struct span){kind, step_ms}, unit, handle->due_at, (enum limit_source)handle->source);
    limit.budget_ms = handle->budget_ms + step_ms;
    struct clock_due_moved_body *body = move_due(j, handle, &limit, CLOCK_WHY_AWAITING_CALL, -1, false);
    body->awaited = awaited;
    body->awaited_ms = step_ms;
    return true;
}

void await_stopped(struct judging *j)
{
    struct clock_row handle;
    if (j->called_late && tables_get(j->tables, ROW_CLOCK, j->c.handle_clock, &handle) && handle.state == CLOCK_STATE_RUNNING &&
        (handle.fired & (1u << RUNG_RED)) == 0) {
        await_called(j, &handle, j->now_ms);
    }
}
