/*
 * verb.h - what can be said to `huying`: each verb is data
 *
 * A verb names a message of the language (command or query); its words are positions and options that fill the fields of that
 * message by their own types, so a new field needs one line here and no code. What is not a field of the message is kept as a word
 * for the verb's function.
 */
#ifndef HUYING_CLIENTS_VERB_H
#define HUYING_CLIENTS_VERB_H

#include "clients/session.h"

struct arguments;

/* Who says it: the groups of the short help. */
enum verb_group { VERB_DESK, VERB_UNIT, VERB_CALL, VERB_FOLLOWUP, VERB_SUPERVISOR, VERB_DRILL, VERB_MACHINE, VERB_GROUP_COUNT };

struct verb_word {
    const char *name;  /* position: in capitals, in [] where it may be missing; option: without the dashes */
    const char *field; /* of the message; NULL: kept for the verb's function */
    const char *value; /* what stands for the value in the help; NULL for an option: a flag */
    const char *doc;
    const struct enum_shape *values; /* what it may be, where no field of the message says so; NULL: that is all */
    bool list;                       /* an option that may come several times; of a field with several codes it may anyway */
};

struct verb {
    const char *name; /* one word or two */
    enum verb_group group;
    const char *doc;                   /* one line */
    const char *more;                  /* for --help, or NULL */
    const char *message;               /* command or query of the language, or NULL */
    const struct verb_word *positions; /* ends with a name of NULL; NULL: none */
    const struct verb_word *options;
    enum exit_code (*run)(struct session *session, const struct arguments *arguments);
    bool passes_on;    /* the words go to another program as they are */
    const char *usage; /* of the positions, where the names alone would not say it; NULL: the names */
    bool tells;        /* a command after which somebody is told where the case stands (outcome.h) */
    bool many;         /* the last position may come several times */
};

/* Lists of verbs, each ended by a name of NULL. */
extern const struct verb verb_case[];
extern const struct verb verb_duty[];
extern const struct verb verb_call[];
extern const struct verb verb_followup[];
extern const struct verb verb_time[];
extern const struct verb verb_read[];
extern const struct verb verb_import[];
extern const struct verb verb_tools[];

/* Verb after verb of all lists: NULL gives the first; NULL after the last. */
const struct verb *verb_next(const struct verb *verb);

/* Finds the verb at the beginning of the words; *ret_used is 1 or 2. NULL: none. */
const struct verb *verb_find(int count, char **words, int *ret_used);

/* Says that there is no such verb, and which ones are near. */
enum exit_code verb_unknown(int count, char **words);

/* The short help: what is used most, by who uses it. */
void verb_help(void);

#endif
