#include "engine/state/tables.h"

/*
 * Recorders used to write some system calls as two events, and kept for the exit only what the
 * kernel says afterwards.  What the program passed is in the enter event, kept here until the exit.
 */
struct enter_copy {
	uint32_t room; /* bytes behind this header */
	bool set;
	uint16_t type, cpu, nparams;
	uint64_t num, ts_ns;
	uint32_t lens[EVENT_MAX_PARAMS];
	char bytes[];
};

/* Length of the event in a file: header, length array, parameters. */
static size_t recorded_length(const struct event *ev, size_t *data)
{
	size_t per_param = ev->desc->flags & EF_LARGE_PAYLOAD ? 4 : 2;

	*data = 0;
	for (uint32_t i = 0; i < ev->nparams; i++)
		*data += ev->params[i].n;
	return 26 + ev->nparams * per_param + *data;
}

void keep_enter(struct state *s, struct thread *t, const struct event *ev)
{
	size_t data;

	if (recorded_length(ev, &data) > STATE_MAX_ENTER_BYTES)
		return;
	if (!t->enter || t->enter->room < data) {
		struct enter_copy *copy = malloc(sizeof *copy + data);

		if (!copy) {
			s->tables->nomem = true;
			return;
		}
		free(t->enter);
		t->enter = copy;
		copy->room = (uint32_t)data;
	}
	struct enter_copy *copy = t->enter;
	copy->set = true;
	copy->type = ev->type;
	copy->cpu = ev->cpu;
	copy->nparams = (uint16_t)ev->nparams;
	copy->num = ev->num;
	copy->ts_ns = ev->ts_ns;
	char *at = copy->bytes;
	for (uint32_t i = 0; i < ev->nparams; i++) {
		copy->lens[i] = (uint32_t)ev->params[i].n;
		if (ev->params[i].n)
			memcpy(at, ev->params[i].p, ev->params[i].n);
		at += ev->params[i].n;
	}
}

void parse_store_enter(struct state *s, const struct event *ev)
{
	bool always = ev->type == EV_SYSCALL_EXECVEAT_E || ev->type == EV_SOCKET_CONNECT_E;

	/* An upgraded event without parameters brings nothing. */
	if (s->now.thread && (always || arg_given(ev, 0)))
		keep_enter(s, s->now.thread, ev);
}

bool kept_enter(const struct thread *t, struct event *out)
{
	const struct enter_copy *copy = t->enter;

	if (!copy || !copy->set)
		return false;
	out->num = copy->num;
	out->ts_ns = copy->ts_ns;
	out->tid = t->tid;
	out->type = copy->type;
	out->cpu = copy->cpu;
	out->flags = 0;
	out->nparams = copy->nparams;
	out->desc = schema_event(copy->type);
	const char *at = copy->bytes;
	for (uint32_t i = 0; i < copy->nparams; i++) {
		out->params[i] = (struct sv){ at, copy->lens[i] };
		at += copy->lens[i];
	}
	return true;
}

const struct event *enter_event(struct state *s)
{
	struct thread *t = s->now.thread;
	struct event *out = &s->tables->enter;
	uint16_t exit = s->now.ev->type;

	if (!t || !s->tables->enter_valid || !t->enter || !t->enter->set)
		return NULL;
	/* An execveat that succeeds ends as an execve on most machines. */
	if (t->enter->type + 1 != exit &&
	    !(exit == EV_SYSCALL_EXECVE_19_X && t->enter->type == EV_SYSCALL_EXECVEAT_E))
		return NULL;
	kept_enter(t, out);
	return s->now.enter = out;
}

void forget_enter(struct thread *t)
{
	if (t->enter)
		t->enter->set = false;
}
