/*
 * district.h - what a district is, as plain tables
 *
 * Loaded by loader.h from a folder and then never changed: who holds one may share it between threads. The core reads it while
 * judging and never while applying. A limit is a struct span, whose kind of time is counted by the calendar of the unit that holds
 * the duty; other spans are natural milliseconds. 0 means "off". Indices are -1 for none.
 */
#ifndef HUYING_CONFIG_DISTRICT_H
#define HUYING_CONFIG_DISTRICT_H

#include "config/calendar.h"
#include "config/clock_span.h"
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
    int32_t accountable; /* index of the unit whose figures it enters: itself, an ancestor, or who seconded it */
    int32_t seconded_by; /* station 派驻机构: index of the department that sent it, -1 = none */
    int32_t deputy;      /* index of the unit that may act for it, -1 = none */
    int32_t successor;   /* of a retired unit 撤并, -1 = in service */
    int32_t street_desk; /* street: index of the section that is its desk 一口受理, -1 = none */
    int32_t desk_of;     /* that section: index of its street, -1 = is no street's desk */
    uint32_t calendar;   /* index */
    uint32_t capacity;   /* open duties that it can carry, 0 = not said */
    char *contact;       /* or NULL */
    char *duty_phone;    /* or NULL */
};

struct matter {
    struct code code;
    char *name;
    char *field;          /* upper level of the taxonomy */
    enum urgency urgency; /* what it is at least: ordinary (nothing is said), urgent or emergency */
};

/* Who leads or supports by a row: a fixed unit, the unit of this tier on the way up from the place, or the desk of the street there
 * (tier street): the street itself where it has none. */
enum selector_kind { SELECT_UNIT, SELECT_TIER, SELECT_STREET_DESK };
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
    struct span limit[URGENCY_COUNT]; /* 0 = the policy's limit for that urgency */
    char *basis;
    enum duty_list list; /* of the street's duties */
};

/* What a row is found by: keys ascend by place, then matter, then file order. */
struct row_key {
    int32_t place, matter;
    uint32_t at; /* index of the row */
};

struct rung_policy {
    bool on;
    uint32_t percent; /* of the budget; 0: by span */
    struct span span; /* after due */
};

struct policy {
    struct code district;
    struct code desk;
    struct code fallback[URGENCY_COUNT]; /* who leads what the desk has not routed in time; empty = it stays with the desk */
    char *zone_name;
    int64_t day_start_ms;
    uint32_t month_start;
    enum on_overdue on_overdue[UNIT_CLASS_COUNT][UNIT_TIER_COUNT];
    /* budgets by clock; by urgency where it matters. 0 = this clock is off. */
    struct span handle[URGENCY_COUNT];
    struct span second_round;    /* handle of rounds >= 2 */
    struct span last_round;      /* handle of round R */
    struct span take_over_floor; /* fresh limit = half the list limit, at least this */
    struct span send_back_floor; /* time left at least, after a send-back */
    struct span route[URGENCY_COUNT];
    struct span sign[URGENCY_COUNT];
    struct span contact[URGENCY_COUNT];
    struct span stage; /* from the signature, and from each stage report, to the next */
    struct span call_dispatch, call_sign, call_contact, call_arrive, call_finish;
    struct span rate, followup_limit;
    struct span return_window; /* from the offer: as long a unit may say that a duty is not its own */
    struct span rule;          /* the desk rules on that */
    struct span designate;     /* a supervisor does, when the case has been returned `return_cap` times */
    struct span object;        /* from the offer: as long a called unit may say so */
    struct span rule_call;     /* the desk rules on that */
    struct span decide;        /* somebody with rank decides what is asked */
    struct span promise;       /* from the arrival: so far ahead a called unit may promise to finish */
    struct span awaiting;      /* a late called unit gives the lead as much time, at least this a step; off: none */
    uint32_t return_cap;
    int64_t claim_ms;
    int64_t late_ms; /* a rung that fires this long after its instant is marked late */
    struct rung_policy rungs[RUNG_COUNT];
    uint32_t rounds; /* R */
    int64_t reopen_window_ms;
    int64_t late_rating_ms; /* how long an expired rating may still be given */
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
    struct row_key *row_keys;     /* row_count; NULL (a district put together by hand): every row is looked at */
    struct district_index *index; /* over the three tables; NULL (a district put together by hand): they are searched */
    struct zone *zone;
    struct calendar **calendars; /* [0] is the built-in one */
    uint32_t calendar_count;
    int32_t district_unit; /* index */
    int32_t desk_unit;
};

/* Index of a unit or matter, or -1. */
int32_t district_unit_find(const struct district *district, const struct code *code);
int32_t district_matter_find(const struct district *district, const struct code *code);

/* Is `unit` the same as, or below, `top`? Both are indices. */
bool district_within(const struct district *district, int32_t unit, int32_t top);

/* May who stands at `top` act for `unit`? Its own subtree, stations that a unit of it has seconded, and units whose deputy is in
 * it; so also for what stands below these. -1 acts for nobody, and nobody acts for it. */
bool district_acts_for(const struct district *district, int32_t unit, int32_t top);

/* May it lead a case at all? Units outside the district never do, nor do property companies. */
bool district_may_lead(const struct district *district, int32_t unit);

/* The unit that holds what this one held: itself, or the last of its successors. */
int32_t district_in_service(const struct district *district, int32_t unit);

/* The calendar that a unit's clocks run by. */
const struct calendar *district_calendar(const struct district *district, int32_t unit);

/* The unit of this tier on the way up from `unit`, itself included, or -1. */
int32_t district_up_to(const struct district *district, int32_t unit, enum unit_tier tier);

/* The row that routes `matter` (-1 unknown) at `place`, or NULL. Sets *ret_lead to the lead's index: a row whose selector finds no
 * unit does not fit. */
const struct catalogue_row *district_row(const struct district *district, int32_t matter, int32_t place, int32_t *ret_lead);

/* Unit of a selector for a place, or -1. */
int32_t district_select(const struct district *district, const struct selector *selector, int32_t place);

#endif
