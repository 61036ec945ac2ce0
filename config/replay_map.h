/*
 * replay_map.h - how the columns of somebody's request file become cases of a district
 *
 * `huying replay FILE.csv --map MAP.yaml` reads the map with this. The map names the columns, the zone of the local times and the
 * tables (units.csv, matters.csv beside it) that turn spellings into codes. Loaded once, then never changed.
 */
#ifndef HUYING_CONFIG_REPLAY_MAP_H
#define HUYING_CONFIG_REPLAY_MAP_H

#include "config/district.h"
#include "config/faults.h"
#include "config/zone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names of the file's columns; NULL where the map names none. */
struct replay_columns {
    char *id;         /* becomes the reference */
    char *opened;     /* local time */
    char *target;     /* local time or empty: no limit */
    char *closed;     /* local time or empty: never closed */
    char *street;     /* spelling of a street's name */
    char *ward;       /* with the street: names a community */
    char *department; /* called on the case */
    char *field;      /* upper level of the matter */
    char *type;       /* matter under the field */
    char *channel;    /* where it came from */
    char *answer;     /* text of the answer */
};

struct replay_channel {
    char *spelling;
    enum channel channel;
};

struct replay_map {
    struct replay_columns columns;
    char *time_format; /* of strptime, or NULL */
    char *zone_name;
    struct zone *zone;
    bool unlisted_matter;       /* a matter that the district does not have becomes `unknown`; else its row is refused */
    struct code unlisted_place; /* what a place becomes that the district does not have; empty: its row is refused */
    struct code district;       /* where a case stands that has no street */
    struct code desk;
    enum case_kind kind;
    bool anonymous;
    enum answer_code answer_code;
    char *answer_default; /* text of an answer whose column is empty */
    enum channel channel_default;
    uint32_t channel_count;
    struct replay_channel *channels;
    bool until_given;
    int64_t until_at_ms;  /* end of the replay; without until_given: the last close */
    char *community_name; /* template with {street} and {ward} */
    char *ward_prefix;    /* taken off a ward before it is compared */
    struct unit *units;   /* sorted by code */
    uint32_t unit_count;
    struct matter *matters; /* sorted by code */
    uint32_t matter_count;
};

/* Reads a map and the tables that it names. Gives *ret (the caller frees). Empties `faults` first.
 * Returns 0; -EINVAL: `faults` says what is wrong; -ENOMEM. */
int replay_map_load(const char *file, struct faults *faults, struct replay_map **ret);

struct replay_map *replay_map_free(struct replay_map *map);

/* Index (into map->units) of the street with this name, blanks around it ignored; -1: none, or an empty name. */
int32_t replay_map_street(const struct replay_map *map, const char *name);

/* Index of the community of a street and a ward (`Ward 1`, `01` and `1` are the same); -1: none, or an empty half. */
int32_t replay_map_community(const struct replay_map *map, int32_t street, const char *ward);

/* Index of the department whose code is the name with characters outside [A-Za-z0-9_.-] as `_`; -1: the district has none: the
 * row is refused. */
int32_t replay_map_department(const struct replay_map *map, const char *name);

/* Code of the matter `type` under `field`; false: the district has no such matter, and *ret is the code `unknown`. */
bool replay_map_matter(const struct replay_map *map, const char *field, const char *type, struct code *ret);

/* Channel of a spelling; false: the map has none for it, and *ret is its default. An empty one is the default. */
bool replay_map_channel(const struct replay_map *map, const char *spelling, enum channel *ret);

/* Instant of a local time in the map's form, else `YYYY-MM-DD HH:MM[:SS]`, in the map's zone. In a fold the first. Returns 0;
 * -ENODATA: empty; -EINVAL: not a local time; -ERANGE: it does not exist, the zone skips it (*ret_at_ms is not set). */
int replay_map_instant(const struct replay_map *map, const char *text, int64_t *ret_at_ms);

#endif
