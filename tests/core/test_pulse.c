/* test_pulse.c - what of a case is due, in which order it comes, and what a timer sets off */
#include "tests/core/guards.h"

struct next {
    bool due;
    int64_t at;
    uint64_t clock, duty;
};

static struct next next_of(uint64_t case_id, int64_t now_ms)
{
    struct next next = {.due = false};
    next.due = core_case_due(&w.tables, case_id, now_ms, &next.at, &next.clock, &next.duty);
    return next;
}

/* One timer fires at its own instant. */
static void fire(uint64_t clock_id, uint64_t duty_id, int64_t at)
{
    struct command pulse = {.type = COMMAND_PULSE, .now_ms = at, .next_seq = w.last_seq + 1};
    pulse.body.pulse.clock_id = clock_id;
    pulse.body.pulse.duty_id = duty_id;
    w.now_ms = at;
    core_judge(&w.tables, &pulse, w.verdict);
    ck_assert_uint_gt(w.verdict->count, 0);
    for (uint32_t i = 0; i < w.verdict->count; i++) {
        core_apply(&w.tables, &w.verdict->records[i]);
    }
    w.last_seq += w.verdict->count;
}

/* --- what is due ----------------------------------------------------------------------------------------------------------------
 */

/* After the answer the clocks of the lead stand: what they would have said is due no more, and the follow-up's is not yet. */
START_TEST(after_the_answer_only_the_follow_up_is_due)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    int64_t yellow = clock_of(id, duty_of(id, DUTY_KIND_LEAD), CLOCK_KIND_SIGN).rung_at[RUNG_YELLOW];
    world_answer(&w, id);
    struct clock_row followup = clock_of(id, duty_of(id, DUTY_KIND_FOLLOWUP), CLOCK_KIND_FOLLOWUP);
    w.now_ms = yellow;
    world_act(&w, COMMAND_CLAIM, id, followup.duty_id);
    ck_assert_int_le(world_case(&w, id).rung_floor_at, yellow); /* it has to be looked for */
    ck_assert(!next_of(id, yellow).due);
    struct next claim = next_of(id, yellow + HOUR_MS);
    ck_assert(claim.due);
    ck_assert_uint_eq(claim.duty, followup.duty_id);
    fire(0, claim.duty, claim.at);
    ck_assert(!next_of(id, followup.rung_at[RUNG_YELLOW] - 1).due);
    ck_assert_uint_eq(next_of(id, followup.rung_at[RUNG_YELLOW]).clock, followup.clock_id);
}
END_TEST

/* What is due on a case before a command on it comes in the order in which the district's timers would have come. */
START_TEST(a_cases_timers_come_in_the_districts_order)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t lead = duty_of(id, DUTY_KIND_LEAD), support = duty_of(id, DUTY_KIND_SUPPORT);
    int64_t yellow = clock_of(id, lead, CLOCK_KIND_SIGN).rung_at[RUNG_YELLOW], at = 0;
    w.now_ms = yellow - w.district.policy.claim_ms; /* two claims that lapse as the signatures turn yellow */
    world_act(&w, COMMAND_CLAIM, id, support);
    world_act(&w, COMMAND_CLAIM, id, lead);
    ck_assert_uint_lt(lead, support);
    uint64_t timer = 0, claims[2] = {0};
    int kind = 0, count = 0, lapsed = 0;
    for (; store_next_timer(w.store, &at, &kind, &timer) && at <= yellow + DAY_MS; count++) {
        struct next next = next_of(id, at);
        ck_assert(next.due);
        ck_assert_int_eq(next.at, at);
        ck_assert_uint_eq(kind == 0 ? next.clock : next.duty, timer);
        ck_assert_uint_eq(kind == 0 ? next.duty : next.clock, 0);
        if (kind != 0) {
            ck_assert_int_lt(lapsed, 2);
            ck_assert_int_eq(at, yellow);
            claims[lapsed++] = timer;
        }
        fire(next.clock, next.duty, at);
    }
    ck_assert_int_eq(lapsed, 2);
    ck_assert_uint_eq(claims[0], lead); /* the older first */
    ck_assert_uint_eq(claims[1], support);
    ck_assert_int_gt(count, 5); /* yellow and red of two signatures and of the contact, and the claims */
    ck_assert(!next_of(id, at - 1).due);
}
END_TEST

/* After ten days without a dispatcher what was due first comes first, whichever is the older. */
START_TEST(after_a_downtime_the_earliest_comes_first)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t lead = duty_of(id, DUTY_KIND_LEAD), support = duty_of(id, DUTY_KIND_SUPPORT);
    world_act(&w, COMMAND_CLAIM, id, support);
    world_wait(&w, 60000);
    world_act(&w, COMMAND_CLAIM, id, lead);
    int64_t later = w.now_ms + 10 * (int64_t)DAY_MS;
    const uint64_t claimed[] = {support, lead};
    for (size_t i = 0; i < 2; i++) {
        struct next claim = next_of(id, later);
        ck_assert_uint_eq(claim.duty, claimed[i]);
        fire(0, claim.duty, claim.at);
    }
    struct next rung = next_of(id, later);
    struct clock_row sign = clock_of(id, lead, CLOCK_KIND_SIGN), total = clock_of(id, 0, CLOCK_KIND_TOTAL);
    ck_assert_uint_lt(total.clock_id, sign.clock_id);
    ck_assert_uint_eq(rung.clock, sign.clock_id); /* a day to sign, five to answer the citizen */
    ck_assert_int_eq(rung.at, sign.rung_at[RUNG_YELLOW]);
}
END_TEST

/* A rung that the policy switches off never comes: after the lead has signed and reached the citizen, red is the next. */
START_TEST(a_rung_that_is_off_never_comes)
{
    w.district.policy.rungs[RUNG_YELLOW].on = false;
    uint64_t id = world_submit(&w, "LAMP", "S1"); /* no row fits */
    struct command route = route_to(id, "DA", "theirs");
    taken(&route, RECORD_CASE_ROUTED);
    world_act(&w, COMMAND_CONTACT, id, duty_of(id, DUTY_KIND_LEAD));
    struct clock_row handle = clock_of(id, duty_of(id, DUTY_KIND_LEAD), CLOCK_KIND_HANDLE);
    ck_assert(!next_of(id, handle.due_at).due);
    struct next next = next_of(id, handle.due_at + 1);
    ck_assert(next.due);
    ck_assert_int_eq(next.at, handle.due_at + 1);
    w.units[UNIT_DA].successor = UNIT_DB; /* nor when the clock has moved */
    world_adopt(&w);
    world_settle(&w, id);
    ck_assert_str_eq(world_case(&w, id).lead.s, "DB");
    ck_assert(!next_of(id, handle.due_at).due);
}
END_TEST

/* A rating that expires is a fact of its call, and so is that the call closes. */
START_TEST(what_a_timer_sets_off_in_a_call_names_it)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    uint64_t call = world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    world_finish(&w, id, FINISH_CODE_SOLVED);
    struct clock_row rate = clock_of(id, duty_of(id, DUTY_KIND_RATE), CLOCK_KIND_RATE);
    world_wait(&w, rate.due_at - w.now_ms);
    fire(rate.clock_id, 0, rate.due_at + 1);
    ck_assert_uint_eq(world_record(&w, RECORD_RUNG_FIRED)->head.call_id, call);
    ck_assert_uint_eq(world_record(&w, RECORD_CALL_CLOSED)->head.call_id, call);
    struct clock_row handle = clock_of(id, duty_of(id, DUTY_KIND_LEAD), CLOCK_KIND_HANDLE);
    world_wait(&w, handle.due_at - w.now_ms);
    fire(handle.clock_id, 0, handle.due_at + 1);
    ck_assert_uint_eq(world_record(&w, RECORD_RUNG_FIRED)->head.call_id, 0);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{after_the_answer_only_the_follow_up_is_due},
                                       {a_cases_timers_come_in_the_districts_order},
                                       {after_a_downtime_the_earliest_comes_first},
                                       {a_rung_that_is_off_never_comes},
                                       {what_a_timer_sets_off_in_a_call_names_it}};
    return suite_run(&(struct suite){
        .name = "pulse", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
