/* query_list.c - lists of cases, newest first, by what is asked for. */
#include "dispatcher/engine/query_view.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Cases that one answer looks at before it says: ask again from here. */
#define LIST_SCAN_MAX 5000
/* Clocks that it looks at for their colour, the last case's to the end. */
#define LIST_CLOCKS_MAX 20000
/* Rows of one answer: each costs a look into the journal for its title, and others wait meanwhile. */
#define LIST_ROWS_MAX 200

/* What a list is asked for; indices are -1 where it is not. */
struct wanted {
    const struct list_cases_query *body;
    int32_t unit, place;
    int64_t from_at, until_at; /* received: from_at < t <= until_at */
};

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
static bool read_wanted(struct query *query, struct wanted *ret)
{
    const struct list_cases_query *body = &query->request->query_body.list_cases;
    int64_t now = query->engine->now_ms;

    *ret = (struct wanted){.body = body, .until_at = INT64_MAX, .from_at = INT64_MIN};
    if ((body->given & LIST_CASES_HAS_AGE_FROM) != 0) {
        ret->until_at = body->age_from > now ? 0 : now - body->age_from;
    }
    if ((body->given & LIST_CASES_HAS_AGE_UNTIL) != 0) {
        ret->from_at = body->age_until > now ? 0 : now - body->age_until;
    }
    if ((body->given & LIST_CASES_HAS_MATTER) != 0 && district_matter_find(query->district, &body->matter) < 0 &&
        !text_equal(text_of_code(&body->matter), text_of("unknown"))) {
        query_refuse(query, REFUSAL_UNKNOWN_MATTER, "matter");
        return false;
    }
    return find_unit(query, (body->given & LIST_CASES_HAS_UNIT) != 0, &body->unit, "unit", &ret->unit) &&
           find_unit(query, (body->given & LIST_CASES_HAS_PLACE) != 0, &body->place, "place", &ret->place);
}

static bool stands_in(const struct query *query, const struct code *code, int32_t top)
{
    int32_t unit = code_empty(code) ? -1 : district_unit_find(query->district, code);

    return unit >= 0 && district_within(query->district, unit, top);
}

/* Is it open, and does its worst running clock have this colour? Adds the clocks that it looked at to *looked. */
static bool has_colour(const struct query *query, const struct case_row *row, enum colour colour, uint32_t *looked)
{
    struct worst_clock worst;

    if (row->closed_at != 0) {
        return false;
    }
    *looked += query_worst_of_case(query, row, &worst);
    return worst.clock_id != 0 && worst.colour == colour;
}

/* What costs least is asked first. */
static bool fits(const struct query *query, const struct wanted *wanted, const struct case_row *row, uint32_t *clocks)
{
    const struct list_cases_query *body = wanted->body;

    if ((body->given & LIST_CASES_HAS_STATE) != 0 && row->state != (uint8_t)body->state) {
        return false;
    }
    if ((body->given & LIST_CASES_HAS_KIND) != 0 && row->dims.kind != (uint8_t)body->kind) {
        return false;
    }
    if ((body->given & LIST_CASES_HAS_MATTER) != 0 && !code_equal(&row->dims.matter, &body->matter)) {
        return false;
    }
    if (wanted->unit >= 0 && !stands_in(query, &row->lead, wanted->unit)) {
        return false;
    }
    if (wanted->place >= 0 && !stands_in(query, &row->dims.place, wanted->place)) {
        return false;
    }
    if ((body->given & LIST_CASES_HAS_COLOUR) != 0 && !has_colour(query, row, body->colour, clocks)) {
        return false;
    }
    return query_sees(query, row);
}

/* Where cases begin that are old enough: ids ascend with the instants at which the cases were received, so halving finds it. The
 * result is an id below which all cases were received at `until_at` or before; 0 = from the newest. */
static uint64_t skip_young(struct query *query, int64_t until_at)
{
    struct engine *engine = query->engine;
    uint64_t low = 1, high = engine->last_seq + 1;

    if (until_at >= engine->now_ms) {
        return 0;
    }
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2, id;
        struct case_row row;

        if (store_ids_before(engine->store, ROW_CASE, middle, &id, 1) == 1 && tables_get(&engine->tables, ROW_CASE, id, &row) &&
            row.received_at > until_at) {
            high = id;
        } else {
            low = middle;
        }
    }
    return low;
}

/* Finds the ids of one page, newest first. Returns how many; *ret_next is where the next page begins, 0 = end. */
static size_t find_page(struct query *query, const struct wanted *wanted, uint32_t count, uint64_t *ret_ids, uint64_t *ret_next)
{
    struct engine *engine = query->engine;
    const struct list_cases_query *body = wanted->body;
    uint64_t ids[256], before = (body->given & LIST_CASES_HAS_AFTER) != 0 ? body->after : 0;
    size_t found = 0, looked = 0, n;
    uint32_t clocks = 0;

    *ret_next = 0;
    if (before == 0 && wanted->until_at != INT64_MAX) {
        before = skip_young(query, wanted->until_at);
    }
    while ((n = store_ids_before(engine->store, ROW_CASE, before, ids, 256)) > 0) {
        for (size_t i = 0; i < n; i++) {
            struct case_row row;

            if (found == count || looked == LIST_SCAN_MAX || clocks >= LIST_CLOCKS_MAX) {
                *ret_next = before;
                return found;
            }
            looked++;
            before = ids[i];
            if (!tables_get(&engine->tables, ROW_CASE, ids[i], &row) || row.received_at > wanted->until_at) {
                continue;
            }
            if (row.received_at <= wanted->from_at) {
                return found;
            }
            if (fits(query, wanted, &row, &clocks)) {
                ret_ids[found++] = ids[i];
            }
        }
    }
    return found;
}

/* A request as it stands in the journal. */
struct submitted {
    char request[CAP_REQUEST_SIZE], actor[CODE_SIZE], behalf[CODE_SIZE], content[17];
    size_t request_size, actor_size, behalf_size;
};

/* By which request the case came in: the record before it opened that command. Also of requests that are no longer remembered. */
static int find_submitted(struct query *query, uint64_t case_id, struct submitted *ret)
{
    struct engine *engine = query->engine;
    struct record record;
    int rc = reader_get(&engine->reader, engine->journal, &engine->frames, case_id - 1, &record);

    *ret = (struct submitted){0};
    if (rc < 0 || record.type != RECORD_COMMAND_TAKEN) {
        return rc;
    }
    ret->request_size = record.body.command_taken.request.size;
    ret->actor_size = record.body.command_taken.actor.size;
    assert(ret->request_size <= sizeof(ret->request) && ret->actor_size <= sizeof(ret->actor));
    memcpy(ret->request, record.body.command_taken.request.at, ret->request_size);
    memcpy(ret->actor, record.body.command_taken.actor.at, ret->actor_size);
    ret->behalf_size = record.body.command_taken.behalf.size;
    assert(ret->behalf_size <= sizeof(ret->behalf));
    if (ret->behalf_size > 0) {
        memcpy(ret->behalf, record.body.command_taken.behalf.at, ret->behalf_size);
    }
    snprintf(ret->content, sizeof(ret->content), "%016" PRIx64, record.body.command_taken.body_hash);
    return 0;
}

int query_list_cases(struct query *query, struct proto_buffer *out)
{
    struct list_cases_reply reply = {0};
    struct reply_writer writer;
    struct wanted wanted;
    uint64_t ids[LIST_ROWS_MAX];

    if (!read_wanted(query, &wanted)) {
        return 0;
    }
    if ((wanted.body->given & LIST_CASES_HAS_CLOCK) != 0) {
        query->clock = (int)wanted.body->clock;
    }
    uint32_t most = query_page_size((wanted.body->given & LIST_CASES_HAS_COUNT) != 0, wanted.body->count);
    size_t count = find_page(query, &wanted, most < LIST_ROWS_MAX ? most : LIST_ROWS_MAX, ids, &reply.next);
    int rc = reply_begin(&writer, out, query->request->id, &list_cases_reply_shape, &reply, CODEC_OMIT_NOTHING, 1);
    if (rc == 0) {
        rc = reply_list(&writer, "rows");
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct case_row row;
        struct case_view shown;
        struct submitted submitted = {0}; /* copied: the view's texts are borrowed until the next record is read */
        char number[NUMBER_SIZE];

        tables_get(&query->engine->tables, ROW_CASE, ids[i], &row);
        if (wanted.body->with_request) {
            rc = find_submitted(query, ids[i], &submitted);
        }
        if (rc == 0) {
            rc = query_view_case(query, &row, VIEW_TITLE_ONLY, number, &shown);
        }
        shown.request = (struct text){.at = submitted.request, .size = (uint32_t)submitted.request_size};
        shown.submitted_by = (struct text){.at = submitted.actor, .size = (uint32_t)submitted.actor_size};
        shown.submitted_for = (struct text){.at = submitted.behalf, .size = (uint32_t)submitted.behalf_size};
        shown.content = text_of(submitted.content);
        if (rc == 0) {
            rc = reply_row(&writer, &case_view_shape, &shown, query_omit(query));
        }
    }
    return rc == 0 ? reply_end(&writer) : rc;
}
