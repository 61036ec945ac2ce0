/* test_dead.c - dead letters: whole lines, flushed, taken away while others append. */
#include "tests/store/scratch.h"
#include "tests/suite.h"
#include "workers/dead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *content(const char *path)
{
    size_t size;
    uint8_t *data = scratch_read(path, &size);
    char *text = malloc(size + 1);

    memcpy(text, data, size);
    text[size] = '\0';
    free(data);
    return text;
}

START_TEST(appends_lines)
{
    char *folder = scratch_new();
    const char *path = scratch_path(folder, "dead");
    struct stat status;

    ck_assert_int_eq(dead_append(path, "one", 3), 0);
    ck_assert_int_eq(dead_append(path, "two", 3), 0);
    char *text = content(path);
    ck_assert_str_eq(text, "one\ntwo\n");
    free(text);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
    scratch_write(path, "one\ncut o", 9); /* a crash within a line */
    ck_assert_int_eq(dead_append(path, "two", 3), 0);
    text = content(path);
    ck_assert_str_eq(text, "one\ncut o\ntwo\n");
    free(text);
    ck_assert_int_eq(dead_append(scratch_path(folder, "none/dead"), "x", 1), -ENOENT);
    ck_assert_int_lt(dead_append("/dev/full", "x", 1), 0);
    scratch_drop(folder);
}
END_TEST

START_TEST(taken_away_once)
{
    char *folder = scratch_new(), *taken;
    const char *path = scratch_path(folder, "dead");

    ck_assert_int_eq(dead_take(path, &taken), -ENOENT);
    dead_append(path, "one", 3);
    ck_assert_int_eq(dead_take(path, &taken), 0);
    ck_assert_int_ne(access(path, F_OK), 0);
    dead_append(path, "two", 3);
    free(taken);
    ck_assert_int_eq(dead_take(path, &taken), 0); /* the one of before comes first */
    char *text = content(taken);
    ck_assert_str_eq(text, "one\n");
    free(text);
    unlink(taken);
    free(taken);
    ck_assert_int_eq(dead_take(path, &taken), 0);
    text = content(taken);
    ck_assert_str_eq(text, "two\n");
    free(text);
    free(taken);
    scratch_drop(folder);
}
END_TEST

static size_t count_lines(char *text)
{
    size_t count = 0;

    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"), count++) {
        ck_assert_str_eq(line, "a line of forty bytes that must stay whole");
    }
    return count;
}

START_TEST(nothing_is_lost_between_processes)
{
    char *folder = scratch_new();
    const char *path = scratch_path(folder, "dead");
    size_t found = 0;
    int status;

    for (unsigned writer = 0; writer < 3; writer++) {
        if (fork() == 0) {
            for (unsigned i = 0; i < 200; i++) {
                if (dead_append(path, "a line of forty bytes that must stay whole", 42) < 0) {
                    _exit(1);
                }
            }
            _exit(0);
        }
    }
    for (unsigned left = 3; left > 0;) {
        char *taken;

        while (waitpid(-1, &status, WNOHANG) > 0) {
            ck_assert_int_eq(status, 0);
            left--;
        }
        for (unsigned twice = 0; twice < 2 && dead_take(path, &taken) == 0; twice++) {
            char *text = content(taken);

            found += count_lines(text);
            free(text);
            unlink(taken);
            free(taken);
        }
    }
    ck_assert_uint_eq(found, 600);
    scratch_drop(folder);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{appends_lines}, {taken_away_once}, {nothing_is_lost_between_processes}};
    return suite_run(&(struct suite){.name = "dead", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
