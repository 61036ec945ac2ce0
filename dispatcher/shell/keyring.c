/* keyring.c - lookups with a limited second look. */
#include "dispatcher/shell/keyring.h"

void keyring_init(struct keyring *ring, const struct keyring_source *source)
{
    *ring = (struct keyring){.source = *source, .scanned_at_ms = -KEYRING_RESCAN_MS};
}

bool keyring_find_key(struct keyring *ring, const char *key, int64_t now_ms, struct identity *ret)
{
    if (ring->source.find_key(ring->source.arg, key, ret))
        return true;
    if (now_ms - ring->scanned_at_ms < KEYRING_RESCAN_MS)
        return false;
    ring->scanned_at_ms = now_ms;
    keyring_rescan(ring);
    return ring->source.find_key(ring->source.arg, key, ret);
}

bool keyring_find_name(const struct keyring *ring, const char *name, struct identity *ret)
{
    return ring->source.find_name(ring->source.arg, name, ret);
}

void keyring_rescan(struct keyring *ring)
{
    ring->generation++;
    ring->source.rescan(ring->source.arg);
}
