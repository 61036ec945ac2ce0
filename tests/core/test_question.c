/* test_question.c - what somebody with rank is asked, and says 审批: the lead's leader, whether the case may go (lifecycle 2b, 5.2)
 */
#include "dispatcher/core/question.h"

#include "dispatcher/core/rules.h"
#include "tests/core/guards.h"

static struct command reroute(uint64_t case_id, const char *unit)
{
    struct command command = {.type = COMMAND_REROUTE};
    command.body.reroute.case_id = case_id;
    command.body.reroute.unit = code_of(unit);
    command.body.reroute.reason = text_of("the matter was misread");
    return command;
}

/* The department DA is at work on a burst pipe, and a dispatcher wants it to go to DB. */
static uint64_t asked_case(void)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    world_act(&w, COMMAND_CONTACT, id, duty_of(id, DUTY_KIND_LEAD));
    act_as("desk", ROLE_DISPATCHER, "D1");
    struct command command = reroute(id, "DB");
    taken(&command, RECORD_DECISION_ASKED);
    return id;
}

/* --- what is asked -------------------------------------------------------------------------------------------------------- */

START_TEST(the_lead_is_asked)
{
    uint64_t id = asked_case(), lead = duty_of(id, DUTY_KIND_LEAD);
    const struct decision_asked_body *asked = &world_record(&w, RECORD_DECISION_ASKED)->body.decision_asked;
    ck_assert_int_eq(asked->about, ABOUT_REROUTE);
    ck_assert_str_eq(asked->asker.s, "D1");
    ck_assert_str_eq(asked->to.s, "DB");
    struct duty_row question = world_duty(&w, id, DUTY_KIND_DECIDE);
    ck_assert_str_eq(question.unit.s, "DA");
    ck_assert_int_eq(question.state, DUTY_STATE_SIGNED); /* there is nothing to sign */
    ck_assert_int_eq(question.about, ABOUT_REROUTE);
    ck_assert_int_eq(question.decision, DECISION_NONE);
    ck_assert_uint_eq(question.of_duty, lead);
    ck_assert_int_eq(question.due_at, w.now_ms + DAY_MS);
    struct case_row c = world_case(&w, id);
    ck_assert_str_eq(c.lead.s, "DA"); /* nothing has happened yet, and all runs */
    ck_assert_uint_eq(c.open_questions, 1);
    ck_assert_int_eq(clock_of(id, lead, CLOCK_KIND_HANDLE).state, CLOCK_STATE_RUNNING);
}
END_TEST

/* Signed alone, or spoken alone, is not yet at work: then the desk just corrects itself. */
START_TEST(who_is_not_at_work_is_not_asked)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    struct command command = reroute(id, "DB");
    world_act(&w, COMMAND_SIGN, id, duty_of(id, DUTY_KIND_LEAD));
    w.roles = role(ROLE_DISPATCHER);
    taken(&command, RECORD_CASE_ROUTED);
    ck_assert_uint_eq(world_records(&w, RECORD_DECISION_ASKED), 0);
}
END_TEST

START_TEST(a_supervisor_does_not_ask)
{
    uint64_t id = asked_case(), question = duty_of(id, DUTY_KIND_DECIDE);
    w.roles = role(ROLE_SUPERVISOR);
    struct command command = reroute(id, "DB");
    taken(&command, RECORD_CASE_ROUTED);
    ck_assert_int_eq(duty_by_id(question).state, DUTY_STATE_ENDED); /* and the question has lapsed */
    ck_assert_uint_eq(world_case(&w, id).open_questions, 0);
}
END_TEST

/* A desk that leads itself agrees with itself. */
START_TEST(the_desks_own_case_goes_at_once)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    struct command command = reroute(id, "D1"), away = reroute(id, "DB");
    taken(&command, RECORD_CASE_ROUTED);
    world_act(&w, COMMAND_CONTACT, id, duty_of(id, DUTY_KIND_LEAD));
    w.roles = role(ROLE_DISPATCHER);
    taken(&away, RECORD_CASE_ROUTED);
    ck_assert_str_eq(world_case(&w, id).lead.s, "DB");
}
END_TEST

START_TEST(a_lead_is_asked_once)
{
    uint64_t id = asked_case();
    struct command again = reroute(id, "UT");
    expect(&again, REFUSAL_ALREADY, "reroute");
    act_as("chief", ROLE_LEADER, "DA");
    struct command no = decide(id, DECISION_REFUSED);
    taken(&no, RECORD_DECISION_GIVEN);
    act_as("desk", ROLE_DISPATCHER, "D1");
    expect(&again, REFUSAL_SIGNED, "supervisor"); /* whose word it is now */
}
END_TEST

START_TEST(a_case_has_only_so_many_open_duties)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    world_act(&w, COMMAND_CONTACT, id, duty_of(id, DUTY_KIND_LEAD));
    w.roles = role(ROLE_DISPATCHER);
    struct command command = reroute(id, "DB");
    set_open_duties(id, CAP_OPEN_DUTIES_PER_CASE);
    expect(&command, REFUSAL_CAP, "duty");
    set_open_duties(id, CAP_OPEN_DUTIES_PER_CASE - 1);
    expect(&command, REFUSAL_NONE, NULL);
}
END_TEST

/* --- what is said --------------------------------------------------------------------------------------------------------- */

START_TEST(granted_it_goes_as_it_was_asked)
{
    uint64_t id = world_submit(&w, "PIPE", "S1"), lead = duty_of(id, DUTY_KIND_LEAD);
    int64_t promised = total_of(id).due_at;
    world_act(&w, COMMAND_CONTACT, id, lead);
    act_as("desk", ROLE_DISPATCHER, "D1");
    struct command command = reroute(id, "DB");
    set_units(&command.body.reroute.supports, "UT", "S1");
    taken(&command, RECORD_DECISION_ASKED);
    world_wait(&w, 2 * HOUR_MS);
    act_as("chief", ROLE_LEADER, "DA");
    struct command yes = decide(id, DECISION_GRANTED);
    const struct decision_given_body *given = &taken(&yes, RECORD_DECISION_GIVEN)->body.decision_given;
    ck_assert_int_eq(given->about, ABOUT_REROUTE);
    ck_assert_int_eq(given->decision, DECISION_GRANTED);
    struct duty_row question = world_duty(&w, id, DUTY_KIND_DECIDE);
    ck_assert_int_eq(question.state, DUTY_STATE_DONE);
    ck_assert_int_eq(question.decision, DECISION_GRANTED);
    ck_assert(clock_of(id, question.duty_id, CLOCK_KIND_DECIDE).in_time);
    ck_assert_int_eq(duty_by_id(lead).reason, DUTY_END_REASSIGNED);
    expect_void(id, lead);
    struct case_row c = world_case(&w, id);
    ck_assert_str_eq(c.lead.s, "DB");
    ck_assert_int_eq(world_record(&w, RECORD_CASE_ROUTED)->body.case_routed.how, ROUTE_HOW_REROUTE);
    ck_assert_int_eq(clock_of(id, c.lead_duty, CLOCK_KIND_HANDLE).due_at, w.now_ms + 5 * (int64_t)DAY_MS);
    ck_assert_int_eq(total_of(id).due_at, promised);
    ck_assert_uint_eq(world_records(&w, RECORD_DUTY_OFFERED), 3); /* the lead, and the supports that were named */
}
END_TEST

START_TEST(refused_all_stays)
{
    uint64_t id = asked_case(), lead = duty_of(id, DUTY_KIND_LEAD);
    int64_t due = clock_of(id, lead, CLOCK_KIND_HANDLE).due_at;
    act_as("chief", ROLE_LEADER, "DA");
    world_wait(&w, HOUR_MS);
    struct command no = decide(id, DECISION_REFUSED);
    taken(&no, RECORD_DECISION_GIVEN);
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_DECIDE).decision, DECISION_REFUSED);
    ck_assert_str_eq(world_case(&w, id).lead.s, "DA");
    ck_assert_int_eq(clock_of(id, lead, CLOCK_KIND_HANDLE).due_at, due);
    ck_assert_uint_eq(world_case(&w, id).open_questions, 0);
    expect(&no, REFUSAL_BAD_STATE, "duty");
}
END_TEST

START_TEST(what_it_takes_to_say_it)
{
    uint64_t id = asked_case();
    act_as("chief", ROLE_LEADER, "DA");
    struct command command = decide(id, DECISION_NONE);
    expect(&command, REFUSAL_BAD_FIELD, "decision");
    command = decide(id, DECISION_GRANTED);
    command.body.decide.reason = (struct text){0};
    expect(&command, REFUSAL_INCOMPLETE, "reason");
    command = decide(id, DECISION_GRANTED);
    expect(&command, REFUSAL_NONE, NULL);
}
END_TEST

/* Between question and answer another set has come into force. */
START_TEST(the_unit_that_was_meant_is_no_more)
{
    uint64_t id = asked_case();
    act_as("chief", ROLE_LEADER, "DA");
    struct command yes = decide(id, DECISION_GRANTED), no = decide(id, DECISION_REFUSED);
    w.units[UNIT_DB].code = code_of("DB2");
    expect(&yes, REFUSAL_UNKNOWN_UNIT, "to");
    expect(&no, REFUSAL_NONE, NULL);
    w.units[UNIT_DB].code = code_of("DB");
    w.units[UNIT_DB].successor = UNIT_DA;
    expect(&yes, REFUSAL_BAD_FIELD, "decision"); /* it is what it would become */
}
END_TEST

START_TEST(a_support_that_was_meant_is_no_more)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    world_act(&w, COMMAND_CONTACT, id, duty_of(id, DUTY_KIND_LEAD));
    act_as("desk", ROLE_DISPATCHER, "D1");
    struct command command = reroute(id, "DB"), yes = decide(id, DECISION_GRANTED);
    set_units(&command.body.reroute.supports, "UT", NULL);
    taken(&command, RECORD_DECISION_ASKED);
    act_as("chief", ROLE_LEADER, "DA");
    w.units[UNIT_UT].code = code_of("UT2");
    expect(&yes, REFUSAL_UNKNOWN_UNIT, "supports");
}
END_TEST

/* --- who says it ---------------------------------------------------------------------------------------------------------- */

START_TEST(who_decides)
{
    uint64_t id = asked_case();
    struct command yes = decide(id, DECISION_GRANTED);
    act_as("worker", ROLE_WORKER, "DA");
    expect(&yes, REFUSAL_NO_ROLE, NULL);
    act_as("boss", ROLE_SUPERVISOR, "D1"); /* who may reroute, and need not answer for the lead */
    expect(&yes, REFUSAL_NO_ROLE, "leader");
    act_as("other", ROLE_LEADER, "DB");
    expect(&yes, REFUSAL_NOT_FOUND, "case");
    act_as("street", ROLE_LEADER, "S1"); /* sees the case */
    expect(&yes, REFUSAL_NOT_YOURS, "unit");
    act_as("chief", ROLE_LEADER, "DA");
    expect(&yes, REFUSAL_NONE, NULL);
    act_as("the importer", ROLE_IMPORTER, "D1");
    expect(&yes, REFUSAL_NONE, NULL);
}
END_TEST

START_TEST(nobody_decides_what_they_have_handled)
{
    uint64_t id = asked_case();
    struct command yes = decide(id, DECISION_GRANTED);
    act_as("tester", ROLE_LEADER, "DA"); /* who spoke with the citizen */
    expect(&yes, REFUSAL_SELF_DECISION, "actor");
    act_as("desk", ROLE_LEADER, "DA"); /* who asked */
    expect(&yes, REFUSAL_SELF_DECISION, "actor");
    act_as("tester", ROLE_IMPORTER, "D1"); /* passes on what others said */
    expect(&yes, REFUSAL_NONE, NULL);
}
END_TEST

/* The desk's own people do not answer for the lead, though the desk is its deputy. */
START_TEST(the_asker_does_not_decide)
{
    w.units[UNIT_DA].deputy = UNIT_UT;
    w.units[UNIT_C1].parent = UNIT_UT;
    w.district.desk_unit = UNIT_UT;
    uint64_t id = world_submit(&w, "PIPE", "S1");
    world_act(&w, COMMAND_CONTACT, id, duty_of(id, DUTY_KIND_LEAD));
    act_as("desk", ROLE_DISPATCHER, "UT");
    struct command command = reroute(id, "DB"), yes = decide(id, DECISION_GRANTED);
    taken(&command, RECORD_DECISION_ASKED);
    act_as("colleague", ROLE_LEADER, "UT");
    expect(&yes, REFUSAL_SELF_DECISION, "actor");
    w.district.desk_unit = UNIT_S1;
    w.units[UNIT_DA].deputy = UNIT_C1; /* nor those below it */
    act_as("colleague", ROLE_LEADER, "C1");
    expect(&yes, REFUSAL_SELF_DECISION, "actor");
    act_as("chief", ROLE_LEADER, "DA");
    expect(&yes, REFUSAL_NONE, NULL);
}
END_TEST

/* Nothing is granted by time alone: the next rank is told and may decide it then, a day later the district's leaders are told. */
START_TEST(overdue_it_passes_on)
{
    w.units[UNIT_DA].deputy = UNIT_DB;
    uint64_t id = asked_case(), question = duty_of(id, DUTY_KIND_DECIDE);
    struct command yes = decide(id, DECISION_GRANTED);
    world_wait(&w, DAY_MS);
    act_as("boss", ROLE_SUPERVISOR, "D1");
    expect(&yes, REFUSAL_NO_ROLE, "leader"); /* due, and not overdue */
    world_wait(&w, 1);
    const struct alarm_raised_body *told = &world_record(&w, RECORD_ALARM_RAISED)->body.alarm_raised;
    ck_assert_int_eq(told->alarm, ALARM_UNDECIDED);
    ck_assert_int_eq(told->to, ROLE_SUPERVISOR);
    ck_assert_uint_eq(world_records(&w, RECORD_ALARM_RAISED), 2);
    ck_assert_str_eq(world_record(&w, RECORD_ALARM_RAISED)->head.unit.s, "D1");
    expect(&yes, REFUSAL_NONE, NULL);
    act_as("head", ROLE_DISTRICT_LEADER, "D1");
    expect(&yes, REFUSAL_NONE, NULL);
    act_as("deputy", ROLE_LEADER, "DB"); /* might have before, too */
    expect(&yes, REFUSAL_NONE, NULL);
    world_wait(&w, clock_of(id, question, CLOCK_KIND_DECIDE).rung_at[RUNG_NOTICE] - w.now_ms);
    told = &world_record(&w, RECORD_ALARM_RAISED)->body.alarm_raised;
    ck_assert_int_eq(told->to, ROLE_DISTRICT_LEADER);
    world_wait(&w, 30 * (int64_t)DAY_MS);
    ck_assert_int_eq(duty_by_id(question).state, DUTY_STATE_SIGNED); /* it waits */
    ck_assert_str_eq(world_case(&w, id).lead.s, "DA");
    taken(&yes, RECORD_CASE_ROUTED);
    ck_assert(!clock_of(id, question, CLOCK_KIND_DECIDE).in_time);
}
END_TEST

/* Without a clock it is never overdue, and nobody else decides it. */
START_TEST(a_question_without_a_clock)
{
    w.district.policy.decide.amount = 0;
    uint64_t id = asked_case();
    struct command yes = decide(id, DECISION_GRANTED);
    world_wait(&w, 3 * (int64_t)DAY_MS);
    act_as("boss", ROLE_SUPERVISOR, "D1");
    expect(&yes, REFUSAL_NO_ROLE, "leader");
}
END_TEST

START_TEST(a_leader_claims_it)
{
    uint64_t id = asked_case(), question = duty_of(id, DUTY_KIND_DECIDE);
    struct command claim = {.type = COMMAND_CLAIM};
    claim.body.claim.case_id = id;
    claim.body.claim.duty_id = question;
    act_as("boss", ROLE_SUPERVISOR, "D1");
    expect(&claim, REFUSAL_NO_ROLE, NULL);
    act_as("chief", ROLE_LEADER, "DA");
    taken(&claim, RECORD_DUTY_CLAIMED);
    ck_assert(duty_by_id(question).claimed);
}
END_TEST

/* --- what lapses ---------------------------------------------------------------------------------------------------------- */

START_TEST(a_question_lapses_with_the_lead)
{
    uint64_t id = asked_case(), question = duty_of(id, DUTY_KIND_DECIDE);
    act_as("worker", ROLE_WORKER, "DA");
    world_answer(&w, id);
    ck_assert_int_eq(duty_by_id(question).state, DUTY_STATE_ENDED);
    ck_assert_int_eq(clock_of(id, question, CLOCK_KIND_DECIDE).state, CLOCK_STATE_VOID);
    act_as("chief", ROLE_LEADER, "DA");
    struct command yes = decide(id, DECISION_GRANTED);
    expect(&yes, REFUSAL_BAD_STATE, "duty"); /* the case allows it: what a called unit missed may be decided then */
}
END_TEST

/* The desk sees that it was right after all. It may ask again. */
START_TEST(who_asked_takes_it_back)
{
    uint64_t id = asked_case(), question = duty_of(id, DUTY_KIND_DECIDE);
    struct command cancel = {.type = COMMAND_CANCEL};
    cancel.body.cancel.case_id = id;
    cancel.body.cancel.duty_id = question;
    cancel.body.cancel.reason = text_of("it is theirs after all");
    act_as("chief", ROLE_LEADER, "DA");
    expect(&cancel, REFUSAL_NOT_YOURS, "unit");
    act_as("desk", ROLE_DISPATCHER, "D1");
    taken(&cancel, RECORD_DUTY_ENDED);
    ck_assert_int_eq(duty_by_id(question).reason, DUTY_END_NOT_NEEDED);
    struct command again = reroute(id, "DB");
    taken(&again, RECORD_DECISION_ASKED);
}
END_TEST

/* What other commands complete is named. */
START_TEST(levels_and_direct_reports_are_not_decided)
{
    static const struct {
        enum about about;
        const char *word;
    } others[] = {{ABOUT_LEVEL, "level"}, {ABOUT_DIRECT, "direct"}};
    uint64_t id = asked_case();
    struct command yes = decide(id, DECISION_GRANTED);
    act_as("the importer", ROLE_IMPORTER, "D1");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct duty_row question = world_duty(&w, id, DUTY_KIND_DECIDE);
        question.about = (uint8_t)others[i].about;
        tables_put(&w.tables, ROW_DUTY, question.duty_id, &question);
        expect(&yes, REFUSAL_BAD_STATE, others[i].word);
    }
}
END_TEST

/* The kind's row in rules.c and the questions' own rows name the same roles. */
START_TEST(the_roles_of_all_questions_are_those_of_the_kind)
{
    ck_assert_uint_eq(question_roles(), rules_duty_kind(DUTY_KIND_DECIDE)->roles);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{the_lead_is_asked},
                                       {who_is_not_at_work_is_not_asked},
                                       {a_supervisor_does_not_ask},
                                       {the_desks_own_case_goes_at_once},
                                       {a_lead_is_asked_once},
                                       {a_case_has_only_so_many_open_duties},
                                       {granted_it_goes_as_it_was_asked},
                                       {refused_all_stays},
                                       {what_it_takes_to_say_it},
                                       {the_unit_that_was_meant_is_no_more},
                                       {a_support_that_was_meant_is_no_more},
                                       {who_decides},
                                       {nobody_decides_what_they_have_handled},
                                       {the_asker_does_not_decide},
                                       {overdue_it_passes_on},
                                       {a_question_without_a_clock},
                                       {a_leader_claims_it},
                                       {a_question_lapses_with_the_lead},
                                       {who_asked_takes_it_back},
                                       {levels_and_direct_reports_are_not_decided},
                                       {the_roles_of_all_questions_are_those_of_the_kind}};
    return suite_run(&(struct suite){
        .name = "question", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
