/*
 * test_speed.c - how long a large set takes to load: processor time, printed. Usage: test_speed made | chain | beijing
 * (units-beijing.csv of the shared data; exit code 77 where that is missing). The bound, a second, holds without sanitizers.
 */
#include "config/loader.h"
#include "config/table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define BOUND_S 20.0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BOUND_S 20.0
#endif
#endif
#ifndef BOUND_S
#define BOUND_S 1.0
#endif

#define TEXT_SIZE (8 << 20)

static char text[TEXT_SIZE];
static size_t text_size;

static void must(bool good)
{
    if (!good) {
        abort();
    }
}

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void add(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text + text_size, sizeof(text) - text_size, format, args);
    va_end(args);
    must(size >= 0 && text_size + (size_t)size < sizeof(text));
    text_size += (size_t)size;
}

static void write_text(const char *folder, const char *file)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    FILE *out = fopen(path, "wb");
    must(out != NULL && fwrite(text, 1, text_size, out) == text_size && fclose(out) == 0);
    text_size = 0;
}

static void remove_folder(const char *folder)
{
    static const char *const files[] = {"policy.yaml", "units.csv", "matters.csv", "catalogue.csv", "calendars.yaml", "days.csv"};
    char path[256];
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
        unlink(path);
    }
    must(rmdir(folder) == 0);
}

/* 10,000 units: a district, 40 departments, 10 streets with 20 communities each, and their grids. */
static void make_units(const char *folder)
{
    uint32_t count = 1;
    add("code,name,tier,class,parent,calendar,deputy,capacity,contact,duty_phone\nD,某某区,district,government,,,,,,\n");
    for (int i = 0; i < 40; i++, count++) {
        add("DEP%d,第%d局,district,department,D,c%d,,200,值班室,000-%d\n", i, i, i % 10, i);
    }
    for (int street = 0; street < 10; street++, count++) {
        add("S%d,第%d街道,street,government,D,,,80,,\n", street, street);
        for (int i = 0; i < 20; i++, count++) {
            add("C%d-%d,第%d社区,community,committee,S%d,,,20,,\n", street, i, i, street);
        }
    }
    for (int i = 0; count < 10000; i++, count++) {
        add("G%d,第%d网格,grid,government,C%d-%d,24x7,,5,网格员,\n", i, i, i % 10, i / 10 % 20);
    }
    write_text(folder, "units.csv");
}

/* 60,000 units in one chain, the deepest with the lowest code, each of whose rows names something far away; and 20,000 retired
 * ones in another, each the successor of the one before. */
static void make_chain(const char *folder)
{
    add("code,name,tier,class,parent,accountable,retired_on,successor\nD,某某区,district,government,,,,\n"
        "DEP7,局,district,department,D,,,\nS1,街道,street,government,D,,,\nX60000,科,street,section,S1,,,\n");
    for (int i = 59999; i > 0; i--) {
        add("X%05d,科,street,section,X%05d,%s,,\n", i, i + 1, i % 3 == 0 ? "S1" : i % 3 == 1 ? "" : "X60000");
    }
    for (int i = 0; i < 20000; i++) {
        add("R%05d,组,street,section,%s,,2026-01-01,R%05d\n", i, "S1", i + 1);
    }
    add("R20000,组,street,section,S1,,,\n");
    write_text(folder, "units.csv");
}

/* A city in which each tier is called by the name of the one below it, so that the whole of it is one district. */
static bool read_units(const char *folder)
{
    static const char *const tiers[] = {"city", "district", "street", "community"}, *const ours[] = {"district", "street",
                                                                                                     "community", "grid"};
    static struct faults faults;
    struct table *table = NULL;
    const char *shared = getenv("HUYING_SHARED");
    char path[4096];
    snprintf(path, sizeof(path), "%s/data/units-beijing.csv", shared != NULL && shared[0] ? shared : SOURCE_ROOT "/../shared");
    if (access(path, R_OK) < 0) {
        return false;
    }
    faults_init(&faults);
    must(table_load(NULL, path, &faults, &table) == 0);
    add("code,name,tier,class,parent\n");
    for (uint32_t i = 0; i < table->row_count; i++) {
        uint32_t tier = 0;
        while (strcmp(table_cell(table, i, 2), tiers[tier]) != 0) {
            tier++;
        }
        add("%s,%s,%s,government,%s\n", table_cell(table, i, 0), table_cell(table, i, 1), ours[tier], table_cell(table, i, 3));
    }
    table_free(table);
    write_text(folder, "units.csv");
    return true;
}

static void make_rest(const char *folder, const char *district, const char *lead, const char *place)
{
    add("district: %s\nzone: Asia/Shanghai\n", district);
    write_text(folder, "policy.yaml");
    add("code,name,field\n");
    for (int i = 0; i < 500; i++) {
        add("M%d,第%d项,市政\n", i, i);
    }
    write_text(folder, "matters.csv");
    add("matter,place,lead,limit_ordinary\n");
    for (int i = 0; i < 500; i++) {
        add("M%d,%s,%s,%d wd\n", i, i % 2 ? "*" : place, i % 2 ? "@street" : lead, i % 15 + 1);
    }
    write_text(folder, "catalogue.csv");
    add("calendars:\n");
    for (int i = 0; i < 10; i++) {
        add("  - {name: c%d, days: days.csv, make_up: 09:00-12:00, hours: {mon: 09:00-12:00 13:00-17:00, tue: 09:00-12:00 "
            "13:00-17:00, wed: "
            "09:00-12:00 13:00-17:00, thu: 09:00-12:00 13:00-17:00, fri: 09:00-12:00 13:00-17:00, sat: 09:00-12:00}}\n",
            i);
    }
    write_text(folder, "calendars.yaml");
    add("date,kind\n");
    for (int year = 2019; year < 2029; year++) {
        for (int day = 1; day < 20; day++) {
            add("%d-10-%02d,%s\n", year, day, day % 4 ? "holiday" : "workday");
        }
    }
    write_text(folder, "days.csv");
}

int main(int argc, char **argv)
{
    static struct faults faults;
    struct district *district = NULL;
    char folder[64];
    if (argc != 2) {
        return 2;
    }
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%s/huying-speed-XXXXXX", base != NULL ? base : "/tmp");
    must(mkdtemp(folder) != NULL);
    bool made = strcmp(argv[1], "made") == 0, chain = strcmp(argv[1], "chain") == 0;
    if (made) {
        make_units(folder);
    } else if (chain) {
        make_chain(folder);
    } else if (!read_units(folder)) {
        remove_folder(folder);
        printf("skipped: units-beijing.csv is missing; name its folder with HUYING_SHARED\n");
        return 77;
    }
    bool own = made || chain;
    make_rest(folder, own ? "D" : "110000000000", own ? "DEP7" : "110101000000", chain ? "X00001" : "*");
    clock_t begin = clock();
    int rc = district_load(folder, &faults, &district);
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    remove_folder(folder);
    if (rc < 0) {
        for (uint32_t i = 0; i < faults.count; i++) {
            printf("%s\n", fault_text(&faults.at[i], text, sizeof(text)));
        }
        return 1;
    }
    printf("%u units, %u matters, %u rows, %u calendars: %.3f s of processor time, bound %.0f s\n", district->unit_count,
           district->matter_count, district->row_count, district->calendar_count, seconds, BOUND_S);
    district_free(district);
    return seconds < BOUND_S ? 0 : 1;
}
