/* judging.c - emitting records, walking the chains of a case, duties in records */
#include "dispatcher/core/judging.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

uint64_t next_seq(const struct judging *j)
{
    return j->command->next_seq + j->verdict->count;
}

const struct district_row *judging_stored(struct judging *j)
{
    if (!j->stored_read) {
        tables_get(j->tables, ROW_DISTRICT, 1, &j->stored);
        j->stored_read = true;
    }
    return &j->stored;
}

/* In its place in the verdict. What the union has room for behind its body is nobody's and stays as it was. */
struct record *emit(struct judging *j, enum record_type type)
{
    assert(j->verdict->count < VERDICT_RECORDS_MAX);
    uint64_t seq = next_seq(j);
    const struct record_info *info = record_info(type);
    struct record *record = &j->verdict->records[j->verdict->count++];
    record->seq = seq;
    record->at_ms = j->now_ms;
    record->type = type;
    struct record_envelope *head = &record->head;
    memset(head, 0, offsetof(struct record, body) - offsetof(struct record, head) + info->shape->size);
    if (info->case_state != RECORD_STATE_SAME) {
        j->c.state = (uint8_t)info->case_state;
    }
    if (j->c.case_id != 0) {
        head->case_id = j->c.case_id;
        head->case_prev = j->prev;
        head->round = j->c.round;
        head->call_id = j->call_id;
        head->street = j->c.dims.street;
        head->place_unit = j->c.dims.place;
        head->matter = j->c.dims.matter;
        head->channel = (enum channel)j->c.dims.channel;
        head->kind = (enum case_kind)j->c.dims.kind;
        head->origin = (enum origin)j->c.dims.origin;
        head->urgency = (enum urgency)j->c.dims.urgency;
        head->protected = j->c.dims.is_protected;
        head->upstream = j->c.dims.upstream;
        j->prev = seq;
    }
    return record;
}

struct record *emit_for(struct judging *j, enum record_type type, int32_t unit)
{
    struct record *record = emit(j, type);
    if (unit >= 0) {
        const struct unit *units = j->district->units;
        record->head.unit = units[unit].code;
        record->head.acct = units[units[unit].accountable].code;
    }
    return record;
}

struct record *emit_duty(struct judging *j, enum record_type type, const struct duty_row *duty)
{
    struct record *record = emit(j, type);
    record->head.duty_id = duty->duty_id;
    record->head.call_id = duty->call_id;
    record->head.unit = duty->unit;
    record->head.acct = duty->acct;
    return record;
}

int32_t unit_index(const struct judging *j, const struct code *code)
{
    return district_unit_find(j->district, code);
}

int32_t unit_in_service(const struct judging *j, const struct code *code)
{
    return district_in_service(j->district, unit_index(j, code));
}

bool covers(const struct judging *j, int32_t unit)
{
    return district_acts_for(j->district, unit, j->sight.top);
}

bool covers_desk(const struct judging *j)
{
    return covers(j, j->district->desk_unit);
}

bool has_role(const struct judging *j, enum role role)
{
    return (j->command->actor.roles & (UINT32_C(1) << role)) != 0;
}

bool next_open_duty(const struct judging *j, uint64_t *cursor, struct duty_row *ret)
{
    while (*cursor != 0 && tables_get(j->tables, ROW_DUTY, *cursor, ret)) {
        *cursor = ret->prev_of_case;
        if (duty_open(ret)) {
            return true;
        }
    }
    return false;
}

bool has_open_duty(const struct judging *j, int32_t unit, uint32_t kinds)
{
    uint64_t cursor = j->c.duty_last;
    struct duty_row duty;
    while (next_open_duty(j, &cursor, &duty)) {
        if ((kinds & (UINT32_C(1) << duty.kind)) != 0 && unit_index(j, &duty.unit) == unit) {
            return true;
        }
    }
    return false;
}

bool next_call_duty(const struct judging *j, uint64_t *cursor, struct duty_row *ret)
{
    if (!tables_get(j->tables, ROW_DUTY, *cursor, ret)) {
        return false;
    }
    *cursor = ret->prev_of_call;
    return true;
}

uint64_t offer_duty(struct judging *j, const struct offer *offer)
{
    struct record *record = emit_for(j, RECORD_DUTY_OFFERED, offer->unit);
    record->head.duty_id = record->seq;
    record->body.duty_offered.duty_kind = offer->kind;
    record->body.duty_offered.reason = offer->reason;
    record->body.duty_offered.of_duty = offer->of_duty;
    record->body.duty_offered.reporter = offer->reporter;
    record->body.duty_offered.about = offer->about;
    if (offer->creator >= 0) {
        record->body.duty_offered.creator = j->district->units[offer->creator].code;
    }
    if (offer->kind == DUTY_KIND_LEAD) {
        j->lead_offered = record->seq;
    }
    return record->seq;
}

struct record *emit_clock(struct judging *j, enum record_type type, const struct clock_row *clock)
{
    struct record *record = emit(j, type);
    record->head.duty_id = clock->duty_id;
    record->head.round = clock->round;
    record->head.unit = clock->unit;
    record->head.acct = clock->acct;
    struct duty_row duty;
    if (clock->duty_id != 0 && tables_get(j->tables, ROW_DUTY, clock->duty_id, &duty)) {
        record->head.call_id = duty.call_id;
    }
    return record;
}

void raise_alarm(struct judging *j, enum alarm alarm, int32_t unit, enum role to)
{
    struct alarm_raised_body *body = &emit_for(j, RECORD_ALARM_RAISED, unit)->body.alarm_raised;
    body->alarm = alarm;
    body->to = to;
}
