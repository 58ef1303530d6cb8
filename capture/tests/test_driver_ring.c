#include "format/tests/test.h"

#include "capture/driver_ring.h"

enum { CPUS = 2, CHUNK = 1 << WIRE_MIN_CHUNK_SHIFT };

struct fixture {
	struct driver_memory mem;
	struct ring_reader reader;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct err err = { 0 };

	f->mem = (struct driver_memory){ .ncpus = CPUS,
					 .layout = { .chunk_shift = WIRE_MIN_CHUNK_SHIFT,
						     .nchunks = 1,
						     .chunk_bytes = CHUNK,
						     .ring_bytes = CHUNK } };
	f->mem.cpus = aligned_alloc(128, CPUS * sizeof *f->mem.cpus);
	memset(f->mem.cpus, 0, CPUS * sizeof *f->mem.cpus);
	f->mem.rings = calloc(CPUS, CHUNK);
	assert_int_equal(ring_reader_init(&f->reader, &f->mem, &err), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	ring_reader_deinit(&f->reader);
	free(f->mem.cpus);
	free(f->mem.rings);
	free(f);
	return 0;
}

/* What a program does: a close of `fd` at this time. */
static void write_close(struct fixture *f, uint32_t cpu, uint64_t ts_ns, int64_t fd)
{
	struct wire_cpu *c = &f->mem.cpus[cpu];
	char *p = f->mem.rings + (size_t)cpu * CHUNK + c->head % CHUNK;
	const struct wire_record head = {
		.size = 48, .type = EV_SYSCALL_CLOSE_X, .nparams = 2, .ts_ns = ts_ns, .tid = 7
	};
	const uint16_t lens[2] = { 8, 8 };
	const int64_t res = 0;

	memcpy(p, &head, sizeof head);
	memcpy(p + 24, lens, 4);
	memcpy(p + 28, &res, 8);
	memcpy(p + 36, &fd, 8);
	c->head += head.size;
}

static int64_t next_fd(struct fixture *f)
{
	struct event ev = { 0 };
	struct err err = { 0 };
	int64_t fd = -1;

	if (ring_reader_next(&f->reader, &ev, &err) != NEXT_ITEM)
		return -1;
	assert_true(event_i64(&ev, 1, &fd));
	assert_int_equal(ev.tid, 7);
	return fd;
}

static void ring_merges_cpus_by_time(void **state)
{
	struct fixture *f = *state;

	write_close(f, 0, 100, 1);
	write_close(f, 0, 400, 4);
	write_close(f, 1, 200, 2);
	write_close(f, 1, 300, 3);
	write_close(f, 1, 500, 5);
	assert_true(ring_reader_refresh(&f->reader));
	for (int64_t fd = 1; fd <= 5; fd++)
		assert_int_equal(next_fd(f), fd);
	assert_int_equal(next_fd(f), -1);
	assert_int_equal(f->reader.late, 0);
	assert_false(ring_reader_refresh(&f->reader));
	assert_true(ring_reader_drained(&f->reader));
	assert_int_equal(f->mem.cpus[1].tail, f->mem.cpus[1].head);
}

static void ring_holds_back_what_an_older_record_may_precede(void **state)
{
	struct fixture *f = *state;
	uint64_t soon = ring_clock_ns() + 1000000000;

	write_close(f, 0, 100, 1);
	write_close(f, 0, soon, 2);
	ring_reader_refresh(&f->reader);
	assert_int_equal(next_fd(f), 1);
	assert_int_equal(next_fd(f), -1);
	f->reader.ended = true; /* nothing more can come */
	ring_reader_refresh(&f->reader);
	assert_int_equal(next_fd(f), 2);
}

static void ring_waits_for_a_cpu_in_the_middle_of_a_record(void **state)
{
	struct fixture *f = *state;

	f->mem.cpus[1].busy = 1;
	write_close(f, 0, 100, 1);
	ring_reader_refresh(&f->reader);
	assert_int_equal(next_fd(f), -1);
	assert_false(ring_reader_drained(&f->reader));
	write_close(f, 1, 50, 9);
	f->mem.cpus[1].busy = 0;
	ring_reader_refresh(&f->reader);
	assert_int_equal(next_fd(f), 9);
	assert_int_equal(next_fd(f), 1);
}

static void ring_skips_the_rest_of_a_chunk(void **state)
{
	struct fixture *f = *state;
	struct wire_cpu *c = &f->mem.cpus[0];
	const struct wire_record skip = { .size = CHUNK - 48, .type = WIRE_SKIP };

	write_close(f, 0, 100, 1);
	memcpy(f->mem.rings + c->head, &skip, 8);
	c->head += skip.size;
	ring_reader_refresh(&f->reader);
	assert_int_equal(next_fd(f), 1);
	assert_int_equal(next_fd(f), -1);
	ring_reader_refresh(&f->reader);
	write_close(f, 0, 200, 2);
	ring_reader_refresh(&f->reader);
	assert_int_equal(next_fd(f), 2);
	assert_true(ring_reader_drained(&f->reader));
}

static void ring_refuses_records_that_make_no_sense(void **state)
{
	struct fixture *f = *state;
	struct event ev = { 0 };
	struct err err = { 0 };
	uint16_t too_long = 60000;

	write_close(f, 0, 100, 1);
	memcpy(f->mem.rings + 24, &too_long, 2);
	ring_reader_refresh(&f->reader);
	assert_int_equal(ring_reader_next(&f->reader, &ev, &err), NEXT_ERROR);
	assert_int_equal(err.code, ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ring_merges_cpus_by_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ring_holds_back_what_an_older_record_may_precede,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(ring_waits_for_a_cpu_in_the_middle_of_a_record,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(ring_skips_the_rest_of_a_chunk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ring_refuses_records_that_make_no_sense, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
