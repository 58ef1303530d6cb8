#include "engine/tracker.h"

#include "format/intake.h"

#include <stddef.h>
#include <stdlib.h>

struct tracker {
	struct source_stats stats;
	struct intake intake;
	struct state *state;
	struct event event; /* the last one as a reader sees it */
	bool seen;          /* there is such an event: the last record is one that readers see */
	bool ended;
	struct err reason; /* why; not on the stack, since clearing it costs more than an event */
};

struct tracker *tracker_new(void)
{
	struct tracker *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->state = state_new();
	if (!t->state || intake_init(&t->intake, true, &t->stats, NULL) < 0) {
		tracker_free(t);
		return NULL;
	}
	return t;
}

void tracker_free(struct tracker *t)
{
	if (!t)
		return;
	intake_deinit(&t->intake);
	state_free(t->state);
	free(t);
}

static int take_event(struct tracker *t, const struct event *ev, struct err *err)
{
	/* Only what there is: most events have few of the parameters that there is room for. */
	memcpy(&t->event, ev, offsetof(struct event, params) + ev->nparams * sizeof ev->params[0]);
	t->seen = false;
	switch (intake_event(&t->intake, &t->event, &t->reason)) {
	case UPGRADE_KEEP:
		t->seen = true;
		return state_event(t->state, &t->event, err);
	case UPGRADE_DROP:
		return 0;
	case UPGRADE_ERROR:
		break;
	}
	if (t->reason.code == ERR_NOMEM)
		return err_set(err, ERR_NOMEM, "%s", t->reason.msg);
	t->ended = true;
	return 0;
}

int tracker_record(struct tracker *t, const struct record *rec, struct err *err)
{
	if (t->ended)
		return 0;
	if (rec->kind == RECORD_EVENT)
		return take_event(t, &rec->event, err);
	if (rec->kind == RECORD_SECTION)
		intake_section(&t->intake);
	else if (rec->kind == RECORD_LOSS)
		intake_loss(&t->intake);
	else if (rec->kind == RECORD_STATE && intake_load(&t->intake, &rec->snapshot, err) < 0)
		return -1;
	return state_meta(t->state, rec, err);
}

int tracker_snapshot(void *arg, struct snapshot *out, struct err *err)
{
	const struct tracker *t = arg;

	snapshot_clear(out);
	if (t->ended)
		return 1;
	intake_save(&t->intake, out);
	state_save(t->state, out);
	return snapshot_finish(out, err);
}

/* Who is told of what waits for its exit. */
struct waiting {
	uint64_t ts_ns;
	state_teller *tell;
	void *arg;
};

static int tell_enter(void *arg, const struct event *ev, bool passed, struct err *err)
{
	const struct waiting *w = arg;
	struct record rec = { .kind = RECORD_EVENT, .event = *ev };

	(void)passed;
	rec.event.ts_ns = w->ts_ns;
	rec.event.flags = EVENT_STATE_ONLY;
	return w->tell(w->arg, &rec, err);
}

int tracker_records(const struct tracker *t, uint64_t ts_ns, state_teller *tell, void *arg,
		    struct err *err)
{
	struct waiting w = { ts_ns, tell, arg };

	if (state_records(t->state, tell, arg, err) < 0)
		return -1;
	return upgrader_each(t->intake.upgrader, tell_enter, &w, err);
}

/* Who rewrites an event that waits for its exit. */
struct rewriting {
	state_rewriter *rewriter;
	void *arg;
};

static int rewrite_enter(void *arg, struct event *ev, struct err *err)
{
	const struct rewriting *w = arg;
	struct record rec = { .kind = RECORD_EVENT, .event = *ev };

	if (w->rewriter(w->arg, &rec, err) < 0)
		return -1;
	*ev = rec.event;
	return 0;
}

int tracker_rewrite(struct tracker *t, state_rewriter *rewriter, void *arg, struct err *err)
{
	struct rewriting w = { rewriter, arg };

	if (state_rewrite(t->state, rewriter, arg, err) < 0)
		return -1;
	return upgrader_rewrite(t->intake.upgrader, rewrite_enter, &w, err);
}

uint64_t tracker_num(const struct tracker *t)
{
	return t->intake.num;
}

const struct event *tracker_event(const struct tracker *t)
{
	return t->seen ? &t->event : NULL;
}

uint64_t tracker_last_ns(const struct tracker *t)
{
	return state_last_ns(t->state);
}

const struct state *tracker_state(const struct tracker *t)
{
	return t->state;
}
