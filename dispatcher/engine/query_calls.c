/* query_calls.c - lists of calls, newest first, by what is asked for */
#include "dispatcher/engine/query_calls.h"

#include <errno.h>
#include <stdlib.h>

/* Rows of one answer, and rows of the tables that it looks at before it says: ask again from here. Both keep an answer under 2 ms
 * of the loop. */
#define LIST_ROWS_MAX 100
#define LIST_LOOKS_MAX 1500
/* What sight looks at of a case that is not the reader's by its lead or place, about. */
#define SIGHT_LOOKS 8

/* What a list is asked for; indices are -1 where it is not. */
struct wanted_calls {
    const struct list_calls_query *body;
    int32_t caller, called;
    uint64_t case_id, chain; /* of one case: its id, and its newest call */
    int64_t since_at, until_at;
    bool open;
};

/* A call with what is known of it so far. */
struct found_call {
    struct call_row call;
    struct case_row of;
    struct call_duties duties;
    struct worst_clock worst;
    struct code worst_unit;
};

/* Rows of one list, encoded: the head of the reply, which comes before them, is known at the end only. */
struct kept_rows {
    struct proto_buffer bytes;
    size_t ends[LIST_LOOKS_MAX + CALL_DUTIES_MAX];
    uint32_t count;
};

/* One page, as far as it was found. */
struct calls_page {
    struct kept_rows lines, called;
    uint32_t wanted, looks;
    uint64_t next; /* 0 = end */
};

void query_call_duties(const struct query *query, const struct call_row *call, struct call_duties *ret)
{
    const struct tables *tables = &query->engine->tables;
    uint32_t left = 0;

    ret->count = 0;
    for (uint64_t id = call->duty_last; left < CALL_DUTIES_MAX && id != 0 && tables_get(tables, ROW_DUTY, id, &ret->rows[left]);
         left++) {
        id = ret->rows[left].prev_of_call;
    }
    ret->count = left;
    for (uint32_t i = 0; i + 1 < left; i++, left--) {
        struct duty_row swap = ret->rows[i];

        ret->rows[i] = ret->rows[left - 1];
        ret->rows[left - 1] = swap;
    }
}

bool query_call_has(const struct call_duties *duties, uint64_t duty_id)
{
    for (uint32_t i = 0; i < duties->count; i++) {
        if (duties->rows[i].duty_id == duty_id) {
            return true;
        }
    }
    return false;
}

/* A call's clocks are younger than it, and each is of one of its duties. */
uint32_t query_worst_of_call(const struct query *query, const struct case_row *of, const struct call_row *call,
                             const struct call_duties *duties, struct worst_clock *ret, struct code *ret_unit)
{
    struct clock_row clock;
    uint32_t looked = 0;

    *ret = (struct worst_clock){.colour = COLOUR_BLUE};
    *ret_unit = (struct code){0};
    if (call->closed_at != 0) {
        return 0;
    }
    for (uint64_t id = of->clock_last; id > call->call_id && tables_get(&query->engine->tables, ROW_CLOCK, id, &clock);
         id = clock.prev_of_case) {
        looked++;
        if (query_call_has(duties, clock.duty_id) && query_worse(query, &clock, ret)) {
            *ret_unit = clock.unit;
        }
    }
    return looked;
}

void query_view_call_line(const struct query *query, const struct call_row *call, const struct case_row *of,
                          const struct worst_clock *worst, const struct code *unit, char number[NUMBER_SIZE], struct call_line *ret)
{
    *ret = (struct call_line){
        .call_id = call->call_id,
        .case_id = call->case_id,
        .number = query_print_number(of, number),
        .state = (enum call_state)call->state,
        .level = (enum call_level)call->level,
        .reason = (enum call_reason)call->reason,
        .caller = call->caller,
        .raised_at = call->raised_at,
        .dispatched_at = call->dispatched_at,
        .closed_at = call->closed_at,
        .outcome = (enum call_outcome)call->outcome,
        .colour = worst->colour,
        .case_state = (enum case_state)of->state,
        .urgency = (enum urgency)of->dims.urgency,
        .matter = of->dims.matter,
        .place = of->dims.place,
        .lead = of->lead,
        .secret = sight_secret(of),
    };
    ret->caller_name = query_unit_name(query, &ret->caller);
    ret->matter_name = query_matter_name(query, &ret->matter);
    ret->place_name = query_unit_name(query, &ret->place);
    ret->lead_name = query_unit_name(query, &ret->lead);
    if (worst->clock_id != 0) {
        ret->given |=
            CALL_LINE_HAS_WORST_CLOCK | CALL_LINE_HAS_WORST_CLOCK_ID | CALL_LINE_HAS_WORST_DUE_AT | CALL_LINE_HAS_WORST_UNIT;
        ret->worst_clock = worst->kind;
        ret->worst_clock_id = worst->clock_id;
        ret->worst_due_at = worst->due_at;
        ret->worst_unit = *unit;
    }
}

uint32_t query_view_called(const struct query *query, const struct duty_row *duty, const struct case_row *of,
                           struct called_view *ret)
{
    uint32_t looked = 0;

    *ret = (struct called_view){
        .call_id = duty->call_id,
        .duty_id = duty->duty_id,
        .unit = duty->unit,
        .state = (enum duty_state)duty->state,
        .called_at = duty->offered_at,
        .signed_at = duty->signed_at,
        .arrived_at = duty->arrived_at,
        .finished_at = duty->state == DUTY_STATE_DONE ? duty->ended_at : 0,
        .rated = duty->rated != 0,
        .confirmed = duty->rated == 1,
        .sent_back = duty->sent_back,
        .ended_at = duty->state == DUTY_STATE_ENDED ? duty->ended_at : 0,
        .ended = duty->state == DUTY_STATE_ENDED ? (enum duty_end)duty->reason : DUTY_END_NONE,
        .asked_back = duty->asked != 0,
        .due_at = duty->due_at,
        .colour = query_colour_of_duty(query, of, duty, &looked),
    };
    ret->unit_name = query_unit_name(query, &ret->unit);
    if (duty->finish_code != 0) {
        ret->given |= CALLED_VIEW_HAS_RESULT;
        ret->result = (enum finish_code)(duty->finish_code - 1);
    }
    return looked;
}

static bool find_unit(struct query *query, bool given, const struct code *code, const char *field, int32_t *ret)
{
    *ret = given ? district_unit_find(query->district, code) : -1;
    if (!given || *ret >= 0) {
        return true;
    }
    query_refuse(query, REFUSAL_UNKNOWN_UNIT, field);
    return false;
}

/* Reads the question. False: refused. */
static bool read_wanted(struct query *query, struct wanted_calls *ret)
{
    const struct list_calls_query *body = &query->request->query_body.list_calls;
    bool of_case = (body->given & (LIST_CALLS_HAS_CASE | LIST_CALLS_HAS_NUMBER)) != 0;
    struct case_row row;

    *ret = (struct wanted_calls){.body = body, .since_at = INT64_MIN, .until_at = INT64_MAX};
    if ((body->given & LIST_CALLS_HAS_SINCE) != 0) {
        ret->since_at = body->since;
    }
    if ((body->given & LIST_CALLS_HAS_UNTIL) != 0) {
        ret->until_at = body->until;
    }
    ret->open = ((body->given & LIST_CALLS_HAS_OPEN) != 0 && body->open) || (body->given & LIST_CALLS_HAS_COLOUR) != 0 ||
                ((body->given & LIST_CALLS_HAS_STATE) != 0 && body->state != CALL_STATE_CLOSED);
    if (of_case && !query_find_case(query, body->case_id, body->number, (struct text){0}, &row)) {
        return false;
    }
    ret->case_id = of_case ? row.case_id : 0;
    ret->chain = of_case ? row.call_last : 0;
    return find_unit(query, (body->given & LIST_CALLS_HAS_CALLER) != 0, &body->caller, "caller", &ret->caller) &&
           find_unit(query, (body->given & LIST_CALLS_HAS_CALLED) != 0, &body->called, "called", &ret->called);
}

static bool stands_in(const struct query *query, const struct code *code, int32_t top)
{
    int32_t unit = code_empty(code) ? -1 : district_unit_find(query->district, code);

    return unit >= 0 && district_within(query->district, unit, top);
}

static bool was_called(const struct query *query, const struct call_duties *duties, int32_t top)
{
    for (uint32_t i = 0; i < duties->count; i++) {
        if (duties->rows[i].kind == DUTY_KIND_RESPOND && stands_in(query, &duties->rows[i].unit, top)) {
            return true;
        }
    }
    return false;
}

/* What costs least is asked first. Adds the rows that it looked at to *looks; of a call that fits all of `found` is filled in. */
static bool fits(const struct query *query, const struct wanted_calls *wanted, struct found_call *found, uint32_t *looks)
{
    const struct list_calls_query *body = wanted->body;
    const struct call_row *call = &found->call;

    if (((body->given & LIST_CALLS_HAS_STATE) != 0 && call->state != (uint8_t)body->state) ||
        ((body->given & LIST_CALLS_HAS_LEVEL) != 0 && call->level != (uint8_t)body->level) ||
        (wanted->open && call->state == CALL_STATE_CLOSED) ||
        (wanted->caller >= 0 && !stands_in(query, &call->caller, wanted->caller))) {
        return false;
    }
    *looks += 1 + (query->sight.all ? 0 : SIGHT_LOOKS);
    if (!tables_get(&query->engine->tables, ROW_CASE, call->case_id, &found->of) || !query_sees(query, &found->of)) {
        return false;
    }
    query_call_duties(query, call, &found->duties);
    *looks += found->duties.count;
    if (wanted->called >= 0 && !was_called(query, &found->duties, wanted->called)) {
        return false;
    }
    *looks += query_worst_of_call(query, &found->of, call, &found->duties, &found->worst, &found->worst_unit);
    return (body->given & LIST_CALLS_HAS_COLOUR) == 0 || (found->worst.clock_id != 0 && found->worst.colour == body->colour);
}

static int keep_row(struct kept_rows *rows, const struct shape *shape, const void *row)
{
    int rc = codec_encode_map(shape, row, CODEC_OMIT_NOTHING, &rows->bytes);

    rows->ends[rows->count++] = rows->bytes.size;
    return rc;
}

/* Adds a call and its called units to the page; what its colours cost is looked at once more. */
static int keep_call(const struct query *query, const struct found_call *found, struct calls_page *page)
{
    char number[NUMBER_SIZE];
    struct call_line line;

    query_view_call_line(query, &found->call, &found->of, &found->worst, &found->worst_unit, number, &line);
    int rc = keep_row(&page->lines, &call_line_shape, &line);
    for (uint32_t i = 0; rc == 0 && i < found->duties.count; i++) {
        struct called_view called;

        if (found->duties.rows[i].kind == DUTY_KIND_RESPOND) {
            page->looks += query_view_called(query, &found->duties.rows[i], &found->of, &called);
            rc = keep_row(&page->called, &called_view_shape, &called);
        }
    }
    return rc;
}

/* Where calls begin that are old enough: ids ascend with the instants at which they were raised, so halving finds it. No call below
 * the result was raised at `until_at` or later; 0 = from the newest. */
static uint64_t skip_young(struct query *query, int64_t until_at)
{
    struct engine *engine = query->engine;
    uint64_t low = 1, high = engine->last_seq + 1;

    if (until_at > engine->now_ms) {
        return 0;
    }
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2, id;
        struct call_row call;

        if (store_ids_before(engine->store, ROW_CALL, middle, &id, 1) == 1 && tables_get(&engine->tables, ROW_CALL, id, &call) &&
            call.raised_at >= until_at) {
            high = id;
        } else {
            low = middle;
        }
    }
    return low;
}

/* Ids to look at next, below `before` (0: from the newest), descending: of the case, of what is open, or of all calls. */
static size_t next_ids(struct query *query, const struct wanted_calls *wanted, uint64_t before, uint64_t *ret_ids, size_t max)
{
    struct store *store = query->engine->store;
    struct call_row call;
    size_t count = 0;

    if (wanted->case_id == 0) {
        return wanted->open ? store_open_calls(store, before, ret_ids, max)
                            : store_ids_before(store, ROW_CALL, before, ret_ids, max);
    }
    for (uint64_t id = wanted->chain; count < max && id != 0 && tables_get(&query->engine->tables, ROW_CALL, id, &call);
         id = call.prev_of_case) {
        if (before == 0 || id < before) {
            ret_ids[count++] = id;
        }
    }
    return count;
}

/* Finds one page, newest first. */
static int find_page(struct query *query, const struct wanted_calls *wanted, struct calls_page *page)
{
    uint64_t ids[128], before = (wanted->body->given & LIST_CALLS_HAS_AFTER) != 0 ? wanted->body->after : 0;
    struct found_call found;
    size_t n;
    int rc = 0;

    if (before == 0) {
        before = skip_young(query, wanted->until_at);
    }
    while ((n = next_ids(query, wanted, before, ids, 128)) > 0) {
        for (size_t i = 0; i < n; i++) {
            if (page->lines.count == page->wanted || page->looks >= LIST_LOOKS_MAX) {
                page->next = before;
                return 0;
            }
            page->looks++;
            before = ids[i];
            if (!tables_get(&query->engine->tables, ROW_CALL, ids[i], &found.call) || found.call.raised_at >= wanted->until_at) {
                continue;
            }
            if (found.call.raised_at < wanted->since_at) {
                return 0;
            }
            rc = fits(query, wanted, &found, &page->looks) ? keep_call(query, &found, page) : 0;
            if (rc < 0) {
                return rc;
            }
        }
    }
    return 0;
}

static int add_rows(struct reply_writer *writer, const char *name, const struct kept_rows *rows)
{
    int rc = reply_list(writer, name);

    for (uint32_t i = 0; rc == 0 && i < rows->count; i++) {
        size_t begin = i == 0 ? 0 : rows->ends[i - 1];

        rc = reply_row_raw(writer, rows->bytes.data + begin, rows->ends[i] - begin);
    }
    return rc;
}

int query_list_calls(struct query *query, struct proto_buffer *out)
{
    struct list_calls_reply reply = {.seq = query->engine->last_seq, .now = query->engine->now_ms};
    struct wanted_calls wanted;
    struct reply_writer writer;

    if (!read_wanted(query, &wanted)) {
        return 0;
    }
    struct calls_page *page = calloc(1, sizeof(*page));
    if (page == NULL) {
        return -ENOMEM;
    }
    page->wanted = query_page_size((wanted.body->given & LIST_CALLS_HAS_COUNT) != 0, wanted.body->count);
    page->wanted = page->wanted < LIST_ROWS_MAX ? page->wanted : LIST_ROWS_MAX;
    int rc = find_page(query, &wanted, page);
    reply.next = page->next;
    if (rc == 0) {
        rc = reply_begin(&writer, out, query->request->id, &list_calls_reply_shape, &reply, CODEC_OMIT_NOTHING, 2);
    }
    if (rc == 0) {
        rc = add_rows(&writer, "rows", &page->lines);
    }
    if (rc == 0) {
        rc = add_rows(&writer, "called", &page->called);
    }
    proto_buffer_deinit(&page->lines.bytes);
    proto_buffer_deinit(&page->called.bytes);
    free(page);
    return rc == 0 ? reply_end(&writer) : rc;
}
