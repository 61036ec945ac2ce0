/*
 * tools.c - what an administrator does on the machine
 */
#include "clients/tools.h"

#include "base/i18n.h"
#include "clients/render.h"
#include "config/keys.h"
#include "proto/enum_word.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PASSED_MAX 64
#define PROBE_MS 500 /* a dispatcher on this machine answers within a few */

/* Another program of Huying, and where it may stand seen from this program's own folder: installed, in a build tree, and put beside
 * it by hand. */
struct program {
    const char *name;
    const char *places[3];
    const char *installed; /* where it was configured to be: for when this program was moved, or /proc is not there */
};

static const struct program admin = {"huying-admin",
                                     {"../libexec/huying/huying-admin", "../dispatcher/admin/huying-admin", "huying-admin"},
                                     HUYING_LIBEXEC "/huying-admin"};
static const struct program maker = {
    "make-wuhua", {"../libexec/huying/make-wuhua", "../../script/make-wuhua", "make-wuhua"}, HUYING_LIBEXEC "/make-wuhua"};

static bool find_program(const struct program *program, char ret[PATH_MAX])
{
    char own[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", own, sizeof(own) - 1);
    if (size <= 0) {
        return false;
    }
    own[size] = '\0';
    char *slash = strrchr(own, '/');
    if (slash == NULL) {
        return false;
    }
    slash[1] = '\0';
    for (size_t i = 0; i < sizeof(program->places) / sizeof(program->places[0]); i++) {
        int length = snprintf(ret, PATH_MAX, "%s%s", own, program->places[i]);
        if (length > 0 && length < PATH_MAX && access(ret, X_OK) == 0) {
            return true;
        }
    }
    return false;
}

/* Never comes back when the program can be started. `first` are its own words, before those of the user. */
static enum exit_code become(const struct program *program, const struct session *session, const char *const *first,
                             const struct arguments *arguments)
{
    char path[PATH_MAX];
    const char *words[PASSED_MAX + 5] = {program->name};
    int count = 1;
    for (int i = 0; first[i] != NULL; i++) {
        words[count++] = first[i];
    }
    if (session->options.json) {
        words[count++] = "--json";
    }
    if (arguments->rest_count > PASSED_MAX) {
        return say(EXIT_USAGE, "more than %d arguments", PASSED_MAX);
    }
    for (int i = 0; i < arguments->rest_count; i++) {
        words[count++] = arguments->rest[i];
    }
    words[count] = NULL;
    if (find_program(program, path)) {
        execv(path, (char *const *)words);
    } else if (access(program->installed, X_OK) == 0) {
        execv(program->installed, (char *const *)words);
    } else {
        execvp(program->name, (char *const *)words);
    }
    return say(EXIT_FAILED, "cannot start %s (%s). It comes with Huying: install it beside `huying` or put it in PATH.",
               program->name, strerror(errno));
}

static enum exit_code become_admin(const struct session *session, const char *const *first, const struct arguments *arguments)
{
    return become(&admin, session, first, arguments);
}

enum exit_code tools_catalogue_make(struct session *session, const struct arguments *arguments)
{
    static const char *const first[] = {NULL};
    if (access("/usr/bin/python3", X_OK) != 0 && access("/usr/local/bin/python3", X_OK) != 0) {
        return say(EXIT_FAILED, "`huying catalogue make` needs python3: apt install python3.");
    }
    return become(&maker, session, first, arguments);
}

enum exit_code tools_check(struct session *session, const struct arguments *arguments)
{
    static const char *const first[] = {"check", NULL};
    return become_admin(session, first, arguments);
}

enum exit_code tools_restore(struct session *session, const struct arguments *arguments)
{
    static const char *const first[] = {"restore", NULL};
    return become_admin(session, first, arguments);
}

enum exit_code tools_config_check(struct session *session, const struct arguments *arguments)
{
    static const char *const first[] = {"config", "check", NULL};
    return become_admin(session, first, arguments);
}

enum exit_code tools_config_preview(struct session *session, const struct arguments *arguments)
{
    static const char *const first[] = {"config", "preview", NULL};
    return become_admin(session, first, arguments);
}

/* Adds the roles of `A,B`. */
static enum exit_code add_roles(const char *text, uint32_t *roles)
{
    for (;;) {
        struct text one = {.at = text, .size = (uint32_t)strcspn(text, ",")};
        int role = enum_word_find(&role_enum, one);
        if (role < 0) {
            char list[512];
            arguments_list(&role_enum, list, sizeof(list));
            return say(EXIT_USAGE, "`%.*s` is not a role. The roles are: %s.", (int)one.size, one.at, list);
        }
        *roles |= ROLE_BIT(role);
        text += one.size;
        if (*text == '\0') {
            return EXIT_DONE;
        }
        text++;
    }
}

/* `--role A B NAME`: what stands before the last word is a role too. */
static enum exit_code read_roles(const struct arguments *arguments, uint32_t *roles, const char **name)
{
    enum exit_code code = EXIT_DONE;
    *name = arguments_word(arguments, "NAME");
    for (int i = 0; i < arguments->count && code == EXIT_DONE; i++) {
        const char *word = arguments->at[i].word->name;
        if (strcmp(word, "role") == 0 || (strcmp(word, "NAME") == 0 && arguments->at[i].text != *name)) {
            code = add_roles(arguments->at[i].text, roles);
        }
    }
    if (code == EXIT_DONE && *roles == 0) {
        return say(EXIT_USAGE, "--role is missing: what may this key do?");
    }
    return code;
}

/* Says whether the district has the unit, where a dispatcher can be asked: a key may be made before it runs, or before its unit is
 * there, but not without a word. */
static const char *look_for_unit(struct session *session, const struct code *unit)
{
    const struct list_cases_query query = {.given = LIST_CASES_HAS_UNIT | LIST_CASES_HAS_COUNT, .unit = *unit, .count = 1};
    enum refusal refusal = REFUSAL_NONE;
    if (!session_probe(session, QUERY_LIST_CASES, &query, PROBE_MS, &refusal)) {
        say(EXIT_DONE,
            "whether the district has the unit `%.*s` was not looked up: the dispatcher at %s gave no answer. `huying units` lists "
            "the units.",
            CODE_SIZE, unit->s, session->options.server);
        return "unknown";
    }
    if (refusal != REFUSAL_UNKNOWN_UNIT) {
        return "yes";
    }
    say(EXIT_DONE,
        "the district has no unit `%.*s`: until units.csv has it, whatever this key asks is refused (KEY_UNIT). `huying units` "
        "lists "
        "the units; to take another, remove the two files and make the key again.",
        CODE_SIZE, unit->s);
    return "no";
}

enum exit_code tools_keys_new(struct session *session, const struct arguments *arguments)
{
    char folder[PATH_MAX];
    uint32_t roles = 0;
    const char *name = NULL;
    const char *unit = arguments_word(arguments, "unit");
    enum exit_code code = read_roles(arguments, &roles, &name);
    if (code != EXIT_DONE) {
        return code;
    }
    const char *matters = arguments_word(arguments, "matters");
    struct codes codes;
    const char *why = keys_matters_parse(matters, &codes);
    if (why != NULL) {
        return say(EXIT_USAGE, "--matters %s: %s.", matters, why);
    }
    if (unit == NULL) {
        return say(EXIT_USAGE, "--unit is missing: whose subtree does this key cover? The district's code covers all.");
    }
    struct code unit_code, name_code;
    if (!code_make(unit, strlen(unit), &unit_code)) {
        return say(EXIT_USAGE, "--unit: `%s` is not a code. A code has 1 to 32 of the characters A-Z a-z 0-9 _ . -", unit);
    }
    if (!code_make(name, strlen(name), &name_code) || name[0] == '.' || strcmp(name, "server") == 0) {
        return say(EXIT_USAGE,
                   "`%s` is not a valid name for a key: use 1 to 32 of the characters A-Z a-z 0-9 _ . -, without a dot at the "
                   "beginning, and not `server`.",
                   name);
    }
    int rc = session_keys_folder(session, folder, sizeof(folder));
    if (rc == 0) {
        rc = keys_folder_ensure(folder);
    }
    if (rc < 0) {
        return say_errno(rc, "cannot use the keys folder; name one with --keys or HUYING_KEYS");
    }
    rc = keys_new(folder, name, roles, unit, matters);
    if (rc == -EEXIST) {
        return say(EXIT_REFUSED, "there is a key `%s` in %s already. Take another name, or remove %s.key and %s.pub there first.",
                   name, folder, name, name);
    }
    if (rc < 0) {
        return say_errno(rc, "cannot make the key in %s", folder);
    }
    const char *known = look_for_unit(session, &unit_code);
    if (session->options.json) {
        json_t *view = json_pack("{s:s, s:s, s:s, s:s}", "name", name, "unit", unit, "folder", folder, "unit_known", known);
        render_json(view);
        json_decref(view);
    } else {
        printf(_("%s/%s.key   for its holder, with a copy of server.pub: huying --key %s/%s.key ...\n"), folder, name, folder,
               name);
        printf(_("%s/%s.pub   for the dispatcher's keys folder; it is seen there at once\n"), folder, name);
    }
    return EXIT_DONE;
}
