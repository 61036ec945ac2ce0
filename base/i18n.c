/* i18n.c - the language of the person who reads: English, or what the environment asks for */
#include "base/i18n.h"

#include <limits.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Catalogues, seen from a program's own folder: installed (bin, libexec/huying) and in a build tree (clients, dispatcher/shell). */
static const char *const folders[] = {"../share/huying/locale", "../../share/huying/locale", "../po", "../../po"};

/* Where the catalogues lie: beside this program wherever it was moved to, else where it was configured for. */
static const char *find_folder(char ret[PATH_MAX])
{
    ssize_t size = readlink("/proc/self/exe", ret, PATH_MAX - 1);
    ret[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(ret, '/');
    for (size_t i = 0; slash != NULL && i < sizeof(folders) / sizeof(folders[0]); i++) {
        size_t room = (size_t)(ret + PATH_MAX - (slash + 1));
        int length = snprintf(slash + 1, room, "%s", folders[i]);
        if (length > 0 && (size_t)length < room && access(ret, X_OK) == 0) {
            return ret;
        }
    }
    return HUYING_LOCALE;
}

/* The first of these that is set and not empty: POSIX's order. */
static const char *environment_locale(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0') {
            return value;
        }
    }
    return "C";
}

/* Is this the language of the source? `C.UTF-8` is C with an encoding. */
static bool is_english(const char *name, size_t size)
{
    static const char *const names[] = {"C", "POSIX", "en"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t length = strlen(names[i]);
        if (size >= length && memcmp(name, names[i], length) == 0 && (size == length || strchr("._@", name[length]) != NULL)) {
            return true;
        }
    }
    return false;
}

/* Is this Chinese of any country or script (zh, zh_SG, zh_Hans_CN)? Its own catalogue comes first where there is one, then that of
 * zh_CN. */
static bool is_chinese(const char *name, size_t size)
{
    return size >= 2 && memcmp(name, "zh", 2) == 0 && (size == 2 || strchr("_-.@", name[2]) != NULL);
}

/* Writes the languages that come before English in a list with `:` between them, as LANGUAGE is written. */
static void wanted_languages(const char *list, char *ret, size_t size)
{
    size_t used = 0;
    ret[0] = '\0';
    for (const char *at = list; *at != '\0';) {
        size_t length = strcspn(at, ":");
        if (is_english(at, length)) {
            return;
        }
        const char *also = is_chinese(at, length) ? ":zh_CN" : "";
        if (length > 0 && used + length + strlen(also) + 2 < size) {
            used += (size_t)snprintf(ret + used, size - used, "%s%.*s%s", used > 0 ? ":" : "", (int)length, at, also);
        }
        at += length + (at[length] == ':');
    }
}

void i18n_begin(void)
{
    char folder[PATH_MAX], languages[512];
    const char *name = environment_locale(), *list = getenv("LANGUAGE");
    if (is_english(name, strlen(name)) && (name[0] != 'e' || list == NULL || list[0] == '\0')) {
        return;
    }
    wanted_languages(list != NULL && list[0] != '\0' ? list : name, languages, sizeof(languages));
    /* gettext looks nothing up in the locale C; C.UTF-8 is built into the C library and lets LANGUAGE decide. So one way serves all
     * machines, whichever locales they have. */
    if (languages[0] == '\0' || setlocale(LC_MESSAGES, "C.UTF-8") == NULL || setenv("LANGUAGE", languages, 1) != 0) {
        return;
    }
    const char *place = find_folder(folder);
    bindtextdomain(I18N_DOMAIN, place);
    bind_textdomain_codeset(I18N_DOMAIN, "UTF-8");
    /* The C library's sentences (strerror, getopt, argp) are a package of their own that a bare machine lacks: ours has those we
     * show. */
    char libc_place[PATH_MAX + sizeof("/libc")];
    snprintf(libc_place, sizeof(libc_place), "%s/libc", place);
    bindtextdomain("libc", libc_place);
    bind_textdomain_codeset("libc", "UTF-8");
    textdomain("libc"); /* where argp looks */
}

void i18n_end(void)
{
    setlocale(LC_MESSAGES, "C");
}

const char *i18n_in(const char *context, const char *word)
{
    char key[256];
    if (word == NULL || word[0] == '\0') {
        return word;
    }
    int length = snprintf(key, sizeof(key), "%s\004%s", context, word);
    if (length < 0 || (size_t)length >= sizeof(key)) {
        return word;
    }
    const char *found = _(key);
    return found == key ? word : found;
}

const char *i18n_text(const char *text)
{
    return text[0] == '\0' ? text : _(text); /* "" is the key of a catalogue's head */
}

char *i18n_help(int key, const char *text, void *input)
{
    (void)key;
    (void)input;
    const char *found = text == NULL ? NULL : i18n_text(text);
    char *copy = found == text ? NULL : strdup(found); /* argp frees what is not its own */
    return copy == NULL ? (char *)text : copy;
}
