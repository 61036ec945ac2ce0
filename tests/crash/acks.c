/* acks.c - the file in which the load keeps what was acknowledged */
#include "tests/crash/acks.h"

#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_TROUBLE 3

static void keep(struct acks *acks, uint32_t which, uint32_t step, const char *answer)
{
    if (acks->count == acks->capacity) {
        acks->capacity = acks->capacity == 0 ? 1024 : 2 * acks->capacity;
        acks->at = reallocarray(acks->at, acks->capacity, sizeof(*acks->at));
        if (acks->at == NULL) {
            err(EXIT_TROUBLE, "acknowledgements");
        }
    }
    struct ack *ack = &acks->at[acks->count++];
    *ack = (struct ack){.which = which, .step = step};
    snprintf(ack->answer, sizeof(ack->answer), "%s", answer);
}

void acks_open(struct acks *acks, const char *path)
{
    *acks = (struct acks){.file = fopen(path, "a+e")};
    if (acks->file == NULL) {
        err(EXIT_TROUBLE, "%s", path);
    }
    rewind(acks->file);
    char line[512];
    while (fgets(line, sizeof(line), acks->file) != NULL) {
        uint32_t which, step;
        int at = 0;
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%" SCNu32 " %" SCNu32 " %*u %*s %*s %n", &which, &step, &at) != 2 || at == 0) {
            errx(EXIT_TROUBLE, "%s: not an acknowledgement: %s", path, line);
        }
        keep(acks, which, step, line + at);
    }
}

void acks_add(struct acks *acks, uint32_t which, uint32_t step, uint64_t mark, const char *id, const char *name, const char *answer)
{
    keep(acks, which, step, answer);
    fprintf(acks->file, "%" PRIu32 " %" PRIu32 " %" PRIu64 " %s %s %s\n", which, step, mark, id, name, answer);
    if (fflush(acks->file) != 0) {
        err(EXIT_TROUBLE, "acknowledgements");
    }
}

void acks_close(struct acks *acks)
{
    fclose(acks->file);
    free(acks->at);
    *acks = (struct acks){0};
}
