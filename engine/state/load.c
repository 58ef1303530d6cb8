/* What a section tells before its events: machine, interfaces, users, threads, fds. */
#include "engine/state/load.h"

#include "engine/state/sock_ends.h"
#include "engine/state/thread_table.h"

void state_begin_section(struct state *s)
{
	struct state_tables *tb = s->tables;

	threads_clear(s);
	interfaces_clear(&tb->interfaces);
	recent_exits_clear(&tb->exits);
	tb->exit_pending = tb->close_pending = false;
	tb->settled = false;
	tb->boot_ts_ns = 0;
	tb->last_ts_ns = 0;
	s->now = (struct moment){ .fd_num = -1 };
	s->section++;
}

static void load_machine(struct state *s, const struct machine_info *m)
{
	text_set(&s->tables->hostname, state_text(s, m->hostname));
	s->machine = *m;
	s->machine.hostname = text_sv(s->tables->hostname);
	/* Falco zeroes the machine info of the first section after reading it, and shows times in
	 * other pid namespaces accordingly. */
	if (s->section > 1)
		s->tables->boot_ts_ns = m->boot_ts_ns;
}

/* --- threads --- */

static struct sv items(struct sv list)
{
	return list.n == 1 && list.p[0] == '\0' ? (struct sv){ 0 } : list;
}

static void load_texts(struct state *s, struct thread *t, const struct proc_entry *p)
{
	const struct sv deleted = SV(" (deleted)");
	struct sv exepath = p->exepath;

	if (exepath.n > deleted.n && sv_ends(exepath, deleted))
		exepath.n -= deleted.n;
	t->comm = state_text(s, p->comm);
	t->exe = state_text(s, p->exe);
	t->exepath = state_text(s, exepath);
	t->args = state_text(s, items(p->args));
	t->root = state_text(s, p->root);
	if (p->cgroups.n)
		set_cgroups(s, t, p->cgroups);
	if (!thread_is_main(t))
		return;
	char cwd[1024 + 1];
	struct sv dir = path_join(SV(""), p->cwd, cwd);
	if (dir.n == 0 || dir.p[dir.n - 1] != '/')
		cwd[dir.n++] = '/';
	t->cwd = state_text(s, dir);
	t->env = state_text(s, items(p->env));
}

static void load_thread(struct state *s, const struct proc_entry *p)
{
	struct thread *t = thread_new(s);

	if (!t)
		return;
	t->tid = p->tid;
	t->pid = p->pid;
	t->ptid = p->ptid;
	t->sid = p->sid;
	t->vpgid = p->vpgid;
	t->pgid = p->pgid;
	t->vtid = p->vtid;
	t->vpid = p->vpid;
	load_texts(s, t, p);
	t->flags |= p->flags | CL_ACTIVE;
	t->fdlimit = p->fdlimit;
	t->uid = p->uid;
	t->gid = p->gid;
	t->loginuid = p->loginuid;
	t->tty = p->tty;
	t->vmsize_kb = p->vmsize_kb;
	t->vmrss_kb = p->vmrss_kb;
	t->vmswap_kb = p->vmswap_kb;
	t->pfmajor = p->pfmajor;
	t->pfminor = p->pfminor;
	t->pidns_init_start_ts = p->pidns_init_start_ts;
	t->cap_inheritable = p->cap_inheritable;
	t->cap_permitted = p->cap_permitted;
	t->cap_effective = p->cap_effective;
	t->exe_writable = p->exe_writable;
	t->exe_upper_layer = p->exe_upper_layer;
	t->exe_lower_layer = p->exe_lower_layer;
	t->exe_from_memfd = p->exe_from_memfd;
	t->exe_ino = p->exe_ino;
	t->exe_ino_ctime = p->exe_ino_ctime;
	t->exe_ino_mtime = p->exe_ino_mtime;
	know_root_user(s, t->uid, t->gid);
	know_root_group(s, t->gid);
	/* Linked once all are there: a parent may be listed after its child. */
	thread_add(s, t, false);
}

/* --- fds --- */

static void put_ip(uint8_t *out, const struct ip *ip, uint8_t len)
{
	if (ip->len == len)
		memcpy(out, ip->b, len);
}

static void name_fd(struct state *s, struct fd *f)
{
	struct buf *name = &s->tables->scratch;

	buf_clear(name);
	if (f->type == FD_IPV4_SERVSOCK || f->type == FD_IPV6_SERVSOCK)
		sock_server_print(name, f);
	else
		sock_ends_print(name, f);
	f->name = state_text(s, buf_sv(name));
}

static void load_connection(struct state *s, struct fd *f, const struct fd_entry *e)
{
	union fd_sock *sock = &f->sock;
	bool v6 = f->type == FD_IPV6_SOCK;

	if (v6 && e->sip.len == 16 && e->dip.len == 16 && sock_ip_is_v4(e->sip.b) &&
	    sock_ip_is_v4(e->dip.b)) {
		f->type = FD_IPV4_SOCK;
		memcpy(sock->v4.sip, e->sip.b + 12, 4);
		memcpy(sock->v4.dip, e->dip.b + 12, 4);
		v6 = false;
	} else if (v6) {
		put_ip(sock->v6.sip, &e->sip, 16);
		put_ip(sock->v6.dip, &e->dip, 16);
	} else {
		put_ip(sock->v4.sip, &e->sip, 4);
		put_ip(sock->v4.dip, &e->dip, 4);
	}
	*(v6 ? &sock->v6.sport : &sock->v4.sport) = e->sport;
	*(v6 ? &sock->v6.dport : &sock->v4.dport) = e->dport;
	*(v6 ? &sock->v6.l4 : &sock->v4.l4) = e->l4;
	f->connected = e->l4 == L4_TCP;
	name_fd(s, f);
}

static void load_server(struct state *s, struct fd *f, const struct fd_entry *e)
{
	union fd_sock *sock = &f->sock;

	if (f->type == FD_IPV4_SERVSOCK) {
		put_ip(sock->v4_server.ip, &e->sip, 4);
		sock->v4_server.port = e->sport;
		sock->v4_server.l4 = e->l4;
	} else {
		put_ip(sock->v6_server.ip, &e->sip, 16);
		sock->v6_server.port = e->sport;
		sock->v6_server.l4 = e->l4;
	}
	s->tables->server_ports[e->sport / 64] |= UINT64_C(1) << e->sport % 64;
	name_fd(s, f);
}

static void load_fd(struct state *s, const struct fd_entry *e)
{
	struct thread *t = state_thread(s, e->tid);

	if (!t || e->type == FD_UNKNOWN || e->type >= FD_TYPE_COUNT)
		return;
	struct fd *f = make_fd(s, e->type, 0);
	if (!f)
		return;
	f->ino = e->ino;
	f->open_flags = e->open_flags & FD_CLOEXEC_BIT;
	switch (e->type) {
	case FD_IPV4_SOCK:
	case FD_IPV6_SOCK:
		load_connection(s, f, e);
		break;
	case FD_IPV4_SERVSOCK:
	case FD_IPV6_SERVSOCK:
		load_server(s, f, e);
		break;
	case FD_UNIX_SOCK:
		f->sock.un.source = e->unix_source;
		f->sock.un.dest = e->unix_dest;
		f->name = state_text(s, e->name);
		f->role = f->name ? FD_ROLE_SERVER : FD_ROLE_CLIENT;
		break;
	case FD_FILE_V2:
		f->open_flags = e->open_flags;
		f->dev = e->dev;
		f->name = state_text(s, e->name);
		break;
	default:
		f->name = state_text(s, e->name);
		break;
	}
	fd_table_put(&s->tables->fds, &t->fds, e->fd, f);
}

/* --- the end of the lists --- */

/* /proc tells the local end first; the source is to be the client. */
static void orient(struct state *s, struct thread *t, int64_t num, struct fd *f)
{
	f = fd_table_own(&s->tables->fds, &t->fds, num, f);
	if (!f)
		return;
	uint16_t sport = f->sock.v4.sport;
	if (!(s->tables->server_ports[sport / 64] >> sport % 64 & 1)) {
		f->role = FD_ROLE_CLIENT;
		return;
	}
	sock_ends_swap(f);
	text_set(&f->name, NULL);
	name_fd(s, f);
	f->role = FD_ROLE_SERVER;
}

static void settle_thread(struct state *s, struct thread *t)
{
	int64_t num = INT64_MIN;

	thread_link(s, t);
	for (struct fd *f; (f = fd_table_next(t->fds.table, num, &num)) != NULL; num++) {
		if (f->type == FD_IPV4_SOCK)
			orient(s, t, num, f);
	}
	contain_thread(s, t);
}

void state_settle(struct state *s)
{
	/* In an order that does not depend on hashing: lists of children show it. */
	struct thread **all = state_threads(s);
	size_t n = s->nthreads;

	s->tables->settled = true;
	credentials_settle(s);
	s->tables->nomem |= !all;
	for (size_t i = 0; all && i < n; i++)
		settle_thread(s, all[i]);
	free(all);
}

int state_meta(struct state *s, const struct record *rec, struct err *err)
{
	s->tables->nomem = s->tables->fds.nomem = false;
	switch (rec->kind) {
	case RECORD_SECTION:
		state_begin_section(s);
		break;
	case RECORD_MACHINE:
		load_machine(s, &rec->machine);
		break;
	case RECORD_IFACES_BEGIN:
		interfaces_clear(&s->tables->interfaces);
		break;
	case RECORD_IFACE:
		if (interfaces_add(&s->tables->interfaces, &rec->iface) < 0)
			s->tables->nomem = true;
		break;
	case RECORD_USERS_BEGIN:
		break;
	case RECORD_USER:
		list_user(s, &rec->user);
		break;
	case RECORD_GROUP:
		list_group(s, &rec->group);
		break;
	case RECORD_PROC:
		load_thread(s, &rec->proc);
		break;
	case RECORD_FD:
		load_fd(s, &rec->fd);
		break;
	case RECORD_LOSS:
	case RECORD_EVENT:
		break;
	case RECORD_STATE:
		return state_load(s, &rec->snapshot, err);
	}
	s->losses.fds = s->tables->fds.lost;
	if (!s->tables->nomem && !s->tables->fds.nomem)
		return 0;
	return err_set(err, ERR_NOMEM, "no memory for the state");
}
