/*
 * store_kit.h - rows for tests of the store
 */
#ifndef HUYING_TESTS_STORE_KIT_H
#define HUYING_TESTS_STORE_KIT_H

#include "dispatcher/store/store.h"

/* Opens with a small map, expecting success; fills *ret_tables. */
struct store *store_kit_open(const char *path, struct tables *ret_tables);

struct code store_kit_code(const char *s);

/* A running clock whose next rung is at at_ms (0: void). */
struct clock_row store_kit_clock(uint64_t id, int64_t at_ms);

/* A duty of a unit in a state. */
struct duty_row store_kit_duty(uint64_t id, const char *unit, int state, int64_t due_at);

struct request_row store_kit_request(uint64_t id, uint64_t hash);

struct counter_key store_kit_key(uint32_t metric, uint32_t slot, int64_t value, const char *street);

/* Puts the n-th of a deterministic mix of rows and counts, as one record would, and notes n in the district row. */
void store_kit_step(const struct tables *tables, uint64_t n);

/* Opens as store_kit_open, with checkpoints in a thread of their own. */
struct store *store_kit_open_background(const char *path, struct tables *ret_tables);

/* Writes a value with a right checksum into a table, past everything that the store knows of it. */
void store_kit_write(struct store *store, int table, const void *key, size_t key_size, const void *value, size_t size);

/* last_seq of the district row, 0 = none. */
uint64_t store_kit_last(const struct tables *tables);

/* Compares the store with one that is made anew by steps 1 to `last`; rows, counters and memory indexes. Fails the test at a
 * difference. */
void store_kit_check(struct store *store, uint64_t last);

#endif
