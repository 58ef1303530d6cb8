/*
 * Takes out of records what is nobody's business and puts tokens in its place.
 */
#ifndef SAKER_SCAP_REDACTOR_H
#define SAKER_SCAP_REDACTOR_H

#include "format/record.h"
#include "tools/scap/tokens.h"

enum redact_kind { REDACT_ARGS, REDACT_ENV, REDACT_PATHS, REDACT_DATA, REDACT_USERS, REDACT_KINDS };

const char *redact_kind_name(enum redact_kind kind); /* "args", "env", ... */

struct redactor {
	struct tokens *tokens;
	bool wanted[REDACT_KINDS];
	uint64_t replaced[REDACT_KINDS];
	struct buf bytes; /* what the views of the last record point to */
};

void redactor_deinit(struct redactor *r);
uint64_t redactor_distinct(const struct redactor *r, enum redact_kind kind);
/* Views put into *rec are valid until the next call.  Not for RECORD_STATE (tracker_rewrite). */
int redact_record(struct redactor *r, struct record *rec, struct err *err);

#endif
