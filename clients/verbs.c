/*
 * verbs.c - the table of verbs, looked up and told
 */
#include "clients/near.h"
#include "clients/verb.h"

#include "base/i18n.h"

#include <stdio.h>
#include <string.h>

static const struct verb *const lists[] = {verb_case, verb_duty, verb_call,   verb_followup,
                                           verb_time, verb_read, verb_import, verb_tools};
enum { LIST_COUNT = sizeof(lists) / sizeof(lists[0]) };

static const char *const group_titles[VERB_GROUP_COUNT] = {
    [VERB_DESK] = N_("Operator and dispatcher"), [VERB_UNIT] = N_("Clerk of a unit"),  [VERB_CALL] = N_("Calls"),
    [VERB_FOLLOWUP] = N_("Follow-up officer"),   [VERB_SUPERVISOR] = N_("Supervisor"), [VERB_DRILL] = N_("Drill time"),
    [VERB_MACHINE] = N_("Administrator"),
};

const struct verb *verb_next(const struct verb *verb)
{
    if (verb == NULL) {
        return lists[0];
    }
    if (verb[1].name != NULL) {
        return verb + 1;
    }
    for (int i = 0; i + 1 < LIST_COUNT; i++) {
        for (const struct verb *at = lists[i]; at->name != NULL; at++) {
            if (at == verb) {
                return lists[i + 1];
            }
        }
    }
    return NULL;
}

const struct verb *verb_find(int count, char **words, int *ret_used)
{
    char name[64];
    for (int used = count < 2 ? count : 2; used > 0; used--) {
        snprintf(name, sizeof(name), used == 2 ? "%s %s" : "%s", words[0], used == 2 ? words[1] : "");
        for (const struct verb *verb = verb_next(NULL); verb != NULL; verb = verb_next(verb)) {
            if (strcmp(verb->name, name) == 0) {
                *ret_used = used;
                return verb;
            }
        }
    }
    return NULL;
}

/* Near: few letters away, or one of its words is what was written. */
static bool is_near(const char *verb, int count, char **words)
{
    char written[64];
    const char *space = strchr(verb, ' ');
    snprintf(written, sizeof(written), count > 1 && space != NULL ? "%s %s" : "%s", words[0],
             count > 1 && space != NULL ? words[1] : "");
    if (near_distance(verb, written) <= 2) {
        return true;
    }
    if (space == NULL) {
        return false;
    }
    size_t first = (size_t)(space - verb);
    return strcmp(space + 1, words[0]) == 0 || (strlen(words[0]) == first && memcmp(verb, words[0], first) == 0);
}

enum exit_code verb_unknown(int count, char **words)
{
    char near[512];
    int size = 0;
    for (const struct verb *verb = verb_next(NULL); verb != NULL; verb = verb_next(verb)) {
        if (is_near(verb->name, count, words) && size < (int)sizeof(near)) {
            size += snprintf(near + size, sizeof(near) - (size_t)size, "%s`%s`", size > 0 ? ", " : "", verb->name);
        }
    }
    if (size > 0) {
        return say(EXIT_USAGE, "there is no verb `%s%s%s`. Did you mean %s?", words[0], count > 1 ? " " : "",
                   count > 1 ? words[1] : "", near);
    }
    return say(EXIT_USAGE, "there is no verb `%s`. `huying` alone lists them.", words[0]);
}

void verb_help(void)
{
    fputs(_("Usage: huying [OPTION...] VERB [ARGUMENT...]\n"), stdout);
    for (int group = 0; group < VERB_GROUP_COUNT; group++) {
        printf("\n%s\n", _(group_titles[group]));
        for (const struct verb *verb = verb_next(NULL); verb != NULL; verb = verb_next(verb)) {
            if ((int)verb->group == group) {
                printf("  %-14s %s\n", verb->name, _(verb->doc));
            }
        }
    }
    fputs(_("\n`huying help VERB` says more about one; `huying --help` lists the options that stand with every verb.\n"), stdout);
}
