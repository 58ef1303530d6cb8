/* The driver of a build without one: says so. */
#include "capture/driver.h"

int driver_open(const struct driver_options *opt, struct driver **out, struct err *err)
{
	(void)opt;
	*out = NULL;
	return err_set(err, ERR_UNSUPPORTED, "this program was built without a driver");
}

int driver_start(struct driver *d, struct err *err)
{
	(void)d;
	return err_set(err, ERR_UNSUPPORTED, "this program was built without a driver");
}

struct source *driver_source(struct driver *d)
{
	(void)d;
	return NULL;
}

void driver_change(struct driver *d, const struct driver_set *set)
{
	(void)d;
	(void)set;
}

void driver_stop(struct driver *d)
{
	(void)d;
}

void driver_close(struct driver *d)
{
	(void)d;
}

const char *driver_name(const struct driver *d)
{
	(void)d;
	return "none";
}

uint64_t driver_now_ns(const struct driver *d)
{
	(void)d;
	return 0;
}

bool driver_cpu_stats(const struct driver *d, uint32_t cpu, struct driver_stats *out)
{
	(void)d;
	(void)cpu;
	*out = (struct driver_stats){ 0 };
	return false;
}

struct driver_stats driver_stats(const struct driver *d)
{
	(void)d;
	return (struct driver_stats){ 0 };
}
