#include "engine/filter/match.h"

#include "engine/filter/compare.h"
#include "engine/filter/search.h"

/* --- one constant --- */

static const union constant *constant(const struct match *m)
{
	return &m->constants[m->at];
}

static bool test_signed(const struct match *m, const struct value *v)
{
	int64_t c = constant(m)->i;

	return compare_order(m->op, (v->i > c) - (v->i < c));
}

static bool test_unsigned(const struct match *m, const struct value *v)
{
	uint64_t c = constant(m)->u;

	return compare_order(m->op, (v->u > c) - (v->u < c));
}

static bool test_double(const struct match *m, const struct value *v)
{
	return compare_numbers(m->op, v->d, constant(m)->d);
}

/* A text as comparisons see it. */
static struct sv text_of(const struct match *m, const struct value *v)
{
	return m->clean ? v->s : sv_upto_nul(v->s);
}

static bool test_text(const struct match *m, const struct value *v)
{
	return compare_texts(m->op, text_of(m, v), constant(m)->s);
}

static bool test_text_eq(const struct match *m, const struct value *v)
{
	return sv_eq(text_of(m, v), constant(m)->s);
}

static bool test_text_starts(const struct match *m, const struct value *v)
{
	return sv_starts(text_of(m, v), constant(m)->s);
}

static bool test_text_ends(const struct match *m, const struct value *v)
{
	return sv_ends(text_of(m, v), constant(m)->s);
}

static bool test_text_contains(const struct match *m, const struct value *v)
{
	return search_text(text_of(m, v), constant(m)->s, m->rarest[m->at]);
}

static bool test_text_contains_folded(const struct match *m, const struct value *v)
{
	return search_folded(text_of(m, v), constant(m)->s, m->rarest[m->at]);
}

static bool test_bytes(const struct match *m, const struct value *v)
{
	return compare_texts(m->op, v->s, constant(m)->s);
}

static bool test_ip(const struct match *m, const struct value *v)
{
	return ip_eq(&v->ip, &constant(m)->ip) == (m->op != OP_NE);
}

static bool test_net(const struct match *m, const struct value *v)
{
	return ipnet_has(&constant(m)->net, &v->ip) == (m->op != OP_NE);
}

static bool test_regex(const struct match *m, const struct value *v)
{
	return regex_matches(m->regexes[m->at], compare_trimmed(v->s));
}

/* The common ones have a function of their own. */
static match_fn *text_test(enum ast_op op)
{
	switch (op) {
	case OP_EQ:
		return test_text_eq;
	case OP_STARTSWITH:
		return test_text_starts;
	case OP_ENDSWITH:
		return test_text_ends;
	case OP_CONTAINS:
		return test_text_contains;
	case OP_ICONTAINS:
		return test_text_contains_folded;
	case OP_REGEX:
		return test_regex;
	default:
		return test_text;
	}
}

static match_fn *single_test(enum ast_op op, enum type_class class)
{
	switch (class) {
	case CLASS_SIGNED:
		return test_signed;
	case CLASS_UNSIGNED:
	case CLASS_BOOL:
		return test_unsigned;
	case CLASS_DOUBLE:
		return test_double;
	case CLASS_TEXT:
		return text_test(op);
	case CLASS_BYTES:
		return test_bytes;
	case CLASS_IP:
		return test_ip;
	case CLASS_NET:
		return test_net;
	case CLASS_NONE:
		break;
	}
	return NULL;
}

/* --- several constants --- */

static bool test_never(const struct match *m, const struct value *v)
{
	(void)m;
	(void)v;
	return false;
}

static bool test_always(const struct match *m, const struct value *v)
{
	(void)m;
	(void)v;
	return true;
}

/* Numbers are bytes of eight: equal bits. */
static struct sv bits_of(const uint64_t *u)
{
	return (struct sv){ (const char *)u, sizeof *u };
}

static bool in_words(const struct match *m, const struct value *v)
{
	switch (compare_class(m->type)) {
	case CLASS_TEXT:
		return wordset_has(&m->words, compare_trimmed(v->s));
	case CLASS_BYTES:
		return wordset_has(&m->words, v->s);
	case CLASS_IP:
		return wordset_has(&m->words, (struct sv){ (const char *)v->ip.b, v->ip.len });
	case CLASS_NET: /* Falco compares an address with networks here, byte by byte */
		return false;
	default:
		return wordset_has(&m->words, bits_of(&v->u));
	}
}

static bool not_in_words(const struct match *m, const struct value *v)
{
	return !in_words(m, v);
}

static bool test_words(const struct match *m, const struct value *v)
{
	return wordset_has(&m->words, compare_trimmed(v->s));
}

static bool test_few_numbers(const struct match *m, const struct value *v)
{
	for (uint32_t i = 0; i < m->n; i++)
		if (m->constants[i].u == v->u)
			return true;
	return false;
}

static bool in_nets(const struct match *m, const struct value *v)
{
	for (uint32_t i = 0; i < m->n; i++)
		if (ipnet_has(&m->constants[i].net, &v->ip))
			return true;
	return false;
}

static bool test_paths(const struct match *m, const struct value *v)
{
	return pathset_covers(m->paths, compare_trimmed(v->s));
}

/* Elements of a list: their bytes as they are, a NUL at the end included. */
static bool element_in(const struct match *m, const struct value *item)
{
	if (compare_class(m->type) == CLASS_TEXT)
		return wordset_has(&m->words, item->s);
	return compare_class(m->type) == CLASS_NET ? in_nets(m, item) : in_words(m, item);
}

static bool test_list_in(const struct match *m, const struct value *v)
{
	for (size_t i = 0; i < v->list.n; i++)
		if (!element_in(m, &v->list.items[i]))
			return false;
	return true;
}

static bool test_list_intersects(const struct match *m, const struct value *v)
{
	for (size_t i = 0; i < v->list.n; i++)
		if (element_in(m, &v->list.items[i]))
			return true;
	return false;
}

/* Against how many constants the value holds, counting no further than `enough`. */
static uint32_t count_holds(const struct match *m, const struct value *v, uint32_t enough)
{
	struct match each = *m;
	uint32_t n = 0;

	for (each.at = 0; each.at < m->n && n < enough; each.at++)
		n += m->one(&each, v);
	return n;
}

static bool test_oneof(const struct match *m, const struct value *v)
{
	return count_holds(m, v, 2) == 1;
}

static bool test_anyof(const struct match *m, const struct value *v)
{
	return count_holds(m, v, 1) == 1;
}

static bool test_allof(const struct match *m, const struct value *v)
{
	struct match each = *m;

	for (each.at = 0; each.at < m->n; each.at++)
		if (!m->one(&each, v))
			return false;
	return true;
}

/* --- compiling --- */

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory compiling a condition");
}

static int parse_constants(struct match *m, const struct sv *texts, struct arena *arena,
			   struct err *err)
{
	union constant *all = arena_array(arena, union constant, m->n);
	bool hex = m->op == OP_BCONTAINS || m->op == OP_BSTARTSWITH;

	if (!all)
		return no_memory(err);
	m->constants = all;
	for (uint32_t i = 0; i < m->n; i++)
		if ((hex ? constant_parse_hex(texts[i], arena, &all[i], err)
			 : constant_parse(texts[i], m->type, &all[i], err)) < 0)
			return -1;
	return 0;
}

static int make_words(struct match *m, struct arena *arena, struct err *err)
{
	struct sv *words = arena_array(arena, struct sv, m->n);
	enum type_class class = compare_class(m->type);

	if (!words)
		return no_memory(err);
	for (uint32_t i = 0; i < m->n; i++) {
		const union constant *c = &m->constants[i];

		if (class == CLASS_TEXT || class == CLASS_BYTES)
			words[i] = c->s;
		else if (class == CLASS_IP)
			words[i] = (struct sv){ (const char *)c->ip.b, c->ip.len };
		else
			words[i] = bits_of(&c->u);
	}
	return wordset_init(&m->words, words, m->n, arena) ? 0 : no_memory(err);
}

static int find_rarest(struct match *m, struct arena *arena, struct err *err)
{
	uint8_t *rarest = arena_array(arena, uint8_t, m->n);

	if (!rarest)
		return no_memory(err);
	for (uint32_t i = 0; i < m->n; i++)
		rarest[i] = (uint8_t)search_rarest(m->constants[i].s);
	m->rarest = rarest;
	return 0;
}

static int make_regexes(struct match *m, const struct sv *texts, struct arena *arena,
			struct regex_list **list, struct err *err)
{
	m->regexes = arena_array(arena, struct regex *, m->n);
	if (!m->regexes)
		return no_memory(err);
	for (uint32_t i = 0; i < m->n; i++) {
		struct regex_list *owner = arena_new(arena, struct regex_list);

		if (!owner)
			return no_memory(err);
		if (regex_new(texts[i], &owner->re, err) < 0)
			return -1;
		m->regexes[i] = owner->re;
		owner->next = *list;
		*list = owner;
	}
	return 0;
}

static match_fn *set_test(const struct match *m, bool is_list)
{
	if (is_list)
		return m->op == OP_IN ? test_list_in : test_list_intersects;
	switch (compare_class(m->type)) {
	case CLASS_TEXT:
		return test_words;
	case CLASS_NET:
		return in_nets;
	case CLASS_BYTES:
	case CLASS_IP:
		return in_words;
	default:
		return m->n <= 8 ? test_few_numbers : in_words;
	}
}

static match_fn *modified_test(const struct match *m, enum ast_mod mod)
{
	bool net = compare_class(m->type) == CLASS_NET;

	if (m->n == 0)
		return test_never;
	/* these two are set membership in Falco, which never holds for networks */
	if (mod == MOD_ANYOF && m->op == OP_EQ)
		return net ? test_never : in_words;
	if (mod == MOD_ALLOF && m->op == OP_NE)
		return net ? test_always : not_in_words;
	return mod == MOD_ONEOF ? test_oneof : mod == MOD_ANYOF ? test_anyof : test_allof;
}

int match_compile(struct match *m, const struct comparison *c, struct arena *arena,
		  struct regex_list **regexes, struct err *err)
{
	const enum ast_op op = c->op;
	bool set = op == OP_IN || op == OP_INTERSECTS;

	*m = (struct match){ .op = (uint8_t)op, .type = (uint8_t)c->type, .n = (uint32_t)c->n };
	if (compare_allowed(op, c->type, c->is_list, err) < 0 ||
	    parse_constants(m, c->texts, arena, err) < 0)
		return -1;
	m->one = single_test(op, compare_class(c->type));
	if ((set || c->mod != MOD_NONE) && make_words(m, arena, err) < 0)
		return -1;
	if ((op == OP_CONTAINS || op == OP_ICONTAINS) && find_rarest(m, arena, err) < 0)
		return -1;
	if (op == OP_REGEX && make_regexes(m, c->texts, arena, regexes, err) < 0)
		return -1;
	if (op == OP_PMATCH) {
		m->paths = pathset_new(c->texts, c->n, arena);
		if (!m->paths)
			return no_memory(err);
		m->test = test_paths;
	} else if (set) {
		m->test = set_test(m, c->is_list);
	} else if (c->mod != MOD_NONE) {
		m->test = modified_test(m, c->mod);
	} else {
		m->test = m->n ? m->one : test_never;
	}
	return 0;
}

void match_only_first(struct match *m)
{
	m->test = m->n ? m->one : test_never;
}

void match_never(struct match *m)
{
	m->test = test_never;
}
