/* metrics.c - see metrics.h; the order of `exclusions` is the order of the counters' fields */
#include "dispatcher/core/metrics.h"

#include <assert.h>
#include <string.h>

#define FOLLOWUP_EXCLUSIONS "no_answer", "wrong_number", "refused", "expired", "reopened"

/* Positions in the exclusions of the three rates. */
enum { EXCLUDED_VOID = 0, EXCLUDED_UNANSWERED = 5, EXCLUDED_UNRATED = 5 };

static const struct metric_info infos[METRIC_COUNT] = {
    [METRIC_ANSWERED_RATE] =
        {"answered_rate", "办结率", 1, 1, "cases that have had a lead_answered", "case_received, accepted", "received.at", {NULL}},
    [METRIC_CLOSED_RATE] =
        {"closed_rate", "结案率", 1, 1, "cases that are closed", "case_received, accepted", "received.at", {NULL}},
    [METRIC_ON_TIME_RATE] = {"on_time_rate",
                             "按时办结率",
                             1,
                             1,
                             "handle items of round 1 in time",
                             "handle items of round 1 that are stopped, or due before as_of",
                             "due",
                             {"void"}},
    [METRIC_CALL_ON_TIME_RATE] = {"call_on_time_rate",
                                  "呼叫办结及时率",
                                  1,
                                  1,
                                  "finish items in time",
                                  "finish items that are stopped, or due before as_of",
                                  "due",
                                  {"void"}},
    [METRIC_CITIZEN_ON_TIME_RATE] = {"citizen_on_time_rate",
                                     "群众时限及时率",
                                     1,
                                     1,
                                     "total items in time",
                                     "total items that are stopped, or due before as_of",
                                     "due",
                                     {"void"}},
    [METRIC_RESPONSE_RATE] = {"response_rate",
                              "响应率",
                              1,
                              1,
                              "effective follow-ups with contacted = yes",
                              "effective follow-ups with contacted answered",
                              "ended.at",
                              {FOLLOWUP_EXCLUSIONS, "unanswered"}},
    [METRIC_SOLVED_RATE] = {"solved_rate",
                            "解决率",
                            1,
                            1000,
                            "sum of the credits of solved",
                            "effective follow-ups",
                            "ended.at",
                            {FOLLOWUP_EXCLUSIONS}},
    [METRIC_SATISFIED_RATE] = {"satisfied_rate",
                               "满意率",
                               1,
                               1000,
                               "sum of the credits of satisfied",
                               "effective follow-ups of rated kinds",
                               "ended.at",
                               {FOLLOWUP_EXCLUSIONS, "unrated"}},
    [METRIC_DURATION] = {"duration",
                         "办理时长",
                         1,
                         1,
                         "sum of consumed ms of stopped handle clocks",
                         "stopped handle clocks",
                         "stopped.at",
                         {NULL}},
};

const struct metric_info *metric_info(enum metric metric)
{
    assert((int)metric >= 0 && (int)metric < METRIC_COUNT);
    return &infos[metric];
}

uint32_t metric_slot(int64_t at_ms)
{
    assert(at_ms >= 0);
    return (uint32_t)(at_ms / METRIC_SLOT_MS);
}

static struct counter_key key_of(enum metric metric, int64_t at_ms, const struct code *acct, const struct dims *dims)
{
    struct counter_key key;
    memset(&key, 0, sizeof(key));
    key.metric = metric;
    key.slot = metric_slot(at_ms);
    key.acct = *acct;
    key.street = dims->street;
    if (!dims->is_protected) { /* as events tell it: whoever recounts comes to the same */
        key.place = dims->place;
        key.matter = dims->matter;
    }
    return key;
}

static void add(const struct tables *tables, const struct counter_key *key, int64_t num, int64_t den)
{
    struct counter delta;
    memset(&delta, 0, sizeof(delta));
    delta.num = num;
    delta.den = den;
    tables->ops->count(tables->store, key, &delta);
}

/* Metric of a clock's item, or -1. */
static int clock_metric(const struct clock_row *clock)
{
    if (clock->kind == CLOCK_KIND_HANDLE && clock->round == 1) {
        return METRIC_ON_TIME_RATE;
    }
    if (clock->kind == CLOCK_KIND_FINISH) {
        return METRIC_CALL_ON_TIME_RATE;
    }
    return clock->kind == CLOCK_KIND_TOTAL ? METRIC_CITIZEN_ON_TIME_RATE : -1;
}

void metrics_count_clock(const struct tables *tables, struct clock_row *clock, uint8_t counted)
{
    int metric = clock_metric(clock);
    if (metric < 0 || clock->due_at == 0) {
        return;
    }
    struct counter_key key = key_of((enum metric)metric, clock->due_at, &clock->acct, &clock->dims);
    if (clock->counted != 0) {
        add(tables, &key, clock->counted == 1 ? -1 : 0, -1);
    }
    if (counted != 0) {
        add(tables, &key, counted == 1 ? 1 : 0, 1);
    }
    clock->counted = counted;
}

void metrics_void_clock(const struct tables *tables, const struct clock_row *clock)
{
    int metric = clock_metric(clock);
    if (metric < 0 || clock->due_at == 0) {
        return;
    }
    struct counter_key key = key_of((enum metric)metric, clock->due_at, &clock->acct, &clock->dims);
    struct counter delta;
    memset(&delta, 0, sizeof(delta));
    delta.excluded[EXCLUDED_VOID] = 1;
    tables->ops->count(tables->store, &key, &delta);
}

void metrics_count_duration(const struct tables *tables, struct clock_row *clock, int64_t at_ms, bool hold)
{
    if (clock->kind != CLOCK_KIND_HANDLE || clock->duration_counted == (hold ? 1 : 0)) {
        return;
    }
    if (hold) {
        clock->duration_ms = clock->consumed_ms;
        clock->duration_at = at_ms;
    }
    struct counter_key key = key_of(METRIC_DURATION, clock->duration_at, &clock->acct, &clock->dims);
    key.value = clock->duration_ms;
    add(tables, &key, 0, hold ? 1 : -1);
    clock->duration_counted = hold;
}

static void count_case(const struct tables *tables, const struct case_row *c, int64_t sign)
{
    struct counter_key key = key_of(METRIC_ANSWERED_RATE, c->received_at, &c->counted_acct, &c->dims);
    add(tables, &key, c->counted_answered ? sign : 0, sign);
    key.metric = METRIC_CLOSED_RATE;
    add(tables, &key, c->counted_closed ? sign : 0, sign);
}

void metrics_count_case(const struct tables *tables, struct case_row *c)
{
    uint8_t answered = c->first_answered_at != 0, closed = c->closed_at != 0;
    if (c->counted_received == c->accepted && c->counted_answered == answered && c->counted_closed == closed &&
        code_equal(&c->counted_acct, &c->lead_acct)) {
        return;
    }
    if (c->counted_received) {
        count_case(tables, c, -1);
    }
    c->counted_received = c->accepted;
    c->counted_answered = answered;
    c->counted_closed = closed;
    c->counted_acct = c->lead_acct;
    if (c->counted_received) {
        count_case(tables, c, 1);
    }
}

static int ineffective_position(enum followup_reason reason)
{
    switch (reason) {
    case FOLLOWUP_REASON_NONE:
    case FOLLOWUP_REASON_NO_ANSWER:
        return 0;
    case FOLLOWUP_REASON_WRONG_NUMBER:
        return 1;
    case FOLLOWUP_REASON_REFUSED:
        return 2;
    case FOLLOWUP_REASON_EXPIRED:
        return 3;
    case FOLLOWUP_REASON_REOPENED:
        return 4;
    }
    return 0;
}

void metrics_count_followup(const struct tables *tables, const struct record *record)
{
    const struct followup_ended_body *body = &record->body.followup_ended;
    struct dims dims;
    row_dims(&record->head, &dims);
    static const enum metric rates[] = {METRIC_RESPONSE_RATE, METRIC_SOLVED_RATE, METRIC_SATISFIED_RATE};
    for (int i = 0; i < 3; i++) {
        struct counter_key key = key_of(rates[i], record->at_ms, &record->head.acct, &dims);
        struct counter delta;
        memset(&delta, 0, sizeof(delta));
        if (!body->effective) {
            delta.excluded[ineffective_position(body->reason)] = 1;
        } else if (rates[i] == METRIC_RESPONSE_RATE && body->contacted == SAID_CONTACTED_UNANSWERED) {
            delta.excluded[EXCLUDED_UNANSWERED] = 1;
        } else if (rates[i] == METRIC_SATISFIED_RATE && !body->rated) {
            delta.excluded[EXCLUDED_UNRATED] = 1;
        } else {
            delta.den = 1;
            delta.num = rates[i] == METRIC_RESPONSE_RATE ? body->contacted == SAID_CONTACTED_YES
                        : rates[i] == METRIC_SOLVED_RATE ? body->solved_ppm / 1000
                                                         : body->satisfied_ppm / 1000;
        }
        tables->ops->count(tables->store, &key, &delta);
    }
}
