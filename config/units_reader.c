/* units_reader.c - the rows of units.csv while they become units: cells, faults, a unit by its code */
#include "config/units_inner.h"

#include "base/i18n.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

const char *const units_column_names[UNITS_COLUMN_COUNT] = {"code",        "name",       "tier",        "class",     "parent",
                                                            "accountable", "calendar",   "seconded_by", "deputy",    "capacity",
                                                            "contact",     "duty_phone", "retired_on",  "successor", "street_desk"};

const char *units_cell(const struct units_reader *reader, uint32_t i, enum units_column column)
{
    return table_cell(reader->table, reader->entries[i].row, reader->columns[column]);
}

void units_fault(const struct units_reader *reader, uint32_t i, enum units_column column, const char *format, ...)
{
    char text[sizeof((struct fault *)NULL)->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), _(format), args);
    va_end(args);
    table_fault(reader->table, reader->faults, reader->entries[i].row, reader->columns[column], "%s", text);
}

static int compare_code(const void *a, const void *b)
{
    return code_order(a, b);
}

int32_t units_find(const struct unit *units, uint32_t count, const struct code *code)
{
    _Static_assert(offsetof(struct unit, code) == 0, "a unit begins with its code");
    if (count == 0) {
        return -1; /* there may be no table at all */
    }
    const struct unit *found = bsearch(code, units, count, sizeof(*units), compare_code);
    return found != NULL ? (int32_t)(found - units) : -1;
}
