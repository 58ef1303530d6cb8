#include "engine/filter/types.h"

/*
 * Negation is carried down to the checks (De Morgan): there it turns around what a check of
 * evt.type says, and leaves alone what has nothing to do with it.
 */
struct universe {
	uint32_t n;
	struct type_set all; /* filled in for one walk over a condition */
	/* Does evt.type show this name for this member? */
	bool (*is_called)(uint32_t member, struct sv name);
	bool (*exists)(uint32_t member);
	/* What a name that no member has stands for. */
	void (*add_unknown)(struct type_set *set, struct sv name);
};

/* Without measuring the C string first: rule files ask this a million times. */
static bool is_text(const char *text, struct sv name)
{
	size_t i = 0;

	while (i < name.n && text[i] && text[i] == name.p[i])
		i++;
	return name.n && i == name.n && text[i] == '\0';
}

/* --- events --- */

static bool event_is_called(uint32_t id, struct sv name)
{
	/* asynchronous events carry their own name */
	if (id == EV_ASYNCEVENT_E && sv_eq(name, SV("container")))
		return true;
	return id > EV_GENERIC_X && is_text(schema_events[id].name, name);
}

static bool event_exists(uint32_t id)
{
	(void)id;
	return true;
}

/* System calls without an event of their own appear as the generic one. */
static void add_generic(struct type_set *set, struct sv name)
{
	/* codes that are not assigned are called "" */
	if (name.n == 0 || sv_eq(name, SV("unknown")) || schema_syscall_by_name(name)) {
		type_set_add(set, EV_GENERIC_E);
		type_set_add(set, EV_GENERIC_X);
	}
}

static const struct universe events = {
	.n = EV_COUNT,
	.is_called = event_is_called,
	.exists = event_exists,
	.add_unknown = add_generic,
};

/* --- system calls --- */

/* Codes that stand for a tracepoint, and the event it makes. */
static const struct {
	struct sv name;
	uint16_t event;
} tracepoints[] = {
	{ { "sched_process_exit", 18 }, EV_PROCEXIT_1_E },
	{ { "sched_switch", 12 }, EV_SCHEDSWITCH_6_E },
	{ { "page_fault_user", 15 }, EV_PAGE_FAULT_E },
	{ { "page_fault_kernel", 17 }, EV_PAGE_FAULT_E },
	{ { "signal_deliver", 14 }, EV_SIGNALDELIVER_E },
};

const char *syscall_type_name(const struct syscall_desc *s)
{
	struct sv name = sv_of(s->name);

	if (s->exit_event)
		return s->exit_event > EV_GENERIC_X ? schema_events[s->exit_event].name : s->name;
	for (size_t i = 0; i < sizeof tracepoints / sizeof tracepoints[0]; i++) {
		if (sv_eq(name, tracepoints[i].name))
			return schema_events[tracepoints[i].event].name;
	}
	/* the wide form of a call shares its event */
	if (sv_ends(name, SV("32")) || sv_ends(name, SV("64"))) {
		name.n -= 2;
		const struct syscall_desc *narrow = schema_syscall_by_name(name);
		if (narrow && narrow->exit_event > EV_GENERIC_X)
			return schema_events[narrow->exit_event].name;
	}
	return s->name;
}

static bool syscall_is_called(uint32_t code, struct sv name)
{
	const struct syscall_desc *s = schema_syscall(code);

	return s && is_text(syscall_type_name(s), name);
}

static bool syscall_exists(uint32_t code)
{
	return code > 0 && schema_syscall(code);
}

static void add_nothing(struct type_set *set, struct sv name)
{
	(void)set;
	(void)name;
}

static const struct universe syscalls = {
	.n = SYSCALL_CODES,
	.is_called = syscall_is_called,
	.exists = syscall_exists,
	.add_unknown = add_nothing,
};

/* --- conditions --- */

static struct type_set everything(const struct universe *u)
{
	struct type_set set = { 0 };

	for (uint32_t i = 0; i < u->n; i++)
		if (u->exists(i))
			type_set_add(&set, i);
	return set;
}

static void add_name(const struct universe *u, struct type_set *set, struct sv name)
{
	bool known = false;

	for (uint32_t i = 0; i < u->n; i++) {
		if (u->is_called(i, name)) {
			type_set_add(set, i);
			known = true;
		}
	}
	if (!known)
		u->add_unknown(set, name);
}

static void subtract(struct type_set *from, const struct type_set *set)
{
	for (size_t i = 0; i < TYPE_SET_WORDS; i++)
		from->bits[i] &= ~set->bits[i];
}

static bool is_type_field(const struct ast_operand *o)
{
	return o->kind == OPERAND_FIELD && !o->has_arg &&
	       (sv_eq(o->text, SV("evt.type")) || sv_eq(o->text, SV("syscall.type")));
}

static bool no_type_field(const struct ast_operand *o, void *arg)
{
	(void)arg;
	return !is_type_field(o);
}

static int of_check(const struct universe *u, const struct ast *a, bool negated,
		    struct type_set *out, struct err *err)
{
	bool equality = (a->op == OP_EQ || a->op == OP_NE || a->op == OP_IN) && a->mod == MOD_NONE;
	struct type_set named = { 0 };

	*out = u->all;
	if (a->left->kind != OPERAND_FIELD && (equality || a->op == OP_EXISTS) &&
	    !ast_walk_operand(a->left, no_type_field, NULL))
		return err_at(err, ERR_CHECK, ast_err_pos(a->pos),
			      "the event type cannot be transformed in a rule");
	if (!is_type_field(a->left))
		return 0;
	if (a->op == OP_EXISTS) {
		if (negated)
			*out = named;
		return 0;
	}
	if (!equality)
		return 0;
	if (a->right && a->right->kind != OPERAND_LITERAL)
		return err_at(err, ERR_CHECK, ast_err_pos(a->pos),
			      "the event type cannot be compared with another field in a rule");
	if (a->right_is_list)
		for (size_t i = 0; i < a->nitems; i++)
			add_name(u, &named, a->items[i]->text);
	else
		add_name(u, &named, a->right ? a->right->text : a->list_name);
	if (negated != (a->op == OP_NE))
		subtract(out, &named);
	else
		*out = named;
	return 0;
}

static int of_node(const struct universe *u, const struct ast *a, bool negated,
		   struct type_set *out, struct err *err)
{
	bool all = (a->kind == AST_AND) != negated;
	struct type_set kid;

	switch (a->kind) {
	case AST_NOT:
		return of_node(u, a->kids[0], !negated, out, err);
	case AST_CHECK:
		return of_check(u, a, negated, out, err);
	case AST_IDENT:
		*out = u->all;
		return 0;
	case AST_AND:
	case AST_OR:
		break;
	}
	*out = all ? u->all : (struct type_set){ 0 };
	for (size_t i = 0; i < a->nkids; i++) {
		if (of_node(u, a->kids[i], negated, &kid, err) < 0)
			return -1;
		for (size_t k = 0; k < TYPE_SET_WORDS; k++)
			out->bits[k] =
				all ? out->bits[k] & kid.bits[k] : out->bits[k] | kid.bits[k];
	}
	return 0;
}

static int of_condition(struct universe u, const struct ast *a, struct type_set *out,
			struct err *err)
{
	u.all = everything(&u);
	return of_node(&u, a, false, out, err);
}

int ast_event_types(const struct ast *a, struct type_set *out, struct err *err)
{
	return of_condition(events, a, out, err);
}

int ast_syscalls(const struct ast *a, struct type_set *out, struct err *err)
{
	return of_condition(syscalls, a, out, err);
}
