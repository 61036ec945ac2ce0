/* visible.c - which events a key may see */
#include "dispatcher/engine/visible.h"

#include "dispatcher/core/core.h"
#include "dispatcher/core/sight.h"

#include <stdlib.h>

bool visible_type(uint32_t roles, enum record_type type)
{
    return (roles & record_info(type)->readers) != 0;
}

/* Not twice in a row within the part of the list that begins at `from`: what is before belongs to somebody else. */
static void add(struct visible_places *places, uint32_t from, uint32_t position)
{
    if (position == REACH_NOWHERE || (places->count > from && places->at[places->count - 1] == position)) {
        return;
    }
    if (places->count == places->capacity) {
        uint32_t capacity = places->capacity == 0 ? 256 : places->capacity * 2;
        uint32_t *at = realloc(places->at, capacity * sizeof(*at));

        if (at == NULL) {
            places->failed = true;
            return;
        }
        places->at = at;
        places->capacity = capacity;
    }
    places->at[places->count++] = position;
}

void visible_case(const struct tables *tables, const struct reach_order *order, uint64_t case_id, struct visible_places *ret)
{
    uint32_t left = VISIBLE_UNITS_MAX;
    const uint32_t from = ret->count;
    struct case_row row;
    struct code unit;

    if (!tables_get(tables, ROW_CASE, case_id, &row)) {
        return;
    }
    struct sight_units units = sight_units_of(&row, false);
    while (left-- > 0 && sight_next_unit(tables, &units, &unit)) {
        add(ret, from, reach_position(order, &unit));
    }
}

void visible_record(const struct reach_order *order, const struct record *record, struct visible_places *ret)
{
    const struct record_envelope *head = &record->head;
    const uint32_t from = ret->count;

    if (head->case_id == 0) {
        return;
    }
    add(ret, from, reach_position(order, &head->unit));
    if (!code_equal(&head->acct, &head->unit)) {
        add(ret, from, reach_position(order, &head->acct));
    }
    add(ret, from, reach_position(order, &head->place_unit));
    if (!code_equal(&head->street, &head->place_unit)) {
        add(ret, from, reach_position(order, &head->street));
    }
}

void visible_copy(struct visible_places *places, uint32_t from, uint32_t count)
{
    const uint32_t begin = places->count;

    for (uint32_t i = 0; i < count && !places->failed; i++) {
        add(places, begin, places->at[from + i]);
    }
}

bool visible_event(const struct visible_key *key, enum record_type type, uint64_t case_id, const struct code *matter,
                   const uint32_t *places, uint32_t count)
{
    if (!visible_type(key->roles, type)) {
        return false;
    }
    if (case_id == 0) {
        return true;
    }
    if (!core_matter_allowed(key->matters, matter)) {
        return false;
    }
    if (key->all) {
        return true;
    }
    for (uint32_t i = 0; key->reach != NULL && i < count; i++) {
        if (reach_has(key->reach, places[i])) {
            return true;
        }
    }
    return false;
}

void visible_free(struct visible_places *places)
{
    free(places->at);
    *places = (struct visible_places){0};
}
