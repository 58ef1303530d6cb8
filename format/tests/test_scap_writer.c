#include "format/tests/test.h"

#include "format/scap/lists_write.h"
#include "format/scap/put.h"
#include "format/scap/scap_reader.h"
#include "format/scap/scap_writer.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- a trace with one record of every kind --- */

static const char i64_3[8] = { 3 };
static const char u32_7[4] = { 7 };

static struct record samples[] = {
	{ .kind = RECORD_SECTION },
	{ .kind = RECORD_MACHINE,
	  .machine = { .num_cpus = 4,
		       .memory_bytes = 1 << 30,
		       .max_pid = 32768,
		       .hostname = { "host1", 5 },
		       .boot_ts_ns = 12,
		       .flags = 5,
		       .reserved = { 6, 7 } } },
	{ .kind = RECORD_IFACES_BEGIN },
	{ .kind = RECORD_IFACE,
	  .iface = { .addr = { 4, { 127, 0, 0, 1 } },
		     .netmask = { 4, { 255 } },
		     .broadcast = { 4, { 127, 255, 255, 255 } },
		     .has_linkspeed = true,
		     .linkspeed = 1000,
		     .name = { "lo", 2 } } },
	{ .kind = RECORD_IFACE,
	  .iface = { .addr = { 16, { [15] = 1 } },
		     .netmask = { 16, { 255 } },
		     .broadcast = { 16, { 1 } },
		     .name = { "eth0", 4 } } },
	{ .kind = RECORD_USERS_BEGIN },
	{ .kind = RECORD_USER,
	  .user = { .uid = 0,
		    .gid = 0,
		    .name = { "root", 4 },
		    .homedir = { "/root", 5 },
		    .shell = { "/bin/sh", 7 } } },
	{ .kind = RECORD_GROUP, .group = { .gid = 27, .name = { "sudo", 4 } } },
	{ .kind = RECORD_PROC,
	  .proc = { .tid = 10,
		    .pid = 10,
		    .ptid = 1,
		    .sid = 10,
		    .vpgid = 10,
		    .pgid = 10,
		    .vtid = 2,
		    .vpid = 2,
		    .comm = { "sh", 2 },
		    .exe = { "/bin/sh", 7 },
		    .exepath = { "/usr/bin/dash", 13 },
		    .cwd = { "/tmp/", 5 },
		    .root = { "/", 1 },
		    .args = { "-c\0ls", 6 },
		    .env = { "A=1\0B=2", 8 },
		    .cgroups = { "cpu=/", 6 },
		    .fdlimit = 1024,
		    .flags = 9,
		    .uid = 1,
		    .gid = 2,
		    .loginuid = 3,
		    .vmsize_kb = 4,
		    .vmrss_kb = 5,
		    .vmswap_kb = 6,
		    .pfmajor = 7,
		    .pfminor = 8,
		    .pidns_init_start_ts = 99,
		    .tty = 34816,
		    .exe_writable = true,
		    .exe_upper_layer = true,
		    .exe_lower_layer = true,
		    .exe_from_memfd = true,
		    .cap_inheritable = 11,
		    .cap_permitted = 12,
		    .cap_effective = 13,
		    .exe_ino = 14,
		    .exe_ino_ctime = 15,
		    .exe_ino_mtime = 16 } },
	{ .kind = RECORD_FD,
	  .fd = { .tid = 10,
		  .fd = 0,
		  .ino = 77,
		  .type = FD_FILE_V2,
		  .name = { "/etc/passwd", 11 },
		  .open_flags = 1,
		  .dev = 0x801 } },
	{ .kind = RECORD_FD,
	  .fd = { .tid = 10,
		  .fd = 3,
		  .type = FD_IPV4_SOCK,
		  .name = { "", 0 },
		  .sip = { 4, { 10, 0, 0, 1 } },
		  .dip = { 4, { 10, 0, 0, 2 } },
		  .sport = 40000,
		  .dport = 443,
		  .l4 = L4_TCP } },
	{ .kind = RECORD_FD,
	  .fd = { .tid = 10,
		  .fd = 4,
		  .type = FD_IPV6_SERVSOCK,
		  .name = { "", 0 },
		  .sip = { 16, { [15] = 1 } },
		  .sport = 80,
		  .l4 = L4_UDP } },
	{ .kind = RECORD_FD,
	  .fd = { .tid = 11,
		  .fd = 5,
		  .type = FD_UNIX_SOCK,
		  .name = { "/run/x", 6 },
		  .unix_source = 123,
		  .unix_dest = 456 } },
	{ .kind = RECORD_FD, .fd = { .tid = 11, .fd = 6, .type = FD_PIDFD, .name = { "12", 2 } } },
	{ .kind = RECORD_EVENT,
	  .event = { .num = 1,
		     .ts_ns = 1000,
		     .tid = 10,
		     .type = EV_SYSCALL_CLOSE_X,
		     .cpu = 3,
		     .nparams = 2,
		     .params = { { i64_3, 8 }, { i64_3, 8 } } } },
	{ .kind = RECORD_LOSS,
	  .loss = { .cpu = 3, .what = { "open", 4 }, .count = 7, .from_ns = 1000, .to_ns = 1001 } },
	{ .kind = RECORD_LOSS, .loss = { .cpu = LOSS_ALL_CPUS, .to_ns = UINT64_MAX } },
	{ .kind = RECORD_EVENT,
	  .event = { .num = 2,
		     .ts_ns = 1001,
		     .tid = -1,
		     .type = EV_ASYNCEVENT_E,
		     .cpu = 1,
		     .flags = EVENT_STATE_ONLY,
		     .nparams = 3,
		     .params = { { u32_7, 4 }, { "container", 10 }, { "{}", 3 } } } },
};
enum { NSAMPLES = sizeof samples / sizeof samples[0] };

/* A record as the writer's own bytes, or as plain memory where that is all there is. */
static void flatten(struct buf *b, const struct record *r)
{
	struct err err = { 0 };

	put_u8(b, (uint8_t)r->kind);
	switch (r->kind) {
	case RECORD_SECTION:
	case RECORD_IFACES_BEGIN:
	case RECORD_USERS_BEGIN:
	case RECORD_STATE:
		break;
	case RECORD_MACHINE:
		buf_printf(b, "%u %ju %ju " SV_FMT " %ju %ju %ju %ju", r->machine.num_cpus,
			   (uintmax_t)r->machine.memory_bytes, (uintmax_t)r->machine.max_pid,
			   SV_ARG(r->machine.hostname), (uintmax_t)r->machine.boot_ts_ns,
			   (uintmax_t)r->machine.flags, (uintmax_t)r->machine.reserved[0],
			   (uintmax_t)r->machine.reserved[1]);
		break;
	case RECORD_IFACE:
		assert_int_equal(iface_encode(b, &r->iface, &err), 0);
		break;
	case RECORD_USER:
		user_encode(b, &r->user);
		break;
	case RECORD_GROUP:
		group_encode(b, &r->group);
		break;
	case RECORD_PROC:
		proc_encode(b, &r->proc);
		break;
	case RECORD_FD:
		put_u64(b, (uint64_t)r->fd.tid);
		fd_encode(b, &r->fd);
		break;
	case RECORD_LOSS:
		buf_printf(b, "%u " SV_FMT " %ju %ju %ju", r->loss.cpu, SV_ARG(r->loss.what),
			   (uintmax_t)r->loss.count, (uintmax_t)r->loss.from_ns,
			   (uintmax_t)r->loss.to_ns);
		break;
	case RECORD_EVENT:
		buf_printf(b, "%ju %ju %jd %u %u %u %u", (uintmax_t)r->event.num,
			   (uintmax_t)r->event.ts_ns, (intmax_t)r->event.tid, r->event.type,
			   r->event.cpu, r->event.flags, r->event.nparams);
		for (uint32_t i = 0; i < r->event.nparams; i++) {
			put_u32(b, (uint32_t)r->event.params[i].n);
			buf_putsv(b, r->event.params[i]);
		}
		break;
	}
}

static void assert_same_record(const struct record *a, const struct record *b)
{
	struct buf x = { 0 }, y = { 0 };

	flatten(&x, a);
	flatten(&y, b);
	assert_int_equal(x.n, y.n);
	assert_memory_equal(x.p, y.p, x.n);
	buf_deinit(&x);
	buf_deinit(&y);
}

/* --- writing and reading back --- */

static int temp_fd(void)
{
	char path[] = "/tmp/test_scap_writer.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

/* Write everything that src has; gives a descriptor of the result, at its beginning. */
static int write_all(struct source *src, bool gzip)
{
	struct scap_writer_options opt = { .gzip = gzip };
	int fd = temp_fd(), copy = dup(fd);
	struct scap_writer *w;
	struct err err = { 0 };
	struct record rec;
	enum next n;

	assert_true(copy >= 0);
	assert_int_equal(scap_writer_open(fd, "out", &opt, &w, &err), 0);
	while ((n = source_next(src, &rec, &err)) == NEXT_ITEM)
		assert_int_equal(scap_writer_put(w, &rec, &err), 0);
	assert_int_equal(n, NEXT_END);
	assert_int_equal(scap_writer_close(w, &err), 0);
	assert_int_equal(lseek(copy, 0, SEEK_SET), 0);
	return copy;
}

static struct source *read_raw(int fd)
{
	struct source_options opt = { .upgrade = false };
	struct err err = { 0 };
	struct source *s;

	assert_int_equal(scap_reader_open(fd, SV(""), "back", &opt, &s, &err), 0);
	return s;
}

static uint64_t assert_same_records(struct source *a, struct source *b)
{
	struct record x, y;
	struct err err = { 0 };
	uint64_t n = 0;

	for (;; n++) {
		enum next more = source_next(a, &x, &err);

		assert_int_equal(more, source_next(b, &y, &err));
		if (more != NEXT_ITEM)
			break;
		assert_same_record(&x, &y);
	}
	return n;
}

static void round_trip_samples(bool gzip)
{
	struct source *list, *again, *back;
	struct err err = { 0 };

	assert_int_equal(source_open_list(samples, NSAMPLES, &list, &err), 0);
	assert_int_equal(source_open_list(samples, NSAMPLES, &again, &err), 0);
	back = read_raw(write_all(list, gzip));
	assert_int_equal(assert_same_records(again, back), NSAMPLES);
	source_close(list);
	source_close(again);
	source_close(back);
}

static void every_kind_of_record_comes_back(void **state)
{
	(void)state;
	round_trip_samples(false);
}

static void gzip_changes_nothing(void **state)
{
	(void)state;
	round_trip_samples(true);
}

static void a_trace_without_a_section_gets_one(void **state)
{
	struct source *list, *back;
	struct record rec;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(source_open_list(&samples[NSAMPLES - 4], 1, &list, &err), 0);
	back = read_raw(write_all(list, false));
	assert_int_equal(source_next(back, &rec, &err), NEXT_ITEM);
	assert_int_equal(rec.kind, RECORD_SECTION);
	assert_int_equal(source_next(back, &rec, &err), NEXT_ITEM);
	assert_int_equal(rec.kind, RECORD_EVENT);
	assert_int_equal(source_next(back, &rec, &err), NEXT_END);
	source_close(list);
	source_close(back);
}

/* What says something else, or says it otherwise than we do, is left as it is. */
static void only_our_own_notifications_are_losses(void **state)
{
	static const char *const texts[] = {
		"count=7 cpu=all from=1 to=2 class=x",
		"count=07 cpu=all from=1 to=2 class=x",
		"count=7  cpu=all from=1 to=2 class=x",
		"count=18446744073709551616 cpu=all from=1 to=2 class=x",
		"count=7 cpu=4294967296 from=1 to=2 class=x",
		"count=7 cpu=4294967295 from=1 to=2 class=x",
		"count=0 cpu=all from=1 to=2 class=x",
		"count=7 cpu=all from=1 to=3 class=x",
		"count=7 cpu=1 from=1 to=2 class=x",
		"count=7 cpu=all from=1 to=2 class",
		"count=7 cpu=all from=1 to=",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct record two[] = {
			{ .kind = RECORD_SECTION },
			{ .kind = RECORD_EVENT,
			  .event = { .ts_ns = 2,
				     .tid = -1,
				     .type = EV_NOTIFICATION_E,
				     .nparams = 2,
				     .params = { { "saker.loss", 11 },
						 { texts[i], strlen(texts[i]) + 1 } } } }
		};
		struct source *list, *back;
		struct record rec;
		struct err err = { 0 };

		assert_int_equal(source_open_list(two, 2, &list, &err), 0);
		back = read_raw(write_all(list, false));
		assert_int_equal(source_next(back, &rec, &err), NEXT_ITEM);
		assert_int_equal(source_next(back, &rec, &err), NEXT_ITEM);
		assert_int_equal(rec.kind, i == 0 ? RECORD_LOSS : RECORD_EVENT);
		source_close(list);
		source_close(back);
	}
}

static void big_events_go_into_large_blocks(void **state)
{
	char *bytes = calloc(1, 1 << 20);
	struct record rec = {
		.kind = RECORD_EVENT,
		.event = { .num = 1, .ts_ns = 5, .type = EV_PLUGINEVENT_E, .nparams = 2 }
	};
	struct source *list, *again, *back;
	struct err err = { 0 };

	(void)state;
	assert_non_null(bytes);
	bytes[(1 << 20) - 1] = 'x';
	rec.event.params[0] = (struct sv){ u32_7, 4 };
	rec.event.params[1] = (struct sv){ bytes, 1 << 20 };
	struct record two[] = { { .kind = RECORD_SECTION }, rec };
	assert_int_equal(source_open_list(two, 2, &list, &err), 0);
	assert_int_equal(source_open_list(two, 2, &again, &err), 0);
	back = read_raw(write_all(list, true));
	assert_int_equal(assert_same_records(again, back), 2);
	source_close(list);
	source_close(again);
	source_close(back);
	free(bytes);
}

static void a_parameter_that_does_not_fit_is_refused(void **state)
{
	static char bytes[70000];
	struct scap_writer_options opt = { 0 };
	struct record rec = { .kind = RECORD_EVENT,
			      .event = { .type = EV_SYSCALL_READ_X,
					 .nparams = 1,
					 .params = { { bytes, sizeof bytes } } } };
	struct scap_writer *w;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(scap_writer_open(temp_fd(), "out", &opt, &w, &err), 0);
	assert_int_equal(scap_writer_put(w, &rec, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.msg, "out: parameter 0 of read event 7 has 70000 bytes, at most "
				     "65535 fit");
	scap_writer_close(w, &err);
}

static void metadata_among_events_is_refused(void **state)
{
	struct scap_writer_options opt = { 0 };
	struct scap_writer *w;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(scap_writer_open(temp_fd(), "out", &opt, &w, &err), 0);
	assert_int_equal(scap_writer_put(w, &samples[NSAMPLES - 1], &err), 0);
	assert_int_equal(scap_writer_put(w, &samples[1], &err), -1);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	err = (struct err){ 0 };
	assert_int_equal(scap_writer_put(w, &samples[0], &err), 0);
	assert_int_equal(scap_writer_put(w, &samples[1], &err), 0);
	assert_int_equal(scap_writer_close(w, &err), 0);
}

static void a_full_disk_is_told_at_close(void **state)
{
	struct scap_writer_options opt = { 0 };
	FILE *full = fopen("/dev/full", "w");
	struct scap_writer *w;
	struct err err = { 0 };

	(void)state;
	if (!full)
		skip();
	assert_int_equal(scap_writer_open(dup(fileno(full)), "out", &opt, &w, &err), 0);
	fclose(full);
	assert_int_equal(scap_writer_put(w, &samples[1], &err), 0);
	assert_int_equal(scap_writer_close(w, &err), -1);
	assert_int_equal(err.code, ERR_IO);
	assert_string_equal(err.msg, "out: cannot write: No space left on device");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_record_comes_back),
		cmocka_unit_test(gzip_changes_nothing),
		cmocka_unit_test(a_trace_without_a_section_gets_one),
		cmocka_unit_test(only_our_own_notifications_are_losses),
		cmocka_unit_test(big_events_go_into_large_blocks),
		cmocka_unit_test(a_parameter_that_does_not_fit_is_refused),
		cmocka_unit_test(metadata_among_events_is_refused),
		cmocka_unit_test(a_full_disk_is_told_at_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
