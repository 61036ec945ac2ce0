/* scratch.c - temporary folders of tests */
#include "tests/store/scratch.h"

#include <assert.h>
#include <dirent.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Thousands of flushes make these tests slow on a disk and no better: memory is taken where there is enough of it, unless TMPDIR
 * says otherwise. */
static const char *base_folder(void)
{
    struct statvfs st;
    const char *memory = getenv("HUYING_SHM"), *base = getenv("TMPDIR");
    if (memory != NULL) {
        return memory;
    }
    if (base != NULL) {
        return base;
    }
    bool room = statvfs("/dev/shm", &st) == 0 && (uint64_t)st.f_bavail * st.f_frsize >= (uint64_t)1 << 30;
    return room && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

char *scratch_new(void)
{
    char *path = NULL;
    int n = asprintf(&path, "%s/huying-test-XXXXXX", base_folder());
    assert(n > 0);
    char *made = mkdtemp(path);
    assert(made != NULL);
    return made;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void scratch_drop(char *path)
{
    if (path != NULL) {
        nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
    free(path);
}

const char *scratch_path(const char *folder, const char *name)
{
    static char buffers[8][1024];
    static unsigned int next;
    char *buffer = buffers[next++ % 8];
    int n = snprintf(buffer, sizeof(buffers[0]), "%s/%s", folder, name);
    assert(n > 0 && (size_t)n < sizeof(buffers[0]));
    return buffer;
}

uint8_t *scratch_read(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    assert(file != NULL);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(size + 1);
    assert(data != NULL);
    size_t n = fread(data, 1, size, file);
    assert(n == size);
    fclose(file);
    *ret_size = size;
    return data;
}

void scratch_write(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert(file != NULL);
    size_t n = size > 0 ? fwrite(data, 1, size, file) : 0;
    assert(n == size);
    fclose(file);
}

/* Removes (to == NULL) or copies the files of a folder. */
static void each_file(const char *from, const char *to)
{
    DIR *dir = opendir(from);
    assert(dir != NULL);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_type != DT_REG) {
            continue;
        }
        if (to == NULL) {
            unlink(scratch_path(from, entry->d_name));
            continue;
        }
        size_t size;
        uint8_t *data = scratch_read(scratch_path(from, entry->d_name), &size);
        scratch_write(scratch_path(to, entry->d_name), data, size);
        free(data);
    }
    closedir(dir);
}

void scratch_empty(const char *folder)
{
    each_file(folder, NULL);
}

void scratch_copy(const char *from, const char *to)
{
    if (mkdir(to, 0700) != 0) {
        each_file(to, NULL);
    }
    each_file(from, to);
}
