/* key_file.c - the files of a CURVE key pair */
#include "base/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(crypto_box_PUBLICKEYBYTES == Z85_BYTES && crypto_box_SECRETKEYBYTES == Z85_BYTES, "CURVE keys are Curve25519 keys");

/* ---- paths ---- */

int key_file_folder(char *ret, size_t size)
{
    const char *named = getenv("HUYING_KEYS");
    const char *home = getenv("HOME");
    int length;
    if (named != NULL && named[0] != '\0') {
        length = snprintf(ret, size, "%s", named);
    } else if (home != NULL && home[0] != '\0') {
        length = snprintf(ret, size, "%s/.config/huying/keys", home);
    } else {
        return -ENOENT;
    }
    return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

int key_file_path(const char *folder, const char *name, const char *end, char ret[KEY_PATH_SIZE])
{
    int length = snprintf(ret, KEY_PATH_SIZE, "%s/%s%s", folder, name, end);
    return length < 0 || length >= KEY_PATH_SIZE ? -ENAMETOOLONG : 0;
}

/* ---- reading ---- */

int key_file_private(const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0) {
        return -errno;
    }
    if (!S_ISREG(status.st_mode)) {
        return -EBADMSG;
    }
    return (status.st_mode & (S_IRWXG | S_IRWXO)) != 0 ? -EACCES : 0;
}

static int say(char fault[YAML_TREE_FAULT_SIZE], const char *path, int error)
{
    if (error == -EACCES) {
        snprintf(fault, YAML_TREE_FAULT_SIZE, "%s may not be read, or others may read it too. Make it yours alone: chmod 600.",
                 path);
    } else if (error == -EBADMSG) {
        snprintf(fault, YAML_TREE_FAULT_SIZE, "%s: is not a key file of Huying", path);
    } else {
        snprintf(fault, YAML_TREE_FAULT_SIZE, "%s: %s", path, strerror(-error));
    }
    return error;
}

/* Opens the file as YAML. Returns 0 or a negative errno, and has said why. */
static int load(const char *path, struct yaml_tree *ret, char fault[YAML_TREE_FAULT_SIZE])
{
    int rc = yaml_tree_load(path, ret, fault);
    if (rc == -EINVAL) {
        return -EBADMSG;
    }
    return rc < 0 ? say(fault, path, rc == -EISDIR || rc == -EFBIG ? -EBADMSG : rc) : 0;
}

/* Copies one key, and its bytes. */
static int take(const struct yaml_tree *tree, const char *name, char ret[KEY_TEXT_SIZE], unsigned char ret_bytes[Z85_BYTES],
                char fault[YAML_TREE_FAULT_SIZE])
{
    const char *text = yaml_tree_text(yaml_tree_get(yaml_tree_top(tree), name));
    if (text == NULL || !z85_decode(text, ret_bytes)) {
        yaml_tree_say(tree, NULL, fault, "is not a key file of Huying: `%s` is not a key", name);
        return -EBADMSG;
    }
    memcpy(ret, text, KEY_TEXT_SIZE);
    return 0;
}

static int take_pair(const struct yaml_tree *tree, struct key_file *ret, char fault[YAML_TREE_FAULT_SIZE])
{
    unsigned char public_bytes[Z85_BYTES], secret_bytes[Z85_BYTES], computed[Z85_BYTES];
    const char *name = yaml_tree_text(yaml_tree_get(yaml_tree_top(tree), "name"));
    if (name != NULL && strlen(name) < KEY_NAME_SIZE) {
        memcpy(ret->name, name, strlen(name) + 1);
    }
    int rc = take(tree, "public", ret->public_key, public_bytes, fault);
    if (rc == 0) {
        rc = take(tree, "secret", ret->secret_key, secret_bytes, fault);
    }
    if (rc == 0 && (crypto_scalarmult_base(computed, secret_bytes) != 0 || memcmp(computed, public_bytes, sizeof(computed)) != 0)) {
        yaml_tree_say(tree, NULL, fault, "is not a key file of Huying: `secret` does not belong to `public`");
        rc = -EBADMSG;
    }
    sodium_memzero(secret_bytes, sizeof(secret_bytes));
    return rc;
}

int key_file_load(const char *path, struct key_file *ret, char fault[YAML_TREE_FAULT_SIZE])
{
    struct yaml_tree tree;
    struct key_file found = {0};
    int rc = sodium_init() < 0 ? -EIO : key_file_private(path);
    if (rc < 0) {
        return say(fault, path, rc);
    }
    rc = load(path, &tree, fault);
    if (rc < 0) {
        return rc;
    }
    rc = take_pair(&tree, &found, fault);
    if (rc == 0) {
        *ret = found;
    }
    sodium_memzero(&found, sizeof(found));
    yaml_tree_deinit(&tree);
    return rc;
}

int key_file_load_public(const char *path, char ret[KEY_TEXT_SIZE], char fault[YAML_TREE_FAULT_SIZE])
{
    unsigned char bytes[Z85_BYTES];
    struct yaml_tree tree;
    int rc = load(path, &tree, fault);
    if (rc < 0) {
        return rc;
    }
    rc = take(&tree, "public", ret, bytes, fault);
    yaml_tree_deinit(&tree);
    return rc;
}

/* ---- writing ---- */

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

int key_file_write(const char *path, mode_t mode, const char *text)
{
    char draft[KEY_PATH_SIZE + 16];
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

int key_file_make(const char *path, const char *name, char ret_public[KEY_TEXT_SIZE])
{
    unsigned char public_bytes[Z85_BYTES], secret_bytes[Z85_BYTES];
    char secret_key[KEY_TEXT_SIZE], text[512];
    if (sodium_init() < 0) {
        return -EIO;
    }
    crypto_box_keypair(public_bytes, secret_bytes);
    z85_encode(public_bytes, ret_public);
    z85_encode(secret_bytes, secret_key);
    snprintf(text, sizeof(text),
             "# Key pair for Huying. Whoever has this file may act with its roles: keep it secret (mode 0600).\n"
             "name: '%s'\npublic: '%s'\nsecret: '%s'\n",
             name, ret_public, secret_key);
    int rc = key_file_write(path, 0600, text);
    sodium_memzero(secret_bytes, sizeof(secret_bytes));
    sodium_memzero(secret_key, sizeof(secret_key));
    sodium_memzero(text, sizeof(text));
    return rc;
}
