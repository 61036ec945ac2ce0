/*
 * query.h - bounded reads, answered from the rows as they are at that point of the step
 *
 * Which cases a key sees is said by dispatcher/core/sight.h, as for commands. What it may not see is answered like what does not
 * exist.
 */
#ifndef HUYING_ENGINE_QUERY_H
#define HUYING_ENGINE_QUERY_H

#include "config/district.h"
#include "dispatcher/core/sight.h"
#include "dispatcher/engine/state.h"
#include "proto/request.h"

/* Who reads, and how far they may see. */
struct query {
    struct engine *engine;
    const struct engine_peer *from;
    const struct request *request;
    const struct district *district;
    struct sight sight; /* how far it reaches; its top is -1 where the key's unit is not of this district */
    bool with_persons;  /* texts and persons, by role */
    bool at_desk;       /* name and number of cases under secrecy too */
    bool parked;        /* the answer comes later (live.h) */
    int clock;          /* enum clock_kind: colours are those of this kind of clock alone; -1 = of all */
    enum refusal refusal;
    const char *field;
    const char *cause; /* one sentence, or NULL: that of the refusal says all */
};

/* Fills in who asks what; borrows both. */
void query_init(struct query *query, struct engine *engine, const struct engine_peer *from, const struct request *request);

/* query_answer.c: answers a query into the outbox. */
void query_answer(struct engine *engine, const struct engine_peer *from, const struct request *request);

/* Inside the query files. Each writes a whole reply to `out`; a negative errno, or query->refusal set, takes it back. */
int query_show_case(struct query *query, struct proto_buffer *out);
int query_list_cases(struct query *query, struct proto_buffer *out);
int query_inbox(struct query *query, struct proto_buffer *out);
int query_timeline(struct query *query, struct proto_buffer *out);
int query_events(struct query *query, struct proto_buffer *out);
int query_metrics(struct query *query, struct proto_buffer *out);
int query_backup(struct query *query, struct proto_buffer *out);
int query_explain_route(struct query *query, struct proto_buffer *out);
int query_catalogue_proposals(struct query *query, struct proto_buffer *out);
int query_receipt(struct query *query, struct proto_buffer *out);
int query_try_submit(struct query *query, struct proto_buffer *out);

/* Refuses: sets the refusal and returns 0, to be returned by the caller. */
int query_refuse(struct query *query, enum refusal refusal, const char *field);

/* The same for a field that is not right: with the one sentence that says why. */
int query_bad_field(struct query *query, const char *field, const char *cause);

/* Is the unit inside the key's subtree, or may the key act for it (a seconded station, a deputy)? */
bool query_covers(const struct query *query, const struct code *unit);

/* Finds the case that a query names and may see. Returns true and the row, or false: refused NOT_FOUND. */
bool query_find_case(struct query *query, uint64_t case_id, struct text number, struct text submitted, struct case_row *ret);

/* May the key see this case? */
bool query_sees(const struct query *query, const struct case_row *row);

/* The newest event before `seq`, 0 = none. Returns 0 or a negative errno. */
int query_event_before(struct engine *engine, uint64_t seq, uint64_t *ret);

/* Names of the configuration, or the code itself where it is not there any more. */
struct text query_unit_name(const struct query *query, const struct code *code);
struct text query_matter_name(const struct query *query, const struct code *code);

#endif
