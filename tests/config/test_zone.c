/*
 * test_zone.c - instants and local times of real zones, of hand-made rules and files, and a recount of 55 years by Python's
 * zoneinfo.
 */
#include "config/zone.h"
#include "config/zone_rule.h"
#include "tests/suite.h"
#include "tests/tmp.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t utc_ms(int32_t year, int32_t month, int32_t day, int32_t hour, int32_t minute, int32_t second)
{
    return (civil_to_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) * 1000;
}

static struct zone *zone_of(const char *name)
{
    struct zone *zone = NULL;
    ck_assert_msg(zone_load(NULL, name, &zone) == 0, "%s", name);
    return zone;
}

static const struct {
    const char *zone;
    int32_t year, month, day, hour, minute, second; /* UTC */
    int32_t offset_s;
} known[] = {
    {"Asia/Shanghai", 2024, 5, 1, 0, 0, 0, 28800},
    {"Asia/Shanghai", 1988, 7, 1, 0, 0, 0, 32400}, /* summer time 1986-1991 */
    {"Asia/Shanghai", 2500, 7, 1, 0, 0, 0, 28800},
    {"America/New_York", 2011, 7, 1, 0, 0, 0, -14400},
    {"America/New_York", 2011, 11, 6, 5, 59, 59, -14400},
    {"America/New_York", 2011, 11, 6, 6, 0, 0, -18000},
    {"America/New_York", 2012, 3, 11, 6, 59, 59, -18000},
    {"America/New_York", 2012, 3, 11, 7, 0, 0, -14400},
    {"America/New_York", 2006, 10, 29, 5, 59, 59, -14400}, /* the old rule */
    {"America/New_York", 2006, 10, 29, 6, 0, 0, -18000},
    {"America/New_York", 1800, 1, 1, 0, 0, 0, -17762}, /* local mean time */
    {"America/New_York", 2400, 7, 1, 0, 0, 0, -14400},
    {"America/New_York", 2400, 1, 1, 0, 0, 0, -18000},
    {"Europe/London", 1970, 6, 1, 0, 0, 0, 3600}, /* an hour ahead all year then */
    {"Europe/London", 2060, 7, 1, 0, 0, 0, 3600},
    {"Europe/Dublin", 2050, 1, 1, 0, 0, 0, 0}, /* winter is the exception there */
    {"Europe/Dublin", 2050, 7, 1, 0, 0, 0, 3600},
    {"Australia/Lord_Howe", 2050, 1, 1, 0, 0, 0, 39600}, /* moves by half an hour */
    {"Australia/Lord_Howe", 2050, 7, 1, 0, 0, 0, 37800},
    {"Asia/Kathmandu", 2024, 1, 1, 0, 0, 0, 20700},
    {"Asia/Kathmandu", 1985, 12, 31, 18, 29, 59, 19800},
    {"Pacific/Apia", 2011, 12, 30, 9, 59, 59, -36000}, /* then 30 December is skipped */
    {"Pacific/Apia", 2011, 12, 30, 10, 0, 0, 50400},
    {"UTC", 1900, 1, 1, 0, 0, 0, 0},
};

START_TEST(test_known_offsets)
{
    struct zone *zone = zone_of(known[_i].zone);
    int64_t at_ms = utc_ms(known[_i].year, known[_i].month, known[_i].day, known[_i].hour, known[_i].minute, known[_i].second);
    ck_assert_int_eq(zone_offset_s(zone, at_ms), known[_i].offset_s);
    ck_assert_int_eq(zone_offset_s(zone, at_ms + 999), known[_i].offset_s);
    zone_free(zone);
}
END_TEST

START_TEST(test_civil_has_milliseconds_before_1970_too)
{
    struct zone *zone = zone_of("UTC");
    struct civil civil;
    zone_civil(zone, -1, &civil);
    ck_assert_int_eq(civil.year, 1969);
    ck_assert_int_eq(civil.second, 59);
    ck_assert_int_eq(civil.ms, 999);
    int64_t back_ms = 0;
    ck_assert_int_eq(zone_instant(zone, &civil, &back_ms), CIVIL_ONE);
    ck_assert_int_eq(back_ms, -1);
    zone_civil(zone, INT64_MAX, &civil);
    ck_assert_int_eq(civil.year, 292278994);
    zone_civil(zone, INT64_MIN, &civil);
    ck_assert_int_eq(civil.year, -292275055);
    zone_free(zone);
    zone = zone_of("Asia/Shanghai"); /* what lies beyond the last instant on the wall is no overflow */
    zone_civil(zone, INT64_MAX, &civil);
    ck_assert_int_eq(civil.year, 292278994);
    ck_assert_int_eq(civil.ms, 807);
    zone_free(zone);
}
END_TEST

static const struct {
    const char *zone;
    struct civil local;
    enum civil_fit fit;
    int64_t year, month, day, hour, minute; /* UTC */
} fits[] = {
    {"America/New_York", {2011, 7, 1, 1, 32, 0, 0}, CIVIL_ONE, 2011, 7, 1, 5, 32},
    {"America/New_York", {2011, 11, 6, 1, 30, 0, 0}, CIVIL_FOLD, 2011, 11, 6, 5, 30},
    {"America/New_York", {2011, 11, 6, 0, 59, 0, 0}, CIVIL_ONE, 2011, 11, 6, 4, 59},
    {"America/New_York", {2011, 11, 6, 2, 0, 0, 0}, CIVIL_ONE, 2011, 11, 6, 7, 0},
    {"America/New_York", {2011, 3, 13, 2, 30, 0, 0}, CIVIL_GAP, 2011, 3, 13, 7, 30},
    {"America/New_York", {2011, 3, 13, 3, 0, 0, 0}, CIVIL_ONE, 2011, 3, 13, 7, 0},
    {"America/New_York", {2061, 3, 13, 2, 30, 0, 0}, CIVIL_GAP, 2061, 3, 13, 7, 30},
    {"Australia/Lord_Howe", {2050, 10, 2, 2, 15, 0, 0}, CIVIL_GAP, 2050, 10, 1, 15, 45},
    {"Australia/Lord_Howe", {2050, 4, 3, 1, 45, 0, 0}, CIVIL_FOLD, 2050, 4, 2, 14, 45},
    {"Asia/Shanghai", {2038, 1, 19, 11, 13, 0, 0}, CIVIL_ONE, 2038, 1, 19, 3, 13}, /* where the table ends and the rule begins */
    {"America/Sao_Paulo", {2038, 1, 19, 0, 13, 0, 0}, CIVIL_ONE, 2038, 1, 19, 3, 13},
    {"Pacific/Apia", {2011, 12, 30, 12, 0, 0, 0}, CIVIL_GAP, 2011, 12, 30, 22, 0},
};

START_TEST(test_local_times)
{
    struct zone *zone = zone_of(fits[_i].zone);
    int64_t at_ms = 0;
    ck_assert_int_eq(zone_instant(zone, &fits[_i].local, &at_ms), fits[_i].fit);
    ck_assert_int_eq(at_ms, utc_ms((int32_t)fits[_i].year, (int32_t)fits[_i].month, (int32_t)fits[_i].day, (int32_t)fits[_i].hour,
                                   (int32_t)fits[_i].minute, 0));
    zone_free(zone);
}
END_TEST

START_TEST(test_day_start)
{
    struct zone *zone = zone_of("America/New_York");
    int64_t at_ms = utc_ms(2011, 11, 6, 12, 0, 0);
    ck_assert_int_eq(zone_day_start(zone, at_ms, 0), utc_ms(2011, 11, 6, 4, 0, 0));
    ck_assert_int_eq(zone_day_start(zone, at_ms, 1), utc_ms(2011, 11, 7, 5, 0, 0)); /* a day of 25 hours */
    ck_assert_int_eq(zone_day_start(zone, at_ms, -6), utc_ms(2011, 10, 31, 4, 0, 0));
    zone_free(zone);
    zone = zone_of("America/Sao_Paulo"); /* midnight itself was skipped on 2018-11-04 */
    ck_assert_int_eq(zone_day_start(zone, utc_ms(2018, 11, 4, 12, 0, 0), 0), utc_ms(2018, 11, 4, 3, 0, 0));
    zone_free(zone);
    zone = zone_of("Pacific/Apia"); /* the whole day was */
    ck_assert_int_eq(zone_day_start(zone, utc_ms(2011, 12, 30, 0, 0, 0), 1), utc_ms(2011, 12, 30, 10, 0, 0));
    zone_free(zone);
}
END_TEST

static const struct {
    const char *rule;
    int32_t year, month, day, hour; /* UTC */
    int32_t offset_s;
} rules[] = {
    {"CST-8", 2030, 1, 1, 0, 28800},
    {"<+0545>-5:45", 2030, 1, 1, 0, 20700},
    {"EST5EDT,M3.2.0,M11.1.0", 2030, 3, 10, 6, -18000},
    {"EST5EDT,M3.2.0,M11.1.0", 2030, 3, 10, 7, -14400},
    {"EST5EDT,M3.2.0,M11.1.0", 2030, 11, 3, 5, -14400},
    {"EST5EDT,M3.2.0,M11.1.0", 2030, 11, 3, 6, -18000},
    {"AAA0BBB,J60/0,J300/0", 2028, 2, 29, 23, 0}, /* J60 is 1 March in every year */
    {"AAA0BBB,J60/0,J300/0", 2028, 3, 1, 0, 3600},
    {"AAA0BBB,J60/0,J300/0", 2027, 3, 1, 0, 3600},
    {"AAA0BBB,59/0,300/0", 2028, 2, 29, 0, 3600}, /* 59 is 29 February in a leap year */
    {"AAA0BBB,59/0,300/0", 2027, 2, 28, 23, 0},
    {"AAA0BBB,59/0,300/0", 2027, 3, 1, 0, 3600},
    {"XXX3EDT4,0/0,J365/23", 2030, 1, 1, 3, -14400}, /* summer time all year, RFC 8536 */
    {"XXX3EDT4,0/0,J365/23", 2029, 12, 31, 23, -14400},
    {"IST-1GMT0,M10.5.0,M3.5.0/1", 2030, 7, 1, 0, 3600}, /* negative summer time */
    {"IST-1GMT0,M10.5.0,M3.5.0/1", 2030, 1, 1, 0, 0},
    {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2030, 3, 31, 0, -7200}, /* begins at 23:00 of the day before, local */
    {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2030, 3, 31, 1, -3600},
    {"AAA0BBB,M1.1.0/167,M12.5.0/-167", 2030, 1, 12, 22, 0},
    {"AAA0BBB,M1.1.0/167,M12.5.0/-167", 2030, 1, 12, 23, 3600},
};

START_TEST(test_rules)
{
    struct zone_rule rule;
    struct zone_span span;
    ck_assert(zone_rule_parse(rules[_i].rule, strlen(rules[_i].rule), &rule));
    int64_t at_s = utc_ms(rules[_i].year, rules[_i].month, rules[_i].day, rules[_i].hour, 0, 0) / 1000;
    zone_rule_span(&rule, at_s, &span);
    ck_assert_int_eq(span.offset_s, rules[_i].offset_s);
    ck_assert(span.from_s <= at_s && at_s < span.to_s);
}
END_TEST

START_TEST(test_bad_rules)
{
    static const char *const bad[] = {"",
                                      "E5",
                                      "EST",
                                      "EST25",
                                      "EST5EDT",
                                      "EST5EDT,M3.2.0",
                                      "EST5EDT,M13.2.0,M11.1.0",
                                      "EST5EDT,M3.6.0,M11.1.0",
                                      "EST5EDT,M3.2.7,M11.1.0",
                                      "EST5EDT,J0,J1",
                                      "EST5EDT,366,1",
                                      "EST5EDT,J1/168,J2",
                                      "EST5EDT,M3.2.0,M11.1.0x",
                                      "<+05-5",
                                      "EST5:60"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct zone_rule rule;
        ck_assert_msg(!zone_rule_parse(bad[i], strlen(bad[i]), &rule), "%s", bad[i]);
    }
}
END_TEST

START_TEST(test_bad_names_and_files)
{
    struct zone *zone = NULL;
    ck_assert_int_eq(zone_load(NULL, "Mars/Olympus", &zone), -ENOENT);
    ck_assert_int_eq(zone_load(NULL, "../passwd", &zone), -EINVAL);
    ck_assert_int_eq(zone_load(NULL, "/etc/passwd", &zone), -EINVAL);
    ck_assert_int_eq(zone_load(NULL, "", &zone), -EINVAL);
    ck_assert_int_eq(zone_load(NULL, "Asia", &zone), -EBADMSG);
    ck_assert_int_eq(zone_load("/etc", "passwd", &zone), -EBADMSG);
    ck_assert_ptr_null(zone);
    ck_assert_ptr_null(zone_free(NULL));
}
END_TEST

/* Every truncation of a real file, and every byte of its headers changed: an error or a zone, never a read outside. */
START_TEST(test_damaged_files)
{
    char folder[64];
    tmp_folder(folder, sizeof(folder), "zone");
    struct zone *whole = zone_of("America/New_York");
    size_t size;
    const char *data = zone_data(whole, &size);
    char path[80];
    snprintf(path, sizeof(path), "%s/z", folder);
    uint32_t refused = 0;
    for (size_t i = 0; i < size; i++) {
        FILE *out = fopen(path, "wb");
        ck_assert_ptr_nonnull(out);
        fwrite(data, 1, i, out);
        fclose(out);
        struct zone *zone = NULL;
        refused += zone_load(folder, "z", &zone) == -EBADMSG ? 1 : 0;
    }
    ck_assert_uint_eq(refused, size);
    ck_assert_uint_gt(size, 44);
    char *copy = malloc(size + 1);
    ck_assert_ptr_nonnull(copy);
    for (size_t i = 0; i < size; i += i < 44 ? 1 : 7) {
        memcpy(copy, data, size);
        copy[i] = (char)(copy[i] ^ 0x55);
        FILE *out = fopen(path, "wb");
        ck_assert_ptr_nonnull(out);
        fwrite(copy, 1, size, out);
        fclose(out);
        struct zone *zone = NULL;
        int rc = zone_load(folder, "z", &zone);
        ck_assert(rc == 0 || rc == -EBADMSG);
        if (rc == 0) {
            struct civil civil;
            zone_civil(zone, 0, &civil);
        }
        zone_free(zone);
    }
    free(copy);
    unlink(path);
    rmdir(folder);
    zone_free(whole);
}
END_TEST

/* The oracle: Python's zoneinfo says the offset, the local time and its fit (fold, gap) every 4.6 days and around each
 * change. */
static const char oracle[] =
    "import datetime as d, sys, zoneinfo\n"
    "name = sys.argv[1]; z = zoneinfo.ZoneInfo(name); utc = d.timezone.utc\n"
    "def off(s): return int(d.datetime.fromtimestamp(s, utc).astimezone(z).utcoffset().total_seconds())\n"
    "begin = int(d.datetime(2005, 1, 1, tzinfo=utc).timestamp()); end = int(d.datetime(2061, 1, 1, tzinfo=utc).timestamp())\n"
    "points = list(range(begin, end, 397987))\n"
    "for s in range(begin, end, 604800):\n"
    "    if off(s) != off(s + 604800):\n"
    "        low, high = s, s + 604800\n"
    "        while high - low > 1:\n"
    "            middle = (low + high) // 2\n"
    "            low, high = (middle, high) if off(middle) == off(s) else (low, middle)\n"
    "        points += [high + k for k in (-7200, -3600, -1801, -1800, -1, 0, 1, 1799, 1800, 3599, 3600, 7200)]\n"
    "for s in points:\n"
    "    n = d.datetime.fromtimestamp(s, utc).replace(tzinfo=None) + d.timedelta(seconds=off(s))\n"
    "    a = n.replace(tzinfo=z, fold=0); b = n.replace(tzinfo=z, fold=1)\n"
    "    x, y = a.utcoffset(), b.utcoffset()\n"
    "    fit = 0 if x == y else 1\n"
    "    n2 = d.datetime.fromtimestamp(s, utc).replace(tzinfo=None) + d.timedelta(hours=-4)\n"
    "    c = n2.replace(tzinfo=z, fold=0); e = n2.replace(tzinfo=z, fold=1)\n"
    "    u = int((n2 - c.utcoffset() - d.datetime(1970, 1, 1)).total_seconds())\n"
    "    fit2 = 0 if c.utcoffset() == e.utcoffset() else 1 if c.utcoffset() > e.utcoffset() else 2\n"
    "    print(s, off(s), n.year, n.month, n.day, n.hour, n.minute, n.second, fit, int(a.timestamp()), n2.hour * 3600 + n2.minute "
    "* 60 "
    "+ n2.second, (n2.date() - d.date(1970, 1, 1)).days, fit2, u)\n";

static const char *const recounted[] = {"America/New_York", "Asia/Shanghai", "Europe/London", "Australia/Lord_Howe",
                                        "Asia/Kathmandu",   "Europe/Dublin", "Africa/Cairo",  "America/Sao_Paulo",
                                        "Pacific/Chatham",  "Asia/Gaza"};

/* A day is what lies between its label and the next one's, near a change of the clock and far from all. */
START_TEST(test_days)
{
    static const int32_t starts_ms[] = {0, 2 * 3600000 + 1800000, 6 * 3600000 + 1, 86399999};
    const char *name = _i < SUITE_COUNT(recounted) ? recounted[_i] : "Pacific/Apia"; /* which had no 30 December 2011 */
    struct zone *zone = zone_of(name);
    for (int64_t at_ms = utc_ms(2009, 1, 1, 0, 0, 0); at_ms < utc_ms(2040, 1, 1, 0, 0, 0); at_ms += 18979999) {
        for (size_t i = 0; i < sizeof(starts_ms) / sizeof(*starts_ms); i++) {
            int64_t day = zone_day(zone, at_ms, starts_ms[i]);
            int64_t begin_ms = zone_label(zone, day, starts_ms[i]), end_ms = zone_label(zone, day + 1, starts_ms[i]);
            bool right = begin_ms <= at_ms && at_ms < end_ms && zone_day(zone, begin_ms, starts_ms[i]) == day &&
                         zone_day(zone, begin_ms - 1, starts_ms[i]) < day && zone_day(zone, end_ms - 1, starts_ms[i]) == day;
            ck_assert_msg(right, "%s at %lld, day from %d ms", name, (long long)at_ms, starts_ms[i]);
        }
    }
    zone_free(zone);
}
END_TEST

START_TEST(test_recount_by_python)
{
    char path[64];
    int fd = mkstemp(tmp_name(path, sizeof(path), tmp_base(), "oracle"));
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, oracle, sizeof(oracle) - 1), sizeof(oracle) - 1);
    close(fd);
    char command[256];
    snprintf(command, sizeof(command), "python3 %s %s", path, recounted[_i]);
    // NOLINTNEXTLINE(cert-env33-c): the oracle is another program
    FILE *in = popen(command, "r");
    ck_assert_ptr_nonnull(in);
    struct zone *zone = zone_of(recounted[_i]);
    char line[256];
    uint32_t count = 0;
    while (fgets(line, sizeof(line), in) != NULL) {
        long long at_s, back_s, second_of_day, days, u;
        int offset_s, fit, fit2;
        struct civil want, got;
        // NOLINTNEXTLINE(cert-err34-c): the oracle writes small numbers
        int fields = sscanf(line, "%lld %d %d %d %d %d %d %d %d %lld %lld %lld %d %lld", &at_s, &offset_s, &want.year, &want.month,
                            &want.day, &want.hour, &want.minute, &want.second, &fit, &back_s, &second_of_day, &days, &fit2, &u);
        if (fields != 14) {
            ck_abort_msg("%s", line);
        }
        bool right = zone_offset_s(zone, at_s * 1000) == offset_s;
        zone_civil(zone, at_s * 1000, &got);
        right = right && got.year == want.year && got.month == want.month && got.day == want.day && got.hour == want.hour &&
                got.minute == want.minute && got.second == want.second && got.ms == 0;
        int64_t at_ms = 0;
        right = right && zone_instant(zone, &got, &at_ms) == (fit ? CIVIL_FOLD : CIVIL_ONE) && at_ms == back_s * 1000;
        civil_from_days(days, &got);
        got.hour = (int32_t)(second_of_day / 3600);
        got.minute = (int32_t)(second_of_day / 60 % 60);
        got.second = (int32_t)(second_of_day % 60);
        right = right &&
                zone_instant(zone, &got, &at_ms) == (fit2 == 0   ? CIVIL_ONE
                                                     : fit2 == 1 ? CIVIL_FOLD
                                                                 : CIVIL_GAP) &&
                at_ms == u * 1000;
        if (!right) {
            ck_abort_msg("%s: %s", recounted[_i], line);
        }
        count++;
    }
    ck_assert_int_eq(pclose(in), 0);
    ck_assert_uint_gt(count, 4000);
    zone_free(zone);
    unlink(path);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{test_known_offsets, SUITE_COUNT(known)},
                                       {test_civil_has_milliseconds_before_1970_too},
                                       {test_local_times, SUITE_COUNT(fits)},
                                       {test_day_start},
                                       {test_rules, SUITE_COUNT(rules)},
                                       {test_bad_rules},
                                       {test_bad_names_and_files},
                                       {test_damaged_files},
                                       {test_days, SUITE_COUNT(recounted) + 1},
                                       {test_recount_by_python, SUITE_COUNT(recounted)}};
    // NOLINTNEXTLINE(cert-env33-c): is the oracle there?
    bool has_oracle = system("python3 -c 'import zoneinfo' 2>/dev/null") == 0;
    if (!has_oracle) {
        printf("SKIPPED test_recount_by_python: python3 with zoneinfo is not installed\n");
    }
    return suite_run(&(struct suite){
        .name = "config/zone", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests) - (has_oracle ? 0 : 1)});
}
