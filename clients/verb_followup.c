/*
 * verb_followup.c - asking the citizen
 */
#include "clients/command.h"

#include "base/i18n.h"

#define CASE_WORD                                                                                                                  \
    {                                                                                                                              \
        "CASE", "case", NULL, N_("The case: its number YYMMDD-NNNNN-C, or its id")                                                 \
    }
#define REPORTER_WORD                                                                                                              \
    {                                                                                                                              \
        "reporter", "reporter", "N", N_("Which citizen of the case (1 if left out)")                                               \
    }

static const struct verb_word case_only[] = {CASE_WORD, {0}};

static const struct verb_word attempt_positions[] = {CASE_WORD, {"OUTCOME", "outcome", NULL, N_("Outcome")}, {0}};
static const struct verb_word attempt_options[] = {REPORTER_WORD, {"text", "text", "TEXT", N_("Words")}, {0}};

static const struct verb_word followup_options[] = {
    REPORTER_WORD,
    {"contacted", "contacted", "WORD", N_("Did the unit contact you?")},
    {"solved", "solved", "WORD", N_("Is it solved?")},
    {"satisfied", "satisfied", "WORD", N_("Are you satisfied?")},
    {"text", "text", "TEXT", N_("Wishes and words")},
    {0},
};

const struct verb verb_followup[] = {
    {.name = "attempt",
     .group = VERB_FOLLOWUP,
     .doc = N_("A follow-up attempt that reached nobody"),
     .message = "note_attempt",
     .positions = attempt_positions,
     .options = attempt_options,
     .run = command_run},
    {.name = "followup",
     .group = VERB_FOLLOWUP,
     .doc = N_("Record what the citizen says when asked"),
     .message = "note_followup",
     .tells = true,
     .positions = case_only,
     .options = followup_options,
     .run = command_run,
     .more = N_("Example: huying followup 110701-00001-2 --contacted yes --solved yes --satisfied basically")},
    {0},
};
