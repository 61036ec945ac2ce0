/* keys.c - the folder of key pairs: who may speak with the server, as what */
#include "config/keys.h"

#include "base/i18n.h"
#include "config/file.h"
#include "config/keys_inner.h"
#include "config/words.h"
#include "config/yaml_file.h"
#include "proto/enum_set.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the files ---- */

struct raw {
    char *name, *public_key, *unit, *matters;
    char **roles;
    unsigned roles_count;
};

static const cyaml_schema_value_t role_schema = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED)};
#define TEXT(key, member, flags) CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flags), struct raw, member, 0, CYAML_UNLIMITED)
static const cyaml_schema_field_t public_fields[] = {
    TEXT("name", name, 0),
    TEXT("public", public_key, 0),
    TEXT("unit", unit, CYAML_FLAG_OPTIONAL),
    TEXT("matters", matters, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_SEQUENCE("roles", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw, roles, &role_schema, 0, ROLE_COUNT),
    CYAML_FIELD_END};
static const cyaml_schema_value_t public_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw, public_fields)};

/* NAME of a key: a code, no hidden file. */
static bool good_name(const char *name, struct code *ret)
{
    return name[0] != '.' && name[0] != '-' && code_parse(name, ret) == NULL;
}

static int sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int rc = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return rc;
}

/* ---- the folder ---- */

int keys_folder_ensure(const char *folder)
{
    char path[KEY_PATH_SIZE];
    int length = snprintf(path, sizeof(path), "%s", folder);
    if (length <= 0 || length >= KEY_PATH_SIZE) {
        return -ENAMETOOLONG;
    }
    for (char *at = path + 1;; at++) {
        if (*at != '/' && *at != '\0') {
            continue;
        }
        char kept = *at;
        *at = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST) {
            return -errno;
        }
        *at = kept;
        if (kept == '\0') {
            break;
        }
    }
    struct stat stat_of;
    if (stat(folder, &stat_of) < 0) {
        return -errno;
    }
    if (!S_ISDIR(stat_of.st_mode)) {
        return -ENOTDIR;
    }
    /* Who may write here may give himself any role. */
    return stat_of.st_mode & (S_IWGRP | S_IWOTH) ? -EACCES : 0;
}

/* ---- matters ---- */

/* One code, or a beginning of codes with a `*` behind it. */
static const char *read_matter(const char *at, size_t size, struct code *ret)
{
    bool open_end = size > 0 && at[size - 1] == '*';
    *ret = (struct code){0};
    if (size > CODE_SIZE || (!(open_end && size == 1) && !code_make(at, size - open_end, ret))) {
        return _("write codes of matters, or beginnings with a final `*`, with `;` between them: M01;M02;03-*");
    }
    if (open_end) {
        ret->s[size - 1] = '*';
    }
    return NULL;
}

const char *keys_matters_parse(const char *text, struct codes *ret)
{
    struct codes codes = {0};
    const char *why = NULL;
    for (const char *at = text; at != NULL && at[0]; at++) {
        size_t size = strcspn(at, ";");
        if (codes.count == CODES_MAX) {
            return _("too many: at most 16 codes or beginnings");
        }
        why = read_matter(at, size, &codes.at[codes.count++]);
        at += size;
        if (why != NULL || *at == '\0') {
            break;
        }
    }
    if (why == NULL) {
        *ret = codes;
    }
    return why;
}

/* ---- writing ---- */

/* Writes NAME.pub; without a unit it is the server's. */
static int write_public(const char *folder, const char *name, const char *public_key, uint32_t roles, const char *unit,
                        const char *matters)
{
    char words[256], text[2048], path[KEY_PATH_SIZE];
    int rc = key_file_path(folder, name, ".pub", path);
    if (rc < 0) {
        return rc;
    }
    if (unit != NULL) {
        enum_set_print(&role_enum, roles, ", ", words, sizeof(words));
        snprintf(text, sizeof(text),
                 "# Public key for Huying: what the server knows of this key. Remove the file to take the key's rights away.\n"
                 "name: '%s'\npublic: '%s'\nunit: '%s'\nroles: [%s]\n%s%s%s",
                 name, public_key, unit, words, matters != NULL ? "matters: '" : "", matters != NULL ? matters : "",
                 matters != NULL ? "'\n" : "");
    } else {
        snprintf(text, sizeof(text), "# Public key of the server of Huying: copy it to every client.\nname: '%s'\npublic: '%s'\n",
                 name, public_key);
    }
    rc = key_file_write(path, 0644, text);
    return rc < 0 ? rc : sync_folder(folder);
}

static int write_pair(const char *folder, const char *name, uint32_t roles, const char *unit, const char *matters)
{
    char public_key[KEY_TEXT_SIZE], path[KEY_PATH_SIZE];
    int rc = key_file_path(folder, name, ".pub", path);
    if (rc < 0) {
        return rc;
    }
    /* A lone .pub may be somebody's whose .key is on another machine. */
    if (access(path, F_OK) == 0) {
        return -EEXIST;
    }
    rc = key_file_path(folder, name, ".key", path);
    if (rc == 0) {
        rc = key_file_make(path, name, public_key);
    }
    if (rc < 0) {
        return rc;
    }
    rc = write_public(folder, name, public_key, roles, unit, matters);
    if (rc < 0) {
        unlink(path);
    }
    return rc;
}

int keys_new(const char *folder, const char *name, uint32_t roles, const char *unit, const char *matters)
{
    struct code code;
    struct codes codes;
    if (!good_name(name, &code) || strcmp(name, "server") == 0 || roles == 0 || roles & ~ROLES_ALL ||
        code_parse(unit, &code) != NULL || keys_matters_parse(matters, &codes) != NULL) {
        return -EINVAL;
    }
    return write_pair(folder, name, roles, unit, matters != NULL && matters[0] ? matters : NULL);
}

/* ---- reading ---- */

/* -EINVAL of file and YAML are told apart by whether the file can be opened. */
static int parse_file(const char *path, const char *file, const cyaml_schema_value_t *schema, struct faults *faults,
                      struct yaml *ret)
{
    if (access(path, R_OK) < 0) {
        return -errno;
    }
    char *data = NULL;
    size_t size = 0;
    int rc = file_read(NULL, path, faults, &data, &size);
    if (rc == 0) {
        rc = yaml_parse(file, data, size, schema, faults, ret);
        sodium_memzero(data, size);
        free(data);
    }
    return rc;
}

int keys_load_pair(const char *file, struct key_pair *ret)
{
    char fault[YAML_TREE_FAULT_SIZE];
    struct key_file found;
    int rc = key_file_load(file, &found, fault);
    if (rc < 0) {
        return rc;
    }
    struct key_pair pair = {0};
    if (good_name(found.name, &pair.name)) {
        memcpy(pair.public_key, found.public_key, KEY_TEXT_SIZE);
        memcpy(pair.secret_key, found.secret_key, KEY_TEXT_SIZE);
        *ret = pair;
    } else {
        rc = -EBADMSG;
    }
    sodium_memzero(&found, sizeof(found));
    sodium_memzero(&pair, sizeof(pair));
    return rc;
}

int keys_load_named(const char *folder, const char *name, struct key_pair *ret)
{
    char path[KEY_PATH_SIZE];
    struct code code;
    if (!good_name(name, &code)) {
        return -EINVAL;
    }
    int rc = key_file_path(folder, name, ".key", path);
    return rc < 0 ? rc : keys_load_pair(path, ret);
}

int keys_load_server_public(const char *folder, char ret[KEY_TEXT_SIZE])
{
    char path[KEY_PATH_SIZE], fault[YAML_TREE_FAULT_SIZE];
    int rc = key_file_path(folder, "server", ".pub", path);
    return rc < 0 ? rc : key_file_load_public(path, ret, fault);
}

static void read_roles(const struct yaml *yaml, const struct raw *raw, struct faults *faults, struct key_entry *ret)
{
    for (unsigned i = 0; i < raw->roles_count; i++) {
        int role = enum_find(&role_enum, text_of(raw->roles[i]));
        char path[24];
        snprintf(path, sizeof(path), "roles.%u", i);
        if (role >= 0) {
            ret->roles |= ROLE_BIT(role);
        } else {
            char known[256];
            enum_set_print(&role_enum, ROLES_ALL, ", ", known, sizeof(known));
            yaml_fault(yaml, faults, path, "role `%s` is not known; write some of %s", raw->roles[i], known);
        }
    }
    if (raw->roles_count == 0) {
        faults_add(faults, yaml->tree.file, 0, 0, "key `roles` is missing; write roles: [worker] or others");
    }
}

static void read_entry(const struct yaml *yaml, const char *name, struct faults *faults, struct key_entry *ret)
{
    const struct raw *raw = yaml->data;
    assert(raw);
    unsigned char bytes[Z85_BYTES];
    if (strcmp(raw->name, name) != 0 || !good_name(name, &ret->name)) {
        yaml_fault(yaml, faults, "name", "`name: %s` is not the file's name; write `%s`", raw->name, name);
    }
    if (z85_decode(raw->public_key, bytes)) {
        memcpy(ret->public_key, raw->public_key, KEY_TEXT_SIZE);
    } else {
        yaml_fault(yaml, faults, "public", "`public` is not a key; copy the line from the holder's file again");
    }
    const char *why =
        raw->unit != NULL ? code_parse(raw->unit, &ret->unit) : _("write the code of the unit whose subtree the key may act for");
    if (why != NULL) {
        yaml_fault(yaml, faults, "unit", "`unit`: %s", why);
    }
    why = keys_matters_parse(raw->matters, &ret->matters);
    if (why != NULL) {
        yaml_fault(yaml, faults, "matters", "`matters: %s`: %s", raw->matters, why);
    }
    read_roles(yaml, raw, faults, ret);
}

int keys_entry_read(const char *folder, const char *file, const char *name, struct faults *faults, struct key_entry *ret)
{
    char path[KEY_PATH_SIZE];
    struct yaml yaml = {0};
    uint32_t before = faults_total(faults);
    *ret = (struct key_entry){0};
    int rc = key_file_path(folder, file, "", path);
    if (rc == 0) {
        rc = parse_file(path, file, &public_schema, faults, &yaml);
    }
    if (rc == -EACCES) {
        faults_add(faults, file, 0, 0, "cannot be read: %s", strerror(EACCES));
    }
    if (rc < 0) {
        return rc == -EACCES ? -EINVAL : rc;
    }
    read_entry(&yaml, name, faults, ret);
    yaml_deinit(&yaml);
    return faults_total(faults) > before ? -EINVAL : 0;
}

/* The pair is there, or is made. A first start that was cut off between the two files is completed. */
static int ensure_pair(const char *folder, const char *name, uint32_t roles, const char *unit)
{
    int rc = write_pair(folder, name, roles, unit, NULL);
    if (rc != -EEXIST) {
        return rc;
    }
    char path[KEY_PATH_SIZE];
    rc = key_file_path(folder, name, ".pub", path);
    if (rc < 0 || access(path, F_OK) == 0) {
        return rc;
    }
    struct key_pair pair;
    rc = keys_load_named(folder, name, &pair);
    if (rc < 0) {
        return rc;
    }
    rc = write_public(folder, name, pair.public_key, roles, unit, NULL);
    sodium_memzero(&pair, sizeof(pair));
    return rc == -EEXIST ? 0 : rc;
}

int keys_make_default(const char *folder, bool drill, const struct code *district)
{
    char unit[CODE_SIZE + 1];
    uint32_t roles = drill ? ROLES_ALL & ~ROLE_BIT(ROLE_GATEWAY) : ROLE_BIT(ROLE_ADMINISTRATOR);
    int rc = keys_folder_ensure(folder);
    if (rc == 0) {
        rc = ensure_pair(folder, "server", 0, NULL);
    }
    return rc < 0 ? rc : ensure_pair(folder, "default", roles, code_text(district, unit));
}
