#include "format/tests/test.h"

#include "capture/rec/alert_queue.h"
#include "capture/rec/status.h"

static struct alert_queue *a_queue(void)
{
	struct alert_queue *q;

	assert_int_equal(alert_queue_new(&q, NULL), 0);
	return q;
}

static void alerts_come_out_as_they_went_in(void **state)
{
	struct alert_queue *q = a_queue();
	char line[] = "first";
	struct alert_note *note;

	(void)state;
	assert_true(alert_queue_put(q, PRIO_ERROR, SV("zero"), NULL));
	assert_true(alert_queue_put(q, PRIO_NOTICE, (struct sv){ line, 5 }, q));
	memset(line, 'x', sizeof line);
	note = alert_queue_take(q, 0);
	assert_sv(note->line, "zero");
	assert_int_equal(note->priority, PRIO_ERROR);
	alert_note_free(note);
	note = alert_queue_take(q, 0);
	assert_sv(note->line, "first");
	assert_ptr_equal(note->about, q);
	alert_note_free(note);
	assert_null(alert_queue_take(q, 0));
	assert_false(alert_queue_ended(q));
	alert_queue_free(q);
}

static void a_full_queue_refuses(void **state)
{
	struct alert_queue *q = a_queue();
	size_t put = 0;

	(void)state;
	while (put <= ALERT_QUEUE_MAX && alert_queue_put(q, PRIO_DEBUG, SV("x"), NULL))
		put++;
	assert_int_equal(put, ALERT_QUEUE_MAX);
	alert_note_free(alert_queue_take(q, 0));
	assert_true(alert_queue_put(q, PRIO_DEBUG, SV("x"), NULL));
	assert_false(alert_queue_put(q, PRIO_DEBUG, SV("x"), NULL));
	alert_queue_free(q);
}

static void bytes_are_bounded_too(void **state)
{
	struct alert_queue *q = a_queue();
	struct sv large = { calloc(1, ALERT_QUEUE_BYTES / 2 + 1), ALERT_QUEUE_BYTES / 2 + 1 };

	(void)state;
	assert_non_null(large.p);
	assert_true(alert_queue_put(q, PRIO_DEBUG, large, NULL));
	assert_false(alert_queue_put(q, PRIO_DEBUG, large, NULL));
	assert_true(alert_queue_put(q, PRIO_DEBUG, SV("small"), NULL));
	free((char *)large.p);
	alert_queue_free(q);
}

static void a_closed_queue_ends_when_it_is_empty(void **state)
{
	struct alert_queue *q = a_queue();

	(void)state;
	assert_true(alert_queue_put(q, PRIO_DEBUG, SV("last"), NULL));
	alert_queue_close(q);
	assert_false(alert_queue_put(q, PRIO_DEBUG, SV("late"), NULL));
	assert_false(alert_queue_ended(q));
	alert_note_free(alert_queue_take(q, -1));
	assert_true(alert_queue_ended(q));
	assert_null(alert_queue_take(q, 0));
	alert_queue_free(q);
}

static void the_status_is_one_line(void **state)
{
	const struct status begun = { .at_ns = 1000000000 },
			    before = { .at_ns = 11000000000, .cpu_ns = 5000000000, .events = 100 },
			    now = { .at_ns = 13000000000,
				    .cpu_ns = 5500000000,
				    .events = 1000100,
				    .lost = 1234,
				    .files = 1,
				    .bytes = 3 << 20,
				    .matches = 1 };
	struct buf b = { 0 };

	(void)state;
	status_line(&b, &begun, &before, &now, 2);
	assert_string_equal(buf_cstr(&b), "12 s  500,000 events/s  1,234 lost  3.0 MiB  1 match  "
					  "shedding 2  cpu 25 %");
	buf_clear(&b);
	status_summary(&b, &begun, &now);
	assert_string_equal(buf_cstr(&b), "1,000,100 events in 12.000 s, 1,234 lost, 3.0 MiB (3.1 "
					  "bytes per event), 5.50 us of CPU per event\n1 match\n");
	buf_deinit(&b);
}

static void the_summary_tells_what_the_start_left_out(void **state)
{
	const struct status begun = { 0 }, now = { .at_ns = 1000000000,
						   .cpu_ns = 10000,
						   .events = 10,
						   .known = 1234,
						   .gone = 1,
						   .incomplete = 2,
						   .unknown = 1,
						   .late = 3 };
	struct buf b = { 0 };

	(void)state;
	status_summary(&b, &begun, &now);
	assert_string_equal(buf_cstr(&b),
			    "10 events in 1.000 s, 0 lost, 1.00 us of CPU per event\n"
			    "1,234 events not recorded: what was found at the start tells of them\n"
			    "1 event not recorded: its process ended before it was found\n"
			    "2 processes could be read only in part\n"
			    "1 socket could not be read\n"
			    "3 events came behind younger ones\n");
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alerts_come_out_as_they_went_in),
		cmocka_unit_test(a_full_queue_refuses),
		cmocka_unit_test(bytes_are_bounded_too),
		cmocka_unit_test(a_closed_queue_ends_when_it_is_empty),
		cmocka_unit_test(the_status_is_one_line),
		cmocka_unit_test(the_summary_tells_what_the_start_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
