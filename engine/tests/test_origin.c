#include "engine/tests/rules.h"

#include "engine/filter/parts.h"
#include "engine/rules/origin.h"

static const char rules[] = "- list: shells\n"
			    "  items: [bash, sh]\n"
			    "- macro: shell_started\n"
			    "  condition: evt.type = execve and proc.name in (shells)\n"
			    "- rule: Shell\n"
			    "  desc: d\n"
			    "  condition: >\n"
			    "    shell_started\n"
			    "    and not user.name = root\n"
			    "  output: o\n"
			    "  priority: INFO\n"
			    "  exceptions:\n"
			    "    - name: unused\n"
			    "      fields: [proc.pname]\n"
			    "    - name: cron\n"
			    "      fields: [proc.pname]\n"
			    "      comps: [=]\n"
			    "      values:\n"
			    "        - [crond]\n";

struct opened {
	struct ruleset *rs;
	struct diag_list dl;
	struct arena arena;
	struct clause *tree;
	const struct rule *rule;
};

static void open_rules(struct opened *o, const char *text)
{
	*o = (struct opened){ .rs = ruleset_new() };
	assert_int_equal(ruleset_add_file(o->rs, SV("a.yaml"), sv_of(text), &o->dl), 0);
	assert_int_equal(ruleset_compile(o->rs, NULL, &o->dl), 0);
	ruleset_rules(o->rs, &o->rule);
	o->tree = clause_tree(o->rs, o->rule, &o->arena);
	assert_non_null(o->tree);
}

static void close_rules(struct opened *o)
{
	ruleset_free(o->rs);
	diag_list_deinit(&o->dl);
	arena_deinit(&o->arena);
}

static void same_shape(const struct clause *c, const struct ast *a, uint32_t *part)
{
	assert_ptr_equal(c->ast, a);
	assert_int_equal(c->part, (*part)++);
	assert_int_equal(c->nkids, a->nkids);
	for (size_t i = 0; i < c->nkids; i++)
		same_shape(c->kids[i], a->kids[i], part);
}

static void clauses_have_the_shape_of_the_condition(void **state)
{
	struct opened o;
	uint32_t n = 0;

	(void)state;
	open_rules(&o, rules);
	same_shape(o.tree, o.rule->ast, &n);
	assert_int_equal(n, program_parts(ruleset_program(o.rs), o.rule->condition_id));
	close_rules(&o);
}

static void a_macro_and_its_list_are_named_with_their_lines(void **state)
{
	struct opened o;

	(void)state;
	open_rules(&o, rules);
	const struct clause *macro = o.tree->kids[0]->kids[0], *check = macro->kids[1];
	assert_int_equal(macro->nthrough, 1);
	assert_int_equal(macro->through[0].kind, ORIGIN_MACRO);
	assert_sv(macro->through[0].name, "shell_started");
	assert_int_equal(macro->through[0].line, 3);
	assert_int_equal(check->nlists, 1);
	assert_sv(check->lists[0].name, "shells");
	assert_int_equal(check->lists[0].line, 1);
	assert_int_equal(check->line, 4);
	assert_int_equal(check->col, 36);
	close_rules(&o);
}

static void a_check_stands_where_folding_has_moved_it_from(void **state)
{
	struct opened o;

	(void)state;
	open_rules(&o, rules);
	const struct clause *check = o.tree->kids[0]->kids[1]->kids[0];
	assert_sv(check->file, "a.yaml");
	assert_int_equal(check->line, 9);
	assert_int_equal(check->col, 13);
	close_rules(&o);
}

static void an_exception_without_values_is_passed_over(void **state)
{
	struct opened o;

	(void)state;
	open_rules(&o, rules);
	const struct clause *exception = o.tree->kids[1];
	assert_int_equal(exception->ast->kind, AST_NOT);
	assert_int_equal(exception->nthrough, 1);
	assert_int_equal(exception->through[0].kind, ORIGIN_EXCEPTION);
	assert_sv(exception->through[0].name, "cron");
	assert_int_equal(exception->through[0].line, 15);
	close_rules(&o);
}

static void what_was_appended_has_the_line_of_its_rule(void **state)
{
	struct opened o;
	static const char text[] = "- rule: R\n"
				   "  desc: d\n"
				   "  condition: evt.type = open\n"
				   "  output: o\n"
				   "  priority: INFO\n"
				   "- rule: R\n"
				   "  condition: and fd.num = 3\n"
				   "  override: {condition: append}\n";

	(void)state;
	open_rules(&o, text);
	assert_int_equal(o.tree->kids[0]->col, 14);
	assert_int_equal(o.tree->kids[1]->line, 1);
	assert_int_equal(o.tree->kids[1]->col, 0);
	close_rules(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clauses_have_the_shape_of_the_condition),
		cmocka_unit_test(a_macro_and_its_list_are_named_with_their_lines),
		cmocka_unit_test(a_check_stands_where_folding_has_moved_it_from),
		cmocka_unit_test(an_exception_without_values_is_passed_over),
		cmocka_unit_test(what_was_appended_has_the_line_of_its_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
