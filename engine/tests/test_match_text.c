/* The text matchers: shell patterns, regular expressions, path prefixes, word sets, searches. */
#include "engine/filter/glob.h"
#include "engine/filter/pathset.h"
#include "engine/filter/regex.h"
#include "engine/filter/search.h"
#include "engine/filter/wordset.h"
#include "format/base/buf.h"
#include "format/tests/test.h"

#include <fnmatch.h>
#include <stdio.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static uint64_t next_random(uint64_t *rng)
{
	*rng += 0x9E3779B97F4A7C15u;
	return hash_u64(*rng);
}

/* A text of up to max parts. */
static void random_text(uint64_t *rng, const char *const *parts, size_t nparts, size_t max,
			struct buf *out)
{
	buf_clear(out);
	for (size_t n = next_random(rng) % (max + 1); n; n--)
		buf_puts(out, parts[next_random(rng) % nparts]);
}

static void globs_match_as_fnmatch_does(void **state)
{
	static const char *const pattern_parts[] = {
		"a",           "b",         "*",       "?",        "[",        "]",
		"!",           "^",         "-",       "\\",       ":",        "/",
		"A",           "[ab]",      "[!a]",    "[a-c]",    "[]-a]",    "[[:alpha:]]",
		"[[:upper:]]", "[[:foo:]]", "[[.a.]]", "[[=b=]c]", "[[.-.]-]", "[:z:]",
		"[.",          ".]",        ".",       "z",
	};
	static const char *const text_parts[] = { "a", "b", "c",  "A", "[", "]",
						  "-", "!", "\\", "/", ".", "z" };
	struct buf pattern = { 0 }, text = { 0 };
	uint64_t rng = 7;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		random_text(&rng, pattern_parts, COUNT(pattern_parts), 6, &pattern);
		random_text(&rng, text_parts, COUNT(text_parts), 6, &text);
		bool want = fnmatch(buf_cstr(&pattern), buf_cstr(&text), 0) == 0;

		if (glob_match(buf_sv(&pattern), buf_sv(&text), false) != want)
			fail_msg("glob \"%s\" on \"%s\": fnmatch says %d", buf_cstr(&pattern),
				 buf_cstr(&text), want);
	}
	buf_deinit(&pattern);
	buf_deinit(&text);
}

static void globs_fold_case_on_demand(void **state)
{
	(void)state;
	assert_true(glob_match(SV("*.[t-z]XT"), SV("Readme.TXT"), true));
	assert_false(glob_match(SV("*.txt"), SV("README.TXT"), false));
}

static void many_stars_do_not_explode(void **state)
{
	static char text[20000], pattern[200];

	(void)state;
	memset(text, 'a', sizeof text);
	for (size_t i = 0; i < sizeof pattern; i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[sizeof pattern - 1] = 'b';
	assert_false(glob_match((struct sv){ pattern, sizeof pattern },
				(struct sv){ text, sizeof text }, false));
}

/* --- regular expressions --- */

static const struct {
	const char *pattern, *yes, *no;
} regexes[] = {
	{ "as", "as", "bash" },
	{ "ba?sh", "bsh", "baash" },
	{ "(sh|bash)+", "shbash", "" },
	{ "a{2,3}", "aaa", "aaaa" },
	{ "a{,3}", "a{,3}", "aaa" },
	{ "a{01}", "a{01}", "a" },
	{ "x**", "xxx", "y" },
	{ ".", "\xC3\xA9", "\n" },
	{ "[^a]", "\n", "a" },
	{ "[]a]+", "]a", "b" },
	{ "[a-]", "-", "b" },
	{ "[[:digit:]x]+", "1x2", "y" },
	{ "[[:^digit:]]", "x", "1" },
	{ "\\x41\\x{e9}\\101",
	  "A\xC3\xA9"
	  "A",
	  "AAA" },
	{ "^a$\n^b$", "a\nb", "ab" },
	{ "a|", "", "b" },
	{ "()", "", "a" },
	{ "/usr/(local/)?bin/[a-z]+", "/usr/local/bin/sh", "/usr/bin/" },
};

static void regexes_match_the_whole_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(regexes); i++) {
		struct err err = { 0 };
		struct regex *re;

		if (regex_new(sv_of(regexes[i].pattern), &re, &err) < 0)
			fail_msg("%s: %s", regexes[i].pattern, err.msg);
		if (!regex_matches(re, sv_of(regexes[i].yes)))
			fail_msg("%s does not match %s", regexes[i].pattern, regexes[i].yes);
		if (regex_matches(re, sv_of(regexes[i].no)))
			fail_msg("%s matches %s", regexes[i].pattern, regexes[i].no);
		regex_free(re);
	}
}

static void regexes_outside_of_the_language_are_refused(void **state)
{
	static const char *const bad[] = {
		"(",           ")",       "[",      "a)",          "*",         "a|*",  "(*)",
		"\\1",         "\\d",     "\\w",    "\\b",         "\\Q",       "\\pL", "(?i)a",
		"(?:a)",       "a\\",     "[b-a]",  "[a-c-e]",     "[[:foo:]]", "\\x",  "\\x{}",
		"\\x{110000}", "a{1001}", "a{2,1}", "(a{30}){40}", "\xFF",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct err err = { 0 };
		struct regex *re;

		if (regex_new(sv_of(bad[i]), &re, &err) == 0)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(err.code, ERR_CHECK);
		assert_null(re);
	}
}

static void broken_utf8_counts_as_replacement_characters(void **state)
{
	struct regex *re;

	(void)state;
	assert_int_equal(regex_new(SV("a\xEF\xBF\xBD\xEF\xBF\xBD"
				      "b"),
				   &re, NULL),
			 0);
	assert_true(regex_matches(re, SV("a\xE2\x82\xFF"
					 "b"))); /* a cut character, a stray byte */
	assert_false(regex_matches(re, SV("a\xFF"
					  "b")));
	regex_free(re);
}

static void hostile_patterns_and_texts_take_linear_time(void **state)
{
	static const char *const patterns[] = { "(a*)*b",
						"(a|a)*b",
						"(a|aa)+$",
						"(.*.*.*){10}x",
						"([a-z]{1,100}){10}[0-9]",
						"(((a?){100}){10})" };
	static char text[50000];

	(void)state;
	memset(text, 'a', sizeof text);
	for (size_t i = 0; i < COUNT(patterns); i++) {
		struct regex *re;

		assert_int_equal(regex_new(sv_of(patterns[i]), &re, NULL), 0);
		regex_matches(re, (struct sv){ text, sizeof text });
		regex_free(re);
	}
}

static void too_large_a_pattern_is_refused(void **state)
{
	static const char pattern[] = "([[:alpha:]]{500}[[:digit:]]{500}(abcdefghij){100}){100}";
	struct err err = { 0 };
	struct regex *re;

	(void)state;
	assert_int_equal(regex_new(SV(pattern), &re, &err), -1);
	assert_int_equal(err.code, ERR_CHECK);
}

/* --- sets and searches --- */

static void paths_are_covered_component_by_component(void **state)
{
	static const struct sv paths[] = {
		{ "/var/log", 8 }, { "etc/", 4 }, { "/home/*/.ssh", 12 }, { "/var/log/deep", 13 }
	};
	struct arena arena = { 0 };
	struct pathset *set = pathset_new(paths, COUNT(paths), &arena);

	(void)state;
	assert_non_null(set);
	assert_true(pathset_covers(set, SV("/var/log")));
	assert_true(pathset_covers(set, SV("/var//log/x/y")));
	assert_true(pathset_covers(set, SV("etc/passwd")));
	assert_true(pathset_covers(set, SV("/home/me/.ssh/id")));
	assert_false(pathset_covers(set, SV("/var/logs")));
	assert_false(pathset_covers(set, SV("/var")));
	assert_false(pathset_covers(set, SV("/home/.ssh")));
	assert_false(pathset_covers(set, SV("")));
	arena_deinit(&arena);
}

static void the_root_covers_every_path(void **state)
{
	static const struct sv paths[] = { { "/usr", 4 }, { "/", 1 } };
	struct arena arena = { 0 };
	struct pathset *set = pathset_new(paths, COUNT(paths), &arena);

	(void)state;
	assert_true(pathset_covers(set, SV("/etc")) && pathset_covers(set, SV("")));
	arena_deinit(&arena);
}

static void word_sets_hold_their_words_only(void **state)
{
	char bytes[4000];
	struct sv words[1000];
	struct arena arena = { 0 };
	struct wordset set;

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		snprintf(bytes + 4 * i, 4, "%03zu", i);
		words[i] = (struct sv){ bytes + 4 * i, 3 };
	}
	words[7] = (struct sv){ NULL, 0 };
	assert_true(wordset_init(&set, words, COUNT(words), &arena));
	for (size_t i = 0; i < COUNT(words); i++)
		assert_true(wordset_has(&set, words[i]));
	assert_false(wordset_has(&set, SV("007")));
	assert_false(wordset_has(&set, SV("1")));
	assert_true(wordset_init(&set, NULL, 0, &arena));
	assert_false(wordset_has(&set, SV("")));
	arena_deinit(&arena);
}

static struct sv lowered(const struct buf *text, struct buf *out)
{
	buf_clear(out);
	for (size_t i = 0; i < text->n; i++)
		buf_putc(out, (char)(text->p[i] >= 'A' && text->p[i] <= 'Z' ? text->p[i] | 0x20
									    : text->p[i]));
	return buf_sv(out);
}

static void searches_find_what_is_there(void **state)
{
	static const char *const parts[] = { "a", "b", "/", ".", "z", "ab", "A", "Z", "[", "{" };
	struct buf text = { 0 }, needle = { 0 }, low_text = { 0 }, low_needle = { 0 };
	uint64_t rng = 3;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		random_text(&rng, parts, COUNT(parts), 8, &text);
		random_text(&rng, parts, COUNT(parts), 3, &needle);
		bool want = strstr(buf_cstr(&text), buf_cstr(&needle)) != NULL;
		struct sv n = buf_sv(&needle);

		assert_int_equal(search_text(buf_sv(&text), n, search_rarest(n)), want);
		want = sv_find(lowered(&text, &low_text), lowered(&needle, &low_needle)) >= 0;
		assert_int_equal(search_folded(buf_sv(&text), n, search_rarest(n)), want);
	}
	assert_true(search_folded(SV(""), SV(""), 0));
	assert_true(search_folded(SV("x-MAS.Y"), SV("S.y"), search_rarest(SV("S.y"))));
	buf_deinit(&text);
	buf_deinit(&needle);
	buf_deinit(&low_text);
	buf_deinit(&low_needle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globs_match_as_fnmatch_does),
		cmocka_unit_test(globs_fold_case_on_demand),
		cmocka_unit_test(many_stars_do_not_explode),
		cmocka_unit_test(regexes_match_the_whole_text),
		cmocka_unit_test(regexes_outside_of_the_language_are_refused),
		cmocka_unit_test(broken_utf8_counts_as_replacement_characters),
		cmocka_unit_test(hostile_patterns_and_texts_take_linear_time),
		cmocka_unit_test(too_large_a_pattern_is_refused),
		cmocka_unit_test(paths_are_covered_component_by_component),
		cmocka_unit_test(the_root_covers_every_path),
		cmocka_unit_test(word_sets_hold_their_words_only),
		cmocka_unit_test(searches_find_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
