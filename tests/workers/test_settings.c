/* test_settings.c - options: a file, then the command line. */
#include "tests/store/scratch.h"
#include "tests/suite.h"
#include "workers/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct options {
    const char *text, *path;
    int64_t count, span;
    bool flag;
    const char *const *words;
    unsigned items;
    char last_item[40];
};

static int take_item(struct settings *settings, void *arg, const struct yaml_tree *tree, const struct yaml_tree_node *node,
                     const char *text, char fault[YAML_TREE_FAULT_SIZE])
{
    struct options *options = arg;
    const char *value = node != NULL ? yaml_tree_text(yaml_tree_get(node, "value")) : text;

    (void)settings;
    if (value == NULL) {
        return yaml_tree_say(tree, node, fault, "no value");
    }
    options->items++;
    snprintf(options->last_item, sizeof(options->last_item), "%s", value);
    return 0;
}

#define AT(member) offsetof(struct options, member)
static const struct setting table[] = {
    {"text", SETTING_TEXT, AT(text), 0, 0, "TEXT", "A text", NULL},
    {"path", SETTING_PATH, AT(path), 0, 0, "PATH", "A path", NULL},
    {"count", SETTING_COUNT, AT(count), 2, 10, "N", "A count", NULL},
    {"span", SETTING_SPAN, AT(span), 10, 100000, "SPAN", "A span", NULL},
    {"flag", SETTING_FLAG, AT(flag), 0, 0, NULL, "A flag", NULL},
    {"words", SETTING_WORDS, AT(words), 0, 0, "WORDS", "Words", NULL},
    {"item", SETTING_LIST, 0, 0, 0, "ITEM", "Items", take_item},
    {0},
};
static const struct settings_program program = {.name = "prog", .doc = "Test.", .tables = {table, NULL}};

/* Reads a file with this content (NULL: none) and flags; what is said on standard error goes into `said`. */
static int read_all(const char *file, const char *const *flags, struct options *ret, struct settings *settings, char said[2000])
{
    char *folder = scratch_new(), *arguments[20] = {strdup("prog")}, *path = strdup(scratch_path(folder, "prog.yaml"));
    const char *log = scratch_path(folder, "log");
    int count = 1, kept = dup(2);
    size_t size;

    if (file != NULL) {
        scratch_write(path, file, strlen(file));
        arguments[count++] = strdup("--config");
        arguments[count++] = strdup(path);
    }
    for (; flags != NULL && *flags != NULL; flags++) {
        arguments[count++] = strdup(*flags);
    }
    ck_assert_ptr_nonnull(freopen(log, "w", stderr));
    *ret = (struct options){.text = "default"};
    int code = settings_read(&program, count, arguments, ret, settings);
    fflush(stderr);
    uint8_t *data = scratch_read(log, &size);
    snprintf(said, 2000, "%.*s", (int)size, (char *)data);
    dup2(kept, 2);
    close(kept);
    free(data);
    if (ret->path != NULL && strncmp(ret->path, folder, strlen(folder)) == 0) {
        ret->path += strlen(folder);
    }
    free(path);
    for (int i = 0; i < count; i++) {
        free(arguments[i]);
    }
    scratch_drop(folder);
    return code;
}

START_TEST(a_file_and_flags)
{
    const char *const flags[] = {"--count", "7", "--item=three", "--words", "a  b", NULL};
    struct settings settings;
    struct options options;
    char said[2000];

    ck_assert_int_eq(read_all("text: 呼应\npath: sub/file\ncount: 5\nspan: 30 s\nflag: true\nwords: [x, y z]\nitem:\n  - value: "
                              "one\n  - value: two\n",
                              NULL, &options, &settings, said),
                     EXIT_DONE);
    ck_assert_str_eq(options.text, "呼应");
    ck_assert_str_eq(options.path, "/sub/file"); /* beside the file */
    ck_assert_int_eq(options.count, 5);
    ck_assert_int_eq(options.span, 30000);
    ck_assert(options.flag);
    ck_assert_str_eq(options.words[1], "y z");
    ck_assert_ptr_null(options.words[2]);
    ck_assert_uint_eq(options.items, 2);
    settings_deinit(&settings);
    ck_assert_int_eq(read_all("count: 5\nspan: 2 min\n", flags, &options, &settings, said), EXIT_USAGE);
    settings_deinit(&settings);
    ck_assert_int_eq(read_all("count: 5\nspan: 1 min\n", flags, &options, &settings, said), EXIT_DONE);
    ck_assert_int_eq(options.count, 7); /* the command line wins */
    ck_assert_int_eq(options.span, 60000);
    ck_assert_str_eq(options.words[0], "a");
    ck_assert_str_eq(options.words[1], "b");
    ck_assert_str_eq(options.last_item, "three");
    ck_assert_str_eq(options.text, "default");
    settings_deinit(&settings);
    ck_assert_int_eq(read_all("", NULL, &options, &settings, said), EXIT_DONE);
    settings_deinit(&settings);
}
END_TEST

START_TEST(faults_name_the_line)
{
    static const char *const bad[][2] = {
        {"text: a\ncount: 11\n", "prog.yaml:2: `count`: `11` is not a number from 2 to 10"},
        {"count: -3\n", "prog.yaml:1: `count`"},
        {"count: 3x\n", "prog.yaml:1: `count`"},
        {"span: 30\n", "prog.yaml:1: `span`"},
        {"span: 1 h\n", "prog.yaml:1: `span`"},
        {"flag: maybe\n", "prog.yaml:1: `flag`"},
        {"colour: red\n", "prog.yaml:1: `colour` is not a setting"},
        {"text: [a, b]\n", "prog.yaml:1: `text`"},
        {"- a\n", "prog.yaml:1:"},
        {"text: \"unclosed\n", "prog.yaml:"},
        {"item: one\n", "prog.yaml:1: `item`: a list is needed"},
        {"item:\n  - {}\n", "prog.yaml:2: no value"},
        {"words: []\n", "prog.yaml:1: `words`"},
        {"count: 3\ntext: a\ncount: 4\n", "prog.yaml:3: `count` stands here twice"},
    };
    struct settings settings;
    struct options options;
    char said[2000];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(read_all(bad[i][0], NULL, &options, &settings, said) == EXIT_USAGE, "`%s` was taken", bad[i][0]);
        ck_assert_msg(strncmp(said, "prog: ", 6) == 0 && strstr(said, bad[i][1]) != NULL, "`%s`: %s", bad[i][0], said);
        settings_deinit(&settings);
    }
}
END_TEST

START_TEST(flags_that_are_wrong_end_the_process)
{
    static const char *const bad[][3] = {
        {"--colour"}, {"stray"}, {"--count"}, {"--count=3", "--count=3"}, {"--flag", "--flag"}, {"--config=a", "--config=b"}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int status;
        pid_t child = fork();

        if (child == 0) {
            char *arguments[] = {strdup("prog"), strdup(bad[i][0]), bad[i][1] != NULL ? strdup(bad[i][1]) : NULL, NULL};
            struct settings settings;
            struct options options;

            freopen("/dev/null", "w", stderr);
            settings_read(&program, bad[i][1] != NULL ? 3 : 2, arguments, &options, &settings);
            _exit(99);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_int_eq(WEXITSTATUS(status), EXIT_USAGE);
    }
}
END_TEST

/* --help tells the defaults that the program has, and leaves what says its own. */
START_TEST(help_tells_the_defaults)
{
    static const struct setting told[] = {
        {"text", SETTING_TEXT, AT(text), 0, 0, "TEXT", "A text", NULL},
        {"other", SETTING_TEXT, AT(path), 0, 0, "TEXT", "No text", NULL},
        {"count", SETTING_COUNT, AT(count), 0, 10, "N", "A count", NULL},
        {"own", SETTING_COUNT, AT(count), 0, 10, "N", "A number (as many as fit)", NULL},
        {"span", SETTING_SPAN, AT(span), 0, 100000, "SPAN", "A span", NULL},
        {0},
    };
    static const char *const lines[] = {"A text (begin)\n", "No text\n", "A count (7)\n", "A number (as many as fit)\n",
                                        "A span (1 min 30 s)\n"};
    const struct settings_program helper = {.name = "prog", .doc = "Test.", .tables = {told, NULL}};
    char *folder = scratch_new(), said[4000] = "";
    FILE *out = fopen(scratch_path(folder, "out"), "w+e");
    int status;

    ck_assert_ptr_nonnull(out);
    pid_t child = fork();
    if (child == 0) {
        char *arguments[] = {strdup("prog"), strdup("--help"), NULL};
        struct options options = {.text = "begin", .count = 7, .span = 90000};
        struct settings settings;

        dup2(fileno(out), STDOUT_FILENO);
        settings_read(&helper, 2, arguments, &options, &settings);
        _exit(99);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(WEXITSTATUS(status), EXIT_DONE);
    rewind(out);
    ck_assert_uint_gt(fread(said, 1, sizeof(said) - 1, out), 0);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        ck_assert_msg(strstr(said, lines[i]) != NULL, "%s: %s", lines[i], said);
    }
    fclose(out);
    scratch_drop(folder);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {a_file_and_flags}, {faults_name_the_line}, {flags_that_are_wrong_end_the_process}, {help_tells_the_defaults}};
    return suite_run(&(struct suite){.name = "settings", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
