/*
 * faults.h - what is wrong with a folder of configuration, for the person who wrote it
 *
 * A loader does not stop at the first mistake: it writes each down, with file, line, the value that it found and what to write
 * instead. The list is bounded; what does not fit is counted. Standing facts: plain data in the caller's storage, no allocation.
 */
#ifndef HUYING_CONFIG_FAULTS_H
#define HUYING_CONFIG_FAULTS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define FAULTS_MAX 100

struct fault {
    char file[64];   /* name inside the folder, such as units.csv */
    uint32_t line;   /* from 1; 0 = the whole file */
    uint32_t column; /* from 1; 0 = not known. CSV: number of the field; YAML: character */
    char text[448];  /* a sentence */
};

struct faults {
    uint32_t count;
    uint32_t more; /* faults that found no room */
    struct fault at[FAULTS_MAX];
};

/* Empties the list. */
void faults_init(struct faults *faults);

/* Writes one fault down. A text that is too long is cut at a whole character. */
void faults_add(struct faults *faults, const char *file, uint32_t line, uint32_t column, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Brings them into the order of the lines in each file; the files stay in the order of their first fault. */
void faults_sort(struct faults *faults);

/* How many, those without room included. */
uint32_t faults_total(const struct faults *faults);

/* Prints `FILE:LINE:COLUMN: text` (line and column only where known) into `ret`, always terminated. Returns ret. */
char *fault_text(const struct fault *fault, char *ret, size_t size);

#endif
