/* engine_log.c - what the engine has to say goes to who opened it */
#include "dispatcher/engine/state.h"

void engine_log(const struct engine *engine, int level, const char *code, const char *text)
{
    if (engine->log != NULL) {
        engine->log(engine->log_arg, level, code, text);
    }
}
