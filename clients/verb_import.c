/*
 * verb_import.c - many complaints from a file
 */
#include "clients/import.h"

#include "base/i18n.h"

static const struct verb_word import_positions[] = {{"FILE.csv", NULL, NULL, N_("The complaints, one a row")}, {0}};
static const struct verb_word import_options[] = {
    {"map", NULL, "MAP.yaml", N_("Which column is which field; without it the columns are named like the fields of submit")},
    {"rejects", NULL, "FILE", N_("Where rows that are not taken are written, each with what to do")},
    {"window", NULL, "N", N_("Maximum number of submits at once (256)")},
    {"dry-run", NULL, NULL, N_("Send nothing: look at every row, and ask where it would go")},
    {"progress", NULL, NULL, N_("Show progress even where standard error is not a terminal")},
    {0},
};

const struct verb verb_import[] = {
    {.name = "import",
     .group = VERB_DESK,
     .doc = N_("Many complaints from a CSV file, each submitted once"),
     .positions = import_positions,
     .options = import_options,
     .run = import_run,
     .more =
         "Run again, it adds nothing: a row is known by its reference, or by the file and its place in it. A row that is not taken "
         "goes into the rejects file with what to do; corrected, that file is imported like any other.\n"
         "Example: huying import cases.csv --map map.yaml --rejects rejects.csv"},
    {0},
};
