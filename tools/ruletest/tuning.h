/*
 * The smallest exceptions that silence matches which are known to be harmless: which fields tell
 * them from the others, and with which values.
 */
#ifndef SAKER_RULETEST_TUNING_H
#define SAKER_RULETEST_TUNING_H

#include "tools/ruletest/subject.h"

enum { TUNING_MAX_FIELDS = 24, TUNING_MAX_MATCHES = 20000, TUNING_MAX_TUPLE = 3 };

/* One match of the rule. */
struct tuning_match {
	const struct trace *trace;
	struct hit hit;
	bool benign;
	uint32_t values[TUNING_MAX_FIELDS]; /* numbers of texts; 0: missing */
};

/* An exception: these fields, compared with "=", or with "in" if there is but one. */
struct tuning_choice {
	uint8_t fields[TUNING_MAX_TUPLE];
	uint8_t n;
	size_t rows, hidden; /* rows of values; matches that are not benign but silenced, too */
};

struct tuning {
	struct arena arena;
	struct sv_list fields; /* candidates, the most telling first */
	struct sv_list texts;  /* of values; the first is no text */
	struct tuning_match *matches;
	size_t n, cap, nbenign;
	struct tuning_choice *choices; /* the best first */
	size_t nchoices;
};

/*
 * Play the traces of the subject; `benign` is a condition on a match, or NULL: then events[] are
 * numbers of benign ones.
 */
int tuning_collect(struct tuning *t, struct subject *s, const struct rule *rule, const char *benign,
		   const uint64_t *events, size_t nevents, struct err *err);
/* Rank all ways to silence the benign matches. */
int tuning_rank(struct tuning *t, struct err *err);
/* A choice as an item of a rule file. */
void tuning_put_yaml(const struct tuning *t, const struct tuning_choice *c, struct sv rule,
		     struct buf *out);
void tuning_deinit(struct tuning *t);

#endif
