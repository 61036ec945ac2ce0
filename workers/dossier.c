/* dossier.c - what the dispatcher knows of a duty and its case, before somebody works on it */
#include "workers/dossier.h"

#include "proto/client/view.h"

#include <stdlib.h>
#include <string.h>

#define PAGES_MAX 40 /* of a timeline; a page is CAP_PAGE records */

struct fetching {
    struct worker *worker;
    uint64_t case_id;
    dossier_on_done *on_done;
    void *arg;
    struct dossier *dossier;
    uint32_t pages;
};

struct dossier *dossier_free(struct dossier *dossier)
{
    if (dossier == NULL) {
        return NULL;
    }
    json_decref(dossier->view);
    json_decref(dossier->answer);
    free(dossier);
    return NULL;
}

static void end(struct fetching *fetching, enum dossier_how how)
{
    struct dossier *dossier = fetching->dossier;
    dossier_on_done *on_done = fetching->on_done;
    void *arg = fetching->arg;

    dossier->how = how;
    free(fetching);
    on_done(arg, dossier);
}

static bool is(const msgpack_object *map, const char *name, const char *value)
{
    const msgpack_object *found = reply_field(map, name);

    return found != NULL && found->type == MSGPACK_OBJECT_STR && found->via.str.size == strlen(value) &&
           memcmp(found->via.str.ptr, value, found->via.str.size) == 0;
}

static uint64_t number(const msgpack_object *map, const char *name)
{
    const msgpack_object *found = reply_field(map, name);

    return found != NULL && found->type == MSGPACK_OBJECT_POSITIVE_INTEGER ? found->via.u64 : 0;
}

/* The lead's answer, of whatever duty: the follow-up asks about it. */
static void take_answer(struct fetching *fetching, const msgpack_object *row)
{
    static const char *const names[] = {"at", "code", "text", "basis"};
    json_t *whole = view_of_record(row, worker_time(fetching->worker));
    json_t *answer = json_object();

    for (size_t i = 0; answer != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
        if (json_object_get(whole, names[i]) != NULL) {
            json_object_set(answer, names[i], json_object_get(whole, names[i]));
        }
    }
    json_decref(whole);
    fetching->dossier->answer = answer;
}

/* One record of the case; they come from the newest page back, so the first of a sort is the last. */
static void take_record(struct fetching *fetching, const msgpack_object *row)
{
    struct dossier *dossier = fetching->dossier;

    if (is(row, "type", "lead_answered") && dossier->answer == NULL) {
        take_answer(fetching, row);
    }
    if (number(row, "duty") != dossier->duty_id) {
        return;
    }
    if (is(row, "type", "contact_recorded")) {
        dossier->contacts++;
        dossier->reached |= is(row, "outcome", "reached");
    } else if (is(row, "type", "duty_sent_back")) {
        dossier->sent_backs++;
    } else if (is(row, "type", "followup_attempted")) {
        dossier->attempts++;
        if ((int64_t)number(row, "half_day") > dossier->last_half_day) {
            dossier->last_half_day = (int64_t)number(row, "half_day");
        }
    } else if (is(row, "type", "followup_opened")) {
        dossier->reporter = (uint32_t)number(row, "reporter");
    }
}

static void ask_timeline(struct fetching *fetching, uint64_t before);

static void on_timeline(void *arg, const struct client_reply *reply)
{
    struct fetching *fetching = arg;
    uint64_t oldest = 0;

    if (reply->error != 0) {
        end(fetching, DOSSIER_FAILED);
        return;
    }
    if (!reply->reply.ok) {
        end(fetching, DOSSIER_ENDED);
        return;
    }
    const msgpack_object *rows = reply_field(&reply->reply.body, "rows");
    uint64_t next = number(&reply->reply.body, "next");
    if (rows != NULL && rows->type == MSGPACK_OBJECT_ARRAY) {
        for (uint32_t i = rows->via.array.size; i > 0; i--) {
            take_record(fetching, &rows->via.array.ptr[i - 1]);
        }
        if (rows->via.array.size > 0) {
            oldest = number(&rows->via.array.ptr[0], "seq");
        }
    }
    if (next == 0 || (oldest <= fetching->dossier->duty_id && fetching->dossier->answer != NULL) ||
        ++fetching->pages == PAGES_MAX) {
        fetching->dossier->incomplete = fetching->pages == PAGES_MAX;
        end(fetching, DOSSIER_READY);
        return;
    }
    ask_timeline(fetching, next);
}

static void ask_timeline(struct fetching *fetching, uint64_t before)
{
    struct timeline_query query = {.given = TIMELINE_HAS_CASE, .case_id = fetching->case_id};

    if (before != 0) {
        query.given |= TIMELINE_HAS_BEFORE;
        query.before = before;
    }
    worker_ask(fetching->worker, WORKER_TALK, QUERY_TIMELINE, &query, on_timeline, fetching);
}

/* Finds the duty's row, and whether it is open. */
static bool find_duty(struct dossier *dossier)
{
    json_t *row;
    size_t i;

    json_array_foreach(json_object_get(dossier->view, "duties"), i, row)
    {
        const char *state = view_text(row, "state");

        if ((uint64_t)view_number(row, "duty") != dossier->duty_id) {
            continue;
        }
        dossier->duty = row;
        dossier->is_signed = strcmp(state, "signed") == 0;
        dossier->arrived = json_is_string(json_object_get(row, "arrived_at"));
        return dossier->is_signed || strcmp(state, "offered") == 0;
    }
    return false;
}

static void on_shown(void *arg, const struct client_reply *reply)
{
    struct fetching *fetching = arg;
    struct dossier *dossier = fetching->dossier;

    if (reply->error == 0 && reply->reply.ok) {
        dossier->view = view_of_reply(&reply->reply.body, QUERY_SHOW_CASE, worker_time(fetching->worker));
    }
    if (reply->error == 0 && !reply->reply.ok) {
        end(fetching, DOSSIER_ENDED);
    } else if (dossier->view == NULL) {
        end(fetching, DOSSIER_FAILED);
    } else if (!find_duty(dossier)) {
        end(fetching, DOSSIER_ENDED);
    } else {
        ask_timeline(fetching, 0);
    }
}

void dossier_fetch(struct worker *worker, uint64_t case_id, uint64_t duty_id, dossier_on_done *on_done, void *arg)
{
    struct show_case_query query = {.given = SHOW_CASE_HAS_CASE, .case_id = case_id};
    struct fetching *fetching = calloc(1, sizeof(*fetching));
    struct dossier *dossier = calloc(1, sizeof(*dossier));

    if (fetching == NULL || dossier == NULL) {
        abort(); /* a worker without a few hundred bytes is better started anew: its leases lapse */
    }
    dossier->duty_id = duty_id;
    dossier->last_half_day = -1;
    dossier->reporter = 1;
    *fetching = (struct fetching){worker, case_id, on_done, arg, dossier, 0};
    worker_ask(worker, WORKER_TALK, QUERY_SHOW_CASE, &query, on_shown, fetching);
}
