/* test_lists.c - the street's lists of duties 镇街履职清单: what is a department's is not handed down; and what rulings propose to
 * change in the dispatch list (lifecycle 5.2) */
#include "tests/core/guards.h"

static void lists(int row, enum duty_list list)
{
    w.district.rows[row].list = list;
}

static struct command reroute(uint64_t case_id, const char *unit)
{
    struct command command = {.type = COMMAND_REROUTE};
    command.body.reroute.case_id = case_id;
    command.body.reroute.unit = code_of(unit);
    command.body.reroute.reason = text_of("the street was misread");
    return command;
}

static void ask_return(uint64_t case_id, const char *better)
{
    struct command command = {.type = COMMAND_ASK_RETURN};
    command.body.ask_return.case_id = case_id;
    command.body.ask_return.duty_id = duty_of(case_id, DUTY_KIND_LEAD);
    command.body.ask_return.reason = text_of("not ours");
    command.body.ask_return.basis = text_of("list of duties");
    command.body.ask_return.better = code_of(better);
    taken(&command, RECORD_RETURN_ASKED);
}

static struct command rule(uint64_t case_id, enum ruling ruling, const char *to)
{
    struct command command = {.type = COMMAND_RULE};
    command.body.rule.case_id = case_id;
    command.body.rule.ruling = ruling;
    command.body.rule.to = code_of(to);
    command.body.rule.reason = text_of("row 12");
    return command;
}

/* --- what is not handed down ---------------------------------------------------------------------------------------------- */

/* A district leader may route to a street what is not on the list; not what is a department's, nor what it has taken back. */
START_TEST(what_is_a_departments_is_not_led_by_a_street)
{
    static const struct {
        enum duty_list list;
        enum refusal refusal;
    } cases[] = {{DUTY_LIST_NONE, REFUSAL_NONE},
                 {DUTY_LIST_BASIC, REFUSAL_NONE},
                 {DUTY_LIST_SUPPORT, REFUSAL_PUSH_DOWN},
                 {DUTY_LIST_TAKEN_BACK, REFUSAL_PUSH_DOWN}};
    uint64_t id = world_submit(&w, "PIPE", "S1");
    struct command to_street = reroute(id, "S1"), to_department = reroute(id, "DB");
    w.roles = role(ROLE_DISTRICT_LEADER) | role(ROLE_SUPERVISOR);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        lists(ROW_PIPE, cases[i].list);
        expect(&to_street, cases[i].refusal, NULL);
        expect(&to_department, REFUSAL_NONE, NULL);
    }
}
END_TEST

/* A ruling does not hand it down either, and the importer's word neither. */
START_TEST(no_ruling_hands_it_down)
{
    lists(ROW_PIPE, DUTY_LIST_SUPPORT);
    uint64_t id = world_submit(&w, "PIPE", "S1");
    ask_return(id, "S1");
    struct command upheld = rule(id, RULING_UPHELD, "S1");
    expect(&upheld, REFUSAL_PUSH_DOWN, "to");
    w.roles = role(ROLE_IMPORTER);
    expect(&upheld, REFUSAL_PUSH_DOWN, "to");
}
END_TEST

/* The street supports what stands on its list of support; what was taken back it does not. */
START_TEST(what_was_taken_back_is_not_supported_by_a_street)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    struct command route = reroute(id, "DB"), add = {.type = COMMAND_ADD_SUPPORT};
    set_units(&route.body.reroute.supports, "S1", NULL);
    add.body.add_support.case_id = id;
    add.body.add_support.support = code_of("C1");
    add.body.add_support.text = text_of("please look at it");
    world_act(&w, COMMAND_SIGN, id, duty_of(id, DUTY_KIND_LEAD));
    lists(ROW_PIPE, DUTY_LIST_SUPPORT);
    expect(&route, REFUSAL_NONE, NULL);
    expect(&add, REFUSAL_NONE, NULL);
    lists(ROW_PIPE, DUTY_LIST_TAKEN_BACK);
    expect(&route, REFUSAL_PUSH_DOWN, "supports");
    expect(&add, REFUSAL_PUSH_DOWN, "support");
    add.body.add_support.support = code_of("UT");
    expect(&add, REFUSAL_NONE, NULL);
}
END_TEST

/* A station in the street for whose figures a department answers is the department's. */
START_TEST(a_departments_station_is_not_the_streets)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    struct command add = {.type = COMMAND_ADD_SUPPORT};
    add.body.add_support.case_id = id;
    add.body.add_support.support = code_of("S2");
    add.body.add_support.text = text_of("please look at it");
    world_act(&w, COMMAND_SIGN, id, duty_of(id, DUTY_KIND_LEAD));
    lists(ROW_PIPE, DUTY_LIST_TAKEN_BACK);
    expect(&add, REFUSAL_PUSH_DOWN, "support");
    w.units[UNIT_S1 + 1].accountable = UNIT_DA;
    expect(&add, REFUSAL_NONE, NULL);
}
END_TEST

/* Nor does the fallback unit get it, where the policy names a street: it stays with the desk, which is told. */
START_TEST(the_fallback_does_not_hand_it_down)
{
    for (int i = 0; i < 2; i++) {
        w.district.policy.fallback[URGENCY_ORDINARY] = code_of("S1");
        lists(ROW_PIPE, DUTY_LIST_NONE);
        uint64_t id = world_submit(&w, "PIPE", "S1");
        ask_return(id, "UT");
        struct command upheld = rule(id, RULING_UPHELD, "");
        taken(&upheld, RECORD_CASE_POOLED);
        lists(ROW_PIPE, i == 0 ? DUTY_LIST_NONE : DUTY_LIST_SUPPORT);
        world_wait(&w, HOUR_MS + 1);
        ck_assert_int_eq(world_case(&w, id).state, i == 0 ? CASE_STATE_HANDLING : CASE_STATE_RECEIVED);
    }
}
END_TEST

/* --- lead and supports in one ruling -------------------------------------------------------------------------------------- */

START_TEST(the_desk_rules_lead_and_supports)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    ask_return(id, "DB");
    struct command upheld = rule(id, RULING_UPHELD, "DB");
    set_units(&upheld.body.rule.supports, "UT", "DA");
    taken(&upheld, RECORD_RETURN_RULED);
    ck_assert_str_eq(world_case(&w, id).lead.s, "DB");
    ck_assert_uint_eq(world_records(&w, RECORD_DUTY_OFFERED), 3);
    ck_assert_str_eq(world_duty(&w, id, DUTY_KIND_SUPPORT).unit.s, "DA");
}
END_TEST

START_TEST(supports_are_ruled_for_a_lead_that_goes)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    ask_return(id, "DB");
    struct command command = rule(id, RULING_REFUSED, "");
    set_units(&command.body.rule.supports, "UT", NULL);
    expect(&command, REFUSAL_BAD_FIELD, "supports");
    command = rule(id, RULING_UPHELD, "");
    set_units(&command.body.rule.supports, "UT", NULL);
    expect(&command, REFUSAL_BAD_FIELD, "supports");
    command = rule(id, RULING_DESIGNATED, "DA"); /* it stays where it is */
    w.actor = "boss";
    set_units(&command.body.rule.supports, "UT", NULL);
    expect(&command, REFUSAL_BAD_FIELD, "supports");
    command = rule(id, RULING_UPHELD, "DB");
    set_units(&command.body.rule.supports, "DB", NULL);
    expect(&command, REFUSAL_BAD_FIELD, "supports");
    set_units(&command.body.rule.supports, "XX", NULL);
    expect(&command, REFUSAL_UNKNOWN_UNIT, "supports");
}
END_TEST

/* --- what rulings propose ------------------------------------------------------------------------------------------------- */

static struct proposal_row newest_proposal(void)
{
    struct district_row district;
    struct proposal_row row;
    ck_assert(tables_get(&w.tables, ROW_DISTRICT, 1, &district));
    ck_assert(tables_get(&w.tables, ROW_PROPOSAL, district.proposal_last, &row));
    return row;
}

static void return_to(uint64_t id, enum ruling ruling, const char *to)
{
    struct case_row c = world_case(&w, id);
    ask_return(id, strcmp(c.lead.s, "DB") == 0 ? "DA" : "DB");
    struct command command = rule(id, ruling, to);
    w.actor = ruling == RULING_DESIGNATED ? "boss" : w.actor; /* who has not worked on it */
    taken(&command, RECORD_RETURN_RULED);
}

START_TEST(a_ruling_against_the_list_proposes_a_change)
{
    uint64_t first = world_submit(&w, "PIPE", "S1");
    int64_t first_at = w.now_ms;
    return_to(first, RULING_UPHELD, "DB");
    const struct catalogue_proposed_body *said = &world_record(&w, RECORD_CATALOGUE_PROPOSED)->body.catalogue_proposed;
    ck_assert_uint_eq(said->row, 2);
    ck_assert_str_eq(said->from.s, "DA");
    ck_assert_str_eq(said->to.s, "DB");
    world_wait(&w, DAY_MS);
    uint64_t second = world_submit(&w, "PIPE", "C1"); /* in the same street */
    return_to(second, RULING_UPHELD, "DB");
    struct proposal_row row = newest_proposal();
    ck_assert_str_eq(row.matter.s, "PIPE");
    ck_assert_str_eq(row.street.s, "S1");
    ck_assert_uint_eq(row.cases, 2);
    ck_assert_uint_eq(row.case_id, second);
    ck_assert_int_eq(row.first_at, first_at);
    ck_assert_int_eq(row.last_at, w.now_ms);
    ck_assert_uint_eq(row.prev, 0);
}
END_TEST

/* Another street, another unit: proposals of their own. */
START_TEST(proposals_are_told_apart)
{
    return_to(world_submit(&w, "PIPE", "S1"), RULING_UPHELD, "DB");
    return_to(world_submit(&w, "PIPE", "S2"), RULING_UPHELD, "DB");
    ck_assert_str_eq(newest_proposal().street.s, "S2");
    ck_assert_uint_eq(newest_proposal().cases, 1);
    return_to(world_submit(&w, "PIPE", "S1"), RULING_UPHELD, "UT");
    ck_assert_str_eq(newest_proposal().to.s, "UT");
    ck_assert_uint_eq(newest_proposal().cases, 1);
    return_to(world_submit(&w, "ROAD", "S1"), RULING_UPHELD, "DB");
    ck_assert_str_eq(newest_proposal().matter.s, "ROAD");
    lists(ROW_PIPE, DUTY_LIST_NONE);
    w.district.rows[ROW_PIPE].lead.unit = UNIT_UT; /* another list */
    return_to(world_submit(&w, "PIPE", "S1"), RULING_UPHELD, "DB");
    ck_assert_str_eq(newest_proposal().from.s, "UT");
    ck_assert_uint_eq(newest_proposal().cases, 1);
    return_to(world_submit(&w, "PIPE", "S2"), RULING_UPHELD, "DB");
    ck_assert_uint_ne(newest_proposal().prev, 0);
}
END_TEST

/* One case that goes to and fro is one case. */
START_TEST(a_case_is_counted_once)
{
    uint64_t id = world_submit(&w, "PIPE", "S1");
    return_to(id, RULING_UPHELD, "DB");
    return_to(id, RULING_UPHELD, "DA"); /* as the list says: no proposal */
    ck_assert_uint_eq(world_records(&w, RECORD_CATALOGUE_PROPOSED), 0);
    return_to(id, RULING_DESIGNATED, "DB");
    ck_assert_uint_eq(newest_proposal().cases, 1);
}
END_TEST

/* Refused, to nobody, a support, a matter that nobody knows: nothing is said about the list. */
START_TEST(not_every_ruling_proposes)
{
    struct district_row district;
    return_to(world_submit(&w, "PIPE", "S1"), RULING_REFUSED, "");
    return_to(world_submit(&w, "PIPE", "S1"), RULING_UPHELD, "");
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command ask = {.type = COMMAND_ASK_RETURN}, upheld = rule(id, RULING_UPHELD, "UT");
    ask.body.ask_return.duty_id = duty_of(id, DUTY_KIND_SUPPORT);
    ask.body.ask_return.reason = ask.body.ask_return.basis = text_of("not ours");
    ask.body.ask_return.better = code_of("UT");
    taken(&ask, RECORD_RETURN_ASKED);
    taken(&upheld, RECORD_RETURN_RULED);
    id = world_submit(&w, "unknown", "S1");
    struct command route = route_to(id, "DA", "theirs");
    taken(&route, RECORD_CASE_ROUTED);
    return_to(id, RULING_UPHELD, "DB");
    ck_assert(tables_get(&w.tables, ROW_DISTRICT, 1, &district));
    ck_assert_uint_eq(district.proposal_last, 0);
}
END_TEST

/* No row fitted at all: the list is proposed to have one. And what is designated to the unit that holds it already. */
START_TEST(no_row_and_a_designation_that_stays)
{
    w.district.row_count = 1; /* LAMP alone */
    uint64_t id = world_submit(&w, "PIPE", "S1");
    struct command route = route_to(id, "DA", "theirs");
    taken(&route, RECORD_CASE_ROUTED);
    return_to(id, RULING_DESIGNATED, "DA");
    struct proposal_row row = newest_proposal();
    ck_assert_str_eq(row.from.s, "");
    ck_assert_str_eq(row.to.s, "DA");
    ck_assert_uint_eq(row.row, 0);
    w.district.row_count = 3;
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{what_is_a_departments_is_not_led_by_a_street},
                                       {no_ruling_hands_it_down},
                                       {what_was_taken_back_is_not_supported_by_a_street},
                                       {a_departments_station_is_not_the_streets},
                                       {the_fallback_does_not_hand_it_down},
                                       {the_desk_rules_lead_and_supports},
                                       {supports_are_ruled_for_a_lead_that_goes},
                                       {a_ruling_against_the_list_proposes_a_change},
                                       {proposals_are_told_apart},
                                       {a_case_is_counted_once},
                                       {not_every_ruling_proposes},
                                       {no_row_and_a_designation_that_stays}};
    return suite_run(&(struct suite){
        .name = "lists", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
