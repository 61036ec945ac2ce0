/*
 * z85.h - 32 bytes as 40 printable characters, in ZeroMQ's spelling (RFC 32/Z85)
 */
#ifndef HUYING_BASE_Z85_H
#define HUYING_BASE_Z85_H

#include <stdbool.h>

#define Z85_BYTES 32
#define Z85_CHARS 40

/* Writes 40 characters and the end. */
void z85_encode(const unsigned char bytes[Z85_BYTES], char ret[Z85_CHARS + 1]);

/* Reads exactly 40 characters. False: another length or character. */
bool z85_decode(const char *text, unsigned char ret[Z85_BYTES]);

#endif
