/* Columns: what goes in comes out, and packed ones that cannot be are refused. */
#include "format/tests/test.h"
#include "format/trace/column.h"
#include "format/trace/varint.h"

#include <string.h>

static void columns_say_what_is_wrong_with_them(void **state)
{
	static const struct {
		struct sv bytes;
		const char *says;
	} bad[] = {
		{ SV("\0"), "header ends early" },
		{ SV("\x03\x44\x04\x04----"), "kind 0x03" },
		{ SV("\x20\x44\x04\x04----"), "kind 0x20" },
		{ SV("\0\x33\x04\x04----"), "rows of 3 bytes" },
		{ SV("\0\x84\x04\x04----"), "rows of 4 bytes in 8" },
		{ SV("\0\x14"), "header ends early" },
		{ SV("\0\x14\0\x80"), "header ends early" },
		{ SV("\1\0\x04\x04----"), "shaped column without rows" },
		{ SV("\0\x44\x05\x05-----"), "4-byte rows has 5 bytes" },
		{ SV("\0\0\x80\x80\x80\x80\x10\0"), "claims 4294967296 bytes" },
		{ SV("\0\x04\0\x04\x01-"), "equal rows stores 1 bytes" },
		{ SV("\0\x04\0\0\0"), "equal rows stores 0 bytes" },
		{ SV("\0\x44\x04\x05----"), "claims 5 stored bytes, 4 are left" },
		{ SV("\0\x44\x04\x03---"), "has 3 bytes where 4 belong" },
		{ SV("\1\x44\x08\x04----"), "has 4 bytes where 8 belong" },
		{ SV("\2\x44\x08\x01-"), "do not add up" },
		{ SV("\2\x44\x04\x02--"), "do not add up" },
		{ SV("\x10\x44\x04\x04----"), "does not inflate" },
		{ SV("\x11\x44\x04\x04----"), "does not tell its size" },
		{ SV("\0\0\0\1-"), "does not inflate" },
	};
	struct packer *packer = packer_new(3);

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct sv in = bad[i].bytes;
		struct buf raw = { 0 };
		struct err err = { 0 };

		if (column_unpack(packer, &in, &raw, &err) != -1)
			fail_msg("column %zu is taken", i);
		if (!strstr(err.msg, bad[i].says))
			fail_msg("\"%s\" does not say \"%s\"", err.msg, bad[i].says);
		buf_deinit(&raw);
	}
	packer_free(packer);
}

static void columns_of_every_width_come_back(void **state)
{
	static const uint64_t bases[] = { 0, 5, (uint64_t)-3, UINT64_C(1) << 33,
					  (uint64_t)-1 << 40 };
	static const uint64_t ranges[] = { 1, 2, 200, 300, 65536, 70000, UINT64_C(1) << 33 };
	struct packer *packer = packer_new(3);
	struct err err = { 0 };
	char raw[8 * 500];

	(void)state;
	for (unsigned width = 1; width <= 8; width *= 2) {
		for (size_t k = 0; k < 5 * 7 * 2; k++) {
			uint64_t base = bases[k % 5], range = ranges[k / 5 % 7], seed = k;
			struct buf packed = { 0 }, back = { 0 };
			size_t n = width * (k < 35 ? 500 : 3);

			for (size_t i = 0; i < n; i += width) {
				seed = seed * 6364136223846793005u + 1442695040888963407u;
				uint64_t v = base + (seed >> 20) % range;
				memcpy(raw + i, &v, width);
			}
			assert_int_equal(
				column_pack(packer, (struct sv){ raw, n }, width, &packed, &err),
				0);
			struct sv in = buf_sv(&packed);
			assert_int_equal(column_unpack(packer, &in, &back, &err), 0);
			assert_int_equal(in.n, 0);
			assert_true(sv_eq(buf_sv(&back), (struct sv){ raw, n }));
			buf_deinit(&packed);
			buf_deinit(&back);
		}
	}
	packer_free(packer);
}

static void column_picks_a_shape_and_keeps_every_row(void **state)
{
	struct packer *p = packer_new(3);
	struct err err = { 0 };
	char raw[8 * 1000];

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct buf out = { 0 }, back = { 0 };
		uint64_t seed = 1;

		for (size_t i = 0; i < 1000; i++) {
			uint64_t v = kind == 0 ? 7 : kind == 1 ? i * 4096 + 0x7f0000000000u : i % 3;

			if (kind == 3)
				v = seed = seed * 6364136223846793005u + 1442695040888963407u;
			memcpy(raw + i * 8, &v, 8);
		}
		assert_int_equal(column_pack(p, (struct sv){ raw, sizeof raw }, 8, &out, &err), 0);
		if (kind < 2)
			assert_true(out.n < 100);
		struct sv in = buf_sv(&out);
		assert_int_equal(column_unpack(p, &in, &back, &err), 0);
		assert_int_equal(in.n, 0);
		assert_int_equal(back.n, sizeof raw);
		assert_memory_equal(back.p, raw, sizeof raw);
		buf_deinit(&out);
		buf_deinit(&back);
	}
	packer_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_say_what_is_wrong_with_them),
		cmocka_unit_test(columns_of_every_width_come_back),
		cmocka_unit_test(column_picks_a_shape_and_keeps_every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
