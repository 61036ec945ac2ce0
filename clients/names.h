/*
 * names.h - units and matters by their names as well as by their codes
 *
 * What a person writes for a unit or a matter is looked up in the set in force: its code; else its whole name; else words that are
 * found in one name alone. A name that several have is not guessed at.
 */
#ifndef HUYING_CLIENTS_NAMES_H
#define HUYING_CLIENTS_NAMES_H

#include "clients/session.h"

enum names_kind { NAMES_UNIT, NAMES_MATTER };

struct names_entry {
    struct code code;
    char *name;
    struct code parent; /* of a unit; of a matter empty */
    bool retired;       /* units: found by name only where nobody in service has it */
};

/* Units or matters of the district, sorted by code. */
struct names {
    enum names_kind kind;
    size_t count, capacity;
    struct names_entry *at;
    const struct names_entry **by_name; /* sorted; made by the first names_find */
};

/* Asks the dispatcher for all, or (`words` not NULL) for those whose code or name has each of these words. Says what is wrong. The
 * caller ends *ret with names_deinit in every case. */
enum exit_code names_ask(struct session *session, enum names_kind kind, const char *words, struct names *ret);

void names_deinit(struct names *names);

/* Entries that fit a text: one, or several and then the first of them. */
#define NAMES_SHOWN 10
struct names_match {
    size_t count;
    const struct names_entry *at[NAMES_SHOWN]; /* min(count, NAMES_SHOWN); borrowed */
};

/* Looks a text up: a code, else a whole name, else words that are found in a name. With `whole` words alone find nothing: for
 * files, whose meaning must not change when another unit is added. Blanks around the text do not count. ret->count 0: nothing; 1:
 * this one; more: a name that several have. Cost: a code or a whole name is searched, words walk over all. */
void names_find(struct names *names, const char *text, bool whole, struct names_match *ret);

/* Entries in service that a mistyped text may mean: those that are nearest by name or code, at most NAMES_SHOWN. Walks over all. */
void names_near(const struct names *names, const char *text, struct names_match *ret);

/* The code that an argument means. `argument` names it in sentences, `field` is that of the message. Asks the dispatcher. Says what
 * is wrong: what no unit has (EXIT_REFUSED, with what is near), or several (EXIT_USAGE, with their codes). The matter `unknown` is
 * one. */
enum exit_code names_code(struct session *session, enum names_kind kind, const char *argument, const char *field, const char *text,
                          struct code *ret);

/* Does a field of this name, in any message, name units or matters? */
bool names_field(const char *field, enum names_kind *ret);

#endif
