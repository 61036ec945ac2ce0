/*
 * journal_only.c - limit (a) of script/bench: huyingd whose engine only journals
 *
 * Linked with --wrap over the engine's step: each message is decoded, kept as it came in a frame, flushed once a batch, answered.
 * No rules, no rows. The same ROUTER, security, loop and journal as huyingd: what remains is the most that the design can reach.
 */
#include "dispatcher/engine/engine.h"
#include "proto/reply.h"
#include "proto/request.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_MAX 4096

static struct {
    bool open;
    struct proto_buffer bytes, replies;
    struct journal_frame frames[64];
    size_t frame_from[64], frame_count;
    struct {
        uint64_t peer;
        size_t at, size;
    } reply[BATCH_MAX];
    size_t reply_count, reply_next;
    uint64_t seq;
} j;

size_t __wrap_engine_take(struct engine *engine, const struct engine_message *messages, size_t count, struct engine_time time);
const struct journal_frame *__wrap_engine_frames(const struct engine *engine, size_t *ret_count);
enum engine_outcome __wrap_engine_append(struct engine *engine);
int __wrap_engine_journaled(struct engine *engine, enum engine_outcome outcome);
bool __wrap_engine_next_reply(struct engine *engine, struct engine_reply *ret);
bool __wrap_engine_next_event(struct engine *engine, struct text *ret_topic, const void **ret_data, size_t *ret_size);
int64_t __wrap_engine_next_due_ms(struct engine *engine);
int __wrap_engine_checkpoint(struct engine *engine, bool idle);
size_t __real_engine_take(struct engine *engine, const struct engine_message *messages, size_t count, struct engine_time time);
enum engine_outcome __real_engine_append(struct engine *engine);
int __real_engine_journaled(struct engine *engine, enum engine_outcome outcome);

static void add_reply(uint64_t peer, struct text id, const struct command_answer *answer)
{
    size_t at = j.replies.size;
    if (reply_encode_ok(&j.replies, id, &command_answer_shape, answer, 0) < 0) {
        abort();
    }
    j.reply[j.reply_count].peer = peer;
    j.reply[j.reply_count].at = at;
    j.reply[j.reply_count++].size = j.replies.size - at;
}

size_t __wrap_engine_take(struct engine *engine, const struct engine_message *messages, size_t count, struct engine_time time)
{
    if (!j.open) {
        j.open = true;
        __real_engine_take(engine, NULL, 0, time); /* the configuration comes into force */
        if (__real_engine_journaled(engine, __real_engine_append(engine)) < 0) {
            abort();
        }
        j.seq = journal_last_seq(engine_journal(engine));
    }
    proto_buffer_clear(&j.bytes);
    proto_buffer_clear(&j.replies);
    j.reply_count = j.reply_next = j.frame_count = 0;
    size_t taken = count < BATCH_MAX ? count : BATCH_MAX;
    for (size_t i = 0; i < taken; i++) {
        struct request request;
        struct codec_fault fault;
        if (!request_decode(messages[i].data, messages[i].size, &request, &fault)) {
            continue;
        }
        size_t begun = j.frame_count > 0 ? j.frame_from[j.frame_count - 1] : 0;
        if (j.frame_count == 0 || j.bytes.size - begun + messages[i].size > CAP_FRAME_SIZE / 2) {
            assert(j.frame_count < 64);
            j.frame_from[j.frame_count] = j.bytes.size;
            j.frames[j.frame_count++] =
                (struct journal_frame){.epoch = engine_epoch(engine), .first_seq = j.seq + 1, .at_ms = time.clock_ms};
        }
        if (proto_buffer_append(&j.bytes, messages[i].data, messages[i].size) < 0) {
            abort();
        }
        j.frames[j.frame_count - 1].count++;
        j.seq++;
        struct command_answer answer = {.seq = j.seq, .at = time.clock_ms, .case_id = j.seq, .number = text_of("260302-00001-0")};
        add_reply(messages[i].from.peer, request.id, &answer);
    }
    for (size_t i = 0; i < j.frame_count; i++) {
        size_t end = i + 1 < j.frame_count ? j.frame_from[i + 1] : j.bytes.size;
        j.frames[i].data = (const char *)j.bytes.data + j.frame_from[i];
        j.frames[i].size = end - j.frame_from[i];
    }
    return taken;
}

const struct journal_frame *__wrap_engine_frames(const struct engine *engine, size_t *ret_count)
{
    (void)engine;
    *ret_count = j.frame_count;
    return j.frames;
}

enum engine_outcome __wrap_engine_append(struct engine *engine)
{
    struct journal *journal = engine_journal(engine);
    if (j.frame_count == 0) {
        return OUTCOME_DURABLE;
    }
    int rc = journal_append(journal, engine_epoch(engine), journal_last_seq(journal), j.frames, j.frame_count);
    return rc == 0 ? OUTCOME_DURABLE : OUTCOME_FAILED;
}

int __wrap_engine_journaled(struct engine *engine, enum engine_outcome outcome)
{
    (void)engine;
    return outcome == OUTCOME_DURABLE ? 0 : -5;
}

bool __wrap_engine_next_reply(struct engine *engine, struct engine_reply *ret)
{
    (void)engine;
    if (j.reply_next == j.reply_count) {
        return false;
    }
    ret->peer = j.reply[j.reply_next].peer;
    ret->data = (const char *)j.replies.data + j.reply[j.reply_next].at;
    ret->size = j.reply[j.reply_next++].size;
    return true;
}

bool __wrap_engine_next_event(struct engine *engine, struct text *ret_topic, const void **ret_data, size_t *ret_size)
{
    (void)engine;
    (void)ret_topic;
    (void)ret_data;
    (void)ret_size;
    return false;
}

int64_t __wrap_engine_next_due_ms(struct engine *engine)
{
    (void)engine;
    return INT64_MAX;
}

int __wrap_engine_checkpoint(struct engine *engine, bool idle)
{
    (void)engine;
    (void)idle;
    return 0;
}
