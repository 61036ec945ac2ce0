/* test_stages.c - how far it is 阶段反馈: the lead's stage clock runs from its signature to its answer (lifecycle 2e, `stage`) */
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
    world_wait(&w, 1);
    ck_assert_uint_ne(stage_of(late).fired & (1U << RUNG_RED), 0);
    ck_assert_uint_eq(world_records(&w, RECORD_ORDER_PROPOSED), 0);
    world_answer(&w, late);
    ck_assert_int_eq(stage_of(late).state, CLOCK_STATE_STOPPED);
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
        {a_district_may_do_without, 1, 0},
    };
    return suite_run(&(struct suite){
        .name = "core/stages", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
