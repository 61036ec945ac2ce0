/* query_call.c - one call whole: who was called, who acts next, its clocks, what was written on it */
#include "dispatcher/engine/query_calls.h"

#include <errno.h>

/* Records of the case that are looked at for those of the call, and bytes of those that are shown. */
#define RECORDS_LOOKS_MAX 2000
#define RECORDS_BYTES_MAX (1u << 20)

/* What an open duty of a call waits for, but for those that are signed and seen to. */
static const enum call_step steps[] = {
    [DUTY_KIND_ROUTE] = CALL_STEP_DISPATCH, [DUTY_KIND_RESPOND] = CALL_STEP_SIGN,  [DUTY_KIND_RATE] = CALL_STEP_RATE,
    [DUTY_KIND_RULE] = CALL_STEP_RULE,      [DUTY_KIND_DECIDE] = CALL_STEP_DECIDE,
};

static enum call_step step_of(const struct duty_row *duty)
{
    if (duty->kind == DUTY_KIND_RESPOND && duty->state != DUTY_STATE_OFFERED) {
        return duty->arrived_at == 0 ? CALL_STEP_ARRIVE : CALL_STEP_FINISH;
    }
    return duty->kind < sizeof(steps) / sizeof(steps[0]) ? steps[duty->kind] : CALL_STEP_NONE;
}

static int add_called(struct query *query, const struct case_row *of, const struct call_duties *duties, struct reply_writer *writer)
{
    int rc = reply_list(writer, "called");

    for (uint32_t i = 0; rc == 0 && i < duties->count; i++) {
        struct called_view called;

        if (duties->rows[i].kind == DUTY_KIND_RESPOND) {
            query_view_called(query, &duties->rows[i], of, &called);
            rc = reply_row(writer, &called_view_shape, &called, CODEC_OMIT_NOTHING);
        }
    }
    return rc;
}

static void view_step(const struct query *query, const struct case_row *of, const struct duty_row *duty, struct call_step_view *ret)
{
    struct worst_clock worst;
    struct duty_row about;
    uint32_t looked = 0;

    *ret = (struct call_step_view){
        .unit = duty->unit,
        .step = step_of(duty),
        .duty_id = duty->duty_id,
        .kind = (enum duty_kind)duty->kind,
        .about = (enum about)duty->about,
        .colour = query_colour_of_duty(query, of, duty, &looked),
    };
    ret->unit_name = query_unit_name(query, &ret->unit);
    if (duty->of_duty != 0 && tables_get(&query->engine->tables, ROW_DUTY, duty->of_duty, &about)) {
        ret->of_unit = about.unit;
    }
    query_worst_of_duty(query, of, duty, &worst);
    if (worst.clock_id != 0) {
        ret->given |= CALL_STEP_VIEW_HAS_WORST_CLOCK | CALL_STEP_VIEW_HAS_WORST_DUE_AT;
        ret->worst_clock = worst.kind;
        ret->worst_due_at = worst.due_at;
    }
}

static int add_next(struct query *query, const struct case_row *of, const struct call_duties *duties, struct reply_writer *writer)
{
    int rc = reply_list(writer, "next");

    for (uint32_t i = 0; rc == 0 && i < duties->count; i++) {
        struct call_step_view step;

        if (duty_open(&duties->rows[i])) {
            view_step(query, of, &duties->rows[i], &step);
            rc = reply_row(writer, &call_step_view_shape, &step, CODEC_OMIT_NOTHING);
        }
    }
    return rc;
}

/* The clocks of its duties, oldest first. */
static int add_clocks(struct query *query, const struct case_row *of, const struct call_row *call, const struct call_duties *duties,
                      struct reply_writer *writer)
{
    const struct tables *tables = &query->engine->tables;
    uint64_t ids[CAP_PAGE];
    struct clock_row clock;
    struct clock_view shown;
    size_t count = 0;
    int rc = reply_list(writer, "clocks");

    for (uint64_t id = of->clock_last; count < CAP_PAGE && id > call->call_id && tables_get(tables, ROW_CLOCK, id, &clock);
         id = clock.prev_of_case) {
        if (query_call_has(duties, clock.duty_id)) {
            ids[count++] = id;
        }
    }
    while (rc == 0 && count-- > 0) {
        tables_get(tables, ROW_CLOCK, ids[count], &clock);
        query_view_clock(query, &clock, &shown);
        rc = reply_row(writer, &clock_view_shape, &shown, CODEC_OMIT_NOTHING);
    }
    return rc;
}

/* Its records: those of the case's chain that say so, from the newest back to the one that raised it. */
static int add_records(struct query *query, const struct case_row *of, const struct call_row *call, struct reply_writer *writer)
{
    struct engine *engine = query->engine;
    struct proto_buffer bytes = {0};
    size_t ends[CAP_PAGE], count = 0;
    struct record record;
    uint64_t seq = of->last_seq;
    int rc = reply_list(writer, "records");

    for (uint32_t looked = 0;
         rc == 0 && seq >= call->call_id && looked < RECORDS_LOOKS_MAX && count < CAP_PAGE && bytes.size <= RECORDS_BYTES_MAX;
         looked++) {
        rc = reader_get(&engine->reader, engine->journal, &engine->frames, seq, &record);
        if (rc == 0 && record.head.case_id != of->case_id) {
            rc = -EBADMSG;
        }
        if (rc == 0 && record.head.call_id == call->call_id) {
            rc = record_encode_view(&record, query->with_persons, &bytes);
            ends[count++] = bytes.size;
        }
        seq = rc == 0 ? record.head.case_prev : 0;
    }
    while (rc == 0 && count-- > 0) {
        size_t begin = count == 0 ? 0 : ends[count - 1];

        rc = reply_row_raw(writer, bytes.data + begin, ends[count] - begin);
    }
    proto_buffer_deinit(&bytes);
    return rc;
}

/* Finds the call that is meant, and its case. False: refused. */
static bool find_call(struct query *query, struct call_row *ret, struct case_row *ret_of)
{
    const struct show_call_query *body = &query->request->query_body.show_call;
    const struct tables *tables = &query->engine->tables;
    bool by_call = (body->given & SHOW_CALL_HAS_CALL) != 0, by_case = (body->given & SHOW_CALL_HAS_CASE) != 0;
    /* Ids of cases and calls are sequences: none is both. */
    bool case_is_call = !by_call && by_case && tables_get(tables, ROW_CALL, body->case_id, ret);
    uint64_t wanted = by_call ? body->call_id : case_is_call ? body->case_id : 0;

    if (by_call && (!tables_get(tables, ROW_CALL, wanted, ret) || (by_case && body->case_id != ret->case_id))) {
        query_refuse(query, REFUSAL_NOT_FOUND, "call");
        return false;
    }
    if (!query_find_case(query, wanted != 0 ? ret->case_id : body->case_id, wanted != 0 ? (struct text){0} : body->number,
                         wanted != 0 ? (struct text){0} : body->submitted, ret_of)) {
        query->field = wanted != 0 ? "call" : query->field;
        return false;
    }
    if (wanted != 0) {
        return true;
    }
    for (uint64_t id = ret_of->call_last; id != 0 && tables_get(tables, ROW_CALL, id, ret); id = ret->prev_of_case) {
        if (ret->state != CALL_STATE_CLOSED) {
            return true;
        }
    }
    if (ret_of->call_last != 0 && tables_get(tables, ROW_CALL, ret_of->call_last, ret)) {
        return true;
    }
    query_refuse(query, REFUSAL_NOT_FOUND, "call");
    return false;
}

int query_show_call(struct query *query, struct proto_buffer *out)
{
    struct call_duties duties;
    struct reply_writer writer;
    struct worst_clock worst;
    struct call_line line;
    struct call_row call;
    struct case_row of;
    struct code unit;
    char number[NUMBER_SIZE];

    if (!find_call(query, &call, &of)) {
        return 0;
    }
    query_call_duties(query, &call, &duties);
    query_worst_of_call(query, &of, &call, &duties, &worst, &unit);
    query_view_call_line(query, &call, &of, &worst, &unit, number, &line);
    int rc = reply_begin(&writer, out, query->request->id, &call_line_shape, &line, CODEC_OMIT_NOTHING, 4);
    if (rc == 0) {
        rc = add_called(query, &of, &duties, &writer);
    }
    if (rc == 0) {
        rc = add_next(query, &of, &duties, &writer);
    }
    if (rc == 0) {
        rc = add_clocks(query, &of, &call, &duties, &writer);
    }
    if (rc == 0) {
        rc = add_records(query, &of, &call, &writer);
    }
    return rc == 0 ? reply_end(&writer) : rc;
}
