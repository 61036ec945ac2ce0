/*
 * simulate.c - the program: runs one seed, says what was reached, and which oracle spoke
 *
 *   simulate --config FOLDER --people FILE [--seed N] [--years Y | --days D] [--faults all|none|NAME,...] [--report]
 *            [--plant BUG] [--only ORACLE]
 *   simulate --bugs
 *
 * The line `seed N: hash H, ...` says what was done; one more, which oracle spoke: then the exit code is 1. --plant puts a bug in
 * that its oracle has to find; --bugs says which there are. With --only the other oracles keep silent.
 */
#include "tests/simulation/bodies.h"
#include "tests/simulation/planted.h"

#include "base/progress.h"
#include "dispatcher/engine/datadir.h"
#include "tests/tmp.h"

#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BEGINS_MS INT64_C(1735693200000) /* 2025-01-01 09:00 in Kunming */
#define AFTERWARDS_MS (150 * DAY_MS)     /* in which all that is open has to close */
#define BATCH_MAX 64
#define FOLDER_SIZE 256
#define TOGETHER_MS 30
#define FAULT_EACH_MS (20 * HOUR_MS)
#define SCAN_EACH_MS (10 * DAY_MS)
#define CHECK_EACH 9 /* scans: a quarter of a year */
#define IDLE_EACH_MS (14 * HOUR_MS)

static const char *const fault_names[] = {
#define MISHAP_NAME(name, text, words) text,
    MISHAPS(MISHAP_NAME)
#undef MISHAP_NAME
};

static const char *const oracle_names[] = {
#define ORACLE_NAME(name, text) text,
    ORACLES(ORACLE_NAME)
#undef ORACLE_NAME
};

void simulation_speak(struct simulation *sim, enum oracle oracle, const char *format, ...)
{
    va_list list;

    if (sim->spoken || (sim->only >= 0 && sim->only != (int)oracle)) {
        return;
    }
    sim->spoken = true;
    sim->spoke = oracle;
    va_start(list, format);
    vsnprintf(sim->said, sizeof(sim->said), format, list);
    va_end(list);
}

static void verdict_ended(void *arg, const struct model_verdict *verdict)
{
    struct simulation *sim = arg;

    oracles_verdict(sim, verdict);
    reached_verdict(sim, verdict);
}

/* --- one event after the other ------------------------------------------------------------------- */

/* Messages that arrive within some milliseconds are one batch. */
static void deliver_letters(struct simulation *sim, const struct event *first)
{
    struct engine_message messages[BATCH_MAX];
    char names[BATCH_MAX][CODE_SIZE + 1];
    size_t count = 0;
    struct event event = *first;

    for (;;) {
        const struct letter *letter = &sim->letters[event.a];

        bodies_peer(sim, letter->key, &messages[count].from, names[count]);
        messages[count].data = letter->data;
        messages[count].size = letter->size;
        count++;
        if (count == BATCH_MAX || sim->queue.count == 0 || sim->queue.heap[0].kind != EVENT_DELIVER ||
            sim->queue.heap[0].at_ms > first->at_ms + TOGETHER_MS) {
            break;
        }
        event = queue_take(&sim->queue);
        sim->true_ms = event.at_ms > sim->true_ms ? event.at_ms : sim->true_ms;
    }
    host_step(sim, messages, count);
}

static void on_arrival(struct simulation *sim, const struct event *event)
{
    (void)event;
    town_arrival(sim);
}

static void on_look(struct simulation *sim, const struct event *event)
{
    town_look(sim, event->a);
}

static void on_again(struct simulation *sim, const struct event *event)
{
    letters_again(sim, event->a);
}

static void on_whim(struct simulation *sim, const struct event *event)
{
    (void)event;
    town_whim(sim);
}

static void on_fault(struct simulation *sim, const struct event *event)
{
    enum mishap fault = (enum mishap)chance_below(&sim->mishap, MISHAP_COUNT);

    (void)event;
    if (sim->true_ms < sim->ends_ms) {
        queue_add(&sim->queue, sim->true_ms + chance_between(&sim->mishap, 1, 2 * FAULT_EACH_MS), EVENT_FAULT, 0, 0, 0);
        if (simulation_may(sim, fault)) {
            host_fault(sim, fault);
        }
    }
}

static void on_healed(struct simulation *sim, const struct event *event)
{
    (void)event;
    host_healed(sim);
}

static void on_worker(struct simulation *sim, const struct event *event)
{
    pullers_worker(sim, event->a);
}

static void on_follow(struct simulation *sim, const struct event *event)
{
    (void)event;
    pullers_follow(sim);
}

static void on_scan(struct simulation *sim, const struct event *event)
{
    oracles_scan(sim);
    if (event->a % CHECK_EACH == CHECK_EACH - 1 && !sim->spoken) {
        host_restart_checked(sim);
    }
    queue_add(&sim->queue, sim->true_ms + SCAN_EACH_MS, EVENT_SCAN, event->a + 1, 0, 0);
}

static void on_idle(struct simulation *sim, const struct event *event)
{
    (void)event;
    host_idle(sim);
    queue_add(&sim->queue, sim->true_ms + chance_between(&sim->lots, 1, 2 * IDLE_EACH_MS), EVENT_IDLE, 0, 0, 0);
}

static void (*const happens[EVENT_KIND_COUNT])(struct simulation *sim, const struct event *event) = {
    [EVENT_ARRIVAL] = on_arrival, [EVENT_STEP] = town_do,      [EVENT_LOOK] = on_look,     [EVENT_DELIVER] = deliver_letters,
    [EVENT_AGAIN] = on_again,     [EVENT_WHIM] = on_whim,      [EVENT_FAULT] = on_fault,   [EVENT_HEALED] = on_healed,
    [EVENT_WORKER] = on_worker,   [EVENT_WORK] = pullers_work, [EVENT_FOLLOW] = on_follow, [EVENT_SCAN] = on_scan,
    [EVENT_IDLE] = on_idle,
};

static void run(struct simulation *sim)
{
    struct progress progress;
    char note[80];

    progress_init(&progress, "simulation", (uint64_t)((sim->ends_ms - sim->begun_ms) / DAY_MS));
    while (!sim->spoken) {
        int64_t queued_ms, engine_ms = host_next_ms(sim);

        if (!queue_next(&sim->queue, &queued_ms) || sim->true_ms > sim->ends_ms + AFTERWARDS_MS) {
            break;
        }
        if (engine_ms < queued_ms) {
            sim->true_ms = engine_ms > sim->true_ms ? engine_ms : sim->true_ms;
            host_step(sim, NULL, 0);
            continue;
        }
        sim->true_ms = queued_ms > sim->true_ms ? queued_ms : sim->true_ms;
        struct event event = queue_take(&sim->queue);
        happens[event.kind](sim, &event);
        snprintf(note, sizeof(note), "%" PRIu64 " commands, %" PRIu64 " starts", sim->reached.asked, sim->reached.starts);
        progress_show(
            &progress,
            (uint64_t)((sim->true_ms < sim->ends_ms ? sim->true_ms - sim->begun_ms : sim->ends_ms - sim->begun_ms) / DAY_MS), note);
    }
    progress_clear(&progress);
}

/* --- the program --------------------------------------------------------------------------------- */

static uint32_t read_faults(const char *text)
{
    uint32_t faults = 0;
    char *copy = strdup(text), *rest = NULL;

    if (strcmp(text, "all") == 0) {
        faults = (1u << MISHAP_COUNT) - 1;
    } else if (strcmp(text, "none") != 0) {
        for (char *each = strtok_r(copy, ",", &rest); each != NULL; each = strtok_r(NULL, ",", &rest)) {
            int fault = 0;

            while (fault < MISHAP_COUNT && strcmp(each, fault_names[fault]) != 0) {
                fault++;
            }
            if (fault == MISHAP_COUNT) {
                errx(2, "no such fault: %s", each);
            }
            faults |= 1u << fault;
        }
    }
    free(copy);
    return faults;
}

static int find_oracle(const char *name)
{
    for (int i = 0; i < ORACLE_COUNT; i++) {
        if (strcmp(oracle_names[i], name) == 0) {
            return i;
        }
    }
    errx(2, "no such oracle: %s", name);
}

static void begin(struct simulation *sim, const char *people, int64_t span_ms)
{
    char *folder = malloc(FOLDER_SIZE);

    if (folder == NULL || !tmp_template(folder, FOLDER_SIZE, tmp_memory(), "simulation") || mkdtemp(folder) == NULL) {
        err(2, "a folder in %s", tmp_memory());
    }
    sim->folder = folder;
    snprintf(sim->data, sizeof(sim->data), "%s/data", folder);
    policies_begin(sim);
    people_begin(&sim->people, people);
    model_begin(&sim->model, sim->district);
    sim->model.verdict_ended = verdict_ended;
    sim->model.arg = sim;
    sim->world = chance_of(sim->seed, 1);
    sim->network = chance_of(sim->seed, 2);
    sim->mishap = chance_of(sim->seed, 3);
    sim->lots = chance_of(sim->seed, 4);
    sim->true_ms = sim->begun_ms = BEGINS_MS;
    sim->ends_ms = BEGINS_MS + span_ms;
    disk_begin();
    host_start(sim);
    town_begin(sim);
    pullers_begin(sim);
    queue_add(&sim->queue, sim->true_ms + SCAN_EACH_MS, EVENT_SCAN, 0, 0, 0);
    queue_add(&sim->queue, sim->true_ms + IDLE_EACH_MS, EVENT_IDLE, 0, 0, 0);
    queue_add(&sim->queue, sim->true_ms + FAULT_EACH_MS, EVENT_FAULT, 0, 0, 0);
}

static void end(struct simulation *sim)
{
    host_end(sim);
    disk_end();
    pullers_end(sim);
    letters_end(sim);
    model_end(&sim->model);
    people_end(&sim->people);
    policies_end(sim);
    free(sim->queue.heap);
    datadir_remove(sim->folder);
    free((void *)sim->folder);
}

static int usage(void)
{
    fputs(
        "usage: simulate --config FOLDER --people FILE [--seed N] [--years Y | --days D] [--faults all|none|NAME,...] [--report]\n",
        stderr);
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"people", required_argument, NULL, 'p'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"years", required_argument, NULL, 'y'},
                                            {"days", required_argument, NULL, 'd'},
                                            {"faults", required_argument, NULL, 'f'},
                                            {"report", no_argument, NULL, 'r'},
                                            {"plant", required_argument, NULL, 'b'},
                                            {"only", required_argument, NULL, 'o'},
                                            {"bugs", no_argument, NULL, 'l'},
                                            {NULL, 0, NULL, 0}};
    static struct simulation sim = {.seed = 1, .only = -1};
    const char *people = NULL;
    double days = 365;
    bool report = false;

    sim.faults = read_faults("all");
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'c':
            sim.config = optarg;
            break;
        case 'p':
            people = optarg;
            break;
        case 's':
            sim.seed = strtoull(optarg, NULL, 10);
            break;
        case 'y':
            days = 365 * atof(optarg);
            break;
        case 'd':
            days = atof(optarg);
            break;
        case 'f':
            sim.faults = read_faults(optarg);
            break;
        case 'r':
            report = true;
            break;
        case 'b':
            if (!planted_turn(optarg)) {
                errx(2, "no such bug: %s", optarg);
            }
            break;
        case 'o':
            sim.only = find_oracle(optarg);
            break;
        case 'l':
            planted_list(stdout);
            return 0;
        default:
            return usage();
        }
    }
    if (sim.config == NULL || people == NULL || optind != argc) {
        return usage();
    }
    begin(&sim, people, (int64_t)(days * (double)DAY_MS));
    run(&sim);
    if (!sim.spoken) {
        oracles_scan(&sim);
        oracles_open_cases(&sim);
    }
    if (!sim.spoken) {
        host_check(&sim);
    }
    if (report) {
        reached_print(&sim, stdout);
    }
    printf("seed %" PRIu64 ": hash %016" PRIx64 ", %u cases, %" PRIu64 " commands, %" PRIu64 " records, %" PRIu64 " steps, %" PRIu64
           " starts (%" PRIu64 " more failed), %" PRIu64 " events followed, %" PRIu64 " duties handed out\n",
           sim.seed, sim.hash, sim.model.case_count, sim.reached.asked, sim.reached.records, sim.reached.steps, sim.reached.starts,
           sim.reached.failed_starts, sim.reached.followed, sim.reached.handed);
    if (sim.spoken) {
        printf("oracle %s: %s\n", oracle_names[sim.spoke], sim.said);
    }
    bool spoken = sim.spoken;
    end(&sim);
    return spoken ? 1 : 0;
}
