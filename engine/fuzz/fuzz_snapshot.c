/*
 * Snapshots of any content: loaded or refused; what was loaded can be saved, loaded and saved again
 * to the same bytes, and takes further events.  The input: for each column its length (u16) and its
 * bytes; then events: u16 type, u8 tid, u8 number of parameters, each a length (u8) and bytes.
 */
#include "engine/tracker.h"

#include <stdlib.h>

enum { MAX_EVENTS = 64 };

static uint8_t take_byte(struct sv *in)
{
	struct sv b;

	return sv_take(in, 1, &b) ? (uint8_t)b.p[0] : 0;
}

static struct sv take_bytes(struct sv *in, size_t n)
{
	struct sv bytes = { "", 0 };

	sv_take(in, n < in->n ? n : in->n, &bytes);
	return bytes;
}

/* In a block of its own, so that a sanitizer sees a read past its end. */
static struct sv own(struct sv bytes)
{
	char *p = malloc(bytes.n + 1);

	if (!p)
		abort();
	memcpy(p, bytes.p, bytes.n);
	return (struct sv){ realloc(p, bytes.n ? bytes.n : 1), bytes.n };
}

/* False: there is nothing to save any more, after an event that no reader gets past. */
static bool save(struct tracker *t, struct snapshot *out)
{
	struct err err = { 0 };
	int rc = tracker_snapshot(t, out, &err);

	if (rc < 0)
		abort();
	return rc == 0;
}

static void load(struct tracker *t, const struct snapshot *from)
{
	struct record rec = { .kind = RECORD_STATE, .snapshot = snapshot_view(from) };
	struct err err = { 0 };

	if (tracker_record(t, &rec, &err) < 0)
		abort();
}

static void check_again(struct tracker *t)
{
	struct snapshot a = { 0 }, b = { 0 };
	struct tracker *again = tracker_new();
	bool saved = save(t, &a);

	if (saved) {
		load(again, &a);
		save(again, &b);
	}
	for (int i = 0; saved && i < SNAPSHOT_COLUMNS; i++) {
		if (!sv_eq(buf_sv(&a.columns[i]), buf_sv(&b.columns[i])))
			abort();
	}
	tracker_free(again);
	snapshot_deinit(&a);
	snapshot_deinit(&b);
}

static int look(void *arg, const struct record *rec, struct err *err)
{
	uint64_t *records = arg;

	(void)err;
	*records += rec->kind != RECORD_STATE;
	return 0;
}

/* Every text becomes another one. */
static int replace(void *arg, struct record *rec, struct err *err)
{
	(void)arg;
	(void)err;
	if (rec->kind == RECORD_PROC)
		rec->proc.args = rec->proc.cwd = SV("/x");
	else if (rec->kind == RECORD_FD)
		rec->fd.name = SV("y");
	else if (rec->kind == RECORD_EVENT && rec->event.nparams)
		rec->event.params[0] = SV("z");
	return 0;
}

/* What trace tools do with a state. */
static void tell_and_rewrite(struct tracker *t)
{
	uint64_t records = 0;
	struct err err = { 0 };

	if (tracker_records(t, 1, look, &records, &err) < 0 || records == 0 ||
	    tracker_rewrite(t, replace, NULL, &err) < 0)
		abort();
}

static void play_events(struct tracker *t, struct sv in)
{
	for (int i = 0; i < MAX_EVENTS && in.n; i++) {
		struct record rec = { .kind = RECORD_EVENT };
		struct event *ev = &rec.event;
		struct err err = { 0 };
		uint8_t lo = take_byte(&in);

		ev->type = (uint16_t)((lo | take_byte(&in) << 8) % EV_COUNT);
		ev->desc = schema_event(ev->type);
		ev->ts_ns = (uint64_t)i * 1000000;
		ev->tid = take_byte(&in);
		ev->nparams = take_byte(&in) % 32;
		for (uint32_t k = 0; k < ev->nparams; k++)
			ev->params[k] = take_bytes(&in, take_byte(&in));
		tracker_record(t, &rec, &err);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv in = { (const char *)data, size };
	struct record rec = { .kind = RECORD_STATE };
	struct tracker *t = tracker_new();
	struct err err = { 0 };

	for (int i = 0; i < SNAPSHOT_COLUMNS; i++) {
		uint8_t lo = take_byte(&in);
		size_t n = lo | (size_t)take_byte(&in) << 8;

		rec.snapshot.columns[i] = own(take_bytes(&in, n));
	}
	if (tracker_record(t, &rec, &err) == 0) {
		check_again(t);
		play_events(t, in);
		check_again(t);
		tell_and_rewrite(t);
		check_again(t);
	} else if (err.code == ERR_NONE) {
		abort();
	}
	tracker_free(t);
	for (int i = 0; i < SNAPSHOT_COLUMNS; i++)
		free((char *)rec.snapshot.columns[i].p);
	return 0;
}
