/* situations.c - see situations.h; those with a call are in situations_calls.c */
#include "tests/core/situations_inner.h"

#include <check.h>
#include <string.h>

static uint64_t received(struct world *w)
{
    return world_submit(w, "unknown", "S1");
}

static uint64_t lead_offered(struct world *w)
{
    return world_submit(w, "LAMP", "G1");
}

static uint64_t lead_signed(struct world *w)
{
    uint64_t id = world_submit(w, "LAMP", "G1");
    world_act(w, COMMAND_CONTACT, id, world_duty(w, id, DUTY_KIND_LEAD).duty_id);
    return id;
}

uint64_t situations_support_offered(struct world *w)
{
    uint64_t id = world_submit(w, "ROAD", "C1");
    world_act(w, COMMAND_CONTACT, id, world_duty(w, id, DUTY_KIND_LEAD).duty_id);
    return id;
}

static uint64_t support_signed(struct world *w)
{
    uint64_t id = situations_support_offered(w);
    world_act(w, COMMAND_SIGN, id, world_duty(w, id, DUTY_KIND_SUPPORT).duty_id);
    return id;
}

static uint64_t support_done(struct world *w)
{
    uint64_t id = support_signed(w);
    world_act(w, COMMAND_REPORT, id, world_duty(w, id, DUTY_KIND_SUPPORT).duty_id);
    return id;
}

static uint64_t claimed(struct world *w)
{
    uint64_t id = support_signed(w);
    world_act(w, COMMAND_CLAIM, id, world_duty(w, id, DUTY_KIND_SUPPORT).duty_id);
    world_act(w, COMMAND_CLAIM, id, world_duty(w, id, DUTY_KIND_LEAD).duty_id);
    return id;
}

static uint64_t claimed_offered(struct world *w)
{
    uint64_t id = world_submit(w, "ROAD", "C1");
    world_act(w, COMMAND_CLAIM, id, world_duty(w, id, DUTY_KIND_SUPPORT).duty_id);
    world_act(w, COMMAND_CLAIM, id, world_duty(w, id, DUTY_KIND_LEAD).duty_id);
    return id;
}

static uint64_t claimed_route(struct world *w)
{
    uint64_t id = received(w);
    world_act(w, COMMAND_CLAIM, id, world_duty(w, id, DUTY_KIND_ROUTE).duty_id);
    return id;
}

void situations_ask(struct world *w, uint64_t id, enum duty_kind kind)
{
    struct command command = {.type = COMMAND_ASK_RETURN};
    command.body.ask_return.duty_id = world_duty(w, id, kind).duty_id;
    command.body.ask_return.reason = text_of("not ours");
    command.body.ask_return.basis = text_of("the list");
    command.body.ask_return.better = code_of("UT");
    ck_assert_int_eq(world_do(w, &command), REFUSAL_NONE);
}

/* The lead says that it is not its own; a supporting unit too. */
static uint64_t asked(struct world *w)
{
    uint64_t id = support_signed(w);
    situations_ask(w, id, DUTY_KIND_SUPPORT);
    situations_ask(w, id, DUTY_KIND_LEAD);
    return id;
}

static uint64_t asked_claimed(struct world *w)
{
    uint64_t id = asked(w);
    world_act(w, COMMAND_CLAIM, id, world_duty(w, id, DUTY_KIND_RULE).duty_id);
    return id;
}

/* A dispatcher wants a case back from a lead that is at work: its leader is asked. */
void situations_ask_lead(struct world *w, uint64_t id)
{
    uint32_t roles = w->roles;
    struct command command = {.type = COMMAND_REROUTE};
    command.body.reroute.case_id = id;
    command.body.reroute.unit = code_of("DA");
    command.body.reroute.reason = text_of("the street was misread");
    world_act(w, COMMAND_CONTACT, id, world_duty(w, id, DUTY_KIND_LEAD).duty_id);
    w->roles = UINT32_C(1) << ROLE_DISPATCHER;
    ck_assert_int_eq(world_do(w, &command), REFUSAL_NONE);
    w->roles = roles;
}

static uint64_t lead_asked(struct world *w)
{
    uint64_t id = situations_support_offered(w);
    situations_ask_lead(w, id);
    return id;
}

static uint64_t lead_asked_claimed(struct world *w)
{
    uint64_t id = lead_asked(w);
    world_act(w, COMMAND_CLAIM, id, world_duty(w, id, DUTY_KIND_DECIDE).duty_id);
    return id;
}

static uint64_t received_with_fallback(struct world *w)
{
    w->district.policy.fallback[URGENCY_ORDINARY] = code_of("DA");
    return received(w);
}

static uint64_t answered(struct world *w)
{
    uint64_t id = world_submit(w, "LAMP", "G1");
    world_answer(w, id);
    return id;
}

static uint64_t answered_claimed(struct world *w)
{
    uint64_t id = answered(w);
    world_act(w, COMMAND_CLAIM, id, world_duty(w, id, DUTY_KIND_FOLLOWUP).duty_id);
    return id;
}

static uint64_t answered_last_round(struct world *w)
{
    w->district.policy.rounds = 1;
    return answered(w);
}

static uint64_t attempts_but_one(struct world *w)
{
    uint64_t id = answered(w);
    for (int i = 0; i < 2; i++) {
        struct command command = {.type = COMMAND_NOTE_ATTEMPT};
        command.body.note_attempt.case_id = id;
        w->actor = "asker";
        ck_assert_int_eq(world_do(w, &command), REFUSAL_NONE);
        w->actor = "tester";
        world_wait(w, DAY_MS / 2);
    }
    return id;
}

static uint64_t no_followup(struct world *w)
{
    w->district.policy.followup = FOLLOWUP_MODE_NEVER;
    return lead_signed(w);
}

static uint64_t closed(struct world *w)
{
    uint64_t id = answered(w);
    ck_assert_int_eq(world_followup(w, id, SAID_SOLVED_YES, SAID_SATISFIED_YES), REFUSAL_NONE);
    return id;
}

uint64_t situations_force_state(struct world *w, uint64_t id, enum case_state state)
{
    struct case_row c = world_case(w, id);
    c.state = (uint8_t)state;
    tables_put(&w->tables, ROW_CASE, id, &c);
    return id;
}

static uint64_t suspended_support(struct world *w)
{
    return situations_force_state(w, claimed(w), CASE_STATE_SUSPENDED);
}

static uint64_t held(struct world *w)
{
    uint64_t id = lead_signed(w);
    struct duty_row duty = world_duty(w, id, DUTY_KIND_LEAD);
    duty.state = DUTY_STATE_HELD;
    tables_put(&w->tables, ROW_DUTY, duty.duty_id, &duty);
    return id;
}

static const struct situation situations[] = {
    {"received", received, "LAMP"},
    {"route claimed", claimed_route, "unknown"},
    {"return asked", asked, "ROAD"},
    {"return asked and claimed", asked_claimed, "ROAD"},
    {"lead asked to let it go", lead_asked, "ROAD"},
    {"lead asked, claimed", lead_asked_claimed, "ROAD"},
    {"received, a fallback unit", received_with_fallback, "unknown"},
    {"lead offered", lead_offered, "LAMP"},
    {"lead signed", lead_signed, "ROAD"},
    {"support offered", situations_support_offered, "ROAD"},
    {"support signed", support_signed, "ROAD"},
    {"support done", support_done, "ROAD"},
    {"claimed", claimed, "ROAD"},
    {"claimed before signing", claimed_offered, "ROAD"},
    {"answered", answered, "ROAD"},
    {"answered and claimed", answered_claimed, "ROAD"},
    {"answered in the last round", answered_last_round, "ROAD"},
    {"all attempts but one", attempts_but_one, "ROAD"},
    {"no follow-up", no_followup, "ROAD"},
    {"closed", closed, "ROAD"},
    {"suspended, support claimed", suspended_support, "ROAD"},
    {"lead held", held, "ROAD"},
};
#define OWN (sizeof(situations) / sizeof(situations[0]))

const struct situation *situation_at(size_t i)
{
    if (i < OWN) {
        return &situations[i];
    }
    return i - OWN < situations_calls_count ? &situations_calls[i - OWN] : NULL;
}

const struct situation *situation_named(const char *name)
{
    const struct situation *situation;
    for (size_t i = 0; (situation = situation_at(i)) != NULL; i++) {
        if (strcmp(situation->name, name) == 0) {
            return situation;
        }
    }
    ck_abort_msg("no situation %s", name);
}
