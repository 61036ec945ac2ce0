/* engine_backup.c - a copy of the data while the engine works on */
#include "dispatcher/engine/engine_backup.h"

#include "base/i18n.h"
#include "dispatcher/engine/copying.h"
#include "dispatcher/engine/query.h"
#include "dispatcher/store/folder.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART ".part"
#define SAID 768

/* Rows and journal are the pieces that another thread does; in between the engine says how far the journal is. */
enum backup_state { BACKUP_NONE, BACKUP_WANTED, BACKUP_ROWS, BACKUP_ROWS_THERE, BACKUP_JOURNAL };

struct engine_backup {
    /* The engine's thread: */
    enum backup_state state;
    char name[CODE_SIZE + 1]; /* of the last one */
    bool done;
    uint64_t seq;
    char failed[SAID];

    /* Set between pieces, read by them: */
    const char *backups; /* folder of backups; NULL = none are made */
    const struct datadir *data;
    struct store *store;
    struct journal_part *parts;
    size_t part_count;

    /* Of the pieces: */
    int folder;       /* `backups`, locked; -1 = not open */
    char *part;       /* path of NAME.part; NULL = nothing has been made */
    bool named;       /* it may have its name already */
    int rc;           /* how the last piece ended */
    const char *what; /* what it was doing */

    struct copying copying;
    _Atomic uint64_t total;
};

int engine_backup_open(struct engine *engine, const char *folder)
{
    struct engine_backup *backup = calloc(1, sizeof(*backup));

    if (backup == NULL) {
        return -ENOMEM;
    }
    engine->backup = backup;
    backup->folder = -1;
    backup->data = &engine->folder;
    backup->store = engine->store;
    if (folder == NULL) {
        return 0;
    }
    backup->backups = strdup(folder);
    return backup->backups == NULL ? -ENOMEM : 0;
}

/* Removes what was begun and never ended. */
static int sweep(const char *backups)
{
    DIR *folder = opendir(backups);
    struct dirent *entry;
    int rc = 0;

    if (folder == NULL) {
        return -errno;
    }
    while (rc == 0 && (entry = readdir(folder)) != NULL) {
        size_t size = strlen(entry->d_name);

        if (size <= strlen(PART) || strcmp(entry->d_name + size - strlen(PART), PART) != 0) {
            continue;
        }
        char *path = datadir_join(backups, entry->d_name);
        rc = path == NULL ? -ENOMEM : datadir_remove(path);
        free(path);
    }
    closedir(folder);
    return rc;
}

/* The lock keeps two dispatchers apart that were given the same folder: one would sweep what the other writes. */
static int open_folder(const char *path, bool make)
{
    int folder = folder_open(path, make), rc = 0;

    if (folder < 0) {
        return folder;
    }
    if (flock(folder, LOCK_EX | LOCK_NB) < 0) {
        rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
    }
    if (rc == 0) {
        rc = sweep(path);
    }
    if (rc == 0) {
        return folder;
    }
    close(folder);
    return rc;
}

void engine_backup_sweep(struct engine *engine)
{
    int folder = engine->backup->backups == NULL ? -ENOENT : open_folder(engine->backup->backups, false);

    if (folder >= 0) {
        close(folder);
    }
}

static void let_go(struct engine_backup *backup)
{
    if (backup->folder >= 0) {
        close(backup->folder);
    }
    backup->folder = -1;
    free(backup->part);
    backup->part = NULL;
    free(backup->parts);
    backup->parts = NULL;
}

/* What is half done takes room that is wanted. */
static void remove_part(struct engine_backup *backup)
{
    if (backup->part == NULL) {
        return;
    }
    datadir_remove(backup->part);
    if (backup->named) {
        backup->part[strlen(backup->part) - strlen(PART)] = '\0';
        datadir_remove(backup->part);
    }
    free(backup->part);
    backup->part = NULL;
}

void engine_backup_close(struct engine *engine)
{
    struct engine_backup *backup = engine->backup;

    if (backup == NULL) {
        return;
    }
    /* Whoever does the pieces has ended them. */
    assert(backup->state != BACKUP_ROWS && backup->state != BACKUP_JOURNAL);
    remove_part(backup);
    let_go(backup);
    free((char *)backup->backups);
    free(backup);
    engine->backup = NULL;
}

/* A folder inside NAME.part, by its path. */
static char *part_path(const struct engine_backup *backup, const char *name)
{
    return datadir_join(backup->part, name);
}

static int step_failed(struct engine_backup *backup, const char *what, int r)
{
    backup->what = what;
    return r;
}

static int make_part(struct engine_backup *backup)
{
    static const char *const inner[] = {"rows", "journal", "config"};
    char *name = NULL;
    int rc = 0, folder = open_folder(backup->backups, true);

    if (folder < 0) {
        return step_failed(backup, folder == -EBUSY ? "another dispatcher works there" : "the folder cannot be used", folder);
    }
    backup->folder = folder;
    if (faccessat(folder, backup->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        return step_failed(backup, "the name is taken", -EEXIST);
    }
    if (asprintf(&name, "%s/%s" PART, backup->backups, backup->name) < 0) {
        return step_failed(backup, "no memory", -ENOMEM);
    }
    if (mkdir(name, 0750) < 0) {
        rc = -errno;
        free(name);
        return step_failed(backup, "the folder cannot be made", rc);
    }
    backup->part = name;
    for (size_t i = 0; rc == 0 && i < sizeof(inner) / sizeof(inner[0]); i++) {
        char *path = part_path(backup, inner[i]);

        rc = path == NULL ? -ENOMEM : mkdir(path, 0750) < 0 ? -errno : 0;
        free(path);
    }
    return rc < 0 ? step_failed(backup, "the folder cannot be made", rc) : 0;
}

static int sink(void *file, const void *data, size_t size)
{
    return copying_add(file, data, size);
}

static int copy_rows(struct engine_backup *backup)
{
    char *path = part_path(backup, "rows");
    struct copying_file file;
    int folder = path == NULL ? -ENOMEM : folder_open(path, false);

    free(path);
    if (folder < 0) {
        return folder;
    }
    int rc = copying_create(&backup->copying, folder, "data.mdb", &file);
    if (rc == 0) {
        rc = copying_end(&file, store_copy(backup->store, sink, &file));
    }
    if (rc == 0) {
        rc = folder_sync(folder);
    }
    close(folder);
    return rc;
}

/* What is to be copied, for who wants to know how long it takes. */
static void guess_total(struct engine_backup *backup)
{
    int folder = folder_open(backup->data->journal, false);
    uint64_t total = backup->total;
    struct stat about;

    for (size_t i = 0; folder >= 0 && i < backup->part_count; i++) {
        if (backup->parts[i].durable_size > 0) {
            total += backup->parts[i].durable_size;
        } else if (fstatat(folder, backup->parts[i].name, &about, 0) == 0) {
            total += (uint64_t)about.st_size;
        }
    }
    if (folder >= 0) {
        close(folder);
    }
    backup->total = total;
}

static int work_rows(struct engine_backup *backup)
{
    int rc = make_part(backup);

    if (rc < 0) {
        return rc;
    }
    guess_total(backup);
    rc = copy_rows(backup);
    return rc < 0 ? step_failed(backup, "the rows were not copied", rc) : 0;
}

static int copy_journal(struct engine_backup *backup)
{
    char *path = part_path(backup, "journal");
    int from = folder_open(backup->data->journal, false), to = path == NULL ? -ENOMEM : folder_open(path, false);
    int rc = from < 0 ? from : to < 0 ? to : 0;

    for (size_t i = 0; rc == 0 && i < backup->part_count; i++) {
        rc = copying_copy(&backup->copying, from, to, backup->parts[i].name, backup->parts[i].durable_size);
    }
    if (rc == 0) {
        rc = folder_sync(to);
    }
    if (from >= 0) {
        close(from);
    }
    if (to >= 0) {
        close(to);
    }
    free(path);
    return rc;
}

static int copy_settings(struct engine_backup *backup)
{
    char *sets = datadir_join(backup->data->path, "config"), *target = part_path(backup, "config");
    int from = folder_open(backup->data->path, false), to = folder_open(backup->part, false), fd = -1;
    int rc = sets == NULL || target == NULL ? -ENOMEM : from < 0 ? from : to < 0 ? to : 0;

    if (rc == 0) {
        rc = copying_sets(&backup->copying, sets, target);
    }
    if (rc == 0) {
        rc = fd = folder_open(target, false);
    }
    if (rc >= 0) {
        rc = folder_sync(fd);
    }
    if (fd >= 0) {
        close(fd);
    }
    if (rc == 0) {
        rc = copying_copy(&backup->copying, from, to, "VERSION", 0);
    }
    if (rc == 0) {
        rc = folder_sync(to);
    }
    if (from >= 0) {
        close(from);
    }
    if (to >= 0) {
        close(to);
    }
    free(sets);
    free(target);
    return rc;
}

/* The name is the last thing that it gets. */
static int give_name(struct engine_backup *backup)
{
    char part[CODE_SIZE + sizeof(PART)];

    snprintf(part, sizeof(part), "%s" PART, backup->name);
    backup->named = true;
    if (renameat(backup->folder, part, backup->folder, backup->name) < 0) {
        return -errno;
    }
    return folder_sync(backup->folder);
}

static int work_journal(struct engine_backup *backup)
{
    int rc = copy_journal(backup);

    if (rc < 0) {
        return step_failed(backup, "the journal was not copied", rc);
    }
    rc = copy_settings(backup);
    if (rc < 0) {
        return step_failed(backup, "configuration and VERSION were not copied", rc);
    }
    rc = give_name(backup);
    return rc < 0 ? step_failed(backup, "it did not get its name", rc) : 0;
}

void engine_backup_work(struct engine_backup *backup)
{
    assert(backup->state == BACKUP_ROWS || backup->state == BACKUP_JOURNAL);
    backup->rc = backup->state == BACKUP_ROWS ? work_rows(backup) : work_journal(backup);
    if (backup->rc < 0) {
        remove_part(backup);
    }
}

static void fail(struct engine *engine, const char *what, int r)
{
    struct engine_backup *backup = engine->backup;

    snprintf(backup->failed, sizeof(backup->failed), "The backup %s in %s failed: %s: %s. Nothing of it is left.", backup->name,
             backup->backups, what, r == -ECANCELED ? "it was ended, for the rows or the dispatcher had to be" : strerror(-r));
    engine_log(engine, 0, "backup_failed", backup->failed);
    backup->state = BACKUP_NONE;
    let_go(backup);
}

static int list_parts(struct engine *engine)
{
    struct engine_backup *backup = engine->backup;

    free(backup->parts);
    backup->parts = NULL;
    return journal_parts(engine->journal, &backup->parts, &backup->part_count);
}

struct engine_backup *engine_backup_next(struct engine *engine)
{
    struct engine_backup *backup = engine->backup;
    int rc;

    assert(!engine->in_step);
    if (backup->state != BACKUP_WANTED && backup->state != BACKUP_ROWS_THERE) {
        return NULL;
    }
    if (backup->state == BACKUP_WANTED) {
        rc = engine_checkpoint(engine, false);
        backup->total = store_size(engine->store);
    } else {
        /* All that the rows know is durable in the journal, and the rows were copied before now. */
        rc = engine->stopped;
        backup->seq = journal_last_seq(engine->journal);
    }
    if (rc == 0) {
        rc = list_parts(engine);
    }
    if (rc < 0) {
        remove_part(backup);
        fail(engine, "the journal and the rows are not in order", rc);
        return NULL;
    }
    backup->state = backup->state == BACKUP_WANTED ? BACKUP_ROWS : BACKUP_JOURNAL;
    return backup;
}

void engine_backup_worked(struct engine *engine)
{
    struct engine_backup *backup = engine->backup;
    char text[256];

    assert(backup->state == BACKUP_ROWS || backup->state == BACKUP_JOURNAL);
    if (backup->rc < 0) {
        fail(engine, backup->what, backup->rc);
        return;
    }
    if (backup->state == BACKUP_ROWS) {
        backup->state = BACKUP_ROWS_THERE;
        return;
    }
    backup->state = BACKUP_NONE;
    backup->done = true;
    snprintf(text, sizeof(text), "The backup %s is whole: everything up to sequence %llu, %llu bytes.", backup->name,
             (unsigned long long)backup->seq, (unsigned long long)backup->copying.copied);
    engine_log(engine, 2, "backup_done", text);
    let_go(backup);
}

void engine_backup_stop(struct engine *engine)
{
    engine->backup->copying.stop = true;
}

/* Notes that one is wanted. */
static enum refusal want(struct engine_backup *backup, const struct code *start)
{
    char name[CODE_SIZE + 1] = "", path[PATH_MAX];

    memcpy(name, start->s, CODE_SIZE);
    /* Neither hidden, nor a step up, nor one that would be swept. */
    if (name[0] == '.' || (strlen(name) >= strlen(PART) && strcmp(name + strlen(name) - strlen(PART), PART) == 0)) {
        return REFUSAL_BAD_FIELD;
    }
    /* Asked again, for an answer was lost. */
    if (strcmp(name, backup->name) == 0 && backup->state != BACKUP_NONE) {
        return REFUSAL_NONE;
    }
    if (backup->state != BACKUP_NONE) {
        return REFUSAL_BUSY;
    }
    if ((size_t)snprintf(path, sizeof(path), "%s/%s", backup->backups, name) >= sizeof(path) || access(path, F_OK) == 0) {
        return REFUSAL_NAME_TAKEN;
    }
    memcpy(backup->name, name, sizeof(name));
    backup->state = BACKUP_WANTED;
    backup->done = false;
    backup->seq = 0;
    backup->failed[0] = '\0';
    backup->copying.copied = 0;
    backup->total = 0;
    backup->named = false;
    return REFUSAL_NONE;
}

int query_backup(struct query *query, struct proto_buffer *out)
{
    const struct backup_query *body = &query->request->query_body.backup;
    struct engine_backup *backup = query->engine->backup;
    struct backup_reply reply = {0};

    /* A copy holds the whole district. */
    if (!query->sight.all) {
        return query_refuse(query, REFUSAL_NOT_YOURS, "unit");
    }
    if (query->from->matters.count > 0) {
        return query_refuse(query, REFUSAL_NO_MATTER, "matter");
    }
    if (backup->backups == NULL) {
        snprintf(backup->failed, sizeof(backup->failed), "%s",
                 N_("This dispatcher makes no backups: start it with --backups DIR."));
    } else if ((body->given & BACKUP_HAS_START) != 0) {
        enum refusal refusal = want(backup, &body->start);

        if (refusal == REFUSAL_BAD_FIELD) {
            return query_bad_field(query, "start", "A backup's name does not begin with a dot or end in `.part`.");
        }
        if (refusal != REFUSAL_NONE) {
            return query_refuse(query, refusal, "start");
        }
    }
    reply.running = backup->state != BACKUP_NONE;
    reply.done = backup->done;
    code_make(backup->name, strlen(backup->name), &reply.name);
    reply.seq = backup->seq;
    reply.copied = (int64_t)backup->copying.copied;
    reply.total = (int64_t)backup->total;
    reply.failed = text_of(backup->failed);
    return reply_encode_ok(out, query->request->id, &backup_reply_shape, &reply, CODEC_OMIT_NOTHING);
}
