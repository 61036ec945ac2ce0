/* row_folder.c - the rows at the start: believed when they are whole and of this journal, else set aside and made again from it. */
#include "base/i18n.h"
#include "dispatcher/engine/state.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* What becomes of rows that are not used. */
enum aside { ASIDE_DAMAGED, ASIDE_OLDER };

static const char *const aside_names[] = {[ASIDE_DAMAGED] = "rows.damaged", [ASIDE_OLDER] = "rows.older"};

void row_folder_say(const char *path, size_t map_size, int r, char *said)
{
    size_t mib = (map_size != 0 ? map_size : STORE_MAP_SIZE) >> 20;

    /* What mmap says when address space is short, under valgrind or a limit. */
    if (r == -EINVAL || r == -ENOMEM) {
        snprintf(said, DATADIR_SAID,
                 _("The rows in %s cannot be mapped: %s. They want %zu MiB of address space, which something limits (ulimit -v, "
                   "LimitAS=, valgrind): lift that, or give less with --map-size BYTES."),
                 path, strerror(-r), mib);
    } else if (r == -EUSERS) {
        snprintf(said, DATADIR_SAID,
                 _("The rows in %s have too many readers at once: wait until the previews and backups that run have ended."), path);
    } else {
        snprintf(said, DATADIR_SAID,
                 _("The rows in %s cannot be opened: %s. They can be rebuilt: move the folder away and start again."), path,
                 strerror(-r));
    }
}

static int open_store(struct engine *engine, size_t map_size, char *said)
{
    struct store_options options = {.path = engine->folder.rows,
                                    .map_size = map_size,
                                    .verified = true,
                                    .background = engine->background,
                                    .steady_ns = engine->cost.steady_ns};
    int rc = store_open(&options, &engine->store);

    if (rc < 0) {
        row_folder_say(engine->folder.rows, map_size, rc, said);
        return rc;
    }
    store_tables(engine->store, &engine->tables);
    engine->apply_tables = engine->tables;
    engine->apply_tables.district = NULL;
    engine->tables.district = engine->district;
    return 0;
}

static int set_aside(struct engine *engine, enum aside how, const char *why, char *said)
{
    char name[DATADIR_NAME] = "", text[DATADIR_SAID + 400];

    engine->store = store_close(engine->store);
    int rc = datadir_set_aside(&engine->folder, aside_names[how], name);
    if (rc < 0) {
        snprintf(said, DATADIR_SAID, _("The rows in %s cannot be used (%.250s), and cannot be set aside: %s."), engine->folder.rows,
                 why, strerror(-rc));
        return rc;
    }
    snprintf(text, sizeof(text), "The rows cannot be used: %.400s. They are set aside as %s and made again from the journal.", why,
             name);
    engine_log(engine, 1, "rows_set_aside", text);
    return 0;
}

static int look(struct engine *engine, enum aside *ret_aside, bool *ret_made, char *said)
{
    char why[STORE_SAID];
    int rc = store_verify(engine->folder.rows, why);

    *ret_aside = rc == -ENOTSUP ? ASIDE_OLDER : ASIDE_DAMAGED;
    *ret_made = rc == -ENOTSUP || rc == -EBADMSG;
    if (*ret_made) {
        return set_aside(engine, *ret_aside, why, said);
    }
    if (rc == -ENOENT) {
        return 0; /* the first start, or somebody moved them away */
    }
    if (rc < 0) {
        snprintf(said, DATADIR_SAID, _("The rows in %s cannot be read: %s."), engine->folder.rows, strerror(-rc));
    }
    return rc;
}

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void say_made(const struct engine *engine, int64_t since_ms)
{
    char text[200];

    snprintf(text, sizeof(text), "The rows are made again from the %llu records of the journal, in %.1f s.",
             (unsigned long long)journal_last_seq(engine->journal), (double)(monotonic_ms() - since_ms) / 1000);
    engine_log(engine, 2, "rows_made", text);
}

int row_folder_open(struct engine *engine, size_t map_size, char *said)
{
    int64_t begun_ms = monotonic_ms();
    enum aside aside;
    bool made;
    int rc = look(engine, &aside, &made, said);

    if (rc == 0) {
        rc = open_store(engine, map_size, said);
    }
    if (rc == 0) {
        rc = catch_up(&engine->apply_tables, engine->journal, true, said);
    }
    if (rc == -EXDEV && !made) {
        char why[DATADIR_SAID];

        memcpy(why, said, sizeof(why));
        said[0] = '\0';
        made = true;
        rc = set_aside(engine, ASIDE_DAMAGED, why, said);
        if (rc == 0) {
            rc = open_store(engine, map_size, said);
        }
        if (rc == 0) {
            rc = catch_up(&engine->apply_tables, engine->journal, true, said);
        }
    }
    if (rc == 0) {
        rc = store_failed(engine->store);
    }
    if (rc == 0 && made) {
        rc = store_checkpoint(engine->store);
    }
    if (rc == 0 && made) {
        say_made(engine, begun_ms);
    }
    /* Of an older program: nothing is to be learnt from them. Only now: if the journal were damaged, they would be all that is
     * left. */
    if (rc == 0 && made && aside == ASIDE_OLDER) {
        (void)datadir_drop_aside(&engine->folder, aside_names[ASIDE_OLDER]);
    }
    return rc;
}

int row_folder_damaged(struct engine *engine)
{
    char text[DATADIR_SAID + 200];
    int rc = store_condemn(engine->folder.rows);

    snprintf(
        text, sizeof(text),
        "A row in %s is not what was written: the disk or the memory is bad, or a hand was in the folder. Nothing is answered from "
        "it. %s",
        engine->folder.rows,
        rc == 0 ? "The process ends; the next start makes the rows again from the journal."
                : "Stop, move the folder away and start again: the rows are made again from the journal.");
    engine_log(engine, 0, "rows_damaged", text);
    engine->stopped = -EBADMSG;
    return -EBADMSG;
}
