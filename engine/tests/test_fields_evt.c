#include "engine/tests/scene.h"

static void host(struct scene *s)
{
	scene_open(s);
	scene_add(s, scene_process(10, 1, "app"));
}

static void a_call(struct scene *s, enum event_id type, int64_t res)
{
	event_begin(s, type, 10);
	put_i(s, res);
	event_end(s);
}

/* TZ is UTC in the tests. */
static void times_are_told_in_many_forms(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	s.ts_ns = 1709210096000000042 - 1500; /* 2024-02-29 12:34:56 UTC */
	a_call(&s, EV_SYSCALL_SETSID_X, 0);
	assert_seen(&s, "evt.time", "12:34:56.000000042");
	assert_seen(&s, "evt.time.s", "12:34:56");
	assert_seen(&s, "evt.datetime", "2024-02-29 12:34:56.000000042");
	assert_seen(&s, "evt.datetime.s", "2024-02-29 12:34:56");
	assert_seen(&s, "evt.time.iso8601", "2024-02-29T12:34:56.000000042+0000");
	assert_seen(&s, "evt.rawtime", "1709210096000000042");
	assert_seen(&s, "evt.rawtime.s", "1709210096");
	assert_seen(&s, "evt.rawtime.ns", "000000042");
	assert_seen(&s, "evt.reltime", "000000000");
	a_call(&s, EV_SYSCALL_SETSID_X, 0);
	assert_seen(&s, "evt.reltime", "000001500");
	assert_seen(&s, "evt.reltime.s", "0");
	assert_seen(&s, "evt.num", "2");
	scene_close(&s);
}

static void the_calendar_is_gregorian(void **state)
{
	static const struct {
		uint64_t s;
		const char *date;
	} days[] = {
		{ 0, "1970-01-01 00:00:00" },           { 951782400, "2000-02-29 00:00:00" },
		{ 951868799, "2000-02-29 23:59:59" },   { 951868800, "2000-03-01 00:00:00" },
		{ 1704067199, "2023-12-31 23:59:59" },  { 4107542400, "2100-03-01 00:00:00" },
		{ 18446744073, "2554-07-21 23:34:33" },
	};
	struct scene s;

	(void)state;
	host(&s);
	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		s.ts_ns = days[i].s * 1000000000 - 1500;
		a_call(&s, EV_SYSCALL_SETSID_X, 0);
		assert_seen(&s, "evt.datetime.s", days[i].date);
	}
	scene_close(&s);
}

static void the_output_time_has_modes(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	a_call(&s, EV_SYSCALL_SETSID_X, 0);
	a_call(&s, EV_SYSCALL_SETSID_X, 0);
	assert_seen(&s, "evt.outputtime", "22:13:20.000003000");
	s.ctx.time_mode = 'a';
	assert_seen(&s, "evt.outputtime", "1700000000.3000");
	s.ctx.time_mode = 'r';
	assert_seen(&s, "evt.outputtime", "0.000001500");
	s.ctx.time_mode = 'd';
	assert_seen(&s, "evt.outputtime", "0.000000000");
	scene_close(&s);
}

static void a_delta_belongs_to_its_use(void **state)
{
	struct scene s;
	struct value v;

	(void)state;
	host(&s);

	struct field_ref one = scene_ref(&s, "evt.deltatime"),
			 other = scene_ref(&s, "evt.deltatime");

	a_call(&s, EV_SYSCALL_SETSID_X, 0);
	assert_true(field_get(&one, &s.ctx, &v));
	assert_int_equal(v.u, 0);
	a_call(&s, EV_SYSCALL_SETSID_X, 0);
	assert_true(field_get(&one, &s.ctx, &v));
	assert_int_equal(v.u, 1500);
	assert_true(field_get(&other, &s.ctx, &v));
	assert_int_equal(v.u, 0);
	/* JSON forgets, and leaves the memory of conditions and text alone */
	a_call(&s, EV_SYSCALL_SETSID_X, 0);
	assert_true(field_get_json(&one, &s.ctx, &v));
	assert_int_equal(v.u, 0);
	assert_true(field_get(&one, &s.ctx, &v));
	assert_int_equal(v.u, 1500);
	/* and a new trace begins without any */
	s.ctx.run++;
	a_call(&s, EV_SYSCALL_SETSID_X, 0);
	assert_true(field_get(&one, &s.ctx, &v));
	assert_int_equal(v.u, 0);
	scene_close(&s);
}

static void json_shows_times_as_numbers(void **state)
{
	struct scene s;
	struct value v;

	(void)state;
	host(&s);
	a_call(&s, EV_SYSCALL_SETSID_X, 0);

	struct field_ref time = scene_ref(&s, "evt.time"), ns = scene_ref(&s, "evt.rawtime.ns");

	assert_true(field_get_json(&time, &s.ctx, &v));
	assert_int_equal(v.u, 1700000000000001500);
	assert_int_equal(v.format, PF_DEC);
	assert_true(field_get_json(&ns, &s.ctx, &v));
	assert_int_equal(v.format, PF_DEC);
	scene_close(&s);
}

static void json_shows_times_before_the_first_as_negative(void **state)
{
	struct scene s;
	struct value v;

	(void)state;
	host(&s);
	a_call(&s, EV_SYSCALL_SETSID_X, 0);
	s.ts_ns -= 1500 + 7;
	a_call(&s, EV_SYSCALL_SETSID_X, 0);

	struct field_ref since = scene_ref(&s, "evt.reltime");
	struct buf json = { 0 };

	assert_true(field_get_json(&since, &s.ctx, &v));
	render_value_json(&json, &v, since.def->format);
	assert_string_equal(buf_cstr(&json), "-7");
	assert_seen(&s, "evt.reltime", "18446744073709551609");
	buf_deinit(&json);
	scene_close(&s);
}

static void a_generic_event_is_named_by_its_call(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	event_begin(&s, EV_GENERIC_X, 10);
	put_u16_(&s, 2);
	put_u16_(&s, 60);
	event_end(&s);
	assert_seen(&s, "evt.type", "exit");
	assert_seen(&s, "syscall.type", "exit");
	assert_seen(&s, "evt.args", "");
	assert_seen(&s, "evt.arg[0]", "exit");
	assert_seen(&s, "evt.res", "(missing)");
	assert_seen(&s, "evt.count.error", "(missing)");

	/* a call that had no code yet when it was recorded */
	event_begin(&s, EV_GENERIC_X, 10);
	put_u16_(&s, 0);
	put_u16_(&s, 219);
	event_end(&s);
	assert_seen(&s, "evt.type", "restart_syscall");
	event_begin(&s, EV_GENERIC_X, 10);
	put_u16_(&s, 0);
	put_u16_(&s, 65000);
	event_end(&s);
	assert_seen(&s, "evt.type", "unknown");
	event_begin(&s, EV_GENERIC_X, 10);
	event_end(&s);
	assert_seen(&s, "evt.type", "(missing)");
	scene_close(&s);
}

static void types_are_told_by_name_and_id(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	do_openat(&s, 10, 3, -100, "x", 1);
	assert_seen(&s, "evt.type", "openat");
	assert_seen(&s, "evt.dir", "<");
	assert_seen(&s, "evt.type.is.openat", "<NA>");

	struct field_ref by_name = scene_ref(&s, "evt.type.is.openat");
	struct field_ref by_id = scene_ref(&s, "evt.type.is.307");
	struct value v;

	/* the name means the oldest version */
	assert_true(field_get(&by_name, &s.ctx, &v));
	assert_int_equal(v.u, 0);
	assert_true(field_get(&by_id, &s.ctx, &v));
	assert_int_equal(v.u, 1);
	assert_seen(&s, "evt.category", "file");
	assert_seen(&s, "evt.is_io", "false");
	assert_seen(&s, "evt.io_dir", "(missing)");
	assert_seen(&s, "evt.count.exit", "1");
	assert_seen(&s, "evt.latency.human", "0ns");
	assert_seen(&s, "evt.source", "syscall");
	assert_seen(&s, "evt.is_async", "false");
	assert_seen(&s, "evt.asynctype", "(missing)");
	scene_close(&s);
}

static void a_result_is_a_word_or_a_number(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	a_call(&s, EV_SYSCALL_KILL_X, -13);
	assert_seen(&s, "evt.res", "EACCES");
	assert_seen(&s, "evt.rawres", "-13");
	assert_seen(&s, "evt.failed", "true");
	assert_seen(&s, "evt.count.error.other", "1");
	a_call(&s, EV_SYSCALL_MUNMAP_X, 0);
	assert_seen(&s, "evt.res", "SUCCESS");
	assert_seen(&s, "evt.failed", "false");
	assert_seen(&s, "evt.count.error.memory", "0");
	assert_seen(&s, "evt.count.error.other", "(missing)");
	a_call(&s, EV_SYSCALL_KILL_X, -99999);
	assert_seen(&s, "evt.res", "-99999");
	scene_close(&s);
}

static void an_async_event_names_itself(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	event_begin(&s, EV_ASYNCEVENT_E, -1);
	put_u32_(&s, 0);
	put_string(&s, "somewhere");
	put_bytes(&s, "data", 4);
	event_end(&s);
	assert_seen(&s, "evt.type", "somewhere");
	assert_seen(&s, "evt.asynctype", "somewhere");
	assert_seen(&s, "evt.is_async", "true");
	assert_seen(&s, "evt.source", "syscall");
	assert_seen(&s, "syscall.type", "(missing)");
	assert_seen(&s, "evt.rawres", "(missing)");
	event_begin(&s, EV_ASYNCEVENT_E, -1);
	put_u32_(&s, 7);
	put_string(&s, "other");
	put_empty(&s);
	event_end(&s);
	assert_seen(&s, "evt.source", "(missing)");
	scene_close(&s);
}

/* --- parameters --- */

static void open_arguments_are_resolved(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	do_openat(&s, 10, 3, -100, "notes", 0x3 | 0x4);
	assert_seen(&s, "evt.arg.fd", "<f>/home/me/notes");
	assert_seen(&s, "evt.arg.dirfd", "AT_FDCWD");
	assert_seen(&s, "evt.arg.name", "/home/me/notes");
	assert_seen(&s, "evt.arg.flags", "O_CREAT|O_RDWR");
	assert_seen(&s, "evt.arg.mode", "0644");
	assert_seen(&s, "evt.arg[5]", "6");
	assert_seen(&s, "evt.arg[7]", "(missing)");
	assert_seen(&s, "evt.arg[-1]", "(missing)");
	assert_seen(&s, "evt.arg.exe", "(missing)");
	assert_seen(&s, "evt.rawarg.flags", "7");
	assert_seen(&s, "evt.rawarg.name", "notes");
	assert_seen(&s, "evt.args",
		    "fd=3(<f>/home/me/notes) dirfd=-100(AT_FDCWD) name=notes(/home/me/notes) "
		    "flags=7(O_CREAT|O_RDWR) mode=0644 dev=6 ino=99");
	scene_close(&s);
}

static void an_absent_parameter_says_so(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	event_begin(&s, EV_SYSCALL_OPENAT_2_X, 10);
	put_i(&s, -2);
	put_empty(&s);
	put_bytes(&s, "(NULL)", 7);
	put_empty(&s);
	event_end(&s);
	assert_seen(&s, "evt.arg.fd", "ENOENT");
	assert_seen(&s, "evt.arg.dirfd", "<NA>");
	assert_seen(&s, "evt.arg.name", "<NA>");
	assert_seen(&s, "evt.arg.flags", "<NA>");
	assert_seen(&s, "evt.arg.mode", "(missing)");
	assert_seen(&s, "evt.rawarg.name", "<NA>");
	assert_seen(&s, "evt.rawarg.flags", "(missing)");
	assert_seen(&s, "evt.args", "fd=-2(ENOENT) dirfd=<NA> name=<NA> flags=<NA>");
	scene_close(&s);
}

static void a_number_of_the_wrong_size_is_as_good_as_none(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	event_begin(&s, EV_SYSCALL_OPENAT_2_X, 10);
	put_bytes(&s, "abc", 3);
	put_bytes(&s, "abc", 3);
	put_bytes(&s, "no nul", 6);
	put_bytes(&s, "abcde", 5);
	event_end(&s);
	assert_seen(&s, "evt.args", "fd=<NA> dirfd=<NA> name=no nul(/home/me/no nul) flags=<NA>");
	assert_seen(&s, "evt.rawarg.flags", "(missing)");
	assert_seen(&s, "evt.is_open_read", "false");
	scene_close(&s);
}

static void sockets_addresses_become_text(void **state)
{
	static const char v4[] = { 2, 1, 2, 3, 4, 0x50, 0, 5, 6, 7, 8, (char)0xbb, 1 };
	static const char mapped[37] = { 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 1, 2, 3, 4, 80 };
	static const char un[] = "\x01\x10\0\0\0\0\0\0\0\x20\0\0\0\0\0\0\0/run/x";
	struct scene s;

	(void)state;
	host(&s);
	event_begin(&s, EV_SOCKET_CONNECT_X, 10);
	put_i(&s, -111);
	put_bytes(&s, v4, sizeof v4);
	put_i(&s, 5);
	put_bytes(&s, v4, 7);
	event_end(&s);
	assert_seen(&s, "evt.arg.tuple", "1.2.3.4:80->5.6.7.8:443");
	assert_seen(&s, "evt.arg.addr", "1.2.3.4:80");
	event_begin(&s, EV_SOCKET_CONNECT_X, 10);
	put_i(&s, -111);
	put_bytes(&s, mapped, sizeof mapped);
	put_i(&s, 5);
	put_bytes(&s, "\x02\1\2", 3);
	event_end(&s);
	assert_seen(&s, "evt.arg.tuple", "1.2.3.4:80->0.0.0.0:0");
	assert_seen(&s, "evt.arg.addr", "INVALID IPv4");
	event_begin(&s, EV_SOCKET_CONNECT_X, 10);
	put_i(&s, -111);
	put_bytes(&s, un, sizeof un);
	put_i(&s, 5);
	put_bytes(&s, "\x10", 1);
	event_end(&s);
	assert_seen(&s, "evt.arg.tuple", "10->20 /run/x");
	assert_seen(&s, "evt.arg.addr", "family 16");
	scene_close(&s);
}

static void processes_signals_and_modes_are_named(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	event_begin(&s, EV_SYSCALL_KILL_X, 10);
	put_i(&s, 0);
	put_i(&s, 10);
	put_bytes(&s, "\x09", 1);
	event_end(&s);
	assert_seen(&s, "evt.args", "res=0 pid=10(app) sig=9(SIGKILL)");
	event_begin(&s, EV_SYSCALL_CHMOD_X, 10);
	put_i(&s, 0);
	put_string(&s, "/x");
	put_u32_(&s, 0);
	event_end(&s);
	assert_seen(&s, "evt.arg.mode", "0");
	scene_close(&s);
}

static void only_wide_unsigned_numbers_turn_negative(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	event_begin(&s, EV_SOCKET_ACCEPT4_6_X, 10);
	put_i(&s, -11);
	put_empty(&s);
	put_bytes(&s, "\xFF", 1);
	put_u32_(&s, UINT32_MAX);
	put_u32_(&s, 128);
	put_u32_(&s, 0);
	event_end(&s);
	assert_seen(&s, "evt.arg.queuepct", "255");
	assert_seen(&s, "evt.arg.queuelen", "-1");
	scene_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_told_in_many_forms),
		cmocka_unit_test(the_calendar_is_gregorian),
		cmocka_unit_test(the_output_time_has_modes),
		cmocka_unit_test(a_delta_belongs_to_its_use),
		cmocka_unit_test(json_shows_times_as_numbers),
		cmocka_unit_test(json_shows_times_before_the_first_as_negative),
		cmocka_unit_test(a_generic_event_is_named_by_its_call),
		cmocka_unit_test(types_are_told_by_name_and_id),
		cmocka_unit_test(a_result_is_a_word_or_a_number),
		cmocka_unit_test(an_async_event_names_itself),
		cmocka_unit_test(open_arguments_are_resolved),
		cmocka_unit_test(an_absent_parameter_says_so),
		cmocka_unit_test(a_number_of_the_wrong_size_is_as_good_as_none),
		cmocka_unit_test(sockets_addresses_become_text),
		cmocka_unit_test(processes_signals_and_modes_are_named),
		cmocka_unit_test(only_wide_unsigned_numbers_turn_negative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
