/* The tokens: one function for each kind of thing that can stand in a YAML text. */
#include "engine/rules/yaml_scalar.h"
#include "engine/rules/yaml_scan_private.h"

/* Before a directive or a document marker. */
static int end_blocks(struct yaml_scanner *s)
{
	if (yaml_scan_pop_all_indents(s) < 0)
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
	return yaml_scan_push_text(s, YT_DIRECTIVE, mark);
}

static int scan_document_marker(struct yaml_scanner *s)
{
	return end_blocks(s) < 0
		       ? -1
		       : yaml_scan_push_indicator(
				 s, yaml_peek(&s->in, 0) == '-' ? YT_DOC_START : YT_DOC_END, 3);
}

static int scan_flow_start(struct yaml_scanner *s)
{
	char c = yaml_peek(&s->in, 0);

	if (yaml_scan_note_possible_key(s) < 0)
		return -1;
	s->key_allowed = true;
	s->after_json_key = false;
	char *flows = yaml_scan_room(s->flows, s->nflows, &s->cap_flows, 1);
	if (!flows)
		return yaml_scan_no_memory(s);
	s->flows = flows;
	s->flows[s->nflows++] = c;
	return yaml_scan_push_indicator(s, c == '[' ? YT_FLOW_SEQ_START : YT_FLOW_MAP_START, 1);
}

/* In a flow mapping a key may stand alone: it gets an empty value. */
static int settle_lone_key(struct yaml_scanner *s)
{
	if (!yaml_scan_in_flow(s))
		return 0;
	if (s->flows[s->nflows - 1] == '[')
		yaml_scan_forget_key(s);
	else if (yaml_scan_confirm_key(s) && !yaml_scan_push(s, YT_VALUE, s->in.at))
		return -1;
	return 0;
}

static int scan_flow_end(struct yaml_scanner *s)
{
	char c = yaml_peek(&s->in, 0);
	struct yaml_mark mark = s->in.at;

	if (!yaml_scan_in_flow(s))
		return yaml_scan_fail(s, mark, "illegal flow end");
	if (settle_lone_key(s) < 0)
		return -1;
	s->key_allowed = false;
	s->after_json_key = true;
	if (s->flows[s->nflows - 1] != (c == ']' ? '[' : '{'))
		return yaml_scan_fail(s, mark, "illegal flow end");
	s->nflows--;
	return yaml_scan_push_indicator(s, c == ']' ? YT_FLOW_SEQ_END : YT_FLOW_MAP_END, 1);
}

static int scan_flow_entry(struct yaml_scanner *s)
{
	if (s->in.at.col == 0)
		return yaml_scan_fail(s, s->in.at,
				      "plain value cannot start with flow indicator character");
	if (!s->scalar_allowed)
		return yaml_scan_fail(s, s->in.at, "unexpected scalar");
	if (settle_lone_key(s) < 0)
		return -1;
	s->key_allowed = true;
	s->after_json_key = false;
	return yaml_scan_push_indicator(s, YT_FLOW_ENTRY, 1);
}

static int scan_block_entry(struct yaml_scanner *s)
{
	struct yaml_indent *began;

	if (yaml_scan_in_flow(s) || !s->key_allowed)
		return yaml_scan_fail(s, s->in.at, "illegal block entry");
	if (yaml_scan_push_indent(s, INDENT_SEQ, &began) < 0)
		return -1;
	s->key_allowed = true;
	s->after_json_key = false;
	return yaml_scan_push_indicator(s, YT_BLOCK_ENTRY, 1);
}

/* A '?' or ':' that no simple key belongs to begins a mapping in a block. */
static int begin_explicit(struct yaml_scanner *s, const char *what)
{
	struct yaml_indent *began;

	if (!yaml_scan_in_flow(s)) {
		if (!s->key_allowed)
			return yaml_scan_fail(s, s->in.at, what);
		if (yaml_scan_push_indent(s, INDENT_MAP, &began) < 0)
			return -1;
	}
	s->key_allowed = !yaml_scan_in_flow(s);
	return 0;
}

static int scan_key(struct yaml_scanner *s)
{
	return begin_explicit(s, "illegal map key") < 0 ? -1
							: yaml_scan_push_indicator(s, YT_KEY, 1);
}

static int scan_value(struct yaml_scanner *s)
{
	bool is_simple = yaml_scan_confirm_key(s);

	s->after_json_key = false;
	if (is_simple)
		s->key_allowed = false;
	else if (begin_explicit(s, "illegal map value") < 0)
		return -1;
	s->scalar_allowed = true;
	return yaml_scan_push_indicator(s, YT_VALUE, 1);
}

static int scan_anchor_or_alias(struct yaml_scanner *s)
{
	struct yaml_mark mark = s->in.at;
	bool is_alias = yaml_peek(&s->in, 0) == '*';

	if (yaml_scan_note_possible_key(s) < 0)
		return -1;
	s->key_allowed = false;
	s->after_json_key = false;
	yaml_get(&s->in);
	buf_clear(&s->scratch);
	while (yaml_more(&s->in) && !yaml_is_space(yaml_peek(&s->in, 0)) &&
	       !yaml_is_one_of(yaml_peek(&s->in, 0), "[]{},"))
		buf_putc(&s->scratch, yaml_get(&s->in));
	if (s->scratch.n == 0)
		return yaml_scan_fail(s, s->in.at,
				      is_alias ? "alias not found after *"
					       : "anchor not found after &");

	char c = yaml_peek(&s->in, 0);
	if (yaml_more(&s->in) && !yaml_is_space(c) && !yaml_is_one_of(c, "?:,]}%@`"))
		return yaml_scan_fail(s, s->in.at,
				      is_alias ? "illegal character found while scanning alias"
					       : "illegal character found while scanning anchor");
	return yaml_scan_push_text(s, is_alias ? YT_ALIAS : YT_ANCHOR, mark);
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
		return yaml_scan_fail(s, s->in.at, "end of verbatim tag not found");
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
				return yaml_scan_fail(
					s, first_other,
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
	return suffix ? 0 : yaml_scan_fail(s, s->in.at, "tag handle with no suffix");
}

static int scan_tag(struct yaml_scanner *s)
{
	struct yaml_mark mark = s->in.at;
	bool is_plain = false;

	if (yaml_scan_note_possible_key(s) < 0)
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

	struct yaml_token *t = yaml_scan_push(s, YT_TAG, mark);
	if (!t)
		return -1;
	t->is_plain_tag = is_plain;
	return 0;
}

static int scan_plain(struct yaml_scanner *s)
{
	struct yaml_mark mark = s->in.at;
	/* Before the scalar opens a mapping of its own as that mapping's key. */
	int indent = yaml_scan_in_flow(s) ? 0 : yaml_scan_top_indent(s) + 1;

	if (yaml_scan_note_possible_key(s) < 0)
		return -1;
	if (yaml_scan_plain(&s->in, yaml_scan_in_flow(s), indent, &s->scratch, &s->key_allowed,
			    s->err) < 0)
		return -1;
	s->after_json_key = false;
	return yaml_scan_push_text(s, YT_PLAIN, mark);
}

static int scan_quoted(struct yaml_scanner *s)
{
	struct yaml_mark mark = s->in.at;

	if (yaml_scan_note_possible_key(s) < 0)
		return -1;
	if (yaml_scan_quoted(&s->in, yaml_get(&s->in), &s->scratch, s->err) < 0)
		return -1;
	s->key_allowed = false;
	s->scalar_allowed = yaml_scan_in_flow(s);
	s->after_json_key = true;
	return yaml_scan_push_text(s, YT_QUOTED, mark);
}

static int scan_block_scalar(struct yaml_scanner *s)
{
	struct yaml_mark mark = s->in.at;

	if (yaml_scan_block(&s->in, yaml_scan_top_indent(s), &s->scratch, s->err) < 0)
		return -1;
	s->key_allowed = true;
	s->after_json_key = false;
	return yaml_scan_push_text(s, YT_QUOTED, mark);
}

static bool is_value(const struct yaml_scanner *s)
{
	char after = yaml_peek(&s->in, 1);

	if (yaml_peek(&s->in, 0) != ':')
		return false;
	if (!yaml_scan_in_flow(s))
		return yaml_is_gap(after);
	return s->after_json_key || yaml_is_space(after) || yaml_is_one_of(after, ",]}");
}

static bool is_plain_start(const struct yaml_scanner *s)
{
	char c = yaml_peek(&s->in, 0), after = yaml_peek(&s->in, 1);

	if (yaml_is_space(c) || yaml_is_one_of(c, ",[]{}#&*!|>'\"%@`"))
		return false;
	if (!yaml_scan_in_flow(s))
		return !(yaml_is_one_of(c, "-?:") && yaml_is_gap(after));
	return c != '?' &&
	       !(yaml_is_one_of(c, "-:") && (yaml_is_blank(after) || after == YAML_EOF));
}

int yaml_scan_token(struct yaml_scanner *s)
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
	if (yaml_scan_is_entry(&s->in))
		return scan_block_entry(s);
	if (c == '?' && yaml_is_space(yaml_peek(&s->in, 1)))
		return scan_key(s);
	if (is_value(s))
		return scan_value(s);
	if (c == '*' || c == '&')
		return scan_anchor_or_alias(s);
	if (c == '!')
		return scan_tag(s);
	if (!yaml_scan_in_flow(s) && (c == '|' || c == '>'))
		return scan_block_scalar(s);
	if (!s->scalar_allowed)
		return yaml_scan_fail(s, s->in.at, "unexpected scalar");
	if (c == '\'' || c == '"')
		return scan_quoted(s);
	if (is_plain_start(s))
		return scan_plain(s);
	return yaml_scan_fail(s, s->in.at, "unknown token");
}
