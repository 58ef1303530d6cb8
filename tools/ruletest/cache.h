/*
 * Answers of earlier runs, one file per trace in a directory of the user's.  A pair of trace and
 * condition that has not changed since is not tried again.
 *
 * The file is text: a line about the trace, then per condition a line with the hash of what was
 * asked and how often it held, and the events, each with its message.  Answers of another build of
 * this program do not count.  Whatever is wrong with a file, it is as if it were not there.
 */
#ifndef SAKER_RULETEST_CACHE_H
#define SAKER_RULETEST_CACHE_H

#include "tools/ruletest/corpus.h"

struct cache {
	char *dir;      /* with a slash behind it; NULL: no cache */
	char build[64]; /* of this program */
};

/* dir NULL: $XDG_CACHE_HOME/saker/ruletest, or below ~/.cache; none when neither is known. */
int cache_open(struct cache *c, const char *dir, struct err *err);
void cache_close(struct cache *c);
/* To be used by a confined process. */
void cache_allow(const struct cache *c, struct cli *cli);

/*
 * Fill in what is known of a trace (its digest is set) about the probes with these keys; the
 * answers belong to t->arena.  known[i]: it was; only those with t->answers[i] are looked for.
 */
void cache_load(const struct cache *c, struct trace *t, const struct digest *keys, size_t n,
		bool *known);
/* Keep the answers of a trace; that it cannot is no trouble for anybody. */
void cache_store(const struct cache *c, const struct trace *t, const struct digest *keys, size_t n);

#endif
