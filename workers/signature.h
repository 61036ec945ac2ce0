/*
 * signature.h - who sent a webhook: HMAC-SHA256 over `timestamp.body`
 *
 * Pure but for the secret's file.
 */
#ifndef HUYING_WORKERS_SIGNATURE_H
#define HUYING_WORKERS_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#define SIGNATURE_SIZE 68 /* `v1=`, 64 hexadecimal digits and the end */
#define SIGNATURE_SECRET_MIN 16
#define SIGNATURE_SECRET_MAX 1024

struct signature_secret {
    size_t size;
    unsigned char bytes[SIGNATURE_SECRET_MAX];
};

/* Reads a secret: 16 to 1024 bytes, without the blanks and line ends at the end of the file. Returns 0; -EACCES: others may read
 * the file (mode 0600 is needed); -EBADMSG: too short or too long; another negative errno. */
int signature_load(const char *path, struct signature_secret *ret);

/* Writes `v1=` and the digits. Returns `ret`. */
const char *signature_make(const struct signature_secret *secret, int64_t timestamp_s, const char *body, size_t size,
                           char ret[SIGNATURE_SIZE]);

#endif
