#include "engine/output/format.h"
#include "engine/tests/scene.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* bash (pid 10) opens /etc/shadow. */
static void open_shadow(struct scene *s)
{
	scene_open(s);
	scene_add(s, scene_process(10, 0, "bash"));
	do_openat(s, 10, 3, -100, "/etc/shadow", 1);
}

static const struct {
	const char *text, *line; /* NULL: a missing value keeps the line back */
} printed[] = {
	{ "plain", "plain" },
	{ "%proc.name", "bash" },
	{ "a%proc.name.", "abash." },
	{ "%proc.name%fd.num", "bash3" },
	{ "(%fd.name|%evt.type)", "(/etc/shadow|openat)" },
	{ "%6proc.name|", "bash  |" },
	{ "%2proc.name|", "ba|" },
	{ "%0proc.name|", "bash|" },
	{ "%proc.name[", "bash[" },
	{ "%proc.aname[0]x", "bashx" },
	{ "%evt.arg.name %evt.arg[0]", "/etc/shadow <f>/etc/shadow" },
	{ "%fd.sip", NULL },
	{ "*%fd.sip %proc.name", "<NA> bash" },
	{ "*%5fd.sip|", "<NA> |" },
	{ "%toupper(proc.name)", "BASH" },
	{ "%toupper(basename(fd.name))!", "SHADOW!" },
	{ "%concat(proc.name, '-', fd.name)", "bash-/etc/shadow" },
	{ "%join(',', (proc.name, proc.pid))", "bash,10" },
	{ "%toupper(('a', 'b'))", "(A,B)" },
	{ "%len(fd.types)", "1" },
	{ "%len(proc.name)", NULL }, /* the field's format does not fit a number */
	{ "*%len(proc.name)", "<NA>" },
	{ "*%fd.ip", "<NA>" }, /* for filters only */
	{ "*100", "100" },
};

static void templates_print_what_they_say(void **state)
{
	struct buf out = { 0 };
	struct scene s;

	(void)state;
	open_shadow(&s);
	for (size_t i = 0; i < COUNT(printed); i++) {
		struct err err = { 0 };
		struct format *f;

		if (format_compile(sv_of(printed[i].text), &s.arena, &f, &err) < 0)
			fail_msg("%s: %s", printed[i].text, err.msg);
		buf_clear(&out);
		buf_puts(&out, "> ");
		bool whole = format_print(f, &s.ctx, &out);

		assert_int_equal(whole, printed[i].line != NULL);
		if (strcmp(buf_cstr(&out) + 2, whole ? printed[i].line : "") != 0)
			fail_msg("%s prints \"%s\"", printed[i].text, buf_cstr(&out) + 2);
	}
	buf_deinit(&out);
	scene_close(&s);
}

static const struct {
	const char *text;
	uint32_t col;
} refused[] = {
	{ "", 1 },
	{ "a %", 3 },
	{ "a %12", 4 },
	{ "a %nosuch.field b", 4 },
	{ "*%a", 3 },
	{ "%%proc.name", 2 },
	{ "% proc.name", 2 },
	{ "%proc.aname[2].%evt.arg", 17 },
	{ "%tolower(proc.pid)", 2 },
	{ "%tolower(proc.name", 2 },
	{ "%val(proc.name)", 2 },
	{ "%99999999proc.name", 2 },
};

static void mistakes_are_told_where_they_stand(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct err err = { 0 };
		struct format *f;

		if (format_compile(sv_of(refused[i].text), &arena, &f, &err) == 0)
			fail_msg("accepted: %s", refused[i].text);
		assert_null(f);
		if (err.code != ERR_CHECK || err.pos.col != refused[i].col)
			fail_msg("%s: column %u: %s", refused[i].text, err.pos.col, err.msg);
	}
	arena_deinit(&arena);
}

static void fields_are_listed_once_with_falcos_keys(void **state)
{
	static const char *const keys[] = { "proc.name", "proc.aname[2]", "fd.name", "evt.time" };
	const struct format_field *fields;
	struct format *f;
	struct value v;
	struct scene s;

	(void)state;
	open_shadow(&s);
	assert_int_equal(format_compile(SV("%proc.name %proc.aname['2'] %proc.name "
					   "%concat(fd.name, '-', proc.name) %5evt.time"),
					&s.arena, &f, &s.err),
			 0);
	assert_int_equal(format_fields(f, &fields), COUNT(keys));
	for (size_t i = 0; i < COUNT(keys); i++)
		assert_true(sv_eq(fields[i].key, sv_of(keys[i])));
	assert_true(format_field_get(&fields[0], &s.ctx, &v));
	assert_sv(v.s, "bash");
	assert_false(format_field_get(&fields[1], &s.ctx, &v));
	assert_true(format_field_get(&fields[3], &s.ctx, &v));
	assert_int_equal(v.u, s.ts_ns); /* a number in JSON */
	scene_close(&s);
}

static void a_hostile_template_takes_no_long_time(void **state)
{
	static char text[100000];
	struct arena arena = { 0 };
	struct format *f;

	(void)state;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = i % 2 ? '.' : 'a';
	text[0] = '%';
	assert_int_equal(format_compile((struct sv){ text, sizeof text }, &arena, &f, NULL), -1);
	memset(text + 1, '(', sizeof text - 1);
	memcpy(text + 1, "tolower", 7);
	assert_int_equal(format_compile((struct sv){ text, sizeof text }, &arena, &f, NULL), -1);
	arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates_print_what_they_say),
		cmocka_unit_test(mistakes_are_told_where_they_stand),
		cmocka_unit_test(fields_are_listed_once_with_falcos_keys),
		cmocka_unit_test(a_hostile_template_takes_no_long_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
