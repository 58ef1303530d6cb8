#include "engine/rules/exception.h"

#include "engine/filter/filter.h"

/* Operators that a modifier can follow. */
static bool takes_modifier(struct sv op)
{
	static const enum ast_op ops[] = {
		OP_EQ,          OP_NE,       OP_CONTAINS, OP_ICONTAINS, OP_BCONTAINS, OP_STARTSWITH,
		OP_BSTARTSWITH, OP_ENDSWITH, OP_GLOB,     OP_IGLOB,     OP_REGEX,
	};

	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
		if (sv_eq(op, sv_of(ast_op_name(ops[i]))))
			return true;
	}
	return sv_eq(op, SV("=="));
}

static bool has_modifier(struct sv comp)
{
	const char *blank = comp.n ? memchr(comp.p, ' ', comp.n) : NULL;

	if (!blank)
		return false;
	struct sv op = { comp.p, (size_t)(blank - comp.p) };
	struct sv mod = { blank + 1, comp.n - op.n - 1 };
	for (enum ast_mod m = MOD_ONEOF; m <= MOD_ALLOF; m++) {
		if (sv_eq(mod, sv_of(ast_mod_name(m))))
			return takes_modifier(op);
	}
	return false;
}

static bool is_operator(struct sv comp)
{
	for (enum ast_op op = 0; op < OP_COUNT; op++) {
		if (sv_eq(comp, sv_of(ast_op_name(op))))
			return true;
	}
	return sv_eq(comp, SV("=="));
}

static bool is_list_operator(struct sv comp)
{
	return sv_eq(comp, sv_of(ast_op_name(OP_IN))) ||
	       sv_eq(comp, sv_of(ast_op_name(OP_PMATCH))) ||
	       sv_eq(comp, sv_of(ast_op_name(OP_INTERSECTS)));
}

/* "in", "pmatch", "intersects" or a string operator with a modifier: a list stands right of it. */
static bool takes_list(struct sv comp)
{
	return is_list_operator(comp) || has_modifier(comp);
}

static struct sv trim_comp(struct sv s)
{
	while (s.n && memchr(" \t\r\n", s.p[s.n - 1], 4))
		s.n--;
	while (s.n && memchr(" \t\r\n", s.p[0], 4)) {
		s.p++;
		s.n--;
	}
	return s;
}

/* With a parenthesis it is a transformer expression, which only a compiler can judge. */
static bool is_field(struct sv field)
{
	struct arena scratch = { 0 };
	bool ok = false;

	if (field.n && memchr(field.p, '(', field.n)) {
		struct program *p = program_new();
		struct buf text = { 0 };
		struct ast *cond;
		uint32_t id;

		buf_putsv(&text, field);
		buf_puts(&text, " exists");
		ok = p && !text.failed && ast_parse(buf_sv(&text), &scratch, &cond, NULL) == 0 &&
		     program_add(p, cond, &id, NULL) == 0;
		program_free(p);
		buf_deinit(&text);
	} else {
		struct field_ref ref;

		ok = field_parse(field, &scratch, &ref, NULL) == 0;
	}
	arena_deinit(&scratch);
	return ok;
}

static int check_field(const struct entry *field, const struct exception_info *ex,
		       struct diag_list *dl)
{
	if (is_field(field->item))
		return 0;

	struct diag *d =
		diag_add(dl, LOAD_ERR_VALIDATE, "'" SV_FMT "' is not a supported filter field",
			 SV_ARG(field->item));
	if (d)
		d->hint = sv_of(field_suggest(field->item));
	return diag_at(dl, d, ex->ctx);
}

int exception_default_comps(struct arena *a, struct exception_info *ex, struct diag_list *dl)
{
	struct entry *comps = &ex->comps;

	if (!ex->fields.is_list || entry_is_given(comps))
		return 0;
	*comps = (struct entry){ .is_list = true };
	for (size_t i = 0; i < ex->fields.n; i++) {
		struct entry *eq = entry_push(a, comps);

		if (!eq) {
			dl->nerrors++;
			return -1;
		}
		eq->item = SV("=");
	}
	return 0;
}

static int unequal_lengths(const struct exception_info *ex, struct diag_list *dl)
{
	return diag_at(
		dl,
		diag_add(dl, LOAD_ERR_VALIDATE, "Fields and comps lists must have equal length"),
		ex->ctx);
}

static int check_list(struct arena *a, struct exception_info *ex, bool check_fields,
		      struct diag_list *dl)
{
	struct entry *fields = &ex->fields, *comps = &ex->comps;

	if (exception_default_comps(a, ex, dl) < 0)
		return -1;
	if (fields->n != comps->n)
		return unequal_lengths(ex, dl);
	for (size_t i = 0; i < comps->n; i++) {
		struct sv *comp = &comps->items[i].item;

		*comp = trim_comp(*comp);
		if (!is_operator(*comp) && !has_modifier(*comp))
			return diag_at(dl,
				       diag_add(dl, LOAD_ERR_VALIDATE,
						"'" SV_FMT
						"' is not a supported comparison operator",
						SV_ARG(*comp)),
				       ex->ctx);
	}
	for (size_t i = 0; check_fields && i < fields->n; i++) {
		if (check_field(&fields->items[i], ex, dl) < 0)
			return -1;
	}
	return 0;
}

static int check_single(struct exception_info *ex, bool check_fields, struct diag_list *dl)
{
	struct entry *comps = &ex->comps;

	if (!entry_is_given(comps))
		*comps = (struct entry){ .item = SV("in") };
	if (comps->is_list)
		return diag_at(
			dl,
			diag_add(dl, LOAD_ERR_VALIDATE, "Fields and comps must both be strings"),
			ex->ctx);
	comps->item = trim_comp(comps->item);
	if (!takes_list(comps->item))
		return diag_at(
			dl,
			diag_add(dl, LOAD_ERR_VALIDATE,
				 "When fields is a single value, comps must be one of (in, "
				 "pmatch, intersects) or a modifier operator (e.g. startswith "
				 "oneof)"),
			ex->ctx);
	return check_fields ? check_field(&ex->fields, ex, dl) : 0;
}

int exception_check(struct arena *a, struct exception_info *ex, bool check_fields,
		    struct diag_list *dl)
{
	return ex->fields.is_list ? check_list(a, ex, check_fields, dl)
				  : check_single(ex, check_fields, dl);
}

/* --- the condition --- */

void put_quoted_item(struct buf *out, struct sv item)
{
	bool quote = item.n && memchr(item.p, ' ', item.n) && item.p[0] != '"' && item.p[0] != '\'';

	if (quote)
		buf_putc(out, '"');
	buf_putsv(out, item);
	if (quote)
		buf_putc(out, '"');
}

static void put_in_parens(struct buf *out, struct sv item)
{
	bool bare = item.n == 0 || item.p[0] != '(';

	if (bare)
		buf_putc(out, '(');
	buf_putsv(out, item);
	if (bare)
		buf_putc(out, ')');
}

/* One field against a list of values: "(field in (a, b))" */
static int put_single(struct buf *out, const struct exception_info *ex, struct diag_list *dl)
{
	for (size_t i = 0; i < ex->nvalues; i++) {
		if (ex->values[i].is_list)
			return diag_at(dl,
				       diag_add(dl, LOAD_ERR_VALIDATE,
						"Expected values array to contain a list of "
						"strings"),
				       ex->ctx);
		if (i == 0)
			buf_printf(out, " and not (" SV_FMT " " SV_FMT " (",
				   SV_ARG(ex->fields.item), SV_ARG(ex->comps.item));
		else
			buf_puts(out, ", ");
		put_quoted_item(out, ex->values[i].item);
	}
	if (ex->nvalues)
		buf_puts(out, "))");
	return 0;
}

static void put_value(struct buf *out, const struct entry *value, struct sv comp)
{
	if (!value->is_list) {
		if (takes_list(comp))
			put_in_parens(out, value->item);
		else
			put_quoted_item(out, value->item);
		return;
	}
	buf_putc(out, '(');
	size_t start = out->n;
	for (size_t i = 0; i < value->n; i++) {
		if (out->n > start)
			buf_puts(out, ", ");
		put_quoted_item(out, value->items[i].item);
	}
	buf_putc(out, ')');
}

/* Fields against tuples: "((a = 1 and b = 2) or (a = 3 and b = 4))" */
static int put_tuples(struct buf *out, const struct exception_info *ex, struct diag_list *dl)
{
	for (size_t i = 0; i < ex->nvalues; i++) {
		const struct entry *tuple = &ex->values[i];

		if (tuple->n != ex->fields.n)
			return diag_at(dl,
				       diag_add(dl, LOAD_ERR_VALIDATE,
						"Fields and values lists must have equal length"),
				       ex->ctx);
		/*
		 * Exceptions of an override have not been checked.  Where they have fewer operators
		 * than fields, Falco reads past the end of its list.
		 */
		if (ex->comps.n < ex->fields.n)
			return unequal_lengths(ex, dl);
		buf_puts(out, i == 0 ? " and not ((" : " or (");
		for (size_t k = 0; k < tuple->n; k++) {
			struct sv comp = ex->comps.items[k].item;

			buf_printf(out, "%s " SV_FMT " " SV_FMT " ", k ? " and " : "",
				   SV_ARG(ex->fields.items[k].item), SV_ARG(comp));
			put_value(out, &tuple->items[k], comp);
		}
		buf_putc(out, ')');
	}
	if (ex->nvalues)
		buf_putc(out, ')');
	return 0;
}

static bool note_fields(struct arena *a, const struct exception_info *ex, struct sv_list *fields)
{
	if (ex->nvalues == 0)
		return true;
	if (!ex->fields.is_list)
		return sv_list_push(a, fields, ex->fields.item);
	for (size_t i = 0; i < ex->fields.n; i++) {
		if (!sv_list_push(a, fields, ex->fields.items[i].item))
			return false;
	}
	return true;
}

int exceptions_condition(struct arena *a, struct sv condition, const struct exception_list *list,
			 struct sv_list *fields, struct sv *out, struct diag_list *dl)
{
	struct buf b = { 0 };
	int rc = 0;

	buf_putc(&b, '(');
	buf_putsv(&b, condition);
	buf_putc(&b, ')');
	for (size_t i = 0; rc == 0 && i < list->n; i++) {
		const struct exception_info *ex = &list->items[i];

		rc = ex->fields.is_list ? put_tuples(&b, ex, dl) : put_single(&b, ex, dl);
		if (rc == 0 && !note_fields(a, ex, fields))
			b.failed = true;
	}
	sv_list_make_set(fields);
	if (rc == 0) {
		*out = arena_sv(a, buf_sv(&b));
		if (b.failed || !out->p) {
			dl->nerrors++;
			rc = -1;
		}
	}
	buf_deinit(&b);
	return rc;
}
