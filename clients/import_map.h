/*
 * import_map.h - which column of somebody's file is which field of a submit
 *
 * `huying import FILE.csv --map MAP.yaml` reads a map with this; without one the columns are named like the fields. Loaded once,
 * then never changed. The fields are those of the command submit, and `at`, the instant that the command carries (drill time).
 */
#ifndef HUYING_CLIENTS_IMPORT_MAP_H
#define HUYING_CLIENTS_IMPORT_MAP_H

#include "config/faults.h"
#include "config/sheet.h"
#include "config/zone.h"
#include "proto/gen/schema.h"

#include <stdbool.h>

#define IMPORT_FIELDS_MAX 32
#define IMPORT_COLUMNS_MAX 8 /* that one field is joined from */

struct import_value {
    char *from, *to;
};

/* Where one field comes from; without a column and a constant: from nowhere. */
struct import_field {
    uint32_t column_count;
    char **columns;
    char *join; /* stands between cells that are not empty; NULL: a blank */
    char *constant;
    char *empty;     /* stands for an empty cell; NULL: an empty cell leaves the field out */
    char *otherwise; /* stands for a cell that is not in `values`; NULL: the cell as it is */
    char *unlisted;  /* stands, and is counted, for a cell that is not in `values` and means nothing as it is; NULL: a fault */
    uint32_t value_count;
    struct import_value *values;
};

struct import_map {
    char *system;      /* whose numbers the references are, or NULL */
    char *time_format; /* of strptime; NULL: RFC 3339, or local as `2011-10-01 00:00` */
    char *zone_name;
    struct zone *zone;                             /* of times without an offset; NULL: the district's */
    struct import_field fields[IMPORT_FIELDS_MAX]; /* those of submit_command_shape, then `at` */
};

/* Index of `at` in fields, and so the number of fields before it. */
uint32_t import_map_at(void);

/* Name of a field by its index. */
const char *import_map_name(uint32_t field);

/* Reads a map. Gives *ret (the caller frees). Empties `faults` first. Returns 0; -EINVAL: `faults` says what is wrong; -ENOMEM. */
int import_map_load(const char *file, struct faults *faults, struct import_map **ret);

/* Makes the map of a file whose first `column_count` columns are named like the fields; others are faults. As import_map_load, but
 * adds to `faults`. */
int import_map_of_header(const struct sheet *sheet, uint32_t column_count, struct faults *faults, struct import_map **ret);

struct import_map *import_map_free(struct import_map *map);

/* What a cell says, by `empty`, `values` and `otherwise`; blanks around it do not count when it is looked up. Borrows from both. */
const char *import_map_cell(const struct import_field *field, const char *cell);

/* Instant of a cell in the map's form; `district` is the zone of a map without one. Returns as local_time_read. */
int import_map_instant(const struct import_map *map, const struct zone *district, const char *text, int64_t *ret_at_ms);

#endif
