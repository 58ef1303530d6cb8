/* The descriptions in container events. */
#ifndef SAKER_SCAP_REDACT_JSON_H
#define SAKER_SCAP_REDACT_JSON_H

#include "tools/scap/redactor.h"

/* Append the description without what is to be redacted, and a NUL, to r->bytes.  0: it is none,
 * and stays as it is; 1: appended. */
int redact_json(struct redactor *r, struct sv json, struct err *err);
/* The text that stands for `value` of a variable, a path or a user; appended to r->bytes. */
void redact_value(struct redactor *r, enum redact_kind kind, struct sv value);

#endif
