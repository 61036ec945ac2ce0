/*
 * admin_preview.h - what another set of configuration would do to the open cases, without doing it
 *
 * Reads the rows of a data folder beside a running dispatcher (LMDB lets one; nothing is written), and has the core settle every
 * open case under the new set, as the dispatcher does after adoption: so the two cannot differ but by what happens in between. Rows
 * are those of the last checkpoint.
 */
#ifndef HUYING_ADMIN_PREVIEW_H
#define HUYING_ADMIN_PREVIEW_H

#include "config/district.h"
#include "dispatcher/admin/admin.h"

#include <stdbool.h>
#include <stddef.h>

/* Prints the preview of `district`, which was loaded from `folder`, over the data folder `data`; `map_size` of its rows,
 * 0 = default. In a child: the rows may be damaged. Returns an exit code: EXIT_DONE
 * it can be adopted, EXIT_REFUSED it lacks units that are in force, EXIT_FAILED. */
int admin_preview(const char *folder, const struct district *district, const char *data, size_t map_size, bool json);

#endif
