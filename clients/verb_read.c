/*
 * verb_read.c - figures and the stream of events
 */
#include "base/i18n.h"
#include "clients/events.h"
#include "clients/figures.h"
#include "clients/show_followers.h"
#include "clients/show_set.h"
#include "clients/status.h"

static const struct verb_word metrics_positions[] = {
    {"[ID]", NULL, NULL, N_("The metric; without it, the list of metrics"), &metric_enum}, {0}};
static const struct verb_word metrics_options[] = {
    {"by", NULL, "GROUPING", N_("Grouping of the rows: by accountable unit, by place (place_...), by matter, or total"),
     &metric_by_enum},
    {"unit", NULL, "UNIT", N_("Only items of this accountable unit's subtree")},
    {"from", NULL, "DATE", N_("First day of the district, by the metric's own date")},
    {"to", NULL, "DATE", N_("Last day, included")},
    {"month", NULL, "MONTH", N_("A reporting month, such as 2026-10")},
    {"quarter", NULL, "QUARTER", N_("Three reporting months, such as 2026-Q4")},
    {"year", NULL, "YEAR", N_("Twelve reporting months, such as 2026")},
    {"compare", NULL, "PERIOD",
     N_("Beside another period: previous, last-year, 2026-09, 2026-Q3, 2025, or 2026-09-01..2026-09-15")},
    {"csv", NULL, NULL, N_("For a spreadsheet: CSV by RFC 4180")},
    {0},
};
static const struct verb_word events_options[] = {
    {"from", NULL, "SEQ", N_("First sequence wanted (1)")},
    {"wait", NULL, NULL, N_("Wait for more instead of ending after the last event")},
    {0},
};

static const struct verb_word forget_positions[] = {
    {"KEY", "forget_key", NULL, N_("Name of the follower's key")}, {"NAME", "forget_name", NULL, N_("Name of the follower")}, {0}};

static const struct verb_word words_positions[] = {{"[WORDS]", NULL, NULL, N_("Each is part of the code or the name")}, {0}};
static const struct verb_word words_options[] = {
    {"after", "after", "CODE", N_("Only those after this code, which the page before ended with")},
    {"count", NULL, "N", N_("How many (50)")},
    {0},
};

static const struct verb_word proposals_options[] = {
    {"after", "after", "ID", N_("Only those after this one, which the page before ended with")},
    {"count", NULL, "N", N_("How many (50)")},
    {0},
};

static const struct verb_word status_options[] = {
    {"prometheus", NULL, NULL, N_("Numbers for a monitoring system, in the text format of Prometheus")}, {0}};

const struct verb verb_read[] = {
    {.name = "status",
     .group = VERB_MACHINE,
     .doc = N_("Is the dispatcher up: its set, clock, sequence, followers, disk and what its work costs"),
     .message = "status",
     .options = status_options,
     .run = status_run,
     .more =
         N_("Exit code 0: it is up; 3: no answer, or your key is not admitted, and the sentence says which.\nFollowers, disk and "
            "what a batch costs are shown to administrators and supervisors of the whole district.")},
    {.name = "config show",
     .group = VERB_MACHINE,
     .doc = N_("The set in force: what it holds, its limits and calendars"),
     .message = "show_config",
     .run = show_set_config},
    {.name = "units",
     .group = VERB_DESK,
     .doc = N_("Units of the district, all or those that words find"),
     .message = "list_units",
     .positions = words_positions,
     .options = words_options,
     .run = show_set_units,
     .usage = "[WORDS]",
     .many = true,
     .more = N_("Wherever a verb takes a unit, its code or its name will do.\nExample: huying units 翠湖 网格")},
    {.name = "matters",
     .group = VERB_DESK,
     .doc = N_("Matters of the catalogue, all or those that words find: who leads, and the limit"),
     .message = "list_matters",
     .positions = words_positions,
     .options = words_options,
     .run = show_set_matters,
     .usage = "[WORDS]",
     .many = true,
     .more =
         N_("LEAD and LIMIT are those of the row for any place; ROWS BY PLACE says how many rows for certain places come before "
            "it, which\n"
            "`huying route explain MATTER PLACE` looks at. Wherever a verb takes a matter, its code or its name will do.\n"
            "Example: huying matters 路灯")},
    {.name = "catalogue proposals",
     .group = VERB_SUPERVISOR,
     .doc = N_("Changes of the dispatch list that rulings propose: matter, place, who is listed, who was ruled, of how many cases"),
     .message = "catalogue_proposals",
     .options = proposals_options,
     .run = show_set_proposals,
     .more = N_("A change that the list in force has already is not shown. Edit the list, then `huying config check`.")},
    {.name = "metrics",
     .group = VERB_SUPERVISOR,
     .doc = N_("One metric by one grouping"),
     .positions = metrics_positions,
     .options = metrics_options,
     .run = figures_run,
     .more = N_("Example: huying metrics on_time_rate --by street --month 2026-10 --compare previous")},
    {.name = "events",
     .group = VERB_SUPERVISOR,
     .doc = N_("What happened, event by event; with --json one object a line"),
     .options = events_options,
     .run = events_run},
    {.name = "followers",
     .group = VERB_MACHINE,
     .doc = N_("Who follows the events by name, and how far each has confirmed"),
     .message = "list_followers",
     .run = show_followers_run},
    {.name = "followers forget",
     .group = VERB_MACHINE,
     .doc = N_("Forget one follower: under the same name it begins anew"),
     .message = "list_followers",
     .positions = forget_positions,
     .run = show_followers_run},
    {0},
};
