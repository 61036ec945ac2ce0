/* test_rights.c - who has to do with a case, which states take a command, and what its answer says */
#include "tests/core/guards.h"

static struct command on_duty(enum command_type type, uint64_t duty_id)
{
    struct command command = {.type = type};
    command.body.sign.duty_id = duty_id;
    if (type == COMMAND_CONTACT) {
        command.body.contact.evidence = text_of("telephone");
    } else if (type == COMMAND_ARRIVE) {
        command.body.arrive.evidence = text_of("countersigned");
    }
    return command;
}

/* --- who has to do with a case ---------------------------------------------------------------------------------------------------
 */

START_TEST(the_lead_the_place_the_holders_and_the_desk_write_on_a_case)
{
    w.district.desk_unit = UNIT_DB; /* stands above nobody */
    w.rows[ROW_ROAD].supports[0] = (struct selector){.kind = SELECT_UNIT, .unit = UNIT_DA};
    uint64_t id = world_submit(&w, "ROAD", "G1");
    ck_assert_str_eq(world_case(&w, id).lead.s, "S1");
    static const char *const may[] = {"S1", "C1", "G1", "DA", "DB"}; /* C1: the place is below it */
    struct command note = {.type = COMMAND_ADD_NOTE};
    note.body.add_note.case_id = id;
    note.body.add_note.text = text_of("called again");
    for (size_t i = 0; i < sizeof(may) / sizeof(may[0]); i++) {
        w.unit = code_of(may[i]);
        ck_assert_msg(world_judge(&w, &note) == REFUSAL_NONE, "%s", may[i]);
    }
    w.unit = code_of("UT");
    expect(&note, REFUSAL_NOT_FOUND, "case");
    w.unit = code_of("DB");
    struct command submit = submit_road();
    expect(&submit, REFUSAL_NONE, NULL); /* the desk submits for every place */
    uint64_t far = world_submit(&w, "PIPE", "S2");
    note.body.add_note.case_id = far;
    w.unit = code_of("DA");
    expect(&note, REFUSAL_NONE, NULL); /* leads it, far from its place */
}
END_TEST

/* It whistled, and its duties are over: a call that is still open does not make the case its own. */
START_TEST(who_is_through_with_a_case_sees_it_and_writes_no_more_on_it)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    struct command take_over = {.type = COMMAND_TAKE_OVER}, cancel = {.type = COMMAND_CANCEL}, note = {.type = COMMAND_ADD_NOTE};
    take_over.body.take_over.case_id = cancel.body.cancel.case_id = note.body.add_note.case_id = id;
    take_over.body.take_over.unit = code_of("D1");
    take_over.body.take_over.reason = text_of("across two streets");
    taken(&take_over, RECORD_CASE_ROUTED);
    struct case_row c = world_case(&w, id);
    c.dims.place = code_of("S2"); /* as if it had turned out to lie there */
    tables_put(&w.tables, ROW_CASE, id, &c);
    cancel.body.cancel.unit = code_of("S1");
    cancel.body.cancel.reason = text_of("not needed");
    note.body.add_note.text = text_of("called again");
    w.unit = code_of("S1");
    expect(&note, REFUSAL_NONE, NULL); /* its support is open */
    w.unit = code_of("D1");
    taken(&cancel, RECORD_DUTY_ENDED);
    w.unit = code_of("S1");
    expect(&note, REFUSAL_NOT_YOURS, "unit");
}
END_TEST

/* Only the caller rates; the unit that was called sees the call and does not. */
START_TEST(a_called_utility_does_not_rate_itself)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    world_finish(&w, id, FINISH_CODE_SOLVED);
    w.unit = code_of("UT");
    ck_assert_int_eq(world_rate(&w, id, true), REFUSAL_NOT_YOURS);
}
END_TEST

START_TEST(a_duty_of_another_kind_is_said_to_its_holder_alone)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command report = on_duty(COMMAND_REPORT, duty_of(id, DUTY_KIND_LEAD));
    report.body.report.text = text_of("done");
    expect(&report, REFUSAL_BAD_STATE, "duty");
    w.unit = code_of("DB");
    expect(&report, REFUSAL_NOT_YOURS, "unit");
}
END_TEST

/* --- states
 * ----------------------------------------------------------------------------------------------------------------------- */

START_TEST(a_note_is_taken_in_every_state)
{
    struct command note = {.type = COMMAND_ADD_NOTE};
    note.body.add_note.text = text_of("called again");
    note.body.add_note.case_id = world_submit(&w, "unknown", "S1");
    expect(&note, REFUSAL_NONE, NULL);
    uint64_t id = note.body.add_note.case_id = world_submit(&w, "ROAD", "S1");
    expect(&note, REFUSAL_NONE, NULL);
    world_answer(&w, id);
    expect(&note, REFUSAL_NONE, NULL);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    expect(&note, REFUSAL_NONE, NULL);
}
END_TEST

START_TEST(what_is_signed_is_signed)
{
    static const enum duty_kind kinds[] = {DUTY_KIND_LEAD, DUTY_KIND_SUPPORT, DUTY_KIND_RESPOND};
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct command sign = on_duty(COMMAND_SIGN, duty_of(id, kinds[i]));
        taken(&sign, RECORD_DUTY_SIGNED);
        expect(&sign, REFUSAL_ALREADY, "duty");
    }
    struct command take = take_over(id, "D1");
    expect(&take, REFUSAL_NONE, NULL); /* a lead that has signed may lose it */
    for (size_t i = 1; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct command cancel = on_duty(COMMAND_CANCEL, duty_of(id, kinds[i]));
        cancel.body.cancel.reason = text_of("not needed");
        taken(&cancel, RECORD_DUTY_ENDED);
    }
}
END_TEST

START_TEST(a_called_unit_signs_comes_and_finishes_in_that_order)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    uint64_t respond = duty_of(id, DUTY_KIND_RESPOND);
    struct command arrive = on_duty(COMMAND_ARRIVE, respond), finish = on_duty(COMMAND_FINISH_CALL, respond);
    struct command contact = on_duty(COMMAND_CONTACT, respond);
    finish.body.finish_call.text = text_of("done");
    expect(&arrive, REFUSAL_NOT_SIGNED, "duty");
    expect(&finish, REFUSAL_NOT_SIGNED, "duty");
    taken(&contact, RECORD_CONTACT_RECORDED);
    ck_assert_uint_eq(world_records(&w, RECORD_DUTY_SIGNED), 1); /* contact signs what is offered */
    taken(&contact, RECORD_CONTACT_RECORDED);
    ck_assert_uint_eq(world_records(&w, RECORD_DUTY_SIGNED), 0); /* and once */
    expect(&finish, REFUSAL_NOT_ARRIVED, "duty");
    taken(&arrive, RECORD_CALL_ARRIVED);
    expect(&arrive, REFUSAL_ALREADY, "duty");
    expect(&finish, REFUSAL_NONE, NULL);
}
END_TEST

/* Whoever cancels a support touches no call beside it. */
START_TEST(a_support_that_is_cancelled_leaves_the_call_alone)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    world_act(&w, COMMAND_CANCEL, id, duty_of(id, DUTY_KIND_SUPPORT));
    ck_assert_uint_eq(world_records(&w, RECORD_CALL_CLOSED), 0);
    ck_assert_uint_eq(world_records(&w, RECORD_CALL_REPORTED), 0);
    ck_assert_uint_eq(world_case(&w, id).open_calls, 1);
}
END_TEST

/* --- deadlines
 * -------------------------------------------------------------------------------------------------------------------- */

START_TEST(what_is_cancelled_at_its_due_instant_is_not_late)
{
    for (int late = 0; late < 2; late++) {
        world_again(&w);
        uint64_t id = world_submit(&w, "ROAD", "S1");
        world_call(&w, id, "UT");
        world_dispatch(&w, id, "UT");
        world_wait(&w, 10 * (int64_t)DAY_MS + late);
        uint64_t respond = duty_of(id, DUTY_KIND_RESPOND);
        world_act(&w, COMMAND_CANCEL, id, respond);
        ck_assert_int_eq(clock_of(id, respond, CLOCK_KIND_FINISH).state, late ? CLOCK_STATE_STOPPED : CLOCK_STATE_VOID);
        ck_assert_int_eq(world_count(&w, METRIC_CALL_ON_TIME_RATE).den, late);
    }
}
END_TEST

START_TEST(an_appointment_is_when_they_are_due_to_come)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command dispatch = {.type = COMMAND_DISPATCH_CALL};
    world_call(&w, id, "UT");
    dispatch.body.dispatch_call.case_id = id;
    dispatch.body.dispatch_call.reason = text_of("theirs");
    dispatch.body.dispatch_call.appointed_at = w.now_ms + 5 * HOUR_MS;
    taken(&dispatch, RECORD_CALL_DISPATCHED);
    ck_assert_int_eq(clock_of(id, duty_of(id, DUTY_KIND_RESPOND), CLOCK_KIND_ARRIVE).due_at, w.now_ms + 5 * HOUR_MS);
}
END_TEST

/* The citizen was reached: the contact clock stops at the first attempt; was nobody there, it runs on. */
START_TEST(one_contact_that_reaches_the_citizen_is_enough)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t lead = duty_of(id, DUTY_KIND_LEAD);
    struct command contact = on_duty(COMMAND_CONTACT, lead);
    contact.body.contact.outcome = CONTACT_OUTCOME_NO_ANSWER;
    taken(&contact, RECORD_CONTACT_RECORDED);
    ck_assert_int_eq(clock_of(id, lead, CLOCK_KIND_CONTACT).state, CLOCK_STATE_RUNNING);
    contact.body.contact.outcome = CONTACT_OUTCOME_REACHED;
    taken(&contact, RECORD_CONTACT_RECORDED);
    ck_assert_int_eq(clock_of(id, lead, CLOCK_KIND_CONTACT).state, CLOCK_STATE_STOPPED);
    ck_assert_int_eq(clock_of(id, lead, CLOCK_KIND_HANDLE).state, CLOCK_STATE_RUNNING);
}
END_TEST

/* --- what the answer says
 * --------------------------------------------------------------------------------------------------------- */

static struct command_answer answered(void)
{
    static char number[32];
    struct command_answer answer;
    ck_assert(core_answer(&w.tables, w.verdict->records[0].seq, number, &answer));
    return answer;
}

START_TEST(an_answer_says_in_which_state_the_case_is_then)
{
    uint64_t id = world_submit(&w, "unknown", "S1");
    ck_assert_int_eq(answered().state, CASE_STATE_RECEIVED);
    struct command route = route_to(id, "S1", "theirs");
    taken(&route, RECORD_CASE_ROUTED);
    ck_assert_int_eq(answered().state, CASE_STATE_HANDLING);
    ck_assert_uint_eq(answered().duty_id, world_case(&w, id).lead_duty); /* the new lead's, not the desk's */
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_LEAD).reason, DUTY_END_ROUTED);
    world_answer(&w, id);
    ck_assert_int_eq(answered().state, CASE_STATE_ANSWERED);
    struct command reopen = {.type = COMMAND_REOPEN};
    reopen.body.reopen.case_id = id;
    reopen.body.reopen.reason = text_of("dark again");
    ck_assert_int_eq(taken(&reopen, RECORD_CASE_REOPENED)->body.case_reopened.by, REOPEN_BY_SUPERVISOR);
    ck_assert_uint_eq(world_records(&w, RECORD_FOLLOWUP_ENDED), 1);
    ck_assert_int_eq(answered().state, CASE_STATE_HANDLING);
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_LEAD).reason, DUTY_END_NEXT_ROUND);
    struct command take = take_over(id, "DA");
    taken(&take, RECORD_CASE_ROUTED);
    ck_assert_uint_eq(answered().duty_id, world_case(&w, id).lead_duty);
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_LEAD).reason, DUTY_END_TAKEN_OVER);
    world_answer(&w, id);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    ck_assert_int_eq(answered().state, CASE_STATE_CLOSED);
    ck_assert_int_eq(world_case(&w, id).disposition, DISPOSITION_SOLVED);
    w.roles = role(ROLE_OPERATOR);
    ck_assert_int_eq(taken(&reopen, RECORD_CASE_REOPENED)->body.case_reopened.by, REOPEN_BY_CITIZEN);
}
END_TEST

/* Full credit for yes, the policy's for the half. */
START_TEST(what_the_citizen_says_gives_credit)
{
    static const struct {
        enum said_solved solved;
        enum said_satisfied satisfied;
        int64_t solved_credit, satisfied_credit;
    } cells[] = {
        {SAID_SOLVED_YES, SAID_SATISFIED_YES, 1000, 1000},
        {SAID_SOLVED_PARTLY, SAID_SATISFIED_BASICALLY, 500, 900},
        {SAID_SOLVED_PARTLY, SAID_SATISFIED_NO, 500, 0},
        {SAID_SOLVED_NO, SAID_SATISFIED_NO, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        world_again(&w);
        uint64_t id = world_submit(&w, "ROAD", "S1");
        world_answer(&w, id);
        ck_assert_int_eq(world_followup(&w, id, cells[i].solved, cells[i].satisfied), REFUSAL_NONE);
        ck_assert_int_eq(world_count(&w, METRIC_SOLVED_RATE).num, cells[i].solved_credit);
        ck_assert_int_eq(world_count(&w, METRIC_SATISFIED_RATE).num, cells[i].satisfied_credit);
        ck_assert_int_eq(world_count(&w, METRIC_SATISFIED_RATE).den, 1);
        ck_assert_uint_eq(world_case(&w, id).proposed_orders, cells[i].solved == SAID_SOLVED_NO); /* the second round's */
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{the_lead_the_place_the_holders_and_the_desk_write_on_a_case},
                                       {who_is_through_with_a_case_sees_it_and_writes_no_more_on_it},
                                       {a_called_utility_does_not_rate_itself},
                                       {a_duty_of_another_kind_is_said_to_its_holder_alone},
                                       {a_note_is_taken_in_every_state},
                                       {what_is_signed_is_signed},
                                       {a_called_unit_signs_comes_and_finishes_in_that_order},
                                       {a_support_that_is_cancelled_leaves_the_call_alone},
                                       {what_is_cancelled_at_its_due_instant_is_not_late},
                                       {an_appointment_is_when_they_are_due_to_come},
                                       {one_contact_that_reaches_the_citizen_is_enough},
                                       {an_answer_says_in_which_state_the_case_is_then},
                                       {what_the_citizen_says_gives_credit}};
    return suite_run(&(struct suite){
        .name = "rights", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
