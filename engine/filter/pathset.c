#include "engine/filter/pathset.h"

#include "engine/filter/glob.h"
#include "format/base/hash.h"

/* One component of one prefix, and what may follow it. */
struct path_node {
	struct sv name;
	struct path_node *parent;
	struct path_node *globs; /* children that are patterns */
	struct path_node *next;  /* sibling in such a list */
	bool last;               /* a prefix ends here: whatever follows is covered */
};

struct pathset {
	struct path_node root;    /* above the first component; `last` when "/" is in the set */
	struct path_node **slots; /* all nodes without wildcards, by parent and name */
	uint32_t mask;
};

/* The next component that is not empty. */
static bool next_component(struct sv *path, struct sv *out)
{
	while (path->n && path->p[0] == '/') {
		path->p++;
		path->n--;
	}
	if (path->n == 0)
		return false;
	const char *slash = memchr(path->p, '/', path->n);
	size_t n = slash ? (size_t)(slash - path->p) : path->n;
	return sv_take(path, n, out);
}

static bool is_pattern(struct sv name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '?' || name.p[i] == '*' || name.p[i] == '[')
			return true;
	return false;
}

static struct path_node **slot_of(const struct pathset *set, const struct path_node *parent,
				  struct sv name)
{
	uint32_t i = (uint32_t)hash_u64(hash_sv(name) ^ (uintptr_t)parent) & set->mask;

	while (set->slots[i] &&
	       !(set->slots[i]->parent == parent && sv_eq(set->slots[i]->name, name)))
		i = (i + 1) & set->mask;
	return &set->slots[i];
}

static struct path_node *child(struct pathset *set, struct path_node *parent, struct sv name,
			       struct arena *arena)
{
	struct path_node **where, *node;

	if (is_pattern(name)) {
		for (where = &parent->globs; *where; where = &(*where)->next)
			if (sv_eq((*where)->name, name))
				return *where;
	} else {
		where = slot_of(set, parent, name);
		if (*where)
			return *where;
	}
	node = arena_new(arena, struct path_node);
	if (node) {
		node->name = name;
		node->parent = parent;
		*where = node;
	}
	return node;
}

struct pathset *pathset_new(const struct sv *paths, size_t n, struct arena *arena)
{
	struct pathset *set = arena_new(arena, struct pathset);
	size_t components = 0, nslots = 4;
	struct sv rest, name;

	for (size_t i = 0; i < n; i++)
		for (rest = paths[i]; next_component(&rest, &name);)
			components++;
	while (nslots < 2 * components)
		nslots *= 2;
	if (!set || !(set->slots = arena_array(arena, struct path_node *, nslots)))
		return NULL;
	set->mask = (uint32_t)(nslots - 1);
	for (size_t i = 0; i < n; i++) {
		struct path_node *node = &set->root;

		/* a shorter prefix makes longer ones below it superfluous */
		for (rest = paths[i]; !node->last && next_component(&rest, &name);) {
			node = child(set, node, name, arena);
			if (!node)
				return NULL;
		}
		node->last = true;
	}
	return set;
}

static bool covers_below(const struct pathset *set, const struct path_node *node, struct sv rest)
{
	const struct path_node *direct;
	struct sv name;

	if (node->last)
		return true;
	if (!next_component(&rest, &name))
		return false;
	direct = *slot_of(set, node, name);
	if (direct && covers_below(set, direct, rest))
		return true;
	for (const struct path_node *g = node->globs; g; g = g->next)
		if (glob_match(g->name, name, false) && covers_below(set, g, rest))
			return true;
	return false;
}

bool pathset_covers(const struct pathset *set, struct sv path)
{
	return covers_below(set, &set->root, path);
}
