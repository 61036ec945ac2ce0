/*
 * situations.h - a case, by real commands, in every state that can be reached
 *
 * The few that nothing reaches yet are written into the rows. test_rules.c tries every command in each of them.
 */
#ifndef HUYING_TESTS_CORE_SITUATIONS_H
#define HUYING_TESTS_CORE_SITUATIONS_H

#include "tests/core/world.h"

struct situation {
    const char *name;
    uint64_t (*make)(struct world *w); /* gives the case */
    const char *matter;                /* of the submit that is tried on top */
};

/* One after the other, from 0; NULL: there is no other. */
const struct situation *situation_at(size_t i);

/* The one of this name; without one the test fails. */
const struct situation *situation_named(const char *name);

#endif
