/*
 * i18n.h - the language of the person who reads: English, or what the environment asks for
 *
 * Every sentence that a person reads stands in the source in English and is looked up by it in a catalogue of gettext
 * (po/LANGUAGE.po). What programs read stays English whatever the environment says: the wire, events, --json, logs; so does every
 * program that has not called i18n_begin. Texts are UTF-8 throughout, also where the environment names another encoding, and no
 * locale has to be generated on the machine: the C library's own C.UTF-8 is enough. docs/languages.md is the manual.
 */
#ifndef HUYING_BASE_I18N_H
#define HUYING_BASE_I18N_H

#include <libintl.h>

#define I18N_DOMAIN "huying"

/* The sentence in the reader's language. Borrowed for ever. */
#define _(text) dgettext(I18N_DOMAIN, text)

/* The same for a number of things. */
#define n_(one, many, count) dngettext(I18N_DOMAIN, one, many, count)

/* Marks a sentence of a table for the catalogue; who prints it says _(). NC_ does so with a context, for words that mean more than
 * one thing: who prints it says i18n_in. */
#define N_(text) text
#define NC_(context, text) text

/* Languages that Huying has catalogues of are chosen by LANGUAGE, LC_ALL, LC_MESSAGES and LANG, in the usual order. Call it once,
 * first, before there are threads. */
void i18n_begin(void);

/* English from now on. As i18n_begin, not beside other threads. */
void i18n_end(void);

/* A word in its context, as NC_ marked it; itself where the language has none. Never NULL but for NULL. */
const char *i18n_in(const char *context, const char *word);

/* As i18n_in for a text that need not be a literal: "" stays "". */
const char *i18n_text(const char *text);

/* For argp, as its help_filter: helps and their headings in the reader's language; what stands for values (DIR) stays. */
char *i18n_help(int key, const char *text, void *input);

#endif
