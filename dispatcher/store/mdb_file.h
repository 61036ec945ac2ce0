/*
 * mdb_file.h - LMDB's file as bytes: its head pages and its trees, looked at without LMDB
 *
 * LMDB believes its file: a page number, an offset or a count that is wrong makes it read beyond its map, stop with an assertion,
 * go round in a circle, or miss what is there. So the file is looked at before LMDB maps it. Every page that a tree uses must say
 * its own number, be of the right kind and at the right depth, be used once, and be packed as LMDB packs it; keys ascend, within
 * what the branches above say; the numbers in the heads of the trees are what is found; the list of free pages names each once, and
 * none in use. The file is mapped, and populated before a byte of it is read: a bad sector is an answer, not a signal.
 *
 * Format of LMDB 0.9 (data version 1), 64 bit, little-endian; what is not so, is said to be of another kind.
 */
#ifndef HUYING_STORE_MDB_FILE_H
#define HUYING_STORE_MDB_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MDB_FILE_SAID 512

/* The head of a tree, as it lies in a head page or as the value of its name. */
struct mdb_tree {
    uint16_t flags;
    uint16_t depth;
    uint64_t branch_pages, leaf_pages, overflow_pages, entries, root;
};

#define MDB_TREE_SIZE 48
#define MDB_TREE_INTEGER 0x08 /* flag: keys are u64 in the machine's order */

struct mdb_file {
    uint8_t *map;
    size_t size; /* of the file */
    uint32_t page_size;
    uint64_t pages;        /* that the file has */
    uint64_t last_page;    /* that may be in use */
    struct mdb_tree free;  /* of free pages */
    struct mdb_tree names; /* of the tables */
    _Atomic uint64_t *used;
};

/* What a tree has under a key. `tree`: not a value but a tree, `value` is its head. Borrowed for the call. */
struct mdb_entry {
    const uint8_t *key, *value;
    size_t key_size, value_size;
    bool tree;
};

/* Reads the two head pages of a file and takes the newer, as LMDB does. Returns 0; -ENOTSUP another format; -EBADMSG damage; or
 * another negative errno; `said` (MDB_FILE_SAID bytes) gets the sentence. Caller ends with mdb_file_close in any case; the
 * descriptor stays the caller's. */
int mdb_file_open(int fd, struct mdb_file *ret, char *said);

/* Reads a tree's head. */
void mdb_tree_read(const uint8_t bytes[MDB_TREE_SIZE], struct mdb_tree *ret);

/* Walks a whole tree, whose name is for the sentence, and calls `each` in the order of the keys; what it returns below 0 ends the
 * walk. Several threads may walk different trees. Returns 0, -EBADMSG with the sentence, or another negative errno. */
int mdb_file_walk(struct mdb_file *file, const struct mdb_tree *tree, const char *name,
                  int (*each)(void *arg, const struct mdb_entry *entry), void *arg, char *said);

/* After all other trees: walks the free pages; then each page up to the last one is in use, or free. Returns as mdb_file_walk. */
int mdb_file_walk_free(struct mdb_file *file, char *said);

void mdb_file_close(struct mdb_file *file);

#endif
