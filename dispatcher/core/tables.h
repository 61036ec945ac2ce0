/*
 * tables.h - the tables of rows, all that the core sees of the world
 *
 * The core asks for rows by id and writes rows by id, through the functions below; the store implements them over LMDB. Rows are
 * copied out, so nothing that the core holds dies with the next put; apply alone may change a row in its place too. Reading is for
 * judge and apply, writing for apply alone.
 * A storage failure is latched by the store (get says "not there", put does nothing) and found by the engine after the step, which
 * then rewinds; the core never sees it.
 */
#ifndef HUYING_CORE_TABLES_H
#define HUYING_CORE_TABLES_H

#include "dispatcher/core/rows.h"

struct district; /* config/district.h: policy, units, matters, list, zone in force */

/* Key of one counter. Instants are kept as quarter hours UTC (ms / 900,000): every zone's day is a whole number of them, so the
 * counters need no zone. `value` splits further where a metric needs the distribution (duration), else 0. */
struct counter_key {
    uint32_t metric; /* enum metric */
    uint32_t slot;   /* quarter hour */
    int64_t value;
    struct code acct;
    struct code street;
    struct code place;
    struct code matter;
};

#define COUNTER_REASONS 8
struct counter {
    int64_t num;
    int64_t den;
    int64_t excluded[COUNTER_REASONS]; /* by enum exclusion */
};

struct row_ops {
    /* Copies row `id` to *ret_row (the table's struct). False, *ret_row zeroed: no such row. */
    bool (*get)(void *store, enum row_table table, uint64_t id, void *ret_row);
    /* The place of row `id`, to be changed there, as if it had been put again; of a table without an index over its members, or by
     * a change that no index sees. It lives until the next edit or put of another row of the same table. NULL: no such row. */
    void *(*edit)(void *store, enum row_table table, uint64_t id);
    /* Writes row `id`, new or changed. Ids of new rows ascend within a table. */
    void (*put)(void *store, enum row_table table, uint64_t id, const void *row);
    /* Forgets row `id`; only REQUEST rows are ever forgotten. */
    void (*drop)(void *store, enum row_table table, uint64_t id);
    /* Adds (or takes back) to one counter. A counter that is all zero is no longer there. */
    void (*count)(void *store, const struct counter_key *key, const struct counter *delta);
    /* Sequence of the remembered request with this hash that is older than `before` (0: newest), or 0. Walk on while hashes
     * collide. */
    uint64_t (*request)(void *store, uint64_t key_hash, uint64_t before);
};

struct tables {
    void *store;
    const struct row_ops *ops;
    const struct district *district; /* NULL while applying: apply reads rows and the record, nothing else */
    /* Hash of the name of the key that was handed this duty by a pull and still has it, 0 = none. NULL: nobody hands out duties.
     * For judging: a lease is in no row. */
    uint64_t (*lease)(void *lease_arg, uint64_t duty_id);
    void *lease_arg;
};

static inline bool tables_get(const struct tables *tables, enum row_table table, uint64_t id, void *ret_row)
{
    return tables->ops->get(tables->store, table, id, ret_row);
}

static inline void *tables_edit(const struct tables *tables, enum row_table table, uint64_t id)
{
    return tables->ops->edit(tables->store, table, id);
}

static inline void tables_put(const struct tables *tables, enum row_table table, uint64_t id, const void *row)
{
    tables->ops->put(tables->store, table, id, row);
}

#endif
