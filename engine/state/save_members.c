#include "engine/state/save.h"

bool objects_add(struct objects *o, void *object)
{
	if (o->n == o->room) {
		uint32_t room = o->room ? o->room * 2 : 64;
		void **list = realloc(o->list, room * sizeof *list);

		if (!list)
			return false;
		o->list = list;
		o->room = room;
	}
	o->list[o->n++] = object;
	return true;
}

void load_no_memory(struct loader *ld)
{
	ld->s->tables->nomem = true;
	/* What follows is read for nothing: the first reason is what is told. */
	snapshot_damaged(&ld->r, "no memory");
}

/* --- texts --- */

static struct text *text_of_number(struct loader *ld, struct text **made, const struct sv *texts,
				   uint32_t number)
{
	if (number == 0)
		return NULL;
	struct text **t = &made[number - 1];
	if (!*t && !(*t = text_new(texts[number - 1])))
		load_no_memory(ld);
	return text_ref(*t);
}

struct text *load_text(struct loader *ld)
{
	return text_of_number(ld, ld->texts, ld->r.texts, snapshot_take_text_number(&ld->r));
}

static struct text *load_blob(struct loader *ld)
{
	return text_of_number(ld, ld->blobs, ld->r.blobs, snapshot_take_blob_number(&ld->r));
}

/* --- members --- */

static void save_member(struct saver *sv, enum member_type type, const void *p, uint64_t *last)
{
	struct snapshot *out = sv->out;

	switch (type) {
	case M_BOOL:
		snapshot_put(out, *(const bool *)p);
		break;
	case M_U8:
		snapshot_put(out, *(const uint8_t *)p);
		break;
	case M_U16:
		snapshot_put(out, *(const uint16_t *)p);
		break;
	case M_U32:
		snapshot_put(out, *(const uint32_t *)p);
		break;
	case M_U64:
		snapshot_put(out, *(const uint64_t *)p);
		break;
	case M_I64:
		snapshot_put_signed(out, *(const int64_t *)p);
		break;
	case M_STEP:
		snapshot_put_signed(out, (int64_t)(*(const uint64_t *)p - *last));
		*last = *(const uint64_t *)p;
		break;
	case M_TEXT:
		snapshot_put_text(out, text_sv(*(struct text *const *)p));
		break;
	case M_BLOB:
		snapshot_put_blob(out, text_sv(*(struct text *const *)p));
		break;
	case M_ADDR:
		snapshot_put_addr(out, p);
		break;
	}
}

static void load_member(struct loader *ld, enum member_type type, void *p, uint64_t *last)
{
	struct snapshot_reader *r = &ld->r;

	switch (type) {
	case M_BOOL:
		*(bool *)p = snapshot_take_max(r, 1);
		break;
	case M_U8:
		*(uint8_t *)p = (uint8_t)snapshot_take_max(r, UINT8_MAX);
		break;
	case M_U16:
		*(uint16_t *)p = (uint16_t)snapshot_take_max(r, UINT16_MAX);
		break;
	case M_U32:
		*(uint32_t *)p = (uint32_t)snapshot_take_max(r, UINT32_MAX);
		break;
	case M_U64:
		*(uint64_t *)p = snapshot_take(r);
		break;
	case M_I64:
		*(int64_t *)p = snapshot_take_signed(r);
		break;
	case M_STEP:
		*last += (uint64_t)snapshot_take_signed(r);
		*(uint64_t *)p = *last;
		break;
	case M_TEXT:
		text_set(p, load_text(ld));
		break;
	case M_BLOB:
		text_set(p, load_blob(ld));
		break;
	case M_ADDR:
		*(struct ip *)p = snapshot_take_addr(r);
		break;
	}
}

void save_members(struct saver *sv, const struct member *members, size_t nmembers,
		  const struct objects *of)
{
	for (size_t m = 0; m < nmembers; m++) {
		uint64_t last = 0;

		for (uint32_t i = 0; i < of->n; i++)
			save_member(sv, members[m].type,
				    (const char *)of->list[i] + members[m].offset, &last);
	}
}

void load_members(struct loader *ld, const struct member *members, size_t nmembers,
		  const struct objects *of)
{
	for (size_t m = 0; m < nmembers; m++) {
		uint64_t last = 0;

		for (uint32_t i = 0; i < of->n; i++)
			load_member(ld, members[m].type, (char *)of->list[i] + members[m].offset,
				    &last);
	}
}

/* --- references --- */

void save_index(struct saver *sv, uint32_t *last, uint32_t index)
{
	snapshot_put_signed(sv->out, (int64_t)index - *last);
	*last = index + 1;
}

uint32_t load_index(struct loader *ld, uint32_t *last, uint32_t n)
{
	uint64_t index = *last + (uint64_t)snapshot_take_signed(&ld->r);

	if (index >= n) {
		snapshot_damaged(&ld->r, "a row refers to an object that is not there");
		return 0;
	}
	*last = (uint32_t)index + 1;
	return (uint32_t)index;
}
