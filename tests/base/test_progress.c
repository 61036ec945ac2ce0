/* test_progress.c - how far a long piece of work has come: a bar on a terminal, plain lines elsewhere */
#include "base/progress.h"
#include "tests/suite.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LONG_AGO 60000 /* ms: more than any bar or line waits for */

static char said[4096];

/* Standard error is a pipe, or the inner end of a terminal; returns the end that reads what is said. */
static int listen_to(bool terminal)
{
    int ends[2];

    if (terminal) {
        struct termios raw;
        ends[0] = posix_openpt(O_RDWR | O_NOCTTY);
        ck_assert(ends[0] >= 0 && grantpt(ends[0]) == 0 && unlockpt(ends[0]) == 0);
        ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY);
        ck_assert(ends[1] >= 0 && tcgetattr(ends[1], &raw) == 0);
        cfmakeraw(&raw);
        ck_assert_int_eq(tcsetattr(ends[1], TCSANOW, &raw), 0);
    } else {
        ck_assert_int_eq(pipe(ends), 0);
    }
    ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    close(ends[1]);
    return ends[0];
}

static const char *heard(int from)
{
    ssize_t size = read(from, said, sizeof(said) - 1);

    said[size > 0 ? size : 0] = '\0';
    return said;
}

/* As if the last time that anything was shown were long ago. */
static void show(struct progress *progress, uint64_t done, const char *note)
{
    progress->shown_ms -= LONG_AGO;
    progress_show(progress, done, note);
}

START_TEST(terminal)
{
    int from = listen_to(true);
    struct progress progress;

    progress_init(&progress, "copy", 300);
    progress_show(&progress, 1, NULL);
    ck_assert_str_eq(heard(from), ""); /* it has only just begun */
    progress_clear(&progress);
    ck_assert_str_eq(heard(from), ""); /* there is no bar to take away */
    show(&progress, 100, "a note");
    ck_assert_ptr_nonnull(strstr(heard(from), "\r\033[Kcopy [##########....................]  33%  "));
    ck_assert_str_eq(said + strlen(said) - strlen("/s  a note"), "/s  a note");
    progress_show(&progress, 101, NULL);
    ck_assert_str_eq(heard(from), ""); /* too soon to draw it again */
    show(&progress, 0, NULL);
    ck_assert_ptr_nonnull(strstr(heard(from), "copy [..............................]   0%  "));
    progress_clear(&progress);
    ck_assert_str_eq(heard(from), "\r\033[K");
    show(&progress, 400, NULL); /* the total was a guess */
    ck_assert_ptr_nonnull(strstr(heard(from), "copy [##############################] 100%  "));
    progress.total = 0;
    show(&progress, 5, NULL);
    ck_assert_ptr_nonnull(strstr(heard(from), "copy [##############################] 100%  "));
    close(from);
}
END_TEST

START_TEST(plain_lines)
{
    int from = listen_to(false);
    struct progress progress;

    progress_init(&progress, "import", 300);
    progress.begun_ms -= 10000;
    progress.shown_ms -= 9000;
    progress_show(&progress, 90, NULL);
    ck_assert_str_eq(heard(from), ""); /* ten seconds have not passed */
    progress.shown_ms -= 1000;
    progress_show(&progress, 100, "2 rejected");
    ck_assert_str_eq(heard(from), "import: 100 of 300, 10/s  2 rejected\n");
    ck_assert(progress_seconds(&progress) >= 10 && progress_seconds(&progress) < 20);
    progress_clear(&progress);
    ck_assert_str_eq(heard(from), ""); /* lines stay */
    close(from);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{terminal}, {plain_lines}};
    return suite_run(&(struct suite){.name = "progress", .tests = tests, .count = SUITE_COUNT(tests)});
}
