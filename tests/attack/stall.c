/*
 * stall.c - a disk that stops for a while: with this library preloaded, fdatasync and fsync wait as long as the file that
 * STALL_FILE names is there. It says so once on standard error, so that a test knows that the process hangs in it.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 5

static void wait_for_disk(void)
{
    const char *file = getenv("STALL_FILE");
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    static const char line[] = "stall: the disk has stopped\n";
    bool said = false;
    while (file != NULL && access(file, F_OK) == 0) {
        if (!said && write(STDERR_FILENO, line, sizeof(line) - 1) < 0) {
            return;
        }
        said = true;
        nanosleep(&pause, NULL);
    }
}

static int then(const char *name, int fd)
{
    int (*real)(int) = NULL;
    void *at = dlsym(RTLD_NEXT, name);
    if (at == NULL) {
        abort();
    }
    memcpy(&real, &at, sizeof(real));
    wait_for_disk();
    return real(fd);
}

int fdatasync(int fd)
{
    return then("fdatasync", fd);
}

int fsync(int fd)
{
    return then("fsync", fd);
}
