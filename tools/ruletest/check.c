/* ruletest check: what the loader has to say about rule files. */
#include "tools/ruletest/commands.h"
#include "tools/ruletest/load.h"

static const struct cli_option options[] = {
	{ 'j', "json", NULL, "print what falco -V prints with json_output: one object" },
};

/* "FILE: ok, 2 warnings" */
static void put_verdict(const struct diag_list *dl, uint32_t file, struct buf *out)
{
	const struct diag_file *f = &dl->files[file];
	size_t warnings = 0;

	for (size_t i = 0; i < dl->n; i++)
		warnings += dl->items[i].file == file && !diag_is_error(dl->items[i].code);
	buf_putsv(out, f->name);
	buf_puts(out, f->failed ? ": wrong" : ": ok");
	if (warnings)
		buf_printf(out, ", %zu warning%s", warnings, warnings == 1 ? "" : "s");
	buf_putc(out, '\n');
}

static int report(const struct diag_list *dl, bool json, struct err *err)
{
	struct buf out = { 0 };

	if (json) {
		diag_print_json(dl, &out);
	} else {
		diag_print_text(dl, &out);
		for (size_t i = 0; i < dl->nfiles; i++)
			put_verdict(dl, (uint32_t)i, &out);
	}
	return cli_print(&out, err);
}

static int run(struct cli *c, struct err *err)
{
	struct diag_list dl = { 0 };
	bool json = false;
	int key, rc;

	while ((key = cli_next(c, err)) > 0)
		json = true;
	if (key < 0 || cli_operands(c, 1, -1, err) < 0)
		return -1;

	struct ruleset *rs = ruleset_new();
	if (!rs)
		return err_set(err, ERR_NOMEM, "no memory for the rules");
	rc = load_operands(rs, c, &dl, err);
	if (rc == 0)
		rc = report(&dl, json, err);
	c->status = dl.nerrors > 0;
	ruleset_free(rs);
	diag_list_deinit(&dl);
	return rc;
}

const struct cli_command ruletest_cmd_check = {
	.name = "check",
	.operands = "FILE...",
	.help = "Load rule files and say what is wrong with them.",
	.details = "Files are loaded in the order given, each together with those before it; of a "
		   "directory all\n"
		   "*.yaml files.  The exit status is 1 when there is an error; warnings do not "
		   "count.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_NAMES_NONE,
	.run = run,
};
