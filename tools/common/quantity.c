#include "tools/common/quantity.h"

#include "tools/common/when.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool parse_bytes(const char *text, uint64_t *out)
{
	static const struct {
		const char *name;
		int shift;
	} units[] = { { "", 0 }, { "K", 10 }, { "M", 20 }, { "G", 30 }, { "T", 40 } };
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	unsigned long long v = strtoull(text, &end, 10);
	if (errno || v == 0)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (strcmp(units[i].name, end) == 0) {
			*out = v << units[i].shift;
			return v <= UINT64_MAX >> units[i].shift;
		}
	}
	return false;
}

int quantity_bytes(const char *text, const char *option, uint64_t *out, struct err *err)
{
	if (parse_bytes(text, out))
		return 0;
	return err_set(err, ERR_USAGE, "option --%s wants a size such as 500M or 2G, not %s",
		       option, text);
}

int quantity_duration(const char *text, const char *option, uint64_t *ns, struct err *err)
{
	struct err unnamed = { 0 };

	if (when_parse_length(text, ns, &unnamed) == 0)
		return 0;
	return err_set(err, ERR_USAGE, "option --%s wants a time such as 90s or 10m, not %s",
		       option, text);
}
