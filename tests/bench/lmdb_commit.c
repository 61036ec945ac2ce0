/*
 * lmdb_commit.c - peer (b) of script/bench: huyingd without its journal, one LMDB commit with full sync a batch
 *
 * Linked with --wrap: the engine checkpoints after every step, and appending to the journal costs nothing. The same rules, rows,
 * indexes, ROUTER and security as huyingd; a batch is durable by LMDB's own commit.
 */
#include "dispatcher/engine/engine.h"

int __wrap_engine_open(const struct engine_options *options, struct engine **ret, char *said);
int __real_engine_open(const struct engine_options *options, struct engine **ret, char *said);
int __wrap_journal_append(struct journal *journal, uint64_t epoch, uint64_t expected_seq, const struct journal_frame *frames,
                          size_t count);
uint64_t __wrap_journal_last_seq(const struct journal *journal);

static uint64_t last_seq;

int __wrap_engine_open(const struct engine_options *options, struct engine **ret, char *said)
{
    struct engine_options every_step = *options;
    every_step.checkpoint_records = 1;
    every_step.background = false; /* an answer waits for its commit */
    return __real_engine_open(&every_step, ret, said);
}

int __wrap_journal_append(struct journal *journal, uint64_t epoch, uint64_t expected_seq, const struct journal_frame *frames,
                          size_t count)
{
    (void)journal;
    (void)epoch;
    (void)expected_seq;
    if (count > 0) {
        last_seq = frames[count - 1].first_seq + frames[count - 1].count - 1;
    }
    return 0;
}

uint64_t __wrap_journal_last_seq(const struct journal *journal)
{
    (void)journal;
    return last_seq;
}
