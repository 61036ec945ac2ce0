/*
 * query_district.c - what the district in force is: its units and matters, page by page, all of them or those that words name.
 */
#include "dispatcher/engine/query_district.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Words that one search may have; what follows them is part of the last one. */
#define WORDS_MAX 8
/* Units or matters that one answer to a search looks at: a page of names costs what it costs without a search. */
#define LOOKED_MAX (8 * CAP_PAGE)

struct search {
    uint32_t count; /* 0: everything is found */
    struct text words[WORDS_MAX];
};

static void read_words(struct text text, struct search *ret)
{
    *ret = (struct search){0};
    for (uint32_t at = 0; at < text.size;) {
        uint32_t from = at;

        while (at < text.size && (text.at[at] != ' ' || ret->count == WORDS_MAX - 1)) {
            at++;
        }
        if (at > from) {
            ret->words[ret->count++] = (struct text){.at = text.at + from, .size = at - from};
        } else {
            at++;
        }
    }
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Both are UTF-8, so a part that begins like a character is one. */
static bool has_part(struct text whole, struct text part)
{
    for (uint32_t at = 0; part.size <= whole.size && at <= whole.size - part.size; at++) {
        uint32_t same = 0;

        while (same < part.size && lower(whole.at[at + same]) == lower(part.at[same])) {
            same++;
        }
        if (same == part.size) {
            return true;
        }
    }
    return false;
}

static bool is_found(const struct search *search, const struct code *code, const char *name)
{
    for (uint32_t i = 0; i < search->count; i++) {
        if (!has_part(text_of(name), search->words[i]) && !has_part(text_of_code(code), search->words[i])) {
            return false;
        }
    }
    return true;
}

static struct code unit_code(const struct district *district, int32_t unit)
{
    return unit >= 0 ? district->units[unit].code : (struct code){{0}};
}

static void view_unit(const struct district *district, const struct unit *unit, struct unit_view *ret)
{
    *ret = (struct unit_view){
        .code = unit->code,
        .name = text_of(unit->name),
        .tier = unit->tier,
        .class = unit->class,
        .parent = unit_code(district, unit->parent),
        .accountable = unit_code(district, unit->accountable),
        .calendar = district->calendars[unit->calendar]->name,
        .seconded_by = unit_code(district, unit->seconded_by),
        .deputy = unit_code(district, unit->deputy),
        .successor = unit_code(district, unit->successor),
        .retired = unit->successor >= 0,
        .street_desk = unit->desk_of >= 0,
        .capacity = unit->capacity,
        .duty_phone = text_of(unit->duty_phone),
    };
}

void query_print_selector(const struct district *district, const struct selector *selector, char ret[SELECTOR_SIZE])
{
    struct text code;

    switch (selector->kind) {
    case SELECT_UNIT:
        code = text_of_code(&district->units[selector->unit].code);
        snprintf(ret, SELECTOR_SIZE, "%.*s", (int)code.size, code.at);
        return;
    case SELECT_TIER:
        snprintf(ret, SELECTOR_SIZE, "@%s", enum_name(&unit_tier_enum, (int)selector->tier));
        return;
    case SELECT_STREET_DESK:
        snprintf(ret, SELECTOR_SIZE, "@street_desk");
        return;
    }
}

/* The texts of a view that are made for it. */
struct matter_texts {
    char lead[SELECTOR_SIZE];
    char limit[SPAN_SIZE];
};

/* What the list says of the matters of one page. */
struct listed {
    uint32_t from;
    uint32_t count;
    const struct catalogue_row *any; /* the first row for any matter at any place, or NULL */
    struct {
        const struct catalogue_row *row; /* the first row for it at any place, or NULL */
        uint32_t place_rows;
    } at[LOOKED_MAX];
};

/* One walk over the list for the whole page. */
static void look_at_list(const struct district *district, uint32_t from, uint32_t until, struct listed *ret)
{
    assert(until - from <= LOOKED_MAX);
    memset(ret, 0, sizeof(*ret));
    ret->from = from;
    ret->count = until - from;
    for (uint32_t i = 0; i < district->row_count; i++) {
        const struct catalogue_row *row = &district->rows[i];
        uint32_t at = (uint32_t)row->matter - from; /* of a matter before the page, or of any: beyond the count */

        if (row->matter < 0 && row->place < 0 && ret->any == NULL) {
            ret->any = row;
        }
        if (row->matter < 0 || at >= ret->count) {
            continue;
        }
        if (row->place >= 0) {
            ret->at[at].place_rows++;
        } else if (ret->at[at].row == NULL && (ret->any == NULL || ret->any > row)) {
            ret->at[at].row = row;
        }
    }
}

static void view_matter(const struct district *district, const struct listed *listed, uint32_t index, struct matter_texts *texts,
                        struct matter_view *ret)
{
    const struct matter *matter = &district->matters[index];
    const struct catalogue_row *own = listed->at[index - listed->from].row, *row = own != NULL ? own : listed->any;
    struct span limit = district->policy.handle[matter->urgency];

    *ret = (struct matter_view){.code = matter->code,
                                .name = text_of(matter->name),
                                .field = text_of(matter->field),
                                .place_rows = listed->at[index - listed->from].place_rows,
                                .urgency = matter->urgency};
    if (row != NULL) {
        query_print_selector(district, &row->lead, texts->lead);
        ret->row = row->row;
        ret->lead = text_of(texts->lead);
        if (row->limit[matter->urgency].amount != 0) {
            limit = row->limit[matter->urgency];
        }
    }
    ret->limit = text_of(clock_span_text(limit, texts->limit));
}

static const struct code *unit_code_at(const struct district *district, uint32_t index)
{
    return &district->units[index].code;
}

static const struct code *matter_code_at(const struct district *district, uint32_t index)
{
    return &district->matters[index].code;
}

/* Index of the first code behind `after` in a sorted table; the code need not be there any more. */
static uint32_t first_after(const struct district *district, const struct code *(*at)(const struct district *, uint32_t),
                            uint32_t count, const struct code *after)
{
    uint32_t low = 0;

    while (low < count) {
        uint32_t middle = low + (count - low) / 2;

        if (memcmp(at(district, middle)->s, after->s, CODE_SIZE) <= 0) {
            low = middle + 1;
        } else {
            count = middle;
        }
    }
    return low;
}

/* Where the page ends: at most CAP_PAGE that are found, at most LOOKED_MAX that are looked at. */
static uint32_t page_end(const struct district *district, const struct search *search, bool units, uint32_t from, uint32_t count)
{
    uint32_t found = 0, at = from;

    for (; at < count && found < CAP_PAGE && at - from < LOOKED_MAX; at++) {
        found += units ? is_found(search, &district->units[at].code, district->units[at].name)
                       : is_found(search, &district->matters[at].code, district->matters[at].name);
    }
    return at;
}

int query_list_units(struct query *query, struct proto_buffer *out)
{
    const struct list_units_query *body = &query->request->query_body.list_units;
    const struct district *district = query->district;
    struct list_units_reply reply = {0};
    struct reply_writer writer;
    struct search search;
    uint32_t from = 0;

    read_words(body->words, &search);
    if ((body->given & LIST_UNITS_HAS_AFTER) != 0) {
        from = first_after(district, unit_code_at, district->unit_count, &body->after);
    }
    uint32_t end = page_end(district, &search, true, from, district->unit_count);
    if (end < district->unit_count) {
        reply.next = district->units[end - 1].code;
    }
    int rc = reply_begin(&writer, out, query->request->id, &list_units_reply_shape, &reply, CODEC_OMIT_NOTHING, 1);
    if (rc == 0) {
        rc = reply_list(&writer, "rows");
    }
    for (uint32_t i = from; rc == 0 && i < end; i++) {
        const struct unit *unit = &district->units[i];
        struct unit_view view;

        if (!is_found(&search, &unit->code, unit->name)) {
            continue;
        }
        view_unit(district, unit, &view);
        rc = reply_row(&writer, &unit_view_shape, &view, CODEC_OMIT_NOTHING);
    }
    return rc == 0 ? reply_end(&writer) : rc;
}

int query_list_matters(struct query *query, struct proto_buffer *out)
{
    const struct list_matters_query *body = &query->request->query_body.list_matters;
    const struct district *district = query->district;
    struct list_matters_reply reply = {0};
    struct reply_writer writer;
    struct search search;
    struct listed listed;
    uint32_t from = 0;

    read_words(body->words, &search);
    if ((body->given & LIST_MATTERS_HAS_AFTER) != 0) {
        from = first_after(district, matter_code_at, district->matter_count, &body->after);
    }
    uint32_t end = page_end(district, &search, false, from, district->matter_count);
    if (end < district->matter_count) {
        reply.next = district->matters[end - 1].code;
    }
    look_at_list(district, from, end, &listed);
    int rc = reply_begin(&writer, out, query->request->id, &list_matters_reply_shape, &reply, CODEC_OMIT_NOTHING, 1);
    if (rc == 0) {
        rc = reply_list(&writer, "rows");
    }
    for (uint32_t i = from; rc == 0 && i < end; i++) {
        struct matter_texts texts;
        struct matter_view view;

        if (!is_found(&search, &district->matters[i].code, district->matters[i].name)) {
            continue;
        }
        view_matter(district, &listed, i, &texts, &view);
        rc = reply_row(&writer, &matter_view_shape, &view, CODEC_OMIT_NOTHING);
    }
    return rc == 0 ? reply_end(&writer) : rc;
}
