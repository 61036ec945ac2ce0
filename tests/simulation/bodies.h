/*
 * bodies.h - who asks, and what commands say: the fields of the table, found and written
 *
 * A key is a number: some of each role of the desk and the district, then a worker's and a leader's of each unit.
 */
#ifndef HUYING_TESTS_SIMULATION_BODIES_H
#define HUYING_TESTS_SIMULATION_BODIES_H

#include "tests/simulation/simulation.h"

#include "proto/codec.h"

/* A body that is being written: pairs, and how many. */
struct body {
    struct simulation *sim;
    struct proto_buffer pairs;
    msgpack_packer packer;
    uint32_t count;
    uint32_t of_case, duty, call;
};

/* A key with this role, of this unit where it is a worker's or a leader's. */
uint32_t bodies_key(struct simulation *sim, enum role role, int32_t unit);
/* Whom a gateway acts for: a dispatcher who asks citizens too, with a key of its own. */
#define BODIES_PERSON "both"
bool bodies_is_gateway(uint32_t key);
bool bodies_find_person(void *arg, struct text name, struct engine_rights *ret);

/* The special one of a role: an operator for one matter, a supervisor of a unit that is not there. */
uint32_t bodies_special_key(enum role role);
void bodies_peer(const struct simulation *sim, uint32_t key, struct engine_peer *ret, char name[CODE_SIZE + 1]);

void bodies_begin(struct body *body);

/* The next pair's name, and its value: one that the table says, or found by lot. */
void bodies_name(struct body *body, const struct field_shape *field);
void bodies_value(struct body *body, const struct field_shape *field, const char *value);
void bodies_text(struct body *body, const char *text);
void bodies_code(struct body *body, const struct code *code);
void bodies_units(struct body *body, const int32_t *units, uint32_t count);
void bodies_words(struct body *body, const struct field_shape *field);
void bodies_any(struct body *body, const struct field_shape *field);
void bodies_later(struct body *body, const struct field_shape *field);

/* The id that a field names by its `ref`, or 0: it names none of what the body is about. */
uint64_t bodies_reference(const struct body *body, const struct command_info *info, uint32_t field);

int32_t bodies_any_unit(struct simulation *sim);

/* letters.c: makes a letter of it, and sends it. The body is freed. Gives the letter's number. */
uint64_t letters_seal(struct simulation *sim, struct body *body, uint32_t key, enum command_type command);

/* The same without sending it; with the id of another letter, unless `as` is 0. */
uint64_t letters_write_down(struct simulation *sim, struct body *body, uint32_t key, enum command_type command, uint64_t as);

#endif
