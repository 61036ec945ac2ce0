/* query.c - what all queries need: who asks, how far they see, names, refusals */
#include "dispatcher/engine/query.h"

/* Who may read what citizens and people wrote. */
#define PERSON_ROLES                                                                                                               \
    (1u << ROLE_OPERATOR | 1u << ROLE_DISPATCHER | 1u << ROLE_WORKER | 1u << ROLE_LEADER | 1u << ROLE_FOLLOWUP |                   \
     1u << ROLE_SUPERVISOR | 1u << ROLE_DISTRICT_LEADER | 1u << ROLE_IMPORTER)

/* Who is the desk, where a case is under secrecy: who took the complaint, and who relays. */
#define DESK_ROLES (1u << ROLE_OPERATOR | 1u << ROLE_DISPATCHER)

int query_refuse(struct query *query, enum refusal refusal, const char *field)
{
    query->refusal = refusal;
    query->field = field;
    return 0;
}

int query_bad_field(struct query *query, const char *field, const char *cause)
{
    query->cause = cause;
    return query_refuse(query, REFUSAL_BAD_FIELD, field);
}

bool query_covers(const struct query *query, const struct code *unit)
{
    return query->sight.all || sight_covers(query->district, &query->sight, unit);
}

bool engine_hears_all(const struct engine *engine, const struct code *unit, const struct codes *matters)
{
    return matters->count == 0 && sight_of(engine->district, unit, matters).all;
}

bool query_sees(const struct query *query, const struct case_row *row)
{
    return sight_case(&query->engine->tables, &query->sight, row);
}

bool query_find_case(struct query *query, uint64_t case_id, struct text number, struct text submitted, struct case_row *ret)
{
    const struct tables *tables = &query->engine->tables;
    struct reference about = {.case_id = case_id, .number = number, .submitted = submitted};
    uint64_t id = core_case_named(tables, query->from->name, &about);
    if (id != 0 && tables_get(tables, ROW_CASE, id, ret) && query_sees(query, ret)) {
        return true;
    }
    query_refuse(query, REFUSAL_NOT_FOUND, "case");
    return false;
}

struct text query_unit_name(const struct query *query, const struct code *code)
{
    int32_t index = code_empty(code) ? -1 : district_unit_find(query->district, code);

    return index >= 0 ? text_of(query->district->units[index].name) : text_of_code(code);
}

struct text query_matter_name(const struct query *query, const struct code *code)
{
    int32_t index = code_empty(code) ? -1 : district_matter_find(query->district, code);

    return index >= 0 ? text_of(query->district->matters[index].name) : text_of_code(code);
}

void query_init(struct query *query, struct engine *engine, const struct engine_peer *from, const struct request *request)
{
    const struct district *district = engine->district;

    *query = (struct query){.engine = engine, .from = from, .request = request, .district = district, .clock = -1};
    query->sight = sight_of(district, &from->unit, &from->matters);
    query->with_persons = (from->roles & PERSON_ROLES) != 0;
    query->at_desk = (from->roles & DESK_ROLES) != 0 && query->sight.top >= 0 &&
                     district_acts_for(district, district->desk_unit, query->sight.top);
}
