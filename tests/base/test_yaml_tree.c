/* test_yaml_tree.c - a small YAML file in memory, with the place of each of its values */
#include "base/yaml_tree.h"
#include "tests/suite.h"
#include "tests/tmp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int parse(const char *text, struct yaml_tree *ret, struct yaml_tree_fault *fault)
{
    *fault = (struct yaml_tree_fault){0};
    return yaml_tree_parse("f.yaml", text, strlen(text), ret, fault);
}

static const char street[] = "# a street\n"
                             "name: 'West'\n"
                             "units: [S1, \"S2\"]\n"
                             "\n"
                             "rules:\n"
                             "  - when: {kind: lead}\n"
                             "    then:\n"
                             "      sign: true\n"
                             "  - {}\n"
                             "empty:\n";

START_TEST(what_stands_where)
{
    static const struct {
        const char *path;
        enum yaml_tree_kind kind;
        const char *text;
        uint32_t line, column, key_line, key_column, index, count;
    } all[] = {
        {"", YAML_TREE_MAP, NULL, 2, 1, 2, 1, 0, 4},
        {"name", YAML_TREE_TEXT, "West", 2, 7, 2, 1, 0, 0},
        {"units", YAML_TREE_LIST, NULL, 3, 8, 3, 1, 1, 2},
        {"units.0", YAML_TREE_TEXT, "S1", 3, 9, 3, 9, 0, 0},
        {"units.1", YAML_TREE_TEXT, "S2", 3, 13, 3, 13, 1, 0},
        {"rules", YAML_TREE_LIST, NULL, 6, 3, 5, 1, 2, 2},
        {"rules.0", YAML_TREE_MAP, NULL, 6, 5, 6, 5, 0, 2},
        {"rules.0.when", YAML_TREE_MAP, NULL, 6, 11, 6, 5, 0, 1},
        {"rules.0.when.kind", YAML_TREE_TEXT, "lead", 6, 18, 6, 12, 0, 0},
        {"rules.0.then", YAML_TREE_MAP, NULL, 8, 7, 7, 5, 1, 1},
        {"rules.0.then.sign", YAML_TREE_TEXT, "true", 8, 13, 8, 7, 0, 0},
        {"rules.1", YAML_TREE_MAP, NULL, 9, 5, 9, 5, 1, 0},
        {"empty", YAML_TREE_TEXT, "", 10, 7, 10, 1, 3, 0},
    };
    struct yaml_tree tree;
    struct yaml_tree_fault fault;
    char path[YAML_TREE_PATH_SIZE];

    ck_assert_int_eq(parse(street, &tree, &fault), 0);
    ck_assert_uint_eq(tree.count, SUITE_COUNT(all));
    for (size_t i = 0; i < tree.count; i++) {
        const struct yaml_tree_node *node = tree.nodes[i];
        ck_assert_str_eq(yaml_tree_path(node, path), all[i].path);
        ck_assert_msg(node->kind == all[i].kind && node->index == all[i].index && node->count == all[i].count, "%s", path);
        ck_assert_msg(node->line == all[i].line && node->column == all[i].column, "%s: %u:%u", path, node->line, node->column);
        ck_assert_msg(node->key_line == all[i].key_line && node->key_column == all[i].key_column, "%s", path);
        ck_assert_pstr_eq(yaml_tree_text(node), all[i].text);
        ck_assert_ptr_eq(i == 0 ? tree.nodes[0] : yaml_tree_find(&tree, all[i].path), node);
    }
    ck_assert_ptr_null(yaml_tree_find(&tree, "rules.2"));
    ck_assert_ptr_null(yaml_tree_find(&tree, "rule"));
    ck_assert_ptr_null(yaml_tree_find(&tree, "name.0"));
    ck_assert(!tree.nodes[1]->plain && tree.nodes[3]->plain && !tree.nodes[4]->plain);
    yaml_tree_deinit(&tree);
    ck_assert_ptr_null(yaml_tree_top(&tree));
}
END_TEST

START_TEST(questions)
{
    struct yaml_tree tree;
    struct yaml_tree_fault fault;
    char said[YAML_TREE_FAULT_SIZE];

    ck_assert_int_eq(parse("a: 1\nb: 2\na: 3\n", &tree, &fault), 0);
    const struct yaml_tree_node *top = yaml_tree_top(&tree);
    ck_assert_str_eq(yaml_tree_text(yaml_tree_get(top, "a")), "1"); /* of two the first */
    ck_assert_ptr_null(yaml_tree_get(top, "c"));
    ck_assert_ptr_null(yaml_tree_get(NULL, "a"));
    ck_assert_ptr_null(yaml_tree_get(top->first, "a"));
    ck_assert_ptr_null(yaml_tree_text(NULL));
    ck_assert_ptr_null(yaml_tree_text(top));
    ck_assert_int_eq(yaml_tree_say(&tree, top->last, said, "`%s` is there twice", top->last->key), -EINVAL);
    ck_assert_str_eq(said, "f.yaml:3: `a` is there twice");
    yaml_tree_say(&tree, NULL, said, "no line");
    ck_assert_str_eq(said, "f.yaml: no line");
    yaml_tree_deinit(&tree);
    ck_assert_int_eq(parse("# nothing\n", &tree, &fault), 0);
    ck_assert_ptr_null(yaml_tree_top(&tree));
    ck_assert_ptr_null(yaml_tree_find(&tree, "a"));
    yaml_tree_deinit(&tree);
}
END_TEST

#define LONG_KEY "k23456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456"

static const struct {
    const char *text;
    uint32_t line, column;
    const char *said;
} wrong[] = {
    {"a: b: c\n", 1, 5, "not YAML: mapping values are not allowed in this context"},
    {"a: 1\n\tb: 2\n", 2, 1, "not YAML: found a tab character that violates indentation"},
    {"a: 1\nb: \xc1\xf8\n", 2, 0, "not YAML: invalid trailing UTF-8 octet"},
    {"a: 1\n---\nb: 2\n", 2, 1, "a second document begins here; keep one"},
    {"a: &x 1\nb: *x\n", 2, 4, "aliases (*name) are not read here; write the value out"},
    {"? [a]\n: b\n", 1, 3, "a key must be one word"},
    {"a: 1\n" LONG_KEY ": 2\n", 2, 1, "this key is too long"},
    {"[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]\n", 1, 17, "nested too deeply; this file needs no such nesting"},
};

START_TEST(what_is_not_read)
{
    struct yaml_tree tree;
    struct yaml_tree_fault fault;

    ck_assert_int_eq(parse(wrong[_i].text, &tree, &fault), -EINVAL);
    ck_assert_str_eq(fault.text, wrong[_i].said);
    ck_assert_msg(fault.line == wrong[_i].line && fault.column == wrong[_i].column, "%u:%u", fault.line, fault.column);
}
END_TEST

/* Reads a list of so many items. */
static int parse_items(size_t count, struct yaml_tree *ret, struct yaml_tree_fault *fault)
{
    char *text = malloc(2 * count + 2), *at = text;

    *at++ = '[';
    for (size_t i = 0; i < count; i++) {
        *at++ = 'x';
        *at++ = ',';
    }
    *at++ = ']';
    int rc = yaml_tree_parse("f", text, (size_t)(at - text), ret, fault);
    free(text);
    return rc;
}

START_TEST(how_much_is_read)
{
    struct yaml_tree tree;
    struct yaml_tree_fault fault = {0};

    ck_assert_int_eq(parse_items(YAML_TREE_NODES_MAX - 1, &tree, &fault), 0);
    ck_assert_uint_eq(tree.count, YAML_TREE_NODES_MAX);
    yaml_tree_deinit(&tree);
    ck_assert_int_eq(parse_items(YAML_TREE_NODES_MAX, &tree, &fault), -EINVAL);
    ck_assert_str_eq(fault.text, "too many keys in this file");
    ck_assert_int_eq(parse("[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]\n", &tree, &fault), 0);
    yaml_tree_deinit(&tree);
}
END_TEST

START_TEST(files)
{
    char folder[200], path[256], said[YAML_TREE_FAULT_SIZE];
    struct yaml_tree tree;

    ck_assert_ptr_nonnull(mkdtemp(tmp_name(folder, sizeof(folder), tmp_base(), "yaml")));
    snprintf(path, sizeof(path), "%s/f.yaml", folder);
    ck_assert_int_eq(yaml_tree_load(path, &tree, said), -ENOENT);
    ck_assert_int_eq(yaml_tree_load(folder, &tree, said), -EISDIR);
    FILE *file = fopen(path, "we");
    ck_assert(file != NULL && fputs("a: 1\nb: [\n", file) >= 0 && fclose(file) == 0);
    ck_assert_int_eq(yaml_tree_load(path, &tree, said), -EINVAL);
    ck_assert_msg(strncmp(said, path, strlen(path)) == 0 && strncmp(said + strlen(path), ":3: not YAML: ", 14) == 0, "%s", said);
    ck_assert_int_eq(truncate(path, 5), 0);
    ck_assert_int_eq(yaml_tree_load(path, &tree, said), 0);
    ck_assert_str_eq(tree.file, path);
    ck_assert_str_eq(yaml_tree_text(yaml_tree_find(&tree, "a")), "1");
    yaml_tree_deinit(&tree);
    ck_assert_int_eq(truncate(path, YAML_TREE_SIZE_MAX + 1), 0);
    ck_assert_int_eq(yaml_tree_load(path, &tree, said), -EFBIG);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {what_stands_where}, {questions}, {what_is_not_read, SUITE_COUNT(wrong)}, {how_much_is_read}, {files}};
    return suite_run(&(struct suite){.name = "yaml_tree", .tests = tests, .count = SUITE_COUNT(tests)});
}
