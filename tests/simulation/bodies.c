/* bodies.c - who asks, and what commands say: the fields of the table, found and written */
#include "tests/simulation/bodies.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

/* Keys: some of each role of the desk and the district, then a worker's and a leader's of each unit. */
#define KEYS_A_ROLE 4
#define KEYS_OF_UNITS (ROLE_COUNT * KEYS_A_ROLE)

/* The last key of some roles is a special one: a dispatcher who asks citizens too, an operator for one matter, a supervisor of a
 * unit that is not there. A gateway may do what the desk and an operator may, for somebody. */
#define SPECIAL (KEYS_A_ROLE - 1)

uint32_t bodies_key(struct simulation *sim, enum role role, int32_t unit)
{
    bool of_unit = (role == ROLE_WORKER || role == ROLE_LEADER) && unit >= 0;

    return of_unit ? KEYS_OF_UNITS + 2 * (uint32_t)unit + (role == ROLE_LEADER)
                   : (uint32_t)role * KEYS_A_ROLE +
                         (uint32_t)chance_below(&sim->world, KEYS_A_ROLE - (role == ROLE_OPERATOR || role == ROLE_SUPERVISOR));
}

uint32_t bodies_special_key(enum role role)
{
    return (uint32_t)role * KEYS_A_ROLE + SPECIAL;
}

bool bodies_is_gateway(uint32_t key)
{
    return key / KEYS_A_ROLE == ROLE_GATEWAY;
}

bool bodies_find_person(void *arg, struct text name, struct engine_rights *ret)
{
    const struct simulation *sim = arg;
    bool known = name.size == strlen(BODIES_PERSON) && memcmp(name.at, BODIES_PERSON, name.size) == 0;

    if (known) {
        *ret = (struct engine_rights){.roles = 1u << ROLE_DISPATCHER | 1u << ROLE_FOLLOWUP,
                                      .unit = sim->district->units[sim->district->desk_unit].code};
    }
    return known;
}

void bodies_peer(const struct simulation *sim, uint32_t key, struct engine_peer *ret, char name[CODE_SIZE + 1])
{
    const struct district *district = sim->district;
    const struct unit *units = district->units;
    bool desk = key / KEYS_A_ROLE == ROLE_DISPATCHER || key / KEYS_A_ROLE == ROLE_FOLLOWUP;

    *ret = (struct engine_peer){.peer = 1000 + key};
    if (key < KEYS_OF_UNITS) {
        snprintf(name, CODE_SIZE + 1, "%s-%u", role_enum.names[key / KEYS_A_ROLE], key % KEYS_A_ROLE);
        ret->roles = 1u << key / KEYS_A_ROLE;
        ret->unit = units[desk ? district->desk_unit : district->district_unit].code;
        if (desk && key % KEYS_A_ROLE == SPECIAL) {
            snprintf(name, CODE_SIZE + 1, "%s", BODIES_PERSON);
            ret->roles = 1u << ROLE_DISPATCHER | 1u << ROLE_FOLLOWUP;
        } else if (key / KEYS_A_ROLE == ROLE_OPERATOR && key % KEYS_A_ROLE == SPECIAL) {
            ret->matters.count = 1;
            ret->matters.at[0] = district->matters[0].code;
        } else if (key / KEYS_A_ROLE == ROLE_SUPERVISOR && key % KEYS_A_ROLE == SPECIAL) {
            ret->unit = (struct code){"NOWHERE"};
        } else if (bodies_is_gateway(key)) {
            ret->roles |= 1u << ROLE_DISPATCHER | 1u << ROLE_FOLLOWUP | 1u << ROLE_OPERATOR;
        }
    } else {
        int32_t unit = (int32_t)(key - KEYS_OF_UNITS) / 2;

        snprintf(name, CODE_SIZE + 1, "%c-%.30s", key % 2 == 0 ? 'w' : 'l', units[unit].code.s);
        ret->roles = 1u << (key % 2 == 0 ? ROLE_WORKER : ROLE_LEADER);
        if (unit == district->desk_unit) {
            ret->roles |= 1u << ROLE_DISPATCHER;
        }
        ret->unit = units[unit].code;
    }
    ret->name = (struct text){name, (uint32_t)strlen(name)};
}

void bodies_text(struct body *body, const char *text)
{
    msgpack_pack_str_with_body(&body->packer, text, strlen(text));
}

void bodies_code(struct body *body, const struct code *code)
{
    msgpack_pack_str_with_body(&body->packer, code->s, strnlen(code->s, CODE_SIZE));
}

void bodies_units(struct body *body, const int32_t *units, uint32_t count)
{
    msgpack_pack_array(&body->packer, count);
    for (uint32_t i = 0; i < count; i++) {
        bodies_code(body, &body->sim->district->units[units[i]].code);
    }
}

int32_t bodies_any_unit(struct simulation *sim)
{
    return (int32_t)chance_below(&sim->world, sim->district->unit_count);
}

/* Any unit of this class, or of this tier (the other is -1). */
static int32_t unit_like(struct simulation *sim, int class, int tier)
{
    for (int i = 0; i < 10000; i++) {
        int32_t unit = bodies_any_unit(sim);
        const struct unit *at = &sim->district->units[unit];

        if ((class < 0 || (int)at->class == class) && (tier < 0 || (int)at->tier == tier)) {
            return unit;
        }
    }
    return sim->district->desk_unit;
}

void bodies_words(struct body *body, const struct field_shape *field)
{
    static const char words[] = "路灯不亮，已联系来电人，现场核实属实，正在处理。The lamp is out since Monday. ";
    char text[400];
    size_t size = 0, wanted = 20 + chance_below(&body->sim->world, 300);

    if (field->max < (int64_t)sizeof(words)) {
        bodies_text(body, "000-0000000");
        return;
    }
    while (size + sizeof(words) <= wanted || size == 0) {
        memcpy(text + size, words, sizeof(words) - 1);
        size += sizeof(words) - 1;
    }
    msgpack_pack_str_with_body(&body->packer, text, size);
}

void bodies_any(struct body *body, const struct field_shape *field)
{
    bodies_text(body, field->values->names[chance_below(&body->sim->world, field->values->count)]);
}

static void put_matter(struct body *body, const struct field_shape *field)
{
    struct simulation *sim = body->sim;

    (void)field;
    if (chance_is(&sim->world, 0.06)) {
        bodies_text(body, "unknown");
    } else {
        bodies_code(body, &sim->district->matters[chance_below(&sim->world, sim->district->matter_count)].code);
    }
}

static void put_place(struct body *body, const struct field_shape *field)
{
    static const int tiers[] = {UNIT_TIER_COMMUNITY, UNIT_TIER_COMMUNITY, UNIT_TIER_GRID, UNIT_TIER_STREET};

    (void)field;
    bodies_code(body, &body->sim->district->units[unit_like(body->sim, -1, tiers[chance_below(&body->sim->world, 4)])].code);
}

/* Whom a dispatcher takes: who leads what it may be about, or the street. */
static void put_lead(struct body *body, const struct field_shape *field)
{
    struct simulation *sim = body->sim;
    int32_t place = sim->model.cases[body->of_case].place, lead = -1;

    (void)field;
    if (chance_is(&sim->world, 0.5)) {
        district_row(sim->district, (int32_t)chance_below(&sim->world, sim->district->matter_count), place, &lead);
    }
    lead = lead < 0 ? district_up_to(sim->district, place, UNIT_TIER_STREET) : lead;
    bodies_code(body, &sim->district->units[lead < 0 ? sim->district->desk_unit : lead].code);
}

static void put_supports(struct body *body, const struct field_shape *field)
{
    int32_t units[2] = {unit_like(body->sim, UNIT_CLASS_DEPARTMENT, -1), unit_like(body->sim, UNIT_CLASS_DEPARTMENT, -1)};

    (void)field;
    bodies_units(body, units, units[0] == units[1] ? 1 : (uint32_t)chance_below(&body->sim->world, 3));
}

/* Whom a street calls: those that the list names, or any department. */
static void put_callable(struct body *body, const struct field_shape *field)
{
    struct simulation *sim = body->sim;
    const struct model_case *of = &sim->model.cases[body->of_case];
    int32_t lead, units[ROW_SUPPORTS_MAX];
    const struct catalogue_row *row = of->place < 0 ? NULL : district_row(sim->district, of->matter, of->place, &lead);
    uint32_t count = 0;

    (void)field;
    for (uint32_t i = 0; row != NULL && i < row->call_count && count < 2; i++) {
        int32_t unit = district_select(sim->district, &row->calls[i], of->place);

        if (unit >= 0 && (count == 0 || units[0] != unit)) {
            units[count++] = unit;
        }
    }
    if (count == 0 || chance_is(&sim->world, 0.2)) {
        units[0] = unit_like(sim, UNIT_CLASS_DEPARTMENT, -1);
        count = 1;
    }
    bodies_units(body, units, count);
}

/* Whom a unit hands its duty on to: somebody below it, or in the street whose desk it is; now and then anybody. */
static void put_inside(struct body *body, const struct field_shape *field)
{
    struct simulation *sim = body->sim;
    const struct district *district = sim->district;
    int32_t holder = body->duty == MODEL_NONE ? -1 : sim->model.duties[body->duty].unit;
    int32_t top = holder >= 0 && district->units[holder].desk_of >= 0 ? district->units[holder].desk_of : holder;
    int32_t found = bodies_any_unit(sim);
    uint32_t count = 0;

    (void)field;
    if (!chance_is(&sim->world, 0.05)) {
        for (int32_t unit = 0; unit < (int32_t)district->unit_count && top >= 0; unit++) {
            bool below = unit != holder && unit != top && district_within(district, unit, top);
            found = below && chance_below(&sim->world, ++count) == 0 ? unit : found;
        }
    }
    bodies_code(body, &district->units[found].code);
}

/* Before the own due instant, mostly. */
static void put_inner_due(struct body *body, const struct field_shape *field)
{
    struct simulation *sim = body->sim;

    (void)field;
    msgpack_pack_int64(&body->packer, sim->true_ms + sim->offset_ms + chance_between(&sim->world, HOUR_MS, 4 * DAY_MS));
}

/* Who is called in the place of another. */
static void put_called(struct body *body, const struct field_shape *field)
{
    (void)field;
    bodies_code(body, &body->sim->district->units[unit_like(body->sim, UNIT_CLASS_DEPARTMENT, -1)].code);
}

void bodies_later(struct body *body, const struct field_shape *field)
{
    struct simulation *sim = body->sim;

    (void)field;
    msgpack_pack_int64(&body->packer, sim->true_ms + sim->offset_ms + chance_between(&sim->world, DAY_MS, 9 * DAY_MS));
}

/* Values that begin with @. */
static const struct {
    const char *name;
    void (*put)(struct body *body, const struct field_shape *field);
} found_values[] = {
    {"@words", bodies_words}, {"@any", bodies_any},        {"@matter", put_matter}, {"@place", put_place},
    {"@lead", put_lead},      {"@supports", put_supports}, {"@called", put_called}, {"@callable", put_callable},
    {"@units", put_callable}, {"@later", bodies_later},    {"@inside", put_inside}, {"@inner_due", put_inner_due},
};

void bodies_value(struct body *body, const struct field_shape *field, const char *value)
{
    for (size_t i = 0; i < sizeof(found_values) / sizeof(found_values[0]); i++) {
        if (strcmp(found_values[i].name, value) == 0) {
            found_values[i].put(body, field);
            return;
        }
    }
    if (value[0] == '@') {
        errx(2, "people: no such value: %s", value);
    }
    switch (field->type) {
    case FIELD_FLAG:
        if (strcmp(value, "true") == 0) {
            msgpack_pack_true(&body->packer);
        } else {
            msgpack_pack_false(&body->packer);
        }
        return;
    case FIELD_ID:
    case FIELD_INSTANT:
    case FIELD_SPAN:
    case FIELD_NUM:
    case FIELD_COUNT:
        msgpack_pack_int64(&body->packer, atoll(value));
        return;
    case FIELD_ENUM:
    case FIELD_TEXT:
    case FIELD_CODE:
        bodies_text(body, value);
        return;
    case FIELD_CODES:
    case FIELD_MAP:
        errx(2, "people: a list has to be found: %s", value);
    }
}

/* The id that a field names by its `ref`, or 0: it names none of these. */
uint64_t bodies_reference(const struct body *body, const struct command_info *info, uint32_t field)
{
    const struct model *model = &body->sim->model;

    if (info->ref[COMMAND_REF_CASE] == field + 1 && body->of_case != MODEL_NONE) {
        return model->cases[body->of_case].id;
    }
    if (info->ref[COMMAND_REF_DUTY] == field + 1 && body->duty != MODEL_NONE) {
        return model->duties[body->duty].id;
    }
    if (info->ref[COMMAND_REF_CALL] == field + 1 && body->call != MODEL_NONE) {
        return model->calls[body->call].id;
    }
    return 0;
}

void bodies_begin(struct body *body)
{
    msgpack_packer_init(&body->packer, &body->pairs, proto_buffer_write);
}

void bodies_name(struct body *body, const struct field_shape *field)
{
    msgpack_pack_str_with_body(&body->packer, field->name, field->name_size);
    body->count++;
}
