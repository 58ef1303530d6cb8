/*
 * Saving a state as the rows of a snapshot, and loading it; engine/state only.  SPEC 10.3.
 *
 * Each of the save_*.c files writes and reads one noun; tables of members tell both directions what
 * there is.  Objects that others refer to are numbered from 0 in the order of their rows; where
 * there may be none, the number is one more and 0 means none.
 */
#ifndef SAKER_STATE_SAVE_H
#define SAKER_STATE_SAVE_H

#include "engine/state/tables.h"
#include "format/snapshot_event.h"

enum member_type {
	M_BOOL,
	M_U8,
	M_U16,
	M_U32,
	M_U64,
	M_I64,
	M_STEP, /* int64_t or uint64_t: the difference from the same member of the object before */
	M_TEXT, /* struct text *, in SNAPSHOT_TEXTS */
	M_BLOB, /* the same in SNAPSHOT_BLOBS */
	M_ADDR, /* struct ip */
};

struct member {
	uint8_t type;
	uint32_t offset;
};

#define MEMBER(type, object, name)                                                                 \
	{                                                                                          \
		type, offsetof(struct object, name)                                                \
	}
#define MEMBERS_OF(table) table, sizeof table / sizeof table[0]

/* A list of objects of one kind. */
struct objects {
	void **list;
	uint32_t n, room;
};

/* False: no memory. */
bool objects_add(struct objects *o, void *object);

struct saver {
	const struct state *s;
	struct snapshot *out;
	struct objects threads; /* struct thread, ascending tids */
	struct objects groups;  /* struct process, by their first thread */
	struct objects tables;  /* struct fd_table, by their first thread */
	struct objects fds;     /* struct fd, by their first table */
};

struct loader {
	struct state *s;
	struct snapshot_reader r;
	struct text **texts, **blobs; /* number - 1: made when first asked for */
	struct objects threads, groups, tables, fds;
};

/* Member by member, for each of them all objects. */
void save_members(struct saver *sv, const struct member *members, size_t nmembers,
		  const struct objects *of);
void load_members(struct loader *ld, const struct member *members, size_t nmembers,
		  const struct objects *of);

/* One reference for the caller; NULL: the empty one, or damage or no memory, noted. */
struct text *load_text(struct loader *ld);
void load_no_memory(struct loader *ld);

/* Indexes into another list, each mostly the one behind the index before it. */
void save_index(struct saver *sv, uint32_t *last, uint32_t index);
/* At most n - 1, else damage (0 then). */
uint32_t load_index(struct loader *ld, uint32_t *last, uint32_t n);

/* In this order. */
void save_scalars(struct saver *sv);
void save_host(struct saver *sv);
void save_containers(struct saver *sv);
void save_fds(struct saver *sv);
void save_threads(struct saver *sv);

void load_scalars(struct loader *ld);
void load_host(struct loader *ld);
void load_containers(struct loader *ld);
void load_fds(struct loader *ld);
void load_threads(struct loader *ld);

#endif
