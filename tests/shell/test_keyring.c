/* test_keyring.c - what the folder tells is looked at before a key is refused, and whoever remembers keys hears of changes. */
#include "dispatcher/shell/keyring.h"
#include "tests/suite.h"

#include <check.h>
#include <string.h>

struct folder {
    uint32_t looks, ticks, scans;
    bool told;  /* something has changed that the next look finds */
    bool known; /* the key is there */
};

static bool find_key(void *arg, const char *key, struct identity *ret)
{
    const struct folder *folder = arg;
    *ret = (struct identity){.key = "known"};
    return strcmp(key, "known") == 0 && folder->known;
}

static bool find_name(void *arg, const char *name, struct identity *ret)
{
    (void)arg;
    *ret = (struct identity){.key = "known"};
    return strcmp(name, "clerk") == 0;
}

static void rescan(void *arg)
{
    struct folder *folder = arg;
    folder->scans++;
}

static bool look(void *arg)
{
    struct folder *folder = arg;
    bool told = folder->told;
    folder->looks++;
    folder->known |= told;
    folder->told = false;
    return told;
}

static bool tick(void *arg)
{
    struct folder *folder = arg;
    folder->ticks++;
    return folder->ticks == 2;
}

static struct folder folder;
static struct keyring ring;
static struct identity who;
static uint32_t changes;

static void on_changed(void *arg)
{
    (void)arg;
    changes++;
}

static void setup(void)
{
    folder = (struct folder){0};
    changes = 0;
    const struct keyring_source source = {.find_key = find_key,
                                          .find_name = find_name,
                                          .rescan = rescan,
                                          .look = look,
                                          .tick = tick,
                                          .descriptor = -1,
                                          .arg = &folder};
    keyring_init(&ring, &source);
    keyring_tell(&ring, on_changed, NULL);
}

START_TEST(a_known_key_causes_no_look)
{
    folder.known = true;
    ck_assert(keyring_find_key(&ring, "known", &who));
    ck_assert_uint_eq(folder.looks, 0);
    ck_assert_uint_eq(ring.generation, 0);
}
END_TEST

START_TEST(a_key_that_was_just_made_is_found)
{
    folder.told = true;
    ck_assert(keyring_find_key(&ring, "known", &who));
    ck_assert_uint_eq(folder.looks, 1);
    ck_assert_uint_eq(ring.generation, 1);
    ck_assert_uint_eq(changes, 1);
}
END_TEST

START_TEST(a_stranger_never_causes_a_scan)
{
    for (int i = 0; i < 1000; i++) {
        ck_assert(!keyring_find_key(&ring, "stranger", &who));
    }
    ck_assert_uint_eq(folder.scans, 0);
    ck_assert_uint_eq(changes, 0);
    ck_assert_uint_eq(ring.generation, 0);
}
END_TEST

START_TEST(a_change_is_told_once)
{
    folder.told = true;
    keyring_look(&ring);
    keyring_look(&ring);
    ck_assert_uint_eq(changes, 1);
    keyring_tick(&ring);
    ck_assert_uint_eq(changes, 1);
    keyring_tick(&ring);
    ck_assert_uint_eq(changes, 2);
    keyring_rescan(&ring);
    ck_assert_uint_eq(changes, 3);
    ck_assert_uint_eq(ring.generation, 3);
}
END_TEST

START_TEST(names)
{
    ck_assert(keyring_find_name(&ring, "clerk", &who));
    ck_assert(!keyring_find_name(&ring, "nobody", &who));
    ck_assert(keyring_find_again(&ring, "clerk", "known", &who));
    ck_assert(!keyring_find_again(&ring, "clerk", "older", &who)); /* the name has another key now */
    ck_assert(!keyring_find_again(&ring, "clerk", NULL, &who));
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_known_key_causes_no_look},
                                       {a_key_that_was_just_made_is_found},
                                       {a_stranger_never_causes_a_scan},
                                       {a_change_is_told_once},
                                       {names}};
    return suite_run(&(struct suite){.name = "keyring", .setup = setup, .tests = tests, .count = SUITE_COUNT(tests)});
}
