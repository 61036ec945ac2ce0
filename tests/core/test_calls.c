/* test_calls.c - 吹哨 at its edges: who whistles for whom, with what limit, how many, and how a call ends */
#include "tests/core/guards.h"

/* --- calls -----------------------------------------------------------------------------------------------------------------------
 */

START_TEST(a_call_names_units_that_come_and_each_once)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command raise = raise_on(id, "DB", "DB");
    expect(&raise, REFUSAL_BAD_FIELD, "units");
    raise = raise_on(id, "DB", "S2");
    expect(&raise, REFUSAL_WRONG_DIRECTION, "units");
    raise = raise_on(id, "DB", "UT");
    expect(&raise, REFUSAL_NONE, NULL);
}
END_TEST

/* The desk whistles through a dispatcher, or the importer who passes it on. It does not call itself. */
START_TEST(the_desk_whistles_through_a_dispatcher)
{
    w.district.desk_unit = UNIT_DB;
    uint64_t id = world_submit(&w, "unknown", "S1");
    struct command route = route_to(id, "DB", "nobody's"), raise = raise_on(id, "DA", NULL);
    taken(&route, RECORD_CASE_ROUTED);
    w.unit = code_of("DB");
    w.roles = role(ROLE_LEADER);
    expect(&raise, REFUSAL_RANK, "unit");
    w.roles = role(ROLE_LEADER) | role(ROLE_IMPORTER);
    expect(&raise, REFUSAL_NONE, NULL);
    w.roles = role(ROLE_DISPATCHER);
    expect(&raise, REFUSAL_NONE, NULL);
    raise = raise_on(id, "DB", NULL);
    expect(&raise, REFUSAL_WRONG_DIRECTION, "units");
}
END_TEST

START_TEST(a_grid_does_not_whistle_where_communities_do)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command raise = raise_on(id, "DB", NULL);
    w.unit = code_of("S1");
    w.district.policy.community_calls = true;
    w.units[UNIT_S1].tier = UNIT_TIER_COMMUNITY;
    expect(&raise, REFUSAL_NONE, NULL);
    w.units[UNIT_S1].tier = UNIT_TIER_GRID;
    expect(&raise, REFUSAL_RANK, "unit");
    w.units[UNIT_S1].tier = UNIT_TIER_STREET;
    w.roles = role(ROLE_DISPATCHER);
    expect(&raise, REFUSAL_RANK, "unit"); /* a street whistles through its leader */
    w.roles = role(ROLE_DISPATCHER) | role(ROLE_IMPORTER);
    expect(&raise, REFUSAL_NONE, NULL);
}
END_TEST

/* Who is called comes to help a street: no other street, no property company, nobody outside the district. */
START_TEST(a_call_goes_to_who_can_come)
{
    static const struct {
        enum unit_class class;
        bool comes;
    } cells[] = {
        {UNIT_CLASS_DEPARTMENT, true},  {UNIT_CLASS_SECTION, true},   {UNIT_CLASS_STATION, true},    {UNIT_CLASS_UTILITY, true},
        {UNIT_CLASS_GOVERNMENT, false}, {UNIT_CLASS_PROPERTY, false}, {UNIT_CLASS_COMMITTEE, false}, {UNIT_CLASS_EXTERNAL, false},
    };
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command raise = raise_on(id, "UT", NULL);
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        w.units[UNIT_UT].class = cells[i].class;
        expect(&raise, cells[i].comes ? REFUSAL_NONE : REFUSAL_WRONG_DIRECTION, NULL);
    }
}
END_TEST

/* The list gives the matter to the one unit that is called: route it; but for an emergency or a joint round. */
START_TEST(one_unit_that_the_list_names_as_lead_is_routed_to)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    w.rows[ROW_ROAD] = (struct catalogue_row){.row = 3, .matter = 2, .place = -1, .lead = {.kind = SELECT_UNIT, .unit = UNIT_DA}};
    struct command raise = raise_on(id, "DA", NULL);
    expect(&raise, REFUSAL_DISPATCH_INSTEAD, "units");
    raise.body.raise_call.reason = CALL_REASON_EMERGENCY;
    expect(&raise, REFUSAL_NONE, NULL);
    raise.body.raise_call.reason = CALL_REASON_JOINT_ENFORCEMENT;
    expect(&raise, REFUSAL_NONE, NULL);
    raise = raise_on(id, "DA", "UT");
    expect(&raise, REFUSAL_NONE, NULL);
    raise = raise_on(id, "UT", NULL);
    expect(&raise, REFUSAL_NONE, NULL);
    w.rows[ROW_ROAD].supports[0] = (struct selector){.kind = SELECT_UNIT, .unit = UNIT_DB};
    w.rows[ROW_ROAD].support_count = 1; /* it takes two of them: no matter of one unit */
    raise = raise_on(id, "DA", NULL);
    expect(&raise, REFUSAL_NONE, NULL);
    uint64_t unlisted = world_submit(&w, "unknown", "S1");
    struct command route = route_to(unlisted, "S1", "theirs");
    taken(&route, RECORD_CASE_ROUTED);
    raise = raise_on(unlisted, "DA", NULL);
    taken(&raise, RECORD_CALL_RAISED); /* no row: to the desk */
    ck_assert_uint_eq(world_records(&w, RECORD_CALL_DISPATCHED), 0);
}
END_TEST

START_TEST(each_of_the_units_on_the_list_may_be_called_by_rule)
{
    w.rows[ROW_ROAD].calls[1] =
        (struct selector){.kind = SELECT_TIER, .unit = -1, .tier = UNIT_TIER_GRID}; /* none above a street */
    w.rows[ROW_ROAD].call_count = 2;
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command raise = raise_on(id, "DA", "UT");
    taken(&raise, RECORD_CALL_RAISED);
    ck_assert_uint_eq(world_records(&w, RECORD_CALL_DISPATCHED), 0); /* not all of them are on it */
    id = world_submit(&w, "ROAD", "S1");
    raise = raise_on(id, NULL, NULL);
    taken(&raise, RECORD_CALL_RAISED);
    ck_assert_uint_eq(world_records(&w, RECORD_CALL_DISPATCHED), 0); /* nobody is named: the desk chooses */
    id = world_submit(&w, "ROAD", "S1");
    raise = raise_on(id, "DA", NULL);
    ck_assert_int_eq(taken(&raise, RECORD_CALL_DISPATCHED)->body.call_dispatched.how, ROUTE_HOW_RULE);
}
END_TEST

START_TEST(two_calls_for_the_same_are_one)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command whoever = raise_on(id, NULL, NULL), named = raise_on(id, "DB", NULL);
    taken(&whoever, RECORD_CALL_RAISED);
    expect(&whoever, REFUSAL_ALREADY, "call");
    taken(&named, RECORD_CALL_RAISED); /* another wish */
    expect(&named, REFUSAL_ALREADY, "call");
    uint64_t other = world_submit(&w, "ROAD", "S1");
    named = raise_on(other, "DB", NULL);
    whoever = raise_on(other, NULL, NULL);
    taken(&named, RECORD_CALL_RAISED);
    expect(&whoever, REFUSAL_NONE, NULL); /* and the other way round */
}
END_TEST

START_TEST(a_calls_limit_is_the_importers_to_give)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command raise = raise_on(id, "DA", NULL);
    raise.body.raise_call.given_limit = true;
    expect(&raise, REFUSAL_NO_ROLE, "importer");
    raise.body.raise_call.given_limit = false;
    raise.body.raise_call.limit_at = w.now_ms + DAY_MS;
    expect(&raise, REFUSAL_NO_ROLE, "importer");
    w.roles |= role(ROLE_IMPORTER);
    expect(&raise, REFUSAL_BAD_FIELD, "limit_at");
    raise.body.raise_call.given_limit = true;
    raise.body.raise_call.limit_at = w.now_ms - 1;
    expect(&raise, REFUSAL_BAD_FIELD, "limit_at");
    raise.body.raise_call.limit_at = w.now_ms;
    expect(&raise, REFUSAL_NONE, NULL);
    raise.body.raise_call.limit_at = w.now_ms + DAY_MS;
    taken(&raise, RECORD_CALL_RAISED);
    struct clock_row finish = clock_of(id, duty_of(id, DUTY_KIND_RESPOND), CLOCK_KIND_FINISH);
    ck_assert_int_eq(finish.due_at, w.now_ms + DAY_MS);
    ck_assert_int_eq(finish.source, LIMIT_SOURCE_GIVEN);
}
END_TEST

/* A call without a limit: nothing is late, not even after it was sent back; what is cancelled is void. */
START_TEST(a_call_without_a_limit_is_never_late)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    w.roles |= role(ROLE_IMPORTER);
    struct command raise = raise_on(id, "DA", NULL);
    raise.body.raise_call.given_limit = true;
    taken(&raise, RECORD_CALL_RAISED);
    uint64_t respond = duty_of(id, DUTY_KIND_RESPOND);
    ck_assert_int_eq(clock_of(id, respond, CLOCK_KIND_FINISH).due_at, 0);
    ck_assert_int_eq(clock_of(id, respond, CLOCK_KIND_FINISH).source, LIMIT_SOURCE_NONE);
    world_wait(&w, 20 * (int64_t)DAY_MS);
    world_finish(&w, id, FINISH_CODE_SOLVED);
    ck_assert_int_eq(clock_of(id, respond, CLOCK_KIND_FINISH).in_time, 1);
    world_wait(&w, HOUR_MS); /* the caller thinks about it */
    ck_assert_int_eq(world_rate(&w, id, false), REFUSAL_NONE);
    ck_assert_int_eq(clock_of(id, respond, CLOCK_KIND_FINISH).due_at, 0);
    world_act(&w, COMMAND_CANCEL, id, respond);
    ck_assert_int_eq(clock_of(id, respond, CLOCK_KIND_FINISH).state, CLOCK_STATE_VOID);
}
END_TEST

START_TEST(a_case_holds_so_many_open_duties)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command raise = raise_on(id, "UT", NULL), dispatch = {.type = COMMAND_DISPATCH_CALL};
    set_open_duties(id, CAP_OPEN_DUTIES_PER_CASE - 1);
    expect(&raise, REFUSAL_CAP, "units");
    set_open_duties(id, CAP_OPEN_DUTIES_PER_CASE - 2); /* the desk's own and the unit's */
    taken(&raise, RECORD_CALL_RAISED);
    dispatch.body.dispatch_call.case_id = id;
    dispatch.body.dispatch_call.reason = text_of("theirs");
    set_open_duties(id, CAP_OPEN_DUTIES_PER_CASE);
    expect(&dispatch, REFUSAL_CAP, "units");
    set_open_duties(id, CAP_OPEN_DUTIES_PER_CASE - 1);
    expect(&dispatch, REFUSAL_NONE, NULL);
}
END_TEST

START_TEST(what_the_desk_dispatches)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command raise = raise_on(id, NULL, NULL), dispatch = {.type = COMMAND_DISPATCH_CALL};
    taken(&raise, RECORD_CALL_RAISED);
    dispatch.body.dispatch_call.case_id = id;
    expect(&dispatch, REFUSAL_INCOMPLETE, "units"); /* nobody was asked for, nobody is sent */
    set_units(&dispatch.body.dispatch_call.units, "S9", NULL);
    expect(&dispatch, REFUSAL_UNKNOWN_UNIT, "units");
    set_units(&dispatch.body.dispatch_call.units, "UT", NULL);
    expect(&dispatch, REFUSAL_NO_BASIS, "reason");
    set_units(&dispatch.body.dispatch_call.units, "DA", NULL); /* is on the list */
    expect(&dispatch, REFUSAL_NONE, NULL);
    dispatch.body.dispatch_call.appointed_at = w.now_ms - 1;
    expect(&dispatch, REFUSAL_BAD_FIELD, "appointed_at");
    dispatch.body.dispatch_call.appointed_at = w.now_ms;
    expect(&dispatch, REFUSAL_NONE, NULL);
}
END_TEST

/* Neither the unit that came nor a department rates; here both could act for the street. */
START_TEST(the_called_side_does_not_rate)
{
    w.units[UNIT_S1].deputy = UNIT_UT;
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    world_finish(&w, id, FINISH_CODE_SOLVED);
    w.unit = code_of("UT");
    ck_assert_int_eq(world_rate(&w, id, true), REFUSAL_WRONG_DIRECTION);
    w.unit = code_of("DB"); /* a department, that supports and so sees it */
    ck_assert_int_eq(world_rate(&w, id, true), REFUSAL_WRONG_DIRECTION);
    w.unit = code_of("S1");
    ck_assert_int_eq(world_rate(&w, id, true), REFUSAL_NONE);
}
END_TEST

static uint64_t call_two(uint64_t case_id)
{
    struct command raise = raise_on(case_id, "UT", "DB"), dispatch = {.type = COMMAND_DISPATCH_CALL};
    uint64_t call = taken(&raise, RECORD_CALL_RAISED)->seq;
    dispatch.body.dispatch_call.case_id = case_id;
    dispatch.body.dispatch_call.reason = text_of("theirs");
    dispatch.body.dispatch_call.coordinating = code_of("DB"); /* finishes last */
    taken(&dispatch, RECORD_CALL_DISPATCHED);
    return call;
}

static void finish_as(uint64_t case_id, uint64_t duty_id, enum finish_code code)
{
    struct command finish = {.type = COMMAND_FINISH_CALL};
    finish.body.finish_call.case_id = case_id;
    finish.body.finish_call.duty_id = duty_id;
    finish.body.finish_call.code = code;
    finish.body.finish_call.text = text_of("done");
    taken(&finish, RECORD_CALL_FINISHED);
}

/* Signs and arrives both; the ids of their duties, the later first. */
static void both_come(uint64_t case_id, uint64_t *ret_later, uint64_t *ret_first)
{
    struct duty_row duty = world_duty(&w, case_id, DUTY_KIND_RESPOND);
    *ret_later = duty.duty_id;
    ck_assert(tables_get(&w.tables, ROW_DUTY, duty.prev_of_call, &duty));
    *ret_first = duty.duty_id;
    const uint64_t both[] = {*ret_later, *ret_first};
    for (int i = 0; i < 2; i++) {
        world_act(&w, COMMAND_SIGN, case_id, both[i]);
        world_act(&w, COMMAND_ARRIVE, case_id, both[i]);
    }
}

static struct call_row call_of(uint64_t id)
{
    struct call_row call;
    ck_assert(tables_get(&w.tables, ROW_CALL, id, &call));
    return call;
}

static void rate_unit(uint64_t case_id, const char *unit, bool confirmed)
{
    struct command rate = {.type = COMMAND_RATE_CALL};
    rate.body.rate_call.case_id = case_id;
    rate.body.rate_call.unit = code_of(unit);
    rate.body.rate_call.confirmed = confirmed;
    rate.body.rate_call.score = confirmed ? 5 : 1;
    rate.body.rate_call.next = RATE_NEXT_CASE;
    taken(&rate, RECORD_CALL_RATED);
}

/* A call is as good as the worst of its results, as its caller has rated them. */
START_TEST(the_outcome_of_a_call_is_the_worst_result)
{
    uint64_t later, first;
    uint64_t id = world_submit(&w, "ROAD", "S1");
    w.district.policy.rating = false;
    uint64_t call = call_two(id);
    both_come(id, &later, &first);
    finish_as(id, first, FINISH_CODE_PARTLY);
    ck_assert_int_eq(call_of(call).state, CALL_STATE_CALLED);
    finish_as(id, later, FINISH_CODE_SOLVED);
    ck_assert_int_eq(call_of(call).outcome, CALL_OUTCOME_PARTLY);
    call = call_two(id);
    both_come(id, &later, &first);
    finish_as(id, first, FINISH_CODE_SOLVED);
    finish_as(id, later, FINISH_CODE_PARTLY); /* and whoever comes last counts as well */
    ck_assert_int_eq(call_of(call).outcome, CALL_OUTCOME_PARTLY);

    w.district.policy.rating = true;
    for (int confirmed = 0; confirmed < 2; confirmed++) {
        call = call_two(id);
        both_come(id, &later, &first);
        finish_as(id, first, FINISH_CODE_SOLVED);
        if (!confirmed) {
            rate_unit(id, "UT", false);
            finish_as(id, first, FINISH_CODE_SOLVED);
        }
        rate_unit(id, "UT", confirmed);
        finish_as(id, later, FINISH_CODE_SOLVED);
        rate_unit(id, "DB", true);
        ck_assert_int_eq(call_of(call).state, CALL_STATE_CLOSED);
        ck_assert_int_eq(call_of(call).outcome, confirmed ? CALL_OUTCOME_SOLVED : CALL_OUTCOME_UNSOLVED);
    }
}
END_TEST

/* A call that is withdrawn ends what is open in it, and once: the desk had done its part. */
START_TEST(what_is_withdrawn_leaves_what_was_done)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command withdraw = {.type = COMMAND_WITHDRAW_CALL};
    call_two(id);
    withdraw.body.withdraw_call.case_id = id;
    withdraw.body.withdraw_call.reason = text_of("done already");
    taken(&withdraw, RECORD_CALL_CLOSED);
    ck_assert_uint_eq(world_records(&w, RECORD_DUTY_ENDED), 2); /* of two that were called */
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_ROUTE).state, DUTY_STATE_DONE);
}
END_TEST

/* The old code of a unit that went into another one calls that one. */
START_TEST(a_call_by_an_old_code_goes_to_the_successor)
{
    w.units[UNIT_DB].successor = UNIT_DA; /* DA is on the list */
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command raise = raise_on(id, "DB", NULL);
    ck_assert_int_eq(taken(&raise, RECORD_CALL_DISPATCHED)->body.call_dispatched.how, ROUTE_HOW_RULE);
    ck_assert_str_eq(world_duty(&w, id, DUTY_KIND_RESPOND).unit.s, "DA");
}
END_TEST

/* The old code of a unit and the one that it went into are one unit: named twice, called already. */
START_TEST(an_old_code_and_its_successor_are_one_unit)
{
    uint64_t id = world_submit(&w, "ROAD", "S1"), received = world_submit(&w, "unknown", "S1");
    struct command raise = raise_on(id, "UT", NULL), route = route_to(received, "S1", "theirs");
    taken(&raise, RECORD_CALL_RAISED);
    w.units[UNIT_UT].successor = UNIT_DA;
    raise = raise_on(id, "DA", NULL);
    expect(&raise, REFUSAL_ALREADY, "call"); /* what UT was called for is DA's now */
    raise = raise_on(id, "DB", NULL);
    expect(&raise, REFUSAL_NONE, NULL);
    raise = raise_on(id, "DA", "UT");
    expect(&raise, REFUSAL_BAD_FIELD, "units");
    set_units(&route.body.route.supports, "DA", "UT");
    expect(&route, REFUSAL_BAD_FIELD, "supports");
    set_units(&route.body.route.supports, "DA", "DB");
    expect(&route, REFUSAL_NONE, NULL);
}
END_TEST

/* What falls due within a call is told of that call. */
START_TEST(a_rung_of_a_call_names_the_call)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t call = call_two(id);
    world_wait(&w, HOUR_MS * 4 / 5); /* yellow for the signatures */
    const struct record *fired = world_record(&w, RECORD_RUNG_FIRED);
    ck_assert_int_eq(fired->body.rung_fired.clock, CLOCK_KIND_SIGN);
    ck_assert_uint_eq(fired->head.call_id, call);
}
END_TEST

/* Ratings that are open are waited for, also where the policy asks for none any more. */
START_TEST(a_call_waits_for_the_ratings_that_it_has_opened)
{
    uint64_t later, first;
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t call = call_two(id);
    both_come(id, &later, &first);
    finish_as(id, first, FINISH_CODE_SOLVED);
    w.district.policy.rating = false;
    finish_as(id, later, FINISH_CODE_SOLVED);
    ck_assert_int_eq(call_of(call).state, CALL_STATE_REPORTED);
    rate_unit(id, "UT", true);
    ck_assert_int_eq(call_of(call).state, CALL_STATE_CLOSED);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_call_names_units_that_come_and_each_once},
                                       {the_desk_whistles_through_a_dispatcher},
                                       {a_grid_does_not_whistle_where_communities_do},
                                       {a_call_goes_to_who_can_come},
                                       {one_unit_that_the_list_names_as_lead_is_routed_to},
                                       {each_of_the_units_on_the_list_may_be_called_by_rule},
                                       {two_calls_for_the_same_are_one},
                                       {a_calls_limit_is_the_importers_to_give},
                                       {a_call_without_a_limit_is_never_late},
                                       {a_case_holds_so_many_open_duties},
                                       {what_the_desk_dispatches},
                                       {the_called_side_does_not_rate},
                                       {the_outcome_of_a_call_is_the_worst_result},
                                       {what_is_withdrawn_leaves_what_was_done},
                                       {a_call_by_an_old_code_goes_to_the_successor},
                                       {an_old_code_and_its_successor_are_one_unit},
                                       {a_rung_of_a_call_names_the_call},
                                       {a_call_waits_for_the_ratings_that_it_has_opened}};
    return suite_run(&(struct suite){
        .name = "calls", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
