/* policy.c - switches and numbers of a district, read from policy.yaml */
#include "config/policy.h"

#include "base/i18n.h"
#include "config/clock_span.h"
#include "config/words.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define NATURAL(ms)                                                                                                                \
    {                                                                                                                              \
        TIME_KIND_NATURAL, (ms)                                                                                                    \
    }
#define WH(hours)                                                                                                                  \
    {                                                                                                                              \
        TIME_KIND_WORKING_HOURS, (hours)*HOUR_MS                                                                                   \
    }
#define WD(days)                                                                                                                   \
    {                                                                                                                              \
        TIME_KIND_WORKING_DAYS, (days)                                                                                             \
    }

void policy_defaults(struct policy *ret)
{
    *ret = (struct policy){
        .month_start = 1,
        .handle = {WD(5), NATURAL(24 * HOUR_MS), NATURAL(2 * HOUR_MS), WD(15)},
        .second_round = WD(3),
        .last_round = WD(5),
        .take_over_floor = WD(1),
        .send_back_floor = WD(1),
        .route = {WH(1), NATURAL(HOUR_MS), NATURAL(5 * MINUTE_MS), WH(1)},
        .sign = {WD(1), NATURAL(HOUR_MS), NATURAL(10 * MINUTE_MS), WD(1)},
        .contact = {WD(1), WD(1), NATURAL(20 * MINUTE_MS), WD(1)},
        .stage = WD(5),
        .call_dispatch = WH(1),
        .call_sign = WH(1),
        .call_contact = NATURAL(24 * HOUR_MS),
        .call_arrive = WD(3),
        .call_finish = WD(10),
        .rate = WD(3),
        .followup_limit = WD(2),
        .return_window = WD(1),
        .rule = WH(4),
        .designate = WD(2),
        .object = WH(4),
        .rule_call = WD(1),
        .decide = WD(1),
        .promise = {TIME_KIND_NATURAL_DAYS, 30},
        .awaiting = WD(1),
        .return_cap = 2,
        .claim_ms = 30 * MINUTE_MS,
        .late_ms = MINUTE_MS,
        .rungs = {[RUNG_YELLOW] = {true, 80, NATURAL(0)},
                  [RUNG_RED] = {true, 0, NATURAL(1)},
                  [RUNG_NOTICE] = {true, 0, WD(1)},
                  [RUNG_BULLETIN] = {true, 0, WD(5)}},
        .rounds = 3,
        .reopen_window_ms = 15 * DAY_MS,
        .late_rating_ms = 30 * DAY_MS,
        .followup = FOLLOWUP_MODE_AT_ANSWER,
        .followup_attempts = 3,
        .followup_days = 2,
        .contact_attempts = 3,
        .contact_required = true,
        .evidence_required = true,
        .rating = true,
        .one_unit_guard = true,
        .community_calls = false,
        .credit_basically_ppm = 900000,
        .credit_partly_ppm = 500000,
        .min_n = 10,
    };
    /* ON_OVERDUE_SUPERVISE is zero; only the own offices of grids and communities are taken over. */
    const enum unit_class own[] = {UNIT_CLASS_GOVERNMENT, UNIT_CLASS_COMMITTEE};
    for (size_t i = 0; i < 2; i++) {
        ret->on_overdue[own[i]][UNIT_TIER_COMMUNITY] = ON_OVERDUE_TAKE_OVER;
        ret->on_overdue[own[i]][UNIT_TIER_GRID] = ON_OVERDUE_TAKE_OVER;
    }
}

/* ---- the shape of the file: every value a text ---- */

struct raw_urgencies {
    char *ordinary, *urgent, *emergency, *complex;
};
struct raw_call {
    char *dispatch, *sign, *contact, *arrive, *finish;
};
struct raw_limits {
    struct raw_urgencies handle, route, sign, contact;
    char *stage, *second_round, *last_round, *take_over_floor, *send_back_floor, *rate, *followup, *return_window, *rule,
        *designate, *object, *rule_call, *decide, *promise, *awaiting;
    struct raw_call call;
};
struct raw_tiers {
    char *city, *district, *street, *community, *grid;
};
struct raw_classes {
    char *government, *department, *section, *station, *utility, *property, *committee, *external;
};
struct raw_rungs {
    char *yellow, *red, *notice, *bulletin;
};
struct raw_steps {
    char *contact_required, *evidence_required, *rating, *one_unit_guard, *community_calls;
};
struct raw_followup {
    char *mode, *attempts, *days;
};
struct raw_credits {
    char *basically, *partly;
};
struct raw {
    char *district, *desk, *zone, *catalogue_version, *day_start, *month_start;
    struct raw_urgencies fallback;
    char *on_overdue;
    struct raw_tiers on_overdue_by_tier;
    struct raw_classes on_overdue_by_class;
    struct raw_limits limits;
    char *claim, *late_after, *rounds, *reopen_window, *late_rating, *contact_attempts, *return_cap, *min_n;
    struct raw_rungs rungs;
    struct raw_steps steps;
    struct raw_followup followup;
    struct raw_credits credits;
};

#define TEXT(type, member)                                                                                                         \
    CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER_NULL, struct type, member, 0, CYAML_UNLIMITED)
#define PART(type, member, fields) CYAML_FIELD_MAPPING(#member, CYAML_FLAG_OPTIONAL, struct type, member, fields)

static const cyaml_schema_field_t urgency_fields[] = {TEXT(raw_urgencies, ordinary), TEXT(raw_urgencies, urgent),
                                                      TEXT(raw_urgencies, emergency), TEXT(raw_urgencies, complex),
                                                      CYAML_FIELD_END};
static const cyaml_schema_field_t call_fields[] = {TEXT(raw_call, dispatch), TEXT(raw_call, sign),   TEXT(raw_call, contact),
                                                   TEXT(raw_call, arrive),   TEXT(raw_call, finish), CYAML_FIELD_END};
static const cyaml_schema_field_t limit_fields[] = {PART(raw_limits, handle, urgency_fields),
                                                    PART(raw_limits, route, urgency_fields),
                                                    PART(raw_limits, sign, urgency_fields),
                                                    PART(raw_limits, contact, urgency_fields),
                                                    TEXT(raw_limits, stage),
                                                    PART(raw_limits, call, call_fields),
                                                    TEXT(raw_limits, second_round),
                                                    TEXT(raw_limits, last_round),
                                                    TEXT(raw_limits, take_over_floor),
                                                    TEXT(raw_limits, send_back_floor),
                                                    TEXT(raw_limits, rate),
                                                    TEXT(raw_limits, followup),
                                                    TEXT(raw_limits, return_window),
                                                    TEXT(raw_limits, rule),
                                                    TEXT(raw_limits, designate),
                                                    TEXT(raw_limits, object),
                                                    TEXT(raw_limits, rule_call),
                                                    TEXT(raw_limits, decide),
                                                    TEXT(raw_limits, promise),
                                                    TEXT(raw_limits, awaiting),
                                                    CYAML_FIELD_END};
static const cyaml_schema_field_t tier_fields[] = {TEXT(raw_tiers, city),      TEXT(raw_tiers, district), TEXT(raw_tiers, street),
                                                   TEXT(raw_tiers, community), TEXT(raw_tiers, grid),     CYAML_FIELD_END};
static const cyaml_schema_field_t class_fields[] = {
    TEXT(raw_classes, government), TEXT(raw_classes, department), TEXT(raw_classes, section),
    TEXT(raw_classes, station),    TEXT(raw_classes, utility),    TEXT(raw_classes, property),
    TEXT(raw_classes, committee),  TEXT(raw_classes, external),   CYAML_FIELD_END};
static const cyaml_schema_field_t rung_fields[] = {TEXT(raw_rungs, yellow), TEXT(raw_rungs, red), TEXT(raw_rungs, notice),
                                                   TEXT(raw_rungs, bulletin), CYAML_FIELD_END};
static const cyaml_schema_field_t step_fields[] = {TEXT(raw_steps, contact_required), TEXT(raw_steps, evidence_required),
                                                   TEXT(raw_steps, rating),           TEXT(raw_steps, one_unit_guard),
                                                   TEXT(raw_steps, community_calls),  CYAML_FIELD_END};
static const cyaml_schema_field_t followup_fields[] = {TEXT(raw_followup, mode), TEXT(raw_followup, attempts),
                                                       TEXT(raw_followup, days), CYAML_FIELD_END};
static const cyaml_schema_field_t credit_fields[] = {TEXT(raw_credits, basically), TEXT(raw_credits, partly), CYAML_FIELD_END};
static const cyaml_schema_field_t fields[] = {TEXT(raw, district),
                                              TEXT(raw, desk),
                                              TEXT(raw, zone),
                                              TEXT(raw, catalogue_version),
                                              TEXT(raw, day_start),
                                              TEXT(raw, month_start),
                                              PART(raw, fallback, urgency_fields),
                                              TEXT(raw, on_overdue),
                                              PART(raw, on_overdue_by_tier, tier_fields),
                                              PART(raw, on_overdue_by_class, class_fields),
                                              PART(raw, limits, limit_fields),
                                              TEXT(raw, claim),
                                              TEXT(raw, late_after),
                                              TEXT(raw, rounds),
                                              TEXT(raw, reopen_window),
                                              TEXT(raw, late_rating),
                                              TEXT(raw, contact_attempts),
                                              TEXT(raw, return_cap),
                                              TEXT(raw, min_n),
                                              PART(raw, rungs, rung_fields),
                                              PART(raw, steps, step_fields),
                                              PART(raw, followup, followup_fields),
                                              PART(raw, credits, credit_fields),
                                              CYAML_FIELD_END};
static const cyaml_schema_value_t schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw, fields)};

/* ---- what each text means ---- */

enum value_kind { VALUE_LIMIT, VALUE_SPAN, VALUE_SPAN_ON, VALUE_NUMBER, VALUE_SHARE, VALUE_SWITCH, VALUE_RUNG };

struct value {
    const char *path;
    enum value_kind kind;
    size_t from, to; /* offsets in struct raw and struct policy */
    uint32_t min, max;
};

#define VALUE(path, kind, member, ...)                                                                                             \
    {                                                                                                                              \
#path, kind, offsetof(struct raw, path), offsetof(struct policy, member), __VA_ARGS__                                      \
    }
#define BY_URGENCY(name)                                                                                                           \
    VALUE(limits.name.ordinary, VALUE_LIMIT, name[URGENCY_ORDINARY], 0, 0),                                                        \
        VALUE(limits.name.urgent, VALUE_LIMIT, name[URGENCY_URGENT], 0, 0),                                                        \
        VALUE(limits.name.emergency, VALUE_LIMIT, name[URGENCY_EMERGENCY], 0, 0),                                                  \
        VALUE(limits.name.complex, VALUE_LIMIT, name[URGENCY_COMPLEX], 0, 0)

static const struct value values[] = {
    VALUE(day_start, VALUE_SPAN, day_start_ms, 0, 0),
    VALUE(month_start, VALUE_NUMBER, month_start, 1, 28),
    BY_URGENCY(handle),
    BY_URGENCY(route),
    BY_URGENCY(sign),
    BY_URGENCY(contact),
    VALUE(limits.stage, VALUE_LIMIT, stage, 0, 0),
    VALUE(limits.second_round, VALUE_LIMIT, second_round, 0, 0),
    VALUE(limits.last_round, VALUE_LIMIT, last_round, 0, 0),
    VALUE(limits.take_over_floor, VALUE_LIMIT, take_over_floor, 0, 0),
    VALUE(limits.send_back_floor, VALUE_LIMIT, send_back_floor, 0, 0),
    VALUE(limits.rate, VALUE_LIMIT, rate, 0, 0),
    VALUE(limits.followup, VALUE_LIMIT, followup_limit, 0, 0),
    VALUE(limits.return_window, VALUE_LIMIT, return_window, 0, 0),
    VALUE(limits.rule, VALUE_LIMIT, rule, 0, 0),
    VALUE(limits.designate, VALUE_LIMIT, designate, 0, 0),
    VALUE(limits.object, VALUE_LIMIT, object, 0, 0),
    VALUE(limits.rule_call, VALUE_LIMIT, rule_call, 0, 0),
    VALUE(limits.decide, VALUE_LIMIT, decide, 0, 0),
    VALUE(limits.promise, VALUE_LIMIT, promise, 0, 0),
    VALUE(limits.awaiting, VALUE_LIMIT, awaiting, 0, 0),
    VALUE(limits.call.dispatch, VALUE_LIMIT, call_dispatch, 0, 0),
    VALUE(limits.call.sign, VALUE_LIMIT, call_sign, 0, 0),
    VALUE(limits.call.contact, VALUE_LIMIT, call_contact, 0, 0),
    VALUE(limits.call.arrive, VALUE_LIMIT, call_arrive, 0, 0),
    VALUE(limits.call.finish, VALUE_LIMIT, call_finish, 0, 0),
    VALUE(claim, VALUE_SPAN_ON, claim_ms, 0, 0),
    VALUE(late_after, VALUE_SPAN_ON, late_ms, 0, 0),
    VALUE(rounds, VALUE_NUMBER, rounds, 1, 10),
    VALUE(reopen_window, VALUE_SPAN, reopen_window_ms, 0, 0),
    VALUE(late_rating, VALUE_SPAN, late_rating_ms, 0, 0),
    VALUE(contact_attempts, VALUE_NUMBER, contact_attempts, 1, 10),
    VALUE(return_cap, VALUE_NUMBER, return_cap, 1, 10),
    VALUE(min_n, VALUE_NUMBER, min_n, 1, 10000),
    VALUE(rungs.yellow, VALUE_RUNG, rungs[RUNG_YELLOW], 0, 0),
    VALUE(rungs.red, VALUE_RUNG, rungs[RUNG_RED], 0, 0),
    VALUE(rungs.notice, VALUE_RUNG, rungs[RUNG_NOTICE], 0, 0),
    VALUE(rungs.bulletin, VALUE_RUNG, rungs[RUNG_BULLETIN], 0, 0),
    VALUE(steps.contact_required, VALUE_SWITCH, contact_required, 0, 0),
    VALUE(steps.evidence_required, VALUE_SWITCH, evidence_required, 0, 0),
    VALUE(steps.rating, VALUE_SWITCH, rating, 0, 0),
    VALUE(steps.one_unit_guard, VALUE_SWITCH, one_unit_guard, 0, 0),
    VALUE(steps.community_calls, VALUE_SWITCH, community_calls, 0, 0),
    VALUE(followup.attempts, VALUE_NUMBER, followup_attempts, 1, 10),
    VALUE(followup.days, VALUE_NUMBER, followup_days, 1, 10),
    VALUE(credits.basically, VALUE_SHARE, credit_basically_ppm, 0, 0),
    VALUE(credits.partly, VALUE_SHARE, credit_partly_ppm, 0, 0),
};

static const char *rung_parse(const char *text, struct rung_policy *ret)
{
    struct rung_policy rung = {.on = true};
    size_t size = strlen(text);
    if (size > 0 && text[size - 1] == '%') {
        uint32_t ppm;
        if (share_parse(text, &ppm) != NULL || ppm == 0 || ppm >= 1000000 || ppm % 10000 != 0) {
            return _("write a share of the budget from `1 %` to `99 %`, a span (of yellow before due, of the others after it) as "
                     "`4 wh` or `5 d`, or `off`");
        }
        rung.percent = ppm / 10000;
    } else {
        const char *why = clock_span_parse(text, &rung.span);
        if (why != NULL) {
            return why;
        }
        rung.on = rung.span.amount > 0;
    }
    *ret = rung;
    return NULL;
}

static void read_value(const struct yaml *yaml, const struct value *value, const char *text, struct policy *policy,
                       struct faults *faults)
{
    void *to = (char *)policy + value->to;
    const char *why = NULL;
    switch (value->kind) {
    case VALUE_LIMIT:
        why = clock_span_parse(text, to);
        break;
    case VALUE_SPAN:
        why = span_parse(text, to);
        break;
    case VALUE_SPAN_ON: {
        int64_t span_ms = 0;
        why = span_parse(text, &span_ms);
        if (why == NULL && span_ms == 0) {
            why = _("this cannot be off; write a span such as `30 min`");
        }
        if (why == NULL) {
            memcpy(to, &span_ms, sizeof(span_ms));
        }
        break;
    }
    case VALUE_NUMBER:
        why = span_number(text, value->min, value->max, to);
        if (why != NULL && strspn(text, "0123456789") == strlen(text) && (text[0] != '0' || text[1] == '\0')) {
            yaml_fault(yaml, faults, value->path, "`%s: %s`: write a number from %u to %u", value->path, text, value->min,
                       value->max);
            return;
        }
        break;
    case VALUE_SHARE:
        why = share_parse(text, to);
        break;
    case VALUE_SWITCH:
        why = switch_parse(text, to);
        break;
    case VALUE_RUNG:
        why = rung_parse(text, to);
        break;
    }
    if (why != NULL) {
        yaml_fault(yaml, faults, value->path, "`%s: %s`: %s", value->path, text, why);
    }
}

static bool read_enum(const struct yaml *yaml, const char *path, const char *text, const struct enum_shape *shape,
                      struct faults *faults, int *ret)
{
    int found = enum_find(shape, text_of(text));
    if (found >= 0) {
        *ret = found;
        return true;
    }
    char known[128];
    size_t size = 0;
    for (uint32_t i = 0; i < shape->count && size < sizeof(known); i++) {
        size += (size_t)snprintf(known + size, sizeof(known) - size, "%s`%s`",
                                 i == 0                  ? ""
                                 : i + 1 == shape->count ? " or "
                                                         : ", ",
                                 shape->names[i]);
    }
    yaml_fault(yaml, faults, path, "`%s: %s`: write %s", path, text, known);
    return false;
}

/* First the word for all, then for the own offices of a tier, then for the classes that have no tier of their own. */
static void read_on_overdue(const struct yaml *yaml, const struct raw *raw, struct policy *policy, struct faults *faults)
{
    const struct raw_tiers *t = &raw->on_overdue_by_tier;
    const struct raw_classes *c = &raw->on_overdue_by_class;
    const char *const tiers[UNIT_TIER_COUNT] = {t->city, t->district, t->street, t->community, t->grid};
    const char *const classes[UNIT_CLASS_COUNT] = {c->government, c->department, c->section,   c->station,
                                                   c->utility,    c->property,   c->committee, c->external};
    int way;
    if (raw->on_overdue != NULL && read_enum(yaml, "on_overdue", raw->on_overdue, &on_overdue_enum, faults, &way)) {
        for (uint32_t class = 0; class < UNIT_CLASS_COUNT; class ++) {
            for (uint32_t tier = 0; tier < UNIT_TIER_COUNT; tier++) {
                policy->on_overdue[class][tier] = (enum on_overdue)way;
            }
        }
    }
    char path[64];
    for (uint32_t tier = 0; tier < UNIT_TIER_COUNT; tier++) {
        snprintf(path, sizeof(path), "on_overdue_by_tier.%s", enum_name(&unit_tier_enum, (int)tier));
        if (tiers[tier] == NULL || !read_enum(yaml, path, tiers[tier], &on_overdue_enum, faults, &way)) {
            continue;
        }
        policy->on_overdue[UNIT_CLASS_GOVERNMENT][tier] = (enum on_overdue)way;
        policy->on_overdue[UNIT_CLASS_COMMITTEE][tier] = (enum on_overdue)way;
    }
    for (uint32_t class = 0; class < UNIT_CLASS_COUNT; class ++) {
        snprintf(path, sizeof(path), "on_overdue_by_class.%s", enum_name(&unit_class_enum, (int)class));
        if (classes[class] != NULL && read_enum(yaml, path, classes[class], &on_overdue_enum, faults, &way)) {
            for (uint32_t tier = 0; tier < UNIT_TIER_COUNT; tier++) {
                policy->on_overdue[class][tier] = (enum on_overdue)way;
            }
        }
    }
}

static void read_code(const struct yaml *yaml, const char *path, const char *text, struct faults *faults, struct code *ret)
{
    const char *why = code_parse(text, ret);
    if (why != NULL) {
        yaml_fault(yaml, faults, path, "`%s: %s`: %s", path, text, why);
    }
}

/* One unit for each urgency, or none at all: a case that the desk forgets must not depend on how urgent somebody thought it was. */
static void read_fallback(const struct yaml *yaml, const struct raw *raw, struct policy *policy, struct faults *faults)
{
    const char *const texts[URGENCY_COUNT] = {[URGENCY_ORDINARY] = raw->fallback.ordinary,
                                              [URGENCY_URGENT] = raw->fallback.urgent,
                                              [URGENCY_EMERGENCY] = raw->fallback.emergency,
                                              [URGENCY_COMPLEX] = raw->fallback.complex};
    uint32_t named = 0;
    for (int urgency = 0; urgency < URGENCY_COUNT; urgency++) {
        named += texts[urgency] != NULL;
    }
    for (int urgency = 0; urgency < URGENCY_COUNT && named > 0; urgency++) {
        char path[32];
        const char *word = enum_name(&urgency_enum, urgency);
        snprintf(path, sizeof(path), "fallback.%s", word);
        if (texts[urgency] == NULL) {
            yaml_fault(yaml, faults, "fallback", "key `%s` is missing; name a unit for each urgency, or leave `fallback` out",
                       path);
            continue;
        }
        read_code(yaml, path, texts[urgency], faults, &policy->fallback[urgency]);
        if (policy->route[urgency].amount == 0) {
            yaml_fault(yaml, faults, path,
                       "`%s: %s` takes what the desk has not routed in time, and `limits.route.%s` is off; write a limit there",
                       path, texts[urgency], word);
        }
    }
}

/* What a span is at least, in natural time: enough to tell which of two rungs comes first. */
static int64_t least_ms(struct span span)
{
    bool days = span.kind == TIME_KIND_NATURAL_DAYS || span.kind == TIME_KIND_WORKING_DAYS;
    return days ? span.amount * DAY_MS : span.amount;
}

/* A later rung that is due before an earlier one would tell the wrong people first. */
static void check_rungs(const struct yaml *yaml, const struct policy *policy, struct faults *faults)
{
    static const char *const paths[RUNG_COUNT] = {"rungs.yellow", "rungs.red", "rungs.notice", "rungs.bulletin"};
    const struct rung_policy *yellow = &policy->rungs[RUNG_YELLOW];
    const struct rung_policy *red = &policy->rungs[RUNG_RED];
    if (!red->on || red->percent != 0 || red->span.kind != TIME_KIND_NATURAL || red->span.amount != 1) {
        yaml_fault(yaml, faults, paths[RUNG_RED],
                   "`rungs.red` is the first millisecond after due, and neither off nor at another time: write `1 ms`, or take the "
                   "key out");
    }
    bool before = yellow->on && yellow->percent == 0; /* a span before due, the others are after it */
    if (before && (yellow->span.kind == TIME_KIND_NATURAL_DAYS || yellow->span.kind == TIME_KIND_WORKING_DAYS)) {
        yaml_fault(yaml, faults, paths[0],
                   "`rungs.yellow` is a share of the budget or a span before due in hours: write `80 %%`, `4 wh` or `24 h`");
    }
    for (uint32_t i = before ? RUNG_NOTICE : RUNG_RED; i < RUNG_COUNT; i++) {
        const struct rung_policy *one = &policy->rungs[i - 1], *next = &policy->rungs[i];
        bool wrong = one->percent && next->percent ? next->percent <= one->percent
                     : one->percent                ? false
                                                   : next->percent || least_ms(next->span) <= least_ms(one->span);
        if (one->on && next->on && wrong) {
            yaml_fault(yaml, faults, paths[i], "`%s` is not after `%s`; write rungs in the order yellow, red, notice, bulletin",
                       paths[i], paths[i - 1]);
        }
    }
}

static int read_texts(const struct yaml *yaml, const struct raw *raw, struct faults *faults, struct policy *policy, char **ret_zone,
                      char **ret_version)
{
    if (raw->district == NULL) {
        faults_add(faults, yaml->tree.file, 0, 0, "key `district` is missing; write the code of the district's own unit");
    } else {
        read_code(yaml, "district", raw->district, faults, &policy->district);
    }
    if (raw->desk != NULL) {
        read_code(yaml, "desk", raw->desk, faults, &policy->desk);
    } else {
        policy->desk = policy->district;
    }
    if (raw->zone == NULL) {
        faults_add(faults, yaml->tree.file, 0, 0, "key `zone` is missing; write an IANA time zone, as `Asia/Shanghai`");
    } else if ((*ret_zone = strdup(raw->zone)) == NULL) {
        return -ENOMEM;
    }
    if (raw->catalogue_version != NULL) {
        const char *why = name_parse(raw->catalogue_version, false, ret_version);
        if (why != NULL) {
            yaml_fault(yaml, faults, "catalogue_version", "`catalogue_version`: %s", why);
        } else if (*ret_version == NULL) {
            return -ENOMEM;
        }
    }
    return 0;
}

int policy_parse(const char *file, const void *at, size_t size, struct faults *faults, struct policy *ret, char **ret_version,
                 struct yaml *ret_yaml)
{
    struct yaml yaml;
    int rc = yaml_parse(file, at, size, &schema, faults, &yaml);
    if (rc < 0) {
        return rc;
    }
    const struct raw *raw = yaml.data;
    struct policy policy;
    policy_defaults(&policy);
    char *zone_name = NULL, *version = NULL;
    rc = read_texts(&yaml, raw, faults, &policy, &zone_name, &version);
    if (rc < 0) {
        free(zone_name);
        yaml_deinit(&yaml);
        return rc;
    }
    yaml_refuse_empty(&yaml, faults);
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        char *text;
        memcpy(&text, (const char *)raw + values[i].from, sizeof(text));
        if (text != NULL && text[0]) {
            read_value(&yaml, &values[i], text, &policy, faults);
        }
    }
    if (policy.day_start_ms >= DAY_MS) {
        yaml_fault(&yaml, faults, "day_start", "`day_start: %s`: write a span after midnight, less than `24 h`", raw->day_start);
    } else if (policy.day_start_ms % (15 * 60000) != 0) {
        yaml_fault(&yaml, faults, "day_start",
                   "`day_start: %s`: figures are counted by quarters of an hour; write one, as `6 h` or `30 min`", raw->day_start);
    }
    int mode;
    if (raw->followup.mode != NULL && read_enum(&yaml, "followup.mode", raw->followup.mode, &followup_mode_enum, faults, &mode)) {
        policy.followup = (enum followup_mode)mode;
    }
    read_on_overdue(&yaml, raw, &policy, faults);
    read_fallback(&yaml, raw, &policy, faults);
    check_rungs(&yaml, &policy, faults);
    policy.zone_name = zone_name;
    *ret = policy;
    *ret_version = version;
    *ret_yaml = yaml;
    return 0;
}

void policy_refuse_working_time(const struct yaml *yaml, struct faults *faults)
{
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        char *text;
        struct span span;
        memcpy(&text, (const char *)yaml->data + values[i].from, sizeof(text));
        if (text != NULL && (values[i].kind == VALUE_LIMIT || values[i].kind == VALUE_RUNG) &&
            clock_span_parse(text, &span) == NULL && span_is_working(span)) {
            yaml_fault(yaml, faults, values[i].path, "`%s: %s`: %s", values[i].path, text, _(span_without_calendar));
        }
    }
}
