#include "engine/fields/ancestry.h"

static const struct thread *parent_of(const struct ancestry *a, const struct thread *t)
{
	return t ? state_parent(a->s, t) : NULL;
}

const struct thread *ancestry_first(struct ancestry *a, const struct state *s,
				    const struct thread *t)
{
	a->s = s;
	a->at = state_parent(s, t);
	a->ahead = parent_of(a, a->at);
	if (a->at && a->at->tid == -1)
		a->at = NULL;
	return a->at;
}

const struct thread *ancestry_next(struct ancestry *a)
{
	a->at = parent_of(a, a->at);
	for (int i = 0; i < 2; i++) {
		a->ahead = parent_of(a, a->ahead);
		if (a->at && (a->at == a->ahead || a->at->tid == a->at->ptid))
			a->at = NULL;
	}
	if (a->at && a->at->tid == -1)
		a->at = NULL;
	return a->at;
}

const struct thread *ancestor_process(const struct state *s, const struct thread *t, int64_t n)
{
	const struct thread *at = thread_leader(t);

	/* No chain is longer than there are threads; a loop or a negative n (Falco reads it as a
	 * large one) ends here. */
	if (n < 0 || n > STATE_MAX_THREADS)
		return NULL;
	for (; at && n > 0; n--) {
		at = state_parent(s, at);
		if (at)
			at = thread_leader(at);
	}
	return at;
}

static int64_t id_of(const struct thread *t, enum group_id id)
{
	return id == GROUP_SID ? t->sid : id == GROUP_VPGID ? t->vpgid : t->pgid;
}

const struct thread *group_leader(const struct state *s, const struct thread *t, enum group_id id)
{
	const int64_t wanted = id_of(t, id);
	const struct thread *leader = NULL;
	struct ancestry a;

	if (wanted == -1)
		return NULL;
	if (id == GROUP_PGID || !thread_in_pidns(t))
		leader = state_thread(s, wanted);
	if (leader)
		return leader;
	for (const struct thread *p = ancestry_first(&a, s, t); p && id_of(p, id) == wanted;
	     p = ancestry_next(&a))
		leader = p;
	return leader;
}
