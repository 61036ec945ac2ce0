/* query_view.c - rows as others see them */
#include "dispatcher/engine/query_view.h"

#include <errno.h>

/* Rows of a page whose size was left out. */
#define PAGE_DEFAULT 50

uint32_t query_page_size(bool given, uint32_t count)
{
    return !given || count == 0 ? PAGE_DEFAULT : count > CAP_PAGE ? CAP_PAGE : count;
}

unsigned query_omit(const struct query *query)
{
    return query->with_persons ? CODEC_OMIT_NOTHING : CODEC_OMIT_PERSONAL;
}

/* Colour at the instant that counts: now while it runs, the stop after that. Equal to due is in time. */
enum colour query_colour(const struct query *query, const struct clock_row *clock)
{
    int64_t at_ms = clock->state == CLOCK_STATE_STOPPED ? clock->stopped_at : query->engine->now_ms;

    if (clock->state == CLOCK_STATE_VOID || clock->state == CLOCK_STATE_NONE || clock->due_at == 0) {
        return COLOUR_BLUE;
    }
    if (at_ms > clock->due_at) {
        return COLOUR_RED;
    }
    return clock->rung_at[RUNG_YELLOW] != 0 && at_ms >= clock->rung_at[RUNG_YELLOW] ? COLOUR_YELLOW : COLOUR_BLUE;
}

static bool is_worse(const struct worst_clock *a, const struct worst_clock *b)
{
    if (b->clock_id == 0 || a->colour != b->colour) {
        return b->clock_id == 0 || a->colour > b->colour;
    }
    return a->due_at != b->due_at ? a->due_at < b->due_at : a->clock_id < b->clock_id;
}

bool query_worse(const struct query *query, const struct clock_row *clock, struct worst_clock *found)
{
    struct worst_clock at = {.clock_id = clock->clock_id, .kind = (enum clock_kind)clock->kind, .due_at = clock->due_at};

    if (clock->state != CLOCK_STATE_RUNNING || clock->due_at == 0 || (query->clock >= 0 && clock->kind != query->clock)) {
        return false;
    }
    at.colour = query_colour(query, clock);
    if (!is_worse(&at, found)) {
        return false;
    }
    *found = at;
    return true;
}

/* `duty_id` 0: of all duties, and of none. Ids ascend along the chain: a duty's clocks are younger than it. */
static uint32_t find_worst(const struct query *query, const struct case_row *row, uint64_t duty_id, struct worst_clock *ret)
{
    struct clock_row clock;
    uint32_t looked = 0;

    *ret = (struct worst_clock){.colour = COLOUR_BLUE};
    for (uint64_t id = row->clock_last; id > duty_id && tables_get(&query->engine->tables, ROW_CLOCK, id, &clock);
         id = clock.prev_of_case) {
        looked++;
        if (duty_id == 0 || clock.duty_id == duty_id) {
            query_worse(query, &clock, ret);
        }
    }
    return looked;
}

uint32_t query_worst_of_case(const struct query *query, const struct case_row *row, struct worst_clock *ret)
{
    return find_worst(query, row, 0, ret);
}

void query_worst_of_duty(const struct query *query, const struct case_row *of, const struct duty_row *row, struct worst_clock *ret)
{
    find_worst(query, of, row->duty_id, ret);
}

struct text query_print_number(const struct case_row *row, char number[NUMBER_SIZE])
{
    int size = number_print(row->day, row->day_no, number);

    return (struct text){.at = number, .size = (uint32_t)size};
}

int query_title(struct query *query, uint64_t case_id, struct text *ret)
{
    struct engine *engine = query->engine;
    struct record record;
    int rc = reader_get(&engine->reader, engine->journal, &engine->frames, case_id, &record);

    if (rc == 0 && record.type != RECORD_CASE_RECEIVED) {
        rc = -EBADMSG;
    }
    *ret = rc == 0 ? record.body.case_received.title : (struct text){0};
    return rc;
}

void query_withhold(const struct query *query, const struct case_row *row, struct text *name, struct text *phone,
                    struct text *address)
{
    if (!sight_secret(row) || query->at_desk) {
        return;
    }
    *name = *phone = (struct text){0};
    if (row->dims.kind == CASE_KIND_REPORT) {
        *address = (struct text){0};
    }
}

static int add_texts(struct query *query, const struct case_row *row, enum view_texts texts, struct case_view *view)
{
    struct engine *engine = query->engine;
    struct record record;
    int rc = reader_get(&engine->reader, engine->journal, &engine->frames, row->case_id, &record);

    if (rc == 0 && record.type != RECORD_CASE_RECEIVED) {
        rc = -EBADMSG;
    }
    if (rc < 0) {
        return rc;
    }
    view->reference = record.body.case_received.reference;
    if (!query->with_persons) {
        return 0;
    }
    view->title = record.body.case_received.title;
    if (texts == VIEW_TITLE_ONLY) {
        return 0;
    }
    view->text = record.body.case_received.text;
    view->address = record.body.case_received.address;
    view->reporter_name = record.body.case_received.reporter_name;
    view->reporter_phone = record.body.case_received.reporter_phone;
    query_withhold(query, row, &view->reporter_name, &view->reporter_phone, &view->address);
    return 0;
}

/* Where nothing runs any more: how the main clock ended. */
static enum colour ended_colour(const struct query *query, uint64_t main_clock)
{
    struct clock_row clock;

    return main_clock != 0 && tables_get(&query->engine->tables, ROW_CLOCK, main_clock, &clock) &&
                   clock.state == CLOCK_STATE_STOPPED && (query->clock < 0 || query->clock == clock.kind)
               ? query_colour(query, &clock)
               : COLOUR_BLUE;
}

enum colour query_colour_of_duty(const struct query *query, const struct case_row *of, const struct duty_row *row, uint32_t *looked)
{
    struct worst_clock worst;

    *looked += find_worst(query, of, row->duty_id, &worst);
    return worst.clock_id != 0 ? worst.colour : ended_colour(query, row->main_clock);
}

int query_view_case(struct query *query, const struct case_row *row, enum view_texts texts, char number[NUMBER_SIZE],
                    struct case_view *ret)
{
    struct clock_row clock;
    struct worst_clock worst;

    *ret = (struct case_view){
        .case_id = row->case_id,
        .number = query_print_number(row, number),
        .state = (enum case_state)row->state,
        .round = row->round,
        .kind = (enum case_kind)row->dims.kind,
        .channel = (enum channel)row->dims.channel,
        .urgency = (enum urgency)row->dims.urgency,
        .matter = row->dims.matter,
        .place = row->dims.place,
        .lead = row->lead,
        .received_at = row->received_at,
        .answered_at = row->answered_at,
        .closed_at = row->closed_at,
        .disposition = (enum disposition)row->disposition,
        .notes = row->notes,
        .open_duties = row->open_duties,
        .open_calls = row->open_calls,
        .secret = sight_secret(row),
    };
    /* Names of codes that the set no longer has are the codes: borrowed from the view itself, which stays where it is. */
    ret->matter_name = query_matter_name(query, &ret->matter);
    ret->place_name = query_unit_name(query, &ret->place);
    ret->lead_name = query_unit_name(query, &ret->lead);
    if (row->handle_clock != 0 && tables_get(&query->engine->tables, ROW_CLOCK, row->handle_clock, &clock)) {
        ret->due_at = clock.due_at;
    }
    if (row->awaits != DISPOSITION_NONE) {
        ret->given |= CASE_VIEW_HAS_AWAITS;
        ret->awaits = (enum disposition)row->awaits;
    }
    query_worst_of_case(query, row, &worst);
    ret->colour = worst.clock_id != 0 ? worst.colour : ended_colour(query, row->handle_clock);
    if (worst.clock_id != 0) {
        ret->given |= CASE_VIEW_HAS_WORST_CLOCK | CASE_VIEW_HAS_WORST_CLOCK_ID | CASE_VIEW_HAS_WORST_DUE_AT;
        ret->worst_clock = worst.kind;
        ret->worst_clock_id = worst.clock_id;
        ret->worst_due_at = worst.due_at;
    }
    return add_texts(query, row, texts, ret);
}

void query_view_duty(struct query *query, const struct duty_row *row, const struct case_row *of, char number[NUMBER_SIZE],
                     struct duty_view *ret)
{
    struct worst_clock worst;

    *ret = (struct duty_view){
        .duty_id = row->duty_id,
        .case_id = row->case_id,
        .number = query_print_number(of, number),
        .call_id = row->call_id,
        .kind = (enum duty_kind)row->kind,
        .state = (enum duty_state)row->state,
        .unit = row->unit,
        .round = row->round,
        .matter = of->dims.matter,
        .place = of->dims.place,
        .offered_at = row->offered_at,
        .signed_at = row->signed_at,
        .arrived_at = row->arrived_at,
        .ended_at = row->ended_at,
        .due_at = row->due_at,
        .reason = (enum duty_end)row->reason,
        .about = (enum about)row->about,
        .decision = (enum decision)row->decision,
        .of_duty = row->of_duty,
        .internal = row->internal != 0,
        .claimed = row->claimed != 0,
        .claimed_until = row->claimed_until,
        .urgency = (enum urgency)of->dims.urgency,
        .secret = sight_secret(of),
    };
    ret->unit_name = query_unit_name(query, &ret->unit);
    ret->matter_name = query_matter_name(query, &ret->matter);
    ret->place_name = query_unit_name(query, &ret->place);
    query_worst_of_duty(query, of, row, &worst);
    ret->colour = worst.clock_id != 0 ? worst.colour : ended_colour(query, row->main_clock);
    if (worst.clock_id != 0) {
        ret->given |= DUTY_VIEW_HAS_WORST_CLOCK | DUTY_VIEW_HAS_WORST_CLOCK_ID | DUTY_VIEW_HAS_WORST_DUE_AT;
        ret->worst_clock = worst.kind;
        ret->worst_clock_id = worst.clock_id;
        ret->worst_due_at = worst.due_at;
    }
}

void query_view_call(const struct call_row *row, struct call_view *ret)
{
    *ret = (struct call_view){
        .call_id = row->call_id,
        .case_id = row->case_id,
        .state = (enum call_state)row->state,
        .level = (enum call_level)row->level,
        .reason = (enum call_reason)row->reason,
        .caller = row->caller,
        .raised_at = row->raised_at,
        .closed_at = row->closed_at,
        .outcome = (enum call_outcome)row->outcome,
        .coordinating = row->coordinating,
        .remote = row->remote != 0,
    };
}

void query_view_clock(const struct query *query, const struct clock_row *row, struct clock_view *ret)
{
    struct calendar_row calendar;

    *ret = (struct clock_view){
        .clock_id = row->clock_id,
        .clock = (enum clock_kind)row->kind,
        .state = (enum clock_state)row->state,
        .duty_id = row->duty_id,
        .unit = row->unit,
        .round = row->round,
        .started_at = row->started_at,
        .due_at = row->due_at,
        .stopped_at = row->stopped_at,
        .budget_ms = row->budget_ms,
        .consumed_ms = row->consumed_ms,
        .colour = query_colour(query, row),
        .in_time = row->in_time != 0,
        .time_kind = (enum time_kind)row->time_kind,
        .provisional = row->provisional != 0,
        .amount = row->amount,
    };
    if (row->calendar != 0 && tables_get(&query->engine->tables, ROW_CALENDAR, row->calendar, &calendar)) {
        ret->calendar = calendar.name;
    }
}
