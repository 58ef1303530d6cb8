/*
 * proc.* and thread.*: sizes, counts, times, capabilities, cgroups, standard streams.
 */
#include "engine/fields/getters.h"

/* --- threads of the group --- */

bool get_proc_nthreads(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	return t && put_u64(f, out, thread_group_size(t));
}

/* Those that do not lead the group. */
bool get_proc_nchilds(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx), *leader;
	uint64_t size;

	if (!t)
		return false;
	leader = thread_leader(t);
	size = thread_group_size(t);
	return put_u64(f, out, size - (size && leader && !thread_is_dead(leader)));
}

/* --- open files --- */

static uint64_t open_files(const struct thread *t)
{
	const struct thread *leader = thread_leader(t);

	return leader ? fd_table_count(leader->fds.table) : 0;
}

static int64_t file_limit(const struct thread *t)
{
	const struct thread *leader = thread_leader(t);

	return leader ? leader->fdlimit : 0;
}

bool get_proc_fdopencount(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	return t && put_u64(f, out, open_files(t));
}

bool get_proc_fdlimit(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	return t && put_i64(f, out, file_limit(t));
}

bool get_proc_fdusage(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	(void)f;
	if (!t)
		return false;

	int64_t limit = file_limit(t);
	uint64_t open = open_files(t);

	if (limit <= 0)
		return put_double(out, 0);
	if (open > (uint64_t)limit)
		return put_double(out, 100);
	return put_double(out, (double)open * 100 / (double)limit);
}

/* which: fd number */
static const struct fd *standard_fd(const struct field_ref *f, const struct field_ctx *ctx)
{
	const struct thread *t = now_thread(ctx);

	return t ? fd_table_get(thread_fds(t), f->def->which) : NULL;
}

bool get_stdio_type(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct fd *fd = standard_fd(f, ctx);
	const char *name = fd ? fd_type_name(fd->type) : NULL;

	return fd && put_cstr(out, name ? name : "<NA>");
}

bool get_stdio_name(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct fd *fd = standard_fd(f, ctx);

	return fd && put_text(out, text_sv(fd->name));
}

/* --- memory --- */

/* which: offset of the kB count; only the main thread stands for the process's memory */
bool get_thread_memory(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	if (t && !thread_is_main(t))
		return put_u64(f, out, 0);
	return get_thread_u32(f, ctx, out);
}

bool get_thread_memory_bytes(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	if (!get_thread_memory(f, ctx, out))
		return false;
	out->u *= 1024;
	return true;
}

/* --- times --- */

bool get_proc_duration(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	return t && t->clone_ts && put_u64(f, out, now_event(ctx)->ts_ns - t->clone_ts);
}

/* Of a parent from before the trace Falco shows the number of this process's open files. */
bool get_proc_ppid_duration(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);
	const struct thread *parent = t ? ancestor_process(ctx->state, t, 1) : NULL;

	if (!parent)
		return false;
	return put_u64(f, out,
		       parent->clone_ts ? now_event(ctx)->ts_ns - parent->clone_ts : open_files(t));
}

enum { MAX_CPUS = 1024 };

/*
 * What thread.exectime and the like remember: when each CPU last switched, and a total per thread.
 * A thread is known by id and start; one that reuses the id starts from nothing.
 */
struct thread_times {
	uint64_t last_switch_ns[MAX_CPUS];
	struct thread_total {
		int64_t tid;
		uint64_t clone_ts;
		uint64_t total;
		bool used;
	} * slots;
	size_t nslots; /* a power of two */
	size_t n;
};

/* The room for the threads is kept. */
static void forget_times(struct thread_times *tt)
{
	memset(tt->last_switch_ns, 0, sizeof tt->last_switch_ns);
	if (tt->slots)
		memset(tt->slots, 0, tt->nslots * sizeof *tt->slots);
	tt->n = 0;
}

static struct thread_times *times_of(const struct field_ref *f, const struct field_ctx *ctx)
{
	struct field_use *use = field_use_of(f, ctx);

	if (!use->times)
		use->times = arena_new(use->arena, struct thread_times);
	else if (use->times_stale)
		forget_times(use->times);
	use->times_stale = false;
	return use->times;
}

/* Has it anything to tell of this trace? */
static bool has_times(const struct field_ref *f, const struct field_ctx *ctx)
{
	const struct field_use *use = field_use_of(f, ctx);

	return use->times && !use->times_stale;
}

static struct thread_total *find_slot(struct thread_times *tt, int64_t tid)
{
	size_t i = (size_t)tid * 0x9E3779B97F4A7C15u >> 32;

	for (;; i++) {
		struct thread_total *slot = &tt->slots[i & (tt->nslots - 1)];

		if (!slot->used || slot->tid == tid)
			return slot;
	}
}

static bool grow_slots(struct thread_times *tt, struct arena *arena)
{
	struct thread_times bigger = { .nslots = tt->nslots ? tt->nslots * 2 : 256 };

	bigger.slots = arena_array(arena, struct thread_total, bigger.nslots);
	if (!bigger.slots)
		return false;
	for (size_t i = 0; i < tt->nslots; i++) {
		if (tt->slots[i].used)
			*find_slot(&bigger, tt->slots[i].tid) = tt->slots[i];
	}
	tt->slots = bigger.slots;
	tt->nslots = bigger.nslots;
	return true;
}

/* The total of this thread, 0 at first; NULL: no memory, or as many threads as may ever live. */
static uint64_t *total_of(const struct field_ref *f, const struct field_ctx *ctx,
			  const struct thread *t)
{
	struct thread_times *tt = times_of(f, ctx);
	struct thread_total *slot;

	if (!tt ||
	    ((tt->n + 1) * 2 > tt->nslots &&
	     (tt->n > STATE_MAX_THREADS || !grow_slots(tt, ((struct field_use *)f->use)->arena))))
		return NULL;
	slot = find_slot(tt, t->tid);
	tt->n += !slot->used;
	if (!slot->used || slot->clone_ts != t->clone_ts)
		*slot = (struct thread_total){ t->tid, t->clone_ts, 0, true };
	return &slot->total;
}

/* Time since the same CPU switched before; 0 for other events. */
static uint64_t exectime_ns(const struct field_ref *f, const struct field_ctx *ctx)
{
	const struct event *ev = now_event(ctx);
	struct thread_times *tt;
	uint64_t last;

	if (ev->type != EV_SCHEDSWITCH_6_E || ev->cpu >= MAX_CPUS)
		return 0;
	tt = times_of(f, ctx);
	if (!tt)
		return 0;
	last = tt->last_switch_ns[ev->cpu];
	tt->last_switch_ns[ev->cpu] = ev->ts_ns;
	return last ? ev->ts_ns - last : 0;
}

bool get_thread_exectime(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return put_u64(f, out, exectime_ns(f, ctx));
}

bool get_thread_totexectime(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);
	uint64_t elapsed = exectime_ns(f, ctx), *total;

	if (!t)
		return false;
	/* Most events ask about threads that never ran a slice: no slot for them. */
	if (now_event(ctx)->type != EV_SCHEDSWITCH_6_E && !has_times(f, ctx))
		return put_u64(f, out, 0);
	total = total_of(f, ctx, t);
	if (total)
		*total += elapsed;
	return put_u64(f, out, total ? *total : elapsed);
}

/* which: bit 0 user, bit 1 system; procinfo events carry the times used so far */
bool get_thread_cpu(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct event *ev = now_event(ctx);
	const struct thread *t = now_thread(ctx);
	uint64_t used = 0, part, *before;
	double delta = 0;

	if (ev->type != EV_PROCINFO_E || !t)
		return false;
	for (uint32_t i = 0; i < 2; i++) {
		if ((f->def->which >> i & 1) && event_u64(ev, i, &part))
			used += part;
	}
	before = total_of(f, ctx, t);
	if (!before)
		return false;
	if (*before)
		delta = (double)(used - *before);
	*before = used;
	return put_double(out, delta > 100 ? 100 : delta);
}

/* --- capabilities --- */

static const char *const capability_names[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

bool get_thread_caps(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	struct scratch s = { .arena = &ctx->scratch };
	struct value set;

	if (!get_thread_u64(f, ctx, &set))
		return false;
	for (size_t i = 0; i < sizeof capability_names / sizeof capability_names[0]; i++) {
		if (!(set.u >> i & 1))
			continue;
		if (s.n)
			scratch_putc(&s, ' ');
		scratch_put(&s, sv_of(capability_names[i]));
	}
	return put_scratch(out, &s);
}

/* --- cgroups --- */

static bool next_cgroup(struct sv *rest, struct sv *subsystem, struct sv *path)
{
	struct sv item;
	const char *equals;

	if (!sv_next_item(rest, &item))
		return false;
	equals = item.n ? memchr(item.p, '=', item.n) : NULL;
	if (!equals)
		return false;
	*subsystem = (struct sv){ item.p, (size_t)(equals - item.p) };
	*path = (struct sv){ equals + 1, item.n - subsystem->n - 1 };
	return true;
}

bool get_thread_cgroups(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);
	struct scratch s = { .arena = &ctx->scratch };

	(void)f;
	if (!t)
		return false;

	struct sv items = items_of(text_sv(t->cgroups)), subsystem, path;

	while (next_cgroup(&items, &subsystem, &path)) {
		if (s.n)
			scratch_putc(&s, ' ');
		scratch_put(&s, subsystem);
		scratch_putc(&s, '=');
		scratch_put(&s, path);
	}
	return s.n && put_scratch(out, &s);
}

bool get_thread_cgroup(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	if (!t)
		return false;

	struct sv items = items_of(text_sv(t->cgroups)), subsystem, path;

	while (next_cgroup(&items, &subsystem, &path)) {
		if (sv_eq(subsystem, f->arg))
			return put_text(out, path);
	}
	return false;
}
