/*
 * keys_list.c - who has a key
 */
#include "clients/keys_list.h"

#include "base/i18n.h"
#include "clients/render.h"
#include "config/keys.h"
#include "config/words.h"
#include "proto/enum_word.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct column columns[] = {
    {"name", N_("NAME"), LOOK_TEXT},      {"roles_text", N_("ROLES"), LOOK_TEXT},
    {"unit", N_("UNIT"), LOOK_TEXT},      {"matters_text", N_("MATTERS"), LOOK_TEXT},
    {"since", N_("SINCE"), LOOK_INSTANT}, {"secret", N_("SECRET HERE"), LOOK_FLAG},
    {"broken", N_("BROKEN"), LOOK_LONG},  {0},
};

/* A list of strings, and the same as one text in the reader's words. */
static void put_list(json_t *row, const char *key, const char *text_key, json_t *list, const struct enum_shape *shape)
{
    char text[1024] = "";
    size_t i, used = 0;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        const char *word = shape == NULL ? json_string_value(item) : enum_word(shape, json_string_value(item));
        if (used < sizeof(text)) {
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used > 0 ? ", " : "", word);
        }
    }
    json_object_set_new(row, key, list);
    json_object_set_new(row, text_key, json_string(text));
}

/* When the file was written: the machine's own time, for no dispatcher need run. */
static void put_since(json_t *row, const char *path)
{
    struct stat stat_of;
    struct tm local;
    char text[40];
    if (stat(path, &stat_of) != 0 || localtime_r(&stat_of.st_mtime, &local) == NULL) {
        return;
    }
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.000%z", &local);
    size_t size = strlen(text); /* +0800 becomes +08:00 */
    memmove(text + size - 1, text + size - 2, 3);
    text[size - 2] = ':';
    json_object_set_new(row, "since", json_string(text));
}

static json_t *row_of(const char *folder, const struct key_entry *entry)
{
    char name[CODE_SIZE + 1], unit[CODE_SIZE + 1], one[CODE_SIZE + 1], path[PATH_MAX];
    json_t *row = json_object(), *roles = json_array(), *matters = json_array();
    code_text(&entry->name, name);
    json_object_set_new(row, "name", json_string(name));
    json_object_set_new(row, "unit", json_string(code_text(&entry->unit, unit)));
    for (int role = 0; role < ROLE_COUNT; role++) {
        if ((entry->roles & ROLE_BIT(role)) != 0) {
            json_array_append_new(roles, json_string(enum_name(&role_enum, role)));
        }
    }
    for (uint32_t i = 0; i < entry->matters.count; i++) {
        json_array_append_new(matters, json_string(code_text(&entry->matters.at[i], one)));
    }
    put_list(row, "roles", "roles_text", roles, &role_enum);
    put_list(row, "matters", "matters_text", matters, NULL);
    if (snprintf(path, sizeof(path), "%s/%s.pub", folder, name) < (int)sizeof(path)) {
        put_since(row, path);
    }
    if (snprintf(path, sizeof(path), "%s/%s.key", folder, name) < (int)sizeof(path)) {
        json_object_set_new(row, "secret", json_boolean(access(path, F_OK) == 0));
    }
    return row;
}

/* The row of this file, a new one where what is broken let none be made. */
static json_t *row_for(json_t *rows, const char *file)
{
    char name[CODE_SIZE + 1];
    size_t i;
    json_t *row;
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(file, "."), file);
    const char *end = strstr(file, ".pub");
    if (end != NULL) {
        snprintf(name, sizeof(name), "%.*s", (int)(end - file), file);
    }
    json_array_foreach(rows, i, row)
    {
        if (strcmp(json_string_value(json_object_get(row, "name")), name) == 0) {
            return row;
        }
    }
    row = json_pack("{s:s}", "name", name);
    json_array_append_new(rows, row);
    return row;
}

static void put_faults(json_t *rows, const struct faults *faults)
{
    for (uint32_t i = 0; i < faults->count; i++) {
        char text[600];
        json_t *row = row_for(rows, faults->at[i].file);
        if (json_object_get(row, "broken") == NULL) {
            json_object_set_new(row, "broken", json_string(fault_text(&faults->at[i], text, sizeof(text))));
        }
    }
}

static void drop_texts(json_t *rows)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        json_object_del(row, "roles_text");
        json_object_del(row, "matters_text");
    }
}

enum exit_code keys_list_run(struct session *session, const struct arguments *arguments)
{
    char folder[PATH_MAX];
    struct faults faults;
    struct key_list list = {0};
    (void)arguments;
    int rc = session_keys_folder(session, folder, sizeof(folder));
    if (rc < 0) {
        return say_errno(rc, "no keys folder; name one with --keys or HUYING_KEYS");
    }
    rc = keys_list(folder, &faults, &list);
    if (rc == -ENOENT) {
        return say(EXIT_FAILED, "there is no keys folder %s. Name it with --keys or HUYING_KEYS; `huying keys new` makes one.",
                   folder);
    }
    if (rc < 0) {
        return say_errno(rc, "the keys in %s cannot be read", folder);
    }
    json_t *rows = json_array();
    for (uint32_t i = 0; i < list.count; i++) {
        json_array_append_new(rows, row_of(folder, &list.at[i]));
    }
    put_faults(rows, &faults);
    if (session->options.json) {
        drop_texts(rows);
        json_t *all = json_pack("{s:s, s:O}", "folder", folder, "rows", rows);
        render_json(all);
        json_decref(all);
    } else {
        render_table(columns, rows, N_("No key in this folder."));
    }
    json_decref(rows);
    keys_list_deinit(&list);
    if (faults_total(&faults) == 0) {
        return EXIT_DONE;
    }
    return say(EXIT_REFUSED, "broken files in %s: %u. Mend or remove them; the dispatcher cannot take their keys.", folder,
               faults_total(&faults));
}
