/* test_table.c - CSV as RFC 4180 says, with the line of every row. */
#include "config/table.h"
#include "tests/config/config_folder.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct faults faults;

static struct table *parse(const char *text)
{
    struct table *table = NULL;
    faults_init(&faults);
    int rc = table_parse("t.csv", text, strlen(text), &faults, &table);
    ck_assert_str_eq(config_folder_faults(&faults), "");
    ck_assert_int_eq(rc, 0);
    return table;
}

START_TEST(test_fields)
{
    struct table *table = parse("a,b,c\n1,\"x,y\",\n\"say \"\"no\"\"\",\"two\nlines\", blank \n\n,,\n");
    ck_assert_uint_eq(table->column_count, 3);
    ck_assert_uint_eq(table->row_count, 3);
    ck_assert_int_eq(table_column(table, "b"), 1);
    ck_assert_int_eq(table_column(table, "d"), -1);
    ck_assert_str_eq(table_cell(table, 0, 1), "x,y");
    ck_assert_str_eq(table_cell(table, 0, 2), "");
    ck_assert_str_eq(table_cell(table, 0, -1), "");
    ck_assert_str_eq(table_cell(table, 1, 0), "say \"no\"");
    ck_assert_str_eq(table_cell(table, 1, 1), "two\nlines");
    ck_assert_str_eq(table_cell(table, 1, 2), " blank ");
    table_trim(table);
    ck_assert_str_eq(table_cell(table, 1, 2), "blank");
    ck_assert_uint_eq(table->lines[0], 2);
    ck_assert_uint_eq(table->lines[1], 3);
    ck_assert_uint_eq(table->lines[2], 6); /* two lines in a field, one blank line */
    ck_assert_ptr_null(table_free(table));
    ck_assert_ptr_null(table_free(NULL));
}
END_TEST

START_TEST(test_line_ends_and_mark)
{
    struct table *table = parse("\xef\xbb\xbf"
                                "a,b\r\n1,2\r\n3,\"4\r\n5\"\r\n6,7");
    ck_assert_int_eq(table_column(table, "a"), 0);
    ck_assert_uint_eq(table->row_count, 3);
    ck_assert_str_eq(table_cell(table, 1, 1), "4\r\n5");
    ck_assert_str_eq(table_cell(table, 2, 1), "7");
    ck_assert_uint_eq(table->lines[1], 3);
    ck_assert_uint_eq(table->lines[2], 5);
    table_free(table);
}
END_TEST

START_TEST(test_ragged)
{
    struct table *table = NULL;
    static const char text[] = "a,b,c\n1\n1,2,3\n\"x,y\",2,3,\"4,\n5\",6\n1,\n";
    faults_init(&faults);
    ck_assert_int_eq(table_parse_ragged("t.csv", text, strlen(text), &faults, &table), 0);
    ck_assert_uint_eq(table->row_count, 4);
    static const uint32_t fields[] = {1, 3, 5, 2}, lines[] = {2, 3, 4, 6};
    static const char *const cells[][3] = {{"1", "", ""}, {"1", "2", "3"}, {"x,y", "2", "3,4,\n5,6"}, {"1", "", ""}};
    for (uint32_t i = 0; i < table->row_count; i++) {
        ck_assert_uint_eq(table->fields[i], fields[i]);
        ck_assert_uint_eq(table->lines[i], lines[i]);
        for (int32_t k = 0; k < 3; k++) {
            ck_assert_str_eq(table_cell(table, i, k), cells[i][k]);
        }
    }
    table_free(table);
    static const char broken[] = "a,b\n1,x\"y\n";
    ck_assert_int_eq(table_parse_ragged("t.csv", broken, strlen(broken), &faults, &table), -EINVAL);
}
END_TEST

static const struct {
    const char *text, *said;
} wrong[] = {
    {"", "t.csv:1: the file is empty; its first row names the columns\n"},
    {"\n\n", "t.csv:1: the file is empty; its first row names the columns\n"},
    {"a,a\n", "t.csv:1:2: column `a` is there twice; keep one\n"},
    {"a,b\n1\n1,2\n1,2,3\n",
     "t.csv:2: this row has 1 fields, the header has 2; write one field a column, and quotes around a field with a comma\n"
     "t.csv:4: this row has 3 fields, the header has 2; write one field a column, and quotes around a field with a comma\n"},
    {"a,b\n1,x\"y\n",
     "t.csv:2:2: broken quotes; put a field with a quote in quotes and double the quotes inside it, as \"a \"\"b\"\" c\"\n"},
    {"a,b\n1,\"x\"y\n",
     "t.csv:2:2: broken quotes; put a field with a quote in quotes and double the quotes inside it, as \"a \"\"b\"\" c\"\n"},
    {"a,b\n1,2\n3,\"x\n\n\n",
     "t.csv:3:2: broken quotes; put a field with a quote in quotes and double the quotes inside it, as \"a \"\"b\"\" c\"\n"},
    {"a,b\n1,\xff\n\xfe,2\n",
     "t.csv:2:2: byte 0xff is not UTF-8; save the file as UTF-8\nt.csv:3:1: byte 0xfe is not UTF-8; save the file as "
     "UTF-8\n"},
};

START_TEST(test_wrong)
{
    struct table *table = NULL;
    faults_init(&faults);
    ck_assert_int_eq(table_parse("t.csv", wrong[_i].text, strlen(wrong[_i].text), &faults, &table), -EINVAL);
    ck_assert_str_eq(config_folder_faults(&faults), wrong[_i].said);
    ck_assert_ptr_null(table);
}
END_TEST

START_TEST(test_blanks_of_every_kind)
{
    struct table *table = parse("\xe3\x80\x80"
                                "a,b\n\xe3\x80\x80x\xc2\xa0,\xe2\x80\x8by z\xe2\x80\x8b\n");
    ck_assert_int_eq(table_column(table, "a"), 0);
    table_trim(table);
    ck_assert_str_eq(table_cell(table, 0, 0), "x");
    ck_assert_str_eq(table_cell(table, 0, 1), "y z");
    table_free(table);
}
END_TEST

START_TEST(test_what_nobody_sees_is_shown)
{
    faults_init(&faults);
    faults_add(&faults, "t.csv", 2, 1, "code `%s`: no", "M01\xe2\x80\x8b");
    ck_assert_str_eq(config_folder_faults(&faults), "t.csv:2:1: code `M01<U+200B>`: no\n");
}
END_TEST

START_TEST(test_zero_byte)
{
    struct table *table = NULL;
    faults_init(&faults);
    ck_assert_int_eq(table_parse("t.csv", "a\n\0\n", 4, &faults, &table), -EINVAL);
    ck_assert_str_eq(config_folder_faults(&faults), "t.csv:2:1: byte 0x00 is not text; take it out\n");
}
END_TEST

START_TEST(test_unreadable)
{
    struct table *table = NULL;
    char folder[CONFIG_FOLDER_SIZE], inner[CONFIG_FOLDER_SIZE + 8];
    config_folder_make(folder);
    snprintf(inner, sizeof(inner), "%s/t.csv", folder);
    ck_assert_int_eq(mkdir(inner, 0700), 0);
    faults_init(&faults);
    ck_assert_int_eq(table_load(folder, "t.csv", &faults, &table), -EINVAL);
    ck_assert_str_eq(config_folder_faults(&faults), "t.csv: cannot be read: Is a directory\n");
    ck_assert_int_eq(rmdir(inner), 0);
    config_folder_remove(folder);
}
END_TEST

/* Opening a pipe that nobody writes to must not wait for ever. */
START_TEST(test_pipe)
{
    struct table *table = NULL;
    char folder[CONFIG_FOLDER_SIZE], inner[CONFIG_FOLDER_SIZE + 8];
    config_folder_make(folder);
    snprintf(inner, sizeof(inner), "%s/t.csv", folder);
    ck_assert_int_eq(mkfifo(inner, 0600), 0);
    faults_init(&faults);
    ck_assert_int_eq(table_load(folder, "t.csv", &faults, &table), -EINVAL);
    ck_assert_str_eq(config_folder_faults(&faults), "t.csv: this is a pipe or a device; put a file there\n");
    config_folder_remove(folder);
}
END_TEST

START_TEST(test_columns_are_bounded)
{
    enum { COMMAS = 5000 };
    struct table *table = NULL;
    char *text = malloc(COMMAS);
    ck_assert_ptr_nonnull(text);
    memset(text, ',', COMMAS);
    faults_init(&faults);
    ck_assert_int_eq(table_parse("t.csv", text, COMMAS, &faults, &table), -EINVAL);
    ck_assert_str_eq(config_folder_faults(&faults), "t.csv:1: the header has 5001 columns; at most 1000 are read\n");
    free(text);
}
END_TEST

START_TEST(test_long_texts_are_cut_at_a_character)
{
    faults_init(&faults);
    char text[600];
    for (size_t i = 0; i < 597; i += 3) {
        memcpy(text + i, "街", 3);
    }
    text[597] = '\0';
    for (size_t i = 0; i < 3; i++) {
        faults_init(&faults);
        faults_add(&faults, "f", 1, 2, "%.*s%s", (int)i, "xx", text);
        size_t size = strlen(faults.at[0].text);
        ck_assert_uint_eq((size - i) % 3, 0);
        ck_assert_uint_ge(size, sizeof(faults.at[0].text) - 4);
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{test_fields},
                                       {test_line_ends_and_mark},
                                       {test_ragged},
                                       {test_wrong, SUITE_COUNT(wrong)},
                                       {test_zero_byte},
                                       {test_blanks_of_every_kind},
                                       {test_what_nobody_sees_is_shown},
                                       {test_unreadable},
                                       {test_pipe},
                                       {test_columns_are_bounded},
                                       {test_long_texts_are_cut_at_a_character}};
    return suite_run(&(struct suite){.name = "config/table", .tests = tests, .count = SUITE_COUNT(tests)});
}
