/* From answers to verdicts. */
#ifndef SAKER_RULETEST_JUDGE_H
#define SAKER_RULETEST_JUDGE_H

#include "tools/ruletest/session.h"

enum { JUDGE_MAX_SHOWN = 5 };

struct judgement {
	size_t passed, failed, warned, skipped;
};

/* Decide every case of a session whose plan was run. */
int judge_all(struct session *s, struct judgement *out, struct err *err);

#endif
