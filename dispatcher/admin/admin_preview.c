/* admin_preview.c - what another set of configuration would do to the open cases, without doing it */
#include "dispatcher/admin/admin_preview.h"

#include "base/i18n.h"
#include "base/number.h"
#include "config/local_time.h"
#include "config/words.h"
#include "config/zone.h"
#include "dispatcher/core/core.h"
#include "dispatcher/engine/datadir.h"
#include "dispatcher/engine/row_folder.h"
#include "dispatcher/store/store.h"
#include "proto/enum_word.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIRST_MOST 20 /* moves and units that are listed */
#define IDS 256

/* A clock whose due instant, or whether it is provisional, changes. */
struct move {
    uint64_t case_id;
    enum clock_kind clock;
    int64_t from_at, to_at;
    bool was_provisional, provisional;
};

struct report {
    uint64_t open_cases, running, working, overdue; /* running clocks; of them in working time; of them late already */
    uint64_t provisional;                           /* of the running ones, now */
    uint64_t moved, later, earlier, finals, newly; /* clocks: due differs; of these later, earlier; provisional no more; newly so */
    int64_t most_later_ms, most_earlier_ms;
    uint32_t first_count;
    struct move first[FIRST_MOST];
    uint64_t duties; /* that go to a successor */
    uint32_t missing;
    struct code first_missing[FIRST_MOST];
    uint32_t *duties_of; /* by unit of the new set: how many it gives away */
    bool *retires;       /* by unit of the new set: in service now */
};

struct preview {
    const struct district *district;
    struct store *store;
    struct tables tables;
    struct district_row row;
    int64_t now_ms;
    struct verdict *verdict;
    struct report report;
};

/* ---- reading ---- */

static void count_running(struct preview *preview, const struct case_row *c)
{
    struct report *report = &preview->report;
    struct clock_row clock;
    for (uint64_t id = c->clock_last; id != 0 && tables_get(&preview->tables, ROW_CLOCK, id, &clock); id = clock.prev_of_case) {
        if (clock.state != CLOCK_STATE_RUNNING) {
            continue;
        }
        report->running++;
        report->working += clock.time_kind == TIME_KIND_WORKING_HOURS || clock.time_kind == TIME_KIND_WORKING_DAYS;
        report->provisional += clock.provisional != 0;
        report->overdue += clock.due_at != 0 && clock.due_at < preview->now_ms;
    }
}

static void note_clock(struct preview *preview, uint64_t case_id, const struct clock_due_moved_body *body)
{
    struct report *report = &preview->report;
    struct clock_row clock;
    if (!tables_get(&preview->tables, ROW_CLOCK, body->clock_id, &clock)) {
        return;
    }
    int64_t ms = body->due_at - clock.due_at;
    bool was = clock.provisional != 0;
    if (ms == 0 && was == body->provisional) {
        return; /* only its unit changes */
    }
    report->moved += ms != 0;
    report->later += ms > 0;
    report->earlier += ms < 0;
    report->finals += was && !body->provisional;
    report->newly += !was && body->provisional;
    if (ms > report->most_later_ms) {
        report->most_later_ms = ms;
    }
    if (-ms > report->most_earlier_ms) {
        report->most_earlier_ms = -ms;
    }
    if (report->first_count < FIRST_MOST) {
        report->first[report->first_count++] = (struct move){.case_id = case_id,
                                                             .clock = body->clock,
                                                             .from_at = clock.due_at,
                                                             .to_at = body->due_at,
                                                             .was_provisional = was,
                                                             .provisional = body->provisional};
    }
}

static void settle(struct preview *preview, uint64_t case_id)
{
    struct case_row c;
    if (!tables_get(&preview->tables, ROW_CASE, case_id, &c) || c.state == CASE_STATE_CLOSED) {
        return;
    }
    preview->report.open_cases++;
    count_running(preview, &c);
    struct command command = {.type = COMMAND_SETTLE, .now_ms = preview->now_ms, .next_seq = preview->row.last_seq + 1};
    command.body.settle.given = SETTLE_HAS_CASE;
    command.body.settle.case_id = case_id;
    core_judge(&preview->tables, &command, preview->verdict);
    for (uint32_t i = 0; i < preview->verdict->count; i++) {
        const struct record *record = &preview->verdict->records[i];
        if (record->type == RECORD_CLOCK_DUE_MOVED) {
            note_clock(preview, case_id, &record->body.clock_due_moved);
        }
        if (record->type != RECORD_DUTY_MOVED) {
            continue;
        }
        int32_t from = district_unit_find(preview->district, &record->body.duty_moved.from);
        preview->report.duties++;
        if (from >= 0) {
            preview->report.duties_of[from]++;
        }
    }
}

static void settle_all(struct preview *preview)
{
    uint64_t ids[IDS];
    size_t n = IDS;
    for (uint64_t from = 1; n == IDS; from = ids[n - 1] + 1) {
        n = store_ids_from(preview->store, ROW_CASE, from, ids, IDS);
        for (size_t i = 0; i < n; i++) {
            settle(preview, ids[i]);
        }
        if (n == 0) {
            break;
        }
    }
}

/* Units in force: each has to be in the new set, perhaps retired. */
static void compare_units(struct preview *preview)
{
    struct report *report = &preview->report;
    uint64_t ids[IDS];
    size_t n = IDS;
    for (uint64_t from = preview->row.units_from; from != 0 && n == IDS; from = ids[n - 1] + 1) {
        n = store_ids_from(preview->store, ROW_UNIT, from, ids, IDS);
        for (size_t i = 0; i < n; i++) {
            struct unit_row unit;
            if (!tables_get(&preview->tables, ROW_UNIT, ids[i], &unit)) {
                continue;
            }
            int32_t found = district_unit_find(preview->district, &unit.unit);
            if (found >= 0) {
                report->retires[found] = !unit.retired && preview->district->units[found].successor >= 0;
            } else if (report->missing++ < FIRST_MOST) {
                report->first_missing[report->missing - 1] = unit.unit;
            }
        }
        if (n == 0) {
            break;
        }
    }
}

/* ---- telling ---- */

static char *number_text(const struct preview *preview, uint64_t case_id, char ret[NUMBER_SIZE])
{
    struct case_row c;
    ret[0] = '\0';
    if (tables_get(&preview->tables, ROW_CASE, case_id, &c)) {
        number_print(c.day, c.day_no, ret);
    }
    return ret;
}

/* `3 d 04:30`: how far a due instant moves. */
static char *shift_text(int64_t ms, char ret[INSTANT_SIZE])
{
    int64_t minutes = (ms < 0 ? -ms : ms) / 60000;
    snprintf(ret, INSTANT_SIZE, "%s%" PRId64 " d %02" PRId64 ":%02" PRId64, ms < 0 ? "-" : "+", minutes / 1440, minutes / 60 % 24,
             minutes % 60);
    return ret;
}

static const char *word(bool provisional)
{
    return provisional ? _("provisional") : _("final");
}

static void print_moves(const struct preview *preview)
{
    const struct report *report = &preview->report;
    char number[NUMBER_SIZE], from[INSTANT_SIZE], to[INSTANT_SIZE], shift[INSTANT_SIZE];
    for (uint32_t i = 0; i < report->first_count; i++) {
        const struct move *move = &report->first[i];
        printf("    %s %s: %s -> %s (%s), %s", number_text(preview, move->case_id, number),
               enum_word(&clock_kind_enum, enum_name(&clock_kind_enum, (int)move->clock)),
               local_time_print(move->from_at, preview->district->zone, from),
               local_time_print(move->to_at, preview->district->zone, to), shift_text(move->to_at - move->from_at, shift),
               word(move->was_provisional));
        if (move->was_provisional != move->provisional) {
            printf(" -> %s", word(move->provisional));
        }
        putchar('\n');
    }
    uint64_t flags_only = report->finals + report->newly; /* of clocks that stay where they are too: not counted apart */
    if (report->first_count == FIRST_MOST && (report->moved > FIRST_MOST || flags_only > FIRST_MOST)) {
        printf(_("    ... the first %d\n"), FIRST_MOST);
    }
}

static void print_units(const struct preview *preview)
{
    const struct district *district = preview->district;
    char from[CODE_SIZE + 1], to[CODE_SIZE + 1];
    uint32_t shown = 0;
    for (uint32_t i = 0; i < district->unit_count; i++) {
        if (!preview->report.retires[i] && preview->report.duties_of[i] == 0) {
            continue;
        }
        if (shown++ == FIRST_MOST) {
            printf("    ...\n");
            break;
        }
        printf(_("    %s retires: %u open duties go to %s\n"), code_text(&district->units[i].code, from),
               preview->report.duties_of[i], code_text(&district->units[district_in_service(district, (int32_t)i)].code, to));
    }
}

static void print_text(const struct preview *preview, const char *folder, const char *data)
{
    const struct report *report = &preview->report;
    char at[INSTANT_SIZE], later[INSTANT_SIZE], earlier[INSTANT_SIZE], code[CODE_SIZE + 1];
    printf(_("config preview: %s over %s, rows up to record %" PRIu64 " of %s\n"), folder, data, preview->row.last_seq,
           local_time_print(preview->row.last_at, preview->district->zone, at));
    if (report->missing > 0) {
        printf(_("  refused    %u units are in force with this data, and units.csv lacks them:"), report->missing);
        for (uint32_t i = 0; i < report->missing && i < FIRST_MOST; i++) {
            printf(" %s", code_text(&report->first_missing[i], code));
        }
        printf(_("%s\n             Unit codes stay for ever: put them back, with retired_on and successor where they are gone.\n"),
               report->missing > FIRST_MOST ? " ..." : "");
        return;
    }
    if (strncmp(preview->row.config_hash, preview->district->hash, sizeof(preview->row.config_hash)) == 0) {
        printf(_("  in force   this very set\n"));
    }
    printf(_("  open       %" PRIu64 " cases, %" PRIu64 " running clocks: %" PRIu64 " in working time, %" PRIu64
             " provisional, %" PRIu64 " late (a late one stays as it is)\n"),
           report->open_cases, report->running, report->working, report->provisional, report->overdue);
    printf(_("  dues       %" PRIu64 " move: %" PRIu64 " later (%s at most), %" PRIu64 " earlier (%s at most); %" PRIu64
             " provisional ones become final, %" PRIu64 " become provisional\n"),
           report->moved, report->later, shift_text(report->most_later_ms, later), report->earlier,
           shift_text(-report->most_earlier_ms, earlier), report->finals, report->newly);
    print_moves(preview);
    printf(_("  duties     %" PRIu64 " go from retired units to their successors\n"), report->duties);
    print_units(preview);
}

static json_t *moves_json(const struct preview *preview)
{
    json_t *list = json_array();
    char number[NUMBER_SIZE], from[INSTANT_SIZE], to[INSTANT_SIZE];
    for (uint32_t i = 0; i < preview->report.first_count; i++) {
        const struct move *move = &preview->report.first[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "number", number_text(preview, move->case_id, number),
                                        "clock", enum_name(&clock_kind_enum, (int)move->clock), "from",
                                        local_time_print(move->from_at, preview->district->zone, from), "to",
                                        local_time_print(move->to_at, preview->district->zone, to), "was_provisional",
                                        move->was_provisional, "provisional", move->provisional));
    }
    return list;
}

static void print_json(const struct preview *preview)
{
    const struct report *report = &preview->report;
    const struct district *district = preview->district;
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {{"last_seq", preview->row.last_seq},
                   {"open_cases", report->open_cases},
                   {"running", report->running},
                   {"working", report->working},
                   {"provisional", report->provisional},
                   {"late", report->overdue},
                   {"moved", report->moved},
                   {"later", report->later},
                   {"earlier", report->earlier},
                   {"newly_final", report->finals},
                   {"newly_provisional", report->newly},
                   {"duties_moved", report->duties},
                   {"most_later_ms", (uint64_t)report->most_later_ms},
                   {"most_earlier_ms", (uint64_t)report->most_earlier_ms}};
    json_t *object = json_object(), *missing = json_array(), *retired = json_array();
    char code[CODE_SIZE + 1], to[CODE_SIZE + 1];
    json_object_set_new(object, "ok", json_boolean(report->missing == 0));
    json_object_set_new(object, "hash", json_string(district->hash));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        json_object_set_new(object, numbers[i].name, json_integer((json_int_t)numbers[i].value));
    }
    for (uint32_t i = 0; i < report->missing && i < FIRST_MOST; i++) {
        json_array_append_new(missing, json_string(code_text(&report->first_missing[i], code)));
    }
    for (uint32_t i = 0; i < district->unit_count; i++) {
        if (report->retires[i] || report->duties_of[i] > 0) {
            json_array_append_new(retired,
                                  json_pack("{s:s, s:s, s:i}", "unit", code_text(&district->units[i].code, code), "successor",
                                            code_text(&district->units[district_in_service(district, (int32_t)i)].code, to),
                                            "duties", (int)report->duties_of[i]));
        }
    }
    json_object_set_new(object, "missing", missing);
    json_object_set_new(object, "retired", retired);
    json_object_set_new(object, "moves", moves_json(preview));
    json_dumpf(object, stdout, JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(object);
}

/* ---- together ---- */

static int64_t wall_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A dispatcher that runs has looked at its rows; where none runs, nobody has. */
static int look_at_rows(const char *data, const char *rows, char *said)
{
    struct datadir folder;
    char why[STORE_SAID], unused[DATADIR_SAID];
    int rc = datadir_open(data, DATADIR_SHARED, &folder, unused);
    if (rc == 0) {
        rc = store_verify(rows, why);
        if (rc == -EBADMSG || rc == -ENOTSUP) {
            snprintf(said, DATADIR_SAID, _("The rows in %s cannot be used: %.300s. Start the dispatcher: it makes them again."),
                     data, why);
        }
    } else {
        rc = 0;
    }
    datadir_close(&folder);
    return rc == -EBADMSG || rc == -ENOTSUP ? rc : 0;
}

static int open_rows(struct preview *preview, const char *data, size_t map_size, char *said)
{
    bool drill = false;
    int rc = datadir_look(data, &drill, said);
    char *path = rc == 0 ? datadir_join(data, "rows") : NULL;
    if (rc < 0) {
        return rc;
    }
    if (path == NULL) {
        return -ENOMEM;
    }
    rc = look_at_rows(data, path, said);
    if (rc == 0) {
        rc = store_open(&(struct store_options){.path = path, .read_only = true, .map_size = map_size}, &preview->store);
        if (rc == -EACCES || rc == -ENOENT) {
            snprintf(said, DATADIR_SAID, _("The rows in %s cannot be read: %s.%s"), data, strerror(-rc),
                     rc == -EACCES ? _(" Ask as the user that the dispatcher runs as.") : "");
        } else if (rc < 0) {
            row_folder_say(path, map_size, rc, said);
        }
    }
    free(path);
    if (rc < 0) {
        return rc;
    }
    store_tables(preview->store, &preview->tables);
    preview->tables.district = preview->district;
    tables_get(&preview->tables, ROW_DISTRICT, 1, &preview->row);
    int64_t now_ms = drill ? 0 : wall_clock_ms();
    preview->now_ms = now_ms > preview->row.last_at ? now_ms : preview->row.last_at;
    return 0;
}

int admin_preview(const char *folder, const struct district *district, const char *data, size_t map_size, bool json)
{
    char said[DATADIR_SAID] = "";
    struct preview preview = {.district = district, .verdict = calloc(1, sizeof(*preview.verdict))};
    preview.report.duties_of = calloc(district->unit_count, sizeof(*preview.report.duties_of));
    preview.report.retires = calloc(district->unit_count, sizeof(*preview.report.retires));
    int rc = preview.verdict != NULL && preview.report.duties_of != NULL && preview.report.retires != NULL
                 ? open_rows(&preview, data, map_size, said)
                 : -ENOMEM;
    if (rc == 0) {
        compare_units(&preview);
        /* The core is never asked about a unit that it cannot find. */
        if (preview.report.missing == 0) {
            settle_all(&preview);
        }
        rc = store_failed(preview.store);
        if (rc == -EBADMSG) {
            snprintf(said, sizeof(said), _("The rows in %s are damaged. Restart the dispatcher: it makes them again."), data);
        }
    }
    if (rc < 0) {
        fprintf(stderr, _("config preview: %s\n"), said[0] ? said : strerror(-rc));
    } else if (json) {
        print_json(&preview);
    } else {
        print_text(&preview, folder, data);
    }
    bool refused = preview.report.missing > 0;
    store_close(preview.store);
    free(preview.verdict);
    free(preview.report.duties_of);
    free(preview.report.retires);
    return rc < 0 ? EXIT_FAILED : refused ? EXIT_REFUSED : EXIT_DONE;
}
