/* test_ratings.c - 核实评价: was the unit there, is it done, what comes next; and ratings that come late. As transcripts */
#include "tests/core/transcript.h"

/* 华山街道 has whistled for 供电所 on its own case; it has signed and arrived, and says that it is done. */
static uint64_t a_call_that_is_reported(enum finish_code code)
{
    case_of("ROAD", "华山街道");
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(dispatches("供电所"), "ok");
    SAYS(plainly("供电所", COMMAND_SIGN), "ok");
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    SAYS(finishes("供电所", code), "ok");
    return duty_of(id, DUTY_KIND_RESPOND);
}

static struct command rating(bool confirmed)
{
    struct command rate = {.type = COMMAND_RATE_CALL};
    rate.body.rate_call.confirmed = confirmed;
    rate.body.rate_call.score = confirmed ? 4 : 1;
    return rate;
}

static const char *rates_as(struct command rate)
{
    return does("华山街道", rate);
}

/* 报到不实: the photo was old. The arrival is taken back, its item is late, and the unit has to come. */
START_TEST(who_was_not_there_is_late)
{
    uint64_t respond = a_call_that_is_reported(FINISH_CODE_SOLVED);
    ck_assert_int_eq(clock_of(id, respond, CLOCK_KIND_ARRIVE).in_time, 1);
    struct command rate = rating(false);
    rate.body.rate_call.arrived = SAID_ARRIVED_NO;
    SAYS(rates_as(rate), "ok");
    ck_assert_uint_eq(world_records(&w, RECORD_CLOCK_DENIED), 1);
    ck_assert_uint_eq(world_record(&w, RECORD_CLOCK_DENIED)->head.duty_id, respond);
    ck_assert_str_eq(world_record(&w, RECORD_CLOCK_DENIED)->head.unit.s, "UT");
    ck_assert(world_record(&w, RECORD_CALL_RATED)->body.call_rated.not_arrived);
    struct clock_row arrive = clock_of(id, respond, CLOCK_KIND_ARRIVE);
    ck_assert_int_eq(arrive.in_time, 0);
    ck_assert_int_eq(arrive.state, CLOCK_STATE_STOPPED);
    SAYS(finishes("供电所", FINISH_CODE_SOLVED), "NOT_ARRIVED");
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    SAYS(finishes("供电所", FINISH_CODE_SOLVED), "ok");
    SAYS(rates_as(rating(true)), "ok");
    ck_assert_int_eq(clock_of(id, respond, CLOCK_KIND_ARRIVE).in_time, 0); /* judged once */
    SAYS(stands(), "handling, lead 华山街道, 华山街道 whistled: closed");
}
END_TEST

/* What was late, or had no limit, is not denied again; whom the caller believes keeps the item. */
START_TEST(only_an_arrival_in_time_is_denied)
{
    struct command rate = rating(true);
    rate.body.rate_call.arrived = SAID_ARRIVED_NO; /* done from afar, and the caller agrees to that */
    for (int late = 0; late < 2; late++) {
        w.district.policy.call_arrive.amount = late ? HOUR_MS : 0;
        case_of("ROAD", "华山街道");
        SAYS(whistles("华山街道", "供电所"), "ok");
        SAYS(dispatches("供电所"), "ok");
        SAYS(plainly("供电所", COMMAND_SIGN), "ok");
        world_wait(&w, 2 * HOUR_MS);
        SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
        SAYS(finishes("供电所", FINISH_CODE_SOLVED), "ok");
        SAYS(rates_as(rate), "ok");
        ck_assert_uint_eq(world_records(&w, RECORD_CLOCK_DENIED), 0);
    }
    w.district.policy.call_arrive.amount = 3 * (int64_t)DAY_MS;
    uint64_t respond = a_call_that_is_reported(FINISH_CODE_SOLVED);
    SAYS(rates_as(rating(true)), "ok");
    ck_assert_uint_eq(world_records(&w, RECORD_CLOCK_DENIED), 0);
    ck_assert_int_eq(clock_of(id, respond, CLOCK_KIND_ARRIVE).in_time, 1);
    ck_assert_int_ne(world_duty(&w, id, DUTY_KIND_RESPOND).arrived_at, 0);
}
END_TEST

/* A result that stands as unsolved is not the end: an upgrade, the case, or nothing with a reason. */
START_TEST(what_is_unsolved_has_a_next)
{
    static const struct {
        bool twice; /* sent back before */
        enum finish_code code;
        bool confirmed;
        enum rate_next next;
        const char *text, *says;
    } cells[] = {
        {false, FINISH_CODE_SOLVED, true, RATE_NEXT_NONE, "", "ok"},
        {false, FINISH_CODE_PARTLY, true, RATE_NEXT_NONE, "", "ok"},
        {false, FINISH_CODE_UNSOLVED, true, RATE_NEXT_NONE, "仍未解决", "NO_NEXT"},
        {false, FINISH_CODE_UNSOLVED, true, RATE_NEXT_UPGRADE, "", "ok"},
        {false, FINISH_CODE_UNSOLVED, true, RATE_NEXT_CASE, "", "ok"},
        {false, FINISH_CODE_UNSOLVED, true, RATE_NEXT_NOTHING, "", "NO_NEXT"},
        {false, FINISH_CODE_UNSOLVED, true, RATE_NEXT_NOTHING, "房屋已拆", "ok"},
        {false, FINISH_CODE_UNSOLVED, false, RATE_NEXT_NONE, "", "ok"}, /* sent back: they try again */
        {true, FINISH_CODE_SOLVED, true, RATE_NEXT_NONE, "", "ok"},
        {true, FINISH_CODE_SOLVED, false, RATE_NEXT_NONE, "还是老样子", "NO_NEXT"},
        {true, FINISH_CODE_SOLVED, false, RATE_NEXT_UPGRADE, "还是老样子", "ok"},
    };
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        a_call_that_is_reported(cells[i].code);
        if (cells[i].twice) {
            SAYS(rates_as(rating(false)), "ok");
            SAYS(finishes("供电所", cells[i].code), "ok");
        }
        struct command rate = rating(cells[i].confirmed);
        rate.body.rate_call.next = cells[i].next;
        rate.body.rate_call.text = text_of(cells[i].text);
        ck_assert_msg(strcmp(rates_as(rate), cells[i].says) == 0, "cell %zu: %s", i, said(w.verdict->refusal));
        if (strcmp(cells[i].says, "ok") == 0) {
            ck_assert_int_eq(world_record(&w, RECORD_CALL_RATED)->body.call_rated.next, cells[i].next);
        } else {
            ck_assert_str_eq(w.verdict->field, cells[i].next == RATE_NEXT_NONE ? "next" : "text");
        }
    }
}
END_TEST

/* The street forgets to rate; weeks later it does: the score counts, the call stays as it closed. */
START_TEST(a_rating_may_come_late)
{
    uint64_t respond = a_call_that_is_reported(FINISH_CODE_UNSOLVED);
    world_wait(&w, 3 * (int64_t)DAY_MS + 1);
    SAYS(stands(), "handling, lead 华山街道, 华山街道 whistled: closed");
    SAYS(answers("华山街道"), "ok");
    SAYS(says_solved(true), "ok");
    world_wait(&w, 20 * (int64_t)DAY_MS);
    SAYS(stands(), "closed, lead 华山街道, 华山街道 whistled: closed");
    struct command rate = rating(false); /* and nothing is sent back, nothing asked for */
    rate.body.rate_call.arrived = SAID_ARRIVED_NO;
    SAYS(rates_as(rate), "ok");
    const struct call_rated_body *rated = &world_record(&w, RECORD_CALL_RATED)->body.call_rated;
    ck_assert(rated->late && !rated->confirmed && rated->score == 1);
    ck_assert_uint_eq(w.verdict->count, 3); /* taken, rated, and the arrival that was none */
    ck_assert_int_eq(clock_of(id, respond, CLOCK_KIND_ARRIVE).in_time, 0);
    struct call_row call;
    ck_assert(tables_get(&w.tables, ROW_CALL, world_case(&w, id).call_last, &call));
    ck_assert_int_eq(call.outcome, CALL_OUTCOME_EXPIRED);
    ck_assert_int_eq(world_duty(&w, id, DUTY_KIND_RESPOND).rated, 2);
    SAYS(stands(), "closed, lead 华山街道, 华山街道 whistled: closed");
    SAYS(rates_as(rate), "ALREADY"); /* once */
}
END_TEST

START_TEST(a_rating_does_not_come_for_ever)
{
    a_call_that_is_reported(FINISH_CODE_SOLVED);
    world_wait(&w, 3 * (int64_t)DAY_MS + 1); /* expires in this millisecond */
    struct command rate = rating(true);
    rate.body.sign.case_id = id;
    world_wait(&w, 30 * (int64_t)DAY_MS);
    as("华山街道");
    expect(&rate, REFUSAL_NONE, NULL);
    world_wait(&w, 1);
    SAYS(rates_as(rate), "WINDOW");
    ck_assert_str_eq(w.verdict->field, "rate");
}
END_TEST

/* A rating that was given and sent the result back is over, though its duty did not end with a score. */
START_TEST(what_was_sent_back_was_rated)
{
    a_call_that_is_reported(FINISH_CODE_SOLVED);
    struct command rate = rating(false);
    SAYS(rates_as(rate), "ok");
    rate.body.rate_call.duty_id = duty_of(id, DUTY_KIND_RATE);
    SAYS(rates_as(rate), "ALREADY");
    SAYS(finishes("供电所", FINISH_CODE_SOLVED), "ok");
    SAYS(rates_as(rate), "ALREADY"); /* the first, though another is open */
    SAYS(rates_as(rating(true)), "ok");
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{who_was_not_there_is_late},       {only_an_arrival_in_time_is_denied},
                                       {what_is_unsolved_has_a_next},     {a_rating_may_come_late},
                                       {a_rating_does_not_come_for_ever}, {what_was_sent_back_was_rated}};
    return suite_run(&(struct suite){
        .name = "ratings", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
