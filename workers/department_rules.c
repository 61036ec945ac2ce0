/* department_rules.c - a department's rules: by matter, kind, urgency, colour  */
#include "workers/department_rules.h"

#include "proto/client/view.h"
#include "workers/steps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 6

struct department_rules {
    json_t *list; /* of {when: {word: [values]}, then: {...}} */
};

/* A word of `when`: where its value stands, and the closed list that it comes from. */
static const struct word {
    const char *name;
    bool of_case; /* in the case, else in the duty */
    const char *key;
    const struct enum_shape *values; /* NULL: a code */
} words[] = {
    {"matter", false, "matter", NULL},
    {"kind", false, "kind", &duty_kind_enum},
    {"unit", false, "unit", NULL},
    {"place", false, "place", NULL},
    {"state", false, "state", &duty_state_enum},
    {"colour", false, "colour", &colour_enum},
    {"urgency", true, "urgency", &urgency_enum},
    {"case_kind", true, "kind", &case_kind_enum},
    {"channel", true, "channel", &channel_enum},
};

static const char *const slots[] = {"number", "matter", "matter_name", "place", "place_name", "unit", "unit_name"};

static const struct word *find_word(const char *name)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].name, name) == 0) {
            return &words[i];
        }
    }
    return NULL;
}

/* The slot at `{`, or NULL; *ret_size: of the whole with its braces. */
static const char *find_slot(const char *at, size_t *ret_size)
{
    for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
        size_t size = strlen(slots[i]);

        if (strncmp(at + 1, slots[i], size) == 0 && at[size + 1] == '}') {
            *ret_size = size + 2;
            return slots[i];
        }
    }
    return NULL;
}

/* ---- reading ---- */

static int check_slots(const struct yaml_tree *tree, const struct yaml_tree_node *node, const char *text,
                       char fault[YAML_TREE_FAULT_SIZE])
{
    size_t size = 0;

    for (const char *at = strchr(text, '{'); at != NULL; at = strchr(at + 1, '{')) {
        if (find_slot(at, &size) == NULL) {
            return yaml_tree_say(tree, node, fault,
                                 "what follows `{` is not one of number, matter, matter_name, place, place_name, unit, "
                                 "unit_name: `%.40s`",
                                 at);
        }
    }
    return 0;
}

/* A node as JSON: texts, and true and false without quotes. */
static int to_json(const struct yaml_tree *tree, const struct yaml_tree_node *node, unsigned depth, json_t **ret,
                   char fault[YAML_TREE_FAULT_SIZE])
{
    const char *text = yaml_tree_text(node);
    json_t *made;
    int rc = 0;

    if (depth > DEPTH_MAX) {
        return yaml_tree_say(tree, node, fault, "lists and maps are nested too deeply");
    }
    if (text != NULL) {
        bool plain = node->plain;

        if (plain && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)) {
            made = json_boolean(text[0] == 't');
        } else {
            made = json_string(text);
        }
        *ret = made;
        return made == NULL ? -ENOMEM : check_slots(tree, node, text, fault);
    }
    made = node->kind == YAML_TREE_LIST ? json_array() : json_object();
    *ret = made;
    for (const struct yaml_tree_node *inner = node->first; rc == 0 && inner != NULL; inner = inner->next) {
        json_t *value = NULL;

        rc = to_json(tree, inner, depth + 1, &value, fault);
        if (rc < 0) {
            json_decref(value);
        } else if (inner->key != NULL ? json_object_set_new(made, inner->key, value) < 0 : json_array_append_new(made, value) < 0) {
            rc = -ENOMEM;
        }
    }
    return rc;
}

static int add_value(const struct yaml_tree *tree, const struct word *word, const struct yaml_tree_node *node, json_t *list,
                     char fault[YAML_TREE_FAULT_SIZE])
{
    const char *text = yaml_tree_text(node);

    if (text == NULL || text[0] == '\0') {
        return yaml_tree_say(tree, node, fault, "`%s` needs a value or a list of values", word->name);
    }
    if (word->values != NULL && enum_find(word->values, text_of(text)) < 0) {
        return yaml_tree_say(tree, node, fault, "`%s` cannot be `%s`", word->name, text);
    }
    return json_array_append_new(list, json_string(text)) < 0 ? -ENOMEM : 0;
}

static int read_when(const struct yaml_tree *tree, const struct yaml_tree_node *node, json_t *when,
                     char fault[YAML_TREE_FAULT_SIZE])
{
    if (node->kind != YAML_TREE_MAP) {
        return yaml_tree_say(tree, node, fault, "`when` is not a map");
    }
    for (const struct yaml_tree_node *value = node->first; value != NULL; value = value->next) {
        const struct word *word = find_word(value->key);
        json_t *list = json_array();
        int rc = 0;

        if (word == NULL) {
            json_decref(list);
            return yaml_tree_say(tree, value, fault, "`when` does not know `%s`", value->key);
        }
        if (json_object_set_new(when, value->key, list) < 0) {
            return -ENOMEM;
        }
        if (value->kind == YAML_TREE_LIST) {
            for (const struct yaml_tree_node *item = value->first; rc == 0 && item != NULL; item = item->next) {
                rc = add_value(tree, word, item, list, fault);
            }
        } else {
            rc = add_value(tree, word, value, list, fault);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

/* Does the rule say something that can be done, for each kind that it names? */
static int check_then(const struct yaml_tree *tree, const struct yaml_tree_node *node, const json_t *when, json_t *then,
                      char fault[YAML_TREE_FAULT_SIZE])
{
    static const enum duty_kind kinds[] = {DUTY_KIND_LEAD, DUTY_KIND_SUPPORT, DUTY_KIND_RESPOND};
    const json_t *named = json_object_get(when, "kind");
    char why[STEPS_FAULT_SIZE] = "";
    bool fits_one = false;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct plan plan;
        bool asked = false;
        const json_t *value;
        size_t at;

        json_array_foreach(named, at, value)
        {
            asked |= strcmp(json_string_value(value), enum_name(&duty_kind_enum, (int)kinds[i])) == 0;
        }
        if (named != NULL && !asked) {
            continue;
        }
        bool fits = plan_read(json_incref(then), kinds[i], 0, &plan, why) == 0;
        plan_deinit(&plan);
        fits_one |= fits;
        if (asked && !fits) {
            return yaml_tree_say(tree, node, fault, "`then`: %s", why);
        }
    }
    return fits_one ? 0
                    : yaml_tree_say(tree, node, fault, "`then`: %s", why[0] != '\0' ? why : "no duty of such a kind comes here");
}

static int read_rule(const struct yaml_tree *tree, const struct yaml_tree_node *node, json_t *list,
                     char fault[YAML_TREE_FAULT_SIZE])
{
    const struct yaml_tree_node *when_node = yaml_tree_get(node, "when"), *then_node = yaml_tree_get(node, "then");
    json_t *rule = json_object(), *when = json_object(), *then = NULL;
    int rc = 0;

    if (json_array_append_new(list, rule) < 0 || json_object_set_new(rule, "when", when) < 0) {
        return -ENOMEM;
    }
    if (then_node == NULL) {
        return yaml_tree_say(tree, node, fault, "a rule needs `then`");
    }
    if (when_node != NULL) {
        rc = read_when(tree, when_node, when, fault);
    }
    if (rc == 0) {
        rc = to_json(tree, then_node, 0, &then, fault);
    }
    if (rc < 0) {
        json_decref(then);
        return rc;
    }
    if (json_object_set_new(rule, "then", then) < 0) {
        return -ENOMEM;
    }
    return check_then(tree, then_node, when, then, fault);
}

int department_rules_load(const char *path, struct department_rules **ret, char fault[YAML_TREE_FAULT_SIZE])
{
    struct department_rules *rules = calloc(1, sizeof(*rules));
    struct yaml_tree tree;
    int rc = rules == NULL ? -ENOMEM : yaml_tree_load(path, &tree, fault);

    if (rc < 0) {
        free(rules);
        return rc;
    }
    rules->list = json_array();
    const struct yaml_tree_node *list = yaml_tree_get(yaml_tree_top(&tree), "rules");
    if (list == NULL || list->kind != YAML_TREE_LIST) {
        rc = yaml_tree_say(&tree, yaml_tree_top(&tree), fault, "a list `rules` is needed");
    } else if (list->count > DEPARTMENT_RULES_MAX) {
        rc = yaml_tree_say(&tree, list, fault, "more than %d rules", DEPARTMENT_RULES_MAX);
    }
    for (const struct yaml_tree_node *rule = list != NULL ? list->first : NULL; rc == 0 && rule != NULL; rule = rule->next) {
        rc = read_rule(&tree, rule, rules->list, fault);
    }
    yaml_tree_deinit(&tree);
    if (rc < 0) {
        department_rules_free(rules);
        return rc;
    }
    *ret = rules;
    return 0;
}

struct department_rules *department_rules_free(struct department_rules *rules)
{
    if (rules == NULL) {
        return NULL;
    }
    json_decref(rules->list);
    free(rules);
    return NULL;
}

size_t department_rules_count(const struct department_rules *rules)
{
    return json_array_size(rules->list);
}

/* ---- use ---- */

static bool fits(const json_t *when, const struct dossier *dossier)
{
    const char *name;
    json_t *list;

    json_object_foreach((json_t *)(uintptr_t)when, name, list)
    {
        const struct word *word = find_word(name);
        const char *have = view_text(word->of_case ? dossier->view : dossier->duty, word->key);
        const json_t *value;
        bool found = false;
        size_t i;

        json_array_foreach(list, i, value)
        {
            found |= strcmp(json_string_value(value), have) == 0;
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

/* A text with its slots filled in. */
static json_t *filled(const char *text, const struct dossier *dossier)
{
    struct proto_buffer buffer = {0};
    int rc = 0;

    while (rc == 0 && *text != '\0') {
        const char *brace = strchr(text, '{');
        size_t before = brace != NULL ? (size_t)(brace - text) : strlen(text), size = 0;
        const char *slot = brace != NULL ? find_slot(brace, &size) : NULL;
        const char *value = slot != NULL ? view_text(dossier->duty, slot) : "";

        rc = proto_buffer_append(&buffer, text, before);
        if (rc == 0) {
            rc = proto_buffer_append(&buffer, value, strlen(value));
        }
        text += before + size;
    }
    json_t *made = rc == 0 ? json_stringn(buffer.data != NULL ? buffer.data : "", buffer.size) : NULL;
    proto_buffer_deinit(&buffer);
    return made;
}

static json_t *copy_filled(json_t *value, const struct dossier *dossier)
{
    json_t *made, *inner;
    const char *key;
    size_t i;

    if (json_is_string(value)) {
        return filled(json_string_value(value), dossier);
    }
    if (json_is_array(value)) {
        made = json_array();
        json_array_foreach(value, i, inner)
        {
            json_array_append_new(made, copy_filled(inner, dossier));
        }
        return made;
    }
    if (json_is_object(value)) {
        made = json_object();
        json_object_foreach(value, key, inner)
        {
            json_object_set_new(made, key, copy_filled(inner, dossier));
        }
        return made;
    }
    return json_incref(value);
}

json_t *department_rules_find(const struct department_rules *rules, const struct dossier *dossier)
{
    json_t *rule;
    size_t i;

    json_array_foreach(rules->list, i, rule)
    {
        if (fits(json_object_get(rule, "when"), dossier)) {
            return copy_filled(json_object_get(rule, "then"), dossier);
        }
    }
    return NULL;
}
