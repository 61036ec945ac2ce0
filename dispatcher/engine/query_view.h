/*
 * query_view.h - rows as others see them
 *
 * Names are borrowed from the district, texts of a case from the reader: until its next record. The codes in a view are its own.
 */
#ifndef HUYING_ENGINE_QUERY_VIEW_H
#define HUYING_ENGINE_QUERY_VIEW_H

#include "base/number.h"
#include "dispatcher/engine/query.h"

/* Which of a case's texts are wanted: reading them costs a look into the journal. */
enum view_texts { VIEW_TITLE_ONLY, VIEW_ALL_TEXTS };

/* Fills a view; `number` holds the printed number as long as the view lives. Returns 0 or a negative errno (the journal could
 * not be read). */
int query_view_case(struct query *query, const struct case_row *row, enum view_texts texts, char number[NUMBER_SIZE],
                    struct case_view *ret);

void query_view_duty(struct query *query, const struct duty_row *row, const struct case_row *of, char number[NUMBER_SIZE],
                     struct duty_view *ret);
void query_view_call(const struct call_row *row, struct call_view *ret);
void query_view_clock(const struct query *query, const struct clock_row *row, struct clock_view *ret);

/* Takes from a case's persons what this key may not read: under secrecy name and number, of a report the address too. */
void query_withhold(const struct query *query, const struct case_row *row, struct text *name, struct text *phone,
                    struct text *address);

/* Colour of a clock: now while it runs, at its stop after that. */
enum colour query_colour(const struct query *query, const struct clock_row *clock);

/* The running clock that gives a case or a duty its colour: red before yellow before blue, then the one that is due first, then the
 * one that was started first. Clocks without a due instant give none. */
struct worst_clock {
    uint64_t clock_id; /* 0 = no clock with a due instant runs: blue */
    enum clock_kind kind;
    enum colour colour;
    int64_t due_at;
};

/* Finds it among the clocks of a case that are of the kind that the query asks for, all of which who sees the case may see. Costs a
 * look at every clock of the case. Returns how many clocks were looked at. */
uint32_t query_worst_of_case(const struct query *query, const struct case_row *row, struct worst_clock *ret);

/* Is this clock worse than what was found? Then it is what was found. Clocks that do not run, have no due instant, or are not of
 * the kind that the query asks for are never. */
bool query_worse(const struct query *query, const struct clock_row *clock, struct worst_clock *found);

/* The same among the clocks of one duty of that case. Costs a look at every clock of the case that is younger than the duty. */
void query_worst_of_duty(const struct query *query, const struct case_row *of, const struct duty_row *row, struct worst_clock *ret);

/* A duty's colour: of its worst running clock, or that with which its main clock ended. Adds the clocks that it looked at. */
enum colour query_colour_of_duty(const struct query *query, const struct case_row *of, const struct duty_row *row,
                                 uint32_t *looked);

/* The title that a case came in with, borrowed until the reader's next record; whether the key may read it is the encoder's to say.
 * Returns 0 or a negative errno. Cost: a look into the journal. */
int query_title(struct query *query, uint64_t case_id, struct text *ret);

/* Prints a case's number into the buffer, which the text borrows. */
struct text query_print_number(const struct case_row *row, char number[NUMBER_SIZE]);

/* Rows of a page: what was asked for, within the cap. */
uint32_t query_page_size(bool given, uint32_t count);

/* What an encoder leaves out for this key. */
unsigned query_omit(const struct query *query);

#endif
