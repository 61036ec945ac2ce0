/* test_nobody.c - nobody's case: what the citizen is promised before anybody leads, and who leads what the desk does not route */
#include "tests/core/guards.h"

#define NATURAL(ms) ((struct span){TIME_KIND_NATURAL, (ms)})

enum { MINUTE_MS = 60000, MATTER_ROAD = 2 };

/* DA is there day and night, DB for what can wait. Emergencies are answered in two hours and routed in five minutes. */
static void name_fallbacks(void)
{
    struct policy *policy = &w.district.policy;
    for (int urgency = 0; urgency < URGENCY_COUNT; urgency++) {
        policy->fallback[urgency] = code_of("DB");
    }
    policy->fallback[URGENCY_EMERGENCY] = code_of("DA");
    policy->handle[URGENCY_EMERGENCY] = NATURAL(2 * HOUR_MS);
    policy->handle[URGENCY_URGENT] = NATURAL(DAY_MS);
    policy->route[URGENCY_EMERGENCY] = NATURAL(5 * MINUTE_MS);
    world_adopt(&w);
}

static struct command submit(const char *matter, enum urgency urgency)
{
    struct command command = submit_road();
    command.body.submit.matter = code_of(matter);
    command.body.submit.urgency = urgency;
    return command;
}

static uint64_t submitted(const char *matter, enum urgency urgency)
{
    struct command command = submit(matter, urgency);
    return taken(&command, RECORD_CASE_RECEIVED)->seq;
}

/* The list has no row for the case when it comes in, and has one when the desk looks at it. */
static uint64_t submitted_off_list(enum urgency urgency)
{
    w.district.row_count = 0;
    uint64_t id = submitted("ROAD", urgency);
    w.district.row_count = 3;
    ck_assert_int_eq(world_case(&w, id).state, CASE_STATE_RECEIVED);
    return id;
}

/* At 23:00 somebody smells gas, and the operator does not know what matter that is. Nobody at the desk looks. */
START_TEST(leaking_gas_at_night_has_an_owner)
{
    name_fallbacks();
    w.now_ms = world_at("2026-03-06 23:00");
    uint64_t id = submitted("unknown", URGENCY_EMERGENCY);
    struct clock_row total = total_of(id);
    ck_assert_int_eq(total.due_at, world_at("2026-03-07 01:00"));
    ck_assert(total.provisional);
    ck_assert_int_eq(total.source, LIMIT_SOURCE_RECEIPT);
    uint64_t route = duty_of(id, DUTY_KIND_ROUTE);
    world_wait(&w, 5 * MINUTE_MS);
    ck_assert_int_eq(world_case(&w, id).state, CASE_STATE_RECEIVED); /* the last instant of the desk */
    world_wait(&w, 1);

    struct case_row c = world_case(&w, id);
    ck_assert_int_eq(c.state, CASE_STATE_HANDLING);
    ck_assert_str_eq(c.lead.s, "DA");
    ck_assert_uint_eq(c.route_duty, 0);
    const struct case_routed_body *routed = &world_record(&w, RECORD_CASE_ROUTED)->body.case_routed;
    ck_assert_int_eq(routed->how, ROUTE_HOW_FALLBACK);
    ck_assert_uint_eq(routed->row, 0);
    struct duty_row lead = world_duty(&w, id, DUTY_KIND_LEAD);
    ck_assert_int_eq(lead.state, DUTY_STATE_OFFERED);
    ck_assert_int_eq(clock_of(id, lead.duty_id, CLOCK_KIND_HANDLE).due_at, w.now_ms + 2 * HOUR_MS);
    total = total_of(id);
    ck_assert_int_eq(total.due_at, world_at("2026-03-07 01:00")); /* from receipt, not from the route */
    ck_assert(!total.provisional);
    ck_assert_int_eq(total.source, LIMIT_SOURCE_POLICY);
    ck_assert_str_eq(total.acct.s, "DA");

    struct clock_row desk = clock_of(id, route, CLOCK_KIND_ROUTE); /* its item stands, late */
    ck_assert_int_eq(desk.state, CLOCK_STATE_STOPPED);
    ck_assert(!desk.in_time);
    struct duty_row ended;
    ck_assert(tables_get(&w.tables, ROW_DUTY, route, &ended));
    ck_assert_int_eq(ended.state, DUTY_STATE_ENDED);
    ck_assert_int_eq(ended.reason, DUTY_END_EXPIRED);
}
END_TEST

/* Who is told, and of what. */
static void expect_alarms(enum alarm alarm)
{
    static const enum role to[] = {ROLE_LEADER, ROLE_DISTRICT_LEADER};
    uint32_t told = 0;
    for (uint32_t i = 0; i < w.verdict->count; i++) {
        const struct record *record = &w.verdict->records[i];
        if (record->type == RECORD_ALARM_RAISED) {
            ck_assert_uint_lt(told, 2);
            ck_assert_int_eq(record->body.alarm_raised.alarm, alarm);
            ck_assert_int_eq(record->body.alarm_raised.to, to[told]);
            ck_assert_str_eq(record->head.unit.s, told == 0 ? "DB" : "D1");
            told++;
        }
    }
    ck_assert_uint_eq(told, 2);
}

START_TEST(the_desks_leader_and_the_district_leader_are_told)
{
    name_fallbacks();
    w.district.desk_unit = UNIT_DB; /* a desk of its own */
    uint64_t id = submitted("unknown", URGENCY_EMERGENCY);
    world_wait(&w, 5 * MINUTE_MS + 1);
    expect_alarms(ALARM_FALLBACK_LEADS);
    ck_assert_uint_eq(world_record(&w, RECORD_ALARM_RAISED)->head.case_id, id);
    world_wait(&w, DAY_MS);
    ck_assert_uint_eq(world_records(&w, RECORD_RUNG_FIRED), 1);
    ck_assert_uint_eq(world_records(&w, RECORD_ALARM_RAISED), 0); /* once */
}
END_TEST

/* Without a fallback unit the case stays with the desk, and the same people are told. */
START_TEST(where_nobody_is_named_it_stays_with_the_desk)
{
    w.district.desk_unit = UNIT_DB;
    uint64_t id = submitted("unknown", URGENCY_EMERGENCY);
    world_wait(&w, HOUR_MS + 1);
    expect_alarms(ALARM_UNROUTED);
    ck_assert_int_eq(world_case(&w, id).state, CASE_STATE_RECEIVED);
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_ROUTE).state, DUTY_STATE_SIGNED);
    struct command route = route_to(id, "DA", "theirs");
    taken(&route, RECORD_CASE_ROUTED); /* late, and not too late */
}
END_TEST

START_TEST(each_urgency_has_its_unit)
{
    name_fallbacks();
    w.district.policy.fallback[URGENCY_COMPLEX] = code_of("S1");
    w.district.policy.fallback[URGENCY_ORDINARY] = code_of("S2");
    static const char *const leads[URGENCY_COUNT] = {
        [URGENCY_ORDINARY] = "S2", [URGENCY_URGENT] = "DB", [URGENCY_EMERGENCY] = "DA", [URGENCY_COMPLEX] = "S1"};
    uint64_t ids[URGENCY_COUNT];
    for (int urgency = 0; urgency < URGENCY_COUNT; urgency++) {
        ids[urgency] = submitted("unknown", (enum urgency)urgency);
    }
    world_wait(&w, HOUR_MS + 1);
    for (int urgency = 0; urgency < URGENCY_COUNT; urgency++) {
        ck_assert_str_eq(world_case(&w, ids[urgency]).lead.s, leads[urgency]);
    }
}
END_TEST

START_TEST(a_retired_fallback_unit_is_followed_by_its_successor)
{
    name_fallbacks();
    uint64_t id = submitted("unknown", URGENCY_EMERGENCY);
    w.units[UNIT_DA].successor = UNIT_UT;
    world_wait(&w, 5 * MINUTE_MS + 1);
    ck_assert_str_eq(world_case(&w, id).lead.s, "UT");
}
END_TEST

/* A dispatcher who has claimed the case and does nothing keeps nobody from it. */
START_TEST(a_claim_keeps_no_case_at_the_desk)
{
    name_fallbacks();
    uint64_t id = submitted("unknown", URGENCY_EMERGENCY), route = duty_of(id, DUTY_KIND_ROUTE);
    world_act(&w, COMMAND_CLAIM, id, route);
    world_wait(&w, 5 * MINUTE_MS + 1);
    struct duty_row duty;
    ck_assert(tables_get(&w.tables, ROW_DUTY, route, &duty));
    ck_assert_int_eq(duty.state, DUTY_STATE_ENDED);
    ck_assert(!duty.claimed);
    ck_assert_str_eq(world_case(&w, id).lead.s, "DA");
}
END_TEST

START_TEST(what_the_desk_routes_in_time_stays_where_it_sends_it)
{
    name_fallbacks();
    uint64_t id = submitted("unknown", URGENCY_EMERGENCY);
    world_wait(&w, 5 * MINUTE_MS);
    struct command route = route_to(id, "UT", "their pipe");
    taken(&route, RECORD_CASE_ROUTED);
    world_wait(&w, HOUR_MS);
    ck_assert_str_eq(world_case(&w, id).lead.s, "UT");
    ck_assert_uint_eq(world_case(&w, id).hops, 1);
}
END_TEST

/* --- the citizen's due instant ---------------------------------------------------------------------------------------------------
 */

/* The first route says it by the list, counted from receipt; no later one moves it. */
START_TEST(the_first_route_replaces_it_once)
{
    w.district.rows[ROW_ROAD].limit[URGENCY_ORDINARY] = NATURAL(2 * (int64_t)DAY_MS);
    int64_t received = w.now_ms;
    uint64_t id = submitted_off_list(URGENCY_ORDINARY);
    ck_assert_int_eq(total_of(id).due_at, received + 5 * (int64_t)DAY_MS);
    world_wait(&w, HOUR_MS / 2);
    struct command route = route_to(id, "S1", "");
    taken(&route, RECORD_CASE_ROUTED);
    ck_assert_int_eq(total_of(id).due_at, received + 2 * (int64_t)DAY_MS);
    ck_assert(!total_of(id).provisional);
    ck_assert_int_eq(total_of(id).source, LIMIT_SOURCE_CATALOGUE);
    struct command up = take_over(id, "DA");
    up.body.take_over.reason = text_of("the street cannot");
    taken(&up, RECORD_CASE_ROUTED);
    ck_assert_int_eq(total_of(id).due_at, received + 2 * (int64_t)DAY_MS);
}
END_TEST

/* Where a row fits at once there is nothing provisional. */
START_TEST(a_case_that_a_row_routes_is_promised_by_the_row)
{
    uint64_t id = submitted("ROAD", URGENCY_ORDINARY);
    ck_assert(!total_of(id).provisional);
    ck_assert_int_eq(total_of(id).due_at, w.now_ms + 5 * (int64_t)DAY_MS);
}
END_TEST

/* What was late by the provisional instant is not late by the one that the route sets, and may become so. */
START_TEST(a_later_due_instant_fires_its_rungs_anew)
{
    w.district.policy.handle[URGENCY_ORDINARY] = NATURAL(2 * HOUR_MS);
    w.district.rows[ROW_ROAD].limit[URGENCY_ORDINARY] = NATURAL(DAY_MS);
    int64_t received = w.now_ms;
    uint64_t id = submitted_off_list(URGENCY_ORDINARY);
    world_wait(&w, 3 * HOUR_MS);
    ck_assert_uint_ne(total_of(id).fired & (1u << RUNG_RED), 0);
    ck_assert_uint_eq(world_count(&w, METRIC_CITIZEN_ON_TIME_RATE).den, 1);
    struct command route = route_to(id, "S1", "");
    taken(&route, RECORD_CASE_ROUTED);
    ck_assert_uint_eq(total_of(id).fired, 0);
    ck_assert_uint_eq(world_count(&w, METRIC_CITIZEN_ON_TIME_RATE).den, 0);
    world_wait(&w, received + DAY_MS - w.now_ms);
    ck_assert_uint_eq(total_of(id).fired & (1u << RUNG_RED), 0);
    world_wait(&w, 1);
    ck_assert_uint_ne(total_of(id).fired & (1u << RUNG_RED), 0);
    ck_assert_uint_eq(world_count(&w, METRIC_CITIZEN_ON_TIME_RATE).den, 1);
}
END_TEST

START_TEST(what_is_late_by_both_is_late_once)
{
    w.district.policy.handle[URGENCY_ORDINARY] = NATURAL(2 * HOUR_MS);
    w.district.rows[ROW_ROAD].limit[URGENCY_ORDINARY] = NATURAL(HOUR_MS);
    uint64_t id = submitted_off_list(URGENCY_ORDINARY);
    world_wait(&w, 3 * HOUR_MS);
    struct command route = route_to(id, "S1", "");
    taken(&route, RECORD_CASE_ROUTED);
    ck_assert_uint_ne(total_of(id).fired & (1u << RUNG_RED), 0);
    ck_assert_uint_eq(world_count(&w, METRIC_CITIZEN_ON_TIME_RATE).den, 1);
    world_wait(&w, 60000);
    ck_assert_uint_eq(world_records(&w, RECORD_RUNG_FIRED), 0);
}
END_TEST

/* Another set leaves it provisional: only a route ends that. */
START_TEST(a_new_calendar_leaves_it_provisional)
{
    const char *days[] = {"2026-05-01 holiday", NULL}, *later[] = {"2026-03-03 holiday", NULL};
    world_office(&w, days);
    uint64_t id = submitted("unknown", URGENCY_ORDINARY);
    int64_t before = total_of(id).due_at;
    ck_assert_uint_eq(world_settle(&w, id), 0);
    world_new_days(&w, later);
    world_settle(&w, id);
    ck_assert_int_gt(total_of(id).due_at, before);
    ck_assert(total_of(id).provisional);
    ck_assert_int_eq(total_of(id).source, LIMIT_SOURCE_RECEIPT);
}
END_TEST

/* What the sender decides no policy replaces. */
START_TEST(a_given_limit_holds_from_receipt)
{
    struct command command = submit("unknown", URGENCY_ORDINARY);
    w.roles = role(ROLE_IMPORTER);
    command.body.submit.given_limit = true;
    command.body.submit.limit_at = w.now_ms + DAY_MS;
    uint64_t id = taken(&command, RECORD_CASE_RECEIVED)->seq;
    ck_assert_int_eq(total_of(id).due_at, w.now_ms + DAY_MS);
    ck_assert(!total_of(id).provisional);
    command.body.submit.limit_at = 0;
    id = taken(&command, RECORD_CASE_RECEIVED)->seq;
    ck_assert_int_eq(total_of(id).due_at, 0);
}
END_TEST

/* --- urgency --------------------------------------------------------------------------------------------------------------------
 */

START_TEST(a_matter_is_at_least_so_urgent)
{
    static const struct {
        enum urgency matter, said, is;
    } tried[] = {
        {URGENCY_ORDINARY, URGENCY_ORDINARY, URGENCY_ORDINARY},   {URGENCY_ORDINARY, URGENCY_COMPLEX, URGENCY_COMPLEX},
        {URGENCY_ORDINARY, URGENCY_EMERGENCY, URGENCY_EMERGENCY}, {URGENCY_URGENT, URGENCY_ORDINARY, URGENCY_URGENT},
        {URGENCY_URGENT, URGENCY_COMPLEX, URGENCY_URGENT},        {URGENCY_URGENT, URGENCY_URGENT, URGENCY_URGENT},
        {URGENCY_URGENT, URGENCY_EMERGENCY, URGENCY_EMERGENCY},   {URGENCY_EMERGENCY, URGENCY_ORDINARY, URGENCY_EMERGENCY},
        {URGENCY_EMERGENCY, URGENCY_URGENT, URGENCY_EMERGENCY},   {URGENCY_EMERGENCY, URGENCY_COMPLEX, URGENCY_EMERGENCY},
    };
    w.district.policy.sign[URGENCY_EMERGENCY] = NATURAL(10 * MINUTE_MS);
    for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
        w.matters[MATTER_ROAD].urgency = tried[i].matter;
        uint64_t id = submitted("ROAD", tried[i].said);
        ck_assert_int_eq(world_case(&w, id).dims.urgency, tried[i].is);
        int64_t sign = clock_of(id, duty_of(id, DUTY_KIND_LEAD), CLOCK_KIND_SIGN).due_at - w.now_ms;
        ck_assert_int_eq(sign, tried[i].is == URGENCY_EMERGENCY ? 10 * MINUTE_MS : DAY_MS);
    }
}
END_TEST

/* The desk has read the text: no emergency. It says why, and the new class counts from now on. */
START_TEST(only_the_desk_lowers_it_and_says_why)
{
    w.district.policy.handle[URGENCY_EMERGENCY] = NATURAL(2 * HOUR_MS);
    int64_t received = w.now_ms;
    uint64_t id = submitted_off_list(URGENCY_EMERGENCY);
    static const enum urgency less[] = {URGENCY_ORDINARY, URGENCY_URGENT, URGENCY_COMPLEX};
    struct command route = route_to(id, "S1", "");
    route.body.route.given = ROUTE_HAS_URGENCY;
    for (size_t i = 0; i < 3; i++) {
        route.body.route.urgency = less[i];
        expect(&route, REFUSAL_INCOMPLETE, "reason");
    }
    route.body.route.reason = text_of("the smell is paint");
    route.body.route.urgency = URGENCY_ORDINARY;
    const struct record *record = taken(&route, RECORD_CASE_RECLASSIFIED);
    ck_assert_int_eq(record->body.case_reclassified.was, URGENCY_EMERGENCY);
    ck_assert_int_eq(record->head.urgency, URGENCY_ORDINARY);
    ck_assert_int_eq(world_case(&w, id).dims.urgency, URGENCY_ORDINARY);
    ck_assert_int_eq(total_of(id).due_at, received + 5 * (int64_t)DAY_MS);
    ck_assert_int_eq(total_of(id).dims.urgency, URGENCY_ORDINARY);
}
END_TEST

START_TEST(to_raise_it_needs_no_reason)
{
    w.district.policy.handle[URGENCY_EMERGENCY] = NATURAL(2 * HOUR_MS);
    uint64_t id = submitted_off_list(URGENCY_URGENT);
    struct command route = route_to(id, "S1", "");
    route.body.route.given = ROUTE_HAS_URGENCY;
    route.body.route.urgency = URGENCY_EMERGENCY;
    taken(&route, RECORD_CASE_RECLASSIFIED);
    ck_assert_int_eq(world_case(&w, id).dims.urgency, URGENCY_EMERGENCY);
    ck_assert_int_eq(clock_of(id, duty_of(id, DUTY_KIND_LEAD), CLOCK_KIND_HANDLE).due_at, w.now_ms + 2 * HOUR_MS);

    id = submitted_off_list(URGENCY_URGENT); /* the same, or nothing said: no record */
    route = route_to(id, "S1", "");
    route.body.route.given = ROUTE_HAS_URGENCY;
    route.body.route.urgency = URGENCY_URGENT;
    taken(&route, RECORD_CASE_ROUTED);
    ck_assert_uint_eq(world_records(&w, RECORD_CASE_RECLASSIFIED), 0);
    id = submitted_off_list(URGENCY_COMPLEX);
    route = route_to(id, "S1", "");
    taken(&route, RECORD_CASE_ROUTED);
    ck_assert_int_eq(world_case(&w, id).dims.urgency, URGENCY_COMPLEX);

    id = submitted_off_list(URGENCY_COMPLEX); /* complex and ordinary are equally urgent */
    route = route_to(id, "S1", "");
    route.body.route.given = ROUTE_HAS_URGENCY;
    route.body.route.urgency = URGENCY_ORDINARY;
    taken(&route, RECORD_CASE_RECLASSIFIED);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{leaking_gas_at_night_has_an_owner},
                                       {the_desks_leader_and_the_district_leader_are_told},
                                       {where_nobody_is_named_it_stays_with_the_desk},
                                       {each_urgency_has_its_unit},
                                       {a_retired_fallback_unit_is_followed_by_its_successor},
                                       {a_claim_keeps_no_case_at_the_desk},
                                       {what_the_desk_routes_in_time_stays_where_it_sends_it},
                                       {the_first_route_replaces_it_once},
                                       {a_case_that_a_row_routes_is_promised_by_the_row},
                                       {a_later_due_instant_fires_its_rungs_anew},
                                       {what_is_late_by_both_is_late_once},
                                       {a_new_calendar_leaves_it_provisional},
                                       {a_given_limit_holds_from_receipt},
                                       {a_matter_is_at_least_so_urgent},
                                       {only_the_desk_lowers_it_and_says_why},
                                       {to_raise_it_needs_no_reason}};
    return suite_run(&(struct suite){
        .name = "nobody", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
