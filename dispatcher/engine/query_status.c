/*
 * query_status.c - how the dispatcher is, and what it goes by: its clock, its disk, the set in force.
 */
#include "dispatcher/engine/live.h"
#include "dispatcher/engine/query_district.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* Bytes of the files in a folder. Returns 0 or a negative errno. */
static int folder_size(const char *path, int64_t *ret)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    struct stat stat;
    int64_t size = 0;

    if (folder == NULL) {
        return -errno;
    }
    while ((entry = readdir(folder)) != NULL) {
        if (fstatat(dirfd(folder), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(stat.st_mode)) {
            size += stat.st_size;
        }
    }
    closedir(folder);
    *ret = size;
    return 0;
}

static void look_at_disk(const struct engine *engine, struct status_reply *reply)
{
    struct statvfs disk;

    if (statvfs(engine->folder.path, &disk) == 0) {
        reply->free = (int64_t)(disk.f_bavail * disk.f_frsize);
        reply->size = (int64_t)(disk.f_blocks * disk.f_frsize);
        reply->given |= STATUS_REPLY_HAS_FREE | STATUS_REPLY_HAS_SIZE;
    }
    if (folder_size(engine->folder.journal, &reply->journal) == 0) {
        reply->given |= STATUS_REPLY_HAS_JOURNAL;
    }
    reply->rows = (int64_t)store_size(engine->store);
    reply->data = text_of(engine->folder.path);
    reply->config = text_of(engine->config_folder);
    reply->given |= STATUS_REPLY_HAS_ROWS | STATUS_REPLY_HAS_DATA | STATUS_REPLY_HAS_CONFIG;
}

static void look_at_followers(const struct engine *engine, struct status_reply *reply)
{
    struct followers *followers = &engine->live->followers;
    const struct code none = {{0}};
    const struct follower *follower;

    reply->followers = followers->count;
    for (follower = follower_after(followers, &none, &none); follower != NULL;
         follower = follower_after(followers, &follower->key, &follower->name)) {
        uint64_t lag = engine->last_seq > follower->confirmed ? engine->last_seq - follower->confirmed : 0;

        if (lag > reply->lag) {
            reply->lag = lag;
        }
    }
    reply->given |= STATUS_REPLY_HAS_FOLLOWERS | STATUS_REPLY_HAS_LAG;
}

static void look_at_work(struct engine *engine, struct status_reply *reply)
{
    const struct cost *cost = &engine->cost;

    cost_split(&engine->cost);
    reply->batches = cost->batches;
    reply->batch_max = cost->batch_max;
    reply->messages = cost->messages;
    reply->commands = cost->commands;
    reply->queries = cost->queries;
    reply->records = cost->records;
    reply->journal_bytes = cost->journal_bytes;
    reply->flushes = cost->flushes;
    reply->replies = cost->replies;
    reply->events = cost->events;
    reply->checkpoints = cost->checkpoints;
    reply->checkpoint_us = cost->checkpoint_ns / 1000;
    reply->checkpoint_max_us = cost->checkpoint_max_ns / 1000;
    reply->given |= STATUS_REPLY_HAS_BATCHES | STATUS_REPLY_HAS_BATCH_MAX | STATUS_REPLY_HAS_MESSAGES | STATUS_REPLY_HAS_COMMANDS |
                    STATUS_REPLY_HAS_QUERIES | STATUS_REPLY_HAS_RECORDS | STATUS_REPLY_HAS_JOURNAL_BYTES |
                    STATUS_REPLY_HAS_FLUSHES | STATUS_REPLY_HAS_REPLIES | STATUS_REPLY_HAS_EVENTS | STATUS_REPLY_HAS_CHECKPOINTS |
                    STATUS_REPLY_HAS_CHECKPOINT_US | STATUS_REPLY_HAS_CHECKPOINT_MAX_US;
}

static int add_parts(const struct cost *cost, struct reply_writer *writer)
{
    int rc = 0;

    for (int part = 0; rc == 0 && part < LOOP_PART_COUNT; part++) {
        const struct loop_part_view view = {.part = (enum loop_part)part, .us = cost->ns[part] / 1000, .count = cost->times[part]};

        rc = reply_row(writer, &loop_part_view_shape, &view, CODEC_OMIT_NOTHING);
    }
    return rc;
}

int query_status(struct query *query, struct proto_buffer *out)
{
    struct engine *engine = query->engine;
    struct reply_writer writer;
    const uint32_t inner = 1u << ROLE_ADMINISTRATOR | 1u << ROLE_SUPERVISOR | 1u << ROLE_DISTRICT_LEADER;
    struct district_row row;
    struct status_reply reply = {
        .server = text_of(engine->version),
        .district = query->district->policy.district,
        .hash = text_of(query->district->hash),
        .catalogue_version = text_of(query->district->catalogue_version),
        .adopting = engine->adopting || engine->settle_next != 0,
        .drill = engine->drill,
        .now = engine->now_ms,
        .clock = engine->live->clock_ms,
        .up = engine->live->now_ms - engine->started_at,
        .seq = engine->last_seq,
        .calendar_until = alarm_calendar_until(engine),
    };

    const bool sees = query->sight.all && (query->from->roles & inner) != 0;
    if (sees) {
        tables_get(&engine->tables, ROW_DISTRICT, 1, &row);
        reply.cases = row.cases;
        reply.open_cases = row.open_cases;
        reply.given |= STATUS_REPLY_HAS_CASES | STATUS_REPLY_HAS_OPEN_CASES;
        look_at_followers(engine, &reply);
        look_at_disk(engine, &reply);
        look_at_work(engine, &reply);
    }
    int rc = reply_begin(&writer, out, query->request->id, &status_reply_shape, &reply, CODEC_OMIT_NOTHING, 1);
    if (rc == 0) {
        rc = reply_list(&writer, "parts");
    }
    if (rc == 0 && sees) {
        rc = add_parts(&engine->cost, &writer);
    }
    return rc == 0 ? reply_end(&writer) : rc;
}

/* --- the set in force ----------------------------------------------------------------------------------------------------------
 */

/* A clock of the policy: limits by urgency, or one. */
struct limit_line {
    const char *clock;
    const struct span *by_urgency, *one;
};

static int add_limits(const struct policy *policy, struct reply_writer *writer)
{
    const struct limit_line lines[] = {
        {"route", policy->route, NULL},
        {"sign", policy->sign, NULL},
        {"contact", policy->contact, NULL},
        {"handle", policy->handle, NULL},
        {"stage", NULL, &policy->stage},
        {"second_round", NULL, &policy->second_round},
        {"last_round", NULL, &policy->last_round},
        {"call.dispatch", NULL, &policy->call_dispatch},
        {"call.sign", NULL, &policy->call_sign},
        {"call.contact", NULL, &policy->call_contact},
        {"call.arrive", NULL, &policy->call_arrive},
        {"call.finish", NULL, &policy->call_finish},
        {"rate", NULL, &policy->rate},
        {"followup", NULL, &policy->followup_limit},
        {"return_window", NULL, &policy->return_window},
        {"rule", NULL, &policy->rule},
        {"designate", NULL, &policy->designate},
        {"object", NULL, &policy->object},
        {"rule_call", NULL, &policy->rule_call},
        {"decide", NULL, &policy->decide},
        {"promise", NULL, &policy->promise},
        {"awaiting", NULL, &policy->awaiting},
    };
    int rc = reply_list(writer, "limits");

    for (size_t i = 0; rc == 0 && i < sizeof(lines) / sizeof(lines[0]); i++) {
        const struct limit_line *line = &lines[i];
        char texts[URGENCY_COUNT][SPAN_SIZE];
        struct limit_view view = {.clock = text_of(line->clock)};
        struct text *const places[] = {&view.ordinary, &view.urgent, &view.emergency, &view.complex};
        static const enum urgency order[] = {URGENCY_ORDINARY, URGENCY_URGENT, URGENCY_EMERGENCY, URGENCY_COMPLEX};

        for (size_t j = 0; j < (line->one != NULL ? 1 : sizeof(order) / sizeof(order[0])); j++) {
            *places[j] = text_of(clock_span_text(line->one != NULL ? *line->one : line->by_urgency[order[j]], texts[j]));
        }
        rc = reply_row(writer, &limit_view_shape, &view, CODEC_OMIT_NOTHING);
    }
    return rc;
}

static int add_calendars(const struct district *district, struct reply_writer *writer)
{
    uint32_t units[CAP_CALENDARS] = {0};
    int rc = reply_list(writer, "calendars");

    for (uint32_t i = 0; i < district->unit_count; i++) {
        units[district->units[i].calendar]++;
    }
    for (uint32_t i = 0; rc == 0 && i < district->calendar_count; i++) {
        const struct calendar *calendar = district->calendars[i];
        const struct calendar_view view = {.name = calendar->name,
                                           .zone = text_of(calendar->zone_name),
                                           .units = units[i],
                                           .known_from = calendar->known_from_at,
                                           .known_until = calendar->known_until_at,
                                           .days = calendar->notice_count};

        rc = reply_row(writer, &calendar_view_shape, &view, CODEC_OMIT_NOTHING);
    }
    return rc;
}

int query_show_config(struct query *query, struct proto_buffer *out)
{
    const struct district *district = query->district;
    const struct policy *policy = &district->policy;
    struct reply_writer writer;
    struct show_config_reply reply = {
        .hash = text_of(district->hash),
        .catalogue_version = text_of(district->catalogue_version),
        .district = policy->district,
        .district_name = query_unit_name(query, &policy->district),
        .desk = policy->desk,
        .desk_name = query_unit_name(query, &policy->desk),
        .tz = text_of(policy->zone_name),
        .day_start = policy->day_start_ms,
        .month_start = policy->month_start,
        .matters = district->matter_count,
        .list_rows = district->row_count,
        .rounds = policy->rounds,
        .return_cap = policy->return_cap,
        .reopen_window = policy->reopen_window_ms,
        .followup = policy->followup,
        .followup_attempts = policy->followup_attempts,
        .followup_days = policy->followup_days,
        .contact_required = policy->contact_required,
        .evidence_required = policy->evidence_required,
        .rating = policy->rating,
        .one_unit_guard = policy->one_unit_guard,
        .community_calls = policy->community_calls,
        .claim = policy->claim_ms,
        .min_n = policy->min_n,
        .fallback_ordinary = policy->fallback[URGENCY_ORDINARY],
        .fallback_urgent = policy->fallback[URGENCY_URGENT],
        .fallback_emergency = policy->fallback[URGENCY_EMERGENCY],
        .fallback_complex = policy->fallback[URGENCY_COMPLEX],
    };

    for (uint32_t i = 0; i < district->unit_count; i++) {
        reply.retired += district->units[i].successor >= 0;
    }
    reply.units = district->unit_count - reply.retired;
    int rc = reply_begin(&writer, out, query->request->id, &show_config_reply_shape, &reply, CODEC_OMIT_NOTHING, 2);
    if (rc == 0) {
        rc = add_limits(policy, &writer);
    }
    if (rc == 0) {
        rc = add_calendars(district, &writer);
    }
    return rc == 0 ? reply_end(&writer) : rc;
}
