/* notify_replay.c - dead letters are sent again */
#include "workers/notify.h"

#include "proto/client/view.h"
#include "workers/dead.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW 500

struct replay {
    const struct notify_options *options;
    uv_loop_t loop;
    struct log *log;
    struct http *http;
    uv_timer_t wake;
    struct courier_target targets[HOOKS_MAX];
    struct courier *couriers[HOOKS_MAX];
    FILE *file;
    char *line; /* of getline */
    size_t line_room;
    uint64_t ordinal; /* of the line: the order in which letters died */
    size_t outstanding;
    uint64_t sent, failed;
    int error; /* writing a letter back failed: the file is kept */
    bool ended, reading;
};

/* Puts a line back among the dead. */
static int put_back(struct replay *replay, const char *line, size_t size)
{
    int rc = dead_append(replay->options->replay_dead, line, size);

    if (rc < 0) {
        replay->error = rc;
    } else {
        replay->failed++;
    }
    return rc;
}

static int find_hook(const struct replay *replay, const char *name)
{
    for (uint32_t i = 0; i < replay->options->hook_count; i++) {
        if (strcmp(replay->options->hooks[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static bool add_letter(struct replay *replay, const json_t *letter)
{
    int hook = find_hook(replay, view_text(letter, "hook"));
    struct parcel *parcel = calloc(1, sizeof(*parcel));

    if (hook < 0 || parcel == NULL || view_text(letter, "body")[0] == '\0' || view_text(letter, "id")[0] == '\0') {
        free(parcel);
        return false;
    }
    parcel->target = &replay->targets[hook];
    parcel->id = strdup(view_text(letter, "id"));
    parcel->type = strdup(view_text(letter, "type"));
    parcel->number = strdup(view_text(letter, "number"));
    parcel->body = strdup(view_text(letter, "body"));
    parcel->owner = (void *)(uintptr_t)view_number(letter, "seq");
    if (parcel->id == NULL || parcel->type == NULL || parcel->number == NULL || parcel->body == NULL ||
        courier_add(replay->couriers[hook], parcel, replay->ordinal, (uint64_t)view_number(letter, "case")) < 0) {
        parcel_free(parcel);
        return false;
    }
    replay->outstanding++;
    return true;
}

static void end(struct replay *replay)
{
    replay->ended = true;
    for (uint32_t i = 0; i < replay->options->hook_count; i++) {
        courier_close(replay->couriers[i]);
    }
    http_close(replay->http);
    uv_close((uv_handle_t *)&replay->wake, NULL);
}

/* Reads on as long as there is room. */
static void read_on(struct replay *replay)
{
    if (replay->reading || replay->ended) {
        return;
    }
    replay->reading = true;
    while (replay->outstanding < WINDOW) {
        ssize_t size = getline(&replay->line, &replay->line_room, replay->file);

        if (size < 0) {
            break;
        }
        if (replay->line[size - 1] == '\n') {
            size--;
        }
        replay->ordinal++;
        json_t *letter = size > 0 && size <= DEAD_LINE_MAX ? json_loadb(replay->line, (size_t)size, 0, NULL) : NULL;
        if (size > 0 && (letter == NULL || !add_letter(replay, letter))) {
            log_say(replay->log, LOG_LEVEL_ERROR, "letter_unread", "line %llu is not a letter of a known hook; it is kept",
                    (unsigned long long)replay->ordinal);
            put_back(replay, replay->line, (size_t)size);
        }
        json_decref(letter);
    }
    replay->reading = false;
    for (uint32_t i = 0; i < replay->options->hook_count && !replay->ended; i++) {
        courier_run(replay->couriers[i]);
    }
    if (replay->outstanding == 0 && !replay->ended) {
        end(replay);
    }
}

static void on_wake(uv_timer_t *timer)
{
    read_on(timer->data);
}

static int on_dead(void *arg, const struct parcel *parcel)
{
    struct replay *replay = arg;
    char *line = hook_dead_line(parcel, (uint64_t)(uintptr_t)parcel->owner, parcel->entry->case_id);
    int rc = line == NULL ? -ENOMEM : put_back(replay, line, strlen(line));

    free(line);
    if (rc == 0) {
        replay->sent--; /* on_progress counts it as sent */
    }
    return rc;
}

/* The courier that calls this goes on with itself: reading on, and ending, come from the loop. */
static void on_progress(void *arg)
{
    struct replay *replay = arg;

    replay->sent++;
    replay->outstanding--;
    uv_timer_start(&replay->wake, on_wake, 0, 0);
}

static const struct courier_owner courier_owner = {.on_dead = on_dead, .on_progress = on_progress};

static int open_all(struct replay *replay)
{
    const struct notify_options *options = replay->options;
    const struct http_options http = notify_http(options);

    uv_timer_init(&replay->loop, &replay->wake);
    replay->wake.data = replay;
    if (http_open(&replay->loop, &http, &replay->http) < 0) {
        return EXIT_FAILED;
    }
    for (uint32_t i = 0; i < options->hook_count; i++) {
        replay->targets[i] = (struct courier_target){.name = options->hooks[i].name, .url = options->hooks[i].url};
        int rc = signature_load(options->hooks[i].secret, &replay->targets[i].secret);
        if (rc < 0) {
            return notify_say_secret(&options->hooks[i], rc);
        }
        replay->couriers[i] = courier_new(&replay->loop, replay->http, replay->log, &options->policy, &courier_owner, replay);
        if (replay->couriers[i] == NULL) {
            return EXIT_FAILED;
        }
    }
    return EXIT_DONE;
}

static int send_again(struct replay *replay, const char *taken)
{
    int code = open_all(replay);

    if (code == EXIT_DONE) {
        read_on(replay);
    } else {
        end(replay);
    }
    uv_run(&replay->loop, UV_RUN_DEFAULT);
    if (code == EXIT_DONE && replay->error == 0 && unlink(taken) < 0) {
        replay->error = -errno;
    }
    if (code != EXIT_DONE) {
        return code;
    }
    log_say(replay->log, LOG_LEVEL_NOTICE, "replayed", "%llu letters delivered, %llu kept", (unsigned long long)replay->sent,
            (unsigned long long)replay->failed);
    return replay->error < 0 ? EXIT_FAILED : replay->failed > 0 ? EXIT_REFUSED : EXIT_DONE;
}

int notify_replay(const struct notify_options *options)
{
    struct replay replay = {.options = options};
    char *taken = NULL;
    int rc = sodium_init() < 0 ? -ENOSYS : dead_take(options->replay_dead, &taken), code = EXIT_FAILED;

    if (rc == 0) {
        replay.file = fopen(taken, "re");
    }
    replay.log = log_new(2, LOG_LEVEL_WARNING, WORKER_LOG_LINES);
    if (rc < 0 || replay.file == NULL || replay.log == NULL || uv_loop_init(&replay.loop) < 0) {
        fprintf(stderr, "huying-notify: %s: %s\n", options->replay_dead, strerror(rc < 0 ? -rc : errno));
    } else {
        code = send_again(&replay, taken);
        uv_loop_close(&replay.loop);
    }
    if (replay.file != NULL) {
        fclose(replay.file);
    }
    free(replay.line);
    free(taken);
    log_free(replay.log);
    return rc == -ENOENT ? EXIT_USAGE : code;
}
