/*
 * import.h - many complaints from a file, each submitted once
 */
#ifndef HUYING_CLIENTS_IMPORT_H
#define HUYING_CLIENTS_IMPORT_H

#include "clients/arguments.h"

/* The verb `import`. Exit code 0: every row is in; 1: some were rejected; 3 to 5: it stopped on the way, and running it again is
 * safe. */
enum exit_code import_run(struct session *session, const struct arguments *arguments);

#endif
