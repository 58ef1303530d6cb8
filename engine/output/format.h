/*
 * Output templates: "%evt.time %proc.name[%NNfield]" compiled once, printed per event.
 * Language: filter-language 8 (engine/output/README.md).
 */
#ifndef SAKER_OUTPUT_FORMAT_H
#define SAKER_OUTPUT_FORMAT_H

#include "engine/fields/field.h"
#include "format/base/buf.h"

enum {
	FORMAT_MAX_TOKEN = 4096,  /* bytes of one field or transformer */
	FORMAT_MAX_WIDTH = 65535, /* %NNfield */
};

struct expr;   /* engine/filter/filter.h */
struct format; /* lives in the arena it was compiled in */

/*
 * ERR_CHECK with err->pos.col (from 1) at an unknown field, a lone '%' or a trailing number.  In a
 * template that starts with '*' missing values print "<NA>".  The text is copied.
 */
int format_compile(struct sv template_text, struct arena *arena, struct format **out,
		   struct err *err);

/* Append the line; false (nothing appended) when a value is missing and the template says so. */
bool format_print(const struct format *f, struct field_ctx *ctx, struct buf *out);

/*
 * The fields of the template for output_fields, each once, in order of appearance.  Of a
 * transformer's call only the fields inside it count, as in Falco.
 */
struct format_field {
	struct sv key; /* as Falco writes the token, without '%' */
	enum print_format print;
	const struct expr *expr; /* transformer expression, NULL for a plain field */
	const struct field_ref *ref;
};
size_t format_fields(const struct format *f, const struct format_field **out);

/* Value of a field at the current event, as JSON shows it. */
bool format_field_get(const struct format_field *ff, struct field_ctx *ctx, struct value *out);

/* The parameters that it looks at, at events of this type; see field_params. */
uint64_t format_params(const struct format *f, uint32_t event_type);

/* Does it show a field with a memory of its own (FF_PER_USE)? */
bool format_remembers(const struct format *f);

/* Everything the template speaks of, as often as it does: fields, and the calls around them. */
size_t format_mentions(const struct format *f, const struct sv **names);

#endif
