/*
 * Values and parameters as text and JSON, the way Falco prints them.
 */
#ifndef SAKER_FIELDS_RENDER_H
#define SAKER_FIELDS_RENDER_H

#include "engine/fields/field.h"
#include "format/base/buf.h"

/* As in an output line: "%proc.name".  Of text, what is no printable character becomes U+FFFD. */
void render_value(struct buf *out, const struct value *v, enum print_format format);
/* As in the JSON object "output_fields"; a missing value (v == NULL) is null. */
void render_value_json(struct buf *out, const struct value *v, enum print_format format);
/* A JSON string literal with quotes: control characters escaped, broken UTF-8 as U+FFFD. */
void render_json_string(struct buf *out, struct sv s);

/* "name=raw(resolved) ..." of all parameters: evt.args. */
void render_args(struct field_ctx *ctx, struct buf *out);

#endif
