/* world.c - see world.h */
#include "tests/core/world.h"

#include "base/number.h"
#include "dispatcher/core/rules.h"
#include "tests/tmp.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NATURAL(ms) ((struct span){TIME_KIND_NATURAL, (ms)})

struct code code_of(const char *s)
{
    struct code code;
    memset(&code, 0, sizeof(code));
    ck_assert(s[0] == '\0' || code_make(s, strlen(s), &code));
    return code;
}

static void set_unit(struct world *w, int i, const char *code, enum unit_tier tier, enum unit_class class, int parent)
{
    static char name[] = "unit";
    w->units[i] = (struct unit){.code = code_of(code),
                                .name = name,
                                .tier = tier,
                                .class = class,
                                .parent = parent,
                                .accountable = i,
                                .seconded_by = -1,
                                .deputy = -1,
                                .street_desk = -1,
                                .desk_of = -1,
                                .successor = -1};
}

static void make_units(struct world *w)
{
    w->nowhere = (struct unit){.code = code_of("NOWHERE"), .tier = UNIT_TIER_CITY, .class = UNIT_CLASS_PROPERTY, .parent = -1};
    /* sorted by code */
    set_unit(w, 0, "C1", UNIT_TIER_COMMUNITY, UNIT_CLASS_GOVERNMENT, 5);
    set_unit(w, 1, "D1", UNIT_TIER_DISTRICT, UNIT_CLASS_GOVERNMENT, -1);
    set_unit(w, 2, "DA", UNIT_TIER_DISTRICT, UNIT_CLASS_DEPARTMENT, 1);
    set_unit(w, 3, "DB", UNIT_TIER_DISTRICT, UNIT_CLASS_DEPARTMENT, 1);
    set_unit(w, 4, "G1", UNIT_TIER_GRID, UNIT_CLASS_GOVERNMENT, 0);
    set_unit(w, 5, "S1", UNIT_TIER_STREET, UNIT_CLASS_GOVERNMENT, 1);
    set_unit(w, 6, "S2", UNIT_TIER_STREET, UNIT_CLASS_GOVERNMENT, 1);
    set_unit(w, 7, "UT", UNIT_TIER_DISTRICT, UNIT_CLASS_UTILITY, 1);
}

static struct selector select_tier(enum unit_tier tier)
{
    return (struct selector){.kind = SELECT_TIER, .unit = -1, .tier = tier};
}

static struct selector select_unit(int unit)
{
    return (struct selector){.kind = SELECT_UNIT, .unit = unit};
}

static void make_list(struct world *w)
{
    static char name[] = "matter";
    w->matters[0] = (struct matter){.code = code_of("LAMP"), .name = name, .field = name};
    w->matters[1] = (struct matter){.code = code_of("PIPE"), .name = name, .field = name};
    w->matters[2] = (struct matter){.code = code_of("ROAD"), .name = name, .field = name};
    w->rows[0] = (struct catalogue_row){.row = 1, .matter = 0, .place = -1, .lead = select_tier(UNIT_TIER_COMMUNITY)};
    w->rows[1] = (struct catalogue_row){.row = 2, .matter = 1, .place = -1, .lead = select_unit(2)};
    w->rows[2] = (struct catalogue_row){.row = 3, .matter = 2, .place = -1, .lead = select_tier(UNIT_TIER_STREET)};
    w->rows[2].supports[0] = select_unit(3);
    w->rows[2].support_count = 1;
    w->rows[2].calls[0] = select_unit(2);
    w->rows[2].call_count = 1;
}

static void make_policy(struct policy *p)
{
    static char zone[] = "Asia/Shanghai";
    p->district = p->desk = code_of("D1");
    p->zone_name = zone;
    for (int urgency = 0; urgency < URGENCY_COUNT; urgency++) {
        p->handle[urgency] = NATURAL(5 * (int64_t)DAY_MS);
        p->route[urgency] = NATURAL(HOUR_MS);
        p->sign[urgency] = NATURAL(DAY_MS);
        p->contact[urgency] = NATURAL(DAY_MS);
    }
    p->second_round = NATURAL(3 * (int64_t)DAY_MS);
    p->last_round = NATURAL(5 * (int64_t)DAY_MS);
    p->take_over_floor = p->send_back_floor = NATURAL(DAY_MS);
    p->stage = NATURAL(5 * (int64_t)DAY_MS);
    p->call_dispatch = p->call_sign = NATURAL(HOUR_MS);
    p->call_contact = NATURAL(DAY_MS);
    p->call_arrive = p->rate = NATURAL(3 * (int64_t)DAY_MS);
    p->call_finish = NATURAL(10 * (int64_t)DAY_MS);
    p->followup_limit = NATURAL(2 * (int64_t)DAY_MS);
    p->return_window = NATURAL(DAY_MS);
    p->rule = NATURAL(4 * HOUR_MS);
    p->designate = NATURAL(2 * (int64_t)DAY_MS);
    p->object = NATURAL(4 * HOUR_MS);
    p->rule_call = NATURAL(DAY_MS);
    p->decide = NATURAL(DAY_MS);
    p->awaiting = NATURAL(DAY_MS);
    p->promise = NATURAL(30 * (int64_t)DAY_MS);
    p->return_cap = 2;
    p->claim_ms = HOUR_MS / 2;
    p->late_ms = 60000;
    p->rungs[RUNG_YELLOW] = (struct rung_policy){.on = true, .percent = 80};
    p->rungs[RUNG_RED] = (struct rung_policy){.on = true};
    p->rungs[RUNG_NOTICE] = (struct rung_policy){.on = true, .span = NATURAL(DAY_MS)};
    p->rungs[RUNG_BULLETIN] = (struct rung_policy){.on = true, .span = NATURAL(5 * (int64_t)DAY_MS)};
    p->rounds = 3;
    p->reopen_window_ms = 15 * (int64_t)DAY_MS;
    p->late_rating_ms = 30 * (int64_t)DAY_MS;
    p->followup = FOLLOWUP_MODE_AT_ANSWER;
    p->followup_attempts = 3;
    p->followup_days = 2;
    p->contact_attempts = 3;
    p->contact_required = p->evidence_required = p->rating = p->one_unit_guard = true;
    p->credit_basically_ppm = 900000;
    p->credit_partly_ppm = 500000;
    p->on_overdue[UNIT_CLASS_GOVERNMENT][UNIT_TIER_COMMUNITY] = ON_OVERDUE_TAKE_OVER;
    p->on_overdue[UNIT_CLASS_GOVERNMENT][UNIT_TIER_GRID] = ON_OVERDUE_TAKE_OVER;
}

static struct calendar *always;

/* All but the store. */
static void begin(struct world *w)
{
    static char version[] = "test-1";
    make_units(w);
    make_list(w);
    make_policy(&w->district.policy);
    w->district.catalogue_version = version;
    w->district.units = w->units;
    w->district.unit_count = 8;
    w->district.matters = w->matters;
    w->district.matter_count = 3;
    w->district.rows = w->rows;
    w->district.row_count = 3;
    w->district.district_unit = w->district.desk_unit = 1;
    ck_assert_int_eq(zone_load(NULL, "Asia/Shanghai", &w->district.zone), 0);
    if (always == NULL) { /* a table of sixty years: made once */
        ck_assert_int_eq(calendar_build_always("Asia/Shanghai", &always), 0);
    }
    w->calendars[0] = always;
    w->district.calendars = w->calendars;
    w->district.calendar_count = 1;
    store_tables(w->store, &w->tables);
    w->tables.district = &w->district;
    w->now_ms = INT64_C(1772413200000);
    w->verdict = malloc(sizeof(*w->verdict));
    ck_assert_ptr_nonnull(w->verdict);
    w->roles = (UINT32_C(1) << ROLE_COUNT) - 1;
    w->roles &= ~((UINT32_C(1) << ROLE_GATEWAY) | (UINT32_C(1) << ROLE_IMPORTER));
    w->unit = code_of("D1");
    w->actor = "tester";
}

static void end(struct world *w)
{
    if (w->district.calendar_count > 1) {
        calendar_free(w->calendars[1]);
    }
    zone_free(w->district.zone);
    free(w->verdict);
}

void world_open(struct world *w)
{
    memset(w, 0, sizeof(*w));
    tmp_folder(w->folder, sizeof(w->folder), "core");
    struct store_options options = {.path = w->folder, .map_size = (size_t)64 << 20};
    ck_assert_int_eq(store_open(&options, &w->store), 0);
    begin(w);
}

void world_again(struct world *w)
{
    struct world kept = *w;
    end(w);
    ck_assert_int_eq(store_rewind(kept.store), 0);
    memset(w, 0, sizeof(*w));
    memcpy(w->folder, kept.folder, sizeof(w->folder));
    w->store = kept.store;
    begin(w);
}

void world_close(struct world *w)
{
    char line[128];
    store_close(w->store);
    end(w);
    snprintf(line, sizeof(line), "rm -r %s", w->folder);
    ck_assert_int_eq(system(line), 0);
}

static void apply_verdict(struct world *w)
{
    for (uint32_t i = 0; i < w->verdict->count; i++) {
        core_apply(&w->tables, &w->verdict->records[i]);
        ck_assert_int_eq(store_failed(w->store), 0);
    }
    w->last_seq += w->verdict->count;
}

/* --- calendars ---------------------------------------------------------------------------------------------------------------- */

int64_t world_at(const char *text)
{
    int year, month, day, hour, minute;
    ck_assert_int_eq(sscanf(text, "%d-%d-%d %d:%d", &year, &month, &day, &hour, &minute), 5);
    return civil_to_days(year, month, day) * (int64_t)DAY_MS + hour * (int64_t)HOUR_MS + minute * 60000 - 8 * (int64_t)HOUR_MS;
}

static struct calendar *office(const char *const *days)
{
    struct calendar_notice notices[32];
    struct calendar_plan plan = {.name = code_of("office"), .by_notice = true, .notices = notices};
    const struct shifts shifts = {.count = 2, .at = {{9 * HOUR_MS, 12 * HOUR_MS}, {13 * HOUR_MS, 17 * HOUR_MS}}};
    struct calendar *calendar;
    for (int day = 0; day < 5; day++) {
        plan.week[day] = shifts;
    }
    plan.make_up = shifts;
    for (; days[plan.notice_count] != NULL; plan.notice_count++) {
        int year, month, day;
        char kind[16];
        ck_assert_int_eq(sscanf(days[plan.notice_count], "%d-%d-%d %15s", &year, &month, &day, kind), 4);
        plan.complete |= UINT64_C(1) << (year - CALENDAR_FIRST_YEAR);
        notices[plan.notice_count] = (struct calendar_notice){.day = civil_to_days(year, month, day),
                                                              .kind = strcmp(kind, "holiday") == 0 ? DAY_HOLIDAY : DAY_MAKE_UP};
    }
    ck_assert_int_eq(calendar_build(&plan, "Asia/Shanghai", &calendar), 0);
    return calendar;
}

void world_adopt(struct world *w)
{
    struct command adopt = {.type = COMMAND_ADOPT_CONFIG, .now_ms = w->now_ms, .next_seq = w->last_seq + 1};
    core_judge(&w->tables, &adopt, w->verdict);
    apply_verdict(w);
}

void world_office(struct world *w, const char *const *days)
{
    struct policy *p = &w->district.policy;
    const struct span day = {TIME_KIND_WORKING_DAYS, 1}, hour = {TIME_KIND_WORKING_HOURS, HOUR_MS};
    w->calendars[1] = office(days);
    w->district.calendar_count = 2;
    for (uint32_t i = 0; i < w->district.unit_count; i++) {
        w->units[i].calendar = !code_equal(&w->units[i].code, &(struct code){"UT"});
    }
    for (int urgency = 0; urgency < URGENCY_COUNT; urgency++) {
        p->handle[urgency] = (struct span){TIME_KIND_WORKING_DAYS, 5};
        p->sign[urgency] = p->contact[urgency] = day;
        p->route[urgency] = hour;
    }
    p->take_over_floor = p->send_back_floor = day;
    p->call_arrive = (struct span){TIME_KIND_WORKING_DAYS, 3};
    p->call_finish = (struct span){TIME_KIND_WORKING_DAYS, 10};
    world_adopt(w);
}

void world_new_days(struct world *w, const char *const *days)
{
    calendar_free(w->calendars[1]);
    w->calendars[1] = office(days);
    world_adopt(w);
}

uint32_t world_settle(struct world *w, uint64_t case_id)
{
    struct command settle = {.type = COMMAND_SETTLE, .now_ms = w->now_ms, .next_seq = w->last_seq + 1};
    settle.body.settle.case_id = case_id;
    core_judge(&w->tables, &settle, w->verdict);
    apply_verdict(w);
    return w->verdict->count;
}

enum refusal world_judge(struct world *w, struct command *command)
{
    static char request[32];
    snprintf(request, sizeof(request), "r%u", ++w->requests);
    command->actor = (struct actor){.name = text_of(w->actor), .roles = w->roles, .unit = w->unit, .matters = w->actor_matters};
    command->request = text_of(request);
    command->request_hash = core_request_hash(command->actor.name, command->request);
    command->now_ms = w->now_ms;
    command->next_seq = w->last_seq + 1;
    w->verdict->refusal = REFUSAL_NO_ROLE; /* as the dispatcher says it of a message */
    w->verdict->field = command_info(command->type)->role_words;
    w->verdict->count = 0;
    if (core_role_allows(command_info(command->type)->roles, w->roles)) {
        core_resolve(&w->tables, command);
        core_judge(&w->tables, command, w->verdict);
    }
    ck_assert(w->verdict->refusal == REFUSAL_NONE || w->verdict->count == 0); /* what is refused states nothing */
    return w->verdict->refusal;
}

/* What is answered at once is what the same request is answered when it comes again. */
static void check_answer(struct world *w)
{
    char number_now[NUMBER_SIZE], number_again[NUMBER_SIZE];
    struct command_answer now, again;
    core_answer_now(&w->tables, w->verdict, number_now, &now);
    ck_assert(core_answer(&w->tables, w->verdict->records[0].seq, number_again, &again));
    ck_assert(now.seq == again.seq && now.at == again.at && now.case_id == again.case_id && now.duty_id == again.duty_id);
    ck_assert(now.call_id == again.call_id && now.state == again.state && text_equal(now.number, again.number) &&
              now.warning == again.warning && now.given == again.given);
}

enum refusal world_do(struct world *w, struct command *command)
{
    enum refusal refusal = world_judge(w, command);
    if (refusal == REFUSAL_NONE) {
        apply_verdict(w);
        if (!w->verdict->repeated) {
            check_answer(w);
        }
    }
    return refusal;
}

void world_wait(struct world *w, int64_t span_ms)
{
    int64_t until = w->now_ms + span_ms, at;
    int kind;
    uint64_t id;
    while (store_next_timer(w->store, &at, &kind, &id) && at <= until) {
        struct command pulse = {.type = COMMAND_PULSE, .next_seq = w->last_seq + 1};
        w->now_ms = at > w->now_ms ? at : w->now_ms;
        pulse.now_ms = w->now_ms;
        pulse.body.pulse.clock_id = kind == 0 ? id : 0;
        pulse.body.pulse.duty_id = kind == 0 ? 0 : id;
        core_judge(&w->tables, &pulse, w->verdict);
        ck_assert_uint_gt(w->verdict->count, 0); /* a timer that does nothing would fire for ever */
        apply_verdict(w);
    }
    w->now_ms = until;
}

static bool add_counter(void *arg, const struct counter_key *key, const struct counter *counter)
{
    struct counter *sum = arg;
    (void)key;
    sum->num += counter->num;
    sum->den += counter->den;
    for (int i = 0; i < COUNTER_REASONS; i++) {
        sum->excluded[i] += counter->excluded[i];
    }
    return true;
}

struct counter world_count(struct world *w, enum metric metric)
{
    struct counter sum;
    memset(&sum, 0, sizeof(sum));
    store_counters(w->store, metric, 0, UINT32_MAX, add_counter, &sum);
    return sum;
}

uint32_t world_records(const struct world *w, enum record_type type)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < w->verdict->count; i++) {
        count += w->verdict->records[i].type == type;
    }
    return count;
}

struct case_row world_case(struct world *w, uint64_t id)
{
    struct case_row c;
    ck_assert(tables_get(&w->tables, ROW_CASE, id, &c));
    return c;
}

struct duty_row world_duty(struct world *w, uint64_t case_id, enum duty_kind kind)
{
    struct duty_row duty;
    struct case_row c = world_case(w, case_id);
    for (uint64_t id = c.duty_last; id != 0; id = duty.prev_of_case) {
        ck_assert(tables_get(&w->tables, ROW_DUTY, id, &duty));
        if (duty.kind == kind) {
            return duty;
        }
    }
    memset(&duty, 0, sizeof(duty));
    return duty;
}

struct clock_row world_clock(struct world *w, uint64_t case_id, uint64_t duty_id, enum clock_kind kind)
{
    struct clock_row clock;
    for (uint64_t id = world_case(w, case_id).clock_last; id != 0; id = clock.prev_of_case) {
        ck_assert(tables_get(&w->tables, ROW_CLOCK, id, &clock));
        if (clock.kind == kind && (duty_id == 0 || clock.duty_id == duty_id)) {
            return clock;
        }
    }
    ck_abort_msg("no clock %s", enum_name(&clock_kind_enum, kind));
}

const struct record *world_record(const struct world *w, enum record_type type)
{
    for (uint32_t i = w->verdict->count; i > 0; i--) {
        if (w->verdict->records[i - 1].type == type) {
            return &w->verdict->records[i - 1];
        }
    }
    ck_abort_msg("no such record");
}

uint64_t world_submit(struct world *w, const char *matter, const char *place)
{
    struct command command = {.type = COMMAND_SUBMIT};
    command.body.submit.matter = code_of(matter);
    command.body.submit.place = code_of(place);
    command.body.submit.title = text_of("T");
    command.body.submit.reporter_phone = text_of("000-0001");
    ck_assert_int_eq(world_do(w, &command), REFUSAL_NONE);
    return w->verdict->records[1].seq;
}

void world_act(struct world *w, enum command_type type, uint64_t case_id, uint64_t duty)
{
    struct command command = {.type = type};
    command.body.sign.case_id = case_id;
    command.body.sign.duty_id = duty;
    if (type == COMMAND_CONTACT) {
        command.body.contact.outcome = CONTACT_OUTCOME_REACHED;
        command.body.contact.evidence = text_of("telephone");
    } else if (type == COMMAND_ARRIVE) {
        command.body.arrive.evidence = text_of("countersigned");
    } else if (type == COMMAND_REPORT) {
        command.body.report.text = text_of("done");
    } else if (type == COMMAND_CANCEL) {
        command.body.cancel.reason = text_of("not needed");
    }
    ck_assert_msg(world_do(w, &command) == REFUSAL_NONE, "%s: %s", command_info(type)->name,
                  refusal_infos[w->verdict->refusal].code);
}

void world_answer(struct world *w, uint64_t case_id)
{
    struct duty_row lead = world_duty(w, case_id, DUTY_KIND_LEAD);
    world_act(w, COMMAND_CONTACT, case_id, lead.duty_id); /* implies sign */
    struct command command = {.type = COMMAND_ANSWER};
    command.body.answer.case_id = case_id;
    command.body.answer.text = text_of("Lamp replaced.");
    ck_assert_int_eq(world_do(w, &command), REFUSAL_NONE);
}

uint64_t world_call(struct world *w, uint64_t case_id, const char *unit)
{
    struct command command = {.type = COMMAND_RAISE_CALL};
    command.body.raise_call.case_id = case_id;
    command.body.raise_call.units.count = 1;
    command.body.raise_call.units.at[0] = code_of(unit);
    ck_assert_msg(world_do(w, &command) == REFUSAL_NONE, "raise_call: %s", refusal_infos[w->verdict->refusal].code);
    return world_case(w, case_id).call_last;
}

void world_dispatch(struct world *w, uint64_t case_id, const char *unit)
{
    struct command command = {.type = COMMAND_DISPATCH_CALL};
    command.body.dispatch_call.case_id = case_id;
    command.body.dispatch_call.units.count = 1;
    command.body.dispatch_call.units.at[0] = code_of(unit);
    command.body.dispatch_call.reason = text_of("owner of the cable");
    ck_assert_msg(world_do(w, &command) == REFUSAL_NONE, "dispatch_call: %s", refusal_infos[w->verdict->refusal].code);
}

void world_finish(struct world *w, uint64_t case_id, enum finish_code code)
{
    struct duty_row respond = world_duty(w, case_id, DUTY_KIND_RESPOND);
    if (respond.state == DUTY_STATE_OFFERED) {
        world_act(w, COMMAND_SIGN, case_id, respond.duty_id);
    }
    if (respond.arrived_at == 0) {
        world_act(w, COMMAND_ARRIVE, case_id, respond.duty_id);
    }
    struct command command = {.type = COMMAND_FINISH_CALL};
    command.body.finish_call.case_id = case_id;
    command.body.finish_call.duty_id = respond.duty_id;
    command.body.finish_call.code = code;
    command.body.finish_call.text = text_of("cable joined");
    ck_assert_int_eq(world_do(w, &command), REFUSAL_NONE);
}

enum refusal world_rate(struct world *w, uint64_t case_id, bool confirmed)
{
    struct command command = {.type = COMMAND_RATE_CALL};
    command.body.rate_call.case_id = case_id;
    command.body.rate_call.confirmed = confirmed;
    command.body.rate_call.score = confirmed ? 5 : 1;
    command.body.rate_call.next = RATE_NEXT_CASE; /* where it solved nothing */
    return world_do(w, &command);
}

enum refusal world_followup(struct world *w, uint64_t case_id, enum said_solved solved, enum said_satisfied satisfied)
{
    struct command command = {.type = COMMAND_NOTE_FOLLOWUP};
    const char *actor = w->actor;
    command.body.note_followup.case_id = case_id;
    command.body.note_followup.contacted = SAID_CONTACTED_YES;
    command.body.note_followup.solved = solved;
    command.body.note_followup.satisfied = satisfied;
    w->actor = "asker"; /* never one who handled the case */
    enum refusal refusal = world_do(w, &command);
    w->actor = actor;
    return refusal;
}
