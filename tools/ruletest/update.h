/*
 * Suites brought in line with what the rules answer: numbers are changed where they stand, lines
 * are added for what nothing expected, and everything else stays as it was written.
 */
#ifndef SAKER_RULETEST_UPDATE_H
#define SAKER_RULETEST_UPDATE_H

#include "tools/ruletest/judge.h"

/*
 * Rewrite the suites of cases that failed.  What changes is appended to *diff in unified form,
 * cases that cannot be brought in line by a number to *left, a line each.
 */
int update_suites(const struct session *s, struct buf *diff, struct buf *left, struct err *err);

#endif
