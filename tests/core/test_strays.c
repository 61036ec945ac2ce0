/* test_strays.c - what stands at the edge of a set: units and keys that are in none, cases before and behind the settling walk */
#include "tests/core/guards.h"

static struct command note_on(uint64_t case_id)
{
    struct command command = {.type = COMMAND_ADD_NOTE};
    command.body.add_note.case_id = case_id;
    command.body.add_note.text = text_of("called again");
    return command;
}

/* --- keys and units that are in no set -----------------------------------------------------------------------------------------
 */

START_TEST(a_key_whose_unit_is_in_no_set_sees_nothing_and_may_nothing)
{
    uint64_t routed = world_submit(&w, "ROAD", "S1"), received = world_submit(&w, "unknown", "S1");
    static const char *const strays[] = {"S9", ""};
    for (size_t i = 0; i < sizeof(strays) / sizeof(strays[0]); i++) {
        struct command submit = submit_road(), routed_note = note_on(routed), received_note = note_on(received);
        w.unit = code_of(strays[i]);
        expect(&submit, REFUSAL_NOT_YOURS, "unit");
        expect(&routed_note, REFUSAL_NOT_FOUND, "case");
        expect(&received_note, REFUSAL_NOT_FOUND, "case");
    }
}
END_TEST

/* A lead that the set does not know any more is late all the same; there is nobody to take over from. */
START_TEST(a_lead_that_is_in_no_set_any_more_is_late_and_nothing_else)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    w.units[UNIT_S1].code = code_of("S0");
    world_wait(&w, 5 * (int64_t)DAY_MS + 1);
    ck_assert_int_eq(world_count(&w, METRIC_ON_TIME_RATE).den, 1);
    ck_assert_uint_eq(world_case(&w, id).proposed_orders, 0);
    ck_assert_uint_eq(world_case(&w, id).hops, 1);
}
END_TEST

/* It is nobody's case any more: not even the desk whistles for it, nor takes it over. */
START_TEST(nobody_acts_for_a_lead_that_is_in_no_set_any_more)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    w.units[UNIT_S1].code = code_of("S0");
    struct command raise = raise_on(id, "UT", NULL), take = take_over(id, "D1");
    w.roles &= ~role(ROLE_DISPATCHER); /* the desk whistles for any case */
    expect(&raise, REFUSAL_RANK, "unit");
    expect(&take, REFUSAL_NOT_YOURS, "unit");
}
END_TEST

/* Nor is there a unit to close it for. */
START_TEST(a_case_of_a_lead_that_is_in_no_set_any_more_closes_for_nobody)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_answer(&w, id);
    w.units[UNIT_S1].code = code_of("S0");
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    ck_assert_str_eq(world_record(&w, RECORD_CASE_CLOSED)->head.unit.s, "");
}
END_TEST

START_TEST(where_nobody_stands_above_a_late_lead_an_order_is_proposed)
{
    w.district.policy.on_overdue[UNIT_CLASS_GOVERNMENT][UNIT_TIER_DISTRICT] = ON_OVERDUE_TAKE_OVER;
    uint64_t id = world_submit(&w, "unknown", "S1");
    struct command route = route_to(id, "D1", "nobody's");
    taken(&route, RECORD_CASE_ROUTED);
    world_wait(&w, 5 * (int64_t)DAY_MS + 1);
    ck_assert_uint_eq(world_case(&w, id).proposed_orders, 1);
    ck_assert_uint_eq(world_case(&w, id).hops, 1);
}
END_TEST

/* What stands in no set has no parent, no calendar: not those of whatever lies before the first unit. */
static void put_before_the_first(struct unit framed[9])
{
    memcpy(&framed[1], w.units, sizeof(w.units));
    framed[0] = framed[1];
    framed[0].code = code_of("XX");
    framed[0].calendar = 1;
    w.district.units = &framed[1];
}

/* --- another set
 * -------------------------------------------------------------------------------------------------------------------- */

START_TEST(a_set_is_published_once_and_its_units_in_slices)
{
    struct unit framed[9];
    put_before_the_first(framed);
    struct command adopt = {.type = COMMAND_ADOPT_CONFIG, .now_ms = w.now_ms, .next_seq = w.last_seq + 1};
    core_judge(&w.tables, &adopt, w.verdict);
    ck_assert_uint_eq(world_records(&w, RECORD_POLICY_PUBLISHED), 1);
    ck_assert_uint_eq(world_records(&w, RECORD_UNIT_PUBLISHED), 8);
    for (uint32_t i = 0; i < w.verdict->count; i++) {
        ck_assert_uint_eq(w.verdict->records[i].head.case_prev, 0); /* it is about no case */
    }
    ck_assert_str_eq(w.verdict->records[w.verdict->count - 8].body.unit_published.parent.s, "S1"); /* of C1 */
    ck_assert_str_eq(w.verdict->records[w.verdict->count - 7].body.unit_published.parent.s, "");   /* of D1 */
    adopt.body.adopt_config.from = 3;
    core_judge(&w.tables, &adopt, w.verdict);
    ck_assert_uint_eq(world_records(&w, RECORD_POLICY_PUBLISHED), 0);
    ck_assert_uint_eq(world_records(&w, RECORD_UNIT_PUBLISHED), 5);
}
END_TEST

static void settled_until(uint64_t until)
{
    struct command settle = {.type = COMMAND_SETTLE, .now_ms = w.now_ms, .next_seq = w.last_seq + 1};
    settle.body.settle.until = until;
    core_judge(&w.tables, &settle, w.verdict);
    ck_assert_uint_eq(world_records(&w, RECORD_CASES_SETTLED), 1);
    core_apply(&w.tables, &w.verdict->records[0]);
    w.last_seq += w.verdict->count;
}

START_TEST(the_walk_is_over_what_lies_below_it)
{
    uint64_t first = world_submit(&w, "ROAD", "S1"), second = world_submit(&w, "ROAD", "S1");
    ck_assert(!core_unsettled(&w.tables, first)); /* no set has come since */
    world_adopt(&w);
    ck_assert(core_unsettled(&w.tables, first));
    settled_until(second);
    ck_assert(!core_unsettled(&w.tables, first));
    ck_assert(core_unsettled(&w.tables, second));
    settled_until(0);
    ck_assert(!core_unsettled(&w.tables, second));
}
END_TEST

static const char *const known[] = {"2026-01-01 holiday", NULL};
static const char *const changed[] = {"2026-01-01 holiday", "2026-03-03 holiday", NULL};

/* The case at the desk has no lead yet: its route clock and the citizen's move, and nothing is made of a lead's. */
START_TEST(a_case_at_the_desk_is_settled_too)
{
    world_office(&w, known);
    w.now_ms = world_at("2026-03-02 16:30");
    uint64_t id = world_submit(&w, "unknown", "S1");
    uint64_t route = duty_of(id, DUTY_KIND_ROUTE);
    ck_assert_int_eq(clock_of(id, route, CLOCK_KIND_ROUTE).due_at, world_at("2026-03-03 09:30"));
    world_new_days(&w, changed);
    ck_assert_uint_eq(world_settle(&w, id), 2);
    ck_assert_int_eq(clock_of(id, route, CLOCK_KIND_ROUTE).due_at, world_at("2026-03-04 09:30"));
    ck_assert_int_eq(clock_of(id, 0, CLOCK_KIND_TOTAL).due_at, world_at("2026-03-10 16:30"));
}
END_TEST

/* Its lead is in no set any more: the case is due by natural time, which no calendar of the set says. */
START_TEST(a_case_of_nobody_is_settled_by_the_wall_clock)
{
    struct unit framed[9];
    world_office(&w, known);
    w.now_ms = world_at("2026-03-02 10:00");
    uint64_t id = world_submit(&w, "PIPE", "S1");
    w.units[UNIT_DA].code = code_of("D9");
    put_before_the_first(framed);
    world_new_days(&w, changed);
    world_settle(&w, id);
    struct clock_row handle = clock_of(id, world_case(&w, id).lead_duty, CLOCK_KIND_HANDLE);
    ck_assert_int_eq(handle.due_at, world_at("2026-03-07 10:00"));
    ck_assert_uint_eq(handle.calendar, 0);
    ck_assert_str_eq(handle.unit.s, "DA");
}
END_TEST

/* An instant that the sender gave is no calendar's. */
START_TEST(a_given_limit_stays_under_another_calendar)
{
    world_office(&w, known);
    w.now_ms = world_at("2026-03-02 10:00");
    w.roles |= role(ROLE_IMPORTER);
    struct command submit = submit_road();
    submit.body.submit.given_limit = true;
    submit.body.submit.limit_at = world_at("2026-03-05 18:00");
    uint64_t id = taken(&submit, RECORD_CASE_RECEIVED)->seq;
    world_new_days(&w, changed);
    world_settle(&w, id);
    ck_assert_int_eq(clock_of(id, world_case(&w, id).lead_duty, CLOCK_KIND_HANDLE).due_at, submit.body.submit.limit_at);
    ck_assert_int_eq(clock_of(id, 0, CLOCK_KIND_TOTAL).due_at, submit.body.submit.limit_at);
}
END_TEST

/* --- figures
 * ------------------------------------------------------------------------------------------------------------------------ */

static void say_contacted(enum said_contacted contacted)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_answer(&w, id);
    struct command ask = {.type = COMMAND_NOTE_FOLLOWUP};
    ask.body.note_followup.case_id = id;
    ask.body.note_followup.contacted = contacted;
    ask.body.note_followup.solved = SAID_SOLVED_YES;
    ask.body.note_followup.satisfied = SAID_SATISFIED_BASICALLY;
    w.actor = "asker";
    taken(&ask, RECORD_FOLLOWUP_ENDED);
    w.actor = "tester";
}

START_TEST(who_says_that_nobody_called_counts_against_the_unit)
{
    say_contacted(SAID_CONTACTED_YES);
    say_contacted(SAID_CONTACTED_NO);
    say_contacted(SAID_CONTACTED_UNANSWERED);
    struct counter response = world_count(&w, METRIC_RESPONSE_RATE);
    ck_assert_int_eq(response.num, 1);
    ck_assert_int_eq(response.den, 2); /* who does not say is left out */
    ck_assert_int_eq(world_count(&w, METRIC_SOLVED_RATE).den, 3);
    ck_assert_int_eq(world_count(&w, METRIC_SATISFIED_RATE).num, 3 * 900); /* basically: the policy's credit */
}
END_TEST

START_TEST(what_has_no_limit_is_in_no_rate)
{
    w.roles |= role(ROLE_IMPORTER);
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command raise = raise_on(id, "DA", NULL);
    raise.body.raise_call.given_limit = true;
    taken(&raise, RECORD_CALL_RAISED);
    world_act(&w, COMMAND_CANCEL, id, duty_of(id, DUTY_KIND_RESPOND));
    struct counter calls = world_count(&w, METRIC_CALL_ON_TIME_RATE);
    ck_assert_int_eq(calls.den, 0);
    ck_assert_int_eq(calls.excluded[0], 0); /* nor void in it */
}
END_TEST

/* Two ratings that expire: the call closes with the second, once. */
START_TEST(a_call_closes_once)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command raise = raise_on(id, "UT", "DB"), dispatch = {.type = COMMAND_DISPATCH_CALL};
    dispatch.body.dispatch_call.case_id = id;
    dispatch.body.dispatch_call.reason = text_of("theirs");
    taken(&raise, RECORD_CALL_RAISED);
    taken(&dispatch, RECORD_CALL_DISPATCHED);
    struct duty_row respond = world_duty(&w, id, DUTY_KIND_RESPOND);
    const uint64_t both[] = {respond.duty_id, respond.prev_of_call};
    for (int i = 0; i < 2; i++) {
        struct command finish = {.type = COMMAND_FINISH_CALL};
        finish.body.finish_call.case_id = id;
        finish.body.finish_call.duty_id = both[i];
        finish.body.finish_call.text = text_of("done");
        world_act(&w, COMMAND_SIGN, id, both[i]);
        world_act(&w, COMMAND_ARRIVE, id, both[i]);
        taken(&finish, RECORD_CALL_FINISHED);
    }
    world_wait(&w, 3 * (int64_t)DAY_MS + 1);
    ck_assert_uint_eq(world_case(&w, id).open_calls, 0);
    ck_assert_uint_eq(world_case(&w, id).open_duties, 2); /* the lead and the support of the list */
}
END_TEST

/* Time begins in 1970: a rung before that is at its beginning. */
START_TEST(a_rung_before_all_time_is_at_its_beginning)
{
    w.district.policy.rungs[RUNG_YELLOW].percent = 0;
    w.district.policy.rungs[RUNG_YELLOW].span = (struct span){TIME_KIND_NATURAL, 30 * (int64_t)DAY_MS};
    w.now_ms = 2 * (int64_t)DAY_MS;
    uint64_t id = world_submit(&w, "ROAD", "S1");
    ck_assert_int_eq(clock_of(id, duty_of(id, DUTY_KIND_LEAD), CLOCK_KIND_HANDLE).rung_at[RUNG_YELLOW], 1);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_key_whose_unit_is_in_no_set_sees_nothing_and_may_nothing},
                                       {a_lead_that_is_in_no_set_any_more_is_late_and_nothing_else},
                                       {nobody_acts_for_a_lead_that_is_in_no_set_any_more},
                                       {a_case_of_a_lead_that_is_in_no_set_any_more_closes_for_nobody},
                                       {where_nobody_stands_above_a_late_lead_an_order_is_proposed},
                                       {a_set_is_published_once_and_its_units_in_slices},
                                       {the_walk_is_over_what_lies_below_it},
                                       {a_case_at_the_desk_is_settled_too},
                                       {a_case_of_nobody_is_settled_by_the_wall_clock},
                                       {a_given_limit_stays_under_another_calendar},
                                       {who_says_that_nobody_called_counts_against_the_unit},
                                       {what_has_no_limit_is_in_no_rate},
                                       {a_call_closes_once},
                                       {a_rung_before_all_time_is_at_its_beginning}};
    return suite_run(&(struct suite){
        .name = "strays", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
