/*
 * hook.h - one webhook: a named follower of events whose parcels a courier delivers
 *
 * Each hook follows under its own name, so a dead one holds up no other. What is confirmed to the dispatcher is the low-water mark:
 * all up to it is delivered or written down as dead, so a crash repeats but loses nothing.
 */
#ifndef HUYING_WORKERS_HOOK_H
#define HUYING_WORKERS_HOOK_H

#include "workers/courier.h"
#include "workers/settings.h"
#include "workers/worker.h"

#define HOOKS_MAX 64
#define HOOK_TYPES_MAX CODES_MAX

/* An event type that a hook wants. */
struct hook_type {
    struct code type;
    uint32_t rungs; /* bit per enum rung, for rung_fired; 0: all */
};

struct hook_options {
    const char *name;
    const char *url;
    const char *secret; /* file */
    uint32_t type_count;
    struct hook_type types[HOOK_TYPES_MAX];
};

/* Reads a hook of the settings: a map name, url, secret, types; or the words `name=... url=... secret=... types=A,B:RUNG`. As
 * setting_item. */
int hook_read(struct settings *settings, struct hook_options *hook, const struct yaml_tree *tree, const struct yaml_tree_node *node,
              const char *text, char fault[YAML_TREE_FAULT_SIZE]);

/* Adds a type: `case_closed`, or `rung_fired:red`. False: there is no such event. */
bool hook_add_type(struct hook_options *hook, const char *text, size_t size);

struct hook;

/* What all hooks of a process share. */
struct hook_shared {
    struct worker *worker;
    struct http *http;
    const struct courier_policy *policy;
    const char *dead_folder;
    const char *resource; /* with {number} */
    bool from_now;
    void (*on_drained)(void *arg); /* after hook_stop, once */
    void (*on_refused)(void *arg); /* the first follow was refused */
    void *arg;
};

/* Opens; borrows both. Returns 0 with *ret, or a negative errno as signature_load. */
int hook_open(const struct hook_shared *shared, const struct hook_options *options, struct hook **ret);

/* Asks for events where it is time to. `first_seq`: the dispatcher's last sequence when this process began. */
void hook_tick(struct hook *hook);

/* Ends what is under way, confirms; `now`: without waiting. on_drained follows. */
void hook_stop(struct hook *hook, bool now);

/* Closes; its memory goes at hook_free, after the loop has run. */
void hook_close(struct hook *hook);
struct hook *hook_free(struct hook *hook);

/* Path of a hook's dead letters. */
void hook_dead_path(const char *folder, const char *name, char *ret, size_t size);

/* One dead letter as a line of JSON, for free(); NULL: no memory. */
char *hook_dead_line(const struct parcel *parcel, uint64_t seq, uint64_t case_id);

#endif
