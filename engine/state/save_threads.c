/* Threads: themselves, their groups, their children, the enter events they wait with. */
#include "engine/state/save.h"

#include "engine/state/thread_table.h"

static const struct member thread_members[] = {
	MEMBER(M_STEP, thread, tid),
	MEMBER(M_STEP, thread, pid),
	MEMBER(M_STEP, thread, ptid),
	MEMBER(M_STEP, thread, vtid),
	MEMBER(M_STEP, thread, vpid),
	MEMBER(M_STEP, thread, sid),
	MEMBER(M_STEP, thread, vpgid),
	MEMBER(M_STEP, thread, pgid),
	MEMBER(M_TEXT, thread, comm),
	MEMBER(M_TEXT, thread, exe),
	MEMBER(M_TEXT, thread, exepath),
	MEMBER(M_TEXT, thread, args),
	MEMBER(M_TEXT, thread, root),
	MEMBER(M_TEXT, thread, cgroups),
	MEMBER(M_TEXT, thread, container_id),
	MEMBER(M_TEXT, thread, cwd),
	MEMBER(M_BLOB, thread, env),
	MEMBER(M_U32, thread, flags),
	MEMBER(M_U32, thread, uid),
	MEMBER(M_U32, thread, gid),
	MEMBER(M_U32, thread, loginuid),
	MEMBER(M_U32, thread, tty),
	MEMBER(M_U32, thread, vmsize_kb),
	MEMBER(M_U32, thread, vmrss_kb),
	MEMBER(M_U32, thread, vmswap_kb),
	MEMBER(M_I64, thread, fdlimit),
	MEMBER(M_U64, thread, pfmajor),
	MEMBER(M_U64, thread, pfminor),
	MEMBER(M_U64, thread, cap_inheritable),
	MEMBER(M_U64, thread, cap_permitted),
	MEMBER(M_U64, thread, cap_effective),
	MEMBER(M_BOOL, thread, exe_writable),
	MEMBER(M_BOOL, thread, exe_upper_layer),
	MEMBER(M_BOOL, thread, exe_lower_layer),
	MEMBER(M_BOOL, thread, exe_from_memfd),
	MEMBER(M_U64, thread, exe_ino),
	MEMBER(M_STEP, thread, exe_ino_ctime),
	MEMBER(M_STEP, thread, exe_ino_mtime),
	MEMBER(M_STEP, thread, exe_ino_ctime_duration_clone_ts),
	MEMBER(M_STEP, thread, exe_ino_ctime_duration_pidns_start),
	MEMBER(M_STEP, thread, pidns_init_start_ts),
	MEMBER(M_STEP, thread, clone_ts),
	MEMBER(M_STEP, thread, lastexec_ts),
	MEMBER(M_U16, thread, enter_type),
	MEMBER(M_I64, thread, event_fd),
	MEMBER(M_I64, thread, reaper_tid),
	MEMBER(M_U32, thread, gone_children),
	MEMBER(M_I64, thread, expected_children),
};

static const struct member process_members[] = {
	MEMBER(M_STEP, process, pid),
	MEMBER(M_I64, process, nthreads),
	MEMBER(M_BOOL, process, listed),
	MEMBER(M_BOOL, process, reaper),
};

/* How a thread has its fds. */
enum { FDS_NONE, FDS_OWN, FDS_CHILD_ORDER };

/* --- saving --- */

static void save_slots(struct saver *sv)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < sv->threads.n; i++) {
		const struct fd_slot *slot = &((struct thread *)sv->threads.list[i])->fds;

		snapshot_put(sv->out, !slot->table        ? FDS_NONE
				      : slot->child_order ? FDS_CHILD_ORDER
							  : FDS_OWN);
		if (slot->table)
			save_index(sv, &last, *fd_table_mark(slot->table));
	}
}

static void note_groups(struct saver *sv)
{
	struct objects *o = &sv->groups;

	for (uint32_t i = 0; i < sv->threads.n; i++) {
		struct thread *t = sv->threads.list[i];
		struct process *p = t->proc;

		t->mark = i;
		if (!p || (p->mark < o->n && o->list[p->mark] == p))
			continue;
		p->mark = o->n;
		if (!objects_add(o, p))
			snapshot_no_memory(sv->out);
	}
}

static void save_groups(struct saver *sv)
{
	uint32_t last = 0;

	note_groups(sv);
	snapshot_put(sv->out, sv->groups.n);
	save_members(sv, MEMBERS_OF(process_members), &sv->groups);
	for (uint32_t i = 0; i < sv->groups.n; i++) {
		const struct process *p = sv->groups.list[i];
		uint32_t n = 0;

		for (const struct thread *t = p->first; t; t = t->next_member)
			n++;
		snapshot_put(sv->out, n);
		for (const struct thread *t = p->first; t; t = t->next_member)
			save_index(sv, &last, t->mark);
	}
}

static void save_children(struct saver *sv)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < sv->threads.n; i++) {
		const struct thread *t = sv->threads.list[i];

		snapshot_put(sv->out, t->live_children);
		for (const struct thread *c = t->first_child; c; c = c->next_child)
			save_index(sv, &last, c->mark);
	}
}

static void save_enters(struct saver *sv)
{
	uint32_t n = 0, last = 0;
	struct event ev;

	for (uint32_t i = 0; i < sv->threads.n; i++)
		n += kept_enter(sv->threads.list[i], &ev);
	snapshot_put(sv->out, n);
	for (uint32_t i = 0; i < sv->threads.n; i++) {
		if (!kept_enter(sv->threads.list[i], &ev))
			continue;
		save_index(sv, &last, i);
		snapshot_put(sv->out, ev.num);
		snapshot_put(sv->out, ev.ts_ns);
		snapshot_put(sv->out, ev.cpu);
		snapshot_put_event(sv->out, &ev);
	}
}

void save_threads(struct saver *sv)
{
	snapshot_put(sv->out, sv->threads.n);
	save_members(sv, MEMBERS_OF(thread_members), &sv->threads);
	save_slots(sv);
	save_groups(sv);
	save_children(sv);
	save_enters(sv);
}

/* --- loading --- */

static struct thread *thread_at(const struct loader *ld, uint32_t i)
{
	return ld->threads.list[i];
}

static void make_threads(struct loader *ld)
{
	uint32_t n = snapshot_take_count(&ld->r);

	if (n > STATE_MAX_THREADS)
		snapshot_damaged(&ld->r, "too many threads");
	for (uint32_t i = 0; i < n && !ld->r.damage; i++) {
		struct thread *t = thread_new(ld->s);

		if (!t || !objects_add(&ld->threads, t)) {
			if (t)
				thread_discard(ld->s, t);
			load_no_memory(ld);
		}
	}
	load_members(ld, MEMBERS_OF(thread_members), &ld->threads);
	for (uint32_t i = 1; i < ld->threads.n; i++) {
		if (thread_at(ld, i - 1)->tid >= thread_at(ld, i)->tid)
			snapshot_damaged(&ld->r, "threads that are not in order");
	}
}

/* Into the table with all of them, or with none. */
static bool enter_threads(struct loader *ld)
{
	for (uint32_t i = 0; i < ld->threads.n; i++) {
		struct thread *t = thread_at(ld, i);

		if (ld->r.damage)
			thread_discard(ld->s, t);
		else if (!thread_add(ld->s, t, false))
			load_no_memory(ld);
	}
	return !ld->r.damage;
}

static void load_slots(struct loader *ld)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < ld->threads.n; i++) {
		uint64_t holds = snapshot_take_max(&ld->r, FDS_CHILD_ORDER);

		if (holds == FDS_NONE)
			continue;
		uint32_t table = load_index(ld, &last, ld->tables.n);
		if (!ld->r.damage)
			fd_slot_share(&thread_at(ld, i)->fds, ld->tables.list[table],
				      holds == FDS_CHILD_ORDER);
	}
}

static void make_groups(struct loader *ld)
{
	uint32_t n = snapshot_take_count(&ld->r);

	for (uint32_t i = 0; i < n && !ld->r.damage; i++) {
		struct process *p = pool_take(&ld->s->tables->processes);

		if (!p || !objects_add(&ld->groups, p))
			load_no_memory(ld);
	}
	load_members(ld, MEMBERS_OF(process_members), &ld->groups);
}

static void join(struct loader *ld, struct process *p, struct thread *t)
{
	if (t->proc) {
		snapshot_damaged(&ld->r, "a thread in two groups");
		return;
	}
	t->proc = p;
	p->refs++;
	t->prev_member = p->last;
	*(p->last ? &p->last->next_member : &p->first) = t;
	p->last = t;
}

/* Found by its pid from now on; a group without members would never go again. */
static void list_group_by_pid(struct loader *ld, struct process *p)
{
	if (!p->listed)
		return;
	p->listed = false;
	struct id_entry *e = id_table_make(&ld->s->tables->ids, p->pid);
	if (!e) {
		load_no_memory(ld);
	} else if (e->process || !p->first) {
		snapshot_damaged(&ld->r, "a group of threads that cannot be");
		id_table_tidy(&ld->s->tables->ids, e);
	} else {
		e->process = p;
		p->listed = true;
	}
}

static void load_groups(struct loader *ld)
{
	uint32_t last = 0;

	make_groups(ld);
	for (uint32_t i = 0; i < ld->groups.n; i++) {
		struct process *p = ld->groups.list[i];
		uint32_t n = snapshot_take_count(&ld->r);

		for (uint32_t k = 0; k < n && !ld->r.damage; k++) {
			uint32_t at = load_index(ld, &last, ld->threads.n);

			if (!ld->r.damage)
				join(ld, p, thread_at(ld, at));
		}
		list_group_by_pid(ld, p);
	}
	for (uint32_t i = 0; i < ld->groups.n; i++) {
		struct process *p = ld->groups.list[i];

		if (p->first)
			continue;
		snapshot_damaged(&ld->r, "a group of threads without any");
		pool_give(&ld->s->tables->processes, p);
	}
}

static void load_children(struct loader *ld)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < ld->threads.n; i++) {
		struct thread *owner = thread_at(ld, i), *before = NULL;
		uint32_t n = snapshot_take_count(&ld->r);

		for (uint32_t k = 0; k < n && !ld->r.damage; k++) {
			uint32_t at = load_index(ld, &last, ld->threads.n);
			struct thread *t = ld->r.damage ? NULL : thread_at(ld, at);

			if (!t || t->owner) {
				snapshot_damaged(&ld->r, "a thread with two parents");
				return;
			}
			t->owner = owner;
			t->prev_child = before;
			*(before ? &before->next_child : &owner->first_child) = t;
			owner->live_children++;
			before = t;
		}
	}
}

static void load_enters(struct loader *ld)
{
	uint32_t n = snapshot_take_count(&ld->r), last = 0;

	for (uint32_t i = 0; i < n && !ld->r.damage; i++) {
		uint32_t at = load_index(ld, &last, ld->threads.n);
		struct event ev = { 0 };
		struct snapshot_ints room;

		ev.num = snapshot_take(&ld->r);
		ev.ts_ns = snapshot_take(&ld->r);
		ev.cpu = (uint16_t)snapshot_take_max(&ld->r, UINT16_MAX);
		snapshot_take_event(&ld->r, &ev, &room);
		if (!ld->r.damage)
			keep_enter(ld->s, thread_at(ld, at), &ev);
	}
}

void load_threads(struct loader *ld)
{
	make_threads(ld);
	if (!enter_threads(ld))
		return;
	load_slots(ld);
	load_groups(ld);
	load_children(ld);
	load_enters(ld);
}
