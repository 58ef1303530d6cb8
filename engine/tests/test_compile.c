/* Outputs, rules that may be left out, and what is said about conditions that are odd. */
#include "engine/tests/rules.h"

#define WITH_OUTPUT(output)                                                                        \
	"- rule: r\n  desc: d\n  priority: INFO\n  condition: evt.type = open\n  output: " output  \
	"\n"
#define SKIPPABLE "  skip-if-unknown-filter: true\n"
#define MANY_TYPES                                                                                 \
	"LOAD_NO_EVTTYPE 1:3 Rule matches too many evt.type values. This has a significant "       \
	"performance penalty.\n"

static void outputs_are_checked(void **state)
{
	(void)state;
	check_said(WITH_OUTPUT("'%proc.name 100%% %%'"),
		   "LOAD_ERR_COMPILE_OUTPUT 5:11 unknown filter: unexpected token after '\n");
	check_said(WITH_OUTPUT("'%proc.nme is gone'"),
		   "LOAD_ERR_COMPILE_OUTPUT 5:11 unknown filter: unexpected token after '\n");
	check_said(WITH_OUTPUT("'%proc.name %'"), "LOAD_ERR_COMPILE_OUTPUT 5:11 invalid formatting "
						  "syntax: formatting cannot end with a %\n");
	check_said(WITH_OUTPUT("'%toupper(proc.name'"),
		   "LOAD_ERR_COMPILE_OUTPUT 5:11 unknown filter: unexpected token after '\n");
	check_said(WITH_OUTPUT("'x %container.info'"),
		   "LOAD_DEPRECATED_ITEM 1:3 %container.info is deprecated and no more useful, and "
		   "will be dropped by Falco 1.0.0. The container plugin will automatically add "
		   "required fields to the output message.\n");
	check_said(WITH_OUTPUT("'%evt.latency %evt.dir'"),
		   "LOAD_DEPRECATED_ITEM 5:11 usage of deprecated field 'evt.dir' has been "
		   "detected in the rule output\n"
		   "LOAD_DEPRECATED_ITEM 5:11 usage of deprecated field 'evt.latency' has been "
		   "detected in the rule output\n");
}

static void container_info_is_taken_out(void **state)
{
	struct loaded *l = *state;
	const struct rule *r;
	const struct format_field *fields;

	load(l, WITH_OUTPUT("'a %container.info b %container.info'"));
	assert_int_equal(ruleset_compile(l->rs, NULL, &l->dl), 0);
	assert_int_equal(ruleset_rules(l->rs, &r), 1);
	assert_sv(r->output, "a %container.info b %container.info");
	assert_int_equal(format_fields(r->format, &fields), 0);
}

static void what_is_unknown_can_be_left_out(void **state)
{
	(void)state;
	check_said(RULE("evt.type = opn") SKIPPABLE,
		   "LOAD_UNKNOWN_FILTER 6:15 unknown event type opn\n");
	check_said(
		RULE("evt.type = open and proc.nme = a") SKIPPABLE,
		"LOAD_UNKNOWN_FILTER 6:35 filter_check called with nonexistent field proc.nme\n");
	check_said(WITH_OUTPUT("'%proc.nme'") SKIPPABLE,
		   "LOAD_UNKNOWN_FILTER 5:11 unknown filter: unexpected token after '\n");
	check_said(RULE("evt.type = open and fd.num = many") SKIPPABLE,
		   "LOAD_ERR_COMPILE_CONDITION 6:35 many is not a valid number\n");
	check_said(RULE("evt.type = open and proc.nme = a"),
		   "LOAD_ERR_COMPILE_CONDITION 6:35 filter_check called with nonexistent field "
		   "proc.nme\n");
}

static void left_out_rules_do_not_run(void **state)
{
	struct loaded *l = *state;
	const struct rule *r;

	load(l, RULE_NAMED("a", "proc.nme = a") SKIPPABLE RULE_NAMED("b", "evt.type = open"));
	assert_int_equal(ruleset_compile(l->rs, NULL, &l->dl), 0);
	assert_int_equal(ruleset_rules(l->rs, &r), 1);
	assert_sv(r->name, "b");
}

static void rules_for_too_many_events_are_told(void **state)
{
	(void)state;
	check_said(RULE("proc.name = a"), MANY_TYPES);
	check_said(RULE("evt.type != open"), MANY_TYPES);
	check_said(RULE("proc.name = a") "  warn_evttypes: false\n", "");
	check_said(RULE("evt.type = open and evt.type = close"), MANY_TYPES);
}

static void deprecated_fields_are_told(void **state)
{
	(void)state;
	check_said(RULE("evt.type = open and evt.dir = <"),
		   "LOAD_DEPRECATED_ITEM 5:14 due to the drop of enter events, 'evt.dir = <' "
		   "always evaluates to true, and 'evt.dir = >' always evaluates to false. The "
		   "rule expression can be simplified by removing the condition on 'evt.dir'\n");
	check_said(RULE("evt.type = open and evt.latency > 5 and evt.latency.s > 1"),
		   "LOAD_DEPRECATED_ITEM 5:14 field is not available due to the drop of enter "
		   "events.\n"
		   "LOAD_DEPRECATED_ITEM 5:14 field is not available due to the drop of enter "
		   "events.\n");
}

static void constants_that_look_like_something_else_are_told(void **state)
{
	(void)state;
	check_said(RULE("evt.type = open and proc.name = proc.pname"),
		   "LOAD_COMPILE_CONDITION 6:47 'proc.pname' may be a valid field misused as a "
		   "const string value\n");
	check_said(RULE("evt.type = open and proc.name = \"toupper( a )\""),
		   "LOAD_COMPILE_CONDITION 6:47 'toupper( a )' may be a valid field transformer "
		   "misused as a const string value\n");
	check_said(RULE("evt.type = open and proc.name in (a, fd.name)"),
		   "LOAD_COMPILE_CONDITION 6:48 'fd.name' may be a valid field misused as a const "
		   "string value\n");
	check_said(RULE("evt.type = open and proc.name regex \"^a.*\""),
		   "LOAD_COMPILE_CONDITION 6:51 regex check with '^a.*' may be optimized with "
		   "simpler operators such as '=', 'contains', 'startswith', 'endswith'\n");
	check_said(RULE("evt.type = open and proc.name regex \"^a.*b\""), "");
	check_said(RULE("evt.type = open and proc.name = a.b"), "");
}

static void what_may_be_missing_is_told(void **state)
{
	(void)state;
	check_said(RULE("evt.type = open and ka.verb = \"<NA>\"") SKIPPABLE,
		   "LOAD_UNSAFE_NA_CHECK 5:14 \n"
		   "LOAD_UNKNOWN_FILTER 6:35 filter_check called with nonexistent field ka.verb\n");
	check_said(RULE("evt.type = open and proc.name = \"<NA>\""), "");
}

static void check_hint(const char *text, const char *want)
{
	void *state;

	assert_int_equal(loaded_setup(&state), 0);
	struct loaded *l = state;
	load(l, text);
	assert_int_equal(l->dl.n, 1);
	buf_putsv(&l->text, l->dl.items[0].hint);
	assert_string_equal(buf_cstr(&l->text), want);
	loaded_teardown(&state);
}

static void hints_suggest_a_field(void **state)
{
	(void)state;
	check_hint(RULE("evt.type = open and proc.nmae = a"), "proc.name");
	check_hint(RULE("evt.type = open and nothing.like.it = a"), "");
	check_hint(RULE("evt.type = opne"), "");
	check_hint(WITH_OUTPUT("'a %prc.name'"), "proc.name");
	check_hint(WITH_OUTPUT("'a %20toupper(fd.nmae)'"), "fd.name");
	check_hint(WITH_OUTPUT("'100% sure'"), "");
	check_hint(WITH_OUTPUT("'100%'"), "");
	check_hint(RULE("evt.type = open") "  exceptions: [{name: e, fields: fd.nme}]\n",
		   "fd.name");
}

/* "file:line:col" of the word, "" if it was not found. */
static void check_spot(const char *text, const char *want)
{
	void *state;

	assert_int_equal(loaded_setup(&state), 0);
	struct loaded *l = state;
	load(l, text);
	assert_int_equal(l->dl.n, 1);
	const struct diag_spot *at = &l->dl.items[0].spot;
	if (at->file.n)
		buf_printf(&l->text, SV_FMT ":%u:%u", SV_ARG(at->file), at->line + 1, at->col + 1);
	assert_string_equal(buf_cstr(&l->text), want);
	loaded_teardown(&state);
}

static void people_are_shown_the_word_itself(void **state)
{
	(void)state;
	check_spot(RULE("evt.type = open and proc.nme = a"), "a.yaml:5:34");
	check_spot(RULE("evt.type = opn"), "a.yaml:5:25");
	check_spot(RULE("evt.type = open\n    and never"), "a.yaml:6:9");
	check_spot(RULE("evt.type = open and proc.name = proc.pname"), "a.yaml:5:46");
	check_spot(WITH_OUTPUT("'a %proc.nme'"), "a.yaml:5:15");
	/* In a macro. */
	check_spot("- macro: m\n  condition: proc.nme = a\n" RULE("evt.type = open and m"),
		   "a.yaml:2:14");
	/* Only as part of another word, or in the next item. */
	check_spot(
		"- list: l\n  items: [opn]\n" RULE("evt.type in (l)") "- list: opn\n  items: []\n",
		"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outputs_are_checked),
		LOADED_TEST(container_info_is_taken_out),
		cmocka_unit_test(what_is_unknown_can_be_left_out),
		LOADED_TEST(left_out_rules_do_not_run),
		cmocka_unit_test(rules_for_too_many_events_are_told),
		cmocka_unit_test(deprecated_fields_are_told),
		cmocka_unit_test(constants_that_look_like_something_else_are_told),
		cmocka_unit_test(what_may_be_missing_is_told),
		cmocka_unit_test(hints_suggest_a_field),
		cmocka_unit_test(people_are_shown_the_word_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
