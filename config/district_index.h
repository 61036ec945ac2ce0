/*
 * district_index.h - where a district's units, matters and rows of the list are found without a search
 *
 * Every command looks up some codes and a row. Built once, when a district is loaded, over its sorted tables, which it borrows.
 */
#ifndef HUYING_CONFIG_DISTRICT_INDEX_H
#define HUYING_CONFIG_DISTRICT_INDEX_H

#include "proto/shape.h"

struct district;

/* Codes by their hash: each place is 0 or the number, from 1, of the code that stands there. A code stands at its hash, or where
 * that is taken, at the next free place. At most half of the places are taken. */
struct code_places {
    uint64_t mask; /* places - 1 */
    uint32_t *at;
};

struct district_index {
    struct code_places units, matters;
    uint32_t *keys_from; /* by place + 1: its first row_key; one more at the end */
};

/* Over a district's units, matters and row_keys, which must be there and sorted. The caller frees; NULL: no memory. */
struct district_index *district_index_new(const struct district *district);

/* Number of a code in the table that `first` begins, whose elements of `size` bytes begin with their codes; -1: it is not there. */
int32_t district_index_find(const struct code_places *places, const void *first, size_t size, const struct code *code);

/* Takes NULL; returns NULL. */
struct district_index *district_index_free(struct district_index *index);

#endif
