/*
 * mutant.h - what rewritten sources call: is this the one thing that is turned, and would it make a difference?
 *
 * MUTANT names the one that is turned. MUTANT_MARKS names a file of a byte for each: bit 0, it was come to; bit 1, turned it would
 * have been another value. Both are asked for once, at start; tests that fork share the marks.
 */
#ifndef HUYING_MUTANT_H
#define HUYING_MUTANT_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static int mutant_turned;
static unsigned char *mutant_marks;

__attribute__((constructor(150))) static void mutant_begin(void)
{
    const char *turned = getenv("MUTANT"), *marks = getenv("MUTANT_MARKS");
    struct stat status;
    mutant_turned = turned != NULL ? atoi(turned) : 0;
    int fd = marks != NULL ? open(marks, O_RDWR | O_CLOEXEC) : -1;
    if (fd >= 0 && fstat(fd, &status) == 0) {
        void *at = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        mutant_marks = at != MAP_FAILED ? at : NULL;
    }
}

static inline void mutant_mark(int id, bool differs)
{
    if (mutant_marks != NULL) {
        mutant_marks[id] |= differs ? 3 : 1;
    }
}

__attribute__((unused)) static bool mutant_other(int id, bool is, bool other)
{
    mutant_mark(id, is != other);
    return mutant_turned == id ? other : is;
}

__attribute__((unused)) static bool mutant_true(int id, bool is)
{
    return mutant_other(id, is, true);
}

__attribute__((unused)) static bool mutant_false(int id, bool is)
{
    return mutant_other(id, is, false);
}

/* Rows of tables are turned before main; whoever links them may read them. */
__attribute__((unused)) static bool mutant_table(int id)
{
    mutant_mark(id, true);
    return mutant_turned == id;
}

#endif
