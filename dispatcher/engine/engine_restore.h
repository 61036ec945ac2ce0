/*
 * engine_restore.h - a data folder made from a backup, and proven
 *
 * Needs no server. Until all is copied and the journal's chain is verified the new folder has a VERSION that no dispatcher takes,
 * so that half a journal is never worked with.
 */
#ifndef HUYING_ENGINE_ENGINE_RESTORE_H
#define HUYING_ENGINE_ENGINE_RESTORE_H

#include "dispatcher/engine/engine.h"

struct engine_restore_report {
    bool begun;           /* something was written into `data` */
    uint64_t seq;         /* last sequence that the folder has */
    int64_t at_ms;        /* and its instant; 0 = the journal is empty */
    char config_hash[65]; /* of the set in force at its end, which lies in config/ under this name; "" before there is one */
    struct engine_check_report check;
};

/* Copies the data in `from` (a backup, or the folder of a stopped dispatcher) into the folder `data`, which is missing or empty;
 * makes the rows where they are missing, damaged or of another journal (said), replays the journal's tail into them, and checks
 * everything as engine_check does, of which `say` is. `progress` (what: "copy" or "check"; may be NULL) is told how far it is. Run
 * by root, the files become those of the owner of `from`. Returns the number of differences, 0 = the folder is ready; or a negative
 * errno, `said` (512 bytes) has the sentence: -ENOTEMPTY `data` has something in it, which stays; -EBADMSG the backup is damaged;
 * else nothing is left in `data`. A bad disk may end the process by a signal: run it in a child, and if that had begun, call
 * engine_check_clean and engine_restore_clean after it. `map_size` as in engine_options. */
int64_t engine_restore(const char *from, const char *data, size_t map_size, void (*say)(void *arg, const char *line),
                       void (*progress)(void *arg, const char *what, uint64_t done, uint64_t total), void *arg,
                       struct engine_restore_report *ret, char *said);

/* Takes out again what a restore has put into a folder. */
void engine_restore_clean(const char *data);

#endif
