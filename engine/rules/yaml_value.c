/* What the nodes of a YAML tree say. */
#include "engine/rules/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct yaml_node *yaml_get_key(const struct yaml_node *map, const char *key)
{
	struct sv want = sv_of(key);

	if (map->kind != YAML_MAP)
		return NULL;
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_node *k = map->items[2 * i];

		if (k->kind == YAML_SCALAR && sv_eq(k->text, want))
			return map->items[2 * i + 1];
	}
	return NULL;
}

/* "word", "Word" or "WORD"; `word` is lower case. */
static bool is_flexible(struct sv text, const char *word)
{
	size_t n = strlen(word), upper = 0;

	if (text.n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool is_upper = text.p[i] >= 'A' && text.p[i] <= 'Z';

		if ((is_upper ? text.p[i] + ('a' - 'A') : text.p[i]) != word[i])
			return false;
		upper += is_upper;
	}
	return upper == 0 || upper == n || (upper == 1 && text.p[0] < 'a');
}

bool yaml_to_bool(const struct yaml_node *node, bool *out)
{
	static const char *const words[][2] = {
		{ "n", "y" }, { "no", "yes" }, { "false", "true" }, { "off", "on" }
	};

	if (node->kind != YAML_SCALAR)
		return false;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		for (int value = 0; value < 2; value++) {
			if (is_flexible(node->text, words[i][value])) {
				*out = value;
				return true;
			}
		}
	}
	return false;
}

bool yaml_to_u32(const struct yaml_node *node, uint32_t *out)
{
	struct sv s = node->text;
	char *end;

	/* Octal and hexadecimal as in C; blanks may follow, none may lead. */
	if (node->kind != YAML_SCALAR || s.n == 0 ||
	    !((s.p[0] >= '0' && s.p[0] <= '9') ||
	      (s.p[0] == '+' && s.n > 1 && s.p[1] >= '0' && s.p[1] <= '9')))
		return false;
	errno = 0;
	unsigned long long v = strtoull(s.p, &end, 0);
	if (errno || v > UINT32_MAX)
		return false;
	/* "0x" alone is not a zero followed by an x. */
	if (end[-1] == '0' && (*end == 'x' || *end == 'X'))
		return false;
	while (*end == ' ' || (*end >= '\t' && *end <= '\r'))
		end++;
	if (end != s.p + s.n)
		return false;
	*out = (uint32_t)v;
	return true;
}
