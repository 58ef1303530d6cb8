#include "engine/rules/yaml_scan.h"

#include "engine/rules/yaml_scalar.h"

#include <stdlib.h>

/* A key must fit on its line and into this many bytes. */
enum { KEY_MAX = 1024 };

void yaml_scanner_init(struct yaml_scanner *s, struct sv text, struct arena *arena, struct err *err)
{
	*s = (struct yaml_scanner){ .in.text = text, .arena = arena, .err = err };
}

void yaml_scanner_deinit(struct yaml_scanner *s)
{
	buf_deinit(&s->scratch);
	free(s->tokens);
	free(s->keys);
	free(s->flows);
	*s = (struct yaml_scanner){ 0 };
}

static int no_memory(struct yaml_scanner *s)
{
	return err_set(s->err, ERR_NOMEM, "no memory to read the YAML text");
}

static int fail(struct yaml_scanner *s, struct yaml_mark at, const char *what)
{
	return yaml_fail(s->err, at, what);
}

/* Room for one more item in a growing array. */
static bool room(void **items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return true;
	size_t more = *cap ? *cap * 2 : 32;
	void *grown = more > SIZE_MAX / size ? NULL : realloc(*items, more * size);

	if (!grown)
		return false;
	*items = grown;
	*cap = more;
	return true;
}

static bool in_flow(const struct yaml_scanner *s)
{
	return s->nflows > 0;
}

static struct yaml_token *token_at(struct yaml_scanner *s, size_t number)
{
	return &s->tokens[number - s->base];
}

static struct yaml_token *push(struct yaml_scanner *s, enum yaml_token_kind kind,
			       struct yaml_mark mark)
{
	if (s->first == s->next)
		s->base = s->first;
	if (!room((void **)&s->tokens, s->next - s->base, &s->cap, sizeof *s->tokens)) {
		no_memory(s);
		return NULL;
	}
	struct yaml_token *t = token_at(s, s->next++);

	*t = (struct yaml_token){ .kind = kind, .status = YT_VALID, .mark = mark };
	return t;
}

static int push_text(struct yaml_scanner *s, enum yaml_token_kind kind, struct yaml_mark mark)
{
	struct yaml_token *t = push(s, kind, mark);

	if (!t)
		return -1;
	t->text = arena_sv(s->arena, buf_sv(&s->scratch));
	return t->text.p && !s->scratch.failed ? 0 : no_memory(s);
}

/* Push an indicator of n bytes and eat it. */
static int push_indicator(struct yaml_scanner *s, enum yaml_token_kind kind, size_t n)
{
	struct yaml_mark mark = s->in.at;

	yaml_skip(&s->in, n);
	return push(s, kind, mark) ? 0 : -1;
}

/* --- possible keys --- */

static struct yaml_possible_key *key_here(struct yaml_scanner *s)
{
	struct yaml_possible_key *top = s->nkeys ? &s->keys[s->nkeys - 1] : NULL;

	return top && top->flow_level == s->nflows ? top : NULL;
}

static void settle_key(struct yaml_scanner *s, const struct yaml_possible_key *key, bool is_key)
{
	if (key->indent) {
		key->indent->status = is_key ? INDENT_VALID : INDENT_INVALID;
		token_at(s, key->indent->start_token)->status = is_key ? YT_VALID : YT_INVALID;
	}
	token_at(s, key->key_token)->status = is_key ? YT_VALID : YT_INVALID;
}

static void forget_key(struct yaml_scanner *s)
{
	struct yaml_possible_key *key = key_here(s);

	if (!key)
		return;
	settle_key(s, key, false);
	s->nkeys--;
}

/* At a ':': is what came before it a key? */
static bool confirm_key(struct yaml_scanner *s)
{
	struct yaml_possible_key *key = key_here(s);

	if (!key)
		return false;
	bool is_key =
		s->in.at.line == key->mark.line && s->in.at.offset - key->mark.offset <= KEY_MAX;

	settle_key(s, key, is_key);
	s->nkeys--;
	return is_key;
}

/* --- indentation --- */

static int top_indent(const struct yaml_scanner *s)
{
	return s->indent ? s->indent->col : 0;
}

/* Begin a block collection at this column; *out is NULL where none begins. */
static int push_indent(struct yaml_scanner *s, enum yaml_indent_kind kind, struct yaml_indent **out)
{
	int col = (int)s->in.at.col;

	*out = NULL;
	if (in_flow(s))
		return 0;
	/* A sequence may stand at the column of the mapping whose value it is. */
	if (col < s->indent->col ||
	    (col == s->indent->col && !(kind == INDENT_SEQ && s->indent->kind == INDENT_MAP)))
		return 0;

	struct yaml_indent *in = arena_new(s->arena, struct yaml_indent);
	if (!in)
		return no_memory(s);
	if (!push(s, kind == INDENT_SEQ ? YT_BLOCK_SEQ_START : YT_BLOCK_MAP_START, s->in.at))
		return -1;
	*in = (struct yaml_indent){
		.outer = s->indent, .col = col, .kind = kind, .start_token = s->next - 1
	};
	s->indent = *out = in;
	return 0;
}

static int pop_indent(struct yaml_scanner *s)
{
	struct yaml_indent *in = s->indent;

	s->indent = in->outer;
	if (in->status != INDENT_VALID) {
		forget_key(s);
		return 0;
	}
	if (in->kind == INDENT_NONE)
		return 0;
	return push(s, in->kind == INDENT_SEQ ? YT_BLOCK_SEQ_END : YT_BLOCK_MAP_END, s->in.at) ? 0
											       : -1;
}

static bool is_entry(const struct yaml_input *in)
{
	return yaml_peek(in, 0) == '-' && yaml_is_gap(yaml_peek(in, 1));
}

/* End the block collections that what stands here is not indented enough for. */
static int pop_indents_to_here(struct yaml_scanner *s)
{
	int col = (int)s->in.at.col;

	if (in_flow(s))
		return 0;
	while (s->indent) {
		if (s->indent->col < col)
			break;
		if (s->indent->col == col && !(s->indent->kind == INDENT_SEQ && !is_entry(&s->in)))
			break;
		if (pop_indent(s) < 0)
			return -1;
	}
	while (s->indent && s->indent->status == INDENT_INVALID) {
		if (pop_indent(s) < 0)
			return -1;
	}
	return 0;
}

static int pop_all_indents(struct yaml_scanner *s)
{
	if (in_flow(s))
		return 0;
	while (s->indent && s->indent->kind != INDENT_NONE) {
		if (pop_indent(s) < 0)
			return -1;
	}
	return 0;
}

/* What starts here may turn out to be a key: leave tokens for it. */
static int note_possible_key(struct yaml_scanner *s)
{
	struct yaml_possible_key key = { .mark = s->in.at, .flow_level = s->nflows };

	if (!s->key_allowed || key_here(s))
		return 0;
	if (!room((void **)&s->keys, s->nkeys, &s->cap_keys, sizeof *s->keys))
		return no_memory(s);
	if (push_indent(s, INDENT_MAP, &key.indent) < 0)
		return -1;
	if (key.indent) {
		key.indent->status = INDENT_UNKNOWN;
		token_at(s, key.indent->start_token)->status = YT_UNVERIFIED;
	}
	if (!push(s, YT_KEY, s->in.at))
		return -1;
	key.key_token = s->next - 1;
	token_at(s, key.key_token)->status = YT_UNVERIFIED;
	s->keys[s->nkeys++] = key;
	return 0;
}

/* --- one kind of token each --- */

static int end_stream(struct yaml_scanner *s)
{
	s->in.at.col = 0;
	if (pop_all_indents(s) < 0)
		return -1;
	s->nkeys = 0;
	s->key_allowed = s->scalar_allowed = false;
	s->ended = true;
	return 0;
}

/* Before a directive or a document marker. */
static int end_blocks(struct yaml_scanner *s)
{
	if (pop_all_indents(s) < 0)
		return -1;
	s->nkeys = 0;
	s->key_allowed = false;
	s->after_json_key = false;
	return 0;
}

static int scan_directive(struct yaml_scanner *s)
{
	struct yaml_mark mark = s->in.at;

	if (end_blocks(s) < 0)
		return -1;
	yaml_get(&s->in);
	buf_clear(&s->scratch);
	/* Name and arguments, one blank between them. */
	for (;;) {
		while (yaml_more(&s->in) && !yaml_is_space(yaml_peek(&s->in, 0)))
			buf_putc(&s->scratch, yaml_get(&s->in));
		while (yaml_is_blank(yaml_peek(&s->in, 0)))
			yaml_get(&s->in);
		if (!yaml_more(&s->in) || yaml_is_break(yaml_peek(&s->in, 0)) ||
		    yaml_peek(&s->in, 0) == '#')
			break;
		buf_putc(&s->scratch, ' ');
	}
	return push_text(s, YT_DIRECTIVE, mark);
}

static int scan_document_marker(struct yaml_scanner *s)
{
	return end_blocks(s) < 0
		       ? -1
		       : push_indicator(s, yaml_peek(&s->in, 0) == '-' ? YT_DOC_START : YT_DOC_END,
					3);
}

static int scan_flow_start(struct yaml_scanner *s)
{
	char c = yaml_peek(&s->in, 0);

	if (note_possible_key(s) < 0)
		return -1;
	s->key_allowed = true;
	s->after_json_key = false;
	if (!room((void **)&s->flows, s->nflows, &s->cap_flows, 1))
		return no_memory(s);
	s->flows[s->nflows++] = c;
	return push_indicator(s, c == '[' ? YT_FLOW_SEQ_START : YT_FLOW_MAP_START, 1);
}

/* In a flow mapping a key may stand alone: it gets an empty value. */
static int settle_lone_key(struct yaml_scanner *s)
{
	if (!in_flow(s))
		return 0;
	if (s->flows[s->nflows - 1] == '[')
		forget_key(s);
	else if (confirm_key(s) && !push(s, YT_VALUE, s->in.at))
		return -1;
	return 0;
}

static int scan_flow_end(struct yaml_scanner *s)
{
	char c = yaml_peek(&s->in, 0);
	struct yaml_mark mark = s->in.at;

	if (!in_flow(s))
		return fail(s, mark, "illegal flow end");
	if (settle_lone_key(s) < 0)
		return -1;
	s->key_allowed = false;
	s->after_json_key = true;
	if (s->flows[s->nflows - 1] != (c == ']' ? '[' : '{'))
		return fail(s, mark, "illegal flow end");
	s->nflows--;
	return push_indicator(s, c == ']' ? YT_FLOW_SEQ_END : YT_FLOW_MAP_END, 1);
}

static int scan_flow_entry(struct yaml_scanner *s)
{
	if (s->in.at.col == 0)
		return fail(s, s->in.at, "plain value cannot start with flow indicator character");
	if (!s->scalar_allowed)
		return fail(s, s->in.at, "unexpected scalar");
	if (settle_lone_key(s) < 0)
		return -1;
	s->key_allowed = true;
	s->after_json_key = false;
	return push_indicator(s, YT_FLOW_ENTRY, 1);
}

static int scan_block_entry(struct yaml_scanner *s)
{
	struct yaml_indent *began;

	if (in_flow(s) || !s->key_allowed)
		return fail(s, s->in.at, "illegal block entry");
	if (push_indent(s, INDENT_SEQ, &began) < 0)
		return -1;
	s->key_allowed = true;
	s->after_json_key = false;
	return push_indicator(s, YT_BLOCK_ENTRY, 1);
}

/* A '?' or ':' that no simple key belongs to begins a mapping in a block. */
static int begin_explicit(struct yaml_scanner *s, const char *what)
{
	struct yaml_indent *began;

	if (!in_flow(s)) {
		if (!s->key_allowed)
			return fail(s, s->in.at, what);
		if (push_indent(s, INDENT_MAP, &began) < 0)
			return -1;
	}
	s->key_allowed = !in_flow(s);
	return 0;
}

static int scan_key(struct yaml_scanner *s)
{
	return begin_explicit(s, "illegal map key") < 0 ? -1 : push_indicator(s, YT_KEY, 1);
}

static int scan_value(struct yaml_scanner *s)
{
	bool is_simple = confirm_key(s);

	s->after_json_key = false;
	if (is_simple)
		s->key_allowed = false;
	else if (begin_explicit(s, "illegal map value") < 0)
		return -1;
	s->scalar_allowed = true;
	return push_indicator(s, YT_VALUE, 1);
}

static int scan_anchor_or_alias(struct yaml_scanner *s)
{
	struct yaml_mark mark = s->in.at;
	bool is_alias = yaml_peek(&s->in, 0) == '*';

	if (note_possible_key(s) < 0)
		return -1;
	s->key_allowed = false;
	s->after_json_key = false;
	yaml_get(&s->in);
	buf_clear(&s->scratch);
	while (yaml_more(&s->in) && !yaml_is_space(yaml_peek(&s->in, 0)) &&
	       !yaml_is_one_of(yaml_peek(&s->in, 0), "[]{},"))
		buf_putc(&s->scratch, yaml_get(&s->in));
	if (s->scratch.n == 0)
		return fail(s, s->in.at,
			    is_alias ? "alias not found after *" : "anchor not found after &");

	char c = yaml_peek(&s->in, 0);
	if (yaml_more(&s->in) && !yaml_is_space(c) && !yaml_is_one_of(c, "?:,]}%@`"))
		return fail(s, s->in.at,
			    is_alias ? "illegal character found while scanning alias"
				     : "illegal character found while scanning anchor");
	return push_text(s, is_alias ? YT_ALIAS : YT_ANCHOR, mark);
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-';
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Bytes of one character of a tag or URI here, 0 if there is none. */
static size_t uri_char(const struct yaml_input *in, const char *others)
{
	char c = yaml_peek(in, 0);

	if (is_word(c) || yaml_is_one_of(c, others))
		return 1;
	return c == '%' && is_hex(yaml_peek(in, 1)) && is_hex(yaml_peek(in, 2)) ? 3 : 0;
}

static const char tag_chars[] = "#;/?:@&=+$_.~*'()";
static const char uri_chars[] = "#;/?:@&=+$,_.!~*'()[]";

static int scan_verbatim_tag(struct yaml_scanner *s)
{
	buf_clear(&s->scratch);
	yaml_get(&s->in);
	while (yaml_more(&s->in) && yaml_peek(&s->in, 0) != '>') {
		size_t n = uri_char(&s->in, uri_chars);

		if (n == 0)
			break;
		while (n--)
			buf_putc(&s->scratch, yaml_get(&s->in));
	}
	if (yaml_peek(&s->in, 0) != '>')
		return fail(s, s->in.at, "end of verbatim tag not found");
	yaml_get(&s->in);
	return 0;
}

/* "!", "!name", "!!name", "!handle!name" */
static int scan_short_tag(struct yaml_scanner *s)
{
	bool can_be_handle = true;
	struct yaml_mark first_other = { 0 };

	while (yaml_more(&s->in)) {
		if (yaml_peek(&s->in, 0) == '!') {
			if (!can_be_handle)
				return fail(s, first_other,
					    "illegal character found while scanning tag handle");
			break;
		}
		if (can_be_handle && !is_word(yaml_peek(&s->in, 0))) {
			can_be_handle = false;
			first_other = s->in.at;
		}
		size_t n = uri_char(&s->in, tag_chars);
		if (n == 0)
			break;
		yaml_skip(&s->in, n);
	}
	if (!can_be_handle || yaml_peek(&s->in, 0) != '!')
		return 0;

	size_t suffix = 0, n;
	yaml_get(&s->in);
	while (yaml_more(&s->in) && (n = uri_char(&s->in, tag_chars)) > 0) {
		yaml_skip(&s->in, n);
		suffix += n;
	}
	return suffix ? 0 : fail(s, s->in.at, "tag handle with no suffix");
}

static int scan_tag(struct yaml_scanner *s)
{
	struct yaml_mark mark = s->in.at;
	bool is_plain = false;

	if (note_possible_key(s) < 0)
		return -1;
	s->key_allowed = false;
	s->after_json_key = false;
	yaml_get(&s->in);
	if (yaml_peek(&s->in, 0) == '<') {
		if (scan_verbatim_tag(s) < 0)
			return -1;
		is_plain = s->scratch.n == 0 || sv_eq(buf_sv(&s->scratch), SV("?"));
	} else if (scan_short_tag(s) < 0) {
		return -1;
	}

	struct yaml_token *t = push(s, YT_TAG, mark);
	if (!t)
		return -1;
	t->is_plain_tag = is_plain;
	return 0;
}

static int scan_plain(struct yaml_scanner *s)
{
	struct yaml_mark mark = s->in.at;
	/* Before the scalar opens a mapping of its own as that mapping's key. */
	int indent = in_flow(s) ? 0 : top_indent(s) + 1;

	if (note_possible_key(s) < 0)
		return -1;
	if (yaml_scan_plain(&s->in, in_flow(s), indent, &s->scratch, &s->key_allowed, s->err) < 0)
		return -1;
	s->after_json_key = false;
	return push_text(s, YT_PLAIN, mark);
}

static int scan_quoted(struct yaml_scanner *s)
{
	struct yaml_mark mark = s->in.at;

	if (note_possible_key(s) < 0)
		return -1;
	if (yaml_scan_quoted(&s->in, yaml_get(&s->in), &s->scratch, s->err) < 0)
		return -1;
	s->key_allowed = false;
	s->scalar_allowed = in_flow(s);
	s->after_json_key = true;
	return push_text(s, YT_QUOTED, mark);
}

static int scan_block_scalar(struct yaml_scanner *s)
{
	struct yaml_mark mark = s->in.at;

	if (yaml_scan_block(&s->in, top_indent(s), &s->scratch, s->err) < 0)
		return -1;
	s->key_allowed = true;
	s->after_json_key = false;
	return push_text(s, YT_QUOTED, mark);
}

/* --- the stream --- */

static void skip_to_next_token(struct yaml_scanner *s)
{
	struct yaml_input *in = &s->in;

	for (;;) {
		while (yaml_more(in) && yaml_is_blank(yaml_peek(in, 0))) {
			/* Behind a tab no key can start: it cannot be indented by one. */
			if (!in_flow(s) && yaml_peek(in, 0) == '\t')
				s->key_allowed = false;
			yaml_get(in);
		}
		if (yaml_peek(in, 0) == '#') {
			while (yaml_more(in) && !yaml_is_break(yaml_peek(in, 0)))
				yaml_get(in);
		}
		size_t n = yaml_break(in);
		if (n == 0)
			return;
		yaml_skip(in, n);
		forget_key(s);
		s->scalar_allowed = true;
		if (!in_flow(s))
			s->key_allowed = true;
	}
}

static bool is_value(const struct yaml_scanner *s)
{
	char after = yaml_peek(&s->in, 1);

	if (yaml_peek(&s->in, 0) != ':')
		return false;
	if (!in_flow(s))
		return yaml_is_gap(after);
	return s->after_json_key || yaml_is_space(after) || yaml_is_one_of(after, ",]}");
}

static bool is_plain_start(const struct yaml_scanner *s)
{
	char c = yaml_peek(&s->in, 0), after = yaml_peek(&s->in, 1);

	if (yaml_is_space(c) || yaml_is_one_of(c, ",[]{}#&*!|>'\"%@`"))
		return false;
	if (!in_flow(s))
		return !(yaml_is_one_of(c, "-?:") && yaml_is_gap(after));
	return c != '?' &&
	       !(yaml_is_one_of(c, "-:") && (yaml_is_blank(after) || after == YAML_EOF));
}

static int scan_token(struct yaml_scanner *s)
{
	char c = yaml_peek(&s->in, 0);

	if (s->in.at.col == 0 && c == '%')
		return scan_directive(s);
	if (s->in.at.col == 0 && yaml_is_document_marker(&s->in))
		return scan_document_marker(s);
	if (c == '[' || c == '{')
		return scan_flow_start(s);
	if (c == ']' || c == '}')
		return scan_flow_end(s);
	if (c == ',')
		return scan_flow_entry(s);
	if (is_entry(&s->in))
		return scan_block_entry(s);
	if (c == '?' && yaml_is_space(yaml_peek(&s->in, 1)))
		return scan_key(s);
	if (is_value(s))
		return scan_value(s);
	if (c == '*' || c == '&')
		return scan_anchor_or_alias(s);
	if (c == '!')
		return scan_tag(s);
	if (!in_flow(s) && (c == '|' || c == '>'))
		return scan_block_scalar(s);
	if (!s->scalar_allowed)
		return fail(s, s->in.at, "unexpected scalar");
	if (c == '\'' || c == '"')
		return scan_quoted(s);
	if (is_plain_start(s))
		return scan_plain(s);
	return fail(s, s->in.at, "unknown token");
}

static int start_stream(struct yaml_scanner *s)
{
	s->indent = arena_new(s->arena, struct yaml_indent);
	if (!s->indent)
		return no_memory(s);
	*s->indent = (struct yaml_indent){ .col = -1, .kind = INDENT_NONE };
	s->started = s->key_allowed = s->scalar_allowed = true;
	return 0;
}

static int scan_more(struct yaml_scanner *s)
{
	if (!s->started)
		return start_stream(s);
	skip_to_next_token(s);
	if (pop_indents_to_here(s) < 0)
		return -1;
	return yaml_more(&s->in) ? scan_token(s) : end_stream(s);
}

enum next yaml_scanner_peek(struct yaml_scanner *s, const struct yaml_token **out)
{
	for (;;) {
		const struct yaml_token *t = s->first < s->next ? token_at(s, s->first) : NULL;

		if (t && t->status == YT_INVALID) {
			s->first++;
			continue;
		}
		/* At the end nothing can settle a doubt: a possible key is taken for one. */
		if (t && (t->status == YT_VALID || s->ended)) {
			*out = t;
			return NEXT_ITEM;
		}
		if (s->ended)
			return NEXT_END;
		if (scan_more(s) < 0)
			return NEXT_ERROR;
	}
}

void yaml_scanner_take(struct yaml_scanner *s)
{
	s->first++;
}
