#include "dispatcher/engine/translate.h"

#include "config/district.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void name_roles(uint32_t roles, char *field)
{
    size_t size = 0;

    field[0] = '\0';
    for (int role = 0; role < ROLE_COUNT; role++) {
        if ((roles & 1u << role) == 0)
            continue;
        size +=
            (size_t)snprintf(field + size, TRANSLATE_FIELD_SIZE - size, "%s%s", size > 0 ? ", " : "", enum_name(&role_enum, role));
        assert(size < TRANSLATE_FIELD_SIZE);
    }
}

/* The greeting is for everybody: it tells whoever asks which district this is. */
static bool is_greeting(const struct request *request)
{
    return request->is_query && request->query == QUERY_HELLO;
}

enum refusal translate_allowed(const struct district *district, const struct engine_peer *from, const struct request *request,
                               char *field)
{
    uint32_t needed = request->is_query ? query_info(request->query)->roles : command_info(request->command)->roles;

    field[0] = '\0';
    if ((from->roles & needed) == 0) {
        name_roles(needed, field);
        return REFUSAL_NO_ROLE;
    }
    if (request->on_behalf_of.size > 0 && (from->roles & 1u << ROLE_GATEWAY) == 0) {
        name_roles(1u << ROLE_GATEWAY, field);
        return REFUSAL_NO_ROLE;
    }
    if (!is_greeting(request) && district_unit_find(district, &from->unit) < 0) {
        snprintf(field, TRANSLATE_FIELD_SIZE, "%.*s", CODE_SIZE, from->unit.s);
        return REFUSAL_KEY_UNIT;
    }
    return REFUSAL_NONE;
}

void translate_command(const struct engine_peer *from, const struct request *request, struct command *ret)
{
    assert(!request->is_query);
    ret->type = request->command;
    ret->actor = (struct actor){
        .name = from->name, .behalf = request->on_behalf_of, .roles = from->roles, .unit = from->unit, .matters = from->matters};
    ret->request = request->id;
    ret->request_hash = core_request_hash(from->name, request->id);
    ret->body_hash = request->body_hash;
    ret->now_ms = 0;
    ret->next_seq = 0;
    ret->body = request->command_body;
}
