#include "engine/rules/version.h"

#include <inttypes.h>
#include <stdio.h>

bool version_parse(struct sv text, struct version *out)
{
	*out = (struct version){ 0 };
	return sscanf(text.p, "%" SCNu32 ".%" SCNu32 ".%" SCNu32, &out->major, &out->minor,
		      &out->patch) == 3;
}

static int cmp(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

int version_cmp(struct version a, struct version b)
{
	int c = cmp(a.major, b.major);

	if (c == 0)
		c = cmp(a.minor, b.minor);
	return c ? c : cmp(a.patch, b.patch);
}

bool version_serves(struct version have, struct version want)
{
	return have.major == want.major && version_cmp(have, want) >= 0;
}
