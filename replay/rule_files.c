#include "replay/rule_files.h"

#include <stdio.h>
#include <stdlib.h>

void rule_files_deinit(struct rule_files *rf)
{
	for (size_t i = 0; rf->texts && i < rf->paths->n; i++)
		buf_deinit(&rf->texts[i]);
	free(rf->texts);
	free(rf->digests);
	ruleset_free(rf->rules);
	diag_list_deinit(&rf->diags);
	*rf = (struct rule_files){ 0 };
}

int rule_file_read(const char *path, struct buf *out, struct err *err)
{
	FILE *file = fopen(path, "rbe");
	char chunk[1 << 14];
	size_t n, total = 0;
	int rc = 0;

	if (!file)
		return err_errno(err, "%s", path);
	while (rc == 0 && (n = fread(chunk, 1, sizeof chunk, file)) > 0) {
		total += n;
		buf_put(out, chunk, n);
		if (total > RULE_FILE_MAX)
			rc = err_set(err, ERR_LIMIT, "%s: a rule file may have %d bytes", path,
				     RULE_FILE_MAX);
	}
	if (rc == 0 && ferror(file))
		rc = err_errno(err, "%s", path);
	if (rc == 0 && out->failed)
		rc = err_set(err, ERR_NOMEM, "%s: out of memory", path);
	fclose(file);
	return rc;
}

static int wrong_rules(const struct rule_files *rf, struct err *err)
{
	return err_set(err, ERR_CHECK, "%zu error%s in the rules", rf->diags.nerrors,
		       rf->diags.nerrors == 1 ? "" : "s");
}

static int add_file(struct rule_files *rf, size_t i, struct err *err)
{
	const char *path = rf->paths->paths[i];
	struct buf *text = &rf->texts[i];

	if (rule_file_read(path, text, err) < 0 ||
	    digest_text(buf_sv(text), &rf->digests[i], err) < 0)
		return -1;
	if (ruleset_add_file(rf->rules, sv_of(path), buf_sv(text), &rf->diags) < 0)
		return wrong_rules(rf, err);
	return 0;
}

int rule_files_load(struct rule_files *rf, const struct inputs *paths,
		    const struct ruleset_selection *sel, struct err *err)
{
	int rc = 0;

	rf->paths = paths;
	rf->digests = calloc(paths->n + 1, sizeof *rf->digests);
	rf->texts = calloc(paths->n + 1, sizeof *rf->texts);
	rf->rules = ruleset_new();
	if (!rf->digests || !rf->texts || !rf->rules)
		rc = err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < paths->n && rc == 0; i++)
		rc = add_file(rf, i, err);
	if (rc == 0 && ruleset_compile(rf->rules, sel, &rf->diags) < 0)
		rc = wrong_rules(rf, err);
	if (rc < 0) {
		ruleset_free(rf->rules);
		rf->rules = NULL;
	}
	return rc;
}

struct ruleset *rule_files_copy(const struct rule_files *rf, const struct ruleset_selection *sel,
				struct err *err)
{
	struct ruleset *rules = ruleset_new();
	struct diag_list diags = { 0 };
	bool good = rules;

	for (size_t i = 0; good && i < rf->paths->n; i++)
		good = ruleset_add_file(rules, sv_of(rf->paths->paths[i]), buf_sv(&rf->texts[i]),
					&diags) == 0;
	good = good && ruleset_compile(rules, sel, &diags) == 0;
	diag_list_deinit(&diags);
	if (good)
		return rules;
	ruleset_free(rules);
	err_set(err, ERR_NOMEM, "out of memory");
	return NULL;
}
