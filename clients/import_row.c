/*
 * import_row.c - one row of a file of complaints, understood
 */
#include "clients/import_row.h"

#include "base/i18n.h"
#include "config/words.h"
#include "proto/blank.h"
#include "proto/codec.h"
#include "proto/enum_set.h"
#include "proto/enum_word.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define SHOWN_SIZE 160
/* A text in NFC may be three times as long. */
#define NFC_GROWTH 3

static void __attribute__((format(printf, 4, 5)))
fault(struct import_reading *reading, uint32_t field, enum refusal refusal, const char *format, ...)
{
    va_list list;
    if (reading->refusal != REFUSAL_NONE) {
        return;
    }
    reading->refusal = refusal;
    reading->field = field;
    va_start(list, format);
    vsnprintf(reading->what, sizeof(reading->what), _(format), list);
    va_end(list);
}

/* ---- texts ---- */

static const char *cell(const struct import_reading *reading, uint32_t field, uint32_t i)
{
    return reading->row->fields[reading->plan->columns[field][i]];
}

/* The longest of what a map may put in the place of a cell. */
static size_t longest_value(const struct import_field *field)
{
    const char *const others[] = {field->constant, field->empty, field->otherwise, field->unlisted};
    size_t longest = 0;
    for (uint32_t k = 0; k < 4 + field->value_count; k++) {
        const char *text = k < 4 ? others[k] : field->values[k - 4].to;
        size_t size = text == NULL ? 0 : strlen(text);
        longest = size > longest ? size : longest;
    }
    return longest;
}

/* Room for the row's texts, at once: they are borrowed while more are made. A column may serve several fields. */
static int make_room(struct import_reading *reading)
{
    struct import_plan *plan = reading->plan;
    size_t wanted = 0;
    for (uint32_t i = 0; i <= import_map_at(); i++) {
        const struct import_field *field = &plan->source.map->fields[i];
        size_t join = field->join == NULL ? 1 : strlen(field->join);
        for (uint32_t k = 0; k < field->column_count; k++) {
            wanted += NFC_GROWTH * (strlen(cell(reading, i, k)) + join);
        }
        wanted += NFC_GROWTH * longest_value(field) + 2;
    }
    if (wanted > plan->texts_room) {
        char *grown = realloc(plan->texts, 2 * wanted);
        if (grown == NULL) {
            return -ENOMEM;
        }
        plan->texts = grown;
        plan->texts_room = 2 * wanted;
    }
    reading->out = plan->texts;
    return 0;
}

/* Copies a text behind the row's others: without what nobody sees around it, its line ends as newlines. */
static char *clean(struct import_reading *reading, const char *from)
{
    char *begin = reading->out, *out = begin;
    struct text text = blank_trim(text_of(from));
    for (uint32_t i = 0; i < text.size; i++) {
        if (text.at[i] != '\r') {
            *out++ = text.at[i];
        } else if (i + 1 == text.size || text.at[i + 1] != '\n') {
            *out++ = '\n';
        }
    }
    *out = '\0';
    reading->out = out + 1;
    return begin;
}

/* The cells of a field, one behind the other. */
static char *join(struct import_reading *reading, uint32_t index)
{
    const struct import_field *field = &reading->plan->source.map->fields[index];
    char *begin = reading->out;
    *begin = '\0';
    for (uint32_t k = 0; k < field->column_count; k++) {
        char *end = begin + strlen(begin);
        reading->out = end;
        if (blank_is_empty(text_of(cell(reading, index, k)))) {
            continue;
        }
        if (end > begin) {
            reading->out = stpcpy(end, field->join == NULL ? " " : field->join);
        }
        clean(reading, cell(reading, index, k));
    }
    reading->out = begin + strlen(begin) + 1;
    return begin;
}

/* A reference is known by what one sees: composed, without invisible characters in it, blanks of every kind as one kind. */
static char *plain_reference(struct import_reading *reading, char *text)
{
    utf8proc_uint8_t *made = NULL;
    char *out = text;
    utf8proc_ssize_t size =
        utf8proc_map((const utf8proc_uint8_t *)text, 0, &made, UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    for (utf8proc_ssize_t i = 0; size > 0 && i < size;) {
        utf8proc_int32_t point = 0;
        utf8proc_ssize_t step = utf8proc_iterate(made + i, size - i, &point);
        if (step <= 0) {
            break;
        }
        const utf8proc_category_t category = utf8proc_category(point);
        if (category == UTF8PROC_CATEGORY_ZS) {
            *out++ = ' ';
        } else if (!blank_is(point) || point == '\n' || point == '\t') {
            memcpy(out, made + i, (size_t)step);
            out += step;
        }
        i += step;
    }
    if (size > 0) {
        *out = '\0';
    }
    free(made);
    reading->out = out + 1 > reading->out ? out + 1 : reading->out;
    return text;
}

/* ---- values ---- */

static char *show(const char *text, char ret[SHOWN_SIZE])
{
    return blank_print(text_of(text), ret, SHOWN_SIZE);
}

static bool read_flag(const char *text, bool *ret)
{
    static const char *const words[] = {"no", "off", "false", "0", "否", "yes", "on", "true", "1", "是"};
    const size_t count = sizeof(words) / sizeof(words[0]);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret = i >= count / 2;
            return true;
        }
    }
    return false;
}

static bool read_word(struct import_reading *reading, uint32_t field, const char *text, const struct enum_shape *values, int *ret)
{
    char list[512], shown[SHOWN_SIZE];
    int value = enum_word_find(values, text_of(text));
    if (value >= 0) {
        *ret = value;
        return true;
    }
    enum_set_print(values, ENUM_SET_ALL, ", ", list, sizeof(list));
    fault(reading, field, REFUSAL_BAD_FIELD, "`%s` is not one of: %s. Write one of these, or put it among `values` in the map.",
          show(text, shown), list);
    return false;
}

static void say_gap(struct import_reading *reading, uint32_t field, const char *shown)
{
    const struct import_map *map = reading->plan->source.map;
    const char *zone = map->zone_name == NULL ? _("the district") : map->zone_name;
    if (map->time_format == NULL) {
        fault(reading, field, REFUSAL_BAD_FIELD,
              "`%s` does not exist in the time of %s: the clocks skip it (daylight saving). Write it with its offset, as "
              "2011-10-01T08:30:00-04:00; if the times are of another zone, name it as `time: {zone: ...}` in a map.",
              shown, zone);
    } else if (strstr(map->time_format, "%z") == NULL) {
        fault(reading, field, REFUSAL_BAD_FIELD,
              "`%s` does not exist in the time of %s: the clocks skip it (daylight saving). Correct the time; or, if the times are "
              "of "
              "another zone, name it as `zone` in the map; or write times with their offset and add %%z to the map's `format`.",
              shown, zone);
    } else {
        fault(reading, field, REFUSAL_BAD_FIELD,
              "`%s` does not exist in the time of %s: the clocks skip it (daylight saving). Write the offset that %%z in the map's "
              "`format` reads, as -0400.",
              shown, zone);
    }
}

static bool read_instant(struct import_reading *reading, uint32_t field, const char *text, int64_t *ret_at_ms)
{
    const struct import_map *map = reading->plan->source.map;
    char shown[SHOWN_SIZE];
    int rc = import_map_instant(map, reading->plan->source.zone, text, ret_at_ms);
    if (rc == 0 && *ret_at_ms > 0 && *ret_at_ms <= INSTANT_MAX) {
        return true;
    }
    show(text, shown);
    if (rc == -ERANGE) {
        say_gap(reading, field, shown);
    } else if (map->time_format != NULL) {
        fault(reading, field, REFUSAL_BAD_FIELD,
              "`%s` is not a date and time of the form `%.100s`, which the map names. Write it so, or correct `format` in the map.",
              shown, map->time_format);
    } else {
        fault(reading, field, REFUSAL_BAD_FIELD,
              "`%s` is not a date and time. Write 2011-10-01T08:30:00-04:00, or 2011-10-01 08:30; or say in a map what form the "
              "times "
              "have, as `time: {format: \"%%d.%%m.%%Y %%H:%%M\"}`.",
              shown);
    }
    return false;
}

/* Codes and names of the district: a code, else a whole name; `unknown` is a matter. */
static bool find_code(struct import_reading *reading, uint32_t index, const char *text, struct code *ret)
{
    const struct import_plan *plan = reading->plan;
    bool is_matter = submit_command_shape.fields[index].offset == offsetof(struct submit_command, matter);
    struct names *names = is_matter ? plan->source.matters : plan->source.units;
    struct names_match match = {0};
    char shown[SHOWN_SIZE], codes[NAMES_SHOWN * (CODE_SIZE + 2) + 1] = "";
    const char *why = code_parse(text, ret);
    if (why == NULL && (names == NULL || (is_matter && strcmp(text, "unknown") == 0))) {
        return true;
    }
    if (names != NULL) {
        names_find(names, text, true, &match);
    }
    if (match.count == 1) {
        *ret = match.at[0]->code;
        return true;
    }
    show(text, shown);
    if (match.count > 1) {
        reading->ambiguous = true;
        size_t size = 0;
        for (size_t i = 0; i < match.count && i < NAMES_SHOWN; i++) {
            struct text code = text_of_code(&match.at[i]->code);
            size += (size_t)snprintf(codes + size, sizeof(codes) - size, "%s%.*s", i == 0 ? "" : ", ", (int)code.size, code.at);
        }
        fault(reading, index, REFUSAL_BAD_FIELD,
              "Several have the name `%s`: %s%s. Write one of these codes, in the row or among "
              "`values` in the map.",
              shown, codes, match.count > NAMES_SHOWN ? ", ..." : "");
        return false;
    }
    if (why == NULL) {
        fault(reading, index, is_matter ? REFUSAL_UNKNOWN_MATTER : REFUSAL_UNKNOWN_UNIT,
              "The district has no %s with the code or name `%s`. `huying %s` lists them; write one of these, or put it among "
              "`values` "
              "in the map.",
              is_matter ? _("matter") : _("unit"), shown, is_matter ? "matters" : "units");
    } else {
        fault(reading, index, REFUSAL_BAD_FIELD,
              "`%s` is not the name of a %s of the district, nor a code: %s. `huying %s` lists names and codes; or put it among "
              "`values` in the map.",
              shown, is_matter ? _("matter") : _("unit"), why, is_matter ? "matters" : "units");
    }
    return false;
}

/* One field of the submit. */
static bool read_value(struct import_reading *reading, uint32_t index, char *text)
{
    const struct field_shape *field = &submit_command_shape.fields[index];
    char *at = (char *)&reading->body + field->offset;
    char shown[SHOWN_SIZE];
    struct text made;
    const char *why = NULL;
    switch (field->type) {
    case FIELD_TEXT:
        if (field->offset == offsetof(struct submit_command, reference)) {
            text = plain_reference(reading, text);
            why = reference_parse(text);
        }
        made = text_of(text);
        if (why != NULL) {
            fault(reading, index, REFUSAL_BAD_FIELD, "`%s`: %s.", show(text, shown), why);
        } else if (!codec_text_valid(made.at, made.size)) {
            fault(reading, index, REFUSAL_BAD_FIELD, "This text has control characters. Only line ends and tabs may be in it.");
        } else if (made.size > field->max) {
            fault(reading, index, REFUSAL_TOO_LARGE, "This text has %u bytes; at most %lld are allowed. Shorten it.", made.size,
                  (long long)field->max);
        }
        memcpy(at, &made, sizeof(made));
        return reading->refusal == REFUSAL_NONE;
    case FIELD_CODE:
        return find_code(reading, index, text, (struct code *)(void *)at);
    case FIELD_ENUM:
        return read_word(reading, index, text, field->values, (int *)(void *)at);
    case FIELD_INSTANT:
        return read_instant(reading, index, text, (int64_t *)(void *)at);
    case FIELD_FLAG:
        if (read_flag(text, (bool *)at)) {
            return true;
        }
        fault(reading, index, REFUSAL_BAD_FIELD, "`%s` is neither yes nor no.", show(text, shown));
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

/* What the map's `unlisted` makes of a value that means nothing. */
static void read_unlisted(struct import_reading *reading, uint32_t index, const char *value)
{
    struct import_plan *plan = reading->plan;
    const char *became = plan->source.map->fields[index].unlisted;
    bool is_place = submit_command_shape.fields[index].offset == offsetof(struct submit_command, place);
    char code[CODE_SIZE + 1];
    enum refusal refusal = reading->refusal;
    if (is_place && strcmp(became, "unknown") == 0 && !code_empty(&plan->source.district)) {
        became = code_text(&plan->source.district, code);
    }
    reading->refusal = REFUSAL_NONE;
    if (!read_value(reading, index, clean(reading, became))) {
        return;
    }
    reading->body.given |= UINT64_C(1) << index;
    if (reading->counted && refusal != REFUSAL_NONE) {
        tally_add(&plan->unlisted, import_map_name(index), value, became, reading->row->line);
    }
}

static void read_field(struct import_reading *reading, uint32_t index)
{
    const struct import_field *from = &reading->plan->source.map->fields[index];
    bool is_at = index == import_map_at(), needed = !is_at && submit_command_shape.fields[index].required;
    if (from->column_count == 0 && from->constant == NULL) {
        if (needed) {
            fault(reading, index, REFUSAL_BAD_FIELD, "The file has no such column; it, or a constant in the map, is needed.");
        }
        return;
    }
    char *joined = join(reading, index);
    const char *mapped = import_map_cell(from, joined);
    char *text = mapped == joined ? joined : clean(reading, mapped);
    if (text[0] == '\0') {
        if (needed) {
            fault(reading, index, REFUSAL_BAD_FIELD, "This is empty; it is needed.");
        }
        return;
    }
    if (is_at) {
        read_instant(reading, index, text, &reading->at_ms);
        return;
    }
    bool good = reading->refusal == REFUSAL_NONE;
    if (read_value(reading, index, text)) {
        reading->body.given |= UINT64_C(1) << index;
    } else if (good && mapped == joined && from->unlisted != NULL && !reading->ambiguous && reading->refusal != REFUSAL_TOO_LARGE) {
        read_unlisted(reading, index, joined);
    }
}

/* A limit before its case began is a mistake, and the dispatcher would only say that the field is wrong. */
static void check_limit(struct import_reading *reading)
{
    uint32_t limit = 0;
    int64_t begin_ms = reading->at_ms != 0 ? reading->at_ms : reading->plan->source.now_ms;
    while (submit_command_shape.fields[limit].offset != offsetof(struct submit_command, limit_at)) {
        limit++;
    }
    if ((reading->body.given & SUBMIT_HAS_LIMIT_AT) == 0 || begin_ms == 0 || reading->body.limit_at > begin_ms) {
        return;
    }
    if (reading->at_ms != 0) {
        fault(
            reading, limit, REFUSAL_BAD_FIELD,
            "The limit is not after `at`, the instant at which the case comes in. Correct one of them, or leave the limit empty.");
    } else {
        fault(reading, limit, REFUSAL_BAD_FIELD,
              "The limit has passed: without `at` the case comes in at the dispatcher's own instant. Write a later limit, or leave "
              "it "
              "empty.");
    }
}

int import_row_read(struct import_plan *plan, const struct sheet_row *row, bool counted, struct import_reading *ret)
{
    const struct sheet *sheet = plan->sheet;
    *ret = (struct import_reading){.plan = plan, .row = row, .counted = counted};
    if (row->count != sheet->column_count) {
        fault(ret, UINT32_MAX, REFUSAL_BAD_MESSAGE,
              "This row has %u fields, the header has %u. Write one field a column, and quotes around a field with a comma or a "
              "line end%s.",
              row->count, sheet->column_count,
              row->count > sheet->column_count ? _("; what is too many stands in the last column") : "");
        return 0;
    }
    if (make_room(ret) < 0) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i <= import_map_at(); i++) {
        read_field(ret, i);
    }
    /* A limit that the sender gives is the sender's: nobody writes a column that says so. */
    if (ret->body.given & SUBMIT_HAS_LIMIT_AT) {
        ret->body.given_limit = true;
        ret->body.given |= SUBMIT_HAS_GIVEN_LIMIT;
    }
    check_limit(ret);
    return 0;
}
