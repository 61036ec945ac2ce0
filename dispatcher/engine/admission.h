/*
 * admission.h - from a message to a command: who asks, and may they at all
 *
 * Rules that hold for every request: its roles, acting for others, its key's unit, carrying an instant. Whose case it is, the core
 * (commands) and query.h (queries) decide.
 */
#ifndef HUYING_ENGINE_ADMISSION_H
#define HUYING_ENGINE_ADMISSION_H

#include "dispatcher/engine/engine.h"
#include "proto/request.h"

#define ADMISSION_FIELD_SIZE 256

/* May this key ask this at all, and as whom? *ret is `from`, or, where a gateway acts for a person, `room`: the rights that both
 * have (roles; the unit that lies within both subtrees; matters), and the person. `field` (ADMISSION_FIELD_SIZE bytes) gets the
 * roles, one of which is needed; the key's unit when the district has no such unit (then the greeting alone is answered); or what
 * else the refusal is about. */
enum refusal admission_actor(const struct engine *engine, const struct engine_peer *from, const struct request *request,
                             struct engine_peer *room, const struct engine_peer **ret, char *field);

/* The command of an allowed request by the peer that admission_actor gave, without its instant and sequence. Borrows what the
 * request and the peer borrow. */
void admission_command(const struct engine_peer *from, const struct request *request, struct command *ret);

#endif
