/* intake.c - submit, add_note, and what the district's own people find: what comes in is numbered, and routed where the list says
 * so (lifecycle 2a) */
#include "base/number.h"
#include "dispatcher/core/judging.h"

#include "config/zone.h"
#include "proto/submit_check.h"

/* Day of the district, YYMMDD, at an instant: days begin where the policy says. */
static uint32_t district_day(const struct district *district, int64_t at_ms)
{
    struct civil civil;
    civil_from_days(zone_day(district->zone, at_ms, (int32_t)district->policy.day_start_ms), &civil);
    return (uint32_t)(civil.year % 100) * 10000 + (uint32_t)civil.month * 100 + (uint32_t)civil.day;
}

static bool matter_is_unknown(const struct code *matter)
{
    static const struct code unknown = {"unknown"};
    return code_equal(matter, &unknown);
}

/* Where it is, and what about. */
static bool check_place(struct judging *j, const struct submit_command *submit, int32_t *ret_place, int32_t *ret_matter)
{
    if (code_empty(&submit->place)) {
        return refuse(j, REFUSAL_NO_PLACE, "place");
    }
    *ret_place = unit_in_service(j, &submit->place);
    if (*ret_place < 0) {
        return refuse(j, REFUSAL_UNKNOWN_UNIT, "place");
    }
    if (j->district->units[*ret_place].class == UNIT_CLASS_EXTERNAL) {
        return bad_field(j, "place", "The place is an external unit, outside the district.");
    }
    *ret_matter = district_matter_find(j->district, &submit->matter);
    if (*ret_matter < 0 && !matter_is_unknown(&submit->matter)) {
        return refuse(j, REFUSAL_UNKNOWN_MATTER, "matter");
    }
    return true;
}

/* Everything that a submit must say, before anything is written. */
static bool check_submit(struct judging *j, const struct submit_command *submit, int32_t *ret_place, int32_t *ret_matter)
{
    if (!check_place(j, submit, ret_place, ret_matter)) {
        return false;
    }
    const char *field = NULL;
    enum refusal refusal = submit_check(submit, &field);
    if (refusal != REFUSAL_NONE) {
        return refuse(j, refusal, field);
    }
    if ((submit->given_limit || submit->limit_at != 0) && !is_importer(j)) {
        return refuse(j, REFUSAL_NO_ROLE, "importer");
    }
    if (submit->limit_at != 0 && !submit->given_limit) {
        return bad_field(j, "limit_at", "A limit is given only where given_limit says that the sender decides it.");
    }
    if (submit->limit_at != 0 && submit->limit_at < j->now_ms) {
        return bad_field(j, "limit_at", "The limit lies before the instant at which the case is received.");
    }
    return true;
}

/* What the operator says, or what the matter is at least: gas that leaks is an emergency, whoever takes the call. A complex case is
 * no less urgent than an ordinary one, it takes longer. */
static enum urgency urgency_of(const struct judging *j, const struct submit_command *submit, int32_t matter)
{
    enum urgency least = matter >= 0 ? j->district->matters[matter].urgency : URGENCY_ORDINARY;
    bool said_less = least == URGENCY_EMERGENCY || (least == URGENCY_URGENT && submit->urgency != URGENCY_EMERGENCY);
    return said_less ? least : submit->urgency;
}

/* The case as the rest of this verdict sees it. */
static void begin_case(struct judging *j, const struct submit_command *submit, int32_t place, int32_t matter)
{
    struct case_row *c = &j->c;
    int32_t street = district_up_to(j->district, place, UNIT_TIER_STREET);
    c->round = 1;
    c->dims.matter = submit->matter;
    c->dims.place = j->district->units[place].code;
    if (street >= 0) {
        c->dims.street = j->district->units[street].code;
    }
    c->dims.channel = (uint8_t)submit->channel;
    c->dims.kind = (uint8_t)submit->kind;
    c->dims.origin = ORIGIN_REPORTED;
    c->dims.urgency = (uint8_t)urgency_of(j, submit, matter);
    c->dims.is_protected = submit->secrecy || submit->kind == CASE_KIND_REPORT;
    c->anonymous = submit->anonymous;
    c->no_reply = submit->no_reply;
    c->secrecy = submit->secrecy;
    c->has_contact = submit->reporter_phone.size != 0;
    c->given_limit = submit->given_limit;
    c->given_limit_at = submit->limit_at;
    c->received_at = j->now_ms;
}

/* The number that the next case gets. */
static void next_number(struct judging *j, uint32_t *ret_day, uint32_t *ret_day_no)
{
    const struct district_row *d = judging_stored(j);
    uint32_t day = district_day(j->district, j->now_ms);
    if (day < d->day) {
        day = d->day; /* numbers ascend, also where a new zone sets the calendar back */
    }
    *ret_day = day;
    *ret_day_no = day == d->day ? d->day_no + 1 : 1;
}

/* No case beyond the last number of a day could be named. */
static bool number_left(struct judging *j)
{
    uint32_t day, day_no;
    next_number(j, &day, &day_no);
    return day_no <= NUMBER_DAY_NO_MAX || refuse(j, REFUSAL_CAP, "number");
}

static void emit_received(struct judging *j, const struct submit_command *submit, uint32_t reporters)
{
    uint32_t day, day_no;
    next_number(j, &day, &day_no);
    struct case_received_body *body = &emit_for(j, RECORD_CASE_RECEIVED, j->district->desk_unit)->body.case_received;
    body->day = day;
    body->day_no = day_no;
    body->reporters = reporters;
    body->accepted = true;
    body->anonymous = submit->anonymous;
    body->no_reply = submit->no_reply;
    body->secrecy = submit->secrecy;
    body->has_contact = submit->reporter_phone.size != 0;
    body->limit_at = submit->limit_at;
    body->given_limit = submit->given_limit;
    body->reference = submit->reference;
    body->title = submit->title;
    body->text = submit->text;
    body->address = submit->address;
    body->reporter_name = submit->reporter_name;
    body->reporter_phone = submit->reporter_phone;
}

/* The citizen's due instant while nobody leads the case: what the sender gave, or the policy's limit of the urgency until the first
 * route replaces it. */
static struct limit receipt_limit(const struct judging *j)
{
    if (j->c.given_limit) {
        return j->c.given_limit_at == 0 ? limit_none() : limit_at(j->now_ms, j->c.given_limit_at, LIMIT_SOURCE_GIVEN);
    }
    return limit_span(j, j->policy->handle[j->c.dims.urgency], j->district->desk_unit, j->now_ms, LIMIT_SOURCE_RECEIPT);
}

/* What was found as if somebody had submitted it, who wants no answer. */
static struct submit_command submit_of(const struct found *found)
{
    return (struct submit_command){.kind = CASE_KIND_REQUEST,
                                   .channel = CHANNEL_GRID,
                                   .urgency = found->urgency,
                                   .matter = found->matter,
                                   .place = found->place,
                                   .text = found->text,
                                   .address = found->address,
                                   .anonymous = true,
                                   .no_reply = true};
}

bool begin_found(struct judging *j, const struct found *found)
{
    const struct submit_command submit = submit_of(found);
    int32_t place, matter;
    if (!check_place(j, &submit, &place, &matter)) {
        return false;
    }
    if (found->text.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "text");
    }
    if (!number_left(j)) {
        return false;
    }
    begin_case(j, &submit, place, matter);
    j->c.dims.origin = ORIGIN_FOUND;
    return true;
}

void open_found(struct judging *j, const struct found *found, int32_t lead)
{
    const struct submit_command submit = submit_of(found);
    int32_t place, listed;
    emit_received(j, &submit, 0);
    const struct catalogue_row *row = list_row(j, &place, &listed);
    row = listed == lead ? row : NULL;
    struct lead_choice choice = {.unit = lead, .how = ROUTE_HOW_FOUND, .row = row, .limit = list_limit(j, row, lead)};
    offer_lead(j, &choice);
}

bool judge_submit(struct judging *j)
{
    const struct submit_command *submit = &j->command->body.submit;
    int32_t place, matter, lead = -1;
    if (!check_submit(j, submit, &place, &matter) || !number_left(j)) {
        return false;
    }
    begin_case(j, submit, place, matter);
    const struct catalogue_row *row = district_row(j->district, matter, place, &lead);
    emit_received(j, submit, 1);

    /* Where a row fits, the route below says it in this very verdict. */
    struct limit due = row != NULL ? limit_none() : receipt_limit(j);
    uint64_t total = next_seq(j);
    start_clock(j, CLOCK_KIND_TOTAL, 0, j->district->desk_unit, &due);
    j->total = (struct clock_row){
        .clock_id = total, .kind = CLOCK_KIND_TOTAL, .round = 1, .started_at = j->now_ms, .span_from_at = j->now_ms};

    if (row != NULL) {
        struct lead_choice choice = {.unit = lead, .how = ROUTE_HOW_RULE, .row = row, .limit = list_limit(j, row, lead)};
        offer_lead(j, &choice);
        offer_row_supports(j, row, lead, place, &choice.limit);
        return true;
    }
    offer_route(j);
    return true;
}

bool judge_add_note(struct judging *j)
{
    const struct add_note_command *note = &j->command->body.add_note;
    if (note->text.size == 0) {
        return refuse(j, REFUSAL_INCOMPLETE, "text");
    }
    struct case_noted_body *body = &emit_for(j, RECORD_CASE_NOTED, j->sight.top)->body.case_noted;
    body->visibility = note->visibility;
    body->text = note->text;
    return true;
}
