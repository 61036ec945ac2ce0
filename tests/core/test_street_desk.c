/* test_street_desk.c - 一口受理: a street's own desk takes in, hands on inside and whistles in the street's name, as transcripts
 *
 * 街道中心 (S1-DESK) is the desk of 华山街道, 街道城管办 (E-CITY) a section beside it; 翠湖社区 and its grid stand below the
 * street. 道路 ROAD is led by the street's desk.
 */
#include "tests/core/transcript.h"

enum { UNIT_CITY = 3, UNIT_DESK = 6 };

static void section(int unit, const char *code)
{
    w.units[unit].code = code_of(code);
    w.units[unit].tier = UNIT_TIER_STREET;
    w.units[unit].class = UNIT_CLASS_SECTION;
    w.units[unit].parent = w.units[unit].accountable = UNIT_S1;
}

static void open_street(void)
{
    setup();
    section(UNIT_DESK, "S1-DESK");
    section(UNIT_CITY, "E-CITY");
    w.units[UNIT_S1].street_desk = UNIT_DESK;
    w.units[UNIT_DESK].desk_of = UNIT_S1;
    w.rows[ROW_ROAD].lead = (struct selector){.kind = SELECT_STREET_DESK, .unit = -1, .tier = UNIT_TIER_STREET};
    w.rows[ROW_ROAD].support_count = 0;
}

static const char *hands_on(const char *name, const char *to, int64_t due_at)
{
    struct command assign = {.type = COMMAND_ASSIGN};
    assign.body.assign.to = code_of(unit_named(to));
    assign.body.assign.due_at = due_at;
    assign.body.assign.text = text_of("请到现场查看");
    const char *answer = does(name, assign);
    return w.verdict->refusal == REFUSAL_NONE && w.verdict->warning == WARNING_SLACK ? "ok, SLACK" : answer;
}

static const char *reports(const char *name)
{
    struct command report = {.type = COMMAND_REPORT};
    report.body.report.text = text_of("已清理");
    return does(name, report);
}

static int64_t in_days(int days)
{
    return w.now_ms + days * (int64_t)DAY_MS;
}

/* From the bell to the answer: received, handed to the section, by it to the community, whistled for, answered. */
START_TEST(a_streets_desk_takes_in_hands_on_whistles_and_answers)
{
    case_of("ROAD", "翠湖一网格");
    SAYS(stands(), "handling, lead 街道中心, nobody whistled: none");
    ck_assert_str_eq(world_case(&w, id).lead_acct.s, "S1"); /* its figures are the street's */
    int64_t due_at = world_duty(&w, id, DUTY_KIND_LEAD).due_at;
    SAYS(plainly("街道中心", COMMAND_SIGN), "ok");
    SAYS(hands_on("街道中心", "街道城管办", in_days(2)), "ok");
    SAYS(hands_on("街道城管办", "翠湖社区", in_days(1)), "ok");
    SAYS(hands_on("街道中心", "翠湖一网格", due_at), "ok, SLACK");
    SAYS(stands(), "handling, lead 街道中心, nobody whistled: none");
    SAYS(whistles("街道中心", "供电所"), "ok");
    SAYS(stands(), "handling, lead 街道中心, 华山街道 whistled: raised");
    SAYS(dispatches("供电所"), "ok");
    SAYS(plainly("供电所", COMMAND_SIGN), "ok");
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    SAYS(finishes("供电所", FINISH_CODE_SOLVED), "ok");
    SAYS(answers("街道中心"), "CALL_OPEN"); /* the street's call is its own */
    SAYS(rates("街道城管办", 5), "NOT_YOURS");
    SAYS(rates("街道中心", 5), "ok"); /* in the street's name */
    SAYS(plainly("翠湖社区", COMMAND_SIGN), "ok");
    SAYS(reports("翠湖社区"), "ok");
    SAYS(answers("街道中心"), "ok"); /* what the section and the grid had ends with it */
    SAYS(reports("街道城管办"), "BAD_STATE");
    SAYS(stands(), "answered, lead 街道中心, 华山街道 whistled: closed");
    ck_assert_uint_eq(world_case(&w, id).open_inner, 0);
    SAYS(says_solved(true), "ok");
    SAYS(stands(), "closed, lead 街道中心, 华山街道 whistled: closed");
    ck_assert_uint_eq(world_count(&w, METRIC_ON_TIME_RATE).den, 1); /* the desk's, none of what was handed on */
}
END_TEST

START_TEST(it_hands_on_inside_the_street_and_no_further)
{
    case_of("ROAD", "翠湖社区");
    SAYS(hands_on("街道中心", "华山街道", in_days(1)), "NOT_SUBTREE"); /* not upwards */
    SAYS(hands_on("街道中心", "街道中心", in_days(1)), "NOT_SUBTREE");
    SAYS(hands_on("街道中心", "区城管局", in_days(1)), "NOT_SUBTREE");
    SAYS(hands_on("街道中心", "供电所", in_days(1)), "NOT_SUBTREE");
    SAYS(hands_on("街道中心", "街道城管办", in_days(2)), "ok"); /* before it has signed, too */
    /* The section: to those below the street, not to one beside or above it. */
    SAYS(hands_on("街道城管办", "华山街道", in_days(1)), "NOT_SUBTREE");
    SAYS(hands_on("街道城管办", "供电所", in_days(1)), "NOT_SUBTREE");
    w.units[UNIT_UT].parent = UNIT_S1;
    w.units[UNIT_UT].tier = UNIT_TIER_STREET; /* a station of the street */
    w.units[UNIT_UT].class = UNIT_CLASS_STATION;
    SAYS(hands_on("街道城管办", "供电所", in_days(1)), "NOT_SUBTREE");
    w.units[UNIT_UT].parent = UNIT_CITY; /* its own team */
    SAYS(hands_on("街道城管办", "供电所", in_days(1)), "ok");
    SAYS(hands_on("街道城管办", "翠湖一网格", in_days(1)), "ok");
    SAYS(hands_on("翠湖一网格", "翠湖社区", in_days(1)), "NOT_SUBTREE"); /* it has nobody below it */
}
END_TEST

/* Its own duty is meant before what it has handed on, also where it stands in for who has that. */
START_TEST(who_has_handed_on_means_its_own_duty)
{
    w.units[UNIT_C1].deputy = UNIT_DESK;
    case_of("ROAD", "翠湖社区");
    SAYS(hands_on("街道中心", "翠湖社区", in_days(2)), "ok");
    SAYS(hands_on("街道中心", "翠湖一网格", in_days(2)), "ok");
    SAYS(plainly("街道中心", COMMAND_SIGN), "ok");
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_LEAD).state, DUTY_STATE_SIGNED);
    SAYS(plainly("街道中心", COMMAND_SIGN), "ALREADY"); /* not one of theirs for want of its own */
    SAYS(reports("街道中心"), "AMBIGUOUS");             /* of two that it stands in for it has to say which */
    SAYS(plainly("翠湖社区", COMMAND_SIGN), "ok");      /* its own, not its grid's */
    SAYS(reports("翠湖社区"), "ok");
    SAYS(plainly("翠湖社区", COMMAND_SIGN), "ok"); /* now its grid's, for which it acts */
    SAYS(reports("街道中心"), "ok");
    ck_assert_uint_eq(world_case(&w, id).open_inner, 0);
}
END_TEST

/* A section's own case is not the street's: it has nobody to hand it on to. Nor has a team of a section its colleagues. */
START_TEST(a_section_hands_on_only_what_came_from_the_street)
{
    w.rows[ROW_ROAD].lead = (struct selector){.kind = SELECT_UNIT, .unit = UNIT_CITY};
    case_of("ROAD", "翠湖社区");
    SAYS(stands(), "handling, lead 街道城管办, nobody whistled: none");
    SAYS(hands_on("街道城管办", "翠湖社区", in_days(1)), "NOT_SUBTREE");
    w.rows[ROW_ROAD].lead = (struct selector){.kind = SELECT_TIER, .unit = -1, .tier = UNIT_TIER_STREET};
    case_of("ROAD", "翠湖社区"); /* the street itself leads, and hands on to its section: that is the same */
    SAYS(hands_on("华山街道", "街道城管办", in_days(2)), "ok");
    SAYS(hands_on("街道城管办", "翠湖社区", in_days(1)), "ok");
    w.units[UNIT_UT].parent = UNIT_S1; /* a station is no section: it has its own people, and nobody below it */
    w.units[UNIT_UT].tier = UNIT_TIER_STREET;
    w.units[UNIT_UT].class = UNIT_CLASS_STATION;
    case_of("ROAD", "翠湖社区");
    SAYS(hands_on("华山街道", "供电所", in_days(2)), "ok");
    SAYS(hands_on("供电所", "翠湖社区", in_days(1)), "NOT_SUBTREE");
    section(UNIT_DA, "DA"); /* a section of the section, with a part of its own */
    w.units[UNIT_DA].parent = UNIT_CITY;
    case_of("ROAD", "翠湖社区");
    SAYS(hands_on("华山街道", "区城管局", in_days(2)), "ok");
    SAYS(hands_on("区城管局", "翠湖社区", in_days(1)), "ok");
    SAYS(hands_on("区城管局", "街道城管办", in_days(1)), "NOT_SUBTREE");
}
END_TEST

/* A department's section hands on to those below it, not to those below its department: only in streets are they its people. */
START_TEST(a_departments_section_hands_on_below_itself)
{
    w.units[UNIT_CITY].tier = UNIT_TIER_DISTRICT; /* of 区城管局 */
    w.units[UNIT_CITY].parent = UNIT_DA;
    w.units[UNIT_UT].parent = UNIT_DA; /* a team of 区城管局 */
    w.units[UNIT_UT].tier = UNIT_TIER_COMMUNITY;
    case_of("PIPE", "翠湖社区");
    SAYS(hands_on("区城管局", "街道城管办", in_days(2)), "ok");
    SAYS(hands_on("街道城管办", "供电所", in_days(1)), "NOT_SUBTREE");
    w.units[UNIT_UT].parent = UNIT_CITY;
    SAYS(hands_on("街道城管办", "供电所", in_days(1)), "ok");
}
END_TEST

/* In whose name, and by whom: a worker at the desk, not one of another section; not for the other street. */
START_TEST(the_desk_whistles_in_the_streets_name)
{
    case_of("ROAD", "翠湖社区");
    as("街道中心");
    w.roles = role(ROLE_WORKER);
    struct command raise = raise_on(id, "UT", NULL);
    ck_assert_str_eq(taken(&raise, RECORD_CALL_RAISED)->head.unit.s, "S1");
    w.roles = role(ROLE_DISPATCHER); /* whistling is not all that is done at a desk */
    raise = raise_on(id, "DA", NULL);
    expect(&raise, REFUSAL_RANK, "unit");
    SAYS(takes_back("街道城管办"), "NOT_FOUND"); /* it has nothing to do with the case */
    SAYS(takes_back("街道中心"), "ok");
    raise.body.raise_call.caller = code_of("S1");
    as("街道中心");
    expect(&raise, REFUSAL_NONE, NULL);
    raise.body.raise_call.caller = code_of("C1");
    expect(&raise, REFUSAL_NOT_YOURS, "caller");
    w.units[UNIT_C1].deputy = UNIT_DESK; /* it stands in for the community, and whistles for the street still */
    w.district.policy.community_calls = true;
    raise.body.raise_call.caller = code_of("");
    ck_assert_str_eq(taken(&raise, RECORD_CALL_RAISED)->head.unit.s, "S1");
    SAYS(takes_back("街道中心"), "ok");
    as("街道城管办");
    SAYS(hands_on("街道中心", "街道城管办", in_days(1)), "ok");
    SAYS(whistles("街道城管办", "供电所"), "RANK"); /* it does a part of the case, but speaks for nobody */
    as("华山街道");
    w.roles = role(ROLE_WORKER); /* at the street's office it is the leader who whistles */
    raise = raise_on(id, "UT", NULL);
    expect(&raise, REFUSAL_RANK, "unit");
    w.roles = role(ROLE_LEADER);
    expect(&raise, REFUSAL_NONE, NULL);
    SAYS(whistles("街道中心", "街道中心"), "WRONG_DIRECTION"); /* nobody calls itself */
    SAYS(whistles("街道中心", "街道城管办"), "ok");
    SAYS(takes_back("街道中心"), "ok");
}
END_TEST

/* Who has nothing to do with the case does not whistle on it, desk or not. */
START_TEST(the_desk_whistles_for_its_own_street_alone)
{
    case_of("ROAD", "翠湖社区");
    struct case_row c = world_case(&w, id);
    c.dims.place = code_of("D1"); /* it lies outside, and a department leads; the desk has seen it as it once held a duty */
    c.lead = code_of("DA");
    tables_put(&w.tables, ROW_CASE, id, &c);
    struct duty_row lead = world_duty(&w, id, DUTY_KIND_LEAD);
    lead.kind = DUTY_KIND_RESPOND;
    tables_put(&w.tables, ROW_DUTY, lead.duty_id, &lead);
    SAYS(whistles("街道中心", "供电所"), "RANK");
}
END_TEST

/* The called unit that does not come is called off by the desk, as by the street. */
START_TEST(the_desk_calls_off_whom_it_called)
{
    case_of("ROAD", "翠湖社区");
    SAYS(whistles("街道中心", "供电所"), "ok");
    SAYS(dispatches("供电所"), "ok");
    SAYS(calls_off("街道城管办", "供电所"), "NOT_FOUND");
    SAYS(calls_off("街道中心", "供电所"), "ok");
    SAYS(stands(), "handling, lead 街道中心, 华山街道 whistled: closed");
}
END_TEST

START_TEST(the_desk_whistles_about_a_place_in_its_street)
{
    struct command about = {.type = COMMAND_RAISE_CALL};
    about.body.raise_call.place = code_of("C1");
    about.body.raise_call.matter = code_of("ROAD");
    about.body.raise_call.text = text_of("线缆垂落路面");
    set_units(&about.body.raise_call.units, "UT", NULL);
    as("街道城管办");
    expect(&about, REFUSAL_NOT_YOURS, "unit");
    as("街道中心");
    ck_assert_str_eq(taken(&about, RECORD_CALL_RAISED)->head.unit.s, "S1");
    about.body.raise_call.place = code_of("D1");
    expect(&about, REFUSAL_NOT_YOURS, "unit");
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_streets_desk_takes_in_hands_on_whistles_and_answers},
                                       {it_hands_on_inside_the_street_and_no_further},
                                       {who_has_handed_on_means_its_own_duty},
                                       {a_section_hands_on_only_what_came_from_the_street},
                                       {a_departments_section_hands_on_below_itself},
                                       {the_desk_whistles_in_the_streets_name},
                                       {the_desk_whistles_for_its_own_street_alone},
                                       {the_desk_calls_off_whom_it_called},
                                       {the_desk_whistles_about_a_place_in_its_street}};
    return suite_run(&(struct suite){.name = "core/street_desk",
                                     .timeout_s = 60,
                                     .tests = tests,
                                     .count = SUITE_COUNT(tests),
                                     .setup = open_street,
                                     .teardown = teardown});
}
