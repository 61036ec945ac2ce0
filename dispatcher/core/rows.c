/* rows.c - sizes and names of the rows' tables */
#include "dispatcher/core/rows.h"

#include <assert.h>
#include <string.h>

static const struct {
    uint32_t size;
    const char *name;
} tables[ROW_TABLE_COUNT] = {
#define ROW_INFO(upper, row, key) {sizeof(struct row), #row},
    ROW_TABLES(ROW_INFO)
#undef ROW_INFO
};

uint32_t row_size(enum row_table table)
{
    assert(table < ROW_TABLE_COUNT);
    return tables[table].size;
}

const char *row_table_name(enum row_table table)
{
    assert(table < ROW_TABLE_COUNT);
    return tables[table].name;
}

void row_dims(const struct record_envelope *head, struct dims *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->street = head->street;
    ret->place = head->place_unit;
    ret->matter = head->matter;
    ret->channel = (uint8_t)head->channel;
    ret->kind = (uint8_t)head->kind;
    ret->origin = (uint8_t)head->origin;
    ret->urgency = (uint8_t)head->urgency;
    ret->is_protected = head->protected || head->kind == CASE_KIND_REPORT;
    ret->upstream = head->upstream;
}
