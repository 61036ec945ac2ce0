/* test_sheet.c - CSV row by row: rows that are read again, line ends of one kind, texts, sizes. */
#include "config/sheet.h"
#include "tests/config/config_folder.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct faults faults;

/* Reads all of it. Returns the last result; *ret_rows is how many rows came. */
static int read_all(struct sheet *sheet, uint32_t *ret_rows)
{
    struct sheet_row row;
    int rc;
    *ret_rows = 0;
    while ((rc = sheet_next(sheet, &row)) == 1) {
        ++*ret_rows;
    }
    return rc;
}

static int read_text(const char *text, uint32_t *ret_rows)
{
    struct sheet *sheet = NULL;
    *ret_rows = 0;
    faults_init(&faults);
    int rc = sheet_of_bytes("t.csv", text, strlen(text), &faults, &sheet);
    if (rc == 0) {
        rc = read_all(sheet, ret_rows);
    }
    sheet_free(sheet);
    return rc;
}

START_TEST(test_rows)
{
    static const char text[] = "\xef\xbb\xbf"
                               "a,b,c\n1\n\n1,2,3\n\"x,y\",\"2\n3\",4,5\n1,";
    static const struct {
        uint32_t line, count;
        const char *last;
    } wanted[] = {{2, 1, "1"}, {4, 3, "3"}, {5, 4, "5"}, {7, 2, ""}};
    struct sheet *sheet = NULL;
    struct sheet_row row;
    uint64_t offsets[4];
    faults_init(&faults);
    ck_assert_int_eq(sheet_of_bytes("t.csv", text, strlen(text), &faults, &sheet), 0);
    ck_assert(sheet->marked);
    ck_assert_uint_eq(sheet->column_count, 3);
    ck_assert_int_eq(sheet_column(sheet, "a"), 0);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(sheet_next(sheet, &row), 1);
        ck_assert_uint_eq(row.line, wanted[i].line);
        ck_assert_uint_eq(row.count, wanted[i].count);
        ck_assert_str_eq(row.fields[row.count - 1], wanted[i].last);
        offsets[i] = row.offset;
    }
    ck_assert_int_eq(sheet_next(sheet, &row), 0);
    ck_assert_uint_eq(sheet->offset, strlen(text));
    for (int i = 3; i >= 0; i--) {
        ck_assert_int_eq(sheet_again(sheet, offsets[i], wanted[i].line, &row), 1);
        ck_assert_uint_eq(row.line, wanted[i].line);
        ck_assert_uint_eq(row.count, wanted[i].count);
        ck_assert_str_eq(row.fields[row.count - 1], wanted[i].last);
    }
    sheet_free(sheet);
    ck_assert_ptr_null(sheet_free(NULL));
}
END_TEST

#define MIXED "t.csv:%s: here a line ends in %s, and those before it end in %s: "
/* Lines end alike; a line end of another kind, outside quotes, is where somebody's text would be cut. */
static const struct {
    const char *text, *at; /* where; NULL: nothing is wrong */
    const char *here, *before;
    uint32_t rows;
} ends[] = {
    {"a,b\n1,2\n3,4\n", NULL, "", "", 2},
    {"a,b\r\n1,2\r\n3,4", NULL, "", "", 2},
    {"a,b\r1,2\r3,4\r", NULL, "", "", 2},
    {"a,b\n1,\"x\ry\"\n2,\"x\r\ny\"\n", NULL, "", "", 2},
    {"a,b\r\n1,\"x\ny\"\r\n", NULL, "", "", 1},
    {"a,b\n1,te\rxt\n3,4\n", "2:2", "CR", "LF", 0},
    {"a,b\n1,2\nte\rxt,4\n", "3:1", "CR", "LF", 1},
    {"a,b\n1,2\r3,4\r5,6\n", "2:2", "CR", "LF", 0},
    {"a,b\n1,2\r", "2:2", "CR", "LF", 0},
    {"a,b\n1,2\r\n", "2:2", "CRLF", "LF", 0},
    {"a,b\n\"x\n\ny\",te\rxt\n", "4:2", "CR", "LF", 0},
    {"a,b\r\n1,te\nxt\r\n", "2:2", "LF", "CRLF", 0},
    {"a,b\r\n1,te\rxt\r\n", "2:2", "CR", "CRLF", 0},
    {"a,b\r1,2\n3,4\r", "2:2", "LF", "CR", 0},
    {"a,b\n\r1,2\n", "2:1", "CR", "LF", 0},
};

START_TEST(test_line_ends)
{
    char said[400];
    uint32_t rows;
    int rc = read_text(ends[_i].text, &rows);
    ck_assert_uint_eq(rows, ends[_i].rows);
    if (ends[_i].at == NULL) {
        ck_assert_int_eq(rc, 0);
        ck_assert_str_eq(config_folder_faults(&faults), "");
        return;
    }
    ck_assert_int_eq(rc, -EINVAL);
    snprintf(said, sizeof(said), MIXED, ends[_i].at, ends[_i].here, ends[_i].before);
    ck_assert_msg(strncmp(config_folder_faults(&faults), said, strlen(said)) == 0, "%s", config_folder_faults(&faults));
}
END_TEST

static const struct {
    const char *text, *said;
} wrong[] = {
    {"a,b\n1,2\n1,\"x\n\xff\"\n", "t.csv:4:2: byte 0xff is not UTF-8; save the file as UTF-8\n"},
    {"\xff\xfe"
     "a\n",
     "t.csv:1:1: the file is UTF-16; save it as UTF-8\n"},
    {"a;b\n1;2\n", "t.csv:1:1: the columns stand between semicolons; save the file with commas between them (\"CSV UTF-8\")\n"},
    {"a,a\n1,2\n", "t.csv:1:2: column `a` is there twice; keep one\n"},
    {"\n", "t.csv:1: the file is empty; its first row names the columns\n"},
};

START_TEST(test_wrong)
{
    uint32_t rows;
    int rc = read_text(wrong[_i].text, &rows);
    ck_assert(rc == -EINVAL || faults_total(&faults) > 0);
    ck_assert_str_eq(config_folder_faults(&faults), wrong[_i].said);
}
END_TEST

/* Of many lines that are not UTF-8 ten are told, and the rest of the file is not read. */
START_TEST(test_many_bad_lines)
{
    struct sheet *sheet = NULL;
    uint32_t rows;
    static char text[4 + 1000 * 2 + 1] = "a\n";
    for (int i = 0; i < 1000; i++) {
        memcpy(text + 2 + 2 * i, "\xff\n", 2);
    }
    faults_init(&faults);
    ck_assert_int_eq(sheet_of_bytes("t.csv", text, strlen(text), &faults, &sheet), 0);
    ck_assert_int_eq(read_all(sheet, &rows), -EINVAL);
    ck_assert_uint_eq(faults_total(&faults), 10);
    ck_assert_uint_eq(rows, 9);
    sheet_free(sheet);
}
END_TEST

/* A file larger than memory would like: every row is there, and again by its place; a quote that nobody closes ends soon. */
START_TEST(test_large)
{
    enum { ROWS = 400000 };
    char folder[CONFIG_FOLDER_SIZE], path[CONFIG_FOLDER_SIZE + 16], wanted[80];
    struct sheet *sheet = NULL;
    struct sheet_row row;
    uint64_t offset = 0;
    config_folder_make(folder);
    snprintf(path, sizeof(path), "%s/large.csv", folder);
    FILE *out = fopen(path, "we");
    ck_assert_ptr_nonnull(out);
    fputs("no,text\n", out);
    for (int i = 0; i < ROWS; i++) {
        fprintf(out, "%d,\"%0160d, \"\"x\"\"\ny\"\n", i, i);
    }
    fputs("bad,\"never closed\n", out);
    for (int i = 0; i < 20000; i++) {
        fprintf(out, "%0160d,x\n", i);
    }
    ck_assert_int_eq(fclose(out), 0);
    faults_init(&faults);
    ck_assert_int_eq(sheet_open(path, &faults, &sheet), 0);
    ck_assert_uint_gt(sheet->size, 64 << 20);
    for (int i = 0; i < ROWS; i++) {
        ck_assert_int_eq(sheet_next(sheet, &row), 1);
        ck_assert_int_eq(atoi(row.fields[0]), i);
        if (i == 3) {
            offset = row.offset;
        }
    }
    ck_assert_uint_eq(row.line, 2 * ROWS);
    snprintf(wanted, sizeof(wanted), "%u:2: this row has more than 1048576", 2 * ROWS + 2);
    ck_assert_int_eq(sheet_next(sheet, &row), -EINVAL);
    ck_assert_ptr_nonnull(strstr(config_folder_faults(&faults), wanted));
    sheet_free(sheet);
    ck_assert_int_eq(sheet_open(path, &faults, &sheet), 0);
    ck_assert_int_eq(sheet_again(sheet, offset, 8, &row), 1);
    ck_assert_int_eq(atoi(row.fields[0]), 3);
    ck_assert_int_eq(sheet_next(sheet, &row), 1);
    ck_assert_int_eq(atoi(row.fields[0]), 4);
    sheet_free(sheet);
    ck_assert_int_eq(unlink(path), 0);
    config_folder_remove(folder);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {test_rows}, {test_line_ends, SUITE_COUNT(ends)}, {test_wrong, SUITE_COUNT(wrong)}, {test_many_bad_lines}, {test_large}};
    return suite_run(&(struct suite){.name = "sheet", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
