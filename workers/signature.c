/* signature.c - who sent a webhook: HMAC-SHA256 over `timestamp.body` */
#include "workers/signature.h"

#include "base/key_file.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

int signature_load(const char *path, struct signature_secret *ret)
{
    int rc = key_file_private(path);

    if (rc < 0) {
        return rc;
    }
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return -errno;
    }
    ret->size = fread(ret->bytes, 1, sizeof(ret->bytes), file);
    rc = ferror(file) ? -EIO : fgetc(file) != EOF ? -EBADMSG : 0;
    fclose(file);
    while (ret->size > 0 && strchr(" \t\r\n", ret->bytes[ret->size - 1]) != NULL) {
        ret->size--;
    }
    return rc == 0 && ret->size < SIGNATURE_SECRET_MIN ? -EBADMSG : rc;
}

const char *signature_make(const struct signature_secret *secret, int64_t timestamp_s, const char *body, size_t size,
                           char ret[SIGNATURE_SIZE])
{
    unsigned char hash[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    char head[32];
    int length = snprintf(head, sizeof(head), "%" PRId64 ".", timestamp_s);

    crypto_auth_hmacsha256_init(&state, secret->bytes, secret->size);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)head, (unsigned long long)length);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)body, size);
    crypto_auth_hmacsha256_final(&state, hash);
    memcpy(ret, "v1=", 3);
    sodium_bin2hex(ret + 3, SIGNATURE_SIZE - 3, hash, sizeof(hash));
    return ret;
}
