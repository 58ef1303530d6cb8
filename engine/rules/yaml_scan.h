/* YAML text into tokens, one at a time. */
#ifndef SAKER_RULES_YAML_SCAN_H
#define SAKER_RULES_YAML_SCAN_H

#include "engine/rules/yaml_input.h"
#include "format/base/arena.h"
#include "format/base/buf.h"

enum yaml_token_kind {
	YT_DIRECTIVE,
	YT_DOC_START,
	YT_DOC_END,
	YT_BLOCK_SEQ_START,
	YT_BLOCK_MAP_START,
	YT_BLOCK_SEQ_END,
	YT_BLOCK_MAP_END,
	YT_BLOCK_ENTRY,
	YT_FLOW_SEQ_START,
	YT_FLOW_MAP_START,
	YT_FLOW_SEQ_END,
	YT_FLOW_MAP_END,
	YT_FLOW_ENTRY,
	YT_KEY,
	YT_VALUE,
	YT_ANCHOR,
	YT_ALIAS,
	YT_TAG,
	YT_PLAIN,
	YT_QUOTED /* or a block scalar */
};

/*
 * Whether something is a mapping key is known only when its ':' comes: a key's tokens wait in the
 * queue, unverified, until then.
 */
enum yaml_token_status { YT_VALID, YT_INVALID, YT_UNVERIFIED };

struct yaml_token {
	enum yaml_token_kind kind;
	enum yaml_token_status status;
	struct yaml_mark mark;
	struct sv text;    /* scalar, anchor, alias, directive with its arguments */
	bool is_plain_tag; /* TAG: says nothing, the node is as if it had none */
};

enum yaml_indent_kind { INDENT_MAP, INDENT_SEQ, INDENT_NONE };
enum yaml_indent_status { INDENT_VALID, INDENT_INVALID, INDENT_UNKNOWN };

/* Lives in the arena: a possible key may point at an indentation that is already gone. */
struct yaml_indent {
	struct yaml_indent *outer;
	int col;
	enum yaml_indent_kind kind;
	enum yaml_indent_status status;
	size_t start_token;
};

struct yaml_possible_key {
	struct yaml_mark mark;
	size_t flow_level;
	struct yaml_indent *indent; /* NULL: it began none */
	size_t key_token;
};

/* Tokens are named by their number in the stream; those before `first` are gone. */
struct yaml_scanner {
	struct yaml_input in;
	struct arena *arena; /* texts of tokens: live as long as it does */
	struct buf scratch;
	struct yaml_token *tokens;
	size_t first, next, cap; /* numbers `first` to `next` - 1, at tokens[number - base] */
	size_t base;
	struct yaml_possible_key *keys;
	size_t nkeys, cap_keys;
	struct yaml_indent *indent; /* innermost */
	char *flows;                /* '[' or '{' of each open flow collection */
	size_t nflows, cap_flows;
	bool started, ended;
	bool key_allowed;    /* a simple key may start here */
	bool scalar_allowed; /* no second scalar behind a quoted one on the same line */
	bool after_json_key; /* a ':' need not be followed by a blank */
	struct err *err;
};

void yaml_scanner_init(struct yaml_scanner *s, struct sv text, struct arena *arena,
		       struct err *err);
void yaml_scanner_deinit(struct yaml_scanner *s);

/*
 * The next token, not yet taken; NEXT_END behind the last one, NEXT_ERROR (ERR_SYNTAX, ERR_NOMEM)
 * with s->err filled.  *out is valid until the next call.
 */
enum next yaml_scanner_peek(struct yaml_scanner *s, const struct yaml_token **out);
/* Take the token that the last peek returned. */
void yaml_scanner_take(struct yaml_scanner *s);

#endif
