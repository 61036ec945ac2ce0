/*
 * guards.h - one world and short ways to ask it, for tests of what is refused and what is just not
 */
#ifndef HUYING_TESTS_CORE_GUARDS_H
#define HUYING_TESTS_CORE_GUARDS_H

#include "tests/core/world.h"
#include "tests/suite.h"

#include <check.h>
#include <string.h>

enum { UNIT_C1 = 0, UNIT_DA = 2, UNIT_DB = 3, UNIT_S1 = 5, UNIT_UT = 7, ROW_PIPE = 1, ROW_ROAD = 2 }; /* in the world's lists */

static struct world w;

static inline void setup(void)
{
    world_open(&w);
}

static inline void teardown(void)
{
    world_close(&w);
}

static inline uint32_t role(enum role role)
{
    return UINT32_C(1) << role;
}

static inline void expect(struct command *command, enum refusal refusal, const char *field)
{
    enum refusal said = world_judge(&w, command);
    ck_assert_msg(said == refusal, "%s: %s, not %s", command_info(command->type)->name, refusal_infos[said].code,
                  refusal_infos[refusal].code);
    if (field != NULL) {
        ck_assert_str_eq(w.verdict->field, field);
    }
}

/* Judged and taken; the newest record of that type. */
static inline const struct record *taken(struct command *command, enum record_type type)
{
    expect(command, REFUSAL_NONE, NULL);
    ck_assert_int_eq(world_do(&w, command), REFUSAL_NONE);
    for (uint32_t i = w.verdict->count; i > 0; i--) {
        if (w.verdict->records[i - 1].type == type) {
            return &w.verdict->records[i - 1];
        }
    }
    ck_abort_msg("%s: no such record", command_info(command->type)->name);
    return NULL;
}

static inline void set_units(struct codes *ret, const char *first, const char *second)
{
    ret->count = 0;
    if (first != NULL) {
        ret->at[ret->count++] = code_of(first);
    }
    if (second != NULL) {
        ret->at[ret->count++] = code_of(second);
    }
}

static inline bool has_clock(uint64_t case_id, uint64_t duty_id, enum clock_kind kind, struct clock_row *ret)
{
    for (uint64_t id = world_case(&w, case_id).clock_last; id != 0; id = ret->prev_of_case) {
        ck_assert(tables_get(&w.tables, ROW_CLOCK, id, ret));
        if (ret->kind == kind && ret->duty_id == duty_id) {
            return true;
        }
    }
    return false;
}

static inline struct clock_row clock_of(uint64_t case_id, uint64_t duty_id, enum clock_kind kind)
{
    struct clock_row clock;
    ck_assert_msg(has_clock(case_id, duty_id, kind, &clock), "no clock %s", enum_name(&clock_kind_enum, kind));
    return clock;
}

static inline uint64_t duty_of(uint64_t case_id, enum duty_kind kind)
{
    return world_duty(&w, case_id, kind).duty_id;
}

static inline struct command submit_road(void)
{
    struct command command = {.type = COMMAND_SUBMIT};
    command.body.submit.matter = code_of("ROAD");
    command.body.submit.place = code_of("S1");
    command.body.submit.title = text_of("hole");
    command.body.submit.reporter_phone = text_of("000-0001");
    return command;
}

static inline struct command raise_on(uint64_t case_id, const char *first, const char *second)
{
    struct command command = {.type = COMMAND_RAISE_CALL};
    command.body.raise_call.case_id = case_id;
    set_units(&command.body.raise_call.units, first, second);
    return command;
}

static inline struct command route_to(uint64_t case_id, const char *unit, const char *reason)
{
    struct command command = {.type = COMMAND_ROUTE};
    command.body.route.case_id = case_id;
    command.body.route.unit = code_of(unit);
    command.body.route.reason = text_of(reason);
    return command;
}

static inline struct command take_over(uint64_t case_id, const char *unit)
{
    struct command command = {.type = COMMAND_TAKE_OVER};
    command.body.take_over.case_id = case_id;
    command.body.take_over.unit = code_of(unit);
    command.body.take_over.reason = text_of("too slow");
    return command;
}

static inline struct command answer_to(uint64_t case_id)
{
    struct command command = {.type = COMMAND_ANSWER};
    command.body.answer.case_id = case_id;
    command.body.answer.text = text_of("Filled.");
    return command;
}

static inline void set_open_duties(uint64_t case_id, uint32_t count)
{
    struct case_row c = world_case(&w, case_id);
    c.open_duties = count;
    tables_put(&w.tables, ROW_CASE, case_id, &c);
}

static inline struct duty_row duty_by_id(uint64_t id)
{
    struct duty_row duty;
    ck_assert(tables_get(&w.tables, ROW_DUTY, id, &duty));
    return duty;
}

static inline struct call_row call_by_id(uint64_t id)
{
    struct call_row call;
    ck_assert(tables_get(&w.tables, ROW_CALL, id, &call));
    return call;
}

static inline struct clock_row total_of(uint64_t case_id)
{
    return world_clock(&w, case_id, 0, CLOCK_KIND_TOTAL);
}

/* Every item of the duty, also what had stopped, is void and in no figure. */
static inline void expect_void(uint64_t id, uint64_t duty)
{
    struct clock_row clock;
    int seen = 0;
    for (uint64_t at = world_case(&w, id).clock_last; at != 0; at = clock.prev_of_case) {
        ck_assert(tables_get(&w.tables, ROW_CLOCK, at, &clock));
        if (clock.duty_id == duty) {
            ck_assert_int_eq(clock.state, CLOCK_STATE_VOID);
            ck_assert_int_eq(clock.counted, 0);
            seen++;
        }
    }
    ck_assert_int_ge(seen, 3);
}

static inline struct command decide(uint64_t case_id, enum decision decision)
{
    struct command command = {.type = COMMAND_DECIDE};
    command.body.decide.case_id = case_id;
    command.body.decide.decision = decision;
    command.body.decide.reason = text_of("we have looked at it");
    return command;
}

/* From now on this person acts, in this role. */
static inline void act_as(const char *actor, enum role of, const char *unit)
{
    w.actor = actor;
    w.roles = role(of);
    w.unit = code_of(unit);
}

#endif
