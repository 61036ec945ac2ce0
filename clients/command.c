/*
 * command.c - verbs that are one command of the language
 */
#include "clients/command.h"

#include "base/i18n.h"
#include "clients/outcome.h"
#include "clients/render.h"
#include "clients/standing.h"
#include "clients/time_words.h"
#include "proto/client/view.h"
#include "proto/enum_word.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* What an accepted command is warned of, as a sentence. */
static const char *warning_words(const char *warning)
{
    static const char *const words[WARNING_COUNT] = {
        [WARNING_SLACK] = N_("the inner due instant is not before your own; nothing is left between them."),
    };
    int found = enum_find(&warning_enum, text_of(warning));
    return found > 0 ? words[found] : warning;
}

/* One sentence: what was done, to which case, when. */
static void tell(const char *verb, const json_t *answer)
{
    char when[64];
    const char *at = view_text(answer, "at");
    snprintf(when, sizeof(when), "%.10s %.8s", at, strlen(at) > 11 ? at + 11 : "");
    printf(_("%s: done"), verb);
    const char *number = view_text(answer, "number");
    if (number[0] != '\0') {
        printf(_(", case %s (id %lld) is %s"), number, (long long)view_number(answer, "case"),
               enum_word(&case_state_enum, view_text(answer, "state")));
    }
    if (view_number(answer, "duty") != 0) {
        printf(_(", duty %lld"), (long long)view_number(answer, "duty"));
    }
    if (view_number(answer, "call") != 0) {
        printf(_(", call %lld"), (long long)view_number(answer, "call"));
    }
    printf(_(", %s\n"), when);
    if (view_text(answer, "warning")[0] != '\0') {
        printf(_("  Warning: %s\n"), _(warning_words(view_text(answer, "warning"))));
    }
}

enum exit_code command_run(struct session *session, const struct arguments *arguments)
{
    struct arguments filled;
    enum command_type command;
    bool found = command_find(arguments->verb->message, strlen(arguments->verb->message), &command);
    assert(found);
    (void)found;
    enum exit_code code = arguments_filled(session, arguments, &filled);
    if (code == EXIT_DONE) {
        code = session_hello(session);
    }
    struct client_reply reply = {0};
    if (code == EXIT_DONE) {
        code = session_command(session, command, &filled.body, &reply);
    }
    if (code == EXIT_REFUSED && standing_explains(reply.reply.refusal)) {
        standing_tell(session, arguments);
    }
    if (code != EXIT_DONE) {
        return code;
    }
    json_t *answer = view_of_answer(&reply.reply.body, zone_time(session->zone));
    if (answer == NULL) {
        return say(EXIT_FAILED, "out of memory; the command was done");
    }
    if (arguments->verb->tells) {
        outcome_ask(session, answer);
    }
    if (session->options.json) {
        render_json(answer);
    } else {
        tell(arguments->verb->name, answer);
        outcome_tell(answer);
    }
    json_decref(answer);
    return EXIT_DONE;
}
