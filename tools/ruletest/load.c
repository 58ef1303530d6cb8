#include "tools/ruletest/load.h"

#include "replay/inputs.h"
#include "replay/rule_files.h"

int load_rule_files(struct ruleset *rs, char **operands, int n, struct diag_list *dl,
		    struct err *err)
{
	struct inputs files = { 0 };
	struct buf text = { 0 };
	int rc = 0;

	for (int i = 0; rc == 0 && i < n; i++)
		rc = inputs_add(&files, operands[i], &inputs_rules, err);
	for (size_t i = 0; rc == 0 && i < files.n; i++) {
		buf_clear(&text);
		rc = rule_file_read(files.paths[i], &text, err);
		if (rc == 0)
			ruleset_add_file(rs, sv_of(files.paths[i]), buf_sv(&text), dl);
	}
	buf_deinit(&text);
	inputs_deinit(&files);
	return rc;
}
