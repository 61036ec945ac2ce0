/* host.c - the dispatcher's process: its start, its steps as the shell makes them, its faults, its end */
#include "tests/simulation/bodies.h"
#include "tests/simulation/planted.h"

#include "tests/store/failing.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define STARTS_MAX 20
#define MAP_SIZE ((size_t)1 << 20) /* small: it is full now and then, and grows */
#define SEGMENT_SIZE ((size_t)1 << 20)

/* What makes a machine's work last: the calls at which it may stop, and those of them that may fail. */
#define DURABLE ((uint32_t)FAULT_PWRITE | FAULT_FDATASYNC | FAULT_FSYNC | FAULT_FALLOCATE | FAULT_RENAME | FAULT_MDB_COMMIT)
#define WRITES ((uint32_t)FAULT_PWRITE | FAULT_FDATASYNC | FAULT_FSYNC | FAULT_FALLOCATE | FAULT_RENAME)

static struct journal_cursor cursor;
static struct journal_mark observed_mark;

void simulation_trace(struct simulation *sim, const void *data, size_t size)
{
    sim->hash = XXH64(data, size, sim->hash);
}

static void trace_word(struct simulation *sim, const char *word, uint64_t number)
{
    simulation_trace(sim, word, strlen(word));
    simulation_trace(sim, &number, sizeof(number));
}

/* --- the journal, read as it grows --------------------------------------------------------------- */

static void observe_frame(struct simulation *sim, const struct journal_frame *frame)
{
    struct record record;
    size_t offset = 0;

    simulation_trace(sim, frame->data, frame->size);
    for (uint32_t i = 0; i < frame->count; i++) {
        uint64_t seq = frame->first_seq + i;

        if (record_decode(frame->data, frame->size, &offset, seq, &record) < 0) {
            simulation_speak(sim, ORACLE_RESTART, "record %" PRIu64 " cannot be read", seq);
            return;
        }
        if (seq <= sim->observed_seq) {
            continue;
        }
        sim->observed_seq = seq;
        sim->reached.records++;
        sim->reached.of_type[record.type]++;
        oracles_record(sim, &record);
        town_record(sim, &record);
        if (record.type == RECORD_DUTY_DONE || record.type == RECORD_DUTY_ENDED) {
            pullers_duty_ended(sim, &record);
        }
    }
}

static void observe(struct simulation *sim)
{
    struct journal_frame frame;
    int rc = 0;

    if (cursor.journal == NULL && engine_durable_seq(sim->engine) > sim->observed_seq) {
        rc = journal_follow(engine_journal(sim->engine), sim->observed_seq + 1, &cursor);
    }
    while (rc == 0 && cursor.journal != NULL && (rc = journal_next(&cursor, &frame)) == 1) {
        observe_frame(sim, &frame);
        observed_mark = journal_cursor_mark(&cursor);
        rc = 0;
    }
    if (rc < 0) {
        simulation_speak(sim, ORACLE_RESTART, "the journal cannot be read: %s", strerror(-rc));
        return;
    }
    model_verdict_over(&sim->model);
    oracles_step(sim);
    town_step(sim);
}

/* --- faults of the disk and of the machine -------------------------------------------------------- */

static const struct {
    struct fault_plan plan;
    uint32_t within; /* it strikes at one of so many calls */
} plans[MISHAP_COUNT] = {
    [MISHAP_KILLED_BEFORE] = {{.calls = DURABLE, .error = EIO, .when = FAULT_BEFORE, .dies = true}, 300},
    [MISHAP_KILLED_WITHIN] = {{.calls = DURABLE, .error = EIO, .when = FAULT_HALF, .dies = true}, 300},
    [MISHAP_KILLED_AFTER] = {{.calls = DURABLE, .error = EIO, .when = FAULT_AFTER, .dies = true}, 300},
    [MISHAP_WRITE_FAILS] = {{.calls = WRITES, .error = EIO, .when = FAULT_BEFORE}, 300},
    [MISHAP_DISK_FAILS] = {{.calls = WRITES, .error = EIO, .when = FAULT_AFTER, .stays = true, .dies = true}, 60},
    [MISHAP_DISK_FULL] = {{.calls = (uint32_t)FAULT_PWRITE | FAULT_FALLOCATE, .error = ENOSPC, .when = FAULT_BEFORE, .stays = true},
                          60},
    [MISHAP_ROWS_FAIL] = {{.calls = FAILING_MDB, .error = EIO, .when = FAULT_BEFORE}, 3000},
    [MISHAP_MAP_FULL] = {{.calls = (uint32_t)FAULT_MDB_PUT | FAULT_MDB_COMMIT, .error = MDB_MAP_FULL, .when = FAULT_BEFORE}, 1000},
};

/* Plans a fault that strikes at one of the next `within` calls. */
static void arm(struct simulation *sim, enum mishap fault, uint32_t within)
{
    struct fault_plan plan = plans[fault].plan;

    plan.nth = 1 + (uint32_t)chance_below(&sim->mishap, within);
    if (!plan.dies && !plan.stays && chance_is(&sim->mishap, 0.3)) {
        plan.when = chance_is(&sim->mishap, 0.5) ? FAULT_AFTER : FAULT_HALF;
    }
    sim->planned = fault;
    sim->fault_planned = true;
    sim->fault_dies = plan.dies && !plan.stays;
    sim->fault_stays = plan.stays;
    if (plan.stays) {
        queue_add(&sim->queue, sim->true_ms + chance_between(&sim->mishap, MINUTE_MS, 12 * HOUR_MS), EVENT_HEALED, 0, 0, 0);
    }
    failing_arm(&plan);
}

/* What stopped once may stop again while it comes up. */
static void arm_start(struct simulation *sim)
{
    enum mishap fault = (enum mishap)(MISHAP_KILLED_BEFORE + chance_below(&sim->mishap, 3));

    if (simulation_may(sim, fault) && chance_is(&sim->mishap, 0.3)) {
        arm(sim, fault, 12);
    }
}

/* --- start and end ------------------------------------------------------------------------------- */

static void log_line(void *arg, int level, const char *code, const char *text)
{
    (void)arg;
    if (getenv("SIMULATION_LOG") != NULL) {
        fprintf(stderr, "%d %s: %s\n", level, code, text);
    }
}

static int try_start(struct simulation *sim, char *said)
{
    struct engine_options options = {
        .data = sim->data,
        .district = sim->policies[sim->policy],
        .config_folder = sim->folders[sim->policy],
        .map_size = MAP_SIZE,
        .segment_size = SEGMENT_SIZE,
        .checkpoint_records = (uint32_t)chance_between(&sim->lots, 200, 6000),
        .version = "simulation",
        .log = log_line,
        .find_person = bodies_find_person,
        .find_person_arg = sim,
    };

    return engine_open(&options, &sim->engine, said);
}

/* What the journal held, and was told to somebody, it has again, to the byte. */
static void look_at_restart(struct simulation *sim)
{
    struct journal_mark mark;

    if (engine_durable_seq(sim->engine) < sim->observed_seq) {
        simulation_speak(sim, ORACLE_ACKNOWLEDGED, "the journal ends at record %" PRIu64 " after a restart, it had %" PRIu64,
                         engine_durable_seq(sim->engine), sim->observed_seq);
        return;
    }
    int rc = journal_mark_at(engine_journal(sim->engine), sim->observed_seq, &mark);
    if (rc < 0 || mark.low != observed_mark.low || mark.high != observed_mark.high) {
        simulation_speak(sim, ORACLE_ACKNOWLEDGED,
                         "the journal has another history up to record %" PRIu64 " than before the restart", sim->observed_seq);
    }
}

void host_start(struct simulation *sim)
{
    char said[512];
    int rc = -1;

    for (int i = 0; i < STARTS_MAX && rc < 0; i++) {
        rc = try_start(sim, said);
        if (rc < 0 && failing_struck()) {
            bool dies = sim->fault_dies;

            sim->reached.faults[sim->planned]++;
            sim->reached.failed_starts++;
            failing_disarm();
            sim->fault_planned = sim->fault_dies = false;
            trace_word(sim, "start failed", dies ? disk_cut(&sim->lots) : 0);
        }
    }
    if (rc < 0) {
        sim->only = -1; /* there is nothing to go on with */
        simulation_speak(sim, ORACLE_RESTART, "the dispatcher does not start: %s", said);
        return;
    }
    sim->reached.starts++;
    trace_word(sim, "start", engine_durable_seq(sim->engine));
    look_at_restart(sim);
    sim->starting = true;
    observe(sim);
    sim->starting = false;
    sim->published_at = (uint32_t)sim->model.event_count;
}

static void close_engine(struct simulation *sim)
{
    if (cursor.journal != NULL) {
        journal_cursor_end(&cursor);
    }
    memset(&cursor, 0, sizeof(cursor));
    sim->engine = engine_close(sim->engine);
    pullers_restarted(sim);
}

/* The machine has stopped: nothing that the process still does reaches the disk, and what was not flushed is there or not. */
static void die(struct simulation *sim)
{
    sim->reached.faults[sim->planned]++;
    close_engine(sim);
    failing_disarm();
    sim->fault_planned = sim->fault_dies = false;
    trace_word(sim, "stopped", disk_cut(&sim->lots));
    arm_start(sim);
    host_start(sim);
}

/* What had gone on failing is over. */
void host_healed(struct simulation *sim)
{
    if (sim->fault_planned && sim->fault_stays) {
        sim->reached.faults[sim->planned] += failing_struck();
        failing_disarm();
        sim->fault_planned = false;
    }
}

/* The process ended by itself, for it could not go on. Who starts it again has mended the disk. */
static void restart(struct simulation *sim)
{
    close_engine(sim);
    host_healed(sim);
    trace_word(sim, "restarted", 0);
    arm_start(sim);
    host_start(sim);
}

/* Has what was planned struck? True: the machine stopped, and all that came of this step is gone. */
static bool struck(struct simulation *sim)
{
    if (!sim->fault_planned || !failing_struck()) {
        return false;
    }
    if (sim->fault_dies) {
        die(sim);
        return true;
    }
    if (!sim->fault_stays) {
        sim->reached.faults[sim->planned]++;
        failing_disarm();
        sim->fault_planned = false;
        trace_word(sim, "failed", sim->planned);
    }
    return false;
}

/* --- steps --------------------------------------------------------------------------------------- */

int64_t host_next_ms(struct simulation *sim)
{
    int64_t due_ms = engine_next_due_ms(sim->engine), wait_ms = engine_next_wait_ms(sim->engine);

    if (due_ms != INT64_MAX) {
        due_ms = due_ms <= engine_now_ms(sim->engine) ? sim->true_ms : due_ms - sim->offset_ms;
    }
    return due_ms < wait_ms ? due_ms : wait_ms;
}

static void deliver(struct simulation *sim)
{
    struct engine_reply reply;
    struct text topic;
    const void *data;
    size_t size;

    while (!sim->spoken && engine_next_reply(sim->engine, &reply)) {
        simulation_trace(sim, reply.data, reply.size);
        if (!pullers_reply(sim, reply.peer, reply.data, reply.size)) {
            letters_answer(sim, reply.data, reply.size);
        }
    }
    while (!sim->spoken && engine_next_event(sim->engine, &topic, &data, &size)) {
        oracles_event(sim, data, size);
    }
    if (!sim->spoken && sim->published_at != sim->model.event_count) {
        simulation_speak(sim, ORACLE_EVENTS, "the journal has events up to %" PRIu64 " that did not come out",
                         sim->model.events[sim->model.event_count - 1]);
    }
}

void host_step(struct simulation *sim, const struct engine_message *messages, size_t count)
{
    do {
        struct engine_time time = {.clock_ms = sim->true_ms + sim->offset_ms, .steady_ms = sim->true_ms};
        size_t taken = engine_take(sim->engine, messages, count, time);
        int rc = engine_journaled(sim->engine, engine_append(sim->engine));

        sim->reached.steps++;
        if (struck(sim) || sim->spoken) {
            return;
        }
        if (rc == 0) {
            observe(sim);
        }
        if (!sim->spoken) {
            deliver(sim);
        }
        messages = taken > 0 ? messages + taken : messages;
        count -= taken;
        if (rc < 0 && !sim->spoken) {
            restart(sim);
            return;
        }
    } while (count > 0 && !sim->spoken);
}

void host_idle(struct simulation *sim)
{
    int rc = engine_checkpoint(sim->engine, true);

    if (!struck(sim) && rc < 0) {
        restart(sim);
    }
}

/* --- faults -------------------------------------------------------------------------------------- */

/* The other policy comes into force. */
static void adopt(struct simulation *sim)
{
    uint32_t other = 1 - sim->policy;
    char said[512];

    if (engine_adopt(sim->engine, sim->policies[other], sim->folders[other], said) == 0) {
        sim->policy = other;
        sim->reached.faults[MISHAP_NEW_SET]++;
        trace_word(sim, "policy", other);
    }
}

static void put_clock(struct simulation *sim, enum mishap fault)
{
    int64_t span_ms = chance_is(&sim->mishap, 0.1) ? 2 * DAY_MS : 3 * HOUR_MS, by_ms = chance_between(&sim->mishap, 1, span_ms);

    sim->offset_ms += fault == MISHAP_CLOCK_FORWARD ? by_ms : -by_ms;
    sim->reached.faults[fault]++;
    trace_word(sim, "clock", (uint64_t)sim->offset_ms);
}

void host_fault(struct simulation *sim, enum mishap fault)
{
    if (fault == MISHAP_CLOCK_FORWARD || fault == MISHAP_CLOCK_BACK) {
        put_clock(sim, fault);
        return;
    }
    if (fault == MISHAP_NEW_SET) {
        adopt(sim);
        return;
    }
    if (plans[fault].plan.calls != 0 && !sim->fault_planned) { /* the others are drawn by the network and the clients */
        arm(sim, fault, plans[fault].within);
    }
}

/* --- the end ------------------------------------------------------------------------------------- */

static void differ(void *arg, const char *line)
{
    simulation_speak(arg, ORACLE_REPLAY, "%s", line);
}

void host_check(struct simulation *sim)
{
    struct engine_check_report report = {0};
    char said[512];

    close_engine(sim);
    planted_over();
    int64_t differences = engine_check(sim->data, 0, differ, NULL, sim, &report, said);
    if (differences != 0) {
        simulation_speak(sim, ORACLE_REPLAY, "check: %" PRId64 " differences %s", differences, said);
    }
    sim->reached.checked_rows += report.rows;
}

void host_restart_checked(struct simulation *sim)
{
    failing_disarm();
    sim->fault_planned = sim->fault_dies = false;
    host_check(sim);
    if (!sim->spoken) {
        trace_word(sim, "checked", sim->reached.checked_rows);
        host_start(sim);
    }
}

void host_end(struct simulation *sim)
{
    failing_disarm();
    close_engine(sim);
    observed_mark = (struct journal_mark){0};
}
