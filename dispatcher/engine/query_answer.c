/* query_answer.c - a query goes to the function that answers it, and what that gives into the outbox */
#include "dispatcher/engine/query.h"

#include "config/zone.h"
#include "dispatcher/engine/live.h"
#include "dispatcher/engine/query_calls.h"
#include "dispatcher/engine/query_district.h"
#include "proto/enum_set.h"

#include <stdio.h>
#include <string.h>

#define PROTOCOL_MAJOR 1
#define PROTOCOL_MINOR 0
#define ROLES_SIZE 512 /* text of all roles */

static int hello(struct query *query, struct proto_buffer *out)
{
    char roles[ROLES_SIZE];
    const struct hello_query *body = &query->request->query_body.hello;
    const struct engine *engine = query->engine;
    const struct policy *policy = &query->district->policy;
    struct hello_reply reply = {
        .major = PROTOCOL_MAJOR,
        .minor = PROTOCOL_MINOR,
        .server = text_of(engine->version),
        .district = policy->district,
        .desk = policy->desk,
        .tz = text_of(policy->zone_name),
        .drill = engine->drill,
        .now = engine->now_ms,
        .seq = engine->last_seq,
        .actor = query->from->name,
        .message_size = CAP_MESSAGE_SIZE,
        .page = CAP_PAGE,
        .offset_minutes = zone_offset_s(query->district->zone, engine->now_ms) / 60,
        .calendar_until = alarm_calendar_until(engine),
        .roles = text_of(enum_set_print(&role_enum, query->from->roles, " ", roles, sizeof(roles))),
        .day_start = policy->day_start_ms,
        .month_start = policy->month_start,
    };

    if ((body->given & HELLO_HAS_MAJOR) != 0 && body->major != PROTOCOL_MAJOR) {
        return query_bad_field(query, "major", "This dispatcher speaks version 1 of the protocol.");
    }
    return reply_encode_ok(out, query->request->id, &hello_reply_shape, &reply, CODEC_OMIT_NOTHING);
}

static int answer(struct query *query, struct proto_buffer *out)
{
    switch (query->request->query) {
    case QUERY_HELLO:
        return hello(query, out);
    case QUERY_SHOW_CASE:
        return query_show_case(query, out);
    case QUERY_LIST_CASES:
        return query_list_cases(query, out);
    case QUERY_TIMELINE:
        return query_timeline(query, out);
    case QUERY_INBOX:
        return query_inbox(query, out);
    case QUERY_EVENTS:
        return query_events(query, out);
    case QUERY_METRICS:
        return query_metrics(query, out);
    case QUERY_EXPLAIN_ROUTE:
        return query_explain_route(query, out);
    case QUERY_CATALOGUE_PROPOSALS:
        return query_catalogue_proposals(query, out);
    case QUERY_LIST_UNITS:
        return query_list_units(query, out);
    case QUERY_LIST_MATTERS:
        return query_list_matters(query, out);
    case QUERY_STATUS:
        return query_status(query, out);
    case QUERY_SHOW_CONFIG:
        return query_show_config(query, out);
    case QUERY_BACKUP:
        return query_backup(query, out);
    case QUERY_RECEIPT:
        return query_receipt(query, out);
    case QUERY_TRY_SUBMIT:
        return query_try_submit(query, out);
    case QUERY_PULL:
        return query_pull(query);
    case QUERY_KEEP:
        return query_keep(query, out);
    case QUERY_FOLLOW:
        return query_follow(query);
    case QUERY_LIST_CALLS:
        return query_list_calls(query, out);
    case QUERY_SHOW_CALL:
        return query_show_call(query, out);
    case QUERY_LIST_FOLLOWERS:
        return query_list_followers(query, out);
    }
    return query_refuse(query, REFUSAL_NOT_BUILT, NULL);
}

void query_answer(struct engine *engine, const struct engine_peer *from, const struct request *request)
{
    struct query query;
    struct proto_buffer *out = outbox_begin(&engine->outbox, from->peer, request->id);

    if (out == NULL) {
        return;
    }
    query_init(&query, engine, from, request);
    int rc = answer(&query, out);
    if (rc == 0 && query.refusal == REFUSAL_NONE && !query.parked) {
        outbox_end(&engine->outbox);
        return;
    }
    outbox_cancel(&engine->outbox);
    if (query.parked) {
        return;
    }
    /* What could not be read (a bad block, no memory) is said to the one who asked; it does not end the step. */
    if (rc < 0) {
        engine_log(engine, 0, "read_failed", strerror(-rc));
        outbox_refuse(&engine->outbox, from->peer, request->id, REFUSAL_STORAGE_FAILED, NULL);
    } else {
        outbox_refuse_because(&engine->outbox, from->peer, request->id, query.refusal, query.field, query.cause);
    }
}
