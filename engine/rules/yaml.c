#include "engine/rules/yaml.h"

#include "engine/rules/yaml_scan.h"
#include "format/base/strmap.h"

#include <stdio.h>
#include <stdlib.h>

struct parser {
	struct yaml_scanner scan;
	struct arena *arena;
	struct err *err;
	const struct yaml_token *tok; /* NULL at the end */
	struct strmap anchors;        /* name -> index into anchored */
	struct yaml_node **anchored;
	uint32_t nanchored, cap_anchored;
	struct yaml_node **stack; /* items of all open collections */
	size_t nstack, cap_stack;
	size_t unfolded; /* weight of what the aliases so far stand for */
	int depth;
	bool in_flow_seq; /* the innermost collection is a flow sequence */
};

static int fail(struct parser *p, struct yaml_mark at, const char *what)
{
	return yaml_fail(p->err, at, what);
}

static int no_memory(struct parser *p)
{
	return err_set(p->err, ERR_NOMEM, "no memory to read the YAML text");
}

/* Look at the next token: p->tok, NULL at the end. */
static int peek(struct parser *p)
{
	enum next next = yaml_scanner_peek(&p->scan, &p->tok);

	if (next == NEXT_END)
		p->tok = NULL;
	return next == NEXT_ERROR ? -1 : 0;
}

static int take(struct parser *p)
{
	yaml_scanner_take(&p->scan);
	return peek(p);
}

static bool is(const struct parser *p, enum yaml_token_kind kind)
{
	return p->tok && p->tok->kind == kind;
}

static struct yaml_node *new_node(struct parser *p, enum yaml_kind kind, struct yaml_mark mark)
{
	struct yaml_node *n = arena_new(p->arena, struct yaml_node);

	if (!n) {
		no_memory(p);
		return NULL;
	}
	n->kind = kind;
	n->mark = mark;
	n->weight = kind != YAML_SEQ && kind != YAML_MAP;
	return n;
}

static int push(struct parser *p, struct yaml_node *node)
{
	if (!node)
		return -1;
	if (p->nstack == p->cap_stack) {
		size_t cap = p->cap_stack ? p->cap_stack * 2 : 256;
		struct yaml_node **grown = realloc(p->stack, cap * sizeof *grown);

		if (!grown)
			return no_memory(p);
		p->stack = grown;
		p->cap_stack = cap;
	}
	p->stack[p->nstack++] = node;
	return 0;
}

static int push_null(struct parser *p, struct yaml_mark mark)
{
	return push(p, new_node(p, YAML_NULL, mark));
}

/* Move what was pushed since `from` into the collection. */
static int close_collection(struct parser *p, struct yaml_node *node, size_t from, size_t per_item)
{
	size_t n = p->nstack - from;

	node->items = arena_array(p->arena, struct yaml_node *, n);
	if (!node->items)
		return no_memory(p);
	node->weight = 1;
	for (size_t i = 0; i < n; i++) {
		node->items[i] = p->stack[from + i];
		node->weight += node->items[i]->weight;
	}
	node->n = n / per_item;
	p->nstack = from;
	return 0;
}

static int parse_node(struct parser *p);

static int parse_block_seq(struct parser *p)
{
	static const char what[] = "end of sequence not found";

	if (take(p) < 0)
		return -1;
	for (;;) {
		if (!p->tok)
			return fail(p, p->scan.in.at, what);
		if (!is(p, YT_BLOCK_ENTRY) && !is(p, YT_BLOCK_SEQ_END))
			return fail(p, p->tok->mark, what);
		bool ends = is(p, YT_BLOCK_SEQ_END);

		if (take(p) < 0)
			return -1;
		if (ends)
			return 0;
		if (is(p, YT_BLOCK_ENTRY) || is(p, YT_BLOCK_SEQ_END)) {
			if (push_null(p, p->tok->mark) < 0)
				return -1;
		} else if (parse_node(p) < 0) {
			return -1;
		}
	}
}

/* Behind an item of a flow collection: a comma or the end, which stays. */
static int parse_flow_separator(struct parser *p, enum yaml_token_kind end, const char *what)
{
	if (!p->tok)
		return fail(p, p->scan.in.at, what);
	if (is(p, YT_FLOW_ENTRY))
		return take(p);
	return is(p, end) ? 0 : fail(p, p->tok->mark, what);
}

static int parse_flow_seq(struct parser *p)
{
	static const char what[] = "end of sequence flow not found";

	if (take(p) < 0)
		return -1;
	for (;;) {
		if (!p->tok)
			return fail(p, p->scan.in.at, what);
		if (is(p, YT_FLOW_SEQ_END))
			return take(p);
		p->in_flow_seq = true;
		if (parse_node(p) < 0 || parse_flow_separator(p, YT_FLOW_SEQ_END, what) < 0)
			return -1;
	}
}

/* A key and its value; a missing one stands where the pair began. */
static int parse_pair(struct parser *p)
{
	struct yaml_mark mark = p->tok->mark;

	if (is(p, YT_KEY)) {
		if (take(p) < 0 || parse_node(p) < 0)
			return -1;
	} else if (push_null(p, mark) < 0) {
		return -1;
	}
	if (!is(p, YT_VALUE))
		return push_null(p, mark);
	return take(p) < 0 ? -1 : parse_node(p);
}

static int parse_block_map(struct parser *p)
{
	static const char what[] = "end of map not found";

	if (take(p) < 0)
		return -1;
	for (;;) {
		if (!p->tok)
			return fail(p, p->scan.in.at, what);
		if (is(p, YT_BLOCK_MAP_END))
			return take(p);
		if (!is(p, YT_KEY) && !is(p, YT_VALUE))
			return fail(p, p->tok->mark, what);
		if (parse_pair(p) < 0)
			return -1;
	}
}

static int parse_flow_map(struct parser *p)
{
	static const char what[] = "end of map flow not found";

	if (take(p) < 0)
		return -1;
	for (;;) {
		if (!p->tok)
			return fail(p, p->scan.in.at, what);
		if (is(p, YT_FLOW_MAP_END))
			return take(p);
		if (parse_pair(p) < 0 || parse_flow_separator(p, YT_FLOW_MAP_END, what) < 0)
			return -1;
	}
}

static int parse_collection(struct parser *p, struct yaml_node *node, int (*parse)(struct parser *))
{
	size_t from = p->nstack;

	p->in_flow_seq = false;
	return parse(p) < 0 ? -1 : close_collection(p, node, from, node->kind == YAML_MAP ? 2 : 1);
}

static int remember_anchor(struct parser *p, struct sv name, struct yaml_node *node)
{
	if (p->nanchored == p->cap_anchored) {
		uint32_t cap = p->cap_anchored ? p->cap_anchored * 2 : 16;
		struct yaml_node **grown = realloc(p->anchored, cap * sizeof *grown);

		if (!grown)
			return no_memory(p);
		p->anchored = grown;
		p->cap_anchored = cap;
	}
	p->anchored[p->nanchored] = node;
	return strmap_put(&p->anchors, name, p->nanchored++) ? 0 : no_memory(p);
}

static int parse_alias(struct parser *p)
{
	uint32_t at = strmap_get(&p->anchors, p->tok->text, UINT32_MAX);

	if (at == UINT32_MAX) {
		char what[300];

		snprintf(what, sizeof what, "the referenced anchor is not defined: " SV_FMT,
			 SV_ARG(p->tok->text));
		return fail(p, p->tok->mark, what);
	}
	p->unfolded += p->anchored[at]->weight;
	if (p->unfolded > YAML_MAX_UNFOLDED)
		return err_set(p->err, ERR_LIMIT, "the aliases stand for too much text");
	return push(p, p->anchored[at]) < 0 ? -1 : take(p);
}

struct properties {
	struct sv anchor; /* .p NULL: none */
	bool tagged;
};

static int parse_properties(struct parser *p, struct properties *out)
{
	*out = (struct properties){ 0 };
	for (;;) {
		if (is(p, YT_TAG)) {
			if (out->tagged)
				return fail(p, p->tok->mark,
					    "cannot assign multiple tags to the same node");
			out->tagged = !p->tok->is_plain_tag;
		} else if (is(p, YT_ANCHOR)) {
			if (out->anchor.p)
				return fail(p, p->tok->mark,
					    "cannot assign multiple anchors to the same node");
			out->anchor = p->tok->text;
		} else {
			return 0;
		}
		if (take(p) < 0)
			return -1;
	}
}

static bool is_null_text(struct sv s)
{
	return s.n == 0 || sv_eq(s, SV("~")) || sv_eq(s, SV("null")) || sv_eq(s, SV("Null")) ||
	       sv_eq(s, SV("NULL"));
}

/* What kind of node the token begins, and how to read it (NULL: no collection). */
static enum yaml_kind node_kind(const struct parser *p, bool tagged, bool in_flow_seq,
				int (**parse)(struct parser *))
{
	static const struct {
		enum yaml_token_kind token;
		enum yaml_kind kind;
		int (*parse)(struct parser *);
	} starts[] = {
		{ YT_FLOW_SEQ_START, YAML_SEQ, parse_flow_seq },
		{ YT_BLOCK_SEQ_START, YAML_SEQ, parse_block_seq },
		{ YT_FLOW_MAP_START, YAML_MAP, parse_flow_map },
		{ YT_BLOCK_MAP_START, YAML_MAP, parse_block_map },
	};

	*parse = NULL;
	if (is(p, YT_QUOTED))
		return YAML_SCALAR;
	if (is(p, YT_PLAIN))
		return !tagged && is_null_text(p->tok->text) ? YAML_NULL : YAML_SCALAR;
	for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
		if (is(p, starts[i].token)) {
			*parse = starts[i].parse;
			return starts[i].kind;
		}
	}
	/* "[key: value]" is a sequence of one mapping. */
	if (is(p, YT_KEY) && in_flow_seq) {
		*parse = parse_pair;
		return YAML_MAP;
	}
	return p->tok && tagged ? YAML_SCALAR : YAML_NULL;
}

static int parse_content(struct parser *p, struct yaml_mark mark, bool in_flow_seq)
{
	struct properties props;
	struct yaml_node *node;
	int (*parse)(struct parser *) = NULL;

	if (is(p, YT_ALIAS))
		return parse_alias(p);
	if (is(p, YT_VALUE)) {
		parse = parse_pair;
		props = (struct properties){ 0 };
		node = new_node(p, YAML_MAP, mark);
	} else {
		if (parse_properties(p, &props) < 0)
			return -1;
		node = new_node(p, node_kind(p, props.tagged, in_flow_seq, &parse), mark);
	}
	if (!node || (props.anchor.p && remember_anchor(p, props.anchor, node) < 0))
		return -1;
	if (parse) {
		if (parse_collection(p, node, parse) < 0)
			return -1;
	} else if (is(p, YT_PLAIN) || is(p, YT_QUOTED)) {
		node->text = p->tok->text;
		node->weight += (uint32_t)node->text.n;
		if (take(p) < 0)
			return -1;
	}
	return push(p, node);
}

/* Read one node and push it. */
static int parse_node(struct parser *p)
{
	bool in_flow_seq = p->in_flow_seq;

	if (++p->depth >= YAML_MAX_DEPTH)
		return fail(p, p->scan.in.at, "bad file");
	int rc = parse_content(p, p->tok ? p->tok->mark : p->scan.in.at, in_flow_seq);

	p->depth--;
	p->in_flow_seq = in_flow_seq;
	return rc;
}

/* --- directives --- */

struct directives {
	bool seen, seen_version;
	struct strmap handles;
};

/* Cut the next word of a directive's text. */
static bool next_word(struct sv *rest, struct sv *word)
{
	if (!rest->p)
		return false;
	const char *blank = rest->n ? memchr(rest->p, ' ', rest->n) : NULL;

	*word = (struct sv){ rest->p, blank ? (size_t)(blank - rest->p) : rest->n };
	*rest = blank ? (struct sv){ blank + 1, rest->n - word->n - 1 } : (struct sv){ 0 };
	return true;
}

static int check_version(struct parser *p, struct directives *d, struct sv version)
{
	char what[100];
	int major, minor, used = -1;

	if (d->seen_version)
		return fail(p, p->tok->mark, "repeated YAML directive");
	if (sscanf(version.p, "%d%*c%d%n", &major, &minor, &used) != 2 || used < 0 ||
	    (size_t)used != version.n) {
		snprintf(what, sizeof what, "bad YAML version: " SV_FMT, SV_ARG(version));
		return fail(p, p->tok->mark, what);
	}
	if (major > 1)
		return fail(p, p->tok->mark, "YAML major version too large");
	d->seen_version = true;
	return 0;
}

static int check_directive(struct parser *p, struct directives *d)
{
	struct sv rest = p->tok->text, name, args[3];
	size_t n = 0;

	next_word(&rest, &name);
	while (n < 3 && next_word(&rest, &args[n]))
		n++;
	if (sv_eq(name, SV("YAML"))) {
		if (n != 1)
			return fail(p, p->tok->mark,
				    "YAML directives must have exactly one argument");
		return check_version(p, d, args[0]);
	}
	if (sv_eq(name, SV("TAG"))) {
		if (n != 2)
			return fail(p, p->tok->mark,
				    "TAG directives must have exactly two arguments");
		if (strmap_has(&d->handles, args[0]))
			return fail(p, p->tok->mark, "repeated TAG directive");
		if (!strmap_put(&d->handles, args[0], 0))
			return no_memory(p);
	}
	return 0;
}

static int parse_directives(struct parser *p)
{
	struct directives d = { 0 };
	int rc = peek(p);

	while (rc == 0 && is(p, YT_DIRECTIVE)) {
		rc = check_directive(p, &d);
		if (rc == 0)
			rc = take(p);
	}
	strmap_deinit(&d.handles);
	return rc;
}

/* --- documents --- */

/* Read one document onto the stack; *more is false at the end of the stream. */
static int parse_document(struct parser *p, bool *more)
{
	strmap_deinit(&p->anchors);
	p->nanchored = 0;
	if (parse_directives(p) < 0)
		return -1;
	*more = p->tok != NULL;
	if (!*more)
		return 0;
	if (is(p, YT_DOC_START) && take(p) < 0)
		return -1;
	if (parse_node(p) < 0)
		return -1;
	while (is(p, YT_DOC_END)) {
		if (take(p) < 0)
			return -1;
	}
	return 0;
}

static int parse_stream(struct parser *p, struct yaml_stream *out)
{
	struct yaml_node all = { 0 };
	bool more = true;

	while (more) {
		if (parse_document(p, &more) < 0)
			return -1;
		if (more && p->stack[p->nstack - 1]->kind == YAML_NULL) {
			p->nstack--;
			more = false;
		}
	}
	if (close_collection(p, &all, 0, 1) < 0)
		return -1;
	*out = (struct yaml_stream){ all.items, all.n };
	return 0;
}

int yaml_parse(struct sv text, struct arena *arena, struct yaml_stream *out, struct err *err)
{
	struct parser p = { .arena = arena, .err = err };

	*out = (struct yaml_stream){ 0 };
	if (text.n > YAML_MAX_BYTES)
		return err_set(err, ERR_LIMIT, "%zu bytes of YAML, at most %d are read", text.n,
			       YAML_MAX_BYTES);
	/* A byte order mark is no part of the text: positions count from behind it. */
	if (sv_starts(text, SV("\xEF\xBB\xBF")))
		sv_take(&text, 3, &(struct sv){ 0 });
	yaml_scanner_init(&p.scan, text, arena, err);

	int rc = parse_stream(&p, out);
	yaml_scanner_deinit(&p.scan);
	strmap_deinit(&p.anchors);
	free(p.anchored);
	free(p.stack);
	return rc;
}
