/* inwords.c - answers in the reader's words */
#include "clients/inwords.h"

#include "proto/enum_word.h"

#include <string.h>

void inwords_object(json_t *object, const struct shape *shape)
{
    for (uint16_t i = 0; i < shape->field_count; i++) {
        const struct field_shape *field = &shape->fields[i];
        const char *name = json_string_value(json_object_get(object, field->name));
        if (field->type == FIELD_ENUM && name != NULL && strcmp(name, "none") != 0) {
            json_object_set_new(object, field->name, json_string(enum_word(field->values, name)));
        }
    }
}

void inwords_reply(json_t *view, enum query_type query)
{
    const struct query_info *info = query_info(query);
    inwords_object(view, info->reply_shape);
    for (uint32_t i = 0; i < info->row_list_count; i++) {
        size_t at;
        json_t *row;
        json_array_foreach(json_object_get(view, info->row_lists[i].name), at, row)
        {
            if (info->row_lists[i].shape != NULL) {
                inwords_object(row, info->row_lists[i].shape);
            }
        }
    }
}

static const struct enum_shape *values_of(const struct shape *shape, const char *key)
{
    const struct field_shape *field = shape_field(shape, text_of(key));
    return field != NULL && field->type == FIELD_ENUM ? field->values : NULL;
}

const char *inwords_record(const char *type, const char *key, const char *text)
{
    enum record_type record;
    const struct enum_shape *values = record_find(type, strlen(type), &record) ? values_of(record_info(record)->shape, key) : NULL;
    if (values == NULL) {
        values = values_of(&record_envelope_shape, key);
    }
    return values == NULL ? text : enum_word(values, text);
}
