/*
 * verb_case.c - submit, look at cases, write on them, choose who leads
 */
#include "clients/command.h"
#include "clients/read.h"
#include "clients/timeline.h"

#define CASE_WORD                                                                                                                  \
    {                                                                                                                              \
        "CASE", "case", NULL, "The case: its number YYMMDD-NNNNN-C, or its id"                                                     \
    }

static const struct verb_word case_only[] = {CASE_WORD, {0}};

static const struct verb_word submit_positions[] = {{"[TEXT]", "text", NULL, "What the citizen said"}, {0}};
static const struct verb_word submit_options[] = {
    {"kind", "kind", "KIND", "What the citizen wants"},
    {"matter", "matter", "CODE", "Matter of the catalogue, or `unknown`"},
    {"place", "place", "CODE", "Unit code of the place: grid, community, street or, at least, the district"},
    {"title", "title", "TEXT", "Title"},
    {"text", "text", "TEXT", "What the citizen said"},
    {"address", "address", "TEXT", "Address"},
    {"name", "reporter_name", "TEXT", "The citizen's name"},
    {"phone", "reporter_phone", "TEXT", "How to reach the citizen"},
    {"channel", "channel", "CHANNEL", "How it came in (hotline if left out)"},
    {"urgency", "urgency", "URGENCY", "Class of the limit (ordinary if left out)"},
    {"anonymous", "anonymous", NULL, "The citizen gave no name or number"},
    {"no-reply", "no_reply", NULL, "The citizen wants no answer"},
    {"secrecy", "secrecy", NULL, "The citizen asked for secrecy"},
    {"reference", "reference", "TEXT", "Number in the sending system"},
    {"given-limit", "given_limit", NULL, "Importer: the limit is the sender's, --limit-at or none"},
    {"limit-at", "limit_at", "INSTANT", "Importer: last instant in time"},
    {0},
};

static const struct verb_word list_options[] = {
    {"state", "state", "STATE", "Only cases in this state"},
    {"unit", "unit", "CODE", "Only cases whose lead is in this unit's subtree"},
    {"after", "after", "ID", "Only cases before this one; `next` of the page before"},
    {"count", NULL, "N", "How many cases (50)"},
    {0},
};

static const struct verb_word note_positions[] = {CASE_WORD, {"TEXT", "text", NULL, "The note"}, {0}};
static const struct verb_word note_options[] = {{"visibility", "visibility", "WHO", "Who may read it (inner if left out)"}, {0}};

static const struct verb_word route_positions[] = {CASE_WORD, {"[UNIT]", "unit", NULL, "Code of the unit that is to lead"}, {0}};
static const struct verb_word route_options[] = {
    {"unit", "unit", "CODE", "The unit that is to lead"},
    {"support", "supports", "CODE,...", "Supporting units; may be given several times"},
    {"reason", "reason", "TEXT", "Why; needed where the unit is not on the list"},
    {0},
};

static const struct verb_word take_over_options[] = {
    {"unit", "unit", "CODE", "The new lead; the next tier if left out"},
    {"reason", "reason", "TEXT", "Why"},
    {0},
};

static const struct verb_word reopen_options[] = {{"reason", "reason", "TEXT", "Why"}, {0}};

const struct verb verb_case[] = {
    {.name = "submit",
     .group = VERB_DESK,
     .doc = "A complaint comes in",
     .message = "submit",
     .positions = submit_positions,
     .options = submit_options,
     .run = command_run,
     .more = "Example: huying submit --kind complaint --matter M001 --place S01-W02 --phone 000-0000 \"The street light is out\""},
    {.name = "case show",
     .group = VERB_DESK,
     .doc = "One case with its duties, calls and clocks",
     .message = "show_case",
     .positions = case_only,
     .run = read_case},
    {.name = "case list",
     .group = VERB_DESK,
     .doc = "Cases, newest first",
     .message = "list_cases",
     .options = list_options,
     .run = read_cases},
    {.name = "case timeline",
     .group = VERB_DESK,
     .doc = "All that happened on one case, oldest first",
     .message = "timeline",
     .positions = case_only,
     .run = timeline_run},
    {.name = "note",
     .group = VERB_DESK,
     .doc = "Write something down on a case",
     .message = "add_note",
     .positions = note_positions,
     .options = note_options,
     .run = command_run},
    {.name = "route",
     .group = VERB_DESK,
     .doc = "The desk chooses the lead by hand",
     .message = "route",
     .positions = route_positions,
     .options = route_options,
     .run = command_run,
     .more = "Example: huying route 110701-00001-3 S01 --reason \"No row of the list fits\""},
    {.name = "take-over",
     .group = VERB_SUPERVISOR,
     .doc = "A higher tier takes the lead; the late unit stays as support",
     .message = "take_over",
     .positions = case_only,
     .options = take_over_options,
     .run = command_run},
    {.name = "reopen",
     .group = VERB_SUPERVISOR,
     .doc = "Bring an answered or closed case back: next round",
     .message = "reopen",
     .positions = case_only,
     .options = reopen_options,
     .run = command_run},
    {0},
};
