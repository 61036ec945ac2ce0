/* test_reroute.c - the desk corrects its own mistake, and a lead asks for support (lifecycle 2b, 2d, 5.2) */
#include "tests/core/guards.h"

#define NATURAL(ms) ((struct span){TIME_KIND_NATURAL, (ms)})

/* --- reroute: the desk's own mistake -------------------------------------------------------------------------------------- */

static struct command reroute(uint64_t case_id, const char *unit)
{
    struct command command = {.type = COMMAND_REROUTE};
    command.body.reroute.case_id = case_id;
    command.body.reroute.unit = code_of(unit);
    command.body.reroute.reason = text_of("the street was misread");
    return command;
}

START_TEST(the_desk_corrects_itself)
{
    uint64_t id = world_submit(&w, "ROAD", "S1"), lead = duty_of(id, DUTY_KIND_LEAD), support = duty_of(id, DUTY_KIND_SUPPORT);
    int64_t promised = total_of(id).due_at;
    world_wait(&w, HOUR_MS);
    struct command command = reroute(id, "DA");
    set_units(&command.body.reroute.supports, "S1", "UT");
    w.roles = role(ROLE_DISPATCHER);
    const struct record *ended = taken(&command, RECORD_DUTY_ENDED);
    ck_assert_uint_eq(ended->head.duty_id, support);
    ck_assert_int_eq(duty_by_id(lead).reason, DUTY_END_REASSIGNED);
    expect_void(id, lead);
    ck_assert_int_eq(duty_by_id(support).reason, DUTY_END_LEAD_MOVED);
    struct case_row c = world_case(&w, id);
    ck_assert_str_eq(c.lead.s, "DA");
    ck_assert_uint_eq(c.returns, 0); /* nobody has returned it */
    ck_assert_int_eq(world_record(&w, RECORD_CASE_ROUTED)->body.case_routed.how, ROUTE_HOW_REROUTE);
    ck_assert_int_eq(clock_of(id, c.lead_duty, CLOCK_KIND_HANDLE).due_at, w.now_ms + 5 * (int64_t)DAY_MS);
    ck_assert_int_eq(total_of(id).due_at, promised);
    ck_assert_uint_eq(world_records(&w, RECORD_DUTY_OFFERED), 3);
}
END_TEST

/* Signed alone, or spoken alone, is not yet at work; both are: a dispatcher only asks then (test_question.c). */
START_TEST(who_is_at_work_is_rerouted_by_a_supervisor)
{
    uint64_t id = world_submit(&w, "PIPE", "S1"), lead = duty_of(id, DUTY_KIND_LEAD);
    struct command command = reroute(id, "DB");
    world_act(&w, COMMAND_SIGN, id, lead);
    w.roles = role(ROLE_DISPATCHER);
    expect(&command, REFUSAL_NONE, NULL);
    w.roles = role(ROLE_WORKER);
    world_act(&w, COMMAND_CONTACT, id, lead);
    w.roles = role(ROLE_DISPATCHER);
    expect(&command, REFUSAL_NONE, NULL);
    ck_assert_uint_eq(world_records(&w, RECORD_CASE_ROUTED), 0);
    w.roles = role(ROLE_SUPERVISOR);
    taken(&command, RECORD_CASE_ROUTED);
    expect_void(id, lead);
    ck_assert_str_eq(world_case(&w, id).lead.s, "DB");
}
END_TEST

START_TEST(who_may_be_rerouted_to)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    struct command command = reroute(id, "XX");
    expect(&command, REFUSAL_UNKNOWN_UNIT, "unit");
    command = reroute(id, "DA");
    expect(&command, REFUSAL_BAD_FIELD, "unit");
    command = reroute(id, "C1");
    expect(&command, REFUSAL_PUSH_DOWN, "unit");
    w.roles = role(ROLE_DISPATCHER);
    command = reroute(id, "S1");
    expect(&command, REFUSAL_PUSH_DOWN, "unit");
    command = reroute(id, "DB");
    set_units(&command.body.reroute.supports, "DB", NULL);
    expect(&command, REFUSAL_BAD_FIELD, "supports");
    set_units(&command.body.reroute.supports, "XX", NULL);
    expect(&command, REFUSAL_UNKNOWN_UNIT, "supports");
    command = reroute(id, "DB");
    command.body.reroute.reason = (struct text){0};
    expect(&command, REFUSAL_INCOMPLETE, "reason");
    w.units[UNIT_DB].class = UNIT_CLASS_EXTERNAL;
    command = reroute(id, "DB");
    expect(&command, REFUSAL_BAD_FIELD, "unit");
}
END_TEST

/* To the unit that the list names: its row, its limit, its supports. */
START_TEST(rerouted_onto_the_list_by_its_row)
{
    w.district.rows[ROW_ROAD].limit[URGENCY_ORDINARY] = NATURAL(2 * (int64_t)DAY_MS);
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command away = reroute(id, "DA"), back = reroute(id, "S1");
    taken(&away, RECORD_CASE_ROUTED);
    ck_assert_uint_eq(world_record(&w, RECORD_CASE_ROUTED)->body.case_routed.row, 0);
    w.roles = role(ROLE_DISPATCHER);
    taken(&back, RECORD_CASE_ROUTED);
    struct case_row c = world_case(&w, id);
    ck_assert_uint_eq(c.catalogue_row, 3);
    ck_assert_int_eq(clock_of(id, c.lead_duty, CLOCK_KIND_HANDLE).due_at, w.now_ms + 2 * (int64_t)DAY_MS);
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_SUPPORT).state, DUTY_STATE_OFFERED);
}
END_TEST

/* --- add_support ---------------------------------------------------------------------------------------------------------- */

static struct command add_support(uint64_t case_id, const char *unit)
{
    struct command command = {.type = COMMAND_ADD_SUPPORT};
    command.body.add_support.case_id = case_id;
    command.body.add_support.support = code_of(unit);
    command.body.add_support.text = text_of("close the lane on Friday");
    return command;
}

START_TEST(the_lead_asks_for_support)
{
    uint64_t id = world_submit(&w, "PIPE", "S1"), lead = duty_of(id, DUTY_KIND_LEAD);
    struct command add = add_support(id, "UT");
    expect(&add, REFUSAL_NOT_SIGNED, "duty");
    world_act(&w, COMMAND_SIGN, id, lead);
    world_wait(&w, DAY_MS);
    w.unit = code_of("DA");
    w.roles = role(ROLE_WORKER);
    taken(&add, RECORD_DUTY_OFFERED);
    ck_assert_int_eq(world_record(&w, RECORD_CASE_NOTED)->body.case_noted.visibility, NOTE_VISIBILITY_INNER);
    struct duty_row support = world_duty(&w, id, DUTY_KIND_SUPPORT);
    ck_assert_str_eq(support.unit.s, "UT");
    ck_assert_str_eq(support.creator.s, "DA");
    ck_assert_int_eq(support.reason, DUTY_END_ADDED);
    ck_assert_int_eq(support.due_at, clock_of(id, lead, CLOCK_KIND_HANDLE).due_at); /* not after its lead */
    expect(&add, REFUSAL_ALREADY, "support");
    struct command cancel = {.type = COMMAND_CANCEL};
    cancel.body.cancel.case_id = id;
    cancel.body.cancel.duty_id = support.duty_id;
    cancel.body.cancel.reason = text_of("done without them");
    w.roles = role(ROLE_LEADER);
    taken(&cancel, RECORD_DUTY_ENDED); /* its creator takes it off */
    w.roles = role(ROLE_WORKER);
    expect(&add, REFUSAL_NONE, NULL);
}
END_TEST

START_TEST(who_may_be_asked_to_support)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    world_act(&w, COMMAND_SIGN, id, duty_of(id, DUTY_KIND_LEAD));
    struct command add = add_support(id, "XX");
    expect(&add, REFUSAL_UNKNOWN_UNIT, "support");
    add = add_support(id, "DA");
    expect(&add, REFUSAL_BAD_FIELD, "support");
    add = add_support(id, "UT");
    add.body.add_support.text = (struct text){0};
    expect(&add, REFUSAL_INCOMPLETE, "text");
    add = add_support(id, "UT");
    w.units[UNIT_UT].class = UNIT_CLASS_EXTERNAL;
    expect(&add, REFUSAL_BAD_FIELD, "support");
    w.units[UNIT_UT].class = UNIT_CLASS_UTILITY;
    w.unit = code_of("UT");
    expect(&add, REFUSAL_NOT_FOUND, "case");
}
END_TEST
int main(void)
{
    const struct suite_test tests[] = {{the_desk_corrects_itself},  {who_is_at_work_is_rerouted_by_a_supervisor},
                                       {who_may_be_rerouted_to},    {rerouted_onto_the_list_by_its_row},
                                       {the_lead_asks_for_support}, {who_may_be_asked_to_support}};
    return suite_run(&(struct suite){
        .name = "reroute", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
