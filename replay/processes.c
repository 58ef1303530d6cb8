#include "replay/processes.h"

#include "format/base/arena.h"
#include "format/base/hash.h"
#include "format/base/strmap.h"

#include <stdlib.h>

enum { SLOTS_MIN = 256, MAX_LIVE = STATE_MAX_THREADS };

/* A process that may still do something. */
struct live {
	int64_t pid;
	int64_t process_id; /* 0: the slot is free */
	int64_t program_id;
	uint64_t clone_ts;
	bool ended;  /* kept for what comes after its exit; forgotten when room is needed */
	bool orphan; /* was listed at the start; its parent is told when that list is complete */
};

struct processes {
	struct store *store;
	struct live *slots; /* open addressing by pid */
	uint32_t nslots, used;
	bool full; /* too many of them: no more until the next section */
	struct arena names;
	struct strmap containers; /* ids that are stored */
	struct buf cmdline;
};

struct processes *processes_new(struct store *store)
{
	struct processes *p = calloc(1, sizeof *p);

	if (p)
		p->store = store;
	return p;
}

void processes_free(struct processes *p)
{
	if (!p)
		return;
	free(p->slots);
	strmap_deinit(&p->containers);
	arena_deinit(&p->names);
	buf_deinit(&p->cmdline);
	free(p);
}

/* --- pid -> live process --- */

static struct live *slot_of(struct live *slots, uint32_t nslots, int64_t pid)
{
	uint32_t i = (uint32_t)hash_u64((uint64_t)pid) & (nslots - 1);

	while (slots[i].process_id && slots[i].pid != pid)
		i = (i + 1) & (nslots - 1);
	return &slots[i];
}

static struct live *find(const struct processes *p, int64_t pid)
{
	if (p->nslots == 0)
		return NULL;
	struct live *l = slot_of(p->slots, p->nslots, pid);
	return l->process_id ? l : NULL;
}

/* Make room for one more: drop the ended, then grow if that was not enough. */
static int make_room(struct processes *p, struct err *err)
{
	uint32_t alive = 0, nslots = SLOTS_MIN;

	if (p->used < p->nslots / 2)
		return 0;
	for (uint32_t i = 0; i < p->nslots; i++)
		alive += p->slots[i].process_id && !p->slots[i].ended;
	while (nslots / 4 <= alive)
		nslots *= 2;
	struct live *slots = calloc(nslots, sizeof *slots);

	if (!slots)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (uint32_t i = 0; i < p->nslots; i++) {
		const struct live *l = &p->slots[i];

		if (l->process_id && !l->ended)
			*slot_of(slots, nslots, l->pid) = *l;
	}
	free(p->slots);
	p->slots = slots;
	p->nslots = nslots;
	p->used = alive;
	return 0;
}

static void forget_all(struct processes *p)
{
	if (p->slots)
		memset(p->slots, 0, p->nslots * sizeof *p->slots);
	p->used = 0;
	p->full = false;
}

/* --- programs and containers --- */

static int note_container(struct processes *p, const struct store_container *c, struct err *err)
{
	if (c->id.n == 0 || strmap_has(&p->containers, c->id))
		return 0;
	struct sv kept = arena_sv(&p->names, c->id);

	if (!kept.p || !strmap_put(&p->containers, kept, 0))
		return err_set(err, ERR_NOMEM, "out of memory");
	return store_container(p->store, c, err);
}

/* shown_by: the event that made it known, NULL: it ran before the trace, or nobody knows. */
static int put_program(struct processes *p, struct live *l, const struct process_look *look,
		       const struct process_news *shown_by, struct err *err)
{
	struct store_program row = look->program;

	row.process_id = l->process_id;
	row.since_ns = shown_by ? shown_by->ts_ns : 0;
	row.evt_num = shown_by ? shown_by->num : 0;
	if (note_container(p, &look->container, err) < 0)
		return -1;
	return store_program(p->store, &row, &l->program_id, err);
}

/* --- processes --- */

static int add(struct processes *p, const struct lineage *line, const struct ancestor *a,
	       int64_t parent_id, const struct process_news *shown_by, struct live **out,
	       struct err *err)
{
	struct process_look look;

	*out = NULL;
	if (p->full || !ancestor_look(line, a, &p->cmdline, &look))
		return 0;
	if (make_room(p, err) < 0)
		return -1;
	const struct store_process row = {
		.parent_id = parent_id, .pid = a->pid, .ppid = look.ppid, .started_ns = a->clone_ts
	};
	struct live *l = slot_of(p->slots, p->nslots, row.pid);

	if (!l->process_id && p->used >= MAX_LIVE) {
		p->full = true;
		return 0;
	}
	p->used += !l->process_id;
	*l = (struct live){ .pid = row.pid, .clone_ts = a->clone_ts };
	if (store_process(p->store, &row, &l->process_id, err) < 0 ||
	    put_program(p, l, &look, shown_by, err) < 0)
		return -1;
	*out = l;
	return 0;
}

static bool is_same(const struct live *l, const struct ancestor *a)
{
	return l && (l->clone_ts == a->clone_ts || !a->is_main);
}

/* The live process that the lineage begins with; NULL: not known yet. */
static struct live *known(const struct processes *p, const struct lineage *line)
{
	struct lineage_walk walk = lineage_begin(line);
	struct ancestor a;

	if (!lineage_next(&walk, &a))
		return NULL;
	struct live *l = find(p, a.pid);

	return is_same(l, &a) ? l : NULL;
}

/*
 * The live process that the lineage begins with; if it is new, with those of its ancestors that
 * are new as well.  *out is NULL when there is no room for it.
 */
static int ensure(struct processes *p, const struct lineage *line,
		  const struct process_news *shown_by, struct live **out, struct err *err)
{
	struct ancestor chain[LINEAGE_MAX];
	struct lineage_walk walk = lineage_begin(line);
	int64_t parent_id = 0;
	size_t n = 0;

	*out = NULL;
	while (lineage_next(&walk, &chain[n])) {
		struct live *l = find(p, chain[n].pid);

		if (is_same(l, &chain[n])) {
			if (n == 0) {
				*out = l;
				return 0;
			}
			parent_id = l->process_id;
			break;
		}
		if (++n == LINEAGE_MAX)
			break;
	}
	while (n--) {
		/* A hostile trace may have processes that are their own ancestors. */
		struct live *l = find(p, chain[n].pid);

		/* Only the first is shown by this event; the ancestors were there before. */
		if (is_same(l, &chain[n]))
			*out = l;
		else if (add(p, line, &chain[n], parent_id, n == 0 ? shown_by : NULL, out, err) < 0)
			return -1;
		parent_id = *out ? (*out)->process_id : 0;
	}
	return 0;
}

int processes_program(struct processes *p, const struct lineage *who, int64_t *program_id,
		      struct err *err)
{
	struct live *l;

	if (ensure(p, who, NULL, &l, err) < 0)
		return -1;
	*program_id = l ? l->program_id : 0;
	return 0;
}

/* --- what news tell --- */

static int on_listed(struct processes *p, const struct process_news *n, struct err *err)
{
	struct lineage_walk walk = lineage_begin(&n->who);
	struct ancestor a;
	struct live *l;

	if (!lineage_next(&walk, &a) || is_same(find(p, a.pid), &a))
		return 0;
	if (add(p, &n->who, &a, 0, NULL, &l, err) < 0)
		return -1;
	if (l)
		l->orphan = true;
	return 0;
}

static int on_parent(struct processes *p, const struct process_news *n, struct err *err)
{
	struct live *l = find(p, n->pid);

	if (!l || !l->orphan)
		return 0;
	l->orphan = false;
	const struct live *parent = n->parent_pid ? find(p, n->parent_pid) : NULL;

	if (!parent || parent == l)
		return 0;
	return store_process_parent(p->store, l->process_id, parent->process_id, err);
}

static int on_program(struct processes *p, const struct process_news *n, struct err *err)
{
	struct live *l = known(p, &n->who);
	struct process_look look;

	if (!l)
		return ensure(p, &n->who, n, &l, err);
	news_look(n, &p->cmdline, &look);
	return put_program(p, l, &look, n, err);
}

static int on_ended(struct processes *p, const struct process_news *n, struct err *err)
{
	struct live *l = known(p, &n->who);
	struct store_exit x = n->exit;

	if (!l)
		return 0;
	x.process_id = l->process_id;
	l->ended = true;
	return store_process_exit(p->store, &x, err);
}

int processes_take(struct processes *p, const struct process_news *n, struct err *err)
{
	struct live *l;

	switch (n->kind) {
	case NEWS_SECTION:
		forget_all(p);
		return 0;
	case NEWS_LISTED:
		return on_listed(p, n, err);
	case NEWS_PARENT:
		return on_parent(p, n, err);
	case NEWS_STARTED:
		return ensure(p, &n->who, n, &l, err);
	case NEWS_PROGRAM:
		return on_program(p, n, err);
	case NEWS_ENDED:
		return on_ended(p, n, err);
	case NEWS_CONTAINER:
		return store_container(p->store, &n->container, err);
	}
	return 0;
}
