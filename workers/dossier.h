/*
 * dossier.h - what the dispatcher knows of a duty and its case, before somebody works on it
 *
 * Asks show_case and the case's timeline, back to where the duty began. What has been done already decides what is still to be
 * done: after a crash nothing is done twice.
 */
#ifndef HUYING_WORKERS_DOSSIER_H
#define HUYING_WORKERS_DOSSIER_H

#include "workers/worker.h"

#include <jansson.h>

enum dossier_how {
    DOSSIER_READY,
    DOSSIER_ENDED,  /* the duty is done or ended, or may not be seen any more */
    DOSSIER_FAILED, /* no answer, or none that can be read */
};

struct dossier {
    enum dossier_how how;
    uint64_t duty_id;
    json_t *view; /* answer to show_case; owned */
    json_t *duty; /* its row of this duty; borrowed from `view` */
    bool is_signed, arrived;
    uint32_t contacts;     /* recorded for this duty */
    bool reached;          /* one of them reached somebody */
    uint32_t sent_backs;   /* of this duty */
    uint32_t attempts;     /* follow-up attempts of this duty */
    int64_t last_half_day; /* of the last of them, -1: none */
    uint32_t reporter;     /* whom a follow-up asks */
    json_t *answer;        /* the lead's last answer: code, text, basis, at; owned, or NULL */
    bool incomplete;       /* the timeline is longer than what is read */
};

typedef void dossier_on_done(void *arg, struct dossier *dossier);

/* Asks; on_done comes later, with a dossier that is the receiver's to free. */
void dossier_fetch(struct worker *worker, uint64_t case_id, uint64_t duty_id, dossier_on_done *on_done, void *arg);

/* NULL is allowed; returns NULL. */
struct dossier *dossier_free(struct dossier *dossier);

#endif
