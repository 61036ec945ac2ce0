/*
 * import_plan.c - what a file of complaints becomes
 */
#include "clients/import_plan.h"

#include "base/i18n.h"
#include "clients/import_row.h"
#include "config/file.h"
#include "config/words.h"
#include "proto/client/client.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#define BLOCK_SIZE (256U << 10)
#define ROWS_A_NOTE 1024 /* between two calls of on_bytes */

/* ---- rejects ---- */

int import_plan_reject(struct import_plan *plan, uint32_t row, struct text code, struct text field, const char *what_to_do)
{
    assert(plan->rows[row].state != IMPORT_REJECTED);
    int rc = rejects_keep(&plan->rejects, code, field, what_to_do, &plan->rows[row].reject);
    if (rc == 0) {
        plan->rows[row].state = IMPORT_REJECTED;
    }
    return rc;
}

struct reject import_plan_why(const struct import_plan *plan, uint32_t row)
{
    assert(plan->rows[row].state == IMPORT_REJECTED);
    return rejects_at(&plan->rejects, plan->rows[row].reject);
}

bool import_plan_next_reject(const void *arg, uint32_t *cursor, struct rejected_row *ret)
{
    const struct import_plan *plan = arg;
    while (*cursor < plan->row_count && plan->rows[*cursor].state != IMPORT_REJECTED) {
        ++*cursor;
    }
    if (*cursor == plan->row_count) {
        return false;
    }
    const struct import_row *row = &plan->rows[(*cursor)++];
    *ret = (struct rejected_row){.offset = row->offset, .line = row->line, .place = row->reject};
    return true;
}

uint32_t import_plan_count(const struct import_plan *plan, enum import_state state)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->row_count; i++) {
        count += plan->rows[i].state == state;
    }
    return count;
}

/* ---- ids ---- */

static void hash_part(crypto_generichash_state *state, struct text part)
{
    unsigned char size[4] = {(unsigned char)part.size, (unsigned char)(part.size >> 8), (unsigned char)(part.size >> 16),
                             (unsigned char)(part.size >> 24)};
    crypto_generichash_update(state, size, sizeof(size));
    if (part.size > 0) {
        crypto_generichash_update(state, (const unsigned char *)part.at, part.size);
    }
}

/* What rows of one file are compared by. */
static void make_key(const struct import_plan *plan, struct text reference, int64_t at_ms, unsigned char ret[16])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, 16);
    if (reference.size > 0) {
        hash_part(&state, text_of("reference"));
        hash_part(&state, text_of(plan->source.map->system));
        hash_part(&state, reference);
    } else {
        hash_part(&state, text_of("same"));
        hash_part(&state, (struct text){.at = (const char *)&at_ms, .size = sizeof(at_ms)});
        hash_part(&state, (struct text){.at = (const char *)plan->body.data, .size = (uint32_t)plan->body.size});
    }
    crypto_generichash_final(&state, ret, 16);
}

/* The id of a row without a reference: the file and its place in it. */
static void make_place_id(const struct import_plan *plan, uint32_t row, unsigned char ret[16])
{
    crypto_generichash_state state;
    char place[16];
    snprintf(place, sizeof(place), "%u", row);
    crypto_generichash_init(&state, NULL, 0, 16);
    hash_part(&state, text_of("row"));
    hash_part(&state, (struct text){.at = (const char *)plan->file_hash, .size = 16});
    hash_part(&state, text_of(place));
    crypto_generichash_final(&state, ret, 16);
}

char *import_plan_id(const struct import_plan *plan, uint32_t row, char ret[IMPORT_ID_SIZE])
{
    unsigned char placed[16];
    const unsigned char *id = plan->rows[row].key;
    if (!plan->rows[row].named) {
        make_place_id(plan, row, placed);
        id = placed;
    }
    int size = snprintf(ret, IMPORT_ID_SIZE, "import-");
    for (int i = 0; i < 16; i++) {
        size += snprintf(ret + size, IMPORT_ID_SIZE - (size_t)size, "%02x", id[i]);
    }
    return ret;
}

/* Over all bytes of the file. */
static int hash_file(struct import_plan *plan, struct faults *faults)
{
    crypto_generichash_state state;
    unsigned char *block = malloc(BLOCK_SIZE);
    uint64_t file_size;
    int fd = -1, rc = block == NULL ? -ENOMEM : file_open(plan->source.file, faults, &fd, &file_size);
    ssize_t got = 0;
    crypto_generichash_init(&state, NULL, 0, 16);
    while (rc == 0 && (got = read(fd, block, BLOCK_SIZE)) > 0) {
        crypto_generichash_update(&state, block, (size_t)got);
    }
    if (rc == 0 && got < 0) {
        rc = -errno;
    }
    crypto_generichash_final(&state, plan->file_hash, 16);
    if (fd >= 0) {
        close(fd);
    }
    free(block);
    return rc;
}

/* ---- order, and rows that are there twice ---- */

static int compare_keys(const void *a, const void *b, void *context)
{
    const struct import_plan *plan = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = memcmp(plan->rows[x].key, plan->rows[y].key, sizeof(plan->rows[x].key));
    return order != 0 ? order : x < y ? -1 : x > y;
}

static int compare_instants(const void *a, const void *b, void *context)
{
    const struct import_plan *plan = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int64_t x_ms = plan->rows[x].at_ms, y_ms = plan->rows[y].at_ms;
    return x_ms != y_ms ? (x_ms < y_ms ? -1 : 1) : x < y ? -1 : x > y;
}

static int judge_twin(struct import_plan *plan, uint32_t first, uint32_t row)
{
    const struct import_row *one = &plan->rows[first], *two = &plan->rows[row];
    char what[256];
    if (one->content == two->content && one->at_ms == two->at_ms) {
        plan->rows[row].state = IMPORT_SAME;
        return 0;
    }
    snprintf(what, sizeof(what), _("Line %u has the same reference and other content. Keep one of them, or give each its own%s."),
             one->line, two->reject == 1 ? _(" (a spreadsheet keeps 15 digits of a number: format the column as text)") : "");
    return import_plan_reject(plan, row, text_of("ID_REUSED"), text_of("reference"), what);
}

/* Two rows of one file with one reference: the first counts. (Rejected rows have no key.) */
static int judge_twins(struct import_plan *plan)
{
    uint32_t first = UINT32_MAX;
    int rc = 0;
    qsort_r(plan->order, plan->row_count, sizeof(plan->order[0]), compare_keys, plan);
    for (uint32_t i = 0; i < plan->row_count && rc == 0; i++) {
        uint32_t row = plan->order[i];
        if (plan->rows[row].state == IMPORT_REJECTED) {
            continue;
        }
        if (first != UINT32_MAX && memcmp(plan->rows[first].key, plan->rows[row].key, sizeof(plan->rows[row].key)) == 0) {
            rc = judge_twin(plan, first, row);
        } else {
            first = row;
        }
    }
    return rc;
}

/* ---- the file ---- */

static int find_columns(struct import_plan *plan, struct faults *faults)
{
    for (uint32_t i = 0; i <= import_map_at(); i++) {
        const struct import_field *field = &plan->source.map->fields[i];
        for (uint32_t k = 0; k < field->column_count; k++) {
            plan->columns[i][k] = sheet_column(plan->sheet, field->columns[k]);
            if (plan->columns[i][k] < 0) {
                faults_add(faults, plan->source.file, 1, 0, "there is no column `%s`, which the map names", field->columns[k]);
            }
        }
    }
    return faults_total(faults) > 0 ? -EINVAL : 0;
}

/* The submit of what was read, as it is sent: two rows are the same when this is. */
static int make_body(struct import_plan *plan, const struct import_reading *reading)
{
    proto_buffer_clear(&plan->body);
    return client_body_from_shape(&submit_command_shape, &reading->body, &plan->body);
}

static int keep_row(struct import_plan *plan, const struct sheet_row *row)
{
    struct import_reading reading = {0};
    uint32_t index = plan->row_count;
    if (index == UINT32_MAX) {
        return -EOVERFLOW;
    }
    int rc = spill_grow(&plan->row_room, (index + UINT64_C(1)) * sizeof(plan->rows[0]));
    if (rc == 0) {
        rc = import_row_read(plan, row, true, &reading);
    }
    if (rc < 0) {
        return rc;
    }
    plan->rows = plan->row_room.at;
    plan->row_count++;
    struct import_row *kept = &plan->rows[index];
    *kept = (struct import_row){.offset = row->offset, .line = row->line, .at_ms = reading.at_ms, .state = IMPORT_WAITING};
    if (reading.refusal == REFUSAL_NONE) {
        rc = make_body(plan, &reading);
    }
    if (rc < 0) {
        return rc;
    }
    if (reading.refusal != REFUSAL_NONE) {
        return import_plan_reject(plan, index, text_of(refusal_infos[reading.refusal].code),
                                  text_of(reading.field == UINT32_MAX ? "" : import_map_name(reading.field)), reading.what);
    }
    struct text reference = reading.body.reference;
    kept->content = XXH64(plan->body.data, plan->body.size, 0);
    kept->named = reference.size > 0;
    kept->reject = kept->named && reference_cut(reference.at); /* until it is known whether it is one */
    make_key(plan, reference, kept->at_ms, kept->key);
    return 0;
}

static int read_rows(struct import_plan *plan)
{
    struct sheet_row row;
    int result;
    while ((result = sheet_next(plan->sheet, &row)) == 1) {
        int rc = keep_row(plan, &row);
        if (rc < 0) {
            return rc;
        }
        if (plan->source.on_bytes != NULL && plan->row_count % ROWS_A_NOTE == 0) {
            plan->source.on_bytes(plan->source.arg, plan->sheet->offset, plan->sheet->size);
        }
    }
    return result;
}

static int make_order(struct import_plan *plan, struct faults *faults)
{
    bool unnamed = false;
    int rc = spill_grow(&plan->order_room, (plan->row_count + UINT64_C(1)) * sizeof(plan->order[0]));
    if (rc < 0) {
        return rc;
    }
    plan->order = plan->order_room.at;
    for (uint32_t i = 0; i < plan->row_count; i++) {
        plan->order[i] = i;
        unnamed = unnamed || (plan->rows[i].state == IMPORT_WAITING && !plan->rows[i].named);
    }
    if (unnamed) {
        rc = hash_file(plan, faults);
    }
    if (rc == 0) {
        rc = judge_twins(plan);
    }
    qsort_r(plan->order, plan->row_count, sizeof(plan->order[0]), compare_instants, plan);
    return rc;
}

static int load(struct import_plan *plan, struct faults *faults, struct import_map **ret_own_map)
{
    int rc = sheet_open(plan->source.file, faults, &plan->sheet);
    if (rc < 0) {
        return rc;
    }
    plan->own_count = rejects_own_count(plan->sheet);
    if (plan->source.map == NULL) {
        rc = import_map_of_header(plan->sheet, plan->own_count, faults, ret_own_map);
        plan->source.map = *ret_own_map;
    }
    if (rc == 0) {
        rc = find_columns(plan, faults);
    }
    if (rc == 0) {
        rc = read_rows(plan);
    }
    return rc < 0 ? rc : make_order(plan, faults);
}

int import_plan_load(const struct import_source *source, struct faults *faults, struct import_map **ret_own_map,
                     struct import_plan **ret)
{
    *ret_own_map = NULL;
    if (sodium_init() < 0) {
        return -ENOMEM;
    }
    struct import_plan *plan = calloc(1, sizeof(*plan));
    if (plan == NULL) {
        return -ENOMEM;
    }
    plan->source = *source;
    int rc = load(plan, faults, ret_own_map);
    if (rc < 0) {
        import_plan_free(plan);
        return rc;
    }
    *ret = plan;
    return 0;
}

int import_plan_cells(struct import_plan *plan, uint32_t row, struct sheet_row *ret)
{
    int result = sheet_again(plan->sheet, plan->rows[row].offset, plan->rows[row].line, ret);
    return result == 1 ? 0 : result == 0 || result == -EINVAL ? -ESTALE : result;
}

int import_plan_submit(struct import_plan *plan, uint32_t row, struct submit_command *ret)
{
    struct import_reading reading;
    struct sheet_row cells;
    int rc = import_plan_cells(plan, row, &cells);
    if (rc == 0) {
        rc = import_row_read(plan, &cells, false, &reading);
    }
    if (rc == 0) {
        rc = reading.refusal != REFUSAL_NONE ? -ESTALE : make_body(plan, &reading);
    }
    if (rc < 0) {
        return rc;
    }
    if (XXH64(plan->body.data, plan->body.size, 0) != plan->rows[row].content) {
        return -ESTALE;
    }
    if (ret != NULL) {
        *ret = reading.body;
    }
    return 0;
}

bool import_plan_has_instants(const struct import_plan *plan)
{
    const struct import_field *field = &plan->source.map->fields[import_map_at()];
    return field->column_count > 0 || field->constant != NULL;
}

struct import_plan *import_plan_free(struct import_plan *plan)
{
    if (plan == NULL) {
        return NULL;
    }
    spill_deinit(&plan->row_room);
    spill_deinit(&plan->order_room);
    rejects_deinit(&plan->rejects);
    free(plan->texts);
    proto_buffer_deinit(&plan->body);
    sheet_free(plan->sheet);
    free(plan);
    return NULL;
}
