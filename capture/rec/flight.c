#include "capture/rec/flight.h"

#include "capture/rec/piece.h"
#include "capture/rec/saver.h"

#include <stdlib.h>

/* The past is kept in about this many pieces: what is older goes one piece at a time. */
enum { PIECES = 10 };
#define PIECE_MIN_NS UINT64_C(250000000)
#define PIECE_MAX_NS UINT64_C(10000000000)

struct flight {
	struct deck deck;
	struct flight_options opt;
	struct saver *saver;
	struct piece *first, **last; /* finished ones, oldest first */
	uint64_t bytes;              /* of these */
	struct piece *current;
	uint64_t piece_ns;
	uint64_t now_ns; /* time of the newest event */
	bool saving;
	uint64_t until_ns; /* event time up to which the present file goes */
	bool cut;          /* the present piece is to end */
};

static void drop_first(struct flight *f)
{
	struct piece *p = f->first;

	f->first = p->next;
	if (!f->first)
		f->last = &f->first;
	f->bytes -= p->bytes;
	piece_unref(p);
}

/* Forget what is older than anybody will ask for, and what there is no room for. */
static void forget(struct flight *f)
{
	uint64_t oldest = f->now_ns > f->opt.before_ns ? f->now_ns - f->opt.before_ns : 0;

	while (f->first && (f->first->last_ns < oldest ||
			    f->bytes + piece_bytes(f->current) > f->opt.room_bytes))
		drop_first(f);
}

static int new_piece(struct flight *f, struct err *err)
{
	f->cut = false;
	return piece_new(f->opt.manifest, f->opt.level, &f->current, err);
}

/* The present piece becomes past. */
static int finish_piece(struct flight *f, struct err *err)
{
	struct piece *p = f->current;

	f->current = NULL;
	if (piece_finish(p, err) < 0) {
		piece_unref(p);
		return -1;
	}
	f->bytes += p->bytes;
	*f->last = p;
	f->last = &p->next;
	meter_add(&f->opt.meter->bytes, f->saving ? p->bytes : 0);
	if (!f->saving)
		return 0;
	saver_add(f->saver, p);
	if (f->now_ns >= f->until_ns) {
		saver_end_file(f->saver);
		f->saving = false;
	}
	return 0;
}

static int put(struct deck *d, const struct record *rec, struct err *err)
{
	struct flight *f = (struct flight *)d;

	if (rec->kind == RECORD_EVENT)
		f->now_ns = rec->event.ts_ns;
	return piece_put(f->current, rec, err);
}

static bool wants_snapshot(const struct deck *d)
{
	return ((const struct flight *)d)->cut;
}

static int snapshot(struct deck *d, const struct snapshot_view *s, struct err *err)
{
	const struct record rec = { .kind = RECORD_STATE, .snapshot = *s };
	struct flight *f = (struct flight *)d;

	if (finish_piece(f, err) < 0 || new_piece(f, err) < 0 ||
	    piece_put(f->current, &rec, err) < 0)
		return -1;
	forget(f);
	return 0;
}

/* Save what is there, and go on saving; what matches meanwhile makes the file longer. */
static int match(struct deck *d, uint64_t ts_ns, struct err *err)
{
	struct flight *f = (struct flight *)d;
	uint64_t from = ts_ns > f->opt.before_ns ? ts_ns - f->opt.before_ns : 0;

	(void)err;
	f->until_ns = ts_ns + f->opt.after_ns;
	if (f->saving)
		return 0;
	f->saving = true;
	for (struct piece *p = f->first; p; p = p->next) {
		if (p->last_ns < from)
			continue;
		saver_add(f->saver, p);
		meter_add(&f->opt.meter->bytes, p->bytes);
	}
	return 0;
}

static int tick(struct deck *d, uint64_t now_ns, struct err *err)
{
	struct flight *f = (struct flight *)d;

	if (now_ns - f->current->begun_ns >= f->piece_ns ||
	    piece_bytes(f->current) >= f->opt.room_bytes / PIECES ||
	    (f->saving && f->now_ns >= f->until_ns))
		f->cut = true;
	if (f->opt.max_bytes && meter_get(&f->opt.meter->bytes) >= f->opt.max_bytes)
		f->deck.full = true;
	(void)err;
	return 0;
}

static int flight_close(struct deck *d, struct err *err)
{
	struct flight *f = (struct flight *)d;
	int rc = 0;

	if (f->current && f->saving) {
		f->until_ns = 0; /* as far as it goes */
		rc = finish_piece(f, err);
	}
	if (f->saver && saver_close(f->saver, err) < 0)
		rc = -1;
	piece_unref(f->current);
	while (f->first)
		drop_first(f);
	free(f);
	return rc;
}

static const struct deck_ops flight_ops = {
	put, snapshot, wants_snapshot, match, tick, flight_close
};

int flight_open(const struct flight_options *opt, struct deck **out, struct err *err)
{
	const struct saver_options saving = { .path = opt->path,
					      .manifest = opt->manifest,
					      .level = opt->level,
					      .keep = opt->keep,
					      .room_bytes = 2 * opt->room_bytes,
					      .meter = opt->meter };
	struct flight *f = calloc(1, sizeof *f);

	*out = NULL;
	if (!f)
		return err_set(err, ERR_NOMEM, "no memory for the recent past");
	f->deck.ops = &flight_ops;
	f->opt = *opt;
	f->last = &f->first;
	f->piece_ns = opt->before_ns / PIECES;
	if (f->piece_ns < PIECE_MIN_NS)
		f->piece_ns = PIECE_MIN_NS;
	if (f->piece_ns > PIECE_MAX_NS)
		f->piece_ns = PIECE_MAX_NS;
	if (saver_new(&saving, &f->saver, err) < 0 || new_piece(f, err) < 0) {
		flight_close(&f->deck, NULL);
		return -1;
	}
	*out = &f->deck;
	return 0;
}
