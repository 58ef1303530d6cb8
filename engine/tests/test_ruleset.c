/* Selection, what the ruleset hands out, and files read one after the other. */
#include "engine/tests/rules.h"

static const char four_rules[] =
	"- rule: Read\n  desc: d\n  output: \"%proc.name\"\n  priority: DEBUG\n"
	"  condition: evt.type = read\n  tags: [file, noise]\n"
	"\n# A comment between.\n\n"
	"- rule: Write\n  desc: d\n  output: \"%fd.name\"\n  priority: WARNING\n"
	"  condition: evt.type = write\n  tags: [file]\n"
	"- rule: Connect\n  desc: d\n  output: x\n  priority: ERROR\n"
	"  condition: evt.type = connect\n  tags: [network]\n"
	"- rule: Never\n  desc: d\n  output: x\n  priority: ERROR\n"
	"  condition: evt.type = connect\n  tags: [network, off]\n  enabled: false\n";

/* The first letters of the rules that run. */
static void check_selection(const struct ruleset_selection *sel, const char *want)
{
	void *state;
	const struct rule *rules;
	size_t n, running = 0;

	assert_int_equal(loaded_setup(&state), 0);
	struct loaded *l = state;
	assert_int_equal(load(l, four_rules), 0);
	assert_int_equal(ruleset_compile(l->rs, sel, &l->dl), 0);
	n = ruleset_rules(l->rs, &rules);
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++) {
		if (!rules[i].enabled) {
			assert_int_equal(rules[i].condition_id, UINT32_MAX);
			continue;
		}
		buf_putc(&l->text, rules[i].name.p[0]);
		assert_ptr_equal(ruleset_rule_of(l->rs, rules[i].condition_id), &rules[i]);
		running++;
	}
	assert_string_equal(buf_cstr(&l->text), want);
	assert_null(ruleset_rule_of(l->rs, (uint32_t)running));
	loaded_teardown(&state);
}

static void rules_run_unless_they_say_otherwise(void **state)
{
	(void)state;
	check_selection(NULL, "RWC");
	check_selection(&(struct ruleset_selection){ .min_priority = PRIO_DEBUG }, "RWC");
}

static void tags_switch_on_and_off(void **state)
{
	const struct sv file = SV("file"), network = SV("network"), noise = SV("noise"),
			none = SV("none");

	(void)state;
	check_selection(&(struct ruleset_selection){ .tags_on = &file,
						     .ntags_on = 1,
						     .min_priority = PRIO_DEBUG },
			"RW");
	/* Also what is not enabled. */
	check_selection(&(struct ruleset_selection){ .tags_on = &network,
						     .ntags_on = 1,
						     .min_priority = PRIO_DEBUG },
			"CN");
	check_selection(&(struct ruleset_selection){ .tags_on = &none,
						     .ntags_on = 1,
						     .min_priority = PRIO_DEBUG },
			"");
	check_selection(&(struct ruleset_selection){ .tags_off = &noise,
						     .ntags_off = 1,
						     .min_priority = PRIO_DEBUG },
			"WC");
	check_selection(&(struct ruleset_selection){ .tags_on = &file,
						     .ntags_on = 1,
						     .tags_off = &noise,
						     .ntags_off = 1,
						     .min_priority = PRIO_DEBUG },
			"W");
}

static void names_and_priorities_take_away(void **state)
{
	const struct sv names[] = { SV("rit"), SV("Conn") };

	(void)state;
	check_selection(&(struct ruleset_selection){ .rules_off = names,
						     .nrules_off = 2,
						     .min_priority = PRIO_DEBUG },
			"R");
	check_selection(&(struct ruleset_selection){ .min_priority = PRIO_WARNING }, "WC");
	check_selection(&(struct ruleset_selection){ .min_priority = PRIO_EMERGENCY }, "");
}

static void rules_know_where_they_stand(void **state)
{
	struct loaded *l = *state;
	const struct rule *rules;

	load(l, "- list: x\n  items: [a]\n");
	load(l, four_rules);
	assert_int_equal(ruleset_compile(l->rs, NULL, &l->dl), 0);
	assert_int_equal(ruleset_rules(l->rs, &rules), 4);
	assert_sv(rules[0].file, "b.yaml");
	assert_int_equal(rules[0].line, 1);
	assert_sv(rules[0].source_text,
		  "- rule: Read\n  desc: d\n  output: \"%proc.name\"\n  priority: DEBUG\n"
		  "  condition: evt.type = read\n  tags: [file, noise]\n");
	assert_int_equal(rules[1].line, 10);
	assert_sv(rules[1].source, "syscall");
}

static void extra_fields_are_compiled_in_order(void **state)
{
	static const struct sv names[] = { SV("proc.pid"), SV("evt.type"), SV("proc.aname[2]") };
	const struct ruleset_selection sel = { .extra_fields = names,
					       .nextra_fields = 3,
					       .min_priority = PRIO_DEBUG };
	struct loaded *l = *state;
	const struct format_field *fields;

	load(l, four_rules);
	assert_int_equal(ruleset_compile(l->rs, &sel, &l->dl), 0);
	assert_int_equal(ruleset_extra_fields(l->rs, &fields), 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(sv_eq(fields[i].key, names[i]));
}

static void unknown_extra_fields_are_refused(void **state)
{
	static const struct sv name = SV("proc.nme");
	const struct ruleset_selection sel = { .extra_fields = &name, .nextra_fields = 1 };
	struct loaded *l = *state;

	load(l, four_rules);
	assert_int_equal(ruleset_compile(l->rs, &sel, &l->dl), -1);
	assert_int_equal(l->dl.nerrors, 1);
}

static void lists_and_macros_can_be_listed(void **state)
{
	struct loaded *l = *state;
	const struct list_item *lists;
	const struct macro_item *macros;

	load(l, "- list: a\n  items: [x, y z]\n- list: b\n  items: [a, 1]\n"
		"- macro: m\n  condition: proc.name in (b)\n");
	assert_int_equal(ruleset_compile(l->rs, NULL, &l->dl), 0);
	assert_int_equal(ruleset_lists(l->rs, &lists), 2);
	assert_sv(lists[1].name, "b");
	assert_int_equal(lists[1].n, 3);
	assert_sv(lists[1].items[0], "x");
	assert_sv(lists[1].items[1], "y z");
	assert_sv(lists[1].items[2], "1");
	assert_int_equal(ruleset_macros(l->rs, &macros), 1);
	assert_sv(macros[0].name, "m");
	assert_sv(macros[0].condition, "proc.name in (b)");
}

static void an_empty_ruleset_compiles(void **state)
{
	struct loaded *l = *state;
	const struct rule *rules;

	assert_int_equal(ruleset_compile(l->rs, NULL, &l->dl), 0);
	assert_int_equal(ruleset_rules(l->rs, &rules), 0);
	assert_non_null(ruleset_program(l->rs));
	assert_null(ruleset_rule_of(l->rs, 0));
}

static void an_error_stays(void **state)
{
	struct loaded *l = *state;

	assert_int_equal(load(l, "- rule: r\n  output: x\n"), -1);
	assert_int_equal(ruleset_compile(l->rs, NULL, &l->dl), -1);
}

/* Unless a later file puts it right. */
static void files_are_checked_together_with_those_before(void **state)
{
	struct loaded *l = *state;

	assert_int_equal(load(l, "- macro: m\n  condition: proc.name in (a)\n" RULE(
					 "evt.type = open and m")),
			 0);
	/* A later list changes what the macro means, and a later macro refuses to. */
	assert_int_equal(load(l, "- list: a\n  items: [b, c]\n"), 0);
	assert_int_equal(load(l, "- macro: m\n  condition: proc.nme = x\n"), -1);
	assert_string_equal(said(l), "LOAD_ERR_COMPILE_CONDITION 8:15 filter_check called with "
				     "nonexistent field proc.nme\n");
}

/* Every file is one more pass over all rules, and a pass takes over what it can. */
static void many_files_mean_what_one_file_means(void **state)
{
	static const char *const files[] = {
		"- list: l\n  items: [a]\n",
		"- macro: m\n  condition: proc.name in (l)\n",
		RULE_NAMED("one", "evt.type = open and m"),
		RULE_NAMED("two", "evt.type = close and n") "- macro: n\n  condition: not m\n",
		"- list: l\n  items: [b]\n  override: {items: append}\n",
		RULE_NAMED("three", "m and n") "  warn_evttypes: false\n",
		"- macro: m\n  condition: or fd.num = 1\n  override: {condition: append}\n",
		"- rule: one\n  condition: and fd.name in (l)\n  override: {condition: append}\n",
		"- rule: two\n  enabled: false\n  override: {enabled: replace}\n",
	};
	enum { NFILES = sizeof files / sizeof files[0] };
	struct loaded *l = *state;
	struct buf all = { 0 }, want = { 0 };
	const struct rule *rules;

	for (size_t i = 0; i < NFILES; i++) {
		assert_int_equal(load(l, files[i]), 0);
		buf_puts(&all, files[i]);
	}
	assert_int_equal(ruleset_compile(l->rs, NULL, &l->dl), 0);
	size_t n = ruleset_rules(l->rs, &rules);
	for (size_t i = 0; i < n; i++) {
		ast_print(rules[i].ast, &want);
		buf_putc(&want, '\n');
	}
	check_compiled(buf_cstr(&all), buf_cstr(&want));
	assert_string_equal(
		buf_cstr(&want),
		"(evt.type = open and (proc.name in (a, b) or fd.num = 1) and fd.name in (a, b))\n"
		"(evt.type = close and not (proc.name in (a, b) or fd.num = 1))\n"
		"((proc.name in (a, b) or fd.num = 1) and not (proc.name in (a, b) or fd.num = "
		"1))\n");
	buf_deinit(&all);
	buf_deinit(&want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_run_unless_they_say_otherwise),
		cmocka_unit_test(tags_switch_on_and_off),
		cmocka_unit_test(names_and_priorities_take_away),
		LOADED_TEST(rules_know_where_they_stand),
		LOADED_TEST(extra_fields_are_compiled_in_order),
		LOADED_TEST(unknown_extra_fields_are_refused),
		LOADED_TEST(lists_and_macros_can_be_listed),
		LOADED_TEST(an_empty_ruleset_compiles),
		LOADED_TEST(an_error_stays),
		LOADED_TEST(files_are_checked_together_with_those_before),
		LOADED_TEST(many_files_mean_what_one_file_means),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
