/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses and messages of sockets. */
#ifndef SAKER_COMMON_NET_H
#define SAKER_COMMON_NET_H

#include "drivers/common/steps.h"

enum direction { OUT, IN };
enum { UNIX_PATH = 108, MESSAGES = 16 };

/* The name of a unix socket of n bytes, without the NUL that marks an abstract one. */
INLINE __u32 add_unix_name(struct record *r, const char *name, __s64 n, bool user)
{
	char first = 0;

	if (n > UNIX_PATH)
		n = UNIX_PATH;
	if (n > 0) {
		if (user)
			read_user(&first, 1, name);
		else
			read_kernel(&first, 1, name);
		if (!first) {
			name++;
			n--;
		}
	}
	if (n <= 0) {
		*place(r) = 0;
		return 1;
	}
	n++; /* room for a NUL */
	BOUND(n, 0x7f);
	return add_text(r, name, n, user);
}

INLINE long read_either(void *to, __u32 n, __u64 from, bool user)
{
	return user ? read_user(to, n, from) : read_kernel(to, n, (const void *)from);
}

/* What user space gave as an address: family, then the address and the port, or a path. */
INLINE void put_address(struct record *r, __u64 p, __u32 len, bool user)
{
	struct {
		__u16 family;
		__u16 port;
		__u32 addr;
		__u64 addr6[2];
	} a = { 0 };
	__u32 n = 0;
	__u8 *to;

	len = (__u16)len;
	if (len >= 2)
		read_either(&a, 2, p, user);
	if (a.family == AF_INET && len >= 8 && !read_either(&a, 8, p, user)) {
		to = place(r);
		to[0] = AF_INET;
		*(__u32 *)(to + 1) = a.addr;
		*(__u16 *)(to + 5) = host16(a.port);
		n = 7;
	} else if (a.family == AF_INET6 && len >= 24 && !read_either(&a, 24, p, user)) {
		to = place(r);
		to[0] = AF_INET6;
		*(__u64 *)(to + 1) = a.addr6[0];
		*(__u64 *)(to + 9) = a.addr6[1];
		*(__u16 *)(to + 17) = host16(a.port);
		n = 19;
	} else if (a.family == AF_UNIX) {
		*place(r) = AF_UNIX;
		r->off++;
		n = add_unix_name(r, (char *)p + 2, (__s64)len - 2, user);
		r->off--;
		n = n ? n + 1 : 0;
	}
	end_param(r, n);
}

INLINE void put_given_address(struct record *r, __u64 p, __u32 len)
{
	__u32 n;
	const void *given = given_to_call(r, p, &n);

	if (given)
		put_address(r, (__u64)given, n, false);
	else
		put_address(r, p, len, true);
}

INLINE void put_tuple4(struct record *r, struct sock *sk, enum direction dir, __u64 name)
{
	__u32 local = PEEK((struct inet_sock *)sk, inet_saddr);
	__u32 remote = PEEK(sk, __sk_common.skc_daddr);
	__u16 lport = PEEK((struct inet_sock *)sk, inet_sport);
	__u16 rport = PEEK(sk, __sk_common.skc_dport);
	struct {
		__u16 family, port;
		__u32 addr;
	} a = { 0 };
	__u8 *to = place(r);

	if (rport == 0 && name) { /* not connected: the kernel knows no peer */
		read_user(&a, sizeof a, name);
		remote = a.addr;
		rport = a.port;
	}
	to[0] = AF_INET;
	*(__u32 *)(to + 1) = dir == OUT ? local : remote;
	*(__u16 *)(to + 5) = host16(dir == OUT ? lport : rport);
	*(__u32 *)(to + 7) = dir == OUT ? remote : local;
	*(__u16 *)(to + 11) = host16(dir == OUT ? rport : lport);
	end_param(r, 13);
}

INLINE void copy_in6(__u8 *to, const struct in6_addr *addr)
{
	const __u64 *halves = (const void *)addr;

	((__u64 *)to)[0] = halves[0];
	((__u64 *)to)[1] = halves[1];
}

INLINE void put_tuple6(struct record *r, struct sock *sk, enum direction dir, __u64 name)
{
	struct in6_addr local = local_address6(sk), remote = remote_address6(sk);
	struct in6_addr *from = dir == OUT ? &local : &remote, *dest = dir == OUT ? &remote : &local;
	__u16 lport = PEEK((struct inet_sock *)sk, inet_sport);
	__u16 rport = PEEK(sk, __sk_common.skc_dport);
	struct {
		__u16 family, port;
		__u32 flow;
		struct in6_addr addr;
	} a = { 0 };
	__u8 *to = place(r);

	if (rport == 0 && name) {
		read_user(&a, sizeof a, name);
		remote = a.addr;
		rport = a.port;
	}
	to[0] = AF_INET6;
	copy_in6(to + 1, from);
	*(__u16 *)(to + 17) = host16(dir == OUT ? lport : rport);
	copy_in6(to + 19, dest);
	*(__u16 *)(to + 35) = host16(dir == OUT ? rport : lport);
	end_param(r, 37);
}

INLINE void put_tuple_unix(struct record *r, struct sock *sk, enum direction dir, __u64 name)
{
	struct sock *peer = PEEK((struct unix_sock *)sk, peer);
	struct sock *dest = dir == OUT ? peer : sk, *from = dir == OUT ? sk : peer;
	struct unix_address *address = NULL;
	__u8 *to = place(r);
	__u32 n;

	to[0] = AF_UNIX;
	*(__u64 *)(to + 1) = (__u64)dest;
	*(__u64 *)(to + 9) = (__u64)from;
	r->off += 17;
	if (dir == OUT && !peer && name) {
		n = add_unix_name(r, (char *)name + 2, UNIX_PATH, true);
	} else {
		if (dest)
			address = PEEK((struct unix_sock *)dest, addr);
		n = add_unix_name(r, (char *)address + OFFSET_OF(struct unix_address, name) + 2,
				  address ? (__s64)PEEK(address, len) - 2 : 0, false);
	}
	r->off -= 17;
	end_param(r, 17 + n);
}

INLINE void put_tuple(struct record *r, __s32 fd, enum direction dir, __u64 name)
{
	struct sock *sk = sock_of_fd(fd);
	__u16 family = sk ? PEEK(sk, __sk_common.skc_family) : 0;

	if (family == AF_INET)
		put_tuple4(r, sk, dir, name);
	else if (family == AF_INET6)
		put_tuple6(r, sk, dir, name);
	else if (family == AF_UNIX)
		put_tuple_unix(r, sk, dir, name);
	else
		put_empty(r);
}

INLINE void put_tuple_ok(struct record *r, __s32 fd, enum direction dir, __u64 name, bool ok)
{
	if (ok)
		put_tuple(r, fd, dir, name);
	else
		put_empty(r);
	forget_offset(r); /* of five lengths, with what comes behind them */
}

/* How full the listening socket's queue is: per cent, waiting, room. */
INLINE void capture_queue(struct record *r)
{
	struct sock *sk = r->ret >= 0 ? sock_of_fd(A(0)) : NULL;
	__u32 n = sk ? PEEK(sk, sk_ack_backlog) : 0, max = sk ? PEEK(sk, sk_max_ack_backlog) : 0;

	put_u8(r, max ? (__u64)n * 100 / max : 0);
	put_u32(r, n);
	put_u32(r, max);
}

INLINE void capture_socketpair(struct record *r)
{
	__s32 fds[2] = { -1, -1 };
	struct sock *sk = NULL;

	if (r->ret == 0) {
		read_user(fds, sizeof fds, A(3));
		sk = sock_of_fd(fds[0]);
	}
	put_u64(r, (__s64)fds[0]);
	put_u64(r, (__s64)fds[1]);
	put_u64(r, (__u64)sk);
	put_u64(r, sk ? (__u64)PEEK((struct unix_sock *)sk, peer) : 0);
}

/* --- messages --- */

INLINE bool user_msghdr(struct record *r, __u64 p, struct abi_msghdr *m)
{
	struct abi_msghdr32 m32;

	if (!r->compat)
		return read_user(m, sizeof *m, p) == 0;
	if (read_user(&m32, sizeof m32, p))
		return false;
	*m = (struct abi_msghdr){ .name = m32.name, .iov = m32.iov, .iovlen = m32.iovlen,
				   .control = m32.control, .controllen = m32.controllen };
	return true;
}

INLINE void capture_sendmsg(struct record *r)
{
	struct abi_msghdr m = { 0 };
	bool known = user_msghdr(r, A(1), &m);

	if (known)
		put_written_iov(r, m.iov, m.iovlen);
	else
		put_empty(r);
	put_u64(r, (__s64)(__s32)A(0));
	put_u32(r, known ? iov_size(r, m.iov, m.iovlen) : 0);
	put_tuple_ok(r, A(0), OUT, m.name, known && r->ret >= 0);
}

enum { CONTROL_MAX = 0x4000 };

INLINE void put_control(struct record *r, const struct abi_msghdr *m)
{
	put_bytes_user(r, m->control, less_of(m->controllen, CONTROL_MAX));
}

INLINE void capture_recvmsg(struct record *r)
{
	struct abi_msghdr m = { 0 };

	if (r->ret < 0 || !user_msghdr(r, A(1), &m)) {
		put_empty(r);
		put_empty(r);
		put_empty(r);
		return;
	}
	put_read_iov(r, m.iov, m.iovlen);
	put_tuple(r, A(0), IN, m.name);
	put_control(r, &m);
}

/* The message of a vector whose turn it is (cpu->index); its length in *len. */
INLINE bool user_mmsghdr(struct record *r, struct abi_msghdr *m, __u32 *len)
{
	__u32 size = r->compat ? 32 : 64, i = r->cpu->index;
	__u64 p = A(1) + i * size;

	return r->ret > 0 && user_msghdr(r, p, m) &&
	       !read_user(len, 4, p + (r->compat ? 28 : 56));
}

/* One event per message: the length of each is its result. */
INLINE void capture_sendmmsg(struct record *r)
{
	struct abi_msghdr m = { 0 };
	__u32 len = 0;
	bool known = user_mmsghdr(r, &m, &len);
	__s64 ret = r->ret;

	put_u64(r, ret > 0 ? len : ret);
	put_u64(r, (__s64)(__s32)A(0));
	put_u32(r, known ? iov_size(r, m.iov, m.iovlen) : 0);
	if (known)
		put_iov(r, m.iov, m.iovlen, less_of(snaplen(r), len ? len : snaplen(r)));
	else
		put_empty(r);
	put_tuple_ok(r, A(0), OUT, m.name, known);
}

INLINE void capture_recvmmsg(struct record *r)
{
	struct abi_msghdr m = { 0 };
	__u32 len = 0;
	bool known = user_mmsghdr(r, &m, &len);
	__s64 ret = r->ret;

	put_u64(r, ret > 0 ? len : ret);
	put_u64(r, (__s64)(__s32)A(0));
	put_u32(r, len);
	if (known)
		put_iov(r, m.iov, m.iovlen, less_of(snaplen(r), len));
	else
		put_empty(r);
	put_tuple_ok(r, A(0), IN, m.name, known);
	put_control(r, &m);
}

/* --- options --- */

enum sockopt_kind { SOCKOPT_BYTES, SOCKOPT_ERRNO, SOCKOPT_U32, SOCKOPT_U64, SOCKOPT_TIMEVAL };

/* In portable numbers: which kind the value of a SOL_SOCKET option is. */
INLINE enum sockopt_kind sockopt_kind(__u32 name)
{
	TABLE_OF __u8 kinds[64] = {
		[0x1 ... 0x3] = SOCKOPT_U32, [0x4] = SOCKOPT_ERRNO, [0x5 ... 0xc] = SOCKOPT_U32,
		[0xe ... 0x10] = SOCKOPT_U32, [0x12 ... 0x13] = SOCKOPT_U32,
		[0x14 ... 0x15] = SOCKOPT_TIMEVAL, [0x16 ... 0x19] = SOCKOPT_U32,
		[0x1b] = SOCKOPT_U32, [0x1d ... 0x31] = SOCKOPT_U32, [0x35] = SOCKOPT_U64,
	};

	BOUND(name, 63);
	return kinds[name];
}

INLINE void put_sockopt(struct record *r, __u32 name, __u64 p, __u32 len)
{
	struct {
		__s64 sec, usec;
	} tv = { 0 };
	__u64 v64 = 0;
	__s32 v32 = 0;
	__u8 *to = place(r);
	enum sockopt_kind kind = sockopt_kind(name);

	to[0] = kind;
	if (kind == SOCKOPT_BYTES) {
		r->off++;
		len = add_bytes_user(r, p, less_of((__u16)len, snaplen(r)));
		r->off--;
		end_param(r, 1 + len);
		return;
	}
	if (kind == SOCKOPT_U32) {
		read_user(&v32, sizeof v32, p);
		*(__u32 *)(to + 1) = v32;
		end_param(r, 5);
		return;
	}
	if (kind == SOCKOPT_ERRNO) {
		read_user(&v32, sizeof v32, p);
		v64 = -(__s64)v32;
	} else if (kind == SOCKOPT_TIMEVAL) {
		read_user(&tv, sizeof tv, p);
		v64 = tv.sec * 1000000000 + tv.usec * 1000;
	} else {
		read_user(&v64, sizeof v64, p);
	}
	*(__u64 *)(to + 1) = v64;
	end_param(r, 9);
}

INLINE void capture_setsockopt(struct record *r)
{
	__u32 name = convert_sockopt_name(A(1), A(2));

	put_u8(r, name);
	put_sockopt(r, name, A(3), A(4));
	put_u32(r, (__u16)A(4));
}

INLINE void capture_getsockopt(struct record *r)
{
	__u32 name = convert_sockopt_name(A(1), A(2)), len = 0;

	read_user(&len, sizeof len, A(4));
	put_u8(r, name);
	put_sockopt(r, name, A(3), len);
	put_u32(r, len);
}

#endif
