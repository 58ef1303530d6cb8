#include "format/tests/trace_file.h"

#include "format/scap/lists.h"

#define EVERY_BLOCK "testdata/traces/synthetic-every-block.scap"

/* What the records of a trace have in common with those of testdata/make_traces.py. */
struct seen {
	unsigned sections, machines, iface_lists, ifaces, user_lists, users, groups, procs, fds,
		events;
	struct proc_entry proc;   /* of thread want.tid */
	struct fd_entry fd;       /* of tid 10: the last one of number want.fd */
	struct iface_entry iface; /* called want.iface */
	uint64_t nums[64];
	struct event last;
	enum next end;
	struct err err;
};

struct want {
	int64_t tid, fd;
	struct sv iface;
};

static void take(struct seen *s, const struct record *r, const struct want *w)
{
	switch (r->kind) {
	case RECORD_SECTION:
		s->sections++;
		break;
	case RECORD_MACHINE:
		s->machines++;
		break;
	case RECORD_IFACES_BEGIN:
		s->iface_lists++;
		break;
	case RECORD_IFACE:
		s->ifaces++;
		if (sv_eq(r->iface.name, w->iface))
			s->iface = r->iface;
		break;
	case RECORD_USERS_BEGIN:
		s->user_lists++;
		break;
	case RECORD_USER:
		s->users++;
		break;
	case RECORD_GROUP:
		s->groups++;
		break;
	case RECORD_PROC:
		s->procs++;
		if (r->proc.tid == w->tid)
			s->proc = r->proc;
		break;
	case RECORD_FD:
		s->fds++;
		if (r->fd.tid == 10 && r->fd.fd == w->fd)
			s->fd = r->fd;
		break;
	case RECORD_LOSS:
	case RECORD_STATE:
		break;
	case RECORD_EVENT:
		if (s->events < 64)
			s->nums[s->events] = r->event.num;
		s->events++;
		s->last = r->event;
		break;
	}
}

/* Views in the result point into *bytes, which is the caller's to free. */
static struct seen read_file(const char *path, bool upgrade, struct want w, struct sv *bytes)
{
	struct seen s = { 0 };
	struct record rec;
	struct source *src;

	*bytes = load_file(path);
	src = open_bytes(*bytes, upgrade, 0);
	while ((s.end = source_next(src, &rec, &s.err)) == NEXT_ITEM)
		take(&s, &rec, &w);
	source_close(src);
	return s;
}

/* --- whole files --- */

static void every_block_version_is_read(void **state)
{
	struct sv bytes;
	struct seen s = read_file(EVERY_BLOCK, true, (struct want){ 0 }, &bytes);

	(void)state;
	assert_int_equal(s.end, NEXT_END);
	assert_int_equal(s.sections, 2);
	assert_int_equal(s.machines, 2);
	assert_int_equal(s.iface_lists, 3);
	assert_int_equal(s.ifaces, 7);
	assert_int_equal(s.user_lists, 3);
	assert_int_equal(s.users, 5);
	assert_int_equal(s.groups, 3);
	assert_int_equal(s.procs, 16 + 3 + 7 + 1);
	assert_int_equal(s.fds, 9 + 1 + 25);
	assert_int_equal(s.events, 12);
	free((char *)bytes.p);
}

static void stats_tell_what_was_skipped(void **state)
{
	struct sv bytes = load_file(EVERY_BLOCK);
	struct source *s = open_bytes(bytes, true, 0);
	const struct scap_layout *l = scap_reader_layout(s);
	struct record rec;
	struct err err = { 0 };

	(void)state;
	while (source_next(s, &rec, &err) == NEXT_ITEM)
		;
	assert_int_equal(s->stats.sections, 2);
	assert_int_equal(s->stats.events, 12);
	assert_int_equal(s->stats.blocks_skipped, 2);
	assert_int_equal(l->newer_events, 1);
	assert_int_equal(l->unknown[0].id, 0x999);
	assert_int_equal(l->unknown[0].count, 1);
	assert_int_equal(l->unknown[1].count, 0);
	assert_int_equal(source_progress(s).done, bytes.n);
	assert_int_equal(source_progress(s).total, bytes.n);
	source_close(s);
	free((char *)bytes.p);
}

static void state_events_of_a_later_section_are_not_numbered(void **state)
{
	struct sv bytes;
	struct seen s = read_file(EVERY_BLOCK, true, (struct want){ 0 }, &bytes);

	(void)state;
	assert_int_equal(s.nums[9], 10);
	assert_int_equal(s.nums[10], 10); /* the container event in front of the second section */
	assert_int_equal(s.nums[11], 11);
	free((char *)bytes.p);
	s = read_file(EVERY_BLOCK, false, (struct want){ 0 }, &bytes);
	assert_int_equal(s.nums[10], 11);
	free((char *)bytes.p);
}

static void one_damaged_event_at_the_start_is_passed_over(void **state)
{
	struct sv bytes;
	struct seen s = read_file("testdata/traces/synthetic-first-event-damaged.scap", true,
				  (struct want){ 0 }, &bytes);

	(void)state;
	assert_int_equal(s.end, NEXT_END);
	assert_int_equal(s.events, 2);
	assert_int_equal(s.last.num, 2);
	free((char *)bytes.p);
}

static void gzip_members_are_one_stream(void **state)
{
	struct sv bytes;
	struct seen s = read_file("testdata/traces/synthetic-two-members.scap.gz", true,
				  (struct want){ 0 }, &bytes);

	(void)state;
	assert_int_equal(s.end, NEXT_END);
	assert_int_equal(s.sections, 2);
	free((char *)bytes.p);
}

/* --- processes --- */

static struct proc_entry proc_of(int64_t tid, struct sv *bytes)
{
	return read_file(EVERY_BLOCK, true, (struct want){ .tid = tid }, bytes).proc;
}

static void the_first_process_version_has_defaults_for_the_rest(void **state)
{
	struct sv bytes;
	struct proc_entry p = proc_of(101, &bytes);

	(void)state;
	assert_sv(p.comm, "sh");
	assert_sv(p.exe, "/bin/sh");
	assert_sv(p.args, "-c\0ls\0");
	assert_sv(p.cwd, "/tmp/");
	assert_int_equal(p.ptid, 1);
	assert_int_equal(p.fdlimit, 1024);
	assert_int_equal(p.uid, 1000);
	assert_int_equal(p.gid, 1001);
	assert_int_equal(p.exepath.n, 0);
	assert_int_equal(p.env.n, 0);
	assert_int_equal(p.cgroups.n, 0);
	assert_int_equal(p.root.n, 0);
	assert_int_equal(p.vmsize_kb, 0);
	assert_int_equal(p.sid, -1);
	assert_int_equal(p.vpgid, -1);
	assert_int_equal(p.vtid, -1);
	assert_int_equal(p.vpid, -1);
	assert_int_equal(p.pgid, -1);
	assert_int_equal(p.loginuid, UINT32_MAX);
	free((char *)bytes.p);
}

static void the_eighth_process_version_has_all_but_the_tail(void **state)
{
	struct sv bytes;
	struct proc_entry p = proc_of(208, &bytes);

	(void)state;
	assert_sv(p.exepath, "/usr/bin/sh");
	assert_sv(p.args, "no final nul");
	assert_sv(p.env, "A=1\0");
	assert_sv(p.cgroups, "cpu=/\0");
	assert_sv(p.root, "/");
	assert_int_equal(p.sid, 7);
	assert_int_equal(p.vpgid, 8);
	assert_int_equal(p.vtid, 2);
	assert_int_equal(p.pfminor, 4);
	assert_int_equal(p.loginuid, UINT32_MAX);
	free((char *)bytes.p);
}

static void a_full_tail_is_read_in_order(void **state)
{
	struct sv bytes;
	struct proc_entry p = proc_of(10, &bytes);

	(void)state;
	assert_int_equal(p.pidns_init_start_ts, 99);
	assert_int_equal(p.tty, 34816);
	assert_int_equal(p.loginuid, 1000);
	assert_true(p.exe_writable && p.exe_upper_layer && p.exe_from_memfd && p.exe_lower_layer);
	assert_int_equal(p.cap_inheritable, 1);
	assert_int_equal(p.cap_permitted, 2);
	assert_int_equal(p.cap_effective, 3);
	assert_int_equal(p.exe_ino, 14);
	assert_int_equal(p.exe_ino_ctime, 15);
	assert_int_equal(p.exe_ino_mtime, 16);
	assert_int_equal(p.pgid, 7);
	free((char *)bytes.p);
}

static void a_tail_of_29_bytes_begins_at_loginuid(void **state)
{
	struct sv bytes;
	struct proc_entry p = proc_of(12, &bytes);

	(void)state;
	assert_int_equal(p.pidns_init_start_ts, 0);
	assert_int_equal(p.tty, 0);
	assert_int_equal(p.loginuid, 1000);
	assert_true(p.exe_writable);
	assert_int_equal(p.cap_effective, 3);
	free((char *)bytes.p);

	p = proc_of(14, &bytes); /* longer: the two inserted fields come first */
	assert_int_equal(p.pidns_init_start_ts, 99);
	assert_int_equal(p.tty, 5);
	assert_int_equal(p.loginuid, 1000);
	assert_int_equal(p.cap_effective, 3);
	assert_int_equal(p.pgid, -1);
	free((char *)bytes.p);
}

static void small_tail_fields_are_read_where_larger_ones_have_no_room(void **state)
{
	struct sv bytes;
	struct proc_entry p = proc_of(15, &bytes);

	(void)state;
	assert_int_equal(p.loginuid, 1000);
	assert_true(p.exe_writable && p.exe_upper_layer && p.exe_from_memfd);
	assert_false(p.exe_lower_layer);
	assert_int_equal(p.cap_inheritable, 0);
	free((char *)bytes.p);
}

static void an_entry_of_length_zero_is_as_long_as_its_fields(void **state)
{
	struct sv bytes;
	struct proc_entry p = proc_of(17, &bytes);

	(void)state;
	assert_int_equal(p.tid, 17);
	assert_int_equal(p.loginuid, UINT32_MAX);
	free((char *)bytes.p);
}

/* --- fds and interfaces --- */

static struct fd_entry fd_of(int64_t fd, struct sv *bytes)
{
	return read_file(EVERY_BLOCK, true, (struct want){ .fd = fd }, bytes).fd;
}

static void fds_of_every_kind_are_read(void **state)
{
	struct sv bytes;
	struct fd_entry fd;

	(void)state;
	for (int kind = 1; kind < FD_TYPE_COUNT; kind++) {
		fd = fd_of(kind, &bytes);
		assert_int_equal(fd.type, kind);
		assert_int_equal(fd.ino, 77);
		free((char *)bytes.p);
	}
	fd = fd_of(FD_IPV4_SOCK, &bytes);
	assert_int_equal(fd.sip.b[3], 1);
	assert_int_equal(fd.dip.b[3], 2);
	assert_int_equal(fd.sport, 40000);
	assert_int_equal(fd.dport, 443);
	assert_int_equal(fd.l4, L4_TCP);
	free((char *)bytes.p);
	fd = fd_of(FD_UNIX_SOCK, &bytes);
	assert_int_equal(fd.unix_source, 1);
	assert_int_equal(fd.unix_dest, 2);
	assert_sv(fd.name, "/run/x");
	free((char *)bytes.p);
	fd = fd_of(FD_FILE_V2, &bytes);
	assert_int_equal(fd.open_flags, 1);
	assert_int_equal(fd.dev, 0x801);
	free((char *)bytes.p);
}

static void a_file_without_a_device_has_none(void **state)
{
	struct sv bytes;
	struct fd_entry fd = fd_of(32, &bytes);

	(void)state;
	assert_sv(fd.name, "/no/dev");
	assert_int_equal(fd.dev, 0);
	free((char *)bytes.p);
}

static void an_fd_of_a_newer_kind_gets_a_name(void **state)
{
	char bytes[] = "\x19\0\0\0\7\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\x4d"
		       "new!";
	struct sv body = { bytes, sizeof bytes - 1 };
	char made_up[FD_UNKNOWN_NAME];
	struct fd_entry fd = { .tid = 3 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(fd_decode(&body, 2, &fd, made_up, &err), 0);
	assert_int_equal(body.n, 0);
	assert_int_equal(fd.tid, 3);
	assert_int_equal(fd.fd, 7);
	assert_int_equal(fd.type, 77);
	assert_sv(fd.name, "unknown-type:[77]");
}

static void interfaces_come_with_and_without_linkspeed(void **state)
{
	struct sv bytes;
	struct seen s = read_file(EVERY_BLOCK, true, (struct want){ .iface = SV("eth0") }, &bytes);

	(void)state;
	assert_int_equal(s.iface.addr.len, 16);
	assert_int_equal(s.iface.addr.b[0], 127);
	assert_int_equal(s.iface.addr.b[15], 1);
	assert_true(s.iface.has_linkspeed);
	assert_int_equal(s.iface.linkspeed, 10);
	free((char *)bytes.p);
	s = read_file(EVERY_BLOCK, true, (struct want){ .iface = SV("eth1") }, &bytes);
	assert_int_equal(s.iface.addr.len, 16);
	assert_false(s.iface.has_linkspeed);
	free((char *)bytes.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_block_version_is_read),
		cmocka_unit_test(stats_tell_what_was_skipped),
		cmocka_unit_test(state_events_of_a_later_section_are_not_numbered),
		cmocka_unit_test(one_damaged_event_at_the_start_is_passed_over),
		cmocka_unit_test(gzip_members_are_one_stream),
		cmocka_unit_test(the_first_process_version_has_defaults_for_the_rest),
		cmocka_unit_test(the_eighth_process_version_has_all_but_the_tail),
		cmocka_unit_test(a_full_tail_is_read_in_order),
		cmocka_unit_test(a_tail_of_29_bytes_begins_at_loginuid),
		cmocka_unit_test(small_tail_fields_are_read_where_larger_ones_have_no_room),
		cmocka_unit_test(an_entry_of_length_zero_is_as_long_as_its_fields),
		cmocka_unit_test(fds_of_every_kind_are_read),
		cmocka_unit_test(a_file_without_a_device_has_none),
		cmocka_unit_test(an_fd_of_a_newer_kind_gets_a_name),
		cmocka_unit_test(interfaces_come_with_and_without_linkspeed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
