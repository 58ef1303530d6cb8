#include "format/tests/test.h"

#include "format/base/arena.h"
#include "format/base/buf.h"
#include "format/base/ip.h"
#include "format/base/strmap.h"

#include <errno.h>
#include <stdalign.h>
#include <stdio.h>

static void err_keeps_the_first_error(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_set(&err, ERR_FORMAT, "block of %d bytes", 9), -1);
	err_set(&err, ERR_IO, "something vague");
	err_prefix(&err, "a.scap: offset %d", 4096);
	assert_string_equal(err.msg, "a.scap: offset 4096: block of 9 bytes");
	assert_int_equal(err.code, ERR_FORMAT);
	assert_int_equal(err_exit_status(&err), 1);
}

static void err_errno_names_the_reason(void **state)
{
	struct err err = { 0 };

	(void)state;
	errno = ENOENT;
	err_errno(&err, "cannot open %s", "x");
	assert_string_equal(err.msg, "cannot open x: No such file or directory");
}

static void sv_steps_through_items_without_last_nul(void **state)
{
	struct sv rest = SV("a\0bc\0\0d"), item;

	(void)state;
	assert_true(sv_next_item(&rest, &item));
	assert_sv(item, "a");
	assert_true(sv_next_item(&rest, &item));
	assert_sv(item, "bc");
	assert_true(sv_next_item(&rest, &item));
	assert_sv(item, "");
	assert_true(sv_next_item(&rest, &item));
	assert_sv(item, "d");
	assert_false(sv_next_item(&rest, &item));
}

static void sv_orders_a_prefix_first(void **state)
{
	(void)state;
	assert_true(sv_cmp(SV("ab"), SV("abc")) < 0);
	assert_true(sv_cmp(SV("b"), SV("abc")) > 0);
	assert_int_equal(sv_cmp(SV("x"), SV("x")), 0);
	assert_int_equal(sv_find(SV("hello"), SV("llo")), 2);
	assert_int_equal(sv_find(SV("hello"), SV("lo!")), -1);
	assert_int_equal(sv_find(SV(""), SV("")), 0);
}

static void buf_grows_past_its_first_block(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%04d", i);
	assert_int_equal(b.n, 4000);
	assert_memory_equal(b.p + 3996, "0999", 4);
	buf_clear(&b);
	buf_put_i64(&b, INT64_MIN);
	assert_string_equal(buf_cstr(&b), "-9223372036854775808");
	buf_clear(&b);
	buf_put_u64(&b, 0);
	buf_put_u64(&b, UINT64_MAX);
	assert_string_equal(buf_cstr(&b), "018446744073709551615");
	buf_deinit(&b);
}

static void arena_aligns_and_zeroes(void **state)
{
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 1; i < 5000; i += 7) {
		char *text = arena_bytes(&a, i % 13);
		char *p = arena_alloc(&a, i);

		assert_non_null(text);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (size_t k = 0; k < i; k++)
			assert_int_equal(p[k], 0);
		memset(p, 0xff, i);
	}
	arena_reset(&a);
	assert_int_equal(*(char *)arena_alloc(&a, 100), 0);
	assert_null(arena_calloc(&a, SIZE_MAX / 2, 4));
	arena_deinit(&a);
}

static void strmap_finds_what_was_put(void **state)
{
	struct arena a = { 0 };
	struct strmap m = { 0 };
	char key[16];

	(void)state;
	assert_int_equal(strmap_get(&m, SV("x"), 7), 7);
	for (uint32_t i = 0; i < 2000; i++) {
		snprintf(key, sizeof key, "k%u", i);
		assert_true(strmap_put(&m, arena_sv(&a, sv_of(key)), i));
	}
	assert_true(strmap_put(&m, SV("k5"), 55));
	assert_int_equal(m.n, 2000);
	assert_int_equal(strmap_get(&m, SV("k5"), 0), 55);
	assert_int_equal(strmap_get(&m, SV("k1999"), 0), 1999);
	assert_false(strmap_has(&m, SV("k2000")));
	assert_sv(m.entries[3].key, "k3");
	strmap_deinit(&m);
	arena_deinit(&a);
}

static void ip_parses_and_matches_networks(void **state)
{
	struct ipnet net = { .bits = 15 };
	struct ip ip;
	char text[IP_TEXT_MAX];

	(void)state;
	assert_true(ip_parse(SV("10.1.0.0"), &net.ip));
	assert_true(ip_parse(SV("10.1.2.3"), &ip));
	ip_print(&ip, text);
	assert_string_equal(text, "10.1.2.3");
	assert_true(ipnet_has(&net, &ip));
	assert_true(ip_parse(SV("10.2.0.0"), &ip));
	assert_false(ipnet_has(&net, &ip));
	net.bits = 0;
	assert_true(ipnet_has(&net, &ip));
	assert_false(ip_parse(SV("10.1.0"), &ip));
	assert_false(ip_parse(SV(""), &ip));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_keeps_the_first_error),
		cmocka_unit_test(err_errno_names_the_reason),
		cmocka_unit_test(sv_steps_through_items_without_last_nul),
		cmocka_unit_test(sv_orders_a_prefix_first),
		cmocka_unit_test(buf_grows_past_its_first_block),
		cmocka_unit_test(arena_aligns_and_zeroes),
		cmocka_unit_test(strmap_finds_what_was_put),
		cmocka_unit_test(ip_parses_and_matches_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
