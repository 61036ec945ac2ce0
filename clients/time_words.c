/* time_words.c - how instants and spans are told to people */
#include "clients/time_words.h"

#include "base/i18n.h"
#include "config/local_time.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)

static const struct {
    int64_t ms;
    const char *name;
} units[] = {{DAY_MS, NC_("span", "d")},
             {3600000, NC_("span", "h")},
             {60000, NC_("span", "min")},
             {1000, NC_("span", "s")},
             {1, NC_("span", "ms")}};

static void print_for_view(const void *zone, int64_t at_ms, char ret[VIEW_INSTANT_SIZE])
{
    static_assert(VIEW_INSTANT_SIZE >= INSTANT_SIZE, "an instant fits into a view");
    local_time_print(at_ms, zone, ret);
}

struct view_time zone_time(const struct zone *zone)
{
    return (struct view_time){print_for_view, zone};
}

char *span_print(int64_t span_ms, char ret[INSTANT_SIZE])
{
    const size_t count = sizeof(units) / sizeof(units[0]);
    const char *sign = span_ms < 0 ? "-" : "";
    int64_t rest = span_ms < 0 ? -span_ms : span_ms;
    size_t i = 0;
    while (i + 1 < count && rest < units[i].ms) {
        i++;
    }
    int64_t large = rest / units[i].ms;
    int64_t small = i + 1 < count ? rest % units[i].ms / units[i + 1].ms : 0;
    if (small > 0) {
        snprintf(ret, INSTANT_SIZE, "%s%lld %s %lld %s", sign, (long long)large, i18n_in("span", units[i].name), (long long)small,
                 i18n_in("span", units[i + 1].name));
    } else {
        snprintf(ret, INSTANT_SIZE, "%s%lld %s", sign, (long long)large, i18n_in("span", units[i].name));
    }
    return ret;
}

/* Appends the parts of a span that are not 0, from the unit `first` on. */
static void print_parts(int64_t span_ms, size_t first, char ret[INSTANT_SIZE])
{
    uint64_t rest = span_ms < 0 ? -(uint64_t)span_ms : (uint64_t)span_ms;
    int size = snprintf(ret, INSTANT_SIZE, "%s", span_ms < 0 ? "-" : ""), sign = size;
    for (size_t i = first; i < sizeof(units) / sizeof(units[0]); i++) {
        uint64_t count = rest / (uint64_t)units[i].ms;
        rest %= (uint64_t)units[i].ms;
        if (count > 0) {
            size += snprintf(ret + size, INSTANT_SIZE - (size_t)size, "%s%llu %s", size > sign ? " " : "",
                             (unsigned long long)count, i18n_in("span", units[i].name));
        }
    }
    if (size == 0) {
        snprintf(ret, INSTANT_SIZE, "0 %s", i18n_in("span", "min"));
    }
}

bool kind_works(const char *time_kind)
{
    return time_kind != NULL && strncmp(time_kind, "working", 7) == 0;
}

char *span_print_exact(int64_t span_ms, const char *time_kind, char ret[INSTANT_SIZE])
{
    print_parts(span_ms, kind_works(time_kind), ret);
    return ret;
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
    char span[INSTANT_SIZE / 2];
    print_parts(amount, kind_works(time_kind), ret);
    snprintf(span, sizeof(span), "%.31s", ret);
    snprintf(ret, INSTANT_SIZE, "%s%s", span, kind_works(time_kind) ? _(" of working time") : "");
    return ret;
}
