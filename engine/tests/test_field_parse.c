#include "engine/fields/getters.h"
#include "format/tests/test.h"

/* One reference at a time; what it points at lives as long as the test. */
struct parsed {
	struct arena arena;
	struct field_ref ref;
	struct err err;
	int rc;
};

static struct parsed parse(const char *text)
{
	struct parsed p = { 0 };

	p.rc = field_parse(sv_of(text), &p.arena, &p.ref, &p.err);
	return p;
}

static void accepts(const char *text, const char *name)
{
	struct parsed p = parse(text);

	if (p.rc != 0)
		fail_msg("%s: %s", text, p.err.msg);
	assert_string_equal(p.ref.def->name, name);
	arena_deinit(&p.arena);
}

static void refuses(const char *text, uint32_t col)
{
	struct parsed p = parse(text);

	if (p.rc == 0)
		fail_msg("%s was accepted", text);
	assert_int_equal(p.err.code, ERR_CHECK);
	if (p.err.pos.col != col)
		fail_msg("%s: column %u, not %u (%s)", text, p.err.pos.col, col, p.err.msg);
	arena_deinit(&p.arena);
}

static void every_row_of_the_table_is_found_by_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < field_defs_n; i++) {
		const struct field_def *def = &field_defs[i];

		struct parsed p = parse(def->name);

		if (def->flags & FF_ARG_REQUIRED)
			assert_int_equal(p.rc, -1);
		else
			assert_ptr_equal(p.ref.def, def);
		arena_deinit(&p.arena);
	}
}

static void names_are_unique_and_rows_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < field_defs_n; i++) {
		const struct field_def *def = &field_defs[i];
		bool takes = def->flags & (FF_ARG_REQUIRED | FF_ARG_ALLOWED);

		assert_true(strlen(def->help) > 5);
		assert_true(takes == !!(def->flags & (FF_ARG_DOT | FF_ARG_BRACKET)));
		assert_true(takes == !!def->arg_help);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(def->name, field_defs[j].name);
	}
}

static void the_longest_name_wins(void **state)
{
	(void)state;
	accepts("evt.time.iso8601", "evt.time.iso8601");
	accepts("evt.args", "evt.args");
	accepts("evt.arg.args", "evt.arg");
	accepts("evt.type.is.open", "evt.type.is");
	accepts("container.mount.source[/tmp]", "container.mount.source");
	accepts("thread.cgroups", "thread.cgroups");
	accepts("thread.cgroup.cpu", "thread.cgroup");
	accepts("proc.aexepath[1]", "proc.aexepath");
}

static void an_event_argument_is_found_by_name_or_position(void **state)
{
	(void)state;
	struct parsed p = parse("evt.arg.flags");

	assert_int_equal(p.rc, 0);
	assert_int_equal(p.ref.param_index[EV_SYSCALL_OPENAT_2_X], 3);
	assert_int_equal(p.ref.param_index[EV_SYSCALL_CLOSE_X], -1);
	assert_sv(p.ref.arg, "flags");
	arena_deinit(&p.arena);

	p = parse("evt.arg[2]");
	assert_int_equal(p.rc, 0);
	assert_null(p.ref.param_index);
	assert_int_equal(p.ref.index, 2);
	arena_deinit(&p.arena);

	refuses("evt.arg", 1);
	refuses("evt.arg.nosuch", 9);
	refuses("evt.arg.", 9);
	refuses("evt.arg[x]", 9);
	refuses("evt.rawarg[0]", 1);
}

static void a_raw_argument_has_the_type_of_its_first_use(void **state)
{
	(void)state;
	struct parsed p = parse("evt.rawarg.res");

	assert_int_equal(p.rc, 0);
	assert_int_equal(p.ref.type, PT_ERRNO);
	arena_deinit(&p.arena);
	p = parse("evt.rawarg.name");
	assert_int_equal(p.ref.type, PT_FSPATH);
	arena_deinit(&p.arena);
}

static void an_event_is_named_or_numbered(void **state)
{
	(void)state;
	struct parsed p = parse("evt.type.is.openat");

	assert_int_equal(p.rc, 0);
	assert_int_equal(p.ref.index, EV_SYSCALL_OPENAT_E);
	assert_false(p.ref.arg_is_index);
	arena_deinit(&p.arena);
	p = parse("evt.type.is.307");
	assert_int_equal(p.ref.index, 307);
	assert_true(p.ref.arg_is_index);
	arena_deinit(&p.arena);
	refuses("evt.type.is.nosuch", 13);
	refuses("evt.type.is[3]", 1);
}

static void a_generation_is_a_number(void **state)
{
	(void)state;
	struct parsed p = parse("proc.aname[2]");

	assert_int_equal(p.rc, 0);
	assert_int_equal(p.ref.index, 2);
	assert_int_equal(field_compare_kind(&p.ref), COMPARE_VALUE);
	arena_deinit(&p.arena);

	/* -1 is how Falco writes "no index". */
	p = parse("proc.aname[-1]");
	assert_int_equal(field_compare_kind(&p.ref), COMPARE_ANY_ANCESTOR);
	arena_deinit(&p.arena);

	accepts("proc.aname[ +3]", "proc.aname");
	refuses("proc.aname[3 ]", 12);
	refuses("proc.aname[]", 12);
	refuses("proc.aname[99999999999]", 12);
	refuses("proc.aname[99999999999999999999999]", 12);
	refuses("proc.aname.x", 1);
	refuses("proc.name[1]", 1);
}

static void brackets_must_close_at_the_end(void **state)
{
	(void)state;
	refuses("proc.aname[2", 11);
	refuses("proc.aname[2]x", 14);
	refuses("proc.env[a]b]", 12);
	refuses("proc.aname[", 11);
}

static void a_variable_made_of_digits_is_an_index(void **state)
{
	(void)state;
	struct parsed p = parse("proc.aenv[PATH]");

	assert_int_equal(p.rc, 0);
	assert_sv(p.ref.arg, "PATH");
	assert_int_equal(field_compare_kind(&p.ref), COMPARE_VALUE);
	arena_deinit(&p.arena);
	p = parse("proc.aenv[2]");
	assert_int_equal(p.ref.index, 2);
	assert_int_equal(field_compare_kind(&p.ref), COMPARE_ANY_ANCESTOR);
	arena_deinit(&p.arena);
	accepts("proc.env[7]", "proc.env");
	accepts("proc.env[]", "proc.env");
}

static void a_mount_is_a_position_or_a_pattern(void **state)
{
	(void)state;
	struct parsed p = parse("container.mount[10]");

	assert_true(p.ref.arg_is_index);
	assert_int_equal(p.ref.index, 10);
	arena_deinit(&p.arena);
	p = parse("container.mount[010]");
	assert_false(p.ref.arg_is_index);
	assert_sv(p.ref.arg, "010");
	arena_deinit(&p.arena);
	refuses("container.mount", 1);
}

static void other_arguments_are_checked(void **state)
{
	(void)state;
	accepts("evt.abspath.src", "evt.abspath");
	accepts("evt.abspath", "evt.abspath");
	refuses("evt.abspath.middle", 13);
	accepts("evt.around[1404996934793590564]", "evt.around");
	refuses("evt.around[soon]", 12);
	accepts("thread.cgroup.", "thread.cgroup");
	refuses("thread.cgroup.a.b", 15);
	accepts("fd.types[-5]", "fd.types");
}

static void old_spellings_work(void **state)
{
	(void)state;
	struct parsed p = parse("k8s.pod.label.app.kubernetes.io/name");

	assert_int_equal(p.rc, 0);
	assert_sv(p.ref.arg, "app.kubernetes.io/name");
	arena_deinit(&p.arena);
	p = parse("syslog.message");
	assert_int_equal(p.rc, 0);
	arena_deinit(&p.arena);
}

static void wrong_names_suggest_the_nearest(void **state)
{
	(void)state;
	assert_string_equal(field_suggest(SV("proc.nmae")), "proc.name");
	assert_string_equal(field_suggest(SV("proc.anam[2]")), "proc.aname");
	assert_string_equal(field_suggest(SV("fd.lprot")), "fd.lport");
	assert_null(field_suggest(SV("nothing.like.any.field.at.all")));
	assert_null(field_suggest(SV("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_of_the_table_is_found_by_its_name),
		cmocka_unit_test(names_are_unique_and_rows_complete),
		cmocka_unit_test(the_longest_name_wins),
		cmocka_unit_test(an_event_argument_is_found_by_name_or_position),
		cmocka_unit_test(a_raw_argument_has_the_type_of_its_first_use),
		cmocka_unit_test(an_event_is_named_or_numbered),
		cmocka_unit_test(a_generation_is_a_number),
		cmocka_unit_test(brackets_must_close_at_the_end),
		cmocka_unit_test(a_variable_made_of_digits_is_an_index),
		cmocka_unit_test(a_mount_is_a_position_or_a_pattern),
		cmocka_unit_test(other_arguments_are_checked),
		cmocka_unit_test(old_spellings_work),
		cmocka_unit_test(wrong_names_suggest_the_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
