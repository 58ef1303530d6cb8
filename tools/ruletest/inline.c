#include "tools/ruletest/inline.h"

enum { STEP_NS = 1000000 };

static const uint64_t start_ns = UINT64_C(1700000000000000000);

/* Users that a written-out host knows. */
static const struct {
	uint32_t uid;
	struct sv name;
} users[] = { { 0, { "root", 4 } },
	      { 1, { "daemon", 6 } },
	      { 33, { "www-data", 8 } },
	      { 1000, { "alice", 5 } },
	      { 65534, { "nobody", 6 } } };
enum { NUSERS = sizeof users / sizeof users[0] };

struct script {
	const struct reading *r;
	struct cast *cast;
	struct record *events;
	size_t n;
	uint64_t now_ns;
};

/* The exit event of that name as a recorder of today makes it. */
static const struct event_desc *find_event(struct sv name)
{
	const struct event_desc *found = NULL;

	for (uint32_t i = 0; i < EV_COUNT; i++) {
		const struct event_desc *d = schema_event(i);

		if (!sv_eq(name, sv_of(d->name)) || d->flags & (EF_OLD_VERSION | EF_UNUSED))
			continue;
		if (!found || event_is_exit(i) || !event_is_exit(found->id))
			found = d;
	}
	return found;
}

static bool is_param(const struct event_desc *d, struct sv name)
{
	for (uint32_t i = 0; i < d->nparams; i++) {
		if (sv_eq(name, sv_of(d->params[i].name)))
			return true;
	}
	return false;
}

/* Keys that are no parameters. */
static bool is_ours(const struct event_desc *d, struct sv key)
{
	return sv_eq(key, SV("proc")) || sv_eq(key, SV("wait")) ||
	       (sv_eq(key, SV("argv")) && is_param(d, SV("args")));
}

static int check_keys(const struct script *s, const struct event_desc *d,
		      const struct yaml_node *values)
{
	for (size_t i = 0; i < values->n; i++) {
		const struct yaml_node *key = values->items[2 * i];

		if (key->kind != YAML_SCALAR || !(is_ours(d, key->text) || is_param(d, key->text)))
			return node_fail(s->r, key, "%s has no parameter \"" SV_FMT "\"", d->name,
					 SV_ARG(key->text));
	}
	return 0;
}

static struct sv bytes_of(struct arena *a, const void *p, size_t n)
{
	return arena_sv(a, (struct sv){ p, n });
}

static struct sv number_of(struct arena *a, const struct param_desc *p, int64_t v)
{
	return bytes_of(a, &v, schema_type_size(p->type));
}

static struct sv text_of(struct arena *a, struct sv text)
{
	struct sv with_nul = arena_sv(a, text);

	with_nul.n += with_nul.p != NULL;
	return with_nul;
}

static struct sv basename_of(struct sv path)
{
	const char *slash = text_last(path, '/');

	return slash ? (struct sv){ slash + 1, path.n - (size_t)(slash + 1 - path.p) } : path;
}

/* A number that a process tells of itself. */
static bool default_number(const struct script *s, const struct proc_entry *proc,
			   const struct param_desc *p, struct sv *out)
{
	const struct {
		const char *name;
		int64_t value;
	} numbers[] = {
		{ "tid", proc->tid },
		{ "pid", proc->pid },
		{ "ptid", proc->ptid },
		{ "fdlimit", proc->fdlimit },
		{ "tty", proc->tty },
		{ "vpgid", proc->vpgid },
		{ "pgid", proc->pgid },
		{ "loginuid", proc->loginuid },
		{ "uid", proc->uid },
		{ "gid", proc->gid },
		{ "vtid", proc->vtid },
		{ "vpid", proc->vpid },
		{ "cap_permitted", (int64_t)proc->cap_permitted },
		{ "cap_effective", (int64_t)proc->cap_effective },
		{ "cap_inheritable", (int64_t)proc->cap_inheritable },
	};
	const struct sv name = sv_of(p->name);

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		if (sv_eq(name, sv_of(numbers[i].name)) && schema_type_size(p->type)) {
			*out = number_of(s->r->arena, p, numbers[i].value);
			return true;
		}
	}
	return false;
}

/* Where a program of that name would be; exe as it is if it tells. */
static struct sv default_path(struct arena *arena, struct sv exe, struct sv comm)
{
	char path[1024] = "/usr/bin/";
	size_t n = comm.n < 1000 ? comm.n : 1000;

	if (exe.n && exe.p[0] == '/')
		return text_of(arena, exe);
	memcpy(path + 9, comm.p, n);
	return text_of(arena, (struct sv){ path, n + 9 });
}

/* What a process that executes a program, or makes another, tells of itself. */
static bool default_of_process(struct script *s, const struct actor *a, const struct sv_list *argv,
			       const struct param_desc *p, struct sv *out)
{
	const struct proc_entry *proc = &a->proc;
	struct arena *arena = s->r->arena;
	struct sv exe = argv->n ? argv->items[0] : proc->exe;
	struct sv comm = argv->n ? basename_of(exe) : proc->comm;
	const struct sv name = sv_of(p->name);

	if (default_number(s, proc, p, out))
		return true;
	if (sv_eq(name, SV("exe")) || sv_eq(name, SV("filename"))) {
		*out = text_of(arena, exe);
	} else if (sv_eq(name, SV("comm"))) {
		*out = text_of(arena, comm.n > 15 ? (struct sv){ comm.p, 15 } : comm);
	} else if (sv_eq(name, SV("args"))) {
		*out = proc->args;
		if (argv->n && !inline_join(arena, argv->items + 1, argv->n - 1, out))
			out->p = NULL;
	} else if (sv_eq(name, SV("cgroups"))) {
		*out = proc->cgroups;
	} else if (sv_eq(name, SV("env"))) {
		*out = proc->env;
	} else if (sv_eq(name, SV("cwd"))) {
		*out = text_of(arena, SV(""));
	} else if (sv_eq(name, SV("trusted_exepath"))) {
		*out = default_path(arena, exe, comm);
	} else {
		return false;
	}
	return true;
}

static int put_params(struct script *s, struct actor *a, const struct event_desc *d,
		      const struct yaml_node *values, struct event *ev)
{
	struct sv_list argv = { 0 };
	bool of_process = is_param(d, SV("comm"));

	if (node_texts(s->r, values, "argv", &argv) < 0)
		return -1;
	for (uint32_t i = 0; i < d->nparams; i++) {
		const struct param_desc *p = &d->params[i];
		const struct yaml_node *value = yaml_get_key(values, p->name);
		struct sv *out = &ev->params[ev->nparams++];

		if (!value && of_process && default_of_process(s, a, &argv, p, out)) {
			if (!out->p && out->n)
				return node_no_memory(s->r);
			continue;
		}
		/* A new descriptor gets the next number. */
		if (!value && i == 0 && p->type == PT_FD && d->flags & EF_CREATES_FD)
			*out = number_of(s->r->arena, p, a->next_fd++);
		else if (inline_param(s->r, p, value, out) < 0)
			return -1;
	}
	return 0;
}

static int put_event(struct script *s, const struct yaml_node *n)
{
	const struct yaml_node *name, *values, *proc;
	struct event *ev = &s->events[s->n].event;
	uint64_t wait = STEP_NS;

	if (n->kind != YAML_MAP || n->n != 1)
		return node_fail(s->r, n, "an event is one name and its parameters: openat: {...}");
	name = n->items[0];
	values = n->items[1];
	const struct event_desc *d = name->kind == YAML_SCALAR ? find_event(name->text) : NULL;
	if (!d)
		return node_fail(s->r, name, "there is no event \"" SV_FMT "\"",
				 SV_ARG(name->text));
	if (values->kind != YAML_MAP)
		return node_fail(s->r, values, "expected parameters such as {proc: bash}");
	proc = yaml_get_key(values, "proc");
	if (!proc)
		return node_fail(s->r, values, "an event needs a \"proc\"");
	struct actor *a = cast_find(s->cast, s->r, proc);
	if (!a || check_keys(s, d, values) < 0 || node_duration(s->r, values, "wait", &wait) < 0)
		return -1;
	s->now_ns += wait;
	*ev = (struct event){ .ts_ns = s->now_ns, .tid = a->proc.tid, .type = d->id, .desc = d };
	s->events[s->n].kind = RECORD_EVENT;
	if (put_params(s, a, d, values, ev) < 0)
		return -1;
	s->n++;
	return 0;
}

static size_t put_host(struct record *out, const struct cast *cast)
{
	size_t n = 0;

	out[n++].kind = RECORD_SECTION;
	out[n++] = (struct record){ .kind = RECORD_MACHINE,
				    .machine = { .num_cpus = 2,
						 .memory_bytes = UINT64_C(1) << 32,
						 .hostname = SV("written"),
						 .boot_ts_ns = start_ns - STEP_NS } };
	out[n++].kind = RECORD_USERS_BEGIN;
	for (size_t i = 0; i < NUSERS; i++)
		out[n++] = (struct record){ .kind = RECORD_USER,
					    .user = { .uid = users[i].uid,
						      .gid = users[i].uid,
						      .name = users[i].name,
						      .homedir = SV("/"),
						      .shell = SV("/bin/sh") } };
	for (size_t i = 0; i < cast_size(cast); i++)
		out[n++] =
			(struct record){ .kind = RECORD_PROC, .proc = cast_actor(cast, i)->proc };
	return n;
}

int inline_read(const struct reading *r, const struct yaml_node *processes,
		const struct yaml_node *events, struct record **out, size_t *n)
{
	struct script s = { .r = r, .now_ns = start_ns };

	if (events->kind != YAML_SEQ)
		return node_fail(r, events, "\"events\" is a list");
	s.events = arena_array(r->arena, struct record, events->n);
	if (!s.events)
		return node_no_memory(r);
	if (cast_new(r, processes, &s.cast) < 0)
		return -1;
	for (size_t i = 0; i < events->n; i++) {
		if (put_event(&s, events->items[i]) < 0)
			return -1;
	}
	/* Who turned up on the way was there before, too. */
	*out = arena_array(r->arena, struct record, s.n + cast_size(s.cast) + NUSERS + 3);
	if (!*out)
		return node_no_memory(r);
	*n = put_host(*out, s.cast);
	if (s.n)
		memcpy(*out + *n, s.events, s.n * sizeof **out);
	*n += s.n;
	return 0;
}
