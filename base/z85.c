/* z85.c - 32 bytes as 40 printable characters, in ZeroMQ's spelling (RFC 32/Z85) */
#include "base/z85.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

void z85_encode(const unsigned char bytes[Z85_BYTES], char ret[Z85_CHARS + 1])
{
    for (int i = 0; i < Z85_BYTES / 4; i++) {
        const unsigned char *at = bytes + i * 4;
        uint32_t word = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
        for (int k = 4; k >= 0; k--) {
            ret[i * 5 + k] = alphabet[word % 85];
            word /= 85;
        }
    }
    ret[Z85_CHARS] = '\0';
}

bool z85_decode(const char *text, unsigned char ret[Z85_BYTES])
{
    if (strlen(text) != Z85_CHARS) {
        return false;
    }
    for (int i = 0; i < Z85_CHARS / 5; i++) {
        uint64_t word = 0;
        for (int k = 0; k < 5; k++) {
            const char *found = strchr(alphabet, text[i * 5 + k]);
            if (found == NULL) {
                return false;
            }
            word = word * 85 + (uint64_t)(found - alphabet);
        }
        if (word > UINT32_MAX) {
            return false;
        }
        for (int k = 0; k < 4; k++) {
            ret[i * 4 + k] = (unsigned char)(word >> (24 - 8 * k));
        }
    }
    return true;
}
