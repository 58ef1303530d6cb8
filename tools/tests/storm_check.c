/*
 * What a recording tells of the storm, in the words of the storm's ledger
 * (testdata/scenarios/storm.c): PID is its first process; one line per process made, thread made,
 * program run, file opened or read, process ended.
 */
#include "engine/state/state.h"
#include "format/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_field(struct sv text)
{
	putchar(' ');
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c > ' ' && c < 0x7f && c != '%')
			putchar(c);
		else
			printf("%%%02x", c);
	}
}

/* Every process of the storm waits for its children, so a way up to the first one always stands. */
static bool is_ours(const struct state *s, const struct thread *t, int64_t root)
{
	for (int up = 0; t && up < 64; up++) {
		if (t->pid == root)
			return true;
		t = state_parent(s, t);
	}
	return false;
}

static void tell_made(const struct thread *t)
{
	if (t->tid == t->pid)
		printf("fork %" PRId64 " %" PRId64 "\n", t->ptid, t->tid);
	else
		printf("thread %" PRId64 " %" PRId64 "\n", t->pid, t->tid);
}

static void tell_exec(const struct thread *t)
{
	struct sv args = text_sv(t->args), arg;

	printf("exec %" PRId64, t->pid);
	put_field(text_sv(t->exepath));
	put_field(text_sv(t->exe));
	while (sv_next_item(&args, &arg))
		put_field(arg);
	putchar('\n');
}

static void tell_fd(const char *word, const struct moment *now)
{
	const struct fd *f = moment_fd(now);

	if (!f)
		return;
	printf("%s %" PRId64 " %" PRId64, word, now->thread->pid, now->fd_num);
	put_field(text_sv(f->name));
	putchar('\n');
}

static void tell(const struct state *s, const struct event *ev, int64_t root)
{
	const struct thread *t = s->now.thread;
	int64_t res = -1;

	if (!is_ours(s, t, root))
		return;
	if (ev->type == EV_PROCEXIT_1_E) {
		if (t->tid == t->pid)
			printf("exit %" PRId64 "\n", t->pid);
		return;
	}
	if (!event_i64(ev, 0, &res) || res < 0)
		return;
	switch (ev->type) {
	case EV_SYSCALL_CLONE_20_X:
	case EV_SYSCALL_CLONE3_X:
	case EV_SYSCALL_FORK_20_X:
	case EV_SYSCALL_VFORK_20_X:
		if (res == 0)
			tell_made(t);
		break;
	case EV_SYSCALL_EXECVE_19_X:
	case EV_SYSCALL_EXECVEAT_X:
		tell_exec(t);
		break;
	case EV_SYSCALL_OPEN_X:
	case EV_SYSCALL_OPENAT_2_X:
	case EV_SYSCALL_OPENAT2_X:
	case EV_SYSCALL_CREAT_X:
		tell_fd("open", &s->now);
		break;
	case EV_SYSCALL_PREAD_X:
		tell_fd("read", &s->now);
		break;
	default:
		break;
	}
}

static int run(const char *path, int64_t root, struct state *s, struct err *err)
{
	struct source_options opt = { .upgrade = true };
	struct source *src;
	struct record rec;
	enum next next;

	if (source_open(path, &opt, &src, err) < 0)
		return -1;
	while ((next = source_next(src, &rec, err)) == NEXT_ITEM) {
		int rc = rec.kind == RECORD_EVENT ? state_event(s, &rec.event, err)
						  : state_meta(s, &rec, err);
		if (rc < 0) {
			next = NEXT_ERROR;
			break;
		}
		if (rec.kind == RECORD_EVENT)
			tell(s, &rec.event, root);
	}
	source_close(src);
	return next == NEXT_END ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct state *s = state_new();
	struct err err = { 0 };
	int rc = argc == 3 && s ? run(argv[1], strtoll(argv[2], NULL, 10), s, &err) : -1;

	if (rc < 0)
		fprintf(stderr, "storm_check: %s\n",
			err.code ? err.msg : "usage: storm_check TRACE PID");
	state_free(s);
	return rc < 0;
}
