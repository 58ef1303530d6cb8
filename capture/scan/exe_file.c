/*
 * The file that a process runs: its inode, who may change it, which layer of an overlay it is in.
 */
#define _GNU_SOURCE
#include "capture/scan/scanner.h"

#include <fcntl.h>
#include <sys/stat.h>

static uint64_t time_ns(struct statx_timestamp t)
{
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* May this user write to it?  The owner may grant it to himself, root needs no grant. */
static bool writable_by(const struct statx *st, uint32_t uid, uint32_t gid)
{
	if (st->stx_attributes & STATX_ATTR_IMMUTABLE)
		return false;
	if (st->stx_uid == uid || uid == 0)
		return true;
	return st->stx_mode & (st->stx_gid == gid ? S_IWGRP : S_IWOTH);
}

/* The part of the path below the mount point, from the root of the filesystem. */
static void put_path_in_mount(struct buf *out, const struct mount *m, struct sv path)
{
	struct sv root = m->root, point = m->point;

	if (root.n == 1)
		root.n = 0;
	if (point.n == 1)
		point.n = 0;
	buf_putsv(out, root);
	if (sv_starts(path, point)) {
		path.p += point.n;
		path.n -= point.n;
	}
	buf_putsv(out, path);
}

/* A file of an overlay is in the upper directory when it is found there, else in a lower one. */
static void read_layer(struct subject *j, const struct mount *m)
{
	struct scanner *s = j->s;
	struct stat st;

	buf_clear(&s->scratch);
	buf_puts(&s->scratch, s->root);
	buf_putsv(&s->scratch, m->upper);
	put_path_in_mount(&s->scratch, m, j->entry.exepath);
	j->entry.exe_upper_layer = fstatat(AT_FDCWD, buf_cstr(&s->scratch), &st, 0) == 0;
	j->entry.exe_lower_layer = !j->entry.exe_upper_layer;
}

void read_exe_file(struct subject *j)
{
	struct proc_entry *e = &j->entry;
	struct statx st;

	/* Of the link itself, not of its text: the file may be deleted or in another namespace. */
	if (statx(j->dir, "exe", AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_MNT_ID, &st) < 0)
		return;
	e->exe_ino = st.stx_ino;
	e->exe_ino_ctime = time_ns(st.stx_ctime);
	e->exe_ino_mtime = time_ns(st.stx_mtime);
	e->exe_from_memfd = sv_starts(e->exepath, SV("/memfd:"));
	const struct mount *m = NULL;
	if (st.stx_mask & STATX_MNT_ID)
		m = mounts_find(&j->s->mounts, st.stx_mnt_id, j->pid, j->dir, &j->s->scratch);
	e->exe_writable = writable_by(&st, e->uid, e->gid) && !(m && m->read_only);
	if (m && m->upper.n)
		read_layer(j, m);
}
