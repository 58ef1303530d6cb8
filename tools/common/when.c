#include "tools/common/when.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)
/* Seconds up to here: the year 3 million; nanoseconds from here on: 28 hours after the epoch. */
#define SECONDS_MAX UINT64_C(100000000000000)

/* Cut `digits` digits off *p; false when there are fewer or the number is not within the range. */
static bool take(const char **p, int digits, unsigned min, unsigned max, unsigned *out)
{
	unsigned v = 0;

	for (int i = 0; i < digits; i++) {
		if (**p < '0' || **p > '9')
			return false;
		v = v * 10 + (unsigned)(*(*p)++ - '0');
	}
	*out = v;
	return v >= min && v <= max;
}

/* ".845" -> nanoseconds */
static bool take_fraction(const char **p, uint64_t *ns)
{
	uint64_t unit = NS_PER_S / 10;

	if (**p != '.')
		return true;
	for (++*p; **p >= '0' && **p <= '9'; ++*p) {
		*ns += (uint64_t)(**p - '0') * unit;
		unit /= 10;
	}
	return (*p)[-1] != '.';
}

/* Days since the epoch of a date of the Gregorian calendar (Howard Hinnant's days_from_civil). */
static uint64_t days_of(unsigned year, unsigned month, unsigned day)
{
	unsigned y = month <= 2 ? year - 1 : year;
	unsigned of_era = y % 400;
	unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return (uint64_t)(y / 400) * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
	       719468;
}

static bool parse_date(const char *p, uint64_t *ts_ns)
{
	unsigned year, month, day, hour = 0, minute = 0, second = 0;
	uint64_t ns = 0;

	if (!take(&p, 4, 1970, 2553, &year) || *p++ != '-' || !take(&p, 2, 1, 12, &month) ||
	    *p++ != '-' || !take(&p, 2, 1, 31, &day))
		return false;
	if (*p == 'T' || *p == ' ') {
		p++;
		if (!take(&p, 2, 0, 23, &hour) || *p++ != ':' || !take(&p, 2, 0, 59, &minute))
			return false;
		if (*p == ':') {
			p++;
			if (!take(&p, 2, 0, 60, &second) || !take_fraction(&p, &ns))
				return false;
		}
	}
	if (*p == 'Z')
		p++;
	*ts_ns = (days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) *
			 NS_PER_S +
		 ns;
	return *p == '\0';
}

int when_parse(const char *text, uint64_t *ts_ns, struct err *err)
{
	char *end;

	if (*text && text[strspn(text, "0123456789")] == '\0') {
		errno = 0;
		unsigned long long v = strtoull(text, &end, 10);

		if (errno == 0 && (v >= SECONDS_MAX || v <= UINT64_MAX / NS_PER_S)) {
			*ts_ns = v >= SECONDS_MAX ? v : v * NS_PER_S;
			return 0;
		}
	} else if (parse_date(text, ts_ns)) {
		return 0;
	}
	return err_set(err, ERR_USAGE,
		       "not a time: %s (expected something like 2026-11-22T07:04:19.5 or "
		       "nanoseconds since the epoch)",
		       text);
}

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "s", NS_PER_S },
	{ "ms", 1000000 },
	{ "us", 1000 },
	{ "ns", 1 },
	{ "m", 60 * NS_PER_S },
	{ "h", 3600 * NS_PER_S },
	{ "d", 86400 * NS_PER_S },
};

/* "90s", "1.5m", "250ms" -> nanoseconds */
static bool parse_length(const char *p, uint64_t *ns)
{
	uint64_t whole = 0, billionths = 0, more;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*p - '0'), &whole))
			return false;
	}
	if (!take_fraction(&p, &billionths))
		return false;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (strcmp(p, units[i].name) != 0)
			continue;
		/*
		 * Less than 10^9 of a unit of at most 10^14 ns: only the whole part can overflow.
		 */
		more = (uint64_t)((double)billionths / 1e9 * (double)units[i].ns + 0.5);
		return !__builtin_mul_overflow(whole, units[i].ns, ns) &&
		       !__builtin_add_overflow(*ns, more, ns);
	}
	return false;
}

int when_parse_length(const char *text, uint64_t *ns, struct err *err)
{
	if (parse_length(text, ns) && *ns)
		return 0;
	return err_set(err, ERR_USAGE,
		       "not a length of time: %s (expected something like 90s, 1.5m or 250ms)",
		       text);
}

int when_parse_bound(const char *text, struct span_bound *out, struct err *err)
{
	char *end;

	switch (*text) {
	case '+':
		out->kind = SPAN_AFTER;
		if (parse_length(text + 1, &out->value))
			return 0;
		return err_set(err, ERR_USAGE,
			       "not a length of time: %s (expected something like +90s, +1.5m or "
			       "+250ms)",
			       text);
	case '#':
		out->kind = SPAN_EVENT;
		errno = 0;
		out->value = strtoull(text + 1, &end, 10);
		if (text[1] >= '0' && text[1] <= '9' && *end == '\0' && errno == 0)
			return 0;
		return err_set(err, ERR_USAGE, "not an event number: %s (expected #1234)", text);
	default:
		out->kind = SPAN_TIME;
		return when_parse(text, &out->value, err);
	}
}
