/* scap redact: the same trace without what is nobody's business. */
#include "format/source.h"
#include "tools/common/human.h"
#include "tools/common/json.h"
#include "tools/scap/commands.h"
#include "tools/scap/redactor.h"
#include "tools/scap/trace_out.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { SECRET_MAX = 4096, SECRET_MIN = 16, SECRET_NEW = 32 };

/* --- what to redact, and with which secret --- */

static int set_kinds(struct redactor *r, const char *list, struct err *err)
{
	struct sv rest = sv_of(list), name;

	memset(r->wanted, 0, sizeof r->wanted);
	while (rest.n) {
		const char *comma = memchr(rest.p, ',', rest.n);
		int kind = 0;

		sv_take(&rest, comma ? (size_t)(comma - rest.p) : rest.n, &name);
		while (kind < REDACT_KINDS && !sv_eq(name, sv_of(redact_kind_name(kind))))
			kind++;
		if (kind == REDACT_KINDS)
			return err_set(err, ERR_USAGE,
				       "unknown kind " SV_FMT " (args, env, paths, data, users)",
				       SV_ARG(name));
		r->wanted[kind] = true;
		if (comma)
			sv_take(&rest, 1, &name);
	}
	return 0;
}

static int read_secret(const char *path, char *secret, size_t *n, struct err *err)
{
	FILE *f = fopen(path, "rb");

	if (!f)
		return err_errno(err, "cannot open %s", path);
	*n = fread(secret, 1, SECRET_MAX, f);
	if (ferror(f))
		err_errno(err, "cannot read %s", path);
	else if (*n < SECRET_MIN)
		err_set(err, ERR_USAGE, "%s: a secret of %zu bytes, at least %d are needed", path,
			*n, SECRET_MIN);
	fclose(f);
	return err->code == ERR_NONE ? 0 : -1;
}

/* Without a file nobody, we included, can tell later which text a token stands for. */
static int make_tokens(struct redactor *r, const char *path, struct err *err)
{
	char secret[SECRET_MAX];
	size_t n = SECRET_NEW;

	if (path) {
		if (read_secret(path, secret, &n, err) < 0)
			return -1;
	} else if (getrandom(secret, n, 0) != (ssize_t)n) {
		return err_errno(err, "cannot make a secret");
	}
	return tokens_new((struct sv){ secret, n }, &r->tokens, err);
}

/* --- copying --- */

static int rewrite(void *arg, struct record *rec, struct err *err)
{
	return redact_record(arg, rec, err);
}

/* A snapshot is redacted as what it comes to, and saved again. */
static int put_state(struct redactor *r, struct trace_out *out, const struct record *rec,
		     struct err *err)
{
	struct tracker *t = tracker_new();
	int rc = -1;

	if (!t)
		return err_set(err, ERR_NOMEM, "no memory for the state of a trace");
	if (tracker_record(t, rec, err) == 0 && tracker_rewrite(t, rewrite, r, err) == 0)
		rc = trace_out_put_state(out, t, tracker_last_ns(t), err);
	tracker_free(t);
	return rc;
}

static int copy(struct redactor *r, struct source *src, struct trace_out *out, struct err *err)
{
	struct record rec;
	enum next n;

	while ((n = source_next(src, &rec, err)) == NEXT_ITEM) {
		if (rec.kind == RECORD_STATE) {
			if (put_state(r, out, &rec, err) < 0)
				return -1;
			continue;
		}
		if (redact_record(r, &rec, err) < 0 || trace_out_put(out, &rec, err) < 0)
			return -1;
	}
	return n == NEXT_END ? 0 : -1;
}

/* --- the report --- */

static void put_report(struct buf *b, const struct redactor *r, bool json)
{
	struct json j = { .out = b };

	if (json)
		json_object(&j, NULL);
	for (int kind = 0; kind < REDACT_KINDS; kind++) {
		const char *name = redact_kind_name(kind);

		if (json && r->wanted[kind]) {
			json_object(&j, name);
			json_u64(&j, "replaced", r->replaced[kind]);
			json_u64(&j, "different", redactor_distinct(r, kind));
			json_end_object(&j);
		} else if (r->wanted[kind]) {
			buf_printf(b, "%-6s ", name);
			human_count(b, r->replaced[kind]);
			buf_puts(b, " replaced, by ");
			human_count(b, redactor_distinct(r, kind));
			buf_puts(b, " tokens\n");
		} else if (!json) {
			buf_printf(b, "%-6s as they were\n", name);
		}
	}
	if (json) {
		json_end_object(&j);
		buf_putc(b, '\n');
	}
}

static int report(const struct redactor *r, bool json, FILE *to, struct err *err)
{
	struct buf b = { 0 };
	int rc = 0;

	put_report(&b, r, json);
	if (b.failed || !buf_write(&b, to) || fflush(to) != 0)
		rc = err_errno(err, "cannot write the report");
	buf_deinit(&b);
	return rc;
}

/* --- the command --- */

static int run(struct cli *c, struct err *err)
{
	struct redactor r = { .wanted = { true, true, true, true, true } };
	struct source_options opt = { .upgrade = false };
	struct trace_out out = { 0 };
	const char *secret = NULL, *what = NULL;
	struct source *src = NULL;
	bool json = false;
	int key, rc = -1;

	while ((key = cli_next(c, err)) > 0) {
		switch (key) {
		case 'F':
			if (trace_out_kind(&out, c->value, err) < 0)
				return -1;
			break;
		case 'j':
			json = true;
			break;
		case 's':
			secret = c->value;
			break;
		case 'w':
			what = c->value;
			if (set_kinds(&r, what, err) < 0)
				return -1;
			break;
		}
	}
	if (key < 0 || cli_operands(c, 2, 2, err) < 0 || make_tokens(&r, secret, err) < 0 ||
	    cli_confine(c, err) < 0 || source_open(c->argv[0], &opt, &src, err) < 0 ||
	    trace_out_begin(&out, "redact", NULL, 0, c->argv[1], err) < 0)
		goto out;
	/* Neither name nor hash of IN: they, too, could be tried. */
	if (out.manifest && what) {
		manifest_option(out.manifest, SV("--what"));
		manifest_option(out.manifest, sv_of(what));
	}
	if (trace_out_open(&out, c->argv, 1, c->argv[1], NULL, err) < 0)
		goto out;
	rc = copy(&r, src, &out, err);
out:
	/* What stands in front of damage is kept. */
	if (trace_out_close(&out, err) < 0)
		rc = -1;
	if (rc == 0)
		rc = report(&r, json, strcmp(c->argv[1], "-") == 0 ? stderr : stdout, err);
	source_close(src);
	redactor_deinit(&r);
	return rc;
}

static const struct cli_option options[] = {
	{ 's', "secret", "FILE",
	  "key of the tokens, at least 16 bytes: the same in several\n"
	  "traces for the same tokens; default: a random one" },
	{ 'w', "what", "LIST", "of args, env, paths, data, users; default: all" },
	{ 'j', "json", NULL, "the report as one JSON object" },
	{ 'F', "format", "FORMAT",
	  "stock, stock-gz or native; default: by the name of OUT (\".gz\": stock-gz, \".skr\": "
	  "native)" },
};

const struct cli_command scap_cmd_redact = {
	.name = "redact",
	.operands = "IN OUT",
	.help = "Copy a trace without arguments, environment, paths, data and users.",
	.details = "Each text becomes a token, the same one wherever it stands; names in paths one "
		   "by one, so\n"
		   "that paths still lie in each other; variables keep their names.  Rules that do "
		   "not look at\n"
		   "what was redacted find the same.  Process names, addresses, containers and ids "
		   "stay.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_WRITES_LAST,
	.run = run,
};
