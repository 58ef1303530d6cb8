/* scap convert: the same records in another file format. */
#include "format/source.h"
#include "tools/scap/commands.h"
#include "tools/scap/trace_out.h"

enum { KEY_BLOCK_EVENTS = 256, KEY_SEGMENT_EVENTS };

static int copy(struct source *src, struct trace_out *to, struct err *err)
{
	struct record rec;
	enum next n;

	while ((n = source_next(src, &rec, err)) == NEXT_ITEM) {
		if (trace_out_put(to, &rec, err) < 0)
			return -1;
	}
	return n == NEXT_END ? 0 : -1;
}

static int run(struct cli *c, struct err *err)
{
	struct source_options in_opt = { .upgrade = false };
	struct trace_out to = { 0 };
	struct source *src = NULL;
	uint64_t number;
	int key, rc = -1;

	while ((key = cli_next(c, err)) > 0) {
		switch (key) {
		case 't':
			if (trace_out_kind(&to, c->value, err) < 0)
				return -1;
			break;
		case KEY_BLOCK_EVENTS:
			if (cli_number(c, "block-events", 1, UINT32_MAX, &number, err) < 0)
				return -1;
			to.options.block_events = (uint32_t)number;
			break;
		case KEY_SEGMENT_EVENTS:
			if (cli_number(c, "segment-events", 1, UINT32_MAX, &number, err) < 0)
				return -1;
			to.options.segment_events = (uint32_t)number;
			break;
		case 'u':
			in_opt.upgrade = true;
			break;
		}
	}
	if (key < 0 || cli_operands(c, 2, 2, err) < 0 || cli_confine(c, err) < 0 ||
	    source_open(c->argv[0], &in_opt, &src, err) < 0)
		return -1;
	if (trace_out_begin(&to, "convert", c->argv, 1, c->argv[1], err) < 0)
		goto out;
	if (in_opt.upgrade && to.manifest)
		manifest_option(to.manifest, SV("--upgrade"));
	if (trace_out_open(&to, c->argv, 1, c->argv[1], NULL, err) < 0)
		goto out;
	rc = copy(src, &to, err);
out:
	/* What could be read of a damaged trace is kept. */
	if (trace_out_close(&to, err) < 0)
		rc = -1;
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
	.files = CLI_WRITES_LAST,
	.run = run,
};
