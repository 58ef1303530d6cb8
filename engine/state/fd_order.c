#include "engine/state/fd_order.h"

#include <stdlib.h>
#include <string.h>

/* Numbers of buckets that libstdc++ goes through as a table grows; one entry per bucket at most. */
static const uint32_t sizes[] = { 13, 29, 59, 127, 257, 541, 1109, 2357, 5087 };

void fd_order_deinit(struct fd_order *o)
{
	free(o->links);
	free(o->buckets);
	*o = (struct fd_order){ 0 };
}

static uint32_t *bucket_of(const struct fd_order *o, int64_t num)
{
	uint64_t n = (uint64_t)num;

	return &o->buckets[n < o->nbuckets ? n : n % o->nbuckets]; /* most need no division */
}

/* Put link i, whose bucket is b, into the list. */
static void insert(struct fd_order *o, uint32_t i, uint32_t *b)
{
	struct fd_link *links = o->links;

	if (*b) {
		/* First of its bucket. */
		links[i].next = links[*b - 1].next;
		links[*b - 1].next = i;
		return;
	}
	/* First of all; the bucket that was first begins behind it from now on. */
	links[i].next = links[0].next;
	links[0].next = i;
	if (links[i].next)
		*bucket_of(o, links[links[i].next].num) = i + 1;
	*b = 1;
}

static bool grow_buckets(struct fd_order *o)
{
	size_t i = 0;

	while (i < sizeof sizes / sizeof *sizes && sizes[i] <= o->nbuckets)
		i++;
	uint32_t *buckets =
		i < sizeof sizes / sizeof *sizes ? calloc(sizes[i], sizeof *buckets) : NULL;
	if (!buckets)
		return false;
	free(o->buckets);
	o->buckets = buckets;
	o->nbuckets = sizes[i];
	uint32_t next = o->links[0].next;
	o->links[0].next = 0;
	while (next) {
		uint32_t link = next;

		next = o->links[link].next;
		insert(o, link, bucket_of(o, o->links[link].num));
	}
	return true;
}

static bool grow_links(struct fd_order *o)
{
	uint32_t room = o->room ? o->room * 2 : 8;
	struct fd_link *links = realloc(o->links, (room + 1) * sizeof *links);

	if (!links)
		return false;
	if (!o->links)
		links[0] = (struct fd_link){ 0 };
	for (uint32_t i = room; i > o->room; i--) {
		links[i] = (struct fd_link){ .next = o->free };
		o->free = i;
	}
	o->links = links;
	o->room = room;
	return true;
}

bool fd_order_add(struct fd_order *o, int64_t num)
{
	if (!o->free && !grow_links(o))
		return false;
	if (o->n == o->nbuckets && !grow_buckets(o))
		return false;
	uint32_t i = o->free;
	o->free = o->links[i].next;
	o->links[i].num = num;
	insert(o, i, bucket_of(o, num));
	o->n++;
	return true;
}

void fd_order_remove(struct fd_order *o, int64_t num)
{
	struct fd_link *links = o->links;
	uint32_t *b = bucket_of(o, num);
	uint32_t before = *b - 1;

	while (links[links[before].next].num != num)
		before = links[before].next;
	uint32_t i = links[before].next, next = links[i].next;
	uint32_t *next_bucket = next ? bucket_of(o, links[next].num) : NULL;
	if (next_bucket && next_bucket != b)
		*next_bucket = before + 1;
	/* It was its bucket's only one. */
	if (before == *b - 1 && next_bucket != b)
		*b = 0;
	links[before].next = next;
	links[i].next = o->free;
	o->free = i;
	o->n--;
}

bool fd_order_copy(const struct fd_order *o, struct fd_order *out)
{
	struct fd_order c = *o;

	if (o->n == 0 && !o->links)
		return true;
	c.links = malloc((o->room + 1) * sizeof *c.links);
	c.buckets = malloc(o->nbuckets * sizeof *c.buckets);
	if (!c.links || !c.buckets) {
		free(c.links);
		free(c.buckets);
		return false;
	}
	memcpy(c.links, o->links, (o->room + 1) * sizeof *c.links);
	memcpy(c.buckets, o->buckets, o->nbuckets * sizeof *c.buckets);
	*out = c;
	return true;
}

bool fd_order_copy_for_child(const struct fd_order *o, struct fd_order *out)
{
	uint32_t at = 0;
	int64_t num;

	while (fd_order_next(o, &at, &num)) {
		if (!fd_order_add(out, num)) {
			fd_order_deinit(out);
			return false;
		}
	}
	return true;
}

static bool is_size(uint32_t nbuckets)
{
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		if (sizes[i] == nbuckets)
			return true;
	}
	return false;
}

bool fd_order_build(struct fd_order *out, uint32_t nbuckets, const int64_t *nums, uint32_t n)
{
	struct fd_order o = { .nbuckets = nbuckets, .n = n, .room = n };
	uint32_t *last = NULL;

	if (nbuckets == 0)
		return n == 0;
	if (!is_size(nbuckets) || n > nbuckets)
		return false;
	o.links = calloc(n + 1, sizeof *o.links);
	o.buckets = calloc(nbuckets, sizeof *o.buckets);
	bool ok = o.links && o.buckets;
	for (uint32_t i = 0; ok && i < n; i++) {
		uint32_t *b = bucket_of(&o, nums[i]);

		o.links[i] = (struct fd_link){ .num = i ? nums[i - 1] : 0, .next = i + 1 };
		o.links[i + 1].num = nums[i];
		ok = *b == 0 || b == last;
		if (*b == 0)
			*b = i + 1;
		last = b;
	}
	if (ok) {
		*out = o;
		return true;
	}
	fd_order_deinit(&o);
	return false;
}
