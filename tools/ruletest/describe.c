/* ruletest describe: what rule files hold, as JSON. */
#include "engine/rules/describe.h"

#include "tools/ruletest/commands.h"
#include "tools/ruletest/load.h"

#include <stdio.h>

static const struct cli_option options[] = {
	{ 'r', "rule", "NAME", "describe this rule only" },
};

static int describe(struct ruleset *rs, const char *rule, struct diag_list *dl, struct err *err)
{
	struct buf out = { 0 };
	int rc = 0;

	if (dl->nerrors > 0 || ruleset_compile(rs, NULL, dl) < 0) {
		diag_print_text(dl, &out);
		buf_write(&out, stderr);
		rc = err_set(err, ERR_CHECK, "the rules do not load");
	} else if (rule && !describe_rule(rs, sv_of(rule), &out)) {
		rc = err_set(err, ERR_CHECK, "there is no rule \"%s\"", rule);
	} else {
		if (!rule)
			describe_ruleset(rs, &out);
		rc = cli_print(&out, err);
	}
	buf_deinit(&out);
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	struct diag_list dl = { 0 };
	const char *rule = NULL;
	int key, rc;

	while ((key = cli_next(c, err)) > 0)
		rule = c->value;
	if (key < 0 || cli_operands(c, 1, -1, err) < 0)
		return -1;

	struct ruleset *rs = ruleset_new();
	if (!rs)
		return err_set(err, ERR_NOMEM, "no memory for the rules");
	rc = load_operands(rs, c, &dl, err);
	if (rc == 0)
		rc = describe(rs, rule, &dl, err);
	ruleset_free(rs);
	diag_list_deinit(&dl);
	return rc;
}

const struct cli_command ruletest_cmd_describe = {
	.name = "describe",
	.operands = "FILE...",
	.help = "Print rules, macros and lists, and what they became, as falco -L does.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_NAMES_NONE,
	.run = run,
};
