/* test_person.c - a gateway acts for a person: with the rights of both, judged as that person. */
#include "dispatcher/engine/engine.h"
#include "tests/engine/harness.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define R(role) (1u << ROLE_##role)

struct key {
    const char *name, *unit;
    uint32_t roles;
    const char *matters[3];
};

/* The folder of keys. */
static const struct key people[] = {
    {"wang", "S1", R(OPERATOR) | R(WORKER) | R(LEADER), {NULL}},
    {"li", "S2", R(WORKER), {NULL}},
    {"zhao", "DESK", R(FOLLOWUP) | R(OPERATOR) | R(GATEWAY), {NULL}},
    {"sun", "S1-C1", R(WORKER), {"M2", "M3"}},
    {"qian", "S1", R(WORKER), {"X*"}},
    {"lost", "S9", R(WORKER), {NULL}},
};

static struct codes codes_of(const char *const *matters)
{
    struct codes codes = {0};

    for (; *matters != NULL; matters++) {
        memcpy(codes.at[codes.count++].s, *matters, strlen(*matters));
    }
    return codes;
}

static bool find_person(void *arg, struct text name, struct engine_rights *ret)
{
    (void)arg;
    for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
        if (text_equal(name, text_of(people[i].name))) {
            ret->roles = people[i].roles;
            ck_assert(code_make(people[i].unit, strlen(people[i].unit), &ret->unit));
            ret->matters = codes_of(people[i].matters);
            return true;
        }
    }
    return false;
}

static struct harness h;

static void setup(void)
{
    harness_begin(&h, false);
    engine_close(h.engine);
    h.find_person = find_person;
    h.district->policy.followup = FOLLOWUP_MODE_AT_ANSWER;
    harness_open(&h);
}

static void teardown(void)
{
    harness_end(&h);
}

/* Asks for a person. Gives the refusal's code, "" for an answer; *ret_body (may be NULL) is the caller's. */
static const char *ask(const char *person, const char *id, const char *name, const char *json, json_t **ret_body)
{
    static char code[64];
    size_t size;
    void *data = harness_message_for(person, id, name, -1, json, &size);
    json_t *reply = harness_raw(&h, data, size);

    free(data);
    snprintf(code, sizeof(code), "%s", json_is_true(json_object_get(reply, "ok")) ? "" : text_in(reply, "code"));
    if (strcmp(code, "NO_PERSON") == 0) {
        ck_assert_str_eq(text_in(reply, "field"), "on_behalf_of");
    }
    if (ret_body != NULL) {
        *ret_body = json_incref(json_object_get(reply, "body"));
    }
    json_decref(reply);
    return code;
}

static const char *of(const char *format, int64_t id)
{
    static char text[4][128];
    static int turn;

    turn = (turn + 1) % 4;
    snprintf(text[turn], sizeof(text[0]), format, (long long)id);
    return text[turn];
}

#define SUBMIT "{'kind': 'complaint', 'matter': 'M1', 'place': 'S1', 'title': 'T', 'reporter_phone': '000-0000'}"

static int64_t submit(const char *id)
{
    harness_peer(&h, "default", ALL_ROLES, "D");
    json_t *body = harness_do(&h, id, "submit", -1, SUBMIT);
    int64_t number = num_of(body, "case");
    json_decref(body);
    return number;
}

START_TEST(roles_are_those_of_both)
{
    int64_t id = submit("a");

    harness_peer(&h, "web", R(GATEWAY) | R(OPERATOR), "D");
    ck_assert_str_eq(ask("wang", "1", "submit", SUBMIT, NULL), "");
    ck_assert_str_eq(ask("wang", "2", "sign", of("{'case': %lld}", id), NULL), "NO_ROLE"); /* the gateway is no worker */
    ck_assert_str_eq(ask("li", "3", "submit", SUBMIT, NULL), "NO_ROLE");                   /* li is no operator */
    harness_peer(&h, "web", R(GATEWAY) | R(WORKER) | R(ADMINISTRATOR), "D");
    ck_assert_str_eq(ask("wang", "4", "sign", of("{'case': %lld}", id), NULL), "");
    ck_assert_str_eq(ask("wang", "5", "backup", "{}", NULL), "NO_ROLE"); /* wang is no administrator */
    harness_peer(&h, "web", R(GATEWAY), "D");
    ck_assert_str_eq(ask("wang", "6", "show_case", of("{'case': %lld}", id), NULL), "NO_ROLE"); /* nothing in common */
}
END_TEST

START_TEST(nobody_has_no_rights)
{
    int64_t id = submit("a");
    json_t *body;

    harness_peer(&h, "web", ALL_ROLES | R(GATEWAY), "D");
    ck_assert_str_eq(ask("nobody", "1", "submit", SUBMIT, NULL), "NO_PERSON");
    ck_assert_str_eq(ask("nobody", "2", "show_case", of("{'case': %lld}", id), NULL), "NO_PERSON");
    ck_assert_str_eq(ask("nobody", "3", "hello", "{}", NULL), "NO_PERSON");
    ck_assert_str_eq(ask("wan", "4", "hello", "{}", NULL), "NO_PERSON");
    ck_assert_str_eq(ask("lost", "5", "hello", "{}", NULL), "NO_PERSON"); /* of a unit that the district has not */
    ck_assert_str_eq(ask(NULL, "6", "submit", SUBMIT, NULL), "NO_PERSON");
    ck_assert_str_eq(ask(NULL, "7", "list_cases", "{}", NULL), "NO_PERSON");
    ck_assert_str_eq(ask(NULL, "8", "hello", "{}", NULL), "");
    ck_assert_str_eq(ask(NULL, "9", "follow", "{'name': 'n'}", NULL), "");
    ck_assert_str_eq(ask("wang", "10", "hello", "{}", &body), "");
    ck_assert_str_eq(text_in(body, "actor"), "web");
    ck_assert_str_eq(text_in(body, "roles"), "operator worker leader");
    json_decref(body);
    harness_peer(&h, "default", ALL_ROLES, "D"); /* who is no gateway acts for nobody */
    ck_assert_str_eq(ask("wang", "11", "hello", "{}", NULL), "NO_ROLE");
}
END_TEST

START_TEST(the_unit_lies_within_both)
{
    int64_t id = submit("a"); /* S1 leads */

    harness_peer(&h, "web", R(GATEWAY) | R(WORKER), "D");
    ck_assert_str_eq(ask("li", "1", "sign", of("{'case': %lld}", id), NULL), "NOT_FOUND"); /* li is of S2 */
    ck_assert_str_eq(ask("li", "2", "show_case", of("{'case': %lld}", id), NULL), "NOT_FOUND");
    harness_peer(&h, "web", R(GATEWAY) | R(WORKER), "S2");
    ck_assert_str_eq(ask("wang", "3", "sign", of("{'case': %lld}", id), NULL), "NO_PERSON"); /* S1 and S2 lie apart */
    harness_peer(&h, "web", R(GATEWAY) | R(WORKER), "S1-C1");
    ck_assert_str_eq(ask("wang", "4", "sign", of("{'case': %lld}", id), NULL), "NOT_FOUND"); /* no further than the gateway */
    harness_peer(&h, "web", R(GATEWAY) | R(WORKER), "S1");
    ck_assert_str_eq(ask("wang", "5", "sign", of("{'case': %lld}", id), NULL), "");
}
END_TEST

START_TEST(the_matters_are_those_of_both)
{
    static const char *const m1[] = {"M1", NULL}, *const m[] = {"M*", NULL}, *const m3[] = {"M1", "M3", NULL};

    harness_peer(&h, "default", ALL_ROLES, "D");
    json_t *body = harness_do(&h, "a", "submit", -1,
                              "{'kind': 'complaint', 'matter': 'M2', 'place': 'S1-C1', 'title': 'T', 'anonymous': true}");
    int64_t id = num_of(body, "case");
    json_decref(body);
    harness_peer(&h, "web", R(GATEWAY) | R(WORKER), "D");
    ck_assert_str_eq(ask("sun", "1", "show_case", of("{'case': %lld}", id), NULL), "");
    h.peer_matters = codes_of(m);
    ck_assert_str_eq(ask("sun", "2", "show_case", of("{'case': %lld}", id), NULL), "");
    h.peer_matters = codes_of(m3); /* M3 alone is left */
    ck_assert_str_eq(ask("sun", "3", "show_case", of("{'case': %lld}", id), NULL), "NOT_FOUND");
    ck_assert_str_eq(ask("sun", "4", "sign", of("{'case': %lld}", id), NULL), "NOT_FOUND");
    h.peer_matters = codes_of(m1); /* nothing is left, which must not mean everything */
    ck_assert_str_eq(ask("sun", "5", "show_case", of("{'case': %lld}", id), NULL), "NO_PERSON");
    ck_assert_str_eq(ask("qian", "6", "list_cases", "{}", NULL), "NO_PERSON");
}
END_TEST

/* Nobody asks about what they handled, whichever way they came in. */
START_TEST(handlers_are_judged_by_the_person)
{
    int64_t id = submit("a");
    const char *followup = "{'case': %lld, 'solved': 'yes', 'satisfied': 'yes'}";

    harness_peer(&h, "zhao", R(WORKER), "S1"); /* the same person with a key of their own */
    json_decref(harness_do(&h, "1", "contact", -1, of("{'case': %lld, 'outcome': 'reached', 'evidence': 'x'}", id)));
    harness_peer(&h, "web", R(GATEWAY) | R(WORKER) | R(FOLLOWUP), "D");
    ck_assert_str_eq(ask("wang", "2", "answer", of("{'case': %lld, 'code': 'solved', 'text': 'done'}", id), NULL), "");
    ck_assert_str_eq(ask("zhao", "3", "note_followup", of(followup, id), NULL), "SELF_DECISION");
    harness_peer(&h, "wang", R(FOLLOWUP), "DESK");
    ck_assert_str_eq(ask(NULL, "4", "note_followup", of(followup, id), NULL), "SELF_DECISION"); /* answered through the gateway */
    harness_peer(&h, "web", R(FOLLOWUP), "DESK"); /* the gateway's key itself has handled nothing */
    ck_assert_str_eq(ask(NULL, "5", "note_followup", of(followup, id), NULL), "");
}
END_TEST

/* What one person claimed or was handed through the gateway, another does not get through it. */
START_TEST(claims_and_leases_are_the_persons)
{
    int64_t id = submit("a");
    json_t *body;

    harness_peer(&h, "web", R(GATEWAY) | R(WORKER), "S1");
    ck_assert_str_eq(ask("wang", "1", "claim", of("{'case': %lld}", id), NULL), "");
    ck_assert_str_eq(ask("sun", "2", "claim", of("{'case': %lld}", id), NULL), "NOT_FOUND");
    harness_peer(&h, "web2", R(GATEWAY) | R(WORKER), "S1");
    ck_assert_str_eq(ask("wang", "3", "release", of("{'case': %lld}", id), NULL), "");
    ck_assert_str_eq(ask("wang", "4", "pull", "{'worker': 'w'}", &body), "");
    ck_assert_uint_eq(harness_rows(body), 1);
    json_decref(body);
    harness_peer(&h, "other", R(WORKER), "S1");
    ck_assert_str_eq(ask(NULL, "5", "claim", of("{'case': %lld}", id), NULL), "LEASED");
    harness_peer(&h, "wang", R(WORKER), "S1");
    ck_assert_str_eq(ask(NULL, "6", "claim", of("{'case': %lld}", id), NULL), "");
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{roles_are_those_of_both},           {nobody_has_no_rights},
                                       {the_unit_lies_within_both},         {the_matters_are_those_of_both},
                                       {handlers_are_judged_by_the_person}, {claims_and_leases_are_the_persons}};
    return suite_run(&(struct suite){
        .name = "person", .timeout_s = 60, .setup = setup, .teardown = teardown, .tests = tests, .count = SUITE_COUNT(tests)});
}
