/*
 * engine_backup.h - a copy of the data while the engine works on
 *
 * The query `backup` asks for one and says how far it is. The work is done in two pieces by another thread, one at a time: first
 * the rows of a checkpoint; then the journal, up to what is durable when the rows are there, so that the journal knows all that the
 * rows know. The folder is written as NAME.part, flushed, and renamed at the end: under its own name it is whole. What a dead
 * process left is removed at the next start or backup.
 *
 *     struct engine_backup *work = engine_backup_next(engine);    between steps, in the engine's thread
 *     engine_backup_work(work);                                   in any other thread, meanwhile steps go on
 *     engine_backup_worked(engine);                               in the engine's thread again; then ask for the next piece
 */
#ifndef HUYING_ENGINE_ENGINE_BACKUP_H
#define HUYING_ENGINE_ENGINE_BACKUP_H

#include "dispatcher/engine/engine.h"

struct engine_backup;

/* The piece of work that is to be done now; NULL: none, or one is under way. Between steps only. Writes a checkpoint before the
 * first piece. */
struct engine_backup *engine_backup_next(struct engine *engine);

/* Does it. Touches nothing of the engine that the engine's thread works with. */
void engine_backup_work(struct engine_backup *backup);

/* Takes the result of a piece that has been done, and logs the end of a backup. */
void engine_backup_worked(struct engine *engine);

/* Ends what is under way: its piece comes to its end soon, and leaves nothing. For the end of the process. */
void engine_backup_stop(struct engine *engine);

#endif
