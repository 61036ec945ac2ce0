/*
 * settings.h - a worker's options: from a small YAML file, then from the command line
 *
 * Each program has a table of its settings; each of them is a flag `--name VALUE` and a key `name: value` of the file that
 * `--config FILE` names. The command line wins. Paths in the file are relative to the file's folder, those on the command line to
 * the working directory. Standing facts: part of a program, so it prints what is wrong, and `--help` and usage faults end the
 * process, with exit code 0 and 2.
 */
#ifndef HUYING_WORKERS_SETTINGS_H
#define HUYING_WORKERS_SETTINGS_H

#include "base/exit_code.h"
#include "base/span.h"
#include "base/yaml_tree.h"

#include <stdint.h>

#define SETTING_SPAN_MAX (INT64_C(36525) * 86400000) /* a hundred years, in ms */

enum setting_kind {
    SETTING_TEXT,  /* const char * */
    SETTING_PATH,  /* const char * */
    SETTING_COUNT, /* int64_t, least .. most */
    SETTING_SPAN,  /* int64_t ms, least .. most; `30 s`, `5 min`, `2 h`, `1 d`, `500 ms` */
    SETTING_FLAG,  /* bool; in the file true or false */
    SETTING_WORDS, /* const char *const *, ended by NULL: a list, or words with blanks between them */
    SETTING_LIST,  /* several things of which `item` knows more */
};

struct settings;

/* One thing of a list: from the file (`node` of `tree`), or from a flag (`text`, the others NULL). Returns 0, or -EINVAL with
 * `fault`. */
typedef int setting_item(struct settings *settings, void *options, const struct yaml_tree *tree, const struct yaml_tree_node *node,
                         const char *text, char fault[YAML_TREE_FAULT_SIZE]);

struct setting {
    const char *name; /* NULL ends a table */
    enum setting_kind kind;
    size_t offset; /* in the program's struct of options */
    int64_t least, most;
    const char *argument; /* what --help calls its value; NULL for flags */
    const char *doc;      /* what it is; --help adds its default where it ends in no bracket of its own */
    setting_item *item;
};

#define SETTINGS_TABLES 3

struct settings_program {
    const char *name;
    const char *doc;
    const struct setting *tables[SETTINGS_TABLES]; /* from those of all workers to its own; NULL behind the last */
};

/* Owns the texts that were read. Zeroed = empty. */
struct settings {
    char *folder; /* of the file, or NULL */
    void **owned;
    size_t owned_count;
};

/* Reads the command line and the file that it names into `options`, which holds the defaults (and --help tells them). Returns
 * EXIT_DONE, EXIT_USAGE or EXIT_FAILED, and has said why. */
int settings_read(const struct settings_program *program, int argc, char **argv, void *options, struct settings *ret);

void settings_deinit(struct settings *settings);

/* Keeps a copy of a text. NULL: no memory. */
const char *settings_keep(struct settings *settings, const char *text);

/* Keeps a path that stands in the file. NULL: no memory. */
const char *settings_keep_path(struct settings *settings, const char *path);

/* Keeps the address of something from malloc, freed by settings_deinit. False: no memory, and it is freed. */
bool settings_own(struct settings *settings, void *memory);

#endif
