/* whims.c - what nobody planned: any command with any fields, by anybody; ids that are used twice; half a message */
#include "tests/simulation/bodies.h"

#include <stdlib.h>
#include <string.h>

static void put_too_long(struct body *body, const struct field_shape *field)
{
    size_t size = (size_t)field->max + 1;
    char *text = malloc(size);

    memset(text, 'x', size);
    msgpack_pack_str_with_body(&body->packer, text, size);
    free(text);
}

#define LATELY 4000 /* duties */
#define SPOILED 0.03

/* The unit that leads by the list what this case is about. */
static void put_listed(struct body *body)
{
    const struct simulation *sim = body->sim;
    const struct model_case *of = &sim->model.cases[body->of_case];
    int32_t lead = -1;

    if (of->place >= 0) {
        district_row(sim->district, of->matter, of->place, &lead);
    }
    bodies_units(body, &lead, lead >= 0);
}

static void put_whim(struct body *body, const struct field_shape *field)
{
    struct chance *world = &body->sim->world;
    int32_t units[3] = {bodies_any_unit(body->sim), bodies_any_unit(body->sim), bodies_any_unit(body->sim)};

    switch (field->type) {
    case FIELD_FLAG:
        bodies_value(body, field, chance_is(world, 0.5) ? "true" : "false");
        return;
    case FIELD_ID:
        msgpack_pack_uint64(&body->packer, 1 + chance_below(world, body->sim->model.last_seq + 10));
        return;
    case FIELD_INSTANT:
        bodies_later(body, field);
        return;
    case FIELD_SPAN:
    case FIELD_NUM:
    case FIELD_COUNT:
        msgpack_pack_uint64(&body->packer, chance_below(world, 7));
        return;
    case FIELD_ENUM:
        bodies_any(body, field);
        return;
    case FIELD_TEXT:
        if (chance_is(world, 0.02)) {
            put_too_long(body, field);
        } else {
            bodies_words(body, field);
        }
        return;
    case FIELD_CODE:
        if (chance_is(world, 0.1)) {
            bodies_text(body, "NOWHERE");
        } else {
            bodies_code(body, &body->sim->district->units[units[0]].code);
        }
        return;
    case FIELD_CODES:
        if (chance_is(world, 0.3)) {
            put_listed(body);
        } else {
            bodies_units(body, units, (uint32_t)chance_below(world, 4));
        }
        return;
    case FIELD_MAP:
        msgpack_pack_nil(&body->packer);
    }
}

static enum command_type any_command(struct simulation *sim)
{
    for (;;) {
        enum command_type type = (enum command_type)chance_below(&sim->world, COMMAND_IDS);
        const struct command_info *info = command_info(type);

        if (info != NULL && info->wire) {
            return type;
        }
    }
}

/* Who asks on a whim: mostly somebody with the role for it, at the unit that it is about, so that the answer is about more than
 * rights. */
static uint32_t any_key(struct simulation *sim, const struct command_info *info, uint32_t duty)
{
    uint32_t roles = chance_is(&sim->world, 0.15) ? UINT32_MAX >> (32 - ROLE_COUNT) : info->roles;
    int32_t unit = duty != MODEL_NONE && chance_is(&sim->world, 0.85) ? sim->model.duties[duty].unit : bodies_any_unit(sim);
    enum role role;

    if (chance_is(&sim->world, 0.02)) {
        return bodies_special_key(chance_is(&sim->world, 0.5) ? ROLE_OPERATOR : ROLE_SUPERVISOR);
    }
    if (chance_is(&sim->world, 0.03)) {
        return bodies_key(sim, ROLE_GATEWAY, unit);
    }
    roles = roles != 0 ? roles : 1u << ROLE_OPERATOR;
    do {
        role = (enum role)chance_below(&sim->world, ROLE_COUNT);
    } while ((roles & 1u << role) == 0);
    return bodies_key(sim, role, unit);
}

/* How often a field that is not needed is given: a case that is named twice is mostly another one. */
static double whim_share(const struct command_info *info, uint32_t field)
{
    bool named = info->ref[COMMAND_REF_NUMBER] == field + 1 || info->ref[COMMAND_REF_SUBMITTED] == field + 1;

    return named ? 0.02 : info->shape->fields[field].type == FIELD_TEXT ? 0.8 : 0.15;
}

/* Is this a duty that the command is about: open and of a kind that it works on, or the lead of a street where it works on none
 * (who whistles leads)? */
static bool is_about(const struct simulation *sim, const struct command_info *info, const struct model_duty *duty)
{
    bool street = duty->unit >= 0 && sim->district->units[duty->unit].tier == UNIT_TIER_STREET;
    bool fits = info->duty_kinds != 0 ? (info->duty_kinds & 1u << duty->kind) != 0 : duty->kind == DUTY_KIND_LEAD && street;

    return fits && model_duty_open(duty);
}

/* A duty that the command is about, of those that were opened last; or any. */
static uint32_t any_duty(struct simulation *sim, const struct command_info *info)
{
    const struct model *model = &sim->model;
    uint32_t of_late = model->duty_count < LATELY ? model->duty_count : LATELY;

    for (int i = 0; i < 200 && chance_is(&sim->world, 0.995); i++) {
        uint32_t duty = model->duty_count - 1 - (uint32_t)chance_below(&sim->world, of_late);

        if (is_about(sim, info, &model->duties[duty])) {
            return duty;
        }
    }
    return (uint32_t)chance_below(&sim->world, model->duty_count);
}

/* What somebody may make of a request: uses an id again that had another one, or sends half of it. */
static void spoil(struct simulation *sim, struct body *body, uint32_t key, enum command_type type)
{
    uint64_t other = 1 + chance_below(&sim->world, sim->letter_count), number;

    if (sim->letters[other].taken_seq != 0 && chance_is(&sim->world, 0.7)) {
        number = letters_write_down(sim, body, sim->letters[other].key, type, other);
    } else {
        number = letters_write_down(sim, body, key, type, 0);
        sim->letters[number].size /= 1 + chance_below(&sim->world, 4);
        sim->letters[number].size -= 1;
    }
    sim->letters[number].answered = true; /* it is not sent again */
    letters_send(sim, number);
}

void whims_come(struct simulation *sim)
{
    const struct model *model = &sim->model;
    enum command_type type = any_command(sim);
    const struct command_info *info = command_info(type);
    struct body body = {.sim = sim, .of_case = MODEL_NONE, .duty = MODEL_NONE, .call = MODEL_NONE};

    if (model->duty_count == 0) {
        return;
    }
    body.duty = any_duty(sim, info);
    body.of_case = model->duties[body.duty].of_case;
    body.call =
        model->duties[body.duty].of_call != MODEL_NONE ? model->duties[body.duty].of_call : model->cases[body.of_case].calls;
    uint32_t key = any_key(sim, info, body.duty);
    bodies_begin(&body);
    for (uint32_t i = 0; i < info->shape->field_count; i++) {
        const struct field_shape *field = &info->shape->fields[i];
        uint64_t id = bodies_reference(&body, info, i);

        if (id != 0 && chance_is(&sim->world, field->type == FIELD_ID && i > 0 ? 0.9 : 0.98)) {
            bodies_name(&body, field);
            msgpack_pack_uint64(&body.packer, id);
        } else if (id == 0 && (field->required || chance_is(&sim->world, whim_share(info, i)))) {
            bodies_name(&body, field);
            put_whim(&body, field);
        }
    }
    if (chance_is(&sim->world, SPOILED)) {
        spoil(sim, &body, key, type);
    } else {
        letters_seal(sim, &body, key, type);
    }
}
