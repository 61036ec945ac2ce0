/* trim.c - see trim.h. */
#include "dispatcher/shell/trim.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Memory that is ours alone and resident; 0 where the system does not say. */
static int64_t own_bytes(void)
{
    char line[128], *at = line;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) {
        return 0;
    }
    bool read = fgets(line, sizeof(line), file) != NULL;
    fclose(file);
    if (!read) {
        return 0;
    }
    strtol(line, &at, 10); /* size of the program */
    long resident = strtol(at, &at, 10), shared = strtol(at, &at, 10);
    return (int64_t)(resident - shared) * sysconf(_SC_PAGESIZE);
}

void trim_look(struct trim *trim)
{
    int64_t bytes = own_bytes();
    if (trim->least_bytes != 0 && bytes > trim->least_bytes + TRIM_BYTES) {
        malloc_trim(0);
        trim->least_bytes = own_bytes();
    } else if (trim->least_bytes == 0 || bytes < trim->least_bytes) {
        trim->least_bytes = bytes;
    }
}
