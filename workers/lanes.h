/*
 * lanes.h - things to be done in the order of their sequence within a case, and side by side otherwise
 *
 * Each entry waits for the unfinished ones of its case that came before it. The low-water mark says up to which sequence all is
 * done. Pure memory: the caller gives the time. Meant for some hundreds of entries: a question walks them all.
 */
#ifndef HUYING_WORKERS_LANES_H
#define HUYING_WORKERS_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lane_state { LANE_WAITING, LANE_BUSY, LANE_DONE };

struct lane_entry {
    struct lane_entry *next, *previous; /* by sequence */
    struct lane_entry *before;          /* unfinished one of its case, NULL: it is at the head of its lane */
    uint64_t seq;
    uint64_t case_id;
    enum lane_state state;
    int64_t until_ms; /* waiting: not before */
    void *data;       /* the caller's */
};

struct lanes {
    struct lane_entry *first, *last;
    size_t count;       /* all that are kept */
    size_t outstanding; /* not done */
    uint64_t looked;    /* everything up to here has been looked at */
};

/* Adds an entry at the end; requires seq > that of all others. NULL: no memory. */
struct lane_entry *lanes_add(struct lanes *lanes, uint64_t seq, uint64_t case_id);

/* The first entry that may begin at `now_ms`, or NULL. It is busy then. */
struct lane_entry *lanes_begin(struct lanes *lanes, int64_t now_ms);

/* Puts a busy entry off until an instant; its lane waits with it. */
void lanes_put_off(struct lane_entry *entry, int64_t until_ms);

/* A busy entry is done: the next of its case may begin. Its data is the caller's to free before. The entry may be gone afterwards.
 */
void lanes_finish(struct lanes *lanes, struct lane_entry *entry);

/* Earliest instant at which an entry that is put off may begin; -1: none is. */
int64_t lanes_due_ms(const struct lanes *lanes);

/* Everything up to here is done. */
uint64_t lanes_low_water(const struct lanes *lanes);

/* Frees all entries, not their data. */
void lanes_deinit(struct lanes *lanes);

#endif
