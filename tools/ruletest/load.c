#include "tools/ruletest/load.h"

#include "replay/rule_files.h"

int find_rule_files(struct inputs *out, char **operands, int n, struct err *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < n; i++)
		rc = inputs_add(out, operands[i], &inputs_rules, err);
	return rc;
}

static int load(struct ruleset *rs, const struct inputs *files, struct diag_list *dl,
		struct err *err)
{
	struct buf text = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < files->n; i++) {
		buf_clear(&text);
		rc = rule_file_read(files->paths[i], &text, err);
		if (rc == 0)
			ruleset_add_file(rs, sv_of(files->paths[i]), buf_sv(&text), dl);
	}
	buf_deinit(&text);
	return rc;
}

int load_rule_files(struct ruleset *rs, char **operands, int n, struct diag_list *dl,
		    struct err *err)
{
	struct inputs files = { 0 };
	int rc = find_rule_files(&files, operands, n, err);

	if (rc == 0)
		rc = load(rs, &files, dl, err);
	inputs_deinit(&files);
	return rc;
}

int load_operands(struct ruleset *rs, struct cli *c, struct diag_list *dl, struct err *err)
{
	struct inputs files = { 0 };
	int rc = find_rule_files(&files, c->argv, c->argc, err);

	cli_allow_all(c, files.paths, files.n, CONFINE_READ);
	if (rc == 0)
		rc = cli_confine(c, err);
	if (rc == 0)
		rc = load(rs, &files, dl, err);
	inputs_deinit(&files);
	return rc;
}
