/* Independent jobs on a few threads. */
#ifndef SAKER_RULETEST_POOL_H
#define SAKER_RULETEST_POOL_H

#include "format/base/err.h"

#include <stddef.h>

enum { POOL_MAX_WORKERS = 64 };

/*
 * Call job(arg, worker, i) once for every i < n, on `workers` threads (numbered from 0; 1: this
 * one).  Jobs are begun in ascending order.  After a failure no further ones are; the failure of
 * the smallest i is told, so that what is told does not depend on who was faster.
 */
typedef int pool_job(void *arg, size_t worker, size_t i, struct err *err);
int pool_run(size_t workers, size_t n, pool_job *job, void *arg, struct err *err);

/* Processors there are, at least 1. */
size_t pool_processors(void);

#endif
