/*
 * manual.h - the manual page huying(1), from the tables of verbs
 */
#ifndef HUYING_CLIENTS_MANUAL_H
#define HUYING_CLIENTS_MANUAL_H

/* Prints the page in the language of man(7) on standard output. */
void manual_print(void);

#endif
