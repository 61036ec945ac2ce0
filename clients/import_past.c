/*
 * import_past.c - which rows of an import the dispatcher has already
 */
#include "clients/import_past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A day less than the dispatcher remembers request ids. */
#define REMEMBERED_MS (INT64_C(29) * 24 * 3600 * 1000)

/* The request id of a waiting row, for looking up. */
struct name {
    char id[IMPORT_ID_SIZE];
    uint32_t row;
};

struct names {
    struct name *at;
    uint32_t count;
};

struct asking {
    struct session *session;
    struct import_plan *plan;
    struct names names;
    bool judged;
    struct import_past *past;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->id, ((const struct name *)b)->id);
}

/* False: no memory. */
static bool collect(const struct import_plan *plan, struct names *ret)
{
    *ret = (struct names){.at = calloc(plan->row_count + 1U, sizeof ret->at[0])};
    if (ret->at == NULL)
        return false;
    for (uint32_t i = 0; i < plan->row_count; i++) {
        if (plan->rows[i].state != IMPORT_WAITING)
            continue;
        struct name *name = &ret->at[ret->count++];
        name->row = i;
        import_plan_id(plan, i, name->id);
    }
    qsort(ret->at, ret->count, sizeof ret->at[0], compare_names);
    return true;
}

static void count_other(struct import_past *past, struct text actor)
{
    char name[CODE_SIZE + 1];
    snprintf(name, sizeof name, "%.*s", (int)actor.size, actor.at);
    if (past->by_others++ == 0)
        memcpy(past->other, name, sizeof name);
    else if (strcmp(past->other, name) != 0)
        past->several = true;
}

static void take_case(const struct asking *asking, const struct case_view *view)
{
    struct name key;
    int64_t now_ms = asking->session->hello.now;
    snprintf(key.id, sizeof key.id, "%.*s", (int)view->request.size, view->request.at);
    if (view->request.size >= sizeof key.id)
        return; /* no import made it */
    const struct name *found = bsearch(&key, asking->names.at, asking->names.count, sizeof key, compare_names);
    if (found == NULL)
        return;
    struct import_row *row = &asking->plan->rows[found->row];
    bool own = text_equal(view->submitted_by, asking->session->hello.actor);
    bool remembered = view->received_at > now_ms - REMEMBERED_MS && (row->at_ms == 0 || row->at_ms >= now_ms);
    if (row->state != IMPORT_WAITING || (asking->judged && own && remembered))
        return;
    row->state = IMPORT_REPEATED;
    if (!own)
        count_other(asking->past, view->submitted_by);
}

static enum exit_code take_page(const struct asking *asking, const msgpack_object *body)
{
    const msgpack_object *rows = reply_field(body, "rows");
    for (uint32_t i = 0; rows != NULL && rows->type == MSGPACK_OBJECT_ARRAY && i < rows->via.array.size; i++) {
        struct case_view view;
        struct codec_fault fault;
        if (!codec_decode_map(&rows->via.array.ptr[i], &case_view_shape, &view, &fault))
            return say(EXIT_FAILED, "the dispatcher's answer cannot be read (field %s)", fault.field == NULL ? "?" : fault.field);
        take_case(asking, &view);
    }
    return EXIT_DONE;
}

static enum exit_code take_pages(const struct asking *asking)
{
    struct list_cases_query query = {
        .given = LIST_CASES_HAS_COUNT | LIST_CASES_HAS_WITH_REQUEST, .count = LIMIT_PAGE, .with_request = true};
    if (!asking->session->hello.drill) {
        query.given |= LIST_CASES_HAS_AGE_UNTIL;
        query.age_until = IMPORT_PAST_MS;
    }
    enum exit_code code = EXIT_DONE;
    do {
        struct client_reply reply;
        struct list_cases_reply head;
        struct codec_fault fault;
        code = session_ask(asking->session, QUERY_LIST_CASES, &query, &reply);
        if (code != EXIT_DONE)
            return code;
        if (!codec_decode_map(&reply.reply.body, &list_cases_reply_shape, &head, &fault))
            return say(EXIT_FAILED, "the dispatcher's answer cannot be read (field %s)", fault.field == NULL ? "?" : fault.field);
        code = take_page(asking, &reply.reply.body);
        query.after = head.next;
        query.given |= LIST_CASES_HAS_AFTER;
    } while (code == EXIT_DONE && query.after != 0);
    return code;
}

enum exit_code import_past_ask(struct session *session, struct import_plan *plan, bool judged, struct import_past *ret)
{
    struct asking asking = {.session = session, .plan = plan, .judged = judged, .past = ret};
    enum exit_code code = EXIT_DONE;
    *ret = (struct import_past){0};
    if (!collect(plan, &asking.names))
        return say(EXIT_FAILED, "out of memory");
    if (asking.names.count > 0)
        code = take_pages(&asking);
    free(asking.names.at);
    return code;
}
