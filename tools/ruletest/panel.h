/*
 * Conditions that are tried together on traces, each trace read once whoever asks: the rules of
 * several rule sets, rules narrowed by a test, clauses of a rule.  What they have in common is
 * evaluated once.
 */
#ifndef SAKER_RULETEST_PANEL_H
#define SAKER_RULETEST_PANEL_H

#include "engine/filter/filter.h"
#include "engine/output/format.h"
#include "format/source.h"

struct probe {
	const struct ast *cond; /* nothing left to put in */
	struct sv output;       /* template of a message; empty: none */
};

/* How far a trace was read. */
struct trace_span {
	uint64_t events; /* that rules may see */
	uint64_t first_ns, last_ns;
	struct err damage; /* ERR_NONE: it was read to its end */
};

/* Who listens while a trace is played; both may be NULL, a return of -1 ends it. */
struct panel_watch {
	/* Every event, before the hits of it. */
	int (*event)(void *arg, struct field_ctx *ctx, struct err *err);
	/* Probe i holds; in ascending order of i. */
	int (*hit)(void *arg, uint32_t i, struct field_ctx *ctx, struct err *err);
	void *arg;
};

struct panel;

/* The probes are read, not kept.  A panel serves one thread at a time. */
int panel_new(const struct probe *probes, size_t n, struct panel **out, struct err *err);
/* The same around a program that is there already, with n conditions; it must outlive the panel. */
int panel_around(struct program *program, size_t n, struct panel **out, struct err *err);
void panel_free(struct panel *p);
/* Plays the whole source with a fresh state; damage of the trace is told in *out, not as -1. */
int panel_run(struct panel *p, struct source *s, const struct panel_watch *watch,
	      struct trace_span *out, struct err *err);
/* The probe's message about the event at hand, as an alert without time and priority. */
void panel_message(struct panel *p, uint32_t i, struct field_ctx *ctx, struct buf *out);
/* All that the probes look at: what a source for panel_run must hand out. */
const struct column_need *panel_need(const struct panel *p);
/* Probe i is its condition i. */
struct program *panel_program(struct panel *p);

#endif
