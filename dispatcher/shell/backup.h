/*
 * backup.h - the engine's backups, worked on by libuv's thread pool
 *
 * The loop asks after each of its turns whether a piece is to be done. One piece at a time.
 */
#ifndef HUYING_SHELL_BACKUP_H
#define HUYING_SHELL_BACKUP_H

#include "dispatcher/engine/engine_backup.h"

#include <uv.h>

struct backup {
    uv_loop_t *uv;
    struct engine *engine;
    uv_work_t work;
    bool working;
    bool ending;
};

/* Borrows both. */
void backup_init(struct backup *backup, uv_loop_t *uv, struct engine *engine);

/* Gives the pool the next piece, if there is one. Between steps of the engine. */
void backup_look(struct backup *backup);

/* Begins to end what is under way, and begins nothing more. The loop runs on until the pool has let go of it. */
void backup_stop(struct backup *backup);

#endif
