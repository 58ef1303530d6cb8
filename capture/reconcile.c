#include "capture/reconcile.h"

#include <stdlib.h>

/*
 * Behind the end of the scan: how long a CPU may be late, and a new thread wait for its first turn.
 */
enum { LATE_NS = 2000000000 };

struct thread_seen {
	int64_t tid; /* 0: a free slot */
	uint64_t from_ns;
	bool scanned; /* else born by an event that was kept */
};

struct reconcile {
	struct thread_seen *slots; /* open addressing by tid; freed when the scan lies behind */
	size_t n, cap;
	uint64_t end_ns; /* of the scan; UINT64_MAX while it runs */
	bool let_go;
	struct reconcile_stats stats;
};

struct reconcile *reconcile_new(void)
{
	struct reconcile *r = calloc(1, sizeof *r);

	if (r)
		r->end_ns = UINT64_MAX;
	return r;
}

void reconcile_free(struct reconcile *r)
{
	if (!r)
		return;
	free(r->slots);
	free(r);
}

static struct thread_seen *slot_of(struct thread_seen *slots, size_t cap, int64_t tid)
{
	size_t i = (size_t)((uint64_t)tid * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (cap - 1);

	while (slots[i].tid && slots[i].tid != tid)
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

static bool grow(struct reconcile *r)
{
	size_t cap = r->cap ? r->cap * 2 : 1024;
	struct thread_seen *slots = calloc(cap, sizeof *slots);

	if (!slots)
		return false;
	for (size_t i = 0; i < r->cap; i++) {
		if (r->slots[i].tid)
			*slot_of(slots, cap, r->slots[i].tid) = r->slots[i];
	}
	free(r->slots);
	r->slots = slots;
	r->cap = cap;
	return true;
}

static bool put(struct reconcile *r, int64_t tid, uint64_t from_ns, bool scanned)
{
	if (tid <= 0)
		return true;
	if (r->n * 2 >= r->cap && !grow(r))
		return false;
	struct thread_seen *t = slot_of(r->slots, r->cap, tid);
	r->n += t->tid == 0;
	*t = (struct thread_seen){ tid, from_ns, scanned };
	return true;
}

static struct thread_seen *find(const struct reconcile *r, int64_t tid)
{
	struct thread_seen *t = r->cap && tid > 0 ? slot_of(r->slots, r->cap, tid) : NULL;

	return t && t->tid ? t : NULL;
}

/* --- the events --- */

/* Parameters of clone, clone3, fork and vfork exits. */
enum { P_RES = 0, P_PID = 4, P_PTID = 5, P_VTID = 18 };

static bool is_clone(uint16_t type)
{
	return type == EV_SYSCALL_CLONE_20_X || type == EV_SYSCALL_CLONE3_X ||
	       type == EV_SYSCALL_FORK_20_X || type == EV_SYSCALL_VFORK_20_X;
}

/* A new thread's own event, when its parent or its group is known. */
static bool is_born(struct reconcile *r, const struct event *ev)
{
	int64_t res, pid, ptid;

	if (!is_clone(ev->type) || !event_i64(ev, P_RES, &res) || res != 0 ||
	    !event_i64(ev, P_PID, &pid) || !event_i64(ev, P_PTID, &ptid))
		return false;
	return find(r, ptid) || find(r, pid);
}

/*
 * The thread that a caller's event tells of, by a number that means the same to everybody; 0: none.
 */
static int64_t child_of(const struct event *ev)
{
	int64_t res, vtid;

	if (!is_clone(ev->type) || !event_i64(ev, P_RES, &res) || res <= 0)
		return 0;
	return event_i64(ev, P_VTID, &vtid) && vtid != ev->tid ? 0 : res;
}

/*
 * Does it make a thread that the scan tells of?  A new thread can be scanned before it runs for the
 * first time, and before its creator's call returns: both events are younger than the scan then.
 */
static bool makes_known(const struct reconcile *r, const struct event *ev)
{
	int64_t res;

	if (!is_clone(ev->type) || !event_i64(ev, P_RES, &res) || res < 0)
		return false;
	const struct thread_seen *t = find(r, res ? child_of(ev) : ev->tid);
	return t && t->scanned;
}

static bool keeps(struct reconcile *r, const struct event *ev)
{
	struct thread_seen *t = find(r, ev->tid);

	if (ev->tid <= 0)
		return true;
	if (t && t->scanned && ev->ts_ns < t->from_ns) {
		r->stats.before_scan++;
		return false;
	}
	if (!t && ev->ts_ns < r->end_ns && !is_born(r, ev)) {
		r->stats.gone++;
		return false;
	}
	if (makes_known(r, ev)) {
		r->stats.known_child++;
		return false;
	}
	/* Its number may be given anew. */
	if (t && ev->type == EV_PROCEXIT_1_E)
		t->scanned = false;
	/* Without memory a few more events count as those of unknown processes. */
	int64_t child = child_of(ev);
	if (ev->ts_ns >= r->end_ns)
		return true;
	if (!t)
		put(r, ev->tid, ev->ts_ns, false);
	if (child && !find(r, child))
		put(r, child, ev->ts_ns, false);
	r->stats.kept++;
	return true;
}

static void let_go(struct reconcile *r)
{
	free(r->slots);
	r->slots = NULL;
	r->n = r->cap = 0;
	r->let_go = true;
}

bool reconcile_keeps(struct reconcile *r, const struct event *ev)
{
	if (r->let_go)
		return true;
	if (ev->ts_ns < r->end_ns || ev->ts_ns - r->end_ns <= LATE_NS)
		return keeps(r, ev);
	let_go(r);
	return true;
}

int reconcile_seen(struct reconcile *r, int64_t tid, uint64_t from_ns, struct err *err)
{
	return put(r, tid, from_ns, true) ? 0 : err_set(err, ERR_NOMEM, "no memory for the scan");
}

void reconcile_scanned(struct reconcile *r, uint64_t end_ns)
{
	r->end_ns = end_ns;
}

struct reconcile_stats reconcile_stats(const struct reconcile *r)
{
	return r->stats;
}
