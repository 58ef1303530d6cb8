/*
 * Writing JSON as it comes, without a tree: commas are put where they belong.  Keys and texts are
 * escaped; bytes that are not UTF-8 become U+FFFD.
 */
#ifndef SAKER_TOOLS_JSON_H
#define SAKER_TOOLS_JSON_H

#include "format/base/buf.h"

struct json {
	struct buf *out;
	bool comma; /* a value stands before the next one */
};

/* key: NULL inside arrays and at the top. */
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end_object(struct json *j);
void json_end_array(struct json *j);
void json_text(struct json *j, const char *key, struct sv value);
void json_u64(struct json *j, const char *key, uint64_t value);
void json_i64(struct json *j, const char *key, int64_t value);
/* What is JSON already. */
void json_raw(struct json *j, const char *key, struct sv value);
void json_bool(struct json *j, const char *key, bool value);

#endif
