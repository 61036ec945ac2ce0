/* config_folder.c - a temporary folder of configuration, changed in one place */
#include "tests/config/config_folder.h"
#include "tests/tmp.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void config_folder_make(char ret[CONFIG_FOLDER_SIZE])
{
    tmp_folder(ret, CONFIG_FOLDER_SIZE, "config");
}

void config_folder_remove(const char *folder)
{
    DIR *listing = opendir(folder);
    ck_assert_ptr_nonnull(listing);
    for (const struct dirent *file; (file = readdir(listing)) != NULL;) {
        char path[512];
        snprintf(path, sizeof(path), "%s/%s", folder, file->d_name);
        if (strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0) {
            unlink(path);
        }
    }
    closedir(listing);
    ck_assert_int_eq(rmdir(folder), 0);
}

void config_folder_write(const char *folder, const char *file, const char *at, size_t size)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    FILE *out = fopen(path, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(at, 1, size, out), size);
    ck_assert_int_eq(fclose(out), 0);
}

void config_folder_copy(const char *folder, const char *from, const char *file, const char *old, const char *with)
{
    static char text[1 << 16], changed[1 << 17];
    char path[512];
    snprintf(path, sizeof(path), "%s/%s/%s", SOURCE_ROOT, from, file);
    FILE *in = fopen(path, "rb");
    ck_assert_msg(in != NULL, "%s", path);
    size_t size = fread(text, 1, sizeof(text) - 1, in);
    ck_assert_uint_lt(size, sizeof(text) - 1);
    fclose(in);
    text[size] = '\0';
    if (old == NULL) {
        config_folder_write(folder, file, text, size);
        return;
    }
    char *at = strstr(text, old);
    ck_assert_msg(at != NULL, "%s has no `%s`", file, old);
    int length = snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, with, at + strlen(old));
    config_folder_write(folder, file, changed, (size_t)length);
}

void config_folder_small_district(char ret[CONFIG_FOLDER_SIZE])
{
    config_folder_make(ret);
    static const char *const files[] = {"policy.yaml", "units.csv", "matters.csv", "catalogue.csv"};
    for (size_t i = 0; i < 4; i++) {
        config_folder_copy(ret, "tests/small-district", files[i], NULL, NULL);
    }
}

const char *config_folder_faults(const struct faults *faults)
{
    static char text[FAULTS_MAX * 600];
    size_t size = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < faults->count; i++) {
        char line[sizeof(faults->at[0]) + 32];
        size += (size_t)snprintf(text + size, sizeof(text) - size, "%s\n", fault_text(&faults->at[i], line, sizeof(line)));
    }
    return text;
}
