/*
 * fd.*: both ends of a socket.
 */
#include "engine/fields/getters.h"

bool get_fd_l4proto(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	static const char *const names[] = {
		[L4_TCP] = "tcp",
		[L4_UDP] = "udp",
		[L4_ICMP] = "icmp",
		[L4_RAW] = "raw",
	};
	const struct fd *fd = now_fd(ctx);
	uint32_t l4;

	(void)f;
	if (!fd)
		return false;
	l4 = fd_l4(fd);
	return put_cstr(out, l4 <= L4_RAW && names[l4] ? names[l4] : "<NA>");
}

bool get_fd_sockfamily(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct fd *fd = now_fd(ctx);

	(void)f;
	if (fd && fd_is_ip(fd))
		return put_cstr(out, "ip");
	return fd && fd->type == FD_UNIX_SOCK && put_cstr(out, "unix");
}

bool get_fd_is_server(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct fd *fd = now_fd(ctx);
	struct fd_ends ends;

	(void)f;
	if (!fd)
		return false;
	if (fd_ends(fd, &ends))
		return put_bool(out, state_ip_is_local(ctx->state, &ends.dip, now_thread(ctx)));
	return put_bool(out, fd_is_ip(fd));
}

/* --- one end --- */

struct end {
	struct ip ip;
	uint16_t port;
};

static struct end source_of(const struct fd_ends *e)
{
	return (struct end){ e->sip, e->sport };
}

static struct end destination_of(const struct fd_ends *e)
{
	return (struct end){ e->dip, e->dport };
}

/* The wanted end; false when this fd has no such.  The source of a connection is the client. */
static bool pick_end(const struct field_ctx *ctx, const struct fd *fd, uint32_t which,
		     struct end *out)
{
	struct fd_ends ends;
	bool source = which == END_CLIENT;

	if (which == END_SERVER && fd_bound(fd, &out->ip, &out->port))
		return true;
	if (fd->role == FD_ROLE_NONE || !fd_ends(fd, &ends))
		return false;
	if (which == END_LOCAL || which == END_REMOTE)
		source = state_ip_is_local(ctx->state, &ends.sip, now_thread(ctx)) ==
			 (which == END_LOCAL);
	*out = source ? source_of(&ends) : destination_of(&ends);
	return true;
}

/* Of a bound socket without role the port is shown, the address not. */
bool get_fd_ip(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct fd *fd = now_fd(ctx);
	struct end end;

	if (!fd || fd->role == FD_ROLE_NONE || !pick_end(ctx, fd, f->def->which, &end))
		return false;
	*out = (struct value){ .type = f->type, .ip = end.ip };
	return true;
}

bool get_fd_port(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct fd *fd = now_fd(ctx);
	struct end end;

	return fd && pick_end(ctx, fd, f->def->which, &end) && put_u64(f, out, end.port);
}

/*
 * The port as text.  Falco leaves it empty for a bound socket's own port, and the client's for
 * every other fd that has a role (unix sockets, bound ones).
 */
bool get_fd_proto(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct fd *fd = now_fd(ctx);
	struct scratch s = { .arena = &ctx->scratch };
	struct fd_ends ends;
	struct end end;

	if (!fd)
		return false;
	if (!fd_ends(fd, &ends)) {
		bool empty = f->def->which == END_SERVER   ? fd_is_ip(fd)
			     : f->def->which == END_CLIENT ? fd->role != FD_ROLE_NONE
							   : false;
		return empty && put_text(out, SV(""));
	}
	if (!pick_end(ctx, fd, f->def->which, &end))
		return false;
	scratch_put_u64(&s, end.port);
	return put_scratch(out, &s);
}

/* --- either end --- */

static void put_end(const struct field_ref *f, struct end end, struct value *out)
{
	if (f->type == PT_PORT)
		put_u64(f, out, end.port);
	else
		*out = (struct value){ .type = f->type, .ip = end.ip };
}

bool end_candidates(const struct field_ref *f, struct field_ctx *ctx, const struct value **items,
		    size_t *n)
{
	const struct fd *fd = now_fd(ctx);
	struct value *values = fd ? arena_array(&ctx->scratch, struct value, 2) : NULL;
	struct fd_ends ends;
	struct end end;

	*n = 0;
	*items = values;
	if (!values)
		return false;
	if (f->type == PT_CHARBUF) {
		/* A host name: nothing offline knows names, so none is equal to any. */
		if (fd->role != FD_ROLE_NONE && fd_ends(fd, &ends))
			put_text(&values[(*n)++], SV(""));
	} else if (fd_ends(fd, &ends)) {
		put_end(f, source_of(&ends), &values[(*n)++]);
		put_end(f, destination_of(&ends), &values[(*n)++]);
	} else if (fd_bound(fd, &end.ip, &end.port)) {
		put_end(f, end, &values[(*n)++]);
	}
	return true;
}
