/*
 * pages.h - lists that come page by page, as far as somebody wants them, and what is said where more follow
 */
#ifndef HUYING_CLIENTS_PAGES_H
#define HUYING_CLIENTS_PAGES_H

#include "clients/arguments.h"
#include "clients/render.h"

/* Rows that a list shows where --count does not say it, and most that it can say. */
#define PAGES_COUNT 50
#define PAGES_COUNT_MAX 1000000

/* What of a row begins the page behind it: the row's own key, the answer's name for it, and the option that takes it. */
struct pages_mark {
    const char *row, *answer, *option;
};

/* One kind of list. Its query stands at the begin of a union query_body. */
struct pages_kind {
    enum query_type query;
    struct pages_mark marks[2];                         /* the second may be empty */
    void (*ask)(void *query, uint32_t count);           /* sets how many rows are wanted at most */
    bool (*go_on)(void *query, const json_t *page);     /* asks behind this page; false: it was the last */
    void (*progress)(size_t found, const json_t *page); /* between two pages, and with NULL at the end; or NULL */
    void (*join)(json_t *page);                         /* makes one row of what the answer has in several lists; or NULL */
    void (*word)(json_t *row);                          /* adds what the table alone shows; or NULL */
    const struct column *columns;
    const struct column *sheet; /* what --csv writes; NULL: the list has no --csv */
    const struct shape *shape;  /* of a row */
    const char *none;           /* what is said where there is no row */
};

/* Reads the list that `body` asks for, up to --count rows, and shows it: as JSON {rows, next...}, or as a table with a line below
 * it where more follow, which says how they are seen. `body` is changed. Says what is wrong. */
enum exit_code pages_run(struct session *session, const struct arguments *arguments, const struct pages_kind *kind,
                         union query_body *body);

#endif
