/*
 * replay_send.c - the commands of a replay, many on their way at once
 *
 * Opening a case: submit, route by hand where no row of the list fits, raise_call, dispatch_call. Closing it: the department signs,
 * arrives, finishes; the lead signs, answers. The commands of a closing name the case by its id, which the answer to the submit
 * has brought by then; so the same file gives the same bytes each time, and the request ids hold.
 */
#include "clients/replay_send.h"

#include "base/i18n.h"
#include "config/local_time.h"
#include "config/zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define WORD_MAX 8     /* longest word of a request id */
#define COMMAND_BITS 6 /* of a tag: command; the rest is the row */
_Static_assert(COMMAND_TYPE_MAX < 1 << COMMAND_BITS, "a command fits its bits of the tag");

struct sender {
    struct session *session;
    const struct replay_map *map;
    struct replay_plan *plan;
    struct replay_sum *sum;
    const struct replay_options *options;
    int64_t now_ms; /* the dispatcher's instant at the beginning */
    uint64_t steps_done;
    int64_t at_ms; /* of the step under way */
    struct progress progress;
};

static void show(struct sender *sender)
{
    char when[INSTANT_SIZE];
    if (!sender->progress.terminal && !sender->options->progress) {
        return;
    }
    progress_show(&sender->progress, sender->steps_done, local_time_print_plain(sender->at_ms, sender->map->zone, when));
}

static enum exit_code note_refusal(struct sender *sender, uint32_t row, enum command_type command, const struct reply *reply)
{
    struct replay_sum *sum = sender->sum;
    char what[700];
    bool of_row = row < sender->plan->row_count;
    const char *name = command_info(command)->name;
    sum->refused++;
    if (sum->failure_count < REPLAY_LISTED_MAX) {
        struct replay_failure *failure = &sum->failures[sum->failure_count++];
        failure->line = of_row ? sender->plan->rows[row].line : 0;
        snprintf(failure->id, sizeof(failure->id), "%s", of_row ? sender->plan->rows[row].id : "-");
        failure->command = command;
        snprintf(failure->code, sizeof(failure->code), "%.*s", (int)reply->code.size, reply->code.at);
        snprintf(failure->message, sizeof(failure->message), "%.*s%s%.*s", (int)reply->message.size, reply->message.at,
                 reply->field.size > 0 ? _(" field: ") : "", (int)reply->field.size, reply->field.at);
    }
    char sentence[SAY_WORDS_SIZE], hint[SAY_WORDS_SIZE];
    snprintf(what, sizeof(what), _("The dispatcher refused `%s`: %s %s"), name, say_words(reply->message, sentence),
             say_words(reply->hint, hint));
    int rc = of_row ? replay_plan_reject(sender->plan, row, reply->code, reply->field, what) : 0;
    return rc < 0 ? say_errno(rc, "a refused row cannot be kept") : EXIT_DONE;
}

/* Counts what was done, and keeps the case's id. */
static enum exit_code note_done(struct sender *sender, uint32_t row, enum command_type command, const struct reply *reply)
{
    struct command_answer answer;
    struct codec_fault fault;
    if (!codec_decode_map(&reply->body, &command_answer_shape, &answer, &fault)) {
        return say(EXIT_FAILED, "the dispatcher's answer cannot be read (field %s)", fault.field == NULL ? "?" : fault.field);
    }
    sender->sum->now_ms = answer.at;
    sender->sum->opened += command == COMMAND_SUBMIT;
    sender->sum->called += command == COMMAND_DISPATCH_CALL;
    sender->sum->closed += command == COMMAND_ANSWER;
    if (command == COMMAND_SUBMIT) {
        sender->plan->rows[row].case_id = answer.case_id;
    }
    return EXIT_DONE;
}

/* Waits for one answer. */
static enum exit_code take_answer(struct sender *sender)
{
    struct client_reply reply;
    int rc = client_receive(sender->session->client, -1, &reply);
    if (rc == 0 && reply.error == -ETIMEDOUT) {
        progress_clear(&sender->progress);
        return session_not_reachable(sender->session);
    }
    if (rc == -EACCES) {
        return session_key_unknown(sender->session);
    }
    if (rc < 0) {
        return rc == -EAGAIN ? EXIT_DONE : say_errno(rc, "no answer from %s", sender->session->options.server);
    }
    uint32_t row = (uint32_t)(reply.tag >> COMMAND_BITS);
    enum command_type command = (enum command_type)(reply.tag & ((1U << COMMAND_BITS) - 1));
    show(sender);
    if (reply.reply.ok) {
        return note_done(sender, row, command, &reply.reply);
    }
    if (command == COMMAND_SUBMIT) {
        sender->plan->rows[row].failed = true;
    }
    return note_refusal(sender, row, command, &reply.reply);
}

static enum exit_code make_room(struct sender *sender, uint32_t limit)
{
    enum exit_code code = EXIT_DONE;
    while (code == EXIT_DONE && client_in_flight(sender->session->client) >= limit) {
        code = take_answer(sender);
    }
    return code;
}

/* `district-row-command`; an id that would be too long for it stands there by its hash. */
static void print_request_id(const struct sender *sender, uint32_t row, const char *word, char ret[2 * CAP_REQUEST_SIZE])
{
    const struct code *district = &sender->map->district;
    const char *id = sender->plan->rows[row].id;
    int size = (int)strnlen(district->s, CODE_SIZE);
    if ((size_t)size + 1 + strlen(id) + 1 + WORD_MAX <= CAP_REQUEST_SIZE) {
        snprintf(ret, 2 * CAP_REQUEST_SIZE, "%.*s-%s-%s", size, district->s, id, word);
    } else {
        snprintf(ret, 2 * CAP_REQUEST_SIZE, "%.*s-%016llx-%s", size, district->s, (unsigned long long)XXH64(id, strlen(id), 0),
                 word);
    }
}

/* Sends one command at the step's instant. `word` tells two commands of one kind apart in the request id. */
static enum exit_code send_command(struct sender *sender, uint32_t row, enum command_type command, const char *word,
                                   const void *body)
{
    char id[2 * CAP_REQUEST_SIZE];
    const struct command_info *info = command_info(command);
    struct proto_buffer *buffer = &sender->session->body;
    enum exit_code code = make_room(sender, sender->options->in_flight);
    if (code != EXIT_DONE) {
        return code;
    }
    proto_buffer_clear(buffer);
    int rc = client_body_from_shape(info->shape, body, buffer);
    if (rc == 0) {
        print_request_id(sender, row, word, id);
        const struct client_request request = {.name = info->name,
                                               .has_at = true,
                                               .at_ms = sender->at_ms,
                                               .request_id = id,
                                               .body = buffer->data,
                                               .body_size = buffer->size,
                                               .tag = (uint64_t)row << COMMAND_BITS | (uint64_t)command};
        rc = client_send(sender->session->client, &request);
    }
    if (rc < 0) {
        return say_errno(rc, "line %u of the file: the command %s cannot be sent", sender->plan->rows[row].line, info->name);
    }
    sender->sum->commands++;
    return EXIT_DONE;
}

static int compare_matter(const void *key, const void *at)
{
    return memcmp(key, &((const struct matter *)at)->code, CODE_SIZE);
}

/* A file of requests has no words of the citizen: the matter's name stands for them. */
static struct text title_of(const struct replay_map *map, const struct code *matter)
{
    const struct matter *found =
        map->matter_count > 0 ? bsearch(matter, map->matters, map->matter_count, sizeof(*found), compare_matter) : NULL;
    return found != NULL && found->name[0] != '\0' ? text_of(found->name) : text_of_code(matter);
}

static enum exit_code send_submit(struct sender *sender, uint32_t index)
{
    const struct replay_row *row = &sender->plan->rows[index];
    const struct replay_codes codes = replay_plan_codes(sender->plan, index);
    struct submit_command body = {
        .given = SUBMIT_HAS_KIND | SUBMIT_HAS_CHANNEL | SUBMIT_HAS_MATTER | SUBMIT_HAS_PLACE | SUBMIT_HAS_ANONYMOUS |
                 SUBMIT_HAS_TITLE | SUBMIT_HAS_REFERENCE | SUBMIT_HAS_GIVEN_LIMIT,
        .kind = sender->map->kind,
        .channel = (enum channel)row->channel,
        .matter = codes.matter,
        .place = codes.place,
        .title = title_of(sender->map, &codes.matter),
        .anonymous = sender->map->anonymous,
        .reference = text_of(row->id),
        .given_limit = true,
        .limit_at = row->target_ms,
    };
    if (row->target_ms != 0) {
        body.given |= SUBMIT_HAS_LIMIT_AT;
    }
    return send_command(sender, index, COMMAND_SUBMIT, "submit", &body);
}

static enum exit_code send_route(struct sender *sender, uint32_t index, struct text submitted)
{
    const struct route_command body = {.given = ROUTE_HAS_SUBMITTED | ROUTE_HAS_UNIT | ROUTE_HAS_REASON,
                                       .submitted = submitted,
                                       .unit = replay_plan_codes(sender->plan, index).by_hand,
                                       .reason = text_of("No row of the list fits this matter at this place.")};
    return send_command(sender, index, COMMAND_ROUTE, "route", &body);
}

static enum exit_code send_call(struct sender *sender, uint32_t index, struct text submitted)
{
    const struct replay_row *row = &sender->plan->rows[index];
    struct raise_call_command raise = {.given = RAISE_CALL_HAS_SUBMITTED | RAISE_CALL_HAS_REASON | RAISE_CALL_HAS_GIVEN_LIMIT,
                                       .submitted = submitted,
                                       .reason = CALL_REASON_UNSOLVABLE_HERE,
                                       .given_limit = true,
                                       .limit_at = row->target_ms};
    if (row->target_ms != 0) {
        raise.given |= RAISE_CALL_HAS_LIMIT_AT;
    }
    const struct dispatch_call_command dispatch = {.given = DISPATCH_CALL_HAS_SUBMITTED | DISPATCH_CALL_HAS_UNITS |
                                                            DISPATCH_CALL_HAS_REASON,
                                                   .submitted = submitted,
                                                   .units = {.count = 1, .at = {replay_plan_codes(sender->plan, index).department}},
                                                   .reason = text_of("The department that handled this request.")};
    enum exit_code code = send_command(sender, index, COMMAND_RAISE_CALL, "call", &raise);
    return code == EXIT_DONE ? send_command(sender, index, COMMAND_DISPATCH_CALL, "dispatch", &dispatch) : code;
}

static enum exit_code open_case(struct sender *sender, uint32_t index)
{
    char id[2 * CAP_REQUEST_SIZE];
    const struct replay_row *row = &sender->plan->rows[index];
    print_request_id(sender, index, "submit", id);
    struct text submitted = text_of(id);
    enum exit_code code = send_submit(sender, index);
    if (code == EXIT_DONE && !sender->plan->routes[row->route].fits) {
        code = send_route(sender, index, submitted);
    }
    return code == EXIT_DONE ? send_call(sender, index, submitted) : code;
}

static enum exit_code close_call(struct sender *sender, uint32_t index, uint64_t case_id, struct text text)
{
    const struct code department = replay_plan_codes(sender->plan, index).department;
    const struct sign_command sign = {
        .given = SIGN_HAS_CASE | SIGN_HAS_UNIT | SIGN_HAS_KIND, .case_id = case_id, .unit = department, .kind = DUTY_KIND_RESPOND};
    const struct arrive_command arrive = {.given = ARRIVE_HAS_CASE | ARRIVE_HAS_UNIT, .case_id = case_id, .unit = department};
    const struct finish_call_command finish = {.given = FINISH_CALL_HAS_CASE | FINISH_CALL_HAS_UNIT | FINISH_CALL_HAS_CODE |
                                                        FINISH_CALL_HAS_TEXT,
                                               .case_id = case_id,
                                               .unit = department,
                                               .code = FINISH_CODE_SOLVED,
                                               .text = text};
    enum exit_code code = send_command(sender, index, COMMAND_SIGN, "respond", &sign);
    if (code == EXIT_DONE) {
        code = send_command(sender, index, COMMAND_ARRIVE, "arrive", &arrive);
    }
    return code == EXIT_DONE ? send_command(sender, index, COMMAND_FINISH_CALL, "finish", &finish) : code;
}

static enum exit_code send_closing(struct sender *sender, uint32_t index, uint64_t case_id)
{
    const char *text = NULL;
    int rc = replay_plan_answer(sender->plan, index, &text);
    if (rc == -ESTALE) {
        return say(EXIT_FAILED, "%s has changed since it was read. Run the same command again: what is there is not sent again.",
                   sender->plan->sheet->file);
    }
    if (rc < 0) {
        return say_errno(rc, "line %u of the file cannot be read again", sender->plan->rows[index].line);
    }
    const struct sign_command sign = {.given = SIGN_HAS_CASE | SIGN_HAS_KIND, .case_id = case_id, .kind = DUTY_KIND_LEAD};
    const struct answer_command answer = {.given = ANSWER_HAS_CASE | ANSWER_HAS_CODE | ANSWER_HAS_TEXT,
                                          .case_id = case_id,
                                          .code = sender->map->answer_code,
                                          .text = text_of(text)};
    enum exit_code code = close_call(sender, index, case_id, answer.text);
    if (code == EXIT_DONE) {
        code = send_command(sender, index, COMMAND_SIGN, "lead", &sign);
    }
    return code == EXIT_DONE ? send_command(sender, index, COMMAND_ANSWER, "answer", &answer) : code;
}

static enum exit_code close_case(struct sender *sender, uint32_t index)
{
    const struct replay_row *row = &sender->plan->rows[index];
    enum exit_code code = EXIT_DONE;
    while (code == EXIT_DONE && row->case_id == 0 && !row->failed) {
        code = take_answer(sender);
    }
    if (code != EXIT_DONE || !row->failed) {
        return code != EXIT_DONE ? code : send_closing(sender, index, row->case_id);
    }
    sender->sum->skipped += 5;
    return EXIT_DONE;
}

/* The end of the replay is an instant of its own: rungs up to it fire, and figures are as of it. */
static enum exit_code advance(struct sender *sender)
{
    char id[2 * CAP_REQUEST_SIZE];
    const struct code *district = &sender->map->district;
    const struct advance_command body = {.given = ADVANCE_HAS_TO, .to = sender->plan->until_ms};
    struct proto_buffer *buffer = &sender->session->body;
    struct client_reply reply;
    struct command_answer answer;
    struct codec_fault fault;
    proto_buffer_clear(buffer);
    if (client_body_from_shape(&advance_command_shape, &body, buffer) < 0) {
        return say(EXIT_FAILED, "out of memory");
    }
    snprintf(id, sizeof(id), "%.*s-until-%lld", (int)strnlen(district->s, CODE_SIZE), district->s, (long long)body.to);
    const struct client_request request = {.name = "advance", .request_id = id, .body = buffer->data, .body_size = buffer->size};
    int rc = client_call(sender->session->client, &request, &reply);
    if (rc == -ETIMEDOUT || (rc == 0 && reply.error == -ETIMEDOUT)) {
        return session_not_reachable(sender->session);
    }
    if (rc < 0) {
        return say_errno(rc, "the clock cannot be moved");
    }
    sender->sum->commands++;
    if (!reply.reply.ok) {
        return note_refusal(sender, UINT32_MAX, COMMAND_ADVANCE, &reply.reply);
    }
    if (codec_decode_map(&reply.reply.body, &command_answer_shape, &answer, &fault)) {
        sender->sum->now_ms = answer.at;
    }
    return EXIT_DONE;
}

/* A step before the dispatcher's instant: it is there from an earlier run, or can never be. */
static enum exit_code pass_over(struct sender *sender, const struct replay_step *step)
{
    struct replay_row *row = &sender->plan->rows[step->row];
    bool late = step->closes ? !row->answered : !row->there;
    row->failed = row->failed || !row->there;
    sender->sum->opened_before += !step->closes && row->there;
    sender->sum->closed_before += step->closes && row->answered;
    sender->sum->too_late += late;
    int rc =
        !late ? 0
              : replay_plan_reject(sender->plan, step->row, text_of(refusal_infos[REFUSAL_CLOCK].code),
                                   text_of(step->closes ? sender->map->columns.closed : sender->map->columns.opened),
                                   _("The dispatcher's clock stands after this time, and drill time never goes back. A replay from "
                                     "the beginning needs a dispatcher with a fresh data folder."));
    return rc < 0 ? say_errno(rc, "a row that is too late cannot be kept") : EXIT_DONE;
}

enum exit_code replay_send(struct session *session, const struct replay_map *map, struct replay_plan *plan, int64_t now_ms,
                           const struct replay_options *options, struct replay_sum *ret)
{
    *ret = (struct replay_sum){.now_ms = now_ms};
    struct sender sender = {
        .session = session, .map = map, .plan = plan, .sum = ret, .options = options, .now_ms = now_ms, .at_ms = now_ms};
    progress_init(&sender.progress, "replay, commands", plan->step_count);
    enum exit_code code = EXIT_DONE;
    for (uint32_t i = 0; i < plan->step_count && code == EXIT_DONE; i++) {
        const struct replay_step *step = &plan->steps[i];
        if (step->at_ms < now_ms) {
            code = pass_over(&sender, step);
            continue;
        }
        sender.at_ms = step->at_ms;
        code = step->closes ? close_case(&sender, step->row) : open_case(&sender, step->row);
        sender.steps_done = i + 1;
    }
    if (code == EXIT_DONE) {
        code = make_room(&sender, 1);
    }
    if (code == EXIT_DONE && plan->until_ms > now_ms) {
        code = advance(&sender);
    }
    progress_clear(&sender.progress);
    ret->seconds = progress_seconds(&sender.progress);
    return code;
}

static enum exit_code take_route(struct session *session, struct replay_plan *plan)
{
    struct client_reply reply;
    struct explain_route_reply route;
    struct codec_fault fault;
    int rc = client_receive(session->client, -1, &reply);
    if (rc == -EAGAIN) {
        return EXIT_DONE;
    }
    if (rc < 0) {
        return say_errno(rc, "no answer from %s", session->options.server);
    }
    if (reply.error == -ETIMEDOUT) {
        return session_not_reachable(session);
    }
    if (!reply.reply.ok) {
        return say_refused(&reply.reply, NULL);
    }
    if (!codec_decode_map(&reply.reply.body, &explain_route_reply_shape, &route, &fault)) {
        return say(EXIT_FAILED, "the dispatcher's answer cannot be read (field %s)", fault.field == NULL ? "?" : fault.field);
    }
    plan->routes[reply.tag].fits = !code_empty(&route.lead);
    return EXIT_DONE;
}

static struct code route_matter(const struct replay_plan *plan, uint32_t i)
{
    int32_t matter = plan->routes[i].matter;
    return matter >= 0 ? plan->map->matters[matter].code : (struct code){"unknown"};
}

static struct code route_place(const struct replay_plan *plan, uint32_t i)
{
    int32_t place = plan->routes[i].place;
    return place >= 0 ? plan->map->units[place].code : plan->map->district;
}

enum exit_code replay_ask_routes(struct session *session, struct replay_plan *plan, uint32_t in_flight)
{
    enum exit_code code = EXIT_DONE;
    struct proto_buffer *buffer = &session->body;
    for (uint32_t i = 0; i < plan->route_count && code == EXIT_DONE; i++) {
        const struct explain_route_query body = {.given = EXPLAIN_ROUTE_HAS_MATTER | EXPLAIN_ROUTE_HAS_PLACE,
                                                 .matter = route_matter(plan, i),
                                                 .place = route_place(plan, i)};
        while (code == EXIT_DONE && client_in_flight(session->client) >= in_flight) {
            code = take_route(session, plan);
        }
        if (code != EXIT_DONE) {
            break;
        }
        proto_buffer_clear(buffer);
        int rc = client_body_from_shape(&explain_route_query_shape, &body, buffer);
        const struct client_request request = {.name = "explain_route", .body = buffer->data, .body_size = buffer->size, .tag = i};
        if (rc == 0) {
            rc = client_send(session->client, &request);
        }
        if (rc < 0) {
            code = say_errno(rc, "the list cannot be asked");
        }
    }
    while (code == EXIT_DONE && client_in_flight(session->client) > 0) {
        code = take_route(session, plan);
    }
    return code;
}
