/*
 * verb_duty.c - what a unit does with its duties
 */
#include "base/i18n.h"
#include "clients/command.h"
#include "clients/read.h"

#define CASE_WORD                                                                                                                  \
    {                                                                                                                              \
        "CASE", "case", NULL, N_("The case: its number YYMMDD-NNNNN-C, or its id")                                                 \
    }
#define DUTY_WORDS                                                                                                                 \
    {"unit", "unit", "CODE", N_("The unit that holds the duty, where several of yours do")},                                       \
    {                                                                                                                              \
        "duty", "duty", "ID", N_("The duty itself, where the case and the unit do not say which")                                  \
    }
#define KIND_WORD                                                                                                                  \
    {                                                                                                                              \
        "kind", "kind", "KIND", N_("Kind of duty, where the unit has several on the case")                                         \
    }

static const struct verb_word case_only[] = {CASE_WORD, {0}};

static const struct verb_word inbox_options[] = {
    {"unit", "unit", "UNIT", N_("The unit whose subtree is looked at; your own if left out")},
    {"kind", "kind", "KIND", N_("Only this kind")},
    {"clock", "clock", "CLOCK", N_("Colours by the running clocks of this kind alone, such as handle")},
    {"after", "after", "ID", N_("Only duties after this one, which the page before ended with; with --after-due")},
    {"after-due", "after_due", "INSTANT", N_("Its due instant; left out where it has none")},
    {"count", NULL, "N", N_("How many duties (50)")},
    {0},
};
static const struct verb_word duty_options[] = {DUTY_WORDS, KIND_WORD, {0}};

static const struct verb_word contact_positions[] = {CASE_WORD, {"OUTCOME", "outcome", NULL, N_("Outcome")}, {0}};
static const struct verb_word contact_options[] = {
    DUTY_WORDS, KIND_WORD, {"evidence", "evidence", "TEXT", N_("Channel and what shows it")}, {0}};

static const struct verb_word stage_positions[] = {CASE_WORD, {"TEXT", "text", NULL, N_("What is done, and what comes next")}, {0}};
static const struct verb_word stage_options[] = {
    DUTY_WORDS,
    KIND_WORD,
    {"next-at", "next_at", "INSTANT", N_("When the next report or the result is to be expected")},
    {0},
};

static const struct verb_word report_positions[] = {CASE_WORD, {"TEXT", "text", NULL, N_("Result, or why there is none")}, {0}};
static const struct verb_word report_options[] = {DUTY_WORDS, {0}};

static const struct verb_word answer_positions[] = {CASE_WORD, {"TEXT", "text", NULL, N_("The answer")}, {0}};
static const struct verb_word answer_options[] = {
    DUTY_WORDS,
    {"code", "code", "CODE", N_("What it says")},
    {"basis", "basis", "TEXT", N_("Law, rule or finding; needed with `explained`")},
    {"published", "published", NULL, N_("Publish the answer")},
    {0},
};

static const struct verb_word support_positions[] = {
    CASE_WORD,
    {"UNIT", "support", NULL, N_("Code of the unit that is to support")},
    {"TEXT", "text", NULL, N_("What is asked of it")},
    {0},
};
static const struct verb_word support_options[] = {DUTY_WORDS, {0}};

static const struct verb_word assign_positions[] = {
    CASE_WORD,
    {"TO", "to", NULL, N_("Code of the unit below yours that is to do it")},
    {"TEXT", "text", NULL, N_("What is to be done")},
    {0},
};
static const struct verb_word assign_options[] = {
    DUTY_WORDS,
    KIND_WORD,
    {"due", "due_at", "INSTANT", N_("By when; before your own due instant")},
    {0},
};

static const struct verb_word return_options[] = {
    DUTY_WORDS,
    KIND_WORD,
    {"reason", "reason", "TEXT", N_("Why it is not your unit's")},
    {"basis", "basis", "TEXT", N_("Law, list or finding that says so")},
    {"better", "better", "CODE", N_("The unit whose duty it is")},
    {"outside", "outside", NULL, N_("No unit of the district is responsible")},
    {0},
};

static const struct verb_word refer_options[] = {
    DUTY_WORDS,
    {"reason", "reason", "TEXT", N_("Why your unit cannot settle it alone")},
    {"tried", "tried", "TEXT", N_("What was tried")},
    {0},
};

const struct verb verb_duty[] = {
    {.name = "inbox",
     .group = VERB_UNIT,
     .doc = N_("Open duties, the earliest due first"),
     .message = "inbox",
     .options = inbox_options,
     .run = read_inbox},
    {.name = "claim",
     .group = VERB_UNIT,
     .doc = N_("Claim a duty for a while"),
     .message = "claim",
     .positions = case_only,
     .options = duty_options,
     .run = command_run},
    {.name = "release",
     .group = VERB_UNIT,
     .doc = N_("Give the claim back"),
     .message = "release",
     .positions = case_only,
     .options = duty_options,
     .run = command_run},
    {.name = "sign",
     .group = VERB_UNIT,
     .doc = N_("The unit accepts the duty"),
     .message = "sign",
     .positions = case_only,
     .options = duty_options,
     .run = command_run},
    {.name = "contact",
     .group = VERB_UNIT,
     .doc = N_("Record a contact with the citizen, or of a called unit with its caller"),
     .message = "contact",
     .tells = true,
     .positions = contact_positions,
     .options = contact_options,
     .run = command_run},
    {.name = "return",
     .group = VERB_UNIT,
     .doc = N_("Say that a duty is not your unit's; the desk rules, and the clocks run on"),
     .message = "ask_return",
     .positions = case_only,
     .options = return_options,
     .run = command_run,
     .more = N_("Example: huying return 110701-00001-2 --better WATER --basis \"List of duties, row 12\" --reason \"The pipe is "
                "theirs\"")},
    {.name = "refer-up",
     .group = VERB_UNIT,
     .doc = N_("Ask the unit above to take the case over; it decides, and the clocks run on"),
     .message = "refer_up",
     .positions = case_only,
     .options = refer_options,
     .run = command_run,
     .more =
         N_("Example: huying refer-up 110701-00001-2 --reason \"Two streets share the wall\" --tried \"Both owners were heard\"")},
    {.name = "report-stage",
     .group = VERB_UNIT,
     .doc = N_("Say how far it is; a lead's stage clock starts anew"),
     .message = "report_stage",
     .tells = true,
     .positions = stage_positions,
     .options = stage_options,
     .run = command_run,
     .more = N_("Example: huying report-stage 110701-00001-2 --next-at 2011-07-08 \"The cable is ordered.\"")},
    {.name = "add-support",
     .group = VERB_UNIT,
     .doc = N_("The lead asks another unit to support it"),
     .message = "add_support",
     .positions = support_positions,
     .options = support_options,
     .run = command_run,
     .more = N_("Example: huying add-support 110701-00001-2 URBAN \"Please close the lane on Friday.\"")},
    {.name = "assign",
     .group = VERB_UNIT,
     .doc = N_("Hand a duty on inside your unit; you stay the holder"),
     .message = "assign",
     .positions = assign_positions,
     .options = assign_options,
     .run = command_run,
     .more = N_("Example: huying assign 110701-00001-2 HS-CITY --due 2011-07-05 \"Please look at building 3.\"")},
    {.name = "report",
     .group = VERB_UNIT,
     .doc = N_("A supporting unit reports its result"),
     .message = "report",
     .positions = report_positions,
     .options = report_options,
     .run = command_run},
    {.name = "answer",
     .group = VERB_UNIT,
     .doc = N_("The lead's answer: stops the handle clock"),
     .message = "answer",
     .tells = true,
     .positions = answer_positions,
     .options = answer_options,
     .run = command_run,
     .more = N_("Example: huying answer 110701-00001-2 --code solved \"Lamp replaced on Tuesday\"")},
    {0},
};
