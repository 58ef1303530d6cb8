/*
 * A state told as the lists in front of a section.  They have no room for all of it: what is only
 * known from events (when a thread was cloned, which end of a connection is whose) is lost where a
 * reader cannot conclude it from the rest.
 */
#include "engine/state/tables.h"

struct telling {
	const struct state *s;
	state_teller *tell;
	void *arg;
	struct err *err;
	uint64_t listening[65536 / 64]; /* ports of the bound sockets among the fds */
};

static int tell(struct telling *t, const struct record *rec)
{
	return t->tell(t->arg, rec, t->err);
}

/* --- machine, interfaces, users --- */

static int tell_machine(struct telling *t)
{
	struct record section = { .kind = RECORD_SECTION };
	struct record machine = { .kind = RECORD_MACHINE, .machine = t->s->machine };

	return tell(t, &section) < 0 || tell(t, &machine) < 0 ? -1 : 0;
}

static int tell_interfaces(struct telling *t)
{
	const struct interfaces *ifs = &t->s->tables->interfaces;
	struct record rec = { .kind = RECORD_IFACES_BEGIN };

	if (tell(t, &rec) < 0)
		return -1;
	for (uint32_t i = 0; i < ifs->n; i++) {
		const struct interface *f = &ifs->list[i];

		rec = (struct record){ .kind = RECORD_IFACE,
				       .iface = { .addr = f->addr,
						  .netmask = f->netmask,
						  .broadcast = f->broadcast,
						  .has_linkspeed = f->has_linkspeed,
						  .linkspeed = f->linkspeed,
						  .name = text_sv(f->name) } };
		if (tell(t, &rec) < 0)
			return -1;
	}
	return 0;
}

static int tell_credential(struct telling *t, const struct credential *c, enum record_kind kind)
{
	struct record rec = { .kind = kind };

	if (kind == RECORD_USER)
		rec.user = (struct user_entry){ .uid = c->id,
						.gid = c->user.gid,
						.name = text_sv(c->user.name),
						.homedir = text_sv(c->user.homedir),
						.shell = text_sv(c->user.shell) };
	else
		rec.group = (struct group_entry){ .gid = c->id, .name = text_sv(c->group.name) };
	return tell(t, &rec);
}

static int tell_credentials(struct telling *t, const struct credentials *c, enum record_kind kind)
{
	uint32_t n;
	const struct credential **all = credentials_sorted(c, &n);
	int rc = all ? 0 : err_set(t->err, ERR_NOMEM, "no memory to list users");

	for (uint32_t i = 0; rc == 0 && i < n; i++)
		rc = tell_credential(t, all[i], kind);
	free(all);
	return rc;
}

static int tell_users(struct telling *t)
{
	struct record rec = { .kind = RECORD_USERS_BEGIN };

	if (tell(t, &rec) < 0 || tell_credentials(t, &t->s->tables->users, RECORD_USER) < 0)
		return -1;
	return tell_credentials(t, &t->s->tables->groups, RECORD_GROUP);
}

/* --- threads --- */

static int tell_thread(struct telling *t, const struct thread *th)
{
	bool main = thread_is_main(th);
	struct record rec = {
		.kind = RECORD_PROC,
		.proc = {
			.tid = th->tid,
			.pid = th->pid,
			.ptid = th->ptid,
			.sid = th->sid,
			.vpgid = th->vpgid,
			.pgid = th->pgid,
			.vtid = th->vtid,
			.vpid = th->vpid,
			.comm = text_sv(th->comm),
			.exe = text_sv(th->exe),
			.exepath = text_sv(th->exepath),
			.cwd = text_sv(main ? th->cwd : NULL),
			.root = text_sv(th->root),
			.args = text_sv(th->args),
			.env = text_sv(main ? th->env : NULL),
			.cgroups = text_sv(th->cgroups),
			.fdlimit = th->fdlimit,
			.flags = th->flags,
			.uid = th->uid,
			.gid = th->gid,
			.loginuid = th->loginuid,
			.tty = th->tty,
			.vmsize_kb = th->vmsize_kb,
			.vmrss_kb = th->vmrss_kb,
			.vmswap_kb = th->vmswap_kb,
			.pfmajor = th->pfmajor,
			.pfminor = th->pfminor,
			.pidns_init_start_ts = th->pidns_init_start_ts,
			.exe_writable = th->exe_writable,
			.exe_upper_layer = th->exe_upper_layer,
			.exe_lower_layer = th->exe_lower_layer,
			.exe_from_memfd = th->exe_from_memfd,
			.cap_inheritable = th->cap_inheritable,
			.cap_permitted = th->cap_permitted,
			.cap_effective = th->cap_effective,
			.exe_ino = th->exe_ino,
			.exe_ino_ctime = th->exe_ino_ctime,
			.exe_ino_mtime = th->exe_ino_mtime,
		},
	};

	return thread_is_placeholder(th) ? 0 : tell(t, &rec);
}

/* --- fds --- */

static void note_port(struct telling *t, const struct fd *f)
{
	struct ip ip;
	uint16_t port;

	if (fd_bound(f, &ip, &port))
		t->listening[port / 64] |= UINT64_C(1) << port % 64;
}

static bool listens(const struct telling *t, uint16_t port)
{
	return t->listening[port / 64] >> port % 64 & 1;
}

/*
 * A reader takes the first end for this host's and, if somebody listens on its port, for the
 * server's, which it then puts second.  So the order is the one that it turns into ours.
 */
static void put_ends(const struct telling *t, const struct fd *f, struct fd_entry *e)
{
	struct fd_ends ends;

	if (!fd_ends(f, &ends))
		return;
	bool swap = t->s->tables->settled && f->type == FD_IPV4_SOCK && listens(t, ends.dport) &&
		    (f->role == FD_ROLE_SERVER || listens(t, ends.sport));
	e->sip = swap ? ends.dip : ends.sip;
	e->dip = swap ? ends.sip : ends.dip;
	e->sport = swap ? ends.dport : ends.sport;
	e->dport = swap ? ends.sport : ends.dport;
	e->l4 = f->type == FD_IPV4_SOCK ? f->sock.v4.l4 : f->sock.v6.l4;
}

static int tell_fd(struct telling *t, const struct thread *th, int64_t num, const struct fd *f)
{
	struct record rec = { .kind = RECORD_FD,
			      .fd = { .tid = th->tid,
				      .fd = num,
				      .ino = f->ino,
				      .type = f->type,
				      .open_flags = f->open_flags,
				      .dev = f->dev } };
	struct fd_entry *e = &rec.fd;

	if (f->type == FD_UNKNOWN || f->type >= FD_TYPE_COUNT)
		return 0;
	if (f->type == FD_IPV4_SOCK || f->type == FD_IPV6_SOCK) {
		put_ends(t, f, e);
	} else if (fd_bound(f, &e->sip, &e->sport)) {
		e->l4 = f->type == FD_IPV4_SERVSOCK ? f->sock.v4_server.l4 : f->sock.v6_server.l4;
	} else {
		e->name = text_sv(f->name);
	}
	if (f->type == FD_UNIX_SOCK) {
		e->unix_source = f->sock.un.source;
		e->unix_dest = f->sock.un.dest;
	}
	return tell(t, &rec);
}

static int tell_fds(struct telling *t, const struct thread *th)
{
	const struct fd_table *table = th->fds.table;
	int64_t num = 0;

	for (const struct fd *f; (f = fd_table_next(table, num, &num)) != NULL; num++) {
		if (tell_fd(t, th, num, f) < 0)
			return -1;
	}
	return 0;
}

/* --- containers --- */

/* As events in front of all others: the lists have no room for them. */
static int tell_containers(struct telling *t)
{
	const struct container_list *l = t->s->tables->containers;
	const struct container *c;
	struct sv id;

	for (uint32_t i = 0; container_list_slot(l, i, &id, &c); i++) {
		if (!c || !c->json)
			continue;
		struct record rec = { .kind = RECORD_EVENT,
				      .event = { .ts_ns = t->s->tables->last_ts_ns,
						 .tid = -1,
						 .type = EV_CONTAINER_JSON_2_E,
						 .desc = schema_event(EV_CONTAINER_JSON_2_E),
						 .nparams = 1 } };

		rec.event.params[0] = (struct sv){ c->json->p, c->json->n + 1 };
		if (tell(t, &rec) < 0)
			return -1;
	}
	return 0;
}

int state_records(const struct state *s, state_teller *teller, void *arg, struct err *err)
{
	struct telling t = { .s = s, .tell = teller, .arg = arg, .err = err };
	struct thread **all = state_threads(s);
	int rc = 0;

	if (!all)
		return err_set(err, ERR_NOMEM, "no memory to list threads");
	for (uint64_t i = 0; i < s->nthreads; i++) {
		int64_t num = 0;

		for (const struct fd *f; (f = fd_table_next(all[i]->fds.table, num, &num)); num++)
			note_port(&t, f);
	}
	if (tell_machine(&t) < 0 || tell_interfaces(&t) < 0 || tell_users(&t) < 0)
		rc = -1;
	for (uint64_t i = 0; rc == 0 && i < s->nthreads; i++)
		rc = tell_thread(&t, all[i]);
	for (uint64_t i = 0; rc == 0 && i < s->nthreads; i++) {
		if (!thread_is_placeholder(all[i]))
			rc = tell_fds(&t, all[i]);
	}
	free(all);
	return rc == 0 ? tell_containers(&t) : -1;
}
