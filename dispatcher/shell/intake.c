/* intake.c - lines in a ring, and a thread that takes the loop's place at the sockets. */
#include "dispatcher/shell/intake.h"

#include "dispatcher/shell/connection.h"
#include "dispatcher/shell/zframe.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uthash.h>
#include <utlist.h>

#define ROUTING_SIZE 255
#define FRAMES_MAX 4 /* of one message: more than any good one has */
#define PUMP_MESSAGES 64
#define LOOK_MS 50 /* a loop that was away for so long has its place taken: longer than a full batch takes */
#define READ_MS 10 /* how often the sockets are read in its place */

struct parcel {
    struct parcel *next;
    size_t bytes;
    uint32_t count, given;
    zmq_msg_t frames[FRAMES_MAX];
};

/* What waits of one connection; it is in the hash and in the ring as long as something does. */
struct line {
    UT_hash_handle hh;
    struct line *prev, *next;
    struct parcel *first, *last;
    size_t bytes;
    size_t routing_size;
    unsigned char routing[ROUTING_SIZE];
};

struct intake {
    void *router, *xpub;
    struct log *log;
    struct line *lines, *ring;
    struct parcel *giving; /* some of its frames have been given */
    atomic_size_t bytes, dropped;
    void (*heard)(void *arg, zmq_msg_t *subscription);
    void *heard_arg;
    size_t subscription_count;
    zmq_msg_t subscriptions[INTAKE_SUBSCRIPTIONS];
    pthread_t thread;
    pthread_mutex_t lock; /* held by the loop's thread unless it is away */
    sem_t wake;
    atomic_bool ending;
    atomic_bool away;     /* set back before the lock is asked for, so that the thread makes room */
    atomic_uint steps;    /* how often the loop went away */
    atomic_bool sleeping; /* the thread wants a wake at the next step: waking it at every one costs a step at low load a fifth */
};

static void drop(struct parcel *parcel)
{
    for (uint32_t i = parcel->given; i < parcel->count; i++) {
        zmq_msg_close(&parcel->frames[i]);
    }
    free(parcel);
}

static void keep(struct parcel *parcel, zmq_msg_t *frame)
{
    if (parcel->count == FRAMES_MAX) { /* it will be refused for its form: the last frame stands for those before it */
        zmq_msg_close(&parcel->frames[--parcel->count]);
    }
    zmq_msg_t *to = &parcel->frames[parcel->count++];
    zmq_msg_init(to);
    zmq_msg_move(to, frame);
}

/* Reads one message whole. False: none waits. *ret is NULL when there was no memory for it. */
static bool read_parcel(struct intake *intake, struct parcel **ret)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    bool got = zframe_receive(intake->router, &frame) == 0;
    struct parcel *parcel = got ? calloc(1, sizeof(*parcel)) : NULL;
    for (bool more = got; more; more = more && zframe_receive(intake->router, &frame) == 0) {
        more = zmq_msg_more(&frame);
        if (parcel != NULL) {
            keep(parcel, &frame);
        }
    }
    zmq_msg_close(&frame);
    for (uint32_t i = 0; parcel != NULL && i < parcel->count; i++) {
        parcel->bytes += zmq_msg_size(&parcel->frames[i]);
    }
    if (parcel != NULL) {
        parcel->bytes += sizeof(*parcel);
    }
    *ret = parcel;
    return got;
}

static struct line *line_of(struct intake *intake, const void *routing, size_t size)
{
    struct line *line = NULL;
    HASH_FIND(hh, intake->lines, routing, size, line);
    if (line != NULL) {
        return line;
    }
    line = calloc(1, sizeof(*line));
    if (line == NULL) {
        return NULL;
    }
    line->routing_size = size;
    memcpy(line->routing, routing, size);
    HASH_ADD(hh, intake->lines, routing, size, line);
    DL_APPEND(intake->ring, line);
    return line;
}

/* Puts a message at the end of its connection's line, or drops it. */
static void stand_in_line(struct intake *intake, struct parcel *parcel)
{
    const void *routing = parcel != NULL ? zmq_msg_data(&parcel->frames[0]) : NULL;
    size_t size = parcel != NULL ? zmq_msg_size(&parcel->frames[0]) : 0;
    struct line *line = NULL;
    if (parcel != NULL && size <= ROUTING_SIZE && intake->bytes + parcel->bytes <= INTAKE_BYTES) {
        line = line_of(intake, routing, size);
    }
    if (line == NULL || line->bytes + parcel->bytes > INTAKE_CONNECTION_BYTES) {
        intake->dropped++;
        if (parcel != NULL) {
            drop(parcel);
        }
        return;
    }
    if (line->first == NULL) {
        line->first = parcel;
    } else {
        line->last->next = parcel;
    }
    line->last = parcel;
    line->bytes += parcel->bytes;
    intake->bytes += parcel->bytes;
}

/* Takes the first message of the line whose turn it is; that line goes to the end of the ring. */
static struct parcel *next_in_turn(struct intake *intake)
{
    struct line *line = intake->ring;
    if (line == NULL) {
        return NULL;
    }
    struct parcel *parcel = line->first;
    line->first = parcel->next;
    line->bytes -= parcel->bytes;
    intake->bytes -= parcel->bytes;
    DL_DELETE(intake->ring, line);
    if (line->first != NULL) {
        DL_APPEND(intake->ring, line);
    } else {
        HASH_DELETE(hh, intake->lines, line);
        free(line);
    }
    return parcel;
}

/* Reads at most `max` messages into the lines. True: perhaps more wait. */
static bool pump(struct intake *intake, size_t max)
{
    struct parcel *parcel;
    while (max-- > 0) {
        if (!read_parcel(intake, &parcel)) {
            return false;
        }
        stand_in_line(intake, parcel);
    }
    return true;
}

int intake_receive(struct intake *intake, zmq_msg_t *frame)
{
    if (intake->giving == NULL && intake->ring != NULL) {
        pump(intake, 1); /* others get their turn too; one for one, so that a flood is not read at the cost of the work */
        intake->giving = next_in_turn(intake);
    }
    struct parcel *parcel = intake->giving;
    if (parcel == NULL) {
        return zframe_receive(intake->router, frame);
    }
    zmq_msg_move(frame, &parcel->frames[parcel->given]);
    zmq_msg_close(&parcel->frames[parcel->given++]);
    if (parcel->given == parcel->count) {
        drop(parcel);
        intake->giving = NULL;
    }
    return 0;
}

/* ZeroMQ keeps subscriptions itself, but has to be asked. Whoever sends more than can be shown to the loop must not go on listening
 * unknown. */
static void pump_subscriptions(struct intake *intake)
{
    zmq_msg_t subscription;
    zmq_msg_init(&subscription);
    while (zframe_receive(intake->xpub, &subscription) == 0) {
        if (intake->subscription_count == INTAKE_SUBSCRIPTIONS) {
            connection_cut(zmq_msg_get(&subscription, ZMQ_SRCFD));
            continue;
        }
        zmq_msg_t *to = &intake->subscriptions[intake->subscription_count++];
        zmq_msg_init(to);
        zmq_msg_move(to, &subscription);
    }
    zmq_msg_close(&subscription);
}

static void tell_subscriptions(struct intake *intake, bool tell)
{
    for (size_t i = 0; i < intake->subscription_count; i++) {
        if (tell && intake->heard != NULL) {
            intake->heard(intake->heard_arg, &intake->subscriptions[i]);
        }
        zmq_msg_close(&intake->subscriptions[i]);
    }
    intake->subscription_count = 0;
}

/* Waits, or until the end. */
static void rest(struct intake *intake, long ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    sem_clockwait(&intake->wake, CLOCK_MONOTONIC, &until);
}

/* Sleeps until the loop makes a step after `steps`. Both sides write their word before they read the other's, so none is missed; a
 * post that comes too late only makes one look come early. */
static void sleep_until_step(struct intake *intake, unsigned int steps)
{
    atomic_store(&intake->sleeping, true);
    if (atomic_load(&intake->steps) == steps && !atomic_load(&intake->ending)) {
        sem_wait(&intake->wake);
    }
    atomic_store(&intake->sleeping, false);
}

/* Reads for a loop that is away, until it is back. */
static void take_place(struct intake *intake)
{
    pthread_mutex_lock(&intake->lock);
    while (intake->away) {
        bool more = pump(intake, PUMP_MESSAGES);
        if (intake->xpub != NULL) {
            pump_subscriptions(intake);
        }
        pthread_mutex_unlock(&intake->lock); /* the loop may want to come back */
        if (!more) {
            rest(intake, READ_MS);
        }
        pthread_mutex_lock(&intake->lock);
    }
    pthread_mutex_unlock(&intake->lock);
}

/* The thread: looks whether the loop is still in the step in which it was seen last. Where nothing has moved it sleeps: an idle
 * dispatcher wakes it once a tick. */
static void *stand_in(void *arg)
{
    struct intake *intake = arg;
    unsigned int seen = atomic_load(&intake->steps);
    while (!atomic_load(&intake->ending)) {
        rest(intake, LOOK_MS);
        unsigned int steps = atomic_load(&intake->steps);
        if (steps == seen && atomic_load(&intake->away)) {
            take_place(intake);
        } else if (steps == seen) {
            sleep_until_step(intake, steps);
        }
        seen = atomic_load(&intake->steps);
    }
    return NULL;
}

int intake_open(void *router, void *xpub, struct log *log, struct intake **ret)
{
    struct intake *intake = calloc(1, sizeof(*intake));
    sigset_t all, before;
    if (intake == NULL) {
        return -ENOMEM;
    }
    intake->router = router;
    intake->xpub = xpub;
    intake->log = log;
    atomic_init(&intake->bytes, 0);
    atomic_init(&intake->dropped, 0);
    atomic_init(&intake->ending, false);
    atomic_init(&intake->away, false);
    atomic_init(&intake->steps, 0);
    atomic_init(&intake->sleeping, false);
    pthread_mutex_init(&intake->lock, NULL);
    sem_init(&intake->wake, 0, 0);
    pthread_mutex_lock(&intake->lock);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the loop's */
    int rc = pthread_create(&intake->thread, NULL, stand_in, intake);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0) {
        pthread_mutex_unlock(&intake->lock);
        sem_destroy(&intake->wake);
        pthread_mutex_destroy(&intake->lock);
        free(intake);
        return -rc;
    }
    *ret = intake;
    return 0;
}

void intake_tell(struct intake *intake, void (*heard)(void *arg, zmq_msg_t *subscription), void *arg)
{
    intake->heard = heard;
    intake->heard_arg = arg;
}

void intake_away(struct intake *intake)
{
    atomic_store(&intake->away, true);
    atomic_fetch_add(&intake->steps, 1);
    pthread_mutex_unlock(&intake->lock);
    if (atomic_load(&intake->sleeping) && atomic_exchange(&intake->sleeping, false)) {
        sem_post(&intake->wake);
    }
}

void intake_back(struct intake *intake)
{
    atomic_store(&intake->away, false);
    pthread_mutex_lock(&intake->lock);
    if (intake->dropped > 0) {
        log_say(intake->log, LOG_LEVEL_WARNING, "requests_dropped", "%zu requests were dropped: more than %zu MB waited",
                intake->dropped, INTAKE_CONNECTION_BYTES >> 20);
    }
    intake->dropped = 0;
    tell_subscriptions(intake, true);
}

size_t intake_bytes(const struct intake *intake)
{
    return atomic_load(&intake->bytes);
}

size_t intake_dropped(const struct intake *intake)
{
    return atomic_load(&intake->dropped);
}

struct intake *intake_free(struct intake *intake)
{
    struct parcel *parcel;
    if (intake == NULL) {
        return NULL;
    }
    atomic_store(&intake->ending, true);
    sem_post(&intake->wake);
    pthread_mutex_unlock(&intake->lock);
    pthread_join(intake->thread, NULL);
    while ((parcel = next_in_turn(intake)) != NULL) {
        drop(parcel);
    }
    tell_subscriptions(intake, false);
    if (intake->giving != NULL) {
        drop(intake->giving);
    }
    sem_destroy(&intake->wake);
    pthread_mutex_destroy(&intake->lock);
    free(intake);
    return NULL;
}
