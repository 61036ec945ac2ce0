/*
 * notify_main.c - huying-notify: events to webhooks
 */
#include "workers/notify.h"

#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#define AT(member) offsetof(struct notify_options, member)
#define POLICY(member) offsetof(struct notify_options, policy.member)

const char *argp_program_version = "huying-notify " HUYING_VERSION;

static int read_hook(struct settings *settings, void *options, const struct yaml_tree *tree, const struct yaml_tree_node *node,
                     const char *text, char fault[YAML_TREE_FAULT_SIZE])
{
    struct notify_options *notify = options;

    if (notify->hook_count == HOOKS_MAX) {
        snprintf(fault, YAML_TREE_FAULT_SIZE, "more than %d hooks", HOOKS_MAX);
        return -EINVAL;
    }
    int rc = hook_read(settings, &notify->hooks[notify->hook_count], tree, node, text, fault);
    notify->hook_count += rc == 0;
    return rc;
}

static const struct setting own_settings[] = {
    {"hook", SETTING_LIST, 0, 0, 0, "HOOK", "`name=NAME url=URL secret=FILE types=TYPE,...`; may be given several times",
     read_hook},
    {"dead", SETTING_PATH, AT(dead), 0, 0, "DIR", "Folder of the dead letters, NAME.dead.jsonl (STATE_DIRECTORY; .)", NULL},
    {"replay-dead", SETTING_PATH, AT(replay_dead), 0, 0, "FILE", "Send the letters of this file again, and end", NULL},
    {"from", SETTING_TEXT, AT(from), 0, 0, "begin|now", "Where a hook with a new name begins", NULL},
    {"resource", SETTING_TEXT, AT(resource), 0, 0, "TEXT", "Address of a case, with {number}", NULL},
    {"attempts", SETTING_COUNT, POLICY(attempts), 1, 1000, "N", "Attempts before a letter is dead", NULL},
    {"pause", SETTING_SPAN, POLICY(pause_ms), 1, 86400000, "SPAN", "Longest pause after the first attempt; doubles", NULL},
    {"pause-max", SETTING_SPAN, POLICY(pause_max_ms), 1, 86400000, "SPAN", "Longest pause at all", NULL},
    {"retry-after-max", SETTING_SPAN, POLICY(retry_after_max_ms), 0, 86400000, "SPAN", "Longest wait that a server may ask for",
     NULL},
    {"concurrent", SETTING_COUNT, POLICY(concurrent), 1, 100, "N", "Requests at once of one hook", NULL},
    {"connect", SETTING_SPAN, AT(connect_ms), 1, 3600000, "SPAN", "Longest time to connect", NULL},
    {"time", SETTING_SPAN, AT(time_ms), 1, 3600000, "SPAN", "Longest time of one request", NULL},
    {"answer", SETTING_COUNT, AT(answer_max), 0, 16777216, "BYTES", "Bytes of an answer that are read", NULL},
    {"ca-file", SETTING_PATH, AT(ca_file), 0, 0, "FILE", "Certificates to trust (the system's)", NULL},
    {"proxy", SETTING_TEXT, AT(proxy), 0, 0, "URL", "Proxy (none, whatever the environment says)", NULL},
    {0},
};

static const struct settings_program program = {
    .name = "huying-notify",
    .doc = "Posts events to webhooks: signed, in order per case, again until they are delivered or written down as dead letters. "
           "docs/workers.md says what a receiver gets. In the file of --config, `hook` is a list of maps with name, url, secret "
           "and types.",
    .tables = {worker_settings, own_settings},
};

int main(int argc, char **argv)
{
    static struct notify_options options = {
        .resource = "case/{number}",
        .from = "begin",
        .policy = {.attempts = 12, .pause_ms = 1000, .pause_max_ms = 300000, .retry_after_max_ms = 3600000, .concurrent = 8},
        .connect_ms = 5000,
        .time_ms = 20000,
        .answer_max = 65536};
    const char *state = getenv("STATE_DIRECTORY");
    struct settings settings;

    setlocale(LC_CTYPE, "C.UTF-8");
    options.dead = state != NULL && state[0] != '\0' ? state : ".";
    worker_defaults(&options.worker);
    int code = settings_read(&program, argc, argv, &options, &settings);
    if (code == EXIT_DONE) {
        code = options.replay_dead != NULL ? notify_replay(&options) : notify_run(&options);
    }
    settings_deinit(&settings);
    return code;
}
