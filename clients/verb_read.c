/*
 * verb_read.c - figures and the stream of events
 */
#include "clients/events.h"
#include "clients/metrics.h"

static const struct verb_word metrics_positions[] = {{"[ID]", NULL, NULL, "The metric; without it, the list of metrics"}, {0}};
static const struct verb_word metrics_options[] = {
    {"by", NULL, "GROUPING", "Grouping of the rows: department, street, community, matter"},
    {"unit", NULL, "CODE", "Only items of this accountable unit's subtree"},
    {"from", NULL, "DATE", "First day of the district, by the metric's own date"},
    {"to", NULL, "DATE", "Last day, included"},
    {0},
};
static const struct verb_word events_options[] = {
    {"from", NULL, "SEQ", "First sequence wanted (1)"},
    {"wait", NULL, NULL, "Wait for more instead of ending after the last event"},
    {0},
};

const struct verb verb_read[] = {
    {.name = "metrics",
     .group = VERB_SUPERVISOR,
     .doc = "One metric by one grouping",
     .positions = metrics_positions,
     .options = metrics_options,
     .run = metrics_run,
     .more = "Example: huying metrics on_time_rate --by street --from 2011-07-01 --to 2011-09-30"},
    {.name = "events",
     .group = VERB_SUPERVISOR,
     .doc = "What happened, event by event; with --json one object a line",
     .options = events_options,
     .run = events_run},
    {0},
};
