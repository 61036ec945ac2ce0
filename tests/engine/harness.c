/* harness.c - drives an engine exactly as the shell does: take, append, journaled, then replies and events */
#include "tests/engine/harness.h"

#include "dispatcher/engine/datadir.h"
#include "dispatcher/engine/state.h"
#include "proto/reply.h"
#include "proto/request.h"
#include "tests/engine/engine_district.h"
#include "tests/tmp.h"

#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ONLY_PEER 7 /* who harness_ask asks as */
#define START_MS INT64_C(1700000000000)

void harness_begin(struct harness *h, bool drill)
{
    char path[HARNESS_PATH + 64];

    *h = (struct harness){.drill = drill, .clock_ms = START_MS};
    /* In memory where there is such a place: what is tested here is not whether fsync works. */
    ck_assert_ptr_nonnull(mkdtemp(tmp_name(h->folder, sizeof(h->folder), tmp_memory(), "engine")));
    snprintf(h->data, sizeof(h->data), "%s/data", h->folder);
    snprintf(h->config, sizeof(h->config), "%s/config", h->folder);
    ck_assert_int_eq(mkdir(h->config, 0700), 0);
    snprintf(path, sizeof(path), "%s/policy.yaml", h->config);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("district: D\n", file);
    fclose(file);
    h->district = engine_district_make('a');
    harness_peer(h, "default", ALL_ROLES, "D");
    harness_open(h);
}

void harness_end(struct harness *h)
{
    h->engine = engine_close(h->engine);
    engine_district_unmake(h->district);
    ck_assert_int_eq(datadir_remove(h->folder), 0);
}

static void log_line(void *arg, int level, const char *code, const char *text)
{
    struct harness *h = arg;
    size_t used = strlen(h->logged_all);

    snprintf(h->logged, sizeof(h->logged), "%s: %s", code, text);
    snprintf(h->logged_all + used, sizeof(h->logged_all) - used, "%s ", code);
    if (getenv("HARNESS_LOG") != NULL) {
        fprintf(stderr, "%d %s: %s\n", level, code, text);
    }
}

void harness_open(struct harness *h)
{
    struct engine_options options = {.data = h->data,
                                     .district = h->district,
                                     .config_folder = h->config,
                                     .drill = h->drill,
                                     .map_size = (size_t)64 << 20,
                                     .segment_size = (size_t)4 << 20,
                                     .checkpoint_records = h->checkpoint_records,
                                     .background = h->background,
                                     .version = "test",
                                     .log = log_line,
                                     .log_arg = h,
                                     .find_person = h->find_person,
                                     .find_person_arg = h,
                                     .backups = h->backups,
                                     .steady_ns = h->steady_ns};
    char said[512];

    h->logged_all[0] = '\0';
    int rc = engine_open(&options, &h->engine, said);

    ck_assert_msg(rc == 0, "open: %d %s", rc, said);
}

int harness_open_again(struct harness *h)
{
    struct engine_options options = {.data = h->data,
                                     .district = h->district,
                                     .config_folder = h->config,
                                     .map_size = (size_t)64 << 20,
                                     .segment_size = (size_t)1 << 20,
                                     .checkpoint_records = 12,
                                     .background = h->background};
    char said[512] = "";

    h->engine = engine_close(h->engine);
    int rc = engine_open(&options, &h->engine, said);
    ck_assert(rc == 0 || said[0] != '\0');
    return rc;
}

static void copy_folder(const char *from, const char *to, const char *name)
{
    char source[HARNESS_PATH + 64], target[HARNESS_PATH + 64];

    snprintf(source, sizeof(source), "%s%s", from, name);
    snprintf(target, sizeof(target), "%s%s", to, name);
    ck_assert_int_eq(mkdir(target, 0700), 0);
    ck_assert_int_eq(datadir_copy_files(source, target), 0);
}

void harness_kill(struct harness *h)
{
    char copy[sizeof(h->data)];

    snprintf(copy, sizeof(copy), "%s/k%u", h->folder, (unsigned)(strlen(h->data) + (unsigned)random() % 1000000));
    copy_folder(h->data, copy, "");
    copy_folder(h->data, copy, "/journal");
    copy_folder(h->data, copy, "/rows");
    engine_close(h->engine);
    memcpy(h->data, copy, sizeof(copy));
    harness_open(h);
}

struct engine_time harness_time(const struct harness *h)
{
    return (struct engine_time){.clock_ms = h->clock_ms, .steady_ms = h->clock_ms - h->put_ms};
}

void harness_put_clock(struct harness *h, int64_t span_ms)
{
    h->clock_ms += span_ms;
    h->put_ms += span_ms;
}

void harness_peer(struct harness *h, const char *name, uint32_t roles, const char *unit)
{
    snprintf(h->peer_name, sizeof(h->peer_name), "%s", name);
    h->peer_roles = roles;
    h->peer_unit = (struct code){0};
    h->peer_matters = (struct codes){0};
    ck_assert(code_make(unit, strlen(unit), &h->peer_unit));
}

/* --- JSON to msgpack and back ------------------------------------------------------------------------------------------- */

static void pack_json(msgpack_packer *packer, json_t *value)
{
    const char *key;
    json_t *member;
    size_t index;

    switch (json_typeof(value)) {
    case JSON_OBJECT:
        msgpack_pack_map(packer, json_object_size(value));
        json_object_foreach(value, key, member)
        {
            msgpack_pack_str_with_body(packer, key, strlen(key));
            pack_json(packer, member);
        }
        break;
    case JSON_ARRAY:
        msgpack_pack_array(packer, json_array_size(value));
        json_array_foreach(value, index, member)
        {
            pack_json(packer, member);
        }
        break;
    case JSON_STRING:
        msgpack_pack_str_with_body(packer, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        msgpack_pack_int64(packer, json_integer_value(value));
        break;
    case JSON_TRUE:
        msgpack_pack_true(packer);
        break;
    case JSON_FALSE:
        msgpack_pack_false(packer);
        break;
    case JSON_REAL:
    case JSON_NULL:
        ck_abort_msg("no such value on the wire");
    }
}

void *harness_message(const char *id, const char *name, int64_t at_ms, const char *json, size_t *ret_size)
{
    return harness_message_for(NULL, id, name, at_ms, json, ret_size);
}

void *harness_message_for(const char *person, const char *id, const char *name, int64_t at_ms, const char *json, size_t *ret_size)
{
    struct request_head head = {
        .id = text_of(id), .name = text_of(name), .has_at = at_ms >= 0, .at_ms = at_ms, .on_behalf_of = text_of(person)};
    struct proto_buffer body = {0}, out = {0};
    msgpack_packer packer;
    json_error_t error;
    char *quoted = strdup(json);

    for (char *c = quoted; *c != '\0'; c++) {
        if (*c == '\'') {
            *c = '"';
        }
    }
    json_t *value = json_loads(quoted, 0, &error);
    ck_assert_msg(value != NULL, "%s: %s", quoted, error.text);
    msgpack_packer_init(&packer, &body, proto_buffer_write);
    pack_json(&packer, value);
    ck_assert_int_eq(request_encode(&head, body.data, body.size, &out), 0);
    proto_buffer_deinit(&body);
    json_decref(value);
    free(quoted);
    *ret_size = out.size;
    return out.data;
}

static json_t *to_json(const msgpack_object *object)
{
    json_t *value;

    switch (object->type) {
    case MSGPACK_OBJECT_MAP:
        value = json_object();
        for (uint32_t i = 0; i < object->via.map.size; i++) {
            const msgpack_object_kv *kv = &object->via.map.ptr[i];
            char key[128];

            snprintf(key, sizeof(key), "%.*s", (int)kv->key.via.str.size, kv->key.via.str.ptr);
            json_object_set_new(value, key, to_json(&kv->val));
        }
        return value;
    case MSGPACK_OBJECT_ARRAY:
        value = json_array();
        for (uint32_t i = 0; i < object->via.array.size; i++) {
            json_array_append_new(value, to_json(&object->via.array.ptr[i]));
        }
        return value;
    case MSGPACK_OBJECT_STR:
        return json_stringn(object->via.str.ptr, object->via.str.size);
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return json_integer((json_int_t)object->via.u64);
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return json_integer(object->via.i64);
    case MSGPACK_OBJECT_BOOLEAN:
        return json_boolean(object->via.boolean);
    case MSGPACK_OBJECT_NIL:
        return json_null();
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
    case MSGPACK_OBJECT_BIN:
    case MSGPACK_OBJECT_EXT:
        break;
    }
    ck_abort_msg("no such value in a reply");
    return NULL;
}

json_t *harness_json(const void *data, size_t size)
{
    struct codec_scratch scratch = {0};
    msgpack_object object;

    ck_assert_int_eq(codec_unpack_sized(&scratch, data, size, 1000000, &object), 0);
    json_t *value = to_json(&object);
    codec_scratch_deinit(&scratch);
    return value;
}

/* --- steps --------------------------------------------------------------------------------------------------------------- */

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* the machine may have other work */
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

size_t harness_step(struct harness *h, const struct engine_message *messages, size_t count,
                    void (*heard)(void *arg, const struct engine_reply *reply), void *arg)
{
    double from = seconds();
    size_t taken = engine_take(h->engine, messages, count, harness_time(h));
    struct engine_reply reply;

    double between = seconds();
    enum engine_outcome outcome = engine_append(h->engine);
    from += seconds() - between;
    h->journaled = engine_journaled(h->engine, outcome);
    h->step_s = seconds() - from;
    while (engine_next_reply(h->engine, &reply)) {
        heard(arg, &reply);
    }
    return taken;
}

struct engine_message harness_from(const struct harness *h, uint64_t peer, const void *data, size_t size)
{
    return (struct engine_message){.from = {.peer = peer,
                                            .name = text_of(h->peer_name),
                                            .roles = h->peer_roles,
                                            .unit = h->peer_unit,
                                            .matters = h->peer_matters},
                                   .data = data,
                                   .size = size};
}

/* There is one peer, and it asks one thing at a time. */
static void keep_only(void *arg, const struct engine_reply *reply)
{
    json_t **only = arg;

    ck_assert_uint_eq(reply->peer, ONLY_PEER);
    ck_assert_ptr_null(*only);
    *only = harness_json(reply->data, reply->size);
}

json_t *harness_raw(struct harness *h, const void *data, size_t size)
{
    struct engine_message message = harness_from(h, ONLY_PEER, data, size);
    json_t *reply = NULL;
    size_t left = 1;

    for (int i = 0; i < 100000; i++) {
        left -= harness_step(h, &message, left, keep_only, &reply);
        if (reply != NULL) {
            return reply;
        }
    }
    ck_abort_msg("no answer");
    return NULL;
}

json_t *harness_ask(struct harness *h, const char *id, const char *name, int64_t at_ms, const char *json)
{
    size_t size;
    void *data = harness_message(id, name, at_ms, json, &size);
    json_t *reply = harness_raw(h, data, size);

    free(data);
    return reply;
}

json_t *harness_do(struct harness *h, const char *id, const char *name, int64_t at_ms, const char *json)
{
    json_t *reply = harness_ask(h, id, name, at_ms, json);

    ck_assert_msg(json_is_true(json_object_get(reply, "ok")), "%s %s: %s %s", name, json,
                  json_string_value(json_object_get(reply, "code")), json_string_value(json_object_get(reply, "field")));
    json_t *body = json_incref(json_object_get(reply, "body"));
    json_decref(reply);
    return body;
}

void harness_refused(struct harness *h, const char *code, const char *id, const char *name, int64_t at_ms, const char *json)
{
    json_t *reply = harness_ask(h, id, name, at_ms, json);

    ck_assert_msg(json_is_false(json_object_get(reply, "ok")), "%s %s was accepted", name, json);
    ck_assert_str_eq(json_string_value(json_object_get(reply, "code")), code);
    json_decref(reply);
}

void harness_rest(struct harness *h)
{
    json_t *reply = NULL;

    do {
        harness_step(h, NULL, 0, keep_only, &reply);
        ck_assert_ptr_null(reply);
        ck_assert_int_eq(h->journaled, 0);
    } while (engine_next_due_ms(h->engine) <= engine_now_ms(h->engine));
}

uint64_t harness_submit(struct harness *h, const char *id, const char *matter, const char *place)
{
    char body[256];

    harness_peer(h, "default", ALL_ROLES, "D");
    json_t *answer = harness_do(h, id, "submit", -1, harness_words(body, sizeof(body), HARNESS_SUBMIT_AT, matter, place));
    uint64_t case_id = (uint64_t)num_of(answer, "case");
    json_decref(answer);
    return case_id;
}

const char *harness_words(char *buffer, size_t size, const char *words, ...)
{
    va_list list;

    va_start(list, words);
    int length = vsnprintf(buffer, size, words, list);
    va_end(list);
    ck_assert(length >= 0 && (size_t)length < size);
    return buffer;
}

size_t harness_rows(const json_t *body)
{
    return json_array_size(json_object_get(body, "rows"));
}

int64_t harness_row(const json_t *body, size_t n, const char *name)
{
    return num_of(json_array_get(json_object_get(body, "rows"), n), name);
}

int64_t num_of(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);

    ck_assert_msg(json_is_integer(value), "no number `%s`", name);
    return json_integer_value(value);
}

const char *text_in(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);

    ck_assert_msg(json_is_string(value), "no text `%s`", name);
    return json_string_value(value);
}

static void keep_first(void *arg, const char *line)
{
    char *first = arg;

    if (first[0] == '\0') {
        snprintf(first, 256, "%s", line);
    }
}

int64_t harness_check(struct harness *h, char *line)
{
    char said[512];

    line[0] = '\0';
    int64_t r = engine_check(h->data, 0, keep_first, NULL, line, NULL, said);
    ck_assert_msg(r >= 0, "check: %s", said);
    if (r > 0 && getenv("HARNESS_LOG") != NULL) {
        fprintf(stderr, "check: %s\n", line);
    }
    return r;
}

uint64_t harness_lead(struct harness *h, uint64_t case_id)
{
    struct case_row row;

    ck_assert(tables_get(&h->engine->tables, ROW_CASE, case_id, &row));
    return row.lead_duty;
}
