#include "engine/filter/skip.h"

#include "engine/fields/getters.h"
#include "engine/filter/program.h"

#include <stdlib.h>

/* --- what a field's text is made of --- */

/*
 * Texts of parameters, lists and snapshots are in a segment's index, and so is what is made of them
 * by cutting and joining at bytes outside of words.  The rest is told here.
 */
enum {
	COVERED = 1 << 0,      /* else nothing is known of such texts */
	NUMBERS = 1 << 1,      /* numbers and addresses may be printed in between */
	OPEN_FRONT = 1 << 2,   /* words may be cut at their front */
	OPEN_BACK = 1 << 3,    /* likewise at their end */
	OF_CONTAINER = 1 << 4, /* told by asynchronous events, too, which carry data */
};

typedef bool getter(const struct field_ref *f, struct field_ctx *ctx, struct value *out);

static const struct {
	getter *get;
	uint32_t text;
} covered[] = {
	{ get_thread_text, COVERED },
	{ get_parent_text, COVERED },
	{ get_ancestor_text, COVERED },
	{ get_leader_text, COVERED },
	{ get_proc_cmdline, COVERED },
	{ get_proc_exeline, COVERED },
	{ get_proc_args, COVERED },
	{ get_proc_cwd, COVERED | NUMBERS },
	{ get_fd_name, COVERED | NUMBERS },
	{ get_fd_nameraw, COVERED | NUMBERS },
	{ get_fd_directory, COVERED | NUMBERS },
	{ get_fd_filename, COVERED | NUMBERS },
	{ get_fs_path, COVERED | NUMBERS },
	{ get_evt_abspath, COVERED | NUMBERS },
	{ get_evt_arg, COVERED | NUMBERS },
	{ get_user_name, COVERED | OPEN_BACK | OF_CONTAINER },
	{ get_user_homedir, COVERED | OPEN_BACK },
	{ get_user_shell, COVERED | OPEN_BACK },
	{ get_group_name, COVERED | OPEN_BACK },
	{ get_container_id, COVERED | OPEN_FRONT | OPEN_BACK | OF_CONTAINER },
};

/* Words that appear where there is nothing else to show. */
static const char *const made_up[] = {
	"NA",           "root",     "host",
	"proc",         "UNKNOWN",  "unknown",
	"DIR_TOO_LONG", "NULL",     "FILENAME_TOO_LONG",
	"INVALID",      "PATH",     "IPv4",
	"IPv6",         "SOCKADDR", "SOCKTUPLE",
	"family",
};

static bool is_path_or_text(enum param_type type)
{
	return type == PT_CHARBUF || type == PT_FSPATH || type == PT_FSRELPATH;
}

/* Of evt.arg: the parameter must be a text itself. */
static bool argument_is_text(const struct field_ref *f, uint32_t event_type)
{
	const struct event_desc *desc = &schema_events[event_type];
	int64_t i = f->param_index ? f->param_index[event_type] : f->index;

	return i >= 0 && i < desc->nparams && is_path_or_text(desc->params[i].type);
}

static uint32_t text_of(const struct field_ref *f, uint32_t event_type)
{
	getter *get = f->def->get;

	for (size_t i = 0; i < sizeof covered / sizeof covered[0]; i++) {
		if (covered[i].get != get)
			continue;
		/* with the container's id in front, whose end is cut */
		if ((get == get_fd_name || get == get_fd_directory) && f->def->which)
			return 0;
		if (get == get_evt_arg && !argument_is_text(f, event_type))
			return 0;
		return covered[i].text;
	}
	return 0;
}

/* --- asking the index --- */

struct question {
	const struct program *p;
	struct trace_map *map;
	size_t segment;
	bool has_async; /* asynchronous events are there */
	uint32_t type;
	int8_t *known; /* per node: an enum answer + 1, 0: not asked yet */
};

static bool is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || (uint8_t)c >= 0x80;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool holds_folded(const char *text, struct sv word)
{
	size_t n = strlen(text);

	for (size_t at = 0; at + word.n <= n; at++) {
		size_t i = 0;

		while (i < word.n && lower(text[at + i]) == lower(word.p[i]))
			i++;
		if (i == word.n)
			return true;
	}
	return false;
}

static bool is_number(struct sv word)
{
	for (size_t i = 0; i < word.n; i++) {
		char c = lower(word.p[i]);

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return true;
}

/* Could the word be there for another reason than being in the index? */
static bool may_be_made_up(struct sv word, uint32_t text)
{
	if ((text & NUMBERS) && is_number(word))
		return true;
	for (size_t i = 0; i < sizeof made_up / sizeof made_up[0]; i++)
		if (holds_folded(made_up[i], word))
			return true;
	return false;
}

/* Could a text of this kind hold `part`, beginning or ending with it unless open? */
static bool may_have(const struct question *q, struct sv part, bool open_front, bool open_back,
		     uint32_t text)
{
	for (size_t at = 0; at < part.n;) {
		size_t end = at;

		while (end < part.n && is_word_byte(part.p[end]))
			end++;
		struct sv word = { part.p + at, end - at };
		bool front = (at == 0 && open_front) || (text & OPEN_FRONT);
		bool back = (end == part.n && open_back) || (text & OPEN_BACK);

		if (word.n && !may_be_made_up(word, text) &&
		    !trace_map_may_have_text(q->map, q->segment, word, front, back))
			return false;
		at = end + 1;
	}
	return true;
}

/* The literal pieces of a shell pattern must all be there. */
static bool may_match_glob(const struct question *q, struct sv pattern, uint32_t text)
{
	static const char special[] = "*?[]\\";
	size_t from = 0;

	for (size_t i = 0; i <= pattern.n; i++) {
		if (i < pattern.n && !strchr(special, pattern.p[i]))
			continue;
		struct sv piece = { pattern.p + from, i - from };

		if (i < pattern.n && (pattern.p[i] == '[' || pattern.p[i] == '\\'))
			return may_have(q, piece, from > 0, true, text); /* enough is known */
		if (!may_have(q, piece, from > 0, i < pattern.n, text))
			return false;
		from = i + 1;
	}
	return true;
}

static bool may_match_text(const struct question *q, enum ast_op op, struct sv constant,
			   uint32_t text)
{
	switch (op) {
	case OP_EQ:
	case OP_IN:
	case OP_INTERSECTS:
		return may_have(q, constant, false, false, text);
	case OP_CONTAINS:
	case OP_ICONTAINS:
		return may_have(q, constant, true, true, text);
	case OP_STARTSWITH:
		return may_have(q, constant, false, true, text);
	case OP_ENDSWITH:
		return may_have(q, constant, true, false, text);
	case OP_GLOB:
	case OP_IGLOB:
	case OP_PMATCH: /* what follows the path follows a '/' */
		return may_match_glob(q, constant, text);
	default:
		return true;
	}
}

/* --- one check --- */

/* The field under transformers that change letters only. */
static const struct field_ref *text_field(const struct expr *e)
{
	while (e->kind == EXPR_TRF && e->nargs == 1 &&
	       (e->trf == TRF_TOLOWER || e->trf == TRF_TOUPPER || e->trf == TRF_BASENAME))
		e = e->args[0];
	return e->kind == EXPR_FIELD ? &e->ref : NULL;
}

static bool is_address(const struct field_ref *f)
{
	return f->type == PT_IPADDR && strncmp(f->def->name, "fd.", 3) == 0;
}

/*
 * An IPv4 address that ends in 0 may also be what a socket of another kind left in the same bytes:
 * a port and a protocol.
 */
static bool may_have_address(const struct question *q, const struct ip *ip)
{
	if (ip->len == 4 && ip->b[3] == 0)
		return true;
	return trace_map_may_have_ip(q->map, q->segment, ip);
}

static bool may_hold_check(const struct question *q, const struct check *c)
{
	const struct field_ref *f = text_field(c->left);
	uint32_t text;

	if (!f || c->right || c->raw || c->result_use || c->left->is_list || c->match.n == 0)
		return true;
	text = text_of(f, q->type);
	if (is_address(f) ? c->op != OP_EQ && c->op != OP_IN : !(text & COVERED))
		return true;
	if (!is_address(f) && !value_type_is_text(c->match.type))
		return true;
	if ((text & OF_CONTAINER) && q->has_async)
		return true;
	for (uint32_t i = 0; i < c->match.n; i++) {
		const union constant *constant = &c->match.constants[i];

		if (is_address(f) ? may_have_address(q, &constant->ip)
				  : may_match_text(q, c->op, constant->s, text))
			return true;
	}
	return false;
}

/* --- conditions --- */

enum answer { NEVER, PERHAPS, ALWAYS };

static enum answer ask_node(struct question *q, uint32_t id);

/* any: OR; else AND */
static enum answer ask_kids(struct question *q, const struct node *n, bool any)
{
	enum answer answer = any ? NEVER : ALWAYS;

	for (uint32_t i = 0; i < n->n; i++) {
		enum answer kid = ask_node(q, q->p->kids[n->first + i]);

		if (any ? kid > answer : kid < answer)
			answer = kid;
	}
	return answer;
}

static enum answer compute(struct question *q, const struct node *n)
{
	switch ((enum node_kind)n->kind) {
	case NODE_FALSE:
		return NEVER;
	case NODE_TRUE:
		return ALWAYS;
	case NODE_CHECK:
		return may_hold_check(q, q->p->checks[n->first].check) ? PERHAPS : NEVER;
	case NODE_NOT:
		return (enum answer)(ALWAYS - ask_node(q, q->p->kids[n->first]));
	case NODE_AND:
		return ask_kids(q, n, false);
	case NODE_OR:
		return ask_kids(q, n, true);
	}
	return PERHAPS;
}

static enum answer ask_node(struct question *q, uint32_t id)
{
	if (!q->known[id])
		q->known[id] = (int8_t)(compute(q, &q->p->nodes[id]) + 1);
	return (enum answer)(q->known[id] - 1);
}

/* Follow the steps: what is behind a test that fails for certain is out of reach. */
static bool may_hold_at(struct question *q, uint32_t type)
{
	const struct type_plan *plan = &q->p->plans[type];

	q->type = type;
	memset(q->known, 0, q->p->nnodes);
	for (uint32_t i = 0; i < plan->n;) {
		const struct step *s = &plan->steps[i];

		switch ((enum step_kind)s->kind) {
		case STEP_TEST:
		case STEP_BIT:
			i = ask_node(q, s->node) == NEVER ? s->otherwise : i + 1;
			continue;
		case STEP_LATER:
			if (ask_node(q, s->node) != NEVER)
				return true;
			break;
		case STEP_HOLDS:
			return true;
		}
		i++;
	}
	return false;
}

/* What events of this type may have become by the time that conditions see them. */
static void add_type(struct type_set *set, uint32_t type)
{
	if (type_set_has(set, type))
		return;
	type_set_add(set, type);
	for (uint32_t nparams = 0; nparams <= EVENT_MAX_PARAMS; nparams++) {
		const struct conversion *c = schema_conversion(type, nparams);

		if (c && c->action == CONV_CHANGE)
			add_type(set, c->to);
	}
}

static void types_seen(const struct trace_map *m, size_t segment, struct type_set *out)
{
	const struct trace_index *x = trace_map_index(m);
	const struct trace_segment *s = trace_map_segment(m, segment);

	*out = (struct type_set){ 0 };
	for (size_t i = 0; i < s->ntypes; i++)
		add_type(out, x->types[s->first_type + i].type);
}

bool program_may_hold(const struct program *p, struct trace_map *m, size_t segment)
{
	struct question q = { .p = p, .map = m, .segment = segment };
	struct type_set types;
	bool may = false;

	types_seen(m, segment, &types);
	q.has_async = type_set_has(&types, EV_ASYNCEVENT_E);
	q.known = malloc(p->nnodes);
	if (!q.known)
		return true;
	for (uint32_t type = 0; type < EV_COUNT && !may; type++)
		may = type_set_has(&types, type) && may_hold_at(&q, type);
	free(q.known);
	return may;
}
