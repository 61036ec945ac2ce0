/* datadir.c - the data folder: journal/ rows/ config/ VERSION lock */
#include "dispatcher/engine/datadir.h"

#include "base/i18n.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

char *datadir_join(const char *path, const char *name)
{
    char *joined = NULL;

    if (asprintf(&joined, "%s/%s", path, name) < 0) {
        return NULL;
    }
    return joined;
}

static int make_folder(const char *path)
{
    if (mkdir(path, 0750) < 0 && errno != EEXIST) {
        return -errno;
    }
    return 0;
}

/* A name that was made or renamed is safe only when its folder has been flushed. */
static int flush_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = 0;

    if (fd < 0) {
        return -errno;
    }
    if (fsync(fd) < 0) {
        rc = -errno;
    }
    close(fd);
    return rc;
}

/* The data folder's own name. Without the right to read the folder above, somebody else has made it. */
static int flush_parent(const char *path)
{
    char *copy = strdup(path);
    int rc = copy == NULL ? -ENOMEM : flush_folder(dirname(copy));

    free(copy);
    return rc == -EACCES ? 0 : rc;
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

    if (fd < 0) {
        return -errno;
    }
    int rc = write_all(fd, text, strlen(text));
    if (rc == 0 && fsync(fd) < 0) {
        rc = -errno;
    }
    if (close(fd) < 0 && rc == 0) {
        rc = -errno;
    }
    return rc;
}

static int copy_file(const char *from, const char *to)
{
    char block[65536];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = -1, rc = 0;
    ssize_t n = 0;

    if (in < 0) {
        return -errno;
    }
    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (out < 0) {
        rc = -errno;
    }
    while (rc == 0 && (n = read(in, block, sizeof(block))) != 0) {
        if (n < 0 && errno == EINTR) {
            continue;
        }
        rc = n < 0 ? -errno : write_all(out, block, (size_t)n);
    }
    if (rc == 0 && fsync(out) < 0) {
        rc = -errno;
    }
    close(in);
    if (out >= 0 && close(out) < 0 && rc == 0) {
        rc = -errno;
    }
    return rc;
}

int datadir_copy_files(const char *from, const char *to)
{
    DIR *folder = opendir(from);
    struct dirent *entry;
    int rc = 0;

    if (folder == NULL) {
        return -errno;
    }
    while (rc == 0 && (entry = readdir(folder)) != NULL) {
        struct stat about;

        if (strcmp(entry->d_name, "lock.mdb") == 0) {
            continue;
        }
        char *source = datadir_join(from, entry->d_name);
        char *target = datadir_join(to, entry->d_name);
        if (source == NULL || target == NULL) {
            rc = -ENOMEM;
        } else if (stat(source, &about) < 0) {
            rc = -errno;
        } else if (S_ISREG(about.st_mode)) {
            rc = copy_file(source, target);
        }
        free(source);
        free(target);
    }
    closedir(folder);
    return rc;
}

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
    (void)stat;
    (void)type;
    (void)walk;
    return remove(path) < 0 ? -errno : 0;
}

int datadir_remove(const char *path)
{
    int rc = nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);

    if (rc == -1) {
        return errno == ENOENT ? 0 : -errno;
    }
    return rc;
}

int datadir_drop_aside(const struct datadir *folder, const char *kind)
{
    DIR *names = opendir(folder->path);
    struct dirent *entry;
    size_t size = strlen(kind);
    int rc = 0;

    if (names == NULL) {
        return -errno;
    }
    while (rc == 0 && (entry = readdir(names)) != NULL) {
        if (strncmp(entry->d_name, kind, size) != 0 || entry->d_name[size] != '-') {
            continue;
        }
        char *path = datadir_join(folder->path, entry->d_name);
        rc = path == NULL ? -ENOMEM : datadir_remove(path);
        free(path);
    }
    closedir(names);
    return rc;
}

int datadir_set_aside(const struct datadir *folder, const char *kind, char ret_name[DATADIR_NAME])
{
    char at[20];
    time_t now = time(NULL);
    struct tm utc;
    char *path = NULL;
    int rc = datadir_drop_aside(folder, kind);

    strftime(at, sizeof(at), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
    snprintf(ret_name, DATADIR_NAME, "%s-%s", kind, at);
    if (rc == 0) {
        path = datadir_join(folder->path, ret_name);
    }
    if (rc == 0 && path == NULL) {
        rc = -ENOMEM;
    }
    if (rc == 0 && rename(folder->rows, path) < 0) {
        rc = -errno;
    }
    if (rc == 0) {
        rc = flush_folder(folder->path);
    }
    free(path);
    return rc;
}

#define VERSION_WORDS "huying data "

static const char *const clock_lines[] = {[DATADIR_REAL] = "clock real\n", [DATADIR_DRILL] = "clock drill\n"};

/* Reads VERSION: version 0 = no such file; *ret_use is DATADIR_SHARED when the file does not name the clock. */
static int read_version(const char *path, int *ret, enum datadir_use *ret_use)
{
    char line[64] = "", clock[64] = "", *end;
    FILE *file = fopen(path, "re");
    long version = 0;
    int rc = 0;

    *ret = 0;
    *ret_use = DATADIR_SHARED;
    if (file == NULL) {
        return errno == ENOENT ? 0 : -errno;
    }
    if (fgets(line, sizeof(line), file) != NULL && strcmp(line, DATADIR_UNFINISHED) == 0) {
        rc = -EINPROGRESS;
    } else if (strncmp(line, VERSION_WORDS, strlen(VERSION_WORDS)) != 0) {
        rc = -EBADMSG;
    } else {
        version = strtol(line + strlen(VERSION_WORDS), &end, 10);
        if (version < 1 || version > INT_MAX || *end != '\n') {
            rc = -EBADMSG;
        }
        if (fgets(clock, sizeof(clock), file) != NULL) {
            *ret_use = strcmp(clock, clock_lines[DATADIR_DRILL]) == 0 ? DATADIR_DRILL : DATADIR_REAL;
        }
    }
    fclose(file);
    if (rc == 0) {
        *ret = (int)version;
    }
    return rc;
}

static int check_version(const struct datadir *folder, enum datadir_use use, char *said)
{
    char *path = datadir_join(folder->path, "VERSION");
    char *fresh = datadir_join(folder->path, "VERSION.new");
    enum datadir_use clock = DATADIR_SHARED;
    int version = 0;

    int rc = path == NULL || fresh == NULL ? -ENOMEM : read_version(path, &version, &clock);
    if (rc == -EBADMSG) {
        snprintf(said, DATADIR_SAID, _("%s is not a version file of huying: this does not look like a data folder."), path);
    }
    if (rc == -EINPROGRESS) {
        snprintf(said, DATADIR_SAID, _("A restore into %s was not finished. Empty the folder and restore again."), folder->path);
    }
    if (rc == 0 && version > DATADIR_VERSION) {
        snprintf(said, DATADIR_SAID, _("The data in %s has version %d; this program knows versions up to %d. Use a newer program."),
                 folder->path, version, DATADIR_VERSION);
        rc = -ENOTSUP;
    }
    if (rc == 0 && version != 0 && version < DATADIR_VERSION) {
        snprintf(said, DATADIR_SAID,
                 _("The data in %s has version %d; this program reads version %d. Use the program that wrote it."), folder->path,
                 version, DATADIR_VERSION);
        rc = -ENOTSUP;
    }
    if (rc == 0 && clock != DATADIR_SHARED && use != DATADIR_SHARED && clock != use) {
        snprintf(said, DATADIR_SAID,
                 _("The data in %s was started in %s time. Start with --clock %s, or give --data another folder."), folder->path,
                 clock == DATADIR_DRILL ? "drill" : "real", clock == DATADIR_DRILL ? "drill" : "real");
        rc = -ENOTSUP;
    }
    if (rc == 0 && version == 0 && use == DATADIR_SHARED) {
        snprintf(said, DATADIR_SAID, _("%s is not a data folder: it has no VERSION."), folder->path);
        rc = -ENOENT;
    }
    if (rc == 0 && version == 0) {
        char text[64];

        /* First the folder's own name: so one that has a VERSION is safe, whenever the process that made it ended. */
        snprintf(text, sizeof(text), VERSION_WORDS "%d\n%s", DATADIR_VERSION, clock_lines[use]);
        rc = flush_parent(folder->path);
        if (rc == 0) {
            rc = write_file(fresh, text);
        }
        if (rc == 0 && rename(fresh, path) < 0) {
            rc = -errno;
        }
        if (rc == 0) {
            rc = flush_folder(folder->path);
        }
    }
    free(path);
    free(fresh);
    return rc;
}

int datadir_look(const char *path, bool *ret_drill, char *said)
{
    struct datadir folder = {.lock_fd = -1, .path = strdup(path)};
    char *version_path = datadir_join(path, "VERSION");
    enum datadir_use use = DATADIR_SHARED;
    int version = 0, rc = folder.path == NULL || version_path == NULL ? -ENOMEM : 0;

    said[0] = '\0';
    if (rc == 0) {
        rc = check_version(&folder, DATADIR_SHARED, said);
    }
    if (rc == 0) {
        rc = read_version(version_path, &version, &use);
    }
    if (rc == 0) {
        *ret_drill = use == DATADIR_DRILL;
    } else if (said[0] == '\0') {
        snprintf(said, DATADIR_SAID, _("The data folder %s cannot be read: %s."), path, strerror(-rc));
    }
    free(version_path);
    datadir_close(&folder);
    return rc;
}

static int take_lock(struct datadir *folder, bool shared, char *said)
{
    char *path = datadir_join(folder->path, "lock");

    if (path == NULL) {
        return -ENOMEM;
    }
    folder->lock_fd = open(path, O_RDWR | O_CLOEXEC | (shared ? 0 : O_CREAT), 0640);
    if (folder->lock_fd < 0 && shared && errno == EACCES) {
        folder->lock_fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    free(path);
    if (folder->lock_fd < 0) {
        /* A copy made for checking may have come without its lock: nobody can hold it then. */
        if (shared && errno == ENOENT) {
            return 0;
        }
        return -errno;
    }
    if (flock(folder->lock_fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK) {
            return -errno;
        }
        snprintf(said, DATADIR_SAID, _("Another process is using %s. Stop it first%s."), folder->path,
                 shared ? _(", or work on a copy of the folder") : "");
        return -EBUSY;
    }
    return 0;
}

int datadir_open(const char *path, enum datadir_use use, struct datadir *ret, char *said)
{
    bool shared = use == DATADIR_SHARED;
    int rc = 0;

    said[0] = '\0';
    *ret = (struct datadir){
        .lock_fd = -1, .path = strdup(path), .journal = datadir_join(path, "journal"), .rows = datadir_join(path, "rows")};
    if (ret->path == NULL || ret->journal == NULL || ret->rows == NULL) {
        rc = -ENOMEM;
    }
    if (rc == 0 && !shared) {
        rc = make_folder(path);
    }
    if (rc == 0) {
        rc = take_lock(ret, shared, said);
    }
    if (rc == 0) {
        rc = check_version(ret, use, said);
    }
    if (rc == 0 && !shared) {
        char *sets = datadir_join(path, "config");

        rc = sets == NULL ? -ENOMEM : make_folder(sets);
        free(sets);
    }
    if (rc < 0 && said[0] == '\0') {
        snprintf(said, DATADIR_SAID, _("The data folder %s cannot be used: %s."), path, strerror(-rc));
    }
    return rc;
}

void datadir_close(struct datadir *folder)
{
    if (folder->lock_fd >= 0) {
        close(folder->lock_fd);
    }
    free(folder->path);
    free(folder->journal);
    free(folder->rows);
    *folder = (struct datadir){.lock_fd = -1};
}
