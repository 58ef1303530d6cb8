#include "capture/rec/belt.h"

#include "capture/rec/deadline.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct belt {
	pthread_mutex_t mutex;
	pthread_cond_t moved[BELT_MAX_STAGES]; /* something for this stage to take */
	uint64_t passed[BELT_MAX_STAGES];      /* batches that this stage is done with */
	bool finished[BELT_MAX_STAGES];
	unsigned stages;
	size_t nbatches;
	struct batch batches[];
};

int belt_new(size_t batches, size_t batch_bytes, unsigned stages, struct belt **out,
	     struct err *err)
{
	struct belt *b = calloc(1, sizeof *b + batches * sizeof b->batches[0]);

	*out = NULL;
	if (!b)
		return err_set(err, ERR_NOMEM, "no memory for buffers");
	b->stages = stages;
	b->nbatches = batches;
	pthread_mutex_init(&b->mutex, NULL);
	for (unsigned i = 0; i < stages; i++)
		deadline_cond_init(&b->moved[i]);
	for (size_t i = 0; i < batches; i++) {
		if (batch_init(&b->batches[i], batch_bytes, err) < 0) {
			belt_free(b);
			return -1;
		}
	}
	*out = b;
	return 0;
}

void belt_free(struct belt *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->nbatches; i++)
		batch_deinit(&b->batches[i]);
	for (unsigned i = 0; i < b->stages; i++)
		pthread_cond_destroy(&b->moved[i]);
	pthread_mutex_destroy(&b->mutex);
	free(b);
}

static unsigned before(const struct belt *b, unsigned stage)
{
	return (stage ? stage : b->stages) - 1;
}

/* Batches that lie ready for this stage; of the first one those that are free. */
static uint64_t ready(const struct belt *b, unsigned stage)
{
	uint64_t behind = b->passed[before(b, stage)] + (stage ? 0 : b->nbatches);

	return behind - b->passed[stage];
}

struct batch *belt_take(struct belt *b, unsigned stage, int timeout_ms)
{
	struct timespec until = deadline_in(timeout_ms > 0 ? timeout_ms : 0);
	struct batch *p = NULL;
	int rc = 0;

	pthread_mutex_lock(&b->mutex);
	while (!ready(b, stage) && !b->finished[before(b, stage)] && rc != ETIMEDOUT) {
		if (timeout_ms < 0)
			pthread_cond_wait(&b->moved[stage], &b->mutex);
		else
			rc = pthread_cond_timedwait(&b->moved[stage], &b->mutex, &until);
	}
	if (ready(b, stage))
		p = &b->batches[b->passed[stage] % b->nbatches];
	pthread_mutex_unlock(&b->mutex);
	return p;
}

void belt_pass(struct belt *b, unsigned stage)
{
	unsigned next = (stage + 1) % b->stages;

	pthread_mutex_lock(&b->mutex);
	b->passed[stage]++;
	pthread_cond_signal(&b->moved[next]);
	pthread_mutex_unlock(&b->mutex);
}

void belt_finish(struct belt *b, unsigned stage)
{
	pthread_mutex_lock(&b->mutex);
	b->finished[stage] = true;
	pthread_cond_signal(&b->moved[(stage + 1) % b->stages]);
	pthread_mutex_unlock(&b->mutex);
}

bool belt_ended(struct belt *b, unsigned stage)
{
	bool ended;

	pthread_mutex_lock(&b->mutex);
	ended = b->finished[before(b, stage)] && !ready(b, stage);
	pthread_mutex_unlock(&b->mutex);
	return ended;
}
