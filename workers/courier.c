/* courier.c - delivers parcels to webhooks: signed, in order per case, again and again, until delivered or dead */
#include "workers/courier.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PUT_OFF_MS 5000 /* what cannot be prepared or written down */
#define HEADER_SIZE 256

struct courier {
    uv_loop_t *loop;
    struct http *http;
    struct log *log;
    const struct courier_policy *policy;
    const struct courier_owner *owner;
    void *arg;
    struct lanes lanes;
    struct backoff backoff;
    uv_timer_t timer;
    size_t busy; /* requests, and parcels that are being prepared */
    bool stopping, running;
};

struct courier *courier_new(uv_loop_t *loop, struct http *http, struct log *log, const struct courier_policy *policy,
                            const struct courier_owner *owner, void *arg)
{
    struct courier *courier = calloc(1, sizeof(*courier));

    if (courier == NULL) {
        return NULL;
    }
    *courier = (struct courier){.loop = loop, .http = http, .log = log, .policy = policy, .owner = owner, .arg = arg};
    courier->backoff = (struct backoff){.base_ms = policy->pause_ms, .max_ms = policy->pause_max_ms};
    randombytes_buf(&courier->backoff.state, sizeof(courier->backoff.state));
    uv_timer_init(loop, &courier->timer);
    courier->timer.data = courier;
    return courier;
}

struct lanes *courier_lanes(struct courier *courier)
{
    return &courier->lanes;
}

size_t courier_busy(const struct courier *courier)
{
    return courier->busy;
}

void parcel_free(struct parcel *parcel)
{
    if (parcel == NULL) {
        return;
    }
    free(parcel->id);
    free(parcel->type);
    free(parcel->number);
    free(parcel->body);
    free(parcel);
}

int courier_add(struct courier *courier, struct parcel *parcel, uint64_t seq, uint64_t case_id)
{
    parcel->entry = lanes_add(&courier->lanes, seq, case_id);
    if (parcel->entry == NULL) {
        return -ENOMEM;
    }
    parcel->courier = courier;
    parcel->entry->data = parcel;
    return 0;
}

static int64_t now_ms(const struct courier *courier)
{
    return (int64_t)uv_now(courier->loop);
}

static struct log_about about(const struct parcel *parcel)
{
    return (struct log_about){.number = parcel->number, .seq = parcel->entry->seq, .hook = parcel->target->name};
}

/* ---- the end of a parcel ---- */

static void finish(struct parcel *parcel)
{
    struct courier *courier = parcel->courier;
    struct lane_entry *entry = parcel->entry;

    parcel_free(parcel);
    entry->data = NULL;
    lanes_finish(&courier->lanes, entry);
    courier->owner->on_progress(courier->arg);
    courier_run(courier);
}

static void put_off(struct parcel *parcel, int64_t pause_ms)
{
    struct courier *courier = parcel->courier;

    lanes_put_off(parcel->entry, now_ms(courier) + pause_ms);
    if (courier->stopping) {
        courier->owner->on_progress(courier->arg);
    } else {
        courier_run(courier);
    }
}

static void bury(struct parcel *parcel)
{
    struct courier *courier = parcel->courier;
    struct log_about which = about(parcel);
    int rc = courier->owner->on_dead(courier->arg, parcel);

    parcel->dead = true;
    if (rc < 0) {
        log_about(courier->log, LOG_LEVEL_ERROR, "dead_letter_failed", &which, "the dead letter cannot be written: %s",
                  strerror(-rc));
        put_off(parcel, PUT_OFF_MS);
        return;
    }
    log_about(courier->log, LOG_LEVEL_WARNING, "dead_letter", &which, "given up after %u attempts, the last: %d %s",
              parcel->attempts, parcel->status, parcel->fault != NULL ? parcel->fault : "");
    finish(parcel);
}

/* ---- one attempt ---- */

static bool is_final(int status)
{
    return status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
}

static void on_posted(void *arg, const struct http_result *result)
{
    struct parcel *parcel = arg;
    struct courier *courier = parcel->courier;
    const struct courier_policy *policy = courier->policy;
    struct log_about which = about(parcel);

    courier->busy--;
    parcel->call = NULL;
    parcel->status = result->status;
    parcel->fault = result->fault;
    if (result->status >= 200 && result->status < 300) {
        log_about(courier->log, LOG_LEVEL_NOTICE, "delivered", &which, "%s, attempt %u", parcel->type, parcel->attempts);
        finish(parcel);
        return;
    }
    if (is_final(result->status) || parcel->attempts >= policy->attempts) {
        bury(parcel);
        return;
    }
    int64_t pause_ms = backoff_pause_ms(&courier->backoff, parcel->attempts);
    int64_t asked_ms =
        result->retry_after_s > policy->retry_after_max_ms / 1000 ? policy->retry_after_max_ms : result->retry_after_s * 1000;
    if (asked_ms > pause_ms) {
        pause_ms = asked_ms;
    }
    log_about(courier->log, LOG_LEVEL_WARNING, "not_delivered", &which, "attempt %u: %d %s; again in %lld ms", parcel->attempts,
              result->status, result->fault != NULL ? result->fault : "", (long long)pause_ms);
    put_off(parcel, pause_ms);
}

static void post(struct parcel *parcel)
{
    struct courier *courier = parcel->courier;
    char lines[5][HEADER_SIZE], signature[SIGNATURE_SIZE];
    const char *headers[5];
    size_t size = strlen(parcel->body);
    int64_t timestamp_s = (int64_t)time(NULL); /* of this machine: what a receiver holds against its own clock */

    snprintf(lines[0], HEADER_SIZE, "Content-Type: application/json");
    snprintf(lines[1], HEADER_SIZE, "Huying-Id: %s", parcel->id);
    snprintf(lines[2], HEADER_SIZE, "Huying-Event: %s", parcel->type);
    snprintf(lines[3], HEADER_SIZE, "Huying-Timestamp: %" PRId64, timestamp_s);
    snprintf(lines[4], HEADER_SIZE, "Huying-Signature: %s",
             signature_make(&parcel->target->secret, timestamp_s, parcel->body, size, signature));
    for (size_t i = 0; i < 5; i++) {
        headers[i] = lines[i];
    }
    parcel->attempts++;
    int rc = http_post(courier->http, parcel->target->url, headers, 5, parcel->body, size, on_posted, parcel, &parcel->call);
    if (rc < 0) {
        const struct http_result result = {.fault = "no memory for a request"};

        on_posted(parcel, &result);
    }
}

void courier_prepared(struct parcel *parcel)
{
    struct courier *courier = parcel->courier;

    assert(parcel->body != NULL);
    if (!courier->stopping) {
        post(parcel);
        return;
    }
    courier->busy--;
    put_off(parcel, 0);
}

void courier_put_off(struct parcel *parcel)
{
    struct courier *courier = parcel->courier;

    courier->busy--;
    put_off(parcel, PUT_OFF_MS);
}

static void begin(struct parcel *parcel)
{
    struct courier *courier = parcel->courier;

    if (parcel->dead) {
        bury(parcel);
        return;
    }
    courier->busy++;
    if (parcel->body == NULL) {
        courier->owner->on_prepare(courier->arg, parcel);
    } else {
        post(parcel);
    }
}

/* ---- the turn of each ---- */

static void on_timer(uv_timer_t *timer)
{
    courier_run(timer->data);
}

void courier_run(struct courier *courier)
{
    if (courier->running || courier->stopping) {
        return;
    }
    courier->running = true; /* what ends at once comes back here */
    while ((int64_t)courier->busy < courier->policy->concurrent) {
        struct lane_entry *entry = lanes_begin(&courier->lanes, now_ms(courier));

        if (entry == NULL) {
            break;
        }
        begin(entry->data);
    }
    courier->running = false;
    int64_t due_ms = (int64_t)courier->busy < courier->policy->concurrent ? lanes_due_ms(&courier->lanes) : -1;
    if (due_ms < 0) {
        uv_timer_stop(&courier->timer);
    } else {
        uv_timer_start(&courier->timer, on_timer, (uint64_t)(due_ms > now_ms(courier) ? due_ms - now_ms(courier) : 0), 0);
    }
}

void courier_stop(struct courier *courier)
{
    courier->stopping = true;
    uv_timer_stop(&courier->timer);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void courier_close(struct courier *courier)
{
    if (courier == NULL) {
        return;
    }
    for (struct lane_entry *entry = courier->lanes.first; entry != NULL; entry = entry->next) {
        struct parcel *parcel = entry->data;

        if (parcel != NULL && parcel->call != NULL) {
            http_cancel(parcel->call);
        }
        parcel_free(parcel);
    }
    lanes_deinit(&courier->lanes);
    uv_close((uv_handle_t *)&courier->timer, on_closed);
}
