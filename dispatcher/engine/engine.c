/* engine.c - batch of messages in, frames out; then replies and events out */
#include "dispatcher/engine/engine.h"
#include "dispatcher/engine/kept.h"
#include "dispatcher/engine/live.h"

#include "base/i18n.h"
#include "config/district.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Records between two checkpoints under load: what a start replays is a fraction of a second. */
#define CHECKPOINT_RECORDS 40000

/* So many times that at most wait in memory while one is being written; then the loop waits for the disk. */
#define CHECKPOINT_BEHIND 2

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
        rc = row_folder_open(engine, options->map_size, said);
    }
    if (rc == 0) {
        rc = in_force_fits(engine, engine->district, said);
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
    cost_init(&engine->cost, options->steady_ns);
    engine->background = options->background;
    engine->checkpoint_records = options->checkpoint_records != 0 ? options->checkpoint_records : CHECKPOINT_RECORDS;
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
    rewind_reload(engine);
    rc = live_open(engine);
    if (rc < 0) {
        snprintf(said, DATADIR_SAID, _("The followers in %s cannot be read: %s."), engine->folder.rows, strerror(-rc));
        engine_close(engine);
        return rc;
    }
    engine->tables.lease = live_lease;
    engine->tables.lease_arg = engine;
    engine_backup_sweep(engine);
    *ret = engine;
    return 0;
}

int engine_adopt(struct engine *engine, const struct district *district, const char *config_folder, char *said)
{
    assert(!engine->in_step);
    said[0] = '\0';
    int rc = in_force_fits(engine, district, said);
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
    engine->tables.district = district;
    in_force_look(engine);
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
    if (engine->postponed.on || engine->adopting || engine->settle_next != 0 || live_busy(engine)) {
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

void engine_spent(struct engine *engine, enum loop_part part, int64_t ns)
{
    cost_spent(&engine->cost, part, ns);
}

const uint32_t *engine_query_us(const struct engine *engine)
{
    return engine->query_us;
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
    cost_lap(&engine->cost, LOOP_PART_APPEND);
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
    step_drop_postponed(engine);
    /* Nothing was tried, and it may work in a moment. */
    outbox_fail(&engine->outbox, append_failed == -EMFILE && !engine->unknown ? REFUSAL_BUSY : step_refusal(engine));
    snprintf(text, sizeof(text), "The journal did not take the batch: %s. %s",
             outcome == OUTCOME_FENCED ? "another dispatcher has it"
             : append_failed < 0       ? strerror(-append_failed)
                                       : "it is not known why",
             engine->unknown ? "It may be there at the next start all the same; its senders were told so."
                             : "Nothing of it is kept; its senders were told so.");
    engine_log(engine, 0, "journal_failed", text);
    int rc = rewind_rows(engine);
    if (rc == 0 && outcome == OUTCOME_FAILED && (append_failed == -ENOSPC || append_failed == -EMFILE)) {
        return 0;
    }
    if (rc == 0) {
        rc = outcome == OUTCOME_FENCED ? -ESTALE : -EIO;
    }
    engine->stopped = rc;
    return rc;
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
    cost_lap(&engine->cost, LOOP_PART_WAIT);
    if (records > 0) {
        cost_appended(&engine->cost, records, appended + engine->frames.count * JOURNAL_FRAME_HEADER);
    }
    ahead_step(engine, appended);
    cost_lap(&engine->cost, LOOP_PART_SEGMENT);
    engine->since_checkpoint += records;
    int rc = 0;
    if (store_checkpoint_running(engine->store)) {
        rc = checkpoint_end(engine, engine->since_checkpoint >= CHECKPOINT_BEHIND * (uint64_t)engine->checkpoint_records);
        cost_lap(&engine->cost, LOOP_PART_CHECKPOINT);
    }
    if (rc == 0 && !store_checkpoint_running(engine->store) && engine->since_checkpoint >= engine->checkpoint_records &&
        engine->since_checkpoint >= engine->checkpoint_again_at) {
        rc = checkpoint_rows(engine);
    }
    return rc;
}

bool engine_next_reply(struct engine *engine, struct engine_reply *ret)
{
    assert(!engine->in_step);
    if (!outbox_next_reply(&engine->outbox, &ret->peer, &ret->data, &ret->size)) {
        return false;
    }
    engine->cost.replies++;
    return true;
}

bool engine_next_event(struct engine *engine, struct text *ret_topic, const void **ret_data, size_t *ret_size)
{
    enum record_type type;

    assert(!engine->in_step);
    if (engine->deaf || !outbox_next_event(&engine->outbox, &type, ret_data, ret_size)) {
        return false;
    }
    engine->cost.events++;
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
            rewind_rows(engine);
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
    proto_buffer_deinit(&engine->postponed.message);
    free(engine->verdict);
    free(engine->version);
    free(engine->config_folder);
    datadir_close(&engine->folder);
    free(engine);
    return NULL;
}
