/* units_links.c - what the rows of units.csv say of other units: parents, accountable, secondment, deputies, successors, desks */
#include "base/i18n.h"
#include "config/day_file.h"
#include "config/tree.h"
#include "config/units_inner.h"
#include "config/words.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What links are checked with. Nothing here walks up or along from each unit: a chain of 60,000 would take as long as its square.
 */
struct linking {
    const struct units_reader *reader;
    struct unit_list *list;
    struct tree tree;    /* of the parents, once their circles are open */
    int32_t *in_service; /* by unit: itself, or the last of its successors; once their circles are open */
};

/* Index of the unit that a cell names, -1 for an empty cell or a fault. */
static int32_t read_reference(const struct units_reader *reader, const struct unit_list *list, uint32_t i, enum units_column column)
{
    const char *text = units_cell(reader, i, column), *name = units_column_names[column];
    if (text[0] == '\0') {
        return -1;
    }
    struct code code;
    const char *why = code_parse(text, &code);
    int32_t found = why != NULL ? -1 : units_find(list->at, list->count, &code);
    if (why != NULL) {
        units_fault(reader, i, column, "%s `%s`: %s", name, text, why);
    } else if (found < 0) {
        units_fault(reader, i, column, "%s `%s` is not a unit of this file; write the code of a unit, or add it", name, text);
    }
    return found;
}

static bool retired(const struct units_reader *reader, uint32_t i)
{
    return units_cell(reader, i, UNITS_RETIRED_ON)[0] != '\0';
}

/* A column of a unit in service names a unit in service. */
static void check_in_service(const struct linking *linking, uint32_t i, enum units_column column, int32_t named)
{
    const struct units_reader *reader = linking->reader;
    const struct unit_list *list = linking->list;
    if (named < 0 || retired(reader, i) || !retired(reader, (uint32_t)named)) {
        return;
    }
    char code[CODE_SIZE + 1], next[CODE_SIZE + 1];
    int32_t successor = linking->in_service[named];
    code_text(&list->at[named].code, code);
    if (successor != named) {
        units_fault(reader, i, column, "%s `%s` is retired; write its successor `%s`", units_column_names[column], code,
                    code_text(&list->at[successor].code, next));
    } else { /* its own row has a fault: nobody follows it */
        units_fault(reader, i, column, "%s `%s` is retired; write a unit in service", units_column_names[column], code);
    }
}

/* ---- circles ---- */

struct links {
    enum units_column column;
    size_t offset; /* of the index in struct unit */
    const char *words;
};

static const struct links parents = {UNITS_PARENT, offsetof(struct unit, parent), "stands below itself"};
static const struct links successors = {UNITS_SUCCESSOR, offsetof(struct unit, successor), "follows itself"};

static int32_t *link_of(const struct unit_list *list, const struct links *links, uint32_t i)
{
    return (int32_t *)(void *)((char *)&list->at[i] + links->offset);
}

/* Finds circles by walking on, and opens each where it is found. `seen` holds 0 or the walk's number. */
static void open_circles(const struct units_reader *reader, const struct unit_list *list, const struct links *links, uint32_t *seen)
{
    memset(seen, 0, list->count * sizeof(*seen));
    for (uint32_t i = 0; i < list->count; i++) {
        for (int32_t at = (int32_t)i, next; at >= 0 && seen[at] == 0; at = next) {
            seen[at] = i + 1;
            next = *link_of(list, links, (uint32_t)at);
            if (next < 0 || seen[next] != i + 1) {
                continue;
            }
            char code[CODE_SIZE + 1], other[CODE_SIZE + 1];
            const char *name = units_column_names[links->column];
            units_fault(reader, (uint32_t)at, links->column, "unit `%s` %s by way of its %s `%s`; write another %s",
                        code_text(&list->at[at].code, code), links->words, name, code_text(&list->at[next].code, other), name);
            *link_of(list, links, (uint32_t)at) = -1;
            break;
        }
    }
}

/* ---- a unit's place in the tree ---- */

static bool own_office(const struct unit *unit)
{
    return unit->class == UNIT_CLASS_GOVERNMENT || unit->class == UNIT_CLASS_COMMITTEE;
}

static void check_department(const struct units_reader *reader, uint32_t i, const struct unit *unit, const struct unit *parent)
{
    char code[CODE_SIZE + 1];
    code_text(&unit->code, code);
    if (unit->tier != UNIT_TIER_DISTRICT) {
        units_fault(reader, i, UNITS_TIER, "department `%s` has tier %s; write district (an office below it has class section)",
                    code, enum_name(&unit_tier_enum, (int)unit->tier));
    } else if (parent == NULL || parent->tier != UNIT_TIER_DISTRICT || parent->class != UNIT_CLASS_GOVERNMENT) {
        units_fault(reader, i, UNITS_PARENT,
                    "department `%s` does not stand below the district; write the district's code as parent", code);
    }
}

static void check_parent(const struct units_reader *reader, uint32_t i, const struct unit *unit, const struct unit *parent)
{
    char code[CODE_SIZE + 1], above[CODE_SIZE + 1];
    code_text(&unit->code, code);
    code_text(&parent->code, above);
    const char *tier = enum_name(&unit_tier_enum, (int)unit->tier), *parent_tier = enum_name(&unit_tier_enum, (int)parent->tier);
    if (parent->tier > unit->tier || (parent->tier == unit->tier && own_office(unit))) {
        units_fault(reader, i, UNITS_TIER,
                    "`%s` has tier %s and its parent `%s` has tier %s; a parent has a higher tier (the same only for sections, "
                    "stations and other classes than government and committee)",
                    code, tier, above, parent_tier);
    } else if (own_office(unit) && parent->tier + 1 < unit->tier) {
        units_fault(reader, i, UNITS_PARENT,
                    "`%s` has tier %s and its parent `%s` has tier %s: a tier is skipped; write a %s as parent", code, tier, above,
                    parent_tier, enum_name(&unit_tier_enum, (int)unit->tier - 1));
    }
}

static void check_place(const struct linking *linking, uint32_t i)
{
    const struct units_reader *reader = linking->reader;
    const struct unit_list *list = linking->list;
    const struct unit *unit = &list->at[i];
    const struct unit *parent = unit->parent < 0 ? NULL : &list->at[unit->parent];
    char code[CODE_SIZE + 1];
    check_in_service(linking, i, UNITS_PARENT, unit->parent);
    if (!reader->entries[i].known || (parent != NULL && !reader->entries[unit->parent].known)) {
        return; /* without a tier there is nothing to compare */
    }
    if (unit->class == UNIT_CLASS_DEPARTMENT) {
        check_department(reader, i, unit, parent);
    }
    if (parent != NULL) {
        check_parent(reader, i, unit, parent);
    }
    bool may_be_top = unit->class == UNIT_CLASS_EXTERNAL || (own_office(unit) && unit->tier <= UNIT_TIER_DISTRICT);
    if (parent == NULL && !may_be_top && units_cell(reader, i, UNITS_PARENT)[0] == '\0' && unit->class != UNIT_CLASS_DEPARTMENT) {
        units_fault(reader, i, UNITS_PARENT, "`%s` has no parent; only a city, the district and external units may stand alone",
                    code_text(&unit->code, code));
    }
}

/* ---- who sent it, whose figures it enters, who acts for it, who follows it ---- */

static void read_seconded_by(const struct linking *linking, uint32_t i)
{
    const struct units_reader *reader = linking->reader;
    struct unit_list *list = linking->list;
    struct unit *unit = &list->at[i];
    int32_t named = read_reference(reader, list, i, UNITS_SECONDED_BY);
    if (named < 0) {
        return;
    }
    const char *text = units_cell(reader, i, UNITS_SECONDED_BY);
    if (unit->class != UNIT_CLASS_STATION) {
        units_fault(reader, i, UNITS_SECONDED_BY,
                    "seconded_by `%s`: only a station is seconded; write class station, or leave the field empty", text);
    } else if (list->at[named].class != UNIT_CLASS_DEPARTMENT) {
        units_fault(reader, i, UNITS_SECONDED_BY, "seconded_by `%s` has class %s; write the code of a department", text,
                    enum_name(&unit_class_enum, (int)list->at[named].class));
    } else {
        unit->seconded_by = named;
        check_in_service(linking, i, UNITS_SECONDED_BY, named);
    }
}

static void read_accountable(const struct linking *linking, uint32_t i)
{
    const struct units_reader *reader = linking->reader;
    struct unit_list *list = linking->list;
    struct unit *unit = &list->at[i];
    int32_t named = read_reference(reader, list, i, UNITS_ACCOUNTABLE);
    if (named < 0) {
        return;
    }
    if (tree_within(&linking->tree, (int32_t)i, named) || named == unit->seconded_by) {
        unit->accountable = named;
        check_in_service(linking, i, UNITS_ACCOUNTABLE, named);
    } else {
        units_fault(reader, i, UNITS_ACCOUNTABLE,
                    "accountable `%s` does not stand above this unit; write the unit's own code or that of a unit above it%s",
                    units_cell(reader, i, UNITS_ACCOUNTABLE), unit->class == UNIT_CLASS_STATION ? _(", or who seconded it") : "");
    }
}

/* Whose figures a unit enters when nothing is said: a section counts for what it stands below. Parents come first. */
static void fill_accountable(const struct linking *linking)
{
    for (uint32_t position = 0; position < linking->tree.count; position++) {
        int32_t at = linking->tree.unit[position];
        struct unit *unit = &linking->list->at[at];
        if (unit->accountable >= 0) {
            continue;
        }
        bool counts_above = unit->parent >= 0 && (unit->class == UNIT_CLASS_SECTION || unit->class == UNIT_CLASS_STATION);
        unit->accountable = counts_above ? linking->list->at[unit->parent].accountable : at;
    }
}

/* Two units may be each other's deputy: nobody acts for a deputy's deputy. */
static void read_deputy(const struct linking *linking, uint32_t i)
{
    const struct units_reader *reader = linking->reader;
    struct unit_list *list = linking->list;
    int32_t named = read_reference(reader, list, i, UNITS_DEPUTY);
    const char *text = units_cell(reader, i, UNITS_DEPUTY);
    if (named == (int32_t)i) {
        units_fault(reader, i, UNITS_DEPUTY, "deputy `%s` is the unit itself; write another unit, or leave the field empty", text);
    } else if (named >= 0 && list->at[named].class == UNIT_CLASS_EXTERNAL) {
        units_fault(reader, i, UNITS_DEPUTY,
                    "deputy `%s` is an external unit, which has no workers here; write a unit of the district", text);
    } else {
        list->at[i].deputy = named;
        check_in_service(linking, i, UNITS_DEPUTY, named);
    }
}

static void read_successor(const struct units_reader *reader, struct unit_list *list, uint32_t i)
{
    int64_t day;
    const char *date = units_cell(reader, i, UNITS_RETIRED_ON), *text = units_cell(reader, i, UNITS_SUCCESSOR);
    const char *why = date[0] != '\0' ? day_parse(date, &day) : NULL;
    if (why != NULL) {
        units_fault(reader, i, UNITS_RETIRED_ON, "retired_on `%s`: %s", date, why);
    }
    if (date[0] != '\0' && text[0] == '\0') {
        units_fault(reader, i, UNITS_SUCCESSOR,
                    "a retired unit has no successor; write the code of the unit that its duties go to");
    }
    if (date[0] == '\0' && text[0] != '\0') {
        units_fault(reader, i, UNITS_RETIRED_ON,
                    "successor `%s` of a unit in service; write the date in retired_on, or leave successor empty", text);
    }
    int32_t named = read_reference(reader, list, i, UNITS_SUCCESSOR);
    if (named >= 0 && list->at[named].class == UNIT_CLASS_EXTERNAL && list->at[i].class != UNIT_CLASS_EXTERNAL) {
        units_fault(reader, i, UNITS_SUCCESSOR,
                    "successor `%s` is an external unit, which has no duties here; write a unit of the district", text);
    } else if (date[0] != '\0') {
        list->at[i].successor = named;
    }
}

/* ---- a street's own desk 一口受理 ---- */

/* One section directly below a street; a retired row says no more what is. */
static void read_street_desk(const struct linking *linking, uint32_t i)
{
    const struct units_reader *reader = linking->reader;
    struct unit_list *list = linking->list;
    const char *text = units_cell(reader, i, UNITS_STREET_DESK);
    struct unit *unit = &list->at[i];
    char code[CODE_SIZE + 1], other[CODE_SIZE + 1];
    if (text[0] == '\0' || strcmp(text, "no") == 0) {
        return;
    }
    if (strcmp(text, "yes") != 0) {
        units_fault(reader, i, UNITS_STREET_DESK, "street_desk `%s` is not known; write yes or no, or leave the field empty", text);
        return;
    }
    code_text(&unit->code, code);
    struct unit *street = unit->parent < 0 ? NULL : &list->at[unit->parent];
    if (unit->class != UNIT_CLASS_SECTION || unit->tier != UNIT_TIER_STREET || street == NULL || street->tier != UNIT_TIER_STREET ||
        street->class != UNIT_CLASS_GOVERNMENT) {
        units_fault(reader, i, UNITS_STREET_DESK,
                    "`%s` cannot be a street's desk; write yes for one section of tier street that has the street as parent", code);
    } else if (retired(reader, i)) {
        units_fault(reader, i, UNITS_STREET_DESK, "`%s` is retired; write yes for a section in service", code);
    } else if (street->street_desk >= 0) {
        units_fault(reader, i, UNITS_STREET_DESK, "street `%s` has the desk `%s` already, on line %u; a street has one desk",
                    code_text(&street->code, other), code_text(&list->at[street->street_desk].code, code),
                    list->lines[street->street_desk]);
    } else {
        street->street_desk = (int32_t)i;
        unit->desk_of = unit->parent;
    }
}

int units_link(const struct units_reader *reader, struct unit_list *list)
{
    struct linking linking = {.reader = reader, .list = list};
    uint32_t *seen = calloc(list->count + 1u, sizeof(*seen));
    int rc = seen != NULL ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < list->count && rc == 0; i++) {
        list->at[i].parent = read_reference(reader, list, i, UNITS_PARENT);
        read_successor(reader, list, i);
    }
    if (rc == 0) {
        open_circles(reader, list, &parents, seen);
        open_circles(reader, list, &successors, seen);
        linking.in_service = units_all_in_service(list->at, list->count);
        rc = linking.in_service != NULL ? tree_make(list->at, list->count, &linking.tree) : -ENOMEM;
    }
    if (rc == 0) {
        for (uint32_t i = 0; i < list->count; i++) {
            check_place(&linking, i);
            read_seconded_by(&linking, i);
            read_accountable(&linking, i);
            read_deputy(&linking, i);
            read_street_desk(&linking, i);
        }
        fill_accountable(&linking);
    }
    tree_deinit(&linking.tree);
    free(linking.in_service);
    free(seen);
    return rc;
}

int32_t *units_all_in_service(const struct unit *units, uint32_t count)
{
    int32_t *last = calloc(count + 1u, sizeof(*last));
    for (uint32_t i = 0; last != NULL && i < count; i++) {
        last[i] = -1;
    }
    /* Along the chain to what is known, and the same for all on the way. */
    for (uint32_t i = 0; last != NULL && i < count; i++) {
        int32_t end = (int32_t)i;
        while (last[end] < 0 && units[end].successor >= 0) {
            end = units[end].successor;
        }
        end = last[end] < 0 ? end : last[end];
        for (int32_t at = (int32_t)i; at >= 0 && last[at] < 0; at = units[at].successor) {
            last[at] = end;
        }
    }
    return last;
}

int32_t units_in_service(const struct unit *units, int32_t unit)
{
    while (unit >= 0 && units[unit].successor >= 0) {
        unit = units[unit].successor;
    }
    return unit;
}
