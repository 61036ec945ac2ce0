/* test_figures.c - what each fact of a case adds to the figures: whose it is, what is in time, what is left out and why */
#include "dispatcher/core/metrics.h"
#include "tests/core/guards.h"

struct wanted {
    const char *acct; /* NULL: every unit's */
    const char *place, *matter;
    int64_t value; /* of a duration, 0: all */
    struct counter sum;
};

static bool add_wanted(void *arg, const struct counter_key *key, const struct counter *counter)
{
    struct wanted *wanted = arg;
    if ((wanted->acct != NULL && strcmp(key->acct.s, wanted->acct) != 0) ||
        (wanted->place != NULL && strcmp(key->place.s, wanted->place) != 0) ||
        (wanted->matter != NULL && strcmp(key->matter.s, wanted->matter) != 0) ||
        (wanted->value != 0 && key->value != wanted->value)) {
        return true;
    }
    wanted->sum.num += counter->num;
    wanted->sum.den += counter->den;
    for (int i = 0; i < COUNTER_REASONS; i++) {
        wanted->sum.excluded[i] += counter->excluded[i];
    }
    return true;
}

static struct counter figures(enum metric metric, struct wanted wanted)
{
    store_counters(w.store, metric, 0, UINT32_MAX, add_wanted, &wanted);
    return wanted.sum;
}

static struct counter figures_of(enum metric metric, const char *acct)
{
    return figures(metric, (struct wanted){.acct = acct});
}

static void expect_figures(enum metric metric, const char *acct, int64_t num, int64_t den)
{
    struct counter found = figures_of(metric, acct);
    ck_assert_msg(found.num == num && found.den == den, "%s of %s: %lld of %lld", metric_info(metric)->name,
                  acct != NULL ? acct : "all", (long long)found.num, (long long)found.den);
}

static void reopen(uint64_t case_id)
{
    struct command command = {.type = COMMAND_REOPEN};
    command.body.reopen.case_id = case_id;
    command.body.reopen.reason = text_of("dark again");
    taken(&command, RECORD_CASE_REOPENED);
}

/* --- cases ----------------------------------------------------------------------------------------------------------------------
 */

/* What is secret is counted for the street and the unit; where it was and what about is in no figure. */
START_TEST(a_secret_case_has_no_place_and_no_matter_in_the_figures)
{
    world_submit(&w, "ROAD", "S1");
    struct command secret = submit_road();
    secret.body.submit.secrecy = true;
    uint64_t id = taken(&secret, RECORD_CASE_RECEIVED)->head.case_id;
    ck_assert_int_eq(figures(METRIC_ANSWERED_RATE, (struct wanted){.place = "S1", .matter = "ROAD"}).den, 1);
    ck_assert_int_eq(figures(METRIC_ANSWERED_RATE, (struct wanted){.place = "", .matter = ""}).den, 1);
    world_answer(&w, id);
    ck_assert_int_eq(figures(METRIC_ON_TIME_RATE, (struct wanted){.place = "", .matter = ""}).num, 1);
    ck_assert_int_eq(figures(METRIC_DURATION, (struct wanted){.place = "", .matter = ""}).den, 1);
}
END_TEST

/* A case counts for the unit that leads it now: with the lead it goes from one unit's figures to the other's. */
START_TEST(a_case_counts_for_the_unit_that_leads_it)
{
    uint64_t id = world_submit(&w, "unknown", "S1");
    expect_figures(METRIC_ANSWERED_RATE, "D1", 0, 1); /* the desk's while nobody leads it */
    struct command route = route_to(id, "DA", "theirs");
    taken(&route, RECORD_CASE_ROUTED);
    expect_figures(METRIC_ANSWERED_RATE, "D1", 0, 0);
    expect_figures(METRIC_ANSWERED_RATE, "DA", 0, 1);
    w.units[UNIT_DA].successor = UNIT_DB;
    world_adopt(&w);
    world_settle(&w, id);
    expect_figures(METRIC_ANSWERED_RATE, "DA", 0, 0);
    expect_figures(METRIC_CLOSED_RATE, "DB", 0, 1);
    world_answer(&w, id);
    expect_figures(METRIC_ANSWERED_RATE, "DB", 1, 1);
    expect_figures(METRIC_CLOSED_RATE, "DB", 0, 1); /* the citizen has not been asked */
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    expect_figures(METRIC_CLOSED_RATE, "DB", 1, 1);
    reopen(id); /* what was answered once stays answered, what is open is not closed */
    expect_figures(METRIC_ANSWERED_RATE, "DB", 1, 1);
    expect_figures(METRIC_CLOSED_RATE, "DB", 0, 1);
    expect_figures(METRIC_ANSWERED_RATE, NULL, 1, 1);
}
END_TEST

/* --- time -----------------------------------------------------------------------------------------------------------------------
 */

/* On time is said of the first round's handling alone; how long it took is said of every round. */
START_TEST(on_time_is_the_first_round_and_a_duration_is_every_rounds)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_wait(&w, 6 * HOUR_MS);
    world_answer(&w, id);
    expect_figures(METRIC_ON_TIME_RATE, "S1", 1, 1);
    expect_figures(METRIC_CITIZEN_ON_TIME_RATE, "S1", 1, 1);
    ck_assert_int_eq(world_followup(&w, id, SAID_SOLVED_NO, SAID_SATISFIED_NO), REFUSAL_NONE);
    expect_figures(METRIC_CITIZEN_ON_TIME_RATE, "S1", 0, 0); /* the citizen waits again */
    world_wait(&w, HOUR_MS);
    world_answer(&w, id);
    expect_figures(METRIC_ON_TIME_RATE, "S1", 1, 1);
    expect_figures(METRIC_CITIZEN_ON_TIME_RATE, "S1", 1, 1);
    expect_figures(METRIC_CALL_ON_TIME_RATE, NULL, 0, 0); /* nobody was called */
    ck_assert_int_eq(figures(METRIC_DURATION, (struct wanted){.value = 6 * HOUR_MS}).den, 1);
    ck_assert_int_eq(figures(METRIC_DURATION, (struct wanted){.value = HOUR_MS}).den, 1);
    expect_figures(METRIC_DURATION, NULL, 0, 2); /* of the lead alone, not of the support */
}
END_TEST

/* A called unit: in time, taken back with the rating that sends it back, late in the end. */
START_TEST(a_call_that_is_sent_back_is_judged_by_its_last_finish)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    world_finish(&w, id, FINISH_CODE_SOLVED);
    expect_figures(METRIC_CALL_ON_TIME_RATE, "UT", 1, 1);
    ck_assert_int_eq(world_rate(&w, id, false), REFUSAL_NONE);
    expect_figures(METRIC_CALL_ON_TIME_RATE, "UT", 0, 0);
    world_wait(&w, 10 * (int64_t)DAY_MS + 1);
    expect_figures(METRIC_CALL_ON_TIME_RATE, "UT", 0, 1); /* late while it is open */
    world_finish(&w, id, FINISH_CODE_SOLVED);
    expect_figures(METRIC_CALL_ON_TIME_RATE, "UT", 0, 1); /* and once */
    ck_assert_int_eq(world_count(&w, METRIC_CALL_ON_TIME_RATE).excluded[0], 0);
}
END_TEST

/* Void is what nobody may be blamed for: it is shown apart, and of judged clocks alone. */
START_TEST(a_withdrawn_call_is_void_in_the_units_figures)
{
    uint64_t id = world_submit(&w, "ROAD", "S1");
    world_call(&w, id, "UT");
    world_dispatch(&w, id, "UT");
    world_wait(&w, 10 * (int64_t)DAY_MS + 1);
    expect_figures(METRIC_CALL_ON_TIME_RATE, "UT", 0, 1);
    struct command withdraw = {.type = COMMAND_WITHDRAW_CALL};
    withdraw.body.withdraw_call.case_id = id;
    withdraw.body.withdraw_call.reason = text_of("done already");
    taken(&withdraw, RECORD_CALL_CLOSED);
    expect_figures(METRIC_CALL_ON_TIME_RATE, "UT", 0, 0);
    for (int metric = 0; metric < METRIC_COUNT; metric++) {
        struct counter found = world_count(&w, (enum metric)metric);
        ck_assert_int_eq(found.excluded[0], metric == METRIC_CALL_ON_TIME_RATE ? 1 : 0);
    }
    expect_figures(METRIC_ON_TIME_RATE, "S1", 0, 1); /* the caller's own clock ran on */
}
END_TEST

static const struct row_ops *ops; /* the store's own */

static void count_what_has_a_name(void *store, const struct counter_key *key, const struct counter *delta)
{
    ck_assert_uint_lt(key->metric, METRIC_COUNT);
    ops->count(store, key, delta);
}

/* Where nobody gave a limit nothing is in time or late, and what has no rate is in no figure: signatures, contacts, supports. */
START_TEST(what_is_not_judged_is_in_no_figure)
{
    struct row_ops counting = *w.tables.ops;
    ops = w.tables.ops;
    counting.count = count_what_has_a_name;
    w.tables.ops = &counting;
    w.roles |= role(ROLE_IMPORTER);
    struct command submit = submit_road();
    submit.body.submit.given_limit = true;
    uint64_t id = taken(&submit, RECORD_CASE_RECEIVED)->head.case_id;
    world_answer(&w, id);
    expect_figures(METRIC_ON_TIME_RATE, NULL, 0, 0);
    expect_figures(METRIC_CITIZEN_ON_TIME_RATE, NULL, 0, 0);
    expect_figures(METRIC_DURATION, NULL, 0, 1);
    ck_assert_uint_eq(clock_of(id, 0, CLOCK_KIND_TOTAL).in_time, 1); /* nobody waited too long */
    uint64_t late = world_submit(&w, "ROAD", "S1");
    world_wait(&w, 6 * (int64_t)DAY_MS);
    world_act(&w, COMMAND_CANCEL, late, duty_of(late, DUTY_KIND_SUPPORT));
    world_answer(&w, late);
    expect_figures(METRIC_ON_TIME_RATE, "S1", 0, 1);
    w.tables.ops = ops;
}
END_TEST

/* --- what the citizen says -------------------------------------------------------------------------------------------------------
 */

static void attempt(uint64_t case_id, enum attempt_outcome outcome)
{
    struct command command = {.type = COMMAND_NOTE_ATTEMPT};
    command.body.note_attempt.case_id = case_id;
    command.body.note_attempt.outcome = outcome;
    w.actor = "asker";
    taken(&command, RECORD_FOLLOWUP_ATTEMPTED);
    w.actor = "tester";
}

static void not_reached(uint64_t id)
{
    for (int i = 0; i < 3; i++) {
        attempt(id, ATTEMPT_OUTCOME_NO_ANSWER);
        world_wait(&w, DAY_MS);
    }
}

static void wrong_number(uint64_t id)
{
    attempt(id, ATTEMPT_OUTCOME_WRONG_NUMBER);
}

static void refused(uint64_t id)
{
    attempt(id, ATTEMPT_OUTCOME_REFUSED);
}

static void expired(uint64_t id)
{
    (void)id;
    world_wait(&w, 10 * (int64_t)DAY_MS);
}

static const struct {
    const char *name;
    void (*ends)(uint64_t case_id);
} endings[] = {
    {"no_answer", not_reached}, {"wrong_number", wrong_number}, {"refused", refused}, {"expired", expired}, {"reopened", reopen}};

/* Who could not be asked is in none of the three rates, and each of them says why. */
START_TEST(who_could_not_be_asked_is_left_out_by_reason)
{
    static const enum metric rates[] = {METRIC_RESPONSE_RATE, METRIC_SOLVED_RATE, METRIC_SATISFIED_RATE};
    uint64_t id = world_submit(&w, "ROAD", "S1");
    w.district.policy.followup_limit = (struct span){TIME_KIND_NATURAL, 5 * (int64_t)DAY_MS};
    world_answer(&w, id);
    endings[_i].ends(id);
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        ck_assert_str_eq(metric_info(rates[i])->exclusions[_i], endings[_i].name);
        struct counter found = figures_of(rates[i], "S1"); /* the lead's, not the desk's who asked */
        ck_assert_int_eq(found.den, 0);
        for (int reason = 0; reason < COUNTER_REASONS; reason++) {
            ck_assert_int_eq(found.excluded[reason], reason == _i ? 1 : 0);
        }
    }
}
END_TEST

/* Nothing is solved or contented without a word; a half is the policy's. */
START_TEST(each_rate_has_its_own_word)
{
    static const struct {
        enum said_solved solved;
        enum said_satisfied satisfied;
        int64_t solved_num, satisfied_num;
    } said[] = {{SAID_SOLVED_YES, SAID_SATISFIED_NO, 1000, 0},
                {SAID_SOLVED_PARTLY, SAID_SATISFIED_YES, 500, 1000},
                {SAID_SOLVED_PARTLY, SAID_SATISFIED_BASICALLY, 500, 900}};
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        world_again(&w);
        uint64_t id = world_submit(&w, "ROAD", "S1");
        world_answer(&w, id);
        ck_assert_int_eq(world_followup(&w, id, said[i].solved, said[i].satisfied), REFUSAL_NONE);
        expect_figures(METRIC_RESPONSE_RATE, "S1", 1, 1);
        expect_figures(METRIC_SOLVED_RATE, "S1", said[i].solved_num, 1);
        expect_figures(METRIC_SATISFIED_RATE, "S1", said[i].satisfied_num, 1);
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_secret_case_has_no_place_and_no_matter_in_the_figures},
                                       {a_case_counts_for_the_unit_that_leads_it},
                                       {on_time_is_the_first_round_and_a_duration_is_every_rounds},
                                       {a_call_that_is_sent_back_is_judged_by_its_last_finish},
                                       {a_withdrawn_call_is_void_in_the_units_figures},
                                       {what_is_not_judged_is_in_no_figure},
                                       {who_could_not_be_asked_is_left_out_by_reason, SUITE_COUNT(endings)},
                                       {each_rate_has_its_own_word}};
    return suite_run(&(struct suite){
        .name = "figures", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
