/*
 * loading.h - what the load programs of script/bench share: the text of a job, the clock, and the one line that they print
 *
 * Each load program sends a bounded number of requests, so many in flight, and prints one line of JSON: requests, ms, per_second,
 * p50_us, p99_us, max_us. What a server refuses ends it with exit code 1, any other failure with 4.
 */
#ifndef HUYING_TESTS_BENCH_LOADING_H
#define HUYING_TESTS_BENCH_LOADING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The complaint that every job carries, the same for each server, and its size in bytes. */
#define LOADING_WORDS_SIZE 400
extern const char loading_words[];

/* Chains of steps that are sent one after the other, many side by side. Zero it, then loading_init. */
struct loading {
    const char *program;
    uint64_t count, begun, done; /* chains */
    uint32_t steps;              /* requests of one chain */
    int64_t *sent_us;            /* by request: chain * steps + step */
    uint32_t *took_us;           /* of those that were answered, in the order of the answers */
    uint64_t requests;           /* answered */
    int64_t from_us;
};

/* Room for count * steps requests; out of memory ends the program. loading_deinit frees it. */
void loading_init(struct loading *loading, const char *program, uint64_t count, uint32_t steps);
void loading_deinit(struct loading *loading);

/* Steady clock, microseconds. */
int64_t loading_now_us(void);

/* The answer to a request has come. Gives in *ret the request that its chain sends next, or the first of another chain. Returns
 * false when there is none: the chain was the last one that begins. */
bool loading_next(struct loading *loading, uint64_t request, int64_t now_us, uint64_t *ret);

/* First request of a chain that has not begun. Returns false when all have. */
bool loading_begin(struct loading *loading, uint64_t *ret);

/* Prints the line; sorts took_us. Requires at least one answer. */
void loading_print(struct loading *loading);

/* Ends the program: a failure of its own or of the connection. */
_Noreturn void loading_die(const struct loading *loading, const char *what);

/* Ends the program: the server said something else than yes. */
_Noreturn void loading_refused(const struct loading *loading, const char *said, size_t size);

#endif
