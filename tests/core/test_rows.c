/* test_rows.c - what the records of a case add up to in its rows: states, chains, tallies, the ledger of a clock */
#include "tests/core/guards.h"

static struct district_row district(void)
{
    struct district_row d;
    ck_assert(tables_get(&w.tables, ROW_DISTRICT, 1, &d));
    return d;
}

static struct duty_row duty_row_of(uint64_t id)
{
    struct duty_row duty;
    ck_assert(tables_get(&w.tables, ROW_DUTY, id, &duty));
    return duty;
}

static struct call_row call_row_of(uint64_t id)
{
    struct call_row call;
    ck_assert(tables_get(&w.tables, ROW_CALL, id, &call));
    return call;
}

static struct command contact_of(uint64_t duty_id, enum contact_outcome outcome)
{
    struct command command = {.type = COMMAND_CONTACT};
    command.body.contact.duty_id = duty_id;
    command.body.contact.evidence = text_of("telephone");
    command.body.contact.outcome = outcome;
    return command;
}

/* The desk's duty is signed with its offer, stands as the case's route while it is open, and no longer once the case is routed. */
START_TEST(the_desks_duty_is_born_signed)
{
    uint64_t id = world_submit(&w, "unknown", "S1");
    uint64_t route = duty_of(id, DUTY_KIND_ROUTE);
    ck_assert_uint_eq(world_case(&w, id).route_duty, route);
    ck_assert_int_eq(duty_row_of(route).state, DUTY_STATE_SIGNED);
    ck_assert_int_eq(duty_row_of(route).signed_at, w.now_ms);
    ck_assert_int_eq(duty_row_of(route).due_at, clock_of(id, route, CLOCK_KIND_ROUTE).due_at);
    struct command command = route_to(id, "S1", "theirs");
    taken(&command, RECORD_CASE_ROUTED);
    ck_assert_uint_eq(world_case(&w, id).route_duty, 0);
    uint64_t lead = duty_of(id, DUTY_KIND_LEAD);
    ck_assert_int_eq(duty_row_of(lead).state, DUTY_STATE_OFFERED);
    ck_assert_int_eq(duty_row_of(lead).signed_at, 0);
    ck_assert_uint_eq(duty_row_of(lead).main_clock, world_case(&w, id).handle_clock);
    ck_assert_int_eq(duty_row_of(lead).due_at, clock_of(id, lead, CLOCK_KIND_HANDLE).due_at);
    /* A call has a route duty of its own. */
    uint64_t call = world_call(&w, id, "UT");
    ck_assert_uint_eq(world_case(&w, id).route_duty, 0);
    ck_assert_uint_eq(call_row_of(call).route_duty, duty_of(id, DUTY_KIND_ROUTE));
    ck_assert_uint_eq(duty_row_of(call_row_of(call).route_duty).due_at,
                      clock_of(id, call_row_of(call).route_duty, CLOCK_KIND_DISPATCH).due_at);
    world_dispatch(&w, id, "UT");
    uint64_t respond = duty_of(id, DUTY_KIND_RESPOND);
    ck_assert_uint_eq(call_row_of(call).route_duty, duty_row_of(respond).prev_of_call); /* still the desk's */
    ck_assert_uint_eq(call_row_of(call).duty_last, respond);
}
END_TEST

START_TEST(what_is_open_is_tallied)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    ck_assert_uint_eq(world_case(&w, id).open_duties, 2);
    ck_assert_uint_eq(world_case(&w, id).open_followups, 0);
    ck_assert_uint_eq(world_case(&w, id).route_duty, 0); /* the list has routed it */
    uint64_t call = world_call(&w, id, "UT");
    ck_assert_uint_eq(call_row_of(call).open_responds, 0); /* waits for the desk: nobody responds, nobody rates */
    ck_assert_uint_eq(call_row_of(call).open_rates, 0);
    world_dispatch(&w, id, "UT");
    ck_assert_uint_eq(call_row_of(call).open_responds, 1);
    ck_assert_uint_eq(call_row_of(call).open_rates, 0);
    uint64_t respond = duty_of(id, DUTY_KIND_RESPOND);
    world_finish(&w, id, FINISH_CODE_PARTLY);
    ck_assert_uint_eq(call_row_of(call).open_responds, 0);
    ck_assert_uint_eq(call_row_of(call).open_rates, 1);
    ck_assert_uint_eq(duty_row_of(respond).finish_code, FINISH_CODE_PARTLY + 1);
    ck_assert_int_eq(world_rate(&w, id, false), REFUSAL_NONE); /* back to the unit */
    ck_assert_uint_eq(call_row_of(call).open_responds, 1);
    ck_assert_uint_eq(call_row_of(call).open_rates, 0);
    ck_assert_uint_eq(duty_row_of(respond).finish_code, 0);
    ck_assert_uint_eq(duty_row_of(respond).rated, 0);
    world_finish(&w, id, FINISH_CODE_SOLVED);
    ck_assert_int_eq(world_rate(&w, id, true), REFUSAL_NONE);
    ck_assert_uint_eq(duty_row_of(respond).rated, 1);
    ck_assert_int_eq(call_row_of(call).outcome, CALL_OUTCOME_SOLVED);
    world_answer(&w, id);
    ck_assert_uint_eq(world_case(&w, id).open_followups, 1);
    ck_assert_uint_eq(world_case(&w, id).open_duties, 1);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    ck_assert_uint_eq(world_case(&w, id).open_followups, 0);
    ck_assert_uint_eq(world_case(&w, id).open_duties, 0);
}
END_TEST

/* The second rating that is a no stands. */
START_TEST(a_result_that_is_not_confirmed_twice_is_unsolved)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t call = world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    for (int i = 0; i < 2; i++) {
        world_finish(&w, id, FINISH_CODE_SOLVED);
        ck_assert_int_eq(world_rate(&w, id, false), REFUSAL_NONE);
    }
    ck_assert_uint_eq(world_duty(&w, id, DUTY_KIND_RESPOND).rated, 2);
    ck_assert_int_eq(call_row_of(call).outcome, CALL_OUTCOME_UNSOLVED);
}
END_TEST

/* Contacts of the lead count for the case, those of a called unit do not; a new lead begins anew. */
START_TEST(contacts_are_the_leads)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    struct command by_unit = contact_of(duty_of(id, DUTY_KIND_RESPOND), CONTACT_OUTCOME_REACHED);
    taken(&by_unit, RECORD_CONTACT_RECORDED);
    ck_assert_uint_eq(world_case(&w, id).contacts, 0);
    ck_assert_uint_eq(world_case(&w, id).contact_reached, 0);
    struct command by_lead = contact_of(duty_of(id, DUTY_KIND_LEAD), CONTACT_OUTCOME_NO_ANSWER);
    taken(&by_lead, RECORD_CONTACT_RECORDED);
    ck_assert_uint_eq(world_case(&w, id).contacts, 1);
    ck_assert_uint_eq(world_case(&w, id).contact_reached, 0);
    struct command take = take_over(id, "D1");
    taken(&take, RECORD_CASE_ROUTED);
    ck_assert_uint_eq(world_case(&w, id).contacts, 0);
}
END_TEST

/* Answered, closed, reopened, answered again: the first answer stays the first, and the district knows what is open. */
START_TEST(a_case_that_comes_back_is_open_again)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_wait(&w, HOUR_MS);
    world_answer(&w, id);
    int64_t first = w.now_ms;
    struct command reopen = {.type = COMMAND_REOPEN};
    reopen.body.reopen.case_id = id;
    reopen.body.reopen.reason = text_of("dark again");
    taken(&reopen, RECORD_CASE_REOPENED); /* was answered, not closed */
    ck_assert_uint_eq(district().open_cases, 1);
    ck_assert_int_eq(world_case(&w, id).answered_at, 0);
    world_wait(&w, HOUR_MS);
    world_answer(&w, id);
    ck_assert_int_eq(world_case(&w, id).first_answered_at, first);
    ck_assert_int_eq(world_case(&w, id).answered_at, w.now_ms);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    ck_assert_uint_eq(district().open_cases, 0);
    taken(&reopen, RECORD_CASE_REOPENED);
    ck_assert_uint_eq(district().open_cases, 1);
    ck_assert_uint_eq(district().cases, 1);
}
END_TEST

/* A set that comes with no case open has nothing to settle. */
START_TEST(without_open_cases_nothing_is_unsettled)
{
    world_adopt(&w);
    ck_assert_uint_eq(district().settle_next, 0);
    ck_assert_uint_ne(district().units_from, 0);
    struct unit_row unit;
    ck_assert(tables_get(&w.tables, ROW_UNIT, district().units_from, &unit));
    ck_assert_str_eq(unit.unit.s, "C1"); /* the first of the set */
    ck_assert_str_eq(unit.successor.s, "");
    ck_assert_uint_eq(unit.retired, 0);
    world_submit(&w, "ROAD", "S1");
    w.units[UNIT_C1].successor = UNIT_S1;
    world_adopt(&w);
    ck_assert_uint_eq(district().settle_next, 1);
    ck_assert(tables_get(&w.tables, ROW_UNIT, district().units_from, &unit));
    ck_assert_str_eq(unit.successor.s, "S1");
    ck_assert_uint_eq(unit.retired, 1);
}
END_TEST

START_TEST(the_newest_event_is_no_inner_record)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t last = 0;
    for (uint32_t i = 0; i < w.verdict->count; i++) {
        last = record_is_event(w.verdict->records[i].type) ? w.verdict->records[i].seq : last;
    }
    ck_assert_uint_eq(district().last_event, last);
    ck_assert_uint_eq(district().last_seq, w.last_seq);
    ck_assert_uint_eq(world_case(&w, id).last_seq, w.last_seq);
    world_act(&w, COMMAND_CLAIM, id, duty_of(id, DUTY_KIND_LEAD));
    for (uint32_t i = 0; i < w.verdict->count; i++) {
        last = record_is_event(w.verdict->records[i].type) ? w.verdict->records[i].seq : last;
    }
    ck_assert_uint_eq(district().last_event, last);
    struct command walked = {.type = COMMAND_SETTLE, .now_ms = w.now_ms, .next_seq = w.last_seq + 1};
    core_judge(&w.tables, &walked, w.verdict); /* how far the settling walk is concerns nobody else */
    core_apply(&w.tables, &w.verdict->records[0]);
    ck_assert_uint_eq(district().last_seq, w.last_seq + 1);
    ck_assert_uint_eq(district().last_event, last);
}
END_TEST

/* The ledger of the citizen's clock: a span to the answer; the wait, counted or not; the span after it. */
START_TEST(a_clock_keeps_what_it_has_counted)
{
    static const bool counted[] = {true, false};
    for (size_t i = 0; i < 2; i++) {
        world_again(&w);
        uint64_t id = world_submit(&w, "ROAD", "S1");
        world_wait(&w, DAY_MS);
        world_answer(&w, id);
        ck_assert_int_eq(clock_of(id, 0, CLOCK_KIND_TOTAL).consumed_ms, DAY_MS);
        if (counted[i]) {
            world_wait(&w, DAY_MS);
            ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_NO, SAID_SATISFIED_NO), REFUSAL_NONE);
        } else {
            ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
            world_wait(&w, DAY_MS);
            struct command reopen = {.type = COMMAND_REOPEN};
            reopen.body.reopen.case_id = id;
            reopen.body.reopen.reason = text_of("dark again");
            w.roles = role(ROLE_OPERATOR);
            taken(&reopen, RECORD_CASE_REOPENED);
        }
        struct clock_row total = clock_of(id, 0, CLOCK_KIND_TOTAL);
        ck_assert_int_eq(total.consumed_ms, counted[i] ? 2 * (int64_t)DAY_MS : DAY_MS);
        ck_assert_int_eq(total.span_from_at, w.now_ms);
        ck_assert_int_eq(total.stopped_at, 0);
        struct span_row span;
        ck_assert(tables_get(&w.tables, ROW_SPAN, total.span_last, &span));
        ck_assert_uint_eq(span.clock_id, total.clock_id);
        ck_assert_uint_eq(span.counted, counted[i]);
        ck_assert_int_eq(span.counted_ms, counted[i] ? DAY_MS : 0);
        ck_assert_int_eq(span.until_at, w.now_ms);
        ck_assert(tables_get(&w.tables, ROW_SPAN, span.prev, &span));
        ck_assert_uint_eq(span.counted, 1);
        ck_assert_int_eq(span.counted_ms, DAY_MS);
    }
}
END_TEST

/* Sent back and then not needed any more: what the unit had worked stays, what came after it does not count. */
START_TEST(a_clock_that_is_void_keeps_what_it_had_counted)
{
    struct span_row span;
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    uint64_t respond = duty_of(id, DUTY_KIND_RESPOND);
    world_wait(&w, DAY_MS);
    world_finish(&w, id, FINISH_CODE_PARTLY);
    ck_assert_int_eq(world_rate(&w, id, false), REFUSAL_NONE);
    world_wait(&w, DAY_MS);
    world_act(&w, COMMAND_CANCEL, id, respond);
    struct clock_row finish = clock_of(id, respond, CLOCK_KIND_FINISH);
    ck_assert_int_eq(finish.state, CLOCK_STATE_VOID);
    ck_assert_int_eq(finish.consumed_ms, DAY_MS);
    ck_assert(tables_get(&w.tables, ROW_SPAN, finish.span_last, &span));
    ck_assert_uint_eq(span.counted, 0);
    ck_assert_int_eq(span.counted_ms, 0);
    ck_assert_int_eq(span.until_at - span.from_at, DAY_MS);
}
END_TEST

/* The earliest timer of a case is known exactly once a rung has fired or a claim has gone: of clocks that run and duties that are
 * claimed. */
START_TEST(a_case_knows_its_earliest_timer)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t lead = duty_of(id, DUTY_KIND_LEAD), support = duty_of(id, DUTY_KIND_SUPPORT);
    world_act(&w, COMMAND_CONTACT, id, lead);
    world_act(&w, COMMAND_SIGN, id, support);
    world_act(&w, COMMAND_CLAIM, id, lead);
    int64_t first = duty_row_of(lead).claimed_until;
    world_wait(&w, 60000);
    world_act(&w, COMMAND_CLAIM, id, support);
    ck_assert_int_eq(world_case(&w, id).rung_floor_at, first);
    world_act(&w, COMMAND_RELEASE, id, lead);
    ck_assert_int_eq(world_case(&w, id).rung_floor_at, duty_row_of(support).claimed_until);
    world_act(&w, COMMAND_RELEASE, id, support);
    int64_t yellow = clock_of(id, lead, CLOCK_KIND_HANDLE).rung_at[RUNG_YELLOW];
    ck_assert_int_lt(clock_of(id, lead, CLOCK_KIND_CONTACT).rung_at[RUNG_YELLOW], yellow); /* stopped: no timer */
    ck_assert_int_eq(world_case(&w, id).rung_floor_at, yellow);
    world_wait(&w, yellow - w.now_ms);
    ck_assert_int_eq(world_case(&w, id).rung_floor_at, clock_of(id, lead, CLOCK_KIND_HANDLE).rung_at[RUNG_RED]);
}
END_TEST

/* The days on which the citizen was asked are counted from the first attempt on. */
START_TEST(attempts_are_counted_from_the_first)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_answer(&w, id);
    static const int64_t waits[] = {DAY_MS, 4 * HOUR_MS, 0}; /* 9 o'clock; 9 and 13 on the next day */
    for (size_t i = 0; i < 3; i++) {
        struct command attempt = {.type = COMMAND_NOTE_ATTEMPT};
        attempt.body.note_attempt.case_id = id;
        w.actor = "asker";
        taken(&attempt, RECORD_FOLLOWUP_ATTEMPTED);
        w.actor = "tester";
        world_wait(&w, waits[i]);
    }
    ck_assert_uint_eq(world_duty(&w, id, DUTY_KIND_FOLLOWUP).attempts, 3);
    ck_assert_int_eq(world_case(&w, id).disposition, DISPOSITION_UNREACHABLE);
}
END_TEST

/* Records of a call say which call it is, those of the case itself none. */
START_TEST(records_of_a_call_name_it)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t call = world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    struct command sign = {.type = COMMAND_SIGN};
    sign.body.sign.duty_id = duty_of(id, DUTY_KIND_RESPOND);
    const struct record *stopped = taken(&sign, RECORD_CLOCK_STOPPED);
    ck_assert_uint_eq(stopped->head.call_id, call);
    ck_assert_uint_eq(stopped->head.case_id, id);
    sign.body.sign.duty_id = duty_of(id, DUTY_KIND_LEAD);
    ck_assert_uint_eq(taken(&sign, RECORD_CLOCK_STOPPED)->head.call_id, 0);
    ck_assert_str_eq(world_duty(&w, id, DUTY_KIND_LEAD).creator.s, ""); /* nobody cancels a lead */
    ck_assert_str_eq(world_duty(&w, id, DUTY_KIND_RESPOND).creator.s, "S1");
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{the_desks_duty_is_born_signed},
                                       {what_is_open_is_tallied},
                                       {a_result_that_is_not_confirmed_twice_is_unsolved},
                                       {contacts_are_the_leads},
                                       {a_case_that_comes_back_is_open_again},
                                       {without_open_cases_nothing_is_unsettled},
                                       {the_newest_event_is_no_inner_record},
                                       {a_clock_keeps_what_it_has_counted},
                                       {a_clock_that_is_void_keeps_what_it_had_counted},
                                       {a_case_knows_its_earliest_timer},
                                       {attempts_are_counted_from_the_first},
                                       {records_of_a_call_name_it}};
    return suite_run(&(struct suite){
        .name = "rows", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
