/* query_metrics.c - one metric by one grouping: the counters of a range are added up by key. */
#include "base/i18n.h"
#include "dispatcher/core/metrics.h"
#include "dispatcher/engine/query.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_MS 900000
#define ROWS_MAX UINT16_MAX /* what a list in a reply can hold */

static const struct code total = {"total"}; /* key of the only row by total */

/* One row as it grows. */
struct group {
    struct code key; /* empty = outside the grouping */
    int64_t num, den;
    int64_t excluded[COUNTER_REASONS];
};

/* One length of time and how often it was there, of one group. */
struct length {
    uint32_t group;
    int64_t ms;
    int64_t count;
};

struct fold {
    struct query *query;
    enum metric metric;
    enum metric_by by;
    int32_t unit; /* only items accountable to its subtree; -1 = all */
    enum metric_scope narrowed;
    struct group *groups;
    uint32_t count, capacity;
    uint32_t *table; /* hash table of group numbers + 1 */
    uint32_t table_size;
    struct length *lengths;
    size_t length_count, length_capacity;
    bool failed; /* no memory */
};

static uint32_t hash_code(const struct code *code)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < CODE_SIZE && code->s[i] != '\0'; i++) {
        hash = (hash ^ (uint8_t)code->s[i]) * 16777619u;
    }
    return hash;
}

static void place(struct fold *fold, uint32_t group)
{
    uint32_t at = hash_code(&fold->groups[group].key) & (fold->table_size - 1);

    while (fold->table[at] != 0) {
        at = (at + 1) & (fold->table_size - 1);
    }
    fold->table[at] = group + 1;
}

/* Room for twice as many groups; the table stays at most half full. */
static bool grow(struct fold *fold)
{
    uint32_t capacity = fold->capacity == 0 ? 64 : fold->capacity * 2;
    struct group *groups = realloc(fold->groups, capacity * sizeof(*groups));
    uint32_t *table;

    if (groups == NULL) {
        return false;
    }
    fold->groups = groups;
    table = calloc((size_t)capacity * 2, sizeof(*table));
    if (table == NULL) {
        return false;
    }
    free(fold->table);
    fold->table = table;
    fold->table_size = capacity * 2;
    fold->capacity = capacity;
    for (uint32_t i = 0; i < fold->count; i++) {
        place(fold, i);
    }
    return true;
}

static struct group *find_group(struct fold *fold, const struct code *key)
{
    uint32_t at;

    if (fold->count == fold->capacity && !grow(fold)) {
        return NULL;
    }
    for (at = hash_code(key) & (fold->table_size - 1); fold->table[at] != 0; at = (at + 1) & (fold->table_size - 1)) {
        struct group *group = &fold->groups[fold->table[at] - 1];

        if (code_equal(&group->key, key)) {
            return group;
        }
    }
    fold->groups[fold->count] = (struct group){.key = *key};
    fold->table[at] = ++fold->count;
    return &fold->groups[fold->count - 1];
}

/* Is this accountable unit of the tier or class that the grouping is about? */
static bool is_grouped(const struct fold *fold, const struct code *acct)
{
    int32_t index = code_empty(acct) ? -1 : district_unit_find(fold->query->district, acct);

    if (index < 0) {
        return false;
    }
    const struct unit *unit = &fold->query->district->units[index];
    if (fold->by == METRIC_BY_STREET) {
        return unit->tier == UNIT_TIER_STREET;
    }
    if (fold->by == METRIC_BY_COMMUNITY) {
        return unit->tier == UNIT_TIER_COMMUNITY;
    }
    return unit->class == (fold->by == METRIC_BY_UTILITY ? UNIT_CLASS_UTILITY : UNIT_CLASS_DEPARTMENT);
}

/* Where a counter belongs; the empty code for what is outside the grouping. */
static struct code group_key(const struct fold *fold, const struct counter_key *key)
{
    const struct district *district = fold->query->district;
    const struct code none = {0};
    int32_t unit;

    switch (fold->by) {
    case METRIC_BY_DEPARTMENT:
    case METRIC_BY_STREET:
    case METRIC_BY_COMMUNITY:
    case METRIC_BY_UTILITY:
        return is_grouped(fold, &key->acct) ? key->acct : none;
    case METRIC_BY_UNIT:
        return key->acct;
    case METRIC_BY_PLACE_STREET:
        return key->street;
    case METRIC_BY_PLACE_COMMUNITY:
        unit = code_empty(&key->place) ? -1 : district_unit_find(district, &key->place);
        unit = unit < 0 ? -1 : district_up_to(district, unit, UNIT_TIER_COMMUNITY);
        return unit < 0 ? none : district->units[unit].code;
    case METRIC_BY_MATTER:
        return key->matter;
    case METRIC_BY_TOTAL:
        return total;
    }
    return none;
}

static bool add_length(struct fold *fold, uint32_t group, int64_t ms, int64_t count)
{
    if (fold->length_count == fold->length_capacity) {
        size_t capacity = fold->length_capacity == 0 ? 256 : fold->length_capacity * 2;
        struct length *lengths = realloc(fold->lengths, capacity * sizeof(*lengths));

        if (lengths == NULL) {
            return false;
        }
        fold->lengths = lengths;
        fold->length_capacity = capacity;
    }
    fold->lengths[fold->length_count++] = (struct length){.group = group, .ms = ms, .count = count};
    return true;
}

static bool add_counter(void *arg, const struct counter_key *key, const struct counter *counter)
{
    struct fold *fold = arg;
    const struct district *district = fold->query->district;

    if (fold->unit >= 0) {
        int32_t acct = code_empty(&key->acct) ? -1 : district_unit_find(district, &key->acct);

        if (acct < 0 || !district_within(district, acct, fold->unit)) {
            return true;
        }
    }
    struct code code = group_key(fold, key);
    struct group *group = find_group(fold, &code);
    if (group == NULL) {
        fold->failed = true;
        return false;
    }
    group->den += counter->den;
    group->num += fold->metric == METRIC_DURATION ? key->value * counter->den : counter->num;
    for (int i = 0; i < COUNTER_REASONS; i++) {
        group->excluded[i] += counter->excluded[i];
    }
    if (fold->metric == METRIC_DURATION && !add_length(fold, (uint32_t)(group - fold->groups), key->value, counter->den)) {
        fold->failed = true;
        return false;
    }
    return true;
}

/* As add_counter, of what a unit is accountable for as a whole. */
static bool add_unit(void *arg, const struct code *acct, const struct counter *counter)
{
    const struct counter_key key = {.acct = *acct};

    return add_counter(arg, &key, counter);
}

/* Is the accountable unit all that decides where a counter belongs? */
static bool by_unit_alone(const struct fold *fold)
{
    switch (fold->by) {
    case METRIC_BY_DEPARTMENT:
    case METRIC_BY_STREET:
    case METRIC_BY_COMMUNITY:
    case METRIC_BY_UTILITY:
    case METRIC_BY_UNIT:
    case METRIC_BY_TOTAL:
        return fold->metric != METRIC_DURATION; /* its lengths are wanted one by one */
    case METRIC_BY_PLACE_STREET:
    case METRIC_BY_PLACE_COMMUNITY:
    case METRIC_BY_MATTER:
        return false;
    }
    return false;
}

static int compare_lengths(const void *a, const void *b)
{
    const struct length *x = a, *y = b;

    if (x->group != y->group) {
        return x->group < y->group ? -1 : 1;
    }
    return x->ms < y->ms ? -1 : x->ms > y->ms;
}

/* Nearest rank: the smallest length that at least `percent` of all do not exceed. The lengths are sorted. */
static int64_t nearest_rank(const struct fold *fold, uint32_t group, int64_t den, int64_t percent)
{
    int64_t rank = (den * percent + 99) / 100, seen = 0;
    size_t low = 0, high = fold->length_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (fold->lengths[middle].group < group) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < fold->length_count && fold->lengths[low].group == group; low++) {
        seen += fold->lengths[low].count;
        if (seen >= rank) {
            return fold->lengths[low].ms;
        }
    }
    return 0;
}

/* num * times / den, rounded half up. */
static int64_t rounded(int64_t num, int64_t times, int64_t den)
{
    __extension__ typedef __int128 wide;

    return (int64_t)(((wide)num * times * 2 + den) / ((wide)den * 2));
}

static int compare_groups(const void *a, const void *b, void *arg)
{
    const struct group *groups = arg;

    return memcmp(groups[*(const uint32_t *)a].key.s, groups[*(const uint32_t *)b].key.s, CODE_SIZE);
}

/* The unit that the items are narrowed to: an index. */
static int32_t scope(const struct fold *fold)
{
    return fold->unit >= 0 ? fold->unit : fold->query->district->district_unit;
}

static struct text row_name(const struct fold *fold, const struct code *key)
{
    if (fold->by == METRIC_BY_TOTAL) {
        return text_of(fold->query->district->units[scope(fold)].name);
    }
    if (code_empty(key)) {
        return text_of("-");
    }
    return fold->by == METRIC_BY_MATTER ? query_matter_name(fold->query, key) : query_unit_name(fold->query, key);
}

static int add_row(const struct fold *fold, uint32_t number, struct reply_writer *writer)
{
    const struct metric_info *info = metric_info(fold->metric);
    const struct group *group = &fold->groups[number];
    struct metric_view view = {.num = group->num, .den = group->den};

    view.key = code_empty(&group->key) ? text_of("-") : text_of_code(&group->key);
    view.name = row_name(fold, &group->key);
    view.few = group->den < fold->query->district->policy.min_n;
    if (group->den > 0 && fold->metric == METRIC_DURATION) {
        view.given = METRIC_VIEW_HAS_VALUE | METRIC_VIEW_HAS_P50_MS | METRIC_VIEW_HAS_P90_MS;
        view.value = rounded(group->num, 1, group->den);
        view.p50_ms = nearest_rank(fold, number, group->den, 50);
        view.p90_ms = nearest_rank(fold, number, group->den, 90);
    } else if (group->den > 0) {
        view.given = METRIC_VIEW_HAS_VALUE;
        view.value = rounded(group->num, 1000000, group->den * (int64_t)info->scale);
    }
    for (int i = 0; i < COUNTER_REASONS; i++) {
        if (group->excluded[i] == 0) {
            continue;
        }
        view.excluded.at[view.excluded.count].name = info->exclusions[i];
        view.excluded.at[view.excluded.count++].n = group->excluded[i];
    }
    return reply_row(writer, &metric_view_shape, &view, CODEC_OMIT_NOTHING);
}

static int write_rows(struct fold *fold, struct proto_buffer *out)
{
    const struct metric_info *info = metric_info(fold->metric);
    const struct metrics_query *body = &fold->query->request->query_body.metrics;
    const struct district *district = fold->query->district;
    struct metrics_reply reply = {
        .metric = fold->metric,
        .version = info->version,
        .as_of = fold->query->engine->now_ms,
        .scale = info->scale,
        .by = fold->by,
        .narrowed = fold->narrowed,
        .scope = district->units[scope(fold)].code,
        .scope_name = text_of(district->units[scope(fold)].name),
        .from = body->from,
        .until = body->until,
        .min_n = district->policy.min_n,
    };
    struct reply_writer writer;
    uint32_t *order = calloc(fold->count == 0 ? 1 : fold->count, sizeof(*order));

    if (order == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < fold->count; i++) {
        order[i] = i;
    }
    if (fold->count > 0) {
        qsort_r(order, fold->count, sizeof(*order), compare_groups, fold->groups);
    }
    if (fold->length_count > 0) {
        qsort(fold->lengths, fold->length_count, sizeof(*fold->lengths), compare_lengths);
    }
    int rc = reply_begin(&writer, out, fold->query->request->id, &metrics_reply_shape, &reply, CODEC_OMIT_NOTHING, 1);
    if (rc == 0) {
        rc = reply_list(&writer, "rows");
    }
    for (uint32_t i = 0; rc == 0 && i < fold->count; i++) {
        const struct group *group = &fold->groups[order[i]];
        bool any = fold->by == METRIC_BY_TOTAL || group->den != 0 || group->num != 0;

        for (int j = 0; j < COUNTER_REASONS; j++) {
            any = any || group->excluded[j] != 0;
        }
        if (any) {
            rc = add_row(fold, order[i], &writer);
        }
    }
    free(order);
    return rc == 0 ? reply_end(&writer) : rc;
}

static uint32_t slot_of(int64_t at_ms)
{
    return at_ms / SLOT_MS >= UINT32_MAX ? UINT32_MAX : (uint32_t)(at_ms / SLOT_MS);
}

int query_metrics(struct query *query, struct proto_buffer *out)
{
    const struct metrics_query *body = &query->request->query_body.metrics;
    static const char between[] =
        N_("Figures are counted by quarters of an hour: take an instant at which one begins (:00, :15, :30, :45).");
    struct fold fold = {.query = query, .metric = body->metric, .by = body->by, .unit = query->sight.all ? -1 : query->sight.top};
    bool has_until = (body->given & METRICS_HAS_UNTIL) != 0;
    int rc;

    fold.narrowed = query->sight.all ? METRIC_SCOPE_ALL : METRIC_SCOPE_KEY;

    if (has_until && body->from > body->until) {
        return query_bad_field(query, "until", "The range ends before it begins.");
    }
    /* Counters are kept by quarter hours: an instant between them has no count of its own. */
    if (body->from % SLOT_MS != 0) {
        return query_bad_field(query, "from", between);
    }
    if (has_until && body->until % SLOT_MS != 0) {
        return query_bad_field(query, "until", between);
    }
    if ((body->given & METRICS_HAS_UNIT) != 0) {
        fold.narrowed = METRIC_SCOPE_UNIT;
        fold.unit = district_unit_find(query->district, &body->unit);
        if (fold.unit < 0) {
            return query_refuse(query, REFUSAL_UNKNOWN_UNIT, "unit");
        }
        if (!query_covers(query, &body->unit)) {
            return query_refuse(query, REFUSAL_NOT_YOURS, "unit");
        }
    }
    if (!query->sight.all && query->sight.top < 0) {
        return query_refuse(query, REFUSAL_NOT_YOURS, "unit");
    }
    uint32_t metric = (uint32_t)body->metric, from_slot = slot_of(body->from),
             until_slot = has_until ? slot_of(body->until) : UINT32_MAX;

    if (by_unit_alone(&fold)) {
        store_unit_counters(query->engine->store, metric, from_slot, until_slot, add_unit, &fold);
    } else {
        store_counters(query->engine->store, metric, from_slot, until_slot, add_counter, &fold);
    }
    if (fold.by == METRIC_BY_TOTAL && !fold.failed) { /* one row, also of nothing */
        fold.failed = find_group(&fold, &total) == NULL;
    }
    if (fold.failed) {
        rc = -ENOMEM;
    } else if (fold.count > ROWS_MAX) {
        rc = query_refuse(query, REFUSAL_TOO_LARGE, "by");
    } else {
        rc = write_rows(&fold, out);
    }
    free(fold.groups);
    free(fold.table);
    free(fold.lengths);
    return rc;
}
