/* plan.c - what the load asks for: the same for the same seed */
#include "tests/crash/plan.h"

#include <assert.h>
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values that are not taken as they stand: @text some text, @id the request id, @submitted the request id of the case's submit,
 * @long a long one; a first '[' makes a list of one. */
struct field {
    const char *name, *value;
};

struct step {
    const char *name;
    struct field fields[10];
};

#define STEPS_MAX 9

struct story {
    uint32_t share; /* of the cases */
    struct step steps[STEPS_MAX];
};

#define SUBMIT(matter)                                                                                                             \
    {                                                                                                                              \
        "submit",                                                                                                                  \
        {                                                                                                                          \
            {"kind", "complaint"}, {"matter", matter}, {"place", "C11"}, {"title", "路灯不亮"}, {"text", "@text"},                 \
                {"reporter_name", "王女士"}, {"reporter_phone", "000-0000"}, {"reference", "@id"},                                 \
        }                                                                                                                          \
    }
#define ON_CASE                                                                                                                    \
    {                                                                                                                              \
        "submitted", "@submitted"                                                                                                  \
    }

/* In tests/small-district. */
static const struct story stories[] = {
    /* noted */
    {30, {SUBMIT("M01"), {"add_note", {ON_CASE, {"text", "@text"}}}, {"add_note", {ON_CASE, {"text", "@text"}}}}},
    /* answered, and asked for by the follow-up */
    {30,
     {SUBMIT("M01"),
      {"sign", {ON_CASE, {"unit", "S1"}}},
      {"contact", {ON_CASE, {"unit", "S1"}, {"outcome", "reached"}, {"evidence", "telephone"}}},
      {"answer", {ON_CASE, {"unit", "S1"}, {"code", "solved"}, {"text", "@text"}}},
      {"note_followup", {ON_CASE, {"contacted", "yes"}, {"solved", "yes"}, {"satisfied", "yes"}}}}},
    /* called */
    {20,
     {SUBMIT("M01"),
      {"sign", {ON_CASE, {"unit", "S1"}}},
      {"contact", {ON_CASE, {"unit", "S1"}, {"outcome", "reached"}, {"evidence", "telephone"}}},
      {"raise_call", {ON_CASE, {"reason", "unsolvable_here"}, {"units", "[HOUSING"}, {"text", "@text"}}},
      {"dispatch_call", {ON_CASE, {"units", "[HOUSING"}, {"reason", "owner of the pole"}}},
      {"sign", {ON_CASE, {"unit", "HOUSING"}}},
      {"contact", {ON_CASE, {"unit", "HOUSING"}, {"outcome", "reached"}, {"evidence", "telephone"}}},
      {"arrive", {ON_CASE, {"unit", "HOUSING"}, {"evidence", "photo"}}},
      {"finish_call", {ON_CASE, {"unit", "HOUSING"}, {"code", "solved"}, {"text", "@text"}}}}},
    /* routed by hand */
    {15,
     {SUBMIT("unknown"),
      {"route", {ON_CASE, {"unit", "S2"}, {"reason", "no row fits"}}},
      {"claim", {ON_CASE, {"unit", "S2"}}},
      {"release", {ON_CASE, {"unit", "S2"}}},
      {"sign", {ON_CASE, {"unit", "S2"}}}}},
    /* long texts: an append of many sectors */
    {5, {SUBMIT("M01"), {"add_note", {ON_CASE, {"text", "@long"}}}, {"add_note", {ON_CASE, {"text", "@long"}}}}},
};

/* splitmix64: a number for each place, without a state. */
static uint64_t mixed(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t z = a * UINT64_C(0x9e3779b97f4a7c15) + b * UINT64_C(0xbf58476d1ce4e5b9) + c * UINT64_C(0x94d049bb133111eb) + 1;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static const struct story *story_of(uint32_t seed, uint32_t which)
{
    uint32_t at = (uint32_t)(mixed(seed, which, 1000) % 100);
    size_t i = 0;
    while (at >= stories[i].share) {
        at -= stories[i++].share;
    }
    return &stories[i];
}

uint32_t plan_steps(uint32_t seed, uint32_t which)
{
    const struct story *story = story_of(seed, which);
    uint32_t count = 0;
    while (count < STEPS_MAX && story->steps[count].name != NULL) {
        count++;
    }
    return count;
}

static void pack_text(msgpack_packer *packer, const char *at, size_t size)
{
    if (msgpack_pack_str(packer, size) != 0 || msgpack_pack_str_body(packer, at, size) != 0) {
        abort();
    }
}

/* Text of a length that follows from the place; no two places have the same beginning. */
static void pack_some(msgpack_packer *packer, const char *id, uint64_t chance, bool is_long)
{
    static char bytes[64 * 1024];
    size_t size = is_long ? 8000 + chance % 50000 : 40 + chance % 600;
    int used = snprintf(bytes, sizeof(bytes), "%s ", id);
    for (size_t i = (size_t)used; i < size; i++) {
        bytes[i] = (char)('a' + (chance >> (i % 48)) % 26);
    }
    pack_text(packer, bytes, size);
}

static void pack_value(msgpack_packer *packer, const char *value, const char *id, const char *submitted, uint64_t chance)
{
    if (strcmp(value, "@text") == 0 || strcmp(value, "@long") == 0) {
        pack_some(packer, id, chance, value[1] == 'l');
    } else if (strcmp(value, "@id") == 0) {
        pack_text(packer, id, strlen(id));
    } else if (strcmp(value, "@submitted") == 0) {
        pack_text(packer, submitted, strlen(submitted));
    } else if (value[0] == '[') {
        if (msgpack_pack_array(packer, 1) != 0) {
            abort();
        }
        pack_text(packer, value + 1, strlen(value + 1));
    } else {
        pack_text(packer, value, strlen(value));
    }
}

static void name_request(uint32_t seed, uint32_t which, uint32_t step, char ret[PLAN_ID_SIZE])
{
    snprintf(ret, PLAN_ID_SIZE, "crash-%u-%u-%u", seed, which, step);
}

void plan_command(uint32_t seed, uint32_t which, uint32_t step, struct plan_command *ret)
{
    assert(step < plan_steps(seed, which));
    const struct step *at = &story_of(seed, which)->steps[step];
    char submitted[PLAN_ID_SIZE];
    name_request(seed, which, 0, submitted);
    name_request(seed, which, step, ret->id);
    ret->name = at->name;
    proto_buffer_clear(&ret->body);
    uint32_t count = 0;
    while (at->fields[count].name != NULL) {
        count++;
    }
    msgpack_packer packer;
    msgpack_packer_init(&packer, &ret->body, proto_buffer_write);
    if (msgpack_pack_map(&packer, count) != 0) {
        abort();
    }
    for (uint32_t i = 0; i < count; i++) {
        pack_text(&packer, at->fields[i].name, strlen(at->fields[i].name));
        pack_value(&packer, at->fields[i].value, ret->id, submitted, mixed(seed, which, step * 16 + i));
    }
}
