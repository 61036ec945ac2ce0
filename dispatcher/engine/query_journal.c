/* query_journal.c - what comes from the journal itself: the records of one case, and the stream of events. */
#include "dispatcher/engine/query_view.h"

#include <errno.h>

/* A page ends with the row that takes it past this size. */
#define PAGE_BYTES_MAX (1u << 20)

/* One page. The rows come before `next` is known, so they are kept apart and then copied behind the head of the reply. */
struct page {
    struct proto_buffer bytes;
    size_t ends[CAP_PAGE];
    uint32_t rows, wanted;
    uint64_t next; /* events: sequence to go on from */
    uint64_t prev; /* event before it */
};

static int read_record(struct query *query, uint64_t seq, struct record *ret)
{
    struct engine *engine = query->engine;

    return reader_get(&engine->reader, engine->journal, &engine->frames, seq, ret);
}

/* Where a page begins: the newest record of the case before `before`. */
static int timeline_start(struct query *query, const struct case_row *row, uint64_t before, uint64_t *ret)
{
    struct record record;
    uint64_t seq = row->last_seq;

    *ret = seq;
    if (before == 0 || before > seq) {
        return 0;
    }
    /* `next` of a page is a record of the chain itself: go on behind it without walking there. */
    int rc = read_record(query, before, &record);
    if (rc == 0 && record.head.case_id == row->case_id) {
        *ret = record.head.case_prev;
        return 0;
    }
    while (seq >= before && seq != 0) {
        rc = read_record(query, seq, &record);
        if (rc < 0) {
            return rc;
        }
        seq = record.head.case_prev;
    }
    *ret = seq;
    return 0;
}

/* Encodes the records of one page, newest first. *ret_next: where the next page begins, 0 = end. */
static int read_timeline(struct query *query, const struct case_row *row, uint64_t seq, struct page *page, uint64_t *ret_next)
{
    struct record record;
    uint64_t last = seq;

    while (seq != 0 && page->rows < CAP_PAGE && page->bytes.size <= PAGE_BYTES_MAX) {
        int rc = read_record(query, seq, &record);

        if (rc == 0 && record.head.case_id != row->case_id) {
            rc = -EBADMSG;
        }
        if (rc == 0 && record.type == RECORD_CASE_RECEIVED) {
            struct case_received_body *body = &record.body.case_received;

            query_withhold(query, row, &body->reporter_name, &body->reporter_phone, &body->address);
        }
        if (rc == 0) {
            rc = record_encode_view(&record, query->with_persons, &page->bytes);
        }
        if (rc < 0) {
            return rc;
        }
        page->ends[page->rows++] = page->bytes.size;
        last = seq;
        seq = record.head.case_prev;
    }
    *ret_next = seq != 0 ? last : 0;
    return 0;
}

int query_timeline(struct query *query, struct proto_buffer *out)
{
    const struct timeline_query *body = &query->request->query_body.timeline;
    struct timeline_reply reply = {0};
    struct page page = {0};
    struct reply_writer writer;
    struct case_row row;
    uint64_t seq;

    if (!query_find_case(query, body->case_id, body->number, body->submitted, &row)) {
        return 0;
    }
    int rc = timeline_start(query, &row, (body->given & TIMELINE_HAS_BEFORE) != 0 ? body->before : 0, &seq);
    if (rc == 0) {
        rc = read_timeline(query, &row, seq, &page, &reply.next);
    }
    reply.secret = sight_secret(&row);
    if (rc == 0) {
        rc = reply_begin(&writer, out, query->request->id, &timeline_reply_shape, &reply, CODEC_OMIT_NOTHING, 1);
    }
    if (rc == 0) {
        rc = reply_list(&writer, "rows");
    }
    while (rc == 0 && page.rows-- > 0) {
        size_t begin = page.rows == 0 ? 0 : page.ends[page.rows - 1];

        rc = reply_row_raw(&writer, page.bytes.data + begin, page.ends[page.rows] - begin);
    }
    proto_buffer_deinit(&page.bytes);
    return rc == 0 ? reply_end(&writer) : rc;
}

/* Nearly every record is an event, so the walk is short. */
int query_event_before(struct engine *engine, uint64_t seq, uint64_t *ret)
{
    struct record record;

    for (*ret = seq; --*ret > 0;) {
        int rc = reader_get(&engine->reader, engine->journal, &engine->frames, *ret, &record);

        if (rc < 0) {
            return rc;
        }
        if (record_is_event(record.type)) {
            return 0;
        }
    }
    return 0;
}

/* Adds the events of one frame. Returns 1 when the page is full, 0, or a negative errno. */
static int add_frame(struct page *page, const struct journal_frame *frame)
{
    struct record record;
    size_t offset = 0;

    for (uint32_t i = 0; i < frame->count; i++) {
        const bool behind = frame->first_seq + i < page->next;
        int rc = behind ? record_skip(frame->data, frame->size, &offset)
                        : record_decode(frame->data, frame->size, &offset, frame->first_seq + i, &record);

        if (rc < 0) {
            return rc;
        }
        if (behind) {
            continue;
        }
        if (record_is_event(record.type)) {
            if (page->rows == page->wanted || page->bytes.size > PAGE_BYTES_MAX) {
                return 1;
            }
            rc = record_encode_event(&record, page->prev, &page->bytes);
            if (rc < 0) {
                return rc;
            }
            page->ends[page->rows++] = page->bytes.size;
            page->prev = record.seq;
        }
        page->next = record.seq + 1;
    }
    return 0;
}

static int collect(struct query *query, struct page *page)
{
    struct journal_cursor cursor;
    struct journal_frame frame;
    int rc = query_event_before(query->engine, page->next, &page->prev);

    if (rc == 0) {
        rc = journal_follow(query->engine->journal, page->next, &cursor);
    }
    if (rc < 0) {
        return rc;
    }
    while ((rc = journal_next(&cursor, &frame)) == 1) {
        rc = add_frame(page, &frame);
        if (rc != 0) {
            break;
        }
    }
    journal_cursor_end(&cursor);
    return rc < 0 ? rc : 0;
}

static int write_page(struct query *query, const struct page *page, uint64_t last, struct proto_buffer *out)
{
    struct events_reply reply = {.next = page->next, .last = last};
    struct reply_writer writer;
    size_t begin = 0;
    int rc = reply_begin(&writer, out, query->request->id, &events_reply_shape, &reply, CODEC_OMIT_NOTHING, 1);

    if (rc == 0) {
        rc = reply_list(&writer, "rows");
    }
    for (uint32_t i = 0; rc == 0 && i < page->rows; i++) {
        rc = reply_row_raw(&writer, page->bytes.data + begin, page->ends[i] - begin);
        begin = page->ends[i];
    }
    return rc == 0 ? reply_end(&writer) : rc;
}

int query_events(struct query *query, struct proto_buffer *out)
{
    const struct events_query *body = &query->request->query_body.events;
    uint64_t last = journal_last_seq(query->engine->journal);
    struct page page = {.next = body->from == 0 ? 1 : body->from, .wanted = CAP_PAGE};
    int rc = 0;

    /* The stream is one chain over the whole district; a part of it would show gaps where nothing is missing. */
    if (!engine_hears_all(query->engine, &query->from->unit, &query->from->matters)) {
        return query->sight.all ? query_refuse(query, REFUSAL_NO_MATTER, "matter") : query_refuse(query, REFUSAL_NOT_YOURS, "unit");
    }
    if ((body->given & EVENTS_HAS_COUNT) != 0 && body->count != 0 && body->count < CAP_PAGE) {
        page.wanted = body->count;
    }
    if (page.next <= last) {
        rc = collect(query, &page);
    }
    if (rc == 0) {
        rc = write_page(query, &page, last, out);
    }
    proto_buffer_deinit(&page.bytes);
    return rc;
}
