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
