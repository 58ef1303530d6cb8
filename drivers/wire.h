/*
 * What a driver and its reader share: the record in a ring, the rings, the settings.  Both the eBPF
 * programs and the kernel module write this, capture/ reads it.  Include after the fixed-width
 * types __u8 .. __u64, __s32 (user space: <linux/types.h>).
 *
 * Every CPU has a ring of its own, made of nchunks chunks of 1 << chunk_shift bytes, and one struct
 * wire_cpu.  Positions (head, tail) count bytes from the start of time; a position's chunk is
 * (pos >> chunk_shift) % nchunks.  A record lies in one piece: one that might not fit into its
 * chunk is preceded by a WIRE_SKIP record that fills the chunk.  The CPU alone moves head, the
 * reader alone moves tail.  Nobody is woken: the reader comes by.
 */
#ifndef SAKER_WIRE_H
#define SAKER_WIRE_H

enum {
	WIRE_SPAN_BITS = 17,
	WIRE_SPAN = 1 << WIRE_SPAN_BITS, /* more than any record: 2 x 64 KiB */
	WIRE_SCRATCH = WIRE_SPAN,        /* behind the record lies room to think */
	WIRE_ROOM = WIRE_SPAN + (1 << 16),
	/* A record starts only where this much is left of its chunk, and free of its ring. */
	WIRE_MIN_CHUNK_SHIFT = 20,
	WIRE_MAX_CHUNK_SHIFT = 22, /* kernels before 5.19 allow no larger array element */

	WIRE_PATH_MAX = 4096,   /* a text is cut to this, NUL included */
	WIRE_MAX_BYTES = 65000, /* a buffer is cut to this, whatever the snaplen */
	WIRE_CALLS = 512,       /* system call numbers per table */
	WIRE_CLASSES = 32,      /* slots for event classes, by which records are counted */
	WIRE_EXCLUDED = 8,
	WIRE_PROGRAMS = 512, /* more than there are event ids */
	WIRE_SKIP = 0xffff,  /* record type: nothing in it */
	WIRE_NO_NR = 0xffff, /* no x86_64 number */
};

/* Which of the programs for seldom calls has the events of a class (EC_*). */
#define WIRE_FAMILY(class)                                                                         \
	((class) == EC_FILE	      ? 0 :                                                        \
	 (class) == EC_PROCESS	      ? 1 :                                                        \
	 (class) == EC_NET || (class) == EC_IPC ? 2 : 3)

/* Record flags. */
enum { WIRE_COMPAT = 1 }; /* a 32-bit system call */

/* Head of a record; behind it nparams lengths (u16), then the parameters' bytes, back to back. */
struct wire_record {
	__u32 size; /* of all of it, a multiple of 8 */
	__u16 type; /* event id */
	__u8 nparams;
	__u8 flags;
	__u64 ts_ns; /* CLOCK_MONOTONIC: twice as fast to read as CLOCK_BOOTTIME */
	__u64 tid;
};

/* One CPU's state: the first part is the CPU's, tail the reader's. */
struct wire_cpu {
	__u64 head;
	__u32 busy;    /* a record is being written */
	__u32 off;     /* ... so far */
	__u64 args[6]; /* of the system call that is being recorded */
	__s64 ret;
	__u32 flags; /* of its record */
	__u32 shape; /* of its arguments */
	__u32 index; /* which message of several */
	__u32 left;  /* a loop's own; here the verifier does not follow it */
	__u32 event;
	__u32 spare_half;
	__u64 stored[WIRE_CLASSES];
	__u64 lost[WIRE_CLASSES];
	__u64 spare[5];
	__u64 tail __attribute__((aligned(128)));
	__u64 spare_tail[15];
};

/* What to do with a system call number. */
struct wire_call {
	__u16 code;  /* portable code */
	__u16 event; /* its exit event */
	__u16 nr;    /* the x86_64 number, for generic events */
	__u8 class;  /* EC_* */
	__u8 shape;  /* WIRE_WANTED and how the arguments lie */
};

/* When the paths and addresses of calls marked WIRE_ENTRY are read. */
enum wire_paths {
	WIRE_AT_EXIT,
	WIRE_AT_ENTRY, /* when the call begins */
	WIRE_AT_USE,   /* when the kernel uses them: its own copy */
};

/* Fixed when the driver is loaded. */
struct wire_layout {
	__u32 chunk_shift;
	__u32 nchunks; /* per CPU, a power of two */
	__u64 chunk_bytes;
	__u64 ring_bytes; /* nchunks * chunk_bytes */
	__u64 paths;      /* enum wire_paths */
};

enum {
	WIRE_WANTED = 1,
	WIRE_FAILURES = 2,   /* success is another hook's event */
	WIRE_SOCKETCALL = 4, /* argument 0 chooses the call, its arguments lie behind argument 1 */
	WIRE_SPLIT_POS = 8,  /* arguments 3 and 4 are the halves of a file position */
	WIRE_PAGES = 16,     /* argument 5 counts pages */
	WIRE_TIME64 = 32,    /* a 32-bit call whose times have 64 bits */
	WIRE_OLD_MMAP = 64,  /* all arguments lie behind argument 0 */
	WIRE_ENTRY = 128,    /* its path or address is read before it ends (enum wire_paths) */
	/* Arguments 4 and 5 are: where pairs begin at even arguments.  Nothing has both bits else. */
	WIRE_PAIR_POS = WIRE_SPLIT_POS | WIRE_PAGES,
};

enum { WIRE_SOCKET_CALLS = 32 };

/* May be changed while the driver runs. */
struct wire_settings {
	struct wire_call calls[2][WIRE_CALLS];           /* by number: native, 32-bit */
	struct wire_call socketcalls[WIRE_SOCKET_CALLS]; /* by socketcall's first argument */
	struct wire_call unknown;                        /* numbers outside the tables */
	__u32 nexcluded;
	__u32 excluded[WIRE_EXCLUDED]; /* thread groups */
	__u32 snaplen;
	__u32 execs, process_exits, signals, page_faults, switches, entries; /* wanted? */
};

#endif
