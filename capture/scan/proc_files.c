/* One process, one thread: /proc/PID and /proc/PID/task/TID into a proc_entry. */
#define _GNU_SOURCE
#include "capture/scan/scanner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	STATUS_MAX = 16 << 10,
	STAT_MAX = 4096,
	ARGS_MAX = 4096, /* of the command line and of the environment */
	NAMESPACES_MAX = 65536,
	FLAG_CLONE_FILES = 1 << 0, /* table clone_flags */
	FLAG_CLONE_THREAD = 1 << 13,
};

void subject_deinit(struct subject *j)
{
	buf_deinit(&j->status);
	buf_deinit(&j->stat);
	buf_deinit(&j->args);
	buf_deinit(&j->env);
	buf_deinit(&j->cgroup);
}

/* --- status --- */

/* What one reading of a status file tells beside the entry. */
struct status {
	bool found;
	bool has_memory; /* VmSize: neither a kernel thread nor one that has ended */
	bool in_pidns;
	uint64_t threads;
};

static void put_u32(uint32_t *out, struct sv v)
{
	*out = (uint32_t)sv_number(v, 10);
}

static struct sv last_word(struct sv v)
{
	struct sv last = { 0 }, word;

	while ((word = sv_next_word(&v)).n)
		last = word;
	return last;
}

/* "Uid:\treal effective saved fs" */
static uint32_t effective(struct sv v)
{
	sv_next_word(&v);
	return (uint32_t)sv_number(sv_next_word(&v), 10);
}

static void take_line(struct proc_entry *e, struct status *st, struct sv line)
{
	struct sv v;

	switch (line.n ? line.p[0] : '\0') {
	case 'T':
		if (sv_value_of(line, SV("Tgid:"), &v)) {
			e->pid = sv_signed(v);
			st->found = true;
		} else if (sv_value_of(line, SV("Threads:"), &v)) {
			st->threads = sv_number(v, 10);
		}
		break;
	case 'P':
		if (sv_value_of(line, SV("PPid:"), &v))
			e->ptid = sv_signed(v);
		break;
	case 'U':
		if (sv_value_of(line, SV("Uid:"), &v))
			e->uid = effective(v);
		break;
	case 'G':
		if (sv_value_of(line, SV("Gid:"), &v))
			e->gid = effective(v);
		break;
	case 'N': /* the innermost namespace is told last */
		if (sv_value_of(line, SV("NSpid:"), &v)) {
			struct sv first = v;

			e->vtid = sv_signed(last_word(v));
			st->in_pidns = sv_next_word(&first).n != v.n;
		} else if (sv_value_of(line, SV("NStgid:"), &v)) {
			e->vpid = sv_signed(last_word(v));
		} else if (sv_value_of(line, SV("NSpgid:"), &v)) {
			e->vpgid = sv_signed(last_word(v));
		}
		break;
	case 'V':
		if (sv_value_of(line, SV("VmSize:"), &v)) {
			put_u32(&e->vmsize_kb, v);
			st->has_memory = true;
		} else if (sv_value_of(line, SV("VmRSS:"), &v)) {
			put_u32(&e->vmrss_kb, v);
		} else if (sv_value_of(line, SV("VmSwap:"), &v)) {
			put_u32(&e->vmswap_kb, v);
		}
		break;
	case 'C':
		if (sv_value_of(line, SV("CapInh:"), &v))
			e->cap_inheritable = sv_number(v, 16);
		else if (sv_value_of(line, SV("CapPrm:"), &v))
			e->cap_permitted = sv_number(v, 16);
		else if (sv_value_of(line, SV("CapEff:"), &v))
			e->cap_effective = sv_number(v, 16);
		break;
	}
}

static struct status read_status(struct subject *j, int dir)
{
	struct status st = { 0 };
	struct sv line;

	if (!procfs_read_record(dir, "status", STATUS_MAX, &j->status))
		return st;
	for (struct sv rest = buf_sv(&j->status); sv_next_line(&rest, &line);)
		take_line(&j->entry, &st, line);
	return st;
}

/* --- stat --- */

/*
 * "1234 (name) S ppid pgrp session tty tpgid flags minflt cminflt majflt ..."; the name may hold
 * anything, brackets too, so the numbers begin behind the last one.
 */
static bool read_stat(struct subject *j, int dir)
{
	struct proc_entry *e = &j->entry;
	struct sv text, word[22 - 2];

	if (!procfs_read_record(dir, "stat", STAT_MAX, &j->stat))
		return false;
	text = buf_sv(&j->stat);
	size_t end = text.n;
	while (end && text.p[end - 1] != ')')
		end--;
	const char *open = end ? memchr(text.p, '(', end) : NULL;
	if (!open)
		return false;
	struct sv name = { open + 1, (size_t)(text.p + end - 1 - (open + 1)) };
	struct sv rest = { text.p + end, text.n - end };
	for (size_t i = 0; i < sizeof word / sizeof *word; i++)
		word[i] = sv_next_word(&rest);
	e->pgid = sv_signed(word[2]);
	e->sid = sv_signed(word[3]);
	e->tty = (uint32_t)sv_signed(word[4]);
	e->pfminor = sv_number(word[7], 10);
	e->pfmajor = sv_number(word[9], 10);
	j->start_ticks = sv_number(word[19], 10);
	e->comm = name;
	return word[19].n != 0;
}

/* stat shows odd bytes of a name as escapes; comm has them as they are. */
static void read_comm(struct subject *j, int dir)
{
	struct sv name = j->entry.comm;

	if (!name.n || memchr(name.p, '\\', name.n)) {
		buf_clear(&j->s->scratch);
		if (procfs_read_record(dir, "comm", sizeof j->comm - 1, &j->s->scratch)) {
			name = buf_sv(&j->s->scratch);
			if (name.n && name.p[name.n - 1] == '\n')
				name.n--;
		}
	}
	if (name.n >= sizeof j->comm)
		name.n = sizeof j->comm - 1;
	if (name.n)
		memcpy(j->comm, name.p, name.n);
	j->entry.comm = (struct sv){ j->comm, name.n };
}

/* --- command line, environment --- */

/* Items as they lie in memory; the last one always ends in NUL, also when it was cut. */
static void read_items(struct subject *j, const char *name, struct buf *b)
{
	if (!procfs_read_record(j->dir, name, ARGS_MAX, b)) {
		j->incomplete |= errno != ENOENT && errno != ESRCH;
		buf_clear(b);
		return;
	}
	if (b->n == 0 || b->p[b->n - 1] == '\0')
		return;
	if (b->n == ARGS_MAX)
		b->p[b->n - 1] = '\0';
	else
		buf_putc(b, '\0');
}

static void read_args(struct subject *j)
{
	read_items(j, "cmdline", &j->args);
	struct sv args = buf_sv(&j->args), exe = { 0 };

	if (args.n)
		sv_next_item(&args, &exe);
	size_t n = exe.n > PROC_PATH_MAX ? PROC_PATH_MAX : exe.n;
	if (n)
		memcpy(j->exe, exe.p, n);
	j->entry.exe = (struct sv){ j->exe, n };
	j->entry.args = args;
}

static struct sv read_link(struct subject *j, const char *name, char *out)
{
	struct sv link = procfs_link(j->dir, name, out);

	if (!link.p)
		j->incomplete |= errno != ENOENT && errno != ESRCH;
	return link;
}

/* --- the rest --- */

static uint32_t read_loginuid(struct subject *j)
{
	if (!procfs_read_record(j->dir, "loginuid", 32, &j->s->scratch) || j->s->scratch.n == 0)
		return UINT32_MAX; /* a kernel without audit */
	return (uint32_t)sv_number(buf_sv(&j->s->scratch), 10);
}

/* The limit is not asked of a host that is not this one. */
static int64_t fd_limit(const struct subject *j)
{
	struct rlimit limit;

	if (j->s->root[0] || prlimit((pid_t)j->pid, RLIMIT_NOFILE, NULL, &limit) < 0)
		return -1;
	return (int64_t)limit.rlim_cur;
}

static void read_cgroups(struct subject *j, int dir)
{
	if (procfs_read_record(dir, "cgroup", STATUS_MAX, &j->cgroup))
		j->entry.cgroups = cgroup_items(&j->s->cgroups, buf_sv(&j->cgroup));
}

static uint64_t ticks_ns(uint64_t ticks)
{
	static const uint64_t tick_ns = 10000000; /* USER_HZ is 100 on every machine */

	return ticks > UINT64_MAX / tick_ns ? 0 : ticks * tick_ns;
}

static uint64_t namespace_ino(int dir)
{
	char text[PROC_PATH_MAX + 1];
	struct sv link = procfs_link(dir, "ns/pid", text);

	return link.p && sv_starts(link, SV("pid:["))
		       ? sv_number((struct sv){ link.p + 5, link.n - 5 }, 10)
		       : 0;
}

static void learn_namespace(struct scanner *s, uint64_t ino, uint64_t start_ns)
{
	if (ino == 0 || s->nnamespaces == NAMESPACES_MAX)
		return;
	if ((s->nnamespaces & (s->nnamespaces - 1)) == 0) {
		size_t room = s->nnamespaces ? s->nnamespaces * 2 : 1;
		void *grown = realloc(s->namespaces, room * sizeof *s->namespaces);

		if (!grown)
			return;
		s->namespaces = grown;
	}
	s->namespaces[s->nnamespaces++] = (struct pid_namespace){ ino, start_ns };
}

/* The namespace's init as the process's own /proc shows it, when no process so far was it. */
static uint64_t ask_own_proc(struct subject *j)
{
	struct buf *b = &j->s->scratch;

	if (!procfs_read_record(j->dir, "root/proc/1/stat", STAT_MAX, b))
		return 0;
	struct sv rest = buf_sv(b);
	while (rest.n && rest.p[rest.n - 1] != ')')
		rest.n--;
	rest = (struct sv){ b->p + rest.n, b->n - rest.n };
	for (size_t i = 0; i < 19; i++)
		sv_next_word(&rest);
	return j->s->boot_ts_ns + ticks_ns(sv_number(sv_next_word(&rest), 10));
}

/* When the init of its pid namespace began; of the host's own this is the time of the boot. */
static uint64_t namespace_start(struct subject *j, bool in_pidns)
{
	struct scanner *s = j->s;

	if (!in_pidns)
		return s->boot_ts_ns;
	uint64_t ino = namespace_ino(j->dir);
	for (size_t i = 0; i < s->nnamespaces; i++) {
		if (s->namespaces[i].ino == ino)
			return s->namespaces[i].init_start_ns;
	}
	uint64_t start =
		j->entry.vpid == 1 ? s->boot_ts_ns + ticks_ns(j->start_ticks) : ask_own_proc(j);
	if (start)
		learn_namespace(s, ino, start);
	return start;
}

static void default_ids(struct proc_entry *e)
{
	if (e->vtid < 0)
		e->vtid = e->tid;
	if (e->vpid < 0)
		e->vpid = e->pid;
	if (e->vpgid < 0)
		e->vpgid = e->pgid;
}

bool read_process(struct subject *j)
{
	struct proc_entry *e = &j->entry;

	j->incomplete = false;
	*e = (struct proc_entry){
		.tid = j->pid, .sid = -1, .vpgid = -1, .pgid = -1, .vtid = -1, .vpid = -1
	};
	struct status st = read_status(j, j->dir);
	if (!st.found || e->pid != j->pid || !read_stat(j, j->dir))
		return false;
	if (!st.has_memory)
		return false;
	read_comm(j, j->dir);
	default_ids(e);
	read_args(j);
	e->exepath = read_link(j, "exe", j->exepath);
	read_items(j, "environ", &j->env);
	e->env = buf_sv(&j->env);
	e->cwd = read_link(j, "cwd", j->cwd);
	e->root = read_link(j, "root", j->root);
	e->fdlimit = fd_limit(j);
	e->loginuid = read_loginuid(j);
	read_cgroups(j, j->dir);
	e->pidns_init_start_ts = namespace_start(j, st.in_pidns);
	read_exe_file(j);
	j->threads = st.threads;
	return true;
}

bool read_thread(struct subject *j, int64_t tid, int dir)
{
	struct proc_entry *e = &j->entry;
	struct status st;

	/* What threads share stays as the leader's: command line, paths, environment, file. */
	e->tid = tid;
	e->flags = FLAG_CLONE_THREAD | FLAG_CLONE_FILES;
	e->vtid = e->vpid = e->vpgid = -1;
	st = read_status(j, dir);
	if (!st.found || e->pid != j->pid || !st.has_memory || !read_stat(j, dir))
		return false;
	read_comm(j, dir);
	default_ids(e);
	read_cgroups(j, dir);
	return true;
}
