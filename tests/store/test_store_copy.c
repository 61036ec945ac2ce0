/* test_store_copy.c - a copy of the rows while work goes on */
#include "dispatcher/store/store_inner.h"

#include "tests/store/scratch.h"
#include "tests/store/store_kit.h"
#include "tests/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

#define STEPS 20000

/* Where a copy goes, and what the sink does on the way. */
struct drain {
    struct store *store;
    int fd;
    uint64_t written;
    int fail_at; /* bytes after which it fails with EIO; 0 = never */
    sem_t *began;
    bool until_stop; /* waits in the sink until the copy is told to stop */
    int rc;          /* of store_copy */
};

static bool told_to_stop(struct store *store)
{
    pthread_mutex_lock(&store->copy.lock);
    bool stop = store->copy.stop;
    pthread_mutex_unlock(&store->copy.lock);
    return stop;
}

static int take(void *arg, const void *data, size_t size)
{
    struct drain *drain = arg;
    if (drain->began != NULL) {
        sem_post(drain->began);
        drain->began = NULL;
    }
    while (drain->until_stop && !told_to_stop(drain->store)) {
        sched_yield();
    }
    ck_assert_int_eq(write(drain->fd, data, size), (ssize_t)size);
    drain->written += size;
    return drain->fail_at != 0 && drain->written >= (uint64_t)drain->fail_at ? -EIO : 0;
}

static void *copy(void *arg)
{
    struct drain *drain = arg;
    drain->rc = store_copy(drain->store, take, drain);
    return NULL;
}

static struct drain drain_to(struct store *store, const char *folder)
{
    struct drain drain = {.store = store};
    drain.fd = open(scratch_path(folder, "data.mdb"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(drain.fd, 0);
    return drain;
}

static struct store *filled(const char *folder, struct tables *ret_tables)
{
    struct store *store = store_kit_open(folder, ret_tables);
    for (uint64_t n = 1; n <= STEPS; n++) {
        store_kit_step(ret_tables, n);
    }
    ck_assert_int_eq(store_checkpoint(store), 0);
    return store;
}

/* The copy is that of a checkpoint, whatever has changed since, and the store's thread goes on meanwhile. */
START_TEST(copy_has_a_checkpoint)
{
    char *folder = scratch_new(), *target = scratch_new();
    struct tables tables, copied;
    struct store *store = filled(folder, &tables);
    struct drain drain = drain_to(store, target);
    sem_t began;
    pthread_t thread;
    sem_init(&began, 0, 0);
    drain.began = &began;
    store_kit_step(&tables, STEPS + 1); /* not in a checkpoint yet */
    ck_assert_int_eq(pthread_create(&thread, NULL, copy, &drain), 0);
    sem_wait(&began);
    for (uint64_t n = STEPS + 2; n <= STEPS + 200; n++) {
        store_kit_step(&tables, n);
    }
    ck_assert_int_eq(store_checkpoint(store), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(drain.rc, 0);
    close(drain.fd);
    ck_assert_uint_gt(drain.written, 1 << 20);
    ck_assert_uint_le(drain.written, store_size(store));
    struct store *other = store_kit_open(target, &copied);
    ck_assert_uint_eq(store_kit_last(&copied), STEPS);
    store_kit_check(other, STEPS);
    store_close(other);
    store_kit_check(store, STEPS + 200);
    store_close(store);
    sem_destroy(&began);
    scratch_drop(folder);
    scratch_drop(target);
}
END_TEST

START_TEST(sink_that_fails_ends_it)
{
    char *folder = scratch_new(), *target = scratch_new();
    struct tables tables;
    struct store *store = filled(folder, &tables);
    struct drain drain = drain_to(store, target);
    drain.fail_at = 1;
    copy(&drain);
    ck_assert_int_eq(drain.rc, -EIO);
    ck_assert_uint_lt(drain.written, store_size(store));
    drain.fail_at = 0;
    ck_assert_int_eq(lseek(drain.fd, 0, SEEK_SET), 0);
    copy(&drain); /* and the next one is whole */
    ck_assert_int_eq(drain.rc, 0);
    close(drain.fd);
    store_close(store);
    scratch_drop(folder);
    scratch_drop(target);
}
END_TEST

/* A rewind may move the map: it ends the copy first, and does not wait for all of it. */
START_TEST(rewind_ends_it)
{
    char *folder = scratch_new(), *target = scratch_new();
    struct tables tables;
    struct store *store = filled(folder, &tables);
    struct drain drain = drain_to(store, target);
    sem_t began;
    pthread_t thread;
    sem_init(&began, 0, 0);
    drain.began = &began;
    drain.until_stop = true;
    ck_assert_int_eq(pthread_create(&thread, NULL, copy, &drain), 0);
    sem_wait(&began);
    store->map_full = true; /* grows the map, so that a copy under way would read what is gone */
    ck_assert_int_eq(store_rewind(store), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(drain.rc, -ECANCELED);
    ck_assert_uint_lt(drain.written, store_size(store));
    store_kit_check(store, STEPS);
    drain.until_stop = false;
    drain.written = 0;
    ck_assert_int_eq(lseek(drain.fd, 0, SEEK_SET), 0);
    copy(&drain); /* allowed again */
    ck_assert_int_eq(drain.rc, 0);
    close(drain.fd);
    store_close(store);
    sem_destroy(&began);
    scratch_drop(folder);
    scratch_drop(target);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{copy_has_a_checkpoint}, {sink_that_fails_ends_it}, {rewind_ends_it}};
    return suite_run(&(struct suite){.name = "store_copy", .timeout_s = 120, .tests = tests, .count = SUITE_COUNT(tests)});
}
