/*
 * harness.h - drives an engine exactly as the shell does: take, append, journaled, then replies and events
 *
 * Messages are written as JSON with single quotes and become msgpack; replies come back as JSON. The district is built in
 * memory: one district D with a desk, two streets, a community with a grid under each, two departments.
 */
#ifndef HUYING_TESTS_ENGINE_HARNESS_H
#define HUYING_TESTS_ENGINE_HARNESS_H

#include "config/district.h"
#include "dispatcher/engine/engine.h"

#include <jansson.h>

#define HARNESS_PATH 256

struct harness {
    char folder[HARNESS_PATH]; /* temporary; `data` and `config` are in it */
    char data[HARNESS_PATH + 16];
    char config[HARNESS_PATH + 16];
    struct district *district;
    struct engine *engine;
    bool drill;
    uint32_t checkpoint_records;
    bool background;            /* a thread of its own writes checkpoints */
    const char *backups;        /* folder for them, or NULL */
    int64_t (*steady_ns)(void); /* what work is timed by, or NULL */
    int64_t clock_ms;           /* what the wall clock says; the steady clock goes with it, */
    int64_t put_ms;             /* but for what the wall clock was put forward (or back, below 0) */
    int journaled;              /* what the last engine_journaled returned */
    double step_s;              /* processor time of the engine for the last step, without its append */
    uint32_t peer_roles;
    struct code peer_unit;
    struct codes peer_matters;
    char peer_name[33];
    bool (*find_person)(void *arg, struct text name, struct engine_rights *ret); /* as in engine_options; or NULL */
    char logged[512];                                                            /* the newest line of the log, `code: text` */
    char logged_all[512]; /* codes of the lines since it was opened, each with a blank behind it */
};

#define ALL_ROLES (((1u << ROLE_COUNT) - 1) & ~(1u << ROLE_GATEWAY)) /* a gateway asks nothing for nobody */

/* A new folder, and an engine in it. */
void harness_begin(struct harness *h, bool drill);

/* Closes the engine and removes the folder. */
void harness_end(struct harness *h);

/* Opens the engine in h->data; fails the test when it does not. */
void harness_open(struct harness *h);

/* Closes it, and opens it with small segments and many checkpoints. Returns what engine_open does; a failure has said why. */
int harness_open_again(struct harness *h);

/* As if the process had been killed: works on with a copy of the files as they are now. */
void harness_kill(struct harness *h);

/* What a step is told the time is. */
struct engine_time harness_time(const struct harness *h);

/* Puts the wall clock forward, or back below 0; no time passes. */
void harness_put_clock(struct harness *h, int64_t span_ms);

/* Who asks from now on. */
void harness_peer(struct harness *h, const char *name, uint32_t roles, const char *unit);

/* What tests submit where it does not matter, and the same with a matter and a place of their own. */
#define HARNESS_SUBMIT "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1-C1-G1', 'title': 'Lamp out', 'anonymous': true}"
#define HARNESS_SUBMIT_AT "{'kind': 'complaint', 'matter': '%s', 'place': '%s', 'title': 'T', 'text': 'x', 'anonymous': true}"

/* Prints into the buffer; returns it. */
const char *harness_words(char *buffer, size_t size, const char *words, ...) __attribute__((format(printf, 3, 4)));

/* The bytes of one message (caller frees). `at_ms` < 0: none. */
void *harness_message(const char *id, const char *name, int64_t at_ms, const char *json, size_t *ret_size);

/* The same, on behalf of a person. NULL: of nobody. */
void *harness_message_for(const char *person, const char *id, const char *name, int64_t at_ms, const char *json, size_t *ret_size);

/* A message of the present key that came from `peer`. Borrows the bytes. */
struct engine_message harness_from(const struct harness *h, uint64_t peer, const void *data, size_t size);

/* One whole step: takes these messages, appends, ends as the shell does, and calls `heard` with each reply. Returns how many of
 * the messages it took. */
size_t harness_step(struct harness *h, const struct engine_message *messages, size_t count,
                    void (*heard)(void *arg, const struct engine_reply *reply), void *arg);

/* Sends one message through whole steps until it is answered. Gives the reply (caller decrefs). */
json_t *harness_ask(struct harness *h, const char *id, const char *name, int64_t at_ms, const char *json);

/* The same, and fails the test unless it was accepted: gives the body. */
json_t *harness_do(struct harness *h, const char *id, const char *name, int64_t at_ms, const char *json);

/* The same, and fails the test unless it was refused with this code. */
void harness_refused(struct harness *h, const char *code, const char *id, const char *name, int64_t at_ms, const char *json);

/* Submits HARNESS_SUBMIT_AT by the key of the desk, which is the present one from then on. Gives the case. */
uint64_t harness_submit(struct harness *h, const char *id, const char *matter, const char *place);

/* The duty of the case's present lead. */
uint64_t harness_lead(struct harness *h, uint64_t case_id);

/* Sends raw bytes; gives the reply. */
json_t *harness_raw(struct harness *h, const void *data, size_t size);

/* Whole steps without messages until the engine waits for time or messages. */
void harness_rest(struct harness *h);

/* Rows of a body; a number of its n-th row. */
size_t harness_rows(const json_t *body);
int64_t harness_row(const json_t *body, size_t n, const char *name);

/* Integer and text members of a body. */
int64_t num_of(const json_t *object, const char *name);
const char *text_in(const json_t *object, const char *name);

/* Runs engine_check on the data of a closed engine; gives the number of differences, and the first line in `line` (256 bytes). */
int64_t harness_check(struct harness *h, char *line);

/* A reply's bytes as JSON (caller decrefs). */
json_t *harness_json(const void *data, size_t size);

#endif
