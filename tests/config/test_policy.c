/*
 * test_policy.c - the numbers that hold when a policy says nothing, each beside its line of the spec (lifecycle 3 and 2c); and
 * what a policy can say.
 */
#include "config/policy.h"
#include "config/zone.h"
#include "tests/config/config_folder.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S INT64_C(1000)
#define MIN (60 * S)
#define H (60 * MIN)
#define D (24 * H)

static struct faults faults;
static char *version;

/* Reads a policy; what it says wrong stays in `faults`. */
static int parse(const char *text, struct policy *ret)
{
    struct yaml yaml = {0};
    faults_init(&faults);
    version = NULL;
    int rc = policy_parse("policy.yaml", text, strlen(text), &faults, ret, &version, &yaml);
    if (rc == 0) {
        free(ret->zone_name);
        ret->zone_name = NULL;
        yaml_deinit(&yaml);
    }
    return rc;
}

#define HEAD "district: D1\nzone: Asia/Shanghai\n"

#define NATURAL(ms) TIME_KIND_NATURAL, (ms)
#define WH(hours) TIME_KIND_WORKING_HOURS, (hours)*H
#define WD(days) TIME_KIND_WORKING_DAYS, (days)

static const struct {
    const char *what;
    size_t at;
    enum time_kind kind;
    int64_t amount;
} limits[] = {
#define LIMIT(what, member, ...)                                                                                                   \
    {                                                                                                                              \
        what, offsetof(struct policy, member), __VA_ARGS__                                                                         \
    }
    /* 3.1 */
    LIMIT("handle, ordinary: 5 wd", handle[URGENCY_ORDINARY], WD(5)),
    LIMIT("handle, water, power, gas, heat: 24 h", handle[URGENCY_URGENT], NATURAL(24 * H)),
    LIMIT("handle, emergency: 2 h", handle[URGENCY_EMERGENCY], NATURAL(2 * H)),
    LIMIT("handle, complex: 15 wd", handle[URGENCY_COMPLEX], WD(15)),
    LIMIT("second handling: 3 wd", second_round, WD(3)),
    LIMIT("round 3: 5 wd", last_round, WD(5)),
    LIMIT("emergency, first word: 10/20 min", contact[URGENCY_EMERGENCY], NATURAL(20 * MIN)),
    /* 3.2 */
    LIMIT("route: 1 wh", route[URGENCY_ORDINARY], WH(1)),
    LIMIT("return window: 1 wd", return_window, WD(1)),
    LIMIT("rule: 4 wh", rule, WH(4)),
    LIMIT("designating rule: 2 wd", designate, WD(2)),
    LIMIT("call: object 4 wh", object, WH(4)),
    LIMIT("call: rule 1 wd", rule_call, WD(1)),
    LIMIT("decide: 1 wd", decide, WD(1)),
    LIMIT("awaiting_call: 1 wd a step", awaiting, WD(1)),
    LIMIT("hard call: plan with date, at most 30 d", promise, TIME_KIND_NATURAL_DAYS, 30),
    LIMIT("route, urgent: 1 h", route[URGENCY_URGENT], NATURAL(H)),
    LIMIT("route, emergency: 5 min", route[URGENCY_EMERGENCY], NATURAL(5 * MIN)),
    LIMIT("route: 1 wh", route[URGENCY_COMPLEX], WH(1)),
    LIMIT("sign: 1 wd", sign[URGENCY_ORDINARY], WD(1)),
    LIMIT("sign, 24 h class: 1 h", sign[URGENCY_URGENT], NATURAL(H)),
    LIMIT("sign, emergency: 10 min", sign[URGENCY_EMERGENCY], NATURAL(10 * MIN)),
    LIMIT("sign: 1 wd", sign[URGENCY_COMPLEX], WD(1)),
    LIMIT("contact: 1 wd", contact[URGENCY_ORDINARY], WD(1)),
    LIMIT("contact: 1 wd", contact[URGENCY_URGENT], WD(1)),
    LIMIT("contact: 1 wd", contact[URGENCY_COMPLEX], WD(1)),
    LIMIT("stage report: each 5 wd", stage, WD(5)),
    LIMIT("follow-up: 2 wd of opening", followup_limit, WD(2)),
    LIMIT("call: confirm and rate 3 wd", rate, WD(3)),
    /* 2c, routine */
    LIMIT("call, dispatch: 1 wh", call_dispatch, WH(1)),
    LIMIT("call, sign: 1 wh", call_sign, WH(1)),
    LIMIT("call, contact: 24 h", call_contact, NATURAL(24 * H)),
    LIMIT("call, arrive: 3 wd", call_arrive, WD(3)),
    LIMIT("call, finish: 10 wd", call_finish, WD(10)),
    /* 2a take_over, 2b send_back */
    LIMIT("take-over: at least 1 wd", take_over_floor, WD(1)),
    LIMIT("send-back: at least 1 wd left", send_back_floor, WD(1)),
    /* the rungs after due */
    LIMIT("red: due + 1 ms", rungs[RUNG_RED].span, NATURAL(1)),
    LIMIT("notice: +1 wd", rungs[RUNG_NOTICE].span, WD(1)),
    LIMIT("bulletin: +5 wd", rungs[RUNG_BULLETIN].span, WD(5)),
#undef LIMIT
};

/* Natural time that is no clock's limit. */
static const struct {
    const char *what;
    size_t at;
    int64_t ms;
} spans[] = {
    {"reopen window: 15 nd", offsetof(struct policy, reopen_window_ms), 15 * D},
    {"late rating: 30 nd", offsetof(struct policy, late_rating_ms), 30 * D},
    {"day: midnight", offsetof(struct policy, day_start_ms), 0},
    /* ours: the spec names none */
    {"a claim: 30 min", offsetof(struct policy, claim_ms), 30 * MIN},
    {"a rung is late after: 1 min", offsetof(struct policy, late_ms), MIN},
};

START_TEST(test_default_limits)
{
    struct policy policy;
    policy_defaults(&policy);
    struct span span;
    memcpy(&span, (const char *)&policy + limits[_i].at, sizeof(span));
    ck_assert_msg(span.kind == limits[_i].kind && span.amount == limits[_i].amount, "%s: %d, %lld", limits[_i].what, (int)span.kind,
                  (long long)span.amount);
}
END_TEST

START_TEST(test_default_spans)
{
    struct policy policy;
    policy_defaults(&policy);
    int64_t ms;
    memcpy(&ms, (const char *)&policy + spans[_i].at, sizeof(ms));
    ck_assert_msg(ms == spans[_i].ms, "%s: %lld ms", spans[_i].what, (long long)ms);
}
END_TEST

START_TEST(test_default_switches)
{
    struct policy policy;
    policy_defaults(&policy);
    ck_assert_uint_eq(policy.rounds, 3);
    ck_assert_uint_eq(policy.followup_attempts, 3);
    ck_assert_uint_eq(policy.followup_days, 2);
    ck_assert_uint_eq(policy.contact_attempts, 3);
    ck_assert_uint_eq(policy.min_n, 10);
    ck_assert_uint_eq(policy.month_start, 1);
    ck_assert_uint_eq(policy.credit_basically_ppm, 900000);
    ck_assert_uint_eq(policy.credit_partly_ppm, 500000);
    ck_assert_int_eq(policy.followup, FOLLOWUP_MODE_AT_ANSWER);
    ck_assert(policy.contact_required && policy.evidence_required && policy.rating && policy.one_unit_guard);
    ck_assert(!policy.community_calls);
    /* yellow 80 %; red due + 1 ms; +1 wd notice; +5 wd bulletin */
    ck_assert(policy.rungs[RUNG_YELLOW].on && policy.rungs[RUNG_YELLOW].percent == 80);
    ck_assert(policy.rungs[RUNG_RED].on && policy.rungs[RUNG_RED].percent == 0);
    ck_assert(policy.rungs[RUNG_NOTICE].on && policy.rungs[RUNG_BULLETIN].on);
    for (uint32_t class = 0; class < UNIT_CLASS_COUNT; class ++) {
        for (uint32_t tier = 0; tier < UNIT_TIER_COUNT; tier++) {
            bool own = class == UNIT_CLASS_GOVERNMENT || class == UNIT_CLASS_COMMITTEE;
            bool low = tier == UNIT_TIER_COMMUNITY || tier == UNIT_TIER_GRID;
            ck_assert_int_eq(policy.on_overdue[class][tier], own && low ? ON_OVERDUE_TAKE_OVER : ON_OVERDUE_SUPERVISE);
        }
    }
}
END_TEST

START_TEST(test_what_is_left_out_keeps_its_default)
{
    struct policy policy, wanted;
    policy_defaults(&wanted);
    ck_assert_int_eq(parse(HEAD, &policy), 0);
    ck_assert_str_eq(config_folder_faults(&faults), "");
    wanted.district = policy.district;
    wanted.desk = policy.district; /* the desk is the district itself */
    ck_assert_int_eq(memcmp(&policy.desk, &policy.district, sizeof(policy.desk)), 0);
    wanted.zone_name = policy.zone_name;
    ck_assert_int_eq(memcmp(policy.on_overdue, wanted.on_overdue, sizeof(wanted.on_overdue)), 0);
    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
        struct span read, is_default;
        memcpy(&read, (const char *)&policy + limits[i].at, sizeof(read));
        memcpy(&is_default, (const char *)&wanted + limits[i].at, sizeof(is_default));
        ck_assert(read.kind == is_default.kind && read.amount == is_default.amount);
    }
    for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++) {
        ck_assert_int_eq(memcmp((const char *)&policy + spans[i].at, (const char *)&wanted + spans[i].at, sizeof(int64_t)), 0);
    }
    ck_assert_ptr_null(version);
}
END_TEST

/* Every span can be written: the same file with each key given another number. */
START_TEST(test_every_value_can_be_said)
{
    struct policy policy;
    static const char text[] =
        HEAD "desk: D1-DESK\ncatalogue_version: 第三版\nday_start: 12 h\nmonth_start: 19\n"
             "limits:\n"
             "  handle: {ordinary: 101 s, urgent: 102 s, emergency: 103 s, complex: 104 s}\n"
             "  route: {ordinary: 201 s, urgent: 202 s, emergency: 203 s, complex: 204 s}\n"
             "  sign: {ordinary: 301 s, urgent: 302 s, emergency: 303 s, complex: 304 s}\n"
             "  contact: {ordinary: 401 s, urgent: 402 s, emergency: 403 s, complex: off}\n"
             "  call: {dispatch: 501 s, sign: 502 s, contact: 503 s, arrive: 504 s, finish: 505 s}\n"
             "  stage: 600 s\n  second_round: 601 s\n  last_round: 602 s\n  take_over_floor: 603 s\n  send_back_floor: 604 s\n  "
             "rate: 605 s\n"
             "  followup: 606 s\n  return_window: 607 s\n  rule: 608 s\n  designate: 609 s\n  object: 610 s\n  rule_call: 611 s\n  "
             "decide: 612 s\n  promise: 613 s\n  awaiting: 614 s\n"
             "claim: 701 s\nlate_after: 702 s\nrounds: 4\nreopen_window: 703 s\nlate_rating: 704 s\ncontact_attempts: 5\n"
             "return_cap: 7\nmin_n: 6\n"
             "rungs: {yellow: 70 %, red: 1 ms, notice: off, bulletin: 7 d}\n"
             "steps: {contact_required: off, evidence_required: no, rating: false, one_unit_guard: off, community_calls: yes}\n"
             "followup: {mode: never, attempts: 2, days: 1}\ncredits: {basically: 87.5 %, partly: 0 %}\n"
             "fallback: {ordinary: F0, urgent: F1, emergency: F2, complex: F3}\n";
    ck_assert_int_eq(parse(text, &policy), 0);
    ck_assert_str_eq(config_folder_faults(&faults), "");
    ck_assert_str_eq(version, "第三版");
    free(version);
    ck_assert_int_eq(policy.day_start_ms, 12 * H);
    ck_assert_uint_eq(policy.month_start, 19);
    for (int i = 0; i < URGENCY_COUNT; i++) {
        ck_assert_int_eq(policy.handle[i].amount, (101 + i) * S);
        ck_assert_int_eq(policy.route[i].amount, (201 + i) * S);
        ck_assert_int_eq(policy.sign[i].amount, (301 + i) * S);
        ck_assert_int_eq(policy.contact[i].amount, i == URGENCY_COMPLEX ? 0 : (401 + i) * S);
        ck_assert_int_eq(policy.fallback[i].s[0], 'F');
        ck_assert_int_eq(policy.fallback[i].s[1], '0' + i);
    }
    ck_assert_int_eq(policy.call_dispatch.amount, 501 * S);
    ck_assert_int_eq(policy.call_sign.amount, 502 * S);
    ck_assert_int_eq(policy.call_contact.amount, 503 * S);
    ck_assert_int_eq(policy.call_arrive.amount, 504 * S);
    ck_assert_int_eq(policy.call_finish.amount, 505 * S);
    ck_assert_int_eq(policy.stage.amount, 600 * S);
    ck_assert_int_eq(policy.second_round.amount, 601 * S);
    ck_assert_int_eq(policy.last_round.amount, 602 * S);
    ck_assert_int_eq(policy.take_over_floor.amount, 603 * S);
    ck_assert_int_eq(policy.send_back_floor.amount, 604 * S);
    ck_assert_int_eq(policy.rate.amount, 605 * S);
    ck_assert_int_eq(policy.followup_limit.amount, 606 * S);
    ck_assert_int_eq(policy.return_window.amount, 607 * S);
    ck_assert_int_eq(policy.rule.amount, 608 * S);
    ck_assert_int_eq(policy.designate.amount, 609 * S);
    ck_assert_int_eq(policy.object.amount, 610 * S);
    ck_assert_int_eq(policy.rule_call.amount, 611 * S);
    ck_assert_int_eq(policy.decide.amount, 612 * S);
    ck_assert_int_eq(policy.promise.amount, 613 * S);
    ck_assert_int_eq(policy.awaiting.amount, 614 * S);
    ck_assert_uint_eq(policy.return_cap, 7);
    ck_assert_int_eq(policy.claim_ms, 701 * S);
    ck_assert_int_eq(policy.late_ms, 702 * S);
    ck_assert_int_eq(policy.reopen_window_ms, 703 * S);
    ck_assert_int_eq(policy.late_rating_ms, 704 * S);
    ck_assert(policy.rounds == 4 && policy.contact_attempts == 5 && policy.min_n == 6);
    ck_assert(policy.rungs[RUNG_YELLOW].percent == 70 && policy.rungs[RUNG_RED].span.amount == 1 && !policy.rungs[RUNG_NOTICE].on);
    ck_assert(policy.rungs[RUNG_BULLETIN].on && policy.rungs[RUNG_BULLETIN].span.kind == TIME_KIND_NATURAL_DAYS &&
              policy.rungs[RUNG_BULLETIN].span.amount == 7);
    ck_assert(!policy.contact_required && !policy.evidence_required && !policy.rating && !policy.one_unit_guard);
    ck_assert(policy.community_calls);
    ck_assert(policy.followup == FOLLOWUP_MODE_NEVER && policy.followup_attempts == 2 && policy.followup_days == 1);
    ck_assert(policy.credit_basically_ppm == 875000 && policy.credit_partly_ppm == 0);
}
END_TEST

START_TEST(test_on_overdue)
{
    struct policy policy;
    ck_assert_int_eq(parse(HEAD "on_overdue: supervise\n", &policy), 0);
    for (uint32_t class = 0; class < UNIT_CLASS_COUNT; class ++) {
        for (uint32_t tier = 0; tier < UNIT_TIER_COUNT; tier++) {
            ck_assert_int_eq(policy.on_overdue[class][tier], ON_OVERDUE_SUPERVISE);
        }
    }
    ck_assert_int_eq(
        parse(HEAD "on_overdue: supervise\non_overdue_by_tier: {street: take_over}\non_overdue_by_class: {station: take_over}\n",
              &policy),
        0);
    ck_assert_str_eq(config_folder_faults(&faults), "");
    for (uint32_t class = 0; class < UNIT_CLASS_COUNT; class ++) {
        for (uint32_t tier = 0; tier < UNIT_TIER_COUNT; tier++) {
            bool own = class == UNIT_CLASS_GOVERNMENT || class == UNIT_CLASS_COMMITTEE;
            bool over = class == UNIT_CLASS_STATION || (own && tier == UNIT_TIER_STREET);
            ck_assert_int_eq(policy.on_overdue[class][tier], over ? ON_OVERDUE_TAKE_OVER : ON_OVERDUE_SUPERVISE);
        }
    }
}
END_TEST

static const char span_wanted[] = "write a number and a unit of natural time, as `30 min`, `2 h`, `5 d`, `90 s`, or `off`";

/* What is printed of a span is what a person would write. */
static const struct {
    const char *text, *printed;
} written[] = {{"5 wd", "5 wd"},     {"4 wh", "4 wh"},   {"5 d", "5 d"},   {"5 nd", "5 d"},  {"24 h", "24 h"},
               {"90 min", "90 min"}, {"120 min", "2 h"}, {"90 s", "90 s"}, {"1 ms", "1 ms"}, {"off", "off"}};

START_TEST(test_span_text)
{
    struct span span, again;
    char text[SPAN_SIZE];
    ck_assert_ptr_null(clock_span_parse(written[_i].text, &span));
    ck_assert_str_eq(clock_span_text(span, text), written[_i].printed);
    ck_assert_ptr_null(clock_span_parse(text, &again));
    ck_assert(again.kind == span.kind && again.amount == span.amount);
}
END_TEST

/* Faults of values: all are said; `%s` stands for the sentence about spans. */
static const struct {
    const char *text, *said;
} wrong_values[] = {
    {"claim: 30\n", "policy.yaml:3:8: `claim: 30`: %s\n"},
    {"claim: 2 weeks\n", "policy.yaml:3:8: `claim: 2 weeks`: %s\n"},
    {"claim: -5 min\n", "policy.yaml:3:8: `claim: -5 min`: %s\n"},
    {"claim: 1.5 h\n", "policy.yaml:3:8: `claim: 1.5 h`: %s\n"},
    {"claim: 1 wh\n",
     "policy.yaml:3:8: `claim: 1 wh`: this is not a limit of a clock: write natural time, as `30 min`, `2 h` or `5 d`\n"},
    {"claim: off\n", "policy.yaml:3:8: `claim: off`: this cannot be off; write a span such as `30 min`\n"},
    {"limits:\n  handle:\n    ordinary: 5 days\n",
     "policy.yaml:5:15: `limits.handle.ordinary: 5 days`: write a number and a unit, as `5 wd` (working days), `4 wh` (working "
     "hours), `5 d` (natural days), `2 h`, `30 min`, `90 s`, or `off`\n"},
    {"limits: {rate: 3661 wd}\n", "policy.yaml:3:16: `limits.rate: 3661 wd`: write at most `3660 d`\n"},
    {"limits: {rate: 9999 d}\n", "policy.yaml:3:16: `limits.rate: 9999 d`: write at most `3660 d`\n"},
    {"limits: {rate: 0 d}\n", "policy.yaml:3:16: `limits.rate: 0 d`: write `off`\n"},
    {"rounds: 010\n", "policy.yaml:3:9: `rounds: 010`: write a whole number in decimal digits, without a leading zero\n"},
    {"rounds: 0x3\n", "policy.yaml:3:9: `rounds: 0x3`: write a whole number in decimal digits, without a leading zero\n"},
    {"rounds: 99\n", "policy.yaml:3:9: `rounds: 99`: write a number from 1 to 10\n"},
    {"month_start: 31\n", "policy.yaml:3:14: `month_start: 31`: write a number from 1 to 28\n"},
    {"day_start: 24 h\n", "policy.yaml:3:12: `day_start: 24 h`: write a span after midnight, less than `24 h`\n"},
    {"day_start: 10 min\n",
     "policy.yaml:3:12: `day_start: 10 min`: figures are counted by quarters of an hour; write one, as `6 h` or `30 min`\n"},
    {"steps:\n  rating: maybe\n", "policy.yaml:4:11: `steps.rating: maybe`: write `on` or `off`\n"},
    {"credits: {partly: 0.5}\n",
     "policy.yaml:3:19: `credits.partly: 0.5`: write a share from `0 %` to `100 %`, as `90 %` or `87.5 %`\n"},
    {"credits: {partly: 101 %}\n",
     "policy.yaml:3:19: `credits.partly: 101 %`: write a share from `0 %` to `100 %`, as `90 %` or `87.5 %`\n"},
    {"rungs: {yellow: 120 %}\n", "policy.yaml:3:17: `rungs.yellow: 120 %`: write a share of the budget from `1 %` to `99 %`, a "
                                 "span (of yellow before due, of the others after it) as `4 wh` or `5 d`, or `off`\n"},
    {"rungs: {yellow: 4 wh}\n", ""},
    {"rungs: {yellow: 2 d}\n",
     "policy.yaml:3:17: `rungs.yellow` is a share of the budget or a span before due in hours: write `80 %`, "
     "`4 wh` or `24 h`\n"},
    {"rungs: {red: off}\n",
     "policy.yaml:3:14: `rungs.red` is the first millisecond after due, and neither off nor at another time: write "
     "`1 ms`, or take the key out\n"},
    {"rungs: {notice: 6 d}\n",
     "policy.yaml: `rungs.bulletin` is not after `rungs.notice`; write rungs in the order yellow, red, notice, bulletin\n"},
    {"rungs:\n  notice: 80 %\n",
     "policy.yaml:4:11: `rungs.notice` is not after `rungs.red`; write rungs in the order yellow, red, notice, bulletin\n"},
    {"fallback: {ordinary: A, urgent: B, complex: C}\n",
     "policy.yaml:3:1: key `fallback.emergency` is missing; name a unit for each urgency, or leave `fallback` out\n"},
    {"fallback: {ordinary: A, urgent: B, emergency: C, complex: D D}\n",
     "policy.yaml:3:59: `fallback.complex: D D`: a code has only letters A-Z a-z, digits, `_`, `.` and `-`\n"},
    {"limits:\n  route: {urgent: off}\nfallback: {ordinary: A, urgent: B, emergency: C, complex: D}\n",
     "policy.yaml:5:33: `fallback.urgent: B` takes what the desk has not routed in time, and `limits.route.urgent` is off; write a "
     "limit there\n"},
    {"followup: {mode: both}\n", "policy.yaml:3:18: `followup.mode: both`: write `never` or `at_answer`\n"},
    {"on_overdue: wait\n", "policy.yaml:3:13: `on_overdue: wait`: write `supervise` or `take_over`\n"},
    {"on_overdue_by_tier: {street: wait}\n",
     "policy.yaml:3:30: `on_overdue_by_tier.street: wait`: write `supervise` or `take_over`\n"},
    {"on_overdue_by_class: {utility: wait}\n",
     "policy.yaml:3:32: `on_overdue_by_class.utility: wait`: write `supervise` or `take_over`\n"},
    {"claim:\n", "policy.yaml:3:1: `claim` has no value; write one, or take the key out\n"},
    {"claim: ''\nrounds: 0\nmin_n: x\n",
     "policy.yaml:3:1: `claim` has no value; write one, or take the key out\n"
     "policy.yaml:4:9: `rounds: 0`: write a number from 1 to 10\n"
     "policy.yaml:5:8: `min_n: x`: write a whole number in decimal digits, without a leading zero\n"},
};

START_TEST(test_wrong_values)
{
    char text[256], said[512];
    struct policy policy;
    snprintf(text, sizeof(text), HEAD "%s", wrong_values[_i].text);
    ck_assert_int_eq(parse(text, &policy), 0);
    const char *place = strstr(wrong_values[_i].said, "%s");
    snprintf(said, sizeof(said), "%.*s%s%s", place != NULL ? (int)(place - wrong_values[_i].said) : 0, wrong_values[_i].said,
             place != NULL ? span_wanted : "", place != NULL ? place + 2 : wrong_values[_i].said);
    faults_sort(&faults);
    ck_assert_str_eq(config_folder_faults(&faults), said);
}
END_TEST

/* Faults of the shape: the first one only. */
static const struct {
    const char *text, *said;
} wrong_shapes[] = {
    {"", "policy.yaml:1: the file is empty; write `key: value` lines\n"},
    {"# nothing\n", "policy.yaml:1: the file is empty; write `key: value` lines\n"},
    {HEAD "limits:\n  handel: {ordinary: 5 d}\n",
     "policy.yaml:4:3: unknown key `handel`; known here: handle, route, sign, contact, "
     "stage, call, second_round, last_round, take_over_floor, "
     "send_back_floor, rate, followup, return_window, rule, designate, object, rule_call, decide, promise, awaiting\n"},
    {HEAD "limits:\n  handle: {ordnary: 5 d}\n",
     "policy.yaml:4:12: unknown key `ordnary`; known here: ordinary, urgent, emergency, complex\n"},
    {HEAD "Followup: {mode: never}\n",
     "policy.yaml:3:1: unknown key `Followup`; known here: district, desk, zone, "
     "catalogue_version, day_start, month_start, fallback, on_overdue, "
     "on_overdue_by_tier, on_overdue_by_class, limits, claim, late_after, rounds, reopen_window, late_rating, "
     "contact_attempts, return_cap, min_n, rungs, steps, "
     "followup, credits\n"},
    {HEAD "rounds: 3\nrounds: 4\n", "policy.yaml:4:1: key `rounds` is there twice (first on line 3); keep one\n"},
    {HEAD "rounds: [3]\n", "policy.yaml:3:1: `rounds` must have one value\n"},
    {HEAD "limits: 5 d\n", "policy.yaml:3:9: `limits` must have `key: value` lines, indented below it\n"},
    {HEAD "limits:\n", "policy.yaml:3:1: `limits` must have `key: value` lines, indented below it\n"},
    {"- a\n", "policy.yaml:1: this is a list; write `key: value` lines\n"},
    {HEAD " rounds: 3\n", "policy.yaml:3:8: not YAML: mapping values are not allowed in this context\n"},
    {HEAD "\tclaim: 3 h\n", "policy.yaml:3:1: not YAML: found a tab character that violates indentation\n"},
    {HEAD "claim: '3 h\n", "policy.yaml:4:1: not YAML: found unexpected end of stream\n"},
    {HEAD "claim: \xc1\xf8\n", "policy.yaml:3:8: byte 0xc1 is not UTF-8; save the file as UTF-8\n"},
    {HEAD "---\nclaim: 3 h\n", "policy.yaml:3:1: a second document begins here; keep one\n"},
    {HEAD "claim: &x 3 h\nlate_after: *x\n", "policy.yaml:4:13: aliases (*name) are not read here; write the value out\n"},
    {HEAD "? [a]\n: b\n", "policy.yaml:3:3: a key must be one word\n"},
};

START_TEST(test_wrong_shapes)
{
    struct policy policy;
    ck_assert_int_eq(parse(wrong_shapes[_i].text, &policy), -EINVAL);
    ck_assert_str_eq(config_folder_faults(&faults), wrong_shapes[_i].said);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{test_default_limits, SUITE_COUNT(limits)},
                                       {test_default_spans, SUITE_COUNT(spans)},
                                       {test_default_switches},
                                       {test_what_is_left_out_keeps_its_default},
                                       {test_every_value_can_be_said},
                                       {test_on_overdue},
                                       {test_span_text, SUITE_COUNT(written)},
                                       {test_wrong_values, SUITE_COUNT(wrong_values)},
                                       {test_wrong_shapes, SUITE_COUNT(wrong_shapes)}};
    return suite_run(&(struct suite){.name = "config/policy", .tests = tests, .count = SUITE_COUNT(tests)});
}
