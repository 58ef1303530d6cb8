/*
 * The eBPF driver: its object files are part of this program; libbpf fits one of them to the
 * running kernel.
 */
#include "capture/driver_backend.h"
#include "capture/driver_calls.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern const char driver_bpf_602[], driver_bpf_517[], driver_bpf_508[];
extern const size_t driver_bpf_602_bytes, driver_bpf_517_bytes, driver_bpf_508_bytes;

/* The same programs for kernels from 6.2, 5.17 and 5.8 on, the quickest first. */
static const struct {
	const char *bytes;
	const size_t *size;
} forms[] = {
	{ driver_bpf_602, &driver_bpf_602_bytes },
	{ driver_bpf_517, &driver_bpf_517_bytes },
	{ driver_bpf_508, &driver_bpf_508_bytes },
};

enum { LINKS_MAX = 16 };

struct bpf_driver {
	struct bpf_object *object;
	struct bpf_link *links[LINKS_MAX];
	uint32_t nlinks;
};

/*
 * The hooks, which of the settings wants each, and its program.  sys_exit, which throws away what
 * is kept of a call, comes before those that keep something.
 */
static const struct {
	const char *program;
	size_t wanted;         /* offset of a __u32; SIZE_MAX: always */
	enum wire_paths paths; /* only if they are read so; WIRE_AT_EXIT: in any case */
} hooks[] = {
	{ "sys_exit", SIZE_MAX, WIRE_AT_EXIT },
	{ "sys_enter", offsetof(struct wire_settings, entries), WIRE_AT_ENTRY },
	{ "path_used", offsetof(struct wire_settings, entries), WIRE_AT_USE },
	{ "address_used", offsetof(struct wire_settings, entries), WIRE_AT_USE },
	{ "sched_process_exec", SIZE_MAX, WIRE_AT_EXIT },
	{ "sched_process_exit", SIZE_MAX, WIRE_AT_EXIT },
	{ "signal_deliver", SIZE_MAX, WIRE_AT_EXIT },
	{ "page_fault_user", offsetof(struct wire_settings, page_faults), WIRE_AT_EXIT },
	{ "page_fault_kernel", offsetof(struct wire_settings, page_faults), WIRE_AT_EXIT },
	{ "sched_switch", offsetof(struct wire_settings, switches), WIRE_AT_EXIT },
};

/* The program of an event in capture.def bears its name, or it is the one of its family. */
static const struct {
	const char *program;
	uint32_t event;
} captures[] = {
#define CAPTURE(SYMBOL, steps) { #SYMBOL, EV_##SYMBOL },
#define SELDOM(SYMBOL, steps)  { NULL, EV_##SYMBOL },
#include "drivers/capture.def"
};
static const char *const families[] = { "seldom_0", "seldom_1", "seldom_2", "seldom_3" };

/* libbpf's own words are for developers (cc -DSAKER_BPF_VERBOSE); ours are in the errors. */
static int keep_quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
#ifdef SAKER_BPF_VERBOSE
	return vfprintf(stderr, format, args);
#else
	(void)format;
	(void)args;
	return 0;
#endif
}

static int unsupported(struct err *err, int error, const char *what)
{
	errno = error < 0 ? -error : error;
	if (errno == ESRCH)
		return err_set(err, ERR_UNSUPPORTED, "%s: it does not describe its types (BTF)",
			       what);
	err_errno(err, "%s", what);
	if (err && errno == EPERM)
		err_prefix(err, "the eBPF driver needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN");
	return -1;
}

/* A map by name, shared with us. */
static void *share(struct bpf_object *object, const char *name, size_t *bytes, struct err *err)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p;

	if (!map) {
		err_set(err, ERR_UNSUPPORTED, "the eBPF driver has no map %s", name);
		return NULL;
	}
	*bytes = ((size_t)bpf_map__value_size(map) * bpf_map__max_entries(map) + page - 1) &
		 ~(page - 1);
	p = mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (p == MAP_FAILED) {
		err_errno(err, "cannot share the eBPF map %s", name);
		return NULL;
	}
	return p;
}

static void bpf_driver_unload(struct driver_loaded *l)
{
	struct bpf_driver *d = l->self;

	if (!d)
		return;
	driver_unmap(l);
	bpf_object__close(d->object);
	free(d);
	*l = (struct driver_loaded){ 0 };
}

/* Sizes are part of what the verifier checks: set them before loading. */
static int size_maps(struct bpf_driver *d, struct driver_loaded *l, uint32_t ring_bytes,
		     enum wire_paths paths, struct err *err)
{
	struct bpf_map *cpus = bpf_object__find_map_by_name(d->object, "cpus");
	struct bpf_map *rings = bpf_object__find_map_by_name(d->object, "rings");
	struct bpf_map *layout = bpf_object__find_map_by_name(d->object, ".rodata.layout");
	struct bpf_map *entries = bpf_object__find_map_by_name(d->object, "entries");
	int ncpus = libbpf_num_possible_cpus();
	uint32_t shift = WIRE_MIN_CHUNK_SHIFT;
	int rc;

	while (1u << shift < ring_bytes && shift < WIRE_MAX_CHUNK_SHIFT)
		shift++;
	if (ncpus < 1 || !cpus || !rings || !layout)
		return err_set(err, ERR_UNSUPPORTED, "cannot size the rings of the eBPF driver");
	l->mem.ncpus = (uint32_t)ncpus;
	l->mem.layout = (struct wire_layout){ .chunk_shift = shift,
					      .nchunks = ring_bytes >> shift,
					      .chunk_bytes = UINT64_C(1) << shift,
					      .ring_bytes = ring_bytes,
					      .paths = paths };
	rc = bpf_map__set_max_entries(cpus, l->mem.ncpus);
	if (!rc)
		rc = bpf_map__set_max_entries(rings, l->mem.ncpus * l->mem.layout.nchunks);
	if (!rc)
		rc = bpf_map__set_value_size(rings, 1u << shift);
	if (!rc)
		rc = bpf_map__set_initial_value(layout, &l->mem.layout, sizeof l->mem.layout);
	if (!rc && paths == WIRE_AT_EXIT) /* nothing gets to it */
		rc = bpf_map__set_autocreate(entries, false);
	return rc ? unsupported(err, rc, "cannot size the rings of the eBPF driver") : 0;
}

static struct bpf_program *capture_program(const struct bpf_driver *d, size_t i)
{
	uint32_t class = schema_event((uint16_t)captures[i].event)->category & EC_CLASS_MASK;
	const char *name = captures[i].program ? captures[i].program : families[WIRE_FAMILY(class)];

	return bpf_object__find_program_by_name(d->object, name);
}

static void note_events(bool *events, const struct wire_call *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (calls[i].shape & WIRE_WANTED)
			events[calls[i].event] = true;
	}
}

/* What nobody will want need not be looked at by the kernel. */
static int leave_out_unwanted(struct bpf_driver *d, enum wire_paths paths,
			      const struct driver_set *most, struct err *err)
{
	struct wire_settings *s = calloc(1, sizeof *s);
	bool events[EV_COUNT] = { false };
	__u32 wanted;

	if (!s)
		return err_set(err, ERR_NOMEM, "no memory for the eBPF driver");
	driver_calls_fill(s, most);
	note_events(events, s->calls[0], sizeof s->calls / sizeof s->calls[0][0]);
	note_events(events, s->socketcalls, WIRE_SOCKET_CALLS);
	for (size_t i = 0; i < sizeof captures / sizeof captures[0]; i++)
		bpf_program__set_autoload(capture_program(d, i), false);
	for (size_t i = 0; i < sizeof captures / sizeof captures[0]; i++) {
		if (events[captures[i].event])
			bpf_program__set_autoload(capture_program(d, i), true);
	}
	for (size_t i = 0; i < sizeof hooks / sizeof hooks[0]; i++) {
		if (hooks[i].wanted == SIZE_MAX)
			continue;
		memcpy(&wanted, (const char *)s + hooks[i].wanted, sizeof wanted);
		if (!wanted || (hooks[i].paths && hooks[i].paths != paths))
			bpf_program__set_autoload(
				bpf_object__find_program_by_name(d->object, hooks[i].program),
				false);
	}
	free(s);
	return 0;
}

static int connect_programs(struct bpf_driver *d, struct err *err)
{
	int table = bpf_object__find_map_fd_by_name(d->object, "programs");

	for (size_t i = 0; i < sizeof captures / sizeof captures[0]; i++) {
		const struct bpf_program *p = capture_program(d, i);
		int fd = p ? bpf_program__fd(p) : -1;

		if (p && !bpf_program__autoload(p))
			continue;
		if (fd < 0 || bpf_map_update_elem(table, &captures[i].event, &fd, BPF_ANY))
			return err_errno(err, "cannot connect the eBPF program of %s",
					 schema_event((uint16_t)captures[i].event)->symbol);
	}
	return 0;
}

/* Have the kernel take one of the forms; what the quicker ones need, older kernels lack. */
static int load_form(struct bpf_driver *d, struct driver_loaded *out, size_t form,
		     uint32_t ring_bytes, enum wire_paths paths, const struct driver_set *most,
		     struct err *err)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "saker");
	int rc;

	d->object = bpf_object__open_mem(forms[form].bytes, *forms[form].size, &opts);
	if (!d->object)
		return unsupported(err, errno, "cannot open the eBPF driver");
	if (leave_out_unwanted(d, paths, most, err) < 0 ||
	    size_maps(d, out, ring_bytes, paths, err) < 0)
		return -1;
	rc = bpf_object__load(d->object);
	return rc ? unsupported(err, rc, "the kernel does not take the eBPF driver") : 0;
}

static int load_some_form(struct bpf_driver *d, struct driver_loaded *out, uint32_t ring_bytes,
			  enum wire_paths paths, const struct driver_set *most, struct err *err)
{
	const size_t nforms = sizeof forms / sizeof forms[0];
	int rc = -1;

	for (size_t i = 0; i < nforms && rc; i++) {
		bpf_object__close(d->object);
		d->object = NULL;
		rc = load_form(d, out, i, ring_bytes, paths, most, i + 1 < nforms ? NULL : err);
	}
	return rc;
}

/* Asking is cheap; only loading tells whether the functions are there that use paths. */
static enum wire_paths best_paths(void)
{
	if (libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL) != 1 ||
	    libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_task_storage_get, NULL) != 1)
		return WIRE_AT_EXIT;
	if (libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_TRACING, NULL) == 1 &&
	    libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_task_pt_regs, NULL) == 1)
		return WIRE_AT_USE;
	return WIRE_AT_ENTRY;
}

static int bpf_driver_load(uint32_t ring_bytes, bool entry, const struct driver_set *most,
			   struct driver_loaded *out, struct err *err)
{
	struct bpf_driver *d = calloc(1, sizeof *d);
	enum wire_paths paths;
	int rc = -1;

	*out = (struct driver_loaded){ .self = d };
	if (!d)
		return err_set(err, ERR_NOMEM, "no memory for the eBPF driver");
	libbpf_set_print(keep_quiet);
	paths = entry ? best_paths() : WIRE_AT_EXIT;
	if (paths == WIRE_AT_USE) {
		rc = load_some_form(d, out, ring_bytes, paths, most, NULL);
		paths = WIRE_AT_ENTRY;
	}
	if (rc)
		rc = load_some_form(d, out, ring_bytes, paths, most, err);
	if (rc)
		goto fail;
	out->mem.cpus = share(d->object, "cpus", &out->cpus_bytes, err);
	out->mem.rings = share(d->object, "rings", &out->rings_bytes, err);
	out->settings = share(d->object, ".data.settings", &out->settings_bytes, err);
	if (!out->mem.cpus || !out->mem.rings || !out->settings || connect_programs(d, err) < 0)
		goto fail;
	return 0;
fail:
	bpf_driver_unload(out);
	return -1;
}

static void bpf_driver_detach(struct driver_loaded *l)
{
	struct bpf_driver *d = l->self;

	while (d->nlinks > 0)
		bpf_link__destroy(d->links[--d->nlinks]);
}

static int bpf_driver_attach(struct driver_loaded *l, struct err *err)
{
	struct bpf_driver *d = l->self;

	for (size_t i = 0; i < sizeof hooks / sizeof hooks[0]; i++) {
		const struct bpf_program *p =
			bpf_object__find_program_by_name(d->object, hooks[i].program);
		__u32 wanted = 1;
		struct bpf_link *link;

		if (hooks[i].wanted != SIZE_MAX)
			memcpy(&wanted, (const char *)l->settings + hooks[i].wanted, sizeof wanted);
		if (!wanted || !bpf_program__autoload(p))
			continue;
		link = bpf_program__attach(p);
		if (!link && hooks[i].paths == WIRE_AT_USE) {
			l->mem.layout.paths = WIRE_AT_EXIT;
			continue;
		}
		if (!link) {
			unsupported(err, errno, "cannot attach the eBPF driver");
			err_prefix(err, "%s", hooks[i].program);
			bpf_driver_detach(l);
			return -1;
		}
		d->links[d->nlinks++] = link;
	}
	return 0;
}

const struct driver_backend driver_bpf = {
	.name = "bpf",
	.load = bpf_driver_load,
	.attach = bpf_driver_attach,
	.detach = bpf_driver_detach,
	.unload = bpf_driver_unload,
};
