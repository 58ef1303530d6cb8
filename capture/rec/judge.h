/*
 * The middle of the recorder: follows the host's state, lets the filter decide what is recorded and
 * the rules what is told.  Sees exactly what a replay of the recording will see, in the same order,
 * with the same numbers; so both tell the same.
 */
#ifndef SAKER_REC_JUDGE_H
#define SAKER_REC_JUDGE_H

#include "capture/rec/alert_queue.h"
#include "capture/rec/batch.h"
#include "capture/rec/live_store.h"
#include "capture/rec/meter.h"
#include "capture/rec/rulebook.h"

struct judge;

struct judge_options {
	const char *filter; /* NULL: record everything */
	enum rule_matching matching;
	bool json;
	struct alert_queue *alerts; /* may be NULL: nobody listens */
	struct meter *meter;
};

/* ERR_SYNTAX, ERR_CHECK: the filter is wrong. */
int judge_new(const struct judge_options *opt, struct judge **out, struct err *err);
void judge_free(struct judge *j);

/*
 * Judge with these rules from the next batch on; any thread may say so, and whoever calls
 * afterwards wins.  Takes the reference.
 */
void judge_set_rules(struct judge *j, struct rulebook *rules);

/* What matches goes there, too.  Before the first batch. */
void judge_use_store(struct judge *j, struct live_store *store);

/* Work through a batch: what is not to be recorded is marked, and the last match noted. */
int judge_batch(struct judge *j, struct batch *p, struct err *err);

/* All that a reader has to know who begins behind the batches judged so far. */
int judge_snapshot(const struct judge *j, struct snapshot *out, struct err *err);

#endif
