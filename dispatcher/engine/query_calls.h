/*
 * query_calls.h - calls as others see them: a line a call, and what each called unit has done
 *
 * Texts are not in these views: a list of calls hangs on walls. Names are borrowed from the district, numbers from the caller's
 * buffer.
 */
#ifndef HUYING_ENGINE_QUERY_CALLS_H
#define HUYING_ENGINE_QUERY_CALLS_H

#include "dispatcher/engine/query_view.h"

/* Duties of one call that are looked at, newest first. */
#define CALL_DUTIES_MAX 128

/* The duties of one call, oldest first. */
struct call_duties {
    struct duty_row rows[CALL_DUTIES_MAX];
    uint32_t count;
};
void query_call_duties(const struct query *query, const struct call_row *call, struct call_duties *ret);

/* Is this one of them? */
bool query_call_has(const struct call_duties *duties, uint64_t duty_id);

/* The running clock that gives the call its colour, and whose it is. Returns how many clocks of the case were looked at. */
uint32_t query_worst_of_call(const struct query *query, const struct case_row *of, const struct call_row *call,
                             const struct call_duties *duties, struct worst_clock *ret, struct code *ret_unit);

/* Fills the line; `unit`: whose the worst clock is. */
void query_view_call_line(const struct query *query, const struct call_row *call, const struct case_row *of,
                          const struct worst_clock *worst, const struct code *unit, char number[NUMBER_SIZE],
                          struct call_line *ret);

/* What a called unit has done, from its respond. Returns how many clocks of the case were looked at. */
uint32_t query_view_called(const struct query *query, const struct duty_row *duty, const struct case_row *of,
                           struct called_view *ret);

/* Inside the query files, as in query.h. */
int query_list_calls(struct query *query, struct proto_buffer *out);
int query_show_call(struct query *query, struct proto_buffer *out);

#endif
