#include "format/trace/text_filter.h"

#include "format/base/bytes.h"
#include "format/base/hash.h"

#include <stdlib.h>

enum {
	LOG2_MIN = 9,
	LOG2_MAX = 20,
	FULL_BYTES = 1 << (LOG2_MAX - 3),
	SPARSE = 8, /* bits for each one that is set */
	IP_PROBES = 4,
	SEEN_SLOTS = 4096,
	SEEN_TEXT = 62,
	MARK = ' ', /* stands for whatever is before and behind a word */
};

/* --- grams and addresses to 32 bits, of which a bitmap uses the top ones --- */

/* A byte of a word as it is compared, else MARK. */
static inline uint8_t fold(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint8_t)(c + ('a' - 'A'));
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80 ? c : MARK;
}

static inline uint32_t gram_hash(uint8_t before, uint8_t at, uint8_t behind)
{
	return (before | (uint32_t)at << 8 | (uint32_t)behind << 16) * 0x9E3779B1u;
}

static uint64_t ip_hash(const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint64_t h = 0xCBF29CE484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001B3u;
	/* The last byte has reached few of the bits that a bitmap looks at. */
	return (h ^ h >> 32) * 0x9E3779B97F4A7C15u;
}

static void ip_hashes(const void *bytes, size_t n, uint32_t out[static IP_PROBES])
{
	uint64_t h = ip_hash(bytes, n);

	for (uint32_t k = 0; k < IP_PROBES; k++)
		out[k] = (uint32_t)h + k * ((uint32_t)(h >> 32) | 1);
}

/* --- building --- */

/* Texts that went in already: most of them come again and again. */
struct seen_text {
	uint16_t n;
	char bytes[SEEN_TEXT];
};

struct filter_builder {
	bool anything;
	uint8_t folded[256];
	uint8_t bits[FULL_BYTES]; /* of a filter with LOG2_MAX; smaller ones are folded from it */
	struct seen_text seen[SEEN_SLOTS];
};

struct filter_builder *filter_builder_new(void)
{
	struct filter_builder *b = calloc(1, sizeof *b);

	if (b) {
		for (unsigned c = 0; c < 256; c++)
			b->folded[c] = fold((uint8_t)c);
	}
	return b;
}

void filter_builder_free(struct filter_builder *b)
{
	free(b);
}

static inline void set_bit(struct filter_builder *b, uint32_t hash)
{
	uint32_t bit = hash >> (32 - LOG2_MAX);

	b->bits[bit / 8] |= (uint8_t)(1 << bit % 8);
}

static bool was_seen(struct filter_builder *b, struct sv text)
{
	struct seen_text *slot = &b->seen[hash_sv(text) % SEEN_SLOTS];

	if (slot->n == text.n && memcmp(slot->bytes, text.p, text.n) == 0)
		return true;
	slot->n = (uint16_t)text.n;
	memcpy(slot->bytes, text.p, text.n);
	return false;
}

void filter_builder_text(struct filter_builder *b, struct sv text)
{
	const uint8_t *p = (const uint8_t *)text.p;

	if (text.n == 0 || (text.n <= SEEN_TEXT && was_seen(b, text)))
		return;
	uint8_t before = MARK, at = b->folded[p[0]];
	for (size_t i = 0; i < text.n; i++) {
		uint8_t behind = i + 1 < text.n ? b->folded[p[i + 1]] : MARK;

		if (at != MARK)
			set_bit(b, gram_hash(before, at, behind));
		before = at;
		at = behind;
	}
}

static void add_ip(struct filter_builder *b, const void *bytes, size_t n)
{
	uint32_t hashes[IP_PROBES];

	ip_hashes(bytes, n, hashes);
	for (int k = 0; k < IP_PROBES; k++)
		set_bit(b, hashes[k]);
}

void filter_builder_ip(struct filter_builder *b, const void *bytes, size_t n)
{
	static const uint8_t zero[12], mark[2] = { 0xff, 0xff };
	const uint8_t *p = bytes;

	add_ip(b, p, n);
	/* An IPv4 address in its longer form is shown and asked for as the short one. */
	if (n == 16 && memcmp(p, zero, 10) == 0 &&
	    (memcmp(p + 10, mark, 2) == 0 || memcmp(p + 10, zero, 2) == 0))
		add_ip(b, p + 12, 4);
}

void filter_builder_anything(struct filter_builder *b)
{
	b->anything = true;
}

/* Bits set of the filter with 2^log2 bits: each one stands for a run of the full one's. */
static size_t fold_to(const struct filter_builder *b, unsigned log2, char *out)
{
	size_t run = (size_t)1 << (LOG2_MAX - log2), set = 0;

	memset(out, 0, (size_t)1 << (log2 - 3));
	for (size_t byte = 0; byte < FULL_BYTES; byte++) {
		for (unsigned bits = b->bits[byte]; bits; bits &= bits - 1) {
			size_t bit = (byte * 8 + (size_t)__builtin_ctz(bits)) / run;
			char mask = (char)(1 << bit % 8);

			set += !(out[bit / 8] & mask);
			out[bit / 8] |= mask;
		}
	}
	return set;
}

/* The smallest one that is sparse; a smaller one if that has more than max_bytes. */
static unsigned choose_size(const struct filter_builder *b, size_t max_bytes, char *room)
{
	unsigned log2 = LOG2_MIN;

	while (log2 < LOG2_MAX && ((size_t)1 << (log2 + 1 - 3)) <= max_bytes &&
	       fold_to(b, log2, room) > ((size_t)1 << log2) / SPARSE)
		log2++;
	return log2;
}

int filter_builder_finish(struct filter_builder *b, struct packer *p, size_t max_bytes,
			  struct buf *out, struct err *err)
{
	struct sv bits = { NULL, 0 };
	unsigned log2 = 0;
	char *room = malloc(FULL_BYTES);

	if (!room)
		return err_set(err, ERR_NOMEM, "no memory for a filter");
	if (!b->anything) {
		log2 = choose_size(b, max_bytes, room);
		fold_to(b, log2, room);
		bits = (struct sv){ room, (size_t)1 << (log2 - 3) };
	}
	buf_putc(out, (char)log2);
	int rc = column_pack(p, bits, 0, out, err);
	free(room);
	b->anything = false;
	memset(b->bits, 0, sizeof b->bits);
	memset(b->seen, 0, sizeof b->seen);
	return rc;
}

/* --- asking --- */

void text_filter_deinit(struct text_filter *f)
{
	buf_deinit(&f->bits);
	*f = (struct text_filter){ 0 };
}

int text_filter_parse(struct text_filter *f, struct packer *p, struct sv payload, struct err *err)
{
	struct sv head;

	*f = (struct text_filter){ 0 };
	if (!sv_take(&payload, 1, &head))
		return err_set(err, ERR_FORMAT, "a filter ends early");
	unsigned log2 = (uint8_t)head.p[0];
	if (log2 != 0 && (log2 < LOG2_MIN || log2 > LOG2_MAX))
		return err_set(err, ERR_FORMAT, "a filter of 2^%u bits", log2);
	if (column_unpack(p, &payload, &f->bits, err) < 0)
		return -1;
	if (payload.n || f->bits.n != (log2 ? (size_t)1 << (log2 - 3) : 0))
		return err_set(err, ERR_FORMAT, "a filter of 2^%u bits has %zu bytes", log2,
			       f->bits.n);
	f->log2_bits = log2;
	return 0;
}

static bool has_bit(const struct text_filter *f, uint32_t hash)
{
	uint32_t bit = hash >> (32 - f->log2_bits);

	return f->bits.p[bit / 8] >> bit % 8 & 1;
}

bool text_filter_may_have(const struct text_filter *f, struct sv part, bool open_front,
			  bool open_back)
{
	const uint8_t *p = (const uint8_t *)part.p;

	if (f->log2_bits == 0)
		return true;
	for (size_t i = 0; i < part.n; i++) {
		bool first = i == 0, last = i + 1 == part.n;
		uint8_t at = fold(p[i]);

		/* Whatever stands beside an open end is not known, so the gram is not, either. */
		if (at == MARK || (first && open_front) || (last && open_back))
			continue;
		if (!has_bit(f, gram_hash(first ? MARK : fold(p[i - 1]), at,
					  last ? MARK : fold(p[i + 1]))))
			return false;
	}
	return true;
}

bool text_filter_may_have_ip(const struct text_filter *f, const void *bytes, size_t n)
{
	uint32_t hashes[IP_PROBES];

	if (f->log2_bits == 0)
		return true;
	ip_hashes(bytes, n, hashes);
	for (int k = 0; k < IP_PROBES; k++) {
		if (!has_bit(f, hashes[k]))
			return false;
	}
	return true;
}
