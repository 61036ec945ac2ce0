/* backup.c - the engine's backups, worked on by libuv's thread pool */
#include "dispatcher/shell/backup.h"

static void work(uv_work_t *request)
{
    engine_backup_work(request->data);
}

static void worked(uv_work_t *request, int status)
{
    struct backup *backup = (struct backup *)((char *)request - offsetof(struct backup, work));
    (void)status; /* never cancelled in the queue: it would have nobody who cleans up */
    backup->working = false;
    engine_backup_worked(backup->engine);
    backup_look(backup);
}

void backup_init(struct backup *backup, uv_loop_t *uv, struct engine *engine)
{
    *backup = (struct backup){.uv = uv, .engine = engine};
}

void backup_look(struct backup *backup)
{
    if (backup->working || backup->ending) {
        return;
    }
    backup->work.data = engine_backup_next(backup->engine);
    if (backup->work.data == NULL) {
        return;
    }
    backup->working = true;
    uv_queue_work(backup->uv, &backup->work, work, worked);
}

void backup_stop(struct backup *backup)
{
    backup->ending = true;
    engine_backup_stop(backup->engine);
}
