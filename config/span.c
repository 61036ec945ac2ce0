/* span.c - numbers as people write them in configuration: spans of time, shares, switches */
#include "config/span.h"

#include "base/i18n.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)
#define SPAN_MAX_DAYS INT64_C(3660)

/* Reads digits; false when there are none or too many. */
static bool digits(const char **at, int64_t *ret)
{
    const char *begin = *at;
    int64_t value = 0;
    while (**at >= '0' && **at <= '9' && *at - begin < 15) {
        value = value * 10 + (*(*at)++ - '0');
    }
    *ret = value;
    return *at > begin && (**at < '0' || **at > '9');
}

static const char *blanks(const char *at)
{
    while (*at == ' ') {
        at++;
    }
    return at;
}

struct span_unit {
    const char *name;
    enum time_kind kind;
    int64_t amount;
};

static const struct span_unit span_units[] = {
    {"ms", TIME_KIND_NATURAL, 1},
    {"s", TIME_KIND_NATURAL, 1000},
    {"min", TIME_KIND_NATURAL, 60000},
    {"h", TIME_KIND_NATURAL, 3600000},
    {"d", TIME_KIND_NATURAL_DAYS, 1},
    {"nd", TIME_KIND_NATURAL_DAYS, 1},
    {"wh", TIME_KIND_WORKING_HOURS, 3600000},
    {"wd", TIME_KIND_WORKING_DAYS, 1},
};

static int64_t span_most(enum time_kind kind)
{
    bool days = kind == TIME_KIND_NATURAL_DAYS || kind == TIME_KIND_WORKING_DAYS;
    return days ? SPAN_MAX_DAYS : SPAN_MAX_DAYS * DAY_MS;
}

/* Reads a number and a unit. `wanted` is the sentence for what is neither. */
static const char *read_span(const char *text, const char *wanted, struct span *ret)
{
    if (strcmp(text, "0") == 0 || strcmp(text, "off") == 0) {
        *ret = (struct span){TIME_KIND_NATURAL, 0};
        return NULL;
    }
    int64_t value;
    if (!digits(&text, &value)) {
        return wanted;
    }
    text = blanks(text);
    for (size_t i = 0; i < sizeof(span_units) / sizeof(*span_units); i++) {
        const struct span_unit *unit = &span_units[i];
        if (strcmp(text, unit->name) != 0) {
            continue;
        }
        if (value == 0) {
            return "write `off`";
        }
        if (value > span_most(unit->kind) / unit->amount) {
            return _("write at most `3660 d`");
        }
        *ret = (struct span){unit->kind, value * unit->amount};
        return NULL;
    }
    return wanted;
}

const char *span_parse(const char *text, struct span *ret)
{
    return read_span(text,
                     _("write a number and a unit, as `5 wd` (working days), `4 wh` (working hours), `5 d` (natural days), `2 h`, "
                       "`30 min`, `90 s`, or `off`"),
                     ret);
}

const char span_without_calendar[] =
    N_("no calendar says when this district works; write calendars.yaml, or natural time, as `24 h` or `5 d`");

char *span_text(struct span span, char ret[SPAN_TEXT_SIZE])
{
    const struct span_unit *found = NULL;
    for (size_t i = 0; i < sizeof(span_units) / sizeof(*span_units); i++) {
        const struct span_unit *unit = &span_units[i];
        if (unit->kind == span.kind && span.amount % unit->amount == 0 && (found == NULL || unit->amount > found->amount)) {
            found = unit;
        }
    }
    if (span.amount == 0) {
        snprintf(ret, SPAN_TEXT_SIZE, "off");
    } else if (found != NULL) {
        snprintf(ret, SPAN_TEXT_SIZE, "%" PRId64 " %s", span.amount / found->amount, found->name);
    } else { /* working time that is not a whole number of hours: nobody can write it */
        snprintf(ret, SPAN_TEXT_SIZE, "%" PRId64 " ms of work", span.amount);
    }
    return ret;
}

const char *span_parse_ms(const char *text, int64_t *ret_ms)
{
    const char *const wanted = _("write a number and a unit of natural time, as `30 min`, `2 h`, `5 d`, `90 s`, or `off`");
    struct span span = {0};
    const char *why = read_span(text, wanted, &span);
    if (why != NULL) {
        return why;
    }
    if (span_is_working(span)) {
        return _("this is not a limit of a clock: write natural time, as `30 min`, `2 h` or `5 d`");
    }
    *ret_ms = span.kind == TIME_KIND_NATURAL_DAYS ? span.amount * DAY_MS : span.amount;
    return NULL;
}

const char *span_number(const char *text, uint32_t min, uint32_t max, uint32_t *ret)
{
    int64_t value;
    /* 010 is eight to some readers and ten to others: neither. */
    bool zero_first = text[0] == '0' && text[1] != '\0';
    if (zero_first || !digits(&text, &value) || *text != '\0') {
        return _("write a whole number in decimal digits, without a leading zero");
    }
    if (value < min || value > max) {
        return _("the number is out of range");
    }
    *ret = (uint32_t)value;
    return NULL;
}

const char *share_parse(const char *text, uint32_t *ret_ppm)
{
    const char *const wanted = _("write a share from `0 %` to `100 %`, as `90 %` or `87.5 %`");
    int64_t value;
    if (!digits(&text, &value) || value > 100) {
        return wanted;
    }
    int64_t ppm = value * 10000;
    if (*text == '.') {
        const char *begin = ++text;
        for (int64_t place = 1000; *text >= '0' && *text <= '9'; place /= 10) {
            if (text - begin == 4) {
                return wanted;
            }
            ppm += (*text++ - '0') * place;
        }
        if (text == begin) {
            return wanted;
        }
    }
    if (strcmp(blanks(text), "%") != 0 || ppm > 1000000) {
        return wanted;
    }
    *ret_ppm = (uint32_t)ppm;
    return NULL;
}

const char *switch_parse(const char *text, bool *ret)
{
    static const struct {
        const char *name;
        bool on;
    } words[] = {{"on", true}, {"off", false}, {"true", true}, {"false", false}, {"yes", true}, {"no", false}};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (strcmp(text, words[i].name) == 0) {
            *ret = words[i].on;
            return NULL;
        }
    }
    return _("write `on` or `off`");
}
