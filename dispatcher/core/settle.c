/* settle.c - an open case under another set: dues by the new calendars, duties of retired units with their successors (domain 5,
 * 2d)
 *
 * One case at a time, so that a set may come into force over a million open cases without anybody waiting: the dispatcher walks
 * over them, and a case that a command or a timer needs before the walk has come to it is settled then. Settling twice changes
 * nothing.
 */
#include "dispatcher/core/judging.h"

bool core_unsettled(const struct tables *tables, uint64_t case_id)
{
    struct district_row d;
    return tables_get(tables, ROW_DISTRICT, 1, &d) && d.settle_next != 0 && case_id >= d.settle_next;
}

/* Due instant that the clock has under the set in force, emitted where it moves; where it stays and the past counts otherwise, the
 * budget is written anew, so that a receipt adds up to it. `unit` >= 0: its holder changes too. */
static int64_t settle_clock(struct judging *j, const struct clock_row *clock, int64_t lead_due_at, int32_t unit)
{
    struct core_due due;
    core_settled_due(j->district, clock, j->now_ms, lead_due_at, &due);
    if (!due.moves && unit < 0) {
        if (due.rebudgets) {
            rebudget(j, clock, due.budget_ms);
        }
        return clock->due_at;
    }
    struct limit limit = limit_of(clock);
    limit.due_at = due.due_at;
    limit.budget_ms = due.budget_ms;
    limit.provisional = due.provisional;
    move_due(j, clock, &limit, unit >= 0 ? CLOCK_WHY_UNIT_RETIRED : CLOCK_WHY_CALENDAR, unit, false);
    return due.due_at;
}

int32_t moves_on(const struct judging *j, const struct code *unit)
{
    int32_t after = unit_in_service(j, unit);
    return after != unit_index(j, unit) ? after : -1;
}

void move_duty(struct judging *j, const struct duty_row *duty, int32_t to)
{
    struct record *record = emit_duty(j, RECORD_DUTY_MOVED, duty);
    const struct unit *units = j->district->units;
    record->head.unit = units[to].code;
    record->head.acct = units[units[to].accountable].code;
    record->body.duty_moved.duty_kind = (enum duty_kind)duty->kind;
    record->body.duty_moved.from = duty->unit;
}

static void move_duties(struct judging *j)
{
    uint64_t cursor = j->c.duty_last;
    struct duty_row duty;
    while (next_open_duty(j, &cursor, &duty)) {
        int32_t to = moves_on(j, &duty.unit);
        if (to >= 0) {
            move_duty(j, &duty, to);
        }
    }
}

/* A clock is shown under the unit that holds its duty, the citizen's under who leads: it goes where they go. */
static void settle_case(struct judging *j)
{
    struct clock_row clock;
    int64_t lead_due_at = 0;
    move_duties(j);
    /* The lead's first: a support may not be due after it. */
    if (find_clock(j, j->c.lead_duty, CLOCK_KIND_HANDLE, false, &clock)) {
        lead_due_at = settle_clock(j, &clock, 0, moves_on(j, &clock.unit));
    }
    for (uint64_t id = j->c.clock_last; id != 0 && tables_get(j->tables, ROW_CLOCK, id, &clock); id = clock.prev_of_case) {
        /* A handle clock that runs is the lead's: settled above. */
        if (clock.state == CLOCK_STATE_RUNNING && clock.kind != CLOCK_KIND_HANDLE) {
            settle_clock(j, &clock, lead_due_at, moves_on(j, &clock.unit));
        }
    }
}

bool judge_settle(struct judging *j)
{
    const struct settle_command *settle = &j->command->body.settle;
    if (settle->case_id == 0) {
        emit(j, RECORD_CASES_SETTLED)->body.cases_settled.until = settle->until;
        return true;
    }
    if (tables_get(j->tables, ROW_CASE, settle->case_id, &j->c) && j->c.state != CASE_STATE_CLOSED) {
        j->prev = j->c.last_seq;
        settle_case(j);
    }
    return true;
}
