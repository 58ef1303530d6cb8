#include "format/tests/test.h"

#include "format/scap/inflate.h"
#include "format/scap/input.h"

#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { BYTES = 300000 };

/* Bytes that tell where they are, and as a gzip stream of two members. */
struct fixture {
	char plain[BYTES];
	char *gz;
	size_t gz_n;
};

static size_t deflate_member(const char *from, size_t n, char *to, size_t room)
{
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)from;
	z.avail_in = (uInt)n;
	z.next_out = (Bytef *)to;
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	uint32_t x = 1;

	if (!f || !(f->gz = malloc(2 * BYTES)))
		return -1;
	for (size_t i = 0; i < BYTES; i++) {
		x = x * 1664525 + 1013904223;
		f->plain[i] = (char)(x >> 24 & 0x3f);
	}
	f->gz_n = deflate_member(f->plain, 1000, f->gz, BYTES);
	f->gz_n += deflate_member(f->plain + 1000, BYTES - 1000, f->gz + f->gz_n, BYTES);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	free(f->gz);
	free(f);
	return 0;
}

/* Peeks and skips of many lengths see the bytes that belong there. */
static void walk(struct input *in, const struct fixture *f)
{
	uint32_t x = 7;
	size_t at = 0;

	for (;;) {
		size_t n, step;
		const char *p;

		x = x * 1664525 + 1013904223;
		n = x >> 24 == 0 ? 40000 : x >> 26;
		p = input_peek(in, n);
		assert_int_equal(input_offset(in), at);
		if (!p)
			break;
		if (n)
			assert_memory_equal(p, f->plain + at, n);
		step = x >> 16 & 1 ? n : n / 2 + 1;
		if (!input_skip(in, step))
			break;
		at += step;
	}
	assert_int_equal(in->err.code, ERR_NONE);
	assert_memory_equal(in->cur, f->plain + BYTES - (in->end - in->cur),
			    (size_t)(in->end - in->cur));
	while (input_skip(in, 1))
		at++;
	assert_int_equal(input_offset(in), BYTES);
	assert_null(input_peek(in, 1));
}

static void walk_all_sizes(const struct fixture *f, struct sv bytes,
			   const struct inflate_ops *inflate)
{
	static const size_t sizes[] = { 0, 7, 64, 1000, 4096, 65536 };

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		for (int threads = 0; threads < 2; threads++) {
			struct input_options opt = { .chunk_bytes = sizes[i],
						     .no_thread = !threads,
						     .inflate = inflate };
			struct input in;
			struct err err = { 0 };

			if (sizes[i] == 7 && threads)
				continue; /* a thread switch per seven bytes */
			assert_int_equal(input_open_mem(&in, bytes, &opt, &err), 0);
			walk(&in, f);
			input_close(&in);
		}
	}
}

static void plain_bytes_are_seen_in_any_chunk_size(void **state)
{
	const struct fixture *f = *state;

	walk_all_sizes(f, (struct sv){ f->plain, BYTES }, NULL);
}

static void inflated_bytes_are_seen_in_any_chunk_size(void **state)
{
	const struct fixture *f = *state;

	for (size_t i = 0; inflate_kinds[i]; i++)
		walk_all_sizes(f, (struct sv){ f->gz, f->gz_n }, inflate_kinds[i]);
}

/* Name, comment, extra bytes and a header checksum, in pieces of any length. */
static void every_part_of_a_gzip_header_is_passed_over(void **state)
{
	const struct fixture *f = *state;
	gz_header head = { .text = 1,
			   .extra = (Bytef[]){ 1, 2, 3, 4, 5 },
			   .extra_len = 5,
			   .name = (Bytef[]){ "trace.scap" },
			   .comment = (Bytef[]){ "of a host" },
			   .hcrc = 1 };
	char *gz = malloc(10000);
	z_stream z = { 0 };

	assert_non_null(gz);
	assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflateSetHeader(&z, &head), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)f->plain;
	z.avail_in = 1000;
	z.next_out = (Bytef *)gz;
	z.avail_out = 10000;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);

	size_t n = 10000 - z.avail_out;
	for (size_t i = 0; inflate_kinds[i]; i++) {
		for (size_t taken = 2; taken <= INPUT_HEAD_MAX; taken++) {
			struct input_options opt = { .inflate = inflate_kinds[i] };
			struct input in;
			struct err err = { 0 };
			int fds[2];

			assert_int_equal(pipe(fds), 0);
			assert_int_equal(write(fds[1], gz + taken, n - taken), n - taken);
			close(fds[1]);
			assert_int_equal(
				input_open(&in, fds[0], (struct sv){ gz, taken }, &opt, &err), 0);
			const char *p = input_peek(&in, 1000);
			assert_non_null(p);
			assert_memory_equal(p, f->plain, 1000);
			assert_false(input_skip(&in, 1001));
			assert_int_equal(in.err.code, ERR_NONE);
			input_close(&in);
		}
	}
	free(gz);
}

/* A writer at the other end of a pipe, in our own process: as much as the pipe holds. */
static void a_pipe_is_read_behind_the_bytes_already_taken(void **state)
{
	const struct fixture *f = *state;
	struct input in;
	struct err err = { 0 };
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], f->plain + 10, 1000), 1000);
	close(fds[1]);
	assert_int_equal(input_open(&in, fds[0], (struct sv){ f->plain, 10 }, NULL, &err), 0);
	const char *p = input_peek(&in, 1010);
	assert_non_null(p);
	assert_memory_equal(p, f->plain, 1010);
	assert_null(input_peek(&in, 1011));
	input_close(&in);
}

static void closing_early_stops_the_helper(void **state)
{
	const struct fixture *f = *state;
	struct input_options opt = { .chunk_bytes = 512 };

	for (int i = 0; i < 50; i++) {
		struct input in;
		struct err err = { 0 };

		assert_int_equal(input_open_mem(&in, (struct sv){ f->gz, f->gz_n }, &opt, &err), 0);
		assert_non_null(input_peek(&in, (size_t)i * 100));
		input_close(&in);
	}
}

static uint64_t inflate_all(struct sv bytes, const struct inflate_ops *inflate, struct err *err)
{
	struct input_options opt = { .inflate = inflate };
	struct input in;
	uint64_t n;

	assert_int_equal(input_open_mem(&in, bytes, &opt, err), 0);
	assert_false(input_skip(&in, UINT64_MAX));
	n = input_offset(&in);
	*err = in.err;
	input_close(&in);
	return n;
}

static void bytes_in_front_of_a_cut_are_given(void **state)
{
	const struct fixture *f = *state;

	for (size_t i = 0; inflate_kinds[i]; i++) {
		struct err err = { 0 };

		assert_in_range(
			inflate_all((struct sv){ f->gz, f->gz_n - 20 }, inflate_kinds[i], &err),
			BYTES - 100, BYTES - 1);
		assert_int_equal(err.code, ERR_TRUNCATED);
		err = (struct err){ 0 };
		assert_int_equal(
			inflate_all((struct sv){ f->gz, f->gz_n - 4 }, inflate_kinds[i], &err),
			BYTES);
		assert_int_equal(err.code, ERR_TRUNCATED);
	}
}

static void damage_is_told_in_the_same_words(void **state)
{
	const struct fixture *f = *state;
	static const struct {
		ptrdiff_t at; /* negative: from the end */
		const char *msg;
	} flips[] = {
		{ 2, "the gzip stream is damaged (unknown compression method)" },
		{ -8, "the gzip stream is damaged (incorrect data check)" },
	};

	for (size_t k = 0; inflate_kinds[k]; k++) {
		for (size_t i = 0; i < sizeof flips / sizeof flips[0]; i++) {
			char *copy = malloc(f->gz_n);
			struct err err = { 0 };

			assert_non_null(copy);
			memcpy(copy, f->gz, f->gz_n);
			copy[flips[i].at < 0 ? (ptrdiff_t)f->gz_n + flips[i].at : flips[i].at] ^= 3;
			inflate_all((struct sv){ copy, f->gz_n }, inflate_kinds[k], &err);
			assert_int_equal(err.code, ERR_FORMAT);
			assert_string_equal(err.msg, flips[i].msg);
			free(copy);
		}
	}
}

static void a_closed_descriptor_cannot_be_read(void **state)
{
	struct input in;
	struct err err = { 0 };
	int fd = dup(0);

	(void)state;
	close(fd);
	assert_int_equal(input_open(&in, fd, SV(""), NULL, &err), -1);
	assert_int_equal(err.code, ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_bytes_are_seen_in_any_chunk_size),
		cmocka_unit_test(inflated_bytes_are_seen_in_any_chunk_size),
		cmocka_unit_test(every_part_of_a_gzip_header_is_passed_over),
		cmocka_unit_test(a_pipe_is_read_behind_the_bytes_already_taken),
		cmocka_unit_test(closing_early_stops_the_helper),
		cmocka_unit_test(bytes_in_front_of_a_cut_are_given),
		cmocka_unit_test(damage_is_told_in_the_same_words),
		cmocka_unit_test(a_closed_descriptor_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
