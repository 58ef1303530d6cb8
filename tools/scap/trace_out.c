#include "tools/scap/trace_out.h"

#include "tools/scap/output_file.h"

#include <string.h>

int trace_out_kind(struct trace_out *o, const char *name, struct err *err)
{
	o->kind = sink_kind_by_name(sv_of(name));
	if (!o->kind)
		return err_set(err, ERR_USAGE, "unknown format %s (stock, stock-gz or native)",
			       name);
	return 0;
}

static bool is_native(const struct trace_out *o)
{
	return strcmp(sink_kind_name(o->kind), "native") == 0;
}

int trace_out_begin(struct trace_out *o, const char *command, char *const *inputs, int n,
		    const char *path, struct err *err)
{
	if (!o->kind)
		o->kind = sink_kind_by_path(sv_of(path));
	/* Only native traces have room for it. */
	return is_native(o) ? provenance_new(command, inputs, n, &o->manifest, err) : 0;
}

int trace_out_open(struct trace_out *o, char *const *inputs, int n, const char *path,
		   struct tracker *tracker, struct err *err)
{
	struct sink_options opt = o->options;
	struct buf manifest = { 0 };
	int fd, rc = -1;

	if (is_native(o) || o->tracks) {
		o->borrowed = tracker;
		o->tracker = tracker ? tracker : tracker_new();
		if (!o->tracker) {
			err_set(err, ERR_NOMEM, "no memory for the state of a trace");
			goto out;
		}
	}
	if (is_native(o)) {
		if (manifest_print(o->manifest, &manifest, err) < 0)
			goto out;
		opt.manifest = buf_sv(&manifest);
		opt.snapshot = tracker_snapshot;
		opt.snapshot_arg = o->tracker;
	}
	fd = output_file_open(inputs, n, path, err);
	if (fd < 0)
		goto out;
	rc = sink_open(o->kind, fd, output_file_name(path), &opt, &o->sink, err);
out:
	buf_deinit(&manifest);
	return rc;
}

/* --- records --- */

static int put_listed(void *arg, const struct record *rec, struct err *err)
{
	return trace_out_put(arg, rec, err);
}

int trace_out_put_state(struct trace_out *o, const struct tracker *tracker, uint64_t ts_ns,
			struct err *err)
{
	struct snapshot saved = { 0 };
	int rc;

	if (o->begun || !is_native(o))
		return tracker_records(tracker, ts_ns, put_listed, o, err);
	rc = tracker_snapshot((void *)tracker, &saved, err);
	if (rc > 0)
		rc = err_set(err, ERR_FORMAT, "an old event in front of it cannot be read");
	if (rc == 0) {
		struct record rec = { .kind = RECORD_STATE, .snapshot = snapshot_view(&saved) };

		rc = trace_out_put(o, &rec, err);
	}
	snapshot_deinit(&saved);
	return rc;
}

/* The lists that a snapshot comes to. */
static int put_as_lists(struct trace_out *o, const struct record *rec, struct err *err)
{
	struct tracker *t = tracker_new();
	int rc;

	if (!t)
		return err_set(err, ERR_NOMEM, "no memory for the state of a trace");
	rc = tracker_record(t, rec, err);
	if (rc == 0)
		rc = trace_out_put_state(o, t, tracker_last_ns(t), err);
	tracker_free(t);
	return rc;
}

/* A stock event: block header, event header, lengths, parameters, block trailer. */
static uint64_t stock_bytes(const struct event *ev)
{
	uint64_t n = 8 + 6 + 26 + (ev->desc->flags & EF_LARGE_PAYLOAD ? 4 : 2) * ev->nparams + 4;

	for (uint32_t i = 0; i < ev->nparams; i++)
		n += ev->params[i].n;
	return n + 3;
}

int trace_out_put(struct trace_out *o, const struct record *rec, struct err *err)
{
	if (rec->kind == RECORD_STATE && (o->begun || !is_native(o)))
		return put_as_lists(o, rec, err);
	o->begun = true;
	if (sink_put(o->sink, rec, err) < 0)
		return -1;
	if (rec->kind == RECORD_EVENT) {
		o->events++;
		o->stock_bytes += stock_bytes(&rec->event);
	}
	return o->tracker && !o->borrowed ? tracker_record(o->tracker, rec, err) : 0;
}

uint64_t trace_out_bytes(const struct trace_out *o)
{
	return is_native(o) ? sink_bytes(o->sink) : o->stock_bytes;
}

int trace_out_close(struct trace_out *o, struct err *err)
{
	int rc = sink_close(o->sink, err);

	if (!o->borrowed)
		tracker_free(o->tracker);
	manifest_free(o->manifest);
	*o = (struct trace_out){ 0 };
	return rc;
}
