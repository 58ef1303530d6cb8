/* The sink that fills the match store. */
#ifndef SAKER_REPLAY_SINK_STORE_H
#define SAKER_REPLAY_SINK_STORE_H

#include "replay/sink.h"
#include "replay/store.h"

struct store_sink_options {
	struct store *store;
	const struct ruleset *rules;
	const struct store_file *files; /* rule files in load order */
	size_t nfiles;
	struct sv options; /* JSON, as store_run.options */
	struct sv tool;
	/*
	 * Of a living host there is no file to hash: what stands for it.  sha256 is empty: read it.
	 */
	struct store_file live;
};

/* Everything in *opt stays the caller's and must outlive the sink. */
int sink_store_new(const struct store_sink_options *opt, struct sink **out, struct err *err);

#endif
