/* number.c - case numbers with a check digit by the Damm algorithm (H. M. Damm, 2004: totally anti-symmetric quasigroup of order
 * 10) */
#include "base/number.h"

#include <assert.h>

static int damm(int interim, const char *digits, int size)
{
    static const char table[10][10] = {
        {0, 3, 1, 7, 5, 9, 8, 6, 4, 2}, {7, 0, 9, 2, 1, 5, 4, 8, 6, 3}, {4, 2, 0, 6, 8, 7, 1, 3, 5, 9},
        {1, 7, 5, 0, 9, 8, 3, 4, 2, 6}, {6, 1, 2, 3, 0, 4, 5, 9, 7, 8}, {3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
        {5, 8, 6, 9, 7, 2, 0, 1, 3, 4}, {8, 9, 4, 5, 3, 6, 2, 0, 1, 7}, {9, 4, 3, 8, 6, 1, 7, 2, 0, 5},
        {2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
    };
    for (int i = 0; i < size; i++) {
        interim = table[interim][digits[i] - '0'];
    }
    return interim;
}

/* Writes the last `size` digits of a value. */
static void digits(char *at, uint32_t value, int size)
{
    for (int i = size - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

int number_print(uint32_t day, uint32_t day_no, char buffer[NUMBER_SIZE])
{
    assert(day <= 999999 && day_no <= NUMBER_DAY_NO_MAX);
    int size = 7, day_no_size = 5;
    for (uint32_t rest = day_no / 100000; rest != 0; rest /= 10) {
        day_no_size++;
    }
    digits(buffer, day, 6);
    buffer[6] = '-';
    digits(buffer + size, day_no, day_no_size);
    size += day_no_size;
    int check = damm(damm(0, buffer, 6), buffer + 7, day_no_size);
    buffer[size++] = '-';
    buffer[size++] = (char)('0' + check);
    buffer[size] = '\0';
    return size;
}

static bool read_digits(const char *at, size_t size, uint32_t *ret)
{
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++) {
        if (at[i] < '0' || at[i] > '9') {
            return false;
        }
        value = value * 10 + (uint32_t)(at[i] - '0');
    }
    *ret = value;
    return size > 0;
}

/* The three parts; false when they are not there. */
static bool read_parts(const char *at, size_t size, uint32_t *ret_day, uint32_t *ret_day_no, uint32_t *ret_check)
{
    if (size < 14 || size > 16 || at[6] != '-' || at[size - 2] != '-') {
        return false;
    }
    size_t middle = size - 9;
    if (middle > 5 && at[7] == '0') {
        return false; /* one number, one spelling */
    }
    return read_digits(at, 6, ret_day) && read_digits(at + 7, middle, ret_day_no) && read_digits(at + size - 1, 1, ret_check);
}

bool number_parse(const char *at, size_t size, uint32_t *ret_day, uint32_t *ret_day_no)
{
    uint32_t day, day_no, check;
    if (!read_parts(at, size, &day, &day_no, &check) || damm(damm(0, at, 6), at + 7, (int)size - 9) != (int)check) {
        return false;
    }
    *ret_day = day;
    *ret_day_no = day_no;
    return true;
}

bool number_looks(const char *at, size_t size)
{
    uint32_t day, day_no, check;
    return read_parts(at, size, &day, &day_no, &check);
}

uint64_t number_key(uint32_t day, uint32_t day_no)
{
    return (uint64_t)day * (NUMBER_DAY_NO_MAX + 1) + day_no;
}
