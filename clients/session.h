/*
 * session.h - one run of the command line: its options, its connection, its district
 *
 * The connection is opened with the first question; who the district is and which zone it has is asked once, when needed.
 */
#ifndef HUYING_CLIENTS_SESSION_H
#define HUYING_CLIENTS_SESSION_H

#include "clients/options.h"
#include "clients/say.h"
#include "proto/client/client.h"

struct zone; /* config/zone.h */
struct verb; /* clients/verb.h */

struct session {
    struct options options;
    const struct verb *verb;  /* what is being done, so that a refusal can name the option; NULL: not known yet */
    struct client *client;    /* NULL until connected */
    struct zone *zone;        /* NULL until session_hello */
    struct hello_reply hello; /* its texts are copied into the three below */
    char district_zone[256];
    char actor[CODE_SIZE + 1];
    char roles[512];
    struct proto_buffer body; /* reused from question to question */
    bool quiet;               /* questions beside a command: refusals are not told */
    char *input;              /* what was read from standard input, or NULL */
};

/* Takes the options of the environment. */
void session_init(struct session *session);
void session_deinit(struct session *session);

/* Folder of keys in use. Returns 0 or a negative errno. */
int session_keys_folder(const struct session *session, char *ret, size_t size);

/* What a connection needs: address, deadline and, unless plain, the keys. For those who open one of their own, on a loop; wipe it
 * after use, the secret key is in it. Says what is wrong. */
enum exit_code session_client_options(const struct session *session, struct client_options *ret);

/* Opens the connection, unless it is open. Says what is wrong. */
enum exit_code session_connect(struct session *session);

/* Asks hello and loads the district's zone, once. Says what is wrong. */
enum exit_code session_hello(struct session *session);

/* Reads an instant as local_time_read; asks the district only for a local one. Says what is wrong; `name` names the argument. */
enum exit_code session_instant(struct session *session, const char *name, const char *text, int64_t *ret_at_ms);

/* Reads a text of 1 to `max` bytes from standard input, once a run: line ends become \n, those at its end and a byte-order mark are
 * taken off. *ret borrows from the session. Says what is wrong; `name` names the argument. */
enum exit_code session_input(struct session *session, const char *name, size_t max, struct text *ret);

/* Sends one query and waits. *ret borrows until the next question. Says why not, refusals included. */
enum exit_code session_ask(struct session *session, enum query_type query, const void *body, struct client_reply *ret);

/* Sends one query and waits at most timeout_ms, over a connection of its own, and says nothing. True: answered, *ret is
 * REFUSAL_NONE or why not; false: no key, no dispatcher, no answer. */
bool session_probe(const struct session *session, enum query_type query, const void *body, int64_t timeout_ms, enum refusal *ret);

/* Sends one command, with --at and --request where given. As session_ask. */
enum exit_code session_command(struct session *session, enum command_type command, const void *body, struct client_reply *ret);

/* The option of the session's verb by which the user gives a field of its message; NULL: none does. */
const char *session_option_of(const struct session *session, struct text field);

/* Says that no answer came, and what to look at. */
enum exit_code session_not_reachable(const struct session *session);

/* Says that the dispatcher does not admit the key. */
enum exit_code session_key_unknown(const struct session *session);

#endif
