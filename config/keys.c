/* keys.c - the folder of key pairs: who may speak with the server, as what */
#include "config/keys.h"

#include "base/i18n.h"
#include "config/file.h"
#include "config/keys_inner.h"
#include "config/words.h"
#include "config/yaml_file.h"
#include "config/z85.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

_Static_assert(KEY_TEXT_SIZE == Z85_CHARS + 1, "a key is 32 bytes in Z85");
_Static_assert(crypto_box_PUBLICKEYBYTES == Z85_BYTES && crypto_box_SECRETKEYBYTES == Z85_BYTES, "CURVE keys are Curve25519 keys");

/* ---- the files ---- */

struct raw {
    char *name, *public_key, *secret, *unit, *matters;
    char **roles;
    unsigned roles_count;
};

static const cyaml_schema_value_t role_schema = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED)};
#define TEXT(key, member, flags) CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flags), struct raw, member, 0, CYAML_UNLIMITED)
static const cyaml_schema_field_t pair_fields[] = {TEXT("name", name, 0), TEXT("public", public_key, 0), TEXT("secret", secret, 0),
                                                   CYAML_FIELD_END};
static const cyaml_schema_value_t pair_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw, pair_fields)};
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

static int make_path(const char *folder, const char *name, const char *end, char ret[PATH_SIZE])
{
    int length = snprintf(ret, PATH_SIZE, "%s/%s%s", folder, name, end);
    return length < 0 || length >= PATH_SIZE ? -ENAMETOOLONG : 0;
}

static int write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, text, size);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return -errno;
        }
        text += done;
        size -= (size_t)done;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

/* Makes a file that was not there, whole or not at all: nobody reads half a key, nobody's key is overwritten. */
static int write_new(const char *path, mode_t mode, const char *text)
{
    char draft[PATH_SIZE + 16];
    snprintf(draft, sizeof(draft), "%s.XXXXXX", path);
    int fd = mkostemp(draft, O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int rc = fchmod(fd, mode) < 0 ? -errno : write_all(fd, text, strlen(text));
    if (close(fd) < 0 && rc == 0) {
        rc = -errno;
    }
    if (rc == 0 && link(draft, path) < 0) {
        rc = -errno;
    }
    unlink(draft);
    return rc;
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

int keys_folder_default(char *ret, size_t size)
{
    const char *named = getenv("HUYING_KEYS");
    const char *home = getenv("HOME");
    int length;
    if (named != NULL && named[0]) {
        length = snprintf(ret, size, "%s", named);
    } else if (home != NULL && home[0]) {
        length = snprintf(ret, size, "%s/.config/huying/keys", home);
    } else {
        return -ENOENT;
    }
    return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

int keys_folder_ensure(const char *folder)
{
    char path[PATH_SIZE];
    int length = snprintf(path, sizeof(path), "%s", folder);
    if (length <= 0 || length >= PATH_SIZE) {
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

static size_t roles_text(uint32_t roles, char *ret, size_t size)
{
    size_t used = 0;
    ret[0] = '\0';
    for (uint32_t role = 0; role < ROLE_COUNT && used < size; role++) {
        if (roles & ROLE_BIT(role)) {
            used += (size_t)snprintf(ret + used, size - used, "%s%s", used ? ", " : "", enum_name(&role_enum, (int)role));
        }
    }
    return used;
}

/* Writes NAME.pub; without a unit it is the server's. */
static int write_public(const char *folder, const char *name, const char *public_key, uint32_t roles, const char *unit,
                        const char *matters)
{
    char words[256], text[2048], path[PATH_SIZE];
    int rc = make_path(folder, name, ".pub", path);
    if (rc < 0) {
        return rc;
    }
    if (unit != NULL) {
        roles_text(roles, words, sizeof(words));
        snprintf(text, sizeof(text),
                 "# Public key for Huying: what the server knows of this key. Remove the file to take the key's rights away.\n"
                 "name: '%s'\npublic: '%s'\nunit: '%s'\nroles: [%s]\n%s%s%s",
                 name, public_key, unit, words, matters != NULL ? "matters: '" : "", matters != NULL ? matters : "",
                 matters != NULL ? "'\n" : "");
    } else {
        snprintf(text, sizeof(text), "# Public key of the server of Huying: copy it to every client.\nname: '%s'\npublic: '%s'\n",
                 name, public_key);
    }
    rc = write_new(path, 0644, text);
    return rc < 0 ? rc : sync_folder(folder);
}

/* Writes NAME.key with a new pair. */
static int write_secret(const char *folder, const char *name, char ret_public[KEY_TEXT_SIZE])
{
    unsigned char public_bytes[Z85_BYTES], secret_bytes[Z85_BYTES];
    char secret_key[KEY_TEXT_SIZE], text[512], path[PATH_SIZE];
    int rc = make_path(folder, name, ".key", path);
    if (rc < 0) {
        return rc;
    }
    crypto_box_keypair(public_bytes, secret_bytes);
    z85_encode(public_bytes, ret_public);
    z85_encode(secret_bytes, secret_key);
    snprintf(text, sizeof(text),
             "# Key pair for Huying. Whoever has this file may act with its roles: keep it secret (mode 0600).\n"
             "name: '%s'\npublic: '%s'\nsecret: '%s'\n",
             name, ret_public, secret_key);
    rc = write_new(path, 0600, text);
    sodium_memzero(secret_bytes, sizeof(secret_bytes));
    sodium_memzero(secret_key, sizeof(secret_key));
    sodium_memzero(text, sizeof(text));
    return rc;
}

static int write_pair(const char *folder, const char *name, uint32_t roles, const char *unit, const char *matters)
{
    char public_key[KEY_TEXT_SIZE], path[PATH_SIZE];
    if (sodium_init() < 0) {
        return -EIO;
    }
    int rc = make_path(folder, name, ".pub", path);
    if (rc < 0) {
        return rc;
    }
    /* A lone .pub may be somebody's whose .key is on another machine. */
    if (access(path, F_OK) == 0) {
        return -EEXIST;
    }
    rc = write_secret(folder, name, public_key);
    if (rc < 0) {
        return rc;
    }
    rc = write_public(folder, name, public_key, roles, unit, matters);
    if (rc < 0 && make_path(folder, name, ".key", path) == 0) {
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
    if (sodium_init() < 0) {
        return -EIO;
    }
    struct stat stat_of;
    if (stat(file, &stat_of) < 0) {
        return -errno;
    }
    if (!S_ISREG(stat_of.st_mode)) {
        return -EBADMSG;
    }
    if (stat_of.st_mode & (S_IRWXG | S_IRWXO)) {
        return -EACCES;
    }
    struct faults *faults = malloc(sizeof(*faults));
    if (faults == NULL) {
        return -ENOMEM;
    }
    faults_init(faults);
    struct yaml yaml = {0};
    int rc = parse_file(file, file, &pair_schema, faults, &yaml);
    free(faults);
    if (rc < 0) {
        return rc == -EINVAL ? -EBADMSG : rc;
    }
    const struct raw *raw = yaml.data;
    assert(raw);
    unsigned char public_bytes[Z85_BYTES], secret_bytes[Z85_BYTES], computed[Z85_BYTES];
    struct key_pair pair = {0};
    rc = -EBADMSG;
    if (good_name(raw->name, &pair.name) && z85_decode(raw->public_key, public_bytes) && z85_decode(raw->secret, secret_bytes) &&
        crypto_scalarmult_base(computed, secret_bytes) == 0 && memcmp(computed, public_bytes, sizeof(computed)) == 0) {
        memcpy(pair.public_key, raw->public_key, KEY_TEXT_SIZE);
        memcpy(pair.secret_key, raw->secret, KEY_TEXT_SIZE);
        *ret = pair;
        rc = 0;
    }
    sodium_memzero(secret_bytes, sizeof(secret_bytes));
    sodium_memzero(&pair, sizeof(pair));
    sodium_memzero(raw->secret, strlen(raw->secret));
    yaml_deinit(&yaml);
    return rc;
}

int keys_load_named(const char *folder, const char *name, struct key_pair *ret)
{
    char path[PATH_SIZE];
    struct code code;
    if (!good_name(name, &code)) {
        return -EINVAL;
    }
    int rc = make_path(folder, name, ".key", path);
    return rc < 0 ? rc : keys_load_pair(path, ret);
}

int keys_load_server_public(const char *folder, char ret[KEY_TEXT_SIZE])
{
    char path[PATH_SIZE];
    int rc = make_path(folder, "server", ".pub", path);
    struct faults *faults = malloc(sizeof(*faults));
    if (faults == NULL) {
        return -ENOMEM;
    }
    faults_init(faults);
    struct yaml yaml = {0};
    if (rc == 0) {
        rc = parse_file(path, "server.pub", &public_schema, faults, &yaml);
    }
    free(faults);
    if (rc < 0) {
        return rc == -EINVAL ? -EBADMSG : rc;
    }
    unsigned char bytes[Z85_BYTES];
    const struct raw *raw = yaml.data;
    assert(raw);
    rc = z85_decode(raw->public_key, bytes) ? 0 : -EBADMSG;
    if (rc == 0) {
        memcpy(ret, raw->public_key, KEY_TEXT_SIZE);
    }
    yaml_deinit(&yaml);
    return rc;
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
            roles_text(ROLES_ALL, known, sizeof(known));
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
    char path[PATH_SIZE];
    struct yaml yaml = {0};
    uint32_t before = faults_total(faults);
    *ret = (struct key_entry){0};
    int rc = make_path(folder, file, "", path);
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
    char path[PATH_SIZE];
    rc = make_path(folder, name, ".pub", path);
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
