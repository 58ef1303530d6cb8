#include "tools/scap/key_files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { SMALL_FILE_MAX = 1 << 16 };

int small_file_read(const char *path, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd < 0)
		return err_errno(err, "cannot open %s", path);
	buf_clear(out);
	do {
		if (!buf_reserve(out, SMALL_FILE_MAX))
			break;
		n = read(fd, out->p + out->n, SMALL_FILE_MAX);
		if (n > 0)
			out->n += (size_t)n;
	} while ((n > 0 || (n < 0 && errno == EINTR)) && out->n <= SMALL_FILE_MAX);
	if (n < 0)
		err_errno(err, "cannot read %s", path);
	close(fd);
	if (n > 0)
		return err_set(err, ERR_LIMIT, "%s is too long for a key or a signature", path);
	return n < 0 ? -1 : 0;
}

int small_file_write(const char *path, unsigned mode, struct sv content, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return err_errno(err, "cannot create %s", path);
	ssize_t n = write(fd, content.p, content.n);

	if (n != (ssize_t)content.n || fsync(fd) < 0) {
		err_errno(err, "cannot write %s", path);
		close(fd);
		return -1;
	}
	return close(fd) < 0 ? err_errno(err, "cannot write %s", path) : 0;
}

static int load(const char *path, int (*parse)(struct sv, struct signing_key **, struct err *),
		struct signing_key **out, struct err *err)
{
	struct buf pem = { 0 };
	struct err why = { 0 };
	int rc;

	*out = NULL;
	rc = small_file_read(path, &pem, err);
	if (rc == 0 && parse(buf_sv(&pem), out, &why) < 0)
		rc = err_set(err, why.code, "%s: %s", path, why.msg);
	signing_secret_deinit(&pem);
	return rc;
}

int key_file_private(const char *path, struct signing_key **out, struct err *err)
{
	return load(path, signing_key_private, out, err);
}

int key_file_public(const char *path, struct signing_key **out, struct err *err)
{
	return load(path, signing_key_public, out, err);
}
