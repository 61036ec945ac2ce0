/* test_returns.c - ways back: a unit says that a duty is not its own, and the desk rules on it */
#include "tests/core/guards.h"

#define NATURAL(ms) ((struct span){TIME_KIND_NATURAL, (ms)})

static struct command ask_return(uint64_t case_id, uint64_t duty, const char *better)
{
    struct command command = {.type = COMMAND_ASK_RETURN};
    command.body.ask_return.case_id = case_id;
    command.body.ask_return.duty_id = duty;
    command.body.ask_return.reason = text_of("the pipe is not ours");
    command.body.ask_return.basis = text_of("list of duties, row 12");
    command.body.ask_return.better = code_of(better);
    return command;
}

static struct command rule(uint64_t case_id, enum ruling ruling, const char *to)
{
    struct command command = {.type = COMMAND_RULE};
    command.body.rule.case_id = case_id;
    command.body.rule.ruling = ruling;
    command.body.rule.to = code_of(to);
    command.body.rule.reason = text_of("by row 12 of the list");
    return command;
}

/* DA leads by the list and says that it is UT's. */
static uint64_t returned_case(void)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    struct command ask = ask_return(id, duty_of(id, DUTY_KIND_LEAD), "UT");
    taken(&ask, RECORD_RETURN_ASKED);
    return id;
}

/* Its present lead asks, and the desk sends it on. */
static void upheld_once_more(uint64_t id, const char *better)
{
    struct command ask = ask_return(id, duty_of(id, DUTY_KIND_LEAD), better), upheld = rule(id, RULING_UPHELD, better);
    taken(&ask, RECORD_RETURN_ASKED);
    taken(&upheld, RECORD_CASE_ROUTED);
}

/* --- asking --------------------------------------------------------------------------------------------------------------- */

START_TEST(the_desk_gets_the_question_and_the_clocks_run_on)
{
    uint64_t id = world_submit(&w, "PIPE", "S1"), lead = duty_of(id, DUTY_KIND_LEAD);
    world_wait(&w, HOUR_MS);
    struct command ask = ask_return(id, lead, "UT");
    const struct record *asked = taken(&ask, RECORD_RETURN_ASKED);
    ck_assert_str_eq(asked->head.unit.s, "DA");
    ck_assert_str_eq(asked->body.return_asked.better.s, "UT");
    struct duty_row question = world_duty(&w, id, DUTY_KIND_RULE);
    ck_assert_str_eq(question.unit.s, "D1");
    ck_assert_int_eq(question.state, DUTY_STATE_SIGNED);
    ck_assert_int_eq(question.about, ABOUT_RETURN);
    ck_assert_uint_eq(question.of_duty, lead);
    ck_assert_int_eq(question.due_at, w.now_ms + 4 * HOUR_MS);
    ck_assert_int_eq(duty_by_id(lead).state, DUTY_STATE_OFFERED); /* not signed, and still its own */
    ck_assert_int_eq(clock_of(id, lead, CLOCK_KIND_SIGN).state, CLOCK_STATE_STOPPED);
    ck_assert_int_eq(clock_of(id, lead, CLOCK_KIND_HANDLE).state, CLOCK_STATE_RUNNING);
    ck_assert_int_eq(clock_of(id, lead, CLOCK_KIND_CONTACT).state, CLOCK_STATE_RUNNING);
    ck_assert_int_eq(world_case(&w, id).state, CASE_STATE_HANDLING);
}
END_TEST

START_TEST(signed_and_contacted_it_may_be_asked_too)
{
    uint64_t id = world_submit(&w, "PIPE", "S1"), lead = duty_of(id, DUTY_KIND_LEAD);
    world_act(&w, COMMAND_CONTACT, id, lead);
    struct command ask = ask_return(id, lead, "UT");
    taken(&ask, RECORD_RETURN_ASKED);
    ck_assert_int_eq(duty_by_id(lead).state, DUTY_STATE_SIGNED);
}
END_TEST

START_TEST(the_window_runs_from_the_offer)
{
    uint64_t id = world_submit(&w, "PIPE", "S1"), lead = duty_of(id, DUTY_KIND_LEAD);
    struct command ask = ask_return(id, lead, "UT");
    world_wait(&w, DAY_MS);
    expect(&ask, REFUSAL_NONE, NULL); /* the last instant */
    world_wait(&w, 1);
    expect(&ask, REFUSAL_WINDOW, "return");
    w.district.policy.return_window = NATURAL(0); /* off: at any time */
    expect(&ask, REFUSAL_NONE, NULL);
}
END_TEST

START_TEST(a_new_offer_has_a_new_window)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    world_wait(&w, DAY_MS);
    struct command up = rule(id, RULING_UPHELD, "DB"), ask = ask_return(id, duty_of(id, DUTY_KIND_LEAD), "DB");
    taken(&ask, RECORD_RETURN_ASKED);
    taken(&up, RECORD_CASE_ROUTED);
    world_wait(&w, DAY_MS);
    ask = ask_return(id, duty_of(id, DUTY_KIND_LEAD), "UT");
    taken(&ask, RECORD_RETURN_ASKED);
}
END_TEST

START_TEST(it_needs_reason_basis_and_a_better_unit)
{
    uint64_t id = world_submit(&w, "PIPE", "S1"), lead = duty_of(id, DUTY_KIND_LEAD);
    struct command ask = ask_return(id, lead, "UT");
    ask.body.ask_return.reason = (struct text){0};
    expect(&ask, REFUSAL_INCOMPLETE, "reason");
    ask = ask_return(id, lead, "UT");
    ask.body.ask_return.basis = (struct text){0};
    expect(&ask, REFUSAL_NO_BASIS, "basis");
    ask = ask_return(id, lead, "");
    expect(&ask, REFUSAL_NO_BETTER_UNIT, "better");
    ask.body.ask_return.outside = true; /* a court's */
    expect(&ask, REFUSAL_NONE, NULL);
    ask = ask_return(id, lead, "XX");
    expect(&ask, REFUSAL_UNKNOWN_UNIT, "better");
    ask = ask_return(id, lead, "DA");
    expect(&ask, REFUSAL_BAD_FIELD, "better");
    ask = ask_return(id, lead, "UT");
    ask.body.ask_return.outside = true;
    expect(&ask, REFUSAL_BAD_FIELD, "outside");
    w.units[UNIT_UT].class = UNIT_CLASS_EXTERNAL;
    ask = ask_return(id, lead, "UT");
    expect(&ask, REFUSAL_BAD_FIELD, "better");
}
END_TEST

START_TEST(nobody_returns_in_the_second_round)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    world_answer(&w, id);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_NO, SAID_SATISFIED_NO), REFUSAL_NONE);
    struct command ask = ask_return(id, duty_of(id, DUTY_KIND_LEAD), "UT");
    expect(&ask, REFUSAL_ROUND, "round");
}
END_TEST

START_TEST(it_is_asked_once)
{
    uint64_t id = returned_case();
    struct command again = ask_return(id, duty_of(id, DUTY_KIND_LEAD), "DB");
    expect(&again, REFUSAL_ALREADY, "duty");
    struct command refused = rule(id, RULING_REFUSED, "");
    taken(&refused, RECORD_RETURN_RULED);
    expect(&again, REFUSAL_ALREADY, "duty");
}
END_TEST

/* Gas leaks: who was sent goes there first. */
START_TEST(in_an_emergency_the_unit_acts_first)
{
    struct command submit = submit_road();
    submit.body.submit.matter = code_of("PIPE");
    submit.body.submit.urgency = URGENCY_EMERGENCY;
    uint64_t id = taken(&submit, RECORD_CASE_RECEIVED)->seq, lead = duty_of(id, DUTY_KIND_LEAD);
    struct command ask = ask_return(id, lead, "UT");
    expect(&ask, REFUSAL_LANE, "duty");
    world_act(&w, COMMAND_SIGN, id, lead);
    expect(&ask, REFUSAL_LANE, "duty");
    world_act(&w, COMMAND_CONTACT, id, lead);
    expect(&ask, REFUSAL_NONE, NULL);

    submit.body.submit.matter = code_of("ROAD"); /* a support speaks with nobody */
    id = taken(&submit, RECORD_CASE_RECEIVED)->seq;
    uint64_t support = duty_of(id, DUTY_KIND_SUPPORT);
    ask = ask_return(id, support, "UT");
    expect(&ask, REFUSAL_LANE, "duty");
    world_act(&w, COMMAND_SIGN, id, support);
    expect(&ask, REFUSAL_NONE, NULL);

    submit.body.submit.reporter_phone = (struct text){0}; /* there is nobody to speak with */
    submit.body.submit.anonymous = true;
    id = taken(&submit, RECORD_CASE_RECEIVED)->seq;
    lead = duty_of(id, DUTY_KIND_LEAD);
    world_act(&w, COMMAND_SIGN, id, lead);
    ask = ask_return(id, lead, "UT");
    expect(&ask, REFUSAL_NONE, NULL);
}
END_TEST

/* --- upheld --------------------------------------------------------------------------------------------------------------- */

START_TEST(upheld_it_goes_to_the_other_unit_with_a_full_limit)
{
    uint64_t id = world_submit(&w, "PIPE", "S1"), lead = duty_of(id, DUTY_KIND_LEAD);
    int64_t promised = total_of(id).due_at;
    world_act(&w, COMMAND_CONTACT, id, lead);
    world_wait(&w, DAY_MS);
    struct command ask = ask_return(id, lead, "UT"), upheld = rule(id, RULING_UPHELD, "UT");
    taken(&ask, RECORD_RETURN_ASKED);
    world_wait(&w, HOUR_MS);
    const struct record *ruled = taken(&upheld, RECORD_RETURN_RULED);
    ck_assert_int_eq(ruled->body.return_ruled.ruling, RULING_UPHELD);
    ck_assert_str_eq(ruled->body.return_ruled.to.s, "UT");
    ck_assert_str_eq(ruled->head.unit.s, "DA");
    ck_assert_int_eq(world_record(&w, RECORD_CASE_ROUTED)->body.case_routed.how, ROUTE_HOW_RULED);
    struct duty_row old = duty_by_id(lead);
    ck_assert_int_eq(old.state, DUTY_STATE_ENDED);
    ck_assert_int_eq(old.reason, DUTY_END_RETURNED);
    expect_void(id, lead); /* what it signed and contacted in time, too */
    struct case_row c = world_case(&w, id);
    ck_assert_str_eq(c.lead.s, "UT");
    ck_assert_uint_eq(c.returns, 1);
    ck_assert_uint_eq(c.open_questions, 0);
    ck_assert_uint_eq(c.contacts, 0);
    ck_assert_int_eq(clock_of(id, c.lead_duty, CLOCK_KIND_HANDLE).due_at, w.now_ms + 5 * (int64_t)DAY_MS);
    ck_assert_int_eq(total_of(id).due_at, promised); /* the citizen waits as before */
    struct clock_row desk = clock_of(id, duty_of(id, DUTY_KIND_RULE), CLOCK_KIND_RULE);
    ck_assert(desk.state == CLOCK_STATE_STOPPED && desk.in_time);
}
END_TEST

/* A late item of a unit that should never have had the case is nobody's lateness. */
START_TEST(what_is_upheld_is_in_no_figure)
{
    w.district.policy.return_window = NATURAL(0);
    uint64_t id = world_submit(&w, "PIPE", "S1"), lead = duty_of(id, DUTY_KIND_LEAD);
    world_wait(&w, 6 * (int64_t)DAY_MS);
    ck_assert_uint_eq(world_count(&w, METRIC_ON_TIME_RATE).den, 1);
    struct command ask = ask_return(id, lead, "UT"), upheld = rule(id, RULING_UPHELD, "UT");
    taken(&ask, RECORD_RETURN_ASKED);
    ck_assert_uint_eq(world_count(&w, METRIC_ON_TIME_RATE).den, 1);
    taken(&upheld, RECORD_RETURN_RULED);
    ck_assert_uint_eq(world_count(&w, METRIC_ON_TIME_RATE).den, 0);
    ck_assert_uint_eq(world_count(&w, METRIC_ON_TIME_RATE).excluded[0], 1);
}
END_TEST

/* The supports go with the lead; those of the row that names the new lead come. */
START_TEST(supports_follow_the_row)
{
    uint64_t id = world_submit(&w, "ROAD", "S1"), support = duty_of(id, DUTY_KIND_SUPPORT);
    struct command ask = ask_return(id, duty_of(id, DUTY_KIND_LEAD), "DA"), upheld = rule(id, RULING_UPHELD, "DA");
    taken(&ask, RECORD_RETURN_ASKED);
    taken(&upheld, RECORD_RETURN_RULED);
    ck_assert_int_eq(duty_by_id(support).reason, DUTY_END_LEAD_MOVED);
    ck_assert_uint_eq(duty_of(id, DUTY_KIND_SUPPORT), support); /* no row names DA here */

    id = world_submit(&w, "ROAD", "S1"); /* and back: the row of the list is the street's */
    support = duty_of(id, DUTY_KIND_SUPPORT);
    struct command by_hand = take_over(id, "DA");
    by_hand.body.take_over.reason = text_of("large");
    taken(&by_hand, RECORD_CASE_ROUTED);
    ask = ask_return(id, duty_of(id, DUTY_KIND_LEAD), "S1");
    upheld = rule(id, RULING_UPHELD, "S1");
    taken(&ask, RECORD_RETURN_ASKED);
    taken(&upheld, RECORD_RETURN_RULED);
    ck_assert_uint_ne(world_record(&w, RECORD_CASE_ROUTED)->body.case_routed.row, 0);
    struct duty_row next = world_duty(&w, id, DUTY_KIND_SUPPORT);
    ck_assert_str_eq(next.unit.s, "DB");
    ck_assert_int_eq(next.state, DUTY_STATE_OFFERED);
}
END_TEST

START_TEST(back_to_the_pool_the_desk_has_it_again)
{
    struct policy *policy = &w.district.policy;
    policy->fallback[URGENCY_ORDINARY] = code_of("DB");
    uint64_t id = returned_case();
    int64_t promised = total_of(id).due_at;
    struct command pool = rule(id, RULING_UPHELD, "");
    taken(&pool, RECORD_CASE_POOLED);
    struct case_row c = world_case(&w, id);
    ck_assert_int_eq(c.state, CASE_STATE_RECEIVED);
    ck_assert_int_eq(c.lead.s[0], '\0');
    ck_assert_str_eq(c.lead_acct.s, "D1");
    ck_assert_uint_ne(c.route_duty, 0);
    ck_assert_int_eq(clock_of(id, c.route_duty, CLOCK_KIND_ROUTE).due_at, w.now_ms + HOUR_MS);
    ck_assert_int_eq(world_count(&w, METRIC_ANSWERED_RATE).den, 1);
    world_wait(&w, HOUR_MS / 2);
    struct command route = route_to(id, "UT", "their pipe");
    expect(&route, REFUSAL_NONE, NULL);
    world_wait(&w, HOUR_MS); /* nobody does it: the fallback unit has it */
    c = world_case(&w, id);
    ck_assert_str_eq(c.lead.s, "DB");
    ck_assert_uint_eq(c.hops, 2);
    ck_assert_int_eq(total_of(id).due_at, promised); /* set once */
}
END_TEST

START_TEST(what_it_may_be_ruled_to)
{
    uint64_t id = returned_case();
    static const struct {
        enum ruling ruling;
        const char *to;
        enum refusal refusal;
    } tried[] = {
        {RULING_REFUSED, "UT", REFUSAL_BAD_FIELD}, {RULING_UPHELD, "XX", REFUSAL_UNKNOWN_UNIT},
        {RULING_UPHELD, "DA", REFUSAL_BAD_FIELD},  {RULING_UPHELD, "C1", REFUSAL_PUSH_DOWN},
        {RULING_UPHELD, "DB", REFUSAL_NONE},       {RULING_DESIGNATED, "", REFUSAL_INCOMPLETE},
        {RULING_DESIGNATED, "DA", REFUSAL_NONE},
    };
    for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
        struct command command = rule(id, tried[i].ruling, tried[i].to);
        w.actor = "supervisor";
        expect(&command, tried[i].refusal, tried[i].refusal == REFUSAL_NONE ? NULL : "to");
    }
    struct command command = rule(id, RULING_UPHELD, "S1");
    w.roles = role(ROLE_DISPATCHER);
    expect(&command, REFUSAL_PUSH_DOWN, "to");
    w.units[UNIT_UT].class = UNIT_CLASS_PROPERTY;
    command = rule(id, RULING_UPHELD, "UT");
    expect(&command, REFUSAL_BAD_FIELD, "to");
    command.body.rule.reason = (struct text){0};
    expect(&command, REFUSAL_INCOMPLETE, "reason");
}
END_TEST

/* --- refused, and often --------------------------------------------------------------------------------------------------- */

START_TEST(refused_all_has_run_on)
{
    uint64_t id = world_submit(&w, "PIPE", "S1"), lead = duty_of(id, DUTY_KIND_LEAD);
    int64_t due = clock_of(id, lead, CLOCK_KIND_HANDLE).due_at;
    struct command ask = ask_return(id, lead, "UT"), refused = rule(id, RULING_REFUSED, "");
    taken(&ask, RECORD_RETURN_ASKED);
    world_wait(&w, 2 * HOUR_MS);
    taken(&refused, RECORD_RETURN_RULED);
    ck_assert_int_eq(duty_by_id(lead).state, DUTY_STATE_OFFERED);
    ck_assert_int_eq(clock_of(id, lead, CLOCK_KIND_HANDLE).due_at, due);
    ck_assert_int_eq(clock_of(id, lead, CLOCK_KIND_HANDLE).started_at, w.now_ms - 2 * HOUR_MS);
    ck_assert_uint_eq(world_case(&w, id).returns, 0);
    world_answer(&w, id); /* it signs and goes on */
}
END_TEST

/* Two units have given it back; the third one keeps it. */
START_TEST(the_third_return_is_designated)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    upheld_once_more(id, "DB");
    upheld_once_more(id, "UT");
    struct command ask = ask_return(id, duty_of(id, DUTY_KIND_LEAD), "DA");
    taken(&ask, RECORD_RETURN_ASKED);
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_RULE).due_at, w.now_ms + 2 * (int64_t)DAY_MS);
    struct command upheld = rule(id, RULING_UPHELD, "DA"), refused = rule(id, RULING_REFUSED, "");
    expect(&upheld, REFUSAL_CAP, "ruling");
    expect(&refused, REFUSAL_CAP, "ruling");
    struct command designated = rule(id, RULING_DESIGNATED, "DA");
    expect(&designated, REFUSAL_SELF_DECISION, "actor"); /* who sent it round does not say where it stays */
    w.actor = "supervisor";
    w.roles = role(ROLE_DISPATCHER);
    expect(&designated, REFUSAL_NO_ROLE, "supervisor");
    w.roles = role(ROLE_SUPERVISOR);
    taken(&designated, RECORD_RETURN_RULED);
    ck_assert_int_eq(world_record(&w, RECORD_CASE_ROUTED)->body.case_routed.how, ROUTE_HOW_DESIGNATED);
    ck_assert_str_eq(world_case(&w, id).lead.s, "DA");
    w.roles = role(ROLE_WORKER);
    ask = ask_return(id, duty_of(id, DUTY_KIND_LEAD), "UT");
    expect(&ask, REFUSAL_DESIGNATED, "case");
}
END_TEST

/* A supervisor may end a dispute at once; the unit that asked may be the one. */
START_TEST(designated_to_who_asked_it_stays)
{
    uint64_t id = returned_case(), lead = duty_of(id, DUTY_KIND_LEAD);
    struct command designated = rule(id, RULING_DESIGNATED, "DA");
    w.actor = "supervisor";
    taken(&designated, RECORD_RETURN_RULED);
    ck_assert_uint_eq(duty_of(id, DUTY_KIND_LEAD), lead);
    ck_assert(duty_open(&(struct duty_row){.state = duty_by_id(lead).state}));
    ck_assert_int_eq(clock_of(id, lead, CLOCK_KIND_HANDLE).state, CLOCK_STATE_RUNNING);
    ck_assert(world_case(&w, id).designated);
    ck_assert_uint_eq(world_case(&w, id).returns, 0);
}
END_TEST

/* --- supports ------------------------------------------------------------------------------------------------------------- */

START_TEST(a_support_is_returned_alone)
{
    uint64_t id = world_submit(&w, "ROAD", "S1"), lead = duty_of(id, DUTY_KIND_LEAD), support = duty_of(id, DUTY_KIND_SUPPORT);
    struct command ask = ask_return(id, support, "UT"), upheld = rule(id, RULING_UPHELD, "UT");
    taken(&ask, RECORD_RETURN_ASKED);
    taken(&upheld, RECORD_RETURN_RULED);
    ck_assert_int_eq(duty_by_id(support).reason, DUTY_END_RETURNED);
    ck_assert_int_eq(clock_of(id, support, CLOCK_KIND_SUPPORT).state, CLOCK_STATE_VOID);
    struct duty_row next = world_duty(&w, id, DUTY_KIND_SUPPORT);
    ck_assert_str_eq(next.unit.s, "UT");
    ck_assert_str_eq(next.creator.s, "S1");
    ck_assert_int_eq(next.due_at, clock_of(id, lead, CLOCK_KIND_HANDLE).due_at);
    ck_assert_uint_eq(world_case(&w, id).lead_duty, lead);
    ck_assert_uint_eq(world_case(&w, id).returns, 0);

    ask = ask_return(id, next.duty_id, "");
    ask.body.ask_return.outside = true;
    upheld = rule(id, RULING_UPHELD, "");
    taken(&ask, RECORD_RETURN_ASKED);
    taken(&upheld, RECORD_RETURN_RULED);
    ck_assert_int_eq(duty_by_id(next.duty_id).reason, DUTY_END_RETURNED);
    ck_assert_uint_eq(duty_of(id, DUTY_KIND_SUPPORT), next.duty_id); /* nobody in its place */
    ck_assert_int_eq(world_case(&w, id).state, CASE_STATE_HANDLING);
}
END_TEST

/* Lead and support ask: the desk says which it rules on. */
START_TEST(two_questions_are_told_apart_by_who_asked)
{
    uint64_t id = world_submit(&w, "ROAD", "S1"), support = duty_of(id, DUTY_KIND_SUPPORT);
    struct command ask = ask_return(id, duty_of(id, DUTY_KIND_LEAD), "DA");
    taken(&ask, RECORD_RETURN_ASKED);
    ask = ask_return(id, support, "UT");
    taken(&ask, RECORD_RETURN_ASKED);
    struct command refused = rule(id, RULING_REFUSED, "");
    expect(&refused, REFUSAL_AMBIGUOUS, "duty");
    refused.body.rule.unit = code_of("DB");
    ck_assert_str_eq(taken(&refused, RECORD_RETURN_RULED)->head.unit.s, "DB");
    struct command upheld = rule(id, RULING_UPHELD, "DA");
    taken(&upheld, RECORD_RETURN_RULED);
    ck_assert_int_eq(duty_by_id(support).reason, DUTY_END_LEAD_MOVED);
}
END_TEST

/* --- what lapses ---------------------------------------------------------------------------------------------------------- */

START_TEST(a_question_lapses_with_its_duty)
{
    uint64_t id = returned_case(), question = duty_of(id, DUTY_KIND_RULE);
    world_answer(&w, id);
    ck_assert_int_eq(duty_by_id(question).state, DUTY_STATE_ENDED);
    ck_assert_int_eq(clock_of(id, question, CLOCK_KIND_RULE).state, CLOCK_STATE_VOID);
    ck_assert_uint_eq(world_case(&w, id).open_questions, 0);

    id = world_submit(&w, "ROAD", "S1");
    struct command ask = ask_return(id, duty_of(id, DUTY_KIND_SUPPORT), "UT"), up = take_over(id, "DA");
    taken(&ask, RECORD_RETURN_ASKED);
    struct command cancel = {.type = COMMAND_CANCEL};
    cancel.body.cancel.case_id = id;
    cancel.body.cancel.duty_id = duty_of(id, DUTY_KIND_SUPPORT);
    cancel.body.cancel.reason = text_of("not needed");
    taken(&cancel, RECORD_DUTY_ENDED);
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_RULE).state, DUTY_STATE_ENDED);

    ask = ask_return(id, duty_of(id, DUTY_KIND_LEAD), "UT");
    taken(&ask, RECORD_RETURN_ASKED);
    up.body.take_over.reason = text_of("a large one");
    taken(&up, RECORD_CASE_ROUTED);
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_RULE).state, DUTY_STATE_ENDED);
}
END_TEST

START_TEST(who_asked_takes_it_back)
{
    uint64_t id = returned_case(), question = duty_of(id, DUTY_KIND_RULE);
    struct command cancel = {.type = COMMAND_CANCEL};
    cancel.body.cancel.case_id = id;
    cancel.body.cancel.duty_id = question;
    cancel.body.cancel.reason = text_of("it is ours after all");
    w.roles = role(ROLE_LEADER);
    w.unit = code_of("UT");
    expect(&cancel, REFUSAL_NOT_FOUND, "case");
    w.unit = code_of("DA");
    taken(&cancel, RECORD_DUTY_ENDED);
    ck_assert_int_eq(duty_by_id(question).state, DUTY_STATE_ENDED);
    struct command again = ask_return(id, duty_of(id, DUTY_KIND_LEAD), "UT");
    expect(&again, REFUSAL_ALREADY, "duty");
}
END_TEST

/* The desk forgets: a supervisor is told, a day later the district's leaders. The unit's clocks run. */
START_TEST(a_late_ruling_is_told_upwards)
{
    uint64_t id = returned_case();
    world_wait(&w, 4 * HOUR_MS + 1);
    const struct record *told = world_record(&w, RECORD_ALARM_RAISED);
    ck_assert_int_eq(told->body.alarm_raised.alarm, ALARM_UNRULED);
    ck_assert_int_eq(told->body.alarm_raised.to, ROLE_SUPERVISOR);
    struct clock_row clock = clock_of(id, duty_of(id, DUTY_KIND_RULE), CLOCK_KIND_RULE);
    world_wait(&w, clock.rung_at[RUNG_NOTICE] - w.now_ms);
    told = world_record(&w, RECORD_ALARM_RAISED);
    ck_assert_int_eq(told->body.alarm_raised.to, ROLE_DISTRICT_LEADER);
    struct command refused = rule(id, RULING_REFUSED, ""); /* late, and still the desk's */
    taken(&refused, RECORD_RETURN_RULED);
    ck_assert(!clock_of(id, duty_of(id, DUTY_KIND_RULE), CLOCK_KIND_RULE).in_time);
}
END_TEST

/* What the lead itself called goes with it; the called unit is out of the figures. */
START_TEST(the_leads_own_call_goes_with_it)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t call = world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    uint64_t respond = duty_of(id, DUTY_KIND_RESPOND);
    struct command ask = ask_return(id, duty_of(id, DUTY_KIND_LEAD), "DA"), upheld = rule(id, RULING_UPHELD, "DA");
    taken(&ask, RECORD_RETURN_ASKED);
    taken(&upheld, RECORD_RETURN_RULED);
    struct call_row row;
    ck_assert(tables_get(&w.tables, ROW_CALL, call, &row));
    ck_assert_int_eq(row.state, CALL_STATE_CLOSED);
    ck_assert_int_eq(row.outcome, CALL_OUTCOME_WITHDRAWN);
    ck_assert_int_eq(duty_by_id(respond).reason, DUTY_END_LEAD_MOVED);
    expect_void(id, respond);
    ck_assert_uint_eq(world_case(&w, id).open_calls, 0);
    world_answer(&w, id);
}
END_TEST

/* What the desk called stays, whoever leads: call, responds and clocks. */
START_TEST(another_units_call_outlives_the_lead)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    struct command raise = raise_on(id, "UT", NULL);
    raise.body.raise_call.caller = code_of("S1");
    raise.body.raise_call.reason = CALL_REASON_JOINT_ENFORCEMENT;
    uint64_t call = taken(&raise, RECORD_CALL_RAISED)->seq;
    world_dispatch(&w, id, "UT");
    uint64_t respond = duty_of(id, DUTY_KIND_RESPOND);
    struct command ask = ask_return(id, duty_of(id, DUTY_KIND_LEAD), "DB"), upheld = rule(id, RULING_UPHELD, "DB");
    taken(&ask, RECORD_RETURN_ASKED);
    taken(&upheld, RECORD_RETURN_RULED);
    struct call_row row;
    ck_assert(tables_get(&w.tables, ROW_CALL, call, &row));
    ck_assert_int_eq(row.state, CALL_STATE_CALLED);
    ck_assert_int_eq(duty_by_id(respond).state, DUTY_STATE_OFFERED);
    ck_assert_int_eq(clock_of(id, respond, CLOCK_KIND_ARRIVE).state, CLOCK_STATE_RUNNING);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{the_desk_gets_the_question_and_the_clocks_run_on},
                                       {signed_and_contacted_it_may_be_asked_too},
                                       {the_window_runs_from_the_offer},
                                       {a_new_offer_has_a_new_window},
                                       {it_needs_reason_basis_and_a_better_unit},
                                       {nobody_returns_in_the_second_round},
                                       {it_is_asked_once},
                                       {in_an_emergency_the_unit_acts_first},
                                       {upheld_it_goes_to_the_other_unit_with_a_full_limit},
                                       {what_is_upheld_is_in_no_figure},
                                       {supports_follow_the_row},
                                       {back_to_the_pool_the_desk_has_it_again},
                                       {what_it_may_be_ruled_to},
                                       {refused_all_has_run_on},
                                       {the_third_return_is_designated},
                                       {designated_to_who_asked_it_stays},
                                       {a_support_is_returned_alone},
                                       {two_questions_are_told_apart_by_who_asked},
                                       {a_question_lapses_with_its_duty},
                                       {who_asked_takes_it_back},
                                       {a_late_ruling_is_told_upwards},
                                       {the_leads_own_call_goes_with_it},
                                       {another_units_call_outlives_the_lead}};
    return suite_run(&(struct suite){
        .name = "returns", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
