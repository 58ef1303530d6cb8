#include "format/tests/same_event.h"
#include "format/tests/test.h"

#include "format/trace/event_block.h"
#include "format/trace/frame.h"
#include "format/trace/trace_index.h"
#include "format/trace/trace_reader.h"
#include "format/trace/trace_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- a small trace with everything odd in it --- */

enum { NEVENTS = 400 };

static struct event make_event(unsigned i)
{
	static char bytes[64];
	struct event ev = {
		.ts_ns = 1700000000000000000u + i * 1000u + i % 7,
		.tid = i % 5 ? 100 + (int)(i % 3) : -1,
		.type = i % 4 ? EV_SYSCALL_OPENAT_2_X : EV_SYSCALL_READ_X,
		.cpu = (uint16_t)(i % 3),
		.nparams = 4,
	};

	memset(bytes, 'x', sizeof bytes);
	for (unsigned k = 0; k < ev.nparams; k++)
		ev.params[k] = (struct sv){ bytes, k == 1 ? i % 40 : 8 };
	if (i % 50 == 0)
		ev.ts_ns -= 5000; /* time runs backwards */
	if (i % 60 == 0)
		ev.ts_ns += 20000000000u; /* a long silence */
	if (i % 70 == 0)
		ev.nparams = i % 64; /* fewer and more than the vocabulary knows */
	if (i % 90 == 0)
		ev.params[0].n = 3; /* the wrong size */
	if (i == 77)
		ev.flags = EVENT_STATE_ONLY;
	if (i == 78)
		ev.cpu = 65535;
	ev.desc = schema_event(ev.type);
	return ev;
}

static size_t make_records(struct record *out)
{
	size_t n = 0;

	out[n++] = (struct record){ .kind = RECORD_SECTION };
	out[n++] = (struct record){ .kind = RECORD_MACHINE,
				    .machine = { .num_cpus = 2, .hostname = SV("host") } };
	out[n++] = (struct record){ .kind = RECORD_IFACES_BEGIN };
	out[n++] =
		(struct record){ .kind = RECORD_IFACE,
				 .iface = { .addr = ip_from("\x7f\0\0\1", 4), .name = SV("lo") } };
	out[n++] = (struct record){ .kind = RECORD_USERS_BEGIN };
	out[n++] = (struct record){ .kind = RECORD_USER, .user = { .name = SV("root") } };
	out[n++] = (struct record){ .kind = RECORD_GROUP, .group = { .gid = 7, .name = SV("g") } };
	out[n++] = (struct record){ .kind = RECORD_PROC,
				    .proc = { .tid = 1,
					      .vtid = -1,
					      .comm = SV("init"),
					      .args = SV("a\0b\0"),
					      .exe_writable = true,
					      .loginuid = UINT32_MAX } };
	out[n++] = (struct record){ .kind = RECORD_FD,
				    .fd = { .tid = 1,
					    .fd = 3,
					    .type = FD_IPV4_SOCK,
					    .sip = ip_from("\1\2\3\4", 4),
					    .sport = 80 } };
	for (unsigned i = 0; i < NEVENTS; i++) {
		out[n].kind = RECORD_EVENT;
		out[n++].event = make_event(i);
		if (i % 100 == 50)
			out[n++] =
				(struct record){ .kind = RECORD_LOSS,
						 .loss = { .cpu = i % 200 == 50 ? 3 : LOSS_ALL_CPUS,
							   .what = SV("syscall"),
							   .count = i,
							   .from_ns = 1700000000000000000u,
							   .to_ns = UINT64_MAX } };
		if (i == NEVENTS / 2)
			out[n++] = (struct record){ .kind = RECORD_SECTION };
	}
	return n;
}

struct trace {
	struct record records[NEVENTS + 16];
	size_t n;
	char path[64];
	char *bytes;
	size_t size;
};

static void write_trace(const char *path, const struct record *records, size_t n)
{
	struct sink_options opt = { .manifest = SV("{}") };
	struct trace_writer *w;
	struct err err = { 0 };

	assert_int_equal(trace_writer_open(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), path,
					   &opt, &w, &err),
			 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(trace_writer_put(w, &records[i], &err), 0);
	assert_int_equal(trace_writer_close(w, &err), 0);
}

static void write_bytes(const char *path, const char *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
	struct trace *t = calloc(1, sizeof *t);
	struct stat st;

	assert_non_null(t);
	t->n = make_records(t->records);
	snprintf(t->path, sizeof t->path, "/tmp/saker-trace-%d", (int)getpid());
	write_trace(t->path, t->records, t->n);
	assert_int_equal(stat(t->path, &st), 0);
	t->size = (size_t)st.st_size;
	t->bytes = malloc(t->size);
	FILE *f = fopen(t->path, "rb");
	assert_int_equal(fread(t->bytes, 1, t->size, f), t->size);
	fclose(f);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct trace *t = *state;

	unlink(t->path);
	free(t->bytes);
	free(t);
	return 0;
}

static void assert_same(const struct record *a, const struct record *b)
{
	assert_int_equal(a->kind, b->kind);
	switch (a->kind) {
	case RECORD_EVENT:
		assert_same_event(&a->event, &b->event);
		break;
	case RECORD_PROC:
		assert_true(sv_eq(a->proc.comm, b->proc.comm));
		assert_true(sv_eq(a->proc.args, b->proc.args));
		assert_int_equal(a->proc.vtid, b->proc.vtid);
		assert_int_equal(a->proc.loginuid, b->proc.loginuid);
		assert_int_equal(a->proc.exe_writable, b->proc.exe_writable);
		break;
	case RECORD_FD:
		assert_true(ip_eq(&a->fd.sip, &b->fd.sip));
		assert_int_equal(a->fd.sport, b->fd.sport);
		assert_int_equal(a->fd.dip.len, b->fd.dip.len);
		break;
	case RECORD_MACHINE:
		assert_true(sv_eq(a->machine.hostname, b->machine.hostname));
		assert_int_equal(a->machine.num_cpus, b->machine.num_cpus);
		break;
	case RECORD_IFACE:
		assert_true(ip_eq(&a->iface.addr, &b->iface.addr));
		assert_true(sv_eq(a->iface.name, b->iface.name));
		break;
	case RECORD_USER:
		assert_true(sv_eq(a->user.name, b->user.name));
		break;
	case RECORD_GROUP:
		assert_int_equal(a->group.gid, b->group.gid);
		break;
	case RECORD_LOSS:
		assert_int_equal(a->loss.cpu, b->loss.cpu);
		assert_true(sv_eq(a->loss.what, b->loss.what));
		assert_int_equal(a->loss.count, b->loss.count);
		assert_int_equal(a->loss.from_ns, b->loss.from_ns);
		assert_int_equal(a->loss.to_ns, b->loss.to_ns);
		break;
	case RECORD_SECTION:
	case RECORD_IFACES_BEGIN:
	case RECORD_USERS_BEGIN:
	case RECORD_STATE:
		break;
	}
}

/* Reads path to its end, comparing with the first records; returns how it ended. */
static enum next read_and_compare(const char *path, const struct record *want, size_t nwant,
				  size_t *got, struct err *err)
{
	struct source_options opt = { .upgrade = false };
	struct record rec;
	struct source *s;
	enum next next;

	*got = 0;
	if (source_open(path, &opt, &s, err) < 0)
		return NEXT_ERROR;
	while ((next = source_next(s, &rec, err)) == NEXT_ITEM) {
		assert_true(*got < nwant);
		assert_same(&want[(*got)++], &rec);
	}
	if (next == NEXT_ERROR)
		assert_int_equal(source_next(s, &rec, err), NEXT_ERROR);
	source_close(s);
	return next;
}

static void trace_gives_back_every_record(void **state)
{
	struct trace *t = *state;
	struct err err = { 0 };
	size_t got;

	assert_int_equal(read_and_compare(t->path, t->records, t->n, &got, &err), NEXT_END);
	assert_int_equal(got, t->n);
}

static void trace_is_written_the_same_twice(void **state)
{
	struct trace *t = *state;
	char *again = malloc(t->size + 1);
	FILE *f;

	write_trace(t->path, t->records, t->n);
	f = fopen(t->path, "rb");
	assert_int_equal(fread(again, 1, t->size + 1, f), t->size);
	assert_memory_equal(again, t->bytes, t->size);
	fclose(f);
	free(again);
}

static void trace_cut_anywhere_ends_in_order(void **state)
{
	struct trace *t = *state;
	size_t got;

	for (size_t n = 0; n < t->size; n++) {
		struct err err = { 0 };

		write_bytes(t->path, t->bytes, n);
		assert_int_equal(read_and_compare(t->path, t->records, t->n, &got, &err),
				 NEXT_ERROR);
		assert_true(err.code == ERR_TRUNCATED || n < FILE_HEADER_SIZE);
		assert_non_null(strstr(err.msg, t->path));
	}
}

static void trace_with_any_byte_changed_is_refused(void **state)
{
	struct trace *t = *state;
	size_t got;

	for (size_t at = 0; at < t->size; at++) {
		struct err err = { 0 };

		if (at >= 10 && at < 12)
			continue; /* the minor version: a later one is welcome, but changes the
				     chain */
		t->bytes[at] ^= 0x20;
		write_bytes(t->path, t->bytes, t->size);
		assert_int_equal(read_and_compare(t->path, t->records, t->n, &got, &err),
				 NEXT_ERROR);
		t->bytes[at] ^= 0x20;
	}
}

static void trace_with_bytes_behind_it_is_refused(void **state)
{
	struct trace *t = *state;
	struct err err = { 0 };
	size_t got;
	FILE *f = fopen(t->path, "ab");

	fputc(0, f);
	fclose(f);
	assert_int_equal(read_and_compare(t->path, t->records, t->n, &got, &err), NEXT_ERROR);
	assert_int_equal(got, t->n);
	assert_int_equal(err.code, ERR_TRUNCATED);
}

/* --- payloads that are hashed correctly and wrong all the same --- */

static int load_payload(const char *bytes, size_t n, struct err *err)
{
	struct packer *p = packer_new(3);
	struct block_cursor *c = block_cursor_new(NULL, false);
	int rc = block_cursor_load(c, p, (struct sv){ bytes, n }, err);

	block_cursor_free(c);
	packer_free(p);
	return rc;
}

static void make_payload(struct buf *out)
{
	struct block_builder *b = block_builder_new();
	struct packer *p = packer_new(3);
	struct err err = { 0 };

	for (unsigned i = 0; i < 20; i++) {
		struct event ev = make_event(i);

		assert_int_equal(block_builder_add(b, &ev, &err), 0);
	}
	assert_int_equal(block_builder_finish(b, p, out, &err), 0);
	packer_free(p);
	block_builder_free(b);
}

static void block_cut_anywhere_is_refused(void **state)
{
	struct buf payload = { 0 };

	(void)state;
	make_payload(&payload);
	for (size_t n = 0; n < payload.n; n++) {
		struct err err = { 0 };
		char *exact = malloc(n + 1);

		memcpy(exact, payload.p, n);
		assert_int_equal(load_payload(exact, n, &err), -1);
		assert_int_equal(err.code, ERR_FORMAT);
		free(exact);
	}
	buf_deinit(&payload);
}

static void block_with_changed_bytes_never_reads_outside(void **state)
{
	struct buf payload = { 0 };
	struct event ev;
	unsigned refused = 0;

	(void)state;
	make_payload(&payload);
	for (size_t at = 0; at < payload.n; at++) {
		for (int bit = 0; bit < 8; bit++) {
			struct packer *p = packer_new(3);
			struct block_cursor *c = block_cursor_new(NULL, false);
			struct err err = { 0 };
			size_t events = 0;

			payload.p[at] ^= (char)(1 << bit);
			if (block_cursor_load(c, p, buf_sv(&payload), &err) < 0)
				refused++;
			else
				while (block_cursor_next(c, &ev))
					events++;
			assert_true(events <= 20);
			payload.p[at] ^= (char)(1 << bit);
			block_cursor_free(c);
			packer_free(p);
		}
	}
	assert_true(refused > payload.n * 2);
	buf_deinit(&payload);
}

/* --- real traces --- */

static void round_trip_file(const char *from, const char *to)
{
	struct source_options opt = { .upgrade = false };
	struct sink_options wopt = { .manifest = SV("{}") };
	struct trace_writer *w;
	struct source *a, *b;
	struct record ra, rb;
	struct err err = { 0 };
	enum next next;

	assert_int_equal(source_open(from, &opt, &a, &err), 0);
	assert_int_equal(trace_writer_open(open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600), to, &wopt,
					   &w, &err),
			 0);
	while (source_next(a, &ra, &err) == NEXT_ITEM)
		assert_int_equal(trace_writer_put(w, &ra, &err), 0);
	assert_int_equal(trace_writer_close(w, &err), 0);
	source_close(a);

	assert_int_equal(source_open(from, &opt, &a, &err), 0);
	assert_int_equal(source_open(to, &opt, &b, &err), 0);
	while ((next = source_next(a, &ra, &err)) == NEXT_ITEM) {
		assert_int_equal(source_next(b, &rb, &err), NEXT_ITEM);
		assert_same(&ra, &rb);
	}
	assert_int_equal(source_next(b, &rb, &err), NEXT_END);
	source_close(a);
	source_close(b);
}

static void stock_traces_survive_the_round_trip(void **state)
{
	static const char *const names[] = { "captured/host1.scap.gz", "stock/sample.scap",
					     "stock/run_as_user_0_container.scap",
					     "stock/curl_google_comments.scap" };
	struct trace *t = *state;
	char path[512];

	if (!test_corpus() || !*test_corpus())
		skip();
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/traces/%s", test_corpus(), names[i]);
		round_trip_file(path, t->path);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(trace_gives_back_every_record),
		T(trace_is_written_the_same_twice),
		T(trace_cut_anywhere_ends_in_order),
		T(trace_with_any_byte_changed_is_refused),
		T(trace_with_bytes_behind_it_is_refused),
		cmocka_unit_test(block_cut_anywhere_is_refused),
		cmocka_unit_test(block_with_changed_bytes_never_reads_outside),
		T(stock_traces_survive_the_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
