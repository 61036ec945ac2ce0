/*
 * test_stages.c - how far it is 阶段反馈: the lead's stage clock, from its signature and from each report to the answer (lifecycle
 * 2e, `stage`), and the command that reports (2b, `report_stage`)
 */
#include "tests/core/world.h"
#include "tests/suite.h"

#include <check.h>

static struct world w;

static void setup(void)
{
    world_open(&w);
}

static void teardown(void)
{
    world_close(&w);
}

static struct clock_row stage_of(uint64_t case_id)
{
    return world_clock(&w, case_id, 0, CLOCK_KIND_STAGE);
}

/* Clocks of this kind that the last verdict started. */
static uint32_t started(enum clock_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < w.verdict->count; i++) {
        const struct record *record = &w.verdict->records[i];
        count += record->type == RECORD_CLOCK_STARTED && record->body.clock_started.clock == kind;
    }
    return count;
}

static void sign(uint64_t case_id, enum duty_kind kind)
{
    world_act(&w, COMMAND_SIGN, case_id, world_duty(&w, case_id, kind).duty_id);
}

/* How far this unit's duty is; the next word in three days. */
static struct command report(uint64_t case_id, enum duty_kind kind)
{
    struct command command = {.type = COMMAND_REPORT_STAGE};
    command.body.report_stage.case_id = case_id;
    command.body.report_stage.duty_id = world_duty(&w, case_id, kind).duty_id;
    command.body.report_stage.text = text_of("the cable is ordered");
    command.body.report_stage.next_at = w.now_ms + 3 * (int64_t)DAY_MS;
    return command;
}

static void expect_refused(struct command command, enum refusal refusal, const char *field)
{
    ck_assert_int_eq(world_judge(&w, &command), refusal);
    ck_assert_str_eq(w.verdict->field, field);
}

START_TEST(a_lead_that_signs_has_five_days_to_say_how_far_it_is)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    ck_assert_uint_eq(started(CLOCK_KIND_STAGE), 0); /* offered is not signed */
    world_wait(&w, HOUR_MS);
    sign(id, DUTY_KIND_LEAD);
    struct clock_row stage = stage_of(id);
    ck_assert_int_eq(stage.state, CLOCK_STATE_RUNNING);
    ck_assert_int_eq(stage.due_at, w.now_ms + 5 * (int64_t)DAY_MS);
    ck_assert_int_eq(stage.source, LIMIT_SOURCE_POLICY);
    ck_assert_uint_eq(stage.duty_id, world_case(&w, id).lead_duty);
    ck_assert_str_eq(stage.unit.s, "S1");
}
END_TEST

START_TEST(a_contact_that_implies_the_signature_starts_it_too)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command contact = {.type = COMMAND_CONTACT};
    contact.body.contact.case_id = id;
    contact.body.contact.evidence = text_of("telephone");
    ck_assert_int_eq(world_do(&w, &contact), REFUSAL_NONE);
    ck_assert_uint_eq(started(CLOCK_KIND_STAGE), 1);
    world_wait(&w, DAY_MS);
    ck_assert_int_eq(world_do(&w, &contact), REFUSAL_NONE); /* signed already: nothing starts again */
    ck_assert_uint_eq(started(CLOCK_KIND_STAGE), 0);
}
END_TEST

START_TEST(it_counts_the_working_days_of_the_lead)
{
    static const char *const days[] = {"2026-01-01 holiday", NULL};
    world_office(&w, days);
    w.district.policy.stage = (struct span){TIME_KIND_WORKING_DAYS, 5};
    w.now_ms = world_at("2026-03-05 10:00"); /* a Thursday */
    uint64_t id = world_submit(&w, "ROAD", "S1");
    sign(id, DUTY_KIND_LEAD);
    ck_assert_int_eq(stage_of(id).due_at, world_clock(&w, id, 0, CLOCK_KIND_HANDLE).due_at); /* five working days as well */
}
END_TEST

START_TEST(supports_and_called_units_have_no_stages)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    sign(id, DUTY_KIND_RESPOND);
    ck_assert_uint_eq(started(CLOCK_KIND_STAGE), 0);
    sign(id, DUTY_KIND_SUPPORT);
    ck_assert_uint_eq(started(CLOCK_KIND_STAGE), 0);
}
END_TEST

START_TEST(the_answer_stops_it_in_time_or_late)
{
    uint64_t soon = world_submit(&w, "ROAD", "S1"), late = world_submit(&w, "ROAD", "S1");
    sign(soon, DUTY_KIND_LEAD);
    sign(late, DUTY_KIND_LEAD);
    world_wait(&w, 5 * (int64_t)DAY_MS);
    world_answer(&w, soon);
    ck_assert_int_eq(stage_of(soon).state, CLOCK_STATE_STOPPED);
    ck_assert(stage_of(soon).in_time);
    world_wait(&w, 1);
    ck_assert_uint_ne(stage_of(late).fired & (1U << RUNG_RED), 0);
    ck_assert_uint_eq(world_records(&w, RECORD_ORDER_PROPOSED), 0);
    world_answer(&w, late);
    ck_assert_int_eq(stage_of(late).state, CLOCK_STATE_STOPPED);
    ck_assert(!stage_of(late).in_time);
}
END_TEST

START_TEST(whose_case_is_taken_over_says_no_more)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    sign(id, DUTY_KIND_LEAD);
    struct command take_over = {.type = COMMAND_TAKE_OVER};
    take_over.body.take_over.case_id = id;
    take_over.body.take_over.unit = code_of("D1");
    take_over.body.take_over.reason = text_of("across two streets");
    uint64_t old = world_case(&w, id).lead_duty;
    ck_assert_int_eq(world_do(&w, &take_over), REFUSAL_NONE);
    ck_assert_int_eq(world_clock(&w, id, old, CLOCK_KIND_STAGE).state, CLOCK_STATE_VOID);
    sign(id, DUTY_KIND_LEAD); /* the new lead has stages of its own */
    ck_assert_str_eq(stage_of(id).unit.s, "D1");
}
END_TEST

START_TEST(each_report_gives_the_lead_five_days_more_and_no_limit_else)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    sign(id, DUTY_KIND_LEAD);
    struct clock_row first = stage_of(id), handle = world_clock(&w, id, 0, CLOCK_KIND_HANDLE);
    for (int i = 0; i < 3; i++) {
        world_wait(&w, 4 * (int64_t)DAY_MS);
        struct command command = report(id, DUTY_KIND_LEAD);
        ck_assert_int_eq(world_do(&w, &command), REFUSAL_NONE);
        const struct stage_reported_body *said = &world_record(&w, RECORD_STAGE_REPORTED)->body.stage_reported;
        ck_assert_int_eq(said->duty_kind, DUTY_KIND_LEAD);
        ck_assert_int_eq(said->next_at, w.now_ms + 3 * (int64_t)DAY_MS);
        ck_assert(world_record(&w, RECORD_CLOCK_STOPPED)->body.clock_stopped.in_time);
        ck_assert_int_eq(stage_of(id).due_at, w.now_ms + 5 * (int64_t)DAY_MS);
    }
    ck_assert_uint_eq(stage_of(id).fired, 0); /* none was late, none was even yellow */
    ck_assert_uint_ne(stage_of(id).clock_id, first.clock_id);
    ck_assert_int_eq(world_clock(&w, id, 0, CLOCK_KIND_HANDLE).due_at, handle.due_at); /* who reports is late all the same */
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_LEAD).state, DUTY_STATE_SIGNED);
}
END_TEST

START_TEST(a_duty_takes_a_hundred_reports_and_then_a_result)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    sign(id, DUTY_KIND_LEAD);
    sign(id, DUTY_KIND_SUPPORT);
    struct command command = report(id, DUTY_KIND_LEAD);
    for (int i = 0; i < CAP_STAGE_REPORTS_PER_DUTY; i++) {
        ck_assert_int_eq(world_do(&w, &command), REFUSAL_NONE);
    }
    expect_refused(command, REFUSAL_CAP, "duty");
    command = report(id, DUTY_KIND_SUPPORT); /* no clock, no cap */
    ck_assert_int_eq(world_do(&w, &command), REFUSAL_NONE);
    world_answer(&w, id);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_NO, SAID_SATISFIED_NO), REFUSAL_NONE);
    sign(id, DUTY_KIND_LEAD);
    command = report(id, DUTY_KIND_LEAD); /* the next round has its own */
    ck_assert_int_eq(world_do(&w, &command), REFUSAL_NONE);
}
END_TEST

START_TEST(a_late_report_stays_late_and_the_next_counts_from_it)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    sign(id, DUTY_KIND_LEAD);
    world_wait(&w, 5 * (int64_t)DAY_MS + 1);
    struct command command = report(id, DUTY_KIND_LEAD);
    ck_assert_int_eq(world_do(&w, &command), REFUSAL_NONE);
    ck_assert(!world_record(&w, RECORD_CLOCK_STOPPED)->body.clock_stopped.in_time);
    ck_assert_int_eq(stage_of(id).due_at, w.now_ms + 5 * (int64_t)DAY_MS);
}
END_TEST

START_TEST(of_supports_and_called_units_it_is_noted_only)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    static const enum duty_kind kinds[] = {DUTY_KIND_SUPPORT, DUTY_KIND_RESPOND};
    for (size_t i = 0; i < 2; i++) {
        struct command early = report(id, kinds[i]);
        ck_assert_int_eq(world_do(&w, &early), REFUSAL_NOT_SIGNED); /* they have not even taken it on */
        sign(id, kinds[i]);
    }
    sign(id, DUTY_KIND_LEAD);
    struct clock_row stage = stage_of(id);
    for (size_t i = 0; i < 2; i++) {
        struct command command = report(id, kinds[i]);
        ck_assert_int_eq(world_do(&w, &command), REFUSAL_NONE);
        ck_assert_uint_eq(w.verdict->count, 2); /* the command, and what it says */
        const struct record *record = world_record(&w, RECORD_STAGE_REPORTED);
        ck_assert(!record->body.stage_reported.told);
        ck_assert_uint_eq(record->head.call_id, kinds[i] == DUTY_KIND_RESPOND ? world_case(&w, id).call_last : 0);
    }
    ck_assert_uint_eq(stage_of(id).clock_id, stage.clock_id);
}
END_TEST

START_TEST(the_citizen_is_told_who_wants_to_be)
{
    static const struct {
        bool anonymous, no_reply, told;
    } wishes[] = {{false, false, true}, {true, false, false}, {false, true, false}};
    for (size_t i = 0; i < 3; i++) {
        struct command submit = {.type = COMMAND_SUBMIT};
        submit.body.submit.matter = code_of("ROAD");
        submit.body.submit.place = code_of("S1");
        submit.body.submit.title = text_of("a lamp is dark");
        submit.body.submit.anonymous = wishes[i].anonymous;
        submit.body.submit.no_reply = wishes[i].no_reply;
        if (!wishes[i].anonymous) {
            submit.body.submit.reporter_phone = text_of("000-0001");
        }
        ck_assert_int_eq(world_do(&w, &submit), REFUSAL_NONE);
        uint64_t id = world_record(&w, RECORD_CASE_RECEIVED)->seq;
        sign(id, DUTY_KIND_LEAD);
        struct command command = report(id, DUTY_KIND_LEAD);
        ck_assert_int_eq(world_do(&w, &command), REFUSAL_NONE);
        ck_assert(world_record(&w, RECORD_STAGE_REPORTED)->body.stage_reported.told == wishes[i].told);
    }
}
END_TEST

START_TEST(a_report_says_something_and_looks_ahead)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    expect_refused(report(id, DUTY_KIND_LEAD), REFUSAL_NOT_SIGNED, "duty");
    sign(id, DUTY_KIND_LEAD);
    struct command command = report(id, DUTY_KIND_LEAD);
    command.body.report_stage.text = (struct text){0};
    expect_refused(command, REFUSAL_INCOMPLETE, "text");
    command = report(id, DUTY_KIND_LEAD);
    command.body.report_stage.next_at = w.now_ms;
    expect_refused(command, REFUSAL_BAD_FIELD, "next_at");
    command.body.report_stage.next_at = w.now_ms + 1;
    ck_assert_int_eq(world_do(&w, &command), REFUSAL_NONE);
    world_answer(&w, id);
    expect_refused(report(id, DUTY_KIND_LEAD), REFUSAL_BAD_STATE, "duty"); /* of an answered case, who is called still reports */
}
END_TEST

START_TEST(who_reports_has_handled_the_case)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    sign(id, DUTY_KIND_LEAD);
    struct command command = report(id, DUTY_KIND_LEAD);
    w.actor = "clerk";
    ck_assert_int_eq(world_do(&w, &command), REFUSAL_NONE);
    w.actor = "tester";
    world_answer(&w, id);
    struct command ask = {.type = COMMAND_NOTE_FOLLOWUP};
    ask.body.note_followup.case_id = id;
    ask.body.note_followup.contacted = SAID_CONTACTED_YES;
    ask.body.note_followup.solved = SAID_SOLVED_YES;
    ask.body.note_followup.satisfied = SAID_SATISFIED_YES;
    w.actor = "clerk";
    ck_assert_int_eq(world_judge(&w, &ask), REFUSAL_SELF_DECISION);
    w.actor = "asker";
    ck_assert_int_eq(world_judge(&w, &ask), REFUSAL_NONE);
}
END_TEST

START_TEST(a_district_may_do_without)
{
    w.district.policy.stage = (struct span){0};
    uint64_t id = world_submit(&w, "ROAD", "S1");
    sign(id, DUTY_KIND_LEAD);
    ck_assert_uint_eq(started(CLOCK_KIND_STAGE), 0);
    world_answer(&w, id);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {a_lead_that_signs_has_five_days_to_say_how_far_it_is, 1, 0},
        {a_contact_that_implies_the_signature_starts_it_too, 1, 0},
        {it_counts_the_working_days_of_the_lead, 1, 0},
        {supports_and_called_units_have_no_stages, 1, 0},
        {the_answer_stops_it_in_time_or_late, 1, 0},
        {whose_case_is_taken_over_says_no_more, 1, 0},
        {each_report_gives_the_lead_five_days_more_and_no_limit_else, 1, 0},
        {a_duty_takes_a_hundred_reports_and_then_a_result, 1, 0},
        {a_late_report_stays_late_and_the_next_counts_from_it, 1, 0},
        {of_supports_and_called_units_it_is_noted_only, 1, 0},
        {the_citizen_is_told_who_wants_to_be, 1, 0},
        {a_report_says_something_and_looks_ahead, 1, 0},
        {who_reports_has_handled_the_case, 1, 0},
        {a_district_may_do_without, 1, 0},
    };
    return suite_run(&(struct suite){
        .name = "core/stages", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
