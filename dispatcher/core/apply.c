/* apply.c - one record becomes rows: the whole, the case; duties, calls and clocks have files of their own */
#include "base/number.h"
#include "dispatcher/core/applying.h"
#include "dispatcher/core/metrics.h"

#include <assert.h>
#include <string.h>

/* --- request ids ------------------------------------------------------------------------------------------------------------ */

/* Who worked on a case does not ask the citizen afterwards. What is done on a follow-up duty is asking, not work on the case. */
static bool is_work(const struct applying *a)
{
    const struct command_info *command = command_info((enum command_type)a->record->body.command_taken.command);
    struct duty_row duty;
    return command != NULL && command->work &&
           !(tables_get(a->tables, ROW_DUTY, a->record->head.duty_id, &duty) && duty.kind == DUTY_KIND_FOLLOWUP);
}

/* A handler stands in the chain once; it is as long as people have worked on the case. */
static void remember_handler(struct applying *a)
{
    const struct command_taken_body *body = &a->record->body.command_taken;
    uint64_t hash = core_person_hash(body->actor, body->behalf);
    if (core_handled(a->tables, a->c, hash)) {
        return;
    }
    struct handler_row row = {.case_id = a->c->case_id, .prev = a->c->handler_last, .hash = hash};
    tables_put(a->tables, ROW_HANDLER, a->record->seq, &row);
    a->c->handler_last = a->record->seq;
}

/* Each new request forgets up to two that are neither young nor among the newest: bounded work, and no more are kept than came in
 * that time, or than the newest are. Age alone would not do: drill time may pass a month while a sender waits for its answer, and
 * so may real time while a machine is switched off. */
static void forget_requests(struct applying *a)
{
    struct request_row old;
    for (int i = 0; i < 2; i++) {
        if (a->d->request_count < CAP_REQUEST_MEMORY_COUNT || !tables_get(a->tables, ROW_REQUEST, a->d->oldest_request, &old) ||
            a->record->at_ms - old.at_ms <= CAP_REQUEST_MEMORY_MS) {
            return;
        }
        a->tables->ops->drop(a->tables->store, ROW_REQUEST, old.seq);
        a->d->request_count--;
        a->d->oldest_request = old.next; /* there is one: the newest never go */
    }
}

void apply_command_taken(struct applying *a)
{
    const struct command_taken_body *body = &a->record->body.command_taken;
    struct request_row row, *last;
    assert(body->actor.size <= sizeof(row.actor) && body->request.size <= sizeof(row.request));
    memset(&row, 0, sizeof(row));
    row.seq = a->record->seq;
    row.key_hash = core_request_hash(body->actor, body->request);
    row.body_hash = body->body_hash;
    memcpy(row.actor, body->actor.at, body->actor.size);
    memcpy(row.request, body->request.at, body->request.size);
    row.actor_size = (uint8_t)body->actor.size;
    row.request_size = (uint8_t)body->request.size;
    row.at_ms = a->record->at_ms;
    row.case_id = a->record->head.case_id;
    row.duty_id = a->record->head.duty_id;
    row.call_id = a->record->head.call_id;
    row.command = (uint16_t)body->command;
    row.state = (uint8_t)body->state;
    row.warning = (uint8_t)body->warning;
    forget_requests(a);
    last = a->d->last_request != 0 ? tables_edit(a->tables, ROW_REQUEST, a->d->last_request) : NULL;
    if (last != NULL) {
        last->next = row.seq;
    }
    tables_put(a->tables, ROW_REQUEST, row.seq, &row);
    a->d->last_request = row.seq;
    a->d->request_count++;
    if (a->d->oldest_request == 0) {
        a->d->oldest_request = row.seq;
    }
    if (a->c->case_id != 0 && is_work(a)) { /* a case that this very verdict opens has no citizen to be asked */
        remember_handler(a);
    }
}

/* --- the case ----------------------------------------------------------------------------------------------------------------- */

void apply_case_received(struct applying *a)
{
    const struct record_envelope *head = &a->record->head;
    const struct case_received_body *body = &a->record->body.case_received;
    struct case_row *c = a->c;
    c->case_id = a->record->seq;
    row_dims(head, &c->dims);
    c->dims.is_protected = c->dims.is_protected || body->secrecy; /* records before it was a dim */
    c->lead_acct = head->acct;
    c->day = body->day;
    c->day_no = body->day_no;
    c->anonymous = body->anonymous;
    c->no_reply = body->no_reply;
    c->secrecy = body->secrecy;
    c->has_contact = body->has_contact;
    c->accepted = body->accepted;
    c->given_limit = body->given_limit;
    c->given_limit_at = body->limit_at;
    c->reporters = body->reporters;
    c->round = 1;
    c->received_at = a->record->at_ms;
    c->rung_floor_at = INT64_MAX;
    struct number_row number = {.case_id = c->case_id};
    tables_put(a->tables, ROW_NUMBER, number_key(body->day, body->day_no), &number);
    a->d->day = body->day;
    a->d->day_no = body->day_no;
    a->d->cases++;
    a->d->open_cases++;
    metrics_count_case(a->tables, c);
}

void apply_case_noted(struct applying *a)
{
    a->c->notes++;
}

void apply_case_reclassified(struct applying *a)
{
    a->c->dims.urgency = (uint8_t)a->record->head.urgency;
}

void apply_order_proposed(struct applying *a)
{
    a->c->proposed_orders++;
}

void apply_followup_ended(struct applying *a)
{
    metrics_count_followup(a->tables, a->record);
}

void apply_case_routed(struct applying *a)
{
    const struct case_routed_body *body = &a->record->body.case_routed;
    struct case_row *c = a->c;
    c->lead = body->lead;
    c->lead_acct = a->record->head.acct;
    c->hops = body->hop;
    c->catalogue_row = body->row;
    c->contacts = 0;
    c->contact_reached = 0;
    metrics_count_case(a->tables, c);
}

void apply_case_pooled(struct applying *a)
{
    struct case_row *c = a->c;
    c->lead = (struct code){0};
    c->lead_acct = a->record->head.acct;
    c->catalogue_row = 0;
    c->handle_clock = 0;
    c->contacts = 0;
    c->contact_reached = 0;
    metrics_count_case(a->tables, c);
}

void apply_lead_answered(struct applying *a)
{
    struct case_row *c = a->c;
    c->answered_at = a->record->at_ms;
    if (c->first_answered_at == 0) {
        c->first_answered_at = a->record->at_ms;
    }
    c->answer_code = (uint32_t)a->record->body.lead_answered.code;
    metrics_count_case(a->tables, c);
}

void apply_case_awaits_call(struct applying *a)
{
    a->c->awaits = (uint8_t)a->record->body.case_awaits_call.disposition;
}

void apply_case_closed(struct applying *a)
{
    a->c->awaits = DISPOSITION_NONE;
    a->c->disposition = (uint8_t)a->record->body.case_closed.disposition;
    a->c->closed_at = a->record->at_ms;
    a->d->open_cases--;
    metrics_count_case(a->tables, a->c);
}

void apply_case_reopened(struct applying *a)
{
    struct case_row *c = a->c;
    if (a->was == CASE_STATE_CLOSED) {
        a->d->open_cases++;
    }
    c->round = a->record->head.round;
    c->disposition = DISPOSITION_NONE;
    c->awaits = DISPOSITION_NONE;
    c->answered_at = 0;
    c->closed_at = 0;
    metrics_count_case(a->tables, c);
}

/* --- configuration -------------------------------------------------------------------------------------------------------------
 */

void apply_config_adopted(struct applying *a)
{
    struct text hash = a->record->body.config_adopted.hash;
    assert(hash.size <= sizeof(a->d->config_hash));
    memset(a->d->config_hash, 0, sizeof(a->d->config_hash));
    memcpy(a->d->config_hash, hash.at, hash.size);
    a->d->units_from = 0;
    a->d->calendars_from = 0;
    a->d->settle_next = a->d->open_cases > 0 ? 1 : 0;
}

void apply_cases_settled(struct applying *a)
{
    a->d->settle_next = a->record->body.cases_settled.until;
}

void apply_calendar_published(struct applying *a)
{
    const struct calendar_published_body *body = &a->record->body.calendar_published;
    struct calendar_row row;
    memset(&row, 0, sizeof(row));
    assert(body->hash.size <= sizeof(row.hash));
    row.name = body->name;
    memcpy(row.hash, body->hash.at, body->hash.size);
    row.known_from_at = body->known_from;
    row.known_until_at = body->known_until;
    tables_put(a->tables, ROW_CALENDAR, a->record->seq, &row);
    if (a->d->calendars_from == 0) {
        a->d->calendars_from = a->record->seq;
    }
}

void apply_unit_published(struct applying *a)
{
    const struct record *record = a->record;
    struct unit_row row;
    memset(&row, 0, sizeof(row));
    row.unit = record->head.unit;
    row.acct = record->head.acct;
    row.parent = record->body.unit_published.parent;
    row.tier = (uint8_t)record->body.unit_published.tier;
    row.class = (uint8_t)record->body.unit_published.class;
    row.retired = record->body.unit_published.retired;
    row.successor = record->body.unit_published.successor;
    tables_put(a->tables, ROW_UNIT, record->seq, &row);
    if (a->d->units_from == 0) {
        a->d->units_from = record->seq;
    }
}

/* --- one record -----------------------------------------------------------------------------------------------------------------
 */

/* By its name: duty_signed is applied by apply_duty_signed. */
static void (*const appliers[RECORD_TYPE_MAX + 1])(struct applying *a) = {
#define APPLY(NAME, name) [RECORD_##NAME] = apply_##name,
    RECORDS_APPLIED(APPLY)
#undef APPLY
};

static void set_state(uint8_t *state, int to)
{
    if (to != RECORD_STATE_SAME) {
        *state = (uint8_t)to;
    }
}

/* The store failed and has latched it where a row is not there. */
static void apply_to_duty(struct applying *a)
{
    struct call_row call;
    if (!tables_get(a->tables, ROW_DUTY, a->record->head.duty_id, &a->duty)) {
        return;
    }
    set_state(&a->duty.state, a->info->duty_state);
    appliers[a->record->type](a);
    tables_put(a->tables, ROW_DUTY, a->duty.duty_id, &a->duty);
    if (a->info->call_state != RECORD_STATE_SAME && tables_get(a->tables, ROW_CALL, a->duty.call_id, &call)) {
        set_state(&call.state, a->info->call_state);
        tables_put(a->tables, ROW_CALL, call.call_id, &call);
    }
}

static void apply_to_call(struct applying *a)
{
    if (tables_get(a->tables, ROW_CALL, a->record->head.call_id, &a->call)) {
        set_state(&a->call.state, a->info->call_state);
        appliers[a->record->type](a);
        tables_put(a->tables, ROW_CALL, a->call.call_id, &a->call);
    }
}

static void apply_to_clock(struct applying *a)
{
    uint64_t clock_id;
    memcpy(&clock_id, (const char *)&a->record->body + a->info->clock_offset, sizeof(clock_id));
    if (tables_get(a->tables, ROW_CLOCK, clock_id, &a->clock)) {
        appliers[a->record->type](a);
        tables_put(a->tables, ROW_CLOCK, a->clock.clock_id, &a->clock);
    }
}

/* No row beyond the clock and the chain. */
static void apply_to_nothing(struct applying *a)
{
    (void)a;
}

static void apply_to_own(struct applying *a)
{
    appliers[a->record->type](a);
}

static void (*const apply_to[RECORD_APPLIES_COUNT])(struct applying *a) = {
    [RECORD_APPLIES_NOTHING] = apply_to_nothing, [RECORD_APPLIES_OWN] = apply_to_own,   [RECORD_APPLIES_DUTY] = apply_to_duty,
    [RECORD_APPLIES_CLOCK] = apply_to_clock,     [RECORD_APPLIES_CALL] = apply_to_call,
};

static void apply_body(struct applying *a)
{
    a->was = (enum case_state)a->c->state;
    set_state(&a->c->state, a->info->case_state);
    apply_to[a->info->applies](a);
}

void core_apply(const struct tables *tables, const struct record *record)
{
    assert(record->seq != 0);
    struct applying a;
    a.tables = tables;
    a.record = record;
    a.info = record_info(record->type);
    a.d = tables_edit(tables, ROW_DISTRICT, 1);
    if (a.d == NULL) {
        if (record->seq != 1) {
            return; /* the store failed and has latched it: the engine rewinds */
        }
        memset(&a.no_district, 0, sizeof(a.no_district));
        a.d = &a.no_district;
    }
    assert(record->seq == a.d->last_seq + 1); /* dense: nothing is skipped, nothing applied twice */
    /* A case is there after its case_received. */
    a.c = record->head.case_id != 0 && record->head.case_id < record->seq ? tables_edit(tables, ROW_CASE, record->head.case_id)
                                                                          : NULL;
    if (a.c == NULL) {
        memset(&a.no_case, 0, sizeof(a.no_case));
        a.c = &a.no_case;
    }
    apply_body(&a);
    if (a.c->case_id != 0) {
        a.c->last_seq = record->seq;
    }
    if (a.c == &a.no_case && a.c->case_id != 0) {
        tables_put(tables, ROW_CASE, a.c->case_id, a.c);
    }
    a.d->last_seq = record->seq;
    a.d->last_at = record->at_ms;
    if (a.info->event) {
        a.d->last_event = record->seq;
    }
    if (a.d == &a.no_district) {
        tables_put(tables, ROW_DISTRICT, 1, a.d);
    }
}
