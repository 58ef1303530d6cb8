/* scap convert: the same records in another file format. */
#include "engine/tracker.h"
#include "format/sink.h"
#include "format/source.h"
#include "tools/scap/commands.h"
#include "tools/scap/output_file.h"
#include "tools/scap/provenance.h"

#include <string.h>

enum { KEY_BLOCK_EVENTS = 256, KEY_SEGMENT_EVENTS };

/* tracker: follows what is written; NULL: nobody asks for it. */
static int copy(struct source *src, struct sink *to, struct tracker *tracker, struct err *err)
{
	struct record rec;
	enum next n;

	while ((n = source_next(src, &rec, err)) == NEXT_ITEM) {
		if (sink_put(to, &rec, err) < 0 ||
		    (tracker && tracker_record(tracker, &rec, err) < 0))
			return -1;
	}
	return n == NEXT_END ? 0 : -1;
}

/* Only native traces have room for it. */
static int make_manifest(const struct sink_kind *kind, char *const *in, bool upgrade,
			 struct buf *out, struct err *err)
{
	struct manifest *m;

	if (strcmp(sink_kind_name(kind), "native") != 0)
		return 0;
	if (provenance_new("convert", in, 1, &m, err) < 0)
		return -1;
	if (upgrade)
		manifest_option(m, SV("--upgrade"));
	int rc = manifest_print(m, out, err);

	manifest_free(m);
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	struct source_options in_opt = { .upgrade = false };
	struct sink_options out_opt = { 0 };
	struct buf manifest = { 0 };
	const struct sink_kind *kind = NULL;
	struct tracker *tracker = NULL;
	struct sink *to = NULL;
	struct source *src = NULL;
	uint64_t number;
	int key, fd, rc = -1;

	while ((key = cli_next(c, err)) > 0) {
		switch (key) {
		case 't':
			kind = sink_kind_by_name(sv_of(c->value));
			if (!kind)
				return err_set(err, ERR_USAGE,
					       "unknown format %s (stock, stock-gz or native)",
					       c->value);
			break;
		case KEY_BLOCK_EVENTS:
			if (cli_number(c, "block-events", 1, UINT32_MAX, &number, err) < 0)
				return -1;
			out_opt.block_events = (uint32_t)number;
			break;
		case KEY_SEGMENT_EVENTS:
			if (cli_number(c, "segment-events", 1, UINT32_MAX, &number, err) < 0)
				return -1;
			out_opt.segment_events = (uint32_t)number;
			break;
		case 'u':
			in_opt.upgrade = true;
			break;
		}
	}
	if (key < 0 || cli_operands(c, 2, 2, err) < 0)
		return -1;
	const char *in = c->argv[0], *out = c->argv[1];
	if (!kind)
		kind = sink_kind_by_path(sv_of(out));
	if (source_open(in, &in_opt, &src, err) < 0)
		return -1;
	if (make_manifest(kind, c->argv, in_opt.upgrade, &manifest, err) < 0)
		goto out;
	out_opt.manifest = buf_sv(&manifest);
	if (manifest.n) {
		tracker = tracker_new();
		if (!tracker) {
			err_set(err, ERR_NOMEM, "no memory for the state of a trace");
			goto out;
		}
		out_opt.snapshot = tracker_snapshot;
		out_opt.snapshot_arg = tracker;
	}
	fd = output_file_open(in, out, err);
	if (fd < 0)
		goto out;
	if (sink_open(kind, fd, output_file_name(out), &out_opt, &to, err) < 0)
		goto out;
	rc = copy(src, to, tracker, err);
	/* What could be read of a damaged trace is kept. */
	if (sink_close(to, err) < 0)
		rc = -1;
out:
	tracker_free(tracker);
	buf_deinit(&manifest);
	source_close(src);
	return rc;
}

static const struct cli_option options[] = {
	{ 't', "to", "FORMAT",
	  "stock, stock-gz or native; default: by the name of OUT (\".gz\": stock-gz, \".skr\": "
	  "native)" },
	{ 'u', "upgrade", NULL, "write old events in their current form" },
	{ KEY_BLOCK_EVENTS, "block-events", "N", "of a native trace: at most N events a block" },
	{ KEY_SEGMENT_EVENTS, "segment-events", "N",
	  "of a native trace: begin a segment after N events" },
};

const struct cli_command scap_cmd_convert = {
	.name = "convert",
	.operands = "IN OUT",
	.help = "Copy a trace into another file format.",
	.details = "Events are copied as they are, parameter for parameter, unless --upgrade is "
		   "given.\n"
		   "IN and OUT may be \"-\" for standard input and output.  Of a damaged trace "
		   "everything in\n"
		   "front of the damage is written; the exit status is 1 then.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.run = run,
};
