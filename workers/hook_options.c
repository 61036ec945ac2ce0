/* hook_options.c - what a hook's settings say */
#include "workers/hook.h"

#include "proto/record.h"
#include "workers/http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool hook_add_type(struct hook_options *hook, const char *text, size_t size)
{
    const char *colon = memchr(text, ':', size);
    size_t type_size = colon != NULL ? (size_t)(colon - text) : size;
    struct hook_type *found = NULL;
    enum record_type type;
    struct code code;
    int rung = -1;

    if (!record_find(text, type_size, &type) || !code_make(text, type_size, &code)) {
        return false;
    }
    if (colon != NULL) {
        rung = enum_find(&rung_enum, (struct text){.at = colon + 1, .size = (uint32_t)(size - type_size - 1)});
        if (rung < 0 || type != RECORD_RUNG_FIRED) {
            return false;
        }
    }
    for (uint32_t i = 0; i < hook->type_count; i++) {
        if (code_equal(&hook->types[i].type, &code)) {
            found = &hook->types[i];
        }
    }
    if (found == NULL && hook->type_count == HOOK_TYPES_MAX) {
        return false;
    }
    if (found == NULL) {
        found = &hook->types[hook->type_count++];
        *found = (struct hook_type){.type = code, .rungs = rung >= 0 ? 1u << rung : 0};
    } else if (found->rungs != 0) {
        found->rungs = rung >= 0 ? found->rungs | 1u << rung : 0;
    }
    return true;
}

static int say(char fault[YAML_TREE_FAULT_SIZE], const char *format, const char *what)
{
    snprintf(fault, YAML_TREE_FAULT_SIZE, format, what);
    return -EINVAL;
}

static int add_types(struct hook_options *hook, const char *text, char fault[YAML_TREE_FAULT_SIZE])
{
    while (*text != '\0') {
        size_t size = strcspn(text, ", ");

        if (size > 0 && !hook_add_type(hook, text, size)) {
            return say(fault, "`types`: no event, or more than 16: `%.80s`", text);
        }
        text += size + (text[size] != '\0');
    }
    return 0;
}

/* One value by its name. `from_file`: a path is relative to the file. */
static int set(struct settings *settings, struct hook_options *hook, const char *name, const char *value, bool from_file,
               char fault[YAML_TREE_FAULT_SIZE])
{
    const char **at = strcmp(name, "name") == 0     ? &hook->name
                      : strcmp(name, "url") == 0    ? &hook->url
                      : strcmp(name, "secret") == 0 ? &hook->secret
                                                    : NULL;

    if (strcmp(name, "types") == 0) {
        return add_types(hook, value, fault);
    }
    if (at == NULL) {
        return say(fault, "a hook has name, url, secret and types, no `%.80s`", name);
    }
    *at = at == &hook->secret && from_file ? settings_keep_path(settings, value) : settings_keep(settings, value);
    return *at != NULL ? 0 : -ENOMEM;
}

static int read_words(struct settings *settings, struct hook_options *hook, const char *text, char fault[YAML_TREE_FAULT_SIZE])
{
    char *copy = strdup(text), *state = NULL;
    int rc = copy == NULL ? -ENOMEM : 0;

    for (char *word = rc == 0 ? strtok_r(copy, " ", &state) : NULL; rc == 0 && word != NULL; word = strtok_r(NULL, " ", &state)) {
        char *equals = strchr(word, '=');

        if (equals == NULL) {
            rc = say(fault, "write a hook like `name=web url=https://... secret=FILE`, not `%.80s`", word);
        } else {
            *equals = '\0';
            rc = set(settings, hook, word, equals + 1, false, fault);
        }
    }
    free(copy);
    return rc;
}

static int read_node(struct settings *settings, struct hook_options *hook, const struct yaml_tree_node *node,
                     char fault[YAML_TREE_FAULT_SIZE])
{
    int rc = 0;

    if (node->kind != YAML_TREE_MAP) {
        return say(fault, "a hook is a map with name, url, secret and types%s", "");
    }
    for (const struct yaml_tree_node *value = node->first; rc == 0 && value != NULL; value = value->next) {
        if (value->kind == YAML_TREE_LIST && strcmp(value->key, "types") == 0) {
            for (const struct yaml_tree_node *item = value->first; rc == 0 && item != NULL; item = item->next) {
                rc = add_types(hook, item->text != NULL ? item->text : "?", fault);
            }
        } else {
            rc = value->text != NULL ? set(settings, hook, value->key, value->text, true, fault)
                                     : say(fault, "`%s` needs one value", value->key);
        }
    }
    return rc;
}

int hook_read(struct settings *settings, struct hook_options *hook, const struct yaml_tree *tree, const struct yaml_tree_node *node,
              const char *text, char fault[YAML_TREE_FAULT_SIZE])
{
    static const char defaults[] = "case_closed followup_ended rung_fired:red";
    char why[YAML_TREE_FAULT_SIZE - 300] = "";
    struct code code;

    *hook = (struct hook_options){0};
    int rc = node != NULL ? read_node(settings, hook, node, fault) : read_words(settings, hook, text, fault);
    if (rc == 0 && hook->type_count == 0) {
        rc = add_types(hook, defaults, fault);
    }
    if (rc == 0 && (hook->name == NULL || !code_make(hook->name, strlen(hook->name), &code))) {
        rc = say(fault, "a hook needs a `name`: 1 to 32 of A-Z, a-z, 0-9, _, . and -%s", "");
    }
    if (rc == 0 && (hook->url == NULL || !http_url_valid(hook->url))) {
        rc = say(fault, "hook %s needs a `url` that begins with http:// or https://", hook->name);
    }
    if (rc == 0 && hook->secret == NULL) {
        rc = say(fault, "hook %s needs a `secret`: a file with 16 bytes or more that only its owner may read", hook->name);
    }
    if (rc != -EINVAL || node == NULL) {
        return rc;
    }
    snprintf(why, sizeof(why), "%.4000s", fault);
    return yaml_tree_say(tree, node, fault, "%s", why);
}
