#include "engine/rules/compile.h"

/*
 * All macros put in anywhere may not come to more nodes and listed items than this, and not be
 * nested deeper; Falco has no such limit, but a chain of macros that each name the one before twice
 * would fill any memory.
 */
enum { NODES_MAX = 1 << 20, DEPTH_MAX = 3000 };

static void measure(const struct ast *a, uint32_t depth, uint32_t *size, uint32_t *max_depth)
{
	*size += 1 + (uint32_t)a->nitems;
	if (depth > *max_depth)
		*max_depth = depth;
	for (size_t i = 0; i < a->nkids; i++)
		measure(a->kids[i], depth + 1, size, max_depth);
}

struct ast *compile_parse(struct compiled *into, struct sv text, const struct context *ctx,
			  struct diag_list *dl)
{
	struct ast *a = NULL;
	struct err err = { 0 };
	/* The tree's names are views of the text. */
	struct sv kept = arena_sv(into->kept, text);

	if (!kept.p) {
		dl->nerrors++;
		return NULL;
	}
	if (ast_parse(kept, into->kept, &a, &err) == 0)
		return a;

	struct ast_pos pos = { (uint32_t)err.pos.offset, err.pos.line, err.pos.col };
	diag_at(dl, diag_add(dl, LOAD_ERR_COMPILE_CONDITION, "%s", err.msg),
		context_condition(&into->arena, ctx, text, pos));
	return NULL;
}

struct resolution {
	const struct collection *c;
	struct compiled *into;
	uint32_t visibility;
	struct macro_uses *uses;
	uint32_t depth; /* of the macros being put in right now */
	const struct step {
		const struct step *outer;
		uint32_t macro;
	} * path;
	/* the first trouble of either kind */
	const char *trouble; /* "loop", "limit" */
	struct sv trouble_name, unknown_name;
	struct ast_pos trouble_pos, unknown_pos;
	bool unknown;
};

static bool is_on_path(const struct resolution *r, uint32_t macro)
{
	for (const struct step *s = r->path; s; s = s->outer) {
		if (s->macro == macro)
			return true;
	}
	return false;
}

static struct ast *note_unknown(struct resolution *r, struct ast *ident)
{
	if (!r->unknown) {
		r->unknown = true;
		r->unknown_name = ident->ident;
		r->unknown_pos = ident->pos;
	}
	return ident;
}

static struct ast *note_trouble(struct resolution *r, struct ast *ident, const char *what)
{
	if (!r->trouble) {
		r->trouble = what;
		r->trouble_name = ident->ident;
		r->trouble_pos = ident->pos;
	}
	return note_unknown(r, ident);
}

static bool note_use(struct resolution *r, uint32_t macro)
{
	struct macro_uses *u = r->uses;
	uint32_t *items = vec_room(r->into->kept, u->items, u->n, &u->cap, sizeof *items);

	if (!items)
		return false;
	u->items = items;
	items[u->n++] = macro;
	return true;
}

static struct ast *put_macro(struct ast *ident, void *arg)
{
	struct resolution *r = arg;
	uint32_t at = info_table_find(&r->c->macros, ident->ident);

	if (at == UINT32_MAX || collection_macro(r->c, at)->index >= r->visibility)
		return note_unknown(r, ident);
	if (is_on_path(r, at))
		return note_trouble(r, ident, "reference loop in macro");

	struct compiled_macro *m = &r->into->macros[at];
	r->into->nodes_put += m->size;
	r->depth += m->depth;
	if (r->into->nodes_put > NODES_MAX || r->depth > DEPTH_MAX)
		return note_trouble(r, ident, "condition grows too large by macro");

	struct step step = { r->path, at };
	struct ast *copy = note_use(r, at) ? ast_dup(m->ast, r->into->kept) : NULL;
	r->path = &step;
	if (copy)
		copy = ast_replace_idents(copy, put_macro, r);
	r->path = step.outer;
	r->depth -= m->depth;
	return copy ? copy : note_trouble(r, ident, "no memory for macro");
}

void compile_use_macros(struct compiled *into, const struct macro_uses *uses)
{
	for (size_t i = 0; i < uses->n; i++)
		into->macros[uses->items[i]].used = true;
}

bool compile_macros_stand(const struct compiled *now, const struct macro_uses *uses)
{
	for (size_t i = 0; i < uses->n; i++) {
		if (!now->macros[uses->items[i]].stands)
			return false;
	}
	return true;
}

struct ast *compile_resolve(const struct collection *c, struct compiled *into, struct ast *a,
			    uint32_t visibility, struct macro_uses *uses,
			    const struct owned_condition *of, struct diag_list *dl)
{
	struct resolution r = { .c = c, .into = into, .visibility = visibility, .uses = uses };
	struct ast *out = ast_replace_idents(a, put_macro, &r);
	const struct context *at;
	struct diag *d;

	if (!r.trouble && !r.unknown) {
		compile_use_macros(into, uses);
		return out;
	}
	at = context_condition(&into->arena, of->owner, of->text,
			       r.trouble ? r.trouble_pos : r.unknown_pos);
	if (r.trouble)
		d = diag_add(dl, LOAD_ERR_VALIDATE, "%s '" SV_FMT "'", r.trouble,
			     SV_ARG(r.trouble_name));
	else
		d = diag_add(dl, LOAD_ERR_VALIDATE, "Undefined macro '" SV_FMT "' used in filter.",
			     SV_ARG(r.unknown_name));
	diag_at(dl, d, at);
	diag_point_at(dl, d, r.trouble ? r.trouble_name : r.unknown_name, of->ctx);
	return NULL;
}

static void remeasure(struct compiled_macro *m)
{
	m->size = m->depth = 0;
	measure(m->ast, 1, &m->size, &m->depth);
}

/* Put the lists into the macros' conditions and take over what means the same as before. */
static int take_over(const struct collection *c, const struct compiled *before,
		     struct compiled *out, struct diag_list *dl)
{
	bool changed = true;

	for (size_t i = 0; i < out->nmacros; i++) {
		struct compiled_macro *m = &out->macros[i];

		m->info = collection_macro(c, i);
		if (expand_lists(c, out, m->info->cond.text, m->info->cond_ctx, &m->text, dl) < 0)
			return -1;
		if (before && i < before->nmacros && sv_eq(before->macros[i].text, m->text)) {
			m->stands = true;
			m->uses = before->macros[i].uses;
		}
	}
	while (changed) {
		changed = false;
		for (size_t i = 0; i < out->nmacros; i++) {
			struct compiled_macro *m = &out->macros[i];

			if (m->stands && !compile_macros_stand(out, &m->uses)) {
				m->stands = false;
				m->uses = (struct macro_uses){ 0 };
				changed = true;
			}
		}
	}
	return 0;
}

int compile_macros(const struct collection *c, const struct compiled *before, struct compiled *out,
		   struct diag_list *dl)
{
	out->nmacros = c->macros.n;
	out->macros = arena_array(&out->arena, struct compiled_macro, c->macros.n);
	if (!out->macros) {
		dl->nerrors++;
		return -1;
	}
	if (take_over(c, before, out, dl) < 0)
		return -1;
	for (size_t i = 0; i < c->macros.n; i++) {
		struct compiled_macro *m = &out->macros[i];

		m->ast = m->stands ? before->macros[i].ast
				   : compile_parse(out, m->text, m->info->cond_ctx, dl);
		if (!m->ast)
			return -1;
		remeasure(m);
	}
	for (size_t i = 0; i < c->macros.n; i++) {
		struct compiled_macro *m = &out->macros[i];

		if (m->stands) {
			compile_use_macros(out, &m->uses);
			continue;
		}
		const struct owned_condition of = { m->info->cond.text, m->info->ctx,
						    m->info->cond_ctx };
		m->ast = compile_resolve(c, out, m->ast, m->info->visibility, &m->uses, &of, dl);
		if (!m->ast)
			return -1;
		remeasure(m);
	}
	return 0;
}
