/* settings.c - a worker's options: from a small YAML file, then from the command line */
#include "workers/settings.h"

#include "base/whole.h"

#include <argp.h>
#include <assert.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_FIRST 0x1000
#define KEY_CONFIG 0xfff
#define GIVEN_MAX 128
#define SETTINGS_MAX 64
#define WORDS_MAX 64
#define DOC_SIZE 200

struct given {
    const struct setting *setting;
    const char *text;
};

struct reading {
    const struct setting *flat[SETTINGS_MAX];
    size_t flat_count;
    const char *config;
    struct given given[GIVEN_MAX];
    size_t given_count;
};

bool settings_own(struct settings *settings, void *memory)
{
    void **grown = reallocarray(settings->owned, settings->owned_count + 1, sizeof(*grown));

    if (grown == NULL || memory == NULL) {
        free(memory);
        if (grown != NULL) {
            settings->owned = grown;
        }
        return false;
    }
    settings->owned = grown;
    settings->owned[settings->owned_count++] = memory;
    return true;
}

const char *settings_keep(struct settings *settings, const char *text)
{
    char *copy = strdup(text);

    return settings_own(settings, copy) ? copy : NULL;
}

const char *settings_keep_path(struct settings *settings, const char *path)
{
    char *joined;

    if (path[0] == '/' || settings->folder == NULL) {
        return settings_keep(settings, path);
    }
    if (asprintf(&joined, "%s/%s", settings->folder, path) < 0) {
        return NULL;
    }
    return settings_own(settings, joined) ? joined : NULL;
}

void settings_deinit(struct settings *settings)
{
    for (size_t i = 0; i < settings->owned_count; i++) {
        free(settings->owned[i]);
    }
    free(settings->owned);
    free(settings->folder);
    *settings = (struct settings){0};
}

/* Words of a text, at blanks; the array and its texts are kept. */
static const char *const *split_words(struct settings *settings, const char *text)
{
    const char **words = calloc(WORDS_MAX + 1, sizeof(*words));
    char *state = NULL;
    size_t count = 0;

    if (!settings_own(settings, words)) {
        return NULL;
    }
    char *copy = strdup(text);
    if (!settings_own(settings, copy)) {
        return NULL;
    }
    for (char *word = strtok_r(copy, " \t\n", &state); word != NULL && count < WORDS_MAX; word = strtok_r(NULL, " \t\n", &state)) {
        words[count++] = word;
    }
    return count > 0 ? words : NULL;
}

/* Sets a value from its text. `from_file`: a path is relative to the file. Returns 0, -EINVAL with `why`, -ENOMEM. */
static int set_text(struct settings *settings, const struct setting *setting, const char *text, bool from_file, void *options,
                    char why[YAML_TREE_FAULT_SIZE])
{
    void *at = (char *)options + setting->offset;
    int64_t value;

    switch (setting->kind) {
    case SETTING_TEXT:
    case SETTING_PATH: {
        const char *kept =
            setting->kind == SETTING_PATH && from_file ? settings_keep_path(settings, text) : settings_keep(settings, text);

        if (kept == NULL) {
            return -ENOMEM;
        }
        *(const char **)at = kept;
        return 0;
    }
    case SETTING_COUNT:
        if (!whole_parse(text, setting->least, setting->most, &value)) {
            snprintf(why, YAML_TREE_FAULT_SIZE, "`%s` is not a number from %lld to %lld", text, (long long)setting->least,
                     (long long)setting->most);
            return -EINVAL;
        }
        *(int64_t *)at = value;
        return 0;
    case SETTING_SPAN:
        if (!span_read(text, SETTING_SPAN_MAX, &value) || value < setting->least || value > setting->most) {
            snprintf(why, YAML_TREE_FAULT_SIZE,
                     "`%s` is not a duration from %lld ms to %lld ms; write it like `30 s`, `5 min` or `2 h`", text,
                     (long long)setting->least, (long long)setting->most);
            return -EINVAL;
        }
        *(int64_t *)at = value;
        return 0;
    case SETTING_FLAG:
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
            snprintf(why, YAML_TREE_FAULT_SIZE, "`%s` is neither true nor false", text);
            return -EINVAL;
        }
        *(bool *)at = text[0] == 't';
        return 0;
    case SETTING_WORDS: {
        const char *const *words = split_words(settings, text);

        if (words == NULL) {
            snprintf(why, YAML_TREE_FAULT_SIZE, "a program and its arguments are needed");
            return -EINVAL;
        }
        *(const char *const **)at = words;
        return 0;
    }
    case SETTING_LIST:
        return setting->item(settings, options, NULL, NULL, text, why);
    }
    return -EINVAL;
}

static int set_word_list(struct settings *settings, const struct setting *setting, const struct yaml_tree *tree,
                         const struct yaml_tree_node *node, void *options, char fault[YAML_TREE_FAULT_SIZE])
{
    size_t count = node->count;
    const char **words = calloc(WORDS_MAX + 1, sizeof(*words));

    if (!settings_own(settings, words)) {
        return -ENOMEM;
    }
    if (count == 0 || count > WORDS_MAX) {
        return yaml_tree_say(tree, node, fault, "`%s`: 1 to %d words are needed", setting->name, WORDS_MAX);
    }
    for (const struct yaml_tree_node *item = node->first; item != NULL; item = item->next) {
        if (item->text == NULL) {
            return yaml_tree_say(tree, node, fault, "`%s`: a list of texts is needed", setting->name);
        }
        words[item->index] = settings_keep(settings, item->text);
        if (words[item->index] == NULL) {
            return -ENOMEM;
        }
    }
    *(const char *const **)(void *)((char *)options + setting->offset) = words;
    return 0;
}

static int set_node(struct settings *settings, const struct setting *setting, const struct yaml_tree *tree,
                    const struct yaml_tree_node *node, void *options, char fault[YAML_TREE_FAULT_SIZE])
{
    const char *text = yaml_tree_text(node);
    char why[YAML_TREE_FAULT_SIZE];
    int rc;

    if (setting->kind == SETTING_WORDS && node->kind == YAML_TREE_LIST) {
        return set_word_list(settings, setting, tree, node, options, fault);
    }
    if (setting->kind == SETTING_LIST) {
        if (node->kind != YAML_TREE_LIST) {
            return yaml_tree_say(tree, node, fault, "`%s`: a list is needed", setting->name);
        }
        for (const struct yaml_tree_node *item = node->first; item != NULL; item = item->next) {
            rc = setting->item(settings, options, tree, item, NULL, fault);
            if (rc < 0) {
                return rc;
            }
        }
        return 0;
    }
    if (text == NULL) {
        return yaml_tree_say(tree, node, fault, "`%s`: one value is needed", setting->name);
    }
    rc = set_text(settings, setting, text, true, options, why);
    return rc == -EINVAL ? yaml_tree_say(tree, node, fault, "`%s`: %s", setting->name, why) : rc;
}

static const struct setting *find_setting(const struct reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->flat_count; i++) {
        if (strcmp(reading->flat[i]->name, name) == 0) {
            return reading->flat[i];
        }
    }
    return NULL;
}

static int read_tree(struct settings *settings, const struct reading *reading, const struct yaml_tree *tree, void *options,
                     char fault[YAML_TREE_FAULT_SIZE])
{
    const struct yaml_tree_node *root = yaml_tree_top(tree);

    if (root == NULL) {
        return 0;
    }
    if (root->kind != YAML_TREE_MAP) {
        return yaml_tree_say(tree, root, fault, "lines `name: value` are needed");
    }
    for (const struct yaml_tree_node *value = root->first; value != NULL; value = value->next) {
        const struct setting *setting = find_setting(reading, value->key);

        if (setting == NULL) {
            return yaml_tree_say(tree, value, fault, "`%s` is not a setting; --help lists them", value->key);
        }
        if (yaml_tree_get(root, value->key) != value) {
            return yaml_tree_say(tree, value, fault, "`%s` stands here twice; write it once", value->key);
        }
        int rc = set_node(settings, setting, tree, value, options, fault);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static int read_file(struct settings *settings, const struct reading *reading, void *options, char fault[YAML_TREE_FAULT_SIZE])
{
    struct yaml_tree tree;
    char *copy = strdup(reading->config);
    int rc = copy == NULL ? -ENOMEM : yaml_tree_load(reading->config, &tree, fault);

    if (rc < 0) {
        if (rc != -EINVAL) {
            snprintf(fault, YAML_TREE_FAULT_SIZE, "%s: %s", reading->config, strerror(-rc));
        }
        free(copy);
        return rc == -ENOMEM ? rc : -EINVAL;
    }
    settings->folder = strdup(dirname(copy));
    free(copy);
    rc = settings->folder == NULL ? -ENOMEM : read_tree(settings, reading, &tree, options, fault);
    yaml_tree_deinit(&tree);
    return rc;
}

/* One of two values would be dropped in silence; lists grow. */
static void look_for_second(const struct reading *reading, const struct setting *setting, const struct argp_state *state)
{
    for (size_t i = 0; setting->kind != SETTING_LIST && i < reading->given_count; i++) {
        if (reading->given[i].setting == setting) {
            argp_error(state, "--%s is given twice; give it once", setting->name);
        }
    }
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct reading *reading = state->input;

    if (key == KEY_CONFIG) {
        if (reading->config != NULL) {
            argp_error(state, "--config is given twice: `%s` and `%s`; give it once", reading->config, text);
        }
        reading->config = text;
    } else if (key >= KEY_FIRST && (size_t)(key - KEY_FIRST) < reading->flat_count) {
        if (reading->given_count == GIVEN_MAX) {
            argp_error(state, "too many options");
        }
        look_for_second(reading, reading->flat[key - KEY_FIRST], state);
        reading->given[reading->given_count++] = (struct given){reading->flat[key - KEY_FIRST], text};
    } else if (key == ARGP_KEY_ARG) {
        argp_error(state, "`%s` is not an option", text);
    } else {
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* What --help says of a setting: its text and, where that does not tell it, its default. Returns `ret`. */
static const char *tell(const struct setting *setting, const void *options, char ret[DOC_SIZE])
{
    const void *at = (const char *)options + setting->offset;
    char value[SPAN_SIZE] = "";
    size_t size = strlen(setting->doc);

    if (size > 0 && setting->doc[size - 1] == ')') {
        return setting->doc;
    }
    switch (setting->kind) {
    case SETTING_COUNT:
        snprintf(value, sizeof(value), "%lld", (long long)*(const int64_t *)at);
        break;
    case SETTING_SPAN:
        span_print_parts(*(const int64_t *)at, false, value);
        break;
    case SETTING_TEXT:
        if (*(const char *const *)at != NULL) {
            snprintf(value, sizeof(value), "%s", *(const char *const *)at);
        }
        break;
    case SETTING_PATH:
    case SETTING_FLAG:
    case SETTING_WORDS:
    case SETTING_LIST:
        break;
    }
    if (value[0] == '\0') {
        return setting->doc;
    }
    snprintf(ret, DOC_SIZE, "%s (%s)", setting->doc, value);
    return ret;
}

/* The command line: *ret holds what was given, in order. Ends the process for --help and usage faults. */
static int parse(const struct settings_program *program, int argc, char **argv, const void *defaults, struct reading *ret)
{
    char docs[SETTINGS_MAX][DOC_SIZE];
    struct argp_option options[SETTINGS_MAX + 2] = {
        {"config", KEY_CONFIG, "FILE", 0, "YAML file with the same settings, `name: value`; the command line wins", 0}};
    struct argp argp = {options, parse_option, NULL, program->doc, NULL, NULL, NULL};

    *ret = (struct reading){0};
    for (size_t table = 0; table < SETTINGS_TABLES; table++) {
        for (const struct setting *at = program->tables[table]; at != NULL && at->name != NULL; at++) {
            assert(ret->flat_count < SETTINGS_MAX);
            options[ret->flat_count + 1] = (struct argp_option){
                at->name, KEY_FIRST + (int)ret->flat_count,          at->kind == SETTING_FLAG ? NULL : at->argument,
                0,        tell(at, defaults, docs[ret->flat_count]), table > 0};
            ret->flat[ret->flat_count++] = at;
        }
    }
    argp_err_exit_status = EXIT_USAGE;
    return argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, ret) == 0 ? EXIT_DONE : EXIT_USAGE;
}

int settings_read(const struct settings_program *program, int argc, char **argv, void *options, struct settings *ret)
{
    struct reading reading;
    char fault[YAML_TREE_FAULT_SIZE] = "";
    int rc = parse(program, argc, argv, options, &reading);

    *ret = (struct settings){0};
    if (rc != EXIT_DONE) {
        return rc;
    }
    if (reading.config != NULL) {
        rc = read_file(ret, &reading, options, fault);
    }
    for (size_t i = 0; rc == 0 && i < reading.given_count; i++) {
        const struct given *given = &reading.given[i];
        char why[YAML_TREE_FAULT_SIZE];

        rc = set_text(ret, given->setting, given->text != NULL ? given->text : "true", false, options, why);
        if (rc == -EINVAL) {
            snprintf(fault, sizeof(fault), "--%s: %.5000s", given->setting->name, why);
        }
    }
    if (rc == 0) {
        return EXIT_DONE;
    }
    fprintf(stderr, "%s: %s\n", program->name, rc == -EINVAL ? fault : strerror(-rc));
    return rc == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
}
