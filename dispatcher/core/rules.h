/*
 * rules.h - the machines of case, duty and call as plain tables
 *
 * A row says: in these states this command leads to this state. A cell (command, state) has one row or several, told apart by a
 * named `when` and tried in order; a cell without a row refuses with BAD_STATE; a row may refuse with a code that says more.
 * docs/states.md is printed from these tables; tests visit every cell. Beside them, what is so of each kind of duty. Plain tables,
 * and functions that look things up in them.
 */
#ifndef HUYING_CORE_RULES_H
#define HUYING_CORE_RULES_H

#include "proto/gen/schema.h"

#include <stddef.h>
#include <stdint.h>

enum machine { MACHINE_CASE, MACHINE_DUTY, MACHINE_CALL, MACHINE_COUNT };

#define RULE_SAME (-1) /* stays in its state */

struct rule {
    enum command_type command;
    uint32_t kinds;       /* duty machine: bit per enum duty_kind; else 0 */
    uint32_t from;        /* bit per state */
    const char *when;     /* NULL: always */
    int next;             /* state, or RULE_SAME */
    enum refusal refusal; /* not NONE: this cell refuses, with this code */
    const char *effect;   /* for the reader: what follows */
};

/* Rows of a machine. */
const struct rule *rules_of(enum machine machine, size_t *ret_count);

/* Names of a machine's states. */
const struct enum_shape *machine_states(enum machine machine);

/* First row of the cell, or NULL. kind: of the duty, ignored for other machines. */
const struct rule *rules_cell(enum machine machine, enum command_type command, int state, int kind);

/* What is so of a kind of duty. */
struct duty_kind_rule {
    bool born_signed;                /* kinds without a signature */
    enum clock_kind main_clock;      /* the clock whose item is the duty's own result */
    enum clock_kind main_clock_call; /* the same, where the duty belongs to a call */
    uint32_t stops;                  /* clocks that its result stops beside, a bit each: the others are not needed any more */
    uint32_t roles;                  /* a bit each: they claim, pull and keep it */
    enum role named;                 /* the one that a refusal names */
};
const struct duty_kind_rule *rules_duty_kind(enum duty_kind kind);

/* The clock whose item is the duty's own result. of_call: the duty belongs to a call. */
static inline enum clock_kind duty_main_clock(enum duty_kind kind, bool of_call)
{
    const struct duty_kind_rule *rule = rules_duty_kind(kind);
    return of_call ? rule->main_clock_call : rule->main_clock;
}

/* The clocks that the duty's own result stops, a bit each. */
static inline uint32_t duty_result_stops(enum duty_kind kind, bool of_call)
{
    return (UINT32_C(1) << duty_main_clock(kind, of_call)) | rules_duty_kind(kind)->stops;
}

/* The kinds of duty (a bit each) that these roles claim, pull and keep. */
uint32_t rules_role_kinds(uint32_t roles);

#endif
