#include "format/sink.h"

#include "format/scap/scap_writer.h"
#include "format/trace/trace_writer.h"

#include <stdlib.h>
#include <unistd.h>

struct sink_kind {
	const char *name;
	const char *suffix;
	int (*open)(int fd, const char *name, const struct sink_options *opt, void **out,
		    struct err *err);
	int (*put)(void *writer, const struct record *rec, struct err *err);
	int (*close)(void *writer, struct err *err);
	int (*flush)(void *writer, struct err *err); /* may be NULL */
	uint64_t (*bytes)(const void *writer);       /* may be NULL */
};

struct sink {
	const struct sink_kind *kind;
	void *writer;
};

static int open_stock(int fd, const char *name, bool gzip, void **out, struct err *err)
{
	struct scap_writer_options opt = { .gzip = gzip };
	struct scap_writer *w;
	int rc = scap_writer_open(fd, name, &opt, &w, err);

	*out = w;
	return rc;
}

static int open_stock_plain(int fd, const char *name, const struct sink_options *opt, void **out,
			    struct err *err)
{
	(void)opt;
	return open_stock(fd, name, false, out, err);
}

static int open_stock_gzip(int fd, const char *name, const struct sink_options *opt, void **out,
			   struct err *err)
{
	(void)opt;
	return open_stock(fd, name, true, out, err);
}

static int put_stock(void *writer, const struct record *rec, struct err *err)
{
	return scap_writer_put(writer, rec, err);
}

static int close_stock(void *writer, struct err *err)
{
	return scap_writer_close(writer, err);
}

static int open_native(int fd, const char *name, const struct sink_options *opt, void **out,
		       struct err *err)
{
	struct trace_writer *w;
	int rc = trace_writer_open(fd, name, opt, &w, err);

	*out = w;
	return rc;
}

static int put_native(void *writer, const struct record *rec, struct err *err)
{
	return trace_writer_put(writer, rec, err);
}

static int close_native(void *writer, struct err *err)
{
	return trace_writer_close(writer, err);
}

static int flush_native(void *writer, struct err *err)
{
	return trace_writer_flush(writer, err);
}

static uint64_t bytes_native(const void *writer)
{
	return trace_writer_bytes(writer);
}

/*
 * A file's name asks for the first kind with whose suffix it ends; the empty suffix fits them all.
 */
static const struct sink_kind kinds[] = {
	{ "native", ".skr", open_native, put_native, close_native, flush_native, bytes_native },
	{ "stock-gz", ".gz", open_stock_gzip, put_stock, close_stock, NULL, NULL },
	{ "stock", "", open_stock_plain, put_stock, close_stock, NULL, NULL },
};

const struct sink_kind *sink_kind_by_name(struct sv name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (sv_eq(sv_of(kinds[i].name), name))
			return &kinds[i];
	}
	return NULL;
}

const struct sink_kind *sink_kind_by_path(struct sv path)
{
	const struct sink_kind *kind = kinds;

	while (!sv_ends(path, sv_of(kind->suffix)))
		kind++;
	return kind;
}

const char *sink_kind_name(const struct sink_kind *kind)
{
	return kind->name;
}

int sink_open(const struct sink_kind *kind, int fd, const char *name,
	      const struct sink_options *opt, struct sink **out, struct err *err)
{
	struct sink *s = calloc(1, sizeof *s);

	*out = NULL;
	if (!s) {
		close(fd);
		return err_set(err, ERR_NOMEM, "no memory for a writer");
	}
	s->kind = kind;
	if (kind->open(fd, name, opt, &s->writer, err) < 0) {
		free(s);
		return -1;
	}
	*out = s;
	return 0;
}

int sink_put(struct sink *s, const struct record *rec, struct err *err)
{
	return s->kind->put(s->writer, rec, err);
}

int sink_flush(struct sink *s, struct err *err)
{
	return s->kind->flush ? s->kind->flush(s->writer, err) : 0;
}

uint64_t sink_bytes(const struct sink *s)
{
	return s->kind->bytes ? s->kind->bytes(s->writer) : 0;
}

int sink_close(struct sink *s, struct err *err)
{
	int rc;

	if (!s)
		return 0;
	rc = s->kind->close(s->writer, err);
	free(s);
	return rc;
}
