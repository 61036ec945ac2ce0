#include "config/span.h"

#include <stddef.h>
#include <string.h>

#define SPAN_MAX_MS (INT64_C(3660) * 86400000)

/* Reads digits; false when there are none or too many. */
static bool digits(const char **at, int64_t *ret)
{
    const char *begin = *at;
    int64_t value = 0;
    while (**at >= '0' && **at <= '9' && *at - begin < 15)
        value = value * 10 + (*(*at)++ - '0');
    *ret = value;
    return *at > begin && (**at < '0' || **at > '9');
}

static const char *blanks(const char *at)
{
    while (*at == ' ')
        at++;
    return at;
}

const char *span_parse(const char *text, int64_t *ret_ms)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}};
    const char *const wanted = "write a number and a unit of natural time, as `30 min`, `2 h`, `5 d`, `90 s`, or `off`";
    if (strcmp(text, "0") == 0 || strcmp(text, "off") == 0) {
        *ret_ms = 0;
        return NULL;
    }
    int64_t value;
    if (!digits(&text, &value))
        return wanted;
    text = blanks(text);
    if (strcmp(text, "wd") == 0 || strcmp(text, "wh") == 0)
        return "until calendars come write natural time: 1 wd = 24 h, 1 wh = 1 h";
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(text, units[i].name) != 0)
            continue;
        if (value == 0)
            return "write `off`";
        if (value > SPAN_MAX_MS / units[i].ms)
            return "write at most `3660 d`";
        *ret_ms = value * units[i].ms;
        return NULL;
    }
    return wanted;
}

const char *span_number(const char *text, uint32_t min, uint32_t max, uint32_t *ret)
{
    int64_t value;
    /* 010 is eight to some readers and ten to others: neither. */
    bool zero_first = text[0] == '0' && text[1] != '\0';
    if (zero_first || !digits(&text, &value) || *text != '\0')
        return "write a whole number in decimal digits, without a leading zero";
    if (value < min || value > max)
        return "the number is out of range";
    *ret = (uint32_t)value;
    return NULL;
}

const char *share_parse(const char *text, uint32_t *ret_ppm)
{
    const char *const wanted = "write a share from `0 %` to `100 %`, as `90 %` or `87.5 %`";
    int64_t value;
    if (!digits(&text, &value) || value > 100)
        return wanted;
    int64_t ppm = value * 10000;
    if (*text == '.') {
        const char *begin = ++text;
        for (int64_t place = 1000; *text >= '0' && *text <= '9'; place /= 10) {
            if (text - begin == 4)
                return wanted;
            ppm += (*text++ - '0') * place;
        }
        if (text == begin)
            return wanted;
    }
    if (strcmp(blanks(text), "%") != 0 || ppm > 1000000)
        return wanted;
    *ret_ppm = (uint32_t)ppm;
    return NULL;
}

const char *switch_parse(const char *text, bool *ret)
{
    static const struct {
        const char *name;
        bool on;
    } words[] = {{"on", true}, {"off", false}, {"true", true}, {"false", false}, {"yes", true}, {"no", false}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i].name) == 0) {
            *ret = words[i].on;
            return NULL;
        }
    }
    return "write `on` or `off`";
}
