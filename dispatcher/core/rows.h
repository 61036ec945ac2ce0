/*
 * rows.h - the rows that the records add up to
 *
 * Derived rows: they come from records alone, through core_apply, and `huying check` recomputes every one. Plain structs of
 * fixed size, zeroed before use so that two equal rows have equal bytes; the file leaves the zeros out (dispatcher/store/packed.h).
 * Instants are ms UTC, 0 = none; ids are sequences, 0 = none. No text and no person is in a row: those stay in the sealed parts of
 * the journal.
 * Lists (duties, clocks, calls of a case) are chains through the rows, newest first, so that no row grows.
 *
 * To change a row: change its struct, and what core_apply puts there. No version is counted up by hand: a hash over names, order,
 * types and sizes of all members (dispatcher/store/layout.py, made at each build) is the layout of the file of the rows, and rows
 * of another layout are set aside at the next start and made again from the journal. A byte that means something else gets another
 * name, or another `enum` in its comment: the hash sees both. A new table is a line in ROW_TABLES; what the memory indexes need of
 * it is in store_rows.c. Gaps are named `unused`, so that no padding lies in a row.
 * To change a record: the journal stays for ever. Members are only added, at the end of the record in records.toml, and an
 * old record reads as if they were 0 or empty: core_apply must do then what it did. What would change its meaning is a new record.
 * Then `huying check` over old data must be clean: it applies every record anew and compares every row.
 */
#ifndef HUYING_CORE_ROWS_H
#define HUYING_CORE_ROWS_H

#include "proto/gen/schema.h"

#include <stdint.h>

/* Tables of rows with a u64 key. The first column is the table, the second its row, the third what the key is. */
#define ROW_TABLES(X)                                                                                                              \
    X(CASE, case_row, "case id")                                                                                                   \
    X(HANDLER, handler_row, "sequence of the person's first work on the case")                                                     \
    X(DUTY, duty_row, "duty id")                                                                                                   \
    X(QUESTION, question_row, "id of the duty to decide it")                                                                       \
    X(PROPOSAL, proposal_row, "sequence of the first catalogue_proposed that says so")                                             \
    X(CALL, call_row, "call id")                                                                                                   \
    X(CLOCK, clock_row, "clock id")                                                                                                \
    X(SPAN, span_row, "sequence of the record that closed the span")                                                               \
    X(NUMBER, number_row, "YYMMDD * 10,000,000 + running number")                                                                  \
    X(REQUEST, request_row, "sequence of the command_taken record")                                                                \
    X(UNIT, unit_row, "sequence of the unit_published record")                                                                     \
    X(CALENDAR, calendar_row, "sequence of the calendar_published record")                                                         \
    X(DISTRICT, district_row, "always 1")

enum row_table {
#define ROW_ENUM(upper, row, key) ROW_##upper,
    ROW_TABLES(ROW_ENUM)
#undef ROW_ENUM
        ROW_TABLE_COUNT
};

/* What a fact of a case is counted under; the dims of records. */
struct dims {
    struct code street;
    struct code place;
    struct code matter;
    uint8_t channel; /* enum channel */
    uint8_t kind;    /* enum case_kind */
    uint8_t origin;  /* enum origin */
    uint8_t urgency; /* enum urgency */
    uint8_t is_protected;
    uint8_t upstream;
    uint8_t unused[2];
};

struct case_row {
    uint64_t case_id;
    struct dims dims;
    struct code lead;      /* unit of the present lead duty, else of the last */
    struct code lead_acct; /* its accountable unit; the desk's while unrouted */
    uint32_t day;          /* YYMMDD */
    uint32_t day_no;
    uint8_t state;       /* enum case_state */
    uint8_t disposition; /* enum disposition */
    uint8_t anonymous;
    uint8_t no_reply;
    uint8_t secrecy;
    uint8_t has_contact;
    uint8_t accepted;
    uint8_t given_limit; /* the sender decides the limit: given_limit_at or none */
    uint32_t round;
    uint32_t hops; /* leads so far */
    uint32_t notes;
    uint32_t reporters;
    uint32_t catalogue_row; /* 0 = by hand */
    uint32_t open_duties;
    uint32_t open_calls;
    uint32_t open_followups;
    uint32_t proposed_orders;
    uint32_t contacts; /* contact attempts of the present lead */
    uint32_t contact_reached;
    uint32_t answer_code;    /* of the last answer */
    uint32_t returns;        /* of its leads that were upheld */
    uint32_t open_questions; /* duties to rule or to decide */
    int64_t received_at;
    int64_t given_limit_at;
    int64_t answered_at; /* last answer that stands, 0 = none now */
    int64_t first_answered_at;
    int64_t closed_at;     /* 0 = open */
    int64_t rung_floor_at; /* no rung and no claim of this case is due before this instant; INT64_MAX = none */
    uint64_t last_seq;     /* newest record: head of the timeline's chain */
    uint64_t duty_last;    /* heads of the chains */
    uint64_t call_last;
    uint64_t clock_last;
    uint64_t route_duty;   /* open route duty of the case itself */
    uint64_t lead_duty;    /* present lead duty, or the last */
    uint64_t handle_clock; /* of lead_duty */
    uint64_t total_clock;  /* of reporter 1 */
    /* what this case has contributed to the counters, so that a change takes back and adds */
    uint8_t counted_received;
    uint8_t counted_answered;
    uint8_t counted_closed;
    uint8_t awaits;     /* enum disposition: what it closes as when its last call does; none: it does not wait for a call */
    uint8_t designated; /* to its lead: it may not be returned any more */
    uint8_t open_inner; /* of open_duties: internal */
    uint8_t unused[2];
    struct code counted_acct;
    uint64_t handler_last; /* head of the chain of who worked on it */
};

/* Somebody who worked on a case, once a case: they do not ask the citizen about it. */
struct handler_row {
    uint64_t case_id;
    uint64_t prev; /* handler before it, of the same case */
    uint64_t hash; /* of the person: actor_hash */
};

struct duty_row {
    uint64_t duty_id;
    uint64_t case_id;
    uint64_t call_id;
    uint64_t of_duty; /* rate: its respond; rule: what it is about; support that continues: the lead before; internal: its whole */
    uint64_t prev_of_case;
    uint64_t prev_of_call;
    struct code unit;
    struct code acct;
    struct code creator; /* unit that may cancel it */
    uint8_t kind;        /* enum duty_kind */
    uint8_t state;       /* enum duty_state */
    uint8_t reason;      /* enum duty_end: why opened, then why ended */
    uint8_t claimed;
    uint8_t sent_back;   /* times */
    uint8_t finish_code; /* respond: enum finish_code + 1, 0 = not finished */
    uint8_t rated;       /* respond: 1 confirmed, 2 not */
    uint8_t about;       /* rule, decide: enum about */
    uint8_t asked;       /* lead, support: its unit has asked to return it */
    uint8_t decision;    /* decide: enum decision */
    uint8_t internal;    /* support: assigned inside by the holder of of_duty */
    uint8_t unused[5];
    uint32_t round;
    uint32_t reporter;
    uint32_t attempts; /* contact or follow-up attempts */
    uint32_t reached;
    uint32_t first_half_day; /* follow-up attempts */
    uint32_t last_half_day;
    int64_t offered_at;
    int64_t signed_at;
    int64_t arrived_at;
    int64_t ended_at;
    int64_t claimed_until; /* end of the claim */
    int64_t due_at;        /* due instant of the main clock, for the inbox; 0 = none */
    uint64_t claimer;      /* hash of the key that claims it */
    uint64_t main_clock;   /* route, handle, support, finish, rate, followup */
};

/* What is to be decided, as it was asked: what happens when it is granted. */
struct question_row {
    uint64_t case_id;
    struct code to;
    struct codes supports;
    uint32_t unused;
};

/* A change of the list that rulings propose: one for each matter, street, unit that it names and unit that was ruled. */
struct proposal_row {
    uint64_t prev;    /* the one before it */
    uint64_t case_id; /* the last one of which it was ruled */
    struct code matter, street, from, to;
    uint32_t row; /* of the list, at the last ruling */
    uint32_t cases;
    int64_t first_at;
    int64_t last_at;
};

/* Does it still wait for its unit? */
static inline bool duty_open(const struct duty_row *duty)
{
    return duty->state == DUTY_STATE_OFFERED || duty->state == DUTY_STATE_SIGNED || duty->state == DUTY_STATE_HELD;
}

struct call_row {
    uint64_t call_id;
    uint64_t case_id;
    uint64_t prev_of_case;
    uint64_t duty_last; /* chain of its duties */
    uint64_t route_duty;
    struct code caller;
    struct code coordinating; /* of several called units: the one that finishes last; empty = none */
    struct codes targets;
    uint8_t state;   /* enum call_state */
    uint8_t level;   /* enum call_level */
    uint8_t reason;  /* enum call_reason */
    uint8_t outcome; /* enum call_outcome */
    uint8_t given_limit;
    uint8_t remote; /* the caller agrees that the units work from afar */
    uint8_t unused[2];
    uint32_t open_responds;
    uint32_t open_rates;
    int64_t given_limit_at;
    int64_t appointed_at; /* instant of arrival that the desk gave, 0 = none */
    int64_t raised_at;
    int64_t dispatched_at;
    int64_t closed_at;
};

/* budget + ledger of spans: `consumed_ms` are the closed spans (rows of their own), from `span_from_at` runs the open one. */
struct clock_row {
    uint64_t clock_id;
    uint64_t case_id;
    uint64_t duty_id;
    uint64_t prev_of_case;
    uint64_t span_last; /* newest closed span */
    struct dims dims;   /* of the record that carried the last due_at */
    struct code unit;
    struct code acct; /* of the record that carried the last due_at */
    uint8_t kind;     /* enum clock_kind */
    uint8_t state;    /* enum clock_state */
    uint8_t time_kind;
    uint8_t source; /* enum limit_source */
    uint8_t fired;  /* bit per enum rung */
    uint8_t in_time;
    uint8_t provisional;
    uint8_t counted; /* what the counters hold: 0 nothing, 1 in time, 2 late */
    uint8_t duration_counted;
    uint8_t unused[3];
    uint32_t round;
    int64_t started_at;
    int64_t due_at; /* 0 = none */
    int64_t budget_ms;
    int64_t stopped_at;
    int64_t consumed_ms;
    int64_t span_from_at;
    int64_t duration_ms; /* what the duration metric holds for it */
    int64_t duration_at;
    int64_t rung_at[4]; /* by enum rung; 0 = no such rung */
    /* the limit, so that another calendar can say anew when it is due: `amount` of time_kind from `from_at` on; 0: given as an
     * instant */
    int64_t amount;
    int64_t from_at;
    uint64_t calendar;  /* sequence of its calendar_published, 0 = none needed */
    int64_t awaited_ms; /* part of the budget that was given because called units were late */
};

/* A closed span of a clock's ledger. */
struct span_row {
    uint64_t clock_id;
    uint64_t prev; /* span before it, of the same clock */
    int64_t from_at;
    int64_t until_at;
    int64_t counted_ms; /* by the calendar of the time; 0 where it does not count */
    uint8_t counted;    /* 0: passed, but does not count (a judge's wait) */
    uint8_t unused[7];
};

struct number_row {
    uint64_t case_id;
};

/* A remembered request id and its answer. */
struct request_row {
    uint64_t seq;
    uint64_t next;     /* the request remembered after this one: the order in which they are forgotten */
    uint64_t key_hash; /* of actor and request id */
    uint64_t body_hash;
    char actor[CODE_SIZE];
    char request[64];
    int64_t at_ms;
    uint64_t case_id;
    uint64_t duty_id;
    uint64_t call_id;
    uint16_t command;
    uint8_t state; /* of the case right after */
    uint8_t actor_size;
    uint8_t request_size;
    uint8_t warning; /* enum warning */
    uint8_t unused[2];
};

struct unit_row {
    struct code unit;
    struct code parent;
    struct code acct;
    struct code successor;
    uint8_t tier;
    uint8_t class;
    uint8_t retired;
    uint8_t unused[5];
};

struct calendar_row {
    struct code name;
    char hash[64];
    int64_t known_from_at;
    int64_t known_until_at;
};

/* One row of facts about the whole. */
struct district_row {
    uint64_t last_seq;   /* newest record applied */
    uint64_t last_event; /* newest record that is an event: the next event's `prev` */
    int64_t last_at;     /* instant of the newest record */
    uint32_t day;        /* of the newest case number */
    uint32_t day_no;
    uint64_t cases;
    uint64_t open_cases;
    uint64_t units_from;     /* first unit_published of the set in force */
    uint64_t calendars_from; /* first calendar_published of the set in force; the others follow it at once */
    uint64_t settle_next;    /* cases from this id on may not be settled under the set in force; 0 = all are */
    uint64_t oldest_request; /* oldest remembered request row, 0 = none */
    uint64_t last_request;
    uint64_t request_count; /* remembered request rows */
    uint64_t proposal_last; /* head of the chain of proposals */
    char config_hash[64];
};

/* A row in any table. */
union any_row {
#define ROW_MEMBER(upper, row, key) struct row row;
    ROW_TABLES(ROW_MEMBER)
#undef ROW_MEMBER
};

/* The dims that a record carries. */
void row_dims(const struct record_envelope *head, struct dims *ret);

/* Size in bytes of a table's rows. */
uint32_t row_size(enum row_table table);

/* Name of a table, lower case. */
const char *row_table_name(enum row_table table);

#endif
