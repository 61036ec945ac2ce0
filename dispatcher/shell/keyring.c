/* keyring.c - lookups, and the word about changes. */
#include "dispatcher/shell/keyring.h"

#include <string.h>

void keyring_init(struct keyring *ring, const struct keyring_source *source)
{
    *ring = (struct keyring){.source = *source};
}

void keyring_tell(struct keyring *ring, void (*changed)(void *arg), void *arg)
{
    ring->changed = changed;
    ring->changed_arg = arg;
}

static void changed(struct keyring *ring)
{
    ring->generation++;
    if (ring->changed != NULL) {
        ring->changed(ring->changed_arg);
    }
}

bool keyring_find_key(struct keyring *ring, const char *key, struct identity *ret)
{
    if (ring->source.find_key(ring->source.arg, key, ret)) {
        return true;
    }
    uint32_t before = ring->generation;
    keyring_look(ring);
    return ring->generation != before && ring->source.find_key(ring->source.arg, key, ret);
}

bool keyring_find_name(const struct keyring *ring, const char *name, struct identity *ret)
{
    return ring->source.find_name(ring->source.arg, name, ret);
}

bool keyring_find_again(const struct keyring *ring, const char *name, const char *key, struct identity *ret)
{
    return keyring_find_name(ring, name, ret) && strcmp(ret->key, key != NULL ? key : "") == 0;
}

void keyring_look(struct keyring *ring)
{
    if (ring->source.look(ring->source.arg)) {
        changed(ring);
    }
}

void keyring_tick(struct keyring *ring)
{
    if (ring->source.tick(ring->source.arg)) {
        changed(ring);
    }
}

void keyring_rescan(struct keyring *ring)
{
    ring->source.rescan(ring->source.arg);
    changed(ring);
}
