/*
 * options.c - the options that stand before or after every verb
 */
#include "clients/options.h"

#include "base/i18n.h"
#include "clients/say.h"

#include <stdlib.h>
#include <string.h>

enum { OPTION_SERVER = 0x1000, OPTION_KEY, OPTION_KEYS, OPTION_PLAIN, OPTION_JSON, OPTION_AT, OPTION_REQUEST, OPTION_TIMEOUT };

static const struct argp_option global_options[] = {
    {0, 0, 0, 0, N_("Everywhere:"), 90},
    {"server", OPTION_SERVER, "URL", 0, N_("The dispatcher (HUYING_SERVER; tcp://127.0.0.1:7311)"), 0},
    {"key", OPTION_KEY, "KEY", 0, N_("Your key: its file, or its name in the keys folder (HUYING_KEY; default)"), 0},
    {"keys", OPTION_KEYS, "DIR", 0, N_("Keys folder (HUYING_KEYS; ~/.config/huying/keys)"), 0},
    {"plain", OPTION_PLAIN, 0, 0, N_("Connect without encryption; the dispatcher must have been started with --plain"), 0},
    {"json", OPTION_JSON, 0, 0, N_("Answer as JSON"), 0},
    {"at", OPTION_AT, "INSTANT", 0, N_("Drill time, role importer: the command's own instant"), 0},
    {"request", OPTION_REQUEST, "ID", 0, N_("Request id; the same id again gives the same answer and does nothing twice"), 0},
    {"timeout", OPTION_TIMEOUT, "SECONDS", 0, N_("How long to wait for an answer (10)"), 0},
    {0},
};

static const char *environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : otherwise;
}

void options_init(struct options *options)
{
    *options = (struct options){
        .server = environment("HUYING_SERVER", "tcp://127.0.0.1:7311"),
        .key = environment("HUYING_KEY", "default"),
        .keys = environment("HUYING_KEYS", NULL),
    };
}

static void set_timeout(struct options *options, const char *text, struct argp_state *state)
{
    char *end = NULL;
    double seconds = strtod(text, &end);
    if (strspn(text, "0123456789.") != strlen(text) || end == text || *end != '\0' || !(seconds >= 0.001 && seconds <= 86400)) {
        argp_error(state, _("--timeout: a number of seconds from 0.001 to 86400 is needed, not `%s`"), text);
    }
    options->timeout_ms = (int64_t)(seconds * 1000);
}

/* One of two values would be dropped in silence. */
static void look_for_second(struct options *options, int key, const char *text, struct argp_state *state)
{
    const struct argp_option *option = global_options;
    while (option->key != key) {
        option++;
    }
    const uint32_t bit = UINT32_C(1) << (option - global_options);
    if ((options->given & bit) != 0) {
        argp_error(state, _("--%s is given twice. Give it once, before or after the verb"), option->name);
    }
    if (text != NULL && text[0] == '\0') {
        argp_error(state, _("--%s is empty: give it a value, or leave it out"), option->name);
    }
    options->given |= bit;
}

static error_t parse_global(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    if (key >= OPTION_SERVER && key <= OPTION_TIMEOUT) {
        look_for_second(options, key, text, state);
    }
    switch (key) {
    case OPTION_SERVER:
        options->server = text;
        return 0;
    case OPTION_KEY:
        options->key = text;
        return 0;
    case OPTION_KEYS:
        options->keys = text;
        return 0;
    case OPTION_PLAIN:
        options->plain = true;
        return 0;
    case OPTION_JSON:
        options->json = true;
        say_as_json();
        return 0;
    case OPTION_AT:
        options->at = text;
        return 0;
    case OPTION_REQUEST:
        options->request = text;
        return 0;
    case OPTION_TIMEOUT:
        set_timeout(options, text, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp options_argp = {global_options, parse_global, NULL, NULL, NULL, i18n_help, NULL};
