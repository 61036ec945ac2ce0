/* test_refer.c - refer_up 上报: the lead cannot settle it alone, and the unit above decides (lifecycle 2b, 2d, 5.2) */
#include "tests/core/guards.h"

static struct command refer(uint64_t case_id)
{
    struct command command = {.type = COMMAND_REFER_UP};
    command.body.refer_up.case_id = case_id;
    command.body.refer_up.reason = text_of("two streets share the wall");
    command.body.refer_up.tried = text_of("both owners were heard");
    return command;
}

/* The community C1 leads, has signed, and refers it up to its street. */
static uint64_t referred_case(void)
{
    uint64_t id = world_submit(&w, "LAMP", "C1");
    world_act(&w, COMMAND_SIGN, id, duty_of(id, DUTY_KIND_LEAD));
    act_as("community", ROLE_WORKER, "C1");
    struct command command = refer(id);
    taken(&command, RECORD_DECISION_ASKED);
    return id;
}

START_TEST(the_unit_above_is_asked)
{
    uint64_t id = referred_case(), lead = duty_of(id, DUTY_KIND_LEAD);
    const struct decision_asked_body *asked = &world_record(&w, RECORD_DECISION_ASKED)->body.decision_asked;
    ck_assert_int_eq(asked->about, ABOUT_REFER);
    ck_assert_str_eq(asked->asker.s, "C1");
    ck_assert_str_eq(asked->to.s, "S1");
    ck_assert(text_equal(asked->tried, text_of("both owners were heard")));
    struct duty_row question = world_duty(&w, id, DUTY_KIND_DECIDE);
    ck_assert_str_eq(question.unit.s, "S1");
    ck_assert_str_eq(question.creator.s, "C1");
    ck_assert_int_eq(question.due_at, w.now_ms + DAY_MS);
    ck_assert_str_eq(world_case(&w, id).lead.s, "C1");
    ck_assert_int_eq(clock_of(id, lead, CLOCK_KIND_HANDLE).state, CLOCK_STATE_RUNNING);
}
END_TEST

START_TEST(what_it_takes_to_refer_it)
{
    uint64_t id = world_submit(&w, "LAMP", "C1");
    struct command command = refer(id);
    expect(&command, REFUSAL_NOT_SIGNED, "duty");
    world_act(&w, COMMAND_SIGN, id, duty_of(id, DUTY_KIND_LEAD));
    command.body.refer_up.reason = (struct text){0};
    expect(&command, REFUSAL_INCOMPLETE, "reason");
    command = refer(id);
    command.body.refer_up.tried = (struct text){0};
    expect(&command, REFUSAL_INCOMPLETE, "tried");
    command = refer(id);
    set_open_duties(id, CAP_OPEN_DUTIES_PER_CASE);
    expect(&command, REFUSAL_CAP, "duty");
    set_open_duties(id, CAP_OPEN_DUTIES_PER_CASE - 1);
    expect(&command, REFUSAL_NONE, NULL);
    act_as("street", ROLE_WORKER, "S2");
    expect(&command, REFUSAL_NOT_FOUND, "case");
}
END_TEST

/* Above a department of the district stands nobody. */
START_TEST(there_must_be_somebody_above)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    world_act(&w, COMMAND_SIGN, id, duty_of(id, DUTY_KIND_LEAD));
    struct command command = refer(id);
    expect(&command, REFUSAL_NOT_HIGHER, "lead");
}
END_TEST

/* 提级: the street leads with half the limit, the community stays as support; what the community was late with would stand. */
START_TEST(granted_the_unit_above_takes_it_over)
{
    uint64_t id = referred_case(), lead = duty_of(id, DUTY_KIND_LEAD);
    int64_t promised = total_of(id).due_at;
    world_wait(&w, HOUR_MS);
    act_as("street", ROLE_LEADER, "S1");
    struct command yes = decide(id, DECISION_GRANTED);
    taken(&yes, RECORD_DECISION_GIVEN);
    struct case_row c = world_case(&w, id);
    ck_assert_str_eq(c.lead.s, "S1");
    ck_assert_int_eq(duty_by_id(lead).reason, DUTY_END_TAKEN_OVER);
    ck_assert_int_eq(world_record(&w, RECORD_CASE_ROUTED)->body.case_routed.how, ROUTE_HOW_TAKE_OVER);
    struct duty_row support = world_duty(&w, id, DUTY_KIND_SUPPORT);
    ck_assert_str_eq(support.unit.s, "C1");
    ck_assert_int_eq(support.reason, DUTY_END_CONTINUE);
    int64_t half = clock_of(id, c.lead_duty, CLOCK_KIND_HANDLE).due_at - w.now_ms;
    ck_assert_int_eq(half, 5 * (int64_t)DAY_MS / 2);
    ck_assert_int_eq(total_of(id).due_at, promised);
}
END_TEST

/* The street had been asked to help: who leads does not support itself, and others' support goes on. */
START_TEST(the_unit_above_supported_it_before)
{
    uint64_t id = world_submit(&w, "LAMP", "C1"), lead = duty_of(id, DUTY_KIND_LEAD);
    uint64_t supports[2];
    world_act(&w, COMMAND_SIGN, id, lead);
    for (int i = 0; i < 2; i++) {
        struct command add = {.type = COMMAND_ADD_SUPPORT};
        add.body.add_support.case_id = id;
        add.body.add_support.support = code_of(i == 0 ? "S1" : "UT");
        add.body.add_support.text = text_of("please help");
        taken(&add, RECORD_DUTY_OFFERED);
        supports[i] = duty_of(id, DUTY_KIND_SUPPORT);
    }
    world_wait(&w, 4 * (int64_t)DAY_MS);
    struct command up = take_over(id, "S1");
    taken(&up, RECORD_CASE_ROUTED);
    ck_assert_str_eq(world_case(&w, id).lead.s, "S1");
    ck_assert_int_eq(duty_by_id(supports[0]).reason, DUTY_END_TAKEN_OVER);
    ck_assert_int_eq(clock_of(id, supports[0], CLOCK_KIND_SUPPORT).state, CLOCK_STATE_VOID); /* it was not late yet */
    ck_assert_int_eq(duty_by_id(supports[1]).state, DUTY_STATE_OFFERED);
    struct command report = {.type = COMMAND_CONTACT};
    report.body.contact.case_id = id;
    report.body.contact.outcome = CONTACT_OUTCOME_REACHED;
    report.body.contact.evidence = text_of("by telephone");
    act_as("street", ROLE_WORKER, "S1");
    expect(&report, REFUSAL_NONE, NULL);
}
END_TEST

START_TEST(refused_it_stays_and_is_not_referred_again)
{
    uint64_t id = referred_case();
    struct command again = refer(id);
    expect(&again, REFUSAL_ALREADY, "refer");
    act_as("street", ROLE_LEADER, "S1");
    struct command no = decide(id, DECISION_REFUSED);
    taken(&no, RECORD_DECISION_GIVEN);
    ck_assert_str_eq(world_case(&w, id).lead.s, "C1");
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_LEAD).state, DUTY_STATE_SIGNED);
    act_as("community", ROLE_WORKER, "C1");
    expect(&again, REFUSAL_ALREADY, "refer");
}
END_TEST

/* Who referred it does not decide it, nor does the community's own leader; a supervisor may at once. */
START_TEST(who_decides_what_is_referred)
{
    uint64_t id = referred_case();
    struct command yes = decide(id, DECISION_GRANTED);
    act_as("community", ROLE_LEADER, "S1");
    expect(&yes, REFUSAL_SELF_DECISION, "actor");
    act_as("its leader", ROLE_LEADER, "C1");
    expect(&yes, REFUSAL_NOT_YOURS, "unit");
    act_as("street", ROLE_LEADER, "S1");
    expect(&yes, REFUSAL_NONE, NULL);
    act_as("boss", ROLE_SUPERVISOR, "D1");
    expect(&yes, REFUSAL_NONE, NULL);
    act_as("head", ROLE_DISTRICT_LEADER, "D1");
    expect(&yes, REFUSAL_NO_ROLE, "leader");
    world_wait(&w, DAY_MS + 1);
    expect(&yes, REFUSAL_NONE, NULL);
    w.units[UNIT_S1].deputy = UNIT_C1; /* the community acts for its street, but not in this */
    act_as("its leader", ROLE_LEADER, "C1");
    expect(&yes, REFUSAL_SELF_DECISION, "actor");
}
END_TEST

/* Between question and answer another set has come into force. */
START_TEST(the_unit_above_is_no_more)
{
    uint64_t id = referred_case();
    act_as("the importer", ROLE_IMPORTER, "D1");
    struct command yes = decide(id, DECISION_GRANTED);
    struct question_row question;
    uint64_t duty = duty_of(id, DUTY_KIND_DECIDE);
    ck_assert(tables_get(&w.tables, ROW_QUESTION, duty, &question));
    question.to = code_of("S9");
    tables_put(&w.tables, ROW_QUESTION, duty, &question);
    expect(&yes, REFUSAL_UNKNOWN_UNIT, "to");
    question.to = code_of("C1");
    tables_put(&w.tables, ROW_QUESTION, duty, &question);
    expect(&yes, REFUSAL_NOT_HIGHER, "unit");
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{the_unit_above_is_asked},
                                       {what_it_takes_to_refer_it},
                                       {there_must_be_somebody_above},
                                       {granted_the_unit_above_takes_it_over},
                                       {the_unit_above_supported_it_before},
                                       {refused_it_stays_and_is_not_referred_again},
                                       {who_decides_what_is_referred},
                                       {the_unit_above_is_no_more}};
    return suite_run(&(struct suite){
        .name = "refer", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
