/* reached.c - how often each command, rule, refusal and fault was reached */
#include "tests/simulation/simulation.h"

#include <inttypes.h>
#include <string.h>

/* By what a row is told from others of its cell that lead to the same state: by its `when`. Any record of the type, or any duty of
 * the kind that opens (0: none, for a route duty is never a sign), shows it. */
static const struct {
    const char *when;
    enum record_type shows;
    enum duty_kind opens;
} signs[] = {
    {.when = "another unit's call is open", .shows = RECORD_CASE_AWAITS_CALL},
    {.when = "the last call that it waited for closes", .shows = RECORD_CALL_CLOSED},
    {.when = "handle red, on_overdue take_over", .shows = RECORD_CASE_ROUTED},
    {.when = "a dispatcher, the lead is at work", .shows = RECORD_DECISION_ASKED},
    {.when = "a call of the lead that goes", .shows = RECORD_CASE_ROUTED},
    {.when = "a call of the lead that goes", .shows = RECORD_CASE_POOLED},
    {.when = "a word is needed", .opens = DUTY_KIND_DECIDE},
};

/* Has the row a sign, and, where *verdict is not NULL, was it seen? */
static bool has_sign(const struct rule *rule, const struct model_verdict *verdict)
{
    for (size_t i = 0; rule->when != NULL && i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (strcmp(rule->when, signs[i].when) == 0 &&
            (verdict == NULL || verdict->seen[signs[i].shows] || (signs[i].opens != 0 && verdict->opened[signs[i].opens]))) {
            return true;
        }
    }
    return false;
}

/* Does the row lead there from here? */
static bool leads(const struct rule *rule, enum machine machine, int kind, int from, int to)
{
    return (rule->from & UINT32_C(1) << from) != 0 && rule->refusal == REFUSAL_NONE &&
           (machine != MACHINE_DUTY || (rule->kinds & UINT32_C(1) << kind) != 0) &&
           (rule->next == RULE_SAME ? from : rule->next) == to;
}

/* The row of a machine by which this command led from one state to the other. The verdict tells rows apart that lead to one place;
 * NULL: any of them. -1: none, so it was not about this machine. */
int reached_row(enum machine machine, enum command_type command, int kind, int from, int to, const struct model_verdict *verdict)
{
    size_t count;
    const struct rule *rules = rules_of(machine, &count);
    int found = -1;

    for (size_t i = 0; i < count; i++) {
        if (rules[i].command != command || !leads(&rules[i], machine, kind, from, to)) {
            continue;
        }
        if (verdict != NULL && has_sign(&rules[i], verdict)) {
            return (int)i;
        }
        if (found < 0 || (!has_sign(&rules[i], NULL) && has_sign(&rules[found], NULL))) {
            found = (int)i;
        }
    }
    return found;
}

/* Do two rows of a command share a cell and the state that they lead to? */
static bool share(enum machine machine, const struct rule *a, const struct rule *b)
{
    for (int from = 0; from < 32; from++) {
        int kind = 0;

        while (machine == MACHINE_DUTY && kind < DUTY_KIND_COUNT && (a->kinds & b->kinds & UINT32_C(1) << kind) == 0) {
            kind++;
        }
        if (kind < DUTY_KIND_COUNT && (a->from & b->from & UINT32_C(1) << from) != 0 &&
            leads(a, machine, kind, from, a->next == RULE_SAME ? from : a->next) &&
            leads(b, machine, kind, from, a->next == RULE_SAME ? from : a->next)) {
            return true;
        }
    }
    return false;
}

/* Rows that no sign tells apart: the count of one stands for both. */
static void print_untold(FILE *out)
{
    static const char *const names[MACHINE_COUNT] = {"case", "duty", "call"};

    for (int machine = 0; machine < MACHINE_COUNT; machine++) {
        size_t count;
        const struct rule *rules = rules_of((enum machine)machine, &count);

        for (size_t i = 0; i < count; i++) {
            for (size_t j = i + 1; j < count; j++) {
                if (rules[i].command == rules[j].command && !has_sign(&rules[i], NULL) && !has_sign(&rules[j], NULL) &&
                    share((enum machine)machine, &rules[i], &rules[j])) {
                    fprintf(out, "untold %s %zu and %zu of %s\n", names[machine], i, j, command_info(rules[i].command)->name);
                }
            }
        }
    }
}

static void count_rule(struct simulation *sim, enum machine machine, int row)
{
    if (row >= 0) {
        sim->reached.rules[machine][row]++;
    }
}

void reached_verdict(struct simulation *sim, const struct model_verdict *verdict)
{
    const struct model *model = &sim->model;

    for (uint32_t i = 0; i < verdict->case_count; i++) {
        count_rule(sim, MACHINE_CASE,
                   reached_row(MACHINE_CASE, verdict->command, 0, verdict->case_states[i], model->cases[verdict->cases[i]].state,
                               verdict));
    }
    for (uint32_t i = 0; i < verdict->duty_count; i++) {
        const struct model_duty *duty = &model->duties[verdict->duties[i]];

        count_rule(sim, MACHINE_DUTY,
                   reached_row(MACHINE_DUTY, verdict->command, duty->kind, verdict->duty_states[i], duty->state, verdict));
    }
    for (uint32_t i = 0; i < verdict->call_count; i++) {
        count_rule(sim, MACHINE_CALL,
                   reached_row(MACHINE_CALL, verdict->command, 0, verdict->call_states[i], model->calls[verdict->calls[i]].state,
                               verdict));
    }
}

/* Rows that refuse are reached when the command is refused with their code. */
static uint64_t times(const struct reached *reached, enum machine machine, const struct rule *rule, size_t row)
{
    return rule->refusal == REFUSAL_NONE ? reached->rules[machine][row] : reached->refused[rule->command][rule->refusal];
}

static void print_rules(const struct reached *reached, FILE *out)
{
    static const char *const names[MACHINE_COUNT] = {"case", "duty", "call"};

    for (int machine = 0; machine < MACHINE_COUNT; machine++) {
        size_t count;
        const struct rule *rules = rules_of((enum machine)machine, &count);

        for (size_t i = 0; i < count; i++) {
            fprintf(out, "rule %s %zu %" PRIu64 "  %s", names[machine], i, times(reached, (enum machine)machine, &rules[i], i),
                    command_info(rules[i].command)->name);
            for (int kind = 0; kind < DUTY_KIND_COUNT; kind++) {
                if ((rules[i].kinds & UINT32_C(1) << kind) != 0) {
                    fprintf(out, " %s", duty_kind_enum.names[kind]);
                }
            }
            if (rules[i].when != NULL) {
                fprintf(out, ", when %s", rules[i].when);
            }
            fprintf(out, "%s%s\n", rules[i].refusal != REFUSAL_NONE ? " " : "",
                    rules[i].refusal != REFUSAL_NONE ? refusal_infos[rules[i].refusal].code : "");
        }
    }
}

void reached_print(const struct simulation *sim, FILE *out)
{
    static const char *const faults[] = {
#define MISHAP_NAME(name, text, words) text,
        MISHAPS(MISHAP_NAME)
#undef MISHAP_NAME
    };
    const struct reached *reached = &sim->reached;

    for (int type = 0; type < COMMAND_IDS; type++) {
        const struct command_info *info = command_info((enum command_type)type);

        if (info != NULL && info->wire) {
            fprintf(out, "command %s %" PRIu64 "\n", info->name, reached->accepted[type]);
        }
    }
    for (int refusal = 1; refusal < REFUSAL_COUNT; refusal++) {
        uint64_t sum = 0;

        for (int type = 0; type < COMMAND_IDS; type++) {
            sum += reached->refused[type][refusal];
        }
        fprintf(out, "refusal %s %" PRIu64 "\n", refusal_infos[refusal].code, sum);
    }
    print_rules(reached, out);
    print_untold(out);
    for (int type = 0; type < RECORD_TYPES; type++) {
        const struct record_info *info = record_info((enum record_type)type);

        if (info != NULL) {
            fprintf(out, "record %s %" PRIu64 "\n", info->name, reached->of_type[type]);
        }
    }
    for (int fault = 0; fault < MISHAP_COUNT; fault++) {
        fprintf(out, "fault %s %" PRIu64 "\n", faults[fault], reached->faults[fault]);
    }
}
