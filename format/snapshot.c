#include "format/snapshot.h"

#include "format/base/hash.h"
#include "format/trace/varint.h"

#include <stdlib.h>

enum { SLOTS_MIN = 256 };

/* --- saving --- */

void snapshot_deinit(struct snapshot *s)
{
	for (int i = 0; i < SNAPSHOT_COLUMNS; i++) {
		buf_deinit(&s->columns[i]);
		free(s->indexes[i].items);
		free(s->indexes[i].slots);
	}
	*s = (struct snapshot){ 0 };
}

void snapshot_clear(struct snapshot *s)
{
	for (int i = 0; i < SNAPSHOT_COLUMNS; i++) {
		struct snapshot_index *x = &s->indexes[i];

		buf_clear(&s->columns[i]);
		s->columns[i].failed = false;
		if (x->n)
			memset(x->slots, 0, x->nslots * sizeof *x->slots);
		x->n = 0;
	}
	s->part = SNAPSHOT_INTAKE;
	s->full = false;
}

void snapshot_begin(struct snapshot *s, enum snapshot_column part)
{
	s->part = part;
}

void snapshot_put(struct snapshot *s, uint64_t v)
{
	buf_put_varint(&s->columns[s->part], v);
}

void snapshot_put_signed(struct snapshot *s, int64_t v)
{
	snapshot_put(s, zigzag(v));
}

static uint32_t *find_slot(const struct snapshot_index *x, const char *bytes, struct sv key,
			   uint64_t hash)
{
	uint32_t mask = x->nslots - 1;

	for (uint32_t i = (uint32_t)hash & mask;; i = (i + 1) & mask) {
		uint32_t at = x->slots[i];
		const struct snapshot_item *item = &x->items[at - (at > 0)];

		if (at == 0 || (item->hash == hash &&
				sv_eq((struct sv){ bytes + item->offset, item->n }, key)))
			return &x->slots[i];
	}
}

static bool index_grow(struct snapshot_index *x)
{
	uint32_t nslots = x->nslots ? x->nslots * 2 : SLOTS_MIN;
	uint32_t *slots = calloc(nslots, sizeof *slots);
	struct snapshot_item *items = realloc(x->items, nslots / 2 * sizeof *items);

	if (items)
		x->items = items;
	if (!slots || !items) {
		free(slots);
		return false;
	}
	for (uint32_t n = 0; n < x->n; n++) {
		uint32_t i = (uint32_t)items[n].hash & (nslots - 1);

		while (slots[i])
			i = (i + 1) & (nslots - 1);
		slots[i] = n + 1;
	}
	free(x->slots);
	x->slots = slots;
	x->nslots = nslots;
	return true;
}

/* Enter an item; head: what stands in front of its bytes. */
static uint32_t intern(struct snapshot *s, enum snapshot_column column, struct sv head,
		       struct sv bytes)
{
	struct snapshot_index *x = &s->indexes[column];
	struct buf *b = &s->columns[column];
	uint64_t hash = hash_sv(bytes);

	if (bytes.n == 0)
		return 0;
	if (x->n >= x->nslots / 2 && !index_grow(x)) {
		b->failed = true;
		return 0;
	}
	uint32_t *slot = find_slot(x, b->p, bytes, hash);
	if (*slot)
		return *slot;
	if (x->n == SNAPSHOT_MAX_ITEMS || bytes.n >= SNAPSHOT_MAX_COLUMN) {
		s->full = true;
		return 0;
	}
	if (!buf_reserve(b, head.n + bytes.n + 1))
		return 0;
	buf_putsv(b, head);
	x->items[x->n] = (struct snapshot_item){ hash, b->n, bytes.n };
	buf_putsv(b, bytes);
	if (column != SNAPSHOT_ADDRS)
		buf_putc(b, '\0');
	return *slot = ++x->n;
}

static uint32_t intern_text(struct snapshot *s, enum snapshot_column column, struct sv text)
{
	char head[VARINT_MAX];

	return intern(s, column, (struct sv){ head, varint_write(head, text.n) }, text);
}

static uint32_t intern_addr(struct snapshot *s, const struct ip *ip)
{
	return intern(s, SNAPSHOT_ADDRS, (struct sv){ (const char *)&ip->len, 1 },
		      (struct sv){ (const char *)ip->b, ip->len });
}

void snapshot_put_text(struct snapshot *s, struct sv text)
{
	snapshot_put(s, intern_text(s, SNAPSHOT_TEXTS, text));
}

void snapshot_put_blob(struct snapshot *s, struct sv bytes)
{
	snapshot_put(s, intern_text(s, SNAPSHOT_BLOBS, bytes));
}

void snapshot_put_addr(struct snapshot *s, const struct ip *ip)
{
	snapshot_put(s, intern_addr(s, ip));
}

void snapshot_note_text(struct snapshot *s, struct sv text)
{
	intern_text(s, SNAPSHOT_TEXTS, text);
}

void snapshot_note_addr(struct snapshot *s, const struct ip *ip)
{
	intern_addr(s, ip);
}

void snapshot_no_memory(struct snapshot *s)
{
	s->columns[s->part].failed = true;
}

int snapshot_finish(const struct snapshot *s, struct err *err)
{
	bool full = s->full;

	for (int i = 0; i < SNAPSHOT_COLUMNS; i++) {
		if (s->columns[i].failed)
			return err_set(err, ERR_NOMEM, "no memory for a snapshot");
		full |= s->columns[i].n > SNAPSHOT_MAX_COLUMN;
	}
	return full ? err_set(err, ERR_LIMIT, "too much state for a snapshot") : 0;
}

struct snapshot_view snapshot_view(const struct snapshot *s)
{
	struct snapshot_view v;

	for (int i = 0; i < SNAPSHOT_COLUMNS; i++)
		v.columns[i] = buf_sv(&s->columns[i]);
	return v;
}

/* --- loading --- */

bool snapshot_next_text(struct sv *column, struct sv *text)
{
	struct sv rest = *column, nul;
	uint64_t n;

	if (!sv_take_varint(&rest, &n) || n == 0 || n >= rest.n ||
	    !sv_take(&rest, (size_t)n, text) || !sv_take(&rest, 1, &nul) || nul.p[0] != '\0')
		return false;
	*column = rest;
	return true;
}

bool snapshot_next_addr(struct sv *column, struct ip *ip)
{
	struct sv rest = *column, len, bytes;

	if (!sv_take(&rest, 1, &len) || (len.p[0] != 4 && len.p[0] != 16) ||
	    !sv_take(&rest, (size_t)len.p[0], &bytes))
		return false;
	*ip = ip_from(bytes.p, bytes.n);
	*column = rest;
	return true;
}

/* Room for one item more in an array of n; grows by doubling.  NULL: no memory. */
static void *room_for(void *array, uint32_t n, size_t size)
{
	bool power_of_two = (n & (n - 1)) == 0;

	return power_of_two ? realloc(array, (n ? 2 * (size_t)n : 1) * size) : array;
}

static int damaged_column(struct err *err, const char *what)
{
	return err_set(err, ERR_FORMAT, "the %s of a snapshot are damaged", what);
}

static int read_texts(struct sv column, struct sv **out, uint32_t *n, const char *what,
		      struct err *err)
{
	struct sv text;

	while (*n < SNAPSHOT_MAX_ITEMS && snapshot_next_text(&column, &text)) {
		struct sv *list = room_for(*out, *n, sizeof *list);

		if (!list)
			return err_set(err, ERR_NOMEM, "no memory for the %s of a snapshot", what);
		*out = list;
		list[(*n)++] = text;
	}
	return column.n ? damaged_column(err, what) : 0;
}

static int read_addrs(struct sv column, struct ip **out, uint32_t *n, struct err *err)
{
	struct ip ip;

	while (*n < SNAPSHOT_MAX_ITEMS && snapshot_next_addr(&column, &ip)) {
		struct ip *list = room_for(*out, *n, sizeof *list);

		if (!list)
			return err_set(err, ERR_NOMEM, "no memory for the addresses of a snapshot");
		*out = list;
		list[(*n)++] = ip;
	}
	return column.n ? damaged_column(err, "addresses") : 0;
}

int snapshot_reader_init(struct snapshot_reader *r, const struct snapshot_view *v, struct err *err)
{
	*r = (struct snapshot_reader){ 0 };
	if (read_texts(v->columns[SNAPSHOT_TEXTS], &r->texts, &r->ntexts, "texts", err) < 0 ||
	    read_texts(v->columns[SNAPSHOT_BLOBS], &r->blobs, &r->nblobs, "blobs", err) < 0 ||
	    read_addrs(v->columns[SNAPSHOT_ADDRS], &r->addrs, &r->naddrs, err) < 0) {
		snapshot_reader_deinit(r);
		return -1;
	}
	return 0;
}

void snapshot_reader_deinit(struct snapshot_reader *r)
{
	free(r->texts);
	free(r->blobs);
	free(r->addrs);
	*r = (struct snapshot_reader){ 0 };
}

void snapshot_reader_begin(struct snapshot_reader *r, const struct snapshot_view *v,
			   enum snapshot_column part)
{
	r->rows = v->columns[part];
}

void snapshot_damaged(struct snapshot_reader *r, const char *what)
{
	if (!r->damage)
		r->damage = what;
	r->rows.n = 0;
}

uint64_t snapshot_take(struct snapshot_reader *r)
{
	uint64_t v;

	if (sv_take_varint(&r->rows, &v))
		return v;
	snapshot_damaged(r, "a row ends early");
	return 0;
}

int64_t snapshot_take_signed(struct snapshot_reader *r)
{
	return unzigzag(snapshot_take(r));
}

uint64_t snapshot_take_max(struct snapshot_reader *r, uint64_t max)
{
	uint64_t v = snapshot_take(r);

	if (v <= max)
		return v;
	snapshot_damaged(r, "a number is too large for its place");
	return 0;
}

uint32_t snapshot_take_count(struct snapshot_reader *r)
{
	uint64_t v = snapshot_take(r);

	if (v <= r->rows.n && v <= UINT32_MAX)
		return (uint32_t)v;
	snapshot_damaged(r, "a list has more entries than there is room for");
	return 0;
}

static uint32_t take_number(struct snapshot_reader *r, uint32_t n, const char *what)
{
	uint64_t v = snapshot_take(r);

	if (v <= n)
		return (uint32_t)v;
	snapshot_damaged(r, what);
	return 0;
}

uint32_t snapshot_take_text_number(struct snapshot_reader *r)
{
	return take_number(r, r->ntexts, "a row names a text that is not there");
}

uint32_t snapshot_take_blob_number(struct snapshot_reader *r)
{
	return take_number(r, r->nblobs, "a row names a blob that is not there");
}

struct sv snapshot_take_text(struct snapshot_reader *r)
{
	uint32_t n = snapshot_take_text_number(r);

	return n ? r->texts[n - 1] : (struct sv){ "", 0 };
}

struct sv snapshot_take_blob(struct snapshot_reader *r)
{
	uint32_t n = snapshot_take_blob_number(r);

	return n ? r->blobs[n - 1] : (struct sv){ "", 0 };
}

struct ip snapshot_take_addr(struct snapshot_reader *r)
{
	uint32_t n = take_number(r, r->naddrs, "a row names an address that is not there");

	return n ? r->addrs[n - 1] : (struct ip){ 0 };
}

int snapshot_reader_finish(const struct snapshot_reader *r, struct err *err)
{
	if (r->damage)
		return err_set(err, ERR_FORMAT, "damaged snapshot: %s", r->damage);
	return r->rows.n ? err_set(err, ERR_FORMAT, "damaged snapshot: %zu bytes are left over",
				   r->rows.n)
			 : 0;
}
