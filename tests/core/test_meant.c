/* test_meant.c - which case, duty and call a command means by what it names, and how it is refused when nothing fits */
#include "dispatcher/core/rules.h"
#include "tests/core/guards.h"

#include <stdio.h>
#include <xxhash.h>

enum { UNIT_S2 = 6 };

/* --- the case --------------------------------------------------------------------------------------------------------------- */

/* Where neither a number nor a request names a case, the duty says which one it is. */
START_TEST(a_duty_tells_its_case_where_nothing_else_does)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command moved = {.type = COMMAND_ADVANCE};
    static char request[32];
    w.roles = ~UINT32_C(0);
    ck_assert_int_eq(world_do(&w, &moved), REFUSAL_NONE);
    snprintf(request, sizeof(request), "r%u", w.requests);
    static const char *const numbers[] = {"garbage", "260302-99999-9", ""};
    const char *const requests[] = {"", "", request};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct command sign = {.type = COMMAND_SIGN};
        sign.body.sign.number = text_of(numbers[i]);
        sign.body.sign.submitted = text_of(requests[i]);
        expect(&sign, REFUSAL_NOT_FOUND, "case");
        sign.body.sign.duty_id = duty_of(id, DUTY_KIND_LEAD);
        expect(&sign, REFUSAL_NONE, NULL);
        ck_assert_uint_eq(w.verdict->records[0].head.case_id, id);
    }
}
END_TEST

/* Nobody leads it yet: the street where it is sees it, and nobody else. */
START_TEST(a_case_at_the_desk_is_its_places_too)
{
    struct command note = {.type = COMMAND_ADD_NOTE};
    note.body.add_note.case_id = world_submit(&w, "unknown", "S1");
    note.body.add_note.text = text_of("called again");
    w.unit = code_of("S1");
    expect(&note, REFUSAL_NONE, NULL);
    w.unit = code_of("S2");
    expect(&note, REFUSAL_NOT_FOUND, "case");
}
END_TEST

/* Places come and go with the sets: where nothing is known of the place, the list says nothing, and the desk says why. */
START_TEST(a_place_that_is_in_no_set_any_more_is_on_no_list)
{
    w.rows[ROW_PIPE].lead = (struct selector){.kind = SELECT_TIER, .unit = -1, .tier = UNIT_TIER_GRID};
    uint64_t id = world_submit(&w, "PIPE", "S2");
    w.rows[ROW_PIPE].lead = (struct selector){.kind = SELECT_UNIT, .unit = UNIT_DA};
    struct command route = route_to(id, "DA", "");
    expect(&route, REFUSAL_NONE, NULL);
    w.units[UNIT_S2].code = code_of("S3");
    expect(&route, REFUSAL_NO_BASIS, "reason");
}
END_TEST

/* Request ids are found by a hash: two that hash alike are two all the same. */
static uint64_t first_of_all(void *store, uint64_t hash, uint64_t before)
{
    (void)store;
    (void)hash;
    return before == 0 ? 1 : 0; /* the request of the submit */
}

START_TEST(request_ids_that_hash_alike_are_two)
{
    world_submit(&w, "ROAD", "S1");
    struct row_ops ops = *w.tables.ops;
    struct request_row row;
    ops.request = first_of_all;
    w.tables.ops = &ops;
    ck_assert(tables_get(&w.tables, ROW_REQUEST, 1, &row));
    struct text actor = text_of("tester"), request = text_of("r1");
    ck_assert_uint_eq(core_request_find(&w.tables, actor, request, 7, &row), 1);
    ck_assert_uint_eq(core_request_find(&w.tables, actor, text_of("r2"), 7, &row), 0);
    ck_assert_uint_eq(core_request_find(&w.tables, actor, text_of("r"), 7, &row), 0);
    ck_assert_uint_eq(core_request_find(&w.tables, text_of("other"), request, 7, &row), 0);
    ck_assert_uint_eq(core_request_find(&w.tables, text_of("test"), request, 7, &row), 0);
    struct reference about = {.submitted = request};
    ck_assert_uint_ne(core_case_named(&w.tables, actor, &about), 0);
    about.submitted = text_of("r2");
    ck_assert_uint_eq(core_case_named(&w.tables, actor, &about), 0);
}
END_TEST

/* Rows of a request keep its hash: it is that of name, zero and id, however long they are. */
START_TEST(the_hash_of_a_request_is_that_of_its_name_and_id)
{
    char joined[CODE_SIZE + 1 + 300 + 1];
    for (uint32_t i = 0; i < sizeof(joined); i++) {
        joined[i] = (char)('a' + i % 26);
    }
    for (uint32_t actor = 0; actor <= CODE_SIZE; actor++) {
        char before = joined[actor];
        joined[actor] = '\0';
        for (uint32_t id = 0; id <= 300; id += 1 + id / 8) {
            uint64_t hash = core_request_hash((struct text){joined, actor}, (struct text){joined + actor + 1, id});
            ck_assert_uint_eq(hash, XXH64(joined, actor + 1 + id, 0));
        }
        joined[actor] = before;
    }
}
END_TEST

/* --- whose a case is ---------------------------------------------------------------------------------------------------------- */

START_TEST(who_led_a_case_writes_on_it_afterwards)
{
    struct command note = {.type = COMMAND_ADD_NOTE};
    uint64_t id = note.body.add_note.case_id = world_submit(&w, "PIPE", "S2"); /* DA leads it, far from its own */
    note.body.add_note.text = text_of("the pipe is old");
    world_answer(&w, id);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    w.unit = code_of("DA");
    expect(&note, REFUSAL_NONE, NULL);
}
END_TEST

/* S2 leads for a place of S1, whistles, and is dissolved into S1: it may do nothing more, and sees what became of its call. */
START_TEST(a_dissolved_street_sees_what_it_whistled_for)
{
    w.rows[ROW_ROAD].lead = (struct selector){.kind = SELECT_UNIT, .unit = UNIT_S2};
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command raise = raise_on(id, "UT", NULL);
    raise.body.raise_call.caller = code_of("S2");
    taken(&raise, RECORD_CALL_RAISED);
    w.units[UNIT_S2].successor = UNIT_S1;
    world_adopt(&w);
    world_settle(&w, id);
    ck_assert_str_eq(world_case(&w, id).lead.s, "S1");
    struct command withdraw = {.type = COMMAND_WITHDRAW_CALL};
    withdraw.body.withdraw_call.case_id = id;
    withdraw.body.withdraw_call.reason = text_of("done already");
    w.unit = code_of("S2");
    expect(&withdraw, REFUSAL_NOT_YOURS, "unit");
    w.unit = code_of("S1");
    expect(&withdraw, REFUSAL_NONE, NULL);
}
END_TEST

/* --- the duty ----------------------------------------------------------------------------------------------------------------- */

START_TEST(who_names_no_duty_means_its_own)
{
    uint64_t id = world_submit(&w, "ROAD", "S1"); /* S1 leads, DB supports */
    struct command sign = {.type = COMMAND_SIGN};
    sign.body.sign.case_id = id;
    w.unit = code_of("S1");
    ck_assert_uint_eq(taken(&sign, RECORD_DUTY_SIGNED)->head.duty_id, duty_of(id, DUTY_KIND_LEAD));
    w.unit = code_of("DB");
    ck_assert_uint_eq(taken(&sign, RECORD_DUTY_SIGNED)->head.duty_id, duty_of(id, DUTY_KIND_SUPPORT));
}
END_TEST

/* It need not hold it: a street cancels what it has asked for, whoever holds that. */
/* S1 leads and DB supports: whose name is given holds the duty, or no duty is found. */
START_TEST(who_names_another_unit_is_told_whose_it_is)
{
    struct command sign = {.type = COMMAND_SIGN};
    sign.body.sign.case_id = world_submit(&w, "ROAD", "S1");
    w.unit = code_of("S1");
    sign.body.sign.unit = code_of("DB");
    expect(&sign, REFUSAL_NOT_YOURS, "unit");
    sign.body.sign.unit = code_of("UT");
    expect(&sign, REFUSAL_NOT_FOUND, "unit");
    sign.body.sign.unit = code_of("S1");
    expect(&sign, REFUSAL_NONE, NULL);
}
END_TEST

START_TEST(who_created_a_duty_means_it_whoever_holds_it)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command cancel = {.type = COMMAND_CANCEL};
    cancel.body.cancel.case_id = id;
    cancel.body.cancel.reason = text_of("not needed");
    w.unit = code_of("S1");
    ck_assert_uint_eq(taken(&cancel, RECORD_DUTY_ENDED)->head.duty_id, duty_of(id, DUTY_KIND_SUPPORT));
}
END_TEST

START_TEST(a_duty_and_its_kind_do_not_contradict_each_other)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command sign = {.type = COMMAND_SIGN};
    sign.body.sign.duty_id = duty_of(id, DUTY_KIND_LEAD);
    sign.body.sign.given = SIGN_HAS_KIND;
    sign.body.sign.kind = DUTY_KIND_SUPPORT;
    expect(&sign, REFUSAL_BAD_STATE, "duty");
    sign.body.sign.kind = DUTY_KIND_LEAD;
    expect(&sign, REFUSAL_NONE, NULL);
}
END_TEST

/* Of a lead, a support and a call that waits for the desk, the last is what a dispatcher works on. */
START_TEST(a_dispatcher_claims_what_is_the_desks)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    struct command claim = {.type = COMMAND_CLAIM};
    claim.body.claim.case_id = id;
    w.roles = role(ROLE_DISPATCHER);
    ck_assert_uint_eq(taken(&claim, RECORD_DUTY_CLAIMED)->head.duty_id, duty_of(id, DUTY_KIND_ROUTE));
}
END_TEST

/* What has been done says so, and is not taken for somebody else's or for nothing. */
START_TEST(what_is_over_says_why_not)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command report = {.type = COMMAND_REPORT}, answer = answer_to(id);
    world_act(&w, COMMAND_SIGN, id, duty_of(id, DUTY_KIND_SUPPORT));
    report.body.report.case_id = id;
    report.body.report.unit = code_of("DB");
    report.body.report.text = text_of("barrier removed");
    taken(&report, RECORD_DUTY_DONE);
    expect(&report, REFUSAL_BAD_STATE, "duty");
    struct command route = route_to(world_submit(&w, "unknown", "S1"), "DA", "theirs"); /* another support is still open */
    set_units(&route.body.route.supports, "DB", "UT");
    taken(&route, RECORD_CASE_ROUTED);
    struct command own = {.type = COMMAND_REPORT};
    own.body.report.case_id = route.body.route.case_id;
    own.body.report.text = text_of("barrier removed");
    w.unit = code_of("DB");
    struct command sign = {.type = COMMAND_SIGN};
    sign.body.sign.case_id = own.body.report.case_id;
    taken(&sign, RECORD_DUTY_SIGNED);
    taken(&own, RECORD_DUTY_DONE);
    expect(&own, REFUSAL_BAD_STATE, "duty");
    w.unit = code_of("D1");
    world_answer(&w, id);
    expect(&answer, REFUSAL_BAD_STATE, "case");
    struct command take = take_over(world_submit(&w, "unknown", "S1"), "D1"); /* until it is routed, the desk's */
    expect(&take, REFUSAL_BAD_STATE, "duty");
    w.unit = code_of("S1");
    expect(&take, REFUSAL_NOT_YOURS, "unit");
}
END_TEST

/* The newest: S1 had a support cancelled, then the desk took over and had S1's own support cancelled. */
START_TEST(the_newest_of_what_is_over_is_meant)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command cancel = {.type = COMMAND_CANCEL}, take = take_over(id, "D1");
    cancel.body.cancel.case_id = id;
    cancel.body.cancel.reason = text_of("not needed");
    taken(&cancel, RECORD_DUTY_ENDED);
    w.unit = code_of("S1");
    expect(&cancel, REFUSAL_BAD_STATE, "duty"); /* its own, and over */
    w.unit = code_of("D1");
    taken(&take, RECORD_CASE_ROUTED);
    taken(&cancel, RECORD_DUTY_ENDED);
    w.unit = code_of("S1");
    expect(&cancel, REFUSAL_NOT_YOURS, "unit");
}
END_TEST

/* The desk routes a case and sends out a call: two duties of one kind, that are not taken for each other. */
START_TEST(a_case_is_routed_and_a_call_dispatched)
{
    uint64_t received = world_submit(&w, "unknown", "S1"), handled = world_submit(&w, "ROAD", "S1");
    struct command route = route_to(handled, "DA", "theirs"), dispatch = {.type = COMMAND_DISPATCH_CALL};
    world_call(&w, handled, "UT");
    expect(&route, REFUSAL_BAD_STATE, "duty"); /* by rule it was routed: there is nothing to route */
    dispatch.body.dispatch_call.case_id = received;
    dispatch.body.dispatch_call.reason = text_of("theirs");
    set_units(&dispatch.body.dispatch_call.units, "UT", NULL);
    expect(&dispatch, REFUSAL_BAD_STATE, "duty"); /* nobody has whistled */
    dispatch.body.dispatch_call.case_id = handled;
    expect(&dispatch, REFUSAL_NONE, NULL);
}
END_TEST

/* A command works on the kinds of duty that the schema names, and the rules have a state for each of these and for no other. */
START_TEST(rules_and_schema_name_the_same_kinds)
{
    for (int type = 1; type <= COMMAND_TYPE_MAX; type++) {
        const struct command_info *info = command_info((enum command_type)type);
        for (int kind = 0; info != NULL && kind < DUTY_KIND_COUNT; kind++) {
            bool ruled = false;
            for (int state = 0; state < DUTY_STATE_COUNT; state++) {
                ruled = ruled || rules_cell(MACHINE_DUTY, (enum command_type)type, state, kind) != NULL;
            }
            ck_assert_msg(ruled == ((info->duty_kinds & (1u << kind)) != 0), "%s on %s", info->name,
                          enum_name(&duty_kind_enum, kind));
        }
    }
}
END_TEST

/* --- the call ----------------------------------------------------------------------------------------------------------------- */

START_TEST(of_two_raised_calls_the_desk_says_which)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t first = world_call(&w, id, "UT"), second = world_call(&w, id, "DB");
    struct command dispatch = {.type = COMMAND_DISPATCH_CALL};
    dispatch.body.dispatch_call.case_id = id;
    dispatch.body.dispatch_call.reason = text_of("theirs");
    expect(&dispatch, REFUSAL_AMBIGUOUS, "duty");
    dispatch.body.dispatch_call.call_id = first;
    ck_assert_uint_eq(taken(&dispatch, RECORD_CALL_DISPATCHED)->head.call_id, first);
    dispatch.body.dispatch_call.call_id = 0;
    ck_assert_uint_eq(taken(&dispatch, RECORD_CALL_DISPATCHED)->head.call_id, second);
}
END_TEST

START_TEST(without_a_name_the_newest_open_call_is_meant)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t first = world_call(&w, id, "UT"), second = world_call(&w, id, "DB");
    struct command withdraw = {.type = COMMAND_WITHDRAW_CALL};
    withdraw.body.withdraw_call.case_id = id;
    withdraw.body.withdraw_call.reason = text_of("done already");
    withdraw.body.withdraw_call.call_id = second;
    taken(&withdraw, RECORD_CALL_CLOSED);
    withdraw.body.withdraw_call.call_id = 0;
    ck_assert_uint_eq(taken(&withdraw, RECORD_CALL_CLOSED)->head.call_id, first);
    expect(&withdraw, REFUSAL_BAD_STATE, "call");
}
END_TEST

/* What is done on a duty of the older of two calls is done to that call. */
START_TEST(a_duty_belongs_to_its_own_call)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t first = world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    uint64_t respond = duty_of(id, DUTY_KIND_RESPOND);
    world_call(&w, id, "DB");
    world_dispatch(&w, id, "DB");
    world_act(&w, COMMAND_CANCEL, id, respond);
    ck_assert_uint_eq(world_record(&w, RECORD_CALL_CLOSED)->head.call_id, first);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_duty_tells_its_case_where_nothing_else_does},
                                       {a_case_at_the_desk_is_its_places_too},
                                       {a_place_that_is_in_no_set_any_more_is_on_no_list},
                                       {request_ids_that_hash_alike_are_two},
                                       {the_hash_of_a_request_is_that_of_its_name_and_id},
                                       {who_led_a_case_writes_on_it_afterwards},
                                       {a_dissolved_street_sees_what_it_whistled_for},
                                       {who_names_no_duty_means_its_own},
                                       {who_names_another_unit_is_told_whose_it_is},
                                       {who_created_a_duty_means_it_whoever_holds_it},
                                       {a_duty_and_its_kind_do_not_contradict_each_other},
                                       {a_dispatcher_claims_what_is_the_desks},
                                       {what_is_over_says_why_not},
                                       {the_newest_of_what_is_over_is_meant},
                                       {a_case_is_routed_and_a_call_dispatched},
                                       {rules_and_schema_name_the_same_kinds},
                                       {of_two_raised_calls_the_desk_says_which},
                                       {without_a_name_the_newest_open_call_is_meant},
                                       {a_duty_belongs_to_its_own_call}};
    return suite_run(&(struct suite){
        .name = "meant", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
