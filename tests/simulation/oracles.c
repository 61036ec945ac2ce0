/* oracles.c - what is held against a run; README.md says what each means, and which planted bug it caught */
#include "tests/simulation/recount.h"
#include "tests/simulation/simulation.h"

#include "proto/codec.h"
#include "proto/reply.h"

#include <inttypes.h>

/* Open duties of a case, or of one of its calls, of these kinds. */
static uint32_t open_duties(const struct model *model, uint32_t of_case, uint32_t of_call, uint32_t kinds)
{
    uint32_t count = 0;

    for (uint32_t at = model->cases[of_case].duties; at != MODEL_NONE; at = model->duties[at].next) {
        const struct model_duty *duty = &model->duties[at];

        count += duty->of_call == of_call && (kinds & 1u << duty->kind) != 0 && model_duty_open(duty);
    }
    return count;
}

#define KIND(kind) (1u << DUTY_KIND_##kind)
#define ALL_KINDS UINT32_MAX

/* --- states -------------------------------------------------------------------------------------- */

/* What must be open in a state: between `least` and `most` duties of these kinds outside of calls. */
static const struct {
    uint32_t kinds, least, most;
} of_case_state[CASE_STATE_COUNT][3] = {
    [CASE_STATE_RECEIVED] = {{KIND(ROUTE), 1, 1}, {KIND(LEAD) | KIND(SUPPORT) | KIND(FOLLOWUP) | KIND(RULE) | KIND(DECIDE), 0, 0}},
    [CASE_STATE_HANDLING] = {{KIND(LEAD), 1, 1}, {KIND(ROUTE) | KIND(FOLLOWUP), 0, 0}},
    [CASE_STATE_SUSPENDED] = {{KIND(LEAD), 1, 1}},
    [CASE_STATE_ANSWERED] = {{KIND(FOLLOWUP), 1, 64}, {KIND(LEAD) | KIND(ROUTE) | KIND(RULE) | KIND(DECIDE), 0, 0}},
    [CASE_STATE_CLOSED] = {{ALL_KINDS, 0, 0}},
};

/* The same of a call: the duties that belong to it. */
static const struct {
    uint32_t kinds, least, most;
} of_call_state[CALL_STATE_COUNT][3] = {
    [CALL_STATE_RAISED] = {{KIND(ROUTE), 1, 1}, {KIND(RESPOND) | KIND(RATE) | KIND(RULE), 0, 0}},
    [CALL_STATE_CALLED] = {{KIND(RESPOND), 1, 64}, {KIND(ROUTE), 0, 0}},
    [CALL_STATE_REPORTED] = {{KIND(RATE), 1, 64}, {KIND(RESPOND) | KIND(ROUTE) | KIND(RULE), 0, 0}},
    [CALL_STATE_CLOSED] = {{ALL_KINDS & ~KIND(DECIDE), 0, 0}}, /* what was missed may still be decided */
};

static void look_at_call(struct simulation *sim, const struct model_call *call, uint32_t number)
{
    const struct model *model = &sim->model;

    for (size_t i = 0; i < 3; i++) {
        uint32_t count = open_duties(model, call->of_case, number, of_call_state[call->state][i].kinds);

        if (of_call_state[call->state][i].kinds != 0 &&
            (count < of_call_state[call->state][i].least || count > of_call_state[call->state][i].most)) {
            simulation_speak(sim, ORACLE_CALL_STATE, "call %" PRIu64 " is %s and has %u open duties of kinds %#x", call->id,
                             call_state_enum.names[call->state], count, of_call_state[call->state][i].kinds);
        }
    }
    if (call->state != CALL_STATE_CLOSED && open_duties(model, call->of_case, number, ALL_KINDS) == 0) {
        simulation_speak(sim, ORACLE_CALL_DUTY, "call %" PRIu64 " is %s, and nobody has a duty in it", call->id,
                         call_state_enum.names[call->state]);
    }
}

/* Is what this inner duty is a part of still somebody's: its whole, or, where that was a lead that was taken over, the support of
 * the same unit? */
static bool whole_is_open(const struct model *model, const struct model_duty *inner)
{
    const struct model_duty *whole = &model->duties[inner->of_duty];
    bool open = model_duty_open(whole);

    for (uint32_t at = model->cases[inner->of_case].duties; at != MODEL_NONE && !open && whole->kind == DUTY_KIND_LEAD;
         at = model->duties[at].next) {
        const struct model_duty *duty = &model->duties[at];
        open = duty->kind == DUTY_KIND_SUPPORT && !duty->internal && duty->unit == whole->unit && model_duty_open(duty);
    }
    return open;
}

/* A part is nobody's when its whole is over; an answered case has no other supports than such parts. */
static void look_at_inner(struct simulation *sim, const struct model_case *of)
{
    const struct model *model = &sim->model;

    for (uint32_t at = of->duties; at != MODEL_NONE; at = model->duties[at].next) {
        const struct model_duty *duty = &model->duties[at];

        if (!model_duty_open(duty) || duty->kind != DUTY_KIND_SUPPORT) {
            continue;
        }
        if (duty->internal ? !whole_is_open(model, duty) : of->state == CASE_STATE_ANSWERED) {
            simulation_speak(sim, ORACLE_INNER, "support %" PRIu64 " is open, and what it is for is over", duty->id);
        }
    }
}

static void look_at_case(struct simulation *sim, const struct model_case *of)
{
    const struct model *model = &sim->model;
    uint32_t number = (uint32_t)(of - model->cases), in_calls = 0;
    bool awaits = of->state == CASE_STATE_ANSWERED && of->awaits; /* nobody is asked any more, a call is still open */

    for (size_t i = awaits ? 1 : 0; i < 3; i++) {
        uint32_t count = open_duties(model, number, MODEL_NONE, of_case_state[of->state][i].kinds);

        if (of_case_state[of->state][i].kinds != 0 &&
            (count < of_case_state[of->state][i].least || count > of_case_state[of->state][i].most)) {
            simulation_speak(sim, ORACLE_CASE_STATE, "case %" PRIu64 " is %s and has %u open duties of kinds %#x", of->id,
                             case_state_enum.names[of->state], count, of_case_state[of->state][i].kinds);
        }
    }
    for (uint32_t at = of->calls; at != MODEL_NONE; at = model->calls[at].next) {
        look_at_call(sim, &model->calls[at], at);
        in_calls += model->calls[at].state != CALL_STATE_CLOSED;
    }
    look_at_inner(sim, of);
    if (awaits && (in_calls == 0 || open_duties(model, number, MODEL_NONE, ALL_KINDS & ~KIND(SUPPORT)) > 0)) {
        simulation_speak(sim, ORACLE_CASE_STATE, "case %" PRIu64 " is answered and waits for one of %u calls alone", of->id,
                         in_calls);
    }
    if (of->state == CASE_STATE_CLOSED && in_calls > 0) {
        simulation_speak(sim, ORACLE_CASE_STATE, "case %" PRIu64 " is closed, and a call of it is open", of->id);
    }
    if (of->state != CASE_STATE_CLOSED && !awaits && open_duties(model, number, MODEL_NONE, ALL_KINDS) == 0) {
        simulation_speak(sim, ORACLE_SOMEBODY, "case %" PRIu64 " is %s, and nobody has to act", of->id,
                         case_state_enum.names[of->state]);
    }
}

/* Where a duty may go from each state; a result may be sent back. */
static const uint32_t duty_ways[DUTY_STATE_COUNT] = {
    [DUTY_STATE_OFFERED] = 1u << DUTY_STATE_SIGNED | 1u << DUTY_STATE_ENDED | 1u << DUTY_STATE_HELD,
    [DUTY_STATE_SIGNED] = 1u << DUTY_STATE_DONE | 1u << DUTY_STATE_ENDED | 1u << DUTY_STATE_HELD,
    [DUTY_STATE_HELD] = 1u << DUTY_STATE_SIGNED | 1u << DUTY_STATE_ENDED,
    [DUTY_STATE_DONE] = 1u << DUTY_STATE_SIGNED,
};

static void look_at_duty_step(struct simulation *sim, const struct record *record)
{
    const struct record_info *info = record_info(record->type);
    uint32_t number = model_of(&sim->model, record->head.duty_id);

    if (info->duty_state == RECORD_STATE_SAME || number == MODEL_NONE) {
        return;
    }
    const struct model_duty *duty = &sim->model.duties[number];
    bool back = duty->state == DUTY_STATE_DONE;
    if ((duty_ways[duty->state] & 1u << info->duty_state) == 0 || (back && record->type != RECORD_DUTY_SENT_BACK)) {
        simulation_speak(sim, ORACLE_DUTY_STATE, "duty %" PRIu64 " goes from %s to %s by record %" PRIu64, duty->id,
                         duty_state_enum.names[duty->state], duty_state_enum.names[info->duty_state], record->seq);
    }
}

/* --- time ---------------------------------------------------------------------------------------- */

static void look_at_rung(struct simulation *sim, const struct record *record)
{
    struct model_clock *clock = model_clock_of(&sim->model, record);
    enum rung rung = record->body.rung_fired.rung;

    if ((clock->fired & 1u << rung) != 0) {
        simulation_speak(sim, ORACLE_RUNG_ONCE, "clock %" PRIu64 ": %s fires again, record %" PRIu64, clock->id,
                         rung_enum.names[rung], record->seq);
    } else if (clock->state != CLOCK_STATE_RUNNING || clock->rung_at[rung] == 0 || clock->rung_at[rung] > record->at_ms) {
        simulation_speak(sim, ORACLE_RUNG_ONCE, "clock %" PRIu64 ": %s fires before its time, record %" PRIu64, clock->id,
                         rung_enum.names[rung], record->seq);
    }
    clock->fired |= (uint8_t)(1u << rung);
    clock->moved = clock->moved && rung != RUNG_RED;
}

/* The rung that is due and has not fired, or -1. */
static int missed(const struct model_clock *clock, int64_t now_ms)
{
    for (int rung = 0; rung < RUNG_COUNT; rung++) {
        if (clock->rung_at[rung] != 0 && clock->rung_at[rung] <= now_ms && (clock->fired & 1u << rung) == 0) {
            return rung;
        }
    }
    return -1;
}

/* The item of who is late stands, but for a call that its caller takes back, and for a unit that should never have had the case. */
static bool excused(enum clock_why why)
{
    return why == CLOCK_WHY_WITHDRAWN || why == CLOCK_WHY_RETURNED || why == CLOCK_WHY_REASSIGNED || why == CLOCK_WHY_LEAD_MOVED;
}

/* A clock ends: what was due of it came first. Time itself may end several clocks at once, whose rungs are due at one instant. */
static void look_at_end(struct simulation *sim, const struct record *record)
{
    const struct model_clock *clock = model_clock_of(&sim->model, record);
    int rung = missed(clock, record->at_ms);

    if (sim->model.verdict.by_command && clock->state == CLOCK_STATE_RUNNING && rung >= 0) { /* void may become what has stopped */
        simulation_speak(sim, ORACLE_RUNG_MISSED, "clock %" PRIu64 " ends by record %" PRIu64 " and %s has not fired", clock->id,
                         record->seq, rung_enum.names[rung]);
    }
    if (record->type == RECORD_CLOCK_VOID && (clock->fired & 1u << RUNG_RED) != 0 && !clock->moved &&
        !excused(record->body.clock_void.why)) {
        simulation_speak(sim, ORACLE_LATENESS, "clock %" PRIu64 " is late, and record %" PRIu64 " makes it void", clock->id,
                         record->seq);
    }
}

/* Time ends a duty only where the rules say so: a case taken over (its unit stays as support), a rating or a follow-up that
 * expired, a case that the desk forgot and that goes to the fallback unit (the desk's item stands). */
static void look_at_relief(struct simulation *sim, const struct record *record)
{
    enum duty_end reason = record->type == RECORD_DUTY_ENDED ? record->body.duty_ended.reason : DUTY_END_NONE;
    enum duty_kind kind = record->type == RECORD_DUTY_ENDED ? record->body.duty_ended.duty_kind : record->body.duty_done.duty_kind;

    if (sim->model.verdict.by_command) {
        return;
    }
    bool taken_over = (kind == DUTY_KIND_LEAD || kind == DUTY_KIND_SUPPORT) && reason == DUTY_END_TAKEN_OVER;
    bool lapsed = (kind == DUTY_KIND_RULE || kind == DUTY_KIND_DECIDE) && reason == DUTY_END_NOT_NEEDED; /* with its lead */
    bool moved = kind == DUTY_KIND_SUPPORT && (reason == DUTY_END_LEAD_MOVED || reason == DUTY_END_SUPERSEDED);
    bool expired = (kind == DUTY_KIND_RATE || kind == DUTY_KIND_FOLLOWUP || kind == DUTY_KIND_ROUTE) && reason == DUTY_END_EXPIRED;
    if (!taken_over && !lapsed && !moved && !expired) {
        simulation_speak(sim, ORACLE_LATENESS, "time ends duty %" PRIu64 " (%s) by record %" PRIu64, record->head.duty_id,
                         duty_kind_enum.names[kind], record->seq);
    }
}

/* What is handed on inside has its inner due instant, and no item of the district. */
static void look_at_start(struct simulation *sim, const struct record *record)
{
    uint32_t number = model_of(&sim->model, record->head.duty_id);

    if (number != MODEL_NONE && sim->model.duties[number].internal && record->body.clock_started.clock != CLOCK_KIND_SUPPORT) {
        simulation_speak(sim, ORACLE_INNER, "inner duty %" PRIu64 " gets the clock %" PRIu64 " (%s)", record->head.duty_id,
                         record->seq, clock_kind_enum.names[record->body.clock_started.clock]);
    }
}

/* From here on clocks are counted by another set. */
static void take_set(struct simulation *sim, const struct record *record)
{
    sim->model.district = policies_of(sim, record->body.config_adopted.hash);
}

static void (*const looks[])(struct simulation *sim, const struct record *record) = {
    [RECORD_CONFIG_ADOPTED] = take_set,  [RECORD_RUNG_FIRED] = look_at_rung,     [RECORD_CLOCK_STOPPED] = look_at_end,
    [RECORD_CLOCK_VOID] = look_at_end,   [RECORD_CLOCK_STARTED] = look_at_start, [RECORD_DUTY_ENDED] = look_at_relief,
    [RECORD_DUTY_DONE] = look_at_relief,
};

void oracles_record(struct simulation *sim, const struct record *record)
{
    /* Before the model takes it: what is there is what was. */
    look_at_duty_step(sim, record);
    if ((size_t)record->type < sizeof(looks) / sizeof(looks[0]) && looks[record->type] != NULL) {
        looks[record->type](sim, record);
    }
    model_take(&sim->model, record);
    const char *wrong = recount_take(&sim->model, record);
    if (wrong != NULL) {
        simulation_speak(sim, ORACLE_RECOUNT, "%s", wrong);
    }
}

/* --- verdicts, steps, scans ---------------------------------------------------------------------- */

/* A late lead that is taken over stays as support: lateness relieves nobody. */
static void look_at_take_over(struct simulation *sim, const struct model_verdict *verdict)
{
    const struct model *model = &sim->model;

    for (uint32_t i = 0; i < verdict->duty_count; i++) {
        const struct model_duty *late = &model->duties[verdict->duties[i]];
        bool stays = false;

        if (late->kind != DUTY_KIND_LEAD || late->state != DUTY_STATE_ENDED || verdict->duty_states[i] == DUTY_STATE_ENDED) {
            continue;
        }
        for (uint32_t at = model->cases[late->of_case].duties; at != MODEL_NONE; at = model->duties[at].next) {
            const struct model_duty *duty = &model->duties[at];

            stays = stays || (duty->kind == DUTY_KIND_SUPPORT && duty->unit == late->unit && model_duty_open(duty));
        }
        if (!stays) {
            simulation_speak(sim, ORACLE_LATENESS, "lead %" PRIu64 " was taken over by time, and its unit has no duty any more",
                             late->id);
        }
    }
}

/* What a verdict did is a row of the tables in rules.c: to each case, to a call that went on, to a duty that was signed or done.
 * (How others end with them is no row of theirs; a result that is sent back is the rating's.) */
static void look_at_rules(struct simulation *sim, const struct model_verdict *verdict)
{
    const struct model *model = &sim->model;
    const char *command = command_info(verdict->command)->name;

    for (uint32_t i = 0; i < verdict->case_count; i++) {
        const struct model_case *of = &model->cases[verdict->cases[i]];

        if (reached_row(MACHINE_CASE, verdict->command, 0, verdict->case_states[i], of->state, NULL) < 0) {
            simulation_speak(sim, ORACLE_RULES, "%s led case %" PRIu64 " from %s to %s, and no rule does", command, of->id,
                             case_state_enum.names[verdict->case_states[i]], case_state_enum.names[of->state]);
        }
    }
    for (uint32_t i = 0; i < verdict->call_count; i++) {
        const struct model_call *call = &model->calls[verdict->calls[i]];

        if (verdict->call_states[i] != call->state &&
            reached_row(MACHINE_CALL, verdict->command, 0, verdict->call_states[i], call->state, NULL) < 0) {
            simulation_speak(sim, ORACLE_RULES, "%s led call %" PRIu64 " from %s to %s, and no rule does", command, call->id,
                             call_state_enum.names[verdict->call_states[i]], call_state_enum.names[call->state]);
        }
    }
    for (uint32_t i = 0; i < verdict->duty_count; i++) {
        const struct model_duty *duty = &model->duties[verdict->duties[i]];
        uint8_t from = verdict->duty_states[i];
        bool acted = (from == DUTY_STATE_OFFERED && duty->state == DUTY_STATE_SIGNED) ||
                     (from != DUTY_STATE_DONE && duty->state == DUTY_STATE_DONE);

        if (acted && reached_row(MACHINE_DUTY, verdict->command, duty->kind, from, duty->state, NULL) < 0) {
            simulation_speak(sim, ORACLE_RULES, "%s led duty %" PRIu64 " (%s) from %s to %s, and no rule does", command, duty->id,
                             duty_kind_enum.names[duty->kind], duty_state_enum.names[from], duty_state_enum.names[duty->state]);
        }
    }
}

void oracles_verdict(struct simulation *sim, const struct model_verdict *verdict)
{
    look_at_rules(sim, verdict);
    if (!verdict->by_command) {
        look_at_take_over(sim, verdict);
        return;
    }
    if (verdict->request == 0 || verdict->request > sim->letter_count) {
        return;
    }
    struct letter *letter = &sim->letters[verdict->request];
    if (letter->taken_seq != 0) {
        simulation_speak(sim, ORACLE_ONE_EFFECT, "request s-%" PRIu64 " took effect at record %" PRIu64 " and once more",
                         verdict->request, letter->taken_seq);
    }
    if (sim->starting && letter->nothing_kept) {
        simulation_speak(sim, ORACLE_ACKNOWLEDGED,
                         "of request s-%" PRIu64 " nothing was kept, so its sender was told, and the journal has it",
                         verdict->request);
    }
    letter->taken_seq = verdict->seq;
}

void oracles_step(struct simulation *sim)
{
    struct model *model = &sim->model;

    for (uint32_t i = 0; i < model->touched_count; i++) {
        model->cases[model->touched[i]].touched = false;
        look_at_case(sim, &model->cases[model->touched[i]]);
    }
    model->touched_count = 0;
}

/* Everything that runs, when the engine has nothing to do at this instant. */
void oracles_scan(struct simulation *sim)
{
    const struct model *model = &sim->model;

    if (engine_next_due_ms(sim->engine) <= engine_now_ms(sim->engine)) {
        return;
    }
    for (uint32_t i = 0; i < model->clock_count; i++) {
        const struct model_clock *clock = &model->clocks[i];
        int rung = clock->state == CLOCK_STATE_RUNNING ? missed(clock, engine_now_ms(sim->engine)) : -1;

        if (rung >= 0) {
            simulation_speak(sim, ORACLE_RUNG_MISSED, "clock %" PRIu64 ": %s was due and has not fired", clock->id,
                             rung_enum.names[rung]);
        }
    }
}

/* An event came out: the next one of the journal, and it says which was before it. */
void oracles_event(struct simulation *sim, const void *data, size_t size)
{
    static struct codec_scratch scratch;
    const struct model *model = &sim->model;
    msgpack_object map;

    if (codec_unpack_sized(&scratch, data, size, 100000, &map) < 0) {
        simulation_speak(sim, ORACLE_EVENTS, "an event cannot be read");
        return;
    }
    const msgpack_object *seq = reply_field(&map, "seq"), *prev = reply_field(&map, "prev");
    uint64_t wanted = sim->published_at < model->event_count ? model->events[sim->published_at] : 0;
    uint64_t before = sim->published_at > 0 ? model->events[sim->published_at - 1] : 0;
    if (seq == NULL || seq->via.u64 != wanted || (prev != NULL ? prev->via.u64 : 0) != before) {
        simulation_speak(sim, ORACLE_EVENTS,
                         "event %" PRIu64 " after %" PRIu64 " came out, the journal has %" PRIu64 " after %" PRIu64,
                         seq != NULL ? seq->via.u64 : 0, prev != NULL ? prev->via.u64 : 0, wanted, before);
    }
    sim->published_at++;
}

void oracles_open_cases(struct simulation *sim)
{
    const struct model *model = &sim->model;
    uint32_t open = 0, first = MODEL_NONE;

    for (uint32_t i = 0; i < model->case_count; i++) {
        if (model->cases[i].state != CASE_STATE_CLOSED) {
            open++;
            first = first == MODEL_NONE ? i : first;
        }
    }
    if (open > 0) {
        simulation_speak(sim, ORACLE_MOVES, "%u cases are still open long after the last fault, the first %" PRIu64 ", %s", open,
                         model->cases[first].id, case_state_enum.names[model->cases[first].state]);
    }
}
