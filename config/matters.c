/* matters.c - matters.csv: the leaves of the taxonomy 事项 */
#include "config/matters.h"

#include "base/i18n.h"
#include "config/words.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum column { COLUMN_CODE, COLUMN_NAME, COLUMN_FIELD, COLUMN_URGENCY, COLUMN_COUNT, COLUMNS_NEEDED = COLUMN_URGENCY };

static const char *const column_names[COLUMN_COUNT] = {"code", "name", "field", "urgency"};

struct entry {
    struct matter matter;
    uint32_t row;
};

static int compare_code(const void *a, const void *b)
{
    return code_order(a, b);
}

static int compare_entry(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = compare_code(&x->matter.code, &y->matter.code);
    return order ? order : x->row < y->row ? -1 : 1;
}

int32_t matters_find(const struct matter *matters, uint32_t count, const struct code *code)
{
    _Static_assert(offsetof(struct matter, code) == 0, "a matter begins with its code");
    if (count == 0) {
        return -1; /* there may be no table at all */
    }
    const struct matter *found = bsearch(code, matters, count, sizeof(*matters), compare_code);
    return found != NULL ? (int32_t)(found - matters) : -1;
}

static void deinit(struct matter *matter)
{
    free(matter->name);
    free(matter->field);
    matter->name = NULL;
    matter->field = NULL;
}

struct matter *matters_free(struct matter *matters, uint32_t count)
{
    for (uint32_t i = 0; matters != NULL && i < count; i++) {
        deinit(&matters[i]);
    }
    free(matters);
    return NULL;
}

/* Where nothing is said a matter is at least ordinary. How complex a case is no matter says: that is seen when it is routed. */
static void read_urgency(const struct table *table, const int32_t *columns, uint32_t row, struct faults *faults,
                         struct matter *matter)
{
    const char *text = table_cell(table, row, columns[COLUMN_URGENCY]);
    int found = text[0] == '\0' ? URGENCY_ORDINARY : enum_find(&urgency_enum, text_of(text));
    if (found < 0 || found == URGENCY_COMPLEX) {
        table_fault(table, faults, row, columns[COLUMN_URGENCY],
                    "urgency `%s` of a matter is not known; write ordinary, urgent or emergency, or leave it empty", text);
        return;
    }
    matter->urgency = (enum urgency)found;
}

/* Reads a row; 1: it is one, 0: it has no code that can be used. */
static int read_row(const struct table *table, const int32_t *columns, uint32_t row, struct faults *faults, struct entry *ret)
{
    *ret = (struct entry){.row = row};
    const char *text = table_cell(table, row, columns[COLUMN_CODE]);
    const char *why = strcmp(text, "unknown") == 0 ? _("this word means that nobody knows the matter; write another code")
                                                   : code_parse(text, &ret->matter.code);
    if (why != NULL) {
        table_fault(table, faults, row, columns[COLUMN_CODE], "code `%s`: %s", text, why);
        return 0;
    }
    char **const names[] = {&ret->matter.name, &ret->matter.field};
    for (uint32_t i = 0; i < 2; i++) {
        int32_t column = columns[COLUMN_NAME + (int32_t)i];
        why = name_parse(table_cell(table, row, column), i == 1, names[i]);
        if (why != NULL) {
            table_fault(table, faults, row, column, "%s of `%s`: %s", column_names[COLUMN_NAME + i], text, why);
        }
        if (*names[i] == NULL && (why == NULL || (*names[i] = strdup("?")) == NULL)) {
            return -ENOMEM;
        }
    }
    read_urgency(table, columns, row, faults, &ret->matter);
    return 1;
}

static void check_twice(const struct table *table, const int32_t *columns, const struct entry *entries, uint32_t count,
                        struct faults *faults)
{
    for (uint32_t i = 1; i < count; i++) {
        char code[CODE_SIZE + 1];
        if (code_equal(&entries[i - 1].matter.code, &entries[i].matter.code)) {
            table_fault(table, faults, entries[i].row, columns[COLUMN_CODE],
                        "code `%s` is on line %u too; a code names one matter, write another one",
                        code_text(&entries[i].matter.code, code), table->lines[entries[i - 1].row]);
        }
    }
}

int matters_read(const struct table *table, struct faults *faults, struct matter_list *ret)
{
    *ret = (struct matter_list){0};
    int32_t columns[COLUMN_COUNT];
    int rc = table_columns(table, column_names, COLUMN_COUNT, COLUMNS_NEEDED, faults, columns);
    if (rc < 0) {
        return rc;
    }
    struct entry *entries = calloc(table->row_count + 1u, sizeof(*entries));
    ret->at = calloc(table->row_count + 1u, sizeof(*ret->at));
    uint32_t count = 0;
    rc = entries != NULL && ret->at != NULL ? 0 : -ENOMEM;
    for (uint32_t row = 0; row < table->row_count && rc >= 0; row++) {
        rc = read_row(table, columns, row, faults, &entries[count]);
        if (rc < 0) {
            deinit(&entries[count].matter);
        }
        count += rc > 0 ? 1 : 0;
    }
    if (rc >= 0) {
        qsort(entries, count, sizeof(*entries), compare_entry);
        check_twice(table, columns, entries, count, faults);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (rc >= 0) {
            ret->at[ret->count++] = entries[i].matter;
        } else {
            deinit(&entries[i].matter);
        }
    }
    free(entries);
    return rc < 0 ? rc : 0;
}
