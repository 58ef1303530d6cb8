/*
 * What an id (a tid, which is also a pid) stands for: the thread, the thread group, and how many
 * other threads name it as parent, session or process group.
 */
#ifndef SAKER_STATE_ID_TABLE_H
#define SAKER_STATE_ID_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct thread;
struct process;

struct id_entry {
	int64_t id;
	struct thread *thread;
	struct process *process;
	uint32_t named; /* by threads in the table other than the one with this tid */
};

struct id_table {
	struct id_entry *slots;
	uint32_t nslots; /* a power of two, or 0 */
	uint32_t used;
};

void id_table_deinit(struct id_table *t);
/* NULL: nothing is known of id.  Borrowed until the next id_table_make or id_table_tidy. */
struct id_entry *id_table_find(const struct id_table *t, int64_t id);
/* Find or make; NULL: no memory. */
struct id_entry *id_table_make(struct id_table *t, int64_t id);
/* Forget the entry if nothing is left in it. */
void id_table_tidy(struct id_table *t, struct id_entry *e);

#endif
