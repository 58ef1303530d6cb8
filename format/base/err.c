#include "format/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int fill(struct err *err, enum err_code code, struct err_pos pos, const char *fmt,
		va_list ap)
{
	if (!err || err->code != ERR_NONE)
		return -1;
	err->code = code;
	err->pos = pos;
	vsnprintf(err->msg, sizeof err->msg, fmt, ap);
	return -1;
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, code, (struct err_pos){ 0 }, fmt, ap);
	va_end(ap);
	return -1;
}

int err_at(struct err *err, enum err_code code, struct err_pos pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, code, pos, fmt, ap);
	va_end(ap);
	return -1;
}

int err_errno(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	size_t n;

	if (!err || err->code != ERR_NONE)
		return -1;
	va_start(ap, fmt);
	fill(err, ERR_IO, (struct err_pos){ 0 }, fmt, ap);
	va_end(ap);
	n = strlen(err->msg);
	snprintf(err->msg + n, sizeof err->msg - n, ": %s", strerror(saved));
	return -1;
}

int err_prefix(struct err *err, const char *fmt, ...)
{
	char old[sizeof err->msg];
	va_list ap;
	size_t n;

	if (!err || err->code == ERR_NONE)
		return -1;
	memcpy(old, err->msg, sizeof old);
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof err->msg, fmt, ap);
	va_end(ap);
	n = strlen(err->msg);
	snprintf(err->msg + n, sizeof err->msg - n, ": %s", old);
	return -1;
}

int err_exit_status(const struct err *err)
{
	return err->code == ERR_USAGE ? 2 : 1;
}
