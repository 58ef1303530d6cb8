/* Why a case failed: the event it turned on, the clause that decided there, and its value. */
#ifndef SAKER_RULETEST_WHY_H
#define SAKER_RULETEST_WHY_H

#include "tools/ruletest/judge.h"

/*
 * Fill in `why` of cases that failed, of the first WHY_MAX_CASES only: their traces are played once
 * more.  Of matches that are missing it is the event that came closest, of one too many that one.
 */
enum { WHY_MAX_CASES = 100 };
int why_explain(struct session *s, struct err *err);

#endif
