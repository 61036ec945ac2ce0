/* power.c - the worst that a power cut may leave of one folder */
#include "tests/store/power.h"

#include "tests/store/failing.h"
#include "tests/store/scratch.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 256

struct flushed_file {
    ino_t inode;
    uint8_t *data;
    size_t size;
};

struct flushed_name {
    ino_t inode;
    char name[64];
};

static const char *watched;
static struct flushed_file files[FILES_MAX];
static size_t file_count;
static struct flushed_name names[FILES_MAX];
static size_t name_count;

static void flush_folder(void)
{
    DIR *dir = opendir(watched);
    assert(dir != NULL);
    name_count = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_type != DT_REG) {
            continue;
        }
        assert(name_count < FILES_MAX);
        names[name_count].inode = entry->d_ino;
        snprintf(names[name_count++].name, sizeof(names->name), "%.63s", entry->d_name);
    }
    closedir(dir);
}

static struct flushed_file *file_of(ino_t inode)
{
    for (size_t i = 0; i < file_count; i++) {
        if (files[i].inode == inode) {
            return &files[i];
        }
    }
    return NULL;
}

static void flush_file(int fd, const struct stat *st)
{
    char path[64];
    struct flushed_file *file = file_of(st->st_ino);
    if (file == NULL) {
        assert(file_count < FILES_MAX);
        file = &files[file_count++];
        *file = (struct flushed_file){.inode = st->st_ino};
    }
    free(file->data);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    file->data = scratch_read(path, &file->size);
}

static void on_flush(int fd)
{
    struct stat st, folder;
    int rc = fstat(fd, &st);
    assert(rc == 0);
    rc = stat(watched, &folder);
    assert(rc == 0);
    if (S_ISREG(st.st_mode) && st.st_dev == folder.st_dev) {
        flush_file(fd, &st);
    } else if (st.st_ino == folder.st_ino && st.st_dev == folder.st_dev) {
        flush_folder();
    }
}

void power_watch(const char *folder)
{
    watched = folder;
    file_count = name_count = 0;
    failing_flushed = on_flush;
}

void power_cut(const char *image)
{
    failing_flushed = NULL; /* what is opened in the image is not watched */
    scratch_empty(image);
    for (size_t i = 0; i < name_count; i++) {
        const struct flushed_file *file = file_of(names[i].inode);
        scratch_write(scratch_path(image, names[i].name), file != NULL ? file->data : NULL, file != NULL ? file->size : 0);
    }
}

void power_go_on(void)
{
    failing_flushed = on_flush;
}

void power_end(void)
{
    failing_flushed = NULL;
    for (size_t i = 0; i < file_count; i++) {
        free(files[i].data);
    }
    file_count = 0;
}
