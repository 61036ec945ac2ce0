/*
 * outcome.c - where a case stands after a command
 */
#include "clients/outcome.h"

#include "base/i18n.h"
#include "clients/ask.h"
#include "clients/timeline.h"
#include "proto/client/view.h"
#include "proto/enum_word.h"

#include <stdio.h>
#include <string.h>

#define WHEN_SIZE 32

/* Running clocks by what they hold somebody to. The earliest of a kind counts. */
static const struct {
    const char *clock, *key;
} clocks[] = {{"route", "decide_by"},  {"dispatch", "decide_by"}, {"sign", "sign_by"},     {"contact", "contact_by"},
              {"handle", "answer_by"}, {"arrive", "arrive_by"},   {"finish", "finish_by"}, {"rate", "rate_by"},
              {"followup", "ask_by"},  {"total", "citizen_by"}};

/* The earliest due instant of the running clocks of each kind. Instants of one district compare as they are written, but for the
 * hours of a change of its clocks. */
static void put_dues(json_t *outcome, const json_t *view)
{
    size_t i;
    const json_t *clock;
    json_array_foreach(json_object_get(view, "clocks"), i, clock)
    {
        const char *due = view_text(clock, "due_at");
        if (strcmp(view_text(clock, "state"), "running") != 0 || due[0] == '\0') {
            continue;
        }
        for (size_t j = 0; j < sizeof(clocks) / sizeof(clocks[0]); j++) {
            const char *before = view_text(outcome, clocks[j].key);
            if (strcmp(clocks[j].clock, view_text(clock, "clock")) == 0 && (before[0] == '\0' || strcmp(due, before) < 0)) {
                json_object_set(outcome, clocks[j].key, json_object_get(clock, "due_at"));
            }
        }
    }
}

/* Names of the units that are called now. */
static void put_called(json_t *outcome, const json_t *view)
{
    char units[1024] = "";
    size_t used = 0, i;
    const json_t *duty;
    json_array_foreach(json_object_get(view, "duties"), i, duty)
    {
        const char *state = view_text(duty, "state");
        if (strcmp(view_text(duty, "kind"), "respond") != 0 || strcmp(state, "done") == 0 || strcmp(state, "ended") == 0 ||
            used >= sizeof(units)) {
            continue;
        }
        used += (size_t)snprintf(units + used, sizeof(units) - used, "%s%s %s", used > 0 ? ", " : "", view_text(duty, "unit"),
                                 view_text(duty, "unit_name"));
    }
    if (used > 0) {
        json_object_set_new(outcome, "called", json_string(units));
    }
}

/* By which row, or by whose hand, the present lead was chosen. */
static void put_row(struct session *session, const struct show_case_query *which, json_t *outcome)
{
    json_t *records = json_array();
    size_t i;
    const json_t *record;
    if (timeline_read(session, which, records) == EXIT_DONE) {
        json_array_foreach(records, i, record)
        {
            if (strcmp(view_text(record, "type"), "case_routed") != 0) {
                continue;
            }
            json_object_set(outcome, "how", json_object_get(record, "how"));
            json_object_set(outcome, "row", json_object_get(record, "row"));
            json_object_set(outcome, "catalogue", json_object_get(record, "catalogue_ver"));
        }
    }
    json_decref(records);
}

void outcome_ask(struct session *session, json_t *answer)
{
    static const char *const kept[] = {"state", "round", "lead", "lead_name", "disposition"};
    const struct show_case_query which = {.given = SHOW_CASE_HAS_CASE, .case_id = (uint64_t)view_number(answer, "case")};
    json_t *view = NULL;
    if (which.case_id == 0) {
        return;
    }
    session->quiet = true;
    if (ask_view(session, QUERY_SHOW_CASE, &which, &view) == EXIT_DONE) {
        json_t *outcome = json_object();
        for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
            json_object_set(outcome, kept[i], json_object_get(view, kept[i]));
        }
        put_dues(outcome, view);
        put_called(outcome, view);
        if (view_text(view, "lead")[0] != '\0') {
            put_row(session, &which, outcome);
        }
        json_object_set_new(answer, "outcome", outcome);
        json_decref(view);
    }
    session->quiet = false;
}

/* An instant of the district to the minute, or "" . */
static const char *when(const json_t *outcome, const char *key, char ret[WHEN_SIZE])
{
    const char *at = view_text(outcome, key);
    ret[0] = '\0';
    if (strlen(at) > 16) {
        snprintf(ret, WHEN_SIZE, "%.10s %.5s", at, at + 11);
    }
    return ret;
}

static void tell_lead(const json_t *outcome)
{
    const char *catalogue = view_text(outcome, "catalogue");
    printf(_("  Lead: %s %s"), view_text(outcome, "lead"), view_text(outcome, "lead_name"));
    if (view_number(outcome, "row") != 0) {
        printf(_(", by row %lld of the list %s"), (long long)view_number(outcome, "row"), catalogue);
    } else if (strcmp(view_text(outcome, "how"), "hand") == 0) {
        fputs(_(", by the desk's hand"), stdout);
    }
    if (view_number(outcome, "round") > 1) {
        printf(_(", round %lld"), (long long)view_number(outcome, "round"));
    }
    fputs(_(".\n"), stdout);
}

static void tell_handling(const char *number, const json_t *outcome)
{
    char contact[WHEN_SIZE], answer[WHEN_SIZE], citizen[WHEN_SIZE];
    const char *name = view_text(outcome, "lead_name");
    when(outcome, "contact_by", contact);
    when(outcome, "answer_by", answer);
    when(outcome, "citizen_by", citizen);
    printf(_("  Tell the caller: number %s; %s handles it"), number, name);
    if (contact[0] != '\0') {
        printf(_(", calls by %s"), contact);
    }
    if (answer[0] != '\0') {
        printf(_(", answers by %s"), answer);
    }
    if (citizen[0] != '\0' && answer[0] == '\0') {
        printf(_(", all is done by %s"), citizen);
    }
    fputs(_(".\n"), stdout);
}

static void tell_call(const json_t *outcome)
{
    char decide[WHEN_SIZE], arrive[WHEN_SIZE], finish[WHEN_SIZE];
    when(outcome, "decide_by", decide);
    when(outcome, "arrive_by", arrive);
    when(outcome, "finish_by", finish);
    if (decide[0] != '\0') {
        printf(_("  The call waits for the desk, which sends it on by %s.\n"), decide);
    }
    if (view_text(outcome, "called")[0] == '\0') {
        return;
    }
    printf(_("  Called: %s"), view_text(outcome, "called"));
    if (arrive[0] != '\0') {
        printf(_(", to arrive by %s"), arrive);
    }
    if (finish[0] != '\0') {
        printf(_(", to finish by %s"), finish);
    }
    fputs(_(".\n"), stdout);
}

static void tell_received(const char *number, const json_t *outcome)
{
    char decide[WHEN_SIZE], citizen[WHEN_SIZE];
    when(outcome, "decide_by", decide);
    when(outcome, "citizen_by", citizen);
    fputs(_("  No row of the list fits: it waits for a dispatcher"), stdout);
    if (decide[0] != '\0') {
        printf(_(", who chooses the lead by %s"), decide);
    }
    fputs(_(".\n"), stdout);
    printf(_("  Tell the caller: number %s; who handles it is decided"), number);
    if (decide[0] != '\0') {
        printf(_(" by %s"), decide);
    }
    if (citizen[0] != '\0') {
        printf(_(", an answer comes by %s"), citizen);
    }
    fputs(_(".\n"), stdout);
}

static void tell_answered(const char *number, const json_t *outcome)
{
    char ask[WHEN_SIZE];
    when(outcome, "ask_by", ask);
    printf(_("  Tell the caller: number %s is answered"), number);
    if (ask[0] != '\0') {
        printf(_("; somebody else asks by %s whether it is solved"), ask);
    }
    fputs(_(".\n"), stdout);
}

void outcome_tell(const json_t *answer)
{
    const json_t *outcome = json_object_get(answer, "outcome");
    const char *number = view_text(answer, "number");
    int state = enum_find(&case_state_enum, text_of(view_text(outcome, "state")));
    if (outcome == NULL || state < 0) {
        return;
    }
    switch ((enum case_state)state) {
    case CASE_STATE_RECEIVED:
        tell_received(number, outcome);
        return;
    case CASE_STATE_HANDLING:
    case CASE_STATE_SUSPENDED:
        tell_lead(outcome);
        tell_call(outcome);
        tell_handling(number, outcome);
        return;
    case CASE_STATE_ANSWERED:
        tell_call(outcome);
        tell_answered(number, outcome);
        return;
    case CASE_STATE_CLOSED:
        printf(_("  Tell the caller: number %s is closed (%s).\n"), number,
               enum_word(&disposition_enum, view_text(outcome, "disposition")));
        return;
    case CASE_STATE_MERGED:
    case CASE_STATE_NONE:
        return;
    }
}
