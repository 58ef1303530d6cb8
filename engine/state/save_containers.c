/* Containers: their JSON is all that is known of them, and what a reader makes the rest of. */
#include "engine/state/save.h"

/* Escapes in the JSON hide texts from whoever looks for them in the column. */
static void note_texts(struct saver *sv, const struct container *c)
{
	const struct text *texts[] = { c->full_id,    c->name,     c->image,         c->image_id,
				       c->repository, c->tag,      c->digest,        c->user,
				       c->ip,         c->cni_json, c->pod_sandbox_id };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		snapshot_note_text(sv->out, text_sv(texts[i]));
	for (uint32_t i = 0; i < c->nmounts; i++) {
		snapshot_note_text(sv->out, text_sv(c->mounts[i].source));
		snapshot_note_text(sv->out, text_sv(c->mounts[i].dest));
		snapshot_note_text(sv->out, text_sv(c->mounts[i].mode));
		snapshot_note_text(sv->out, text_sv(c->mounts[i].propagation));
	}
	for (uint32_t i = 0; i < c->nlabels; i++) {
		snapshot_note_text(sv->out, text_sv(c->labels[i].key));
		snapshot_note_text(sv->out, text_sv(c->labels[i].value));
	}
	for (uint32_t i = 0; i < c->nsandbox_labels; i++) {
		snapshot_note_text(sv->out, text_sv(c->sandbox_labels[i].key));
		snapshot_note_text(sv->out, text_sv(c->sandbox_labels[i].value));
	}
}

/* What a slot holds. */
enum { SLOT_REMOVED, SLOT_JSON, SLOT_ENGINE };

void save_containers(struct saver *sv)
{
	const struct container_list *l = sv->s->tables->containers;
	const struct container *c;
	struct sv id;
	uint32_t n = 0;

	while (container_list_slot(l, n, &id, &c))
		n++;
	snapshot_put(sv->out, n);
	for (uint32_t i = 0; container_list_slot(l, i, &id, &c); i++) {
		snapshot_put_text(sv->out, id);
		snapshot_put(sv->out, !c ? SLOT_REMOVED : c->json ? SLOT_JSON : SLOT_ENGINE);
		if (!c)
			continue;
		snapshot_put_text(sv->out, c->json ? text_sv(c->json) : sv_of(c->type));
		note_texts(sv, c);
	}
}

/* The host's slot is there, its container too. */
static void load_slot(struct loader *ld, uint32_t i)
{
	struct container_list *l = ld->s->tables->containers;
	struct sv id = snapshot_take_text(&ld->r);
	uint64_t holds = snapshot_take_max(&ld->r, SLOT_ENGINE);
	struct sv text = holds == SLOT_REMOVED ? (struct sv){ "", 0 } : snapshot_take_text(&ld->r);
	const char *engine = holds == SLOT_ENGINE ? container_engine(text) : NULL;
	struct container *c = NULL;

	if (ld->r.damage)
		return;
	if (i == 0 ? id.n > 0 : id.n == 0 || container_list_find(l, id)) {
		snapshot_damaged(&ld->r, "a container that is there twice");
		return;
	}
	if (i > 0 && container_list_reserve(l, id) != 0) {
		load_no_memory(ld);
		return;
	}
	if (holds == SLOT_REMOVED) {
		container_list_remove(l, id);
		return;
	}
	if (i == 0 && engine)
		return;
	if (holds == SLOT_JSON)
		c = container_from_json(text);
	else if (engine)
		c = container_new(id, engine);
	if (!c || !sv_eq(text_sv(c->id), id)) {
		container_free(c);
		snapshot_damaged(&ld->r, "a container without a description");
	} else if (container_list_put(l, c) != 0) {
		load_no_memory(ld);
	}
}

void load_containers(struct loader *ld)
{
	uint32_t n = snapshot_take_count(&ld->r);

	if (n == 0 || n > STATE_MAX_CONTAINERS)
		snapshot_damaged(&ld->r, "the number of containers cannot be");
	for (uint32_t i = 0; i < n && !ld->r.damage; i++)
		load_slot(ld, i);
}
