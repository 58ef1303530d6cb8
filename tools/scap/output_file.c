#include "tools/scap/output_file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool same_file(const char *path, const struct stat *other)
{
	struct stat st;

	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && st.st_dev == other->st_dev &&
	       st.st_ino == other->st_ino;
}

static const char *input_at(char *const *inputs, int n, const struct stat *st)
{
	for (int i = 0; i < n; i++) {
		if (same_file(inputs[i], st))
			return inputs[i];
	}
	return NULL;
}

/* It is emptied only after both are known to be different files. */
int output_file_open(char *const *inputs, int n, const char *out, struct err *err)
{
	struct stat st;
	int fd;

	if (strcmp(out, "-") == 0) {
		fd = dup(STDOUT_FILENO);
		return fd < 0 ? err_errno(err, "cannot write to standard output") : fd;
	}
	fd = open(out, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_errno(err, "cannot create %s", out);
	if (fstat(fd, &st) < 0)
		err_errno(err, "cannot empty %s", out);
	else if (input_at(inputs, n, &st))
		err_set(err, ERR_USAGE, "%s and %s are the same file", input_at(inputs, n, &st),
			out);
	else if (S_ISREG(st.st_mode) && ftruncate(fd, 0) < 0)
		err_errno(err, "cannot empty %s", out);
	else
		return fd;
	close(fd);
	return -1;
}

const char *output_file_name(const char *out)
{
	return strcmp(out, "-") == 0 ? "standard output" : out;
}
