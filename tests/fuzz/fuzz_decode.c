/*
 * fuzz_decode.c - libFuzzer target: any bytes as a request, as records and as a reply
 *
 * Nothing may be read beyond the end, and what was taken must survive being written and read again.
 */
#include "proto/codec.h"
#include "proto/record.h"
#include "proto/reply.h"
#include "proto/request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct codec_scratch scratch;

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void try_request(const uint8_t *data, size_t size)
{
    struct codec_fault fault = {0}, again_fault = {0};
    struct proto_buffer body = {0}, out = {0};
    static struct request request, again;

    if (!request_decode(data, size, &request, &fault)) {
        check(fault.refusal != REFUSAL_NONE && (int)fault.refusal < REFUSAL_COUNT);
        check(reply_encode_refusal(&out, request.id, fault.refusal, fault.field) == 0);
        proto_buffer_deinit(&out);
        return;
    }
    const struct shape *shape = request.is_query ? query_info(request.query)->shape : command_info(request.command)->shape;
    check(request.id.size >= 1 && request.id.size <= CAP_REQUEST_SIZE);
    struct request_head head = {
        .id = request.id,
        .name = text_of(request.is_query ? query_info(request.query)->name : command_info(request.command)->name),
        .has_at = request.has_at,
        .at_ms = request.at_ms,
        .on_behalf_of = request.on_behalf_of,
    };
    check(codec_encode_map(shape, &request.command_body, CODEC_OMIT_UNGIVEN, &body) == 0);
    check(request_encode(&head, body.data, body.size, &out) == 0);
    check(request_decode(out.data, out.size, &again, &again_fault));
    check(again.command_body.submit.given == request.command_body.submit.given);
    check(again.is_query == request.is_query && again.has_at == request.has_at && again.at_ms == request.at_ms);
    proto_buffer_deinit(&body);
    proto_buffer_deinit(&out);
}

static void try_records(const uint8_t *data, size_t size)
{
    static struct record record, again;
    size_t offset = 0;

    while (offset < size && record_decode(data, size, &offset, 7, &record) == 0) {
        struct proto_buffer first = {0}, second = {0};
        size_t end = 0;

        check(record_encode(&record, &first) == 0);
        check(record_decode(first.data, first.size, &end, 7, &again) == 0 && end == first.size);
        check(record_encode(&again, &second) == 0);
        check(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
        proto_buffer_clear(&first);
        check(record_encode_view(&record, true, &first) == 0);
        if (record_is_event(record.type)) {
            check(record_encode_event(&record, 1, &first) == 0);
        }
        proto_buffer_deinit(&first);
        proto_buffer_deinit(&second);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reply reply;

    try_request(data, size);
    try_records(data, size);
    reply_decode(&scratch, data, size, &reply);
    return 0;
}
