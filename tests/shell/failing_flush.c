/* failing_flush.c - preloaded: fdatasync fails with EIO as soon as the file that HUYING_FAIL_FLUSH names exists. */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int fdatasync(int fd)
{
    const char *path = getenv("HUYING_FAIL_FLUSH");
    if (path != NULL && access(path, F_OK) == 0) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}
