/* scap verify: is a native trace whole, and as it was written? */
#include "format/trace/trace_reader.h"
#include "tools/common/human.h"
#include "tools/common/json.h"
#include "tools/scap/commands.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

struct verdict {
	const char *path;
	struct trace_layout layout;
	uint64_t valid; /* bytes of the intact prefix */
	struct err damage;
};

static void verdict_text(struct buf *b, const struct verdict *v)
{
	bool intact = v->damage.code == ERR_NONE;

	buf_printf(b, "%s: %s, %" PRIu64 " frames, %" PRIu64 " bytes%s\n", v->path,
		   intact ? "intact" : "DAMAGED", v->layout.frames, v->valid,
		   intact ? "" : " before the damage");
	buf_puts(b, "  chain ");
	human_hex(b, v->layout.chain, sizeof v->layout.chain);
	buf_putc(b, '\n');
}

static void verdict_json(struct buf *b, const struct verdict *v)
{
	struct json j = { .out = b };
	struct buf chain = { 0 };

	human_hex(&chain, v->layout.chain, sizeof v->layout.chain);
	json_object(&j, NULL);
	json_text(&j, "path", sv_of(v->path));
	json_bool(&j, "intact", v->damage.code == ERR_NONE);
	json_u64(&j, "frames", v->layout.frames);
	json_u64(&j, "event_blocks", v->layout.blocks);
	json_u64(&j, "valid_bytes", v->valid);
	json_text(&j, "chain", buf_sv(&chain));
	if (v->damage.code != ERR_NONE)
		json_text(&j, "damage", sv_of(v->damage.msg));
	json_end_object(&j);
	buf_putc(b, '\n');
	buf_deinit(&chain);
}

static int run(struct cli *c, struct err *err)
{
	struct buf b = { 0 };
	bool json = false;
	int key;

	while ((key = cli_next(c, err)) > 0)
		json = key == 'j';
	if (key < 0 || cli_operands(c, 1, -1, err) < 0)
		return -1;
	for (int i = 0; i < c->argc; i++) {
		struct verdict v = { .path = c->argv[i] };
		int fd = open(v.path, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			err_errno(&v.damage, "cannot open %s", v.path);
		else
			trace_verify(fd, v.path, &v.layout, &v.valid, &v.damage);
		buf_clear(&b);
		if (json)
			verdict_json(&b, &v);
		else if (v.layout.frames)
			verdict_text(&b, &v);
		buf_write(&b, stdout);
		if (v.damage.code != ERR_NONE) {
			cli_complain(c->program->name, &v.damage);
			c->status = 1;
		}
	}
	buf_deinit(&b);
	return 0;
}

static const struct cli_option options[] = {
	{ 'j', "json", NULL, "one JSON object per trace and line" },
};

const struct cli_command scap_cmd_verify = {
	.name = "verify",
	.operands = "TRACE...",
	.help = "Check that native traces are whole and as they were written.",
	.details = "Every frame's hash and the chain of hashes are checked.  The last chain value "
		   "vouches for\n"
		   "the whole file: kept elsewhere, it proves the trace later.  Exit status 1 when "
		   "any trace\n"
		   "is damaged.  Stock traces carry no hashes and are refused.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.run = run,
};
