/* journal_open.c - a journal is opened: what is there is looked at, and a torn end is cut off */
#include "dispatcher/store/journal_inner.h"

#include "dispatcher/store/folder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENT_SIZE_DEFAULT (64 * 1024 * 1024)
#define PAGE 4096

/* Reads a whole segment. Gives *ret (caller frees). */
static int read_segment(struct journal *journal, struct segment *segment, uint8_t **ret)
{
    char name[SEGMENT_NAME_SIZE];
    segment_name(segment->first_seq, name);
    int fd = folder_openat(journal->folder, name, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    struct stat st;
    int rc = fstat(fd, &st) == 0 ? 0 : -errno;
    uint8_t *bytes = rc == 0 ? malloc((size_t)st.st_size + 1) : NULL;
    if (rc == 0 && bytes == NULL) {
        rc = -ENOMEM;
    }
    ssize_t n = rc == 0 ? folder_read_all(fd, bytes, (size_t)st.st_size, 0) : 0;
    close(fd);
    if (n < 0) {
        rc = (int)n;
    }
    if (rc < 0) {
        free(bytes);
        return rc;
    }
    segment->size = (uint64_t)n;
    *ret = bytes;
    return 0;
}

/* Writes the last good append once more, and zeros over a torn one, and flushes: see "Unknown outcomes" in journal.h. */
static int write_end(struct journal *journal, uint8_t *bytes, const struct segment_scan_result *found)
{
    assert(bytes != NULL);
    uint64_t until = found->torn_until != 0 ? found->torn_until : found->end;
    memset(bytes + found->end, 0, (size_t)(until - found->end));
    int rc = folder_sync(journal->folder);
    if (rc == 0) {
        rc = folder_write_all(journal->fd, bytes + found->append_from, (size_t)(until - found->append_from), found->append_from);
    }
    if (rc == 0) {
        rc = folder_sync_data(journal->fd);
    }
    return rc;
}

static int open_last(struct journal *journal, uint8_t *bytes, const struct segment_scan_result *found)
{
    struct segment *last = &journal->segments[journal->segment_count - 1];
    journal->end = found->end;
    if (journal->read_only) {
        return 0;
    }
    char name[SEGMENT_NAME_SIZE];
    segment_name(last->first_seq, name);
    journal->fd = folder_openat(journal->folder, name, O_RDWR | O_CLOEXEC, 0);
    if (journal->fd < 0) {
        return -errno;
    }
    return write_end(journal, bytes, found);
}

static int verify(struct journal *journal, size_t first, struct journal_open_report *report)
{
    /* The chain of the first segment of all begins with nothing; a later one is taken at its word. */
    journal->state = (struct segment_scan_state){.linked = first == 0};
    for (size_t i = first; i < journal->segment_count; i++) {
        struct segment *segment = &journal->segments[i];
        struct segment_scan_result found;
        uint8_t *bytes = NULL;
        bool is_last = i + 1 == journal->segment_count;
        int rc = read_segment(journal, segment, &bytes);
        if (rc == 0) {
            rc = segment_scan(segment, bytes, segment->size, is_last, &journal->state, &found, report->said);
        }
        if (rc == 0 && is_last) {
            report->cut = found.torn_until != 0;
            rc = open_last(journal, bytes, &found);
        }
        free(bytes);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static int open_all(struct journal *journal, const struct journal_options *options, bool verify_all,
                    struct journal_open_report *report)
{
    int rc = folder_open(options->path, !options->read_only);
    if (rc < 0) {
        return rc;
    }
    journal->folder = rc;
    rc = segment_list(journal->folder, &journal->segments, &journal->segment_count);
    if (rc < 0) {
        return rc;
    }
    /* What was being prepared was never acknowledged, and may hold the bytes of an append that failed. */
    if (!options->read_only && unlinkat(journal->folder, SEGMENT_PREPARED, 0) != 0 && errno != ENOENT) {
        return -errno;
    }
    if (journal->segment_count == 0) {
        return 0;
    }
    if (journal->segments[0].first_seq != 1) {
        char name[SEGMENT_NAME_SIZE];
        segment_name(journal->segments[0].first_seq, name);
        snprintf(report->said, sizeof(report->said),
                 "journal segment %s is the first file, and begins with sequence %" PRIu64 ": the segments before it are missing",
                 name, journal->segments[0].first_seq);
        return -EBADMSG;
    }
    rc = verify_all ? 0 : journal_chain_check(journal, report->said); /* reading every frame shows the same, and where */
    if (rc < 0) {
        return rc;
    }
    return verify(journal, verify_all ? 0 : journal->segment_count - 1, report);
}

/* What to do about damage: the journal is the one thing that nothing else can make again. */
static void advise(char *said, size_t size)
{
    size_t used = strlen(said);
    snprintf(said + used, size - used,
             ". Keep the folder as it is, put the file back from a copy, or restore the last backup into another folder: `huying "
             "restore BACKUP --data NEW`.");
}

int journal_open(const struct journal_options *options, bool verify_all, struct journal **ret, struct journal_open_report *report)
{
    *report = (struct journal_open_report){0};
    struct journal *journal = calloc(1, sizeof(*journal));
    if (journal == NULL) {
        return -ENOMEM;
    }
    journal->folder = journal->fd = journal->maker.fd = -1;
    journal->read_only = options->read_only;
    journal->segment_size = options->segment_size != 0 ? (options->segment_size + PAGE - 1) / PAGE * PAGE : SEGMENT_SIZE_DEFAULT;
    int rc = open_all(journal, options, verify_all, report);
    if (rc < 0) {
        if (report->said[0] == '\0') {
            snprintf(report->said, sizeof(report->said), "journal %s: cannot be opened: %s", options->path, strerror(-rc));
        }
        if (rc == -EBADMSG) {
            advise(report->said, sizeof(report->said));
        }
        journal_close(journal);
        return rc;
    }
    report->last_seq = journal->state.last_seq;
    report->last_at_ms = journal->state.at_ms;
    report->epoch = journal->state.epoch;
    *ret = journal;
    return 0;
}
