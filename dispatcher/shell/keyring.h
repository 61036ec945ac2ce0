/*
 * keyring.h - who stands behind a key
 *
 * The shell may not read the keys folder itself (that is config's): main hands in functions. What they know is kept in memory; the
 * system tells when a file of the folder changes, so that `huying keys new` and the removal of a file take effect at once, and a
 * stranger's handshake reads nothing. Whoever remembers an identity, or has a connection open for one, hears of changes by
 * `changed`. One thread.
 */
#ifndef HUYING_SHELL_KEYRING_H
#define HUYING_SHELL_KEYRING_H

#include "proto/shape.h"

#define KEYRING_KEY_SIZE 41 /* a public key in Z85 with its end */
#define KEYRING_DEFAULT "default"

/* A key's name, its roles (bit per enum role), the top of its subtree, and the matters that it is for (none: all). */
struct identity {
    struct code name;
    uint32_t roles;
    struct code unit;
    struct codes matters;
    bool listens;               /* has a role for the query `events`, and engine_hears_all */
    char key[KEYRING_KEY_SIZE]; /* public, Z85; empty in plain mode */
};

/* A whole copy: field by field, for codes_copy's reason. */
static inline void identity_copy(struct identity *ret, const struct identity *from)
{
    ret->name = from->name;
    ret->roles = from->roles;
    ret->unit = from->unit;
    codes_copy(&ret->matters, &from->matters);
    ret->listens = from->listens;
    memcpy(ret->key, from->key, sizeof(ret->key));
}

/* Where identities come from. All are called from the loop's thread. Those that look return whether some key was added, changed or
 * lost. */
struct keyring_source {
    bool (*find_key)(void *arg, const char *key, struct identity *ret);
    bool (*find_name)(void *arg, const char *name, struct identity *ret);
    void (*rescan)(void *arg); /* the whole folder */
    bool (*look)(void *arg);   /* what the system tells; costs next to nothing when it tells nothing */
    bool (*tick)(void *arg);   /* once a second: what it does not tell */
    int descriptor;            /* readable when it tells something; -1: never */
    void *arg;
};

struct keyring {
    struct keyring_source source;
    uint32_t generation; /* counts changes: who remembers an identity looks again when it has moved */
    void (*changed)(void *arg);
    void *changed_arg;
};

void keyring_init(struct keyring *ring, const struct keyring_source *source);

/* `changed` is called after each change. */
void keyring_tell(struct keyring *ring, void (*changed)(void *arg), void *arg);

/* Finds the holder of a public key (Z85, terminated). False: unknown, also after a look. */
bool keyring_find_key(struct keyring *ring, const char *key, struct identity *ret);

/* Finds a holder by name. False: no such key (any more). */
bool keyring_find_name(const struct keyring *ring, const char *name, struct identity *ret);

/* Finds again whom a connection was opened for: the name that it was given, with the key that it showed (NULL or empty: plain).
 * False: that key is not this name's (any more). */
bool keyring_find_again(const struct keyring *ring, const char *name, const char *key, struct identity *ret);

/* Looks at what the system tells. */
void keyring_look(struct keyring *ring);

/* Once a second. */
void keyring_tick(struct keyring *ring);

/* Looks at the whole folder; counts as a change. */
void keyring_rescan(struct keyring *ring);

#endif
