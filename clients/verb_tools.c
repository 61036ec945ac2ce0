/*
 * verb_tools.c - what an administrator does on the machine
 */
#include "base/i18n.h"
#include "clients/keys_list.h"
#include "clients/order_backup.h"
#include "clients/tools.h"

static const struct verb_word keys_positions[] = {{"NAME", NULL, NULL, N_("Name of the key")}, {0}};
static const struct verb_word keys_options[] = {
    {"role", NULL, "ROLE", N_("A role of the key; may be given several times"), &role_enum, true},
    {"unit", NULL, "UNIT", N_("The unit whose subtree the key covers")},
    {"matters", NULL, "LIST", N_("Only these matters: `M01;M02;03-*`, exact codes or beginnings; all if left out")},
    {0},
};

static const struct verb_word backup_positions[] = {{"[NAME]", NULL, NULL, N_("Its name; the present instant if left out")}, {0}};
static const struct verb_word backup_options[] = {{"status", NULL, NULL, N_("Start none: only say how far the last one is")}, {0}};

/* These verbs are read by huying-admin: the words are here for the manual and for completion. */
static const struct verb_word check_options[] = {
    {"data", NULL, "DIR", N_("Data folder of a dispatcher that does not run, or a copy of it")}, {0}};
static const struct verb_word restore_positions[] = {
    {"FOLDER", NULL, NULL, N_("The backup, or the data folder of a stopped dispatcher")}, {0}};
static const struct verb_word restore_options[] = {{"data", NULL, "DIR", N_("Data folder to make; it is missing, or empty")}, {0}};
static const struct verb_word preview_options[] = {
    {"data", NULL, "DIR", N_("Data folder of the dispatcher, which may run meanwhile")}, {0}};
static const struct verb_word make_options[] = {{"check", NULL, NULL, N_("Write nothing; exit code 1 where a table is not fresh")},
                                                {0}};
static const struct verb_word config_positions[] = {{"DIR", NULL, NULL, N_("The folder")}, {0}};

const struct verb verb_tools[] = {
    {.name = "backup",
     .group = VERB_MACHINE,
     .doc = N_("Copy the data of a running dispatcher into its folder of backups"),
     .positions = backup_positions,
     .options = backup_options,
     .run = order_backup_run,
     .more = N_("The folder is --backups of huyingd; the dispatcher works on meanwhile. Back: huying restore.")},
    {.name = "restore",
     .group = VERB_MACHINE,
     .doc = N_("Make a data folder from a backup, and check it"),
     .positions = restore_positions,
     .options = restore_options,
     .run = tools_restore,
     .passes_on = true},
    {.name = "check",
     .group = VERB_MACHINE,
     .doc = N_("Replay the journal of a stopped dispatcher and compare every row"),
     .options = check_options,
     .run = tools_check,
     .passes_on = true},
    {.name = "config check",
     .group = VERB_MACHINE,
     .doc = N_("Look for faults in a folder of configuration"),
     .positions = config_positions,
     .run = tools_config_check,
     .passes_on = true},
    {.name = "config preview",
     .group = VERB_MACHINE,
     .doc = N_("What a folder of configuration would do to the open cases"),
     .positions = config_positions,
     .options = preview_options,
     .run = tools_config_preview,
     .passes_on = true},
    {.name = "catalogue make",
     .group = VERB_MACHINE,
     .doc = N_("Make the tables of a copy of the example district from its list of responsibilities"),
     .positions = config_positions,
     .options = make_options,
     .run = tools_catalogue_make,
     .passes_on = true},
    {.name = "keys list",
     .group = VERB_MACHINE,
     .doc = N_("The keys of the keys folder: names, roles, units, since when"),
     .run = keys_list_run,
     .more = N_("Needs no dispatcher; --keys or HUYING_KEYS names the folder. Exit code 1: a file in it is broken; which, the "
                "table says.")},
    {.name = "keys new",
     .group = VERB_MACHINE,
     .doc = N_("Make a key pair for a person or a worker"),
     .positions = keys_positions,
     .options = keys_options,
     .run = tools_keys_new,
     .usage = "NAME",
     .many = true,
     .more = N_("Example: huying keys new --role worker --role leader --unit S01 wang")},
    {0},
};
