/* pair.c - the keys that a worker needs: its own pair and the dispatcher's public key */
#include "workers/pair.h"

#include "base/key_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

_Static_assert(CLIENT_KEY_SIZE == KEY_TEXT_SIZE, "a client takes keys as files have them");

static int load_own(const char *path, struct client_options *ret, char fault[YAML_TREE_FAULT_SIZE])
{
    struct key_file own;
    int rc = key_file_load(path, &own, fault);

    if (rc < 0) {
        return -EINVAL;
    }
    memcpy(ret->public_key, own.public_key, KEY_TEXT_SIZE);
    memcpy(ret->secret_key, own.secret_key, KEY_TEXT_SIZE);
    explicit_bzero(&own, sizeof(own));
    return 0;
}

int pair_load(const char *folder, const char *key, struct client_options *ret, char fault[YAML_TREE_FAULT_SIZE])
{
    char found[KEY_PATH_SIZE], path[KEY_PATH_SIZE];

    if (folder == NULL) {
        if (key_file_folder(found, sizeof(found)) < 0) {
            snprintf(fault, YAML_TREE_FAULT_SIZE, "there is no home folder to look for keys in; name the keys folder with --keys");
            return -EINVAL;
        }
        folder = found;
    }
    if (key_file_path(folder, "server", ".pub", path) < 0) {
        snprintf(fault, YAML_TREE_FAULT_SIZE, "%s: %s", folder, strerror(ENAMETOOLONG));
        return -EINVAL;
    }
    if (key_file_load_public(path, ret->server_key, fault) < 0) {
        return -EINVAL;
    }
    if (strchr(key, '/') != NULL) {
        return load_own(key, ret, fault);
    }
    if (key_file_path(folder, key, ".key", path) < 0) {
        snprintf(fault, YAML_TREE_FAULT_SIZE, "%s: %s", folder, strerror(ENAMETOOLONG));
        return -EINVAL;
    }
    return load_own(path, ret, fault);
}
