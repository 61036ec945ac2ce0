/*
 * say.c - what the command line says when something is not done
 */
#include "clients/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum exit_code say(enum exit_code code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("huying: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    return code;
}

enum exit_code say_errno(int error, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("huying: ", stderr);
    vfprintf(stderr, format, list);
    fprintf(stderr, ": %s\n", strerror(-error));
    va_end(list);
    return EXIT_FAILED;
}

enum exit_code say_exit_code(enum refusal refusal)
{
    if (refusal == REFUSAL_BUSY)
        return EXIT_BUSY;
    return refusal == REFUSAL_STORAGE_FAILED ? EXIT_FAILED : EXIT_REFUSED;
}

enum exit_code say_refused(const struct reply *reply, const char *option)
{
    fprintf(stderr, "huying: refused (%.*s): %.*s", (int)reply->code.size, reply->code.at, (int)reply->message.size,
            reply->message.at);
    if (reply->field.size > 0)
        fprintf(stderr, " (field: %.*s%s%s)", (int)reply->field.size, reply->field.at, option != NULL ? ", here --" : "",
                option != NULL ? option : "");
    if (reply->hint.size > 0)
        fprintf(stderr, " — %.*s", (int)reply->hint.size, reply->hint.at);
    fputc('\n', stderr);
    return say_exit_code(reply->refusal);
}
