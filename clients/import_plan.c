/*
 * import_plan.c - what a file of complaints becomes
 */
#include "clients/import_plan.h"

#include "config/file.h"
#include "proto/codec.h"
#include "proto/i18n.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"
#define WHAT_SIZE 1024

static const char *const added_names[IMPORT_ADDED_COUNT] = {"line", "code", "field", N_("what_to_do")};

/* A row while it is being read. */
struct reading {
    struct import_plan *plan;
    uint32_t row;
    char *out; /* next free byte of plan->texts */
    struct submit_command body;
    int64_t at_ms;
    enum refusal refusal; /* of the first fault; REFUSAL_NONE: none */
    uint32_t field;
    char what[WHAT_SIZE];
};

/* ---- rejects ---- */

int import_plan_reject(struct import_plan *plan, uint32_t row, struct text code, struct text field, const char *what_to_do)
{
    assert(plan->rows[row].state != IMPORT_REJECTED);
    if (plan->reject_count == plan->reject_capacity) {
        uint32_t capacity = plan->reject_capacity == 0 ? 64 : 2 * plan->reject_capacity;
        struct import_reject *grown = realloc(plan->rejects, capacity * sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        plan->rejects = grown;
        plan->reject_capacity = capacity;
    }
    struct import_reject *reject = &plan->rejects[plan->reject_count];
    reject->what_to_do = strdup(what_to_do);
    if (reject->what_to_do == NULL)
        return -ENOMEM;
    snprintf(reject->code, sizeof reject->code, "%.*s", (int)code.size, code.at);
    snprintf(reject->field, sizeof reject->field, "%.*s", (int)field.size, field.at);
    plan->rows[row].reject = plan->reject_count++;
    plan->rows[row].state = IMPORT_REJECTED;
    return 0;
}

uint32_t import_plan_count(const struct import_plan *plan, enum import_state state)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->row_count; i++)
        count += plan->rows[i].state == state;
    return count;
}

void import_plan_added(const struct import_plan *plan, char ret[IMPORT_ADDED_COUNT][24])
{
    bool taken = false;
    for (uint32_t i = 0; i < plan->own_count; i++)
        for (int k = 0; k < IMPORT_ADDED_COUNT; k++)
            taken = taken || strcmp(plan->table->columns[i], added_names[k]) == 0;
    for (int k = 0; k < IMPORT_ADDED_COUNT; k++)
        snprintf(ret[k], 24, "%s%s", taken ? "reject_" : "", added_names[k]);
}

/* A file that is itself a rejects file has our columns at its end. */
static uint32_t count_own(const struct table *table)
{
    if (table->column_count <= IMPORT_ADDED_COUNT)
        return table->column_count;
    uint32_t own = table->column_count - IMPORT_ADDED_COUNT;
    for (uint32_t i = 0; i < IMPORT_ADDED_COUNT; i++) {
        const char *name = table->columns[own + i];
        if (strncmp(name, "reject_", 7) == 0)
            name += 7;
        if (strcmp(name, added_names[i]) != 0)
            return table->column_count;
    }
    return own;
}

/* ---- one row ---- */

static void __attribute__((format(printf, 4, 5)))
fault(struct reading *reading, uint32_t field, enum refusal refusal, const char *format, ...)
{
    va_list list;
    if (reading->refusal != REFUSAL_NONE)
        return;
    reading->refusal = refusal;
    reading->field = field;
    va_start(list, format);
    vsnprintf(reading->what, sizeof reading->what, _(format), list);
    va_end(list);
}

/* Copies a cell behind the row's texts: without blanks around it, its line ends as newlines. */
static struct text clean(struct reading *reading, const char *cell)
{
    char *begin = reading->out, *out = begin;
    cell += strspn(cell, BLANKS);
    for (; *cell != '\0'; cell++) {
        if (*cell != '\r')
            *out++ = *cell;
        else if (cell[1] != '\n')
            *out++ = '\n';
    }
    while (out > begin && strchr(BLANKS, out[-1]) != NULL)
        out--;
    *out = '\0';
    reading->out = out + 1;
    return (struct text){.at = begin, .size = (uint32_t)(out - begin)};
}

static bool read_flag(const char *text, bool *ret)
{
    static const char *const words[] = {"no", "off", "false", N_("0"), "yes", "on", "true", "1"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret = i >= 4;
            return true;
        }
    }
    return false;
}

static bool read_word(struct reading *reading, uint32_t field, const char *text, const struct enum_shape *values, int *ret)
{
    char list[512];
    int size = 0, value = i18n_find(values, text_of(text));
    if (value >= 0) {
        *ret = value;
        return true;
    }
    for (uint32_t i = 0; i < values->count && size < (int)sizeof list; i++)
        size += snprintf(list + size, sizeof list - (size_t)size, "%s%s", i == 0 ? "" : ", ", values->names[i]);
    fault(reading, field, REFUSAL_BAD_FIELD, "`%.100s` is not one of: %s. Write one of these, or put it among `values` in the map.",
          text, list);
    return false;
}

static bool read_instant(struct reading *reading, uint32_t field, const char *text, int64_t *ret_at_ms)
{
    const struct import_map *map = reading->plan->map;
    int error = import_map_instant(map, reading->plan->zone, text, ret_at_ms);
    if (error == 0 && *ret_at_ms > 0 && *ret_at_ms <= INSTANT_MAX)
        return true;
    if (error == -ERANGE)
        fault(reading, field, REFUSAL_BAD_FIELD,
              "`%.100s` does not exist: the clocks skip it (daylight saving). Write the instant with its offset.", text);
    else if (map->time_format != NULL)
        fault(reading, field, REFUSAL_BAD_FIELD, "`%.100s` is not a date and time of the form `%.100s`, which the map names.", text,
              map->time_format);
    else
        fault(reading, field, REFUSAL_BAD_FIELD,
              "`%.100s` is not a date and time. Write 2011-10-01T08:30:00-04:00, or 2011-10-01 08:30.", text);
    return false;
}

/* One field of the submit. */
static bool read_value(struct reading *reading, uint32_t index, struct text text)
{
    const struct field_shape *field = &submit_command_shape.fields[index];
    char *at = (char *)&reading->body + field->offset;
    switch (field->type) {
    case FIELD_TEXT:
        if (!codec_text_valid(text.at, text.size)) {
            fault(reading, index, REFUSAL_BAD_FIELD, "This text has control characters. Only line ends and tabs may be in it.");
            return false;
        }
        if (text.size > field->max) {
            fault(reading, index, REFUSAL_TOO_LARGE, "This text has %u bytes; at most %lld are allowed. Shorten it.", text.size,
                  (long long)field->max);
            return false;
        }
        memcpy(at, &text, sizeof text);
        return true;
    case FIELD_CODE:
        if (code_make(text.at, text.size, (struct code *)(void *)at))
            return true;
        fault(reading, index, REFUSAL_BAD_FIELD, "`%.100s` is not a code. A code has 1 to 32 of the characters A-Z a-z 0-9 _ . -",
              text.at);
        return false;
    case FIELD_ENUM:
        return read_word(reading, index, text.at, field->values, (int *)(void *)at);
    case FIELD_INSTANT:
        return read_instant(reading, index, text.at, (int64_t *)(void *)at);
    case FIELD_FLAG:
        if (read_flag(text.at, (bool *)at))
            return true;
        fault(reading, index, REFUSAL_BAD_FIELD, "`%.100s` is neither yes nor no.", text.at);
        return false;
    case FIELD_ID:
    case FIELD_SPAN:
    case FIELD_NUM:
    case FIELD_COUNT:
    case FIELD_CODES:
    case FIELD_MAP:
        break;
    }
    abort(); /* a submit has none of these */
}

static void read_field(struct reading *reading, uint32_t index)
{
    const struct import_plan *plan = reading->plan;
    const struct import_field *from = &plan->map->fields[index];
    bool is_at = index == import_map_at();
    if (from->column == NULL && from->constant == NULL) {
        if (!is_at && submit_command_shape.fields[index].required)
            fault(reading, index, REFUSAL_BAD_FIELD, "The file has no such column; it, or a constant in the map, is needed.");
        return;
    }
    struct text text = clean(reading, import_map_cell(from, table_cell(plan->table, reading->row, plan->columns[index])));
    if (text.size == 0) {
        if (!is_at && submit_command_shape.fields[index].required)
            fault(reading, index, REFUSAL_BAD_FIELD, "This is empty; it is needed.");
        return;
    }
    if (is_at)
        read_instant(reading, index, text.at, &reading->at_ms);
    else if (read_value(reading, index, text))
        reading->body.given |= UINT64_C(1) << index;
}

static void read_row(struct import_plan *plan, uint32_t row, struct reading *reading)
{
    const struct table *table = plan->table;
    *reading = (struct reading){.plan = plan, .row = row, .out = plan->texts};
    if (table->fields[row] != table->column_count) {
        fault(reading, UINT32_MAX, REFUSAL_BAD_MESSAGE,
              "This row has %u fields, the header has %u. Write one field a column, and quotes around a field with a comma or a "
              "line end%s.",
              table->fields[row], table->column_count,
              table->fields[row] > table->column_count ? "; what is too many stands in the last column" : "");
        return;
    }
    for (uint32_t i = 0; i <= import_map_at(); i++)
        read_field(reading, i);
    /* A limit that the sender gives is the sender's: nobody writes a column that says so. */
    if (reading->body.given & SUBMIT_HAS_LIMIT_AT) {
        reading->body.given_limit = true;
        reading->body.given |= SUBMIT_HAS_GIVEN_LIMIT;
    }
}

void import_plan_submit(struct import_plan *plan, uint32_t row, struct submit_command *ret)
{
    struct reading reading;
    read_row(plan, row, &reading);
    assert(reading.refusal == REFUSAL_NONE);
    *ret = reading.body;
}

/* ---- ids ---- */

static void hash_part(crypto_generichash_state *state, struct text part)
{
    unsigned char size[4] = {(unsigned char)part.size, (unsigned char)(part.size >> 8), (unsigned char)(part.size >> 16),
                             (unsigned char)(part.size >> 24)};
    crypto_generichash_update(state, size, sizeof size);
    if (part.size > 0)
        crypto_generichash_update(state, (const unsigned char *)part.at, part.size);
}

static void make_id(const struct import_plan *plan, uint32_t row, struct text reference, const unsigned char file_hash[16],
                    unsigned char ret[16])
{
    crypto_generichash_state state;
    char place[16];
    crypto_generichash_init(&state, NULL, 0, 16);
    if (reference.size > 0) {
        hash_part(&state, text_of("reference"));
        hash_part(&state, text_of(plan->map->system));
        hash_part(&state, reference);
    } else {
        snprintf(place, sizeof place, "%u", row);
        hash_part(&state, text_of("row"));
        hash_part(&state, (struct text){.at = (const char *)file_hash, .size = 16});
        hash_part(&state, text_of(place));
    }
    crypto_generichash_final(&state, ret, 16);
}

char *import_plan_id(const struct import_plan *plan, uint32_t row, char ret[IMPORT_ID_SIZE])
{
    const unsigned char *id = plan->rows[row].id;
    int size = snprintf(ret, IMPORT_ID_SIZE, "import-");
    for (int i = 0; i < 16; i++)
        size += snprintf(ret + size, IMPORT_ID_SIZE - (size_t)size, "%02x", id[i]);
    return ret;
}

static int compare_ids(const void *a, const void *b, void *context)
{
    const struct import_plan *plan = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = memcmp(plan->rows[x].id, plan->rows[y].id, sizeof plan->rows[x].id);
    return order != 0 ? order : x < y ? -1 : x > y;
}

static int compare_instants(const void *a, const void *b, void *context)
{
    const struct import_plan *plan = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int64_t x_ms = plan->rows[x].at_ms, y_ms = plan->rows[y].at_ms;
    return x_ms != y_ms ? (x_ms < y_ms ? -1 : 1) : x < y ? -1 : x > y;
}

/* Two rows of one file with one reference: the first counts. (Rejected rows have no id.) */
static int reject_twins(struct import_plan *plan)
{
    char what[128];
    uint32_t first = UINT32_MAX;
    int error = 0;
    qsort_r(plan->order, plan->row_count, sizeof plan->order[0], compare_ids, plan);
    for (uint32_t i = 0; i < plan->row_count && error == 0; i++) {
        uint32_t row = plan->order[i];
        if (plan->rows[row].state == IMPORT_REJECTED)
            continue;
        if (first == UINT32_MAX || memcmp(plan->rows[first].id, plan->rows[row].id, sizeof plan->rows[row].id) != 0) {
            first = row;
            continue;
        }
        snprintf(what, sizeof what, "Line %u has the same reference. Keep one of them, or give each its own.",
                 plan->table->lines[first]);
        error = import_plan_reject(plan, row, text_of("ID_REUSED"), text_of("reference"), what);
    }
    return error;
}

/* ---- the file ---- */

static int find_columns(struct import_plan *plan, struct faults *faults)
{
    for (uint32_t i = 0; i <= import_map_at(); i++) {
        const char *name = plan->map->fields[i].column;
        plan->columns[i] = name == NULL ? -1 : table_column(plan->table, name);
        if (name != NULL && plan->columns[i] < 0)
            faults_add(faults, plan->table->file, 1, 0, "there is no column `%s`, which the map names", name);
    }
    return faults_total(faults) > 0 ? -EINVAL : 0;
}

/* Room for the cleaned texts of the longest row; constants and translations come from the map. */
static size_t longest_row(const struct import_plan *plan)
{
    size_t longest = 0, of_map = 0;
    for (uint32_t i = 0; i <= import_map_at(); i++) {
        const struct import_field *field = &plan->map->fields[i];
        size_t most = field->constant == NULL ? 0 : strlen(field->constant);
        const char *const others[] = {field->empty, field->otherwise};
        for (uint32_t k = 0; k < 2 + field->value_count; k++) {
            const char *text = k < 2 ? others[k] : field->values[k - 2].to;
            size_t size = text == NULL ? 0 : strlen(text);
            most = size > most ? size : most;
        }
        of_map += most + 1;
    }
    for (uint32_t row = 0; row < plan->row_count; row++) {
        size_t size = 0;
        for (uint32_t i = 0; i <= import_map_at(); i++) /* a column may serve several fields */
            size += strlen(table_cell(plan->table, row, plan->columns[i])) + 1;
        longest = size > longest ? size : longest;
    }
    return longest + of_map;
}

static int read_rows(struct import_plan *plan, const unsigned char file_hash[16])
{
    struct reading reading;
    for (uint32_t i = 0; i < plan->row_count; i++) {
        plan->order[i] = i;
        read_row(plan, i, &reading);
        if (reading.refusal != REFUSAL_NONE) {
            struct text field = text_of(reading.field == UINT32_MAX ? "" : import_map_name(reading.field));
            int error = import_plan_reject(plan, i, text_of(refusal_infos[reading.refusal].code), field, reading.what);
            if (error < 0)
                return error;
            continue;
        }
        plan->rows[i].at_ms = reading.at_ms;
        make_id(plan, i, reading.body.reference, file_hash, plan->rows[i].id);
    }
    int error = reject_twins(plan);
    qsort_r(plan->order, plan->row_count, sizeof plan->order[0], compare_instants, plan);
    return error;
}

static int load_table(const char *file, struct faults *faults, struct import_plan *plan, unsigned char ret_hash[16])
{
    char *data = NULL;
    size_t size = 0;
    int error = file_read(NULL, file, faults, &data, &size);
    if (error < 0)
        return error;
    crypto_generichash(ret_hash, 16, (const unsigned char *)data, size, NULL, 0);
    plan->marked = size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0;
    error = table_parse_ragged(file, data, size, faults, &plan->table);
    free(data);
    return error;
}

static int load(const char *file, struct faults *faults, struct import_map **ret_own_map, struct import_plan *plan)
{
    unsigned char hash[16];
    int error = load_table(file, faults, plan, hash);
    if (error < 0)
        return error;
    plan->row_count = plan->table->row_count;
    plan->own_count = count_own(plan->table);
    if (plan->map == NULL) {
        error = import_map_of_header(plan->table, plan->own_count, faults, ret_own_map);
        plan->map = *ret_own_map;
    }
    if (error == 0)
        error = find_columns(plan, faults);
    if (error < 0)
        return error;
    plan->rows = calloc(plan->row_count + 1U, sizeof plan->rows[0]);
    plan->order = calloc(plan->row_count + 1U, sizeof plan->order[0]);
    plan->texts = malloc(longest_row(plan));
    if (plan->rows == NULL || plan->order == NULL || plan->texts == NULL)
        return -ENOMEM;
    return read_rows(plan, hash);
}

int import_plan_load(const char *file, const struct import_map *map, const struct zone *zone, struct faults *faults,
                     struct import_map **ret_own_map, struct import_plan **ret)
{
    *ret_own_map = NULL;
    if (sodium_init() < 0)
        return -ENOMEM;
    struct import_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return -ENOMEM;
    plan->map = map;
    plan->zone = zone;
    int error = load(file, faults, ret_own_map, plan);
    if (error < 0) {
        import_plan_free(plan);
        return error;
    }
    *ret = plan;
    return 0;
}

bool import_plan_has_instants(const struct import_plan *plan)
{
    const struct import_field *field = &plan->map->fields[import_map_at()];
    return field->column != NULL || field->constant != NULL;
}

struct import_plan *import_plan_free(struct import_plan *plan)
{
    if (plan == NULL)
        return NULL;
    for (uint32_t i = 0; i < plan->reject_count; i++)
        free(plan->rejects[i].what_to_do);
    free(plan->rejects);
    free(plan->rows);
    free(plan->order);
    free(plan->texts);
    table_free(plan->table);
    free(plan);
    return NULL;
}
