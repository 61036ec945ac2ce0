/*
 * import_send.c - the submits of an import, many on their way at once, on a loop
 *
 * libhuying repeats under the same id what got no answer or a refusal that may be tried again; so a row is in once, whatever breaks
 * on the way.
 */
#include "clients/import_send.h"

#include "base/i18n.h"
#include "base/progress.h"
#include "proto/client/client_uv.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct sender {
    struct session *session;
    struct import_plan *plan;
    const struct import_send_options *options;
    struct import_sum *sum;
    uv_loop_t loop;
    uv_signal_t signals[2];
    struct client_uv *client;
    struct progress progress;
    uint32_t next; /* in plan->order */
    uint32_t answered;
    uint64_t known_seq; /* an answer up to this sequence was there before we began */
    bool stopping;      /* nothing new is sent */
    bool closed;
};

static void close_all(struct sender *sender)
{
    if (sender->closed) {
        return;
    }
    sender->closed = true;
    client_uv_close(sender->client, NULL);
    for (int i = 0; i < 2; i++) {
        uv_close((uv_handle_t *)&sender->signals[i], NULL);
    }
}

/* Ends before its time. */
static void end(struct sender *sender, enum import_end why, int error)
{
    sender->sum->end = why;
    sender->sum->error = error;
    close_all(sender);
}

/* The same submit as a question. */
static int try_row(struct sender *sender, uint32_t row)
{
    struct submit_command submit;
    struct try_submit_query query = {0};
    struct proto_buffer *body = &sender->plan->body;
    int rc = import_plan_submit(sender->plan, row, &submit);
    if (rc < 0) {
        return rc;
    }
    shape_copy(&submit_command_shape, &submit, &try_submit_query_shape, &query);
    query.at = sender->plan->rows[row].at_ms;
    query.given |= query.at != 0 ? TRY_SUBMIT_HAS_AT : 0;
    proto_buffer_clear(body);
    rc = client_body_from_shape(&try_submit_query_shape, &query, body);
    const struct client_request request = {
        .name = query_info(QUERY_TRY_SUBMIT)->name, .body = body->data, .body_size = body->size, .tag = row};
    return rc < 0 ? rc : client_uv_send(sender->client, &request);
}

static int send_row(struct sender *sender, uint32_t row)
{
    char id[IMPORT_ID_SIZE];
    const struct import_row *of = &sender->plan->rows[row];
    if (sender->options->dry) {
        return try_row(sender, row);
    }
    int rc = import_plan_submit(sender->plan, row, NULL);
    const struct client_request request = {.name = command_info(COMMAND_SUBMIT)->name,
                                           .has_at = of->at_ms != 0,
                                           .at_ms = of->at_ms,
                                           .request_id = import_plan_id(sender->plan, row, id),
                                           .body = sender->plan->body.data,
                                           .body_size = sender->plan->body.size,
                                           .tag = row};
    return rc < 0 ? rc : client_uv_send(sender->client, &request);
}

/* Fills the window; ends when nothing is left. */
static void fill(struct sender *sender)
{
    struct import_plan *plan = sender->plan;
    while (!sender->stopping && sender->next < plan->row_count && client_uv_in_flight(sender->client) < sender->options->window) {
        uint32_t row = plan->order[sender->next++];
        if (plan->rows[row].state != IMPORT_WAITING) {
            continue;
        }
        int rc = send_row(sender, row);
        if (rc < 0) {
            end(sender, rc == -ESTALE ? IMPORT_END_STALE : IMPORT_END_FAILED, rc);
            return;
        }
        plan->rows[row].state = IMPORT_SENT;
    }
    if (client_uv_in_flight(sender->client) == 0) {
        close_all(sender);
    }
}

/* What to do about a row whose own instant was refused: is it the key, which has no role importer, or the clock? */
static const char *clock_advice(bool importer)
{
    if (importer) {
        return _("The dispatcher's clock stands after this instant. With `at` empty the case comes in at the dispatcher's own "
                 "instant.");
    }
    return _("Your key has no role importer, which rows with `at` need. Import with a key that has it; with `at` empty the case "
             "comes in "
             "at the dispatcher's own instant.");
}

/* A refusal of this one row. Some need other words than a single command does. */
static int reject(struct sender *sender, uint32_t row, const struct reply *reply)
{
    char what[1024];
    struct text field = reply->field;
    if (reply->refusal == REFUSAL_ID_REUSED) {
        field = text_of("reference");
        snprintf(what, sizeof(what),
                 _("The same reference with other content: this row was imported before and said something else (or the map did). "
                   "Change "
                   "the case itself; if it is another case, give the row a reference of its own, or the map another `system`."));
    } else if (reply->refusal == REFUSAL_CLOCK && text_equal(field, text_of("at"))) {
        snprintf(what, sizeof(what), "%s", clock_advice(sender->options->importer));
    } else {
        char sentence[SAY_WORDS_SIZE], hint[SAY_WORDS_SIZE];
        snprintf(what, sizeof(what), "%s %s", say_words(reply->message, sentence), say_words(reply->hint, hint));
    }
    return import_plan_reject(sender->plan, row, reply->code, field, what);
}

static void show(struct sender *sender)
{
    char note[64];
    if (!sender->progress.terminal && !sender->options->progress) {
        return;
    }
    snprintf(note, sizeof(note), _("%u rejected"), sender->plan->rejects.count);
    progress_show(&sender->progress, sender->answered, note);
}

/* What became of a row. Returns 0 or a negative errno. */
static int take_answer(struct sender *sender, uint32_t row, const struct reply *reply)
{
    struct import_row *of = &sender->plan->rows[row];
    struct command_answer answer;
    struct try_submit_reply tried;
    struct codec_fault fault;
    if (sender->options->dry) {
        if (!codec_decode_map(&reply->body, &try_submit_reply_shape, &tried, &fault)) {
            return -EBADMSG;
        }
        of->state = IMPORT_WAITING;
        sender->sum->routed += !code_empty(&tried.lead);
        sender->sum->pooled += code_empty(&tried.lead);
        return 0;
    }
    if (!codec_decode_map(&reply->body, &command_answer_shape, &answer, &fault)) {
        return -EBADMSG;
    }
    of->state = answer.seq <= sender->known_seq ? IMPORT_REPEATED : IMPORT_DONE;
    return 0;
}

static void on_reply(void *arg, const struct client_reply *reply)
{
    struct sender *sender = arg;
    uint32_t row = (uint32_t)reply->tag;
    int rc = 0;
    if (sender->closed) {
        return;
    }
    if (reply->error != 0) {
        end(sender, reply->error == -EACCES ? IMPORT_END_KEY_UNKNOWN : IMPORT_END_NOT_REACHABLE, reply->error);
        return;
    }
    assert(row < sender->plan->row_count && sender->plan->rows[row].state == IMPORT_SENT);
    if (!reply->reply.ok && reply->reply.refusal == REFUSAL_NO_ROLE && !text_equal(reply->reply.field, text_of("importer"))) {
        sender->plan->rows[row].state = IMPORT_WAITING;
        end(sender, IMPORT_END_NO_ROLE, 0); /* not about a limit or an instant of this row, but about the key */
        return;
    }
    if (!reply->reply.ok && reply->reply.retry) {
        sender->plan->rows[row].state = IMPORT_WAITING; /* a later run sends it again, and finds it when it was kept */
        end(sender, reply->reply.refusal == REFUSAL_BUSY ? IMPORT_END_BUSY : IMPORT_END_STORAGE, 0);
        return;
    }
    if (!reply->reply.ok && sender->options->dry && text_equal(reply->reply.field, text_of("cmd"))) {
        sender->plan->rows[row].state = IMPORT_WAITING;
        end(sender, IMPORT_END_OLD, 0);
        return;
    }
    rc = reply->reply.ok ? take_answer(sender, row, &reply->reply) : reject(sender, row, &reply->reply);
    sender->answered++;
    show(sender);
    if (rc < 0) {
        end(sender, IMPORT_END_FAILED, rc);
    } else {
        fill(sender);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct sender *sender = handle->data;
    (void)number;
    if (sender->closed) {
        return;
    }
    sender->sum->end = IMPORT_END_INTERRUPTED;
    if (sender->stopping || client_uv_in_flight(sender->client) == 0) {
        close_all(sender);
    }
    sender->stopping = true;
}

static int start(struct sender *sender, const struct client_options *options)
{
    static const int numbers[2] = {SIGINT, SIGTERM};
    int rc = client_uv_open(&sender->loop, options, on_reply, sender, &sender->client);
    if (rc < 0) {
        return rc;
    }
    for (int i = 0; i < 2; i++) {
        uv_signal_init(&sender->loop, &sender->signals[i]);
        sender->signals[i].data = sender;
        rc = uv_signal_start(&sender->signals[i], on_signal, numbers[i]);
        assert(rc == 0); /* both may be caught */
    }
    return 0;
}

enum exit_code import_send(struct session *session, struct import_plan *plan, const struct import_send_options *options,
                           struct import_sum *ret)
{
    struct client_options connection;
    struct sender sender = {.session = session, .plan = plan, .options = options, .sum = ret, .known_seq = session->hello.seq};
    *ret = (struct import_sum){.end = IMPORT_END_DONE};
    enum exit_code code = session_client_options(session, &connection);
    if (code != EXIT_DONE) {
        return code;
    }
    int rc = uv_loop_init(&sender.loop);
    assert(rc == 0);
    rc = start(&sender, &connection);
    explicit_bzero(&connection, sizeof(connection));
    if (rc < 0) {
        uv_run(&sender.loop, UV_RUN_DEFAULT);
        uv_loop_close(&sender.loop);
        return say_errno(rc, "cannot open a connection to %s", session->options.server);
    }
    progress_init(&sender.progress, options->dry ? "import, trial" : "import", import_plan_count(plan, IMPORT_WAITING));
    fill(&sender);
    uv_run(&sender.loop, UV_RUN_DEFAULT);
    rc = uv_loop_close(&sender.loop);
    assert(rc == 0);
    progress_clear(&sender.progress);
    ret->seconds = progress_seconds(&sender.progress);
    return EXIT_DONE;
}
