#include "format/schema/schema.h"

#include <stddef.h>

/* --- flags --- */

#define FLAG(SYMBOL, value) { #SYMBOL, value },
#define TABLE(name, rows)   static const struct flag_desc rows_##name[] = { rows };
#include "format/schema/flags.def"

#define FLAG(SYMBOL, value)
#define TABLE(name, rows) FT_##name,
enum flag_table_id {
#include "format/schema/flags.def"
	FT_COUNT
};

#define FLAG(SYMBOL, value)
#define TABLE(tname, rows)                                                                         \
	[FT_##tname] = { #tname, rows_##tname, sizeof rows_##tname / sizeof rows_##tname[0] },
static const struct flag_table flag_tables[FT_COUNT] = {
#include "format/schema/flags.def"
};

/* --- dynamic parameters --- */

#define DYN(name_, type_, format_) { .name = name_, .type = type_, .format = format_, .dirfd = -1 }
static const struct param_desc dyn_sockopt[] = {
	DYN("bytes", PT_BYTEBUF, PF_NA), DYN("errno", PT_ERRNO, PF_DEC), DYN("u32", PT_UINT32, PF_DEC),
	DYN("u64", PT_UINT64, PF_DEC), DYN("timeval", PT_RELTIME, PF_DEC),
};
static const struct param_desc dyn_ptrace[] = {
	DYN("u64", PT_UINT64, PF_HEX), DYN("signal", PT_SIGTYPE, PF_DEC),
};
static const struct param_desc dyn_bpf[] = {
	DYN("fd", PT_FD, PF_DEC), DYN("res", PT_ERRNO, PF_DEC),
};
static const struct param_desc dyn_keyctl[] = {
	DYN("i64", PT_INT64, PF_DEC), DYN("text", PT_CHARBUF, PF_NA),
};
#undef DYN

/* --- events --- */

#define P(pname, ptype, fmt)                                                                       \
	{ .name = #pname, .type = PT_##ptype, .format = PF_##fmt, .dirfd = -1 },
#define PF(pname, ptype, fmt, table)                                                               \
	{ .name = #pname, .type = PT_##ptype, .format = PF_##fmt, .dirfd = -1,                     \
	  .flags = &flag_tables[FT_##table] },
#define PR(pname, ptype, fmt, dir)                                                                 \
	{ .name = #pname, .type = PT_##ptype, .format = PF_##fmt, .dirfd = dir },
#define PD(pname, ptype, fmt, table)                                                               \
	{ .name = #pname, .type = PT_##ptype, .format = PF_##fmt, .dirfd = -1,                     \
	  .dyn = dyn_##table, .ndyn = sizeof dyn_##table / sizeof dyn_##table[0] },
#define EVENT(eid, SYMBOL, ename, ecategory, eflags, eparams)                                      \
	static const struct param_desc params_##SYMBOL[] = { eparams { .name = NULL } };
#include "format/schema/events.def"

#define P(...)  +1
#define PF(...) +1
#define PR(...) +1
#define PD(...) +1
#define EVENT(eid, SYMBOL, ename, ecategory, eflags, eparams)                                      \
	[eid] = { .name = ename, .symbol = #SYMBOL, .id = eid, .nparams = 0 eparams,               \
		  .category = ecategory, .flags = eflags, .params = params_##SYMBOL },
const struct event_desc schema_events[EV_COUNT] = {
#include "format/schema/events.def"
};

/* --- types, formats, categories --- */

static const struct {
	const char *name;
	uint8_t size;
} types[PT_COUNT] = {
	[PT_NONE] = { "NONE", 0 },
	[PT_INT8] = { "INT8", 1 },
	[PT_INT16] = { "INT16", 2 },
	[PT_INT32] = { "INT32", 4 },
	[PT_INT64] = { "INT64", 8 },
	[PT_UINT8] = { "UINT8", 1 },
	[PT_UINT16] = { "UINT16", 2 },
	[PT_UINT32] = { "UINT32", 4 },
	[PT_UINT64] = { "UINT64", 8 },
	[PT_CHARBUF] = { "CHARBUF", 0 },
	[PT_BYTEBUF] = { "BYTEBUF", 0 },
	[PT_ERRNO] = { "ERRNO", 8 },
	[PT_SOCKADDR] = { "SOCKADDR", 0 },
	[PT_SOCKTUPLE] = { "SOCKTUPLE", 0 },
	[PT_FD] = { "FD", 8 },
	[PT_PID] = { "PID", 8 },
	[PT_FDLIST] = { "FDLIST", 0 },
	[PT_FSPATH] = { "FSPATH", 0 },
	[PT_SYSCALLID] = { "SYSCALLID", 2 },
	[PT_SIGTYPE] = { "SIGTYPE", 1 },
	[PT_RELTIME] = { "RELTIME", 8 },
	[PT_ABSTIME] = { "ABSTIME", 8 },
	[PT_PORT] = { "PORT", 2 },
	[PT_SIGSET] = { "SIGSET", 4 },
	[PT_IPV4ADDR] = { "IPV4ADDR", 4 },
	[PT_IPV6ADDR] = { "IPV6ADDR", 16 },
	[PT_DYN] = { "DYN", 0 },
	[PT_FLAGS8] = { "FLAGS8", 1 },
	[PT_FLAGS16] = { "FLAGS16", 2 },
	[PT_FLAGS32] = { "FLAGS32", 4 },
	[PT_UID] = { "UID", 4 },
	[PT_GID] = { "GID", 4 },
	[PT_MODE] = { "MODE", 4 },
	[PT_FSRELPATH] = { "FSRELPATH", 0 },
	[PT_ENUMFLAGS8] = { "ENUMFLAGS8", 1 },
	[PT_ENUMFLAGS16] = { "ENUMFLAGS16", 2 },
	[PT_ENUMFLAGS32] = { "ENUMFLAGS32", 4 },
	[PT_FD32] = { "FD32", 4 },
	[PT_PID32] = { "PID32", 4 },
	[PT_CHARBUFARRAY] = { "CHARBUFARRAY", 0 },
	[PT_CHARBUF_PAIR_ARRAY] = { "CHARBUF_PAIR_ARRAY", 0 },
	[PT_BOOL] = { "BOOL", 4 },
	[PT_DOUBLE] = { "DOUBLE", 8 },
	[PT_IPADDR] = { "IPADDR", 0 },
	[PT_IPNET] = { "IPNET", 0 },
};

uint32_t schema_type_size(enum param_type type)
{
	return type < PT_COUNT ? types[type].size : 0;
}

const char *schema_type_name(enum param_type type)
{
	return type < PT_COUNT ? types[type].name : "?";
}

const char *schema_category_name(uint32_t category)
{
	static const char *const names[] = {
		[EC_UNKNOWN] = "unknown", [EC_OTHER] = "other", [EC_FILE] = "file",
		[EC_NET] = "net", [EC_IPC] = "IPC", [EC_MEMORY] = "memory",
		[EC_PROCESS] = "process", [EC_SLEEP] = "sleep", [EC_SYSTEM] = "system",
		[EC_SIGNAL] = "signal", [EC_USER] = "user", [EC_TIME] = "time",
		[EC_IO_READ] = "io_read", [EC_IO_WRITE] = "io_write", [EC_IO_OTHER] = "io_other",
		[EC_WAIT] = "wait", [EC_SCHEDULER] = "scheduler", [EC_INTERNAL] = "internal",
	};
	uint32_t c = category & EC_CLASS_MASK;

	return c < sizeof names / sizeof names[0] ? names[c] : "unknown";
}

/* --- system calls --- */

#define EV_NONE_X 0
#define SYSCALL(code_, name_, event, x86_64, i386, aarch64, arm)                                   \
	[code_] = { code_, name_, EV_##event##_X, x86_64, i386, aarch64, arm },
static const struct syscall_desc syscalls[SYSCALL_CODES] = {
#include "format/schema/syscalls.def"
};
#undef EV_NONE_X

const struct syscall_desc *schema_syscall(uint32_t code)
{
	return code < SYSCALL_CODES && syscalls[code].name ? &syscalls[code] : NULL;
}

const struct syscall_desc *schema_syscall_by_name(struct sv name)
{
	for (size_t i = 0; i < SYSCALL_CODES; i++) {
		if (syscalls[i].name && sv_eq(sv_of(syscalls[i].name), name))
			return &syscalls[i];
	}
	return NULL;
}

const struct syscall_desc *schema_syscall_by_nr(uint32_t nr_x86_64)
{
	for (size_t i = 0; i < SYSCALL_CODES; i++) {
		if (syscalls[i].name && syscalls[i].nr_x86_64 >= 0 &&
		    (uint32_t)syscalls[i].nr_x86_64 == nr_x86_64)
			return &syscalls[i];
	}
	return NULL;
}

/* --- upgrades --- */

#define OLD(i)     { CONV_OLD, i },
#define ENTER_E(i) { CONV_ENTER_E, i },
#define ENTER_D(i) { CONV_ENTER_D, i },
#define EMPTY      { CONV_EMPTY, 0 },
#define DEFAULT    { CONV_DEFAULT, 0 },
#define JSON       { CONV_JSON, 0 },
#define STORE(event, n)
#define PASS(event, n)
#define STORE_AND_PASS(event, n)
#define ADD(event, n, sources)                                                                     \
	static const struct conv_param conv_##event##_##n[] = { sources { 0, 0 } };
#define CHANGE(event, n, to, sources)                                                              \
	static const struct conv_param conv_##event##_##n[] = { sources { 0, 0 } };
#include "format/schema/conversions.def"

#define NPARAMS(event, n) ((uint8_t)(sizeof conv_##event##_##n / sizeof conv_##event##_##n[0] - 1))
#define STORE(event, n)          { EV_##event, n, 0, CONV_STORE, 0, NULL },
#define PASS(event, n)           { EV_##event, n, 0, CONV_PASS, 0, NULL },
#define STORE_AND_PASS(event, n) { EV_##event, n, 0, CONV_STORE_AND_PASS, 0, NULL },
#define ADD(event, n, sources)                                                                     \
	{ EV_##event, n, EV_##event, CONV_ADD, NPARAMS(event, n), conv_##event##_##n },
#define CHANGE(event, n, to, sources)                                                              \
	{ EV_##event, n, EV_##to, CONV_CHANGE, NPARAMS(event, n), conv_##event##_##n },
static const struct conversion conversions[] = {
#include "format/schema/conversions.def"
};

const struct conversion *schema_conversion(uint32_t event, uint32_t nparams)
{
	size_t lo = 0, hi = sizeof conversions / sizeof conversions[0];

	/* conversions.def is sorted by event id; a test checks it. */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct conversion *c = &conversions[mid];

		if (c->event < event || (c->event == event && c->nparams < nparams))
			lo = mid + 1;
		else
			hi = mid;
	}
	const struct conversion *c = &conversions[lo];
	if (lo < sizeof conversions / sizeof conversions[0] && c->event == event &&
	    c->nparams == nparams)
		return c;
	return NULL;
}
