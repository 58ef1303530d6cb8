#include "engine/filter/match.h"

#include "engine/filter/glob.h"

/* --- which operator fits which type -------------------------------------------------------- */

enum type_class {
	CLASS_NONE,
	CLASS_SIGNED,
	CLASS_UNSIGNED,
	CLASS_DOUBLE,
	CLASS_BOOL,
	CLASS_TEXT,
	CLASS_BYTES,
	CLASS_IP,
	CLASS_NET
};

static enum type_class class_of(enum param_type type)
{
	switch (type) {
	case PT_BYTEBUF:
		return CLASS_BYTES;
	case PT_DOUBLE:
		return CLASS_DOUBLE;
	case PT_BOOL:
		return CLASS_BOOL;
	case PT_IPADDR:
		return CLASS_IP;
	case PT_IPNET:
		return CLASS_NET;
	case PT_UID:
	case PT_GID:
	case PT_SIGSET:
		return CLASS_NONE;
	default:
		if (value_type_is_text(type))
			return CLASS_TEXT;
		if (value_type_is_signed(type))
			return CLASS_SIGNED;
		return value_type_is_integer(type) ? CLASS_UNSIGNED : CLASS_NONE;
	}
}

#define BIT(op)  (1u << (op))
#define SETS     (BIT(OP_IN) | BIT(OP_INTERSECTS))
#define EQUALITY (BIT(OP_EQ) | BIT(OP_NE) | SETS)
#define ORDER    (BIT(OP_LT) | BIT(OP_LE) | BIT(OP_GT) | BIT(OP_GE))
#define ENDS     (BIT(OP_CONTAINS) | BIT(OP_STARTSWITH) | BIT(OP_ENDSWITH))
#define TEXT_ONLY                                                                                  \
	(BIT(OP_GLOB) | BIT(OP_IGLOB) | BIT(OP_ICONTAINS) | BIT(OP_PMATCH) | BIT(OP_REGEX))

static const uint32_t class_ops[] = {
	[CLASS_NONE] = 0,
	[CLASS_SIGNED] = EQUALITY | ORDER,
	[CLASS_UNSIGNED] = EQUALITY | ORDER,
	[CLASS_DOUBLE] = EQUALITY | ORDER,
	[CLASS_BOOL] = EQUALITY,
	[CLASS_TEXT] = EQUALITY | ORDER | ENDS | TEXT_ONLY,
	[CLASS_BYTES] = EQUALITY | ENDS | BIT(OP_BCONTAINS) | BIT(OP_BSTARTSWITH),
	[CLASS_IP] = EQUALITY,
	[CLASS_NET] = EQUALITY,
};

/* As messages call them. */
static const char *const class_names[] = {
	[CLASS_SIGNED] = "for numeric",
	[CLASS_UNSIGNED] = "for numeric",
	[CLASS_DOUBLE] = "for numeric",
	[CLASS_BOOL] = "for numeric",
	[CLASS_TEXT] = "for string",
	[CLASS_BYTES] = "for buffer",
	[CLASS_IP] = "for ip address and network",
	[CLASS_NET] = "for ip address and network",
};

/* Element types that lists may have. */
static bool listable(enum param_type type)
{
	return type == PT_CHARBUF || type == PT_UINT64 || type == PT_RELTIME ||
	       type == PT_ABSTIME || type == PT_BOOL || type == PT_IPADDR || type == PT_IPNET;
}

int match_allowed(enum ast_op op, enum param_type type, bool is_list, struct err *err)
{
	uint32_t ops = is_list ? (listable(type) ? SETS : 0) : class_ops[class_of(type)];

	if (op == OP_EXISTS || (ops & BIT(op)))
		return 0;
	if (is_list && !listable(type))
		return err_set(err, ERR_CHECK,
			       "filter error: list filters are not supported for type '%s'",
			       schema_type_name(type));
	if (!is_list && !ops)
		return err_set(err, ERR_CHECK,
			       "filter error: '%s' operator not supported for type '%s'",
			       ast_op_name(op), schema_type_name(type));
	return err_set(err, ERR_CHECK, "filter error: '%s' operator not supported %s filters",
		       ast_op_name(op), is_list ? "list" : class_names[class_of(type)]);
}

/* --- comparisons --------------------------------------------------------------------------- */

/* What order says of a comparison's sign. */
static bool by_order(enum ast_op op, int order)
{
	switch (op) {
	case OP_EQ:
	case OP_IN:
	case OP_INTERSECTS:
		return order == 0;
	case OP_NE:
		return order != 0;
	case OP_LT:
		return order < 0;
	case OP_LE:
		return order <= 0;
	case OP_GT:
		return order > 0;
	case OP_GE:
		return order >= 0;
	default:
		return false;
	}
}

static bool by_number(enum ast_op op, double a, double b)
{
	/* not through an order: it would make a NaN equal */
	switch (op) {
	case OP_EQ:
	case OP_IN:
	case OP_INTERSECTS:
		return a == b;
	case OP_NE:
		return a != b;
	case OP_LT:
		return a < b;
	case OP_LE:
		return a <= b;
	case OP_GT:
		return a > b;
	case OP_GE:
		return a >= b;
	default:
		return false;
	}
}

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static bool contains_folded(struct sv s, struct sv needle)
{
	for (; s.n >= needle.n; s.p++, s.n--) {
		size_t i = 0;

		while (i < needle.n && lower(s.p[i]) == lower(needle.p[i]))
			i++;
		if (i == needle.n)
			return true;
		if (s.n == 0)
			break;
	}
	return false;
}

static bool by_text(enum ast_op op, struct sv a, struct sv b)
{
	switch (op) {
	case OP_EQ:
		return sv_eq(a, b);
	case OP_NE:
		return !sv_eq(a, b);
	case OP_GLOB:
		return glob_match(b, a, false);
	case OP_IGLOB:
		return glob_match(b, a, true);
	case OP_CONTAINS:
	case OP_BCONTAINS:
		return sv_find(a, b) >= 0;
	case OP_ICONTAINS:
		return contains_folded(a, b);
	case OP_STARTSWITH:
	case OP_BSTARTSWITH:
		return sv_starts(a, b);
	case OP_ENDSWITH:
		return sv_ends(a, b);
	default:
		return by_order(op, sv_cmp(a, b));
	}
}

/* A text as sets and expressions see it: NULs inside count, those at its end do not. */
static struct sv trimmed(struct sv s)
{
	while (s.n && s.p[s.n - 1] == '\0')
		s.n--;
	return s;
}

/* --- one constant -------------------------------------------------------------------------- */

static const union constant *constant(const struct match *m)
{
	return &m->constants[m->at];
}

static bool test_signed(const struct match *m, const struct value *v)
{
	int64_t c = constant(m)->i;

	return by_order(m->op, (v->i > c) - (v->i < c));
}

static bool test_unsigned(const struct match *m, const struct value *v)
{
	uint64_t c = constant(m)->u;

	return by_order(m->op, (v->u > c) - (v->u < c));
}

static bool test_double(const struct match *m, const struct value *v)
{
	return by_number(m->op, v->d, constant(m)->d);
}

static bool test_text(const struct match *m, const struct value *v)
{
	return by_text(m->op, sv_upto_nul(v->s), constant(m)->s);
}

static bool test_text_eq(const struct match *m, const struct value *v)
{
	return sv_eq(sv_upto_nul(v->s), constant(m)->s);
}

static bool test_bytes(const struct match *m, const struct value *v)
{
	return by_text(m->op, v->s, constant(m)->s);
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
	return regex_matches(m->regexes[m->at], trimmed(v->s));
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
		return op == OP_REGEX ? test_regex : op == OP_EQ ? test_text_eq : test_text;
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

/* --- several constants --------------------------------------------------------------------- */

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
	switch (class_of(m->type)) {
	case CLASS_TEXT:
		return wordset_has(&m->words, trimmed(v->s));
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
	return wordset_has(&m->words, trimmed(v->s));
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
	return pathset_covers(m->paths, trimmed(v->s));
}

/* Elements of a list: their bytes as they are, a NUL at the end included. */
static bool element_in(const struct match *m, const struct value *item)
{
	if (class_of(m->type) == CLASS_TEXT)
		return wordset_has(&m->words, item->s);
	return class_of(m->type) == CLASS_NET ? in_nets(m, item) : in_words(m, item);
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

/* --- compiling ----------------------------------------------------------------------------- */

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
	enum type_class class = class_of(m->type);

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
	switch (class_of(m->type)) {
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
	bool net = class_of(m->type) == CLASS_NET;

	if (m->n == 0)
		return test_never;
	/* these two are set membership in Falco, which never holds for networks */
	if (mod == MOD_ANYOF && m->op == OP_EQ)
		return net ? test_never : in_words;
	if (mod == MOD_ALLOF && m->op == OP_NE)
		return net ? test_always : not_in_words;
	return mod == MOD_ONEOF ? test_oneof : mod == MOD_ANYOF ? test_anyof : test_allof;
}

int match_compile(struct match *m, enum ast_op op, enum ast_mod mod, enum param_type type,
		  bool is_list, const struct sv *texts, size_t n, struct arena *arena,
		  struct regex_list **regexes, struct err *err)
{
	bool set = op == OP_IN || op == OP_INTERSECTS;

	*m = (struct match){ .op = (uint8_t)op, .type = (uint8_t)type, .n = (uint32_t)n };
	if (match_allowed(op, type, is_list, err) < 0 || parse_constants(m, texts, arena, err) < 0)
		return -1;
	m->one = single_test(op, class_of(type));
	if ((set || mod != MOD_NONE) && make_words(m, arena, err) < 0)
		return -1;
	if (op == OP_REGEX && make_regexes(m, texts, arena, regexes, err) < 0)
		return -1;
	if (op == OP_PMATCH) {
		m->paths = pathset_new(texts, n, arena);
		if (!m->paths)
			return no_memory(err);
		m->test = test_paths;
	} else if (set) {
		m->test = set_test(m, is_list);
	} else if (mod != MOD_NONE) {
		m->test = modified_test(m, mod);
	} else {
		m->test = n ? m->one : test_never;
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

/* --- two values ---------------------------------------------------------------------------- */

static bool same_element(const struct value *a, const struct value *b)
{
	switch (class_of(a->type)) {
	case CLASS_TEXT:
	case CLASS_BYTES:
		return sv_eq(a->s, b->s);
	case CLASS_IP:
	case CLASS_NET:
		return ip_eq(&a->ip, &b->ip);
	default:
		return a->u == b->u;
	}
}

static bool match_lists(enum ast_op op, const struct value *left, const struct value *right)
{
	for (size_t i = 0; i < left->list.n; i++) {
		bool found = false;

		for (size_t k = 0; k < right->list.n && !found; k++)
			found = same_element(&left->list.items[i], &right->list.items[k]);
		if (found != (op == OP_IN))
			return found;
	}
	return op == OP_IN;
}

bool match_values(enum ast_op op, const struct value *left, const struct value *right)
{
	bool set = op == OP_IN || op == OP_INTERSECTS;

	if (left->is_list || right->is_list)
		return left->is_list && right->is_list && match_lists(op, left, right);
	switch (class_of(left->type)) {
	case CLASS_SIGNED:
		return by_order(op, (left->i > right->i) - (left->i < right->i));
	case CLASS_UNSIGNED:
	case CLASS_BOOL:
		return by_order(op, (left->u > right->u) - (left->u < right->u));
	case CLASS_DOUBLE:
		return set ? left->u == right->u : by_number(op, left->d, right->d);
	case CLASS_TEXT:
		/* a set of one: the right side keeps the NUL that a transformer left there */
		if (set)
			return sv_eq(trimmed(left->s), right->s);
		return by_text(op, sv_upto_nul(left->s), sv_upto_nul(right->s));
	case CLASS_BYTES:
		return by_text(set ? OP_EQ : op, left->s, right->s);
	case CLASS_IP:
	case CLASS_NET:
		return ip_eq(&left->ip, &right->ip) == (op != OP_NE);
	case CLASS_NONE:
		break;
	}
	return false;
}
