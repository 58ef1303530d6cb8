/*
 * Who wants to know what: probes, and the traces they are asked of.  All questions are collected
 * first; then every trace is read at most once, on several threads.
 */
#ifndef SAKER_RULETEST_PLAN_H
#define SAKER_RULETEST_PLAN_H

#include "tools/ruletest/cache.h"

struct plan {
	struct arena arena;
	struct corpus corpus;
	struct probe *probes;
	struct digest *keys; /* what a probe asks, hashed */
	size_t n, cap, cap_keys;
	struct strmap *by_key;
	/* Called as traces are done, from any thread but one at a time; may be NULL. */
	void (*progress)(void *arg, size_t done, size_t all);
	void *arg;
	size_t played; /* traces that had to be read */
};

int plan_init(struct plan *p, struct err *err);
void plan_deinit(struct plan *p);

/* The number of this probe; equal ones are one.  -1: no memory. */
ptrdiff_t plan_probe(struct plan *p, struct probe probe, struct err *err);
/* From now on t->answers[probe] will be answered. */
int plan_ask(struct plan *p, struct trace *t, size_t probe, struct err *err);
/* Answer all questions. */
int plan_run(struct plan *p, const struct cache *cache, size_t workers, struct err *err);

#endif
