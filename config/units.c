#include "config/units.h"

#include "config/words.h"
#include "proto/gen/limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column { COLUMN_CODE, COLUMN_NAME, COLUMN_TIER, COLUMN_CLASS, COLUMN_PARENT, COLUMN_ACCOUNTABLE, COLUMN_COUNT };

static const char *const column_names[COLUMN_COUNT] = {"code", "name", "tier", "class", "parent", "accountable"};

/* A unit and the row that it came from, while they are sorted. */
struct entry {
    struct unit unit;
    uint32_t row;
};

struct reader {
    const struct table *table;
    struct faults *faults;
    int32_t columns[COLUMN_COUNT];
    uint32_t count;
    struct entry *entries;
};

static int compare_code(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct code));
}

static int compare_entry(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = compare_code(&x->unit.code, &y->unit.code);
    return order ? order : x->row < y->row ? -1 : 1;
}

int32_t units_find(const struct unit *units, uint32_t count, const struct code *code)
{
    _Static_assert(offsetof(struct unit, code) == 0, "a unit begins with its code");
    if (count == 0)
        return -1; /* there may be no table at all */
    const struct unit *found = bsearch(code, units, count, sizeof *units, compare_code);
    return found ? (int32_t)(found - units) : -1;
}

struct unit *units_free(struct unit *units, uint32_t count)
{
    for (uint32_t i = 0; units && i < count; i++)
        free(units[i].name);
    free(units);
    return NULL;
}

static void bad_word(const struct reader *reader, uint32_t row, enum column column, const char *text,
                     const struct enum_shape *shape)
{
    char known[160];
    size_t size = 0;
    for (uint32_t i = 0; i < shape->count && size < sizeof known; i++)
        size += (size_t)snprintf(known + size, sizeof known - size, "%s%s", i ? ", " : "", shape->names[i]);
    table_fault(reader->table, reader->faults, row, reader->columns[column], "%s `%s` is not known; write one of %s",
                column_names[column], text, known);
}

static int read_row(struct reader *reader, uint32_t row)
{
    const struct table *table = reader->table;
    struct entry *entry = &reader->entries[reader->count];
    *entry =
        (struct entry){.unit = {.parent = -1, .accountable = -1, .seconded_by = -1, .deputy = -1, .successor = -1}, .row = row};
    const char *text = table_cell(table, row, reader->columns[COLUMN_CODE]);
    const char *why = code_parse(text, &entry->unit.code);
    if (why) {
        table_fault(table, reader->faults, row, reader->columns[COLUMN_CODE], "code `%s`: %s", text, why);
        return 0;
    }
    const char *name = table_cell(table, row, reader->columns[COLUMN_NAME]);
    why = name_parse(name, false, &entry->unit.name);
    if (why)
        table_fault(table, reader->faults, row, reader->columns[COLUMN_NAME], "name of `%s`: %s", text, why);
    else if (!entry->unit.name)
        return -ENOMEM;
    if (!entry->unit.name && !(entry->unit.name = strdup("?")))
        return -ENOMEM;
    const char *tier_text = table_cell(table, row, reader->columns[COLUMN_TIER]);
    int tier = enum_find(&unit_tier_enum, text_of(tier_text));
    if (tier < 0)
        bad_word(reader, row, COLUMN_TIER, tier_text, &unit_tier_enum);
    const char *class_text = table_cell(table, row, reader->columns[COLUMN_CLASS]);
    int class = enum_find(&unit_class_enum, text_of(class_text));
    if (class < 0)
        bad_word(reader, row, COLUMN_CLASS, class_text, &unit_class_enum);
    entry->unit.tier = tier < 0 ? UNIT_TIER_GRID : (enum unit_tier)tier;
    entry->unit.class = class < 0 ? UNIT_CLASS_GOVERNMENT : (enum unit_class) class;
    reader->count++;
    return 0;
}

static void check_twice(const struct reader *reader)
{
    for (uint32_t i = 1; i < reader->count; i++) {
        const struct entry *one = &reader->entries[i - 1], *two = &reader->entries[i];
        char code[CODE_SIZE + 1];
        if (code_equal(&one->unit.code, &two->unit.code))
            table_fault(reader->table, reader->faults, two->row, reader->columns[COLUMN_CODE],
                        "code `%s` is on line %u too; a code names one unit, write another one", code_text(&two->unit.code, code),
                        reader->table->lines[one->row]);
    }
}

/* Index of the unit that a cell names, -1 for an empty cell or a fault. */
static int32_t read_reference(const struct reader *reader, const struct unit_list *list, uint32_t row, enum column column)
{
    const char *text = table_cell(reader->table, row, reader->columns[column]);
    if (text[0] == '\0')
        return -1;
    struct code code;
    const char *why = code_parse(text, &code);
    int32_t found = why ? -1 : units_find(list->at, list->count, &code);
    if (why)
        table_fault(reader->table, reader->faults, row, reader->columns[column], "%s `%s`: %s", column_names[column], text, why);
    else if (found < 0)
        table_fault(reader->table, reader->faults, row, reader->columns[column],
                    "%s `%s` is no unit of this file; write the code of a unit, or add it", column_names[column], text);
    return found;
}

/* Finds circles by walking up, and opens each where it is found. `seen` holds 0 or the walk's number. */
static void check_circles(const struct reader *reader, struct unit_list *list, uint32_t *seen)
{
    for (uint32_t i = 0; i < list->count; i++) {
        for (int32_t at = (int32_t)i, next; at >= 0 && seen[at] == 0; at = next) {
            seen[at] = i + 1;
            next = list->at[at].parent;
            if (next < 0 || seen[next] != i + 1)
                continue;
            char code[CODE_SIZE + 1], parent[CODE_SIZE + 1];
            table_fault(reader->table, reader->faults, reader->entries[at].row, reader->columns[COLUMN_PARENT],
                        "unit `%s` stands below itself by way of its parent `%s`; write another parent",
                        code_text(&list->at[at].code, code), code_text(&list->at[next].code, parent));
            list->at[at].parent = -1;
            break;
        }
    }
}

static void check_place(const struct reader *reader, const struct unit_list *list, uint32_t i)
{
    const struct unit *unit = &list->at[i];
    const struct unit *parent = unit->parent < 0 ? NULL : &list->at[unit->parent];
    uint32_t row = reader->entries[i].row;
    bool own_office = unit->class == UNIT_CLASS_GOVERNMENT || unit->class == UNIT_CLASS_COMMITTEE;
    char code[CODE_SIZE + 1], above[CODE_SIZE + 1];
    code_text(&unit->code, code);
    if (unit->class == UNIT_CLASS_DEPARTMENT && unit->tier != UNIT_TIER_DISTRICT)
        table_fault(reader->table, reader->faults, row, reader->columns[COLUMN_TIER],
                    "department `%s` has tier %s; write district (an office below it has class section)", code,
                    enum_name(&unit_tier_enum, (int)unit->tier));
    else if (unit->class == UNIT_CLASS_DEPARTMENT &&
             (!parent || parent->tier != UNIT_TIER_DISTRICT || parent->class != UNIT_CLASS_GOVERNMENT))
        table_fault(reader->table, reader->faults, row, reader->columns[COLUMN_PARENT],
                    "department `%s` does not stand below the district; write the district's code as parent", code);
    if (parent && (parent->tier > unit->tier || (parent->tier == unit->tier && own_office)))
        table_fault(
            reader->table, reader->faults, row, reader->columns[COLUMN_TIER],
            "`%s` has tier %s and its parent `%s` has tier %s; a parent has a higher tier (the same only for sections, stations "
            "and other classes than government and committee)",
            code, enum_name(&unit_tier_enum, (int)unit->tier), code_text(&parent->code, above),
            enum_name(&unit_tier_enum, (int)parent->tier));
    bool may_be_top = unit->class == UNIT_CLASS_EXTERNAL || (own_office && unit->tier <= UNIT_TIER_DISTRICT);
    const char *text = table_cell(reader->table, row, reader->columns[COLUMN_PARENT]);
    if (!parent && !may_be_top && text[0] == '\0' && unit->class != UNIT_CLASS_DEPARTMENT)
        table_fault(reader->table, reader->faults, row, reader->columns[COLUMN_PARENT],
                    "`%s` has no parent; only a city, the district and external units may stand alone", code);
}

static void read_accountable(const struct reader *reader, struct unit_list *list, uint32_t i)
{
    uint32_t row = reader->entries[i].row;
    int32_t named = read_reference(reader, list, row, COLUMN_ACCOUNTABLE);
    if (named < 0)
        return;
    int32_t at = (int32_t)i;
    while (at >= 0 && at != named)
        at = list->at[at].parent;
    if (at < 0)
        table_fault(reader->table, reader->faults, row, reader->columns[COLUMN_ACCOUNTABLE],
                    "accountable `%s` does not stand above this unit; write the unit's own code or that of a unit above it",
                    table_cell(reader->table, row, reader->columns[COLUMN_ACCOUNTABLE]));
    else
        list->at[i].accountable = named;
}

/* Whose figures a unit enters when nothing is said. */
static int32_t default_accountable(const struct unit_list *list, uint32_t i)
{
    int32_t at = (int32_t)i;
    while (list->at[at].accountable < 0 && list->at[at].parent >= 0 &&
           (list->at[at].class == UNIT_CLASS_SECTION || list->at[at].class == UNIT_CLASS_STATION))
        at = list->at[at].parent;
    return list->at[at].accountable < 0 ? at : list->at[at].accountable;
}

static int build(const struct reader *reader, struct unit_list *list)
{
    list->at = calloc(reader->count + 1u, sizeof *list->at);
    list->lines = calloc(reader->count + 1u, sizeof *list->lines);
    uint32_t *seen = calloc(reader->count + 1u, sizeof *seen);
    if (!list->at || !list->lines || !seen) {
        free(seen);
        return -ENOMEM;
    }
    list->count = reader->count;
    for (uint32_t i = 0; i < list->count; i++) {
        list->at[i] = reader->entries[i].unit;
        reader->entries[i].unit.name = NULL; /* moved */
        list->lines[i] = reader->table->lines[reader->entries[i].row];
    }
    for (uint32_t i = 0; i < list->count; i++)
        list->at[i].parent = read_reference(reader, list, reader->entries[i].row, COLUMN_PARENT);
    check_circles(reader, list, seen);
    free(seen);
    for (uint32_t i = 0; i < list->count; i++) {
        check_place(reader, list, i);
        read_accountable(reader, list, i);
    }
    for (uint32_t i = 0; i < list->count; i++)
        list->at[i].accountable = default_accountable(list, i);
    return 0;
}

int units_read(const struct table *table, struct faults *faults, struct unit_list *ret)
{
    *ret = (struct unit_list){0};
    struct reader reader = {.table = table, .faults = faults};
    int r = table_columns(table, column_names, COLUMN_COUNT, COLUMN_ACCOUNTABLE, faults, reader.columns);
    if (r < 0)
        return r;
    if (table->row_count > LIMIT_CONFIG_UNITS) {
        faults_add(faults, table->file, 0, 0, "%u units; a district has at most %d", table->row_count, LIMIT_CONFIG_UNITS);
        return -EINVAL;
    }
    reader.entries = calloc(table->row_count + 1u, sizeof *reader.entries);
    if (!reader.entries)
        return -ENOMEM;
    for (uint32_t row = 0; row < table->row_count && r == 0; row++)
        r = read_row(&reader, row);
    if (r == 0) {
        qsort(reader.entries, reader.count, sizeof *reader.entries, compare_entry);
        check_twice(&reader);
        r = build(&reader, ret);
    }
    for (uint32_t i = 0; i <= table->row_count; i++)
        free(reader.entries[i].unit.name);
    free(reader.entries);
    return r;
}
