/* Interfaces, users, groups, ports and those who just exited. */
#include "engine/state/save.h"

/*
 * Exits older than this, measured from the latest event, are left out: only a clone that is told
 * more than the difference to RECENT_EXIT_NS out of order could still ask for them.
 */
#define KEPT_EXIT_NS (2 * (uint64_t)RECENT_EXIT_NS)

static const struct member interface_members[] = {
	MEMBER(M_ADDR, interface, addr),      MEMBER(M_ADDR, interface, netmask),
	MEMBER(M_ADDR, interface, broadcast), MEMBER(M_BOOL, interface, has_linkspeed),
	MEMBER(M_U64, interface, linkspeed),  MEMBER(M_TEXT, interface, name),
};

static const struct member user_members[] = {
	MEMBER(M_U32, credential, id),
	MEMBER(M_BOOL, credential, listed),
	MEMBER(M_U32, credential, user.gid),
	MEMBER(M_TEXT, credential, user.name),
	MEMBER(M_TEXT, credential, user.homedir),
	MEMBER(M_TEXT, credential, user.shell),
};

static const struct member group_members[] = {
	MEMBER(M_U32, credential, id),
	MEMBER(M_BOOL, credential, listed),
	MEMBER(M_TEXT, credential, group.name),
};

/* --- interfaces --- */

static void save_interfaces(struct saver *sv)
{
	const struct interfaces *ifs = &sv->s->tables->interfaces;
	struct objects o = { 0 };

	for (uint32_t i = 0; i < ifs->n; i++) {
		if (!objects_add(&o, &ifs->list[i]))
			snapshot_no_memory(sv->out);
	}
	snapshot_put(sv->out, o.n);
	save_members(sv, MEMBERS_OF(interface_members), &o);
	free(o.list);
}

static void load_interfaces(struct loader *ld)
{
	struct interfaces *ifs = &ld->s->tables->interfaces;
	struct iface_entry none = { 0 };
	struct objects o = { 0 };
	uint32_t n = snapshot_take_count(&ld->r);

	if (n > INTERFACES_MAX)
		snapshot_damaged(&ld->r, "too many interfaces");
	for (uint32_t i = 0; i < n && !ld->r.damage; i++) {
		if (interfaces_add(ifs, &none) < 0)
			load_no_memory(ld);
	}
	for (uint32_t i = 0; i < ifs->n; i++) {
		if (!objects_add(&o, &ifs->list[i]))
			load_no_memory(ld);
	}
	load_members(ld, MEMBERS_OF(interface_members), &o);
	free(o.list);
}

/* --- users and groups --- */

static void save_credentials(struct saver *sv, const struct credentials *c,
			     const struct member *members, size_t nmembers)
{
	uint32_t n;
	struct objects o = { .list = (void **)credentials_sorted(c, &n) };

	o.n = n;
	if (!o.list)
		snapshot_no_memory(sv->out);
	snapshot_put(sv->out, o.n);
	save_members(sv, members, nmembers, &o);
	free(o.list);
}

/* Their numbers come first: an entry is made with its number. */
static void load_credentials(struct loader *ld, struct credentials *c, const struct member *members,
			     size_t nmembers)
{
	struct objects o = { 0 };
	uint32_t n = snapshot_take_count(&ld->r);

	if (n > STATE_MAX_USERS)
		snapshot_damaged(&ld->r, "too many users or groups");
	for (uint32_t i = 0; i < n && !ld->r.damage; i++) {
		uint32_t id = (uint32_t)snapshot_take_max(&ld->r, UINT32_MAX);
		struct credential *e = NULL;

		if (credentials_find(c, id))
			snapshot_damaged(&ld->r, "a user or group that is there twice");
		else if (!(e = credentials_make(c, id)) || !objects_add(&o, e))
			load_no_memory(ld);
		else
			e->user.uid = e->group.gid = id;
	}
	if (!ld->r.damage)
		load_members(ld, members + 1, nmembers - 1, &o);
	free(o.list);
}

/* --- ports that somebody was listening on as a section began --- */

static void save_ports(struct saver *sv)
{
	const uint64_t *ports = sv->s->tables->server_ports;
	uint32_t n = 0, last = 0;

	for (uint32_t i = 0; i < 65536 / 64; i++)
		n += (uint32_t)__builtin_popcountll(ports[i]);
	snapshot_put(sv->out, n);
	for (uint32_t p = 0; n && p < 65536; p++) {
		if (ports[p / 64] >> p % 64 & 1)
			save_index(sv, &last, p);
	}
}

static void load_ports(struct loader *ld)
{
	uint64_t *ports = ld->s->tables->server_ports;
	uint32_t n = snapshot_take_count(&ld->r), last = 0;

	for (uint32_t i = 0; i < n && !ld->r.damage; i++) {
		uint32_t p = load_index(ld, &last, 65536);

		ports[p / 64] |= UINT64_C(1) << p % 64;
	}
}

/* --- those who just exited --- */

static void save_exits(struct saver *sv)
{
	const struct recent_exits *r = &sv->s->tables->exits;
	uint64_t now_ns = sv->s->tables->last_ts_ns, key, ts_ns, last_ns = 0;
	uint32_t first = 0, n = 0;

	while (recent_exits_entry(r, first, &key, &ts_ns) && ts_ns < now_ns &&
	       now_ns - ts_ns > KEPT_EXIT_NS)
		first++;
	while (recent_exits_entry(r, first + n, &key, &ts_ns))
		n++;
	snapshot_put(sv->out, n);
	for (uint32_t i = 0; i < n; i++) {
		recent_exits_entry(r, first + i, &key, &ts_ns);
		snapshot_put(sv->out, (uint32_t)key);
		snapshot_put(sv->out, key >> 32);
		snapshot_put_signed(sv->out, (int64_t)(ts_ns - last_ns));
		last_ns = ts_ns;
	}
}

static void load_exits(struct loader *ld)
{
	struct recent_exits *r = &ld->s->tables->exits;
	uint32_t n = snapshot_take_count(&ld->r);
	uint64_t ts_ns = 0;

	if (n > RECENT_EXITS)
		snapshot_damaged(&ld->r, "too many recent exits");
	for (uint32_t i = 0; i < n && !ld->r.damage; i++) {
		uint64_t tid = snapshot_take_max(&ld->r, UINT32_MAX);
		uint64_t ptid = snapshot_take_max(&ld->r, UINT32_MAX);

		ts_ns += (uint64_t)snapshot_take_signed(&ld->r);
		recent_exits_add_key(r, ptid << 32 | tid, ts_ns);
	}
}

/* --- all of it --- */

void save_host(struct saver *sv)
{
	save_interfaces(sv);
	save_credentials(sv, &sv->s->tables->users, MEMBERS_OF(user_members));
	save_credentials(sv, &sv->s->tables->groups, MEMBERS_OF(group_members));
	save_ports(sv);
	save_exits(sv);
}

void load_host(struct loader *ld)
{
	load_interfaces(ld);
	load_credentials(ld, &ld->s->tables->users, MEMBERS_OF(user_members));
	load_credentials(ld, &ld->s->tables->groups, MEMBERS_OF(group_members));
	load_ports(ld);
	load_exits(ld);
}
