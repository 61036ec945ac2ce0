/* time_words.c - how instants and spans are told to people */
#include "clients/time_words.h"

#include "base/i18n.h"
#include "config/local_time.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void print_for_view(const void *zone, int64_t at_ms, char ret[VIEW_INSTANT_SIZE])
{
    static_assert(VIEW_INSTANT_SIZE >= INSTANT_SIZE, "an instant fits into a view");
    local_time_print(at_ms, zone, ret);
}

struct view_time zone_time(const struct zone *zone)
{
    return (struct view_time){print_for_view, zone};
}

bool kind_works(const char *time_kind)
{
    return time_kind != NULL && strncmp(time_kind, "working", 7) == 0;
}

char *span_print_exact(int64_t span_ms, const char *time_kind, char ret[INSTANT_SIZE])
{
    return span_print_parts(span_ms, kind_works(time_kind), ret);
}

char *limit_print(int64_t amount, const char *time_kind, char ret[INSTANT_SIZE])
{
    ret[0] = '\0';
    if (amount == 0 || time_kind == NULL) {
        return ret;
    }
    if (strstr(time_kind, "_days") != NULL) {
        snprintf(ret, INSTANT_SIZE,
                 kind_works(time_kind) ? n_("%lld working day", "%lld working days", (unsigned long)amount)
                                       : n_("%lld natural day", "%lld natural days", (unsigned long)amount),
                 (long long)amount);
        return ret;
    }
    char span[SPAN_SIZE];
    span_print_parts(amount, kind_works(time_kind), span);
    snprintf(ret, INSTANT_SIZE, "%.31s%s", span, kind_works(time_kind) ? _(" of working time") : "");
    return ret;
}
