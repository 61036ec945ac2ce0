/* test_clock.c - limits in working time: when a duty is due, what its clock has counted, where its rungs are. One story a test.
 *
 * The office works Monday to Friday 9-12 and 13-17: a working day has seven hours. The world begins on Monday 2026-03-02 at 09:00.
 */
#include "tests/core/world.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char *const days[] = {"2026-01-01 holiday", "2026-04-06 holiday", "2026-05-09 workday", NULL};

static struct world w;

static void setup(void)
{
    world_open(&w);
    world_office(&w, days);
}

static void teardown(void)
{
    world_close(&w);
}

static struct clock_row handle_of(uint64_t case_id)
{
    return world_clock(&w, case_id, world_case(&w, case_id).lead_duty, CLOCK_KIND_HANDLE);
}

static const struct {
    const char *received, *due, *yellow, *why;
    bool provisional;
} dues[] = {
    {"2026-03-02 09:00", "2026-03-06 17:00", "2026-03-05 17:00", "five whole days; 80 % of them are four", false},
    {"2026-03-02 10:00", "2026-03-09 10:00", "2026-03-06 10:00", "the same hour, five working days later", false},
    {"2026-03-02 12:30", "2026-03-09 12:00", "2026-03-06 12:00", "in the lunch break: the morning is behind it", false},
    {"2026-03-02 17:00", "2026-03-09 17:00", "2026-03-06 17:00", "work is over: from the next day on", false},
    {"2026-03-07 15:00", "2026-03-13 17:00", "2026-03-12 17:00", "Saturday: from Monday on", false},
    {"2026-04-03 09:00", "2026-04-10 17:00", "2026-04-09 17:00", "over a holiday on Monday", false},
    {"2026-05-08 10:00", "2026-05-14 10:00", "2026-05-13 10:00", "over a Saturday that is worked", false},
    {"2026-12-24 16:00", "2026-12-31 16:00", "2026-12-30 16:00", "to the last day of the last year that is known", false},
    {"2026-12-28 10:00", "2027-01-04 10:00", "2026-12-31 17:00", "into a year whose holidays nobody has said yet", true},
};

START_TEST(a_case_is_due_after_five_working_days)
{
    w.now_ms = world_at(dues[_i].received);
    struct clock_row handle = handle_of(world_submit(&w, "ROAD", "S1"));
    ck_assert_msg(handle.due_at == world_at(dues[_i].due), "%s: %s, due %lld ms after that", dues[_i].received, dues[_i].why,
                  (long long)(handle.due_at - world_at(dues[_i].due)));
    ck_assert_int_eq(handle.budget_ms, 35 * (int64_t)HOUR_MS);
    ck_assert_int_eq(handle.time_kind, TIME_KIND_WORKING_DAYS);
    ck_assert_uint_eq(handle.provisional, dues[_i].provisional);
    ck_assert_int_eq(handle.amount, 5);
    if (!dues[_i].provisional) {
        ck_assert_msg(handle.rung_at[RUNG_YELLOW] == world_at(dues[_i].yellow), "yellow %lld ms after that",
                      (long long)(handle.rung_at[RUNG_YELLOW] - world_at(dues[_i].yellow)));
    }
    ck_assert_int_eq(handle.rung_at[RUNG_RED], handle.due_at + 1);
}
END_TEST

START_TEST(yellow_may_be_hours_before_due)
{
    w.district.policy.rungs[RUNG_YELLOW] = (struct rung_policy){.on = true, .span = {TIME_KIND_WORKING_HOURS, 4 * HOUR_MS}};
    struct clock_row handle = handle_of(world_submit(&w, "ROAD", "S1")); /* due on Friday at 17:00 */
    ck_assert_int_eq(handle.rung_at[RUNG_YELLOW], world_at("2026-03-06 12:00"));
}
END_TEST

START_TEST(only_working_time_is_consumed)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_wait(&w, world_at("2026-03-03 10:30") - w.now_ms);
    world_answer(&w, id);
    struct clock_row handle = handle_of(id);
    ck_assert_int_eq(handle.consumed_ms, 8 * (int64_t)HOUR_MS + HOUR_MS / 2);
    ck_assert_int_eq(handle.duration_ms, handle.consumed_ms);
    ck_assert_int_eq(w.verdict->records[0].at_ms - handle.started_at, 25 * (int64_t)HOUR_MS + HOUR_MS / 2);
}
END_TEST

START_TEST(the_citizens_clock_counts_from_the_receipt_on)
{
    uint64_t id = world_submit(&w, "LAMP", "S1"); /* no row fits: the desk routes by hand */
    struct clock_row promised = world_clock(&w, id, 0, CLOCK_KIND_TOTAL);
    ck_assert_int_eq(promised.due_at, world_at("2026-03-06 17:00")); /* by the policy, until the first route */
    ck_assert_int_eq(promised.rung_at[RUNG_YELLOW], world_at("2026-03-05 17:00"));
    ck_assert_int_eq(promised.rung_at[RUNG_RED], promised.due_at + 1);
    ck_assert(promised.provisional);
    ck_assert_int_eq(world_clock(&w, id, 0, CLOCK_KIND_ROUTE).due_at, world_at("2026-03-02 10:00"));
    world_wait(&w, world_at("2026-03-03 11:00") - w.now_ms);
    struct command route = {.type = COMMAND_ROUTE};
    route.body.route.case_id = id;
    route.body.route.unit = code_of("DA");
    route.body.route.reason = text_of("no row fits");
    ck_assert_int_eq(world_do(&w, &route), REFUSAL_NONE);
    ck_assert_int_eq(handle_of(id).due_at, world_at("2026-03-10 11:00"));
    ck_assert_int_eq(handle_of(id).rung_at[RUNG_YELLOW], world_at("2026-03-09 11:00"));
    struct clock_row total = world_clock(&w, id, 0, CLOCK_KIND_TOTAL);
    ck_assert_int_eq(total.due_at, world_at("2026-03-06 17:00"));
    ck_assert_int_eq(total.rung_at[RUNG_YELLOW], world_at("2026-03-05 17:00"));
    ck_assert_int_eq(total.from_at, total.started_at);
}
END_TEST

START_TEST(a_utility_works_day_and_night)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    struct duty_row respond = world_duty(&w, id, DUTY_KIND_RESPOND);
    w.now_ms = world_at("2026-03-06 18:00");
    /* 3 and 10 days of 24 hours by its own calendar, from 09:00 on */
    ck_assert_int_eq(world_clock(&w, id, respond.duty_id, CLOCK_KIND_ARRIVE).due_at, world_at("2026-03-05 09:00"));
    ck_assert_int_eq(world_clock(&w, id, respond.duty_id, CLOCK_KIND_FINISH).due_at, world_at("2026-03-12 09:00"));
}
END_TEST

START_TEST(who_takes_over_has_half_of_the_days_rounded_up)
{
    uint64_t id = world_submit(&w, "LAMP", "G1");
    world_wait(&w, world_at("2026-03-06 17:01") - w.now_ms); /* the community is late at 17:00 */
    struct clock_row handle = handle_of(id);
    ck_assert_int_eq(handle.source, LIMIT_SOURCE_HALF);
    ck_assert_int_eq(handle.amount, 3);
    ck_assert_int_eq(handle.due_at, world_at("2026-03-11 17:00"));
    struct duty_row support = world_duty(&w, id, DUTY_KIND_SUPPORT);
    ck_assert_int_eq(world_clock(&w, id, support.duty_id, CLOCK_KIND_SUPPORT).due_at, handle.due_at);
}
END_TEST

START_TEST(a_support_is_never_due_after_the_lead)
{
    w.units[3].calendar = 1; /* DB */
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct duty_row duty = world_duty(&w, id, DUTY_KIND_SUPPORT);
    struct clock_row support = world_clock(&w, id, duty.duty_id, CLOCK_KIND_SUPPORT);
    ck_assert_int_eq(support.due_at, handle_of(id).due_at);
    w.units[5].calendar = 0; /* the street works day and night: its five days are over on Saturday, the office's only on Monday */
    w.now_ms = world_at("2026-03-02 10:00");
    id = world_submit(&w, "ROAD", "S1");
    duty = world_duty(&w, id, DUTY_KIND_SUPPORT);
    support = world_clock(&w, id, duty.duty_id, CLOCK_KIND_SUPPORT);
    ck_assert_int_eq(handle_of(id).due_at, world_at("2026-03-07 10:00"));
    ck_assert_int_eq(support.due_at, handle_of(id).due_at);
}
END_TEST

START_TEST(a_send_back_leaves_what_was_left_and_at_least_a_day)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "DA"); /* on the list: dispatched at once; 10 whole working days, to Friday the 13th */
    struct duty_row respond = world_duty(&w, id, DUTY_KIND_RESPOND);
    ck_assert_int_eq(world_clock(&w, id, respond.duty_id, CLOCK_KIND_FINISH).due_at, world_at("2026-03-13 17:00"));
    world_wait(&w, world_at("2026-03-06 16:00") - w.now_ms); /* 34 hours of work later */
    world_finish(&w, id, FINISH_CODE_PARTLY);
    world_wait(&w, world_at("2026-03-09 10:00") - w.now_ms); /* the caller waited two working hours over the weekend */
    ck_assert_int_eq(world_rate(&w, id, false), REFUSAL_NONE);
    const struct clock_due_moved_body *moved = &world_record(&w, RECORD_CLOCK_DUE_MOVED)->body.clock_due_moved;
    ck_assert_int_eq(moved->consumed_ms, 34 * (int64_t)HOUR_MS); /* the caller's wait is not the unit's */
    ck_assert_int_eq(moved->from_at, 0);                         /* what is left counts from this record on */
    struct clock_row finish = world_clock(&w, id, respond.duty_id, CLOCK_KIND_FINISH);
    ck_assert_int_eq(finish.state, CLOCK_STATE_RUNNING);
    ck_assert_int_eq(finish.due_at, world_at("2026-03-16 11:00"));
    ck_assert_int_eq(finish.budget_ms, 70 * (int64_t)HOUR_MS);
    ck_assert_int_eq(finish.consumed_ms, 34 * (int64_t)HOUR_MS);
}
END_TEST

START_TEST(a_send_back_at_the_last_hour_leaves_a_day)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "DA");
    struct duty_row respond = world_duty(&w, id, DUTY_KIND_RESPOND);
    world_wait(&w, world_at("2026-03-13 16:00") - w.now_ms);
    world_finish(&w, id, FINISH_CODE_PARTLY);
    world_wait(&w, world_at("2026-03-16 10:00") - w.now_ms);
    ck_assert_int_eq(world_rate(&w, id, false), REFUSAL_NONE);
    struct clock_row finish = world_clock(&w, id, respond.duty_id, CLOCK_KIND_FINISH);
    ck_assert_int_eq(finish.due_at, world_at("2026-03-17 10:00")); /* an hour was left, a working day is given */
    ck_assert_int_eq(finish.time_kind, TIME_KIND_WORKING_DAYS);
    ck_assert_int_eq(finish.budget_ms, (69 + 7) * (int64_t)HOUR_MS);
}
END_TEST

START_TEST(a_clock_quotes_its_calendar)
{
    struct clock_row handle = handle_of(world_submit(&w, "ROAD", "S1"));
    struct calendar_row calendar;
    ck_assert(tables_get(&w.tables, ROW_CALENDAR, handle.calendar, &calendar));
    ck_assert(code_equal(&calendar.name, &(struct code){"office"}));
    ck_assert_int_eq(memcmp(calendar.hash, w.calendars[1]->hash, sizeof(calendar.hash)), 0);
    ck_assert_int_eq(calendar.known_from_at, world_at("2026-01-01 00:00"));
    ck_assert_int_eq(calendar.known_until_at, world_at("2027-01-01 00:00"));
    ck_assert_int_eq(world_record(&w, RECORD_CLOCK_STARTED)->body.clock_started.from_at, 0); /* from its start on */
}
END_TEST

START_TEST(natural_time_needs_no_calendar)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "DA");
    struct clock_row sign = world_clock(&w, id, world_duty(&w, id, DUTY_KIND_RESPOND).duty_id, CLOCK_KIND_SIGN);
    ck_assert_int_eq(sign.time_kind, TIME_KIND_NATURAL);
    ck_assert_uint_eq(sign.calendar, 0);
}
END_TEST

/* Natural time that was left is natural time again, weekend or not. */
START_TEST(natural_time_that_was_left_is_natural)
{
    w.district.policy.handle[URGENCY_ORDINARY] = (struct span){TIME_KIND_NATURAL, 4 * (int64_t)DAY_MS};
    uint64_t id = world_submit(&w, "ROAD", "S1"); /* due on Friday at 09:00 */
    world_wait(&w, 3 * (int64_t)DAY_MS);
    world_answer(&w, id);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    world_wait(&w, world_at("2026-03-06 15:00") - w.now_ms);
    struct command reopen = {.type = COMMAND_REOPEN};
    reopen.body.reopen.case_id = id;
    reopen.body.reopen.reason = text_of("dark again");
    w.roles = world_role(ROLE_OPERATOR);
    ck_assert_int_eq(world_do(&w, &reopen), REFUSAL_NONE);
    ck_assert_int_eq(world_clock(&w, id, 0, CLOCK_KIND_TOTAL).due_at, world_at("2026-03-07 15:00"));
}
END_TEST

static struct command given_limit(int64_t limit_at)
{
    struct command submit = {.type = COMMAND_SUBMIT};
    submit.body.submit.matter = code_of("ROAD");
    submit.body.submit.place = code_of("S1");
    submit.body.submit.title = text_of("hole");
    submit.body.submit.reporter_phone = text_of("000-0001");
    submit.body.submit.given_limit = true;
    submit.body.submit.limit_at = limit_at;
    w.roles |= world_role(ROLE_IMPORTER);
    return submit;
}

/* A limit that the sender gave is so much natural time: yellow after 80 % of it. */
START_TEST(a_given_limit_is_natural_time)
{
    struct command submit = given_limit(w.now_ms + 5 * (int64_t)DAY_MS);
    ck_assert_int_eq(world_do(&w, &submit), REFUSAL_NONE);
    struct clock_row handle = handle_of(world_record(&w, RECORD_CASE_RECEIVED)->seq);
    ck_assert_int_eq(handle.budget_ms, 5 * (int64_t)DAY_MS);
    ck_assert_int_eq(handle.rung_at[RUNG_YELLOW], w.now_ms + 4 * (int64_t)DAY_MS);
}
END_TEST

/* Two clocks that are due at one instant turn yellow by what each of them counts up to it. */
START_TEST(each_clock_is_yellow_by_its_own_budget)
{
    int64_t received_at = w.now_ms, due_at = received_at + 10 * (int64_t)DAY_MS;
    struct command submit = given_limit(due_at), route = {.type = COMMAND_ROUTE};
    submit.body.submit.matter = code_of("LAMP"); /* no row fits */
    ck_assert_int_eq(world_do(&w, &submit), REFUSAL_NONE);
    uint64_t id = world_record(&w, RECORD_CASE_RECEIVED)->seq;
    world_wait(&w, 5 * (int64_t)DAY_MS);
    route.body.route.case_id = id;
    route.body.route.unit = code_of("DA");
    route.body.route.reason = text_of("no row fits");
    ck_assert_int_eq(world_do(&w, &route), REFUSAL_NONE);
    struct clock_row handle = handle_of(id), total = world_clock(&w, id, 0, CLOCK_KIND_TOTAL);
    ck_assert_int_eq(handle.due_at, due_at);
    ck_assert_int_eq(handle.rung_at[RUNG_YELLOW], due_at - DAY_MS);
    ck_assert_int_eq(total.due_at, due_at);
    ck_assert_int_eq(total.rung_at[RUNG_YELLOW], due_at - 2 * (int64_t)DAY_MS);
}
END_TEST

/* And what follows after it comes by the calendar of each clock's unit. */
START_TEST(each_clock_is_noticed_by_its_own_calendar)
{
    for (int urgency = 0; urgency < URGENCY_COUNT; urgency++) {
        w.district.policy.sign[urgency] = (struct span){0};
    }
    w.district.policy.rungs[RUNG_NOTICE].span = (struct span){TIME_KIND_WORKING_HOURS, 4 * HOUR_MS};
    w.units[3].calendar = 0;                                             /* DB works day and night */
    struct command submit = given_limit(w.now_ms + 5 * (int64_t)DAY_MS); /* Saturday at 09:00 */
    ck_assert_int_eq(world_do(&w, &submit), REFUSAL_NONE);
    uint64_t id = world_record(&w, RECORD_CASE_RECEIVED)->seq;
    struct duty_row duty = world_duty(&w, id, DUTY_KIND_SUPPORT);
    struct clock_row support = world_clock(&w, id, duty.duty_id, CLOCK_KIND_SUPPORT);
    ck_assert_int_eq(support.due_at, handle_of(id).due_at);
    ck_assert_int_eq(handle_of(id).rung_at[RUNG_NOTICE], world_at("2026-03-09 14:00"));
    ck_assert_int_eq(support.rung_at[RUNG_NOTICE], world_at("2026-03-07 13:00"));
}
END_TEST

/* The last instant of all time still comes. */
START_TEST(what_is_due_just_before_the_end_of_time_turns_red)
{
    struct command just = given_limit(INSTANT_MAX - 1), never = given_limit(INSTANT_MAX);
    ck_assert_int_eq(world_do(&w, &just), REFUSAL_NONE);
    ck_assert_int_eq(handle_of(world_record(&w, RECORD_CASE_RECEIVED)->seq).rung_at[RUNG_RED], INSTANT_MAX);
    ck_assert_int_eq(world_do(&w, &never), REFUSAL_NONE);
    ck_assert_int_eq(handle_of(world_record(&w, RECORD_CASE_RECEIVED)->seq).rung_at[RUNG_RED], 0);
}
END_TEST

/* --- what stops ------------------------------------------------------------------------------------------------------------------
 */

/* Lead and support of one case sign for themselves. */
START_TEST(who_signs_stops_their_own_clock)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t lead = world_duty(&w, id, DUTY_KIND_LEAD).duty_id, support = world_duty(&w, id, DUTY_KIND_SUPPORT).duty_id;
    world_act(&w, COMMAND_SIGN, id, lead);
    ck_assert_int_eq(world_clock(&w, id, lead, CLOCK_KIND_SIGN).state, CLOCK_STATE_STOPPED);
    ck_assert_int_eq(world_clock(&w, id, support, CLOCK_KIND_SIGN).state, CLOCK_STATE_RUNNING);
    world_act(&w, COMMAND_SIGN, id, support);
    ck_assert_int_eq(world_clock(&w, id, support, CLOCK_KIND_SIGN).state, CLOCK_STATE_STOPPED);
}
END_TEST

/* The citizen is reached a second time: that is recorded, and the clock that stands is not judged again. */
START_TEST(what_stands_is_not_stopped_again)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t lead = world_duty(&w, id, DUTY_KIND_LEAD).duty_id;
    world_act(&w, COMMAND_CONTACT, id, lead);
    ck_assert_uint_eq(world_records(&w, RECORD_CLOCK_STOPPED), 2); /* signature and contact */
    world_act(&w, COMMAND_CONTACT, id, lead);
    ck_assert_uint_eq(world_records(&w, RECORD_CONTACT_RECORDED), 1);
    ck_assert_uint_eq(world_records(&w, RECORD_CLOCK_STOPPED), 0);
}
END_TEST

/* Signed, contacted, then taken over: signature and contact stand as they are, void is what still ran, each once. */
START_TEST(a_take_over_ends_what_still_runs)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct clock_row handle = handle_of(id);
    world_act(&w, COMMAND_CONTACT, id, handle.duty_id);
    struct command take = {.type = COMMAND_TAKE_OVER};
    take.body.take_over.case_id = id;
    take.body.take_over.reason = text_of("too slow");
    ck_assert_int_eq(world_do(&w, &take), REFUSAL_NONE);
    ck_assert_uint_eq(world_records(&w, RECORD_CLOCK_STOPPED), 0);
    uint32_t ended = 0;
    for (uint32_t i = 0; i < w.verdict->count; i++) {
        if (w.verdict->records[i].type == RECORD_CLOCK_VOID) {
            ck_assert_uint_eq(w.verdict->records[i].head.duty_id, handle.duty_id);
            ended |= UINT32_C(1) << w.verdict->records[i].body.clock_void.clock;
        }
    }
    ck_assert_uint_eq(ended, (UINT32_C(1) << CLOCK_KIND_HANDLE) | (UINT32_C(1) << CLOCK_KIND_STAGE));
    ck_assert_uint_eq(world_records(&w, RECORD_CLOCK_VOID), 2);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_case_is_due_after_five_working_days, SUITE_COUNT(dues)},
                                       {yellow_may_be_hours_before_due},
                                       {only_working_time_is_consumed},
                                       {the_citizens_clock_counts_from_the_receipt_on},
                                       {a_utility_works_day_and_night},
                                       {who_takes_over_has_half_of_the_days_rounded_up},
                                       {a_support_is_never_due_after_the_lead},
                                       {a_send_back_leaves_what_was_left_and_at_least_a_day},
                                       {a_send_back_at_the_last_hour_leaves_a_day},
                                       {a_clock_quotes_its_calendar},
                                       {natural_time_needs_no_calendar},
                                       {natural_time_that_was_left_is_natural},
                                       {a_given_limit_is_natural_time},
                                       {each_clock_is_yellow_by_its_own_budget},
                                       {each_clock_is_noticed_by_its_own_calendar},
                                       {what_is_due_just_before_the_end_of_time_turns_red},
                                       {who_signs_stops_their_own_clock},
                                       {what_stands_is_not_stopped_again},
                                       {a_take_over_ends_what_still_runs}};
    return suite_run(
        &(struct suite){.name = "clock", .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
