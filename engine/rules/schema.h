/*
 * Falco's JSON schema of rule files: what the loader would rather see.  A violation is no error;
 * it is reported as schema_valid and schema_warnings.
 */
#ifndef SAKER_RULES_SCHEMA_H
#define SAKER_RULES_SCHEMA_H

#include "engine/rules/diag.h"
#include "engine/rules/yaml.h"

/*
 * Check all documents and put the outcome into the last file begun in *dl.  -1 with err filled when
 * a key is no text, which the reference takes for a parse error.
 */
int schema_check(const struct yaml_stream *stream, struct diag_list *dl, struct err *err);

#endif
