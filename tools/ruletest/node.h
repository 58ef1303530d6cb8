/*
 * Mappings of a suite, read key by key.  Every complaint names file, line and column; where a key
 * is absent, what it would fill stays as it is.
 */
#ifndef SAKER_RULETEST_NODE_H
#define SAKER_RULETEST_NODE_H

#include "engine/rules/vec.h"
#include "engine/rules/yaml.h"
#include "format/base/buf.h"
#include "format/base/err.h"

struct reading {
	struct sv file;      /* for messages */
	struct arena *arena; /* of what is read */
	struct err *err;
};

/* ERR_SYNTAX at the node; returns -1. */
int node_fail(const struct reading *r, const struct yaml_node *n, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int node_no_memory(const struct reading *r);

/* It must be a mapping with no keys but these (NULL at the end). */
int node_keys(const struct reading *r, const struct yaml_node *map, const char *const *known);

int node_text(const struct reading *r, const struct yaml_node *map, const char *key,
	      struct sv *out);
/* One text or a list of them, appended to out. */
int node_texts(const struct reading *r, const struct yaml_node *map, const char *key,
	       struct sv_list *out);
int node_bool(const struct reading *r, const struct yaml_node *map, const char *key, bool *out);
int node_u64(const struct reading *r, const struct yaml_node *map, const char *key, uint64_t *out);
/* "250ms", "5s", "1.5m", "2h" in nanoseconds. */
int node_duration(const struct reading *r, const struct yaml_node *map, const char *key,
		  uint64_t *out);

/* A number that is all of the text, with the prefixes of C. */
bool text_to_i64(struct sv text, int64_t *out);
/* The last c in a text, NULL: it is not there. */
const char *text_last(struct sv text, char c);
/* In double quotes, which conditions and YAML read alike. */
void text_put_quoted(struct buf *out, struct sv s);
bool text_to_duration(struct sv text, uint64_t *out);

#endif
