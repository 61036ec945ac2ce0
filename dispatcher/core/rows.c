/* rows.c - sizes and names of the rows' tables */
#include "dispatcher/core/rows.h"

#include <assert.h>

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
