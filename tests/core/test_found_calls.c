/* test_found_calls.c - 发现问题即吹哨: a call about a place opens a case of its own, as transcripts */
#include "base/number.h"
#include "tests/core/transcript.h"

static struct command about(const char *place, const char *matter, const char *text)
{
    struct command raise = {.type = COMMAND_RAISE_CALL};
    raise.body.raise_call.place = code_of(place[0] == '\0' ? "" : unit_named(place));
    raise.body.raise_call.matter = code_of(matter);
    raise.body.raise_call.text = text_of(text);
    set_units(&raise.body.raise_call.units, "UT", NULL);
    return raise;
}

/* Without a case: `does` would name the story's. */
static const char *finds(const char *name, struct command raise)
{
    as(name);
    enum refusal refusal = world_do(&w, &raise);
    id = refusal == REFUSAL_NONE ? w.verdict->records[1].seq : id;
    return said(refusal);
}

/* 华山街道 sees a cable that hangs over the road, and whistles for 供电所: number, lead, call, rating, all in one case. */
START_TEST(a_street_whistles_about_a_place)
{
    SAYS(finds("华山街道", about("翠湖社区", "ROAD", "线缆垂落路面")), "ok");
    struct command_answer answer;
    char number[24];
    core_answer_now(&w.tables, w.verdict, number, &answer);
    struct case_row c = world_case(&w, id);
    ck_assert_uint_eq(answer.case_id, id);
    ck_assert_uint_eq(answer.call_id, c.call_last);
    ck_assert_uint_eq(answer.duty_id, c.lead_duty);
    ck_assert_uint_gt(answer.number.size, 0);
    SAYS(stands(), "handling, lead 华山街道, 华山街道 whistled: raised");
    ck_assert_int_eq(c.dims.origin, ORIGIN_FOUND);
    ck_assert_int_eq(world_record(&w, RECORD_CASE_ROUTED)->body.case_routed.how, ROUTE_HOW_FOUND);
    ck_assert_uint_eq(world_record(&w, RECORD_CASE_ROUTED)->body.case_routed.row, 3); /* the list gives it to the street too */
    ck_assert_uint_eq(c.total_clock, 0);                                              /* no citizen, no clock of theirs */
    ck_assert_uint_eq(world_record(&w, RECORD_CASE_RECEIVED)->body.case_received.reporters, 0);
    ck_assert_uint_eq(world_count(&w, METRIC_CITIZEN_ON_TIME_RATE).den, 0);

    SAYS(dispatches("供电所"), "ok");
    SAYS(plainly("供电所", COMMAND_SIGN), "ok");
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    SAYS(finishes("供电所", FINISH_CODE_SOLVED), "ok");
    SAYS(plainly("华山街道", COMMAND_SIGN), "ok");
    struct command answered = answer_to(id);
    SAYS(does("华山街道", answered), "CALL_OPEN");
    SAYS(rates("华山街道", 5), "ok");
    SAYS(does("华山街道", answered), "ok"); /* nobody to contact, nobody to ask */
    SAYS(stands(), "closed, lead 华山街道, 华山街道 whistled: closed");
    ck_assert_uint_eq(world_count(&w, METRIC_SOLVED_RATE).den, 0);
    ck_assert_uint_eq(world_count(&w, METRIC_CALL_ON_TIME_RATE).num, 1);
}
END_TEST

START_TEST(a_community_and_the_desk_find_something_too)
{
    SAYS(finds("翠湖社区", about("翠湖一网格", "LAMP", "灯杆倾斜")), "RANK"); /* communities whistle where the policy has it */
    w.district.policy.community_calls = true;
    SAYS(finds("翠湖社区", about("翠湖一网格", "LAMP", "灯杆倾斜")), "ok");
    SAYS(stands(), "handling, lead 翠湖社区, 翠湖社区 whistled: raised");
    SAYS(finds("翠湖社区", about("华山街道", "LAMP", "灯杆倾斜")), "NOT_YOURS");
    SAYS(finds("指挥中心", about("大观街道", "unknown", "路面塌陷")), "ok");
    SAYS(stands(), "handling, lead 指挥中心, 指挥中心 whistled: raised");
    struct case_row c = world_case(&w, id);
    ck_assert_uint_eq(c.catalogue_row, 0);
    ck_assert_int_eq(world_clock(&w, id, c.lead_duty, CLOCK_KIND_HANDLE).due_at, w.now_ms + 5 * (int64_t)DAY_MS);
    SAYS(finds("区城管局", about("翠湖社区", "ROAD", "路面塌陷")), "NOT_YOURS");
    struct command named = about("翠湖社区", "ROAD", "路面塌陷");
    named.body.raise_call.caller = code_of("S1");
    SAYS(finds("华山街道", named), "ok");
    SAYS(stands(), "handling, lead 华山街道, 华山街道 whistled: raised");
}
END_TEST

/* What the list gives to one unit is to be submitted and routed, not called. */
START_TEST(what_is_found_says_where_and_what)
{
    static const struct {
        const char *place, *matter, *text, *says, *field;
    } cells[] = {
        {"翠湖社区", "", "线缆垂落", "UNKNOWN_MATTER", "matter"},
        {"翠湖社区", "NONE", "线缆垂落", "UNKNOWN_MATTER", "matter"},
        {"翠湖社区", "ROAD", "", "INCOMPLETE", "text"},
        {"", "ROAD", "线缆垂落", "NOT_FOUND", "case"}, /* neither a case nor a place */
    };
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        SAYS(finds("华山街道", about(cells[i].place, cells[i].matter, cells[i].text)), cells[i].says);
        ck_assert_str_eq(w.verdict->field, cells[i].field);
    }
    struct command nowhere = about("", "ROAD", "线缆垂落");
    nowhere.body.raise_call.place = code_of("S9");
    SAYS(finds("华山街道", nowhere), "UNKNOWN_UNIT");
    struct command pipe = about("翠湖社区", "PIPE", "管道漏水");
    set_units(&pipe.body.raise_call.units, "DA", NULL);
    pipe.body.raise_call.reason = CALL_REASON_UNSOLVABLE_HERE;
    SAYS(finds("华山街道", pipe), "DISPATCH_INSTEAD");
    w.actor_matters.count = 1;
    w.actor_matters.at[0] = code_of("LAMP");
    SAYS(finds("华山街道", about("翠湖社区", "ROAD", "线缆垂落")), "NO_MATTER");
    ck_assert_str_eq(w.verdict->field, "matter");
}
END_TEST

/* About a case or about a place: what stands in the case is not said twice. */
START_TEST(a_call_is_about_one_of_both)
{
    case_of("PIPE", "翠湖社区");
    static const char *const fields[] = {"place", "matter", "address"};
    for (int i = 0; i < 3; i++) {
        struct command both = raise_on(id, "UT", NULL);
        if (i == 0) {
            both.body.raise_call.place = code_of("C1");
        } else if (i == 1) {
            both.body.raise_call.matter = code_of("ROAD");
        } else {
            both.body.raise_call.address = text_of("路口");
        }
        SAYS(does("华山街道", both), "BAD_FIELD");
        ck_assert_str_eq(w.verdict->field, fields[i]);
    }
}
END_TEST

/* The urgency that was found, or what the matter is at least; the address is in the sealed part. */
START_TEST(what_is_found_may_be_urgent)
{
    w.district.policy.handle[URGENCY_EMERGENCY] = (struct span){TIME_KIND_NATURAL, 2 * (int64_t)HOUR_MS};
    struct command raise = about("翠湖社区", "unknown", "燃气泄漏");
    raise.body.raise_call.urgency = URGENCY_EMERGENCY;
    raise.body.raise_call.address = text_of("翠湖路口");
    SAYS(finds("华山街道", raise), "ok");
    ck_assert_int_eq(world_case(&w, id).dims.urgency, URGENCY_EMERGENCY);
    ck_assert_int_eq(world_clock(&w, id, 0, CLOCK_KIND_HANDLE).due_at, w.now_ms + 2 * (int64_t)HOUR_MS);
    const struct case_received_body *received = &world_record(&w, RECORD_CASE_RECEIVED)->body.case_received;
    ck_assert(text_equal(received->address, text_of("翠湖路口")));
    ck_assert(text_equal(received->text, text_of("燃气泄漏")));
}
END_TEST

/* A number for each, to the last of a day; a new round brings no clock of a citizen. */
START_TEST(a_found_case_is_a_case)
{
    SAYS(finds("华山街道", about("翠湖社区", "ROAD", "线缆垂落")), "ok");
    uint32_t first = world_case(&w, id).day_no;
    SAYS(finds("华山街道", about("翠湖社区", "ROAD", "井盖缺失")), "ok");
    ck_assert_uint_eq(world_case(&w, id).day_no, first + 1);
    SAYS(takes_back("华山街道"), "ok");
    SAYS(plainly("华山街道", COMMAND_SIGN), "ok");
    SAYS(does("华山街道", answer_to(id)), "ok");
    struct command reopen = {.type = COMMAND_REOPEN};
    reopen.body.reopen.reason = text_of("又缺失");
    reopen.body.reopen.case_id = id;
    as("指挥中心");
    w.roles |= role(ROLE_SUPERVISOR);
    ck_assert_int_eq(world_do(&w, &reopen), REFUSAL_NONE);
    ck_assert_uint_eq(world_case(&w, id).total_clock, 0);
    struct district_row d;
    ck_assert(tables_get(&w.tables, ROW_DISTRICT, 1, &d));
    d.day_no = NUMBER_DAY_NO_MAX;
    tables_put(&w.tables, ROW_DISTRICT, 1, &d);
    SAYS(finds("华山街道", about("翠湖社区", "ROAD", "井盖缺失")), "CAP");
    ck_assert_str_eq(w.verdict->field, "number");
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_street_whistles_about_a_place},   {a_community_and_the_desk_find_something_too},
                                       {what_is_found_says_where_and_what}, {a_call_is_about_one_of_both},
                                       {what_is_found_may_be_urgent},       {a_found_case_is_a_case}};
    return suite_run(&(struct suite){
        .name = "found_calls", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
