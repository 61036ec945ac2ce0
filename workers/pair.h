/*
 * pair.h - the keys that a worker needs: its own pair and the dispatcher's public key
 *
 * The files are those that huyingd and `huying keys new` write (base/key_file.h): NAME.key and server.pub in the keys folder.
 */
#ifndef HUYING_WORKERS_PAIR_H
#define HUYING_WORKERS_PAIR_H

#include "base/yaml_tree.h"
#include "proto/client/client.h"

/* Sets server_key, public_key and secret_key of `ret`. `folder`: NULL: key_file_folder; `key`: a file, or a name in the
 * folder. Returns 0; -EINVAL: `fault` says what is wrong. */
int pair_load(const char *folder, const char *key, struct client_options *ret, char fault[YAML_TREE_FAULT_SIZE]);

#endif
