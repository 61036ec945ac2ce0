/*
 * visible.h - which events a key may see
 *
 * By its roles: a column of the schema, `readers`. By its subtree: an event concerns the units that it names (holder, accountable
 * unit, place, street) and those that its case has to do with now (lead, place, holders of its duties, callers); one of them has to
 * be in what the key may act for. A key of the district or of the desk sees all that its roles let it see. What has no case (units,
 * configuration, time) is for everybody.
 */
#ifndef HUYING_ENGINE_VISIBLE_H
#define HUYING_ENGINE_VISIBLE_H

#include "dispatcher/core/tables.h"
#include "dispatcher/engine/reach.h"
#include "proto/record.h"

/* Most units of a case that are looked at for one event: lead, place, its duties from the newest on, its calls. */
#define VISIBLE_UNITS_MAX 1024

/* Positions of units; grows. Zeroed: empty. */
struct visible_places {
    uint32_t *at;
    uint32_t count, capacity;
    bool failed; /* no memory */
};

struct visible_key {
    bool all;
    uint32_t roles;
    const struct codes *matters; /* that it is for */
    const struct reach *reach;   /* NULL: sees nothing but what is for everybody */
};

/* May these roles see events of this type? */
bool visible_type(uint32_t roles, enum record_type type);

/* Appends the units that a case has to do with. */
void visible_case(const struct tables *tables, const struct reach_order *order, uint64_t case_id, struct visible_places *ret);

/* Appends the units that a record names. */
void visible_record(const struct reach_order *order, const struct record *record, struct visible_places *ret);

/* Appends a part of the list to its end again. */
void visible_copy(struct visible_places *places, uint32_t from, uint32_t count);

/* May the key see an event of this type, of a case or not (0), that concerns these units? */
bool visible_event(const struct visible_key *key, enum record_type type, uint64_t case_id, const struct code *matter,
                   const uint32_t *places, uint32_t count);

void visible_free(struct visible_places *places);

#endif
