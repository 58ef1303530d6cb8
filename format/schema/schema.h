/*
 * The one description of every event, parameter, flag and system call, as tables.
 * The data is in events.def, flags.def, syscalls.def and conversions.def; everything else that
 * knows an event (decoders, encoders, upgrades, names, listings) is derived from it.
 */
#ifndef SAKER_SCHEMA_H
#define SAKER_SCHEMA_H

#include "format/base/sv.h"
#include "format/schema/kinds.h"

#include <stdint.h>

/* How a number is printed (rendering rules: engine/fields/render.h). */
enum print_format { PF_NA, PF_DEC, PF_HEX, PF_OCT, PF_PADDED_DEC, PF_ID, PF_DIR };

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
	uint8_t type;                   /* enum param_type */
	uint8_t format;                 /* enum print_format */
	int8_t dirfd;                   /* FSRELPATH: index of the dirfd parameter, else -1 */
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
/* "file", "net", ... of EC_CLASS. */
const char *schema_category_name(uint32_t category);

struct syscall_desc {
	uint16_t code; /* PPM_SC */
	const char *name;
	uint16_t
		exit_event; /* event id, EV_GENERIC_X for the generic pair, 0 when never produced */
	int16_t nr_x86_64;  /* -1: none */
	int16_t nr_i386;
	int16_t nr_aarch64;
	int16_t nr_arm;
};
enum { SYSCALL_CODES = 454 };
/* NULL when the code is unassigned or out of range. */
const struct syscall_desc *schema_syscall(uint32_t code);
const struct syscall_desc *schema_syscall_by_name(struct sv name);
/* The portable code of an x86_64 system call number, or NULL. */
const struct syscall_desc *schema_syscall_by_nr(uint32_t nr_x86_64);

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
