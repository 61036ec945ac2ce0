/* block.c - rows of one table that lie in one value of the file */
#include "dispatcher/store/block.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define HEAD 3

/* Bits of an id that a block leaves out. A submit leaves seven records: one is a case, one a duty, two or three are clocks. */
static const uint8_t bits[ROW_TABLE_COUNT] = {
    [ROW_CASE] = 6, [ROW_HANDLER] = 6,  [ROW_DUTY] = 6,     [ROW_QUESTION] = 6, [ROW_PROPOSAL] = 6,
    [ROW_CALL] = 5, [ROW_CLOCK] = 5,    [ROW_SPAN] = 6,     [ROW_NUMBER] = 6,   [ROW_REQUEST] = 6,
    [ROW_UNIT] = 4, [ROW_CALENDAR] = 4, [ROW_DISTRICT] = 0,
};

_Static_assert(BLOCK_IDS == 1 << 6, "the most bits in the table");

uint64_t block_key(enum row_table table, uint64_t id)
{
    return id >> bits[table];
}

uint64_t block_first(enum row_table table, uint64_t key)
{
    return key << bits[table];
}

void block_begin(struct block_walk *ret, enum row_table table, uint64_t key, const void *bytes, size_t size)
{
    ret->table = table;
    ret->first = block_first(table, key);
    ret->at = bytes;
    ret->end = size > 0 ? ret->at + size : ret->at; /* no block at all has no address */
    ret->id = 0;
    ret->packed = NULL;
    ret->size = 0;
}

int block_next(struct block_walk *walk)
{
    if (walk->at == walk->end) {
        return 0;
    }
    if (walk->end - walk->at < HEAD) {
        return -EBADMSG;
    }
    uint64_t id = walk->first + walk->at[0];
    size_t size = (size_t)walk->at[1] | (size_t)walk->at[2] << 8;
    if (walk->at[0] >> bits[walk->table] != 0 || size > PACKED_SIZE_MAX(row_size(walk->table)) ||
        (walk->packed != NULL && id <= walk->id) || (size_t)(walk->end - walk->at) - HEAD < size) {
        return -EBADMSG;
    }
    walk->id = id;
    walk->packed = walk->at + HEAD;
    walk->size = size;
    walk->at += HEAD + size;
    return 1;
}

int block_row(const struct block_walk *walk, void *ret_row)
{
    return packed_read(walk->packed, walk->size, ret_row, row_size(walk->table)) ? 0 : -EBADMSG;
}

int block_find(enum row_table table, const void *bytes, size_t size, uint64_t id, void *ret_row)
{
    struct block_walk walk;
    int rc;
    block_begin(&walk, table, block_key(table, id), bytes, size);
    while ((rc = block_next(&walk)) > 0 && walk.id < id) {
    }
    if (rc > 0 && walk.id == id) {
        rc = block_row(&walk, ret_row);
        return rc == 0 ? 1 : rc;
    }
    return rc < 0 ? rc : 0;
}

static size_t add_head(enum row_table table, uint8_t *out, size_t used, uint64_t id, size_t size)
{
    assert(size <= UINT16_MAX);
    out[used] = (uint8_t)(id & ((UINT64_C(1) << bits[table]) - 1));
    out[used + 1] = (uint8_t)size;
    out[used + 2] = (uint8_t)(size >> 8);
    return used + HEAD + size;
}

size_t block_add(enum row_table table, uint8_t *out, size_t used, uint64_t id, const void *row)
{
    size_t size = packed_write(row, row_size(table), out + used + HEAD);
    return add_head(table, out, used, id, size);
}

size_t block_add_packed(enum row_table table, uint8_t *out, size_t used, const struct block_walk *from)
{
    memcpy(out + used + HEAD, from->packed, from->size);
    return add_head(table, out, used, from->id, from->size);
}
