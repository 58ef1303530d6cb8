/* scap convert: the same records in another file format. */
#include "format/scap/scap_writer.h"
#include "format/source.h"
#include "tools/scap/commands.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What can be written; the first one whose name ends OUT is the default. */
static const struct format {
	const char *name;
	const char *suffix;
	bool gzip;
} formats[] = {
	{ "stock-gz", ".gz", true },
	{ "stock", "", false },
};

static const struct format *format_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	}
	return NULL;
}

static const struct format *format_by_suffix(const char *path)
{
	size_t i = 0;

	while (!sv_ends(sv_of(path), sv_of(formats[i].suffix)))
		i++;
	return &formats[i];
}

/*
 * Open OUT for writing, but not over IN: it is emptied only after both are known to be different
 * files.
 */
static int open_output(const char *in, const char *out, struct err *err)
{
	struct stat a, b;
	int fd;

	if (strcmp(out, "-") == 0) {
		fd = dup(STDOUT_FILENO);
		return fd < 0 ? err_errno(err, "cannot write to standard output") : fd;
	}
	fd = open(out, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_errno(err, "cannot create %s", out);
	if (fstat(fd, &b) == 0 && strcmp(in, "-") != 0 && stat(in, &a) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino) {
		close(fd);
		return err_set(err, ERR_USAGE, "%s and %s are the same file", in, out);
	}
	if (S_ISREG(b.st_mode) && ftruncate(fd, 0) < 0) {
		err_errno(err, "cannot empty %s", out);
		close(fd);
		return -1;
	}
	return fd;
}

static int copy(struct source *src, struct scap_writer *w, struct err *err)
{
	struct record rec;
	enum next n;

	while ((n = source_next(src, &rec, err)) == NEXT_ITEM) {
		if (scap_writer_put(w, &rec, err) < 0)
			return -1;
	}
	return n == NEXT_END ? 0 : -1;
}

static int run(struct cli *c, struct err *err)
{
	struct source_options in_opt = { .upgrade = false };
	const struct format *format = NULL;
	struct scap_writer *w = NULL;
	struct source *src = NULL;
	int key, fd, rc = -1;

	while ((key = cli_next(c, err)) > 0) {
		switch (key) {
		case 't':
			format = format_by_name(c->value);
			if (!format)
				return err_set(err, ERR_USAGE,
					       "unknown format %s (stock or stock-gz)", c->value);
			break;
		case 'u':
			in_opt.upgrade = true;
			break;
		}
	}
	if (key < 0 || cli_operands(c, 2, 2, err) < 0)
		return -1;
	const char *in = c->argv[0], *out = c->argv[1];
	if (!format)
		format = format_by_suffix(out);
	if (source_open(in, &in_opt, &src, err) < 0)
		return -1;
	fd = open_output(in, out, err);
	if (fd < 0)
		goto out;
	struct scap_writer_options out_opt = { .gzip = format->gzip };
	if (scap_writer_open(fd, strcmp(out, "-") == 0 ? "standard output" : out, &out_opt, &w,
			     err) < 0)
		goto out;
	rc = copy(src, w, err);
	/* What could be read of a damaged trace is kept. */
	if (scap_writer_close(w, err) < 0)
		rc = -1;
out:
	source_close(src);
	return rc;
}

static const struct cli_option options[] = {
	{ 't', "to", "FORMAT",
	  "stock or stock-gz; default: by the name of OUT (\".gz\": stock-gz)" },
	{ 'u', "upgrade", NULL, "write old events in their current form" },
};

const struct cli_command scap_cmd_convert = {
	.name = "convert",
	.operands = "IN OUT",
	.help = "Copy a trace into another file format.",
	.details = "Events are copied as they are, parameter for parameter, unless --upgrade is "
		   "given.\n"
		   "IN and OUT may be \"-\" for standard input and output.  Of a damaged trace "
		   "everything in\n"
		   "front of the damage is written; the exit status is 1 then.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.run = run,
};
