/* ask.c - one question, and its answer as JSON */
#include "clients/ask.h"

#include "clients/time_words.h"
#include "proto/client/view.h"

enum exit_code ask_view(struct session *session, enum query_type query, const void *body, json_t **ret)
{
    struct client_reply reply;
    enum exit_code code = session_hello(session);
    if (code == EXIT_DONE) {
        code = session_ask(session, query, body, &reply);
    }
    if (code != EXIT_DONE) {
        return code;
    }
    *ret = view_of_reply(&reply.reply.body, query, zone_time(session->zone));
    return *ret == NULL ? say(EXIT_FAILED, "out of memory") : EXIT_DONE;
}
