/*
 * The one description of every event, parameter, flag and system call, as tables.
 * The data is in events.def, flags.def, syscalls.def and conversions.def; everything else that
 * knows an event (decoders, encoders, upgrades, names, listings) is derived from it.
 */
#ifndef SAKER_SCHEMA_H
#define SAKER_SCHEMA_H

#include "format/base/sv.h"

#include <stdint.h>

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

/* How a number is printed (rendering rules: engine/fields/render.h). */
enum print_format { PF_NA, PF_DEC, PF_HEX, PF_OCT, PF_PADDED_DEC, PF_ID, PF_DIR };

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

struct flag_desc {
	const char *name;
	uint32_t value;
};

struct flag_table {
	const char *name;
	const struct flag_desc *flags; /* rendering order */
	uint32_t n;
};

struct param_desc {
	const char *name;
	uint8_t type;   /* enum param_type */
	uint8_t format; /* enum print_format */
	int8_t dirfd;   /* FSRELPATH: index of the dirfd parameter, else -1 */
	const struct flag_table *flags; /* FLAGS*, ENUMFLAGS*, MODE: may be NULL */
	const struct param_desc *dyn;   /* DYN: the selectable types */
	uint8_t ndyn;
};

struct event_desc {
	const char *name; /* evt.type */
	const char *symbol;
	uint16_t id;
	uint8_t nparams;
	uint32_t category; /* EC_* */
	uint32_t flags;    /* EF_* */
	const struct param_desc *params;
};

/* EV_SYSCALL_OPEN_E = 2 and so on. */
enum event_id {
#define EVENT(id, SYMBOL, name, category, flags, params) EV_##SYMBOL = id,
#include "format/schema/events.def"
	EV_COUNT
};

/* NULL when id is not in the vocabulary. */
extern const struct event_desc schema_events[EV_COUNT];
static inline const struct event_desc *schema_event(uint32_t id)
{
	return id < EV_COUNT ? &schema_events[id] : NULL;
}

static inline bool event_is_exit(uint32_t id)
{
	return id & 1;
}

/* Bytes of a fixed-size type, 0 for variable ones. */
uint32_t schema_type_size(enum param_type type);
const char *schema_type_name(enum param_type type);
const char *schema_format_name(enum print_format format);
/* "file", "net", ... of EC_CLASS. */
const char *schema_category_name(uint32_t category);

struct syscall_desc {
	uint16_t code; /* PPM_SC */
	const char *name;
	uint16_t exit_event; /* event id, EV_GENERIC_X for the generic pair, 0 when never produced */
	int16_t nr_x86_64;   /* -1: none */
	int16_t nr_i386;
};
enum { SYSCALL_CODES = 454 };
/* NULL when the code is unassigned or out of range. */
const struct syscall_desc *schema_syscall(uint32_t code);
const struct syscall_desc *schema_syscall_by_name(struct sv name);
/* The portable code of an x86_64 system call number, or NULL. */
const struct syscall_desc *schema_syscall_by_nr(uint32_t nr_x86_64);

/* Is this the name of any event in the table (evt.type)? */
bool schema_event_name_known(struct sv name);

/* Flag table by name ("file_flags"), or NULL. */
const struct flag_table *schema_flag_table(struct sv name);
/* Symbol of the first row equal to value, or NULL. */
const char *flag_name(const struct flag_table *t, uint32_t value);
/* "SIGKILL" and "ENOENT" of Linux x86_64, or NULL. */
const char *schema_signal_name(uint32_t sig);
const char *schema_errno_name(uint32_t err);

/* --- upgrades (conversions.def); used by format/scap/upgrade.c --- */

enum conv_action { CONV_STORE, CONV_PASS, CONV_STORE_AND_PASS, CONV_ADD, CONV_CHANGE };
enum conv_source { CONV_OLD, CONV_ENTER_E, CONV_ENTER_D, CONV_EMPTY, CONV_DEFAULT, CONV_JSON };

struct conv_param {
	uint8_t source; /* enum conv_source */
	uint8_t index;
};

struct conversion {
	uint16_t event;
	uint16_t nparams; /* in the file */
	uint16_t to;      /* CONV_CHANGE: new event id */
	uint8_t action;
	uint8_t n; /* of params */
	const struct conv_param *params;
};

/* The row for (event, nparams), or NULL. */
const struct conversion *schema_conversion(uint32_t event, uint32_t nparams);

#endif
