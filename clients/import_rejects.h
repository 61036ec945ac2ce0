/*
 * import_rejects.h - the rows that were not taken, as a file that can be corrected and imported again
 *
 * Every rejected row as it stood, and behind it the columns line (of the imported file), code, field and what_to_do, which an
 * import of the corrected file passes over.
 */
#ifndef HUYING_CLIENTS_IMPORT_REJECTS_H
#define HUYING_CLIENTS_IMPORT_REJECTS_H

#include "clients/import_plan.h"

/* Is this the imported file itself? Then it must not be written. */
bool import_rejects_is_source(const char *path, const char *source);

/* Writes the file anew, whole or not at all, in the order of the imported one; only its header when nothing was rejected. Returns 0
 * or a negative errno. */
int import_rejects_write(const char *path, const struct import_plan *plan);

/* What to do about a row whose own instant was refused: is it the key, which has no role importer, or the clock? Static text. */
const char *import_rejects_clock(bool importer);

#endif
