/*
 * completion.c - what a shell may write next
 *
 * bash and zsh read the same plain sh functions: each answers one question with words. `@file` stands for names of files, `@any`
 * for a value that nobody can guess; an option without an answer is a flag.
 */
#include "clients/completion.h"

#include "clients/arguments.h"

#include <stdio.h>
#include <string.h>

#define NAME_SIZE 64

static bool is_file(const char *value)
{
    return strstr(value, "FILE") != NULL || strstr(value, "DIR") != NULL || strstr(value, ".yaml") != NULL ||
           strstr(value, ".csv") != NULL;
}

/* The words that may stand for a value: of a closed list, `@file` or `@any`. `name` is what the help writes for it. */
static void print_values(const struct shape *shape, const struct verb_word *word, const char *name)
{
    const struct field_shape *field = shape_field(shape, text_of(word->field));
    const struct enum_shape *values = arguments_values(shape, word);
    if (field != NULL && field->type == FIELD_FLAG) {
        fputs("yes no", stdout);
    } else if (values == NULL) {
        fputs(is_file(name) ? "@file" : "@any", stdout);
    }
    for (uint32_t i = 0; values != NULL && i < values->count; i++) {
        printf("%s%s", i == 0 ? "" : " ", values->names[i]);
    }
}

/* The part of a verb's name before its blank; "" for the second part of one that has none. */
static const char *first_word(const struct verb *verb, char ret[NAME_SIZE])
{
    snprintf(ret, NAME_SIZE, "%.*s", (int)strcspn(verb->name, " "), verb->name);
    return ret;
}

/* Is this the first verb of the tables that begins with this word? */
static bool is_new(const struct verb *verb)
{
    char word[NAME_SIZE], other[NAME_SIZE];
    first_word(verb, word);
    for (const struct verb *at = verb_next(NULL); at != verb; at = verb_next(at)) {
        if (strcmp(first_word(at, other), word) == 0) {
            return false;
        }
    }
    return true;
}

static void print_first_words(void)
{
    char word[NAME_SIZE];
    for (const struct verb *verb = verb_next(NULL); verb != NULL; verb = verb_next(verb)) {
        if (is_new(verb)) {
            printf("%s ", first_word(verb, word));
        }
    }
}

static void print_second_words(const char *first)
{
    char word[NAME_SIZE];
    const char *between = "";
    for (const struct verb *verb = verb_next(NULL); verb != NULL; verb = verb_next(verb)) {
        if (strchr(verb->name, ' ') == NULL || strcmp(first_word(verb, word), first) != 0) {
            continue;
        }
        printf("%s%s", between, verb->name + strlen(first) + 1);
        between = " ";
    }
}

static bool has_second_words(const char *first)
{
    char word[NAME_SIZE];
    for (const struct verb *verb = verb_next(NULL); verb != NULL; verb = verb_next(verb)) {
        if (strchr(verb->name, ' ') != NULL && strcmp(first_word(verb, word), first) == 0) {
            return true;
        }
    }
    return false;
}

/* --- bash and zsh --- */

static void print_options(void)
{
    puts("_huying_options() {\n    case \"$1\" in");
    for (const struct verb *verb = verb_next(NULL); verb != NULL; verb = verb_next(verb)) {
        if (verb->options == NULL) {
            continue;
        }
        printf("    '%s') printf '%%s ' '", verb->name);
        for (const struct verb_word *word = verb->options; word->name != NULL; word++) {
            printf("%s--%s", word == verb->options ? "" : " ", word->name);
        }
        puts("' ;;");
    }
    printf("    esac\n    echo '");
    for (const struct argp_option *option = options_argp.options; option->name != NULL || option->doc != NULL; option++) {
        if (option->name != NULL) {
            printf("--%s ", option->name);
        }
    }
    puts("--help'\n}");
}

static void print_option_values(void)
{
    puts("_huying_values() {\n    case \"$2\" in");
    for (const struct argp_option *option = options_argp.options; option->name != NULL || option->doc != NULL; option++) {
        if (option->name == NULL || option->arg == NULL) {
            continue;
        }
        printf("    --%s) echo '%s'; return ;;\n", option->name, is_file(option->arg) ? "@file" : "@any");
    }
    puts("    esac\n    case \"$1 $2\" in");
    for (const struct verb *verb = verb_next(NULL); verb != NULL; verb = verb_next(verb)) {
        const struct shape *shape = arguments_shape(verb);
        for (const struct verb_word *word = verb->options; word != NULL && word->name != NULL; word++) {
            if (word->value == NULL) {
                continue;
            }
            printf("    '%s --%s') echo '", verb->name, word->name);
            print_values(shape, word, word->value);
            puts("' ;;");
        }
    }
    puts("    esac\n}");
}

static void print_positions(void)
{
    puts("_huying_position() {\n    case \"$1 $2\" in");
    for (const struct verb *verb = verb_next(NULL); verb != NULL; verb = verb_next(verb)) {
        const struct shape *shape = arguments_shape(verb);
        int at = 1;
        for (const struct verb_word *word = verb->positions; word != NULL && word->name != NULL; word++, at++) {
            if (!is_file(word->name) && arguments_values(shape, word) == NULL) {
                continue;
            }
            printf("    '%s %d') echo '", verb->name, at);
            print_values(shape, word, word->name);
            puts("' ;;");
        }
    }
    puts("    esac\n}");
}

static void print_verbs(void)
{
    char word[NAME_SIZE];
    printf("_huying_verbs() {\n    echo '");
    print_first_words();
    puts("help'\n}\n_huying_seconds() {\n    case \"$1\" in");
    for (const struct verb *verb = verb_next(NULL); verb != NULL; verb = verb_next(verb)) {
        if (!is_new(verb) || !has_second_words(first_word(verb, word))) {
            continue;
        }
        printf("    '%s') echo '", word);
        print_second_words(word);
        puts("' ;;");
    }
    puts("    esac\n}");
}

/* Given the words before the cursor: the words that may come next, or @file, or
 * nothing. The first argument is the word under
 * the cursor. */
static const char candidates[] =
    "_huying_candidates() {\n"
    "    local cur=\"$1\" verb= wants= help= count=0 word\n"
    "    shift\n"
    "    for word in \"$@\"; do\n"
    "        [ \"$word\" = '=' ] && continue\n"
    "        if [ -n \"$wants\" ]; then wants=; continue; fi\n"
    "        case \"$word\" in\n"
    "        --*=*) ;;\n"
    "        -*) [ -n \"$(_huying_values \"$verb\" \"$word\")\" ] && wants=$word ;;\n"
    "        *)\n"
    "            if [ -z \"$verb\" ] && [ \"$word\" = help ]; then help=yes\n"
    "            elif [ -z \"$verb\" ]; then verb=$word\n"
    "            else\n"
    "                case \" $(_huying_seconds \"$verb\") \" in\n"
    "                *\" $word \"*) [ \"$count\" -eq 0 ] && verb=\"$verb $word\" || count=$((count + 1)) ;;\n"
    "                *) count=$((count + 1)) ;;\n"
    "                esac\n"
    "            fi ;;\n"
    "        esac\n"
    "    done\n"
    "    if [ -n \"$wants\" ]; then _huying_values \"$verb\" \"$wants\"; return; fi\n"
    "    case \"$cur\" in -*) _huying_options \"$verb\"; return ;; esac\n"
    "    if [ -z \"$verb\" ]; then _huying_verbs; return; fi\n"
    "    word=$([ \"$count\" -eq 0 ] && _huying_seconds \"$verb\"; [ -n \"$help\" ] || _huying_position \"$verb\" $((count + 1)))\n"
    "    if [ -n \"$word$help\" ]; then echo $word; else _huying_options \"$verb\"; fi\n"
    "}\n";

static const char bash_tail[] = "_huying() {\n"
                                "    local cur=\"${COMP_WORDS[COMP_CWORD]}\" words\n"
                                "    [ \"$cur\" = '=' ] && cur=\n"
                                "    words=$(_huying_candidates \"$cur\" \"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n"
                                "    case \"$words\" in\n"
                                "    @any) COMPREPLY=() ;;\n"
                                "    @file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
                                "    *) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n"
                                "    esac\n"
                                "}\n"
                                "complete -F _huying huying\n";

static const char zsh_tail[] = "_huying() {\n"
                               "    local answer\n"
                               "    answer=$(_huying_candidates \"$words[CURRENT]\" \"${(@)words[2,CURRENT-1]}\")\n"
                               "    case \"$answer\" in\n"
                               "    @any) ;;\n"
                               "    @file) _files ;;\n"
                               "    *) compadd -- ${=answer} ;;\n"
                               "    esac\n"
                               "}\n"
                               "_huying \"$@\"\n";

static void print_sh(void)
{
    print_verbs();
    print_options();
    print_option_values();
    print_positions();
    fputs(candidates, stdout);
}

/* --- fish --- */

/* A text between single quotes of fish. */
static void print_quoted(const char *text)
{
    putchar('\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
    putchar('\'');
}

/* The condition that a verb has been written. */
static void print_condition(const struct verb *verb)
{
    char word[NAME_SIZE];
    const char *space = strchr(verb->name, ' ');
    printf("complete -c huying -n '__fish_seen_subcommand_from %s", first_word(verb, word));
    if (space != NULL) {
        printf("; and __fish_seen_subcommand_from %s", space + 1);
    }
    printf("'");
}

static void print_fish_value(const struct shape *shape, const struct verb_word *word)
{
    const struct field_shape *field = shape_field(shape, text_of(word->field));
    if (word->value == NULL) {
        return;
    }
    fputs(is_file(word->value) ? " -r -F" : " -x", stdout);
    if (arguments_values(shape, word) != NULL || (field != NULL && field->type == FIELD_FLAG)) {
        fputs(" -a '", stdout);
        print_values(shape, word, word->value);
        putchar('\'');
    }
}

/* How the verb's own word, the last one, is offered. */
static void print_fish_name(const struct verb *verb)
{
    char word[NAME_SIZE];
    const char *space = strchr(verb->name, ' ');
    first_word(verb, word);
    if (is_new(verb) && space != NULL) {
        printf("complete -c huying -n \"not __fish_seen_subcommand_from $first\" -a '%s'\n", word);
    }
    if (space == NULL) {
        printf("complete -c huying -n \"not __fish_seen_subcommand_from $first\" -a '%s' -d ", verb->name);
    } else {
        printf("complete -c huying -n '__fish_seen_subcommand_from %s; and not __fish_seen_subcommand_from ", word);
        print_second_words(word);
        printf("' -a '%s' -d ", space + 1);
    }
    print_quoted(verb->doc);
    putchar('\n');
}

static void print_fish_words(const struct verb *verb)
{
    const struct shape *shape = arguments_shape(verb);
    for (const struct verb_word *word = verb->positions; word != NULL && word->name != NULL; word++) {
        if (!is_file(word->name) && arguments_values(shape, word) == NULL) {
            continue;
        }
        const struct verb_word position = {.name = word->name, .field = word->field, .value = word->name, .values = word->values};
        print_condition(verb);
        print_fish_value(shape, &position);
        putchar('\n');
    }
    for (const struct verb_word *option = verb->options; option != NULL && option->name != NULL; option++) {
        print_condition(verb);
        printf(" -l %s", option->name);
        print_fish_value(shape, option);
        printf(" -d ");
        print_quoted(option->doc);
        putchar('\n');
    }
}

static void print_fish(void)
{
    printf("complete -c huying -f\nset -l first ");
    print_first_words();
    puts("\ncomplete -c huying -n \"not __fish_seen_subcommand_from $first help\" -a help -d 'More about one verb'");
    for (const struct verb *verb = verb_next(NULL); verb != NULL; verb = verb_next(verb)) {
        print_fish_name(verb);
        print_fish_words(verb);
    }
    for (const struct argp_option *option = options_argp.options; option->name != NULL || option->doc != NULL; option++) {
        if (option->name == NULL) {
            continue;
        }
        const struct verb_word global = {.name = option->name, .value = option->arg};
        printf("complete -c huying -l %s", option->name);
        print_fish_value(NULL, &global);
        printf(" -d ");
        print_quoted(option->doc);
        putchar('\n');
    }
}

enum exit_code completion_print(const char *shell)
{
    if (strcmp(shell, "bash") == 0) {
        puts("# completion of huying for bash");
        print_sh();
        fputs(bash_tail, stdout);
    } else if (strcmp(shell, "zsh") == 0) {
        puts("#compdef huying");
        print_sh();
        fputs(zsh_tail, stdout);
    } else if (strcmp(shell, "fish") == 0) {
        puts("# completion of huying for fish");
        print_fish();
    } else {
        return say(EXIT_USAGE, "--completion: `%s` is not one of: bash, zsh, fish.", shell);
    }
    return EXIT_DONE;
}
