/*
 * near.c - how near two written words are
 */
#include "clients/near.h"

#include <stddef.h>
#include <stdlib.h>
#include <wchar.h>

/* Characters of a text; NEAR_FAR + 1: too many. */
static size_t characters(const char *text, wchar_t ret[NEAR_FAR + 1])
{
    size_t count = mbstowcs(ret, text, NEAR_FAR + 1);
    return count == (size_t)-1 ? NEAR_FAR + 1 : count;
}

int near_distance(const char *a, const char *b)
{
    wchar_t x[NEAR_FAR + 1], y[NEAR_FAR + 1];
    int rows[3][NEAR_FAR + 1] = {0};
    size_t x_count = characters(a, x), y_count = characters(b, y);
    if (x_count > NEAR_FAR || y_count > NEAR_FAR) {
        return NEAR_FAR;
    }
    for (size_t j = 0; j <= y_count; j++) {
        rows[0][j] = (int)j;
    }
    for (size_t i = 1; i <= x_count; i++) {
        int *now = rows[i % 3];
        const int *before = rows[(i + 2) % 3];
        const int *older = rows[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= y_count; j++) {
            int best = before[j - 1] + (x[i - 1] != y[j - 1]);
            best = before[j] + 1 < best ? before[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1] && older[j - 2] + 1 < best) {
                best = older[j - 2] + 1;
            }
            now[j] = best;
        }
    }
    return rows[x_count % 3][y_count];
}
