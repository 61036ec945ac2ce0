/*
 * session.c - one run of the command line: its options, its connection, its district
 */
#include "clients/session.h"

#include "clients/verb.h"
#include "config/keys.h"
#include "config/local_time.h"
#include "config/zone.h"
#include "proto/codec.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROTOCOL_MAJOR 1

void session_init(struct session *session)
{
    *session = (struct session){0};
    options_init(&session->options);
}

void session_deinit(struct session *session)
{
    session->client = client_close(session->client);
    session->zone = zone_free(session->zone);
    proto_buffer_deinit(&session->body);
    free(session->input);
}

int session_keys_folder(const struct session *session, char *ret, size_t size)
{
    if (session->options.keys == NULL) {
        return key_file_folder(ret, size);
    }
    int length = snprintf(ret, size, "%s", session->options.keys);
    return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

static enum exit_code say_key_error(int error, const char *what, const char *folder)
{
    if (error == -EACCES) {
        return say(EXIT_NOT_REACHABLE, "%s in %s may not be read, or others may read it too. Make it yours alone: chmod 600.", what,
                   folder);
    }
    if (error == -EBADMSG) {
        return say(EXIT_NOT_REACHABLE, "%s in %s is not a key file of Huying. Make a new one with `huying keys new`.", what,
                   folder);
    }
    say_errno(error, "cannot read %s in %s", what, folder);
    return EXIT_NOT_REACHABLE;
}

/* A key with a slash in it is a file, else a name in the folder. */
static int load_pair(const char *folder, const char *key, struct key_pair *ret)
{
    return strchr(key, '/') != NULL ? keys_load_pair(key, ret) : keys_load_named(folder, key, ret);
}

static enum exit_code load_keys(const struct session *session, struct client_options *options)
{
    char folder[PATH_MAX];
    int rc = session_keys_folder(session, folder, sizeof(folder));
    if (rc < 0) {
        return say(EXIT_NOT_REACHABLE,
                   "there is no home folder to look for keys in. Name the keys folder with --keys or HUYING_KEYS.");
    }
    rc = keys_load_server_public(folder, options->server_key);
    if (rc == -ENOENT) {
        return say(
            EXIT_NOT_REACHABLE,
            "no public key of the dispatcher (server.pub) in %s. The dispatcher makes this folder when it starts for the first "
            "time; name it with --keys or HUYING_KEYS (elsewhere, a folder with a copy of server.pub), your own key with --key.",
            folder);
    }
    if (rc < 0) {
        return say_key_error(rc, "public key of the dispatcher (server.pub)", folder);
    }
    struct key_pair pair;
    rc = load_pair(folder, session->options.key, &pair);
    if (rc == -ENOENT) {
        return say(EXIT_NOT_REACHABLE,
                   "there is no key `%s` (keys folder %s). Name yours with --key or HUYING_KEY: its file, or its name in the keys "
                   "folder; the administrator makes one with `huying keys new`.",
                   session->options.key, folder);
    }
    if (rc < 0) {
        char what[300];
        snprintf(what, sizeof(what), "key `%s`", session->options.key);
        return say_key_error(rc, what, folder);
    }
    memcpy(options->public_key, pair.public_key, sizeof(options->public_key));
    memcpy(options->secret_key, pair.secret_key, sizeof(options->secret_key));
    explicit_bzero(&pair, sizeof(pair));
    return EXIT_DONE;
}

enum exit_code session_client_options(const struct session *session, struct client_options *ret)
{
    *ret = (struct client_options){.url = session->options.server, .timeout_ms = session->options.timeout_ms};
    return session->options.plain ? EXIT_DONE : load_keys(session, ret);
}

enum exit_code session_connect(struct session *session)
{
    if (session->client != NULL) {
        return EXIT_DONE;
    }
    struct client_options options;
    enum exit_code code = session_client_options(session, &options);
    if (code != EXIT_DONE) {
        return code;
    }
    int rc = client_open(&options, &session->client);
    explicit_bzero(&options, sizeof(options));
    if (rc == -EINVAL) {
        return say(EXIT_USAGE,
                   "`%s` is not the address of a dispatcher. Write it like tcp://127.0.0.1:7311 or ipc:///run/huying.sock.",
                   session->options.server);
    }
    if (rc < 0) {
        say_errno(rc, "cannot open a connection to %s", session->options.server);
        return EXIT_NOT_REACHABLE;
    }
    return EXIT_DONE;
}

enum exit_code session_key_unknown(const struct session *session)
{
    return say(EXIT_NOT_REACHABLE,
               "the dispatcher at %s does not admit your key `%s`. Name another with --key or HUYING_KEY, or ask the administrator "
               "to put its "
               ".pub file into the dispatcher's keys folder.",
               session->options.server, session->options.key);
}

enum exit_code session_not_reachable(const struct session *session)
{
    const struct options *o = &session->options;
    const char *keys = o->keys != NULL ? o->keys : "~/.config/huying/keys";
    if (client_connected(session->client)) {
        return say(
            EXIT_NOT_REACHABLE,
            "%s did not answer in time. It is there, but slow or stopping: look at its log, or give it more time with --timeout.",
            o->server);
    }
    if (o->plain) {
        return say(EXIT_NOT_REACHABLE,
                   "no answer from %s. Check that huyingd runs there (it prints `ready`), that --server or HUYING_SERVER names the "
                   "address it listens on, and that it was started with --plain as you were.",
                   o->server);
    }
    return say(
        EXIT_NOT_REACHABLE,
        "no answer from %s. Check that huyingd runs there (it prints `ready`), that --server or HUYING_SERVER names the address "
        "it listens on, and that it knows your key `%s` (folder %s).",
        o->server, o->key, keys);
}

const char *session_option_of(const struct session *session, struct text field)
{
    const struct verb_word *at = session->verb == NULL ? NULL : session->verb->options;
    for (; at != NULL && at->name != NULL; at++) {
        if (at->field != NULL && text_equal(field, text_of(at->field))) {
            return at->name;
        }
    }
    return NULL;
}

/* Says it, and for want of a role which ones the key has, once they are known. */
static enum exit_code refused(const struct session *session, const struct reply *reply)
{
    if (session->quiet) {
        return say_exit_code(reply->refusal);
    }
    enum exit_code code = say_refused(reply, session_option_of(session, reply->field));
    if (reply->refusal == REFUSAL_NO_ROLE && !session->options.json && session->actor[0] != '\0') {
        say(code, "your key `%s` has the roles: %s. Name another with --key.", session->actor, session->roles);
    }
    return code;
}

static enum exit_code send_and_wait(struct session *session, const struct shape *shape, const void *body,
                                    struct client_request *request, struct client_reply *ret)
{
    enum exit_code code = session_connect(session);
    if (code != EXIT_DONE) {
        return code;
    }
    proto_buffer_clear(&session->body);
    int rc = client_body_from_shape(shape, body, &session->body);
    if (rc == -EILSEQ) {
        return say(EXIT_USAGE, "an argument is not UTF-8 text. Set the terminal to UTF-8 and write it again.");
    }
    if (rc < 0) {
        return say_errno(rc, "cannot write the request");
    }
    request->body = session->body.data;
    request->body_size = session->body.size;
    rc = client_call(session->client, request, ret);
    if (rc == -EINVAL) {
        return say(EXIT_USAGE, "`%s` is not a request id: use 1 to 64 visible ASCII characters.", request->request_id);
    }
    if (rc == -ETIMEDOUT || (rc == 0 && ret->error == -ETIMEDOUT)) {
        return session_not_reachable(session);
    }
    if (rc == -EACCES || (rc == 0 && ret->error == -EACCES)) {
        return session_key_unknown(session);
    }
    if (rc < 0) {
        return say_errno(rc, "the question to %s failed", session->options.server);
    }
    return ret->reply.ok ? EXIT_DONE : refused(session, &ret->reply);
}

enum exit_code session_ask(struct session *session, enum query_type query, const void *body, struct client_reply *ret)
{
    const struct query_info *info = query_info(query);
    struct client_request request = {.name = info->name};
    return send_and_wait(session, info->shape, body, &request, ret);
}

bool session_probe(const struct session *session, enum query_type query, const void *body, int64_t timeout_ms, enum refusal *ret)
{
    struct client_options options = {.url = session->options.server, .timeout_ms = timeout_ms};
    struct key_pair pair = {0};
    char folder[PATH_MAX];
    if (!session->options.plain) {
        if (session_keys_folder(session, folder, sizeof(folder)) < 0 || keys_load_server_public(folder, options.server_key) < 0 ||
            load_pair(folder, session->options.key, &pair) < 0) {
            return false;
        }
        memcpy(options.public_key, pair.public_key, sizeof(options.public_key));
        memcpy(options.secret_key, pair.secret_key, sizeof(options.secret_key));
    }
    const struct query_info *info = query_info(query);
    struct client_request request = {.name = info->name};
    struct client_reply reply = {0};
    struct client *client = NULL;
    struct proto_buffer bytes = {0};
    bool answered = client_open(&options, &client) == 0 && client_body_from_shape(info->shape, body, &bytes) == 0;
    request.body = bytes.data;
    request.body_size = bytes.size;
    answered = answered && client_call(client, &request, &reply) == 0 && reply.error == 0;
    *ret = answered && !reply.reply.ok ? reply.reply.refusal : REFUSAL_NONE;
    client_close(client);
    proto_buffer_deinit(&bytes);
    explicit_bzero(&options, sizeof(options));
    explicit_bzero(&pair, sizeof(pair));
    return answered;
}

enum exit_code session_command(struct session *session, enum command_type command, const void *body, struct client_reply *ret)
{
    const struct command_info *info = command_info(command);
    struct client_request request = {.name = info->name, .request_id = session->options.request};
    if (session->options.at != NULL) {
        enum exit_code code = session_instant(session, "--at", session->options.at, &request.at_ms);
        if (code != EXIT_DONE) {
            return code;
        }
        request.has_at = true;
    }
    return send_and_wait(session, info->shape, body, &request, ret);
}

enum exit_code session_hello(struct session *session)
{
    if (session->zone != NULL) {
        return EXIT_DONE;
    }
    struct hello_query hello = {.given = HELLO_HAS_MAJOR, .major = PROTOCOL_MAJOR};
    struct client_reply reply;
    enum exit_code code = session_ask(session, QUERY_HELLO, &hello, &reply);
    if (code != EXIT_DONE) {
        return code;
    }
    struct codec_fault fault;
    if (!codec_decode_map(&reply.reply.body, &hello_reply_shape, &session->hello, &fault)) {
        return say(EXIT_FAILED, "the dispatcher's greeting cannot be read (field %s). Are both of the same version?",
                   fault.field != NULL ? fault.field : "?");
    }
    snprintf(session->district_zone, sizeof(session->district_zone), "%.*s", (int)session->hello.tz.size, session->hello.tz.at);
    snprintf(session->actor, sizeof(session->actor), "%.*s", (int)session->hello.actor.size, session->hello.actor.at);
    snprintf(session->roles, sizeof(session->roles), "%.*s", (int)session->hello.roles.size, session->hello.roles.at);
    session->hello.tz = text_of(session->district_zone);
    session->hello.roles = text_of(session->roles);
    session->hello.actor = text_of(session->actor);
    session->hello.server = text_of(NULL);
    int rc = zone_load(NULL, session->district_zone, &session->zone);
    if (rc < 0) {
        return say(EXIT_FAILED, "the district's zone %s is not known on this machine. Install the package tzdata.",
                   session->district_zone);
    }
    return EXIT_DONE;
}

enum exit_code session_instant(struct session *session, const char *name, const char *text, int64_t *ret_at_ms)
{
    int rc = local_time_read(text, session->zone, ret_at_ms);
    if (rc == -ENODATA) {
        enum exit_code code = session_hello(session);
        if (code != EXIT_DONE) {
            return code;
        }
        rc = local_time_read(text, session->zone, ret_at_ms);
    }
    if (rc == -ERANGE) {
        return say(EXIT_USAGE,
                   "%s: `%s` does not exist in %s: the clocks skip it (daylight saving). Write it with its offset, such as "
                   "2011-10-01T08:30:00-04:00.",
                   name, text, session->district_zone);
    }
    if (rc < 0) {
        return say(EXIT_USAGE,
                   "%s: `%s` is not a date and time. Write 2011-10-01, \"2011-10-01 08:30\" or 2011-10-01T08:30:00-04:00.", name,
                   text);
    }
    return EXIT_DONE;
}

/* Line ends become \n; the last ones go. */
static size_t even_lines(char *text, size_t size)
{
    size_t kept = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '\r' || i + 1 == size || text[i + 1] != '\n') {
            text[kept++] = text[i];
        }
    }
    while (kept > 0 && text[kept - 1] == '\n') {
        kept--;
    }
    return kept;
}

enum exit_code session_input(struct session *session, const char *name, size_t max, struct text *ret)
{
    static const char mark[] = "\xef\xbb\xbf";
    const size_t most = 2 * max + sizeof(mark); /* as many line ends as there can be, of two bytes */
    size_t size = 0;
    if (session->input != NULL) {
        return say(EXIT_USAGE, "%s: standard input is read once: give `-` for one text only.", name);
    }
    session->input = malloc(most + 1);
    if (session->input == NULL) {
        return say(EXIT_FAILED, "out of memory");
    }
    if (isatty(STDIN_FILENO)) {
        fprintf(stderr, "Write the text; Ctrl-D on a line of its own ends it.\n");
    }
    while (size <= most) {
        ssize_t got = read(STDIN_FILENO, session->input + size, most + 1 - size);
        if (got == 0) {
            break;
        }
        if (got < 0 && errno != EINTR) {
            return say_errno(-errno, "%s: standard input cannot be read", name);
        }
        size += got > 0 ? (size_t)got : 0;
    }
    char *text = session->input;
    if (size >= sizeof(mark) - 1 && memcmp(text, mark, sizeof(mark) - 1) == 0) {
        text += sizeof(mark) - 1;
        size -= sizeof(mark) - 1;
    }
    size = even_lines(text, size);
    if (size > max) {
        return say(EXIT_USAGE, "%s: at most %zu bytes are allowed, standard input has more.", name, max);
    }
    if (size == 0) {
        return say(EXIT_USAGE, "%s: standard input is empty. Write the text into it, or as the argument itself.", name);
    }
    if (memchr(text, '\0', size) != NULL) {
        return say(EXIT_USAGE, "%s: standard input is not text: it has NUL bytes.", name);
    }
    if (!codec_text_valid(text, size)) {
        return say(EXIT_USAGE,
                   "%s: standard input is not UTF-8 text, or has control characters: save it as UTF-8 and send it again.", name);
    }
    *ret = (struct text){.at = text, .size = (uint32_t)size};
    return EXIT_DONE;
}
