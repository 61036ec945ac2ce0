/*
 * units_inner.h - what units.c, units_reader.c and units_links.c share: the rows of units.csv while they become units
 */
#ifndef HUYING_CONFIG_UNITS_INNER_H
#define HUYING_CONFIG_UNITS_INNER_H

#include "config/units.h"

enum units_column {
    UNITS_CODE,
    UNITS_NAME,
    UNITS_TIER,
    UNITS_CLASS,
    UNITS_PARENT,
    UNITS_ACCOUNTABLE, /* from here on a column may be missing */
    UNITS_CALENDAR,
    UNITS_SECONDED_BY,
    UNITS_DEPUTY,
    UNITS_CAPACITY,
    UNITS_CONTACT,
    UNITS_DUTY_PHONE,
    UNITS_RETIRED_ON,
    UNITS_SUCCESSOR,
    UNITS_STREET_DESK,
    UNITS_COLUMN_COUNT
};

/* A unit and the row that it came from, while they are sorted. */
struct units_entry {
    struct unit unit;
    uint32_t row;
    bool known; /* its tier and class could be read */
};

struct units_reader {
    const struct table *table;
    const struct calendars *calendars;
    struct faults *faults;
    int32_t columns[UNITS_COLUMN_COUNT];
    uint32_t count;
    struct units_entry *entries; /* sorted by code when units_link is called */
};

extern const char *const units_column_names[UNITS_COLUMN_COUNT];

/* Text of a column of unit `i`; the empty text where the file has no such column. */
const char *units_cell(const struct units_reader *reader, uint32_t i, enum units_column column);

/* Adds a fault at a column of unit `i`. */
void units_fault(const struct units_reader *reader, uint32_t i, enum units_column column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Fills and checks all that names other units: parents, accountable, secondment, deputies, successors, and which section is its
 * street's desk. Takes no memory but for a moment. Returns 0 or -ENOMEM. */
int units_link(const struct units_reader *reader, struct unit_list *list);

#endif
