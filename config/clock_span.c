/* clock_span.c - numbers as people write them in configuration: spans that clocks count, shares, switches */
#include "config/clock_span.h"

#include "base/i18n.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

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

static enum time_kind kind_of(const struct span_unit *unit)
{
    if (unit->working) {
        return unit->days ? TIME_KIND_WORKING_DAYS : TIME_KIND_WORKING_HOURS;
    }
    return unit->days ? TIME_KIND_NATURAL_DAYS : TIME_KIND_NATURAL;
}

/* How much of a span's amount one of these is: days are counted by their number. */
static int64_t amount_of(const struct span_unit *unit)
{
    return unit->days ? 1 : unit->ms;
}

const char *clock_span_parse(const char *text, struct span *ret)
{
    const char *const wanted =
        _("write a number and a unit, as `5 wd` (working days), `4 wh` (working hours), `5 d` (natural days), `2 h`, "
          "`30 min`, `90 s`, or `off`");
    const struct span_unit *unit = NULL;
    int64_t count = 0;
    const char *why = span_or_off(text, wanted, &unit, &count);
    if (why == NULL) {
        *ret = (struct span){kind_of(unit), count * amount_of(unit)};
    }
    return why;
}

const char span_without_calendar[] =
    N_("no calendar says when this district works; write calendars.yaml, or natural time, as `24 h` or `5 d`");

char *clock_span_text(struct span span, char ret[SPAN_SIZE])
{
    const struct span_unit *found = NULL;
    for (size_t i = 0; i < SPAN_UNITS; i++) {
        const struct span_unit *unit = &span_units[i];
        if (kind_of(unit) == span.kind && span.amount % amount_of(unit) == 0 &&
            (found == NULL || amount_of(unit) > amount_of(found))) {
            found = unit;
        }
    }
    if (span.amount == 0) {
        snprintf(ret, SPAN_SIZE, "off");
    } else if (found != NULL) {
        snprintf(ret, SPAN_SIZE, "%" PRId64 " %s", span.amount / amount_of(found), found->name);
    } else { /* working time that is not a whole number of hours: nobody can write it */
        snprintf(ret, SPAN_SIZE, "%" PRId64 " ms of work", span.amount);
    }
    return ret;
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
