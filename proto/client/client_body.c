/* client_body.c - bodies of requests from structs, with texts in NFC */

#include "proto/client/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static bool is_ascii(struct text text)
{
    for (uint32_t i = 0; i < text.size; i++) {
        if ((unsigned char)text.at[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

/* Brings one text to NFC. *ret_owned is what has to be freed, or NULL. */
static int normalise(struct text *text, utf8proc_uint8_t **ret_owned)
{
    utf8proc_uint8_t *made = NULL;

    *ret_owned = NULL;
    if (is_ascii(*text)) {
        return 0;
    }
    utf8proc_ssize_t size =
        utf8proc_map((const utf8proc_uint8_t *)text->at, (utf8proc_ssize_t)text->size, &made, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (size < 0) {
        return size == UTF8PROC_ERROR_NOMEM ? -ENOMEM : -EILSEQ;
    }
    if ((uint64_t)size > UINT32_MAX) {
        free(made);
        return -EILSEQ;
    }
    *text = (struct text){.at = (const char *)made, .size = (uint32_t)size};
    *ret_owned = made;
    return 0;
}

int client_body_from_shape(const struct shape *shape, const void *value, struct proto_buffer *out)
{
    utf8proc_uint8_t *owned[64] = {NULL};
    char *copy = malloc(shape->size);
    int rc = 0;

    if (copy == NULL) {
        return -ENOMEM;
    }
    memcpy(copy, value, shape->size);
    for (uint32_t i = 0; rc == 0 && i < shape->field_count; i++) {
        if (shape->fields[i].type == FIELD_TEXT) {
            rc = normalise((struct text *)(void *)(copy + shape->fields[i].offset), &owned[i]);
        }
    }
    if (rc == 0) {
        rc = codec_encode_map(shape, copy, CODEC_OMIT_UNGIVEN, out);
    }
    for (uint32_t i = 0; i < shape->field_count; i++) {
        free(owned[i]);
    }
    free(copy);
    return rc;
}
