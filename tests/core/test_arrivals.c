/* test_arrivals.c - 报到: of several units one coordinates 牵头; what is promised on site; who works from afar. As transcripts */
#include "tests/core/transcript.h"

/* 华山街道 whistles on its own case; the desk calls 供电所 and 区城管局. */
static uint64_t two_called(const char *coordinating)
{
    case_of("ROAD", "华山街道");
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(dispatches_two("供电所", "区城管局", coordinating), "ok");
    return world_case(&w, id).call_last;
}

static void comes(const char *name)
{
    SAYS(plainly(name, COMMAND_SIGN), "ok");
    SAYS(plainly(name, COMMAND_ARRIVE), "ok");
}

/* --- one coordinates ------------------------------------------------------------------------------------------------------ */

START_TEST(the_first_coordinates_and_finishes_last)
{
    uint64_t call = two_called(NULL);
    ck_assert_str_eq(call_by_id(call).coordinating.s, "UT");
    comes("供电所");
    comes("区城管局");
    SAYS(finishes("供电所", FINISH_CODE_SOLVED), "CALL_OPEN");
    ck_assert_str_eq(w.verdict->field, "coordinating");
    SAYS(finishes("区城管局", FINISH_CODE_SOLVED), "ok");
    SAYS(finishes("供电所", FINISH_CODE_SOLVED), "ok");
    ck_assert_int_eq(call_by_id(call).state, CALL_STATE_REPORTED);
}
END_TEST

START_TEST(another_may_be_named)
{
    uint64_t call = two_called("区城管局");
    ck_assert_str_eq(call_by_id(call).coordinating.s, "DA");
    comes("供电所");
    SAYS(finishes("供电所", FINISH_CODE_SOLVED), "ok");
    comes("区城管局");
    SAYS(finishes("区城管局", FINISH_CODE_SOLVED), "ok");
}
END_TEST

/* The caller wishes one; the desk may say another, and where it calls others the wish is void. */
START_TEST(the_caller_names_one_and_the_desk_decides)
{
    for (int desk = 0; desk < 3; desk++) {
        case_of("ROAD", "华山街道");
        struct command raise = raise_on(id, "UT", "DA");
        raise.body.raise_call.coordinating = code_of("DA");
        SAYS(does("华山街道", raise), "ok");
        uint64_t call = world_case(&w, id).call_last;
        ck_assert_str_eq(call_by_id(call).coordinating.s, "DA");
        if (desk == 0) {
            struct command dispatch = {.type = COMMAND_DISPATCH_CALL};
            dispatch.body.dispatch_call.reason = text_of("职责所在");
            SAYS(does("指挥中心", dispatch), "ok");
        } else {
            SAYS(desk == 1 ? dispatches_two("供电所", "区城管局", "供电所") : dispatches_two("区住建局", "供电所", NULL), "ok");
        }
        static const char *const named[] = {"DA", "UT", "DB"};
        ck_assert_str_eq(call_by_id(call).coordinating.s, named[desk]);
    }
}
END_TEST

/* By the list: the units that a street may call without the desk. */
START_TEST(called_by_rule_too)
{
    w.rows[ROW_ROAD].calls[1] = (struct selector){.kind = SELECT_UNIT, .unit = UNIT_UT};
    w.rows[ROW_ROAD].call_count = 2;
    for (int named = 0; named < 2; named++) {
        case_of("ROAD", "华山街道");
        struct command raise = raise_on(id, "DA", "UT");
        raise.body.raise_call.coordinating = code_of(named ? "UT" : "");
        SAYS(does("华山街道", raise), "ok");
        ck_assert_str_eq(world_record(&w, RECORD_CALL_DISPATCHED)->body.call_dispatched.coordinating.s, named ? "UT" : "DA");
        ck_assert_str_eq(call_by_id(world_case(&w, id).call_last).coordinating.s, named ? "UT" : "DA");
    }
}
END_TEST

START_TEST(who_coordinates_is_called)
{
    case_of("ROAD", "华山街道");
    struct command raise = raise_on(id, "UT", "DA");
    as("华山街道");
    raise.body.raise_call.coordinating = code_of("DB");
    expect(&raise, REFUSAL_BAD_FIELD, "coordinating");
    raise.body.raise_call.coordinating = code_of("XX");
    expect(&raise, REFUSAL_BAD_FIELD, "coordinating");
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(dispatches_two("供电所", "区城管局", "区住建局"), "BAD_FIELD");
    ck_assert_str_eq(w.verdict->field, "coordinating");
}
END_TEST

/* One alone coordinates nobody. */
START_TEST(one_alone_coordinates_nobody)
{
    case_of("ROAD", "华山街道");
    struct command raise = raise_on(id, "DA", NULL);
    raise.body.raise_call.coordinating = code_of("DA");
    SAYS(does("华山街道", raise), "ok");
    ck_assert_int_eq(call_by_id(world_case(&w, id).call_last).coordinating.s[0], '\0');
}
END_TEST

/* Who comes in its place coordinates; where nobody does, or it is taken off, the others are on their own. */
START_TEST(coordination_goes_with_the_place)
{
    for (int replaced = 0; replaced < 2; replaced++) {
        uint64_t call = two_called(NULL);
        struct command object = {.type = COMMAND_OBJECT_CALL}, rule = {.type = COMMAND_RULE};
        object.body.object_call.reason = text_of("非本单位设施");
        object.body.object_call.basis = text_of("职责清单");
        object.body.object_call.better = code_of("DB");
        SAYS(does("供电所", object), "ok");
        rule.body.rule.ruling = RULING_UPHELD;
        rule.body.rule.to = code_of(replaced ? "DB" : "");
        rule.body.rule.reason = text_of("按职责清单");
        SAYS(does("指挥中心", rule), "ok");
        ck_assert_str_eq(call_by_id(call).coordinating.s, replaced ? "DB" : "");
        comes("区城管局");
        SAYS(finishes("区城管局", FINISH_CODE_SOLVED), "ok");
    }
    uint64_t call = two_called(NULL); /* refused, it stays what it was */
    struct command object = {.type = COMMAND_OBJECT_CALL}, rule = {.type = COMMAND_RULE};
    object.body.object_call.reason = text_of("非本单位设施");
    object.body.object_call.basis = text_of("职责清单");
    object.body.object_call.outside = true;
    SAYS(does("供电所", object), "ok");
    rule.body.rule.ruling = RULING_REFUSED;
    rule.body.rule.reason = text_of("按职责清单");
    SAYS(does("指挥中心", rule), "ok");
    ck_assert_str_eq(call_by_id(call).coordinating.s, "UT");
    SAYS(calls_off("华山街道", "供电所"), "ok");
    comes("区城管局");
    SAYS(finishes("区城管局", FINISH_CODE_SOLVED), "ok");

    call = two_called("区城管局"); /* another's objection moves nothing */
    SAYS(does("供电所", object), "ok");
    rule.body.rule.ruling = RULING_UPHELD;
    SAYS(does("指挥中心", rule), "ok");
    ck_assert_str_eq(call_by_id(call).coordinating.s, "DA");
}
END_TEST

/* 供电所 goes into 区住建局 while it coordinates: that one finishes last. */
START_TEST(a_successor_coordinates)
{
    uint64_t call = two_called(NULL);
    w.units[UNIT_UT].successor = UNIT_DB;
    ck_assert_uint_gt(world_settle(&w, id), 0);
    ck_assert_str_eq(call_by_id(call).coordinating.s, "DB");
    uint64_t respond = respond_of(call, "区住建局").duty_id;
    as("区住建局");
    world_act(&w, COMMAND_SIGN, id, respond);
    world_act(&w, COMMAND_ARRIVE, id, respond);
    struct command finish = {.type = COMMAND_FINISH_CALL};
    finish.body.finish_call.case_id = id;
    finish.body.finish_call.duty_id = respond;
    finish.body.finish_call.text = text_of("已处置");
    expect(&finish, REFUSAL_CALL_OPEN, "coordinating");
}
END_TEST

/* --- what is promised on site --------------------------------------------------------------------------------------------- */

static void level_of(uint64_t call_id, enum call_level level)
{
    struct call_row call = call_by_id(call_id);
    call.level = (uint8_t)level;
    tables_put(&w.tables, ROW_CALL, call_id, &call);
}

static struct command arrival(int64_t finish_at)
{
    struct command arrive = {.type = COMMAND_ARRIVE};
    arrive.body.arrive.evidence = text_of("现场照片");
    arrive.body.arrive.finish_at = finish_at;
    return arrive;
}

static uint64_t called_at_level(enum call_level level)
{
    case_of("ROAD", "华山街道");
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(dispatches("供电所"), "ok");
    SAYS(plainly("供电所", COMMAND_SIGN), "ok");
    level_of(world_case(&w, id).call_last, level);
    return duty_of(id, DUTY_KIND_RESPOND);
}

/* 事不完人不撤: who is called urgently, or for a hard one, says on site until when. */
START_TEST(the_promised_date_is_the_due_date)
{
    static const struct {
        enum call_level level;
        const char *says;
    } cells[] = {{CALL_LEVEL_ROUTINE, "BAD_FIELD"},
                 {CALL_LEVEL_URGENT, "ok"},
                 {CALL_LEVEL_KEY, "BAD_FIELD"},
                 {CALL_LEVEL_HARD, "ok"},
                 {CALL_LEVEL_DIRECT, "BAD_FIELD"}};
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        uint64_t respond = called_at_level(cells[i].level);
        int64_t before = clock_of(id, respond, CLOCK_KIND_FINISH).due_at, promised = w.now_ms + 20 * (int64_t)DAY_MS;
        SAYS(does("供电所", arrival(promised)), cells[i].says);
        struct clock_row finish = clock_of(id, respond, CLOCK_KIND_FINISH);
        if (strcmp(cells[i].says, "ok") != 0) {
            ck_assert_str_eq(w.verdict->field, "finish_at");
            ck_assert_int_eq(finish.due_at, before);
            SAYS(does("供电所", arrival(0)), "ok");
            continue;
        }
        ck_assert_int_eq(world_record(&w, RECORD_CALL_ARRIVED)->body.call_arrived.finish_at, promised);
        ck_assert_int_eq(world_record(&w, RECORD_CLOCK_DUE_MOVED)->body.clock_due_moved.why, CLOCK_WHY_PROMISED);
        ck_assert_int_eq(finish.due_at, promised);
        ck_assert_int_eq(finish.source, LIMIT_SOURCE_PROMISED);
        ck_assert_int_eq(finish.budget_ms, promised - finish.started_at);
        ck_assert_int_eq(duty_by_id(respond).due_at, promised);
        world_wait(&w, 15 * (int64_t)DAY_MS);
        SAYS(finishes("供电所", FINISH_CODE_SOLVED), "ok");
        ck_assert_int_eq(clock_of(id, respond, CLOCK_KIND_FINISH).in_time, 1);
    }
}
END_TEST

START_TEST(what_may_be_promised)
{
    called_at_level(CALL_LEVEL_HARD);
    struct command arrive = arrival(w.now_ms - 1);
    as("供电所");
    arrive.body.sign.case_id = id;
    expect(&arrive, REFUSAL_BAD_FIELD, "finish_at");
    arrive.body.arrive.finish_at = w.now_ms;
    expect(&arrive, REFUSAL_NONE, NULL);
    arrive.body.arrive.finish_at = w.now_ms + 30 * (int64_t)DAY_MS;
    expect(&arrive, REFUSAL_NONE, NULL);
    arrive.body.arrive.finish_at++;
    expect(&arrive, REFUSAL_TOO_FAR, "finish_at");
    w.district.policy.promise.amount = 0; /* off: as far as it likes */
    expect(&arrive, REFUSAL_NONE, NULL);
}
END_TEST

/* Who comes after the result was due has no more to promise: the item is late, and stays so. */
START_TEST(a_promise_after_the_due_date_moves_nothing)
{
    uint64_t respond = called_at_level(CALL_LEVEL_URGENT);
    int64_t due = clock_of(id, respond, CLOCK_KIND_FINISH).due_at;
    world_wait(&w, 10 * (int64_t)DAY_MS + 1);
    SAYS(does("供电所", arrival(w.now_ms + DAY_MS)), "ok");
    ck_assert_int_eq(clock_of(id, respond, CLOCK_KIND_FINISH).due_at, due);
    ck_assert_uint_eq(world_count(&w, METRIC_CALL_ON_TIME_RATE).den, 1);
}
END_TEST

/* --- from afar ------------------------------------------------------------------------------------------------------------ */

START_TEST(from_afar_only_where_the_caller_agrees)
{
    for (int agreed = 0; agreed < 2; agreed++) {
        case_of("ROAD", "华山街道");
        struct command raise = raise_on(id, "UT", NULL), arrive = arrival(0);
        raise.body.raise_call.remote = agreed;
        SAYS(does("华山街道", raise), "ok");
        SAYS(dispatches("供电所"), "ok");
        SAYS(plainly("供电所", COMMAND_SIGN), "ok");
        arrive.body.arrive.remote = true;
        SAYS(does("供电所", arrive), agreed ? "ok" : "NOT_ARRIVED");
        if (agreed) {
            ck_assert(world_record(&w, RECORD_CALL_ARRIVED)->body.call_arrived.remote);
        } else {
            ck_assert_str_eq(w.verdict->field, "remote");
            SAYS(does("供电所", arrival(0)), "ok");
        }
        ck_assert_int_eq(clock_of(id, duty_of(id, DUTY_KIND_RESPOND), CLOCK_KIND_ARRIVE).in_time, 1);
    }
}
END_TEST

START_TEST(an_arrival_is_shown)
{
    called_at_level(CALL_LEVEL_ROUTINE);
    struct command arrive = {.type = COMMAND_ARRIVE};
    SAYS(does("供电所", arrive), "NO_EVIDENCE");
    SAYS(does("供电所", arrival(0)), "ok");
    SAYS(does("供电所", arrival(0)), "ALREADY");
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{the_first_coordinates_and_finishes_last},
                                       {another_may_be_named},
                                       {the_caller_names_one_and_the_desk_decides},
                                       {called_by_rule_too},
                                       {who_coordinates_is_called},
                                       {one_alone_coordinates_nobody},
                                       {coordination_goes_with_the_place},
                                       {a_successor_coordinates},
                                       {the_promised_date_is_the_due_date},
                                       {what_may_be_promised},
                                       {a_promise_after_the_due_date_moves_nothing},
                                       {from_afar_only_where_the_caller_agrees},
                                       {an_arrival_is_shown}};
    return suite_run(&(struct suite){
        .name = "arrivals", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
