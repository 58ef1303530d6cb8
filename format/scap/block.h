/*
 * The blocks a stock trace is made of: header (type, total length), body, padding to a multiple of
 * four, total length again.  Stock format 2 and 3.
 */
#ifndef SAKER_SCAP_BLOCK_H
#define SAKER_SCAP_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum {
	BLOCK_HEADER = 8,
	BLOCK_TRAILER = 4,
	BLOCK_MIN = BLOCK_HEADER + BLOCK_TRAILER,
	/* Body and trailer of an event block that is not a LARGE one. */
	BLOCK_EVENT_MAX = 65536,

	SECTION_BODY = 16,
	MACHINE_BODY = 180,
	MACHINE_HOSTNAME = 128,
	EVENT_HEADER_V1 = 22,
	EVENT_HEADER_V2 = 26,
};

#define SECTION_MAGIC 0x1A2B3C4Du
enum { SECTION_MAJOR = 1, SECTION_MINOR = 2 };

enum block_kind {
	BLOCK_SECTION,
	BLOCK_MACHINE,
	BLOCK_IFACES,
	BLOCK_USERS,
	BLOCK_PROCS,
	BLOCK_FDS,
	BLOCK_EVENT,
};

struct block_type {
	uint32_t id;
	const char *name;
	uint8_t kind; /* enum block_kind */
	uint8_t version;
	bool flags; /* events: a flag word follows the cpu */
	bool large; /* events: may be longer than BLOCK_EVENT_MAX */
};

enum { BLOCK_TYPES = 31 };
extern const struct block_type block_types[BLOCK_TYPES];

/* NULL: not a block of this format. */
const struct block_type *block_type_of(uint32_t id);

/* What the writer emits. */
enum {
	BLOCK_ID_SECTION = 0x0A0D0D0A,
	BLOCK_ID_MACHINE = 0x201,
	BLOCK_ID_PROCS = 0x215,
	BLOCK_ID_EVENT = 0x216,
	BLOCK_ID_EVENT_FLAGS = 0x217,
	BLOCK_ID_FDS = 0x218,
	BLOCK_ID_IFACES = 0x219,
	BLOCK_ID_USERS = 0x220,
	BLOCK_ID_EVENT_LARGE = 0x221,
	BLOCK_ID_EVENT_LARGE_FLAGS = 0x222,
};

#endif
