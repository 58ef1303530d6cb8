/* What the parts of a scan share.  For the inside of capture/scan only. */
#ifndef SAKER_SCANNER_H
#define SAKER_SCANNER_H

#include "capture/scan/cgroup_file.h"
#include "capture/scan/mounts.h"
#include "capture/scan/procfs.h"
#include "capture/scan/scan.h"
#include "capture/scan/sockets.h"

struct pid_namespace {
	uint64_t ino;
	uint64_t init_start_ns;
};

struct scanner {
	const struct scan_options *opt;
	const char *root; /* never NULL */
	scan_put *put;
	void *arg;
	struct scan_stats stats;
	int proc;            /* root/proc */
	uint64_t boot_ts_ns; /* since the epoch */
	struct mounts mounts;
	struct cgroup_files cgroups;
	struct sockets sockets;
	struct pid_namespace *namespaces;
	size_t nnamespaces;
	struct buf scratch;
};

/* One process while it is read. */
struct subject {
	struct scanner *s;
	int64_t pid;
	int dir; /* /proc/PID */
	bool incomplete;
	uint64_t threads;     /* of the process, as its status told */
	uint64_t start_ticks; /* of the thread read last, since boot */
	struct proc_entry entry;
	/* what entry points at */
	struct buf status, stat, args, env, cgroup;
	char comm[64], exe[PROC_PATH_MAX + 1], exepath[PROC_PATH_MAX + 1];
	char cwd[PROC_PATH_MAX + 1], root[PROC_PATH_MAX + 1];
};

void subject_deinit(struct subject *j);

/* host.c: everything in front of the processes. */
int scan_machine(struct scanner *s, struct err *err);
int scan_interfaces(struct scanner *s, struct err *err);
int scan_users(struct scanner *s, struct err *err);

/*
 * proc_files.c: fill j->entry from the files of process j->pid (j->dir is open).  False: it is
 * gone, a zombie or a kernel thread; then nothing is to be told of it.
 */
bool read_process(struct subject *j);
/* The same of another thread of that process; dir is /proc/PID/task/TID. */
bool read_thread(struct subject *j, int64_t tid, int dir);

/* fds.c: hand out the fds of j. */
int scan_fds(struct subject *j, struct err *err);

/* exe_file.c: the file that the process runs. */
void read_exe_file(struct subject *j);

#endif
