/*
 * Any text as rule files: what loads compiles and can be described, what does not has an error, and
 * whatever is said can be printed.  A line "### next file" begins another file.
 */
#include "engine/rules/describe.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cut the next file off. */
static struct sv next_file(struct sv *rest)
{
	static const struct sv line = SV("### next file\n");
	ptrdiff_t at = sv_find(*rest, line);
	struct sv file = *rest;

	if (at < 0) {
		*rest = (struct sv){ 0 };
		return file;
	}
	sv_take(rest, (size_t)at, &file);
	sv_take(rest, line.n, &(struct sv){ 0 });
	return file;
}

static void check_rules(const struct ruleset *rs)
{
	const struct rule *rules;
	size_t n = ruleset_rules(rs, &rules);

	for (size_t i = 0; i < n; i++) {
		if (!rules[i].ast || !rules[i].format)
			abort();
		if (rules[i].enabled && ruleset_rule_of(rs, rules[i].condition_id) != &rules[i])
			abort();
		for (size_t k = 1; k < rules[i].ntags; k++) {
			if (sv_cmp(rules[i].tags[k - 1], rules[i].tags[k]) >= 0)
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv rest = { (const char *)data, size };
	struct ruleset *rs = ruleset_new();
	struct diag_list dl = { 0 };
	struct buf out = { 0 };

	do {
		size_t errors = dl.nerrors;
		int rc = ruleset_add_file(rs, SV("fuzz.yaml"), next_file(&rest), &dl);

		if ((rc < 0) != (dl.nerrors > errors))
			abort();
	} while (rest.n);

	if (dl.nerrors == 0) {
		if (ruleset_compile(rs, NULL, &dl) < 0)
			abort();
		check_rules(rs);
		describe_ruleset(rs, &out);
	}
	diag_print_json(&dl, &out);
	diag_print_text(&dl, &out);
	ruleset_free(rs);
	diag_list_deinit(&dl);
	buf_deinit(&out);
	return 0;
}
