/* The fds of a process: links in /proc/PID/fd, what is behind them, and how they were opened. */
#define _GNU_SOURCE
#include "capture/scan/scanner.h"
#include "capture/scan/socket_ask.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FDINFO_MAX = 512, TOLD_CLOEXEC = 1 << 12 };

/* --- flags --- */

enum { KERNEL_O_TMPFILE = 020000000 }; /* without O_DIRECTORY, which O_TMPFILE contains */

/* Not O_LARGEFILE: the kernel sets it itself, and events tell what the program asked for. */
static const struct {
	uint32_t kernel, told; /* table file_flags */
} open_flags[] = {
	{ O_CREAT, 1 << 2 },         { O_APPEND, 1 << 3 },          { O_DSYNC, 1 << 4 },
	{ O_EXCL, 1 << 5 },          { O_NONBLOCK, 1 << 6 },        { O_SYNC, 1 << 7 },
	{ O_TRUNC, 1 << 8 },         { O_DIRECT, 1 << 9 },          { O_DIRECTORY, 1 << 10 },
	{ O_CLOEXEC, TOLD_CLOEXEC }, { KERNEL_O_TMPFILE, 1 << 13 },
};

static uint32_t told_flags(uint32_t kernel)
{
	uint32_t told = (kernel & O_ACCMODE) == O_WRONLY ? 2
			: (kernel & O_ACCMODE) == O_RDWR ? 3
							 : 1;

	for (size_t i = 0; i < sizeof open_flags / sizeof *open_flags; i++) {
		if (kernel & open_flags[i].kernel)
			told |= open_flags[i].told;
	}
	return told;
}

/*
 * Of what is no file only close-on-exec is told: without it an exec would leave it open for good.
 */
static void read_fdinfo(struct subject *j, const char *number, struct fd_entry *fd)
{
	struct buf *b = &j->s->scratch;
	uint64_t mount_id = 0;
	char path[32];
	struct sv line, v;

	snprintf(path, sizeof path, "fdinfo/%s", number);
	if (!procfs_read_record(j->dir, path, FDINFO_MAX, b))
		return;
	for (struct sv rest = buf_sv(b); sv_next_line(&rest, &line);) {
		if (sv_value_of(line, SV("flags:"), &v))
			fd->open_flags = told_flags((uint32_t)sv_number(v, 8));
		else if (sv_value_of(line, SV("mnt_id:"), &v))
			mount_id = sv_number(v, 10);
	}
	if (fd->type != FD_FILE_V2) {
		fd->open_flags &= TOLD_CLOEXEC;
		return;
	}
	const struct mount *m = mounts_find(&j->s->mounts, mount_id, j->pid, j->dir, b);
	if (m)
		fd->dev = m->dev;
}

/* --- what is behind a link --- */

static const struct {
	struct sv name;
	enum fd_type type;
} anonymous[] = {
	{ SV("[eventfd]"), FD_EVENT },
	{ SV("[eventpoll]"), FD_EVENTPOLL },
	{ SV("inotify"), FD_INOTIFY },
	{ SV("[signalfd]"), FD_SIGNALFD },
	{ SV("[timerfd]"), FD_TIMERFD },
	{ SV("[io_uring]"), FD_IOURING },
	{ SV("[userfaultfd]"), FD_USERFAULTFD },
	{ SV("[pidfd]"), FD_PIDFD },
	{ SV("bpf-map"), FD_BPF },
	{ SV("bpf-prog"), FD_BPF },
	{ SV("bpf-link"), FD_BPF },
	{ SV("bpf_link"), FD_BPF },
	{ SV("bpf_iter"), FD_BPF },
	{ SV("[bpf-map]"), FD_BPF },
};

static uint8_t anonymous_type(struct sv name)
{
	for (size_t i = 0; i < sizeof anonymous / sizeof *anonymous; i++) {
		if (sv_eq(anonymous[i].name, name))
			return (uint8_t)anonymous[i].type;
	}
	return FD_UNSUPPORTED;
}

/* Inode and mode; a stat that would wait for a server that is gone is answered from memory. */
static bool look(DIR *d, const char *number, struct statx *st)
{
	return statx(dirfd(d), number, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		     STATX_TYPE | STATX_MODE | STATX_INO, st) == 0;
}

/* The tables are read once for all: what is younger than they are is asked itself. */
static bool describe_socket(struct subject *j, struct sv link, char *text, struct fd_entry *fd)
{
	struct sockets *sockets = &j->s->sockets;
	uint64_t ino = sv_number((struct sv){ link.p + 8, link.n - 8 }, 10);
	const struct socket_row *row = sockets_find(sockets, ino);

	if (!row) {
		sockets_load(sockets, j->dir);
		row = sockets_find(sockets, ino);
	}
	if (row) {
		fd->ino = ino;
		socket_describe(row, fd);
		return true;
	}
	if (!j->s->root[0] && socket_ask(j->pid, ino, fd, text))
		return true;
	j->s->stats.sockets_unknown++;
	return false;
}

static void describe_file(struct sv link, uint16_t mode, struct fd_entry *fd)
{
	fd->name = link;
	switch (mode & S_IFMT) {
	case S_IFIFO:
		fd->type = FD_FIFO;
		break;
	case S_IFDIR:
		fd->type = FD_DIRECTORY;
		break;
	case S_IFREG:
	case S_IFBLK:
	case S_IFCHR:
	case S_IFLNK:
		if (sv_starts(link, SV("/memfd:"))) {
			fd->type = FD_MEMFD;
			break;
		}
		fd->type = FD_FILE_V2;
		break;
	default:
		fd->type = FD_UNSUPPORTED;
		fd->name = (struct sv){ 0 };
		break;
	}
}

/* False: it is closed again, or nothing can be told of it. */
static bool describe(struct subject *j, DIR *d, const char *number, char *text, struct fd_entry *fd)
{
	const struct sv anon = SV("anon_inode:");
	struct sv link = procfs_link(dirfd(d), number, text);
	struct statx st;

	if (!link.p)
		return false;
	if (sv_starts(link, SV("socket:[")))
		return describe_socket(j, link, text, fd);
	if (sv_starts(link, SV("pipe:["))) {
		fd->type = FD_FIFO;
		fd->name = link;
		fd->ino = sv_number((struct sv){ link.p + 6, link.n - 6 }, 10);
		return true;
	}
	if (!look(d, number, &st))
		return false;
	fd->ino = st.stx_ino;
	if (sv_starts(link, anon))
		fd->type = anonymous_type((struct sv){ link.p + anon.n, link.n - anon.n });
	else
		describe_file(link, st.stx_mode, fd);
	return true;
}

int scan_fds(struct subject *j, struct err *err)
{
	struct scanner *s = j->s;
	DIR *d = procfs_list(j->dir, "fd");
	char link[PROC_PATH_MAX + 1];
	const char *number;
	uint32_t n = 0;
	int64_t fd;
	int rc = 0;

	if (!d) {
		j->incomplete = true;
		return 0;
	}
	while (rc == 0 && (number = procfs_next_number(d, &fd)) != NULL) {
		struct record rec = { .kind = RECORD_FD, .fd = { .tid = j->pid, .fd = fd } };

		if (s->opt->max_fds && n >= s->opt->max_fds)
			break;
		if (!describe(j, d, number, link, &rec.fd))
			continue;
		read_fdinfo(j, number, &rec.fd);
		n++;
		s->stats.fds++;
		rc = s->put(s->arg, &rec, err);
	}
	closedir(d);
	return rc;
}
