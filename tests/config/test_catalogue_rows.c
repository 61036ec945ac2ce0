/*
 * test_catalogue_rows.c - the search of the dispatch catalogue beside a look at every row: the same row and lead for every matter
 * at every place, in random districts whose rows contradict each other in all ways.
 */
#include "config/catalogue.h"
#include "config/district.h"
#include "config/district_index.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define UNITS 120
#define MATTERS 12
#define ROWS 300

static uint64_t state;

static uint32_t below(uint32_t bound)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state % bound);
}

/* What the search has to do, said without it: from the place up, then for any place; in file order in each. */
static const struct catalogue_row *look_at_every_row(const struct district *district, int32_t matter, int32_t place,
                                                     int32_t *ret_lead)
{
    int32_t at = place;
    for (;;) {
        for (uint32_t i = 0; i < district->row_count; i++) {
            const struct catalogue_row *row = &district->rows[i];
            int32_t lead = district_select(district, &row->lead, place);
            if (row->place == at && (row->matter < 0 || row->matter == matter) && lead >= 0) {
                *ret_lead = lead;
                return row;
            }
        }
        if (at < 0) {
            return NULL;
        }
        at = district->units[at].parent;
    }
}

static void fill(struct district *district)
{
    static struct unit units[UNITS];
    static struct matter matters[MATTERS];
    static struct catalogue_row rows[ROWS];
    *district = (struct district){.units = units,
                                  .unit_count = UNITS,
                                  .matters = matters,
                                  .matter_count = MATTERS,
                                  .rows = rows,
                                  .row_count = below(ROWS) + 1};
    for (int32_t i = 0; i < UNITS; i++) {
        /* A tree: each below one before it, or alone. */
        int32_t parent = i == 0 || below(20) == 0 ? -1 : (int32_t)below((uint32_t)i);
        enum unit_tier tier = parent < 0 ? (enum unit_tier)below(2) : units[parent].tier;
        if (parent >= 0 && tier < UNIT_TIER_GRID && below(3) > 0) {
            tier++;
        }
        units[i] = (struct unit){.tier = tier,
                                 .class = (enum unit_class)below(UNIT_CLASS_COUNT),
                                 .parent = parent,
                                 .successor = -1,
                                 .street_desk = below(2) ? -1 : (int32_t)below(UNITS),
                                 .desk_of = -1};
    }
    uint32_t places = below(UNITS) + 1; /* few of them: many rows for one place */
    for (uint32_t i = 0; i < district->row_count; i++) {
        rows[i] = (struct catalogue_row){.row = i + 1,
                                         .matter = (int32_t)below(MATTERS + 1) - 1,
                                         .place = (int32_t)below(places + 1) - 1,
                                         .lead = {(enum selector_kind)below(SELECT_STREET_DESK + 1), (int32_t)below(UNITS),
                                                  (enum unit_tier)below(UNIT_TIER_COUNT)}};
    }
}

START_TEST(test_search_and_scan)
{
    struct district district;
    uint32_t found = 0, none = 0;
    state = 88172645463325252U + (uint64_t)_i;
    for (int round = 0; round < 20; round++) {
        fill(&district);
        for (int hand = 0; hand < 3; hand++) { /* as it is loaded, with keys alone, and as a district put together by hand */
            district.row_keys = hand == 2 ? NULL : catalogue_keys(district.rows, district.row_count);
            district.index = hand == 0 ? district_index_new(&district) : NULL;
            ck_assert(hand == 2 || district.row_keys);
            ck_assert(hand != 0 || district.index);
            for (int32_t matter = -1; matter < MATTERS; matter++) {
                for (int32_t place = -1; place < UNITS; place++) {
                    int32_t lead = -2, wanted_lead = -2;
                    const struct catalogue_row *wanted = look_at_every_row(&district, matter, place, &wanted_lead);
                    const struct catalogue_row *row = district_row(&district, matter, place, &lead);
                    if (row != wanted || lead != wanted_lead) {
                        ck_abort_msg("round %d, matter %d, place %d: row %u, not %u", round, matter, place, row ? row->row : 0,
                                     wanted ? wanted->row : 0);
                    }
                    found += row != NULL;
                    none += row == NULL;
                }
            }
            free(district.row_keys);
            district_index_free(district.index);
        }
    }
    ck_assert_uint_gt(found, 1000);
    ck_assert_uint_gt(none, 10);
}
END_TEST

START_TEST(test_no_rows)
{
    struct district district;
    int32_t lead;
    state = 1;
    fill(&district);
    district.row_count = 0;
    district.row_keys = catalogue_keys(NULL, 0);
    ck_assert_ptr_nonnull(district.row_keys);
    ck_assert_ptr_null(district_row(&district, 0, 3, &lead));
    district.index = district_index_new(&district);
    ck_assert_ptr_nonnull(district.index);
    ck_assert_ptr_null(district_row(&district, 0, 3, &lead));
    district_index_free(district.index);
    free(district.row_keys);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{test_search_and_scan, 10}, {test_no_rows}};
    return suite_run(
        &(struct suite){.name = "config/catalogue_rows", .timeout_s = 60, .tests = tests, .count = SUITE_COUNT(tests)});
}
