/*
 * Conditions made by chance from the grammar: any field, any operator that fits it, constants that
 * occur in a trace (so that they sometimes hold), lists, modifiers, transformers, right-hand
 * fields.  The same seed makes the same conditions.
 */
#ifndef SAKER_TESTS_RANDOM_CONDITIONS_H
#define SAKER_TESTS_RANDOM_CONDITIONS_H

#include "engine/fields/render.h"
#include "format/base/hash.h"
#include "format/tests/test.h"

enum { GEN_FIELDS = 400, GEN_SAMPLES = 24 };

struct gen_field {
	const char *text;
	struct field_ref ref;
	char *samples[GEN_SAMPLES]; /* what it showed, quoted */
	size_t n;
	uint64_t seen;
};

struct gen {
	uint64_t rng;
	struct arena arena;
	struct gen_field fields[GEN_FIELDS];
	size_t nfields;
};

static inline uint64_t gen_next(struct gen *g)
{
	g->rng += 0x9E3779B97F4A7C15u;
	return hash_u64(g->rng);
}

/* 0 .. n-1 */
static inline size_t gen_below(struct gen *g, size_t n)
{
	return (size_t)(gen_next(g) % n);
}

static inline bool gen_chance(struct gen *g, unsigned percent)
{
	return gen_below(g, 100) < percent;
}

#define GEN_PICK(g, array) ((array)[gen_below((g), sizeof(array) / sizeof(array)[0])])

static inline void gen_add_field(struct gen *g, const char *text)
{
	struct gen_field *f = &g->fields[g->nfields];

	if (g->nfields == GEN_FIELDS || field_parse(sv_of(text), &g->arena, &f->ref, NULL) < 0)
		return;
	f->text = text;
	g->nfields++;
}

static inline void gen_open(struct gen *g, uint64_t seed)
{
	static const char *const more[] = {
		"evt.arg.res",      "evt.arg.name",   "evt.arg.flags",   "evt.arg[0]",
		"evt.arg[1]",       "evt.rawarg.res", "evt.rawarg.name", "evt.rawarg.flags",
		"evt.type.is.open", "proc.aname[1]",  "proc.aname[2]",   "proc.acmdline[1]",
		"proc.apid[1]",     "proc.env[PATH]", "proc.args[0]",    "thread.cgroup.cpu",
		"fd.types[1]",
	};

	g->rng = seed;
	for (size_t i = 0; i < field_defs_n; i++)
		gen_add_field(g, field_defs[i].name);
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
		gen_add_field(g, more[i]);
}

static inline void gen_close(struct gen *g)
{
	for (size_t i = 0; i < g->nfields; i++)
		for (size_t k = 0; k < g->fields[i].n; k++)
			free(g->fields[i].samples[k]);
	arena_deinit(&g->arena);
}

/* Remember a few of the values that fields have at the current event. */
static inline void gen_sample(struct gen *g, struct field_ctx *ctx)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < g->nfields; i++) {
		struct gen_field *f = &g->fields[i];
		struct value v;
		size_t at;

		if ((f->ref.def->flags & FF_PER_USE) || !field_get(&f->ref, ctx, &v) || v.is_list)
			continue;
		f->seen++;
		at = f->n < GEN_SAMPLES ? f->n : gen_below(g, (size_t)f->seen);
		if (at >= GEN_SAMPLES)
			continue;
		buf_clear(&text);
		if (value_type_is_text(v.type) || v.type == PT_BYTEBUF) {
			for (size_t k = 0; k < v.s.n && k < 80 && v.s.p[k]; k++)
				if (v.s.p[k] >= ' ' && v.s.p[k] < 0x7F && v.s.p[k] != '"' &&
				    v.s.p[k] != '\\')
					buf_putc(&text, v.s.p[k]);
		} else {
			render_value(&text, &v, PF_DEC);
		}
		if (at == f->n)
			f->n++;
		else
			free(f->samples[at]);
		f->samples[at] = strdup(buf_cstr(&text));
	}
	buf_deinit(&text);
}

static inline const struct gen_field *gen_field(struct gen *g)
{
	return &g->fields[gen_below(g, g->nfields)];
}

static inline const char *gen_sample_of(struct gen *g, const struct gen_field *f)
{
	static const char *const any[] = { "", "0", "bash", "/etc/passwd", "a b", "true", "<NA>" };

	if (gen_chance(g, 10))
		f = gen_field(g);
	return f->n ? f->samples[gen_below(g, f->n)] : GEN_PICK(g, any);
}

/* A text constant that fits the operator, in quotes. */
static inline void gen_text(struct gen *g, const struct gen_field *f, const char *op,
			    struct buf *out)
{
	struct sv s = sv_of(gen_sample_of(g, f));
	bool pattern = strstr(op, "glob") || strcmp(op, "regex") == 0;
	size_t cut = s.n ? gen_below(g, s.n + 1) : 0;

	if (gen_chance(g, 50)) {
		if (strcmp(op, "startswith") == 0) {
			s.n = cut;
		} else if (strcmp(op, "endswith") == 0 || strstr(op, "contains")) {
			s.p += cut;
			s.n -= cut;
		}
	}
	if (strcmp(op, "bcontains") == 0 || strcmp(op, "bstartswith") == 0) {
		for (size_t i = 0; i < s.n && i < 4; i++)
			buf_printf(out, "%02x", (unsigned char)s.p[i]);
		buf_puts(out, s.n ? "" : "00");
		return;
	}
	buf_putc(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (pattern && gen_chance(g, 15))
			buf_puts(out, strcmp(op, "regex") == 0 ? ".*" : "*");
		else if (!pattern || !strchr("[](){}*+?|^$.\\", s.p[i]))
			buf_putc(out, s.p[i]);
		else
			buf_puts(out, strcmp(op, "regex") == 0 ? "." : "?");
	}
	buf_putc(out, '"');
}

static inline void gen_constant(struct gen *g, const struct gen_field *f, const char *op,
				struct buf *out)
{
	static const char *const types[] = { "open", "openat", "execve", "read", "close", "futex" };
	static const char *const nets[] = { "127.0.0.0/8", "0.0.0.0/0", "::/1", "10.0.0.0/8" };
	static const char *const numbers[] = { "0", "1", "-1", "3", "80", "4294967295" };
	enum param_type type = f->ref.type;

	if (strcmp(f->text, "evt.type") == 0)
		buf_puts(out, GEN_PICK(g, types));
	else if (value_type_is_text(type) || type == PT_BYTEBUF)
		gen_text(g, f, op, out);
	else if (type == PT_IPNET)
		buf_printf(out, "\"%s\"", GEN_PICK(g, nets));
	else if (type == PT_BOOL)
		buf_puts(out, gen_chance(g, 50) ? "true" : "false");
	else if (gen_chance(g, 20) || f->n == 0)
		buf_puts(out, GEN_PICK(g, numbers));
	else
		buf_printf(out, type == PT_IPADDR ? "\"%s\"" : "%s",
			   f->samples[gen_below(g, f->n)]);
}

static inline void gen_list(struct gen *g, const struct gen_field *f, const char *op,
			    struct buf *out)
{
	size_t n = gen_chance(g, 10) ? 12 : gen_below(g, 4);

	buf_putc(out, '(');
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, i ? ", " : "");
		gen_constant(g, f, op, out);
	}
	buf_putc(out, ')');
}

/* What the operator works on; returns the field that its constants should come from. */
static inline const struct gen_field *gen_left(struct gen *g, struct buf *out, bool *number)
{
	static const char *const trfs[] = { "tolower", "toupper", "basename", "b64", "len" };
	const struct gen_field *f = gen_field(g);
	const char *trf;

	*number = false;
	if (gen_chance(g, 75)) {
		buf_puts(out, f->text);
		return f;
	}
	switch (gen_below(g, 4)) {
	case 0:
		buf_printf(out, "concat(%s, '-', %s)", f->text, gen_field(g)->text);
		return f;
	case 1:
		buf_printf(out, "join(',', (%s, %s))", f->text, gen_field(g)->text);
		return f;
	default:
		trf = GEN_PICK(g, trfs);
		*number = strcmp(trf, "len") == 0;
		buf_printf(out, "%s(%s)", trf, f->text);
		return f;
	}
}

static inline void gen_check(struct gen *g, struct buf *out)
{
	static const char *const text_ops[] = { "=",        "!=",        "glob",       "iglob",
						"contains", "icontains", "startswith", "endswith",
						"regex",    "in",        "intersects", "pmatch" };
	static const char *const byte_ops[] = { "=",         "contains",    "endswith",
						"bcontains", "bstartswith", "in" };
	static const char *const number_ops[] = { "=", "!=", "<",  "<=",
						  ">", ">=", "in", "intersects" };
	static const char *const few_ops[] = { "=", "!=", "in", "intersects" };
	static const char *const mods[] = { "oneof", "anyof", "allof" };
	bool number;
	const struct gen_field *f = gen_left(g, out, &number);
	enum param_type type = number ? PT_UINT64 : f->ref.type;
	bool text = value_type_is_text(type), equality;
	const char *op;

	if (gen_chance(g, 6)) {
		buf_puts(out, " exists");
		return;
	}
	if (f->ref.is_list && !number)
		op = GEN_PICK(g, few_ops);
	else if (text)
		op = GEN_PICK(g, text_ops);
	else if (type == PT_BYTEBUF)
		op = GEN_PICK(g, byte_ops);
	else if (type == PT_BOOL || type == PT_IPADDR || type == PT_IPNET)
		op = GEN_PICK(g, few_ops);
	else
		op = GEN_PICK(g, number_ops);
	equality = op[0] == '=' || op[0] == '!';
	buf_printf(out, " %s ", op);
	if (gen_chance(g, 5)) {
		buf_printf(out, "val(%s)", gen_field(g)->text);
	} else if (strcmp(op, "in") == 0 || op[0] == 'p' || strcmp(op, "intersects") == 0) {
		gen_list(g, f, op, out);
	} else if ((equality || text) && gen_chance(g, 20)) {
		buf_printf(out, "%s ", GEN_PICK(g, mods));
		gen_list(g, f, op, out);
	} else if (number) {
		buf_printf(out, "%zu", gen_below(g, 30));
	} else {
		gen_constant(g, f, op, out);
	}
}

/* A condition; it may still be one that does not compile. */
static inline void gen_condition(struct gen *g, unsigned depth, struct buf *out)
{
	size_t kind = gen_below(g, 100);

	if (depth == 0 || kind < 30) {
		gen_check(g, out);
	} else if (kind < 45) {
		buf_puts(out, "not ");
		gen_condition(g, depth - 1, out);
	} else {
		buf_putc(out, '(');
		gen_condition(g, depth - 1, out);
		buf_puts(out, kind < 75 ? " and " : " or ");
		gen_condition(g, depth - 1, out);
		buf_putc(out, ')');
	}
}

#endif
