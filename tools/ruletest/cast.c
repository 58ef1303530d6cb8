/* The processes that written-out events speak of, and those above them. */
#include "tools/ruletest/inline.h"

enum { FIRST_PID = 1000, MAX_ACTORS = 4096 };

struct cast {
	struct actor **items;
	size_t n, cap;
	const struct yaml_node *processes;
};

static const struct flag_desc capabilities[] = {
	{ "CAP_CHOWN", 0 },       { "CAP_DAC_OVERRIDE", 1 }, { "CAP_DAC_READ_SEARCH", 2 },
	{ "CAP_SETGID", 6 },      { "CAP_SETUID", 7 },       { "CAP_NET_ADMIN", 12 },
	{ "CAP_NET_RAW", 13 },    { "CAP_SYS_MODULE", 16 },  { "CAP_SYS_CHROOT", 18 },
	{ "CAP_SYS_PTRACE", 19 }, { "CAP_SYS_ADMIN", 21 },   { "CAP_SYS_BOOT", 22 },
	{ "CAP_BPF", 39 },
};

static struct sv joined(const struct reading *r, const char *before, struct sv name,
			const char *behind)
{
	struct buf b = { 0 };

	buf_puts(&b, before);
	buf_putsv(&b, name);
	buf_puts(&b, behind);
	struct sv out = arena_sv(r->arena, buf_sv(&b));
	buf_deinit(&b);
	return out;
}

static struct actor *add(struct cast *c, const struct reading *r, struct sv name, struct sv comm,
			 const struct proc_entry *parent)
{
	struct actor **items = vec_room(r->arena, c->items, c->n, &c->cap, sizeof *items);
	struct actor *a = arena_new(r->arena, struct actor);
	int64_t pid = c->n == 0 ? 1 : FIRST_PID + (int64_t)c->n;

	if (!items || !a || c->n == MAX_ACTORS) {
		node_no_memory(r);
		return NULL;
	}
	c->items = items;
	items[c->n++] = a;
	a->name = name;
	a->next_fd = 3;
	a->proc = (struct proc_entry){
		.tid = pid,
		.pid = pid,
		.ptid = parent ? parent->tid : 0,
		.sid = pid,
		.vpgid = pid,
		.pgid = pid,
		.vtid = pid,
		.vpid = pid,
		.comm = comm.n > 15 ? (struct sv){ comm.p, 15 } : comm,
		.exe = comm,
		.exepath = joined(r, "/usr/bin/", comm, ""),
		.cwd = SV("/root/"),
		.root = SV("/"),
		.fdlimit = 1024,
		.loginuid = UINT32_MAX,
		.cap_permitted = 1,
		.cap_effective = 1,
		.cgroups = SV("cpuset=/system.slice/a.service\0cpu=/system.slice/a.service\0"
			      "memory=/system.slice/a.service\0"),
	};
	return a;
}

static struct actor *known(const struct cast *c, struct sv name)
{
	for (size_t i = 0; i < c->n; i++) {
		if (sv_eq(c->items[i]->name, name))
			return c->items[i];
	}
	return NULL;
}

/* --- what is said of a process --- */

static int read_container(const struct reading *r, const struct yaml_node *n, struct sv id,
			  struct proc_entry *p)
{
	char full[65];
	struct sv path, items[3];

	if (id.n == 0)
		return node_fail(r, n, "expected the id of a container");
	/* 64 digits, however many were written */
	for (size_t i = 0; i < sizeof full - 1; i++)
		full[i] = id.p[i % id.n];
	full[sizeof full - 1] = '\0';
	path = joined(r, "/system.slice/docker-", sv_of(full), ".scope");
	items[0] = joined(r, "cpuset=", path, "");
	items[1] = joined(r, "cpu=", path, "");
	items[2] = joined(r, "memory=", path, "");
	return inline_join(r->arena, items, 3, &p->cgroups) ? 0 : node_no_memory(r);
}

static int read_caps(const struct reading *r, const struct yaml_node *n, struct proc_entry *p)
{
	struct sv_list names = { 0 };

	if (!yaml_get_key(n, "caps"))
		return 0;
	if (node_texts(r, n, "caps", &names) < 0)
		return -1;
	p->cap_effective = 0;
	for (size_t i = 0; i < names.n; i++) {
		size_t k = 0;

		while (k < sizeof capabilities / sizeof capabilities[0] &&
		       !sv_eq(names.items[i], sv_of(capabilities[k].name)))
			k++;
		if (k == sizeof capabilities / sizeof capabilities[0])
			return node_fail(r, yaml_get_key(n, "caps"),
					 "unknown capability \"" SV_FMT "\"",
					 SV_ARG(names.items[i]));
		p->cap_effective |= UINT64_C(1) << capabilities[k].value;
	}
	p->cap_permitted = p->cap_effective;
	return 0;
}

static int read_joined(const struct reading *r, const struct yaml_node *n, const char *key,
		       struct sv *out)
{
	struct sv_list items = { 0 };

	if (!yaml_get_key(n, key))
		return 0;
	if (node_texts(r, n, key, &items) < 0)
		return -1;
	return inline_join(r->arena, items.items, items.n, out) ? 0 : node_no_memory(r);
}

static int read_numbers(const struct reading *r, const struct yaml_node *n, struct proc_entry *p)
{
	uint64_t uid = p->uid, gid = p->gid, loginuid = p->loginuid, tty = p->tty,
		 vpid = (uint64_t)p->vpid, pid = (uint64_t)p->pid;

	if (node_u64(r, n, "uid", &uid) < 0 || node_u64(r, n, "gid", &gid) < 0 ||
	    node_u64(r, n, "loginuid", &loginuid) < 0 || node_u64(r, n, "tty", &tty) < 0 ||
	    node_u64(r, n, "vpid", &vpid) < 0 || node_u64(r, n, "pid", &pid) < 0)
		return -1;
	p->uid = (uint32_t)uid;
	p->gid = (uint32_t)gid;
	p->loginuid = (uint32_t)loginuid;
	p->tty = (uint32_t)tty;
	if (yaml_get_key(n, "pid")) {
		p->tid = p->pid = p->vtid = p->sid = p->pgid = p->vpgid = (int64_t)pid;
		vpid = yaml_get_key(n, "vpid") ? vpid : pid;
	}
	p->vpid = (int64_t)vpid;
	return 0;
}

static int describe(const struct reading *r, const struct yaml_node *n, struct proc_entry *p)
{
	static const char *const known_keys[] = { "name", "below",    "exe",       "exepath",
						  "args", "env",      "cwd",       "uid",
						  "gid",  "loginuid", "tty",       "pid",
						  "vpid", "caps",     "container", NULL };
	struct sv container = { 0 };

	if (node_keys(r, n, known_keys) < 0 || node_text(r, n, "exe", &p->exe) < 0 ||
	    node_text(r, n, "exepath", &p->exepath) < 0 || node_text(r, n, "cwd", &p->cwd) < 0 ||
	    node_text(r, n, "container", &container) < 0 || read_numbers(r, n, p) < 0 ||
	    read_joined(r, n, "args", &p->args) < 0 || read_joined(r, n, "env", &p->env) < 0 ||
	    read_caps(r, n, p) < 0)
		return -1;
	if (yaml_get_key(n, "container"))
		return read_container(r, yaml_get_key(n, "container"), container, p);
	return 0;
}

/* Who stands between a process and the first one lives as the process does. */
static void inherit(struct proc_entry *to, const struct proc_entry *from)
{
	to->uid = from->uid;
	to->tty = from->tty;
	to->loginuid = from->loginuid;
	to->cgroups = from->cgroups;
}

static struct actor *make(struct cast *c, const struct reading *r, struct sv name, struct sv comm,
			  const struct sv_list *below, const struct yaml_node *said)
{
	const struct actor *parent = c->items[0];
	struct proc_entry like = { 0 };

	if (said && node_text(r, said, "name", &comm) < 0)
		return NULL;
	/* An ancestor that was described is that one, with all above it. */
	for (size_t i = 0; i < below->n; i++) {
		struct actor *a = i == 0 ? known(c, below->items[i]) : NULL;

		if (!a) {
			a = add(c, r, (struct sv){ 0 }, below->items[i], &parent->proc);
			if (!a)
				return NULL;
			like = a->proc;
			if (said && describe(r, said, &like) < 0)
				return NULL;
			if (said)
				inherit(&a->proc, &like);
		}
		parent = a;
	}
	struct actor *a = add(c, r, name, comm, &parent->proc);
	if (a && said && describe(r, said, &a->proc) < 0)
		return NULL;
	return a;
}

/* Names between slashes, nearest last. */
static bool split(struct arena *arena, struct sv path, struct sv_list *below, struct sv *last)
{
	for (;;) {
		const char *slash = path.n ? memchr(path.p, '/', path.n) : NULL;

		*last = (struct sv){ path.p, slash ? (size_t)(slash - path.p) : path.n };
		if (!slash)
			return true;
		if (!sv_list_push(arena, below, *last))
			return false;
		sv_take(&path, last->n + 1, &(struct sv){ 0 });
	}
}

struct actor *cast_find(struct cast *c, const struct reading *r, const struct yaml_node *name)
{
	struct sv_list below = { 0 };
	struct sv last;

	if (name->kind != YAML_SCALAR || name->text.n == 0) {
		node_fail(r, name, "\"proc\" wants the name of a process");
		return NULL;
	}
	struct actor *a = known(c, name->text);
	if (a)
		return a;
	if (!split(r->arena, name->text, &below, &last)) {
		node_no_memory(r);
		return NULL;
	}
	return make(c, r, name->text, last, &below, NULL);
}

int cast_new(const struct reading *r, const struct yaml_node *processes, struct cast **out)
{
	struct cast *c = *out = arena_new(r->arena, struct cast);

	if (!c || !add(c, r, SV("systemd"), SV("systemd"), NULL))
		return node_no_memory(r);
	c->items[0]->proc.exepath = SV("/usr/lib/systemd/systemd");
	if (!processes)
		return 0;
	if (processes->kind != YAML_MAP)
		return node_fail(r, processes, "\"processes\" is a mapping from names");
	for (size_t i = 0; i < processes->n; i++) {
		const struct yaml_node *key = processes->items[2 * i],
				       *said = processes->items[2 * i + 1];
		struct sv_list below = { 0 };

		if (key->kind != YAML_SCALAR || known(c, key->text))
			return node_fail(r, key, "expected the name of one more process");
		if (said->kind == YAML_NULL)
			said = NULL;
		if (said && said->kind != YAML_MAP)
			return node_fail(r, said, "expected a mapping such as {uid: 1000}");
		if ((said && node_texts(r, said, "below", &below) < 0) ||
		    !make(c, r, key->text, key->text, &below, said))
			return -1;
	}
	return 0;
}

size_t cast_size(const struct cast *c)
{
	return c->n;
}

const struct actor *cast_actor(const struct cast *c, size_t i)
{
	return c->items[i];
}
