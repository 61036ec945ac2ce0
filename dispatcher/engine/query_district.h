/*
 * query_district.h - queries about the dispatcher itself and the set in force
 */
#ifndef HUYING_ENGINE_QUERY_DISTRICT_H
#define HUYING_ENGINE_QUERY_DISTRICT_H

#include "dispatcher/engine/query.h"

#define SELECTOR_SIZE (CODE_SIZE + 16)

/* As the queries of query.h. */
int query_list_units(struct query *query, struct proto_buffer *out);
int query_list_matters(struct query *query, struct proto_buffer *out);
int query_status(struct query *query, struct proto_buffer *out);
int query_show_config(struct query *query, struct proto_buffer *out);

/* A lead as the list writes it: a code, or @tier. */
void query_print_selector(const struct district *district, const struct selector *selector, char ret[SELECTOR_SIZE]);

#endif
