#include "tools/common/human.h"

#include <inttypes.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

void human_count(struct buf *b, uint64_t n)
{
	if (n >= 1000) {
		human_count(b, n / 1000);
		buf_printf(b, ",%03" PRIu64, n % 1000);
	} else {
		buf_put_u64(b, n);
	}
}

void human_bytes(struct buf *b, uint64_t n)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t unit = 0;
	double v = (double)n;

	while (v >= 1024) {
		v /= 1024;
		unit++;
	}
	buf_printf(b, unit ? "%.1f %s" : "%.0f %s", v, units[unit]);
}

void human_duration(struct buf *b, uint64_t ns)
{
	uint64_t s = ns / NS_PER_S;

	if (ns < NS_PER_S / 1000)
		buf_printf(b, "%.1f us", (double)ns / 1e3);
	else if (ns < NS_PER_S)
		buf_printf(b, "%.1f ms", (double)ns / 1e6);
	else if (s < 60)
		buf_printf(b, "%.3f s", (double)ns / 1e9);
	else
		buf_printf(b, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / 3600, s / 60 % 60,
			   s % 60);
}

void human_time(struct buf *b, uint64_t ts_ns)
{
	time_t s = (time_t)(ts_ns / NS_PER_S);
	struct tm tm;
	char text[32];

	if (!gmtime_r(&s, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm)) {
		buf_put_u64(b, ts_ns);
		return;
	}
	buf_printf(b, "%s.%09" PRIu64 "Z", text, ts_ns % NS_PER_S);
}
