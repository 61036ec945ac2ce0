/* engine.c - batch of messages in, frames out; then replies and events out */
#include "dispatcher/engine/engine.h"
#include "dispatcher/engine/kept.h"
#include "dispatcher/engine/live.h"

#include "config/district.h"
#include "proto/i18n.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From the time a segment is half full, the next one is made this many times as fast as the present one fills up. */
#define PREPARE_PACE 3
#define PREPARE_OWED_MAX ((uint64_t)8 << 20)
/* Rows that an idle tick looks at: a few milliseconds with a cold cache. */
#define SCRUB_ROWS 512

void engine_log(const struct engine *engine, int level, const char *code, const char *text)
{
    if (engine->log != NULL) {
        engine->log(engine->log_arg, level, code, text);
    }
}

/* Early word of a full disk: what is in the journal and what still fits is safe. */
static void say_no_segment(const struct engine *engine, int r)
{
    char text[160];

    snprintf(text, sizeof(text), "The next segment of the journal cannot be made yet: %s. %s; it is tried again.", strerror(-r),
             r == -EMFILE ? "Raise the limit of open files" : "Make room");
    engine_log(engine, 1, "segment_not_made", text);
}

void engine_reload(struct engine *engine)
{
    struct district_row row;

    view_get(&engine->view, ROW_DISTRICT, 1, &row);
    engine->last_seq = row.last_seq;
    engine->last_event = row.last_event;
    engine->last_at_ms = row.last_at;
    /* Drill time is the instant of the last record; 0 means "none" everywhere, so an empty journal begins at 1. */
    if (engine->drill || engine->now_ms < row.last_at) {
        engine->now_ms = row.last_at > 0 ? row.last_at : 1;
    }
    reader_forget(&engine->reader);
    adopt_look(engine);
}

static int open_journal(struct engine *engine, const struct engine_options *options, char *said)
{
    struct journal_options journal = {.path = engine->folder.journal, .segment_size = options->segment_size};
    struct journal_open_report report = {0};
    int rc = journal_open(&journal, false, &engine->journal, &report);

    if (rc < 0) {
        if (report.said[0] != '\0') {
            snprintf(said, DATADIR_SAID, "%s", report.said);
        } else {
            snprintf(said, DATADIR_SAID, _("The journal in %s cannot be opened: %s."), engine->folder.journal, strerror(-rc));
        }
        return rc;
    }
    if (report.cut) {
        engine_log(engine, 1, "journal_cut", report.said);
    }
    /* A new epoch for each start: what an older process may still try to append is refused. */
    engine->epoch = report.epoch + 1;
    return 0;
}

static int open_parts(struct engine *engine, const struct engine_options *options, char *said)
{
    int rc = datadir_open(options->data, options->drill ? DATADIR_DRILL : DATADIR_REAL, &engine->folder, said);

    if (rc == 0) {
        rc = open_journal(engine, options, said);
    }
    if (rc == 0) {
        rc = rows_open(engine, options->map_size, said);
    }
    if (rc == 0) {
        rc = adopt_fits(engine, engine->district, said);
    }
    if (rc == 0 && options->config_folder != NULL) {
        rc = kept_keep(engine->folder.path, engine->district->hash, options->config_folder);
    }
    return rc;
}

int engine_open(const struct engine_options *options, struct engine **ret, char *said)
{
    struct engine *engine = calloc(1, sizeof(*engine));
    int rc = 0;

    said[0] = '\0';
    if (engine == NULL) {
        return -ENOMEM;
    }
    engine->folder.lock_fd = -1;
    engine->district = options->district;
    engine->drill = options->drill;
    engine->log = options->log;
    engine->log_arg = options->log_arg;
    engine->find_person = options->find_person;
    engine->find_person_arg = options->find_person_arg;
    engine->steady_us = options->steady_us;
    engine->checkpoint_records = options->checkpoint_records != 0 ? options->checkpoint_records : 10000;
    engine->verdict = calloc(1, sizeof(*engine->verdict));
    engine->version = strdup(options->version != NULL ? options->version : "");
    engine->config_folder = strdup(options->config_folder != NULL ? options->config_folder : "");
    if (engine->verdict == NULL || engine->version == NULL || engine->config_folder == NULL) {
        rc = -ENOMEM;
    }
    if (rc == 0) {
        rc = open_parts(engine, options, said);
    }
    if (rc == 0) {
        rc = engine_backup_open(engine, options->backups);
    }
    if (rc < 0) {
        if (said[0] == '\0') {
            snprintf(said, DATADIR_SAID, _("The data in %s cannot be used: %s."), options->data, strerror(-rc));
        }
        engine->stopped = rc;
        engine_close(engine);
        return rc;
    }
    engine_reload(engine);
    rc = live_open(engine);
    if (rc < 0) {
        snprintf(said, DATADIR_SAID, _("The followers in %s cannot be read: %s."), engine->folder.rows, strerror(-rc));
        engine_close(engine);
        return rc;
    }
    engine->view.lease = live_lease;
    engine->view.lease_arg = engine;
    engine_backup_sweep(engine);
    *ret = engine;
    return 0;
}

int engine_adopt(struct engine *engine, const struct district *district, const char *config_folder, char *said)
{
    assert(!engine->in_step);
    said[0] = '\0';
    int rc = adopt_fits(engine, district, said);
    if (rc == 0 && config_folder != NULL) {
        rc = kept_keep(engine->folder.path, district->hash, config_folder);
    }
    if (rc == 0) {
        rc = live_adopt(engine, district);
    }
    if (rc < 0) {
        if (said[0] == '\0') {
            snprintf(said, DATADIR_SAID, _("The configuration could not be kept with the data: %s."), strerror(-rc));
        }
        return rc;
    }
    engine->district = district;
    engine->view.district = district;
    adopt_look(engine);
    return 0;
}

struct journal *engine_journal(struct engine *engine)
{
    return engine->journal;
}

uint64_t engine_epoch(const struct engine *engine)
{
    return engine->epoch;
}

uint64_t engine_durable_seq(const struct engine *engine)
{
    return journal_last_seq(engine->journal);
}

int64_t engine_now_ms(const struct engine *engine)
{
    return engine->now_ms;
}

int64_t engine_next_due_ms(struct engine *engine)
{
    int64_t at_ms;
    uint64_t id;
    int kind;

    if (engine->stopped < 0) {
        return INT64_MAX;
    }
    if (engine->job.on || engine->adopting || engine->settle_next != 0 || live_busy(engine)) {
        return engine->now_ms;
    }
    if (!store_next_timer(engine->store, &at_ms, &kind, &id)) {
        return INT64_MAX;
    }
    /* Drill time does not come by itself: only what is due already is worth a call. */
    if (engine->drill && at_ms > engine->now_ms) {
        return INT64_MAX;
    }
    return at_ms;
}

int64_t engine_next_wait_ms(const struct engine *engine)
{
    return engine->stopped < 0 ? INT64_MAX : live_next_ms(engine);
}

void engine_undelivered(struct engine *engine, uint64_t peer)
{
    assert(!engine->in_step);
    live_undelivered(engine, peer);
}

void engine_gone(struct engine *engine, uint64_t peer)
{
    assert(!engine->in_step);
    live_gone(engine, peer);
}

const uint32_t *engine_query_us(const struct engine *engine)
{
    return engine->query_us;
}

/* A checkpoint that fails costs a rewind and a replay; the journal has everything, so work goes on and the next one is tried later.
 */
static int checkpoint(struct engine *engine)
{
    int rc = live_write(engine);
    char text[160];

    if (rc == 0) {
        store_mark(engine->store, journal_last_mark(engine->journal));
        rc = store_checkpoint(engine->store);
    }
    if (rc == 0) {
        live_written(engine);
        engine->since_checkpoint = 0;
        engine->checkpoint_again_at = 0;
        return 0;
    }
    snprintf(text, sizeof(text), "The checkpoint of the rows failed: %s. The journal keeps everything; it will be tried again.",
             strerror(-rc));
    engine_log(engine, 0, "checkpoint_failed", text);
    engine->checkpoint_again_at = engine->since_checkpoint + engine->checkpoint_records;
    rc = replay_rewind(engine);
    if (rc < 0) {
        engine->stopped = rc;
    }
    return rc;
}

int engine_checkpoint(struct engine *engine, bool idle)
{
    int rc;

    if (engine->in_step || engine->stopped < 0) {
        return engine->stopped;
    }
    if (engine->since_checkpoint < engine->checkpoint_again_at && !idle) {
        return 0;
    }
    if (store_dirty(engine->store) > 0 || live_dirty(engine)) {
        rc = checkpoint(engine);
        if (rc < 0) {
            return rc;
        }
    }
    if (idle) {
        if (store_scrub(engine->store, SCRUB_ROWS) == -EBADMSG) {
            return rows_damaged(engine);
        }
        rc = journal_prepare(engine->journal);
        if (rc < 0) {
            say_no_segment(engine, rc);
        }
    }
    return 0;
}

const struct journal_frame *engine_frames(const struct engine *engine, size_t *ret_count)
{
    return frames_seal((struct frames *)&engine->frames, ret_count);
}

enum engine_outcome engine_append(struct engine *engine)
{
    size_t count;
    const struct journal_frame *frames = frames_seal(&engine->frames, &count);

    assert(engine->in_step);
    if (count == 0) {
        return OUTCOME_DURABLE;
    }
    int rc = journal_append(engine->journal, engine->epoch, journal_last_seq(engine->journal), frames, count);
    engine->append_failed = rc;
    if (rc == 0) {
        return OUTCOME_DURABLE;
    }
    if (rc == -ESTALE) {
        return OUTCOME_FENCED;
    }
    return journal_unknown(engine->journal) ? OUTCOME_UNKNOWN : OUTCOME_FAILED;
}

/* What the step left in the rows goes; nothing of it may be acknowledged. */
static int step_failed(struct engine *engine, enum engine_outcome outcome)
{
    int append_failed = engine->append_failed;
    char text[160];

    frames_reset(&engine->frames, engine->epoch);
    engine->unknown = outcome == OUTCOME_UNKNOWN;
    step_drop_job(engine);
    /* Nothing was tried, and it may work in a moment. */
    outbox_fail(&engine->outbox, append_failed == -EMFILE && !engine->unknown ? REFUSAL_BUSY : step_refusal(engine));
    snprintf(text, sizeof(text), "The journal did not take the batch: %s. %s",
             outcome == OUTCOME_FENCED ? "another dispatcher has it"
             : append_failed < 0       ? strerror(-append_failed)
                                       : "it is not known why",
             engine->unknown ? "It may be there at the next start all the same; its senders were told so."
                             : "Nothing of it is kept; its senders were told so.");
    engine_log(engine, 0, "journal_failed", text);
    int rc = replay_rewind(engine);
    if (rc == 0 && outcome == OUTCOME_FAILED && (append_failed == -ENOSPC || append_failed == -EMFILE)) {
        return 0;
    }
    if (rc == 0) {
        rc = outcome == OUTCOME_FENCED ? -ESTALE : -EIO;
    }
    engine->stopped = rc;
    return rc;
}

/* Without idle ticks nobody else makes the next segment, and the append that needs it would stall for all of it. So each step makes
 * a part, in proportion to what it wrote itself: that spreads it evenly, and it is ready in time. */
static void journal_ahead(struct engine *engine, uint64_t appended)
{
    int rc = 1;

    engine->prepare_bytes += PREPARE_PACE * appended;
    if (engine->prepare_bytes > PREPARE_OWED_MAX) {
        engine->prepare_bytes = PREPARE_OWED_MAX;
    }
    while (rc == 1 && engine->prepare_bytes >= JOURNAL_PREPARE_SLICE) {
        engine->prepare_bytes -= JOURNAL_PREPARE_SLICE;
        rc = journal_prepare(engine->journal);
    }
    if (rc <= 0) {
        engine->prepare_bytes = 0; /* nothing to do, or not now */
    }
    if (rc < 0) {
        say_no_segment(engine, rc);
    }
}

int engine_journaled(struct engine *engine, enum engine_outcome outcome)
{
    uint32_t records = engine->frames.records;
    uint64_t appended = engine->frames.bytes.size;

    assert(engine->in_step);
    engine->in_step = false;
    if (outcome != OUTCOME_DURABLE) {
        live_failed(engine);
        return step_failed(engine, outcome);
    }
    if (engine->stopped < 0) {
        live_failed(engine);
        return engine->stopped;
    }
    assert(engine->last_seq == journal_last_seq(engine->journal));
    live_durable(engine);
    journal_ahead(engine, appended);
    engine->since_checkpoint += records;
    if (engine->since_checkpoint >= engine->checkpoint_records && engine->since_checkpoint >= engine->checkpoint_again_at) {
        return checkpoint(engine);
    }
    return 0;
}

bool engine_next_reply(struct engine *engine, struct engine_reply *ret)
{
    assert(!engine->in_step);
    return outbox_next_reply(&engine->outbox, &ret->peer, &ret->data, &ret->size);
}

bool engine_next_event(struct engine *engine, struct text *ret_topic, const void **ret_data, size_t *ret_size)
{
    enum record_type type;

    assert(!engine->in_step);
    if (engine->deaf || !outbox_next_event(&engine->outbox, &type, ret_data, ret_size)) {
        return false;
    }
    const struct record_info *info = record_info(type);
    *ret_topic = (struct text){.at = info->name, .size = info->name_size};
    return true;
}

void engine_listen(struct engine *engine, bool anybody)
{
    assert(!engine->in_step);
    engine->deaf = !anybody;
}

struct engine *engine_close(struct engine *engine)
{
    if (engine == NULL) {
        return NULL;
    }
    engine_backup_close(engine);
    if (engine->store != NULL && engine->stopped == 0) {
        /* A step that was never journaled must not reach the rows. */
        if (engine->in_step) {
            replay_rewind(engine);
        }
        if (store_failed(engine->store) == 0 && engine->live != NULL) {
            live_write(engine);
        }
        if (store_failed(engine->store) == 0 && store_dirty(engine->store) > 0) {
            store_mark(engine->store, journal_last_mark(engine->journal));
            store_checkpoint(engine->store);
        }
    } else if (engine->store != NULL && store_failed(engine->store) != -EBADMSG) {
        store_rewind(engine->store);
    }
    live_close(engine);
    store_close(engine->store);
    journal_close(engine->journal);
    frames_free(&engine->frames);
    outbox_free(&engine->outbox);
    reader_free(&engine->reader);
    proto_buffer_deinit(&engine->job.message);
    codec_scratch_deinit(&engine->scratch);
    free(engine->verdict);
    free(engine->version);
    free(engine->config_folder);
    datadir_close(&engine->folder);
    free(engine);
    return NULL;
}
