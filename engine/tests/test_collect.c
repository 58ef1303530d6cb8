/* Definitions, redefinitions, what is appended to them and what overrides them. */
#include "engine/tests/rules.h"

#define OPEN RULE("evt.type = open")
#define OLD_APPEND(line)                                                                           \
	"LOAD_DEPRECATED_ITEM " line ":3 'append' key is deprecated. Add an 'append' entry (e.g. " \
	"'condition: append') under 'override' instead.\n"

static void the_last_definition_counts(void **state)
{
	(void)state;
	check_compiled(
		"- list: l\n  items: [a]\n- macro: m\n  condition: proc.name = a\n" RULE(
			"m and evt.type in (l)") "- list: l\n  items: [open, "
						 "close]\n- macro: m\n  condition: proc.name = b\n",
		"(proc.name = b and evt.type in (open, close))\n");
	check_compiled(OPEN RULE("evt.type = close"), "evt.type = close\n");
}

static void redefined_rules_keep_their_place(void **state)
{
	(void)state;
	check_compiled(RULE_NAMED("a", "evt.type = open") RULE_NAMED("b", "evt.type = close")
			       RULE_NAMED("a", "evt.type = read"),
		       "evt.type = read\nevt.type = close\n");
}

static void rules_do_not_move_to_another_source(void **state)
{
	(void)state;
	check_said(OPEN OPEN "  source: k8s_audit\n",
		   "LOAD_ERR_VALIDATE 6:3 Rule has been re-defined with a different source\n");
	check_said(OPEN "- rule: r\n  source: k8s_audit\n  condition: and proc.name = a\n"
			"  override: {condition: append}\n",
		   "LOAD_ERR_VALIDATE 6:3 Rule has been re-defined with a different source\n");
	check_said(OPEN "- rule: r\n  source: syscall\n  condition: and proc.name = a\n"
			"  override: {condition: append}\n",
		   "");
}

static void conditions_are_appended_behind_a_blank(void **state)
{
	(void)state;
	check_compiled(OPEN "- rule: r\n  append: true\n  condition: or evt.type = close\n",
		       "(evt.type = open or evt.type = close)\n");
	check_compiled("- macro: m\n  condition: proc.name = a\n"
		       "- macro: m\n  append: true\n  condition: or proc.name = b\n" RULE(
			       "evt.type = open and m"),
		       "(evt.type = open and (proc.name = a or proc.name = b))\n");
	check_compiled("- list: l\n  items: [open]\n- list: l\n  override: {items: append}\n  "
		       "items: [close]\n" RULE("evt.type in (l)"),
		       "evt.type in (open, close)\n");
}

static void the_old_append_is_deprecated(void **state)
{
	(void)state;
	check_said(OPEN "- rule: r\n  append: true\n  condition: and proc.name = a\n",
		   OLD_APPEND("6"));
	check_said(OPEN "- rule: r\n  append: true\n",
		   OLD_APPEND("6") "LOAD_ERR_VALIDATE 6:3 Appended rule must have exceptions or "
				   "condition property\n");
	check_said(
		OPEN "- rule: r\n  append: true\n  condition: and proc.name = a\n"
		     "  override: {condition: append}\n",
		OLD_APPEND("6") "LOAD_ERR_YAML_VALIDATE 6:3 Keys 'override' and 'append: true' "
				"cannot be used together. Add an 'append' entry (e.g. 'condition: "
				"append') under 'override' instead.\n");
}

static void there_must_be_something_to_append_to(void **state)
{
	(void)state;
	check_said("- list: l\n  items: [a]\n  append: true\n",
		   OLD_APPEND("1") "LOAD_ERR_VALIDATE 1:3 List uses 'append' or 'override.items: "
				   "append' but no list by that name already exists\n");
	check_said("- macro: m\n  condition: or a\n  override: {condition: append}\n",
		   "LOAD_ERR_VALIDATE 1:3 Macro uses 'append' or 'override.condition: append' but "
		   "no macro by that name already exists\n");
	check_said(
		"- rule: r\n  condition: or a\n  override: {condition: append}\n",
		"LOAD_ERR_VALIDATE 1:3 Rule uses 'append' or 'override.<key>: append' but no rule "
		"by that name already exists\n");
	check_said(
		"- rule: r\n  enabled: false\n  override: {enabled: replace}\n",
		"LOAD_ERR_VALIDATE 1:3 An 'override.<key>: replace' to a rule was requested but no "
		"rule by that name already exists\n");
	check_said(
		"- rule: r\n  enabled: false\n",
		"LOAD_DEPRECATED_ITEM 1:3 The standalone 'enabled' key usage is deprecated. The "
		"correct approach requires also a 'replace' entry under the 'override' key (i.e. "
		"'enabled: replace').\n"
		"LOAD_ERR_VALIDATE 1:3 Rule has 'enabled' key but no rule by that name already "
		"exists\n");
	/* Replacing what is not there defines it. */
	check_said("- list: l\n  items: [a]\n  override: {items: replace}\n",
		   "LOAD_UNUSED_LIST 1:3 List not referred to by any other rule/macro\n");
}

static void overrides_name_what_they_change(void **state)
{
	(void)state;
	check_said(
		OPEN
		"- rule: r\n  condition: and proc.name = a\n  override: {conditions: append}\n",
		"LOAD_ERR_YAML_VALIDATE 8:14 Key 'conditions' cannot be appended to, use 'replace' "
		"instead\n");
	check_said(
		OPEN "- rule: r\n  priority: INFO\n  override: {priority: append}\n",
		"LOAD_ERR_YAML_VALIDATE 8:14 Key 'priority' cannot be appended to, use 'replace' "
		"instead\n");
	check_said(OPEN "- rule: r\n  source: syscall\n  override: {source: replace}\n",
		   "LOAD_ERR_YAML_VALIDATE 8:14 Key 'source' cannot be replaced\n");
	check_said(
		OPEN "- rule: r\n  tags: [a]\n  override: {tags: remove}\n",
		"LOAD_ERR_YAML_VALIDATE 8:20 Invalid override operation for key 'tags': 'remove'. "
		"Allowed values are: append replace \n");
	check_said(
		OPEN "- rule: r\n  override: {tags: append}\n",
		"LOAD_ERR_YAML_VALIDATE 6:3 An append override for 'tags' was specified but 'tags' "
		"is not defined\n");
	check_said(OPEN
		   "- rule: r\n  tags: [a]\n  output: b\n  desc: c\n  override: {tags: append}\n",
		   "LOAD_ERR_YAML_VALIDATE 9:9 Unexpected key 'desc': no corresponding entry under "
		   "'override' is defined.\n");
	check_said(
		OPEN "- rule: r\n  tags: [a]\n  override: [tags]\n",
		"LOAD_ERR_VALIDATE 1:1 invalid node; this may result from using a map iterator as "
		"a sequence iterator, or vice-versa\n");
}

static void every_part_of_a_rule_can_be_changed(void **state)
{
	struct loaded *l = *state;
	const struct rule *r;

	load(l,
	     "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  condition: evt.type = open\n"
	     "  tags: [b]\n"
	     "- rule: r\n  desc: e\n  output: p\n  tags: [c, a, b]\n  condition: or evt.type = "
	     "read\n"
	     "  override: {desc: append, output: append, tags: append, condition: append}\n"
	     "- rule: r\n  priority: ALERT\n  enabled: false\n  warn_evttypes: false\n"
	     "  skip-if-unknown-filter: true\n  capture: true\n  capture_duration: 5\n"
	     "  override: {priority: replace, enabled: replace, warn_evttypes: replace,\n"
	     "    skip-if-unknown-filter: replace, capture: replace, capture_duration: replace}\n");
	assert_int_equal(ruleset_compile(l->rs, NULL, &l->dl), 0);
	assert_string_equal(said(l), "");
	assert_int_equal(ruleset_rules(l->rs, &r), 1);
	assert_sv(r->desc, "d e");
	assert_sv(r->output, "o p");
	assert_sv(r->condition, "evt.type = open or evt.type = read");
	assert_int_equal(r->ntags, 3);
	assert_sv(r->tags[0], "a");
	assert_sv(r->tags[1], "b");
	assert_sv(r->tags[2], "c");
	assert_int_equal(r->priority, PRIO_ALERT);
	assert_false(r->enabled);
}

static void a_replaced_part_is_gone(void **state)
{
	struct loaded *l = *state;
	const struct rule *r;

	load(l,
	     "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  condition: evt.type = open\n"
	     "  tags: [b]\n  exceptions: [{name: e, fields: proc.name, values: [a]}]\n");
	load(l, "- rule: r\n  desc: e\n  output: p\n  tags: [c]\n  condition: evt.type = read\n"
		"  exceptions: [{name: f, fields: proc.name, comps: in, values: [b]}]\n"
		"  override: {desc: replace, output: replace, tags: replace, condition: replace,\n"
		"    exceptions: replace}\n");
	assert_int_equal(ruleset_compile(l->rs, NULL, &l->dl), 0);
	assert_string_equal(said(l), "");
	assert_int_equal(ruleset_rules(l->rs, &r), 1);
	assert_sv(r->desc, "e");
	assert_sv(r->output, "p");
	assert_sv(r->condition, "evt.type = read");
	assert_int_equal(r->ntags, 1);
	assert_sv(r->tags[0], "c");
	buf_clear(&l->text);
	ast_print(r->ast, &l->text);
	assert_string_equal(buf_cstr(&l->text), "(evt.type = read and not proc.name in (b))");
	/* Where the definition stands, not what changed it. */
	assert_sv(r->file, "a.yaml");
	assert_int_equal(r->line, 1);
}

static void exceptions_grow_by_values(void **state)
{
#define WITH_EXCEPTION OPEN "  exceptions: [{name: e, fields: proc.name, values: [a]}]\n"
#define APPEND(what)                                                                               \
	"- rule: r\n  exceptions: [{name: " what "}]\n  override: {exceptions: append}\n"
	(void)state;
	check_compiled(WITH_EXCEPTION APPEND("e, values: [b]"),
		       "(evt.type = open and not proc.name in (a, b))\n");
	check_compiled(WITH_EXCEPTION APPEND("f, fields: fd.name, values: [b]"),
		       "(evt.type = open and not proc.name in (a) and not fd.name in (b))\n");
	check_said(WITH_EXCEPTION APPEND("e, fields: proc.name, values: [b]"),
		   "LOAD_ERR_VALIDATE 8:16 Can not append exception fields to existing exception, "
		   "only values\n");
	check_said(WITH_EXCEPTION APPEND("e, comps: in, values: [b]"),
		   "LOAD_ERR_VALIDATE 8:16 Can not append exception comps to existing exception, "
		   "only values\n");
	check_said(WITH_EXCEPTION APPEND("e"),
		   "LOAD_APPEND_NO_VALUES 8:16 Overriding/appending exception with no values\n");
	check_said(WITH_EXCEPTION APPEND("f, values: [b]"),
		   "LOAD_ERR_VALIDATE 8:16 Rule exception must have fields property with a list of "
		   "fields\n");
	check_said(WITH_EXCEPTION APPEND("f, fields: fd.name"),
		   "LOAD_APPEND_NO_VALUES 8:16 Overriding/appending exception with no values\n"
		   "LOAD_ERR_VALIDATE 8:16 Rule exception must have values property with a list of "
		   "values\n");
#undef APPEND
#undef WITH_EXCEPTION
}

/* Falco takes them over unchecked and crashes on missing comps, all or some. */
static void overriding_exceptions_are_judged_by_their_condition(void **state)
{
#define REPLACE(what)                                                                              \
	OPEN "- rule: r\n  exceptions: [{name: e, " what "}]\n  override: {exceptions: replace}\n"
	(void)state;
	check_compiled(REPLACE("fields: [proc.name, fd.name], values: [[a, b]]"),
		       "(evt.type = open and not (proc.name = a and fd.name = b))\n");
	check_compiled(REPLACE("fields: [proc.name], comps: [=, in], values: [[a]]"),
		       "(evt.type = open and not proc.name = a)\n");
	check_said(REPLACE("fields: [proc.name, fd.name], comps: [=], values: [[a, b]]"),
		   "LOAD_ERR_VALIDATE 7:16 Fields and comps lists must have equal length\n");
	check_said(REPLACE("fields: proc.nme, comps: in, values: [a]"),
		   "LOAD_ERR_COMPILE_CONDITION 6:42 filter_check called with nonexistent field "
		   "proc.nme\n");
#undef REPLACE
}

static void the_old_way_to_switch_off_still_works(void **state)
{
	struct loaded *l = *state;
	const struct rule *r;

	load(l, OPEN "- rule: r\n  enabled: false\n");
	assert_int_equal(ruleset_compile(l->rs, NULL, &l->dl), 0);
	assert_int_equal(l->dl.n, 1);
	assert_int_equal(l->dl.items[0].code, LOAD_DEPRECATED_ITEM);
	assert_int_equal(ruleset_rules(l->rs, &r), 1);
	assert_false(r->enabled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_definition_counts),
		cmocka_unit_test(redefined_rules_keep_their_place),
		cmocka_unit_test(rules_do_not_move_to_another_source),
		cmocka_unit_test(conditions_are_appended_behind_a_blank),
		cmocka_unit_test(the_old_append_is_deprecated),
		cmocka_unit_test(there_must_be_something_to_append_to),
		cmocka_unit_test(overrides_name_what_they_change),
		LOADED_TEST(every_part_of_a_rule_can_be_changed),
		LOADED_TEST(a_replaced_part_is_gone),
		cmocka_unit_test(exceptions_grow_by_values),
		cmocka_unit_test(overriding_exceptions_are_judged_by_their_condition),
		LOADED_TEST(the_old_way_to_switch_off_still_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
