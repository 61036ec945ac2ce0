/* recount.c - working time and clocks, recounted by hand */
#include "tests/simulation/recount.h"

#include "config/zone.h"

#include <inttypes.h>
#include <stdio.h>

#define DAY_MS INT64_C(86400000)

static char said[256];

static int64_t day_of(const struct calendar *calendar, int64_t at_ms)
{
    return civil_floor_div(at_ms + zone_offset_s(calendar->zone, at_ms) * INT64_C(1000), DAY_MS);
}

/* The shifts of a day: none on a day off by notice, those of a Monday on a make-up day (so it is in config/wuhua), else of its
 * weekday. */
static const struct shifts *shifts_of(const struct calendar *calendar, int64_t day)
{
    static const struct shifts none = {0};

    for (uint32_t i = 0; i < calendar->notice_count; i++) {
        if (calendar->notices[i].day == day) {
            return calendar->notices[i].kind == DAY_HOLIDAY ? &none : &calendar->week[0];
        }
    }
    return &calendar->week[(day + 3) % 7]; /* 1970-01-01 was a Thursday */
}

/* Working time of one day between two instants; *ret_whole: of the whole day. */
static int64_t worked(const struct calendar *calendar, int64_t day, int64_t from_at, int64_t until_at, int64_t *ret_whole)
{
    const struct shifts *shifts = shifts_of(calendar, day);
    int64_t sum = 0;

    *ret_whole = 0;
    for (uint32_t i = 0; i < shifts->count; i++) {
        int64_t begin = zone_label(calendar->zone, day, shifts->at[i].from_ms),
                end = zone_label(calendar->zone, day, shifts->at[i].until_ms);

        *ret_whole += end - begin;
        begin = begin > from_at ? begin : from_at;
        end = end < until_at ? end : until_at;
        sum += end > begin ? end - begin : 0;
    }
    return sum;
}

static bool is_working(enum time_kind kind)
{
    return kind == TIME_KIND_WORKING_HOURS || kind == TIME_KIND_WORKING_DAYS;
}

int64_t recount_counted(const struct calendar *calendar, enum time_kind kind, int64_t from_at, int64_t until_at)
{
    int64_t sum = 0, whole;

    if (until_at <= from_at) {
        return 0;
    }
    if (!is_working(kind)) {
        return until_at - from_at;
    }
    for (int64_t day = day_of(calendar, from_at); day <= day_of(calendar, until_at); day++) {
        sum += worked(calendar, day, from_at, until_at, &whole);
    }
    return sum;
}

/* The earliest instant of a day at which so much of it is worked, from `from_at` on. */
static int64_t when_worked(const struct calendar *calendar, int64_t day, int64_t from_at, int64_t wanted_ms)
{
    const struct shifts *shifts = shifts_of(calendar, day);
    int64_t end = from_at;

    for (uint32_t i = 0; i < shifts->count; i++) {
        int64_t begin = zone_label(calendar->zone, day, shifts->at[i].from_ms);

        end = zone_label(calendar->zone, day, shifts->at[i].until_ms);
        begin = begin > from_at ? begin : from_at;
        if (end - begin >= wanted_ms) {
            return begin + wanted_ms;
        }
        wanted_ms -= end > begin ? end - begin : 0;
    }
    return end;
}

static int64_t hours_later(const struct calendar *calendar, int64_t from_at, int64_t amount_ms)
{
    int64_t whole;

    for (int64_t day = day_of(calendar, from_at);; day++) {
        int64_t here = worked(calendar, day, from_at, INT64_MAX, &whole);

        if (here >= amount_ms) {
            return when_worked(calendar, day, from_at, amount_ms);
        }
        amount_ms -= here;
    }
}

static int64_t working_days_later(const struct calendar *calendar, int64_t from_at, int64_t days)
{
    int64_t day = day_of(calendar, from_at), whole, left = worked(calendar, day, from_at, INT64_MAX, &whole);

    while (left == 0) {
        left = worked(calendar, ++day, from_at, INT64_MAX, &whole);
    }
    int64_t behind_ms = whole - left; /* of the day that it starts on */
    days -= behind_ms == 0;
    while (days > 0) {
        (void)worked(calendar, ++day, 0, INT64_MAX, &whole);
        days -= whole > 0;
    }
    (void)worked(calendar, day, 0, INT64_MAX, &whole);
    return when_worked(calendar, day, 0, behind_ms == 0 || behind_ms > whole ? whole : behind_ms);
}

int64_t recount_due(const struct calendar *calendar, int64_t from_at, struct span span)
{
    switch (span.kind) {
    case TIME_KIND_NATURAL:
        return from_at + span.amount;
    case TIME_KIND_NATURAL_DAYS:
        return from_at + span.amount * DAY_MS;
    case TIME_KIND_WORKING_HOURS:
        return hours_later(calendar, from_at, span.amount);
    case TIME_KIND_WORKING_DAYS:
        return working_days_later(calendar, from_at, span.amount);
    }
    return from_at;
}

/* --- records ------------------------------------------------------------------------------------- */

static const char *differs(const struct record *record, const char *what, int64_t says, int64_t counted)
{
    snprintf(said, sizeof(said), "record %" PRIu64 ", %s: it says %" PRId64 ", counted by hand %" PRId64, record->seq, what, says,
             counted);
    return said;
}

static const struct calendar *calendar_of(const struct model *model, const struct model_clock *clock)
{
    return model->district->calendars[clock->unit < 0 ? 0 : model->district->units[clock->unit].calendar];
}

/* Red is the first instant after due. Yellow is the first instant after which no more than its share of the budget is left. */
static const char *look_at_rungs(const struct model *model, const struct model_clock *clock, const struct record *record,
                                 int64_t budget_ms)
{
    const struct calendar *calendar = calendar_of(model, clock);
    enum time_kind kind = (enum time_kind)clock->time_kind;
    const struct rung_policy *yellow = &model->district->policy.rungs[RUNG_YELLOW];
    int64_t now = record->at_ms, red = clock->due_at + 1, at = clock->rung_at[RUNG_YELLOW];

    if (clock->due_at == 0) {
        return NULL;
    }
    red = record->type == RECORD_CLOCK_DUE_MOVED && red < now ? now : red;
    if (clock->rung_at[RUNG_RED] != red) {
        return differs(record, "first instant of red", clock->rung_at[RUNG_RED], red);
    }
    if (!yellow->on || yellow->percent == 0 || at <= clock->started_at || at == now) {
        return NULL;
    }
    int64_t left_ms = budget_ms - (budget_ms * yellow->percent + 99) / 100;
    if (left_ms <= 0) {
        return at == clock->due_at ? NULL : differs(record, "first instant of yellow", at, clock->due_at);
    }
    int64_t after = recount_counted(calendar, kind, at, clock->due_at),
            before = recount_counted(calendar, kind, at - 1, clock->due_at);
    return after <= left_ms && before > left_ms ? NULL : differs(record, "left at yellow, ms", after, left_ms);
}

/* Called units of another accountable unit than the lead's were overdue in these stretches, up to an instant: as they are told,
 * then sorted and joined. In the lead's own time. */
#define STRETCHES_MAX 512

static int64_t awaited(const struct model *model, const struct model_clock *lead, int64_t until_at)
{
    static int64_t from[STRETCHES_MAX], until[STRETCHES_MAX];
    const struct calendar *calendar = calendar_of(model, lead);
    enum time_kind kind = is_working((enum time_kind)lead->time_kind) ? TIME_KIND_WORKING_HOURS : TIME_KIND_NATURAL;
    int64_t sum = 0, reached = lead->started_at;
    uint32_t count = 0;

    for (uint32_t at = model->cases[lead->of_case].clocks; at != MODEL_NONE; at = model->clocks[at].next) {
        const struct model_clock *clock = &model->clocks[at];
        bool of_call = clock->kind == CLOCK_KIND_ARRIVE || clock->kind == CLOCK_KIND_FINISH;
        int64_t end = clock->state == CLOCK_STATE_STOPPED && clock->stopped_at < until_at ? clock->stopped_at : until_at;

        if (!of_call || clock->state == CLOCK_STATE_VOID || clock->due_at == 0 || code_equal(&clock->acct, &lead->acct) ||
            count == STRETCHES_MAX) {
            continue;
        }
        uint32_t place = count++;
        for (; place > 0 && from[place - 1] > clock->due_at; place--) {
            from[place] = from[place - 1];
            until[place] = until[place - 1];
        }
        from[place] = clock->due_at;
        until[place] = end;
    }
    for (uint32_t i = 0; i < count; i++) {
        int64_t begin = from[i] > reached ? from[i] : reached;

        sum += recount_counted(calendar, kind, begin, until[i]);
        reached = until[i] > reached ? until[i] : reached;
    }
    return sum;
}

/* By how much the lead's due instant may move now; 0: not at all. */
static int64_t step_due(const struct model *model, const struct model_clock *lead, int64_t until_at)
{
    const struct calendar *calendar = calendar_of(model, lead);
    enum time_kind kind = is_working((enum time_kind)lead->time_kind) ? TIME_KIND_WORKING_HOURS : TIME_KIND_NATURAL;
    struct span least = model->district->policy.awaiting;
    int64_t step = awaited(model, lead, until_at) - lead->awaited_ms, left = lead->budget_ms - 2 * lead->awaited_ms;

    if (least.amount == 0 || lead->due_at == 0 || step <= 0 || left <= 0) {
        return 0;
    }
    int64_t floor = recount_counted(calendar, kind, lead->due_at, recount_due(calendar, lead->due_at, least));
    step = step > floor ? step : floor;
    return step < left ? step : left;
}

/* The due instant of a lead that waits for called units: how far it moves, and where to. */
static const char *look_at_awaiting(const struct model *model, const struct model_clock *lead, const struct record *record)
{
    const struct clock_due_moved_body *body = &record->body.clock_due_moved;
    bool at_due = !model->verdict.by_command;
    enum time_kind kind = is_working((enum time_kind)lead->time_kind) ? TIME_KIND_WORKING_HOURS : TIME_KIND_NATURAL;
    int64_t step = step_due(model, lead, at_due ? lead->due_at : record->at_ms);

    if (step != body->awaited_ms) {
        return differs(record, "given for called units, ms", body->awaited_ms, step);
    }
    int64_t due_at = recount_due(calendar_of(model, lead), lead->due_at, (struct span){kind, step});
    if (due_at != body->due_at) {
        return differs(record, "due instant", body->due_at, due_at);
    }
    return (lead->fired & 1u << RUNG_RED) != 0 ? differs(record, "red, and given time", 1, 0) : NULL;
}

/* A lead is red only when nothing is left to be given. */
static const char *fired(struct model *model, struct model_clock *clock, const struct record *record)
{
    bool judged = clock->kind == CLOCK_KIND_HANDLE && record->body.rung_fired.rung == RUNG_RED;
    int64_t step = judged ? step_due(model, clock, clock->due_at) : 0;

    return step == 0 ? NULL : differs(record, "red, and to be given for called units, ms", 0, step);
}

static const char *started(struct model *model, struct model_clock *clock, const struct record *record)
{
    const struct clock_started_body *body = &record->body.clock_started;
    int64_t from_at = body->from_at != 0 ? body->from_at : record->at_ms;

    clock->unit = district_unit_find(model->district, &record->head.unit);
    clock->time_kind = (uint8_t)body->time_kind;
    clock->started_at = clock->span_from_at = record->at_ms;
    clock->due_at = body->due_at;
    clock->acct = record->head.acct;
    clock->budget_ms = body->budget_ms;
    clock->rung_at[RUNG_YELLOW] = body->yellow_at;
    clock->rung_at[RUNG_RED] = body->red_at;
    clock->rung_at[RUNG_NOTICE] = body->notice_at;
    clock->rung_at[RUNG_BULLETIN] = body->bulletin_at;
    if (body->amount != 0 && clock->kind != CLOCK_KIND_SUPPORT) { /* a support is due with its lead at the latest */
        int64_t due_at = recount_due(calendar_of(model, clock), from_at, (struct span){body->time_kind, body->amount});

        if (due_at != body->due_at) {
            return differs(record, "due instant", body->due_at, due_at);
        }
    }
    return look_at_rungs(model, clock, record, body->budget_ms);
}

static const char *moved(struct model *model, struct model_clock *clock, const struct record *record)
{
    const struct clock_due_moved_body *body = &record->body.clock_due_moved;
    const char *wrong = body->why == CLOCK_WHY_AWAITING_CALL ? look_at_awaiting(model, clock, record) : NULL;

    if (clock->state == CLOCK_STATE_STOPPED) {
        if (body->counted) {
            clock->consumed_ms +=
                recount_counted(calendar_of(model, clock), (enum time_kind)clock->time_kind, clock->stopped_at, record->at_ms);
        }
        if (body->consumed_ms != clock->consumed_ms) {
            wrong = differs(record, "consumed, ms", body->consumed_ms, clock->consumed_ms);
        }
        clock->state = CLOCK_STATE_RUNNING;
        clock->span_from_at = record->at_ms;
    }
    clock->unit = district_unit_find(model->district, &record->head.unit);
    clock->time_kind = (uint8_t)body->time_kind;
    clock->due_at = body->due_at;
    clock->acct = record->head.acct;
    clock->budget_ms = body->budget_ms;
    clock->awaited_ms += body->awaited_ms;
    clock->moved = true;
    clock->rung_at[RUNG_YELLOW] = body->yellow_at;
    clock->rung_at[RUNG_RED] = body->red_at;
    clock->rung_at[RUNG_NOTICE] = body->notice_at;
    clock->rung_at[RUNG_BULLETIN] = body->bulletin_at;
    for (int rung = 0; rung < RUNG_COUNT && body->why == CLOCK_WHY_ROUTED; rung++) { /* up to the first route it was provisional */
        clock->fired &= (uint8_t)(clock->rung_at[rung] > record->at_ms ? ~(1u << rung) : ~0u);
    }
    return wrong != NULL ? wrong : look_at_rungs(model, clock, record, body->budget_ms);
}

static const char *stopped(struct model *model, struct model_clock *clock, const struct record *record)
{
    const struct clock_stopped_body *body = &record->body.clock_stopped;
    bool in_time = clock->due_at == 0 || record->at_ms <= clock->due_at;

    clock->consumed_ms +=
        recount_counted(calendar_of(model, clock), (enum time_kind)clock->time_kind, clock->span_from_at, record->at_ms);
    clock->state = CLOCK_STATE_STOPPED;
    clock->stopped_at = record->at_ms;
    if (body->consumed_ms != clock->consumed_ms) {
        return differs(record, "consumed, ms", body->consumed_ms, clock->consumed_ms);
    }
    if (body->elapsed_ms != record->at_ms - clock->started_at) {
        return differs(record, "elapsed, ms", body->elapsed_ms, record->at_ms - clock->started_at);
    }
    return body->in_time == in_time ? NULL : differs(record, "in time", body->in_time, in_time);
}

static const char *voided(struct model *model, struct model_clock *clock, const struct record *record)
{
    (void)model;
    clock->state = CLOCK_STATE_VOID;
    clock->stopped_at = record->at_ms;
    return NULL;
}

static const char *rebudgeted(struct model *model, struct model_clock *clock, const struct record *record)
{
    (void)model;
    clock->rung_at[RUNG_YELLOW] = record->body.clock_rebudgeted.yellow_at;
    clock->budget_ms = record->body.clock_rebudgeted.budget_ms;
    return NULL;
}

static const char *(*const takes[])(struct model *model, struct model_clock *clock, const struct record *record) = {
    [RECORD_CLOCK_STARTED] = started, [RECORD_CLOCK_DUE_MOVED] = moved,       [RECORD_CLOCK_STOPPED] = stopped,
    [RECORD_CLOCK_VOID] = voided,     [RECORD_CLOCK_REBUDGETED] = rebudgeted, [RECORD_RUNG_FIRED] = fired,
};

const char *recount_take(struct model *model, const struct record *record)
{
    struct model_clock *clock = model_clock_of(model, record);

    if (clock == NULL || (size_t)record->type >= sizeof(takes) / sizeof(takes[0]) || takes[record->type] == NULL) {
        return NULL;
    }
    return takes[record->type](model, clock, record);
}
