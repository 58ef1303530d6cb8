/* What a filter says is not there is not there, and little else. */
#include "format/base/ip.h"
#include "format/tests/test.h"
#include "format/trace/text_filter.h"

#include <stdio.h>
#include <string.h>

static void filters_of_any_size_miss_nothing(void **state)
{
	struct packer *packer = packer_new(3);
	struct filter_builder *b = filter_builder_new();
	struct err err = { 0 };
	char text[32];

	(void)state;
	for (size_t max = 1; max < (1 << 18); max *= 8) {
		struct text_filter filter;
		struct buf payload = { 0 };
		struct ip ip = { .len = 4 };
		unsigned wrong = 0;

		for (unsigned i = 0; i < 3000; i++) {
			snprintf(text, sizeof text, "w%xx", i * 2654435761u);
			filter_builder_text(b, sv_of(text));
			memcpy(ip.b, &i, 4);
			filter_builder_ip(b, ip.b, 4);
		}
		assert_int_equal(filter_builder_finish(b, packer, max, &payload, &err), 0);
		assert_int_equal(text_filter_parse(&filter, packer, buf_sv(&payload), &err), 0);
		for (unsigned i = 0; i < 3000; i++) {
			snprintf(text, sizeof text, "w%xX", i * 2654435761u);
			assert_true(text_filter_may_have(&filter, sv_of(text), false, false));
			memcpy(ip.b, &i, 4);
			assert_true(text_filter_may_have_ip(&filter, ip.b, 4));
			ip.b[3] = 77;
			wrong += text_filter_may_have_ip(&filter, ip.b, 4);
		}
		/* One in 4096 where there was room for it. */
		if (max > 1 << 16)
			assert_true(wrong < 10);
		text_filter_deinit(&filter);
		buf_deinit(&payload);
	}
	filter_builder_free(b);
	packer_free(packer);
}

/* Hosts of one network differ in their last byte only. */
static void a_filter_tells_the_hosts_of_one_network_apart(void **state)
{
	struct packer *packer = packer_new(3);
	struct filter_builder *b = filter_builder_new();
	struct text_filter filter;
	struct buf payload = { 0 };
	struct err err = { 0 };
	uint8_t ip[4] = { 192, 168, 7, 1 };
	unsigned wrong = 0;

	(void)state;
	filter_builder_ip(b, ip, 4);
	assert_int_equal(filter_builder_finish(b, packer, 4096, &payload, &err), 0);
	assert_int_equal(text_filter_parse(&filter, packer, buf_sv(&payload), &err), 0);
	for (unsigned host = 2; host < 256; host++) {
		ip[3] = (uint8_t)host;
		wrong += text_filter_may_have_ip(&filter, ip, 4);
	}
	assert_int_equal(wrong, 0);
	text_filter_deinit(&filter);
	buf_deinit(&payload);
	filter_builder_free(b);
	packer_free(packer);
}

static void a_filter_of_anything_holds_nothing_back(void **state)
{
	struct packer *packer = packer_new(3);
	struct filter_builder *b = filter_builder_new();
	struct text_filter filter;
	struct buf payload = { 0 };
	struct err err = { 0 };

	(void)state;
	filter_builder_text(b, SV("some"));
	filter_builder_anything(b);
	assert_int_equal(filter_builder_finish(b, packer, 4096, &payload, &err), 0);
	assert_int_equal(text_filter_parse(&filter, packer, buf_sv(&payload), &err), 0);
	assert_true(text_filter_may_have(&filter, SV("thing"), false, false));
	assert_true(text_filter_may_have_ip(&filter, "\1\2\3\4", 4));
	text_filter_deinit(&filter);
	buf_deinit(&payload);
	filter_builder_free(b);
	packer_free(packer);
}

static void filters_say_what_is_wrong_with_them(void **state)
{
	static const struct {
		struct sv bytes;
		const char *says;
	} bad[] = {
		{ SV(""), "ends early" },
		{ SV("\x08"), "2^8 bits" },
		{ SV("\x15"), "2^21 bits" },
		{ SV("\x09"), "header ends early" },
		{ SV("\x09\0\0\1\1x"), "has 1 bytes" },
		{ SV("\0\0\0\1\1x"), "has 1 bytes" },
		{ SV("\0\0\0\0\0x"), "has 0 bytes" },
	};
	struct packer *packer = packer_new(3);

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct text_filter filter;
		struct err err = { 0 };

		assert_int_equal(text_filter_parse(&filter, packer, bad[i].bytes, &err), -1);
		if (!strstr(err.msg, bad[i].says))
			fail_msg("\"%s\" does not say \"%s\"", err.msg, bad[i].says);
		text_filter_deinit(&filter);
	}
	packer_free(packer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_of_any_size_miss_nothing),
		cmocka_unit_test(a_filter_tells_the_hosts_of_one_network_apart),
		cmocka_unit_test(a_filter_of_anything_holds_nothing_back),
		cmocka_unit_test(filters_say_what_is_wrong_with_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
