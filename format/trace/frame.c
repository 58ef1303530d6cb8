#include "format/trace/frame.h"

#include "format/trace/frame_layout.h"
#include "format/trace/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first byte is not ASCII, CR LF and ^Z catch transfers as text: the trick of PNG. */
const char frame_file_magic[8] = { '\x89', 'S', 'K', 'R', '\r', '\n', '\x1a', '\n' };

static int write_all(int fd, struct sv bytes, const char *name, struct err *err)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "cannot write %s", name);
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
	return 0;
}

/* --- writing --- */

struct frame_writer {
	int fd;
	char *name;
	struct hasher *hasher;
	uint64_t offset, seq;
	uint8_t chain[FRAME_HASH_SIZE];
};

int frame_writer_open(int fd, const char *name, struct frame_writer **out, struct err *err)
{
	struct frame_writer *w = calloc(1, sizeof *w);
	char header[FILE_HEADER_SIZE] = { 0 };

	*out = NULL;
	if (!w) {
		close(fd);
		return err_set(err, ERR_NOMEM, "no memory for a trace writer");
	}
	w->fd = fd;
	w->name = strdup(name);
	w->hasher = hasher_new();
	memcpy(header, frame_file_magic, sizeof frame_file_magic);
	header[OFF_MAJOR] = VERSION_MAJOR;
	header[OFF_MINOR] = VERSION_MINOR;
	if (!w->name || !w->hasher) {
		frame_writer_close(w, NULL);
		return err_set(err, ERR_NOMEM, "no memory for a trace writer");
	}
	struct sv view = { header, sizeof header };
	if (write_all(fd, view, name, err) < 0 || !hasher_digest(w->hasher, &view, 1, w->chain)) {
		frame_writer_close(w, NULL);
		return err_set(err, ERR_IO, "cannot hash");
	}
	w->offset = sizeof header;
	*out = w;
	return 0;
}

static void put_le64(char *p, uint64_t v)
{
	memcpy(p, &v, sizeof v);
}

/* A disk that is full leaves a whole number of frames, and room for a small one. */
static void take_back(struct frame_writer *w)
{
	struct stat st;
	off_t size = (off_t)w->offset;

	if (fstat(w->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > size &&
	    lseek(w->fd, 0, SEEK_CUR) == st.st_size && ftruncate(w->fd, size) == 0)
		lseek(w->fd, size, SEEK_SET);
}

int frame_writer_put(struct frame_writer *w, enum frame_kind kind, struct sv payload,
		     struct err *err)
{
	char header[FRAME_HEADER_SIZE] = { 0 };
	uint8_t hash[FRAME_HASH_SIZE], chain[FRAME_HASH_SIZE];

	if (payload.n > FRAME_MAX_PAYLOAD)
		return err_set(err, ERR_LIMIT, "%s: a frame of %zu bytes is over the limit",
			       w->name, payload.n);
	memcpy(header, FRAME_MAGIC, FRAME_MAGIC_SIZE);
	header[OFF_KIND] = (char)kind;
	put_le64(header + OFF_LENGTH, payload.n);
	put_le64(header + OFF_SEQ, w->seq);

	struct sv parts[] = { { header, OFF_HASH }, payload };
	struct sv link[] = { { (char *)w->chain, sizeof w->chain }, { (char *)hash, sizeof hash } };
	if (!hasher_digest(w->hasher, parts, 2, hash) || !hasher_digest(w->hasher, link, 2, chain))
		return err_set(err, ERR_IO, "%s: cannot hash", w->name);
	memcpy(header + OFF_HASH, hash, sizeof hash);
	memcpy(header + OFF_CHAIN, chain, sizeof chain);
	if (write_all(w->fd, (struct sv){ header, sizeof header }, w->name, err) < 0 ||
	    write_all(w->fd, payload, w->name, err) < 0) {
		take_back(w);
		return -1;
	}
	memcpy(w->chain, chain, sizeof chain);
	w->offset += sizeof header + payload.n;
	w->seq++;
	return 0;
}

uint64_t frame_writer_offset(const struct frame_writer *w)
{
	return w->offset;
}

uint64_t frame_writer_seq(const struct frame_writer *w)
{
	return w->seq;
}

const uint8_t *frame_writer_chain(const struct frame_writer *w)
{
	return w->chain;
}

int frame_writer_close(struct frame_writer *w, struct err *err)
{
	int rc = 0;

	if (!w)
		return 0;
	if (close(w->fd) < 0)
		rc = err_errno(err, "cannot finish %s", w->name);
	hasher_free(w->hasher);
	free(w->name);
	free(w);
	return rc;
}

/* --- reading --- */

struct frame_reader {
	int fd;
	char *name;
	bool verify;
	struct hasher *hasher;
	uint64_t offset, size, seq;
	uint8_t chain[FRAME_HASH_SIZE];
	bool chain_known; /* false behind a seek */
	bool can_seek;
	uint64_t at;               /* next byte to read, if it can seek */
	char head[FRAME_HEAD_MAX]; /* read by whoever told the kinds of trace apart */
	struct sv head_rest;
	struct buf payload;
};

/* Bytes read (fewer than n only at the end of the file), or -1. */
static ssize_t read_full(struct frame_reader *r, char *p, size_t n, struct err *err)
{
	size_t got = n < r->head_rest.n ? n : r->head_rest.n;
	struct sv from_head;

	if (got && sv_take(&r->head_rest, got, &from_head))
		memcpy(p, from_head.p, got);
	r->at += got;
	while (got < n) {
		ssize_t k = r->can_seek ? pread(r->fd, p + got, n - got, (off_t)r->at)
					: read(r->fd, p + got, n - got);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_errno(err, "%s: cannot read", r->name);
		if (k == 0)
			break;
		got += (size_t)k;
		r->at += (size_t)k;
	}
	return (ssize_t)got;
}

static int read_file_header(struct frame_reader *r, struct err *err)
{
	char header[FILE_HEADER_SIZE];
	ssize_t n = read_full(r, header, sizeof header, err);

	if (n < 0)
		return -1;
	if ((size_t)n < sizeof header)
		return err_set(err, ERR_TRUNCATED,
			       "%s: the file header ends after %zd of %zu bytes", r->name, n,
			       sizeof header);
	if (memcmp(header, frame_file_magic, sizeof frame_file_magic) != 0)
		return err_set(err, ERR_FORMAT, "%s: not a native trace (its first bytes differ)",
			       r->name);
	if (get_le16(header + OFF_MAJOR) != VERSION_MAJOR)
		return err_set(err, ERR_UNSUPPORTED,
			       "%s: format version %u, this reader knows version %d", r->name,
			       get_le16(header + OFF_MAJOR), VERSION_MAJOR);
	r->offset = sizeof header;
	struct sv view = { header, sizeof header };
	if (!hasher_digest(r->hasher, &view, 1, r->chain))
		return err_set(err, ERR_IO, "%s: cannot hash", r->name);
	return 0;
}

static int open_reader(struct frame_reader *r, struct err *err)
{
	struct stat st;

	r->hasher = hasher_new();
	r->chain_known = true;
	if (!r->name || !r->hasher)
		return err_set(err, ERR_NOMEM, "no memory for a trace reader");
	if (fstat(r->fd, &st) == 0 && S_ISREG(st.st_mode)) {
		r->size = (uint64_t)st.st_size;
		r->can_seek = r->can_seek || lseek(r->fd, 0, SEEK_CUR) == (off_t)r->head_rest.n;
	}
	return read_file_header(r, err);
}

static int new_reader(int fd, struct sv head, const char *name, bool verify, bool can_seek,
		      struct frame_reader **out, struct err *err)
{
	struct frame_reader *r = calloc(1, sizeof *r);

	*out = NULL;
	if (!r) {
		close(fd);
		return err_set(err, ERR_NOMEM, "no memory for a trace reader");
	}
	r->fd = fd;
	r->verify = verify;
	r->can_seek = can_seek;
	r->name = strdup(name);
	if (head.n > sizeof r->head)
		head.n = sizeof r->head;
	memcpy(r->head, head.p, head.n);
	r->head_rest = (struct sv){ r->head, head.n };
	if (open_reader(r, err) < 0) {
		frame_reader_close(r);
		return -1;
	}
	*out = r;
	return 0;
}

int frame_reader_open(int fd, struct sv head, const char *name, bool verify,
		      struct frame_reader **out, struct err *err)
{
	return new_reader(fd, head, name, verify, false, out, err);
}

int frame_reader_open_file(int fd, const char *name, struct frame_reader **out, struct err *err)
{
	return new_reader(fd, SV(""), name, true, true, out, err);
}

static int check_hashes(struct frame_reader *r, const char *header, struct sv payload,
			struct err *err)
{
	uint8_t hash[FRAME_HASH_SIZE];
	struct sv parts[] = { { header, OFF_HASH }, payload };
	struct sv link[] = { { (char *)r->chain, sizeof r->chain }, { (char *)hash, sizeof hash } };

	if (!hasher_digest(r->hasher, parts, 2, hash) ||
	    !hasher_digest(r->hasher, link, 2, r->chain))
		return err_set(err, ERR_IO, "%s: cannot hash", r->name);
	if (memcmp(hash, header + OFF_HASH, sizeof hash) != 0)
		return err_set(err, ERR_FORMAT,
			       "%s: frame %" PRIu64 " at offset %" PRIu64
			       " does not have the hash it claims",
			       r->name, r->seq, r->offset);
	if (!r->chain_known)
		memcpy(r->chain, header + OFF_CHAIN, sizeof r->chain);
	r->chain_known = true;
	if (memcmp(r->chain, header + OFF_CHAIN, sizeof r->chain) != 0)
		return err_set(err, ERR_FORMAT,
			       "%s: the chain of hashes breaks at frame %" PRIu64
			       ", offset %" PRIu64,
			       r->name, r->seq, r->offset);
	return 0;
}

static int fail_truncated(struct frame_reader *r, uint64_t want, ssize_t got, struct err *err)
{
	return err_set(err, ERR_TRUNCATED,
		       "%s: offset %" PRIu64 ": the trace ends inside frame %" PRIu64
		       " (%zd of %" PRIu64 " bytes)",
		       r->name, r->offset, r->seq, got, want);
}

/* Is this the header of frame `seq`?  Then *length is that of its payload. */
static int check_header(const char *header, const char *name, uint64_t offset, uint64_t seq,
			uint64_t *length, struct err *err)
{
	if (!frame_magic_at(header))
		return err_set(err, ERR_FORMAT, "%s: offset %" PRIu64 ": no frame begins here",
			       name, offset);
	*length = get_le64(header + OFF_LENGTH);
	if (*length > FRAME_MAX_PAYLOAD)
		return err_set(err, ERR_FORMAT,
			       "%s: offset %" PRIu64 ": a frame of %" PRIu64
			       " bytes, at most %d allowed",
			       name, offset, *length, FRAME_MAX_PAYLOAD);
	if (get_le64(header + OFF_SEQ) != seq)
		return err_set(err, ERR_FORMAT,
			       "%s: offset %" PRIu64 ": frame %" PRIu64 " where frame %" PRIu64
			       " belongs",
			       name, offset, get_le64(header + OFF_SEQ), seq);
	return 0;
}

enum next frame_reader_next(struct frame_reader *r, struct frame *out, struct err *err)
{
	char header[FRAME_HEADER_SIZE];
	ssize_t n = read_full(r, header, sizeof header, err);
	uint64_t length;

	if (n <= 0)
		return n < 0 ? NEXT_ERROR : NEXT_END;
	if ((size_t)n < sizeof header)
		return fail_truncated(r, sizeof header, n, err);
	if (check_header(header, r->name, r->offset, r->seq, &length, err) < 0)
		return NEXT_ERROR;
	/* Do not take memory for bytes that a regular file cannot have. */
	if (r->size && length > r->size - r->offset)
		return fail_truncated(r, length, (ssize_t)(r->size - r->offset - sizeof header),
				      err);
	buf_clear(&r->payload);
	if (!buf_reserve(&r->payload, (size_t)length + 1))
		return err_set(err, ERR_NOMEM, "%s: no memory for a frame of %" PRIu64 " bytes",
			       r->name, length);
	n = read_full(r, r->payload.p, (size_t)length, err);
	if (n < 0)
		return NEXT_ERROR;
	if ((uint64_t)n < length)
		return fail_truncated(r, length, n, err);

	struct sv payload = { r->payload.p, (size_t)length };
	if (r->verify && check_hashes(r, header, payload, err) < 0)
		return NEXT_ERROR;
	*out = (struct frame){
		.kind = (enum frame_kind)(uint8_t)header[OFF_KIND],
		.seq = r->seq,
		.offset = r->offset,
		.payload = payload,
	};
	memcpy(out->hash, header + OFF_HASH, sizeof out->hash);
	memcpy(out->chain, header + OFF_CHAIN, sizeof out->chain);
	r->offset += sizeof header + length;
	r->seq++;
	return NEXT_ITEM;
}

bool frame_reader_can_seek(const struct frame_reader *r)
{
	return r->can_seek;
}

void frame_reader_seek(struct frame_reader *r, uint64_t offset, uint64_t seq)
{
	r->head_rest.n = 0;
	r->at = offset;
	r->offset = offset;
	r->seq = seq;
	r->chain_known = false;
}

int frame_peek(int fd, const char *name, uint64_t offset, uint64_t seq, char *buf, size_t room,
	       struct frame *out, uint64_t *size, struct err *err)
{
	uint64_t length;
	ssize_t n;

	do
		n = pread(fd, buf, room, (off_t)offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, "%s: cannot read", name);
	if (n < FRAME_HEADER_SIZE)
		return err_set(err, ERR_TRUNCATED,
			       "%s: offset %" PRIu64 ": the trace ends inside frame %" PRIu64, name,
			       offset, seq);
	if (check_header(buf, name, offset, seq, &length, err) < 0)
		return -1;
	size_t have = (size_t)n - FRAME_HEADER_SIZE;
	*out = (struct frame){ .kind = (enum frame_kind)(uint8_t)buf[OFF_KIND],
			       .seq = seq,
			       .offset = offset,
			       .payload = { buf + FRAME_HEADER_SIZE,
					    have < length ? have : (size_t)length } };
	*size = FRAME_HEADER_SIZE + length;
	return 0;
}

uint64_t frame_reader_offset(const struct frame_reader *r)
{
	return r->offset;
}

uint64_t frame_reader_size(const struct frame_reader *r)
{
	return r->size;
}

void frame_reader_close(struct frame_reader *r)
{
	if (!r)
		return;
	close(r->fd);
	hasher_free(r->hasher);
	buf_deinit(&r->payload);
	free(r->name);
	free(r);
}
