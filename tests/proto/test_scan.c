/* test_scan.c - the walk in front of the unpacker. */

#include "proto/gen/caps.h"
#include "proto/scan.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(s) s, sizeof(s) - 1

static const struct {
    const char *data;
    size_t size;
    uint32_t elements;
    int rc;
    size_t wanted;
} walks[] = {
    {BYTES("\x01"), 1, 0, 1},
    {BYTES("\xff\x01"), 1, 0, 1},
    {BYTES("\xc0"), 1, 0, 1},
    {BYTES("\xc1"), 1, -EBADMSG, 0}, /* never used by msgpack */
    {BYTES(""), 1, -EBADMSG, 0},
    {BYTES("\xc0"), 0, -E2BIG, 0},
    {BYTES("\xc3"), 1, 0, 1},
    {BYTES("\xcc\x01"), 1, 0, 2},
    {BYTES("\xcc"), 1, -EBADMSG, 0},
    {BYTES("\xcd\x01\x02"), 1, 0, 3},
    {BYTES("\xce\x01\x02\x03\x04"), 1, 0, 5},
    {BYTES("\xcf\x01\x02\x03\x04\x05\x06\x07\x08"), 1, 0, 9},
    {BYTES("\xcf\x01\x02\x03\x04\x05\x06\x07"), 1, -EBADMSG, 0},
    {BYTES("\xd0\x01"), 1, 0, 2},
    {BYTES("\xd1\x01\x02"), 1, 0, 3},
    {BYTES("\xd2\x01\x02\x03\x04"), 1, 0, 5},
    {BYTES("\xd3\x01\x02\x03\x04\x05\x06\x07\x08"), 1, 0, 9},
    {BYTES("\xca\x01\x02\x03\x04"), 1, 0, 5},
    {BYTES("\xcb\x01\x02\x03\x04\x05\x06\x07\x08"), 1, 0, 9},
    {BYTES("\xa3"
           "abc"),
     1, 0, 4},
    {BYTES("\xa3"
           "ab"),
     1, -EBADMSG, 0},
    {BYTES("\xd9\x02"
           "ab"),
     1, 0, 4},
    {BYTES("\xda\x00\x02"
           "ab"),
     1, 0, 5},
    {BYTES("\xdb\x00\x00\x00\x02"
           "ab"),
     1, 0, 7},
    {BYTES("\xdb\xff\xff\xff\xff"), 1, -EBADMSG, 0},
    {BYTES("\xc4\x01x"), 1, 0, 3},
    {BYTES("\xc5\x00\x01x"), 1, 0, 4},
    {BYTES("\xc6\x00\x00\x00\x01x"), 1, 0, 6},
    {BYTES("\xc7\x01\x05x"), 1, 0, 4},
    {BYTES("\xc8\x00\x01\x05x"), 1, 0, 5},
    {BYTES("\xc9\x00\x00\x00\x01\x05x"), 1, 0, 7},
    {BYTES("\xc9\xff\xff\xff\xff\x05"), 1, -EBADMSG, 0},
    {BYTES("\xd4\x05x"), 1, 0, 3},
    {BYTES("\xd5\x05xx"), 1, 0, 4},
    {BYTES("\xd6\x05xxxx"), 1, 0, 6},
    {BYTES("\xd7\x05xxxxxxxx"), 1, 0, 10},
    {BYTES("\xd8\x05xxxxxxxxxxxxxxxx"), 1, 0, 18},
    {BYTES("\xd8\x05xxxxxxxxxxxxxxx"), 1, -EBADMSG, 0},
    {BYTES("\x92\x01\x02"), 3, 0, 3},
    {BYTES("\x92\x01\x02"), 2, -E2BIG, 0},
    {BYTES("\x92\x01"), 3, -EBADMSG, 0},
    {BYTES("\x81\x01\x02"), 3, 0, 3},
    {BYTES("\x81\x01\x02"), 2, -E2BIG, 0},
    {BYTES("\xdc\x00\x02\x01\x02"), 3, 0, 5},
    {BYTES("\xde\x00\x01\x01\x02"), 3, 0, 5},
    {BYTES("\xdd\xff\xff\xff\xff"), UINT32_MAX, -EBADMSG, 0}, /* five bytes for eight gigabytes */
    {BYTES("\xdf\xff\xff\xff\xff"), UINT32_MAX, -EBADMSG, 0},
    {BYTES("\x92\x91\x01\x02"), 4, 0, 4},
    {BYTES("\x90\x01"), 1, 0, 1},
};

START_TEST(walk)
{
    char *copy = malloc(walks[_i].size + 1); /* its own allocation, so that the sanitizer sees a read too far */
    size_t size = 0;

    memcpy(copy + 1, walks[_i].data, walks[_i].size);
    ck_assert_int_eq(scan_value(copy + 1, walks[_i].size, walks[_i].elements, &size), walks[_i].rc);
    ck_assert_uint_eq(size, walks[_i].wanted);
    free(copy);
}
END_TEST

START_TEST(depth)
{
    char nested[CAP_DEPTH + 2];
    size_t size;

    memset(nested, '\x91', sizeof(nested));
    nested[CAP_DEPTH] = '\x01';
    ck_assert_int_eq(scan_value(nested, CAP_DEPTH + 1, 100, &size), 0);
    ck_assert_uint_eq(size, CAP_DEPTH + 1);
    nested[CAP_DEPTH] = '\x91';
    nested[CAP_DEPTH + 1] = '\x01';
    ck_assert_int_eq(scan_value(nested, CAP_DEPTH + 2, 100, &size), -E2BIG);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{walk, SUITE_COUNT(walks)}, {depth}};
    return suite_run(&(struct suite){.name = "scan", .tests = tests, .count = SUITE_COUNT(tests)});
}
