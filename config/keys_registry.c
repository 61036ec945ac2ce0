/* keys_registry.c - one record a .pub file; those that hold are also found by their public key. */
#include "config/keys_inner.h"
#include "config/words.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#define KEYS_MAX 100000
#define WATCHED                                                                                                                    \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
/* What the watch cannot say file by file. */
#define WHOLE_FOLDER (IN_Q_OVERFLOW | IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)

/* By what a file is known not to have changed. */
struct stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec written, changed;
};

struct file {
    struct key_entry entry; /* first: an entry that was given out is its file */
    struct stamp stamp;
    bool good;  /* no faults */
    bool holds; /* good, and no other file has its public key before it */
    bool seen;  /* in the present scan */
    bool told;  /* keys_registry_first */
    char name[CODE_SIZE + 1];
    UT_hash_handle by_name, by_key;
};

struct key_registry {
    char *folder;
    struct file *names, *keys;
    uint32_t doubles; /* good files that do not hold */
    bool again;       /* something could not be read for want of descriptors or memory */
    int watch;        /* inotify, -1 = none */
    int watch_id;     /* of the folder in it, -1 = none */
    struct stamp watched;
};

static bool same_stamp(const struct stamp *a, const struct stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size && a->written.tv_sec == b->written.tv_sec &&
           a->written.tv_nsec == b->written.tv_nsec && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

static struct stamp stamp_of(const struct stat *st)
{
    return (struct stamp){st->st_dev, st->st_ino, st->st_size, st->st_mtim, st->st_ctim};
}

static bool same_entry(const struct key_entry *a, const struct key_entry *b)
{
    return memcmp(a->public_key, b->public_key, KEY_TEXT_SIZE) == 0 && a->roles == b->roles && code_equal(&a->unit, &b->unit) &&
           a->matters.count == b->matters.count &&
           memcmp(a->matters.at, b->matters.at, a->matters.count * sizeof(a->matters.at[0])) == 0;
}

/* A want that passes says nothing about the file. */
static bool passes(int r)
{
    return r == -EMFILE || r == -ENFILE || r == -ENOMEM;
}

/* NAME of a NAME.pub that is not the server's; false: another file. */
static bool public_name(const char *file, char ret[CODE_SIZE + 1])
{
    size_t size = strlen(file);
    if (file[0] == '.' || size <= 4 || size - 4 > CODE_SIZE || strcmp(file + size - 4, ".pub") != 0) {
        return false;
    }
    memcpy(ret, file, size - 4);
    ret[size - 4] = '\0';
    return strcmp(ret, "server") != 0;
}

static struct file *by_key(const struct key_registry *registry, const char *public_key)
{
    struct file *file = NULL;
    HASH_FIND(by_key, registry->keys, public_key, KEY_TEXT_SIZE - 1, file);
    return file;
}

static struct file *by_name(const struct key_registry *registry, const char *name)
{
    struct file *file = NULL;
    HASH_FIND(by_name, registry->names, name, strlen(name), file);
    return file;
}

/* Lets a good file hold its key, unless one with an earlier name does. */
static void hold(struct key_registry *registry, struct file *file, struct faults *faults)
{
    struct file *other = by_key(registry, file->entry.public_key), *later = file;
    char path[CODE_SIZE + 8];
    if (other != NULL && strcmp(file->name, other->name) < 0) {
        HASH_DELETE(by_key, registry->keys, other);
        other->holds = false;
        later = other;
    }
    if (other != NULL) {
        registry->doubles++;
        snprintf(path, sizeof(path), "%s.pub", later->name);
        faults_add(faults, path, 0, 0, "the same public key is in %s.pub; a key has one name, remove one file",
                   later == file ? other->name : file->name);
    }
    if (other != NULL && later == file) {
        return;
    }
    HASH_ADD(by_key, registry->keys, entry.public_key, KEY_TEXT_SIZE - 1, file);
    file->holds = true;
}

/* Takes the rights of a file away; another with the same public key gets them. */
static void let_go(struct key_registry *registry, struct file *file, struct faults *faults)
{
    struct file *heir = NULL, *other, *after;
    if (!file->good) {
        return;
    }
    file->good = false;
    if (!file->holds) {
        registry->doubles--;
        return;
    }
    HASH_DELETE(by_key, registry->keys, file);
    file->holds = false;
    if (registry->doubles == 0) {
        return;
    }
    HASH_ITER(by_name, registry->names, other, after)
    {
        if (other->good && memcmp(other->entry.public_key, file->entry.public_key, KEY_TEXT_SIZE) == 0 &&
            (heir == NULL || strcmp(other->name, heir->name) < 0)) {
            heir = other;
        }
    }
    if (heir == NULL) {
        return;
    }
    registry->doubles--;
    hold(registry, heir, faults);
}

static bool lose(struct key_registry *registry, struct file *file, struct faults *faults)
{
    bool was = file->good;
    let_go(registry, file, faults);
    HASH_DELETE(by_name, registry->names, file);
    free(file);
    return was;
}

static struct file *make(struct key_registry *registry, const char *name)
{
    struct file *file = calloc(1, sizeof(*file));
    if (file == NULL) {
        return NULL;
    }
    snprintf(file->name, sizeof(file->name), "%s", name);
    HASH_ADD(by_name, registry->names, name, strlen(file->name), file);
    return file;
}

/* Reads one file again. Returns 1: rights changed; 0; or a negative errno. */
static int read_file(struct key_registry *registry, const char *path, const char *name, const struct stat *st,
                     struct faults *faults)
{
    struct file *file = by_name(registry, name);
    struct key_entry entry;
    int rc = keys_entry_read(registry->folder, path, name, faults, &entry);
    if (rc == -ENOENT) {
        return file != NULL ? lose(registry, file, faults) : 0;
    }
    if (passes(rc)) {
        registry->again = true;
        return 0;
    }
    if (file == NULL && HASH_CNT(by_name, registry->names) >= KEYS_MAX) {
        return -E2BIG;
    }
    if (file == NULL) {
        file = make(registry, name);
    }
    if (file == NULL) {
        return -ENOMEM;
    }
    file->stamp = stamp_of(st);
    file->seen = true;
    if (rc == 0 && file->good && same_entry(&file->entry, &entry)) {
        return 0;
    }
    bool changed = file->good || rc == 0;
    let_go(registry, file, faults);
    if (rc == 0) {
        file->entry = entry;
        file->told = false;
        file->good = true;
        hold(registry, file, faults);
    }
    return changed;
}

/* One name of the folder. Returns as read_file. */
static int look_at(struct key_registry *registry, const char *path, bool only_changed, struct faults *faults)
{
    char name[CODE_SIZE + 1], whole[4096];
    struct stat st;
    if (!public_name(path, name)) {
        return 0;
    }
    struct file *file = by_name(registry, name);
    if (snprintf(whole, sizeof(whole), "%s/%s", registry->folder, path) >= (int)sizeof(whole)) {
        return -ENAMETOOLONG;
    }
    if (stat(whole, &st) < 0) {
        if (errno == ENOENT && file != NULL) {
            return lose(registry, file, faults);
        }
        st = (struct stat){0};
    }
    struct stamp stamp = stamp_of(&st);
    if (only_changed && file != NULL && file->good && file->holds && same_stamp(&file->stamp, &stamp)) {
        file->seen = true;
        return 0;
    }
    if (file != NULL) {
        file->seen = true;
    }
    return read_file(registry, path, name, &st, faults);
}

/* Watches what is at the folder's path now, when that is not what is watched already. Returns whether it was another. */
static bool watch(struct key_registry *registry)
{
    struct stat st;
    if (stat(registry->folder, &st) < 0) {
        return false;
    }
    if (registry->watched.inode == st.st_ino && registry->watched.device == st.st_dev && registry->watch_id >= 0) {
        return false;
    }
    if (registry->watch_id >= 0) {
        (void)inotify_rm_watch(registry->watch, registry->watch_id);
    }
    registry->watch_id = registry->watch < 0 ? -1 : inotify_add_watch(registry->watch, registry->folder, WATCHED);
    registry->watched = stamp_of(&st);
    return true;
}

int keys_registry_scan(struct key_registry *registry, struct faults *faults)
{
    faults_init(faults);
    watch(registry); /* first: what happens from here on is told */
    registry->again = false;
    DIR *listing = opendir(registry->folder);
    if (listing == NULL) {
        registry->again = true;
        return -errno;
    }
    struct file *file, *after;
    HASH_ITER(by_name, registry->names, file, after)
    {
        file->seen = false;
    }
    int changed = 0, rc = 0;
    const struct dirent *entry;
    while (rc >= 0 && (entry = readdir(listing)) != NULL) {
        rc = look_at(registry, entry->d_name, true, faults);
        changed |= rc > 0;
    }
    closedir(listing);
    if (rc < 0) {
        return rc;
    }
    HASH_ITER(by_name, registry->names, file, after)
    {
        if (!file->seen) {
            changed |= lose(registry, file, faults);
        }
    }
    return changed;
}

/* Of a new name that is not whole nothing is said: whoever writes it in place has only begun, and its end is told too. */
static int look_at_event(struct key_registry *registry, const struct inotify_event *event, struct faults *faults)
{
    struct faults found;
    char name[CODE_SIZE + 1];
    faults_init(&found);
    int rc = look_at(registry, event->name, false, &found);
    const struct file *file = public_name(event->name, name) ? by_name(registry, name) : NULL;
    if ((event->mask & IN_CREATE) != 0 && file != NULL && !file->good) {
        return rc;
    }
    for (uint32_t i = 0; i < found.count; i++) {
        faults_add(faults, found.at[i].file, found.at[i].line, found.at[i].column, "%s", found.at[i].text);
    }
    return rc;
}

int keys_registry_look(struct key_registry *registry, struct faults *faults)
{
    _Alignas(struct inotify_event) char buffer[16 * 1024];
    int changed = 0;
    bool whole = false;
    ssize_t size;
    faults_init(faults);
    while (registry->watch >= 0 && (size = read(registry->watch, buffer, sizeof(buffer))) > 0) {
        const struct inotify_event *event;
        for (const char *at = buffer; at < buffer + size; at += sizeof(*event) + event->len) {
            event = (const struct inotify_event *)at;
            if ((event->mask & IN_Q_OVERFLOW) == 0 && event->wd != registry->watch_id) {
                continue; /* of a folder that was watched before */
            }
            if ((event->mask & WHOLE_FOLDER) != 0) {
                whole = true;
                if ((event->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
                    registry->watched = (struct stamp){0}; /* what is at its path now? */
                }
            } else if (event->len > 0) {
                int rc = look_at_event(registry, event, faults);
                changed |= rc > 0;
                whole |= rc < 0;
            }
        }
    }
    if (!whole) {
        return changed;
    }
    int rc = keys_registry_scan(registry, faults);
    return rc < 0 ? rc : rc | changed;
}

int keys_registry_tick(struct key_registry *registry, struct faults *faults)
{
    struct stat st;
    faults_init(faults);
    if (stat(registry->folder, &st) < 0) {
        return 0; /* a folder that is being replaced; who takes all keys away removes the files */
    }
    struct stamp now = stamp_of(&st);
    bool other = now.inode != registry->watched.inode || now.device != registry->watched.device;
    bool unwatched = registry->watch_id < 0 && !same_stamp(&now, &registry->watched);
    if (!other && !unwatched && !registry->again) {
        return 0;
    }
    int rc = keys_registry_scan(registry, faults);
    if (registry->watch_id < 0) {
        registry->watched = now;
    }
    return rc;
}

int keys_registry_load(const char *folder, struct faults *faults, struct key_registry **ret)
{
    faults_init(faults);
    struct key_registry *registry = calloc(1, sizeof(*registry));
    if (registry == NULL) {
        return -ENOMEM;
    }
    registry->watch_id = -1;
    registry->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    registry->folder = strdup(folder);
    int rc = registry->folder != NULL ? keys_registry_scan(registry, faults) : -ENOMEM;
    if (rc < 0) {
        keys_registry_free(registry);
        return rc;
    }
    *ret = registry;
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return memcmp(((const struct key_entry *)a)->name.s, ((const struct key_entry *)b)->name.s, CODE_SIZE);
}

int keys_list(const char *folder, struct faults *faults, struct key_list *ret)
{
    struct key_registry *registry = NULL;
    struct file *file, *after;
    int rc = keys_registry_load(folder, faults, &registry);
    if (rc < 0) {
        return rc;
    }
    struct key_list list = {.at = calloc(HASH_CNT(by_name, registry->names) + 1, sizeof(*list.at))};
    if (list.at != NULL) {
        HASH_ITER(by_name, registry->names, file, after)
        {
            if (file->good) {
                list.at[list.count++] = file->entry;
            }
        }
        qsort(list.at, list.count, sizeof(*list.at), compare_names);
        *ret = list;
    }
    keys_registry_free(registry);
    return list.at != NULL ? 0 : -ENOMEM;
}

void keys_list_deinit(struct key_list *list)
{
    free(list->at);
    *list = (struct key_list){0};
}

int keys_registry_descriptor(const struct key_registry *registry)
{
    return registry->watch;
}

uint32_t keys_registry_count(const struct key_registry *registry)
{
    return HASH_CNT(by_key, registry->keys);
}

const struct key_entry *keys_registry_find(const struct key_registry *registry, const char *public_key)
{
    const struct file *file = by_key(registry, public_key);
    return file != NULL ? &file->entry : NULL;
}

const struct key_entry *keys_registry_named(const struct key_registry *registry, const struct code *name)
{
    char text[CODE_SIZE + 1];
    const struct file *file = by_name(registry, code_text(name, text));
    return file != NULL && file->holds ? &file->entry : NULL;
}

const struct key_entry *keys_registry_next(const struct key_registry *registry, const struct key_entry *entry)
{
    const struct file *file = entry != NULL ? ((const struct file *)entry)->by_key.next : registry->keys;
    return file != NULL ? &file->entry : NULL;
}

bool keys_registry_first(struct key_registry *registry, const struct key_entry *entry)
{
    struct file *file = by_key(registry, entry->public_key);
    if (file == NULL || file->told) {
        return false;
    }
    file->told = true;
    return true;
}

struct key_registry *keys_registry_free(struct key_registry *registry)
{
    struct file *file, *after;
    if (registry == NULL) {
        return NULL;
    }
    HASH_CLEAR(by_key, registry->keys);
    HASH_ITER(by_name, registry->names, file, after)
    {
        HASH_DELETE(by_name, registry->names, file);
        free(file);
    }
    if (registry->watch >= 0) {
        close(registry->watch);
    }
    free(registry->folder);
    free(registry);
    return NULL;
}
