#include "engine/filter/compare.h"

#include "engine/filter/glob.h"
#include "engine/filter/search.h"

enum type_class compare_class(enum param_type type)
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

int compare_allowed(enum ast_op op, enum param_type type, bool is_list, struct err *err)
{
	uint32_t ops = is_list ? (listable(type) ? SETS : 0) : class_ops[compare_class(type)];

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
		       ast_op_name(op), is_list ? "list" : class_names[compare_class(type)]);
}

bool compare_order(enum ast_op op, int order)
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

bool compare_numbers(enum ast_op op, double a, double b)
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

bool compare_texts(enum ast_op op, struct sv a, struct sv b)
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
		return search_text(a, b, search_rarest(b));
	case OP_ICONTAINS:
		return search_folded(a, b, search_rarest(b));
	case OP_STARTSWITH:
	case OP_BSTARTSWITH:
		return sv_starts(a, b);
	case OP_ENDSWITH:
		return sv_ends(a, b);
	default:
		return compare_order(op, sv_cmp(a, b));
	}
}

/* A text as sets and expressions see it: NULs inside count, those at its end do not. */
struct sv compare_trimmed(struct sv s)
{
	while (s.n && s.p[s.n - 1] == '\0')
		s.n--;
	return s;
}

static bool same_element(const struct value *a, const struct value *b)
{
	switch (compare_class(a->type)) {
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

static bool compare_lists(enum ast_op op, const struct value *left, const struct value *right)
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

bool compare_values(enum ast_op op, const struct value *left, const struct value *right)
{
	bool set = op == OP_IN || op == OP_INTERSECTS;

	if (left->is_list || right->is_list)
		return left->is_list && right->is_list && compare_lists(op, left, right);
	switch (compare_class(left->type)) {
	case CLASS_SIGNED:
		return compare_order(op, (left->i > right->i) - (left->i < right->i));
	case CLASS_UNSIGNED:
	case CLASS_BOOL:
		return compare_order(op, (left->u > right->u) - (left->u < right->u));
	case CLASS_DOUBLE:
		return set ? left->u == right->u : compare_numbers(op, left->d, right->d);
	case CLASS_TEXT:
		/* a set of one: the right side keeps the NUL that a transformer left there */
		if (set)
			return sv_eq(compare_trimmed(left->s), right->s);
		return compare_texts(op, sv_upto_nul(left->s), sv_upto_nul(right->s));
	case CLASS_BYTES:
		return compare_texts(set ? OP_EQ : op, left->s, right->s);
	case CLASS_IP:
	case CLASS_NET:
		return ip_eq(&left->ip, &right->ip) == (op != OP_NE);
	case CLASS_NONE:
		break;
	}
	return false;
}
