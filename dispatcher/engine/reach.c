/* reach.c - the units of a district in one order in which every subtree is a range */
#include "dispatcher/engine/reach.h"

#include "config/tree.h"

#include <errno.h>
#include <stdlib.h>

static void list_lent(struct reach_order *order)
{
    for (uint32_t i = 0; i < order->count; i++) {
        if (order->district->units[i].seconded_by >= 0 || order->district->units[i].deputy >= 0) {
            order->lent[order->lent_count++] = (int32_t)i;
        }
    }
}

int reach_order_make(const struct district *district, struct reach_order *ret)
{
    uint32_t count = district->unit_count;
    struct reach_order order = {.district = district, .count = count};
    struct tree tree;
    int rc = tree_make(district->units, count, &tree);

    if (rc < 0) {
        return rc;
    }
    order.position = tree.position;
    order.until = tree.until;
    order.unit = tree.unit;
    order.of = calloc(count + 1, sizeof(struct reach *));
    order.lent = calloc(count + 1, sizeof(*order.lent));
    if (order.lent == NULL || order.of == NULL) {
        reach_order_deinit(&order);
        return -ENOMEM;
    }
    list_lent(&order);
    *ret = order;
    return 0;
}

void reach_order_deinit(struct reach_order *order)
{
    for (uint32_t i = 0; order->of != NULL && i < order->count; i++) {
        free(order->of[i]);
    }
    free(order->of);
    free(order->position);
    free(order->until);
    free(order->unit);
    free(order->lent);
    *order = (struct reach_order){0};
}

uint32_t reach_position(const struct reach_order *order, const struct code *unit)
{
    int32_t index = code_empty(unit) ? -1 : district_unit_find(order->district, unit);

    return index < 0 ? REACH_NOWHERE : order->position[index];
}

static int compare_range(const void *a, const void *b)
{
    const struct reach_range *x = a, *y = b;

    return x->from < y->from ? -1 : x->from > y->from;
}

/* Subtrees lie in each other or apart: sorted, what overlaps or touches becomes one range. */
static uint32_t merge(struct reach_range *at, uint32_t count)
{
    uint32_t kept = 0;

    qsort(at, count, sizeof(*at), compare_range);
    for (uint32_t i = 1; i < count; i++) {
        if (at[i].from > at[kept].until) {
            at[++kept] = at[i];
        } else if (at[i].until > at[kept].until) {
            at[kept].until = at[i].until;
        }
    }
    return kept + 1;
}

static struct reach_range subtree(const struct reach_order *order, int32_t unit)
{
    return (struct reach_range){.from = order->position[unit], .until = order->until[unit]};
}

static bool below(const struct reach_order *order, int32_t top, int32_t unit)
{
    return unit >= 0 && order->position[unit] >= order->position[top] && order->position[unit] < order->until[top];
}

/* Was this unit lent by, or to, one in the top's subtree? As district_acts_for. */
static bool acts_for(const struct reach_order *order, int32_t top, int32_t unit)
{
    const struct unit *lent = &order->district->units[unit];

    return below(order, top, lent->seconded_by) || below(order, top, lent->deputy);
}

const struct reach *reach_of(struct reach_order *order, int32_t top)
{
    struct reach *reach = order->of[top];
    uint32_t lent = 0;

    if (reach != NULL) {
        return reach;
    }
    for (uint32_t i = 0; i < order->lent_count; i++) {
        lent += acts_for(order, top, order->lent[i]);
    }
    reach = calloc(1, sizeof(*reach) + (1 + lent) * sizeof(reach->at[0]));
    if (reach == NULL) {
        return NULL;
    }
    reach->at[reach->count++] = subtree(order, top);
    for (uint32_t i = 0; lent > 0 && i < order->lent_count; i++) {
        if (acts_for(order, top, order->lent[i])) {
            reach->at[reach->count++] = subtree(order, order->lent[i]);
        }
    }
    reach->count = merge(reach->at, reach->count);
    order->of[top] = reach;
    return reach;
}

bool reach_has(const struct reach *reach, uint32_t position)
{
    uint32_t low = 0, high = reach->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (position >= reach->at[middle].until) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < reach->count && position >= reach->at[low].from;
}
