#include "format/scap/scap_reader.h"

#include "format/intake.h"
#include "format/scap/event_block.h"
#include "format/scap/input.h"
#include "format/scap/lists.h"
#include "format/scap/loss_event.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The longest block that is taken into memory (an unknown one is skipped, however long). */
enum { BLOCK_MEMORY_MAX = 256 << 20 };

struct scap_reader {
	struct source base;
	struct input in;
	struct intake intake;
	char *name;
	struct err err; /* the failure that ended reading; every later call repeats it */

	bool in_section; /* a section header has been read */
	bool in_events;  /* and an event block behind it */
	const struct block_type *last_type;

	/* The list block whose entries are being handed out. */
	const struct block_type *list;
	struct sv list_rest;
	uint64_t list_offset;
	uint32_t list_length;
	bool list_cut;    /* the file ends inside it */
	int64_t list_tid; /* fd lists */
	char fd_name[FD_UNKNOWN_NAME];

	struct buf loss; /* scratch: text of an event that may tell of a loss */
	struct scap_layout layout;
};

/* --- failing --- */

static enum next fail(struct scap_reader *r, uint64_t offset, struct err *err)
{
	if (r->err.code == ERR_NONE)
		err_set(&r->err, ERR_FORMAT, "damaged block");
	r->err.pos.offset = offset;
	err_prefix(&r->err, "%s: byte %" PRIu64, r->name, offset);
	if (err && err->code == ERR_NONE)
		*err = r->err;
	return NEXT_ERROR;
}

/* The stream ends inside `what`, which begins at `offset` and should have `need` bytes. */
static enum next fail_cut(struct scap_reader *r, const char *what, uint64_t offset, uint64_t need,
			  struct err *err)
{
	uint64_t have = r->in.end_offset - offset;

	if (r->in.err.code == ERR_NONE)
		err_set(&r->err, ERR_TRUNCATED,
			"the file is cut: %s of %" PRIu64 " bytes, %" PRIu64 " are there", what,
			need, have);
	else
		err_set(&r->err, r->in.err.code, "%s cannot be read: %s", what, r->in.err.msg);
	return fail(r, offset, err);
}

/* --- metadata --- */

static int read_section(struct scap_reader *r, struct sv body)
{
	if (body.n < SECTION_BODY)
		return err_set(&r->err, ERR_FORMAT,
			       "section header with a body of %zu bytes, at least %d expected",
			       body.n, SECTION_BODY);
	if (get_le32(body.p) != SECTION_MAGIC)
		return err_set(&r->err, ERR_FORMAT,
			       "section header with byte order mark %08" PRIx32
			       ": not a little-endian trace",
			       get_le32(body.p));
	r->layout.major = get_le16(body.p + 4);
	r->layout.minor = get_le16(body.p + 6);
	if (r->layout.major > SECTION_MAJOR)
		return err_set(&r->err, ERR_UNSUPPORTED, "format version %u.%u is newer than %d.%d",
			       r->layout.major, r->layout.minor, SECTION_MAJOR, SECTION_MINOR);
	return 0;
}

static int read_machine(struct scap_reader *r, struct sv body, struct machine_info *m)
{
	if (body.n != MACHINE_BODY)
		return err_set(&r->err, ERR_FORMAT, "machine info of %zu bytes, %d expected",
			       body.n, MACHINE_BODY);
	m->num_cpus = get_le32(body.p);
	m->memory_bytes = get_le64(body.p + 4);
	m->max_pid = get_le64(body.p + 12);
	m->hostname = sv_upto_nul((struct sv){ body.p + 20, MACHINE_HOSTNAME });
	m->boot_ts_ns = get_le64(body.p + 148);
	m->flags = get_le64(body.p + 156);
	m->reserved[0] = get_le64(body.p + 164);
	m->reserved[1] = get_le64(body.p + 172);
	return 0;
}

static int check_trailer(struct scap_reader *r, const char *trailer, uint32_t length)
{
	if (get_le32(trailer) != length)
		return err_set(&r->err, ERR_FORMAT,
			       "block length is %" PRIu32 " in front and %" PRIu32 " behind",
			       length, get_le32(trailer));
	return 0;
}

static enum next list_end(struct scap_reader *r, struct err *err)
{
	if (r->list_cut)
		return fail_cut(r, r->list->name, input_offset(&r->in), r->list_length, err);
	if (check_trailer(r, r->in.cur + r->list_length - BLOCK_TRAILER, r->list_length) < 0)
		return fail(r, r->list_offset, err);
	input_skip(&r->in, r->list_length);
	r->list = NULL;
	return NEXT_IDLE;
}

/* The next entry of the list; NEXT_IDLE: it has ended well. */
static enum next list_next(struct scap_reader *r, struct record *rec, struct err *err)
{
	uint8_t version = r->list->version;
	int rc = -1;

	if (r->list_rest.n < LIST_ENTRY_MIN)
		return list_end(r, err);
	switch ((enum block_kind)r->list->kind) {
	case BLOCK_IFACES:
		rec->kind = RECORD_IFACE;
		rc = iface_decode(&r->list_rest, version, &rec->iface, &r->err);
		break;
	case BLOCK_USERS:
		rc = user_decode(&r->list_rest, version, rec, &r->err);
		break;
	case BLOCK_PROCS:
		rec->kind = RECORD_PROC;
		rc = proc_decode(&r->list_rest, version, &rec->proc, &r->err);
		break;
	case BLOCK_FDS:
		rec->kind = RECORD_FD;
		rec->fd.tid = r->list_tid;
		rc = fd_decode(&r->list_rest, version, &rec->fd, r->fd_name, &r->err);
		break;
	case BLOCK_SECTION:
	case BLOCK_MACHINE:
	case BLOCK_EVENT:
		break;
	}
	if (rc == 0)
		return NEXT_ITEM;
	if (r->list_cut) {
		r->err = (struct err){ 0 };
		return fail_cut(r, r->list->name, input_offset(&r->in), r->list_length, err);
	}
	return fail(r, r->list_offset, err);
}

/* A list block is at the cursor; entries in front of a cut are still good. */
static enum next list_begin(struct scap_reader *r, const struct block_type *type, uint32_t length,
			    struct record *rec, struct err *err)
{
	const char *block = input_peek(&r->in, length);

	r->list = type;
	r->list_offset = input_offset(&r->in);
	r->list_length = length;
	r->list_cut = !block;
	r->list_rest = block ? (struct sv){ block + BLOCK_HEADER, length - BLOCK_MIN }
			     : (struct sv){ r->in.cur + BLOCK_HEADER,
					    (size_t)(r->in.end - r->in.cur) - BLOCK_HEADER };
	switch ((enum block_kind)type->kind) {
	case BLOCK_IFACES:
		rec->kind = RECORD_IFACES_BEGIN;
		return NEXT_ITEM;
	case BLOCK_USERS:
		rec->kind = RECORD_USERS_BEGIN;
		return NEXT_ITEM;
	case BLOCK_FDS: {
		struct sv tid;

		if (!sv_take(&r->list_rest, sizeof r->list_tid, &tid)) {
			if (r->list_cut)
				return fail_cut(r, type->name, input_offset(&r->in), length, err);
			err_set(&r->err, ERR_FORMAT, "fd list without a thread id");
			return fail(r, r->list_offset, err);
		}
		r->list_tid = (int64_t)get_le64(tid.p);
		return NEXT_IDLE;
	}
	case BLOCK_PROCS:
	case BLOCK_SECTION:
	case BLOCK_MACHINE:
	case BLOCK_EVENT:
		break;
	}
	return NEXT_IDLE;
}

static void count_unknown(struct scap_layout *l, uint32_t id)
{
	size_t n = sizeof l->unknown / sizeof l->unknown[0], i = 0;

	while (i + 1 < n && l->unknown[i].count && l->unknown[i].id != id)
		i++;
	if (!l->unknown[i].count)
		l->unknown[i].id = id;
	l->unknown[i].count++;
}

static enum next skip_unknown(struct scap_reader *r, uint32_t id, uint32_t length, struct err *err)
{
	uint64_t offset = input_offset(&r->in);
	const char *trailer;

	r->base.stats.blocks_skipped++;
	count_unknown(&r->layout, id);
	if (!input_skip(&r->in, length - BLOCK_TRAILER) ||
	    !(trailer = input_peek(&r->in, BLOCK_TRAILER)))
		return fail_cut(r, "block of unknown type", offset, length, err);
	if (check_trailer(r, trailer, length) < 0)
		return fail(r, offset, err);
	input_skip(&r->in, BLOCK_TRAILER);
	return NEXT_IDLE;
}

/* A section header or machine info: one record each. */
static enum next single(struct scap_reader *r, const struct block_type *type, uint32_t length,
			struct record *rec, struct err *err)
{
	uint64_t offset = input_offset(&r->in);
	const char *block = input_peek(&r->in, length);
	int rc;

	if (!block)
		return fail_cut(r, type->name, input_offset(&r->in), length, err);
	struct sv body = { block + BLOCK_HEADER, length - BLOCK_MIN };
	if (type->kind == BLOCK_SECTION) {
		rec->kind = RECORD_SECTION;
		rc = read_section(r, body);
	} else {
		rec->kind = RECORD_MACHINE;
		rc = read_machine(r, body, &rec->machine);
	}
	if (rc < 0)
		return fail(r, offset, err);
	/* A section header may end in options; its trailer was never checked by any reader. */
	if (type->kind != BLOCK_SECTION &&
	    check_trailer(r, block + length - BLOCK_TRAILER, length) < 0)
		return fail(r, offset, err);
	input_skip(&r->in, length);
	if (type->kind == BLOCK_SECTION) {
		r->in_section = true;
		r->in_events = false;
		intake_section(&r->intake);
	}
	return NEXT_ITEM;
}

/* --- events --- */

/*
 * One bad event among those that complete the start is passed over, later ones end the reading: so
 * does the reference.  leading: whether it was among them.
 */
static enum next bad_event(struct scap_reader *r, bool leading, uint64_t offset, struct err *err)
{
	if (!leading || r->err.code == ERR_NOMEM)
		return fail(r, offset, err);
	r->err = (struct err){ 0 };
	r->intake.leading = false;
	r->base.stats.blocks_skipped++;
	r->layout.damaged_events++;
	return NEXT_IDLE;
}

/*
 * An event as it was decoded, into the record to show for it; NEXT_IDLE: there is none.  Inline: a
 * call for each event costs a stock trace a sixth of its time.
 */
static inline enum next take_event(struct scap_reader *r, struct record *rec, uint64_t offset,
				   struct err *err)
{
	struct event *ev = &rec->event;
	bool leading = r->intake.leading;

	if (ev->type == EV_NOTIFICATION_E) {
		struct loss_entry loss;

		if (loss_event_parse(ev, &r->loss, &loss)) {
			*rec = (struct record){ .kind = RECORD_LOSS, .loss = loss };
			intake_loss(&r->intake);
			return NEXT_ITEM;
		}
	}
	source_note_event(&r->base, ev);
	switch (intake_event(&r->intake, ev, &r->err)) {
	case UPGRADE_KEEP:
		return NEXT_ITEM;
	case UPGRADE_DROP:
		return NEXT_IDLE;
	case UPGRADE_ERROR:
		break;
	}
	return bad_event(r, leading, offset, err);
}

/* An event block of `length` bytes is at the cursor.  NEXT_IDLE: nothing to show for it. */
static enum next event_next(struct scap_reader *r, const struct block_type *type, uint32_t length,
			    struct record *rec, struct err *err)
{
	uint64_t offset = input_offset(&r->in);
	const char *block;

	if (!type->large && length - BLOCK_HEADER > BLOCK_EVENT_MAX) {
		err_set(&r->err, ERR_FORMAT, "%s block of %" PRIu32 " bytes, at most %d allowed",
			type->name, length, BLOCK_EVENT_MAX + BLOCK_HEADER);
		return fail(r, offset, err);
	}
	block = input_peek(&r->in, length);
	if (!block)
		return fail_cut(r, type->name, input_offset(&r->in), length, err);
	enum event_block_result result =
		event_block_decode(type, (struct sv){ block + BLOCK_HEADER, length - BLOCK_MIN },
				   &rec->event, &r->err);
	input_skip(&r->in, length);
	switch (result) {
	case EVENT_BLOCK_OK:
		return take_event(r, rec, offset, err);
	case EVENT_BLOCK_BAD:
		return bad_event(r, r->intake.leading, offset, err);
	case EVENT_BLOCK_NEWER:
		break;
	}
	r->base.stats.blocks_skipped++;
	r->layout.newer_events++;
	return NEXT_IDLE;
}

/* --- the stream --- */

static const struct block_type *type_of(struct scap_reader *r, uint32_t id)
{
	if (!r->last_type || r->last_type->id != id) {
		const struct block_type *t = block_type_of(id);

		if (!t)
			return NULL;
		r->last_type = t;
	}
	return r->last_type;
}

static enum next at_end(struct scap_reader *r, struct err *err)
{
	if (r->in.cur != r->in.end || r->in.err.code != ERR_NONE)
		return fail_cut(r, "block header", input_offset(&r->in), BLOCK_HEADER, err);
	if (!r->in_section) {
		err_set(&r->err, ERR_TRUNCATED, "the file is empty");
		return fail(r, 0, err);
	}
	return NEXT_END;
}

/* One block, or the beginning of a list.  NEXT_IDLE: go on. */
static enum next block_next(struct scap_reader *r, struct record *rec, struct err *err)
{
	const char *head = input_peek(&r->in, BLOCK_HEADER);

	if (!head)
		return at_end(r, err);
	uint32_t id = get_le32(head);
	uint32_t length = get_le32(head + 4);
	const struct block_type *type = type_of(r, id);

	if (!r->in_section && id != BLOCK_ID_SECTION) {
		err_set(&r->err, ERR_FORMAT, "block type %08" PRIx32 ": not a .scap trace", id);
		return fail(r, input_offset(&r->in), err);
	}
	if (length < BLOCK_MIN) {
		err_set(&r->err, ERR_FORMAT, "block of %" PRIu32 " bytes, at least %d expected",
			length, BLOCK_MIN);
		return fail(r, input_offset(&r->in), err);
	}
	if (r->in_events && (!type || (type->kind != BLOCK_EVENT && type->kind != BLOCK_SECTION))) {
		err_set(&r->err, ERR_FORMAT, "block of type %08" PRIx32 " among the events", id);
		return fail(r, input_offset(&r->in), err);
	}
	if (!type)
		return skip_unknown(r, id, length, err);
	if (length > BLOCK_MEMORY_MAX) {
		err_set(&r->err, ERR_LIMIT, "%s block of %" PRIu32 " bytes, at most %d can be read",
			type->name, length, BLOCK_MEMORY_MAX);
		return fail(r, input_offset(&r->in), err);
	}
	r->layout.blocks[type - block_types]++;
	switch ((enum block_kind)type->kind) {
	case BLOCK_SECTION:
	case BLOCK_MACHINE:
		return single(r, type, length, rec, err);
	case BLOCK_IFACES:
	case BLOCK_USERS:
	case BLOCK_PROCS:
	case BLOCK_FDS:
		return list_begin(r, type, length, rec, err);
	case BLOCK_EVENT:
		break;
	}
	r->in_events = true;
	rec->kind = RECORD_EVENT;
	return event_next(r, type, length, rec, err);
}

static enum next scap_next(struct source *s, struct record *rec, struct err *err)
{
	struct scap_reader *r = (struct scap_reader *)s;
	enum next n;

	if (r->err.code != ERR_NONE) {
		if (err && err->code == ERR_NONE)
			*err = r->err;
		return NEXT_ERROR;
	}
	do
		n = r->list ? list_next(r, rec, err) : block_next(r, rec, err);
	while (n == NEXT_IDLE);
	return n;
}

static struct source_progress scap_progress(const struct source *s)
{
	const struct scap_reader *r = (const struct scap_reader *)s;
	struct source_progress p;

	input_progress(&r->in, &p.done, &p.total);
	return p;
}

static void scap_close(struct source *s)
{
	struct scap_reader *r = (struct scap_reader *)s;

	input_close(&r->in);
	intake_deinit(&r->intake);
	buf_deinit(&r->loss);
	free(r->name);
	free(r);
}

static const struct source_ops scap_ops = {
	.next = scap_next,
	.progress = scap_progress,
	.close = scap_close,
};

const struct scap_layout *scap_reader_layout(const struct source *s)
{
	return s->ops == &scap_ops ? &((const struct scap_reader *)s)->layout : NULL;
}

/* --- opening --- */

static struct scap_reader *reader_new(const char *name, const struct source_options *opt,
				      struct err *err)
{
	struct scap_reader *r = calloc(1, sizeof *r);

	if (r) {
		r->base.ops = &scap_ops;
		r->base.span = opt->span;
		r->name = strdup(name);
	}
	if (!r || !r->name || intake_init(&r->intake, opt->upgrade, &r->base.stats, NULL) < 0) {
		err_set(err, ERR_NOMEM, "no memory to open %s", name);
		if (r)
			scap_close(&r->base);
		return NULL;
	}
	return r;
}

static int opened(struct scap_reader *r, int rc, struct source **out, struct err *err)
{
	if (rc < 0) {
		err_prefix(err, "%s", r->name);
		scap_close(&r->base);
		return -1;
	}
	r->layout.gzip = input_is_gzip(&r->in);
	*out = &r->base;
	return 0;
}

int scap_reader_open(int fd, struct sv head, const char *name, const struct source_options *opt,
		     struct source **out, struct err *err)
{
	struct scap_reader *r = reader_new(name, opt, err);

	*out = NULL;
	if (!r) {
		close(fd);
		return -1;
	}
	struct input_options in_opt = { .chunk_bytes = opt->buffer_bytes };
	return opened(r, input_open(&r->in, fd, head, &in_opt, err), out, err);
}

int scap_reader_open_mem(struct sv bytes, const char *name, const struct source_options *opt,
			 struct source **out, struct err *err)
{
	struct scap_reader *r = reader_new(name, opt, err);

	*out = NULL;
	if (!r)
		return -1;
	struct input_options in_opt = { .chunk_bytes = opt->buffer_bytes };
	return opened(r, input_open_mem(&r->in, bytes, &in_opt, err), out, err);
}
