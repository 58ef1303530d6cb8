/*
 * program_run shares, folds, plans and remembers; program_test does nothing of that.  Over whole
 * traces they must agree about every condition that chance makes.  SAKER_CONDITIONS=N tries N
 * conditions per small trace (a hundredth of it on the long one), SAKER_SEED others.
 */
#include "engine/filter/filter.h"
#include "engine/filter/parts.h"
#include "engine/tests/each_event.h"
#include "engine/tests/random_conditions.h"

static const struct source_options upgraded = { .upgrade = true };

enum { BATCH = 150, MAX_BATCH = 400 };

struct sampler {
	struct gen *gen;
	size_t n;
};

static void sample_some(struct field_ctx *ctx, void *arg)
{
	struct sampler *s = arg;

	if (s->n++ % 61 == 0)
		gen_sample(s->gen, ctx);
}

/* The same conditions three times: two programs that run, one that is only tested. */
struct batch {
	struct program *run, *first_only, *test;
	char *texts[MAX_BATCH];
	uint32_t n;
	bool hit[MAX_BATCH];
	uint32_t first;
	size_t hits;
};

static bool note_hit(void *arg, uint32_t id)
{
	struct batch *b = arg;

	b->hit[id] = true;
	b->hits++;
	return true;
}

static bool note_first(void *arg, uint32_t id)
{
	struct batch *b = arg;

	b->first = id;
	return false;
}

static void compare(struct field_ctx *ctx, void *arg)
{
	const struct event *ev = ctx->state->now.ev;
	struct batch *b = arg;

	memset(b->hit, 0, sizeof b->hit);
	program_run(b->run, ctx, note_hit, b);
	for (uint32_t id = 0; id < b->n; id++) {
		bool asked = type_set_has(program_types(b->test, id), ev->type);
		bool holds = asked && program_test(b->test, id, ctx);

		if (holds != b->hit[id])
			fail_msg("event %llu (%s): \"%s\" is %s, program_run says otherwise",
				 (unsigned long long)ev->num, ev->desc->name, b->texts[id],
				 holds ? "true" : "false");
	}
}

/* Ending at the first hit, as rules with first match do. */
static void compare_first(struct field_ctx *ctx, void *arg)
{
	struct batch *b = arg;
	uint32_t id = 0;

	b->first = b->n;
	program_run(b->first_only, ctx, note_first, b);
	while (id < b->n && !(type_set_has(program_types(b->test, id), ctx->state->now.ev->type) &&
			      program_test(b->test, id, ctx)))
		id++;
	if (b->first != id)
		fail_msg("event %llu: first is \"%s\", program_run says \"%s\"",
			 (unsigned long long)ctx->state->now.ev->num,
			 id < b->n ? b->texts[id] : "none",
			 b->first < b->n ? b->texts[b->first] : "none");
}

/* Every part of a condition is tried, and the whole is still what program_test says. */
static void compare_parts(struct field_ctx *ctx, void *arg)
{
	const struct event *ev = ctx->state->now.ev;
	struct batch *b = arg;
	bool says[4096];

	for (uint32_t id = 0; id < b->n; id++) {
		if (!type_set_has(program_types(b->test, id), ev->type) ||
		    program_parts(b->first_only, id) > sizeof says)
			continue;
		if (program_test(b->test, id, ctx) !=
		    program_test_parts(b->first_only, id, ctx, says))
			fail_msg("event %llu (%s): \"%s\": its parts say otherwise",
				 (unsigned long long)ev->num, ev->desc->name, b->texts[id]);
	}
}

static bool add(struct program *p, const char *text)
{
	struct arena arena = { 0 };
	struct ast *a;
	uint32_t id;
	bool added =
		ast_parse(sv_of(text), &arena, &a, NULL) == 0 && program_add(p, a, &id, NULL) == 0;

	arena_deinit(&arena);
	return added;
}

static void fill(struct batch *b, struct gen *g, uint32_t n)
{
	struct buf text = { 0 };

	*b = (struct batch){ program_new(), program_new(), program_new(), .n = 0 };
	for (uint32_t tries = 0; b->n < n && tries < 20 * n; tries++) {
		buf_clear(&text);
		if (gen_chance(g, 40))
			buf_puts(&text, "evt.type in (open, openat, execve, clone, connect) and ");
		gen_condition(g, (unsigned)gen_below(g, 5), &text);
		if (!add(b->run, buf_cstr(&text)))
			continue;
		assert_true(add(b->first_only, buf_cstr(&text)) && add(b->test, buf_cstr(&text)));
		b->texts[b->n++] = strdup(buf_cstr(&text));
	}
	assert_true(b->n == n);
	assert_int_equal(program_seal(b->run, NULL), 0);
	assert_int_equal(program_seal(b->first_only, NULL), 0);
	buf_deinit(&text);
}

static void empty(struct batch *b)
{
	for (uint32_t i = 0; i < b->n; i++)
		free(b->texts[i]);
	program_free(b->run);
	program_free(b->first_only);
	program_free(b->test);
}

static void try_conditions(const char *path, size_t n, on_event *how)
{
	static struct gen g; /* large */
	struct batch *b = malloc(sizeof *b);
	struct sampler sampler = { .gen = &g };
	size_t hits = 0;

	assert_non_null(b);
	memset(&g, 0, sizeof g);
	gen_open(&g, number_from_env("SAKER_SEED", 1));
	each_event(path, &upgraded, sample_some, &sampler);
	while (n) {
		uint32_t now = n < BATCH ? (uint32_t)n : BATCH;

		fill(b, &g, now);
		each_event(path, &upgraded, how, b);
		hits += b->hits;
		empty(b);
		n -= now;
	}
	print_message("%s: %zu hits\n", path, hits);
	gen_close(&g);
	free(b);
}

static void run_agrees_with_test_on_a_host(void **state)
{
	(void)state;
	try_conditions("testdata/traces/host-small.scap", number_from_env("SAKER_CONDITIONS", 3000),
		       compare);
}

static void run_agrees_with_test_in_a_container(void **state)
{
	(void)state;
	try_conditions("testdata/traces/container-small.scap.gz",
		       number_from_env("SAKER_CONDITIONS", 3000), compare);
}

static void run_agrees_with_test_on_attacks(void **state)
{
	(void)state;
	try_conditions("testdata/traces/crafted.scap", number_from_env("SAKER_CONDITIONS", 3000),
		       compare);
}

static void run_agrees_with_test_on_a_long_trace(void **state)
{
	(void)state;
	try_conditions("testdata/traces/host1.scap.gz",
		       number_from_env("SAKER_CONDITIONS", 3000) / 100, compare);
}

static void the_first_hit_is_the_first_that_holds(void **state)
{
	(void)state;
	try_conditions("testdata/traces/host-small.scap", number_from_env("SAKER_CONDITIONS", 3000),
		       compare_first);
}

static void the_parts_agree_with_the_whole(void **state)
{
	(void)state;
	try_conditions("testdata/traces/host-small.scap", number_from_env("SAKER_CONDITIONS", 3000),
		       compare_parts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_agrees_with_test_on_a_host),
		cmocka_unit_test(run_agrees_with_test_in_a_container),
		cmocka_unit_test(run_agrees_with_test_on_attacks),
		cmocka_unit_test(run_agrees_with_test_on_a_long_trace),
		cmocka_unit_test(the_first_hit_is_the_first_that_holds),
		cmocka_unit_test(the_parts_agree_with_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
