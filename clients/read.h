/*
 * read.h - verbs that look: one case, lists of cases, the inbox
 */
#ifndef HUYING_CLIENTS_READ_H
#define HUYING_CLIENTS_READ_H

#include "clients/arguments.h"
#include "clients/render.h"

enum exit_code read_case(struct session *session, const struct arguments *arguments);
enum exit_code read_cases(struct session *session, const struct arguments *arguments);
enum exit_code read_inbox(struct session *session, const struct arguments *arguments);

/* Says the budget and the consumed time of clocks in words. Requires that their kinds of time are still those of the wire. */
void read_put_spans(json_t *clocks);

/* Prints rows, or clocks, that are in the reader's words, under a heading; where there are none, nothing. */
void read_show_part(const char *title, const struct column *columns, const json_t *rows);
void read_show_clocks(const json_t *clocks);

#endif
