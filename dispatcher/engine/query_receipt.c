/*
 * query_receipt.c - the deadline receipt 时限核算单 of one clock: its ledger, told as intervals that counted and intervals that did
 * not.
 */
#include "dispatcher/engine/query_view.h"

#include <assert.h>
#include <string.h>

/* Closed spans that one answer looks at: of a longer ledger the oldest that the page may show. */
#define SPANS_MAX 512

struct span_at {
    int64_t from_at, until_at;
    int64_t counted_ms;
    bool counted;
};

/* A ring of the oldest spans that end after the page's begin, newest first as they are read. */
struct ledger {
    struct span_at at[SPANS_MAX];
    uint64_t count; /* read so far */
};

/* One page of intervals. */
struct page {
    struct interval_view rows[CAP_PAGE];
    uint32_t count;
    int64_t next; /* begin of the first interval that has no room; 0 = none */
};

/* The calendar that the clock runs by now. */
static const struct calendar *calendar_now(const struct query *query, const struct clock_row *clock)
{
    int32_t unit = district_unit_find(query->district, &clock->unit);

    return district_calendar(query->district, unit >= 0 ? unit : query->district->district_unit);
}

static int64_t running_ms(const struct query *query, const struct clock_row *clock)
{
    return clock->state != CLOCK_STATE_RUNNING ? 0
                                               : calendar_counted(calendar_now(query, clock), (enum time_kind)clock->time_kind,
                                                                  clock->span_from_at, query->engine->now_ms);
}

static void read_ledger(struct query *query, const struct clock_row *clock, int64_t after, struct ledger *ret)
{
    struct span_row span;

    ret->count = 0;
    if (clock->state == CLOCK_STATE_RUNNING && query->engine->now_ms > clock->span_from_at) {
        ret->at[ret->count++] = (struct span_at){.from_at = clock->span_from_at,
                                                 .until_at = query->engine->now_ms,
                                                 .counted_ms = running_ms(query, clock),
                                                 .counted = true};
    }
    for (uint64_t id = clock->span_last; id != 0 && tables_get(&query->engine->tables, ROW_SPAN, id, &span); id = span.prev) {
        if (span.until_at <= after) {
            break;
        }
        if (span.until_at > span.from_at) {
            ret->at[ret->count++ % SPANS_MAX] = (struct span_at){
                .from_at = span.from_at, .until_at = span.until_at, .counted_ms = span.counted_ms, .counted = span.counted != 0};
        }
    }
}

/* Adds an interval, or lengthens the last one where it only goes on. False: the page is full. */
static bool add(struct page *page, const struct interval_view *interval)
{
    struct interval_view *last = page->count == 0 ? NULL : &page->rows[page->count - 1];

    assert(interval->until > interval->from);
    if (last != NULL && last->until == interval->from && last->why == interval->why && text_equal(last->name, interval->name)) {
        last->until = interval->until;
        last->ms += interval->ms;
        return true;
    }
    if (page->count == CAP_PAGE) {
        page->next = interval->from;
        return false;
    }
    page->rows[page->count++] = *interval;
    return true;
}

static bool add_idle(struct page *page, int64_t from_at, int64_t until_at, enum interval_why why)
{
    struct interval_view interval = {.from = from_at, .until = until_at, .why = why};

    return until_at <= from_at || add(page, &interval);
}

/* A loaded calendar under which the span counts what its record says: that of the unit, or the one that the clock was started with.
 * NULL: both have changed since. */
static const struct calendar *calendar_of(const struct query *query, const struct clock_row *clock, const struct span_at *span)
{
    const struct district *district = query->district;
    const struct calendar *now = calendar_now(query, clock);
    enum time_kind kind = (enum time_kind)clock->time_kind;
    struct calendar_row row;

    if (calendar_counted(now, kind, span->from_at, span->until_at) == span->counted_ms) {
        return now;
    }
    if (clock->calendar == 0 || !tables_get(&query->engine->tables, ROW_CALENDAR, clock->calendar, &row)) {
        return NULL;
    }
    for (uint32_t i = 0; i < district->calendar_count; i++) {
        const struct calendar *other = district->calendars[i];

        if (memcmp(other->hash, row.hash, sizeof(row.hash)) == 0 &&
            calendar_counted(other, kind, span->from_at, span->until_at) == span->counted_ms) {
            return other;
        }
    }
    return NULL;
}

/* What counts inside a span that counts. A span that no calendar in force can explain is told as a whole. */
static bool add_counted(const struct query *query, const struct clock_row *clock, const struct span_at *span, int64_t from_at,
                        struct page *page)
{
    const struct calendar *calendar = calendar_of(query, clock, span);
    const char *name;

    if (calendar == NULL) {
        struct interval_view whole = {.from = span->from_at,
                                      .until = span->until_at,
                                      .counted = true,
                                      .ms = span->counted_ms,
                                      .why = INTERVAL_WHY_WORKING,
                                      .name = text_of("by a calendar that is no longer in force")};

        return add(page, &whole);
    }
    for (int64_t at = from_at, until = at; at < span->until_at; at = until) {
        struct interval_view interval = {.from = at};

        interval.why = calendar_interval(calendar, (enum time_kind)clock->time_kind, at, span->until_at, &until, &name);
        interval.until = until;
        interval.counted = interval_counts(interval.why);
        interval.ms = interval.counted ? until - at : 0;
        interval.name = text_of(name);
        if (!add(page, &interval)) {
            return false;
        }
    }
    return true;
}

/* Fills a page with what lies after `after`: spans, and the gaps between them, in which the clock stood. */
static void fill(const struct query *query, const struct clock_row *clock, const struct ledger *ledger, int64_t after,
                 struct page *page)
{
    uint64_t oldest = ledger->count > SPANS_MAX ? ledger->count - SPANS_MAX : 0;
    int64_t at = after > clock->started_at ? after : clock->started_at;

    page->count = 0;
    page->next = 0;
    for (uint64_t i = ledger->count; i-- > oldest;) {
        const struct span_at *span = &ledger->at[i % SPANS_MAX];
        int64_t from = span->from_at > at ? span->from_at : at;

        if (!add_idle(page, at, from, INTERVAL_WHY_PAUSED)) {
            return;
        }
        if (!(span->counted ? add_counted(query, clock, span, from, page)
                            : add_idle(page, from, span->until_at, INTERVAL_WHY_WAITED))) {
            return;
        }
        at = span->until_at;
    }
    if (oldest > 0) {
        page->next = at;
    }
}

static bool find_clock(struct query *query, const struct case_row *row, enum clock_kind kind, struct clock_row *ret)
{
    for (uint64_t id = row->clock_last; id != 0 && tables_get(&query->engine->tables, ROW_CLOCK, id, ret); id = ret->prev_of_case) {
        if (ret->kind == (uint8_t)kind) {
            return true;
        }
    }
    return false;
}

/* The clock that is asked for, and its case. False: refused. */
static bool find(struct query *query, struct case_row *ret_case, struct clock_row *ret_clock)
{
    const struct receipt_query *body = &query->request->query_body.receipt;
    enum clock_kind kind = (body->given & RECEIPT_HAS_CLOCK) != 0 ? body->clock : CLOCK_KIND_HANDLE;
    bool named = (body->given & (RECEIPT_HAS_CASE | RECEIPT_HAS_NUMBER | RECEIPT_HAS_SUBMITTED)) != 0;

    if ((body->given & RECEIPT_HAS_CLOCK_ID) == 0) {
        if (!query_find_case(query, body->case_id, body->number, body->submitted, ret_case)) {
            return false;
        }
        if (find_clock(query, ret_case, kind, ret_clock)) {
            return true;
        }
        query_refuse(query, REFUSAL_NOT_FOUND, "clock");
        return false;
    }
    if (tables_get(&query->engine->tables, ROW_CLOCK, body->clock_id, ret_clock) &&
        tables_get(&query->engine->tables, ROW_CASE, ret_clock->case_id, ret_case) && query_sees(query, ret_case)) {
        struct case_row other;

        if (!named ||
            (query_find_case(query, body->case_id, body->number, body->submitted, &other) && other.case_id == ret_case->case_id)) {
            return true;
        }
    }
    query_refuse(query, REFUSAL_NOT_FOUND, "clock_id");
    return false;
}

static void head(const struct query *query, const struct clock_row *clock, struct receipt_reply *ret)
{
    struct calendar_row calendar;

    ret->case_id = clock->case_id;
    ret->clock_id = clock->clock_id;
    ret->clock = (enum clock_kind)clock->kind;
    ret->state = (enum clock_state)clock->state;
    ret->unit = clock->unit;
    ret->time_kind = (enum time_kind)clock->time_kind;
    ret->zone = text_of(query->district->policy.zone_name);
    if (clock->calendar != 0 && tables_get(&query->engine->tables, ROW_CALENDAR, clock->calendar, &calendar)) {
        ret->calendar = calendar.name;
        ret->zone = text_of(calendar_now(query, clock)->zone_name);
    }
    ret->source = (enum limit_source)clock->source;
    ret->started_at = clock->started_at;
    ret->due_at = clock->due_at;
    ret->stopped_at = clock->stopped_at;
    ret->budget_ms = clock->budget_ms;
    ret->counted_ms = clock->consumed_ms + running_ms(query, clock);
    ret->left_ms = clock->due_at != 0 ? clock->budget_ms - ret->counted_ms : 0;
    ret->provisional = clock->provisional != 0;
    ret->amount = clock->amount;
    ret->awaited_ms = clock->awaited_ms;
    ret->now = query->engine->now_ms;
}

int query_receipt(struct query *query, struct proto_buffer *out)
{
    const struct receipt_query *body = &query->request->query_body.receipt;
    struct receipt_reply reply = {0};
    struct reply_writer writer;
    struct case_row row;
    struct clock_row clock;
    struct ledger ledger;
    struct page page;
    char number[NUMBER_SIZE];

    if (!find(query, &row, &clock)) {
        return 0;
    }
    head(query, &clock, &reply);
    reply.number = query_print_number(&row, number);
    reply.secret = sight_secret(&row);
    read_ledger(query, &clock, body->after, &ledger);
    fill(query, &clock, &ledger, body->after, &page);
    reply.next = page.next;
    int rc = reply_begin(&writer, out, query->request->id, &receipt_reply_shape, &reply, CODEC_OMIT_NOTHING, 1);
    if (rc == 0) {
        rc = reply_list(&writer, "rows");
    }
    for (uint32_t i = 0; rc == 0 && i < page.count; i++) {
        rc = reply_row(&writer, &interval_view_shape, &page.rows[i], CODEC_OMIT_NOTHING);
    }
    return rc == 0 ? reply_end(&writer) : rc;
}
