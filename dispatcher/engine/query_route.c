/*
 * query_route.c - why the list routes a matter at a place as it does: the rows that were looked at, in their order, up to the
 * one that fits.
 */
#include "dispatcher/engine/query_district.h"

#include <stdio.h>
#include <string.h>

/* Rows that one answer names. */
#define TRIED_MAX 50
#define WHY_SIZE 256

struct tried {
    const struct catalogue_row *row;
    char why[WHY_SIZE];
    char lead[SELECTOR_SIZE];
    enum route_fit fit;
};

struct explained {
    const struct district *district;
    int32_t matter, place, lead;
    const struct catalogue_row *fits; /* NULL: none */
    struct tried tried[TRIED_MAX];
    uint32_t count;
};

static const char *code_text(const struct district *district, int32_t unit, char ret[CODE_SIZE + 1])
{
    memcpy(ret, district->units[unit].code.s, CODE_SIZE);
    ret[CODE_SIZE] = '\0';
    return ret;
}

/* Where a row stands to the place, in words. */
static void print_place(const struct explained *e, const struct catalogue_row *row, char ret[96])
{
    char code[CODE_SIZE + 1];

    if (row->place < 0) {
        snprintf(ret, 96, "at any place");
    } else if (row->place == e->place) {
        snprintf(ret, 96, "at exactly this place");
    } else {
        snprintf(ret, 96, "at %s, which this place belongs to", code_text(e->district, row->place, code));
    }
}

static enum route_fit print_why(const struct explained *e, const struct catalogue_row *row, bool near, char ret[WHY_SIZE])
{
    const char *matter = row->matter < 0 ? "any matter" : "this matter";
    char where[96], code[CODE_SIZE + 1];

    print_place(e, row, where);
    if (!near) {
        snprintf(ret, WHY_SIZE, "%s, but at %s, which this place does not belong to", matter,
                 code_text(e->district, row->place, code));
        return ROUTE_FIT_ELSEWHERE;
    }
    if (row == e->fits) {
        snprintf(ret, WHY_SIZE, "%s %s: led by %s", matter, where, code_text(e->district, e->lead, code));
        return ROUTE_FIT_FITS;
    }
    if (row->lead.kind != SELECT_UNIT) {
        snprintf(ret, WHY_SIZE, "%s %s, but no unit of tier %s stands above it to lead", matter, where,
                 enum_name(&unit_tier_enum, (int)row->lead.tier));
        return ROUTE_FIT_NO_TIER;
    }
    snprintf(ret, WHY_SIZE, "%s %s, but its lead cannot be given a case now", matter, where);
    return ROUTE_FIT_LEAD_UNABLE;
}

static bool add(struct explained *e, const struct catalogue_row *row, bool near)
{
    if (e->count == TRIED_MAX) {
        return false;
    }
    struct tried *tried = &e->tried[e->count++];
    tried->row = row;
    query_print_selector(e->district, &row->lead, tried->lead);
    tried->fit = print_why(e, row, near, tried->why);
    return true;
}

/* The order in which district_row looks: from the place up, then the rows for any place; in file order in each. */
static void walk(struct explained *e)
{
    const struct district *district = e->district;

    for (int32_t at = e->place;; at = district->units[at].parent) {
        for (uint32_t i = 0; i < district->row_count; i++) {
            const struct catalogue_row *row = &district->rows[i];

            if (row->place != at || (row->matter >= 0 && row->matter != e->matter)) {
                continue;
            }
            /* The last place is kept for the row that fits. */
            if (row == e->fits || e->count + 1 < TRIED_MAX) {
                add(e, row, true);
            }
            if (row == e->fits) {
                return;
            }
        }
        if (at < 0) {
            break;
        }
    }
    /* None fits: then where the list does know this matter is what the reader asks next. */
    for (uint32_t i = 0; i < district->row_count; i++) {
        const struct catalogue_row *row = &district->rows[i];

        if (row->matter >= 0 && row->matter == e->matter && row->place >= 0 && !district_within(district, e->place, row->place) &&
            !add(e, row, false)) {
            return;
        }
    }
}

static void add_units(const struct explained *e, const struct selector *selectors, uint32_t count, struct codes *ret)
{
    for (uint32_t i = 0; i < count && ret->count < CODES_MAX; i++) {
        int32_t unit = district_select(e->district, &selectors[i], e->place);

        if (unit >= 0 && unit != e->lead) {
            ret->at[ret->count++] = e->district->units[unit].code;
        }
    }
}

/* Last instant in time of an ordinary case that is routed now; 0 = none. */
static int64_t due_of(const struct query *query, const struct explained *e)
{
    struct span span = e->fits->limit[URGENCY_ORDINARY];

    if (span.amount == 0) {
        span = e->district->policy.handle[URGENCY_ORDINARY];
    }
    return span.amount == 0 ? 0 : calendar_due(district_calendar(e->district, e->lead), query->engine->now_ms, span).at;
}

static void sum_up(const struct query *query, const struct explained *e, char why[WHY_SIZE], struct explain_route_reply *ret)
{
    const struct catalogue_row *row = e->fits;

    ret->version = text_of(e->district->catalogue_version);
    if (row == NULL) {
        snprintf(why, WHY_SIZE, "No row of the list fits this matter at this place: the desk routes by hand.");
    } else {
        char where[96];

        print_place(e, row, where);
        snprintf(why, WHY_SIZE, "Row %u: %s, %s", row->row, row->matter < 0 ? "any matter" : "this matter", where);
        ret->row = row->row;
        ret->lead = e->district->units[e->lead].code;
        ret->basis = text_of(row->basis);
        ret->due_at = due_of(query, e);
        add_units(e, row->supports, row->support_count, &ret->supports);
        add_units(e, row->calls, row->call_count, &ret->calls);
    }
    ret->why = text_of(why);
}

static int add_rows(const struct explained *e, struct reply_writer *writer)
{
    int rc = reply_list(writer, "rows");

    for (uint32_t i = 0; rc == 0 && i < e->count; i++) {
        const struct tried *tried = &e->tried[i];
        const struct catalogue_row *row = tried->row;
        struct route_view view = {
            .row = row->row, .lead = text_of(tried->lead), .fits = row == e->fits, .why = text_of(tried->why), .fit = tried->fit};

        if (row->matter >= 0) {
            view.matter = e->district->matters[row->matter].code;
        }
        if (row->place >= 0) {
            view.place = e->district->units[row->place].code;
        }
        rc = reply_row(writer, &route_view_shape, &view, CODEC_OMIT_NOTHING);
    }
    return rc;
}

int query_explain_route(struct query *query, struct proto_buffer *out)
{
    const struct explain_route_query *body = &query->request->query_body.explain_route;
    struct explained explained = {.district = query->district, .lead = -1};
    struct explain_route_reply reply = {0};
    struct reply_writer writer;
    char why[WHY_SIZE];

    explained.place = district_unit_find(query->district, &body->place);
    if (explained.place < 0) {
        return query_refuse(query, REFUSAL_UNKNOWN_UNIT, "place");
    }
    explained.matter = district_matter_find(query->district, &body->matter);
    if (explained.matter < 0 && !text_equal(text_of_code(&body->matter), text_of("unknown"))) {
        return query_refuse(query, REFUSAL_UNKNOWN_MATTER, "matter");
    }
    explained.fits = district_row(query->district, explained.matter, explained.place, &explained.lead);
    walk(&explained);
    sum_up(query, &explained, why, &reply);
    int rc = reply_begin(&writer, out, query->request->id, &explain_route_reply_shape, &reply, CODEC_OMIT_NOTHING, 1);
    if (rc == 0) {
        rc = add_rows(&explained, &writer);
    }
    return rc == 0 ? reply_end(&writer) : rc;
}
