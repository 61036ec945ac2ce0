/*
 * engine_district.h - the district of the engine's tests
 */
#ifndef HUYING_TESTS_ENGINE_ENGINE_DISTRICT_H
#define HUYING_TESTS_ENGINE_ENGINE_DISTRICT_H

#include "config/district.h"

/* Makes it; its hash is 64 times `fill` (a hex digit). */
struct district *engine_district_make(char fill);

void engine_district_unmake(struct district *district);

#endif
