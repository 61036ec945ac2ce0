/* decision.c - the command decide: what is said to a question, and what follows (question.h) */
#include "dispatcher/core/judging.h"
#include "dispatcher/core/question.h"

#include <stddef.h>

/* Does what was asked; `of` is the duty that it was about, where it was about one. False: refused. */
typedef bool following(struct judging *j, const struct duty_row *of, const struct question_row *question, struct text reason);

static const struct {
    following *granted, *refused;
    const char *elsewhere;
} abouts[ABOUT_COUNT] = {
#define ROW(about, by, named, next, limit, granted, refused, elsewhere) [ABOUT_##about] = {granted, refused, elsewhere},
    QUESTIONS(ROW)
#undef ROW
};

/* Neither who asked, nor those below, nor who has worked on the case: they would judge themselves. Where the unit that asks stands
 * above the one that decides, as a desk that is the district itself, its subtree is everybody, and the persons alone tell. */
static bool is_party(const struct judging *j)
{
    const struct district *district = j->district;
    int32_t asker = unit_in_service(j, &j->duty.creator), holder = unit_index(j, &j->duty.unit), top = j->sight.top;
    bool apart = asker >= 0 && top >= 0 && !district_within(district, holder, asker);
    return (apart && district_within(district, top, asker)) || core_handled(j->tables, &j->c, actor_hash(j));
}

bool judge_decide(struct judging *j)
{
    const struct decide_command *decide = &j->command->body.decide;
    enum about about = (enum about)j->duty.about;
    struct question_row question;
    struct duty_row of;
    if (abouts[about].elsewhere != NULL) {
        return refuse(j, REFUSAL_BAD_STATE, abouts[about].elsewhere);
    }
    if (decide->decision == DECISION_NONE) {
        return bad_field(j, "decision", "Say `granted` or `refused`.");
    }
    if (decide->reason.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "reason");
    }
    if (is_party(j) && !is_importer(j)) {
        return refuse(j, REFUSAL_SELF_DECISION, "actor");
    }
    tables_get(j->tables, ROW_QUESTION, j->duty.duty_id, &question);
    tables_get(j->tables, ROW_DUTY, j->duty.of_duty, &of); /* one about a duty that is over has lapsed with it */
    struct decision_given_body *body = &emit_duty(j, RECORD_DECISION_GIVEN, &j->duty)->body.decision_given;
    body->about = about;
    body->decision = decide->decision;
    body->reason = decide->reason;
    finish_duty(j, &j->duty, (struct text){0});
    following *does = decide->decision == DECISION_GRANTED ? abouts[about].granted : abouts[about].refused;
    return does == NULL || does(j, &of, &question, decide->reason);
}
