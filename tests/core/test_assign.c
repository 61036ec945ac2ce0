/* test_assign.c - a unit hands its duty on inside 分办: who to whom, by when, and what becomes of it */
#include "tests/core/guards.h"

enum { UNIT_D1 = 1, UNIT_G1 = 4, UNIT_S2 = 6 };

static struct command assign(uint64_t case_id, uint64_t duty, const char *to)
{
    struct command command = {.type = COMMAND_ASSIGN};
    command.body.assign.case_id = case_id;
    command.body.assign.duty_id = duty;
    command.body.assign.to = code_of(to);
    command.body.assign.due_at = w.now_ms + DAY_MS;
    command.body.assign.text = text_of("look at building 3");
    return command;
}

/* ROAD is led by the street, DB supports it. */
static uint64_t road(void)
{
    return world_submit(&w, "ROAD", "C1");
}

/* The street hands its case on to its community; the inner duty. */
static uint64_t handed_on(uint64_t id)
{
    struct command command = assign(id, duty_of(id, DUTY_KIND_LEAD), "C1");
    taken(&command, RECORD_DUTY_ASSIGNED);
    return duty_of(id, DUTY_KIND_SUPPORT);
}

/* Why the last verdict made the duty's clock void. */
static const char *void_why(uint64_t duty)
{
    for (uint32_t i = 0; i < w.verdict->count; i++) {
        const struct record *record = &w.verdict->records[i];
        if (record->type == RECORD_CLOCK_VOID && record->head.duty_id == duty) {
            return enum_name(&clock_why_enum, (int)record->body.clock_void.why);
        }
    }
    return "not at all";
}

/* --- to whom, and by when ------------------------------------------------------------------------------------------------- */

START_TEST(a_street_hands_on_to_its_community)
{
    uint64_t id = road(), lead = duty_of(id, DUTY_KIND_LEAD);
    w.unit = code_of("S1");
    w.roles = role(ROLE_WORKER);
    struct command command = assign(id, lead, "C1");
    const struct record *record = taken(&command, RECORD_DUTY_ASSIGNED);
    ck_assert_uint_eq(record->head.duty_id, lead);
    ck_assert_str_eq(record->head.unit.s, "S1");
    ck_assert_str_eq(record->body.duty_assigned.to.s, "C1");
    ck_assert_int_eq(record->body.duty_assigned.duty_kind, DUTY_KIND_LEAD);
    ck_assert_int_eq(record->body.duty_assigned.due_at, w.now_ms + DAY_MS);
    ck_assert_uint_eq(record->body.duty_assigned.text.size, 18);
    struct duty_row inner = world_duty(&w, id, DUTY_KIND_SUPPORT);
    ck_assert_str_eq(inner.unit.s, "C1");
    ck_assert_str_eq(inner.creator.s, "S1");
    ck_assert_int_eq(inner.internal, 1);
    ck_assert_int_eq(inner.reason, DUTY_END_ASSIGNED);
    ck_assert_int_eq(inner.state, DUTY_STATE_OFFERED);
    ck_assert_uint_eq(inner.of_duty, lead);
    ck_assert_int_eq(inner.due_at, w.now_ms + DAY_MS);
    ck_assert_int_eq(clock_of(id, inner.duty_id, CLOCK_KIND_SUPPORT).source, LIMIT_SOURCE_GIVEN);
    struct clock_row clock;
    ck_assert(!has_clock(id, inner.duty_id, CLOCK_KIND_SIGN, &clock)); /* no item of the district's */
    ck_assert_int_eq(w.verdict->warning, WARNING_NONE);
    ck_assert_str_eq(world_case(&w, id).lead.s, "S1"); /* stays lead, and its clock runs */
    ck_assert_int_eq(clock_of(id, lead, CLOCK_KIND_HANDLE).state, CLOCK_STATE_RUNNING);
}
END_TEST

START_TEST(it_needs_a_text_a_unit_below_and_an_instant_ahead)
{
    uint64_t id = road(), lead = duty_of(id, DUTY_KIND_LEAD);
    struct command command = assign(id, lead, "C1");
    command.body.assign.text = (struct text){0};
    expect(&command, REFUSAL_INCOMPLETE, "text");
    command = assign(id, lead, "XX");
    expect(&command, REFUSAL_UNKNOWN_UNIT, "to");
    static const char *const others[] = {"S1", "S2", "DA", "D1"}; /* itself, beside it, above it */
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        command = assign(id, lead, others[i]);
        expect(&command, REFUSAL_NOT_SUBTREE, "to");
    }
    command = assign(id, lead, "G1"); /* below what is below it */
    expect(&command, REFUSAL_NONE, NULL);
    command.body.assign.due_at = w.now_ms;
    expect(&command, REFUSAL_BAD_FIELD, "due_at");
    command.body.assign.due_at = w.now_ms + 1;
    expect(&command, REFUSAL_NONE, NULL);
    w.units[UNIT_G1].class = UNIT_CLASS_EXTERNAL;
    expect(&command, REFUSAL_BAD_FIELD, "to");
    w.units[UNIT_G1].class = UNIT_CLASS_PROPERTY; /* it never leads, but it may do a part */
    expect(&command, REFUSAL_NONE, NULL);
}
END_TEST

START_TEST(only_the_holder_hands_on)
{
    uint64_t id = road(), lead = duty_of(id, DUTY_KIND_LEAD);
    struct command command = assign(id, lead, "G1");
    w.unit = code_of("C1"); /* the place's, not the lead's */
    w.roles = role(ROLE_WORKER);
    expect(&command, REFUSAL_NOT_YOURS, "unit");
    w.unit = code_of("S1");
    w.roles = role(ROLE_OPERATOR);
    expect(&command, REFUSAL_NO_ROLE, NULL);
    w.roles = role(ROLE_LEADER);
    expect(&command, REFUSAL_NONE, NULL);
}
END_TEST

START_TEST(an_inner_due_instant_that_leaves_nothing_is_warned_of)
{
    uint64_t id = road(), lead = duty_of(id, DUTY_KIND_LEAD);
    int64_t own = clock_of(id, lead, CLOCK_KIND_HANDLE).due_at;
    struct command command = assign(id, lead, "C1");
    command.body.assign.due_at = own - 1;
    expect(&command, REFUSAL_NONE, NULL);
    ck_assert_int_eq(w.verdict->warning, WARNING_NONE);
    command.body.assign.due_at = own;
    taken(&command, RECORD_DUTY_ASSIGNED); /* its answer is the same when it comes again: world.c looks at that */
    ck_assert_int_eq(w.verdict->warning, WARNING_SLACK);
    ck_assert_int_eq(world_record(&w, RECORD_COMMAND_TAKEN)->body.command_taken.warning, WARNING_SLACK);
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_SUPPORT).due_at, own);
    command = assign(id, duty_of(id, DUTY_KIND_SUPPORT), "G1"); /* and measured by the inner one */
    command.body.assign.due_at = own - 1;
    expect(&command, REFUSAL_NONE, NULL);
    ck_assert_int_eq(w.verdict->warning, WARNING_NONE);
}
END_TEST

START_TEST(without_a_limit_of_its_own_nothing_is_warned_of)
{
    for (int urgency = 0; urgency < URGENCY_COUNT; urgency++) {
        w.district.policy.handle[urgency] = (struct span){0};
    }
    uint64_t id = road();
    struct command command = assign(id, duty_of(id, DUTY_KIND_LEAD), "C1");
    taken(&command, RECORD_DUTY_ASSIGNED);
    ck_assert_int_eq(w.verdict->warning, WARNING_NONE);
}
END_TEST

START_TEST(nobody_gets_a_second_part)
{
    uint64_t id = world_submit(&w, "LAMP", "G1"), lead = duty_of(id, DUTY_KIND_LEAD);
    struct command command = assign(id, lead, "G1");
    taken(&command, RECORD_DUTY_ASSIGNED);
    expect(&command, REFUSAL_ALREADY, "to");
    struct command report = {.type = COMMAND_REPORT};
    uint64_t inner = duty_of(id, DUTY_KIND_SUPPORT);
    world_act(&w, COMMAND_SIGN, id, inner);
    report.body.report.duty_id = inner;
    report.body.report.text = text_of("done");
    taken(&report, RECORD_DUTY_DONE);
    expect(&command, REFUSAL_NONE, NULL); /* once that is done, another */
}
END_TEST

START_TEST(who_leads_gets_no_part)
{
    uint64_t id = world_submit(&w, "LAMP", "G1"); /* led by C1 */
    struct command over = take_over(id, "S1");
    taken(&over, RECORD_CASE_ROUTED); /* by S1, and C1 supports */
    struct duty_row lead = world_duty(&w, id, DUTY_KIND_LEAD), support = world_duty(&w, id, DUTY_KIND_SUPPORT);
    struct command command = assign(id, lead.duty_id, "C1");
    expect(&command, REFUSAL_ALREADY, "to");
    support.kind = DUTY_KIND_RESPOND; /* who is called on the case may also get a part of it */
    tables_put(&w.tables, ROW_DUTY, support.duty_id, &support);
    expect(&command, REFUSAL_NONE, NULL);
    lead.unit = code_of("C1");
    support.kind = DUTY_KIND_SUPPORT;
    support.unit = code_of("S1");
    tables_put(&w.tables, ROW_DUTY, lead.duty_id, &lead);
    tables_put(&w.tables, ROW_DUTY, support.duty_id, &support);
    command = assign(id, support.duty_id, "C1");
    expect(&command, REFUSAL_ALREADY, "to");
}
END_TEST

START_TEST(a_chain_is_bounded)
{
    /* D1 > S1 > C1 > G1, and DA, DB below: each hands on to the next */
    w.units[UNIT_DA].parent = UNIT_G1;
    w.units[UNIT_DB].parent = UNIT_DA;
    w.units[UNIT_UT].parent = UNIT_DB;
    w.units[UNIT_DA].tier = w.units[UNIT_DB].tier = w.units[UNIT_UT].tier = UNIT_TIER_GRID;
    static const char *const chain[] = {"C1", "G1", "DA", "DB", "UT"};
    w.rows[ROW_ROAD].support_count = 0;
    uint64_t id = road(), duty = duty_of(id, DUTY_KIND_LEAD);
    for (uint32_t step = 0; step < CAP_ASSIGN_DEPTH; step++) {
        struct command command = assign(id, duty, chain[step]);
        taken(&command, RECORD_DUTY_ASSIGNED);
        duty = duty_of(id, DUTY_KIND_SUPPORT);
    }
    struct command command = assign(id, duty, chain[CAP_ASSIGN_DEPTH]);
    expect(&command, REFUSAL_CAP, "duty");
    command = assign(id, duty_of(id, DUTY_KIND_LEAD), chain[CAP_ASSIGN_DEPTH]);
    expect(&command, REFUSAL_NONE, NULL);
    set_open_duties(id, CAP_OPEN_DUTIES_PER_CASE - 1);
    expect(&command, REFUSAL_NONE, NULL);
    set_open_duties(id, CAP_OPEN_DUTIES_PER_CASE);
    expect(&command, REFUSAL_CAP, "duty");
}
END_TEST

/* --- what becomes of it ------------------------------------------------------------------------------------------------------ */

START_TEST(it_is_not_the_desks_to_rule_on)
{
    uint64_t id = road(), inner = handed_on(id);
    struct command ask = {.type = COMMAND_ASK_RETURN};
    ask.body.ask_return.duty_id = inner;
    ask.body.ask_return.reason = text_of("not ours");
    ask.body.ask_return.basis = text_of("the list");
    ask.body.ask_return.better = code_of("UT");
    expect(&ask, REFUSAL_INNER, "duty");
    struct command cancel = {.type = COMMAND_CANCEL};
    cancel.body.cancel.duty_id = inner;
    cancel.body.cancel.reason = text_of("we do it ourselves");
    w.unit = code_of("C1");
    w.roles = role(ROLE_LEADER);
    expect(&cancel, REFUSAL_NOT_YOURS, "unit"); /* who got it does not drop it */
    w.unit = code_of("S1");
    const struct record *ended = taken(&cancel, RECORD_DUTY_ENDED);
    ck_assert_int_eq(ended->body.duty_ended.reason, DUTY_END_NOT_NEEDED);
    ck_assert_int_eq(clock_of(id, inner, CLOCK_KIND_SUPPORT).state, CLOCK_STATE_VOID);
}
END_TEST

/* Counters of all metrics, before and after a story: the inner duty is in none. */
START_TEST(late_or_in_time_it_is_in_no_figure)
{
    struct counter before[METRIC_COUNT];
    uint64_t id = road(), inner = handed_on(id);
    for (int metric = 0; metric < METRIC_COUNT; metric++) {
        before[metric] = world_count(&w, (enum metric)metric);
    }
    world_wait(&w, DAY_MS + 1); /* its red rung */
    ck_assert_uint_eq(clock_of(id, inner, CLOCK_KIND_SUPPORT).fired & (1U << RUNG_RED), 1U << RUNG_RED);
    world_act(&w, COMMAND_SIGN, id, inner);
    world_act(&w, COMMAND_REPORT, id, inner);
    struct clock_row clock = clock_of(id, inner, CLOCK_KIND_SUPPORT);
    ck_assert_int_eq(clock.state, CLOCK_STATE_STOPPED);
    ck_assert_int_eq(clock.in_time, 0); /* who assigned it sees that it was late */
    ck_assert_int_eq(clock.counted, 0);
    for (int metric = 0; metric < METRIC_COUNT; metric++) {
        struct counter after = world_count(&w, (enum metric)metric);
        ck_assert_msg(memcmp(&after, &before[metric], sizeof(after)) == 0, "metric %d", metric);
    }
}
END_TEST

START_TEST(the_answer_ends_it)
{
    uint64_t id = road(), inner = handed_on(id);
    struct command deeper = assign(id, inner, "G1");
    taken(&deeper, RECORD_DUTY_ASSIGNED);
    uint64_t deepest = duty_of(id, DUTY_KIND_SUPPORT);
    ck_assert_uint_eq(world_case(&w, id).open_inner, 2);
    world_answer(&w, id);
    ck_assert_uint_eq(world_records(&w, RECORD_DUTY_ENDED), 3); /* each once: two inner ones, and DB's */
    ck_assert_int_eq(duty_by_id(inner).state, DUTY_STATE_ENDED);
    ck_assert_int_eq(duty_by_id(inner).reason, DUTY_END_LEAD_ANSWERED);
    ck_assert_int_eq(duty_by_id(deepest).reason, DUTY_END_LEAD_ANSWERED);
    ck_assert_int_eq(clock_of(id, deepest, CLOCK_KIND_SUPPORT).state, CLOCK_STATE_VOID);
    ck_assert_str_eq(void_why(deepest), "lead_answered");
    ck_assert_uint_eq(world_case(&w, id).open_inner, 0);
    ck_assert_uint_eq(world_case(&w, id).open_duties, 1); /* the follow-up */
}
END_TEST

START_TEST(a_lead_that_moves_takes_it_along)
{
    uint64_t id = road(), inner = handed_on(id);
    struct command reroute = {.type = COMMAND_REROUTE};
    reroute.body.reroute.case_id = id;
    reroute.body.reroute.unit = code_of("DA");
    reroute.body.reroute.reason = text_of("the road is theirs");
    taken(&reroute, RECORD_CASE_ROUTED);
    ck_assert_int_eq(duty_by_id(inner).reason, DUTY_END_LEAD_MOVED);
    ck_assert_str_eq(void_why(inner), "lead_moved");
    ck_assert_uint_eq(world_case(&w, id).open_inner, 0);
}
END_TEST

/* What a supporting unit handed on ends with its report; the lead's own part goes on. */
START_TEST(a_part_ends_with_its_whole_and_no_other)
{
    w.units[UNIT_S2].parent = UNIT_DB; /* somebody below DB, who supports */
    uint64_t id = road(), support = duty_of(id, DUTY_KIND_SUPPORT), inner = handed_on(id);
    struct command command = assign(id, support, "S2");
    taken(&command, RECORD_DUTY_ASSIGNED);
    uint64_t part = duty_of(id, DUTY_KIND_SUPPORT);
    world_act(&w, COMMAND_SIGN, id, support);
    world_act(&w, COMMAND_REPORT, id, support);
    ck_assert_int_eq(duty_by_id(part).state, DUTY_STATE_ENDED);
    ck_assert_int_eq(duty_by_id(part).reason, DUTY_END_NOT_NEEDED);
    ck_assert_str_eq(void_why(part), "not_needed");
    ck_assert_int_eq(clock_of(id, part, CLOCK_KIND_SUPPORT).state, CLOCK_STATE_VOID);
    ck_assert_int_eq(duty_by_id(inner).state, DUTY_STATE_OFFERED);
}
END_TEST

/* What a supporting unit handed on ends with the lead's answer, too, and with the lead that moves. */
START_TEST(a_supports_part_ends_as_the_support_does)
{
    static const char *const ends[] = {"lead_answered", "lead_moved", "not_needed"};
    for (int i = 0; i < 3; i++) {
        world_again(&w);
        w.units[UNIT_S2].parent = UNIT_DB;
        uint64_t id = road(), support = duty_of(id, DUTY_KIND_SUPPORT);
        struct command command = assign(id, support, "S2"), cancel = {.type = COMMAND_CANCEL}, reroute = {.type = COMMAND_REROUTE};
        taken(&command, RECORD_DUTY_ASSIGNED);
        uint64_t part = duty_of(id, DUTY_KIND_SUPPORT);
        cancel.body.cancel.duty_id = support;
        cancel.body.cancel.reason = text_of("done without them");
        reroute.body.reroute.case_id = id;
        reroute.body.reroute.unit = code_of("DA");
        reroute.body.reroute.reason = text_of("the road is theirs");
        if (i == 0) {
            world_answer(&w, id);
        } else {
            taken(i == 1 ? &reroute : &cancel, RECORD_DUTY_ENDED);
        }
        ck_assert_str_eq(enum_name(&duty_end_enum, duty_by_id(part).reason), ends[i]);
        ck_assert_str_eq(void_why(part), ends[i]);
    }
}
END_TEST

/* A community that loses its lead by take-over goes on as support, and so does its grid, which ends with that support's report. */
START_TEST(what_a_lead_handed_on_goes_on_when_it_is_taken_over)
{
    uint64_t id = world_submit(&w, "LAMP", "G1"), lead = duty_of(id, DUTY_KIND_LEAD);
    struct command command = assign(id, lead, "G1");
    taken(&command, RECORD_DUTY_ASSIGNED);
    uint64_t inner = duty_of(id, DUTY_KIND_SUPPORT);
    struct command over = take_over(id, "S1");
    taken(&over, RECORD_CASE_ROUTED);
    struct duty_row goes_on = world_duty(&w, id, DUTY_KIND_SUPPORT);
    ck_assert_str_eq(goes_on.unit.s, "C1");
    ck_assert_uint_eq(goes_on.of_duty, lead);
    ck_assert_int_eq(duty_by_id(inner).state, DUTY_STATE_OFFERED);
    world_act(&w, COMMAND_SIGN, id, goes_on.duty_id);
    world_act(&w, COMMAND_REPORT, id, goes_on.duty_id);
    ck_assert_int_eq(duty_by_id(inner).reason, DUTY_END_NOT_NEEDED);
}
END_TEST

/* A called unit hands on inside; the lead's answer is nothing to it, its own result is. */
START_TEST(a_called_unit_hands_on_too)
{
    w.units[UNIT_G1].parent = UNIT_UT;
    uint64_t id = world_submit(&w, "PIPE", "S1"), call;
    call = world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    struct command command = assign(id, duty_of(id, DUTY_KIND_RESPOND), "G1");
    const struct record *assigned = taken(&command, RECORD_DUTY_ASSIGNED);
    ck_assert_uint_eq(assigned->head.call_id, call);
    struct duty_row inner = world_duty(&w, id, DUTY_KIND_SUPPORT);
    ck_assert_uint_eq(inner.call_id, 0); /* inside, there is no call */
    world_answer(&w, id);
    ck_assert_int_eq(duty_by_id(inner.duty_id).state, DUTY_STATE_OFFERED);
    world_act(&w, COMMAND_SIGN, id, inner.duty_id);
    world_finish(&w, id, FINISH_CODE_SOLVED);
    ck_assert_int_eq(duty_by_id(inner.duty_id).state, DUTY_STATE_ENDED);
    ck_assert_int_eq(duty_by_id(inner.duty_id).reason, DUTY_END_NOT_NEEDED);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {a_street_hands_on_to_its_community},
        {it_needs_a_text_a_unit_below_and_an_instant_ahead},
        {only_the_holder_hands_on},
        {an_inner_due_instant_that_leaves_nothing_is_warned_of},
        {without_a_limit_of_its_own_nothing_is_warned_of},
        {nobody_gets_a_second_part},
        {who_leads_gets_no_part},
        {a_chain_is_bounded},
        {it_is_not_the_desks_to_rule_on},
        {late_or_in_time_it_is_in_no_figure},
        {the_answer_ends_it},
        {a_lead_that_moves_takes_it_along},
        {a_part_ends_with_its_whole_and_no_other},
        {a_supports_part_ends_as_the_support_does},
        {what_a_lead_handed_on_goes_on_when_it_is_taken_over},
        {a_called_unit_hands_on_too},
    };
    return suite_run(&(struct suite){
        .name = "core/assign", .timeout_s = 60, .tests = tests, .count = SUITE_COUNT(tests), .setup = setup, .teardown = teardown});
}
