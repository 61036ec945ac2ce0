/*
 * loader.h - reads and checks the folder that says what a district is
 *
 * The folder holds policy.yaml (switches and numbers; each number has a default), units.csv, matters.csv and catalogue.csv.
 * config/README.md shows every column and key. All faults of the tables and of the values are reported in one run, and the
 * first fault in the shape of the YAML. Standing facts: reads files, prints nothing, keeps no global state.
 */
#ifndef HUYING_CONFIG_LOADER_H
#define HUYING_CONFIG_LOADER_H

#include "config/district.h"
#include "config/faults.h"

/* Loads a district. Gives *ret (the caller frees it with district_free) only when nothing is wrong; empties `faults` first.
 * Returns 0; -EINVAL: `faults` says what is wrong (a missing file is a fault too); -ENOMEM. */
int district_load(const char *folder, struct faults *faults, struct district **ret);

/* Frees a district, its zone included. Takes NULL; returns NULL. */
struct district *district_free(struct district *district);

#endif
