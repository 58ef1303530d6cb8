#include "tools/ruletest/node.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int node_fail(const struct reading *r, const struct yaml_node *n, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_at(r->err, ERR_SYNTAX,
		      (struct err_pos){ .line = n->mark.line + 1,
					.col = n->mark.col + 1,
					.offset = n->mark.offset },
		      SV_FMT ":%u:%u: %s", SV_ARG(r->file), n->mark.line + 1, n->mark.col + 1,
		      text);
}

int node_no_memory(const struct reading *r)
{
	return err_set(r->err, ERR_NOMEM, "out of memory");
}

int node_keys(const struct reading *r, const struct yaml_node *map, const char *const *known)
{
	if (map->kind != YAML_MAP)
		return node_fail(r, map, "expected a mapping with keys such as \"%s\"", known[0]);
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_node *key = map->items[2 * i];
		const char *const *k = known;

		while (*k && !(key->kind == YAML_SCALAR && sv_eq(key->text, sv_of(*k))))
			k++;
		if (!*k)
			return node_fail(r, key, "unknown key \"" SV_FMT "\"", SV_ARG(key->text));
	}
	return 0;
}

/* 0 and NULL: there is no such key. */
static int find_scalar(const struct reading *r, const struct yaml_node *map, const char *key,
		       const struct yaml_node **out)
{
	*out = yaml_get_key(map, key);
	if (*out && (*out)->kind != YAML_SCALAR)
		return node_fail(r, *out, "the value of \"%s\" must be a single one", key);
	return 0;
}

int node_text(const struct reading *r, const struct yaml_node *map, const char *key, struct sv *out)
{
	const struct yaml_node *value;

	if (find_scalar(r, map, key, &value) < 0)
		return -1;
	if (value)
		*out = value->text;
	return 0;
}

int node_texts(const struct reading *r, const struct yaml_node *map, const char *key,
	       struct sv_list *out)
{
	const struct yaml_node *value = yaml_get_key(map, key);

	if (!value)
		return 0;
	if (value->kind == YAML_SCALAR)
		return sv_list_push(r->arena, out, value->text) ? 0 : node_no_memory(r);
	if (value->kind != YAML_SEQ)
		return node_fail(r, value, "the value of \"%s\" must be a text or a list", key);
	for (size_t i = 0; i < value->n; i++) {
		if (value->items[i]->kind != YAML_SCALAR)
			return node_fail(r, value->items[i], "an item of \"%s\" must be a text",
					 key);
		if (!sv_list_push(r->arena, out, value->items[i]->text))
			return node_no_memory(r);
	}
	return 0;
}

int node_bool(const struct reading *r, const struct yaml_node *map, const char *key, bool *out)
{
	const struct yaml_node *value = yaml_get_key(map, key);

	if (value && !yaml_to_bool(value, out))
		return node_fail(r, value, "the value of \"%s\" must be true or false", key);
	return 0;
}

bool text_to_i64(struct sv text, int64_t *out)
{
	char copy[32], *end;

	if (text.n == 0 || text.n >= sizeof copy || text.p[0] == ' ')
		return false;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	errno = 0;
	long long v = strtoll(copy, &end, 0);
	if (errno == ERANGE && copy[0] != '-') {
		errno = 0;
		v = (long long)strtoull(copy, &end, 0);
	}
	*out = v;
	return errno == 0 && end != copy && *end == '\0';
}

int node_u64(const struct reading *r, const struct yaml_node *map, const char *key, uint64_t *out)
{
	const struct yaml_node *value;
	int64_t v;

	if (find_scalar(r, map, key, &value) < 0)
		return -1;
	if (!value)
		return 0;
	if (!text_to_i64(value->text, &v) || v < 0)
		return node_fail(r, value,
				 "the value of \"%s\" must be a whole number, not " SV_FMT, key,
				 SV_ARG(value->text));
	*out = (uint64_t)v;
	return 0;
}

const char *text_last(struct sv text, char c)
{
	while (text.n > 0) {
		if (text.p[--text.n] == c)
			return text.p + text.n;
	}
	return NULL;
}

bool text_to_duration(struct sv text, uint64_t *out)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "ns", 1 },  { "us", 1e3 },     { "ms", 1e6 },
		      { "s", 1e9 }, { "m", 60 * 1e9 }, { "h", 3600 * 1e9 } };
	char copy[32], *end;

	if (text.n == 0 || text.n >= sizeof copy || text.p[0] < '0' || text.p[0] > '9')
		return false;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	double v = strtod(copy, &end);
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (strcmp(end, units[i].name) == 0 && v * units[i].ns < 9e18) {
			*out = (uint64_t)llround(v * units[i].ns);
			return true;
		}
	}
	return false;
}

int node_duration(const struct reading *r, const struct yaml_node *map, const char *key,
		  uint64_t *out)
{
	const struct yaml_node *value;

	if (find_scalar(r, map, key, &value) < 0)
		return -1;
	if (value && !text_to_duration(value->text, out))
		return node_fail(r, value, "\"%s\" wants a time such as 250ms or 5s, not " SV_FMT,
				 key, SV_ARG(value->text));
	return 0;
}

void text_put_quoted(struct buf *out, struct sv s)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_putc(out, '\\');
		buf_putc(out, s.p[i]);
	}
	buf_putc(out, '"');
}
