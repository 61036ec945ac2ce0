/*
 * test_keys.c - pairs on disk: made once, readable by their holder only, found by their public key; and what is said of broken
 * ones.
 */
#include "config/keys.h"
#include "tests/config/config_folder.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct faults faults;

static mode_t mode_of(const char *folder, const char *file)
{
    char path[256];
    struct stat stat_of;
    snprintf(path, sizeof(path), "%s%s%s", folder, file != NULL ? "/" : "", file != NULL ? file : "");
    ck_assert_int_eq(stat(path, &stat_of), 0);
    return stat_of.st_mode & 07777;
}

static struct code code_of(const char *text)
{
    struct code code;
    ck_assert(code_make(text, strlen(text), &code));
    return code;
}

START_TEST(test_folder)
{
    char base[CONFIG_FOLDER_SIZE], folder[128];
    config_folder_make(base);
    setenv("HUYING_KEYS", "/somewhere/else", 1);
    ck_assert_int_eq(key_file_folder(folder, sizeof(folder)), 0);
    ck_assert_str_eq(folder, "/somewhere/else");
    ck_assert_int_eq(key_file_folder(folder, 5), -ENAMETOOLONG);
    unsetenv("HUYING_KEYS");
    setenv("HOME", base, 1);
    ck_assert_int_eq(key_file_folder(folder, sizeof(folder)), 0);
    char wanted[128];
    snprintf(wanted, sizeof(wanted), "%s/.config/huying/keys", base);
    ck_assert_str_eq(folder, wanted);
    umask(0);
    ck_assert_int_eq(keys_folder_ensure(folder), 0);
    ck_assert_uint_eq(mode_of(folder, NULL), 0700);
    ck_assert_int_eq(keys_folder_ensure(folder), 0);
    ck_assert_int_eq(chmod(folder, 0770), 0);
    ck_assert_int_eq(keys_folder_ensure(folder), -EACCES);
    unsetenv("HOME");
    ck_assert_int_eq(key_file_folder(folder, sizeof(folder)), -ENOENT);
    config_folder_write(base, "file", "", 0);
    snprintf(folder, sizeof(folder), "%s/file", base);
    ck_assert_int_eq(keys_folder_ensure(folder), -ENOTDIR);
    static const char *const made[] = {".config/huying/keys", ".config/huying", ".config"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(folder, sizeof(folder), "%s/%s", base, made[i]);
        ck_assert_int_eq(rmdir(folder), 0);
    }
    config_folder_remove(base);
}
END_TEST

START_TEST(test_new_pair)
{
    char folder[CONFIG_FOLDER_SIZE], path[128];
    config_folder_make(folder);
    umask(0);
    uint32_t roles = ROLE_BIT(ROLE_WORKER) | ROLE_BIT(ROLE_LEADER);
    ck_assert_int_eq(keys_new(folder, "wang", roles, "S1", NULL), 0);
    ck_assert_uint_eq(mode_of(folder, "wang.key"), 0600);
    ck_assert_uint_eq(mode_of(folder, "wang.pub"), 0644);
    struct key_pair pair, again;
    ck_assert_int_eq(keys_load_named(folder, "wang", &pair), 0);
    struct code wang = code_of("wang");
    ck_assert(code_equal(&pair.name, &wang));
    ck_assert_uint_eq(strlen(pair.public_key), 40);
    ck_assert_uint_eq(strlen(pair.secret_key), 40);
    /* The same name again changes nothing. */
    ck_assert_int_eq(keys_new(folder, "wang", roles, "S1", NULL), -EEXIST);
    ck_assert_int_eq(keys_load_named(folder, "wang", &again), 0);
    ck_assert_str_eq(pair.public_key, again.public_key);
    ck_assert_int_eq(keys_new(folder, "li", ROLE_BIT(ROLE_OPERATOR), "D1", NULL), 0);
    struct key_registry *registry = NULL;
    ck_assert_int_eq(keys_registry_load(folder, &faults, &registry), 0);
    ck_assert_uint_eq(keys_registry_count(registry), 2);
    const struct key_entry *entry = keys_registry_find(registry, pair.public_key);
    ck_assert_ptr_nonnull(entry);
    ck_assert(code_equal(&entry->name, &wang));
    ck_assert_uint_eq(entry->roles, roles);
    struct code unit = code_of("S1");
    ck_assert(code_equal(&entry->unit, &unit));
    ck_assert_ptr_null(keys_registry_find(registry, "HelloWorldHelloWorldHelloWorldHelloWorld"));
    ck_assert_ptr_null(keys_registry_free(registry));
    ck_assert_ptr_null(keys_registry_free(NULL));
    snprintf(path, sizeof(path), "%s/wang.key", folder);
    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_int_eq(keys_load_pair(path, &pair), -EACCES);
    ck_assert_int_eq(keys_load_named(folder, "nobody", &pair), -ENOENT);
    config_folder_remove(folder);
}
END_TEST

START_TEST(test_matters)
{
    static const char *const bad[] = {
        "M01;;M02", ";M01", "M 01", "M*1", "**", "123456789012345678901234567890123", "1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17"};
    struct codes codes;
    struct code star = code_of("03-x"), plain = code_of("M01");
    star.s[3] = '*';
    ck_assert_ptr_null(keys_matters_parse("M01;03-*", &codes));
    ck_assert_uint_eq(codes.count, 2);
    ck_assert(code_equal(&codes.at[0], &plain));
    ck_assert(code_equal(&codes.at[1], &star));
    ck_assert_ptr_null(keys_matters_parse("*", &codes));
    ck_assert_uint_eq(codes.count, 1);
    ck_assert_ptr_null(keys_matters_parse(NULL, &codes));
    ck_assert_uint_eq(codes.count, 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(keys_matters_parse(bad[i], &codes) != NULL, "%s", bad[i]);
    }

    char folder[CONFIG_FOLDER_SIZE];
    config_folder_make(folder);
    ck_assert_int_eq(keys_new(folder, "pump", ROLE_BIT(ROLE_WORKER), "S1", "M01;03-*"), 0);
    ck_assert_int_eq(keys_new(folder, "all", ROLE_BIT(ROLE_WORKER), "S1", ""), 0);
    ck_assert_int_eq(keys_new(folder, "wrong", ROLE_BIT(ROLE_WORKER), "S1", "a b"), -EINVAL);
    struct key_pair pair;
    struct key_registry *registry = NULL;
    ck_assert_int_eq(keys_registry_load(folder, &faults, &registry), 0);
    ck_assert_uint_eq(keys_registry_count(registry), 2);
    ck_assert_int_eq(keys_load_named(folder, "pump", &pair), 0);
    const struct key_entry *entry = keys_registry_find(registry, pair.public_key);
    ck_assert_uint_eq(entry->matters.count, 2);
    ck_assert(code_equal(&entry->matters.at[1], &star));
    ck_assert_int_eq(keys_load_named(folder, "all", &pair), 0);
    ck_assert_uint_eq(keys_registry_find(registry, pair.public_key)->matters.count, 0);
    keys_registry_free(registry);
    config_folder_remove(folder);
}
END_TEST

START_TEST(test_bad_requests)
{
    char folder[CONFIG_FOLDER_SIZE];
    config_folder_make(folder);
    static const char *const names[] = {"", "server", "../x", "a b", ".x", "-x", "王", "012345678901234567890123456789012"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        ck_assert_msg(keys_new(folder, names[i], ROLE_BIT(ROLE_WORKER), "S1", NULL) == -EINVAL, "%s", names[i]);
    }
    ck_assert_int_eq(keys_new(folder, "x", 0, "S1", NULL), -EINVAL);
    ck_assert_int_eq(keys_new(folder, "x", ROLE_BIT(ROLE_COUNT), "S1", NULL), -EINVAL);
    ck_assert_int_eq(keys_new(folder, "x", ROLE_BIT(ROLE_WORKER), "", NULL), -EINVAL);
    ck_assert_int_eq(keys_new("/nowhere/at/all", "x", ROLE_BIT(ROLE_WORKER), "S1", NULL), -ENOENT);
    struct key_registry *registry = NULL;
    ck_assert_int_eq(keys_registry_load("/nowhere/at/all", &faults, &registry), -ENOENT);
    ck_assert_int_eq(keys_registry_load(folder, &faults, &registry), 0);
    ck_assert_uint_eq(keys_registry_count(registry), 0); /* nothing was left behind */
    ck_assert_ptr_null(keys_registry_find(registry, "HelloWorldHelloWorldHelloWorldHelloWorld"));
    keys_registry_free(registry);
    config_folder_remove(folder);
}
END_TEST

START_TEST(test_first_start)
{
    char folder[CONFIG_FOLDER_SIZE], path[128], server[KEY_TEXT_SIZE];
    config_folder_make(folder);
    struct code district = code_of("D1");
    ck_assert_int_eq(keys_make_default(folder, _i == 0, &district), 0);
    struct key_pair pair, own;
    ck_assert_int_eq(keys_load_named(folder, "server", &own), 0);
    ck_assert_int_eq(keys_load_server_public(folder, server), 0);
    ck_assert_str_eq(server, own.public_key);
    ck_assert_int_eq(keys_load_named(folder, "default", &pair), 0);
    struct key_registry *registry = NULL;
    ck_assert_int_eq(keys_registry_load(folder, &faults, &registry), 0);
    ck_assert_uint_eq(keys_registry_count(registry), 1); /* the server is nobody's client */
    ck_assert_ptr_null(keys_registry_find(registry, own.public_key));
    const struct key_entry *entry = keys_registry_find(registry, pair.public_key);
    ck_assert_ptr_nonnull(entry);
    ck_assert_uint_eq(entry->roles, _i == 0 ? ROLES_ALL & ~ROLE_BIT(ROLE_GATEWAY) : ROLE_BIT(ROLE_ADMINISTRATOR));
    ck_assert(code_equal(&entry->unit, &district));
    keys_registry_free(registry);
    /* The second start keeps all; a first one that was cut off between the two files is completed. */
    snprintf(path, sizeof(path), "%s/server.pub", folder);
    unlink(path);
    ck_assert_int_eq(keys_make_default(folder, _i == 0, &district), 0);
    char again[KEY_TEXT_SIZE];
    ck_assert_int_eq(keys_load_server_public(folder, again), 0);
    ck_assert_str_eq(again, server);
    config_folder_remove(folder);
}
END_TEST

#define GOOD "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"

static const struct {
    const char *text, *said;
} wrong[] = {
    {"name: x\npublic: '" GOOD "'\nunit: S1\nroles: [worker, boss]\n",
     "x.pub:4:17: role `boss` is not known; write some of operator, dispatcher, worker, leader, followup, supervisor, "
     "district_leader, "
     "administrator, importer, listener, gateway\n"},
    {"name: x\npublic: '" GOOD "'\nunit: S1\n", "x.pub: key `roles` is missing; write roles: [worker] or others\n"},
    {"name: x\npublic: '" GOOD "'\nunit: S1\nroles: worker\n", "x.pub:4:8: `roles` must have a list, as [a, b]\n"},
    {"name: x\npublic: '" GOOD "'\nroles: [worker]\n",
     "x.pub: `unit`: write the code of the unit whose subtree the key may act for\n"},
    {"name: x\npublic: 'abc'\nunit: S1\nroles: [worker]\n",
     "x.pub:2:9: `public` is not a key; copy the line from the holder's file again\n"},
    {"name: y\npublic: '" GOOD "'\nunit: S1\nroles: [worker]\n", "x.pub:1:7: `name: y` is not the file's name; write `x`\n"},
    {"name:\npublic: '" GOOD "'\nunit:\nroles: [worker]\n",
     "x.pub:1:1: `name: ` is not the file's name; write `x`\nx.pub:3:1: `unit`: write a code\n"},
    {"name: x\nunit: S1\nroles: [worker]\n", "x.pub: key `public` is missing; write it\n"},
    {"name: x\npublic: '" GOOD "'\nunit: S1\nrole: [worker]\n",
     "x.pub:4:1: unknown key `role`; known here: name, public, unit, matters, roles\n"},
};

START_TEST(test_wrong_public_files)
{
    char folder[CONFIG_FOLDER_SIZE];
    config_folder_make(folder);
    config_folder_write(folder, "x.pub", wrong[_i].text, strlen(wrong[_i].text));
    config_folder_write(folder, "notes.txt", "not a key", 9);
    struct key_registry *registry = NULL;
    ck_assert_int_eq(keys_new(folder, "good", ROLE_BIT(ROLE_WORKER), "S1", NULL), 0);
    ck_assert_int_eq(keys_registry_load(folder, &faults, &registry), 0);
    ck_assert_str_eq(config_folder_faults(&faults), wrong[_i].said);
    ck_assert_uint_eq(keys_registry_count(registry), 1); /* the good one beside it holds */
    struct code name = code_of("good");
    ck_assert_ptr_nonnull(keys_registry_named(registry, &name));
    name = code_of("x");
    ck_assert_ptr_null(keys_registry_named(registry, &name));
    ck_assert_ptr_null(keys_registry_find(registry, GOOD));
    /* What had faults is said again at each scan, and holds once they are mended. */
    ck_assert_int_eq(keys_registry_scan(registry, &faults), 0);
    ck_assert_str_eq(config_folder_faults(&faults), wrong[_i].said);
    static const char mended[] = "name: x\npublic: '" GOOD "'\nunit: S1\nroles: [worker]\n";
    config_folder_write(folder, "x.pub", mended, sizeof(mended) - 1);
    ck_assert_int_eq(keys_registry_look(registry, &faults), 1);
    ck_assert_str_eq(config_folder_faults(&faults), "");
    ck_assert_ptr_nonnull(keys_registry_find(registry, GOOD));
    /* Broken again, it loses its rights, and only it does. */
    config_folder_write(folder, "x.pub", wrong[_i].text, strlen(wrong[_i].text));
    ck_assert_int_eq(keys_registry_look(registry, &faults), 1);
    ck_assert_str_eq(config_folder_faults(&faults), wrong[_i].said);
    ck_assert_uint_eq(keys_registry_count(registry), 1);
    keys_registry_free(registry);
    config_folder_remove(folder);
}
END_TEST

static void write_holder(const char *folder, const char *name, const char *role)
{
    char file[64], text[256];
    snprintf(file, sizeof(file), "%s.pub", name);
    int size = snprintf(text, sizeof(text), "name: %s\npublic: '%s'\nunit: S1\nroles: [%s]\n", name, GOOD, role);
    config_folder_write(folder, file, text, (size_t)size);
}

static void remove_file(const char *folder, const char *file)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    ck_assert_int_eq(unlink(path), 0);
}

/* The same whatever came first: the first name holds the key. */
START_TEST(test_one_key_under_two_names)
{
    char folder[CONFIG_FOLDER_SIZE];
    config_folder_make(folder);
    struct key_registry *registry = NULL;
    struct code a = code_of("a"), b = code_of("b");
    write_holder(folder, _i == 0 ? "a" : "b", "worker");
    ck_assert_int_eq(keys_registry_load(folder, &faults, &registry), 0);
    ck_assert_uint_eq(keys_registry_count(registry), 1);
    write_holder(folder, _i == 0 ? "b" : "a", "worker");
    ck_assert_int_eq(keys_registry_look(registry, &faults), 1);
    ck_assert_str_eq(config_folder_faults(&faults),
                     "b.pub: the same public key is in a.pub; a key has one name, remove one file\n");
    ck_assert_uint_eq(keys_registry_count(registry), 1);
    ck_assert(code_equal(&keys_registry_find(registry, GOOD)->name, &a));
    ck_assert_ptr_null(keys_registry_named(registry, &b));
    remove_file(folder, "a.pub");
    ck_assert_int_eq(keys_registry_look(registry, &faults), 1);
    ck_assert_str_eq(config_folder_faults(&faults), "");
    ck_assert(code_equal(&keys_registry_find(registry, GOOD)->name, &b));
    remove_file(folder, "b.pub");
    ck_assert_int_eq(keys_registry_look(registry, &faults), 1);
    ck_assert_ptr_null(keys_registry_find(registry, GOOD));
    keys_registry_free(registry);
    config_folder_remove(folder);
}
END_TEST

START_TEST(test_the_registry_follows_its_folder)
{
    char folder[CONFIG_FOLDER_SIZE], other[CONFIG_FOLDER_SIZE + 8];
    config_folder_make(folder);
    struct key_registry *registry = NULL;
    ck_assert_int_eq(keys_registry_load(folder, &faults, &registry), 0);
    ck_assert_int_ge(keys_registry_descriptor(registry), 0);
    ck_assert_int_eq(keys_registry_look(registry, &faults), 0);
    ck_assert_int_eq(keys_new(folder, "wang", ROLE_BIT(ROLE_WORKER), "S1", NULL), 0);
    ck_assert_int_eq(keys_registry_look(registry, &faults), 1);
    ck_assert_str_eq(config_folder_faults(&faults), ""); /* half a file is not a fault */
    ck_assert_uint_eq(keys_registry_count(registry), 1);
    ck_assert_int_eq(keys_registry_look(registry, &faults), 0);
    write_holder(folder, "x", "worker");
    ck_assert_int_eq(keys_registry_look(registry, &faults), 1);
    write_holder(folder, "x", "leader");
    ck_assert_int_eq(keys_registry_look(registry, &faults), 1);
    ck_assert_uint_eq(keys_registry_find(registry, GOOD)->roles, ROLE_BIT(ROLE_LEADER));
    write_holder(folder, "x", "leader");
    ck_assert_int_eq(keys_registry_look(registry, &faults), 0); /* written, and the same */
    uint32_t entries = 0;
    for (const struct key_entry *entry = keys_registry_next(registry, NULL); entry != NULL;
         entry = keys_registry_next(registry, entry)) {
        entries++;
    }
    ck_assert_uint_eq(entries, 2);
    remove_file(folder, "wang.pub");
    ck_assert_int_eq(keys_registry_look(registry, &faults), 1);
    ck_assert_uint_eq(keys_registry_count(registry), 1);
    /* Another folder in its place. */
    snprintf(other, sizeof(other), "%s-old", folder);
    ck_assert_int_eq(rename(folder, other), 0);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    write_holder(folder, "y", "worker");
    ck_assert_int_eq(keys_registry_look(registry, &faults) | keys_registry_tick(registry, &faults), 1);
    struct code y = code_of("y");
    ck_assert(code_equal(&keys_registry_find(registry, GOOD)->name, &y));
    ck_assert_int_eq(keys_registry_tick(registry, &faults), 0);
    write_holder(other, "x", "worker");
    ck_assert_int_eq(keys_registry_look(registry, &faults), 0); /* the old one is nobody's */
    remove_file(folder, "y.pub");
    ck_assert_int_eq(keys_registry_look(registry, &faults), 1);
    ck_assert_uint_eq(keys_registry_count(registry), 0);
    keys_registry_free(registry);
    config_folder_remove(folder);
    config_folder_remove(other);
}
END_TEST

/* A want of descriptors takes nobody's rights away. */
START_TEST(test_no_descriptors)
{
    char folder[CONFIG_FOLDER_SIZE];
    struct rlimit limit;
    config_folder_make(folder);
    struct key_registry *registry = NULL;
    write_holder(folder, "x", "worker");
    ck_assert_int_eq(keys_registry_load(folder, &faults, &registry), 0);
    write_holder(folder, "x", "leader");
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit none = limit;
    none.rlim_cur = 0;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    int looked = keys_registry_look(registry, &faults);
    uint32_t total = faults_total(&faults);
    int scanned = keys_registry_scan(registry, &faults);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_eq(looked, 0);
    ck_assert_uint_eq(total, 0);
    ck_assert_int_eq(scanned, -EMFILE);
    ck_assert_uint_eq(keys_registry_find(registry, GOOD)->roles, ROLE_BIT(ROLE_WORKER));
    ck_assert_int_eq(keys_registry_tick(registry, &faults), 1);
    ck_assert_uint_eq(keys_registry_find(registry, GOOD)->roles, ROLE_BIT(ROLE_LEADER));
    keys_registry_free(registry);
    config_folder_remove(folder);
}
END_TEST

START_TEST(test_wrong_pairs)
{
    char folder[CONFIG_FOLDER_SIZE], path[128];
    config_folder_make(folder);
    snprintf(path, sizeof(path), "%s/x.key", folder);
    static const char *const texts[] = {
        "",
        "name: x\n",
        "name: x\npublic: '" GOOD "'\nsecret: 'short'\n",
        "name: x\npublic: '" GOOD "'\nsecret: 'HelloWorldHelloWorldHelloWorldHelloWorld'\n", /* not of this public key */
        "name: 'x y'\npublic: '" GOOD "'\nsecret: 'D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs'\n",
    };
    struct key_pair pair;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        config_folder_write(folder, "x.key", texts[i], strlen(texts[i]));
        ck_assert_int_eq(chmod(path, 0600), 0);
        ck_assert_int_eq(keys_load_pair(path, &pair), -EBADMSG);
    }
    /* The example pair of libzmq's manual: server secret and public key. */
    static const char right[] =
        "name: x\npublic: 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7'\nsecret: 'JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6'\n";
    config_folder_write(folder, "x.key", right, sizeof(right) - 1);
    ck_assert_int_eq(keys_load_pair(path, &pair), 0);
    config_folder_remove(folder);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{test_folder},
                                       {test_new_pair},
                                       {test_matters},
                                       {test_bad_requests},
                                       {test_first_start, 2},
                                       {test_wrong_public_files, SUITE_COUNT(wrong)},
                                       {test_one_key_under_two_names, 2},
                                       {test_the_registry_follows_its_folder},
                                       {test_no_descriptors},
                                       {test_wrong_pairs}};
    return suite_run(&(struct suite){.name = "config/keys", .tests = tests, .count = SUITE_COUNT(tests)});
}
