/*
 * turns.c - lines of messages, and keys in two orders
 *
 * A line stands in one of the two lists of its key, by the kind of its next message that is not picked, or in none. A key with
 * lines in its list of commands stands in a ring of keys; one with lines in its list of queries stands in a tree, by the time that
 * it has used. `now_us` is the time used by the key whose query was picked last: where a key that was idle begins.
 */
#include "dispatcher/shell/turns.h"

#include "dispatcher/shell/key_hash.h"

#include <assert.h>
#include <bsd/sys/tree.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { LIST_COMMANDS, LIST_QUERIES, LIST_COUNT };

struct account;

struct turns_line {
    UT_hash_handle hh;
    uint64_t connection;
    struct account *account;
    struct identity who;
    STAILQ_HEAD(, turn) waiting;
    size_t count;
    struct turn *at; /* the first that is not picked, or NULL */
    int list;        /* where it stands, LIST_COUNT = nowhere */
    TAILQ_ENTRY(turns_line) place;
};
TAILQ_HEAD(lines, turns_line);

/* One key. Kept once it is there: there are no more than the keys folder has had. */
struct account {
    UT_hash_handle hh;
    struct code key;
    struct turns_sum sum;
    struct lines lists[LIST_COUNT];
    TAILQ_ENTRY(account) in_ring, aside;
    RB_ENTRY(account) by_use;
    uint64_t used_us;
    uint64_t serial; /* to tell equals apart: who stands there longer goes first */
    bool aside_now;
};
TAILQ_HEAD(accounts, account);
RB_HEAD(uses, account);

struct turns {
    struct turns_line *lines; /* hash by connection */
    struct account *accounts; /* hash by key */
    struct account *last;     /* whose message came last: the next one is mostly of the same key */
    struct accounts ring;
    struct uses uses;
    struct turns_sum sum;
    size_t keys;
    uint64_t now_us;
    uint64_t serial;
};

static int compare_use(const struct account *a, const struct account *b)
{
    if (a->used_us != b->used_us) {
        return a->used_us < b->used_us ? -1 : 1;
    }
    return a->serial < b->serial ? -1 : a->serial > b->serial;
}

RB_GENERATE_INTERNAL(uses, account, by_use, compare_use, __attribute__((unused)) static)

struct turns *turns_new(void)
{
    struct turns *turns = calloc(1, sizeof(*turns));
    if (turns == NULL) {
        return NULL;
    }
    TAILQ_INIT(&turns->ring);
    RB_INIT(&turns->uses);
    return turns;
}

/* --- where lines and keys stand ------------------------------------------------------------------------------------------------
 */

static void enter_tree(struct turns *turns, struct account *account)
{
    account->serial = ++turns->serial;
    RB_INSERT(uses, &turns->uses, account);
}

static bool in_tree(const struct account *account)
{
    return !TAILQ_EMPTY(&account->lists[LIST_QUERIES]) && !account->aside_now;
}

static void leave(struct turns *turns, struct turns_line *line)
{
    struct account *account = line->account;
    int list = line->list;
    if (list == LIST_COUNT) {
        return;
    }
    bool stood = in_tree(account);
    TAILQ_REMOVE(&account->lists[list], line, place);
    line->list = LIST_COUNT;
    if (!TAILQ_EMPTY(&account->lists[list])) {
        return;
    }
    if (list == LIST_COMMANDS) {
        TAILQ_REMOVE(&turns->ring, account, in_ring);
    } else if (stood) {
        RB_REMOVE(uses, &turns->uses, account);
    }
}

/* Puts a line where its next message belongs. `first`: before those that wait there, for it was picked and not taken. */
static void enter(struct turns *turns, struct turns_line *line, bool first)
{
    struct account *account = line->account;
    assert(line->list == LIST_COUNT);
    if (line->at == NULL) {
        return;
    }
    line->list = line->at->query ? LIST_QUERIES : LIST_COMMANDS;
    struct lines *list = &account->lists[line->list];
    bool was_empty = TAILQ_EMPTY(list);
    if (first) {
        TAILQ_INSERT_HEAD(list, line, place);
    } else {
        TAILQ_INSERT_TAIL(list, line, place);
    }
    if (!was_empty) {
        return;
    }
    if (line->list == LIST_QUERIES) {
        if (account->used_us < turns->now_us) {
            account->used_us = turns->now_us;
        }
        if (!account->aside_now) {
            enter_tree(turns, account);
        }
    } else if (first) {
        TAILQ_INSERT_HEAD(&turns->ring, account, in_ring);
    } else {
        TAILQ_INSERT_TAIL(&turns->ring, account, in_ring);
    }
}

/* Puts a key to its account; it may be less than nothing, where a guess was too high. */
static void charge(struct turns *turns, struct account *account, int64_t us)
{
    bool stands = in_tree(account);
    if (stands) {
        RB_REMOVE(uses, &turns->uses, account);
    }
    account->used_us = us < 0 && account->used_us < (uint64_t)-us ? 0 : account->used_us + (uint64_t)us;
    if (stands) {
        enter_tree(turns, account);
    }
}

/* --- what waits ----------------------------------------------------------------------------------------------------------------
 */

static void count_in(struct turns_sum *sum, const struct turn *turn)
{
    sum->messages++;
    sum->bytes += turn->size;
    sum->query_us += turn->query ? turn->cost_us : 0;
}

static void count_out(struct turns_sum *sum, const struct turn *turn)
{
    sum->messages--;
    sum->bytes -= turn->size;
    sum->query_us -= turn->query ? turn->cost_us : 0;
}

static struct account *find_account(const struct turns *turns, const struct code *key)
{
    struct account *account = turns->last;
    if (account == NULL || !code_equal(&account->key, key)) {
        HASH_FIND(hh, turns->accounts, key, sizeof(*key), account);
    }
    return account;
}

static struct account *need_account(struct turns *turns, const struct code *key)
{
    struct account *account = find_account(turns, key);
    if (account != NULL) {
        return account;
    }
    account = calloc(1, sizeof(*account));
    if (account == NULL) {
        return NULL;
    }
    account->key = *key;
    for (int i = 0; i < LIST_COUNT; i++) {
        TAILQ_INIT(&account->lists[i]);
    }
    HASH_ADD(hh, turns->accounts, key, sizeof(account->key), account);
    return account;
}

static struct turns_line *need_line(struct turns *turns, const struct identity *who, uint64_t connection)
{
    struct turns_line *line = NULL;
    HASH_FIND(hh, turns->lines, &connection, sizeof(connection), line);
    if (line != NULL) {
        return line;
    }
    struct account *account = need_account(turns, &who->name);
    line = account == NULL ? NULL : calloc(1, sizeof(*line));
    if (line == NULL) {
        return NULL;
    }
    line->connection = connection;
    line->account = account;
    line->list = LIST_COUNT;
    STAILQ_INIT(&line->waiting);
    HASH_ADD(hh, turns->lines, connection, sizeof(line->connection), line);
    return line;
}

/* Takes a line that has nothing left out of the books. */
static void end_line(struct turns *turns, struct turns_line *line)
{
    assert(STAILQ_EMPTY(&line->waiting) && line->list == LIST_COUNT);
    HASH_DELETE(hh, turns->lines, line);
    free(line);
}

/* The first of a line is no longer ours. */
static void remove_first(struct turns *turns, struct turns_line *line)
{
    struct turn *turn = STAILQ_FIRST(&line->waiting);
    STAILQ_REMOVE_HEAD(&line->waiting, next);
    line->count--;
    count_out(&turns->sum, turn);
    count_out(&line->account->sum, turn);
    turns->keys -= line->account->sum.messages == 0;
}

int turns_add(struct turns *turns, const struct identity *who, uint64_t connection, struct turn *turn)
{
    struct turns_line *line = need_line(turns, who, connection);
    if (line == NULL) {
        return -ENOMEM;
    }
    assert(code_equal(&line->account->key, &who->name));
    turns->last = line->account;
    identity_copy(&line->who, who);
    turn->line = line;
    STAILQ_INSERT_TAIL(&line->waiting, turn, next);
    line->count++;
    turns->keys += line->account->sum.messages == 0;
    count_in(&turns->sum, turn);
    count_in(&line->account->sum, turn);
    if (line->at == NULL) {
        line->at = turn;
        enter(turns, line, false);
    }
    return 0;
}

const struct identity *turns_who(const struct turn *turn)
{
    return &turn->line->who;
}

uint64_t turns_connection(const struct turn *turn)
{
    return turn->line->connection;
}

struct turns_sum turns_of(const struct turns *turns, const struct code *key)
{
    const struct account *account = find_account(turns, key);
    return account == NULL ? (struct turns_sum){0} : account->sum;
}

size_t turns_of_connection(const struct turns *turns, uint64_t connection)
{
    struct turns_line *line = NULL;
    HASH_FIND(hh, turns->lines, &connection, sizeof(connection), line);
    return line == NULL ? 0 : line->count;
}

struct turns_sum turns_all(const struct turns *turns)
{
    return turns->sum;
}

size_t turns_keys(const struct turns *turns)
{
    return turns->keys;
}

/* --- a batch -------------------------------------------------------------------------------------------------------------------
 */

/* A run of commands of the key whose turn it is. Returns how many. */
static size_t pick_commands(struct turns *turns, struct turn **ret, size_t max)
{
    struct account *account = TAILQ_FIRST(&turns->ring);
    struct turns_line *line = TAILQ_FIRST(&account->lists[LIST_COMMANDS]);
    size_t count = 0;
    leave(turns, line);
    while (count < max && count < TURNS_RUN && line->at != NULL && !line->at->query) {
        ret[count++] = line->at;
        line->at = STAILQ_NEXT(line->at, next);
    }
    enter(turns, line, false);
    if (!TAILQ_EMPTY(&account->lists[LIST_COMMANDS])) {
        TAILQ_REMOVE(&turns->ring, account, in_ring);
        TAILQ_INSERT_TAIL(&turns->ring, account, in_ring);
    }
    return count;
}

/* The line of this key whose query is next. NULL: all are held. */
static struct turns_line *next_query(struct account *account, bool (*held)(void *arg, const struct code *key, uint64_t connection),
                                     void *arg)
{
    struct turns_line *line;
    TAILQ_FOREACH(line, &account->lists[LIST_QUERIES], place)
    {
        if (held == NULL || !held(arg, &account->key, line->connection)) {
            break;
        }
    }
    return line;
}

static struct turn *pick_query(struct turns *turns, struct account *account, struct turns_line *line)
{
    struct turn *turn = line->at;
    turns->now_us = account->used_us;
    leave(turns, line);
    line->at = STAILQ_NEXT(turn, next);
    enter(turns, line, false);
    charge(turns, account, turn->cost_us);
    return turn;
}

size_t turns_pick(struct turns *turns, struct turn **ret, size_t max, uint64_t query_us,
                  bool (*held)(void *arg, const struct code *key, uint64_t connection), void *arg)
{
    struct accounts aside = TAILQ_HEAD_INITIALIZER(aside);
    struct account *account;
    uint64_t planned_us = 0;
    size_t count = 0;
    bool any = false;
    while (count < max) {
        if (!TAILQ_EMPTY(&turns->ring)) {
            count += pick_commands(turns, ret + count, max - count);
            continue;
        }
        account = RB_MIN(uses, &turns->uses);
        if (account == NULL) {
            break;
        }
        struct turns_line *line = next_query(account, held, arg);
        if (line == NULL) {
            RB_REMOVE(uses, &turns->uses, account);
            account->aside_now = true;
            TAILQ_INSERT_TAIL(&aside, account, aside);
            continue;
        }
        if (any && planned_us + line->at->cost_us > query_us) {
            break;
        }
        struct turn *turn = pick_query(turns, account, line);
        ret[count++] = turn;
        planned_us += turn->cost_us;
        any = true;
    }
    while ((account = TAILQ_FIRST(&aside)) != NULL) {
        TAILQ_REMOVE(&aside, account, aside);
        account->aside_now = false;
        if (in_tree(account)) {
            enter_tree(turns, account);
        }
    }
    return count;
}

void turns_take(struct turns *turns, struct turn *const *picked, size_t count, size_t taken, const uint32_t *cost_us)
{
    assert(taken <= count);
    for (size_t i = count; i > taken; i--) {
        struct turn *turn = picked[i - 1];
        leave(turns, turn->line);
        turn->line->at = turn;
        enter(turns, turn->line, true);
        if (turn->query) {
            charge(turns, turn->line->account, -(int64_t)turn->cost_us);
        }
    }
    for (size_t i = 0; i < taken; i++) {
        struct turn *turn = picked[i];
        struct turns_line *line = turn->line;
        assert(STAILQ_FIRST(&line->waiting) == turn);
        if (turn->query) {
            charge(turns, line->account, (int64_t)cost_us[i] - (int64_t)turn->cost_us);
        }
        remove_first(turns, line);
        if (STAILQ_EMPTY(&line->waiting)) {
            end_line(turns, line);
        }
    }
}

void turns_gone(struct turns *turns, uint64_t connection, bool all, void (*drop)(void *arg, struct turn *turn), void *arg)
{
    struct turns_line *line = NULL;
    STAILQ_HEAD(, turn) stood;
    struct turn *turn;
    HASH_FIND(hh, turns->lines, &connection, sizeof(connection), line);
    if (line == NULL) {
        return;
    }
    leave(turns, line);
    STAILQ_INIT(&stood);
    STAILQ_CONCAT(&stood, &line->waiting);
    while ((turn = STAILQ_FIRST(&stood)) != NULL) {
        STAILQ_REMOVE_HEAD(&stood, next);
        if (!turn->query && !all) {
            STAILQ_INSERT_TAIL(&line->waiting, turn, next);
            continue;
        }
        line->count--;
        count_out(&turns->sum, turn);
        count_out(&line->account->sum, turn);
        turns->keys -= line->account->sum.messages == 0;
        drop(arg, turn);
    }
    line->at = STAILQ_FIRST(&line->waiting);
    if (line->at == NULL) {
        end_line(turns, line);
    } else {
        enter(turns, line, false);
    }
}

struct turns *turns_free(struct turns *turns, void (*drop)(void *arg, struct turn *turn), void *arg)
{
    struct turns_line *line, *next_line;
    struct account *account, *next_account;
    if (turns == NULL) {
        return NULL;
    }
    HASH_ITER(hh, turns->lines, line, next_line)
    {
        struct turn *turn;
        while ((turn = STAILQ_FIRST(&line->waiting)) != NULL) {
            STAILQ_REMOVE_HEAD(&line->waiting, next);
            drop(arg, turn);
        }
        HASH_DELETE(hh, turns->lines, line);
        free(line);
    }
    HASH_ITER(hh, turns->accounts, account, next_account)
    {
        HASH_DELETE(hh, turns->accounts, account);
        free(account);
    }
    free(turns);
    return NULL;
}
