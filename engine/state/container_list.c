#include "engine/state/container_list.h"

#include "engine/state/state.h"
#include "format/base/strmap.h"

#include <stdlib.h>

struct container_list {
	struct strmap index; /* id -> slot; an id keeps its slot for good */
	struct slot {
		struct text *id;     /* what the index borrows */
		struct container *c; /* NULL: removed */
	} * slots;
	uint32_t n, room;
};

void container_free(struct container *c)
{
	if (!c)
		return;
	struct text *texts[] = { c->id,       c->full_id,    c->name,     c->image,
				 c->image_id, c->repository, c->tag,      c->digest,
				 c->user,     c->ip,         c->cni_json, c->pod_sandbox_id,
				 c->json };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		text_unref(texts[i]);
	for (uint32_t i = 0; i < c->nmounts; i++) {
		text_unref(c->mounts[i].source);
		text_unref(c->mounts[i].dest);
		text_unref(c->mounts[i].mode);
		text_unref(c->mounts[i].propagation);
	}
	for (uint32_t i = 0; i < c->nlabels; i++) {
		text_unref(c->labels[i].key);
		text_unref(c->labels[i].value);
	}
	for (uint32_t i = 0; i < c->nsandbox_labels; i++) {
		text_unref(c->sandbox_labels[i].key);
		text_unref(c->sandbox_labels[i].value);
	}
	free(c->mounts);
	free(c->labels);
	free(c->sandbox_labels);
	free(c);
}

struct container *container_new(struct sv id, const char *type)
{
	struct container *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->id = text_new(id);
	c->type = type;
	if (id.n && !c->id) {
		free(c);
		return NULL;
	}
	return c;
}

/* The container of threads that are in none: its id is "host", but it is found as "". */
static int put_host(struct container_list *l)
{
	struct container *host = container_new(SV("host"), "host");

	if (!host)
		return -1;
	host->full_id = text_ref(host->id);
	host->name = text_ref(host->id);
	l->slots = calloc(1, sizeof *l->slots);
	if (!l->slots || !strmap_put(&l->index, SV(""), 0)) {
		container_free(host);
		return -1;
	}
	l->slots[0].c = host;
	l->n = l->room = 1;
	return 0;
}

struct container_list *container_list_new(void)
{
	struct container_list *l = calloc(1, sizeof *l);

	if (l && put_host(l) < 0) {
		container_list_free(l);
		return NULL;
	}
	return l;
}

void container_list_free(struct container_list *l)
{
	if (!l)
		return;
	for (uint32_t i = 0; i < l->n; i++) {
		container_free(l->slots[i].c);
		text_unref(l->slots[i].id);
	}
	strmap_deinit(&l->index);
	free(l->slots);
	free(l);
}

struct container *container_list_find(const struct container_list *l, struct sv id)
{
	uint32_t i = strmap_get(&l->index, id, UINT32_MAX);

	return i == UINT32_MAX ? NULL : l->slots[i].c;
}

static int add_slot(struct container_list *l, struct text *id, uint32_t *out)
{
	if (l->n >= STATE_MAX_CONTAINERS)
		return 1;
	if (l->n == l->room) {
		struct slot *slots = realloc(l->slots, l->room * 2 * sizeof *slots);

		if (!slots)
			return -1;
		l->slots = slots;
		l->room *= 2;
	}
	if (!strmap_put(&l->index, text_sv(id), l->n))
		return -1;
	l->slots[l->n] = (struct slot){ .id = text_ref(id) };
	*out = l->n++;
	return 0;
}

int container_list_put(struct container_list *l, struct container *take_c)
{
	uint32_t i = strmap_get(&l->index, text_sv(take_c->id), UINT32_MAX);
	int rc = i == UINT32_MAX ? add_slot(l, take_c->id, &i) : 0;

	if (rc != 0) {
		container_free(take_c);
		return rc;
	}
	container_free(l->slots[i].c);
	l->slots[i].c = take_c;
	return 0;
}

void container_list_remove(struct container_list *l, struct sv id)
{
	uint32_t i = strmap_get(&l->index, id, UINT32_MAX);

	if (i == UINT32_MAX)
		return;
	container_free(l->slots[i].c);
	l->slots[i].c = NULL;
}

bool container_list_slot(const struct container_list *l, uint32_t i, struct sv *id,
			 const struct container **c)
{
	if (i >= l->n)
		return false;
	*id = text_sv(l->slots[i].id);
	*c = l->slots[i].c;
	return true;
}

int container_list_reserve(struct container_list *l, struct sv id)
{
	struct text *text = text_new(id);
	uint32_t i;
	int rc = text ? add_slot(l, text, &i) : -1;

	text_unref(text);
	return rc;
}

void container_list_each(const struct container_list *l,
			 bool (*each)(void *arg, const struct container *c), void *arg)
{
	for (uint32_t i = 0; i < l->n; i++) {
		if (l->slots[i].c && !each(arg, l->slots[i].c))
			return;
	}
}
