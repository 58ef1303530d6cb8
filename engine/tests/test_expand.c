/* Lists put into lists and conditions; told from the compiled conditions. */
#include "engine/tests/rules.h"

#define LIST(name, items) "- list: " name "\n  items: [" items "]\n"

static void lists_stand_in_for_their_items(void **state)
{
	(void)state;
	check_compiled(LIST("l", "a, b") RULE("proc.name in (l)"), "proc.name in (a, b)\n");
	check_compiled(LIST("l", "a, b") RULE("proc.name in (x, l, y)"),
		       "proc.name in (x, a, b, y)\n");
	check_compiled(LIST("l", "a, b") RULE("proc.name in (l,l)"), "proc.name in (a, b, a, b)\n");
	check_compiled(LIST("l", "a, b") RULE("proc.name in(l)and fd.num=1"),
		       "(proc.name in (a, b) and fd.num = 1)\n");
}

static void any_word_of_that_name_is_a_list(void **state)
{
	(void)state;
	/* Quotes are no delimiters, and the text knows nothing of operators. */
	check_compiled(LIST("l", "a") RULE("proc.name = l"), "proc.name = a\n");
	check_compiled(LIST("l", "a") RULE("'proc.name in (\"l\")'"), "proc.name in (l)\n");
	check_compiled(LIST("l", "a") RULE("proc.name in (xl, l.x, lx)"),
		       "proc.name in (xl, l.x, lx)\n");
	check_compiled(LIST("exists", "a") LIST("proc.name", "fd.name") RULE("proc.name in (b)"),
		       "fd.name in (b)\n");
}

static void items_with_blanks_are_quoted(void **state)
{
	(void)state;
	check_compiled(LIST("l", "a b, '\"c d\"', \"'e f'\", 1") RULE("proc.name in (l)"),
		       "proc.name in (\"a b\", \"c d\", \"e f\", 1)\n");
}

static void empty_lists_take_a_comma_with_them(void **state)
{
	(void)state;
	check_compiled(LIST("l", "") RULE("proc.name in (l)"), "proc.name in ()\n");
	check_compiled(LIST("l", "") RULE("proc.name in (l, a)"), "proc.name in (a)\n");
	check_compiled(LIST("l", "") RULE("proc.name in (a, l)"), "proc.name in (a)\n");
	check_compiled(LIST("l", "") RULE("proc.name in (a, l, b)"), "proc.name in (a, b)\n");
}

static void lists_name_lists_one_level_deep(void **state)
{
	(void)state;
	check_compiled(LIST("a", "x") LIST("b", "a, y") RULE("proc.name in (b)"),
		       "proc.name in (x, y)\n");
	/* The third list brings in the name of the first, which stands before it in the order of
	 * putting in: it stays. */
	check_compiled(LIST("a", "x") LIST("b", "a") LIST("c", "b") RULE("proc.name in (c)"),
		       "proc.name in (a)\n");
	/* A later list is still put in. */
	check_compiled(LIST("a", "b") LIST("b", "x") RULE("proc.name in (a)"),
		       "proc.name in (x)\n");
}

static void lists_see_those_before_their_last_change(void **state)
{
	(void)state;
	check_compiled(LIST("b", "a, z") LIST("a", "x") RULE("proc.name in (b)"),
		       "proc.name in (x, z)\n");
	check_compiled(LIST("a", "x") LIST("a", "a, y") RULE("proc.name in (a)"),
		       "proc.name in (a, y, y)\n");
}

static void macros_and_exceptions_take_lists_too(void **state)
{
	(void)state;
	check_compiled(LIST("l", "a, b") "- macro: m\n  condition: proc.name in (l)\n" RULE("m"),
		       "proc.name in (a, b)\n");
	check_compiled(LIST("l", "a, b") RULE("evt.type = open") "  exceptions: [{name: e, fields: "
								 "proc.name, values: [l, c]}]\n",
		       "(evt.type = open and not proc.name in (a, b, c))\n");
}

static void odd_names_are_found_as_text(void **state)
{
	(void)state;
	check_compiled(LIST("a b", "x") RULE("proc.name in (a b)"), "proc.name in (x)\n");
	check_compiled(LIST("(p)", "(x, y)") RULE("proc.name in (p)"), "proc.name in (x, y)\n");
}

static void unused_lists_are_told(void **state)
{
	(void)state;
	check_said(LIST("a", "x") LIST("b", "a") LIST("c", "y") RULE("evt.type = open"),
		   "LOAD_UNUSED_LIST 3:3 List not referred to by any other rule/macro\n"
		   "LOAD_UNUSED_LIST 5:3 List not referred to by any other rule/macro\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_stand_in_for_their_items),
		cmocka_unit_test(any_word_of_that_name_is_a_list),
		cmocka_unit_test(items_with_blanks_are_quoted),
		cmocka_unit_test(empty_lists_take_a_comma_with_them),
		cmocka_unit_test(lists_name_lists_one_level_deep),
		cmocka_unit_test(lists_see_those_before_their_last_change),
		cmocka_unit_test(macros_and_exceptions_take_lists_too),
		cmocka_unit_test(odd_names_are_found_as_text),
		cmocka_unit_test(unused_lists_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
