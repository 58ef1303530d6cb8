#include "engine/rules/yaml_scan_private.h"

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

int yaml_scan_no_memory(struct yaml_scanner *s)
{
	return err_set(s->err, ERR_NOMEM, "no memory to read the YAML text");
}

void *yaml_scan_room(void *items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return items;
	size_t more = *cap ? *cap * 2 : 32;
	void *grown = more > SIZE_MAX / size ? NULL : realloc(items, more * size);

	if (grown)
		*cap = more;
	return grown;
}

static struct yaml_token *token_at(struct yaml_scanner *s, size_t number)
{
	return &s->tokens[number - s->base];
}

struct yaml_token *yaml_scan_push(struct yaml_scanner *s, enum yaml_token_kind kind,
				  struct yaml_mark mark)
{
	if (s->first == s->next)
		s->base = s->first;
	struct yaml_token *tokens =
		yaml_scan_room(s->tokens, s->next - s->base, &s->cap, sizeof *tokens);
	if (!tokens) {
		yaml_scan_no_memory(s);
		return NULL;
	}
	s->tokens = tokens;

	struct yaml_token *t = token_at(s, s->next++);
	*t = (struct yaml_token){ .kind = kind, .status = YT_VALID, .mark = mark };
	return t;
}

int yaml_scan_push_text(struct yaml_scanner *s, enum yaml_token_kind kind, struct yaml_mark mark)
{
	struct yaml_token *t = yaml_scan_push(s, kind, mark);

	if (!t)
		return -1;
	t->text = arena_sv(s->arena, buf_sv(&s->scratch));
	return t->text.p && !s->scratch.failed ? 0 : yaml_scan_no_memory(s);
}

/* Push an indicator of n bytes and eat it. */
int yaml_scan_push_indicator(struct yaml_scanner *s, enum yaml_token_kind kind, size_t n)
{
	struct yaml_mark mark = s->in.at;

	yaml_skip(&s->in, n);
	return yaml_scan_push(s, kind, mark) ? 0 : -1;
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

void yaml_scan_forget_key(struct yaml_scanner *s)
{
	struct yaml_possible_key *key = key_here(s);

	if (!key)
		return;
	settle_key(s, key, false);
	s->nkeys--;
}

/* At a ':': is what came before it a key? */
bool yaml_scan_confirm_key(struct yaml_scanner *s)
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

/* Begin a block collection at this column; *out is NULL where none begins. */
int yaml_scan_push_indent(struct yaml_scanner *s, enum yaml_indent_kind kind,
			  struct yaml_indent **out)
{
	int col = (int)s->in.at.col;

	*out = NULL;
	if (yaml_scan_in_flow(s))
		return 0;
	/* A sequence may stand at the column of the mapping whose value it is. */
	if (col < s->indent->col ||
	    (col == s->indent->col && !(kind == INDENT_SEQ && s->indent->kind == INDENT_MAP)))
		return 0;

	struct yaml_indent *in = arena_new(s->arena, struct yaml_indent);
	if (!in)
		return yaml_scan_no_memory(s);
	if (!yaml_scan_push(s, kind == INDENT_SEQ ? YT_BLOCK_SEQ_START : YT_BLOCK_MAP_START,
			    s->in.at))
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
		yaml_scan_forget_key(s);
		return 0;
	}
	if (in->kind == INDENT_NONE)
		return 0;
	return yaml_scan_push(s, in->kind == INDENT_SEQ ? YT_BLOCK_SEQ_END : YT_BLOCK_MAP_END,
			      s->in.at)
		       ? 0
		       : -1;
}

/* End the block collections that what stands here is not indented enough for. */
static int pop_indents_to_here(struct yaml_scanner *s)
{
	int col = (int)s->in.at.col;

	if (yaml_scan_in_flow(s))
		return 0;
	while (s->indent) {
		if (s->indent->col < col)
			break;
		if (s->indent->col == col &&
		    !(s->indent->kind == INDENT_SEQ && !yaml_scan_is_entry(&s->in)))
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

int yaml_scan_pop_all_indents(struct yaml_scanner *s)
{
	if (yaml_scan_in_flow(s))
		return 0;
	while (s->indent && s->indent->kind != INDENT_NONE) {
		if (pop_indent(s) < 0)
			return -1;
	}
	return 0;
}

/* What starts here may turn out to be a key: leave tokens for it. */
int yaml_scan_note_possible_key(struct yaml_scanner *s)
{
	struct yaml_possible_key key = { .mark = s->in.at, .flow_level = s->nflows };

	if (!s->key_allowed || key_here(s))
		return 0;
	struct yaml_possible_key *keys =
		yaml_scan_room(s->keys, s->nkeys, &s->cap_keys, sizeof *keys);
	if (!keys)
		return yaml_scan_no_memory(s);
	s->keys = keys;
	if (yaml_scan_push_indent(s, INDENT_MAP, &key.indent) < 0)
		return -1;
	if (key.indent) {
		key.indent->status = INDENT_UNKNOWN;
		token_at(s, key.indent->start_token)->status = YT_UNVERIFIED;
	}
	if (!yaml_scan_push(s, YT_KEY, s->in.at))
		return -1;
	key.key_token = s->next - 1;
	token_at(s, key.key_token)->status = YT_UNVERIFIED;
	s->keys[s->nkeys++] = key;
	return 0;
}

/* --- the stream --- */

static void skip_to_next_token(struct yaml_scanner *s)
{
	struct yaml_input *in = &s->in;

	for (;;) {
		while (yaml_more(in) && yaml_is_blank(yaml_peek(in, 0))) {
			/* Behind a tab no key can start: it cannot be indented by one. */
			if (!yaml_scan_in_flow(s) && yaml_peek(in, 0) == '\t')
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
		yaml_scan_forget_key(s);
		s->scalar_allowed = true;
		if (!yaml_scan_in_flow(s))
			s->key_allowed = true;
	}
}

static int end_stream(struct yaml_scanner *s)
{
	s->in.at.col = 0;
	if (yaml_scan_pop_all_indents(s) < 0)
		return -1;
	s->nkeys = 0;
	s->key_allowed = s->scalar_allowed = false;
	s->ended = true;
	return 0;
}

static int start_stream(struct yaml_scanner *s)
{
	s->indent = arena_new(s->arena, struct yaml_indent);
	if (!s->indent)
		return yaml_scan_no_memory(s);
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
	return yaml_more(&s->in) ? yaml_scan_token(s) : end_stream(s);
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
