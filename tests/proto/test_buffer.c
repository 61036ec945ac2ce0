/* test_buffer.c - bytes that grow. */

#include "proto/buffer.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

START_TEST(grows_and_keeps)
{
    struct proto_buffer buffer = {0};

    for (unsigned i = 0; i < 100000; i++) {
        ck_assert_int_eq(proto_buffer_append(&buffer, &i, sizeof(i)), 0);
    }
    ck_assert_uint_eq(buffer.size, 100000 * sizeof(unsigned));
    for (unsigned i = 0; i < 100000; i++) {
        ck_assert_mem_eq(buffer.data + i * sizeof(i), &i, sizeof(i));
    }
    char *data = buffer.data;
    proto_buffer_clear(&buffer);
    ck_assert_uint_eq(buffer.size, 0);
    ck_assert_int_eq(proto_buffer_write(&buffer, "abc", 3), 0);
    ck_assert_ptr_eq(buffer.data, data);
    ck_assert_mem_eq(buffer.data, "abc", 3);
    proto_buffer_deinit(&buffer);
    ck_assert(buffer.data == NULL && buffer.size == 0 && buffer.capacity == 0);
    proto_buffer_deinit(&buffer);
    proto_buffer_deinit(NULL);
}
END_TEST

START_TEST(no_room)
{
    struct proto_buffer buffer = {0};

    ck_assert_int_eq(proto_buffer_append(&buffer, NULL, 0), 0);
    ck_assert_ptr_null(buffer.data);
    ck_assert_int_eq(proto_buffer_append(&buffer, "abc", 3), 0);
    ck_assert_int_eq(proto_buffer_reserve(&buffer, SIZE_MAX), -ENOMEM);
    ck_assert_int_eq(proto_buffer_reserve(&buffer, SIZE_MAX / 2), -ENOMEM);
    ck_assert_uint_eq(buffer.size, 3);
    ck_assert_mem_eq(buffer.data, "abc", 3);
    ck_assert_int_eq(proto_buffer_reserve(&buffer, 1000), 0);
    ck_assert_uint_ge(buffer.capacity, 1003);
    ck_assert_uint_eq(buffer.size, 3);
    proto_buffer_deinit(&buffer);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{grows_and_keeps}, {no_room}};
    return suite_run(&(struct suite){.name = "buffer", .tests = tests, .count = SUITE_COUNT(tests)});
}
