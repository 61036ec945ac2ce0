/*
 * tree.c - the units in one order in which every subtree is a range
 */
#include "config/tree.h"

#include <errno.h>
#include <stdlib.h>

/* Children of each unit as chains. */
struct chains {
    int32_t *first, *next;
};

static int32_t link_children(const struct unit *units, uint32_t count, const struct chains *chains)
{
    int32_t roots = -1;
    for (uint32_t i = 0; i < count; i++) {
        chains->first[i] = -1;
    }
    /* From the last on, so that each chain begins with the lowest code. */
    for (int32_t i = (int32_t)count - 1; i >= 0; i--) {
        int32_t parent = units[i].parent;
        int32_t *head = parent >= 0 ? &chains->first[parent] : &roots;
        chains->next[i] = *head;
        *head = i;
    }
    return roots;
}

static void number_units(struct tree *tree, const struct unit *units, const struct chains *chains, int32_t at)
{
    uint32_t position = 0;
    while (at >= 0) {
        tree->position[at] = position;
        tree->unit[position++] = at;
        if (chains->first[at] >= 0) {
            at = chains->first[at];
            continue;
        }
        tree->until[at] = position;
        while (at >= 0 && chains->next[at] < 0) {
            at = units[at].parent;
            if (at >= 0) {
                tree->until[at] = position;
            }
        }
        if (at >= 0) {
            at = chains->next[at];
        }
    }
}

int tree_make(const struct unit *units, uint32_t count, struct tree *ret)
{
    struct tree tree = {.count = count};
    struct chains chains = {.first = calloc(count + 1U, sizeof(*chains.first)), .next = calloc(count + 1U, sizeof(*chains.next))};
    tree.position = calloc(count + 1U, sizeof(*tree.position));
    tree.until = calloc(count + 1U, sizeof(*tree.until));
    tree.unit = calloc(count + 1U, sizeof(*tree.unit));
    bool made = chains.first != NULL && chains.next != NULL && tree.position != NULL && tree.until != NULL && tree.unit != NULL;
    if (made) {
        number_units(&tree, units, &chains, link_children(units, count, &chains));
        *ret = tree;
    } else {
        tree_deinit(&tree);
    }
    free(chains.first);
    free(chains.next);
    return made ? 0 : -ENOMEM;
}

void tree_deinit(struct tree *tree)
{
    free(tree->position);
    free(tree->until);
    free(tree->unit);
    *tree = (struct tree){0};
}

bool tree_within(const struct tree *tree, int32_t unit, int32_t top)
{
    return tree->position[unit] >= tree->position[top] && tree->position[unit] < tree->until[top];
}
