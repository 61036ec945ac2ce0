/* kept.c - the configurations that are kept with the data: config/<hash>/, a copy of each set that was in force */
#include "dispatcher/engine/kept.h"

#include "base/i18n.h"
#include "dispatcher/engine/datadir.h"
#include "dispatcher/store/folder.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUM_SIZE 32
#define SUM_HEX (2 * SUM_SIZE + 1)
#define BLOCK 65536
#define LINE 400

static int sum_of(const char *path, char ret[SUM_HEX])
{
    unsigned char sum[SUM_SIZE];
    crypto_generichash_state state;
    char *block = malloc(BLOCK);
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = fd < 0 ? -errno : block == NULL ? -ENOMEM : 0;
    uint64_t offset = 0;
    ssize_t n = 1;

    crypto_generichash_init(&state, NULL, 0, sizeof(sum));
    while (rc == 0 && n > 0) {
        n = folder_read_all(fd, block, BLOCK, offset);
        if (n < 0) {
            rc = (int)n;
        } else {
            crypto_generichash_update(&state, (const unsigned char *)block, (unsigned long long)n);
        }
        offset += n > 0 ? (uint64_t)n : 0;
    }
    crypto_generichash_final(&state, sum, sizeof(sum));
    sodium_bin2hex(ret, SUM_HEX, sum, sizeof(sum));
    if (fd >= 0) {
        close(fd);
    }
    free(block);
    return rc;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_ordinary(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* Names in a folder, in order. Caller frees each and the list. */
static int names_in(const char *path, struct dirent ***ret)
{
    int count = scandir(path, ret, is_ordinary, by_name);

    return count < 0 ? -errno : count;
}

static void free_names(struct dirent **names, int count)
{
    for (int i = 0; i < count; i++) {
        free(names[i]);
    }
    if (count >= 0) {
        free(names);
    }
}

/* Writes the sums of the files that lie in a folder. */
static int write_sums(const char *set)
{
    struct dirent **names = NULL;
    char *path = datadir_join(set, KEPT_SUMS), hex[SUM_HEX];
    int count = names_in(set, &names), rc = path == NULL ? -ENOMEM : count < 0 ? count : 0;
    FILE *file = rc == 0 ? fopen(path, "we") : NULL;

    if (rc == 0 && file == NULL) {
        rc = -errno;
    }
    for (int i = 0; rc == 0 && i < count; i++) {
        char *one = strcmp(names[i]->d_name, KEPT_SUMS) == 0 ? NULL : datadir_join(set, names[i]->d_name);

        if (one != NULL) {
            rc = sum_of(one, hex);
        }
        if (rc == 0 && one != NULL && fprintf(file, "%s  %s\n", hex, names[i]->d_name) < 0) {
            rc = -EIO;
        }
        free(one);
    }
    if (rc == 0 && (fflush(file) != 0 || fsync(fileno(file)) != 0)) {
        rc = -errno;
    }
    if (file != NULL && fclose(file) != 0 && rc == 0) {
        rc = -errno;
    }
    free_names(names, count);
    free(path);
    return rc;
}

/* One set: how many lines were said, or a negative errno. */
struct look {
    const char *hash;
    void (*say)(void *arg, const char *line);
    void *arg;
    int said;
};

static void tell(struct look *look, const char *file, const char *what)
{
    char line[LINE];

    look->said++;
    if (look->say == NULL) {
        return;
    }
    snprintf(line, sizeof(line), "config/%.16s.../%.200s: %s", look->hash, file, what);
    look->say(look->arg, line);
}

static bool line_read(char *line, char **ret_name)
{
    size_t size = strlen(line);

    if (size < SUM_HEX + 2 || line[size - 1] != '\n' || strncmp(line + SUM_HEX - 1, "  ", 2) != 0) {
        return false;
    }
    line[size - 1] = line[SUM_HEX - 1] = '\0';
    *ret_name = line + SUM_HEX + 1;
    return strchr(*ret_name, '/') == NULL;
}

static int look_at_file(struct look *look, const char *set, const char *name, const char *wanted)
{
    char *path = datadir_join(set, name), hex[SUM_HEX];
    int rc = path == NULL ? -ENOMEM : sum_of(path, hex);

    free(path);
    if (rc == -ENOENT) {
        tell(look, name, _("it is missing"));
    } else if (rc == -EIO) {
        tell(look, name, _("it cannot be read"));
    } else if (rc < 0) {
        return rc;
    } else if (strcmp(hex, wanted) != 0) {
        tell(look, name, _("it is not what was kept"));
    }
    return 0;
}

static int look_at_set(struct look *look, const char *set)
{
    char *path = datadir_join(set, KEPT_SUMS), line[512], *name;
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    struct dirent **names = NULL;
    int rc = path == NULL ? -ENOMEM : 0, listed = 0, count = names_in(set, &names);

    if (rc == 0 && file == NULL) {
        tell(look, KEPT_SUMS, _("it is missing"));
    }
    while (rc == 0 && file != NULL && fgets(line, sizeof(line), file) != NULL) {
        listed++;
        if (line_read(line, &name)) {
            rc = look_at_file(look, set, name, line);
        } else {
            tell(look, KEPT_SUMS, _("it is damaged"));
        }
    }
    /* One more than is listed: SUMS itself. */
    if (rc == 0 && file != NULL && look->said == 0 && count != listed + 1) {
        tell(look, KEPT_SUMS, _("it lists other files than there are"));
    }
    if (file != NULL) {
        fclose(file);
    }
    free_names(names, count);
    free(path);
    return rc;
}

int kept_check(const char *data, void (*say)(void *arg, const char *line), void *arg)
{
    char *sets = datadir_join(data, "config");
    struct dirent **names = NULL;
    int count = sets == NULL ? -ENOMEM : names_in(sets, &names), rc = count < 0 && count != -ENOENT ? count : 0;

    for (int i = 0; rc == 0 && i < count; i++) {
        struct look look = {.hash = names[i]->d_name, .say = say, .arg = arg};
        size_t size = strlen(names[i]->d_name);

        if (size >= 4 && strcmp(names[i]->d_name + size - 4, ".new") == 0) {
            continue; /* being kept when the process ended: not whole, and not used */
        }
        char *set = datadir_join(sets, names[i]->d_name);
        rc = set == NULL ? -ENOMEM : look_at_set(&look, set);
        free(set);
    }
    free_names(names, count);
    free(sets);
    return rc;
}

/* Is the set there and whole? */
static bool is_whole(const char *kept, const char *hash)
{
    struct look look = {.hash = hash};

    return access(kept, F_OK) == 0 && look_at_set(&look, kept) == 0 && look.said == 0;
}

static int flush_folder(const char *path)
{
    int fd = folder_open(path, false), rc = fd < 0 ? fd : folder_sync(fd);

    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

static int copy_set(const char *source, const char *fresh)
{
    int rc = datadir_remove(fresh);

    if (rc == 0 && mkdir(fresh, 0750) < 0) {
        rc = -errno;
    }
    if (rc == 0) {
        rc = datadir_copy_files(source, fresh);
    }
    if (rc == 0) {
        rc = write_sums(fresh);
    }
    return rc == 0 ? flush_folder(fresh) : rc;
}

int kept_keep(const char *data, const char *hash, const char *source)
{
    char *sets = datadir_join(data, "config"), *kept = sets == NULL ? NULL : datadir_join(sets, hash), *fresh = NULL;
    int rc = 0;

    assert(hash[0] != '\0' && strchr(hash, '/') == NULL);
    if (kept == NULL || asprintf(&fresh, "%s.new", kept) < 0) {
        rc = -ENOMEM;
        fresh = NULL;
    }
    if (rc == 0 && !is_whole(kept, hash)) {
        rc = copy_set(source, fresh);
        if (rc == 0) {
            rc = datadir_remove(kept);
        }
        /* The rename is the last step, so a folder under this name is whole. */
        if (rc == 0 && rename(fresh, kept) < 0) {
            rc = -errno;
        }
        if (rc == 0) {
            rc = flush_folder(sets);
        } else {
            datadir_remove(fresh);
        }
    }
    free(fresh);
    free(kept);
    free(sets);
    return rc;
}
