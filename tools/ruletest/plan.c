#include "tools/ruletest/plan.h"

#include "format/base/hash.h"
#include "format/base/strmap.h"
#include "tools/ruletest/pool.h"

#include <pthread.h>
#include <stdlib.h>

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory");
}

int plan_init(struct plan *p, struct err *err)
{
	p->by_key = calloc(1, sizeof *p->by_key);
	return p->by_key ? 0 : no_memory(err);
}

void plan_deinit(struct plan *p)
{
	if (p->by_key)
		strmap_deinit(p->by_key);
	free(p->by_key);
	corpus_deinit(&p->corpus);
	arena_deinit(&p->arena);
	*p = (struct plan){ 0 };
}

ptrdiff_t plan_probe(struct plan *p, struct probe probe, struct err *err)
{
	struct buf text = { 0 };
	struct digest key = { 0 };
	int rc;

	ast_print(probe.cond, &text);
	buf_putc(&text, '\n');
	buf_putsv(&text, probe.output);
	rc = text.failed ? no_memory(err) : digest_text(buf_sv(&text), &key, err);
	buf_deinit(&text);
	if (rc < 0)
		return -1;
	uint32_t at = strmap_get(p->by_key, sv_of(key.hex), UINT32_MAX);
	if (at != UINT32_MAX)
		return at;

	struct probe *probes = vec_room(&p->arena, p->probes, p->n, &p->cap, sizeof *probes);
	struct digest *keys = vec_room(&p->arena, p->keys, p->n, &p->cap_keys, sizeof *keys);
	struct sv kept = arena_sv(&p->arena, sv_of(key.hex));
	if (!probes || !keys || !kept.p || !strmap_put(p->by_key, kept, (uint32_t)p->n))
		return no_memory(err);
	p->probes = probes;
	p->keys = keys;
	probes[p->n] = probe;
	keys[p->n] = key;
	return (ptrdiff_t)p->n++;
}

static int make_room(struct trace *t, size_t room, struct err *err)
{
	struct answer **answers;

	if (room <= t->nasked)
		return 0;
	answers = arena_array(&t->arena, struct answer *, room);
	if (!answers)
		return no_memory(err);
	if (t->nasked)
		memcpy(answers, t->answers, t->nasked * sizeof *answers);
	t->answers = answers;
	t->nasked = room;
	return 0;
}

int plan_ask(struct plan *p, struct trace *t, size_t probe, struct err *err)
{
	/* Probes may still be added: make room for those, too. */
	if (probe >= t->nasked && make_room(t, p->cap > probe ? p->cap : probe + 1, err) < 0)
		return -1;
	if (!t->answers[probe])
		t->answers[probe] = arena_new(&t->arena, struct answer);
	return t->answers[probe] ? 0 : no_memory(err);
}

/* --- running --- */

struct job {
	struct trace *trace;
	bool *known; /* per probe */
	bool pending;
};

struct crew {
	struct plan *plan;
	const struct cache *cache;
	struct job *jobs; /* the largest trace first */
	size_t njobs;
	/* Of all pending jobs together, and what number each has in the plan. */
	struct probe *wanted;
	size_t *number;
	size_t nwanted;
	struct panel *panels[POOL_MAX_WORKERS];
	pthread_mutex_t lock;
	size_t done;
};

static void note_done(struct crew *c)
{
	pthread_mutex_lock(&c->lock);
	c->done++;
	if (c->plan->progress)
		c->plan->progress(c->plan->arg, c->done, c->njobs);
	pthread_mutex_unlock(&c->lock);
}

/* What is known of the trace already? */
static int look_up(void *arg, size_t worker, size_t i, struct err *err)
{
	struct crew *c = arg;
	struct job *job = &c->jobs[i];
	struct trace *t = job->trace;

	(void)worker;
	if (make_room(t, c->plan->n, err) < 0)
		return -1;
	if (t->path.n) {
		if (digest_file(t->path.p, &t->digest, NULL, err) < 0)
			return -1;
		cache_load(c->cache, t, c->plan->keys, c->plan->n, job->known);
	}
	for (size_t k = 0; k < c->plan->n; k++)
		job->pending |= t->answers[k] && !job->known[k];
	if (!job->pending)
		note_done(c);
	return 0;
}

struct play {
	struct crew *crew;
	struct panel *panel;
	struct job *job;
	struct buf text;
};

static int on_hit(void *arg, uint32_t i, struct field_ctx *ctx, struct err *err)
{
	struct play *p = arg;
	struct trace *t = p->job->trace;
	size_t number = p->crew->number[i];
	const struct event *ev = ctx->state->now.ev;

	if (!t->answers[number] || p->job->known[number])
		return 0;
	buf_clear(&p->text);
	panel_message(p->panel, i, ctx, &p->text);
	const struct hit hit = { ev->num, ev->ts_ns, hash_sv(buf_sv(&p->text)), buf_sv(&p->text) };
	if (p->text.failed || !answer_add(&t->arena, t->answers[number], hit))
		return no_memory(err);
	return 0;
}

static int play(void *arg, size_t worker, size_t i, struct err *err)
{
	struct crew *c = arg;
	struct job *job = &c->jobs[i];
	struct play p = { .crew = c, .job = job };
	struct source *source = NULL;
	int rc = 0;

	if (!job->pending)
		return 0;
	if (!c->panels[worker] && panel_new(c->wanted, c->nwanted, &c->panels[worker], err) < 0)
		return -1;
	p.panel = c->panels[worker];
	if (trace_open(job->trace, panel_need(p.panel), &source, err) < 0)
		return -1;
	const struct panel_watch watch = { .hit = on_hit, .arg = &p };
	rc = panel_run(p.panel, source, &watch, &job->trace->span, err);
	source_close(source);
	buf_deinit(&p.text);
	if (rc == 0 && job->trace->path.n)
		cache_store(c->cache, job->trace, c->plan->keys, c->plan->n);
	note_done(c);
	return rc;
}

static int by_size(const void *a, const void *b)
{
	const struct job *x = a, *y = b;

	if (x->trace->bytes != y->trace->bytes)
		return x->trace->bytes < y->trace->bytes ? 1 : -1;
	return sv_cmp(x->trace->path, y->trace->path);
}

static int make_jobs(struct crew *c, struct err *err)
{
	const struct corpus *all = &c->plan->corpus;

	c->jobs = arena_array(&c->plan->arena, struct job, all->n);
	if (!c->jobs)
		return no_memory(err);
	for (size_t i = 0; i < all->n; i++) {
		if (all->items[i]->nasked == 0)
			continue;
		struct job *job = &c->jobs[c->njobs++];

		job->trace = all->items[i];
		job->known = arena_array(&c->plan->arena, bool, c->plan->n);
		if (!job->known)
			return no_memory(err);
	}
	if (c->njobs)
		qsort(c->jobs, c->njobs, sizeof *c->jobs, by_size);
	return 0;
}

static int collect_wanted(struct crew *c, struct err *err)
{
	const struct plan *p = c->plan;

	c->wanted = arena_array(&c->plan->arena, struct probe, p->n);
	c->number = arena_array(&c->plan->arena, size_t, p->n);
	if (!c->wanted || !c->number)
		return no_memory(err);
	for (size_t k = 0; k < p->n; k++) {
		bool wanted = false;

		for (size_t i = 0; i < c->njobs && !wanted; i++)
			wanted = c->jobs[i].trace->answers[k] && !c->jobs[i].known[k];
		if (wanted) {
			c->wanted[c->nwanted] = p->probes[k];
			c->number[c->nwanted++] = k;
		}
	}
	for (size_t i = 0; i < c->njobs; i++)
		c->plan->played += c->jobs[i].pending;
	return 0;
}

int plan_run(struct plan *p, const struct cache *cache, size_t workers, struct err *err)
{
	struct crew c = { .plan = p, .cache = cache, .lock = PTHREAD_MUTEX_INITIALIZER };
	int rc = make_jobs(&c, err);

	if (rc == 0)
		rc = pool_run(workers, c.njobs, look_up, &c, err);
	if (rc == 0)
		rc = collect_wanted(&c, err);
	if (rc == 0)
		rc = pool_run(workers, c.njobs, play, &c, err);
	for (size_t i = 0; i < POOL_MAX_WORKERS; i++)
		panel_free(c.panels[i]);
	return rc;
}
