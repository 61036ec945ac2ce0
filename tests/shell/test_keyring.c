/* test_keyring.c - the second look at the folder comes, but not more than once a second. */
#include "dispatcher/shell/keyring.h"

#include <check.h>
#include <string.h>

struct folder {
    uint32_t scans;
    uint32_t scans_until_known;
};

static bool find_key(void *arg, const char *key, struct identity *ret)
{
    const struct folder *folder = arg;
    memset(ret, 0, sizeof(*ret));
    return strcmp(key, "known") == 0 && folder->scans >= folder->scans_until_known;
}

static bool find_name(void *arg, const char *name, struct identity *ret)
{
    (void)arg;
    memset(ret, 0, sizeof(*ret));
    return strcmp(name, "clerk") == 0;
}

static void rescan(void *arg)
{
    struct folder *folder = arg;
    folder->scans++;
}

static struct folder folder;
static struct keyring ring;
static struct identity who;

static void setup(void)
{
    folder = (struct folder){0};
    const struct keyring_source source = {.find_key = find_key, .find_name = find_name, .rescan = rescan, .arg = &folder};
    keyring_init(&ring, &source);
}

START_TEST(a_known_key_causes_no_scan)
{
    ck_assert(keyring_find_key(&ring, "known", 0, &who));
    ck_assert_uint_eq(folder.scans, 0);
    ck_assert_uint_eq(ring.generation, 0);
}
END_TEST

START_TEST(a_key_that_was_just_made_is_found)
{
    folder.scans_until_known = 1;
    ck_assert(keyring_find_key(&ring, "known", 0, &who));
    ck_assert_uint_eq(folder.scans, 1);
    ck_assert_uint_eq(ring.generation, 1);
}
END_TEST

START_TEST(a_stranger_causes_one_scan_a_second)
{
    for (int64_t now_ms = 5; now_ms < 5 + 3 * KEYRING_RESCAN_MS; now_ms++)
        ck_assert(!keyring_find_key(&ring, "stranger", now_ms, &who));
    ck_assert_uint_eq(folder.scans, 3);
}
END_TEST

START_TEST(names)
{
    ck_assert(keyring_find_name(&ring, "clerk", &who));
    ck_assert(!keyring_find_name(&ring, "nobody", &who));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keyring");
    TCase *tests = tcase_create("keyring");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_known_key_causes_no_scan);
    tcase_add_test(tests, a_key_that_was_just_made_is_found);
    tcase_add_test(tests, a_stranger_causes_one_scan_a_second);
    tcase_add_test(tests, names);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
