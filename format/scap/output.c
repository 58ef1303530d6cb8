#include "format/scap/output.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { OUTPUT_BYTES = 256 * 1024 };

struct output {
	int fd;
	gzFile gz; /* owns fd; NULL: plain */
	size_t n;
	struct err err;
	char bytes[OUTPUT_BYTES];
};

int output_open(int fd, bool gzip, struct output **out, struct err *err)
{
	struct output *o = malloc(sizeof *o);

	*out = NULL;
	if (!o) {
		close(fd);
		return err_set(err, ERR_NOMEM, "no memory to write a trace");
	}
	o->fd = fd;
	o->gz = NULL;
	o->n = 0;
	o->err = (struct err){ 0 };
	if (gzip) {
		o->gz = gzdopen(fd, "wb");
		if (!o->gz) {
			close(fd);
			free(o);
			return err_set(err, ERR_NOMEM, "no memory to compress a trace");
		}
		gzbuffer(o->gz, OUTPUT_BYTES);
	}
	*out = o;
	return 0;
}

static int write_all(int fd, const char *p, size_t n, struct err *err)
{
	while (n) {
		ssize_t put = write(fd, p, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_errno(err, "cannot write");
		p += put;
		n -= (size_t)put;
	}
	return 0;
}

static int write_gzip(gzFile gz, const char *p, size_t n, struct err *err)
{
	while (n) {
		unsigned part = n < INT_MAX ? (unsigned)n : INT_MAX;

		errno = 0;
		if (gzwrite(gz, p, part) != (int)part) {
			int code;
			const char *why = gzerror(gz, &code);

			if (code == Z_ERRNO)
				return err_errno(err, "cannot write");
			return err_set(err, ERR_IO, "cannot compress: %s", why);
		}
		p += part;
		n -= part;
	}
	return 0;
}

static int flush(struct output *o)
{
	size_t n = o->n;

	o->n = 0;
	if (o->gz)
		return write_gzip(o->gz, o->bytes, n, &o->err);
	return write_all(o->fd, o->bytes, n, &o->err);
}

/* Tell the caller the first error. */
static int failed(const struct output *o, struct err *err)
{
	return err_set(err, o->err.code, "%s", o->err.msg);
}

int output_write(struct output *o, const void *bytes, size_t n, struct err *err)
{
	const char *p = bytes;

	while (n && o->err.code == ERR_NONE) {
		size_t room = OUTPUT_BYTES - o->n;
		size_t part = n < room ? n : room;

		memcpy(o->bytes + o->n, p, part);
		o->n += part;
		p += part;
		n -= part;
		if (o->n == OUTPUT_BYTES)
			flush(o);
	}
	return o->err.code == ERR_NONE ? 0 : failed(o, err);
}

int output_close(struct output *o, struct err *err)
{
	int rc = 0;

	if (!o)
		return 0;
	if (o->err.code == ERR_NONE)
		flush(o);
	errno = 0;
	if (o->gz ? gzclose(o->gz) != Z_OK : close(o->fd) < 0)
		err_errno(&o->err, "cannot finish writing");
	if (o->err.code != ERR_NONE)
		rc = failed(o, err);
	free(o);
	return rc;
}
