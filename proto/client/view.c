/* view.c - answers as JSON */
#include "proto/client/view.h"

#include "proto/record.h"
#include "proto/reply.h"

#include <string.h>

/* How to read a map: the shape whose fields are in it, and the lists of rows. */
struct lens {
    const struct shape *shape;      /* NULL: only `at` is an instant */
    const struct query_info *query; /* NULL: no lists */
    struct view_time time;
};

static json_t *of_object(const msgpack_object *object, const struct lens *lens);

static bool is_instant(const msgpack_object_str *key, const struct lens *lens)
{
    const struct field_shape *field = shape_field(lens->shape, (struct text){.at = key->ptr, .size = key->size});
    if (field != NULL) {
        return field->type == FIELD_INSTANT;
    }
    return key->size == 2 && memcmp(key->ptr, "at", 2) == 0;
}

static json_t *of_instant(const msgpack_object *object, struct view_time time)
{
    char text[VIEW_INSTANT_SIZE];
    if (object->type != MSGPACK_OBJECT_POSITIVE_INTEGER || object->via.u64 == 0 || object->via.u64 > (uint64_t)INSTANT_MAX) {
        return json_null();
    }
    time.print(time.arg, (int64_t)object->via.u64, text);
    return json_string(text);
}

/* The list named `key` in the answer to a query, or NULL. */
static const struct row_list *list_of(const msgpack_object_str *key, const struct query_info *query)
{
    for (uint32_t i = 0; query != NULL && i < query->row_list_count; i++) {
        if (strlen(query->row_lists[i].name) == key->size && memcmp(query->row_lists[i].name, key->ptr, key->size) == 0) {
            return &query->row_lists[i];
        }
    }
    return NULL;
}

static json_t *of_list(const msgpack_object *array, const struct row_list *list, struct view_time time)
{
    json_t *view = json_array();
    for (uint32_t i = 0; array->type == MSGPACK_OBJECT_ARRAY && view != NULL && i < array->via.array.size; i++) {
        const msgpack_object *row = &array->via.array.ptr[i];
        const struct lens lens = {.shape = list->shape, .time = time};
        json_t *one = list->shape == NULL ? view_of_record(row, time) : of_object(row, &lens);
        if (json_array_append_new(view, one) < 0) {
            json_decref(view);
            return NULL;
        }
    }
    return view;
}

static json_t *of_map(const msgpack_object *object, const struct lens *lens)
{
    json_t *view = json_object();
    for (uint32_t i = 0; i < object->via.map.size; i++) {
        const msgpack_object_kv *pair = &object->via.map.ptr[i];
        if (pair->key.type != MSGPACK_OBJECT_STR) {
            continue;
        }
        const msgpack_object_str *key = &pair->key.via.str;
        const struct row_list *list = list_of(key, lens->query);
        json_t *value = list != NULL            ? of_list(&pair->val, list, lens->time)
                        : is_instant(key, lens) ? of_instant(&pair->val, lens->time)
                                                : of_object(&pair->val, lens);
        if (value == NULL || json_object_setn_new(view, key->ptr, key->size, value) < 0) {
            json_decref(view);
            return NULL;
        }
    }
    return view;
}

static json_t *of_array(const msgpack_object *object, const struct lens *lens)
{
    json_t *view = json_array();
    for (uint32_t i = 0; i < object->via.array.size; i++) {
        if (json_array_append_new(view, of_object(&object->via.array.ptr[i], lens)) < 0) {
            json_decref(view);
            return NULL;
        }
    }
    return view;
}

static json_t *of_object(const msgpack_object *object, const struct lens *lens)
{
    switch (object->type) {
    case MSGPACK_OBJECT_BOOLEAN:
        return json_boolean(object->via.boolean);
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return json_integer((json_int_t)object->via.u64);
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return json_integer(object->via.i64);
    case MSGPACK_OBJECT_STR:
        return json_stringn(object->via.str.ptr, object->via.str.size);
    case MSGPACK_OBJECT_ARRAY:
        return of_array(object, lens);
    case MSGPACK_OBJECT_MAP:
        return of_map(object, lens);
    case MSGPACK_OBJECT_NIL:
    case MSGPACK_OBJECT_FLOAT32: /* the language has no floats and no bins */
    case MSGPACK_OBJECT_FLOAT64:
    case MSGPACK_OBJECT_BIN:
    case MSGPACK_OBJECT_EXT:
        return json_null();
    }
    return json_null();
}

json_t *view_of_reply(const msgpack_object *body, enum query_type query, struct view_time time)
{
    const struct query_info *info = query_info(query);
    const struct lens lens = {.shape = info->reply_shape, .query = info, .time = time};
    return of_object(body, &lens);
}

json_t *view_of_answer(const msgpack_object *body, struct view_time time)
{
    const struct lens lens = {.shape = &command_answer_shape, .time = time};
    return of_object(body, &lens);
}

json_t *view_of_record(const msgpack_object *record, struct view_time time)
{
    const msgpack_object *name = record->type == MSGPACK_OBJECT_MAP ? reply_field(record, "type") : NULL;
    enum record_type type;
    struct lens lens = {.time = time};
    if (name != NULL && name->type == MSGPACK_OBJECT_STR && record_find(name->via.str.ptr, name->via.str.size, &type)) {
        lens.shape = record_info(type)->shape;
    }
    return of_object(record, &lens);
}

const char *view_text(const json_t *view, const char *key)
{
    const char *text = json_string_value(json_object_get(view, key));
    return text == NULL ? "" : text;
}

int64_t view_number(const json_t *view, const char *key)
{
    return json_integer_value(json_object_get(view, key));
}
