/* admin_summary.c - what a set of configuration holds, for the person who is about to bring it into force */
#include "dispatcher/admin/admin_summary.h"

#include "base/i18n.h"
#include "config/words.h"
#include "config/zone.h"
#include "proto/enum_word.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMED_MOST 10 /* matters without a row that are printed */

/* The shortest and the longest limit of one kind of time. */
struct range {
    struct span least, most; /* amount 0: none */
};

struct figures {
    uint32_t units[UNIT_TIER_COUNT][UNIT_CLASS_COUNT]; /* in service */
    uint32_t retired;
    uint32_t fields;
    uint32_t without_row;
    int32_t first_without[NAMED_MOST];
    struct range policy[TIME_KIND_COUNT], list[TIME_KIND_COUNT];
};

static void widen(struct range *ranges, struct span span)
{
    struct range *range = &ranges[span.kind];
    if (span.amount == 0) {
        return;
    }
    if (range->least.amount == 0 || span.amount < range->least.amount) {
        range->least = span;
    }
    if (span.amount > range->most.amount) {
        range->most = span;
    }
}

static void count_limits(const struct district *district, struct figures *ret)
{
    const struct policy *p = &district->policy;
    const struct span once[] = {p->stage,         p->second_round, p->last_round,  p->call_dispatch, p->call_sign,
                                p->call_contact,  p->call_arrive,  p->call_finish, p->rate,          p->followup_limit,
                                p->return_window, p->rule,         p->designate,   p->object,        p->rule_call,
                                p->decide,        p->promise,      p->awaiting};
    for (uint32_t urgency = 0; urgency < URGENCY_COUNT; urgency++) {
        widen(ret->policy, p->handle[urgency]);
        widen(ret->policy, p->route[urgency]);
        widen(ret->policy, p->sign[urgency]);
        widen(ret->policy, p->contact[urgency]);
        for (uint32_t i = 0; i < district->row_count; i++) {
            widen(ret->list, district->rows[i].limit[urgency]);
        }
    }
    for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++) {
        widen(ret->policy, once[i]);
    }
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void count_matters(const struct district *district, struct figures *ret)
{
    const char **fields = calloc(district->matter_count + 1U, sizeof(*fields));
    bool *routed = calloc(district->matter_count + 1U, sizeof(*routed));
    bool any = false;

    for (uint32_t i = 0; routed != NULL && i < district->row_count; i++) {
        any = any || district->rows[i].matter < 0;
        if (district->rows[i].matter >= 0) {
            routed[district->rows[i].matter] = true;
        }
    }
    for (uint32_t i = 0; fields != NULL && routed != NULL && i < district->matter_count; i++) {
        fields[i] = district->matters[i].field;
        if (any || routed[i]) {
            continue;
        }
        if (ret->without_row < NAMED_MOST) {
            ret->first_without[ret->without_row] = (int32_t)i;
        }
        ret->without_row++;
    }
    if (fields != NULL) {
        qsort(fields, district->matter_count, sizeof(*fields), compare_text);
    }
    for (uint32_t i = 0; fields != NULL && i < district->matter_count; i++) {
        ret->fields += fields[i][0] != '\0' && (i == 0 || strcmp(fields[i], fields[i - 1]) != 0);
    }
    free(fields);
    free(routed);
}

static void count(const struct district *district, struct figures *ret)
{
    *ret = (struct figures){0};
    for (uint32_t i = 0; i < district->unit_count; i++) {
        const struct unit *unit = &district->units[i];
        if (unit->successor >= 0) {
            ret->retired++;
        } else {
            ret->units[unit->tier][unit->class]++;
        }
    }
    count_matters(district, ret);
    count_limits(district, ret);
}

static int32_t year_of(const struct calendar *calendar, int64_t at)
{
    struct civil civil;
    zone_civil(calendar->zone, at, &civil);
    return civil.year;
}

/* Units in service that go by a calendar. */
static uint32_t users(const struct district *district, uint32_t calendar)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < district->unit_count; i++) {
        n += district->units[i].calendar == calendar && district->units[i].successor < 0;
    }
    return n;
}

static int64_t week_minutes(const struct calendar *calendar)
{
    int64_t ms = 0;
    const struct shifts *week =
        calendar->change_count > 0 ? calendar->changes[calendar->change_count - 1].days : calendar->week; /* the newest */
    for (uint32_t day = 0; day < 7; day++) {
        for (uint32_t i = 0; i < week[day].count; i++) {
            ms += week[day].at[i].until_ms - week[day].at[i].from_ms;
        }
    }
    return ms / 60000;
}

static void print_units(const struct district *district, const struct figures *figures)
{
    printf(_("  units      %u in service, %u retired\n"), district->unit_count - figures->retired, figures->retired);
    for (uint32_t tier = 0; tier < UNIT_TIER_COUNT; tier++) {
        const char *before = ": ";
        bool any = false;
        for (uint32_t class = 0; class < UNIT_CLASS_COUNT; class ++) {
            if (figures->units[tier][class] == 0) {
                continue;
            }
            if (!any) {
                printf("    %s", enum_word(&unit_tier_enum, enum_name(&unit_tier_enum, (int)tier)));
            }
            printf("%s%s %u", before, enum_word(&unit_class_enum, enum_name(&unit_class_enum, (int)class)),
                   figures->units[tier][class]);
            before = ", ";
            any = true;
        }
        if (any) {
            putchar('\n');
        }
    }
}

static void print_matters(const struct district *district, const struct figures *figures)
{
    char code[CODE_SIZE + 1];
    printf(_("  matters    %u in %u fields; %u without a row of the list"), district->matter_count, figures->fields,
           figures->without_row);
    for (uint32_t i = 0; i < figures->without_row && i < NAMED_MOST; i++) {
        printf("%s%s", i == 0 ? ": " : ", ", code_text(&district->matters[figures->first_without[i]].code, code));
    }
    printf("%s\n", figures->without_row > NAMED_MOST ? ", ..." : "");
    printf(_("  list       %u rows, version %s\n"), district->row_count, district->catalogue_version);
}

static void print_calendars(const struct district *district)
{
    char code[CODE_SIZE + 1];
    for (uint32_t i = 0; i < district->calendar_count; i++) {
        const struct calendar *calendar = district->calendars[i];
        int64_t minutes = week_minutes(calendar);
        printf("  %s %s: %s, %" PRId64 " h", i == 0 ? _("calendars ") : "          ", code_text(&calendar->name, code),
               calendar->zone_name, minutes / 60);
        if (minutes % 60 != 0) {
            printf(_(" %" PRId64 " min"), minutes % 60);
        }
        printf(_(" a week, "));
        if (calendar->known_until_at == 0) {
            printf(_("all years alike"));
        } else if (calendar->known_until_at == calendar->known_from_at) {
            printf(_("%u days by notice, no year known"), calendar->notice_count);
        } else {
            printf(_("%u days by notice, known %d to %d"), calendar->notice_count, year_of(calendar, calendar->known_from_at),
                   year_of(calendar, calendar->known_until_at - 1));
        }
        if (calendar->change_count > 0) {
            printf(_(", hours change %u times"), calendar->change_count);
        }
        printf(_("; %u units\n"), users(district, i));
        if (calendar->half_year != 0) {
            printf(
                _("             warning: of %d the day file has too little to be the whole year: its dues are provisional. Add the "
                  "missing days, or the line `%d,complete`.\n"),
                calendar->half_year, calendar->half_year);
        }
    }
}

static void print_ranges(const char *label, const char *whose, const struct range *ranges)
{
    char least[SPAN_SIZE], most[SPAN_SIZE];
    const char *before = ": ";
    for (uint32_t kind = 0; kind < TIME_KIND_COUNT; kind++) {
        if (ranges[kind].most.amount == 0) {
            continue;
        }
        if (before[0] == ':') {
            printf("  %-10s %s", label, whose);
        }
        printf("%s%s", before, clock_span_text(ranges[kind].least, least));
        if (ranges[kind].least.amount != ranges[kind].most.amount) {
            printf(_(" to %s"), clock_span_text(ranges[kind].most, most));
        }
        before = ", ";
    }
    if (before[0] != ':') {
        putchar('\n');
    }
}

void admin_summary_print(const struct district *district)
{
    struct figures figures;
    count(district, &figures);
    print_units(district, &figures);
    print_matters(district, &figures);
    print_calendars(district);
    print_ranges(_("limits"), _("of the policy"), figures.policy);
    print_ranges("", _("of the list"), figures.list);
    printf(_("  hash       %s\n"), district->hash);
}

static json_t *ranges_json(const struct range *ranges)
{
    json_t *object = json_object();
    char least[SPAN_SIZE], most[SPAN_SIZE];
    for (uint32_t kind = 0; kind < TIME_KIND_COUNT; kind++) {
        if (ranges[kind].most.amount != 0) {
            json_object_set_new(
                object, enum_name(&time_kind_enum, (int)kind),
                json_pack("[s, s]", clock_span_text(ranges[kind].least, least), clock_span_text(ranges[kind].most, most)));
        }
    }
    return object;
}

static json_t *calendar_json(const struct district *district, uint32_t i)
{
    const struct calendar *calendar = district->calendars[i];
    char code[CODE_SIZE + 1];
    json_t *object = json_pack("{s:s, s:s, s:I, s:i, s:i}", "name", code_text(&calendar->name, code), "zone", calendar->zone_name,
                               "week_minutes", (json_int_t)week_minutes(calendar), "days", (int)calendar->notice_count, "units",
                               (int)users(district, i));
    if (calendar->change_count > 0) {
        json_object_set_new(object, "changes", json_integer((int)calendar->change_count));
    }
    if (calendar->half_year != 0) {
        json_object_set_new(object, "half_year", json_integer(calendar->half_year));
    }
    if (calendar->known_until_at > calendar->known_from_at) {
        json_object_set_new(
            object, "known",
            json_pack("[i, i]", year_of(calendar, calendar->known_from_at), year_of(calendar, calendar->known_until_at - 1)));
    }
    return object;
}

void admin_summary_json(const struct district *district, json_t *object)
{
    struct figures figures;
    json_t *tiers = json_object(), *calendars = json_array(), *without = json_array();
    char code[CODE_SIZE + 1];
    count(district, &figures);
    for (uint32_t tier = 0; tier < UNIT_TIER_COUNT; tier++) {
        json_t *classes = json_object();
        for (uint32_t class = 0; class < UNIT_CLASS_COUNT; class ++) {
            if (figures.units[tier][class] > 0) {
                json_object_set_new(classes, enum_name(&unit_class_enum, (int)class), json_integer(figures.units[tier][class]));
            }
        }
        json_object_set_new(tiers, enum_name(&unit_tier_enum, (int)tier), classes);
    }
    for (uint32_t i = 0; i < district->calendar_count; i++) {
        json_array_append_new(calendars, calendar_json(district, i));
    }
    for (uint32_t i = 0; i < figures.without_row && i < NAMED_MOST; i++) {
        json_array_append_new(without, json_string(code_text(&district->matters[figures.first_without[i]].code, code)));
    }
    json_object_set_new(object, "hash", json_string(district->hash));
    json_object_set_new(object, "units", json_integer(district->unit_count));
    json_object_set_new(object, "retired", json_integer(figures.retired));
    json_object_set_new(object, "by_tier", tiers);
    json_object_set_new(object, "matters", json_integer(district->matter_count));
    json_object_set_new(object, "fields", json_integer(figures.fields));
    json_object_set_new(object, "without_row", json_integer(figures.without_row));
    json_object_set_new(object, "without_row_first", without);
    json_object_set_new(object, "rows", json_integer(district->row_count));
    json_object_set_new(object, "calendars", calendars);
    json_object_set_new(object, "limits", ranges_json(figures.policy));
    json_object_set_new(object, "list_limits", ranges_json(figures.list));
}
