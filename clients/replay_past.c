/*
 * replay_past.c - what a replay finds when it was run before
 */
#include "clients/replay_past.h"

#include <string.h>

/* The good row with this id, or NULL. */
static struct replay_row *find_row(const struct replay_plan *plan, struct text id)
{
    uint32_t low = 0, high = plan->good_count;
    char wanted[CODE_SIZE + 1];
    if (plan->rows == NULL || id.size > CODE_SIZE) { /* without rows nothing is good */
        return NULL;
    }
    if (id.size > 0) {
        memcpy(wanted, id.at, id.size);
    }
    wanted[id.size] = '\0';
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(plan->rows[plan->by_id[middle]].id, wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    struct replay_row *row = low < plan->good_count ? &plan->rows[plan->by_id[low]] : NULL;
    return row != NULL && strcmp(row->id, wanted) == 0 ? row : NULL;
}

/* Takes one page of cases. */
static enum exit_code take_page(const struct replay_plan *plan, const msgpack_object *body)
{
    const msgpack_object *rows = reply_field(body, "rows");
    for (uint32_t i = 0; rows != NULL && rows->type == MSGPACK_OBJECT_ARRAY && i < rows->via.array.size; i++) {
        struct case_view view;
        struct codec_fault fault;
        if (!codec_decode_map(&rows->via.array.ptr[i], &case_view_shape, &view, &fault)) {
            return say(EXIT_FAILED, "the dispatcher's answer cannot be read (field %s)", fault.field == NULL ? "?" : fault.field);
        }
        struct replay_row *row = view.reference.size == 0 ? NULL : find_row(plan, view.reference);
        if (row == NULL) {
            continue;
        }
        row->case_id = view.case_id;
        row->there = true;
        row->answered = view.answered_at != 0;
    }
    return EXIT_DONE;
}

static enum exit_code take_pages(struct session *session, const struct replay_plan *plan)
{
    struct list_cases_query query = {.given = LIST_CASES_HAS_COUNT, .count = CAP_PAGE};
    enum exit_code code = EXIT_DONE;
    do {
        struct client_reply reply;
        struct list_cases_reply head;
        struct codec_fault fault;
        code = session_ask(session, QUERY_LIST_CASES, &query, &reply);
        if (code != EXIT_DONE) {
            return code;
        }
        if (!codec_decode_map(&reply.reply.body, &list_cases_reply_shape, &head, &fault)) {
            return say(EXIT_FAILED, "the dispatcher's answer cannot be read (field %s)", fault.field == NULL ? "?" : fault.field);
        }
        code = take_page(plan, &reply.reply.body);
        query.after = head.next;
        query.given |= LIST_CASES_HAS_AFTER;
    } while (code == EXIT_DONE && query.after != 0);
    return code;
}

enum exit_code replay_past_ask(struct session *session, struct replay_plan *plan, int64_t *ret_now_ms)
{
    *ret_now_ms = session->hello.now;
    if (plan->step_count == 0 || plan->steps[0].at_ms >= session->hello.now) {
        return EXIT_DONE;
    }
    return take_pages(session, plan);
}
