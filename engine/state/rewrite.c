/* Texts of a state through other hands, as the records that would tell of them. */
#include "engine/state/tables.h"
#include "engine/state/thread_table.h"

struct rewriting {
	struct state *s;
	state_rewriter *rewrite;
	void *arg;
	struct err *err;
};

static int rewrite(struct rewriting *w, struct record *rec)
{
	return w->rewrite(w->arg, rec, w->err);
}

static int rewrite_users(struct rewriting *w)
{
	const struct credentials *users = &w->s->tables->users, *groups = &w->s->tables->groups;

	for (uint32_t i = 0; i < users->nslots; i++) {
		struct credential *c = users->slots[i];
		struct record rec = { .kind = RECORD_USER };

		if (!c)
			continue;
		rec.user = (struct user_entry){ c->id, c->user.gid, text_sv(c->user.name),
						text_sv(c->user.homedir), text_sv(c->user.shell) };
		if (rewrite(w, &rec) < 0)
			return -1;
		state_set_text(w->s, &c->user.name, rec.user.name);
		state_set_text(w->s, &c->user.homedir, rec.user.homedir);
		state_set_text(w->s, &c->user.shell, rec.user.shell);
	}
	for (uint32_t i = 0; i < groups->nslots; i++) {
		struct credential *c = groups->slots[i];
		struct record rec = { .kind = RECORD_GROUP };

		if (!c)
			continue;
		rec.group = (struct group_entry){ c->id, text_sv(c->group.name) };
		if (rewrite(w, &rec) < 0)
			return -1;
		state_set_text(w->s, &c->group.name, rec.group.name);
	}
	return 0;
}

static int rewrite_thread(struct rewriting *w, struct thread *t)
{
	struct record rec = { .kind = RECORD_PROC,
			      .proc = { .tid = t->tid,
					.pid = t->pid,
					.comm = text_sv(t->comm),
					.exe = text_sv(t->exe),
					.exepath = text_sv(t->exepath),
					.cwd = text_sv(t->cwd),
					.root = text_sv(t->root),
					.args = text_sv(t->args),
					.env = text_sv(t->env),
					.cgroups = text_sv(t->cgroups) } };
	struct event enter;

	if (rewrite(w, &rec) < 0)
		return -1;
	state_set_text(w->s, &t->comm, rec.proc.comm);
	state_set_text(w->s, &t->exe, rec.proc.exe);
	state_set_text(w->s, &t->exepath, rec.proc.exepath);
	state_set_text(w->s, &t->cwd, rec.proc.cwd);
	state_set_text(w->s, &t->root, rec.proc.root);
	state_set_text(w->s, &t->args, rec.proc.args);
	state_set_text(w->s, &t->env, rec.proc.env);
	thread_touch_family(w->s, t);
	if (!kept_enter(t, &enter))
		return 0;
	/* Its parameters lie where the new ones go. */
	struct enter_copy *old = t->enter;
	t->enter = NULL;
	rec = (struct record){ .kind = RECORD_EVENT, .event = enter };
	int rc = rewrite(w, &rec);
	if (rc == 0)
		keep_enter(w->s, t, &rec.event);
	free(old);
	return rc;
}

static int rewrite_fd(struct rewriting *w, int64_t num, struct fd *f)
{
	struct text **names[] = { &f->name, &f->name_raw };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct record rec = {
			.kind = RECORD_FD,
			.fd = { .fd = num, .type = f->type, .name = text_sv(*names[i]) }
		};

		if (rewrite(w, &rec) < 0)
			return -1;
		state_set_text(w->s, names[i], rec.fd.name);
	}
	return 0;
}

/* Each once, however many tables share it: the mark tells. */
static int rewrite_fds(struct rewriting *w, struct thread *const *threads)
{
	for (int pass = 0; pass < 2; pass++) {
		for (uint64_t i = 0; i < w->s->nthreads; i++) {
			const struct fd_table *table = threads[i]->fds.table;
			int64_t num = INT64_MIN;

			for (struct fd *f; (f = fd_table_next(table, num, &num)); num++) {
				if (pass == 1 && f->mark == 0 && rewrite_fd(w, num, f) < 0)
					return -1;
				f->mark = (uint32_t)pass;
			}
		}
	}
	return 0;
}

static int rewrite_containers(struct rewriting *w)
{
	struct container_list *l = w->s->tables->containers;
	const struct container *c;
	struct sv id;

	for (uint32_t i = 0; container_list_slot(l, i, &id, &c); i++) {
		if (!c || !c->json)
			continue;
		struct record rec = { .kind = RECORD_EVENT,
				      .event = { .type = EV_CONTAINER_JSON_2_E,
						 .desc = schema_event(EV_CONTAINER_JSON_2_E),
						 .nparams = 1 } };

		rec.event.params[0] = (struct sv){ c->json->p, c->json->n + 1 };
		if (rewrite(w, &rec) < 0)
			return -1;
		struct container *now = container_from_json(rec.event.params[0]);
		if (!now || container_list_put(l, now) != 0)
			w->s->tables->nomem = true;
	}
	return 0;
}

int state_rewrite(struct state *s, state_rewriter *rewriter, void *arg, struct err *err)
{
	struct rewriting w = { s, rewriter, arg, err };
	struct thread **all = state_threads(s);
	int rc = -1;

	if (!all)
		return err_set(err, ERR_NOMEM, "no memory to list threads");
	s->tables->nomem = false;
	if (rewrite_users(&w) == 0 && rewrite_fds(&w, all) == 0 && rewrite_containers(&w) == 0) {
		rc = 0;
		for (uint64_t i = 0; rc == 0 && i < s->nthreads; i++)
			rc = rewrite_thread(&w, all[i]);
	}
	free(all);
	if (rc == 0 && s->tables->nomem)
		rc = err_set(err, ERR_NOMEM, "no memory for the state");
	return rc;
}
