#include "format/scap/scap_writer.h"

#include "format/scap/block.h"
#include "format/scap/lists_write.h"
#include "format/scap/loss_event.h"
#include "format/scap/output.h"
#include "format/scap/put.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A list is written as one block, but not a longer one: memory is bounded, readers too. */
enum { LIST_BLOCK_MAX = 16 << 20 };

/* Selects the kind of block when a trace is written and is never stored. */
enum { EVENT_FLAG_LARGE = 1 << 2 };

struct scap_writer {
	struct output *out;
	char *name;
	bool in_section;
	bool in_events;
	uint32_t list;    /* block id of the list in `body`, 0: none */
	int64_t list_tid; /* fd lists */
	struct buf body;  /* entries of the list */
	struct buf event; /* one event block */
	struct buf loss;  /* text of the event that tells of a loss */
};

/* --- blocks --- */

static int write_block(struct scap_writer *w, uint32_t id, struct sv body, struct err *err)
{
	static const char zeros[3];
	size_t padding = (4 - body.n % 4) % 4;
	uint32_t head[2];

	if (body.n > UINT32_MAX - BLOCK_MIN - sizeof zeros)
		return err_set(err, ERR_LIMIT, "a block of %zu bytes cannot be written", body.n);
	head[0] = id;
	head[1] = (uint32_t)(BLOCK_MIN + body.n + padding);
	if (output_write(w->out, head, sizeof head, err) < 0 ||
	    output_write(w->out, body.p, body.n, err) < 0 ||
	    output_write(w->out, zeros, padding, err) < 0 ||
	    output_write(w->out, &head[1], BLOCK_TRAILER, err) < 0)
		return -1;
	return 0;
}

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to write a trace");
}

static int list_flush(struct scap_writer *w, struct err *err)
{
	uint32_t id = w->list;

	w->list = 0;
	if (!id)
		return 0;
	if (w->body.failed)
		return no_memory(err);
	return write_block(w, id, buf_sv(&w->body), err);
}

static int list_begin(struct scap_writer *w, uint32_t id, struct err *err)
{
	if (list_flush(w, err) < 0)
		return -1;
	w->list = id;
	buf_clear(&w->body);
	return 0;
}

/* Have a list of this kind open that has room for one more entry. */
static int list_continue(struct scap_writer *w, uint32_t id, struct err *err)
{
	/* A second interface or user list would replace the first: those are never split. */
	bool may_split = id == BLOCK_ID_PROCS || id == BLOCK_ID_FDS;

	if (w->list == id && !(may_split && w->body.n > LIST_BLOCK_MAX))
		return 0;
	return list_begin(w, id, err);
}

/* --- records --- */

static int put_section(struct scap_writer *w, struct err *err)
{
	struct buf *b = &w->event;

	buf_clear(b);
	put_u32(b, SECTION_MAGIC);
	put_u16(b, SECTION_MAJOR);
	put_u16(b, SECTION_MINOR);
	put_u64(b, UINT64_MAX); /* length unknown */
	if (b->failed)
		return no_memory(err);
	w->in_section = true;
	w->in_events = false;
	return write_block(w, BLOCK_ID_SECTION, buf_sv(b), err);
}

static int put_machine(struct scap_writer *w, const struct machine_info *m, struct err *err)
{
	static const char zeros[MACHINE_HOSTNAME];
	struct buf *b = &w->event;
	/* The last byte stays NUL. */
	size_t n = m->hostname.n < MACHINE_HOSTNAME ? m->hostname.n : MACHINE_HOSTNAME - 1;

	buf_clear(b);
	put_u32(b, m->num_cpus);
	put_u64(b, m->memory_bytes);
	put_u64(b, m->max_pid);
	buf_put(b, m->hostname.p, n);
	buf_put(b, zeros, MACHINE_HOSTNAME - n);
	put_u64(b, m->boot_ts_ns);
	put_u64(b, m->flags);
	put_u64(b, m->reserved[0]);
	put_u64(b, m->reserved[1]);
	if (b->failed)
		return no_memory(err);
	return write_block(w, BLOCK_ID_MACHINE, buf_sv(b), err);
}

static int put_fd(struct scap_writer *w, const struct fd_entry *e, struct err *err)
{
	if (w->list == BLOCK_ID_FDS && w->list_tid != e->tid && list_flush(w, err) < 0)
		return -1;
	if (list_continue(w, BLOCK_ID_FDS, err) < 0)
		return -1;
	if (w->body.n == 0) {
		put_u64(&w->body, (uint64_t)e->tid);
		w->list_tid = e->tid;
	}
	fd_encode(&w->body, e);
	return 0;
}

static int put_event(struct scap_writer *w, const struct event *ev, struct err *err)
{
	size_t len_size = schema_event(ev->type)->flags & EF_LARGE_PAYLOAD ? 4 : 2;
	size_t len = EVENT_HEADER_V2 + len_size * ev->nparams;
	uint32_t flags = ev->flags & ~(uint32_t)EVENT_FLAG_LARGE;
	size_t max = len_size == 2 ? UINT16_MAX : UINT32_MAX;
	struct buf *b = &w->event;

	for (uint32_t i = 0; i < ev->nparams; i++) {
		if (ev->params[i].n > max)
			return err_set(err, ERR_LIMIT,
				       "parameter %" PRIu32
				       " of %s event %u has %zu bytes, at most %zu fit",
				       i, schema_event(ev->type)->name, ev->type, ev->params[i].n,
				       max);
		len += ev->params[i].n;
	}
	if (len > UINT32_MAX / 2)
		return err_set(err, ERR_LIMIT, "%s event %u of %zu bytes cannot be written",
			       schema_event(ev->type)->name, ev->type, len);
	buf_clear(b);
	put_u16(b, ev->cpu);
	if (flags)
		put_u32(b, flags);
	put_u64(b, ev->ts_ns);
	put_u64(b, (uint64_t)ev->tid);
	put_u32(b, (uint32_t)len);
	put_u16(b, ev->type);
	put_u32(b, ev->nparams);
	for (uint32_t i = 0; i < ev->nparams; i++)
		buf_put(b, &(uint32_t){ (uint32_t)ev->params[i].n }, len_size);
	for (uint32_t i = 0; i < ev->nparams; i++)
		buf_putsv(b, ev->params[i]);
	if (b->failed)
		return no_memory(err);
	w->in_events = true;

	bool large = (b->n + 3) / 4 * 4 + BLOCK_TRAILER > BLOCK_EVENT_MAX;
	uint32_t id = large ? (flags ? BLOCK_ID_EVENT_LARGE_FLAGS : BLOCK_ID_EVENT_LARGE)
			    : (flags ? BLOCK_ID_EVENT_FLAGS : BLOCK_ID_EVENT);
	return write_block(w, id, buf_sv(b), err);
}

static int put_loss(struct scap_writer *w, const struct loss_entry *loss, struct err *err)
{
	struct event ev;

	loss_event_make(loss, &w->loss, &ev);
	return w->loss.failed ? no_memory(err) : put_event(w, &ev, err);
}

static int put(struct scap_writer *w, const struct record *rec, struct err *err)
{
	switch (rec->kind) {
	case RECORD_SECTION:
		return list_flush(w, err) < 0 ? -1 : put_section(w, err);
	case RECORD_MACHINE:
		return list_flush(w, err) < 0 ? -1 : put_machine(w, &rec->machine, err);
	case RECORD_IFACES_BEGIN:
		return list_begin(w, BLOCK_ID_IFACES, err);
	case RECORD_IFACE:
		if (list_continue(w, BLOCK_ID_IFACES, err) < 0)
			return -1;
		return iface_encode(&w->body, &rec->iface, err);
	case RECORD_USERS_BEGIN:
		return list_begin(w, BLOCK_ID_USERS, err);
	case RECORD_USER:
		if (list_continue(w, BLOCK_ID_USERS, err) < 0)
			return -1;
		user_encode(&w->body, &rec->user);
		return 0;
	case RECORD_GROUP:
		if (list_continue(w, BLOCK_ID_USERS, err) < 0)
			return -1;
		group_encode(&w->body, &rec->group);
		return 0;
	case RECORD_PROC:
		if (list_continue(w, BLOCK_ID_PROCS, err) < 0)
			return -1;
		proc_encode(&w->body, &rec->proc);
		return 0;
	case RECORD_FD:
		return put_fd(w, &rec->fd, err);
	case RECORD_LOSS:
		return list_flush(w, err) < 0 ? -1 : put_loss(w, &rec->loss, err);
	case RECORD_EVENT:
		return list_flush(w, err) < 0 ? -1 : put_event(w, &rec->event, err);
	case RECORD_STATE:
		return err_set(err, ERR_UNSUPPORTED, "a stock trace cannot hold a snapshot");
	}
	return 0;
}

int scap_writer_put(struct scap_writer *w, const struct record *rec, struct err *err)
{
	if (!w->in_section && rec->kind != RECORD_SECTION && put_section(w, err) < 0)
		return err_prefix(err, "%s", w->name);
	if (w->in_events && rec->kind != RECORD_EVENT && rec->kind != RECORD_LOSS &&
	    rec->kind != RECORD_SECTION)
		return err_set(err, ERR_UNSUPPORTED,
			       "%s: a stock trace has no room for metadata behind the first event",
			       w->name);
	return put(w, rec, err) < 0 ? err_prefix(err, "%s", w->name) : 0;
}

/* --- open and close --- */

int scap_writer_open(int fd, const char *name, const struct scap_writer_options *opt,
		     struct scap_writer **out, struct err *err)
{
	struct scap_writer *w = calloc(1, sizeof *w);

	*out = NULL;
	if (!w || !(w->name = strdup(name))) {
		free(w);
		close(fd);
		return no_memory(err);
	}
	if (output_open(fd, opt->gzip, &w->out, err) < 0) {
		err_prefix(err, "%s", name);
		free(w->name);
		free(w);
		return -1;
	}
	*out = w;
	return 0;
}

int scap_writer_close(struct scap_writer *w, struct err *err)
{
	struct err first = { 0 };

	if (!w)
		return 0;
	if (!w->in_section)
		put_section(w, &first);
	list_flush(w, &first);
	output_close(w->out, &first);
	if (first.code != ERR_NONE)
		err_set(err, first.code, "%s: %s", w->name, first.msg);
	buf_deinit(&w->body);
	buf_deinit(&w->event);
	buf_deinit(&w->loss);
	free(w->name);
	free(w);
	return first.code == ERR_NONE ? 0 : -1;
}
