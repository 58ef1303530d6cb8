#include "format/tests/test.h"

#include "format/record.h"

static void events_have_their_own_id(void **state)
{
	(void)state;
	for (uint32_t id = 0; id < EV_COUNT; id++) {
		const struct event_desc *d = schema_event(id);

		assert_int_equal(d->id, id);
		assert_non_null(d->name);
		for (int i = 0; i < d->nparams; i++)
			assert_non_null(d->params[i].name);
		assert_null(d->params[d->nparams].name);
	}
	assert_null(schema_event(EV_COUNT));
}

static void event_parameters_fit_their_room(void **state)
{
	(void)state;
	for (uint32_t id = 0; id < EV_COUNT; id++) {
		const struct event_desc *d = schema_event(id);

		assert_true(d->nparams <= EVENT_MAX_PARAMS);
		for (int i = 0; i < d->nparams; i++) {
			const struct param_desc *p = &d->params[i];

			assert_true(p->dirfd < (int)d->nparams);
			assert_int_equal(p->type == PT_FSRELPATH, p->dirfd >= 0);
			assert_int_equal(p->type == PT_DYN, p->ndyn > 0);
		}
	}
}

static void openat_is_described_as_recorded(void **state)
{
	const struct event_desc *d = schema_event(EV_SYSCALL_OPENAT_2_X);

	(void)state;
	assert_int_equal(d->id, 307);
	assert_string_equal(d->name, "openat");
	assert_int_equal(d->nparams, 7);
	assert_int_equal(event_param_index(d, SV("flags")), 3);
	assert_string_equal(flag_name(d->params[3].flags, 0x4000), "O_F_CREATED");
	assert_int_equal(event_param_index(d, SV("nonsense")), -1);
}

static void syscalls_are_found_three_ways(void **state)
{
	(void)state;
	assert_string_equal(schema_syscall_by_nr(257)->name, "openat");
	assert_int_equal(schema_syscall_by_name(SV("openat"))->exit_event, EV_SYSCALL_OPENAT_2_X);
	assert_int_equal(schema_syscall_by_name(SV("getpid"))->exit_event, EV_GENERIC_X);
	assert_null(schema_syscall(382));
	assert_null(schema_syscall(100000));
}

static void conversions_are_sorted_and_lead_somewhere(void **state)
{
	uint32_t rows = 0;

	(void)state;
	for (uint32_t id = 0; id < EV_COUNT; id++) {
		for (uint32_t n = 0; n <= EVENT_MAX_PARAMS; n++) {
			const struct conversion *c = schema_conversion(id, n);

			if (!c)
				continue;
			rows++;
			if (c->action == CONV_ADD)
				assert_true(n + c->n <= schema_event(id)->nparams);
			if (c->action == CONV_CHANGE)
				assert_true(c->n <= schema_event(c->to)->nparams);
		}
	}
	assert_int_equal(rows, 253);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_have_their_own_id),
		cmocka_unit_test(event_parameters_fit_their_room),
		cmocka_unit_test(openat_is_described_as_recorded),
		cmocka_unit_test(syscalls_are_found_three_ways),
		cmocka_unit_test(conversions_are_sorted_and_lead_somewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
