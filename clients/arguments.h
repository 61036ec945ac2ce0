/*
 * arguments.h - the words after a verb, read by the table of the verb
 */
#ifndef HUYING_CLIENTS_ARGUMENTS_H
#define HUYING_CLIENTS_ARGUMENTS_H

#include "clients/verb.h"

#define ARGUMENTS_MAX 64

struct arguments {
    const struct verb *verb;
    const struct shape *shape; /* of the verb's message, or NULL */
    union {
        uint64_t given; /* bit per field, of whichever message it is */
        union command_body command;
        union query_body query;
    } body;
    struct {
        const struct verb_word *word;
        const char *text; /* a flag: "yes" */
    } at[ARGUMENTS_MAX];
    int count;
    int rest_count; /* verbs that pass on: their words */
    char **rest;
};

/* Reads the words, argv[0] of which is ignored, with argp: --help ends the program, a mistake too (exit code 2). What is given
 * twice and is not a list, and what is empty, is a mistake. */
void arguments_parse(struct arguments *arguments, const struct verb *verb, struct session *session, int argc, char **argv);

/* Fills the body of the verb's message from the words. Says what is wrong. Asks the district for its zone where an instant is
 * local, and for units and matters, which may be given by their names (names.h). A text of `-` is read from standard input. */
enum exit_code arguments_fill(struct arguments *arguments, struct session *session);

/* The same on a copy. */
enum exit_code arguments_filled(struct session *session, const struct arguments *arguments, struct arguments *ret);

/* Reads a position that names a case, by number or by id, for verbs that do more than fill one message. Requires that it was given.
 * Says what is wrong. ret->number borrows the word. */
enum exit_code arguments_case(const struct arguments *arguments, const char *name, struct show_case_query *ret);

/* The (last) value of a position or option by name (of the table), or NULL. */
const char *arguments_word(const struct arguments *arguments, const char *name);

/* A count in an option. Says what is wrong. *ret stays when the option is missing. */
enum exit_code arguments_count(const struct arguments *arguments, const char *name, uint32_t min, uint32_t max, uint32_t *ret);

/* How a word is named in a sentence: `--option`, or the position without its []. Returns ret. */
const char *arguments_name(const struct arguments *arguments, const struct verb_word *word, char ret[64]);

/* Shape of the message that a verb fills, or NULL. */
const struct shape *arguments_shape(const struct verb *verb);

/* Writes the values of a closed list as `complaint, request`, each with its word in the reader's language where that is another. */
void arguments_list(const struct enum_shape *values, char *ret, size_t size);

/* The closed list that a word is taken from, or NULL. */
const struct enum_shape *arguments_values(const struct shape *shape, const struct verb_word *word);

#endif
