#include "engine/filter/ast.h"
#include "format/tests/test.h"

/* What is written, and how it is printed. */
static const struct {
	const char *text, *printed;
} readings[] = {
	{ "proc.name=cat", "proc.name = cat" },
	{ " proc.name == cat ", "proc.name == cat" },
	{ "a and b or c and not d", "((a and b) or (c and not d))" },
	{ "a and(b or c)", "(a and (b or c))" },
	{ "not not a", "a" },
	{ "not not(a)", "a" },
	{ "not not not a", "not a" },
	{ "((a))", "a" },
	{ "x.y=1or", "x.y = 1or" },
	{ "fd.num<=-5", "fd.num <= -5" },
	{ "fd.num > 0x1F", "fd.num > 0x1F" },
	{ "fd.num >= 1e+3", "fd.num >= 1e+3" },
	{ "evt.arg[1] exists", "evt.arg[1] exists" },
	{ "proc.env['A B'] = x", "proc.env[\"A B\"] = x" },
	{ "proc.env[\"\"] = x", "proc.env[\"\"] = x" },
	{ "proc.name in (a, 'b c',d)", "proc.name in (a, \"b c\", d)" },
	{ "proc.name in ( )", "proc.name in ()" },
	{ "proc.name in names", "proc.name in names" },
	{ "proc.name in val(proc.pname)", "proc.name in val(proc.pname)" },
	{ "proc.name contains anyof (a,b)", "proc.name contains anyof (a, b)" },
	{ "proc.name contains anyof", "proc.name contains anyof" },
	{ "proc.name = oneof and a", "(proc.name = oneof and a)" },
	{ "proc.name != allof names", "proc.name != allof names" },
	{ "join( '-' , (proc.name, 1, 'b')) = x", "join(-,(proc.name,1,b)) = x" },
	{ "getopt(('-c','x'),'c:')[c] = x", "getopt((-c,x),c:)[c] = x" },
	{ "tolower(b64(evt.buffer)) startswith x", "tolower(b64(evt.buffer)) startswith x" },
	{ "a.b = \"\\x41\\n\\t\\\\\\\"\"", "a.b = \"A\\n\\t\\\\\\\"\"" },
	{ "a.b = 'it\\'s'", "a.b = \"it's\"" },
	{ "a.b = '\\ x'", "a.b = \"\\\\x\"" },
	{ "a.b = ''", "a.b = " },
	{ "a.b in ('\\q')", "a.b in ()" },
};

static void conditions_print_in_one_form(void **state)
{
	struct arena arena = { 0 };
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
		struct err err = { 0 };
		struct ast *a;

		if (ast_parse(sv_of(readings[i].text), &arena, &a, &err) < 0)
			fail_msg("%s: %s", readings[i].text, err.msg);
		buf_clear(&out);
		ast_print(ast_dup(a, &arena), &out);
		assert_string_equal(buf_cstr(&out), readings[i].printed);
	}
	buf_deinit(&out);
	arena_deinit(&arena);
}

static const struct {
	const char *text;
	uint32_t line, col;
} mistakes[] = {
	{ "", 1, 1 },
	{ "a or", 1, 5 },
	{ "a or(b) and c", 1, 9 },
	{ "(a.b = sh", 1, 10 },
	{ "a.b = x\nand c.d ~ y", 2, 9 },
	{ "a.b contains", 1, 5 },
	{ "a.b =", 1, 6 },
	{ "a.b < abc", 1, 7 },
	{ "a.b in (x, )", 1, 12 },
	{ "a.b in (x", 1, 10 },
	{ "a.b in 'x'", 1, 8 },
	{ "a.b = 'x", 1, 7 },
	{ "a.b = 'a\\\\'", 1, 7 },
	{ "a.b = '\\q'", 1, 11 },
	{ "a.b = '\\\"'", 1, 11 },
	{ "a.b = \"\\x4\"", 1, 12 },
	{ "a.b[ = 1", 1, 5 },
	{ "a.b[1 = 1", 1, 6 },
	{ "tolower(", 1, 9 },
	{ "tolower(a.b", 1, 12 },
	{ "a.b = val(c)", 1, 11 },
	{ "a.b = c d", 1, 9 },
};

static void syntax_errors_say_where(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
		struct err err = { 0 };
		struct ast *a;

		if (ast_parse(sv_of(mistakes[i].text), &arena, &a, &err) == 0)
			fail_msg("accepted: %s", mistakes[i].text);
		assert_null(a);
		assert_int_equal(err.code, ERR_SYNTAX);
		if (err.pos.line != mistakes[i].line || err.pos.col != mistakes[i].col)
			fail_msg("%s: %u:%u: %s", mistakes[i].text, err.pos.line, err.pos.col,
				 err.msg);
	}
	arena_deinit(&arena);
}

static void deep_nesting_is_refused_not_followed(void **state)
{
	static char text[200001];
	struct arena arena = { 0 };
	struct err err = { 0 };
	struct ast *a;

	(void)state;
	memset(text, '(', sizeof text - 1);
	assert_int_equal(ast_parse(sv_of(text), &arena, &a, &err), -1);
	assert_int_equal(err.code, ERR_SYNTAX);
	arena_deinit(&arena);
}

static void an_operand_is_cut_off_the_front_of_a_text(void **state)
{
	struct arena arena = { 0 };
	struct err err = { 0 };
	struct ast_operand *o;
	size_t used;

	(void)state;
	assert_int_equal(ast_parse_operand(SV("proc.aname[2] ran"), &arena, &o, &used, &err), 0);
	assert_int_equal(used, 13);
	assert_sv(o->text, "proc.aname");
	assert_sv(o->arg, "2");
	assert_int_equal(ast_parse_operand(SV("tolower(proc.name)[x"), &arena, &o, &used, &err),
			 -1);
	assert_null(o);
	arena_deinit(&arena);
}

static struct ast *put_macro(struct ast *ident, void *arg)
{
	return sv_eq(ident->ident, SV("m")) ? arg : ident;
}

static void macro_names_are_replaced_wherever_they_stand(void **state)
{
	struct arena arena = { 0 };
	struct buf out = { 0 };
	struct ast *a, *macro;

	(void)state;
	assert_int_equal(ast_parse(SV("a.b = c or d.e = f"), &arena, &macro, NULL), 0);
	assert_int_equal(ast_parse(SV("x and not m or m"), &arena, &a, NULL), 0);
	ast_print(ast_replace_idents(a, put_macro, macro), &out);
	assert_string_equal(buf_cstr(&out),
			    "((x and not (a.b = c or d.e = f)) or (a.b = c or d.e = f))");
	buf_deinit(&out);
	arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_print_in_one_form),
		cmocka_unit_test(syntax_errors_say_where),
		cmocka_unit_test(deep_nesting_is_refused_not_followed),
		cmocka_unit_test(an_operand_is_cut_off_the_front_of_a_text),
		cmocka_unit_test(macro_names_are_replaced_wherever_they_stand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
