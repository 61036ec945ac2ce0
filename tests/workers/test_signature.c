/* test_signature.c - signatures, against Python's own hmac. */
#include "tests/store/scratch.h"
#include "tests/suite.h"
#include "workers/signature.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char python[] = "/usr/bin/python3 -c \"\n"
                             "import hmac, sys\n"
                             "with open(sys.argv[1], 'rb') as secret, open(sys.argv[2], 'rb') as body:\n"
                             "    message = sys.argv[3].encode() + b'.' + body.read()\n"
                             "    print('v1=' + hmac.new(secret.read().rstrip(), message, 'sha256').hexdigest(), end='')\n"
                             "\" ";

START_TEST(the_same_as_pythons)
{
    uint64_t state = 11;
    char *folder = scratch_new();
    char *secret_path = strdup(scratch_path(folder, "secret")), *body_path = strdup(scratch_path(folder, "body"));

    for (unsigned i = 0; i < 20; i++) {
        char secret_text[SIGNATURE_SECRET_MAX], body[5000], line[2000], wanted[100] = "", found[SIGNATURE_SIZE];
        size_t secret_size = i == 0 ? SIGNATURE_SECRET_MIN : i == 1 ? SIGNATURE_SECRET_MAX : 16 + suite_random(&state) % 1000;
        size_t body_size = i < 2 ? 0 : suite_random(&state) % sizeof(body);
        int64_t timestamp_s = (int64_t)suite_random(&state) * (i % 2 == 0 ? 1 : 2);
        struct signature_secret secret;

        for (size_t at = 0; at < secret_size; at++) {
            secret_text[at] = (char)(33 + suite_random(&state) % 90);
        }
        for (size_t at = 0; at < body_size; at++) {
            body[at] = (char)suite_random(&state);
        }
        scratch_write(secret_path, secret_text, secret_size);
        ck_assert_int_eq(chmod(secret_path, 0600), 0);
        scratch_write(body_path, body, body_size);
        ck_assert_int_eq(signature_load(secret_path, &secret), 0);
        snprintf(line, sizeof(line), "%s %s %s %lld", python, secret_path, body_path, (long long)timestamp_s);
        FILE *pipe = popen(line, "r");
        ck_assert_ptr_nonnull(fgets(wanted, sizeof(wanted), pipe));
        ck_assert_int_eq(pclose(pipe), 0);
        ck_assert_str_eq(signature_make(&secret, timestamp_s, body, body_size, found), wanted);
    }
    free(secret_path);
    free(body_path);
    scratch_drop(folder);
}
END_TEST

START_TEST(secrets)
{
    struct signature_secret secret;
    char *folder = scratch_new();
    const char *path = scratch_path(folder, "secret");
    char long_one[SIGNATURE_SECRET_MAX + 1];

    ck_assert_int_eq(signature_load(path, &secret), -ENOENT);
    scratch_write(path, "sixteen bytes ok\r\n \n", 20);
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_int_eq(signature_load(path, &secret), -EACCES);
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_int_eq(signature_load(path, &secret), 0);
    ck_assert_uint_eq(secret.size, 16);
    scratch_write(path, "fifteen bytes..\n\n\n", 18);
    ck_assert_int_eq(signature_load(path, &secret), -EBADMSG);
    memset(long_one, 'x', sizeof(long_one));
    scratch_write(path, long_one, sizeof(long_one));
    ck_assert_int_eq(signature_load(path, &secret), -EBADMSG);
    ck_assert_int_eq(signature_load(folder, &secret), -EBADMSG);
    scratch_drop(folder);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{the_same_as_pythons}, {secrets}};
    if (sodium_init() < 0) {
        return 1;
    }
    return suite_run(&(struct suite){.name = "signature", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
