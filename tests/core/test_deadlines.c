/* test_deadlines.c - instants: the last that is in time and the first that is not, what a clock takes back, what a timer may do */
#include "base/number.h"
#include "tests/core/world.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNIT_S1 = 5 }; /* in the world's list of units */

static struct world w;

static void setup(void)
{
    world_open(&w);
}

static void teardown(void)
{
    world_close(&w);
}

static struct clock_row total_of(uint64_t case_id)
{
    return world_clock(&w, case_id, 0, CLOCK_KIND_TOTAL);
}

static enum refusal reopen(uint64_t case_id, uint32_t roles)
{
    struct command command = {.type = COMMAND_REOPEN};
    uint32_t before = w.roles;
    command.body.reopen.case_id = case_id;
    command.body.reopen.reason = text_of("dark again");
    w.roles = roles;
    enum refusal refusal = world_do(&w, &command);
    w.roles = before;
    return refusal;
}

/* Answered, asked and closed. */
static void close_solved(uint64_t case_id)
{
    world_answer(&w, case_id);
    ck_assert_int_eq(world_followup(&w, case_id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    ck_assert_int_eq(world_case(&w, case_id).state, CASE_STATE_CLOSED);
}

/* One timer, judged only: how many records it makes. */
static uint32_t pulse(uint64_t clock_id, uint64_t duty_id, int64_t now_ms)
{
    struct command command = {.type = COMMAND_PULSE, .now_ms = now_ms, .next_seq = w.last_seq + 1};
    command.body.pulse.clock_id = clock_id;
    command.body.pulse.duty_id = duty_id;
    core_judge(&w.tables, &command, w.verdict);
    return w.verdict->count;
}

/* --- reopening
 * -------------------------------------------------------------------------------------------------------------------- */

START_TEST(a_citizen_comes_back_within_the_window)
{
    uint64_t id = world_submit(&w, "ROAD", "S1"), other = world_submit(&w, "ROAD", "S1");
    close_solved(id);
    close_solved(other);
    world_wait(&w, 15 * (int64_t)DAY_MS);
    ck_assert_int_eq(reopen(id, world_role(ROLE_OPERATOR)), REFUSAL_NONE); /* the last instant */
    ck_assert(!world_record(&w, RECORD_CASE_REOPENED)->body.case_reopened.counted);
    world_wait(&w, 1);
    ck_assert_int_eq(reopen(other, world_role(ROLE_OPERATOR)), REFUSAL_WINDOW);
    ck_assert_int_eq(reopen(other, world_role(ROLE_SUPERVISOR)), REFUSAL_NONE); /* a supervisor always may */
    ck_assert(world_record(&w, RECORD_CASE_REOPENED)->body.case_reopened.counted);
}
END_TEST

/* While the citizen has not been asked yet there is no window, and the wait is the unit's. */
START_TEST(what_is_answered_and_open_comes_back_at_any_time)
{
    w.district.policy.followup_limit = (struct span){0};
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_answer(&w, id);
    world_wait(&w, 30 * (int64_t)DAY_MS);
    ck_assert_int_eq(reopen(id, world_role(ROLE_OPERATOR)), REFUSAL_NONE);
    ck_assert(world_record(&w, RECORD_CASE_REOPENED)->body.case_reopened.counted);
}
END_TEST

START_TEST(rounds_end_but_for_a_supervisor)
{
    w.district.policy.rounds = 2;
    uint64_t id = world_submit(&w, "ROAD", "S1");
    close_solved(id);
    ck_assert_int_eq(reopen(id, world_role(ROLE_OPERATOR)), REFUSAL_NONE);
    close_solved(id);
    ck_assert_int_eq(reopen(id, world_role(ROLE_OPERATOR)), REFUSAL_ROUNDS);
    ck_assert_int_eq(reopen(id, world_role(ROLE_SUPERVISOR)), REFUSAL_NONE);
}
END_TEST

START_TEST(a_lead_that_is_in_no_set_any_more_leaves_the_round_to_the_desk)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    close_solved(id);
    w.units[UNIT_S1].code = code_of("S0");
    ck_assert_int_eq(reopen(id, world_role(ROLE_OPERATOR)), REFUSAL_NONE);
    ck_assert_str_eq(world_case(&w, id).lead.s, "D1");
}
END_TEST

/* The citizen's clock, reopened: late by as much as it was, due at once where nothing was left. */
START_TEST(a_reopened_case_is_as_late_as_it_was)
{
    uint64_t id = world_submit(&w, "ROAD", "S1"), just = world_submit(&w, "ROAD", "S1");
    world_wait(&w, 5 * (int64_t)DAY_MS);
    close_solved(just);
    world_wait(&w, DAY_MS);
    close_solved(id);
    world_wait(&w, 3 * (int64_t)DAY_MS);
    ck_assert_int_eq(reopen(id, world_role(ROLE_OPERATOR)), REFUSAL_NONE);
    ck_assert_int_eq(total_of(id).due_at, w.now_ms - DAY_MS);
    ck_assert_int_eq(total_of(id).counted, 2); /* late it was and stays */
    ck_assert_int_eq(reopen(just, world_role(ROLE_OPERATOR)), REFUSAL_NONE);
    ck_assert_int_eq(total_of(just).due_at, w.now_ms);
    ck_assert_int_eq(total_of(just).budget_ms, 5 * (int64_t)DAY_MS);
}
END_TEST

/* Working hours that were left are working hours again. */
START_TEST(a_reopened_limit_of_working_hours_leaves_working_hours)
{
    static const char *const days[] = {"2026-01-01 holiday", NULL};
    world_office(&w, days);
    w.district.policy.handle[URGENCY_ORDINARY] = (struct span){TIME_KIND_WORKING_HOURS, 10 * HOUR_MS};
    w.now_ms = world_at("2026-03-02 09:00");
    uint64_t id = world_submit(&w, "ROAD", "S1"); /* due on Tuesday at 12 */
    ck_assert_int_eq(total_of(id).due_at, world_at("2026-03-03 12:00"));
    world_wait(&w, world_at("2026-03-03 09:00") - w.now_ms);
    close_solved(id);
    world_wait(&w, world_at("2026-03-03 16:00") - w.now_ms);
    ck_assert_int_eq(reopen(id, world_role(ROLE_OPERATOR)), REFUSAL_NONE);
    ck_assert_int_eq(total_of(id).due_at, world_at("2026-03-04 11:00"));
}
END_TEST

/* --- follow-up
 * --------------------------------------------------------------------------------------------------------------------- */

static enum refusal attempt(uint64_t case_id, enum attempt_outcome outcome)
{
    struct command command = {.type = COMMAND_NOTE_ATTEMPT};
    command.body.note_attempt.case_id = case_id;
    command.body.note_attempt.outcome = outcome;
    w.actor = "asker";
    enum refusal refusal = world_do(&w, &command);
    w.actor = "tester";
    return refusal;
}

START_TEST(the_afternoon_begins_at_noon)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_answer(&w, id);
    world_wait(&w, world_at("2026-03-02 11:59") - w.now_ms);
    ck_assert_int_eq(attempt(id, ATTEMPT_OUTCOME_NO_ANSWER), REFUSAL_NONE);
    world_wait(&w, 60000);
    ck_assert_int_eq(attempt(id, ATTEMPT_OUTCOME_NO_ANSWER), REFUSAL_NONE);
    world_wait(&w, HOUR_MS);
    ck_assert_int_eq(attempt(id, ATTEMPT_OUTCOME_NO_ANSWER), REFUSAL_TOO_SOON);
}
END_TEST

/* One attempt each day is enough for the number of them, not for the days. */
START_TEST(one_attempt_is_one_day)
{
    w.district.policy.followup_attempts = 1;
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_answer(&w, id);
    ck_assert_int_eq(attempt(id, ATTEMPT_OUTCOME_NO_ANSWER), REFUSAL_NONE);
    ck_assert_int_eq(world_case(&w, id).state, CASE_STATE_ANSWERED);
    world_wait(&w, DAY_MS);
    ck_assert_int_eq(attempt(id, ATTEMPT_OUTCOME_NO_ANSWER), REFUSAL_NONE);
    ck_assert_int_eq(world_case(&w, id).disposition, DISPOSITION_UNREACHABLE);
}
END_TEST

/* Nobody rang: the follow-up expires, and was not done; that its clock ran out stays. */
START_TEST(a_follow_up_that_nobody_makes_expires)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_answer(&w, id);
    world_wait(&w, 8 * (int64_t)DAY_MS);
    struct duty_row followup = world_duty(&w, id, DUTY_KIND_FOLLOWUP);
    ck_assert_int_eq(followup.state, DUTY_STATE_ENDED);
    ck_assert_int_eq(followup.reason, DUTY_END_EXPIRED);
    ck_assert_int_eq(world_case(&w, id).disposition, DISPOSITION_UNREACHABLE);
    ck_assert_int_eq(world_clock(&w, id, followup.duty_id, CLOCK_KIND_FOLLOWUP).in_time, 0);
}
END_TEST

/* The desk's own clocks: for the case until it is routed, for the call until it is sent out. Both in time, and neither void. */
START_TEST(the_desks_clocks_stop_when_it_has_decided)
{
    uint64_t id = world_submit(&w, "unknown", "S1");
    uint64_t routing = world_duty(&w, id, DUTY_KIND_ROUTE).duty_id;
    struct command route = {.type = COMMAND_ROUTE};
    route.body.route.case_id = id;
    route.body.route.unit = code_of("S1");
    route.body.route.reason = text_of("theirs");
    ck_assert_int_eq(world_do(&w, &route), REFUSAL_NONE);
    ck_assert_int_eq(world_clock(&w, id, routing, CLOCK_KIND_ROUTE).state, CLOCK_STATE_STOPPED);
    ck_assert_int_eq(world_clock(&w, id, routing, CLOCK_KIND_ROUTE).in_time, 1);
    world_call(&w, id, "UT");
    uint64_t sending = world_duty(&w, id, DUTY_KIND_ROUTE).duty_id;
    world_dispatch(&w, id, "UT");
    ck_assert_int_eq(world_clock(&w, id, sending, CLOCK_KIND_DISPATCH).state, CLOCK_STATE_STOPPED);
    ck_assert_int_eq(world_clock(&w, id, sending, CLOCK_KIND_DISPATCH).in_time, 1);
}
END_TEST

START_TEST(a_follow_up_asks_both_questions_of_the_reporter_it_names)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_answer(&w, id);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_UNANSWERED, SAID_SATISFIED_YES), REFUSAL_INCOMPLETE);
    ck_assert_str_eq(w.verdict->field, "solved");
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_YES, SAID_SATISFIED_UNANSWERED), REFUSAL_INCOMPLETE);
    ck_assert_str_eq(w.verdict->field, "satisfied");
    struct command ask = {.type = COMMAND_NOTE_FOLLOWUP}, tried = {.type = COMMAND_NOTE_ATTEMPT};
    w.actor = "asker";
    ask.body.note_followup.case_id = tried.body.note_attempt.case_id = id;
    ask.body.note_followup.given = NOTE_FOLLOWUP_HAS_REPORTER;
    ask.body.note_followup.reporter = 2;
    ask.body.note_followup.solved = SAID_SOLVED_YES;
    ask.body.note_followup.satisfied = SAID_SATISFIED_YES;
    ck_assert_int_eq(world_judge(&w, &ask), REFUSAL_NOT_FOUND);
    ck_assert_str_eq(w.verdict->field, "reporter");
    tried.body.note_attempt.given = NOTE_ATTEMPT_HAS_REPORTER;
    tried.body.note_attempt.reporter = 2;
    ck_assert_int_eq(world_judge(&w, &tried), REFUSAL_NOT_FOUND);
    ck_assert_str_eq(w.verdict->field, "reporter");
    ask.body.note_followup.reporter = tried.body.note_attempt.reporter = 1;
    ck_assert_int_eq(world_judge(&w, &tried), REFUSAL_NONE);
    ck_assert_int_eq(world_judge(&w, &ask), REFUSAL_NONE);
}
END_TEST

/* --- rungs and claims
 * ------------------------------------------------------------------------------------------------------------------ */

START_TEST(red_cannot_be_switched_off)
{
    for (int rung = 0; rung < RUNG_COUNT; rung++) {
        w.district.policy.rungs[rung].on = false;
    }
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct clock_row handle = world_clock(&w, id, world_duty(&w, id, DUTY_KIND_LEAD).duty_id, CLOCK_KIND_HANDLE);
    ck_assert_int_eq(handle.rung_at[RUNG_RED], handle.due_at + 1);
    ck_assert_int_eq(handle.rung_at[RUNG_YELLOW], 0);
    ck_assert_int_eq(handle.rung_at[RUNG_NOTICE], 0);
}
END_TEST

/* A rung is late when it fires more than the policy's span after its instant. */
START_TEST(a_rung_is_late_after_a_minute)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct clock_row handle = world_clock(&w, id, world_duty(&w, id, DUTY_KIND_LEAD).duty_id, CLOCK_KIND_HANDLE);
    int64_t at = handle.rung_at[RUNG_YELLOW];
    ck_assert_uint_eq(pulse(handle.clock_id, 0, at - 1), 0); /* not before its instant */
    ck_assert_uint_gt(pulse(handle.clock_id, 0, at), 0);
    ck_assert(!world_record(&w, RECORD_RUNG_FIRED)->body.rung_fired.late);
    pulse(handle.clock_id, 0, at + 60000);
    ck_assert(!world_record(&w, RECORD_RUNG_FIRED)->body.rung_fired.late);
    pulse(handle.clock_id, 0, at + 60001);
    ck_assert(world_record(&w, RECORD_RUNG_FIRED)->body.rung_fired.late);
    ck_assert_uint_eq(pulse(w.last_seq + 100, 0, at), 0); /* no such clock */
    world_answer(&w, id);
    ck_assert_uint_eq(pulse(handle.clock_id, 0, at), 0); /* a clock that stands fires nothing */
}
END_TEST

START_TEST(a_claim_lapses_at_its_instant_and_not_before)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t lead = world_duty(&w, id, DUTY_KIND_LEAD).duty_id;
    ck_assert_uint_eq(pulse(0, lead, w.now_ms), 0); /* nobody has claimed it */
    world_act(&w, COMMAND_CLAIM, id, lead);
    int64_t until = world_duty(&w, id, DUTY_KIND_LEAD).claimed_until;
    ck_assert_uint_eq(pulse(0, lead, until - 1), 0);
    ck_assert_uint_eq(pulse(0, lead, until), 1);
    ck_assert(world_record(&w, RECORD_DUTY_RELEASED)->body.duty_released.lapsed);
    ck_assert_uint_eq(pulse(0, w.last_seq + 100, until), 0);
}
END_TEST

/* What of a case is due first, up to an instant: the earliest, and of two at one instant the older clock. */
START_TEST(the_earliest_of_a_case_is_due_first)
{
    int64_t at = 0;
    uint64_t clock = 0, duty = 0;
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t lead = world_duty(&w, id, DUTY_KIND_LEAD).duty_id;
    struct clock_row sign = world_clock(&w, id, lead, CLOCK_KIND_SIGN), contact = world_clock(&w, id, lead, CLOCK_KIND_CONTACT);
    ck_assert_int_eq(sign.rung_at[RUNG_YELLOW], contact.rung_at[RUNG_YELLOW]);
    ck_assert_uint_lt(sign.clock_id, contact.clock_id);
    int64_t yellow = sign.rung_at[RUNG_YELLOW];
    ck_assert(!core_case_due(&w.tables, id, yellow - 1, &at, &clock, &duty));
    ck_assert(core_case_due(&w.tables, id, yellow, &at, &clock, &duty));
    ck_assert_int_eq(at, yellow);
    ck_assert_uint_eq(clock, sign.clock_id);
    ck_assert_uint_eq(duty, 0);
    world_act(&w, COMMAND_CLAIM, id, lead);
    int64_t until = world_duty(&w, id, DUTY_KIND_LEAD).claimed_until;
    ck_assert(!core_case_due(&w.tables, id, until - 1, &at, &clock, &duty));
    ck_assert(core_case_due(&w.tables, id, until, &at, &clock, &duty)); /* the claim lapses before yellow */
    ck_assert_int_eq(at, until);
    ck_assert_uint_eq(clock, 0);
    ck_assert_uint_eq(duty, lead);
    w.now_ms = yellow - w.district.policy.claim_ms + 1; /* another, that lapses after yellow */
    world_act(&w, COMMAND_CLAIM, id, lead);
    ck_assert(core_case_due(&w.tables, id, yellow + HOUR_MS, &at, &clock, &duty));
    ck_assert_int_eq(at, yellow);
    ck_assert_uint_eq(duty, 0);
    world_answer(&w, id);
    ck_assert(core_case_due(&w.tables, id, yellow, &at, &clock, &duty) == false || clock != sign.clock_id); /* stopped */
}
END_TEST

START_TEST(a_rating_that_expires_closes_the_call_when_it_is_the_last)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command raise = {.type = COMMAND_RAISE_CALL}, dispatch = {.type = COMMAND_DISPATCH_CALL};
    raise.body.raise_call.case_id = dispatch.body.dispatch_call.case_id = id;
    raise.body.raise_call.units.count = 2;
    raise.body.raise_call.units.at[0] = code_of("UT");
    raise.body.raise_call.units.at[1] = code_of("DB");
    dispatch.body.dispatch_call.reason = text_of("theirs");
    ck_assert_int_eq(world_do(&w, &raise), REFUSAL_NONE);
    ck_assert_int_eq(world_do(&w, &dispatch), REFUSAL_NONE);
    struct call_row call;
    uint64_t call_id = world_case(&w, id).call_last;
    struct duty_row later = world_duty(&w, id, DUTY_KIND_RESPOND);
    world_finish(&w, id, FINISH_CODE_SOLVED); /* one of two */
    world_wait(&w, 3 * (int64_t)DAY_MS + 1);
    ck_assert(tables_get(&w.tables, ROW_CALL, call_id, &call));
    ck_assert_int_eq(call.state, CALL_STATE_CALLED); /* the other unit is still at it */
    ck_assert_uint_eq(call.open_rates, 0);
    struct command finish = {.type = COMMAND_FINISH_CALL};
    finish.body.finish_call.case_id = id;
    finish.body.finish_call.duty_id = later.prev_of_call;
    finish.body.finish_call.text = text_of("done");
    world_act(&w, COMMAND_SIGN, id, later.prev_of_call);
    world_act(&w, COMMAND_ARRIVE, id, later.prev_of_call);
    ck_assert_int_eq(world_do(&w, &finish), REFUSAL_NONE);
    world_wait(&w, 3 * (int64_t)DAY_MS + 1);
    ck_assert(tables_get(&w.tables, ROW_CALL, call_id, &call));
    ck_assert_int_eq(call.state, CALL_STATE_CLOSED);
    ck_assert_int_eq(call.outcome, CALL_OUTCOME_EXPIRED);
}
END_TEST

/* --- who asks, and which request it is
 * --------------------------------------------------------------------------------------------------- */

/* A gateway's key acts for a person: the person handled the case, not the key. */
START_TEST(a_gateway_acts_for_a_person)
{
    struct text key = text_of("gateway"), li = text_of("li"), none = text_of("");
    ck_assert_uint_eq(core_person_hash(key, li), core_person_hash(text_of("other"), li));
    ck_assert_uint_ne(core_person_hash(key, li), core_person_hash(key, text_of("wang")));
    ck_assert_uint_ne(core_person_hash(key, li), core_person_hash(key, none));
    ck_assert_uint_eq(core_person_hash(li, none), core_person_hash(key, li));
}
END_TEST

/* Two requests with one hash are two all the same: actor and id are compared byte by byte. */
START_TEST(requests_are_told_apart_where_their_hashes_are_one)
{
    struct request_row row;
    uint64_t id = world_submit(&w, "ROAD", "S1");
    ck_assert(tables_get(&w.tables, ROW_REQUEST, id - 1, &row));
    struct text actor = text_of("tester"), request = {.at = row.request, .size = row.request_size};
    ck_assert_uint_eq(core_request_find(&w.tables, actor, request, row.key_hash, &row), id - 1);
    char longer[80], other[80];
    snprintf(longer, sizeof(longer), "%.*s0", (int)request.size, request.at);
    snprintf(other, sizeof(other), "%.*s", (int)request.size, request.at);
    other[request.size - 1] ^= 1;
    struct request_row found;
    ck_assert_uint_eq(core_request_find(&w.tables, actor, text_of(longer), row.key_hash, &found), 0);
    ck_assert_uint_eq(core_request_find(&w.tables, actor, text_of(other), row.key_hash, &found), 0);
    ck_assert_uint_eq(core_request_find(&w.tables, text_of("tester2"), request, row.key_hash, &found), 0);
    ck_assert_uint_eq(core_request_find(&w.tables, text_of("taster"), request, row.key_hash, &found), 0);
}
END_TEST

/* The answer that a repeated request gets again. */
START_TEST(an_answer_is_that_of_its_request)
{
    char buffer[NUMBER_SIZE], number[NUMBER_SIZE];
    struct command_answer answer;
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct case_row c = world_case(&w, id);
    number_print(c.day, c.day_no, number);
    ck_assert(core_answer(&w.tables, id - 1, buffer, &answer));
    ck_assert_uint_eq(answer.case_id, id);
    ck_assert_uint_eq(answer.duty_id, c.lead_duty);
    ck_assert_int_eq(answer.state, CASE_STATE_HANDLING);
    ck_assert_int_eq(answer.at, w.now_ms);
    ck_assert_uint_eq(answer.number.size, strlen(number));
    ck_assert_mem_eq(answer.number.at, number, strlen(number));
    ck_assert(!core_answer(&w.tables, w.last_seq + 100, buffer, &answer));
    struct command advance = {.type = COMMAND_ADVANCE};
    w.roles = ~UINT32_C(0);
    ck_assert_int_eq(world_do(&w, &advance), REFUSAL_NONE);
    ck_assert(core_answer(&w.tables, w.verdict->records[0].seq, buffer, &answer));
    ck_assert_uint_eq(answer.case_id, 0);
    ck_assert_uint_eq(answer.number.size, 0);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_citizen_comes_back_within_the_window},
                                       {what_is_answered_and_open_comes_back_at_any_time},
                                       {rounds_end_but_for_a_supervisor},
                                       {a_lead_that_is_in_no_set_any_more_leaves_the_round_to_the_desk},
                                       {a_reopened_case_is_as_late_as_it_was},
                                       {a_reopened_limit_of_working_hours_leaves_working_hours},
                                       {the_afternoon_begins_at_noon},
                                       {one_attempt_is_one_day},
                                       {a_follow_up_that_nobody_makes_expires},
                                       {the_desks_clocks_stop_when_it_has_decided},
                                       {a_follow_up_asks_both_questions_of_the_reporter_it_names},
                                       {red_cannot_be_switched_off},
                                       {a_rung_is_late_after_a_minute},
                                       {a_claim_lapses_at_its_instant_and_not_before},
                                       {the_earliest_of_a_case_is_due_first},
                                       {a_rating_that_expires_closes_the_call_when_it_is_the_last},
                                       {a_gateway_acts_for_a_person},
                                       {requests_are_told_apart_where_their_hashes_are_one},
                                       {an_answer_is_that_of_its_request}};
    return suite_run(&(struct suite){
        .name = "deadlines", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
