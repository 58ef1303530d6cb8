/*
 * A value written in a condition, read as the type of what it is compared with.
 */
#ifndef SAKER_FILTER_CONSTANT_H
#define SAKER_FILTER_CONSTANT_H

#include "format/base/arena.h"
#include "format/base/err.h"
#include "format/base/ip.h"
#include "format/schema/schema.h"

enum { CONSTANT_MAX_BYTES = 255 };

/* The type decides which member counts, as in struct value. */
union constant {
	int64_t i;
	uint64_t u; /* unsigned integers, BOOL, PORT */
	double d;
	struct sv s; /* text and bytes */
	struct ip ip;
	struct ipnet net;
};

/*
 * Integers are decimal, and cut to the type's width without a range check.  Text is borrowed;
 * ERR_CHECK with a sentence.
 */
int constant_parse(struct sv text, enum param_type type, union constant *out, struct err *err);

/* Pairs of hexadecimal digits as bytes: what bcontains and bstartswith take. */
int constant_parse_hex(struct sv text, struct arena *arena, union constant *out, struct err *err);

/* Keep the low bits that a value of this integer type has, sign or zero extended. */
uint64_t constant_cut(uint64_t v, enum param_type type);

#endif
