#include "engine/rules/yaml.h"

#include "format/base/buf.h"
#include "format/tests/test.h"

/* A tree on one line: "text", ~, [a, b], {k: v}; with_marks puts line:col: in front of each. */
static void put_node(struct buf *out, const struct yaml_node *n, bool with_marks)
{
	size_t kids = n->kind == YAML_MAP ? 2 * n->n : n->n;

	if (with_marks)
		buf_printf(out, "%u:%u:", n->mark.line, n->mark.col);
	if (n->kind == YAML_NULL) {
		buf_putc(out, '~');
		return;
	}
	if (n->kind == YAML_SCALAR) {
		buf_printf(out, "\"" SV_FMT "\"", SV_ARG(n->text));
		return;
	}
	buf_putc(out, n->kind == YAML_MAP ? '{' : '[');
	for (size_t i = 0; i < kids; i++) {
		if (i)
			buf_puts(out, n->kind == YAML_MAP && i % 2 ? ": " : ", ");
		put_node(out, n->items[i], with_marks);
	}
	buf_putc(out, n->kind == YAML_MAP ? '}' : ']');
}

/* Documents are put one behind the other with " | " between them; an error as "line:col: text". */
static void parse_to(struct sv text, bool with_marks, struct buf *out)
{
	struct arena arena = { 0 };
	struct yaml_stream stream;
	struct err err = { 0 };

	if (yaml_parse(text, &arena, &stream, &err) < 0)
		buf_printf(out, "%u:%u: %s", err.pos.line, err.pos.col, err.msg);
	for (size_t i = 0; i < stream.n; i++) {
		if (i)
			buf_puts(out, " | ");
		put_node(out, stream.docs[i], with_marks);
	}
	arena_deinit(&arena);
}

static void check(const char *text, bool with_marks, const char *want)
{
	struct buf got = { 0 };

	parse_to(sv_of(text), with_marks, &got);
	assert_string_equal(buf_cstr(&got), want);
	buf_deinit(&got);
}

static void yaml_reads_collections(void **state)
{
	(void)state;
	check("- a\n- b: c\n  d: [e, {f: g}]\n", false,
	      "[\"a\", {\"b\": \"c\", \"d\": [\"e\", {\"f\": \"g\"}]}]");
	check("a:\n- b\n- c\nd:\n", false, "{\"a\": [\"b\", \"c\"], \"d\": ~}");
	check("- - a\n  - b\n-\n- ~\n", false, "[[\"a\", \"b\"], ~, ~]");
	check("? a\n: b\n", false, "{\"a\": \"b\"}");
	check("[a: b, c]", false, "[{\"a\": \"b\"}, \"c\"]");
	check("{a, b: }", false, "{\"a\": ~, \"b\": ~}");
}

static void yaml_folds_scalars(void **state)
{
	(void)state;
	check(">\n  a\n  b\n\n  c\n   d\n", false, "\"a b\nc\n d\n\"");
	check("|-\n  a\n   b\n", false, "\"a\n b\"");
	check("|+\n a\n\n", false, "\"a\n\n\"");
	check("a\n b\n\n c", false, "\"a b\nc\"");
	check("'it''s'", false, "\"it's\"");
	check("\"\\x41\\u00e9\\\n  b\"", false,
	      "\"A\xC3\xA9"
	      "b\"");
}

static void yaml_knows_where_nodes_stand(void **state)
{
	(void)state;
	check("# c\n- rule: x\n  tags:\n- rule: >\n    y\n", true,
	      "1:0:[1:2:{1:2:\"rule\": 1:8:\"x\", 2:2:\"tags\": 3:0:~}, "
	      "3:2:{3:2:\"rule\": 3:8:\"y\n\"}]");
	/* Columns count bytes; a byte order mark does not count. */
	check("\xEF\xBB\xBF\xC3\xA9: x\r\ny: z", true,
	      "0:0:{0:0:\"\xC3\xA9\": 0:4:\"x\", 1:0:\"y\": 1:3:\"z\"}");
}

static void yaml_splits_documents_and_stops_at_an_empty_one(void **state)
{
	(void)state;
	check("--- a\n--- b\n...\n", false, "\"a\" | \"b\"");
	check("a\n---\n---\nb", false, "\"a\"");
	/* What does not belong to the node that went before begins another document. */
	check("- a\nb: c\n", false, "[\"a\"] | {\"b\": \"c\"}");
	check("", false, "");
}

static void yaml_follows_anchors(void **state)
{
	(void)state;
	check("- &a [x]\n- *a\n", false, "[[\"x\"], [\"x\"]]");
	check("- *b\n", false, "1:3: the referenced anchor is not defined: b");
	check("- !!str ~\n- ! a\n", false, "[\"~\", \"a\"]");
}

static void yaml_says_what_is_wrong_and_where(void **state)
{
	(void)state;
	check("a : b : c", false, "1:7: illegal map value");
	check("a: [b\nc: d", false, "2:2: end of sequence flow not found");
	check("- a: 'b", false, "1:8: illegal EOF in scalar");
	check("- a\n- %b\n", false, "2:3: unknown token");
	check("a: b\n\tc: d\n", false, "2:1: illegal tab when looking for indentation");
	check("\"a\" \"b\"", false, "1:5: unexpected scalar");
	check("a: >x\n", false, "1:5: unexpected character in block scalar");
	check("\"\\q\"", false, "1:4: unknown escape character: q");
	check("%YAML 2.0\n---\na", false, "1:1: YAML major version too large");
	check("]", false, "1:1: illegal flow end");
}

static void yaml_refuses_deep_nesting(void **state)
{
	struct buf text = { 0 }, got = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_putc(&text, '[');
	parse_to(buf_sv(&text), false, &got);
	assert_non_null(strstr(buf_cstr(&got), "bad file"));
	buf_deinit(&text);
	buf_deinit(&got);
}

static void yaml_converts_scalars(void **state)
{
	static const struct {
		const char *text;
		int as_bool; /* -1: none */
		int64_t as_u32;
	} cases[] = {
		{ "yes", 1, -1 },         { "No", 0, -1 },    { "ON", 1, -1 },
		{ "tRue", -1, -1 },       { "y", 1, -1 },     { "False", 0, -1 },
		{ "'true'", 1, -1 },      { "truE", -1, -1 }, { "0", -1, 0 },
		{ "0x1F", -1, 31 },       { "017", -1, 15 },  { "08", -1, -1 },
		{ "-1", -1, -1 },         { "+7", -1, 7 },    { "4294967295", -1, 4294967295 },
		{ "4294967296", -1, -1 }, { "1.0", -1, -1 },  { "0x", -1, -1 },
		{ "'5 '", -1, 5 },        { "' 5'", -1, -1 }, { "[1]", -1, -1 },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct yaml_stream s;
		bool b;
		uint32_t u;

		assert_int_equal(yaml_parse(sv_of(cases[i].text), &arena, &s, NULL), 0);
		assert_int_equal(yaml_to_bool(s.docs[0], &b) ? b : -1, cases[i].as_bool);
		assert_int_equal(yaml_to_u32(s.docs[0], &u) ? (int64_t)u : -1, cases[i].as_u32);
	}
	arena_deinit(&arena);
}

static void yaml_finds_the_first_of_equal_keys(void **state)
{
	struct arena arena = { 0 };
	struct yaml_stream s;

	(void)state;
	assert_int_equal(yaml_parse(SV("{a: 1, [b]: 2, a: 3}"), &arena, &s, NULL), 0);
	assert_sv(yaml_get_key(s.docs[0], "a")->text, "1");
	assert_null(yaml_get_key(s.docs[0], "b"));
	arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(yaml_reads_collections),
		cmocka_unit_test(yaml_folds_scalars),
		cmocka_unit_test(yaml_knows_where_nodes_stand),
		cmocka_unit_test(yaml_splits_documents_and_stops_at_an_empty_one),
		cmocka_unit_test(yaml_follows_anchors),
		cmocka_unit_test(yaml_says_what_is_wrong_and_where),
		cmocka_unit_test(yaml_refuses_deep_nesting),
		cmocka_unit_test(yaml_converts_scalars),
		cmocka_unit_test(yaml_finds_the_first_of_equal_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
