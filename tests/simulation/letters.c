/* letters.c - requests on their way: through a bad network, sent again, and answered */
#include "tests/simulation/bodies.h"

#include "proto/reply.h"
#include "proto/request.h"

#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define TRIES_MAX 14
#define AGAIN_MS INT64_C(20000)

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
    letter->nothing_kept = false;
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

uint64_t letters_seal(struct simulation *sim, struct body *body, uint32_t key, enum command_type command)
{
    uint64_t number = letters_write_down(sim, body, key, command, 0);

    letters_send(sim, number);
    return number;
}

/* `as`: number that the id says, 0: its own. */
uint64_t letters_write_down(struct simulation *sim, struct body *body, uint32_t key, enum command_type command, uint64_t as)
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
    snprintf(id, sizeof(id), "s-%" PRIu64, as != 0 ? as : number);
    struct request_head head = {.id = {id, (uint32_t)strlen(id)}, .name = {info->name, info->name_size}};
    if (bodies_is_gateway(key)) {
        const char *person = chance_is(&sim->world, 0.8) ? BODIES_PERSON : "nobody";

        head.on_behalf_of = (struct text){person, (uint32_t)strlen(person)};
    }
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
    return number;
}

void letters_write(struct simulation *sim, const struct people_row *row, uint32_t of_case, uint32_t duty, uint32_t call,
                   const char *outcome)
{
    int32_t unit = duty != MODEL_NONE ? sim->model.duties[duty].unit : -1;

    letters_write_as(sim, bodies_key(sim, row->role, unit), row, of_case, duty, call, outcome);
}

void letters_write_as(struct simulation *sim, uint32_t key, const struct people_row *row, uint32_t of_case, uint32_t duty,
                      uint32_t call, const char *outcome)
{
    const struct command_info *info = command_info(row->command);
    struct body body = {.sim = sim, .of_case = of_case, .duty = duty, .call = call};

    bodies_begin(&body);
    for (uint32_t i = 0; i < info->shape->field_count; i++) {
        const struct field_shape *field = &info->shape->fields[i];
        const struct people_field *wanted = people_field(row, field->name);
        const char *value = wanted != NULL ? people_value(wanted, &sim->world) : "none";
        uint64_t id = bodies_reference(&body, info, i);

        if (outcome != NULL && strcmp(field->name, "outcome") == 0) {
            value = outcome;
        }
        if (id != 0) {
            bodies_name(&body, field);
            msgpack_pack_uint64(&body.packer, id);
        } else if (strcmp(value, "none") != 0) {
            bodies_name(&body, field);
            bodies_value(&body, field, value);
        }
    }
    letters_seal(sim, &body, key, row->command);
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
    letter->nothing_kept = reply->refusal == REFUSAL_STORAGE_FAILED;
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

    if (reply_decode(&scratch, data, size, &reply) < 0 || (reply.ok && reply.id.size < 3)) {
        simulation_speak(sim, ORACLE_ONE_EFFECT, "an answer cannot be read");
        return;
    }
    if (reply.id.size < 3) { /* to half a message */
        sim->reached.refused[0][reply.refusal]++;
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
