#include "engine/filter/regex_syntax.h"

#include "engine/filter/regex.h"

enum rx_node_kind {
	RX_NODE_EMPTY,
	RX_NODE_SET,
	RX_NODE_CAT,
	RX_NODE_ALT,
	RX_NODE_REPEAT,
	RX_NODE_LINE_BEGIN,
	RX_NODE_LINE_END
};

struct rx_node {
	enum rx_node_kind kind;
	uint32_t set;
	struct rx_node *kids; /* the last one; the others follow backwards by `previous` */
	struct rx_node *previous;
	int min, max; /* REPEAT: max -1 = without end */
};

static struct rx_node *new_node(struct regex_syntax *s, enum rx_node_kind kind)
{
	struct rx_node *n = arena_new(s->arena, struct rx_node);

	if (n)
		n->kind = kind;
	else
		regex_no_memory(s);
	return n;
}

/* A set that regex_class.c stored; index -1: it could not. */
static struct rx_node *set_node(struct regex_syntax *s, int index)
{
	struct rx_node *n = index < 0 ? NULL : new_node(s, RX_NODE_SET);

	if (n)
		n->set = (uint32_t)index;
	return n;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool take_number(struct sv *in, int *out)
{
	int n = 0;

	if (in->n == 0 || !is_digit(in->p[0]) ||
	    (in->n >= 2 && in->p[0] == '0' && is_digit(in->p[1])))
		return false;
	for (; in->n && is_digit(in->p[0]); in->p++, in->n--)
		if (n < 100000000)
			n = n * 10 + (in->p[0] - '0');
	*out = n;
	return true;
}

/* "{n}", "{n,}", "{n,m}" at the front; anything else in braces is literal text. */
static bool take_counts(struct regex_syntax *s, int *min, int *max)
{
	struct sv in = { s->rest.p + 1, s->rest.n - 1 };

	if (!take_number(&in, min))
		return false;
	*max = *min;
	if (in.n && in.p[0] == ',') {
		in.p++;
		in.n--;
		*max = -1;
		if (!(in.n && in.p[0] == '}') && !take_number(&in, max))
			return false;
	}
	if (in.n == 0 || in.p[0] != '}')
		return false;
	s->rest = (struct sv){ in.p + 1, in.n - 1 };
	return true;
}

/* How many times a nested repetition may still multiply; 0: too often. */
static int room_for_repeats(const struct rx_node *n, int room)
{
	int least;

	if (n->kind == RX_NODE_REPEAT && (n->min > 1 || n->max > 1))
		room /= n->max < 0 ? n->min : n->max;
	least = room;
	for (const struct rx_node *k = n->kids; k && least > 0; k = k->previous) {
		int below = room_for_repeats(k, room);

		if (below < least)
			least = below;
	}
	return least;
}

static void append(struct rx_node *list, struct rx_node *kid)
{
	kid->previous = list->kids;
	list->kids = kid;
}

static bool max_is_simple(int max)
{
	return max == 1 || max == -1;
}

static struct rx_node *repeat(struct regex_syntax *s, struct rx_node *what, int min, int max)
{
	struct rx_node *n;

	if (!what) {
		regex_bad(s, "an operator *, +, ? or {} with nothing to repeat");
		return NULL;
	}
	if (min > REGEX_MAX_REPEAT || max > REGEX_MAX_REPEAT || (max >= 0 && max < min)) {
		regex_bad(s, "a repetition that is out of order or more than 1000 times");
		return NULL;
	}
	/* what stacks without changing anything does not grow the tree */
	if (what->kind == RX_NODE_EMPTY || (min == 1 && max == 1))
		return what;
	if (what->kind == RX_NODE_REPEAT && what->min <= 1 && max_is_simple(what->max) &&
	    min <= 1 && max_is_simple(max)) {
		/* of *, + and ? any two different ones make a * */
		what->max = max == what->max && min == what->min ? max : -1;
		what->min = min & what->min;
		return what;
	}
	n = new_node(s, max == 0 ? RX_NODE_EMPTY : RX_NODE_REPEAT);
	if (!n || max == 0)
		return n;
	append(n, what);
	n->min = min;
	n->max = max;
	if ((min >= 2 || max >= 2) && room_for_repeats(n, REGEX_MAX_REPEAT) == 0) {
		regex_bad(s, "nested repetitions of more than 1000 times together");
		return NULL;
	}
	return n;
}

static struct rx_node *alternatives(struct regex_syntax *s);

/* One item without what repeats it. */
static struct rx_node *atom(struct regex_syntax *s)
{
	struct rx_node *n;

	switch (regex_peek(s, 0)) {
	case '(':
		if (++s->nesting > REGEX_MAX_NESTING) {
			regex_bad(s, "brackets nested too deeply");
			return NULL;
		}
		regex_skip(s, 1);
		n = alternatives(s);
		if (!n)
			return NULL;
		if (regex_peek(s, 0) != ')') {
			regex_bad(s, "a '(' without ')'");
			return NULL;
		}
		regex_skip(s, 1);
		s->nesting--;
		return n;
	case '^':
		regex_skip(s, 1);
		return new_node(s, RX_NODE_LINE_BEGIN);
	case '$':
		regex_skip(s, 1);
		return new_node(s, RX_NODE_LINE_END);
	case '.':
		return set_node(s, regex_any_but_newline(s));
	case '[':
		return set_node(s, regex_bracket(s));
	}
	return set_node(s, regex_literal(s));
}

static struct rx_node *sequence(struct regex_syntax *s)
{
	struct rx_node *list = new_node(s, RX_NODE_CAT), *item = NULL;
	int min, max;

	if (!list)
		return NULL;
	while (s->rest.n && regex_peek(s, 0) != '|' && regex_peek(s, 0) != ')') {
		char c = regex_peek(s, 0);
		bool counted = c == '{' && take_counts(s, &min, &max);

		if (c == '*' || c == '+' || c == '?') {
			regex_skip(s, 1);
			min = c == '+';
			max = c == '?' ? 1 : -1;
			counted = true;
		}
		if (counted) {
			/* stacks: "a**" is "(a*)*" */
			item = repeat(s, item, min, max);
			if (!item)
				return NULL;
			continue;
		}
		if (item)
			append(list, item);
		item = atom(s);
		if (!item)
			return NULL;
	}
	if (item)
		append(list, item);
	return list;
}

static struct rx_node *alternatives(struct regex_syntax *s)
{
	struct rx_node *list = new_node(s, RX_NODE_ALT), *item;

	if (!list)
		return NULL;
	for (;;) {
		item = sequence(s);
		if (!item)
			return NULL;
		append(list, item);
		if (regex_peek(s, 0) != '|')
			return list;
		regex_skip(s, 1);
	}
}

/* A step that goes to `next`; UINT32_MAX when the pattern is too large. */
static uint32_t emit(struct regex_syntax *s, enum regex_op op, uint32_t next, uint32_t other)
{
	struct regex_program *out = s->out;

	if (out->nsteps == REGEX_MAX_STEPS) {
		regex_bad(s, "it is too large");
		return UINT32_MAX;
	}
	if (out->nsteps == s->steps_cap) {
		size_t cap = s->steps_cap ? 2 * s->steps_cap : 64;
		struct regex_step *steps = arena_array(s->arena, struct regex_step, cap);

		if (!steps) {
			regex_no_memory(s);
			return UINT32_MAX;
		}
		if (out->nsteps)
			memcpy(steps, out->steps, out->nsteps * sizeof *steps);
		out->steps = steps;
		s->steps_cap = cap;
	}
	out->steps[out->nsteps] = (struct regex_step){ (uint8_t)op, next, other };
	return (uint32_t)out->nsteps++;
}

static uint32_t compile(struct regex_syntax *s, const struct rx_node *n, uint32_t next);

static uint32_t compile_repeat(struct regex_syntax *s, const struct rx_node *n, uint32_t next)
{
	int copies = n->min;
	uint32_t at = next;

	if (n->max < 0) {
		uint32_t loop = emit(s, RX_SPLIT, next, next), body;

		if (loop == UINT32_MAX || (body = compile(s, n->kids, loop)) == UINT32_MAX)
			return UINT32_MAX;
		s->out->steps[loop].next = body;
		/* "x+" enters at the body */
		at = n->min ? body : loop;
		copies -= n->min > 0;
	}
	for (int i = n->min; i < n->max && at != UINT32_MAX; i++) {
		uint32_t body = compile(s, n->kids, at);

		at = body == UINT32_MAX ? body : emit(s, RX_SPLIT, body, next);
	}
	for (; copies > 0 && at != UINT32_MAX; copies--)
		at = compile(s, n->kids, at);
	return at;
}

/*
 * Steps are made from the end to the start: returns where n begins, given what follows it;
 * UINT32_MAX with the error filled.
 */
static uint32_t compile(struct regex_syntax *s, const struct rx_node *n, uint32_t next)
{
	uint32_t at = next, way;

	switch (n->kind) {
	case RX_NODE_EMPTY:
		break;
	case RX_NODE_SET:
		return emit(s, RX_SET, next, n->set);
	case RX_NODE_LINE_BEGIN:
		return emit(s, RX_LINE_BEGIN, next, 0);
	case RX_NODE_LINE_END:
		return emit(s, RX_LINE_END, next, 0);
	case RX_NODE_REPEAT:
		return compile_repeat(s, n, next);
	case RX_NODE_CAT:
		for (const struct rx_node *k = n->kids; k && at != UINT32_MAX; k = k->previous)
			at = compile(s, k, at);
		break;
	case RX_NODE_ALT:
		at = compile(s, n->kids, next);
		for (const struct rx_node *k = n->kids->previous; k && at != UINT32_MAX;
		     k = k->previous) {
			way = compile(s, k, next);
			at = way == UINT32_MAX ? way : emit(s, RX_SPLIT, way, at);
		}
		break;
	}
	return at;
}

int regex_parse(struct sv pattern, struct arena *arena, struct regex_program *out, struct err *err)
{
	struct regex_syntax s = { .rest = pattern, .arena = arena, .err = err, .out = out };
	struct rx_node *tree;
	uint32_t match;

	*out = (struct regex_program){ 0 };
	tree = alternatives(&s);
	if (!tree)
		return -1;
	if (s.rest.n)
		return regex_bad(&s, "a ')' without '('");
	match = emit(&s, RX_MATCH, 0, 0);
	out->start = match == UINT32_MAX ? match : compile(&s, tree, match);
	return out->start == UINT32_MAX ? -1 : 0;
}
