/*
 * import_past.c - what an import finds when it was run before, long ago
 */
#include "clients/import_past.h"

#include <stdlib.h>
#include <string.h>

/* Rows by reference, for looking up. The texts are copies. */
struct name {
    char *reference;
    uint32_t row;
};

struct names {
    struct name *at;
    uint32_t count;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->reference, ((const struct name *)b)->reference);
}

static void names_deinit(struct names *names)
{
    for (uint32_t i = 0; i < names->count; i++)
        free(names->at[i].reference);
    free(names->at);
}

/* Those of the rows before the dispatcher's instant; false: no memory. */
static bool collect(struct import_plan *plan, int64_t now_ms, struct names *ret)
{
    *ret = (struct names){.at = calloc(plan->row_count + 1U, sizeof ret->at[0])};
    if (ret->at == NULL)
        return false;
    for (uint32_t i = 0; i < plan->row_count; i++) {
        struct submit_command body;
        if (plan->rows[i].state != IMPORT_WAITING || plan->rows[i].at_ms == 0 || plan->rows[i].at_ms >= now_ms)
            continue;
        import_plan_submit(plan, i, &body);
        if (body.reference.size == 0)
            continue;
        struct name *name = &ret->at[ret->count];
        name->row = i;
        name->reference = strndup(body.reference.at, body.reference.size);
        if (name->reference == NULL)
            return false;
        ret->count++;
    }
    qsort(ret->at, ret->count, sizeof ret->at[0], compare_names);
    return true;
}

/* Takes one page of cases. */
static enum exit_code take_page(struct import_plan *plan, const struct names *names, const msgpack_object *body)
{
    const msgpack_object *rows = reply_field(body, "rows");
    for (uint32_t i = 0; rows != NULL && rows->type == MSGPACK_OBJECT_ARRAY && i < rows->via.array.size; i++) {
        struct case_view view;
        struct codec_fault fault;
        char reference[LIMIT_REQUEST_SIZE + 1];
        if (!codec_decode_map(&rows->via.array.ptr[i], &case_view_shape, &view, &fault))
            return say(EXIT_FAILED, "the dispatcher's answer cannot be read (field %s)", fault.field == NULL ? "?" : fault.field);
        if (view.reference.size == 0 || view.reference.size >= sizeof reference)
            continue;
        memcpy(reference, view.reference.at, view.reference.size);
        reference[view.reference.size] = '\0';
        const struct name key = {.reference = reference};
        const struct name *found = bsearch(&key, names->at, names->count, sizeof key, compare_names);
        if (found != NULL && plan->rows[found->row].at_ms == view.received_at)
            plan->rows[found->row].state = IMPORT_REPEATED;
    }
    return EXIT_DONE;
}

static enum exit_code take_pages(struct session *session, struct import_plan *plan, const struct names *names)
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
        code = take_page(plan, names, &reply.reply.body);
        query.after = head.next;
        query.given |= LIST_CASES_HAS_AFTER;
    } while (code == EXIT_DONE && query.after != 0);
    return code;
}

enum exit_code import_past_ask(struct session *session, struct import_plan *plan)
{
    struct names names;
    if (!import_plan_has_instants(plan))
        return EXIT_DONE;
    enum exit_code code = EXIT_DONE;
    if (!collect(plan, session->hello.now, &names))
        code = say(EXIT_FAILED, "out of memory");
    else if (names.count > 0)
        code = take_pages(session, plan, &names);
    names_deinit(&names);
    return code;
}
