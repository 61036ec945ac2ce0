/*
 * situations_inner.h - what situations.c and situations_calls.c share: situations without a call, of which others are made
 */
#ifndef HUYING_TESTS_CORE_SITUATIONS_INNER_H
#define HUYING_TESTS_CORE_SITUATIONS_INNER_H

#include "tests/core/situations.h"

extern const struct situation situations_calls[];
extern const size_t situations_calls_count;

uint64_t situations_support_offered(struct world *w);
void situations_ask(struct world *w, uint64_t id, enum duty_kind kind);
void situations_ask_lead(struct world *w, uint64_t id);
uint64_t situations_force_state(struct world *w, uint64_t id, enum case_state state);

#endif
