/*
 * policy.h - switches and numbers of a district, read from policy.yaml
 *
 * Every number has a default (spec of the life cycles, section 3). A file needs district and zone, and says only what it changes.
 */
#ifndef HUYING_CONFIG_POLICY_H
#define HUYING_CONFIG_POLICY_H

#include "config/district.h"
#include "config/yaml_file.h"

/* Every default. No district, no desk, no zone. */
void policy_defaults(struct policy *ret);

/* Reads policy.yaml. Gives *ret even when faults were added to the values, so that more can be checked; ret->zone_name and
 * *ret_version (of the catalogue, NULL where not given) are the caller's to free. `ret_yaml` keeps the places of the keys for
 * later faults; the caller frees it with yaml_deinit. Returns 0; -EINVAL: nothing was read, a fault says why; -ENOMEM. */
int policy_parse(const char *file, const void *at, size_t size, struct faults *faults, struct policy *ret, char **ret_version,
                 struct yaml *ret_yaml);

/* Adds a fault for each limit and rung that the file itself gives in working time: for a district without calendars. (The defaults
 * are silent: they fall back to natural time by the built-in calendar.) */
void policy_refuse_working_time(const struct yaml *yaml, struct faults *faults);

#endif
