/*
 * catalogue.h - catalogue.csv: the dispatch catalogue 派单目录
 *
 * Columns matter,place,lead and optionally supports,calls,limit_ordinary,limit_urgent,limit_emergency,limit_complex,basis,list.
 * Matter and place: a code, or empty or `*` for any. Lead, supports and calls: a unit's code, or `@street`, `@community`, `@grid`,
 * `@district` for the unit of that tier on the way up from the place, `@street_desk` for the desk of the street there; several
 * supports or calls have `;` between them. List: on which of the street's lists of duties 镇街履职清单 it stands, or empty: what a
 * department leads (`support`) is never led by a street or community, what it has taken back (`taken_back`) is not supported by one
 * either.
 */
#ifndef HUYING_CONFIG_CATALOGUE_H
#define HUYING_CONFIG_CATALOGUE_H

#include "config/district.h"
#include "config/matters.h"
#include "config/table.h"
#include "config/units.h"

struct catalogue_rows {
    uint32_t count;
    struct catalogue_row *at; /* file order */
    struct row_key *keys;     /* ascending */
};

/* Reads and checks all rows; without `has_calendar` a limit in working time is a fault. Gives *ret (the caller frees with
 * catalogue_free). Returns 0 (in spite of faults in rows); -EINVAL: columns are missing; -ENOMEM. */
int catalogue_read(const struct table *table, const struct unit_list *units, const struct matter_list *matters, bool has_calendar,
                   struct faults *faults, struct catalogue_rows *ret);

/* The keys of rows, ascending: what district_row searches. Gives a table that the caller frees, or NULL: no memory. */
struct row_key *catalogue_keys(const struct catalogue_row *rows, uint32_t count);

/* Frees what *list holds. */
void catalogue_free(struct catalogue_rows *list);

#endif
