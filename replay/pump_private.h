/* The inside of a pump. */
#ifndef SAKER_REPLAY_PUMP_PRIVATE_H
#define SAKER_REPLAY_PUMP_PRIVATE_H

#include "replay/parts.h"
#include "replay/pump.h"

/* To all sinks. */
int pump_begin(struct pump *p, const struct trace_report *r, struct err *err);
int pump_news(struct pump *p, const struct process_news *n, struct err *err);
int pump_alert(struct pump *p, const struct alert *a, struct err *err);
/* *r is completed first. */
int pump_end(struct pump *p, struct trace_report *r, struct err *err);

static inline bool pump_stopped(const struct pump *p)
{
	return p->stop && *p->stop;
}

/* pump_run by p->jobs threads (pump_parallel.c). */
int pump_run_parallel(struct pump *p, struct parts *parts, struct err *err);

#endif
