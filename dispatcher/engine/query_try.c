/* query_try.c - what a command would come to: judged as it would be, and nothing of it applied. */
#include "dispatcher/engine/query.h"
#include "dispatcher/engine/state.h"

static struct code find_lead(const struct verdict *verdict)
{
    struct code lead = {{0}};

    for (uint32_t i = 0; i < verdict->count; i++) {
        if (verdict->records[i].type == RECORD_CASE_ROUTED) {
            lead = verdict->records[i].body.case_routed.lead;
        }
    }
    return lead;
}

/* Judge is a pure function, so trying is judging and forgetting. The request has no id: none is looked up. */
int query_try_submit(struct query *query, struct proto_buffer *out)
{
    struct engine *engine = query->engine;
    const struct engine_peer *from = query->from;
    const struct try_submit_query *body = &query->request->query_body.try_submit;
    struct command command = {.type = COMMAND_SUBMIT,
                              .actor = {.name = from->name,
                                        .behalf = query->request->on_behalf_of,
                                        .roles = from->roles,
                                        .unit = from->unit,
                                        .matters = from->matters},
                              .now_ms = engine->now_ms > engine->last_at_ms ? engine->now_ms : engine->last_at_ms,
                              .next_seq = engine->last_seq + 1};
    struct reply_writer writer;

    if ((body->given & TRY_SUBMIT_HAS_AT) != 0) {
        if (!engine->drill || (from->roles & 1u << ROLE_IMPORTER) == 0 || body->at < command.now_ms) {
            return query_refuse(query, REFUSAL_CLOCK, "at");
        }
        command.now_ms = body->at;
    }
    shape_copy(&try_submit_query_shape, body, &submit_command_shape, &command.body.submit);
    core_judge(&engine->tables, &command, engine->verdict);
    if (engine->verdict->refusal != REFUSAL_NONE) {
        query->cause = engine->verdict->cause;
        return query_refuse(query, engine->verdict->refusal, engine->verdict->field);
    }
    struct try_submit_reply reply = (struct try_submit_reply){.lead = find_lead(engine->verdict), .received_at = command.now_ms};
    int rc = reply_begin(&writer, out, query->request->id, &try_submit_reply_shape, &reply, CODEC_OMIT_NOTHING, 0);
    return rc == 0 ? reply_end(&writer) : rc;
}
