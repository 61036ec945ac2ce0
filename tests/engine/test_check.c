/* test_check.c - the self-check finds what does not follow from the journal. */
#include "dispatcher/engine/datadir.h"
#include "dispatcher/store/store.h"
#include "tests/engine/harness.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY INT64_C(86400000)

/* Some life: cases answered in time and late, calls, leases. */
static void live(struct harness *h)
{
    for (int i = 0; i < 12; i++) {
        char id[16], body[128];

        snprintf(id, sizeof(id), "s%d", i);
        json_decref(harness_do(h, id, "submit", -1, HARNESS_SUBMIT));
        if (i % 2 == 0) {
            snprintf(id, sizeof(id), "g%d", i);
            snprintf(body, sizeof(body), "{'submitted': 's%d'}", i);
            json_decref(harness_do(h, id, "sign", -1, body));
            h->clock_ms += DAY;
            snprintf(id, sizeof(id), "a%d", i);
            snprintf(body, sizeof(body), "{'submitted': 's%d', 'code': 'solved', 'text': 'done'}", i);
            json_decref(harness_do(h, id, "answer", -1, body));
        }
    }
    h->clock_ms += 3 * DAY;
    harness_rest(h);
}

START_TEST(clean_data_is_clean)
{
    struct harness h;
    char line[256];

    harness_begin(&h, false);
    live(&h);
    harness_kill(&h);
    h.engine = engine_close(h.engine);
    ck_assert_int_eq(harness_check(&h, line), 0);
    /* A check changes nothing: the same again, and the data still opens. */
    ck_assert_int_eq(harness_check(&h, line), 0);
    harness_open(&h);
    harness_end(&h);
}
END_TEST

/* One byte of one row of a table, changed behind the engine's back. */
static void spoil(struct harness *h, enum row_table table, size_t offset)
{
    struct store_options options = {.map_size = (size_t)64 << 20};
    struct store *store;
    struct tables tables;
    union any_row row;
    uint64_t id;
    char *path = datadir_join(h->data, "rows");

    options.path = path;
    ck_assert_int_eq(store_open(&options, &store), 0);
    store_tables(store, &tables);
    ck_assert_uint_eq(store_ids_before(store, table, 0, &id, 1), 1);
    ck_assert(tables_get(&tables, table, id, &row));
    ((char *)&row)[offset] ^= 1;
    tables_put(&tables, table, id, &row);
    ck_assert_int_eq(store_checkpoint(store), 0);
    store_close(store);
    free(path);
}

START_TEST(changed_row_is_found)
{
    static const struct {
        enum row_table table;
        size_t offset;
        const char *name;
    } rows[] = {
        {ROW_CASE, offsetof(struct case_row, notes), "case"},
        {ROW_DUTY, offsetof(struct duty_row, signed_at), "duty"},
        {ROW_CLOCK, offsetof(struct clock_row, consumed_ms), "clock"},
        {ROW_REQUEST, offsetof(struct request_row, body_hash), "request"},
        {ROW_UNIT, offsetof(struct unit_row, tier), "unit"},
        {ROW_NUMBER, offsetof(struct number_row, case_id), "number"},
    };
    struct harness h;
    char line[256];

    harness_begin(&h, false);
    live(&h);
    h.engine = engine_close(h.engine);
    spoil(&h, rows[_i].table, rows[_i].offset);
    ck_assert_int_eq(harness_check(&h, line), 1);
    ck_assert_msg(strncmp(line, rows[_i].name, strlen(rows[_i].name)) == 0, "%s", line);
    harness_end(&h);
}
END_TEST

START_TEST(changed_counter_is_found)
{
    struct harness h;
    struct store_options options = {.map_size = (size_t)64 << 20};
    struct counter_key key = {.metric = METRIC_ON_TIME_RATE, .slot = 5};
    struct counter delta = {.den = 1};
    struct store *store;
    struct tables tables;
    char line[256];

    harness_begin(&h, false);
    live(&h);
    h.engine = engine_close(h.engine);
    char *path = datadir_join(h.data, "rows");
    options.path = path;
    ck_assert_int_eq(store_open(&options, &store), 0);
    store_tables(store, &tables);
    tables.ops->count(tables.store, &key, &delta);
    ck_assert_int_eq(store_checkpoint(store), 0);
    store_close(store);
    free(path);
    ck_assert_int_eq(harness_check(&h, line), 4); /* the counter, and what it adds up to in each level of roll-ups */
    harness_end(&h);
}
END_TEST

START_TEST(running_server_is_not_checked)
{
    struct harness h;
    struct engine *second = NULL;
    char said[512];

    harness_begin(&h, false);
    ck_assert_int_eq(engine_check(h.data, 0, NULL, NULL, NULL, NULL, said), -EBUSY);
    ck_assert_ptr_nonnull(strstr(said, "Stop it first"));
    struct engine_options options = (struct engine_options){.data = h.data, .district = h.district};
    ck_assert_int_eq(engine_open(&options, &second, said), -EBUSY);
    harness_end(&h);
}
END_TEST

static void write_version(const struct harness *h, int version)
{
    char *path = datadir_join(h->data, "VERSION");
    FILE *file = fopen(path, "w");
    fprintf(file, "huying data %d\n", version);
    fclose(file);
    free(path);
}

START_TEST(data_of_another_version_is_refused)
{
    static const struct {
        int version;
        const char *said, *next;
    } rows[] = {{DATADIR_VERSION + 1, "version 3", "Use a newer program"}, {1, "version 1", "Use the program that wrote it"}};
    struct harness h;
    struct engine *engine = NULL;
    char said[512];

    harness_begin(&h, false);
    h.engine = engine_close(h.engine);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        write_version(&h, rows[i].version);
        struct engine_options options = (struct engine_options){.data = h.data, .district = h.district};
        ck_assert_int_eq(engine_open(&options, &engine, said), -ENOTSUP);
        ck_assert_ptr_nonnull(strstr(said, rows[i].said));
        ck_assert_ptr_nonnull(strstr(said, rows[i].next));
        ck_assert_int_eq(engine_check(h.data, 0, NULL, NULL, NULL, NULL, said), -ENOTSUP);
    }
    harness_end(&h);
}
END_TEST

START_TEST(the_other_clock_is_refused)
{
    bool drill = _i == 1;
    struct harness h;
    struct engine *engine = NULL;
    char said[512];

    harness_begin(&h, drill);
    h.engine = engine_close(h.engine);
    struct engine_options options = (struct engine_options){.data = h.data, .district = h.district, .drill = !drill};
    ck_assert_int_eq(engine_open(&options, &engine, said), -ENOTSUP);
    ck_assert_ptr_nonnull(strstr(said, drill ? "--clock drill" : "--clock real"));
    options.drill = drill;
    ck_assert_int_eq(engine_open(&options, &engine, said), 0);
    engine = engine_close(engine);
    ck_assert_int_eq(engine_check(h.data, 0, NULL, NULL, NULL, NULL, said), 0);
    char *path = datadir_join(h.data, "rows");
    ck_assert_int_eq(datadir_remove(path), 0);
    free(path);
    ck_assert_int_eq(engine_check(h.data, 0, NULL, NULL, NULL, NULL, said), -ENOENT);
    ck_assert_ptr_nonnull(strstr(said, "Start the dispatcher once"));
    harness_end(&h);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{clean_data_is_clean},
                                       {changed_row_is_found, 6},
                                       {changed_counter_is_found},
                                       {running_server_is_not_checked},
                                       {data_of_another_version_is_refused},
                                       {the_other_clock_is_refused, 2}};
    return suite_run(&(struct suite){.name = "check", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
