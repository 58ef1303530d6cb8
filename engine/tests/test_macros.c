/* Macros put into macros and rules: what they see, loops, growth. */
#include "engine/tests/rules.h"

#define MACRO(name, condition) "- macro: " name "\n  condition: " condition "\n"

static void macros_stand_in_for_their_conditions(void **state)
{
	(void)state;
	check_compiled(MACRO("m", "proc.name = a or proc.name = b")
			       RULE("evt.type = open and not m"),
		       "(evt.type = open and not (proc.name = a or proc.name = b))\n");
	check_compiled(MACRO("a", "proc.name = x") MACRO("b", "a and fd.num = 1") RULE("b or a"),
		       "((proc.name = x and fd.num = 1) or proc.name = x)\n");
}

static void rules_see_all_macros(void **state)
{
	(void)state;
	check_compiled(RULE("m") MACRO("m", "proc.name = a"), "proc.name = a\n");
}

static void macros_see_those_before_their_last_change(void **state)
{
	(void)state;
	check_said(MACRO("a", "b") MACRO("b", "proc.name = x") RULE("a"),
		   "LOAD_ERR_VALIDATE 2:4 Undefined macro 'b' used in filter.\n");
	check_compiled(MACRO("a", "proc.name = y") MACRO(
			       "b", "proc.name = x") "- macro: a\n  condition: or b\n  override: "
						     "{condition: append}\n" RULE("a"),
		       "(proc.name = y or proc.name = x)\n");
	check_compiled(MACRO("a", "proc.name = y") MACRO("b", "proc.name = x") MACRO("a", "b")
			       RULE("a"),
		       "proc.name = x\n");
}

static void undefined_macros_are_told_where_they_stand(void **state)
{
	(void)state;
	check_said(RULE("evt.type = open and never"),
		   "LOAD_ERR_VALIDATE 2:24 Undefined macro 'never' used in filter.\n");
	check_said(RULE_NAMED("a", "evt.type = open")
			   RULE_NAMED("b", "\n    evt.type = open\n    and never"),
		   "LOAD_ERR_VALIDATE 7:24 Undefined macro 'never' used in filter.\n");
}

static void loops_are_refused(void **state)
{
	(void)state;
	check_said(MACRO("a", "proc.name = x") MACRO("a", "a or fd.num = 1") RULE("a"),
		   "LOAD_ERR_VALIDATE 4:4 reference loop in macro 'a'\n");
	check_said(MACRO("a", "proc.name = x") MACRO("b", "a") MACRO("a", "b") RULE("a"),
		   "LOAD_ERR_VALIDATE 6:4 reference loop in macro 'b'\n");
}

static void values_are_no_macros(void **state)
{
	(void)state;
	check_compiled(MACRO("close", "proc.name exists") RULE("close and evt.type = close"),
		       "(proc.name exists and evt.type = close)\n");
}

static void conditions_that_explode_are_refused(void **state)
{
	struct loaded *l = *state;
	struct buf text = { 0 };

	buf_puts(&text, MACRO("m0", "proc.name = a"));
	for (int i = 1; i <= 64; i++)
		buf_printf(&text, "- macro: m%d\n  condition: m%d and m%d\n", i, i - 1, i - 1);
	buf_puts(&text, RULE("m64"));
	assert_int_equal(load(l, buf_cstr(&text)), -1);
	buf_deinit(&text);
	assert_int_equal(l->dl.n, 1);
	assert_int_equal(l->dl.items[0].code, LOAD_ERR_VALIDATE);
	assert_sv(l->dl.items[0].message, "condition grows too large by macro 'm18'");
}

static void unused_macros_are_told(void **state)
{
	(void)state;
	check_said(MACRO("a", "proc.name = x") MACRO("b", "a") MACRO("c", "proc.name = y")
			   RULE("b and evt.type = open"),
		   "LOAD_UNUSED_MACRO 5:3 Macro not referred to by any other rule/macro\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(macros_stand_in_for_their_conditions),
		cmocka_unit_test(rules_see_all_macros),
		cmocka_unit_test(macros_see_those_before_their_last_change),
		cmocka_unit_test(undefined_macros_are_told_where_they_stand),
		cmocka_unit_test(loops_are_refused),
		cmocka_unit_test(values_are_no_macros),
		LOADED_TEST(conditions_that_explode_are_refused),
		cmocka_unit_test(unused_macros_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
