#include "capture/rec/quantity.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

/* A number above 0 and one of the units (the list ends with a NULL name). */
static int parse(const char *text, const struct unit *units, uint64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	unsigned long long v = strtoull(text, &end, 10);
	while (units->name && strcmp(units->name, end) != 0)
		units++;
	if (errno || v == 0 || !units->name || v > UINT64_MAX / units->factor)
		return -1;
	*out = v * units->factor;
	return 0;
}

int quantity_bytes(const char *text, const char *option, uint64_t *out, struct err *err)
{
	static const struct unit units[] = { { "", 1 },
					     { "K", UINT64_C(1) << 10 },
					     { "M", UINT64_C(1) << 20 },
					     { "G", UINT64_C(1) << 30 },
					     { "T", UINT64_C(1) << 40 },
					     { NULL, 0 } };

	if (parse(text, units, out) == 0)
		return 0;
	return err_set(err, ERR_USAGE, "option --%s wants a size such as 500M or 2G, not %s",
		       option, text);
}

int quantity_duration(const char *text, const char *option, uint64_t *ns, struct err *err)
{
	static const struct unit units[] = {
		{ "ms", QUANTITY_SECOND / 1000 }, { "s", QUANTITY_SECOND },
		{ "m", 60 * QUANTITY_SECOND },    { "h", 3600 * QUANTITY_SECOND },
		{ "d", 86400 * QUANTITY_SECOND }, { NULL, 0 }
	};

	if (parse(text, units, ns) == 0)
		return 0;
	return err_set(err, ERR_USAGE, "option --%s wants a time such as 90s or 10m, not %s",
		       option, text);
}
