/* What every unit test includes: cmocka behind the headers that it needs. */
#ifndef SAKER_TEST_H
#define SAKER_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format/base/err.h"
#include "format/base/sv.h"

#include <stdlib.h>

#define assert_sv(view, literal)                                                                   \
	do {                                                                                       \
		struct sv got_ = (view);                                                           \
		assert_int_equal(got_.n, sizeof(literal) - 1);                                     \
		assert_memory_equal(got_.p, literal, sizeof(literal) - 1);                         \
	} while (0)

/* The corpus of public traces, NULL where it is absent (then skip, saying so). */
static inline const char *test_corpus(void)
{
	return getenv("SAKER_CORPUS");
}

#endif
