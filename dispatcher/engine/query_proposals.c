/* query_proposals.c - changes of the list that rulings propose, the newest first */
#include "dispatcher/engine/query.h"
#include "dispatcher/engine/query_view.h"

#include "base/number.h"
#include "dispatcher/engine/state.h"

/* Proposals that one answer looks at: each is a row, and whether the list says so already. */
#define LOOKED_MAX (8 * CAP_PAGE)

/* Does the list in force name this unit there? Then the change has been made. */
static bool is_made(const struct district *district, const struct proposal_row *row)
{
    int32_t street = district_unit_find(district, &row->street), lead = -1;
    int32_t place = street >= 0 ? street : district->district_unit;

    district_row(district, district_matter_find(district, &row->matter), place, &lead);
    return lead >= 0 && code_equal(&district->units[lead].code, &row->to);
}

static int add_proposal(struct query *query, uint64_t id, const struct proposal_row *row, struct reply_writer *writer)
{
    char number[NUMBER_SIZE];
    struct case_row of;
    bool found = tables_get(&query->engine->tables, ROW_CASE, row->case_id, &of);
    int size = found ? number_print(of.day, of.day_no, number) : 0;
    struct proposal_view view = {
        .proposal = id,
        .matter = row->matter,
        .street = row->street,
        .row = row->row,
        .from = row->from,
        .to = row->to,
        .cases = row->cases,
        .first_at = row->first_at,
        .last_at = row->last_at,
        .number = {number, (uint32_t)size},
    };

    return reply_row(writer, &proposal_view_shape, &view, CODEC_OMIT_NOTHING);
}

/* The page from `at` on; *ret_last: the last one that was looked at, 0: nothing is left behind it. */
static size_t read_page(struct query *query, uint64_t at, uint64_t ids[CAP_PAGE], uint64_t *ret_last)
{
    struct proposal_row row;
    size_t count = 0;

    *ret_last = 0;
    for (uint32_t looked = 0; looked < LOOKED_MAX && count < CAP_PAGE; looked++) {
        if (at == 0 || !tables_get(&query->engine->tables, ROW_PROPOSAL, at, &row)) {
            break;
        }
        if (!is_made(query->district, &row)) {
            ids[count++] = at;
        }
        *ret_last = row.prev != 0 ? at : 0;
        at = row.prev;
    }
    return count;
}

int query_catalogue_proposals(struct query *query, struct proto_buffer *out)
{
    const struct catalogue_proposals_query *body = &query->request->query_body.catalogue_proposals;
    const struct tables *tables = &query->engine->tables;
    struct catalogue_proposals_reply reply = {0};
    struct reply_writer writer;
    struct district_row district;
    struct proposal_row row;
    uint64_t ids[CAP_PAGE], at = 0;

    if (!query->sight.all) {
        return query_refuse(query, REFUSAL_NOT_YOURS, "unit");
    }
    if (body->after == 0) {
        at = tables_get(tables, ROW_DISTRICT, 1, &district) ? district.proposal_last : 0;
    } else if (tables_get(tables, ROW_PROPOSAL, body->after, &row)) {
        at = row.prev;
    }
    size_t count = read_page(query, at, ids, &reply.next);
    int rc = reply_begin(&writer, out, query->request->id, &catalogue_proposals_reply_shape, &reply, CODEC_OMIT_NOTHING, 1);
    if (rc == 0) {
        rc = reply_list(&writer, "rows");
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (tables_get(tables, ROW_PROPOSAL, ids[i], &row)) {
            rc = add_proposal(query, ids[i], &row, &writer);
        }
    }
    return rc == 0 ? reply_end(&writer) : rc;
}
