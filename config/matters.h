/*
 * matters.h - matters.csv: the leaves of the taxonomy 事项
 *
 * Columns code,name,field and, where the file has it, urgency: what the matter is at least. The code `unknown` belongs to nobody:
 * it is what a case has whose matter nobody knows.
 */
#ifndef HUYING_CONFIG_MATTERS_H
#define HUYING_CONFIG_MATTERS_H

#include "config/district.h"
#include "config/table.h"

struct matter_list {
    uint32_t count;
    struct matter *at; /* sorted by code */
};

/* Reads and checks. As units_read: what can be read is in *ret in spite of faults. Returns 0; -EINVAL: columns are missing;
 * -ENOMEM. The caller frees with matters_free in every case. */
int matters_read(const struct table *table, struct faults *faults, struct matter_list *ret);

/* Index of a code, or -1. */
int32_t matters_find(const struct matter *matters, uint32_t count, const struct code *code);

/* Takes NULL; returns NULL. */
struct matter *matters_free(struct matter *matters, uint32_t count);

#endif
