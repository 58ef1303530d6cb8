/*
 * What a trace is made of: a sequence of records.  A file, a live driver and a test's list all
 * hand out the same records, and every writer takes them.
 *
 * Views (struct sv) inside a record belong to the source and are valid until its next step.
 */
#ifndef SAKER_RECORD_H
#define SAKER_RECORD_H

#include "format/base/bytes.h"
#include "format/base/ip.h"
#include "format/base/sv.h"
#include "format/schema/schema.h"
#include "format/snapshot.h"

/* More than any event of the vocabulary has; a file's surplus parameters are kept up to here. */
enum { EVENT_MAX_PARAMS = 64 };

/* Event flag word (stock "EVF" blocks). */
enum {
	EVENT_STATE_ONLY = 1,   /* update state, but do not show the event to rules */
	EVENT_COMPAT = 1 << 16, /* a 32-bit system call; ours, other readers pass over it */
};

struct event {
	uint64_t num;   /* from 1, counts what the current vocabulary shows: Falco's evt.num */
	uint64_t ts_ns; /* since the epoch */
	int64_t tid;    /* -1: none */
	uint16_t type;  /* enum event_id */
	uint16_t cpu;
	uint32_t flags;   /* EVENT_STATE_ONLY, EVENT_COMPAT; other bits are kept */
	uint32_t nparams; /* entries of params; may be fewer or more than desc->nparams */
	const struct event_desc *desc;
	struct sv params[EVENT_MAX_PARAMS]; /* raw bytes, back to back in the source's memory */
};

/* The parameter's bytes; an empty view when the event lacks it. */
static inline struct sv event_param(const struct event *ev, uint32_t i)
{
	return i < ev->nparams ? ev->params[i] : (struct sv){ 0 };
}

/* Fixed-size integers; false when the parameter is missing or has another size. */
static inline bool event_i64(const struct event *ev, uint32_t i, int64_t *out)
{
	struct sv p = event_param(ev, i);

	if (p.n != 8)
		return false;
	*out = (int64_t)get_le64(p.p);
	return true;
}

static inline bool event_u64(const struct event *ev, uint32_t i, uint64_t *out)
{
	return event_i64(ev, i, (int64_t *)out);
}

static inline bool event_u32(const struct event *ev, uint32_t i, uint32_t *out)
{
	struct sv p = event_param(ev, i);

	if (p.n != 4)
		return false;
	*out = get_le32(p.p);
	return true;
}

/* A CHARBUF or path without its NUL; false when missing, empty or without a NUL at the end. */
static inline bool event_text(const struct event *ev, uint32_t i, struct sv *out)
{
	struct sv p = event_param(ev, i);

	if (p.n == 0 || p.p[p.n - 1] != '\0')
		return false;
	*out = sv_upto_nul(p);
	return true;
}

/* Index of the parameter called name, or -1. */
int event_param_index(const struct event_desc *desc, struct sv name);

struct machine_info {
	uint32_t num_cpus;
	uint64_t memory_bytes;
	uint64_t max_pid;
	struct sv hostname;
	uint64_t boot_ts_ns;
	uint64_t flags;
	uint64_t reserved[2]; /* kept for copies */
};

struct iface_entry {
	struct ip addr, netmask, broadcast; /* len 4 or 16 */
	bool has_linkspeed;
	uint64_t linkspeed;
	struct sv name;
};

struct user_entry {
	uint32_t uid, gid;
	struct sv name, homedir, shell;
};

struct group_entry {
	uint32_t gid;
	struct sv name;
};

/* One thread that was there before the first event; defaults as in stock format 6.3. */
struct proc_entry {
	int64_t tid, pid, ptid;
	int64_t sid, vpgid, pgid; /* -1: unknown */
	int64_t vtid, vpid;       /* -1: unknown */
	struct sv comm, exe, exepath, cwd, root;
	struct sv args, env, cgroups; /* NUL-terminated items laid end to end */
	int64_t fdlimit;              /* -1: unknown */
	uint32_t flags;               /* clone_flags */
	uint32_t uid, gid, loginuid;
	uint32_t vmsize_kb, vmrss_kb, vmswap_kb;
	uint64_t pfmajor, pfminor;
	uint64_t pidns_init_start_ts;
	uint32_t tty;
	bool exe_writable, exe_upper_layer, exe_lower_layer, exe_from_memfd;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
	uint64_t exe_ino, exe_ino_ctime, exe_ino_mtime;
};

/* On-disk numbers of fd kinds (stock format 6.4). */
enum fd_type {
	FD_UNKNOWN = 0,
	FD_FILE = 1,
	FD_DIRECTORY = 2,
	FD_IPV4_SOCK = 3,
	FD_IPV6_SOCK = 4,
	FD_IPV4_SERVSOCK = 5,
	FD_IPV6_SERVSOCK = 6,
	FD_FIFO = 7,
	FD_UNIX_SOCK = 8,
	FD_EVENT = 9,
	FD_UNSUPPORTED = 10,
	FD_SIGNALFD = 11,
	FD_EVENTPOLL = 12,
	FD_INOTIFY = 13,
	FD_TIMERFD = 14,
	FD_NETLINK = 15,
	FD_FILE_V2 = 16,
	FD_BPF = 17,
	FD_USERFAULTFD = 18,
	FD_IOURING = 19,
	FD_MEMFD = 20,
	FD_PIDFD = 21,
	FD_TYPE_COUNT
};

enum l4_proto { L4_UNKNOWN, L4_NA, L4_TCP, L4_UDP, L4_ICMP, L4_RAW };

struct fd_entry {
	int64_t tid; /* of the main thread it belongs to */
	int64_t fd;
	uint64_t ino;
	uint8_t type;       /* enum fd_type, or a larger number kept as found */
	struct sv name;     /* path of files and unix sockets, "" for IP sockets */
	struct ip sip, dip; /* server sockets: sip, sport only */
	uint16_t sport, dport;
	uint8_t l4;                      /* enum l4_proto */
	uint64_t unix_source, unix_dest; /* kernel addresses */
	/* FILE_V2: file_flags; of others native traces keep O_CLOEXEC, stock ones nothing. */
	uint32_t open_flags;
	uint32_t dev; /* FILE_V2 */
};

/*
 * Events that the recorder could not keep.  Times are those between which they happened: what is
 * found to be true in between, on whatever cpu, may be true only for want of them.
 */
struct loss_entry {
	uint32_t cpu;     /* LOSS_ALL_CPUS: not of one cpu */
	struct sv what;   /* a short name of their class, "" for all: "syscall", "damage" */
	uint64_t count;   /* 0: nobody knows */
	uint64_t from_ns; /* 0: since before the trace */
	uint64_t to_ns;   /* UINT64_MAX: nobody knows until when */
};

#define LOSS_ALL_CPUS UINT32_MAX

/* Numbers up to RECORD_LOSS are those of rows on disk (SPEC 4). */
enum record_kind {
	RECORD_SECTION, /* a new section begins: interfaces, threads and fds start afresh */
	RECORD_MACHINE,
	RECORD_IFACES_BEGIN, /* a new interface list replaces the old one */
	RECORD_IFACE,
	RECORD_USERS_BEGIN, /* a new user list replaces the old one */
	RECORD_USER,
	RECORD_GROUP,
	RECORD_PROC,
	RECORD_FD,
	RECORD_LOSS, /* behind the lists of its section, also between events */
	RECORD_EVENT,
	RECORD_STATE, /* all that came before, in one piece: replaces what is known so far */
};

struct record {
	enum record_kind kind;
	union {
		struct machine_info machine;
		struct iface_entry iface;
		struct user_entry user;
		struct group_entry group;
		struct proc_entry proc;
		struct fd_entry fd;
		struct loss_entry loss;
		struct event event;
		struct snapshot_view snapshot;
	};
};

#endif
