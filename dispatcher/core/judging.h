/*
 * judging.h - what the judge functions of all families share (inside the core only)
 *
 * One command is judged in one `struct judging`: the rows it found, and the verdict as it grows. The rows in it follow what has
 * been emitted as far as the same command needs it; the stored rows change only when the records are applied. Helpers that
 * emit records come here; each family of commands (intake, route, duty, call, followup, pulse) has a file of its own.
 */
#ifndef HUYING_CORE_JUDGING_H
#define HUYING_CORE_JUDGING_H

#include "config/district.h"
#include "dispatcher/core/core.h"
#include "dispatcher/core/sight.h"

/* The instants of a limit's rungs, 0 = this rung is off or never comes. */
struct rungs {
    int64_t at[RUNG_COUNT];
    /* What they follow from; budget and kind count from due_at on. */
    const struct calendar *calendar;
    enum time_kind kind;
    int64_t due_at, budget_ms;
};

struct judging {
    const struct tables *tables;
    const struct district *district;
    const struct policy *policy;
    const struct command *command;
    const struct command_info *info; /* of the command */
    struct verdict *verdict;
    int64_t now_ms;
    struct sight sight;     /* of the actor; time itself acts for no unit */
    struct case_row c;      /* the case, case_id 0 = none */
    struct duty_row duty;   /* the duty that the command works on, duty_id 0 = none */
    struct call_row call;   /* the call, call_id 0 = none */
    struct clock_row total; /* the citizen's clock of the case, clock_id 0 = not looked up */
    uint64_t prev;          /* newest record of the case */
    uint64_t call_id;       /* call that emitted records belong to */
    bool called_late;       /* this verdict stops a clock of a called unit that has come, finished or been taken off late */
    uint64_t lead_offered;  /* the lead's duty that this verdict offers, 0 = none */
    struct rungs rungs;     /* that were asked for last: two clocks of one verdict mostly run by the same limit */
    bool stored_read;
    struct district_row stored; /* judging_stored */
};

/* A refusal, and what it is about. */
static inline bool refuse(struct judging *j, enum refusal refusal, const char *field)
{
    j->verdict->refusal = refusal;
    j->verdict->field = field;
    return false;
}

/* The same for a field that is not right: with the one sentence that says why. */
static inline bool bad_field(struct judging *j, const char *field, const char *cause)
{
    j->verdict->cause = cause;
    return refuse(j, REFUSAL_BAD_FIELD, field);
}

/* Adds a record with the case's envelope. Its body is zeroed, as large as it is. The pointer lives until the verdict is reused. */
struct record *emit(struct judging *j, enum record_type type);

/* As emit, held by `unit` (index); acct follows from it. -1: none. */
struct record *emit_for(struct judging *j, enum record_type type, int32_t unit);

/* As emit, about a duty: its id, unit, acct and call. */
struct record *emit_duty(struct judging *j, enum record_type type, const struct duty_row *duty);

/* As emit, about a clock: its duty, call, unit, acct and round. */
struct record *emit_clock(struct judging *j, enum record_type type, const struct clock_row *clock);

/* The row of the district itself: numbers that were given, the set in force. Read once, for no record changes it before it is
 * applied; zeroed as long as nothing is stored. */
const struct district_row *judging_stored(struct judging *j);

/* Sequence that the next emitted record gets. */
uint64_t next_seq(const struct judging *j);

/* Index of a unit of the district, or -1. */
int32_t unit_index(const struct judging *j, const struct code *code);

/* As unit_index, and for a retired unit its successor: what a code in a command means. */
int32_t unit_in_service(const struct judging *j, const struct code *code);

/* May the actor act for this unit: is it in the subtree of the key, seconded from there, or is the deputy there? */
bool covers(const struct judging *j, int32_t unit);

/* The street at whose own desk the actor stands, or -1. */
int32_t desk_street(const struct judging *j);

/* May the actor whistle in this unit's name, and rate: does it act for it, or for the desk of that street? */
bool speaks_for(const struct judging *j, int32_t unit);

/* May the actor act for the desk, and so see to every case of the district? */
bool covers_desk(const struct judging *j);

bool has_role(const struct judging *j, enum role role);

/* Is the importer at work: it acts for every unit in its scope, and may give limits? */
static inline bool is_importer(const struct judging *j)
{
    return has_role(j, ROLE_IMPORTER);
}

/* Is it a question about a duty? It ends with that duty, or stands (ending.c). */
static inline bool asks_about_duty(const struct duty_row *duty)
{
    return (duty->kind == DUTY_KIND_RULE || duty->kind == DUTY_KIND_DECIDE) && duty->of_duty != 0;
}

/* Walks: calls *ret with each open duty of the case; begin with cursor = c.duty_last. False: no more. */
bool next_open_duty(const struct judging *j, uint64_t *cursor, struct duty_row *ret);
/* Does the unit hold an open duty of one of these kinds (a bit each) on the case? */
bool has_open_duty(const struct judging *j, int32_t unit, uint32_t kinds);
/* As next_open_duty over the duties of the present call, open or not. */
bool next_call_duty(const struct judging *j, uint64_t *cursor, struct duty_row *ret);

/* --- duties and clocks, in records ------------------------------------------------------------------------------------- */

struct offer {
    enum duty_kind kind;
    int32_t unit;
    enum duty_end reason;
    int32_t creator; /* unit that may cancel it, -1 = none */
    uint64_t of_duty;
    uint32_t reporter;
    enum about about;
};

/* Emits duty_offered; returns the new duty's id. */
uint64_t offer_duty(struct judging *j, const struct offer *offer);

struct limit {
    int64_t budget_ms; /* counted time */
    int64_t due_at;    /* 0: no limit */
    enum limit_source source;
    enum time_kind kind;
    int64_t amount; /* as in struct span; 0: due_at was given as an instant */
    int64_t from_at;
    bool provisional;
};

/* Time ends with the year 9999: what would be due after it is due at its end, which no command comes after. */
static inline int64_t instant_within(int64_t at_ms)
{
    return at_ms < INSTANT_MAX ? at_ms : INSTANT_MAX;
}

/* No limit. */
struct limit limit_none(void);
/* An instant that was given. */
struct limit limit_at(int64_t from_at, int64_t due_at, enum limit_source source);
/* A span from an instant on, by the calendar of the unit (index) that holds the duty; a span of 0 is no limit. */
struct limit limit_span(const struct judging *j, struct span span, int32_t unit, int64_t from_at, enum limit_source source);
/* As limit_span from now, by the policy. */
struct limit limit_policy(const struct judging *j, struct span span, int32_t unit);
/* The limit that a clock runs by. */
struct limit limit_of(const struct clock_row *clock);
/* What is left of a stopped clock, from now on: the time since it stopped moves the due instant; at least `floor`, where it is not
 * late already. Requires a due instant. */
struct limit limit_resumed(const struct judging *j, const struct clock_row *clock, struct span floor);
/* The one of two that is due later. */
struct limit limit_later(const struct limit *a, const struct limit *b);

/* Emits clock_started for a duty (0: the case itself), with its rungs. */
void start_clock(struct judging *j, enum clock_kind kind, uint64_t duty, int32_t unit, const struct limit *limit);

/* As start_clock with the policy's span; nothing when the span is 0 (the clock is off). */
void start_policy_clock(struct judging *j, enum clock_kind kind, uint64_t duty, int32_t unit, struct span span);

/* What a running clock has counted at an instant. */
int64_t clock_consumed(const struct judging *j, const struct clock_row *clock, int64_t until_at);

/* Stops the running clock of this kind of a duty (0: none running, nothing happens). */
void stop_clock(struct judging *j, uint64_t duty, enum clock_kind kind);

/* Stops one running clock, judging the item. */
void stop_clock_row(struct judging *j, const struct clock_row *clock);

/* Ends every running clock of a duty that ends. Those of the kinds in `stopped` (a bit each) stop: that is what they waited for. Of
 * the others an overdue item stands and stops late, the rest are void; where a call is withdrawn all are. */
void end_clocks(struct judging *j, uint64_t duty, uint32_t stopped, enum clock_why why);

/* Every clock of a duty is void, whether it runs or has stopped, but for the stage reports that were given. */
void void_clocks(struct judging *j, uint64_t duty, enum clock_why why);

/* Finds the running (or, with `any`, the newest) clock of a kind of a duty. */
bool find_clock(const struct judging *j, uint64_t duty, enum clock_kind kind, bool any, struct clock_row *ret);

/* Emits clock_rebudgeted: the due instant stays, `budget_ms` counts up to it. */
void rebudget(struct judging *j, const struct clock_row *clock, int64_t budget_ms);

/* Emits clock_due_moved with fresh rungs. `unit` >= 0: its holder from now on. `counted`: of a stopped clock, the time since the
 * stop counts as consumed. */
struct clock_due_moved_body *move_due(struct judging *j, const struct clock_row *clock, const struct limit *limit,
                                      enum clock_why why, int32_t unit, bool counted);

/* Emits duty_done, stops the clock that judges it and ends the others of the duty. */
void finish_duty(struct judging *j, const struct duty_row *duty, struct text text);

/* Emits duty_ended and ends all its clocks. */
void end_duty(struct judging *j, const struct duty_row *duty, enum duty_end reason, enum clock_why why, struct text text);

/* The same where the item counts nowhere: its clocks are void, also those that have stopped, in time or late. */
void void_duty(struct judging *j, const struct duty_row *duty, enum duty_end reason, enum clock_why why, struct text text);

/* --- parts of verdicts that several families use ------------------------------------------------------------------------ */

struct lead_choice {
    int32_t unit;
    enum route_how how;
    const struct catalogue_row *row; /* NULL: by hand */
    struct text reason;
    struct limit limit; /* of the handle clock */
};

/* The row of the list in force that fits the case, or NULL; its place and lead, -1 = none. */
const struct catalogue_row *list_row(const struct judging *j, int32_t *ret_place, int32_t *ret_lead);

/* The list's (or the sender's) handle limit of this case from now on, for a lead. */
struct limit list_limit(const struct judging *j, const struct catalogue_row *row, int32_t lead);

/* Emits case_routed, the lead's duty and its clocks, and on the first route the citizen's due instant. */
void offer_lead(struct judging *j, const struct lead_choice *choice);

/* As offer_lead, by the list where its row names `unit`, else by hand; then the supports: those that are named, or, where none is
 * (NULL, or empty), the row's. */
void offer_by_list(struct judging *j, int32_t unit, enum route_how how, struct text reason, const struct codes *supports);

/* Emits the supports that a row names for this place. */
void offer_row_supports(struct judging *j, const struct catalogue_row *row, int32_t lead, int32_t place, const struct limit *limit);

/* Emits the desk's route duty of the case, with its clock. */
void offer_route(struct judging *j);

/* Nobody leads the case any more: emits case_pooled and the desk's route duty. */
void back_to_pool(struct judging *j);

/* Is the matter, by the list of the street's duties on which its row stands, not one for this unit: a street, a community, or what
 * they answer for? `leads`: as lead, else as support. */
bool not_theirs(const struct judging *j, int32_t unit, bool leads);

/* May a case go to this unit though no row of the list says so? Nothing off the list is pushed down: never by hand onto a community
 * or grid, onto a street only by a district leader (准入). */
bool may_push(const struct judging *j, int32_t unit);

/* May these units support a case that `lead` leads? Refuses where not (field `supports`). */
bool check_supports(struct judging *j, const struct codes *codes, int32_t lead);

/* The lead loses the case through no fault of its own: its items are void; its supports end; the calls that it raised itself end,
 * void. Who leads next is said by what follows. */
void lead_goes(struct judging *j, const struct duty_row *lead, enum duty_end reason, enum clock_why why, struct text text);

/* Emits a support duty with its clocks: due with the lead's `limit`, by the support's own calendar, but not after it. */
void offer_support(struct judging *j, int32_t unit, int32_t creator, enum duty_end reason, const struct limit *limit);

/* Emits what a take-over to `unit` does: late item stands, the unit stays as support, fresh limit. Requires a lead in the set. */
void take_over_to(struct judging *j, int32_t unit, struct text reason);

/* question.h: the unit above takes the case over from a lead that has referred it up. */
bool grant_refer(struct judging *j, const struct duty_row *lead, const struct question_row *question, struct text reason);

/* question.h: the lead agrees that it goes, as it was asked. */
bool grant_reroute(struct judging *j, const struct duty_row *lead, const struct question_row *question, struct text reason);

/* question.h: the unit that was called and did not come refused; or it had a reason. */
bool uphold_refusal(struct judging *j, const struct duty_row *respond, const struct question_row *question, struct text reason);
bool excuse_refusal(struct judging *j, const struct duty_row *respond, const struct question_row *question, struct text reason);

/* The arrival that `clock` waited for has been missed: the district is told in the caller's name, and asked. */
void arrival_missed(struct judging *j, const struct duty_row *respond, const struct clock_row *clock);

/* Emits alarm_raised for who has the role `to` in the unit. */
void raise_alarm(struct judging *j, enum alarm alarm, int32_t unit, enum role to);

/* What nobody has routed in time goes to the policy's unit for its urgency. False: the policy names none, nothing happens. `duty`:
 * the route duty of the case. */
bool route_fallback(struct judging *j, const struct duty_row *duty);

/* The unit of the next tier above a lead (the desk where that is the district), or -1. */
int32_t next_tier(const struct judging *j, int32_t unit);

/* Begins the next round with its lead; `counted`: the time since the answer counts on the citizen's clock. */
void next_round(struct judging *j, enum reopen_by by, bool counted, struct text why);

/* May this unit be called by `caller`? */
bool callable(const struct judging *j, int32_t unit, int32_t caller);

/* Emits a respond of the present call with its clocks. */
void offer_respond(struct judging *j, int32_t unit, enum duty_end reason);

/* Emits the desk's route duty of the present call, with its clock. */
void offer_dispatch(struct judging *j);

/* May a ruling send `to` in the place of the called unit that asked? Refuses where not (field `to`). */
bool check_replacement(struct judging *j, enum ruling ruling, const struct duty_row *asked, int32_t to);

/* The called unit goes, its items void; `to` comes in its place (-1: nobody). */
void replace_respond(struct judging *j, const struct duty_row *asked, int32_t to, enum duty_end reason);

/* The present call after one of its responds has ended without a result, by somebody's word (`pools`: the desk's ruling, so that
 * the desk has the call again where nobody is left). */
void respond_gone(struct judging *j, const struct duty_row *respond, bool pools);

/* Moves the lead's due instant by the time for which called units of other accountable units were late, up to an instant. False:
 * they were not, or all of it is credited already. Requires the lead's running clock, which is not red. */
bool await_called(struct judging *j, const struct clock_row *handle, int64_t until_at);

/* The same where this verdict has stopped a late called unit's clock. */
void await_stopped(struct judging *j);

/* Emits case_closed. */
void close_case(struct judging *j, enum disposition disposition);

/* As close_case, once the last call of another unit is closed too: until then the case stays answered. */
void end_case(struct judging *j, enum disposition disposition);

/* A case of origin found 自行发现, as a command that opens one says it. */
struct found {
    struct code place, matter;
    enum urgency urgency;
    struct text text, address;
};

/* Checks what was found and makes it the case of this verdict, which nobody leads yet. */
bool begin_found(struct judging *j, const struct found *found);

/* Emits it, led by `lead`. No citizen: no clock of theirs runs, and nobody is asked. */
void open_found(struct judging *j, const struct found *found, int32_t lead);

/* Who whistles: the unit that the command names, or the lowest that may whistle, that the actor acts for and that has to do with
 * the case. Refuses where no unit is, or where it does not have the rank. */
bool find_caller(struct judging *j, const struct code *named, int32_t *ret);

/* Have this unit and the lead one accountable unit? A call of the lead's own ends with it, another's goes on. */
bool leads_too(const struct judging *j, int32_t unit);

/* Is there an open call whose caller leads too? */
bool lead_calls(const struct judging *j);

/* Emits call_closed, and case_closed where the case waited for this call alone. */
void end_call(struct judging *j, enum call_outcome outcome);

/* Ends the call with the outcome that its responds add up to. `except_duty`: one that this verdict changes, with the finish
 * code that it has then, -1: none. */
void close_call(struct judging *j, uint64_t except_duty, int except_code);

/* Ends a follow-up that found out nothing; closes the case as unreachable when it was the last one. `duty` is its duty. */
void followup_ineffective(struct judging *j, const struct duty_row *duty, enum followup_reason reason, struct text text);

/* Hash of the person who acts: core_person_hash. */
uint64_t actor_hash(const struct judging *j);

/* --- judge functions of the families ------------------------------------------------------------------------------------ */

/* One for each command: `bool judge_sign(struct judging *j)`. False: refused. */
#define JUDGE(NAME, name) bool judge_##name(struct judging *j);
COMMANDS(JUDGE)
#undef JUDGE

/* Where something goes that a retired unit (its code) holds, or -1: its holder is in service. */
int32_t moves_on(const struct judging *j, const struct code *unit);
/* Emits duty_moved: the duty goes to unit `to`. */
void move_duty(struct judging *j, const struct duty_row *duty, int32_t to);

#endif
