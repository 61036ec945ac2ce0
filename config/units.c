/* units.c - units.csv: the tree of units */
#include "config/units.h"

#include "base/i18n.h"
#include "config/clock_span.h"
#include "config/units_inner.h"
#include "config/words.h"
#include "proto/gen/caps.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MAX 1000000

static int compare_entry(const void *a, const void *b)
{
    const struct units_entry *x = a, *y = b;
    int order = code_order(&x->unit.code, &y->unit.code);
    return order ? order : x->row < y->row ? -1 : 1;
}

static void deinit(struct unit *unit)
{
    free(unit->name);
    free(unit->contact);
    free(unit->duty_phone);
    unit->name = unit->contact = unit->duty_phone = NULL;
}

struct unit *units_free(struct unit *units, uint32_t count)
{
    for (uint32_t i = 0; units != NULL && i < count; i++) {
        deinit(&units[i]);
    }
    free(units);
    return NULL;
}

/* Reads a word of a closed list; -1 after a fault. */
static int read_word(const struct units_reader *reader, uint32_t i, enum units_column column, const struct enum_shape *shape)
{
    const char *text = units_cell(reader, i, column);
    int found = enum_find(shape, text_of(text));
    if (found >= 0) {
        return found;
    }
    char known[160];
    size_t size = 0;
    for (uint32_t k = 0; k < shape->count && size < sizeof(known); k++) {
        size += (size_t)snprintf(known + size, sizeof(known) - size, "%s%s", k ? ", " : "", shape->names[k]);
    }
    units_fault(reader, i, column, "%s `%s` is not known; write one of %s", units_column_names[column], text, known);
    return -1;
}

/* Reads a text that may be empty: NULL then. At most `most` bytes. */
static int read_text(const struct units_reader *reader, uint32_t i, enum units_column column, size_t most, char **ret)
{
    const char *text = units_cell(reader, i, column);
    if (text[0] == '\0') {
        return 0;
    }
    const char *why = name_parse(text, true, ret);
    if (why == NULL && *ret == NULL) {
        return -ENOMEM;
    }
    if (why != NULL) {
        units_fault(reader, i, column, "%s of `%s`: %s", units_column_names[column], units_cell(reader, i, UNITS_CODE), why);
    } else if (strlen(*ret) > most) {
        units_fault(reader, i, column, "%s `%s` has more than %zu bytes; write less", units_column_names[column], text, most);
    }
    return 0;
}

static void read_calendar(const struct units_reader *reader, uint32_t i, struct unit *unit)
{
    const struct calendars *calendars = reader->calendars;
    const char *text = units_cell(reader, i, UNITS_CALENDAR);
    if (calendars == NULL) {
        return;
    }
    unit->calendar = calendars->chosen;
    if (text[0] == '\0') {
        return;
    }
    struct code name;
    const char *why = code_parse(text, &name);
    int32_t found = why != NULL ? -1 : calendars_find(calendars, &name);
    if (why != NULL) {
        units_fault(reader, i, UNITS_CALENDAR, "calendar `%s`: %s", text, why);
    } else if (found >= 0) {
        unit->calendar = (uint32_t)found;
    } else if (calendars->listed) {
        char known[200], code[CODE_SIZE + 1];
        size_t size = 0;
        for (uint32_t k = 1; k < calendars->count && size < sizeof(known); k++) {
            size += (size_t)snprintf(known + size, sizeof(known) - size, "%s, ", code_text(&calendars->names[k], code));
        }
        units_fault(reader, i, UNITS_CALENDAR,
                    "calendar `%s` is not known; write one of %s%s (calendars.yaml names them), or leave the field empty", text,
                    calendars->count > 1 ? known : "", CALENDAR_BUILT_IN);
    }
}

static void read_capacity(const struct units_reader *reader, uint32_t i, struct unit *unit)
{
    const char *text = units_cell(reader, i, UNITS_CAPACITY);
    if (text[0] != '\0' && span_number(text, 1, CAPACITY_MAX, &unit->capacity) != NULL) {
        units_fault(reader, i, UNITS_CAPACITY,
                    "capacity `%s`: write how many open duties the unit can carry, from 1 to %d, or leave the field empty", text,
                    CAPACITY_MAX);
    }
}

/* Reads what a row says of its unit alone. A row without a code is not a unit. */
static int read_row(struct units_reader *reader, uint32_t row)
{
    uint32_t i = reader->count;
    struct units_entry *entry = &reader->entries[i];
    struct unit *unit = &entry->unit;
    *entry = (struct units_entry){
        .unit =
            {.parent = -1, .accountable = -1, .seconded_by = -1, .deputy = -1, .successor = -1, .street_desk = -1, .desk_of = -1},
        .row = row};
    const char *text = units_cell(reader, i, UNITS_CODE);
    const char *why = code_parse(text, &unit->code);
    if (why != NULL) {
        units_fault(reader, i, UNITS_CODE, "code `%s`: %s", text, why);
        return 0;
    }
    reader->count++;
    why = name_parse(units_cell(reader, i, UNITS_NAME), false, &unit->name);
    if (why != NULL) {
        units_fault(reader, i, UNITS_NAME, "name of `%s`: %s", text, why);
    }
    if (unit->name == NULL && (why == NULL || (unit->name = strdup("?")) == NULL)) {
        return -ENOMEM;
    }
    int tier = read_word(reader, i, UNITS_TIER, &unit_tier_enum), class = read_word(reader, i, UNITS_CLASS, &unit_class_enum);
    entry->known = tier >= 0 && class >= 0;
    unit->tier = tier < 0 ? UNIT_TIER_GRID : (enum unit_tier)tier;
    unit->class = class < 0 ? UNIT_CLASS_GOVERNMENT : (enum unit_class) class;
    read_calendar(reader, i, unit);
    read_capacity(reader, i, unit);
    int rc = read_text(reader, i, UNITS_CONTACT, CAP_LINE_SIZE, &unit->contact);
    return rc < 0 ? rc : read_text(reader, i, UNITS_DUTY_PHONE, CAP_PHONE_SIZE, &unit->duty_phone);
}

static void check_twice(const struct units_reader *reader)
{
    for (uint32_t i = 1; i < reader->count; i++) {
        const struct units_entry *one = &reader->entries[i - 1], *two = &reader->entries[i];
        char code[CODE_SIZE + 1];
        if (code_equal(&one->unit.code, &two->unit.code)) {
            units_fault(reader, i, UNITS_CODE, "code `%s` is on line %u too; a code names one unit, write another one",
                        code_text(&two->unit.code, code), reader->table->lines[one->row]);
        }
    }
}

/* Moves the units out of the entries. */
static int make_list(const struct units_reader *reader, struct unit_list *list)
{
    list->at = calloc(reader->count + 1u, sizeof(*list->at));
    list->lines = calloc(reader->count + 1u, sizeof(*list->lines));
    if (list->at == NULL || list->lines == NULL) {
        return -ENOMEM;
    }
    list->count = reader->count;
    for (uint32_t i = 0; i < list->count; i++) {
        struct unit *from = &reader->entries[i].unit;
        list->at[i] = *from;
        from->name = from->contact = from->duty_phone = NULL;
        list->lines[i] = reader->table->lines[reader->entries[i].row];
    }
    return 0;
}

int units_read(const struct table *table, const struct calendars *calendars, struct faults *faults, struct unit_list *ret)
{
    *ret = (struct unit_list){0};
    struct units_reader reader = {.table = table, .calendars = calendars, .faults = faults};
    int rc = table_columns(table, units_column_names, UNITS_COLUMN_COUNT, UNITS_ACCOUNTABLE, faults, reader.columns);
    if (rc < 0) {
        return rc;
    }
    if (table->row_count > CAP_CONFIG_UNITS) {
        faults_add(faults, table->file, 0, 0, "%u units; a district has at most %d", table->row_count, CAP_CONFIG_UNITS);
        return -EINVAL;
    }
    reader.entries = calloc(table->row_count + 1u, sizeof(*reader.entries));
    if (reader.entries == NULL) {
        return -ENOMEM;
    }
    for (uint32_t row = 0; row < table->row_count && rc == 0; row++) {
        rc = read_row(&reader, row);
    }
    if (rc == 0) {
        qsort(reader.entries, reader.count, sizeof(*reader.entries), compare_entry);
        check_twice(&reader);
        rc = make_list(&reader, ret);
    }
    if (rc == 0) {
        rc = units_link(&reader, ret);
    }
    for (uint32_t i = 0; i <= table->row_count; i++) {
        deinit(&reader.entries[i].unit);
    }
    free(reader.entries);
    return rc;
}
