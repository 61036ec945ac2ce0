/* test_pending.c - the table of requests in flight. */

#include "proto/client/pending.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct pending_entry *make(unsigned n)
{
    struct pending_entry *entry = calloc(1, sizeof(*entry));
    char id[16];
    int size = snprintf(id, sizeof(id), "id%u", n);

    ck_assert_int_eq(proto_buffer_append(&entry->message, id, (size_t)size), 0);
    entry->id = (struct text){.at = entry->message.data, .size = (uint32_t)size};
    entry->tag = n;
    return entry;
}

START_TEST(thousands)
{
    enum { COUNT = 5000 };
    static struct pending_entry *entries[COUNT];
    struct pending pending = {0};
    struct pending_entry *again = make(7);
    unsigned left = 0;

    ck_assert_ptr_null(pending_find(&pending, text_of("id0")));
    for (unsigned i = 0; i < COUNT; i++) {
        entries[i] = make(i);
        ck_assert_int_eq(pending_add(&pending, entries[i]), 0);
    }
    ck_assert_int_eq(pending_add(&pending, again), -EEXIST);
    ck_assert_uint_eq(pending.count, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        ck_assert_ptr_eq(pending_find(&pending, entries[i]->id), entries[i]);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        if (i % 3 != 0 || i == 0 || i == COUNT - 1) {
            pending_remove(&pending, entries[i]);
            pending_entry_free(entries[i]);
        }
    }
    ck_assert_ptr_null(pending_find(&pending, again->id));
    /* what is left stands in its old order, both ways */
    for (struct pending_entry *entry = pending.first, *previous = NULL; entry != NULL; previous = entry, entry = entry->next) {
        ck_assert(entry->tag % 3 == 0);
        ck_assert_ptr_eq(entry->previous, previous);
        ck_assert(previous == NULL || previous->tag < entry->tag);
        ck_assert(entry->next != NULL || pending.last == entry);
        left++;
    }
    ck_assert_uint_eq(left, pending.count);
    ck_assert_ptr_null(pending_entry_free(again));
    ck_assert_ptr_null(pending_entry_free(NULL));
    pending_deinit(&pending);
    ck_assert_uint_eq(pending.count, 0);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{thousands}};
    return suite_run(&(struct suite){.name = "pending", .tests = tests, .count = SUITE_COUNT(tests)});
}
