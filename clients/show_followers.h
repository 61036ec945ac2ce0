/*
 * show_followers.h - who follows the events, and how far each is
 */
#ifndef HUYING_CLIENTS_SHOW_FOLLOWERS_H
#define HUYING_CLIENTS_SHOW_FOLLOWERS_H

#include "clients/arguments.h"

enum exit_code show_followers_run(struct session *session, const struct arguments *arguments);

#endif
