/* hook.c - one webhook: a named follower of events whose parcels a courier delivers */
#include "workers/hook.h"

#include "proto/client/view.h"
#include "workers/dead.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 2000 /* events from the first that is outstanding on */
#define OUTSTANDING_POLL_MS 500
#define RETRY_MS 5000

struct hook {
    const struct hook_shared *shared;
    const struct hook_options *options;
    struct courier_target target;
    struct courier *courier;
    struct code name;
    uint64_t confirmed;    /* what the dispatcher has been told */
    uint64_t not_before;   /* of the loop, after a refusal */
    bool in_flight, known; /* known: the dispatcher has answered this follower */
    bool stopping, confirming, drained;
};

void hook_dead_path(const char *folder, const char *name, char *ret, size_t size)
{
    snprintf(ret, size, "%s/%s.dead.jsonl", folder, name);
}

static struct log *log_of(const struct hook *hook)
{
    return worker_log(hook->shared->worker);
}

static uint64_t loop_now(const struct hook *hook)
{
    return uv_now(worker_loop(hook->shared->worker));
}

/* ---- parcels ---- */

/* The address of the case where the receiver, or a person, finds more. */
static void resource_of(const struct hook *hook, const char *number, char *ret, size_t size)
{
    const char *form = hook->shared->resource, *slot = strstr(form, "{number}");

    if (slot == NULL) {
        snprintf(ret, size, "%s", form);
    } else {
        snprintf(ret, size, "%.*s%s%s", (int)(slot - form), form, number, slot + strlen("{number}"));
    }
}

struct preparing {
    struct hook *hook;
    struct parcel *parcel;
};

static void on_number(void *arg, const struct client_reply *reply)
{
    struct preparing *preparing = arg;
    const struct hook *hook = preparing->hook;
    struct parcel *parcel = preparing->parcel;
    const msgpack_object *number = reply->error == 0 && reply->reply.ok ? reply_field(&reply->reply.body, "number") : NULL;
    char resource[1200];

    free(preparing);
    if (reply->error != 0) {
        courier_put_off(parcel);
        return;
    }
    if (number != NULL && number->type == MSGPACK_OBJECT_STR) {
        free(parcel->number);
        parcel->number = strndup(number->via.str.ptr, number->via.str.size);
    }
    resource_of(hook, parcel->number != NULL ? parcel->number : "", resource, sizeof(resource));
    json_t *body = json_pack("{s:i, s:s, s:s, s:s, s:s?, s:s, s:O}", "version", 1, "id", parcel->id, "district",
                             worker_district(hook->shared->worker), "hook", hook->options->name, "number", parcel->number,
                             "resource", resource, "event", (json_t *)parcel->owner);
    parcel->body = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    if (parcel->body == NULL) {
        courier_put_off(parcel);
        return;
    }
    json_decref(parcel->owner);
    parcel->owner = NULL;
    courier_prepared(parcel);
}

static void on_prepare(void *arg, struct parcel *parcel)
{
    struct hook *hook = arg;
    struct show_case_query query = {.given = SHOW_CASE_HAS_CASE, .case_id = parcel->entry->case_id};
    struct preparing *preparing = malloc(sizeof(*preparing));

    if (preparing == NULL) {
        courier_put_off(parcel);
        return;
    }
    *preparing = (struct preparing){hook, parcel};
    if (query.case_id == 0) { /* an event of no case */
        const struct client_reply none = {0};

        on_number(preparing, &none);
        return;
    }
    worker_ask(hook->shared->worker, WORKER_TALK, QUERY_SHOW_CASE, &query, on_number, preparing);
}

char *hook_dead_line(const struct parcel *parcel, uint64_t seq, uint64_t case_id)
{
    json_t *line =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:s?, s:i, s:i, s:s?, s:s}", "hook", parcel->target->name, "id", parcel->id, "type",
                  parcel->type, "seq", (json_int_t)seq, "case", (json_int_t)case_id, "number", parcel->number, "attempts",
                  (int)parcel->attempts, "status", parcel->status, "fault", parcel->fault, "body", parcel->body);
    char *text = line != NULL ? json_dumps(line, JSON_COMPACT) : NULL;

    json_decref(line);
    return text;
}

static int on_dead(void *arg, const struct parcel *parcel)
{
    const struct hook *hook = arg;
    char path[PATH_MAX];
    char *line = hook_dead_line(parcel, parcel->entry->seq, parcel->entry->case_id);
    int rc = -ENOMEM;

    hook_dead_path(hook->shared->dead_folder, hook->options->name, path, sizeof(path));
    if (line != NULL) {
        rc = dead_append(path, line, strlen(line));
    }
    free(line);
    return rc;
}

static char *text_copy(const json_t *event, const char *key)
{
    return strdup(view_text(event, key));
}

/* Does the hook want this event? Its type was asked for; a rung may not have been. */
static bool wanted(const struct hook *hook, const json_t *event)
{
    const char *type = view_text(event, "type");

    for (uint32_t i = 0; i < hook->options->type_count; i++) {
        const struct hook_type *want = &hook->options->types[i];

        if (!text_equal(text_of_code(&want->type), text_of(type))) {
            continue;
        }
        int rung = enum_find(&rung_enum, text_of(view_text(event, "rung")));
        return want->rungs == 0 || (rung >= 0 && (want->rungs & 1u << rung) != 0);
    }
    return false;
}

static void add_event(struct hook *hook, const msgpack_object *row)
{
    json_t *event = view_of_record(row, worker_time(hook->shared->worker));
    uint64_t seq = (uint64_t)view_number(event, "seq");
    struct lanes *lanes = courier_lanes(hook->courier);
    struct parcel *parcel;

    if (event == NULL) {
        abort(); /* no memory: passed over, it would be confirmed with those after it */
    }
    if (seq <= lanes->looked || !wanted(hook, event)) { /* known, or never to be sent */
        json_decref(event);
        return;
    }
    parcel = calloc(1, sizeof(*parcel));
    if (parcel == NULL || asprintf(&parcel->id, "%s-%llu", worker_district(hook->shared->worker), (unsigned long long)seq) < 0) {
        abort(); /* what is not confirmed comes again after a new start */
    }
    parcel->target = &hook->target;
    parcel->type = text_copy(event, "type");
    parcel->owner = event;
    if (parcel->type == NULL || courier_add(hook->courier, parcel, seq, (uint64_t)view_number(event, "case")) < 0) {
        abort();
    }
}

/* ---- events come in ---- */

static void take_events(struct hook *hook, const msgpack_object *body)
{
    struct lanes *lanes = courier_lanes(hook->courier);
    const msgpack_object *rows = reply_field(body, "rows");
    struct follow_reply head;
    struct codec_fault fault;

    for (uint32_t i = 0; rows != NULL && rows->type == MSGPACK_OBJECT_ARRAY && i < rows->via.array.size; i++) {
        add_event(hook, &rows->via.array.ptr[i]);
    }
    if (codec_decode_map(body, &follow_reply_shape, &head, &fault) && head.next > 0 && head.next - 1 > lanes->looked) {
        lanes->looked = head.next - 1;
    }
}

static void on_followed(void *arg, const struct client_reply *reply)
{
    struct hook *hook = arg;

    hook->in_flight = false;
    if (hook->stopping) {
        return;
    }
    if (reply->error == 0 && reply->reply.ok) {
        hook->known = true;
        take_events(hook, &reply->reply.body);
        courier_run(hook->courier);
    } else if (reply->error == 0) {
        log_about(log_of(hook), LOG_LEVEL_ERROR, "follow_refused", &(struct log_about){.hook = hook->options->name},
                  "%.*s: %.*s %.*s", (int)reply->reply.code.size, reply->reply.code.at, (int)reply->reply.message.size,
                  reply->reply.message.at, (int)reply->reply.hint.size, reply->reply.hint.at);
        hook->not_before = loop_now(hook) + RETRY_MS;
        if (!hook->known) {
            hook->shared->on_refused(hook->shared->arg);
            return;
        }
    }
    hook_tick(hook);
}

static struct follow_query follow_query(const struct hook *hook)
{
    struct follow_query query = {
        .given = FOLLOW_HAS_NAME | FOLLOW_HAS_COUNT | FOLLOW_HAS_WAIT | FOLLOW_HAS_TYPES, .name = hook->name, .count = CAP_PAGE};
    const struct lanes *lanes = courier_lanes(hook->courier);
    uint64_t low_water = lanes_low_water(lanes);

    query.types.count = hook->options->type_count;
    for (uint32_t i = 0; i < hook->options->type_count; i++) {
        query.types.at[i] = hook->options->types[i].type;
    }
    if (low_water > 0) {
        query.given |= FOLLOW_HAS_CONFIRM;
        query.confirm = low_water;
    }
    if (lanes->looked > low_water) {
        query.given |= FOLLOW_HAS_AFTER;
        query.after = lanes->looked;
    }
    if (!hook->known && hook->shared->from_now) {
        query.given |= FOLLOW_HAS_FROM;
        query.from = worker_first_seq(hook->shared->worker) + 1;
    }
    return query;
}

/* Always behind what was looked at; with what is done by now. As long as something is outstanding the wait is short, for the mark
 * moves meanwhile; and nothing is asked for while the window is full, unless it has moved. */
void hook_tick(struct hook *hook)
{
    const struct lanes *lanes = courier_lanes(hook->courier);
    struct follow_query query = follow_query(hook);
    int64_t poll_ms = worker_poll_ms(hook->shared->worker);

    if (hook->in_flight || hook->stopping || loop_now(hook) < hook->not_before) {
        return;
    }
    if (lanes->count >= WINDOW && query.confirm == hook->confirmed) {
        return;
    }
    query.wait = lanes->outstanding == 0 || poll_ms < OUTSTANDING_POLL_MS ? poll_ms : OUTSTANDING_POLL_MS;
    hook->confirmed = query.confirm;
    hook->in_flight = true;
    worker_ask(hook->shared->worker, WORKER_WAIT, QUERY_FOLLOW, &query, on_followed, hook);
}

/* ---- the end ---- */

static void drained(struct hook *hook)
{
    if (hook->drained) {
        return;
    }
    hook->drained = true;
    hook->shared->on_drained(hook->shared->arg);
}

static void on_confirmed(void *arg, const struct client_reply *reply)
{
    (void)reply; /* what could not be confirmed comes again */
    drained(arg);
}

static void maybe_drained(struct hook *hook, bool now)
{
    if (!hook->stopping || hook->confirming || (courier_busy(hook->courier) > 0 && !now)) {
        return;
    }
    struct follow_query query = follow_query(hook);
    hook->confirming = true;
    if (!hook->known || !worker_connected(hook->shared->worker)) {
        drained(hook);
        return;
    }
    query.count = 1;
    query.wait = 0;
    worker_ask(hook->shared->worker, WORKER_TALK, QUERY_FOLLOW, &query, on_confirmed, hook);
}

static void on_progress(void *arg)
{
    struct hook *hook = arg;

    if (hook->stopping) {
        maybe_drained(hook, false);
    } else {
        hook_tick(hook);
    }
}

void hook_stop(struct hook *hook, bool now)
{
    if (hook->stopping && hook->confirming && now) {
        drained(hook);
    }
    hook->stopping = true;
    courier_stop(hook->courier);
    maybe_drained(hook, now);
}

void hook_close(struct hook *hook)
{
    if (hook == NULL || hook->courier == NULL) {
        return;
    }
    const struct lanes *lanes = courier_lanes(hook->courier);
    for (struct lane_entry *entry = lanes->first; entry != NULL; entry = entry->next) {
        if (entry->data != NULL) {
            json_decref(((struct parcel *)entry->data)->owner);
        }
    }
    courier_close(hook->courier);
    hook->courier = NULL;
}

struct hook *hook_free(struct hook *hook)
{
    free(hook);
    return NULL;
}

static const struct courier_owner courier_owner = {.on_prepare = on_prepare, .on_dead = on_dead, .on_progress = on_progress};

int hook_open(const struct hook_shared *shared, const struct hook_options *options, struct hook **ret)
{
    struct hook *hook = calloc(1, sizeof(*hook));

    if (hook == NULL) {
        return -ENOMEM;
    }
    hook->shared = shared;
    hook->options = options;
    hook->target = (struct courier_target){.name = options->name, .url = options->url};
    bool named = code_make(options->name, strlen(options->name), &hook->name);
    assert(named); /* hook_read has seen to it */
    int rc = signature_load(options->secret, &hook->target.secret);
    if (rc == 0) {
        hook->courier = courier_new(worker_loop(shared->worker), shared->http, worker_log(shared->worker), shared->policy,
                                    &courier_owner, hook);
        rc = hook->courier == NULL ? -ENOMEM : 0;
    }
    if (rc < 0) {
        free(hook);
        return rc;
    }
    *ret = hook;
    return 0;
}
