/* arrivals.c - 报到: a called unit arrives, and finishes (lifecycle 2c) */
#include "dispatcher/core/judging.h"
#include "dispatcher/core/question.h"

/* What a unit promises on site counts where the level leaves the date to it: urgent and hard. */
static bool may_promise(const struct judging *j)
{
    switch ((enum call_level)j->call.level) {
    case CALL_LEVEL_URGENT:
    case CALL_LEVEL_HARD:
        return true;
    case CALL_LEVEL_ROUTINE:
    case CALL_LEVEL_KEY:
    case CALL_LEVEL_DIRECT:
        return false;
    }
    return false;
}

static bool check_promise(struct judging *j, int64_t finish_at)
{
    if (finish_at == 0) {
        return true;
    }
    if (!may_promise(j)) {
        return bad_field(j, "finish_at", "Only an urgent or a hard call is finished by a date that the called unit names.");
    }
    if (finish_at < j->now_ms) {
        return bad_field(j, "finish_at", "The instant is over already; write one that lies ahead.");
    }
    struct limit most = limit_policy(j, j->policy->promise, unit_index(j, &j->duty.unit));
    return most.due_at == 0 || finish_at <= most.due_at || refuse(j, REFUSAL_TOO_FAR, "finish_at");
}

/* The date that was promised is the finish clock's; one that is red stays as it is. */
static void promise(struct judging *j, int64_t finish_at)
{
    struct clock_row finish;
    if (finish_at == 0 || !find_clock(j, j->duty.duty_id, CLOCK_KIND_FINISH, false, &finish) ||
        (finish.fired & (1u << RUNG_RED)) != 0) {
        return;
    }
    struct limit limit = limit_at(finish.started_at, finish_at, LIMIT_SOURCE_PROMISED);
    move_due(j, &finish, &limit, CLOCK_WHY_PROMISED, -1, false);
}

bool judge_arrive(struct judging *j)
{
    const struct arrive_command *arrive = &j->command->body.arrive;
    if (j->duty.arrived_at != 0) {
        return refuse(j, REFUSAL_ALREADY, "duty");
    }
    if (j->policy->evidence_required && arrive->evidence.size == 0) {
        return refuse(j, REFUSAL_NO_EVIDENCE, "evidence");
    }
    if (arrive->remote && !j->call.remote) {
        return refuse(j, REFUSAL_NOT_ARRIVED, "remote");
    }
    if (!check_promise(j, arrive->finish_at)) {
        return false;
    }
    struct call_arrived_body *body = &emit_duty(j, RECORD_CALL_ARRIVED, &j->duty)->body.call_arrived;
    body->evidence = arrive->evidence;
    body->finish_at = arrive->finish_at;
    body->remote = arrive->remote;
    stop_clock(j, j->duty.duty_id, CLOCK_KIND_ARRIVE);
    promise(j, arrive->finish_at);
    return true;
}

bool judge_finish_call(struct judging *j)
{
    const struct finish_call_command *finish = &j->command->body.finish_call;
    if (j->duty.arrived_at == 0) {
        return refuse(j, REFUSAL_NOT_ARRIVED, "duty");
    }
    if (finish->text.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "text");
    }
    if (code_equal(&j->call.coordinating, &j->duty.unit) && j->call.open_responds > 1) {
        return refuse(j, REFUSAL_CALL_OPEN, "coordinating");
    }
    struct call_finished_body *body = &emit_duty(j, RECORD_CALL_FINISHED, &j->duty)->body.call_finished;
    body->code = finish->code;
    body->text = finish->text;
    finish_duty(j, &j->duty, (struct text){0});
    int32_t caller = unit_index(j, &j->call.caller);
    if (j->policy->rating) {
        struct offer offer = {
            .kind = DUTY_KIND_RATE, .unit = caller, .reason = DUTY_END_NONE, .creator = -1, .of_duty = j->duty.duty_id};
        uint64_t duty = offer_duty(j, &offer);
        start_policy_clock(j, CLOCK_KIND_RATE, duty, caller, j->policy->rate);
    }
    if (j->call.open_responds > 1) {
        return true;
    }
    if (j->policy->rating || j->call.open_rates > 0) {
        emit_for(j, RECORD_CALL_REPORTED, caller);
    } else {
        close_call(j, j->duty.duty_id, (int)finish->code);
    }
    return true;
}

/* --- who does not come ---------------------------------------------------------------------------------------------------- */

void arrival_missed(struct judging *j, const struct duty_row *respond, const struct clock_row *clock)
{
    int32_t caller = unit_in_service(j, &j->call.caller);
    struct arrival_missed_body *body = &emit_duty(j, RECORD_ARRIVAL_MISSED, respond)->body.arrival_missed;
    body->caller = j->call.caller;
    body->due_at = clock->due_at;
    raise_alarm(j, ALARM_NOT_ARRIVED, j->district->district_unit, ROLE_DISTRICT_LEADER);
    if (j->c.open_duties >= CAP_OPEN_DUTIES_PER_CASE) {
        return; /* time is not refused: it has been told */
    }
    struct question question = {.about = ABOUT_REFUSAL,
                                .unit = j->district->district_unit,
                                .asker = caller >= 0 ? caller : j->district->desk_unit,
                                .of_duty = respond->duty_id,
                                .to = -1};
    question_ask(j, &question);
}

static void decide_refusal(struct judging *j, const struct duty_row *respond, enum refusal_ruling ruling)
{
    struct refusal_decided_body *body = &emit_duty(j, RECORD_REFUSAL_DECIDED, respond)->body.refusal_decided;
    body->ruling = ruling;
    body->caller = j->call.caller;
}

bool uphold_refusal(struct judging *j, const struct duty_row *respond, const struct question_row *question, struct text reason)
{
    (void)question;
    (void)reason; /* stands in decision_given */
    decide_refusal(j, respond, REFUSAL_RULING_UPHELD);
    emit_duty(j, RECORD_ORDER_PROPOSED, respond)->body.order_proposed.order_kind = ORDER_KIND_REFUSED_CALL;
    return true;
}

bool excuse_refusal(struct judging *j, const struct duty_row *respond, const struct question_row *question, struct text reason)
{
    (void)question;
    (void)reason;
    decide_refusal(j, respond, REFUSAL_RULING_EXCUSED);
    return true;
}
