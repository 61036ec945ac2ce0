/* adopt.c - a configuration set comes into force: what readers of the stream need of it, in records */
#include "dispatcher/core/judging.h"

#include <string.h>

static void publish_policy(struct judging *j)
{
    const struct district *district = j->district;
    emit(j, RECORD_CONFIG_ADOPTED)->body.config_adopted.hash = text_of(district->hash);
    struct policy_published_body *policy = &emit(j, RECORD_POLICY_PUBLISHED)->body.policy_published;
    policy->district = j->policy->district;
    policy->desk = j->policy->desk;
    policy->tz = text_of(j->policy->zone_name);
    policy->day_start_ms = j->policy->day_start_ms;
    policy->month_start = j->policy->month_start;
    policy->credit_basically_ppm = j->policy->credit_basically_ppm;
    policy->credit_partly_ppm = j->policy->credit_partly_ppm;
    policy->min_n = j->policy->min_n;
    policy->reopen_window_ms = j->policy->reopen_window_ms;
    struct catalogue_published_body *catalogue = &emit(j, RECORD_CATALOGUE_PUBLISHED)->body.catalogue_published;
    catalogue->version = text_of(district->catalogue_version);
    catalogue->rows = district->row_count;
    /* One behind the other, in the order of the set: a calendar's id is that of the first and its index. */
    for (uint32_t i = 0; i < district->calendar_count; i++) {
        const struct calendar *calendar = district->calendars[i];
        struct calendar_published_body *body = &emit(j, RECORD_CALENDAR_PUBLISHED)->body.calendar_published;
        body->name = calendar->name;
        body->hash = text_of(calendar->hash);
        body->tz = text_of(calendar->zone_name);
        body->known_from = calendar->known_from_at;
        body->known_until = calendar->known_until_at;
    }
}

static struct code code_at(const struct judging *j, int32_t unit)
{
    return unit >= 0 ? j->district->units[unit].code : (struct code){0};
}

bool judge_adopt_config(struct judging *j)
{
    uint32_t from = j->command->body.adopt_config.from;
    if (from == 0) {
        publish_policy(j);
    }
    for (uint32_t i = from; i < j->district->unit_count && i < from + CORE_ADOPT_UNITS; i++) {
        const struct unit *unit = &j->district->units[i];
        struct unit_published_body *body = &emit_for(j, RECORD_UNIT_PUBLISHED, (int32_t)i)->body.unit_published;
        body->parent = code_at(j, unit->parent);
        body->tier = unit->tier;
        body->class = unit->class;
        body->retired = unit->successor >= 0;
        body->successor = code_at(j, unit->successor);
        body->seconded_by = code_at(j, unit->seconded_by);
        body->deputy = code_at(j, unit->deputy);
        body->calendar = j->district->calendars[unit->calendar]->name;
    }
    return true;
}
