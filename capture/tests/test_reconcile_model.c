/*
 * A host in miniature lives on while it is scanned: processes fork, exec, open, close, duplicate
 * and exit at random, a scanner walks over them with the same interleavings as the real one (a
 * process's fds are read later than its name).  Whatever the seed: scan + kept events == what is
 * really there.
 */
#include "capture/reconcile.h"
#include "engine/state/fd_table.h"
#include "engine/tests/play.h"

#include <stdio.h>

enum { PIDS = 4096, FDS = 8, LOG_MAX = 20000, RECORDS_MAX = 40000, PASSES = 4 };

struct sim {
	bool alive;
	int parent;
	int life;     /* which process of this number it is */
	bool asleep;  /* made, and has not run yet */
	int makes;    /* the child that its call of fork, which has not returned, made */
	int program;  /* its comm is "p<program>" */
	int fds[FDS]; /* file number, 0: closed */
};

enum op { OP_FORK_CHILD, OP_FORK_PARENT, OP_EXEC, OP_OPEN, OP_CLOSE, OP_DUP, OP_EXIT };

struct logged {
	enum op op;
	int pid, a, b;
	uint64_t ts_ns;
};

struct world {
	uint64_t rand, ts_ns;
	struct sim p[PIDS];
	int next_pid, next_life, next_program, next_file, last_pid;
	struct logged log[LOG_MAX];
	size_t nlog;
	struct record records[RECORDS_MAX];
	char names[RECORDS_MAX][16];
	size_t nrecords;
	struct reconcile *r;
};

static uint32_t random_below(struct world *w, uint32_t n)
{
	w->rand = w->rand * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(w->rand >> 33) % n;
}

static void log_op(struct world *w, enum op op, int pid, int a, int b)
{
	assert_true(w->nlog < LOG_MAX);
	w->ts_ns += 10;
	w->log[w->nlog++] = (struct logged){ op, pid, a, b, w->ts_ns };
}

static int living(struct world *w)
{
	for (;;) {
		int pid = 1 + (int)random_below(w, (uint32_t)w->last_pid);

		if (w->p[pid].alive)
			return pid;
	}
}

static void do_fork(struct world *w, int pid)
{
	int child = w->next_pid;

	for (int tries = 0; w->p[child].alive || child < 2; child++, tries++) {
		if (child >= w->last_pid)
			child = 1;
		if (tries > 2 * PIDS)
			return;
	}
	w->next_pid = child >= w->last_pid - 1 ? 2 : child + 1;
	w->p[child] = w->p[pid];
	w->p[child].parent = pid;
	w->p[child].life = ++w->next_life;
	w->p[child].asleep = true;
	w->p[pid].makes = child;
}

/* The first thing that one of them does is to return from fork. */
static bool returns(struct world *w, int pid)
{
	struct sim *p = &w->p[pid];

	if (p->asleep) {
		p->asleep = false;
		log_op(w, OP_FORK_CHILD, pid, p->parent, p->program);
		return true;
	}
	if (p->makes) {
		log_op(w, OP_FORK_PARENT, pid, p->makes, p->program);
		p->makes = 0;
		return true;
	}
	return false;
}

static void do_exit(struct world *w, int pid)
{
	if (pid == 1)
		return;
	w->p[pid].alive = false;
	for (int i = 1; i < PIDS; i++) {
		if (w->p[i].alive && w->p[i].parent == pid)
			w->p[i].parent = 1;
	}
	log_op(w, OP_EXIT, pid, 0, 0);
}

static void step(struct world *w)
{
	int pid = living(w), fd = (int)random_below(w, FDS), to = (int)random_below(w, FDS);
	struct sim *p = &w->p[pid];

	if (returns(w, pid))
		return;
	switch (random_below(w, 8)) {
	case 0:
		do_fork(w, pid);
		break;
	case 1:
		do_exit(w, pid);
		break;
	case 2:
		p->program = w->next_program++;
		log_op(w, OP_EXEC, pid, p->program, 0);
		break;
	case 3:
	case 4:
		if (p->fds[fd])
			break;
		p->fds[fd] = w->next_file++;
		log_op(w, OP_OPEN, pid, fd, p->fds[fd]);
		break;
	case 5:
	case 6:
		if (!p->fds[fd])
			break;
		p->fds[fd] = 0;
		log_op(w, OP_CLOSE, pid, fd, 0);
		break;
	default:
		/* Never onto an fd in use: what a duplicate was of is read from the state. */
		if (!p->fds[fd] || p->fds[to] || fd == to)
			break;
		p->fds[to] = p->fds[fd];
		log_op(w, OP_DUP, pid, fd, to);
		break;
	}
}

static void live(struct world *w, uint32_t most)
{
	for (uint32_t n = random_below(w, most + 1); n > 0; n--)
		step(w);
}

/* --- the scanner --- */

static struct record *tell(struct world *w, struct record rec)
{
	assert_true(w->nrecords < RECORDS_MAX);
	w->records[w->nrecords] = rec;
	return &w->records[w->nrecords++];
}

static struct sv number_name(struct world *w, char kind, int number)
{
	char *out = w->names[w->nrecords];

	snprintf(out, sizeof *w->names, "%c%d", kind, number);
	return sv_of(out);
}

/* False: it vanished before anything was told of it. */
static bool scan_one(struct world *w, int pid)
{
	struct err err = { 0 };
	uint64_t from_ns = ++w->ts_ns;
	int life = w->p[pid].life;

	live(w, 1);
	if (!w->p[pid].alive || w->p[pid].life != life)
		return false;
	tell(w, (struct record){ .kind = RECORD_PROC,
				 .proc = { .tid = pid,
					   .pid = pid,
					   .ptid = w->p[pid].parent,
					   .vtid = pid,
					   .vpid = pid,
					   .comm = number_name(w, 'p', w->p[pid].program),
					   .cwd = SV("/") } });
	assert_int_equal(reconcile_seen(w->r, pid, from_ns, &err), 0);
	for (int fd = 0; fd < FDS; fd++) {
		live(w, 1);
		if (!w->p[pid].alive || w->p[pid].life != life)
			break;
		if (w->p[pid].fds[fd])
			tell(w, (struct record){
					.kind = RECORD_FD,
					.fd = { .tid = pid,
						.fd = fd,
						.type = FD_FILE_V2,
						.name = number_name(w, '/', w->p[pid].fds[fd]) } });
	}
	return true;
}

static void scan(struct world *w)
{
	static bool told[PIDS];
	bool more = true;

	memset(told, 0, sizeof told);
	for (int i = 0; i < PASSES && more; i++) {
		more = false;
		for (int pid = 1; pid <= w->last_pid; pid++) {
			if (told[pid] || !w->p[pid].alive)
				continue;
			told[pid] = scan_one(w, pid);
			more |= told[pid];
		}
	}
	reconcile_scanned(w->r, ++w->ts_ns);
}

/* --- the events --- */

/* One event with its parameters' bytes. */
struct maker {
	struct event ev;
	char bytes[512];
	size_t used;
};

static void add(struct maker *m, const void *p, size_t n)
{
	memcpy(m->bytes + m->used, p, n);
	m->ev.params[m->ev.nparams++] = (struct sv){ m->bytes + m->used, n };
	m->used += n;
}

static void add_i64(struct maker *m, int64_t v)
{
	add(m, &v, sizeof v);
}

static void add_u32(struct maker *m, uint32_t v)
{
	add(m, &v, sizeof v);
}

static void add_text(struct maker *m, const char *text)
{
	add(m, text, strlen(text) + 1);
}

/* The parameters that clone and execve exits have in common, 0 to 14. */
static void add_common(struct maker *m, int64_t res, int64_t tid, int64_t ptid, const char *comm)
{
	add_i64(m, res);
	add_text(m, comm);
	add(m, "", 0);
	add_i64(m, tid);
	add_i64(m, tid);
	add_i64(m, ptid);
	add_text(m, "");
	add_i64(m, 1024);
	add_i64(m, 0);
	add_i64(m, 0);
	add_u32(m, 0);
	add_u32(m, 0);
	add_u32(m, 0);
	add_text(m, comm);
	add(m, "", 0);
}

static void make_clone(struct maker *m, int64_t res, int64_t tid, int64_t ptid, const char *comm)
{
	m->ev.type = EV_SYSCALL_CLONE_20_X;
	add_common(m, res, tid, ptid, comm);
	add_u32(m, 0);
	add_u32(m, 0);
	add_u32(m, 0);
	add_i64(m, tid);
	add_i64(m, tid);
	add_i64(m, 0);
}

static void make_exec(struct maker *m, int64_t tid, int64_t ptid, const char *comm)
{
	m->ev.type = EV_SYSCALL_EXECVE_19_X;
	add_common(m, 0, tid, ptid, comm);
	add(m, "", 0);
	add_u32(m, 0);
	add_i64(m, tid);
	add_u32(m, UINT32_MAX);
	add_u32(m, 0);
}

static void make_event(struct maker *m, const struct world *w, const struct logged *l)
{
	char text[16];

	*m = (struct maker){ .ev = { .tid = l->pid, .ts_ns = l->ts_ns } };
	snprintf(text, sizeof text, "p%d", l->op == OP_EXEC ? l->a : l->b);
	switch (l->op) {
	case OP_FORK_CHILD:
		make_clone(m, 0, l->pid, l->a, text);
		break;
	case OP_FORK_PARENT:
		make_clone(m, l->a, l->pid, w->p[l->pid].parent, text);
		break;
	case OP_EXEC:
		make_exec(m, l->pid, w->p[l->pid].parent, text);
		break;
	case OP_OPEN:
		m->ev.type = EV_SYSCALL_OPENAT_2_X;
		snprintf(text, sizeof text, "/%d", l->b);
		add_i64(m, l->a);
		add_i64(m, -100);
		add_text(m, text);
		add_u32(m, 1);
		add_u32(m, 0);
		add_u32(m, 0);
		add_i64(m, 0);
		break;
	case OP_CLOSE:
		m->ev.type = EV_SYSCALL_CLOSE_X;
		add_i64(m, 0);
		add_i64(m, l->a);
		break;
	case OP_DUP:
		m->ev.type = EV_SYSCALL_DUP3_X;
		add_i64(m, l->b);
		add_i64(m, l->a);
		add_i64(m, l->b);
		add_u32(m, 0);
		break;
	case OP_EXIT:
		m->ev.type = EV_PROCEXIT_1_E;
		add_i64(m, 0);
		add_i64(m, 0);
		add(m, "", 1);
		add(m, "", 1);
		add_i64(m, 1);
		break;
	}
	m->ev.desc = schema_event(m->ev.type);
}

/* --- the comparison --- */

static void compare_fds(const struct world *w, const struct thread *t, uint64_t seed)
{
	for (int fd = 0; fd < FDS; fd++) {
		int file = w->p[t->tid].fds[fd];
		const struct fd *f = fd_table_get(thread_fds(t), fd);
		char want[16];

		snprintf(want, sizeof want, "/%d", file);
		if (!file && f)
			fail_msg("seed %u: %d has fd %d " SV_FMT " and should not", (unsigned)seed,
				 (int)t->tid, fd, SV_ARG(text_sv(f->name)));
		if (file && (!f || !sv_eq(text_sv(f->name), sv_of(want))))
			fail_msg("seed %u: %d's fd %d is " SV_FMT ", not %s", (unsigned)seed,
				 (int)t->tid, fd, SV_ARG(f ? text_sv(f->name) : SV("closed")),
				 want);
	}
}

static void compare(const struct world *w, const struct state *s, uint64_t seed)
{
	for (int pid = 1; pid < PIDS; pid++) {
		const struct thread *t = state_thread(s, pid);
		char comm[16];

		if (w->p[pid].alive != (t != NULL))
			fail_msg("seed %u: %d is %s and the state says otherwise", (unsigned)seed,
				 pid, t ? "gone" : "there");
		if (!t)
			continue;
		snprintf(comm, sizeof comm, "p%d", w->p[pid].program);
		if (!sv_eq(text_sv(t->comm), sv_of(comm)))
			fail_msg("seed %u: %d runs " SV_FMT ", not %s", (unsigned)seed, pid,
				 SV_ARG(text_sv(t->comm)), comm);
		compare_fds(w, t, seed);
	}
}

static void play_back(struct world *w, uint64_t seed)
{
	struct state *s = state_new();
	struct maker *m = calloc(1, sizeof *m);
	struct err err = { 0 };

	assert_int_equal(state_meta(s, &(struct record){ .kind = RECORD_SECTION }, &err), 0);
	for (size_t i = 0; i < w->nrecords; i++)
		assert_int_equal(state_meta(s, &w->records[i], &err), 0);
	for (size_t i = 0; i < w->nlog; i++) {
		make_event(m, w, &w->log[i]);
		if (reconcile_keeps(w->r, &m->ev))
			assert_int_equal(state_event(s, &m->ev, &err), 0);
	}
	/* What the last event left to do is done before the next one. */
	*m = (struct maker){
		.ev = { .tid = 1, .ts_ns = w->ts_ns + 1, .type = EV_SYSCALL_CLOSE_X }
	};
	m->ev.desc = schema_event(m->ev.type);
	add_i64(m, -9);
	add_i64(m, 999);
	assert_int_equal(state_event(s, &m->ev, &err), 0);
	compare(w, s, seed);
	state_free(s);
	free(m);
}

static void try_seed(struct world *w, uint64_t seed, int last_pid)
{
	*w = (struct world){ .rand = seed, .next_pid = 2, .next_program = 2, .next_file = 1 };
	w->last_pid = last_pid;
	w->p[1] = (struct sim){ .alive = true, .program = 1 };
	w->r = reconcile_new();
	for (int i = 0; i < 300; i++)
		step(w);
	w->nlog = 0;
	/* The driver starts; calls under way are seen when they return.  Not those whose child has
	 * ended before that already: nothing would tell of the end, and the child would seem to
	 * live on. */
	for (int pid = 1; pid < PIDS; pid++) {
		if (!w->p[w->p[pid].makes].alive)
			w->p[pid].makes = 0;
	}
	live(w, 20);
	scan(w);
	for (int i = 0; i < 200; i++)
		step(w);
	for (int pid = 1; pid < PIDS; pid++) {
		while (w->p[pid].alive && returns(w, pid))
			;
	}
	play_back(w, seed);
	reconcile_free(w->r);
}

static void scan_and_events_add_up_whatever_the_interleaving(void **state)
{
	struct world *w = malloc(sizeof *w);

	(void)state;
	for (uint64_t seed = 1; seed <= 120; seed++)
		try_seed(w, seed, seed % 2 ? PIDS - 1 : 400);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scan_and_events_add_up_whatever_the_interleaving),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
