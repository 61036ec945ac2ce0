/* question.c - see question.h */
#include "dispatcher/core/question.h"

#include "dispatcher/core/judging.h"

#include <stddef.h>

#define R(role) QUESTION_ROLE(role)

static const struct {
    uint32_t by;
    enum role named, next;
    size_t limit; /* in struct policy */
} abouts[ABOUT_COUNT] = {
#define ROW(about, by, named, next, limit, granted, refused, elsewhere)                                                            \
    [ABOUT_##about] = {(by), (named), (next), offsetof(struct policy, limit)},
    QUESTIONS(ROW)
#undef ROW
};

uint64_t question_ask(struct judging *j, const struct question *question)
{
    struct offer offer = {.kind = DUTY_KIND_DECIDE,
                          .unit = question->unit,
                          .reason = DUTY_END_NONE,
                          .creator = question->asker,
                          .of_duty = question->of_duty,
                          .about = question->about};
    uint64_t duty = offer_duty(j, &offer);
    const char *policy = (const char *)j->policy;
    start_policy_clock(j, CLOCK_KIND_DECIDE, duty, question->unit, *(const struct span *)(policy + abouts[question->about].limit));
    struct record *record = emit_for(j, RECORD_DECISION_ASKED, question->unit);
    record->head.duty_id = duty;
    struct decision_asked_body *body = &record->body.decision_asked;
    body->about = question->about;
    body->asker = j->district->units[question->asker].code;
    body->to = question->to >= 0 ? j->district->units[question->to].code : (struct code){0};
    if (question->supports != NULL) {
        body->supports = *question->supports;
    }
    body->reason = question->reason;
    body->tried = question->tried;
    return duty;
}

bool question_asked(const struct judging *j, enum about about, uint64_t of_duty, struct duty_row *ret)
{
    for (uint64_t id = j->c.duty_last; id != 0 && tables_get(j->tables, ROW_DUTY, id, ret); id = ret->prev_of_case) {
        if (ret->kind == DUTY_KIND_DECIDE && ret->about == about && ret->of_duty == of_duty && ret->state != DUTY_STATE_ENDED) {
            return true;
        }
    }
    return false;
}

bool question_allows(const struct duty_row *duty, uint32_t roles, int64_t now_ms)
{
    if (duty->kind != DUTY_KIND_DECIDE) {
        return true;
    }
    bool overdue = duty->due_at != 0 && now_ms > duty->due_at;
    uint32_t too = overdue ? (UINT32_C(1) << abouts[duty->about].next) | R(DISTRICT_LEADER) : 0;
    return ((abouts[duty->about].by | too | R(IMPORTER)) & roles) != 0;
}

enum role question_named(enum about about)
{
    return abouts[about].named;
}

uint32_t question_roles(void)
{
    uint32_t roles = R(DISTRICT_LEADER) | R(IMPORTER);
    for (int about = 0; about < ABOUT_COUNT; about++) {
        roles |= abouts[about].by != 0 ? abouts[about].by | (UINT32_C(1) << abouts[about].next) : 0;
    }
    return roles;
}

void question_overdue(struct judging *j, const struct duty_row *duty, enum rung rung)
{
    int32_t unit = unit_index(j, &duty->unit);
    int32_t deputy = unit >= 0 ? j->district->units[unit].deputy : -1;
    if (rung == RUNG_RED) {
        if (deputy >= 0) {
            raise_alarm(j, ALARM_UNDECIDED, deputy, abouts[duty->about].named);
        }
        raise_alarm(j, ALARM_UNDECIDED, j->district->desk_unit, abouts[duty->about].next);
    } else if (rung == RUNG_NOTICE) {
        raise_alarm(j, ALARM_UNDECIDED, j->district->district_unit, ROLE_DISTRICT_LEADER);
    }
}
