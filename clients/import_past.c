/*
 * import_past.c - which rows of an import the dispatcher has already
 */
#include "clients/import_past.h"

#include "base/i18n.h"
#include "proto/codec.h"
#include "proto/request.h"

#include <errno.h>
#include <inttypes.h>
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

struct asking {
    struct session *session;
    struct import_plan *plan;
    struct spill names; /* sorted */
    uint32_t name_count;
    bool judged;
    struct import_past *past;
    struct proto_buffer message;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->id, ((const struct name *)b)->id);
}

static int collect(struct asking *asking)
{
    const struct import_plan *plan = asking->plan;
    for (uint32_t i = 0; i < plan->row_count; i++) {
        if (plan->rows[i].state != IMPORT_WAITING) {
            continue;
        }
        int rc = spill_grow(&asking->names, (asking->name_count + UINT64_C(1)) * sizeof(struct name));
        if (rc < 0) {
            return rc;
        }
        struct name *name = (struct name *)asking->names.at + asking->name_count++;
        name->row = i;
        import_plan_id(plan, i, name->id);
    }
    if (asking->name_count > 1) {
        qsort(asking->names.at, asking->name_count, sizeof(struct name), compare_names);
    }
    return 0;
}

static void count_other(struct import_past *past, struct text actor)
{
    char name[CODE_SIZE + 1];
    snprintf(name, sizeof(name), "%.*s", (int)actor.size, actor.at);
    if (past->by_others++ == 0) {
        memcpy(past->other, name, sizeof(name));
    } else if (strcmp(past->other, name) != 0) {
        past->several = true;
    }
}

/* Would the row's submit, sent by the same name on the same behalf, be the one that came in? */
static int compare_content(struct asking *asking, uint32_t row, const struct case_view *view, bool *ret_same)
{
    struct import_plan *plan = asking->plan;
    struct request request;
    struct codec_fault fault;
    char content[17];
    int rc = import_plan_submit(plan, row, NULL);
    if (rc < 0) {
        return rc;
    }
    const struct request_head head = {.id = view->request,
                                      .name = text_of(command_info(COMMAND_SUBMIT)->name),
                                      .has_at = plan->rows[row].at_ms != 0,
                                      .at_ms = plan->rows[row].at_ms,
                                      .on_behalf_of = view->submitted_for};
    proto_buffer_clear(&asking->message);
    rc = request_encode(&head, plan->body.data, plan->body.size, &asking->message);
    if (rc < 0) {
        return rc;
    }
    if (!request_decode(asking->message.data, asking->message.size, &request, &fault)) {
        return -EBADMSG;
    }
    snprintf(content, sizeof(content), "%016" PRIx64, request.body_hash);
    *ret_same = text_equal(view->content, text_of(content));
    return 0;
}

static int reject(const struct asking *asking, uint32_t row, const struct case_view *view, bool compared)
{
    char what[512];
    if (compared) {
        snprintf(
            what, sizeof(what),
            _("The same reference with other content: it came in with the key `%.*s` as case %.*s. Change the case itself; if this "
              "is another case, give the row a reference of its own, or the map another `system`."),
            (int)view->submitted_by.size, view->submitted_by.at, (int)view->number.size, view->number.at);
    } else {
        snprintf(what, sizeof(what),
                 _("This reference came in with the key `%.*s` as case %.*s, and your key may not read what it says. Compare them; "
                   "if this "
                   "is another case, give the row a reference of its own, or the map another `system`."),
                 (int)view->submitted_by.size, view->submitted_by.at, (int)view->number.size, view->number.at);
    }
    return import_plan_reject(asking->plan, row, text_of(refusal_infos[REFUSAL_ID_REUSED].code), text_of("reference"), what);
}

/* A case that came in by the request of a row: the same complaint, or another one under the same reference. */
static int take_case(struct asking *asking, const struct case_view *view)
{
    struct name key;
    int64_t now_ms = asking->session->hello.now;
    if (asking->name_count == 0 || view->request.size >= sizeof(key.id)) {
        return 0; /* no import made it */
    }
    snprintf(key.id, sizeof(key.id), "%.*s", (int)view->request.size, view->request.at);
    const struct name *found = bsearch(&key, asking->names.at, asking->name_count, sizeof(key), compare_names);
    if (found == NULL) {
        return 0;
    }
    struct import_row *row = &asking->plan->rows[found->row];
    bool own = text_equal(view->submitted_by, asking->session->hello.actor), known = view->content.size > 0, same = false;
    bool remembered = view->received_at > now_ms - REMEMBERED_MS && (row->at_ms == 0 || row->at_ms >= now_ms);
    if (row->state != IMPORT_WAITING || (!known && asking->judged && own && remembered)) {
        return 0;
    }
    int rc = known ? compare_content(asking, found->row, view, &same) : 0;
    if (rc == 0 && !same) {
        return reject(asking, found->row, view, known);
    }
    if (rc < 0) {
        return rc;
    }
    row->state = IMPORT_REPEATED;
    if (!own) {
        count_other(asking->past, view->submitted_by);
    }
    return 0;
}

static enum exit_code take_page(struct asking *asking, const msgpack_object *body)
{
    const msgpack_object *rows = reply_field(body, "rows");
    for (uint32_t i = 0; rows != NULL && rows->type == MSGPACK_OBJECT_ARRAY && i < rows->via.array.size; i++) {
        struct case_view view;
        struct codec_fault fault;
        if (!codec_decode_map(&rows->via.array.ptr[i], &case_view_shape, &view, &fault)) {
            return say(EXIT_FAILED, "the dispatcher's answer cannot be read (field %s)", fault.field == NULL ? "?" : fault.field);
        }
        int rc = take_case(asking, &view);
        if (rc == -ESTALE) {
            return import_past_stale(asking->plan);
        }
        if (rc < 0) {
            return say_errno(rc, "what is there already cannot be compared");
        }
    }
    return EXIT_DONE;
}

static enum exit_code take_pages(struct asking *asking)
{
    struct list_cases_query query = {
        .given = LIST_CASES_HAS_COUNT | LIST_CASES_HAS_WITH_REQUEST, .count = CAP_PAGE, .with_request = true};
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
        if (code != EXIT_DONE) {
            return code;
        }
        if (!codec_decode_map(&reply.reply.body, &list_cases_reply_shape, &head, &fault)) {
            return say(EXIT_FAILED, "the dispatcher's answer cannot be read (field %s)", fault.field == NULL ? "?" : fault.field);
        }
        code = take_page(asking, &reply.reply.body);
        query.after = head.next;
        query.given |= LIST_CASES_HAS_AFTER;
    } while (code == EXIT_DONE && query.after != 0);
    return code;
}

enum exit_code import_past_stale(const struct import_plan *plan)
{
    return say(EXIT_FAILED,
               "%s has changed since it was read. Run the same command again: it is safe, what is in is not added twice.",
               plan->source.file);
}

enum exit_code import_past_ask(struct session *session, struct import_plan *plan, bool judged, struct import_past *ret)
{
    struct asking asking = {.session = session, .plan = plan, .judged = judged, .past = ret};
    *ret = (struct import_past){0};
    int rc = collect(&asking);
    enum exit_code code = rc < 0 ? say_errno(rc, "no room to compare with what is there") : EXIT_DONE;
    if (code == EXIT_DONE && asking.name_count > 0) {
        code = take_pages(&asking);
    }
    spill_deinit(&asking.names);
    proto_buffer_deinit(&asking.message);
    return code;
}
