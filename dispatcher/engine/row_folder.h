/*
 * row_folder.h - the rows at the start: believed when they are whole and of this journal, else set aside and made again from it
 */
#ifndef HUYING_ENGINE_ROW_FOLDER_H
#define HUYING_ENGINE_ROW_FOLDER_H

#include <stddef.h>

struct engine;

/* Opens the rows and brings them to the journal's end, which is open. Rows that are damaged, of another version or of another
 * journal are set aside, said, and made again. Returns 0 or a negative errno with a sentence. */
int row_folder_open(struct engine *engine, size_t map_size, char *said);

/* The rows have been found damaged while they were used: says so, condemns them, so that the next start makes them again, and stops
 * the engine. Returns -EBADMSG. */
int row_folder_damaged(struct engine *engine);

/* Sentence (DATADIR_SAID bytes) on rows that store_open did not open. */
void row_folder_say(const char *path, size_t map_size, int r, char *said);

#endif
