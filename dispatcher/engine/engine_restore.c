/* engine_restore.c - a data folder made from a backup, and proven */
#include "dispatcher/engine/engine_restore.h"

#include "base/i18n.h"
#include "dispatcher/engine/copying.h"
#include "dispatcher/engine/state.h"
#include "dispatcher/store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct restore {
    const char *from, *data;
    size_t map_size;
    char *said;
    void (*say)(void *arg, const char *line);
    void (*progress)(void *arg, const char *what, uint64_t done, uint64_t total);
    void *arg;
    struct datadir source;
    int folder; /* of `data`; -1 = not open */
    bool begun; /* something of ours is in it */
    bool *ret_begun;
    uint64_t total;
    struct copying copying;
};

static int fail(struct restore *restore, int r, const char *what)
{
    if (restore->said[0] == '\0') {
        snprintf(restore->said, DATADIR_SAID, _("%s: %s."), _(what), strerror(-r));
    }
    return r;
}

static int is_empty(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int count = 0;

    if (folder == NULL) {
        return -errno;
    }
    while ((entry = readdir(folder)) != NULL) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(folder);
    return count == 0 ? 0 : -ENOTEMPTY;
}

static int write_version(struct restore *restore, const char *name, const char *text)
{
    struct copying_file file;
    struct copying plain = {0};
    int rc = copying_create(&plain, restore->folder, name, &file);

    if (rc == 0) {
        rc = copying_end(&file, copying_add(&file, text, strlen(text)));
    }
    return rc == 0 ? folder_sync(restore->folder) : rc;
}

static int begin(struct restore *restore)
{
    int rc = datadir_open(restore->from, DATADIR_SHARED, &restore->source, restore->said);

    if (rc < 0) {
        return rc;
    }
    restore->folder = folder_open(restore->data, true);
    if (restore->folder < 0) {
        return fail(restore, restore->folder, "The folder cannot be made");
    }
    rc = is_empty(restore->data);
    if (rc == -ENOTEMPTY) {
        snprintf(restore->said, DATADIR_SAID,
                 _("%s is not empty. Nothing is restored over data: move it away, or give --data another folder."), restore->data);
    }
    if (rc < 0) {
        return fail(restore, rc, "The folder cannot be read");
    }
    restore->begun = *restore->ret_begun = true;
    rc = write_version(restore, "VERSION", DATADIR_UNFINISHED);
    return rc < 0 ? fail(restore, rc, "The folder cannot be written") : 0;
}

static void told(void *arg, uint64_t copied)
{
    struct restore *restore = arg;

    if (restore->progress != NULL) {
        restore->progress(restore->arg, "copy", copied, restore->total);
    }
}

static void checked(void *arg, uint64_t seq, uint64_t last)
{
    struct restore *restore = arg;

    if (restore->progress != NULL) {
        restore->progress(restore->arg, "check", seq, last);
    }
}

static void say(void *arg, const char *line)
{
    struct restore *restore = arg;

    if (restore->say != NULL) {
        restore->say(restore->arg, line);
    }
}

/* nftw has no argument of its own; one restore a process. */
static uint64_t size_found;

static int add_size(const char *path, const struct stat *about, int type, struct FTW *walk)
{
    (void)path;
    (void)walk;
    if (type == FTW_F) {
        size_found += (uint64_t)about->st_size;
    }
    return 0;
}

/* One of the folders that data consists of. */
static int copy_folder(struct restore *restore, const char *name, const char *suffix)
{
    char *from = datadir_join(restore->from, name), *to = datadir_join(restore->data, name);
    int rc = from == NULL || to == NULL ? -ENOMEM : 0;

    if (rc == 0 && strcmp(name, "config") == 0) {
        rc = mkdir(to, 0750) < 0 ? -errno : copying_sets(&restore->copying, from, to);
    } else if (rc == 0) {
        rc = copying_folder(&restore->copying, from, to, suffix);
    }
    free(from);
    free(to);
    return rc;
}

static int copy(struct restore *restore)
{
    size_found = 0;
    (void)nftw(restore->from, add_size, 16, FTW_PHYS);
    restore->total = size_found;
    restore->copying.progress = told;
    restore->copying.arg = restore;
    int rc = copy_folder(restore, "journal", ".log");
    if (rc == 0) {
        rc = copy_folder(restore, "config", "");
    }
    /* Rows may have been left out of a copy: they are made again below. */
    if (rc == 0 && access(restore->source.rows, F_OK) == 0) {
        rc = copy_folder(restore, "rows", "data.mdb");
    }
    return rc < 0 ? fail(restore, rc, "The backup cannot be copied") : 0;
}

/* Rows are a derived copy: those of the backup are a shortcut, no more. */
static int make_rows_again(struct restore *restore, const char *rows, const char *why)
{
    char line[STORE_SAID + 160];

    snprintf(line, sizeof(line), _("The rows of the backup are not used: %s. They are made again from its journal."), why);
    say(restore, line);
    return datadir_remove(rows);
}

static int drop_bad_rows(struct restore *restore, const char *rows)
{
    char why[STORE_SAID];
    int rc = store_verify(rows, why);

    if (rc == -EBADMSG || rc == -ENOTSUP) {
        return make_rows_again(restore, rows, why);
    }
    return rc == -ENOENT ? 0 : rc;
}

/* Verifies the journal's chain and brings the rows to its end. */
static int bring_up(struct restore *restore, struct engine_restore_report *ret)
{
    char *journal_path = datadir_join(restore->data, "journal"), *rows_path = datadir_join(restore->data, "rows");
    struct journal_options journal_options = {.path = journal_path, .read_only = true};
    struct store_options store_options = {.path = rows_path, .map_size = restore->map_size, .verified = true};
    struct journal_open_report report = {0};
    struct journal *journal = NULL;
    struct store *store = NULL;
    struct tables tables;
    int rc = journal_path == NULL || rows_path == NULL ? -ENOMEM : journal_open(&journal_options, true, &journal, &report);

    if (rc < 0 && report.said[0] != '\0') {
        snprintf(restore->said, DATADIR_SAID, "%s", report.said);
    }
    if (rc == 0) {
        rc = drop_bad_rows(restore, rows_path);
    }
    if (rc == 0) {
        rc = store_open(&store_options, &store);
        if (rc < 0) {
            row_folder_say(rows_path, restore->map_size, rc, restore->said);
        }
    }
    if (rc == 0) {
        store_tables(store, &tables);
        tables.district = NULL;
        rc = catch_up(&tables, journal, true, restore->said);
        if (rc == -EXDEV) {
            store = store_close(store);
            rc = make_rows_again(restore, rows_path, restore->said);
            restore->said[0] = '\0';
            if (rc == 0) {
                rc = store_open(&store_options, &store);
            }
            if (rc == 0) {
                store_tables(store, &tables);
            }
            if (rc == 0) {
                rc = catch_up(&tables, journal, true, restore->said);
            }
        }
    }
    if (rc == 0) {
        rc = store_checkpoint(store);
    }
    struct district_row district = {0};
    if (rc == 0 && tables_get(&tables, ROW_DISTRICT, 1, &district)) {
        snprintf(ret->config_hash, sizeof(ret->config_hash), "%.*s", (int)sizeof(district.config_hash), district.config_hash);
    }
    ret->seq = report.last_seq;
    ret->at_ms = report.last_at_ms;
    store_close(store);
    journal_close(journal);
    free(journal_path);
    free(rows_path);
    return rc < 0 ? fail(restore, rc, "The journal and the rows of the backup do not fit together") : 0;
}

/* The last step but one: from now on it is a data folder. */
static int finish(struct restore *restore)
{
    int from = folder_open(restore->from, false), rc = from < 0 ? from : 0;

    if (rc == 0 && unlinkat(restore->folder, "VERSION", 0) < 0) {
        rc = -errno;
    }
    if (rc == 0) {
        rc = copying_copy(&restore->copying, from, restore->folder, "VERSION", 0);
    }
    if (rc == 0) {
        rc = folder_sync(restore->folder);
    }
    if (from >= 0) {
        close(from);
    }
    return rc < 0 ? fail(restore, rc, "VERSION cannot be written") : 0;
}

static struct stat owner;

static int give(const char *path, const struct stat *about, int type, struct FTW *walk)
{
    (void)about;
    (void)type;
    (void)walk;
    return lchown(path, owner.st_uid, owner.st_gid) < 0 ? -errno : 0;
}

/* Root restores for the user whose backup it is. */
static void give_away(const struct restore *restore)
{
    if (geteuid() == 0 && stat(restore->from, &owner) == 0) {
        (void)nftw(restore->data, give, 16, FTW_PHYS);
    }
}

/* VERSION goes last: until then nobody takes the folder for data. */
void engine_restore_clean(const char *data)
{
    static const char *const inner[] = {"journal", "rows", "config", "lock", "VERSION"};

    for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
        char *path = datadir_join(data, inner[i]);

        if (path != NULL) {
            datadir_remove(path);
        }
        free(path);
    }
}

int64_t engine_restore(const char *from, const char *data, size_t map_size, void (*say_difference)(void *arg, const char *line),
                       void (*progress)(void *arg, const char *what, uint64_t done, uint64_t total), void *arg,
                       struct engine_restore_report *ret, char *said)
{
    struct restore restore = {.from = from,
                              .data = data,
                              .map_size = map_size,
                              .ret_begun = &ret->begun,
                              .said = said,
                              .say = say_difference,
                              .progress = progress,
                              .arg = arg,
                              .folder = -1,
                              .source = {.lock_fd = -1}};

    said[0] = '\0';
    *ret = (struct engine_restore_report){0};
    int64_t r = begin(&restore);
    if (r == 0) {
        r = copy(&restore);
    }
    if (r == 0) {
        r = bring_up(&restore, ret);
    }
    if (r == 0) {
        r = finish(&restore);
    }
    if (r == 0) {
        r = engine_check(data, map_size, say, checked, &restore, &ret->check, said);
        /* Said, but a damaged old configuration does not keep anybody from the cases. */
        if (r > 0) {
            r -= (int64_t)ret->check.sets;
        }
    }
    if (r == 0) {
        give_away(&restore);
    } else if (restore.begun) {
        engine_restore_clean(data);
    }
    datadir_close(&restore.source);
    if (restore.folder >= 0) {
        close(restore.folder);
    }
    return r;
}
