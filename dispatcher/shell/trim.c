/* trim.c - see trim.h. */
#include "dispatcher/shell/trim.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

/* Memory that is ours alone and resident; 0 where the system does not say. */
static int64_t own_bytes(void)
{
    long resident, shared;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) {
        return 0;
    }
    int count = fscanf(file, "%*d %ld %ld", &resident, &shared);
    fclose(file);
    return count == 2 ? (int64_t)(resident - shared) * sysconf(_SC_PAGESIZE) : 0;
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
