/*
 * datadir.h - the data folder: journal/ rows/ config/ VERSION lock
 *
 * One process writes in a data folder at a time: `lock` is held with flock from open to close. VERSION names the format of the
 * whole folder; a newer one is refused, so that an old program never misreads it. Its second line says whether the folder's time is
 * real or a drill's; the other clock is refused: real time would make a drill's cases years late, a drill would move real time.
 */
#ifndef HUYING_ENGINE_DATADIR_H
#define HUYING_ENGINE_DATADIR_H

#include <stdbool.h>
#include <stddef.h>

#define DATADIR_VERSION 2
#define DATADIR_SAID 512
/* What VERSION says while a restore is under way. */
#define DATADIR_UNFINISHED "huying restore unfinished\n"

struct datadir {
    int lock_fd; /* -1 = none */
    char *path;
    char *journal;
    char *rows;
};

/* Who opens: a server in real time or in drill time, alone; or a reader beside readers, while no server runs. */
enum datadir_use { DATADIR_REAL, DATADIR_DRILL, DATADIR_SHARED };

/* Makes what is missing (not for DATADIR_SHARED), takes the lock and checks VERSION.
 * `said` (DATADIR_SAID bytes) gets the sentence of a refusal. Fills *ret, which datadir_close ends also after a failure.
 * Returns 0; -EBUSY another process has the lock; -ENOTSUP a newer folder, or one with the other clock; or another negative errno.
 */
int datadir_open(const char *path, enum datadir_use use, struct datadir *ret, char *said);

/* Looks at VERSION alone, without the lock: for a reader of the rows beside a running server. *ret_drill: time of this folder is a
 * drill's. Returns and `said` as datadir_open; -ENOENT: this is no data folder. */
int datadir_look(const char *path, bool *ret_drill, char *said);

/* Copies the regular files of a folder into another, which exists; LMDB's lock.mdb is left out. Returns 0 or a negative errno. */
int datadir_copy_files(const char *from, const char *to);

/* Removes a folder and what is in it, never following links. Returns 0 or a negative errno. */
int datadir_remove(const char *path);

#define DATADIR_NAME 64

/* Renames rows/ to KIND-<instant>, and flushes; what an earlier time set aside as KIND goes. `ret_name` gets the new name. Returns
 * 0 or a negative errno. */
int datadir_set_aside(const struct datadir *folder, const char *kind, char ret_name[DATADIR_NAME]);

/* Removes what was set aside as KIND. Returns 0 or a negative errno. */
int datadir_drop_aside(const struct datadir *folder, const char *kind);

/* Joins two parts with a slash. Gives a string (caller frees), or NULL. */
char *datadir_join(const char *path, const char *name);

/* Releases the lock and the strings. */
void datadir_close(struct datadir *folder);

#endif
