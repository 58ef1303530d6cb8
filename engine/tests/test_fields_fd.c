#include "engine/tests/scene.h"

static void host(struct scene *s)
{
	scene_open(s);
	scene_add(s, scene_process(10, 1, "app"));
	scene_fd(s, 10, 3, "/etc/ssh/sshd_config");
}

static void do_read(struct scene *s, int64_t fd, int64_t res)
{
	event_begin(s, EV_SYSCALL_READ_X, 10);
	put_i(s, res);
	put_bytes(s, "hello", 5);
	put_i(s, fd);
	put_u32_(s, 4096);
	event_end(s);
}

static void a_file_has_directory_and_name(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	do_read(&s, 3, 5);
	assert_seen(&s, "fd.num", "3");
	assert_seen(&s, "fd.type", "file");
	assert_seen(&s, "fd.typechar", "f");
	assert_seen(&s, "fd.name", "/etc/ssh/sshd_config");
	assert_seen(&s, "fd.directory", "/etc/ssh");
	assert_seen(&s, "fd.filename", "sshd_config");
	assert_seen(&s, "fd.containername", ":/etc/ssh/sshd_config");
	assert_seen(&s, "fd.containerdirectory", ":/etc/ssh");
	assert_seen(&s, "fd.uid", "103");
	assert_seen(&s, "fd.dev", "FD02");
	assert_seen(&s, "fd.dev.major", "253");
	assert_seen(&s, "fd.dev.minor", "2");
	assert_seen(&s, "fd.ino", "77");
	assert_seen(&s, "fd.l4proto", "<NA>");
	assert_seen(&s, "fd.sockfamily", "(missing)");
	assert_seen(&s, "fd.is_server", "false");
	assert_seen(&s, "fd.types", "(file)");
	assert_seen(&s, "fd.types[3]", "(file)");
	assert_seen(&s, "fd.types[4]", "(missing)");
	scene_close(&s);
}

static void events_without_fd_have_none_of_it(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	event_begin(&s, EV_SYSCALL_SETSID_X, 10);
	put_i(&s, 3);
	event_end(&s);
	assert_seen(&s, "fd.num", "(missing)");
	assert_seen(&s, "fd.name", "(missing)");
	assert_seen(&s, "fd.types", "(missing)");
	scene_close(&s);
}

static void an_unknown_fd_has_an_empty_name(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	do_read(&s, 9, 5);
	assert_seen(&s, "fd.num", "9");
	assert_seen(&s, "fd.name", "");
	assert_seen(&s, "fd.typechar", "o");
	assert_seen(&s, "fd.type", "(missing)");
	assert_seen(&s, "fd.directory", "/");
	assert_seen(&s, "fd.filename", "(missing)");
	scene_close(&s);
}

static void a_failed_open_is_named_by_its_event(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	do_openat(&s, 10, -2, -100, "..//secret/./key", 1);
	assert_seen(&s, "fd.num", "-1");
	assert_seen(&s, "fd.name", "/home/secret/key");
	assert_seen(&s, "fd.nameraw", "../secret/./key");
	assert_seen(&s, "fd.directory", "/home/secret");
	assert_seen(&s, "fd.typechar", "f");
	scene_close(&s);
}

static void an_open_file_is_named_absolutely(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	do_openat(&s, 10, 5, -100, "notes.txt", 1 | 0x4000);
	assert_seen(&s, "fd.name", "/home/me/notes.txt");
	assert_seen(&s, "fd.nameraw", "notes.txt");
	assert_seen(&s, "fd.name_changed", "true");
	assert_seen(&s, "evt.is_open_read", "true");
	assert_seen(&s, "evt.is_open_write", "false");
	assert_seen(&s, "evt.is_open_create", "true");
	assert_seen(&s, "evt.is_open_exec", "false");
	do_read(&s, 5, 5);
	assert_seen(&s, "fd.name", "/home/me/notes.txt");
	assert_seen(&s, "fd.name_changed", "false");
	scene_close(&s);
}

/* family, source, destination of an IPv4 connection */
static void put_tuple(struct scene *s, const char *sip, uint16_t sport, const char *dip,
		      uint16_t dport)
{
	char tuple[13] = { 2 };

	memcpy(tuple + 1, sip, 4);
	memcpy(tuple + 5, &sport, 2);
	memcpy(tuple + 7, dip, 4);
	memcpy(tuple + 11, &dport, 2);
	put_bytes(s, tuple, sizeof tuple);
}

/* socket() and connect() to 10.0.0.9:443 from the host's own 10.0.0.1 */
static void connected(struct scene *s)
{
	host(s);
	scene_meta(s, &(struct record){ .kind = RECORD_IFACES_BEGIN });
	scene_meta(s, &(struct record){ .kind = RECORD_IFACE,
					.iface = { .addr = ip_from("\x0a\0\0\1", 4),
						   .netmask = ip_from("\xff\0\0\0", 4),
						   .broadcast = ip_from("\x0a\xff\xff\xff", 4),
						   .name = SV("eth0") } });
	event_begin(s, EV_SOCKET_SOCKET_X, 10);
	put_i(s, 4);
	put_u32_(s, 2);
	put_u32_(s, 1);
	put_u32_(s, 0);
	event_end(s);
	event_begin(s, EV_SOCKET_CONNECT_X, 10);
	put_i(s, 0);
	put_tuple(s, "\x0a\0\0\1", 40000, "\x0a\0\0\x09", 443);
	put_i(s, 4);
	put_empty(s);
	event_end(s);
}

static void a_connection_has_two_ends(void **state)
{
	struct scene s;

	(void)state;
	connected(&s);
	assert_seen(&s, "fd.name", "10.0.0.1:40000->10.0.0.9:443");
	assert_seen(&s, "fd.type", "ipv4");
	assert_seen(&s, "fd.l4proto", "tcp");
	assert_seen(&s, "fd.sockfamily", "ip");
	assert_seen(&s, "fd.cip", "10.0.0.1");
	assert_seen(&s, "fd.sip", "10.0.0.9");
	assert_seen(&s, "fd.lip", "10.0.0.1");
	assert_seen(&s, "fd.rip", "10.0.0.9");
	assert_seen(&s, "fd.cport", "40000");
	assert_seen(&s, "fd.sport", "443");
	assert_seen(&s, "fd.lport", "40000");
	assert_seen(&s, "fd.rport", "443");
	assert_seen(&s, "fd.sproto", "443");
	assert_seen(&s, "fd.cnet", "<IPNET>");
	assert_seen(&s, "fd.connected", "true");
	assert_seen(&s, "fd.is_server", "false");
	assert_seen(&s, "fd.ip", "(missing)");
	assert_seen(&s, "fd.sip.name", "(missing)");
	scene_close(&s);
}

static void comparing_tries_both_ends(void **state)
{
	struct scene s;
	const struct value *items;
	size_t n;

	(void)state;
	connected(&s);

	struct field_ref ip = scene_ref(&s, "fd.ip"), port = scene_ref(&s, "fd.port");
	struct field_ref name = scene_ref(&s, "fd.sip.name");

	assert_int_equal(field_compare_kind(&ip), COMPARE_EITHER_END);
	assert_true(field_candidates(&ip, &s.ctx, &items, &n));
	assert_int_equal(n, 2);
	assert_int_equal(items[1].ip.b[3], 9);
	assert_true(field_candidates(&port, &s.ctx, &items, &n));
	assert_int_equal(items[0].u, 40000);
	assert_true(field_candidates(&name, &s.ctx, &items, &n));
	assert_int_equal(items[0].s.n, 0);

	do_read(&s, 3, 5);
	assert_true(field_candidates(&ip, &s.ctx, &items, &n));
	assert_int_equal(n, 0);
	do_read(&s, 9, 5);
	assert_false(field_candidates(&ip, &s.ctx, &items, &n));
	scene_close(&s);
}

static void sizes_count_for_their_class(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	do_read(&s, 3, 5);
	assert_seen(&s, "evt.buflen", "5");
	assert_seen(&s, "evt.buflen.in", "5");
	assert_seen(&s, "evt.buflen.out", "(missing)");
	assert_seen(&s, "evt.buflen.file.in", "5");
	assert_seen(&s, "evt.buflen.net", "(missing)");
	assert_seen(&s, "evt.category", "file");
	assert_seen(&s, "evt.buffer", "hello");
	do_read(&s, 3, -11);
	assert_seen(&s, "evt.buflen", "(missing)");
	assert_seen(&s, "evt.count.error.file", "1");
	assert_seen(&s, "evt.count.error.net", "(missing)");
	do_read(&s, 9, 5);
	assert_seen(&s, "evt.buflen", "(missing)");
	assert_seen(&s, "evt.category", "unknown");
	assert_seen(&s, "evt.count.error.other", "0");
	scene_close(&s);
}

static void poll_lists_its_fds(void **state)
{
	struct scene s;
	char list[2 + 2 * 10] = { 2 };
	int64_t unknown = -1;

	(void)state;
	host(&s);
	list[2] = 3;
	list[10] = 1;
	memcpy(list + 12, &unknown, 8);
	event_begin(&s, EV_SYSCALL_POLL_X, 10);
	put_i(&s, 1);
	put_bytes(&s, list, sizeof list);
	put_i(&s, 1000);
	event_end(&s);
	assert_seen(&s, "fdlist.nums", "3,-1");
	assert_seen(&s, "fdlist.names", "/etc/ssh/sshd_config,<NA>");
	assert_seen(&s, "fdlist.cips", "(missing)");
	assert_seen(&s, "evt.arg.fds", "3:f1 18446744073709551615:?0");
	scene_close(&s);
}

static void a_list_that_claims_too_much_ends_early(void **state)
{
	struct scene s;
	char list[2 + 10] = { (char)0xff, (char)0xff, 3 };

	(void)state;
	host(&s);
	event_begin(&s, EV_SYSCALL_POLL_X, 10);
	put_i(&s, 1);
	put_bytes(&s, list, sizeof list);
	event_end(&s);
	assert_seen(&s, "fdlist.nums", "3");
	scene_close(&s);
}

static void paths_count_when_the_call_succeeded(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	event_begin(&s, EV_SYSCALL_RENAME_X, 10);
	put_i(&s, 0);
	put_string(&s, "a");
	put_string(&s, "/b/../c");
	event_end(&s);
	assert_seen(&s, "fs.path.source", "/home/me/a");
	assert_seen(&s, "fs.path.sourceraw", "a");
	assert_seen(&s, "fs.path.target", "/c");
	assert_seen(&s, "fs.path.targetraw", "/b/../c");
	assert_seen(&s, "fs.path.name", "(missing)");

	event_begin(&s, EV_SYSCALL_RENAME_X, 10);
	put_i(&s, -2);
	put_string(&s, "a");
	put_string(&s, "b");
	event_end(&s);
	assert_seen(&s, "fs.path.source", "(missing)");

	/* an open only counts as failed when its result is -EPERM */
	do_openat(&s, 10, -2, -100, "/x", 1);
	assert_seen(&s, "fs.path.name", "/x");
	do_openat(&s, 10, -1, -100, "/x", 1);
	assert_seen(&s, "fs.path.name", "(missing)");
	scene_close(&s);
}

static void absolute_paths_start_at_the_directory_fd(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	event_begin(&s, EV_SYSCALL_RENAMEAT2_X, 10);
	put_i(&s, 0);
	put_i(&s, -100);
	put_string(&s, "a");
	put_i(&s, 77);
	put_string(&s, "b");
	put_u32_(&s, 0);
	event_end(&s);
	assert_seen(&s, "evt.abspath", "/home/me/a");
	assert_seen(&s, "evt.abspath.src", "/home/me/a");
	assert_seen(&s, "evt.abspath.dst", "<UNKNOWN>/b");
	assert_seen(&s, "fs.path.source", "/home/me/a");
	assert_seen(&s, "fs.path.target", "<UNKNOWN>b");
	scene_close(&s);
}

static void syslog_lines_are_taken_apart(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	scene_fd(&s, 10, 6, "/dev/log");
	event_begin(&s, EV_SYSCALL_WRITE_X, 10);
	put_i(&s, 10);
	put_bytes(&s, "<86>hello", 9);
	put_i(&s, 6);
	put_u32_(&s, 9);
	event_end(&s);
	assert_seen(&s, "evt.is_syslog", "true");
	assert_seen(&s, "syslog.facility", "10");
	assert_seen(&s, "syslog.facility.str", "authpriv");
	assert_seen(&s, "syslog.severity.str", "info");
	assert_seen(&s, "syslog.message", "hello");
	event_begin(&s, EV_SYSCALL_WRITE_X, 10);
	put_i(&s, 10);
	put_bytes(&s, "<>hello", 7);
	put_i(&s, 6);
	event_end(&s);
	assert_seen(&s, "syslog.message", "(missing)");
	scene_close(&s);
}

static void a_failed_memfd_counts_among_the_kinds(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	event_begin(&s, EV_SYSCALL_MEMFD_CREATE_X, 10);
	put_i(&s, -22);
	put_string(&s, "x");
	put_u32_(&s, 0);
	event_end(&s);
	assert_seen(&s, "fd.types", "(<NA>,file)");
	scene_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_has_directory_and_name),
		cmocka_unit_test(events_without_fd_have_none_of_it),
		cmocka_unit_test(an_unknown_fd_has_an_empty_name),
		cmocka_unit_test(a_failed_open_is_named_by_its_event),
		cmocka_unit_test(an_open_file_is_named_absolutely),
		cmocka_unit_test(a_connection_has_two_ends),
		cmocka_unit_test(comparing_tries_both_ends),
		cmocka_unit_test(sizes_count_for_their_class),
		cmocka_unit_test(poll_lists_its_fds),
		cmocka_unit_test(a_list_that_claims_too_much_ends_early),
		cmocka_unit_test(paths_count_when_the_call_succeeded),
		cmocka_unit_test(absolute_paths_start_at_the_directory_fd),
		cmocka_unit_test(syslog_lines_are_taken_apart),
		cmocka_unit_test(a_failed_memfd_counts_among_the_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
