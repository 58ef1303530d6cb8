/*
 * fdlist.* of poll events, and util.*.
 */
#include "engine/fields/getters.h"

/* One item; false: the list has nothing to say about this fd, not even a separator. */
static bool put_item(struct scratch *s, uint32_t which, int64_t num, const struct fd *fd)
{
	struct fd_ends ends = { 0 };
	bool connection = fd && fd_ends(fd, &ends);
	char ip[IP_TEXT_MAX];

	switch (which) {
	case FDLIST_NUMS:
		scratch_put_i64(s, num);
		return true;
	case FDLIST_NAMES:
		scratch_put(s, fd && fd->name ? text_sv(fd->name) : SV("<NA>"));
		return true;
	case FDLIST_CIPS:
		if (connection)
			scratch_put(s, (struct sv){ ip, ip_print(&ends.sip, ip) });
		return connection;
	case FDLIST_SIPS:
		connection = connection || (fd && fd_bound(fd, &ends.dip, &ends.dport));
		if (connection)
			scratch_put(s, (struct sv){ ip, ip_print(&ends.dip, ip) });
		return connection;
	default:
		if (connection)
			scratch_put_u64(s, which == FDLIST_CPORTS ? ends.sport : ends.dport);
		return connection;
	}
}

enum { FDLIST_ITEM_BYTES = 10 };

bool get_fdlist(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct event *ev = now_event(ctx);
	const struct thread *t = now_thread(ctx);
	struct scratch s = { .arena = &ctx->scratch };
	struct sv list = event_param(ev, 1), count, item;

	if ((ev->type != EV_SYSCALL_POLL_X && ev->type != EV_SYSCALL_PPOLL_X) || !t ||
	    !sv_take(&list, 2, &count))
		return false;
	for (uint32_t i = get_le16(count.p); i > 0 && sv_take(&list, FDLIST_ITEM_BYTES, &item);
	     i--) {
		int64_t num = (int64_t)get_le64(item.p);

		if (put_item(&s, f->def->which, num, fd_table_get(thread_fds(t), num)))
			scratch_putc(&s, ',');
	}
	if (s.n == 0)
		return false;
	s.n--;
	return put_scratch(out, &s);
}

bool get_util_cnt(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return put_u64(f, out, ++field_use_of(f, ctx)->count);
}
