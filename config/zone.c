/* zone.c - time zones read from TZif files */
#include "config/zone.h"

#include "base/i18n.h"
#include "config/zone_rule.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX (1 << 20)
#define HEADER_SIZE 44
/* Local and universal time are never further apart than this: 25 h of RFC 8536, and one for good measure. */
#define FAR_S (26 * INT64_C(3600))
/* Farther from an instant than the labels of its day and of the days beside it are looked for. */
#define CALM_S (7 * INT64_C(86400))

struct zone {
    uint32_t transition_count;
    int64_t *transitions_s; /* ascending */
    int32_t *offsets_s;     /* from transition i on */
    int32_t first_offset_s; /* before all transitions */
    bool has_rule;
    struct zone_rule rule; /* after the last one */
    void *data;
    size_t size;
};

struct counts {
    uint32_t utc, std, leap, time, type, chars;
};

static uint32_t read32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t read64(const unsigned char *at)
{
    return (int64_t)((uint64_t)read32(at) << 32 | read32(at + 4));
}

/* Reads a header; *ret_body is the size of the data block behind it with times of `time_size` bytes. */
static bool read_header(const unsigned char *at, size_t left, size_t time_size, struct counts *ret, size_t *ret_body)
{
    if (left < HEADER_SIZE || memcmp(at, "TZif", 4) != 0) {
        return false;
    }
    *ret = (struct counts){read32(at + 20), read32(at + 24), read32(at + 28), read32(at + 32), read32(at + 36), read32(at + 40)};
    if (ret->time > 65536 || ret->type == 0 || ret->type > 256 || ret->chars > 4096 || ret->leap > 4096 || ret->utc > 256 ||
        ret->std > 256) {
        return false;
    }
    *ret_body = ret->time * (time_size + 1) + ret->type * 6 + ret->chars + ret->leap * (time_size + 4) + ret->std + ret->utc;
    return *ret_body <= left - HEADER_SIZE;
}

static int read_body(struct zone *zone, const unsigned char *at, const struct counts *counts, size_t time_size)
{
    const unsigned char *indices = at + counts->time * time_size;
    const unsigned char *types = indices + counts->time;
    zone->transition_count = counts->time;
    zone->transitions_s = calloc(counts->time + 1, sizeof(*zone->transitions_s));
    zone->offsets_s = calloc(counts->time + 1, sizeof(*zone->offsets_s));
    if (zone->transitions_s == NULL || zone->offsets_s == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < counts->type; i++) {
        int32_t offset_s = (int32_t)read32(types + i * 6);
        if (offset_s < -FAR_S || offset_s > FAR_S) {
            return -EBADMSG;
        }
    }
    zone->first_offset_s = (int32_t)read32(types);
    for (uint32_t i = 0; i < counts->time; i++) {
        const unsigned char *time = at + i * time_size;
        zone->transitions_s[i] = time_size == 8 ? read64(time) : (int32_t)read32(time);
        if (indices[i] >= counts->type || (i > 0 && zone->transitions_s[i] <= zone->transitions_s[i - 1])) {
            return -EBADMSG;
        }
        zone->offsets_s[i] = (int32_t)read32(types + indices[i] * 6);
    }
    return 0;
}

static int read_zone(struct zone *zone)
{
    const unsigned char *at = zone->data;
    size_t left = zone->size;
    struct counts counts;
    size_t body;
    if (!read_header(at, left, 4, &counts, &body)) {
        return -EBADMSG;
    }
    if (at[4] == '\0') {
        return counts.leap > 0 ? -EBADMSG : read_body(zone, at + HEADER_SIZE, &counts, 4);
    }
    at += HEADER_SIZE + body;
    left -= HEADER_SIZE + body;
    if (!read_header(at, left, 8, &counts, &body)) {
        return -EBADMSG;
    }
    /* Seconds of a `right/` zone are not those of our instants. */
    if (counts.leap > 0) {
        return -EBADMSG;
    }
    int rc = read_body(zone, at + HEADER_SIZE, &counts, 8);
    if (rc < 0) {
        return rc;
    }
    at += HEADER_SIZE + body;
    left -= HEADER_SIZE + body;
    if (left < 2 || at[0] != '\n') {
        return -EBADMSG;
    }
    const unsigned char *end = memchr(at + 1, '\n', left - 1);
    if (end == NULL) {
        return -EBADMSG;
    }
    zone->has_rule = end != at + 1;
    if (zone->has_rule && !zone_rule_parse((const char *)at + 1, (size_t)(end - at - 1), &zone->rule)) {
        return -EBADMSG;
    }
    return 0;
}

static int read_file(const char *path, void **ret, size_t *ret_size)
{
    FILE *in = fopen(path, "rbe");
    if (in == NULL) {
        return -errno;
    }
    char *data = malloc(FILE_SIZE_MAX);
    if (data == NULL) {
        fclose(in);
        return -ENOMEM;
    }
    errno = 0;
    size_t size = fread(data, 1, FILE_SIZE_MAX, in);
    /* A folder opens and fails to read. */
    int rc = ferror(in) ? (errno == EISDIR ? -EBADMSG : errno ? -errno : -EIO) : size == FILE_SIZE_MAX ? -EBADMSG : 0;
    fclose(in);
    if (rc < 0) {
        free(data);
        return rc;
    }
    char *fitted = realloc(data, size + 1);
    *ret = fitted != NULL ? fitted : data;
    *ret_size = size;
    return 0;
}

int zone_load(const char *folder, const char *name, struct zone **ret)
{
    if (name[0] == '\0' || name[0] == '/' || strstr(name, "..") != NULL) {
        return -EINVAL;
    }
    if (folder == NULL || folder[0] == '\0') {
        folder = getenv("TZDIR");
    }
    if (folder == NULL || folder[0] == '\0') {
        folder = "/usr/share/zoneinfo";
    }
    char path[4096];
    int length = snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        return -ENAMETOOLONG;
    }
    struct zone *zone = calloc(1, sizeof(*zone));
    if (zone == NULL) {
        return -ENOMEM;
    }
    int rc = read_file(path, &zone->data, &zone->size);
    if (rc == 0) {
        rc = read_zone(zone);
    }
    if (rc < 0) {
        zone_free(zone);
        return rc;
    }
    *ret = zone;
    return 0;
}

const char *zone_why(int r)
{
    return r == -EBADMSG ? _("is not a zone file; write an IANA time zone, as `Asia/Shanghai`")
                         : _("is not known; write an IANA time zone, as `Asia/Shanghai`, and install the package tzdata");
}

const void *zone_data(const struct zone *zone, size_t *ret_size)
{
    *ret_size = zone->size;
    return zone->data;
}

/* The span of one offset around an instant. Neighbouring spans may have the same offset. */
static void span_at(const struct zone *zone, int64_t at_s, struct zone_span *ret)
{
    uint32_t low = 0, high = zone->transition_count;
    while (low < high) { /* first transition after at_s */
        uint32_t middle = low + (high - low) / 2;
        if (zone->transitions_s[middle] <= at_s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == zone->transition_count && zone->has_rule) {
        zone_rule_span(&zone->rule, at_s, ret);
        if (low > 0 && ret->from_s < zone->transitions_s[low - 1]) {
            ret->from_s = zone->transitions_s[low - 1];
        }
        return;
    }
    ret->from_s = low == 0 ? INT64_MIN : zone->transitions_s[low - 1];
    ret->to_s = low == zone->transition_count ? INT64_MAX : zone->transitions_s[low];
    ret->offset_s = low == 0 ? zone->first_offset_s : zone->offsets_s[low - 1];
}

int32_t zone_offset_s(const struct zone *zone, int64_t at_ms)
{
    struct zone_span span;
    span_at(zone, civil_floor_div(at_ms, 1000), &span);
    return span.offset_s;
}

void zone_civil(const struct zone *zone, int64_t at_ms, struct civil *ret)
{
    civil_from_s(civil_floor_div(at_ms, 1000) + zone_offset_s(zone, at_ms), ret); /* in seconds, where no instant overflows */
    ret->ms = (int32_t)((at_ms % 1000 + 1000) % 1000);
}

/* Instant of local second `local_s`. In a gap *ret_s is what the offset before it gives, and *ret_gap_end_s the gap's end. */
static enum civil_fit find_local(const struct zone *zone, int64_t local_s, int64_t *ret_s, int64_t *ret_gap_end_s)
{
    uint32_t found = 0;
    struct zone_span span;
    int32_t before_s = 0;
    bool first = true, gap = false;
    for (int64_t at_s = local_s - FAR_S; at_s <= local_s + FAR_S; at_s = span.to_s) {
        span_at(zone, at_s, &span);
        int64_t candidate_s = local_s - span.offset_s;
        if (candidate_s >= span.from_s && candidate_s < span.to_s && ++found == 1) {
            *ret_s = candidate_s;
        }
        if (!first && found == 0 && !gap && local_s >= span.from_s + before_s && local_s < span.from_s + span.offset_s) {
            gap = true;
            *ret_s = local_s - before_s;
            *ret_gap_end_s = span.from_s;
        }
        before_s = span.offset_s;
        first = false;
        if (span.to_s == INT64_MAX) {
            break;
        }
    }
    assert(found > 0 || gap);
    return found == 0 ? CIVIL_GAP : found == 1 ? CIVIL_ONE : CIVIL_FOLD;
}

enum civil_fit zone_instant(const struct zone *zone, const struct civil *civil, int64_t *ret_at_ms)
{
    int64_t local_s =
        civil_to_days(civil->year, civil->month, civil->day) * 86400 + civil->hour * 3600 + civil->minute * 60 + civil->second;
    int64_t at_s = 0, gap_end_s = 0;
    enum civil_fit fit = find_local(zone, local_s, &at_s, &gap_end_s);
    *ret_at_ms = at_s * 1000 + civil->ms;
    return fit;
}

int64_t zone_day_start(const struct zone *zone, int64_t at_ms, int32_t days)
{
    int64_t local_s = civil_floor_div(at_ms, 1000) + zone_offset_s(zone, at_ms);
    int64_t midnight_s = (civil_floor_div(local_s, 86400) + days) * 86400;
    int64_t at_s = 0, gap_end_s = 0;
    if (find_local(zone, midnight_s, &at_s, &gap_end_s) == CIVIL_GAP) {
        at_s = gap_end_s;
    }
    return at_s * 1000;
}

int64_t zone_label(const struct zone *zone, int64_t day, int32_t ms)
{
    int64_t at_s = 0, gap_end_s = 0;
    if (find_local(zone, day * 86400 + ms / 1000, &at_s, &gap_end_s) == CIVIL_GAP) {
        return gap_end_s * 1000;
    }
    return at_s * 1000 + ms % 1000;
}

int64_t zone_day(const struct zone *zone, int64_t at_ms, int32_t day_start_ms)
{
    struct zone_span span;
    int64_t at_s = civil_floor_div(at_ms, 1000);
    span_at(zone, at_s, &span);
    if (span.from_s <= at_s - CALM_S && span.to_s > at_s + CALM_S) { /* each label is what this offset makes of it */
        bool before = at_ms - at_s * 1000 < day_start_ms % 1000;
        return civil_floor_div(at_s + span.offset_s - day_start_ms / 1000 - before, 86400);
    }
    int64_t day = civil_floor_div(at_s + span.offset_s, 86400);
    while (zone_label(zone, day, day_start_ms) > at_ms) {
        day--;
    }
    while (zone_label(zone, day + 1, day_start_ms) <= at_ms) {
        day++;
    }
    return day;
}

struct zone *zone_free(struct zone *zone)
{
    if (zone == NULL) {
        return NULL;
    }
    free(zone->transitions_s);
    free(zone->offsets_s);
    free(zone->data);
    free(zone);
    return NULL;
}
