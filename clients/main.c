/*
 * main.c - huying, the command line
 *
 * Reads the options that stand before the verb, finds the verb in its table and runs it.
 */
#include "base/i18n.h"
#include "clients/arguments.h"
#include "clients/completion.h"
#include "clients/manual.h"

#include <argp.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_HELP = '?', OPTION_VERSION = 'V', OPTION_COMPLETION = 0x4000, OPTION_MANUAL };

const char *argp_program_version = "huying " HUYING_VERSION;

static error_t parse_top(int key, char *text, struct argp_state *state)
{
    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = state->input;
        return 0;
    }
    if (key == OPTION_HELP) {
        verb_help();
        putchar('\n');
        argp_state_help(state, stdout, ARGP_HELP_LONG | ARGP_HELP_EXIT_OK);
    }
    if (key == OPTION_VERSION) {
        puts(argp_program_version);
        exit(EXIT_DONE);
    }
    if (key == OPTION_COMPLETION) {
        exit(completion_print(text));
    }
    if (key == OPTION_MANUAL) {
        manual_print();
        exit(EXIT_DONE);
    }
    return ARGP_ERR_UNKNOWN; /* the first word that is not an option ends this reading: the verb begins */
}

/* Gives the index of the verb in argv. */
static int parse_options(struct options *options, int argc, char **argv)
{
    static const struct argp_option own[] = {
        {"help", OPTION_HELP, 0, 0, N_("This help"), -1},
        {"version", OPTION_VERSION, 0, 0, N_("Print program version"), -1},
        {"completion", OPTION_COMPLETION, "SHELL", 0, N_("Print what bash, zsh or fish reads to complete the words of huying"), -1},
        {"manual", OPTION_MANUAL, 0, OPTION_HIDDEN, N_("Print the manual page huying(1)"), -1},
        {0},
    };
    const struct argp_child children[] = {{&options_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {own, parse_top, "VERB [ARGUMENT...]", NULL, children, i18n_help, NULL};
    int index = argc;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER | ARGP_NO_HELP, &index, options);
    return index;
}

static enum exit_code run(struct session *session, int argc, char **argv)
{
    struct arguments arguments;
    static char help[] = "--help";
    int used = 0;
    int at = parse_options(&session->options, argc, argv);
    bool wants_help = at < argc && strcmp(argv[at], "help") == 0;
    at += wants_help;
    if (at >= argc) {
        verb_help();
        return EXIT_DONE;
    }
    const struct verb *verb = verb_find(argc - at, argv + at, &used);
    if (verb == NULL) {
        return verb_unknown(argc - at, argv + at);
    }
    /* argp wants the program's name in front: the verb's last word makes room for it. */
    char **words = argv + at + used - 1;
    char *only_help[] = {argv[0], help, NULL};
    if (wants_help) {
        arguments_parse(&arguments, verb, session, 2, only_help);
    } else {
        arguments_parse(&arguments, verb, session, argc - at - used + 1, words);
    }
    return verb->run(session, &arguments);
}

int main(int argc, char **argv)
{
    struct session session;
    setlocale(LC_CTYPE, "C.UTF-8");
    i18n_begin();
    argp_err_exit_status = EXIT_USAGE;
    session_init(&session);
    enum exit_code code = run(&session, argc, argv);
    session_deinit(&session);
    if (fflush(stdout) != 0 && code == EXIT_DONE) {
        code = say(EXIT_FAILED, "standard output cannot be written");
    }
    return code;
}
