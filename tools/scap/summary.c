#include "tools/scap/summary.h"

#include "engine/state/state.h"

#include <string.h>

static void take_machine(struct summary *s, const struct machine_info *m)
{
	size_t n = m->hostname.n < MACHINE_HOSTNAME ? m->hostname.n : MACHINE_HOSTNAME;

	s->has_machine = true;
	s->machine = *m;
	if (n)
		memcpy(s->hostname, m->hostname.p, n);
	s->hostname[n] = '\0';
	s->machine.hostname = (struct sv){ s->hostname, n };
}

static void take_event(struct summary *s, const struct event *ev)
{
	s->by_type[ev->type]++;
	s->state_only += (ev->flags & EVENT_STATE_ONLY) != 0;
	s->compat += (ev->flags & EVENT_COMPAT) != 0;
	if (!s->first_ts_ns || ev->ts_ns < s->first_ts_ns)
		s->first_ts_ns = ev->ts_ns;
	if (ev->ts_ns > s->last_ts_ns)
		s->last_ts_ns = ev->ts_ns;
}

static void take(struct summary *s, const struct record *rec);

static int take_listed(void *arg, const struct record *rec, struct err *err)
{
	(void)err;
	if (rec->kind != RECORD_EVENT)
		take(arg, rec);
	return 0;
}

/* A slice begins with a snapshot instead of lists.  A damaged one is told by who needs it. */
static void take_state(struct summary *s, const struct record *rec)
{
	struct state *state = state_new();
	struct err err = { 0 };

	if (state && state_meta(state, rec, &err) == 0)
		state_records(state, take_listed, s, &err);
	state_free(state);
}

static void take(struct summary *s, const struct record *rec)
{
	switch (rec->kind) {
	case RECORD_SECTION:
	case RECORD_IFACES_BEGIN:
	case RECORD_USERS_BEGIN:
		break;
	case RECORD_MACHINE:
		take_machine(s, &rec->machine);
		break;
	case RECORD_IFACE:
		s->ifaces++;
		break;
	case RECORD_USER:
		s->users++;
		break;
	case RECORD_GROUP:
		s->groups++;
		break;
	case RECORD_PROC:
		s->threads++;
		s->processes += rec->proc.tid == rec->proc.pid;
		break;
	case RECORD_FD:
		s->fds++;
		break;
	case RECORD_LOSS:
		break;
	case RECORD_EVENT:
		take_event(s, &rec->event);
		break;
	case RECORD_STATE:
		take_state(s, rec);
		break;
	}
}

int summary_read(struct summary *s, const char *path, struct err *err)
{
	struct source_options opt = { .upgrade = true };
	struct source *src;
	struct record rec;
	int rc = 0;

	*s = (struct summary){ .path = path };
	if (source_open(path, &opt, &src, err) < 0)
		return -1;
	while (rc == 0 && source_next(src, &rec, &s->damage) == NEXT_ITEM) {
		take(s, &rec);
		busy_record(&s->busy, &rec);
		if (losses_concern(&rec))
			rc = losses_record(&s->losses, &rec, s->last_ts_ns, err);
	}
	s->stats = src->stats;
	if (scap_reader_layout(src)) {
		s->is_stock = true;
		s->layout = *scap_reader_layout(src);
	} else {
		struct err none = { 0 };

		s->native = *trace_reader_layout(src);
		manifest_read(path, &s->manifest, s->manifest_sha256, &none);
		/* Of a pipe, or of what is damaged at once, there is nothing to be told. */
		if (layout_read(&s->inside, path, &(struct err){ 0 }) < 0)
			layout_deinit(&s->inside);
	}
	source_close(src);
	busy_sort(&s->busy);
	return rc;
}

void summary_deinit(struct summary *s)
{
	busy_deinit(&s->busy);
	layout_deinit(&s->inside);
	losses_deinit(&s->losses);
	manifest_free(s->manifest);
	s->manifest = NULL;
}

uint64_t summary_events_in_file(const struct summary *s)
{
	return s->stats.events + s->stats.enter_merged + s->stats.enter_dropped +
	       s->stats.unused_dropped + s->layout.newer_events + s->layout.damaged_events;
}

size_t summary_rank(const struct summary *s, uint16_t ids[static EV_COUNT])
{
	size_t n = 0;

	/* Insertion keeps equal counts in the order of their ids. */
	for (uint16_t id = 0; id < EV_COUNT; id++) {
		size_t at = n;

		if (!s->by_type[id])
			continue;
		while (at > 0 && s->by_type[ids[at - 1]] < s->by_type[id]) {
			ids[at] = ids[at - 1];
			at--;
		}
		ids[at] = id;
		n++;
	}
	return n;
}
