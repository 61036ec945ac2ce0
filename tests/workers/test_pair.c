/* test_pair.c - key files. */
#include "tests/store/scratch.h"
#include "tests/suite.h"
#include "workers/pair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A pair from the manual of libzmq. */
#define PUBLIC "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define SECRET "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"

static void write_file(const char *folder, const char *name, const char *text, mode_t mode)
{
    const char *path = scratch_path(folder, name);

    scratch_write(path, text, strlen(text));
    ck_assert_int_eq(chmod(path, mode), 0);
}

START_TEST(keys_are_read)
{
    struct client_options options = {0};
    char fault[YAML_TREE_FAULT_SIZE] = "";
    char *folder = scratch_new();

    write_file(folder, "server.pub", "# a comment\nname: 'server'\npublic: '" PUBLIC "'\n", 0644);
    write_file(folder, "me.key", "name: 'me'\npublic: '" PUBLIC "'\nsecret: '" SECRET "'\n", 0600);
    ck_assert_int_eq(pair_load(folder, "me", &options, fault), 0);
    ck_assert_str_eq(options.server_key, PUBLIC);
    ck_assert_str_eq(options.secret_key, SECRET);
    memset(&options, 0, sizeof(options));
    ck_assert_int_eq(pair_load(folder, scratch_path(folder, "me.key"), &options, fault), 0); /* a file */
    ck_assert_str_eq(options.secret_key, SECRET);
    scratch_drop(folder);
}
END_TEST

START_TEST(faults)
{
    struct client_options options = {0};
    char fault[YAML_TREE_FAULT_SIZE] = "";
    char *folder = scratch_new();

    ck_assert_int_eq(pair_load(folder, "me", &options, fault), -EINVAL);
    ck_assert_ptr_nonnull(strstr(fault, "server.pub"));
    write_file(folder, "server.pub", "public: '" PUBLIC "'\n", 0644);
    ck_assert_int_eq(pair_load(folder, "me", &options, fault), -EINVAL);
    ck_assert_ptr_nonnull(strstr(fault, "me.key: No such file"));
    write_file(folder, "me.key", "public: '" PUBLIC "'\nsecret: '" SECRET "'\n", 0640);
    ck_assert_int_eq(pair_load(folder, "me", &options, fault), -EINVAL);
    ck_assert_ptr_nonnull(strstr(fault, "chmod 600"));
    write_file(folder, "me.key", "public: '" PUBLIC "'\nsecret: 'short'\n", 0600);
    ck_assert_int_eq(pair_load(folder, "me", &options, fault), -EINVAL);
    ck_assert_ptr_nonnull(strstr(fault, "`secret`"));
    write_file(folder, "me.key", "public: [unclosed\n", 0600);
    ck_assert_int_eq(pair_load(folder, "me", &options, fault), -EINVAL);
    ck_assert_ptr_nonnull(strstr(fault, "me.key:"));
    unsetenv("HOME");
    ck_assert_int_eq(pair_load(NULL, "me", &options, fault), -EINVAL);
    ck_assert_ptr_nonnull(strstr(fault, "--keys"));
    scratch_drop(folder);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{keys_are_read}, {faults}};
    return suite_run(&(struct suite){.name = "pair", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
