/* What transformers do with values. */
#ifndef SAKER_FILTER_TRANSFORM_H
#define SAKER_FILTER_TRANSFORM_H

#include "engine/filter/expr.h"

/* Apply e->trf to its arguments' values; false: no result. */
bool transform(const struct expr *e, const struct value *args, struct arena *scratch,
	       struct value *out);

/* Read a getopt option string. */
void transform_options(struct sv text, struct expr_options *out);

/* A scalar as its bytes in memory: what text transformers see of other types. */
struct sv transform_bytes(const struct value *v, struct arena *scratch);

#endif
