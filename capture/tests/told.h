/* What a scan told, kept for a test to look at. */
#ifndef SAKER_TOLD_H
#define SAKER_TOLD_H

#include "capture/scan/scan.h"
#include "format/base/arena.h"

enum { TOLD_MAX = 65536 };

struct told {
	struct arena arena;
	struct record *records;
	size_t n;
};

static inline struct sv told_text(struct told *t, struct sv s)
{
	return arena_sv(&t->arena, s);
}

static inline int told_put(void *arg, const struct record *rec, struct err *err)
{
	struct told *t = arg;

	if (!t->records)
		t->records = calloc(TOLD_MAX, sizeof *t->records);
	if (!t->records || t->n == TOLD_MAX)
		return err_set(err, ERR_LIMIT, "more records than the test keeps");
	struct record *r = &t->records[t->n++];
	*r = *rec;
	if (r->kind == RECORD_MACHINE) {
		r->machine.hostname = told_text(t, r->machine.hostname);
	} else if (r->kind == RECORD_USER) {
		r->user.name = told_text(t, r->user.name);
		r->user.homedir = told_text(t, r->user.homedir);
		r->user.shell = told_text(t, r->user.shell);
	} else if (r->kind == RECORD_GROUP) {
		r->group.name = told_text(t, r->group.name);
	} else if (r->kind == RECORD_FD) {
		r->fd.name = told_text(t, r->fd.name);
	} else if (r->kind == RECORD_PROC) {
		struct sv *texts[] = { &r->proc.comm, &r->proc.exe,    &r->proc.exepath,
				       &r->proc.cwd,  &r->proc.root,   &r->proc.args,
				       &r->proc.env,  &r->proc.cgroups };
		for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
			*texts[i] = told_text(t, *texts[i]);
	}
	return 0;
}

static inline void told_deinit(struct told *t)
{
	free(t->records);
	arena_deinit(&t->arena);
	*t = (struct told){ 0 };
}

/* The n-th record (from 0) of a kind; NULL: there are fewer. */
static inline const struct record *told_nth(const struct told *t, enum record_kind kind, size_t nth)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->records[i].kind == kind && nth-- == 0)
			return &t->records[i];
	}
	return NULL;
}

static inline const struct proc_entry *told_proc(const struct told *t, int64_t tid)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->records[i].kind == RECORD_PROC && t->records[i].proc.tid == tid)
			return &t->records[i].proc;
	}
	return NULL;
}

static inline const struct fd_entry *told_fd(const struct told *t, int64_t pid, int64_t fd)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->records[i].kind == RECORD_FD && t->records[i].fd.tid == pid &&
		    t->records[i].fd.fd == fd)
			return &t->records[i].fd;
	}
	return NULL;
}

#endif
