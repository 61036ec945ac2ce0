/*
 * transcript.h - stories of calls as people of the district would tell them: who does what, and what is said
 *
 * Units by their names: 华山街道 (S1) with 翠湖社区 (C1) and its grid (G1), 大观街道 (S2), 区城管局 (DA), 区住建局 (DB),
 * 供电所 (UT), 指挥中心 (D1). Each step gives "ok" or the code that it is refused with.
 */
#ifndef HUYING_TESTS_CORE_TRANSCRIPT_H
#define HUYING_TESTS_CORE_TRANSCRIPT_H

#include "tests/core/guards.h"

#include <stdio.h>

static const struct {
    const char *name, *unit;
} names[] = {{"华山街道", "S1"},      {"大观街道", "S2"},      {"翠湖社区", "C1"}, {"翠湖一网格", "G1"},
             {"区城管局", "DA"},      {"区住建局", "DB"},      {"供电所", "UT"},   {"指挥中心", "D1"},
             {"街道中心", "S1-DESK"}, {"街道城管办", "E-CITY"}}; /* the last two: where a story makes them */

static inline const char *unit_named(const char *name)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i].name, name) == 0) {
            return names[i].unit;
        }
    }
    ck_abort_msg("no unit %s", name);
}

static inline const char *name_of(const struct code *unit)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i].unit, unit->s) == 0) {
            return names[i].name;
        }
    }
    return "-";
}

static uint64_t id; /* the case of the story */

/* Acts as leader and worker of a unit; the desk as dispatcher. */
static inline void as(const char *name)
{
    w.unit = code_of(unit_named(name));
    w.actor = name;
    w.roles = role(ROLE_WORKER) | role(ROLE_LEADER);
    if (strcmp(name, "指挥中心") == 0) {
        w.roles = role(ROLE_DISPATCHER) | role(ROLE_OPERATOR);
    }
}

static inline const char *said(enum refusal refusal)
{
    return refusal == REFUSAL_NONE ? "ok" : refusal_infos[refusal].code;
}

static inline const char *does(const char *name, struct command command)
{
    as(name);
    command.body.sign.case_id = id;
    return said(world_do(&w, &command));
}

static inline const char *whistles(const char *name, const char *called)
{
    struct command raise = {.type = COMMAND_RAISE_CALL};
    set_units(&raise.body.raise_call.units, unit_named(called), NULL);
    raise.body.raise_call.reason = CALL_REASON_JOINT_ENFORCEMENT;
    raise.body.raise_call.text = text_of("请到场");
    return does(name, raise);
}

static inline const char *dispatches(const char *called)
{
    struct command dispatch = {.type = COMMAND_DISPATCH_CALL};
    set_units(&dispatch.body.dispatch_call.units, unit_named(called), NULL);
    dispatch.body.dispatch_call.reason = text_of("职责所在");
    return does("指挥中心", dispatch);
}

/* The first of the two coordinates, unless another is named. */
static inline const char *dispatches_two(const char *first, const char *second, const char *coordinating)
{
    struct command dispatch = {.type = COMMAND_DISPATCH_CALL};
    set_units(&dispatch.body.dispatch_call.units, unit_named(first), unit_named(second));
    dispatch.body.dispatch_call.reason = text_of("职责所在");
    if (coordinating != NULL) {
        dispatch.body.dispatch_call.coordinating = code_of(unit_named(coordinating));
    }
    return does("指挥中心", dispatch);
}

static inline struct duty_row respond_of(uint64_t call, const char *name)
{
    struct duty_row duty = {0};
    for (uint64_t at = call_by_id(call).duty_last; at != 0; at = duty.prev_of_call) {
        duty = duty_by_id(at);
        if (duty.kind == DUTY_KIND_RESPOND && strcmp(duty.unit.s, unit_named(name)) == 0) {
            return duty;
        }
    }
    ck_abort_msg("%s is not called", name);
}

static inline const char *plainly(const char *name, enum command_type type)
{
    struct command command = {.type = type};
    if (type == COMMAND_ARRIVE) {
        command.body.arrive.evidence = text_of("现场照片");
    } else if (type == COMMAND_CONTACT) {
        command.body.contact.evidence = text_of("电话");
    }
    return does(name, command);
}

static inline const char *finishes(const char *name, enum finish_code code)
{
    struct command finish = {.type = COMMAND_FINISH_CALL};
    finish.body.finish_call.code = code;
    finish.body.finish_call.text = text_of("已处置");
    return does(name, finish);
}

static inline const char *rates(const char *name, uint32_t score)
{
    struct command rate = {.type = COMMAND_RATE_CALL};
    rate.body.rate_call.confirmed = score > 2;
    rate.body.rate_call.score = score;
    return does(name, rate);
}

static inline const char *answers(const char *name)
{
    struct command answer = answer_to(id);
    plainly(name, COMMAND_CONTACT);
    return does(name, answer);
}

static inline const char *says_solved(bool solved)
{
    w.unit = code_of("D1");
    w.roles = role(ROLE_FOLLOWUP);
    return said(world_followup(&w, id, solved ? SAID_SOLVED_YES : SAID_SOLVED_NO, SAID_SATISFIED_YES));
}

static inline const char *takes_back(const char *name)
{
    struct command withdraw = {.type = COMMAND_WITHDRAW_CALL};
    withdraw.body.withdraw_call.reason = text_of("业主已自行处理");
    return does(name, withdraw);
}

static inline const char *calls_off(const char *name, const char *called)
{
    struct command cancel = {.type = COMMAND_CANCEL};
    cancel.body.cancel.unit = code_of(unit_named(called));
    cancel.body.cancel.kind = DUTY_KIND_RESPOND;
    cancel.body.cancel.reason = text_of("未到场");
    return does(name, cancel);
}

/* How it stands: "办理中 主办区城管局 吹哨华山街道" and so on. */
static inline const char *stands(void)
{
    static char line[160];
    struct case_row c = world_case(&w, id);
    struct call_row call = {0};
    bool called = tables_get(&w.tables, ROW_CALL, c.call_last, &call);
    snprintf(line, sizeof(line), "%s, lead %s, %s whistled: %s", enum_name(&case_state_enum, c.state), name_of(&c.lead),
             called ? name_of(&call.caller) : "nobody", called ? enum_name(&call_state_enum, call.state) : "none");
    return line;
}

/* A street light is out (路灯), or a pipe, at the place; the rule routes it. */
static inline void case_of(const char *matter, const char *place)
{
    w.unit = code_of("D1");
    w.actor = "话务员";
    w.roles = role(ROLE_OPERATOR);
    id = world_submit(&w, matter, unit_named(place));
}

#define SAYS(step, expected) ck_assert_str_eq(step, expected)

#endif
