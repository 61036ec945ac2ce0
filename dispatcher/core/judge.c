/*
 * judge.c - the order in which every command is judged
 *
 *   1. the role: NO_ROLE, said by who takes the message in (core_role_allows)
 *   2. the request id: remembered, or ID_REUSED (core_resolve has looked it up)
 *   3. the matter of a new case: NO_MATTER (of a case that is there already, it is part of sight)
 *   4. sight: a case that the actor may not see is NOT_FOUND `case`, as one that does not exist (sight.h)
 *   5. whose it is: NOT_YOURS; then the duty and the call: NOT_FOUND, AMBIGUOUS, or BAD_STATE when the case has no such duty. When
 *      these say whose it is (holder, rater, creator, caller) they are looked for first
 *   6. a duty of a kind that the actor's roles do not work on: NO_ROLE
 *   7. the state of case, duty and call: BAD_STATE, or the code of the cell in rules.c
 *   8. the guards of its family, in the order in which its judge function has them
 */
#include "base/number.h"
#include "dispatcher/core/judging.h"
#include "dispatcher/core/question.h"
#include "dispatcher/core/rules.h"
#include "dispatcher/core/sight.h"

#include <assert.h>
#include <string.h>

uint64_t core_case_named(const struct tables *tables, struct text actor, const struct reference *about)
{
    uint32_t day = 0, day_no = 0;
    struct number_row number;
    struct request_row submit;
    struct duty_row duty;
    if (about->case_id != 0) {
        return about->case_id;
    }
    if (about->number.size != 0) {
        if (number_parse(about->number.at, about->number.size, &day, &day_no) &&
            tables_get(tables, ROW_NUMBER, number_key(day, day_no), &number)) {
            return number.case_id;
        }
    } else if (about->submitted.size != 0) {
        uint64_t hash = core_request_hash(actor, about->submitted);
        if (core_request_find(tables, actor, about->submitted, hash, &submit) != 0 && submit.case_id != 0) {
            return submit.case_id;
        }
    }
    return tables_get(tables, ROW_DUTY, about->duty_id, &duty) ? duty.case_id : 0;
}

static uint64_t named_id(const struct command_info *info, const union command_body *body, enum command_ref ref)
{
    bool given;
    const uint64_t *id = command_field(info, body, ref, &given);
    return id != NULL ? *id : 0;
}

static struct text named_text(const struct command_info *info, const union command_body *body, enum command_ref ref)
{
    bool given;
    const struct text *text = command_field(info, body, ref, &given);
    return text != NULL ? *text : (struct text){0};
}

static const struct code *named_code(const struct command_info *info, const union command_body *body, enum command_ref ref)
{
    static const struct code none;
    bool given;
    const struct code *code = command_field(info, body, ref, &given);
    return code != NULL ? code : &none;
}

/* What the fields of the command say it is about. */
static void read_reference(const struct command_info *info, const union command_body *body, struct reference *ret)
{
    bool given;
    ret->case_id = named_id(info, body, COMMAND_REF_CASE);
    ret->number = named_text(info, body, COMMAND_REF_NUMBER);
    ret->submitted = named_text(info, body, COMMAND_REF_SUBMITTED);
    ret->duty_id = named_id(info, body, COMMAND_REF_DUTY);
    ret->call_id = named_id(info, body, COMMAND_REF_CALL);
    ret->unit = *named_code(info, body, info->ref[COMMAND_REF_RATED] != 0 ? COMMAND_REF_RATED : COMMAND_REF_UNIT);
    const enum duty_kind *kind = command_field(info, body, COMMAND_REF_KIND, &given);
    ret->kinds = given ? info->duty_kinds & (UINT32_C(1) << *kind) : info->duty_kinds;
    const uint32_t *reporter = command_field(info, body, COMMAND_REF_REPORTER, &given);
    ret->reporter = given ? *reporter : 1;
}

void core_resolve(const struct tables *tables, struct command *command)
{
    const struct command_info *info = command_info(command->type);
    struct request_row row;
    command->about = (struct reference){0};
    command->repeats = core_request_find(tables, command->actor.name, command->request, command->request_hash, &row);
    if (command->repeats != 0) {
        command->repeats_hash = row.body_hash;
        return;
    }
    if (info->ref[COMMAND_REF_CASE] != 0) {
        read_reference(info, &command->body, &command->about);
        command->about.case_id = core_case_named(tables, command->actor.name, &command->about);
    }
}

/* Is it a duty that the command works on at all: of one of its kinds, within a call or outside of calls? */
static bool works_on(const struct judging *j, const struct duty_row *duty)
{
    bool within = j->info->call == COMMAND_CALL_NOT ? duty->call_id == 0 : j->info->call != COMMAND_CALL_ONE || duty->call_id != 0;
    return within && (j->command->about.kinds & (UINT32_C(1) << duty->kind)) != 0;
}

/* Does this duty answer to the names that the command has for it? */
static bool duty_named(const struct judging *j, const struct duty_row *duty)
{
    const struct reference *about = &j->command->about;
    struct duty_row followed;
    if (about->call_id != 0 && about->call_id != duty->call_id) {
        return false;
    }
    if (j->info->ref[COMMAND_REF_REPORTER] != 0 && about->reporter != duty->reporter) {
        return false;
    }
    if (code_empty(&about->unit)) {
        return true;
    }
    if (j->info->ref[COMMAND_REF_RATED] != 0) {
        return tables_get(j->tables, ROW_DUTY, duty->of_duty, &followed) && code_equal(&followed.unit, &about->unit);
    }
    return code_equal(&about->unit, &duty->unit);
}

/* The field by which the command names one duty among those that it works on. */
static const char *named_in(const struct judging *j)
{
    if (j->info->ref[COMMAND_REF_REPORTER] != 0) {
        return "reporter";
    }
    return j->command->about.call_id != 0 ? "call" : "unit";
}

static bool in_case(const struct judging *j)
{
    return sight_case_now(j->tables, &j->sight, &j->c);
}

static bool in_place(const struct judging *j)
{
    int32_t place = unit_index(j, named_code(j->info, &j->command->body, COMMAND_REF_PLACE));
    int32_t street = desk_street(j);                          /* whose cases its desk takes in */
    return place < 0 || covers_desk(j) || covers(j, place) || /* an unknown place is said by the guard */
           (street >= 0 && district_within(j->district, place, street));
}

static bool in_district(const struct judging *j)
{
    return covers(j, j->district->district_unit);
}

static bool in_lead(const struct judging *j)
{
    return covers(j, code_empty(&j->c.lead) ? j->district->desk_unit : unit_index(j, &j->c.lead));
}

static bool in_holder(const struct judging *j)
{
    return covers(j, unit_index(j, &j->duty.unit));
}

/* A department that did the work is told WRONG_DIRECTION by the guard. Who sees the case is of a unit in the set. */
static bool in_rater(const struct judging *j)
{
    const struct unit *actor = &j->district->units[j->sight.top];
    return speaks_for(j, unit_index(j, &j->duty.unit)) || actor->class == UNIT_CLASS_DEPARTMENT;
}

static bool in_creator(const struct judging *j)
{
    int32_t creator = unit_in_service(j, &j->duty.creator);
    return (has_role(j, ROLE_DISPATCHER) && covers_desk(j)) || covers(j, creator) ||
           (j->duty.kind == DUTY_KIND_RESPOND && speaks_for(j, creator));
}

static bool in_caller(const struct judging *j)
{
    return speaks_for(j, unit_in_service(j, &j->call.caller));
}

/* Does the actor act for what the command's scope names? What the case alone tells is looked at before the duty is. */
static const struct {
    bool (*has)(const struct judging *j);
    bool of_case;
} scopes[COMMAND_SCOPE_COUNT] = {
    [COMMAND_SCOPE_PLACE] = {in_place, true},    [COMMAND_SCOPE_DISTRICT] = {in_district, true},
    [COMMAND_SCOPE_CASE] = {in_case, true},      [COMMAND_SCOPE_DESK] = {covers_desk, true},
    [COMMAND_SCOPE_LEAD] = {in_lead, true},      [COMMAND_SCOPE_HOLDER] = {in_holder, false},
    [COMMAND_SCOPE_RATER] = {in_rater, false},   [COMMAND_SCOPE_CREATOR] = {in_creator, false},
    [COMMAND_SCOPE_CALLER] = {in_caller, false},
};

static bool in_scope(const struct judging *j)
{
    return scopes[j->info->scope].has(j);
}

/* Is the duty of a kind that the actor's roles work on, where the command asks for that? */
static bool own_kind(const struct judging *j, const struct duty_row *duty)
{
    uint32_t roles = j->command->actor.roles;
    return !j->info->own_kinds ||
           ((rules_role_kinds(roles) & (UINT32_C(1) << duty->kind)) != 0 && question_allows(duty, roles, j->now_ms));
}

static bool refuse_kind(struct judging *j, const struct duty_row *duty)
{
    bool decides = duty->kind == DUTY_KIND_DECIDE;
    enum role named = decides ? question_named((enum about)duty->about) : rules_duty_kind((enum duty_kind)duty->kind)->named;
    return refuse(j, REFUSAL_NO_ROLE, enum_name(&role_enum, (int)named));
}

/* What a walk over the duties of a case has found among those that the command works on. */
struct fitting {
    uint32_t open, parts;
    struct duty_row at;      /* an open one */
    struct duty_row part;    /* an open one that was handed on to another unit than the actor's: meant where no other is */
    struct duty_row over;    /* the newest that is over */
    struct duty_row barred;  /* an open one that the actor's roles do not work on */
    bool misnamed;           /* there is one that the command does not name */
    struct duty_row foreign; /* an open one that is not the actor's to rate or to cancel */
    bool of_others;          /* there is one that somebody else holds, where the holder acts */
};

/* Of several callers each means its own: is this duty the actor's to rate or to cancel, where the command does that? Where the
 * scope is another, it has been asked. */
static bool is_own(struct judging *j, const struct duty_row *duty)
{
    j->duty = *duty;
    return in_scope(j);
}

static void look_for_duty(struct judging *j, struct fitting *ret)
{
    bool holds = j->info->scope == COMMAND_SCOPE_HOLDER;
    struct duty_row duty;
    memset(ret, 0, sizeof(*ret));
    for (uint64_t id = j->c.duty_last; id != 0 && tables_get(j->tables, ROW_DUTY, id, &duty); id = duty.prev_of_case) {
        if (!works_on(j, &duty)) {
            continue;
        }
        if (!duty_named(j, &duty)) {
            ret->misnamed = true;
        } else if (holds && !covers(j, unit_index(j, &duty.unit))) {
            ret->of_others = true;
        } else if (!duty_open(&duty)) {
            ret->over = ret->over.duty_id == 0 ? duty : ret->over;
        } else if (!own_kind(j, &duty)) {
            ret->barred = duty;
        } else if (!is_own(j, &duty)) {
            ret->foreign = duty;
        } else if (duty.internal && unit_index(j, &duty.unit) != j->sight.top) {
            ret->part = duty;
            ret->parts++;
        } else {
            ret->at = duty;
            ret->open++;
        }
    }
}

static bool named_duty(struct judging *j, uint64_t duty_id)
{
    if (!tables_get(j->tables, ROW_DUTY, duty_id, &j->duty) || j->duty.case_id != j->c.case_id) {
        return refuse(j, REFUSAL_NOT_FOUND, "duty");
    }
    bool kind = (j->command->about.kinds & (UINT32_C(1) << j->duty.kind)) != 0;
    return kind || !in_scope(j) || refuse(j, REFUSAL_BAD_STATE, "duty"); /* whose it is comes first */
}

/* Finds the duty: by id, else the only fitting open one, else the newest fitting one that is over, so that the state can say why
 * not; never the duty of somebody whom the command did not name. */
static bool find_duty(struct judging *j)
{
    uint64_t wanted = j->command->about.duty_id;
    struct fitting found;
    if (wanted != 0) {
        return named_duty(j, wanted);
    }
    look_for_duty(j, &found);
    if (found.open == 0) {
        found.open = found.parts;
        found.at = found.part;
    }
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
    if (found.foreign.duty_id != 0) {
        j->duty = found.foreign;
        return true; /* and is told */
    }
    if (found.over.duty_id != 0) {
        j->duty = found.over;
        return true;
    }
    if (found.of_others) {
        return refuse(j, REFUSAL_NOT_YOURS, "unit");
    }
    return found.misnamed ? refuse(j, REFUSAL_NOT_FOUND, named_in(j)) : refuse(j, REFUSAL_BAD_STATE, "duty");
}

/* The call of a command that works on a call itself: by id, else the newest open one of the actor's, else the newest. */
static bool find_call(struct judging *j)
{
    uint64_t wanted = j->command->about.call_id;
    for (uint64_t id = j->c.call_last; id != 0 && tables_get(j->tables, ROW_CALL, id, &j->call); id = j->call.prev_of_case) {
        if (id == wanted || (wanted == 0 && j->call.state != CALL_STATE_CLOSED && in_scope(j))) {
            return true;
        }
    }
    return wanted == 0 && tables_get(j->tables, ROW_CALL, j->c.call_last, &j->call);
}

/* Loads the case that the command names, if the actor may see it. */
static bool find_case(struct judging *j)
{
    uint64_t case_id = j->command->about.case_id;
    if (!tables_get(j->tables, ROW_CASE, case_id, &j->c) || !sight_case(j->tables, &j->sight, &j->c)) {
        memset(&j->c, 0, sizeof(j->c));
        return refuse(j, REFUSAL_NOT_FOUND, "case");
    }
    j->prev = j->c.last_seq;
    tables_get(j->tables, ROW_CLOCK, j->c.total_clock, &j->total);
    return true;
}

/* Loads the duty and the call of the case that the command is about. */
static bool find_parts(struct judging *j)
{
    bool by_duty = j->info->duty_kinds != 0;
    bool of_call = j->info->call == COMMAND_CALL_ITS || j->info->call == COMMAND_CALL_ONE;
    if (by_duty && !find_duty(j)) {
        return false;
    }
    if (of_call && (!by_duty || j->duty.call_id != 0)) {
        bool found = by_duty ? tables_get(j->tables, ROW_CALL, j->duty.call_id, &j->call) : find_call(j);
        if (!found) {
            return refuse(j, REFUSAL_NOT_FOUND, "call");
        }
        j->call_id = j->call.call_id;
    }
    return true;
}

/* Does the command open a case: submit, and what may be about a place instead of a case, and names no case? */
static bool opens_case(const struct judging *j)
{
    const struct reference *about = &j->command->about;
    bool named = about->case_id != 0 || about->number.size != 0 || about->submitted.size != 0;
    return j->info->ref[COMMAND_REF_PLACE] != 0 &&
           (j->info->ref[COMMAND_REF_CASE] == 0 ||
            (!named && !code_empty(named_code(j->info, &j->command->body, COMMAND_REF_PLACE))));
}

static bool works_on_case(const struct judging *j)
{
    return j->info->ref[COMMAND_REF_CASE] != 0;
}

/* Loads what the command is about, as far as the actor sees it and has to do with it. */
static bool find_objects(struct judging *j)
{
    bool of_case = scopes[j->info->scope].of_case;
    if (opens_case(j)) {
        return in_place(j) || refuse(j, REFUSAL_NOT_YOURS, "unit");
    }
    if (works_on_case(j) && !find_case(j)) {
        return false;
    }
    if (of_case && !in_scope(j)) {
        return refuse(j, REFUSAL_NOT_YOURS, "unit");
    }
    if (!find_parts(j)) {
        return false;
    }
    if (!of_case && !in_scope(j)) {
        return refuse(j, REFUSAL_NOT_YOURS, "unit");
    }
    return own_kind(j, &j->duty) || refuse_kind(j, &j->duty);
}

static bool state_allows(struct judging *j, enum machine machine, int state, int kind, const char *object)
{
    const struct rule *rule = rules_cell(machine, j->command->type, state, kind);
    if (rule == NULL) {
        return refuse(j, REFUSAL_BAD_STATE, object);
    }
    return rule->refusal == REFUSAL_NONE || refuse(j, rule->refusal, object);
}

static bool states_allow(struct judging *j)
{
    return (!works_on_case(j) || state_allows(j, MACHINE_CASE, j->c.state, 0, "case")) &&
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
    first->body.command_taken.state = (enum case_state)j->c.state;
    first->body.command_taken.warning = j->verdict->warning;
    first->head.duty_id = j->lead_offered != 0 ? j->lead_offered : j->duty.duty_id;
    first->head.call_id = j->call_id;
}

/* By its name: `sign` is judged by judge_sign. */
static bool (*const judges[COMMAND_TYPE_MAX + 1])(struct judging *j) = {
#define JUDGE(NAME, name) [COMMAND_##NAME] = judge_##name,
    COMMANDS(JUDGE)
#undef JUDGE
};

static bool judge_wire(struct judging *j)
{
    const struct command *command = j->command;
    bool opens = opens_case(j);
    if (command->repeats != 0) {
        if (command->repeats_hash != command->body_hash) {
            return refuse(j, REFUSAL_ID_REUSED, "id");
        }
        j->verdict->repeated = true;
        j->verdict->request_seq = command->repeats;
        return false;
    }
    if (opens && !core_matter_allowed(&command->actor.matters, named_code(j->info, &command->body, COMMAND_REF_MATTER))) {
        return refuse(j, REFUSAL_NO_MATTER, "matter");
    }
    if (!find_objects(j) || !states_allow(j)) {
        return false;
    }
    if (opens) {
        j->c.case_id = command->next_seq + 1; /* the sequence that case_received gets */
    }
    open_records(j);
    if (!judges[command->type](j)) {
        j->verdict->count = 0;
        return false;
    }
    await_stopped(j);
    complete_records(j);
    return true;
}

void core_judge(const struct tables *tables, const struct command *command, struct verdict *ret)
{
    ret->refusal = REFUSAL_NONE;
    ret->field = NULL;
    ret->cause = NULL;
    ret->warning = WARNING_NONE;
    ret->repeated = false;
    ret->request_seq = 0;
    ret->count = 0;
    struct judging j = {
        .tables = tables,
        .district = tables->district,
        .policy = &tables->district->policy,
        .command = command,
        .info = command_info(command->type),
        .verdict = ret,
        .now_ms = command->now_ms,
        .sight = sight_of(tables->district, &command->actor.unit, &command->actor.matters),
    };
    if (j.info->wire) {
        judge_wire(&j);
    } else {
        judges[command->type](&j);
    }
}

/* The number of the case that an answer is about, if it is about one. */
static void answer_number(const struct tables *tables, char *number_buffer, struct command_answer *ret)
{
    struct case_row c;
    bool found = tables_get(tables, ROW_CASE, ret->case_id, &c);
    int size = found ? number_print(c.day, c.day_no, number_buffer) : 0;
    ret->number = (struct text){number_buffer, (uint32_t)size};
}

static void warn(enum warning warning, struct command_answer *ret)
{
    ret->warning = warning;
    ret->given |= warning != WARNING_NONE ? COMMAND_ANSWER_HAS_WARNING : 0;
}

bool core_answer(const struct tables *tables, uint64_t request_seq, char *number_buffer, struct command_answer *ret)
{
    struct request_row row;
    if (!tables_get(tables, ROW_REQUEST, request_seq, &row)) {
        return false;
    }
    *ret = (struct command_answer){
        .seq = row.seq,
        .at = row.at_ms,
        .case_id = row.case_id,
        .duty_id = row.duty_id,
        .call_id = row.call_id,
        .state = (enum case_state)row.state,
    };
    warn((enum warning)row.warning, ret);
    answer_number(tables, number_buffer, ret);
    return true;
}

void core_answer_now(const struct tables *tables, const struct verdict *verdict, char *number_buffer, struct command_answer *ret)
{
    const struct record *first = &verdict->records[0];
    assert(verdict->count > 0 && !verdict->repeated);
    *ret = (struct command_answer){
        .seq = first->seq,
        .at = first->at_ms,
        .case_id = first->head.case_id,
        .duty_id = first->head.duty_id,
        .call_id = first->head.call_id,
        .state = first->body.command_taken.state,
    };
    warn(first->body.command_taken.warning, ret);
    answer_number(tables, number_buffer, ret);
}
