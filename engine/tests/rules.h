/* Loads rule texts and tells what the loader had to say, one line per diagnostic. */
#ifndef SAKER_TESTS_RULES_H
#define SAKER_TESTS_RULES_H

#include "engine/rules/ruleset.h"
#include "format/tests/test.h"

struct loaded {
	struct ruleset *rs;
	struct diag_list dl;
	struct buf text;
	unsigned nfiles;
};

static inline int loaded_setup(void **state)
{
	struct loaded *l = calloc(1, sizeof *l);

	l->rs = ruleset_new();
	*state = l;
	return l->rs ? 0 : -1;
}

static inline int loaded_teardown(void **state)
{
	struct loaded *l = *state;

	ruleset_free(l->rs);
	diag_list_deinit(&l->dl);
	buf_deinit(&l->text);
	free(l);
	return 0;
}

/* Add a file, called a.yaml, b.yaml, ... */
static inline int load(struct loaded *l, const char *text)
{
	char name[] = "?.yaml";

	name[0] = (char)('a' + l->nfiles++);
	return ruleset_add_file(l->rs, sv_of(name), sv_of(text), &l->dl);
}

/* "CODE line:col message" of everything said so far, lines counted from 1. */
static inline const char *said(struct loaded *l)
{
	buf_clear(&l->text);
	for (size_t i = 0; i < l->dl.n; i++) {
		const struct diag *d = &l->dl.items[i];
		const struct diag_location *at = d->nwhere ? &d->where[d->nwhere - 1] : NULL;

		buf_printf(&l->text, "%s %u:%u " SV_FMT "\n", diag_code_name(d->code),
			   at ? at->line + 1 : 0, at ? at->col + 1 : 0, SV_ARG(d->message));
	}
	return buf_cstr(&l->text);
}

/* Load one file alone and compare what is said. */
static inline void check_said(const char *text, const char *want)
{
	void *state;

	assert_int_equal(loaded_setup(&state), 0);
	load(state, text);
	assert_string_equal(said(state), want);
	loaded_teardown(&state);
}

/* Load one file, compile, and compare the conditions of its rules, one per line. */
static inline void check_compiled(const char *text, const char *want)
{
	void *state;

	assert_int_equal(loaded_setup(&state), 0);
	struct loaded *l = state;
	const struct rule *rules;

	load(l, text);
	if (ruleset_compile(l->rs, NULL, &l->dl) < 0)
		fail_msg("%s", said(l));
	buf_clear(&l->text);
	size_t n = ruleset_rules(l->rs, &rules);
	for (size_t i = 0; i < n; i++) {
		ast_print(rules[i].ast, &l->text);
		buf_putc(&l->text, '\n');
	}
	assert_string_equal(buf_cstr(&l->text), want);
	loaded_teardown(&state);
}

/* The rest of a rule whose condition is all that matters. */
#define RULE(condition) RULE_NAMED("r", condition)
#define RULE_NAMED(name, condition)                                                                \
	"- rule: " name "\n  desc: d\n  output: x\n  priority: INFO\n  condition: " condition "\n"

/* A test that starts with nothing loaded. */
#define LOADED_TEST(test) cmocka_unit_test_setup_teardown(test, loaded_setup, loaded_teardown)

#endif
