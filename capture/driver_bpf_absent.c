/*
 * In the place of the eBPF driver where there is none: its programs know the registers of x86_64.
 */
#include "capture/driver_backend.h"

#ifndef __x86_64__

static int absent_load(uint32_t ring_bytes, bool entry, const struct driver_set *most,
		       struct driver_loaded *out, struct err *err)
{
	(void)ring_bytes;
	(void)entry;
	(void)most;
	*out = (struct driver_loaded){ 0 };
	return err_set(err, ERR_UNSUPPORTED, "the eBPF driver is for x86_64, not this processor");
}

static int absent_attach(struct driver_loaded *l, struct err *err)
{
	(void)l;
	(void)err;
	return -1;
}

static void absent_end(struct driver_loaded *l)
{
	(void)l;
}

const struct driver_backend driver_bpf = {
	.name = "bpf",
	.load = absent_load,
	.attach = absent_attach,
	.detach = absent_end,
	.unload = absent_end,
};

#endif
