/* test_callers.c - 谁吹哨: caller and lead apart, as transcripts
 *
 * Units by their names: 华山街道 (S1) with 翠湖社区 (C1) and its grid (G1), 大观街道 (S2), 区城管局 (DA), 区住建局 (DB),
 * 供电所 (UT), 指挥中心 (D1). Matters: 道路 ROAD is led by the street, 管道 PIPE by 区城管局, 路灯 LAMP by the community.
 */
#include "tests/core/transcript.h"

/* --- who whistles ----------------------------------------------------------------------------------------------------------------
 */

/* A department leads in the street's area: the street whistles all the same, the lead itself may be called too. */
START_TEST(a_street_whistles_on_a_departments_case)
{
    case_of("PIPE", "翠湖社区");
    SAYS(stands(), "handling, lead 区城管局, nobody whistled: none");
    SAYS(whistles("大观街道", "供电所"), "NOT_FOUND"); /* it sees nothing of it */
    SAYS(whistles("区城管局", "供电所"), "RANK");
    SAYS(whistles("华山街道", "区城管局"), "ok");
    SAYS(stands(), "handling, lead 区城管局, 华山街道 whistled: raised");
    SAYS(dispatches("区城管局"), "ok");
    SAYS(rates("华山街道", 5), "BAD_STATE");              /* nobody has come yet */
    SAYS(plainly("区城管局", COMMAND_SIGN), "AMBIGUOUS"); /* the case, or the call? */
}
END_TEST

START_TEST(a_street_whistles_on_what_its_section_or_community_leads)
{
    case_of("LAMP", "翠湖社区");
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(stands(), "handling, lead 翠湖社区, 华山街道 whistled: raised");
    /* The community's case lies elsewhere: it is still the street's to whistle on. */
    case_of("LAMP", "翠湖一网格");
    struct case_row c = world_case(&w, id);
    c.dims.place = code_of("S2");
    tables_put(&w.tables, ROW_CASE, id, &c);
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(whistles("大观街道", "区住建局"), "ok"); /* and the other's, where it lies */
    /* What it supports, too. */
    case_of("PIPE", "大观街道");
    SAYS(whistles("华山街道", "供电所"), "NOT_FOUND");
    c = world_case(&w, id);
    struct duty_row lead = world_duty(&w, id, DUTY_KIND_LEAD);
    lead.kind = DUTY_KIND_SUPPORT;
    lead.unit = code_of("C1");
    tables_put(&w.tables, ROW_DUTY, lead.duty_id, &lead);
    SAYS(whistles("华山街道", "供电所"), "ok");
    lead.state = DUTY_STATE_DONE; /* who is through with it does not */
    tables_put(&w.tables, ROW_DUTY, lead.duty_id, &lead);
    SAYS(whistles("华山街道", "区住建局"), "NOT_YOURS");
    lead.state = DUTY_STATE_OFFERED; /* nor does whoever is only called */
    lead.kind = DUTY_KIND_RESPOND;
    tables_put(&w.tables, ROW_DUTY, lead.duty_id, &lead);
    SAYS(whistles("华山街道", "区住建局"), "RANK");
}
END_TEST

/* Of two that stand equally low the place's whistles. */
START_TEST(the_places_street_comes_before_the_leads)
{
    static const struct {
        const char *place;
        bool communities;
        const char *whistled;
    } cells[] = {{"S2", false, "大观街道"}, {"S2", true, "翠湖社区"}, {"C1", true, "翠湖社区"}, {"D1", false, "华山街道"}};
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        w.district.policy.community_calls = cells[i].communities;
        case_of("LAMP", "翠湖社区");
        struct case_row c = world_case(&w, id);
        c.dims.place = code_of(cells[i].place);
        tables_put(&w.tables, ROW_CASE, id, &c);
        as("指挥中心");
        w.roles = role(ROLE_LEADER);
        struct command raise = raise_on(id, "UT", NULL);
        ck_assert_str_eq(name_of(&taken(&raise, RECORD_CALL_RAISED)->head.unit), cells[i].whistled);
    }
}
END_TEST

/* A desk that is a section of the district stands above nobody, and whistles all the same. */
START_TEST(a_desk_beside_the_tree_whistles_for_any_case)
{
    w.district.desk_unit = UNIT_DB;
    for (int named = 0; named < 2; named++) {
        case_of("PIPE", "翠湖社区");
        struct command raise = raise_on(id, "UT", NULL);
        raise.body.raise_call.caller = code_of(named ? "DB" : "");
        w.unit = code_of("DB");
        w.roles = role(ROLE_DISPATCHER);
        ck_assert_str_eq(taken(&raise, RECORD_CALL_RAISED)->head.unit.s, "DB");
        w.roles = role(ROLE_LEADER);
        expect(&raise, REFUSAL_RANK, named ? "caller" : "unit");
    }
}
END_TEST

/* Who is in no set any more is nobody's lead and nobody's caller. */
START_TEST(a_unit_of_no_set_is_not_the_lead_too)
{
    case_of("LAMP", "翠湖社区");
    SAYS(whistles("华山街道", "供电所"), "ok");
    w.units[UNIT_S1].code = code_of("S0");
    SAYS(answers("翠湖社区"), "ok"); /* the call is not its own */
    w.units[UNIT_S1].code = code_of("S1");
    w.district.policy.community_calls = true;
    case_of("ROAD", "翠湖社区");
    w.rows[ROW_ROAD].lead = (struct selector){.kind = SELECT_UNIT, .unit = UNIT_DA};
    w.rows[ROW_ROAD].support_count = 0;
    w.units[UNIT_S1].code = code_of("S0");
    struct command raise = raise_on(id, "DA", NULL);
    SAYS(does("翠湖社区", raise), "ok"); /* nor is the case */
}
END_TEST

/* 社区吹哨: where the policy has it, for what lies in its area or is led there. */
START_TEST(a_community_whistles_where_the_policy_says_so)
{
    case_of("PIPE", "翠湖一网格");
    SAYS(whistles("翠湖社区", "供电所"), "RANK");
    w.district.policy.community_calls = true;
    SAYS(whistles("翠湖社区", "供电所"), "ok");
    SAYS(stands(), "handling, lead 区城管局, 翠湖社区 whistled: raised");
    case_of("PIPE", "华山街道"); /* not in its area, and it does not see it */
    SAYS(whistles("翠湖社区", "供电所"), "NOT_FOUND");
    case_of("PIPE", "翠湖一网格");
    SAYS(whistles("翠湖一网格", "供电所"), "RANK"); /* a grid whistles nowhere */
}
END_TEST

START_TEST(the_desk_whistles_for_any_case)
{
    case_of("PIPE", "翠湖社区");
    SAYS(whistles("指挥中心", "供电所"), "ok");
    SAYS(stands(), "handling, lead 区城管局, 指挥中心 whistled: raised");
    SAYS(dispatches("供电所"), "ok");
    SAYS(plainly("供电所", COMMAND_SIGN), "ok");
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    SAYS(finishes("供电所", FINISH_CODE_SOLVED), "ok");
    SAYS(rates("华山街道", 5), "NOT_YOURS");
    SAYS(rates("指挥中心", 5), "ok");
}
END_TEST

/* Whoever stands above several of them whistles for the lowest, or for the one that it names. */
START_TEST(the_lowest_that_may_whistles_unless_another_is_named)
{
    w.district.policy.community_calls = true;
    static const struct {
        const char *who, *caller, *says, *whistled;
    } cells[] = {
        {"华山街道", "", "ok", "翠湖社区"},          {"华山街道", "华山街道", "ok", "华山街道"},
        {"翠湖社区", "华山街道", "NOT_YOURS", NULL}, /* not theirs to whistle for */
        {"华山街道", "大观街道", "NOT_YOURS", NULL}, {"华山街道", "翠湖一网格", "RANK", NULL},
        {"指挥中心", "", "ok", "指挥中心"}, /* a dispatcher is no leader of a street */
        {"指挥中心", "华山街道", "RANK", NULL},      {"指挥中心", "大观街道", "NOT_YOURS", NULL},
    };
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        case_of("LAMP", "翠湖一网格");
        struct command raise = {.type = COMMAND_RAISE_CALL};
        set_units(&raise.body.raise_call.units, "UT", NULL);
        raise.body.raise_call.caller = code_of(cells[i].caller[0] == '\0' ? "" : unit_named(cells[i].caller));
        ck_assert_msg(strcmp(does(cells[i].who, raise), cells[i].says) == 0, "%s for %s: %s", cells[i].who, cells[i].caller,
                      said(w.verdict->refusal));
        if (cells[i].whistled != NULL) {
            const struct record *raised = world_record(&w, RECORD_CALL_RAISED);
            ck_assert_str_eq(name_of(&raised->head.unit), cells[i].whistled);
            ck_assert_str_eq(raised->head.acct.s, raised->head.unit.s);
        } else if (cells[i].caller[0] != '\0') {
            ck_assert_str_eq(w.verdict->field, "caller");
        }
    }
    case_of("LAMP", "翠湖一网格");
    struct command nobody = raise_on(id, "UT", NULL);
    nobody.body.raise_call.caller = code_of("S9");
    SAYS(does("华山街道", nobody), "UNKNOWN_UNIT");
}
END_TEST

/* The list gives the matter to the unit that is called: the case is routed there instead, but only by who leads it. */
START_TEST(only_who_leads_is_told_to_dispatch_instead)
{
    case_of("PIPE", "华山街道");
    struct command raise = raise_on(id, "DA", NULL);
    SAYS(does("华山街道", raise), "ok"); /* the department leads, and is called to the place */
    case_of("ROAD", "华山街道");
    w.rows[ROW_ROAD].lead = (struct selector){.kind = SELECT_UNIT, .unit = UNIT_DA};
    w.rows[ROW_ROAD].support_count = 0;
    raise = raise_on(id, "DA", NULL);
    SAYS(does("华山街道", raise), "DISPATCH_INSTEAD");
}
END_TEST

/* --- the call goes its own way
 * ----------------------------------------------------------------------------------------------------- */

/* 华山街道 has whistled for 供电所 on the case of 区城管局. */
static void a_streets_call_on_a_departments_case(void)
{
    case_of("PIPE", "翠湖社区");
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(dispatches("供电所"), "ok");
}

/* An idle street never makes a department late: the answer stands, and the case closes with the call. */
START_TEST(the_answer_does_not_wait_for_anothers_call)
{
    a_streets_call_on_a_departments_case();
    SAYS(answers("区城管局"), "ok");
    ck_assert_int_eq(world_clock(&w, id, 0, CLOCK_KIND_HANDLE).in_time, 1);
    SAYS(stands(), "answered, lead 区城管局, 华山街道 whistled: called");
    SAYS(says_solved(true), "ok");
    ck_assert_uint_eq(world_records(&w, RECORD_CASE_AWAITS_CALL), 1);
    SAYS(stands(), "answered, lead 区城管局, 华山街道 whistled: called");
    SAYS(plainly("供电所", COMMAND_SIGN), "ok");
    SAYS(plainly("供电所", COMMAND_CONTACT), "ok");
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    SAYS(finishes("供电所", FINISH_CODE_SOLVED), "ok");
    SAYS(rates("区城管局", 5), "WRONG_DIRECTION");
    SAYS(rates("华山街道", 1), "ok"); /* not confirmed: once more */
    SAYS(stands(), "answered, lead 区城管局, 华山街道 whistled: called");
    SAYS(finishes("供电所", FINISH_CODE_PARTLY), "ok");
    SAYS(rates("华山街道", 4), "ok");
    SAYS(stands(), "closed, lead 区城管局, 华山街道 whistled: closed");
    ck_assert_int_eq(world_case(&w, id).disposition, DISPOSITION_SOLVED);
    ck_assert_uint_eq(world_case(&w, id).open_duties, 0);
}
END_TEST

/* The call is over before the citizen has been asked: the case waits for the citizen alone. */
START_TEST(a_call_that_closes_first_leaves_the_case_to_the_citizen)
{
    a_streets_call_on_a_departments_case();
    SAYS(answers("区城管局"), "ok");
    SAYS(takes_back("华山街道"), "ok");
    SAYS(stands(), "answered, lead 区城管局, 华山街道 whistled: closed");
    SAYS(says_solved(true), "ok");
    SAYS(stands(), "closed, lead 区城管局, 华山街道 whistled: closed");
}
END_TEST

/* Every end of a call lets the case go. */
START_TEST(each_end_of_the_call_closes_the_case)
{
    for (int end = 0; end < 5; end++) {
        w.district.policy.rating = end != 2;
        case_of("PIPE", "翠湖社区");
        struct case_row c = world_case(&w, id);
        c.has_contact = 0; /* nobody can be asked: nothing but the call is left */
        tables_put(&w.tables, ROW_CASE, id, &c);
        SAYS(whistles("华山街道", "供电所"), "ok");
        SAYS(dispatches("供电所"), "ok");
        SAYS(answers("区城管局"), "ok");
        SAYS(stands(), "answered, lead 区城管局, 华山街道 whistled: called");
        if (end == 0) {
            SAYS(takes_back("华山街道"), "ok");
        } else if (end == 1) {
            SAYS(calls_off("华山街道", "供电所"), "ok");
        } else {
            SAYS(plainly("供电所", COMMAND_SIGN), "ok");
            SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
            SAYS(finishes("供电所", FINISH_CODE_SOLVED), "ok");
            if (end == 3) {
                SAYS(rates("华山街道", 3), "ok");
            } else if (end == 4) {
                world_wait(&w, 3 * (int64_t)DAY_MS + 1); /* nobody rates */
            }
        }
        SAYS(stands(), "closed, lead 区城管局, 华山街道 whistled: closed");
        ck_assert_int_eq(world_case(&w, id).awaits, DISPOSITION_NONE);
    }
}
END_TEST

/* Two calls: the case goes with the last. */
START_TEST(of_two_calls_the_last_lets_the_case_go)
{
    w.district.policy.community_calls = true;
    case_of("PIPE", "翠湖社区");
    SAYS(whistles("翠湖社区", "供电所"), "ok");
    struct command raise = raise_on(id, "DB", NULL);
    raise.body.raise_call.caller = code_of("S1");
    SAYS(does("华山街道", raise), "ok");
    SAYS(answers("区城管局"), "ok");
    SAYS(says_solved(true), "ok");
    SAYS(takes_back("翠湖社区"), "ok"); /* its own, though the street's is newer */
    ck_assert_str_eq(name_of(&world_record(&w, RECORD_CALL_CLOSED)->head.unit), "翠湖社区");
    SAYS(stands(), "answered, lead 区城管局, 华山街道 whistled: raised");
    SAYS(takes_back("翠湖社区"), "NOT_YOURS");
    SAYS(takes_back("华山街道"), "ok");
    SAYS(stands(), "closed, lead 区城管局, 华山街道 whistled: closed");
}
END_TEST

/* Each caller rates and calls off its own, without saying which. */
START_TEST(of_two_callers_each_means_its_own)
{
    w.district.policy.community_calls = true;
    case_of("LAMP", "翠湖社区");
    SAYS(whistles("翠湖社区", "供电所"), "ok");
    SAYS(dispatches("供电所"), "ok");
    struct command raise = raise_on(id, "DB", NULL);
    raise.body.raise_call.caller = code_of("S1");
    SAYS(does("华山街道", raise), "ok");
    SAYS(dispatches("区住建局"), "ok");
    static const char *const called[] = {"供电所", "区住建局"};
    for (int i = 0; i < 2; i++) {
        SAYS(plainly(called[i], COMMAND_SIGN), "ok");
        SAYS(plainly(called[i], COMMAND_ARRIVE), "ok");
        SAYS(finishes(called[i], FINISH_CODE_SOLVED), "ok");
    }
    SAYS(rates("华山街道", 5), "AMBIGUOUS"); /* it may rate for its community too */
    struct command rate = {.type = COMMAND_RATE_CALL};
    rate.body.rate_call.unit = code_of("DB");
    rate.body.rate_call.confirmed = true;
    rate.body.rate_call.score = 5;
    SAYS(rates("翠湖社区", 4), "ok");
    ck_assert_str_eq(name_of(&world_record(&w, RECORD_CALL_RATED)->head.unit), "供电所");
    SAYS(does("华山街道", rate), "ok");
    ck_assert_str_eq(name_of(&world_record(&w, RECORD_CALL_RATED)->head.unit), "区住建局");
}
END_TEST

/* The lead's own call is waited for: the caller rates first. */
START_TEST(the_leads_own_call_holds_the_answer)
{
    case_of("ROAD", "华山街道");
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(answers("华山街道"), "CALL_OPEN");
    SAYS(takes_back("华山街道"), "ok");
    SAYS(answers("华山街道"), "ok");
    /* A section of the street leads and the street whistles: one accountable unit. */
    w.units[UNIT_C1].accountable = UNIT_S1;
    case_of("LAMP", "翠湖社区");
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(answers("翠湖社区"), "CALL_OPEN");
    w.units[UNIT_C1].accountable = UNIT_C1;
    SAYS(answers("翠湖社区"), "ok");
}
END_TEST

/* Not solved, or late: a new round and another lead end nobody's call. */
START_TEST(a_call_outlives_rounds_and_leads)
{
    a_streets_call_on_a_departments_case();
    SAYS(answers("区城管局"), "ok");
    SAYS(says_solved(false), "ok");
    SAYS(stands(), "handling, lead 区城管局, 华山街道 whistled: called");
    SAYS(answers("区城管局"), "ok");
    SAYS(says_solved(true), "ok");
    ck_assert_int_eq(world_case(&w, id).awaits, DISPOSITION_SOLVED);
    struct command reopen = {.type = COMMAND_REOPEN};
    reopen.body.reopen.reason = text_of("又漏了");
    as("指挥中心");
    reopen.body.reopen.case_id = id;
    w.roles |= role(ROLE_SUPERVISOR);
    ck_assert_int_eq(world_do(&w, &reopen), REFUSAL_NONE); /* and it waits no more */
    ck_assert_int_eq(world_case(&w, id).awaits, DISPOSITION_NONE);
    SAYS(takes_back("华山街道"), "ok");
    SAYS(stands(), "handling, lead 指挥中心, 华山街道 whistled: closed");

    case_of("LAMP", "翠湖社区");
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(dispatches("供电所"), "ok");
    world_wait(&w, 10 * (int64_t)DAY_MS + 1); /* it waits for 供电所 as long again as it had; then the street takes over */
    SAYS(stands(), "handling, lead 华山街道, 华山街道 whistled: called");
    SAYS(answers("华山街道"), "CALL_OPEN"); /* now it is its own */
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_street_whistles_on_a_departments_case},
                                       {a_street_whistles_on_what_its_section_or_community_leads},
                                       {the_places_street_comes_before_the_leads},
                                       {a_desk_beside_the_tree_whistles_for_any_case},
                                       {a_unit_of_no_set_is_not_the_lead_too},
                                       {a_community_whistles_where_the_policy_says_so},
                                       {the_desk_whistles_for_any_case},
                                       {the_lowest_that_may_whistles_unless_another_is_named},
                                       {only_who_leads_is_told_to_dispatch_instead},
                                       {the_answer_does_not_wait_for_anothers_call},
                                       {a_call_that_closes_first_leaves_the_case_to_the_citizen},
                                       {each_end_of_the_call_closes_the_case},
                                       {of_two_calls_the_last_lets_the_case_go},
                                       {of_two_callers_each_means_its_own},
                                       {the_leads_own_call_holds_the_answer},
                                       {a_call_outlives_rounds_and_leads}};
    return suite_run(&(struct suite){
        .name = "callers", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
