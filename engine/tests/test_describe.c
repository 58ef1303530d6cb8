/* What falco -L tells of a ruleset; the whole of Falco's rules is in the conformance tests. */
#include "engine/rules/describe.h"
#include "engine/tests/rules.h"

static const char rules_text[] =
	"- required_engine_version: 0.50.0\n"
	"- list: shells\n  items: [sh, bash]\n"
	"- list: programs\n  items: [shells, cat]\n"
	"- macro: opened\n  condition: evt.type in (open, openat) and fd.num >= 0\n"
	"- rule: A\n  desc: first\n  output: \"%proc.name %proc.aname[2]\"\n  priority: ERROR\n"
	"  condition: opened and proc.name in (programs)\n  tags: [t]\n"
	"  exceptions: [{name: e, fields: [fd.name], values: [[x]]}]\n";

static void describe(struct loaded *l, const char *rule)
{
	load(l, rules_text);
	assert_int_equal(ruleset_compile(l->rs, NULL, &l->dl), 0);
	if (rule)
		assert_true(describe_rule(l->rs, sv_of(rule), &l->text));
	else
		assert_true(describe_ruleset(l->rs, &l->text));
}

static void one_rule_is_told_with_what_it_uses(void **state)
{
	struct loaded *l = *state;

	describe(l, "A");
	assert_string_equal(
		buf_cstr(&l->text),
		"{\"rules\":[{\"details\":{\"condition_compiled\":\"(((evt.type in (open, openat) "
		"and fd.num >= 0) and proc.name in (sh, bash, cat)) and not fd.name = x)\","
		"\"condition_fields\":[\"evt.type\",\"fd.name\",\"fd.num\",\"proc.name\"],"
		"\"condition_operators\":[\"=\",\">=\",\"in\"],"
		"\"events\":[\"asyncevent\",\"open\",\"openat\"],"
		"\"exception_fields\":[\"fd.name\"],\"exception_names\":[\"e\"],\"exception_"
		"operators\":[\"=\"],"
		"\"lists\":[\"programs\"],\"macros\":[\"opened\"],"
		"\"output_compiled\":\"%proc.name "
		"%proc.aname[2]\",\"output_fields\":[\"proc.name\",\"proc.aname[2]\"],\"plugins\":["
		"]},"
		"\"info\":{\"capture\":false,\"capture_duration\":0,\"condition\":\"opened and "
		"proc.name in "
		"(programs)\",\"description\":\"first\",\"enabled\":true,\"name\":\"A\","
		"\"output\":\"%proc.name "
		"%proc.aname[2]\",\"priority\":\"Error\",\"source\":\"syscall\",\"tags\":[\"t\"]}}]"
		"}\n");
}

static void all_is_told_with_the_versions(void **state)
{
	struct loaded *l = *state;

	describe(l, NULL);
	assert_non_null(strstr(buf_cstr(&l->text), "\"required_engine_version\":\"0.50.0\""));
	assert_non_null(strstr(buf_cstr(&l->text), "\"items_compiled\":[\"sh\",\"bash\",\"cat\"]"));
	assert_non_null(strstr(buf_cstr(&l->text), "\"name\":\"opened\""));
}

static void unknown_rules_cannot_be_told(void **state)
{
	struct loaded *l = *state;

	load(l, rules_text);
	assert_int_equal(ruleset_compile(l->rs, NULL, &l->dl), 0);
	assert_false(describe_rule(l->rs, SV("B"), &l->text));
	assert_int_equal(l->text.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOADED_TEST(one_rule_is_told_with_what_it_uses),
		LOADED_TEST(all_is_told_with_the_versions),
		LOADED_TEST(unknown_rules_cannot_be_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
