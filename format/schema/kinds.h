/* The kinds of parameters and events: plain numbers, safe to include in a kernel-side driver too. */
#ifndef SAKER_KINDS_H
#define SAKER_KINDS_H

/* How the bytes of a parameter are to be read (sizes: schema_type_size). */
enum param_type {
	PT_NONE = 0,
	PT_INT8, PT_INT16, PT_INT32, PT_INT64,
	PT_UINT8, PT_UINT16, PT_UINT32, PT_UINT64,
	PT_CHARBUF,    /* text with one NUL at its end */
	PT_BYTEBUF,    /* raw bytes */
	PT_ERRNO,      /* i64, negative = -errno */
	PT_SOCKADDR,   /* u8 family, then address */
	PT_SOCKTUPLE,  /* u8 family, then both ends */
	PT_FD,         /* i64, negative = -errno, -100 = AT_FDCWD */
	PT_PID,        /* i64 */
	PT_FDLIST,     /* u16 count, count x (i64 fd, i16 poll flags) */
	PT_FSPATH,     /* text; relative to the cwd */
	PT_SYSCALLID,  /* u16, syscalls.def */
	PT_SIGTYPE,    /* u8 */
	PT_RELTIME,    /* u64 ns */
	PT_ABSTIME,    /* u64 ns since the epoch */
	PT_PORT,       /* u16 */
	PT_SIGSET,     /* u32, bit n-1 = signal n */
	PT_IPV4ADDR, PT_IPV6ADDR,
	PT_DYN,        /* u8 selector, then the selected type */
	PT_FLAGS8, PT_FLAGS16, PT_FLAGS32,
	PT_UID, PT_GID, /* u32, all ones = none */
	PT_MODE,       /* u32 */
	PT_FSRELPATH,  /* text; relative to the directory fd in another parameter */
	PT_ENUMFLAGS8, PT_ENUMFLAGS16, PT_ENUMFLAGS32,
	PT_FD32, PT_PID32,
	PT_CHARBUFARRAY, PT_CHARBUF_PAIR_ARRAY, /* pointers of retired events: never readable */
	PT_BOOL,       /* u32; fields only */
	PT_DOUBLE,     /* fields only */
	PT_IPADDR, PT_IPNET, /* fields only: an address of either family, a network */
	PT_COUNT
};

/* Event flags. */
enum {
	EF_CREATES_FD = 1 << 0,
	EF_DESTROYS_FD = 1 << 1,
	EF_USES_FD = 1 << 2,
	EF_READS_FROM_FD = 1 << 3,
	EF_WRITES_TO_FD = 1 << 4,
	EF_MODIFIES_STATE = 1 << 5,
	EF_UNUSED = 1 << 6,
	EF_WAITS = 1 << 7,
	EF_SKIPPARSERESET = 1 << 8,
	EF_OLD_VERSION = 1 << 9,
	EF_LARGE_PAYLOAD = 1 << 10, /* parameter lengths are u32, not u16 */
	EF_CONVERTER_MANAGED = 1 << 11,
};

/* Event categories: one class in the low bits, one or more sources above. */
enum {
	EC_UNKNOWN, EC_OTHER, EC_FILE, EC_NET, EC_IPC, EC_MEMORY, EC_PROCESS, EC_SLEEP, EC_SYSTEM,
	EC_SIGNAL, EC_USER, EC_TIME, EC_IO_READ, EC_IO_WRITE, EC_IO_OTHER, EC_WAIT, EC_SCHEDULER,
	EC_INTERNAL,
	EC_CLASS_MASK = 0xff,
	EC_SYSCALL = 1 << 8,
	EC_TRACEPOINT = 1 << 9,
	EC_PLUGIN = 1 << 10,
	EC_METAEVENT = 1 << 11,
	EC_ITER = 1 << 12,
};

#endif
