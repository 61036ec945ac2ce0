/* pair.c - the key files that a worker needs: its own pair and the dispatcher's public key */
#include "workers/pair.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int pair_private(const char *path)
{
    struct stat status;

    if (stat(path, &status) < 0) {
        return -errno;
    }
    if (!S_ISREG(status.st_mode)) {
        return -EBADMSG;
    }
    return status.st_mode & (S_IRWXG | S_IRWXO) ? -EACCES : 0;
}

static int say(char fault[YAML_TREE_FAULT_SIZE], const char *path, int error)
{
    if (error == -EACCES) {
        snprintf(fault, YAML_TREE_FAULT_SIZE, "%s may not be read, or others may read it too. Make it yours alone: chmod 600.",
                 path);
    } else {
        snprintf(fault, YAML_TREE_FAULT_SIZE, "%s: %s", path, strerror(-error));
    }
    return -EINVAL;
}

/* Copies one key of a file. */
static int take(const struct yaml_tree *tree, const char *name, char ret[CLIENT_KEY_SIZE], char fault[YAML_TREE_FAULT_SIZE])
{
    const char *text = yaml_tree_text(yaml_tree_get(yaml_tree_top(tree), name));

    if (text == NULL || strlen(text) != CLIENT_KEY_SIZE - 1) {
        return yaml_tree_say(tree, NULL, fault, "is not a key file of Huying: `%s` is not a key", name);
    }
    memcpy(ret, text, CLIENT_KEY_SIZE);
    return 0;
}

static int load_tree(const char *path, struct yaml_tree *ret, char fault[YAML_TREE_FAULT_SIZE])
{
    int rc = yaml_tree_load(path, ret, fault);

    return rc < 0 && rc != -EINVAL ? say(fault, path, rc) : rc;
}

static int load_server(const char *folder, struct client_options *ret, char fault[YAML_TREE_FAULT_SIZE])
{
    char path[PATH_MAX];
    struct yaml_tree tree;

    if ((size_t)snprintf(path, sizeof(path), "%s/server.pub", folder) >= sizeof(path)) {
        return say(fault, folder, -ENAMETOOLONG);
    }
    int rc = load_tree(path, &tree, fault);
    if (rc < 0) {
        return rc;
    }
    rc = take(&tree, "public", ret->server_key, fault);
    yaml_tree_deinit(&tree);
    return rc;
}

static int load_own(const char *path, struct client_options *ret, char fault[YAML_TREE_FAULT_SIZE])
{
    struct yaml_tree tree;
    int rc = pair_private(path);

    if (rc < 0) {
        return say(fault, path, rc);
    }
    rc = load_tree(path, &tree, fault);
    if (rc < 0) {
        return rc;
    }
    rc = take(&tree, "public", ret->public_key, fault);
    if (rc == 0) {
        rc = take(&tree, "secret", ret->secret_key, fault);
    }
    yaml_tree_deinit(&tree);
    return rc;
}

int pair_load(const char *folder, const char *key, struct client_options *ret, char fault[YAML_TREE_FAULT_SIZE])
{
    char found[PATH_MAX], path[PATH_MAX];
    const char *home = getenv("HOME");

    if (folder == NULL) {
        if (home == NULL || (size_t)snprintf(found, sizeof(found), "%s/.config/huying/keys", home) >= sizeof(found)) {
            snprintf(fault, YAML_TREE_FAULT_SIZE, "there is no home folder to look for keys in; name the keys folder with --keys");
            return -EINVAL;
        }
        folder = found;
    }
    int length =
        strchr(key, '/') != NULL ? snprintf(path, sizeof(path), "%s", key) : snprintf(path, sizeof(path), "%s/%s.key", folder, key);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        return say(fault, folder, -ENAMETOOLONG);
    }
    length = load_server(folder, ret, fault);
    return length < 0 ? length : load_own(path, ret, fault);
}
