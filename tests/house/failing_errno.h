/*
 * failing_errno.h - tells the static analyzer what it cannot know: errno is not 0 when it is read
 *
 * script/test gives this header to clang-tidy, and to nothing else. Without it each `return -errno;` might be 0 to the analyzer,
 * and it walks on into values that a failed call has not set. One number for all, because clang 14 does not follow the minus before
 * a number that it does not know. Cost: branches for other numbers are not walked.
 */
#ifndef HUYING_TESTS_HOUSE_FAILING_ERRNO_H
#define HUYING_TESTS_HOUSE_FAILING_ERRNO_H

#include <errno.h>
#undef errno
#define errno                                                                                                                      \
    (*({                                                                                                                           \
        int *at_ = __errno_location();                                                                                             \
        *at_ = EIO;                                                                                                                \
        at_;                                                                                                                       \
    }))

#endif
