#include "tools/scap/merge_turns.h"

#include "format/source.h"

#include <stdlib.h>

/* One of the traces. */
struct feed {
	struct source *src;
	struct tracker *tracker; /* of what has been put, and of the lists in front of `next` */
	struct record next;      /* an event, or a loss, which has no time of its own */
	uint64_t key_ns;         /* of next; no less than that of the one before */
	bool has_next;
	bool new_section; /* its lists have not been told yet */
};

static int feed_advance(struct feed *f, struct err *err)
{
	enum next n;

	f->has_next = false;
	while ((n = source_next(f->src, &f->next, err)) == NEXT_ITEM) {
		if (f->next.kind == RECORD_EVENT || f->next.kind == RECORD_LOSS) {
			f->has_next = true;
			if (f->next.kind == RECORD_EVENT && f->next.event.ts_ns > f->key_ns)
				f->key_ns = f->next.event.ts_ns;
			return 0;
		}
		f->new_section |= f->next.kind == RECORD_SECTION || f->next.kind == RECORD_STATE;
		if (tracker_record(f->tracker, &f->next, err) < 0)
			return -1;
	}
	return n == NEXT_END ? 0 : -1;
}

static int feed_open(struct feed *f, const char *path, struct err *err)
{
	struct source_options opt = { .upgrade = false };

	f->tracker = tracker_new();
	if (!f->tracker)
		return err_set(err, ERR_NOMEM, "no memory for the state of a trace");
	return source_open(path, &opt, &f->src, err) < 0 ? -1 : feed_advance(f, err);
}

/* The one whose turn it is; NULL: all have ended.  *limit_ns: until when. */
static struct feed *choose(struct feed *feeds, int n, uint64_t wait_ns, uint64_t *limit_ns)
{
	struct feed *first = NULL, *second = NULL;

	for (int i = 0; i < n; i++) {
		if (!feeds[i].has_next)
			continue;
		if (!first || feeds[i].key_ns < first->key_ns) {
			second = first;
			first = &feeds[i];
		} else if (!second || feeds[i].key_ns < second->key_ns) {
			second = &feeds[i];
		}
	}
	if (!second || __builtin_add_overflow(second->key_ns, wait_ns, limit_ns))
		*limit_ns = UINT64_MAX;
	return first;
}

static int take_turn(struct feed *f, bool begins, uint64_t limit_ns, struct trace_out *out,
		     struct err *err)
{
	for (; f->has_next && f->key_ns <= limit_ns; begins = false) {
		if ((begins || f->new_section) &&
		    trace_out_put_state(out, f->tracker, f->key_ns, err) < 0)
			return -1;
		f->new_section = false;
		if (trace_out_put(out, &f->next, err) < 0 ||
		    tracker_record(f->tracker, &f->next, err) < 0 || feed_advance(f, err) < 0)
			return -1;
	}
	return 0;
}

int merge_turns(char *const *paths, int n, uint64_t wait_ns, struct trace_out *out, struct err *err)
{
	struct feed *feeds = calloc((size_t)n, sizeof *feeds), *last = NULL, *f;
	uint64_t limit_ns;
	int rc = feeds ? 0 : err_set(err, ERR_NOMEM, "no memory to merge traces");

	for (int i = 0; rc == 0 && i < n; i++)
		rc = feed_open(&feeds[i], paths[i], err);
	while (rc == 0 && (f = choose(feeds, n, wait_ns, &limit_ns)) != NULL) {
		rc = take_turn(f, f != last, limit_ns, out, err);
		last = f;
	}
	for (int i = 0; feeds && i < n; i++) {
		source_close(feeds[i].src);
		tracker_free(feeds[i].tracker);
	}
	free(feeds);
	return rc;
}
