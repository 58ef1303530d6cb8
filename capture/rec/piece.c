#define _GNU_SOURCE /* memfd_create */
#include "capture/rec/piece.h"

#include "capture/rec/deadline.h"
#include "capture/rec/deck.h"
#include "format/sink.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int piece_new(struct sv manifest, int level, struct piece **out, struct err *err)
{
	const struct sink_options options = { .manifest = manifest,
					      .level = level,
					      .block_events = DECK_BLOCK_EVENTS };
	struct piece *p = calloc(1, sizeof *p);

	*out = NULL;
	if (!p)
		return err_set(err, ERR_NOMEM, "no memory for the recent past");
	atomic_init(&p->refs, 1);
	p->begun_ns = clock_ns(CLOCK_MONOTONIC);
	p->fd = memfd_create("rec", MFD_CLOEXEC);
	int writer = p->fd < 0 ? -1 : dup(p->fd);
	if (writer < 0) {
		err_errno(err, "no memory for the recent past");
		piece_unref(p);
		return -1;
	}
	if (sink_open(sink_kind_by_name(SV("native")), writer, "the recent past", &options,
		      &p->sink, err) < 0) {
		piece_unref(p);
		return -1;
	}
	*out = p;
	return 0;
}

struct piece *piece_ref(struct piece *p)
{
	atomic_fetch_add(&p->refs, 1);
	return p;
}

void piece_unref(struct piece *p)
{
	if (!p || atomic_fetch_sub(&p->refs, 1) > 1)
		return;
	sink_close(p->sink, NULL);
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

int piece_put(struct piece *p, const struct record *rec, struct err *err)
{
	if (rec->kind == RECORD_EVENT) {
		if (p->events++ == 0)
			p->first_ns = rec->event.ts_ns;
		p->last_ns = rec->event.ts_ns;
	}
	return sink_put(p->sink, rec, err);
}

uint64_t piece_bytes(const struct piece *p)
{
	return p->sink ? sink_bytes(p->sink) : p->bytes;
}

int piece_finish(struct piece *p, struct err *err)
{
	int rc = sink_close(p->sink, err);
	off_t end = lseek(p->fd, 0, SEEK_END);

	p->sink = NULL;
	p->bytes = end > 0 ? (uint64_t)end : 0;
	return rc;
}
