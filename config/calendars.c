/* calendars.c - calendars.yaml: the working calendars 工作日历 of a district, and the day files that it names */
#include "config/calendars.h"

#include "base/i18n.h"
#include "config/file.h"
#include "config/words.h"
#include "config/yaml_file.h"
#include "config/zone.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_MS 60000
#define DAY_MINUTES (24 * 60)

/* ---- the shape of the file: every value a text ---- */

struct raw_hours {
    char *mon, *tue, *wed, *thu, *fri, *sat, *sun;
};
struct raw_change {
    char *from;
    struct raw_hours hours;
    char *make_up;
};
struct raw_calendar {
    char *name, *zone, *days;
    struct raw_hours hours;
    char *make_up;
    struct raw_change *changes;
    uint32_t changes_count;
};
struct raw {
    char *chosen;
    struct raw_calendar *calendars;
    uint32_t calendars_count;
};

#define TEXT(type, key, member)                                                                                                    \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER_NULL, struct type, member, 0, CYAML_UNLIMITED)

static const cyaml_schema_field_t hour_fields[] = {
    TEXT(raw_hours, "mon", mon), TEXT(raw_hours, "tue", tue), TEXT(raw_hours, "wed", wed), TEXT(raw_hours, "thu", thu),
    TEXT(raw_hours, "fri", fri), TEXT(raw_hours, "sat", sat), TEXT(raw_hours, "sun", sun), CYAML_FIELD_END};
static const cyaml_schema_field_t change_fields[] = {
    TEXT(raw_change, "from", from), CYAML_FIELD_MAPPING("hours", CYAML_FLAG_OPTIONAL, struct raw_change, hours, hour_fields),
    TEXT(raw_change, "make_up", make_up), CYAML_FIELD_END};
static const cyaml_schema_value_t change_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_change, change_fields)};
static const cyaml_schema_field_t calendar_fields[] = {
    TEXT(raw_calendar, "name", name),
    TEXT(raw_calendar, "zone", zone),
    TEXT(raw_calendar, "days", days),
    CYAML_FIELD_MAPPING("hours", CYAML_FLAG_OPTIONAL, struct raw_calendar, hours, hour_fields),
    TEXT(raw_calendar, "make_up", make_up),
    CYAML_FIELD_SEQUENCE("changes", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, struct raw_calendar, changes, &change_schema, 0,
                         CYAML_UNLIMITED),
    CYAML_FIELD_END};
static const cyaml_schema_value_t calendar_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_calendar, calendar_fields)};
static const cyaml_schema_field_t fields[] = {TEXT(raw, "default", chosen),
                                              CYAML_FIELD_SEQUENCE("calendars", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER,
                                                                   struct raw, calendars, &calendar_schema, 0, CYAML_UNLIMITED),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw, fields)};

/* ---- hours ---- */

/* Reads HH:MM; -1: it is not that. */
static int32_t minute_of_day(const char *at, const char **ret_end)
{
    for (int i = 0; i < 5; i++) {
        if (i == 2 ? at[i] != ':' : at[i] < '0' || at[i] > '9') {
            return -1;
        }
    }
    int32_t hour = (at[0] - '0') * 10 + at[1] - '0', minute = (at[3] - '0') * 10 + at[4] - '0';
    *ret_end = at + 5;
    return minute < 60 && hour * 60 + minute <= DAY_MINUTES ? hour * 60 + minute : -1;
}

const char *shifts_parse(const char *text, struct shifts *ret)
{
    const char *const wanted = _("write shifts as `09:00-12:00 13:00-17:00`, from 00:00 to 24:00, with a blank between them");
    struct shifts shifts = {0};
    const char *at = text + strspn(text, " ");
    int32_t before = 0;
    do {
        int32_t from = minute_of_day(at, &at);
        if (from < 0 || *at++ != '-') {
            return wanted;
        }
        int32_t until = minute_of_day(at, &at);
        if (until < 0 || (*at != '\0' && *at != ' ')) {
            return wanted;
        }
        if (until <= from) {
            return _("a shift ends after it begins; write one over midnight as `22:00-24:00`, and its rest on the next day");
        }
        if (from < before) {
            return _("a shift begins before the one on its left ends; write them in order and without overlap");
        }
        if (shifts.count == CAP_SHIFTS) {
            return _("too many shifts; write at most 8");
        }
        shifts.at[shifts.count++] = (struct shift){from * MINUTE_MS, until * MINUTE_MS};
        before = until;
        at += strspn(at, " ");
    } while (*at);
    *ret = shifts;
    return NULL;
}

/* ---- one calendar ---- */

struct reader {
    const char *folder;
    const char *zone_name; /* of the district, or NULL */
    struct yaml yaml;
    struct faults *faults;
    struct calendars *calendars;
};

/* A fault at a key of calendar `i`. */
static void say(const struct reader *reader, uint32_t i, const char *key, const char *text, const char *why)
{
    char path[64];
    snprintf(path, sizeof(path), "calendars.%u%s%s", i, key[0] ? "." : "", key);
    if (key[0]) {
        yaml_fault(&reader->yaml, reader->faults, path, "`%s: %s`: %s", key, text, i18n_text(why));
    } else {
        yaml_fault(&reader->yaml, reader->faults, path, "%s", i18n_text(why));
    }
}

/* A fault of a change as a whole. */
static void say_change(const struct reader *reader, uint32_t i, uint32_t change, const char *why)
{
    char path[64];
    snprintf(path, sizeof(path), "calendars.%u.changes.%u", i, change);
    yaml_fault(&reader->yaml, reader->faults, path, "%s", i18n_text(why));
}

/* A week without hours: of the calendar itself (`change` -1), or of a change. */
static void say_hours(const struct reader *reader, uint32_t i, int32_t change)
{
    if (change < 0) {
        say(reader, i, "", "", N_("this calendar has no hours; write `hours: {mon: 09:00-12:00 13:00-17:00, ...}`"));
    } else {
        say_change(reader, i, (uint32_t)change, N_("this change has no hours; write `hours: {mon: 09:00-12:00 14:30-18:00, ...}`"));
    }
}

/* A key that stands there without a value: that has been told already. */
static bool is_empty(const struct reader *reader, uint32_t i, const char *key)
{
    char path[64];
    snprintf(path, sizeof(path), "calendars.%u.%s", i, key);
    const struct yaml_tree_node *node = yaml_tree_find(&reader->yaml.tree, path);
    return node != NULL && yaml_empty(node);
}

static bool read_name(const struct reader *reader, uint32_t i, const char *text, struct code *ret)
{
    if (text == NULL || !text[0]) {
        if (!is_empty(reader, i, "name")) {
            say(reader, i, "", "", "this calendar has no name; write `name: office`");
        }
        return false;
    }
    struct code name;
    const char *why = code_parse(text, &name);
    if (why == NULL && strcmp(text, CALENDAR_BUILT_IN) == 0) {
        why = _("this calendar is built in; write another name");
    } else if (why == NULL && calendars_find(reader->calendars, &name) >= 0) {
        why = _("another calendar has this name; write another one");
    }
    if (why != NULL) {
        say(reader, i, "name", text, why);
    } else {
        *ret = name;
    }
    return why == NULL;
}

/* A key of the calendar itself (`change` -1) or of one of its changes. */
static const char *key_of(int32_t change, const char *key, char ret[48])
{
    if (change < 0) {
        return key;
    }
    snprintf(ret, 48, "changes.%d.%s", change, key);
    return ret;
}

/* Reads a week. */
static bool read_hours(const struct reader *reader, uint32_t i, int32_t change, const struct raw_hours *h, struct shifts week[7])
{
    const char *const texts[7] = {h->mon, h->tue, h->wed, h->thu, h->fri, h->sat, h->sun};
    static const char *const keys[7] = {"hours.mon", "hours.tue", "hours.wed", "hours.thu", "hours.fri", "hours.sat", "hours.sun"};
    bool good = true, any = false;
    char path[48];
    for (uint32_t day = 0; day < 7; day++) {
        const char *key = key_of(change, keys[day], path);
        bool empty = is_empty(reader, i, key);
        any = any || empty || texts[day] != NULL;
        good = good && !empty;
        if (empty || texts[day] == NULL) {
            continue;
        }
        const char *why = shifts_parse(texts[day], &week[day]);
        if (why != NULL) {
            say(reader, i, key, texts[day], why);
        }
        good = good && why == NULL;
    }
    if (!any) {
        say_hours(reader, i, change);
    }
    return good && any;
}

/* Reads the hours of a make-up day; left out, they are those of Monday. */
static bool read_make_up(const struct reader *reader, uint32_t i, int32_t change, const char *text, const struct shifts week[7],
                         const char *days_name, const struct day_file *days, struct shifts *ret)
{
    char path[48];
    *ret = week[0];
    if (text != NULL && text[0]) {
        const char *why = shifts_parse(text, ret);
        if (why != NULL) {
            say(reader, i, key_of(change, "make_up", path), text, why);
        }
        return why == NULL;
    }
    if (days != NULL && days->make_up && ret->count == 0) {
        say(reader, i, "days", days_name,
            N_("it has make-up days, and Monday is free here; write `make_up: 09:00-12:00 13:00-17:00`"));
        return false;
    }
    return true;
}

/* Reads the weeks that hold from a date on. They are in `changes`, which holds CAP_CALENDAR_CHANGES. */
static bool read_changes(const struct reader *reader, uint32_t i, const struct raw_calendar *raw, const struct day_file *days,
                         struct calendar_week *changes)
{
    bool good = raw->changes_count <= CAP_CALENDAR_CHANGES;
    if (!good) {
        say(reader, i, "", "", N_("too many changes of the hours; write at most 64"));
    }
    for (uint32_t k = 0; k < raw->changes_count && k < CAP_CALENDAR_CHANGES; k++) {
        const struct raw_change *change = &raw->changes[k];
        struct calendar_week *week = &changes[k];
        char path[48];
        const char *key = key_of((int32_t)k, "from", path), *why = NULL;
        if (change->from == NULL || !change->from[0]) {
            why = N_("this change has no date; write `from: 2026-06-01`");
        } else {
            why = day_parse(change->from, &week->from_day);
        }
        if (why == NULL && k > 0 && week->from_day <= changes[k - 1].from_day) {
            why = N_("it is not after the change above it; write them in order");
        }
        if (why != NULL && change->from != NULL && change->from[0]) {
            say(reader, i, key, change->from, why);
        } else if (why != NULL) {
            say_change(reader, i, k, why);
        }
        good = good && why == NULL;
        bool hours = read_hours(reader, i, (int32_t)k, &change->hours, week->days);
        good = read_make_up(reader, i, (int32_t)k, change->make_up, week->days, raw->days, hours ? days : NULL, &week->make_up) &&
               good && hours;
    }
    return good;
}

/* ---- its day file ---- */

/* A name inside the folder, which a copy of the folder's files keeps. */
static bool plain_name(const char *text)
{
    for (const char *at = text; *at; at++) {
        if (*at == '/' || (unsigned char)*at < 0x20 || *at == 0x7f) {
            return false;
        }
    }
    return text[0] != '.' && strlen(text) < sizeof((struct fault *)NULL)->file;
}

/* Gives the file of a name, read at its first mention; NULL: a fault was added, or *ret_error is set. */
static const struct day_file *find_days(struct reader *reader, uint32_t i, const char *text, int *ret_error)
{
    struct calendars *calendars = reader->calendars;
    for (uint32_t k = 0; k < calendars->file_count; k++) {
        if (strcmp(calendars->files[k].name, text) == 0) {
            return &calendars->files[k];
        }
    }
    if (!plain_name(text)) {
        say(reader, i, "days", text, "write the name of a file in this folder, as `workdays-cn.csv`");
        return NULL;
    }
    char *data = NULL;
    size_t size = 0;
    int rc = file_read_if_there(reader->folder, text, reader->faults, &data, &size);
    if (rc == 0 && data == NULL) {
        say(reader, i, "days", text, "there is no such file; put it into the folder, or take `days` out");
    }
    if (rc < 0 || data == NULL) {
        *ret_error = rc == -ENOMEM ? rc : 0;
        return NULL;
    }
    struct day_file *file = &calendars->files[calendars->file_count++];
    *ret_error = day_file_parse(text, data, size, reader->faults, file);
    return *ret_error < 0 ? NULL : file;
}

/* ---- putting it together ---- */

static int build(const struct reader *reader, uint32_t i, const struct raw_calendar *raw, const struct calendar_plan *plan,
                 struct calendar **ret)
{
    const char *zone_name = reader->zone_name;
    int rc = 0;
    if (raw->zone != NULL && raw->zone[0]) {
        struct zone *zone = NULL;
        char path[64];
        zone_name = raw->zone;
        rc = zone_load(NULL, zone_name, &zone);
        zone_free(zone);
        snprintf(path, sizeof(path), "calendars.%u.zone", i);
        if (rc < 0 && rc != -ENOMEM) {
            yaml_fault(&reader->yaml, reader->faults, path, "`zone: %s` %s", zone_name, zone_why(rc));
        }
    }
    if (rc < 0 || plan == NULL || zone_name == NULL) {
        return rc == -ENOMEM ? rc : 0;
    }
    rc = calendar_build(plan, zone_name, ret);
    if (rc == -EINVAL) {
        say(reader, i, "", "", "this calendar has no working time in any year; write `hours`");
    }
    return rc == -EINVAL ? 0 : rc;
}

static int read_calendar(struct reader *reader, uint32_t i, const struct raw_calendar *raw)
{
    struct calendars *calendars = reader->calendars;
    struct calendar_plan plan = {0};
    struct calendar_week changes[CAP_CALENDAR_CHANGES] = {0};
    const struct day_file *days = NULL;
    int rc = 0;
    bool named = read_name(reader, i, raw->name, &plan.name), good = named;
    good = read_hours(reader, i, -1, &raw->hours, plan.week) && good;
    if (raw->days != NULL && raw->days[0]) {
        days = find_days(reader, i, raw->days, &rc);
        if (rc < 0) {
            return rc;
        }
        good = days != NULL && days->at != NULL && good;
    }
    good = read_make_up(reader, i, -1, raw->make_up, plan.week, raw->days, days, &plan.make_up) && good;
    good = read_changes(reader, i, raw, days, changes) && good;
    plan.change_count = raw->changes_count;
    plan.changes = changes;
    if (days != NULL && days->at != NULL) {
        plan.by_notice = true;
        plan.complete = days->complete;
        plan.notice_count = days->count;
        plan.notices = days->at;
    }
    struct calendar *calendar = NULL;
    rc = build(reader, i, raw, good ? &plan : NULL, &calendar);
    if (!named) {
        calendars->listed = false;
    } else {
        calendars->names[calendars->count] = plan.name;
        calendars->at[calendars->count++] = calendar;
    }
    return rc;
}

static void read_chosen(const struct reader *reader, const char *text)
{
    struct calendars *calendars = reader->calendars;
    calendars->chosen = calendars->count > 1 ? 1 : 0;
    if (text == NULL || !text[0]) {
        return;
    }
    struct code name;
    const char *why = code_parse(text, &name);
    int32_t found = why != NULL ? -1 : calendars_find(calendars, &name);
    if (found >= 0) {
        calendars->chosen = (uint32_t)found;
    } else if (why != NULL || calendars->listed) {
        yaml_fault(&reader->yaml, reader->faults, "default", "`default: %s`: %s", text,
                   why != NULL ? why : _("no such calendar; write the name of one of this file, or `24x7`"));
    }
}

static int read_all(struct reader *reader)
{
    const struct raw *raw = reader->yaml.data;
    yaml_refuse_empty(&reader->yaml, reader->faults);
    reader->calendars->listed = true;
    for (uint32_t i = 0; i < raw->calendars_count; i++) {
        if (i + 1 == CAP_CALENDARS) {
            say(reader, i, "", "", "too many calendars; write at most 63");
            reader->calendars->listed = false;
            break;
        }
        int rc = read_calendar(reader, i, &raw->calendars[i]);
        if (rc < 0) {
            return rc;
        }
    }
    read_chosen(reader, raw->chosen);
    return 0;
}

int calendars_read(const char *folder, const char *zone_name, struct faults *faults, struct calendars *ret)
{
    *ret = (struct calendars){.count = 1, .listed = true};
    bool made = code_make(CALENDAR_BUILT_IN, strlen(CALENDAR_BUILT_IN), &ret->names[0]);
    assert(made);
    int rc = zone_name != NULL ? calendar_build_always(zone_name, &ret->at[0]) : 0;
    if (rc < 0) {
        return rc;
    }
    rc = file_read_if_there(folder, CALENDARS_FILE, faults, &ret->data, &ret->size);
    if (rc < 0) {
        ret->listed = false;
    }
    if (rc < 0 || ret->data == NULL) {
        return rc == -ENOMEM ? rc : 0;
    }
    struct reader reader = {.folder = folder, .zone_name = zone_name, .faults = faults, .calendars = ret};
    rc = yaml_parse(CALENDARS_FILE, ret->data, ret->size, &schema, faults, &reader.yaml);
    if (rc < 0) {
        ret->listed = false;
        return rc == -ENOMEM ? rc : 0;
    }
    rc = read_all(&reader);
    yaml_deinit(&reader.yaml);
    return rc;
}

int32_t calendars_find(const struct calendars *calendars, const struct code *name)
{
    for (uint32_t i = 0; i < calendars->count; i++) {
        if (code_equal(&calendars->names[i], name)) {
            return (int32_t)i;
        }
    }
    return -1;
}

void calendars_deinit(struct calendars *calendars)
{
    for (uint32_t i = 0; i < calendars->count; i++) {
        calendar_free(calendars->at[i]);
    }
    for (uint32_t i = 0; i < calendars->file_count; i++) {
        day_file_deinit(&calendars->files[i]);
    }
    free(calendars->data);
    *calendars = (struct calendars){0};
}
