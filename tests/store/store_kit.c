/* store_kit.c - rows for tests of the store */
#include "tests/store/store_kit.h"

#include "dispatcher/store/store_inner.h"
#include "tests/store/scratch.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define MAP_SIZE ((size_t)1 << 30)

static struct store *open_with(const char *path, bool background, struct tables *ret_tables)
{
    struct store *store = NULL;
    struct store_options options = {.path = path, .map_size = MAP_SIZE, .background = background};
    int rc = store_open(&options, &store);
    ck_assert_msg(rc == 0, "store_open: %d", rc);
    *ret_tables = (struct tables){0};
    store_tables(store, ret_tables);
    return store;
}

struct store *store_kit_open(const char *path, struct tables *ret_tables)
{
    return open_with(path, false, ret_tables);
}

struct store *store_kit_open_background(const char *path, struct tables *ret_tables)
{
    return open_with(path, true, ret_tables);
}

void store_kit_write(struct store *store, int table, const void *key, size_t key_size, const void *value, size_t size)
{
    struct writing writing = {.checkpoint = store->checkpoint};
    MDB_val at = {.mv_size = key_size, .mv_data = (void *)key};
    ck_assert_int_eq(mdb_txn_begin(store->env, NULL, 0, &writing.txn), 0);
    ck_assert_int_eq(store_put(store, &writing, table, &at, value, size, 0), 0);
    ck_assert_int_eq(mdb_txn_commit(writing.txn), 0);
    ck_assert_int_eq(store_read_renew(store), 0);
}

struct code store_kit_code(const char *s)
{
    struct code code = {{0}};
    size_t size = strlen(s);
    ck_assert_uint_le(size, CODE_SIZE);
    memcpy(code.s, s, size);
    return code;
}

struct clock_row store_kit_clock(uint64_t id, int64_t at_ms)
{
    return (struct clock_row){.clock_id = id,
                              .state = at_ms != 0 ? CLOCK_STATE_RUNNING : CLOCK_STATE_VOID,
                              .rung_at = {at_ms, at_ms != 0 ? at_ms + 1000 : 0}};
}

struct duty_row store_kit_duty(uint64_t id, const char *unit, int state, int64_t due_at)
{
    return (struct duty_row){.duty_id = id, .unit = store_kit_code(unit), .state = (uint8_t)state, .due_at = due_at};
}

struct request_row store_kit_request(uint64_t id, uint64_t hash)
{
    return (struct request_row){.seq = id, .key_hash = hash};
}

struct counter_key store_kit_key(uint32_t metric, uint32_t slot, int64_t value, const char *street)
{
    return (struct counter_key){.metric = metric, .slot = slot, .value = value, .street = store_kit_code(street)};
}

static void step_rows(const struct tables *tables, uint64_t n)
{
    static const char *const units[] = {"water", "heat", "roads", "longest-code-of-32-bytes.1234567"};
    uint64_t before = n - n % 7; /* a row of some steps ago */
    struct clock_row clock = store_kit_clock(n, (int64_t)(n * 7919 % 1000 + 1));
    struct duty_row duty = store_kit_duty(n, units[n % 4], DUTY_STATE_OFFERED, n % 5 == 0 ? 0 : (int64_t)(n * 31 % 500));
    struct case_row row = {.case_id = n, .day = 260101, .day_no = (uint32_t)n};
    struct request_row request = store_kit_request(n, n / 2 * UINT64_C(0x9e3779b97f4a7c15)); /* two of each hash */
    duty.claimed = n % 3 == 0;
    duty.claimed_until = duty.claimed ? (int64_t)(n * 17 % 900 + 1) : 0;
    tables_put(tables, ROW_CASE, n, &row);
    tables_put(tables, ROW_CLOCK, n, &clock);
    tables_put(tables, ROW_DUTY, n, &duty);
    tables_put(tables, ROW_REQUEST, n, &request);
    if (before == n || before == 0) {
        return;
    }
    if (tables_get(tables, ROW_CLOCK, before, &clock)) {
        clock.fired |= n % 2 == 0 ? 1 : 3;
        tables_put(tables, ROW_CLOCK, before, &clock);
    }
    if (tables_get(tables, ROW_DUTY, before, &duty)) {
        duty.state = n % 2 == 0 ? DUTY_STATE_SIGNED : DUTY_STATE_DONE;
        duty.due_at += 5;
        duty.claimed = 0;
        tables_put(tables, ROW_DUTY, before, &duty);
    }
    if (tables_get(tables, ROW_REQUEST, before / 2, &request)) {
        tables->ops->drop(tables->store, ROW_REQUEST, before / 2);
    }
}

void store_kit_step(const struct tables *tables, uint64_t n)
{
    static const char *const streets[] = {"east", "west", "north"};
    struct counter_key key = store_kit_key((uint32_t)(n % 3), (uint32_t)(n / 10), n % 4 == 0 ? -5 : 5, streets[n % 3]);
    struct counter delta = {.num = 1, .den = (int64_t)(n % 2)};
    struct counter back = {.num = -1, .den = -(int64_t)(n % 2)};
    struct district_row district;
    delta.excluded[n % COUNTER_REASONS] = 2;
    back.excluded[n % COUNTER_REASONS] = -2;
    step_rows(tables, n);
    tables->ops->count(tables->store, &key, &delta);
    if (n % 6 == 0) {
        tables->ops->count(tables->store, &key, &back);
    }
    (void)tables_get(tables, ROW_DISTRICT, 1, &district);
    district.last_seq = n;
    tables_put(tables, ROW_DISTRICT, 1, &district);
}

uint64_t store_kit_last(const struct tables *tables)
{
    struct district_row district;
    (void)tables_get(tables, ROW_DISTRICT, 1, &district);
    return district.last_seq;
}

static void say(void *arg, const char *table, uint64_t id, const char *what)
{
    (void)arg;
    ck_abort_msg("%s %lu %s", table, (unsigned long)id, what);
}

/* Takes the timers of a store out one by one, as firing them would. Writes: the store is changed. */
static size_t drain(struct store *store, const struct tables *tables, int64_t *ret, size_t max)
{
    size_t count = 0;
    int64_t at_ms;
    int kind;
    uint64_t id;
    while (store_next_timer(store, &at_ms, &kind, &id)) {
        ck_assert_uint_lt(count + 3, max);
        ret[count++] = at_ms;
        ret[count++] = kind;
        ret[count++] = (int64_t)id;
        if (kind == 0) {
            struct clock_row clock;
            ck_assert(tables_get(tables, ROW_CLOCK, id, &clock));
            clock.fired = (uint8_t)(clock.fired << 1 | 1);
            tables_put(tables, ROW_CLOCK, id, &clock);
        } else {
            struct duty_row duty;
            ck_assert(tables_get(tables, ROW_DUTY, id, &duty));
            duty.claimed = 0;
            tables_put(tables, ROW_DUTY, id, &duty);
        }
    }
    ck_assert_int_eq(store_failed(store), 0);
    return count;
}

static void check_inboxes(struct store *a, struct store *b)
{
    static const char *const units[] = {"water", "heat", "roads", "longest-code-of-32-bytes.1234567", "nobody"};
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        static uint64_t left[20000], right[20000];
        struct code unit = store_kit_code(units[i]);
        size_t count = store_inbox(a, &unit, 0, 0, left, 20000);
        ck_assert_uint_eq(store_inbox(b, &unit, 0, 0, right, 20000), count);
        ck_assert_mem_eq(left, right, count * sizeof(*left));
    }
}

void store_kit_check(struct store *store, uint64_t last)
{
    static int64_t left[200000], right[200000];
    char *folder = scratch_new();
    struct tables tables, wanted_tables;
    struct store *wanted = store_kit_open(folder, &wanted_tables);
    store_tables(store, &tables);
    for (uint64_t n = 1; n <= last; n++) {
        store_kit_step(&wanted_tables, n);
    }
    ck_assert_int_eq(store_failed(wanted), 0);
    ck_assert_int_gt(store_compare(store, wanted, say, NULL), (int64_t)last - 1);
    for (uint64_t n = 1; n <= last; n++) {
        uint64_t hash = n / 2 * UINT64_C(0x9e3779b97f4a7c15);
        uint64_t newest = tables.ops->request(tables.store, hash, 0);
        ck_assert_uint_eq(newest, wanted_tables.ops->request(wanted_tables.store, hash, 0));
        ck_assert_uint_eq(tables.ops->request(tables.store, hash, newest),
                          wanted_tables.ops->request(wanted_tables.store, hash, newest));
    }
    check_inboxes(store, wanted);
    size_t count = drain(wanted, &wanted_tables, right, sizeof(right) / sizeof(*right));
    ck_assert_uint_eq(drain(store, &tables, left, sizeof(left) / sizeof(*left)), count);
    ck_assert_mem_eq(left, right, count * sizeof(*left));
    store_close(wanted);
    scratch_drop(folder);
}
