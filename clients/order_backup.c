/* order_backup.c - `huying backup`: asks for one, and shows how it comes along */
#include "clients/order_backup.h"

#include "base/i18n.h"
#include "base/progress.h"
#include "clients/render.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PAUSE_MS 100
#define MEGABYTE (1024.0 * 1024.0)

/* What of the answer outlives the next question. */
struct state {
    struct backup_reply reply;
    char name[CODE_SIZE + 1];
    char failed[CAP_LINE_SIZE + 1];
};

static enum exit_code ask(struct session *session, const struct backup_query *query, struct state *ret)
{
    struct client_reply reply;
    struct codec_fault fault;
    enum exit_code code = session_ask(session, QUERY_BACKUP, query, &reply);
    if (code != EXIT_DONE) {
        return code;
    }
    if (!codec_decode_map(&reply.reply.body, &backup_reply_shape, &ret->reply, &fault)) {
        return say(EXIT_FAILED, "the dispatcher's answer cannot be read (field %s)", fault.field == NULL ? "?" : fault.field);
    }
    snprintf(ret->name, sizeof(ret->name), "%.*s", CODE_SIZE, ret->reply.name.s);
    snprintf(ret->failed, sizeof(ret->failed), "%.*s", (int)ret->reply.failed.size, ret->reply.failed.at);
    return EXIT_DONE;
}

/* A name that sorts by time. */
static void name_by_clock(struct code *ret)
{
    char name[CODE_SIZE + 1];
    time_t now = time(NULL);
    struct tm utc;
    size_t size = strftime(name, sizeof(name), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
    code_make(name, size, ret);
}

static void print_json(const struct state *state)
{
    const struct backup_reply *reply = &state->reply;
    json_t *view = json_pack("{s:s, s:b, s:b, s:I, s:I, s:I, s:s}", "name", state->name, "running", reply->running, "done",
                             reply->done, "seq", (json_int_t)reply->seq, "copied", (json_int_t)reply->copied, "total",
                             (json_int_t)reply->total, "failed", state->failed);
    render_json(view);
    json_decref(view);
}

/* One sentence about where it stands. */
static enum exit_code tell(const struct session *session, const struct state *state)
{
    const struct backup_reply *reply = &state->reply;
    if (session->options.json) {
        print_json(state);
    }
    if (state->failed[0] != '\0') {
        return say(EXIT_FAILED, "%s", i18n_text(state->failed));
    }
    if (session->options.json) {
        return EXIT_DONE;
    }
    if (reply->running) {
        printf(_("backup %s: %.1f of about %.1f MB\n"), state->name, (double)reply->copied / MEGABYTE,
               (double)reply->total / MEGABYTE);
    } else if (reply->done) {
        printf(_("backup %s: whole, everything up to sequence %llu, %.1f MB\n"), state->name, (unsigned long long)reply->seq,
               (double)reply->copied / MEGABYTE);
    } else {
        fputs(_("backup: none since the dispatcher started\n"), stdout);
    }
    return EXIT_DONE;
}

static void pause_a_moment(void)
{
    const struct timespec span = {.tv_sec = 0, .tv_nsec = PAUSE_MS * 1000000L};
    nanosleep(&span, NULL);
}

/* Asks until it has ended. */
static enum exit_code watch(struct session *session, struct state *state)
{
    const struct backup_query query = {0};
    struct progress progress;
    char note[64];
    enum exit_code code = EXIT_DONE;
    progress_init(&progress, "backup", (uint64_t)state->reply.total);
    while (code == EXIT_DONE && state->reply.running) {
        uint64_t copied = (uint64_t)state->reply.copied;
        uint64_t total = (uint64_t)state->reply.total;
        progress.total = total > copied ? total : copied; /* a guess */
        snprintf(note, sizeof(note), "%.1f MB", (double)copied / MEGABYTE);
        progress_show(&progress, copied, note);
        pause_a_moment();
        code = ask(session, &query, state);
    }
    progress_clear(&progress);
    return code;
}

enum exit_code order_backup_run(struct session *session, const struct arguments *arguments)
{
    const char *name = arguments_word(arguments, "[NAME]");
    bool status = arguments_word(arguments, "status") != NULL;
    struct backup_query query = {.given = status ? 0 : BACKUP_HAS_START};
    struct state state;
    if (status && name != NULL) {
        return say(EXIT_USAGE, "--status tells of the last backup: leave `%s` out.", name);
    }
    if (name != NULL && !code_make(name, strlen(name), &query.start)) {
        return say(EXIT_USAGE,
                   "`%s` is not a valid name for a backup: use 1 to 32 of the characters A-Z a-z 0-9 _ . -, never a path.", name);
    }
    if (name == NULL) {
        name_by_clock(&query.start);
    }
    enum exit_code code = ask(session, &query, &state);
    if (code == EXIT_DONE && !status) {
        code = watch(session, &state);
    }
    return code == EXIT_DONE ? tell(session, &state) : code;
}
