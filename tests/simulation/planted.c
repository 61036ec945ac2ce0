/* planted.c - bugs that the linker puts into the dispatcher; names that begin with __real_ and __wrap_ are the linker's */
#include "tests/simulation/planted.h"

#include "config/calendar.h"
#include "dispatcher/core/core.h"
#include "dispatcher/engine/lease.h"
#include "dispatcher/engine/outbox.h"
#include "dispatcher/store/journal.h"

#include <errno.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

enum planted {
    PLANTED_NONE,
#define PLANTED_ENUM(name, text, oracle, words) PLANTED_##name,
    PLANTED_BUGS(PLANTED_ENUM)
#undef PLANTED_ENUM
};

static const struct {
    const char *name, *oracle, *words;
} bugs[] = {{"", "", ""},
#define PLANTED_ROW(name, text, oracle, words) {text, oracle, words},
            PLANTED_BUGS(PLANTED_ROW)
#undef PLANTED_ROW
};

#define BUGS (sizeof(bugs) / sizeof(bugs[0]))

static enum planted turned;
static uint32_t times;

bool planted_turn(const char *name)
{
    for (size_t i = 1; i < BUGS; i++) {
        if (strcmp(bugs[i].name, name) == 0) {
            turned = (enum planted)i;
            return true;
        }
    }
    return false;
}

void planted_list(FILE *out)
{
    for (size_t i = 1; i < BUGS; i++) {
        fprintf(out, "%s %s %s\n", bugs[i].name, bugs[i].oracle, bugs[i].words);
    }
}

void planted_over(void)
{
    turned = turned == PLANTED_SECRET_STATE ? PLANTED_NONE : turned;
}

/* Is this bug turned, and is it the n-th time that it could strike? */
static bool strikes(enum planted bug, uint32_t each)
{
    return turned == bug && ++times % each == 0;
}

/* --- the journal ------------------------------------------------------------------------------------------------------------- */

int __real_folder_sync_data(int fd);
int __wrap_folder_sync_data(int fd)
{
    return strikes(PLANTED_NO_FLUSH, 2) ? 0 : __real_folder_sync_data(fd);
}

int __real_journal_open(const struct journal_options *options, bool verify_all, struct journal **ret,
                        struct journal_open_report *report);
int __wrap_journal_open(const struct journal_options *options, bool verify_all, struct journal **ret,
                        struct journal_open_report *report)
{
    static bool torn;
    int rc = __real_journal_open(options, verify_all, ret, report);

    torn = torn || (rc == 0 && report->cut);
    if (turned == PLANTED_TORN_IS_DAMAGE && torn && rc == 0) {
        *ret = journal_close(*ret);
        return -EBADMSG;
    }
    return rc;
}

bool __real_journal_unknown(const struct journal *journal);
bool __wrap_journal_unknown(const struct journal *journal)
{
    return turned != PLANTED_SAYS_LOST && __real_journal_unknown(journal);
}

/* --- judging ------------------------------------------------------------------------------------------------------------------ */

void __real_core_resolve(const struct tables *tables, struct command *command);
void __wrap_core_resolve(const struct tables *tables, struct command *command)
{
    __real_core_resolve(tables, command);
    if (command->repeats != 0 && command->repeats_hash == command->body_hash && strikes(PLANTED_FORGETS_IDS, 5)) {
        command->repeats = 0;
    }
}

/* The record of this type in a verdict, or NULL. */
static struct record *record_of(struct verdict *verdict, enum record_type type)
{
    for (uint32_t i = 0; i < verdict->count; i++) {
        if (verdict->records[i].type == type) {
            return &verdict->records[i];
        }
    }
    return NULL;
}

/* Makes a record of this type one that changes no state. */
static void blank(struct verdict *verdict, enum record_type type)
{
    struct record *record = record_of(verdict, type);

    if (record != NULL) {
        record->type = RECORD_CASE_NOTED;
        record->body = (union record_body){0};
    }
}

static void done_by_signing(struct verdict *verdict)
{
    struct record *record = record_of(verdict, RECORD_DUTY_SIGNED);

    if (record != NULL && strikes(PLANTED_DONE_BY_SIGNING, 20)) {
        record->type = RECORD_DUTY_DONE;
        record->body = (union record_body){0};
        record->body.duty_done.duty_kind = DUTY_KIND_SUPPORT;
    }
}

/* The order that is proposed for a late lead becomes the end of its duty. */
static void relieve(struct verdict *verdict)
{
    struct record *order = record_of(verdict, RECORD_ORDER_PROPOSED), *rung = record_of(verdict, RECORD_RUNG_FIRED);

    if (order != NULL && rung != NULL && turned == PLANTED_RELIEVES) {
        order->type = RECORD_DUTY_ENDED;
        order->head.duty_id = rung->head.duty_id;
        order->body = (union record_body){0};
        order->body.duty_ended.duty_kind = DUTY_KIND_LEAD;
        order->body.duty_ended.reason = DUTY_END_EXPIRED;
    }
}

void __real_core_judge(const struct tables *tables, const struct command *command, struct verdict *ret);
void __wrap_core_judge(const struct tables *tables, const struct command *command, struct verdict *ret)
{
    __real_core_judge(tables, command, ret);
    if (ret->refusal != REFUSAL_NONE || ret->repeated || turned == PLANTED_NONE) {
        return;
    }
    done_by_signing(ret);
    relieve(ret);
    if (turned == PLANTED_NOT_CLOSED && record_of(ret, RECORD_FOLLOWUP_ENDED) != NULL) {
        blank(ret, RECORD_CASE_CLOSED);
    }
    if (turned == PLANTED_ANY_STATE && record_of(ret, RECORD_CASE_NOTED) != NULL && ret->count == 2) {
        ret->records[1].type = RECORD_CASE_ROUTED;
        ret->records[1].body = (union record_body){0};
    }
    if (turned == PLANTED_NOT_REPORTED) {
        blank(ret, RECORD_CALL_REPORTED);
    }
    if (turned == PLANTED_CALL_STAYS && record_of(ret, RECORD_CALL_RATED) != NULL) {
        blank(ret, RECORD_CALL_CLOSED);
    }
    if (turned == PLANTED_INNER_SIGNS && record_of(ret, RECORD_DUTY_ASSIGNED) != NULL) {
        record_of(ret, RECORD_CLOCK_STARTED)->body.clock_started.clock = CLOCK_KIND_SIGN;
    }
    if (record_of(ret, RECORD_LEAD_ANSWERED) != NULL && strikes(PLANTED_NOBODY, 20)) {
        blank(ret, RECORD_CASE_CLOSED);
    }
    if (turned == PLANTED_STUCK && record_of(ret, RECORD_LEAD_ANSWERED) != NULL && ret->records[0].head.case_id % 50 == 0) {
        ret->refusal = REFUSAL_BAD_STATE;
        ret->count = 0;
    }
}

/* --- applying ----------------------------------------------------------------------------------------------------------------- */

static void change_clock(const struct tables *tables, const struct record *record)
{
    struct clock_row clock;
    uint64_t id = record->type == RECORD_CLOCK_STARTED ? record->seq : record->body.rung_fired.clock_id;

    if (!tables_get(tables, ROW_CLOCK, id, &clock)) {
        return;
    }
    if (record->type == RECORD_CLOCK_STARTED) {
        clock.rung_at[RUNG_NOTICE] = 0;
    } else {
        clock.fired = 0;
    }
    tables_put(tables, ROW_CLOCK, id, &clock);
}

static void change_case(const struct tables *tables, const struct record *record)
{
    struct case_row row;

    if (tables_get(tables, ROW_CASE, record->head.case_id, &row)) {
        row.notes++;
        tables_put(tables, ROW_CASE, record->head.case_id, &row);
    }
}

void __real_core_apply(const struct tables *tables, const struct record *record);
void __wrap_core_apply(const struct tables *tables, const struct record *record)
{
    __real_core_apply(tables, record);
    if (turned == PLANTED_FIRES_AGAIN && record->type == RECORD_RUNG_FIRED && record->body.rung_fired.rung == RUNG_NOTICE) {
        change_clock(tables, record);
    }
    if (turned == PLANTED_NEVER_FIRES && record->type == RECORD_CLOCK_STARTED && record->seq % 5 == 0) {
        change_clock(tables, record);
    }
    if (turned == PLANTED_SECRET_STATE && record->type == RECORD_CASE_NOTED) {
        change_case(tables, record);
    }
}

/* --- what else ---------------------------------------------------------------------------------------------------------------- */

int64_t __real_calendar_counted(const struct calendar *calendar, enum time_kind kind, int64_t from_at, int64_t until_at);
int64_t __wrap_calendar_counted(const struct calendar *calendar, enum time_kind kind, int64_t from_at, int64_t until_at)
{
    int64_t ms = __real_calendar_counted(calendar, kind, from_at, until_at);
    bool working = kind == TIME_KIND_WORKING_HOURS || kind == TIME_KIND_WORKING_DAYS;

    return turned == PLANTED_LUNCH && working && until_at - from_at > 86400000 ? ms + 1000 : ms;
}

bool __real_outbox_next_event(struct outbox *outbox, enum record_type *ret_type, const void **ret_data, size_t *ret_size);
bool __wrap_outbox_next_event(struct outbox *outbox, enum record_type *ret_type, const void **ret_data, size_t *ret_size)
{
    bool more = __real_outbox_next_event(outbox, ret_type, ret_data, ret_size);

    return more && strikes(PLANTED_LOSES_EVENTS, 1000) ? __real_outbox_next_event(outbox, ret_type, ret_data, ret_size) : more;
}

const struct lease *__real_lease_find(const struct leases *leases, uint64_t duty_id, int64_t now_ms);
const struct lease *__wrap_lease_find(const struct leases *leases, uint64_t duty_id, int64_t now_ms)
{
    return turned == PLANTED_TWO_HANDS ? NULL : __real_lease_find(leases, duty_id, now_ms);
}
