/*
 * district.h - what a district is, as plain tables
 *
 * Loaded by loader.h from a folder and then never changed: who holds one may share it between threads. The core reads it while
 * judging and never while applying. All spans are natural milliseconds; 0 means "off" for every limit. Indices are -1 for none.
 */
#ifndef HUYING_CONFIG_DISTRICT_H
#define HUYING_CONFIG_DISTRICT_H

#include "proto/gen/schema.h"
#include "proto/shape.h"

#include <stdint.h>

struct zone; /* zone.h */

struct unit {
    struct code code;
    char *name;
    enum unit_tier tier;
    enum unit_class class;
    int32_t parent;      /* index, -1 = top */
    int32_t accountable; /* index of the unit whose figures it enters: itself, or an ancestor */
};

struct matter {
    struct code code;
    char *name;
    char *field; /* upper level of the taxonomy */
};

/* Who leads or supports by a row: a fixed unit, or the unit of this tier on the way up from the place. */
enum selector_kind { SELECT_UNIT, SELECT_TIER };
struct selector {
    enum selector_kind kind;
    int32_t unit;
    enum unit_tier tier;
};

#define ROW_SUPPORTS_MAX 8

/* One row of the dispatch catalogue 派单目录. The first row in file order whose matter and place fit wins, exact place before any
 * place: place -1 = any; a place fits when it is the case's place or an ancestor of it, the lowest one first. */
struct catalogue_row {
    uint32_t row;   /* number in the file, from 1, header not counted */
    int32_t matter; /* -1 = any */
    int32_t place;  /* -1 = any */
    struct selector lead;
    uint32_t support_count;
    struct selector supports[ROW_SUPPORTS_MAX];
    uint32_t call_count; /* units that a street may call on this matter without the desk's hand */
    struct selector calls[ROW_SUPPORTS_MAX];
    int64_t limit_ms[URGENCY_COUNT]; /* 0 = the policy's limit for that urgency */
    char *basis;
};

struct rung_policy {
    bool on;
    uint32_t percent; /* of the budget; 0: by span */
    int64_t span_ms;  /* after due */
};

struct policy {
    struct code district;
    struct code desk;
    char *zone_name;
    int64_t day_start_ms;
    uint32_t month_start;
    enum on_overdue on_overdue[UNIT_CLASS_COUNT][UNIT_TIER_COUNT];
    /* budgets by clock; by urgency where it matters. 0 = this clock is off. */
    int64_t handle_ms[URGENCY_COUNT];
    int64_t second_round_ms;    /* handle of rounds >= 2 */
    int64_t last_round_ms;      /* handle of round R */
    int64_t take_over_floor_ms; /* fresh limit = half the list limit, at least this */
    int64_t send_back_floor_ms; /* time left at least, after a send-back */
    int64_t route_ms[URGENCY_COUNT];
    int64_t sign_ms[URGENCY_COUNT];
    int64_t contact_ms[URGENCY_COUNT];
    int64_t call_dispatch_ms, call_sign_ms, call_contact_ms, call_arrive_ms, call_finish_ms;
    int64_t rate_ms, followup_ms;
    int64_t lease_ms;
    int64_t late_ms; /* a rung that fires this long after its instant is marked late */
    struct rung_policy rungs[RUNG_COUNT];
    uint32_t rounds; /* R */
    int64_t reopen_window_ms;
    enum followup_mode followup;
    uint32_t followup_attempts, followup_days;
    uint32_t contact_attempts;
    bool contact_required;  /* lead contacts before answering */
    bool evidence_required; /* arrival evidence */
    bool rating;            /* the caller rates called units */
    bool one_unit_guard;    /* DISPATCH_INSTEAD */
    bool community_calls;   /* communities may raise routine calls */
    uint32_t credit_basically_ppm, credit_partly_ppm;
    uint32_t min_n;
};

struct district {
    char hash[65]; /* BLAKE2b-256 of all files, hex */
    char *catalogue_version;
    struct policy policy;
    struct unit *units; /* sorted by code */
    uint32_t unit_count;
    struct matter *matters; /* sorted by code */
    uint32_t matter_count;
    struct catalogue_row *rows; /* file order */
    uint32_t row_count;
    struct zone *zone;
    int32_t district_unit; /* index */
    int32_t desk_unit;
};

/* Index of a unit or matter, or -1. Binary search. */
int32_t district_unit_find(const struct district *district, const struct code *code);
int32_t district_matter_find(const struct district *district, const struct code *code);

/* Is `unit` the same as, or below, `top`? Both are indices. */
bool district_within(const struct district *district, int32_t unit, int32_t top);

/* The unit of this tier on the way up from `unit`, itself included, or -1. */
int32_t district_up_to(const struct district *district, int32_t unit, enum unit_tier tier);

/* The row that routes `matter` (-1 unknown) at `place`, or NULL. Sets *ret_lead to the lead's index: a row whose selector finds no
 * unit does not fit. */
const struct catalogue_row *district_row(const struct district *district, int32_t matter, int32_t place, int32_t *ret_lead);

/* Unit of a selector for a place, or -1. */
int32_t district_select(const struct district *district, const struct selector *selector, int32_t place);

#endif
