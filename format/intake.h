/*
 * From the events of a file to the events of a source: upgraded if asked, and numbered.
 */
#ifndef SAKER_INTAKE_H
#define SAKER_INTAKE_H

#include "format/scap/upgrade.h"
#include "format/source.h"

struct intake {
	struct source_stats *stats;
	struct upgrader *upgrader; /* NULL: events as they are in the file */
	uint64_t num;              /* of the last event */
	bool leading; /* only state events so far: they describe the start of the section */
};

/* stats is borrowed. */
int intake_init(struct intake *in, bool upgrade, struct source_stats *stats, struct err *err);
void intake_deinit(struct intake *in);
/* A section begins. */
void intake_section(struct intake *in);
/* Events were lost: a loss takes a number, as does the event that tells of it in stock traces. */
void intake_loss(struct intake *in);
/* What it has come to, as the rows of SNAPSHOT_INTAKE; stats.sections is part of it. */
void intake_save(const struct intake *in, struct snapshot *out);
/* Replaces everything.  An intake that does not upgrade takes the numbers of one that does. */
int intake_load(struct intake *in, const struct snapshot_view *from, struct err *err);
/* Upgrade, count and number *ev; as upgrader_apply. */
enum upgrade_result intake_event(struct intake *in, struct event *ev, struct err *err);
/* The same for n events that upgrade_keeps and that describe no start of a section. */
void intake_quiet(struct intake *in, uint32_t n);

#endif
