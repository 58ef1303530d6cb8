#include "tools/scap/hunters.h"

#include "engine/engine.h"
#include "tools/scap/printer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
	HAND_OVER_BYTES = 64 << 10,
	KEPT_BYTES = 4 << 20, /* by a stretch whose turn has not come */
	AHEAD = 4,            /* stretches for each hunter */
};

/* A stretch from when it is planned until it is taken. */
struct slot {
	struct stretch stretch;
	bool done;
};

struct pack {
	const struct hunters_options *opt;
	pthread_mutex_t lock;
	pthread_cond_t moved; /* the front, or `quit` */
	struct slot *slots;   /* a ring */
	size_t room, front, n;
	bool over;        /* there are no more */
	atomic_bool quit; /* everybody stops */
	uint64_t left;    /* matches still wanted; with one hunter only */
	struct err err;
};

struct hunter {
	struct pack *pack;
	pthread_t thread;
	struct arena arena;
	struct program *filter;
	struct printer printer;
	uint64_t runs; /* states begun */

	/* While it searches. */
	struct slot *slot;
	struct engine *engine;
	struct err *err;
	bool stop;
};

/* --- in order; all with the lock --- */

static void fail(struct pack *p, const struct err *err)
{
	if (!p->quit && err->code != ERR_NONE)
		p->err = *err;
	p->quit = true;
	pthread_cond_broadcast(&p->moved);
}

static struct slot *front(const struct pack *p)
{
	return p->n ? &p->slots[p->front] : NULL;
}

static void take(struct pack *p, struct slot *s, bool done)
{
	struct err err = { 0 };

	if (s->stretch.out.failed)
		err_set(&err, ERR_NOMEM, "no memory for what was found");
	if (err.code != ERR_NONE || p->opt->take(p->opt->arg, &s->stretch, done, &err) < 0)
		fail(p, &err);
	buf_clear(&s->stretch.out);
}

static void drop_front(struct pack *p)
{
	struct slot *s = front(p);

	buf_deinit(&s->stretch.out);
	buf_deinit(&s->stretch.before);
	*s = (struct slot){ .done = false };
	p->front = (p->front + 1) % p->room;
	p->n--;
}

static void take_done(struct pack *p)
{
	struct slot *s;

	while (!p->quit && (s = front(p)) && s->done) {
		take(p, s, true);
		drop_front(p);
	}
	pthread_cond_broadcast(&p->moved);
}

/* The next stretch to search; NULL: none. */
static struct slot *plan(struct pack *p)
{
	while (p->n == p->room && !p->quit)
		pthread_cond_wait(&p->moved, &p->lock);
	if (p->quit || p->over || p->left == 0)
		return NULL;
	struct slot *s = &p->slots[(p->front + p->n) % p->room];

	p->over = !p->opt->next(p->opt->arg, &s->stretch);
	if (p->over)
		return NULL;
	p->n++;
	return s;
}

/* --- a hunter --- */

/* Who is in front hands over; who is not keeps some, and then waits. */
static void hand_over(struct hunter *h)
{
	struct pack *p = h->pack;

	pthread_mutex_lock(&p->lock);
	while (h->slot != front(p) && h->slot->stretch.out.n >= KEPT_BYTES && !p->quit)
		pthread_cond_wait(&p->moved, &p->lock);
	if (h->slot == front(p) && !p->quit)
		take(p, h->slot, false);
	pthread_mutex_unlock(&p->lock);
}

static bool on_hit(void *arg, uint32_t id)
{
	struct hunter *h = arg;
	struct stretch *s = &h->slot->stretch;

	(void)id;
	if (!printer_put(&h->printer, buf_sv(&s->before), engine_ctx(h->engine), &s->out))
		return false;
	s->matches++;
	if (h->pack->left != UINT64_MAX && --h->pack->left == 0)
		h->stop = true;
	if (s->out.n >= HAND_OVER_BYTES || s->out.failed)
		hand_over(h);
	return false;
}

static int see(struct hunter *h, const struct source *src, const struct record *rec)
{
	const struct state *state = engine_state(h->engine);
	struct field_ctx *ctx = engine_ctx(h->engine);

	if (engine_record(h->engine, rec, NULL, NULL, h->err) < 0)
		return -1;
	if (rec->kind != RECORD_EVENT || !state->now.shown || !span_has(&src->span, state->now.ev))
		return 0;
	arena_reset(&ctx->scratch);
	program_run(h->filter, ctx, on_hit, h);
	return 0;
}

/* What is wrong with the trace is the stretch's; what is wrong here is *err. */
static void search(struct hunter *h, struct err *err)
{
	struct stretch *s = &h->slot->stretch;
	struct source *src;
	struct record rec;
	int rc = 0;

	h->err = err;
	h->stop = false;
	if (source_open(s->path, &s->options, &src, &s->damage) < 0)
		return;
	h->engine = engine_new(NULL, MATCH_ALL);
	if (!h->engine)
		rc = err_set(err, ERR_NOMEM, "no memory for the state of a trace");
	else
		engine_ctx(h->engine)->run = ++h->runs;
	while (rc == 0 && !h->stop && !atomic_load_explicit(&h->pack->quit, memory_order_relaxed) &&
	       source_next(src, &rec, &s->damage) == NEXT_ITEM)
		rc = see(h, src, &rec);
	engine_free(h->engine);
	h->engine = NULL;
	source_close(src);
}

static int prepare(struct hunter *h, const struct quarry *q, struct err *err)
{
	struct ast *ast;
	uint32_t id;

	h->filter = program_new();
	if (!h->filter)
		return err_set(err, ERR_NOMEM, "no memory for a filter");
	if (ast_parse(sv_of(q->condition), &h->arena, &ast, err) < 0 ||
	    program_add(h->filter, ast, &id, err) < 0 || program_seal(h->filter, err) < 0)
		return -1;
	return q->line ? printer_set_line(&h->printer, q->line, err)
		       : printer_set_fields(&h->printer, q->fields, err);
}

static void *hunt(void *arg)
{
	struct hunter *h = arg;
	struct pack *p = h->pack;
	struct err err = { 0 };
	bool ready = prepare(h, &p->opt->quarry, &err) == 0;

	pthread_mutex_lock(&p->lock);
	while (ready && err.code == ERR_NONE && (h->slot = plan(p))) {
		pthread_mutex_unlock(&p->lock);
		search(h, &err);
		pthread_mutex_lock(&p->lock);
		h->slot->done = err.code == ERR_NONE;
		take_done(p);
	}
	if (err.code != ERR_NONE)
		fail(p, &err);
	pthread_mutex_unlock(&p->lock);
	program_free(h->filter);
	printer_deinit(&h->printer);
	arena_deinit(&h->arena);
	return NULL;
}

/* --- all of them --- */

int hunters_run(const struct hunters_options *o, struct err *err)
{
	struct pack p = { .opt = o,
			  .lock = PTHREAD_MUTEX_INITIALIZER,
			  .moved = PTHREAD_COND_INITIALIZER,
			  .room = (size_t)o->jobs * AHEAD,
			  .left = o->count };
	struct hunter *hunters = calloc(o->jobs, sizeof *hunters);
	unsigned begun = 1;

	p.slots = calloc(p.room, sizeof *p.slots);
	if (!hunters || !p.slots) {
		free(hunters);
		free(p.slots);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	for (unsigned i = 0; i < o->jobs; i++)
		hunters[i].pack = &p;
	/* Fewer threads do the same work. */
	while (begun < o->jobs &&
	       pthread_create(&hunters[begun].thread, NULL, hunt, &hunters[begun]) == 0)
		begun++;
	hunt(&hunters[0]);
	for (unsigned i = 1; i < begun; i++)
		pthread_join(hunters[i].thread, NULL);
	while (p.n)
		drop_front(&p);
	free(p.slots);
	free(hunters);
	pthread_cond_destroy(&p.moved);
	pthread_mutex_destroy(&p.lock);
	return p.quit ? err_at(err, p.err.code, p.err.pos, "%s", p.err.msg) : 0;
}
