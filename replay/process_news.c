#include "replay/process_news.h"

#include <stdlib.h>

/* The process that a thread belongs to; a thread without one stands for itself. */
static int64_t pid_of(const struct thread *t)
{
	return t->pid > 0 ? t->pid : t->tid;
}

/* --- lineages --- */

bool lineage_next(struct lineage_walk *w, struct ancestor *out)
{
	const struct lineage *l = w->lineage;
	const struct thread *leader, *who;

	if (w->n == LINEAGE_MAX)
		return false;
	if (!l->state) {
		if (w->n == l->ntold)
			return false;
		*out = l->told[w->n++];
		return true;
	}
	if (!w->at)
		return false;
	leader = thread_leader(w->at);
	who = leader ? leader : w->at;
	*out = (struct ancestor){ .pid = pid_of(who),
				  .clone_ts = who->clone_ts,
				  .is_main = thread_is_main(who),
				  .thread = who };
	w->at = state_parent(l->state, w->at);
	w->n++;
	return true;
}

/* comm and arguments, as in proc.cmdline. */
static struct sv cmdline_of(struct buf *out, const struct thread *t)
{
	struct sv rest = text_sv(t->args), item;

	buf_clear(out);
	buf_putsv(out, text_sv(t->comm));
	while (sv_next_item(&rest, &item)) {
		buf_putc(out, ' ');
		buf_putsv(out, item);
	}
	return out->failed ? SV("") : buf_sv(out);
}

static struct store_container container_of(const struct state *state, struct sv id)
{
	const struct container *c = id.n ? state_container(state, id) : NULL;

	return (struct store_container){ .id = id,
					 .full_id = c ? text_sv(c->full_id) : id,
					 .type = sv_of(c && c->type ? c->type : ""),
					 .name = c ? text_sv(c->name) : SV(""),
					 .image = c ? text_sv(c->image) : SV("") };
}

static void look_at(const struct state *state, const struct thread *t, struct buf *cmdline,
		    struct process_look *out)
{
	const struct thread *parent = state_parent(state, t);
	struct sv container_id = text_sv(t->container_id);
	const struct user *known = state_user(state, container_id, t->uid);
	/* As user.name: uid 0 has its name everywhere. */
	struct sv user = known ? text_sv(known->name) : t->uid == 0 ? SV("root") : SV("");

	*out = (struct process_look){
		.ppid = parent ? pid_of(parent) : t->ptid,
		.program = { .comm = text_sv(t->comm),
			     .exe = text_sv(t->exe),
			     .exepath = text_sv(t->exepath),
			     .cmdline = cmdline_of(cmdline, t),
			     .cwd = thread_cwd(t),
			     .user = user,
			     .uid = t->uid,
			     .loginuid = t->loginuid,
			     .tty = t->tty,
			     .container_id = container_id },
		.container = container_of(state, container_id),
	};
}

bool ancestor_look(const struct lineage *l, const struct ancestor *a, struct buf *cmdline,
		   struct process_look *out)
{
	if (l->state)
		look_at(l->state, a->thread, cmdline, out);
	else if (a->look)
		*out = *a->look;
	return l->state || a->look;
}

void news_look(const struct process_news *n, struct buf *cmdline, struct process_look *out)
{
	if (n->look)
		*out = *n->look;
	else
		look_at(n->who.state, n->who.thread, cmdline, out);
}

/* --- watching --- */

/* Where news of one record go. */
struct telling {
	struct process_watch *watch;
	const struct record *rec;
	const struct state *state;
	process_news_fn *tell;
	void *arg;
};

void process_watch_deinit(struct process_watch *w)
{
	free(w->listed);
	*w = (struct process_watch){ 0 };
}

static int tell_of(const struct telling *t, enum news_kind kind, const struct thread *thread,
		   struct err *err)
{
	const struct process_news n = { .kind = kind,
					.num = t->rec->event.num,
					.ts_ns = t->rec->event.ts_ns,
					.who = { .state = t->state, .thread = thread } };

	return t->tell(t->arg, &n, err);
}

static int on_section(const struct telling *t, struct err *err)
{
	const struct process_news n = { .kind = NEWS_SECTION };

	t->watch->n = 0;
	return t->tell(t->arg, &n, err);
}

static int on_listed(const struct telling *t, struct err *err)
{
	struct process_watch *w = t->watch;
	const struct thread *thread = state_thread(t->state, t->rec->proc.tid);

	if (!thread || !thread_is_main(thread))
		return 0;
	if (w->n == w->cap) {
		size_t cap = w->cap ? 2 * w->cap : 64;
		int64_t *listed = realloc(w->listed, cap * sizeof *listed);

		if (!listed)
			return err_set(err, ERR_NOMEM, "out of memory");
		w->listed = listed;
		w->cap = cap;
	}
	w->listed[w->n++] = pid_of(thread);

	const struct process_news n = { .kind = NEWS_LISTED,
					.who = { .state = t->state, .thread = thread } };
	return t->tell(t->arg, &n, err);
}

/* The list at the start names children before their parents. */
static int tell_parents(const struct telling *t, struct err *err)
{
	struct process_watch *w = t->watch;

	for (size_t i = 0; i < w->n; i++) {
		const struct thread *thread = state_thread(t->state, w->listed[i]);
		const struct thread *up = thread ? state_parent(t->state, thread) : NULL;
		const struct process_news n = { .kind = NEWS_PARENT,
						.pid = w->listed[i],
						.parent_pid = up ? pid_of(up) : 0 };

		if (t->tell(t->arg, &n, err) < 0)
			return -1;
	}
	w->n = 0;
	return 0;
}

/* Its metadata became known, or changed. */
static int on_container(const struct telling *t, struct err *err)
{
	struct sv id = text_sv(t->state->now.container->id);
	struct process_news n = { .kind = NEWS_CONTAINER };

	if (id.n == 0 || sv_eq(id, SV("host")))
		return 0;
	n.container = container_of(t->state, id);
	return t->tell(t->arg, &n, err);
}

static int on_clone(const struct telling *t, struct err *err)
{
	const struct thread *child;
	int64_t res;

	if (!event_i64(&t->rec->event, 0, &res) || res < 0)
		return 0;
	child = res == 0 ? t->state->now.thread : state_thread(t->state, res);
	/* The caller's own event may come before the child is known: the child's will follow. */
	if (!child || thread_is_placeholder(child) || !thread_is_main(child))
		return 0;
	return tell_of(t, NEWS_STARTED, child, err);
}

static int on_exec(const struct telling *t, struct err *err)
{
	const struct thread *thread = t->state->now.thread;
	int64_t res;

	if (!thread || !event_i64(&t->rec->event, 0, &res) || res < 0)
		return 0;
	return tell_of(t, NEWS_PROGRAM, thread, err);
}

static int on_exit(const struct telling *t, struct err *err)
{
	const struct thread *thread = t->state->now.thread;
	const struct event *ev = &t->rec->event;
	struct sv signal = event_param(ev, 2);
	struct process_news n = { .kind = NEWS_ENDED,
				  .num = ev->num,
				  .ts_ns = ev->ts_ns,
				  .who = { .state = t->state, .thread = thread },
				  .exit.ended_ns = ev->ts_ns };

	if (!thread || !thread_is_main(thread))
		return 0;
	n.exit.has_status = event_i64(ev, 1, &n.exit.code) && signal.n == 1;
	n.exit.signal = n.exit.has_status ? (uint8_t)signal.p[0] : 0;
	return t->tell(t->arg, &n, err);
}

static int on_event(const struct telling *t, struct err *err)
{
	if (t->watch->n && tell_parents(t, err) < 0)
		return -1;
	if (t->state->now.container && on_container(t, err) < 0)
		return -1;
	switch (t->rec->event.type) {
	case EV_SYSCALL_CLONE_20_X:
	case EV_SYSCALL_FORK_20_X:
	case EV_SYSCALL_VFORK_20_X:
	case EV_SYSCALL_CLONE3_X:
		return on_clone(t, err);
	case EV_SYSCALL_EXECVE_19_X:
	case EV_SYSCALL_EXECVEAT_X:
		return on_exec(t, err);
	case EV_PROCEXIT_1_E:
		return on_exit(t, err);
	default:
		return 0;
	}
}

int process_watch_record(struct process_watch *w, const struct record *rec,
			 const struct state *state, process_news_fn *tell, void *arg,
			 struct err *err)
{
	const struct telling t = {
		.watch = w, .rec = rec, .state = state, .tell = tell, .arg = arg
	};

	if (rec->kind == RECORD_EVENT)
		return on_event(&t, err);
	if (rec->kind == RECORD_PROC)
		return on_listed(&t, err);
	if (rec->kind == RECORD_SECTION)
		return on_section(&t, err);
	return 0;
}

static int tell_list(struct thread *const *threads, const struct state *state,
		     process_news_fn *tell, void *arg, struct err *err)
{
	const struct process_news section = { .kind = NEWS_SECTION };

	if (tell(arg, &section, err) < 0)
		return -1;
	for (size_t i = 0; i < state->nthreads; i++) {
		const struct process_news n = { .kind = NEWS_LISTED,
						.who = { .state = state, .thread = threads[i] } };

		if (thread_is_main(threads[i]) && tell(arg, &n, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < state->nthreads; i++) {
		const struct thread *up = state_parent(state, threads[i]);
		const struct process_news n = { .kind = NEWS_PARENT,
						.pid = pid_of(threads[i]),
						.parent_pid = up ? pid_of(up) : 0 };

		if (thread_is_main(threads[i]) && tell(arg, &n, err) < 0)
			return -1;
	}
	return 0;
}

int process_watch_list(const struct state *state, process_news_fn *tell, void *arg, struct err *err)
{
	struct thread **threads = state_threads(state);

	if (!threads)
		return err_set(err, ERR_NOMEM, "out of memory");
	int rc = tell_list(threads, state, tell, arg, err);

	free(threads);
	return rc;
}
