#include "engine/state/thread_table.h"

/* Falco drops the gone entries of a list of children once this many have gathered. */
enum { GONE_CHILDREN_KEPT = 10 };

void thread_touch(struct state *s, struct thread *t)
{
	t->version = ++s->tables->clock;
}

void thread_touch_family(struct state *s, struct thread *t)
{
	const struct id_entry *e = id_table_find(&s->tables->ids, t->tid);

	thread_touch(s, t);
	if ((e && e->named) || (t->proc && t->proc->first != t->proc->last))
		s->tree_version++;
}

/* Count t in or out as one that names id. */
static void name_id(struct state *s, const struct thread *t, int64_t id, bool in)
{
	struct id_table *ids = &s->tables->ids;

	if (id == t->tid)
		return;
	if (in) {
		struct id_entry *e = id_table_make(ids, id);

		if (e)
			e->named++;
		else
			s->tables->nomem = true;
		return;
	}
	struct id_entry *e = id_table_find(ids, id);
	if (e && e->named) {
		e->named--;
		id_table_tidy(ids, e);
	}
}

static void name_ids(struct state *s, const struct thread *t, bool in)
{
	name_id(s, t, t->ptid, in);
	name_id(s, t, t->sid, in);
	name_id(s, t, t->vpgid, in);
	name_id(s, t, t->pgid, in);
}

void thread_set_id(struct state *s, struct thread *t, int64_t *field, int64_t id)
{
	if (*field == id)
		return;
	if (t->in_table) {
		name_id(s, t, *field, false);
		name_id(s, t, id, true);
	}
	*field = id;
	thread_touch_family(s, t);
}

struct thread *state_thread(const struct state *s, int64_t tid)
{
	struct thread **cached = &s->tables->tid_cache[(uint64_t)tid % TID_CACHE];

	if (*cached && (*cached)->tid == tid && (*cached)->in_table)
		return *cached;
	const struct id_entry *e = id_table_find(&s->tables->ids, tid);
	if (!e || !e->thread)
		return NULL;
	return *cached = e->thread;
}

struct thread *state_parent(const struct state *s, const struct thread *t)
{
	struct thread *hint = t->parent_hint;

	if (hint && hint->tid == t->ptid && hint->in_table)
		return hint;
	hint = state_thread(s, t->ptid);
	/* A memo, not a part of the thread's state. */
	((struct thread *)t)->parent_hint = hint;
	return hint;
}

static int by_tid(const void *a, const void *b)
{
	const struct thread *x = *(struct thread *const *)a, *y = *(struct thread *const *)b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

struct thread **state_threads(const struct state *s)
{
	const struct id_table *ids = &s->tables->ids;
	struct thread **all = malloc((s->nthreads + 1) * sizeof *all);
	size_t n = 0;

	if (!all)
		return NULL;
	for (uint32_t i = 0; i < ids->nslots; i++) {
		if (ids->slots[i].thread)
			all[n++] = ids->slots[i].thread;
	}
	qsort(all, n, sizeof *all, by_tid);
	return all;
}

struct thread *thread_new(struct state *s)
{
	struct thread *t = pool_take(&s->tables->threads);

	if (!t) {
		s->tables->nomem = true;
		return NULL;
	}
	t->pid = t->ptid = t->sid = t->vpgid = t->pgid = t->vtid = t->vpid = -1;
	t->uid = t->gid = t->loginuid = UINT32_MAX;
	t->fdlimit = -1;
	t->reaper_tid = -1;
	t->flags = CL_NAME_CHANGED;
	t->enter_type = EV_COUNT;
	thread_touch(s, t);
	return t;
}

/* --- thread groups --- */

/* No thread of that pid will join the group any more. */
static void unlist_process(struct state *s, int64_t pid)
{
	struct id_entry *e = id_table_find(&s->tables->ids, pid);

	if (!e || !e->process)
		return;
	e->process->listed = false;
	e->process = NULL;
	id_table_tidy(&s->tables->ids, e);
}

static void drop_process(struct state *s, struct process *p)
{
	if (--p->refs > 0)
		return;
	if (p->listed)
		unlist_process(s, p->pid);
	pool_give(&s->tables->processes, p);
}

static struct process *make_process(struct state *s, const struct thread *t)
{
	struct id_entry *e = id_table_make(&s->tables->ids, t->pid);
	struct process *p = e ? pool_take(&s->tables->processes) : NULL;

	if (!p) {
		s->tables->nomem = true;
		id_table_tidy(&s->tables->ids, e);
		return NULL;
	}
	p->pid = t->pid;
	p->reaper = t->pid == 1 || t->vpid == 1;
	p->listed = true;
	e->process = p;
	return p;
}

/* The leader goes in front, others behind. */
static void join_group(struct state *s, struct thread *t)
{
	const struct id_entry *e = id_table_find(&s->tables->ids, t->pid);
	struct process *p = e && e->process ? e->process : make_process(s, t);

	if (!p)
		return;
	t->proc = p;
	p->refs++;
	p->nthreads++;
	if (!p->first) {
		p->first = p->last = t;
	} else if (thread_is_main(t)) {
		t->next_member = p->first;
		p->first->prev_member = t;
		p->first = t;
	} else {
		t->prev_member = p->last;
		p->last->next_member = t;
		p->last = t;
	}
	if (p->first != p->last)
		s->tree_version++;
}

static void leave_group(struct state *s, struct thread *t)
{
	struct process *p = t->proc;

	if (!p)
		return;
	if (p->first != p->last)
		s->tree_version++;
	*(t->prev_member ? &t->prev_member->next_member : &p->first) = t->next_member;
	*(t->next_member ? &t->next_member->prev_member : &p->last) = t->prev_member;
	t->prev_member = t->next_member = NULL;
}

void thread_mark_dead(struct state *s, struct thread *t)
{
	if (t->proc && !thread_is_dead(t))
		t->proc->nthreads--;
	t->flags |= CL_CLOSED;
	thread_touch_family(s, t);
}

void thread_resurrect(struct state *s, struct thread *t)
{
	if (!thread_is_dead(t))
		return;
	t->flags &= ~(uint32_t)CL_CLOSED;
	if (t->proc)
		t->proc->nthreads++;
	thread_touch_family(s, t);
}

/* --- parents and children --- */

static void unlink_child(struct thread *t)
{
	struct thread *owner = t->owner;

	*(t->prev_child ? &t->prev_child->next_child : &owner->first_child) = t->next_child;
	if (t->next_child)
		t->next_child->prev_child = t->prev_child;
	t->owner = t->prev_child = t->next_child = NULL;
	owner->live_children--;
}

static void add_child(struct state *s, struct thread *parent, struct thread *t)
{
	if (t->owner)
		unlink_child(t);
	t->owner = parent;
	t->next_child = parent->first_child;
	if (t->next_child)
		t->next_child->prev_child = t;
	parent->first_child = t;
	parent->live_children++;
	parent->expected_children++;
	thread_set_id(s, t, &t->ptid, parent->tid);
}

static void forget_child(struct state *s, int64_t ptid)
{
	struct thread *parent = state_thread(s, ptid);

	if (!parent)
		return;
	parent->expected_children--;
	uint64_t listed = (uint64_t)parent->live_children + parent->gone_children;
	if (listed - parent->expected_children >= GONE_CHILDREN_KEPT)
		parent->gone_children = 0;
}

static struct thread *alive_member(const struct process *p, const struct thread *but)
{
	if (!p || p->nthreads == 0)
		return NULL;
	for (struct thread *t = p->first; t; t = t->next_member) {
		if (!thread_is_dead(t) && t != but)
			return t;
	}
	return NULL;
}

/* As the kernel's find_new_reaper, as far as the trace tells what that looks at. */
static struct thread *find_reaper(const struct state *s, const struct thread *t)
{
	struct thread *reaper = alive_member(t->proc, t);
	const struct thread *anchor = t; /* a loop comes back to it */
	uint64_t steps = 0, anchor_again = 1;

	if (reaper)
		return reaper;
	for (struct thread *p = state_thread(s, t->ptid); p; p = state_thread(s, p->ptid)) {
		if (p == anchor || thread_in_pidns(p) != thread_in_pidns(t))
			return NULL;
		if (++steps == anchor_again) {
			anchor = p;
			anchor_again *= 2;
		}
		reaper = p->proc && p->proc->reaper ? alive_member(p->proc, NULL) : NULL;
		if (reaper)
			return reaper;
	}
	return NULL;
}

static void reparent_children(struct state *s, struct thread *t)
{
	struct thread *reaper = t->reaper_tid > 0 ? thread_get(s, t->reaper_tid) : NULL;

	if (!reaper || thread_is_placeholder(reaper))
		reaper = find_reaper(s, t);
	if (reaper == t)
		reaper = NULL;
	if (reaper) {
		/* A dead leader that stays, and lives again by an execve, remembers it. */
		t->reaper_tid = reaper->tid;
		if (reaper->pid != t->pid && reaper->proc)
			reaper->proc->reaper = true;
	}
	for (struct thread *child; (child = t->first_child) != NULL;) {
		if (reaper) {
			add_child(s, reaper, child);
		} else {
			unlink_child(child);
			thread_set_id(s, child, &child->ptid, 0);
		}
	}
	t->gone_children = 0;
	t->expected_children = 0;
}

/* --- the table --- */

void thread_link(struct state *s, struct thread *t)
{
	if (thread_is_placeholder(t) || t->proc)
		return;
	join_group(s, t);
	if (t->pid == 1)
		return;
	struct thread *parent = state_thread(s, t->ptid);
	if (parent && !thread_is_placeholder(parent))
		add_child(s, parent, t);
	else
		thread_set_id(s, t, &t->ptid, 0);
}

/* Out of every list; what it holds is kept until the next event. */
static void expel(struct state *s, struct thread *t)
{
	thread_touch_family(s, t);
	name_ids(s, t, false);
	struct id_entry *e = id_table_find(&s->tables->ids, t->tid);
	if (e && e->thread == t) {
		e->thread = NULL;
		s->nthreads--;
		id_table_tidy(&s->tables->ids, e);
	}
	t->in_table = false;
	leave_group(s, t);
	if (t->owner) {
		t->owner->gone_children++;
		unlink_child(t);
	}
	/* Children stay where their ptid says; whoever gets that tid is not told of them. */
	while (t->first_child)
		unlink_child(t->first_child);
	t->next_free = s->tables->gone;
	s->tables->gone = t;
}

void thread_discard(struct state *s, struct thread *t)
{
	struct text *texts[] = { t->comm,    t->exe,          t->exepath, t->args, t->root,
				 t->cgroups, t->container_id, t->cwd,     t->env };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		text_unref(texts[i]);
	fd_slot_clear(&s->tables->fds, &t->fds);
	if (t->proc)
		drop_process(s, t->proc);
	free(t->enter);
	free(t->memo);
	t->in_table = false;
	pool_give(&s->tables->threads, t);
}

void threads_bury(struct state *s)
{
	while (s->tables->gone) {
		struct thread *t = s->tables->gone;

		s->tables->gone = t->next_free;
		thread_discard(s, t);
	}
}

void threads_clear(struct state *s)
{
	struct id_table *ids = &s->tables->ids;

	/* Taking an entry out can move another one to a place already passed. */
	while (s->nthreads > 0) {
		for (uint32_t i = 0; i < ids->nslots; i++) {
			if (ids->slots[i].thread)
				expel(s, ids->slots[i].thread);
		}
	}
	threads_bury(s);
	s->tree_version++;
}

struct thread *thread_add(struct state *s, struct thread *take_t, bool link)
{
	struct thread *t = take_t;

	if (!t)
		return NULL;
	if (s->nthreads >= STATE_MAX_THREADS) {
		s->losses.threads++;
		thread_discard(s, t);
		return NULL;
	}
	if (link)
		thread_link(s, t);
	name_ids(s, t, true);
	struct id_entry *e = id_table_make(&s->tables->ids, t->tid);
	if (!e) {
		s->tables->nomem = true;
		expel(s, t);
		return NULL;
	}
	struct thread *old = e->thread;
	e->thread = t;
	t->in_table = true;
	if (old)
		expel(s, old);
	else
		s->nthreads++;
	thread_touch_family(s, t);
	return t;
}

struct thread *thread_get(struct state *s, int64_t tid)
{
	struct thread *t = state_thread(s, tid);

	if (t)
		return t;
	if (s->nthreads >= STATE_MAX_THREADS) {
		s->losses.threads++;
		return NULL;
	}
	t = thread_new(s);
	if (!t)
		return NULL;
	t->tid = tid;
	state_set_text(s, &t->comm, SV("<NA>"));
	state_set_text(s, &t->exe, SV("<NA>"));
	return thread_add(s, t, false);
}

void thread_remove(struct state *s, int64_t tid)
{
	struct thread *t = state_thread(s, tid);

	if (!t)
		return;
	if (thread_is_placeholder(t) || !t->proc) {
		forget_child(s, t->ptid);
		expel(s, t);
		return;
	}
	if (!thread_is_dead(t))
		thread_mark_dead(s, t);
	if (t->live_children + t->gone_children > 0)
		reparent_children(s, t);
	bool main = thread_is_main(t);
	if (t->proc->nthreads == 0) {
		struct thread *leader = state_thread(s, t->pid);

		forget_child(s, t->ptid);
		unlist_process(s, t->pid);
		if (leader)
			expel(s, leader);
	}
	if (!main) {
		forget_child(s, t->ptid);
		if (t->in_table)
			expel(s, t);
	}
}
