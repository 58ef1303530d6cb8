/* SPDX-License-Identifier: GPL-2.0 */
/* The steps of capture.def: each gives one parameter (A(n): argument n of the system call). */
#ifndef SAKER_COMMON_STEPS_H
#define SAKER_COMMON_STEPS_H

#include "drivers/common/read.h"
#include "drivers/common/user.h"
#define CONVERT_BOUND BOUND
#define CONVERT_TABLE TABLE_OF
#include "drivers/convert.h"
#include "format/schema/kinds.h"

#define A(i)     (r->cpu->args[i])
#define RETURNED (r->ret)

/* Bytes of a number of this type; 0 for what is no number. */
INLINE __u32 type_size(enum param_type type)
{
	switch (type) {
	case PT_INT8: case PT_UINT8: case PT_FLAGS8: case PT_ENUMFLAGS8: case PT_SIGTYPE:
		return 1;
	case PT_INT16: case PT_UINT16: case PT_FLAGS16: case PT_ENUMFLAGS16: case PT_SYSCALLID:
	case PT_PORT:
		return 2;
	case PT_INT32: case PT_UINT32: case PT_FLAGS32: case PT_ENUMFLAGS32: case PT_UID:
	case PT_GID: case PT_MODE: case PT_SIGSET: case PT_BOOL:
		return 4;
	default:
		return 8;
	}
}

INLINE bool type_is_int_handle(enum param_type type)
{
	return type == PT_FD || type == PT_PID || type == PT_ERRNO;
}

/* --- numbers behind pointers --- */

enum pointed { U32, I32, I64, ULONG };

INLINE __u64 pointed_user(struct record *r, __u64 p, __u32 i, enum pointed kind)
{
	__u32 v32 = 0;
	__u64 v = 0;

	if (kind == U32 || kind == I32 || (kind == ULONG && r->compat)) {
		read_user(&v32, sizeof v32, p + 4 * i);
		return kind == I32 ? (__u64)(__s64)(__s32)v32 : v32;
	}
	read_user(&v, sizeof v, p + 8 * i);
	return v;
}

INLINE void put_time(struct record *r, __u64 p)
{
	struct {
		__s64 sec, nsec;
	} t = { 0 };
	struct {
		__s32 sec, nsec;
	} t32 = { 0 };

	if (r->compat && !(r->cpu->shape & WIRE_TIME64)) {
		read_user(&t32, sizeof t32, p);
		t.sec = t32.sec;
		t.nsec = t32.nsec;
	} else {
		read_user(&t, sizeof t, p);
	}
	put_u64(r, (__u64)t.sec * 1000000000 + t.nsec);
}

INLINE __u32 convert_mknod_dev(__u32 v)
{
	return encode_dev(v);
}

/* --- texts and data --- */

enum { SHORT_TEXT = 64 };

/* A text that user space gave, as it was before the call ended. */
INLINE void put_given_text(struct record *r, __u64 from)
{
	__u32 n;
	const void *given = given_to_call(r, from, &n);
	__u8 *to;

	if (!given) {
		put_text_user(r, from);
		return;
	}
	to = place(r);
	if (n <= SHORT_TEXT) { /* most are, and words cost less than a call */
		for (__u32 i = 0; i < SHORT_TEXT / 8; i++)
			((__u64 *)to)[i] = ((const __u64 *)given)[i];
	} else {
		BOUND(n, 0x1fff);
		n = read_kernel(to, n, given) ? 0 : n;
	}
	end_param(r, n);
}

INLINE void put_read_data(struct record *r, __u64 from)
{
	if (r->ret > 0)
		put_bytes_user(r, from, less_of(snaplen(r), r->ret));
	else
		put_empty(r);
}

INLINE void put_given_data(struct record *r, __u64 from, __u64 size)
{
	put_bytes_user(r, from, less_of(snaplen(r), size));
}

INLINE void put_written_data(struct record *r, __u64 from, __u64 size)
{
	put_given_data(r, from, r->ret > 0 ? r->ret : size);
}

enum { IOV_MAX = 32 };

INLINE struct abi_iovec user_iovec(struct record *r, __u64 iov, __u32 i)
{
	struct abi_iovec v = { 0 };
	struct abi_iovec32 v32 = { 0 };

	if (r->compat) {
		read_user(&v32, sizeof v32, iov + i * sizeof v32);
		v.base = v32.base;
		v.len = v32.len;
	} else {
		read_user(&v, sizeof v, iov + i * sizeof v);
	}
	return v;
}

struct iov_walk {
	struct record r;
	__u64 iov, n;
	__u32 sum;
};

static long iov_size_step(__u32 i, struct iov_walk *w)
{
	if (i >= w->n)
		return 1;
	w->sum += user_iovec(&w->r, w->iov, i).len;
	return 0;
}
STEPS(iov_size_step, struct iov_walk)

INLINE __u32 iov_size(struct record *r, __u64 iov, __u64 n)
{
	struct iov_walk w = { .r = *r, .iov = iov, .n = n };

	REPEAT(IOV_MAX, iov_size_step, &w);
	return w.sum;
}

static long iov_step(__u32 i, struct iov_walk *w)
{
	volatile __u32 *left = &w->r.cpu->left;
	struct abi_iovec v;
	__u32 want, got;

	if (i >= w->n)
		return 1;
	v = user_iovec(&w->r, w->iov, i);
	want = less_of(v.len, *left);
	got = add_bytes_user(&w->r, v.base, want);
	w->r.off += got;
	forget_offset(&w->r);
	*left -= got;
	return got != want || !*left;
}
STEPS(iov_step, struct iov_walk)

/* The first `limit` bytes of all entries together. */
INLINE void put_iov(struct record *r, __u64 iov, __u64 n, __u64 limit)
{
	struct iov_walk w = { .r = *r, .iov = iov, .n = n };

	r->cpu->left = less_of(limit, WIRE_MAX_BYTES);
	REPEAT(IOV_MAX, iov_step, &w);
	end_param(r, w.r.off - r->off);
}

INLINE void put_read_iov(struct record *r, __u64 iov, __u64 n)
{
	if (r->ret > 0)
		put_iov(r, iov, n, less_of(snaplen(r), r->ret));
	else
		put_empty(r);
}

INLINE void put_written_iov(struct record *r, __u64 iov, __u64 n)
{
	put_iov(r, iov, n, r->ret > 0 ? less_of(snaplen(r), r->ret) : snaplen(r));
}

/* --- files --- */

struct opened {
	struct file *file;
	__u64 ino;
	__u32 dev;
	__u32 flags; /* what the file adds to the portable open flags */
	enum layer layer;
};

INLINE void look_at_opened(struct record *r, struct opened *o)
{
	struct file *file = r->ret < 0 ? NULL : file_of_fd(r->ret);
	struct super_block *sb;
	struct inode *inode;

	if (!file)
		return;
	o->file = file;
	inode = PEEK(file, f_inode);
	sb = PEEK(inode, i_sb);
	o->ino = PEEK(inode, i_ino);
	o->dev = encode_dev(PEEK(sb, s_dev));
	o->layer = layer_of(inode, sb);
	if (PEEK(file, f_mode) & FMODE_CREATED)
		o->flags |= 0x4000; /* O_F_CREATED */
	if (o->layer == LAYER_UPPER)
		o->flags |= 0x8000; /* FD_UPPER_LAYER */
	else if (o->layer == LAYER_LOWER)
		o->flags |= 0x10000; /* FD_LOWER_LAYER */
}

/*
 * The path from the root of all mounts, as d_path gives it, written backwards into the scratch
 * space.  A name that renaming pulls away under us gives a wrong path, never a wrong access.
 */
enum { PATH_SCRATCH = 1 << 15, PATH_NAMES = 96 };

INLINE void prepend(struct record *r, const void *name, __u32 n)
{
	__u32 pos = *(volatile __u32 *)&r->cpu->left;

	BOUND(n, 0xff);
	pos -= n;
	BOUND(pos, 0x7fff);
	read_kernel(r->at + WIRE_SCRATCH + pos, n, name);
	pos--;
	BOUND(pos, 0x7fff);
	r->at[WIRE_SCRATCH + pos] = '/';
	*(volatile __u32 *)&r->cpu->left = pos;
}

struct path_walk {
	struct record r;
	struct dentry *dentry;
	struct mount *mount;
};

static long path_step(__u32 i, struct path_walk *w)
{
	struct dentry *dentry = w->dentry, *parent = PEEK(dentry, d_parent);
	struct mount *mount = w->mount, *up;

	(void)i;
	if (dentry == PEEK(mount, mnt.mnt_root)) {
		up = PEEK(mount, mnt_parent);
		if (up == mount)
			return 1;
		w->dentry = PEEK(mount, mnt_mountpoint);
		w->mount = up;
		return 0;
	}
	if (dentry == parent)
		return 1;
	prepend(&w->r, PEEK(dentry, d_name.name), PEEK(dentry, d_name.len));
	w->dentry = parent;
	return 0;
}
STEPS(path_step, struct path_walk)

INLINE void put_path(struct record *r, struct path *path)
{
	struct vfsmount *vfsmount = PEEK(path, mnt);
	struct path_walk w = { .r = *r,
			       .dentry = PEEK(path, dentry),
			       .mount = (void *)((char *)vfsmount -
						 OFFSET_OF(struct mount, mnt)) };
	struct dentry *dentry;
	__u32 pos;

	r->cpu->left = PATH_SCRATCH - 1;
	r->at[WIRE_SCRATCH + PATH_SCRATCH - 1] = 0;
	REPEAT(PATH_NAMES, path_step, &w);
	pos = *(volatile __u32 *)&r->cpu->left;
	BOUND(pos, PATH_SCRATCH - 1);
	if (pos == PATH_SCRATCH - 1) {
		/* The root itself, or a file without a place, as a memfd. */
		dentry = w.dentry;
		put_text_kernel(r, PEEK(dentry, d_name.name), WIRE_PATH_MAX);
		return;
	}
	put_text_kernel(r, r->at + WIRE_SCRATCH + pos, WIRE_PATH_MAX);
}

INLINE void put_file_path(struct record *r, struct file *file)
{
	if (file)
		put_path(r, (struct path *)&file->f_path); /* const since 6.17 */
	else
		put_empty(r);
}

INLINE void put_pipe(struct record *r, __u64 p)
{
	__s32 fds[2] = { -1, -1 };
	__u64 ino = 0;

	if (read_user(fds, sizeof fds, p))
		fds[0] = fds[1] = -1;
	put_u64(r, (__s64)fds[0]);
	put_u64(r, (__s64)fds[1]);
	if (r->ret == 0) {
		struct file *file = file_of_fd(fds[0]);

		ino = file ? PEEK(file, f_inode, i_ino) : 0;
	}
	put_u64(r, ino);
}

enum { POLL_MAX = 16 };

struct poll_walk {
	struct record r;
	__u64 p;
	__u32 count;
};

static long poll_step(__u32 i, struct poll_walk *w)
{
	struct abi_pollfd fd = { .fd = -1 };
	__u8 *at;

	if (i >= w->count)
		return 1;
	read_user(&fd, sizeof fd, w->p + i * sizeof fd);
	at = place(&w->r);
	*(__s64 *)at = fd.fd;
	*(__u16 *)(at + 8) = convert_poll_flags((__u16)fd.revents);
	w->r.off += 10;
	forget_offset(&w->r);
	return 0;
}
STEPS(poll_step, struct poll_walk)

INLINE void put_fd_list(struct record *r, __u64 p, __u64 n)
{
	struct poll_walk w = { .r = *r, .p = p, .count = less_of((__u32)n, POLL_MAX) };
	struct abi_pollfd fd;

	if (w.count && read_user(&fd, sizeof fd, p))
		w.count = 0;
	*(__u16 *)place(&w.r) = w.count;
	w.r.off += 2;
	REPEAT(POLL_MAX, poll_step, &w);
	end_param(r, w.r.off - r->off);
}

#endif
