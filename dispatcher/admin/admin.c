/* admin.c - huying-admin: what works on files without a server */
#include "dispatcher/admin/admin.h"

#include "base/i18n.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static char check_program[] = "huying check", config_program[] = "huying config", restore_program[] = "huying restore";

static const struct {
    const char *name;
    char *program;
    int (*run)(int argc, char **argv);
    const char *line;
} commands[] = {
    {"check", check_program, admin_check,
     N_("check --data DIR        replay the journal and compare every row, clock and counter with it")},
    {"restore", restore_program, admin_restore, N_("restore FOLDER --data DIR  make a data folder from a backup, and check it")},
    {"config", config_program, admin_config,
     N_("config check DIR        read a configuration folder and show every fault, or what it holds")},
    {"config", config_program, admin_config,
     N_("config preview DIR --data DATA  what that folder would do to the open cases, beside a running server")},
};

static void usage(FILE *out)
{
    fprintf(out, _("Usage: huying-admin COMMAND [OPTION...]\nWorks on files; needs no server.\n\n"));
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        fprintf(out, "  %s\n", _(commands[i].line));
    }
    fprintf(
        out,
        _("\n`huying-admin COMMAND --help` says more. Exit code: 0 clean, 1 faults or differences, 2 usage, 4 failure, 5 busy.\n"));
}

int main(int argc, char **argv)
{
    /* UTF-8 whatever the environment says; numbers and sorting stay C. */
    setlocale(LC_CTYPE, "C.UTF-8");
    i18n_begin();
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        usage(stdout);
        return EXIT_DONE;
    }
    for (size_t i = 0; argc >= 2 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            argv[1] = commands[i].program; /* argp names it: people type `huying`, which becomes this */
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    if (argc >= 2) {
        fprintf(stderr, _("huying-admin: there is no command `%s`.\n"), argv[1]);
    }
    usage(stderr);
    return EXIT_USAGE;
}
