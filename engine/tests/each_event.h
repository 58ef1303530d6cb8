/* Events of a trace as fields and conditions see them: for tests that try something at each. */
#ifndef SAKER_TESTS_EACH_EVENT_H
#define SAKER_TESTS_EACH_EVENT_H

#include "engine/fields/field.h"
#include "format/source.h"
#include "format/tests/test.h"

#include <stdlib.h>

/* Small traces that together have about every kind of event. */
static const char *const small_traces[] = {
	"testdata/traces/host-small.scap",
	"testdata/traces/container-small.scap.gz",
	"testdata/traces/crafted.scap",
	"testdata/traces/synthetic-upgrades.scap",
	"testdata/traces/synthetic-every-block.scap",
};

enum { SMALL_TRACES = sizeof small_traces / sizeof small_traces[0] };

typedef void on_event(struct field_ctx *ctx, void *arg);

/* Call tell at every event that is shown; what it leaves in ctx->scratch is gone at the next. */
static void each_event(const char *path, const struct source_options *opt, on_event *tell,
		       void *arg)
{
	struct state *state = state_new();
	struct field_ctx ctx = { .state = state, .time_mode = 'h' };
	struct source *source;
	struct err err = { 0 };
	struct record rec;

	assert_non_null(state);
	if (source_open(path, opt, &source, &err) < 0)
		fail_msg("%s", err.msg);
	while (source_next(source, &rec, &err) == NEXT_ITEM) {
		if (rec.kind != RECORD_EVENT) {
			assert_int_equal(state_meta(state, &rec, &err), 0);
			continue;
		}
		assert_int_equal(state_event(state, &rec.event, &err), 0);
		arena_reset(&ctx.scratch);
		if (state->now.shown)
			tell(&ctx, arg);
	}
	source_close(source);
	state_free(state);
	arena_deinit(&ctx.scratch);
}

/* How long a test of chance goes on, or where it begins: a number from the environment. */
static inline size_t number_from_env(const char *name, size_t otherwise)
{
	const char *text = getenv(name);

	return text ? (size_t)strtoull(text, NULL, 10) : otherwise;
}

#endif
