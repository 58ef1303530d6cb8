#include "format/trace/trace_map.h"

#include "format/trace/text_filter.h"
#include "format/trace/varint.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct map_filter {
	bool read;
	struct text_filter filter;
};

struct trace_map {
	int fd;
	bool owns_fd;
	char *name;
	uint64_t size; /* of the file */
	struct frame_reader *frames;
	struct trace_index index;
	bool walked;
	struct packer *packer;      /* when a filter is asked for */
	struct map_filter *filters; /* by segment */
};

/* --- the index at the end --- */

static int take_trailer(struct trace_map *m, struct trace_trailer *out, struct err *err)
{
	uint64_t at = m->size - FRAME_HEADER_SIZE - TRAILER_SIZE;
	char buf[FRAME_HEADER_SIZE + TRAILER_SIZE];
	struct frame frame;
	uint64_t size;

	if (m->size < FILE_HEADER_SIZE + sizeof buf)
		return err_set(err, ERR_TRUNCATED, "%s: no trailer", m->name);
	/* Its number is what it says of the frames before it: ask for that one, hash and all. */
	if (pread(m->fd, buf, sizeof buf, (off_t)at) != (ssize_t)sizeof buf)
		return err_set(err, ERR_TRUNCATED, "%s: no trailer", m->name);
	*out = (struct trace_trailer){ .index_offset = get_le64(buf + FRAME_HEADER_SIZE),
				       .frames = get_le64(buf + FRAME_HEADER_SIZE + 8),
				       .events = get_le64(buf + FRAME_HEADER_SIZE + 16) };
	if (frame_peek(m->fd, m->name, at, out->frames, buf, sizeof buf, &frame, &size, err) < 0)
		return -1;
	if (frame.kind != FRAME_TRAILER || size != sizeof buf || out->frames < 2 ||
	    out->index_offset < FILE_HEADER_SIZE || out->index_offset > at)
		return err_set(err, ERR_FORMAT, "%s: no trailer", m->name);
	return 0;
}

static int read_index(struct trace_map *m, struct err *err)
{
	struct trace_trailer trailer;
	struct frame frame;

	if (take_trailer(m, &trailer, err) < 0)
		return -1;
	frame_reader_seek(m->frames, trailer.index_offset, trailer.frames - 1);
	/* Both frames, so that the chain from the index to the trailer is checked, too. */
	if (frame_reader_next(m->frames, &frame, err) != NEXT_ITEM || frame.kind != FRAME_INDEX ||
	    trace_index_parse(frame.payload, trailer.index_offset, &m->index, err) < 0)
		return err_set(err, ERR_FORMAT, "%s: no index", m->name);
	if (m->index.nframes + 2 != trailer.frames || m->index.events != trailer.events ||
	    frame_reader_next(m->frames, &frame, err) != NEXT_ITEM || frame.kind != FRAME_TRAILER ||
	    frame_reader_offset(m->frames) != m->size)
		return err_set(err, ERR_FORMAT, "%s: index and trailer disagree", m->name);
	return 0;
}

/* --- walking along the frames --- */

static int walk_frame(struct trace_map *m, const struct frame *f, uint64_t size, struct err *err)
{
	struct sv payload = f->payload;
	struct block_summary block;
	uint64_t num = 0;

	if (f->kind == FRAME_EVENTS && block_read_summary(payload, &block, err) < 0)
		return -1;
	if (f->kind == FRAME_SNAPSHOT && !sv_take_varint(&payload, &num))
		return err_set(err, ERR_FORMAT, "a snapshot without an event number");
	return trace_index_add(&m->index, f->kind, f->offset, size,
			       f->kind == FRAME_EVENTS ? &block : NULL, num, err);
}

/* Everything up to the first frame that is not whole; only want of memory is an error. */
static int walk(struct trace_map *m, struct err *err)
{
	uint64_t offset = FILE_HEADER_SIZE, size;
	struct err why = { 0 };
	struct frame frame;
	/* A summary is the longest thing looked at: up to 24 bytes for each type. */
	size_t room = FRAME_HEADER_SIZE + 64 + (size_t)EV_COUNT * 24;
	char *buf = malloc(room);

	trace_index_deinit(&m->index);
	m->walked = true;
	if (!buf)
		return err_set(err, ERR_NOMEM, "no memory to read %s", m->name);
	for (uint64_t seq = 0; offset < m->size; seq++, offset += size) {
		if (frame_peek(m->fd, m->name, offset, seq, buf, room, &frame, &size, &why) < 0 ||
		    size > m->size - offset || frame.kind == FRAME_INDEX)
			break;
		if (frame.kind != FRAME_MANIFEST && walk_frame(m, &frame, size, &why) < 0)
			break;
	}
	free(buf);
	if (why.code == ERR_NOMEM) {
		*err = why;
		return -1;
	}
	return trace_index_seal(&m->index, err);
}

/* --- opening --- */

static int open_map(struct trace_map *m, const char *name, struct err *err)
{
	struct err why = { 0 };
	struct stat st;

	if (fstat(m->fd, &st) < 0)
		return err_errno(err, "cannot read %s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_UNSUPPORTED,
			       "%s is not a regular file: it can only be read from front to back",
			       name);
	m->size = (uint64_t)st.st_size;
	m->name = strdup(name);
	int fd = m->name ? fcntl(m->fd, F_DUPFD_CLOEXEC, 0) : -1;
	if (fd < 0)
		return err_errno(err, "cannot read %s", name);
	/* A dup shares its position with m->fd, so nothing here may depend on it. */
	if (frame_reader_open_file(fd, name, &m->frames, err) < 0)
		return -1;
	if (read_index(m, &why) == 0)
		return 0;
	if (why.code == ERR_NOMEM) {
		*err = why;
		return -1;
	}
	return walk(m, err);
}

int trace_map_open_fd(int fd, const char *name, struct trace_map **out, struct err *err)
{
	struct trace_map *m = calloc(1, sizeof *m);

	*out = NULL;
	if (!m)
		return err_set(err, ERR_NOMEM, "no memory to read %s", name);
	m->fd = fd;
	if (open_map(m, name, err) < 0) {
		trace_map_close(m);
		return -1;
	}
	*out = m;
	return 0;
}

int trace_map_open(const char *path, struct trace_map **out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*out = NULL;
	if (fd < 0)
		return err_errno(err, "cannot open %s", path);
	if (trace_map_open_fd(fd, path, out, err) < 0) {
		close(fd);
		return -1;
	}
	(*out)->owns_fd = true;
	return 0;
}

void trace_map_close(struct trace_map *m)
{
	if (!m)
		return;
	frame_reader_close(m->frames);
	for (size_t i = 0; m->filters && i < m->index.nsegments; i++)
		text_filter_deinit(&m->filters[i].filter);
	free(m->filters);
	packer_free(m->packer);
	trace_index_deinit(&m->index);
	if (m->owns_fd)
		close(m->fd);
	free(m->name);
	free(m);
}

const struct trace_index *trace_map_index(const struct trace_map *m)
{
	return &m->index;
}

bool trace_map_walked(const struct trace_map *m)
{
	return m->walked;
}

/* --- spans --- */

/* Could an event of the segment keep these bounds?  Numbers are those of upgraded events. */
static bool may_meet(const struct trace_segment *s, struct span bounds, bool upgrade)
{
	/* Events that complete the start of a section carry the number of the event before it. */
	uint64_t first = upgrade ? s->num_before : 0, last = upgrade ? s->num_last : UINT64_MAX;

	return s->events && span_may_meet(&bounds, s->min_ts_ns, s->max_ts_ns, first, last);
}

void trace_map_span(const struct trace_map *m, const struct span *span, bool upgrade, size_t *from,
		    size_t *to)
{
	const struct span behind = { .from = span->from }, before = { .to = span->to };
	const struct trace_segment *s = m->index.segments;

	*from = 0;
	*to = m->index.nsegments;
	while (*from + 1 < *to && !may_meet(&s[*from], behind, upgrade))
		++*from;
	while (*to > *from + 1 && !may_meet(&s[*to - 1], before, upgrade))
		--*to;
	/* A reader starts where there is a state to start from. */
	while (*from > 0 && !s[*from].has_state)
		--*from;
}

/* --- filters --- */

static int read_filter(struct trace_map *m, const struct trace_segment *s, struct text_filter *out,
		       struct err *err)
{
	struct frame frame;

	/* The last frame of its segment, if there is one. */
	for (size_t i = s->first_frame + s->nframes; i > s->first_frame; i--) {
		const struct trace_frame *f = &m->index.frames[i - 1];

		if (f->kind != FRAME_FILTER)
			continue;
		frame_reader_seek(m->frames, f->offset, i);
		if (frame_reader_next(m->frames, &frame, err) != NEXT_ITEM ||
		    frame.kind != FRAME_FILTER)
			return -1;
		return text_filter_parse(out, m->packer, frame.payload, err);
	}
	return 0;
}

/* A filter that cannot be read holds nothing back: whoever reads the segment finds out why. */
static const struct text_filter *filter_of(struct trace_map *m, size_t segment)
{
	static const struct text_filter anything = { 0 };
	struct err ignored = { 0 };

	if (!m->packer)
		m->packer = packer_new(0);
	if (!m->filters)
		m->filters = calloc(m->index.nsegments, sizeof *m->filters);
	if (!m->packer || !m->filters)
		return &anything;
	struct map_filter *f = &m->filters[segment];
	if (!f->read && read_filter(m, &m->index.segments[segment], &f->filter, &ignored) < 0) {
		text_filter_deinit(&f->filter);
		f->filter = anything;
	}
	f->read = true;
	return &f->filter;
}

bool trace_map_may_have_text(struct trace_map *m, size_t segment, struct sv part, bool open_front,
			     bool open_back)
{
	return text_filter_may_have(filter_of(m, segment), part, open_front, open_back);
}

bool trace_map_may_have_ip(struct trace_map *m, size_t segment, const struct ip *ip)
{
	return text_filter_may_have_ip(filter_of(m, segment), ip->b, ip->len);
}
