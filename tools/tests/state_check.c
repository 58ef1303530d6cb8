/*
 * Is what a recording made of some processes what they are?  The state at the end of TRACE is held
 * against a scan of this host, for the session SID: programs, names, directories, parents, fds.
 */
#include "capture/scan/scan.h"
#include "engine/state/fd_table.h"
#include "engine/state/state.h"
#include "format/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int load(const char *path, struct state *s, struct err *err)
{
	struct source_options opt = { .upgrade = true };
	struct source *src;
	struct record rec;
	enum next next;

	if (source_open(path, &opt, &src, err) < 0)
		return -1;
	while ((next = source_next(src, &rec, err)) == NEXT_ITEM) {
		if ((rec.kind == RECORD_EVENT ? state_event(s, &rec.event, err)
					      : state_meta(s, &rec, err)) < 0)
			next = NEXT_ERROR;
		if (next == NEXT_ERROR)
			break;
	}
	source_close(src);
	return next == NEXT_END ? 0 : -1;
}

static int put_found(void *arg, const struct record *rec, struct err *err)
{
	return state_meta(arg, rec, err);
}

/* A scan has records only; the first event ends them. */
static int end_scan(struct state *s, struct err *err)
{
	struct event ev = { .type = EV_SYSCALL_CLOSE_X, .tid = -1, .ts_ns = 1, .num = 1 };

	ev.desc = schema_event(ev.type);
	return state_event(s, &ev, err);
}

static unsigned differences;

static void differ(int64_t tid, const char *what, struct sv told, struct sv is)
{
	if (sv_eq(told, is))
		return;
	differences++;
	printf("%" PRId64 " %s: recorded \"" SV_FMT "\", is \"" SV_FMT "\"\n", tid, what,
	       SV_ARG(told), SV_ARG(is));
}

static void differ_number(int64_t tid, const char *what, int64_t told, int64_t is)
{
	if (told == is)
		return;
	differences++;
	printf("%" PRId64 " %s: recorded %" PRId64 ", is %" PRId64 "\n", tid, what, told, is);
}

/* An opened file has another number than one that was listed. */
static int64_t kind(const struct fd *f)
{
	return f->type == FD_FILE_V2 ? FD_FILE : f->type;
}

/* A file that was deleted since it was opened. */
static struct sv without_mark(struct sv name)
{
	const struct sv mark = SV(" (deleted)");

	if (sv_ends(name, mark))
		name.n -= mark.n;
	return name;
}

static void compare_fds(const struct thread *told, const struct thread *is)
{
	for (int64_t fd = 0; fd < 256; fd++) {
		const struct fd *a = fd_table_get(thread_fds(told), fd);
		const struct fd *b = fd_table_get(thread_fds(is), fd);
		char what[32];

		snprintf(what, sizeof what, "fd %" PRId64, fd);
		differ_number(told->tid, what, a ? kind(a) : -1, b ? kind(b) : -1);
		if (a && b && (kind(b) == FD_FILE || kind(b) == FD_DIRECTORY))
			differ(told->tid, what, without_mark(text_sv(a->name)),
			       without_mark(text_sv(b->name)));
	}
}

static void compare(const struct thread *told, const struct thread *is)
{
	differ(is->tid, "name", text_sv(told->comm), text_sv(is->comm));
	differ(is->tid, "program", text_sv(told->exepath), text_sv(is->exepath));
	differ(is->tid, "argv[0]", text_sv(told->exe), text_sv(is->exe));
	differ(is->tid, "arguments", text_sv(told->args), text_sv(is->args));
	differ(is->tid, "directory", text_sv(told->cwd), text_sv(is->cwd));
	differ_number(is->tid, "parent", told->ptid, is->ptid);
	differ_number(is->tid, "session", told->sid, is->sid);
	differ_number(is->tid, "user", told->uid, is->uid);
	compare_fds(told, is);
}

static int compare_all(const struct state *told, const struct state *is, int64_t sid)
{
	struct thread **all = state_threads(is);
	unsigned n = 0;

	for (uint64_t i = 0; all && i < is->nthreads; i++) {
		const struct thread *t = state_thread(told, all[i]->tid);

		if (all[i]->sid != sid)
			continue;
		n++;
		if (t)
			compare(t, all[i]);
		else
			differ(all[i]->tid, "process", SV("unknown"), SV("there"));
	}
	free(all);
	all = state_threads(told);
	for (uint64_t i = 0; all && i < told->nthreads; i++) {
		if (all[i]->sid == sid && !thread_is_dead(all[i]) && !state_thread(is, all[i]->tid))
			differ(all[i]->tid, "process", SV("there"), SV("gone"));
	}
	free(all);
	printf("%u processes, %u differences\n", n, differences);
	return differences || n == 0;
}

int main(int argc, char **argv)
{
	struct state *told = state_new(), *is = state_new();
	struct scan_options opt = { 0 };
	struct err err = { 0 };
	int status = 1;

	if (argc == 3 && told && is && load(argv[1], told, &err) == 0 &&
	    scan_host(&opt, put_found, is, NULL, &err) == 0 && end_scan(is, &err) == 0)
		status = compare_all(told, is, strtoll(argv[2], NULL, 10));
	else
		fprintf(stderr, "state_check: %s\n",
			err.code ? err.msg : "usage: state_check TRACE SID");
	state_free(told);
	state_free(is);
	return status;
}
