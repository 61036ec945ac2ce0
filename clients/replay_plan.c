/*
 * replay_plan.c - what a file of real requests becomes
 */
#include "clients/replay_plan.h"

#include "base/i18n.h"
#include "config/local_time.h"
#include "config/words.h"
#include "proto/blank.h"
#include "proto/codec.h"
#include "proto/enum_word.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define ROWS_A_NOTE 1024 /* between two calls of on_bytes */
#define SHOWN_SIZE 160
#define WHAT_SIZE 640

/* The columns of the map, found in the file. */
enum { ID, OPENED, TARGET, CLOSED, STREET, WARD, DEPARTMENT, FIELD, TYPE, CHANNEL, ANSWER, COLUMN_COUNT };
_Static_assert(COLUMN_COUNT <= sizeof((struct replay_plan *)NULL)->columns / sizeof(int32_t), "room for each column");

/* A row while it is being read. */
struct reading {
    struct replay_plan *plan;
    const struct sheet_row *cells;
    struct replay_row *row;
    const char *code; /* of the first fault; NULL: none */
    const char *field;
    char what[WHAT_SIZE];
};

static void __attribute__((format(printf, 4, 5)))
fault(struct reading *reading, int column, enum refusal refusal, const char *format, ...)
{
    const struct replay_plan *plan = reading->plan;
    va_list list;
    if (reading->code != NULL) {
        return;
    }
    reading->code = refusal_infos[refusal].code;
    reading->field = column < 0 || plan->columns[column] < 0 ? "" : plan->sheet->columns[plan->columns[column]];
    va_start(list, format);
    vsnprintf(reading->what, sizeof(reading->what), _(format), list);
    va_end(list);
}

static const char *cell(const struct reading *reading, int column)
{
    int32_t at = reading->plan->columns[column];
    return at < 0 ? "" : reading->cells->fields[at];
}

static char *show(const char *text, char ret[SHOWN_SIZE])
{
    return blank_print(text_of(text), ret, SHOWN_SIZE);
}

/* ---- one row ---- */

static int parse_instant(const struct replay_map *map, const char *text, int64_t *ret_ms)
{
    return map->time_format == NULL ? local_time_read(text, map->zone, ret_ms)
                                    : local_time_parse(map->time_format, map->zone, text, ret_ms);
}

static void read_instant(struct reading *reading, int column, bool needed, int64_t *ret_ms)
{
    const struct replay_map *map = reading->plan->map;
    const char *text = cell(reading, column);
    char shown[SHOWN_SIZE];
    if (text[0] == '\0') {
        if (needed) {
            fault(reading, column, REFUSAL_BAD_FIELD, "This is empty; a row needs the time at which it was opened.");
        }
        return;
    }
    int rc = parse_instant(map, text, ret_ms);
    show(text, shown);
    if (rc == -ERANGE) {
        fault(reading, column, REFUSAL_BAD_FIELD,
              "`%s` does not exist in the time of %s: the clocks skip it (daylight saving). Correct the time, or the map's `zone`.",
              shown, map->zone_name);
    } else if (rc < 0 && map->time_format != NULL) {
        fault(reading, column, REFUSAL_BAD_FIELD,
              "`%s` is not a date and time of the form `%.100s`, which the map names. Write it so, or correct `format` in the map.",
              shown, map->time_format);
    } else if (rc < 0) {
        fault(reading, column, REFUSAL_BAD_FIELD,
              "`%s` is not a date and time. Write 2011-10-01 08:30:00, or say in the map what form the times have, as `time: "
              "{format: "
              "\"%%m/%%d/%%Y %%I:%%M:%%S %%p\"}`.",
              shown);
    } else if (*ret_ms <= 0 || *ret_ms > INSTANT_MAX) {
        fault(reading, column, REFUSAL_BAD_FIELD, "`%s` is out of range.", shown);
    }
}

/* The id becomes the reference and, with the district, the request ids. */
static void read_id(struct reading *reading)
{
    const char *text = cell(reading, ID), *why = reference_parse(text);
    char shown[SHOWN_SIZE];
    size_t size = strlen(text);
    bool printable = true;
    show(text, shown);
    for (const char *at = text; *at != '\0'; at++) {
        printable = printable && *at > 0x20 && *at < 0x7f;
    }
    snprintf(reading->row->id, sizeof(reading->row->id), "%s", printable ? text : "");
    if (size == 0) {
        fault(reading, ID, REFUSAL_BAD_FIELD, "This is empty; a row is known by its id.");
    } else if (why != NULL) {
        fault(reading, ID, REFUSAL_BAD_FIELD, "`%s`: %s.", shown, why);
    } else if (!printable) {
        fault(reading, ID, REFUSAL_BAD_FIELD,
              "`%s` has a blank, or a letter that is not ASCII. Write an id of ASCII letters, digits and signs.", shown);
    } else if (size > CODE_SIZE) {
        fault(reading, ID, REFUSAL_TOO_LARGE, "`%s` has %zu characters; an id has at most %d.", shown, size, CODE_SIZE);
    }
}

static void read_channel(struct reading *reading)
{
    struct replay_plan *plan = reading->plan;
    enum channel channel;
    if (!replay_map_channel(plan->map, cell(reading, CHANNEL), &channel)) {
        tally_add(&plan->unlisted, plan->map->columns.channel, cell(reading, CHANNEL), enum_name(&channel_enum, (int)channel),
                  reading->row->line);
    }
    reading->row->channel = (uint8_t)channel;
}

static int32_t find_matter(const struct replay_map *map, const struct code *code)
{
    for (uint32_t i = 0; i < map->matter_count; i++) {
        if (code_equal(&map->matters[i].code, code)) {
            return (int32_t)i;
        }
    }
    return -1;
}

static void read_matter(struct reading *reading)
{
    struct replay_plan *plan = reading->plan;
    const char *field = cell(reading, FIELD), *type = cell(reading, TYPE);
    char both[2 * SHOWN_SIZE], shown[SHOWN_SIZE];
    struct code code;
    if (replay_map_matter(plan->map, field, type, &code)) {
        reading->row->matter = find_matter(plan->map, &code);
        return;
    }
    reading->row->matter = -1;
    snprintf(both, sizeof(both), "%.150s%s%.150s", field, field[0] == '\0' ? "" : ", ", type);
    if (plan->map->unlisted_matter || (field[0] == '\0' && type[0] == '\0')) {
        tally_add(&plan->unlisted, plan->columns[TYPE] < 0 ? "matter" : plan->map->columns.type, both, "unknown",
                  reading->row->line);
    } else {
        fault(reading, plan->columns[TYPE] < 0 ? FIELD : TYPE, REFUSAL_UNKNOWN_MATTER,
              "The district has no matter `%s`. Correct the row, add the matter to matters.csv, or write `unlisted: unknown` into "
              "the map.",
              show(both, shown));
    }
}

/* The lowest place that the district knows, and who leads there by hand. */
static void read_place(struct reading *reading)
{
    struct replay_plan *plan = reading->plan;
    const struct replay_map *map = plan->map;
    struct replay_row *row = reading->row;
    const char *street_name = cell(reading, STREET), *ward = cell(reading, WARD);
    char shown[SHOWN_SIZE], code[CODE_SIZE + 1];
    int32_t street = replay_map_street(map, street_name), community = street < 0 ? -1 : replay_map_community(map, street, ward);
    int column = street < 0 ? STREET : WARD;
    const char *value = street < 0 ? street_name : ward;
    row->place = community >= 0 ? community : street;
    row->by_hand = street;
    if (community >= 0 || (value[0] == '\0' && (street >= 0 || ward[0] == '\0'))) {
        return;
    }
    if (value[0] == '\0') { /* a ward of no street */
        tally_add(&plan->unlisted, map->columns.ward, ward, code_text(&map->district, code), row->line);
        return;
    }
    if (code_empty(&map->unlisted_place)) {
        fault(reading, column, REFUSAL_UNKNOWN_UNIT,
              "The district has no %s `%s`. Correct the row, add the unit to units.csv, or name with `unlisted_place` in the map "
              "what such "
              "a place becomes.",
              enum_word(&unit_tier_enum, street < 0 ? "street" : "community"), show(value, shown));
        return;
    }
    for (uint32_t i = 0; i < map->unit_count; i++) {
        if (code_equal(&map->units[i].code, &map->unlisted_place)) {
            row->place = (int32_t)i;
        }
    }
    tally_add(&plan->unlisted, street < 0 ? map->columns.street : map->columns.ward, value, code_text(&map->unlisted_place, code),
              row->line);
}

static void read_department(struct reading *reading)
{
    const char *name = cell(reading, DEPARTMENT);
    char shown[SHOWN_SIZE];
    reading->row->department = replay_map_department(reading->plan->map, name);
    if (reading->row->department < 0) {
        fault(reading, DEPARTMENT, REFUSAL_UNKNOWN_UNIT,
              "The district has no department `%s`. Correct the row, or add the department to units.csv.", show(name, shown));
    }
}

static const char *answer_of(const struct reading *reading)
{
    const char *text = cell(reading, ANSWER), *otherwise = reading->plan->map->answer_default;
    return text[0] != '\0' ? text : otherwise != NULL ? otherwise : "closed";
}

static void check_answer(struct reading *reading)
{
    const char *text = answer_of(reading);
    if (!codec_text_valid(text, strlen(text))) {
        fault(reading, ANSWER, REFUSAL_BAD_FIELD, "This text has control characters. Only line ends and tabs may be in it.");
    } else if (strlen(text) > CAP_TEXT_SIZE) {
        fault(reading, ANSWER, REFUSAL_TOO_LARGE, "This text has %zu bytes; at most %d are allowed. Shorten it.", strlen(text),
              CAP_TEXT_SIZE);
    }
}

static void read_row(struct reading *reading)
{
    struct replay_row *row = reading->row;
    const struct sheet *sheet = reading->plan->sheet;
    if (reading->cells->count != sheet->column_count) {
        fault(reading, -1, REFUSAL_BAD_MESSAGE,
              "This row has %u fields, the header has %u. Write one field a column, and quotes around a field with a comma or a "
              "line end%s.",
              reading->cells->count, sheet->column_count,
              reading->cells->count > sheet->column_count ? _("; what is too many stands in the last column") : "");
        return;
    }
    for (uint32_t i = 0; i < reading->cells->count; i++) {
        reading->cells->fields[i] = blank_trim_string(reading->cells->fields[i]);
        row->content = XXH64(reading->cells->fields[i], strlen(reading->cells->fields[i]) + 1, row->content);
    }
    read_id(reading);
    read_instant(reading, OPENED, true, &row->opened_ms);
    read_instant(reading, TARGET, false, &row->target_ms);
    read_instant(reading, CLOSED, false, &row->closed_ms);
    if (row->target_ms != 0 && row->target_ms < row->opened_ms) {
        fault(reading, TARGET, REFUSAL_BAD_FIELD, "The target is before the opening. Correct one of them.");
    }
    if (row->closed_ms != 0 && row->closed_ms < row->opened_ms) {
        fault(reading, CLOSED, REFUSAL_BAD_FIELD, "The close is before the opening. Correct one of them.");
    }
    read_department(reading);
    check_answer(reading);
    if (reading->code != NULL) { /* what is not listed is counted of rows that are taken */
        return;
    }
    read_matter(reading);
    read_place(reading);
    if (reading->code == NULL) {
        read_channel(reading);
    }
}

/* ---- the file ---- */

static int find_columns(struct replay_plan *plan, struct faults *faults)
{
    const struct replay_columns *c = &plan->map->columns;
    const char *const names[COLUMN_COUNT] = {c->id,         c->opened, c->target, c->closed,  c->street, c->ward,
                                             c->department, c->field,  c->type,   c->channel, c->answer};
    int result = 0;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        plan->columns[i] = names[i] == NULL ? -1 : sheet_column(plan->sheet, names[i]);
        if (plan->columns[i] >= 0 || names[i] == NULL) {
            continue;
        }
        faults_add(faults, plan->sheet->file, 1, 0, "there is no column `%s`, which the map names", names[i]);
        result = -EINVAL;
    }
    return result;
}

int replay_plan_reject(struct replay_plan *plan, uint32_t row, struct text code, struct text field, const char *what_to_do)
{
    if (plan->rows[row].state == REPLAY_REJECTED) {
        return 0;
    }
    int rc = rejects_keep(&plan->rejects, code, field, what_to_do, &plan->rows[row].reject);
    if (rc == 0) {
        plan->rows[row].state = REPLAY_REJECTED;
    }
    return rc;
}

bool replay_plan_next_reject(const void *arg, uint32_t *cursor, struct rejected_row *ret)
{
    const struct replay_plan *plan = arg;
    while (*cursor < plan->row_count && plan->rows[*cursor].state != REPLAY_REJECTED) {
        ++*cursor;
    }
    if (*cursor == plan->row_count) {
        return false;
    }
    const struct replay_row *row = &plan->rows[(*cursor)++];
    *ret = (struct rejected_row){.offset = row->offset, .line = row->line, .place = row->reject};
    return true;
}

static int keep_row(struct replay_plan *plan, const struct sheet_row *cells)
{
    uint32_t index = plan->row_count;
    int rc = index == UINT32_MAX / 2 ? -EOVERFLOW : spill_grow(&plan->row_room, (index + UINT64_C(1)) * sizeof(plan->rows[0]));
    if (rc < 0) {
        return rc;
    }
    plan->rows = plan->row_room.at;
    plan->rows[plan->row_count++] =
        (struct replay_row){.offset = cells->offset, .line = cells->line, .matter = -1, .department = -1};
    struct reading reading = {.plan = plan, .cells = cells, .row = &plan->rows[index]};
    read_row(&reading);
    return reading.code == NULL ? 0 : replay_plan_reject(plan, index, text_of(reading.code), text_of(reading.field), reading.what);
}

static int read_rows(struct replay_plan *plan, void (*on_bytes)(void *, uint64_t, uint64_t), void *arg)
{
    struct sheet_row cells;
    int result;
    while ((result = sheet_next(plan->sheet, &cells)) == 1) {
        int rc = keep_row(plan, &cells);
        if (rc < 0) {
            return rc;
        }
        if (on_bytes != NULL && plan->row_count % ROWS_A_NOTE == 0) {
            on_bytes(arg, plan->sheet->offset, plan->sheet->size);
        }
    }
    return result;
}

/* ---- ids ---- */

static int compare_ids(const void *a, const void *b, void *context)
{
    const struct replay_plan *plan = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = strcmp(plan->rows[x].id, plan->rows[y].id);
    return order != 0 ? order : x < y ? -1 : x > y;
}

static int judge_twin(struct replay_plan *plan, uint32_t first, uint32_t row)
{
    char what[256];
    if (plan->rows[first].content == plan->rows[row].content) {
        plan->rows[row].state = REPLAY_SAME;
        plan->same_count++;
        return 0;
    }
    snprintf(what, sizeof(what), _("Line %u has the same id and other content. Keep one of them, or give each its own%s."),
             plan->rows[first].line,
             reference_cut(plan->rows[row].id) ? _(" (a spreadsheet keeps 15 digits of a number: format the column as text)") : "");
    return replay_plan_reject(plan, row, text_of(refusal_infos[REFUSAL_ID_REUSED].code), text_of(plan->map->columns.id), what);
}

/* Good rows by id; of two with one id the first counts. */
static int sort_ids(struct replay_plan *plan)
{
    int rc = spill_grow(&plan->id_room, (plan->row_count + UINT64_C(1)) * sizeof(plan->by_id[0]));
    uint32_t kept = 0;
    if (rc < 0) {
        return rc;
    }
    plan->by_id = plan->id_room.at;
    for (uint32_t i = 0; i < plan->row_count; i++) {
        if (plan->rows[i].state == REPLAY_GOOD) {
            plan->by_id[plan->good_count++] = i;
        }
    }
    qsort_r(plan->by_id, plan->good_count, sizeof(plan->by_id[0]), compare_ids, plan);
    for (uint32_t i = 0; i < plan->good_count && rc == 0; i++) {
        uint32_t row = plan->by_id[i];
        if (kept > 0 && strcmp(plan->rows[plan->by_id[kept - 1]].id, plan->rows[row].id) == 0) {
            rc = judge_twin(plan, plan->by_id[kept - 1], row);
        } else {
            plan->by_id[kept++] = row;
        }
    }
    plan->good_count = kept;
    return rc;
}

/* ---- steps and routes ---- */

static int compare_steps(const void *a, const void *b)
{
    const struct replay_step *x = a;
    const struct replay_step *y = b;
    if (x->at_ms != y->at_ms) {
        return x->at_ms < y->at_ms ? -1 : 1;
    }
    if (x->closes != y->closes) {
        return x->closes ? 1 : -1;
    }
    return x->row < y->row ? -1 : x->row > y->row;
}

static void find_until(struct replay_plan *plan, int64_t until_ms)
{
    plan->until_ms = until_ms != 0 ? until_ms : plan->map->until_given ? plan->map->until_at_ms : 0;
    if (plan->until_ms != 0) {
        return;
    }
    for (uint32_t i = 0; i < plan->row_count; i++) {
        if (plan->rows[i].state == REPLAY_GOOD && plan->rows[i].closed_ms > plan->until_ms) {
            plan->until_ms = plan->rows[i].closed_ms;
        }
    }
}

static int make_steps(struct replay_plan *plan)
{
    int rc = spill_grow(&plan->step_room, (2 * (uint64_t)plan->good_count + 1) * sizeof(plan->steps[0]));
    if (rc < 0) {
        return rc;
    }
    plan->steps = plan->step_room.at;
    for (uint32_t i = 0; i < plan->row_count; i++) {
        const struct replay_row *row = &plan->rows[i];
        if (row->state != REPLAY_GOOD || (plan->until_ms != 0 && row->opened_ms > plan->until_ms)) {
            continue;
        }
        plan->steps[plan->step_count++] = (struct replay_step){.at_ms = row->opened_ms, .row = i};
        if (row->closed_ms != 0 && row->closed_ms <= plan->until_ms) {
            plan->steps[plan->step_count++] = (struct replay_step){.at_ms = row->closed_ms, .row = i, .closes = true};
        }
    }
    if (plan->step_count > 1) {
        qsort(plan->steps, plan->step_count, sizeof(plan->steps[0]), compare_steps);
    }
    return 0;
}

static int compare_routes(const void *a, const void *b)
{
    const struct replay_route *x = a, *y = b;
    if (x->matter != y->matter) {
        return x->matter < y->matter ? -1 : 1;
    }
    return x->place < y->place ? -1 : x->place > y->place;
}

/* Every pair of matter and place once, sorted; each row then knows its own. */
static int make_routes(struct replay_plan *plan)
{
    int rc = spill_grow(&plan->route_room, (plan->good_count + UINT64_C(1)) * sizeof(plan->routes[0]));
    if (rc < 0) {
        return rc;
    }
    plan->routes = plan->route_room.at;
    for (uint32_t i = 0; i < plan->good_count; i++) {
        const struct replay_row *row = &plan->rows[plan->by_id[i]];
        plan->routes[i] = (struct replay_route){.matter = row->matter, .place = row->place};
    }
    if (plan->good_count > 1) {
        qsort(plan->routes, plan->good_count, sizeof(plan->routes[0]), compare_routes);
    }
    for (uint32_t i = 0; i < plan->good_count; i++) {
        if (i == 0 || compare_routes(&plan->routes[i], &plan->routes[plan->route_count - 1]) != 0) {
            plan->routes[plan->route_count++] = plan->routes[i];
        }
    }
    for (uint32_t i = 0; i < plan->good_count; i++) {
        struct replay_row *row = &plan->rows[plan->by_id[i]];
        const struct replay_route key = {.matter = row->matter, .place = row->place};
        const struct replay_route *found = bsearch(&key, plan->routes, plan->route_count, sizeof(key), compare_routes);
        row->route = (uint32_t)(found - plan->routes);
    }
    return 0;
}

int replay_plan_load(const char *file, const struct replay_map *map, int64_t until_ms, struct faults *faults,
                     void (*on_bytes)(void *arg, uint64_t read, uint64_t size), void *arg, struct replay_plan **ret)
{
    struct replay_plan *plan = calloc(1, sizeof(*plan));
    if (plan == NULL) {
        return -ENOMEM;
    }
    plan->map = map;
    int rc = sheet_open(file, faults, &plan->sheet);
    if (rc == 0) {
        rc = find_columns(plan, faults);
    }
    if (rc == 0) {
        rc = read_rows(plan, on_bytes, arg);
    }
    if (rc == 0) {
        rc = sort_ids(plan);
    }
    if (rc == 0) {
        find_until(plan, until_ms);
        rc = make_steps(plan);
    }
    if (rc == 0) {
        rc = make_routes(plan);
    }
    if (rc < 0) {
        replay_plan_free(plan);
        return rc;
    }
    *ret = plan;
    return 0;
}

struct replay_codes replay_plan_codes(const struct replay_plan *plan, uint32_t row)
{
    const struct replay_map *map = plan->map;
    const struct replay_row *from = &plan->rows[row];
    struct replay_codes codes = {.place = map->district, .by_hand = map->desk, .matter = {"unknown"}};
    if (from->place >= 0) {
        codes.place = map->units[from->place].code;
    }
    if (from->by_hand >= 0) {
        codes.by_hand = map->units[from->by_hand].code;
    }
    if (from->department >= 0) {
        codes.department = map->units[from->department].code;
    }
    if (from->matter >= 0) {
        codes.matter = map->matters[from->matter].code;
    }
    return codes;
}

int replay_plan_answer(struct replay_plan *plan, uint32_t row, const char **ret)
{
    struct sheet_row cells;
    uint64_t content = 0;
    int result = sheet_again(plan->sheet, plan->rows[row].offset, plan->rows[row].line, &cells);
    if (result < 0 && result != -EINVAL) {
        return result;
    }
    if (result != 1 || cells.count != plan->sheet->column_count) {
        return -ESTALE;
    }
    for (uint32_t i = 0; i < cells.count; i++) {
        cells.fields[i] = blank_trim_string(cells.fields[i]);
        content = XXH64(cells.fields[i], strlen(cells.fields[i]) + 1, content);
    }
    const struct reading reading = {.plan = plan, .cells = &cells};
    *ret = answer_of(&reading);
    return content == plan->rows[row].content ? 0 : -ESTALE;
}

struct replay_plan *replay_plan_free(struct replay_plan *plan)
{
    if (plan == NULL) {
        return NULL;
    }
    sheet_free(plan->sheet);
    rejects_deinit(&plan->rejects);
    spill_deinit(&plan->row_room);
    spill_deinit(&plan->id_room);
    spill_deinit(&plan->step_room);
    spill_deinit(&plan->route_room);
    free(plan);
    return NULL;
}
