/*
 * Through which arguments the rows of capture.def read, and which parameters come of it: the steps
 * once more, as data.
 */
#ifndef SAKER_DRIVERS_TESTS_KMOD_POINTER_ARGS_H
#define SAKER_DRIVERS_TESTS_KMOD_POINTER_ARGS_H

#include "format/schema/schema.h"

enum unreadable {
	GIVES_ANY,   /* parameters that depend on more than the pointer */
	GIVES_EMPTY, /* no bytes */
	GIVES_ZERO,
};

enum { NO_POINTER = -1 };

struct step {
	int8_t arg;      /* NO_POINTER, or which argument is read through */
	uint8_t nparams; /* that the step gives */
	uint8_t unreadable;
};

struct pointer_row {
	uint32_t event;
	uint32_t nsteps;
	struct step steps[16];
};

extern const struct pointer_row pointer_rows[];
extern const uint32_t npointer_rows;

/* Bit = argument that the row reads through. */
uint32_t pointer_args(const struct pointer_row *row);
/* NULL: the event has no row. */
const struct pointer_row *pointer_row(uint32_t event);
/* Which parameter an argument must leave empty (or 0) when it cannot be read; -1: none in
 * particular. */
int pointer_param(const struct pointer_row *row, int arg, enum unreadable *gives);

#endif
