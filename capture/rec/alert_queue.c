#include "capture/rec/alert_queue.h"

#include "capture/rec/deadline.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct alert_queue {
	pthread_mutex_t mutex;
	pthread_cond_t filled;
	struct alert_note *first, **last;
	size_t n, bytes;
	bool closed;
};

int alert_queue_new(struct alert_queue **out, struct err *err)
{
	struct alert_queue *q = calloc(1, sizeof *q);

	*out = q;
	if (!q)
		return err_set(err, ERR_NOMEM, "no memory for alerts");
	q->last = &q->first;
	pthread_mutex_init(&q->mutex, NULL);
	deadline_cond_init(&q->filled);
	return 0;
}

void alert_note_free(struct alert_note *note)
{
	free(note);
}

void alert_queue_free(struct alert_queue *q)
{
	if (!q)
		return;
	while (q->first) {
		struct alert_note *next = q->first->next;

		alert_note_free(q->first);
		q->first = next;
	}
	pthread_cond_destroy(&q->filled);
	pthread_mutex_destroy(&q->mutex);
	free(q);
}

bool alert_queue_put(struct alert_queue *q, enum priority priority, struct sv line, void *about)
{
	struct alert_note *note = malloc(sizeof *note + line.n);
	bool room;

	if (!note)
		return false;
	char *text = (char *)(note + 1);
	memcpy(text, line.p, line.n);
	*note = (struct alert_note){ .priority = priority,
				     .line = { text, line.n },
				     .about = about };
	pthread_mutex_lock(&q->mutex);
	room = !q->closed && q->n < ALERT_QUEUE_MAX && q->bytes + line.n <= ALERT_QUEUE_BYTES;
	if (room) {
		*q->last = note;
		q->last = &note->next;
		q->n++;
		q->bytes += line.n;
		pthread_cond_signal(&q->filled);
	}
	pthread_mutex_unlock(&q->mutex);
	if (!room)
		alert_note_free(note);
	return room;
}

struct alert_note *alert_queue_take(struct alert_queue *q, int timeout_ms)
{
	struct timespec until = deadline_in(timeout_ms);
	struct alert_note *note;
	int rc = 0;

	pthread_mutex_lock(&q->mutex);
	while (!q->first && !q->closed && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&q->filled, &q->mutex, &until);
	note = q->first;
	if (note) {
		q->first = note->next;
		if (!q->first)
			q->last = &q->first;
		q->n--;
		q->bytes -= note->line.n;
	}
	pthread_mutex_unlock(&q->mutex);
	return note;
}

void alert_queue_close(struct alert_queue *q)
{
	pthread_mutex_lock(&q->mutex);
	q->closed = true;
	pthread_cond_signal(&q->filled);
	pthread_mutex_unlock(&q->mutex);
}

bool alert_queue_ended(struct alert_queue *q)
{
	pthread_mutex_lock(&q->mutex);
	bool ended = q->closed && !q->first;
	pthread_mutex_unlock(&q->mutex);
	return ended;
}
