/* faults.c - what is wrong with a folder of configuration, for the person who wrote it */
#include "config/faults.h"

#include "base/i18n.h"
#include "base/place.h"
#include "proto/blank.h"

#include <stdio.h>
#include <string.h>

void faults_init(struct faults *faults)
{
    faults->count = 0;
    faults->more = 0;
}

void faults_add(struct faults *faults, const char *file, uint32_t line, uint32_t column, const char *format, ...)
{
    if (faults->count == FAULTS_MAX) {
        faults->more++;
        return;
    }
    struct fault *fault = &faults->at[faults->count++];
    snprintf(fault->file, sizeof(fault->file), "%s", file);
    fault->line = line;
    fault->column = column;
    char text[2 * sizeof(fault->text)];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), _(format), args);
    va_end(args);
    /* It quotes somebody's file: what cannot be seen there is shown here. */
    blank_print(text_of(text), fault->text, sizeof(fault->text));
}

static uint32_t first_of_file(const struct faults *faults, const char *file)
{
    uint32_t i = 0;
    while (strcmp(faults->at[i].file, file) != 0) {
        i++;
    }
    return i;
}

/* Stable, by insertion: the list is short. */
void faults_sort(struct faults *faults)
{
    uint32_t rank[FAULTS_MAX];
    for (uint32_t i = 0; i < faults->count; i++) {
        rank[i] = first_of_file(faults, faults->at[i].file);
    }
    for (uint32_t i = 1; i < faults->count; i++) {
        struct fault fault = faults->at[i];
        uint32_t of_fault = rank[i], to = i;
        for (; to > 0; to--) {
            const struct fault *before = &faults->at[to - 1];
            if (rank[to - 1] != of_fault     ? rank[to - 1] < of_fault
                : before->line != fault.line ? before->line < fault.line
                                             : before->column <= fault.column) {
                break;
            }
            faults->at[to] = *before;
            rank[to] = rank[to - 1];
        }
        faults->at[to] = fault;
        rank[to] = of_fault;
    }
}

uint32_t faults_total(const struct faults *faults)
{
    return faults->count + faults->more;
}

char *fault_text(const struct fault *fault, char *ret, size_t size)
{
    return place_say(fault->file, fault->line, fault->column, ret, size, fault->text);
}
