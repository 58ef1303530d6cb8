#include "format/trace/verify.h"

#include "format/trace/frame_layout.h"
#include "format/trace/hash.h"
#include "format/trace/read_ahead.h"
#include "format/trace/trace_index.h"

#include <inttypes.h>

/* The bytes of the file, wherever the reader cut them. */
struct stream {
	struct read_ahead *file;
	struct sv rest;
	uint64_t taken; /* bytes handed out */
	enum next state;
};

struct walk {
	const char *name;
	struct stream in;
	struct hasher *hasher;
	struct trace_verdict *out;
	struct err *err;
	uint64_t index_offset;      /* of the INDEX frame, 0: none yet */
	char trailer[TRAILER_SIZE]; /* the last bytes of the last payload */
	bool ended;
};

/* At most n bytes, empty only at the end of the file or when reading failed. */
static struct sv take_some(struct stream *s, uint64_t n, struct err *err)
{
	struct sv some;

	while (s->rest.n == 0 && s->state == NEXT_ITEM)
		s->state = read_ahead_next(s->file, &s->rest, err);
	if (s->state != NEXT_ITEM)
		return (struct sv){ 0 };
	sv_take(&s->rest, n < s->rest.n ? (size_t)n : s->rest.n, &some);
	s->taken += some.n;
	return some;
}

/* How many of n bytes there are. */
static size_t take_all(struct stream *s, char *p, size_t n, struct err *err)
{
	size_t have = 0;

	while (have < n) {
		struct sv some = take_some(s, n - have, err);

		if (some.n == 0)
			break;
		memcpy(p + have, some.p, some.n);
		have += some.n;
	}
	return have;
}

static int cannot_hash(struct walk *w)
{
	return err_set(w->err, ERR_IO, "%s: cannot hash", w->name);
}

static int truncated(struct walk *w, uint64_t have, uint64_t want)
{
	return err_set(w->err, ERR_TRUNCATED,
		       "%s: offset %" PRIu64 ": the trace ends inside frame %" PRIu64 " (%" PRIu64
		       " of %" PRIu64 " bytes)",
		       w->name, w->out->valid_bytes, w->out->frames, have, want);
}

static int file_header(struct walk *w)
{
	char header[FILE_HEADER_SIZE];
	size_t n = take_all(&w->in, header, sizeof header, w->err);
	struct sv view = { header, sizeof header };

	if (n >= sizeof frame_file_magic &&
	    memcmp(header, frame_file_magic, sizeof frame_file_magic) != 0)
		return err_set(w->err, ERR_FORMAT,
			       "%s: not a native trace (its first bytes differ)", w->name);
	if (n < sizeof header)
		return err_set(w->err, ERR_TRUNCATED,
			       "%s: the file header ends after %zu of %zu bytes", w->name, n,
			       sizeof header);
	if (get_le16(header + OFF_MAJOR) != VERSION_MAJOR)
		return err_set(w->err, ERR_UNSUPPORTED,
			       "%s: format version %u, this reader knows version %d", w->name,
			       get_le16(header + OFF_MAJOR), VERSION_MAJOR);
	w->out->valid_bytes = sizeof header;
	return hasher_digest(w->hasher, &view, 1, w->out->chain) ? 0 : cannot_hash(w);
}

/* Hash the payload as it comes; the last bytes of it are kept in case it is the trailer's. */
static int hash_payload(struct walk *w, uint64_t length)
{
	for (uint64_t left = length; left;) {
		struct sv some = take_some(&w->in, left, w->err);

		if (some.n == 0)
			return truncated(w, FRAME_HEADER_SIZE + length - left,
					 FRAME_HEADER_SIZE + length);
		if (!hasher_update(w->hasher, some))
			return cannot_hash(w);
		if (length == TRAILER_SIZE)
			memcpy(w->trailer + (length - left), some.p, some.n);
		left -= some.n;
	}
	return 0;
}

static int check_header(struct walk *w, const char *header, uint64_t length)
{
	uint64_t seq = get_le64(header + OFF_SEQ);

	if (!frame_magic_at(header))
		return err_set(w->err, ERR_FORMAT, "%s: offset %" PRIu64 ": no frame begins here",
			       w->name, w->out->valid_bytes);
	if (length > FRAME_MAX_PAYLOAD)
		return err_set(w->err, ERR_FORMAT,
			       "%s: offset %" PRIu64 ": a frame of %" PRIu64
			       " bytes, at most %d allowed",
			       w->name, w->out->valid_bytes, length, FRAME_MAX_PAYLOAD);
	if (seq != w->out->frames)
		return err_set(w->err, ERR_FORMAT,
			       "%s: offset %" PRIu64 ": frame %" PRIu64 " where frame %" PRIu64
			       " belongs",
			       w->name, w->out->valid_bytes, seq, w->out->frames);
	return 0;
}

static int check_hashes(struct walk *w, const char *header)
{
	uint8_t hash[FRAME_HASH_SIZE], chain[FRAME_HASH_SIZE];
	struct sv link[] = { { (char *)w->out->chain, sizeof w->out->chain },
			     { (char *)hash, sizeof hash } };

	if (!hasher_finish(w->hasher, hash) || !hasher_digest(w->hasher, link, 2, chain))
		return cannot_hash(w);
	if (memcmp(hash, header + OFF_HASH, sizeof hash) != 0)
		return err_set(w->err, ERR_FORMAT,
			       "%s: frame %" PRIu64 " at offset %" PRIu64
			       " does not have the hash it claims",
			       w->name, w->out->frames, w->out->valid_bytes);
	if (memcmp(chain, header + OFF_CHAIN, sizeof chain) != 0)
		return err_set(w->err, ERR_FORMAT,
			       "%s: the chain of hashes breaks at frame %" PRIu64
			       ", offset %" PRIu64,
			       w->name, w->out->frames, w->out->valid_bytes);
	memcpy(w->out->chain, chain, sizeof chain);
	return 0;
}

static int check_trailer(struct walk *w, uint64_t length)
{
	if (length != TRAILER_SIZE || get_le64(w->trailer) != w->index_offset ||
	    get_le64(w->trailer + 8) != w->out->frames)
		return err_set(w->err, ERR_FORMAT,
			       "%s: offset %" PRIu64 ": the trailer is not that of this trace",
			       w->name, w->out->valid_bytes);
	w->out->events = get_le64(w->trailer + 16);
	w->ended = true;
	return 0;
}

/* One frame, whose header is there. */
static int frame(struct walk *w, const char *header)
{
	enum frame_kind kind = (enum frame_kind)(uint8_t)header[OFF_KIND];
	uint64_t length = get_le64(header + OFF_LENGTH);

	if (check_header(w, header, length) < 0)
		return -1;
	if (!hasher_begin(w->hasher) || !hasher_update(w->hasher, (struct sv){ header, OFF_HASH }))
		return cannot_hash(w);
	if (hash_payload(w, length) < 0 || check_hashes(w, header) < 0 ||
	    (kind == FRAME_TRAILER && check_trailer(w, length) < 0))
		return -1;
	if (kind == FRAME_INDEX)
		w->index_offset = w->out->valid_bytes;
	w->out->frames++;
	w->out->blocks += kind == FRAME_EVENTS;
	w->out->valid_bytes = w->in.taken;
	return 0;
}

static int walk(struct walk *w)
{
	char header[FRAME_HEADER_SIZE];

	if (file_header(w) < 0)
		return -1;
	for (;;) {
		size_t n = take_all(&w->in, header, sizeof header, w->err);

		if (w->in.state == NEXT_ERROR)
			return -1;
		if (n == 0)
			break;
		if (w->ended)
			return err_set(w->err, ERR_FORMAT,
				       "%s: offset %" PRIu64 ": there are bytes behind the trailer",
				       w->name, w->out->valid_bytes);
		if (n < sizeof header)
			return truncated(w, n, sizeof header);
		if (frame(w, header) < 0)
			return -1;
	}
	if (!w->ended)
		return err_set(w->err, ERR_TRUNCATED,
			       "%s: offset %" PRIu64 ": the trace ends without its trailer",
			       w->name, w->out->valid_bytes);
	return 0;
}

int trace_verify(int fd, const char *name, struct trace_verdict *out, struct err *err)
{
	struct walk w = {
		.name = name, .in.state = NEXT_ITEM, .out = out, .err = err, .hasher = hasher_new()
	};
	int rc = -1;

	*out = (struct trace_verdict){ 0 };
	if (!w.hasher)
		err_set(err, ERR_NOMEM, "no memory to verify %s", name);
	else if (read_ahead_open(fd, name, &w.in.file, err) == 0)
		rc = walk(&w);
	read_ahead_close(w.in.file);
	hasher_free(w.hasher);
	return rc;
}
