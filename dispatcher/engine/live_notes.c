/* live_notes.c - what live notes of a step while its records are applied */
#include "dispatcher/engine/live.h"

#include <errno.h>
#include <stdlib.h>

int live_list_add(struct live_list *list, uint64_t value)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 256 : list->capacity * 2;
        uint64_t *at = realloc(list->at, capacity * sizeof(*at));

        if (at == NULL) {
            return -ENOMEM;
        }
        list->at = at;
        list->capacity = capacity;
    }
    list->at[list->count++] = value;
    return 0;
}

bool live_followed(const struct engine *engine)
{
    const struct live *live = engine->live;

    return live->followed_until_ms > live->now_ms || live->parking.counts[PARKED_TAIL] > 0 ||
           live->parking.counts[PARKED_BEHIND] > 0;
}

void live_may(struct live *live, const struct code *unit)
{
    uint32_t position = live->may_all ? REACH_NOWHERE : reach_position(&live->order, unit);

    if (position != REACH_NOWHERE) {
        live->may[position / 64] |= UINT64_C(1) << position % 64;
    }
}

static void note_event(struct live *live, const struct record *record)
{
    if (live->event_count == live->event_capacity) {
        uint32_t capacity = live->event_capacity == 0 ? 256 : live->event_capacity * 2;
        struct recent_event *events = realloc(live->events, capacity * sizeof(*events));

        if (events == NULL) {
            live->events_lost = true;
            return;
        }
        live->events = events;
        live->event_capacity = capacity;
    }
    struct recent_event *event = &live->events[live->event_count++];
    *event = (struct recent_event){.seq = record->seq,
                                   .type = record->type,
                                   .case_id = record->head.case_id,
                                   .matter = record->head.matter,
                                   .places_from = live->places.count};
    visible_record(&live->order, record, &live->places);
    event->places_count = live->places.count - event->places_from;
}

void live_record(struct engine *engine, const struct record *record, const struct record_info *info, bool followed)
{
    struct live *live = engine->live;
    const enum record_waiting waiting = info->waiting;
    const bool ends = waiting == RECORD_WAITING_ENDS || waiting == RECORD_WAITING_MOVES;
    const bool opens = waiting == RECORD_WAITING_BEGINS || waiting == RECORD_WAITING_MOVES;

    if (opens) {
        live_may(live, &record->head.unit);
        live->wakes++;
    }
    /* Without memory for a note the idle pulls look for themselves, and the lease lapses. */
    if (ends && leases_count(live->leases) > 0 && live_list_add(&live->dropped, record->head.duty_id) < 0) {
        live->wake_all = true;
    }
    if (opens && live->parking.counts[PARKED_IDLE] > 0 && live_list_add(&live->touched, record->head.duty_id) < 0) {
        live->wake_all = true;
    }
    if (info->event && followed) {
        note_event(live, record);
    } else if (info->event) {
        live->events_lost = true;
    }
}
