/* test_child.c - commands: what they read and say, their limits, their end. */
#include "tests/suite.h"
#include "tests/tmp.h"
#include "workers/child.h"

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct outcome {
    bool ended;
    enum child_end how;
    int code;
    size_t size;
    char output[4096];
    char words[200];
};

static void on_end(void *arg, const struct child_result *result)
{
    struct outcome *outcome = arg;

    ck_assert(!outcome->ended);
    *outcome = (struct outcome){.ended = true, .how = result->how, .code = result->code, .size = result->output_size};
    snprintf(outcome->output, sizeof(outcome->output), "%s", result->output);
    child_words(result, outcome->words, sizeof(outcome->words));
}

/* Runs a line of the shell to its end. */
static struct outcome run(const char *line, const char *input, int64_t timeout_ms, size_t output_max)
{
    const char *const words[] = {"/bin/sh", "-c", line, NULL};
    const struct child_options options = {.words = words, .timeout_ms = timeout_ms, .output_max = output_max};
    struct outcome outcome = {0};
    struct child *child;
    uv_loop_t loop;

    uv_loop_init(&loop);
    ck_assert_int_eq(child_start(&loop, &options, input, strlen(input), on_end, &outcome, &child), 0);
    ck_assert(!outcome.ended);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(outcome.ended);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    return outcome;
}

START_TEST(reads_and_says)
{
    struct outcome outcome = run("tr a-z A-Z", "hello", 20000, 100);

    ck_assert_int_eq(outcome.how, CHILD_EXITED);
    ck_assert_int_eq(outcome.code, 0);
    ck_assert_str_eq(outcome.output, "HELLO");
    outcome = run("exit 7", "not read", 20000, 100);
    ck_assert_int_eq(outcome.how, CHILD_EXITED);
    ck_assert_int_eq(outcome.code, 7);
    ck_assert_str_eq(outcome.output, "");
    outcome = run("kill -9 $$", "", 20000, 100);
    ck_assert_int_eq(outcome.how, CHILD_SIGNALLED);
    ck_assert_int_eq(outcome.code, 9);
}
END_TEST

START_TEST(a_large_input_that_nobody_reads)
{
    size_t size = 4 * 1024 * 1024;
    char *input = malloc(size + 1);

    memset(input, 'x', size);
    input[size] = '\0';
    struct outcome outcome = run("exit 0", input, 20000, 100);
    ck_assert_int_eq(outcome.how, CHILD_EXITED);
    outcome = run("wc -c", input, 20000, 100);
    ck_assert_str_eq(outcome.output, "4194304\n");
    free(input);
}
END_TEST

START_TEST(the_environment_is_clean)
{
    setenv("SECRET_OF_THE_WORKER", "seen", 1);
    setenv("HOME", "/somewhere", 1);
    struct outcome outcome = run("env | grep -v ^PWD= | grep -v ^_= | grep -v ^SHLVL= | sort", "", 20000, 1000);
    ck_assert_str_eq(outcome.output, "HOME=/somewhere\nLANG=C.UTF-8\nPATH=/usr/local/bin:/usr/bin:/bin\n");
}
END_TEST

START_TEST(output_and_time_are_bounded)
{
    struct outcome outcome = run("printf 12345", "", 20000, 5);

    ck_assert_int_eq(outcome.how, CHILD_EXITED);
    ck_assert_uint_eq(outcome.size, 5);
    outcome = run("printf 123456; read wait < /dev/zero", "", 20000, 5);
    ck_assert_int_eq(outcome.how, CHILD_TOO_MUCH);
    ck_assert_str_eq(outcome.words, "wrote more than it may");
    outcome = run("cat /dev/zero", "", 20000, 1000000);
    ck_assert_int_eq(outcome.how, CHILD_TOO_MUCH);
    outcome = run("tail -f /dev/null", "", 30, 100);
    ck_assert_int_eq(outcome.how, CHILD_TIMED_OUT);
}
END_TEST

START_TEST(its_children_go_with_it)
{
    /* The child of the command ignores SIGTERM and holds the output open. */
    struct outcome outcome = run("trap '' TERM; tail -f /dev/null & wait; tail -f /dev/null", "", 30, 100);

    ck_assert_int_eq(outcome.how, CHILD_TIMED_OUT);
    outcome = run("tail -f /dev/null > /dev/null & echo $!", "", 20000, 100);
    ck_assert_int_eq(outcome.how, CHILD_EXITED);
    for (int i = 0; i < 1000 && kill(atoi(outcome.output), 0) == 0; i++) {
        sched_yield(); /* killed; init may not have buried it yet */
    }
}
END_TEST

/* Is it gone, and buried? */
static bool is_gone(const char *pid)
{
    ck_assert_int_gt(atoi(pid), 0);
    return kill(atoi(pid), 0) != 0;
}

START_TEST(what_leaves_its_group_goes_with_it)
{
    /* In a session of its own, with nothing of ours open; the command ends when it has heard its number. */
    struct outcome outcome = run("setsid -f sh -c 'echo $$; exec tail -f /dev/null' | { read pid; echo $pid; }", "", 20000, 100);

    ck_assert_int_eq(outcome.how, CHILD_EXITED);
    ck_assert(is_gone(outcome.output));
    /* Its own child in a third session; neither cares for SIGTERM. */
    outcome =
        run("setsid -f sh -c 'trap \"\" TERM; setsid -f tail -f /dev/null; echo $$; tail -f /dev/null' | { read pid; echo $pid; }",
            "", 20000, 100);
    ck_assert_int_eq(outcome.how, CHILD_EXITED);
    ck_assert(is_gone(outcome.output));
    /* It holds the output open: the command's time ends, and then it. */
    outcome = run("setsid -f sh -c 'echo $$; exec tail -f /dev/null'", "", 300, 100);
    ck_assert_int_eq(outcome.how, CHILD_TIMED_OUT);
    ck_assert(is_gone(outcome.output));
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
}
END_TEST

struct pair {
    struct child *other;
    char pid[32];
    bool stood; /* what the other had put away was there when the first had ended */
};

static void on_first_end(void *arg, const struct child_result *result)
{
    struct pair *pair = arg;

    ck_assert_int_eq(result->how, CHILD_EXITED);
    snprintf(pair->pid, sizeof(pair->pid), "%s", result->output);
    pair->stood = !is_gone(pair->pid);
    child_break_off(pair->other);
}

static void on_other_end(void *arg, const struct child_result *result)
{
    struct pair *pair = arg;

    ck_assert_int_eq(result->how, CHILD_BROKEN_OFF);
    ck_assert(is_gone(pair->pid));
}

/* Another command that still runs keeps what it has put into a session of its own, until it ends. */
START_TEST(others_keep_what_is_theirs)
{
    char folder[64], fifo[80], line[256], wait[128];
    struct pair pair = {0};
    struct child *first;
    uv_loop_t loop;

    tmp_folder(folder, sizeof(folder), "child");
    snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    snprintf(line, sizeof(line), "setsid -f sh -c 'echo $$ >%s; exec tail -f /dev/null' >/dev/null; exec tail -f /dev/null", fifo);
    snprintf(wait, sizeof(wait), "read pid <%s; echo $pid", fifo);
    const char *const words[] = {"/bin/sh", "-c", line, NULL}, *const waits[] = {"/bin/sh", "-c", wait, NULL};
    const struct child_options options = {.words = words, .timeout_ms = 20000, .output_max = 10};
    const struct child_options waiting = {.words = waits, .timeout_ms = 20000, .output_max = 10};

    uv_loop_init(&loop);
    ck_assert_int_eq(child_start(&loop, &options, "", 0, on_other_end, &pair, &pair.other), 0);
    ck_assert_int_eq(child_start(&loop, &waiting, "", 0, on_first_end, &pair, &first), 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert(pair.stood);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    unlink(fifo);
    rmdir(folder);
}
END_TEST

START_TEST(no_such_program)
{
    const char *const words[] = {"/nowhere/program", NULL};
    const struct child_options options = {.words = words, .timeout_ms = 1000, .output_max = 10};
    struct outcome outcome = {0};
    struct child *child;
    uv_loop_t loop;

    uv_loop_init(&loop);
    ck_assert_int_eq(child_start(&loop, &options, "x", 1, on_end, &outcome, &child), 0);
    ck_assert(!outcome.ended); /* later, as always */
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(outcome.how, CHILD_NOT_STARTED);
    ck_assert_str_eq(outcome.words, "could not be started: No such file or directory");
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

START_TEST(broken_off)
{
    const char *const words[] = {"/usr/bin/tail", "-f", "/dev/null", NULL};
    const struct child_options options = {.words = words, .timeout_ms = 20000, .output_max = 10};
    struct outcome outcome = {0};
    struct child *child;
    uv_loop_t loop;

    uv_loop_init(&loop);
    ck_assert_int_eq(child_start(&loop, &options, "", 0, on_end, &outcome, &child), 0);
    child_break_off(child);
    child_break_off(child);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(outcome.how, CHILD_BROKEN_OFF);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{reads_and_says},
                                       {a_large_input_that_nobody_reads},
                                       {the_environment_is_clean},
                                       {output_and_time_are_bounded},
                                       {its_children_go_with_it},
                                       {what_leaves_its_group_goes_with_it},
                                       {others_keep_what_is_theirs},
                                       {no_such_program},
                                       {broken_off}};
    signal(SIGPIPE, SIG_IGN);
    return suite_run(&(struct suite){.name = "child", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
