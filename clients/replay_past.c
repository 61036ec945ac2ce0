/*
 * replay_past.c - what a replay finds when it was run before
 */
#include "clients/replay_past.h"

#include <stdlib.h>
#include <string.h>

/* Rows by id, for looking up references. */
struct name {
    struct text id;
    uint32_t row;
};

static int compare_texts(struct text a, struct text b)
{
    uint32_t size = a.size < b.size ? a.size : b.size;
    int order = size > 0 ? memcmp(a.at, b.at, size) : 0;
    return order != 0 ? order : a.size < b.size ? -1 : a.size > b.size;
}

static int compare_names(const void *a, const void *b)
{
    return compare_texts(((const struct name *)a)->id, ((const struct name *)b)->id);
}

static struct name *sort_names(const struct replay_plan *plan)
{
    struct name *names = calloc(plan->row_count + 1, sizeof names[0]);
    for (uint32_t i = 0; names != NULL && i < plan->row_count; i++)
        names[i] = (struct name){.id = text_of(plan->rows[i].id), .row = i};
    if (names != NULL)
        qsort(names, plan->row_count, sizeof names[0], compare_names);
    return names;
}

/* Takes one page of cases. */
static enum exit_code take_page(const struct replay_plan *plan, const struct name *names, const msgpack_object *body,
                                struct replay_past *past)
{
    const msgpack_object *rows = reply_field(body, "rows");
    for (uint32_t i = 0; rows != NULL && rows->type == MSGPACK_OBJECT_ARRAY && i < rows->via.array.size; i++) {
        struct case_view view;
        struct codec_fault fault;
        if (!codec_decode_map(&rows->via.array.ptr[i], &case_view_shape, &view, &fault))
            return say(EXIT_FAILED, "the dispatcher's answer cannot be read (field %s)", fault.field == NULL ? "?" : fault.field);
        const struct name key = {.id = view.reference};
        const struct name *found = bsearch(&key, names, plan->row_count, sizeof key, compare_names);
        if (found != NULL)
            past->rows[found->row] = (struct replay_case){.case_id = view.case_id, .answered = view.answered_at != 0};
    }
    return EXIT_DONE;
}

static enum exit_code take_pages(struct session *session, const struct replay_plan *plan, const struct name *names,
                                 struct replay_past *past)
{
    struct list_cases_query query = {.given = LIST_CASES_HAS_COUNT, .count = LIMIT_PAGE};
    enum exit_code code = EXIT_DONE;
    do {
        struct client_reply reply;
        struct list_cases_reply head;
        struct codec_fault fault;
        code = session_ask(session, QUERY_LIST_CASES, &query, &reply);
        if (code != EXIT_DONE)
            return code;
        if (!codec_decode_map(&reply.reply.body, &list_cases_reply_shape, &head, &fault))
            return say(EXIT_FAILED, "the dispatcher's answer cannot be read (field %s)", fault.field == NULL ? "?" : fault.field);
        code = take_page(plan, names, &reply.reply.body, past);
        query.after = head.next;
        query.given |= LIST_CASES_HAS_AFTER;
    } while (code == EXIT_DONE && query.after != 0);
    return code;
}

enum exit_code replay_past_ask(struct session *session, const struct replay_plan *plan, struct replay_past *ret)
{
    *ret = (struct replay_past){.now_ms = session->hello.now};
    ret->rows = calloc(plan->row_count + 1, sizeof ret->rows[0]);
    if (ret->rows == NULL)
        return say(EXIT_FAILED, "out of memory");
    if (plan->step_count == 0 || plan->steps[0].at_ms >= ret->now_ms)
        return EXIT_DONE;
    struct name *names = sort_names(plan);
    if (names == NULL)
        return say(EXIT_FAILED, "out of memory");
    enum exit_code code = take_pages(session, plan, names, ret);
    free(names);
    return code;
}

void replay_past_deinit(struct replay_past *past)
{
    free(past->rows);
    past->rows = NULL;
}
