/* test_guards.c - rights, states and deadlines that one condition alone keeps: each test falls when that condition does */
#include "tests/core/world.h"
#include "tests/suite.h"

#include <check.h>
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

/* One step of a case by a person of that name. */
static void act_as(const char *person, enum command_type type, uint64_t case_id, enum duty_kind kind)
{
    w.actor = person;
    world_act(&w, type, case_id, world_duty(&w, case_id, kind).duty_id);
    w.actor = "tester";
}

static enum refusal answer(uint64_t case_id)
{
    struct command command = {.type = COMMAND_ANSWER};
    command.body.answer.case_id = case_id;
    command.body.answer.text = text_of("Lamp replaced.");
    return world_do(&w, &command);
}

/* Would this person's question to the citizen be taken? */
static enum refusal ask_as(const char *person, uint64_t case_id)
{
    struct command command = {.type = COMMAND_NOTE_FOLLOWUP};
    command.body.note_followup.case_id = case_id;
    command.body.note_followup.contacted = SAID_CONTACTED_YES;
    command.body.note_followup.solved = SAID_SOLVED_YES;
    command.body.note_followup.satisfied = SAID_SATISFIED_YES;
    w.actor = person;
    enum refusal refusal = world_judge(&w, &command);
    w.actor = "tester";
    return refusal;
}

static enum refusal cancel(uint64_t case_id, uint64_t duty_id)
{
    struct command command = {.type = COMMAND_CANCEL};
    command.body.cancel.case_id = case_id;
    command.body.cancel.duty_id = duty_id;
    command.body.cancel.reason = text_of("not needed");
    return world_do(&w, &command);
}

/* --- who handled a case (lifecycle 5.5) --------------------------------------------------------------------------------------- */

/* A case with a support and a call, each step by somebody else: none of them asks the citizen afterwards. */
START_TEST(whoever_did_one_step_of_the_work_does_not_ask)
{
    w.actor = "intake";
    uint64_t id = world_submit(&w, "ROAD", "S1");
    act_as("holds", COMMAND_CLAIM, id, DUTY_KIND_LEAD);
    act_as("holds", COMMAND_RELEASE, id, DUTY_KIND_LEAD);
    act_as("signs", COMMAND_SIGN, id, DUTY_KIND_LEAD);
    act_as("rings the citizen", COMMAND_CONTACT, id, DUTY_KIND_LEAD);
    act_as("signs the support", COMMAND_SIGN, id, DUTY_KIND_SUPPORT);
    act_as("reports", COMMAND_REPORT, id, DUTY_KIND_SUPPORT);
    w.actor = "whistles";
    world_call(&w, id, "UT");
    w.actor = "dispatches";
    world_dispatch(&w, id, "UT");
    act_as("signs the call", COMMAND_SIGN, id, DUTY_KIND_RESPOND);
    act_as("arrives", COMMAND_ARRIVE, id, DUTY_KIND_RESPOND);
    w.actor = "finishes";
    world_finish(&w, id, FINISH_CODE_SOLVED);
    w.actor = "rates";
    ck_assert_int_eq(world_rate(&w, id, true), REFUSAL_NONE);
    w.actor = "whistles again";
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    act_as("cancels", COMMAND_CANCEL, id, DUTY_KIND_RESPOND);
    w.actor = "answers";
    ck_assert_int_eq(answer(id), REFUSAL_NONE);

    static const char *const handled[] = {
        "holds",      "signs",          "rings the citizen", "signs the support", "reports", "whistles",
        "dispatches", "signs the call", "arrives",           "finishes",          "rates",   "cancels",
        "answers"};
    for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++) {
        ck_assert_msg(ask_as(handled[i], id) == REFUSAL_SELF_DECISION, "who %s asks the citizen", handled[i]);
    }
    ck_assert_int_eq(ask_as("intake", id), REFUSAL_NONE);
    ck_assert_int_eq(ask_as("somebody", id), REFUSAL_NONE);
}
END_TEST

/* --- rights --------------------------------------------------------------------------------------------------------------------
 */

/* A desk that stands beside the streets and departments instead of above them: it cancels what others created. */
START_TEST(a_dispatcher_of_the_desk_cancels_what_a_street_asked_for)
{
    w.district.desk_unit = 3;                                                  /* DB */
    w.rows[2].supports[0] = (struct selector){.kind = SELECT_UNIT, .unit = 2}; /* DA supports roads */
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t support = world_duty(&w, id, DUTY_KIND_SUPPORT).duty_id;
    w.unit = code_of("DB");
    w.roles = world_role(ROLE_LEADER);
    ck_assert_int_eq(cancel(id, support), REFUSAL_NOT_YOURS); /* of the desk, and no dispatcher */
    w.unit = code_of("DA");
    w.roles = world_role(ROLE_DISPATCHER);
    ck_assert_int_eq(cancel(id, support), REFUSAL_NOT_YOURS); /* a dispatcher, and not of the desk: the holder itself */
    w.unit = code_of("DB");
    ck_assert_int_eq(cancel(id, support), REFUSAL_NONE);
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_SUPPORT).reason, DUTY_END_NOT_NEEDED);
}
END_TEST

START_TEST(the_unit_that_created_a_support_cancels_it)
{
    w.district.desk_unit = 3;
    w.rows[2].supports[0] = (struct selector){.kind = SELECT_UNIT, .unit = 2};
    uint64_t id = world_submit(&w, "ROAD", "S1");
    w.unit = code_of("S1");
    w.roles = world_role(ROLE_LEADER);
    ck_assert_int_eq(cancel(id, world_duty(&w, id, DUTY_KIND_SUPPORT).duty_id), REFUSAL_NONE);
}
END_TEST

/* Streets whistle: a unit of the government or a committee. A station or a property company of the same tier does not. */
START_TEST(of_a_streets_tier_only_government_and_committees_whistle)
{
    static const struct {
        enum unit_class class;
        enum refusal refusal;
    } cells[] = {
        {UNIT_CLASS_GOVERNMENT, REFUSAL_NONE}, {UNIT_CLASS_COMMITTEE, REFUSAL_NONE}, {UNIT_CLASS_DEPARTMENT, REFUSAL_RANK},
        {UNIT_CLASS_SECTION, REFUSAL_RANK},    {UNIT_CLASS_STATION, REFUSAL_RANK},   {UNIT_CLASS_UTILITY, REFUSAL_RANK},
        {UNIT_CLASS_PROPERTY, REFUSAL_RANK},   {UNIT_CLASS_EXTERNAL, REFUSAL_RANK},
    };
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command raise = {.type = COMMAND_RAISE_CALL};
    raise.body.raise_call.case_id = id;
    w.unit = code_of("S1");
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        w.units[UNIT_S1].class = cells[i].class;
        ck_assert_msg(world_judge(&w, &raise) == cells[i].refusal, "%s", enum_name(&unit_class_enum, (int)cells[i].class));
    }
}
END_TEST

/* --- follow-up ------------------------------------------------------------------------------------------------------------------
 */

static uint64_t submit_kind(enum case_kind kind)
{
    struct command command = {.type = COMMAND_SUBMIT};
    command.body.submit.matter = code_of("ROAD");
    command.body.submit.place = code_of("S1");
    command.body.submit.kind = kind;
    command.body.submit.title = text_of("T");
    command.body.submit.reporter_phone = text_of("000-0001");
    ck_assert_int_eq(world_do(&w, &command), REFUSAL_NONE);
    return w.verdict->records[1].seq;
}

/* Who reports somebody (举报) is asked whether they are satisfied, and the unit is not measured by it; whoever complains is. */
START_TEST(satisfaction_with_a_report_is_not_rated)
{
    uint64_t complaint = submit_kind(CASE_KIND_COMPLAINT), report = submit_kind(CASE_KIND_REPORT);
    world_answer(&w, report);
    ck_assert_int_eq(world_followup(&w, report, SAID_SOLVED_YES, SAID_SATISFIED_NO), REFUSAL_NONE);
    ck_assert(!world_record(&w, RECORD_FOLLOWUP_ENDED)->body.followup_ended.rated);
    ck_assert_int_eq(world_count(&w, METRIC_SATISFIED_RATE).den, 0);
    ck_assert_int_eq(world_count(&w, METRIC_SOLVED_RATE).den, 1); /* solved counts all the same */
    world_answer(&w, complaint);
    ck_assert_int_eq(world_followup(&w, complaint, SAID_SOLVED_YES, SAID_SATISFIED_NO), REFUSAL_NONE);
    ck_assert(world_record(&w, RECORD_FOLLOWUP_ENDED)->body.followup_ended.rated);
    ck_assert_int_eq(world_count(&w, METRIC_SATISFIED_RATE).den, 1);
}
END_TEST

/* --- deadlines ------------------------------------------------------------------------------------------------------------------
 */

/* Yellow passes while the citizen's clock stands; the follow-up takes the stop back: the rung is reached now, not late. */
START_TEST(a_rung_that_passed_while_the_clock_stood_is_reached_now_and_not_late)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_wait(&w, 3 * (int64_t)DAY_MS);
    world_answer(&w, id);
    world_wait(&w, DAY_MS + 6 * (int64_t)HOUR_MS); /* yellow was after four days */
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_NO, SAID_SATISFIED_NO), REFUSAL_NONE);
    struct clock_row total = world_clock(&w, id, 0, CLOCK_KIND_TOTAL);
    ck_assert_int_eq(total.state, CLOCK_STATE_RUNNING);
    ck_assert_int_eq(total.rung_at[RUNG_YELLOW], w.now_ms);
    ck_assert_int_eq(total.rung_at[RUNG_RED], total.due_at + 1); /* to come: where it was */
    world_wait(&w, 0);
    const struct record *fired = world_record(&w, RECORD_RUNG_FIRED);
    ck_assert_uint_eq(fired->body.rung_fired.clock_id, total.clock_id);
    ck_assert(!fired->body.rung_fired.late);
}
END_TEST

/* Three attempts to reach the citizen are enough: the third stops the clock, and the lead may answer. */
START_TEST(the_last_contact_attempt_stops_the_clock_and_lets_the_lead_answer)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t lead = world_duty(&w, id, DUTY_KIND_LEAD).duty_id;
    struct command contact = {.type = COMMAND_CONTACT};
    contact.body.contact.case_id = id;
    contact.body.contact.duty_id = lead;
    contact.body.contact.outcome = CONTACT_OUTCOME_NO_ANSWER;
    contact.body.contact.evidence = text_of("rang from 010-0002");
    for (uint32_t attempt = 1; attempt <= 3; attempt++) {
        ck_assert_int_eq(world_clock(&w, id, lead, CLOCK_KIND_CONTACT).state, CLOCK_STATE_RUNNING);
        ck_assert_int_eq(world_do(&w, &contact), REFUSAL_NONE);
        ck_assert_uint_eq(world_record(&w, RECORD_CONTACT_RECORDED)->body.contact_recorded.attempt, attempt);
        if (attempt < 3) {
            ck_assert_int_eq(answer(id), REFUSAL_NO_CONTACT);
        }
    }
    ck_assert_int_eq(world_clock(&w, id, lead, CLOCK_KIND_CONTACT).state, CLOCK_STATE_STOPPED);
    ck_assert_int_eq(answer(id), REFUSAL_NONE);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{whoever_did_one_step_of_the_work_does_not_ask},
                                       {a_dispatcher_of_the_desk_cancels_what_a_street_asked_for},
                                       {the_unit_that_created_a_support_cancels_it},
                                       {of_a_streets_tier_only_government_and_committees_whistle},
                                       {satisfaction_with_a_report_is_not_rated},
                                       {a_rung_that_passed_while_the_clock_stood_is_reached_now_and_not_late},
                                       {the_last_contact_attempt_stops_the_clock_and_lets_the_lead_answer}};
    return suite_run(&(struct suite){
        .name = "guards", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
