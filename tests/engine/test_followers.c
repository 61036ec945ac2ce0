/* test_followers.c - named followers: kept over a restart as far as a checkpoint had them. */
#include "dispatcher/engine/followers.h"
#include "tests/store/scratch.h"
#include "tests/store/store_kit.h"
#include "tests/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct code key, name;

static void load(struct followers *followers, struct store *store, uint64_t last_seq)
{
    *followers = (struct followers){0};
    ck_assert_int_eq(followers_load(followers, store, last_seq), 0);
}

static void checkpoint(struct followers *followers, struct store *store)
{
    ck_assert_int_eq(followers_write(followers, store), 0);
    ck_assert_int_eq(store_checkpoint(store), 0);
    followers_written(followers);
    ck_assert_uint_eq(followers->dirty, 0);
}

/* A store in which nobody follows. */
static struct store *begin(const char *folder, struct followers *ret_followers)
{
    struct tables tables;
    struct store *store = store_kit_open(folder, &tables);
    key = store_kit_code("key");
    name = store_kit_code("name");
    load(ret_followers, store, 100);
    return store;
}

START_TEST(kept_and_forgotten)
{
    char *folder = scratch_new();
    struct followers followers, again;
    struct follower *follower;
    struct store *store = begin(folder, &followers);
    ck_assert_ptr_null(follower_find(&followers, &key, &name));
    ck_assert_int_eq(follower_add(&followers, &key, &name, 3, 1, &follower), 0);
    follower_confirm(&followers, follower, 10);
    follower_confirm(&followers, follower, 7); /* never back */
    ck_assert_uint_eq(follower->confirmed, 10);
    checkpoint(&followers, store);
    follower_confirm(&followers, follower, 20); /* not in the checkpoint */
    ck_assert_uint_eq(followers.dirty, 1);
    load(&again, store, 100);
    ck_assert_uint_eq(follower_find(&again, &key, &name)->confirmed, 10);
    followers_free(&again);
    load(&again, store, 4); /* an older journal was restored */
    ck_assert_uint_eq(follower_find(&again, &key, &name)->confirmed, 4);
    followers_free(&again);
    follower_forget(&followers, follower);
    ck_assert_ptr_null(follower_find(&followers, &key, &name));
    ck_assert_uint_eq(followers.count, 0);
    /* Before the checkpoint it may come back under the same name, as a new one. */
    ck_assert_int_eq(follower_add(&followers, &key, &name, 1, 1, &follower), 0);
    ck_assert_uint_eq(follower->confirmed, 1);
    ck_assert_uint_eq(follower->handed, 0);
    follower_forget(&followers, follower);
    checkpoint(&followers, store);
    load(&again, store, 100);
    ck_assert_ptr_null(follower_find(&again, &key, &name));
    followers_free(&again);
    followers_free(&followers);
    store_close(store);
    scratch_drop(folder);
}
END_TEST

/* What happens between the hand-over and its end is for the next checkpoint, and what was handed to one that failed comes again. */
START_TEST(changes_while_a_checkpoint_is_written)
{
    char *folder = scratch_new();
    struct followers followers, again;
    struct follower *follower;
    struct store *store = begin(folder, &followers);
    ck_assert_int_eq(follower_add(&followers, &key, &name, 3, 1, &follower), 0);
    ck_assert_int_eq(followers_write(&followers, store), 0);
    ck_assert_int_eq(store_checkpoint_begin(store), 0);
    ck_assert(followers_dirty(&followers)); /* not known to be there */
    follower_confirm(&followers, follower, 9);
    ck_assert_int_eq(store_checkpoint_end(store, true), 0);
    followers_written(&followers);
    ck_assert(followers_dirty(&followers));
    checkpoint(&followers, store);
    ck_assert(!followers_dirty(&followers));
    load(&again, store, 100);
    ck_assert_uint_eq(follower_find(&again, &key, &name)->confirmed, 9);
    followers_free(&again);
    /* Forgotten, handed over, and there again before the end. */
    follower_forget(&followers, follower);
    ck_assert_int_eq(followers_write(&followers, store), 0);
    ck_assert_int_eq(follower_add(&followers, &key, &name, 4, 1, &follower), 0);
    ck_assert_int_eq(store_checkpoint(store), 0);
    followers_written(&followers);
    ck_assert_ptr_eq(follower_find(&followers, &key, &name), follower);
    /* Confirmed and handed over, forgotten before the end: the next one drops it. */
    ck_assert_int_eq(followers_write(&followers, store), 0);
    follower_forget(&followers, follower);
    ck_assert_int_eq(store_checkpoint(store), 0);
    followers_written(&followers);
    checkpoint(&followers, store);
    load(&again, store, 100);
    ck_assert_ptr_null(follower_find(&again, &key, &name));
    followers_free(&again);
    /* Handed to one that was taken back: it comes with the next. */
    ck_assert_int_eq(follower_add(&followers, &key, &name, 5, 1, &follower), 0);
    ck_assert_int_eq(followers_write(&followers, store), 0);
    ck_assert_int_eq(store_rewind(store), 0);
    checkpoint(&followers, store);
    load(&again, store, 100);
    ck_assert_uint_eq(follower_find(&again, &key, &name)->confirmed, 5);
    followers_free(&again);
    followers_free(&followers);
    store_close(store);
    scratch_drop(folder);
}
END_TEST

START_TEST(bounded_and_in_order)
{
    char *folder = scratch_new();
    struct tables tables;
    struct store *store = store_kit_open(folder, &tables);
    struct followers followers;
    struct follower *follower, *before = NULL;
    struct code none = {0};
    uint32_t count = 0;
    char text[16];
    load(&followers, store, 0);
    key = store_kit_code("key");
    for (uint32_t i = 0; i < CAP_FOLLOWERS; i++) {
        snprintf(text, sizeof(text), "k%u", i / CAP_FOLLOWERS_KEY);
        key = store_kit_code(text);
        snprintf(text, sizeof(text), "n%u", i * 7919 % CAP_FOLLOWERS);
        name = store_kit_code(text);
        ck_assert_int_eq(follower_add(&followers, &key, &name, 0, 1, &follower), 0);
    }
    key = store_kit_code("other");
    name = store_kit_code("more");
    follower = follower_after(&followers, &none, &none);
    for (uint32_t i = 0; i < CAP_FOLLOWERS; i++, follower = follower_after(&followers, &follower->key, &follower->name)) {
        follower->waiting = (struct parked *)&followers; /* somebody waits under each */
    }
    ck_assert_int_eq(follower_add(&followers, &key, &name, 0, 1, &follower), -ENOSPC);
    follower = follower_after(&followers, &none, &none);
    follower->waiting = NULL;
    ck_assert_int_eq(follower_add(&followers, &key, &name, 0, 1, &follower), 0); /* of the key that has most */
    ck_assert_uint_eq(followers.count, CAP_FOLLOWERS);
    follower_forget(&followers, follower);
    for (follower = follower_after(&followers, &none, &none); follower != NULL;
         follower = follower_after(&followers, &follower->key, &follower->name), count++) {
        int order = before == NULL ? -1 : memcmp(&before->key, &follower->key, sizeof(follower->key));
        ck_assert(order < 0 || (order == 0 && memcmp(&before->name, &follower->name, sizeof(follower->name)) < 0));
        before = follower;
    }
    ck_assert_uint_eq(count, CAP_FOLLOWERS - 1);
    ck_assert_int_eq(follower_add(&followers, &key, &name, 0, 1, &follower), 0);
    checkpoint(&followers, store);
    followers_free(&followers);
    store_close(store);
    scratch_drop(folder);
}
END_TEST

static struct code name_of(uint32_t i)
{
    char text[16];
    snprintf(text, sizeof(text), "n%u", i);
    return store_kit_code(text);
}

/* A key at its cap: no other key notices, and once a name has not been asked under for long enough it goes, the one that was used
 * longest ago first; after a start that one which confirmed least. */
START_TEST(unused_names_go_first)
{
    char *folder = scratch_new();
    struct tables tables;
    struct store *store = store_kit_open(folder, &tables);
    struct followers followers;
    struct follower *follower;
    struct code other = store_kit_code("other");
    load(&followers, store, UINT64_MAX);
    key = store_kit_code("key");
    for (uint32_t i = 0; i < CAP_FOLLOWERS_KEY; i++) {
        name = name_of(i);
        ck_assert_int_eq(follower_add(&followers, &key, &name, 1000 + i, 1, &follower), 0);
        follower_used(follower, 1 + (i + 7) % 10, 5);
    }
    name = name_of(999999);
    ck_assert_int_eq(follower_add(&followers, &key, &name, 0, FOLLOWER_UNUSED_MS, &follower), -ENOSPC);
    ck_assert_int_eq(follower_add(&followers, &other, &name, 0, FOLLOWER_UNUSED_MS, &follower), 0);
    ck_assert_int_eq(follower_add(&followers, &key, &name, 0, FOLLOWER_UNUSED_MS + 1, &follower), 0);
    follower_used(follower, FOLLOWER_UNUSED_MS + 1, 5);
    name = name_of(3); /* the first that was used at 1 */
    ck_assert_ptr_null(follower_find(&followers, &key, &name));
    name = name_of(13);
    ck_assert_ptr_nonnull(follower_find(&followers, &key, &name));
    ck_assert_uint_eq(followers.count, CAP_FOLLOWERS_KEY + 1);
    checkpoint(&followers, store);
    followers_free(&followers);
    /* A start: nobody has come back yet. Not at once, for they may; then the one that confirmed least. */
    load(&followers, store, UINT64_MAX);
    followers.begun_ms = 77;
    name = name_of(888888);
    ck_assert_int_eq(follower_add(&followers, &key, &name, 0, 77 + FOLLOWER_UNUSED_MS - 1, &follower), -ENOSPC);
    ck_assert_int_eq(follower_add(&followers, &key, &name, 0, 77 + FOLLOWER_UNUSED_MS, &follower), 0);
    name = name_of(999999);
    ck_assert_ptr_null(follower_find(&followers, &key, &name));
    followers_free(&followers);
    store_close(store);
    scratch_drop(folder);
}
END_TEST

/* Data of a program that let one key have more: one question does not pay for all that is too much. */
START_TEST(more_than_the_limit_shrinks)
{
    char *folder = scratch_new();
    struct tables tables;
    struct store *store = store_kit_open(folder, &tables);
    struct followers followers;
    struct follower *follower;
    key = store_kit_code("key");
    for (uint32_t i = 0; i < CAP_FOLLOWERS_KEY + 10; i++) {
        name = name_of(i);
        ck_assert_int_eq(store_follower_put(store, &key, &name, 1000 + i), 0);
    }
    load(&followers, store, UINT64_MAX);
    followers.begun_ms = 1;
    for (uint32_t i = 0; i < 20; i++) {
        name = name_of(900000 + i);
        ck_assert_int_eq(follower_add(&followers, &key, &name, 5000, 1 + FOLLOWER_UNUSED_MS, &follower), 0);
        follower_used(follower, 1 + FOLLOWER_UNUSED_MS, 5);
        ck_assert_uint_eq(followers.count, CAP_FOLLOWERS_KEY + (i < 10 ? 9 - i : 0));
    }
    followers_free(&followers);
    store_close(store);
    scratch_drop(folder);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{kept_and_forgotten},
                                       {changes_while_a_checkpoint_is_written},
                                       {bounded_and_in_order},
                                       {unused_names_go_first},
                                       {more_than_the_limit_shrinks}};
    return suite_run(&(struct suite){.name = "followers", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
