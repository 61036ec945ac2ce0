/*
 * verb_read.c - figures and the stream of events
 */
#include "clients/events.h"
#include "clients/followers.h"
#include "clients/metrics.h"

static const struct verb_word metrics_positions[] = {
    {"[ID]", NULL, NULL, "The metric; without it, the list of metrics", &metric_enum}, {0}};
static const struct verb_word metrics_options[] = {
    {"by", NULL, "GROUPING", "Grouping of the rows", &metric_by_enum},
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

static const struct verb_word forget_positions[] = {
    {"KEY", "forget_key", NULL, "Name of the follower's key"}, {"NAME", "forget_name", NULL, "Name of the follower"}, {0}};

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
    {.name = "followers",
     .group = VERB_MACHINE,
     .doc = "Who follows the events by name, and how far each has confirmed",
     .message = "list_followers",
     .run = followers_run},
    {.name = "followers forget",
     .group = VERB_MACHINE,
     .doc = "Forget one follower: under the same name it begins anew",
     .message = "list_followers",
     .positions = forget_positions,
     .run = followers_run},
    {0},
};
