#include "engine/state/fd_table.h"

#include "engine/state/fd_order.h"
#include "engine/state/state.h"

#include <stdlib.h>

struct far_fd {
	int64_t num;
	struct fd *f;
};

/*
 * Numbers are dense from 0 in nearly every process: those index `near`.  `near` grows only while
 * it is reasonably full, so a lone high number costs one entry of `far` (sorted), not an array.
 */
struct fd_table {
	uint32_t refs;
	uint32_t count;
	uint32_t nnear, nfar, far_room;
	struct fd **near;
	struct far_fd *far;
	struct fd_order order; /* of all numbers */
	uint32_t mark;
};

enum { NEAR_MIN = 16 };

void fd_store_init(struct fd_store *st)
{
	*st = (struct fd_store){ .fds = { .size = sizeof(struct fd) },
				 .tables = { .size = sizeof(struct fd_table) } };
}

void fd_store_deinit(struct fd_store *st)
{
	pool_deinit(&st->fds);
	pool_deinit(&st->tables);
}

struct fd *fd_new(struct fd_store *st)
{
	struct fd *f = pool_take(&st->fds);

	st->nomem |= !f;
	if (f) {
		f->refs = 1;
		f->type = FD_UNSET;
	}
	return f;
}

struct fd *fd_clone(struct fd_store *st, const struct fd *f)
{
	struct fd *copy = pool_take(&st->fds);

	st->nomem |= !copy;
	if (!copy)
		return NULL;
	*copy = *f;
	copy->refs = 1;
	text_ref(copy->name);
	text_ref(copy->name_raw);
	return copy;
}

void fd_unref(struct fd_store *st, struct fd *f)
{
	if (!f || --f->refs > 0)
		return;
	text_unref(f->name);
	text_unref(f->name_raw);
	pool_give(&st->fds, f);
}

void fd_table_unref(struct fd_store *st, struct fd_table *t)
{
	if (!t || --t->refs > 0)
		return;
	for (uint32_t i = 0; i < t->nnear; i++)
		fd_unref(st, t->near[i]);
	for (uint32_t i = 0; i < t->nfar; i++)
		fd_unref(st, t->far[i].f);
	st->room -= t->nnear + t->far_room;
	free(t->near);
	free(t->far);
	fd_order_deinit(&t->order);
	pool_give(&st->tables, t);
}

void fd_slot_clear(struct fd_store *st, struct fd_slot *slot)
{
	fd_table_unref(st, slot->table);
	*slot = (struct fd_slot){ 0 };
}

/* May the tables have n entries more?  Counted as taken. */
static bool take_room(struct fd_store *st, uint32_t n)
{
	if (st->room + n > STATE_MAX_FD_ROOM)
		return false;
	st->room += n;
	return true;
}

/* Index of the first far entry with a number >= num. */
static uint32_t far_index(const struct fd_table *t, int64_t num)
{
	uint32_t lo = 0, hi = t->nfar;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (t->far[mid].num < num)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct fd **find(const struct fd_table *t, int64_t num)
{
	if (num >= 0 && num < t->nnear)
		return t->near[num] ? &t->near[num] : NULL;
	uint32_t i = far_index(t, num);
	return i < t->nfar && t->far[i].num == num ? &t->far[i].f : NULL;
}

struct fd *fd_table_get(const struct fd_table *t, int64_t fd)
{
	if (!t || fd < 0)
		return NULL;
	if (fd < t->nnear)
		return t->near[fd];
	struct fd **slot = t->nfar ? find(t, fd) : NULL;
	return slot ? *slot : NULL;
}

uint32_t fd_table_count(const struct fd_table *t)
{
	return t ? t->count : 0;
}

struct fd *fd_table_next(const struct fd_table *t, int64_t from, int64_t *fd)
{
	if (!t)
		return NULL;
	/* Far numbers are negative or beyond the near ones. */
	uint32_t far = far_index(t, from);
	if (far < t->nfar && t->far[far].num < 0) {
		*fd = t->far[far].num;
		return t->far[far].f;
	}
	for (int64_t i = from > 0 ? from : 0; i < t->nnear; i++) {
		if (t->near[i]) {
			*fd = i;
			return t->near[i];
		}
	}
	if (far == t->nfar)
		return NULL;
	*fd = t->far[far].num;
	return t->far[far].f;
}

static bool copy_order(const struct fd_slot *slot, struct fd_order *out)
{
	const struct fd_order *order = &slot->table->order;

	return slot->child_order ? fd_order_copy_for_child(order, out) : fd_order_copy(order, out);
}

static void free_copy(struct fd_store *st, struct fd_table *c)
{
	st->room -= c->nnear + c->nfar;
	free(c->near);
	free(c->far);
	fd_order_deinit(&c->order);
	pool_give(&st->tables, c);
}

/* A table of its own for the slot; NULL: no room or no memory. */
static struct fd_table *copy_table(struct fd_store *st, const struct fd_slot *slot)
{
	const struct fd_table *t = slot->table;

	if (!take_room(st, t->nnear + t->nfar))
		return NULL;
	struct fd_table *c = pool_take(&st->tables);
	if (!c) {
		st->room -= t->nnear + t->nfar;
		st->nomem = true;
		return NULL;
	}
	c->refs = 1;
	c->count = t->count;
	c->nnear = t->nnear;
	c->nfar = c->far_room = t->nfar;
	c->near = t->nnear ? malloc(t->nnear * sizeof *c->near) : NULL;
	c->far = t->nfar ? malloc(t->nfar * sizeof *c->far) : NULL;
	if ((t->nnear && !c->near) || (t->nfar && !c->far) || !copy_order(slot, &c->order)) {
		st->nomem = true;
		free_copy(st, c);
		return NULL;
	}
	for (uint32_t i = 0; i < t->nnear; i++) {
		c->near[i] = t->near[i];
		if (c->near[i])
			c->near[i]->refs++;
	}
	for (uint32_t i = 0; i < t->nfar; i++) {
		c->far[i] = t->far[i];
		c->far[i].f->refs++;
	}
	return c;
}

/* Nobody else shares the table any more, but it still has the order of the parent's. */
static struct fd_table *adopt(struct fd_store *st, struct fd_slot *slot)
{
	struct fd_order order = { 0 };

	if (!copy_order(slot, &order)) {
		st->nomem = true;
		return NULL;
	}
	fd_order_deinit(&slot->table->order);
	slot->table->order = order;
	slot->child_order = false;
	return slot->table;
}

/* The table in the slot, made and made its holder's alone; NULL: no room or no memory. */
static struct fd_table *own_table(struct fd_store *st, struct fd_slot *slot)
{
	struct fd_table *t = slot->table;

	if (!t) {
		t = pool_take(&st->tables);
		st->nomem |= !t;
		if (t)
			t->refs = 1;
		return slot->table = t;
	}
	if (t->refs == 1)
		return slot->child_order ? adopt(st, slot) : t;
	struct fd_table *c = copy_table(st, slot);
	if (c) {
		fd_table_unref(st, t);
		*slot = (struct fd_slot){ .table = c };
	}
	return c;
}

void fd_slot_fork(struct fd_store *st, struct fd_slot *from, struct fd_slot *to)
{
	/* The child's order is made from the parent's, which must be there then. */
	if (from->child_order)
		own_table(st, from);
	if (!from->table)
		return;
	*to = (struct fd_slot){ .table = from->table, .child_order = true };
	to->table->refs++;
}

const struct fd **fd_slot_list(const struct fd_slot *slot, struct arena *a, uint32_t *n)
{
	const struct fd_table *t = slot->table;
	struct fd_order order = { 0 };
	uint32_t at = 0;
	int64_t num;

	*n = 0;
	if (fd_table_count(t) == 0 || (slot->child_order && !copy_order(slot, &order)))
		return NULL;
	const struct fd **list = arena_array(a, const struct fd *, t->count);
	const struct fd_order *o = slot->child_order ? &order : &t->order;
	while (list && fd_order_next(o, &at, &num))
		list[(*n)++] = *find(t, num);
	fd_order_deinit(&order);
	return list;
}

/* Make near cover num, and move into it what far holds below its new end. */
static bool grow_near(struct fd_store *st, struct fd_table *t, int64_t num)
{
	uint32_t n = t->nnear ? t->nnear : NEAR_MIN;

	while (n <= num)
		n *= 2;
	if (!take_room(st, n - t->nnear))
		return false;
	struct fd **near = realloc(t->near, n * sizeof *near);
	if (!near) {
		st->room -= n - t->nnear;
		st->nomem = true;
		return false;
	}
	t->near = near;
	memset(near + t->nnear, 0, (n - t->nnear) * sizeof *near);
	uint32_t first = far_index(t, t->nnear), last = far_index(t, n);
	for (uint32_t i = first; i < last; i++)
		near[t->far[i].num] = t->far[i].f;
	if (last > first) {
		memmove(t->far + first, t->far + last, (t->nfar - last) * sizeof *t->far);
		t->nfar -= last - first;
	}
	t->nnear = n;
	return true;
}

static bool insert_far(struct fd_store *st, struct fd_table *t, int64_t num, struct fd *f)
{
	if (t->nfar == t->far_room) {
		uint32_t room = t->far_room ? t->far_room * 2 : 4;

		if (!take_room(st, room - t->far_room))
			return false;
		struct far_fd *far = realloc(t->far, room * sizeof *far);
		if (!far) {
			st->room -= room - t->far_room;
			st->nomem = true;
			return false;
		}
		t->far = far;
		t->far_room = room;
	}
	uint32_t i = far_index(t, num);
	memmove(t->far + i + 1, t->far + i, (t->nfar - i) * sizeof *t->far);
	t->far[i] = (struct far_fd){ num, f };
	t->nfar++;
	return true;
}

static bool insert(struct fd_store *st, struct fd_table *t, int64_t num, struct fd *f)
{
	bool dense = num >= 0 && num < NEAR_MIN + 4 * (int64_t)t->count;

	if (!(num >= 0 && num < t->nnear) && !dense)
		return insert_far(st, t, num, f);
	if (num >= t->nnear && !grow_near(st, t, num))
		return false;
	t->near[num] = f;
	return true;
}

static bool add(struct fd_store *st, struct fd_table *t, int64_t num, struct fd *f)
{
	if (t->count >= STATE_MAX_FDS)
		return false;
	if (!fd_order_add(&t->order, num)) {
		st->nomem = true;
		return false;
	}
	if (!insert(st, t, num, f)) {
		fd_order_remove(&t->order, num);
		return false;
	}
	t->count++;
	return true;
}

struct fd *fd_table_put(struct fd_store *st, struct fd_slot *slot, int64_t num, struct fd *take_f)
{
	/* The last number there is would make walking a table overflow. */
	bool wanted = take_f && num < INT64_MAX;
	struct fd_table *t = wanted ? own_table(st, slot) : NULL;

	if (!t) {
		st->lost += take_f != NULL;
		fd_unref(st, take_f);
		return NULL;
	}
	struct fd **entry = find(t, num);
	if (entry) {
		fd_unref(st, *entry);
		return *entry = take_f;
	}
	if (!add(st, t, num, take_f)) {
		st->lost++;
		fd_unref(st, take_f);
		return NULL;
	}
	return take_f;
}

void fd_table_remove(struct fd_store *st, struct fd_slot *slot, int64_t num)
{
	if (!slot->table || !find(slot->table, num))
		return;
	struct fd_table *t = own_table(st, slot);
	if (!t)
		return;
	struct fd **entry = find(t, num);
	fd_unref(st, *entry);
	fd_order_remove(&t->order, num);
	t->count--;
	if (num >= 0 && num < t->nnear) {
		*entry = NULL;
		return;
	}
	uint32_t i = far_index(t, num);
	memmove(t->far + i, t->far + i + 1, (t->nfar - i - 1) * sizeof *t->far);
	t->nfar--;
}

struct fd *fd_table_own(struct fd_store *st, struct fd_slot *slot, int64_t num, struct fd *f)
{
	if (slot->table->refs == 1 && f->refs == 1)
		return f;
	struct fd_table *t = own_table(st, slot);
	struct fd **entry = t ? find(t, num) : NULL;
	if (!entry)
		return NULL;
	if ((*entry)->refs > 1) {
		struct fd *copy = fd_clone(st, *entry);

		if (!copy)
			return NULL;
		fd_unref(st, *entry);
		*entry = copy;
	}
	return *entry;
}

void fd_table_drop_if(struct fd_store *st, struct fd_slot *slot,
		      bool (*drop)(int64_t num, const struct fd *f, const void *arg),
		      const void *arg)
{
	int64_t num = INT64_MIN;

	for (const struct fd *f; (f = fd_table_next(slot->table, num, &num)) != NULL;) {
		if (drop(num, f, arg))
			fd_table_remove(st, slot, num);
		num++;
	}
}

/* --- saving and loading --- */

struct fd_table_shape fd_table_shape(const struct fd_table *t)
{
	return (struct fd_table_shape){ t->nnear, t->far_room, t->order.nbuckets, t->count };
}

uint32_t *fd_table_mark(struct fd_table *t)
{
	return &t->mark;
}

struct fd *fd_table_walk(const struct fd_table *t, uint32_t *at, int64_t *num)
{
	return fd_order_next(&t->order, at, num) ? *find(t, *num) : NULL;
}

/* Room as the table had; what lies beyond it cannot have grown that way. */
static bool build_room(struct fd_store *st, struct fd_table *t, const struct fd_table_shape *shape)
{
	const uint32_t max = 2 * (NEAR_MIN + 4 * STATE_MAX_FDS);

	if (shape->nnear > max || shape->far_room > max || shape->count > STATE_MAX_FDS ||
	    !take_room(st, shape->nnear + shape->far_room))
		return false;
	t->nnear = shape->nnear;
	t->far_room = shape->far_room;
	t->near = t->nnear ? calloc(t->nnear, sizeof *t->near) : NULL;
	t->far = t->far_room ? calloc(t->far_room, sizeof *t->far) : NULL;
	if ((!t->nnear || t->near) && (!t->far_room || t->far))
		return true;
	st->nomem = true;
	return false;
}

static bool build_entry(struct fd_store *st, struct fd_table *t, int64_t num, struct fd *f)
{
	if (num == INT64_MAX || find(t, num))
		return false;
	if (num >= 0 && num < t->nnear)
		t->near[num] = f;
	else if (t->nfar == t->far_room || !insert_far(st, t, num, f))
		return false;
	f->refs++;
	t->count++;
	return true;
}

struct fd_table *fd_table_build(struct fd_store *st, const struct fd_table_shape *shape,
				const int64_t *nums, struct fd *const *fds)
{
	struct fd_table *t = pool_take(&st->tables);
	bool ok;

	st->nomem |= !t;
	if (!t)
		return NULL;
	t->refs = 1;
	ok = build_room(st, t, shape);
	for (uint32_t i = 0; ok && i < shape->count; i++)
		ok = build_entry(st, t, nums[i], fds[i]);
	if (ok && fd_order_build(&t->order, shape->nbuckets, nums, shape->count))
		return t;
	fd_table_unref(st, t);
	return NULL;
}

void fd_slot_share(struct fd_slot *slot, struct fd_table *t, bool child_order)
{
	*slot = (struct fd_slot){ .table = t, .child_order = child_order };
	t->refs++;
}
