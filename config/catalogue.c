#include "config/catalogue.h"

#include "config/span.h"
#include "config/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column {
    COLUMN_MATTER,
    COLUMN_PLACE,
    COLUMN_LEAD,
    COLUMN_SUPPORTS,
    COLUMN_CALLS,
    COLUMN_LIMITS, /* one for each urgency */
    COLUMN_BASIS = COLUMN_LIMITS + URGENCY_COUNT,
    COLUMN_COUNT
};

static const char *const column_names[COLUMN_COUNT] = {
    "matter", "place", "lead", "supports", "calls", "limit_ordinary", "limit_urgent", "limit_emergency", "limit_complex", "basis"};

struct reader {
    const struct table *table;
    const struct unit_list *units;
    const struct matter_list *matters;
    struct faults *faults;
    int32_t columns[COLUMN_COUNT];
};

static void say(const struct reader *reader, uint32_t row, enum column column, const char *text, const char *why)
{
    table_fault(reader->table, reader->faults, row, reader->columns[column], "%s `%s`: %s", column_names[column], text, why);
}

static int32_t find_unit(const struct reader *reader, const char *text, const char **ret_why)
{
    struct code code;
    *ret_why = code_parse(text, &code);
    int32_t found = *ret_why ? -1 : units_find(reader->units->at, reader->units->count, &code);
    if (!*ret_why && found < 0)
        *ret_why = "no such unit; write a code of units.csv, or add it there";
    return found;
}

static int32_t read_matter(const struct reader *reader, uint32_t row)
{
    const char *text = table_cell(reader->table, row, reader->columns[COLUMN_MATTER]);
    if (text[0] == '\0' || strcmp(text, "*") == 0)
        return -1;
    struct code code;
    const char *why = code_parse(text, &code);
    int32_t found = why ? -1 : matters_find(reader->matters->at, reader->matters->count, &code);
    if (!why && found < 0)
        why = "no such matter; write a code of matters.csv, or add it there";
    if (why)
        say(reader, row, COLUMN_MATTER, text, why);
    return found;
}

static int32_t read_place(const struct reader *reader, uint32_t row)
{
    const char *text = table_cell(reader->table, row, reader->columns[COLUMN_PLACE]);
    if (text[0] == '\0' || strcmp(text, "*") == 0)
        return -1;
    const char *why;
    int32_t found = find_unit(reader, text, &why);
    if (found < 0)
        say(reader, row, COLUMN_PLACE, text, why);
    return found;
}

static bool read_selector(const struct reader *reader, uint32_t row, enum column column, const char *text, struct selector *ret)
{
    static const char wanted[] = "write a unit's code, or @street, @community, @grid or @district";
    if (text[0] == '@') {
        int tier = enum_find(&unit_tier_enum, text_of(text + 1));
        if (tier < 0 || tier == UNIT_TIER_CITY) {
            say(reader, row, column, text, wanted);
            return false;
        }
        *ret = (struct selector){.kind = SELECT_TIER, .unit = -1, .tier = (enum unit_tier)tier};
        return true;
    }
    const char *why = wanted;
    int32_t found = text[0] == '\0' ? -1 : find_unit(reader, text, &why);
    if (found < 0) {
        say(reader, row, column, text, why);
        return false;
    }
    enum unit_class class = reader->units->at[found].class;
    if (class == UNIT_CLASS_EXTERNAL || (class == UNIT_CLASS_PROPERTY && column == COLUMN_LEAD)) {
        say(reader, row, column, text,
            class == UNIT_CLASS_EXTERNAL ? "an external unit has no duties here; write a unit of the district"
                                         : "a property company never leads; write the community or the street");
        return false;
    }
    *ret = (struct selector){.kind = SELECT_UNIT, .unit = found, .tier = reader->units->at[found].tier};
    return true;
}

static void read_selectors(const struct reader *reader, uint32_t row, enum column column, struct selector *ret, uint32_t *ret_count)
{
    char text[512];
    const char *cell = table_cell(reader->table, row, reader->columns[column]);
    if (cell[0] == '\0')
        return;
    if ((size_t)snprintf(text, sizeof text, "%s", cell) >= sizeof text) {
        table_fault(reader->table, reader->faults, row, reader->columns[column],
                    "%s: the field is too long; write at most %d units", column_names[column], ROW_SUPPORTS_MAX);
        return;
    }
    uint32_t count = 0;
    for (char *at = text, *next; at; at = next) {
        next = strchr(at, ';');
        if (next)
            *next++ = '\0';
        at += strspn(at, " ");
        for (size_t size = strlen(at); size > 0 && at[size - 1] == ' '; size--)
            at[size - 1] = '\0';
        if (count == ROW_SUPPORTS_MAX) {
            say(reader, row, column, cell, "too many units; write at most 8");
            break;
        }
        if (read_selector(reader, row, column, at, &ret[count]))
            count++;
    }
    *ret_count = count;
}

static void read_limits(const struct reader *reader, uint32_t row, struct catalogue_row *ret)
{
    for (uint32_t urgency = 0; urgency < URGENCY_COUNT; urgency++) {
        enum column column = (enum column)(COLUMN_LIMITS + urgency);
        const char *text = table_cell(reader->table, row, reader->columns[column]);
        const char *why = text[0] ? span_parse(text, &ret->limit[urgency]) : NULL;
        /* 0 in a row means: as the policy says; it cannot switch a clock off. */
        if (!why && text[0] && ret->limit[urgency].amount == 0)
            why = "leave the field empty for the policy's limit";
        if (why)
            say(reader, row, column, text, why);
    }
}

int catalogue_read(const struct table *table, const struct unit_list *units, const struct matter_list *matters,
                   struct faults *faults, struct catalogue_row **ret, uint32_t *ret_count)
{
    struct reader reader = {.table = table, .units = units, .matters = matters, .faults = faults};
    int r = table_columns(table, column_names, COLUMN_COUNT, COLUMN_SUPPORTS, faults, reader.columns);
    if (r < 0)
        return r;
    struct catalogue_row *rows = calloc(table->row_count + 1u, sizeof *rows);
    if (!rows)
        return -ENOMEM;
    for (uint32_t i = 0; i < table->row_count; i++) {
        struct catalogue_row *row = &rows[i];
        row->row = i + 1;
        row->matter = read_matter(&reader, i);
        row->place = read_place(&reader, i);
        read_selector(&reader, i, COLUMN_LEAD, table_cell(table, i, reader.columns[COLUMN_LEAD]), &row->lead);
        read_selectors(&reader, i, COLUMN_SUPPORTS, row->supports, &row->support_count);
        read_selectors(&reader, i, COLUMN_CALLS, row->calls, &row->call_count);
        read_limits(&reader, i, row);
        const char *basis = table_cell(table, i, reader.columns[COLUMN_BASIS]);
        const char *why = name_parse(basis, true, &row->basis);
        if (why)
            say(&reader, i, COLUMN_BASIS, "", why);
        else if (!row->basis) {
            catalogue_free(rows, table->row_count);
            return -ENOMEM;
        }
    }
    *ret = rows;
    *ret_count = table->row_count;
    return 0;
}

struct catalogue_row *catalogue_free(struct catalogue_row *rows, uint32_t count)
{
    for (uint32_t i = 0; rows && i < count; i++)
        free(rows[i].basis);
    free(rows);
    return NULL;
}
