#include "format/trace/recover.h"

#include "format/trace/column.h"
#include "format/trace/meta_rows.h"
#include "format/trace/varint.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* A block's summary is up to 24 bytes for each type. */
enum { MANIFEST_HOLES = 1000, SUMMARY_MAX = 64 + EV_COUNT * 24 };

/* What happens to one intact frame. */
enum fate {
	FATE_LEFT_OUT, /* made anew, or of no use */
	FATE_COPIED,
	FATE_AFRESH,     /* copied, and what comes before it is not complete */
	FATE_AFTER_LOSS, /* the same, and that is worth a record */
};

struct work {
	int in;
	const char *name;
	struct recovery *r;
	enum fate *fates; /* one per found frame */
	struct packer *packer;
	struct buf payload, rows; /* scratch */
	struct frame_writer *out;
	struct trace_index index; /* of what is written */
	bool loss_at_end;
	size_t nlosses;   /* written so far */
	uint64_t last_ns; /* latest event of the last block that is kept */
	struct err *err;
};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to recover a trace");
}

/* --- what can be kept --- */

/* Frames that others can be read without. */
static bool may_lack(uint8_t kind)
{
	return kind == FRAME_MANIFEST || kind == FRAME_INDEX || kind == FRAME_TRAILER ||
	       kind == FRAME_FILTER;
}

/* Can everything that frame `seq` of the original was to its readers be done without? */
static bool is_spared(const struct salvage *s, uint64_t seq)
{
	if (seq == 0)
		return true; /* the manifest */
	if (s->has_index)
		return seq > s->index.nframes || may_lack(s->index.frames[seq - 1].kind);
	/* The index stands in front of the trailer. */
	return s->n && s->frames[s->n - 1].kind == FRAME_TRAILER &&
	       seq + 1 == s->frames[s->n - 1].seq;
}

/* Numbers from `from` up to before `to`. */
static bool all_spared(const struct salvage *s, uint64_t from, uint64_t to)
{
	if (s->has_index && to > s->index.nframes + 1)
		to = s->index.nframes + 1; /* whatever a frame's number says */
	for (uint64_t seq = from; seq < to; seq++) {
		if (!is_spared(s, seq))
			return false;
	}
	return true;
}

/* 1: the frame's rows begin with a section, which starts afresh. */
static int begins_section(struct work *w, const struct salvaged_frame *f)
{
	struct err ignored = { 0 };

	if (f->kind != FRAME_META)
		return 0;
	if (salvage_payload(w->in, w->name, f, SIZE_MAX, &w->payload, w->err) < 0)
		return -1;
	struct sv in = buf_sv(&w->payload);

	buf_clear(&w->rows);
	return column_unpack(w->packer, &in, &w->rows, &ignored) == 0 && w->rows.n &&
	       w->rows.p[0] == RECORD_SECTION;
}

/*
 * A filter tells what is not between it and the snapshot before it.  Where that stretch was patched
 * together of several ones, none is true.
 */
static void drop_filters(struct work *w, size_t patched)
{
	const struct salvage *s = &w->r->found;
	size_t from = patched, to = patched;

	while (from > 0 && s->frames[from].kind != FRAME_SNAPSHOT)
		from--;
	while (to < s->n && s->frames[to].kind != FRAME_SNAPSHOT)
		to++;
	for (size_t i = from; i < to; i++) {
		if (s->frames[i].kind == FRAME_FILTER)
			w->fates[i] = FATE_LEFT_OUT;
	}
}

/* --- what is lost --- */

static void widen(struct loss_entry *loss, const struct trace_frame *f)
{
	loss->count += f->events;
	if (!loss->from_ns || f->min_ts_ns < loss->from_ns)
		loss->from_ns = f->min_ts_ns;
	if (f->max_ts_ns > loss->to_ns)
		loss->to_ns = f->max_ts_ns;
}

/* 1: the frame is a block and *block its summary; 0: it is not, or is none that can be read. */
static int summary_of(struct work *w, const struct salvaged_frame *f, struct block_summary *block)
{
	struct err ignored = { 0 };

	if (f->kind != FRAME_EVENTS)
		return 0;
	if (salvage_payload(w->in, w->name, f, SUMMARY_MAX, &w->payload, w->err) < 0)
		return -1;
	return block_read_summary(buf_sv(&w->payload), block, &ignored) == 0;
}

/* The earliest event at or behind found frame i; UINT64_MAX: there is none. */
static int next_event(struct work *w, size_t i, uint64_t *ts_ns)
{
	struct block_summary block;
	int found = 0;

	*ts_ns = UINT64_MAX;
	for (; i < w->r->found.n && found == 0; i++) {
		found = summary_of(w, &w->r->found.frames[i], &block);
		if (found > 0)
			*ts_ns = block.min_ts_ns;
	}
	return found < 0 ? -1 : 0;
}

/*
 * What is missing between frame `from` of the original and found frame i (s->n: the end).  1: it is
 * worth a record, and was entered.
 */
static int enter_loss(struct work *w, uint64_t from, size_t i)
{
	const struct salvage *s = &w->r->found;
	uint64_t to = i < s->n ? s->frames[i].seq : UINT64_MAX;
	struct record rec = { .kind = RECORD_LOSS,
			      .loss = { .cpu = LOSS_ALL_CPUS, .what = SV("damage") } };

	if (s->has_index) {
		for (uint64_t seq = from ? from : 1; seq < to && seq <= s->index.nframes; seq++) {
			if (s->index.frames[seq - 1].events)
				widen(&rec.loss, &s->index.frames[seq - 1]);
		}
		if (rec.loss.count == 0)
			return 0;
		w->r->lost_events += rec.loss.count;
	} else {
		w->r->counted = false;
		rec.loss.from_ns = w->last_ns;
		if (next_event(w, i, &rec.loss.to_ns) < 0)
			return -1;
	}
	return losses_record(&w->r->losses, &rec, 0, w->err) < 0 ? -1 : 1;
}

/* --- what happens to every frame --- */

/* Does frame i make sense to whoever reads the result?  Then keep its times in mind. */
static int note_times(struct work *w, const struct salvaged_frame *f)
{
	struct block_summary block;
	int rc = summary_of(w, f, &block);

	if (f->kind == FRAME_EVENTS && rc > 0)
		w->last_ns = block.max_ts_ns;
	return f->kind == FRAME_EVENTS ? rc : 1;
}

/* What is needed is missing in front of frame i: can one begin with it? */
static int begin_afresh(struct work *w, uint64_t next, size_t i)
{
	const struct salvaged_frame *f = &w->r->found.frames[i];
	int rc = f->kind == FRAME_SNAPSHOT ? 1 : begins_section(w, f);

	if (rc <= 0)
		return rc;
	rc = enter_loss(w, next, i);
	if (rc < 0)
		return -1;
	w->fates[i] = rc ? FATE_AFTER_LOSS : FATE_AFRESH;
	return 1;
}

static int decide(struct work *w)
{
	const struct salvage *s = &w->r->found;
	uint64_t next = 0, kept = 0; /* behind the last frame that was found; that was kept */
	bool whole = true;           /* nothing that is needed is missing in front of this frame */

	w->fates = calloc(s->n + 1, sizeof *w->fates);
	if (!w->fates)
		return no_memory(w->err);
	for (size_t i = 0; i < s->n; i++) {
		const struct salvaged_frame *f = &s->frames[i];

		whole = whole && all_spared(s, next, f->seq);
		next = f->seq + 1;
		if (f->kind == FRAME_MANIFEST || f->kind == FRAME_INDEX || f->kind == FRAME_TRAILER)
			continue;
		int rc = note_times(w, f);

		if (rc > 0 && !whole)
			rc = begin_afresh(w, kept, i);
		if (rc < 0)
			return -1;
		w->r->unusable += rc == 0;
		whole = rc > 0;
		if (whole) {
			w->fates[i] = w->fates[i] ? w->fates[i] : FATE_COPIED;
			kept = next;
		}
	}
	if (!s->ended || !all_spared(s, kept, s->frames[s->n - 1].seq)) {
		int rc = enter_loss(w, kept, s->n);

		if (rc < 0)
			return -1;
		w->loss_at_end = rc > 0;
	}
	for (size_t i = 0; i < s->n; i++) {
		if (w->fates[i] >= FATE_AFRESH && s->frames[i].kind == FRAME_META)
			drop_filters(w, i);
	}
	return 0;
}

/* --- writing --- */

static int put_frame(struct work *w, enum frame_kind kind, struct sv payload)
{
	uint64_t offset = frame_writer_offset(w->out), num = 0;
	struct block_summary block;
	struct sv rest = payload;

	if (kind == FRAME_EVENTS) {
		if (block_read_summary(payload, &block, w->err) < 0)
			return -1;
		w->r->events += block.events;
	}
	if (kind == FRAME_SNAPSHOT && !sv_take_varint(&rest, &num))
		return err_set(w->err, ERR_FORMAT, "%s: a snapshot without an event number",
			       w->name);
	if (frame_writer_put(w->out, kind, payload, w->err) < 0)
		return -1;
	w->r->frames++;
	return trace_index_add(&w->index, kind, offset, frame_writer_offset(w->out) - offset,
			       kind == FRAME_EVENTS ? &block : NULL, num, w->err);
}

/* The next one of those that were entered. */
static int put_loss(struct work *w)
{
	struct record rec = { .kind = RECORD_LOSS };

	if (w->nlosses == w->r->losses.n)
		return 0; /* added up in the last one */
	rec.loss = w->r->losses.items[w->nlosses++];
	buf_clear(&w->rows);
	buf_clear(&w->payload);
	meta_put(&w->rows, &rec);
	if (w->rows.failed)
		return no_memory(w->err);
	if (column_pack(w->packer, buf_sv(&w->rows), 0, &w->payload, w->err) < 0)
		return -1;
	return put_frame(w, FRAME_LOSS, buf_sv(&w->payload));
}

static int put_found(struct work *w, size_t i)
{
	const struct salvaged_frame *f = &w->r->found.frames[i];

	if (w->fates[i] == FATE_AFTER_LOSS && put_loss(w) < 0)
		return -1;
	if (w->fates[i] >= FATE_AFRESH && f->kind == FRAME_SNAPSHOT &&
	    put_frame(w, FRAME_BREAK, SV("")) < 0)
		return -1;
	if (salvage_payload(w->in, w->name, f, SIZE_MAX, &w->payload, w->err) < 0)
		return -1;
	return put_frame(w, f->kind, buf_sv(&w->payload));
}

static int put_all(struct work *w)
{
	for (size_t i = 0; i < w->r->found.n; i++) {
		if (w->fates[i] != FATE_LEFT_OUT && put_found(w, i) < 0)
			return -1;
	}
	return w->loss_at_end ? put_loss(w) : 0;
}

static int put_end(struct work *w)
{
	uint64_t trailer[3] = { frame_writer_offset(w->out), 0, w->index.events };

	if (trace_index_seal(&w->index, w->err) < 0)
		return -1;
	buf_clear(&w->payload);
	trace_index_put(&w->index, &w->payload);
	if (w->payload.failed)
		return no_memory(w->err);
	if (frame_writer_put(w->out, FRAME_INDEX, buf_sv(&w->payload), w->err) < 0)
		return -1;
	trailer[1] = frame_writer_seq(w->out);
	return frame_writer_put(w->out, FRAME_TRAILER,
				(struct sv){ (char *)trailer, sizeof trailer }, w->err);
}

/* --- the manifest --- */

static void put_hex(struct buf *b, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%02x", p[i]);
}

/* What was found, and the chain values that tie it to the original wherever that is vouched for. */
static void tell_manifest(const struct recovery *r, struct manifest *m)
{
	static const char object[] = "recovered";
	const struct salvage *s = &r->found;
	struct buf b = { 0 };

	manifest_number(m, object, "size", s->size);
	manifest_number(m, object, "intact_frames", s->n);
	manifest_number(m, object, "unusable_frames", r->unusable);
	manifest_number(m, object, "mended_frames", s->mended);
	for (size_t i = 0; i < s->nholes && i < MANIFEST_HOLES; i++) {
		buf_clear(&b);
		buf_printf(&b, "%" PRIu64 "+%" PRIu64, s->holes[i].offset, s->holes[i].size);
		manifest_item(m, object, "damaged_bytes", buf_sv(&b));
	}
	for (size_t i = 0; i < r->losses.n && i < MANIFEST_HOLES; i++) {
		const struct loss_entry *e = &r->losses.items[i];

		buf_clear(&b);
		buf_printf(&b, "%" PRIu64 " %" PRIu64 "-%" PRIu64, e->count, e->from_ns, e->to_ns);
		manifest_item(m, object, "lost_events", buf_sv(&b));
	}
	for (size_t i = 0, first = 0; i < s->n; i++) {
		if (i + 1 < s->n && s->frames[i + 1].joins)
			continue;
		buf_clear(&b);
		buf_printf(&b, "%" PRIu64 "-%" PRIu64 " ", s->frames[first].seq, s->frames[i].seq);
		put_hex(&b, s->frames[i].chain, FRAME_HASH_SIZE);
		first = i + 1;
		if (first < MANIFEST_HOLES)
			manifest_item(m, object, "chain", buf_sv(&b));
	}
	buf_deinit(&b);
}

static int put_manifest(struct work *w, struct manifest *m)
{
	buf_clear(&w->payload);
	if (m) {
		tell_manifest(w->r, m);
		if (manifest_print(m, &w->payload, w->err) < 0)
			return -1;
	}
	return frame_writer_put(w->out, FRAME_MANIFEST, buf_sv(&w->payload), w->err);
}

int trace_recover(int in, const char *name, int out, const char *out_name,
		  struct manifest *manifest, struct recovery *r, struct err *err)
{
	struct work w = { .in = in, .name = name, .r = r, .err = err };
	int rc = -1;

	*r = (struct recovery){ .counted = true };
	if (frame_writer_open(out, out_name, &w.out, err) < 0)
		return -1;
	w.packer = packer_new(1);
	if (!w.packer)
		no_memory(err);
	else if (salvage_find(in, name, &r->found, err) == 0) {
		if (r->found.n == 0)
			err_set(err, ERR_FORMAT, "%s: there is no intact frame of a native trace",
				name);
		else if (decide(&w) == 0 && put_manifest(&w, manifest) == 0 && put_all(&w) == 0)
			rc = put_end(&w);
	}
	if (frame_writer_close(w.out, err) < 0)
		rc = -1;
	packer_free(w.packer);
	trace_index_deinit(&w.index);
	buf_deinit(&w.payload);
	buf_deinit(&w.rows);
	free(w.fates);
	return rc;
}

void recovery_deinit(struct recovery *r)
{
	salvage_deinit(&r->found);
	losses_deinit(&r->losses);
}
