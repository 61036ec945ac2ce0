/*
 * scan.h - walks over msgpack bytes without unpacking them
 *
 * The pre-check in front of msgpack-c: five bytes can declare four thousand million elements and make its unpacker reserve as much.
 * Pure; no allocation.
 */
#ifndef HUYING_PROTO_SCAN_H
#define HUYING_PROTO_SCAN_H

#include "proto/shape.h"

/* Size of the value at `data`. At most `elements` values (containers count as one, and each thing in them), at most CAP_DEPTH
 * containers inside one another, no count beyond the bytes that are left. Returns 0; -EBADMSG: cut off or not msgpack; -E2BIG: too
 * deep or too many. */
int scan_value(const void *data, size_t size, uint32_t elements, size_t *ret_size);

#endif
