/* test_meant.c - which case, duty and call a command means by what it names, and what it hears where that is none */
#include "tests/core/guards.h"

#include <stdio.h>

enum { UNIT_S2 = 6 };

/* --- the case --------------------------------------------------------------------------------------------------------------- */

/* A number that is none, a request that made no case: then the duty says which case it is. */
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

int main(void)
{
    const struct suite_test tests[] = {{a_duty_tells_its_case_where_nothing_else_does},
                                       {a_case_at_the_desk_is_its_places_too},
                                       {a_place_that_is_in_no_set_any_more_is_on_no_list}};
    return suite_run(&(struct suite){
        .name = "meant", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
