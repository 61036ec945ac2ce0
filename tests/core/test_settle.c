/* test_settle.c - a set with other calendars or units comes over open cases; who may act for whom. One story a test.
 *
 * The office works Monday to Friday 9-12 and 13-17; only 2026 is known at first.
 */
#include "tests/core/world.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char *const days_2026[] = {"2026-01-01 holiday", NULL};
static const char *const days_2027[] = {"2026-01-01 holiday", "2027-01-01 holiday", "2027-01-04 holiday", "2027-01-09 workday",
                                        NULL};

static struct world w;

static void setup(void)
{
    world_open(&w);
    world_office(&w, days_2026);
}

static void teardown(void)
{
    world_close(&w);
}

static struct clock_row handle_of(uint64_t case_id)
{
    struct clock_row clock;
    ck_assert(tables_get(&w.tables, ROW_CLOCK, world_case(&w, case_id).handle_clock, &clock));
    return clock;
}

static int64_t items(enum metric metric)
{
    return world_count(&w, metric).den;
}

START_TEST(a_new_year_settles_provisional_dues)
{
    w.now_ms = world_at("2026-12-28 10:00");
    uint64_t id = world_submit(&w, "ROAD", "S1");
    ck_assert_int_eq(handle_of(id).due_at, world_at("2027-01-04 10:00"));
    ck_assert_uint_eq(handle_of(id).provisional, 1);
    uint64_t old = handle_of(id).calendar;
    world_new_days(&w, days_2027);
    ck_assert(core_unsettled(&w.tables, id));
    ck_assert_uint_gt(world_settle(&w, id), 0);
    struct clock_row handle = handle_of(id);
    ck_assert_int_eq(handle.due_at, world_at("2027-01-06 10:00")); /* over the 1st and the 4th */
    ck_assert_uint_eq(handle.provisional, 0);
    ck_assert_uint_ne(handle.calendar, old);
    ck_assert_int_eq(handle.rung_at[RUNG_RED], handle.due_at + 1);
    ck_assert_uint_eq(world_settle(&w, id), 0); /* twice changes nothing */
    world_wait(&w, world_at("2027-01-06 10:00") - w.now_ms);
    ck_assert_int_eq(items(METRIC_ON_TIME_RATE), 0); /* nothing fired at the old instant */
    world_answer(&w, id);
    ck_assert_int_eq(world_count(&w, METRIC_ON_TIME_RATE).num, 1);
}
END_TEST

START_TEST(the_citizens_clock_moves_too)
{
    w.now_ms = world_at("2026-12-28 10:00");
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct clock_row total;
    world_new_days(&w, days_2027);
    world_settle(&w, id);
    ck_assert(tables_get(&w.tables, ROW_CLOCK, world_case(&w, id).total_clock, &total));
    ck_assert_int_eq(total.due_at, handle_of(id).due_at);
}
END_TEST

START_TEST(natural_time_and_what_is_closed_stay)
{
    w.now_ms = world_at("2026-12-28 10:00");
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_answer(&w, id);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    ck_assert_int_eq(world_case(&w, id).state, CASE_STATE_CLOSED);
    w.district.policy.handle[URGENCY_ORDINARY] = (struct span){TIME_KIND_NATURAL_DAYS, 5};
    uint64_t natural = world_submit(&w, "LAMP", "G1");
    world_new_days(&w, days_2027);
    ck_assert_uint_eq(world_settle(&w, id), 0);
    int64_t due = handle_of(natural).due_at;
    world_settle(&w, natural);
    ck_assert_int_eq(handle_of(natural).due_at, due);
}
END_TEST

START_TEST(what_is_late_stays_late)
{
    w.now_ms = world_at("2026-12-28 10:00");
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_wait(&w, world_at("2027-01-04 10:01") - w.now_ms);
    ck_assert_int_eq(world_count(&w, METRIC_ON_TIME_RATE).den, 1);
    world_new_days(&w, days_2027);
    world_settle(&w, id);
    ck_assert_int_eq(handle_of(id).due_at, world_at("2027-01-04 10:00"));
    ck_assert_int_eq(world_count(&w, METRIC_ON_TIME_RATE).den, 1);
}
END_TEST

START_TEST(no_due_instant_moves_into_the_past)
{
    static const char *const worked[] = {"2026-01-01 holiday", "2026-03-07 workday", "2026-03-08 workday", NULL};
    w.now_ms = world_at("2026-03-04 10:00");
    uint64_t id = world_submit(&w, "ROAD", "S1"); /* due on Wednesday the 11th */
    world_wait(&w, world_at("2026-03-10 11:00") - w.now_ms);
    world_new_days(&w, worked); /* with the weekend worked it would have been due on Monday */
    world_settle(&w, id);
    ck_assert_int_eq(handle_of(id).due_at, world_at("2026-03-11 10:00"));
    ck_assert_uint_eq(world_settle(&w, id), 0);
}
END_TEST

START_TEST(a_support_stays_within_its_lead)
{
    w.now_ms = world_at("2026-12-28 10:00");
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct duty_row duty = world_duty(&w, id, DUTY_KIND_SUPPORT);
    world_new_days(&w, days_2027);
    world_settle(&w, id);
    struct clock_row support;
    duty = world_duty(&w, id, DUTY_KIND_SUPPORT);
    ck_assert(tables_get(&w.tables, ROW_CLOCK, duty.main_clock, &support));
    ck_assert_int_eq(support.due_at, handle_of(id).due_at);
    ck_assert_int_eq(duty.due_at, support.due_at); /* the inbox follows */
}
END_TEST

START_TEST(a_support_in_an_office_stays_within_a_lead_that_works_day_and_night)
{
    w.units[5].calendar = 0; /* S1 */
    w.now_ms = world_at("2026-12-30 10:00");
    uint64_t id = world_submit(&w, "ROAD", "S1"); /* five days of 24 hours; the office's five end on Wednesday the 6th */
    ck_assert_int_eq(handle_of(id).due_at, world_at("2027-01-04 10:00"));
    w.units[5].calendar = 1;
    world_adopt(&w);
    world_settle(&w, id); /* now both are office's */
    ck_assert_int_eq(handle_of(id).due_at, world_at("2027-01-06 10:00"));
    w.units[5].calendar = 0;
    world_new_days(&w, days_2027);
    world_settle(&w, id);
    struct duty_row duty = world_duty(&w, id, DUTY_KIND_SUPPORT);
    ck_assert_int_eq(handle_of(id).due_at, world_at("2027-01-04 10:00"));
    ck_assert_int_eq(duty.due_at, world_at("2027-01-04 10:00"));
}
END_TEST

/* Five days of somebody who works day and night end before five of an office do. */
START_TEST(a_support_that_works_day_and_night_is_due_by_its_own_days)
{
    w.rows[2].supports[0] = (struct selector){.kind = SELECT_UNIT, .unit = 7}; /* UT */
    w.now_ms = world_at("2026-03-05 10:00");
    uint64_t id = world_submit(&w, "ROAD", "S1");
    ck_assert_int_eq(handle_of(id).due_at, world_at("2026-03-12 10:00"));
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_SUPPORT).due_at, world_at("2026-03-10 10:00"));
}
END_TEST

/* No calendar counts natural time otherwise: a clock that was resumed, whose limit is the rest from then on, and a support that is
 * cut to its lead's due keep the budget that their receipts add up to. */
START_TEST(natural_time_keeps_its_budget)
{
    const int64_t hour_ms = 3600000, now_ms = world_at("2026-12-28 10:00");
    struct clock_row resumed = {.unit = w.units[5].code,
                                .kind = CLOCK_KIND_TOTAL,
                                .time_kind = TIME_KIND_NATURAL,
                                .started_at = now_ms - 10 * hour_ms,
                                .from_at = now_ms - hour_ms,
                                .span_from_at = now_ms - hour_ms,
                                .consumed_ms = 3 * hour_ms,
                                .amount = 4 * hour_ms,
                                .due_at = now_ms + 3 * hour_ms,
                                .budget_ms = 7 * hour_ms};
    struct clock_row cut = {.unit = w.units[5].code,
                            .kind = CLOCK_KIND_SUPPORT,
                            .time_kind = TIME_KIND_NATURAL,
                            .started_at = now_ms - hour_ms,
                            .from_at = now_ms - hour_ms,
                            .span_from_at = now_ms - hour_ms,
                            .amount = 8 * hour_ms,
                            .due_at = now_ms + hour_ms,
                            .budget_ms = 2 * hour_ms};
    struct core_due due;
    core_settled_due(w.tables.district, &resumed, now_ms, 0, &due);
    ck_assert(!due.moves && !due.rebudgets);
    ck_assert_int_eq(due.budget_ms, resumed.budget_ms);
    core_settled_due(w.tables.district, &cut, now_ms, cut.due_at, &due);
    ck_assert(!due.moves && !due.rebudgets);
    ck_assert_int_eq(due.budget_ms, cut.budget_ms);
    /* The lead has an hour more. */
    core_settled_due(w.tables.district, &cut, now_ms, cut.due_at + hour_ms, &due);
    ck_assert(due.moves && !due.rebudgets);
    ck_assert_int_eq(due.budget_ms, 3 * hour_ms);
    /* The lead has no limit: nothing cuts the support's. */
    core_settled_due(w.tables.district, &cut, now_ms, 0, &due);
    ck_assert_int_eq(due.due_at, cut.from_at + cut.amount);
}
END_TEST

/* --- which clocks move, and by how much -----------------------------------------------------------------------------------------
 */

static const char *const tuesday_off[] = {"2026-01-01 holiday", "2026-03-03 holiday", NULL};

static struct clock_row clock_of(uint64_t case_id, enum duty_kind duty, enum clock_kind kind)
{
    return world_clock(&w, case_id, world_duty(&w, case_id, duty).duty_id, kind);
}

static const char *calendar_of(const struct clock_row *clock)
{
    static struct calendar_row row;
    ck_assert(tables_get(&w.tables, ROW_CALENDAR, clock->calendar, &row));
    return row.name.s;
}

/* A holiday tomorrow: all that runs is due a day later, each clock is moved once, and the inbox shows the lead's by its handling.
 */
START_TEST(a_holiday_moves_each_clock_once)
{
    w.now_ms = world_at("2026-03-02 10:00");
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_new_days(&w, tuesday_off);
    world_settle(&w, id);
    for (uint32_t i = 0; i < w.verdict->count; i++) {
        const struct clock_due_moved_body *body = &w.verdict->records[i].body.clock_due_moved;
        ck_assert_int_eq(w.verdict->records[i].type, RECORD_CLOCK_DUE_MOVED);
        ck_assert_int_eq(body->why, CLOCK_WHY_CALENDAR);
        for (uint32_t k = 0; k < i; k++) {
            ck_assert_uint_ne(body->clock_id, w.verdict->records[k].body.clock_due_moved.clock_id);
        }
    }
    ck_assert_uint_eq(w.verdict->count, 6); /* sign, contact and handle of the lead, the support's two, the citizen's */
    struct clock_row sign = clock_of(id, DUTY_KIND_LEAD, CLOCK_KIND_SIGN), handle = handle_of(id);
    ck_assert_int_eq(sign.due_at, world_at("2026-03-04 10:00"));
    ck_assert_int_eq(handle.due_at, world_at("2026-03-10 10:00"));
    ck_assert_int_eq(handle.rung_at[RUNG_YELLOW], world_at("2026-03-09 10:00")); /* a day of the office before it */
    ck_assert_str_eq(calendar_of(&handle), "office");
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_LEAD).due_at, handle.due_at);
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_SUPPORT).due_at, handle.due_at);
}
END_TEST

/* A clock that has moved goes on counting: nothing of it is closed until it stops. */
START_TEST(a_clock_that_has_moved_counts_on)
{
    struct span_row span;
    static const char *const thursday_off[] = {"2026-01-01 holiday", "2026-03-05 holiday", NULL};
    w.now_ms = world_at("2026-03-02 10:00");
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_wait(&w, world_at("2026-03-04 10:00") - w.now_ms);
    world_new_days(&w, thursday_off);
    world_settle(&w, id);
    world_wait(&w, world_at("2026-03-06 10:00") - w.now_ms);
    world_answer(&w, id);
    struct clock_row handle = handle_of(id);
    ck_assert_int_eq(handle.consumed_ms, 21 * (int64_t)HOUR_MS); /* six hours, two days, an hour */
    ck_assert(tables_get(&w.tables, ROW_SPAN, handle.span_last, &span));
    ck_assert_int_eq(span.from_at, handle.started_at);
    ck_assert_uint_eq(span.prev, 0);
}
END_TEST

/* What is due at this very instant is not late yet; and what another calendar makes due at this instant is due now. */
START_TEST(this_instant_is_not_the_past)
{
    static const char *const weekend[] = {"2026-01-01 holiday", "2026-03-07 workday", "2026-03-08 workday", NULL};
    w.now_ms = world_at("2026-03-02 10:00");
    uint64_t due = world_submit(&w, "ROAD", "S1");
    world_wait(&w, world_at("2026-03-09 10:00") - w.now_ms);
    world_new_days(&w, tuesday_off);
    world_settle(&w, due);
    ck_assert_int_eq(handle_of(due).due_at, world_at("2026-03-10 10:00"));

    world_again(&w);
    world_office(&w, days_2026);
    w.now_ms = world_at("2026-03-04 10:00");
    uint64_t sooner = world_submit(&w, "ROAD", "S1");
    world_wait(&w, world_at("2026-03-09 10:00") - w.now_ms);
    world_new_days(&w, weekend);
    world_settle(&w, sooner);
    ck_assert_int_eq(handle_of(sooner).due_at, w.now_ms);
}
END_TEST

START_TEST(after_the_answer_nothing_moves)
{
    w.now_ms = world_at("2026-03-02 10:00");
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_answer(&w, id);
    world_new_days(&w, tuesday_off);
    ck_assert_uint_eq(world_settle(&w, id), 0);
}
END_TEST

/* Only a support is bound by its lead: a called unit has its own days. */
START_TEST(a_called_unit_is_not_bound_by_the_lead)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "DA"); /* on the list */
    world_new_days(&w, tuesday_off);
    world_settle(&w, id);
    ck_assert_int_eq(handle_of(id).due_at, world_at("2026-03-09 17:00"));
    ck_assert_int_eq(clock_of(id, DUTY_KIND_RESPOND, CLOCK_KIND_ARRIVE).due_at, world_at("2026-03-05 17:00"));
    ck_assert_int_eq(clock_of(id, DUTY_KIND_RESPOND, CLOCK_KIND_FINISH).due_at, world_at("2026-03-16 17:00"));
}
END_TEST

/* A support that works day and night is due before its lead, and stays so. */
START_TEST(a_support_that_is_due_earlier_stays_earlier)
{
    w.units[3].calendar = 0; /* DB */
    w.now_ms = world_at("2026-03-02 10:00");
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_new_days(&w, tuesday_off);
    world_settle(&w, id);
    ck_assert_int_eq(handle_of(id).due_at, world_at("2026-03-10 10:00"));
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_SUPPORT).due_at, world_at("2026-03-07 10:00"));
}
END_TEST

/* The lead works day and night, its support in an office: cut to the lead's due, a holiday leaves it less time for the same due
 * instant. Its yellow rung comes by what is left; one that would have passed is reached now. */
START_TEST(a_support_that_is_cut_has_less_time_with_a_holiday)
{
    static const char *const thursday[] = {"2026-01-01 holiday", "2026-03-05 holiday", NULL};
    static const char *const friday_too[] = {"2026-01-01 holiday", "2026-03-05 holiday", "2026-03-06 holiday", NULL};
    for (int yellow = 1; yellow >= 0; yellow--) {
        world_again(&w);
        world_office(&w, days_2026);
        w.units[5].calendar = 0; /* S1 */
        w.district.policy.rungs[RUNG_YELLOW].on = yellow == 1;
        w.now_ms = world_at("2026-03-02 10:00");
        uint64_t id = world_submit(&w, "ROAD", "S1");
        struct clock_row before = clock_of(id, DUTY_KIND_SUPPORT, CLOCK_KIND_SUPPORT);
        ck_assert_int_eq(before.due_at, world_at("2026-03-07 10:00"));
        ck_assert_int_eq(before.budget_ms, 34 * (int64_t)HOUR_MS);
        world_new_days(&w, thursday);
        ck_assert_uint_eq(world_settle(&w, id), 1);
        ck_assert_int_eq(world_record(&w, RECORD_CLOCK_REBUDGETED)->body.clock_rebudgeted.budget_before_ms, before.budget_ms);
        struct clock_row support = clock_of(id, DUTY_KIND_SUPPORT, CLOCK_KIND_SUPPORT);
        ck_assert_int_eq(support.due_at, before.due_at);
        ck_assert_int_eq(support.budget_ms, 27 * (int64_t)HOUR_MS);
        ck_assert_int_eq(support.rung_at[RUNG_YELLOW], yellow == 1 ? world_at("2026-03-06 10:36") : 0);
        ck_assert_int_eq(support.rung_at[RUNG_RED], before.rung_at[RUNG_RED]);
        ck_assert_uint_eq(world_settle(&w, id), 0);
        world_wait(&w, world_at("2026-03-06 10:00") - w.now_ms);
        world_new_days(&w, friday_too);
        ck_assert_uint_eq(world_settle(&w, id), 1);
        support = clock_of(id, DUTY_KIND_SUPPORT, CLOCK_KIND_SUPPORT);
        ck_assert_int_eq(support.budget_ms, 20 * (int64_t)HOUR_MS);
        ck_assert_int_eq(support.rung_at[RUNG_YELLOW], yellow == 1 ? w.now_ms : 0); /* it would have been on Wednesday */
    }
}
END_TEST

/* A due instant in a year that nobody has said yet is provisional until somebody has, also where it stays. */
START_TEST(what_is_provisional_is_so_until_the_year_is_known)
{
    static const char *const known[] = {"2026-01-01 holiday", "2027-06-01 holiday", NULL};
    w.now_ms = world_at("2026-12-28 10:00");
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_new_days(&w, days_2026); /* nothing new */
    ck_assert_uint_eq(world_settle(&w, id), 0);
    world_new_days(&w, known);
    world_settle(&w, id);
    ck_assert_int_eq(handle_of(id).due_at, world_at("2027-01-04 10:00"));
    ck_assert_uint_eq(handle_of(id).provisional, 0);
}
END_TEST

/* The follow-up says no after the citizen's due instant: the clock runs on late, and another set has nothing to say to that. */
START_TEST(a_citizens_clock_that_runs_on_late_keeps_its_budget)
{
    w.now_ms = world_at("2026-03-02 10:00");
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_wait(&w, world_at("2026-03-06 10:00") - w.now_ms);
    world_answer(&w, id);
    world_wait(&w, world_at("2026-03-10 10:00") - w.now_ms);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_NO, SAID_SATISFIED_NO), REFUSAL_NONE);
    ck_assert_int_eq(world_clock(&w, id, 0, CLOCK_KIND_TOTAL).due_at, world_at("2026-03-09 10:00"));
    world_adopt(&w);
    ck_assert_uint_eq(world_settle(&w, id), 0);
    ck_assert_int_eq(world_clock(&w, id, 0, CLOCK_KIND_TOTAL).budget_ms, 35 * (int64_t)HOUR_MS);
}
END_TEST

/* --- units ----------------------------------------------------------------------------------------------------------------------
 */

START_TEST(duties_of_a_retired_unit_go_to_its_successor)
{
    uint64_t id = world_submit(&w, "PIPE", "S1"); /* DA leads */
    int64_t due = handle_of(id).due_at;
    w.units[2].successor = 3; /* DA -> DB */
    world_adopt(&w);
    ck_assert_uint_gt(world_settle(&w, id), 0);
    struct case_row c = world_case(&w, id);
    ck_assert(code_equal(&c.lead, &(struct code){"DB"}));
    ck_assert(code_equal(&c.lead_acct, &(struct code){"DB"}));
    struct duty_row lead = world_duty(&w, id, DUTY_KIND_LEAD);
    ck_assert(code_equal(&lead.unit, &(struct code){"DB"}));
    ck_assert_int_eq(lead.state, DUTY_STATE_OFFERED); /* as it was */
    struct clock_row handle = handle_of(id);
    ck_assert(code_equal(&handle.unit, &(struct code){"DB"}));
    ck_assert(code_equal(&handle.acct, &(struct code){"DB"}));
    ck_assert_int_eq(handle.due_at, due);
    struct clock_row total;
    ck_assert(tables_get(&w.tables, ROW_CLOCK, c.total_clock, &total));
    ck_assert(code_equal(&total.acct, &(struct code){"DB"}));
    ck_assert_uint_eq(world_settle(&w, id), 0);
    uint64_t inbox[4];
    ck_assert_uint_eq(store_inbox(w.store, &(struct code){"DA"}, 0, 0, inbox, 4), 0);
    ck_assert_uint_eq(store_inbox(w.store, &(struct code){"DB"}, 0, 0, inbox, 4), 1);
    world_answer(&w, id);
}
END_TEST

/* What a unit had finished before it was retired comes back to its successor. */
START_TEST(what_is_sent_back_or_reopened_goes_to_the_successor)
{
    uint64_t called = world_submit(&w, "ROAD", "S1"), closed = world_submit(&w, "PIPE", "S1"); /* DA leads the second */
    world_call(&w, called, "DA");
    world_finish(&w, called, FINISH_CODE_SOLVED);
    world_answer(&w, closed);
    ck_assert_int_eq(world_followup(&w, closed, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    w.units[2].successor = 3; /* DA -> DB */
    world_adopt(&w);
    world_settle(&w, called);
    world_settle(&w, closed);
    ck_assert_int_eq(world_rate(&w, called, false), REFUSAL_NONE);
    struct duty_row respond = world_duty(&w, called, DUTY_KIND_RESPOND);
    struct clock_row clock;
    uint64_t inbox[4];
    ck_assert_int_eq(respond.state, DUTY_STATE_SIGNED);
    ck_assert(code_equal(&respond.unit, &(struct code){"DB"}));
    ck_assert_uint_eq(store_inbox(w.store, &(struct code){"DA"}, 0, 0, inbox, 4), 0);
    for (uint64_t id = world_case(&w, called).clock_last; id != 0; id = clock.prev_of_case) {
        ck_assert(tables_get(&w.tables, ROW_CLOCK, id, &clock));
        ck_assert(clock.state != CLOCK_STATE_RUNNING || !code_equal(&clock.unit, &(struct code){"DA"}));
    }
    struct command reopen = {.type = COMMAND_REOPEN};
    reopen.body.reopen.case_id = closed;
    reopen.body.reopen.reason = text_of("water again");
    ck_assert_int_eq(world_do(&w, &reopen), REFUSAL_NONE);
    ck_assert(tables_get(&w.tables, ROW_CLOCK, world_case(&w, closed).total_clock, &clock));
    ck_assert_int_eq(clock.state, CLOCK_STATE_RUNNING);
    ck_assert(code_equal(&clock.unit, &(struct code){"DB"}));
    ck_assert(code_equal(&clock.acct, &(struct code){"DB"}));
    ck_assert_uint_eq(world_settle(&w, called), 0);
    ck_assert_uint_eq(world_settle(&w, closed), 0);
}
END_TEST

/* By the successor's calendar from then on: it works day and night. */
START_TEST(a_successor_works_by_its_own_calendar)
{
    w.now_ms = world_at("2026-03-02 10:00");
    uint64_t id = world_submit(&w, "PIPE", "S1"); /* DA leads */
    w.units[2].successor = 7;                     /* DA -> UT */
    world_adopt(&w);
    world_settle(&w, id);
    for (uint32_t i = 0; i < w.verdict->count; i++) {
        const struct record *record = &w.verdict->records[i];
        ck_assert(record->type != RECORD_CLOCK_DUE_MOVED || record->body.clock_due_moved.why == CLOCK_WHY_UNIT_RETIRED);
    }
    struct clock_row handle = handle_of(id);
    ck_assert_int_eq(handle.due_at, world_at("2026-03-07 10:00"));
    ck_assert_int_eq(handle.rung_at[RUNG_YELLOW], world_at("2026-03-06 10:00"));
    ck_assert_str_eq(calendar_of(&handle), CALENDAR_BUILT_IN);
}
END_TEST

START_TEST(a_support_that_is_retired_leaves_the_lead_alone)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    w.units[3].successor = 2; /* DB -> DA */
    world_adopt(&w);
    world_settle(&w, id);
    ck_assert_str_eq(world_duty(&w, id, DUTY_KIND_SUPPORT).unit.s, "DA");
    ck_assert_str_eq(world_case(&w, id).lead.s, "S1");
    ck_assert_str_eq(world_clock(&w, id, 0, CLOCK_KIND_TOTAL).unit.s, "S1");
}
END_TEST

START_TEST(an_old_code_means_the_successor)
{
    w.units[6].successor = 5; /* S2 -> S1 */
    w.units[2].successor = 3; /* DA -> DB */
    uint64_t id = world_submit(&w, "ROAD", "S2");
    struct case_row c = world_case(&w, id);
    ck_assert(code_equal(&c.lead, &(struct code){"S1"}));
    ck_assert(code_equal(&c.dims.place, &(struct code){"S1"}));
    id = world_submit(&w, "LAMP", "S1");
    struct command route = {.type = COMMAND_ROUTE};
    route.body.route.case_id = id;
    route.body.route.unit = code_of("DA");
    route.body.route.reason = text_of("no row fits");
    ck_assert_int_eq(world_do(&w, &route), REFUSAL_NONE);
    c = world_case(&w, id);
    ck_assert(code_equal(&c.lead, &(struct code){"DB"}));
}
END_TEST

static enum refusal sign_as(const char *unit, uint64_t case_id)
{
    struct command sign = {.type = COMMAND_SIGN};
    sign.body.sign.case_id = case_id;
    sign.body.sign.duty_id = world_case(&w, case_id).lead_duty;
    w.unit = code_of(unit);
    return world_judge(&w, &sign);
}

START_TEST(a_deputy_acts_for_its_unit_and_nobody_else_does)
{
    uint64_t id = world_submit(&w, "PIPE", "S1"); /* DA leads */
    ck_assert_int_eq(sign_as("DB", id), REFUSAL_NOT_FOUND);
    w.units[2].deputy = 3;
    ck_assert_int_eq(sign_as("DB", id), REFUSAL_NONE);
    ck_assert_int_eq(sign_as("UT", id), REFUSAL_NOT_FOUND);
    ck_assert_int_eq(sign_as("DA", id), REFUSAL_NONE);
}
END_TEST

START_TEST(who_sent_a_station_acts_for_it)
{
    /* C1 stands under S1; as a station sent by DB it answers to both. */
    uint64_t id = world_submit(&w, "LAMP", "G1");
    ck_assert_int_eq(sign_as("DB", id), REFUSAL_NOT_FOUND);
    w.units[0].seconded_by = 3;
    ck_assert_int_eq(sign_as("DB", id), REFUSAL_NONE);
    ck_assert_int_eq(sign_as("S1", id), REFUSAL_NONE);
    ck_assert_int_eq(sign_as("DA", id), REFUSAL_NOT_FOUND);
}
END_TEST

START_TEST(a_key_sees_to_its_matters_alone)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    w.actor_matters.count = 2;
    w.actor_matters.at[0] = code_of("LAMP");
    w.actor_matters.at[1] = code_of("RO");
    w.actor_matters.at[1].s[2] = '*';
    ck_assert_int_eq(sign_as("DA", id), REFUSAL_NOT_FOUND); /* not seen in a query either */
    ck_assert_int_eq(sign_as("DB", id), REFUSAL_NOT_FOUND);
    w.unit = code_of("D1");
    struct command submit = {.type = COMMAND_SUBMIT};
    submit.body.submit.place = code_of("S1");
    submit.body.submit.title = text_of("T");
    submit.body.submit.anonymous = true;
    submit.body.submit.matter = code_of("PIPE");
    ck_assert_int_eq(world_judge(&w, &submit), REFUSAL_NO_MATTER);
    ck_assert_str_eq(w.verdict->field, "matter");
    submit.body.submit.matter = code_of("ROAD");
    ck_assert_int_eq(world_judge(&w, &submit), REFUSAL_NONE);
    submit.body.submit.matter = code_of("LAMP");
    ck_assert_int_eq(world_judge(&w, &submit), REFUSAL_NONE);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_new_year_settles_provisional_dues},
                                       {the_citizens_clock_moves_too},
                                       {natural_time_and_what_is_closed_stay},
                                       {what_is_late_stays_late},
                                       {no_due_instant_moves_into_the_past},
                                       {a_support_stays_within_its_lead},
                                       {a_support_in_an_office_stays_within_a_lead_that_works_day_and_night},
                                       {a_support_that_works_day_and_night_is_due_by_its_own_days},
                                       {natural_time_keeps_its_budget},
                                       {a_holiday_moves_each_clock_once},
                                       {a_clock_that_has_moved_counts_on},
                                       {this_instant_is_not_the_past},
                                       {after_the_answer_nothing_moves},
                                       {a_called_unit_is_not_bound_by_the_lead},
                                       {a_support_that_is_due_earlier_stays_earlier},
                                       {a_support_that_is_cut_has_less_time_with_a_holiday},
                                       {what_is_provisional_is_so_until_the_year_is_known},
                                       {a_citizens_clock_that_runs_on_late_keeps_its_budget},
                                       {a_successor_works_by_its_own_calendar},
                                       {a_support_that_is_retired_leaves_the_lead_alone},
                                       {duties_of_a_retired_unit_go_to_its_successor},
                                       {what_is_sent_back_or_reopened_goes_to_the_successor},
                                       {an_old_code_means_the_successor},
                                       {a_deputy_acts_for_its_unit_and_nobody_else_does},
                                       {who_sent_a_station_acts_for_it},
                                       {a_key_sees_to_its_matters_alone}};
    return suite_run(
        &(struct suite){.name = "settle", .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
