/*
 * question.h - what somebody with rank is asked, and says 审批 (lifecycle 2b, 5.2)
 *
 * A question is a duty of the kind `decide`: at a unit, with a clock of its own, about something. What is so of each `about` is one
 * row of QUESTIONS: who decides, by when, who may too once it is overdue, and what happens when it is granted or refused. It is
 * never granted by time alone. Who asked, and who has handled the case, does not decide it. A question about a duty lapses with
 * that duty; whoever asked may take it back (cancel).
 * Returns are ruled, not decided (returns.c).
 */
#ifndef HUYING_CORE_QUESTION_H
#define HUYING_CORE_QUESTION_H

#include "dispatcher/core/rows.h"

struct judging;

#define QUESTION_ROLE(role) (UINT32_C(1) << ROLE_##role)

/* A new question is a row here, and somebody who asks it (question_ask). Columns:
 * about; roles that decide it at the unit that is asked; the one of them that a refusal names; the role that is told when it is
 * overdue and may decide it too from then on; its limit, a member of struct policy; what does as was asked (declared in judging.h),
 * what follows a refusal (NULL: all stays); the word under which BAD_STATE names the command that completes it instead of `decide`
 * (NULL: decide itself does). */
#define QUESTIONS(X)                                                                                                               \
    X(REROUTE, QUESTION_ROLE(LEADER), ROLE_LEADER, ROLE_SUPERVISOR, decide, grant_reroute, NULL, NULL)                             \
    X(REFER, QUESTION_ROLE(LEADER) | QUESTION_ROLE(SUPERVISOR), ROLE_LEADER, ROLE_SUPERVISOR, decide, grant_refer, NULL, NULL)     \
    X(LEVEL, QUESTION_ROLE(LEADER), ROLE_LEADER, ROLE_SUPERVISOR, decide, NULL, NULL, "level")                                     \
    X(DIRECT, QUESTION_ROLE(LEADER), ROLE_LEADER, ROLE_SUPERVISOR, decide, NULL, NULL, "direct")                                   \
    X(REFUSAL, QUESTION_ROLE(DISTRICT_LEADER), ROLE_DISTRICT_LEADER, ROLE_DISTRICT_LEADER, decide, uphold_refusal, excuse_refusal, \
      NULL)

/* What a question asks; `reason` is borrowed. */
struct question {
    enum about about;
    int32_t unit;  /* whose people decide */
    int32_t asker; /* it may take the question back */
    uint64_t of_duty;
    int32_t to;                   /* unit that it would go to, -1 = none */
    const struct codes *supports; /* NULL: none */
    struct text reason, tried;
};

/* Emits the duty with its clock, and what is asked; returns the duty's id. */
uint64_t question_ask(struct judging *j, const struct question *question);

/* Finds the newest question about this that was put because of a duty, whether open or answered; one that lapsed or was taken back
 * does not count. */
bool question_asked(const struct judging *j, enum about about, uint64_t of_duty, struct duty_row *ret);

/* May somebody with these roles decide it now? Of a duty of another kind: true. */
bool question_allows(const struct duty_row *duty, uint32_t roles, int64_t now_ms);

/* The role that a refusal names. */
enum role question_named(enum about about);

/* All roles that decide anything at all, also what is overdue. */
uint32_t question_roles(void);

/* A rung of its clock: who may decide it from now on is told. */
void question_overdue(struct judging *j, const struct duty_row *duty, enum rung rung);

#endif
