/* loading.c - what the load programs of script/bench share: the text of a job, the clock, and the one line that they print */
#include "tests/bench/loading.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const char loading_words[] =
    "The street light in front of the house has been dark since Monday and the pavement is uneven; two people "
    "have fallen. Neighbours have called twice. Please send somebody who can say when it will be mended, "
    "and tell us by telephone. The lamp has the number 4711 and stands at the corner beside the school; "
    "children pass it early when it is still quite dark. Thank you. 路灯不亮，请尽快处理。";
static_assert(sizeof(loading_words) == LOADING_WORDS_SIZE + 1, "the text has the size that the header gives");

void loading_init(struct loading *loading, const char *program, uint64_t count, uint32_t steps)
{
    *loading = (struct loading){.program = program, .count = count, .steps = steps};
    loading->sent_us = calloc(count * steps, sizeof(*loading->sent_us));
    loading->took_us = calloc(count * steps, sizeof(*loading->took_us));
    if (count == 0 || loading->sent_us == NULL || loading->took_us == NULL) {
        loading_die(loading, "out of memory, or nothing to send");
    }
}

void loading_deinit(struct loading *loading)
{
    free(loading->sent_us);
    free(loading->took_us);
    *loading = (struct loading){0};
}

int64_t loading_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

bool loading_begin(struct loading *loading, uint64_t *ret)
{
    if (loading->begun == loading->count) {
        return false;
    }
    *ret = loading->begun++ * loading->steps;
    return true;
}

bool loading_next(struct loading *loading, uint64_t request, int64_t now_us, uint64_t *ret)
{
    loading->took_us[loading->requests++] = (uint32_t)(now_us - loading->sent_us[request]);
    if ((request + 1) % loading->steps != 0) {
        *ret = request + 1;
        return true;
    }
    loading->done++;
    return loading_begin(loading, ret);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

void loading_print(struct loading *loading)
{
    int64_t took_us = loading_now_us() - loading->from_us;
    qsort(loading->took_us, loading->requests, sizeof(*loading->took_us), by_size);
    printf("{\"requests\": %" PRIu64 ", \"ms\": %" PRId64 ", \"per_second\": %" PRId64
           ", \"p50_us\": %u, \"p99_us\": %u, \"max_us\": %u}\n",
           loading->requests, took_us / 1000, (int64_t)loading->requests * 1000000 / (took_us > 0 ? took_us : 1),
           loading->took_us[loading->requests / 2], loading->took_us[loading->requests * 99 / 100],
           loading->took_us[loading->requests - 1]);
}

void loading_die(const struct loading *loading, const char *what)
{
    fprintf(stderr, "%s: %s\n", loading->program, what);
    exit(4);
}

void loading_refused(const struct loading *loading, const char *said, size_t size)
{
    fprintf(stderr, "%s: refused: %.*s\n", loading->program, (int)size, said);
    exit(1);
}
