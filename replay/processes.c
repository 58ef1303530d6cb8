#include "replay/processes.h"

#include "format/base/arena.h"
#include "format/base/buf.h"
#include "format/base/hash.h"
#include "format/base/strmap.h"

#include <stdlib.h>

enum { SLOTS_MIN = 256, MAX_LIVE = STATE_MAX_THREADS, MAX_ANCESTORS = 64 };

/* A process that may still do something. */
struct live {
	int64_t pid;
	int64_t process_id; /* 0: the slot is free */
	int64_t program_id;
	uint64_t clone_ts;
	bool ended;  /* kept for what comes after its exit; forgotten when room is needed */
	bool orphan; /* its parent is to be looked up when the list at the start is complete */
};

struct processes {
	struct store *store;
	struct live *slots; /* open addressing by pid */
	uint32_t nslots, used, norphans;
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
	p->norphans = 0;
}

/* --- programs and containers --- */

/* The process that a thread belongs to; a thread without one stands for itself. */
static int64_t pid_of(const struct thread *t)
{
	return t->pid > 0 ? t->pid : t->tid;
}

static int put_container(struct processes *p, const struct state *state, struct sv id,
			 struct err *err)
{
	const struct container *c = state_container(state, id);
	const struct store_container row = { .id = id,
					     .full_id = c ? text_sv(c->full_id) : id,
					     .type = sv_of(c && c->type ? c->type : ""),
					     .name = c ? text_sv(c->name) : SV(""),
					     .image = c ? text_sv(c->image) : SV("") };

	return store_container(p->store, &row, err);
}

static int note_container(struct processes *p, const struct state *state, struct sv id,
			  struct err *err)
{
	if (id.n == 0 || strmap_has(&p->containers, id))
		return 0;
	struct sv kept = arena_sv(&p->names, id);

	if (!kept.p || !strmap_put(&p->containers, kept, 0))
		return err_set(err, ERR_NOMEM, "out of memory");
	return put_container(p, state, id, err);
}

/* comm and arguments, as in proc.cmdline. */
static struct sv cmdline_of(struct processes *p, const struct thread *t)
{
	struct sv rest = text_sv(t->args), item;

	buf_clear(&p->cmdline);
	buf_putsv(&p->cmdline, text_sv(t->comm));
	while (sv_next_item(&rest, &item)) {
		buf_putc(&p->cmdline, ' ');
		buf_putsv(&p->cmdline, item);
	}
	return p->cmdline.failed ? SV("") : buf_sv(&p->cmdline);
}

/* shown_by: the event that made it known, NULL: it ran before the trace, or nobody knows. */
static int put_program(struct processes *p, const struct state *state, struct live *l,
		       const struct thread *t, const struct event *shown_by, struct err *err)
{
	struct sv container_id = text_sv(t->container_id);
	const struct user *known = state_user(state, container_id, t->uid);
	/* As user.name: uid 0 has its name everywhere. */
	struct sv user = known ? text_sv(known->name) : t->uid == 0 ? SV("root") : SV("");
	const struct store_program row = { .process_id = l->process_id,
					   .since_ns = shown_by ? shown_by->ts_ns : 0,
					   .evt_num = shown_by ? shown_by->num : 0,
					   .comm = text_sv(t->comm),
					   .exe = text_sv(t->exe),
					   .exepath = text_sv(t->exepath),
					   .cmdline = cmdline_of(p, t),
					   .cwd = thread_cwd(t),
					   .user = user,
					   .uid = t->uid,
					   .loginuid = t->loginuid,
					   .tty = t->tty,
					   .container_id = container_id };

	if (note_container(p, state, container_id, err) < 0)
		return -1;
	return store_program(p->store, &row, &l->program_id, err);
}

/* --- processes --- */

static int add(struct processes *p, const struct state *state, const struct thread *t,
	       int64_t parent_id, const struct event *shown_by, struct live **out, struct err *err)
{
	const struct thread *parent = state_parent(state, t);
	const struct store_process row = { .parent_id = parent_id,
					   .pid = pid_of(t),
					   .ppid = parent ? pid_of(parent) : t->ptid,
					   .started_ns = t->clone_ts };

	*out = NULL;
	if (make_room(p, err) < 0)
		return -1;
	struct live *l = slot_of(p->slots, p->nslots, row.pid);

	if (!l->process_id && p->used >= MAX_LIVE)
		return 0;
	p->used += !l->process_id;
	*l = (struct live){ .pid = row.pid, .clone_ts = t->clone_ts };
	if (store_process(p->store, &row, &l->process_id, err) < 0 ||
	    put_program(p, state, l, t, shown_by, err) < 0)
		return -1;
	*out = l;
	return 0;
}

static bool is_same(const struct live *l, const struct thread *t)
{
	return l && (l->clone_ts == t->clone_ts || !thread_is_main(t));
}

/*
 * The live process of thread t; if it is new, with those of its ancestors that are new as well.
 * *out is NULL when there is no room for it.
 */
static int ensure(struct processes *p, const struct state *state, const struct thread *t,
		  const struct event *shown_by, struct live **out, struct err *err)
{
	const struct thread *chain[MAX_ANCESTORS];
	size_t n = 0;
	int64_t parent_id = 0;

	for (const struct thread *at = t; at && n < MAX_ANCESTORS; at = state_parent(state, at)) {
		const struct thread *leader = thread_leader(at);
		const struct thread *who = leader ? leader : at;
		struct live *l = find(p, pid_of(who));

		if (is_same(l, who)) {
			if (n == 0) {
				*out = l;
				return 0;
			}
			parent_id = l->process_id;
			break;
		}
		chain[n++] = who;
	}
	while (n--) {
		/* A hostile trace may have processes that are their own ancestors. */
		struct live *l = find(p, pid_of(chain[n]));

		/* Only t is shown by this event; the ancestors were there before. */
		if (is_same(l, chain[n]))
			*out = l;
		else if (add(p, state, chain[n], parent_id, n == 0 ? shown_by : NULL, out, err) < 0)
			return -1;
		parent_id = *out ? (*out)->process_id : 0;
	}
	return 0;
}

int processes_program(struct processes *p, const struct state *state, const struct thread *t,
		      int64_t *program_id, struct err *err)
{
	struct live *l;

	if (ensure(p, state, t, NULL, &l, err) < 0)
		return -1;
	*program_id = l ? l->program_id : 0;
	return 0;
}

/* --- what records tell
 * ---------------------------------------------------------------------------- */

static int on_listed(struct processes *p, const struct proc_entry *entry, const struct state *state,
		     struct err *err)
{
	const struct thread *t = state_thread(state, entry->tid);
	struct live *l;

	if (!t || !thread_is_main(t))
		return 0;
	if (is_same(find(p, t->pid), t))
		return 0;
	if (add(p, state, t, 0, NULL, &l, err) < 0)
		return -1;
	if (l) {
		l->orphan = true;
		p->norphans++;
	}
	return 0;
}

/* The list at the start names children before their parents. */
static int adopt_orphans(struct processes *p, const struct state *state, struct err *err)
{
	for (uint32_t i = 0; i < p->nslots && p->norphans; i++) {
		struct live *l = &p->slots[i];
		const struct thread *t, *up;

		if (!l->process_id || !l->orphan)
			continue;
		l->orphan = false;
		t = state_thread(state, l->pid);
		up = t ? state_parent(state, t) : NULL;
		const struct live *parent = up ? find(p, pid_of(up)) : NULL;

		if (parent && parent != l &&
		    store_process_parent(p->store, l->process_id, parent->process_id, err) < 0)
			return -1;
	}
	p->norphans = 0;
	return 0;
}

static int on_clone(struct processes *p, const struct record *rec, const struct state *state,
		    struct err *err)
{
	const struct thread *child;
	struct live *l;
	int64_t res;

	if (!event_i64(&rec->event, 0, &res) || res < 0)
		return 0;
	child = res == 0 ? state->now.thread : state_thread(state, res);
	/* The caller's own event may come before the child is known: the child's will follow. */
	if (!child || thread_is_placeholder(child) || !thread_is_main(child))
		return 0;
	return ensure(p, state, child, &rec->event, &l, err);
}

static int on_exec(struct processes *p, const struct record *rec, const struct state *state,
		   struct err *err)
{
	const struct thread *t = state->now.thread;
	struct live *l;
	int64_t res;

	if (!t || !event_i64(&rec->event, 0, &res) || res < 0)
		return 0;
	l = find(p, pid_of(t));
	if (!is_same(l, t))
		return ensure(p, state, t, &rec->event, &l, err);
	return put_program(p, state, l, t, &rec->event, err);
}

static int on_exit(struct processes *p, const struct record *rec, const struct state *state,
		   struct err *err)
{
	const struct thread *t = state->now.thread;
	struct live *l = t && thread_is_main(t) ? find(p, pid_of(t)) : NULL;
	const struct event *ev = &rec->event;
	struct store_exit x = { .ended_ns = ev->ts_ns };
	struct sv signal = event_param(ev, 2);

	if (!is_same(l, t))
		return 0;
	x.process_id = l->process_id;
	x.has_status = event_i64(ev, 1, &x.code) && signal.n == 1;
	x.signal = x.has_status ? (uint8_t)signal.p[0] : 0;
	l->ended = true;
	return store_process_exit(p->store, &x, err);
}

/* Its metadata became known, or changed. */
static int on_container(struct processes *p, const struct state *state, struct err *err)
{
	struct sv id = text_sv(state->now.container->id);

	return id.n == 0 || sv_eq(id, SV("host")) ? 0 : put_container(p, state, id, err);
}

static int on_event(struct processes *p, const struct record *rec, const struct state *state,
		    struct err *err)
{
	if (p->norphans && adopt_orphans(p, state, err) < 0)
		return -1;
	if (state->now.container && on_container(p, state, err) < 0)
		return -1;
	switch (rec->event.type) {
	case EV_SYSCALL_CLONE_20_X:
	case EV_SYSCALL_FORK_20_X:
	case EV_SYSCALL_VFORK_20_X:
	case EV_SYSCALL_CLONE3_X:
		return on_clone(p, rec, state, err);
	case EV_SYSCALL_EXECVE_19_X:
	case EV_SYSCALL_EXECVEAT_X:
		return on_exec(p, rec, state, err);
	case EV_PROCEXIT_1_E:
		return on_exit(p, rec, state, err);
	default:
		return 0;
	}
}

int processes_record(struct processes *p, const struct record *rec, const struct state *state,
		     struct err *err)
{
	if (rec->kind == RECORD_EVENT)
		return on_event(p, rec, state, err);
	if (rec->kind == RECORD_PROC)
		return on_listed(p, &rec->proc, state, err);
	if (rec->kind == RECORD_SECTION)
		forget_all(p);
	return 0;
}
