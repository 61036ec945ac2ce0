/*
 * keyring.h - who stands behind a key
 *
 * The shell may not read the keys folder itself (that is config's): main hands in three functions. This file adds what they
 * need in a loop: an unknown key causes a new look at the folder, but at most once in KEYRING_RESCAN_MS, so that `huying keys
 * new` works without a restart and a stranger cannot keep the disk busy. One thread.
 */
#ifndef HUYING_SHELL_KEYRING_H
#define HUYING_SHELL_KEYRING_H

#include "proto/shape.h"

#define KEYRING_KEY_SIZE 41 /* a public key in Z85 with its end */
#define KEYRING_RESCAN_MS 1000
#define KEYRING_DEFAULT "default"

/* A key's name, its roles (bit per enum role), the top of its subtree, and the matters that it is for (none: all). */
struct identity {
    struct code name;
    uint32_t roles;
    struct code unit;
    struct codes matters;
};

/* Where identities come from. All are called from the loop's thread. */
struct keyring_source {
    bool (*find_key)(void *arg, const char *key, struct identity *ret);
    bool (*find_name)(void *arg, const char *name, struct identity *ret);
    void (*rescan)(void *arg);
    void *arg;
};

struct keyring {
    struct keyring_source source;
    uint32_t generation; /* counts rescans: who remembers an identity looks again when it has moved */
    int64_t scanned_at_ms;
};

void keyring_init(struct keyring *ring, const struct keyring_source *source);

/* Finds the holder of a public key (Z85, terminated). `now_ms` is any steady clock. False: unknown, even after a new look. */
bool keyring_find_key(struct keyring *ring, const char *key, int64_t now_ms, struct identity *ret);

/* Finds a holder by name. False: no such key (any more). */
bool keyring_find_name(const struct keyring *ring, const char *name, struct identity *ret);

/* Looks at the folder again, at once. */
void keyring_rescan(struct keyring *ring);

#endif
