/* From YAML trees to what collect.h collects: the shape of items, and their values. */
#ifndef SAKER_RULES_READ_H
#define SAKER_RULES_READ_H

#include "engine/rules/collect.h"
#include "engine/rules/yaml.h"

struct reader {
	struct collection *into;
	struct diag_list *dl;
	const struct context *root;
	struct sv text;
	size_t nentries; /* of exceptions, counted because aliases can multiply them */
	size_t item_end; /* where the text of the last rule ends */
};

/*
 * Read the items of one file into the collection.  -1 with an error in *dl; what came before the
 * error stays collected, as in Falco.
 */
int read_rules(struct reader *r, struct sv file_name);

/* --- for the parts of the reader --- */

enum {
	VALUE_OPTIONAL = 1,
	VALUE_MAY_BE_EMPTY = 2,
};

/* ERR_YAML_VALIDATE at ctx; returns -1. */
int read_fail(struct reader *r, const struct context *ctx, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int read_no_memory(struct reader *r);

/* The context of a node below parent; name as in context_at. */
const struct context *read_at(struct reader *r, const struct context *parent, enum item_type type,
			      struct sv name, const struct yaml_node *node);

/* The value of a key; *out stays as it is when the key is absent or its value may be empty. */
int read_text(struct reader *r, const struct yaml_node *item, const char *key, int flags,
	      const struct context *ctx, struct sv *out);
int read_bool(struct reader *r, const struct yaml_node *item, const char *key, int flags,
	      const struct context *ctx, bool *out);
int read_u32(struct reader *r, const struct yaml_node *item, const char *key, int flags,
	     const struct context *ctx, uint32_t *out);
/* A sequence of texts. */
int read_texts(struct reader *r, const struct yaml_node *item, const char *key, int flags,
	       const struct context *ctx, struct sv_list *out);

/* LOAD_UNKNOWN_KEY for every key not in the list, which ends with NULL. */
int read_unknown_keys(struct reader *r, const struct yaml_node *item, const char *const *known,
		      const struct context *ctx);
/* The warning about `append: true`. */
void read_warn_append(struct reader *r, const struct context *ctx);
extern const char read_both_append_and_override[];

/* A key that `override` may name. */
struct override_key {
	const char *name;
	uint32_t part; /* enum rule_part, or any bit */
	bool can_append, can_replace;
};

/* Read "override:" into the sets of parts to append and to replace. */
int read_overrides(struct reader *r, const struct yaml_node *item, const struct override_key *keys,
		   size_t nkeys, const struct context *ctx, uint32_t *append, uint32_t *replace);

/* appending: fields may be left out, and missing values are worth a warning. */
int read_exceptions(struct reader *r, const struct yaml_node *item, const struct context *parent,
		    bool appending, struct exception_list *out);

/* A rule in any of its forms. `source_text` is its YAML. */
int read_rule(struct reader *r, const struct yaml_node *item, struct sv source_text);

#endif
