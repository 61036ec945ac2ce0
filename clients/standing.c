/*
 * standing.c - the state of a case and its open duties, for people whose command was refused
 */
#include "clients/standing.h"

#include "base/i18n.h"
#include "clients/ask.h"
#include "proto/client/view.h"
#include "proto/enum_word.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

bool standing_explains(enum refusal refusal)
{
    return refusal == REFUSAL_BAD_STATE || refusal == REFUSAL_CALL_OPEN || refusal == REFUSAL_AMBIGUOUS;
}

static bool is_open(const json_t *duty)
{
    const char *state = view_text(duty, "state");
    return strcmp(state, "done") != 0 && strcmp(state, "ended") != 0;
}

static void print_duties(const json_t *duties)
{
    size_t i;
    const json_t *duty;
    const char *before = _("; open duties: ");
    json_array_foreach(duties, i, duty)
    {
        if (!is_open(duty)) {
            continue;
        }
        fprintf(stderr, "%s", before);
        fprintf(stderr, _("%s of %s (%s, duty %lld)"), enum_word(&duty_kind_enum, view_text(duty, "kind")), view_text(duty, "unit"),
                enum_word(&duty_state_enum, view_text(duty, "state")), (long long)view_number(duty, "duty"));
        before = _(", ");
    }
}

/* A call that nobody has been sent to has no duty that would show it. */
static void print_calls(const json_t *calls)
{
    size_t i;
    const json_t *call;
    const char *before = _("; open calls: ");
    json_array_foreach(calls, i, call)
    {
        if (strcmp(view_text(call, "state"), "closed") == 0) {
            continue;
        }
        fprintf(stderr, "%s", before);
        fprintf(stderr, _("%lld by %s (%s)"), (long long)view_number(call, "call"), view_text(call, "caller"),
                enum_word(&call_state_enum, view_text(call, "state")));
        before = _(", ");
    }
}

void standing_tell(struct session *session, const struct arguments *arguments)
{
    struct show_case_query which;
    json_t *view = NULL;
    if (session->options.json || arguments_word(arguments, "CASE") == NULL) {
        return;
    }
    if (arguments_case(arguments, "CASE", &which) != EXIT_DONE || ask_view(session, QUERY_SHOW_CASE, &which, &view) != EXIT_DONE) {
        return;
    }
    fprintf(stderr, _("huying: case %s is %s"), view_text(view, "number"), enum_word(&case_state_enum, view_text(view, "state")));
    print_duties(json_object_get(view, "duties"));
    print_calls(json_object_get(view, "calls"));
    fputs(_(".\n"), stderr);
    json_decref(view);
}
