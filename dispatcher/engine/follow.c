/*
 * follow.c - follow: the journal is the queue.
 *
 * A follower's place is the sequence after the last one that it confirmed; the server keeps nothing else for it. Who has seen
 * everything waits in PARKED_TAIL and is served from the newest steps in memory (recent_events.h); who is further back reads the
 * journal in slices, in turn with others like it, in PARKED_BEHIND. What a key may not see is passed over, so that `next` moves on
 * and a follower of rare events does not read the same ones again.
 */
#include "dispatcher/engine/live.h"

#include "base/i18n.h"

#include <errno.h>
#include <string.h>

/* A page ends with the event that takes it past this size. */
#define PAGE_BYTES_MAX (1u << 20)
/* Most work on one follower before the next one has its turn. */
#define SLICE_WORK 3000
/* So long beyond its time a question goes on to read events that its key may not see, rather than answer with none. */
#define BEHIND_MS 500

/* What one look at a follower finds. */
struct look {
    struct engine *engine;
    struct parked_follow *follow;
    struct visible_key key;
    uint32_t rows;
    size_t ends[CAP_PAGE]; /* of the rows in live->page */
    uint64_t prev;         /* event before follow->next, in the journal's order */
    uint64_t case_id;      /* whose units are the first in `places` */
    struct visible_places places, own;
    int64_t work;
};

/* --- the questions
 * ---------------------------------------------------------------------------------------------------------------- */

/* Bits of the types that are wanted. False: one is no type of event. */
static bool read_types(const struct follow_query *body, uint64_t ret[FOLLOW_TYPE_WORDS])
{
    bool all = body->types.count == 0;

    for (uint32_t i = 0; i < FOLLOW_TYPE_WORDS; i++) {
        ret[i] = all ? UINT64_MAX : 0;
    }
    for (uint32_t i = 0; i < body->types.count; i++) {
        struct text wanted = text_of_code(&body->types.at[i]);
        int type = 0;

        while (++type <= RECORD_TYPE_MAX) {
            const struct record_info *info = record_info((enum record_type)type);

            if (info != NULL && info->event && text_equal(wanted, text_of(info->name))) {
                break;
            }
        }
        if (type > RECORD_TYPE_MAX) {
            return false;
        }
        ret[type / 64] |= UINT64_C(1) << type % 64;
    }
    return true;
}

static struct code key_of(const struct query *query)
{
    struct code key = {0};

    memcpy(key.s, query->from->name.at, query->from->name.size < CODE_SIZE ? query->from->name.size : CODE_SIZE);
    return key;
}

/* A new name begins where the question says, but not beyond the end. */
static int make_follower(struct query *query, const struct code *key, struct follower **ret)
{
    const struct follow_query *body = &query->request->query_body.follow;
    uint64_t last = journal_last_seq(query->engine->journal), confirmed = body->from > 0 ? body->from - 1 : 0;

    return follower_add(&query->engine->live->followers, key, &body->name, confirmed < last ? confirmed : last,
                        query->engine->live->now_ms, ret);
}

/* Nobody can have dealt with what was not handed out; what a process before this one handed out is not known. */
static bool confirm_fits(const struct query *query, const struct follower *follower, uint64_t confirm)
{
    if (confirm > journal_last_seq(query->engine->journal)) {
        return false;
    }
    return follower == NULL || follower->handed == 0 || confirm <= follower->handed || confirm <= follower->confirmed;
}

/* The newer question has the name: the process behind the older one may be gone. */
static void take_name(struct live *live, struct follower *follower, struct parked *parked)
{
    struct parked *older = follower->waiting;

    follower->waiting = parked;
    if (older == NULL) {
        return;
    }
    older->superseded = true;
    if (older->queue == PARKED_TAIL) {
        parked_to(&live->parking, older, PARKED_FRESH);
    }
}

int query_follow(struct query *query)
{
    static const char not_handed[] = N_("This follower has not been given that event yet; take `next` - 1 of its newest answer.");
    const struct follow_query *body = &query->request->query_body.follow;
    struct live *live = query->engine->live;
    struct code key = key_of(query);
    struct follower *follower = follower_find(&live->followers, &key, &body->name);
    uint64_t types[FOLLOW_TYPE_WORDS];
    bool repeated;
    int rc = 0;

    if (!read_types(body, types)) {
        return query_bad_field(query, "types", "One of these is not a type of event.");
    }
    if (!confirm_fits(query, follower, body->confirm)) {
        return query_bad_field(query, "confirm", not_handed);
    }
    if (!confirm_fits(query, follower, body->after)) {
        return query_bad_field(query, "after", not_handed);
    }
    struct parked *parked = live_park(query, body->wait, &repeated);
    if (parked == NULL) {
        return 0;
    }
    if (follower == NULL) {
        rc = make_follower(query, &key, &follower);
    }
    if (rc < 0) {
        query->parked = false;
        live_done(query->engine, parked);
        return query_refuse(query, rc == -ENOSPC ? REFUSAL_CAP : REFUSAL_BUSY, "name");
    }
    follower_confirm(&live->followers, follower, body->confirm);
    follower_used(follower, live->now_ms, live->clock_ms);
    live->followed_until_ms = live->now_ms + LIVE_FOLLOWED_MS;
    if (repeated) {
        return 0;
    }
    take_name(live, follower, parked);
    parked->follow = (struct parked_follow){.name = body->name, .next = follower->confirmed + 1, .count = CAP_PAGE};
    if (body->after > follower->confirmed) {
        parked->follow.next = body->after + 1;
    }
    if (body->count > 0 && body->count < CAP_PAGE) {
        parked->follow.count = body->count;
    }
    memcpy(parked->follow.types, types, sizeof(types));
    return 0;
}

static int add_followers(struct query *query, struct follower *follower, struct reply_writer *writer, uint32_t count)
{
    struct live *live = query->engine->live;
    uint64_t last = journal_last_seq(query->engine->journal);
    int rc = 0;

    for (; rc == 0 && follower != NULL && count-- > 0;
         follower = follower_after(&live->followers, &follower->key, &follower->name)) {
        uint64_t lag = last - (follower->confirmed < last ? follower->confirmed : last);
        struct follower_view view = {.key = follower->key,
                                     .name = follower->name,
                                     .confirmed = follower->confirmed,
                                     .lag = lag < UINT32_MAX ? (uint32_t)lag : UINT32_MAX,
                                     .seen_at = follower->seen_at_ms,
                                     .waiting = follower->waiting != NULL};

        rc = reply_row(writer, &follower_view_shape, &view, CODEC_OMIT_NOTHING);
    }
    return rc;
}

static int forget(struct query *query)
{
    const struct list_followers_query *body = &query->request->query_body.list_followers;
    struct live *live = query->engine->live;

    if ((query->from->roles & 1u << ROLE_ADMINISTRATOR) == 0) {
        return query_refuse(query, REFUSAL_NO_ROLE, "administrator");
    }
    struct follower *follower = follower_find(&live->followers, &body->forget_key, &body->forget_name);
    if (follower == NULL) {
        return query_refuse(query, REFUSAL_NOT_FOUND, "forget_name");
    }
    if (follower->waiting != NULL) {
        follower->waiting->over = true;
        if (follower->waiting->queue == PARKED_TAIL) {
            parked_to(&live->parking, follower->waiting, PARKED_FRESH);
        }
        follower->waiting = NULL;
    }
    follower_forget(&live->followers, follower);
    return 0;
}

int query_list_followers(struct query *query, struct proto_buffer *out)
{
    const struct list_followers_query *body = &query->request->query_body.list_followers;
    struct live *live = query->engine->live;
    struct list_followers_reply reply = {0};
    struct reply_writer writer;
    struct follower *last;
    uint32_t count = 0;
    int rc;

    /* The list is one over all keys of the district. */
    if (!query->sight.all) {
        return query_refuse(query, REFUSAL_NOT_YOURS, "unit");
    }
    if (!code_empty(&body->forget_name) || !code_empty(&body->forget_key)) {
        rc = forget(query);
        if (query->refusal != REFUSAL_NONE) {
            return rc;
        }
    }
    struct follower *first = last = follower_after(&live->followers, &body->after_key, &body->after_name);
    for (struct follower *at = first; at != NULL; at = follower_after(&live->followers, &at->key, &at->name)) {
        if (count == CAP_PAGE) {
            reply.next_key = last->key;
            reply.next_name = last->name;
            break;
        }
        last = at;
        count++;
    }
    rc = reply_begin(&writer, out, query->request->id, &list_followers_reply_shape, &reply, CODEC_OMIT_NOTHING, 1);
    if (rc == 0) {
        rc = reply_list(&writer, "rows");
    }
    if (rc == 0) {
        rc = add_followers(query, first, &writer, count);
    }
    return rc == 0 ? reply_end(&writer) : rc;
}

/* --- looking
 * ------------------------------------------------------------------------------------------------------------------------ */

static bool page_full(const struct look *look)
{
    return look->rows >= look->follow->count || look->engine->live->page.size > PAGE_BYTES_MAX;
}

static bool wants_type(const struct parked_follow *follow, enum record_type type)
{
    return (follow->types[type / 64] & UINT64_C(1) << type % 64) != 0;
}

static void row_done(struct look *look)
{
    look->ends[look->rows++] = look->engine->live->page.size;
}

/* Goes through the newest steps. Returns 0 or a negative errno. */
static int look_recent(struct look *look, const struct recent_block *block)
{
    struct proto_buffer *page = &look->engine->live->page;

    for (; block != NULL; block = recent_events_next(block)) {
        for (uint32_t i = recent_events_index(block, look->follow->next); i < block->count; i++) {
            const struct recent_event *event = &block->events[i];

            if (page_full(look) || look->work < 0) {
                return 0;
            }
            look->work -= 1;
            if (wants_type(look->follow, event->type) && visible_event(&look->key, event->type, event->case_id, &event->matter,
                                                                       block->places + event->places_from, event->places_count)) {
                if (proto_buffer_append(page, block->bytes + event->offset, event->size) < 0) {
                    return -ENOMEM;
                }
                row_done(look);
            }
            look->follow->next = event->seq + 1;
        }
        look->follow->next = block->last_seq + 1;
        look->work -= 1;
    }
    return 0;
}

/* Whom a record of the journal concerns: the units of its case are kept for the next record, which is often of the same one. */
static bool record_visible(struct look *look, const struct record *record)
{
    struct live *live = look->engine->live;

    if (!wants_type(look->follow, record->type) || !visible_type(look->key.roles, record->type)) {
        return false;
    }
    if (record->head.case_id != 0 && !core_matter_allowed(look->key.matters, &record->head.matter)) {
        return false;
    }
    if (look->key.all || record->head.case_id == 0) {
        return true;
    }
    look->own.count = 0;
    visible_record(&live->order, record, &look->own);
    if (visible_event(&look->key, record->type, record->head.case_id, &record->head.matter, look->own.at, look->own.count)) {
        return true;
    }
    if (look->case_id != record->head.case_id) {
        look->case_id = record->head.case_id;
        look->places.count = 0;
        visible_case(&look->engine->tables, &live->order, record->head.case_id, &look->places);
        look->work -= LIVE_COST_ROW * (int64_t)(2 + look->places.count);
    }
    return visible_event(&look->key, record->type, record->head.case_id, &record->head.matter, look->places.at, look->places.count);
}

/* One record of the journal. Returns 1 when the page is full, 0, or a negative errno. */
static int look_record(struct look *look, const struct record *record)
{
    int rc;

    if (record_is_event(record->type)) {
        if (page_full(look)) {
            return 1;
        }
        if (record_visible(look, record)) {
            rc = record_encode_event(record, look->prev, &look->engine->live->page);
            if (rc < 0) {
                return rc;
            }
            look->work -= LIVE_COST_RECORD;
            row_done(look);
        }
        look->prev = record->seq;
    }
    look->follow->next = record->seq + 1;
    return look->places.failed || look->own.failed ? -ENOMEM : 0;
}

/* Goes through one frame from where the follower stands. Returns 1 when the page is full or the work used up, 0, or a negative
 * errno. */
static int look_frame(struct look *look, const struct journal_frame *frame)
{
    struct record record;
    size_t offset = 0;
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < frame->count; i++) {
        if (frame->first_seq + i < look->follow->next) {
            rc = record_skip(frame->data, frame->size, &offset);
            look->work -= 1;
            continue;
        }
        if (look->work < 0) {
            return 1;
        }
        rc = record_decode(frame->data, frame->size, &offset, frame->first_seq + i, &record);
        look->work -= LIVE_COST_RECORD;
        if (rc == 0) {
            rc = look_record(look, &record);
        }
    }
    return rc;
}

/* Reads the journal for a while. Returns 0 or a negative errno. */
static int look_journal(struct look *look)
{
    struct journal_cursor cursor;
    struct journal_frame frame;
    int rc = query_event_before(look->engine, look->follow->next, &look->prev);

    if (rc == 0) {
        rc = journal_follow(look->engine->journal, look->follow->next, &cursor);
    }
    look->work -= LIVE_COST_SEEK;
    if (rc < 0) {
        return rc;
    }
    while (look->work >= 0 && !page_full(look) && (rc = journal_next(&cursor, &frame)) == 1) {
        rc = look_frame(look, &frame);
        if (rc != 0) {
            break;
        }
    }
    journal_cursor_end(&cursor);
    return rc < 0 ? rc : 0;
}

/* --- the answers
 * -------------------------------------------------------------------------------------------------------------------- */

static int write_rows(const struct look *look, const struct follow_reply *reply, struct text id, struct proto_buffer *out)
{
    const struct proto_buffer *page = &look->engine->live->page;
    struct reply_writer writer;
    size_t begin = 0;
    int rc = reply_begin(&writer, out, id, &follow_reply_shape, reply, CODEC_OMIT_NOTHING, 1);

    if (rc == 0) {
        rc = reply_list(&writer, "rows");
    }
    for (uint32_t i = 0; rc == 0 && i < look->rows; i++) {
        rc = reply_row_raw(&writer, page->data + begin, look->ends[i] - begin);
        begin = look->ends[i];
    }
    return rc == 0 ? reply_end(&writer) : rc;
}

static void answer(struct engine *engine, struct parked *parked, const struct look *look)
{
    struct live *live = engine->live;
    struct text id = {.at = parked->id, .size = parked->id_size};
    struct follower *follower = follower_find(&live->followers, &parked->key, &parked->follow.name);
    struct follow_reply reply = {.next = parked->follow.next, .last = journal_last_seq(engine->journal)};
    struct proto_buffer *out = outbox_begin(&engine->outbox, parked->peer, id);

    if (follower != NULL) {
        reply.confirmed = follower->confirmed;
        if (follower->handed < reply.next - 1) {
            follower->handed = reply.next - 1;
        }
    }
    if (out != NULL && write_rows(look, &reply, id, out) == 0) {
        outbox_end(&engine->outbox);
    } else if (out != NULL) {
        outbox_cancel(&engine->outbox); /* no memory: the follower asks again */
    }
    live->followed_until_ms = live->now_ms + LIVE_FOLLOWED_MS;
    live_done(engine, parked);
}

static void look_begin(struct engine *engine, struct parked *parked, struct look *look)
{
    struct engine_peer from;
    struct request request;
    struct query query;

    live_query(engine, parked, &from, &request, &query);
    *look = (struct look){.engine = engine, .follow = &parked->follow, .work = SLICE_WORK};
    look->key = (struct visible_key){.all = query.sight.all, .roles = parked->roles, .matters = &parked->matters};
    if (query.sight.top >= 0) {
        look->key.reach = reach_of(&engine->live->order, query.sight.top);
    }
    proto_buffer_clear(&engine->live->page);
}

/* Ends a question that is not to be looked at. True: it was one. */
static bool ended_early(struct engine *engine, struct parked *parked, const struct look *look)
{
    if (parked->superseded) {
        live_refuse(engine, parked, REFUSAL_BUSY, "name");
    } else if (parked->over) {
        answer(engine, parked, look);
    } else {
        return false;
    }
    return true;
}

/* Looks at one follower. Answers it, or puts it where it belongs. `journal`: it may read. */
static void run_one(struct engine *engine, struct parked *parked, bool journal, int64_t *work)
{
    struct live *live = engine->live;
    uint64_t last = journal_last_seq(engine->journal);
    struct look look;
    int rc = 0;

    look_begin(engine, parked, &look);
    *work -= 1;
    if (ended_early(engine, parked, &look)) {
        *work -= LIVE_COST_REPLY;
        return;
    }
    const struct recent_block *block = recent_events_find(&live->recent, parked->follow.next);
    if (block != NULL) {
        rc = look_recent(&look, block);
    } else if (parked->follow.next <= last && !journal) {
        parked_to(&live->parking, parked, PARKED_BEHIND);
        return;
    } else if (parked->follow.next <= last) {
        rc = look_journal(&look);
    }
    *work -= SLICE_WORK - look.work;
    if (rc == 0 && store_failed(engine->store) < 0) {
        return; /* the next step goes back and replays */
    }
    if (rc < 0) {
        engine_log(engine, 0, "read_failed", strerror(-rc));
        live_refuse(engine, parked, REFUSAL_STORAGE_FAILED, NULL);
    } else if (look.rows > 0 || parked->until_ms + (parked->follow.next > last ? 0 : BEHIND_MS) <= live->now_ms) {
        *work -= LIVE_COST_REPLY + (int64_t)live->page.size / 1024;
        answer(engine, parked, &look);
    } else {
        parked_to(&live->parking, parked, parked->follow.next > last ? PARKED_TAIL : PARKED_BEHIND);
    }
    visible_free(&look.places);
    visible_free(&look.own);
}

static bool may_go_on(const struct engine *engine, int64_t work)
{
    return work > 0 && store_failed(engine->store) == 0 && engine->outbox.bytes.size < LIVE_REPLY_BYTES_MAX;
}

void follow_run_tail(struct engine *engine, int64_t *work)
{
    struct parking *parking = &engine->live->parking;

    while (may_go_on(engine, *work) && (parking->unseen > 0 || parking->counts[PARKED_FRESH] > 0)) {
        if (parking->counts[PARKED_FRESH] > 0) {
            run_one(engine, parked_first(parking, PARKED_FRESH), false, work);
        }
        if (parking->unseen > 0) {
            run_one(engine, parked_first(parking, PARKED_TAIL), false, work);
        }
    }
}

void follow_run_behind(struct engine *engine, int64_t *work)
{
    struct parking *parking = &engine->live->parking;

    while (may_go_on(engine, *work) && parking->counts[PARKED_BEHIND] > 0) {
        run_one(engine, parked_first(parking, PARKED_BEHIND), true, work);
    }
}

void follow_end(struct engine *engine, struct parked *parked)
{
    struct look look;

    look_begin(engine, parked, &look);
    if (!ended_early(engine, parked, &look)) {
        answer(engine, parked, &look);
    }
}
