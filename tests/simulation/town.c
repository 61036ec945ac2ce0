/* town.c - what people begin when something happens: the rows of people.csv become steps at instants */
#include "tests/simulation/simulation.h"

#include "dispatcher/core/rules.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define ARRIVALS_A_DAY 20
#define WHIMS_A_DAY 40
#define ROWS_MAX 128
#define STALE 0.03           /* of what is no longer to be done, and is asked for all the same */
#define STUBBORN 3           /* from so many looks on nobody leaves a step out */
#define FORGOTTEN_WHOLLY 0.5 /* of those with which nobody began */
#define FORGOTTEN 0.03       /* of the looks that come only after a fortnight */

/* Duties and cases that the records of this step are about. */
static uint32_t opened[4096], closed[1024];
static uint32_t opened_count, closed_count;

static enum occasion occasion_of(const struct model_duty *duty)
{
    static const enum occasion by_kind[DUTY_KIND_COUNT] = {
        [DUTY_KIND_ROUTE] = OCCASION_ROUTE,     [DUTY_KIND_LEAD] = OCCASION_LEAD,     [DUTY_KIND_SUPPORT] = OCCASION_SUPPORT,
        [DUTY_KIND_RESPOND] = OCCASION_RESPOND, [DUTY_KIND_RATE] = OCCASION_RATE,     [DUTY_KIND_FOLLOWUP] = OCCASION_FOLLOWUP,
        [DUTY_KIND_RULE] = OCCASION_RULE,       [DUTY_KIND_DECIDE] = OCCASION_DECIDE,
    };

    if (duty->kind == DUTY_KIND_DECIDE && duty->of_call != MODEL_NONE) {
        return OCCASION_REFUSAL;
    }
    if (duty->internal) {
        return OCCASION_INNER;
    }
    if (duty->kind == DUTY_KIND_RULE && duty->of_call != MODEL_NONE) {
        return OCCASION_OBJECTION;
    }
    return duty->kind == DUTY_KIND_ROUTE && duty->of_call != MODEL_NONE ? OCCASION_DISPATCH : by_kind[duty->kind];
}

/* --- instants ------------------------------------------------------------------------------------ */

/* So many hours of the unit's work later; in haste minutes. */
static int64_t office_later(const struct simulation *sim, const struct model_duty *duty, int64_t from_ms, double hours)
{
    return calendar_after(district_calendar(sim->district, duty->unit), TIME_KIND_WORKING_HOURS, from_ms,
                          (int64_t)(hours * (double)HOUR_MS))
        .at;
}

static int64_t work_later(struct simulation *sim, const struct model_duty *duty, int64_t from_ms, double hours)
{
    uint8_t urgency = sim->model.cases[duty->of_case].urgency;

    if (urgency == URGENCY_EMERGENCY) {
        return from_ms + chance_between(&sim->world, MINUTE_MS, 4 * MINUTE_MS);
    }
    if (urgency == URGENCY_URGENT) {
        return from_ms + chance_between(&sim->world, 6 * MINUTE_MS, 40 * MINUTE_MS);
    }
    return office_later(sim, duty, from_ms, hours);
}

/* When the duty is due; 0: never. */
static int64_t due_of(const struct simulation *sim, uint32_t number)
{
    const struct model *model = &sim->model;
    const struct model_duty *duty = &model->duties[number];
    enum clock_kind kind = duty_main_clock((enum duty_kind)duty->kind, duty->of_call != MODEL_NONE);

    for (uint32_t at = model->cases[duty->of_case].clocks; at != MODEL_NONE; at = model->clocks[at].next) {
        if (model->clocks[at].of_duty == number && model->clocks[at].kind == kind) {
            return model->clocks[at].due_at == 0 ? 0 : model->clocks[at].due_at - sim->offset_ms;
        }
    }
    return 0;
}

/* -mean * log: as many are below as people are quick. */
static double about(struct chance *chance, double mean, double most)
{
    double drawn = -log(1 - chance_real(chance)) * mean;

    return drawn < most ? drawn : most;
}

static int64_t step_at(struct simulation *sim, const struct people_row *row, uint32_t number, int64_t from_ms)
{
    const struct model_duty *duty = &sim->model.duties[number];
    struct chance *world = &sim->world;
    int64_t due_ms = due_of(sim, number);

    switch (row->time) {
    case PEOPLE_AT_ONCE:
        return from_ms + chance_between(world, 1000, 2 * MINUTE_MS);
    case PEOPLE_BETWEEN:
        return work_later(sim, duty, from_ms, row->a + chance_real(world) * (row->b - row->a));
    case PEOPLE_ABOUT:
        return work_later(sim, duty, from_ms, about(world, row->a, row->b));
    case PEOPLE_EVERY:
        return office_later(sim, duty, from_ms, row->a);
    case PEOPLE_OF_LIMIT:
        if (due_ms > from_ms + 5 * MINUTE_MS) {
            return from_ms + (int64_t)((double)(due_ms - from_ms) * pow(chance_real(world), row->b / row->a));
        }
        return work_later(sim, duty, from_ms, chance_real(world));
    case PEOPLE_LATE:
        from_ms = due_ms > from_ms ? due_ms + MINUTE_MS : from_ms;
        return work_later(sim, duty, from_ms, about(world, row->a, row->b));
    }
    return from_ms;
}

/* --- plans --------------------------------------------------------------------------------------- */

/* One of the rows of an occasion with this row's command and step before it, as their shares say; or -1. The first row stands for
 * them all. */
static int one_way(struct simulation *sim, size_t first, bool surely)
{
    const struct people *people = &sim->people;
    const struct people_row *like = &people->rows[first];
    double sum = 0, drawn;

    for (size_t i = first; i < people->count; i++) {
        const struct people_row *row = &people->rows[i];

        sum += row->occasion == like->occasion && row->command == like->command && row->after == like->after ? row->share : 0;
    }
    drawn = chance_real(&sim->world) * (surely || sum > 1 ? sum : 1);
    for (size_t i = first; i < people->count; i++) {
        const struct people_row *row = &people->rows[i];

        if (row->occasion != like->occasion || row->command != like->command || row->after != like->after) {
            continue;
        }
        if (drawn < row->share) {
            return (int)i;
        }
        drawn -= row->share;
    }
    return -1;
}

static bool stands_for_others(const struct people *people, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (people->rows[i].occasion == people->rows[at].occasion && people->rows[i].command == people->rows[at].command &&
            people->rows[i].after == people->rows[at].after) {
            return false;
        }
    }
    return true;
}

/* Attempts that fail come before the step. Gives when the last one was. */
static int64_t plan_failures(struct simulation *sim, int row, uint32_t duty, int64_t at_ms)
{
    const struct people_field *failures = people_field(&sim->people.rows[row], "failures");
    int count = failures != NULL ? people_value(failures, &sim->world)[0] - '0' : 0;

    for (int i = 0; i < count; i++) {
        queue_add(&sim->queue, at_ms, EVENT_STEP, (uint32_t)row, duty, 1);
        at_ms = work_later(sim, &sim->model.duties[duty], at_ms, 0.5 + 2.5 * chance_real(&sim->world));
    }
    return at_ms;
}

/* The people of a duty begin with it, or look at it again. */
static void plan(struct simulation *sim, uint32_t number)
{
    struct model_duty *duty = &sim->model.duties[number];
    const struct people *people = &sim->people;
    enum occasion occasion = occasion_of(duty);
    int64_t done_ms[ROWS_MAX] = {0}, last_ms = sim->true_ms;
    bool surely = duty->looks++ >= STUBBORN;

    assert(people->count <= ROWS_MAX);
    for (size_t i = 0; i < people->count; i++) {
        int after = people->rows[i].after;

        if (people->rows[i].occasion != occasion || !stands_for_others(people, i) || (after >= 0 && done_ms[after] == 0)) {
            continue;
        }
        int row = one_way(sim, i, surely && people->rows[i].share > 0.1);
        if (row < 0) {
            continue;
        }
        int64_t at_ms = step_at(sim, &people->rows[row], number, after >= 0 ? done_ms[after] : sim->true_ms);
        at_ms = plan_failures(sim, row, number, at_ms);
        queue_add(&sim->queue, at_ms, EVENT_STEP, (uint32_t)row, number, 0);
        done_ms[i] = at_ms;
        last_ms = at_ms > last_ms ? at_ms : last_ms;
    }
    double forgotten = last_ms == sim->true_ms ? FORGOTTEN_WHOLLY : FORGOTTEN;
    int64_t again_ms = chance_is(&sim->world, forgotten) ? 14 * DAY_MS : chance_between(&sim->world, 8 * HOUR_MS, 50 * HOUR_MS);
    queue_add(&sim->queue, last_ms + again_ms, EVENT_LOOK, number, 0, 0);
}

void town_look(struct simulation *sim, uint32_t duty)
{
    if (model_duty_open(&sim->model.duties[duty])) {
        plan(sim, duty);
    }
}

/* What belongs to a case and not to a duty: hours go by as they are. */
static void plan_of_case(struct simulation *sim, enum occasion occasion, uint32_t of_case)
{
    for (size_t i = 0; i < sim->people.count; i++) {
        const struct people_row *row = &sim->people.rows[i];

        if (row->occasion == occasion && chance_is(&sim->world, row->share)) {
            double hours = row->a + chance_real(&sim->world) * (row->b - row->a);

            queue_add(&sim->queue, sim->true_ms + (int64_t)(hours * (double)HOUR_MS), EVENT_STEP, (uint32_t)i, of_case, 0);
        }
    }
}

/* Who looks before they act sees that it has been done, or that it is not theirs any more. */
static bool may_be_done(const struct people_row *row, const struct model_duty *duty)
{
    const struct rule *rule = rules_cell(MACHINE_DUTY, row->command, duty->state, duty->kind);
    bool on_duty = (command_info(row->command)->duty_kinds & 1u << duty->kind) != 0;

    return on_duty ? rule != NULL && rule->refusal == REFUSAL_NONE : model_duty_open(duty);
}

void town_do(struct simulation *sim, const struct event *event)
{
    const struct people_row *row = &sim->people.rows[event->a];

    if (row->occasion == OCCASION_CLOSED) {
        letters_write(sim, row, event->b, MODEL_NONE, MODEL_NONE, NULL);
        return;
    }
    const struct model_duty *duty = &sim->model.duties[event->b];
    if (!may_be_done(row, duty) && !chance_is(&sim->world, STALE)) {
        return;
    }
    uint32_t call = duty->of_call != MODEL_NONE ? duty->of_call : sim->model.cases[duty->of_case].calls;
    letters_write(sim, row, duty->of_case, event->b, call, event->c == 1 ? "no_answer" : NULL);
    if (row->time == PEOPLE_EVERY && model_duty_open(duty)) {
        queue_add(&sim->queue, office_later(sim, duty, sim->true_ms, row->a), EVENT_STEP, event->a, event->b, 0);
    }
}

const struct people_row *town_step_of_worker(struct simulation *sim, uint32_t duty)
{
    const struct people_row *found = NULL;
    uint32_t count = 0;

    for (size_t i = 0; i < sim->people.count; i++) {
        const struct people_row *row = &sim->people.rows[i];
        bool worker = row->role == ROLE_WORKER || row->role == ROLE_FOLLOWUP;

        if (worker && row->occasion == occasion_of(&sim->model.duties[duty]) && may_be_done(row, &sim->model.duties[duty]) &&
            chance_below(&sim->world, ++count) == 0) {
            found = row;
        }
    }
    return found;
}

/* --- records ------------------------------------------------------------------------------------- */

static void open_duty(struct simulation *sim, const struct record *record)
{
    if (opened_count < sizeof(opened) / sizeof(opened[0])) {
        opened[opened_count++] = model_of(&sim->model, record->head.duty_id);
    }
}

static void close_case(struct simulation *sim, const struct record *record)
{
    if (closed_count < sizeof(closed) / sizeof(closed[0])) {
        closed[closed_count++] = model_of(&sim->model, record->head.case_id);
    }
}

static void (*const begins[])(struct simulation *sim, const struct record *record) = {
    [RECORD_DUTY_OFFERED] = open_duty,
    [RECORD_DUTY_SENT_BACK] = open_duty,
    [RECORD_CASE_CLOSED] = close_case,
};

void town_record(struct simulation *sim, const struct record *record)
{
    if ((size_t)record->type < sizeof(begins) / sizeof(begins[0]) && begins[record->type] != NULL) {
        begins[record->type](sim, record);
    }
}

void town_step(struct simulation *sim)
{
    for (uint32_t i = 0; i < opened_count; i++) {
        town_look(sim, opened[i]);
    }
    for (uint32_t i = 0; i < closed_count; i++) {
        plan_of_case(sim, OCCASION_CLOSED, closed[i]);
    }
    opened_count = closed_count = 0;
}

/* --- what comes by itself ------------------------------------------------------------------------ */

static void next_of(struct simulation *sim, enum event_kind kind, double a_day)
{
    int64_t at_ms = sim->true_ms + 1 + (int64_t)(about(&sim->world, (double)DAY_MS / a_day, 5 * (double)DAY_MS));

    if (at_ms < sim->ends_ms) {
        queue_add(&sim->queue, at_ms, kind, 0, 0, 0);
    }
}

void town_begin(struct simulation *sim)
{
    opened_count = closed_count = 0;
    next_of(sim, EVENT_ARRIVAL, ARRIVALS_A_DAY);
    next_of(sim, EVENT_WHIM, WHIMS_A_DAY);
}

void town_arrival(struct simulation *sim)
{
    size_t first = 0;

    while (sim->people.rows[first].occasion != OCCASION_ARRIVAL) {
        first++;
    }
    letters_write(sim, &sim->people.rows[one_way(sim, first, true)], MODEL_NONE, MODEL_NONE, MODEL_NONE, NULL);
    next_of(sim, EVENT_ARRIVAL, ARRIVALS_A_DAY);
}

void town_whim(struct simulation *sim)
{
    whims_come(sim);
    next_of(sim, EVENT_WHIM, WHIMS_A_DAY);
}
