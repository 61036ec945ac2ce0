/*
 * replay_plan.c - what a file of real requests becomes
 */
#include "clients/replay_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The columns of the map, found in the file. */
enum { ID, OPENED, TARGET, CLOSED, STREET, WARD, DEPARTMENT, FIELD, TYPE, CHANNEL, ANSWER, COLUMN_COUNT };

struct reading {
    struct replay_plan *plan;
    const struct replay_map *map;
    int32_t at[COLUMN_COUNT];
};

static int find_columns(struct reading *reading, struct faults *faults)
{
    const struct replay_columns *c = &reading->map->columns;
    const char *const names[COLUMN_COUNT] = {c->id,         c->opened, c->target, c->closed,  c->street, c->ward,
                                             c->department, c->field,  c->type,   c->channel, c->answer};
    int result = 0;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        reading->at[i] = names[i] == NULL ? -1 : table_column(reading->plan->table, names[i]);
        if (reading->at[i] >= 0 || names[i] == NULL)
            continue;
        faults_add(faults, reading->plan->table->file, 1, 0, "there is no column `%s`, which the map names", names[i]);
        result = -EINVAL;
    }
    return result;
}

/* Why an instant is not one; NULL: it is, or it is empty and may be. */
static const char *read_instant(const struct replay_map *map, const char *text, bool needed, int64_t *ret_ms)
{
    int error = replay_map_instant(map, text, ret_ms);
    if (error == -ENODATA)
        return needed ? "it has no opening time" : NULL;
    if (error == -ERANGE)
        return "a local time that does not exist: the clocks skip it (daylight saving)";
    return error < 0 ? "a time that cannot be read" : NULL;
}

/* The lowest place that the district knows, and who leads there by hand. */
static void find_place(const struct reading *reading, uint32_t line, struct replay_row *row)
{
    const struct replay_map *map = reading->map;
    const struct table *table = reading->plan->table;
    int32_t street = replay_map_street(map, table_cell(table, line, reading->at[STREET]));
    int32_t community = street < 0 ? -1 : replay_map_community(map, street, table_cell(table, line, reading->at[WARD]));
    row->place = community >= 0 ? map->units[community].code : street >= 0 ? map->units[street].code : map->district;
    row->by_hand = street >= 0 ? map->units[street].code : map->desk;
}

/* Understands one row. Returns why it is refused, or NULL. */
static const char *read_row(const struct reading *reading, uint32_t line, struct replay_row *row)
{
    const struct table *table = reading->plan->table;
    const struct replay_map *map = reading->map;
    const int32_t *at = reading->at;
    const char *why = read_instant(map, table_cell(table, line, at[OPENED]), true, &row->opened_ms);
    if (why == NULL)
        why = read_instant(map, table_cell(table, line, at[TARGET]), false, &row->target_ms);
    if (why == NULL)
        why = read_instant(map, table_cell(table, line, at[CLOSED]), false, &row->closed_ms);
    if (why != NULL)
        return why;
    if (row->target_ms != 0 && row->target_ms < row->opened_ms)
        return "its target is before its opening";
    if (row->closed_ms != 0 && row->closed_ms < row->opened_ms)
        return "its close is before its opening";
    int32_t department = replay_map_department(map, table_cell(table, line, at[DEPARTMENT]));
    if (department < 0)
        return "the district has no such department";
    if (row->id[0] == '\0' || strlen(row->id) > CODE_SIZE)
        return "its id is empty, or longer than 32 characters";
    row->department = map->units[department].code;
    row->matter = replay_map_matter(map, table_cell(table, line, at[FIELD]), table_cell(table, line, at[TYPE]));
    row->channel = replay_map_channel(map, table_cell(table, line, at[CHANNEL]));
    row->answer = table_cell(table, line, at[ANSWER]);
    if (row->answer[0] == '\0')
        row->answer = map->answer_default != NULL ? map->answer_default : "closed";
    find_place(reading, line, row);
    return NULL;
}

static void read_rows(struct reading *reading)
{
    struct replay_plan *plan = reading->plan;
    const struct table *table = plan->table;
    for (uint32_t i = 0; i < table->row_count; i++) {
        struct replay_row row = {.line = table->lines[i], .id = table_cell(table, i, reading->at[ID])};
        const char *why = read_row(reading, i, &row);
        if (why == NULL)
            plan->rows[plan->row_count++] = row;
        else
            plan->refused[plan->refused_count++] = (struct replay_refused){.line = row.line, .id = row.id, .why = why};
    }
}

static int compare_steps(const void *a, const void *b)
{
    const struct replay_step *x = a;
    const struct replay_step *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    if (x->closes != y->closes)
        return x->closes ? 1 : -1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static void find_until(struct replay_plan *plan, const struct replay_map *map, int64_t until_ms)
{
    plan->until_ms = until_ms != 0 ? until_ms : map->until_given ? map->until_at_ms : 0;
    if (plan->until_ms != 0)
        return;
    for (uint32_t i = 0; i < plan->row_count; i++)
        if (plan->rows[i].closed_ms > plan->until_ms)
            plan->until_ms = plan->rows[i].closed_ms;
}

static void make_steps(struct replay_plan *plan)
{
    for (uint32_t i = 0; i < plan->row_count; i++) {
        const struct replay_row *row = &plan->rows[i];
        if (plan->until_ms != 0 && row->opened_ms > plan->until_ms)
            continue;
        plan->steps[plan->step_count++] = (struct replay_step){.at_ms = row->opened_ms, .row = i};
        if (row->closed_ms != 0 && row->closed_ms <= plan->until_ms)
            plan->steps[plan->step_count++] = (struct replay_step){.at_ms = row->closed_ms, .row = i, .closes = true};
    }
    if (plan->step_count > 1)
        qsort(plan->steps, plan->step_count, sizeof plan->steps[0], compare_steps);
}

static int compare_routes(const void *a, const void *b)
{
    const struct replay_route *x = a;
    const struct replay_route *y = b;
    int matter = memcmp(&x->matter, &y->matter, sizeof x->matter);
    return matter != 0 ? matter : memcmp(&x->place, &y->place, sizeof x->place);
}

/* Every pair of matter and place once, sorted; each row then knows its own. */
static void make_routes(struct replay_plan *plan)
{
    for (uint32_t i = 0; i < plan->row_count; i++)
        plan->routes[i] = (struct replay_route){.matter = plan->rows[i].matter, .place = plan->rows[i].place};
    if (plan->row_count > 0)
        qsort(plan->routes, plan->row_count, sizeof plan->routes[0], compare_routes);
    for (uint32_t i = 0; i < plan->row_count; i++)
        if (i == 0 || compare_routes(&plan->routes[i], &plan->routes[plan->route_count - 1]) != 0)
            plan->routes[plan->route_count++] = plan->routes[i];
    for (uint32_t i = 0; i < plan->row_count; i++) {
        const struct replay_route key = {.matter = plan->rows[i].matter, .place = plan->rows[i].place};
        const struct replay_route *found = bsearch(&key, plan->routes, plan->route_count, sizeof key, compare_routes);
        plan->rows[i].route = (uint32_t)(found - plan->routes);
    }
}

int replay_plan_load(const char *file, const struct replay_map *map, int64_t until_ms, struct faults *faults,
                     struct replay_plan **ret)
{
    struct replay_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return -ENOMEM;
    struct reading reading = {.plan = plan, .map = map};
    int error = table_load(NULL, file, faults, &plan->table);
    if (error == 0) {
        table_trim(plan->table);
        error = find_columns(&reading, faults);
    }
    if (error == 0) {
        size_t count = plan->table->row_count + 1; /* never nothing */
        plan->rows = calloc(count, sizeof plan->rows[0]);
        plan->refused = calloc(count, sizeof plan->refused[0]);
        plan->steps = calloc(2 * count, sizeof plan->steps[0]);
        plan->routes = calloc(count, sizeof plan->routes[0]);
        if (plan->rows == NULL || plan->refused == NULL || plan->steps == NULL || plan->routes == NULL)
            error = -ENOMEM;
    }
    if (error < 0) {
        replay_plan_free(plan);
        return error;
    }
    read_rows(&reading);
    find_until(plan, map, until_ms);
    make_steps(plan);
    make_routes(plan);
    *ret = plan;
    return 0;
}

struct replay_plan *replay_plan_free(struct replay_plan *plan)
{
    if (plan == NULL)
        return NULL;
    table_free(plan->table);
    free(plan->rows);
    free(plan->refused);
    free(plan->steps);
    free(plan->routes);
    free(plan);
    return NULL;
}
