/* The text of one scalar: folding, escapes, chomping, indentation. */
#ifndef SAKER_RULES_YAML_SCALAR_H
#define SAKER_RULES_YAML_SCALAR_H

#include "engine/rules/yaml_input.h"
#include "format/base/buf.h"

/*
 * All read from in->at (behind an opening quote, at the start of a plain scalar, behind the header
 * line's indicators) and replace what *out holds.  ERR_SYNTAX with the place otherwise.
 */

/* *broke_line: the scalar ended because a less indented line began. */
int yaml_scan_plain(struct yaml_input *in, bool in_flow, int indent, struct buf *out,
		    bool *broke_line, struct err *err);

/* quote: which of ' and " it began with. */
int yaml_scan_quoted(struct yaml_input *in, char quote, struct buf *out, struct err *err);

/* At the '|' or '>'; `parent_indent` is that of the block around it, -1 for none. */
int yaml_scan_block(struct yaml_input *in, int parent_indent, struct buf *out, struct err *err);

#endif
