/*
 * test_policy_used.c - every key of the policy does something: a play of many commands goes otherwise when the key has another
 * value. Keys that only figures read are tried where figures are: day_start, month_start and min_n in tests/engine/test_query.c
 * and tests/e2e/cli.
 */
#include "tests/core/world.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static struct world w;
static uint64_t hash;

static void add(const void *at, size_t size)
{
    hash = XXH64(at, size, hash);
}

static void add_number(int64_t number)
{
    add(&number, sizeof(number));
}

/* What a verdict says, ids and texts left out. */
static void add_verdict(void)
{
    add_number(w.verdict->refusal);
    for (uint32_t i = 0; i < w.verdict->count; i++) {
        const struct record *record = &w.verdict->records[i];
        add_number(record->type);
        add_number(record->at_ms);
        add(record->head.unit.s, CODE_SIZE);
        if (record->type == RECORD_RUNG_FIRED) {
            add_number(record->body.rung_fired.late);
        } else if (record->type == RECORD_CLOCK_STARTED) {
            const struct clock_started_body *body = &record->body.clock_started;
            const int64_t all[] = {body->clock, body->due_at, body->budget_ms, body->yellow_at, body->notice_at, body->bulletin_at};
            add(all, sizeof(all));
        } else if (record->type == RECORD_CLOCK_DUE_MOVED) {
            add_number(record->body.clock_due_moved.due_at);
        } else if (record->type == RECORD_DUTY_CLAIMED) {
            add_number(record->body.duty_claimed.claimed_until);
        } else if (record->type == RECORD_CASE_RECEIVED) {
            add_number(record->body.case_received.day);
        } else if (record->type == RECORD_FOLLOWUP_ENDED) {
            add_number(record->body.followup_ended.solved_ppm);
            add_number(record->body.followup_ended.satisfied_ppm);
        } else if (record->type == RECORD_CASE_ROUTED) {
            add(record->body.case_routed.catalogue_ver.at, record->body.case_routed.catalogue_ver.size);
        }
    }
}

static bool act(struct command *command)
{
    bool done = world_do(&w, command) == REFUSAL_NONE;
    add_verdict();
    return done;
}

static void pass(int64_t span_ms, int64_t asleep_ms)
{
    int64_t until = w.now_ms + span_ms, at;
    int kind;
    uint64_t id;
    w.now_ms += asleep_ms;
    while (store_next_timer(w.store, &at, &kind, &id) && at <= until) {
        struct command pulse = {.type = COMMAND_PULSE, .next_seq = w.last_seq + 1};
        w.now_ms = at > w.now_ms ? at : w.now_ms;
        pulse.now_ms = w.now_ms;
        pulse.body.pulse.clock_id = kind == 0 ? id : 0;
        pulse.body.pulse.duty_id = kind == 0 ? 0 : id;
        core_judge(&w.tables, &pulse, w.verdict);
        add_verdict();
        for (uint32_t i = 0; i < w.verdict->count; i++) {
            core_apply(&w.tables, &w.verdict->records[i]);
        }
        w.last_seq += w.verdict->count;
    }
    w.now_ms = until;
}

static uint64_t submit(const char *matter, const char *place, enum urgency urgency)
{
    struct command command = {.type = COMMAND_SUBMIT};
    command.body.submit.matter = code_of(matter);
    command.body.submit.place = code_of(place);
    command.body.submit.title = text_of("T");
    command.body.submit.reporter_phone = text_of("000-0001");
    command.body.submit.urgency = urgency;
    ck_assert(act(&command));
    return w.verdict->records[1].seq;
}

static bool on_duty(enum command_type type, uint64_t id, enum duty_kind kind, const char *evidence)
{
    struct command command = {.type = type};
    command.body.sign.case_id = id;
    command.body.sign.duty_id = world_duty(&w, id, kind).duty_id;
    if (type == COMMAND_ARRIVE) {
        command.body.arrive.evidence = text_of(evidence);
    } else if (type == COMMAND_FINISH_CALL) {
        command.body.finish_call.code = FINISH_CODE_SOLVED;
        command.body.finish_call.text = text_of("done");
    } else if (type == COMMAND_CONTACT) {
        command.body.contact.outcome = evidence != NULL ? CONTACT_OUTCOME_REACHED : CONTACT_OUTCOME_NO_ANSWER;
        command.body.contact.evidence = text_of("telephone");
    }
    return act(&command);
}

static bool answer(uint64_t id)
{
    struct command command = {.type = COMMAND_ANSWER};
    command.body.answer.case_id = id;
    command.body.answer.text = text_of("done");
    return act(&command);
}

static void ask(uint64_t id, enum said_solved solved, enum said_satisfied satisfied)
{
    world_followup(&w, id, solved, satisfied);
    add_verdict();
}

static bool call(uint64_t id, const char *caller, const char *unit)
{
    struct command command = {.type = COMMAND_RAISE_CALL};
    command.body.raise_call.case_id = id;
    command.body.raise_call.units.count = 1;
    command.body.raise_call.units.at[0] = code_of(unit);
    w.unit = code_of(caller);
    bool done = act(&command);
    w.unit = code_of("D1");
    return done;
}

/* A citizen is called three times in vain, with these spans between. */
static void nobody_answers(int64_t first_ms, int64_t second_ms)
{
    pass(DAY_MS - (w.now_ms - world_at("2026-03-02 09:00")) % DAY_MS, 0); /* nine o'clock */
    uint64_t id = submit("ROAD", "S1", URGENCY_ORDINARY);
    struct command attempt = {.type = COMMAND_NOTE_ATTEMPT};
    on_duty(COMMAND_CONTACT, id, DUTY_KIND_LEAD, "telephone");
    answer(id);
    attempt.body.note_attempt.case_id = id;
    for (int i = 0; i < 3; i++) {
        w.actor = "asker";
        act(&attempt);
        w.actor = "tester";
        pass(i == 0 ? first_ms : second_ms, 0);
    }
}

/* Cases of each urgency, on time and late, with rounds, calls, follow-ups, a sleep of the dispatcher. */
static uint64_t play(void)
{
    hash = 0;
    w.now_ms = world_at("2026-03-02 03:00");
    for (int urgency = 0; urgency < URGENCY_COUNT; urgency++) {
        submit("unknown", "S1", (enum urgency)urgency); /* waits for the desk */
        submit("ROAD", "S1", (enum urgency)urgency);    /* nobody does anything: signature, contact, answer run out */
    }
    pass(6 * HOUR_MS, 0);
    uint64_t rounds = submit("ROAD", "S1", URGENCY_ORDINARY);
    for (int i = 0; i < 3; i++) {
        on_duty(COMMAND_CONTACT, rounds, DUTY_KIND_LEAD, NULL);
        answer(rounds);
    }
    on_duty(COMMAND_CONTACT, rounds, DUTY_KIND_LEAD, "telephone");
    answer(rounds);
    for (int round = 2; round <= 3; round++) {
        ask(rounds, SAID_SOLVED_NO, SAID_SATISFIED_NO);
        pass(HOUR_MS, 0);
        on_duty(COMMAND_CONTACT, rounds, DUTY_KIND_LEAD, "telephone");
        answer(rounds);
    }
    ask(rounds, SAID_SOLVED_PARTLY, SAID_SATISFIED_BASICALLY);
    pass(10 * (int64_t)DAY_MS, 0);
    struct command again = {.type = COMMAND_REOPEN};
    again.body.reopen.case_id = rounds;
    again.body.reopen.reason = text_of("it is out again");
    act(&again);

    uint64_t content = submit("ROAD", "S1", URGENCY_ORDINARY);
    answer(content); /* without contact */
    on_duty(COMMAND_CONTACT, content, DUTY_KIND_LEAD, "telephone");
    answer(content);
    ask(content, SAID_SOLVED_YES, SAID_SATISFIED_YES);
    pass(2 * (int64_t)DAY_MS, 0);
    again.body.reopen.case_id = content;
    uint32_t roles = w.roles;
    w.roles = 1u << ROLE_OPERATOR; /* a supervisor has no window */
    act(&again);
    w.roles = roles;
    nobody_answers(DAY_MS, 4 * HOUR_MS);
    nobody_answers(4 * HOUR_MS, DAY_MS);

    uint64_t calling = submit("ROAD", "S1", URGENCY_ORDINARY);
    call(calling, "S1", "UT");
    struct command dispatch = {.type = COMMAND_DISPATCH_CALL};
    dispatch.body.dispatch_call.case_id = calling;
    dispatch.body.dispatch_call.units.count = 1;
    dispatch.body.dispatch_call.units.at[0] = code_of("UT");
    dispatch.body.dispatch_call.reason = text_of("owner of the cable");
    act(&dispatch);
    struct command claim = {.type = COMMAND_CLAIM};
    claim.body.claim.case_id = calling;
    claim.body.claim.duty_id = world_duty(&w, calling, DUTY_KIND_RESPOND).duty_id;
    act(&claim);
    pass(2 * (int64_t)DAY_MS, 0);
    on_duty(COMMAND_SIGN, calling, DUTY_KIND_RESPOND, NULL);
    on_duty(COMMAND_ARRIVE, calling, DUTY_KIND_RESPOND, "");
    on_duty(COMMAND_ARRIVE, calling, DUTY_KIND_RESPOND, "countersigned");
    pass(7 * (int64_t)DAY_MS + 20 * HOUR_MS, 0);
    on_duty(COMMAND_FINISH_CALL, calling, DUTY_KIND_RESPOND, NULL);
    struct command rate = {.type = COMMAND_RATE_CALL};
    rate.body.rate_call.case_id = calling;
    rate.body.rate_call.score = 1;
    act(&rate); /* not confirmed: sent back */
    pass(HOUR_MS, 0);
    on_duty(COMMAND_FINISH_CALL, calling, DUTY_KIND_RESPOND, NULL);
    pass(4 * (int64_t)DAY_MS, 0);
    act(&rate); /* expired a day ago */

    /* A street leads by the old list; by the new one the case would be DA's alone: not to be called, but dispatched. */
    struct selector da = w.rows[1].lead;
    w.rows[1].lead = w.rows[2].lead;
    uint64_t pipe = submit("PIPE", "S1", URGENCY_ORDINARY);
    w.rows[1].lead = da;
    call(pipe, "S1", "DA");
    uint64_t community = submit("LAMP", "G1", URGENCY_ORDINARY);
    call(community, "C1", "UT");
    submit("unknown", "S1", URGENCY_ORDINARY);
    pass(8 * (int64_t)DAY_MS, 2 * HOUR_MS); /* late communities; the dispatcher slept two hours */
    pass(12 * (int64_t)DAY_MS, 7 * (int64_t)DAY_MS);
    return hash;
}

static void other_span(void *at)
{
    *(struct span *)at = (struct span){TIME_KIND_NATURAL, 31 * HOUR_MS + 7};
}
static void long_span(void *at)
{
    *(struct span *)at = (struct span){TIME_KIND_NATURAL, 4 * (int64_t)DAY_MS + 7};
}
static void other_ms(void *at)
{
    *(int64_t *)at = 6 * HOUR_MS;
}
static void fewer(void *at)
{
    --*(uint32_t *)at;
}
static void more(void *at)
{
    ++*(uint32_t *)at;
}
static void other_ppm(void *at)
{
    *(uint32_t *)at = 123456;
}
static void turned(void *at)
{
    *(bool *)at = !*(bool *)at;
}
static void rung_off(void *at)
{
    ((struct rung_policy *)at)->on = false;
}
static void never(void *at)
{
    *(enum followup_mode *)at = FOLLOWUP_MODE_NEVER;
}
static void supervised(void *at)
{
    enum on_overdue(*all)[UNIT_TIER_COUNT] = at;
    for (int class = 0; class < UNIT_CLASS_COUNT; class ++) {
        for (int tier = 0; tier < UNIT_TIER_COUNT; tier++) {
            all[class][tier] = ON_OVERDUE_SUPERVISE;
        }
    }
}

#define KEY(name, member, change)                                                                                                  \
    {                                                                                                                              \
        name, offsetof(struct policy, member), change                                                                              \
    }
#define BY_URGENCY(name)                                                                                                           \
    KEY("limits." #name ".ordinary", name[URGENCY_ORDINARY], other_span),                                                          \
        KEY("limits." #name ".urgent", name[URGENCY_URGENT], other_span),                                                          \
        KEY("limits." #name ".emergency", name[URGENCY_EMERGENCY], other_span),                                                    \
        KEY("limits." #name ".complex", name[URGENCY_COMPLEX], other_span)

static const struct {
    const char *name;
    size_t at;
    void (*change)(void *at);
} keys[] = {
    KEY("day_start", day_start_ms, other_ms),
    BY_URGENCY(handle),
    BY_URGENCY(route),
    BY_URGENCY(sign),
    BY_URGENCY(contact),
    KEY("limits.stage", stage, other_span),
    KEY("limits.second_round", second_round, other_span),
    KEY("limits.last_round", last_round, other_span),
    KEY("limits.take_over_floor", take_over_floor, long_span),
    KEY("limits.send_back_floor", send_back_floor, long_span),
    KEY("limits.rate", rate, other_span),
    KEY("limits.followup", followup_limit, other_span),
    KEY("limits.call.dispatch", call_dispatch, other_span),
    KEY("limits.call.sign", call_sign, other_span),
    KEY("limits.call.contact", call_contact, other_span),
    KEY("limits.call.arrive", call_arrive, other_span),
    KEY("limits.call.finish", call_finish, other_span),
    KEY("claim", claim_ms, other_ms),
    KEY("late_after", late_ms, other_ms),
    KEY("rounds", rounds, fewer),
    KEY("reopen_window", reopen_window_ms, other_ms),
    KEY("late_rating", late_rating_ms, other_ms),
    KEY("contact_attempts", contact_attempts, fewer),
    KEY("rungs.yellow", rungs[RUNG_YELLOW], rung_off),
    KEY("rungs.notice", rungs[RUNG_NOTICE], rung_off),
    KEY("rungs.bulletin", rungs[RUNG_BULLETIN], rung_off),
    KEY("steps.contact_required", contact_required, turned),
    KEY("steps.evidence_required", evidence_required, turned),
    KEY("steps.rating", rating, turned),
    KEY("steps.one_unit_guard", one_unit_guard, turned),
    KEY("steps.community_calls", community_calls, turned),
    KEY("followup.mode", followup, never),
    KEY("followup.attempts", followup_attempts, more),
    KEY("followup.days", followup_days, fewer),
    KEY("credits.basically", credit_basically_ppm, other_ppm),
    KEY("credits.partly", credit_partly_ppm, other_ppm),
    KEY("on_overdue", on_overdue, supervised),
};

/* All in one test: the play under the policy as it is comes first, and twice, so that it is known to be the same each time. */
START_TEST(every_key_changes_something)
{
    uint32_t unused = 0;
    w.district.policy.followup_attempts = 2; /* three on two days never differ from three */
    uint64_t plain = play();
    world_again(&w);
    w.district.policy.followup_attempts = 2;
    ck_assert_uint_eq(play(), plain);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        world_again(&w);
        w.district.policy.followup_attempts = 2;
        keys[i].change((char *)&w.district.policy + keys[i].at);
        if (play() == plain) {
            fprintf(stderr, "%s changes nothing\n", keys[i].name);
            unused++;
        }
    }
    static char version[] = "another";
    world_again(&w);
    w.district.policy.followup_attempts = 2;
    w.district.catalogue_version = version;
    ck_assert_msg(play() != plain, "catalogue_version changes nothing");
    ck_assert_uint_eq(unused, 0);
}
END_TEST

static void open_world(void)
{
    world_open(&w);
}

static void close_world(void)
{
    world_close(&w);
}

int main(void)
{
    const struct suite_test tests[] = {{every_key_changes_something}};
    return suite_run(&(struct suite){.name = "policy_used",
                                     .timeout_s = 120,
                                     .setup = open_world,
                                     .teardown = close_world,
                                     .tests = tests,
                                     .count = SUITE_COUNT(tests)});
}
