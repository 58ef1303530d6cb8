/*
 * Everything that reading a trace from some point on needs to know of what came before, as a few
 * columns of bytes.  SPEC 10.
 *
 * Who saves something (engine/state, format/intake) puts numbers into the rows of its part.  Every
 * text and every address is kept once, in a column of its own, and rows name it by its number.  So
 * a container can pack and index texts and addresses without knowing what a thread is.
 */
#ifndef SAKER_SNAPSHOT_H
#define SAKER_SNAPSHOT_H

#include "format/base/buf.h"
#include "format/base/err.h"
#include "format/base/ip.h"

enum snapshot_column {
	SNAPSHOT_INTAKE, /* rows: event numbers, stored enter events (format/intake) */
	SNAPSHOT_STATE,  /* rows: the host (engine/state) */
	SNAPSHOT_TEXTS,  /* varint length, bytes, NUL; whatever later fields may be made of */
	SNAPSHOT_BLOBS,  /* the same for environments and data, which no index covers */
	SNAPSHOT_ADDRS,  /* u8 length (4 or 16), bytes in network order */
	SNAPSHOT_COLUMNS
};

enum {
	SNAPSHOT_MAX_COLUMN = 1 << 28, /* bytes */
	SNAPSHOT_MAX_ITEMS = 1 << 24,  /* texts, blobs, addresses, each */
};

/* A finished snapshot, borrowed from wherever it was built or read. */
struct snapshot_view {
	struct sv columns[SNAPSHOT_COLUMNS];
};

/* --- saving --- */

/* Finds what a column already holds. */
struct snapshot_index {
	struct snapshot_item {
		uint64_t hash;
		size_t offset, n; /* of the bytes in the column */
	} * items;
	uint32_t *slots; /* index + 1 into items; 0: free */
	uint32_t n, room, nslots;
};

/* {0} is an empty one.  Running out of memory or room is remembered until snapshot_finish. */
struct snapshot {
	struct buf columns[SNAPSHOT_COLUMNS];
	struct snapshot_index indexes[SNAPSHOT_COLUMNS];
	enum snapshot_column part; /* whose rows the put functions extend */
	bool full;
};

void snapshot_deinit(struct snapshot *s);
/* Forget the contents, keep the memory; the next rows are those of SNAPSHOT_INTAKE. */
void snapshot_clear(struct snapshot *s);
/* The next rows are those of `part`, SNAPSHOT_INTAKE or SNAPSHOT_STATE. */
void snapshot_begin(struct snapshot *s, enum snapshot_column part);
void snapshot_put(struct snapshot *s, uint64_t v);
void snapshot_put_signed(struct snapshot *s, int64_t v);
/* The number of a text, which is 0 for the empty one; others count from 1. */
void snapshot_put_text(struct snapshot *s, struct sv text);
void snapshot_put_blob(struct snapshot *s, struct sv bytes);
/* The number of an address, 0 for none (length 0). */
void snapshot_put_addr(struct snapshot *s, const struct ip *ip);
/* Enter a text or an address that no row names, for whoever looks only into its column: something
 * that a later event's fields may show and that stands in the rows in another form. */
void snapshot_note_text(struct snapshot *s, struct sv text);
void snapshot_note_addr(struct snapshot *s, const struct ip *ip);
/* The caller found no memory for what it would have put. */
void snapshot_no_memory(struct snapshot *s);
/* -1: something above did not fit or found no memory. */
int snapshot_finish(const struct snapshot *s, struct err *err);
/* Valid until the next change of s. */
struct snapshot_view snapshot_view(const struct snapshot *s);

/* --- loading; nothing in the bytes is trusted --- */

/* Cut the next text (or blob) off a column; false at its end and where it is damaged. */
bool snapshot_next_text(struct sv *column, struct sv *text);
bool snapshot_next_addr(struct sv *column, struct ip *ip);

/*
 * The first damage is remembered: from then on every take function gives 0, an empty text or no
 * address, and snapshot_reader_finish tells what was wrong.
 */
struct snapshot_reader {
	struct sv rows;
	struct sv *texts, *blobs; /* number - 1 */
	struct ip *addrs;
	uint32_t ntexts, nblobs, naddrs;
	const char *damage; /* NULL: none so far */
};

/* Views of `v` are borrowed until snapshot_reader_deinit. */
int snapshot_reader_init(struct snapshot_reader *r, const struct snapshot_view *v, struct err *err);
void snapshot_reader_deinit(struct snapshot_reader *r);
/* Go on with the rows of `part`, from its first. */
void snapshot_reader_begin(struct snapshot_reader *r, const struct snapshot_view *v,
			   enum snapshot_column part);
uint64_t snapshot_take(struct snapshot_reader *r);
int64_t snapshot_take_signed(struct snapshot_reader *r);
/* At most max, else damage. */
uint64_t snapshot_take_max(struct snapshot_reader *r, uint64_t max);
/* How many entries of at least one byte follow; never more than bytes are left. */
uint32_t snapshot_take_count(struct snapshot_reader *r);
struct sv snapshot_take_text(struct snapshot_reader *r);
/* The number of a text itself, at most ntexts: for readers that keep one copy per number. */
uint32_t snapshot_take_text_number(struct snapshot_reader *r);
struct sv snapshot_take_blob(struct snapshot_reader *r);
uint32_t snapshot_take_blob_number(struct snapshot_reader *r);
struct ip snapshot_take_addr(struct snapshot_reader *r);
void snapshot_damaged(struct snapshot_reader *r, const char *what);
/* -1: damage, or rows are left over. */
int snapshot_reader_finish(const struct snapshot_reader *r, struct err *err);

#endif
