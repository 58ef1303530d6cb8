#include "engine/filter/regex.h"

#include "engine/filter/regex_syntax.h"
#include "format/base/hash.h"

#include <stdlib.h>

/*
 * The deterministic automaton is built while texts are matched.  Characters that no set of the
 * pattern tells apart form a class; one more class stands for the end of the text.
 *
 * A state is the set of steps that the next character is offered to, before '^', '$' and splits
 * are followed: those need to know what comes next, and that is known when the character is.
 */
struct dfa_state {
	struct dfa_state *next_in_slot;
	uint64_t hash;
	uint32_t nsteps;
	bool line_begins;        /* nothing or a line break came before */
	int8_t accepts;          /* at the end of the text: 0 no, 1 yes, -1 not known yet */
	uint32_t *steps;         /* ascending */
	struct dfa_state **ways; /* per class; NULL: not known yet */
};

enum { SLOTS = 256 };

struct regex {
	struct arena arena; /* the program */
	struct regex_program program;
	uint32_t *bounds; /* ascending: class k begins at bounds[k] */
	uint32_t nclasses;
	uint32_t newline_class;
	uint16_t ascii[128];   /* class of a byte below 0x80 */
	uint64_t *set_classes; /* per set a bitmap of classes */
	size_t class_words;

	struct arena states; /* given back when it grows over REGEX_MEMORY */
	struct dfa_state *slots[SLOTS];
	struct dfa_state *first;         /* where every match begins */
	uint32_t *stack, *marks, *found; /* room for a closure: one entry per step */
	uint32_t mark;
};

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t class_of(const struct regex *re, uint32_t rune)
{
	uint32_t low = 0, high = re->nclasses;

	if (rune < 128)
		return re->ascii[rune];
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (re->bounds[middle] <= rune)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static bool build_classes(struct regex *re)
{
	const struct regex_program *p = &re->program;
	size_t n = 3, unique = 0;

	for (size_t i = 0; i < p->nsets; i++)
		n += 2 * p->sets[i].n;
	re->bounds = arena_array(&re->arena, uint32_t, n);
	if (!re->bounds)
		return false;
	re->bounds[0] = 0;
	re->bounds[1] = '\n';
	re->bounds[2] = '\n' + 1;
	n = 3;
	for (size_t i = 0; i < p->nsets; i++) {
		for (size_t k = 0; k < p->sets[i].n; k++) {
			re->bounds[n++] = p->sets[i].ranges[k].low;
			re->bounds[n++] = p->sets[i].ranges[k].high + 1;
		}
	}
	qsort(re->bounds, n, sizeof *re->bounds, compare_u32);
	for (size_t i = 0; i < n; i++)
		if (unique == 0 || re->bounds[unique - 1] != re->bounds[i])
			re->bounds[unique++] = re->bounds[i];
	re->nclasses = (uint32_t)unique;
	for (uint32_t rune = 0, class = 0; rune < 128; rune++) {
		while (class + 1 < re->nclasses && re->bounds[class + 1] <= rune)
			class ++;
		re->ascii[rune] = (uint16_t) class;
	}
	re->newline_class = re->ascii['\n'];
	return true;
}

static bool build_sets(struct regex *re)
{
	const struct regex_program *p = &re->program;

	re->class_words = (re->nclasses + 63) / 64;
	re->set_classes = arena_array(&re->arena, uint64_t, re->class_words * p->nsets);
	if (!re->set_classes)
		return false;
	for (size_t i = 0; i < p->nsets; i++) {
		uint64_t *words = re->set_classes + i * re->class_words;

		for (size_t k = 0; k < p->sets[i].n; k++) {
			uint32_t first = class_of(re, p->sets[i].ranges[k].low);
			uint32_t last = class_of(re, p->sets[i].ranges[k].high);

			for (uint32_t c = first; c <= last; c++)
				words[c / 64] |= (uint64_t)1 << (c % 64);
		}
	}
	return true;
}

/* The state for these steps (which are sorted here); NULL: no memory. */
static struct dfa_state *state_for(struct regex *re, uint32_t *steps, size_t n, bool line_begins)
{
	struct dfa_state *s;
	uint64_t hash;

	qsort(steps, n, sizeof *steps, compare_u32);
	hash = hash_sv((struct sv){ (const char *)steps, n * sizeof *steps }) + line_begins;
	for (s = re->slots[hash % SLOTS]; s; s = s->next_in_slot)
		if (s->hash == hash && s->nsteps == n && s->line_begins == line_begins &&
		    memcmp(s->steps, steps, n * sizeof *steps) == 0)
			return s;
	s = arena_new(&re->states, struct dfa_state);
	if (!s || !(s->steps = arena_array(&re->states, uint32_t, n)) ||
	    !(s->ways = arena_array(&re->states, struct dfa_state *, re->nclasses)))
		return NULL;
	memcpy(s->steps, steps, n * sizeof *steps);
	s->nsteps = (uint32_t)n;
	s->hash = hash;
	s->line_begins = line_begins;
	s->accepts = -1;
	s->next_in_slot = re->slots[hash % SLOTS];
	re->slots[hash % SLOTS] = s;
	return s;
}

static void forget_states(struct regex *re)
{
	arena_reset(&re->states);
	memset(re->slots, 0, sizeof re->slots);
	re->first = NULL;
}

/*
 * What the steps of s lead to without taking a character: SET and MATCH steps, into re->found.
 * line_ends: a line break or nothing comes next.
 */
static size_t closure(struct regex *re, const struct dfa_state *s, bool line_ends)
{
	const struct regex_step *steps = re->program.steps;
	size_t depth = 0, n = 0;

	re->mark++;
	for (uint32_t i = 0; i < s->nsteps; i++) {
		re->stack[depth++] = s->steps[i];
		re->marks[s->steps[i]] = re->mark;
	}
	while (depth) {
		uint32_t at = re->stack[--depth], ways[2];
		size_t nways = 0;

		switch ((enum regex_op)steps[at].op) {
		case RX_SET:
		case RX_MATCH:
			re->found[n++] = at;
			break;
		case RX_SPLIT:
			ways[nways++] = steps[at].next;
			ways[nways++] = steps[at].other;
			break;
		case RX_LINE_BEGIN:
			if (s->line_begins)
				ways[nways++] = steps[at].next;
			break;
		case RX_LINE_END:
			if (line_ends)
				ways[nways++] = steps[at].next;
			break;
		}
		while (nways) {
			uint32_t way = ways[--nways];

			if (re->marks[way] != re->mark) {
				re->marks[way] = re->mark;
				re->stack[depth++] = way;
			}
		}
	}
	return n;
}

static bool accepts(struct regex *re, struct dfa_state *s)
{
	if (s->accepts < 0) {
		size_t n = closure(re, s, true);

		s->accepts = 0;
		for (size_t i = 0; i < n; i++)
			if (re->program.steps[re->found[i]].op == RX_MATCH)
				s->accepts = 1;
	}
	return s->accepts;
}

/* The state behind a character of this class; NULL: no memory. */
static struct dfa_state *follow(struct regex *re, struct dfa_state *s, uint32_t class)
{
	const struct regex_step *steps = re->program.steps;
	size_t n = closure(re, s, class == re->newline_class), taken = 0;
	struct dfa_state *to;

	re->mark++;
	for (size_t i = 0; i < n; i++) {
		const struct regex_step *step = &steps[re->found[i]];

		if (step->op != RX_SET || re->marks[step->next] == re->mark)
			continue;
		if (re->set_classes[step->other * re->class_words + class / 64] >> (class % 64) &
		    1) {
			re->marks[step->next] = re->mark;
			re->found[taken++] = step->next;
		}
	}
	if (re->states.total > REGEX_MEMORY) {
		forget_states(re); /* s with them: the way to the new state is not recorded */
		return state_for(re, re->found, taken, class == re->newline_class);
	}
	to = state_for(re, re->found, taken, class == re->newline_class);
	s->ways[class] = to;
	return to;
}

bool regex_matches(struct regex *re, struct sv text)
{
	struct dfa_state *s, *to;
	uint32_t start = re->program.start;

	if (re->mark > UINT32_MAX / 2) {
		memset(re->marks, 0, re->program.nsteps * sizeof *re->marks);
		re->mark = 0;
	}
	if (!re->first)
		re->first = state_for(re, &start, 1, true);
	s = re->first;
	while (s && s->nsteps && text.n) {
		size_t length = 1;
		uint32_t class = (unsigned char)text.p[0] < 128
					 ? re->ascii[(unsigned char)text.p[0]]
					 : class_of(re, rune_decode(text, &length));

		text.p += length;
		text.n -= length;
		to = s->ways[class];
		s = to ? to : follow(re, s, class);
	}
	return s && text.n == 0 && accepts(re, s);
}

int regex_new(struct sv pattern, struct regex **out, struct err *err)
{
	struct regex *re = calloc(1, sizeof *re);

	*out = NULL;
	if (!re)
		return err_set(err, ERR_NOMEM, "out of memory compiling a regular expression");
	if (regex_parse(pattern, &re->arena, &re->program, err) < 0) {
		regex_free(re);
		return -1;
	}
	re->stack = arena_array(&re->arena, uint32_t, re->program.nsteps);
	re->marks = arena_array(&re->arena, uint32_t, re->program.nsteps);
	re->found = arena_array(&re->arena, uint32_t, re->program.nsteps);
	if (!re->stack || !re->marks || !re->found || !build_classes(re) || !build_sets(re)) {
		regex_free(re);
		return err_set(err, ERR_NOMEM, "out of memory compiling a regular expression");
	}
	*out = re;
	return 0;
}

void regex_free(struct regex *re)
{
	if (!re)
		return;
	arena_deinit(&re->arena);
	arena_deinit(&re->states);
	free(re);
}
