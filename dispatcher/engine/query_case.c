/* query_case.c - one case, and inboxes. */
#include "dispatcher/engine/query_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Newest rows of a chain that one reply shows. */
#define CHAIN_MAX CAP_PAGE

static int add_duties(struct query *query, const struct case_row *row, struct reply_writer *writer)
{
    const struct tables *tables = &query->engine->tables;
    uint64_t ids[CHAIN_MAX];
    struct duty_row duty;
    struct duty_view shown;
    char number[NUMBER_SIZE];
    size_t count = 0;
    int rc = reply_list(writer, "duties");

    for (uint64_t id = row->duty_last; count < CHAIN_MAX && id != 0 && tables_get(tables, ROW_DUTY, id, &duty);
         id = duty.prev_of_case) {
        ids[count++] = id;
    }
    while (rc == 0 && count-- > 0) {
        tables_get(tables, ROW_DUTY, ids[count], &duty);
        query_view_duty(query, &duty, row, number, &shown);
        rc = reply_row(writer, &duty_view_shape, &shown, CODEC_OMIT_NOTHING);
    }
    return rc;
}

static int add_calls(struct query *query, const struct case_row *row, struct reply_writer *writer)
{
    const struct tables *tables = &query->engine->tables;
    uint64_t ids[CHAIN_MAX];
    struct call_row call;
    struct call_view shown;
    size_t count = 0;
    int rc = reply_list(writer, "calls");

    for (uint64_t id = row->call_last; count < CHAIN_MAX && id != 0 && tables_get(tables, ROW_CALL, id, &call);
         id = call.prev_of_case) {
        ids[count++] = id;
    }
    while (rc == 0 && count-- > 0) {
        tables_get(tables, ROW_CALL, ids[count], &call);
        query_view_call(&call, &shown);
        rc = reply_row(writer, &call_view_shape, &shown, CODEC_OMIT_NOTHING);
    }
    return rc;
}

static int add_clocks(struct query *query, const struct case_row *row, struct reply_writer *writer)
{
    const struct tables *tables = &query->engine->tables;
    uint64_t ids[CHAIN_MAX];
    struct clock_row clock;
    struct clock_view shown;
    size_t count = 0;
    int rc = reply_list(writer, "clocks");

    for (uint64_t id = row->clock_last; count < CHAIN_MAX && id != 0 && tables_get(tables, ROW_CLOCK, id, &clock);
         id = clock.prev_of_case) {
        ids[count++] = id;
    }
    while (rc == 0 && count-- > 0) {
        tables_get(tables, ROW_CLOCK, ids[count], &clock);
        query_view_clock(query, &clock, &shown);
        rc = reply_row(writer, &clock_view_shape, &shown, CODEC_OMIT_NOTHING);
    }
    return rc;
}

int query_show_case(struct query *query, struct proto_buffer *out)
{
    const struct show_case_query *body = &query->request->query_body.show_case;
    struct reply_writer writer;
    struct case_row row;
    struct case_view shown;
    char number[NUMBER_SIZE];

    if (!query_find_case(query, body->case_id, body->number, body->submitted, &row)) {
        return 0;
    }
    int rc = query_view_case(query, &row, VIEW_ALL_TEXTS, number, &shown);
    if (rc == 0) {
        rc = reply_begin(&writer, out, query->request->id, &case_view_shape, &shown, query_omit(query), 3);
    }
    if (rc == 0) {
        rc = add_duties(query, &row, &writer);
    }
    if (rc == 0) {
        rc = add_calls(query, &row, &writer);
    }
    if (rc == 0) {
        rc = add_clocks(query, &row, &writer);
    }
    return rc == 0 ? reply_end(&writer) : rc;
}

/* --- inbox: the open duties of many units, merged in the order (due, id), where no due instant comes last ------------------- */

/* Rows of one answer: each costs a look into the journal for its title, and others wait meanwhile. */
#define INBOX_ROWS_MAX 200

/* The first CAP_PAGE + 1 duties of a subtree after a place, in order. Returns how many, or -ENOMEM. */
static int gather(struct query *query, int32_t top, int64_t after_due, uint64_t after, struct inbox_duty *list)
{
    const struct district *district = query->district;
    const struct code **units = calloc(district->unit_count, sizeof(struct code *));
    size_t count = 0;

    if (units == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < district->unit_count; i++) {
        if (district_acts_for(district, (int32_t)i, top)) {
            units[count++] = &district->units[i].code;
        }
    }
    count = store_inboxes(query->engine->store, units, count, after_due, after, list, CAP_PAGE + 1);
    free(units);
    return (int)count;
}

/* Is it of the wanted kind, and of a matter that the key is for? */
static bool listed(struct query *query, uint64_t duty_id, struct duty_row *ret, struct case_row *ret_of)
{
    const struct inbox_query *body = &query->request->query_body.inbox;
    const struct tables *tables = &query->engine->tables;

    return tables_get(tables, ROW_DUTY, duty_id, ret) &&
           ((body->given & INBOX_HAS_KIND) == 0 || ret->kind == (uint8_t)body->kind) &&
           tables_get(tables, ROW_CASE, ret->case_id, ret_of) && core_matter_allowed(&query->from->matters, &ret_of->dims.matter);
}

static int add_waiting(struct query *query, const struct inbox_duty *list, size_t count, struct reply_writer *writer)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct duty_row duty;
        struct case_row of;
        struct duty_view shown;
        char number[NUMBER_SIZE];

        if (!listed(query, list[i].duty_id, &duty, &of)) {
            continue;
        }
        query_view_duty(query, &duty, &of, number, &shown);
        shown.given |= DUTY_VIEW_HAS_TITLE;
        if (query->with_persons) {
            rc = query_title(query, of.case_id, &shown.title);
        }
        if (rc == 0) {
            rc = reply_row(writer, &duty_view_shape, &shown, query_omit(query));
        }
    }
    return rc;
}

/* How far into the list a page goes: `wanted` rows of the wanted kind, or all. */
static size_t page_end(struct query *query, const struct inbox_duty *list, size_t count, uint32_t wanted)
{
    uint32_t found = 0;

    for (size_t i = 0; i < count; i++) {
        struct duty_row duty;
        struct case_row of;

        if (found == wanted) {
            return i;
        }
        found += listed(query, list[i].duty_id, &duty, &of);
    }
    return count;
}

int query_inbox(struct query *query, struct proto_buffer *out)
{
    const struct inbox_query *body = &query->request->query_body.inbox;
    struct inbox_duty list[CAP_PAGE + 1];
    struct inbox_reply reply = {0};
    struct reply_writer writer;
    int32_t unit = query->sight.top;

    if ((body->given & INBOX_HAS_UNIT) != 0) {
        unit = district_unit_find(query->district, &body->unit);
        if (unit < 0) {
            return query_refuse(query, REFUSAL_UNKNOWN_UNIT, "unit");
        }
        if (!query_covers(query, &body->unit)) {
            return query_refuse(query, REFUSAL_NOT_YOURS, "unit");
        }
    }
    if (unit < 0) {
        return query_refuse(query, REFUSAL_NOT_YOURS, "unit");
    }
    if ((body->given & INBOX_HAS_CLOCK) != 0) {
        query->clock = (int)body->clock;
    }
    int rc = gather(query, unit, body->after_due, body->after, list);
    if (rc < 0) {
        return rc;
    }
    size_t count = (size_t)rc;
    uint32_t wanted = query_page_size((body->given & INBOX_HAS_COUNT) != 0, body->count);
    size_t end = page_end(query, list, count > CAP_PAGE ? CAP_PAGE : count, wanted < INBOX_ROWS_MAX ? wanted : INBOX_ROWS_MAX);
    if (end > 0 && end < count) {
        reply.next_due = list[end - 1].due_at;
        reply.next = list[end - 1].duty_id;
    }
    rc = reply_begin(&writer, out, query->request->id, &inbox_reply_shape, &reply, CODEC_OMIT_NOTHING, 1);
    if (rc == 0) {
        rc = reply_list(&writer, "rows");
    }
    if (rc == 0) {
        rc = add_waiting(query, list, end, &writer);
    }
    return rc == 0 ? reply_end(&writer) : rc;
}
