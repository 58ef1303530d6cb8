/*
 * For which events can a condition hold?  Answered from its checks of evt.type alone, and with the
 * same overestimates as Falco: rule files get warnings and rules get tried by this answer.
 */
#ifndef SAKER_FILTER_TYPES_H
#define SAKER_FILTER_TYPES_H

#include "engine/filter/ast.h"
#include "format/schema/schema.h"

#include <stdint.h>

enum { TYPE_SET_WORDS = 8 };
_Static_assert(EV_COUNT <= TYPE_SET_WORDS * 64 && SYSCALL_CODES <= TYPE_SET_WORDS * 64,
	       "a set has a bit for every event and every system call");

struct type_set {
	uint64_t bits[TYPE_SET_WORDS];
};

static inline bool type_set_has(const struct type_set *s, uint32_t type)
{
	return s->bits[type / 64] >> (type % 64) & 1;
}

static inline void type_set_add(struct type_set *s, uint32_t type)
{
	s->bits[type / 64] |= (uint64_t)1 << (type % 64);
}

/*
 * Bit per event id.  ERR_CHECK at the check for what Falco cannot answer: evt.type compared with
 * another field, or transformed.
 */
int ast_event_types(const struct ast *a, struct type_set *out, struct err *err);

/* The same question about system calls: bit per portable code (schema_syscall). */
int ast_syscalls(const struct ast *a, struct type_set *out, struct err *err);

/* What evt.type says of a system call (or tracepoint): the name of its event, or its own. */
const char *syscall_type_name(const struct syscall_desc *s);

#endif
