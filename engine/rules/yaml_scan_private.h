/*
 * The scanner's inside, shared by its two halves: yaml_scan.c (the queue, what may still become a
 * key, indentation, the stream) and yaml_token.c (the tokens).
 */
#ifndef SAKER_RULES_YAML_SCAN_PRIVATE_H
#define SAKER_RULES_YAML_SCAN_PRIVATE_H

#include "engine/rules/yaml_scan.h"

static inline bool yaml_scan_in_flow(const struct yaml_scanner *s)
{
	return s->nflows > 0;
}

static inline int yaml_scan_top_indent(const struct yaml_scanner *s)
{
	return s->indent ? s->indent->col : 0;
}

/* A '-' that begins an item of a block sequence. */
static inline bool yaml_scan_is_entry(const struct yaml_input *in)
{
	return yaml_peek(in, 0) == '-' && yaml_is_gap(yaml_peek(in, 1));
}

static inline int yaml_scan_fail(struct yaml_scanner *s, struct yaml_mark at, const char *what)
{
	return yaml_fail(s->err, at, what);
}

int yaml_scan_no_memory(struct yaml_scanner *s);
/* `items`, grown when n has reached *cap; NULL (and items still there) without memory. */
void *yaml_scan_room(void *items, size_t n, size_t *cap, size_t size);

/* Queue a token; with the text in s->scratch; an indicator of n bytes, which is eaten. */
struct yaml_token *yaml_scan_push(struct yaml_scanner *s, enum yaml_token_kind kind,
				  struct yaml_mark mark);
int yaml_scan_push_text(struct yaml_scanner *s, enum yaml_token_kind kind, struct yaml_mark mark);
int yaml_scan_push_indicator(struct yaml_scanner *s, enum yaml_token_kind kind, size_t n);

/* What starts here may turn out to be a key: leave tokens for it. */
int yaml_scan_note_possible_key(struct yaml_scanner *s);
/* At a ':': is what came before it a key? */
bool yaml_scan_confirm_key(struct yaml_scanner *s);
void yaml_scan_forget_key(struct yaml_scanner *s);

/* Begin a block collection at this column; *out is NULL where none begins. */
int yaml_scan_push_indent(struct yaml_scanner *s, enum yaml_indent_kind kind,
			  struct yaml_indent **out);
int yaml_scan_pop_all_indents(struct yaml_scanner *s);

/* Scan the token that stands here (yaml_token.c). */
int yaml_scan_token(struct yaml_scanner *s);

#endif
