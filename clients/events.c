/*
 * events.c - the stream of events, from any sequence on
 *
 * The request socket is the truth: pages from a sequence on, none is missed. Waiting means asking again after a pause; Ctrl-C and
 * a closed pipe end it.
 */
#include "clients/events.h"

#include "base/i18n.h"
#include "clients/render.h"
#include "clients/time_words.h"
#include "clients/timeline.h"
#include "proto/client/view.h"
#include "proto/enum_word.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAUSE_MS 250
#define SENTENCE_SIZE 1000

static void print_line(const struct session *session, const json_t *event)
{
    char words[SENTENCE_SIZE];
    if (session->options.json) {
        render_json_line(event);
        return;
    }
    const char *at = view_text(event, "at");
    timeline_sentence(event, words, sizeof(words));
    printf("%8lld  %.10s %.8s  %-18s", (long long)view_number(event, "seq"), at, strlen(at) > 11 ? at + 11 : "",
           i18n_in("record", view_text(event, "type")));
    if (view_number(event, "case") != 0) {
        printf(_("  case %lld"), (long long)view_number(event, "case"));
    }
    printf("  %s  %s%s%s\n", view_text(event, "unit"), enum_word(&rung_enum, view_text(event, "rung")),
           view_text(event, "rung")[0] != '\0' ? " " : "", words);
}

static void print_page(const struct session *session, const msgpack_object *body)
{
    const msgpack_object *rows = reply_field(body, "rows");
    for (uint32_t i = 0; rows != NULL && rows->type == MSGPACK_OBJECT_ARRAY && i < rows->via.array.size; i++) {
        json_t *event = view_of_record(&rows->via.array.ptr[i], zone_time(session->zone));
        print_line(session, event);
        json_decref(event);
    }
}

static void pause_a_moment(void)
{
    const struct timespec span = {.tv_sec = 0, .tv_nsec = PAUSE_MS * 1000000L};
    nanosleep(&span, NULL);
}

enum exit_code events_run(struct session *session, const struct arguments *arguments)
{
    struct events_query query = {.given = EVENTS_HAS_FROM, .from = 1};
    const char *from = arguments_word(arguments, "from");
    bool wait = arguments_word(arguments, "wait") != NULL;
    char *end = NULL;
    if (from != NULL) {
        query.from = strtoull(from, &end, 10);
        if (from[0] < '0' || from[0] > '9' || *end != '\0' || query.from > INT64_MAX) {
            return say(EXIT_USAGE, "--from: a sequence is needed, such as 1, not `%s`.", from);
        }
    }
    enum exit_code code = session_hello(session);
    while (code == EXIT_DONE) {
        struct client_reply reply;
        struct events_reply head;
        struct codec_fault fault;
        code = session_ask(session, QUERY_EVENTS, &query, &reply);
        if (code != EXIT_DONE) {
            break;
        }
        if (!codec_decode_map(&reply.reply.body, &events_reply_shape, &head, &fault)) {
            return say(EXIT_FAILED, "the dispatcher's answer cannot be read (field %s)", fault.field == NULL ? "?" : fault.field);
        }
        print_page(session, &reply.reply.body);
        bool at_end = head.next > head.last || head.next <= query.from;
        if (head.next > query.from) {
            query.from = head.next;
        }
        if (!at_end) {
            continue;
        }
        if (fflush(stdout) != 0) {
            return say(EXIT_FAILED, "standard output was closed");
        }
        if (!wait) {
            break;
        }
        pause_a_moment();
    }
    return code;
}
