/*
 * judge.c - the order in which every command is judged
 *
 *   1. the request id: remembered, or ID_REUSED
 *   2. the role: NO_ROLE
 *   3. sight: a case that the actor may not see is NOT_FOUND `case`, as one that does not exist (sight.h)
 *   4. the matter of a new case: NO_MATTER (of a case that there is, it is part of sight)
 *   5. whose it is: NOT_YOURS; where the holder of a duty decides, the duty or call is looked for first: NOT_FOUND, AMBIGUOUS
 *   6. a duty of a kind that the actor's roles do not work on: NO_ROLE
 *   7. the state of case, duty and call: BAD_STATE, or the code of the cell in rules.c
 *   8. the guards of its family, in the order in which its judge function has them
 */
#include "dispatcher/core/judging.h"
#include "dispatcher/core/number.h"
#include "dispatcher/core/rules.h"
#include "dispatcher/core/sight.h"

#include <assert.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t core_request_hash(struct text actor, struct text request)
{
    XXH64_state_t state;
    XXH64_reset(&state, 0);
    XXH64_update(&state, actor.at, actor.size);
    XXH64_update(&state, "", 1);
    XXH64_update(&state, request.at, request.size);
    return XXH64_digest(&state);
}

uint64_t core_person_hash(struct text name, struct text behalf)
{
    struct text who = behalf.size > 0 ? behalf : name;
    return XXH64(who.at, who.size, 0);
}

bool core_handled(const struct view *view, const struct case_row *c, uint64_t person_hash)
{
    struct handler_row row;
    for (uint64_t id = c->handler_last; id != 0 && view_get(view, ROW_HANDLER, id, &row); id = row.prev) {
        if (row.hash == person_hash) {
            return true;
        }
    }
    return false;
}

uint64_t core_request_find(const struct view *view, struct text actor, struct text request, uint64_t hash, struct request_row *ret)
{
    uint64_t seq = 0;
    while ((seq = view->ops->request(view->store, hash, seq)) != 0) {
        if (view_get(view, ROW_REQUEST, seq, ret) && ret->actor_size == actor.size && ret->request_size == request.size &&
            memcmp(ret->actor, actor.at, actor.size) == 0 && memcmp(ret->request, request.at, request.size) == 0) {
            return seq;
        }
    }
    return 0;
}

/* The reference fields stand first and in the same order in every command (groups case_ref and duty_ref), so that a member of
 * the union may be read through another one: C17 6.5.2.3, common initial sequence. */
static uint64_t referred_case(const struct view *view, const struct command *command)
{
    const struct sign_command *ref = &command->body.sign;
    if (ref->case_id != 0) {
        return ref->case_id;
    }
    uint32_t day, day_no;
    struct number_row number;
    if (ref->number.size != 0) {
        return number_parse(ref->number, &day, &day_no) && view_get(view, ROW_NUMBER, number_key(day, day_no), &number)
                   ? number.case_id
                   : 0;
    }
    struct request_row row;
    if (ref->submitted.size != 0) {
        uint64_t hash = core_request_hash(command->actor.name, ref->submitted);
        return core_request_find(view, command->actor.name, ref->submitted, hash, &row) != 0 ? row.case_id : 0;
    }
    return 0;
}

/* Commands that name a duty alone name its case by it. */
static uint64_t referred_duty(const struct command *command, const struct family *family)
{
    bool names_duty = family->duty_kinds != 0 && command->type != COMMAND_ROUTE && command->type != COMMAND_TAKE_OVER &&
                      command->type != COMMAND_DISPATCH_CALL && command->type != COMMAND_NOTE_ATTEMPT &&
                      command->type != COMMAND_NOTE_FOLLOWUP;
    return names_duty ? command->body.sign.duty_id : 0;
}

uint64_t core_command_case(const struct view *view, const struct command *command)
{
    struct clock_row clock;
    struct duty_row duty;
    if (command->type == COMMAND_PULSE) {
        if (command->body.pulse.clock_id != 0) {
            return view_get(view, ROW_CLOCK, command->body.pulse.clock_id, &clock) ? clock.case_id : 0;
        }
        return view_get(view, ROW_DUTY, command->body.pulse.duty_id, &duty) ? duty.case_id : 0;
    }
    const struct family *family = rules_family(command->type);
    if (family == NULL || !family->has_case) {
        return 0;
    }
    uint64_t case_id = referred_case(view, command);
    uint64_t duty_id = referred_duty(command, family);
    if (case_id == 0 && duty_id != 0 && view_get(view, ROW_DUTY, duty_id, &duty)) {
        case_id = duty.case_id;
    }
    return case_id;
}

/* Kinds that the command asks for: its `kind` field where it has one. */
static uint32_t wanted_kinds(const struct command *command, const struct family *family)
{
    uint32_t kinds = family->duty_kinds;
    const union command_body *body = &command->body;
    switch (command->type) {
    case COMMAND_CLAIM:
        return (body->claim.given & CLAIM_HAS_KIND) != 0 ? kinds & (UINT32_C(1) << body->claim.kind) : kinds;
    case COMMAND_RELEASE:
        return (body->release.given & RELEASE_HAS_KIND) != 0 ? kinds & (UINT32_C(1) << body->release.kind) : kinds;
    case COMMAND_SIGN:
        return (body->sign.given & SIGN_HAS_KIND) != 0 ? kinds & (UINT32_C(1) << body->sign.kind) : kinds;
    case COMMAND_CONTACT:
        return (body->contact.given & CONTACT_HAS_KIND) != 0 ? kinds & (UINT32_C(1) << body->contact.kind) : kinds;
    case COMMAND_CANCEL:
        return (body->cancel.given & CANCEL_HAS_KIND) != 0 ? kinds & (UINT32_C(1) << body->cancel.kind) : kinds;
    case COMMAND_SUBMIT:
    case COMMAND_ADD_NOTE:
    case COMMAND_ROUTE:
    case COMMAND_TAKE_OVER:
    case COMMAND_REOPEN:
    case COMMAND_REPORT:
    case COMMAND_ANSWER:
    case COMMAND_RAISE_CALL:
    case COMMAND_DISPATCH_CALL:
    case COMMAND_ARRIVE:
    case COMMAND_FINISH_CALL:
    case COMMAND_RATE_CALL:
    case COMMAND_WITHDRAW_CALL:
    case COMMAND_NOTE_ATTEMPT:
    case COMMAND_NOTE_FOLLOWUP:
    case COMMAND_ADVANCE:
    case COMMAND_PULSE:
    case COMMAND_ADOPT_CONFIG:
    case COMMAND_SETTLE:
        break;
    }
    return kinds;
}

/* Does this duty answer to what the command says about it (besides its kind and state)? */
static bool duty_fits(const struct judging *j, const struct duty_row *duty)
{
    const struct command *command = j->command;
    switch (command->type) {
    case COMMAND_ROUTE:
        return duty->call_id == 0;
    case COMMAND_DISPATCH_CALL:
        return duty->call_id != 0 &&
               (command->body.dispatch_call.call_id == 0 || command->body.dispatch_call.call_id == duty->call_id);
    case COMMAND_TAKE_OVER:
        return true;
    case COMMAND_NOTE_ATTEMPT:
        return duty->reporter ==
               ((command->body.note_attempt.given & NOTE_ATTEMPT_HAS_REPORTER) ? command->body.note_attempt.reporter : 1);
    case COMMAND_NOTE_FOLLOWUP:
        return duty->reporter ==
               ((command->body.note_followup.given & NOTE_FOLLOWUP_HAS_REPORTER) ? command->body.note_followup.reporter : 1);
    case COMMAND_RATE_CALL: {
        struct duty_row respond;
        const struct code *unit = &command->body.rate_call.unit;
        return code_empty(unit) || (view_get(j->view, ROW_DUTY, duty->of_duty, &respond) && code_equal(&respond.unit, unit));
    }
    case COMMAND_CANCEL: /* the creator cancels: the holder is somebody else */
        return code_empty(&command->body.cancel.unit) || code_equal(&command->body.cancel.unit, &duty->unit);
    case COMMAND_CLAIM:
    case COMMAND_RELEASE:
    case COMMAND_SIGN:
    case COMMAND_CONTACT:
    case COMMAND_REPORT:
    case COMMAND_ANSWER:
    case COMMAND_ARRIVE:
    case COMMAND_FINISH_CALL: {
        const struct code *unit = &command->body.sign.unit;
        return code_empty(unit) ? covers(j, unit_index(j, &duty->unit)) : code_equal(unit, &duty->unit);
    }
    case COMMAND_SUBMIT:
    case COMMAND_ADD_NOTE:
    case COMMAND_REOPEN:
    case COMMAND_RAISE_CALL:
    case COMMAND_WITHDRAW_CALL:
    case COMMAND_ADVANCE:
    case COMMAND_PULSE:
    case COMMAND_ADOPT_CONFIG:
    case COMMAND_SETTLE:
        break;
    }
    return false;
}

/* The field by which the command names one duty among those of its kind; NULL: it leaves that to the actor's subtree. */
static const char *named_in(const struct command *command)
{
    switch (command->type) {
    case COMMAND_DISPATCH_CALL:
        return command->body.dispatch_call.call_id != 0 ? "call" : NULL;
    case COMMAND_NOTE_ATTEMPT:
    case COMMAND_NOTE_FOLLOWUP:
        return "reporter";
    case COMMAND_RATE_CALL:
        return code_empty(&command->body.rate_call.unit) ? NULL : "unit";
    case COMMAND_CANCEL:
        return code_empty(&command->body.cancel.unit) ? NULL : "unit";
    case COMMAND_CLAIM:
    case COMMAND_RELEASE:
    case COMMAND_SIGN:
    case COMMAND_CONTACT:
    case COMMAND_REPORT:
    case COMMAND_ANSWER:
    case COMMAND_ARRIVE:
    case COMMAND_FINISH_CALL:
        return code_empty(&command->body.sign.unit) ? NULL : "unit";
    case COMMAND_SUBMIT:
    case COMMAND_ADD_NOTE:
    case COMMAND_ROUTE:
    case COMMAND_TAKE_OVER:
    case COMMAND_REOPEN:
    case COMMAND_RAISE_CALL:
    case COMMAND_WITHDRAW_CALL:
    case COMMAND_ADVANCE:
    case COMMAND_PULSE:
    case COMMAND_ADOPT_CONFIG:
    case COMMAND_SETTLE:
        break;
    }
    return NULL;
}

static enum unit_class actor_class(const struct judging *j)
{
    int32_t unit = unit_index(j, &j->command->actor.unit);
    return unit < 0 ? UNIT_CLASS_EXTERNAL : j->district->units[unit].class;
}

/* Lead, place, or the holder of an open duty. */
static bool in_case(const struct judging *j)
{
    if (covers_desk(j) || covers(j, unit_index(j, &j->c.lead)) || covers(j, unit_index(j, &j->c.dims.place))) {
        return true;
    }
    uint64_t cursor = j->c.duty_last;
    struct duty_row duty;
    while (next_open_duty(j, &cursor, &duty)) {
        if (covers(j, unit_index(j, &duty.unit))) {
            return true;
        }
    }
    return false;
}

static bool in_place(const struct judging *j)
{
    int32_t place = unit_index(j, &j->command->body.submit.place);
    return place < 0 || covers_desk(j) || covers(j, place); /* an unknown place is said by the guard */
}

/* Does the actor act for what the command's scope names? */
static bool in_scope(const struct judging *j, const struct family *family)
{
    switch (family->scope) {
    case SCOPE_PLACE:
        return in_place(j);
    case SCOPE_DISTRICT:
        return covers(j, j->district->district_unit);
    case SCOPE_CASE:
        return in_case(j);
    case SCOPE_DESK:
        return covers_desk(j);
    case SCOPE_LEAD:
        return covers(j, code_empty(&j->c.lead) ? j->district->desk_unit : unit_index(j, &j->c.lead));
    case SCOPE_HOLDER:
        return covers(j, unit_index(j, &j->duty.unit));
    case SCOPE_RATER:
        return covers(j, unit_index(j, &j->duty.unit)) || actor_class(j) == UNIT_CLASS_DEPARTMENT;
    case SCOPE_CREATOR:
        return (has_role(j, ROLE_DISPATCHER) && covers_desk(j)) || covers(j, unit_in_service(j, &j->duty.creator));
    case SCOPE_CALLER:
        return covers(j, unit_in_service(j, &j->call.caller));
    }
    return false;
}

/* Is the duty of a kind that the actor's roles work on, where the command asks for that? */
static bool own_kind(const struct judging *j, const struct family *family, const struct duty_row *duty)
{
    return !family->own_kinds || (rules_role_kinds(j->command->actor.roles) & (UINT32_C(1) << duty->kind)) != 0;
}

static bool refuse_kind(struct judging *j, const struct duty_row *duty)
{
    return refuse(j, REFUSAL_NO_ROLE, enum_name(&role_enum, (int)rules_kind_role((enum duty_kind)duty->kind)));
}

/* What a walk over the duties of a case has found: of its kind, by what the command says about it. */
struct fitting {
    uint32_t open;
    struct duty_row at;     /* an open one */
    struct duty_row over;   /* the newest that is over */
    struct duty_row barred; /* an open one that the actor's roles do not work on */
    struct duty_row others; /* the newest that does not fit */
};

static void look_for_duty(struct judging *j, const struct family *family, struct fitting *ret)
{
    uint32_t kinds = wanted_kinds(j->command, family);
    struct duty_row duty;
    memset(ret, 0, sizeof(*ret));
    for (uint64_t id = j->c.duty_last; id != 0 && view_get(j->view, ROW_DUTY, id, &duty); id = duty.prev_of_case) {
        if ((kinds & (UINT32_C(1) << duty.kind)) == 0) {
            continue;
        }
        if (!duty_fits(j, &duty)) {
            ret->others = ret->others.duty_id == 0 ? duty : ret->others;
        } else if (!duty_open(&duty)) {
            ret->over = ret->over.duty_id == 0 ? duty : ret->over;
        } else if (!own_kind(j, family, &duty)) {
            ret->barred = duty;
        } else {
            ret->at = duty;
            ret->open++;
        }
    }
}

static bool named_duty(struct judging *j, const struct family *family, uint64_t duty_id)
{
    if (!view_get(j->view, ROW_DUTY, duty_id, &j->duty) || j->duty.case_id != j->c.case_id) {
        return refuse(j, REFUSAL_NOT_FOUND, "duty");
    }
    bool kind = (wanted_kinds(j->command, family) & (UINT32_C(1) << j->duty.kind)) != 0;
    return kind || !in_scope(j, family) || refuse(j, REFUSAL_BAD_STATE, "duty"); /* whose it is comes first */
}

/* Finds the duty: by id, else the only fitting open one, else the newest fitting one that is over (so that the state can say why
 * not), else, where the command names nobody, the newest of the kind that somebody else holds (so that the subtree can say why
 * not). */
static bool find_duty(struct judging *j, const struct family *family)
{
    uint64_t wanted = referred_duty(j->command, family);
    struct fitting found;
    if (wanted != 0) {
        return named_duty(j, family, wanted);
    }
    look_for_duty(j, family, &found);
    if (found.open > 1) {
        return refuse(j, REFUSAL_AMBIGUOUS, "duty"); /* the sender has to say which */
    }
    if (found.open == 1) {
        j->duty = found.at;
        return true;
    }
    if (found.barred.duty_id != 0) {
        j->duty = found.barred;
        return true; /* whose it is comes first */
    }
    j->duty = found.over.duty_id != 0 ? found.over : found.others;
    if (j->duty.duty_id == 0) {
        return refuse(j, REFUSAL_BAD_STATE, "duty");
    }
    const char *named = named_in(j->command);
    if (found.over.duty_id == 0 && named != NULL) {
        return refuse(j, REFUSAL_NOT_FOUND, named); /* never the duty of somebody whom the command did not name */
    }
    return true;
}

/* The call of a command that works on a call itself: by id, else the newest open one, else the newest. */
static bool find_call(struct judging *j)
{
    uint64_t wanted = j->command->body.withdraw_call.call_id, newest = 0;
    for (uint64_t id = j->c.call_last; id != 0 && view_get(j->view, ROW_CALL, id, &j->call); id = j->call.prev_of_case) {
        newest = newest == 0 ? id : newest;
        if (id == wanted || (wanted == 0 && j->call.state != CALL_STATE_CLOSED)) {
            return true;
        }
    }
    return wanted == 0 && newest != 0 && view_get(j->view, ROW_CALL, newest, &j->call);
}

/* Loads the case that the command names, if the actor may see it. */
static bool find_case(struct judging *j)
{
    const struct actor *actor = &j->command->actor;
    uint64_t case_id = core_command_case(j->view, j->command);
    struct sight sight = sight_of(j->district, &actor->unit, &actor->matters);
    if (case_id == 0 || !view_get(j->view, ROW_CASE, case_id, &j->c) || !sight_case(j->view, &sight, &j->c)) {
        memset(&j->c, 0, sizeof(j->c));
        return refuse(j, REFUSAL_NOT_FOUND, "case");
    }
    j->prev = j->c.last_seq;
    if (j->c.total_clock != 0) {
        view_get(j->view, ROW_CLOCK, j->c.total_clock, &j->total);
    }
    return true;
}

/* Loads the duty and the call of the case that the command is about. */
static bool find_parts(struct judging *j, const struct family *family)
{
    if (family->duty_kinds != 0 && !find_duty(j, family)) {
        return false;
    }
    if (family->has_call && (family->duty_kinds == 0 || j->duty.call_id != 0)) {
        bool found = family->duty_kinds == 0 ? find_call(j) : view_get(j->view, ROW_CALL, j->duty.call_id, &j->call);
        if (!found) {
            return refuse(j, REFUSAL_NOT_FOUND, "call");
        }
        j->call_id = j->call.call_id;
    }
    return true;
}

/* Loads what the command is about, as far as the actor sees it and has to do with it. */
static bool find_objects(struct judging *j, const struct family *family)
{
    if (family->has_case && !find_case(j)) {
        return false;
    }
    if (family->scope <= SCOPE_LEAD && !in_scope(j, family)) {
        return refuse(j, REFUSAL_NOT_YOURS, "unit");
    }
    if (family->has_case && !find_parts(j, family)) {
        return false;
    }
    if (family->scope > SCOPE_LEAD && !in_scope(j, family)) {
        return refuse(j, REFUSAL_NOT_YOURS, "unit");
    }
    return j->duty.duty_id == 0 || own_kind(j, family, &j->duty) || refuse_kind(j, &j->duty);
}

bool core_matter_allowed(const struct codes *matters, const struct code *matter)
{
    for (uint32_t i = 0; i < matters->count; i++) {
        const char *at = matters->at[i].s;
        size_t same = 0;
        while (same < CODE_SIZE && at[same] == matter->s[same] && at[same] != '\0') {
            same++;
        }
        if (same == CODE_SIZE || at[same] == '*' || code_equal(&matters->at[i], matter)) {
            return true;
        }
    }
    return matters->count == 0;
}

static bool state_allows(struct judging *j, enum machine machine, int state, int kind, const char *object)
{
    if (!rules_know(machine, j->command->type)) {
        return true;
    }
    const struct rule *rule = rules_cell(machine, j->command->type, state, kind);
    if (rule == NULL) {
        return refuse(j, REFUSAL_BAD_STATE, object);
    }
    return rule->refusal == REFUSAL_NONE || refuse(j, rule->refusal, object);
}

static bool states_allow(struct judging *j, const struct family *family)
{
    return (!family->has_case || state_allows(j, MACHINE_CASE, j->c.state, 0, "case")) &&
           (j->duty.duty_id == 0 || state_allows(j, MACHINE_DUTY, j->duty.state, j->duty.kind, "duty")) &&
           (j->call.call_id == 0 || state_allows(j, MACHINE_CALL, j->call.state, 0, "call"));
}

/* Opens the records of an accepted command; complete_records fills in what is known at the end. */
static void open_records(struct judging *j)
{
    const struct command *command = j->command;
    struct command_taken_body *body = &emit(j, RECORD_COMMAND_TAKEN)->body.command_taken;
    body->command = command->type;
    body->actor = command->actor.name;
    body->behalf = command->actor.behalf;
    body->request = command->request;
    body->body_hash = command->body_hash;
}

/* What the answer says is known once all records are there: the lead that was offered or the duty that was worked on, the call, the
 * state that the case is in afterwards. */
static void complete_records(struct judging *j)
{
    struct record *first = &j->verdict->records[0];
    first->body.command_taken.count = j->verdict->count - 1;
    first->head.duty_id = j->duty.duty_id;
    first->head.call_id = j->call_id;
    enum case_state state = (enum case_state)j->c.state;
    for (uint32_t i = 1; i < j->verdict->count; i++) {
        const struct record *record = &j->verdict->records[i];
        if (record->type == RECORD_CASE_RECEIVED) {
            state = CASE_STATE_RECEIVED;
        } else if (record->type == RECORD_CASE_ROUTED || record->type == RECORD_CASE_REOPENED) {
            state = CASE_STATE_HANDLING;
        } else if (record->type == RECORD_LEAD_ANSWERED) {
            state = CASE_STATE_ANSWERED;
        } else if (record->type == RECORD_CASE_CLOSED) {
            state = CASE_STATE_CLOSED;
        } else if (record->type == RECORD_DUTY_OFFERED && record->body.duty_offered.duty_kind == DUTY_KIND_LEAD) {
            first->head.duty_id = record->seq;
        }
    }
    first->body.command_taken.state = state;
}

static const char *role_wanted(enum command_type type)
{
    for (int role = 0; role < ROLE_COUNT; role++) {
        if ((command_info(type)->roles & (UINT32_C(1) << role)) != 0) {
            return enum_name(&role_enum, role);
        }
    }
    return "role";
}

static bool judge_wire(struct judging *j)
{
    const struct command *command = j->command;
    const struct family *family = rules_family(command->type);
    assert(family != NULL);
    struct request_row row;
    uint64_t seq = core_request_find(j->view, command->actor.name, command->request, command->request_hash, &row);
    if (seq != 0) {
        if (row.body_hash != command->body_hash) {
            return refuse(j, REFUSAL_ID_REUSED, "id");
        }
        j->verdict->repeated = true;
        j->verdict->request_seq = seq;
        return false;
    }
    if ((command_info(command->type)->roles & command->actor.roles) == 0) {
        return refuse(j, REFUSAL_NO_ROLE, role_wanted(command->type));
    }
    if (command->type == COMMAND_SUBMIT && !core_matter_allowed(&command->actor.matters, &command->body.submit.matter)) {
        return refuse(j, REFUSAL_NO_MATTER, "matter");
    }
    if (!find_objects(j, family)) {
        return false;
    }
    if (!states_allow(j, family)) {
        return false;
    }
    if (command->type == COMMAND_SUBMIT) {
        j->c.case_id = command->next_seq + 1; /* the sequence that case_received gets */
    }
    open_records(j);
    if (!family->judge(j)) {
        j->verdict->count = 0;
        return false;
    }
    complete_records(j);
    return true;
}

void core_judge(const struct view *view, const struct command *command, struct verdict *ret)
{
    ret->refusal = REFUSAL_NONE;
    ret->field = NULL;
    ret->cause = NULL;
    ret->repeated = false;
    ret->request_seq = 0;
    ret->count = 0;
    struct judging j = {
        .view = view,
        .district = view->district,
        .policy = &view->district->policy,
        .command = command,
        .verdict = ret,
        .now_ms = command->now_ms,
    };
    if (command->type == COMMAND_PULSE) {
        judge_pulse(&j);
    } else if (command->type == COMMAND_ADOPT_CONFIG) {
        judge_adopt(&j);
    } else if (command->type == COMMAND_SETTLE) {
        judge_settle(&j);
    } else {
        judge_wire(&j);
    }
}

bool core_answer(const struct view *view, uint64_t request_seq, char *number_buffer, struct command_answer *ret)
{
    struct request_row row;
    struct case_row c;
    if (!view_get(view, ROW_REQUEST, request_seq, &row)) {
        return false;
    }
    memset(ret, 0, sizeof(*ret));
    ret->seq = row.seq;
    ret->at = row.at_ms;
    ret->case_id = row.case_id;
    ret->duty_id = row.duty_id;
    ret->call_id = row.call_id;
    ret->state = (enum case_state)row.state;
    number_buffer[0] = '\0';
    if (row.case_id != 0 && view_get(view, ROW_CASE, row.case_id, &c)) {
        number_print(c.day, c.day_no, number_buffer);
    }
    ret->number = text_of(number_buffer);
    return true;
}
