/* inlet.c - lines in a ring, and a thread that takes the loop's place at the sockets. */
#include "dispatcher/shell/inlet.h"

#include "dispatcher/shell/accepted.h"
#include "dispatcher/shell/key_hash.h"
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

struct inlet {
    void *router, *xpub;
    struct log *log;
    struct line *lines, *ring;
    struct parcel *giving; /* some of its frames have been given */
    atomic_size_t bytes, dropped;
    void (*heard)(void *arg, zmq_msg_t *subscription);
    void *heard_arg;
    size_t subscription_count;
    zmq_msg_t subscriptions[INLET_SUBSCRIPTIONS];
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
static bool read_parcel(struct inlet *inlet, struct parcel **ret)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    bool got = zframe_receive(inlet->router, &frame) == 0;
    struct parcel *parcel = got ? calloc(1, sizeof(*parcel)) : NULL;
    for (bool more = got; more; more = more && zframe_receive(inlet->router, &frame) == 0) {
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

static struct line *line_of(struct inlet *inlet, const void *routing, size_t size)
{
    struct line *line = NULL;
    HASH_FIND(hh, inlet->lines, routing, size, line);
    if (line != NULL) {
        return line;
    }
    line = calloc(1, sizeof(*line));
    if (line == NULL) {
        return NULL;
    }
    line->routing_size = size;
    memcpy(line->routing, routing, size);
    HASH_ADD(hh, inlet->lines, routing, size, line);
    DL_APPEND(inlet->ring, line);
    return line;
}

/* Puts a message at the end of its connection's line, or drops it. */
static void stand_in_line(struct inlet *inlet, struct parcel *parcel)
{
    const void *routing = parcel != NULL ? zmq_msg_data(&parcel->frames[0]) : NULL;
    size_t size = parcel != NULL ? zmq_msg_size(&parcel->frames[0]) : 0;
    struct line *line = NULL;
    if (parcel != NULL && size <= ROUTING_SIZE && inlet->bytes + parcel->bytes <= INLET_BYTES) {
        line = line_of(inlet, routing, size);
    }
    if (line == NULL || line->bytes + parcel->bytes > INLET_CONNECTION_BYTES) {
        inlet->dropped++;
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
    inlet->bytes += parcel->bytes;
}

/* Takes the first message of the line whose turn it is; that line goes to the end of the ring. */
static struct parcel *next_in_turn(struct inlet *inlet)
{
    struct line *line = inlet->ring;
    if (line == NULL) {
        return NULL;
    }
    struct parcel *parcel = line->first;
    line->first = parcel->next;
    line->bytes -= parcel->bytes;
    inlet->bytes -= parcel->bytes;
    DL_DELETE(inlet->ring, line);
    if (line->first != NULL) {
        DL_APPEND(inlet->ring, line);
    } else {
        HASH_DELETE(hh, inlet->lines, line);
        free(line);
    }
    return parcel;
}

/* Reads at most `max` messages into the lines. True: perhaps more wait. */
static bool pump(struct inlet *inlet, size_t max)
{
    struct parcel *parcel;
    while (max-- > 0) {
        if (!read_parcel(inlet, &parcel)) {
            return false;
        }
        stand_in_line(inlet, parcel);
    }
    return true;
}

int inlet_receive(struct inlet *inlet, zmq_msg_t *frame)
{
    if (inlet->giving == NULL && inlet->ring != NULL) {
        pump(inlet, 1); /* others get their turn too; one for one, so that a flood is not read at the cost of the work */
        inlet->giving = next_in_turn(inlet);
    }
    struct parcel *parcel = inlet->giving;
    if (parcel == NULL) {
        return zframe_receive(inlet->router, frame);
    }
    zmq_msg_move(frame, &parcel->frames[parcel->given]);
    zmq_msg_close(&parcel->frames[parcel->given++]);
    if (parcel->given == parcel->count) {
        drop(parcel);
        inlet->giving = NULL;
    }
    return 0;
}

/* ZeroMQ keeps subscriptions itself, but has to be asked. Whoever sends more than can be shown to the loop must not go on listening
 * unknown. */
static void pump_subscriptions(struct inlet *inlet)
{
    zmq_msg_t subscription;
    zmq_msg_init(&subscription);
    while (zframe_receive(inlet->xpub, &subscription) == 0) {
        if (inlet->subscription_count == INLET_SUBSCRIPTIONS) {
            accepted_cut(zmq_msg_get(&subscription, ZMQ_SRCFD));
            continue;
        }
        zmq_msg_t *to = &inlet->subscriptions[inlet->subscription_count++];
        zmq_msg_init(to);
        zmq_msg_move(to, &subscription);
    }
    zmq_msg_close(&subscription);
}

static void tell_subscriptions(struct inlet *inlet, bool tell)
{
    for (size_t i = 0; i < inlet->subscription_count; i++) {
        if (tell && inlet->heard != NULL) {
            inlet->heard(inlet->heard_arg, &inlet->subscriptions[i]);
        }
        zmq_msg_close(&inlet->subscriptions[i]);
    }
    inlet->subscription_count = 0;
}

/* Waits, or until the end. */
static void rest(struct inlet *inlet, long ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    sem_clockwait(&inlet->wake, CLOCK_MONOTONIC, &until);
}

/* Sleeps until the loop makes a step after `steps`. Both sides write their word before they read the other's, so none is missed; a
 * post that comes too late only makes one look come early. */
static void sleep_until_step(struct inlet *inlet, unsigned int steps)
{
    atomic_store(&inlet->sleeping, true);
    if (atomic_load(&inlet->steps) == steps && !atomic_load(&inlet->ending)) {
        sem_wait(&inlet->wake);
    }
    atomic_store(&inlet->sleeping, false);
}

/* Reads for a loop that is away, until it is back. */
static void take_place(struct inlet *inlet)
{
    pthread_mutex_lock(&inlet->lock);
    while (inlet->away) {
        bool more = pump(inlet, PUMP_MESSAGES);
        if (inlet->xpub != NULL) {
            pump_subscriptions(inlet);
        }
        pthread_mutex_unlock(&inlet->lock); /* the loop may want to come back */
        if (!more) {
            rest(inlet, READ_MS);
        }
        pthread_mutex_lock(&inlet->lock);
    }
    pthread_mutex_unlock(&inlet->lock);
}

/* The thread: looks whether the loop is still in the step in which it was seen last. Where nothing has moved it sleeps: an idle
 * dispatcher wakes it once a tick. */
static void *stand_in(void *arg)
{
    struct inlet *inlet = arg;
    unsigned int seen = atomic_load(&inlet->steps);
    while (!atomic_load(&inlet->ending)) {
        rest(inlet, LOOK_MS);
        unsigned int steps = atomic_load(&inlet->steps);
        if (steps == seen && atomic_load(&inlet->away)) {
            take_place(inlet);
        } else if (steps == seen) {
            sleep_until_step(inlet, steps);
        }
        seen = atomic_load(&inlet->steps);
    }
    return NULL;
}

int inlet_open(void *router, void *xpub, struct log *log, struct inlet **ret)
{
    struct inlet *inlet = calloc(1, sizeof(*inlet));
    sigset_t all, before;
    if (inlet == NULL) {
        return -ENOMEM;
    }
    inlet->router = router;
    inlet->xpub = xpub;
    inlet->log = log;
    atomic_init(&inlet->bytes, 0);
    atomic_init(&inlet->dropped, 0);
    atomic_init(&inlet->ending, false);
    atomic_init(&inlet->away, false);
    atomic_init(&inlet->steps, 0);
    atomic_init(&inlet->sleeping, false);
    pthread_mutex_init(&inlet->lock, NULL);
    sem_init(&inlet->wake, 0, 0);
    pthread_mutex_lock(&inlet->lock);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the loop's */
    int rc = pthread_create(&inlet->thread, NULL, stand_in, inlet);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0) {
        pthread_mutex_unlock(&inlet->lock);
        sem_destroy(&inlet->wake);
        pthread_mutex_destroy(&inlet->lock);
        free(inlet);
        return -rc;
    }
    *ret = inlet;
    return 0;
}

void inlet_tell(struct inlet *inlet, void (*heard)(void *arg, zmq_msg_t *subscription), void *arg)
{
    inlet->heard = heard;
    inlet->heard_arg = arg;
}

void inlet_away(struct inlet *inlet)
{
    atomic_store(&inlet->away, true);
    atomic_fetch_add(&inlet->steps, 1);
    pthread_mutex_unlock(&inlet->lock);
    if (atomic_load(&inlet->sleeping) && atomic_exchange(&inlet->sleeping, false)) {
        sem_post(&inlet->wake);
    }
}

void inlet_back(struct inlet *inlet)
{
    atomic_store(&inlet->away, false);
    pthread_mutex_lock(&inlet->lock);
    if (inlet->dropped > 0) {
        log_say(inlet->log, LOG_LEVEL_WARNING, "requests_dropped", "%zu requests were dropped: more than %zu MB waited",
                inlet->dropped, INLET_CONNECTION_BYTES >> 20);
    }
    inlet->dropped = 0;
    tell_subscriptions(inlet, true);
}

size_t inlet_bytes(const struct inlet *inlet)
{
    return atomic_load(&inlet->bytes);
}

size_t inlet_dropped(const struct inlet *inlet)
{
    return atomic_load(&inlet->dropped);
}

struct inlet *inlet_free(struct inlet *inlet)
{
    struct parcel *parcel;
    if (inlet == NULL) {
        return NULL;
    }
    atomic_store(&inlet->ending, true);
    sem_post(&inlet->wake);
    pthread_mutex_unlock(&inlet->lock);
    pthread_join(inlet->thread, NULL);
    while ((parcel = next_in_turn(inlet)) != NULL) {
        drop(parcel);
    }
    tell_subscriptions(inlet, false);
    if (inlet->giving != NULL) {
        drop(inlet->giving);
    }
    sem_destroy(&inlet->wake);
    pthread_mutex_destroy(&inlet->lock);
    free(inlet);
    return NULL;
}
