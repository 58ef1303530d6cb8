/*
 * What must not be is a process that neither the scan tells nor a clone event that is kept: a child
 * of a parent that is read after the child's birth.  The walk asks for one process after the other,
 * so it still meets a child with a greater number; one with a smaller number is met by the next
 * walk, and there are a few until one finds nothing new.
 */
#define _GNU_SOURCE
#include "capture/scan/scanner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { PASSES_MAX = 4, PID_MAX = 1 << 22 };

/* Processes told, and kernel threads, which are not; one bit each.  Not those that vanished: their
 * number may be given anew while the walk goes on. */
struct known {
	uint64_t *bits;
};

static bool is_known(const struct known *k, int64_t pid)
{
	return k->bits[pid / 64] >> (pid % 64) & 1;
}

static void set_known(struct known *k, int64_t pid)
{
	k->bits[pid / 64] |= UINT64_C(1) << pid % 64;
}

static uint64_t now_ns(const struct scan_options *opt)
{
	struct timespec ts;

	if (opt->now_ns)
		return opt->now_ns(opt->now_arg);
	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int seen(struct scanner *s, int64_t tid, uint64_t at_ns, struct err *err)
{
	return s->opt->seen ? reconcile_seen(s->opt->seen, tid, at_ns, err) : 0;
}

static int put_entry(struct subject *j, uint64_t at_ns, struct err *err)
{
	struct record rec = { .kind = RECORD_PROC, .proc = j->entry };

	j->s->stats.threads++;
	if (seen(j->s, j->entry.tid, at_ns, err) < 0)
		return -1;
	return j->s->put(j->s->arg, &rec, err);
}

static int scan_threads(struct subject *j, struct err *err)
{
	DIR *d = procfs_list(j->dir, "task");
	const char *name;
	int64_t tid;
	int rc = 0;

	while (d && rc == 0 && (name = procfs_next_number(d, &tid)) != NULL) {
		if (tid == j->pid)
			continue;
		uint64_t at_ns = now_ns(j->s->opt);
		int dir = procfs_open_dir(dirfd(d), name);

		if (dir >= 0 && read_thread(j, tid, dir))
			rc = put_entry(j, at_ns, err);
		if (dir >= 0)
			close(dir);
	}
	if (d)
		closedir(d);
	return rc;
}

enum outcome { FAILED = -1, VANISHED, NO_PROCESS, TOLD };

static enum outcome scan_process(struct subject *j, struct err *err)
{
	struct scanner *s = j->s;
	uint64_t at_ns = now_ns(s->opt);

	if (!read_process(j)) {
		/* Of a process that is gone not even the directory has anything left. */
		return faccessat(j->dir, "stat", F_OK, 0) < 0 ? VANISHED : NO_PROCESS;
	}
	if (put_entry(j, at_ns, err) < 0 || (j->threads > 1 && scan_threads(j, err) < 0) ||
	    scan_fds(j, err) < 0)
		return FAILED;
	s->stats.processes++;
	s->stats.unreadable += j->incomplete;
	return TOLD;
}

/* The number of new processes told, or -1. */
static int64_t pass(struct scanner *s, struct subject *j, struct known *known, struct err *err)
{
	struct number_walk walk;
	int64_t found = 0;
	const char *name;

	number_walk_init(&walk, s->proc);
	while (found >= 0 && (name = number_walk_next(&walk, &j->pid)) != NULL) {
		if (j->pid >= PID_MAX || is_known(known, j->pid))
			continue;
		j->dir = procfs_open_dir(s->proc, name);
		enum outcome outcome = j->dir < 0 ? VANISHED : scan_process(j, err);
		if (j->dir >= 0)
			close(j->dir);
		if (outcome == VANISHED)
			s->stats.vanished++;
		else
			set_known(known, j->pid);
		found = outcome == FAILED ? -1 : found + (outcome == TOLD);
	}
	return found;
}

static int scan_processes(struct scanner *s, struct err *err)
{
	struct known known = { calloc(PID_MAX / 64, sizeof *known.bits) };
	struct subject *j = calloc(1, sizeof *j);
	int64_t found = 1;

	if (!known.bits || !j) {
		free(known.bits);
		free(j);
		return err_set(err, ERR_NOMEM, "no memory for the scan of processes");
	}
	j->s = s;
	while (found > 0 && s->stats.passes < PASSES_MAX) {
		s->stats.passes++;
		found = pass(s, j, &known, err);
	}
	subject_deinit(j);
	free(j);
	free(known.bits);
	return found < 0 ? -1 : 0;
}

static int scan_all(struct scanner *s, struct err *err)
{
	struct record section = { .kind = RECORD_SECTION };

	if (s->put(s->arg, &section, err) < 0 || scan_machine(s, err) < 0 ||
	    scan_interfaces(s, err) < 0 || scan_users(s, err) < 0 || scan_processes(s, err) < 0)
		return -1;
	if (s->opt->seen)
		reconcile_scanned(s->opt->seen, now_ns(s->opt));
	return 0;
}

int scan_host(const struct scan_options *opt, scan_put *put, void *arg, struct scan_stats *stats,
	      struct err *err)
{
	struct scanner s = {
		.opt = opt, .root = opt->root ? opt->root : "", .put = put, .arg = arg
	};
	struct buf path = { 0 };

	buf_printf(&path, "%s/proc", s.root);
	s.proc = procfs_open_dir(AT_FDCWD, buf_cstr(&path));
	buf_deinit(&path);
	if (s.proc < 0)
		return err_errno(err, "%s/proc", s.root);
	cgroup_files_init(&s.cgroups, s.root);
	sockets_init(&s.sockets, !s.root[0]);
	int rc = scan_all(&s, err);
	if (stats)
		*stats = s.stats;
	mounts_deinit(&s.mounts);
	cgroup_files_deinit(&s.cgroups);
	sockets_deinit(&s.sockets);
	free(s.namespaces);
	buf_deinit(&s.scratch);
	close(s.proc);
	return rc;
}
