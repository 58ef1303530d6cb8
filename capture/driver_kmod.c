/*
 * The kernel module: a character device that shares the settings, the state of the CPUs and the
 * rings with us (drivers/kmod/device.h).
 */
#include "capture/driver_backend.h"

#include <linux/ioctl.h>

#include "drivers/kmod/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

struct kmod_driver {
	int fd;
};

static int open_device(struct err *err)
{
	int fd = open(KMOD_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return err_set(err, ERR_UNSUPPORTED,
			       "the kernel module is not loaded (no " KMOD_DEVICE
			       "): modprobe " KMOD_NAME);
	case EBUSY:
		return err_set(err, ERR_UNSUPPORTED,
			       "the kernel module serves another process already");
	case EPERM:
	case EACCES:
		return err_set(err, ERR_UNSUPPORTED,
			       "the kernel module needs root, or CAP_BPF and CAP_PERFMON, or "
			       "CAP_SYS_ADMIN");
	default:
		return err_errno(err, "cannot open " KMOD_DEVICE);
	}
}

static int set_up(struct kmod_driver *d, uint32_t ring_bytes, bool entry, struct driver_memory *mem,
		  struct err *err)
{
	struct kmod_setup setup = { .version = KMOD_VERSION,
				    .chunk_shift = WIRE_MIN_CHUNK_SHIFT,
				    .entry = entry };

	while (1u << setup.chunk_shift < ring_bytes && setup.chunk_shift < WIRE_MAX_CHUNK_SHIFT)
		setup.chunk_shift++;
	setup.nchunks = ring_bytes >> setup.chunk_shift;
	if (ioctl(d->fd, KMOD_SETUP, &setup) < 0) {
		if (errno == EPROTO || errno == ENOTTY)
			return err_set(err, ERR_UNSUPPORTED,
				       "the kernel module is of another version than this program");
		return err_errno(err, "cannot make rings of %u bytes per CPU in the kernel module",
				 ring_bytes);
	}
	mem->ncpus = setup.ncpus;
	mem->layout = (struct wire_layout){ .chunk_shift = setup.chunk_shift,
					    .nchunks = setup.nchunks,
					    .chunk_bytes = UINT64_C(1) << setup.chunk_shift,
					    .ring_bytes = ring_bytes,
					    .paths = entry ? WIRE_AT_USE : WIRE_AT_EXIT };
	return 0;
}

/* The area at this offset; *bytes is rounded up to whole pages. */
static void *share(const struct kmod_driver *d, uint64_t area, size_t *bytes, int protection,
		   struct err *err)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p;

	*bytes = (*bytes + page - 1) & ~(page - 1);
	p = mmap(NULL, *bytes, protection, MAP_SHARED, d->fd, (off_t)area);
	if (p != MAP_FAILED)
		return p;
	err_errno(err, "cannot share the memory of the kernel module");
	return NULL;
}

static void kmod_unload(struct driver_loaded *l)
{
	struct kmod_driver *d = l->self;

	if (!d)
		return;
	driver_unmap(l);
	if (d->fd >= 0)
		close(d->fd);
	free(d);
	*l = (struct driver_loaded){ 0 };
}

static int kmod_load(uint32_t ring_bytes, bool entry, const struct driver_set *most,
		     struct driver_loaded *out, struct err *err)
{
	struct kmod_driver *d = calloc(1, sizeof *d);

	(void)most; /* all of it is there already */
	*out = (struct driver_loaded){ .self = d };
	if (!d)
		return err_set(err, ERR_NOMEM, "no memory for the kernel module's rings");
	d->fd = open_device(err);
	if (d->fd < 0 || set_up(d, ring_bytes, entry, &out->mem, err) < 0)
		goto fail;
	out->settings_bytes = sizeof *out->settings;
	out->cpus_bytes = sizeof *out->mem.cpus * out->mem.ncpus;
	out->rings_bytes = (size_t)ring_bytes * out->mem.ncpus;
	out->settings = share(d, KMOD_SETTINGS, &out->settings_bytes, PROT_READ | PROT_WRITE, err);
	out->mem.cpus = share(d, KMOD_CPUS, &out->cpus_bytes, PROT_READ | PROT_WRITE, err);
	out->mem.rings = share(d, KMOD_RINGS, &out->rings_bytes, PROT_READ, err);
	if (!out->settings || !out->mem.cpus || !out->mem.rings)
		goto fail;
	return 0;
fail:
	kmod_unload(out);
	return -1;
}

static int kmod_attach(struct driver_loaded *l, struct err *err)
{
	const struct kmod_driver *d = l->self;
	int paths = ioctl(d->fd, KMOD_START);

	if (paths >= 0) {
		l->mem.layout.paths = (__u64)paths;
		return 0;
	}
	if (errno == ENXIO)
		return err_set(err, ERR_UNSUPPORTED,
			       "this kernel has no tracepoint for page faults");
	return err_errno(err, "cannot start the kernel module");
}

static void kmod_detach(struct driver_loaded *l)
{
	const struct kmod_driver *d = l->self;

	ioctl(d->fd, KMOD_STOP);
}

const struct driver_backend driver_kmod = {
	.name = "kmod",
	.load = kmod_load,
	.attach = kmod_attach,
	.detach = kmod_detach,
	.unload = kmod_unload,
};
