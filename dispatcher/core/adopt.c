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
}

void judge_adopt(struct judging *j)
{
    uint32_t from = j->command->body.adopt_config.from;
    if (from == 0) {
        publish_policy(j);
    }
    for (uint32_t i = from; i < j->district->unit_count && i < from + CORE_ADOPT_UNITS; i++) {
        const struct unit *unit = &j->district->units[i];
        struct unit_published_body *body = &emit_for(j, RECORD_UNIT_PUBLISHED, (int32_t)i)->body.unit_published;
        if (unit->parent >= 0) {
            body->parent = j->district->units[unit->parent].code;
        }
        body->tier = unit->tier;
        body->class = unit->class;
    }
}
