/* scap verify: is a native trace whole, and as it was written? */
#include "format/trace/verify.h"
#include "tools/common/human.h"
#include "tools/common/json.h"
#include "tools/scap/commands.h"
#include "tools/scap/key_files.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct verdict {
	const char *path;
	struct trace_verdict found;
	struct err damage;
	bool wants_signature;
	bool is_signed;          /* and by the right key */
	struct err no_signature; /* why not */
};

enum { KEY_KEY = 256 };

static void verdict_text(struct buf *b, const struct verdict *v)
{
	bool intact = v->damage.code == ERR_NONE;

	buf_printf(b, "%s: %s, %" PRIu64 " frames, %" PRIu64 " bytes%s\n", v->path,
		   intact ? "intact" : "DAMAGED", v->found.frames, v->found.valid_bytes,
		   intact ? "" : " before the damage");
	if (v->wants_signature && intact)
		buf_printf(b, "  %s\n", v->is_signed ? "signed" : "NOT SIGNED by this key");
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
	if (v->wants_signature)
		json_bool(&j, "signed", v->is_signed);
	json_u64(&j, "frames", v->found.frames);
	json_u64(&j, "event_blocks", v->found.blocks);
	json_u64(&j, "valid_bytes", v->found.valid_bytes);
	json_text(&j, "chain", buf_sv(&chain));
	if (v->damage.code != ERR_NONE)
		json_text(&j, "damage", sv_of(v->damage.msg));
	if (v->no_signature.code != ERR_NONE)
		json_text(&j, "signature", sv_of(v->no_signature.msg));
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

/* path: of the signature, NULL: beside the trace.  Only what is intact can be what was signed. */
static void check_signature(struct verdict *v, const struct signing_key *key, const char *path)
{
	struct buf beside = { 0 }, text = { 0 };
	struct err why = { 0 };

	buf_printf(&beside, "%s.sig", v->path);
	if (!path)
		path = buf_cstr(&beside);
	if (v->damage.code != ERR_NONE)
		err_set(&v->no_signature, ERR_CHECK, "%s: not looked at: the trace is damaged",
			path);
	else if (small_file_read(path, &text, &v->no_signature) == 0 &&
		 signature_check(buf_sv(&text), key, &v->found, &why) < 0)
		err_set(&v->no_signature, why.code, "%s: %s", path, why.msg);
	v->is_signed = v->no_signature.code == ERR_NONE;
	buf_deinit(&beside);
	buf_deinit(&text);
}

/* The exit status tells of everything that is not as it should be. */
static void complain(struct cli *c, const struct err *err)
{
	if (err->code == ERR_NONE)
		return;
	cli_complain(c->program->name, err);
	c->status = 1;
}

static int verify(struct cli *c, const char *path, bool json, const struct signing_key *key,
		  const char *signature, struct err *err)
{
	struct verdict v = { .path = path, .wants_signature = key != NULL };
	struct buf b = { 0 };

	check(&v);
	if (key)
		check_signature(&v, key, signature);
	if (json)
		verdict_json(&b, &v);
	else if (v.found.valid_bytes)
		verdict_text(&b, &v);
	int rc = cli_print(&b, err);
	complain(c, &v.damage);
	if (v.damage.code == ERR_NONE)
		complain(c, &v.no_signature);
	return rc;
}

/* To the traces and their signatures. */
static int confine_to_signatures(struct cli *c, const char *signature, struct err *err)
{
	struct buf names = { 0 };
	int rc;

	cli_allow(c, signature, CONFINE_READ);
	for (int i = 0; i < c->argc; i++) {
		buf_printf(&names, "%s.sig", c->argv[i]);
		buf_putc(&names, '\0');
	}
	for (const char *p = names.p; !names.failed && p < names.p + names.n; p += strlen(p) + 1)
		cli_allow(c, p, CONFINE_READ);
	rc = names.failed ? err_set(err, ERR_NOMEM, "out of memory") : cli_confine(c, err);
	buf_deinit(&names);
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	const char *key_path = NULL, *signature = NULL;
	struct signing_key *key = NULL;
	bool json = false;
	int option, rc;

	while ((option = cli_next(c, err)) > 0) {
		if (option == KEY_KEY)
			key_path = c->value;
		else if (option == 's')
			signature = c->value;
		else
			json = true;
	}
	if (option < 0 || cli_operands(c, 1, signature ? 1 : -1, err) < 0)
		return -1;
	if (signature && !key_path)
		return err_set(err, ERR_USAGE, "a signature is checked with a key (--key)");
	if (key_path && key_file_public(key_path, &key, err) < 0)
		return -1;
	rc = confine_to_signatures(c, signature, err);
	for (int i = 0; i < c->argc && rc == 0; i++)
		rc = verify(c, c->argv[i], json, key, signature, err);
	signing_key_free(key);
	return rc;
}

static const struct cli_option options[] = {
	{ 'j', "json", NULL, "one JSON object per trace and line" },
	{ KEY_KEY, "key", "FILE",
	  "every trace must be signed with this key; FILE is its public half" },
	{ 's', "signature", "FILE", "the signature of the only TRACE (default TRACE.sig)" },
};

const struct cli_command scap_cmd_verify = {
	.name = "verify",
	.operands = "TRACE...",
	.help = "Check that native traces are whole and as they were written.",
	.details = "Every frame's hash and the chain of hashes are checked.  The last chain value "
		   "vouches for\n"
		   "the whole file: kept elsewhere, it proves the trace later.  Exit status 1 when "
		   "any trace\n"
		   "is damaged, or not signed with the key.  Stock traces carry no hashes and are "
		   "refused.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_READS,
	.run = run,
};
