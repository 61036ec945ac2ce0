/* test_refusals.c - what a command is refused for: each guard with what is just not allowed beside what just is */
#include "tests/core/guards.h"

/* --- intake --------------------------------------------------------------------------------------------------------------------
 */

START_TEST(a_submit_names_a_place_and_a_matter_of_the_district)
{
    struct command submit = submit_road();
    submit.body.submit.place = code_of("");
    expect(&submit, REFUSAL_NO_PLACE, "place");
    submit.body.submit.place = code_of("S9");
    expect(&submit, REFUSAL_UNKNOWN_UNIT, "place");
    submit.body.submit.place = code_of("S1");
    submit.body.submit.matter = code_of("MOON");
    expect(&submit, REFUSAL_UNKNOWN_MATTER, "matter");
    submit.body.submit.matter = code_of("unknown");
    expect(&submit, REFUSAL_NONE, NULL);
    submit.body.submit.title = text_of("");
    expect(&submit, REFUSAL_INCOMPLETE, NULL);
    ck_assert_ptr_nonnull(w.verdict->field);
}
END_TEST

/* A key submits for the places below its unit; the desk's for all. */
START_TEST(a_streets_key_submits_for_its_own_places)
{
    struct command submit = submit_road();
    w.unit = code_of("S1");
    expect(&submit, REFUSAL_NONE, NULL);
    submit.body.submit.place = code_of("G1");
    expect(&submit, REFUSAL_NONE, NULL);
    submit.body.submit.place = code_of("S2");
    expect(&submit, REFUSAL_NOT_YOURS, "unit");
    submit.body.submit.place = code_of("S9");
    expect(&submit, REFUSAL_UNKNOWN_UNIT, "place"); /* what is nowhere is nobody else's */
    w.unit = code_of("D1");
    submit.body.submit.place = code_of("S2");
    expect(&submit, REFUSAL_NONE, NULL);
}
END_TEST

/* Only the importer decides limits, and none that is over already. */
START_TEST(a_limit_is_the_importers_to_give)
{
    struct command submit = submit_road();
    submit.body.submit.given_limit = true;
    expect(&submit, REFUSAL_NO_ROLE, "importer");
    submit.body.submit.given_limit = false;
    submit.body.submit.limit_at = w.now_ms + DAY_MS;
    expect(&submit, REFUSAL_NO_ROLE, "importer");
    w.roles |= role(ROLE_IMPORTER);
    expect(&submit, REFUSAL_BAD_FIELD, "limit_at"); /* and does not say that it does */
    submit.body.submit.given_limit = true;
    expect(&submit, REFUSAL_NONE, NULL);
    submit.body.submit.limit_at = w.now_ms;
    expect(&submit, REFUSAL_NONE, NULL);
    submit.body.submit.limit_at = w.now_ms - 1;
    expect(&submit, REFUSAL_BAD_FIELD, "limit_at");
    submit.body.submit.limit_at = 0;
    expect(&submit, REFUSAL_NONE, NULL); /* the sender gives none */
}
END_TEST

START_TEST(a_given_limit_is_the_leads_and_the_citizens)
{
    struct command submit = submit_road();
    w.roles |= role(ROLE_IMPORTER);
    submit.body.submit.given_limit = true;
    submit.body.submit.limit_at = w.now_ms + 6 * (int64_t)DAY_MS;
    uint64_t id = taken(&submit, RECORD_CASE_RECEIVED)->seq;
    struct clock_row handle = clock_of(id, duty_of(id, DUTY_KIND_LEAD), CLOCK_KIND_HANDLE);
    ck_assert_int_eq(handle.due_at, submit.body.submit.limit_at);
    ck_assert_int_eq(handle.source, LIMIT_SOURCE_GIVEN);
    ck_assert_int_eq(clock_of(id, 0, CLOCK_KIND_TOTAL).due_at, submit.body.submit.limit_at);
    ck_assert_int_eq(clock_of(id, duty_of(id, DUTY_KIND_SUPPORT), CLOCK_KIND_SUPPORT).due_at, submit.body.submit.limit_at);
    world_wait(&w, DAY_MS);
    struct command up = take_over(id, "D1");
    taken(&up, RECORD_CASE_ROUTED); /* half of what was given, from now on */
    ck_assert_int_eq(clock_of(id, world_case(&w, id).lead_duty, CLOCK_KIND_HANDLE).due_at, w.now_ms + 3 * (int64_t)DAY_MS);

    submit.body.submit.limit_at = 0;
    id = taken(&submit, RECORD_CASE_RECEIVED)->seq;
    struct clock_row none;
    ck_assert_int_eq(clock_of(id, duty_of(id, DUTY_KIND_LEAD), CLOCK_KIND_HANDLE).due_at, 0);
    ck_assert_int_eq(clock_of(id, 0, CLOCK_KIND_TOTAL).due_at, 0);
    ck_assert(!has_clock(id, duty_of(id, DUTY_KIND_SUPPORT), CLOCK_KIND_SUPPORT, &none));
    up = take_over(id, "D1");
    taken(&up, RECORD_CASE_ROUTED);
    ck_assert_int_eq(clock_of(id, world_case(&w, id).lead_duty, CLOCK_KIND_HANDLE).due_at, 0);
    world_answer(&w, id); /* without a limit nothing is late */
    ck_assert_int_eq(clock_of(id, 0, CLOCK_KIND_TOTAL).in_time, 1);
    world_followup(&w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES);
    world_wait(&w, DAY_MS);
    struct command reopen = {.type = COMMAND_REOPEN};
    reopen.body.reopen.case_id = id;
    reopen.body.reopen.reason = text_of("again");
    w.roles = role(ROLE_OPERATOR);
    taken(&reopen, RECORD_CASE_REOPENED);
    ck_assert_int_eq(clock_of(id, 0, CLOCK_KIND_TOTAL).due_at, 0);
}
END_TEST

/* A limit that is over when the desk routes leaves nothing, not less than nothing. */
START_TEST(a_given_limit_that_is_over_leaves_no_time)
{
    struct command submit = submit_road();
    w.roles |= role(ROLE_IMPORTER);
    submit.body.submit.matter = code_of("unknown");
    submit.body.submit.given_limit = true;
    submit.body.submit.limit_at = w.now_ms + HOUR_MS;
    uint64_t id = taken(&submit, RECORD_CASE_RECEIVED)->seq;
    world_wait(&w, 2 * HOUR_MS);
    struct command route = route_to(id, "S1", "theirs");
    taken(&route, RECORD_CASE_ROUTED);
    struct clock_row handle = clock_of(id, duty_of(id, DUTY_KIND_LEAD), CLOCK_KIND_HANDLE);
    ck_assert_int_eq(handle.due_at, submit.body.submit.limit_at);
    ck_assert_int_eq(handle.budget_ms, 0);
    ck_assert_int_eq(clock_of(id, 0, CLOCK_KIND_TOTAL).budget_ms, HOUR_MS); /* the citizen's runs from receipt */
}
END_TEST

START_TEST(the_lists_limit_comes_before_the_policys)
{
    w.rows[ROW_ROAD].limit[URGENCY_ORDINARY] = (struct span){TIME_KIND_NATURAL, 2 * (int64_t)DAY_MS};
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct clock_row handle = clock_of(id, duty_of(id, DUTY_KIND_LEAD), CLOCK_KIND_HANDLE);
    ck_assert_int_eq(handle.due_at, w.now_ms + 2 * (int64_t)DAY_MS);
    ck_assert_int_eq(handle.source, LIMIT_SOURCE_CATALOGUE);
}
END_TEST

/* At the district itself there is no street; who is not there, and who leads, does not support. */
START_TEST(the_list_names_whoever_is_there)
{
    w.rows[ROW_ROAD].supports[0] = (struct selector){.kind = SELECT_TIER, .unit = -1, .tier = UNIT_TIER_GRID};
    w.rows[ROW_ROAD].supports[1] = (struct selector){.kind = SELECT_TIER, .unit = -1, .tier = UNIT_TIER_STREET};
    w.rows[ROW_ROAD].support_count = 2;
    uint64_t id = world_submit(&w, "ROAD", "G1");
    ck_assert_uint_eq(world_record(&w, RECORD_CASE_ROUTED)->body.case_routed.row, 3); /* it says by which row */
    ck_assert_str_eq(world_case(&w, id).dims.street.s, "S1");
    ck_assert_uint_eq(world_case(&w, id).open_duties, 2);
    id = world_submit(&w, "ROAD", "S1");
    ck_assert_uint_eq(world_case(&w, id).open_duties, 1);
    id = world_submit(&w, "ROAD", "D1");
    ck_assert_int_eq(world_case(&w, id).state, CASE_STATE_RECEIVED);
    ck_assert_str_eq(world_case(&w, id).dims.street.s, "");
    ck_assert_str_eq(world_duty(&w, id, DUTY_KIND_ROUTE).creator.s, ""); /* nobody asked for it */
}
END_TEST

START_TEST(numbers_ascend_where_the_calendar_is_set_back)
{
    struct district_row d;
    uint64_t id = world_submit(&w, "ROAD", "S1");
    ck_assert(tables_get(&w.tables, ROW_DISTRICT, 1, &d));
    d.day++; /* numbers of tomorrow are out already */
    tables_put(&w.tables, ROW_DISTRICT, 1, &d);
    uint64_t next = world_submit(&w, "ROAD", "S1");
    ck_assert_uint_eq(world_case(&w, next).day, world_case(&w, id).day + 1);
    ck_assert_uint_eq(world_case(&w, next).day_no, 2);
}
END_TEST

/* --- route, take over ------------------------------------------------------------------------------------------------------------
 */

START_TEST(who_may_be_a_lead_by_hand)
{
    uint64_t id = world_submit(&w, "unknown", "S1");
    struct command route = route_to(id, "S9", "theirs");
    expect(&route, REFUSAL_UNKNOWN_UNIT, "unit");
    w.units[UNIT_UT].class = UNIT_CLASS_PROPERTY;
    route = route_to(id, "UT", "theirs");
    expect(&route, REFUSAL_BAD_FIELD, "unit");
    w.units[UNIT_UT].class = UNIT_CLASS_UTILITY;
    expect(&route, REFUSAL_NONE, NULL);
    w.roles = role(ROLE_DISPATCHER);
    route = route_to(id, "S1", "theirs");
    expect(&route, REFUSAL_PUSH_DOWN, "unit");
    w.roles = role(ROLE_DISPATCHER) | role(ROLE_IMPORTER);
    expect(&route, REFUSAL_NONE, NULL);
    w.roles = role(ROLE_DISPATCHER) | role(ROLE_DISTRICT_LEADER);
    expect(&route, REFUSAL_NONE, NULL);
}
END_TEST

START_TEST(a_unit_that_the_list_names_needs_no_reason)
{
    uint64_t id = world_submit(&w, "LAMP", "S1");                             /* no community there: to the desk */
    w.rows[0].lead = (struct selector){.kind = SELECT_UNIT, .unit = UNIT_S1}; /* the list has a row for it since */
    w.roles = role(ROLE_DISPATCHER);
    struct command route = route_to(id, "DB", "");
    expect(&route, REFUSAL_NO_BASIS, "reason");
    route = route_to(id, "S1", "");
    expect(&route, REFUSAL_NONE, NULL); /* and it is nothing that is pushed down */
    route = route_to(id, "DB", "theirs");
    ck_assert_uint_eq(taken(&route, RECORD_CASE_ROUTED)->body.case_routed.row, 0); /* by hand, not by that row */
}
END_TEST

START_TEST(supports_are_named_once_and_beside_the_lead)
{
    uint64_t id = world_submit(&w, "unknown", "S1");
    struct command route = route_to(id, "DA", "theirs");
    set_units(&route.body.route.supports, "S9", NULL);
    expect(&route, REFUSAL_UNKNOWN_UNIT, "supports");
    set_units(&route.body.route.supports, "DA", NULL);
    expect(&route, REFUSAL_BAD_FIELD, "supports");
    set_units(&route.body.route.supports, "DB", "DA");
    expect(&route, REFUSAL_BAD_FIELD, "supports"); /* leads it, and is named last */
    set_units(&route.body.route.supports, "DB", "DB");
    expect(&route, REFUSAL_BAD_FIELD, "supports");
    set_units(&route.body.route.supports, "DB", "UT");
    taken(&route, RECORD_CASE_ROUTED);
    ck_assert_uint_eq(world_records(&w, RECORD_DUTY_OFFERED), 3);
    struct duty_row support = world_duty(&w, id, DUTY_KIND_SUPPORT);
    ck_assert_str_eq(support.unit.s, "UT");
    ck_assert_str_eq(support.creator.s, "DA");
}
END_TEST

START_TEST(only_a_higher_tier_takes_over)
{
    uint64_t id = world_submit(&w, "LAMP", "C1");
    struct command take = take_over(id, "S9");
    expect(&take, REFUSAL_UNKNOWN_UNIT, "unit");
    take = take_over(id, "G1");
    expect(&take, REFUSAL_NOT_HIGHER, "unit");
    take = take_over(id, "S2");
    expect(&take, REFUSAL_NONE, NULL);
    id = world_submit(&w, "ROAD", "S1");
    take = take_over(id, "S2");
    expect(&take, REFUSAL_NOT_HIGHER, "unit"); /* the same tier is not higher */
    take = take_over(id, "DA");
    expect(&take, REFUSAL_NONE, NULL);
    take = take_over(id, "");
    taken(&take, RECORD_CASE_ROUTED);
    ck_assert_str_eq(world_case(&w, id).lead.s, "D1"); /* above a street is the desk */
    expect(&take, REFUSAL_NOT_HIGHER, "lead");         /* and nobody above that */
}
END_TEST

/* What stands above a unit in the tree and is of its own tier is not the next tier. */
START_TEST(the_next_tier_is_a_higher_one)
{
    w.rows[0].lead = (struct selector){.kind = SELECT_TIER, .unit = -1, .tier = UNIT_TIER_GRID};
    uint64_t id = world_submit(&w, "LAMP", "G1");
    ck_assert_str_eq(world_case(&w, id).lead.s, "G1");
    w.units[UNIT_C1].tier = UNIT_TIER_GRID;
    struct command take = take_over(id, "");
    taken(&take, RECORD_CASE_ROUTED);
    ck_assert_str_eq(world_case(&w, id).lead.s, "S1");
}
END_TEST

/* The district stands above the streets, and its desk leads what it takes over: here a section of it. */
START_TEST(above_a_street_is_the_desk)
{
    w.district.desk_unit = UNIT_DB;
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command take = take_over(id, "");
    taken(&take, RECORD_CASE_ROUTED);
    ck_assert_str_eq(world_case(&w, id).lead.s, "DB");
}
END_TEST

/* --- duties ----------------------------------------------------------------------------------------------------------------------
 */

static uint64_t pulled_by;

static uint64_t lease_of(void *arg, uint64_t duty_id)
{
    return *(uint64_t *)arg == duty_id ? pulled_by : 0;
}

START_TEST(what_a_worker_has_pulled_nobody_else_claims)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t lead = duty_of(id, DUTY_KIND_LEAD);
    struct command claim = {.type = COMMAND_CLAIM};
    claim.body.claim.duty_id = lead;
    w.tables.lease = lease_of;
    w.tables.lease_arg = &lead;
    expect(&claim, REFUSAL_NONE, NULL); /* nobody has it */
    pulled_by = core_person_hash(text_of("worker"), text_of(""));
    expect(&claim, REFUSAL_LEASED, "duty");
    w.actor = "worker";
    expect(&claim, REFUSAL_NONE, NULL);
}
END_TEST

START_TEST(contact_needs_evidence_where_the_policy_asks_for_it)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command contact = {.type = COMMAND_CONTACT};
    contact.body.contact.case_id = id;
    contact.body.contact.duty_id = duty_of(id, DUTY_KIND_LEAD);
    expect(&contact, REFUSAL_NO_EVIDENCE, "evidence");
    w.district.policy.evidence_required = false;
    expect(&contact, REFUSAL_NONE, NULL);
}
END_TEST

START_TEST(an_explanation_needs_its_basis)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_act(&w, COMMAND_CONTACT, id, duty_of(id, DUTY_KIND_LEAD));
    struct command answer = answer_to(id);
    answer.body.answer.code = ANSWER_CODE_EXPLAINED;
    expect(&answer, REFUSAL_NO_BASIS, "basis");
    answer.body.answer.basis = text_of("the road is private");
    taken(&answer, RECORD_LEAD_ANSWERED);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    ck_assert_int_eq(world_case(&w, id).disposition, DISPOSITION_EXPLAINED);
    id = world_submit(&w, "ROAD", "S1");
    w.district.policy.followup = FOLLOWUP_MODE_NEVER;
    world_act(&w, COMMAND_CONTACT, id, duty_of(id, DUTY_KIND_LEAD));
    answer.body.answer.case_id = id;
    taken(&answer, RECORD_CASE_CLOSED);
    ck_assert_int_eq(world_case(&w, id).disposition, DISPOSITION_EXPLAINED);
}
END_TEST

/* Nobody rings who wants no call: no clock for it, no follow-up; praise and advice are contacted and not asked afterwards. */
START_TEST(who_is_contacted_and_who_is_asked)
{
    static const struct {
        const char *title;
        const char *phone;
        bool anonymous, no_reply, secrecy;
        enum case_kind kind;
        bool contacted, asked, replied;
    } cells[] = {
        {"complaint", "000-0001", false, false, false, CASE_KIND_COMPLAINT, true, true, true},
        {"request", "000-0001", false, false, false, CASE_KIND_REQUEST, true, true, true},
        {"praise", "000-0001", false, false, false, CASE_KIND_PRAISE, true, false, true},
        {"advice", "000-0001", false, false, false, CASE_KIND_ADVICE, true, false, true},
        {"anonymous", "", true, false, false, CASE_KIND_COMPLAINT, false, false, false},
        {"no reply", "000-0001", false, true, false, CASE_KIND_COMPLAINT, false, false, false},
        {"secrecy", "000-0001", false, false, true, CASE_KIND_COMPLAINT, false, true, true},
        {"secrecy without a number", "", false, false, true, CASE_KIND_COMPLAINT, false, false, true},
    };
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        struct command submit = submit_road();
        struct clock_row clock;
        submit.body.submit.reporter_phone = text_of(cells[i].phone);
        submit.body.submit.anonymous = cells[i].anonymous;
        submit.body.submit.no_reply = cells[i].no_reply;
        submit.body.submit.secrecy = cells[i].secrecy;
        submit.body.submit.kind = cells[i].kind;
        uint64_t id = taken(&submit, RECORD_CASE_RECEIVED)->seq;
        uint64_t lead = duty_of(id, DUTY_KIND_LEAD);
        ck_assert_msg(has_clock(id, lead, CLOCK_KIND_CONTACT, &clock) == cells[i].contacted, "%s", cells[i].title);
        world_act(&w, COMMAND_SIGN, id, lead);
        struct command answer = answer_to(id);
        if (cells[i].contacted) {
            expect(&answer, REFUSAL_NO_CONTACT, "contact");
            world_act(&w, COMMAND_CONTACT, id, lead);
        }
        ck_assert_msg(taken(&answer, RECORD_LEAD_ANSWERED)->body.lead_answered.replied == cells[i].replied, "%s", cells[i].title);
        ck_assert_msg(world_case(&w, id).state == (cells[i].asked ? CASE_STATE_ANSWERED : CASE_STATE_CLOSED), "%s", cells[i].title);
        ck_assert_int_eq(world_case(&w, id).disposition, cells[i].asked ? DISPOSITION_NONE : DISPOSITION_SOLVED);
    }
}
END_TEST

/* A limit of the policy that is 0 is off: no clock. */
START_TEST(a_limit_that_is_off_starts_no_clock)
{
    struct clock_row clock;
    w.district.policy.sign[URGENCY_ORDINARY] = w.district.policy.followup_limit = (struct span){0};
    uint64_t id = world_submit(&w, "ROAD", "S1");
    ck_assert(!has_clock(id, duty_of(id, DUTY_KIND_LEAD), CLOCK_KIND_SIGN, &clock));
    ck_assert(has_clock(id, duty_of(id, DUTY_KIND_LEAD), CLOCK_KIND_CONTACT, &clock));
    world_answer(&w, id);
    ck_assert(!has_clock(id, duty_of(id, DUTY_KIND_FOLLOWUP), CLOCK_KIND_FOLLOWUP, &clock));
}
END_TEST

/* --- which duty is meant
 * ----------------------------------------------------------------------------------------------------------- */

START_TEST(the_kind_says_which_of_two_duties)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    struct command contact = {.type = COMMAND_CONTACT}, release = {.type = COMMAND_RELEASE};
    contact.body.contact.case_id = release.body.release.case_id = id;
    contact.body.contact.evidence = text_of("telephone");
    expect(&contact, REFUSAL_AMBIGUOUS, "duty");
    contact.body.contact.kind = DUTY_KIND_RESPOND;
    contact.body.contact.given = CONTACT_HAS_KIND;
    ck_assert_uint_eq(taken(&contact, RECORD_CONTACT_RECORDED)->head.duty_id, duty_of(id, DUTY_KIND_RESPOND));
    world_act(&w, COMMAND_CLAIM, id, duty_of(id, DUTY_KIND_LEAD));
    expect(&release, REFUSAL_AMBIGUOUS, "duty");
    release.body.release.kind = DUTY_KIND_LEAD;
    release.body.release.given = RELEASE_HAS_KIND;
    ck_assert_uint_eq(taken(&release, RECORD_DUTY_RELEASED)->head.duty_id, duty_of(id, DUTY_KIND_LEAD));
}
END_TEST

START_TEST(a_duty_is_one_of_the_case_that_is_named)
{
    uint64_t id = world_submit(&w, "ROAD", "S1"), other = world_submit(&w, "ROAD", "S1");
    struct command sign = {.type = COMMAND_SIGN};
    sign.body.sign.case_id = other;
    sign.body.sign.duty_id = duty_of(id, DUTY_KIND_LEAD);
    expect(&sign, REFUSAL_NOT_FOUND, "duty");
    sign.body.sign.duty_id = duty_of(other, DUTY_KIND_LEAD);
    expect(&sign, REFUSAL_NONE, NULL);
    sign.body.sign.case_id = sign.body.sign.duty_id = 0;
    sign.body.sign.number = text_of("garbage");
    expect(&sign, REFUSAL_NOT_FOUND, "case");
}
END_TEST

START_TEST(a_call_that_is_named_is_not_replaced_by_another)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command withdraw = {.type = COMMAND_WITHDRAW_CALL};
    uint64_t first = world_call(&w, id, "UT");
    uint64_t second = world_call(&w, id, "DB");
    withdraw.body.withdraw_call.case_id = id;
    withdraw.body.withdraw_call.reason = text_of("done already");
    withdraw.body.withdraw_call.call_id = id; /* none */
    expect(&withdraw, REFUSAL_NOT_FOUND, "call");
    withdraw.body.withdraw_call.call_id = first;
    ck_assert_uint_eq(taken(&withdraw, RECORD_CALL_CLOSED)->head.call_id, first);
    expect(&withdraw, REFUSAL_BAD_STATE, "call");
    withdraw.body.withdraw_call.call_id = 0;
    ck_assert_uint_eq(taken(&withdraw, RECORD_CALL_CLOSED)->head.call_id, second);
}
END_TEST

/* Who supported may read on; what is written on a case comes from those who have to do with it. */
START_TEST(a_note_comes_from_who_has_to_do_with_the_case)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    struct command note = {.type = COMMAND_ADD_NOTE};
    note.body.add_note.case_id = id;
    note.body.add_note.text = text_of("called again");
    w.unit = code_of("DB");
    expect(&note, REFUSAL_NONE, NULL); /* holds the support */
    w.unit = code_of("D1");
    world_act(&w, COMMAND_SIGN, id, duty_of(id, DUTY_KIND_SUPPORT));
    world_act(&w, COMMAND_REPORT, id, duty_of(id, DUTY_KIND_SUPPORT));
    w.unit = code_of("DB");
    expect(&note, REFUSAL_NOT_YOURS, "unit");
    w.unit = code_of("S1");
    expect(&note, REFUSAL_NONE, NULL);
}
END_TEST

START_TEST(the_clock_is_moved_for_the_district)
{
    struct command advance = {.type = COMMAND_ADVANCE};
    w.roles = ~UINT32_C(0);
    expect(&advance, REFUSAL_NONE, NULL);
    w.unit = code_of("S1");
    expect(&advance, REFUSAL_NOT_YOURS, "unit");
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_submit_names_a_place_and_a_matter_of_the_district},
                                       {a_streets_key_submits_for_its_own_places},
                                       {a_limit_is_the_importers_to_give},
                                       {a_given_limit_is_the_leads_and_the_citizens},
                                       {a_given_limit_that_is_over_leaves_no_time},
                                       {the_lists_limit_comes_before_the_policys},
                                       {the_list_names_whoever_is_there},
                                       {numbers_ascend_where_the_calendar_is_set_back},
                                       {who_may_be_a_lead_by_hand},
                                       {a_unit_that_the_list_names_needs_no_reason},
                                       {supports_are_named_once_and_beside_the_lead},
                                       {only_a_higher_tier_takes_over},
                                       {the_next_tier_is_a_higher_one},
                                       {above_a_street_is_the_desk},
                                       {what_a_worker_has_pulled_nobody_else_claims},
                                       {contact_needs_evidence_where_the_policy_asks_for_it},
                                       {an_explanation_needs_its_basis},
                                       {who_is_contacted_and_who_is_asked},
                                       {a_limit_that_is_off_starts_no_clock},
                                       {the_kind_says_which_of_two_duties},
                                       {a_duty_is_one_of_the_case_that_is_named},
                                       {a_call_that_is_named_is_not_replaced_by_another},
                                       {a_note_comes_from_who_has_to_do_with_the_case},
                                       {the_clock_is_moved_for_the_district}};
    return suite_run(&(struct suite){
        .name = "refusals", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
