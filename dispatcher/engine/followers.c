/* followers.c - the named followers of events: a key, a name, and how far it has confirmed */
#include "dispatcher/engine/followers.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare(const struct follower *a, const struct follower *b)
{
    int order = memcmp(&a->key, &b->key, sizeof(a->key));

    return order != 0 ? order : memcmp(&a->name, &b->name, sizeof(a->name));
}

RB_GENERATE_INTERNAL(follower_tree, follower, node, compare, __attribute__((unused)) static)

static struct follower *find_any(struct followers *followers, const struct code *key, const struct code *name)
{
    struct follower wanted = {.key = *key, .name = *name};

    return RB_FIND(follower_tree, &followers->tree, &wanted);
}

struct follower *follower_find(struct followers *followers, const struct code *key, const struct code *name)
{
    struct follower *follower = find_any(followers, key, name);

    return follower == NULL || follower->gone ? NULL : follower;
}

static void set_dirty(struct followers *followers, struct follower *follower)
{
    followers->dirty += !follower->dirty;
    follower->dirty = true;
}

static int add(struct followers *followers, const struct code *key, const struct code *name, uint64_t confirmed,
               struct follower **ret)
{
    struct follower *follower = find_any(followers, key, name);

    if (follower == NULL) {
        follower = calloc(1, sizeof(*follower));
        if (follower == NULL) {
            return -ENOMEM;
        }
        follower->key = *key;
        follower->name = *name;
        RB_INSERT(follower_tree, &followers->tree, follower);
    }
    follower->gone = false;
    follower->confirmed = confirmed;
    followers->count++;
    *ret = follower;
    return 0;
}

/* How many names a key has. */
static uint32_t count_of(struct followers *followers, const struct code *key)
{
    struct code none = {0};
    uint32_t count = 0;

    for (struct follower *at = follower_after(followers, key, &none); at != NULL && code_equal(&at->key, key);
         at = follower_after(followers, &at->key, &at->name)) {
        count++;
    }
    return count;
}

/* The key that has most names. */
static struct code fullest(struct followers *followers)
{
    struct code none = {0}, key = {0}, most_key = {0};
    uint32_t count = 0, most = 0;

    for (struct follower *at = follower_after(followers, &none, &none); at != NULL;
         at = follower_after(followers, &at->key, &at->name)) {
        count = code_equal(&at->key, &key) ? count + 1 : 1;
        key = at->key;
        if (count > most) {
            most = count;
            most_key = key;
        }
    }
    return most_key;
}

static bool is_unused(const struct followers *followers, const struct follower *follower, int64_t now_ms)
{
    int64_t since_ms = follower->used_ms != 0 ? follower->used_ms : followers->begun_ms;

    return follower->waiting == NULL && now_ms - since_ms >= FOLLOWER_UNUSED_MS;
}

/* Forgets the name of a key that was used longest ago; `any`: also one that was asked under of late, but nobody waits under. False:
 * all are in use. */
static bool forget_unused(struct followers *followers, const struct code *key, int64_t now_ms, bool any)
{
    struct code none = {0};
    struct follower *oldest = NULL;

    for (struct follower *at = follower_after(followers, key, &none); at != NULL && code_equal(&at->key, key);
         at = follower_after(followers, &at->key, &at->name)) {
        if ((is_unused(followers, at, now_ms) || (any && at->waiting == NULL)) &&
            (oldest == NULL || at->used_ms < oldest->used_ms ||
             (at->used_ms == oldest->used_ms && at->confirmed < oldest->confirmed))) {
            oldest = at;
        }
    }
    if (oldest == NULL) {
        return false;
    }
    follower_forget(followers, oldest);
    return true;
}

int follower_add(struct followers *followers, const struct code *key, const struct code *name, uint64_t confirmed, int64_t now_ms,
                 struct follower **ret)
{
    assert(follower_find(followers, key, name) == NULL);
    /* Two for one: what came in under a larger cap shrinks to this one, and no question pays for all of that. */
    for (int i = 0; i < 2 && count_of(followers, key) >= CAP_FOLLOWERS_KEY; i++) {
        if (!forget_unused(followers, key, now_ms, false)) {
            return -ENOSPC;
        }
    }
    if (followers->count >= CAP_FOLLOWERS) {
        struct code most = fullest(followers);

        if (!forget_unused(followers, &most, now_ms, count_of(followers, &most) > count_of(followers, key) + 1)) {
            return -ENOSPC;
        }
    }
    int rc = add(followers, key, name, confirmed, ret);
    if (rc == 0) {
        set_dirty(followers, *ret);
    }
    return rc;
}

void follower_used(struct follower *follower, int64_t now_ms, int64_t clock_ms)
{
    follower->used_ms = now_ms;
    follower->seen_at_ms = clock_ms;
}

void follower_confirm(struct followers *followers, struct follower *follower, uint64_t seq)
{
    if (seq <= follower->confirmed) {
        return;
    }
    follower->confirmed = seq;
    set_dirty(followers, follower);
}

void follower_forget(struct followers *followers, struct follower *follower)
{
    assert(follower->waiting == NULL && !follower->gone);
    follower->gone = true;
    follower->confirmed = 0;
    follower->handed = 0;
    follower->seen_at_ms = 0;
    follower->used_ms = 0;
    followers->count--;
    set_dirty(followers, follower);
}

struct follower *follower_after(struct followers *followers, const struct code *key, const struct code *name)
{
    struct follower wanted = {.key = *key, .name = *name};
    struct follower *follower = RB_NFIND(follower_tree, &followers->tree, &wanted);

    while (follower != NULL && (follower->gone || compare(follower, &wanted) == 0)) {
        follower = RB_NEXT(follower_tree, &followers->tree, follower);
    }
    return follower;
}

struct loading {
    struct followers *followers;
    uint64_t last_seq;
    int rc;
};

static bool load_one(void *arg, const struct code *key, const struct code *name, uint64_t confirmed)
{
    struct loading *loading = arg;
    struct follower *follower;

    loading->rc = add(loading->followers, key, name, confirmed < loading->last_seq ? confirmed : loading->last_seq, &follower);
    return loading->rc == 0;
}

int followers_load(struct followers *followers, struct store *store, uint64_t last_seq)
{
    struct loading loading = {.followers = followers, .last_seq = last_seq};
    int rc = store_followers(store, load_one, &loading);

    return rc < 0 ? rc : loading.rc;
}

void followers_free(struct followers *followers)
{
    struct follower *follower;

    while ((follower = RB_MIN(follower_tree, &followers->tree)) != NULL) {
        RB_REMOVE(follower_tree, &followers->tree, follower);
        free(follower);
    }
    *followers = (struct followers){0};
}

int followers_write(struct followers *followers, struct store *store)
{
    struct follower *follower;

    if (!followers_dirty(followers)) {
        return 0;
    }
    RB_FOREACH(follower, follower_tree, &followers->tree)
    {
        if (!follower->dirty && !follower->writing) {
            continue;
        }
        int rc = follower->gone ? store_follower_drop(store, &follower->key, &follower->name)
                                : store_follower_put(store, &follower->key, &follower->name, follower->confirmed);
        if (rc < 0) {
            return rc;
        }
        followers->dirty -= follower->dirty;
        followers->writing += !follower->writing;
        follower->dirty = false;
        follower->writing = true;
    }
    return 0;
}

bool followers_dirty(const struct followers *followers)
{
    return followers->dirty > 0 || followers->writing > 0;
}

void followers_written(struct followers *followers)
{
    struct follower *follower, *next;

    for (follower = followers->writing == 0 ? NULL : RB_MIN(follower_tree, &followers->tree); follower != NULL; follower = next) {
        next = RB_NEXT(follower_tree, &followers->tree, follower);
        follower->writing = false;
        if (!follower->gone || follower->dirty) {
            continue;
        }
        RB_REMOVE(follower_tree, &followers->tree, follower);
        free(follower);
    }
    followers->writing = 0;
}
