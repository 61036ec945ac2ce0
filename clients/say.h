/*
 * say.h - what the command line says when something is not done, and the exit code that goes with it
 *
 * All of it goes to standard error, in one form: what happened, and what to do next.
 */
#ifndef HUYING_CLIENTS_SAY_H
#define HUYING_CLIENTS_SAY_H

#include "base/exit_code.h"
#include "config/faults.h"
#include "proto/reply.h"

#include <jansson.h>

/* Prints `huying: ...` in the reader's language and a line end; gives `code` back, so that `return say(EXIT_USAGE, ...)` reads
 * well. */
enum exit_code say(enum exit_code code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As say(EXIT_FAILED, ...), with the words of a negative errno at the end. */
enum exit_code say_errno(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints the faults of a file, one a line, and how many there are; nothing was sent for them. Returns EXIT_USAGE. */
enum exit_code say_faults(const char *file, const struct faults *faults);

/* Prints a refusal: code, sentence, field and the `option` (or NULL) that gives it, what to do. Returns EXIT_REFUSED; EXIT_BUSY or
 * EXIT_FAILED where the code says so. */
enum exit_code say_refused(const struct reply *reply, const char *option);

/* As say_refused, for an argument that fits none or several of a list: `rows`, objects {code, name}, are printed below the
 * sentence, after `lead`; in JSON they are its `candidates`. */
enum exit_code say_refused_choice(const struct reply *reply, const char *option, const char *lead, json_t *rows);

/* From now on a refusal is one JSON object on one line: {refusal, field, sentence, hint, retry, option?}, and all is English. */
void say_as_json(void);

/* A sentence or hint of the dispatcher, which speaks English, in the reader's language: `ret`, or borrowed for ever. */
#define SAY_WORDS_SIZE 1024
const char *say_words(struct text text, char ret[SAY_WORDS_SIZE]);

/* The exit code of a refusal. */
enum exit_code say_exit_code(enum refusal refusal);

#endif
