/*
 * store_copy.c - a copy of the rows while work goes on. LMDB does that beside a writer only when it compacts: the plain copy lets
 * none begin. It writes into a pipe and a thread here reads it, so that the copy can be ended at any moment: when the pipe's other
 * end is closed, LMDB's next write fails (its thread takes the SIGPIPE itself) and its read transaction ends. Nothing else could
 * end it before its time, and a map that must grow cannot wait for it.
 */
#include "dispatcher/store/store_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define PIPE_SIZE (1024 * 1024)

struct pump {
    struct store *store;
    int fd; /* read end of the pipe */
    store_sink *sink;
    void *arg;
    int rc;
};

static bool must_stop(struct store *store)
{
    pthread_mutex_lock(&store->copy.lock);
    bool stop = store->copy.stop;
    pthread_mutex_unlock(&store->copy.lock);
    return stop;
}

static int pass_on(struct pump *pump, void *buffer)
{
    for (;;) {
        ssize_t n = read(pump->fd, buffer, PIPE_SIZE);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? -errno : 0;
        }
        if (must_stop(pump->store)) {
            return -ECANCELED;
        }
        int rc = pump->sink(pump->arg, buffer, (size_t)n);
        if (rc < 0) {
            return rc;
        }
    }
}

static void *run_pump(void *arg)
{
    struct pump *pump = arg;
    void *buffer = malloc(PIPE_SIZE);
    pump->rc = buffer != NULL ? pass_on(pump, buffer) : -ENOMEM;
    close(pump->fd); /* LMDB, if it is still writing, hears of it */
    free(buffer);
    return NULL;
}

static int copy_through(struct store *store, MDB_env *env, store_sink *sink, void *arg)
{
    int ends[2];
    pthread_t thread;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return -errno;
    }
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE); /* a hint: fewer turns */
    struct pump pump = {.store = store, .fd = ends[0], .sink = sink, .arg = arg};
    int rc = -pthread_create(&thread, NULL, run_pump, &pump);
    if (rc < 0) {
        close(ends[0]);
        close(ends[1]);
        return rc;
    }
    rc = store_errno(mdb_env_copyfd2(env, ends[1], MDB_CP_COMPACT));
    close(ends[1]);
    pthread_join(thread, NULL);
    return pump.rc < 0 ? pump.rc : rc; /* LMDB's own word is then only that of a broken pipe */
}

int store_copy(struct store *store, store_sink *sink, void *arg)
{
    pthread_mutex_lock(&store->copy.lock);
    bool may = !store->copy.running && !store->copy.stop && store->env != NULL;
    MDB_env *env = store->env;
    store->copy.running = store->copy.running || may;
    pthread_mutex_unlock(&store->copy.lock);
    if (!may) {
        return -ECANCELED;
    }
    store_forget_dead_readers(store);
    int rc = copy_through(store, env, sink, arg);
    pthread_mutex_lock(&store->copy.lock);
    store->copy.running = false;
    pthread_cond_broadcast(&store->copy.ended);
    pthread_mutex_unlock(&store->copy.lock);
    return rc;
}

void store_copy_stop(struct store *store)
{
    pthread_mutex_lock(&store->copy.lock);
    store->copy.stop = true;
    while (store->copy.running) {
        pthread_cond_wait(&store->copy.ended, &store->copy.lock);
    }
    pthread_mutex_unlock(&store->copy.lock);
}

void store_copy_allow(struct store *store)
{
    pthread_mutex_lock(&store->copy.lock);
    store->copy.stop = false;
    pthread_mutex_unlock(&store->copy.lock);
}

uint64_t store_size(const struct store *store)
{
    MDB_envinfo info;
    MDB_stat stat;
    if (mdb_env_info(store->env, &info) != 0 || mdb_env_stat(store->env, &stat) != 0) {
        return 0;
    }
    return (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
}
