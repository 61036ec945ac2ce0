/*
 * rules.h - the machines of case, duty and call as plain tables
 *
 * A row says: in these states this command leads to this state. A cell (command, state) has one row or several, told apart by a
 * named `when` and tried in order; a cell without a row refuses with BAD_STATE; a row may refuse with a code that says more.
 * docs/states.md is printed from these tables; tests visit every cell. Pure data.
 */
#ifndef HUYING_CORE_RULES_H
#define HUYING_CORE_RULES_H

#include "proto/gen/schema.h"

#include <stddef.h>
#include <stdint.h>

struct judging;

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

/* Whether the machine knows the command at all. */
bool rules_know(enum machine machine, enum command_type command);

/* First row of the cell, or NULL. kind: of the duty, ignored for other machines. */
const struct rule *rules_cell(enum machine machine, enum command_type command, int state, int kind);

/* The clock whose item is the duty's own result. of_call: the duty belongs to a call. */
enum clock_kind duty_main_clock(enum duty_kind kind, bool of_call);

/* What must lie in the actor's subtree (else NOT_YOURS). Up to SCOPE_LEAD it is known from the case alone, and looked at before the
 * duty is. */
enum scope {
    SCOPE_PLACE,    /* the place that a submit names */
    SCOPE_DISTRICT, /* the district */
    SCOPE_CASE,     /* lead, place, or the holder of an open duty */
    SCOPE_DESK,     /* the desk */
    SCOPE_LEAD,     /* the present lead; the desk until the case is routed */
    SCOPE_HOLDER,   /* the duty's holder */
    SCOPE_RATER,    /* the same; a department is told WRONG_DIRECTION by the guard */
    SCOPE_CREATOR,  /* who created the duty, or the desk's dispatcher */
    SCOPE_CALLER,   /* the caller of the call */
};

/* What a command is judged by. */
struct family {
    enum command_type command;
    bool (*judge)(struct judging *j);
    enum scope scope;
    bool has_case;       /* names an existing case */
    uint32_t duty_kinds; /* works on a duty of one of these kinds */
    bool has_call;       /* works on a call */
    bool work;           /* who sent it has handled the case, and does not ask the citizen about it */
    bool own_kinds;      /* only on duties of kinds that the actor's roles work on: rules_role_kinds */
};

/* A scope in words. */
const char *rules_scope_name(enum scope scope);

/* Row of a command, or NULL for pulse and adopt_config. */
const struct family *rules_family(enum command_type command);

/* The kinds of duty (a bit each) that these roles claim, pull and keep. */
uint32_t rules_role_kinds(uint32_t roles);

/* The first role that works on this kind of duty. */
enum role rules_kind_role(enum duty_kind kind);

#endif
