/*
 * verb_case.c - submit, look at cases, write on them, choose who leads
 */
#include "base/i18n.h"
#include "clients/command.h"
#include "clients/explain.h"
#include "clients/read.h"
#include "clients/receipt.h"
#include "clients/timeline.h"

#define CASE_WORD                                                                                                                  \
    {                                                                                                                              \
        "CASE", "case", NULL, N_("The case: its number YYMMDD-NNNNN-C, or its id")                                                 \
    }

static const struct verb_word case_only[] = {CASE_WORD, {0}};

static const struct verb_word submit_positions[] = {{"[TEXT]", "text", NULL, N_("What the citizen said")}, {0}};
static const struct verb_word submit_options[] = {
    {"kind", "kind", "KIND", N_("What the citizen wants")},
    {"matter", "matter", "CODE", N_("Matter of the catalogue, or `unknown`")},
    {"place", "place", "CODE", N_("Unit code of the place: grid, community, street or, at least, the district")},
    {"title", "title", "TEXT", N_("Title")},
    {"text", "text", "TEXT", N_("What the citizen said")},
    {"address", "address", "TEXT", N_("Address")},
    {"name", "reporter_name", "TEXT", N_("The citizen's name")},
    {"phone", "reporter_phone", "TEXT", N_("How to reach the citizen")},
    {"channel", "channel", "CHANNEL", N_("How it came in (hotline if left out)")},
    {"urgency", "urgency", "URGENCY", N_("Class of the limit, at least that of the matter (ordinary if left out)")},
    {"anonymous", "anonymous", NULL, N_("The citizen gave no name or number")},
    {"no-reply", "no_reply", NULL, N_("The citizen wants no answer")},
    {"secrecy", "secrecy", NULL, N_("The citizen asked for secrecy")},
    {"reference", "reference", "TEXT", N_("Number in the sending system")},
    {"given-limit", "given_limit", NULL, N_("Importer: the limit is the sender's, --limit-at or none")},
    {"limit-at", "limit_at", "INSTANT", N_("Importer: last instant in time")},
    {0},
};

static const struct verb_word list_options[] = {
    {"state", "state", "STATE", N_("Only cases in this state")},
    {"colour", "colour", "COLOUR", N_("Only open cases whose worst running clock has this colour")},
    {"clock", "clock", "CLOCK", N_("Colours by the running clocks of this kind alone, such as handle")},
    {"unit", "unit", "CODE", N_("Only cases whose lead is in this unit's subtree")},
    {"kind", "kind", "KIND", N_("Only this kind")},
    {"matter", "matter", "CODE", N_("Only this matter, or `unknown`")},
    {"place", "place", "CODE", N_("Only cases whose place is in this unit's subtree")},
    {"older", "age_from", "SPAN", N_("Only cases received at least SPAN ago, such as 5d")},
    {"newer", "age_until", "SPAN", N_("Only cases received less than SPAN ago, such as 2h")},
    {"after", "after", "ID", N_("Only cases before this one; `next` of the page before")},
    {"count", NULL, "N", N_("How many cases (50)")},
    {"csv", NULL, NULL, N_("For a spreadsheet: CSV by RFC 4180")},
    {0},
};

static const struct verb_word explain_positions[] = {
    {"MATTER", "matter", NULL, N_("A matter of the list, or `unknown`; or a case, by number or id")},
    {"[PLACE]", "place", NULL, N_("Unit code of the place; left out with a case")},
    {0},
};

static const struct verb_word receipt_options[] = {
    {"clock", "clock", "CLOCK", N_("The newest clock of this kind (handle if left out)")},
    {"clock-id", "clock_id", "ID", N_("This clock")},
    {0},
};

static const struct verb_word note_positions[] = {CASE_WORD, {"TEXT", "text", NULL, N_("The note")}, {0}};
static const struct verb_word note_options[] = {{"visibility", "visibility", "WHO", N_("Who may read it (inner if left out)")},
                                                {0}};

static const struct verb_word route_positions[] = {
    CASE_WORD, {"[UNIT]", "unit", NULL, N_("Code of the unit that is to lead")}, {0}};
static const struct verb_word route_options[] = {
    {"unit", "unit", "CODE", N_("The unit that is to lead")},
    {"support", "supports", "CODE,...", N_("Supporting units; may be given several times")},
    {"reason", "reason", "TEXT", N_("Why; needed where the unit is not on the list, and where the urgency is lowered")},
    {"urgency", "urgency", "URGENCY", N_("Class of the limit from now on, higher or lower")},
    {0},
};

static const struct verb_word reroute_options[] = {
    {"unit", "unit", "CODE", N_("The unit that is to lead")},
    {"support", "supports", "CODE,...", N_("Supporting units; may be given several times")},
    {"reason", "reason", "TEXT", N_("What was wrong")},
    {0},
};

static const struct verb_word rule_positions[] = {CASE_WORD, {"RULING", "ruling", NULL, N_("The ruling")}, {0}};
static const struct verb_word rule_options[] = {
    {"to", "to", "CODE", N_("The unit that it goes to; left out with upheld: to nobody")},
    {"support", "supports", "CODE,...", N_("Supporting units of a lead that goes; may be given several times")},
    {"reason", "reason", "TEXT", N_("Why")},
    {"unit", "unit", "CODE", N_("The unit that asked, where several did")},
    {"duty", "duty", "ID", N_("The question itself")},
    {0},
};

static const struct verb_word decide_positions[] = {CASE_WORD, {"DECISION", "decision", NULL, N_("granted or refused")}, {0}};
static const struct verb_word decide_options[] = {
    {"reason", "reason", "TEXT", N_("Why")},
    {"unit", "unit", "CODE", N_("The unit that was asked, where several were")},
    {"duty", "duty", "ID", N_("The question itself")},
    {0},
};

static const struct verb_word take_over_options[] = {
    {"unit", "unit", "CODE", N_("The new lead; the next tier if left out")},
    {"reason", "reason", "TEXT", N_("Why")},
    {0},
};

static const struct verb_word reopen_options[] = {{"reason", "reason", "TEXT", N_("Why")}, {0}};

const struct verb verb_case[] = {
    {.name = "submit",
     .group = VERB_DESK,
     .doc = N_("A complaint comes in"),
     .message = "submit",
     .tells = true,
     .positions = submit_positions,
     .options = submit_options,
     .run = command_run,
     .more =
         N_("Example: huying submit --kind complaint --matter M001 --place S01-W02 --phone 000-0000 \"The street light is out\"")},
    {.name = "case show",
     .group = VERB_DESK,
     .doc = N_("One case with its duties, calls and clocks"),
     .message = "show_case",
     .positions = case_only,
     .run = read_case},
    {.name = "case list",
     .group = VERB_DESK,
     .doc = N_("Cases, newest first"),
     .message = "list_cases",
     .options = list_options,
     .run = read_cases,
     .more = N_("Example: huying case list --state handling --colour red --unit S01 --older 5d")},
    {.name = "case timeline",
     .group = VERB_DESK,
     .doc = N_("All that happened on one case, oldest first"),
     .message = "timeline",
     .positions = case_only,
     .run = timeline_run},
    {.name = "receipt",
     .group = VERB_DESK,
     .doc = N_("The deadline receipt of a clock: what counted and what did not"),
     .message = "receipt",
     .positions = case_only,
     .options = receipt_options,
     .run = receipt_run,
     .more = N_("Example: huying receipt 110701-00001-2 --clock total")},
    {.name = "note",
     .group = VERB_DESK,
     .doc = N_("Write something down on a case"),
     .message = "add_note",
     .positions = note_positions,
     .options = note_options,
     .run = command_run},
    {.name = "route",
     .group = VERB_DESK,
     .doc = N_("The desk chooses the lead by hand"),
     .message = "route",
     .tells = true,
     .positions = route_positions,
     .options = route_options,
     .run = command_run,
     .more = N_("Example: huying route 110701-00001-2 S01 --reason \"No row of the list fits\"")},
    {.name = "route explain",
     .group = VERB_DESK,
     .doc = N_("Why this unit: the rows of the list for a matter and place, or for a case"),
     .message = "explain_route",
     .positions = explain_positions,
     .run = explain_run,
     .usage = "MATTER PLACE\nCASE",
     .more = N_("Examples: huying route explain M115 N03-W04; huying route explain 110701-00001-2")},
    {.name = "reroute",
     .group = VERB_DESK,
     .doc = N_("The desk corrects its own mistake: another unit leads"),
     .message = "reroute",
     .tells = true,
     .positions = route_positions,
     .options = reroute_options,
     .run = command_run,
     .more = N_("Example: huying reroute 110701-00001-2 S01 --reason \"The street was misread\"")},
    {.name = "rule",
     .group = VERB_DESK,
     .doc = N_("The desk rules on what a unit wants to return, or on a called unit's objection"),
     .message = "rule",
     .tells = true,
     .positions = rule_positions,
     .options = rule_options,
     .run = command_run,
     .more = N_("Example: huying rule 110701-00001-2 upheld --to WATER --reason \"Row 12 of the list\"")},
    {.name = "decide",
     .group = VERB_SUPERVISOR,
     .doc = N_("Grant or refuse what is asked of you: the inbox says about what"),
     .message = "decide",
     .tells = true,
     .positions = decide_positions,
     .options = decide_options,
     .run = command_run,
     .more = N_("Example: huying decide 110701-00001-2 granted --reason \"It is the water company's pipe\"")},
    {.name = "take-over",
     .group = VERB_SUPERVISOR,
     .doc = N_("A higher tier takes the lead; the late unit stays as support"),
     .message = "take_over",
     .tells = true,
     .positions = case_only,
     .options = take_over_options,
     .run = command_run},
    {.name = "reopen",
     .group = VERB_SUPERVISOR,
     .doc = N_("Bring an answered or closed case back: next round"),
     .message = "reopen",
     .tells = true,
     .positions = case_only,
     .options = reopen_options,
     .run = command_run},
    {0},
};
