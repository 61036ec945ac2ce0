/* letters.c - who asks, and for what: requests are written, sent through a bad network, sent again, and answered */
#include "tests/simulation/simulation.h"

#include "proto/reply.h"
#include "proto/request.h"

#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Keys: some of each role of the desk and the district, then a worker's and a leader's of each unit. */
#define KEYS_A_ROLE 4
#define KEYS_OF_UNITS (ROLE_COUNT * KEYS_A_ROLE)
#define TRIES_MAX 14
#define AGAIN_MS INT64_C(20000)

uint32_t letters_key(struct simulation *sim, enum role role, int32_t unit)
{
    bool of_unit = (role == ROLE_WORKER || role == ROLE_LEADER) && unit >= 0;

    return of_unit ? KEYS_OF_UNITS + 2 * (uint32_t)unit + (role == ROLE_LEADER)
                   : (uint32_t)role * KEYS_A_ROLE + (uint32_t)chance_below(&sim->world, KEYS_A_ROLE);
}

void letters_peer(const struct simulation *sim, uint32_t key, struct engine_peer *ret, char name[CODE_SIZE + 1])
{
    const struct district *district = sim->district;
    const struct unit *units = district->units;
    bool desk = key / KEYS_A_ROLE == ROLE_DISPATCHER || key / KEYS_A_ROLE == ROLE_FOLLOWUP;

    *ret = (struct engine_peer){.peer = 1000 + key};
    if (key < KEYS_OF_UNITS) {
        snprintf(name, CODE_SIZE + 1, "%s-%u", role_enum.names[key / KEYS_A_ROLE], key % KEYS_A_ROLE);
        ret->roles = 1u << key / KEYS_A_ROLE;
        ret->unit = units[desk ? district->desk_unit : district->district_unit].code;
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

/* --- bodies -------------------------------------------------------------------------------------- */

/* A body that is being written: pairs, and how many. */
struct body {
    struct simulation *sim;
    struct proto_buffer pairs;
    msgpack_packer packer;
    uint32_t count;
    uint32_t of_case, duty, call;
};

static void put_text(struct body *body, const char *text)
{
    msgpack_pack_str_with_body(&body->packer, text, strlen(text));
}

static void put_code(struct body *body, const struct code *code)
{
    msgpack_pack_str_with_body(&body->packer, code->s, strnlen(code->s, CODE_SIZE));
}

static void put_units(struct body *body, const int32_t *units, uint32_t count)
{
    msgpack_pack_array(&body->packer, count);
    for (uint32_t i = 0; i < count; i++) {
        put_code(body, &body->sim->district->units[units[i]].code);
    }
}

static int32_t any_unit(struct simulation *sim)
{
    return (int32_t)chance_below(&sim->world, sim->district->unit_count);
}

/* Any unit of this class, or of this tier (the other is -1). */
static int32_t unit_like(struct simulation *sim, int class, int tier)
{
    for (int i = 0; i < 10000; i++) {
        int32_t unit = any_unit(sim);
        const struct unit *at = &sim->district->units[unit];

        if ((class < 0 || (int)at->class == class) && (tier < 0 || (int)at->tier == tier)) {
            return unit;
        }
    }
    return sim->district->desk_unit;
}

static void put_words(struct body *body, const struct field_shape *field)
{
    static const char words[] = "路灯不亮，已联系来电人，现场核实属实，正在处理。The lamp is out since Monday. ";
    char text[400];
    size_t size = 0, wanted = 20 + chance_below(&body->sim->world, 300);

    if (field->max < (int64_t)sizeof(words)) {
        put_text(body, "000-0000000");
        return;
    }
    while (size + sizeof(words) <= wanted || size == 0) {
        memcpy(text + size, words, sizeof(words) - 1);
        size += sizeof(words) - 1;
    }
    msgpack_pack_str_with_body(&body->packer, text, size);
}

static void put_any(struct body *body, const struct field_shape *field)
{
    put_text(body, field->values->names[chance_below(&body->sim->world, field->values->count)]);
}

static void put_matter(struct body *body, const struct field_shape *field)
{
    struct simulation *sim = body->sim;

    (void)field;
    if (chance_is(&sim->world, 0.06)) {
        put_text(body, "unknown");
    } else {
        put_code(body, &sim->district->matters[chance_below(&sim->world, sim->district->matter_count)].code);
    }
}

static void put_place(struct body *body, const struct field_shape *field)
{
    static const int tiers[] = {UNIT_TIER_COMMUNITY, UNIT_TIER_COMMUNITY, UNIT_TIER_GRID, UNIT_TIER_STREET};

    (void)field;
    put_code(body, &body->sim->district->units[unit_like(body->sim, -1, tiers[chance_below(&body->sim->world, 4)])].code);
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
    put_code(body, &sim->district->units[lead < 0 ? sim->district->desk_unit : lead].code);
}

static void put_supports(struct body *body, const struct field_shape *field)
{
    int32_t units[2] = {unit_like(body->sim, UNIT_CLASS_DEPARTMENT, -1), unit_like(body->sim, UNIT_CLASS_DEPARTMENT, -1)};

    (void)field;
    put_units(body, units, units[0] == units[1] ? 1 : (uint32_t)chance_below(&body->sim->world, 3));
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
    put_units(body, units, count);
}

static void put_later(struct body *body, const struct field_shape *field)
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
    {"@words", put_words},       {"@any", put_any},           {"@matter", put_matter},  {"@place", put_place}, {"@lead", put_lead},
    {"@supports", put_supports}, {"@callable", put_callable}, {"@units", put_callable}, {"@later", put_later},
};

static void put_value(struct body *body, const struct field_shape *field, const char *value)
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
        put_text(body, value);
        return;
    case FIELD_CODES:
    case FIELD_MAP:
        errx(2, "people: a list has to be found: %s", value);
    }
}

/* The id that a field names by its `ref`, or 0: it names none of these. */
static uint64_t reference(const struct body *body, const struct command_info *info, uint32_t field)
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

static void begin_body(struct body *body)
{
    msgpack_packer_init(&body->packer, &body->pairs, proto_buffer_write);
}

static void put_name(struct body *body, const struct field_shape *field)
{
    msgpack_pack_str_with_body(&body->packer, field->name, field->name_size);
    body->count++;
}

/* --- on their way -------------------------------------------------------------------------------- */

static int64_t travel_ms(struct simulation *sim)
{
    int64_t ms = chance_between(&sim->network, 1, 60);

    if (simulation_may(sim, MISHAP_REORDERED) && chance_is(&sim->network, 0.01)) {
        ms += chance_between(&sim->network, 1000, 10 * MINUTE_MS);
        sim->reached.faults[MISHAP_REORDERED]++;
    }
    return ms;
}

void letters_send(struct simulation *sim, uint64_t number)
{
    struct letter *letter = &sim->letters[number];

    letter->tries++;
    if (simulation_may(sim, MISHAP_LOST) && chance_is(&sim->network, 0.01)) {
        sim->reached.faults[MISHAP_LOST]++;
    } else {
        queue_add(&sim->queue, sim->true_ms + travel_ms(sim), EVENT_DELIVER, (uint32_t)number, 0, 0);
    }
    if (simulation_may(sim, MISHAP_DOUBLED) && chance_is(&sim->network, 0.02)) {
        int64_t later_ms = chance_is(&sim->network, 0.5) ? 100 : 6 * DAY_MS;

        queue_add(&sim->queue, sim->true_ms + chance_between(&sim->network, 1, later_ms), EVENT_DELIVER, (uint32_t)number, 0, 0);
        sim->reached.faults[MISHAP_DOUBLED]++;
    }
    queue_add(&sim->queue, sim->true_ms + AGAIN_MS * letter->tries, EVENT_AGAIN, (uint32_t)number, 0, 0);
}

void letters_again(struct simulation *sim, uint64_t number)
{
    if (!sim->letters[number].answered && sim->letters[number].tries < TRIES_MAX) {
        letters_send(sim, number);
    }
}

static void seal(struct simulation *sim, struct body *body, uint32_t key, enum command_type command)
{
    const struct command_info *info = command_info(command);
    uint64_t number = ++sim->letter_count;
    struct proto_buffer whole = {0}, out = {0};
    msgpack_packer packer;
    char id[32];

    if ((number & (number - 1)) == 0 || sim->letters == NULL) {
        sim->letters = realloc(sim->letters, 2 * number * sizeof(*sim->letters));
        if (sim->letters == NULL) {
            err(2, "letters");
        }
    }
    snprintf(id, sizeof(id), "s-%" PRIu64, number);
    struct request_head head = {.id = {id, (uint32_t)strlen(id)}, .name = {info->name, info->name_size}};
    msgpack_packer_init(&packer, &whole, proto_buffer_write);
    msgpack_pack_map(&packer, body->count);
    if (proto_buffer_append(&whole, body->pairs.data, body->pairs.size) < 0 ||
        request_encode(&head, whole.data, whole.size, &out) < 0) {
        err(2, "letters");
    }
    sim->letters[number] =
        (struct letter){.data = out.data, .size = out.size, .key = key, .command = command, .of_case = body->of_case};
    proto_buffer_deinit(&whole);
    proto_buffer_deinit(&body->pairs);
    sim->reached.asked++;
    letters_send(sim, number);
}

void letters_write(struct simulation *sim, const struct people_row *row, uint32_t of_case, uint32_t duty, uint32_t call,
                   const char *outcome)
{
    int32_t unit = duty != MODEL_NONE ? sim->model.duties[duty].unit : -1;

    letters_write_as(sim, letters_key(sim, row->role, unit), row, of_case, duty, call, outcome);
}

void letters_write_as(struct simulation *sim, uint32_t key, const struct people_row *row, uint32_t of_case, uint32_t duty,
                      uint32_t call, const char *outcome)
{
    const struct command_info *info = command_info(row->command);
    struct body body = {.sim = sim, .of_case = of_case, .duty = duty, .call = call};

    begin_body(&body);
    for (uint32_t i = 0; i < info->shape->field_count; i++) {
        const struct field_shape *field = &info->shape->fields[i];
        const struct people_field *wanted = people_field(row, field->name);
        const char *value = wanted != NULL ? people_value(wanted, &sim->world) : "none";
        uint64_t id = reference(&body, info, i);

        if (outcome != NULL && strcmp(field->name, "outcome") == 0) {
            value = outcome;
        }
        if (id != 0) {
            put_name(&body, field);
            msgpack_pack_uint64(&body.packer, id);
        } else if (strcmp(value, "none") != 0) {
            put_name(&body, field);
            put_value(&body, field, value);
        }
    }
    seal(sim, &body, key, row->command);
}

/* --- whims --------------------------------------------------------------------------------------- */

static void put_whim(struct body *body, const struct field_shape *field)
{
    struct chance *world = &body->sim->world;
    int32_t units[3] = {any_unit(body->sim), any_unit(body->sim), any_unit(body->sim)};

    switch (field->type) {
    case FIELD_FLAG:
        put_value(body, field, chance_is(world, 0.5) ? "true" : "false");
        return;
    case FIELD_ID:
        msgpack_pack_uint64(&body->packer, 1 + chance_below(world, body->sim->model.last_seq + 10));
        return;
    case FIELD_INSTANT:
        put_later(body, field);
        return;
    case FIELD_SPAN:
    case FIELD_NUM:
    case FIELD_COUNT:
        msgpack_pack_uint64(&body->packer, chance_below(world, 7));
        return;
    case FIELD_ENUM:
        put_any(body, field);
        return;
    case FIELD_TEXT:
        put_words(body, field);
        return;
    case FIELD_CODE:
        put_code(body, &body->sim->district->units[units[0]].code);
        return;
    case FIELD_CODES:
        put_units(body, units, (uint32_t)chance_below(world, 4));
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
    int32_t unit = duty != MODEL_NONE && chance_is(&sim->world, 0.85) ? sim->model.duties[duty].unit : any_unit(sim);
    enum role role;

    roles = (roles & ~(1u << ROLE_GATEWAY)) != 0 ? roles & ~(1u << ROLE_GATEWAY) : 1u << ROLE_OPERATOR;
    do {
        role = (enum role)chance_below(&sim->world, ROLE_COUNT);
    } while ((roles & 1u << role) == 0);
    return letters_key(sim, role, unit);
}

/* How often a field that is not needed is given: a case that is named twice is mostly another one. */
static double whim_share(const struct command_info *info, uint32_t field)
{
    bool named = info->ref[COMMAND_REF_NUMBER] == field + 1 || info->ref[COMMAND_REF_SUBMITTED] == field + 1;

    return named ? 0.02 : info->shape->fields[field].type == FIELD_TEXT ? 0.8 : 0.15;
}

void letters_whim(struct simulation *sim)
{
    const struct model *model = &sim->model;
    enum command_type type = any_command(sim);
    const struct command_info *info = command_info(type);
    struct body body = {.sim = sim, .of_case = MODEL_NONE, .duty = MODEL_NONE, .call = MODEL_NONE};

    /* Something of late: what is long closed tells little. */
    if (model->duty_count > 0) {
        uint64_t back = chance_below(&sim->world, model->duty_count < 600 ? model->duty_count : 600);

        body.duty = model->duty_count - 1 - (uint32_t)back;
        body.of_case = model->duties[body.duty].of_case;
        body.call = model->cases[body.of_case].calls;
    }
    if (body.of_case != MODEL_NONE && (info->duty_kinds & 1u << model->duties[body.duty].kind) == 0 &&
        chance_is(&sim->world, 0.8)) {
        for (uint32_t at = model->cases[body.of_case].duties; at != MODEL_NONE; at = model->duties[at].next) {
            body.duty = (info->duty_kinds & 1u << model->duties[at].kind) != 0 ? at : body.duty;
        }
    }
    uint32_t key = any_key(sim, info, body.duty);
    begin_body(&body);
    for (uint32_t i = 0; i < info->shape->field_count; i++) {
        const struct field_shape *field = &info->shape->fields[i];
        uint64_t id = reference(&body, info, i);

        if (id != 0 && chance_is(&sim->world, 0.97)) {
            put_name(&body, field);
            msgpack_pack_uint64(&body.packer, id);
        } else if (id == 0 && (field->required || chance_is(&sim->world, whim_share(info, i)))) {
            put_name(&body, field);
            put_whim(&body, field);
        }
    }
    seal(sim, &body, key, type);
}

/* --- answers ------------------------------------------------------------------------------------- */

static uint64_t body_hash(const msgpack_object *body)
{
    struct proto_buffer bytes = {0};
    msgpack_packer packer;

    msgpack_packer_init(&packer, &bytes, proto_buffer_write);
    msgpack_pack_object(&packer, *body);
    uint64_t hash = XXH64(bytes.data, bytes.size, 1);
    proto_buffer_deinit(&bytes);
    return hash | 1;
}

/* Acknowledged means in the journal; and the same request has one answer. */
static void accepted(struct simulation *sim, uint64_t number, const msgpack_object *body)
{
    struct letter *letter = &sim->letters[number];
    const msgpack_object *seq = reply_field(body, "seq");
    uint64_t hash = body_hash(body);

    if (seq == NULL || seq->via.u64 == 0 || seq->via.u64 > sim->observed_seq || letter->taken_seq != seq->via.u64) {
        simulation_speak(sim, ORACLE_ACKNOWLEDGED,
                         "request s-%" PRIu64 " was acknowledged with record %" PRIu64 ", the journal has it at %" PRIu64, number,
                         seq != NULL ? seq->via.u64 : 0, letter->taken_seq);
    }
    if (letter->answer_hash != 0 && letter->answer_hash != hash) {
        simulation_speak(sim, ORACLE_ONE_EFFECT, "request s-%" PRIu64 " is answered otherwise when it is sent again", number);
    }
    if (letter->answer_hash == 0) {
        sim->reached.accepted[letter->command]++;
        letter->answer_seq = seq != NULL ? seq->via.u64 : 0;
    }
    letter->answer_hash = hash;
    letter->answered = true;
}

static void refused(struct simulation *sim, uint64_t number, const struct reply *reply)
{
    struct letter *letter = &sim->letters[number];

    sim->reached.refused[letter->command][reply->refusal]++;
    if (reply->refusal == REFUSAL_STORAGE_FAILED && letter->taken_seq == 0 && letter->answer_hash != 0) {
        simulation_speak(sim, ORACLE_ACKNOWLEDGED, "request s-%" PRIu64 " was acknowledged, and nothing is kept of it", number);
    }
    if (!reply->retry) {
        letter->answered = true;
    }
}

void letters_answer(struct simulation *sim, const void *data, size_t size)
{
    static struct codec_scratch scratch;
    struct reply reply;
    uint64_t number = 0;

    if (reply_decode(&scratch, data, size, &reply) < 0 || reply.id.size < 3) {
        simulation_speak(sim, ORACLE_ONE_EFFECT, "an answer cannot be read");
        return;
    }
    for (uint32_t i = 2; i < reply.id.size; i++) {
        number = 10 * number + (uint64_t)(reply.id.at[i] - '0');
    }
    if (simulation_may(sim, MISHAP_LOST) && chance_is(&sim->network, 0.01)) {
        sim->reached.faults[MISHAP_LOST]++;
        return;
    }
    if (reply.ok) {
        accepted(sim, number, &reply.body);
    } else {
        refused(sim, number, &reply);
    }
}

void letters_end(struct simulation *sim)
{
    for (uint64_t i = 1; i <= sim->letter_count; i++) {
        free(sim->letters[i].data);
    }
    free(sim->letters);
}
