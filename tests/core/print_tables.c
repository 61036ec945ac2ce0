/* print_tables.c - prints docs/states.md and docs/metrics.md from the core's tables
 *
 *   print-tables PAGE FILE           fails (1) when FILE is not what the tables say
 *   print-tables PAGE FILE --write   writes FILE
 */
#include "dispatcher/core/metrics.h"
#include "dispatcher/core/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_cell(FILE *out, enum machine machine, enum command_type command, int state, int kind)
{
    const struct enum_shape *states = machine_states(machine);
    size_t count, printed = 0;
    const struct rule *rules = rules_of(machine, &count);
    for (size_t i = 0; i < count; i++) {
        const struct rule *rule = &rules[i];
        if (rule->command != command || (rule->from & (UINT32_C(1) << state)) == 0 ||
            (machine == MACHINE_DUTY && (rule->kinds & (UINT32_C(1) << kind)) == 0)) {
            continue;
        }
        fprintf(out, "%s", printed++ > 0 ? "; " : "");
        if (rule->refusal != REFUSAL_NONE) {
            fprintf(out, "`%s`", refusal_infos[rule->refusal].code);
        } else {
            fprintf(out, "%s", rule->next == RULE_SAME ? "=" : states->names[rule->next]);
        }
        if (rule->when != NULL) {
            fprintf(out, " when %s", rule->when);
        }
    }
}

static void print_matrix(FILE *out, enum machine machine, int kind)
{
    const struct enum_shape *states = machine_states(machine);
    fprintf(out, "| command |");
    for (uint32_t state = 0; state < states->count; state++) {
        fprintf(out, " %s |", state == 0 ? "(none)" : states->names[state]);
    }
    fprintf(out, "\n|---|");
    for (uint32_t state = 0; state < states->count; state++) {
        fprintf(out, "---|");
    }
    fprintf(out, "\n");
    for (int command = 1; command <= COMMAND_TYPE_MAX; command++) {
        const struct command_info *info = command_info((enum command_type)command);
        bool known = false;
        for (uint32_t state = 0; info != NULL && state < states->count; state++) {
            known = known || rules_cell(machine, (enum command_type)command, (int)state, kind) != NULL;
        }
        if (!known) {
            continue;
        }
        fprintf(out, "| `%s` |", info->name);
        for (uint32_t state = 0; state < states->count; state++) {
            fprintf(out, " ");
            print_cell(out, machine, (enum command_type)command, (int)state, kind);
            fprintf(out, " |");
        }
        fprintf(out, "\n");
    }
    fprintf(out, "\n");
}

static void print_effects(FILE *out, enum machine machine)
{
    size_t count;
    const struct rule *rules = rules_of(machine, &count);
    for (size_t i = 0; i < count; i++) {
        if (rules[i].effect[0] != '\0') {
            fprintf(out, "- `%s`%s%s: %s\n", command_info(rules[i].command)->name, rules[i].when != NULL ? ", when " : "",
                    rules[i].when != NULL ? rules[i].when : "", rules[i].effect);
        }
    }
    fprintf(out, "\n");
}

/* What is looked at before the state. */
static void print_rights(FILE *out)
{
    fprintf(out,
            "## Before the state\n\n"
            "Every command is judged in this order, and the first thing that is wrong is the answer:\n\n"
            "1. The key's roles: `NO_ROLE`.\n"
            "2. The request id: a repeated request gets the answer of the first, another under its id `ID_REUSED`.\n"
            "3. The matter of a new case: `NO_MATTER`.\n"
            "4. Sight: a case that the key may not see is `NOT_FOUND`, with the same field as one that does not exist.\n   "
            "A key sees a case when it acts for its lead, its place, the holder of any of its duties or the caller of any of "
            "its calls, and when the matter is one of its own; a key of the desk or the district sees all.\n"
            "5. Whose it is (below): `NOT_YOURS`.\n   The duty or call is looked for on the way: `NOT_FOUND`, `AMBIGUOUS`.\n"
            "6. For `claim`, `release` and `decide` the kind of duty, by the roles: `NO_ROLE`.\n   Worker: lead, support, respond; "
            "leader: these and rate; dispatcher: route, rate, rule; supervisor: rule; followup: followup.\n   Who decides follows "
            "from what is asked: about `reroute` a leader of the lead, about `refer` a leader of the unit above or a supervisor, "
            "and once it is overdue a supervisor or a district leader too.\n"
            "7. The state, by the tables of this page.\n"
            "8. What the command needs, in the order of its own guards.\n\n"
            "Who has *handled* a case does not ask its citizen, and decides nothing about it (`SELF_DECISION`): every person, the "
            "key or whom a gateway acts "
            "for, who had a command marked so accepted on it, "
            "but for what is done on a follow-up duty.\nIt is remembered as long as the case.\nAn importer passes on what others "
            "did, and is not held "
            "to it.\n\n"
            "| command | whose it must be | handles the case |\n|---|---|---|\n");
    for (int command = 1; command <= COMMAND_TYPE_MAX; command++) {
        const struct command_info *info = command_info((enum command_type)command);
        if (info != NULL && info->wire) {
            fprintf(out, "| `%s` | %s | %s |\n", info->name, info->scope_words, info->work ? "yes" : "");
        }
    }
    fprintf(out, "\n");
}

static void print_states(FILE *out)
{
    fprintf(
        out,
        "# States: what each command does where\n\n"
        "Printed from the rule tables in `dispatcher/core/rules.c` by `tests/core/print_tables.c`; a test fails when this page is "
        "not what they say.\nA cell holds the next state; `=` stays; a code in capitals refuses with it; an empty cell refuses "
        "with "
        "`BAD_STATE`.\nSeveral entries are tried in order.\n`pulse` is time itself.\n\n");
    print_rights(out);
    fprintf(out, "## Case 工单\n\n");
    print_matrix(out, MACHINE_CASE, 0);
    print_effects(out, MACHINE_CASE);
    fprintf(out, "## Duty 任务\n\n");
    for (int kind = 0; kind < DUTY_KIND_COUNT; kind++) {
        fprintf(out, "### %s %s\n\n", duty_kind_enum.names[kind], duty_kind_enum.words[kind]);
        print_matrix(out, MACHINE_DUTY, kind);
    }
    print_effects(out, MACHINE_DUTY);
    fprintf(out, "## Call 吹哨\n\n");
    print_matrix(out, MACHINE_CALL, 0);
    print_effects(out, MACHINE_CALL);
}

static void print_metrics(FILE *out)
{
    fprintf(
        out,
        "# Metrics\n\nPrinted from the table in `dispatcher/core/metrics.c`; a test fails when this page is not what it says.\n"
        "Every rate is numerator, denominator and value in parts per million rounded half up; a denominator of 0 has no value.\n"
        "`num` counts in 1/scale.\nAn item belongs to the accountable unit of the record that carried its last due instant "
        "(a case: of its present lead, the desk before the first), and to the day of the metric's own date.\n"
        "`p50_ms` and `p90_ms` of duration are exact, by nearest rank.\n"
        "A day begins at the policy's `day_start`, a reporting month on its `month_start`; a row of fewer items than its `min_n` "
        "is "
        "marked `few`.\n\n"
        "## In time, late, void\n\n"
        "An item is one clock: *in time* when it stopped at its due instant or before, *late* when it stopped after it or its red "
        "rung fired, *void* when its duty ended without a result before it was late (a withdrawn call's always).\n"
        "What a unit hands on inside (`assign`) is no item: it enters no figure, in time or late.\n"
        "Due before `as_of` is what is late already, stopped or not; `as_of` is the instant of the question.\n"
        "The citizen's clock belongs to the accountable unit of the first lead and never moves, whoever leads later: through a "
        "return "
        "that is upheld and a reroute it runs on, for it is what the citizen was promised, and the promise was made in that unit's "
        "name.\n"
        "So `citizen_on_time_rate` may hold a case against a unit that should never have had it, whose own items of that case are "
        "void: units are judged by `on_time_rate`.\n\n"
        "## Groupings\n\n"
        "`street`, `department`, `community` and `utility` are accountable units of that tier or class: whose figures these are.\n"
        "`unit` gives every accountable unit a row, `total` all items in one.\n"
        "`place_street` and `place_community` are where it happened, whoever is accountable.\n"
        "Items outside a grouping are in the row `-`, so the rows of every grouping add up to the total.\n"
        "Every answer says its grouping (`by`) and what its items are narrowed by: `narrowed` is `all` (the whole district), `key` "
        "(only what the subtree of the key's unit is accountable for) or `unit` (the same for the unit that was asked for), and "
        "`scope` is that unit.\n"
        "So a street reads the same in its own row as the district does in it by `street`, and less by `place_street`, where "
        "departments and others work too.\n\n"
        "## Definitions\n\n"
        "| id | 名称 | version | numerator | denominator | date | scale | excluded by reason "
        "|\n|---|---|---|---|---|---|---|---|\n");
    for (int metric = 0; metric < METRIC_COUNT; metric++) {
        const struct metric_info *info = metric_info((enum metric)metric);
        fprintf(out, "| `%s` | %s | %u | %s | %s | %s | %u |", info->name, info->title, info->version, info->numerator,
                info->denominator, info->date, info->scale);
        for (int i = 0; i < COUNTER_REASONS && info->exclusions[i] != NULL; i++) {
            fprintf(out, "%s %s", i > 0 ? "," : "", info->exclusions[i]);
        }
        fprintf(out, " |\n");
    }
}

int main(int argc, char **argv)
{
    char *made = NULL, *kept = NULL;
    size_t size = 0, room = 0;
    if (argc < 3) {
        fprintf(stderr, "usage: print-tables states|metrics FILE [--write]\n");
        return 2;
    }
    FILE *out = open_memstream(&made, &size);
    if (strcmp(argv[1], "states") == 0) {
        print_states(out);
    } else {
        print_metrics(out);
    }
    fclose(out);
    if (argc > 3) {
        FILE *file = fopen(argv[2], "w");
        bool ok = file != NULL && fwrite(made, 1, size, file) == size;
        ok = file != NULL && fclose(file) == 0 && ok;
        free(made);
        return ok ? 0 : 1;
    }
    FILE *file = fopen(argv[2], "r");
    ssize_t got = file == NULL ? -1 : getdelim(&kept, &room, '\0', file);
    bool same = got == (ssize_t)size && memcmp(kept, made, size) == 0;
    if (file != NULL) {
        fclose(file);
    }
    free(kept);
    free(made);
    if (!same) {
        fprintf(stderr, "%s is not what the tables say; run: build/tests/core/print-tables %s %s --write\n", argv[2], argv[1],
                argv[2]);
    }
    return same ? 0 : 1;
}
