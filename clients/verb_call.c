/*
 * verb_call.c - a street whistles, departments report
 */
#include "clients/command.h"
#include "clients/read_calls.h"

#include "base/i18n.h"

#define CASE_WORD                                                                                                                  \
    {                                                                                                                              \
        "CASE", "case", NULL, N_("The case: its number YYMMDD-NNNNN-C, or its id")                                                 \
    }
#define DUTY_WORDS                                                                                                                 \
    {"unit", "unit", "CODE", N_("The called unit, where several of yours are")},                                                   \
    {                                                                                                                              \
        "duty", "duty", "ID", N_("The duty itself, where the case and the unit do not say which")                                  \
    }

static const struct verb_word case_only[] = {CASE_WORD, {0}};
static const struct verb_word case_or_place[] = {
    {"[CASE]", "case", NULL, N_("The case: its number YYMMDD-NNNNN-C, or its id; left out with a place")}, {0}};

static const struct verb_word raise_options[] = {
    {"reason", "reason", "REASON", N_("Why")},
    {"unit", "units", "CODE,...", N_("Units asked for; may be given several times; the desk decides")},
    {"caller", "caller", "CODE", N_("Who whistles; the lowest of your units that may, if left out")},
    {"coordinating", "coordinating", "CODE", N_("Which of several units coordinates and finishes last (the first if left out)")},
    {"remote", "remote", NULL, N_("The units may work from afar, without coming")},
    {"level", "level", "LEVEL", N_("Level (routine if left out)")},
    {"text", "text", "TEXT", N_("What is asked")},
    {"place", "place", "CODE", N_("Instead of a case: the place; a case of your own is opened")},
    {"matter", "matter", "CODE", N_("With a place: the matter, or `unknown`")},
    {"urgency", "urgency", "URGENCY", N_("With a place: how urgent it is (ordinary if left out)")},
    {"address", "address", "TEXT", N_("With a place: the address")},
    {"given-limit", "given_limit", NULL, N_("Importer: the finish limit is the sender's, --limit-at or none")},
    {"limit-at", "limit_at", "INSTANT", N_("Importer: last instant in time of the finish clocks")},
    {0},
};
static const struct verb_word dispatch_options[] = {
    {"unit", "units", "CODE,...", N_("Units to call; those asked for if left out")},
    {"call", "call", "ID", N_("The call, where the case has several raised ones")},
    {"coordinating", "coordinating", "CODE", N_("Which of several units coordinates and finishes last")},
    {"appointed-at", "appointed_at", "INSTANT", N_("Appointed instant of arrival")},
    {"reason", "reason", "TEXT", N_("Why; needed where a unit is not on the list")},
    {0},
};
static const struct verb_word arrive_options[] = {
    DUTY_WORDS,
    {"evidence", "evidence", "TEXT", N_("Countersign, or photo and place")},
    {"finish-at", "finish_at", "INSTANT", N_("Urgent or hard: when it will be finished, as promised on site")},
    {"remote", "remote", NULL, N_("Your unit works from afar; the caller has agreed to that")},
    {0}};
static const struct verb_word object_options[] = {
    DUTY_WORDS,
    {"reason", "reason", "TEXT", N_("Why it is not your unit's")},
    {"basis", "basis", "TEXT", N_("Law, list or finding that says so")},
    {"better", "better", "CODE", N_("The unit that should be called instead")},
    {"outside", "outside", NULL, N_("No unit of the district is responsible")},
    {0},
};
static const struct verb_word finish_positions[] = {CASE_WORD, {"TEXT", "text", NULL, N_("Result in words")}, {0}};
static const struct verb_word finish_options[] = {DUTY_WORDS, {"code", "code", "CODE", N_("Result")}, {0}};
static const struct verb_word rate_options[] = {
    {"unit", "unit", "CODE", N_("The rated unit")},
    {"duty", "duty", "ID", N_("Or: the rate duty")},
    {"confirmed", "confirmed", "yes|no", N_("Is the result confirmed? `no` sends it back, once")},
    {"score", "score", "1-5", N_("From 1 (poor) to 5")},
    {"text", "text", "TEXT", N_("Words")},
    {"arrived", "arrived", "yes|no", N_("Was the unit there? `no` takes its arrival back (yes if left out)")},
    {"next", "next", "NEXT", N_("What comes next, where nothing is solved; `nothing` with --text as the reason")},
    {0},
};
static const struct verb_word withdraw_options[] = {
    {"call", "call", "ID", N_("The call, where the case has several open ones")}, {"reason", "reason", "TEXT", N_("Why")}, {0}};
static const struct verb_word cancel_options[] = {
    DUTY_WORDS,
    {"kind", "kind", "KIND", N_("respond, support or rule, where the unit has several")},
    {"reason", "reason", "TEXT", N_("Why")},
    {0}};

static const struct verb_word show_positions[] = {
    {"CASE|CALL", "case", NULL, N_("The case, by its number YYMMDD-NNNNN-C or its id; or the id of the call")}, {0}};
static const struct verb_word show_options[] = {
    {"call", "call", "ID", N_("The call, where the case has several; the newest open one if left out")}, {0}};
static const struct verb_word list_options[] = {
    {"open", "open", NULL, N_("Only calls that are not closed")},
    {"state", "state", "STATE", N_("Only calls in this state")},
    {"level", "level", "LEVEL", N_("Only this level")},
    {"caller", "caller", "CODE", N_("Only calls whose caller is in this unit's subtree")},
    {"called", "called", "CODE", N_("Only calls for which a unit in this unit's subtree was called")},
    {"colour", "colour", "COLOUR", N_("Only open calls whose worst running clock has this colour")},
    {"case", "case", "CASE", N_("Only calls of this case")},
    {"since", "since", "INSTANT", N_("Only calls raised at this instant or later")},
    {"until", "until", "INSTANT", N_("Only calls raised before this instant")},
    {"after", "after", "ID", N_("Only calls before this one; `next` of the page before")},
    {"count", NULL, "N", N_("How many calls (50)")},
    {0},
};

const struct verb verb_call[] = {
    {.name = "call list",
     .group = VERB_CALL,
     .doc = N_("Calls, newest first: who was called, has signed, arrived, finished"),
     .message = "list_calls",
     .options = list_options,
     .run = read_calls,
     .more = N_("Example: huying call list --open --caller S01 --colour red")},
    {.name = "call show",
     .group = VERB_CALL,
     .doc = N_("One call: its units, who is to act next, its clocks, what happened"),
     .message = "show_call",
     .positions = show_positions,
     .options = show_options,
     .run = read_call},
    {.name = "call raise",
     .group = VERB_CALL,
     .doc = N_("A street, a community or the desk whistles for departments"),
     .message = "raise_call",
     .tells = true,
     .positions = case_or_place,
     .options = raise_options,
     .run = command_run,
     .more = N_("Example: huying call raise 110701-00001-2 --reason unsolvable_here --unit PWDx\n"
                "About a place: huying call raise --place S01 --matter M01 --reason unsolvable_here --text TEXT")},
    {.name = "call dispatch",
     .group = VERB_CALL,
     .doc = N_("The desk sends a raised call to units"),
     .message = "dispatch_call",
     .tells = true,
     .positions = case_only,
     .options = dispatch_options,
     .run = command_run},
    {.name = "call arrive",
     .group = VERB_CALL,
     .doc = N_("The called unit is there"),
     .message = "arrive",
     .positions = case_only,
     .options = arrive_options,
     .run = command_run},
    {.name = "call object",
     .group = VERB_CALL,
     .doc = N_("Say that the call is not your unit's; the desk rules, and the clocks run on"),
     .message = "object_call",
     .tells = true,
     .positions = case_only,
     .options = object_options,
     .run = command_run,
     .more = N_("Example: huying call object 110701-00001-2 --better URBAN --basis \"List of duties, row 12\" --reason \"The wall "
                "is theirs\"")},
    {.name = "call finish",
     .group = VERB_CALL,
     .doc = N_("The called unit reports its result"),
     .message = "finish_call",
     .tells = true,
     .positions = finish_positions,
     .options = finish_options,
     .run = command_run},
    {.name = "call rate",
     .group = VERB_CALL,
     .doc = N_("The caller confirms and rates one called unit"),
     .message = "rate_call",
     .tells = true,
     .positions = case_only,
     .options = rate_options,
     .run = command_run},
    {.name = "call withdraw",
     .group = VERB_CALL,
     .doc = N_("The caller takes a call back, as long as nobody has arrived"),
     .message = "withdraw_call",
     .tells = true,
     .positions = case_only,
     .options = withdraw_options,
     .run = command_run},
    {.name = "call cancel",
     .group = VERB_CALL,
     .doc = N_("Take one called or supporting unit off the case"),
     .message = "cancel",
     .tells = true,
     .positions = case_only,
     .options = cancel_options,
     .run = command_run},
    {0},
};
