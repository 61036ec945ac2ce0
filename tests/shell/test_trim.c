/* test_trim.c - what a flood left in pieces goes back to the system, and no look costs a trim when nothing has grown. */
#include "dispatcher/shell/trim.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

#define PIECES 400000
#define PIECE_BYTES 200

static int64_t own_bytes(void)
{
    long resident, shared;
    FILE *file = fopen("/proc/self/statm", "re");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%*d %ld %ld", &resident, &shared), 2);
    fclose(file);
    return (int64_t)(resident - shared) * sysconf(_SC_PAGESIZE);
}

/* Every thousandth piece stays, as the rows that a flood asked for do: no heap can simply be cut off at its end. */
static void flood(void **pieces)
{
    for (int i = 0; i < PIECES; i++) {
        pieces[i] = malloc(PIECE_BYTES);
        memset(pieces[i], 1, PIECE_BYTES);
    }
    for (int i = 0; i < PIECES; i++) {
        if (i % 1000 != 999) {
            free(pieces[i]);
        }
    }
}

START_TEST(what_a_flood_left_goes_back)
{
    void **pieces = calloc(PIECES, sizeof(*pieces));
    memset(pieces, 1, PIECES * sizeof(*pieces)); /* so that it counts before */
    struct trim trim = {0};
    trim_look(&trim);
    int64_t before = own_bytes();
    flood(pieces);
    ck_assert_int_gt(own_bytes(), before + 2 * TRIM_BYTES); /* malloc keeps it */
    trim_look(&trim);
    ck_assert_int_lt(own_bytes(), before + TRIM_BYTES / 2);
    ck_assert_int_eq(trim.least_bytes / TRIM_BYTES, own_bytes() / TRIM_BYTES); /* the next growth is measured from here */
    for (int i = 999; i < PIECES; i += 1000) {
        free(pieces[i]);
    }
    free(pieces);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{what_a_flood_left_goes_back}};
    if (SANITIZED) {
        return 77; /* its malloc gives nothing back */
    }
    return suite_run(&(struct suite){.name = "trim", .tests = tests, .count = SUITE_COUNT(tests)});
}
