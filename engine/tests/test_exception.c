/* Exceptions: every form of fields, comps and values, and the condition it becomes. */
#include "engine/tests/rules.h"

/* "(evt.type = open and not ...)" */
static void check_exception(const char *exception, const char *want)
{
	struct buf text = { 0 }, all = { 0 };

	buf_printf(&text, RULE("evt.type = open") "  exceptions:\n  - {name: e, %s}\n", exception);
	buf_printf(&all, *want ? "(evt.type = open and not %s)\n" : "evt.type = open\n", want);
	check_compiled(buf_cstr(&text), buf_cstr(&all));
	buf_deinit(&text);
	buf_deinit(&all);
}

static void one_field_is_compared_with_all_values(void **state)
{
	(void)state;
	check_exception("fields: proc.name, values: [a, b c, \"'d'\"]",
			"proc.name in (a, \"b c\", d)");
	check_exception("fields: proc.name, comps: in, values: [a]", "proc.name in (a)");
	check_exception("fields: fd.name, comps: pmatch, values: [/a, /b]",
			"fd.name pmatch (/a, /b)");
	check_exception("fields: proc.aname, comps: intersects, values: [a, b]",
			"proc.aname intersects (a, b)");
	check_exception("fields: fd.name, comps: startswith oneof, values: [/a, /b]",
			"fd.name startswith oneof (/a, /b)");
	check_exception("fields: fd.name, comps: \" contains allof \", values: [a, b]",
			"fd.name contains allof (a, b)");
}

static void several_fields_are_compared_with_tuples(void **state)
{
	(void)state;
	check_exception("fields: [proc.name, fd.name], values: [[a, b], [c, d]]",
			"((proc.name = a and fd.name = b) or (proc.name = c and fd.name = d))");
	check_exception(
		"fields: [proc.name, fd.name], comps: [\"!=\", startswith], values: [[a, /b]]",
		"(proc.name != a and fd.name startswith /b)");
	check_exception("fields: [proc.name], values: [[a]]", "proc.name = a");
	check_exception("fields: [fd.num], comps: [\">=\"], values: [[5]]", "fd.num >= 5");
}

static void tuples_may_hold_lists(void **state)
{
	(void)state;
	check_exception("fields: [proc.name, fd.name], comps: [in, =], values: [[[a, b c], d]]",
			"(proc.name in (a, \"b c\") and fd.name = d)");
	check_exception("fields: [proc.name], comps: [in], values: [[\"(a, b)\"]]",
			"proc.name in (a, b)");
}

static void fields_may_be_transformed(void **state)
{
	(void)state;
	check_exception("fields: tolower(proc.name), values: [a]", "tolower(proc.name) in (a)");
	check_exception("fields: [\"toupper(proc.name)\", \"proc.aname[2]\"], values: [[A, b]]",
			"(toupper(proc.name) = A and proc.aname[2] = b)");
}

static void exceptions_without_values_change_nothing(void **state)
{
	(void)state;
	check_exception("fields: proc.name", "");
	check_exception("fields: proc.name, values: []", "");
	check_exception("fields: [proc.name, fd.name], comps: [=, in]", "");
}

static void several_exceptions_are_all_taken_away(void **state)
{
	(void)state;
	check_compiled(
		RULE("evt.type = open or evt.type = close") "  exceptions:\n"
							    "  - {name: e, fields: proc.name, "
							    "values: [a]}\n"
							    "  - {name: f, fields: [fd.name, "
							    "fd.num], values: [[b, 1]]}\n",
		"((evt.type = open or evt.type = close) and not proc.name in (a) and not "
		"(fd.name = b and fd.num = 1))\n");
}

static void values_become_part_of_the_condition_as_they_are(void **state)
{
	(void)state;
	/* Whoever writes a value writes condition text. */
	check_exception("fields: [proc.name], values: [[a)or(fd.num=1]]",
			"(proc.name = a or fd.num = 1)");
	check_said(RULE("evt.type = open") "  exceptions: [{name: e, fields: [fd.num], values: "
					   "[[many]]}]\n",
		   "LOAD_ERR_COMPILE_CONDITION 6:44 many is not a valid number\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_field_is_compared_with_all_values),
		cmocka_unit_test(several_fields_are_compared_with_tuples),
		cmocka_unit_test(tuples_may_hold_lists),
		cmocka_unit_test(fields_may_be_transformed),
		cmocka_unit_test(exceptions_without_values_change_nothing),
		cmocka_unit_test(several_exceptions_are_all_taken_away),
		cmocka_unit_test(values_become_part_of_the_condition_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
