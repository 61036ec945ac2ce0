/*
 * manual.c - the manual page huying(1)
 *
 * The build installs what `huying --manual` prints, so that the page cannot lag behind the tables.
 */
#include "clients/manual.h"

#include "clients/arguments.h"

#include <stdio.h>
#include <string.h>

/* A text that roff is to print as it is; what stands between `` is bold. */
static void print_text(const char *text)
{
    bool bold = false;
    if (*text == '.' || *text == '\'') {
        fputs("\\&", stdout);
    }
    for (; *text != '\0'; text++) {
        if (*text == '\\') {
            fputs("\\e", stdout);
        } else if (*text == '-') {
            fputs("\\-", stdout);
        } else if (*text == '`') {
            fputs((bold = !bold) ? "\\fB" : "\\fR", stdout);
        } else if (*text == '\n') {
            fputs("\n.br\n", stdout);
        } else {
            putchar(*text);
        }
    }
}

static void print_line(const char *text)
{
    print_text(text);
    putchar('\n');
}

static void print_word(const struct verb_word *word, const struct shape *shape, bool option)
{
    const struct field_shape *field = shape_field(shape, text_of(word->field));
    const struct enum_shape *values = arguments_values(shape, word);
    puts(".TP");
    fputs(option ? ".B \\-\\-" : ".I ", stdout);
    print_text(word->name);
    if (option && word->value != NULL) {
        fputs(" \\fI", stdout);
        print_text(word->value);
        fputs("\\fR", stdout);
    }
    putchar('\n');
    print_text(word->doc);
    puts(field != NULL && field->required && word->name[0] != '[' ? " (needed)." : ".");
    for (uint32_t i = 0; values != NULL && i < values->count; i++) {
        fputs(i == 0 ? "One of: " : ",\n", stdout);
        print_text(values->names[i]);
        fputs(i + 1 == values->count ? ".\n" : "", stdout);
    }
}

static void print_usage(const struct verb *verb)
{
    fputs(".SS \"huying ", stdout);
    print_text(verb->name);
    for (const struct verb_word *word = verb->positions; word != NULL && word->name != NULL && verb->usage == NULL; word++) {
        putchar(' ');
        print_text(word->name);
        if (verb->many && word[1].name == NULL) {
            fputs(" ...", stdout);
        }
    }
    if (verb->usage != NULL) {
        putchar(' ');
    }
    for (const char *at = verb->usage; at != NULL && *at != '\0'; at++) {
        if (*at == '\n') {
            fputs(" | ", stdout);
        } else {
            putchar(*at);
        }
    }
    puts("\"");
}

static void print_verb(const struct verb *verb)
{
    const struct shape *shape = arguments_shape(verb);
    print_usage(verb);
    print_text(verb->doc);
    puts(".");
    for (const struct verb_word *word = verb->positions; word != NULL && word->name != NULL; word++) {
        print_word(word, shape, false);
    }
    for (const struct verb_word *word = verb->options; word != NULL && word->name != NULL; word++) {
        print_word(word, shape, true);
    }
    if (verb->passes_on) {
        puts(".P\nIt is done by\n.BR huying\\-admin (8).");
    }
    if (verb->more != NULL) {
        puts(".P");
        print_line(verb->more);
    }
}

static void print_global_options(void)
{
    puts(".SH OPTIONS\nThese stand before the verb or anywhere after it.");
    for (const struct argp_option *option = options_argp.options; option->name != NULL || option->doc != NULL; option++) {
        if (option->name == NULL) {
            continue;
        }
        const struct verb_word word = {option->name, NULL, option->arg, option->doc};
        print_word(&word, NULL, true);
    }
    puts(".TP\n.B \\-\\-help\nHelp of the verb, or of huying.\n.TP\n.B \\-\\-version\nThe version.\n.TP\n"
         ".B \\-\\-completion \\fISHELL\\fR\nWhat bash, zsh or fish reads to complete the words of huying.");
}

static const char head[] =
    ".TH HUYING 1 2026-11-22 \"Huying\" \"Huying\"\n"
    ".SH NAME\nhuying \\- the command line of the dispatch engine Huying\n"
    ".SH SYNOPSIS\n.B huying\n.RI [ option ...]\n.I verb\n.RI [ argument ...]\n"
    ".SH DESCRIPTION\n"
    "Huying dispatches complaints of citizens: a complaint comes in, is routed by the list, handled, answered, and checked with "
    "the\n"
    "citizen. Each verb below is one step, or one look. It speaks with the dispatcher,\n.BR huyingd (8).\n"
    ".P\nA case is named by its number,\n.IR YYMMDD\\-NNNNN\\-C ,\nwhose last digit checks the others, or by its id.\n"
    "An instant is written 2011\\-10\\-01, \"2011\\-10\\-01 08:30\" (both in the time of the district) or\n"
    "2011\\-10\\-01T08:30:00\\-04:00; a span 30min, 2h or 5d.\n"
    ".P\nAnswers go to standard output, refusals and mistakes to standard error. With\n.B \\-\\-json\n"
    "answers are JSON, and a refusal is one JSON object on one line:\n"
    ".IR refusal ,\n.IR field ,\n.IR sentence ,\n.IR hint ,\n.I retry\nand, where an option gives the field,\n.IR option .\n";

static const char tail[] = ".SH EXIT STATUS\n"
                           ".TP\n.B 0\nDone.\n.TP\n.B 1\nRefused: standard error says why, and what to do.\n.TP\n.B 2\nWrong "
                           "usage: an option, an argument or its value.\n"
                           ".TP\n.B 3\nThe dispatcher is not reachable, or does not admit the key.\n.TP\n.B 4\nFailed.\n"
                           ".TP\n.B 5\nThe dispatcher is busy: the same again in a moment.\n"
                           ".SH ENVIRONMENT\n"
                           ".TP\n.B HUYING_SERVER\nThe dispatcher, as\n.BR \\-\\-server .\n"
                           ".TP\n.B HUYING_KEY\nYour key, as\n.BR \\-\\-key .\n"
                           ".TP\n.B HUYING_KEYS\nThe keys folder, as\n.BR \\-\\-keys .\n"
                           ".TP\n.B NO_COLOR\nWhere it is set and not empty, nothing is painted.\n"
                           ".SH FILES\n"
                           ".TP\n.I ~/.config/huying/keys/server.pub\nPublic key of the dispatcher.\n"
                           ".TP\n.I ~/.config/huying/keys/NAME.key\nA key pair; its holder's alone (mode 600).\n"
                           ".SH SEE ALSO\n"
                           ".BR huyingd (8),\n.BR huying\\-admin (8),\n.BR huying\\-config (5)\n"
                           ".P\nThe pages\n.I docs/whistle.md\nand\n.I docs/whistle.zh\\-CN.md\n"
                           "tell a call from the bell to the rating, for streets and departments.\n";

static const char *const group_titles[VERB_GROUP_COUNT] = {
    [VERB_DESK] = "OPERATOR AND DISPATCHER", [VERB_UNIT] = "CLERK OF A UNIT",  [VERB_CALL] = "CALLS",
    [VERB_FOLLOWUP] = "FOLLOW-UP OFFICER",   [VERB_SUPERVISOR] = "SUPERVISOR", [VERB_DRILL] = "DRILL TIME",
    [VERB_MACHINE] = "ADMINISTRATOR",
};

void manual_print(void)
{
    fputs(head, stdout);
    print_global_options();
    for (int group = 0; group < VERB_GROUP_COUNT; group++) {
        fputs(".SH ", stdout);
        print_line(group_titles[group]);
        for (const struct verb *verb = verb_next(NULL); verb != NULL; verb = verb_next(verb)) {
            if ((int)verb->group == group) {
                print_verb(verb);
            }
        }
    }
    fputs(tail, stdout);
}
