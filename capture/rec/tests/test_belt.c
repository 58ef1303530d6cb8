#include "format/tests/test.h"

#include "capture/rec/belt.h"

#include <pthread.h>

enum { STAGES = 3, BATCHES = 4, ROUNDS = 2000 };

static struct belt *a_belt(void)
{
	struct belt *b;

	assert_int_equal(belt_new(BATCHES, 64, STAGES, &b, NULL), 0);
	return b;
}

static void batches_come_to_each_stage_in_order(void **state)
{
	struct belt *b = a_belt();
	struct batch *first = belt_take(b, 0, 0), *second;

	(void)state;
	assert_non_null(first);
	assert_null(belt_take(b, 1, 0));
	belt_pass(b, 0);
	second = belt_take(b, 0, 0);
	assert_non_null(second);
	assert_ptr_not_equal(first, second);
	assert_ptr_equal(belt_take(b, 1, 0), first);
	assert_null(belt_take(b, 2, 0));
	belt_pass(b, 1);
	assert_ptr_equal(belt_take(b, 2, 0), first);
	belt_free(b);
}

static void a_slow_last_stage_leaves_the_first_without_batches(void **state)
{
	struct belt *b = a_belt();

	(void)state;
	for (int i = 0; i < BATCHES; i++) {
		assert_non_null(belt_take(b, 0, 0));
		belt_pass(b, 0);
		assert_non_null(belt_take(b, 1, 0));
		belt_pass(b, 1);
	}
	assert_null(belt_take(b, 0, 0));
	assert_false(belt_ended(b, 0));
	assert_non_null(belt_take(b, 2, 0));
	belt_pass(b, 2);
	assert_non_null(belt_take(b, 0, 0));
	belt_free(b);
}

static void the_end_comes_behind_the_last_batch(void **state)
{
	struct belt *b = a_belt();

	(void)state;
	assert_non_null(belt_take(b, 0, 0));
	belt_pass(b, 0);
	belt_finish(b, 0);
	assert_false(belt_ended(b, 1));
	assert_non_null(belt_take(b, 1, -1));
	belt_pass(b, 1);
	assert_true(belt_ended(b, 1));
	assert_null(belt_take(b, 1, -1));
	belt_finish(b, 1);
	assert_non_null(belt_take(b, 2, -1));
	belt_pass(b, 2);
	assert_null(belt_take(b, 2, -1));
	belt_free(b);
}

/* Each stage adds its number to every batch and sees what the one before it added. */
struct hand {
	struct belt *b;
	unsigned stage;
	uint32_t seen;
	bool wrong;
};

static void *work(void *arg)
{
	struct hand *h = arg;
	struct batch *p;

	while ((h->stage || h->seen < ROUNDS) && (p = belt_take(h->b, h->stage, -1)) != NULL) {
		if (h->stage == 0)
			p->events = h->seen * STAGES;
		h->wrong |= p->events != h->seen * STAGES + h->stage;
		p->events++;
		h->seen++;
		belt_pass(h->b, h->stage);
	}
	belt_finish(h->b, h->stage);
	return NULL;
}

static void threads_see_every_batch_once(void **state)
{
	struct belt *b = a_belt();
	struct hand hands[STAGES];
	pthread_t threads[STAGES];

	(void)state;
	for (unsigned i = 0; i < STAGES; i++) {
		hands[i] = (struct hand){ .b = b, .stage = i };
		assert_int_equal(pthread_create(&threads[i], NULL, work, &hands[i]), 0);
	}
	for (unsigned i = 0; i < STAGES; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < STAGES; i++) {
		assert_int_equal(hands[i].seen, ROUNDS);
		assert_false(hands[i].wrong);
	}
	belt_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_come_to_each_stage_in_order),
		cmocka_unit_test(a_slow_last_stage_leaves_the_first_without_batches),
		cmocka_unit_test(the_end_comes_behind_the_last_batch),
		cmocka_unit_test(threads_see_every_batch_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
