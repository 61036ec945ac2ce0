/* An import without a dispatcher: maps, rows, request ids, and the file of rejects. */
#include "clients/import_plan.h"
#include "clients/import_rejects.h"
#include "tests/tmp.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];
static struct faults faults;
static struct zone *zone;

static const char *path(const char *name)
{
    static char paths[4][128];
    static int next;
    next = (next + 1) % 4;
    snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
    return paths[next];
}

static const char *file(const char *name, const char *text)
{
    const char *at = path(name);
    FILE *out = fopen(at, "w");
    ck_assert_ptr_nonnull(out);
    ck_assert_int_ge(fputs(text, out), 0);
    ck_assert_int_eq(fclose(out), 0);
    return at;
}

static void set_up(void)
{
    tmp_folder(folder, sizeof folder, "import");
    ck_assert_int_eq(zone_load(NULL, "Asia/Shanghai", &zone), 0);
    faults_init(&faults);
}

static void tear_down(void)
{
    static const char *const names[] = {"map.yaml", "a.csv", "b.csv", "rejects.csv"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(path(names[i]));
    ck_assert_int_eq(rmdir(folder), 0);
    zone = zone_free(zone);
}

static struct import_plan *load(const char *name, const char *text, const struct import_map *map, struct import_map **own)
{
    struct import_plan *plan = NULL;
    ck_assert_int_eq(import_plan_load(file(name, text), map, zone, &faults, own, &plan), 0);
    return plan;
}

static void check_reject(const struct import_plan *plan, uint32_t row, const char *code, const char *field, const char *part)
{
    ck_assert_int_eq(plan->rows[row].state, IMPORT_REJECTED);
    const struct import_reject *reject = &plan->rejects[plan->rows[row].reject];
    ck_assert_str_eq(reject->code, code);
    ck_assert_str_eq(reject->field, field);
    ck_assert_msg(strstr(reject->what_to_do, part) != NULL, "`%s` is not in: %s", part, reject->what_to_do);
}

static bool text_is(struct text text, const char *wanted)
{
    return text_equal(text, text_of(wanted));
}

START_TEST(test_columns_named_like_fields)
{
    struct import_map *own = NULL;
    struct submit_command body;
    struct import_plan *plan = load("a.csv",
                                    "\xef\xbb\xbfkind,matter,place,text,anonymous,limit_at,at\r\n"
                                    "complaint, M01 ,C11,\"two\r\nlines, \"\"said\"\" \",yes,,2026-03-02 09:00\r\n"
                                    "advice,unknown,,,no,2026-03-03T00:00:00Z,2026-03-01\r\n"
                                    "praise,M01,C11,,,,\r\n",
                                    NULL, &own);
    ck_assert(plan->marked && import_plan_has_instants(plan));
    ck_assert_uint_eq(import_plan_count(plan, IMPORT_WAITING), 3);
    import_plan_submit(plan, 0, &body);
    ck_assert_int_eq(body.kind, CASE_KIND_COMPLAINT);
    ck_assert(text_is(text_of_code(&body.matter), "M01") && text_is(body.text, "two\nlines, \"said\""));
    ck_assert_uint_eq(body.given, SUBMIT_HAS_KIND | SUBMIT_HAS_MATTER | SUBMIT_HAS_PLACE | SUBMIT_HAS_TEXT | SUBMIT_HAS_ANONYMOUS);
    ck_assert(body.anonymous);
    import_plan_submit(plan, 1, &body);
    ck_assert_uint_eq(body.given,
                      SUBMIT_HAS_KIND | SUBMIT_HAS_MATTER | SUBMIT_HAS_ANONYMOUS | SUBMIT_HAS_GIVEN_LIMIT | SUBMIT_HAS_LIMIT_AT);
    ck_assert(body.given_limit && !body.anonymous);
    ck_assert_int_eq(body.limit_at, INT64_C(1772496000000));
    /* by instant: the row without one comes in at the dispatcher's, first */
    static const uint32_t order[] = {2, 1, 0};
    ck_assert_mem_eq(plan->order, order, sizeof order);
    ck_assert_int_eq(plan->rows[0].at_ms, INT64_C(1772413200000));
    import_plan_free(plan);
    import_map_free(own);
}
END_TEST

START_TEST(test_unknown_column)
{
    struct import_map *own = NULL;
    struct import_plan *plan = NULL;
    char text[640];
    ck_assert_int_eq(import_plan_load(file("a.csv", "kind,matter,colour\n"), NULL, zone, &faults, &own, &plan), -EINVAL);
    ck_assert_uint_eq(faults.count, 1);
    fault_text(&faults.at[0], text, sizeof text);
    ck_assert(strstr(text, "a.csv:1:3: column `colour` is not a field of a submit; name it like one of kind, channel") != NULL);
    ck_assert_ptr_null(own);
}
END_TEST

static const char map_text[] =
    "system: line 12345\n"
    "time: {format: '%d.%m.%Y %H:%M', zone: Europe/Berlin}\n"
    "fields:\n"
    "  - {field: reference, column: 编号}\n"
    "  - {field: kind, column: 类型, values: [{from: 投诉, to: complaint}, {from: '', to: praise}, {from: '-', to: ''}]}\n"
    "  - {field: channel, column: 来源, values: [{from: '12345', to: city_line}], otherwise: web}\n"
    "  - {field: matter, column: code, empty: unknown}\n"
    "  - {field: place, constant: D1}\n"
    "  - {field: at, column: 时间}\n";

START_TEST(test_map)
{
    struct import_map *map = NULL, *own = NULL;
    struct submit_command body;
    ck_assert_int_eq(import_map_load(file("map.yaml", map_text), &faults, &map), 0);
    struct import_plan *plan = load("a.csv",
                                    "编号,类型,来源,code,时间,more\n"
                                    "1,投诉,12345,M01,31.12.2025 23:30,\n"
                                    "2,,fax,,30.03.2026 09:00,\n"
                                    "3,投书,12345,M01,31.12.2025 23:30,\n"
                                    "4,投诉,12345,M01,29.03.2026 02:30,\n"
                                    "5,投诉,12345,M01,30.02.2026 02:30,\n"
                                    "6,投诉,12345,M01,2026-02-03,\n"
                                    "7,投诉,12345,M 1,31.12.2025 23:30,\n"
                                    "8,-,12345,M01,31.12.2025 23:30,\n",
                                    map, &own);
    ck_assert_ptr_null(own);
    import_plan_submit(plan, 0, &body);
    ck_assert(body.kind == CASE_KIND_COMPLAINT && body.channel == CHANNEL_CITY_LINE && text_is(body.reference, "1"));
    ck_assert(text_is(text_of_code(&body.place), "D1"));
    ck_assert_int_eq(plan->rows[0].at_ms, INT64_C(1767220200000));
    import_plan_submit(plan, 1, &body);
    ck_assert(body.kind == CASE_KIND_PRAISE && body.channel == CHANNEL_WEB && text_is(text_of_code(&body.matter), "unknown"));
    ck_assert_int_eq(plan->rows[1].at_ms, INT64_C(1774854000000));
    check_reject(plan, 2, "BAD_FIELD", "kind", "`投书` is not one of: complaint, request");
    check_reject(plan, 3, "BAD_FIELD", "at", "does not exist");
    check_reject(plan, 4, "BAD_FIELD", "at", "not a date and time of the form `%d.%m.%Y %H:%M`");
    check_reject(plan, 5, "BAD_FIELD", "at", "not a date and time of the form");
    check_reject(plan, 6, "BAD_FIELD", "matter", "`M 1` is not a code");
    check_reject(plan, 7, "BAD_FIELD", "kind", "is empty");
    /* our four columns would clash with `code` */
    char added[IMPORT_ADDED_COUNT][24];
    import_plan_added(plan, added);
    ck_assert_str_eq(added[1], "reject_code");
    import_plan_free(plan);
    import_map_free(map);
}
END_TEST

static const struct {
    const char *text, *said;
} wrong_maps[] = {
    {"fields: [{field: colour, column: a}]\n", "`field: colour` is not a field of a submit; write one of kind, channel"},
    {"fields: [{field: kind}]\n", "field `kind` needs either `column` or `constant`"},
    {"fields: [{field: kind, column: a, constant: b}]\n", "field `kind` needs either `column` or `constant`"},
    {"fields: [{field: kind, column: a}, {field: kind, column: b}]\n", "field `kind` is there twice"},
    {"fields: [{field: kind, column: a, values: [{from: x}]}]\n", "a value needs both halves"},
    {"time: {zone: Nowhere/Land}\nfields: [{field: kind, column: a}]\n", "`zone: Nowhere/Land` is not known"},
    {"fields: [{field: kind, colum: a}]\n", ""},
    {"fields: []\n", ""},
    {"", ""},
};

START_TEST(test_wrong_map)
{
    struct import_map *map = NULL;
    char text[640];
    ck_assert_int_eq(import_map_load(file("map.yaml", wrong_maps[_i].text), &faults, &map), -EINVAL);
    ck_assert_ptr_null(map);
    ck_assert_uint_ge(faults.count, 1);
    fault_text(&faults.at[0], text, sizeof text);
    ck_assert_msg(strstr(text, wrong_maps[_i].said) != NULL, "%s", text);
    ck_assert(strstr(text, "map.yaml:") != NULL);
}
END_TEST

START_TEST(test_column_of_the_map_is_missing)
{
    struct import_map *map = NULL, *own = NULL;
    struct import_plan *plan = NULL;
    ck_assert_int_eq(import_map_load(file("map.yaml", map_text), &faults, &map), 0);
    ck_assert_int_eq(import_plan_load(file("a.csv", "编号,类型,来源,code\n"), map, zone, &faults, &own, &plan), -EINVAL);
    ck_assert_uint_eq(faults.count, 1);
    ck_assert(strstr(faults.at[0].text, "there is no column `时间`, which the map names") != NULL);
    import_map_free(map);
}
END_TEST

static void id(const struct import_plan *plan, uint32_t row, char ret[IMPORT_ID_SIZE])
{
    import_plan_id(plan, row, ret);
    ck_assert_uint_eq(strlen(ret), 7 + 32);
}

START_TEST(test_ids)
{
    struct import_map *own[3] = {NULL};
    char a[2][IMPORT_ID_SIZE], b[2][IMPORT_ID_SIZE], c[2][IMPORT_ID_SIZE], twin[IMPORT_ID_SIZE];
    static const char text[] = "kind,matter,reference\npraise,M01,R1\npraise,M01,\npraise,M01,\n";
    struct import_plan *first = load("a.csv", text, NULL, &own[0]);
    struct import_plan *again = load("b.csv", text, NULL, &own[1]);
    struct import_plan *other = load("b.csv", "kind,matter,reference\npraise,M02,R1\npraise,M01,\n", NULL, &own[2]);
    for (uint32_t i = 0; i < 2; i++) {
        id(first, i, a[i]);
        id(again, i, b[i]);
        id(other, i, c[i]);
        ck_assert_str_eq(a[i], b[i]);
    }
    id(first, 2, twin);
    ck_assert_str_ne(a[1], twin); /* equal rows without a reference are two */
    ck_assert_str_eq(a[0], c[0]); /* a reference is the same in every file */
    ck_assert_str_ne(a[1], c[1]); /* a row without one belongs to its file */
    struct import_plan *const plans[] = {first, again, other};
    for (int i = 0; i < 3; i++) {
        import_plan_free(plans[i]);
        import_map_free(own[i]);
    }
}
END_TEST

START_TEST(test_rejects_file)
{
    struct import_map *own = NULL;
    struct import_plan *plan = load("a.csv",
                                    "kind,matter,reference,text\n"
                                    "praise,M01,R1,\"a, \"\"b\"\"\"\n"
                                    "praise,M01,R1,again\n"
                                    "praise,M01\n"
                                    "wish,M01,R3,\"two\nlines\"\n"
                                    "praise,M01,R4,one,more\n"
                                    "praise,M01,R5,\x01\n",
                                    NULL, &own);
    ck_assert_uint_eq(import_plan_count(plan, IMPORT_REJECTED), 5);
    check_reject(plan, 1, "ID_REUSED", "reference", "Line 2 has the same reference");
    check_reject(plan, 2, "BAD_MESSAGE", "", "has 2 fields, the header has 4");
    check_reject(plan, 4, "BAD_MESSAGE", "", "what is too many stands in the last column");
    check_reject(plan, 5, "BAD_FIELD", "text", "control characters");
    ck_assert(import_rejects_is_source(path("a.csv"), path("a.csv")));
    ck_assert(!import_rejects_is_source(path("rejects.csv"), path("a.csv")));
    ck_assert_int_eq(import_rejects_write(path("rejects.csv"), plan), 0);
    ck_assert_int_eq(import_rejects_write(path("no/such/folder"), plan), -ENOENT);
    import_plan_free(plan);
    import_map_free(own);

    /* read again: our columns are passed over, and the rows are as they stood */
    struct import_plan *again = NULL;
    ck_assert_int_eq(import_plan_load(path("rejects.csv"), NULL, zone, &faults, &own, &again), 0);
    ck_assert_uint_eq(again->row_count, 5);
    ck_assert_uint_eq(again->own_count, 4);
    static const char *const cells[5][5] = {{"praise", "M01", "R1", "again", "3"},
                                            {"praise", "M01", "", "", "4"},
                                            {"wish", "M01", "R3", "two\nlines", "5"},
                                            {"praise", "M01", "R4", "one,more", "7"},
                                            {"praise", "M01", "R5", "\x01", "8"}};
    for (uint32_t i = 0; i < 5; i++)
        for (int32_t k = 0; k < 5; k++)
            ck_assert_str_eq(table_cell(again->table, i, k), cells[i][k]);
    ck_assert_int_eq(again->rows[0].state, IMPORT_WAITING); /* its twin is not in this file */
    check_reject(again, 2, "BAD_FIELD", "kind", "`wish`");
    import_plan_free(again);
    import_map_free(own);
}
END_TEST

START_TEST(test_limits)
{
    struct import_map *own = NULL;
    char *text = malloc(LIMIT_TITLE_SIZE + 100);
    int size = sprintf(text, "kind,matter,title\npraise,M01,");
    memset(text + size, 'x', LIMIT_TITLE_SIZE + 1);
    strcpy(text + size + LIMIT_TITLE_SIZE + 1, "\n");
    struct import_plan *plan = load("a.csv", text, NULL, &own);
    check_reject(plan, 0, "TOO_LARGE", "title", "513 bytes; at most 512");
    import_plan_free(plan);
    import_map_free(own);
    text[size + LIMIT_TITLE_SIZE] = '\n';
    plan = load("a.csv", text, NULL, &own);
    ck_assert_int_eq(plan->rows[0].state, IMPORT_WAITING);
    import_plan_free(plan);
    import_map_free(own);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import");
    TCase *tcase = tcase_create("import");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_columns_named_like_fields);
    tcase_add_test(tcase, test_unknown_column);
    tcase_add_test(tcase, test_map);
    tcase_add_loop_test(tcase, test_wrong_map, 0, sizeof wrong_maps / sizeof wrong_maps[0]);
    tcase_add_test(tcase, test_column_of_the_map_is_missing);
    tcase_add_test(tcase, test_ids);
    tcase_add_test(tcase, test_rejects_file);
    tcase_add_test(tcase, test_limits);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
