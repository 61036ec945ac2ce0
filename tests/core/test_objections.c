/* test_objections.c - 报到异议: a called unit says that the call is not its own, and the desk rules. As transcripts */
#include "tests/core/transcript.h"

#define NATURAL(ms) ((struct span){TIME_KIND_NATURAL, (ms)})

static struct command objection(const char *better)
{
    struct command command = {.type = COMMAND_OBJECT_CALL};
    command.body.object_call.reason = text_of("围墙在铁路用地上");
    command.body.object_call.basis = text_of("职责清单第 12 行");
    if (better != NULL) {
        command.body.object_call.better = code_of(unit_named(better));
    }
    return command;
}

static const char *objects(const char *name, const char *better)
{
    return does(name, objection(better));
}

static struct command ruling(enum ruling said, const char *to)
{
    struct command command = {.type = COMMAND_RULE};
    command.body.rule.ruling = said;
    command.body.rule.reason = text_of("按职责清单裁定");
    if (to != NULL) {
        command.body.rule.to = code_of(unit_named(to));
    }
    return command;
}

static const char *desk_rules(enum ruling said, const char *to)
{
    return does("指挥中心", ruling(said, to));
}

static const char *supervisor_designates(const char *to)
{
    struct command command = ruling(RULING_DESIGNATED, to);
    w.unit = code_of("D1");
    w.actor = "督办员";
    w.roles = role(ROLE_SUPERVISOR);
    command.body.sign.case_id = id;
    return world_do(&w, &command) == REFUSAL_NONE ? "ok" : said(w.verdict->refusal);
}

/* 华山街道 whistles for 供电所 on its own case; the desk sends the call on. */
static uint64_t called_for_power(void)
{
    case_of("ROAD", "华山街道");
    SAYS(whistles("华山街道", "供电所"), "ok");
    uint64_t call = world_case(&w, id).call_last;
    SAYS(dispatches("供电所"), "ok");
    return call;
}

/* --- asking --------------------------------------------------------------------------------------------------------------- */

START_TEST(the_desk_is_asked_and_the_clocks_run_on)
{
    uint64_t call = called_for_power();
    world_wait(&w, HOUR_MS / 2);
    SAYS(objects("供电所", "区城管局"), "ok");
    const struct record *asked = world_record(&w, RECORD_RETURN_ASKED);
    ck_assert_int_eq(asked->body.return_asked.duty_kind, DUTY_KIND_RESPOND);
    ck_assert_str_eq(asked->body.return_asked.better.s, "DA");
    ck_assert_uint_eq(asked->head.call_id, call);
    struct duty_row question = world_duty(&w, id, DUTY_KIND_RULE), respond = respond_of(call, "供电所");
    ck_assert_int_eq(question.about, ABOUT_OBJECTION);
    ck_assert_uint_eq(question.call_id, call);
    ck_assert_uint_eq(question.of_duty, respond.duty_id);
    ck_assert_str_eq(question.unit.s, "D1");
    ck_assert_int_eq(question.due_at, w.now_ms + DAY_MS);
    ck_assert_int_eq(respond.state, DUTY_STATE_OFFERED);
    ck_assert_int_eq(clock_of(id, respond.duty_id, CLOCK_KIND_SIGN).state, CLOCK_STATE_STOPPED);
    ck_assert_int_eq(clock_of(id, respond.duty_id, CLOCK_KIND_ARRIVE).state, CLOCK_STATE_RUNNING);
    ck_assert_int_eq(clock_of(id, respond.duty_id, CLOCK_KIND_FINISH).state, CLOCK_STATE_RUNNING);
    SAYS(stands(), "handling, lead 华山街道, 华山街道 whistled: called");
}
END_TEST

START_TEST(the_window_runs_from_the_offer)
{
    called_for_power();
    world_wait(&w, 4 * HOUR_MS);
    struct command object = objection("区城管局");
    object.body.sign.case_id = id;
    as("供电所");
    expect(&object, REFUSAL_NONE, NULL); /* the last instant */
    world_wait(&w, 1);
    expect(&object, REFUSAL_WINDOW, "object");
    w.district.policy.object = NATURAL(0); /* off: always */
    expect(&object, REFUSAL_NONE, NULL);
}
END_TEST

START_TEST(what_an_objection_needs)
{
    called_for_power();
    as("供电所");
    static const struct {
        const char *better;
        enum refusal refusal;
        const char *field;
    } cells[] = {
        {NULL, REFUSAL_NO_BETTER_UNIT, "better"},        {"供电所", REFUSAL_BAD_FIELD, "better"},
        {"华山街道", REFUSAL_WRONG_DIRECTION, "better"}, {"大观街道", REFUSAL_WRONG_DIRECTION, "better"},
        {"翠湖社区", REFUSAL_WRONG_DIRECTION, "better"}, {"区城管局", REFUSAL_NONE, NULL},
    };
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        struct command object = objection(cells[i].better);
        object.body.sign.case_id = id;
        expect(&object, cells[i].refusal, cells[i].field);
    }
    struct command object = objection(NULL);
    object.body.sign.case_id = id;
    object.body.object_call.better = code_of("XX");
    expect(&object, REFUSAL_UNKNOWN_UNIT, "better");
    object = objection("区城管局");
    object.body.sign.case_id = id;
    object.body.object_call.outside = true;
    expect(&object, REFUSAL_BAD_FIELD, "outside");
    object.body.object_call.better = (struct code){0}; /* 铁路: none of the district's */
    expect(&object, REFUSAL_NONE, NULL);
    object.body.object_call.basis = (struct text){0};
    expect(&object, REFUSAL_NO_BASIS, "basis");
    object.body.object_call.reason = (struct text){0};
    expect(&object, REFUSAL_INCOMPLETE, "reason");
    object = objection("区城管局");
    object.body.sign.case_id = id;
    set_open_duties(id, CAP_OPEN_DUTIES_PER_CASE);
    expect(&object, REFUSAL_CAP, "duty");
}
END_TEST

/* A second round has no return, but what is called in it is called anew. */
START_TEST(in_the_second_round_too)
{
    case_of("ROAD", "华山街道");
    SAYS(answers("华山街道"), "ok");
    SAYS(says_solved(false), "ok");
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(dispatches("供电所"), "ok");
    SAYS(objects("供电所", "区城管局"), "ok");
}
END_TEST

START_TEST(it_is_said_once)
{
    called_for_power();
    SAYS(objects("供电所", "区城管局"), "ok");
    SAYS(objects("供电所", "区住建局"), "ALREADY");
    SAYS(desk_rules(RULING_REFUSED, NULL), "ok");
    SAYS(objects("供电所", "区城管局"), "ALREADY");
}
END_TEST

/* Gas: who was called signs first. */
START_TEST(in_an_emergency_the_unit_signs_first)
{
    struct command submit = submit_road();
    submit.body.submit.urgency = URGENCY_EMERGENCY;
    id = taken(&submit, RECORD_CASE_RECEIVED)->seq;
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(dispatches("供电所"), "ok");
    SAYS(objects("供电所", "区城管局"), "LANE");
    SAYS(plainly("供电所", COMMAND_SIGN), "ok");
    SAYS(objects("供电所", "区城管局"), "ok");
}
END_TEST

/* --- upheld --------------------------------------------------------------------------------------------------------------- */

/* 两个部门，一个有异议: 区住建局 stays, 区城管局 comes in the place of 供电所 with clocks of its own. */
START_TEST(of_two_departments_one_objects_and_is_replaced)
{
    case_of("ROAD", "华山街道");
    SAYS(whistles("华山街道", "供电所"), "ok");
    uint64_t call = world_case(&w, id).call_last;
    SAYS(dispatches_two("供电所", "区住建局", NULL), "ok");
    SAYS(plainly("供电所", COMMAND_SIGN), "ok");
    world_wait(&w, 2 * HOUR_MS);
    SAYS(objects("供电所", "区城管局"), "ok");
    world_wait(&w, 5 * HOUR_MS);
    SAYS(desk_rules(RULING_UPHELD, "区城管局"), "ok");
    const struct record *ruled = world_record(&w, RECORD_RETURN_RULED);
    ck_assert_str_eq(ruled->head.unit.s, "UT");
    ck_assert_str_eq(ruled->body.return_ruled.to.s, "DA");
    ck_assert_uint_eq(ruled->head.call_id, call);
    struct duty_row gone = respond_of(call, "供电所"), other = respond_of(call, "区住建局"), next = respond_of(call, "区城管局");
    ck_assert_int_eq(gone.state, DUTY_STATE_ENDED);
    ck_assert_int_eq(gone.reason, DUTY_END_RETURNED);
    expect_void(id, gone.duty_id); /* what it signed in time, too */
    ck_assert_int_eq(other.state, DUTY_STATE_OFFERED);
    ck_assert_int_eq(clock_of(id, other.duty_id, CLOCK_KIND_ARRIVE).state, CLOCK_STATE_RUNNING);
    ck_assert_int_eq(next.state, DUTY_STATE_OFFERED);
    ck_assert_str_eq(next.creator.s, "S1");
    static const enum clock_kind kinds[] = {CLOCK_KIND_SIGN, CLOCK_KIND_CONTACT, CLOCK_KIND_ARRIVE, CLOCK_KIND_FINISH};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct clock_row clock = clock_of(id, next.duty_id, kinds[i]);
        ck_assert(clock.state == CLOCK_STATE_RUNNING && clock.started_at == w.now_ms);
    }
    ck_assert_int_eq(clock_of(id, next.duty_id, CLOCK_KIND_ARRIVE).due_at, w.now_ms + 3 * (int64_t)DAY_MS);
    ck_assert_uint_eq(call_by_id(call).open_responds, 2);
    ck_assert_uint_eq(world_case(&w, id).open_questions, 0);
    ck_assert_uint_eq(world_case(&w, id).returns, 0);     /* the lead has given nothing back */
    SAYS(plainly("供电所", COMMAND_ARRIVE), "BAD_STATE"); /* its own is over */
    SAYS(plainly("区城管局", COMMAND_SIGN), "ok");
    SAYS(plainly("区城管局", COMMAND_ARRIVE), "ok");
    ck_assert(clock_of(id, duty_of(id, DUTY_KIND_RULE), CLOCK_KIND_RULE).in_time);
}
END_TEST

/* A late item of a unit that should never have been called is nobody's lateness. */
START_TEST(what_is_upheld_is_in_no_figure)
{
    w.district.policy.object = NATURAL(0);
    uint64_t call = called_for_power();
    world_wait(&w, 11 * (int64_t)DAY_MS);
    ck_assert_uint_eq(world_count(&w, METRIC_CALL_ON_TIME_RATE).den, 1);
    SAYS(objects("供电所", "区城管局"), "ok");
    SAYS(desk_rules(RULING_UPHELD, "区城管局"), "ok");
    ck_assert_uint_eq(world_count(&w, METRIC_CALL_ON_TIME_RATE).den, 0);
    ck_assert_uint_eq(world_count(&w, METRIC_CALL_ON_TIME_RATE).excluded[0], 1);
    expect_void(id, respond_of(call, "供电所").duty_id);
}
END_TEST

/* The desk had given the hour at which all meet: whoever comes instead comes at that hour, as long as it lies ahead. */
START_TEST(the_appointed_hour_holds_for_who_comes_instead)
{
    for (int over = 0; over < 2; over++) {
        w.district.policy.object = NATURAL(0);
        case_of("ROAD", "华山街道");
        SAYS(whistles("华山街道", "供电所"), "ok");
        struct command dispatch = {.type = COMMAND_DISPATCH_CALL};
        int64_t hour = w.now_ms + 5 * HOUR_MS;
        set_units(&dispatch.body.dispatch_call.units, "UT", NULL);
        dispatch.body.dispatch_call.reason = text_of("现场会商");
        dispatch.body.dispatch_call.appointed_at = hour;
        SAYS(does("指挥中心", dispatch), "ok");
        world_wait(&w, over ? 6 * HOUR_MS : 5 * HOUR_MS);
        SAYS(objects("供电所", "区城管局"), "ok");
        SAYS(desk_rules(RULING_UPHELD, "区城管局"), "ok");
        struct clock_row arrive = clock_of(id, duty_of(id, DUTY_KIND_RESPOND), CLOCK_KIND_ARRIVE);
        ck_assert_int_eq(arrive.due_at, over ? w.now_ms + 3 * (int64_t)DAY_MS : hour);
    }
}
END_TEST

/* Nobody of the district: the desk has the call again, names others, and they are called. */
START_TEST(with_nobody_left_the_desk_has_the_call_again)
{
    uint64_t call = called_for_power();
    SAYS(objects("供电所", "区城管局"), "ok");
    world_wait(&w, HOUR_MS);
    SAYS(desk_rules(RULING_UPHELD, NULL), "ok");
    ck_assert_uint_eq(world_records(&w, RECORD_CALL_POOLED), 1);
    struct call_row row = call_by_id(call);
    ck_assert_int_eq(row.state, CALL_STATE_RAISED);
    ck_assert_uint_eq(row.open_responds, 0);
    ck_assert_uint_eq(row.targets.count, 0);
    struct duty_row route = world_duty(&w, id, DUTY_KIND_ROUTE);
    ck_assert_uint_eq(route.call_id, call);
    ck_assert_uint_eq(row.route_duty, route.duty_id);
    ck_assert_int_eq(clock_of(id, route.duty_id, CLOCK_KIND_DISPATCH).due_at, w.now_ms + HOUR_MS);
    SAYS(stands(), "handling, lead 华山街道, 华山街道 whistled: raised");
    struct command dispatch = {.type = COMMAND_DISPATCH_CALL};
    SAYS(does("指挥中心", dispatch), "INCOMPLETE"); /* who was asked for does not come */
    SAYS(dispatches("区城管局"), "ok");
    SAYS(stands(), "handling, lead 华山街道, 华山街道 whistled: called");
}
END_TEST

/* Who else was called has finished: with its result the call goes on, or ends. */
START_TEST(with_the_others_done_the_call_goes_on)
{
    for (int rated = 0; rated < 2; rated++) {
        case_of("ROAD", "华山街道");
        SAYS(whistles("华山街道", "供电所"), "ok");
        uint64_t call = world_case(&w, id).call_last;
        SAYS(dispatches_two("供电所", "区城管局", NULL), "ok");
        SAYS(plainly("区城管局", COMMAND_SIGN), "ok");
        SAYS(plainly("区城管局", COMMAND_ARRIVE), "ok");
        SAYS(finishes("区城管局", FINISH_CODE_PARTLY), "ok");
        SAYS(objects("供电所", "区住建局"), "ok");
        if (rated) {
            SAYS(rates("华山街道", 4), "ok");
        }
        SAYS(desk_rules(RULING_UPHELD, NULL), "ok");
        ck_assert_int_eq(call_by_id(call).state, rated ? CALL_STATE_CLOSED : CALL_STATE_REPORTED);
        ck_assert_int_eq(call_by_id(call).outcome, rated ? CALL_OUTCOME_PARTLY : CALL_OUTCOME_NONE);
        if (!rated) {
            SAYS(rates("华山街道", 4), "ok");
        }
        ck_assert_int_eq(call_by_id(call).state, CALL_STATE_CLOSED);
    }
}
END_TEST

/* One goes and nobody comes for it; the other is still on its way. */
START_TEST(with_another_on_its_way_nothing_ends)
{
    case_of("ROAD", "华山街道");
    SAYS(whistles("华山街道", "供电所"), "ok");
    uint64_t call = world_case(&w, id).call_last;
    SAYS(dispatches_two("供电所", "区城管局", NULL), "ok");
    SAYS(objects("供电所", "区住建局"), "ok");
    SAYS(desk_rules(RULING_UPHELD, NULL), "ok");
    ck_assert_int_eq(call_by_id(call).state, CALL_STATE_CALLED);
    ck_assert_uint_eq(call_by_id(call).open_responds, 1);
    SAYS(objects("区城管局", "区住建局"), "ok"); /* and when it goes too, the desk has the call again */
    SAYS(desk_rules(RULING_UPHELD, NULL), "ok");
    ck_assert_int_eq(call_by_id(call).state, CALL_STATE_RAISED);
}
END_TEST

/* The desk is a section that comes itself: that it sent the call on is no respond. */
START_TEST(the_desk_itself_may_come)
{
    w.district.desk_unit = UNIT_DB;
    case_of("ROAD", "华山街道");
    SAYS(whistles("华山街道", "供电所"), "ok");
    uint64_t call = world_case(&w, id).call_last;
    SAYS(dispatches("供电所"), "ok");
    SAYS(objects("供电所", "区城管局"), "ok");
    SAYS(desk_rules(RULING_UPHELD, "区住建局"), "ok");
    ck_assert_int_eq(respond_of(call, "区住建局").state, DUTY_STATE_OFFERED);
}
END_TEST

START_TEST(who_may_come_instead)
{
    case_of("ROAD", "华山街道");
    SAYS(whistles("华山街道", "供电所"), "ok");
    SAYS(dispatches_two("供电所", "区住建局", NULL), "ok");
    SAYS(objects("供电所", "区城管局"), "ok");
    static const struct {
        enum ruling ruling;
        const char *to;
        enum refusal refusal;
    } cells[] = {
        {RULING_REFUSED, "区城管局", REFUSAL_BAD_FIELD},
        {RULING_UPHELD, "供电所", REFUSAL_BAD_FIELD},
        {RULING_UPHELD, "大观街道", REFUSAL_WRONG_DIRECTION},
        {RULING_UPHELD, "华山街道", REFUSAL_WRONG_DIRECTION},
        {RULING_UPHELD, "区住建局", REFUSAL_ALREADY},
        {RULING_DESIGNATED, NULL, REFUSAL_INCOMPLETE},
        {RULING_UPHELD, "区城管局", REFUSAL_NONE},
    };
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        struct command rule = ruling(cells[i].ruling, cells[i].to);
        rule.body.sign.case_id = id;
        w.unit = code_of("D1");
        w.actor = "督办员";
        w.roles = role(ROLE_SUPERVISOR) | role(ROLE_DISPATCHER);
        expect(&rule, cells[i].refusal, cells[i].refusal == REFUSAL_NONE ? NULL : "to");
    }
    SAYS(desk_rules(RULING_UPHELD, "区城管局"), "ok");
    SAYS(objects("区城管局", "供电所"), "ok");       /* and a new offer may be objected to */
    SAYS(desk_rules(RULING_UPHELD, "供电所"), "ok"); /* who was ruled away may be called back */
}
END_TEST

/* --- refused, designated, lapsed ------------------------------------------------------------------------------------------ */

START_TEST(refused_it_comes_after_all)
{
    uint64_t call = called_for_power();
    struct duty_row before = respond_of(call, "供电所");
    int64_t due = clock_of(id, before.duty_id, CLOCK_KIND_ARRIVE).due_at;
    SAYS(objects("供电所", "区城管局"), "ok");
    world_wait(&w, 6 * HOUR_MS);
    SAYS(desk_rules(RULING_REFUSED, NULL), "ok");
    ck_assert_int_eq(respond_of(call, "供电所").state, DUTY_STATE_OFFERED);
    ck_assert_int_eq(clock_of(id, before.duty_id, CLOCK_KIND_ARRIVE).due_at, due);
    SAYS(plainly("供电所", COMMAND_SIGN), "ok");
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
}
END_TEST

START_TEST(designated_it_may_not_be_given_back)
{
    uint64_t call = called_for_power();
    SAYS(objects("供电所", "区城管局"), "ok");
    SAYS(does("指挥中心", ruling(RULING_DESIGNATED, "区城管局")), "NO_ROLE");
    SAYS(supervisor_designates("区城管局"), "ok");
    ck_assert_int_eq(respond_of(call, "区城管局").reason, DUTY_END_DESIGNATED);
    SAYS(objects("区城管局", "供电所"), "DESIGNATED");
    ck_assert_str_eq(w.verdict->field, "duty");

    call = called_for_power();
    SAYS(objects("供电所", "区城管局"), "ok");
    SAYS(supervisor_designates("供电所"), "ok"); /* it stays where it is */
    ck_assert_int_eq(respond_of(call, "供电所").state, DUTY_STATE_OFFERED);
    SAYS(objects("供电所", "区城管局"), "ALREADY");
}
END_TEST

START_TEST(an_objection_lapses_with_its_call)
{
    uint64_t call = called_for_power();
    SAYS(objects("供电所", "区城管局"), "ok");
    uint64_t question = duty_of(id, DUTY_KIND_RULE);
    SAYS(takes_back("华山街道"), "ok");
    ck_assert_uint_eq(world_records(&w, RECORD_DUTY_ENDED), 2); /* each once */
    ck_assert_int_eq(duty_by_id(question).state, DUTY_STATE_ENDED);
    ck_assert_int_eq(call_by_id(call).state, CALL_STATE_CLOSED);
    ck_assert_uint_eq(world_case(&w, id).open_questions, 0);

    called_for_power();
    SAYS(objects("供电所", "区城管局"), "ok");
    question = duty_of(id, DUTY_KIND_RULE);
    SAYS(calls_off("华山街道", "供电所"), "ok");
    ck_assert_int_eq(duty_by_id(question).state, DUTY_STATE_ENDED);

    called_for_power();
    SAYS(objects("供电所", "区城管局"), "ok");
    question = duty_of(id, DUTY_KIND_RULE);
    SAYS(plainly("供电所", COMMAND_SIGN), "ok");
    SAYS(plainly("供电所", COMMAND_ARRIVE), "ok");
    SAYS(finishes("供电所", FINISH_CODE_SOLVED), "ok"); /* it did it all the same */
    ck_assert_int_eq(duty_by_id(question).state, DUTY_STATE_ENDED);

    called_for_power(); /* the lead that called gives its own case back */
    SAYS(objects("供电所", "区城管局"), "ok");
    question = duty_of(id, DUTY_KIND_RULE);
    struct command reroute = {.type = COMMAND_REROUTE};
    reroute.body.reroute.unit = code_of("DA");
    reroute.body.reroute.reason = text_of("看错了地点");
    SAYS(does("指挥中心", reroute), "ok");
    ck_assert_int_eq(duty_by_id(question).state, DUTY_STATE_ENDED);
    ck_assert_uint_eq(world_case(&w, id).open_questions, 0);
    ck_assert_uint_eq(world_case(&w, id).open_calls, 0);
}
END_TEST

START_TEST(who_objected_takes_it_back)
{
    called_for_power();
    SAYS(objects("供电所", "区城管局"), "ok");
    uint64_t question = duty_of(id, DUTY_KIND_RULE);
    struct command cancel = {.type = COMMAND_CANCEL};
    cancel.body.cancel.duty_id = question;
    cancel.body.cancel.reason = text_of("核实后属本单位");
    SAYS(does("华山街道", cancel), "NOT_YOURS");
    SAYS(does("供电所", cancel), "ok");
    ck_assert_int_eq(duty_by_id(question).state, DUTY_STATE_ENDED);
    SAYS(stands(), "handling, lead 华山街道, 华山街道 whistled: called");
}
END_TEST

/* The desk sits on it: a supervisor is told. */
START_TEST(a_late_ruling_is_told)
{
    uint64_t call = called_for_power();
    SAYS(objects("供电所", "区城管局"), "ok");
    world_wait(&w, DAY_MS + 1);
    const struct record *told = world_record(&w, RECORD_ALARM_RAISED);
    ck_assert_int_eq(told->body.alarm_raised.alarm, ALARM_UNRULED);
    ck_assert_uint_eq(told->head.call_id, call);
}
END_TEST

/* A lead's return and a called unit's objection wait side by side: by who asked the desk says which. */
START_TEST(an_objection_beside_a_return)
{
    uint64_t call = called_for_power();
    struct command ask = {.type = COMMAND_ASK_RETURN};
    ask.body.ask_return.reason = text_of("不属本街道");
    ask.body.ask_return.basis = text_of("职责清单");
    ask.body.ask_return.better = code_of("DA");
    SAYS(does("华山街道", ask), "ok");
    SAYS(objects("供电所", "区城管局"), "ok");
    struct command refused = ruling(RULING_REFUSED, NULL);
    SAYS(does("指挥中心", refused), "AMBIGUOUS");
    refused.body.rule.unit = code_of("UT");
    SAYS(does("指挥中心", refused), "ok");
    ck_assert_uint_eq(world_record(&w, RECORD_RETURN_RULED)->head.call_id, call);
    SAYS(desk_rules(RULING_REFUSED, NULL), "ok");
    ck_assert_uint_eq(world_record(&w, RECORD_RETURN_RULED)->head.call_id, 0);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{the_desk_is_asked_and_the_clocks_run_on},
                                       {the_window_runs_from_the_offer},
                                       {what_an_objection_needs},
                                       {in_the_second_round_too},
                                       {it_is_said_once},
                                       {in_an_emergency_the_unit_signs_first},
                                       {of_two_departments_one_objects_and_is_replaced},
                                       {what_is_upheld_is_in_no_figure},
                                       {the_appointed_hour_holds_for_who_comes_instead},
                                       {with_nobody_left_the_desk_has_the_call_again},
                                       {with_the_others_done_the_call_goes_on},
                                       {with_another_on_its_way_nothing_ends},
                                       {the_desk_itself_may_come},
                                       {who_may_come_instead},
                                       {refused_it_comes_after_all},
                                       {designated_it_may_not_be_given_back},
                                       {an_objection_lapses_with_its_call},
                                       {who_objected_takes_it_back},
                                       {a_late_ruling_is_told},
                                       {an_objection_beside_a_return}};
    return suite_run(&(struct suite){
        .name = "objections", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
