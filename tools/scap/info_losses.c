#include "tools/scap/info_losses.h"

#include "tools/common/human.h"

#include <inttypes.h>
#include <stdlib.h>

static void put_time(struct buf *b, uint64_t ns)
{
	if (ns == 0 || ns == UINT64_MAX)
		buf_puts(b, "?");
	else
		human_time(b, ns);
}

/* How long the gaps are together, if that is known. */
static void put_length(struct buf *b, const struct loss_gap *gaps, size_t n)
{
	uint64_t sum = 0;
	bool known = true;

	for (size_t i = 0; i < n; i++) {
		known &= gaps[i].from_ns && gaps[i].to_ns != UINT64_MAX;
		sum += gaps[i].to_ns - gaps[i].from_ns;
	}
	if (known)
		human_duration(b, sum);
	else
		buf_puts(b, "unknown length");
}

static void put_entry(struct buf *b, const struct loss_entry *e)
{
	buf_printf(b, "  %-14s", "");
	put_time(b, e->from_ns);
	buf_puts(b, " to ");
	put_time(b, e->to_ns);
	buf_puts(b, ": ");
	if (e->count)
		human_count(b, e->count);
	else
		buf_puts(b, "an unknown number of");
	buf_puts(b, e->count == 1 ? " event" : " events");
	if (e->what.n) {
		buf_puts(b, " of class ");
		human_text(b, e->what);
	}
	if (e->cpu != LOSS_ALL_CPUS)
		buf_printf(b, " on CPU %" PRIu32, e->cpu);
	buf_putc(b, '\n');
}

void losses_text(struct buf *b, const struct losses *l, uint64_t top)
{
	struct loss_gap *gaps;
	bool at_least;
	uint64_t count = losses_count(l, &at_least);
	size_t ngaps;

	if (l->n == 0)
		return;
	if (losses_gaps(l, &gaps, &ngaps, NULL) < 0) {
		b->failed = true;
		return;
	}
	buf_printf(b, "  %-14s", "lost");
	if (count || !at_least) {
		buf_puts(b, at_least ? "at least " : "");
		human_count(b, count);
		buf_puts(b, count == 1 ? " event" : " events");
	} else {
		buf_puts(b, "an unknown number of events");
	}
	buf_printf(b, ", %zu gap%s of ", ngaps, ngaps == 1 ? "" : "s");
	put_length(b, gaps, ngaps);
	buf_putc(b, '\n');
	for (size_t i = 0; i < l->n && i < top; i++)
		put_entry(b, &l->items[i]);
	if (l->n > top && top > 0)
		buf_printf(b, "  %-14sand %" PRIu64 " more\n", "", l->n - top);
	free(gaps);
}

void losses_json(struct json *j, const struct losses *l)
{
	json_array(j, "losses");
	for (size_t i = 0; i < l->n; i++) {
		const struct loss_entry *e = &l->items[i];

		json_object(j, NULL);
		if (e->cpu != LOSS_ALL_CPUS)
			json_u64(j, "cpu", e->cpu);
		if (e->what.n)
			json_text(j, "class", e->what);
		if (e->count)
			json_u64(j, "count", e->count);
		if (e->from_ns)
			json_u64(j, "from_ns", e->from_ns);
		if (e->to_ns != UINT64_MAX)
			json_u64(j, "to_ns", e->to_ns);
		json_end_object(j);
	}
	json_end_array(j);
}
