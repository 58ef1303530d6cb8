/* What the schema has to say: never an error, always told. */
#include "engine/tests/rules.h"

/* schema_valid and the warnings, one per line. */
static void check_schema(const char *text, bool valid, const char *want)
{
	void *state;

	assert_int_equal(loaded_setup(&state), 0);
	struct loaded *l = state;
	load(l, text);
	const struct diag_file *f = &l->dl.files[0];
	assert_true(f->schema_checked);
	assert_int_equal(f->schema_valid, valid);
	buf_clear(&l->text);
	for (size_t i = 0; i < f->nschema_warnings; i++)
		buf_printf(&l->text, SV_FMT "\n", SV_ARG(f->schema_warnings[i]));
	assert_string_equal(buf_cstr(&l->text), want);
	loaded_teardown(&state);
}

static void good_files_get_no_warnings(void **state)
{
	(void)state;
	check_schema(RULE("evt.type = open") "  tags: [a]\n  enabled: true\n", true, "");
	check_schema("- list: l\n  items: [1, a]\n", true, "");
}

static void unknown_keys_are_refused(void **state)
{
	(void)state;
	check_schema("- list: l\n  items: []\n  colour: red\n", false,
		     "failed for <root>[0]: Object contains a property that could not be validated "
		     "using 'properties' or 'additionalProperties' constraints: 'colour'.\n"
		     "failed for <root>: Failed to validate item #0 in array.\n");
	check_schema("- list: l\n  list: m\n  items: []\n", false,
		     "failed for <root>[0]: Object contains a property that could not be validated "
		     "using 'properties' or 'additionalProperties' constraints: ''.\n"
		     "failed for <root>: Failed to validate item #0 in array.\n");
}

static void types_are_checked_weakly(void **state)
{
	(void)state;
	check_schema(
		RULE("evt.type = open") "  enabled: yes\n", false,
		"failed for <root>[0][enabled]: Value type not permitted by 'type' constraint.\n"
		"failed for <root>[0]: Failed to validate against schema associated with property "
		"name 'enabled'.\n"
		"failed for <root>: Failed to validate item #0 in array.\n");
	check_schema(RULE("evt.type = open") "  enabled: \"true\"\n", true, "");
	check_schema(RULE("evt.type = open") "  capture_duration: \" 12\"\n", true, "");
	check_schema(RULE("evt.type = open") "  capture_duration: 1.5\n", false,
		     "failed for <root>[0][capture_duration]: Value type not permitted by 'type' "
		     "constraint.\n"
		     "failed for <root>[0]: Failed to validate against schema associated with "
		     "property name 'capture_duration'.\n"
		     "failed for <root>: Failed to validate item #0 in array.\n");
	check_schema(
		"- list: l\n  items: [[a]]\n", false,
		"failed for <root>[0][items][0]: Value type not permitted by 'type' constraint.\n"
		"failed for <root>[0][items][0]: Failed to validate against child schema #0.\n"
		"failed for <root>[0][items][0]: Value type not permitted by 'type' constraint.\n"
		"failed for <root>[0][items][0]: Failed to validate against child schema #1.\n"
		"failed for <root>[0][items][0]: Failed to validate against any schemas allowed by "
		"anyOf constraint.\n"
		"failed for <root>[0][items]: Failed to validate item #0 in array.\n"
		"failed for <root>[0]: Failed to validate against schema associated with property "
		"name 'items'.\n"
		"failed for <root>: Failed to validate item #0 in array.\n");
	check_schema("- list: 5\n  items: a\n", false,
		     "failed for <root>[0][items]: Value type not permitted by 'type' constraint.\n"
		     "failed for <root>[0]: Failed to validate against schema associated with "
		     "property name 'items'.\n"
		     "failed for <root>: Failed to validate item #0 in array.\n");
	check_schema("text\n", false,
		     "failed for <root>: Value type not permitted by 'type' constraint.\n");
}

static void priorities_are_in_capitals(void **state)
{
	(void)state;
	check_schema("- rule: r\n  priority: INFO\n", true, "");
	check_schema("- rule: r\n  priority: Info\n", false,
		     "failed for <root>[0][priority]: Failed to match against any enum values.\n"
		     "failed for <root>[0]: Failed to validate against schema associated with "
		     "property name 'priority'.\n"
		     "failed for <root>: Failed to validate item #0 in array.\n");
}

static void overrides_and_exceptions_are_looked_into(void **state)
{
	(void)state;
	check_schema(
		"- rule: r\n  override: {}\n", false,
		"failed for <root>[0][override]: Object should have no fewer than 1 properties.\n"
		"failed for <root>[0]: Failed to validate against schema associated with property "
		"name 'override'.\n"
		"failed for <root>: Failed to validate item #0 in array.\n");
	check_schema(
		"- rule: r\n  override: {tags: prepend}\n", false,
		"failed for <root>[0][override][tags]: Failed to match against any enum values.\n"
		"failed for <root>[0][override]: Failed to validate against schema associated with "
		"property name 'tags'.\n"
		"failed for <root>[0]: Failed to validate against schema associated with property "
		"name 'override'.\n"
		"failed for <root>: Failed to validate item #0 in array.\n");
	check_schema("- rule: r\n  exceptions: [{fields: a}]\n", false,
		     "failed for <root>[0][exceptions][0]: Missing required property 'name'.\n"
		     "failed for <root>[0][exceptions]: Failed to validate item #0 in array.\n"
		     "failed for <root>[0]: Failed to validate against schema associated with "
		     "property name 'exceptions'.\n"
		     "failed for <root>: Failed to validate item #0 in array.\n");
	check_schema("- required_plugin_versions: [{name: a}]\n", false,
		     "failed for <root>[0][required_plugin_versions][0]: Missing required property "
		     "'version'.\n"
		     "failed for <root>[0][required_plugin_versions]: Failed to validate item #0 "
		     "in array.\n"
		     "failed for <root>[0]: Failed to validate against schema associated with "
		     "property name 'required_plugin_versions'.\n"
		     "failed for <root>: Failed to validate item #0 in array.\n");
}

static void the_first_of_several_documents_decides(void **state)
{
	(void)state;
	check_schema("- list: l\n  items: []\n---\n- list: m\n", true, "");
	check_schema("- list: l\n  items: x\n---\n- list: m\n", false,
		     "failed for <root>[0][items]: Value type not permitted by 'type' constraint.\n"
		     "failed for <root>[0]: Failed to validate against schema associated with "
		     "property name 'items'.\n"
		     "failed for <root>: Failed to validate item #0 in array.\n"
		     "ok\n");
}

static void there_is_an_end_to_warnings(void **state)
{
	struct loaded *l = *state;
	struct buf text = { 0 };

	for (int i = 0; i < 3000; i++)
		buf_puts(&text, "- x: y\n");
	load(l, buf_cstr(&text));
	buf_deinit(&text);
	assert_false(l->dl.files[0].schema_valid);
	assert_int_equal(l->dl.files[0].nschema_warnings, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_files_get_no_warnings),
		cmocka_unit_test(unknown_keys_are_refused),
		cmocka_unit_test(types_are_checked_weakly),
		cmocka_unit_test(priorities_are_in_capitals),
		cmocka_unit_test(overrides_and_exceptions_are_looked_into),
		cmocka_unit_test(the_first_of_several_documents_decides),
		LOADED_TEST(there_is_an_end_to_warnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
