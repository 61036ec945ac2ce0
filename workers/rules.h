/*
 * rules.h - a department's rules: by matter, kind, urgency, colour ... to steps with texts
 *
 * A YAML file with a list `rules`; each has `when`, a map of words to one value or a list of them (left out: everything fits), and
 * `then`, which is what a command would answer (steps.h). The first rule that fits counts. Texts may hold {number}, {matter},
 * {matter_name}, {place}, {place_name}, {unit} and {unit_name}.
 */
#ifndef HUYING_WORKERS_RULES_H
#define HUYING_WORKERS_RULES_H

#include "workers/dossier.h"
#include "workers/tree.h"

#define RULES_MAX 10000

struct rules;

/* Reads and checks a file. Returns 0 with *ret; -EINVAL: `fault` says what is wrong; another negative errno. */
int rules_load(const char *path, struct rules **ret, char fault[TREE_FAULT_SIZE]);

/* NULL is allowed; returns NULL. */
struct rules *rules_free(struct rules *rules);

size_t rules_count(const struct rules *rules);

/* What the first rule that fits says, its texts filled in: a new reference. NULL: none fits. */
json_t *rules_find(const struct rules *rules, const struct dossier *dossier);

#endif
