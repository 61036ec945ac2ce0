/* test_key_file.c - the files of a CURVE key pair */
#include "base/key_file.h"
#include "tests/suite.h"
#include "tests/tmp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A pair from the manual of libzmq. */
#define PUBLIC "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define SECRET "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
#define OTHER "HelloWorldHelloWorldHelloWorldHelloWorld"

static char folder[200], path[KEY_PATH_SIZE], fault[YAML_TREE_FAULT_SIZE];

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(tmp_name(folder, sizeof(folder), tmp_base(), "keys")));
    ck_assert_int_eq(key_file_path(folder, "x", ".key", path), 0);
}

static void teardown(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0); /* and no draft is left */
}

static void put(const char *text, mode_t mode)
{
    FILE *file = fopen(path, "we");
    ck_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

START_TEST(a_new_pair)
{
    char public_key[KEY_TEXT_SIZE], again[KEY_TEXT_SIZE];
    struct key_file pair;
    struct stat status;

    umask(0);
    ck_assert_int_eq(key_file_make(path, "x", public_key), 0);
    ck_assert(stat(path, &status) == 0 && (status.st_mode & 07777) == 0600);
    ck_assert_int_eq(key_file_load(path, &pair, fault), 0);
    ck_assert_str_eq(pair.name, "x");
    ck_assert_str_eq(pair.public_key, public_key);
    ck_assert_uint_eq(strlen(pair.secret_key), KEY_TEXT_SIZE - 1);
    ck_assert_int_eq(key_file_load_public(path, again, fault), 0);
    ck_assert_str_eq(again, public_key);
    /* The same again changes nothing. */
    ck_assert_int_eq(key_file_make(path, "x", again), -EEXIST);
    ck_assert_int_eq(key_file_load(path, &pair, fault), 0);
    ck_assert_str_eq(pair.public_key, public_key);
}
END_TEST

static const struct {
    const char *text;
    mode_t mode;
    int error;
    const char *said; /* behind the path */
} wrong[] = {
    {"public: '" PUBLIC "'\nsecret: '" SECRET "'\n", 0600, 0, NULL}, /* the name is not needed here */
    {"public: '" PUBLIC "'\nsecret: '" SECRET "'\n", 0640, -EACCES,
     " may not be read, or others may read it too. Make it yours alone: chmod 600."},
    {"public: '" PUBLIC "'\nsecret: '" SECRET "'\n", 0601, -EACCES,
     " may not be read, or others may read it too. Make it yours alone: chmod 600."},
    {"public: '" OTHER "'\nsecret: '" SECRET "'\n", 0600, -EBADMSG,
     ": is not a key file of Huying: `secret` does not belong to `public`"},
    {"public: '" PUBLIC "'\nsecret: 'short'\n", 0600, -EBADMSG, ": is not a key file of Huying: `secret` is not a key"},
    {"secret: '" SECRET "'\n", 0600, -EBADMSG, ": is not a key file of Huying: `public` is not a key"},
    {"", 0600, -EBADMSG, ": is not a key file of Huying: `public` is not a key"},
    {"- x\n", 0600, -EBADMSG, ": is not a key file of Huying: `public` is not a key"},
    {"public: [\n", 0600, -EBADMSG, ":2: not YAML: did not find expected node content"},
};

START_TEST(what_is_a_key_file)
{
    struct key_file pair = {.name = "untouched"};

    put(wrong[_i].text, wrong[_i].mode);
    ck_assert_int_eq(key_file_load(path, &pair, fault), wrong[_i].error);
    if (wrong[_i].error == 0) {
        ck_assert_str_eq(pair.name, "");
        ck_assert_str_eq(pair.secret_key, SECRET);
    } else {
        ck_assert_str_eq(pair.name, "untouched");
        ck_assert_msg(strncmp(fault, path, strlen(path)) == 0, "%s", fault);
        ck_assert_str_eq(fault + strlen(path), wrong[_i].said);
    }
}
END_TEST

START_TEST(no_file)
{
    struct key_file pair;
    char public_key[KEY_TEXT_SIZE], long_name[KEY_PATH_SIZE];

    ck_assert_int_eq(key_file_load(path, &pair, fault), -ENOENT);
    ck_assert_str_eq(fault + strlen(path), ": No such file or directory");
    ck_assert_int_eq(key_file_load_public(path, public_key, fault), -ENOENT);
    ck_assert_int_eq(key_file_load(folder, &pair, fault), -EBADMSG);
    ck_assert_int_eq(key_file_load_public(folder, public_key, fault), -EBADMSG);
    ck_assert_str_eq(fault + strlen(folder), ": is not a key file of Huying");
    memset(long_name, 'x', sizeof(long_name));
    long_name[sizeof(long_name) - 1] = '\0';
    ck_assert_int_eq(key_file_path(folder, long_name, ".key", path), -ENAMETOOLONG);
}
END_TEST

START_TEST(the_default_folder)
{
    char found[200];

    ck_assert(setenv("HUYING_KEYS", "/k", 1) == 0 && setenv("HOME", "/home/wang", 1) == 0);
    ck_assert_int_eq(key_file_folder(found, sizeof(found)), 0);
    ck_assert_str_eq(found, "/k");
    ck_assert_int_eq(setenv("HUYING_KEYS", "", 1), 0);
    ck_assert_int_eq(key_file_folder(found, sizeof(found)), 0);
    ck_assert_str_eq(found, "/home/wang/.config/huying/keys");
    ck_assert_int_eq(key_file_folder(found, strlen(found)), -ENAMETOOLONG);
    ck_assert_int_eq(setenv("HOME", "", 1), 0);
    ck_assert_int_eq(key_file_folder(found, sizeof(found)), -ENOENT);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{a_new_pair}, {what_is_a_key_file, SUITE_COUNT(wrong)}, {no_file}, {the_default_folder}};
    return suite_run(
        &(struct suite){.name = "key_file", .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
