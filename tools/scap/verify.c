/* scap verify: is a native trace whole, and as it was written? */
#include "format/trace/verify.h"
#include "tools/common/human.h"
#include "tools/common/json.h"
#include "tools/scap/commands.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct verdict {
	const char *path;
	struct trace_verdict found;
	struct err damage;
};

static void verdict_text(struct buf *b, const struct verdict *v)
{
	bool intact = v->damage.code == ERR_NONE;

	buf_printf(b, "%s: %s, %" PRIu64 " frames, %" PRIu64 " bytes%s\n", v->path,
		   intact ? "intact" : "DAMAGED", v->found.frames, v->found.valid_bytes,
		   intact ? "" : " before the damage");
	buf_puts(b, "  chain ");
	human_hex(b, v->found.chain, sizeof v->found.chain);
	buf_putc(b, '\n');
}

static void verdict_json(struct buf *b, const struct verdict *v)
{
	struct json j = { .out = b };
	struct buf chain = { 0 };

	human_hex(&chain, v->found.chain, sizeof v->found.chain);
	json_object(&j, NULL);
	json_text(&j, "path", sv_of(v->path));
	json_bool(&j, "intact", v->damage.code == ERR_NONE);
	json_u64(&j, "frames", v->found.frames);
	json_u64(&j, "event_blocks", v->found.blocks);
	json_u64(&j, "valid_bytes", v->found.valid_bytes);
	json_text(&j, "chain", buf_sv(&chain));
	if (v->damage.code != ERR_NONE)
		json_text(&j, "damage", sv_of(v->damage.msg));
	json_end_object(&j);
	buf_putc(b, '\n');
	buf_deinit(&chain);
}

static void check(struct verdict *v)
{
	bool from_stdin = strcmp(v->path, "-") == 0;
	int fd = from_stdin ? dup(STDIN_FILENO) : open(v->path, O_RDONLY | O_CLOEXEC);

	if (from_stdin)
		v->path = "standard input";
	if (fd < 0) {
		err_errno(&v->damage, "cannot open %s", v->path);
		return;
	}
	trace_verify(fd, v->path, &v->found, &v->damage);
	close(fd);
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

		check(&v);
		buf_clear(&b);
		if (json)
			verdict_json(&b, &v);
		else if (v.found.valid_bytes)
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
