/* admission.c - from a message to a command: who asks, and may they at all */
#include "dispatcher/engine/admission.h"

#include "config/district.h"
#include "dispatcher/engine/state.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* The greeting is for everybody: it tells whoever asks which district this is. */
static bool is_greeting(const struct request *request)
{
    return request->is_query && request->query == QUERY_HELLO;
}

/* What a gateway may do for nobody: learn who it speaks with, and follow events. */
static bool is_for_gateways(const struct request *request)
{
    return is_greeting(request) || (request->is_query && request->query == QUERY_FOLLOW);
}

static bool has_role(const struct engine_peer *peer, enum role role)
{
    return (peer->roles & UINT32_C(1) << role) != 0;
}

/* Is everything that pattern `a` allows allowed by one of `all`? */
static bool pattern_within(const struct code *a, const struct codes *all)
{
    for (uint32_t i = 0; i < all->count; i++) {
        const char *x = a->s, *y = all->at[i].s;
        size_t same = 0;

        while (same < CODE_SIZE && x[same] == y[same] && y[same] != '\0') {
            same++;
        }
        if (same == CODE_SIZE || y[same] == '*' || (y[same] == '\0' && x[same] == '\0')) {
            return true;
        }
    }
    return false;
}

static bool add_patterns(const struct codes *from, const struct codes *within, struct codes *ret)
{
    for (uint32_t i = 0; i < from->count; i++) {
        if (!pattern_within(&from->at[i], within) || pattern_within(&from->at[i], ret)) {
            continue;
        }
        if (ret->count == CODES_MAX) {
            return false;
        }
        ret->at[ret->count++] = from->at[i];
    }
    return true;
}

/* The matters that both lists allow, where an empty one allows all. Two patterns lie in each other or apart. False: none, or more
 * than a list can hold. */
static bool meet_matters(const struct codes *a, const struct codes *b, struct codes *ret)
{
    if (a->count == 0 || b->count == 0) {
        *ret = a->count == 0 ? *b : *a;
        return true;
    }
    *ret = (struct codes){0};
    return add_patterns(a, b, ret) && add_patterns(b, a, ret) && ret->count > 0;
}

/* The unit that lies within both subtrees. False: they lie apart. */
static bool meet_units(const struct district *district, const struct code *a, const struct code *b, struct code *ret)
{
    int32_t x = district_unit_find(district, a), y = code_empty(b) ? -1 : district_unit_find(district, b);

    if (x < 0 || y < 0) {
        return false;
    }
    *ret = district_within(district, x, y) ? *a : *b;
    return district_within(district, x, y) || district_within(district, y, x);
}

/* Narrows a gateway's peer to what the person may do as well. False: nobody has this name, or the two have nothing in common. */
static bool act_for(const struct engine *engine, struct text person, struct engine_peer *acting)
{
    struct engine_rights rights = {0};
    struct codes matters;

    if (engine->find_person == NULL || !engine->find_person(engine->find_person_arg, person, &rights) ||
        !meet_units(engine->district, &acting->unit, &rights.unit, &acting->unit) ||
        !meet_matters(&acting->matters, &rights.matters, &matters)) {
        return false;
    }
    acting->matters = matters;
    acting->roles &= rights.roles & ~(UINT32_C(1) << ROLE_GATEWAY);
    acting->person = person;
    return true;
}

enum refusal admission_actor(const struct engine *engine, const struct engine_peer *from, const struct request *request,
                             struct engine_peer *room, const struct engine_peer **ret, char *field)
{
    uint32_t needed = request->is_query ? query_info(request->query)->roles : command_info(request->command)->roles;
    const char *words = request->is_query ? query_info(request->query)->role_words : command_info(request->command)->role_words;
    bool for_somebody = request->on_behalf_of.size > 0;

    field[0] = '\0';
    *ret = from;
    if (!core_role_allows(needed, from->roles)) {
        snprintf(field, ADMISSION_FIELD_SIZE, "%s", words);
        return REFUSAL_NO_ROLE;
    }
    if (for_somebody && !has_role(from, ROLE_GATEWAY)) {
        snprintf(field, ADMISSION_FIELD_SIZE, "%s", enum_name(&role_enum, ROLE_GATEWAY));
        return REFUSAL_NO_ROLE;
    }
    if (!is_greeting(request) && district_unit_find(engine->district, &from->unit) < 0) {
        snprintf(field, ADMISSION_FIELD_SIZE, "%.*s", CODE_SIZE, from->unit.s);
        return REFUSAL_KEY_UNIT;
    }
    if (!has_role(from, ROLE_GATEWAY) || (!for_somebody && is_for_gateways(request))) {
        return REFUSAL_NONE;
    }
    *room = *from;
    *ret = room;
    if (!for_somebody || !act_for(engine, request->on_behalf_of, room)) {
        snprintf(field, ADMISSION_FIELD_SIZE, "on_behalf_of");
        return REFUSAL_NO_PERSON;
    }
    if (!core_role_allows(needed, room->roles)) {
        snprintf(field, ADMISSION_FIELD_SIZE, "%s", words);
        return REFUSAL_NO_ROLE;
    }
    return REFUSAL_NONE;
}

void admission_command(const struct engine_peer *from, const struct request *request, struct command *ret)
{
    assert(!request->is_query);
    ret->type = request->command;
    ret->actor.name = from->name;
    ret->actor.behalf = from->person;
    ret->actor.roles = from->roles;
    ret->actor.unit = from->unit;
    codes_copy(&ret->actor.matters, &from->matters);
    ret->request = request->id;
    ret->request_hash = core_request_hash(from->name, request->id);
    ret->body_hash = request->body_hash;
    ret->now_ms = 0;
    ret->next_seq = 0;
    ret->body = request->command_body;
    ret->repeats = 0;
    ret->about = (struct reference){0};
}
