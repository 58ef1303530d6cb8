/*
 * The living kernel as a source of records: a driver (drivers/) writes one record per event into a
 * ring per CPU, this side merges the rings by time into one stream of RECORD_EVENT.
 *
 * Life: driver_open (loaded, nothing flows) - driver_start (events flow) - source_next in one
 * thread
 * - driver_stop - source_next until NEXT_END - driver_close.  One thread reads; driver_stop,
 * driver_change and the statistics may be called from any other, driver_stop from a signal handler.
 *
 * source_next gives NEXT_ITEM, NEXT_IDLE when nothing came for options.timeout_ms, NEXT_END after
 * driver_stop when the rings are drained, NEXT_ERROR as every source.  Times are on the epoch; num
 * counts from 1.  Closing the source closes the driver.
 */
#ifndef SAKER_CAPTURE_DRIVER_H
#define SAKER_CAPTURE_DRIVER_H

#include "format/source.h"

struct driver;

/* What is wanted of the kernel.  Start from driver_set_all or {0}. */
struct driver_set {
	uint64_t calls[(SYSCALL_CODES + 63) / 64]; /* bit = portable code (schema_syscall) */
	bool process_exits; /* procexit: without it the process table grows stale */
	bool signals;       /* signaldeliver */
	bool page_faults;   /* page_fault, of users and of the kernel */
	bool switches;      /* switch: context switches */
};

/* Every system call, exits of processes and signals; neither page faults nor switches. */
struct driver_set driver_set_all(void);

static inline void driver_set_add(struct driver_set *set, uint32_t code)
{
	if (code < SYSCALL_CODES)
		set->calls[code / 64] |= UINT64_C(1) << code % 64;
}

static inline void driver_set_remove(struct driver_set *set, uint32_t code)
{
	if (code < SYSCALL_CODES)
		set->calls[code / 64] &= ~(UINT64_C(1) << code % 64);
}

static inline bool driver_set_has(const struct driver_set *set, uint32_t code)
{
	return code < SYSCALL_CODES && set->calls[code / 64] >> code % 64 & 1;
}

enum {
	DRIVER_SNAPLEN = 80, /* Falco's default */
	DRIVER_MAX_SNAPLEN = 65000,
	DRIVER_RING_BYTES = 8 << 20,
	DRIVER_MAX_EXCLUDED = 8,
	DRIVER_CLASSES =
		EC_INTERNAL + 1, /* losses are counted by event class: EC_FILE, EC_NET, ... */
};

/* DRIVER_AUTO: eBPF, and where the kernel does not take that, the module. */
enum driver_kind { DRIVER_AUTO, DRIVER_BPF, DRIVER_KMOD };

struct driver_options {
	enum driver_kind kind;
	const struct driver_set *set; /* NULL: driver_set_all */
	uint32_t snaplen;             /* bytes kept of a buffer; 0: DRIVER_SNAPLEN */
	uint32_t ring_bytes; /* per CPU, rounded up to what the driver can; 0: DRIVER_RING_BYTES */
	bool include_self;   /* also record the calling process */
	const int32_t *exclude; /* more thread groups not to record (initial pid namespace) */
	uint32_t nexclude;      /* up to DRIVER_MAX_EXCLUDED - 1 */
	uint32_t timeout_ms;    /* 0: 100 */
	/*
	 * Read paths when calls end.  Otherwise those of open, openat, openat2 and creat, and the
	 * address of connect, are what the kernel used, whatever another thread does meanwhile;
	 * where it lets nobody see that, they are read when the call begins, which costs a second
	 * hook on every system call; where it can keep neither (eBPF before 5.11), when the call
	 * ends.
	 */
	bool paths_at_exit;
};

/*
 * Load the driver and map its rings.  Needs CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN) until
 * driver_start returns, and none afterwards.  ERR_UNSUPPORTED with the reason when this kernel
 * cannot do it; then *out is NULL.
 */
int driver_open(const struct driver_options *opt, struct driver **out, struct err *err);
/* Let events flow. */
int driver_start(struct driver *d, struct err *err);
/* The stream; lives as long as d. */
struct source *driver_source(struct driver *d);
/*
 * Want something else from now on, nothing that driver_open was not told of.  Events of the old set
 * that are in the rings still come.
 */
void driver_change(struct driver *d, const struct driver_set *set);
/* No new events; what is in the rings is still handed out, then NEXT_END.  Async-signal-safe. */
void driver_stop(struct driver *d);
void driver_close(struct driver *d);

/* "bpf" or "kmod": which driver it is. */
const char *driver_name(const struct driver *d);
/* Why not the first one of DRIVER_AUTO; "" when it is, or when a kind was asked for. */
const char *driver_reason(const struct driver *d);
/* When a started driver reads paths and addresses (driver_options.paths_at_exit). */
enum driver_paths { DRIVER_PATHS_AT_EXIT, DRIVER_PATHS_AT_ENTRY, DRIVER_PATHS_AT_USE };
enum driver_paths driver_paths(const struct driver *d);
/* Now, on the clock of event times. */
uint64_t driver_now_ns(const struct driver *d);

struct driver_tally {
	uint64_t stored;
	uint64_t lost; /* the ring was full; seen = stored + lost */
};

struct driver_stats {
	struct driver_tally all;
	struct driver_tally by_class[DRIVER_CLASSES];
	uint64_t ring_bytes;    /* memory of the rings */
	uint64_t backlog_bytes; /* written and not yet read */
	uint64_t late; /* events handed out after a younger one: 0 unless a CPU stood still */
};

/* Of one CPU. False when there is no such CPU. */
bool driver_cpu_stats(const struct driver *d, uint32_t cpu, struct driver_stats *out);
/* Of all together. */
struct driver_stats driver_stats(const struct driver *d);

#endif
