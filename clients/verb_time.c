/*
 * verb_time.c - drill time: moving the clock, and a past season again
 */
#include "base/i18n.h"
#include "clients/command.h"
#include "clients/replay.h"

static const struct verb_word advance_positions[] = {{"INSTANT", "to", NULL, N_("The new instant")}, {0}};

static const struct verb_word replay_positions[] = {{"FILE.csv", NULL, NULL, N_("The requests")}, {0}};
static const struct verb_word replay_options[] = {
    {"map", NULL, "MAP.yaml", N_("How its columns become cases")},
    {"until", NULL, "INSTANT", N_("End of the replay (the map's, else the last close in the file)")},
    {"rejects", NULL, "FILE", N_("Where rows that are refused are written, each with what to do")},
    {"progress", NULL, NULL, N_("Show progress even where standard error is not a terminal")},
    {"in-flight", NULL, "N", N_("Maximum number of commands at once (512)")},
    {0},
};

const struct verb verb_time[] = {
    {.name = "advance",
     .group = VERB_DRILL,
     .doc = N_("Move the clock; every rung on the way fires at its own instant"),
     .message = "advance",
     .positions = advance_positions,
     .run = command_run},
    {.name = "replay",
     .group = VERB_DRILL,
     .doc = N_("Feed real requests at their own recorded instants"),
     .positions = replay_positions,
     .options = replay_options,
     .run = replay_run,
     .more =
         N_("Needs a dispatcher in drill time and a key with the role importer. Run twice, it gives the same answers and changes "
            "nothing.\nExample: huying replay config/boston/311-boston-2011.csv --map config/boston/replay.yaml")},
    {0},
};
