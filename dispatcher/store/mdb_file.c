/* mdb_file.c - LMDB's file as bytes: its head pages and its trees, looked at without LMDB */
#include "dispatcher/store/mdb_file.h"

#include "dispatcher/store/folder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define PAGE_HEADER 16
#define NODE_HEADER 8
#define MAGIC 0xBEEFC0DEu
#define VERSION 1u
#define DEPTH_MAX 32
#define NO_PAGE UINT64_MAX
#define SLICE ((size_t)16 << 20)

#define FLAG_NO_FOLDER 0x4000 /* how the file was opened when it was made */

enum { P_BRANCH = 0x01, P_LEAF = 0x02, P_OVERFLOW = 0x04, P_META = 0x08 };
enum { F_BIGDATA = 0x01, F_SUBDATA = 0x02 };

static uint16_t get16(const uint8_t *at)
{
    uint16_t n;
    memcpy(&n, at, sizeof(n));
    return n;
}

static uint32_t get32(const uint8_t *at)
{
    uint32_t n;
    memcpy(&n, at, sizeof(n));
    return n;
}

static uint64_t get64(const uint8_t *at)
{
    uint64_t n;
    memcpy(&n, at, sizeof(n));
    return n;
}

/* The sentence on a page. */
__attribute__((format(printf, 3, 4))) static int bad(char *said, uint64_t page, const char *format, ...)
{
    char why[300];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    snprintf(said, MDB_FILE_SAID, "page %" PRIu64 ": %s", page, why);
    return -EBADMSG;
}

static const uint8_t *page_at(const struct mdb_file *file, uint64_t page)
{
    return file->map + page * file->page_size;
}

/* Reads a slice to the end of a buffer: only to hear whether it can be read. */
static int try_slice(int fd, size_t at, size_t size)
{
    static const size_t block = 1 << 20;
    void *buffer = malloc(block);
    int rc = buffer == NULL ? -ENOMEM : 0;
    for (size_t done = 0; rc == 0 && done < size; done += block) {
        ssize_t n = folder_read_all(fd, buffer, block, at + done);
        rc = n < 0 ? (int)n : 0;
    }
    free(buffer);
    return rc;
}

/* Maps the file and has all of it in memory, in order, slice by slice. */
static int map_file(struct mdb_file *file, int fd, char *said)
{
    void *map = mmap(NULL, file->size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        return -errno;
    }
    file->map = map;
    for (size_t at = 0; at < file->size; at += SLICE) {
        size_t size = file->size - at < SLICE ? file->size - at : SLICE;
        if (madvise(file->map + at, size, MADV_POPULATE_READ) == 0) {
            continue;
        }
        int rc = errno == EINVAL ? try_slice(fd, at, size) : -errno; /* Linux before 5.14 does not know it */
        if (rc == -EFAULT || rc == -EIO || rc == -EHWPOISON) {
            snprintf(said, MDB_FILE_SAID, "the file cannot be read at byte %zu: the disk has a bad block there", at);
            return -EBADMSG;
        }
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

void mdb_tree_read(const uint8_t bytes[MDB_TREE_SIZE], struct mdb_tree *ret)
{
    *ret = (struct mdb_tree){.flags = get16(bytes + 4),
                             .depth = get16(bytes + 6),
                             .branch_pages = get64(bytes + 8),
                             .leaf_pages = get64(bytes + 16),
                             .overflow_pages = get64(bytes + 24),
                             .entries = get64(bytes + 32),
                             .root = get64(bytes + 40)};
}

/* ---- head pages: header 16, magic 4, version 4, address 8, map size 8, two trees of 48, last page 8, transaction 8 ---- */

enum {
    HEAD_TREES = PAGE_HEADER + 24,
    HEAD_LAST = HEAD_TREES + 2 * MDB_TREE_SIZE,
    HEAD_TXN = HEAD_LAST + 8,
    HEAD_SIZE = HEAD_TXN + 8
};

static int check_head(const uint8_t *head, uint64_t page, char *said)
{
    if (get64(head) != page || get16(head + 10) != P_META || get32(head + PAGE_HEADER) != MAGIC) {
        return bad(said, page, "it is not a head page of LMDB");
    }
    if (get32(head + PAGE_HEADER + 4) != VERSION) {
        (void)bad(said, page, "the format of LMDB is %" PRIu32 ", known is %u", get32(head + PAGE_HEADER + 4), VERSION);
        return -ENOTSUP;
    }
    return 0;
}

static int read_heads(struct mdb_file *file, char *said)
{
    const uint8_t *heads[2];
    for (uint64_t i = 0; i < 2; i++) {
        if (file->size < (size_t)i * file->page_size + HEAD_SIZE) {
            return bad(said, i, "the file ends before it");
        }
        heads[i] = file->map + i * file->page_size;
        int rc = check_head(heads[i], i, said);
        if (rc < 0) {
            return rc;
        }
        uint32_t page_size = get32(heads[i] + HEAD_TREES); /* the first tree's first field */
        if (i == 0) {
            file->page_size = page_size;
        }
        if (page_size < 4096 || page_size > 32768 || (page_size & (page_size - 1)) != 0 || page_size != file->page_size) {
            return bad(said, i, "its page size is %" PRIu32, page_size);
        }
    }
    uint64_t first = get64(heads[0] + HEAD_TXN), second = get64(heads[1] + HEAD_TXN);
    if (first > second + 1 || second > first + 1) {
        return bad(said, 0, "the two head pages are of transactions %" PRIu64 " and %" PRIu64, first, second);
    }
    const uint8_t *head = heads[first < second ? 1 : 0];
    mdb_tree_read(head + HEAD_TREES, &file->free);
    mdb_tree_read(head + HEAD_TREES + MDB_TREE_SIZE, &file->names);
    file->last_page = get64(head + HEAD_LAST);
    if ((file->free.flags & ~FLAG_NO_FOLDER) != MDB_TREE_INTEGER || file->names.flags != 0) {
        return bad(said, first < second, "its trees are of kinds %#x and %#x", file->free.flags, file->names.flags);
    }
    return 0;
}

int mdb_file_open(int fd, struct mdb_file *ret, char *said)
{
    struct stat st;
    *ret = (struct mdb_file){0};
    if (fstat(fd, &st) != 0) {
        return -errno;
    }
    ret->size = (size_t)st.st_size;
    if (ret->size < HEAD_SIZE) {
        return bad(said, 0, "the file ends before it");
    }
    int rc = map_file(ret, fd, said);
    if (rc == 0) {
        rc = read_heads(ret, said);
    }
    if (rc < 0) {
        return rc;
    }
    ret->pages = ret->size / ret->page_size;
    /* A page that was taken and given back in one transaction may never have been written, so the file may be a little shorter. */
    if (ret->last_page < 1 || ret->last_page / 2 > ret->pages) {
        return bad(said, ret->last_page, "the last page in use, of a file of %" PRIu64 " pages", ret->pages);
    }
    ret->used = calloc((size_t)(ret->last_page / 64 + 1), sizeof(*ret->used));
    return ret->used != NULL ? 0 : -ENOMEM;
}

void mdb_file_close(struct mdb_file *file)
{
    if (file->map != NULL) {
        munmap(file->map, file->size);
    }
    file->map = NULL;
    free(file->used);
    file->used = NULL;
}

/* Takes pages for a tree, or for the list of free ones. */
static int take(struct mdb_file *file, uint64_t page, uint64_t count, bool in_file, char *said)
{
    if (page < 2 || page > file->last_page || count > file->last_page - page + 1) {
        return bad(said, page, "there is no such page, the last one is %" PRIu64, file->last_page);
    }
    if (in_file && page + count > file->pages) {
        return bad(said, page, "the file ends before it: it was cut");
    }
    for (uint64_t i = page; i < page + count; i++) {
        uint64_t bit = UINT64_C(1) << (i % 64);
        if ((atomic_fetch_or_explicit(&file->used[i / 64], bit, memory_order_relaxed) & bit) != 0) {
            return bad(said, i, "it is used twice");
        }
    }
    return 0;
}

/* ---- trees ---- */

struct bytes {
    const uint8_t *at; /* NULL: none */
    size_t size;
};

struct walk {
    struct mdb_file *file;
    const struct mdb_tree *tree;
    int (*each)(void *arg, const struct mdb_entry *entry);
    void *arg;
    char *said;
    struct mdb_tree found;
};

static int compare(const struct walk *walk, struct bytes a, struct bytes b)
{
    if ((walk->tree->flags & MDB_TREE_INTEGER) != 0) {
        uint64_t x = get64(a.at), y = get64(b.at);
        return x < y ? -1 : x > y;
    }
    int order = memcmp(a.at, b.at, a.size < b.size ? a.size : b.size);
    return order != 0 ? order : a.size < b.size ? -1 : a.size > b.size;
}

struct node {
    struct bytes key;
    const uint8_t *data;
    uint64_t data_size; /* of a leaf's */
    uint64_t page;      /* of a branch's child */
    uint16_t flags;
    size_t size; /* in the page */
};

static bool node_read(const struct walk *walk, const uint8_t *page, bool leaf, uint32_t index, uint32_t upper, struct node *ret)
{
    uint32_t page_size = walk->file->page_size, offset = get16(page + PAGE_HEADER + 2 * (size_t)index);
    if (offset < upper || offset % 2 != 0 || offset + NODE_HEADER > page_size) {
        return false;
    }
    const uint8_t *at = page + offset;
    uint16_t flags = get16(at + 4);
    size_t key_size = get16(at + 6);
    uint64_t low = get16(at) | (uint64_t)get16(at + 2) << 16;
    *ret = (struct node){.key = {.at = at + NODE_HEADER, .size = key_size}, .data = at + NODE_HEADER + key_size};
    if (leaf) {
        ret->flags = flags;
        ret->data_size = low;
        if ((flags & ~(F_BIGDATA | F_SUBDATA)) != 0) {
            return false;
        }
    } else {
        ret->page = low | (uint64_t)flags << 32;
    }
    size_t data = !leaf ? 0 : (flags & F_BIGDATA) != 0 ? sizeof(uint64_t) : (size_t)ret->data_size;
    ret->size = (NODE_HEADER + key_size + data + 1) & ~(size_t)1;
    bool right_key = (walk->tree->flags & MDB_TREE_INTEGER) == 0 || key_size == sizeof(uint64_t) || (!leaf && index == 0);
    return right_key && data <= page_size && offset + ret->size <= page_size;
}

/* A value on pages of its own. */
static int read_large(struct walk *walk, const struct node *node, const uint8_t **ret)
{
    uint64_t page = get64(node->data), page_size = walk->file->page_size;
    uint64_t count = (PAGE_HEADER + node->data_size + page_size - 1) / page_size;
    int rc = take(walk->file, page, count, true, walk->said);
    if (rc < 0) {
        return rc;
    }
    const uint8_t *large = page_at(walk->file, page);
    if (get64(large) != page || get16(large + 10) != P_OVERFLOW || get32(large + 12) != count) {
        return bad(walk->said, page, "it is not the page of a large value");
    }
    walk->found.overflow_pages += count;
    *ret = large + PAGE_HEADER;
    return 0;
}

static int give_entry(struct walk *walk, uint64_t page, const struct node *node)
{
    struct mdb_entry entry = {.key = node->key.at,
                              .key_size = node->key.size,
                              .value = node->data,
                              .value_size = (size_t)node->data_size,
                              .tree = (node->flags & F_SUBDATA) != 0};
    if (entry.tree && ((node->flags & F_BIGDATA) != 0 || entry.value_size != MDB_TREE_SIZE)) {
        return bad(walk->said, page, "the head of a table has %zu bytes", entry.value_size);
    }
    if ((node->flags & F_BIGDATA) != 0) {
        int rc = read_large(walk, node, &entry.value);
        if (rc < 0) {
            return rc;
        }
    }
    walk->found.entries++;
    return walk->each(walk->arg, &entry);
}

static int walk_page(struct walk *walk, uint64_t pgno, uint32_t level, struct bytes least, struct bytes below);

/* A node of a page, after the one before it: in order, within what the page above says. */
static int walk_node(struct walk *walk, uint64_t pgno, bool leaf, uint32_t level, const struct node *node, const struct node *next,
                     struct bytes least, struct bytes below)
{
    if (leaf) {
        return give_entry(walk, pgno, node);
    }
    return walk_page(walk, node->page, level + 1, node->key.at != NULL ? node->key : least, next != NULL ? next->key : below);
}

static int walk_nodes(struct walk *walk, uint64_t pgno, const uint8_t *page, bool leaf, uint32_t level, struct bytes least,
                      struct bytes below)
{
    uint32_t lower = get16(page + 12), upper = get16(page + 14), count = (lower - PAGE_HEADER) / 2;
    struct node node, next = {0};
    size_t used = 0;
    int rc = 0;
    if (!node_read(walk, page, leaf, 0, upper, &next)) {
        return bad(walk->said, pgno, "entry 0 lies outside of it");
    }
    if (!leaf) {
        next.key.at = NULL; /* of a branch the first key means nothing: the page above has it */
    }
    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        node = next;
        used += node.size;
        bool more = i + 1 < count;
        if (more && !node_read(walk, page, leaf, i + 1, upper, &next)) {
            return bad(walk->said, pgno, "entry %" PRIu32 " lies outside of it", i + 1);
        }
        if ((node.key.at != NULL && more && compare(walk, node.key, next.key) >= 0) ||
            (node.key.at != NULL && ((least.at != NULL && compare(walk, node.key, least) < 0) ||
                                     (below.at != NULL && compare(walk, node.key, below) >= 0)))) {
            return bad(walk->said, pgno, "the key of entry %" PRIu32 " is out of order", i);
        }
        rc = walk_node(walk, pgno, leaf, level, &node, more ? &next : NULL, least, below);
    }
    if (rc == 0 && used != walk->file->page_size - upper) {
        return bad(walk->said, pgno, "its entries have %zu bytes, it says %" PRIu32, used, walk->file->page_size - upper);
    }
    return rc;
}

static int walk_page(struct walk *walk, uint64_t pgno, uint32_t level, struct bytes least, struct bytes below)
{
    bool leaf = level + 1 == walk->tree->depth;
    uint32_t page_size = walk->file->page_size;
    int rc = take(walk->file, pgno, 1, true, walk->said);
    if (rc < 0) {
        return rc;
    }
    const uint8_t *page = page_at(walk->file, pgno);
    uint32_t lower = get16(page + 12), upper = get16(page + 14);
    if (get64(page) != pgno) {
        return bad(walk->said, pgno, "it says that it is page %" PRIu64, get64(page));
    }
    if (get16(page + 10) != (leaf ? P_LEAF : P_BRANCH)) {
        return bad(walk->said, pgno, "it is of kind %#x, not a %s", get16(page + 10), leaf ? "leaf" : "branch");
    }
    if (lower < PAGE_HEADER + 2 || lower % 2 != 0 || lower > upper || upper > page_size) {
        return bad(walk->said, pgno, "its entries end at %" PRIu32 " and begin at %" PRIu32, lower, upper);
    }
    *(leaf ? &walk->found.leaf_pages : &walk->found.branch_pages) += 1;
    return walk_nodes(walk, pgno, page, leaf, level, least, below);
}

static bool counts_right(const struct mdb_tree *says, const struct mdb_tree *found)
{
    return says->branch_pages == found->branch_pages && says->leaf_pages == found->leaf_pages &&
           says->overflow_pages == found->overflow_pages && says->entries == found->entries;
}

static int walk_root(struct walk *walk)
{
    const struct mdb_tree *tree = walk->tree;
    int rc = 0;
    if (tree->root == NO_PAGE && tree->depth != 0) {
        return bad(walk->said, tree->root, "a tree of depth %u has no root", tree->depth);
    }
    if (tree->root != NO_PAGE && (tree->depth == 0 || tree->depth > DEPTH_MAX)) {
        return bad(walk->said, tree->root, "it is the root of a tree of depth %u", tree->depth);
    }
    if (tree->root != NO_PAGE) {
        rc = walk_page(walk, tree->root, 0, (struct bytes){0}, (struct bytes){0});
    }
    if (rc == 0 && !counts_right(tree, &walk->found)) {
        return bad(walk->said, tree->root, "its tree has %" PRIu64 " entries, its head says %" PRIu64 " (or pages that it lacks)",
                   walk->found.entries, tree->entries);
    }
    return rc;
}

int mdb_file_walk(struct mdb_file *file, const struct mdb_tree *tree, const char *name,
                  int (*each)(void *arg, const struct mdb_entry *entry), void *arg, char *said)
{
    char why[MDB_FILE_SAID] = "";
    struct walk walk = {.file = file, .tree = tree, .each = each, .arg = arg, .said = why};
    int rc = walk_root(&walk);
    if (rc < 0 && why[0] != '\0') {
        snprintf(said, MDB_FILE_SAID, "table %s, %.400s", name, why);
    }
    return rc;
}

/* ---- free pages: under each transaction a count and that many page numbers, descending ---- */

struct free_walk {
    struct mdb_file *file;
    uint8_t *ids; /* all numbers, taken after the walk: the tree of free pages is in use itself */
    size_t size, capacity;
};

static int free_entry(void *arg, const struct mdb_entry *entry)
{
    struct free_walk *walk = arg;
    uint64_t count = entry->value_size >= 8 ? get64(entry->value) : UINT64_MAX;
    if (entry->tree || count > (entry->value_size - 8) / 8) {
        return -EBADMSG;
    }
    size_t size = (size_t)count * 8;
    if (walk->size + size > walk->capacity) {
        size_t capacity = 2 * (walk->size + size);
        uint8_t *larger = realloc(walk->ids, capacity);
        if (larger == NULL) {
            return -ENOMEM;
        }
        walk->ids = larger;
        walk->capacity = capacity;
    }
    for (uint64_t i = 0; i + 1 < count; i++) {
        if (get64(entry->value + 8 + 8 * i) <= get64(entry->value + 16 + 8 * i)) {
            return -EBADMSG;
        }
    }
    if (size > 0) {
        memcpy(walk->ids + walk->size, entry->value + 8, size);
    }
    walk->size += size;
    return 0;
}

/* A page that is neither used nor free, from which LMDB would have to be told of it: its last page is wrong. */
static int check_all_known(const struct mdb_file *file, char *said)
{
    for (uint64_t page = 2; page <= file->last_page; page++) {
        if ((file->used[page / 64] >> (page % 64) & 1) == 0) {
            return bad(said, page, "it is neither used nor free; the last one is %" PRIu64, file->last_page);
        }
    }
    return 0;
}

int mdb_file_walk_free(struct mdb_file *file, char *said)
{
    struct free_walk walk = {.file = file};
    char why[MDB_FILE_SAID];
    said[0] = '\0';
    int rc = mdb_file_walk(file, &file->free, "of free pages", free_entry, &walk, said);
    if (rc == -EBADMSG && said[0] == '\0') {
        snprintf(said, MDB_FILE_SAID, "table of free pages, page %" PRIu64 ": its lists are not in order", file->free.root);
    }
    for (size_t i = 0; rc == 0 && i < walk.size; i += 8) {
        rc = take(file, get64(walk.ids + i), 1, false, why);
        if (rc < 0) {
            snprintf(said, MDB_FILE_SAID, "table of free pages, %.400s", why);
        }
    }
    free(walk.ids);
    return rc == 0 ? check_all_known(file, said) : rc;
}
