/* test_awaiting.c - awaiting_call 等待被呼叫单位: a late called unit moves the lead's due instant. As transcripts */
#include "tests/core/transcript.h"

#define DAYS(n) ((n) * (int64_t)DAY_MS)

static int64_t begun; /* when the case came in */

/* 华山街道 leads, with five days; it calls 供电所, which has three days to come and ten to finish. */
static uint64_t the_streets_case(void)
{
    case_of("ROAD", "华山街道");
    begun = w.now_ms;
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(dispatches("供电所"), "ok");
    SAYS(plainly("供电所", COMMAND_SIGN), "ok");
    return world_case(&w, id).handle_clock;
}

static struct clock_row handle(void)
{
    struct clock_row clock;
    ck_assert(tables_get(&w.tables, ROW_CLOCK, world_case(&w, id).handle_clock, &clock));
    return clock;
}

static void wait_until(int64_t at_ms)
{
    world_wait(&w, begun + at_ms - w.now_ms);
}

static void expect_due(int64_t due_ms, int64_t awaited_ms)
{
    struct clock_row clock = handle();
    ck_assert_int_eq(clock.due_at - begun, due_ms);
    ck_assert_int_eq(clock.awaited_ms, awaited_ms);
    ck_assert_int_eq(clock.budget_ms, due_ms);
    ck_assert_int_eq(clock.rung_at[RUNG_RED], clock.due_at + 1);
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_LEAD).due_at, clock.due_at);
}

START_TEST(a_late_arrival_moves_the_streets_due)
{
    the_streets_case();
    wait_until(DAYS(4) + HOUR_MS);
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    const struct record *moved = world_record(&w, RECORD_CLOCK_DUE_MOVED);
    ck_assert_int_eq(moved->body.clock_due_moved.why, CLOCK_WHY_AWAITING_CALL);
    ck_assert_str_eq(moved->body.clock_due_moved.awaited.s, "UT");
    ck_assert_str_eq(moved->head.unit.s, "S1");
    ck_assert_int_eq(moved->body.clock_due_moved.awaited_ms, DAYS(1) + HOUR_MS);
    expect_due(DAYS(6) + HOUR_MS, DAYS(1) + HOUR_MS);
    wait_until(DAYS(6));
    SAYS(finishes("供电所", FINISH_CODE_SOLVED), "ok");
    SAYS(rates("华山街道", 4), "ok");
    SAYS(answers("华山街道"), "ok"); /* a day later than it would have had to, and in time */
    ck_assert_int_eq(handle().in_time, 1);
    ck_assert_int_eq(world_count(&w, METRIC_ON_TIME_RATE).num, 1);
}
END_TEST

START_TEST(who_comes_in_time_moves_nothing)
{
    the_streets_case();
    wait_until(DAYS(3));
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    expect_due(DAYS(5), 0);
    wait_until(DAYS(5) + 1);
    ck_assert_int_eq(handle().fired & (1 << RUNG_RED), 1 << RUNG_RED);
}
END_TEST

/* Nobody comes: at each due instant what is missed so far, in all as much again as the lead had; then it is red. */
START_TEST(at_the_due_instant_before_it_is_red)
{
    the_streets_case();
    wait_until(DAYS(5) + 1);
    ck_assert_int_eq(handle().fired & (1 << RUNG_RED), 0);
    expect_due(DAYS(7), DAYS(2));
    wait_until(DAYS(7) + 1);
    expect_due(DAYS(9), DAYS(4));
    wait_until(DAYS(9) + 1);
    expect_due(DAYS(10), DAYS(5));
    ck_assert_uint_eq(world_count(&w, METRIC_ON_TIME_RATE).den, 0);
    wait_until(DAYS(10));
    ck_assert_int_eq(handle().fired & (1 << RUNG_RED), 0);
    wait_until(DAYS(10) + 1);
    expect_due(DAYS(10), DAYS(5));
    ck_assert_int_eq(handle().fired & (1 << RUNG_RED), 1 << RUNG_RED);
    ck_assert_uint_eq(world_count(&w, METRIC_ON_TIME_RATE).den, 1);
    wait_until(DAYS(12));
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok"); /* red, nothing is given any more */
    expect_due(DAYS(10), DAYS(5));
}
END_TEST

/* An hour late gives a day, once: what was given before it was needed is counted against the next. */
START_TEST(a_step_is_at_least_a_day)
{
    w.district.policy.call_finish = (struct span){TIME_KIND_NATURAL, DAYS(4)};
    the_streets_case();
    wait_until(DAYS(3) + HOUR_MS);
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    expect_due(DAYS(6), DAYS(1));
    wait_until(DAYS(4) + 22 * HOUR_MS);
    SAYS(finishes("供电所", FINISH_CODE_SOLVED), "ok"); /* late again; 23 hours in all are less than the day */
    expect_due(DAYS(6), DAYS(1));

    the_streets_case();
    wait_until(DAYS(3) + HOUR_MS);
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    wait_until(DAYS(5));
    SAYS(finishes("供电所", FINISH_CODE_SOLVED), "ok"); /* 25 hours in all */
    expect_due(DAYS(7), DAYS(2));
}
END_TEST

START_TEST(of_two_that_are_late_at_once_the_time_counts_once)
{
    case_of("ROAD", "华山街道");
    begun = w.now_ms;
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(dispatches_two("供电所", "区城管局", NULL), "ok");
    SAYS(plainly("供电所", COMMAND_SIGN), "ok");
    SAYS(plainly("区城管局", COMMAND_SIGN), "ok");
    wait_until(DAYS(4) + 12 * HOUR_MS);
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    expect_due(DAYS(6) + 12 * HOUR_MS, DAYS(1) + 12 * HOUR_MS);
    SAYS(plainly("区城管局", COMMAND_ARRIVE), "ok"); /* at the same time */
    expect_due(DAYS(6) + 12 * HOUR_MS, DAYS(1) + 12 * HOUR_MS);
}
END_TEST

/* Two calls, one after the other: the times lie apart, and both count. */
START_TEST(of_two_calls_both_count)
{
    w.district.policy.call_arrive = (struct span){TIME_KIND_NATURAL, DAYS(1)};
    the_streets_case();
    wait_until(DAYS(2));
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    expect_due(DAYS(6), DAYS(1));
    SAYS(whistles("华山街道", "区城管局"), "ok");
    SAYS(plainly("区城管局", COMMAND_SIGN), "ok");
    wait_until(DAYS(4) + 12 * HOUR_MS);
    SAYS(plainly("区城管局", COMMAND_ARRIVE), "ok");
    ck_assert_str_eq(world_record(&w, RECORD_CLOCK_DUE_MOVED)->body.clock_due_moved.awaited.s, "DA");
    expect_due(DAYS(7) + 12 * HOUR_MS, DAYS(2) + 12 * HOUR_MS);
}
END_TEST

START_TEST(who_is_taken_off_late_has_made_it_wait)
{
    the_streets_case();
    wait_until(DAYS(4) + 2 * HOUR_MS);
    SAYS(calls_off("华山街道", "供电所"), "ok");
    expect_due(DAYS(6) + 2 * HOUR_MS, DAYS(1) + 2 * HOUR_MS);
}
END_TEST

/* What is void has made nobody wait. */
START_TEST(what_is_withdrawn_gives_nothing)
{
    the_streets_case();
    wait_until(DAYS(4));
    SAYS(takes_back("华山街道"), "ok");
    expect_due(DAYS(5), 0);
    wait_until(DAYS(5) + 1);
    expect_due(DAYS(5), 0);
    ck_assert_int_eq(handle().fired & (1 << RUNG_RED), 1 << RUNG_RED);
}
END_TEST

START_TEST(nobody_gains_by_their_own_lateness)
{
    w.units[UNIT_UT].accountable = UNIT_S1;
    the_streets_case();
    wait_until(DAYS(4));
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    expect_due(DAYS(5), 0);
    wait_until(DAYS(5) + 1);
    ck_assert_int_eq(handle().fired & (1 << RUNG_RED), 1 << RUNG_RED);
}
END_TEST

START_TEST(a_red_lead_stays_red)
{
    w.district.policy.call_arrive = (struct span){TIME_KIND_NATURAL, DAYS(6)};
    the_streets_case();
    wait_until(DAYS(8));
    ck_assert_int_eq(handle().fired & (1 << RUNG_RED), 1 << RUNG_RED);
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    expect_due(DAYS(5), 0);
}
END_TEST

START_TEST(off_it_gives_nothing)
{
    w.district.policy.awaiting.amount = 0;
    the_streets_case();
    wait_until(DAYS(4));
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    expect_due(DAYS(5), 0);
    wait_until(DAYS(5) + 1);
    ck_assert_int_eq(handle().fired & (1 << RUNG_RED), 1 << RUNG_RED);
}
END_TEST

/* The department has answered; whoever comes after that moves nothing. */
START_TEST(an_answer_that_stands_is_not_moved)
{
    case_of("PIPE", "华山街道");
    begun = w.now_ms;
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(dispatches("供电所"), "ok");
    SAYS(plainly("供电所", COMMAND_SIGN), "ok");
    wait_until(DAYS(2));
    SAYS(answers("区城管局"), "ok");
    wait_until(DAYS(4));
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    ck_assert_uint_eq(world_records(&w, RECORD_CLOCK_DUE_MOVED), 0);
}
END_TEST

/* A new lead has waited since it leads, not before. */
START_TEST(a_new_lead_has_waited_since_it_leads)
{
    the_streets_case();
    wait_until(DAYS(4));
    struct command up = take_over(id, "DA");
    w.unit = code_of("D1");
    w.roles = role(ROLE_SUPERVISOR);
    taken(&up, RECORD_CASE_ROUTED);
    begun = w.now_ms;
    int64_t fresh = handle().due_at - begun;
    wait_until(DAYS(1) + 6 * HOUR_MS);
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    ck_assert_int_eq(handle().awaited_ms, DAYS(1) + 6 * HOUR_MS);
    ck_assert_int_eq(handle().due_at - begun, fresh + DAYS(1) + 6 * HOUR_MS);
}
END_TEST

/* In working time: a night does not make it late, and a working day is a step. */
START_TEST(in_the_leads_own_time)
{
    world_office(&w, (const char *const[]){"2026-05-01 holiday", NULL});
    w.district.policy.awaiting = (struct span){TIME_KIND_WORKING_DAYS, 1};
    w.now_ms = world_at("2026-03-02 09:00");
    the_streets_case();
    ck_assert_int_eq(clock_of(id, duty_of(id, DUTY_KIND_RESPOND), CLOCK_KIND_ARRIVE).due_at, world_at("2026-03-05 09:00"));
    ck_assert_int_eq(handle().due_at, world_at("2026-03-06 17:00"));
    world_wait(&w, world_at("2026-03-05 10:00") - w.now_ms); /* an hour of work late */
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    ck_assert_int_eq(handle().due_at, world_at("2026-03-09 17:00"));
    ck_assert_int_eq(handle().awaited_ms, 7 * HOUR_MS);
    ck_assert_int_eq(handle().budget_ms, 6 * 7 * HOUR_MS);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_late_arrival_moves_the_streets_due},
                                       {who_comes_in_time_moves_nothing},
                                       {at_the_due_instant_before_it_is_red},
                                       {a_step_is_at_least_a_day},
                                       {of_two_that_are_late_at_once_the_time_counts_once},
                                       {of_two_calls_both_count},
                                       {who_is_taken_off_late_has_made_it_wait},
                                       {what_is_withdrawn_gives_nothing},
                                       {nobody_gains_by_their_own_lateness},
                                       {a_red_lead_stays_red},
                                       {off_it_gives_nothing},
                                       {an_answer_that_stands_is_not_moved},
                                       {a_new_lead_has_waited_since_it_leads},
                                       {in_the_leads_own_time}};
    return suite_run(&(struct suite){
        .name = "awaiting", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
