/* test_rules.c - every cell of the three machines is visited
 *
 * A list of situations (situations.c) brings a case, by real commands, into every state that can be reached (the few that nothing
 * reaches yet are written into the rows). In each situation every command is tried on every duty of the case. The oracle is the
 * table itself: where a cell is empty the verdict must be a refusal, where it refuses with a code that code, and where a command is
 * accepted the states afterwards must be ones that the cell names. At the end every cell and every named `when` must have been
 * accepted somewhere: a rule that cannot happen fails the test just as a missing one does.
 */
#include "dispatcher/core/rules.h"
#include "tests/core/situations.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which next states each rule was seen to lead to. Index: machine, rule. */
static bool taken[MACHINE_COUNT][128];
/* Which cells were accepted: machine, command, state. */
static bool visited[MACHINE_COUNT][COMMAND_TYPE_MAX + 1][8];

/* A well-formed body for a command; `variant` walks through what may tell rows of a cell apart. */
static void fill(struct command *command, enum command_type type, uint64_t case_id, uint64_t duty, int variant, const char *matter)
{
    memset(command, 0, sizeof(*command));
    command->type = type;
    command->body.sign.case_id = case_id;
    struct text words = text_of("words");
    union command_body *body = &command->body;
    if (type == COMMAND_SUBMIT) {
        body->submit = (struct submit_command){0};
        body->submit.matter = code_of(variant == 0 ? matter : "unknown");
        body->submit.place = code_of("S1");
        body->submit.title = words;
        body->submit.anonymous = true;
    } else if (type == COMMAND_ADD_NOTE) {
        body->add_note.text = words;
    } else if (type == COMMAND_ROUTE) {
        body->route.unit = code_of("DA");
        body->route.reason = words;
    } else if (type == COMMAND_TAKE_OVER) {
        body->take_over.reason = words;
    } else if (type == COMMAND_REROUTE) {
        body->reroute.unit = code_of("DA");
        body->reroute.reason = words;
    } else if (type == COMMAND_REOPEN) {
        body->reopen.reason = words;
    } else if (type == COMMAND_RAISE_CALL) {
        body->raise_call.units.count = 1;
        body->raise_call.units.at[0] = code_of(variant == 0 ? "DA" : "DB");
        body->raise_call.reason = CALL_REASON_JOINT_ENFORCEMENT;
    } else if (type == COMMAND_DISPATCH_CALL) {
        body->dispatch_call.reason = words;
    } else if (type == COMMAND_NOTE_FOLLOWUP) {
        body->note_followup.solved = variant == 0 ? SAID_SOLVED_YES : SAID_SOLVED_NO;
        body->note_followup.satisfied = SAID_SATISFIED_NO;
    } else if (type == COMMAND_WITHDRAW_CALL) {
        body->withdraw_call.reason = words;
    } else if (type == COMMAND_RULE) {
        body->rule.duty_id = duty;
        body->rule.ruling = variant == 0 ? RULING_UPHELD : RULING_REFUSED;
        body->rule.reason = words;
    } else if (type == COMMAND_REFER_UP) {
        body->refer_up.duty_id = duty;
        body->refer_up.reason = words;
        body->refer_up.tried = words;
    } else if (type == COMMAND_DECIDE) {
        body->decide.duty_id = duty;
        body->decide.decision = variant == 0 ? DECISION_GRANTED : DECISION_REFUSED;
        body->decide.reason = words;
    } else if (type == COMMAND_RATE_CALL) {
        body->rate_call.duty_id = duty;
        body->rate_call.confirmed = variant == 0;
        body->rate_call.score = 3;
        body->rate_call.next = RATE_NEXT_CASE;
    } else {
        body->sign.duty_id = type == COMMAND_NOTE_ATTEMPT ? 0 : duty;
    }
    if (type == COMMAND_CONTACT) {
        body->contact.evidence = words;
    } else if (type == COMMAND_ARRIVE) {
        body->arrive.evidence = words;
    } else if (type == COMMAND_REPORT_STAGE) {
        body->report_stage.text = words;
        body->report_stage.next_at = INSTANT_MAX;
    } else if (type == COMMAND_REPORT) {
        body->report.text = words;
    } else if (type == COMMAND_ANSWER) {
        body->answer.text = words;
    } else if (type == COMMAND_ASK_RETURN) {
        body->ask_return.reason = words;
        body->ask_return.basis = words;
        body->ask_return.better = code_of("UT");
    } else if (type == COMMAND_OBJECT_CALL) {
        body->object_call.reason = words;
        body->object_call.basis = words;
        body->object_call.better = code_of("DA");
    } else if (type == COMMAND_ADD_SUPPORT) {
        body->add_support.support = code_of("UT");
        body->add_support.text = words;
    } else if (type == COMMAND_ASSIGN) {
        body->assign.to = code_of("G1");
        body->assign.due_at = INSTANT_MAX;
        body->assign.text = words;
    } else if (type == COMMAND_CANCEL) {
        body->cancel.reason = words;
    } else if (type == COMMAND_FINISH_CALL) {
        body->finish_call.text = words;
    }
}

/* The state afterwards must be one that a row of the cell names; marks that row. */
static void expect_move(enum machine machine, enum command_type type, int from, int to, int kind, const char *situation)
{
    size_t count;
    bool allowed = false;
    const struct rule *rules = rules_of(machine, &count);
    for (size_t i = 0; i < count; i++) {
        int next = rules[i].next == RULE_SAME ? from : rules[i].next;
        if (rules[i].command == type && (rules[i].from & (1u << from)) != 0 && rules[i].refusal == REFUSAL_NONE && next == to &&
            (machine != MACHINE_DUTY || (rules[i].kinds & (1u << kind)) != 0)) {
            taken[machine][i] = true;
            visited[machine][type][from] = true;
            allowed = true;
        }
    }
    ck_assert_msg(allowed, "%s: %s leads %s to %s, which its cell does not name", situation, command_info(type)->name,
                  machine_states(machine)->names[from], machine_states(machine)->names[to]);
}

static bool works_on_call(const struct command_info *info)
{
    return info->call == COMMAND_CALL_ITS || info->call == COMMAND_CALL_ONE;
}

/* What the tables say of a command on these objects: BAD_STATE or a code that a cell refuses with, or NONE. */
static enum refusal table_says(enum command_type type, const struct case_row *c, const struct duty_row *duty,
                               const struct call_row *call)
{
    const struct command_info *info = command_info(type);
    const struct {
        enum machine machine;
        int state;
        bool there;
    } asked[] = {
        {MACHINE_CASE, c->state, info->ref[COMMAND_REF_CASE] != 0},
        {MACHINE_DUTY, duty->state, duty->duty_id != 0},
        {MACHINE_CALL, call->state, works_on_call(info) && call->call_id != 0},
    };
    for (size_t i = 0; i < 3; i++) {
        if (!asked[i].there) {
            continue;
        }
        const struct rule *rule = rules_cell(asked[i].machine, type, asked[i].state, duty->kind);
        if (rule == NULL) {
            return REFUSAL_BAD_STATE;
        }
        if (rule->refusal != REFUSAL_NONE) {
            return rule->refusal;
        }
    }
    return REFUSAL_NONE;
}

/* Without the texts that a command needs it is never accepted, and where that is all that is wrong the field is named. */
static void try_without_texts(struct world *at, const struct command *good, const char *situation)
{
    const struct shape *shape = command_info(good->type)->shape;
    enum refusal said = world_judge(at, &(struct command){.type = good->type, .body = good->body});
    for (uint32_t i = 0; i < shape->field_count; i++) {
        const struct field_shape *field = &shape->fields[i];
        struct command blank = {.type = good->type, .body = good->body};
        if (field->type != FIELD_TEXT || !field->required) {
            continue;
        }
        *(struct text *)((char *)&blank.body + field->offset) = (struct text){0};
        enum refusal without = world_judge(at, &blank);
        ck_assert_msg(without != REFUSAL_NONE, "%s: %s without `%s`", situation, command_info(good->type)->name, field->name);
        if (said == REFUSAL_NONE) {
            ck_assert_str_eq(at->verdict->field, field->name);
        }
    }
}

static struct world w; /* one store for all: to open one for each of thousands of tries takes a minute on a busy disk */

/* Where the columns of the verdict's records lead an object: that of this id, or the case where `id` is 0. */
static int columns_lead(enum machine machine, uint64_t id, int from)
{
    int state = from;
    for (uint32_t i = 0; i < w.verdict->count; i++) {
        const struct record *record = &w.verdict->records[i];
        const struct record_info *info = record_info(record->type);
        const struct {
            uint64_t id;
            int state;
        } said[MACHINE_COUNT] = {
            [MACHINE_CASE] = {0, info->case_state},
            [MACHINE_DUTY] = {record->head.duty_id, info->duty_state},
            [MACHINE_CALL] = {record->head.call_id, info->call_state},
        };
        state = said[machine].id == id && said[machine].state != RECORD_STATE_SAME ? said[machine].state : state;
    }
    return state;
}

/* Tries one command on one duty (0: none is named) in a world as new. Returns false when the situation has no such duty. */
static bool try(const struct situation *situation, enum command_type type, int nth_duty, int variant)
{
    struct command command;
    struct duty_row duty = {0}, after_duty = {0};
    struct call_row call = {0}, after_call = {0}, beside;
    const struct command_info *info = command_info(type);
    world_again(&w);
    uint64_t id = situation->make(&w);
    bool judges = type == COMMAND_NOTE_ATTEMPT || type == COMMAND_NOTE_FOLLOWUP || type == COMMAND_DECIDE;
    w.actor = judges ? "asker" : "tester";
    if (type == COMMAND_REROUTE && variant == 1) {
        w.roles = UINT32_C(1) << ROLE_DISPATCHER; /* who may not take a case away from a lead at work */
    }
    struct case_row c = world_case(&w, id), after;
    uint64_t at = c.duty_last;
    for (int i = 0; info->duty_kinds != 0 && i <= nth_duty && at != 0;) {
        tables_get(&w.tables, ROW_DUTY, at, &duty);
        /* The pool's own route duty, and that of a call: neither command names which, and each has its own. */
        bool other = (type == COMMAND_ROUTE && duty.call_id != 0) || (type == COMMAND_DISPATCH_CALL && duty.call_id == 0);
        if (!other && (info->duty_kinds & (1u << duty.kind)) != 0 && i++ == nth_duty) {
            break;
        }
        at = duty.prev_of_case;
    }
    if (info->duty_kinds != 0 && at == 0) {
        return false;
    }
    if (works_on_call(info)) {
        uint64_t named = info->duty_kinds == 0 ? c.call_last : duty.call_id;
        tables_get(&w.tables, ROW_CALL, named, &call);
    }
    bool has_call = c.call_last != 0 && tables_get(&w.tables, ROW_CALL, c.call_last, &beside);
    fill(&command, type, id, duty.duty_id, variant, situation->matter);
    try_without_texts(&w, &command, situation->name);
    enum refusal said = world_do(&w, &command);
    enum refusal table = info->ref[COMMAND_REF_CASE] != 0 ? table_says(type, &c, &duty, &call) : REFUSAL_NONE;
    bool names_duty = duty.duty_id != 0 && command.body.sign.duty_id != 0;
    bool no_call = works_on_call(info) && info->duty_kinds == 0 && call.call_id == 0;
    if ((names_duty || info->duty_kinds == 0) && !no_call) {
        ck_assert_msg(table == REFUSAL_NONE ? said != REFUSAL_BAD_STATE : said == table, "%s, %s: table says %s, verdict %s",
                      situation->name, command_info(type)->name, refusal_infos[table].code, refusal_infos[said].code);
    }
    if (said == REFUSAL_NONE) {
        uint64_t touched = type == COMMAND_SUBMIT ? w.verdict->records[1].seq : id;
        after = world_case(&w, touched);
        expect_move(MACHINE_CASE, type, type == COMMAND_SUBMIT ? 0 : c.state, after.state, 0, situation->name);
        ck_assert_int_eq(columns_lead(MACHINE_CASE, 0, c.state), after.state);
        ck_assert_int_eq(w.verdict->records[0].body.command_taken.state, type == COMMAND_ADVANCE ? 0 : after.state);
        if (type == COMMAND_RAISE_CALL) {
            tables_get(&w.tables, ROW_CALL, after.call_last, &after_call);
            expect_move(MACHINE_CALL, type, CALL_STATE_NONE, after_call.state, 0, situation->name);
        } else if (call.call_id != 0) {
            tables_get(&w.tables, ROW_CALL, call.call_id, &after_call);
            expect_move(MACHINE_CALL, type, call.state, after_call.state, 0, situation->name);
            ck_assert_int_eq(columns_lead(MACHINE_CALL, call.call_id, call.state), after_call.state);
        } else if (has_call && tables_get(&w.tables, ROW_CALL, beside.call_id, &after_call) && after_call.state != beside.state) {
            expect_move(MACHINE_CALL, type, beside.state, after_call.state, 0, situation->name);
            ck_assert_int_eq(columns_lead(MACHINE_CALL, beside.call_id, beside.state), after_call.state);
        }
        if (duty.duty_id != 0) {
            tables_get(&w.tables, ROW_DUTY, duty.duty_id, &after_duty);
            ck_assert_int_eq(columns_lead(MACHINE_DUTY, duty.duty_id, duty.state), after_duty.state);
            if (names_duty || after_duty.state != duty.state || rules_cell(MACHINE_DUTY, type, duty.state, duty.kind) != NULL) {
                expect_move(MACHINE_DUTY, type, duty.state, after_duty.state, duty.kind, situation->name);
            }
        }
        ck_assert_int_eq(after.state == CASE_STATE_CLOSED && after.open_duties > after.open_questions && after.open_calls == 0, 0);
    }
    return true;
}

/* A call about a place opens its case. */
static void try_place(const char *matter, enum call_state to)
{
    struct command raise = {.type = COMMAND_RAISE_CALL};
    world_again(&w);
    raise.body.raise_call.place = code_of("S1");
    raise.body.raise_call.matter = code_of(matter);
    raise.body.raise_call.text = text_of("words");
    raise.body.raise_call.units = (struct codes){.count = 1, .at = {code_of("DA")}};
    ck_assert_int_eq(world_do(&w, &raise), REFUSAL_NONE);
    expect_move(MACHINE_CASE, COMMAND_RAISE_CALL, CASE_STATE_NONE, columns_lead(MACHINE_CASE, 0, CASE_STATE_NONE), 0, "a place");
    uint64_t call = w.verdict->records[0].head.call_id;
    ck_assert_int_eq(columns_lead(MACHINE_CALL, call, CALL_STATE_NONE), to);
}

/* Time in the situations where it moves something. */
static void try_pulse(const char *situation, int64_t span_ms, enum machine machine, int from, int to)
{
    world_again(&w);
    uint64_t id = situation_named(situation)->make(&w);
    world_wait(&w, span_ms);
    struct case_row c = world_case(&w, id);
    struct call_row call = {0};
    tables_get(&w.tables, ROW_CALL, c.call_last, &call);
    ck_assert_int_eq(machine == MACHINE_CASE ? c.state : call.state, to);
    expect_move(machine, COMMAND_PULSE, from, to, 0, "time");
}

START_TEST(every_cell_of_every_machine)
{
    world_open(&w);
    const struct situation *situation;
    for (size_t s = 0; (situation = situation_at(s)) != NULL; s++) {
        for (int type = 1; type <= COMMAND_TYPE_MAX; type++) {
            if (command_info((enum command_type)type) == NULL || !command_info((enum command_type)type)->wire ||
                type == COMMAND_ADVANCE) {
                continue;
            }
            for (int variant = 0; variant < 2; variant++) {
                for (int duty = 0; try(situation, (enum command_type)type, duty, variant); duty++) {
                    if (command_info((enum command_type)type)->duty_kinds == 0) {
                        break;
                    }
                }
            }
        }
    }
    try_place("ROAD", CALL_STATE_CALLED);
    try_place("LAMP", CALL_STATE_RAISED);
    try_pulse("received", DAY_MS, MACHINE_CASE, CASE_STATE_RECEIVED, CASE_STATE_RECEIVED);
    try_pulse("received, a fallback unit", DAY_MS, MACHINE_CASE, CASE_STATE_RECEIVED, CASE_STATE_HANDLING);
    try_pulse("lead signed", 30 * (int64_t)DAY_MS, MACHINE_CASE, CASE_STATE_HANDLING, CASE_STATE_HANDLING);
    try_pulse("answered", 3 * (int64_t)DAY_MS, MACHINE_CASE, CASE_STATE_ANSWERED, CASE_STATE_ANSWERED);
    try_pulse("answered", 30 * (int64_t)DAY_MS, MACHINE_CASE, CASE_STATE_ANSWERED, CASE_STATE_CLOSED);
    try_pulse("waits for the rating", 4 * (int64_t)DAY_MS, MACHINE_CASE, CASE_STATE_ANSWERED, CASE_STATE_CLOSED);
    try_pulse("closed", 30 * (int64_t)DAY_MS, MACHINE_CASE, CASE_STATE_CLOSED, CASE_STATE_CLOSED);
    try_pulse("call raised", DAY_MS, MACHINE_CALL, CALL_STATE_RAISED, CALL_STATE_RAISED);
    try_pulse("called", DAY_MS, MACHINE_CALL, CALL_STATE_CALLED, CALL_STATE_CALLED);
    try_pulse("reported", DAY_MS, MACHINE_CALL, CALL_STATE_REPORTED, CALL_STATE_REPORTED);
    try_pulse("reported", 4 * (int64_t)DAY_MS, MACHINE_CALL, CALL_STATE_REPORTED, CALL_STATE_CLOSED);

    for (int machine = 0; machine < MACHINE_COUNT; machine++) {
        size_t count;
        const struct rule *rules = rules_of((enum machine)machine, &count);
        for (size_t i = 0; i < count; i++) {
            ck_assert_msg(rules[i].refusal != REFUSAL_NONE || taken[machine][i], "rule %zu of %s (%s%s%s) never happened", i,
                          machine_states((enum machine)machine)->name, command_info(rules[i].command)->name,
                          rules[i].when ? ", when " : "", rules[i].when ? rules[i].when : "");
            for (int state = 0; state < 8 && rules[i].refusal == REFUSAL_NONE; state++) {
                bool time = rules[i].command == COMMAND_PULSE && machine == MACHINE_CASE && state == CASE_STATE_SUSPENDED;
                ck_assert_msg((rules[i].from & (1u << state)) == 0 || time || visited[machine][rules[i].command][state],
                              "%s in %s: the table allows it, no situation did it", command_info(rules[i].command)->name,
                              machine_states((enum machine)machine)->names[state]);
            }
        }
    }
    world_close(&w);
}
END_TEST

/* The rules and the columns of the records name the same states to go to. */
START_TEST(records_lead_where_the_rules_say)
{
    for (int machine = 0; machine < MACHINE_COUNT; machine++) {
        uint32_t rules_name = 0, records_name = 0;
        size_t count;
        const struct rule *rules = rules_of((enum machine)machine, &count);
        for (size_t i = 0; i < count; i++) {
            rules_name |= rules[i].next != RULE_SAME && rules[i].refusal == REFUSAL_NONE ? 1u << rules[i].next : 0;
        }
        for (int type = 1; type <= RECORD_TYPE_MAX; type++) {
            const struct record_info *info = record_info((enum record_type)type);
            int state = info == NULL              ? RECORD_STATE_SAME
                        : machine == MACHINE_CASE ? info->case_state
                        : machine == MACHINE_DUTY ? info->duty_state
                                                  : info->call_state;
            records_name |= state != RECORD_STATE_SAME ? 1u << state : 0;
        }
        ck_assert_uint_eq(rules_name, records_name);
    }
}
END_TEST

/* No dead end: every state of a case that commands can reach leads to closed through commands of the tables. */
START_TEST(every_state_leads_to_closed)
{
    uint32_t leads = 1u << CASE_STATE_CLOSED;
    size_t count;
    const struct rule *rules = rules_of(MACHINE_CASE, &count);
    for (int round = 0; round < CASE_STATE_COUNT; round++) {
        for (size_t i = 0; i < count; i++) {
            if (rules[i].next != RULE_SAME && (leads & (1u << rules[i].next)) != 0) {
                leads |= rules[i].from;
            }
        }
    }
    static const enum case_state reachable[] = {CASE_STATE_RECEIVED, CASE_STATE_HANDLING, CASE_STATE_ANSWERED, CASE_STATE_CLOSED};
    for (size_t i = 0; i < sizeof(reachable) / sizeof(reachable[0]); i++) {
        ck_assert_uint_ne(leads & (1u << reachable[i]), 0);
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {every_cell_of_every_machine}, {every_state_leads_to_closed}, {records_lead_where_the_rules_say}};
    return suite_run(&(struct suite){.name = "rules", .timeout_s = 300, .tests = tests, .count = SUITE_COUNT(tests)});
}
