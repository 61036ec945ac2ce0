/*
 * block.h - rows of one table that lie in one value of the file
 *
 * One value of LMDB for each row would cost more for the value than for the row. So rows whose ids differ in their lowest bits only
 * lie together, by ascending id, each as: the lowest bits of its id (a byte), how many bytes it takes (two, lowest first), the
 * packed row (packed.h). The key of the value is what the ids share. How many bits a table leaves out is chosen so that a usual
 * block is a quarter to a third of a page of LMDB; it is part of STORE_FORMAT.
 */
#ifndef HUYING_STORE_BLOCK_H
#define HUYING_STORE_BLOCK_H

#include "dispatcher/core/rows.h"
#include "dispatcher/store/packed.h"

/* Ids of one block, at most. */
#define BLOCK_IDS 64

/* The most that a block takes, and that packing its last row may write to. */
#define BLOCK_SIZE_MAX ((size_t)BLOCK_IDS * (3 + PACKED_SIZE_MAX(sizeof(union any_row))) + 8)

/* Key of the block that a row lies in. */
uint64_t block_key(enum row_table table, uint64_t id);

/* The lowest id that the block of this key may hold. */
uint64_t block_first(enum row_table table, uint64_t key);

/* A walk over the rows of a block. Borrows its bytes. */
struct block_walk {
    enum row_table table;
    uint64_t first;
    const uint8_t *at, *end;
    uint64_t id; /* of the row that was found last: */
    const uint8_t *packed;
    size_t size;
};

void block_begin(struct block_walk *ret, enum row_table table, uint64_t key, const void *bytes, size_t size);

/* Finds the next row. Returns 1, 0 at the end, or -EBADMSG: these bytes are not a block. */
int block_next(struct block_walk *walk);

/* Unpacks the row that block_next found. Returns 0 or -EBADMSG. */
int block_row(const struct block_walk *walk, void *ret_row);

/* Finds one row of a block and unpacks it. Returns 1, 0: it is not there, or -EBADMSG. */
int block_find(enum row_table table, const void *bytes, size_t size, uint64_t id, void *ret_row);

/* Appends a row, packed here or already so, to the `used` bytes of a block in `out`. Ids ascend. Returns how many bytes are used
 * then. */
size_t block_add(enum row_table table, uint8_t *out, size_t used, uint64_t id, const void *row);
size_t block_add_packed(enum row_table table, uint8_t *out, size_t used, const struct block_walk *from);

#endif
