/*
 * names.c - units and matters by their names as well as by their codes
 */
#include "clients/names.h"

#include "base/i18n.h"
#include "clients/ask.h"
#include "clients/near.h"
#include "config/words.h"
#include "proto/blank.h"
#include "proto/client/view.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The set of no matter: what a case has whose matter nobody knows. */
#define MATTER_UNKNOWN "unknown"

bool names_field(const char *field, enum names_kind *ret)
{
    static const struct {
        const char *field;
        enum names_kind kind;
    } known[] = {{"unit", NAMES_UNIT},     {"place", NAMES_UNIT},  {"units", NAMES_UNIT},
                 {"supports", NAMES_UNIT}, {"caller", NAMES_UNIT}, {"matter", NAMES_MATTER}};
    for (size_t i = 0; field != NULL && i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].field, field) == 0) {
            *ret = known[i].kind;
            return true;
        }
    }
    return false;
}

/* --- the set -------------------------------------------------------------------------------------------------------------------
 */

static bool add(struct names *names, const json_t *row)
{
    const char *code = view_text(row, "code"), *parent = view_text(row, "parent");
    if (names->count == names->capacity) {
        size_t capacity = names->capacity == 0 ? 64 : 2 * names->capacity;
        struct names_entry *grown = reallocarray(names->at, capacity, sizeof(*grown));
        if (grown == NULL) {
            return false;
        }
        names->at = grown;
        names->capacity = capacity;
    }
    struct names_entry *entry = &names->at[names->count];
    *entry = (struct names_entry){.retired = json_is_true(json_object_get(row, "retired"))};
    if (!code_make(code, strlen(code), &entry->code)) {
        return true; /* a newer dispatcher's: nothing that could be sent back */
    }
    code_make(parent, strlen(parent), &entry->parent);
    entry->name = strdup(view_text(row, "name"));
    if (entry->name == NULL) {
        return false;
    }
    names->count++;
    return true;
}

static enum exit_code ask_page(struct session *session, enum names_kind kind, const char *words, const struct code *after,
                               json_t **ret)
{
    struct list_units_query units = {.words = text_of(words), .after = *after};
    struct list_matters_query matters = {.words = text_of(words), .after = *after};
    switch (kind) {
    case NAMES_UNIT:
        units.given = (words != NULL ? LIST_UNITS_HAS_WORDS : 0) | (code_empty(after) ? 0 : LIST_UNITS_HAS_AFTER);
        return ask_view(session, QUERY_LIST_UNITS, &units, ret);
    case NAMES_MATTER:
        matters.given = (words != NULL ? LIST_MATTERS_HAS_WORDS : 0) | (code_empty(after) ? 0 : LIST_MATTERS_HAS_AFTER);
        return ask_view(session, QUERY_LIST_MATTERS, &matters, ret);
    }
    return EXIT_FAILED;
}

enum exit_code names_ask(struct session *session, enum names_kind kind, const char *words, struct names *ret)
{
    struct code after = {{0}};
    *ret = (struct names){.kind = kind};
    for (;;) {
        json_t *page = NULL;
        size_t i;
        const json_t *row;
        enum exit_code code = ask_page(session, kind, words, &after, &page);
        if (code != EXIT_DONE) {
            return code;
        }
        bool kept = true;
        json_array_foreach(json_object_get(page, "rows"), i, row)
        {
            kept = kept && add(ret, row);
        }
        const char *next = view_text(page, "next");
        bool more = code_make(next, strlen(next), &after);
        json_decref(page);
        if (!kept) {
            return say(EXIT_FAILED, "out of memory");
        }
        if (!more) {
            return EXIT_DONE;
        }
    }
}

void names_deinit(struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->at[i].name);
    }
    free(names->at);
    free(names->by_name);
    *names = (struct names){0};
}

/* --- looking up ----------------------------------------------------------------------------------------------------------------
 */

static int compare_codes(const void *a, const void *b)
{
    return memcmp(((const struct names_entry *)a)->code.s, ((const struct names_entry *)b)->code.s, CODE_SIZE);
}

static int compare_names(const void *a, const void *b)
{
    const struct names_entry *const *x = a, *const *y = b;
    int names = strcmp((*x)->name, (*y)->name);
    return names != 0 ? names : compare_codes(*x, *y);
}

static bool sort_by_name(struct names *names)
{
    if (names->by_name != NULL) {
        return true;
    }
    names->by_name = calloc(names->count + 1, sizeof(names->by_name[0]));
    for (size_t i = 0; names->by_name != NULL && i < names->count; i++) {
        names->by_name[i] = &names->at[i];
    }
    if (names->by_name != NULL) {
        qsort(names->by_name, names->count, sizeof(names->by_name[0]), compare_names);
    }
    return names->by_name != NULL;
}

/* Adds one that fits: whoever is in service comes before all that are not. */
static void match(struct names_match *ret, const struct names_entry *entry)
{
    if (ret->count > 0 && entry->retired && !ret->at[0]->retired) {
        return;
    }
    if (ret->count > 0 && !entry->retired && ret->at[0]->retired) {
        ret->count = 0;
    }
    if (ret->count < NAMES_SHOWN) {
        ret->at[ret->count] = entry;
    }
    ret->count++;
}

static void find_name(struct names *names, const char *name, struct names_match *ret)
{
    size_t low = 0, high = names->count;
    if (!sort_by_name(names)) {
        return;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(names->by_name[middle]->name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < names->count && strcmp(names->by_name[low]->name, name) == 0; low++) {
        match(ret, names->by_name[low]);
    }
}

/* Is every word of the text, between blanks, part of the name? ASCII letters of either case are the same. */
static bool has_words(const char *name, const char *text)
{
    char word[CAP_LINE_SIZE + 1];
    for (;;) {
        text += strspn(text, " ");
        size_t size = strcspn(text, " ");
        if (size == 0) {
            return true;
        }
        if (size >= sizeof(word)) {
            return false;
        }
        memcpy(word, text, size);
        word[size] = '\0';
        if (strcasestr(name, word) == NULL) {
            return false;
        }
        text += size;
    }
}

/* The text as names are kept: blanks off, composed. NULL: it cannot be a name. The caller frees. */
static char *clean(const char *text)
{
    char *copy = strdup(text), *ret = NULL;
    if (copy != NULL && name_parse(blank_trim_string(copy), false, &ret) != NULL) {
        ret = NULL;
    }
    free(copy);
    return ret;
}

void names_find(struct names *names, const char *text, bool whole, struct names_match *ret)
{
    struct names_entry wanted = {0};
    char *name = clean(text);
    *ret = (struct names_match){0};
    if (name == NULL) {
        return;
    }
    const struct names_entry *entry = code_make(name, strlen(name), &wanted.code) && names->count > 0
                                          ? bsearch(&wanted, names->at, names->count, sizeof(names->at[0]), compare_codes)
                                          : NULL;
    if (entry != NULL) {
        match(ret, entry);
    } else {
        find_name(names, name, ret);
    }
    bool by_words = ret->count == 0 && !whole;
    for (size_t i = 0; by_words && i < names->count; i++) {
        if (has_words(names->at[i].name, name)) {
            match(ret, &names->at[i]);
        }
    }
    free(name);
}

/* How far an entry is from a text: by its name, or by its code in either case. */
static int distance(const struct names_entry *entry, const char *text)
{
    char code[CODE_SIZE + 1], upper[CODE_SIZE + 1];
    int by_name = near_distance(entry->name, text);
    size_t size = strlen(text);
    if (size > CODE_SIZE) {
        return by_name;
    }
    code_text(&entry->code, code);
    for (size_t i = 0; i <= size; i++) {
        upper[i] = (char)toupper((unsigned char)text[i]);
    }
    for (char *at = code; *at != '\0'; at++) {
        *at = (char)toupper((unsigned char)*at);
    }
    int by_code = near_distance(code, upper);
    return by_code < by_name ? by_code : by_name;
}

void names_near(const struct names *names, const char *text, struct names_match *ret)
{
    char *name = clean(text);
    *ret = (struct names_match){0};
    /* A third of the characters may be wrong, of short words one: what is further is a guess. */
    int most = name == NULL ? 0 : near_distance(name, "") / 3;
    int nearest = most > 0 ? most : 1;
    for (size_t i = 0; name != NULL && i < names->count; i++) {
        int far = names->at[i].retired ? NEAR_FAR : distance(&names->at[i], name);
        if (far > nearest) {
            continue;
        }
        if (far < nearest) {
            ret->count = 0;
        }
        nearest = far;
        if (ret->count < NAMES_SHOWN) {
            ret->at[ret->count++] = &names->at[i];
        }
    }
    free(name);
}

/* --- one argument --------------------------------------------------------------------------------------------------------------
 */

/* The entries of a match, as lines below the sentence or as a list of the JSON object. */
static json_t *listed(const struct names_match *match)
{
    json_t *ret = json_array();
    for (size_t i = 0; i < match->count && i < NAMES_SHOWN; i++) {
        char code[CODE_SIZE + 1];
        json_array_append_new(ret,
                              json_pack("{s:s, s:s}", "code", code_text(&match->at[i]->code, code), "name", match->at[i]->name));
    }
    return ret;
}

static enum exit_code refuse(const struct session *session, enum refusal refusal, const char *field, const char *sentence,
                             const char *hint, const struct names_match *match)
{
    const struct reply reply = {.refusal = refusal,
                                .code = text_of(refusal_infos[refusal].code),
                                .field = text_of(field),
                                .message = text_of(sentence),
                                .hint = text_of(hint)};
    json_t *rows = listed(match);
    enum exit_code code = say_refused_choice(
        &reply, session_option_of(session, reply.field),
        refusal == REFUSAL_AMBIGUOUS ? match->count > NAMES_SHOWN ? _("The first of them:") : _("They are:") : _("Did you mean:"),
        rows);
    json_decref(rows);
    return code;
}

static enum exit_code say_several(const struct session *session, enum names_kind kind, const char *field, const char *text,
                                  const struct names_match *match)
{
    char shown[CAP_LINE_SIZE], sentence[sizeof(shown) + 256]; /* a whole name, or the JSON is not UTF-8 */
    snprintf(sentence, sizeof(sentence),
             kind == NAMES_UNIT ? _("`%s` fits %zu units of the district.") : _("`%s` fits %zu matters of the district."),
             blank_print(text_of(text), shown, sizeof(shown)), match->count);
    return refuse(session, REFUSAL_AMBIGUOUS, field, sentence,
                  kind == NAMES_UNIT ? _("Write the code, or more of the name; `huying units WORDS` lists all that fit.")
                                     : _("Write the code, or more of the name; `huying matters WORDS` lists all that fit."),
                  match);
}

static enum exit_code say_unknown(struct session *session, enum names_kind kind, const char *field, const char *text)
{
    struct names all;
    struct names_match near;
    char shown[CAP_LINE_SIZE], sentence[sizeof(shown) + 256]; /* a whole name, or the JSON is not UTF-8 */
    enum exit_code code = names_ask(session, kind, NULL, &all);
    if (code == EXIT_DONE) {
        names_near(&all, text, &near);
        snprintf(sentence, sizeof(sentence),
                 kind == NAMES_UNIT ? _("No unit of the district has the code or name `%s`.")
                                    : _("No matter of the district has the code or name `%s`."),
                 blank_print(text_of(text), shown, sizeof(shown)));
        code = refuse(session, kind == NAMES_UNIT ? REFUSAL_UNKNOWN_UNIT : REFUSAL_UNKNOWN_MATTER, field, sentence,
                      kind == NAMES_UNIT
                          ? _("`huying units WORDS` searches by code and name.")
                          : _("`huying matters WORDS` searches by code and name; `unknown` stands for a matter that nobody knows."),
                      &near);
    }
    names_deinit(&all);
    return code;
}

enum exit_code names_code(struct session *session, enum names_kind kind, const char *argument, const char *field, const char *text,
                          struct code *ret)
{
    struct names names;
    struct names_match match;
    char *name = clean(text);
    if (name == NULL) {
        char shown[200];
        return say(EXIT_USAGE, "%s: `%s` is not a code or a name: write one line of at most %d bytes.", argument,
                   blank_print(text_of(text), shown, sizeof(shown)), CAP_LINE_SIZE);
    }
    if (kind == NAMES_MATTER && strcmp(name, MATTER_UNKNOWN) == 0) {
        free(name);
        code_make(MATTER_UNKNOWN, strlen(MATTER_UNKNOWN), ret);
        return EXIT_DONE;
    }
    /* An older dispatcher does not know the question, or this one cannot answer now: then what is a code goes as it is, and the
     * command is judged by it and says what is the matter. */
    bool is_code = code_make(name, strlen(name), ret);
    session->quiet = is_code;
    enum exit_code code = names_ask(session, kind, name, &names);
    session->quiet = false;
    if (is_code && (code == EXIT_REFUSED || code == EXIT_BUSY || code == EXIT_FAILED)) {
        code = EXIT_DONE;
    } else if (code == EXIT_DONE) {
        names_find(&names, name, false, &match);
        if (match.count == 1) {
            *ret = match.at[0]->code;
        } else {
            code = match.count == 0 ? say_unknown(session, kind, field, name) : say_several(session, kind, field, name, &match);
        }
    }
    names_deinit(&names);
    free(name);
    return code;
}
