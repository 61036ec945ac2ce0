/* assign.c - a unit hands its duty on inside 分办 (lifecycle 2b); what becomes of that is in ending.c */
#include "dispatcher/core/judging.h"

/* A section of a street that got its part from there. */
static bool inner_section(const struct judging *j, const struct unit *unit)
{
    return j->duty.internal && unit->class == UNIT_CLASS_SECTION && unit->tier == UNIT_TIER_STREET;
}

/* The unit inside which the holder hands on: its own subtree, for the desk of a street that street, and for a section that got its
 * part from there. */
static int32_t assign_within(const struct judging *j)
{
    const struct unit *units = j->district->units;
    int32_t holder = unit_index(j, &j->duty.unit);
    if (units[holder].desk_of >= 0) {
        return units[holder].desk_of;
    }
    int32_t above = inner_section(j, &units[holder]) ? units[holder].parent : holder;
    while (above != holder && units[above].class == UNIT_CLASS_SECTION) {
        above = units[above].parent;
    }
    return above;
}

/* Below the holder; for a street's desk inside the street, for a section that got its part from there on a tier below. */
static bool inside(const struct judging *j, int32_t to)
{
    const struct unit *units = j->district->units;
    int32_t holder = unit_index(j, &j->duty.unit), top = assign_within(j);
    if (to == holder || to == top || !district_within(j->district, to, top)) {
        return false;
    }
    return units[holder].desk_of >= 0 || district_within(j->district, to, holder) || units[to].tier > units[holder].tier;
}

/* How many steps of handing on lie behind the duty. */
static uint32_t depth(const struct judging *j)
{
    struct duty_row duty = j->duty;
    uint32_t steps = 0;
    while (duty.internal && tables_get(j->tables, ROW_DUTY, duty.of_duty, &duty)) {
        steps++;
    }
    return steps;
}

static bool check_target(struct judging *j, int32_t to)
{
    if (to < 0) {
        return refuse(j, REFUSAL_UNKNOWN_UNIT, "to");
    }
    if (!inside(j, to)) {
        return refuse(j, REFUSAL_NOT_SUBTREE, "to");
    }
    if (j->district->units[to].class == UNIT_CLASS_EXTERNAL) {
        return bad_field(j, "to", "An external unit has no duties here.");
    }
    const uint32_t at_it = UINT32_C(1) << DUTY_KIND_LEAD | UINT32_C(1) << DUTY_KIND_SUPPORT;
    return !has_open_duty(j, to, at_it) || refuse(j, REFUSAL_ALREADY, "to");
}

bool judge_assign(struct judging *j)
{
    const struct assign_command *assign = &j->command->body.assign;
    int32_t to = unit_in_service(j, &assign->to);
    if (assign->text.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "text");
    }
    if (!check_target(j, to)) {
        return false;
    }
    if (assign->due_at <= j->now_ms) {
        return bad_field(j, "due_at", "The instant is over already; write one that lies ahead.");
    }
    if (depth(j) >= CAP_ASSIGN_DEPTH || j->c.open_duties >= CAP_OPEN_DUTIES_PER_CASE) {
        return refuse(j, REFUSAL_CAP, "duty");
    }
    if (j->duty.due_at != 0 && assign->due_at >= j->duty.due_at) {
        j->verdict->warning = WARNING_SLACK;
    }
    struct duty_assigned_body *body = &emit_duty(j, RECORD_DUTY_ASSIGNED, &j->duty)->body.duty_assigned;
    body->duty_kind = (enum duty_kind)j->duty.kind;
    body->to = j->district->units[to].code;
    body->due_at = assign->due_at;
    body->text = assign->text;
    uint64_t call = j->call_id;
    j->call_id = 0; /* inside, there is no call */
    struct offer offer = {.kind = DUTY_KIND_SUPPORT,
                          .unit = to,
                          .reason = DUTY_END_ASSIGNED,
                          .creator = unit_index(j, &j->duty.unit),
                          .of_duty = j->duty.duty_id};
    uint64_t duty = offer_duty(j, &offer);
    struct limit limit = limit_at(j->now_ms, assign->due_at, LIMIT_SOURCE_GIVEN);
    start_clock(j, CLOCK_KIND_SUPPORT, duty, to, &limit); /* no clock for the signature: what is inside enters no figure */
    j->call_id = call;
    return true;
}
