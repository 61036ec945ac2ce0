/* lease.c - three trees over the same leases: by duty, by end, by who asked for it; and how many each key has */
#include "dispatcher/engine/lease.h"

#include "proto/gen/schema.h"

#include <bsd/sys/tree.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct account {
    RB_ENTRY(account) node;
    struct code key;
    size_t count;
};
RB_HEAD(accounts, account);

struct node {
    RB_ENTRY(node) by_duty, by_end, by_ask;
    struct account *account;
    struct lease lease;
};
RB_HEAD(duties, node);
RB_HEAD(ends, node);
RB_HEAD(asks, node);

struct leases {
    struct duties duties;
    struct ends ends;
    struct asks asks;
    struct accounts accounts;
    size_t count;
};

static int compare_u64(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_duty(const struct node *a, const struct node *b)
{
    return compare_u64(a->lease.duty_id, b->lease.duty_id);
}

static int compare_end(const struct node *a, const struct node *b)
{
    if (a->lease.until_ms != b->lease.until_ms) {
        return a->lease.until_ms < b->lease.until_ms ? -1 : 1;
    }
    return compare_duty(a, b);
}

static int compare_ask(const struct node *a, const struct node *b)
{
    int order = compare_u64(a->lease.ask, b->lease.ask);

    return order != 0 ? order : compare_duty(a, b);
}

static int compare_account(const struct account *a, const struct account *b)
{
    return memcmp(&a->key, &b->key, sizeof(a->key));
}

RB_GENERATE_INTERNAL(accounts, account, node, compare_account, __attribute__((unused)) static)
RB_GENERATE_INTERNAL(duties, node, by_duty, compare_duty, __attribute__((unused)) static)
RB_GENERATE_INTERNAL(ends, node, by_end, compare_end, __attribute__((unused)) static)
RB_GENERATE_INTERNAL(asks, node, by_ask, compare_ask, __attribute__((unused)) static)

struct leases *leases_new(void)
{
    return calloc(1, sizeof(struct leases));
}

static struct node *find(const struct leases *leases, uint64_t duty_id)
{
    struct node key = {.lease.duty_id = duty_id};

    return RB_FIND(duties, (struct duties *)&leases->duties, &key);
}

/* The account of a key, made when missing. NULL: no memory. */
static struct account *need_account(struct leases *leases, const struct code *key)
{
    struct account wanted = {.key = *key}, *account = RB_FIND(accounts, &leases->accounts, &wanted);

    if (account != NULL) {
        return account;
    }
    account = calloc(1, sizeof(*account));
    if (account == NULL) {
        return NULL;
    }
    account->key = *key;
    RB_INSERT(accounts, &leases->accounts, account);
    return account;
}

static void end_account(struct leases *leases, struct account *account)
{
    if (account->count > 0) {
        return;
    }
    RB_REMOVE(accounts, &leases->accounts, account);
    free(account);
}

static void take_out(struct leases *leases, struct node *node)
{
    RB_REMOVE(duties, &leases->duties, node);
    RB_REMOVE(ends, &leases->ends, node);
    RB_REMOVE(asks, &leases->asks, node);
    leases->count--;
    node->account->count--;
    end_account(leases, node->account);
}

struct leases *leases_free(struct leases *leases)
{
    struct node *node;

    if (leases == NULL) {
        return NULL;
    }
    while ((node = RB_MIN(duties, &leases->duties)) != NULL) {
        take_out(leases, node);
        free(node);
    }
    free(leases);
    return NULL;
}

bool lease_holder_equal(const struct lease_holder *a, const struct lease_holder *b)
{
    return code_equal(&a->key, &b->key) && code_equal(&a->worker, &b->worker);
}

const struct lease *lease_find(const struct leases *leases, uint64_t duty_id, int64_t now_ms)
{
    const struct node *node = find(leases, duty_id);

    return node != NULL && node->lease.until_ms > now_ms ? &node->lease : NULL;
}

int lease_put(struct leases *leases, const struct lease *lease)
{
    struct node *node = find(leases, lease->duty_id);
    struct account *account = need_account(leases, &lease->holder.key);
    bool more = node == NULL || node->account != account;
    int rc = account == NULL                                          ? -ENOMEM
             : more && account->count >= CAP_LEASES_KEY               ? -ENOSPC
             : node == NULL && leases->count >= CAP_LEASES            ? -ENOSPC
             : node == NULL && (node = malloc(sizeof(*node))) == NULL ? -ENOMEM
                                                                      : 0;

    if (rc < 0) {
        if (account != NULL) {
            end_account(leases, account);
        }
        return rc;
    }
    account->count++; /* before the old one is taken out, which may be its last */
    if (find(leases, lease->duty_id) != NULL) {
        take_out(leases, node);
    }
    memset(node, 0, sizeof(*node));
    node->lease = *lease;
    node->account = account;
    RB_INSERT(duties, &leases->duties, node);
    RB_INSERT(ends, &leases->ends, node);
    RB_INSERT(asks, &leases->asks, node);
    leases->count++;
    return 0;
}

bool lease_drop(struct leases *leases, uint64_t duty_id)
{
    struct node *node = find(leases, duty_id);

    if (node == NULL) {
        return false;
    }
    take_out(leases, node);
    free(node);
    return true;
}

size_t lease_asked(const struct leases *leases, const struct lease_holder *holder, uint64_t ask, int64_t now_ms, uint64_t *ret,
                   size_t max)
{
    struct node key = {.lease.ask = ask};
    size_t count = 0;

    for (struct node *node = RB_NFIND(asks, (struct asks *)&leases->asks, &key);
         node != NULL && node->lease.ask == ask && count < max; node = RB_NEXT(asks, &leases->asks, node)) {
        if (node->lease.until_ms > now_ms && lease_holder_equal(&node->lease.holder, holder)) {
            ret[count++] = node->lease.duty_id;
        }
    }
    return count;
}

int64_t lease_next_ms(const struct leases *leases)
{
    const struct node *node = RB_MIN(ends, (struct ends *)&leases->ends);

    return node == NULL ? INT64_MAX : node->lease.until_ms;
}

uint64_t lease_lapsed(struct leases *leases, int64_t now_ms)
{
    const struct node *node = RB_MIN(ends, &leases->ends);

    if (node == NULL || node->lease.until_ms > now_ms) {
        return 0;
    }
    uint64_t duty_id = node->lease.duty_id;
    lease_drop(leases, duty_id);
    return duty_id;
}

size_t leases_count(const struct leases *leases)
{
    return leases->count;
}
