/*
 * submit_check.h - what a complaint must say of itself, whoever takes it: the dispatcher, or a dry run of an import
 *
 * Only what the complaint alone decides; whether its place and matter exist is the district's to say. Texts are as request_decode
 * leaves them: without invisible characters at their ends (blank.h). Pure.
 */
#ifndef HUYING_PROTO_SUBMIT_CHECK_H
#define HUYING_PROTO_SUBMIT_CHECK_H

#include "proto/gen/schema.h"

/* REFUSAL_NONE, or what is wrong first, and *ret_field (static):
 *   BAD_FIELD `anonymous`         the citizen gave no name or number, and here is one
 *   BAD_FIELD `reporter_phone`    not a telephone number: submit_check_phone
 *   INCOMPLETE `reporter_phone`   no number, and no flag that says why
 *   INCOMPLETE `text`             neither a text nor a title */
enum refusal submit_check(const struct submit_command *submit, const char **ret_field);

/* Is it a telephone number? It has a digit (of any width), and besides digits only blanks, marks such as + - ( ) / . , * # and
 * words that lead an extension: ext, extn, x, 转, 转接, 分机. */
bool submit_check_phone(struct text phone);

#endif
