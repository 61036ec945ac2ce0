/*
 * department_rules.h - a department's rules: by matter, kind, urgency, colour ... to steps with texts
 *
 * A YAML file with a list `rules`; each has `when`, a map of words to one value or a list of them (left out: everything fits), and
 * `then`, which is what a command would answer (steps.h). The first rule that fits counts. Texts may hold {number}, {matter},
 * {matter_name}, {place}, {place_name}, {unit} and {unit_name}.
 */
#ifndef HUYING_WORKERS_DEPARTMENT_RULES_H
#define HUYING_WORKERS_DEPARTMENT_RULES_H

#include "base/yaml_tree.h"
#include "workers/dossier.h"

#define DEPARTMENT_RULES_MAX 10000

struct department_rules;

/* Reads and checks a file. Returns 0 with *ret; -EINVAL: `fault` says what is wrong; another negative errno. */
int department_rules_load(const char *path, struct department_rules **ret, char fault[YAML_TREE_FAULT_SIZE]);

/* NULL is allowed; returns NULL. */
struct department_rules *department_rules_free(struct department_rules *rules);

size_t department_rules_count(const struct department_rules *rules);

/* What the first rule that fits says, its texts filled in: a new reference. NULL: none fits. */
json_t *department_rules_find(const struct department_rules *rules, const struct dossier *dossier);

#endif
