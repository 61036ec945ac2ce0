/*
 * live.h - what lives beside the records: leases of pulled duties, questions that wait, followers of events
 *
 * Nothing in here comes from records, and nothing in here ever becomes one. A step runs as before; while it applies records, live
 * only notes which duties and events they were (live_record). Once the step is durable, live_durable looks at the notes, drops the
 * leases of duties that ended, and answers parked questions: what they see can not be taken back any more, so a rewind leaves
 * parked questions and leases alone. The work of one step is bounded; what is left over makes engine_next_due_ms say "at once".
 * Leases and waits run by the steady clock that is handed to engine_take, in drill time too: they are about processes.
 */
#ifndef HUYING_ENGINE_LIVE_H
#define HUYING_ENGINE_LIVE_H

#include "dispatcher/engine/followers.h"
#include "dispatcher/engine/lease.h"
#include "dispatcher/engine/parked.h"
#include "dispatcher/engine/query.h"
#include "dispatcher/engine/reach.h"
#include "dispatcher/engine/recent_events.h"
#include "dispatcher/engine/visible.h"

/* Work of one step, in units of some 100 ns; each kind of work has its own, so that none waits for another. */
#define LIVE_WORK_PULLS 8000
#define LIVE_WORK_TAIL 8000
#define LIVE_WORK_BEHIND 3000
#define LIVE_COST_REPLY 40
#define LIVE_COST_ROW 5
#define LIVE_COST_RECORD 15
#define LIVE_COST_SEEK 500
#define LIVE_REPLY_BYTES_MAX ((size_t)8 << 20)

/* So long after the last question of a follower the newest events are kept in memory for the next. */
#define LIVE_FOLLOWED_MS 10000

/* A duty that was handed out in this step, and to which connection. */
struct live_handed {
    uint64_t peer;
    uint64_t duty_id;
};

struct live_list {
    uint64_t *at;
    size_t count, capacity;
};

struct live {
    int64_t now_ms;   /* the steady clock as it was handed in last: all instants in here are of it */
    int64_t clock_ms; /* the wall clock of the same step, for those outside */
    struct reach_order order;
    uint64_t *may;  /* bit per position: the unit may have a duty to hand out; taken away when its inbox is found empty */
    bool may_all;   /* none has been taken away yet */
    uint32_t *turn; /* by unit: position that was served last by pulls of this top, + 1; 0 = none */
    struct leases *leases;
    struct parking parking;
    struct followers followers;
    struct recent_events recent;
    int64_t followed_until_ms;

    /* of the step */
    struct live_list touched; /* duties that records opened, moved or released while somebody waits for some */
    struct live_list dropped; /* duties that lost their lease by a record */
    struct recent_event *events;
    uint32_t event_count, event_capacity;
    bool events_lost; /* not all of the step's events are in `events` */
    struct live_handed *handed;
    size_t handed_count, handed_capacity;

    struct live_list woken; /* duties that somebody may want, not offered to idle pulls yet */
    size_t woken_next;
    uint64_t wakes; /* duties that came up, ever */
    bool wake_all;  /* too many: all idle pulls look */

    struct visible_places places; /* of the step's events */
    struct proto_buffer page;     /* rows of the answer that is being made */
};

/* Makes live for an engine whose rows and journal are open. Returns 0 or a negative errno. */
int live_open(struct engine *engine);
void live_close(struct engine *engine);

/* Another set is in force: all parked questions end, empty, and are asked again. Returns 0 or -ENOMEM: then nothing changed, and
 * `district` must not come into force. */
int live_adopt(struct engine *engine, const struct district *district);

/* Begins a step, or its second attempt: forgets the notes and the questions of this step. */
void live_begin(struct engine *engine, struct engine_time time);

/* The step is durable: answers. */
void live_durable(struct engine *engine);

/* The step failed: its own questions are refused like all its messages. */
void live_failed(struct engine *engine);

/* Is there work that needs no new message? */
bool live_busy(const struct engine *engine);

/* Steady clock at which parked questions or leases want to be looked at; INT64_MAX: never. */
int64_t live_next_ms(const struct engine *engine);

/* The connection has ended: its questions end. */
void live_gone(struct engine *engine, uint64_t peer);

/* A reply did not reach it: the same, and what was handed to it in this step is free. */
void live_undelivered(struct engine *engine, uint64_t peer);

/* Before and after a checkpoint. Returns 0 or a negative errno. */
int live_write(struct engine *engine);
void live_written(struct engine *engine);
bool live_dirty(const struct engine *engine);

/* Hash of the key whose lease runs on a duty, 0 = nobody's: for struct tables. */
uint64_t live_lease(void *engine, uint64_t duty_id);

/* --- live_notes.c: while records are applied ------------------------------------------------------------------------------------
 */

/* Does somebody follow events, so that they must be encoded? */
bool live_followed(const struct engine *engine);

/* Notes a record that was applied. `info` is that of its type; `followed`, what live_followed says, which no record changes. */
void live_record(struct engine *engine, const struct record *record, const struct record_info *info, bool followed);

/* A unit may have something for a pull. */
void live_may(struct live *live, const struct code *unit);

/* Returns 0 or -ENOMEM. */
int live_list_add(struct live_list *list, uint64_t value);

/* --- live_park.c: questions that wait, for pull.c and follow.c ------------------------------------------------------------------
 */

/* The query of a parked question; `from` and `request` are filled for it. */
void live_query(struct engine *engine, struct parked *parked, struct engine_peer *from, struct request *request, struct query *ret);

/* Parks the question of a query, or finds the one that it repeats (*ret_repeated; its deadline stays). NULL: refused BUSY. */
struct parked *live_park(struct query *query, int64_t wait_ms, bool *ret_repeated);

/* Ends a parked question, which is answered (or has nobody to answer to). */
void live_done(struct engine *engine, struct parked *parked);

/* Refuses a parked question and ends it. */
void live_refuse(struct engine *engine, struct parked *parked, enum refusal refusal, const char *field);

/* Takes a lease away: others may have the duty. No effect if nobody holds it. */
void live_release(struct engine *engine, uint64_t duty_id);

/* Offers a duty to idle pulls after the step. */
void live_wake_later(struct live *live, uint64_t duty_id);

/* An instant of live's clock as the wall clock of this step has it. */
int64_t live_wall_ms(const struct engine *engine, int64_t at_ms);

/* --- pull.c, follow.c ------------------------------------------------------------------------------------------------------------
 */

/* Queries. Those that are answered later give nothing to `out` and set query->parked. */
int query_pull(struct query *query);
int query_keep(struct query *query, struct proto_buffer *out);
int query_follow(struct query *query);
int query_list_followers(struct query *query, struct proto_buffer *out);

/* Looks at pulls, as far as `work` goes; what it used is taken off. */
void pull_run(struct engine *engine, int64_t *work);

/* A pull whose time is over, or that ends for another reason: answers with what it has. */
void pull_end(struct engine *engine, struct parked *parked);

/* Lets the oldest idle pull that this duty fits look for it. */
void pull_wake(struct engine *engine, uint64_t duty_id, int64_t *work);

/* Looks at follows. */
void follow_run_tail(struct engine *engine, int64_t *work);
void follow_run_behind(struct engine *engine, int64_t *work);
void follow_end(struct engine *engine, struct parked *parked);

#endif
