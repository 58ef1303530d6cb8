/* ruletest lint: what could be wrong with rule files, or written better. */
#include "tools/ruletest/commands.h"
#include "tools/ruletest/lint_checks.h"
#include "tools/ruletest/load.h"

static const struct cli_option options[] = {
	{ 'f', "fix", NULL, "mend what can be mended without a change of meaning" },
	{ 'j', "json", NULL, "print JSON: an object for each finding" },
};

static int read_files(struct findings *f, struct cli *c, bool fix, struct err *err)
{
	struct inputs in = { 0 };
	int rc = find_rule_files(&in, c->argv, c->argc, err);

	cli_allow_all(c, in.paths, in.n, fix ? CONFINE_WRITE : CONFINE_READ);
	if (rc == 0)
		rc = cli_confine(c, err);
	for (size_t i = 0; rc == 0 && i < in.n; i++)
		rc = findings_add_file(f, in.paths[i], err);
	inputs_deinit(&in);
	return rc;
}

static int collect(struct findings *f, struct err *err)
{
	struct diag_list dl = { 0 };
	struct ruleset *rs = ruleset_new();
	int rc = rs ? 0 : err_set(err, ERR_NOMEM, "out of memory");

	for (size_t i = 0; rc == 0 && i < f->nfiles; i++)
		ruleset_add_file(rs, f->files[i].name, f->files[i].text, &dl);
	lint_files(f);
	if (rc == 0 && dl.nerrors == 0 && ruleset_compile(rs, NULL, &dl) == 0)
		rc = lint_rules(f, rs, err);
	lint_loader(f, &dl);
	findings_sort(f);
	ruleset_free(rs);
	diag_list_deinit(&dl);
	if (rc == 0 && f->failed)
		rc = err_set(err, ERR_NOMEM, "out of memory");
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	struct findings f = { 0 };
	struct buf out = { 0 };
	bool fix = false, json = false;
	size_t fixed = 0;
	int key, rc;

	while ((key = cli_next(c, err)) > 0) {
		fix |= key == 'f';
		json |= key == 'j';
	}
	if (key < 0 || cli_operands(c, 1, -1, err) < 0)
		return -1;
	rc = read_files(&f, c, fix, err);
	if (rc == 0)
		rc = collect(&f, err);
	if (rc == 0 && fix)
		rc = findings_fix(&f, &fixed, err);
	if (rc == 0) {
		(json ? findings_put_json : findings_put_text)(&f, &out);
		if (fix && !json)
			buf_printf(&out, "%zu mended\n", fixed);
		rc = cli_print(&out, err);
		c->status = f.n > 0;
	}
	buf_deinit(&out);
	findings_deinit(&f);
	return rc;
}

const struct cli_command ruletest_cmd_lint = {
	.name = "lint",
	.operands = "FILE...",
	.help = "Tell what could be wrong with rule files, or written better.",
	.details =
		"Files are loaded in the order given; of a directory all *.yaml files.  The exit "
		"status is 1 when\n"
		"there is something to say.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_NAMES_NONE,
	.run = run,
};
