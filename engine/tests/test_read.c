/* What may stand in a rule file, and what is said about the rest. */
#include "engine/tests/rules.h"

struct saying {
	const char *text, *said;
};

static void check_sayings(const struct saying *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_said(s[i].text, s[i].said);
}

#define CHECK_SAYINGS(s) check_sayings(s, sizeof(s) / sizeof(s)[0])

static void a_file_is_a_sequence_of_mappings(void **state)
{
	static const struct saying sayings[] = {
		{ "", "" },
		{ "# nothing\n", "" },
		{ "---\n", "" },
		{ "text\n", "LOAD_ERR_YAML_VALIDATE 1:1 Rules content is not yaml\n" },
		{ "rule: r\n",
		  "LOAD_ERR_YAML_VALIDATE 1:1 Rules content is not yaml array of objects\n" },
		{ "-\n- ~\n", "" },
		{ "- text\n",
		  "LOAD_ERR_YAML_VALIDATE 1:3 Unexpected element type. Each element should be a "
		  "yaml associative array.\n" },
		{ "- [a]\n",
		  "LOAD_ERR_YAML_VALIDATE 1:3 Unexpected element type. Each element should be a "
		  "yaml associative array.\n" },
		{ "- rool: r\n", "LOAD_UNKNOWN_ITEM 1:3 Unknown top level item\n" },
		{ "- list: a\n items: [b]\n",
		  "LOAD_ERR_YAML_PARSE 2:2 yaml-cpp: error at line 2, column 2: end of sequence "
		  "not found\n" },
	};

	(void)state;
	CHECK_SAYINGS(sayings);
}

static void documents_are_read_one_after_the_other(void **state)
{
	(void)state;
	check_said("- list: a\n  items: [b]\n---\n- list: c\n  items: [a]\n",
		   "LOAD_UNUSED_LIST 4:3 List not referred to by any other rule/macro\n");
}

static void engine_versions_are_compared(void **state)
{
	static const struct saying sayings[] = {
		{ "- required_engine_version: 62\n", "" },
		{ "- required_engine_version: 0.62.0\n", "" },
		{ "- required_engine_version: 0.6.13\n", "" },
		{ "- required_engine_version: 63\n",
		  "LOAD_ERR_VALIDATE 1:3 Rules require engine version 0.63.0, but engine version "
		  "is 0.62.0\n" },
		{ "- required_engine_version: 0.62.1\n",
		  "LOAD_ERR_VALIDATE 1:3 Rules require engine version 0.62.1, but engine version "
		  "is 0.62.0\n" },
		{ "- required_engine_version: 1.0.0\n",
		  "LOAD_ERR_VALIDATE 1:3 Rules require engine version 1.0.0, but engine version "
		  "is 0.62.0\n" },
		{ "- required_engine_version: new\n",
		  "LOAD_ERR_YAML_VALIDATE 1:3 Unable to parse engine version 'new' as a semver "
		  "string. Expected \"x.y.z\" semver format.\n" },
	};

	(void)state;
	CHECK_SAYINGS(sayings);
}

static void the_container_plugin_is_the_one_there_is(void **state)
{
	static const struct saying sayings[] = {
		{ "- required_plugin_versions:\n  - name: container\n    version: 0.2.2\n", "" },
		{ "- required_plugin_versions:\n  - name: container\n    version: 0.99.0\n",
		  "LOAD_ERR_VALIDATE 2:5 Plugin 'container' version '0.7.1' is not compatible "
		  "with required plugin version '0.99.0'\n" },
		{ "- required_plugin_versions:\n  - name: k8saudit\n    version: 0.7.0\n"
		  "    alternatives:\n    - name: k8saudit-eks\n      version: 0.4.0\n",
		  "LOAD_ERR_VALIDATE 2:5 Plugin requirement not satisfied, must load one of: "
		  "k8saudit (>= 0.7.0), k8saudit-eks (>= 0.4.0)\n" },
		{ "- required_plugin_versions:\n  - name: json\n    version: 0.7.0\n"
		  "    alternatives:\n    - name: container\n      version: 0.1.0\n",
		  "" },
		{ "- required_plugin_versions:\n  - name: container\n    version: one\n",
		  "LOAD_ERR_VALIDATE 2:5 Invalid required version 'one' for plugin "
		  "'container'\n" },
		{ "- required_plugin_versions:\n  - name: a\n    version: 0.1.0\n"
		  "    alternatives:\n    - name: a\n      version: 0.2.0\n",
		  "LOAD_ERR_VALIDATE 2:5 Defined multiple alternative version requirements for "
		  "plugin 'a'\n" },
		{ "- required_plugin_versions: {name: container}\n",
		  "LOAD_ERR_YAML_VALIDATE 1:29 Value of required_plugin_versions must be a "
		  "sequence\n" },
		{ "- required_plugin_versions: [container]\n",
		  "LOAD_ERR_YAML_VALIDATE 1:30 Plugin version must be a mapping\n" },
		{ "- required_plugin_versions: [{name: container}]\n",
		  "LOAD_ERR_YAML_VALIDATE 1:30 Item has no mapping for key 'version'\n" },
		{ "- required_plugin_versions: [{name: a, version: 1.0.0, alternatives: b}]\n",
		  "LOAD_ERR_YAML_VALIDATE 1:30 Value of plugin version alternatives must be a "
		  "sequence\n" },
		{ "- required_plugin_versions: [{name: a, version: 1.0.0, alternatives: [b]}]\n",
		  "LOAD_ERR_YAML_VALIDATE 1:71 Plugin version alternative must be a mapping\n" },
	};

	(void)state;
	CHECK_SAYINGS(sayings);
}

static void lists_need_a_name_and_items(void **state)
{
#define UNUSED "LOAD_UNUSED_LIST 1:3 List not referred to by any other rule/macro\n"
	static const struct saying sayings[] = {
		{ "- list: a\n",
		  "LOAD_ERR_YAML_VALIDATE 1:3 Item has no mapping for key 'items'\n" },
		{ "- list: a\n  items:\n", "LOAD_ERR_YAML_VALIDATE 3:1 Value is not a sequence\n" },
		{ "- list: a\n  items: b\n",
		  "LOAD_ERR_YAML_VALIDATE 2:10 Value is not a sequence\n" },
		{ "- list: a\n  items: [b, [c]]\n",
		  "LOAD_ERR_YAML_VALIDATE 2:14 sequence value is not scalar\n" },
		{ "- list:\n  items: [b]\n",
		  "LOAD_ERR_YAML_VALIDATE 1:3 Mapping for key 'list' is empty\n" },
		{ "- list: \"\"\n  items: [b]\n",
		  "LOAD_ERR_YAML_VALIDATE 1:9 Value must be non-empty\n" },
		{ "- list: [a]\n  items: [b]\n",
		  "LOAD_ERR_YAML_VALIDATE 1:9 Value is not a scalar value\n" },
		{ "- list: a b\n  items: [b]\n",
		  "LOAD_INVALID_LIST_NAME 1:3 List has an invalid name. List names should match a "
		  "regular expression: ([^()\"'[:space:]=,]+)\n" UNUSED },
		{ "- list: a\n  items: [b]\n  itms: [c]\n",
		  "LOAD_UNKNOWN_KEY 1:3 Unknown key 'itms'. The key will be ignored.\n" UNUSED },
		{ "- list: a\n  items: [b]\n  ~: c\n",
		  "LOAD_UNKNOWN_KEY 1:3 Unknown key 'null'. The key will be ignored.\n" UNUSED },
		{ "- list: a\n  items: [b]\n  append: maybe\n",
		  "LOAD_ERR_YAML_VALIDATE 3:11 Can't decode YAML scalar value\n" },
	};
#undef UNUSED

	(void)state;
	CHECK_SAYINGS(sayings);
}

static void macros_need_a_name_and_a_condition(void **state)
{
#define UNUSED "LOAD_UNUSED_MACRO 1:3 Macro not referred to by any other rule/macro\n"
	static const struct saying sayings[] = {
		{ "- macro: a\n",
		  "LOAD_ERR_YAML_VALIDATE 1:3 Item has no mapping for key 'condition'\n" },
		{ "- macro: a\n  condition: \"\"\n",
		  "LOAD_ERR_YAML_VALIDATE 2:14 Value must be non-empty\n" },
		{ "- macro: a\n  condition: {a: b}\n",
		  "LOAD_ERR_YAML_VALIDATE 2:14 Value is not a scalar value\n" },
		{ "- macro: a-b\n  condition: proc.name = a\n",
		  "LOAD_INVALID_MACRO_NAME 1:3 Macro has an invalid name. Macro names should match "
		  "a regular expression: ([a-zA-Z]+[a-zA-Z0-9_]*)\n" UNUSED },
		{ "- macro: a\n  condition: proc.name = a\n  tags: [b]\n",
		  "LOAD_UNKNOWN_KEY 1:3 Unknown key 'tags'. The key will be ignored.\n" UNUSED },
		{ "- macro: a\n  condition: proc.name = a and\n",
		  "LOAD_ERR_COMPILE_CONDITION 3:32 expected blank or '(' after 'and'\n" },
	};
#undef UNUSED

	(void)state;
	CHECK_SAYINGS(sayings);
}

static void rules_need_what_makes_an_alert(void **state)
{
	static const struct saying sayings[] = {
		{ "- rule: a\n  condition: evt.type = open\n",
		  "LOAD_ERR_YAML_VALIDATE 1:3 Item has no mapping for key 'output'\n" },
		{ "- rule: a\n  output: x\n",
		  "LOAD_ERR_YAML_VALIDATE 1:3 Item has no mapping for key 'condition'\n" },
		{ "- rule: a\n  condition: evt.type = open\n  output: x\n",
		  "LOAD_ERR_YAML_VALIDATE 1:3 Item has no mapping for key 'desc'\n" },
		{ "- rule: a\n  condition: evt.type = open\n  output: x\n  desc: d\n",
		  "LOAD_ERR_YAML_VALIDATE 1:3 Item has no mapping for key 'priority'\n" },
		{ "- rule: a\n  condition: evt.type = open\n  output: x\n  desc: d\n  priority: "
		  "LOUD\n",
		  "LOAD_ERR_YAML_VALIDATE 5:13 Invalid priority\n" },
		{ "- rule: a\n",
		  "LOAD_ERR_YAML_VALIDATE 1:3 Item has no mapping for key 'enabled'\n" },
		{ RULE("evt.type = open") "  enabled: perhaps\n",
		  "LOAD_ERR_YAML_VALIDATE 6:12 Can't decode YAML scalar value\n" },
		{ RULE("evt.type = open") "  capture_duration: -1\n",
		  "LOAD_ERR_YAML_VALIDATE 6:21 Can't decode YAML scalar value\n" },
		{ RULE("evt.type = open") "  tags: a\n",
		  "LOAD_ERR_YAML_VALIDATE 6:9 Value is not a sequence\n" },
		{ RULE("evt.type = open") "  tags: [a, {b: c}]\n",
		  "LOAD_ERR_YAML_VALIDATE 6:13 sequence value is not scalar\n" },
		{ RULE("evt.type = open") "  colour: red\n",
		  "LOAD_UNKNOWN_KEY 1:3 Unknown key 'colour'. The key will be ignored.\n" },
		{ RULE("evt.type = open") "  capture: true\n  capture_duration: 10\n"
					  "  warn_evttypes: false\n  skip-if-unknown-filter: no\n"
					  "  tags: [b, a]\n  enabled: off\n  source: syscall\n",
		  "" },
	};

	(void)state;
	CHECK_SAYINGS(sayings);
}

static void rules_of_other_sources_are_skipped(void **state)
{
	(void)state;
	check_said(RULE("nothing of the kind ((") "  source: k8s_audit\n",
		   "LOAD_UNKNOWN_SOURCE 1:3 Unknown source k8s_audit, skipping\n");
}

static void priorities_are_read_in_any_case(void **state)
{
	static const struct {
		struct sv text;
		enum priority priority;
	} good[] = {
		{ { "EMERGENCY", 9 }, PRIO_EMERGENCY },
		{ { "alert", 5 }, PRIO_ALERT },
		{ { "Critical", 8 }, PRIO_CRITICAL },
		{ { "eRRoR", 5 }, PRIO_ERROR },
		{ { "WARNING", 7 }, PRIO_WARNING },
		{ { "notice", 6 }, PRIO_NOTICE },
		{ { "Info", 4 }, PRIO_INFORMATIONAL },
		{ { "informational", 13 }, PRIO_INFORMATIONAL },
		{ { "debug", 5 }, PRIO_DEBUG },
	};
	enum priority p;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(priority_parse(good[i].text, &p));
		assert_int_equal(p, good[i].priority);
	}
	assert_false(priority_parse(SV("warn"), &p));
	assert_false(priority_parse(SV(""), &p));
	assert_false(priority_parse(SV("debugging"), &p));
}

static void exceptions_must_have_their_shape(void **state)
{
#define OPEN RULE("evt.type = open") "  exceptions:\n"
	static const struct saying sayings[] = {
		{ RULE("evt.type = open") "  exceptions: x\n",
		  "LOAD_ERR_YAML_VALIDATE 6:15 Rule exceptions must be a sequence\n" },
		{ RULE("evt.type = open") "  exceptions:\n", "" },
		{ OPEN "  - x\n", "LOAD_ERR_YAML_VALIDATE 7:5 Rule exception must be a mapping\n" },
		{ OPEN "  - fields: proc.name\n",
		  "LOAD_ERR_YAML_VALIDATE 7:5 Item has no mapping for key 'name'\n" },
		{ OPEN "  - name: e\n",
		  "LOAD_ERR_YAML_VALIDATE 7:5 Item has no mapping for key 'fields'\n" },
		{ OPEN "  - name: e\n    fields: []\n", "LOAD_ERR_VALIDATE 7:5 Rule exception item "
							"must have fields property with a list of "
							"fields\n" },
		{ OPEN "  - name: e\n    fields: proc.nme\n",
		  "LOAD_ERR_VALIDATE 7:5 'proc.nme' is not a supported filter field\n" },
		{ OPEN "  - name: e\n    fields: tolower(proc.name\n",
		  "LOAD_ERR_VALIDATE 7:5 'tolower(proc.name' is not a supported filter field\n" },
		{ OPEN "  - name: e\n    fields: proc.name\n    comps: startswith\n",
		  "LOAD_ERR_VALIDATE 7:5 When fields is a single value, comps must be one of (in, "
		  "pmatch, intersects) or a modifier operator (e.g. startswith oneof)\n" },
		{ OPEN "  - name: e\n    fields: proc.name\n    comps: [in]\n",
		  "LOAD_ERR_VALIDATE 7:5 Fields and comps must both be strings\n" },
		{ OPEN "  - name: e\n    fields: [proc.name]\n    comps: [in, in]\n",
		  "LOAD_ERR_VALIDATE 7:5 Fields and comps lists must have equal length\n" },
		{ OPEN "  - name: e\n    fields: [proc.name]\n    comps: [within]\n",
		  "LOAD_ERR_VALIDATE 7:5 'within' is not a supported comparison operator\n" },
		{ OPEN "  - name: e\n    fields: proc.name\n    values: a\n",
		  "LOAD_ERR_YAML_VALIDATE 9:13 Rule exception values must be a sequence\n" },
		{ OPEN "  - name: e\n    fields: proc.name\n    values: [\"\"]\n",
		  "LOAD_ERR_YAML_VALIDATE 9:14 Value must be non-empty\n" },
		{ OPEN "  - name: e\n    fields: proc.name\n  - name: e\n    fields: fd.name\n",
		  "LOAD_EXCEPTION_NAME_NOT_UNIQUE 9:5 Multiple definitions of exception 'e' in the "
		  "same rule\n" },
		{ OPEN "  - name: e\n    fields: proc.name\n    values: [[a]]\n",
		  "LOAD_ERR_VALIDATE 7:5 Expected values array to contain a list of strings\n" },
		{ OPEN "  - name: e\n    fields: [proc.name]\n    values: [[a, b]]\n",
		  "LOAD_ERR_VALIDATE 7:5 Fields and values lists must have equal length\n" },
	};
#undef OPEN

	(void)state;
	CHECK_SAYINGS(sayings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_a_sequence_of_mappings),
		cmocka_unit_test(documents_are_read_one_after_the_other),
		cmocka_unit_test(engine_versions_are_compared),
		cmocka_unit_test(the_container_plugin_is_the_one_there_is),
		cmocka_unit_test(lists_need_a_name_and_items),
		cmocka_unit_test(macros_need_a_name_and_a_condition),
		cmocka_unit_test(rules_need_what_makes_an_alert),
		cmocka_unit_test(rules_of_other_sources_are_skipped),
		cmocka_unit_test(priorities_are_read_in_any_case),
		cmocka_unit_test(exceptions_must_have_their_shape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
