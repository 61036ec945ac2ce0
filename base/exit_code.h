/*
 * exit_code.h - how a program of ours ends: the one table of its exit codes
 *
 * tests/house/exit_codes.py holds the documents and the manual pages against it, by the words in the comments.
 */
#ifndef HUYING_BASE_EXIT_CODE_H
#define HUYING_BASE_EXIT_CODE_H

enum exit_code {
    EXIT_DONE = 0,          /* done */
    EXIT_REFUSED = 1,       /* refused */
    EXIT_USAGE = 2,         /* usage */
    EXIT_NOT_REACHABLE = 3, /* not reachable */
    EXIT_FAILED = 4,        /* failure */
    EXIT_BUSY = 5,          /* busy */
};

#endif
