/*
 * catalogue.h - catalogue.csv: the dispatch catalogue 派单目录
 *
 * Columns matter,place,lead and optionally supports,calls,limit_ordinary,limit_urgent,limit_emergency,limit_complex,basis. Matter
 * and place: a code, or empty or `*` for any. Lead, supports and calls: a unit's code, or `@street`, `@community`, `@grid`,
 * `@district` for the unit of that tier on the way up from the place; several supports or calls have `;` between them.
 */
#ifndef HUYING_CONFIG_CATALOGUE_H
#define HUYING_CONFIG_CATALOGUE_H

#include "config/district.h"
#include "config/matters.h"
#include "config/table.h"
#include "config/units.h"

/* Reads and checks all rows. Gives *ret (the caller frees with catalogue_free). Returns 0 (in spite of faults in rows); -EINVAL:
 * columns are missing; -ENOMEM. */
int catalogue_read(const struct table *table, const struct unit_list *units, const struct matter_list *matters,
                   struct faults *faults, struct catalogue_row **ret, uint32_t *ret_count);

struct catalogue_row *catalogue_free(struct catalogue_row *rows, uint32_t count);

#endif
