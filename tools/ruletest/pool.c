#include "tools/ruletest/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

struct pool {
	pthread_mutex_t lock;
	size_t next, n;
	pool_job *job;
	void *arg;
	bool failed;
	size_t failed_at;
	struct err err;
};

struct worker {
	struct pool *pool;
	size_t number;
	pthread_t thread;
};

/* SIZE_MAX: nothing is left to do. */
static size_t take(struct pool *p)
{
	size_t i = SIZE_MAX;

	pthread_mutex_lock(&p->lock);
	if (!p->failed && p->next < p->n)
		i = p->next++;
	pthread_mutex_unlock(&p->lock);
	return i;
}

static void fail(struct pool *p, size_t i, const struct err *err)
{
	pthread_mutex_lock(&p->lock);
	if (!p->failed || i < p->failed_at) {
		p->failed = true;
		p->failed_at = i;
		p->err = *err;
	}
	pthread_mutex_unlock(&p->lock);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	size_t i;

	while ((i = take(w->pool)) != SIZE_MAX) {
		struct err err = { 0 };

		if (w->pool->job(w->pool->arg, w->number, i, &err) < 0)
			fail(w->pool, i, &err);
	}
	return NULL;
}

int pool_run(size_t workers, size_t n, pool_job *job, void *arg, struct err *err)
{
	struct pool pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .n = n, .job = job, .arg = arg };
	struct worker all[POOL_MAX_WORKERS];
	size_t started = 1;

	if (workers > POOL_MAX_WORKERS)
		workers = POOL_MAX_WORKERS;
	if (workers > n)
		workers = n;
	all[0] = (struct worker){ .pool = &pool };
	for (; started < workers; started++) {
		all[started] = (struct worker){ .pool = &pool, .number = started };
		/* Fewer threads do the same work. */
		if (pthread_create(&all[started].thread, NULL, work, &all[started]) != 0)
			break;
	}
	work(&all[0]);
	for (size_t i = 1; i < started; i++)
		pthread_join(all[i].thread, NULL);
	if (!pool.failed)
		return 0;
	return err_at(err, pool.err.code, pool.err.pos, "%s", pool.err.msg);
}

size_t pool_processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (size_t)n : 1;
}
