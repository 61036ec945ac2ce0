/* test_replay_map.c - the map of the Boston requests, every row of them through it, and maps with one thing wrong. */
#include "config/replay_map.h"
#include "config/table.h"
#include "tests/config/config_folder.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct faults faults;

static struct replay_map *boston(void)
{
    struct replay_map *map = NULL;
    int rc = replay_map_load(SOURCE_ROOT "/config/boston/replay.yaml", &faults, &map);
    ck_assert_str_eq(config_folder_faults(&faults), "");
    ck_assert_int_eq(rc, 0);
    return map;
}

static const char *unit_name(const struct replay_map *map, int32_t unit)
{
    return unit < 0 ? "-" : map->units[unit].name;
}

static enum channel channel_of(const struct replay_map *map, const char *spelling, bool known)
{
    enum channel channel;
    ck_assert_int_eq(replay_map_channel(map, spelling, &channel), known);
    return channel;
}

static struct code matter_of(const struct replay_map *map, const char *field, const char *type)
{
    struct code code;
    replay_map_matter(map, field, type, &code);
    return code;
}

START_TEST(test_boston_map)
{
    struct replay_map *map = boston();
    ck_assert_str_eq(map->columns.id, "case_id");
    ck_assert_str_eq(map->columns.answer, "closure_kind");
    ck_assert_int_eq(map->kind, CASE_KIND_REQUEST);
    ck_assert_int_eq(map->answer_code, ANSWER_CODE_SOLVED);
    ck_assert(map->anonymous && !map->until_given);
    ck_assert_int_eq(memcmp(map->desk.s, "BOS", 4), 0);
    ck_assert_int_eq(channel_of(map, "Employee Generated", true), CHANNEL_GRID);
    ck_assert_int_eq(channel_of(map, " Self Service ", true), CHANNEL_WEB);
    ck_assert_int_eq(channel_of(map, "Maximo Integration", true), CHANNEL_CITY_LINE);
    ck_assert_int_eq(channel_of(map, "Pigeon", false), CHANNEL_HOTLINE);
    ck_assert_ptr_null(replay_map_free(map));
    ck_assert_ptr_null(replay_map_free(NULL));
}
END_TEST

START_TEST(test_spellings)
{
    struct replay_map *map = boston();
    int32_t roxbury = replay_map_street(map, " Roxbury ");
    ck_assert_str_eq(unit_name(map, roxbury), "Roxbury");
    ck_assert_int_eq(replay_map_street(map, ""), -1);
    ck_assert_int_eq(replay_map_street(map, " "), -1);
    ck_assert_int_eq(replay_map_street(map, "roxbury"), -1);
    ck_assert_int_eq(replay_map_street(map, "City of Boston"), -1);
    int32_t ward = replay_map_community(map, roxbury, "Ward 9");
    ck_assert_str_eq(unit_name(map, ward), "Roxbury, Ward 9");
    ck_assert_int_eq(map->units[ward].parent, roxbury);
    ck_assert_int_eq(replay_map_community(map, roxbury, "09"), ward);
    ck_assert_int_eq(replay_map_community(map, roxbury, " 9 "), ward);
    ck_assert_int_eq(replay_map_community(map, roxbury, ""), -1);
    ck_assert_int_eq(replay_map_community(map, roxbury, "Ward "), -1);
    ck_assert_int_eq(replay_map_community(map, roxbury, "Ward 1"), -1); /* no such pair in the file */
    ck_assert_int_eq(replay_map_community(map, -1, "Ward 9"), -1);
    ck_assert_str_eq(unit_name(map, replay_map_department(map, "No Q")), "No Q");
    ck_assert_str_eq(unit_name(map, replay_map_department(map, "PWDx")), "PWDx");
    ck_assert_int_eq(replay_map_department(map, ""), -1);
    ck_assert_int_eq(replay_map_department(map, "PWDy"), -1);
    ck_assert_int_eq(replay_map_department(map, "BOS"), -1); /* a unit, but no department */
    struct code known = matter_of(map, "Street Lights", "Street Light Outages");
    struct code other = matter_of(map, "Trees", "Street Light Outages");
    ck_assert_int_eq(known.s[0], 'M');
    ck_assert_int_eq(memcmp(other.s, "unknown", 8), 0);
    replay_map_free(map);
}
END_TEST

static const struct {
    const char *text;
    int result;
    int64_t at_ms;
} times[] = {
    {"2011-07-01 01:32:33", 0, 1309498353000},
    {" 2011-07-01T01:32 ", 0, 1309498320000},
    {"2011-11-06 01:30:00", 0, 1320557400000}, /* twice: the first */
    {"2011-03-13 02:30:00", -ERANGE, 0},       /* never */
    {"", -ENODATA, 0},
    {"  ", -ENODATA, 0},
    {"2011-02-29 10:00:00", -EINVAL, 0},
    {"2012-02-29 10:00:00", 0, 1330527600000},
    {"2011-13-01 10:00:00", -EINVAL, 0},
    {"2011-07-01", -EINVAL, 0},
    {"2011-07-01 24:00:00", -EINVAL, 0},
    {"01/07/2011 10:00", -EINVAL, 0},
    {"2011-07-01 01:32:33Z", -EINVAL, 0},
};

START_TEST(test_instants)
{
    struct replay_map *map = boston();
    int64_t at_ms = 0;
    ck_assert_int_eq(replay_map_instant(map, times[_i].text, &at_ms), times[_i].result);
    ck_assert_int_eq(at_ms, times[_i].at_ms);
    replay_map_free(map);
}
END_TEST

/* Every request of the file finds its street, community, department, matter and times; the counts are those of the file. */
START_TEST(test_every_row)
{
    struct replay_map *map = boston();
    struct table *table = NULL;
    faults_init(&faults);
    ck_assert_int_eq(table_load(SOURCE_ROOT "/config/boston", "311-boston-2011.csv", &faults, &table), 0);
    ck_assert_uint_eq(table->row_count, 14343);
    const char *const names[] = {map->columns.opened, map->columns.target,     map->columns.closed, map->columns.street,
                                 map->columns.ward,   map->columns.department, map->columns.field,  map->columns.type};
    int32_t at[8];
    for (int i = 0; i < 8; i++) {
        at[i] = table_column(table, names[i]);
        ck_assert_int_ge(at[i], 0);
    }
    uint32_t without_target = 0, open = 0, without_street = 0, with_community = 0;
    for (uint32_t row = 0; row < table->row_count; row++) {
        int64_t opened_ms, target_ms, closed_ms;
        int rc = replay_map_instant(map, table_cell(table, row, at[0]), &opened_ms);
        int target = replay_map_instant(map, table_cell(table, row, at[1]), &target_ms);
        int closed = replay_map_instant(map, table_cell(table, row, at[2]), &closed_ms);
        if (rc != 0 || (target != 0 && target != -ENODATA) || (closed != 0 && closed != -ENODATA)) {
            ck_abort_msg("line %u: times", table->lines[row]);
        }
        without_target += target == -ENODATA;
        open += closed == -ENODATA;
        int32_t street = replay_map_street(map, table_cell(table, row, at[3]));
        without_street += street < 0;
        with_community += replay_map_community(map, street, table_cell(table, row, at[4])) >= 0;
        struct code matter = matter_of(map, table_cell(table, row, at[6]), table_cell(table, row, at[7]));
        if (replay_map_department(map, table_cell(table, row, at[5])) < 0 || matter.s[0] != 'M') {
            ck_abort_msg("line %u: department or matter", table->lines[row]);
        }
    }
    ck_assert_uint_eq(without_target, 2733);
    ck_assert_uint_eq(open, 919);
    ck_assert_uint_eq(without_street, 708);
    ck_assert_uint_eq(with_community, 13631);
    table_free(table);
    replay_map_free(map);
}
END_TEST

static const struct {
    const char *old, *with, *said;
} wrong[] = {
    {"zone: America/New_York", "zone: America/Boston",
     "replay.yaml:2:7: `zone: America/Boston` is not known; write an IANA time zone, as `America/New_York`, and install the "
     "package "
     "tzdata\n"},
    {"zone: America/New_York", "",
     "replay.yaml: key `zone` is missing; write the IANA time zone of the local times, as `America/New_York`\n"},
    {"district: BOS", "district: NYC", "replay.yaml:3:11: `district: NYC`: no such unit; write a code of the units' file\n"},
    {"units: units.csv", "units: unit.csv", NULL},
    {"  id: case_id\n", "", "replay.yaml: key `columns.id` is missing; write the name of the column with the request's number\n"},
    {"  opened: opened_at\n", "",
     "replay.yaml: key `columns.opened` is missing; write the name of the column with the local time of the request\n"},
    {"  street: neighborhood\n", "",
     "replay.yaml: key `columns.street` is missing; write the name of the column with the street, since `columns.ward` is there\n"},
    {"  target: target_at", "  limit: target_at",
     "replay.yaml:10:3: unknown key `limit`; known here: id, opened, target, closed, street, ward, department, field, type, "
     "channel, "
     "answer\n"},
    {"{street}, Ward {ward}", "{street}", "replay.yaml:21:17: `community_name: {street}`: write a text with {street} and {ward}\n"},
    {"kind: request", "kind: wish",
     "replay.yaml:24:7: `kind: wish`: write one of complaint, request, advice, report, suggestion, praise\n"},
    {"anonymous: on", "anonymous: perhaps", "replay.yaml:25:12: `anonymous: perhaps`: write `on` or `off`\n"},
    {"answer_code: solved", "answer_code: done",
     "replay.yaml:26:14: `answer_code: done`: write one of solved, explained, solved_by_support\n"},
    {"to: grid", "to: pigeon",
     "replay.yaml:32:36: `channels.1.to: pigeon`: write one of hotline, city_line, grid, web, open311, visit, letterbox, media, "
     "leader\n"},
    {"{from: Twitter, to: web}", "{from: Twitter}",
     "replay.yaml:35:5: a channel needs both halves; write {from: a spelling, to: a channel}\n"},
    {"until:", "until: tomorrow", "replay.yaml:39:8: `until: tomorrow` is not a local time; write it as 2011-10-01 00:00:00\n"},
};

START_TEST(test_wrong)
{
    char folder[CONFIG_FOLDER_SIZE], path[128], said[256];
    config_folder_make(folder);
    config_folder_copy(folder, "config/boston", "units.csv", NULL, NULL);
    config_folder_copy(folder, "config/boston", "matters.csv", NULL, NULL);
    config_folder_copy(folder, "config/boston", "replay.yaml", wrong[_i].old, wrong[_i].with);
    snprintf(path, sizeof(path), "%s/replay.yaml", folder);
    snprintf(said, sizeof(said), "unit.csv: there is no such file; put it into the folder `%s`\n", folder);
    struct replay_map *map = NULL;
    ck_assert_int_eq(replay_map_load(path, &faults, &map), -EINVAL);
    ck_assert_str_eq(config_folder_faults(&faults), wrong[_i].said ? wrong[_i].said : said);
    ck_assert_ptr_null(map);
    config_folder_remove(folder);
}
END_TEST

START_TEST(test_until)
{
    char folder[CONFIG_FOLDER_SIZE], path[128];
    config_folder_make(folder);
    config_folder_copy(folder, "config/boston", "units.csv", NULL, NULL);
    config_folder_copy(folder, "config/boston", "matters.csv", NULL, NULL);
    config_folder_copy(folder, "config/boston", "replay.yaml", "until:", "until: 2011-10-01 00:00:00");
    snprintf(path, sizeof(path), "%s/replay.yaml", folder);
    struct replay_map *map = NULL;
    ck_assert_int_eq(replay_map_load(path, &faults, &map), 0);
    ck_assert(map->until_given);
    ck_assert_int_eq(map->until_at_ms, 1317441600000);
    replay_map_free(map);
    config_folder_remove(folder);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{test_boston_map},
                                       {test_spellings},
                                       {test_instants, SUITE_COUNT(times)},
                                       {test_every_row},
                                       {test_wrong, SUITE_COUNT(wrong)},
                                       {test_until}};
    return suite_run(&(struct suite){.name = "config/replay_map", .timeout_s = 60, .tests = tests, .count = SUITE_COUNT(tests)});
}
