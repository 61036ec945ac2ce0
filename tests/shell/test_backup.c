/* test_backup.c - a backup by the real program's thread pool: asked for, told, ended with the process. */
#include "tests/shell/process.h"
#include "tests/suite.h"

#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static struct process server;
static void *context, *client;
static char backups[128];

static void setup(void)
{
    const int patience = PROCESS_PATIENCE_MS, now = 0;
    process_folder_make();
    snprintf(backups, sizeof(backups), "%s/backups", process_folder);
    const char *const arguments[] = {"--plain", "--backups", backups, NULL};
    process_start(&server, arguments);
    process_ready(&server);
    context = zmq_ctx_new();
    client = zmq_socket(context, ZMQ_DEALER);
    zmq_setsockopt(client, ZMQ_RCVTIMEO, &patience, sizeof(patience));
    zmq_setsockopt(client, ZMQ_LINGER, &now, sizeof(now));
    ck_assert_int_eq(zmq_connect(client, server.listen), 0);
}

static void teardown(void)
{
    zmq_close(client);
    zmq_ctx_term(context);
    process_folder_remove();
}

/* Names in the folder of backups, one behind the other. */
static const char *made(void)
{
    static char names[256];
    DIR *folder = opendir(backups);
    struct dirent *entry;
    names[0] = '\0';
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            strncat(names, entry->d_name, sizeof(names) - strlen(names) - 1);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return names;
}

static const char begin[] = "\x81\xa5start\xa3one";

START_TEST(asked_for_and_told)
{
    size_t size;
    const void *body = process_submit("no light", &size);
    ck_assert(process_ask(client, "r1", "submit", body, size)->ok);
    ck_assert(process_ask(client, "b1", "backup", begin, sizeof(begin) - 1)->ok);
    process_line(&server, "backup_done");
    const struct reply *reply = process_ask(client, "b2", "backup", NULL, 0);
    const msgpack_object *done = reply_field(&reply->body, "done");
    ck_assert(done != NULL && done->type == MSGPACK_OBJECT_BOOLEAN && done->via.boolean);
    uint64_t seq = process_number(reply, "seq");
    ck_assert_uint_eq(process_number(process_ask(client, "h", "hello", NULL, 0), "seq"), seq);
    ck_assert_str_eq(made(), "one");
    process_stop(&server);
    ck_assert_str_eq(made(), "one");
}
END_TEST

/* Both come in one turn of the loop or in two: it ends with 0, and what is there is whole. */
START_TEST(the_end_does_not_wait_for_it)
{
    process_send(client, "b1", "backup", begin, sizeof(begin) - 1);
    ck_assert(process_receive(client)->ok);
    process_stop(&server);
    ck_assert_msg(strcmp(made(), "") == 0 || strcmp(made(), "one") == 0, "%s", made());
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{asked_for_and_told}, {the_end_does_not_wait_for_it, 5}};
    return suite_run(&(struct suite){.name = "shell/backup",
                                     .timeout_s = 60,
                                     .setup = setup,
                                     .teardown = teardown,
                                     .tests = tests,
                                     .count = SUITE_COUNT(tests)});
}
