/*
 * Output templates: "%evt.time %proc.name[%NNfield]" compiled once, printed per event.
 * Language: filter-language 8 (engine/output/README.md).
 */
#ifndef SAKER_OUTPUT_FORMAT_H
#define SAKER_OUTPUT_FORMAT_H

#include "engine/fields/field.h"
#include "format/base/buf.h"

struct format; /* lives in the arena it was compiled in */

/*
 * ERR_CHECK with err->pos.col (from 1) at an unknown field, a lone '%' or a trailing number.
 * With `use_defaults` the missing values print "<NA>" (a template that starts with '*').
 */
int format_compile(struct sv template_text, struct arena *arena, struct format **out,
		   struct err *err);

/* Append the line; false (nothing appended) when a value is missing and the template says so. */
bool format_print(const struct format *f, struct field_ctx *ctx, struct buf *out);

/* The fields of the template, in order of appearance, for output_fields. */
struct format_field {
	struct sv key; /* token text without '%' */
	enum print_format print;
	const struct expr *expr; /* transformer expression, NULL for a plain field */
	const struct field_ref *ref;
};
size_t format_fields(const struct format *f, const struct format_field **out);

/* Value of field i at the current event. */
bool format_field_get(const struct format_field *ff, struct field_ctx *ctx, struct value *out);

/* Deprecated fields used ("evt.dir"), for the loader's warnings: names, borrowed. */
size_t format_deprecated(const struct format *f, const struct sv **names);

#endif
