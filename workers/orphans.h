/*
 * orphans.h - processes whose parent has ended, and which are therefore ours
 *
 * A process group does not hold who leaves it: a command may put a process into a session of its own. So the worker is the
 * subreaper of all that descends from it (prctl PR_SET_CHILD_SUBREAPER): what loses its parent becomes the worker's own child,
 * whatever its session. An orphan that is older than every command that still runs belongs to none of them. Linux; /proc must be
 * there. One thread. Who uses this has no children but those that it names.
 */
#ifndef HUYING_WORKERS_ORPHANS_H
#define HUYING_WORKERS_ORPHANS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* From now on orphans come to this process. */
void orphans_adopt(void);

/* When a process began, in clock ticks since the machine did; 0: it is not there. */
uint64_t orphans_began(pid_t pid);

/* Kills the children of this process that are not its own (`is_own` says which are, ended ones included) and that began before
 * `until` (UINT64_MAX: all), and buries those that have ended. True: some are left; ask again soon, for their children come to us
 * too. */
bool orphans_sweep(bool (*is_own)(pid_t pid), uint64_t until);

#endif
