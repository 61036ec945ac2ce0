/*
 * near.h - how near two written words are
 */
#ifndef HUYING_CLIENTS_NEAR_H
#define HUYING_CLIENTS_NEAR_H

/* What near_distance says of words that it does not compare: longer than this many characters, or not UTF-8. */
#define NEAR_FAR 32

/* Fewest characters to add, drop or change, or to swap with their neighbour, to make one of the other. Pure. */
int near_distance(const char *a, const char *b);

#endif
