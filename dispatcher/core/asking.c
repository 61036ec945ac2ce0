/* asking.c - who asks: the hashes of request and person, what is remembered of both, and the matters that a key is for */
#include "dispatcher/core/core.h"

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t core_request_hash(struct text actor, struct text request)
{
    char joined[128];
    if (actor.size > 0 && request.size > 0 && (size_t)actor.size + 1 + request.size <= sizeof(joined)) { /* nearly always */
        memcpy(joined, actor.at, actor.size);
        joined[actor.size] = '\0';
        memcpy(joined + actor.size + 1, request.at, request.size);
        return XXH64(joined, (size_t)actor.size + 1 + request.size, 0);
    }
    XXH64_state_t state;
    XXH64_reset(&state, 0);
    XXH64_update(&state, actor.at, actor.size);
    XXH64_update(&state, "", 1);
    XXH64_update(&state, request.at, request.size);
    return XXH64_digest(&state);
}

uint64_t core_person_hash(struct text name, struct text behalf)
{
    struct text who = behalf.size > 0 ? behalf : name;
    return XXH64(who.at, who.size, 0);
}

bool core_handled(const struct tables *tables, const struct case_row *c, uint64_t person_hash)
{
    struct handler_row row;
    for (uint64_t id = c->handler_last; id != 0 && tables_get(tables, ROW_HANDLER, id, &row); id = row.prev) {
        if (row.hash == person_hash) {
            return true;
        }
    }
    return false;
}

uint64_t core_request_find(const struct tables *tables, struct text actor, struct text request, uint64_t hash,
                           struct request_row *ret)
{
    uint64_t seq = 0;
    while ((seq = tables->ops->request(tables->store, hash, seq)) != 0) {
        if (tables_get(tables, ROW_REQUEST, seq, ret) && ret->actor_size == actor.size && ret->request_size == request.size &&
            memcmp(ret->actor, actor.at, actor.size) == 0 && memcmp(ret->request, request.at, request.size) == 0) {
            return seq;
        }
    }
    return 0;
}

bool core_matter_allowed(const struct codes *matters, const struct code *matter)
{
    for (uint32_t i = 0; i < matters->count; i++) {
        const char *at = matters->at[i].s;
        size_t same = 0;
        while (same < CODE_SIZE - 1 && at[same] == matter->s[same] && at[same] != '\0') {
            same++;
        }
        if (at[same] == '*' || code_equal(&matters->at[i], matter)) {
            return true;
        }
    }
    return matters->count == 0;
}
