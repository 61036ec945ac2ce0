/* rules.c - the rule tables. Sources: lifecycle 2a (case), 2b (duty), 2c (call); what is not built yet has no row. */
#include "dispatcher/core/rules.h"

#include <assert.h>

#define C(state) (UINT32_C(1) << CASE_STATE_##state)
#define D(state) (UINT32_C(1) << DUTY_STATE_##state)
#define L(state) (UINT32_C(1) << CALL_STATE_##state)
#define K(kind) (UINT32_C(1) << DUTY_KIND_##kind)
#define ALL_KINDS (K(ROUTE) | K(LEAD) | K(SUPPORT) | K(RESPOND) | K(RATE) | K(FOLLOWUP) | K(RULE) | K(DECIDE))
#define CLAIMED_KINDS ALL_KINDS
#define AT_WORK (C(HANDLING) | C(SUSPENDED))
#define SAME RULE_SAME
/* The call of another unit than the lead's goes on when the lead has answered, and when nobody leads the case any more. */
#define CALLED (C(RECEIVED) | AT_WORK | C(ANSWERED))
#define LAST_CALL "the last call that it waited for closes"
#define AWAITS "another unit's call is open"

/* clang-format off */
static const struct rule case_rules[] = {
    {COMMAND_SUBMIT,        0, C(NONE), "a row of the list fits", CASE_STATE_HANDLING, 0, "lead offered; sign, contact, handle, total clocks"},
    {COMMAND_SUBMIT,        0, C(NONE), NULL, CASE_STATE_RECEIVED, 0, "route duty at the desk; route and total clocks"},
    {COMMAND_ADD_NOTE,      0, C(RECEIVED) | AT_WORK | C(ANSWERED) | C(CLOSED), NULL, SAME, 0, "noted"},
    {COMMAND_ROUTE,         0, C(RECEIVED), NULL, CASE_STATE_HANDLING, 0, "route duty done; lead offered; supports"},
    {COMMAND_TAKE_OVER,     0, C(HANDLING), NULL, SAME, 0, "old lead ended, stays as support; new lead with a fresh limit"},
    {COMMAND_CLAIM,         0, C(RECEIVED) | AT_WORK | C(ANSWERED), NULL, SAME, 0, "claimed for a while"},
    {COMMAND_RELEASE,       0, C(RECEIVED) | AT_WORK | C(ANSWERED), NULL, SAME, 0, "the claim ends"},
    {COMMAND_SIGN,          0, CALLED, NULL, SAME, 0, "sign clock stops"},
    {COMMAND_CONTACT,       0, CALLED, NULL, SAME, 0, "contact clock stops on reached or the last attempt"},
    {COMMAND_REPORT_STAGE,  0, CALLED, NULL, SAME, 0, "noted; a lead's stage clock starts anew"},
    {COMMAND_ASSIGN,        0, CALLED, NULL, SAME, 0, "an inner support offered below the holder, with its inner due instant"},
    {COMMAND_REPORT,        0, CALLED, NULL, SAME, 0, "support done"},
    {COMMAND_ANSWER,        0, C(HANDLING), "the citizen is asked", CASE_STATE_ANSWERED, 0, "handle and total stop; supports ended; follow-up opens"},
    {COMMAND_ANSWER,        0, C(HANDLING), AWAITS, CASE_STATE_ANSWERED, 0, "handle and total stop; supports ended; closes with the call"},
    {COMMAND_ANSWER,        0, C(HANDLING), NULL, CASE_STATE_CLOSED, 0, "handle and total stop; supports ended; case closed"},
    {COMMAND_CANCEL,        0, C(ANSWERED), LAST_CALL, CASE_STATE_CLOSED, 0, "closed"},
    {COMMAND_CANCEL,        0, CALLED, NULL, SAME, 0, "one support or respond ended, overdue items stand; or a question taken back"},
    {COMMAND_ASK_RETURN,    0, C(HANDLING), NULL, SAME, 0, "rule duty at the desk; the asker's clocks run on"},
    {COMMAND_REFER_UP,      0, C(HANDLING), NULL, SAME, 0, "a question to the next tier; the lead's clocks run on"},
    {COMMAND_REROUTE,       0, C(HANDLING), "a dispatcher, the lead is at work", SAME, 0, "a question to the lead: its leader decides; all stays"},
    {COMMAND_REROUTE,       0, C(HANDLING), NULL, SAME, 0, "old lead ended, its items void; new lead with a full limit; supports anew"},
    {COMMAND_ADD_SUPPORT,   0, C(HANDLING), NULL, SAME, 0, "support offered, due with the lead at the latest"},
    {COMMAND_RULE,          0, C(HANDLING), "a lead's return upheld, to nobody", CASE_STATE_RECEIVED, 0, "back to the pool: route duty at the desk"},
    {COMMAND_RULE,          0, C(ANSWERED), LAST_CALL, CASE_STATE_CLOSED, 0, "closed"},
    {COMMAND_RULE,          0, CALLED, NULL, SAME, 0, "upheld, designated: asker's items void, next unit offered with a full limit; refused: all stays"},
    {COMMAND_DECIDE,        0, CALLED | C(CLOSED), NULL, SAME, 0, "granted: what was asked happens; refused: all stays"},
    {COMMAND_RAISE_CALL,    0, C(NONE), NULL, CASE_STATE_HANDLING, 0, "about a place: a found case, led by the caller, and the call on it"},
    {COMMAND_RAISE_CALL,    0, AT_WORK, NULL, SAME, 0, "call; all clocks of the case run on"},
    {COMMAND_DISPATCH_CALL, 0, CALLED, NULL, SAME, 0, "responds offered"},
    {COMMAND_OBJECT_CALL,   0, CALLED, NULL, SAME, 0, "rule duty at the desk; the called unit's clocks run on"},
    {COMMAND_ARRIVE,        0, CALLED, NULL, SAME, 0, "arrive clock stops"},
    {COMMAND_FINISH_CALL,   0, C(ANSWERED), LAST_CALL, CASE_STATE_CLOSED, 0, "closed"},
    {COMMAND_FINISH_CALL,   0, CALLED, NULL, SAME, 0, "finish clock stops; rate opens"},
    {COMMAND_WITHDRAW_CALL, 0, C(ANSWERED), LAST_CALL, CASE_STATE_CLOSED, 0, "closed"},
    {COMMAND_WITHDRAW_CALL, 0, CALLED, NULL, SAME, 0, "call closed; responds ended, their items void"},
    {COMMAND_RATE_CALL,     0, C(ANSWERED), LAST_CALL, CASE_STATE_CLOSED, 0, "closed"},
    {COMMAND_RATE_CALL,     0, CALLED | C(CLOSED), NULL, SAME, 0, "rate clock stops; a late rating is kept"},
    {COMMAND_NOTE_ATTEMPT,  0, C(ANSWERED), "the last attempt of the last follow-up", CASE_STATE_CLOSED, 0, "unreachable"},
    {COMMAND_NOTE_ATTEMPT,  0, C(ANSWERED), NULL, SAME, 0, "attempt counted"},
    {COMMAND_NOTE_FOLLOWUP, 0, C(ANSWERED), "not solved, rounds left", CASE_STATE_HANDLING, 0, "next round"},
    {COMMAND_NOTE_FOLLOWUP, 0, C(ANSWERED), "the last follow-up", CASE_STATE_CLOSED, 0, "closed"},
    {COMMAND_NOTE_FOLLOWUP, 0, C(ANSWERED), AWAITS, SAME, 0, "closes with the call"},
    {COMMAND_REOPEN,        0, C(ANSWERED) | C(CLOSED), NULL, CASE_STATE_HANDLING, 0, "next round"},
    {COMMAND_PULSE,         0, C(RECEIVED), "route red, a fallback unit", CASE_STATE_HANDLING, 0, "route duty ended; lead offered to the fallback unit; desk's leader and district leader told"},
    {COMMAND_PULSE,         0, C(HANDLING), "handle red, on_overdue take_over", SAME, 0, "take-over to the next tier"},
    {COMMAND_PULSE,         0, C(ANSWERED), "the last follow-up expires", CASE_STATE_CLOSED, 0, "unreachable"},
    {COMMAND_PULSE,         0, C(ANSWERED), LAST_CALL, CASE_STATE_CLOSED, 0, "closed"},
    {COMMAND_PULSE,         0, C(RECEIVED) | AT_WORK | C(ANSWERED) | C(CLOSED), NULL, SAME, 0, "rung; handle red with supervise proposes an order; route red tells the desk's leader and the district leader"},
};

static const struct rule duty_rules[] = {
    {COMMAND_CLAIM,         CLAIMED_KINDS, D(OFFERED) | D(SIGNED), NULL, SAME, 0, "claimed for a while"},
    {COMMAND_RELEASE,       CLAIMED_KINDS, D(OFFERED) | D(SIGNED), NULL, SAME, 0, "the claim ends"},
    {COMMAND_ROUTE,         K(ROUTE), D(SIGNED), NULL, DUTY_STATE_DONE, 0, "routed"},
    {COMMAND_DISPATCH_CALL, K(ROUTE), D(SIGNED), NULL, DUTY_STATE_DONE, 0, "dispatched"},
    {COMMAND_SIGN,          K(LEAD) | K(SUPPORT) | K(RESPOND), D(OFFERED), NULL, DUTY_STATE_SIGNED, 0, "the unit's legal act; a lead's stage clock starts"},
    {COMMAND_SIGN,          K(LEAD) | K(SUPPORT) | K(RESPOND), D(SIGNED), NULL, SAME, REFUSAL_ALREADY, ""},
    {COMMAND_CONTACT,       K(LEAD) | K(RESPOND), D(OFFERED), NULL, DUTY_STATE_SIGNED, 0, "implies sign"},
    {COMMAND_CONTACT,       K(LEAD) | K(RESPOND), D(SIGNED), NULL, SAME, 0, "contact recorded"},
    {COMMAND_REPORT_STAGE,  K(LEAD) | K(SUPPORT) | K(RESPOND), D(SIGNED) | D(HELD), NULL, SAME, 0, "how far it is; a lead's stage clock starts anew"},
    {COMMAND_REPORT_STAGE,  K(LEAD) | K(SUPPORT) | K(RESPOND), D(OFFERED), NULL, SAME, REFUSAL_NOT_SIGNED, ""},
    {COMMAND_ASSIGN,        K(LEAD) | K(SUPPORT) | K(RESPOND), D(OFFERED) | D(SIGNED), NULL, SAME, 0, "handed on inside; the holder stays the holder"},
    {COMMAND_REPORT,        K(SUPPORT), D(SIGNED), NULL, DUTY_STATE_DONE, 0, "result"},
    {COMMAND_REPORT,        K(SUPPORT), D(OFFERED), NULL, SAME, REFUSAL_NOT_SIGNED, ""},
    {COMMAND_ANSWER,        K(LEAD), D(SIGNED), NULL, DUTY_STATE_DONE, 0, "answer that stands"},
    {COMMAND_ANSWER,        K(LEAD), D(OFFERED), NULL, SAME, REFUSAL_NOT_SIGNED, ""},
    {COMMAND_TAKE_OVER,     K(LEAD), D(OFFERED) | D(SIGNED), NULL, DUTY_STATE_ENDED, 0, "taken_over"},
    {COMMAND_ASK_RETURN,    K(LEAD) | K(SUPPORT), D(OFFERED) | D(SIGNED), NULL, SAME, 0, "sign clock stops; rule opens"},
    {COMMAND_REFER_UP,      K(LEAD), D(SIGNED), NULL, SAME, 0, "a question to the next tier"},
    {COMMAND_REFER_UP,      K(LEAD), D(OFFERED), NULL, SAME, REFUSAL_NOT_SIGNED, ""},
    {COMMAND_REROUTE,       K(LEAD), D(SIGNED), "a dispatcher, the lead is at work", SAME, 0, "a question to the lead"},
    {COMMAND_REROUTE,       K(LEAD), D(OFFERED) | D(SIGNED), NULL, DUTY_STATE_ENDED, 0, "reassigned"},
    {COMMAND_ADD_SUPPORT,   K(LEAD), D(SIGNED), NULL, SAME, 0, "a support is offered"},
    {COMMAND_ADD_SUPPORT,   K(LEAD), D(OFFERED), NULL, SAME, REFUSAL_NOT_SIGNED, ""},
    {COMMAND_RULE,          K(RULE), D(SIGNED), NULL, DUTY_STATE_DONE, 0, "ruled; upheld: the asker's duty ended (returned)"},
    {COMMAND_OBJECT_CALL,   K(RESPOND), D(OFFERED) | D(SIGNED), NULL, SAME, 0, "sign clock stops; rule opens"},
    {COMMAND_DECIDE,        K(DECIDE), D(SIGNED), NULL, DUTY_STATE_DONE, 0, "decided"},
    {COMMAND_CANCEL,        K(RULE) | K(DECIDE), D(SIGNED), NULL, DUTY_STATE_ENDED, 0, "not_needed: its asker takes the question back"},
    {COMMAND_CANCEL,        K(SUPPORT) | K(RESPOND), D(OFFERED) | D(SIGNED), NULL, DUTY_STATE_ENDED, 0, "not_needed"},
    {COMMAND_ARRIVE,        K(RESPOND), D(SIGNED), NULL, SAME, 0, "arrived"},
    {COMMAND_ARRIVE,        K(RESPOND), D(OFFERED), NULL, SAME, REFUSAL_NOT_SIGNED, ""},
    {COMMAND_FINISH_CALL,   K(RESPOND), D(SIGNED), NULL, DUTY_STATE_DONE, 0, "result"},
    {COMMAND_FINISH_CALL,   K(RESPOND), D(OFFERED), NULL, SAME, REFUSAL_NOT_SIGNED, ""},
    {COMMAND_RATE_CALL,     K(RATE), D(SIGNED), "not confirmed, first time", DUTY_STATE_ENDED, 0, "sent_back; its respond is signed again"},
    {COMMAND_RATE_CALL,     K(RATE), D(SIGNED), NULL, DUTY_STATE_DONE, 0, "rated"},
    {COMMAND_RATE_CALL,     K(RATE), D(ENDED), NULL, SAME, 0, "rated late: the score counts, nothing else moves"},
    {COMMAND_NOTE_ATTEMPT,  K(FOLLOWUP), D(SIGNED), "attempts exhausted", DUTY_STATE_DONE, 0, "ineffective"},
    {COMMAND_NOTE_ATTEMPT,  K(FOLLOWUP), D(SIGNED), NULL, SAME, 0, "attempt"},
    {COMMAND_NOTE_FOLLOWUP, K(FOLLOWUP), D(SIGNED), NULL, DUTY_STATE_DONE, 0, "effective"},
};

static const struct rule call_rules[] = {
    {COMMAND_RAISE_CALL,    0, L(NONE), "units asked for are on the list", CALL_STATE_CALLED, 0, "dispatched by rule"},
    {COMMAND_RAISE_CALL,    0, L(NONE), NULL, CALL_STATE_RAISED, 0, "route duty at the desk; dispatch clock"},
    {COMMAND_DISPATCH_CALL, 0, L(RAISED), NULL, CALL_STATE_CALLED, 0, "a respond per unit; sign, contact, arrive, finish clocks"},
    {COMMAND_SIGN,          0, L(CALLED), NULL, SAME, 0, ""},
    {COMMAND_CONTACT,       0, L(CALLED), NULL, SAME, 0, ""},
    {COMMAND_REPORT_STAGE,  0, L(CALLED), NULL, SAME, 0, ""},
    {COMMAND_ASSIGN,        0, L(CALLED), NULL, SAME, 0, ""},
    {COMMAND_ARRIVE,        0, L(CALLED), NULL, SAME, 0, ""},
    {COMMAND_FINISH_CALL,   0, L(CALLED), "other responds open", SAME, 0, ""},
    {COMMAND_FINISH_CALL,   0, L(CALLED), "rating on", CALL_STATE_REPORTED, 0, ""},
    {COMMAND_FINISH_CALL,   0, L(CALLED), NULL, CALL_STATE_CLOSED, 0, ""},
    {COMMAND_RATE_CALL,     0, L(CALLED) | L(CLOSED), NULL, SAME, 0, ""},
    {COMMAND_RATE_CALL,     0, L(REPORTED), "not confirmed, first time", CALL_STATE_CALLED, 0, "sent back"},
    {COMMAND_RATE_CALL,     0, L(REPORTED), "the last rating", CALL_STATE_CLOSED, 0, ""},
    {COMMAND_RATE_CALL,     0, L(REPORTED), NULL, SAME, 0, ""},
    {COMMAND_WITHDRAW_CALL, 0, L(RAISED) | L(CALLED), NULL, CALL_STATE_CLOSED, 0, "withdrawn"},
    {COMMAND_OBJECT_CALL,   0, L(CALLED), NULL, SAME, 0, ""},
    {COMMAND_RULE,          0, L(RAISED) | L(CALLED) | L(REPORTED), "a call of the lead that goes", CALL_STATE_CLOSED, 0, "withdrawn; its duties void"},
    {COMMAND_RULE,          0, L(CALLED), "an objection upheld, to nobody, and nobody is left", CALL_STATE_RAISED, 0, "route duty at the desk; dispatch clock"},
    {COMMAND_RULE,          0, L(CALLED), "an objection upheld, to nobody, ratings open", CALL_STATE_REPORTED, 0, ""},
    {COMMAND_RULE,          0, L(CALLED), "an objection upheld, to nobody, the others are rated", CALL_STATE_CLOSED, 0, ""},
    {COMMAND_RULE,          0, L(CALLED), NULL, SAME, 0, "an objection: the next unit is called with clocks of its own; refused: all stays"},
    {COMMAND_REROUTE,       0, L(RAISED) | L(CALLED) | L(REPORTED), "a call of the lead that goes", CALL_STATE_CLOSED, 0, "withdrawn; its duties void"},
    {COMMAND_DECIDE,        0, L(RAISED) | L(CALLED) | L(REPORTED), "a call of the lead that goes", CALL_STATE_CLOSED, 0, "withdrawn; its duties void"},
    {COMMAND_DECIDE,        0, L(RAISED) | L(CALLED) | L(REPORTED) | L(CLOSED), NULL, SAME, 0, "a missed arrival: upheld, with an order proposed; or excused"},
    {COMMAND_CANCEL,        0, L(CALLED), "other responds open", SAME, 0, ""},
    {COMMAND_CANCEL,        0, L(CALLED), "ratings open", CALL_STATE_REPORTED, 0, ""},
    {COMMAND_CANCEL,        0, L(CALLED), NULL, CALL_STATE_CLOSED, 0, "withdrawn, where nobody has finished"},
    {COMMAND_PULSE,         0, L(REPORTED), "the last rating expires", CALL_STATE_CLOSED, 0, "no score"},
    {COMMAND_PULSE,         0, L(RAISED) | L(CALLED) | L(REPORTED), NULL, SAME, 0, "rung"},
};

#define R(role) (UINT32_C(1) << ROLE_##role)
#define T(clock) (UINT32_C(1) << CLOCK_KIND_##clock)
/* Columns: born signed, main clock, main clock within a call, what the result stops beside it, who works on it (the importer passes
 * on what all of them did), whom a refusal names. */
static const struct duty_kind_rule duty_kind_rules[DUTY_KIND_COUNT] = {
    [DUTY_KIND_ROUTE] =    {true,  CLOCK_KIND_ROUTE,    CLOCK_KIND_DISPATCH, 0,        R(DISPATCHER) | R(IMPORTER),             ROLE_DISPATCHER},
    [DUTY_KIND_LEAD] =     {false, CLOCK_KIND_HANDLE,   CLOCK_KIND_HANDLE,   T(STAGE), R(WORKER) | R(LEADER) | R(IMPORTER),     ROLE_WORKER},
    [DUTY_KIND_SUPPORT] =  {false, CLOCK_KIND_SUPPORT,  CLOCK_KIND_SUPPORT,  0,        R(WORKER) | R(LEADER) | R(IMPORTER),     ROLE_WORKER},
    [DUTY_KIND_RESPOND] =  {false, CLOCK_KIND_FINISH,   CLOCK_KIND_FINISH,   0,        R(WORKER) | R(LEADER) | R(IMPORTER),     ROLE_WORKER},
    [DUTY_KIND_RATE] =     {true,  CLOCK_KIND_RATE,     CLOCK_KIND_RATE,     0,        R(LEADER) | R(DISPATCHER) | R(IMPORTER), ROLE_LEADER},
    [DUTY_KIND_FOLLOWUP] = {true,  CLOCK_KIND_FOLLOWUP, CLOCK_KIND_FOLLOWUP, 0,        R(FOLLOWUP) | R(IMPORTER),               ROLE_FOLLOWUP},
    [DUTY_KIND_RULE] =     {true,  CLOCK_KIND_RULE,     CLOCK_KIND_RULE,     0,        R(DISPATCHER) | R(SUPERVISOR) | R(IMPORTER), ROLE_DISPATCHER},
    /* of these each question has its own: question.h */
    [DUTY_KIND_DECIDE] =   {true,  CLOCK_KIND_DECIDE,   CLOCK_KIND_DECIDE,   0,        R(LEADER) | R(SUPERVISOR) | R(DISTRICT_LEADER) | R(IMPORTER), ROLE_LEADER},
};
/* clang-format on */

static const struct {
    const struct rule *rules;
    size_t count;
} machines[MACHINE_COUNT] = {
    [MACHINE_CASE] = {case_rules, sizeof(case_rules) / sizeof(case_rules[0])},
    [MACHINE_DUTY] = {duty_rules, sizeof(duty_rules) / sizeof(duty_rules[0])},
    [MACHINE_CALL] = {call_rules, sizeof(call_rules) / sizeof(call_rules[0])},
};

const struct rule *rules_of(enum machine machine, size_t *ret_count)
{
    assert(machine < MACHINE_COUNT);
    *ret_count = machines[machine].count;
    return machines[machine].rules;
}

const struct enum_shape *machine_states(enum machine machine)
{
    static const struct enum_shape *const shapes[MACHINE_COUNT] = {
        [MACHINE_CASE] = &case_state_enum,
        [MACHINE_DUTY] = &duty_state_enum,
        [MACHINE_CALL] = &call_state_enum,
    };
    assert(machine < MACHINE_COUNT);
    return shapes[machine];
}

const struct rule *rules_cell(enum machine machine, enum command_type command, int state, int kind)
{
    for (size_t i = 0; i < machines[machine].count; i++) {
        const struct rule *rule = &machines[machine].rules[i];
        if (rule->command == command && (rule->from & (UINT32_C(1) << state)) != 0 &&
            (machine != MACHINE_DUTY || (rule->kinds & (UINT32_C(1) << kind)) != 0)) {
            return rule;
        }
    }
    return NULL;
}

const struct duty_kind_rule *rules_duty_kind(enum duty_kind kind)
{
    assert((unsigned)kind < DUTY_KIND_COUNT);
    return &duty_kind_rules[kind];
}

uint32_t rules_role_kinds(uint32_t roles)
{
    uint32_t kinds = 0;
    for (int kind = 0; kind < DUTY_KIND_COUNT; kind++) {
        kinds |= (roles & duty_kind_rules[kind].roles) != 0 ? UINT32_C(1) << kind : 0;
    }
    return kinds;
}
