/* catalogue.c - catalogue.csv: the dispatch catalogue 派单目录 */
#include "config/catalogue.h"

#include "base/i18n.h"
#include "config/clock_span.h"
#include "config/tree.h"
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
    COLUMN_LIST,
    COLUMN_COUNT
};

static const char *const column_names[COLUMN_COUNT] = {"matter",        "place",          "lead",         "supports",
                                                       "calls",         "limit_ordinary", "limit_urgent", "limit_emergency",
                                                       "limit_complex", "basis",          "list"};

struct reader {
    const struct table *table;
    const struct unit_list *units;
    const struct matter_list *matters;
    struct faults *faults;
    bool has_calendar;
    int32_t columns[COLUMN_COUNT];
    struct tree tree;
    int32_t *in_service;  /* by unit: itself, or the last of its successors */
    uint8_t *tiers_above; /* by unit: a bit for each tier on the way up from it, its own included */
};
_Static_assert(UNIT_TIER_COUNT <= 8, "a bit for each tier");

static void say(const struct reader *reader, uint32_t row, enum column column, const char *text, const char *why)
{
    table_fault(reader->table, reader->faults, row, reader->columns[column], "%s `%s`: %s", column_names[column], text,
                i18n_text(why));
}

static const struct unit *unit_at(const struct reader *reader, int32_t unit)
{
    return &reader->units->at[unit];
}

/* Nothing new goes to a unit that is retired. */
static bool check_in_service(const struct reader *reader, uint32_t row, enum column column, const char *text, int32_t unit)
{
    int32_t successor = reader->in_service[unit];
    char code[CODE_SIZE + 1];
    if (successor != unit) {
        table_fault(reader->table, reader->faults, row, reader->columns[column], "%s `%s` is retired; write its successor `%s`",
                    column_names[column], text, code_text(&unit_at(reader, successor)->code, code));
    }
    return successor == unit;
}

static int32_t find_unit(const struct reader *reader, const char *text, const char **ret_why)
{
    struct code code;
    *ret_why = code_parse(text, &code);
    int32_t found = *ret_why != NULL ? -1 : units_find(reader->units->at, reader->units->count, &code);
    if (*ret_why == NULL && found < 0) {
        *ret_why = _("no such unit; write a code of units.csv, or add it there");
    }
    return found;
}

static int32_t read_matter(const struct reader *reader, uint32_t row)
{
    const char *text = table_cell(reader->table, row, reader->columns[COLUMN_MATTER]);
    if (text[0] == '\0' || strcmp(text, "*") == 0) {
        return -1;
    }
    struct code code;
    const char *why = code_parse(text, &code);
    int32_t found = why != NULL ? -1 : matters_find(reader->matters->at, reader->matters->count, &code);
    if (why == NULL && found < 0) {
        why = _("no such matter; write a code of matters.csv, or add it there");
    }
    if (why != NULL) {
        say(reader, row, COLUMN_MATTER, text, why);
    }
    return found;
}

static int32_t read_place(const struct reader *reader, uint32_t row)
{
    const char *text = table_cell(reader->table, row, reader->columns[COLUMN_PLACE]);
    if (text[0] == '\0' || strcmp(text, "*") == 0) {
        return -1;
    }
    const char *why;
    int32_t found = find_unit(reader, text, &why);
    if (found < 0) {
        say(reader, row, COLUMN_PLACE, text, why);
    } else {
        check_in_service(reader, row, COLUMN_PLACE, text, found);
    }
    return found;
}

/* What stands in the way of a unit of this class in this column, or NULL. Calls go where the core lets them go. */
static const char *wrong_class(enum column column, enum unit_class class)
{
    switch (class) {
    case UNIT_CLASS_EXTERNAL:
        return _("an external unit has no duties here; write a unit of the district");
    case UNIT_CLASS_PROPERTY:
        return column == COLUMN_LEAD    ? _("a property company never leads; write the community or the street")
               : column == COLUMN_CALLS ? _("a property company is not called; write a department, section, station or utility")
                                        : NULL;
    case UNIT_CLASS_GOVERNMENT:
    case UNIT_CLASS_COMMITTEE:
        return column == COLUMN_CALLS ? _("a tier's own office is not called; write a department, section, station or utility")
                                      : NULL;
    case UNIT_CLASS_DEPARTMENT:
    case UNIT_CLASS_SECTION:
    case UNIT_CLASS_STATION:
    case UNIT_CLASS_UTILITY:
        return NULL;
    }
    return NULL;
}

static bool read_selector(const struct reader *reader, uint32_t row, enum column column, const char *text, struct selector *ret)
{
    const char *const wanted = _("write a unit's code, or @street, @street_desk, @community, @grid or @district");
    if (text[0] == '@') {
        bool desk = strcmp(text, "@street_desk") == 0;
        int tier = desk ? (int)UNIT_TIER_STREET : enum_find(&unit_tier_enum, text_of(text + 1));
        if (tier < 0 || tier == UNIT_TIER_CITY) {
            say(reader, row, column, text, wanted);
            return false;
        }
        if (column == COLUMN_CALLS) {
            say(reader, row, column, text, wrong_class(column, UNIT_CLASS_GOVERNMENT));
            return false;
        }
        *ret = (struct selector){.kind = desk ? SELECT_STREET_DESK : SELECT_TIER, .unit = -1, .tier = (enum unit_tier)tier};
        return true;
    }
    const char *why = wanted;
    int32_t found = text[0] == '\0' ? -1 : find_unit(reader, text, &why);
    if (found < 0) {
        say(reader, row, column, text, why);
        return false;
    }
    why = wrong_class(column, unit_at(reader, found)->class);
    if (why == NULL && unit_at(reader, found)->tier == UNIT_TIER_CITY) {
        why = _("a unit above the district has no duties here; write a unit of the district");
    }
    if (why != NULL) {
        say(reader, row, column, text, why);
        return false;
    }
    if (!check_in_service(reader, row, column, text, found)) {
        return false;
    }
    *ret = (struct selector){.kind = SELECT_UNIT, .unit = found, .tier = reader->units->at[found].tier};
    return true;
}

static void read_selectors(const struct reader *reader, uint32_t row, enum column column, struct selector *ret, uint32_t *ret_count)
{
    char text[512];
    const char *cell = table_cell(reader->table, row, reader->columns[column]);
    if (cell[0] == '\0') {
        return;
    }
    if ((size_t)snprintf(text, sizeof(text), "%s", cell) >= sizeof(text)) {
        table_fault(reader->table, reader->faults, row, reader->columns[column],
                    "%s: the field is too long; write at most %d units", column_names[column], ROW_SUPPORTS_MAX);
        return;
    }
    uint32_t count = 0;
    for (char *at = text, *next; at != NULL; at = next) {
        next = strchr(at, ';');
        if (next != NULL) {
            *next++ = '\0';
        }
        at += strspn(at, " ");
        for (size_t size = strlen(at); size > 0 && at[size - 1] == ' '; size--) {
            at[size - 1] = '\0';
        }
        if (count == ROW_SUPPORTS_MAX) {
            say(reader, row, column, cell, "too many units; write at most 8");
            break;
        }
        if (read_selector(reader, row, column, at, &ret[count])) {
            count++;
        }
    }
    *ret_count = count;
}

static void read_limits(const struct reader *reader, uint32_t row, struct catalogue_row *ret)
{
    for (uint32_t urgency = 0; urgency < URGENCY_COUNT; urgency++) {
        enum column column = (enum column)(COLUMN_LIMITS + urgency);
        const char *text = table_cell(reader->table, row, reader->columns[column]);
        const char *why = text[0] ? clock_span_parse(text, &ret->limit[urgency]) : NULL;
        /* 0 in a row means: as the policy says; it cannot switch a clock off. */
        if (why == NULL && text[0] && ret->limit[urgency].amount == 0) {
            why = _("leave the field empty for the policy's limit");
        }
        if (why == NULL && !reader->has_calendar && span_is_working(ret->limit[urgency])) {
            why = _(span_without_calendar);
        }
        if (why != NULL) {
            say(reader, row, column, text, why);
        }
    }
}

/* A community or a grid leads what happens in it, nothing else: no row pushes another place's cases down to it 准入. */
static void check_low_lead(const struct reader *reader, uint32_t row, const struct catalogue_row *ret)
{
    if (ret->lead.kind != SELECT_UNIT || ret->lead.unit < 0) {
        return;
    }
    const struct unit *lead = unit_at(reader, ret->lead.unit);
    if (lead->tier < UNIT_TIER_COMMUNITY || (lead->class != UNIT_CLASS_GOVERNMENT && lead->class != UNIT_CLASS_COMMITTEE)) {
        return;
    }
    if (ret->place < 0 || !tree_within(&reader->tree, ret->place, ret->lead.unit)) {
        table_fault(reader->table, reader->faults, row, reader->columns[COLUMN_LEAD],
                    "lead `%s` has tier %s and leads only what happens in it; write it as place too, or `@%s` as lead",
                    table_cell(reader->table, row, reader->columns[COLUMN_LEAD]), enum_name(&unit_tier_enum, (int)lead->tier),
                    enum_name(&unit_tier_enum, (int)lead->tier));
    }
}

/* Is this what a street or a community answers for? */
static bool is_low(const struct reader *reader, const struct selector *selector)
{
    if (selector->kind != SELECT_UNIT) {
        return selector->tier >= UNIT_TIER_STREET;
    }
    return selector->unit >= 0 && unit_at(reader, unit_at(reader, selector->unit)->accountable)->tier >= UNIT_TIER_STREET;
}

/* What is a department's is not handed down by the very row that says so. */
static void check_handed_down(const struct reader *reader, uint32_t row, const struct catalogue_row *ret)
{
    if ((ret->list == DUTY_LIST_SUPPORT || ret->list == DUTY_LIST_TAKEN_BACK) && is_low(reader, &ret->lead)) {
        say(reader, row, COLUMN_LIST, enum_name(&duty_list_enum, (int)ret->list),
            _("a department leads what stands on this list; write another lead, or `basic`"));
    }
    for (uint32_t i = 0; ret->list == DUTY_LIST_TAKEN_BACK && i < ret->support_count; i++) {
        if (is_low(reader, &ret->supports[i])) {
            say(reader, row, COLUMN_LIST, enum_name(&duty_list_enum, (int)ret->list),
                _("a street or community does not support what was taken back; take it out of supports, or write `support`"));
            return;
        }
    }
}

static void read_list(const struct reader *reader, uint32_t row, struct catalogue_row *ret)
{
    const char *text = table_cell(reader->table, row, reader->columns[COLUMN_LIST]);
    int list = text[0] == '\0' ? DUTY_LIST_NONE : enum_find(&duty_list_enum, text_of(text));
    if (list < 0 || (list == DUTY_LIST_NONE && text[0] != '\0')) {
        say(reader, row, COLUMN_LIST, text, _("write basic, support or taken_back, or leave it empty"));
        return;
    }
    ret->list = (enum duty_list)list;
    check_handed_down(reader, row, ret);
}

/* Do both find a unit at the same places? A street's desk is there wherever the street is, which stands in for it. */
static bool same_places(const struct selector *a, const struct selector *b)
{
    return a->kind != SELECT_UNIT && b->kind != SELECT_UNIT && a->tier == b->tier;
}

/* Does the first row find a lead wherever the second would? */
static bool hides(const struct reader *reader, const struct catalogue_row *first, const struct catalogue_row *second)
{
    if (first->lead.kind == SELECT_UNIT || same_places(&first->lead, &second->lead)) {
        return true;
    }
    return first->place >= 0 && (reader->tiers_above[first->place] & 1U << first->lead.tier) != 0;
}

static int compare_key(const void *a, const void *b)
{
    const struct row_key *x = a, *y = b;
    if (x->place != y->place) {
        return x->place < y->place ? -1 : 1;
    }
    if (x->matter != y->matter) {
        return x->matter < y->matter ? -1 : 1;
    }
    return x->at < y->at ? -1 : 1;
}

/* A row that another one hides would never win: a person thinks that it is in force. */
static void check_hidden(const struct reader *reader, const struct catalogue_rows *list)
{
    uint32_t place = 0,
             same = 0; /* first keys of the place (with any matter, where there is such a row), and of place and matter */
    for (uint32_t i = 1; i < list->count; i++) {
        const struct row_key *keys = list->keys;
        place = keys[i].place == keys[place].place ? place : i;
        same = keys[i].place == keys[same].place && keys[i].matter == keys[same].matter ? same : i;
        uint32_t by = same != i ? same : place;
        bool before = keys[by].at < keys[i].at && (by == same || keys[by].matter < 0);
        if (!before || !hides(reader, &list->at[keys[by].at], &list->at[keys[i].at])) {
            continue;
        }
        table_fault(
            reader->table, reader->faults, keys[i].at, reader->columns[COLUMN_MATTER],
            "this row never wins: the row on line %u has %s matter and this place, and stands before it; take one of them out",
            reader->table->lines[keys[by].at], by == same ? "this" : "any");
    }
}

static int read_row(const struct reader *reader, uint32_t i, struct catalogue_row *row)
{
    row->row = i + 1;
    row->matter = read_matter(reader, i);
    row->place = read_place(reader, i);
    row->lead.unit = -1;
    read_selector(reader, i, COLUMN_LEAD, table_cell(reader->table, i, reader->columns[COLUMN_LEAD]), &row->lead);
    check_low_lead(reader, i, row);
    read_selectors(reader, i, COLUMN_SUPPORTS, row->supports, &row->support_count);
    read_selectors(reader, i, COLUMN_CALLS, row->calls, &row->call_count);
    read_limits(reader, i, row);
    read_list(reader, i, row);
    const char *why = name_parse(table_cell(reader->table, i, reader->columns[COLUMN_BASIS]), true, &row->basis);
    if (why != NULL) {
        say(reader, i, COLUMN_BASIS, "", why);
    }
    return why != NULL || row->basis != NULL ? 0 : -ENOMEM;
}

struct row_key *catalogue_keys(const struct catalogue_row *rows, uint32_t count)
{
    struct row_key *keys = calloc(count + 1u, sizeof(*keys));
    for (uint32_t i = 0; keys != NULL && i < count; i++) {
        keys[i] = (struct row_key){rows[i].place, rows[i].matter, i};
    }
    if (keys != NULL) {
        qsort(keys, count, sizeof(*keys), compare_key);
    }
    return keys;
}

/* One walk for all rows: a place may stand under a chain of any length. */
static int look_at_tree(struct reader *reader)
{
    const struct unit_list *units = reader->units;
    reader->tiers_above = calloc(units->count + 1u, sizeof(*reader->tiers_above));
    reader->in_service = units_all_in_service(units->at, units->count);
    int rc =
        reader->tiers_above != NULL && reader->in_service != NULL ? tree_make(units->at, units->count, &reader->tree) : -ENOMEM;
    for (uint32_t position = 0; position < units->count && rc == 0; position++) {
        const struct unit *unit = unit_at(reader, reader->tree.unit[position]);
        unsigned above = unit->parent < 0 ? 0 : reader->tiers_above[unit->parent];
        reader->tiers_above[reader->tree.unit[position]] = (uint8_t)(above | 1U << unit->tier);
    }
    return rc;
}

int catalogue_read(const struct table *table, const struct unit_list *units, const struct matter_list *matters, bool has_calendar,
                   struct faults *faults, struct catalogue_rows *ret)
{
    struct reader reader = {.table = table, .units = units, .matters = matters, .faults = faults, .has_calendar = has_calendar};
    int rc = table_columns(table, column_names, COLUMN_COUNT, COLUMN_SUPPORTS, faults, reader.columns);
    if (rc < 0) {
        return rc;
    }
    uint32_t before = faults_total(faults);
    struct catalogue_rows list = {.at = calloc(table->row_count + 1u, sizeof(*list.at))};
    rc = list.at != NULL ? look_at_tree(&reader) : -ENOMEM;
    for (uint32_t i = 0; i < table->row_count && rc == 0; i++) {
        rc = read_row(&reader, i, &list.at[list.count++]);
    }
    if (rc == 0 && (list.keys = catalogue_keys(list.at, list.count)) == NULL) {
        rc = -ENOMEM;
    }
    /* A row with a fault may stand for any matter or place only because its own is wrong. */
    if (rc == 0 && faults_total(faults) == before) {
        check_hidden(&reader, &list);
    }
    tree_deinit(&reader.tree);
    free(reader.tiers_above);
    free(reader.in_service);
    if (rc < 0) {
        catalogue_free(&list);
    } else {
        *ret = list;
    }
    return rc;
}

void catalogue_free(struct catalogue_rows *list)
{
    for (uint32_t i = 0; list->at != NULL && i < list->count; i++) {
        free(list->at[i].basis);
    }
    free(list->at);
    free(list->keys);
    *list = (struct catalogue_rows){0};
}
