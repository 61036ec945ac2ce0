/* test_sight.c - who sees a case, who worked on it, who works on what */
#include "base/number.h"
#include "dispatcher/core/rules.h"
#include "dispatcher/core/sight.h"
#include "tests/core/world.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct world w;

static void setup(void)
{
    world_open(&w);
}

static void teardown(void)
{
    world_close(&w);
}

static bool unit_sees(const struct code *unit, uint64_t case_id)
{
    struct codes every = {0};
    struct sight sight = sight_of(&w.district, unit, &every);
    struct case_row c = world_case(&w, case_id);
    return sight_case(&w.tables, &sight, &c);
}

static bool sees(const char *unit, uint64_t case_id)
{
    struct code code = code_of(unit);
    return unit_sees(&code, case_id);
}

START_TEST(lead_place_holders_and_callers_see_a_case)
{
    uint64_t id = world_submit(&w, "ROAD", "G1"); /* S1 leads, DB supports */
    static const char *const see[] = {"D1", "S1", "C1", "G1", "DB"}, *const blind[] = {"S2", "DA", "UT"};
    for (size_t i = 0; i < sizeof(see) / sizeof(see[0]); i++) {
        ck_assert_msg(sees(see[i], id), "%s does not see it", see[i]);
    }
    for (size_t i = 0; i < sizeof(blind) / sizeof(blind[0]); i++) {
        ck_assert_msg(!sees(blind[i], id), "%s sees it", blind[i]);
    }
    world_act(&w, COMMAND_CANCEL, id, world_duty(&w, id, DUTY_KIND_SUPPORT).duty_id);
    ck_assert(sees("DB", id)); /* it had to do with it */
    world_call(&w, id, "UT");
    ck_assert(!sees("UT", id)); /* asked for; the desk decides */
    world_dispatch(&w, id, "UT");
    ck_assert(sees("UT", id));
    w.units[2].deputy = 7; /* UT acts for DA */
    id = world_submit(&w, "PIPE", "S2");
    ck_assert(sees("UT", id) && sees("DA", id) && sees("S2", id) && !sees("S1", id));
}
END_TEST

/* Has the command the fields duty and unit, as `sign` has them? */
static bool names_duties(enum command_type type)
{
    const struct shape *shape = command_info(type)->shape;
    for (uint32_t i = 0; i < shape->field_count; i++) {
        if (strcmp(shape->fields[i].name, "duty") == 0) {
            return true;
        }
    }
    return false;
}

/* Every command that names a case: on one that is not seen as on one that is not there. */
START_TEST(unseen_is_not_found_for_every_command)
{
    uint64_t hidden = world_submit(&w, "ROAD", "G1"); /* of S1 and DB */
    world_call(&w, hidden, "UT");
    uint64_t call = world_case(&w, hidden).call_last;
    uint64_t duties[] = {world_duty(&w, hidden, DUTY_KIND_LEAD).duty_id, world_duty(&w, hidden, DUTY_KIND_SUPPORT).duty_id,
                         world_duty(&w, hidden, DUTY_KIND_ROUTE).duty_id, 0};
    struct case_row row = world_case(&w, hidden);
    char number[NUMBER_SIZE];
    number_print(row.day, row.day_no, number);
    uint32_t cells = 0;
    for (int type = 1; type <= COMMAND_TYPE_MAX; type++) {
        const struct command_info *info = command_info((enum command_type)type);
        if (info == NULL || !info->wire || info->ref[COMMAND_REF_CASE] == 0) {
            continue;
        }
        bool duty = names_duties((enum command_type)type);
        for (int role = 0; role < ROLE_COUNT; role++) {
            for (int unit = 0; unit < 8; unit++) {
                for (int way = 0; way < 12; way++) {
                    struct command there = {.type = (enum command_type)type}, nowhere;
                    w.roles = UINT32_C(1) << role;
                    w.unit = w.units[unit].code;
                    if (way < 4) {
                        there.body.sign.case_id = hidden;
                        there.body.sign.duty_id = duty ? duties[way] : 0;
                    } else if (way < 8) {
                        there.body.sign.number = text_of(number);
                        if (duty) {
                            there.body.sign.unit = w.units[way - 4].code;
                        }
                    } else if (way < 11) {
                        there.body.sign.duty_id = duty ? duties[way - 8] : 0;
                        there.body.sign.case_id = duty ? 0 : hidden;
                    } else {
                        there.body.withdraw_call.case_id = hidden;
                        if (type == COMMAND_WITHDRAW_CALL || type == COMMAND_DISPATCH_CALL) {
                            there.body.withdraw_call.call_id = call;
                        }
                    }
                    nowhere = there;
                    if (there.body.sign.case_id != 0) {
                        nowhere.body.sign.case_id = 999999;
                    } else if (there.body.sign.number.size != 0) {
                        nowhere.body.sign.number = text_of("260302-99999-9");
                    } else {
                        nowhere.body.sign.duty_id = 999999;
                    }
                    enum refusal expected = world_judge(&w, &nowhere);
                    const char *field = w.verdict->field;
                    enum refusal said = world_judge(&w, &there);
                    cells++;
                    if (unit_sees(&w.units[unit].code, hidden)) {
                        ck_assert(said != REFUSAL_NOT_FOUND || strcmp(w.verdict->field, "case") != 0);
                        continue;
                    }
                    ck_assert_msg(said == expected && strcmp(field, w.verdict->field) == 0,
                                  "%s by %s of %s: %s %s for what is not there, %s %s for what is not seen",
                                  command_info((enum command_type)type)->name, enum_name(&role_enum, role), w.units[unit].code.s,
                                  refusal_infos[expected].code, field, refusal_infos[said].code, w.verdict->field);
                    ck_assert(said == REFUSAL_NO_ROLE || (said == REFUSAL_NOT_FOUND && strcmp(field, "case") == 0));
                }
            }
        }
    }
    ck_assert_uint_gt(cells, 10000);
}
END_TEST

START_TEST(another_keys_request_is_nobodys)
{
    struct command submit = {.type = COMMAND_SUBMIT};
    submit.body.submit.matter = code_of("ROAD");
    submit.body.submit.place = code_of("S1");
    submit.body.submit.title = text_of("hole");
    submit.body.submit.anonymous = true;
    ck_assert_int_eq(world_do(&w, &submit), REFUSAL_NONE);
    struct command note = {.type = COMMAND_ADD_NOTE};
    note.body.add_note.submitted = submit.request;
    note.body.add_note.text = text_of("x");
    char mine[32]; /* the world's request ids are its own */
    snprintf(mine, sizeof(mine), "%.*s", (int)submit.request.size, submit.request.at);
    note.body.add_note.submitted = text_of(mine);
    ck_assert_int_eq(world_judge(&w, &note), REFUSAL_NONE);
    w.actor = "other";
    ck_assert_int_eq(world_judge(&w, &note), REFUSAL_NOT_FOUND);
    ck_assert_str_eq(w.verdict->field, "case");
}
END_TEST

/* Seen, but not one's own: DB supports, S1 leads. */
START_TEST(seen_is_not_yours_before_the_state)
{
    uint64_t id = world_submit(&w, "ROAD", "G1");
    static const enum command_type types[] = {COMMAND_ROUTE,  COMMAND_DISPATCH_CALL, COMMAND_NOTE_ATTEMPT, COMMAND_NOTE_FOLLOWUP,
                                              COMMAND_REOPEN, COMMAND_TAKE_OVER,     COMMAND_ANSWER};
    w.unit = code_of("DB");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct command command = {.type = types[i]};
        command.body.sign.case_id = id;
        ck_assert_msg(world_judge(&w, &command) == REFUSAL_NOT_YOURS, "%s: %s", command_info(types[i])->name,
                      refusal_infos[w.verdict->refusal].code);
        ck_assert_str_eq(w.verdict->field, "unit");
    }
    struct command sign = {.type = COMMAND_REPORT};
    sign.body.sign.duty_id = world_duty(&w, id, DUTY_KIND_LEAD).duty_id; /* no kind that one reports on, and not theirs */
    ck_assert_int_eq(world_judge(&w, &sign), REFUSAL_NOT_YOURS);
}
END_TEST

static enum refusal ask_as(const char *actor, uint64_t case_id)
{
    struct command note = {.type = COMMAND_NOTE_FOLLOWUP};
    note.body.note_followup.case_id = case_id;
    note.body.note_followup.solved = SAID_SOLVED_YES;
    note.body.note_followup.satisfied = SAID_SATISFIED_YES;
    w.actor = actor;
    enum refusal said = world_judge(&w, &note);
    w.actor = "tester";
    return said;
}

START_TEST(the_hundredth_handler_does_not_make_the_first_forgotten)
{
    static char names[100][8];
    uint64_t id = world_submit(&w, "LAMP", "G1");
    for (int i = 0; i < 100; i++) {
        snprintf(names[i], sizeof(names[i]), "p%d", i);
        for (int twice = 0; twice < 2; twice++) {
            w.actor = names[i];
            world_act(&w, COMMAND_CLAIM, id, world_duty(&w, id, DUTY_KIND_LEAD).duty_id);
            world_act(&w, COMMAND_RELEASE, id, world_duty(&w, id, DUTY_KIND_LEAD).duty_id);
        }
    }
    w.actor = "tester";
    world_answer(&w, id);
    uint32_t chain = 0;
    struct handler_row row;
    for (uint64_t at = world_case(&w, id).handler_last; at != 0 && tables_get(&w.tables, ROW_HANDLER, at, &row); at = row.prev) {
        ck_assert_uint_eq(row.case_id, id);
        chain++;
    }
    ck_assert_uint_eq(chain, 101); /* each once */
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(ask_as(names[i], id), REFUSAL_SELF_DECISION);
    }
    ck_assert_int_eq(ask_as("asker", id), REFUSAL_NONE);
}
END_TEST

/* Which commands make a handler: all work, not intake, notes, or what is done on the follow-up itself. */
START_TEST(what_counts_as_having_handled_it)
{
    static const enum command_type not_work[] = {COMMAND_SUBMIT,       COMMAND_ADD_NOTE,      COMMAND_REOPEN,
                                                 COMMAND_NOTE_ATTEMPT, COMMAND_NOTE_FOLLOWUP, COMMAND_ADVANCE};
    for (int type = 1; type <= COMMAND_TYPE_MAX; type++) {
        const struct command_info *info = command_info((enum command_type)type);
        bool work = info != NULL && info->wire;
        for (size_t i = 0; i < sizeof(not_work) / sizeof(not_work[0]); i++) {
            work = work && (int)not_work[i] != type;
        }
        ck_assert_msg(info == NULL || info->work == work, "%s", command_info((enum command_type)type)->name);
    }
    uint64_t id = world_submit(&w, "unknown", "S1");
    w.actor = "router";
    struct command route = {.type = COMMAND_ROUTE};
    route.body.route.case_id = id;
    route.body.route.unit = code_of("DA");
    route.body.route.reason = text_of("theirs");
    ck_assert_int_eq(world_do(&w, &route), REFUSAL_NONE);
    w.actor = "noter";
    struct command note = {.type = COMMAND_ADD_NOTE};
    note.body.add_note.case_id = id;
    note.body.add_note.text = text_of("called again");
    ck_assert_int_eq(world_do(&w, &note), REFUSAL_NONE);
    w.actor = "tester";
    world_answer(&w, id);
    w.actor = "claimer";
    world_act(&w, COMMAND_CLAIM, id, world_duty(&w, id, DUTY_KIND_FOLLOWUP).duty_id);
    world_act(&w, COMMAND_RELEASE, id, world_duty(&w, id, DUTY_KIND_FOLLOWUP).duty_id);
    ck_assert_int_eq(ask_as("router", id), REFUSAL_SELF_DECISION);
    ck_assert_int_eq(ask_as("tester", id), REFUSAL_SELF_DECISION);
    ck_assert_int_eq(ask_as("noter", id), REFUSAL_NONE);
    ck_assert_int_eq(ask_as("claimer", id), REFUSAL_NONE);
    w.roles |= UINT32_C(1) << ROLE_IMPORTER; /* passes on what others did */
    ck_assert_int_eq(ask_as("router", id), REFUSAL_NONE);
}
END_TEST

/* Units outside the district are no place, no lead and no support. */
START_TEST(outside_the_district_nothing_stands)
{
    uint64_t id = world_submit(&w, "unknown", "S1"), led = world_submit(&w, "LAMP", "G1");
    w.units[7].class = UNIT_CLASS_EXTERNAL; /* UT */
    w.units[7].tier = UNIT_TIER_CITY;
    struct command submit = {.type = COMMAND_SUBMIT}, route = {.type = COMMAND_ROUTE}, take = {.type = COMMAND_TAKE_OVER};
    submit.body.submit.matter = code_of("ROAD");
    submit.body.submit.place = code_of("UT");
    submit.body.submit.title = text_of("hole");
    submit.body.submit.anonymous = true;
    ck_assert_int_eq(world_judge(&w, &submit), REFUSAL_BAD_FIELD);
    ck_assert_str_eq(w.verdict->field, "place");
    route.body.route.case_id = id;
    route.body.route.unit = code_of("UT");
    route.body.route.reason = text_of("theirs");
    ck_assert_int_eq(world_judge(&w, &route), REFUSAL_BAD_FIELD);
    ck_assert_str_eq(w.verdict->field, "unit");
    route.body.route.unit = code_of("DA");
    route.body.route.supports.count = 1;
    route.body.route.supports.at[0] = code_of("UT");
    ck_assert_int_eq(world_judge(&w, &route), REFUSAL_BAD_FIELD);
    ck_assert_str_eq(w.verdict->field, "supports");
    take.body.take_over.case_id = led;
    take.body.take_over.unit = code_of("UT");
    take.body.take_over.reason = text_of("theirs");
    ck_assert_int_eq(world_judge(&w, &take), REFUSAL_BAD_FIELD);
    ck_assert_str_eq(w.verdict->field, "unit");
}
END_TEST

/* Records that are older than the dim `protected`: the case is under secrecy all the same. */
START_TEST(old_records_of_secrecy)
{
    for (int report = 0; report < 2; report++) {
        struct command submit = {.type = COMMAND_SUBMIT};
        submit.body.submit.kind = report != 0 ? CASE_KIND_REPORT : CASE_KIND_COMPLAINT;
        submit.body.submit.secrecy = report == 0;
        submit.body.submit.matter = code_of("ROAD");
        submit.body.submit.place = code_of("S1");
        submit.body.submit.title = text_of("hole");
        submit.body.submit.reporter_phone = text_of("000-0000");
        ck_assert_int_eq(world_judge(&w, &submit), REFUSAL_NONE);
        ck_assert(w.verdict->records[1].head.protected);
        for (uint32_t i = 0; i < w.verdict->count; i++) {
            w.verdict->records[i].head.protected = false;
            core_apply(&w.tables, &w.verdict->records[i]);
        }
        struct case_row c = world_case(&w, w.verdict->records[1].seq);
        ck_assert(c.case_id != 0 && sight_secret(&c));
        w.last_seq += w.verdict->count;
        struct command note = {.type = COMMAND_ADD_NOTE};
        note.body.add_note.case_id = c.case_id;
        note.body.add_note.text = text_of("x");
        ck_assert_int_eq(world_judge(&w, &note), REFUSAL_NONE);
        ck_assert(w.verdict->records[1].head.protected); /* what is told from now on is coarse */
    }
}
END_TEST

/* Claim and release by every role on every kind of duty, named and not. */
START_TEST(a_role_claims_what_it_works_on)
{
    uint64_t route = world_submit(&w, "unknown", "S1");
    uint64_t road = world_submit(&w, "ROAD", "G1"), lamp = world_submit(&w, "LAMP", "G1");
    world_call(&w, road, "UT");
    world_dispatch(&w, road, "UT");
    uint64_t rated = world_submit(&w, "ROAD", "G1");
    world_call(&w, rated, "UT");
    world_dispatch(&w, rated, "UT");
    world_finish(&w, rated, FINISH_CODE_SOLVED);
    world_answer(&w, lamp);
    const struct {
        uint64_t case_id;
        enum duty_kind kind;
        const char *roles; /* that work on it */
    } cells[] = {
        {route, DUTY_KIND_ROUTE, "dispatcher importer"},       {road, DUTY_KIND_LEAD, "worker leader importer"},
        {road, DUTY_KIND_SUPPORT, "worker leader importer"},   {road, DUTY_KIND_RESPOND, "worker leader importer"},
        {rated, DUTY_KIND_RATE, "leader dispatcher importer"}, {lamp, DUTY_KIND_FOLLOWUP, "followup importer"},
    };
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        for (int role = 0; role < ROLE_COUNT; role++) {
            for (int way = 0; way < 3; way++) {
                const char *name = enum_name(&role_enum, role);
                bool may =
                    strstr(cells[i].roles, name) != NULL && (strcmp(name, "leader") != 0 || cells[i].kind != DUTY_KIND_ROUTE);
                struct command claim = {.type = COMMAND_CLAIM};
                w.roles = UINT32_C(1) << role;
                if (way != 1) {
                    claim.body.claim.duty_id = world_duty(&w, cells[i].case_id, cells[i].kind).duty_id;
                } else {
                    claim.body.claim.case_id = cells[i].case_id;
                    claim.body.claim.kind = cells[i].kind;
                    claim.body.claim.given = CLAIM_HAS_KIND;
                }
                if (way == 2) {
                    claim.type = COMMAND_RELEASE; /* nobody has it: what the role may is looked at before */
                }
                enum refusal said = world_judge(&w, &claim);
                ck_assert_msg(said == (may ? (way == 2 ? REFUSAL_ALREADY : REFUSAL_NONE) : REFUSAL_NO_ROLE), "%s on %s: %s", name,
                              enum_name(&duty_kind_enum, (int)cells[i].kind), refusal_infos[said].code);
            }
        }
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{lead_place_holders_and_callers_see_a_case},
                                       {unseen_is_not_found_for_every_command},
                                       {another_keys_request_is_nobodys},
                                       {seen_is_not_yours_before_the_state},
                                       {the_hundredth_handler_does_not_make_the_first_forgotten},
                                       {what_counts_as_having_handled_it},
                                       {outside_the_district_nothing_stands},
                                       {old_records_of_secrecy},
                                       {a_role_claims_what_it_works_on}};
    return suite_run(&(struct suite){
        .name = "sight", .timeout_s = 120, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
