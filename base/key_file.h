/*
 * key_file.h - the files of a CURVE key pair
 *
 * NAME.key has name, public and secret key and is its holder's alone (mode 0600); NAME.pub has the public key and what the server
 * knows of it (config/keys.h reads that). Keys are Curve25519 pairs in the Z85 spelling of ZeroMQ: 40 characters. Standing facts:
 * never prints; secrets are wiped from the memory that is used here; a struct key_file is its owner's to wipe.
 */
#ifndef HUYING_BASE_KEY_FILE_H
#define HUYING_BASE_KEY_FILE_H

#include "base/yaml_tree.h"
#include "base/z85.h"

#include <stddef.h>
#include <sys/types.h>

#define KEY_TEXT_SIZE (Z85_CHARS + 1) /* a key and the end */
#define KEY_NAME_SIZE 33              /* a name and the end */
#define KEY_PATH_SIZE 4096

struct key_file {
    char name[KEY_NAME_SIZE]; /* as the file says it; "": not there, or too long for a name */
    char public_key[KEY_TEXT_SIZE];
    char secret_key[KEY_TEXT_SIZE];
};

/* Path of the default folder of keys: $HUYING_KEYS, else ~/.config/huying/keys. Returns 0, -ENOENT (no HOME), -ENAMETOOLONG. */
int key_file_folder(char *ret, size_t size);

/* Writes FOLDER/NAME and `end` (".key", ".pub"). Returns 0 or -ENAMETOOLONG. */
int key_file_path(const char *folder, const char *name, const char *end, char ret[KEY_PATH_SIZE]);

/* Is this file the reader's alone (a regular file, no rights for group and others)? Returns 0; -EACCES: others have rights to it;
 * -EBADMSG: no regular file; -ENOENT or another negative errno. For other secrets than keys, too. */
int key_file_private(const char *path);

/* Reads a NAME.key; the secret must belong to the public key. Returns 0; -ENOENT; -EACCES: it may not be read, or is not the
 * reader's alone; -EBADMSG: not a key file; another negative errno. Below 0 `fault` is a sentence that begins with the path. */
int key_file_load(const char *path, struct key_file *ret, char fault[YAML_TREE_FAULT_SIZE]);

/* Reads the public key of a NAME.pub. As key_file_load, but that others may read it. */
int key_file_load_public(const char *path, char ret[KEY_TEXT_SIZE], char fault[YAML_TREE_FAULT_SIZE]);

/* Makes a file that was not there, whole or not at all: nobody reads half a key, nobody's key is overwritten. The caller syncs the
 * folder. Returns 0; -EEXIST; another negative errno (nothing is left behind). */
int key_file_write(const char *path, mode_t mode, const char *text);

/* Makes a pair and its NAME.key at `path`, as key_file_write. Gives the public key. */
int key_file_make(const char *path, const char *name, char ret_public[KEY_TEXT_SIZE]);

#endif
