/*
 * foresee.h - what a command will be told at an instant that drill time has not reached
 *
 * Moving drill time fires rungs, and their records stand. A refused command must leave nothing behind, so before time moves for it,
 * it is judged as it will be then: the timers of its own case are fired on a copy of that case's rows, which is thrown away.
 */
#ifndef HUYING_ENGINE_FORESEE_H
#define HUYING_ENGINE_FORESEE_H

#include "dispatcher/engine/state.h"

/* Judges `command` at target_ms, which is not before now, without changing anything; the verdict is in engine->verdict, and its
 * records have no meaning. Returns 1; 0: too much will happen to its case until then to say; or a negative errno: -EFBIG: its
 * records are too large for the journal. */
int foresee(struct engine *engine, const struct command *command, int64_t target_ms);

#endif
