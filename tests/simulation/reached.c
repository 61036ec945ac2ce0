/* reached.c - how often each command, rule, refusal and fault was reached */
#include "tests/simulation/simulation.h"

#include <inttypes.h>
#include <string.h>

/* The row of a machine by which this command led from one state to the other; rows that lead to one place are told apart by whether
 * the verdict routed the case anew. -1: none, so it was not about this machine. */
int reached_row(enum machine machine, enum command_type command, int kind, int from, int to, bool routed)
{
    size_t count;
    const struct rule *rules = rules_of(machine, &count);
    int found = -1;

    for (size_t i = 0; i < count; i++) {
        int next = rules[i].next == RULE_SAME ? from : rules[i].next;

        if (rules[i].command == command && (rules[i].from & UINT32_C(1) << from) != 0 && rules[i].refusal == REFUSAL_NONE &&
            (machine != MACHINE_DUTY || (rules[i].kinds & UINT32_C(1) << kind) != 0) && next == to) {
            if (found < 0 || !routed) {
                found = (int)i;
            }
        }
    }
    return found;
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
                               verdict->routed));
    }
    for (uint32_t i = 0; i < verdict->duty_count; i++) {
        const struct model_duty *duty = &model->duties[verdict->duties[i]];

        count_rule(sim, MACHINE_DUTY,
                   reached_row(MACHINE_DUTY, verdict->command, duty->kind, verdict->duty_states[i], duty->state, false));
    }
    for (uint32_t i = 0; i < verdict->call_count; i++) {
        count_rule(
            sim, MACHINE_CALL,
            reached_row(MACHINE_CALL, verdict->command, 0, verdict->call_states[i], model->calls[verdict->calls[i]].state, false));
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
