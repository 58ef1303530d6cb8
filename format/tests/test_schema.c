#include "format/tests/test.h"

#include "format/record.h"

#include <sys/syscall.h>

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
	assert_string_equal(d->params[3].flags->name, "file_flags");
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

static const struct {
	const char *processor;
	size_t at;
} numbers[] = {
	{ "x86_64", offsetof(struct syscall_desc, nr_x86_64) },
	{ "i386", offsetof(struct syscall_desc, nr_i386) },
	{ "aarch64", offsetof(struct syscall_desc, nr_aarch64) },
	{ "arm", offsetof(struct syscall_desc, nr_arm) },
};

static int16_t number_on(const struct syscall_desc *call, size_t processor)
{
	int16_t nr = -1;

	if (call)
		memcpy(&nr, (const char *)call + numbers[processor].at, sizeof nr);
	return nr;
}

static void no_processor_gives_a_number_twice(void **state)
{
	(void)state;
	for (size_t p = 0; p < sizeof numbers / sizeof numbers[0]; p++) {
		uint32_t owner[512] = { 0 };

		for (uint32_t code = 1; code < SYSCALL_CODES; code++) {
			int16_t nr = number_on(schema_syscall(code), p);

			if (nr < 0)
				continue;
			assert_in_range(nr, 0, 511);
			if (owner[nr])
				fail_msg("%s %d is %s and %s", numbers[p].processor, nr,
					 schema_syscall(owner[nr])->name,
					 schema_syscall(code)->name);
			owner[nr] = code;
		}
	}
}

/* Calls since Linux 5.1. */
static void new_calls_have_one_number_everywhere(void **state)
{
	(void)state;
	for (uint32_t code = 1; code < SYSCALL_CODES; code++) {
		int16_t nr = number_on(schema_syscall(code), 0);

		for (size_t p = 1; nr >= 424 && p < sizeof numbers / sizeof numbers[0]; p++)
			assert_int_equal(number_on(schema_syscall(code), p), nr);
	}
}

/* What the headers of this machine say. */
static void numbers_are_those_of_the_kernel(void **state)
{
	static const struct {
		const char *name;
		int nr;
	} calls[] = {
		{ "openat", SYS_openat },
		{ "newfstatat", SYS_newfstatat },
		{ "clone", SYS_clone },
		{ "execve", SYS_execve },
		{ "sendfile", SYS_sendfile },
		{ "fadvise64", SYS_fadvise64 },
		{ "mmap", SYS_mmap },
		{ "prlimit64", SYS_prlimit64 },
		{ "accept4", SYS_accept4 },
		{ "finit_module", SYS_finit_module },
		{ "umount2", SYS_umount2 },
		{ "pread64", SYS_pread64 },
		{ "setresuid", SYS_setresuid },
		{ "fcntl", SYS_fcntl },
		{ "exit_group", SYS_exit_group },
		{ "process_vm_readv", SYS_process_vm_readv },
	};

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		const struct syscall_desc *call = schema_syscall_by_name(sv_of(calls[i].name));

#ifdef __aarch64__
		assert_int_equal(call->nr_aarch64, calls[i].nr);
#else
		assert_int_equal(call->nr_x86_64, calls[i].nr);
#endif
	}
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
		cmocka_unit_test(no_processor_gives_a_number_twice),
		cmocka_unit_test(new_calls_have_one_number_everywhere),
		cmocka_unit_test(numbers_are_those_of_the_kernel),
		cmocka_unit_test(conversions_are_sorted_and_lead_somewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
