/* model.c - the state of the world, by the records alone and by other means than the engine's */
#include "tests/simulation/model.h"

#include "dispatcher/core/rules.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more at the end of a table. */
static void *room(void *table, uint32_t count, size_t size)
{
    if ((count & (count - 1)) == 0) {
        table = realloc(table, (count == 0 ? 1 : 2 * (size_t)count) * size);
        if (table == NULL) {
            err(2, "model");
        }
    }
    return table;
}

void model_begin(struct model *model, const struct district *district)
{
    *model = (struct model){.district = district};
}

void model_end(struct model *model)
{
    free(model->cases);
    free(model->duties);
    free(model->calls);
    free(model->clocks);
    free(model->of);
    free(model->events);
    *model = (struct model){0};
}

uint32_t model_of(const struct model *model, uint64_t id)
{
    return id != 0 && id < model->of_capacity ? model->of[id] : MODEL_NONE;
}

static void remember(struct model *model, uint64_t id, uint32_t number)
{
    if (id >= model->of_capacity) {
        uint64_t capacity = 2 * id + 65536;

        model->of = realloc(model->of, capacity * sizeof(*model->of));
        if (model->of == NULL) {
            err(2, "model");
        }
        memset(model->of + model->of_capacity, 0xff, (capacity - model->of_capacity) * sizeof(*model->of));
        model->of_capacity = capacity;
    }
    model->of[id] = number;
}

/* --- the verdict that is being read -------------------------------------------------------------- */

static void note(uint32_t *list, uint8_t *states, uint32_t *count, uint32_t most, uint32_t which, uint8_t state)
{
    for (uint32_t i = 0; i < *count; i++) {
        if (list[i] == which) {
            return;
        }
    }
    if (*count < most) {
        states[*count] = state;
        list[(*count)++] = which;
    }
}

/* What a record names, as it was before this verdict. */
static void note_touched(struct model *model, const struct record *record)
{
    struct model_verdict *verdict = &model->verdict;
    uint32_t of_case = model_of(model, record->head.case_id), duty = model_of(model, record->head.duty_id),
             call = model_of(model, record->head.call_id);

    if (of_case != MODEL_NONE) {
        struct model_case *at = &model->cases[of_case];

        note(verdict->cases, verdict->case_states, &verdict->case_count, 8, of_case, at->state);
        at->at_ms = record->at_ms;
        if (!at->touched && model->touched_count < MODEL_TOUCHED_MAX) {
            at->touched = true;
            model->touched[model->touched_count++] = of_case;
        }
    }
    if (duty != MODEL_NONE) {
        note(verdict->duties, verdict->duty_states, &verdict->duty_count, 64, duty, model->duties[duty].state);
    }
    if (call != MODEL_NONE) {
        note(verdict->calls, verdict->call_states, &verdict->call_count, 8, call, model->calls[call].state);
    }
}

/* What this record has made: before it, there was none. */
static void note_made(struct model *model, const struct record *record)
{
    struct model_verdict *verdict = &model->verdict;

    if (record->head.case_id == record->seq) {
        note(verdict->cases, verdict->case_states, &verdict->case_count, 8, model_of(model, record->seq), CASE_STATE_NONE);
        note_touched(model, record);
    } else if (record->head.call_id == record->seq) {
        note(verdict->calls, verdict->call_states, &verdict->call_count, 8, model_of(model, record->seq), CALL_STATE_NONE);
    }
}

void model_verdict_over(struct model *model)
{
    if ((model->verdict.case_count > 0 || model->verdict.by_command) && model->verdict_ended != NULL) {
        model->verdict_ended(model->arg, &model->verdict);
    }
    model->verdict = (struct model_verdict){.command = COMMAND_PULSE};
}

/* Requests of letters are called s-NUMBER. */
static uint64_t letter_of(struct text request)
{
    uint64_t number = 0;

    if (request.size < 3 || request.at[0] != 's' || request.at[1] != '-') {
        return 0;
    }
    for (uint32_t i = 2; i < request.size; i++) {
        number = 10 * number + (uint64_t)(request.at[i] - '0');
    }
    return number;
}

/* --- rows ---------------------------------------------------------------------------------------- */

static void take_case(struct model *model, const struct record *record)
{
    model->cases = room(model->cases, model->case_count, sizeof(*model->cases));
    model->cases[model->case_count] = (struct model_case){.id = record->seq,
                                                          .duties = MODEL_NONE,
                                                          .calls = MODEL_NONE,
                                                          .clocks = MODEL_NONE,
                                                          .lead = MODEL_NONE,
                                                          .urgency = (uint8_t)record->head.urgency,
                                                          .place = district_unit_find(model->district, &record->head.place_unit),
                                                          .matter = district_matter_find(model->district, &record->head.matter)};
    remember(model, record->seq, model->case_count++);
}

static void take_duty(struct model *model, const struct record *record)
{
    const struct duty_offered_body *body = &record->body.duty_offered;
    uint32_t of_case = model_of(model, record->head.case_id);
    struct model_duty duty = {.id = record->seq,
                              .of_case = of_case,
                              .of_call = model_of(model, record->head.call_id),
                              .next = model->cases[of_case].duties,
                              .unit = district_unit_find(model->district, &record->head.unit),
                              .kind = (uint8_t)body->duty_kind,
                              .internal = body->reason == DUTY_END_ASSIGNED,
                              .of_duty = model_of(model, body->of_duty)};

    duty.state = rules_duty_kind(body->duty_kind)->born_signed ? DUTY_STATE_SIGNED : DUTY_STATE_OFFERED;
    model->duties = room(model->duties, model->duty_count, sizeof(duty));
    model->duties[model->duty_count] = duty;
    model->cases[of_case].duties = model->duty_count;
    if (body->duty_kind == DUTY_KIND_LEAD) {
        model->cases[of_case].lead = model->duty_count;
    }
    model->verdict.opened[body->duty_kind] = true;
    remember(model, record->seq, model->duty_count++);
}

static void take_call(struct model *model, const struct record *record)
{
    uint32_t of_case = model_of(model, record->head.case_id);

    model->calls = room(model->calls, model->call_count, sizeof(*model->calls));
    model->calls[model->call_count] = (struct model_call){.id = record->seq,
                                                          .of_case = of_case,
                                                          .next = model->cases[of_case].calls,
                                                          .caller = district_unit_find(model->district, &record->head.unit)};
    model->cases[of_case].calls = model->call_count;
    remember(model, record->seq, model->call_count++);
}

static void take_clock(struct model *model, const struct record *record)
{
    uint32_t of_case = model_of(model, record->head.case_id);

    model->clocks = room(model->clocks, model->clock_count, sizeof(*model->clocks));
    model->clocks[model->clock_count] = (struct model_clock){.id = record->seq,
                                                             .of_case = of_case,
                                                             .of_duty = model_of(model, record->head.duty_id),
                                                             .next = model->cases[of_case].clocks,
                                                             .round = record->head.round,
                                                             .kind = (uint8_t)record->body.clock_started.clock,
                                                             .state = CLOCK_STATE_RUNNING};
    model->cases[of_case].clocks = model->clock_count;
    remember(model, record->seq, model->clock_count++);
}

/* Where the columns of the record say that case, duty and call go. */
static void move_states(struct model *model, const struct record *record, const struct record_info *info)
{
    uint32_t of_case = model_of(model, record->head.case_id), duty = model_of(model, record->head.duty_id),
             call = model_of(model, record->head.call_id);

    if (info->case_state != RECORD_STATE_SAME && of_case != MODEL_NONE) {
        model->cases[of_case].state = (uint8_t)info->case_state;
    }
    if (info->duty_state != RECORD_STATE_SAME && duty != MODEL_NONE) {
        model->duties[duty].state = (uint8_t)info->duty_state;
    }
    if (info->call_state != RECORD_STATE_SAME && call != MODEL_NONE) {
        model->calls[call].state = (uint8_t)info->call_state;
    }
}

struct model_clock *model_clock_of(const struct model *model, const struct record *record)
{
    const struct record_info *info = record_info(record->type);
    uint64_t id = 0;

    if (record->type == RECORD_CLOCK_STARTED) {
        id = record->seq;
    } else if (info->clock_offset != 0) {
        memcpy(&id, (const char *)&record->body + info->clock_offset, sizeof(id));
    }
    uint32_t number = model_of(model, id);
    return number == MODEL_NONE ? NULL : &model->clocks[number];
}

static void take_event(struct model *model, uint64_t seq)
{
    if (model->event_count == model->event_capacity) {
        model->event_capacity = 2 * model->event_capacity + 4096;
        model->events = realloc(model->events, model->event_capacity * sizeof(*model->events));
    }
    model->events[model->event_count++] = seq;
}

/* Verdicts of a command say how many records they have. What the dispatcher did by itself begins with a rung, a claim that lapses,
 * or another fact after the end of the one before. */
static void begin_verdict(struct model *model, const struct record *record)
{
    struct model_verdict *verdict = &model->verdict;

    if (record->type == RECORD_COMMAND_TAKEN) {
        model_verdict_over(model);
        verdict->by_command = true;
        verdict->seq = record->seq;
        verdict->command = (enum command_type)record->body.command_taken.command;
        verdict->request = letter_of(record->body.command_taken.request);
        verdict->left = record->body.command_taken.count;
        return;
    }
    if (verdict->by_command && verdict->left == 0) {
        model_verdict_over(model);
    }
    if (!verdict->by_command && (record->type == RECORD_RUNG_FIRED || record->type == RECORD_DUTY_RELEASED)) {
        model_verdict_over(model);
    }
    verdict->left -= verdict->by_command;
}

static struct model_duty *duty_of(const struct model *model, const struct record *record)
{
    return &model->duties[model_of(model, record->head.duty_id)];
}

static void take_claimed(struct model *model, const struct record *record)
{
    duty_of(model, record)->claimed = true;
}

static void take_released(struct model *model, const struct record *record)
{
    duty_of(model, record)->claimed = false;
}

static void take_moved(struct model *model, const struct record *record)
{
    duty_of(model, record)->unit = district_unit_find(model->district, &record->head.unit);
}

static void take_reopened(struct model *model, const struct record *record)
{
    struct model_case *of = &model->cases[model_of(model, record->head.case_id)];

    of->round = record->head.round;
    of->awaits = false;
}

static void take_awaits(struct model *model, const struct record *record)
{
    model->cases[model_of(model, record->head.case_id)].awaits = true;
}

/* What a record makes or changes beside the states that its columns name. */
static void (*const takes[])(struct model *model, const struct record *record) = {
    [RECORD_CASE_RECEIVED] = take_case,  [RECORD_DUTY_OFFERED] = take_duty,      [RECORD_CALL_RAISED] = take_call,
    [RECORD_CLOCK_STARTED] = take_clock, [RECORD_DUTY_CLAIMED] = take_claimed,   [RECORD_DUTY_RELEASED] = take_released,
    [RECORD_DUTY_MOVED] = take_moved,    [RECORD_CASE_REOPENED] = take_reopened, [RECORD_CASE_AWAITS_CALL] = take_awaits,
};

void model_take(struct model *model, const struct record *record)
{
    const struct record_info *info = record_info(record->type);

    begin_verdict(model, record);
    model->verdict.seen[record->type] = true;
    note_touched(model, record);
    model->last_seq = record->seq;
    model->last_at_ms = record->at_ms;
    if (info->event) {
        take_event(model, record->seq);
    }
    if ((size_t)record->type < sizeof(takes) / sizeof(takes[0]) && takes[record->type] != NULL) {
        takes[record->type](model, record);
        note_made(model, record);
    }
    move_states(model, record, info);
}
