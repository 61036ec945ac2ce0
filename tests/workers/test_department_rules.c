/* test_department_rules.c - rules files. */
#include "proto/client/view.h"
#include "tests/store/scratch.h"
#include "tests/suite.h"
#include "workers/department_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int load(const char *text, struct department_rules **ret, char fault[YAML_TREE_FAULT_SIZE])
{
    char *folder = scratch_new();
    const char *path = scratch_path(folder, "rules.yaml");

    scratch_write(path, text, strlen(text));
    int rc = department_rules_load(path, ret, fault);
    scratch_drop(folder);
    return rc;
}

static struct dossier dossier_of(const char *matter, const char *kind, const char *urgency, const char *colour)
{
    struct dossier dossier = {0};

    dossier.view =
        json_pack("{s:s, s:s, s:s, s:[{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}]}", "urgency", urgency, "kind", "complaint",
                  "channel", "hotline", "duties", "matter", matter, "matter_name", "路灯不亮", "kind", kind, "colour", colour,
                  "unit", "S1", "place", "C11", "place_name", "湖滨{社区}", "state", "offered", "number", "260302-00001-3");
    dossier.duty = json_array_get(json_object_get(dossier.view, "duties"), 0);
    return dossier;
}

/* `do` of the plan that fits, "" when none does. */
static const char *finds(const struct department_rules *rules, const char *matter, const char *kind, const char *urgency,
                         const char *colour)
{
    static char word[40];
    struct dossier dossier = dossier_of(matter, kind, urgency, colour);
    json_t *plan = department_rules_find(rules, &dossier);

    snprintf(word, sizeof(word), "%s", view_text(plan, "text"));
    json_decref(plan);
    json_decref(dossier.view);
    return word;
}

START_TEST(the_first_that_fits)
{
    static const char text[] =
        "rules:\n"
        "  - when: {matter: [M01, M02], kind: lead, colour: red}\n"
        "    then: {do: answer, code: solved, text: late}\n"
        "  - when: {matter: [M01, M02], kind: lead, urgency: ordinary}\n"
        "    then: {do: answer, code: solved, text: ordinary}\n"
        "  - when: {unit: S1, place: C11, state: offered, case_kind: complaint, channel: hotline, kind: support}\n"
        "    then: {do: report, text: here}\n"
        "  - then: {do: answer, code: solved, text: rest}\n";
    char fault[YAML_TREE_FAULT_SIZE];
    struct department_rules *rules;

    ck_assert_msg(load(text, &rules, fault) == 0, "%s", fault);
    ck_assert_uint_eq(department_rules_count(rules), 4);
    ck_assert_str_eq(finds(rules, "M01", "lead", "urgent", "red"), "late");
    ck_assert_str_eq(finds(rules, "M02", "lead", "ordinary", "blue"), "ordinary");
    ck_assert_str_eq(finds(rules, "M02", "lead", "urgent", "blue"), "rest");
    ck_assert_str_eq(finds(rules, "M09", "support", "urgent", "blue"), "here");
    department_rules_free(rules);
    ck_assert_int_eq(load("rules:\n  - when: {matter: M01}\n    then: {do: leave}\n", &rules, fault), 0);
    ck_assert_str_eq(finds(rules, "M02", "lead", "ordinary", "blue"), "");
    department_rules_free(rules);
}
END_TEST

START_TEST(texts_are_filled_in)
{
    static const char text[] =
        "rules:\n  - then: {steps: [{do: answer, code: explained, text: \"{number}{matter_name} at {place_name}.\", basis: "
        "'true', published: true}], retry_in: 1 h}\n";
    struct dossier dossier = dossier_of("M01", "lead", "ordinary", "blue");
    char fault[YAML_TREE_FAULT_SIZE];
    struct department_rules *rules;

    ck_assert_msg(load(text, &rules, fault) == 0, "%s", fault);
    json_t *plan = department_rules_find(rules, &dossier);
    json_t *step = json_array_get(json_object_get(plan, "steps"), 0);
    ck_assert_str_eq(view_text(step, "text"), "260302-00001-3路灯不亮 at 湖滨{社区}."); /* filled in once */
    ck_assert_str_eq(view_text(step, "basis"), "true");
    ck_assert(json_is_true(json_object_get(step, "published")));
    json_decref(plan);
    json_decref(dossier.view);
    department_rules_free(rules);
}
END_TEST

START_TEST(faults)
{
    static const char *const bad[][2] = {
        {"", "rules"},
        {"rules: {}\n", "list `rules`"},
        {"rules:\n  - when: {matter: M01}\n", ":2: a rule needs `then`"},
        {"rules:\n  - when: {colour: green}\n    then: {do: sign}\n", ":2: `colour` cannot be `green`"},
        {"rules:\n  - when: {weather: fine}\n    then: {do: sign}\n", ":2: `when` does not know `weather`"},
        {"rules:\n  - when: [a]\n    then: {do: sign}\n", ":2: `when` is not a map"},
        {"rules:\n  - when: {matter: {a: b}}\n    then: {do: sign}\n", ":2: `matter` needs"},
        {"rules:\n  - then: {do: dance}\n", ":2: `then`"},
        {"rules:\n  - then: {do: answer, code: solved, text: \"{name}\"}\n", ":2: what follows `{`"},
        {"rules:\n  - when: {kind: support}\n    then: {do: answer, code: solved, text: t}\n",
         ":3: `then`: `answer` is not a step"},
        {"rules:\n  - when: {kind: rate}\n    then: {do: sign}\n", ":3: `then`: no duty of such a kind"},
        {"rules:\n  - then: {a: {b: {c: {d: {e: {f: {g: {h: i}}}}}}}}\n", "too deeply"},
        {"rules: [\n", "rules.yaml:"},
    };
    char fault[YAML_TREE_FAULT_SIZE];
    struct department_rules *rules;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(load(bad[i][0], &rules, fault) == -EINVAL, "`%s` was taken", bad[i][0]);
        ck_assert_msg(strstr(fault, bad[i][1]) != NULL, "`%s`: %s", bad[i][0], fault);
    }
    ck_assert_int_eq(department_rules_load("/nowhere/rules.yaml", &rules, fault), -ENOENT);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{the_first_that_fits}, {texts_are_filled_in}, {faults}};
    return suite_run(&(struct suite){.name = "department_rules", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
