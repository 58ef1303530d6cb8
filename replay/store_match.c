/* Matches: keys, messages and field values, each content stored once per run. */
#include "replay/store_private.h"

#include <errno.h>
#include <stdlib.h>

/* What a memo may hold: enough for the working set of any flood, small beside the page cache. */
enum { MEMO_MAX_BYTES = 32 << 20, MEMO_MAX_ENTRIES = 1 << 18 };

void store_memo_clear(struct store_memo *m)
{
	strmap_deinit(&m->map);
	arena_reset(&m->arena);
	m->base = 0;
}

static bool memo_get(const struct store_memo *m, struct sv content, int64_t *id)
{
	uint32_t at = strmap_get(&m->map, content, UINT32_MAX);

	if (at == UINT32_MAX)
		return false;
	*id = m->base + at;
	return true;
}

/* Without memory it just does not remember. */
static void memo_put(struct store_memo *m, struct sv content, int64_t id)
{
	if (m->arena.total > MEMO_MAX_BYTES || m->map.n >= MEMO_MAX_ENTRIES)
		store_memo_clear(m);
	if (m->map.n == 0)
		m->base = id;
	if (id < m->base || id - m->base >= UINT32_MAX)
		return;
	struct sv copy = arena_sv(&m->arena, content);

	if (copy.p)
		strmap_put(&m->map, copy, (uint32_t)(id - m->base));
}

int store_key(struct store *s, struct sv name, struct sv type, int64_t *key, struct err *err)
{
	sqlite3_stmt *st;

	if (store_write_begin(s, err) < 0 || !(st = store_statement(s, ST_KEY_ID, err)))
		return -1;
	store_bind_text(s, st, 1, name);
	if (store_number(s, st, 0, key, err) < 0)
		return -1;
	if (*key)
		return 0;
	st = store_statement(s, ST_KEY, err);
	if (!st)
		return -1;
	store_bind_text(s, st, 1, name);
	store_bind_text(s, st, 2, type);
	if (store_done(s, st, err) < 0)
		return -1;
	*key = sqlite3_last_insert_rowid(s->db);
	return store_write_end(s, err);
}

static int put_message(struct store *s, struct sv text, int64_t *id, struct err *err)
{
	if (memo_get(&s->messages, text, id))
		return 0;
	*id = ++s->last_message;
	memo_put(&s->messages, text, *id);
	store_rows_i64(&s->message_rows, *id);
	store_rows_text(&s->message_rows, text);
	s->batch_rows++;
	return store_rows_end_row(&s->message_rows, s->db) == SQLITE_OK ? 0 : store_fail(s, err);
}

static int hex4(struct sv in, uint32_t *out)
{
	*out = 0;
	if (in.n < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = in.p[i];
		uint32_t digit;

		if (c >= '0' && c <= '9')
			digit = (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return -1;
		*out = *out << 4 | digit;
	}
	return 0;
}

static void put_code_point(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_putc(out, (char)c);
	} else if (c < 0x800) {
		buf_putc(out, (char)(0xc0 | c >> 6));
		buf_putc(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_putc(out, (char)(0xe0 | c >> 12));
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_putc(out, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_putc(out, (char)(0xf0 | c >> 18));
		buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_putc(out, (char)(0x80 | (c & 0x3f)));
	}
}

/* The text of a JSON string literal (with its quotes), appended to out. */
static void unquote(struct buf *out, struct sv json)
{
	static const char from[] = "bfnrt\"\\/", to[] = "\b\f\n\r\t\"\\/";
	struct sv in = { json.p + 1, json.n - 2 };

	while (in.n) {
		const char *slash = memchr(in.p, '\\', in.n);
		size_t plain = slash ? (size_t)(slash - in.p) : in.n;
		struct sv head;
		uint32_t c, low;

		sv_take(&in, plain, &head);
		buf_putsv(out, head);
		if (in.n < 2)
			return;
		char kind = in.p[1];
		const char *at = strchr(from, kind);

		sv_take(&in, 2, &head);
		if (at && kind) {
			buf_putc(out, to[at - from]);
		} else if (kind == 'u' && hex4(in, &c) == 0) {
			sv_take(&in, 4, &head);
			if (c >= 0xd800 && c < 0xdc00 && sv_starts(in, SV("\\u")) &&
			    hex4((struct sv){ in.p + 2, in.n - 2 }, &low) == 0 && low >= 0xdc00 &&
			    low < 0xe000) {
				sv_take(&in, 6, &head);
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			}
			put_code_point(out, c);
		}
	}
}

static void put_number(struct store_rows *rows, struct sv json)
{
	char digits[32], *end;

	if (json.n >= sizeof digits) {
		store_rows_text(rows, json);
		return;
	}
	memcpy(digits, json.p, json.n);
	digits[json.n] = '\0';
	if (strpbrk(digits, ".eE")) {
		store_rows_double(rows, strtod(digits, &end));
		return;
	}
	errno = 0;
	long long v = strtoll(digits, &end, 10);

	if (errno || end == digits || *end)
		store_rows_text(rows, json);
	else
		store_rows_i64(rows, v);
}

/* A JSON value with SQLite's type for it; a number that does not fit stays text. */
static void put_json(struct store *s, struct sv json)
{
	struct store_rows *rows = &s->field_rows;

	if (json.n >= 2 && json.p[0] == '"') {
		buf_clear(&s->clean);
		unquote(&s->clean, json);
		store_rows_text(rows, buf_sv(&s->clean));
	} else if (sv_eq(json, SV("true")) || sv_eq(json, SV("false"))) {
		store_rows_i64(rows, json.p[0] == 't');
	} else if (json.n == 0 || sv_eq(json, SV("null"))) {
		store_rows_null(rows);
	} else if (json.p[0] == '[') {
		store_rows_text(rows, json);
	} else {
		put_number(rows, json);
	}
}

static int insert_fields(struct store *s, const struct store_field *fields, size_t n, int64_t set,
			 struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		store_rows_i64(&s->field_rows, set);
		store_rows_i64(&s->field_rows, fields[i].key);
		put_json(s, fields[i].json);
		if (store_rows_end_row(&s->field_rows, s->db) != SQLITE_OK)
			return store_fail(s, err);
	}
	s->batch_rows += (uint32_t)n;
	return 0;
}

/* The set that holds exactly these values; 0 when there are none. */
static int put_set(struct store *s, const struct store_field *fields, size_t n, int64_t *set,
		   struct err *err)
{
	struct buf *content = &s->content;

	*set = 0;
	if (n == 0)
		return 0;
	buf_clear(content);
	for (size_t i = 0; i < n; i++) {
		/* JSON has no raw NUL, so this cannot mean two things. */
		buf_put(content, &fields[i].key, sizeof fields[i].key);
		buf_putsv(content, fields[i].json);
		buf_putc(content, '\0');
	}
	if (content->failed)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (memo_get(&s->sets, buf_sv(content), set))
		return 0;
	*set = ++s->last_set;
	memo_put(&s->sets, buf_sv(content), *set);
	return insert_fields(s, fields, n, *set, err);
}

int store_match(struct store *s, const struct store_match *m, struct err *err)
{
	int64_t message, thread_set, event_set;

	if (m->rule >= s->nrules)
		return err_set(err, ERR_STORE, "%s: match of rule %u, the run has %zu", s->path,
			       m->rule, s->nrules);
	if (store_write_begin(s, err) < 0 || put_message(s, m->message, &message, err) < 0 ||
	    put_set(s, m->thread_fields, m->nthread_fields, &thread_set, err) < 0 ||
	    put_set(s, m->event_fields, m->nevent_fields, &event_set, err) < 0)
		return -1;
	struct store_rows *row = &s->match_rows;

	store_rows_i64(row, s->run_id);
	store_rows_i64(row, s->rule_ids[m->rule]);
	store_rows_i64(row, (int64_t)m->evt_num);
	store_rows_i64(row, (int64_t)m->ts_ns);
	store_rows_i64(row, m->tid);
	store_rows_nonzero(row, m->program_id);
	store_rows_i64(row, message);
	store_rows_nonzero(row, thread_set);
	store_rows_nonzero(row, event_set);
	if (store_rows_end_row(row, s->db) != SQLITE_OK)
		return store_fail(s, err);
	return store_write_end(s, err);
}
