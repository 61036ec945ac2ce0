#include "workers/view.h"

#include "proto/record.h"
#include "workers/instant.h"

#include <string.h>

#define INSTANT_SIZE 48

/* How to read a map. */
struct lens {
    const struct shape *shape;      /* NULL: only `at` is an instant */
    const struct query_info *query; /* NULL: no lists */
    int64_t offset_ms;
};

static json_t *of_object(const msgpack_object *object, const struct lens *lens);

static bool is_instant(const msgpack_object_str *key, const struct lens *lens)
{
    for (uint16_t i = 0; lens->shape != NULL && i < lens->shape->field_count; i++) {
        const struct field_shape *field = &lens->shape->fields[i];

        if (field->name_size == key->size && memcmp(field->name, key->ptr, key->size) == 0)
            return field->type == FIELD_INSTANT;
    }
    return key->size == 2 && memcmp(key->ptr, "at", 2) == 0;
}

static json_t *of_instant(const msgpack_object *object, int64_t offset_ms)
{
    char text[INSTANT_SIZE];

    if (object->type != MSGPACK_OBJECT_POSITIVE_INTEGER || object->via.u64 == 0 || object->via.u64 > (uint64_t)INSTANT_MAX)
        return json_null();
    return json_string(instant_print((int64_t)object->via.u64, offset_ms, text, sizeof(text)));
}

/* The list named `key` in the answer to a query, or NULL. */
static const struct row_list *list_of(const msgpack_object_str *key, const struct query_info *query)
{
    for (uint32_t i = 0; query != NULL && i < query->row_list_count; i++)
        if (strlen(query->row_lists[i].name) == key->size && memcmp(query->row_lists[i].name, key->ptr, key->size) == 0)
            return &query->row_lists[i];
    return NULL;
}

static json_t *of_array(const msgpack_object *array, const struct row_list *list, const struct lens *lens)
{
    json_t *view = json_array();

    for (uint32_t i = 0; view != NULL && i < array->via.array.size; i++) {
        const msgpack_object *item = &array->via.array.ptr[i];
        json_t *one = list != NULL ? view_of_map(item, list->shape, lens->offset_ms) : of_object(item, lens);

        if (one == NULL || json_array_append_new(view, one) < 0) {
            json_decref(view);
            return NULL;
        }
    }
    return view;
}

static json_t *of_map(const msgpack_object *map, const struct lens *lens)
{
    json_t *view = json_object();

    for (uint32_t i = 0; view != NULL && i < map->via.map.size; i++) {
        const msgpack_object_kv *pair = &map->via.map.ptr[i];
        const msgpack_object_str *key = &pair->key.via.str;
        const struct row_list *list;
        json_t *value;

        if (pair->key.type != MSGPACK_OBJECT_STR)
            continue;
        list = list_of(key, lens->query);
        if (list != NULL && pair->val.type == MSGPACK_OBJECT_ARRAY)
            value = of_array(&pair->val, list, lens);
        else
            value = is_instant(key, lens) ? of_instant(&pair->val, lens->offset_ms) : of_object(&pair->val, lens);
        if (value == NULL || json_object_setn_new(view, key->ptr, key->size, value) < 0) {
            json_decref(view);
            return NULL;
        }
    }
    return view;
}

static json_t *of_object(const msgpack_object *object, const struct lens *lens)
{
    const struct lens inner = {.offset_ms = lens->offset_ms};

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
        return of_array(object, NULL, &inner);
    case MSGPACK_OBJECT_MAP:
        return of_map(object, lens->query == NULL && lens->shape == NULL ? &inner : lens);
    case MSGPACK_OBJECT_NIL:
    case MSGPACK_OBJECT_FLOAT32: /* the language has no floats and no bins */
    case MSGPACK_OBJECT_FLOAT64:
    case MSGPACK_OBJECT_BIN:
    case MSGPACK_OBJECT_EXT:
        return json_null();
    }
    return json_null();
}

json_t *view_of_reply(const msgpack_object *body, enum query_type query, int64_t offset_ms)
{
    const struct query_info *info = query_info(query);
    const struct lens lens = {.shape = info->reply_shape, .query = info, .offset_ms = offset_ms};

    return of_object(body, &lens);
}

json_t *view_of_map(const msgpack_object *map, const struct shape *shape, int64_t offset_ms)
{
    struct lens lens = {.shape = shape, .offset_ms = offset_ms};
    const msgpack_object *name = shape == NULL && map->type == MSGPACK_OBJECT_MAP ? reply_field(map, "type") : NULL;
    enum record_type type;

    if (name != NULL && name->type == MSGPACK_OBJECT_STR && record_find(name->via.str.ptr, name->via.str.size, &type))
        lens.shape = record_info(type)->shape;
    return of_object(map, &lens);
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
