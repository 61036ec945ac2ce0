/* orphans.c - processes whose parent has ended, and which are therefore ours */
#include "workers/orphans.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* More are left to the next call: each call kills some. */
#define SEEN_MAX 256

void orphans_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* Parent and beginning of a process, from the fields behind its name, which may have blanks and brackets in it. */
static bool read_stat(pid_t pid, pid_t *ret_parent, uint64_t *ret_began)
{
    char path[64], text[1024];
    long parent;

    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[size] = '\0';
    const char *at = strrchr(text, ')');
    unsigned long long began;
    if (at == NULL ||
        sscanf(at, ") %*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &parent, &began) != 2) {
        return false;
    }
    *ret_parent = (pid_t)parent;
    *ret_began = began;
    return true;
}

uint64_t orphans_began(pid_t pid)
{
    pid_t parent;
    uint64_t began;

    return read_stat(pid, &parent, &began) ? began : 0;
}

/* Children of this process: the kernel's own list, or, where it is built without that, all processes that name us as parent. */
static unsigned list_children(pid_t ret[SEEN_MAX])
{
    char path[64];
    unsigned count = 0;
    pid_t self = getpid(), parent;
    uint64_t began;
    long pid;

    snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", (long)self, (long)self);
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        while (count < SEEN_MAX && fscanf(file, "%ld", &pid) == 1) {
            ret[count++] = (pid_t)pid;
        }
        fclose(file);
        return count;
    }
    DIR *folder = opendir("/proc");
    for (const struct dirent *entry; folder != NULL && count < SEEN_MAX && (entry = readdir(folder)) != NULL;) {
        pid = strtol(entry->d_name, NULL, 10);
        if (pid > 0 && read_stat((pid_t)pid, &parent, &began) && parent == self) {
            ret[count++] = (pid_t)pid;
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return count;
}

bool orphans_sweep(bool (*is_own)(pid_t pid), uint64_t until)
{
    pid_t seen[SEEN_MAX];
    unsigned count = list_children(seen);
    bool left = count == SEEN_MAX;
    pid_t parent;
    uint64_t began;

    for (unsigned i = 0; i < count; i++) {
        /* Nobody but us waits for it, so its number is its own until we do. */
        if (is_own(seen[i]) || waitpid(seen[i], NULL, WNOHANG) == seen[i]) {
            continue;
        }
        /* Of what cannot be read (no descriptor is left) nobody knows when it began: it waits. */
        if (until != UINT64_MAX && (!read_stat(seen[i], &parent, &began) || began >= until)) {
            continue;
        }
        kill(seen[i], SIGKILL);
        left = waitpid(seen[i], NULL, WNOHANG) != seen[i] || left;
    }
    return left;
}
