/* What a trace answered to a probe: the events at which it held. */
#ifndef SAKER_RULETEST_ANSWER_H
#define SAKER_RULETEST_ANSWER_H

#include "engine/rules/vec.h"

#include <stdint.h>

/* A flood is counted, but not kept: no test looks at more. */
enum { ANSWER_MAX_HITS = 1 << 18, ANSWER_MAX_TEXT = 1 << 22 };

struct hit {
	uint64_t num, ts_ns;
	uint64_t text_hash; /* of the message, also of one that is not kept */
	struct sv text;
};

struct answer {
	uint64_t count;
	struct hit *hits; /* the first n of them */
	size_t n, cap;
	size_t text_bytes;
};

/* False: no memory.  The text is copied. */
bool answer_add(struct arena *a, struct answer *to, struct hit hit);

#endif
