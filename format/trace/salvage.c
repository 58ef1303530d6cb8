#define _GNU_SOURCE /* memmem */
#include "format/trace/salvage.h"

#include "format/trace/frame_layout.h"
#include "format/trace/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Whatever bytes look like frames, this many times the file is hashed at most (a hostile one could
 * be full of headers that claim all the rest), and some more for small ones.
 */
enum { HASH_SHARE = 8, HASH_ALWAYS = 64 << 20, WINDOW = 1 << 20 };

struct search {
	int fd;
	const char *name;
	struct salvage *out;
	struct hasher *hasher;
	size_t room;       /* of the two: no more than the file is long */
	struct buf window; /* for hashing */
	struct buf view;   /* for looking: the bytes from view_at on */
	uint64_t view_at;
	uint64_t budget; /* bytes that may still be hashed */
	/* Chain values in front of the next frame: as found and as computed, if these differ. */
	uint8_t chains[2][FRAME_HASH_SIZE];
	int nchains;
	struct err *err;
	bool failed; /* to read; err says why */
};

/* What the bytes at some place claim to be. */
struct claim {
	char header[FRAME_HEADER_SIZE];
	uint64_t offset, size, seq;
};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to look for frames");
}

/* False when there are fewer than n bytes, or reading fails. */
static bool read_at(struct search *s, uint64_t offset, char *p, size_t n)
{
	while (n) {
		ssize_t got = pread(s->fd, p, n, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err_errno(s->err, "%s: cannot read", s->name);
			s->failed = true;
		}
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
		offset += (uint64_t)got;
	}
	return true;
}

static bool read_claim(struct search *s, uint64_t offset, struct claim *out)
{
	static const char zeros[3];

	if (offset > s->out->size || s->out->size - offset < FRAME_HEADER_SIZE ||
	    !read_at(s, offset, out->header, sizeof out->header))
		return false;
	uint64_t length = get_le64(out->header + OFF_LENGTH);

	if (!frame_magic_at(out->header) ||
	    memcmp(out->header + OFF_KIND + 1, zeros, sizeof zeros) != 0 ||
	    length > FRAME_MAX_PAYLOAD || length > s->out->size - offset - FRAME_HEADER_SIZE)
		return false;
	out->offset = offset;
	out->size = FRAME_HEADER_SIZE + length;
	out->seq = get_le64(out->header + OFF_SEQ);
	return true;
}

static bool hash_claim(struct search *s, const struct claim *c, uint8_t hash[static 32])
{
	uint64_t at = c->offset + FRAME_HEADER_SIZE, left = c->size - FRAME_HEADER_SIZE;

	if (c->size > s->budget) {
		s->out->gave_up = true;
		return false;
	}
	s->budget -= c->size;
	if (!hasher_begin(s->hasher) ||
	    !hasher_update(s->hasher, (struct sv){ c->header, OFF_HASH }))
		return false;
	while (left) {
		size_t n = left < s->room ? (size_t)left : s->room;

		if (!read_at(s, at, s->window.p, n) ||
		    !hasher_update(s->hasher, (struct sv){ s->window.p, n }))
			return false;
		at += n;
		left -= n;
	}
	return hasher_finish(s->hasher, hash);
}

static bool link_chain(struct search *s, const uint8_t *before, const uint8_t hash[static 32],
		       uint8_t out[static 32])
{
	struct sv parts[] = { { (const char *)before, FRAME_HASH_SIZE },
			      { (const char *)hash, FRAME_HASH_SIZE } };

	return hasher_digest(s->hasher, parts, 2, out);
}

/* What the bytes at some place were found to be. */
struct proof {
	uint8_t claimed[FRAME_HASH_SIZE]; /* chain value */
	uint8_t linked[FRAME_HASH_SIZE];  /* chain value that follows from the frame before */
	bool says_hash, says_chain, follows;
};

/*
 * Is the claim true?  follows: it stands where the chain of the frame before it can be taken on;
 * then either of its hashes may be the damaged one.
 */
static bool is_true(struct search *s, const struct claim *c, bool follows, struct proof *out)
{
	uint8_t hash[FRAME_HASH_SIZE];

	*out = (struct proof){ .follows = follows && s->nchains };
	if (!hash_claim(s, c, hash))
		return false;
	memcpy(out->claimed, c->header + OFF_CHAIN, sizeof out->claimed);
	out->says_hash = memcmp(hash, c->header + OFF_HASH, sizeof hash) == 0;
	for (int i = 0; out->follows && i < s->nchains && !out->says_chain; i++) {
		if (!link_chain(s, s->chains[i], hash, out->linked))
			return false;
		out->says_chain = memcmp(out->linked, out->claimed, sizeof out->linked) == 0;
	}
	return out->says_hash || out->says_chain;
}

static int add_frame(struct search *s, const struct claim *c, const struct proof *proof)
{
	struct salvage *out = s->out;
	bool broken = proof->follows && !proof->says_chain;

	if (out->n == out->cap) {
		size_t cap = out->cap ? out->cap * 2 : 64;
		struct salvaged_frame *frames = realloc(out->frames, cap * sizeof *frames);

		if (!frames)
			return no_memory(s->err);
		out->frames = frames;
		out->cap = cap;
	}
	struct salvaged_frame *f = &out->frames[out->n++];
	*f = (struct salvaged_frame){ .offset = c->offset,
				      .size = c->size,
				      .seq = c->seq,
				      .kind = (uint8_t)c->header[OFF_KIND],
				      .joins = proof->follows };
	memcpy(f->chain, proof->claimed, sizeof f->chain);
	out->mended += broken || !proof->says_hash;
	/* If the chain breaks here, what comes next tells which of the two values is right. */
	memcpy(s->chains[0], proof->claimed, FRAME_HASH_SIZE);
	memcpy(s->chains[1], proof->linked, FRAME_HASH_SIZE);
	s->nchains = broken ? 2 : 1;
	return 0;
}

/* --- looking for the next frame --- */

/* Have bytes to look at from `from` on; those that are there already are not read again. */
static bool look_at(struct search *s, uint64_t from)
{
	uint64_t size = s->out->size, have = s->view_at + s->view.n;
	bool there = from >= s->view_at && from + FRAME_MAGIC_SIZE <= have;

	if (there)
		return true;
	size_t n = size - from < s->room ? (size_t)(size - from) : s->room;
	s->view.n = 0;
	if (!read_at(s, from, s->view.p, n))
		return false;
	s->view_at = from;
	s->view.n = n;
	return true;
}

/* The next place at or behind `from` where a frame's magic stands, or the end of the file. */
static uint64_t next_magic(struct search *s, uint64_t from)
{
	uint64_t size = s->out->size;

	while (from < size && size - from >= FRAME_MAGIC_SIZE && look_at(s, from)) {
		size_t at = (size_t)(from - s->view_at);
		const char *hit =
			memmem(s->view.p + at, s->view.n - at, FRAME_MAGIC, FRAME_MAGIC_SIZE);

		if (hit)
			return s->view_at + (uint64_t)(hit - s->view.p);
		from = s->view_at + s->view.n - (FRAME_MAGIC_SIZE - 1);
	}
	return size;
}

/*
 * At `offset` there is damage.  Find what comes behind it: if the header of the damaged frame still
 * says how long it is, where that ends; else wherever a frame stands.
 */
static bool find_next(struct search *s, uint64_t offset, struct claim *c, struct proof *proof)
{
	struct claim damaged;

	if (read_claim(s, offset, &damaged) && read_claim(s, offset + damaged.size, c) &&
	    c->seq == damaged.seq + 1 && is_true(s, c, false, proof))
		return true;
	for (uint64_t at = next_magic(s, offset + 1); at < s->out->size;
	     at = next_magic(s, at + 1)) {
		if (read_claim(s, at, c) && is_true(s, c, false, proof))
			return true;
		if (s->failed || s->out->gave_up)
			break;
	}
	return false;
}

static int scan(struct search *s, uint64_t offset)
{
	struct salvage *out = s->out;
	struct proof proof;
	struct claim c;

	while (offset < out->size) {
		uint64_t expected = out->n ? out->frames[out->n - 1].seq + 1 : 0;
		bool found = read_claim(s, offset, &c) && c.seq == expected &&
			     is_true(s, &c, true, &proof);

		if (!found)
			found = find_next(s, offset, &c, &proof);
		if (s->failed)
			return -1;
		if (!found)
			break;
		if (add_frame(s, &c, &proof) < 0)
			return -1;
		offset = c.offset + c.size;
	}
	return 0;
}

/* --- what fits together --- */

/* Frames that join each other. */
struct run {
	size_t first, n; /* in salvage.frames */
	uint64_t bytes;
};

static struct run run_at(const struct salvage *out, size_t first)
{
	struct run r = { .first = first, .n = 1, .bytes = out->frames[first].size };

	while (first + r.n < out->n && out->frames[first + r.n].joins)
		r.bytes += out->frames[first + r.n++].size;
	return r;
}

/*
 * Numbers must ascend.  Where two runs contradict each other the shorter one is an impostor, a
 * trace in the data of another; the beginning of the file is beyond doubt.
 */
static int drop_impostors(struct search *s)
{
	struct salvage *out = s->out;
	struct run *kept = malloc((out->n + 1) * sizeof *kept);
	size_t nkept = 0, n = 0;

	if (!kept)
		return no_memory(s->err);
	for (size_t i = 0; i < out->n;) {
		struct run r = run_at(out, i);
		bool drop = false;

		i += r.n;
		while (nkept && !drop) {
			const struct run *top = &kept[nkept - 1];
			const struct salvaged_frame *last = &out->frames[top->first + top->n - 1];
			bool sure = out->frames[top->first].offset <= FILE_HEADER_SIZE;

			if (out->frames[r.first].seq > last->seq)
				break;
			drop = sure || top->bytes >= r.bytes;
			nkept -= !drop;
		}
		if (!drop)
			kept[nkept++] = r;
	}
	for (size_t i = 0; i < nkept; i++) {
		memmove(&out->frames[n], &out->frames[kept[i].first],
			kept[i].n * sizeof *out->frames);
		n += kept[i].n;
	}
	out->n = n;
	free(kept);
	return 0;
}

static int list_holes(struct search *s)
{
	struct salvage *out = s->out;
	uint64_t at = out->header_intact ? FILE_HEADER_SIZE : 0;

	out->holes = calloc(out->n + 1, sizeof *out->holes);
	if (!out->holes)
		return no_memory(s->err);
	for (size_t i = 0; i <= out->n; i++) {
		uint64_t begin = i < out->n ? out->frames[i].offset : out->size;

		if (begin > at)
			out->holes[out->nholes++] = (struct salvage_hole){ at, begin - at };
		if (i < out->n)
			at = begin + out->frames[i].size;
	}
	return 0;
}

/* --- the whole file --- */

static int begin(struct search *s)
{
	char header[FILE_HEADER_SIZE];
	struct sv view = { header, sizeof header };
	struct stat st;

	if (fstat(s->fd, &st) < 0)
		return err_errno(s->err, "%s: cannot read", s->name);
	if (!S_ISREG(st.st_mode))
		return err_set(s->err, ERR_UNSUPPORTED,
			       "%s is not a regular file: frames cannot be looked for in it",
			       s->name);
	s->out->size = (uint64_t)st.st_size;
	s->budget = s->out->size * HASH_SHARE + HASH_ALWAYS;
	s->room = s->out->size < WINDOW ? (size_t)s->out->size + 1 : WINDOW;
	s->hasher = hasher_new();
	if (!s->hasher || !buf_reserve(&s->window, s->room) || !buf_reserve(&s->view, s->room))
		return no_memory(s->err);
	if (s->out->size < sizeof header || !read_at(s, 0, header, sizeof header))
		return s->failed ? -1 : 0;
	s->out->header_intact = memcmp(header, frame_file_magic, sizeof frame_file_magic) == 0 &&
				get_le16(header + OFF_MAJOR) == VERSION_MAJOR;
	s->nchains = s->out->header_intact && hasher_digest(s->hasher, &view, 1, s->chains[0]);
	return 0;
}

/* All that is known of the original, if its index is there and is that of these frames. */
static int take_index(struct search *s)
{
	struct salvage *out = s->out;
	struct err ignored = { 0 };
	struct buf payload = { 0 };
	size_t i = out->n;

	while (i > 0 && out->frames[i - 1].kind != FRAME_INDEX)
		i--;
	if (i == 0)
		return 0;
	const struct salvaged_frame *f = &out->frames[i - 1];
	int rc = salvage_payload(s->fd, s->name, f, SIZE_MAX, &payload, s->err);

	if (rc == 0 && trace_index_parse(buf_sv(&payload), f->offset, &out->index, &ignored) == 0) {
		out->has_index = out->index.nframes + 1 == f->seq;
		if (!out->has_index)
			trace_index_deinit(&out->index);
	}
	if (ignored.code == ERR_NOMEM)
		rc = no_memory(s->err);
	buf_deinit(&payload);
	return rc;
}

int salvage_find(int fd, const char *name, struct salvage *out, struct err *err)
{
	struct search s = { .fd = fd, .name = name, .out = out, .err = err };
	int rc = -1;

	*out = (struct salvage){ 0 };
	if (begin(&s) == 0 && scan(&s, out->header_intact ? FILE_HEADER_SIZE : 0) == 0 &&
	    drop_impostors(&s) == 0 && list_holes(&s) == 0 && take_index(&s) == 0)
		rc = 0;
	if (out->n) {
		const struct salvaged_frame *last = &out->frames[out->n - 1];

		out->ended = last->kind == FRAME_TRAILER && last->offset + last->size == out->size;
	}
	hasher_free(s.hasher);
	buf_deinit(&s.window);
	buf_deinit(&s.view);
	if (rc < 0)
		salvage_deinit(out);
	return rc;
}

void salvage_deinit(struct salvage *s)
{
	free(s->frames);
	free(s->holes);
	trace_index_deinit(&s->index);
	*s = (struct salvage){ 0 };
}

int salvage_payload(int fd, const char *name, const struct salvaged_frame *f, size_t most,
		    struct buf *out, struct err *err)
{
	size_t n = (size_t)(f->size - FRAME_HEADER_SIZE), got = 0;

	n = n < most ? n : most;

	buf_clear(out);
	if (!buf_reserve(out, n + 1))
		return err_set(err, ERR_NOMEM, "%s: no memory for a frame of %zu bytes", name, n);
	while (got < n) {
		ssize_t k = pread(fd, out->p + got, n - got,
				  (off_t)(f->offset + FRAME_HEADER_SIZE + got));

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_errno(err, "%s: cannot read", name);
		if (k == 0)
			return err_set(err, ERR_IO, "%s became shorter while it was read", name);
		got += (size_t)k;
	}
	out->n = n;
	return 0;
}
