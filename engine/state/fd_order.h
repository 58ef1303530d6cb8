/*
 * The order in which Falco lists the fds of a process, which fd.types shows: that of the hash table
 * in its C++ library.  It depends on all openings so far, so they have to be followed.
 */
#ifndef SAKER_STATE_FD_ORDER_H
#define SAKER_STATE_FD_ORDER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * One list of all entries, cut into buckets by the number modulo nbuckets: the entries of a bucket
 * stand together, and buckets[] tells the link in front of the first of them.  links[0] is in front
 * of everything.
 */
struct fd_order {
	struct fd_link {
		int64_t num;
		uint32_t next; /* 0 ends the list */
	} * links;
	uint32_t *buckets; /* index + 1 into links; 0: empty */
	uint32_t nbuckets;
	uint32_t n;
	uint32_t room; /* of links, besides links[0] */
	uint32_t free; /* chain of unused links */
};

void fd_order_deinit(struct fd_order *o);
/* num is not in it.  False: no memory, nothing changed. */
bool fd_order_add(struct fd_order *o, int64_t num);
/* num is in it. */
void fd_order_remove(struct fd_order *o, int64_t num);
/* The same entries in the same order; out is an empty one.  False: no memory, out stays empty. */
bool fd_order_copy(const struct fd_order *o, struct fd_order *out);
/* As a forked child lists them: Falco adds them one by one, which changes their order. */
bool fd_order_copy_for_child(const struct fd_order *o, struct fd_order *out);

/*
 * The list of n numbers in this order, with that many buckets; out is an empty one.  False: no list
 * comes to that (a bucket's numbers apart, more numbers than buckets), or no memory.
 */
bool fd_order_build(struct fd_order *out, uint32_t nbuckets, const int64_t *nums, uint32_t n);

/* Walk: start with at = 0; false at the end. */
static inline bool fd_order_next(const struct fd_order *o, uint32_t *at, int64_t *num)
{
	if (o->n == 0 || (*at = o->links[*at].next) == 0)
		return false;
	*num = o->links[*at].num;
	return true;
}

#endif
