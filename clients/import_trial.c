/*
 * import_trial.c - an import that writes nothing: which rows would go where
 */
#include "clients/import_trial.h"

#include "clients/import_rejects.h"
#include "proto/submit_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pair {
    struct code matter, place;
    uint32_t row;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int matter = memcmp(&x->matter, &y->matter, sizeof x->matter);
    int place = memcmp(&x->place, &y->place, sizeof x->place);
    return matter != 0 ? matter : place != 0 ? place : x->row < y->row ? -1 : x->row > y->row;
}

static bool same_pair(const struct pair *a, const struct pair *b)
{
    return code_equal(&a->matter, &b->matter) && code_equal(&a->place, &b->place);
}

static enum exit_code reject(struct import_plan *plan, uint32_t row, const struct refusal_info *info, const char *field)
{
    char what[512];
    snprintf(what, sizeof what, "%s %s", info->sentence, info->hint);
    return import_plan_reject(plan, row, text_of(info->code), text_of(field), what) < 0 ? say(EXIT_FAILED, "out of memory")
                                                                                        : EXIT_DONE;
}

/* What the dispatcher refuses whatever the list says. Leaves the row waiting if it would not. */
static enum exit_code judge_row(const struct session *session, struct import_plan *plan, uint32_t row, bool importer,
                                const struct submit_command *body)
{
    int64_t at_ms = plan->rows[row].at_ms;
    if (at_ms != 0 && (!importer || at_ms < session->hello.now))
        return import_plan_reject(plan, row, text_of(refusal_infos[REFUSAL_CLOCK].code), text_of("at"),
                                  import_rejects_clock(importer)) < 0
                   ? say(EXIT_FAILED, "out of memory")
                   : EXIT_DONE;
    if (code_empty(&body->place))
        return reject(plan, row, &refusal_infos[REFUSAL_NO_PLACE], "place");
    const char *field = NULL;
    const enum refusal refusal = submit_check(body, &field);
    if (refusal != REFUSAL_NONE)
        return reject(plan, row, &refusal_infos[refusal], field);
    if ((body->given_limit || body->limit_at != 0) && !importer)
        return reject(plan, row, &refusal_infos[REFUSAL_NO_ROLE], "importer");
    return EXIT_DONE;
}

/* Waiting rows with their pairs, sorted. */
static enum exit_code collect(const struct session *session, struct import_plan *plan, bool importer, struct pair *pairs,
                              uint32_t *ret_count)
{
    enum exit_code code = EXIT_DONE;
    *ret_count = 0;
    for (uint32_t i = 0; i < plan->row_count && code == EXIT_DONE; i++) {
        struct submit_command body;
        if (plan->rows[i].state != IMPORT_WAITING)
            continue;
        import_plan_submit(plan, i, &body);
        code = judge_row(session, plan, i, importer, &body);
        if (plan->rows[i].state == IMPORT_WAITING)
            pairs[(*ret_count)++] = (struct pair){.matter = body.matter, .place = body.place, .row = i};
    }
    qsort(pairs, *ret_count, sizeof pairs[0], compare_pairs);
    return code;
}

static enum exit_code ask(struct session *session, const struct pair *pair, struct client_reply *ret)
{
    struct proto_buffer *buffer = &session->body;
    const struct explain_route_query body = {
        .given = EXPLAIN_ROUTE_HAS_MATTER | EXPLAIN_ROUTE_HAS_PLACE, .matter = pair->matter, .place = pair->place};
    *ret = (struct client_reply){0};
    proto_buffer_clear(buffer);
    int error = client_body_from_shape(&explain_route_query_shape, &body, buffer);
    const struct client_request request = {.name = "explain_route", .body = buffer->data, .body_size = buffer->size};
    if (error == 0)
        error = client_call(session->client, &request, ret);
    if (error == -ETIMEDOUT)
        return session_not_reachable(session);
    if (error == -EACCES)
        return session_key_unknown(session);
    return error < 0 ? say_errno(error, "the list cannot be asked") : EXIT_DONE;
}

/* What the answer means for the rows of one pair. */
static enum exit_code judge(struct import_plan *plan, const struct reply *reply, const struct pair *pairs, uint32_t count,
                            struct import_trial *ret)
{
    struct explain_route_reply route;
    struct codec_fault fault;
    char field[40];
    enum exit_code code = EXIT_DONE;
    if (reply->ok) {
        if (!codec_decode_map(&reply->body, &explain_route_reply_shape, &route, &fault))
            return say(EXIT_FAILED, "the dispatcher's answer cannot be read (field %s)", fault.field == NULL ? "?" : fault.field);
        ret->routed += code_empty(&route.lead) ? 0 : count;
        ret->pooled += code_empty(&route.lead) ? count : 0;
        return EXIT_DONE;
    }
    if (reply->refusal != REFUSAL_UNKNOWN_UNIT && reply->refusal != REFUSAL_UNKNOWN_MATTER)
        return say_refused(reply, NULL);
    snprintf(field, sizeof field, "%.*s", (int)reply->field.size, reply->field.at);
    for (uint32_t i = 0; i < count && code == EXIT_DONE; i++)
        code = reject(plan, pairs[i].row, &refusal_infos[reply->refusal], field);
    return code;
}

enum exit_code import_trial_ask(struct session *session, struct import_plan *plan, bool importer, struct import_trial *ret)
{
    uint32_t count = 0;
    *ret = (struct import_trial){0};
    struct pair *pairs = calloc(plan->row_count + 1U, sizeof pairs[0]);
    if (pairs == NULL)
        return say(EXIT_FAILED, "out of memory");
    enum exit_code code = collect(session, plan, importer, pairs, &count);
    for (uint32_t i = 0, next = 0; i < count && code == EXIT_DONE; i = next) {
        struct client_reply reply;
        for (next = i + 1; next < count && same_pair(&pairs[i], &pairs[next]); next++)
            ;
        code = ask(session, &pairs[i], &reply);
        if (code == EXIT_DONE)
            code = judge(plan, &reply.reply, &pairs[i], next - i, ret);
    }
    free(pairs);
    return code;
}
