/*
 * The value of a field at one event.
 */
#ifndef SAKER_FIELDS_VALUE_H
#define SAKER_FIELDS_VALUE_H

#include "format/base/ip.h"
#include "format/base/sv.h"
#include "format/schema/schema.h"

struct value {
	uint8_t type; /* enum param_type: decides which member counts */
	bool is_list;
	uint8_t format; /* enum print_format if the event decides it (evt.rawarg), else 0: the field's */
	union {
		int64_t i;        /* signed integers, ERRNO, FD, PID */
		uint64_t u;       /* unsigned integers, flags, modes, times, PORT, BOOL */
		double d;         /* DOUBLE */
		struct sv s;      /* CHARBUF and paths (without NUL), BYTEBUF, SOCKADDR, ... (raw bytes) */
		struct ip ip;     /* IPADDR, IPNET */
		struct {          /* is_list */
			const struct value *items;
			size_t n;
		} list;
	};
};

/* Signed integer types live in .i, unsigned ones (flags, times, ids) in .u. */
bool value_type_is_signed(enum param_type type);
bool value_type_is_integer(enum param_type type);
/* CHARBUF, FSPATH, FSRELPATH */
bool value_type_is_text(enum param_type type);

#endif
