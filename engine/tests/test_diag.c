#include "engine/rules/context.h"
#include "engine/rules/diag.h"
#include "format/tests/test.h"

static void check_snippet(const char *content, uint32_t offset, const char *want)
{
	struct buf out = { 0 };

	diag_snippet(&out, sv_of(content), offset);
	assert_string_equal(buf_cstr(&out), want);
	buf_deinit(&out);
}

static void snippets_show_the_line_and_a_caret(void **state)
{
	(void)state;
	check_snippet("one\ntwo three\nfour\n", 8, "two three\n    ^\n");
	check_snippet("one\ntwo", 0, "one\n^\n");
	check_snippet("x", 0, "x\n^\n");
}

static void snippets_step_back_from_a_place_behind_the_text(void **state)
{
	(void)state;
	check_snippet("- list: a\n  items:\n\n", 400, "  items:\n       ^\n");
	check_snippet("ab\ncd", 2, "ab\n ^\n");
	check_snippet("", 3, "<No context available>\n");
	check_snippet("\n", 0, "<No context available>\n");
}

static void snippets_of_long_lines_are_cut_on_both_sides(void **state)
{
	struct buf line = { 0 }, want = { 0 };

	(void)state;
	for (int i = 0; i < 300; i++)
		buf_putc(&line, (char)('a' + i % 26));
	buf_puts(&want, "...");
	buf_put(&want, line.p + 73, 155);
	buf_puts(&want, "...\n");
	for (int i = 0; i < 80; i++)
		buf_putc(&want, ' ');
	buf_puts(&want, "^\n");
	check_snippet(buf_cstr(&line), 150, buf_cstr(&want));
	buf_deinit(&line);
	buf_deinit(&want);
}

/* Falco's arithmetic wraps around there; see diag_snippet. */
static void a_text_that_begins_with_a_newline_is_shown_without_caret(void **state)
{
	(void)state;
	check_snippet("\nabcdefgh\nxyz", 0, "...defgh\n...\n");
	check_snippet("\na", 0, "...\n");
}

static void diagnostics_know_their_file_and_place(void **state)
{
	struct arena arena = { 0 };
	struct diag_list dl = { 0 };
	const struct context *file, *rule, *condition;
	const struct diag *d;

	(void)state;
	assert_true(diag_begin_file(&dl, SV("f.yaml")));
	file = context_file(&arena, SV("f.yaml"), SV("- rule: r\n  condition: x\n"));
	rule = context_at(&arena, file, ITEM_RULE, SV("r"), (struct yaml_mark){ 2, 0, 2 });
	condition = context_condition(&arena, rule, SV("proc.name = a\nor proc.name = b"),
				      (struct ast_pos){ 4, 1, 5 });
	assert_int_equal(diag_at(&dl, diag_add(&dl, LOAD_ERR_COMPILE_CONDITION, "bad %s", "thing"),
				 condition),
			 -1);
	assert_int_equal(dl.nerrors, 1);
	assert_true(dl.files[0].failed);
	d = &dl.items[0];
	assert_sv(d->message, "bad thing");
	assert_int_equal(d->nwhere, 3);
	assert_sv(d->where[0].name, "f.yaml");
	assert_sv(d->where[1].item_name, "r");
	assert_sv(d->where[2].name, "\"proc.name = a or ...\"");
	assert_int_equal(d->where[2].line, 1);
	assert_int_equal(d->where[2].col, 7);
	assert_sv(d->snippet, "proc.name = a\n      ^\n");
	diag_list_deinit(&dl);
	arena_deinit(&arena);
}

static void json_has_falcos_shape(void **state)
{
	struct diag_list dl = { 0 };
	struct arena arena = { 0 };
	struct buf out = { 0 };

	(void)state;
	diag_begin_file(&dl, SV("a\"b.yaml"));
	diag_at(&dl, diag_add(&dl, LOAD_UNKNOWN_ITEM, "Unknown top level item"),
		context_file(&arena, SV("a\"b.yaml"), SV("- x: y\n")));
	diag_begin_file(&dl, SV("c.yaml"));
	diag_print_json(&dl, &out);
	assert_string_equal(
		buf_cstr(&out),
		"{\"falco_load_results\":[{\"errors\":[],\"name\":\"a\\\"b.yaml\",\"successful\":"
		"true,"
		"\"warnings\":[{\"code\":\"LOAD_UNKNOWN_ITEM\",\"codedesc\":\"An unknown top-level "
		"object is in the rules content. It will be "
		"ignored.\",\"context\":{\"locations\":[{"
		"\"item_name\":\"\",\"item_type\":\"rules content\",\"position\":{\"column\":0,"
		"\"line\":0,\"name\":\"a\\\"b.yaml\",\"offset\":0}}],\"snippet\":\"- x: "
		"y\\n^\\n\"},"
		"\"message\":\"Unknown top level item\"}]},{\"errors\":[],\"name\":\"c.yaml\","
		"\"successful\":true,\"warnings\":[]}]}\n");
	buf_deinit(&out);
	diag_list_deinit(&dl);
	arena_deinit(&arena);
}

static void text_puts_errors_first_and_is_safe_to_show(void **state)
{
	struct diag_list dl = { 0 };
	struct arena arena = { 0 };
	struct buf out = { 0 };
	const struct context *file = context_file(&arena, SV("f.yaml"), SV("- list: a\033b\n"));
	struct diag *d;

	(void)state;
	diag_begin_file(&dl, SV("f.yaml"));
	diag_at(&dl, diag_add(&dl, LOAD_UNUSED_LIST, "unused"),
		context_at(&arena, file, ITEM_LIST, SV("a\033b"), (struct yaml_mark){ 2, 0, 2 }));
	d = diag_add(&dl, LOAD_ERR_VALIDATE, "no field proc.nam");
	d->hint = SV("proc.name");
	diag_at(&dl, d, file);
	diag_print_text(&dl, &out);
	assert_string_equal(buf_cstr(&out),
			    "f.yaml: error: no field proc.nam [LOAD_ERR_VALIDATE]\n"
			    "    did you mean proc.name?\n"
			    "f.yaml:1:3: warning: list 'a?b': unused [LOAD_UNUSED_LIST]\n"
			    "    - list: a?b\n"
			    "      ^\n");
	buf_deinit(&out);
	diag_list_deinit(&dl);
	arena_deinit(&arena);
}

static void every_code_has_its_texts(void **state)
{
	(void)state;
	for (int code = 0; code < DIAG_CODES; code++) {
		assert_non_null(strstr(diag_code_name(code), "LOAD_"));
		assert_true(diag_code_title(code)[0] && diag_code_desc(code)[0]);
		assert_int_equal(diag_is_error(code),
				 strstr(diag_code_name(code), "_ERR_") != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(snippets_show_the_line_and_a_caret),
		cmocka_unit_test(snippets_step_back_from_a_place_behind_the_text),
		cmocka_unit_test(snippets_of_long_lines_are_cut_on_both_sides),
		cmocka_unit_test(a_text_that_begins_with_a_newline_is_shown_without_caret),
		cmocka_unit_test(diagnostics_know_their_file_and_place),
		cmocka_unit_test(json_has_falcos_shape),
		cmocka_unit_test(text_puts_errors_first_and_is_safe_to_show),
		cmocka_unit_test(every_code_has_its_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
