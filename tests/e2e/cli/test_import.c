/* test_import.c - an import without a dispatcher: maps, rows, request ids, and the file of rejects. */
#include "clients/import_plan.h"
#include "clients/rejects.h"
#include "tests/suite.h"
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
    snprintf(paths[next], sizeof(paths[next]), "%s/%s", folder, name);
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
    tmp_folder(folder, sizeof(folder), "import");
    ck_assert_int_eq(zone_load(NULL, "Asia/Shanghai", &zone), 0);
    faults_init(&faults);
}

static void tear_down(void)
{
    static const char *const names[] = {"map.yaml", "a.csv", "b.csv", "rejects.csv"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        unlink(path(names[i]));
    }
    ck_assert_int_eq(rmdir(folder), 0);
    zone = zone_free(zone);
}

/* Units and matters of the district that files are read for; two communities have one name. */
static struct names_entry unit_entries[] = {{.code = {"C11"}, .name = (char *)"湖滨社区"},
                                            {.code = {"C12"}, .name = (char *)"柳营社区"},
                                            {.code = {"C22"}, .name = (char *)"柳营社区"},
                                            {.code = {"D1"}, .name = (char *)"滨河区"}};
static struct names_entry matter_entries[] = {{.code = {"M01"}, .name = (char *)"路灯不亮"},
                                              {.code = {"M02"}, .name = (char *)"停水"}};
static struct names units = {.kind = NAMES_UNIT, .count = 4, .at = unit_entries};
static struct names matters = {.kind = NAMES_MATTER, .count = 2, .at = matter_entries};
static bool with_names;

static int try_load(const char *path_of_file, const struct import_map *map, struct import_map **own, struct import_plan **ret)
{
    const struct import_source source = {.file = path_of_file,
                                         .map = map,
                                         .zone = zone,
                                         .units = with_names ? &units : NULL,
                                         .matters = with_names ? &matters : NULL,
                                         .district = {"D1"}};
    return import_plan_load(&source, &faults, own, ret);
}

static struct import_plan *load(const char *name, const char *text, const struct import_map *map, struct import_map **own)
{
    struct import_plan *plan = NULL;
    ck_assert_int_eq(try_load(file(name, text), map, own, &plan), 0);
    return plan;
}

static void check_reject(const struct import_plan *plan, uint32_t row, const char *code, const char *field, const char *part)
{
    ck_assert_int_eq(plan->rows[row].state, IMPORT_REJECTED);
    const struct reject reject = import_plan_why(plan, row);
    ck_assert_str_eq(reject.code, code);
    ck_assert_str_eq(reject.field, field);
    ck_assert_msg(strstr(reject.what_to_do, part) != NULL, "`%s` is not in: %s", part, reject.what_to_do);
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
                                    "complaint, M01 ,C11,\"two\r\nlines, \"\"said\"\" \",是,,2026-03-02 09:00\r\n"
                                    "advice,unknown,,,no,2026-03-03T00:00:00Z,2026-03-01\r\n"
                                    "praise,M01,C11,,,,\r\n",
                                    NULL, &own);
    ck_assert(plan->sheet->marked && import_plan_has_instants(plan));
    ck_assert_uint_eq(import_plan_count(plan, IMPORT_WAITING), 3);
    ck_assert_int_eq(import_plan_submit(plan, 0, &body), 0);
    ck_assert_int_eq(body.kind, CASE_KIND_COMPLAINT);
    ck_assert(text_is(text_of_code(&body.matter), "M01") && text_is(body.text, "two\nlines, \"said\""));
    ck_assert_uint_eq(body.given, SUBMIT_HAS_KIND | SUBMIT_HAS_MATTER | SUBMIT_HAS_PLACE | SUBMIT_HAS_TEXT | SUBMIT_HAS_ANONYMOUS);
    ck_assert(body.anonymous);
    ck_assert_int_eq(import_plan_submit(plan, 1, &body), 0);
    ck_assert_uint_eq(body.given,
                      SUBMIT_HAS_KIND | SUBMIT_HAS_MATTER | SUBMIT_HAS_ANONYMOUS | SUBMIT_HAS_GIVEN_LIMIT | SUBMIT_HAS_LIMIT_AT);
    ck_assert(body.given_limit && !body.anonymous);
    ck_assert_int_eq(body.limit_at, INT64_C(1772496000000));
    /* by instant: the row without one comes in at the dispatcher's, first */
    static const uint32_t order[] = {2, 1, 0};
    ck_assert_mem_eq(plan->order, order, sizeof(order));
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
    ck_assert_int_eq(try_load(file("a.csv", "kind,matter,colour\n"), NULL, &own, &plan), -EINVAL);
    ck_assert_uint_eq(faults.count, 1);
    fault_text(&faults.at[0], text, sizeof(text));
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
    ck_assert_int_eq(import_plan_submit(plan, 0, &body), 0);
    ck_assert(body.kind == CASE_KIND_COMPLAINT && body.channel == CHANNEL_CITY_LINE && text_is(body.reference, "1"));
    ck_assert(text_is(text_of_code(&body.place), "D1"));
    ck_assert_int_eq(plan->rows[0].at_ms, INT64_C(1767220200000));
    ck_assert_int_eq(import_plan_submit(plan, 1, &body), 0);
    ck_assert(body.kind == CASE_KIND_PRAISE && body.channel == CHANNEL_WEB && text_is(text_of_code(&body.matter), "unknown"));
    ck_assert_int_eq(plan->rows[1].at_ms, INT64_C(1774854000000));
    check_reject(plan, 2, "BAD_FIELD", "kind", "`投书` is not one of: complaint, request");
    check_reject(plan, 3, "BAD_FIELD", "at", "does not exist");
    check_reject(plan, 4, "BAD_FIELD", "at", "not a date and time of the form `%d.%m.%Y %H:%M`");
    check_reject(plan, 5, "BAD_FIELD", "at", "not a date and time of the form");
    check_reject(plan, 6, "BAD_FIELD", "matter", "`M 1` is not the name of a matter of the district, nor a code");
    check_reject(plan, 7, "BAD_FIELD", "kind", "is empty");
    /* our four columns would clash with `code` */
    char added[REJECTS_ADDED_COUNT][24];
    rejects_added(plan->sheet, plan->own_count, added);
    ck_assert_str_eq(added[1], "reject_code");
    import_plan_free(plan);
    import_map_free(map);
}
END_TEST

static const struct {
    const char *text, *said;
} wrong_maps[] = {
    {"fields: [{field: colour, column: a}]\n", "`field: colour` is not a field of a submit; write one of kind, channel"},
    {"fields: [{field: kind}]\n", "field `kind` needs one of `column`, `columns` and `constant`"},
    {"fields: [{field: kind, column: a, constant: b}]\n", "field `kind` needs one of `column`, `columns` and `constant`"},
    {"fields: [{field: kind, column: a}, {field: kind, column: b}]\n", "field `kind` is there twice"},
    {"fields: [{field: kind, columns: [a, b], column: c}]\n", "field `kind` needs one of `column`, `columns` and `constant`"},
    {"fields: [{field: matter, column: a, otherwise: M01, unlisted: unknown}]\n",
     "both `otherwise` (said of nothing) and `unlisted`"},
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
    fault_text(&faults.at[0], text, sizeof(text));
    ck_assert_msg(strstr(text, wrong_maps[_i].said) != NULL, "%s", text);
    ck_assert(strstr(text, "map.yaml:") != NULL);
}
END_TEST

START_TEST(test_column_of_the_map_is_missing)
{
    struct import_map *map = NULL, *own = NULL;
    struct import_plan *plan = NULL;
    ck_assert_int_eq(import_map_load(file("map.yaml", map_text), &faults, &map), 0);
    ck_assert_int_eq(try_load(file("a.csv", "编号,类型,来源,code\n"), map, &own, &plan), -EINVAL);
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
    char a[2][IMPORT_ID_SIZE], b[2][IMPORT_ID_SIZE], c[2][IMPORT_ID_SIZE];
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
    ck_assert_int_eq(first->rows[2].state, IMPORT_SAME); /* two equal rows are one */
    ck_assert_str_eq(a[0], c[0]);                        /* a reference is the same in every file */
    ck_assert_str_ne(a[1], c[1]);                        /* a row without one belongs to its file */
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
    ck_assert(rejects_is_source(path("a.csv"), path("a.csv")));
    ck_assert(!rejects_is_source(path("rejects.csv"), path("a.csv")));
    ck_assert_int_eq(rejects_write(path("rejects.csv"), plan->sheet, &plan->rejects, import_plan_next_reject, plan), 0);
    ck_assert_int_eq(rejects_write(path("no/such/folder"), plan->sheet, &plan->rejects, import_plan_next_reject, plan), -ENOENT);
    import_plan_free(plan);
    import_map_free(own);

    /* read again: our columns are passed over, and the rows are as they stood */
    struct import_plan *again = NULL;
    ck_assert_int_eq(try_load(path("rejects.csv"), NULL, &own, &again), 0);
    ck_assert_uint_eq(again->row_count, 5);
    ck_assert_uint_eq(again->own_count, 4);
    static const char *const cells[5][5] = {{"praise", "M01", "R1", "again", "3"},
                                            {"praise", "M01", "", "", "4"},
                                            {"wish", "M01", "R3", "two\nlines", "5"},
                                            {"praise", "M01", "R4", "one,more", "7"},
                                            {"praise", "M01", "R5", "\x01", "8"}};
    for (uint32_t i = 0; i < 5; i++) {
        struct sheet_row row;
        ck_assert_int_eq(import_plan_cells(again, i, &row), 0);
        for (int32_t k = 0; k < 5; k++) {
            ck_assert_str_eq(row.fields[k], cells[i][k]);
        }
    }
    ck_assert_int_eq(again->rows[0].state, IMPORT_WAITING); /* its twin is not in this file */
    check_reject(again, 2, "BAD_FIELD", "kind", "`wish`");
    import_plan_free(again);
    import_map_free(own);
}
END_TEST

/* What a spreadsheet makes of a number is no reference; what looks like it and was chosen is one. */
static const struct {
    const char *reference;
    const char *why; /* NULL: taken */
} references[] = {
    {"1.01E+11", "turned this reference into a number"},
    {"1,01E+11", "turned this reference into a number"},
    {"1.0E+5", "turned this reference into a number"},
    {"1E+15", "turned this reference into a number"},
    {"-1.2e+08", "turned this reference into a number"},
    {"####", "column is too narrow"},
    {"##########", "column is too narrow"},
    {"#N/A", "could not compute"},
    {"#ref!", "could not compute"},
    {"14-Mar", "turned this reference into a date"},
    {"Mar-26", "turned this reference into a date"},
    {"3-Mar-2026", "turned this reference into a date"},
    {"3月14日", "turned this reference into a date"},
    {"'00123", "put something before"},
    {"=\"\"00123\"\"", "put something before"},
    {"1E5", NULL},
    {"12E34", NULL},
    {"#", NULL},
    {"#7", NULL},
    {"101000295613", NULL},
    {"2026-03-14", NULL},
    {"March-7", NULL},
    {"Mar-7", NULL},
    {"2026030200000010", NULL},
};

START_TEST(test_references_of_spreadsheets)
{
    struct import_map *own = NULL;
    char text[200];
    snprintf(text, sizeof(text), "kind,matter,reference\npraise,M01,\"%s\"\n", references[_i].reference);
    struct import_plan *plan = load("a.csv", text, NULL, &own);
    if (references[_i].why == NULL) {
        ck_assert_int_eq(plan->rows[0].state, IMPORT_WAITING);
    } else {
        check_reject(plan, 0, "BAD_FIELD", "reference", references[_i].why);
    }
    import_plan_free(plan);
    import_map_free(own);
}
END_TEST

/* One reference is one case, whatever nobody sees in it; other content under it is a fault, the same content is the same row. */
START_TEST(test_one_reference)
{
    struct import_map *own = NULL;
    struct submit_command body;
    struct import_plan *plan = load("a.csv",
                                    "kind,matter,text,reference\n"
                                    "praise,M01,one,R 1\n"
                                    "praise,M01,\xe3\x80\x80one\xc2\xa0,\xe2\x80\x8bR 1\xe2\x80\x8b\n"
                                    "praise, M01\xe2\x80\x8b,one,R\xc2\xa0"
                                    "1\xe3\x80\x80\n"
                                    "praise,M01,one,R\xe2\x80\x8b 1\n"
                                    "praise,M01,two,\xef\xbb\xbfR 1\n"
                                    "praise,M01,,caf\xc3\xa9\n"
                                    "praise,M01,,cafe\xcc\x81\n"
                                    "praise,M01,a,20260302123456000\n"
                                    "praise,M01,b,20260302123456000\n",
                                    NULL, &own);
    for (uint32_t i = 1; i <= 3; i++) {
        ck_assert_int_eq(plan->rows[i].state, IMPORT_SAME);
    }
    check_reject(plan, 4, "ID_REUSED", "reference", "Line 2 has the same reference and other content");
    ck_assert_int_eq(plan->rows[6].state, IMPORT_SAME);
    check_reject(plan, 8, "ID_REUSED", "reference", "a spreadsheet keeps 15 digits");
    ck_assert_int_eq(import_plan_submit(plan, 0, &body), 0);
    ck_assert(text_is(body.reference, "R 1") && text_is(body.text, "one"));
    import_plan_free(plan);
    import_map_free(own);
}
END_TEST

static const char names_map[] = "unlisted: unknown\n"
                                "fields:\n"
                                "  - {field: kind, constant: complaint}\n"
                                "  - {field: matter, column: matter, values: [{from: 水, to: M02}, {from: 坏, to: M99}]}\n"
                                "  - {field: place, column: place, unlisted: unknown}\n"
                                "  - {field: address, columns: [road, house], join: ' / '}\n"
                                "  - {field: title, columns: [road, house]}\n";

START_TEST(test_names_joined_columns_and_what_is_not_listed)
{
    struct import_map *map = NULL, *own = NULL;
    struct submit_command body;
    with_names = true;
    ck_assert_int_eq(import_map_load(file("map.yaml", names_map), &faults, &map), 0);
    struct import_plan *plan = load("a.csv",
                                    "matter,place,road,house\n"
                                    "路灯不亮, 湖滨社区\xe2\x80\x8b,长安街,7\n"
                                    "水,C22,,8\n"
                                    "路灯,湖滨,,\n"
                                    "M02,柳营社区,,\n"
                                    "路灯,C11,x,\n"
                                    "M77,C11,y,\n"
                                    "坏,C11,,\n",
                                    map, &own);
    ck_assert_int_eq(import_plan_submit(plan, 0, &body), 0);
    ck_assert(text_is(text_of_code(&body.matter), "M01") && text_is(text_of_code(&body.place), "C11"));
    ck_assert(text_is(body.address, "长安街 / 7") && text_is(body.title, "长安街 7"));
    ck_assert_int_eq(import_plan_submit(plan, 1, &body), 0);
    ck_assert(text_is(text_of_code(&body.matter), "M02") && text_is(body.address, "8"));
    ck_assert_int_eq(import_plan_submit(plan, 2, &body), 0);
    ck_assert(text_is(text_of_code(&body.matter), "unknown") && text_is(text_of_code(&body.place), "D1"));
    ck_assert((body.given & (SUBMIT_HAS_ADDRESS | SUBMIT_HAS_TITLE)) == 0);
    check_reject(plan, 6, "UNKNOWN_MATTER", "matter", "no matter with the code or name `M99`");
    /* an ambiguous name is not guessed at, and not unlisted either */
    check_reject(plan, 3, "BAD_FIELD", "place", "Several have the name `柳营社区`: C12, C22.");
    ck_assert_uint_eq(plan->unlisted.total, 4);
    ck_assert_uint_eq(plan->unlisted.count, 3);
    ck_assert_str_eq(plan->unlisted.at[0].value, "路灯");
    ck_assert_str_eq(plan->unlisted.at[0].became, "unknown");
    ck_assert_uint_eq(plan->unlisted.at[0].count, 2);
    ck_assert_uint_eq(plan->unlisted.at[0].line, 4);
    ck_assert_str_eq(plan->unlisted.at[1].became, "D1");
    import_plan_free(plan);
    import_map_free(map);
    with_names = false;
}
END_TEST

/* Sentences name what is the cause under this map. */
static const struct {
    const char *time, *cell, *said;
} times[] = {
    {"", "29.03.2026 02:30", "is not a date and time. Write 2011-10-01T08:30:00-04:00"},
    {"time: {zone: Europe/Berlin}\n", "2026-03-29 02:30",
     "in the time of Europe/Berlin: the clocks skip it (daylight saving). Write it with"},
    {"time: {format: '%d.%m.%Y %H:%M', zone: Europe/Berlin}\n", "29.03.2026 02:30", "add %z to the map's `format`"},
    {"time: {format: '%d.%m.%Y %H:%M'}\n", "31.04.2026 02:30", "is not a date and time of the form `%d.%m.%Y %H:%M`"},
    {"time: {format: '%b %d %Y %I:%M %p', zone: America/New_York}\n", "Mar 08 2026 02:30 AM", "America/New_York"},
};

START_TEST(test_times_that_are_none)
{
    struct import_map *map = NULL, *own = NULL;
    char text[400];
    snprintf(text, sizeof(text),
             "%sfields: [{field: kind, constant: praise}, {field: matter, constant: M01}, {field: at, column: at}]\n",
             times[_i].time);
    ck_assert_int_eq(import_map_load(file("map.yaml", text), &faults, &map), 0);
    snprintf(text, sizeof(text), "at\n%s\n", times[_i].cell);
    struct import_plan *plan = load("a.csv", text, map, &own);
    check_reject(plan, 0, "BAD_FIELD", "at", times[_i].said);
    import_plan_free(plan);
    import_map_free(map);
}
END_TEST

START_TEST(test_limit_before_its_case)
{
    struct import_map *own = NULL;
    struct import_plan *plan = load("a.csv",
                                    "kind,matter,at,limit_at\n"
                                    "praise,M01,2026-03-02 09:00,2026-03-02 09:00\n"
                                    "praise,M01,2026-03-02 09:00,2026-03-02 09:01\n",
                                    NULL, &own);
    check_reject(plan, 0, "BAD_FIELD", "limit_at", "The limit is not after `at`");
    ck_assert_int_eq(plan->rows[1].state, IMPORT_WAITING);
    import_plan_free(plan);
    import_map_free(own);
}
END_TEST

/* What is sent is what was looked at: a row that says something else by then stops the import. */
START_TEST(test_a_file_that_changes)
{
    struct import_map *own = NULL;
    struct import_plan *plan = load("a.csv", "kind,matter,text\npraise,M01,one\npraise,M01,two\n", NULL, &own);
    plan->rows[1].content ^= 1;
    ck_assert_int_eq(import_plan_submit(plan, 0, NULL), 0);
    ck_assert_int_eq(import_plan_submit(plan, 1, NULL), -ESTALE);
    import_plan_free(plan);
    import_map_free(own);
}
END_TEST

START_TEST(test_limits)
{
    struct import_map *own = NULL;
    char *text = malloc(CAP_TITLE_SIZE + 100);
    int size = sprintf(text, "kind,matter,title\npraise,M01,");
    memset(text + size, 'x', CAP_TITLE_SIZE + 1);
    strcpy(text + size + CAP_TITLE_SIZE + 1, "\n");
    struct import_plan *plan = load("a.csv", text, NULL, &own);
    check_reject(plan, 0, "TOO_LARGE", "title", "513 bytes; at most 512");
    import_plan_free(plan);
    import_map_free(own);
    text[size + CAP_TITLE_SIZE] = '\n';
    plan = load("a.csv", text, NULL, &own);
    ck_assert_int_eq(plan->rows[0].state, IMPORT_WAITING);
    import_plan_free(plan);
    import_map_free(own);
    free(text);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{test_columns_named_like_fields},
                                       {test_unknown_column},
                                       {test_map},
                                       {test_wrong_map, SUITE_COUNT(wrong_maps)},
                                       {test_column_of_the_map_is_missing},
                                       {test_ids},
                                       {test_rejects_file},
                                       {test_references_of_spreadsheets, SUITE_COUNT(references)},
                                       {test_one_reference},
                                       {test_names_joined_columns_and_what_is_not_listed},
                                       {test_times_that_are_none, SUITE_COUNT(times)},
                                       {test_limit_before_its_case},
                                       {test_a_file_that_changes},
                                       {test_limits}};
    return suite_run(
        &(struct suite){.name = "import", .setup = set_up, .teardown = tear_down, .tests = tests, .count = SUITE_COUNT(tests)});
}
