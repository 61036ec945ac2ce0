/*
 * tmp.h - where tests put their files: TMPDIR, else /tmp; or in memory
 *
 * script/test gives every run folders of its own by TMPDIR and HUYING_SHM, and fails when anything stays in them.
 */
#ifndef HUYING_TESTS_TMP_H
#define HUYING_TESTS_TMP_H

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline const char *tmp_base(void)
{
    const char *base = getenv("TMPDIR");
    return base != NULL && base[0] != '\0' ? base : "/tmp";
}

/* In memory where there is such a place, for tests that do not look at whether fsync works. */
static inline const char *tmp_memory(void)
{
    const char *base = getenv("HUYING_SHM");
    if (base != NULL && base[0] != '\0') {
        return base;
    }
    return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : tmp_base();
}

/* Writes the template of a name for mkdtemp or mkstemp. False: it has no room in `size` bytes. For programs that are no tests. */
static inline bool tmp_template(char *ret, size_t size, const char *base, const char *name)
{
    int length = snprintf(ret, size, "%s/huying-%s-XXXXXX", base, name);
    return length > 0 && (size_t)length < size;
}

/* The same in a test. */
static inline char *tmp_name(char *ret, size_t size, const char *base, const char *name)
{
    ck_assert(tmp_template(ret, size, base, name));
    return ret;
}

static inline void tmp_folder(char *ret, size_t size, const char *name)
{
    ck_assert_ptr_nonnull(mkdtemp(tmp_name(ret, size, tmp_base(), name)));
}

#endif
