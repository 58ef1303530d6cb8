#include "format/source.h"

#include "format/scap/input.h"
#include "format/scap/scap_reader.h"
#include "format/trace/frame.h"
#include "format/trace/trace_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* --- files --- */

typedef int source_opener(int fd, struct sv head, const char *name,
			  const struct source_options *opt, struct source **out, struct err *err);

/* Kinds of trace by their first bytes. */
static const struct {
	struct sv magic;
	source_opener *open;
} kinds[] = {
	{ { "\x0a\x0d\x0d\x0a", 4 }, scap_reader_open },
	{ { "\x1f\x8b", 2 }, scap_reader_open },
	{ { frame_file_magic, sizeof frame_file_magic }, trace_reader_open },
};

/* As many of the first n bytes as the file has. */
static ptrdiff_t read_head(int fd, char *buf, size_t n)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = read(fd, buf + have, n - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ptrdiff_t)have;
}

int source_open_fd(int fd, const char *name, const struct source_options *opt, struct source **out,
		   struct err *err)
{
	char buf[INPUT_HEAD_MAX];
	ptrdiff_t n = read_head(fd, buf, sizeof buf);

	*out = NULL;
	if (n < 0) {
		err_errno(err, "cannot read %s", name);
		close(fd);
		return -1;
	}
	struct sv head = { buf, (size_t)n };
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (sv_starts(head, kinds[i].magic))
			return kinds[i].open(fd, head, name, opt, out, err);
	}
	close(fd);
	if (n == 0)
		return err_set(err, ERR_TRUNCATED, "%s is empty", name);
	return err_set(err, ERR_FORMAT, "%s is not a trace: it begins with no known magic number",
		       name);
}

int source_open(const char *path, const struct source_options *opt, struct source **out,
		struct err *err)
{
	bool from_stdin = strcmp(path, "-") == 0;
	const char *name = from_stdin ? "standard input" : path;
	int fd = from_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);

	*out = NULL;
	if (fd < 0)
		return err_errno(err, "cannot open %s", name);
	return source_open_fd(fd, name, opt, out, err);
}

/* --- lists --- */

struct list_source {
	struct source base;
	const struct record *records;
	size_t n, at;
	uint64_t num;
};

static enum next list_next(struct source *s, struct record *rec, struct err *err)
{
	struct list_source *l = (struct list_source *)s;

	(void)err;
	if (l->at == l->n)
		return NEXT_END;
	*rec = l->records[l->at++];
	if (rec->kind == RECORD_SECTION)
		s->stats.sections++;
	if (rec->kind == RECORD_LOSS)
		l->num++;
	if (rec->kind == RECORD_EVENT) {
		rec->event.num = ++l->num;
		rec->event.desc = schema_event(rec->event.type);
		s->stats.events++;
	}
	return NEXT_ITEM;
}

static struct source_progress list_progress(const struct source *s)
{
	const struct list_source *l = (const struct list_source *)s;

	return (struct source_progress){ .done = l->at, .total = l->n };
}

static void list_close(struct source *s)
{
	free(s);
}

static const struct source_ops list_ops = {
	.next = list_next,
	.progress = list_progress,
	.close = list_close,
};

int source_open_list(const struct record *records, size_t n, struct source **out, struct err *err)
{
	struct list_source *l = calloc(1, sizeof *l);

	*out = NULL;
	if (!l)
		return err_set(err, ERR_NOMEM, "no memory for a list of records");
	l->base.ops = &list_ops;
	l->records = records;
	l->n = n;
	*out = &l->base;
	return 0;
}
