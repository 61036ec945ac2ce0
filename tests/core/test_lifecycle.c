/* test_lifecycle.c - clocks, take-over, calls, rounds and figures, one story a test */
#include "base/number.h"
#include "tests/core/world.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct world w;

static void setup(void)
{
    world_open(&w);
}

static void teardown(void)
{
    world_close(&w);
}

static struct clock_row clock_of(uint64_t id)
{
    struct clock_row clock;
    ck_assert(tables_get(&w.tables, ROW_CLOCK, id, &clock));
    return clock;
}

static void expect_rate(enum metric metric, int64_t num, int64_t den)
{
    struct counter sum = world_count(&w, metric);
    ck_assert_msg(sum.num == num && sum.den == den, "%s: %lld of %lld, not %lld of %lld", enum_name(&metric_enum, metric),
                  (long long)sum.num, (long long)sum.den, (long long)num, (long long)den);
}

START_TEST(equal_to_due_is_in_time)
{
    uint64_t id = world_submit(&w, "LAMP", "S1"); /* no community on the way up: no row fits */
    ck_assert_int_eq(world_case(&w, id).state, CASE_STATE_RECEIVED);
    id = world_submit(&w, "ROAD", "S1");
    world_wait(&w, 5 * (int64_t)DAY_MS); /* to the very due instant */
    expect_rate(METRIC_ON_TIME_RATE, 0, 0);
    world_answer(&w, id);
    expect_rate(METRIC_ON_TIME_RATE, 1, 1);
    expect_rate(METRIC_CITIZEN_ON_TIME_RATE, 1, 1);
}
END_TEST

START_TEST(one_millisecond_after_due_is_late_once)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_wait(&w, 5 * (int64_t)DAY_MS + 1);
    expect_rate(METRIC_ON_TIME_RATE, 0, 1);                   /* overdue and open */
    ck_assert_uint_eq(world_case(&w, id).proposed_orders, 1); /* a street: supervise */
    world_answer(&w, id);
    expect_rate(METRIC_ON_TIME_RATE, 0, 1); /* judged once */
    expect_rate(METRIC_CITIZEN_ON_TIME_RATE, 0, 1);
    expect_rate(METRIC_DURATION, 0, 1);
}
END_TEST

START_TEST(a_late_community_is_taken_over_and_stays_as_support)
{
    uint64_t id = world_submit(&w, "LAMP", "G1");
    struct case_row c = world_case(&w, id);
    ck_assert(code_equal(&c.lead, &(struct code){"C1"}));
    world_wait(&w, 5 * (int64_t)DAY_MS + 1);
    c = world_case(&w, id);
    ck_assert(code_equal(&c.lead, &(struct code){"S1"}));
    ck_assert_int_eq(c.state, CASE_STATE_HANDLING);
    struct duty_row support = world_duty(&w, id, DUTY_KIND_SUPPORT);
    ck_assert(code_equal(&support.unit, &(struct code){"C1"}));
    ck_assert_int_eq(support.state, DUTY_STATE_OFFERED);
    struct clock_row handle = clock_of(c.handle_clock);
    ck_assert_int_eq(handle.source, LIMIT_SOURCE_HALF);
    ck_assert_int_eq(handle.budget_ms, 5 * (int64_t)DAY_MS / 2);
    expect_rate(METRIC_ON_TIME_RATE, 0, 1);
    world_answer(&w, id);
    expect_rate(METRIC_ON_TIME_RATE, 1, 2); /* the community's late item stands beside the street's */
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_SUPPORT).reason, DUTY_END_LEAD_ANSWERED);
}
END_TEST

START_TEST(a_call_never_pauses_the_caller)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct clock_row before = clock_of(world_case(&w, id).handle_clock);
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    world_wait(&w, 2 * (int64_t)DAY_MS);
    struct clock_row after = clock_of(world_case(&w, id).handle_clock);
    ck_assert_int_eq(after.due_at, before.due_at);
    ck_assert_int_eq(after.state, CLOCK_STATE_RUNNING);
    world_act(&w, COMMAND_CONTACT, id, world_duty(&w, id, DUTY_KIND_LEAD).duty_id);
    struct command answer = {.type = COMMAND_ANSWER};
    answer.body.answer.case_id = id;
    answer.body.answer.text = text_of("done");
    ck_assert_int_eq(world_do(&w, &answer), REFUSAL_CALL_OPEN);
    world_act(&w, COMMAND_CANCEL, id, world_duty(&w, id, DUTY_KIND_RESPOND).duty_id);
    ck_assert_int_eq(world_do(&w, &answer), REFUSAL_NONE);
    expect_rate(METRIC_CALL_ON_TIME_RATE, 0, 0);
    ck_assert_int_eq(world_count(&w, METRIC_CALL_ON_TIME_RATE).excluded[0], 1);
}
END_TEST

START_TEST(an_overdue_item_stands_when_its_respond_is_cancelled)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    world_wait(&w, 11 * (int64_t)DAY_MS);
    expect_rate(METRIC_CALL_ON_TIME_RATE, 0, 1);
    world_act(&w, COMMAND_CANCEL, id, world_duty(&w, id, DUTY_KIND_RESPOND).duty_id);
    expect_rate(METRIC_CALL_ON_TIME_RATE, 0, 1);
    struct call_row call;
    tables_get(&w.tables, ROW_CALL, world_case(&w, id).call_last, &call);
    ck_assert_int_eq(call.outcome, CALL_OUTCOME_WITHDRAWN);
}
END_TEST

START_TEST(a_call_is_withdrawn_only_before_anybody_came)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command withdraw = {.type = COMMAND_WITHDRAW_CALL};
    withdraw.body.withdraw_call.case_id = id;
    withdraw.body.withdraw_call.reason = text_of("the owner came by himself");
    ck_assert_int_eq(world_do(&w, &withdraw), REFUSAL_NOT_FOUND);
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    world_wait(&w, 11 * (int64_t)DAY_MS);
    expect_rate(METRIC_CALL_ON_TIME_RATE, 0, 1);
    w.unit = code_of("DA");
    ck_assert_int_eq(world_do(&w, &withdraw), REFUSAL_NOT_FOUND); /* what DA does not see is not there for it */
    w.unit = code_of("UT");
    ck_assert_int_eq(world_do(&w, &withdraw), REFUSAL_NOT_YOURS);
    w.unit = code_of("S1");
    ck_assert_int_eq(world_do(&w, &withdraw), REFUSAL_NONE);
    expect_rate(METRIC_CALL_ON_TIME_RATE, 0, 0); /* void for the unit, late as it was */
    ck_assert_int_eq(world_do(&w, &withdraw), REFUSAL_BAD_STATE);
    ck_assert_uint_eq(world_case(&w, id).open_calls, 0);
    w.unit = code_of("D1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    struct duty_row respond = world_duty(&w, id, DUTY_KIND_RESPOND);
    world_act(&w, COMMAND_SIGN, id, respond.duty_id);
    world_act(&w, COMMAND_ARRIVE, id, respond.duty_id);
    ck_assert_int_eq(world_do(&w, &withdraw), REFUSAL_ARRIVED);
}
END_TEST

START_TEST(rated_no_goes_back_once_and_the_wait_does_not_count)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    world_wait(&w, DAY_MS);
    world_finish(&w, id, FINISH_CODE_SOLVED);
    expect_rate(METRIC_CALL_ON_TIME_RATE, 1, 1);
    world_wait(&w, 2 * (int64_t)DAY_MS); /* the caller thinks about it */
    ck_assert_int_eq(world_rate(&w, id, false), REFUSAL_NONE);
    expect_rate(METRIC_CALL_ON_TIME_RATE, 0, 0); /* the stop is taken back */
    struct duty_row respond = world_duty(&w, id, DUTY_KIND_RESPOND);
    ck_assert_int_eq(respond.state, DUTY_STATE_SIGNED);
    struct clock_row finish = clock_of(respond.main_clock);
    ck_assert_int_eq(finish.due_at, respond.offered_at + 12 * (int64_t)DAY_MS); /* ten days and the two of the wait */
    ck_assert_int_eq(finish.consumed_ms, DAY_MS);
    world_finish(&w, id, FINISH_CODE_SOLVED);
    ck_assert_int_eq(world_rate(&w, id, false), REFUSAL_NONE); /* the second no ends it */
    struct call_row call;
    tables_get(&w.tables, ROW_CALL, world_case(&w, id).call_last, &call);
    ck_assert_int_eq(call.state, CALL_STATE_CLOSED);
    ck_assert_int_eq(call.outcome, CALL_OUTCOME_UNSOLVED);
    expect_rate(METRIC_CALL_ON_TIME_RATE, 1, 1);
}
END_TEST

START_TEST(a_late_finish_stays_late_when_sent_back)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    world_wait(&w, 10 * (int64_t)DAY_MS + 1);
    world_finish(&w, id, FINISH_CODE_SOLVED);
    world_wait(&w, DAY_MS);
    ck_assert_int_eq(world_rate(&w, id, false), REFUSAL_NONE);
    expect_rate(METRIC_CALL_ON_TIME_RATE, 0, 1);
    struct duty_row respond = world_duty(&w, id, DUTY_KIND_RESPOND);
    struct clock_row finish = clock_of(respond.main_clock);
    ck_assert_int_eq(finish.due_at, respond.offered_at + 10 * (int64_t)DAY_MS); /* lateness never becomes time */
    world_finish(&w, id, FINISH_CODE_SOLVED);
    ck_assert_int_eq(world_rate(&w, id, true), REFUSAL_NONE);
    expect_rate(METRIC_CALL_ON_TIME_RATE, 0, 1);
}
END_TEST

START_TEST(not_solved_brings_the_next_round_and_the_last_goes_to_the_desk)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_answer(&w, id);
    expect_rate(METRIC_CITIZEN_ON_TIME_RATE, 1, 1);
    int64_t due = clock_of(world_case(&w, id).total_clock).due_at;
    world_wait(&w, DAY_MS);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_NO, SAID_SATISFIED_NO), REFUSAL_NONE);
    struct case_row c = world_case(&w, id);
    ck_assert_int_eq(clock_of(c.total_clock).due_at, due); /* the wait is put back as counted */
    ck_assert_int_eq(clock_of(c.total_clock).consumed_ms, DAY_MS);
    ck_assert_int_eq(c.state, CASE_STATE_HANDLING);
    ck_assert_uint_eq(c.round, 2);
    ck_assert(code_equal(&c.lead, &(struct code){"S1"}));
    ck_assert_int_eq(clock_of(c.handle_clock).budget_ms, 3 * (int64_t)DAY_MS);
    expect_rate(METRIC_CITIZEN_ON_TIME_RATE, 0, 0); /* runs again, the interval counted */
    expect_rate(METRIC_ON_TIME_RATE, 1, 1);         /* round 1 stands */
    world_answer(&w, id);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_NO, SAID_SATISFIED_NO), REFUSAL_NONE);
    c = world_case(&w, id);
    ck_assert_uint_eq(c.round, 3);
    ck_assert(code_equal(&c.lead, &(struct code){"D1"}));
    world_answer(&w, id);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_NO, SAID_SATISFIED_BASICALLY), REFUSAL_NONE);
    ck_assert_int_eq(world_record(&w, RECORD_ORDER_PROPOSED)->body.order_proposed.order_kind, ORDER_KIND_ROUNDS);
    c = world_case(&w, id);
    ck_assert_int_eq(c.state, CASE_STATE_CLOSED);
    ck_assert_int_eq(c.disposition, DISPOSITION_EXPLAINED);
    expect_rate(METRIC_SATISFIED_RATE, 900, 3);
    expect_rate(METRIC_SOLVED_RATE, 0, 3);
    expect_rate(METRIC_RESPONSE_RATE, 3, 3);
    expect_rate(METRIC_ANSWERED_RATE, 1, 1);
    expect_rate(METRIC_CLOSED_RATE, 1, 1);
}
END_TEST

START_TEST(the_citizen_who_comes_later_is_not_charged)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_wait(&w, DAY_MS);
    world_answer(&w, id);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    int64_t due = clock_of(world_case(&w, id).total_clock).due_at;
    world_wait(&w, 10 * (int64_t)DAY_MS);
    struct command reopen = {.type = COMMAND_REOPEN};
    reopen.body.reopen.case_id = id;
    reopen.body.reopen.reason = text_of("dark again");
    w.roles &= ~(UINT32_C(1) << ROLE_SUPERVISOR);
    ck_assert_int_eq(world_do(&w, &reopen), REFUSAL_NONE);
    ck_assert_int_eq(clock_of(world_case(&w, id).total_clock).due_at, due + 10 * (int64_t)DAY_MS);
    expect_rate(METRIC_CLOSED_RATE, 0, 1);
    world_answer(&w, id);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    world_wait(&w, 16 * (int64_t)DAY_MS);
    ck_assert_int_eq(world_do(&w, &reopen), REFUSAL_WINDOW);
}
END_TEST

START_TEST(three_attempts_on_two_days_make_unreachable)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_answer(&w, id);
    struct command attempt = {.type = COMMAND_NOTE_ATTEMPT};
    attempt.body.note_attempt.case_id = id;
    ck_assert_int_eq(world_do(&w, &attempt), REFUSAL_SELF_DECISION);
    w.actor = "asker";
    ck_assert_int_eq(world_do(&w, &attempt), REFUSAL_NONE);
    ck_assert_int_eq(world_do(&w, &attempt), REFUSAL_TOO_SOON);
    world_wait(&w, 4 * (int64_t)HOUR_MS); /* 13:00, afternoon */
    ck_assert_int_eq(world_do(&w, &attempt), REFUSAL_NONE);
    ck_assert_int_eq(world_case(&w, id).state, CASE_STATE_ANSWERED);
    world_wait(&w, DAY_MS);
    ck_assert_int_eq(world_do(&w, &attempt), REFUSAL_NONE);
    ck_assert_int_eq(world_case(&w, id).disposition, DISPOSITION_UNREACHABLE);
    expect_rate(METRIC_SOLVED_RATE, 0, 0);
    ck_assert_int_eq(world_count(&w, METRIC_SOLVED_RATE).excluded[0], 1);
}
END_TEST

START_TEST(two_attempts_on_one_day_are_not_enough)
{
    w.district.policy.followup_attempts = 2;
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_answer(&w, id);
    struct command attempt = {.type = COMMAND_NOTE_ATTEMPT};
    attempt.body.note_attempt.case_id = id;
    w.actor = "asker";
    ck_assert_int_eq(world_do(&w, &attempt), REFUSAL_NONE);
    world_wait(&w, 4 * (int64_t)HOUR_MS);
    ck_assert_int_eq(world_do(&w, &attempt), REFUSAL_NONE);
    ck_assert_int_eq(world_case(&w, id).state, CASE_STATE_ANSWERED);
    world_wait(&w, DAY_MS);
    ck_assert_int_eq(world_do(&w, &attempt), REFUSAL_NONE);
    ck_assert_int_eq(world_case(&w, id).state, CASE_STATE_CLOSED);
}
END_TEST

START_TEST(the_citizens_limit_runs_from_received)
{
    uint64_t id = world_submit(&w, "unknown", "S1");
    int64_t received = w.now_ms;
    struct clock_row total = clock_of(world_case(&w, id).total_clock);
    ck_assert_int_eq(total.due_at, received + 5 * (int64_t)DAY_MS); /* by the policy, until the first route */
    ck_assert(total.provisional);
    world_wait(&w, 2 * (int64_t)HOUR_MS);
    struct command route = {.type = COMMAND_ROUTE};
    route.body.route.case_id = id;
    route.body.route.unit = code_of("DA");
    route.body.route.reason = text_of("no row fits");
    ck_assert_int_eq(world_do(&w, &route), REFUSAL_NONE);
    total = clock_of(total.clock_id);
    ck_assert_int_eq(total.due_at, received + 5 * (int64_t)DAY_MS);
    ck_assert(!total.provisional);
    ck_assert(code_equal(&total.acct, &(struct code){"DA"}));
    struct clock_row handle = clock_of(world_case(&w, id).handle_clock);
    ck_assert_int_eq(handle.due_at, w.now_ms + 5 * (int64_t)DAY_MS);
}
END_TEST

START_TEST(what_is_due_on_a_case_comes_before_a_command_on_it)
{
    uint64_t id = world_submit(&w, "ROAD", "S1"), clock = 0, duty = 0;
    uint64_t lead = world_duty(&w, id, DUTY_KIND_LEAD).duty_id;
    int64_t at = 0;
    world_act(&w, COMMAND_CLAIM, id, lead);
    ck_assert(!core_case_due(&w.tables, id, w.now_ms, &at, &clock, &duty));
    ck_assert(core_case_due(&w.tables, id, w.now_ms + HOUR_MS, &at, &clock, &duty));
    ck_assert_int_eq(at, w.now_ms + HOUR_MS / 2); /* the claim lapses first */
    ck_assert_uint_eq(duty, lead);
    ck_assert_uint_eq(clock, 0);
    world_act(&w, COMMAND_RELEASE, id, lead);
    ck_assert(core_case_due(&w.tables, id, w.now_ms + 2 * (int64_t)DAY_MS, &at, &clock, &duty));
    ck_assert_uint_eq(duty, 0);
    ck_assert_int_eq(clock_of(clock).kind, CLOCK_KIND_SIGN);
    ck_assert_int_eq(at, w.now_ms + (int64_t)DAY_MS * 4 / 5);
}
END_TEST

START_TEST(each_rung_fires_once_at_its_own_instant)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    int64_t start = w.now_ms;
    struct clock_row handle = clock_of(world_case(&w, id).handle_clock);
    ck_assert_int_eq(handle.rung_at[RUNG_YELLOW], start + 4 * (int64_t)DAY_MS);
    ck_assert_int_eq(handle.rung_at[RUNG_RED], start + 5 * (int64_t)DAY_MS + 1);
    world_wait(&w, 4 * (int64_t)DAY_MS);
    ck_assert_uint_eq(clock_of(handle.clock_id).fired, 1u << RUNG_YELLOW);
    world_wait(&w, 30 * (int64_t)DAY_MS);
    ck_assert_uint_eq(clock_of(handle.clock_id).fired, 15);
    int64_t at;
    int kind;
    uint64_t timer;
    ck_assert(!store_next_timer(w.store, &at, &kind, &timer));
    ck_assert_int_eq(world_case(&w, id).rung_floor_at, INT64_MAX);
}
END_TEST

START_TEST(a_claim_is_one_persons_and_lapses)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t lead = world_duty(&w, id, DUTY_KIND_LEAD).duty_id;
    world_act(&w, COMMAND_CLAIM, id, lead);
    struct command claim = {.type = COMMAND_CLAIM};
    claim.body.claim.duty_id = lead;
    w.actor = "colleague";
    ck_assert_int_eq(world_do(&w, &claim), REFUSAL_LEASED);
    struct command release = {.type = COMMAND_RELEASE};
    release.body.release.duty_id = lead;
    ck_assert_int_eq(world_do(&w, &release), REFUSAL_LEASED);
    world_wait(&w, HOUR_MS);
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_LEAD).claimed, 0);
    ck_assert_int_eq(world_do(&w, &claim), REFUSAL_NONE);
}
END_TEST

START_TEST(a_refusal_says_which_of_role_sight_subtree_or_state_failed)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command sign = {.type = COMMAND_SIGN};
    sign.body.sign.case_id = id;
    sign.body.sign.kind = DUTY_KIND_LEAD;
    sign.body.sign.given = SIGN_HAS_KIND;
    uint32_t all = w.roles;
    w.roles = UINT32_C(1) << ROLE_SUPERVISOR;
    ck_assert_int_eq(world_do(&w, &sign), REFUSAL_NO_ROLE);
    w.roles = all;
    w.unit = code_of("S2");
    ck_assert_int_eq(world_do(&w, &sign), REFUSAL_NOT_FOUND);
    w.unit = code_of("DB"); /* supports, and so sees it */
    ck_assert_int_eq(world_do(&w, &sign), REFUSAL_NOT_YOURS);
    w.unit = code_of("S1");
    ck_assert_int_eq(world_do(&w, &sign), REFUSAL_NONE);
    ck_assert_int_eq(world_do(&w, &sign), REFUSAL_ALREADY);
    w.unit = code_of("DB");
    ck_assert_int_eq(world_rate(&w, id, true), REFUSAL_BAD_STATE); /* nothing to rate yet */
}
END_TEST

START_TEST(a_key_that_covers_several_fitting_duties_says_which)
{
    uint64_t id = world_submit(&w, "ROAD", "S1"); /* the street leads, DB supports; the actor covers both */
    struct command sign = {.type = COMMAND_SIGN};
    sign.body.sign.case_id = id;
    ck_assert_int_eq(world_do(&w, &sign), REFUSAL_AMBIGUOUS);
    ck_assert_str_eq(w.verdict->field, "duty");
    sign.body.sign.unit = code_of("DB");
    ck_assert_int_eq(world_do(&w, &sign), REFUSAL_NONE);
}
END_TEST

START_TEST(a_unit_that_is_named_and_holds_nothing_is_not_replaced_by_another)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command sign = {.type = COMMAND_SIGN};
    sign.body.sign.case_id = id;
    sign.body.sign.kind = DUTY_KIND_LEAD;
    sign.body.sign.given = SIGN_HAS_KIND;
    sign.body.sign.unit = code_of("S2");
    ck_assert_int_eq(world_do(&w, &sign), REFUSAL_NOT_FOUND);
    ck_assert_str_eq(w.verdict->field, "unit");
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_LEAD).state, DUTY_STATE_OFFERED);
    world_call(&w, id, "UT");
    struct command dispatch = {.type = COMMAND_DISPATCH_CALL};
    dispatch.body.dispatch_call.case_id = id;
    dispatch.body.dispatch_call.call_id = 1;
    dispatch.body.dispatch_call.reason = text_of("by hand");
    ck_assert_int_eq(world_do(&w, &dispatch), REFUSAL_NOT_FOUND);
    ck_assert_str_eq(w.verdict->field, "call");
    world_dispatch(&w, id, "UT");
    struct command cancel = {.type = COMMAND_CANCEL};
    cancel.body.cancel.case_id = id;
    cancel.body.cancel.kind = DUTY_KIND_RESPOND;
    cancel.body.cancel.given = CANCEL_HAS_KIND;
    cancel.body.cancel.unit = code_of("DA");
    cancel.body.cancel.reason = text_of("not needed");
    ck_assert_int_eq(world_do(&w, &cancel), REFUSAL_NOT_FOUND);
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_RESPOND).state, DUTY_STATE_OFFERED);
    world_finish(&w, id, FINISH_CODE_SOLVED);
    struct command rate = {.type = COMMAND_RATE_CALL};
    rate.body.rate_call.case_id = id;
    rate.body.rate_call.unit = code_of("DA");
    rate.body.rate_call.confirmed = true;
    rate.body.rate_call.score = 5;
    ck_assert_int_eq(world_do(&w, &rate), REFUSAL_NOT_FOUND);
    ck_assert_int_ne(world_duty(&w, id, DUTY_KIND_RATE).state, DUTY_STATE_DONE);
    rate.body.rate_call.unit = code_of("UT");
    ck_assert_int_eq(world_do(&w, &rate), REFUSAL_NONE);
}
END_TEST

START_TEST(guards_of_a_call)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command raise = {.type = COMMAND_RAISE_CALL};
    raise.body.raise_call.case_id = id;
    raise.body.raise_call.units.count = 1;
    raise.body.raise_call.units.at[0] = code_of("S2");
    ck_assert_int_eq(world_do(&w, &raise), REFUSAL_WRONG_DIRECTION);
    raise.body.raise_call.units.at[0] = code_of("NOPE");
    ck_assert_int_eq(world_do(&w, &raise), REFUSAL_UNKNOWN_UNIT);
    raise.body.raise_call.units.at[0] = code_of("DA");
    raise.body.raise_call.level = CALL_LEVEL_KEY;
    ck_assert_int_eq(world_do(&w, &raise), REFUSAL_NOT_BUILT);
    raise.body.raise_call.level = CALL_LEVEL_ROUTINE;
    ck_assert_int_eq(world_do(&w, &raise), REFUSAL_NONE); /* DA is on the list for ROAD: dispatched by rule */
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_RESPOND).state, DUTY_STATE_OFFERED);
    ck_assert_int_eq(world_do(&w, &raise), REFUSAL_ALREADY);
    w.roles &= ~(UINT32_C(1) << ROLE_LEADER);
    w.unit = code_of("S1");
    raise.body.raise_call.units.at[0] = code_of("UT");
    ck_assert_int_eq(world_do(&w, &raise), REFUSAL_RANK);
    w.unit = code_of("D1");
    uint64_t community = world_submit(&w, "LAMP", "C1");
    raise.body.raise_call.case_id = community;
    w.roles |= UINT32_C(1) << ROLE_LEADER;
    w.unit = code_of("C1");
    ck_assert_int_eq(world_do(&w, &raise), REFUSAL_RANK); /* communities only where the policy says so */
    w.district.policy.community_calls = true;
    ck_assert_int_eq(world_do(&w, &raise), REFUSAL_NONE);
}
END_TEST

START_TEST(what_the_list_gives_to_one_unit_is_routed_not_called)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    struct case_row c = world_case(&w, id);
    ck_assert(code_equal(&c.lead, &(struct code){"DA"}));
    id = world_submit(&w, "unknown", "S1");
    struct command route = {.type = COMMAND_ROUTE};
    route.body.route.case_id = id;
    route.body.route.unit = code_of("S1");
    ck_assert_int_eq(world_do(&w, &route), REFUSAL_NO_BASIS);
    route.body.route.reason = text_of("they know the place");
    w.roles &= ~(UINT32_C(1) << ROLE_DISTRICT_LEADER);
    ck_assert_int_eq(world_do(&w, &route), REFUSAL_PUSH_DOWN);
    route.body.route.unit = code_of("C1");
    w.roles |= UINT32_C(1) << ROLE_DISTRICT_LEADER;
    ck_assert_int_eq(world_do(&w, &route), REFUSAL_PUSH_DOWN);
    route.body.route.unit = code_of("S1");
    ck_assert_int_eq(world_do(&w, &route), REFUSAL_NONE);
}
END_TEST

/* Numbers of a day end; the next day has its own. */
START_TEST(a_day_has_so_many_numbers)
{
    struct command command = {.type = COMMAND_SUBMIT};
    struct district_row d;
    world_submit(&w, "LAMP", "C1");
    ck_assert(tables_get(&w.tables, ROW_DISTRICT, 1, &d));
    d.day_no = NUMBER_DAY_NO_MAX - 1;
    tables_put(&w.tables, ROW_DISTRICT, 1, &d);
    uint64_t last = world_submit(&w, "LAMP", "C1");
    ck_assert_uint_eq(world_case(&w, last).day_no, NUMBER_DAY_NO_MAX);
    command.body.submit.matter = code_of("LAMP");
    command.body.submit.place = code_of("C1");
    command.body.submit.title = text_of("T");
    command.body.submit.anonymous = true;
    ck_assert_int_eq(world_do(&w, &command), REFUSAL_CAP);
    ck_assert_str_eq(w.verdict->field, "number");
    world_wait(&w, DAY_MS);
    ck_assert_uint_eq(world_case(&w, world_submit(&w, "LAMP", "C1")).day_no, 1);
}
END_TEST

/* Every instant that a verdict records lies within time, also at its end. */
START_TEST(time_ends_with_the_year_9999)
{
    struct command claim = {.type = COMMAND_CLAIM}, dispatch = {.type = COMMAND_DISPATCH_CALL};
    w.now_ms = INSTANT_MAX - 1;
    uint64_t id = world_submit(&w, "ROAD", "S1");
    for (uint32_t i = 0; i < w.verdict->count; i++) {
        const struct clock_started_body *body = &w.verdict->records[i].body.clock_started;
        if (w.verdict->records[i].type != RECORD_CLOCK_STARTED) {
            continue;
        }
        ck_assert_int_le(body->due_at, INSTANT_MAX);
        ck_assert_int_le(body->red_at, INSTANT_MAX);
        ck_assert_int_le(body->notice_at, INSTANT_MAX);
        ck_assert_int_le(body->bulletin_at, INSTANT_MAX);
    }
    ck_assert_int_eq(clock_of(world_case(&w, id).handle_clock).due_at, INSTANT_MAX);
    claim.body.claim.duty_id = world_case(&w, id).lead_duty;
    ck_assert_int_eq(world_do(&w, &claim), REFUSAL_NONE);
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_LEAD).claimed_until, INSTANT_MAX);

    world_call(&w, id, "DB");
    dispatch.body.dispatch_call.case_id = id;
    dispatch.body.dispatch_call.reason = text_of("owner");
    dispatch.body.dispatch_call.appointed_at = INSTANT_MAX;
    ck_assert_int_eq(world_do(&w, &dispatch), REFUSAL_NONE);
    ck_assert_uint_eq(world_records(&w, RECORD_CLOCK_STARTED), 4);
    for (uint32_t i = 0; i < w.verdict->count; i++) {
        const struct clock_started_body *body = &w.verdict->records[i].body.clock_started;
        if (w.verdict->records[i].type == RECORD_CLOCK_STARTED) {
            ck_assert_int_eq(body->due_at, INSTANT_MAX);
            ck_assert_int_eq(body->red_at, 0);
        }
    }
    world_wait(&w, 1);
    ck_assert_int_eq(w.now_ms, INSTANT_MAX);
}
END_TEST

START_TEST(a_request_id_is_remembered_and_not_for_ever)
{
    struct command note = {.type = COMMAND_ADD_NOTE};
    note.body.add_note.case_id = world_submit(&w, "ROAD", "S1");
    note.body.add_note.text = text_of("called again");
    note.body_hash = 7;
    ck_assert_int_eq(world_do(&w, &note), REFUSAL_NONE);
    uint64_t first = w.verdict->records[0].seq;
    w.requests--; /* the same id again */
    world_judge(&w, &note);
    ck_assert(w.verdict->repeated);
    ck_assert_uint_eq(w.verdict->request_seq, first);
    w.requests--;
    note.body_hash = 8;
    ck_assert_int_eq(world_judge(&w, &note), REFUSAL_ID_REUSED);
    world_wait(&w, 31 * (int64_t)DAY_MS);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(world_do(&w, &note), REFUSAL_NONE);
    }
    struct request_row row;
    ck_assert(tables_get(&w.tables, ROW_REQUEST, first, &row)); /* old, but among the newest */
}
END_TEST

/* The oldest that are neither young nor among the newest go: by two for each that comes, until the newest are left. */
START_TEST(request_ids_are_remembered_by_count_and_by_time)
{
    struct command note = {.type = COMMAND_ADD_NOTE};
    struct request_row row;
    struct district_row d;
    note.body.add_note.case_id = world_submit(&w, "ROAD", "S1");
    note.body.add_note.text = text_of("called again");
    for (uint32_t i = 1; i < CAP_REQUEST_MEMORY_COUNT + 10; i++) {
        ck_assert_int_eq(world_do(&w, &note), REFUSAL_NONE);
    }
    tables_get(&w.tables, ROW_DISTRICT, 1, &d);
    ck_assert_uint_eq(d.request_count, CAP_REQUEST_MEMORY_COUNT + 10); /* all are young */
    uint64_t first = d.oldest_request;
    ck_assert(tables_get(&w.tables, ROW_REQUEST, first, &row));
    world_wait(&w, CAP_REQUEST_MEMORY_MS);
    ck_assert_int_eq(world_do(&w, &note), REFUSAL_NONE);
    ck_assert(tables_get(&w.tables, ROW_REQUEST, first, &row)); /* just not old enough */
    world_wait(&w, 1);
    for (int i = 0; i < 40; i++) {
        ck_assert_int_eq(world_do(&w, &note), REFUSAL_NONE);
    }
    ck_assert(!tables_get(&w.tables, ROW_REQUEST, first, &row));
    tables_get(&w.tables, ROW_DISTRICT, 1, &d);
    ck_assert_uint_eq(d.request_count, CAP_REQUEST_MEMORY_COUNT);
    ck_assert(tables_get(&w.tables, ROW_REQUEST, d.oldest_request, &row));
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{equal_to_due_is_in_time},
                                       {one_millisecond_after_due_is_late_once},
                                       {a_late_community_is_taken_over_and_stays_as_support},
                                       {a_call_never_pauses_the_caller},
                                       {an_overdue_item_stands_when_its_respond_is_cancelled},
                                       {a_call_is_withdrawn_only_before_anybody_came},
                                       {rated_no_goes_back_once_and_the_wait_does_not_count},
                                       {a_late_finish_stays_late_when_sent_back},
                                       {not_solved_brings_the_next_round_and_the_last_goes_to_the_desk},
                                       {the_citizen_who_comes_later_is_not_charged},
                                       {three_attempts_on_two_days_make_unreachable},
                                       {two_attempts_on_one_day_are_not_enough},
                                       {the_citizens_limit_runs_from_received},
                                       {what_is_due_on_a_case_comes_before_a_command_on_it},
                                       {each_rung_fires_once_at_its_own_instant},
                                       {a_claim_is_one_persons_and_lapses},
                                       {a_refusal_says_which_of_role_sight_subtree_or_state_failed},
                                       {a_key_that_covers_several_fitting_duties_says_which},
                                       {a_unit_that_is_named_and_holds_nothing_is_not_replaced_by_another},
                                       {guards_of_a_call},
                                       {what_the_list_gives_to_one_unit_is_routed_not_called},
                                       {a_request_id_is_remembered_and_not_for_ever},
                                       {request_ids_are_remembered_by_count_and_by_time},
                                       {time_ends_with_the_year_9999},
                                       {a_day_has_so_many_numbers}};
    return suite_run(&(struct suite){
        .name = "lifecycle", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
