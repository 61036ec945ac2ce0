/*
 * options.h - the options that stand before or after every verb
 */
#ifndef HUYING_CLIENTS_OPTIONS_H
#define HUYING_CLIENTS_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

struct options {
    const char *server;  /* url of the request socket */
    const char *key;     /* file, or name of a key in the keys folder */
    const char *keys;    /* folder, NULL: the default one */
    const char *at;      /* instant of the command, as written; NULL: the dispatcher's */
    const char *request; /* request id; NULL: made here */
    int64_t timeout_ms;  /* 0: the verb's own */
    uint32_t given;      /* bit per option that was written: each may come once */
    bool plain;          /* without CURVE */
    bool json;
};

/* Defaults, and what the environment says: HUYING_SERVER, HUYING_KEY, HUYING_KEYS. */
void options_init(struct options *options);

/* For use as an argp child: its input is a struct options. */
extern const struct argp options_argp;

#endif
