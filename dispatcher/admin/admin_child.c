/* admin_child.c - work on files that may be damaged, in a process of its own */
#include "dispatcher/admin/admin_child.h"

#include "base/i18n.h"
#include "dispatcher/admin/admin.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAID 700

/* Those that end this process; one that whoever started it ignores (nohup) stays ignored. */
static void signals_to_wait_for(sigset_t *ret)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction now;

    sigemptyset(ret);
    sigaddset(ret, SIGCHLD);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (sigaction(ends[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN) {
            sigaddset(ret, ends[i]);
        }
    }
}

/* Waits for the child; what ends this process is passed on to it. Returns its status; *ret_end: the signal, 0 = none. */
static int wait_for(pid_t child, const sigset_t *signals, int *ret_end)
{
    int status;

    *ret_end = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        int number = sigwaitinfo(signals, NULL);

        if (number > 0 && number != SIGCHLD) {
            *ret_end = number;
            kill(child, number);
        }
    }
    return status;
}

static void say_died(const struct admin_work *work, int number)
{
    char said[SAID];

    snprintf(
        said, sizeof(said),
        _("reading %s ended with a signal (%s): its disk has a bad block, or its files changed meanwhile. Nothing is said of the "
          "data by that. Copy the folder to another disk and try again there."),
        work->data, strsignal(number));
    if (work->json) {
        json_t *object = json_pack("{s:b, s:s}", "clean", 0, "error", said);

        json_dumpf(object, stdout, JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(object);
    } else {
        fprintf(stderr, "%s%s: %s\n", isatty(STDERR_FILENO) == 1 ? "\r\033[K" : "", work->verb, said);
    }
}

int admin_in_child(const struct admin_work *work)
{
    sigset_t signals, before;
    int end;
    pid_t parent = getpid();

    /* A starter that ignores SIGCHLD hands that on: then the child's exit code would be lost, and nobody told of its end. */
    signal(SIGCHLD, SIG_DFL);
    signals_to_wait_for(&signals);
    fflush(NULL);
    sigprocmask(SIG_BLOCK, &signals, &before);
    pid_t child = fork();
    if (child == 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(EXIT_FAILED);
        }
        exit(work->run(work->arg));
    }
    if (child < 0) {
        fprintf(stderr, _("%s: no process can be made: %s\n"), work->verb, strerror(errno));
        return EXIT_FAILED;
    }
    int status = wait_for(child, &signals, &end);
    if (WIFEXITED(status) && end == 0) {
        return WEXITSTATUS(status);
    }
    if (work->clean != NULL && !WIFEXITED(status)) {
        work->clean(work->arg, child);
    }
    if (end != 0) {
        signal(end, SIG_DFL);
        sigprocmask(SIG_SETMASK, &before, NULL);
        raise(end);
    }
    say_died(work, WTERMSIG(status));
    return EXIT_FAILED;
}

int admin_map_size(const char *text, size_t *ret)
{
    char *end;

    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' || value < 1024 * 1024 || value > PTRDIFF_MAX) {
        return -EINVAL;
    }
    *ret = (size_t)value;
    return 0;
}
