/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The character device of the kernel module, for both sides of it.  Include after the fixed-width
 * types and <linux/ioctl.h>.
 *
 * Life: open (one opener at a time: EBUSY; needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN: EPERM)
 * - KMOD_SETUP - mmap of the areas - KMOD_START - KMOD_STOP - close.  Closing stops as well, and
 * gives all memory back once no mapping is left.
 */
#ifndef SAKER_KMOD_DEVICE_H
#define SAKER_KMOD_DEVICE_H

#define KMOD_NAME   "saker"
#define KMOD_DEVICE "/dev/saker"

enum {
	KMOD_VERSION = 2, /* raise it with every change of wire.h, of this file or of an event */
	KMOD_MAX_RING_SHIFT = 30,
};

struct kmod_setup {
	/* in */
	__u32 version; /* KMOD_VERSION; another one: EPROTO */
	__u32 chunk_shift;
	__u32 nchunks;
	__u32 entry; /* read paths before calls end */
	/* out */
	__u32 ncpus; /* how many CPU numbers there are; those without a CPU have no ring */
};

#define KMOD_SETUP _IOWR('k', 0x70, struct kmod_setup)
/* Attach the hooks that the settings want, none of them missing, or ENXIO.  Returns enum wire_paths. */
#define KMOD_START _IO('k', 0x71)
#define KMOD_STOP _IO('k', 0x72) /* no record begins once this has returned */

/*
 * Where the areas lie for mmap: wire_settings, wire_cpu[ncpus], and the rings, for reading alone.
 */
enum { KMOD_AREA_SHIFT = 40 };
#define KMOD_SETTINGS 0ull
#define KMOD_CPUS     (1ull << KMOD_AREA_SHIFT)
#define KMOD_RINGS    (2ull << KMOD_AREA_SHIFT)

#endif
