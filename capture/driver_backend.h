/* A kind of driver: how it is loaded, started and stopped.  One file per kind. */
#ifndef SAKER_CAPTURE_DRIVER_BACKEND_H
#define SAKER_CAPTURE_DRIVER_BACKEND_H

#include "capture/driver_ring.h"

/* What a loaded driver gives to its user. */
struct driver_loaded {
	void *self; /* the backend's own */
	struct driver_memory mem;
	struct wire_settings *settings;
	size_t settings_bytes, cpus_bytes, rings_bytes; /* as mapped */
};

/* Unmap what of settings, mem.cpus and mem.rings is mapped. */
void driver_unmap(const struct driver_loaded *l);

struct driver_backend {
	const char *name;
	/*
	 * ring_bytes is a power of two; entry: read paths before calls end, if the kernel can;
	 * most: what is not in this set will never be wanted.  On failure nothing is left.
	 */
	int (*load)(uint32_t ring_bytes, bool entry, const struct driver_set *most,
		    struct driver_loaded *out, struct err *err);
	/* Attach the hooks that the settings want; mem.layout.paths says when paths are read. */
	int (*attach)(struct driver_loaded *l, struct err *err);
	/* No record begins once this has returned. */
	void (*detach)(struct driver_loaded *l);
	void (*unload)(struct driver_loaded *l);
};

extern const struct driver_backend driver_bpf, driver_kmod;

#endif
