/*
 * keys.h - the folder of key pairs: who may speak with the server, as what
 *
 * Every pair is two small text files (base/key_file.h): NAME.key is what its holder uses, NAME.pub (public key, roles, unit,
 * perhaps matters) what the server reads. `server` is the server's own pair. Standing facts: reads and writes files in the folder
 * that the caller names; never prints; nothing in here opens a socket. Secrets are wiped from memory that this room has used
 * itself; a struct key_pair is its owner's to wipe.
 */
#ifndef HUYING_CONFIG_KEYS_H
#define HUYING_CONFIG_KEYS_H

#include "base/key_file.h"
#include "config/faults.h"
#include "proto/gen/schema.h"
#include "proto/shape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Roles of a key: bit (1 << enum role). */
#define ROLE_BIT(role) (UINT32_C(1) << (role))
#define ROLES_ALL (ROLE_BIT(ROLE_COUNT) - 1)

struct key_pair {
    struct code name;
    char public_key[KEY_TEXT_SIZE];
    char secret_key[KEY_TEXT_SIZE];
};

struct key_entry {
    struct code name;
    char public_key[KEY_TEXT_SIZE];
    uint32_t roles;
    struct code unit;
    struct codes matters; /* codes, or beginnings of codes with a `*` behind them; none = all */
};

struct key_registry;

/* Makes the folder (mode 0700) and those above it when missing. Returns 0; -ENOTDIR; -EACCES: others may write in it; another
 * errno. */
int keys_folder_ensure(const char *folder);

/* Reads what a key may see to: `M01;M02;03-*`, exact codes or beginnings with a final `*`, at most CODES_MAX. NULL or empty: all.
 * Returns NULL, or what is wrong with it, static. */
const char *keys_matters_parse(const char *text, struct codes *ret);

/* Makes the pair NAME for `roles` over the subtree of `unit`, and only for `matters` (as above, NULL = all): NAME.key and NAME.pub.
 * The folder must exist.
 * Returns 0; -EEXIST: there is such a name; -EINVAL: a bad name (as a unit code, not beginning with a dot, not `server`), no role,
 * no unit, or bad matters; another negative errno (nothing is left behind). */
int keys_new(const char *folder, const char *name, uint32_t roles, const char *unit, const char *matters);

/* Reads a .key file; the secret must belong to the public key. Returns 0; -ENOENT; -EACCES: others may read the file (mode 0600
 * is needed); -EBADMSG: not a key file; another errno. */
int keys_load_pair(const char *file, struct key_pair *ret);

/* As keys_load_pair for NAME in a folder. */
int keys_load_named(const char *folder, const char *name, struct key_pair *ret);

/* The server's public key, from server.pub. Returns 0, -ENOENT, -EBADMSG, another errno. */
int keys_load_server_public(const char *folder, char ret[KEY_TEXT_SIZE]);

/*
 * The registry: what the .pub files of a folder say, found by public key and by name, and kept up to date without reading what has
 * not changed: the system tells which files have (inotify). A file with faults has no key in it, the others hold. Of two files
 * with one public key that with the first name holds. A file that cannot be read now (no descriptors, no memory) keeps its rights
 * until it can. Whether a unit exists is the engine's to check. One thread. Entries are borrowed until the next call that reads.
 */

/* Reads every NAME.pub but the server's, and begins to watch the folder. Gives *ret, which the caller frees. `faults` (emptied
 * first, as in all of these) says what is wrong with single files. Returns 0; -ENOMEM; -E2BIG: more than 100,000; another errno of
 * the folder. */
int keys_registry_load(const char *folder, struct faults *faults, struct key_registry **ret);

/* The keys of a folder for people to look at, by name: every file that has no fault of its own, also one whose public key another
 * file holds. `faults` names the others. Gives *ret, which keys_list_deinit frees. Returns 0 or a negative errno of the folder. */
struct key_list {
    struct key_entry *at;
    uint32_t count;
};
int keys_list(const char *folder, struct faults *faults, struct key_list *ret);
void keys_list_deinit(struct key_list *list);

/* Readable when something has changed; -1: the system gives no watch, and keys_registry_tick finds what it can. */
int keys_registry_descriptor(const struct key_registry *registry);

/* Reads the files that have changed, and no other. Costs one system call when none has. Returns 1: some key was added, changed or
 * lost; 0; or a negative errno: a folder that had to be read as a whole could not be, the keys stay. */
int keys_registry_look(struct key_registry *registry, struct faults *faults);

/* Now and then: has another folder taken the place of the one that is watched, and what could not be read last time? As look. */
int keys_registry_tick(struct key_registry *registry, struct faults *faults);

/* Goes through the folder: reads what is new, changed, or had faults. As look. */
int keys_registry_scan(struct key_registry *registry, struct faults *faults);

/* Keys that hold. */
uint32_t keys_registry_count(const struct key_registry *registry);

/* The entry with this public key (Z85, 40 characters, no end needed), or NULL. */
const struct key_entry *keys_registry_find(const struct key_registry *registry, const char *public_key);

/* The entry of this name, or NULL. */
const struct key_entry *keys_registry_named(const struct key_registry *registry, const struct code *name);

/* One entry after the other, in no order; NULL gives the first. NULL: there is no other. */
const struct key_entry *keys_registry_next(const struct key_registry *registry, const struct key_entry *entry);

/* Is this the first time that this entry is asked about, since it is as it is? For words that are said once. */
bool keys_registry_first(struct key_registry *registry, const struct key_entry *entry);

struct key_registry *keys_registry_free(struct key_registry *registry);

/* First start: makes the folder, the pair `server` and the pair `default` where they are missing. `default` has in drill time every
 * role but gateway over the whole `district`, in real time only administrator. Returns 0 or a negative errno as above. */
int keys_make_default(const char *folder, bool drill, const struct code *district);

#endif
