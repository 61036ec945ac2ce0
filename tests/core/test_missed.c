/* test_missed.c - 逾期未报到: who was called and does not come is told to the district, which decides whether it refused. As
 * transcripts */
#include "tests/core/transcript.h"

#define DAYS(n) ((n) * (int64_t)DAY_MS)

/* 华山街道 has whistled for 供电所, which has three days to come, and they are over. */
static uint64_t nobody_came(void)
{
    case_of("ROAD", "华山街道");
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(dispatches("供电所"), "ok");
    world_wait(&w, DAYS(3) + 1);
    return duty_of(id, DUTY_KIND_RESPOND);
}

static const char *decides(const char *who, uint32_t roles, enum decision decision)
{
    struct command decide = {.type = COMMAND_DECIDE};
    decide.body.decide.decision = decision;
    decide.body.decide.reason = text_of("经核实现场情况");
    decide.body.sign.case_id = id;
    decide.body.decide.duty_id = duty_of(id, DUTY_KIND_DECIDE);
    w.unit = code_of("D1");
    w.actor = who;
    w.roles = roles;
    return said(world_do(&w, &decide));
}

static const char *district_leader_decides(enum decision decision)
{
    return decides("区领导", role(ROLE_DISTRICT_LEADER), decision);
}

START_TEST(it_is_counted_told_and_asked_at_once)
{
    uint64_t respond = nobody_came(), call = world_case(&w, id).call_last;
    const struct record *missed = world_record(&w, RECORD_ARRIVAL_MISSED), *told = world_record(&w, RECORD_ALARM_RAISED);
    ck_assert_str_eq(missed->head.unit.s, "UT");
    ck_assert_uint_eq(missed->head.duty_id, respond);
    ck_assert_uint_eq(missed->head.call_id, call);
    ck_assert_str_eq(missed->body.arrival_missed.caller.s, "S1"); /* in the street's name */
    ck_assert_int_eq(missed->body.arrival_missed.due_at, w.now_ms - 1);
    ck_assert_int_eq(told->body.alarm_raised.alarm, ALARM_NOT_ARRIVED);
    ck_assert_int_eq(told->body.alarm_raised.to, ROLE_DISTRICT_LEADER);
    ck_assert_str_eq(told->head.unit.s, "D1");
    struct duty_row question = world_duty(&w, id, DUTY_KIND_DECIDE);
    ck_assert_int_eq(question.about, ABOUT_REFUSAL);
    ck_assert_uint_eq(question.of_duty, respond);
    ck_assert_uint_eq(question.call_id, call);
    ck_assert_str_eq(question.unit.s, "D1");
    ck_assert_str_eq(question.creator.s, "S1");
    ck_assert_int_eq(question.due_at, w.now_ms + DAYS(1));
    ck_assert_int_eq(clock_of(id, respond, CLOCK_KIND_ARRIVE).fired & (1 << RUNG_RED), 1 << RUNG_RED);
    SAYS(stands(), "handling, lead 华山街道, 华山街道 whistled: called");
}
END_TEST

/* 拒不报到: it counts in the year's figures, and an order is proposed. */
START_TEST(upheld)
{
    uint64_t respond = nobody_came();
    uint32_t before = world_case(&w, id).proposed_orders;
    SAYS(district_leader_decides(DECISION_GRANTED), "ok");
    const struct record *decided = world_record(&w, RECORD_REFUSAL_DECIDED), *order = world_record(&w, RECORD_ORDER_PROPOSED);
    ck_assert_int_eq(decided->body.refusal_decided.ruling, REFUSAL_RULING_UPHELD);
    ck_assert_str_eq(decided->body.refusal_decided.caller.s, "S1");
    ck_assert_uint_eq(decided->head.duty_id, respond);
    ck_assert_str_eq(decided->head.unit.s, "UT");
    ck_assert_str_eq(decided->head.acct.s, duty_by_id(respond).acct.s);
    ck_assert_int_eq(order->body.order_proposed.order_kind, ORDER_KIND_REFUSED_CALL);
    ck_assert_str_eq(order->head.unit.s, "UT");
    ck_assert_uint_eq(world_case(&w, id).proposed_orders, before + 1);
    SAYS(district_leader_decides(DECISION_REFUSED), "BAD_STATE"); /* once */
    SAYS(plainly("供电所", COMMAND_SIGN), "ok");                  /* and it comes after all */
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    ck_assert(!clock_of(id, respond, CLOCK_KIND_ARRIVE).in_time);
}
END_TEST

/* 情有可原: the road was closed. The call's own figures stand. */
START_TEST(excused)
{
    uint64_t respond = nobody_came();
    SAYS(district_leader_decides(DECISION_REFUSED), "ok");
    ck_assert_int_eq(world_record(&w, RECORD_REFUSAL_DECIDED)->body.refusal_decided.ruling, REFUSAL_RULING_EXCUSED);
    ck_assert_uint_eq(world_records(&w, RECORD_ORDER_PROPOSED), 0);
    ck_assert_uint_eq(world_case(&w, id).proposed_orders, 0);
    ck_assert_int_eq(clock_of(id, respond, CLOCK_KIND_ARRIVE).fired & (1 << RUNG_RED), 1 << RUNG_RED);
}
END_TEST

START_TEST(who_decides)
{
    nobody_came();
    SAYS(decides("督办员", role(ROLE_SUPERVISOR), DECISION_GRANTED), "NO_ROLE");
    SAYS(decides("负责人", role(ROLE_LEADER), DECISION_GRANTED), "NO_ROLE");
    SAYS(decides("华山街道", role(ROLE_DISTRICT_LEADER), DECISION_GRANTED), "SELF_DECISION"); /* whistled itself */
    SAYS(district_leader_decides(DECISION_GRANTED), "ok");
}
END_TEST

/* What was missed does not go away when the unit comes, finishes and is rated, or the case is closed. */
START_TEST(it_stands_when_all_is_over)
{
    uint64_t respond = nobody_came();
    SAYS(plainly("供电所", COMMAND_SIGN), "ok");
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    SAYS(finishes("供电所", FINISH_CODE_SOLVED), "ok");
    SAYS(rates("华山街道", 4), "ok");
    SAYS(answers("华山街道"), "ok");
    SAYS(says_solved(true), "ok");
    SAYS(stands(), "closed, lead 华山街道, 华山街道 whistled: closed");
    SAYS(district_leader_decides(DECISION_GRANTED), "ok");
    ck_assert_uint_eq(world_record(&w, RECORD_REFUSAL_DECIDED)->head.duty_id, respond);
    ck_assert_uint_eq(world_case(&w, id).open_duties, 0);
}
END_TEST

START_TEST(taken_off_it_stands_too)
{
    nobody_came();
    SAYS(calls_off("华山街道", "供电所"), "ok");
    SAYS(stands(), "handling, lead 华山街道, 华山街道 whistled: closed");
    SAYS(district_leader_decides(DECISION_GRANTED), "ok");
}
END_TEST

/* What counts nowhere was not missed: a call that is withdrawn, a unit that should never have been called, a lead that goes. */
START_TEST(what_is_void_is_not_decided)
{
    nobody_came();
    SAYS(takes_back("华山街道"), "ok");
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_DECIDE).state, DUTY_STATE_ENDED);
    ck_assert_uint_eq(world_records(&w, RECORD_DUTY_ENDED), 2); /* each once */

    w.district.policy.object.amount = 0;
    nobody_came();
    struct command object = {.type = COMMAND_OBJECT_CALL}, rule = {.type = COMMAND_RULE};
    object.body.object_call.reason = text_of("非本单位设施");
    object.body.object_call.basis = text_of("职责清单");
    object.body.object_call.outside = true;
    SAYS(does("供电所", object), "ok");
    rule.body.rule.ruling = RULING_UPHELD;
    rule.body.rule.reason = text_of("按职责清单");
    SAYS(does("指挥中心", rule), "ok");
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_DECIDE).state, DUTY_STATE_ENDED);

    nobody_came();
    struct command reroute = {.type = COMMAND_REROUTE};
    reroute.body.reroute.unit = code_of("DA");
    reroute.body.reroute.reason = text_of("看错了地点");
    SAYS(does("指挥中心", reroute), "ok");
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_DECIDE).state, DUTY_STATE_ENDED);
    ck_assert_uint_eq(world_case(&w, id).open_questions, 0);
}
END_TEST

/* The street forgives it: it takes the question back. */
START_TEST(the_street_may_forgive)
{
    nobody_came();
    struct command cancel = {.type = COMMAND_CANCEL};
    cancel.body.cancel.duty_id = duty_of(id, DUTY_KIND_DECIDE);
    cancel.body.cancel.reason = text_of("已说明情况");
    SAYS(does("供电所", cancel), "NOT_YOURS");
    SAYS(does("华山街道", cancel), "ok");
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_DECIDE).state, DUTY_STATE_ENDED);
    SAYS(stands(), "handling, lead 华山街道, 华山街道 whistled: called");
}
END_TEST

START_TEST(who_comes_in_time_is_not_asked_about)
{
    case_of("ROAD", "华山街道");
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(dispatches("供电所"), "ok");
    SAYS(plainly("供电所", COMMAND_SIGN), "ok");
    world_wait(&w, DAYS(3));
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    world_wait(&w, DAYS(1));
    ck_assert_uint_eq(duty_of(id, DUTY_KIND_DECIDE), 0);
}
END_TEST

/* So many are open that no question has room: it is told all the same. */
START_TEST(time_is_not_refused)
{
    case_of("ROAD", "华山街道");
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(dispatches("供电所"), "ok");
    set_open_duties(id, CAP_OPEN_DUTIES_PER_CASE);
    world_wait(&w, DAYS(3) + 1);
    ck_assert_uint_eq(world_records(&w, RECORD_ARRIVAL_MISSED), 1);
    ck_assert_uint_eq(duty_of(id, DUTY_KIND_DECIDE), 0);
}
END_TEST

/* The caller has gone into another unit: that one asks, or, where there is none, the desk. */
START_TEST(a_caller_of_an_old_set)
{
    case_of("ROAD", "华山街道");
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(dispatches("供电所"), "ok");
    struct call_row call = call_by_id(world_case(&w, id).call_last);
    call.caller = code_of("OLD");
    tables_put(&w.tables, ROW_CALL, call.call_id, &call);
    world_wait(&w, DAYS(3) + 1);
    ck_assert_str_eq(world_duty(&w, id, DUTY_KIND_DECIDE).creator.s, "D1");
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{it_is_counted_told_and_asked_at_once},
                                       {upheld},
                                       {excused},
                                       {who_decides},
                                       {it_stands_when_all_is_over},
                                       {taken_off_it_stands_too},
                                       {what_is_void_is_not_decided},
                                       {the_street_may_forgive},
                                       {who_comes_in_time_is_not_asked_about},
                                       {time_is_not_refused},
                                       {a_caller_of_an_old_set}};
    return suite_run(&(struct suite){
        .name = "missed", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
