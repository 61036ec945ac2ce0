/*
 * test_vectors.c - the conformance vectors, made by an encoder that shares no code with ours: each is read, and written again to
 * the same bytes.
 */

#include "proto/record.h"
#include "proto/reply.h"
#include "proto/request.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTOR_SIZE_MAX 65536

static json_t *load(const char *name)
{
    const char *folder = getenv("HUYING_VECTORS");
    char path[4096];
    json_error_t error;

    ck_assert_ptr_nonnull(folder);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    json_t *list = json_load_file(path, 0, &error);
    ck_assert_msg(list != NULL, "%s: %s", path, error.text);
    ck_assert_uint_gt(json_array_size(list), 0);
    return list;
}

static size_t bytes_of(const json_t *item, uint8_t *ret)
{
    const char *hex = json_string_value(json_object_get(item, "hex"));
    size_t size = 0;

    ck_assert_ptr_nonnull(hex);
    for (; hex[2 * size] != '\0'; size++) {
        unsigned byte;

        ck_assert_uint_lt(size, VECTOR_SIZE_MAX);
        ck_assert_int_eq(sscanf(hex + 2 * size, "%2x", &byte), 1);
        ret[size] = (uint8_t)byte;
    }
    return size;
}

static const char *name_of(const json_t *item)
{
    return json_string_value(json_object_get(item, "name"));
}

static void same_bytes(const char *name, const struct proto_buffer *made, const uint8_t *wanted, size_t size)
{
    size_t at = 0;

    while (at < made->size && at < size && (uint8_t)made->data[at] == wanted[at]) {
        at++;
    }
    ck_assert_msg(at == size && made->size == size, "%s: differs at byte %zu of %zu (%zu made)", name, at, size, made->size);
}

START_TEST(requests_round_trip)
{
    json_t *list = load("requests.json"), *item;
    struct codec_scratch scratch = {0};
    static uint8_t bytes[VECTOR_SIZE_MAX];
    size_t i;

    json_array_foreach(list, i, item)
    {
        struct proto_buffer body = {0}, out = {0};
        size_t size = bytes_of(item, bytes);
        struct codec_fault fault = {0};
        struct request request;

        ck_assert_msg(request_decode(bytes, size, &request, &fault), "%s: %s %s", name_of(item), refusal_infos[fault.refusal].code,
                      fault.field == NULL ? "" : fault.field);
        const struct shape *shape = request.is_query ? query_info(request.query)->shape : command_info(request.command)->shape;
        struct request_head head = (struct request_head){
            .id = request.id,
            .name = text_of(request.is_query ? query_info(request.query)->name : command_info(request.command)->name),
            .has_at = request.has_at,
            .at_ms = request.at_ms,
            .on_behalf_of = request.on_behalf_of,
        };
        ck_assert_int_eq(codec_encode_map(shape, &request.command_body, CODEC_OMIT_UNGIVEN, &body), 0);
        ck_assert_int_eq(request_encode(&head, body.data, body.size, &out), 0);
        same_bytes(name_of(item), &out, bytes, size);
        proto_buffer_deinit(&body);
        proto_buffer_deinit(&out);
    }
    codec_scratch_deinit(&scratch);
    json_decref(list);
}
END_TEST

/* Counts by name are not read into structs: the only such field is metric_view's, always the same two here. */
static void add_counts(const struct shape *shape, const msgpack_object *map, void *row)
{
    static const char *const names[] = {"void", "open"};
    struct metric_view *view = row;

    if (shape != &metric_view_shape) {
        return;
    }
    for (uint32_t i = 0; i < 2; i++) {
        const msgpack_object *n = reply_field(reply_field(map, "excluded"), names[i]);

        ck_assert_ptr_nonnull(n);
        view->excluded.at[i].name = names[i];
        view->excluded.at[i].n = (int64_t)n->via.u64;
    }
    view->excluded.count = 2;
}

static void write_rows(struct reply_writer *writer, const struct shape *shape, const msgpack_object *rows)
{
    ck_assert_int_eq(rows->type, MSGPACK_OBJECT_ARRAY);
    for (uint32_t i = 0; i < rows->via.array.size; i++) {
        union {
            uint64_t given;
            struct case_view case_view;
            struct duty_view duty_view;
            struct call_view call_view;
            struct clock_view clock_view;
            struct metric_view metric_view;
            struct unit_view unit_view;
        } row;
        struct codec_fault fault = {0};

        ck_assert_ptr_nonnull(shape);
        ck_assert_uint_le(shape->size, sizeof(row));
        ck_assert_msg(codec_decode_map(&rows->via.array.ptr[i], shape, &row, &fault), "%s.%s", shape->name, fault.field);
        add_counts(shape, &rows->via.array.ptr[i], &row);
        ck_assert_int_eq(reply_row(writer, shape, &row, CODEC_OMIT_NOTHING), 0);
    }
}

/* Writes again what a reply says that was accepted. `of` is the query, or "command". */
static void write_again(const char *of, const struct reply *reply, struct proto_buffer *out)
{
    const struct query_info *info = NULL;
    const struct shape *shape = &command_answer_shape;
    struct codec_fault fault = {0};
    struct reply_writer writer;
    enum query_type type;

    if (query_find(of, strlen(of), &type)) {
        info = query_info(type);
        shape = info->reply_shape;
    }
    void *body = calloc(1, shape->size);
    ck_assert_msg(codec_decode_map(&reply->body, shape, body, &fault), "%s.%s", shape->name, fault.field);
    ck_assert_int_eq(reply_begin(&writer, out, reply->id, shape, body, CODEC_OMIT_NOTHING, info == NULL ? 0 : info->row_list_count),
                     0);
    for (uint32_t i = 0; info != NULL && i < info->row_list_count; i++) {
        ck_assert_int_eq(reply_list(&writer, info->row_lists[i].name), 0);
        write_rows(&writer, info->row_lists[i].shape, reply_field(&reply->body, info->row_lists[i].name));
    }
    ck_assert_int_eq(reply_end(&writer), 0);
    free(body);
}

START_TEST(replies_round_trip)
{
    json_t *list = load("replies.json"), *item;
    struct codec_scratch scratch = {0};
    static uint8_t bytes[VECTOR_SIZE_MAX];
    size_t i;

    json_array_foreach(list, i, item)
    {
        const char *of = json_string_value(json_object_get(item, "of"));
        size_t size = bytes_of(item, bytes);
        struct proto_buffer out = {0};
        struct reply reply;

        ck_assert_int_eq(reply_decode(&scratch, bytes, size, &reply), 0);
        ck_assert_int_eq(reply.ok, of != NULL);
        if (of != NULL) {
            write_again(of, &reply, &out);
        } else {
            ck_assert_int_eq(reply.retry, refusal_infos[reply.refusal].retry);
            ck_assert_int_eq(reply_encode_refusal(&out, reply.id, reply.refusal, reply.field.size == 0 ? NULL : "unit"), 0);
        }
        same_bytes(name_of(item), &out, bytes, size);
        proto_buffer_deinit(&out);
    }
    codec_scratch_deinit(&scratch);
    json_decref(list);
}
END_TEST

START_TEST(records_round_trip)
{
    json_t *list = load("records.json"), *item;
    static uint8_t bytes[VECTOR_SIZE_MAX];
    struct record record;
    size_t i;

    json_array_foreach(list, i, item)
    {
        json_t *event = json_object_get(item, "event");
        struct proto_buffer out = {0};
        size_t size = bytes_of(item, bytes), offset = 0;

        ck_assert_int_eq(record_decode(bytes, size, &offset, 4711, &record), 0);
        ck_assert_uint_eq(offset, size);
        ck_assert_str_eq(record_info(record.type)->name, name_of(item));
        ck_assert_int_eq(record.at_ms, json_integer_value(json_object_get(json_object_get(item, "meaning"), "at")));
        ck_assert_int_eq(record_encode(&record, &out), 0);
        same_bytes(name_of(item), &out, bytes, size);
        ck_assert_int_eq(record_is_event(record.type), event != NULL);
        if (event != NULL) {
            /* The texts of the record borrow `bytes`. */
            static uint8_t event_bytes[VECTOR_SIZE_MAX];

            size = bytes_of(event, event_bytes);
            record.seq = 4711;
            proto_buffer_clear(&out);
            ck_assert_int_eq(record_encode_event(&record, 4709, &out), 0);
            same_bytes(name_of(item), &out, event_bytes, size);
        }
        proto_buffer_deinit(&out);
    }
    json_decref(list);
}
END_TEST

/* Every vector cut off at every byte is refused, and never read beyond its end (the sanitizer watches: each cut is its own
 * allocation). */
START_TEST(cut_off_anywhere)
{
    static const char *const files[] = {"requests.json", "replies.json", "records.json"};
    struct codec_scratch scratch = {0};
    static uint8_t bytes[VECTOR_SIZE_MAX];

    for (size_t f = 0; f < 3; f++) {
        json_t *list = load(files[f]), *item;
        size_t i;

        json_array_foreach(list, i, item)
        {
            size_t size = bytes_of(item, bytes);

            for (size_t cut = 0; cut < size; cut++) {
                uint8_t *copy = malloc(cut == 0 ? 1 : cut);
                struct codec_fault fault = {0};
                struct request request;
                struct record record;
                struct reply reply;
                size_t offset = 0;

                memcpy(copy, bytes, cut);
                ck_assert(!request_decode(copy, cut, &request, &fault));
                ck_assert_int_eq(fault.refusal, REFUSAL_BAD_MESSAGE);
                ck_assert_int_eq(reply_decode(&scratch, copy, cut, &reply), -EBADMSG);
                ck_assert_int_eq(record_decode(copy, cut, &offset, 4711, &record), -EBADMSG);
                ck_assert_uint_eq(offset, 0);
                free(copy);
            }
        }
        json_decref(list);
    }
    codec_scratch_deinit(&scratch);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{requests_round_trip}, {replies_round_trip}, {records_round_trip}, {cut_off_anywhere}};
    return suite_run(&(struct suite){.name = "vectors", .timeout_s = 60, .tests = tests, .count = SUITE_COUNT(tests)});
}
