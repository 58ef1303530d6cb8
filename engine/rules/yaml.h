/*
 * YAML text into trees that know where each node stands.
 *
 * Duplicate keys are kept; a look-up finds the first.  An alias is the very node it names, so a
 * tree is in truth a graph, and a node may contain itself: a walker must bound its depth.
 */
#ifndef SAKER_RULES_YAML_H
#define SAKER_RULES_YAML_H

#include "engine/rules/yaml_input.h"
#include "format/base/arena.h"

enum {
	YAML_MAX_BYTES = 8 << 20,
	YAML_MAX_DEPTH = 500,
	YAML_MAX_UNFOLDED = 64 << 20, /* what all aliases together stand for: nodes and bytes */
};

enum yaml_kind { YAML_NULL, YAML_SCALAR, YAML_SEQ, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	struct yaml_mark mark;
	struct sv text;           /* SCALAR */
	struct yaml_node **items; /* SEQ: n nodes; MAP: n times a key and its value */
	size_t n;
	uint32_t weight; /* nodes and bytes of text, aliases unfolded; 0 while it is being read */
};

struct yaml_stream {
	struct yaml_node **docs;
	size_t n;
};

/*
 * All documents up to the first that is empty; everything lives in `arena`.  ERR_SYNTAX with
 * err->pos (from 1), ERR_LIMIT when there is too much text or the
 * aliases stand for too much.
 */
int yaml_parse(struct sv text, struct arena *arena, struct yaml_stream *out, struct err *err);

/* The value of a key of a mapping; NULL if there is none. */
const struct yaml_node *yaml_get_key(const struct yaml_node *map, const char *key);

/* As yaml-cpp converts a scalar; false when it cannot be. */
bool yaml_to_bool(const struct yaml_node *node, bool *out);
bool yaml_to_u32(const struct yaml_node *node, uint32_t *out);

#endif
